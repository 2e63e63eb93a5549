/*
 * fuzz_board_recovery - the texts that lie open or come back from members: keys/service.board, an
 * ask, a piece, keys/recovered. What passes as the vault's own file is byte for byte the one that
 * it wrote; a piece that counts is the one that the member made.
 *
 * Input: u8 mode: 0 file, 1 ask, 2 piece for the fixture's ask, 3 note; the rest is the text.
 */
#include "board/recover.h"
#include "fuzz_crypto.h"

enum {
	MEMBERS = 2
};

struct fixture {
	struct sr_service *keys;
	uint8_t seed[MEMBERS][SR_SEED];
	uint8_t pk[SR_X_PK], sk[SR_X_SK];
	struct sr_buf file, ask, piece;
	struct sr_recovery_ask a;
};

/* f(v) = a0 + a1 v: two of two. */
static void board(struct sr_dkg *d, struct sr_ceremony_keys *k, uint8_t x[MEMBERS][SR_SCALAR]) {
	uint8_t a[2][SR_SCALAR] = {{3}, {5}};
	struct sr_err e;
	memset(d, 0, sizeof *d);
	memset(k, 0, sizeof *k);
	t_fill(d->vault, SR_HASH, 3);
	t_fill(d->board, SR_ID, 4);
	t_fill(d->run, SR_ID, 5);
	d->epoch = 1;
	d->members = MEMBERS;
	k->levels = 1;
	k->level[0] = (struct sr_level_key){.level = 2, .quorum = 2, .members = MEMBERS};
	t_fill(k->transcript, SR_HASH, 6);
	assert_ok(sr_point_mul_base(k->level[0].board, a[0], &e), &e);
	for (size_t i = 0; i < MEMBERS; i++) {
		sr_poly_eval(x[i], (const uint8_t(*)[SR_SCALAR])a, 2, (uint8_t)(i + 1));
		assert_ok(sr_point_mul_base(k->level[0].share[i], x[i], &e), &e);
	}
}

static void make_file(struct fixture *f) {
	struct sr_recovery_member m[MEMBERS];
	struct sr_recovery_in in = {.keys = f->keys, .number = 1, .member = m, .members = MEMBERS};
	struct sr_ceremony_keys k;
	struct sr_buf body, box[MEMBERS];
	uint8_t x[MEMBERS][SR_SCALAR];
	struct sr_dkg d;
	struct sr_err e;
	board(&d, &k, x);
	sr_buf_init(&body);
	sr_keys_encode(&body, &d, &k);
	in.board = sr_buf_view(&body);
	for (size_t i = 0; i < MEMBERS; i++) {
		struct sr_share_place at = {.keys = &k, .index = (uint8_t)(i + 1)};
		t_fill(f->seed[i], SR_SEED, (uint64_t)10 + i);
		sr_keys_hash(at.hash, in.board);
		m[i] = (struct sr_recovery_member){.index = at.index};
		sr_sign_public(m[i].pk, f->seed[i]);
		sr_person_name(m[i].person, m[i].pk);
		sr_buf_init(&box[i]);
		assert_ok(sr_shares_seal(
				  &box[i], &at, m[i].pk, (const uint8_t(*)[SR_SCALAR])x[i], &e),
			&e);
		m[i].box = sr_buf_view(&box[i]);
	}
	assert_ok(sr_recovery_make(&f->file, &in, &e), &e);
	sr_buf_free(&body);
	for (size_t i = 0; i < MEMBERS; i++)
		sr_buf_free(&box[i]);
}

