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
