/*
 * What outsiders check the log with: its published checkpoint, its tiles, proofs of single entries.
 * All of it is about sealed entries, so it goes to whoever may export the log.
 */
#include "board/keys.h"
#include "catalogue/prefix.h"
#include "core/ops_in.h"
#include "ledger/ledger.h"
#include "merkle/tlogproof.h"

/* Whether somebody else than the log itself signed the published note. */
static int is_cosigned(
	bool *out, const struct sr_ledger *l, struct sr_bytes file, struct sr_err *e) {
	struct sr_note n;
	int rc = sr_note_parse(&n, file, e);
	*out = false;
	if (rc != 0)
		return rc;
	struct sr_vkey own;
	rc = sr_log_keys_signer(&own, sr_ledger_keys(l), file, e);
	for (size_t i = 0; rc == 0 && i < n.count; i++)
		*out |= !sr_note_line_is(&n.lines[i], &own);
	sr_note_free(&n);
	return rc;
}

int sr_op_log_checkpoint(struct sr_x *x, struct sr_err *e) {
	struct sr_ledger *l = x->vault->ledger;
	struct sr_checkpoint c;
	struct sr_note n;
	bool cosigned = false;
	int rc = sr_ledger_published(l, &x->r->body, e);
	if (rc == 0)
		rc = is_cosigned(&cosigned, l, sr_buf_view(&x->r->body), e);
	if (rc == 0 && !cosigned) { /* one with cosignatures is its witnesses' to replace */
		sr_buf_clear(&x->r->body);
		rc = sr_ledger_publish(l, e);
		if (rc == 0)
			rc = sr_ledger_published(l, &x->r->body, e);
	}
	if (rc == 0)
		rc = sr_log_keys_open(&c, &n, sr_buf_view(&x->r->body), sr_ledger_keys(l), e);
	if (rc == 0) {
		sr_note_free(&n);
		sr_text_put_dec(&x->r->head, "size", c.size);
	}
	return rc;
}

int sr_op_log_tile(struct sr_x *x, struct sr_err *e) {
	struct sr_tile t;
	if (sr_tile_parse(&t, sr_text_get(&x->q->text, "path"), e) != 0)
		return sr_fail(e, SR_USAGE, "%s", e->text);
	return sr_ledger_tile(x->vault->ledger, &t, &x->r->body, e);
}

/* Entries are sealed, and whoever may export the log has them all: they get any proof. */
static int may_prove(const struct sr_x *x, uint64_t index, struct sr_err *e) {
	const unsigned exporters = SR_ROLE_MEMBER | SR_ROLE_CURATOR | SR_ROLE_OFFICER |
				   SR_ROLE_AUDITOR | SR_ROLE_CUSTODIAN;
	struct sr_reading reading;
	struct sr_entry en = {0};
	if ((x->caller.roles & exporters) != 0 ||
		(x->session->embedded && x->caller.person[0] == '\0'))
		return 0;
	int rc = sr_vault_entry(&en, x->vault, index, e);
	if (rc == 0)
		rc = sr_may_read(&reading, &x->caller, &en.statement, index, e);
	sr_entry_free(&en);
	if (rc == 0 && !reading.entry)
		rc = sr_denied(e, "entry %llu is not for %s to read", (unsigned long long)index,
			x->caller.person);
	return rc;
}

