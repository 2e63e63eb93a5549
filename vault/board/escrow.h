/*
 * escrow - the key that a backup's secrets file needs besides its passphrase, in a small file of
 * its own, kept on another medium: overwrite it, and every secrets file made under it is dead, also
 * those of which copies are about.
 *
 *   offset  size  meaning, of each of two slots of 4096 bytes (a torn write cannot touch the other)
 *        0     8  magic "SRESCR1\n"
 *        8    32  vault
 *       40    16  escrow: its id, random; the same in both slots
 *       56     8  le64 generation, from 1
 *       64    32  key
 *       96    32  BLAKE2b("strongroom/escrow/v1"; the bytes before)
 *      128  3968  random
 *
 * A slot without a key is random from end to end.
 *
 *   ONE --add--> TWO (generations g and g + 1) --settle--> ONE (g + 1; the slot of g overwritten in
 *   place)
 *
 * Overwriting in place is what this file is for (as with store/rootcell.h): what is gone is as gone
 * as the medium makes it. A kill between add and settle leaves two keys, so nothing that was sealed
 * under either is lost; the next backup goes on with the newer one and settles.
 */
#ifndef SR_BOARD_ESCROW_H
#define SR_BOARD_ESCROW_H

#include "base/fs.h"
#include "crypto/hash.h"

enum {
	SR_ESCROW_SLOT = 4096,
	SR_ESCROW_FILE = 2 * SR_ESCROW_SLOT
};

struct sr_escrow_key {
	bool present;
	uint64_t generation;
	uint8_t key[SR_KEY];
};
struct sr_escrow { /* wipe with sr_escrow_close */
	int fd;
	bool closed; /* its medium cannot be written: it opens secrets files, and is not rotated */
	uint8_t vault[SR_HASH];
	uint8_t id[SR_ID];
	struct sr_escrow_key slots[2];
};

/* A new file with a fresh id and the key of generation 1. EXISTS. */
SR_MUST int sr_escrow_create(
	struct sr_escrow *out, const char *path, const uint8_t vault[SR_HASH], struct sr_err *e);
/* NOTFOUND; CORRUPT: not such a file, or both slots damaged; AUTH: of another vault. */
SR_MUST int sr_escrow_open(
	struct sr_escrow *out, const char *path, const uint8_t vault[SR_HASH], struct sr_err *e);
void sr_escrow_close(struct sr_escrow *x); /* zeroed: nothing */

/* The newest key. */
const struct sr_escrow_key *sr_escrow_newest(const struct sr_escrow *x);
/* The key of ${generation}; NULL: it is not there (any more). */
const struct sr_escrow_key *sr_escrow_of(const struct sr_escrow *x, uint64_t generation);
/* Is a rotation under way? */
bool sr_escrow_unsettled(const struct sr_escrow *x);
/* A fresh key of the next generation beside the present one, durable. MISUSE when unsettled. */
SR_MUST int sr_escrow_add(struct sr_escrow *x, struct sr_err *e);
/* Overwrite the older key, durable. Nothing to do when there is one. */
SR_MUST int sr_escrow_settle(struct sr_escrow *x, struct sr_err *e);

#ifdef SR_TESTING
/* The slots of a file's bytes: what sr_escrow_open does after reading. */
SR_MUST int sr_escrow_decode(
	struct sr_escrow *out, const uint8_t file[SR_ESCROW_FILE], struct sr_err *e);
#endif

#endif
