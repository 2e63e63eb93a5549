/*
 * Checkouts by their reader's client. See client.h; DESIGN 5 "Order of trust".
 *
 * The researcher's key takes off the outer seal of one item's records. Before it derives a single
 * record key it has proven, in the log: the checkout, signed by this very identity, for this item;
 * the grant it stands on, live (by the last of the renewals that are proven), with this person,
 * right and form; the version of the request that the grant decides; that the request key of this
 * person in it is ours; the version's newest room key (a restore renews it); and each vote that is
 * used: later than that key, by a member of the board that was asked, approving exactly that
 * version, whose bundle root the records lead to. What goes to the room are keys of this one item's
 * records and of no other.
 */
#include <time.h>

#include "base/escape.h"
#include "base/pool.h"
#include "board/held.h"
#include "core/ballot.h"
#include "merkle/proof.h"

enum {
	VOTES_MAX = 4 * SR_BOARD_MEMBERS_MAX, /* votes and top-ups that bring pieces */
	WITNESS_WAIT_MS = 12000               /* a little more than core gives its witnesses */
};

struct lending { /* one checkout, as far as it is proven */
	struct sr_client *c;
	const struct sr_proven *checkout, *grant, *request, *room_key;
	uint8_t id[SR_ID], item[SR_ID], grant_id[SR_ID], request_id[SR_ID];
	uint64_t version;
	size_t reader, readers;
	uint8_t sk[SR_X_SK]; /* request key; wiped */
	/* extension: whose list the item is in, 0: the request's. ${position}, ${items}: of that
	 * list; what each vote signed leads to the record, or it does not. level: as the server
	 * says, for people */
	uint64_t extension, position, items, number, level;
	uint8_t seal[SR_SEAL];
};

static bool is_word(struct sr_bytes v, const char *word) {
	return sr_bytes_eq(v, sr_bytes_str(word));
}

static const struct sr_proven *of_id(
	const struct sr_proofs *p, enum sr_type_id type, const char *key, const uint8_t id[SR_ID]) {
	char hex[2 * SR_ID + 1];

	sr_hex(hex, id, SR_ID);
	return sr_proofs_find(p, type, key, sr_bytes_str(hex), 0);
}

/* --- proving ---------------------------------------------------------------------------------- */

static int prove_checkout(struct lending *l, struct sr_err *e) {
	const struct sr_statement *s;
	int rc;

	l->checkout = of_id(&l->c->proofs, SR_T_CHECKOUT, "checkout", l->id);
	rc = sr_proofs_need(l->checkout, "checkout", e);
	if (rc != 0)
		return rc;
	s = &l->checkout->entry.statement;
	if (strcmp(s->head.actor, l->c->o.identity->person) != 0)
		return sr_fail(e, SR_AUTH, "the checkout is %s's, not yours", s->head.actor);
	return sr_field_id(l->item, s, "item", 0, e);
}

static bool named(const struct sr_statement *s, const char *key, struct sr_bytes value) {
	for (size_t i = 0; i < sr_field_count(s, key); i++)
		if (sr_bytes_eq(sr_field(s, key, i), value))
			return true;
	return false;
}

/* Until when the grant lasts: as it says, or as the last renewal of it that is proven says. */
static int grant_ends(int64_t *ends, const struct lending *l, struct sr_err *e) {
	const struct sr_bytes id = sr_field(&l->grant->entry.statement, "grant", 0);
	int rc = sr_field_time(ends, &l->grant->entry.statement, "ends", 0, e);

	for (size_t n = 0; rc == 0; n++) {
		const struct sr_proven *pr =
			sr_proofs_find(&l->c->proofs, SR_T_RENEW, "grant", id, n);
		int64_t later = 0;

		if (pr == NULL)
			break;
		if (!pr->trusted || pr->index < l->grant->index)
			continue;
		rc = sr_field_time(&later, &pr->entry.statement, "ends", 0, e);
		if (rc == 0 && later > *ends)
			*ends = later;
	}
	return rc;
}

