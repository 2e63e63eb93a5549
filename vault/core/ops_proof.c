/*
 * Receipts and objects for whoever may read them, and short ids. A receipt carries the keys of
 * exactly what reader.h allows this caller; asking for an entry that one may not read is refused
 * by name, so that silence is never mistaken for absence.
 */
#include <stdio.h>

#include "board/keys.h"
#include "catalogue/prefix.h"
#include "catalogue/report.h"
#include "core/ops_in.h"
#include "ledger/receipt.h"

struct disclosing {
	struct sr_reading reading;
	int rc; /* of the first question that failed */
	struct sr_err e;
};

static bool may(void *ctx, enum sr_compartment c, const struct sr_record *r) {
	struct disclosing *d = ctx;
	bool ok = false;
	(void)c;
	if (d->rc != 0)
		return false;
	if (r == NULL) /* the compartment: its records are sealed one by one within */
		return d->reading.entry;
	d->rc = sr_may_read_text(&ok, &d->reading, r->subject, r->key, &d->e);
	return d->rc == 0 && ok && d->reading.entry;
}

static int make_receipt(struct sr_buf *out, struct sr_x *x, struct disclosing *d, uint64_t index,
	uint64_t since, struct sr_err *e) {
	struct sr_receipt receipt;
	const struct sr_keyring keys = sr_vault_keyring(x->vault);
	const struct sr_disclose disclose = {.may = may, .ctx = d};
	const struct sr_receipt_make m = {.ledger = x->vault->ledger,
		.index = index,
		.since = since,
		.keys = &keys,
		.disclose = &disclose};
	memset(&receipt, 0, sizeof receipt);
	int rc = sr_receipt_make(&receipt, &m, e);
	if (rc != 0)
		return rc;
	if (d->rc != 0)
		rc = sr_fail(e, d->e.code, "%s", d->e.text);
	if (rc == 0)
		rc = sr_receipt_encode(out, &receipt, e);
	sr_receipt_free(&receipt);
	return rc;
}

/* The receipt and the type of an entry. */
static int receipt_of(struct sr_buf *out, enum sr_type_id *type, struct sr_x *x, uint64_t index,
	uint64_t since, struct sr_err *e) {
	struct disclosing d = {0};
	struct sr_entry en = {0};
	int rc = sr_check_since(x, since, e);
	if (rc == 0)
		rc = sr_vault_entry(&en, x->vault, index, e);
	if (rc != 0)
		return rc;
	*type = en.statement.type->id;
	rc = sr_may_read(&d.reading, &x->caller, &en.statement, index, e);
	sr_entry_free(&en);
	if (rc == 0 && !d.reading.entry)
		rc = sr_denied(e, "entry %llu is not for %s to read", (unsigned long long)index,
			x->caller.person);
	if (rc == 0 && d.reading.on_record) {
		const struct sr_reading_want want = {.what = "log", .from = index, .to = index + 1};
		rc = sr_on_record(x, &want, e);
	}
	return rc == 0 ? make_receipt(out, x, &d, index, since, e) : rc;
}

int sr_put_receipt(
	struct sr_x *x, struct sr_rows_out *o, uint64_t index, uint64_t since, struct sr_err *e) {
	enum sr_type_id type;
	struct sr_buf b;
	sr_buf_init_secret(&b);
	int rc = receipt_of(&b, &type, x, index, since, e);
	if (rc == 0)
		sr_row_buf(o, "receipt", &b);
	sr_buf_free(&b);
	return rc;
}

int sr_put_receipt_row(
	struct sr_x *x, struct sr_rows_out *o, uint64_t index, uint64_t since, struct sr_err *e) {
	enum sr_type_id type;
	struct sr_entry_row row;
	struct sr_buf b;
	sr_buf_init_secret(&b);
	int rc = receipt_of(&b, &type, x, index, since, e);
	if (rc == 0)
		rc = sr_query_entry(&row, x->catalogue, index, e);
	if (rc == 0) {
		sr_row(o, "receipt");
		sr_row_str(o, "what", sr_type_at(type)->name);
		sr_row_dec(o, "index", index);
		sr_row_hex(o, "id", row.statement, SR_ID);
		sr_row_str(o, "person", row.actor);
		sr_row_buf(o, "receipt", &b);
	}
	sr_buf_free(&b);
	return rc;
}

