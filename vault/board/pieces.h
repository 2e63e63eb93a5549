/*
 * pieces - what the door sees of a vote's pieces before it takes the vote.
 *
 * A bundle is sealed (crypto/piece.h): only the room opens a record, one at a time, at a checkout.
 * What needs no key is checked here, so that nobody puts a bundle into the log that no client gets
 * past: its form, its size against the request, the root that the vote signs, and that no ephemeral
 * key is of low order. A record whose content is wrong shows at a checkout and voids the vote
 * (room/open.c).
 */
#ifndef SR_BOARD_PIECES_H
#define SR_BOARD_PIECES_H

#include "crypto/piece.h"

struct sr_pieces_want {
	uint64_t items;        /* of the request */
	size_t readers;        /* applicant and co-applicants */
	uint8_t root[SR_HASH]; /* line `bundle` of the vote */
};

/* CORRUPT (form, sizes) or AUTH (root, keys), with the fact. */
SR_MUST int sr_pieces_check(
	struct sr_bytes bundle, const struct sr_pieces_want *want, struct sr_err *e);
/* What a vote signs of its bundle: the RFC 6962 root over the leaves of all items. */
SR_MUST int sr_pieces_root(uint8_t root[SR_HASH], const struct sr_bundle *b, struct sr_err *e);

#endif
