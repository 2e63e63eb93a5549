/*
 * What a client verifies before it does what cannot be taken back: a voter before making pieces,
 * a researcher before taking a seal off. Nothing here is believed by them; it is collected so
 * that one call (or one file) holds all of it.
 */
#include <stdio.h>

#include "board/keys.h"
#include "core/ops_in.h"
#include "crypto/piece.h"
#include "merkle/proof.h"

/* Whom the version is of or about. */
static int put_people(struct sr_x *x, struct sr_rows_out *o, const struct sr_version_row *v,
	uint64_t since, struct sr_err *e) {
	int rc = sr_put_person_trust(x, o, v->applicant, since, e);
	for (size_t i = 0; rc == 0 && i < v->people_count; i++)
		rc = sr_put_person_trust(x, o, v->people[i].person, since, e);
	return rc == 0 && v->subject != NULL ? sr_put_person_trust(x, o, v->subject, since, e) : rc;
}

/* The grant that the request is about, and whose it is: a voter is told. */
static int put_target(struct sr_x *x, struct sr_rows_out *o, const struct sr_version_row *v,
	uint64_t since, struct sr_err *e) {
	struct sr_grant_row g = {0};
	struct sr_version_row of = {0};
	int rc = v->has_target ? sr_query_grant(&g, x->catalogue, v->target, e) : SR_NOTFOUND;
	if (rc == 0)
		rc = sr_put_receipt_row(x, o, g.entry, since, e);
	if (rc == 0)
		rc = sr_query_version(&of, x->catalogue, g.request, g.version, e);
	if (rc == 0)
		rc = put_people(x, o, &of, since, e);
	sr_version_row_free(&of);
	sr_grant_row_free(&g);
	if (rc != SR_NOTFOUND && rc != SR_DENIED)
		return rc;
	if (v->has_target) /* no grant (a flag, a board to be), or it is not for the caller */
		sr_err_clear(e);
	return 0;
}

/* The version, its newest room key, and who joined. */
static int put_version_receipts(struct sr_x *x, struct sr_rows_out *o,
	const struct sr_version_row *v, uint64_t since, struct sr_err *e) {
	const struct sr_page page = {.limit = 1000};
	struct sr_entries joins = {0};
	char request[2 * SR_ID + 1];
	sr_hex(request, v->request, SR_ID);
	const struct sr_entry_filter f = {.type = SR_T_JOIN, .about = request};
	int rc = put_target(x, o, v, since, e);
	if (rc == 0)
		rc = put_people(x, o, v, since, e);
	if (rc == 0)
		rc = sr_put_receipt_row(x, o, v->entry, since, e);
	if (rc == 0 && v->has_room_key)
		rc = sr_put_receipt_row(x, o, v->room_key_entry, since, e);
	if (rc == 0)
		rc = sr_query_entries(&joins, x->catalogue, &f, &page, e);
	for (size_t i = 0; rc == 0 && i < joins.count; i++)
		rc = sr_put_receipt_row(x, o, joins.rows[i].index, since, e);
	sr_entries_free(&joins);
	return rc;
}

/* What a piece is made for; an act on items takes none, and a destroyed item has none. */
static int put_seal(struct sr_x *x, struct sr_rows_out *o, const uint8_t item[SR_ID], bool keyed,
	struct sr_err *e) {
	struct sr_item_row it = {0};
	struct sr_buf seal;
	sr_buf_init(&seal);
	int rc = sr_query_item(&it, x->catalogue, item, e);
	if (rc == 0 && keyed && it.state != SR_S_DESTROYED)
		rc = sr_get_seal(&seal, x, &it, e);
	if (rc == 0) {
		sr_row(o, "seal");
		sr_row_hex(o, "item", item, SR_ID);
		sr_row_dec(o, "number", it.number);
		sr_row_dec(o, "level", it.level);
		sr_row_dec(o, "key-epoch", it.epoch);
		if (seal.len > 0)
			sr_row_buf(o, "seal", &seal);
		sr_row_flag(o, "destroyed", it.state == SR_S_DESTROYED);
		if (sr_may_know_item(&x->caller, &it) || (x->caller.roles & SR_ROLE_MEMBER) != 0)
			sr_row_str(o, "title", it.title);
	}
	sr_item_row_free(&it);
	sr_buf_free(&seal);
	return rc;
}

