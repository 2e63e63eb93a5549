/*
 * test_board_recovery - the service keys under the board's seal: who can open them and who cannot,
 * what every cut and flip of the three texts does, and that a member's program makes no piece for a
 * seal that is not one of service keys.
 */
#include "board/recover.h"

#include <string.h>
#include <unistd.h>

#include "board/unlock.h"
#include "world.h"

struct scene {
	struct world *w;
	struct sr_buf file, ask;
	struct sr_recovery_ask a;
	uint8_t pk[SR_X_PK], sk[SR_X_SK];
	struct sr_err e;
};

static void scene_open(struct scene *s, size_t members, uint32_t low, uint32_t high) {
	const struct world_options o = {.members = members, .level = {low, high}};
	struct sr_recovery r;

	memset(s, 0, sizeof *s);
	s->w = world_new(&o);
	sr_buf_init(&s->file);
	sr_buf_init(&s->ask);
	t_read_file(t_path(s->w->vault, "keys/service.board"), &s->file);
	assert_ok(sr_recovery_read(&r, sr_buf_view(&s->file), &s->e), &s->e);
	assert_true(sr_recovery_is_ours(&r, s->w->v->keys));
	assert_int_equal(r.number, 1);
	assert_int_equal(sr_recovery_quorum(&r), high != 0 ? high : low);
	assert_int_equal(r.members, members);
	sr_box_keypair(s->pk, s->sk);
	assert_ok(sr_recovery_ask_make(&s->ask, &r, s->pk, &s->e), &s->e);
	sr_recovery_free(&r);
	assert_ok(sr_recovery_ask_read(&s->a, sr_buf_view(&s->ask), &s->e), &s->e);
}

static void scene_close(struct scene *s) {
	sr_recovery_ask_free(&s->a);
	sr_buf_free(&s->file);
	sr_buf_free(&s->ask);
	world_free(s->w);
}

static void identity_of(struct sr_identity *id, const struct world_person *p) {
	struct sr_err e;

	assert_ok(sr_identity_from_seed(id, p->seed, &e), &e);
	snprintf(id->person, sizeof id->person, "%s", p->person);
}

static void piece_of(struct scene *s, size_t member, struct sr_buf *out) {
	struct sr_identity id;

	identity_of(&id, &s->w->member[member]);
	assert_ok(sr_recovery_piece_make(out, &s->a, &id, &s->e), &s->e);
	sr_identity_free(&id);
}

static int take(struct scene *s, struct sr_piece_share *share, struct sr_bytes text) {
	char person[SR_PERSON_TEXT];

	return sr_recovery_piece_take(share, person, &s->a, s->sk, text, &s->e);
}

static void a_quorum_opens_them(void **state) {
	struct sr_piece_share share[3], swapped[3];
	struct sr_service *k = NULL;
	struct scene s;

	(void)state;
	scene_open(&s, 5, 2, 3);
	for (size_t i = 0; i < 3; i++) {
		struct sr_buf piece;

		sr_buf_init(&piece);
		piece_of(&s, 2 * i, &piece);
		assert_ok(take(&s, &share[i], sr_buf_view(&piece)), &s.e);
		assert_int_equal(share[i].index, 2 * i + 1);
		sr_buf_free(&piece);
	}
	assert_fails(sr_recovery_open(&k, &s.a.file, share, 2, &s.e), SR_DENIED, &s.e, "2");
	assert_null(k);
	memcpy(swapped, share, sizeof share);
	swapped[1].index = 1; /* the same member twice */
	assert_fails(sr_recovery_open(&k, &s.a.file, swapped, 3, &s.e), SR_CORRUPT, &s.e, NULL);
	swapped[1].index = 2; /* another member's number: another point */
	assert_fails(
		sr_recovery_open(&k, &s.a.file, swapped, 3, &s.e), SR_AUTH, &s.e, "service.board");
	assert_ok(sr_recovery_open(&k, &s.a.file, share, 3, &s.e), &s.e);
	assert_memory_equal(k->s, s.w->v->keys->s, sizeof *k->s);
	assert_string_equal(k->origin, W_ORIGIN);
	sr_service_free(k);
	scene_close(&s);
}

