/*
 * sheet - a member's own shares on paper: what is left when the identity file or its passphrase is
 * lost (board/shares.h boxes them to a key that is gone then).
 *
 * Lines that begin with # are for people. The others, in order, each typed back by hand:
 *
 *   01 A3F7 0C1K 9PQR TV2W 6HJM
 *   |  `--- 10 bytes -----' `-- check: the first 20 bits of BLAKE2b("strongroom/sheet-line/v1";
 *   |                           number of the line, the 10 bytes)
 *   `- number of the line
 *
 * Base 32 in Crockford's alphabet: no I L O U; when read, i and l are 1, o is 0, case does not
 * count. The bytes, over all lines, zeros at the end of the last:
 *
 *   offset  size  meaning
 *        0     1  1
 *        1     8  begin of the hash of the board's public keys (board/shares.h)
 *        9     1  index of the member
 *       10     1  number of levels, 1..4
 *       11        each: level (1), share x (32)
 *
 * A wrong letter shows in its own line (one in a million does not), a line out of place in its
 * number. Whether the shares are right shows when x*B is the member's public share: that needs the
 * board's keys, and is the caller's.
 *
 * Sealed with nothing: a passphrase would be one more to lose, and this is for when one is lost. By
 * itself a sheet opens nothing, signs nothing and votes on nothing; with k-1 other shares and the
 * disks it opens what its level governs. So it lies in a sealed envelope, at a place that no other
 * member's envelope shares (ADMIN).
 */
#ifndef SR_BOARD_SHEET_H
#define SR_BOARD_SHEET_H

#include "base/limits.h"
#include "crypto/group.h"

enum {
	SR_SHEET_KEYS =
		8, /* bytes of the keys' hash: to tell sheets apart, not to prove anything */
	SR_SHEET_TEXT_MAX = 16 << 10 /* bytes of what is typed back, with everything around it */
};

struct sr_sheet { /* secret; the caller wipes */
	uint8_t keys[SR_SHEET_KEYS];
	uint8_t index; /* of the member, from 1 */
	uint8_t levels;
	uint8_t level[SR_BOARD_LEVELS_MAX];
	uint8_t x[SR_BOARD_LEVELS_MAX][SR_SCALAR];
};
struct sr_sheet_about { /* for people; escaped by the caller */
	const char *origin, *person;
	const uint8_t *fingerprint, *board; /* SR_HASH, SR_ID bytes */
	uint64_t epoch;
};

/* ${out}: a secret buffer. */
SR_MUST int sr_sheet_write(struct sr_buf *out, const struct sr_sheet *s,
	const struct sr_sheet_about *a, struct sr_err *e);
/* AUTH names every line that does not check; CORRUPT: a line that is missing, twice, out of place
 * or no such line, or contents that no sheet has. ${out} is zero then. */
SR_MUST int sr_sheet_read(struct sr_sheet *out, struct sr_bytes text, struct sr_err *e);

#endif
