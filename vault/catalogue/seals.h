/*
 * seals - which seals the pieces of a vote are for.
 *
 * A piece fits one seal alone. An item gets another seal when it is released, sealed anew or given
 * to a new board key, and the number of its envelope counts them: (item, number) names one seal for
 * good. The line `seals` of a vote is the hash of those pairs for every item that it has a piece
 * of, so that the door compares what the voter's client had before it with what is in force when
 * the vote comes.
 *
 * Why a hash and not the vote's `seen`: a client that proves something else between fetching the
 * seals and signing has seen a later log than its pieces are for, and one that voted from a bundle
 * has seen an earlier one although nothing was sealed since. The first would be counted with pieces
 * that open nothing, and blamed for them at a checkout; the second would be sent back for an entry
 * that does not concern it.
 *
 *   seals = BLAKE2b("strongroom/seals/v1"; le64 count, then for each item in the order of its list:
 *           item id, le64 number of its envelope)
 */
#ifndef SR_CATALOGUE_SEALS_H
#define SR_CATALOGUE_SEALS_H

#include "crypto/hash.h"
#include "store/db.h"

void sr_seals_begin(struct sr_hash *h, uint64_t count);
void sr_seals_add(struct sr_hash *h, const uint8_t item[SR_ID], uint64_t number);
/* sr_hash_final gives it. */

/* How the items of a list are sealed now. */
struct sr_version_seals {
	uint64_t sealed; /* the last entry that sealed one of them; 0: it has no items */
	uint32_t level;  /* the highest of those that are not destroyed; 0: none is left */
	uint8_t hash[SR_HASH];
};
/* ${v}: of the table versions. ${extension}: 0, its own list; else that of an extension. */
SR_MUST int sr_seals_read(struct sr_version_seals *out, struct sr_db *db, int64_t v,
	int64_t extension, struct sr_err *e);

#endif