/* One line of a text replaced. */
static void with_line(
	struct sr_buf *out, const struct sr_buf *text, const char *key, const char *line) {
	const char *at = (const char *)text->p, *end = at + text->len;

	while (at < end) {
		const char *nl = memchr(at, '\n', (size_t)(end - at));
		const size_t n = (size_t)(nl - at) + 1;

		if (strncmp(at, key, strlen(key)) == 0 && at[strlen(key)] == ' ')
			sr_buf_put_str(out, line);
		else
			sr_buf_put(out, at, n);
		at += n;
	}
}

/* Texts with a line more than they have, a name that is too long, more members than the board. */
static void texts_that_are_too_long(struct scene *s) {
	struct sr_recovery r;
	struct sr_piece_share share;
	struct sr_buf line, text, piece;

	sr_buf_init(&line);
	sr_buf_init(&text);
	sr_buf_init(&piece);
	piece_of(s, 0, &piece);
	sr_text_put(&piece, "more", "x");
	assert_fails(take(s, &share, sr_buf_view(&piece)), SR_CORRUPT, &s->e,
		"no piece of a recovery: line 7: nothing more is wanted");
	sr_buf_put_str(&line, "origin ");
	for (size_t i = 0; i < 300; i++)
		sr_buf_put_u8(&line, 'o');
	sr_buf_put(&line, "\n", 2);
	with_line(&text, &s->file, "origin", (const char *)line.p);
	assert_fails(sr_recovery_read(&r, sr_buf_view(&text), &s->e), SR_CORRUPT, &s->e,
		" bytes, have 300");
	/* Each member's line twice: six, of a board of three. */
	{
		const char *at = strstr((const char *)s->file.p, "\nmember ");
		const size_t n = strcspn(at + 1, "\n") + 1;

		sr_buf_clear(&line);
		sr_buf_clear(&text);
		for (size_t i = 0; i < 2; i++)
			sr_buf_put(&line, at + 1, n);
		sr_buf_put_u8(&line, 0);
		with_line(&text, &s->file, "member", (const char *)line.p);
	}
	assert_fails(sr_recovery_read(&r, sr_buf_view(&text), &s->e), SR_CORRUPT, &s->e,
		"6 members, the board has 3");
	sr_buf_clear(&text);
	with_line(&text, &s->file, "member", "member 1 p-0000000000000000\n");
	assert_fails(sr_recovery_read(&r, sr_buf_view(&text), &s->e), SR_CORRUPT, &s->e,
		"member line 1: want four words");
	sr_buf_clear(&line);
	sr_buf_clear(&text);
	sr_buf_printf(&line, "member 4 %s ", s->w->member[0].person);
	sr_buf_put_base64(&line, s->w->member[0].pk, SR_PK);
	sr_buf_put_str(&line, " AAAA\n");
	sr_buf_put_u8(&line, 0);
	with_line(&text, &s->file, "member", (const char *)line.p);
	assert_fails(sr_recovery_read(&r, sr_buf_view(&text), &s->e), SR_CORRUPT, &s->e,
		"member line 1: index 4 of 3 members");
	static const char *const lines[][3] = {
		{"number", "numbers 1\n", "line 6: want `number`"},
		{"level", "level 2\n", "level 2 is not the board's highest"},
		{"origin", "origin other.example/vault\n",
			"the ledger key is not one of the origin"},
		{"vault",
			"vault "
			"0000000000000000000000000000000000000000000000000000000000000000\n",
			"the board's keys are of another vault"},
	};
	for (size_t i = 0; i < T_COUNT(lines); i++) {
		sr_buf_clear(&text);
		with_line(&text, &s->file, lines[i][0], lines[i][1]);
		assert_fails(sr_recovery_read(&r, sr_buf_view(&text), &s->e), SR_CORRUPT, &s->e,
			lines[i][2]);
	}
	sr_buf_clear(&piece);
	sr_buf_clear(&text);
	piece_of(s, 0, &piece);
	with_line(&text, &piece, "member", "member 1 p-0000000000000000\n");
	assert_fails(take(s, &share, sr_buf_view(&text)), SR_CORRUPT, &s->e,
		"no piece of a recovery: member: want three words");
	sr_buf_free(&line);
	sr_buf_free(&text);
	sr_buf_free(&piece);
}

