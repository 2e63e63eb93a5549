/*
 * step_scan - every scanner of this host looks at every file of a held item (intake/step.h), one
 * scanner after the other; each makes a statement `scan`, and the worst is the result.
 *
 * A scanner that does not answer is a verdict too: not scanned, with why; a curator lets it look
 * again (intake scan). What a scan has come to is noted every NOTE_MS, so that a kill costs no more
 * than that. A host that names no scanner makes no statement.
 *
 * A note: lp facts of the scanners that have said all, lp facts of the one at work, then that one's
 * own (intake/scan.c). Facts: le32 file, lp value, each. If a note is lost after a scanner's
 * statement, its facts are, too; the steps behind this one compare them with the statements.
 */
#include "intake/step.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/time.h"
#include "intake/holding.h"
#include "intake/scan.h"
#include "intake/scanners.h"

enum {
	NOTE_MS = 2000,
	FACTS = 512 << 10, /* bytes in a note; with more there is none, and a kill costs all */
	VALUE = 2 * SR_SCAN_TEXT + 32
};

struct scanning {
	struct sr_holding *h;
	struct sr_scanners *scanners;
	bool ready; /* all of them said who they are */
	struct sr_filescan *at_work;
	struct sr_buf note;
	struct sr_buf done, now; /* secret: facts */
	size_t at;               /* of scanners */
	uint64_t noted_ms;
	enum sr_scan_result result; /* the worst so far */
};

static int due(bool *due, struct sr_holding *h, struct sr_err *e) {
	return sr_scanners_any(due, sr_holding_vault(h), e);
}

static void worse(struct scanning *x, enum sr_scan_result r) {
	if (r == SR_SCAN_INFECTED || (r == SR_SCAN_NOT && x->result == SR_SCAN_CLEAN))
		x->result = r;
	sr_holding_result(x->h, sr_scan_result_name(x->result));
}

/* What this scanner said of the files that the item has now, before a kill. */
static int looked(bool *out, struct scanning *x, const struct sr_scanner *s, struct sr_err *e) {
	char name[SR_SCAN_TEXT], result[16];
	int rc;

	sr_scanner_name(name, s->engine);
	rc = sr_query_scanned(
		out, result, sr_holding_vault(x->h)->catalogue, sr_holding_id(x->h), name, e);
	if (rc == 0 && *out)
		worse(x, strcmp(result, "infected") == 0 ? SR_SCAN_INFECTED
			 : strcmp(result, "clean") == 0  ? SR_SCAN_CLEAN
							 : SR_SCAN_NOT);
	return rc;
}

static int say(struct scanning *x, struct sr_bytes facts, struct sr_err *e) {
	struct sr_bytes value = {NULL, 0};
	struct sr_reader r;
	uint32_t file = 0;
	int rc = 0;

	sr_reader_init(&r, facts);
	while (rc == 0 && sr_reader_left(&r) > 0) {
		rc = sr_get_le32(&r, &file, e);
		if (rc == 0)
			rc = sr_get_lp(&r, &value, VALUE, e);
		if (rc == 0)
			rc = sr_holding_fact(x->h, file, SR_FACT_SCAN, value, e);
	}
	return rc;
}

/* The note of before a kill: its three pieces. */
static bool split(
	struct scanning *x, struct sr_bytes *done, struct sr_bytes *now, struct sr_bytes *rest) {
	struct sr_reader r;

	sr_buf_clear(&x->note);
	if (sr_holding_note_get(x->h, "scan", &x->note, NULL) != 0)
		return false;
	sr_reader_init(&r, sr_buf_view(&x->note));
	if (sr_get_lp(&r, done, FACTS, NULL) != 0 || sr_get_lp(&r, now, FACTS, NULL) != 0)
		return false;
	*rest = sr_bytes_of(x->note.p + x->note.len - sr_reader_left(&r), sr_reader_left(&r));
	return true;
}

