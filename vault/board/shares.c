/*
 * shares - see shares.h.
 */
#include "board/shares.h"

#include "board/keys.h"
#include "catalogue/query.h"

enum {
	HEAD = 116,
	LEVEL_HEAD = 36
};

static const char MAGIC[8] = {'s', 'r', '-', 'k', 'e', 'y', 's', '1'};
static const char LABEL[] = "strongroom/own-shares/v1";

void sr_keys_hash(uint8_t out[SR_HASH], struct sr_bytes body) {
	SR_HASH_OF(out, "strongroom/board-keys/v1", NULL, body);
}

void sr_keys_encode(
	struct sr_buf *out, const struct sr_dkg *d, const struct sr_ceremony_keys *keys) {
	sr_buf_put(out, MAGIC, sizeof MAGIC);
	sr_buf_put(out, d->vault, SR_HASH);
	sr_buf_put(out, d->board, SR_ID);
	sr_buf_put(out, d->run, SR_ID);
	sr_buf_put_le64(out, d->epoch);
	sr_buf_put(out, keys->transcript, SR_HASH);
	sr_buf_put_u8(out, (uint8_t)keys->levels);
	sr_buf_put_u8(out, d->members);
	sr_buf_put_u8(out, 0);
	sr_buf_put_u8(out, 0);
	for (size_t i = 0; i < keys->levels; i++) {
		const struct sr_level_key *k = &keys->level[i];

		sr_buf_put_u8(out, k->level);
		sr_buf_put_u8(out, k->quorum);
		sr_buf_put_u8(out, 0);
		sr_buf_put_u8(out, 0);
		sr_buf_put(out, k->board, SR_POINT);
		for (size_t m = 0; m < d->members; m++)
			sr_buf_put(out, k->share[m], SR_POINT);
	}
}

static int decode_level(struct sr_level_key *k, const uint8_t *p, uint8_t members, uint8_t after,
	struct sr_err *e) {
	int rc;

	k->level = p[0];
	k->quorum = p[1];
	k->members = members;
	if (k->level <= after || k->quorum < 2 || k->quorum > members || p[2] != 0 || p[3] != 0)
		return sr_fail(e, SR_CORRUPT,
			"board keys: level %u takes %u of %u members, after level %u", k->level,
			k->quorum, members, after);
	memcpy(k->board, p + 4, SR_POINT);
	rc = sr_point_check(k->board, e);
	for (size_t m = 0; m < members && rc == 0; m++) {
		memcpy(k->share[m], p + LEVEL_HEAD + m * SR_POINT, SR_POINT);
		rc = sr_point_check(k->share[m], e);
	}
	return rc == 0 ? 0 : sr_wrap(e, "board keys: level %u", k->level);
}

int sr_keys_decode(struct sr_board_keys *out, struct sr_bytes body, struct sr_err *e) {
	struct sr_board_keys *b = calloc(1, sizeof *b);
	size_t size;
	uint8_t after = 0;
	int rc = 0;

	if (b == NULL)
		return sr_fail(e, SR_NOMEM, "board keys: out of memory");
	if (body.len < HEAD || memcmp(body.p, MAGIC, sizeof MAGIC) != 0 || body.p[114] != 0 ||
		body.p[115] != 0 || body.p[112] < 1 || body.p[112] > SR_BOARD_LEVELS_MAX ||
		body.p[113] < 2 || body.p[113] > SR_BOARD_MEMBERS_MAX) {
		rc = sr_fail(e, SR_CORRUPT,
			"board keys: %zu bytes that do not begin as keys of a board do", body.len);
		goto out;
	}
	memcpy(b->vault, body.p + 8, SR_HASH);
	memcpy(b->board, body.p + 40, SR_ID);
	memcpy(b->run, body.p + 56, SR_ID);
	b->epoch = sr_le64_get(body.p + 72);
	memcpy(b->keys.transcript, body.p + 80, SR_HASH);
	b->keys.levels = body.p[112];
	size = LEVEL_HEAD + (size_t)body.p[113] * SR_POINT;
	if (body.len != HEAD + b->keys.levels * size) {
		rc = sr_fail(e, SR_CORRUPT, "board keys: have %zu bytes, want %zu", body.len,
			HEAD + b->keys.levels * size);
		goto out;
	}
	for (size_t i = 0; i < b->keys.levels && rc == 0; i++) {
		rc = decode_level(
			&b->keys.level[i], body.p + HEAD + i * size, body.p[113], after, e);
		after = b->keys.level[i].level;
	}
	if (rc == 0)
		*out = *b;
out:
	free(b);
	return rc;
}

