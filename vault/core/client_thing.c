/*
 * What a person sets on items, and lifts; certificates of their end. See client.h.
 */
#include "board/certificate.h"
#include "core/client_in.h"
#include "core/ops.h"

static int draft(struct sr_writ *d, struct sr_client *c, const struct sr_flagging *f, size_t i,
	struct sr_err *e) {
	int rc = sr_writ_begin(d, c, f->type, 0, e);

	if (rc != 0)
		return rc;
	sr_text_put_hex(&d->text, "item", f->items + i * SR_ID, SR_ID);
	if (f->type == SR_T_LIFT)
		sr_text_put_hex(&d->text, "flag", f->flag, SR_ID);
	if (f->type == SR_T_EMBARGO && f->date != 0)
		sr_text_put_time(&d->text, "ends", f->date);
	if (f->type == SR_T_RETENTION) {
		sr_text_put_time(&d->text, "due", f->date);
		sr_text_put(&d->text, "basis", f->basis);
	}
	sr_writ_string(d, "reason", f->reason);
	return 0;
}

int sr_client_flag(struct sr_client *c, const struct sr_flagging *f, struct sr_submitted *out,
	struct sr_err *e) {
	struct sr_writ *d = calloc(SR_SUBMIT_MAX, sizeof *d);
	int rc = d == NULL ? sr_fail(e, SR_NOMEM, "out of memory") : 0;
	size_t n = 0;

	for (size_t at = 0; at < f->count && rc == 0; at += n) {
		n = f->count - at < SR_SUBMIT_MAX ? f->count - at : SR_SUBMIT_MAX;
		for (size_t i = 0; i < n && rc == 0; i++)
			rc = draft(&d[i], c, f, at + i, e);
		if (rc == 0)
			rc = sr_client_submit_many(c, d, n, out + at, e);
		if (rc != 0 && f->count > 1 && n == 1 && out[at].code == rc)
			rc = 0; /* one refusal among many is that one's outcome */
		for (size_t i = 0; i < n; i++)
			sr_writ_free(&d[i]);
	}
	free(d);
	return rc;
}

/* --- certificates ----------------------------------------------------------------------------- */

/* The entry is in the log, is `destroy`, is the one that the certificate names, and is about what
 * was asked for. */
static int prove_certificate(struct sr_client *c, const struct sr_certifying *of,
	struct sr_bytes note, struct sr_bytes receipt, struct sr_submitted *out, struct sr_err *e) {
	const struct sr_certificate_want want = {.origin = c->info.origin,
		.room_pk = c->board->view.room_key,
		.vault = c->info.fingerprint,
		.item = of->item};
	struct sr_certificate cert = {0};
	struct sr_proven *pr = NULL;
	char hex[2 * SR_ID + 1];
	int rc = sr_certificate_read(&cert, note, &want, e);

	if (rc == 0)
		rc = sr_proofs_add(&c->proofs, receipt, sr_bytes_of(NULL, 0), &pr, e);
	if (rc == 0)
		rc = sr_proofs_settle(&c->proofs, e);
	if (rc == 0)
		rc = sr_proofs_need(pr, "destruction", e);
	if (rc != 0)
		return rc;
	if (pr->entry.statement.type->id != SR_T_DESTROY || pr->index != cert.entry ||
		memcmp(pr->entry.statement.hash, cert.statement, SR_HASH) != 0)
		return sr_fail(e, SR_AUTH,
			"entry %llu of the log is not the destruction that the certificate names",
			(unsigned long long)pr->index);
	if (of->request != NULL) {
		sr_hex(hex, of->request, SR_ID);
		if (!sr_bytes_eq(sr_proven_field(pr, "request", 0), sr_bytes_str(hex)))
			return sr_fail(e, SR_AUTH, "the certificate is of another request");
	}
	out->index = pr->index;
	out->received = pr->entry.received;
	out->proven = true;
	sr_buf_put_bytes(&out->receipt, receipt);
	rc = sr_buf_ok(&out->receipt, e);
	if (rc == 0 && cert.secrets + cert.envelopes > 0)
		rc = sr_fail(e, SR_DENIED,
			"%llu secrets and %llu envelopes of it are left: they go when the quorum "
			"of witnesses has cosigned the destruction (witness status), or, if the "
			"erasure broke off, at the next opening of the vault",
			(unsigned long long)cert.secrets, (unsigned long long)cert.envelopes);
	return rc;
}

int sr_client_certificate(struct sr_client *c, const struct sr_certifying *of, struct sr_buf *note,
	struct sr_submitted *out, struct sr_err *e) {
	struct sr_call q, r;
	struct sr_rows rows = {0};
	int rc = sr_client_board_need(c, NULL, true, e);

	memset(out, 0, sizeof *out);
	sr_buf_init_secret(&out->receipt);
	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "certificate");
	if (of->item != NULL)
		sr_text_put_hex(&q.head, "item", of->item, SR_ID);
	if (of->request != NULL)
		sr_text_put_hex(&q.head, "request", of->request, SR_ID);
	sr_client_put_since(c, &q);
	if (rc == 0)
		rc = sr_client_rows(c, &q, &r, &rows, e);
	if (rc == 0) {
		const struct sr_row *row = sr_rows_first(&rows, "certificate");

		rc = row == NULL ? sr_fail(e, SR_CORRUPT, "the vault shows no certificate")
				 : prove_certificate(c, of, sr_row_get(row, "note"),
					   sr_row_get(row, "receipt"), out, e);
		if (rc == 0) {
			sr_buf_put_bytes(note, sr_row_get(row, "note"));
			rc = sr_buf_ok(note, e);
		}
	}
	if (rc == 0)
		rc = sr_client_seen(c, true, e);
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}