int sr_op_proof(struct sr_x *x, struct sr_err *e) {
	struct sr_rows_out o;
	uint64_t since = 0;
	const size_t ids = sr_text_count(&x->q->text, "id"),
		     indices = sr_text_count(&x->q->text, "index");
	uint8_t request[SR_ID];
	char person[SR_IN_TEXT];
	const bool quorum = sr_in_id(x, "quorum", request),
		   who = sr_in_str(x, "person", person)[0] != '\0';
	int rc = 0;
	if (ids + indices + (quorum || who ? 1 : 0) < 1 || ids + indices > SR_PROOF_MAX_ENTRIES)
		return sr_fail(e, SR_USAGE, "proof: %zu entries asked for, want 1 to %d",
			ids + indices, SR_PROOF_MAX_ENTRIES);
	(void)sr_in_dec(x, "since", &since);
	sr_rows_begin(&o, &x->r->body);
	for (size_t i = 0; rc == 0 && i < ids; i++) {
		struct sr_entry_row row;
		uint8_t id[SR_ID];
		rc = sr_unhex(id, SR_ID, sr_text_get_n(&x->q->text, "id", i), e);
		if (rc == 0)
			rc = sr_query_statement(&row, x->catalogue, id, e);
		if (rc == 0)
			rc = sr_put_receipt_row(x, &o, row.index, since, e);
	}
	for (size_t i = 0; rc == 0 && i < indices; i++) {
		uint64_t index = 0;
		rc = sr_parse_dec(&index, sr_text_get_n(&x->q->text, "index", i), INT64_MAX, e);
		if (rc == 0)
			rc = sr_put_receipt_row(x, &o, index, since, e);
	}
	/* Of requests that everybody is to believe (reader.c). */
	if (rc == 0 && quorum)
		rc = sr_put_request_origin(x, &o, request, since, e);
	return rc == 0 && who ? sr_put_person_trust(x, &o, person, since, e) : rc;
}

int sr_op_consistency(struct sr_x *x, struct sr_err *e) {
	struct sr_proof proof;
	uint64_t from = 0, to = 0;
	(void)sr_in_dec(x, "from", &from);
	(void)sr_in_dec(x, "to", &to);
	int rc = sr_check_since(x, to, e);
	if (rc == 0 && (from == 0 || from > to))
		rc = sr_fail(e, SR_USAGE,
			"consistency: no log of %llu entries begins with one of %llu",
			(unsigned long long)to, (unsigned long long)from);
	if (rc == 0)
		rc = sr_ledger_consistency(x->vault->ledger, &proof, from, to, e);
	if (rc == 0)
		sr_proof_put(&x->r->body, &proof);
	return rc;
}

int sr_op_object(struct sr_x *x, struct sr_err *e) {
	struct sr_object_at at;
	struct sr_reading reading;
	struct sr_entry en = {0};
	uint8_t id[SR_HASH];
	bool ok = false;
	if (!sr_in_hash(x, "id", id))
		return sr_fail(e, SR_MISUSE, "object without an id");
	int rc = sr_query_object(&at, x->catalogue, id, e);
	if (rc == 0)
		rc = sr_vault_entry(&en, x->vault, at.entry, e);
	if (rc != 0)
		return rc;
	rc = sr_may_read(&reading, &x->caller, &en.statement, at.entry, e);
	ok = rc == 0 && reading.entry;
	if (ok && at.subject[0] != '\0')
		rc = sr_may_read_text(&ok, &reading, at.subject, NULL, e);
	sr_entry_free(&en);
	if (rc == 0 && !ok)
		rc = sr_denied(e, "this object (of entry %llu) is not for %s to read",
			(unsigned long long)at.entry, x->caller.person);
	return rc == 0 ? sr_object_fetch(x->vault, id, &x->r->body, e) : rc;
}

