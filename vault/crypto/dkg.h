/*
 * dkg - a board's keys without a dealer, and resharing them: x never exists in one place.
 *
 * First run: FROST's KeyGen (Komlo and Goldberg 2020, figure 1; Pedersen 1991 over Feldman 1987).
 * Per quorum level every member i deals a random polynomial f_i of degree k-1: it publishes
 * commitments C_ij = a_ij*B (j = 0..k-1), proves that it knows a_i0, and seals f_i(m) to each
 * member m. P = sum of C_i0; member m's share is x_m = sum of f_i(m), and X_m = x_m*B.
 * Reshare (Desmedt and Jajodia 1997, with Feldman's checks): k old members deal to the new members
 * with a_i0 = their old share, which everybody checks as C_i0 = X_i; all sums then carry the
 * Lagrange coefficients at 0 of the dealer set, so P stays.
 * Known and accepted: who deals last can bias P (Gennaro et al. 1999); that does not help against
 * discrete-log encryption. Nobody deals for another: signatures on dealings are the layer above's.
 *
 * A dealing: one object per dealer, all its levels in the ceremony's order. Encoding is unique.
 *   offset  size  meaning
 *        0     8  "sr-deal1"
 *        8     1  dealer index, from 1
 *        9     1  n, members dealt to
 *       10     1  number of deals that follow
 *       11     1  0
 *       12        deals, each:
 *      + 0     1  level
 *      + 1     1  k, number of commitments
 *      + 2     2  0
 *      + 4    32  salt, random
 *      +36   32k  C_0 .. C_{k-1}
 *           136n  share for member 1..n: a box (crypto/box.h) of 32 bytes, to the person's key
 *             32  c, the proof's challenge
 *             32  z, the proof's response
 *
 * CEREMONY = BLAKE2b("strongroom/dkg-ceremony/v1"; every public input: vault, board, run, epoch, n,
 * the members' keys in order, old n, the old members' keys in order, and of each level: level, k,
 *       P, and the dealer set with each dealer's given X_i).
 * FIELDS = CEREMONY, vault, run, level, dealer, n, k, C_0..C_{k-1}, salt, all sealed shares.
 * Proof of knowing a_0 (Schnorr): c = hash to scalar("strongroom/dkg-proof/v1"; FIELDS, B, w*B),
 *       z = w + c*a_0. The verifier recomputes w*B as z*B - c*C_0.
 * w   = hash to scalar("strongroom/dkg-nonce/v1"; 32 random bytes, a_0, FIELDS): hedged.
 * a_j = hash to scalar("strongroom/dkg-coefficient/v1"; 32 random bytes, dealer's seed, CEREMONY,
 *       level, dealer, j): hedged; another run or level is another polynomial even without luck.
 * A share's box: label "strongroom/dkg-share/v1"; context = BLAKE2b(
 *       "strongroom/dkg-share-context/v1"; CEREMONY, vault, run, level, dealer, recipient);
 *       ephemeral secret = BLAKE2b(dealer's seed; "strongroom/dkg-ephemeral/v1"; CEREMONY, level,
 *       dealer, recipient, C_0..C_{k-1}, salt): the dealer can derive it again, nobody else.
 *
 * Complaint: a member whose share does not open or breaks Feldman's equation says so; the run is
 * void; the dealer publishes the ephemeral secret of that one box (sr_deal_reveal) and anybody
 * judges (sr_deal_judge). An honest dealer thereby shows only a share that the complainer, who
 * lied, had already. Whoever deals again does so under a new run id.
 */
#ifndef SR_CRYPTO_DKG_H
#define SR_CRYPTO_DKG_H

#include "base/limits.h"
#include "crypto/box.h"
#include "crypto/group.h"

enum {
	SR_DEAL_SHARE = SR_SCALAR + SR_BOX_OVERHEAD
};

struct sr_dkg_level {
	/* its name in seals and statements: its quorum when the board was founded; ascending */
	uint8_t level;
	uint8_t quorum; /* k of this run, 2..n: exactly this many commitments */
	/* Reshare only (all zero in a first run, where every member deals): */
	uint8_t dealers;                               /* how many deal: the old quorum */
	uint8_t dealer[SR_BOARD_MEMBERS_MAX];          /* their old indices, ascending */
	uint8_t given[SR_BOARD_MEMBERS_MAX][SR_POINT]; /* their X_i of the old epoch, same order */
	uint8_t board[SR_POINT];                       /* P, which must come out again */
};

/* The public inputs of one run, the same for everybody. */
struct sr_dkg {
	uint8_t vault[SR_HASH]; /* fingerprint */
	uint8_t board[SR_ID];
	uint8_t run[SR_ID];
	uint64_t epoch;  /* the epoch that this run makes */
	uint8_t members; /* n, 2..32; member i has index i + 1 */
	uint8_t key[SR_BOARD_MEMBERS_MAX][SR_PK];
	uint8_t old_members; /* reshare: n of the old epoch; 0 in a first run */
	uint8_t old_key[SR_BOARD_MEMBERS_MAX][SR_PK];
	uint8_t levels; /* 1..4 */
	struct sr_dkg_level level[SR_BOARD_LEVELS_MAX];
};

/* One deal inside a dealing: views into the dealing's bytes, which must outlive it. */
struct sr_deal {
	uint8_t dealer;
	uint8_t level;
	uint8_t commitments; /* how many: k, if right */
	uint8_t members;     /* how many shares: n, if right */
	const uint8_t *salt;
	const uint8_t (*commitment)[SR_POINT];
	const uint8_t (*share)[SR_DEAL_SHARE]; /* [i] is for member i + 1 */
	const uint8_t *c;
	const uint8_t *z;
};
struct sr_dealing {
	uint8_t dealer;
	uint8_t count;
	struct sr_deal deal[SR_BOARD_LEVELS_MAX];
};

