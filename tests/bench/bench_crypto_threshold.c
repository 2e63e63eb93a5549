/*
 * bench_crypto_threshold - what a vote costs per item: seal, seal check, piece, proof, bundle; and
 * a key generation of the largest board. `bench_crypto_threshold [items]`, 10,000 unless told.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/pool.h"
#include "crypto/dkg.h"
#include "crypto/piece.h"

static double now(void) {
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void must(int rc, const struct sr_err *e) {
	if (rc == 0)
		return;
	fprintf(stderr, "bench_crypto_threshold: %s\n", e->text);
	exit(1);
}

static double since; /* when the step began */

static void begin(void) {
	since = now();
}

static void report(const char *what, size_t count) {
	double s = now() - since;

	printf("%-44s %8.3f ms each, %7.3f s for %zu\n", what, s * 1e3 / (double)count, s, count);
}

struct work {
	struct sr_piece_ctx ctx;
	uint8_t x[SR_SCALAR];
	uint8_t room_sk[SR_X_SK];
	uint8_t reader_sk[SR_X_SK];
	uint8_t reader_pk[1][SR_X_PK];
	struct sr_sealed *s;
	uint8_t *seals;
	uint8_t *pieces;
	size_t items;
};

static int seal_nth(void *ctx, size_t i, struct sr_err *e) {
	struct work *w = ctx;
	static const uint8_t part[SR_PART] = {7};

	sr_le64_put(w->s[i].id, i);
	w->s[i].number = 1;
	w->s[i].seal = w->seals + i * SR_SEAL;
	return sr_tdh2_seal(w->seals + i * SR_SEAL, &w->ctx.key, w->s[i].id, 1, part, e);
}

static void prepare(struct work *w, size_t items) {
	struct sr_err e = {0};
	struct sr_hash h;

	memset(w, 0, sizeof *w);
	w->items = items;
	w->s = calloc(items, sizeof *w->s);
	w->seals = calloc(items, SR_SEAL);
	w->pieces = calloc(items, SR_PIECE);
	if (w->s == NULL || w->seals == NULL || w->pieces == NULL)
		must(sr_fail(&e, SR_NOMEM, "no memory for %zu items", items), &e);
	sr_hash_init64(&h, "strongroom/bench/v1", NULL);
	sr_scalar_of_hash(w->x, &h);
	/* a board of one share, which no run would make: the arithmetic is the same */
	must(sr_point_mul_base(w->ctx.share, w->x, &e), &e);
	memcpy(w->ctx.key.board, w->ctx.share, SR_POINT);
	w->ctx.key.level = 2;
	w->ctx.key.kind = "item";
	w->ctx.index = 1;
	sr_box_keypair(w->ctx.room, w->room_sk);
	sr_box_keypair(w->reader_pk[0], w->reader_sk);
	w->ctx.readers = (const uint8_t(*)[SR_X_PK])w->reader_pk;
	w->ctx.reader_count = 1;
}

static void one_by_one(struct work *w) {
	size_t count = w->items < 1000 ? w->items : 1000;
	struct sr_err e = {0};

	begin();
	for (size_t i = 0; i < count; i++)
		must(seal_nth(w, i, &e), &e);
	report("seal, one core", count);
	begin();
	for (size_t i = 0; i < count; i++)
		must(sr_tdh2_check(&w->ctx.key, &w->s[i], &e), &e);
	report("seal check, one core", count);
	begin();
	for (size_t i = 0; i < count; i++)
		must(sr_piece_make(w->pieces + i * SR_PIECE, &w->ctx, &w->s[i], w->x, &e), &e);
	report("seal check and piece, one core", count);
	begin();
	for (size_t i = 0; i < count; i++)
		must(sr_piece_verify(NULL, w->pieces + i * SR_PIECE, &w->ctx, &w->s[i], &e), &e);
	report("piece's proof, one core", count);
}

