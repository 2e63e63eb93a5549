/*
 * What a person sets on items, and lifts. See client.h.
 */
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
