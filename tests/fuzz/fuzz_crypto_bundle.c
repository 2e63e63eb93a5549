/*
 * fuzz_crypto_bundle - a vote's bundle: its header fixes its size to the byte, its records lie one
 * after the other, and a record opens only as the voter made it.
 *
 * Input: u8 mode: 0 a bundle; else u16 offset, u8 xor, applied to the real one (2 items, 1 reader).
 */
#include "crypto/piece.h"
#include "fuzz_crypto.h"

enum {
	ITEMS = 2
};

struct vote {
	struct sr_piece_ctx ctx;
	struct sr_sealed sealed[ITEMS];
	uint8_t seals[ITEMS][SR_SEAL];
	uint8_t pieces[ITEMS][SR_PIECE];
	uint8_t room_sk[SR_X_SK];
	uint8_t reader_sk[SR_X_SK];
	uint8_t readers[1][SR_X_PK];
};

/* Contents are any bytes: bundles do not look into seals and pieces. */
static void make_vote(struct vote *v) {
	memset(v, 0, sizeof *v);
	t_fill(v->ctx.key.vault, SR_HASH, 1);
	v->ctx.key.kind = "item";
	t_fill(v->ctx.request, SR_HASH, 2);
	t_fill(v->ctx.vote, SR_ID, 3);
	t_fill(v->ctx.voter, SR_PK, 4);
	t_fill(v->room_sk, SR_X_SK, 5);
	t_fill(v->reader_sk, SR_X_SK, 6);
	sr_box_public(v->ctx.room, v->room_sk);
	sr_box_public(v->readers[0], v->reader_sk);
	v->ctx.readers = (const uint8_t(*)[SR_X_PK])v->readers;
	v->ctx.reader_count = 1;
	for (unsigned i = 0; i < ITEMS; i++) {
		t_fill(v->sealed[i].id, SR_ID, 10 + i);
		v->sealed[i].number = 1;
		t_fill(v->seals[i], SR_SEAL, 20 + i);
		v->sealed[i].seal = v->seals[i];
		t_fill(v->pieces[i], SR_PIECE, 30 + i);
	}
}

static void real_bundle(struct sr_buf *out, const struct vote *v) {
	struct sr_err e;
	fuzz_random_at = 0;
	assert_ok(sr_bundle_make(out, &v->ctx, v->sealed, v->pieces[0], ITEMS, &e), &e);
}

static void open_record(const struct vote *v, const struct sr_bundle *b, size_t item) {
	const struct sr_bundle_at at = {b, 0, item, &v->ctx, &v->sealed[item]};
	uint8_t inner[SR_RECORD_INNER], again[SR_RECORD_INNER], key[SR_KEY], piece[SR_PIECE];
	struct sr_err e;
	int rc = sr_bundle_strip_outer(inner, &at, v->reader_sk, &e);
	if (sr_bundle_record_key(key, &at, v->reader_sk, &e) == 0) {
		MUST(sr_bundle_strip_with(again, &at, key, &e) == rc);
		MUST(rc != 0 || memcmp(inner, again, sizeof inner) == 0);
	}
	if (rc == 0 && sr_bundle_open_inner(piece, &at, inner, v->room_sk, &e) == 0)
		MUST(memcmp(piece, v->pieces[item], SR_PIECE) == 0);
}

static void check(const struct vote *v, struct sr_bytes in) {
	struct sr_bundle b;
	struct sr_err e;
	struct sr_buf leaf;
	if (sr_bundle_parse(&b, in, &e) != 0)
		return;
	const size_t head = 48 + 32 * b.readers;
	MUST(b.readers >= 1 && b.readers <= SR_REQUEST_PEOPLE_MAX);
	MUST(b.items >= 1 && b.items <= SR_REQUEST_ITEMS_MAX);
	MUST(in.len == head + SR_RECORD * b.items * b.readers);
	sr_buf_init(&leaf);
	for (size_t r = 0; r < b.readers; r++) {
		for (size_t i = 0; i < b.items; i++) {
			struct sr_bytes rec = sr_bundle_record(&b, r, i);
			MUST(rec.len == SR_RECORD);
			MUST(rec.p == in.p + head + SR_RECORD * (r * b.items + i));
		}
	}
	for (size_t i = 0; i < b.items; i++) {
		sr_buf_clear(&leaf);
		sr_bundle_leaf(&leaf, &b, i);
		MUST(leaf.len == head + b.readers * SR_RECORD);
		if (i < ITEMS)
			open_record(v, &b, i);
	}
	sr_buf_free(&leaf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	struct vote v;
	struct sr_buf real;
	fuzz_start();
	make_vote(&v);
	if (fuzz_u8(&in) == 0) {
		check(&v, in);
		return 0;
	}
	sr_buf_init(&real);
	real_bundle(&real, &v);
	size_t at = fuzz_u16(&in);
	real.p[at % real.len] ^= fuzz_u8(&in);
	check(&v, sr_buf_view(&real));
	sr_buf_free(&real);
	return 0;
}

void fuzz_seeds(void) {
	struct vote v;
	struct sr_buf real;
	fuzz_start();
	make_vote(&v);
	sr_buf_init(&real);
	real_bundle(&real, &v);
	fuzz_seed_with("bundle", "\0", 1, sr_buf_view(&real));
	fuzz_seed("whole", sr_bytes_of("\1\0\0\0", 4));
	fuzz_seed("flip-ephemeral", sr_bytes_of("\1\x18\0\1", 4));
	fuzz_seed("flip-record", sr_bytes_of("\1\x80\0\1", 4));
	fuzz_seed("more-items", sr_bytes_of("\1\x08\0\1", 4));
	sr_buf_free(&real);
}
