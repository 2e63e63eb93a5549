/*
 * piece - see piece.h, which has the formats, the proof and its fields.
 *
 * Invariants: x meets a seal's R in make_one alone, and both callers have had that seal's proof
 * checked before; a failed call leaves zeros in ${out}; x-dependent values (w, z before it is
 * complete, record keys) are wiped on every path.
 */
#include "crypto/piece.h"

#include <assert.h>

#include "base/pool.h"

static struct sr_bytes b32(const uint8_t *p) {
	return sr_bytes_of(p, 32);
}

/* --- pieces -------------------------------------------------------------------------------------
 */

static int ctx_check(const struct sr_piece_ctx *ctx, struct sr_err *e) {
	int rc;

	if ((rc = sr_indices_check(&ctx->index, 1, e)) != 0)
		return rc;
	if (ctx->reader_count > SR_REQUEST_PEOPLE_MAX)
		return sr_fail(e, SR_CORRUPT, "%zu researchers are named, want at most %d",
			ctx->reader_count, SR_REQUEST_PEOPLE_MAX);
	if ((rc = sr_point_check(ctx->share, e)) != 0)
		sr_wrap(e, "member %u: public share", ctx->index);
	return rc;
}

/* The fields of proof and nonce. */
static void fields(struct sr_hash *h, const struct sr_piece_ctx *ctx, const struct sr_sealed *s,
	const uint8_t d[SR_POINT]) {
	uint8_t base[SR_POINT], seal_hash[SR_HASH];

	assert(ctx->key.kind != NULL);
	sr_group_base(base);
	sr_tdh2_hash(seal_hash, s->seal);
	sr_hash_field(h, b32(ctx->key.vault));
	sr_hash_field(h, b32(ctx->transcript));
	sr_hash_u64(h, ctx->epoch);
	sr_hash_u64(h, ctx->key.level);
	sr_hash_field(h, sr_bytes_str(ctx->key.kind));
	sr_hash_u64(h, ctx->index);
	sr_hash_field(h, b32(ctx->voter));
	sr_hash_field(h, sr_bytes_of(ctx->vote, SR_ID));
	sr_hash_field(h, b32(ctx->request));
	sr_hash_field(h, sr_bytes_of(s->id, SR_ID));
	sr_hash_u64(h, s->number);
	sr_hash_field(h, b32(seal_hash));
	sr_hash_field(h, b32(ctx->room));
	sr_hash_u64(h, ctx->reader_count);
	for (size_t i = 0; i < ctx->reader_count; i++)
		sr_hash_field(h, b32(ctx->readers[i]));
	sr_hash_field(h, b32(base));
	sr_hash_field(h, b32(ctx->key.board));
	sr_hash_field(h, b32(ctx->share));
	sr_hash_field(h, b32(sr_tdh2_r(s->seal)));
	sr_hash_field(h, b32(d));
}

static void challenge(uint8_t c[SR_SCALAR], const struct sr_piece_ctx *ctx,
	const struct sr_sealed *s, const uint8_t d[SR_POINT], const uint8_t w[2][SR_POINT]) {
	struct sr_hash h;

	sr_hash_init64(&h, "strongroom/piece-proof/v1", NULL);
	fields(&h, ctx, s, d);
	sr_hash_field(&h, b32(w[0]));
	sr_hash_field(&h, b32(w[1]));
	sr_scalar_of_hash(c, &h);
}

/* Put whose piece for which item in front of ${e}. */
static void name(const struct sr_piece_ctx *ctx, const struct sr_sealed *s, struct sr_err *e) {
	char id[2 * SR_ID + 1];

	sr_hex(id, s->id, SR_ID);
	sr_wrap(e, "member %u: piece for %s %s", ctx->index, ctx->key.kind, id);
}

/* Is ${x} the share behind ctx->share? */
static int x_check(const struct sr_piece_ctx *ctx, const uint8_t x[SR_SCALAR], struct sr_err *e) {
	uint8_t have[SR_POINT];
	bool fits = sr_scalar_check(x, NULL) == 0 && sr_point_mul_base(have, x, NULL) == 0;

	if (fits) {
		sr_public(have, sizeof have); /* a public share, ours or another's */
		fits = memcmp(have, ctx->share, SR_POINT) == 0;
	}
	if (!fits)
		return sr_fail(e, SR_MISUSE,
			"member %u: secret share is not that of the public share", ctx->index);
	return 0;
}