static int prove_grant(struct lending *l, struct sr_err *e) {
	const struct sr_statement *out = &l->checkout->entry.statement, *s;
	const char *me = l->c->o.identity->person;
	int64_t ends = 0;
	int rc = sr_field_id(l->grant_id, out, "grant", 0, e);

	if (rc != 0)
		return rc;
	l->grant = of_id(&l->c->proofs, SR_T_GRANT, "grant", l->grant_id);
	rc = sr_proofs_need(l->grant, "grant", e);
	if (rc != 0)
		return rc;
	s = &l->grant->entry.statement;
	rc = grant_ends(&ends, l, e);
	if (rc == 0 && l->grant->index > l->checkout->index)
		rc = sr_fail(e, SR_AUTH, "the grant is younger than the checkout");
	if (rc == 0 && !named(s, "person", sr_bytes_str(me)))
		rc = sr_fail(e, SR_AUTH, "the grant does not name %s", me);
	if (rc == 0 && !sr_bytes_eq(sr_field(s, "right", 0), sr_field(out, "right", 0)))
		rc = sr_fail(e, SR_AUTH, "the grant is for another right than the checkout");
	if (rc == 0 &&
		(is_word(sr_field(s, "right", 0), "access") ||
			is_word(sr_field(s, "right", 0), "redact")) &&
		!named(s, "form", sr_field(out, "form", 0)))
		rc = sr_fail(e, SR_AUTH, "the grant does not name the form of the checkout");
	if (rc == 0 && ends <= sr_now(&l->c->clock))
		rc = sr_fail(e, SR_DENIED, "the grant has ended: make a new request");
	if (rc == 0)
		rc = sr_field_id(l->request_id, s, "request", 0, e);
	if (rc == 0)
		rc = sr_field_dec(&l->version, s, "version", 0, e);
	return rc;
}

static const struct sr_proven *granted_version(const struct lending *l) {
	static const enum sr_type_id types[] = {SR_T_REQUEST, SR_T_AMEND};
	char hex[2 * SR_ID + 1];

	sr_hex(hex, l->request_id, SR_ID);
	for (size_t t = 0; t < 2; t++) {
		const struct sr_proven *pr;

		for (size_t n = 0; (pr = sr_proofs_find(&l->c->proofs, types[t], "request",
					    sr_bytes_str(hex), n)) != NULL;
			n++) {
			uint64_t v = 0;

			if (sr_field_dec(&v, &pr->entry.statement, "version", 0, NULL) == 0 &&
				v == l->version)
				return pr;
		}
	}
	return NULL;
}

/* Our join of this request, if we are a co-applicant. */
static int own_join(const struct lending *l, uint8_t key[SR_X_PK], struct sr_err *e) {
	char hex[2 * SR_ID + 1];
	const struct sr_proven *pr;

	sr_hex(hex, l->request_id, SR_ID);
	for (size_t n = 0;; n++) {
		pr = sr_proofs_find(&l->c->proofs, SR_T_JOIN, "request", sr_bytes_str(hex), n);
		if (pr != NULL &&
			strcmp(pr->entry.statement.head.actor, l->c->o.identity->person) != 0)
			continue;
		const int rc = sr_proofs_need(pr, "join of yours", e);
		return rc != 0 ? rc : sr_field_key(key, &pr->entry.statement, "key", 0, e);
	}
}

/* The version, and which of its readers we are. That it is the applicant's is shown by the members
 * who signed its hash. */
static int prove_request(struct lending *l, struct sr_err *e) {
	const char *me = l->c->o.identity->person;
	uint8_t pk[SR_X_PK], key[SR_X_PK], root[SR_HASH];
	int rc;

	l->request = granted_version(l);
	if (l->request == NULL)
		return sr_fail(e, SR_AUTH,
			"the vault shows no version %llu of the request: it is withheld",
			(unsigned long long)l->version);
	const struct sr_statement *s = &l->request->entry.statement;
	l->readers = sr_field_count(s, "person") + 1;
	rc = sr_field_count_root(&l->items, root, s, "items", e);
	if (rc != 0)
		return rc;
	if (strcmp(s->head.actor, me) == 0) {
		rc = sr_proofs_need(l->request, "request", e);
		if (rc == 0)
			rc = sr_field_key(key, s, "key", 0, e);
		l->reader = 0;
	} else {
		for (l->reader = 1; l->reader < l->readers; l->reader++)
			if (is_word(sr_field(s, "person", l->reader - 1), me))
				break;
		rc = l->reader == l->readers
			     ? sr_fail(e, SR_AUTH, "the request does not name %s", me)
			     : own_join(l, key, e);
	}
	if (rc != 0)
		return rc;
	sr_client_request_key(l->c, l->request_id, l->sk, pk);
	if (memcmp(pk, key, SR_X_PK) != 0)
		rc = sr_fail(e, SR_AUTH,
			"votes were sealed to another request key than this identity has: if its "
			"key is a later one, make a new request; if it is not, tell the board");
	return rc;
}

/* --- records ---------------------------------------------------------------------------------- */

