/*
 * rescan - see rescan.h.
 */
#include "core/rescan.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "catalogue/query.h"
#include "intake/scan.h"
#include "intake/scanners.h"
#include "ledger/ledger.h"

enum {
	BAD = 16 /* items that cannot be read: with more, all wait for the next time */
};

struct sr_rescan {
	struct sr_vault *v;
	struct sr_room *r;
	struct sr_scanners *scanners; /* as they said last; NULL: IDLE */
	bool ready;                   /* all of them said who they are */
	uint64_t ask_ms, asked_ms;
	bool asked;
	uint64_t from; /* entry: what scanners said before it does not count */
	/* SCANNING */
	struct sr_filescan *at_work; /* NULL: ASKED */
	const struct sr_scanner *by;
	uint8_t checkout[SR_ID], item[SR_ID];
	uint32_t number;
	uint8_t bad[BAD][SR_ID]; /* since scanners were asked */
	size_t bad_count;
	char trouble[512];
};

int sr_rescan_new(struct sr_rescan **out, struct sr_vault *v, struct sr_room *r, struct sr_err *e) {
	struct sr_rescan *s = calloc(1, sizeof *s);

	*out = s;
	if (s == NULL)
		return sr_fail(e, SR_NOMEM, "no memory to scan again");
	s->v = v;
	s->r = r;
	s->ask_ms = SR_RESCAN_ASK_MS;
	return 0;
}

void sr_rescan_rest(struct sr_rescan *s) {
	sr_filescan_free(s->at_work);
	s->at_work = NULL;
	s->by = NULL;
}

static void idle(struct sr_rescan *s) {
	sr_rescan_rest(s);
	sr_scanners_free(s->scanners);
	s->scanners = NULL;
	s->ready = false;
}

void sr_rescan_free(struct sr_rescan *s) {
	if (s == NULL)
		return;
	idle(s);
	free(s);
}

void sr_rescan_pace(struct sr_rescan *s, uint64_t ask_ms) {
	s->ask_ms = ask_ms;
}

void sr_rescan_again(struct sr_rescan *s) {
	idle(s);
	s->from = sr_ledger_next_index(s->v->ledger);
	s->asked = false;
}

const char *sr_rescan_trouble(const struct sr_rescan *s) {
	return s->trouble;
}

static void in_vain(struct sr_rescan *s, const struct sr_err *why) {
	idle(s);
	(void)snprintf(
		s->trouble, sizeof s->trouble, "%.*s", (int)sizeof s->trouble - 1, why->text);
}

/* Who the scanners are now. One that does not answer is no verdict: nothing is said of what is open
 * that was said already, and it is asked again in its time. */
static void ask(struct sr_rescan *s) {
	struct sr_err why = {0};

	idle(s);
	s->asked = true;
	s->asked_ms = sr_mono_ms();
	s->trouble[0] = '\0';
	s->bad_count = 0;
	if (sr_scanners_begin(&s->scanners, s->v, &why) != 0)
		in_vain(s, &why);
}

/* What they answered by now; nobody waits for it. */
static void hear(struct sr_rescan *s) {
	struct sr_err why = {0};

	if (sr_scanners_ready(s->scanners, &s->ready, &why) != 0)
		in_vain(s, &why);
}

/* May the vault itself look at what is open there? */
static int may_look(bool *may, struct sr_rescan *s, const struct sr_room_opened *o,
	struct sr_item_row *item, struct sr_err *e) {
	struct sr_checkout_row c;
	int rc = sr_query_checkout(&c, s->v->catalogue, o->checkout, e);

	if (rc == 0)
		rc = sr_query_item(item, s->v->catalogue, o->item, e);
	*may = rc == 0 && strcmp(c.right, "referral") != 0 &&
	       (item->flags & (SR_ITEM_REFERRAL | SR_ITEM_SEALED)) == 0;
	return rc;
}

static bool is_bad(const struct sr_rescan *s, const uint8_t item[SR_ID]) {
	for (size_t i = 0; i < s->bad_count; i++)
		if (memcmp(s->bad[i], item, SR_ID) == 0)
			return true;
	return false;
}

