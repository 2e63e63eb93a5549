/*
 * intake.scan: the files of an opened held item go to the scanners of this host, one scanner after
 * the other, in calls short enough that others' go in between.
 */
#include "core/ops_in.h"
#include "room/room.h"
#include "room/scanners.h"

enum {
	BUDGET_MS = 100 /* of the one thread, and then others' calls */
};

struct sr_scanning { /* of one connection */
	uint8_t checkout[SR_ID];
	struct sr_scanners *scanners;
	size_t at;
	bool begun;
};

void sr_scanning_free(struct sr_session *s) {
	if (s->scanning != NULL)
		free(s->scanning->scanners);
	free(s->scanning);
	s->scanning = NULL;
}

static int scanning_of(
	struct sr_scanning **out, struct sr_x *x, const uint8_t checkout[SR_ID], struct sr_err *e) {
	struct sr_scanning *s = x->session->scanning;
	if (s != NULL && memcmp(s->checkout, checkout, SR_ID) == 0) {
		*out = s;
		return 0;
	}
	sr_scanning_free(x->session);
	s = calloc(1, sizeof *s);
	if (s == NULL)
		return sr_fail(e, SR_NOMEM, "scan");
	memcpy(s->checkout, checkout, SR_ID);
	int rc = sr_scanners_open(&s->scanners, x->vault, e);
	if (rc == 0 && s->scanners->count == 0)
		rc = sr_fail(e, SR_UNSUPPORTED,
			"this host has no scanner: whoever runs it names one (intake scanners FILE)");
	if (rc != 0) {
		if (s->scanners != NULL)
			free(s->scanners);
		free(s);
		return rc;
	}
	*out = x->session->scanning = s;
	return 0;
}

static int found(void *ctx, uint64_t file, struct sr_bytes path, const struct sr_scan_verdict *v,
	struct sr_err *e) {
	struct sr_rows_out *o = ctx;
	(void)e;
	sr_row(o, "finding");
	sr_row_dec(o, "file", file);
	sr_row_bytes(o, "path", path);
	sr_row_str(o, "result", sr_scan_result_name(v->result));
	sr_row_str(o, "text", v->text);
	return 0;
}

int sr_op_intake_scan(struct sr_x *x, struct sr_err *e) {
	struct sr_room_scan_step step = {.budget_ms = BUDGET_MS, .found = found};
	struct sr_scanning *s = NULL;
	struct sr_rows_out o;
	uint8_t id[SR_ID];
	if (!sr_in_id(x, "checkout", id))
		return sr_fail(e, SR_MISUSE, "call without a checkout");
	int rc = scanning_of(&s, x, id, e);
	if (rc != 0)
		return rc;
	const struct sr_scanner *scanner = &s->scanners->rows[s->at];
	if (!s->begun)
		rc = sr_room_scan_begin(x->core->room, id, x->caller.person, scanner, e);
	s->begun = true;
	sr_rows_begin(&o, &x->r->body);
	step.ctx = &o;
	if (rc == 0)
		rc = sr_room_scan_step(x->core->room, id, x->caller.person, &step, e);
	if (rc != 0) {
		sr_scanning_free(x->session);
		return rc;
	}
	sr_text_put_dec(&x->r->head, "files", step.files);
	sr_text_put_dec(&x->r->head, "of", step.of);
	if (!step.done)
		return 0;
	sr_row(&o, "scan");
	sr_row_str(&o, "scanner", scanner->engine);
	if (scanner->signatures != 0)
		sr_row_time(&o, "signatures", scanner->signatures);
	sr_row_str(&o, "result", sr_scan_result_name(step.result));
	sr_row_dec(&o, "clean", step.clean);
	sr_row_dec(&o, "infected", step.infected);
	sr_row_dec(&o, "not-scanned", step.not_scanned);
	sr_row_dec(&o, "entry", step.entry);
	s->begun = false;
	if (++s->at == s->scanners->count) {
		sr_scanning_free(x->session);
		sr_text_put(&x->r->head, "end", "yes");
	}
	return 0;
}