static int prove_vote(const struct lending *l, const uint8_t vote[SR_ID],
	const struct sr_proven **out, const struct sr_known **voter, struct sr_err *e) {
	const struct sr_proven *pr = sr_proofs_id(&l->c->proofs, vote);
	uint8_t id[SR_ID], hash[SR_HASH], board[SR_ID];
	uint64_t version = 0, count = 0, extension = 0;
	int rc = sr_proofs_need(pr, "vote", e);

	if (rc != 0)
		return rc;
	const struct sr_statement *s = &pr->entry.statement;
	if (s->type->id != SR_T_VOTE)
		return sr_fail(e, SR_AUTH, "what the vault shows as a vote is %s", s->type->name);
	*voter = sr_proofs_person(&l->c->proofs, s->head.actor);
	rc = sr_field_id(board, &l->request->entry.statement, "board", 0, e);
	if (rc != 0)
		return rc;
	if (*voter == NULL || sr_proofs_voter(&l->c->proofs, board, pr) == 0)
		return sr_fail(e, SR_AUTH, "%s, who signed a vote, is not a member of the board",
			s->head.actor);
	rc = sr_field_id_hash(id, hash, s, "request", e);
	if (rc == 0)
		rc = sr_field_dec(&version, s, "version", 0, e);
	if (rc == 0)
		rc = sr_field_dec(&count, s, "count", 0, e);
	if (rc != 0)
		return rc;
	if (memcmp(id, l->request_id, SR_ID) != 0 ||
		memcmp(hash, l->request->entry.statement.hash, SR_HASH) != 0 ||
		version != l->version)
		return sr_fail(e, SR_AUTH, "the vote of %s is for another version than was granted",
			s->head.actor);
	if (!sr_bytes_eq(
		    sr_field(s, "room-key", 0), sr_field(&l->room_key->entry.statement, "key", 0)))
		return sr_fail(e, SR_AUTH,
			"the pieces of %s (entry %llu) are for another room key than that of "
			"entry %llu",
			s->head.actor, (unsigned long long)pr->index,
			(unsigned long long)l->room_key->index);
	if (!is_word(sr_field(s, "decision", 0), "approve") &&
		!is_word(sr_field(s, "decision", 0), "topup"))
		return sr_fail(e, SR_AUTH, "%s did not approve", s->head.actor);
	if (sr_field_count(s, "extension") > 0)
		rc = sr_field_dec(&extension, s, "extension", 0, e);
	if (rc != 0)
		return rc;
	if (extension != l->extension)
		return sr_fail(e, SR_AUTH, "the vote of %s is for other items of the grant",
			s->head.actor);
	if (count != l->items)
		return sr_fail(e, SR_AUTH, "the vote of %s has %llu pieces for %llu items",
			s->head.actor, (unsigned long long)count, (unsigned long long)l->items);
	*out = pr;
	return 0;
}

static int take_nodes(struct sr_proof *p, const struct sr_row *row, struct sr_err *e) {
	struct sr_bytes v;

	p->count = 0;
	for (size_t i = 0; (v = sr_row_get_n(row, "node", i)).p != NULL; i++) {
		int rc = i < SR_PROOF_MAX
				 ? sr_unbase64_fixed(p->hash[i], SR_HASH, v, e)
				 : sr_fail(e, SR_CORRUPT, "more than %d nodes", SR_PROOF_MAX);

		if (rc != 0)
			return rc;
		p->count++;
	}
	return 0;
}

/* The leaf is what the vote's root says at our item's place. */
static int prove_leaf(const struct lending *l, const struct sr_proven *vote,
	const struct sr_row *row, struct sr_err *e) {
	uint8_t root[SR_HASH], hash[SR_HASH];
	struct sr_proof proof;
	int rc = sr_field_hash(root, &vote->entry.statement, "bundle", 0, e);

	if (rc == 0)
		rc = take_nodes(&proof, row, e);
	if (rc != 0)
		return rc;
	sr_leaf_hash(hash, sr_row_get(row, "leaf"));
	return sr_proof_check_inclusion(&proof, l->position, l->items, hash, root, e);
}