/* A member's program that seals less than a piece, and signs that. */
static void a_piece_of_another_size(struct scene *s) {
	static const char type[] = "strongroom/recover-piece/v1";
	const uint8_t bytes[SR_PIECE - 1] = {1};
	struct sr_piece_share share;
	struct sr_buf text, sealed;
	uint8_t sig[SR_SIG], ctx[SR_HASH], id[SR_ID] = {3};
	const struct world_person *m;

	m = &s->w->member[0];
	sr_buf_init(&text);
	sr_buf_init(&sealed);
	sr_text_begin(&text, type);
	sr_text_put_hex(&text, "ask", s->a.hash, SR_HASH);
	sr_text_put_hex(&text, "id", id, SR_ID);
	sr_buf_printf(&text, "member 1 %s ", m->person);
	sr_buf_put_base64(&text, m->pk, SR_PK);
	sr_buf_put_u8(&text, '\n');
	SR_HASH_OF(ctx, "strongroom/recover-piece-context/v1", NULL, sr_buf_view(&text));
	assert_ok(sr_box_seal(&sealed, s->a.key, sr_bytes_of(NULL, 0), type,
			  sr_bytes_of(ctx, SR_HASH), sr_bytes_of(bytes, sizeof bytes), &s->e),
		&s->e);
	sr_text_put_base64(&text, "sealed", sealed.p, sealed.len);
	assert_ok(sr_sign(sig, m->seed, sr_buf_view(&text), &s->e), &s->e);
	sr_text_put_base64(&text, "signature", sig, SR_SIG);
	assert_fails(take(s, &share, sr_buf_view(&text)), SR_CORRUPT, &s->e,
		"the piece of member 1 (p-");
	assert_non_null(strstr(s->e.text, "a piece has "));
	sr_buf_free(&text);
	sr_buf_free(&sealed);
}

/* A file that a vault made which gives itself other public keys than its own. */
static void other_keys_inside(struct scene *s) {
	struct sr_piece_share share[3];
	struct sr_service *k = NULL;
	struct sr_recovery r;
	struct scene lying;

	s->w->v->keys->room_pk[0] ^= 1;
	assert_ok(sr_recover_renew(s->w->v, &s->e), &s->e);
	s->w->v->keys->room_pk[0] ^= 1;
	lying = *s;
	sr_buf_init(&lying.file);
	sr_buf_init(&lying.ask);
	t_read_file(t_path(s->w->vault, "keys/service.board"), &lying.file);
	assert_ok(sr_recovery_read(&r, sr_buf_view(&lying.file), &s->e), &s->e);
	assert_ok(sr_recovery_ask_make(&lying.ask, &r, lying.pk, &s->e), &s->e);
	sr_recovery_free(&r);
	assert_ok(sr_recovery_ask_read(&lying.a, sr_buf_view(&lying.ask), &s->e), &s->e);
	for (size_t i = 0; i < 3; i++) {
		struct sr_buf piece;

		sr_buf_init(&piece);
		piece_of(&lying, i, &piece);
		assert_ok(take(&lying, &share[i], sr_buf_view(&piece)), &lying.e);
		sr_buf_free(&piece);
	}
	assert_fails(sr_recovery_open(&k, &lying.a.file, share, 3, &s->e), SR_AUTH, &s->e,
		"service.board: the service keys inside are not the ones it names");
	assert_null(k);
	sr_recovery_ask_free(&lying.a);
	sr_buf_free(&lying.file);
	sr_buf_free(&lying.ask);
}