static struct fixture *fixture(void) {
	static struct fixture f;
	struct sr_identity id;
	struct sr_recovery r;
	struct sr_err e;
	fuzz_start();
	if (f.keys != NULL)
		return &f;
	assert_ok(sr_service_new(&f.keys, "test.example/vault", &e), &e);
	make_file(&f);
	assert_ok(sr_recovery_read(&r, sr_buf_view(&f.file), &e), &e);
	sr_box_keypair(f.pk, f.sk);
	assert_ok(sr_recovery_ask_make(&f.ask, &r, f.pk, &e), &e);
	sr_recovery_free(&r);
	assert_ok(sr_recovery_ask_read(&f.a, sr_buf_view(&f.ask), &e), &e);
	assert_ok(sr_identity_from_seed(&id, f.seed[0], &e), &e);
	assert_ok(sr_recovery_piece_make(&f.piece, &f.a, &id, &e), &e);
	sr_identity_free(&id);
	return &f;
}

static void check_file(const struct fixture *f, struct sr_bytes in) {
	struct sr_recovery r;
	if (sr_recovery_read(&r, in, NULL) != 0)
		return;
	MUST(sr_bytes_eq(sr_buf_view(&r.raw), in));
	MUST(r.members >= 1 && r.members <= r.board.keys.level[0].members);
	MUST(sr_recovery_quorum(&r) >= 2);
	if (sr_recovery_is_ours(&r, f->keys))
		MUST(sr_bytes_eq(in, sr_buf_view(&f->file)));
	sr_recovery_free(&r);
}

static void check_ask(struct sr_bytes in) {
	struct sr_recovery_ask a;
	struct sr_buf again;
	char shown[SR_RECOVERY_ASK_TEXT];
	struct sr_err e;
	if (sr_recovery_ask_read(&a, in, NULL) != 0)
		return;
	sr_buf_init(&again);
	assert_ok(sr_recovery_ask_make(&again, &a.file, a.key, &e), &e);
	MUST(sr_bytes_eq(sr_buf_view(&again), in));
	sr_recovery_ask_shown(shown, a.hash);
	MUST(sr_recovery_ask_is(a.hash, shown));
	sr_buf_free(&again);
	sr_recovery_ask_free(&a);
}

static void check_piece(const struct fixture *f, struct sr_bytes in) {
	struct sr_piece_share share;
	char person[SR_PERSON_TEXT];
	if (sr_recovery_piece_take(&share, person, &f->a, f->sk, in, NULL) == 0)
		MUST(sr_bytes_eq(in, sr_buf_view(&f->piece)));
}

static void check_note(struct sr_bytes in) {
	struct sr_recovered r;
	uint8_t service[SR_HASH], check[SR_HASH];
	if (sr_recovered_read(&r, service, check, in, NULL) != 0)
		return;
	MUST(r.members >= 1 && r.members <= SR_BOARD_MEMBERS_MAX);
	for (size_t i = 0; i < r.members; i++)
		MUST(strlen(r.member[i]) == SR_PERSON_TEXT - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	const struct fixture *f = fixture();
	switch (fuzz_u8(&in) % 4) {
	case 0:
		check_file(f, in);
		break;
	case 1:
		check_ask(in);
		break;
	case 2:
		check_piece(f, in);
		break;
	case 3:
		check_note(in);
		break;
	}
	return 0;
}

void fuzz_seeds(void) {
	static const char note[] =
		"strongroom/recovered/v1\n"
		"service 00000000000000000000000000000000000000000000000000000000000000ff\n"
		"board 000000000000000000000000000000ff\n"
		"epoch 1\nlevel 3\n"
		"ask 00000000000000000000000000000000000000000000000000000000000000ff\n"
		"member p-0123456789abcdef\nmember p-1123456789abcdef\n"
		"check 00000000000000000000000000000000000000000000000000000000000000ff\n";
	const struct fixture *f = fixture();
	fuzz_seed_with("file", "\0", 1, sr_buf_view(&f->file));
	fuzz_seed_with("ask", "\1", 1, sr_buf_view(&f->ask));
	fuzz_seed_with("piece", "\2", 1, sr_buf_view(&f->piece));
	fuzz_seed_with("piece-cut", "\2", 1, sr_bytes_of(f->piece.p, f->piece.len / 2));
	fuzz_seed_with("note", "\3", 1, sr_bytes_str(note));
}