/* A leaf is a bundle of one item once its header says so: header, then a record for each reader. */
static int record_key(const struct lending *l, const struct sr_proven *vote,
	const struct sr_known *voter, struct sr_bytes leaf, uint8_t key[SR_KEY], struct sr_err *e) {
	struct sr_piece_ctx *ctx = calloc(1, sizeof *ctx);
	struct sr_sealed sealed = {.number = l->number, .seal = l->seal};
	struct sr_bundle b;
	struct sr_buf one;
	int rc = ctx == NULL ? sr_fail(e, SR_NOMEM, "vote: out of memory") : 0;

	sr_buf_init(&one);
	sr_buf_put_bytes(&one, leaf);
	if (rc == 0)
		rc = sr_buf_ok(&one, e);
	if (rc == 0 && (one.len < 16 || sr_le32_get(one.p + 8) != l->items))
		rc = sr_fail(e, SR_CORRUPT, "a record of another number of items than %llu",
			(unsigned long long)l->items);
	if (rc == 0) {
		sr_le32_put(one.p + 8, 1);
		rc = sr_bundle_parse(&b, sr_buf_view(&one), e);
	}
	if (rc == 0 && b.readers != l->readers)
		rc = sr_fail(e, SR_AUTH, "the vote is sealed to %zu people, the request names %zu",
			b.readers, l->readers);
	if (rc == 0) {
		memcpy(ctx->key.vault, l->c->info.fingerprint, SR_HASH);
		memcpy(ctx->vote, vote->entry.statement.head.id, SR_ID);
		memcpy(ctx->request, l->request->entry.statement.hash, SR_HASH);
		if (!sr_proofs_key_at(&l->c->proofs, voter->person, vote->index, ctx->voter))
			rc = sr_fail(
				e, SR_MISUSE, "%s is nobody whom the proofs know", voter->person);
	}
	if (rc == 0) {
		memcpy(sealed.id, l->item, SR_ID);
		const struct sr_bundle_at at = {.bundle = &b,
			.reader = l->reader,
			.item = 0,
			.ctx = ctx,
			.sealed = &sealed};
		rc = sr_bundle_record_key(key, &at, l->sk, e);
	}
	sr_buf_free(&one);
	free(ctx);
	return rc;
}

/* No vote brings a piece: by right, when the room key is younger than all that the grant rests on.
 */
static int no_votes(const struct lending *l, struct sr_err *e) {
	if (l->room_key->index > l->grant->index)
		return sr_fail(e, SR_DENIED,
			"the room key was renewed at entry %llu (after a restore), %llu topups "
			"are needed",
			(unsigned long long)l->room_key->index, (unsigned long long)l->level);
	return sr_fail(e, SR_AUTH, "the vault shows no vote with pieces: they are withheld");
}

/* All records: first everything is proven, then keys are derived. ${body} becomes that of
 * checkout.open. */
static int records(const struct lending *l, const struct sr_rows *rows, struct sr_buf *body,
	struct sr_err *e) {
	uint32_t n = 0;
	int rc = 0;

	for (int derive = 0; derive < 2 && rc == 0; derive++) {
		if (derive == 1 && n == 0)
			return no_votes(l, e);
		if (derive == 1)
			sr_buf_put_le32(body, n);
		n = 0;
		for (size_t i = 0; i < rows->count && rc == 0; i++) {
			const struct sr_row *row = &rows->rows[i];
			const struct sr_proven *vote = NULL;
			const struct sr_known *voter = NULL;
			uint8_t id[SR_ID], key[SR_KEY];

			if (!sr_row_is(row, "record"))
				continue;
			if (++n > VOTES_MAX)
				return sr_fail(e, SR_LIMIT, "more than %d votes", VOTES_MAX);
			rc = sr_row_get_id(id, SR_ID, row, "vote", e);
			if (rc == 0)
				rc = prove_vote(l, id, &vote, &voter, e);
			if (rc == 0)
				rc = prove_leaf(l, vote, row, e);
			if (rc == 0 && derive == 1) {
				rc = record_key(l, vote, voter, sr_row_get(row, "leaf"), key, e);
				sr_buf_put(body, id, SR_ID);
				sr_buf_put(body, key, SR_KEY);
				sr_wipe(key, sizeof key);
			}
		}
	}
	return rc == 0 ? sr_buf_ok(body, e) : rc;
}

/* --- material --------------------------------------------------------------------------------- */

static int take_place(
	struct lending *l, const struct sr_call *r, const struct sr_rows *rows, struct sr_err *e) {
	const struct sr_row *row = sr_rows_first(rows, "seal");
	uint8_t id[SR_ID];
	int rc = sr_parse_dec(&l->position, sr_text_get(&r->text, "position"), INT64_MAX, e);

	if (rc == 0 && row == NULL)
		rc = sr_fail(e, SR_AUTH, "the vault withholds the item's seal");
	if (rc != 0 || row == NULL)
		return rc;
	if (sr_text_get(&r->text, "extension").p != NULL) {
		rc = sr_parse_dec(&l->extension, sr_text_get(&r->text, "extension"), INT64_MAX, e);
		if (rc == 0)
			rc = sr_parse_dec(&l->items, sr_text_get(&r->text, "items"), INT64_MAX, e);
	}
	if (rc == 0)
		rc = sr_row_get_id(id, SR_ID, row, "item", e);
	if (rc == 0 && memcmp(id, l->item, SR_ID) != 0)
		rc = sr_fail(e, SR_AUTH,
			"the vault shows the seal of another item than was checked out");
	if (rc == 0)
		rc = sr_row_get_dec(&l->number, row, "number", e);
	if (rc == 0)
		rc = sr_row_get_dec(&l->level, row, "level", e);
	if (rc == 0 && sr_row_get(row, "seal").len != SR_SEAL)
		rc = sr_fail(e, SR_CORRUPT, "the item's seal: want %d bytes, have %zu", SR_SEAL,
			sr_row_get(row, "seal").len);
	if (rc == 0)
		memcpy(l->seal, sr_row_get(row, "seal").p, SR_SEAL);
	return rc;
}

