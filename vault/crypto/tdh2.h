/*
 * tdh2 - sealing 32 bytes to a board: the threshold cryptosystem TDH2 of Shoup and Gennaro
 * ("Securing Threshold Cryptosystems against Chosen Ciphertext Attack", J. Cryptology 15(2), 2002,
 * section 5) over ristretto255, as a KEM for crypto/aead.h, with the encryption randomness derived
 * from the message (Fujisaki-Okamoto 1999).
 *
 *   offset  size  meaning
 *        0     8  "sr-seal1"
 *        8    32  R  = r*B
 *       40    32  R' = r*G'          (G' hashed to the group, crypto/group.h)
 *       72   136  aead of part (32) and fresh (32) under KDF(r*P); label "strongroom/tdh2-part/v1"
 *      208    32  c, the proof's challenge
 *      240    32  z, the proof's response
 *      272
 *
 * CONTEXT: vault fingerprint, board key P, level, kind, id, number; each a field with its length.
 *   r     = hash to scalar("strongroom/tdh2-r/v1"; part, fresh, CONTEXT)
 *   key   = BLAKE2b("strongroom/tdh2-key/v1"; r*P, R, R', CONTEXT)
 *   associated data = BLAKE2b("strongroom/tdh2-context/v1"; CONTEXT)
 * Proved: log_B R = log_G' R', with
 *   c     = hash to scalar("strongroom/tdh2-proof/v1"; CONTEXT, B, G', R, R', all 136 bytes of the
 *           aead, w*B, w*G'), z = w + c*r; the verifier recomputes both commitments.
 *   w     = hash to scalar("strongroom/tdh2-nonce/v1"; 32 random bytes, r, CONTEXT, R, R', the 136
 *           bytes): hedged, so a broken random generator alone repeats no nonce under another
 *           challenge.
 * What the proof gives: whoever made the seal knows r for exactly this ciphertext, vault, key,
 * kind, id and number. So a seal that was copied to another item, blinded (R + t*B) or made from
 * another's R has no valid proof, and a member who checks it before making a piece is no decryption
 * oracle. Seals are made to P, which a reshare keeps: no epoch in CONTEXT.
 */
#ifndef SR_CRYPTO_TDH2_H
#define SR_CRYPTO_TDH2_H

#include "crypto/aead.h"
#include "crypto/group.h"

enum {
	SR_PART = 32,
	SR_SEAL_FRESH = 32,
	SR_SEAL_BOX = SR_PART + SR_SEAL_FRESH + SR_AEAD_OVERHEAD,
	SR_SEAL = 272
};

/* Which key seals are made to, and what for: the half of CONTEXT that many seals share. */
struct sr_tdh2_key {
	uint8_t vault[SR_HASH];  /* fingerprint */
	uint8_t board[SR_POINT]; /* P of the level */
	uint8_t level;           /* the level's name: its quorum when the board was founded */
	const char *kind;        /* token, e.g. "item" or "service-keys" */
};

/* One seal and its place: the other half. */
struct sr_sealed {
	uint8_t id[SR_ID];   /* item id */
	uint64_t number;     /* n of items/<id>.<n>: a new seal has a new number */
	const uint8_t *seal; /* SR_SEAL bytes, not owned */
};

/* Seal ${part} for (key, id, number). Fails only for a bad board key (CORRUPT). */
SR_MUST int sr_tdh2_seal(uint8_t out[SR_SEAL], const struct sr_tdh2_key *key,
	const uint8_t id[SR_ID], uint64_t number, const uint8_t part[SR_PART], struct sr_err *e);
/* Format, points, scalars and proof. CORRUPT for a broken format, point or scalar, AUTH "seal of
 * item <id>.<number>: proof does not verify". sr_piece_make and sr_tdh2_open call it themselves. */
SR_MUST int sr_tdh2_check(
	const struct sr_tdh2_key *key, const struct sr_sealed *s, struct sr_err *e);
/* All of them on all cores; the error of the lowest index, which it names. */
SR_MUST int sr_tdh2_check_many(
	const struct sr_tdh2_key *key, const struct sr_sealed *s, size_t count, struct sr_err *e);
/* BLAKE2b("strongroom/seal/v1"; the record): what a vote's context and the catalogue name a seal
 * by. */
void sr_tdh2_hash(uint8_t out[SR_HASH], const uint8_t seal[SR_SEAL]);
/* R of the record, a view. */
static inline const uint8_t *sr_tdh2_r(const uint8_t seal[SR_SEAL]) {
	return seal + 8;
}
/* Open with ${xr} = x*R (sr_piece_combine). Checks the seal, opens the aead, recomputes r, R and
 * R'. AUTH: "... the combined point does not open it" (wrong pieces), or "... R is not what the
 * part and its fresh bytes give" (a seal made wrongly). ${part} is zero on failure. */
SR_MUST int sr_tdh2_open(uint8_t part[SR_PART], const struct sr_tdh2_key *key,
	const struct sr_sealed *s, const uint8_t xr[SR_POINT], struct sr_err *e);

#endif