/* A piece is its member's, for this ask and this seal. */
static void pieces_bind_everything(void **state) {
	struct sr_piece_share share;
	struct sr_identity id;
	struct sr_buf piece, other;
	uint8_t pk[SR_X_PK], sk[SR_X_SK];
	struct scene s;
	struct sr_err e;

	(void)state;
	scene_open(&s, 3, 2, 3);
	sr_buf_init(&piece);
	sr_buf_init(&other);
	identity_of(&id, &s.w->curator[0]);
	assert_fails(sr_recovery_piece_make(&piece, &s.a, &id, &s.e), SR_DENIED, &s.e,
		"none of the 3 members");
	assert_int_equal(piece.len, 0);
	sr_identity_free(&id);
	piece_of(&s, 1, &piece);
	sr_box_keypair(pk, sk);
	char person[SR_PERSON_TEXT];
	assert_fails(sr_recovery_piece_take(&share, person, &s.a, sk, sr_buf_view(&piece), &e),
		SR_AUTH, &e, "the piece of member 2");
	assert_string_equal(person, s.w->member[1].person);
	/* Signed again by somebody who is no member, or who is another one. */
	struct sr_recovery_ask theirs;
	assert_ok(sr_recovery_ask_read(&theirs, sr_buf_view(&s.ask), &s.e), &s.e);
	memcpy(theirs.file.member[1].pk, s.w->member[2].pk, SR_PK);
	theirs.file.members = 2;
	identity_of(&id, &s.w->member[2]);
	assert_fails(sr_recovery_piece_make(&other, &theirs, &id, &s.e), SR_AUTH, &s.e,
		"own shares of member 2");
	sr_identity_free(&id);
	sr_recovery_ask_free(&theirs);
	sr_buf_free(&piece);
	sr_buf_free(&other);
	texts_that_are_too_long(&s);
	a_piece_of_another_size(&s);
	other_keys_inside(&s);
	scene_close(&s);
}

struct mutants {
	struct scene *s;
	size_t taken;
};

static void piece_mutant(void *ctx, struct sr_bytes mutant, const char *what) {
	struct mutants *m = ctx;
	struct sr_piece_share share;
	const int rc = take(m->s, &share, mutant);

	if (rc != SR_CORRUPT && rc != SR_AUTH && rc != SR_UNSUPPORTED)
		fail_msg("piece %s: %d", what, rc);
}

static void file_mutant(void *ctx, struct sr_bytes mutant, const char *what) {
	struct mutants *m = ctx;
	struct sr_recovery r;
	const int rc = sr_recovery_read(&r, mutant, NULL);

	if (rc != 0)
		return;
	m->taken++;
	if (sr_recovery_is_ours(&r, m->s->w->v->keys))
		fail_msg("file %s passes as ours", what);
	sr_recovery_free(&r);
}

static void ask_mutant(void *ctx, struct sr_bytes mutant, const char *what) {
	struct mutants *m = ctx;
	struct sr_recovery_ask a;

	if (sr_recovery_ask_read(&a, mutant, NULL) != 0)
		return;
	m->taken++;
	if (memcmp(a.hash, m->s->a.hash, SR_HASH) == 0)
		fail_msg("ask %s has the same fingerprint", what);
	sr_recovery_ask_free(&a);
}

static void every_cut_and_flip_is_seen(void **state) {
	struct scene s;
	struct mutants m = {.s = &s};
	struct sr_buf piece;

	(void)state;
	scene_open(&s, 2, 2, 0);
	sr_buf_init(&piece);
	piece_of(&s, 0, &piece);
	t_each_cut(sr_buf_view(&piece), piece_mutant, &m);
	t_each_flip(sr_buf_view(&piece), piece_mutant, &m);
	t_each_cut(sr_buf_view(&s.file), file_mutant, &m);
	t_each_flip(sr_buf_view(&s.file), file_mutant, &m);
	assert_true(m.taken > 0); /* a name's letter: no key is needed to read the file */
	t_each_cut(sr_buf_view(&s.ask), ask_mutant, &m);
	sr_buf_free(&piece);
	scene_close(&s);
}

