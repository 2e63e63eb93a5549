/*
 * intake.scan: the files of an opened held item go to the scanners of this host, one scanner after
 * the other, in calls short enough that others' go in between.
 */
#include "base/time.h"
#include "core/ops_in.h"
#include "core/rescan.h"
#include "intake/scan.h"
#include "intake/scanners.h"
#include "room/room.h"

enum {
	BUDGET_MS = 100 /* of the one thread, and then others' calls */
};

struct sr_scanning { /* of one connection */
	uint8_t checkout[SR_ID];
	struct sr_scanners *scanners;
	bool ready; /* all of them said who they are */
	size_t at;
	struct sr_filescan *at_work; /* of scanner ${at}; NULL: not begun */
};

void sr_scanning_free(struct sr_session *s) {
	if (s->scanning != NULL) {
		sr_filescan_free(s->scanning->at_work);
		sr_scanners_free(s->scanning->scanners);
	}
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
		return sr_fail(e, SR_NOMEM, "scan: out of memory");
	memcpy(s->checkout, checkout, SR_ID);
	int rc = sr_scanners_begin(&s->scanners, x->vault, e);
	if (rc == 0 && s->scanners->count == 0)
		rc = sr_fail(e, SR_UNSUPPORTED,
			"this host has no scanner: whoever runs it names one (intake "
			"scanners FILE)");
	if (rc != 0) {
		sr_scanners_free(s->scanners);
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

/* The item of the look, which is still live, and whose it is. */
static int look_of(struct sr_filescan_of *of, struct sr_item_row *row, struct sr_item **it,
	struct sr_x *x, const uint8_t checkout[SR_ID], struct sr_err *e) {
	struct sr_checkout_row c = {0};
	int rc = sr_own_checkout(&c, x, e);
	if (rc == 0 && strcmp(c.right, "quarantine") != 0)
		rc = sr_fail(e, SR_DENIED,
			"this checkout is of right %s: held items are scanned, by curators",
			c.right);
	if (rc == 0)
		rc = sr_query_item(row, x->catalogue, c.item, e);
	if (rc == 0)
		rc = sr_room_look(x->core->room, checkout, x->caller.person, it, e);
	of->item = row->id;
	of->number = row->number;
	of->checkout = checkout;
	return rc;
}

/* The scanner at work has said all: its statement. */
static int scanner_done(struct sr_x *x, struct sr_scanning *s, const struct sr_filescan_of *of,
	struct sr_rows_out *o, struct sr_err *e) {
	const struct sr_scanner *scanner = &s->scanners->rows[s->at];
	struct sr_filescan_counts n;
	uint64_t entry = 0;
	int rc = sr_filescan_log(s->at_work, x->vault, of, &entry, e);
	sr_filescan_counts(s->at_work, &n);
	sr_filescan_free(s->at_work);
	s->at_work = NULL;
	s->at++;
	if (rc != 0)
		return rc;
	sr_row(o, "scan");
	sr_row_str(o, "scanner", scanner->engine);
	if (scanner->signatures != 0)
		sr_row_time(o, "signatures", scanner->signatures);
	sr_row_str(o, "result", sr_scan_result_name(n.result));
	sr_row_dec(o, "clean", n.clean);
	sr_row_dec(o, "infected", n.infected);
	sr_row_dec(o, "not-scanned", n.not_scanned);
	sr_row_dec(o, "entry", entry);
	return 0;
}

/* Scanner ${at} begins, once all said who they are: *${turn} WAITS until then. */
static int scanner_begins(struct sr_scanning *s, enum sr_turn *turn, struct sr_err *e) {
	int rc = 0;
	if (!s->ready)
		rc = sr_scanners_ready(s->scanners, &s->ready, e);
	*turn = s->ready ? SR_TURN_AGAIN : SR_TURN_WAITS;
	if (rc == 0 && s->ready && s->at_work == NULL)
		rc = sr_filescan_begin(&s->at_work, &s->scanners->rows[s->at], e);
	return rc;
}

int sr_op_intake_scan(struct sr_x *x, struct sr_err *e) {
	struct sr_filescan_told told = {.found = found};
	enum sr_turn turn = SR_TURN_AGAIN;
	struct sr_filescan_of of = {0};
	struct sr_filescan_counts n = {0};
	struct sr_item_row row = {0};
	struct sr_scanning *s = NULL;
	struct sr_item *it = NULL;
	struct sr_rows_out o;
	uint8_t id[SR_ID];
	if (!sr_in_id(x, "checkout", id))
		return sr_fail(e, SR_MISUSE, "call without a checkout");
	int rc = scanning_of(&s, x, id, e);
	if (rc != 0)
		return rc;
	rc = look_of(&of, &row, &it, x, id, e);
	if (rc == 0)
		rc = scanner_begins(s, &turn, e);
	sr_rows_begin(&o, &x->r->body);
	told.ctx = &o;
	if (rc == 0 && s->at_work != NULL)
		rc = sr_filescan_turn(s->at_work, it, sr_mono_ms() + BUDGET_MS, &told, &turn, e);
	if (rc == 0) {
		if (s->at_work != NULL)
			sr_filescan_counts(s->at_work, &n);
		sr_text_put_dec(&x->r->head, "files", n.files);
		sr_text_put_dec(&x->r->head, "of", sr_item_files(it));
		if (turn == SR_TURN_WAITS)
			sr_text_put(&x->r->head, "waits", "yes");
	}
	if (rc == 0 && turn == SR_TURN_DONE)
		rc = scanner_done(x, s, &of, &o, e);
	const bool end = s->at == s->scanners->count;
	if (rc == 0 && end)
		sr_text_put(&x->r->head, "end", "yes");
	if (rc != 0 || end)
		sr_scanning_free(x->session);
	sr_item_row_free(&row);
	return rc;
}

int sr_op_intake_again(struct sr_x *x, struct sr_err *e) {
	struct sr_buf *head = &x->r->head;
	const char *trouble = sr_rescan_trouble(x->core->rescan);
	(void)e;
	sr_text_put_dec(head, "open", sr_room_count(x->core->room));
	sr_text_put(head, "works", x->core->works ? "yes" : "no");
	if (*trouble != '\0')
		sr_text_put_base64(head, "trouble", trouble, strlen(trouble));
	sr_rescan_again(x->core->rescan);
	return 0;
}