static void context(uint8_t out[SR_HASH], const struct sr_share_place *at) {
	struct sr_hash h;

	sr_hash_init(&h, "strongroom/own-shares-context/v1", NULL);
	sr_hash_field(&h, sr_bytes_of(at->hash, SR_HASH));
	sr_hash_u64(&h, at->index);
	sr_hash_final(&h, out);
}

int sr_shares_seal(struct sr_buf *out, const struct sr_share_place *at, const uint8_t pk[SR_PK],
	const uint8_t (*x)[SR_SCALAR], struct sr_err *e) {
	uint8_t ctx[SR_HASH];

	context(ctx, at);
	return sr_box_seal_person(out, pk, LABEL, sr_bytes_of(ctx, SR_HASH),
		sr_bytes_of(x, at->keys->levels * SR_SCALAR), e);
}

int sr_shares_open(uint8_t x[SR_BOARD_LEVELS_MAX][SR_SCALAR], const struct sr_share_place *at,
	const uint8_t seed[SR_SEED], struct sr_bytes box, struct sr_err *e) {
	uint8_t ctx[SR_HASH], have[SR_POINT];
	struct sr_buf plain;
	int rc;

	memset(x, 0, (size_t)SR_BOARD_LEVELS_MAX * SR_SCALAR);
	sr_buf_init_secret(&plain);
	context(ctx, at);
	rc = sr_box_open_person(&plain, seed, LABEL, sr_bytes_of(ctx, SR_HASH), box, e);
	if (rc == 0 && plain.len != at->keys->levels * SR_SCALAR)
		rc = sr_fail(e, SR_CORRUPT, "have %zu bytes, want %zu", plain.len,
			at->keys->levels * SR_SCALAR);
	for (size_t i = 0; rc == 0 && i < at->keys->levels; i++) {
		const uint8_t *p = plain.p + i * SR_SCALAR;

		rc = sr_scalar_check(p, e);
		if (rc == 0)
			rc = sr_point_mul_base(have, p, e);
		if (rc == 0 && memcmp(have, at->keys->level[i].share[at->index - 1], SR_POINT) != 0)
			rc = sr_fail(e, SR_AUTH,
				"level %u: it is not the share behind the public one",
				at->keys->level[i].level);
		if (rc == 0)
			memcpy(x[i], p, SR_SCALAR);
	}
	sr_buf_free(&plain);
	if (rc != 0) {
		sr_wipe(x, (size_t)SR_BOARD_LEVELS_MAX * SR_SCALAR);
		sr_wrap(e, "own shares of member %u", at->index);
	}
	return rc;
}

int sr_keys_fetch(struct sr_board_keys *out, struct sr_vault *v, const struct sr_board_row *board,
	struct sr_err *e) {
	uint8_t hash[SR_HASH];
	struct sr_buf body;
	int rc = board->opened ? 0
			       : sr_fail(e, SR_CORRUPT, "the board of epoch %u has no keys",
					 board->epoch);

	sr_buf_init(&body);
	if (rc == 0)
		rc = sr_object_fetch(v, board->keys, &body, e);
	sr_keys_hash(hash, sr_buf_view(&body));
	if (rc == 0 && memcmp(hash, board->keys_hash, SR_HASH) != 0)
		rc = sr_fail(
			e, SR_AUTH, "the board's keys are not the ones that all members accepted");
	if (rc == 0)
		rc = sr_keys_decode(out, sr_buf_view(&body), e);
	sr_buf_free(&body);
	return rc;
}
