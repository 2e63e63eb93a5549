/*
 * shares - what a run of the key generation leaves behind: the public keys of an epoch of a board,
 * and each member's own shares, boxed to themself. After the opening both are read from here, and
 * the dealings are needed by nobody.
 *
 * Public keys, the object that `opened` names and whose hash every member accepted:
 *   offset  size  meaning
 *        0     8  "sr-keys1"
 *        8    32  vault: fingerprint
 *       40    16  board
 *       56    16  run
 *       72     8  epoch, le64
 *       80    32  transcript
 *      112     1  number of levels, 1..4
 *      113     1  n, members, 2..32
 *      114     2  0
 *      116        levels in ascending order, each:
 *      + 0     1  level
 *      + 1     1  k, its quorum
 *      + 2     2  0
 *      + 4    32  P
 *      +36   32n  X_1..X_n
 *
 * Hash: BLAKE2b("strongroom/board-keys/v1"; the body).
 * Own shares, the object that `accept` names: a box to the member's key (crypto/box.h, label
 * "strongroom/own-shares/v1") of x per level in that order, 32 bytes each; context =
 * BLAKE2b("strongroom/own-shares-context/v1"; the keys' hash, member index). So a box opens for one
 * run, one epoch and one place alone, and x*B = X is checked whenever it is opened.
 */
#ifndef SR_BOARD_SHARES_H
#define SR_BOARD_SHARES_H

#include "board/ceremony.h"

struct sr_board_keys {
	uint8_t vault[SR_HASH];
	uint8_t board[SR_ID];
	uint8_t run[SR_ID];
	uint64_t epoch;
	struct sr_ceremony_keys keys;
};

void sr_keys_hash(uint8_t out[SR_HASH], struct sr_bytes body);
/* What the run ${d} made, appended. */
void sr_keys_encode(
	struct sr_buf *out, const struct sr_dkg *d, const struct sr_ceremony_keys *keys);
/* CORRUPT: length, numbers out of range, points that are none. */
SR_MUST int sr_keys_decode(struct sr_board_keys *out, struct sr_bytes body, struct sr_err *e);

/* Whose shares, under which keys. */
struct sr_share_place {
	uint8_t hash[SR_HASH]; /* of the keys' body */
	const struct sr_ceremony_keys *keys;
	uint8_t index; /* the member's, from 1 */
};
/* Box ${x} (one scalar per level) to the member's key, appended. */
SR_MUST int sr_shares_seal(struct sr_buf *out, const struct sr_share_place *at,
	const uint8_t pk[SR_PK], const uint8_t (*x)[SR_SCALAR], struct sr_err *e);
/* Open it. AUTH: the box is another's, of another epoch, or x*B is not the member's X. ${x} is zero
 * then; the caller wipes it. */
SR_MUST int sr_shares_open(uint8_t x[SR_BOARD_LEVELS_MAX][SR_SCALAR],
	const struct sr_share_place *at, const uint8_t seed[SR_SEED], struct sr_bytes box,
	struct sr_err *e);

struct sr_vault;
/* The keys of an epoch that was opened, from the object that `opened` names; their hash is the one
 * that all members accepted. */
struct sr_board_row;
SR_MUST int sr_keys_fetch(struct sr_board_keys *out, struct sr_vault *v,
	const struct sr_board_row *board, struct sr_err *e);

#endif