/* Where the page begins. Pages are of one version: a newer one in between must not mix in. */
static int in_from(uint64_t *from, const struct sr_x *x, struct sr_err *e) {
	uint64_t version = 0;
	*from = 0;
	if (!sr_in_dec(x, "from", from) || *from == 0)
		return 0;
	(void)sr_in_dec(x, "version", &version);
	return version != 0
		       ? 0
		       : sr_fail(e, SR_USAGE,
				 "request.material: a page from item %llu on needs the version",
				 (unsigned long long)*from);
}

/* The list that is asked for: the version's own, or of an extension of its grant, whose statement
 * is told by its entry. */
static int which_list(struct sr_extension *out, struct sr_x *x, const struct sr_version_row *v,
	struct sr_err *e) {
	struct sr_extensions l = {0};
	uint64_t number = 0;
	*out = (struct sr_extension){.items = v->items};
	if (!sr_in_dec(x, "extension", &number) || number == 0)
		return 0;
	int rc = sr_query_extensions(&l, x->catalogue, v, e);
	if (rc == 0 && number > l.count)
		rc = sr_fail(e, SR_NOTFOUND, "version %u has no extension %llu", v->version,
			(unsigned long long)number);
	if (rc == 0)
		*out = l.rows[number - 1];
	sr_extensions_free(&l);
	return rc;
}

/* What stands before the seals, on the first page. */
static int put_front(struct sr_x *x, struct sr_rows_out *o, const struct sr_version_row *v,
	const struct sr_extension *ext, struct sr_bytes ids, struct sr_err *e) {
	uint64_t since = 0;
	int rc = 0;
	(void)sr_in_dec(x, "since", &since);
	if (sr_in_yes(x, "board"))
		rc = sr_put_board_material(x, o, v->board, since, e);
	if (rc == 0 && sr_in_yes(x, "board"))
		rc = sr_put_former(x, o, v, since, e);
	if (rc == 0)
		rc = put_version_receipts(x, o, v, since, e);
	if (rc == 0 && ext->number > 0)
		rc = sr_put_receipt_row(x, o, ext->entry, since, e);
	if (rc == 0 && v->has_list) {
		sr_row(o, "list");
		sr_row_bytes(o, "body", ids);
	}
	return rc;
}

int sr_op_request_material(struct sr_x *x, struct sr_err *e) {
	const size_t page = x->core->material_page != 0 ? x->core->material_page : SR_MATERIAL_PAGE;
	struct sr_version_row v = {0};
	struct sr_list_of of = {.version = 0};
	struct sr_extension ext;
	struct sr_rows_out o;
	uint64_t from = 0;
	uint8_t *ids = NULL;
	size_t count = 0;
	int rc = in_from(&from, x, e);
	if (rc == 0)
		rc = sr_in_version(&v, x, e);
	if (rc != 0)
		return rc;
	rc = which_list(&ext, x, &v, e);
	of = (struct sr_list_of){v.request, v.version, (int64_t)ext.number};
	if (rc == 0 && v.has_list)
		rc = sr_query_list_items(&ids, &count, x->catalogue, &of, e);
	if (rc == 0 && from > 0 && from >= count)
		rc = sr_fail(e, SR_USAGE, "request.material: from item %llu on, it has %zu",
			(unsigned long long)from, count);
	const size_t end = from < count && count - from > page ? (size_t)from + page : count;
	sr_text_put_hex(&x->r->head, "request", v.request, SR_ID);
	sr_text_put_dec(&x->r->head, "version", v.version);
	sr_text_put(&x->r->head, "state", sr_state_name(v.state));
	sr_text_put(&x->r->head, "applicant", v.applicant);
	sr_text_put_dec(&x->r->head, "items", ext.items);
	if (rc == 0 && end < count)
		sr_text_put_dec(&x->r->head, "next", end);
	sr_rows_begin(&o, &x->r->body);
	if (rc == 0 && from == 0)
		rc = put_front(x, &o, &v, &ext, sr_bytes_of(ids, count * SR_ID), e);
	for (size_t i = (size_t)from; rc == 0 && i < end; i++)
		rc = put_seal(x, &o, ids + i * SR_ID, v.has_key, e);
	free(ids);
	sr_version_row_free(&v);
	return rc;
}

/* --- checkout.material --- */