static int prove_all(struct lending *l, const struct sr_call *r, const struct sr_rows *rows,
	struct sr_buf *body, struct sr_err *e) {
	int rc = prove_checkout(l, e);

	if (rc == 0)
		rc = prove_grant(l, e);
	if (rc == 0)
		rc = prove_request(l, e);
	if (rc == 0) {
		l->room_key = sr_proofs_room_key(&l->c->proofs, l->request->entry.statement.hash);
		rc = sr_proofs_need(l->room_key, "room key of exactly this version", e);
	}
	if (rc == 0)
		rc = take_place(l, r, rows, e);
	if (rc == 0)
		rc = records(l, rows, body, e);
	return rc;
}

static int take_files(uint64_t *files, const struct sr_call *r, struct sr_err *e) {
	return sr_parse_dec(files, sr_text_get(&r->text, "files"), INT64_MAX, e);
}

/* Until the entry that began the checkout is witnessed, where the vault waits for that; a minute's
 * patience is the vault's. What it says is then checked here, before a key leaves this client. */
static int await_witness(struct sr_client *c, const uint8_t checkout[SR_ID], struct sr_err *e) {
	const uint64_t end =
		sr_mono_ms() + (c->o.witness_ms != 0 ? c->o.witness_ms : WITNESS_WAIT_MS);
	struct timespec pause = {.tv_nsec = 20 * 1000000L};
	bool over = false;
	int rc = 0;

	while (rc == 0 && !over) {
		uint64_t witnessed = 0, entry = 0;
		struct sr_rows rows = {0};
		struct sr_call q, r;

		sr_call_init(&q);
		sr_call_init(&r);
		sr_call_begin(&q, "witness");
		sr_text_put(&q.head, "now", "yes");
		sr_text_put_hex(&q.head, "checkout", checkout, SR_ID);
		sr_client_put_since(c, &q);
		rc = sr_client_rows(c, &q, &r, &rows, e);
		if (rc == 0)
			rc = sr_parse_dec(
				&witnessed, sr_text_get(&r.text, "witnessed"), INT64_MAX, e);
		if (rc == 0)
			rc = sr_parse_dec(&entry, sr_text_get(&r.text, "entry"), INT64_MAX, e);
		over = rc != 0 || sr_text_get(&r.text, "asked").p == NULL || witnessed > entry ||
		       sr_text_get(&r.text, "glass").p != NULL ||
		       sr_rows_first(&rows, "alarm") != NULL || sr_mono_ms() >= end;
		if (rc == 0 && over)
			rc = sr_client_witnessed(c, checkout, &r, &rows, e);
		sr_rows_free(&rows);
		sr_call_free(&q);
		sr_call_free(&r);
		if (over)
			break;
		(void)nanosleep(&pause, NULL);
		pause.tv_nsec = pause.tv_nsec < 160 * 1000000L ? pause.tv_nsec * 2 : pause.tv_nsec;
	}
	return rc;
}

int sr_client_lend(struct sr_client *c, const uint8_t checkout[SR_ID], const char *op,
	struct sr_call *r, struct sr_err *e) {
	struct lending l = {.c = c};
	struct sr_call q, open;
	struct sr_rows rows = {0};
	int rc;

	memcpy(l.id, checkout, SR_ID);
	sr_call_init(&q);
	sr_call_init(&open);
	sr_call_begin(&q, "checkout.material");
	sr_text_put_hex(&q.head, "checkout", checkout, SR_ID);
	sr_client_put_since(c, &q);
	rc = sr_client_rows(c, &q, r, &rows, e);
	if (rc == 0)
		rc = sr_proofs_add_rows(&c->proofs, &rows, e);
	if (rc == 0) {
		sr_call_begin(&open, op);
		sr_text_put_hex(&open.head, "checkout", checkout, SR_ID);
		rc = prove_all(&l, r, &rows, &open.body, e);
	}
	if (rc == 0)
		rc = sr_client_seen(c, true, e);
	if (rc == 0)
		rc = await_witness(c, checkout, e);
	if (rc == 0)
		rc = sr_client_call(c, &open, r, e);
	sr_wipe(l.sk, sizeof l.sk);
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&open);
	return rc;
}

static int open_granted(
	struct sr_client *c, const uint8_t checkout[SR_ID], uint64_t *files, struct sr_err *e) {
	struct sr_call r;
	int rc;

	sr_call_init(&r);
	rc = sr_client_lend(c, checkout, "checkout.open", &r, e);
	if (rc == 0)
		rc = take_files(files, &r, e);
	sr_call_free(&r);
	return rc;
}