/* The scanner that begins takes its own note up, if there is one. */
static int go_on(struct scanning *x, struct sr_err *e) {
	struct sr_bytes done, now, rest;

	if (!split(x, &done, &now, &rest) || sr_filescan_resume(x->at_work, rest, NULL) != 0)
		return 0;
	sr_buf_put_bytes(&x->now, now);
	return say(x, now, e);
}

/* What scanners had said that have made their statement. */
static int take_up(struct scanning *x, struct sr_err *e) {
	struct sr_bytes done, now, rest;

	if (!split(x, &done, &now, &rest))
		return 0;
	sr_buf_put_bytes(&x->done, done);
	return say(x, done, e);
}

/* Which scanner's turn it is; none: all have looked. */
static int next_scanner(struct scanning *x, struct sr_err *e) {
	bool done = true;
	int rc = 0;

	for (; rc == 0 && x->at < x->scanners->count; x->at++) {
		rc = looked(&done, x, &x->scanners->rows[x->at], e);
		if (rc == 0 && !done)
			break;
	}
	if (rc != 0 || x->at == x->scanners->count)
		return rc;
	rc = sr_filescan_begin(&x->at_work, &x->scanners->rows[x->at], e);
	x->noted_ms = sr_mono_ms();
	if (rc != 0)
		return rc;
	return go_on(x, e);
}

/* None can be asked: that is what came of it. */
static int nobody(struct sr_holding *h, const char *why, struct sr_err *e) {
	char finding[600];
	const char *findings[] = {finding};
	const struct sr_verdict_of of = {.item = sr_holding_id(h),
		.number = sr_holding_number(h),
		.scanner = "none",
		.counts = {.not_scanned = sr_item_files(sr_holding_item(h)),
			.files = sr_item_files(sr_holding_item(h)),
			.result = SR_SCAN_NOT},
		.findings = findings,
		.finding_count = 1};

	(void)snprintf(finding, sizeof finding, "all files: not-scanned: %.500s", why);
	sr_holding_result(h, sr_scan_result_name(SR_SCAN_NOT));
	return sr_verdict_log(sr_holding_vault(h), &of, NULL, NULL, e);
}

/* Trouble of the scanners, not of the vault. */
static bool nobody_there(int rc) {
	return rc == SR_IO || rc == SR_CORRUPT || rc == SR_USAGE || rc == SR_AUTH;
}

static int begin(void **out, struct sr_holding *h, struct sr_err *e) {
	struct scanning *x = calloc(1, sizeof *x);
	struct sr_err why = {0};
	int rc;

	*out = NULL;
	if (x == NULL)
		return sr_fail(e, SR_NOMEM, "no memory to scan an item");
	x->h = h;
	sr_buf_init_secret(&x->note);
	sr_buf_init_secret(&x->done);
	sr_buf_init_secret(&x->now);
	rc = sr_scanners_begin(&x->scanners, sr_holding_vault(h), &why);
	if (nobody_there(rc)) {
		sr_step_scan.end(x);
		return nobody(h, why.text, e);
	}
	if (rc != 0) {
		sr_step_scan.end(x);
		return sr_fail(e, (enum sr_code)rc, "%s", why.text);
	}
	*out = x;
	return 0;
}

static void take_note(struct scanning *x, bool must) {
	if (!must && sr_mono_ms() - x->noted_ms < NOTE_MS)
		return;
	x->noted_ms = sr_mono_ms();
	if (x->done.len + x->now.len > FACTS)
		return;
	sr_buf_clear(&x->note);
	sr_buf_put_lp_buf(&x->note, &x->done);
	sr_buf_put_lp_buf(&x->note, &x->now);
	if (sr_filescan_note(x->at_work, &x->note, NULL) == 0)
		(void)!sr_holding_note_put(x->h, "scan", sr_buf_view(&x->note), NULL);
}