/* The leaf of item ${position} and its inclusion proof under the bundle's root. */
static int leaf_and_proof(struct sr_buf *leaf, struct sr_proof *proof, const struct sr_bundle *b,
	size_t position, struct sr_err *e) {
	uint8_t *hashes = malloc(b->items * SR_HASH);
	struct sr_buf one;
	int rc = 0;
	if (hashes == NULL)
		return sr_fail(e, SR_NOMEM, "bundle of %zu items: out of memory", b->items);
	sr_buf_init(&one);
	for (size_t i = 0; rc == 0 && i < b->items; i++) {
		sr_buf_clear(&one);
		sr_bundle_leaf(&one, b, i);
		rc = sr_buf_ok(&one, e);
		sr_leaf_hash(hashes + i * SR_HASH, sr_buf_view(&one));
	}
	sr_buf_free(&one);
	if (rc == 0)
		rc = sr_merkle_inclusion(proof, hashes, b->items, position, e);
	if (rc == 0) {
		sr_bundle_leaf(leaf, b, position);
		rc = sr_buf_ok(leaf, e);
	}
	free(hashes);
	return rc;
}

static int put_record(struct sr_x *x, struct sr_rows_out *o, const struct sr_vote_row *v,
	size_t position, struct sr_err *e) {
	struct sr_buf bytes, leaf;
	struct sr_bundle b;
	struct sr_proof proof = {0};
	sr_buf_init_secret(&bytes);
	sr_buf_init(&leaf);
	int rc = sr_object_fetch(x->vault, v->pieces, &bytes, e);
	if (rc == 0)
		rc = sr_bundle_parse(&b, sr_buf_view(&bytes), e);
	if (rc == 0 && position >= b.items)
		rc = sr_fail(e, SR_CORRUPT,
			"vote of %s: its bundle has %zu items, the request more", v->person,
			b.items);
	if (rc == 0)
		rc = leaf_and_proof(&leaf, &proof, &b, position, e);
	if (rc == 0) {
		sr_row(o, "record");
		sr_row_hex(o, "vote", v->statement, SR_ID);
		sr_row_dec(o, "entry", v->entry);
		sr_row_str(o, "person", v->person);
		sr_row_dec(o, "count", b.items);
		sr_row_buf(o, "leaf", &leaf);
		for (size_t i = 0; i < proof.count; i++)
			sr_row_base64(o, "node", proof.hash[i], SR_HASH);
	}
	sr_buf_free(&bytes);
	sr_buf_free(&leaf);
	return rc;
}

static bool brings_pieces(const struct sr_vote_row *v) {
	return !v->is_void && v->has_bundle &&
	       (strcmp(v->decision, "approve") == 0 || strcmp(v->decision, "topup") == 0);
}

struct checkout_of {
	struct sr_checkout_row checkout;
	struct sr_grant_row grant;
	struct sr_version_row version;
	int64_t extension; /* whose list the item is in; 0: the version's own */
	size_t position, count;
};

/* Every vote that brings pieces for the newest room key and the seal in force: its receipt and its
 * record of this item. ${from}: the entry of the seal. */
static int put_votes(struct sr_x *x, struct sr_rows_out *o, const struct checkout_of *c,
	uint64_t from, uint64_t since, struct sr_err *e) {
	const struct sr_version_row *v = &c->version;
	struct sr_votes l = {0};
	int rc = sr_query_votes(&l, x->catalogue, v->request, v->version, e);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		if (!brings_pieces(&l.rows[i]) || l.rows[i].entry < v->room_key_entry ||
			l.rows[i].entry < from || l.rows[i].extension != c->extension)
			continue;
		rc = sr_put_receipt_row(x, o, l.rows[i].entry, since, e);
		if (rc == 0) /* they may sit on no board any more */
			rc = sr_put_person_trust(x, o, l.rows[i].person, since, e);
		if (rc == 0)
			rc = put_record(x, o, &l.rows[i], c->position, e);
	}
	sr_votes_free(&l);
	return rc;
}

static int position_of(
	struct checkout_of *c, struct sr_x *x, const uint8_t item[SR_ID], struct sr_err *e) {
	struct sr_list_of of = {.request = c->version.request, .version = c->version.version};
	uint8_t *ids = NULL;
	int rc = sr_query_list_of(&c->extension, x->catalogue, &c->version, item, e);
	of.extension = c->extension;
	if (rc == 0)
		rc = sr_query_list_items(&ids, &c->count, x->catalogue, &of, e);
	for (size_t i = 0; rc == 0 && i < c->count; i++)
		if (memcmp(ids + i * SR_ID, item, SR_ID) == 0)
			c->position = i;
	free(ids);
	return rc;
}