/* The piece itself. ${s} has passed sr_tdh2_check, ${x} x_check. */
static int make_one(uint8_t out[SR_PIECE], const struct sr_piece_ctx *ctx,
	const struct sr_sealed *s, const uint8_t x[SR_SCALAR], struct sr_err *e) {
	uint8_t d[SR_POINT], fresh[32], w[SR_SCALAR], z[SR_SCALAR], c[SR_SCALAR];
	uint8_t commitment[2][SR_POINT];
	const uint8_t *r = sr_tdh2_r(s->seal);
	struct sr_hash h;
	int rc;

	if ((rc = sr_point_mul(d, x, r, e)) != 0)
		goto out;
	sr_random(fresh, sizeof fresh);
	sr_hash_init64(&h, "strongroom/piece-nonce/v1", NULL);
	sr_hash_field(&h, sr_bytes_of(fresh, sizeof fresh));
	sr_hash_field(&h, b32(x));
	fields(&h, ctx, s, d);
	sr_scalar_of_hash(w, &h);
	if ((rc = sr_point_mul_base(commitment[0], w, e)) != 0 ||
		(rc = sr_point_mul(commitment[1], w, r, e)) != 0)
		goto out;
	challenge(c, ctx, s, d, (const uint8_t(*)[SR_POINT])commitment);
	sr_scalar_mul(z, c, x);
	sr_scalar_add(z, z, w);
	memcpy(out, d, SR_POINT);
	memcpy(out + 32, c, SR_SCALAR);
	memcpy(out + 64, z, SR_SCALAR);
out:
	sr_wipe(fresh, sizeof fresh);
	sr_wipe(w, sizeof w);
	sr_wipe(z, sizeof z);
	sr_wipe(d, sizeof d);
	return rc;
}

int sr_piece_make(uint8_t out[SR_PIECE], const struct sr_piece_ctx *ctx, const struct sr_sealed *s,
	const uint8_t x[SR_SCALAR], struct sr_err *e) {
	int rc;

	memset(out, 0, SR_PIECE);
	if ((rc = ctx_check(ctx, e)) != 0 || (rc = sr_tdh2_check(&ctx->key, s, e)) != 0 ||
		(rc = x_check(ctx, x, e)) != 0)
		return rc;
	return make_one(out, ctx, s, x, e);
}

struct piece_job {
	uint8_t *made;
	const uint8_t *pieces;
	struct sr_piece_share *shares;
	const struct sr_piece_ctx *ctx;
	const struct sr_sealed *s;
	const uint8_t *x;
};

static int make_nth(void *ctx, size_t i, struct sr_err *e) {
	const struct piece_job *job = ctx;

	return make_one(job->made + i * SR_PIECE, job->ctx, &job->s[i], job->x, e);
}

int sr_piece_make_many(uint8_t *out, const struct sr_piece_ctx *ctx, const struct sr_sealed *s,
	size_t count, const uint8_t x[SR_SCALAR], struct sr_err *e) {
	struct piece_job job = {.made = out, .ctx = ctx, .s = s, .x = x};
	int rc;

	if (count > SR_REQUEST_ITEMS_MAX)
		return sr_fail(
			e, SR_LIMIT, "%zu items, want at most %d", count, SR_REQUEST_ITEMS_MAX);
	memset(out, 0, count * SR_PIECE);
	if ((rc = ctx_check(ctx, e)) != 0 ||
		(rc = sr_tdh2_check_many(&ctx->key, s, count, e)) != 0 ||
		(rc = x_check(ctx, x, e)) != 0)
		return rc;
	if ((rc = sr_parallel(count, make_nth, &job, e)) != 0)
		sr_wipe(out, count * SR_PIECE);
	return rc;
}