/* Until all scanners said who they are; *${turn} DONE: one cannot be asked, and that is told. */
static int ask(struct scanning *x, enum sr_turn *turn, struct sr_err *e) {
	struct sr_err why = {0};
	int rc = sr_scanners_ready(x->scanners, &x->ready, &why);

	*turn = x->ready ? SR_TURN_AGAIN : SR_TURN_WAITS;
	if (nobody_there(rc)) {
		*turn = SR_TURN_DONE;
		return nobody(x->h, why.text, e);
	}
	if (rc != 0)
		return sr_fail(e, (enum sr_code)rc, "%s", why.text);
	if (!x->ready)
		return 0;
	rc = take_up(x, e);
	return rc == 0 ? next_scanner(x, e) : rc;
}

/* What has a name is a fact of its file. */
static int found(void *ctx, uint64_t file, struct sr_bytes path, const struct sr_scan_verdict *v,
	struct sr_err *e) {
	struct scanning *x = ctx;
	char name[SR_SCAN_TEXT], value[VALUE];

	(void)path;
	if (v->result != SR_SCAN_INFECTED)
		return 0;
	sr_scanner_name(name, x->scanners->rows[x->at].engine);
	(void)snprintf(value, sizeof value, SR_FACT_INFECTED "%s: %s", name, v->text);
	sr_buf_put_le32(&x->now, (uint32_t)file);
	sr_buf_put_lp(&x->now, sr_bytes_str(value));
	return sr_holding_fact(x->h, file, SR_FACT_SCAN, sr_bytes_str(value), e);
}

/* The scanner at work has said all: noted, so that its facts outlive a kill; then on the record. */
static int scanner_done(struct scanning *x, struct sr_err *e) {
	const struct sr_filescan_of of = {
		.item = sr_holding_id(x->h), .number = sr_holding_number(x->h)};
	struct sr_filescan_counts counts;
	int rc;

	sr_buf_put_buf(&x->done, &x->now);
	sr_buf_clear(&x->now);
	rc = sr_buf_ok(&x->done, e);
	if (rc == 0 && x->done.len > 0)
		take_note(x, true);
	if (rc == 0)
		rc = sr_filescan_log(x->at_work, sr_holding_vault(x->h), &of, NULL, e);
	sr_filescan_counts(x->at_work, &counts);
	worse(x, counts.result);
	sr_filescan_free(x->at_work);
	x->at_work = NULL;
	x->at++;
	return rc == 0 ? next_scanner(x, e) : rc;
}

static int turn(void *state, uint64_t until_ms, enum sr_turn *turn, struct sr_err *e) {
	struct scanning *x = state;
	const struct sr_filescan_told told = {found, x};
	int rc = 0;

	*turn = SR_TURN_AGAIN;
	if (!x->ready) {
		rc = ask(x, turn, e);
		if (rc != 0 || !x->ready)
			return rc;
	}
	while (rc == 0 && *turn == SR_TURN_AGAIN && x->at_work != NULL && sr_mono_ms() < until_ms) {
		rc = sr_filescan_turn(x->at_work, sr_holding_item(x->h), until_ms, &told, turn, e);
		take_note(x, false);
		if (rc != 0 || *turn != SR_TURN_DONE)
			break;
		rc = scanner_done(x, e);
		*turn = SR_TURN_AGAIN;
	}
	if (x->at_work == NULL)
		*turn = SR_TURN_DONE;
	return rc;
}

static void finish(void *state) {
	struct scanning *x = state;

	if (x == NULL)
		return;
	sr_filescan_free(x->at_work);
	sr_scanners_free(x->scanners);
	sr_buf_free(&x->note);
	sr_buf_free(&x->done);
	sr_buf_free(&x->now);
	free(x);
}

const struct sr_intake_step sr_step_scan = {.name = "scan",
	.due = due,
	.begin = begin,
	.turn = turn,
	.end = finish};
