/*
 * Scanning a held item that this curator has open. See client.h. What scanners say is the vault's
 * word: nobody decides by it alone.
 */
#include "core/client_in.h"

#include <poll.h>

enum {
	NAP_MS = 5 /* a scanner is at work */
};

/* One call; *${end}: the last scanner has said all. */
static int step(struct sr_client *c, struct sr_call *q, bool *end,
	int (*row)(void *ctx, const struct sr_row *row, struct sr_err *e), void *ctx,
	struct sr_err *e) {
	struct sr_rows rows = {0};
	uint64_t files = 0, of = 0;
	struct sr_call r;
	int rc;

	sr_call_init(&r);
	rc = sr_client_once_rows(c, q, &r, &rows, e);
	if (rc == 0)
		rc = sr_parse_dec(&files, sr_text_get(&r.text, "files"), INT64_MAX, e);
	if (rc == 0)
		rc = sr_parse_dec(&of, sr_text_get(&r.text, "of"), INT64_MAX, e);
	for (size_t i = 0; i < rows.count && rc == 0; i++)
		rc = row(ctx, &rows.rows[i], e);
	*end = sr_text_get(&r.text, "end").p != NULL;
	if (rc == 0 && sr_text_get(&r.text, "waits").p != NULL)
		(void)poll(NULL, 0, NAP_MS);
	if (rc == 0 && sr_progress_report(&c->o.progress, "scan", files, of, "files") != 0)
		rc = sr_fail(e, SR_LOCKED, "stopped on request");
	sr_rows_free(&rows);
	sr_call_free(&r);
	return rc;
}

int sr_client_scan(struct sr_client *c, const uint8_t checkout[SR_ID],
	int (*row)(void *ctx, const struct sr_row *row, struct sr_err *e), void *ctx,
	struct sr_err *e) {
	bool end = false;
	int rc = sr_client_signer(c, e);

	while (rc == 0 && !end) {
		struct sr_call q;

		sr_call_init(&q);
		sr_call_begin(&q, "intake.scan");
		sr_text_put_hex(&q.head, "checkout", checkout, SR_ID);
		rc = step(c, &q, &end, row, ctx, e);
		sr_call_free(&q);
	}
	return rc;
}