static int verify_one(const uint8_t piece[SR_PIECE], const struct sr_piece_ctx *ctx,
	const struct sr_sealed *s, struct sr_err *e) {
	const uint8_t *d = piece, *c = piece + 32, *z = piece + 64;
	uint8_t commitment[2][SR_POINT], want[SR_SCALAR];
	int rc;

	if ((rc = sr_point_check(d, e)) != 0 || (rc = sr_scalar_check(c, e)) != 0 ||
		(rc = sr_scalar_check(z, e)) != 0)
		return rc;
	/* an identity here means a proof that no honest member makes */
	if (sr_point_recommit(commitment[0], z, NULL, c, ctx->share, NULL) != 0 ||
		sr_point_recommit(commitment[1], z, sr_tdh2_r(s->seal), c, d, NULL) != 0)
		return sr_fail(e, SR_AUTH, "proof does not verify");
	challenge(want, ctx, s, d, (const uint8_t(*)[SR_POINT])commitment);
	if (!sr_ct_eq(want, c, SR_SCALAR))
		return sr_fail(e, SR_AUTH, "proof does not verify");
	return 0;
}

int sr_piece_verify(struct sr_piece_share *out, const uint8_t piece[SR_PIECE],
	const struct sr_piece_ctx *ctx, const struct sr_sealed *s, struct sr_err *e) {
	int rc;

	if (out != NULL)
		memset(out, 0, sizeof *out);
	if ((rc = ctx_check(ctx, e)) != 0)
		return rc;
	if ((rc = verify_one(piece, ctx, s, e)) != 0) {
		name(ctx, s, e);
		return rc;
	}
	if (out != NULL) {
		out->index = ctx->index;
		memcpy(out->transcript, ctx->transcript, SR_HASH);
		sr_tdh2_hash(out->seal, s->seal);
		memcpy(out->d, piece, SR_POINT);
	}
	return 0;
}

static int verify_nth(void *ctx, size_t i, struct sr_err *e) {
	const struct piece_job *job = ctx;

	return sr_piece_verify(job->shares != NULL ? &job->shares[i] : NULL,
		job->pieces + i * SR_PIECE, job->ctx, &job->s[i], e);
}

int sr_piece_verify_many(struct sr_piece_share *out, const uint8_t *pieces,
	const struct sr_piece_ctx *ctx, const struct sr_sealed *s, size_t count, struct sr_err *e) {
	struct piece_job job = {.pieces = pieces, .shares = out, .ctx = ctx, .s = s};

	return sr_parallel(count, verify_nth, &job, e);
}

int sr_piece_combine(uint8_t xr[SR_POINT], const struct sr_piece_share *shares, size_t count,
	size_t quorum, struct sr_err *e) {
	uint8_t index[SR_BOARD_MEMBERS_MAX], weight[SR_SCALAR], term[SR_POINT], sum[SR_POINT];
	int rc;

	if (quorum < 1 || quorum > SR_BOARD_MEMBERS_MAX || count > SR_BOARD_MEMBERS_MAX)
		return sr_fail(e, SR_MISUSE, "%zu pieces for a quorum of %zu, want at most %d",
			count, quorum, SR_BOARD_MEMBERS_MAX);
	if (count < quorum)
		return sr_fail(e, SR_DENIED, "have %zu valid pieces, want %zu", count, quorum);
	for (size_t i = 0; i < count; i++) {
		index[i] = shares[i].index;
		if (memcmp(shares[i].seal, shares[0].seal, SR_HASH) != 0 ||
			memcmp(shares[i].transcript, shares[0].transcript, SR_HASH) != 0)
			return sr_fail(e, SR_MISUSE,
				"piece %zu is for another seal or another epoch than the first",
				i + 1);
	}
	if ((rc = sr_indices_check(index, count, e)) != 0)
		return rc;
	for (size_t i = 0; i < quorum; i++) {
		if ((rc = sr_lagrange_at_zero(weight, index, quorum, i, e)) != 0 ||
			(rc = sr_point_mul(term, weight, shares[i].d, e)) != 0)
			goto out;
		if (i == 0)
			memcpy(sum, term, SR_POINT);
		else if ((rc = sr_point_add(sum, sum, term, e)) != 0)
			goto out;
	}
	memcpy(xr, sum, SR_POINT);
out:
	sr_wipe(term, sizeof term);
	sr_wipe(sum, sizeof sum);
	return rc;
}

