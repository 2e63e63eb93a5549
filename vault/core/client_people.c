/*
 * What is said of people: other cards and keys, attestations; reports of erasures. See client.h.
 */
#include "board/erasure.h"
#include "core/client_in.h"
#include "ledger/card.h"

int sr_client_card(struct sr_client *c, enum sr_type_id type, const struct sr_introduction *who,
	struct sr_submitted *out, struct sr_err *e) {
	struct sr_card card;
	struct sr_writ d = {0};
	int rc = sr_card_read(&card, who->card, e);

	if (rc == 0)
		rc = sr_writ_begin(&d, c, type, 0, e);
	if (rc == 0) {
		sr_text_put(&d.text, "person", card.person);
		sr_writ_card(&d, "card", who);
		rc = sr_client_submit(c, &d, out, e);
	}
	sr_writ_free(&d);
	return rc;
}

int sr_client_attest(struct sr_client *c, const struct sr_attesting *a, uint8_t id[SR_ID],
	struct sr_submitted *out, struct sr_err *e) {
	struct sr_writ d;
	int rc = sr_writ_begin(&d, c, SR_T_ATTEST, 0, e);

	if (rc == 0) {
		sr_random(id, SR_ID);
		sr_text_put_hex(&d.text, "attestation", id, SR_ID);
		sr_text_put(&d.text, "person", a->person);
		sr_text_put(&d.text, "kind", a->kind);
		if (a->of != NULL)
			sr_text_put(&d.text, "of", a->of);
		if (a->request != NULL)
			sr_text_put_hex(&d.text, "request", a->request, SR_ID);
		if (a->term != NULL)
			sr_text_put(&d.text, "term", a->term);
		if (a->ends != 0)
			sr_text_put_time(&d.text, "ends", a->ends);
		sr_writ_string(&d, "note", a->note);
		rc = sr_client_submit(c, &d, out, e);
	}
	sr_writ_free(&d);
	return rc;
}

/* --- erasures --------------------------------------------------------------------------------- */

static int prove_erasure(struct sr_client *c, const char *person, struct sr_bytes note,
	struct sr_bytes receipt, struct sr_submitted *out, struct sr_err *e) {
	const struct sr_erasure_want want = {.origin = c->info.origin,
		.room_pk = c->board->view.room_key,
		.vault = c->info.fingerprint,
		.person = person};
	struct sr_erasure report = {0};
	struct sr_proven *pr = NULL;
	int rc = sr_erasure_read(&report, note, &want, e);

	if (rc == 0)
		rc = sr_proofs_add(&c->proofs, receipt, sr_bytes_of(NULL, 0), &pr, e);
	if (rc == 0)
		rc = sr_proofs_settle(&c->proofs, e);
	if (rc == 0)
		rc = sr_client_prove_quorums(c, NULL, e);
	if (rc == 0)
		rc = sr_proofs_need(pr, "erasure", e);
	if (rc != 0)
		return rc;
	if (pr->entry.statement.type->id != SR_T_ERASE || pr->index != report.entry ||
		memcmp(pr->entry.statement.hash, report.statement, SR_HASH) != 0 ||
		!sr_bytes_eq(sr_proven_field(pr, "person", 0), sr_bytes_str(person)))
		return sr_fail(e, SR_AUTH,
			"entry %llu of the log is not the erasure that the report names",
			(unsigned long long)pr->index);
	out->index = pr->index;
	out->received = pr->entry.received;
	out->proven = true;
	sr_buf_put_bytes(&out->receipt, receipt);
	rc = sr_buf_ok(&out->receipt, e);
	if (rc == 0 && report.keys > 0)
		rc = sr_fail(e, SR_DENIED,
			"%llu of its keys are there still: they go when the quorum of witnesses "
			"has cosigned entry %llu (`strongroom witness`), or at the next opening",
			(unsigned long long)report.keys, (unsigned long long)pr->index);
	return rc;
}

int sr_client_erasure(struct sr_client *c, const char *person, struct sr_buf *note,
	struct sr_submitted *out, struct sr_err *e) {
	struct sr_call q, r;
	struct sr_rows rows = {0};
	int rc = sr_client_board_need(c, NULL, true, e);

	memset(out, 0, sizeof *out);
	sr_buf_init_secret(&out->receipt);
	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "erasure");
	sr_text_put(&q.head, "person", person);
	sr_client_put_since(c, &q);
	if (rc == 0)
		rc = sr_client_rows(c, &q, &r, &rows, e);
	if (rc == 0) {
		const struct sr_row *row = sr_rows_first(&rows, "erasure");

		if (row == NULL) {
			rc = sr_fail(e, SR_CORRUPT, "the vault shows no report of the erasure");
		} else {
			sr_buf_put_bytes(note, sr_row_get(row, "note"));
			rc = sr_buf_ok(note, e);
			if (rc == 0)
				rc = prove_erasure(c, person, sr_row_get(row, "note"),
					sr_row_get(row, "receipt"), out, e);
		}
	}
	if (rc == 0)
		rc = sr_client_seen(c, true, e);
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}