/* A seal for an item, put where the one for the service keys was: no member's program touches it.
 * Without the kind in its context this file would make members decrypt any item. */
static void no_piece_for_another_seal(void **state) {
	uint8_t part[SR_PART] = {1}, id[SR_ID], seal[SR_SEAL];
	static const char *const kinds[] = {"item", "service-keys"};
	struct sr_tdh2_key key = {.level = 3};
	struct sr_recovery r;
	struct sr_buf line, file;
	struct scene s;

	(void)state;
	scene_open(&s, 3, 2, 3);
	memcpy(key.vault, s.a.file.vault, SR_HASH);
	memcpy(key.board, s.a.file.board.keys.level[1].board, SR_POINT);
	sr_buf_init(&line);
	sr_buf_init(&file);
	for (size_t i = 0; i < 4; i++) {
		key.kind = kinds[i % 2];
		memcpy(id, s.a.file.board.board, SR_ID);
		id[0] ^= i >= 2 ? 1 : 0; /* the kind is right in the last: another id */
		assert_ok(sr_tdh2_seal(seal, &key, id, 1, part, &s.e), &s.e);
		sr_buf_clear(&line);
		sr_buf_clear(&file);
		sr_text_put_base64(&line, "seal", seal, SR_SEAL);
		sr_buf_put_u8(&line, 0);
		with_line(&file, &s.file, "seal", (const char *)line.p);
		if (i == 1) { /* exactly the context: a seal, though not of this vault's keys */
			assert_ok(sr_recovery_read(&r, sr_buf_view(&file), &s.e), &s.e);
			assert_false(sr_recovery_is_ours(&r, s.w->v->keys));
			sr_recovery_free(&r);
			continue;
		}
		assert_fails(sr_recovery_read(&r, sr_buf_view(&file), &s.e), SR_AUTH, &s.e,
			"service.board: seal of service-keys");
	}
	sr_buf_free(&line);
	sr_buf_free(&file);
	scene_close(&s);
}

/* Without the file, or with another vault's, no recovery begins. ${file}: the one that is there. */
static void nothing_to_recover(struct scene *s, const struct sr_buf *file) {
	const struct sr_recover_begin o = {.path = s->w->vault,
		.unlock = {.credential = sr_bytes_of(WORLD_CREDENTIAL, strlen(WORLD_CREDENTIAL))}};
	struct sr_buf ask, key, conf, lie;
	uint8_t hash[SR_HASH];
	char path[T_PATH], line[100];

	sr_buf_init(&ask);
	sr_buf_init(&key);
	sr_buf_init(&conf);
	sr_buf_init(&lie);
	snprintf(path, sizeof path, "%s/strongroom.conf", s->w->vault);
	world_close(s->w);
	t_read_file(path, &conf);
	snprintf(line, sizeof line, "fingerprint %064d\n", 7);
	with_line(&lie, &conf, "fingerprint", line);
	t_write_file(path, lie.p, lie.len);
	assert_fails(sr_recover_begin(&ask, &key, hash, &o, &s->e), SR_AUTH, &s->e,
		"keys/service.board is of another vault than strongroom.conf");
	t_write_file(path, conf.p, conf.len);
	assert_ok(sr_passphrase_seal(&key, "strongroom/recover-key/v1",
			  sr_bytes_str("vault 00\nask 00\n"), &o.unlock, sr_bytes_str("short"),
			  &s->e),
		&s->e);
	struct sr_vault *v = NULL;
	struct sr_recover_finish end = {
		.path = s->w->vault, .unlock = o.unlock, .key = sr_buf_view(&key)};
	assert_fails(sr_recover_finish(&v, &end, &s->e), SR_CORRUPT, &s->e,
		"the recovery's key file: want 32 bytes, have 5");
	sr_buf_clear(&key);
	assert_int_equal(unlink(t_path(s->w->vault, "keys/service.board")), 0);
	assert_fails(sr_recover_begin(&ask, &key, hash, &o, &s->e), SR_NOTFOUND, &s->e,
		"keys/service.board is not there: it is written when the founding board opens");
	t_write_file(t_path(s->w->vault, "keys/service.board"), file->p, file->len);
	world_reopen(s->w);
	sr_buf_free(&ask);
	sr_buf_free(&key);
	sr_buf_free(&conf);
	sr_buf_free(&lie);
}

