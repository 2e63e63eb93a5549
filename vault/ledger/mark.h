/*
 * mark - a hazard of a part of an item: of one of its files, of pages or of a stretch of time.
 *
 *   hazard@FILE              the whole file; FILE: its position in the item, from 0
 *   hazard@FILE:pN-M         pages N to M, from 1, both of them
 *   hazard@FILE:tN-M         from millisecond N until M
 *
 * Only positions and numbers: which file it is stands in the item's file list. One spelling each.
 */
#ifndef SR_LEDGER_MARK_H
#define SR_LEDGER_MARK_H

#include "base/bytes.h"

enum {
	SR_MARK_HAZARD = 32, /* bytes of a hazard with its NUL */
	SR_MARK_TEXT = 96,   /* bytes of a mark with its NUL */
	SR_MARKS_MAX = 64,   /* of one item: more is a reason to make a redacted version */
	SR_MARK_PAGES = 1000000
};
static const uint64_t sr_mark_ms_max = UINT64_C(1000) * 3600 * 1000; /* 1000 hours */

enum sr_mark_unit {
	SR_MARK_FILE,
	SR_MARK_PAGE,
	SR_MARK_TIME
};

struct sr_mark {
	char hazard[SR_MARK_HAZARD];
	uint64_t file;
	enum sr_mark_unit unit;
	uint64_t from, to; /* pages: both included; milliseconds: [from, to) */
};

/* USAGE: says what was expected. */
SR_MUST int sr_mark_parse(struct sr_mark *out, struct sr_bytes text, struct sr_err *e);
bool sr_mark_same(const struct sr_mark *a, const struct sr_mark *b);
void sr_mark_format(char out[SR_MARK_TEXT], const struct sr_mark *m);

/* A range as people write it: "12-18", "12" or "p12-18" (pages), "05:00-10:00", "1:02:03-1:10:00.5"
 * (time). USAGE. */
SR_MUST int sr_mark_range(struct sr_mark *m, struct sr_bytes text, struct sr_err *e);
/* The same, as people read it: "pages 12-18", "05:00-10:00"; "" for a whole file. */
void sr_mark_show(char *out, size_t size, const struct sr_mark *m);

/* "[H:]MM:SS[.mmm]" in milliseconds. USAGE. */
SR_MUST int sr_clock_parse(uint64_t *ms, struct sr_bytes text, struct sr_err *e);
enum {
	SR_CLOCK_TEXT = 24
};
/* "05:00", "1:02:03", "05:00.250". */
void sr_clock_format(char out[SR_CLOCK_TEXT], uint64_t ms);

#endif