/* --- bundles ------------------------------------------------------------------------------------
 */

static const uint8_t magic[8] = {'s', 'r', '-', 'b', 'n', 'd', 'l', '1'};
enum {
	AT_ROOM = 16,
	AT_READERS = 48
};

static size_t header_size(size_t readers) {
	return AT_READERS + readers * SR_X_PK;
}

/* Where the record lies in the bundle. */
static size_t record_at(size_t items, size_t readers, size_t reader, size_t item) {
	return header_size(readers) + (reader * items + item) * SR_RECORD;
}

static void vote_hash(uint8_t out[SR_HASH], const struct sr_piece_ctx *ctx) {
	SR_HASH_OF(out, "strongroom/bundle-context/v1", NULL, b32(ctx->key.vault),
		b32(ctx->request), sr_bytes_of(ctx->vote, SR_ID), b32(ctx->voter));
}

static void record_context(
	uint8_t out[SR_HASH], const struct sr_piece_ctx *ctx, const struct sr_sealed *s) {
	uint8_t seal_hash[SR_HASH];

	sr_tdh2_hash(seal_hash, s->seal);
	SR_HASH_OF(out, "strongroom/record-context/v1", NULL, b32(ctx->key.vault),
		b32(ctx->request), sr_bytes_of(ctx->vote, SR_ID), b32(ctx->voter),
		sr_bytes_of(s->id, SR_ID), b32(seal_hash));
}

static const char label_room[] = "strongroom/bundle-room/v1";
static const char label_reader[] = "strongroom/bundle-reader/v1";

struct bundle_job {
	uint8_t *at; /* the bundle's first byte */
	const struct sr_piece_ctx *ctx;
	const struct sr_sealed *s;
	const uint8_t *pieces;
	size_t count;
	uint8_t room[SR_KEY];
	uint8_t reader[SR_REQUEST_PEOPLE_MAX][SR_KEY];
};

/* A fresh ephemeral key towards ${pk}: its public half to ${e_pk}, the shared key to ${shared}. */
static int share_key(uint8_t shared[SR_KEY], uint8_t e_pk[SR_X_PK], const uint8_t pk[SR_X_PK],
	const char *label, const struct sr_piece_ctx *ctx, struct sr_err *e) {
	uint8_t e_sk[SR_X_SK], vote[SR_HASH];
	int rc;

	vote_hash(vote, ctx);
	sr_box_keypair(e_pk, e_sk);
	rc = sr_box_shared(shared, e_sk, pk, e_pk, pk, label, b32(vote), e);
	sr_wipe(e_sk, sizeof e_sk);
	return rc;
}

/* The records of item ${i} for every researcher. */
static int seal_nth(void *ctx, size_t i, struct sr_err *e) {
	const struct bundle_job *job = ctx;
	const struct sr_sealed *s = &job->s[i];
	size_t readers = job->ctx->reader_count;
	uint8_t ad[SR_HASH], key[SR_KEY], inner[SR_RECORD_INNER];

	(void)e;
	record_context(ad, job->ctx, s);
	sr_box_record_key(key, job->room, sr_bytes_of(s->id, SR_ID));
	sr_aead_seal(inner, key, "strongroom/record-room/v1", b32(ad),
		sr_bytes_of(job->pieces + i * SR_PIECE, SR_PIECE));
	for (size_t r = 0; r < readers; r++) {
		sr_box_record_key(key, job->reader[r], sr_bytes_of(s->id, SR_ID));
		sr_aead_seal(job->at + record_at(job->count, readers, r, i), key,
			"strongroom/record-reader/v1", b32(ad), sr_bytes_of(inner, sizeof inner));
	}
	sr_wipe(key, sizeof key);
	return 0;
}