/* What the file is made of changed, or the file itself: it is written anew, and only then. */
static void the_file_follows_the_board(void **state) {
	struct sr_recovery r;
	struct sr_buf b;
	struct scene s;
	bool written = true;

	(void)state;
	scene_open(&s, 3, 2, 3);
	sr_buf_init(&b);
	assert_ok(sr_recover_settle(s.w->v, &written, &s.e), &s.e);
	assert_false(written);
	static const char *const damage[] = {"", "strongroom/service-board/v1\n", "x"};
	for (size_t i = 0; i < T_COUNT(damage); i++) {
		t_write_file(
			t_path(s.w->vault, "keys/service.board"), damage[i], strlen(damage[i]));
		assert_ok(sr_recover_settle(s.w->v, &written, &s.e), &s.e);
		assert_true(written);
	}
	/* One letter of a person's name: readable, and not ours. */
	sr_buf_clear(&b);
	t_read_file(t_path(s.w->vault, "keys/service.board"), &b);
	char *at = strstr((char *)b.p, " p-");
	at[3] = at[3] == 'a' ? 'b' : 'a';
	t_write_file(t_path(s.w->vault, "keys/service.board"), b.p, b.len);
	world_reopen(s.w);
	assert_non_null(
		strstr((const char *)s.w->v->recovered.p, "service.board was written anew"));
	sr_buf_clear(&b);
	t_read_file(t_path(s.w->vault, "keys/service.board"), &b);
	assert_ok(sr_recovery_read(&r, sr_buf_view(&b), &s.e), &s.e);
	assert_true(sr_recovery_is_ours(&r, s.w->v->keys));
	assert_int_equal(r.number, 2); /* the next after the one that could be read */
	sr_recovery_free(&r);
	nothing_to_recover(&s, &b);
	sr_buf_free(&b);
	scene_close(&s);
}

static int bring_share(struct world *w, const struct world_person *by, const struct scene *s,
	const char *run, const uint8_t keys[SR_HASH], struct sr_bytes box) {
	struct world_draft d;

	world_begin(&d, w, by, SR_T_SHARE);
	sr_text_put_hex(&d.text, "board", s->a.file.board.board, SR_ID);
	if (run != NULL)
		sr_text_put(&d.text, "run", run);
	else
		sr_text_put_hex(&d.text, "run", s->a.file.board.run, SR_ID);
	sr_text_put_hex(&d.text, "keys", keys, SR_HASH);
	world_object(&d, "shares", box);
	return world_commit(&d, NULL);
}

/* A member's share under another key: who may say so, of which keys, and the file follows at once.
 */