/* Does one of the scanners not know what is open there? *${by} NULL: they do. */
static int due(struct sr_rescan *s, const struct sr_room_opened *o, struct sr_err *e) {
	struct sr_item_row item = {0};
	bool may = false;
	int rc = is_bad(s, o->item) ? 0 : may_look(&may, s, o, &item, e);

	for (size_t i = 0; rc == 0 && may && s->by == NULL && i < s->scanners->count; i++) {
		const struct sr_scanner *scanner = &s->scanners->rows[i];
		char name[SR_SCAN_TEXT];
		bool said = false;

		sr_scanner_name(name, scanner->engine);
		rc = sr_query_scanned_since(&said, s->v->catalogue, o->item, name, s->from, e);
		if (rc == 0 && !said)
			s->by = scanner;
	}
	s->number = item.number;
	sr_item_row_free(&item);
	return rc == SR_NOTFOUND ? 0 : rc; /* it ended; the room forgets it at its sweep */
}

/* The next of what is open that is due; ${by} NULL: nothing is. */
static int seek(struct sr_rescan *s, struct sr_err *e) {
	struct sr_room_opened o;
	int rc = 0;

	for (size_t i = 0; rc == 0 && s->by == NULL && i < sr_room_count(s->r); i++) {
		rc = sr_room_nth(s->r, i, &o, e);
		if (rc == 0)
			rc = due(s, &o, e);
	}
	if (rc != 0 || s->by == NULL)
		return rc;
	memcpy(s->checkout, o.checkout, SR_ID);
	memcpy(s->item, o.item, SR_ID);
	return sr_filescan_begin(&s->at_work, s->by, e);
}

/* The item at work cannot be read: the scrub says so in its way, and here the others go on. */
static void unread(struct sr_rescan *s, const struct sr_err *why) {
	char hex[2 * SR_ID + 1];

	sr_hex(hex, s->item, SR_ID);
	(void)snprintf(s->trouble, sizeof s->trouble, "item %s: %.*s", hex,
		(int)(sizeof s->trouble - sizeof hex - 8), why->text);
	sr_rescan_rest(s);
	if (s->bad_count < BAD)
		memcpy(s->bad[s->bad_count++], s->item, SR_ID);
	else
		idle(s);
}

/* Some of the scan at work. A look that is over ends it. */
static int scan(struct sr_rescan *s, uint64_t until_ms, enum sr_turn *turn, struct sr_err *e) {
	const struct sr_filescan_of of = {
		.item = s->item, .number = s->number, .checkout = s->checkout};
	struct sr_item *it = NULL;
	struct sr_err why = {0};
	int rc = sr_room_look(s->r, s->checkout, NULL, &it, &why);

	if (rc == SR_DENIED || rc == SR_NOTFOUND) {
		sr_rescan_rest(s);
		return 0;
	}
	if (rc != 0)
		return sr_fail(e, (enum sr_code)rc, "%s", why.text);
	rc = sr_filescan_turn(s->at_work, it, until_ms, NULL, turn, &why);
	if (rc != 0) {
		unread(s, &why);
		*turn = SR_TURN_AGAIN;
		return 0;
	}
	if (*turn != SR_TURN_DONE)
		return 0;
	rc = sr_filescan_log(s->at_work, s->v, &of, NULL, e);
	sr_rescan_rest(s);
	*turn = SR_TURN_AGAIN;
	return rc;
}

int sr_rescan_turn(struct sr_rescan *s, uint64_t until_ms, enum sr_turn *turn, struct sr_err *e) {
	int rc = 0;

	*turn = SR_TURN_DONE;
	if (s->v->failed || !s->v->founded || sr_room_count(s->r) == 0) {
		idle(s);
		return 0;
	}
	if (s->scanners == NULL && (!s->asked || sr_mono_ms() - s->asked_ms >= s->ask_ms))
		ask(s);
	if (s->scanners != NULL && !s->ready)
		hear(s);
	if (s->scanners == NULL)
		return 0;
	*turn = s->ready ? SR_TURN_AGAIN : SR_TURN_WAITS;
	while (rc == 0 && *turn == SR_TURN_AGAIN && s->scanners != NULL &&
		sr_mono_ms() < until_ms) {
		if (s->at_work == NULL)
			rc = seek(s, e);
		if (rc == 0 && s->at_work == NULL) {
			idle(s);
			*turn = SR_TURN_DONE;
		} else if (rc == 0) {
			rc = scan(s, until_ms, turn, e);
		}
	}
	if (rc != 0)
		sr_rescan_rest(s);
	return rc;
}