int sr_own_checkout(struct sr_checkout_row *c, struct sr_x *x, struct sr_err *e) {
	uint8_t id[SR_ID];
	char hex[2 * SR_ID + 1];
	if (!sr_in_id(x, "checkout", id))
		return sr_fail(e, SR_MISUSE, "call without a checkout");
	int rc = sr_query_checkout(c, x->catalogue, id, e);
	if (rc == 0 && strcmp(c->person, x->caller.person) == 0)
		return 0;
	if (rc != 0 && rc != SR_NOTFOUND)
		return rc;
	sr_hex(hex, id, SR_ID);
	return sr_fail(e, SR_NOTFOUND, "%s has no checkout %s", x->caller.person, hex);
}

static int find(struct checkout_of *c, struct sr_x *x, struct sr_err *e) {
	int rc = sr_own_checkout(&c->checkout, x, e);
	if (rc == 0 && !c->checkout.has_grant)
		rc = sr_fail(e, SR_USAGE,
			"a look into quarantine has no votes: "
			"quarantine.material gives what it needs");
	if (rc == 0)
		rc = sr_query_grant(&c->grant, x->catalogue, c->checkout.grant, e);
	if (rc == 0)
		rc = sr_query_version(
			&c->version, x->catalogue, c->grant.request, c->grant.version, e);
	if (rc == 0)
		rc = position_of(c, x, c->checkout.item, e);
	return rc;
}

/* The grant, and what made it last longer. */
static int put_grant(struct sr_x *x, struct sr_rows_out *o, const struct sr_grant_row *g,
	uint64_t since, struct sr_err *e) {
	const struct sr_page page = {.limit = 1000};
	struct sr_entries renewals = {0};
	char grant[2 * SR_ID + 1];
	sr_hex(grant, g->id, SR_ID);
	const struct sr_entry_filter f = {.type = SR_T_RENEW, .about = grant};
	int rc = sr_put_receipt_row(x, o, g->entry, since, e);
	if (rc == 0)
		rc = sr_query_entries(&renewals, x->catalogue, &f, &page, e);
	for (size_t i = 0; rc == 0 && i < renewals.count; i++)
		rc = sr_put_receipt_row(x, o, renewals.rows[i].index, since, e);
	sr_entries_free(&renewals);
	return rc;
}

int sr_op_checkout_material(struct sr_x *x, struct sr_err *e) {
	struct checkout_of c = {0};
	struct sr_item_row it = {0};
	struct sr_rows_out o;
	struct sr_buf *head = &x->r->head;
	uint64_t since = 0;
	(void)sr_in_dec(x, "since", &since);
	int rc = find(&c, x, e);
	if (rc == 0)
		rc = sr_query_item(&it, x->catalogue, c.checkout.item, e);
	if (rc != 0)
		goto out;
	sr_text_put_hex(head, "item", c.checkout.item, SR_ID);
	sr_text_put_dec(head, "number", it.number);
	sr_text_put_dec(head, "level", it.level);
	sr_text_put_dec(head, "position", c.position);
	sr_text_put_dec(head, "items", c.count);
	if (c.extension != 0)
		sr_text_put_dec(head, "extension", (uint64_t)c.extension);
	sr_text_put_dec(head, "epoch", c.grant.epoch);
	sr_rows_begin(&o, &x->r->body);
	if (sr_in_yes(x, "board"))
		rc = sr_put_board_material(x, &o, c.version.board, since, e);
	else
		rc = sr_put_board_trust(x, &o, &c.version, since, e);
	if (rc == 0)
		rc = sr_put_receipt_row(x, &o, c.checkout.entry, since, e);
	if (rc == 0)
		rc = put_grant(x, &o, &c.grant, since, e);
	if (rc == 0)
		rc = put_version_receipts(x, &o, &c.version, since, e);
	if (rc == 0)
		rc = put_votes(x, &o, &c, it.sealed, since, e);
	if (rc == 0)
		rc = put_seal(x, &o, c.checkout.item, true, e);
out:
	sr_item_row_free(&it);
	sr_grant_row_free(&c.grant);
	sr_version_row_free(&c.version);
	return rc;
}