static void a_share_is_brought_over(void **state) {
	static uint8_t large[20000];
	uint8_t other[SR_HASH] = {7}, bytes[2 * SR_SCALAR + SR_BOX_OVERHEAD] = {9};
	const struct sr_bytes box = sr_bytes_of(bytes, sizeof bytes);
	struct sr_recovery r;
	struct sr_buf b;
	struct scene s;

	(void)state;
	scene_open(&s, 3, 2, 3);
	assert_fails(bring_share(s.w, &s.w->curator[0], &s, NULL, s.a.file.keys_hash, box),
		SR_DENIED, &s.w->out.err, "member");
	assert_fails(bring_share(s.w, &s.w->member[1], &s, NULL, other, box), SR_DENIED,
		&s.w->out.err, "the board has other keys by now");
	assert_fails(bring_share(s.w, &s.w->member[1], &s, "000000000000000000000000000000ff",
			     s.a.file.keys_hash, box),
		SR_DENIED, &s.w->out.err, "no such run of the key generation");
	assert_int_equal(world_count(s.w, SR_T_SHARE), 0);
	assert_ok(bring_share(s.w, &s.w->member[1], &s, NULL, s.a.file.keys_hash, box),
		&s.w->out.err);
	sr_buf_init(&b);
	t_read_file(t_path(s.w->vault, "keys/service.board"), &b);
	assert_ok(sr_recovery_read(&r, sr_buf_view(&b), &s.e), &s.e);
	assert_int_equal(r.number, 2);
	assert_true(sr_bytes_eq(r.member[1].box, box));
	assert_true(sr_bytes_eq(r.member[0].box, s.a.file.member[0].box));
	sr_recovery_free(&r);
	/* A box that is none: the file is made without that member, and none of the others loses.
	 */
	assert_ok(bring_share(s.w, &s.w->member[1], &s, NULL, s.a.file.keys_hash,
			  sr_bytes_of(large, sizeof large)),
		&s.w->out.err);
	sr_buf_clear(&b);
	t_read_file(t_path(s.w->vault, "keys/service.board"), &b);
	assert_ok(sr_recovery_read(&r, sr_buf_view(&b), &s.e), &s.e);
	assert_int_equal(r.number, 3);
	assert_int_equal(r.members, 2);
	assert_int_equal(r.member[1].index, 3);
	sr_recovery_free(&r);
	sr_buf_free(&b);
	scene_close(&s);
}

static void what_is_read_aloud(void **state) {
	uint8_t hash[SR_HASH] = {0x3f, 0xa9, 0x01, 0xbc};
	char shown[SR_RECOVERY_ASK_TEXT], typed[64];

	(void)state;
	sr_recovery_ask_shown(shown, hash);
	assert_string_equal(shown, "3fa9 01bc 0000 0000 0000 0000 0000 0000");
	assert_true(sr_recovery_ask_is(hash, shown));
	assert_true(sr_recovery_ask_is(hash, " 3FA901bc000000000000000000000000 "));
	snprintf(typed, sizeof typed, "%.*s", 38, shown);
	assert_false(sr_recovery_ask_is(hash, typed));
	snprintf(typed, sizeof typed, "%s0", shown);
	assert_false(sr_recovery_ask_is(hash, typed));
	assert_false(sr_recovery_ask_is(hash, "3fa9 01bd 0000 0000 0000 0000 0000 0000"));
	assert_false(sr_recovery_ask_is(hash, ""));
}