/* May the caller know that this thing exists? */
static int may_know(bool *ok, struct sr_x *x, const struct sr_prefix_match *m, struct sr_err *e) {
	struct sr_item_row item = {0};
	struct sr_grant_row grant = {0};
	struct sr_checkout_row checkout;
	struct sr_accession_row accession;
	struct sr_attestation_row attestation = {0};
	int rc = 0;
	*ok = false;
	switch (m->kind) {
	case SR_PREFIX_COLLECTION:
	case SR_PREFIX_BOARD:
		*ok = true;
		break;
	case SR_PREFIX_ITEM:
		rc = sr_query_item(&item, x->catalogue, m->id, e);
		*ok = rc == 0 && sr_may_know_item(&x->caller, &item);
		sr_item_row_free(&item);
		break;
	case SR_PREFIX_ACCESSION:
		rc = sr_query_accession(&accession, x->catalogue, m->id, e);
		*ok = rc == 0 && ((x->caller.roles & (SR_ROLE_CURATOR | SR_ROLE_OFFICER |
							     SR_ROLE_AUDITOR)) != 0 ||
					 strcmp(accession.depositor, x->caller.person) == 0);
		break;
	case SR_PREFIX_REQUEST:
		rc = sr_may_see_request(ok, &x->caller, m->id, e);
		break;
	case SR_PREFIX_GRANT:
		rc = sr_query_grant(&grant, x->catalogue, m->id, e);
		if (rc == 0)
			rc = sr_may_see_request(ok, &x->caller, grant.request, e);
		sr_grant_row_free(&grant);
		break;
	case SR_PREFIX_CHECKOUT:
		rc = sr_query_checkout(&checkout, x->catalogue, m->id, e);
		*ok = rc == 0 && ((x->caller.roles & (SR_ROLE_MEMBER | SR_ROLE_OFFICER |
							     SR_ROLE_AUDITOR)) != 0 ||
					 strcmp(checkout.person, x->caller.person) == 0);
		break;
	case SR_PREFIX_ATTESTATION:
		rc = sr_query_attestation(&attestation, x->catalogue, m->id, e);
		*ok = rc == 0 && sr_may_see_attestation(&x->caller, &attestation);
		sr_attestation_row_free(&attestation);
		break;
	case SR_PREFIX_ENQUIRY:
		*ok = (x->caller.roles & (SR_ROLE_OFFICER | SR_ROLE_AUDITOR)) != 0;
		break;
	}
	return rc;
}

int sr_op_resolve(struct sr_x *x, struct sr_err *e) {
	struct sr_prefix_match found[SR_RESOLVE_MAX * 4];
	char prefix[SR_IN_TEXT], kind[SR_IN_TEXT];
	struct sr_rows_out o;
	size_t count = 0, shown = 0;
	sr_in_str(x, "prefix", prefix);
	sr_in_str(x, "kind", kind);
	int rc = sr_query_prefix(
		found, sizeof found / sizeof found[0], &count, x->catalogue, prefix, e);
	sr_rows_begin(&o, &x->r->body);
	for (size_t i = 0; rc == 0 && i < count && shown < SR_RESOLVE_MAX; i++) {
		bool ok = false;
		if (kind[0] != '\0' && strcmp(kind, sr_prefix_kind_name(found[i].kind)) != 0)
			continue;
		rc = may_know(&ok, x, &found[i], e);
		if (rc != 0 || !ok)
			continue;
		sr_row(&o, "match");
		sr_row_str(&o, "kind", sr_prefix_kind_name(found[i].kind));
		sr_row_hex(&o, "id", found[i].id, SR_ID);
		shown++;
	}
	return rc;
}