int sr_bundle_make(struct sr_buf *out, const struct sr_piece_ctx *ctx, const struct sr_sealed *s,
	const uint8_t *pieces, size_t count, struct sr_err *e) {
	struct bundle_job job = {.ctx = ctx, .s = s, .pieces = pieces, .count = count};
	size_t readers = ctx->reader_count, size;
	int rc;

	if (count < 1 || count > SR_REQUEST_ITEMS_MAX || readers < 1 ||
		readers > SR_REQUEST_PEOPLE_MAX)
		return sr_fail(e, SR_LIMIT,
			"bundle: %zu items for %zu researchers, want 1 to %d for 1 to %d", count,
			readers, SR_REQUEST_ITEMS_MAX, SR_REQUEST_PEOPLE_MAX);
	size = header_size(readers) + readers * count * SR_RECORD;
	if ((rc = sr_buf_reserve(out, size, e)) != 0)
		return rc;
	job.at = out->p + out->len;
	memcpy(job.at, magic, sizeof magic);
	sr_le32_put(job.at + 8, (uint32_t)count);
	sr_le16_put(job.at + 12, (uint16_t)readers);
	sr_le16_put(job.at + 14, 0);
	rc = share_key(job.room, job.at + AT_ROOM, ctx->room, label_room, ctx, e);
	if (rc != 0) {
		sr_wrap(e, "bundle: room key");
		goto out;
	}
	for (size_t r = 0; r < readers; r++) {
		rc = share_key(job.reader[r], job.at + AT_READERS + r * SR_X_PK, ctx->readers[r],
			label_reader, ctx, e);
		if (rc != 0) {
			sr_wrap(e, "bundle: researcher %zu of %zu", r + 1, readers);
			goto out;
		}
	}
	if ((rc = sr_parallel(count, seal_nth, &job, e)) != 0)
		goto out;
	out->len += size;
out:
	sr_wipe(&job, sizeof job);
	return rc;
}

int sr_bundle_parse(struct sr_bundle *out, struct sr_bytes in, struct sr_err *e) {
	struct sr_bundle b = {.bytes = in};
	size_t want;

	if (in.len < AT_READERS)
		return sr_fail(e, SR_CORRUPT, "bundle: have %zu bytes, want %d or more", in.len,
			AT_READERS);
	if (memcmp(in.p, magic, sizeof magic) != 0)
		return sr_fail(e, SR_CORRUPT, "bundle: does not begin with sr-bndl1");
	b.items = sr_le32_get(in.p + 8);
	b.readers = sr_le16_get(in.p + 12);
	if (b.items < 1 || b.items > SR_REQUEST_ITEMS_MAX || b.readers < 1 ||
		b.readers > SR_REQUEST_PEOPLE_MAX || sr_le16_get(in.p + 14) != 0)
		return sr_fail(e, SR_CORRUPT,
			"bundle: says %zu items (want 1 to %d), %zu researchers (want 1 to %d), "
			"reserved %u (want 0)",
			b.items, SR_REQUEST_ITEMS_MAX, b.readers, SR_REQUEST_PEOPLE_MAX,
			sr_le16_get(in.p + 14));
	want = header_size(b.readers) + b.readers * b.items * SR_RECORD;
	if (in.len != want)
		return sr_fail(e, SR_CORRUPT,
			"bundle: have %zu bytes, want %zu for %zu items and %zu researchers",
			in.len, want, b.items, b.readers);
	*out = b;
	return 0;
}

int sr_bundle_keys_check(const struct sr_bundle *b, struct sr_err *e) {
	for (size_t i = 0; i <= b->readers; i++) {
		const int rc = sr_box_pk_check(b->bytes.p + AT_ROOM + i * SR_X_PK, e);

		if (rc != 0) {
			sr_wrap(e, "bundle: ephemeral key %zu of %zu", i, b->readers);
			return rc;
		}
	}
	return 0;
}

struct sr_bytes sr_bundle_record(const struct sr_bundle *b, size_t reader, size_t item) {
	assert(reader < b->readers && item < b->items);
	return sr_bytes_of(b->bytes.p + record_at(b->items, b->readers, reader, item), SR_RECORD);
}

void sr_bundle_leaf(struct sr_buf *out, const struct sr_bundle *b, size_t item) {
	sr_buf_put(out, b->bytes.p, header_size(b->readers));
	for (size_t r = 0; r < b->readers; r++)
		sr_buf_put_bytes(out, sr_bundle_record(b, r, item));
}