static void all_at_once(struct work *w) {
	struct sr_bundle bundle;
	struct sr_buf bytes;
	struct sr_bundle_at at = {&bundle, 0, 0, &w->ctx, &w->s[0]};
	uint8_t inner[SR_RECORD_INNER], piece[SR_PIECE], xr[SR_POINT], part[SR_PART];
	struct sr_err e = {0};

	must(sr_parallel(w->items, seal_nth, w, &e), &e);
	begin();
	must(sr_tdh2_check_many(&w->ctx.key, w->s, w->items, &e), &e);
	report("seal check, all cores", w->items);
	begin();
	must(sr_piece_make_many(w->pieces, &w->ctx, w->s, w->items, w->x, &e), &e);
	report("a vote (seal check and piece), all cores", w->items);
	begin();
	must(sr_piece_verify_many(NULL, w->pieces, &w->ctx, w->s, w->items, &e), &e);
	report("piece's proof, all cores", w->items);
	sr_buf_init(&bytes);
	begin();
	must(sr_bundle_make(&bytes, &w->ctx, w->s, w->pieces, w->items, &e), &e);
	report("bundle for one researcher, all cores", w->items);
	must(sr_bundle_parse(&bundle, sr_buf_view(&bytes), &e), &e);
	begin();
	must(sr_bundle_strip_outer(inner, &at, w->reader_sk, &e), &e);
	must(sr_bundle_open_inner(piece, &at, inner, w->room_sk, &e), &e);
	report("record through researcher and room", 1);
	must(sr_point_mul(xr, w->x, sr_tdh2_r(w->s[0].seal), &e), &e);
	begin();
	must(sr_tdh2_open(part, &w->ctx.key, &w->s[0], xr, &e), &e);
	report("open one seal", 1);
	sr_buf_free(&bytes);
}

static void largest_board(void) {
	enum {
		N = SR_BOARD_MEMBERS_MAX
	};
	static struct sr_dkg d;
	static struct sr_buf bytes[N];
	static struct sr_dealing dealing[N];
	struct sr_level_key key[SR_BOARD_LEVELS_MAX];
	uint8_t seed[N][SR_SEED], x[SR_BOARD_LEVELS_MAX][SR_SCALAR];
	struct sr_dkg_own own = {1, seed[0], dealing, N, key};
	struct sr_err e = {0};

	d.members = N;
	d.levels = 1;
	d.level[0].level = d.level[0].quorum = N;
	for (size_t i = 0; i < N; i++) {
		sr_random(seed[i], SR_SEED);
		sr_sign_public(d.key[i], seed[i]);
	}
	begin();
	for (size_t i = 0; i < N; i++)
		must(sr_deal_make(&bytes[i], &d, (uint8_t)(i + 1), seed[i], NULL, &e), &e);
	report("deal, 32 of 32", N);
	for (size_t i = 0; i < N; i++)
		must(sr_deal_decode(&dealing[i], sr_buf_view(&bytes[i]), &e), &e);
	begin();
	must(sr_dkg_combine(key, &d, dealing, N, &e), &e);
	report("verify and combine 32 dealings", 1);
	begin();
	must(sr_dkg_own_shares(x, &d, &own, &e), &e);
	report("open and check own 32 shares", 1);
	for (size_t i = 0; i < N; i++)
		sr_buf_free(&bytes[i]);
}

int main(int argc, char **argv) {
	struct work w;
	uint64_t items = SR_REQUEST_ITEMS_MAX;
	struct sr_err e = {0};

	must(sr_crypto_init(&e), &e);
	if (argc > 1)
		must(sr_parse_dec(&items, sr_bytes_str(argv[1]), SR_REQUEST_ITEMS_MAX, &e), &e);
	if (items < 1)
		must(sr_fail(&e, SR_USAGE, "have 0 items, want 1 to %d", SR_REQUEST_ITEMS_MAX), &e);
	prepare(&w, (size_t)items);
	one_by_one(&w);
	all_at_once(&w);
	largest_board();
	free(w.s);
	free(w.seals);
	free(w.pieces);
	return 0;
}