/* A note that is about no keys/service here is taken away; one that is, is logged once. */
static void a_note_is_logged_or_goes(void **state) {
	struct sr_recovered r = {.epoch = 1, .level = 3, .members = 3};
	const struct sr_unlock u = {
		.credential = sr_bytes_of(WORLD_CREDENTIAL, strlen(WORLD_CREDENTIAL))};
	struct sr_unlock_change change = {.now = u, .then = u};
	struct scene s;
	bool logged = true, changed = true;
	struct sr_buf b;

	(void)state;
	scene_open(&s, 3, 2, 3);
	sr_buf_init(&b);
	assert_ok(sr_recover_log(s.w->v, &logged, &s.e), &s.e);
	assert_false(logged);
	memcpy(r.board, s.a.file.board.board, SR_ID);
	memcpy(r.ask, s.a.hash, SR_HASH);
	for (size_t i = 0; i < 3; i++)
		memcpy(r.member[i], s.w->member[i].person, SR_PERSON_TEXT);
	assert_ok(sr_recover_seal(s.w->v, &r, &u, &s.e), &s.e);
	t_read_file(t_path(s.w->vault, "keys/recovered"), &b);
	world_close(s.w); /* before it was logged */
	change.path = s.w->vault;
	assert_fails(sr_unlock_change(&change, &changed, &s.e), SR_LOCKED, &s.e,
		"a recovery of the service keys was broken off");
	assert_false(changed);
	world_reopen(s.w);
	assert_int_equal(world_count(s.w, SR_T_RECOVER), 1);
	assert_false(t_exists(t_path(s.w->vault, "keys/recovered")));
	/* Once more: the log has this ask. */
	t_write_file(t_path(s.w->vault, "keys/recovered"), b.p, b.len);
	world_reopen(s.w);
	assert_int_equal(world_count(s.w, SR_T_RECOVER), 1);
	assert_false(t_exists(t_path(s.w->vault, "keys/recovered")));
	/* keys/service is another one by now. */
	r.ask[0] ^= 1;
	assert_ok(sr_recover_seal(s.w->v, &r, &u, &s.e), &s.e);
	sr_buf_clear(&b);
	t_read_file(t_path(s.w->vault, "keys/recovered"), &b);
	assert_ok(sr_recover_log(s.w->v, &logged, &s.e), &s.e);
	assert_true(logged);
	world_close(s.w);
	assert_ok(sr_unlock_change(&change, &changed, &s.e), &s.e);
	assert_true(changed);
	t_write_file(t_path(s.w->vault, "keys/recovered"), b.p, b.len);
	world_reopen(s.w);
	assert_int_equal(world_count(s.w, SR_T_RECOVER), 2);
	assert_false(t_exists(t_path(s.w->vault, "keys/recovered")));
	/* What is none of them is said to be none. */
	{
		struct sr_recovered again;
		uint8_t service[SR_HASH], check[SR_HASH];
		uint8_t *at;

		assert_ok(sr_recovered_read(&again, service, check, sr_buf_view(&b), &s.e), &s.e);
		b.p[11] ^= 'r' ^ 's';
		assert_fails(sr_recovered_read(&again, service, check, sr_buf_view(&b), &s.e),
			SR_CORRUPT, &s.e, "the first line is not strongroom/recovered/v1");
		b.p[11] ^= 'r' ^ 's';
		while ((at = memmem(b.p, b.len, "\nmember ", 8)) != NULL)
			at[1] = 'n'; /* keys that nobody reads */
		assert_fails(sr_recovered_read(&again, service, check, sr_buf_view(&b), &s.e),
			SR_CORRUPT, &s.e, "0 members");
	}
	/* Somebody with nothing but the disks puts other names into the one that fits, or nonsense.
	 */
	r.ask[0] ^= 4;
	assert_ok(sr_recover_seal(s.w->v, &r, &u, &s.e), &s.e);
	sr_buf_clear(&b);
	t_read_file(t_path(s.w->vault, "keys/recovered"), &b);
	for (int i = 0; i < 2; i++) {
		uint8_t *at = (uint8_t *)strstr((char *)b.p, "member p-");

		at[9] = at[9] == 'a' ? 'b' : 'a';
		t_write_file(t_path(s.w->vault, "keys/recovered"), b.p, i == 0 ? b.len : 40);
		assert_ok(sr_recover_log(s.w->v, &logged, &s.e), &s.e);
		assert_false(logged);
		assert_false(t_exists(t_path(s.w->vault, "keys/recovered")));
	}
	assert_int_equal(world_count(s.w, SR_T_RECOVER), 2);
	/* Too few members: no log takes that. */
	r.ask[0] ^= 2;
	r.members = 2;
	assert_ok(sr_recover_seal(s.w->v, &r, &u, &s.e), &s.e);
	assert_fails(sr_recover_log(s.w->v, &logged, &s.e), SR_CORRUPT, &s.e,
		"2 members, and the board wants 3");
	sr_buf_free(&b);
	scene_close(&s);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quorum_opens_them),
		cmocka_unit_test(pieces_bind_everything),
		cmocka_unit_test(every_cut_and_flip_is_seen),
		cmocka_unit_test(no_piece_for_another_seal),
		cmocka_unit_test(the_file_follows_the_board),
		cmocka_unit_test(a_share_is_brought_over),
		cmocka_unit_test(what_is_read_aloud),
		cmocka_unit_test(a_note_is_logged_or_goes),
	};

	return cmocka_run_group_tests_name("board_recovery", tests, NULL, NULL);
}