/* --- a look at a held item -------------------------------------------------------------------- */

int sr_client_part(struct sr_client *c, const uint8_t item[SR_ID], struct sr_held_item *out,
	struct sr_err *e) {
	struct sr_held_place at;
	struct sr_call q, r;
	char hex[2 * SR_ID + 1];
	int rc = sr_client_signer(c, e);

	if (rc != 0)
		return rc;
	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "quarantine.material");
	sr_text_put_hex(&q.head, "item", item, SR_ID);
	rc = sr_client_call(c, &q, &r, e);
	if (rc == 0)
		rc = sr_parse_dec(&out->number, sr_text_get(&r.text, "number"), UINT32_MAX, e);
	if (rc == 0) {
		memcpy(at.vault, c->info.fingerprint, SR_HASH);
		memcpy(at.item, item, SR_ID);
		at.number = out->number;
		rc = sr_held_open_box(out->part, &at, sr_buf_view(&r.body), c->o.identity->seed, e);
	}
	sr_hex(hex, item, SR_ID);
	SR_NAMED(rc, e, "item %.12s", hex);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

static int open_held(struct sr_client *c, const uint8_t checkout[SR_ID], const uint8_t item[SR_ID],
	uint64_t *files, struct sr_err *e) {
	struct sr_held_item held = {.number = 0};
	struct sr_call q, r;
	int rc = sr_client_part(c, item, &held, e);

	sr_call_init(&q);
	sr_call_init(&r);
	if (rc == 0)
		rc = await_witness(c, checkout, e);
	if (rc == 0) {
		sr_call_begin(&q, "quarantine.open");
		sr_text_put_hex(&q.head, "checkout", checkout, SR_ID);
		sr_buf_put(&q.body, held.part, SR_PART);
		rc = sr_client_call(c, &q, &r, e);
	}
	sr_wipe(&held, sizeof held);
	if (rc == 0)
		rc = take_files(files, &r, e);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

/* --- checking out ----------------------------------------------------------------------------- */

/* The entry of one of our live checkouts, when this process did not make it. */
static int find_checkout(struct sr_client *c, const uint8_t checkout[SR_ID], struct sr_err *e) {
	struct sr_call q, r;
	struct sr_rows rows;
	uint8_t id[SR_ID];
	uint64_t entry = 0;
	bool found = false;
	int rc;

	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "checkouts");
	sr_text_put(&q.head, "live", "yes");
	sr_text_put_dec(&q.head, "limit", 1000);
	rc = sr_client_rows(c, &q, &r, &rows, e);
	for (size_t i = 0; rc == 0 && i < rows.count && !found; i++) {
		rc = sr_row_get_id(id, SR_ID, &rows.rows[i], "id", e);
		if (rc == 0 && memcmp(id, checkout, SR_ID) == 0) {
			rc = sr_row_get_dec(&entry, &rows.rows[i], "entry", e);
			found = true;
		}
	}
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&r);
	if (rc == 0 && !found)
		rc = sr_fail(e, SR_NOTFOUND, "no live checkout of yours has that id");
	return rc == 0 ? sr_client_prove_entries(c, &entry, 1, e) : rc;
}

int sr_client_open_item(
	struct sr_client *c, const uint8_t checkout[SR_ID], uint64_t *files, struct sr_err *e) {
	struct lending l = {.c = c};
	int rc = sr_client_signer(c, e);

	memcpy(l.id, checkout, SR_ID);
	if (rc == 0 && of_id(&c->proofs, SR_T_CHECKOUT, "checkout", checkout) == NULL)
		rc = find_checkout(c, checkout, e);
	if (rc == 0)
		rc = prove_checkout(&l, e);
	if (rc != 0)
		return rc;
	if (is_word(sr_proven_field(l.checkout, "right", 0), "quarantine"))
		return open_held(c, checkout, l.item, files, e);
	return open_granted(c, checkout, files, e);
}

/* The one live grant of ours for the item; which one counts is signed with the checkout and proven
 * afterwards. */
static int find_grant(struct sr_client *c, const struct sr_borrow *b, const char *right,
	uint8_t grant[SR_ID], struct sr_err *e) {
	struct sr_call q, r;
	struct sr_rows rows;
	size_t n = 0;
	int rc;

	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "grants");
	sr_text_put(&q.head, "state", "live");
	sr_text_put_hex(&q.head, "item", b->item, SR_ID);
	rc = sr_client_rows(c, &q, &r, &rows, e);
	for (size_t i = 0; rc == 0 && i < rows.count; i++) {
		if (!is_word(sr_row_get(&rows.rows[i], "right"), right))
			continue;
		n++;
		rc = sr_row_get_id(grant, SR_ID, &rows.rows[i], "id", e);
	}
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&r);
	if (rc == 0 && n == 0)
		rc = sr_fail(e, SR_DENIED, "you have no live grant of %s for this item", right);
	if (rc == 0 && n > 1)
		rc = sr_fail(e, SR_USAGE, "%zu live grants hold this item: say which (--grant)", n);
	return rc;
}