static int at_check(const struct sr_bundle_at *at, struct sr_err *e) {
	if (at->item >= at->bundle->items || at->reader >= at->bundle->readers)
		return sr_fail(e, SR_MISUSE,
			"bundle: item %zu of %zu, researcher %zu of %zu do not exist", at->item,
			at->bundle->items, at->reader, at->bundle->readers);
	return 0;
}

static int name_record(const struct sr_bundle_at *at, int rc, const char *layer, struct sr_err *e) {
	char id[2 * SR_ID + 1];

	sr_hex(id, at->sealed->id, SR_ID);
	sr_wrap(e, "bundle: item %s: %s seal", id, layer);
	return rc;
}

int sr_bundle_record_key(uint8_t key[SR_KEY], const struct sr_bundle_at *at,
	const uint8_t request_sk[SR_X_SK], struct sr_err *e) {
	uint8_t pk[SR_X_PK], shared[SR_KEY], vote[SR_HASH];
	const uint8_t *e_pk;
	int rc;

	if ((rc = at_check(at, e)) != 0)
		return rc;
	e_pk = at->bundle->bytes.p + AT_READERS + at->reader * SR_X_PK;
	vote_hash(vote, at->ctx);
	sr_box_public(pk, request_sk);
	rc = sr_box_shared(shared, request_sk, e_pk, e_pk, pk, label_reader, b32(vote), e);
	if (rc != 0)
		return name_record(at, rc, "researcher's", e);
	sr_box_record_key(key, shared, sr_bytes_of(at->sealed->id, SR_ID));
	sr_wipe(shared, sizeof shared);
	return 0;
}

int sr_bundle_strip_with(uint8_t inner[SR_RECORD_INNER], const struct sr_bundle_at *at,
	const uint8_t key[SR_KEY], struct sr_err *e) {
	uint8_t ad[SR_HASH];
	int rc;

	if ((rc = at_check(at, e)) != 0)
		return rc;
	record_context(ad, at->ctx, at->sealed);
	rc = sr_aead_open(inner, key, "strongroom/record-reader/v1", b32(ad),
		sr_bundle_record(at->bundle, at->reader, at->item), e);
	return rc == 0 ? 0 : name_record(at, rc, "researcher's", e);
}

int sr_bundle_strip_outer(uint8_t inner[SR_RECORD_INNER], const struct sr_bundle_at *at,
	const uint8_t request_sk[SR_X_SK], struct sr_err *e) {
	uint8_t key[SR_KEY];
	int rc = sr_bundle_record_key(key, at, request_sk, e);

	if (rc == 0)
		rc = sr_bundle_strip_with(inner, at, key, e);
	sr_wipe(key, sizeof key);
	return rc;
}

int sr_bundle_open_inner(uint8_t piece[SR_PIECE], const struct sr_bundle_at *at,
	const uint8_t inner[SR_RECORD_INNER], const uint8_t room_sk[SR_X_SK], struct sr_err *e) {
	const uint8_t *e_pk = at->bundle->bytes.p + AT_ROOM;
	uint8_t pk[SR_X_PK], shared[SR_KEY], key[SR_KEY], vote[SR_HASH], ad[SR_HASH];
	int rc;

	vote_hash(vote, at->ctx);
	record_context(ad, at->ctx, at->sealed);
	sr_box_public(pk, room_sk);
	rc = sr_box_shared(shared, room_sk, e_pk, e_pk, pk, label_room, b32(vote), e);
	if (rc != 0)
		return name_record(at, rc, "room's", e);
	sr_box_record_key(key, shared, sr_bytes_of(at->sealed->id, SR_ID));
	rc = sr_aead_open(piece, key, "strongroom/record-room/v1", b32(ad),
		sr_bytes_of(inner, SR_RECORD_INNER), e);
	if (rc != 0)
		name_record(at, rc, "room's", e);
	sr_wipe(shared, sizeof shared);
	sr_wipe(key, sizeof key);
	return rc;
}
