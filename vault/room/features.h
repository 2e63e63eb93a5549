/*
 * features - the counts (room/counts.h) of every text of an opened item, as one JSON document: the
 * whole content of an item of its own, made by a curator from a checkout of right quarantine or
 * redact. Its key is its own, so votes for it open nothing of the item that it counts; that one is
 * its parent, as of a redacted version.
 *
 *   {"strongroom-features": 1, "files": [{"file": 0, "kind": "application/pdf", "pages": [
 *     {"page": 1, "tokens": 312, "distinct": 180, "sentences": 14, "lines": 40,
 *      "characters": 1890, "letters": {"latin": 1500}, "language": "en", "read": "ocr"},
 *     {"page": 2, "few": true}, {"page": 3, "read": "lost"}]}]}
 *
 * A file of sound or film has its length in seconds. One that has a transcript, or is one, has
 * minutes in place of pages, and where nobody knows its length, where its last words end:
 *
 *   {"file": 3, "kind": "video/mp4", "seconds": 3781, "minutes": [
 *     {"minute": 0, "spoken": 41, "tokens": 112, "distinct": 80, ..., "language": "ar"},
 *     {"minute": 5, "few": true}]}
 *
 * minute 5 is from 5:00 to 6:00. A cue counts in the minute where it begins; spoken are the seconds
 * of the minute in which some cue stands. A minute in which none begins is not there.
 *
 * Files are known by their number alone. Of one without text there are no pages.
 */
#ifndef SR_ROOM_FEATURES_H
#define SR_ROOM_FEATURES_H

#include "room/room.h"

enum {
	SR_FEATURES_MAX = 64 << 20 /* bytes of the document: 300,000 pages */
};

/* Appended to ${out}. DENIED: no curator's look; LIMIT: more than SR_FEATURES_MAX. */
SR_MUST int sr_room_features(struct sr_room *r, const uint8_t checkout[SR_ID], const char *person,
	struct sr_buf *out, struct sr_err *e);

#endif
