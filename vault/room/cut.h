/*
 * cut - the text of a file without the parts that a grant does not cover (ledger/mark.h).
 *
 * The key that the votes made opens the whole item (DESIGN 5): what is left out here is left out by
 * the room, until the item is sealed anew and voted on at the level that its parts need. So it errs
 * to one side. Where the text does not say where its pages or seconds are, all of it is left out.
 *
 *   pages   the text between form feeds; a text without one has no pages, and nothing is shown
 *   time    cues of WebVTT and SubRip (base/cue.h); a cue that touches a marked stretch is left
 * out, and so is everything that is no cue but for the header
 *
 * In place of what is left out stands a line that says so. Text goes in as UTF-8, in pieces of any
 * size, and comes out as UTF-8.
 */
#ifndef SR_ROOM_CUT_H
#define SR_ROOM_CUT_H

#include "ledger/mark.h"

struct sr_cut; /* opaque */

struct sr_cutting {
	const struct sr_mark *marks; /* of the file, not covered; one at least, none of the whole */
	size_t count;
	bool paged; /* the file has form feeds: somebody looked through all of it */
};
/* ${o}->marks are copied. */
SR_MUST int sr_cut_new(struct sr_cut **out, const struct sr_cutting *o, struct sr_err *e);
void sr_cut_free(struct sr_cut *c); /* wipes; NULL allowed */
/* Append what may be shown of the next piece to ${out}. */
SR_MUST int sr_cut_feed(
	struct sr_cut *c, struct sr_buf *out, struct sr_bytes piece, bool last, struct sr_err *e);

#endif
