/*
 * piece - a vote as a piece of the key: D_i = x_i*R for one seal, with a proof that it is that, and
 * the bundle that carries a vote's pieces to the room through the named researchers.
 *
 * A piece:
 *   offset  size  meaning
 *        0    32  D_i = x_i*R
 *       32    32  c, the proof's challenge
 *       64    32  z, the proof's response
 *       96
 * Proved: log_B X_i = log_R D_i (Chaum and Pedersen 1992, Fiat-Shamir over everything).
 *   c = hash to scalar("strongroom/piece-proof/v1"; FIELDS, w*B, w*R), z = w + c*x_i.
 *   FIELDS: vault, transcript hash, epoch, level, kind, member index, voter's Ed25519 key, vote id,
 *       request hash, item id, seal number, seal hash, room key, the number of named researchers
 *       and the request key of each, B, P, X_i, R, D_i.
 *   w = hash to scalar("strongroom/piece-nonce/v1"; 32 random bytes, x_i, FIELDS): hedged.
 * Why (c, z) and not (commitments, z): both commitments are in the challenge and recomputed by the
 * verifier, so nothing is lost, and a record is 32 bytes shorter. Commitments pay only for batch
 * verification by multi-scalar multiplication, which libsodium does not have: with its single
 * multiplications a batch costs as many as proof by proof, and would not name the bad one.
 *
 * A bundle: all of a vote's pieces, m items and s researchers, both in the request's order.
 *   offset    size  meaning
 *        0       8  "sr-bndl1"
 *        8       4  m, le32, 1..SR_REQUEST_ITEMS_MAX
 *       12       2  s, le16, 1..SR_REQUEST_PEOPLE_MAX
 *       14       2  0
 *       16      32  E_0, ephemeral X25519 key towards the room key
 *       48     32s  E_1..E_s, towards each researcher's request key
 *   48+32s  240ms  for each researcher, for each item: a record
 * A record is aead("strongroom/record-reader/v1") of an inner record, the same for all researchers,
 * which is aead("strongroom/record-room/v1") of a piece.
 *   VOTE = BLAKE2b("strongroom/bundle-context/v1"; vault, request hash, vote id, voter).
 *   Record key = BLAKE2b(shared; "strongroom/record/v1"; item id), where shared = sr_box_shared(E_j
 *       and recipient; label "strongroom/bundle-room/v1" or "-reader/v1", context VOTE).
 *   Associated data, the same in both layers: BLAKE2b("strongroom/record-context/v1"; vault,
 *       request hash, vote id, voter, item id, seal hash).
 * The leaf of item i under the RFC 6962 root that a vote names is the whole header (48+32s bytes),
 * then that item's record for every researcher. The header is in each leaf so that changing an
 * ephemeral key on the way is found, and not blamed on the voter.
 * Who is to blame for an inner record that does not open? The researcher hands the room the key of
 * that one outer record (sr_bundle_record_key: this item of this vote, nothing else). The aead
 * commits to its key, so what comes out with it (sr_bundle_strip_with) is what the voter put in.
 */
#ifndef SR_CRYPTO_PIECE_H
#define SR_CRYPTO_PIECE_H

#include "crypto/box.h"
#include "crypto/tdh2.h"

enum {
	SR_PIECE = 96,
	SR_RECORD_INNER = SR_PIECE + SR_AEAD_OVERHEAD,
	SR_RECORD = SR_RECORD_INNER + SR_AEAD_OVERHEAD
};

/* Everything that is the same for all pieces of one vote. */
struct sr_piece_ctx {
	struct sr_tdh2_key key;      /* vault, P, level, kind */
	uint8_t transcript[SR_HASH]; /* of the run that made the shares */
	uint64_t epoch;
	uint8_t index;           /* the voter's member index, 1..32 */
	uint8_t share[SR_POINT]; /* X_i */
	uint8_t voter[SR_PK];    /* the voter's Ed25519 key */
	uint8_t vote[SR_ID];
	uint8_t request[SR_HASH]; /* of the request's exact version */
	uint8_t room[SR_X_PK];    /* room key of that version */
	/* request keys of all named researchers, in the order of the request; not owned */
	const uint8_t (*readers)[SR_X_PK];
	size_t reader_count; /* at most SR_REQUEST_PEOPLE_MAX */
};

/* One member's piece for one seal, its proof checked: only sr_piece_verify makes these. */
struct sr_piece_share {
	uint8_t index;
	uint8_t transcript[SR_HASH];
	uint8_t seal[SR_HASH];
	uint8_t d[SR_POINT];
};