/* What a run makes public for one level. */
struct sr_level_key {
	uint8_t level;
	uint8_t quorum;
	uint8_t members;
	uint8_t board[SR_POINT];                       /* P */
	uint8_t share[SR_BOARD_MEMBERS_MAX][SR_POINT]; /* [i] = X_{i+1} */
};

/* Are the inputs sound? 2 <= k <= n <= 32, levels distinct and ascending, keys distinct and
 * convertible, dealer sets distinct, ascending, within the old members, given points valid and
 * interpolating to P. CORRUPT names what is wrong. Every function below except decode calls it or
 * is called after one that did. */
SR_MUST int sr_dkg_check(const struct sr_dkg *d, struct sr_err *e);
/* How many deal at level number ${at}, and the index of the ${i}-th of them. */
size_t sr_dkg_dealers(const struct sr_dkg *d, size_t at);
uint8_t sr_dkg_dealer(const struct sr_dkg *d, size_t at, size_t i);

/* Make ${dealer}'s dealing, appended to ${out}. ${seed}: that dealer's Ed25519 seed (MISUSE if it
 * is another's). ${given}: NULL in a first run; in a reshare the dealer's old share x_i for level
 * number at in given[at] (entries of levels where this dealer is not in the set are not read);
 * MISUSE if x_i*B is not the X_i of ${d}. Levels where it does not deal are left out. */
SR_MUST int sr_deal_make(struct sr_buf *out, const struct sr_dkg *d, uint8_t dealer,
	const uint8_t seed[SR_SEED], const uint8_t (*given)[SR_SCALAR], struct sr_err *e);

/* Bytes to views; CORRUPT with the dealer's index. Caps: 4 deals, 32 commitments, 32 shares; no
 * byte may be left. */
SR_MUST int sr_deal_decode(struct sr_dealing *out, struct sr_bytes in, struct sr_err *e);
/* The public part, checked by everyone: the levels that this dealer owes in order, exactly k
 * commitments, n shares, points valid, given constant terms, proofs. CORRUPT or AUTH; the text
 * names the dealer and the level. */
SR_MUST int sr_deal_verify(
	const struct sr_dkg *d, const struct sr_dealing *dealing, struct sr_err *e);

/* Member ${recipient} opens its share and checks f(m)*B = sum of m^j*C_j. AUTH "dealer 3: level 2:
 * share for member 1: ...": a complaint. The deal must have passed sr_deal_verify. */
SR_MUST int sr_deal_open_share(uint8_t share[SR_SCALAR], const struct sr_dkg *d,
	const struct sr_deal *deal, uint8_t recipient, const uint8_t seed[SR_SEED],
	struct sr_err *e);
/* The dealer answers a complaint: the ephemeral secret of that one box. MISUSE if the deal was not
 * made with this seed. */
SR_MUST int sr_deal_reveal(uint8_t ephemeral[SR_X_SK], const struct sr_dkg *d,
	const struct sr_deal *deal, uint8_t recipient, const uint8_t seed[SR_SEED],
	struct sr_err *e);
/* Anybody: with the published secret, who lied? DEALER: the secret is not that box's, or the box
 * does not open, or the share breaks Feldman's equation (${why} says which). COMPLAINER: the share
 * is right. Fails only for inputs that are not a verified deal. */
enum sr_verdict {
	SR_VERDICT_DEALER = 1,
	SR_VERDICT_COMPLAINER = 2
};
SR_MUST int sr_deal_judge(enum sr_verdict *out, char why[128], const struct sr_dkg *d,
	const struct sr_deal *deal, uint8_t recipient, const uint8_t ephemeral[SR_X_SK],
	struct sr_err *e);

/* All dealings of a run, ${dealings} in ascending order of dealer, each dealer of any level exactly
 * once (missing, twice or uninvited: CORRUPT with the index). Verifies each, then sums (with
 * Lagrange weights in a reshare). P and every X_m are not the identity; in a reshare P is the old
 * one. ${out}: one entry per level in order. */
SR_MUST int sr_dkg_combine(struct sr_level_key out[SR_BOARD_LEVELS_MAX], const struct sr_dkg *d,
	const struct sr_dealing *dealings, size_t count, struct sr_err *e);
/* Member ${index}'s own shares: opens and checks every deal's share, sums, and checks x*B = X.
 * ${out}: x per level (secret; the caller wipes). ${dealings} and ${keys} as given to and got from
 * sr_dkg_combine. AUTH names the first bad dealer. */
struct sr_dkg_own {
	uint8_t index;
	const uint8_t *seed;
	const struct sr_dealing *dealings;
	size_t count;
	const struct sr_level_key *keys;
};
SR_MUST int sr_dkg_own_shares(uint8_t out[SR_BOARD_LEVELS_MAX][SR_SCALAR], const struct sr_dkg *d,
	const struct sr_dkg_own *own, struct sr_err *e);

/* What members `accept`: BLAKE2b("strongroom/dkg-transcript/v1"; CEREMONY, every dealing's bytes in
 * order, and per level level, k, P, X_1..X_n). */
void sr_dkg_transcript(uint8_t out[SR_HASH], const struct sr_dkg *d,
	const struct sr_bytes *dealings, size_t count, const struct sr_level_key *keys);

#ifdef SR_TESTING
/* What sr_deal_make does wrong from now on, as a lying dealer would: a member's index: seals
 * another value than f(m) to that member; SR_DEAL_SPOIL_PROOF: a proof that does not verify; 0:
 * nothing. */
enum {
	SR_DEAL_SPOIL_PROOF = 255
};
void sr_deal_spoil(uint8_t what);
#endif

#endif