/* The entry that made a thing: people know a request, a grant or an item by its id. */
static int entry_of_thing(
	uint64_t *entry, struct sr_x *x, const struct sr_prefix_match *m, struct sr_err *e) {
	struct sr_item_row item = {0};
	struct sr_version_row version = {0};
	struct sr_grant_row grant = {0};
	struct sr_checkout_row checkout = {0};
	struct sr_accession_row accession = {0};
	struct sr_attestation_row attestation = {0};
	struct sr_collection_row collection = {0};
	struct sr_enquiry_row enquiry = {0};
	int rc = 0;
	switch (m->kind) {
	case SR_PREFIX_ITEM:
		rc = sr_query_item(&item, x->catalogue, m->id, e);
		*entry = item.entry;
		sr_item_row_free(&item);
		break;
	case SR_PREFIX_COLLECTION:
		rc = sr_query_collection(&collection, x->catalogue, m->id, e);
		*entry = collection.entry;
		sr_collection_row_free(&collection);
		break;
	case SR_PREFIX_ACCESSION:
		rc = sr_query_accession(&accession, x->catalogue, m->id, e);
		*entry = accession.entry;
		break;
	case SR_PREFIX_REQUEST:
		rc = sr_query_version(&version, x->catalogue, m->id, 0, e);
		*entry = version.entry;
		sr_version_row_free(&version);
		break;
	case SR_PREFIX_GRANT:
		rc = sr_query_grant(&grant, x->catalogue, m->id, e);
		*entry = grant.entry;
		sr_grant_row_free(&grant);
		break;
	case SR_PREFIX_CHECKOUT:
		rc = sr_query_checkout(&checkout, x->catalogue, m->id, e);
		*entry = checkout.entry;
		break;
	case SR_PREFIX_ATTESTATION:
		rc = sr_query_attestation(&attestation, x->catalogue, m->id, e);
		*entry = attestation.entry;
		sr_attestation_row_free(&attestation);
		break;
	case SR_PREFIX_ENQUIRY:
		rc = sr_query_enquiry(&enquiry, x->catalogue, m->id, e);
		*entry = enquiry.entry;
		sr_enquiry_row_free(&enquiry);
		break;
	case SR_PREFIX_BOARD:
		rc = sr_fail(e, SR_NOTFOUND,
			"a board has several entries: name one by its number, as @12 (`strongroom "
			"log` shows them)");
		break;
	}
	return rc;
}

static int which_entry(uint64_t *index, struct sr_x *x, struct sr_err *e) {
	struct sr_prefix_match m;
	struct sr_entry_row row;
	char hex[2 * SR_ID + 1];
	uint8_t id[SR_ID];
	size_t count = 0;
	const bool by_id = sr_in_id(x, "id", id), by_index = sr_in_dec(x, "index", index);
	if (by_id == by_index)
		return sr_fail(e, SR_USAGE, "log.prove: want an id or an index");
	if (by_index)
		return 0;
	int rc = sr_query_statement(&row, x->catalogue, id, e);
	if (rc == 0)
		*index = row.index;
	if (rc != SR_NOTFOUND)
		return rc;
	sr_hex(hex, id, SR_ID);
	rc = sr_query_prefix(&m, 1, &count, x->catalogue, hex, e);
	if (rc == 0 && count == 0)
		rc = sr_fail(
			e, SR_NOTFOUND, "no entry of the log, and no thing, has the id %s", hex);
	return rc == 0 ? entry_of_thing(index, x, &m, e) : rc;
}

int sr_op_log_prove(struct sr_x *x, struct sr_err *e) {
	struct sr_ledger *l = x->vault->ledger;
	struct sr_tlogproof p = {.index = 0};
	struct sr_buf leaf, note;
	uint64_t size = 0;
	sr_buf_init(&leaf);
	sr_buf_init(&note);
	int rc = which_entry(&p.index, x, e);
	if (rc == 0)
		rc = sr_ledger_entry(l, p.index, &leaf, e);
	if (rc == 0)
		rc = may_prove(x, p.index, e);
	if (rc == 0)
		rc = sr_ledger_covering(l, p.index + 1, &size, &note, e);
	if (rc == 0)
		rc = sr_ledger_inclusion(l, &p.proof, p.index, size, e);
	if (rc == 0) {
		p.extra = sr_buf_view(&leaf);
		p.checkpoint = sr_buf_view(&note);
		rc = sr_tlogproof_put(&x->r->body, &p, e);
	}
	if (rc == 0) {
		sr_text_put_dec(&x->r->head, "index", p.index);
		sr_text_put_dec(&x->r->head, "size", size);
	}
	sr_buf_free(&leaf);
	sr_buf_free(&note);
	return rc;
}