/* Make the piece for ${s} with the secret share ${x}. First checks the seal itself (sr_tdh2_check):
 * without a valid proof nothing is computed from x, ${out} is zero and the seal's error is
 * returned. MISUSE if x*B is not ctx->share. */
SR_MUST int sr_piece_make(uint8_t out[SR_PIECE], const struct sr_piece_ctx *ctx,
	const struct sr_sealed *s, const uint8_t x[SR_SCALAR], struct sr_err *e);
/* ${count} pieces, SR_PIECE bytes each, on all cores. All seals are checked before the first piece
 * is made. On failure ${out} is all zero. */
SR_MUST int sr_piece_make_many(uint8_t *out, const struct sr_piece_ctx *ctx,
	const struct sr_sealed *s, size_t count, const uint8_t x[SR_SCALAR], struct sr_err *e);
/* AUTH "member 3: piece for item ...: proof does not verify"; CORRUPT (with the same start) for a
 * bad point or scalar. Does not check the seal: sr_tdh2_check did when it was accepted, and
 * sr_tdh2_open does again. ${out} may be NULL. */
SR_MUST int sr_piece_verify(struct sr_piece_share *out, const uint8_t piece[SR_PIECE],
	const struct sr_piece_ctx *ctx, const struct sr_sealed *s, struct sr_err *e);
/* ${count} pieces, on all cores; the error of the lowest index. ${out}: count shares, or NULL. */
SR_MUST int sr_piece_verify_many(struct sr_piece_share *out, const uint8_t *pieces,
	const struct sr_piece_ctx *ctx, const struct sr_sealed *s, size_t count, struct sr_err *e);
/* x*R from the first ${quorum} of ${count} checked pieces: sum of Lagrange coefficient * D. DENIED
 * when there are fewer; CORRUPT for an index 0 or twice; MISUSE when they are not all for one seal
 * under one transcript. */
SR_MUST int sr_piece_combine(uint8_t xr[SR_POINT], const struct sr_piece_share *shares,
	size_t count, size_t quorum, struct sr_err *e);

/* Seal ${count} pieces (in the order of ${s}) into a bundle, appended to ${out}. */
SR_MUST int sr_bundle_make(struct sr_buf *out, const struct sr_piece_ctx *ctx,
	const struct sr_sealed *s, const uint8_t *pieces, size_t count, struct sr_err *e);

struct sr_bundle { /* views into the bundle's bytes */
	struct sr_bytes bytes;
	size_t items;
	size_t readers;
};
/* Exact sizes only; CORRUPT otherwise. */
SR_MUST int sr_bundle_parse(struct sr_bundle *out, struct sr_bytes in, struct sr_err *e);
/* AUTH: one of its ephemeral keys is of low order, so nobody would get past it. */
SR_MUST int sr_bundle_keys_check(const struct sr_bundle *b, struct sr_err *e);
/* The outer record of item number ${item} for researcher number ${reader} (both from 0, in range:
 * asserted), a view. */
struct sr_bytes sr_bundle_record(const struct sr_bundle *b, size_t reader, size_t item);
/* Append the leaf input of item number ${item} (see above). */
void sr_bundle_leaf(struct sr_buf *out, const struct sr_bundle *b, size_t item);

/* Which record: researcher number, item number, and what it must be about. ctx needs vault,
 * request, vote and voter only. */
struct sr_bundle_at {
	const struct sr_bundle *bundle;
	size_t reader;
	size_t item;
	const struct sr_piece_ctx *ctx;
	const struct sr_sealed *sealed;
};
/* The researcher takes off the outer seal with the request's secret key. AUTH names reader and
 * item. */
SR_MUST int sr_bundle_strip_outer(uint8_t inner[SR_RECORD_INNER], const struct sr_bundle_at *at,
	const uint8_t request_sk[SR_X_SK], struct sr_err *e);
/* The same in two steps: the researcher derives this one record's key, the room uses it. */
SR_MUST int sr_bundle_record_key(uint8_t key[SR_KEY], const struct sr_bundle_at *at,
	const uint8_t request_sk[SR_X_SK], struct sr_err *e);
SR_MUST int sr_bundle_strip_with(uint8_t inner[SR_RECORD_INNER], const struct sr_bundle_at *at,
	const uint8_t key[SR_KEY], struct sr_err *e);
/* The room takes off the inner seal with the room key's secret half. ${at}->reader is not read. The
 * piece is not yet verified. */
SR_MUST int sr_bundle_open_inner(uint8_t piece[SR_PIECE], const struct sr_bundle_at *at,
	const uint8_t inner[SR_RECORD_INNER], const uint8_t room_sk[SR_X_SK], struct sr_err *e);

#endif
