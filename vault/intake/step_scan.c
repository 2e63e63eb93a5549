/*
 * step_scan - every scanner of this host looks at every file of a held item (intake/step.h), one
 * scanner after the other; each makes a statement `scan`, and the worst is the result.
 *
 * A scanner that does not answer is a verdict too: not scanned, with why; a curator lets it look
 * again (intake scan). What a scan has come to is noted every NOTE_MS, so that a kill costs no more
 * than that. A host that names no scanner makes no statement.
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
	NOTE_MS = 2000
};

struct scanning {
	struct sr_holding *h;
	struct sr_scanners *scanners;
	bool ready; /* all of them said who they are */
	struct sr_filescan *at_work;
	struct sr_buf note;
	size_t at; /* of scanners */
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
	sr_buf_clear(&x->note);
	if (sr_holding_note_get(x->h, "scan", &x->note, NULL) == 0)
		(void)!sr_filescan_resume(x->at_work, sr_buf_view(&x->note), NULL);
	return 0;
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

static void take_note(struct scanning *x) {
	if (sr_mono_ms() - x->noted_ms < NOTE_MS)
		return;
	x->noted_ms = sr_mono_ms();
	sr_buf_clear(&x->note);
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
	return x->ready ? next_scanner(x, e) : 0;
}

static int turn(void *state, uint64_t until_ms, enum sr_turn *turn, struct sr_err *e) {
	struct scanning *x = state;
	const struct sr_filescan_of of = {
		.item = sr_holding_id(x->h), .number = sr_holding_number(x->h)};
	struct sr_filescan_counts counts;
	int rc = 0;

	*turn = SR_TURN_AGAIN;
	if (!x->ready) {
		rc = ask(x, turn, e);
		if (rc != 0 || !x->ready)
			return rc;
	}
	while (rc == 0 && *turn == SR_TURN_AGAIN && x->at_work != NULL && sr_mono_ms() < until_ms) {
		rc = sr_filescan_turn(x->at_work, sr_holding_item(x->h), until_ms, NULL, turn, e);
		take_note(x);
		if (rc != 0 || *turn != SR_TURN_DONE)
			break;
		rc = sr_filescan_log(x->at_work, sr_holding_vault(x->h), &of, NULL, e);
		sr_filescan_counts(x->at_work, &counts);
		worse(x, counts.result);
		sr_filescan_free(x->at_work);
		x->at_work = NULL;
		x->at++;
		if (rc == 0)
			rc = next_scanner(x, e);
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
	free(x);
}

const struct sr_intake_step sr_step_scan = {.name = "scan",
	.due = due,
	.begin = begin,
	.turn = turn,
	.end = finish};