int sr_client_borrow(struct sr_client *c, const struct sr_borrow *b, uint8_t checkout[SR_ID],
	struct sr_submitted *out, struct sr_err *e) {
	const char *right = b->right != NULL ? b->right : "access";
	const char *form = b->form != NULL ? b->form : "text";
	const bool held = strcmp(right, "quarantine") == 0;
	struct sr_writ d = {0};
	uint8_t grant[SR_ID] = {0};
	int rc = 0;

	sr_random(checkout, SR_ID);
	if (b->grant != NULL)
		memcpy(grant, b->grant, SR_ID);
	else if (!held)
		rc = find_grant(c, b, right, grant, e);
	if (rc == 0)
		rc = sr_writ_begin(&d, c, SR_T_CHECKOUT, 0, e);
	if (rc == 0) {
		sr_text_put_hex(&d.text, "checkout", checkout, SR_ID);
		sr_text_put(&d.text, "right", right);
		if (!held)
			sr_text_put_hex(&d.text, "grant", grant, SR_ID);
		sr_text_put_hex(&d.text, "item", b->item, SR_ID);
		sr_text_put(&d.text, "form", form);
		rc = sr_client_submit(c, &d, out, e);
	}
	sr_writ_free(&d);
	return rc;
}

int sr_client_checkout(struct sr_client *c, const struct sr_borrow *b, uint8_t checkout[SR_ID],
	uint64_t *files, struct sr_submitted *out, struct sr_err *e) {
	struct sr_held_item held = {.number = 0};
	int rc = 0;

	/* Whoever has no box of a held item learns it before they stand in its log. */
	if (b->right != NULL && strcmp(b->right, "quarantine") == 0)
		rc = sr_client_part(c, b->item, &held, e);
	sr_wipe(&held, sizeof held);
	if (rc == 0)
		rc = sr_client_borrow(c, b, checkout, out, e);
	if (rc != 0 || files == NULL)
		return rc;
	return sr_client_open_item(c, checkout, files, e);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* The vault says that a page is safe for a terminal (escaped: base/escape.h). It stays as it is if
 * that is true; what a terminal would obey is escaped here. */
static void take_text(struct sr_buf *out, struct sr_bytes in) {
	while (in.len > 0) {
		const uint8_t *slash = memchr(in.p, '\\', in.len);
		const size_t n = slash != NULL ? (size_t)(slash - in.p) : in.len;

		sr_escape_text(out, sr_bytes_of(in.p, n));
		if (slash != NULL)
			sr_buf_put_u8(out, '\\');
		in = sr_bytes_of(in.p + n + (slash != NULL), in.len - n - (slash != NULL));
	}
}

int sr_client_page(struct sr_client *c, const struct sr_page_at *at, struct sr_buf *text,
	uint64_t *next, uint64_t *size, struct sr_err *e) {
	struct sr_call q, r;
	int rc;

	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "checkout.read");
	sr_text_put_hex(&q.head, "checkout", at->checkout, SR_ID);
	sr_text_put_dec(&q.head, "file", at->file);
	sr_text_put_dec(&q.head, "offset", at->offset);
	sr_text_put_dec(&q.head, "length", at->length == 0 ? SR_BLOCK : at->length);
	rc = sr_client_call(c, &q, &r, e);
	if (rc == 0)
		rc = sr_parse_dec(next, sr_text_get(&r.text, "next"), INT64_MAX, e);
	if (rc == 0)
		rc = sr_parse_dec(size, sr_text_get(&r.text, "size"), INT64_MAX, e);
	if (rc == 0 && (*next > *size || (*next <= at->offset && *next != *size)))
		rc = sr_fail(e, SR_CORRUPT, "page at %llu of %llu bytes goes on at %llu",
			(unsigned long long)at->offset, (unsigned long long)*size,
			(unsigned long long)*next);
	if (rc == 0) {
		take_text(text, sr_buf_view(&r.body));
		rc = sr_buf_ok(text, e);
	}
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

/* One step of an export; *${end} when the vault says that all of it came. */
static int export_step(struct sr_client *c, const char *op, const struct sr_exporting *x,
	struct sr_call *r, bool *end, struct sr_err *e) {
	struct sr_call q;
	int rc;

	sr_call_init(&q);
	sr_call_begin(&q, op);
	sr_text_put_hex(&q.head, "checkout", x->checkout, SR_ID);
	if (strcmp(op, "export.begin") == 0 && x->bag)
		sr_text_put(&q.head, "bag", "yes");
	if (strcmp(op, "export.read") == 0)
		sr_text_put_dec(&q.head, "length", SR_EXPORT_READ);
	rc = sr_client_once(c, &q, r, e);
	if (rc == 0)
		*end = sr_text_get(&r->text, "end").p != NULL;
	sr_call_free(&q);
	return rc;
}

enum {
	WRITES = 2 /* pieces that are with the disk, or wait for it: it is not always as fast */
};

/* What came goes to the caller's write, a full piece on a thread beside: while the disk takes it
 * the next ones are made. Before the read that puts `export` on the record all that came before has
 * been written. */
struct piece {
	struct handing *h;
	struct sr_call r;
	int rc; /* of its write */
	struct sr_err e;
};
struct handing {
	const struct sr_exporting *x; /* borrowed */
	struct sr_pool *beside;       /* NULL before the first full piece, or where there is none */
	struct piece pieces[WRITES + 1];
	uint64_t sent,
		back; /* of them, ever: to the thread, and from it; the next is being filled */
	bool failed;  /* a write did, so nothing more is written; the thread's alone */
};

static struct piece *filling(struct handing *h) {
	return &h->pieces[h->sent % (WRITES + 1)];
}

static void write_aside(void *arg) {
	struct piece *p = arg;
	const struct sr_exporting *x = p->h->x;

	p->rc = p->h->failed ? 0 : x->write(x->ctx, sr_buf_view(&p->r.body), &p->e);
	p->h->failed = p->h->failed || p->rc != 0;
}

/* The oldest write beside is over; what became of it. */
static int written(struct handing *h, struct sr_err *e) {
	const struct piece *p = &h->pieces[h->back % (WRITES + 1)];

	(void)sr_pool_take(h->beside);
	h->back++;
	if (p->rc != 0 && e != NULL)
		*e = p->e;
	return p->rc;
}

/* All of them are; what became of the first that failed. */
static int all_written(struct handing *h, struct sr_err *e) {
	struct sr_err ignored = {0};
	int rc = 0;

	while (h->back < h->sent) {
		const int one = written(h, rc == 0 ? e : &ignored);

		rc = rc == 0 ? one : rc;
	}
	return rc;
}

/* Has the piece that came written, and turns to the next response. */
static int hand(struct handing *h, struct sr_err *e) {
	struct piece *p = filling(h);
	int rc;

	if (p->r.body.len < SR_EXPORT_READ ||
		(h->beside == NULL &&
			sr_pool_new(&h->beside, 1, WRITES + 1, write_aside, NULL) != 0)) {
		rc = all_written(h, e);
		return rc == 0 ? h->x->write(h->x->ctx, sr_buf_view(&p->r.body), e) : rc;
	}
	rc = sr_pool_submit(h->beside, p, e);
	h->sent += rc == 0 ? 1 : 0;
	return rc == 0 && h->sent - h->back > WRITES ? written(h, e) : rc;
}

int sr_client_export(
	struct sr_client *c, const struct sr_exporting *x, uint64_t *bytes, struct sr_err *e) {
	struct handing h = {.x = x};
	struct sr_err ignored = {0};
	bool end = false, last, begun;
	int rc, over;

	*bytes = 0;
	for (size_t i = 0; i <= WRITES; i++) {
		struct piece *p = &h.pieces[i];

		p->h = &h;
		sr_call_init(&p->r);
		p->r.body.secret = false; /* sealed: to wipe it took a tenth of a read's time */
	}
	rc = export_step(c, "export.begin", x, &filling(&h)->r, &end, e);
	begun = rc == 0;
	while (rc == 0) {
		struct sr_call *r = &filling(&h)->r;

		rc = export_step(c, "export.read", x, r, &end, e);
		if (rc != 0 || end)
			break;
		last = sr_text_get(&r->text, "last").p != NULL;
		*bytes += r->body.len;
		rc = hand(&h, e);
		if (rc == 0 && last)
			rc = all_written(&h, e);
		if (rc == 0 &&
			sr_progress_report(&c->o.progress, "export", *bytes, 0, "bytes") != 0)
			rc = sr_fail(e, SR_LOCKED, "stopped on request");
	}
	over = all_written(&h, rc == 0 ? e : &ignored);
	rc = rc == 0 ? over : rc;
	if (rc != 0 && begun) {
		over = export_step(c, "export.end", x, &filling(&h)->r, &end, &ignored);
		(void)over; /* what failed first is what counts */
	}
	sr_pool_free(h.beside);
	for (size_t i = 0; i <= WRITES; i++)
		sr_call_free(&h.pieces[i].r);
	return rc;
}
