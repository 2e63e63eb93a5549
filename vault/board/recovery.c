/*
 * recovery - see recovery.h.
 */
#include "board/recovery.h"

#include "merkle/note.h"

static const char FILE_TYPE[] = "strongroom/service-board/v1";
static const char ASK_TYPE[] = "strongroom/recover-ask/v1";
static const char PIECE_TYPE[] = "strongroom/recover-piece/v1";
static const char SEAL_LABEL[] = "strongroom/service-board-keys/v1";
static const char KIND[] = "service-keys";

/* --- the seal --- */

static void tdh2_key(struct sr_tdh2_key *out, const struct sr_board_keys *b, size_t at) {
	*out = (struct sr_tdh2_key){.level = b->keys.level[at].level, .kind = KIND};
	memcpy(out->vault, b->vault, SR_HASH);
	memcpy(out->board, b->keys.level[at].board, SR_POINT);
}

static void tdh2_sealed(struct sr_sealed *out, const struct sr_recovery *r) {
	*out = (struct sr_sealed){.number = r->number, .seal = r->seal};
	memcpy(out->id, r->board.board, SR_ID);
}

static void part_key(uint8_t key[SR_KEY], const uint8_t part[SR_PART]) {
	sr_hash_of(key, "strongroom/service-board-key/v1", part, NULL, 0);
}

static void check_of(uint8_t out[SR_HASH], const struct sr_service *keys, struct sr_bytes before) {
	uint8_t key[SR_KEY];

	sr_hash_of(key, "strongroom/service-board-check-key/v1", keys->s->journal_key, NULL, 0);
	SR_HASH_OF(out, "strongroom/service-board-check/v1", key, before);
	sr_wipe(key, sizeof key);
}

static void put_value(struct sr_buf *b, const char *key, struct sr_bytes v) {
	sr_text_put_base64(b, key, v.p, v.len);
}

static int put_public(struct sr_buf *out, const struct sr_recovery_in *in, uint8_t level,
	const struct sr_board_keys *b, struct sr_err *e) {
	struct sr_vkey vkey;
	int rc = sr_vkey_make(
		&vkey, sr_bytes_str(in->keys->origin), SR_NOTE_ED25519, in->keys->ledger_pk, e);

	if (rc != 0)
		return rc;
	sr_text_begin(out, FILE_TYPE);
	sr_text_put(out, "origin", in->keys->origin);
	sr_buf_put_str(out, "ledger-key ");
	sr_vkey_put(out, &vkey);
	sr_buf_put_u8(out, '\n');
	sr_text_put_base64(out, "room-key", in->keys->room_pk, SR_PK);
	sr_text_put_hex(out, "vault", b->vault, SR_HASH);
	sr_text_put_dec(out, "number", in->number);
	sr_text_put_dec(out, "level", level);
	put_value(out, "keys", in->board);
	for (size_t i = 0; i < in->members; i++) {
		const struct sr_recovery_member *m = &in->member[i];

		sr_buf_printf(out, "member %u %s ", m->index, m->person);
		sr_buf_put_base64(out, m->pk, SR_PK);
		sr_buf_put_u8(out, ' ');
		sr_buf_put_base64(out, m->box.p, m->box.len);
		sr_buf_put_u8(out, '\n');
	}
	return sr_buf_ok(out, e);
}

int sr_recovery_make(struct sr_buf *out, const struct sr_recovery_in *in, struct sr_err *e) {
	struct sr_board_keys *b = calloc(1, sizeof *b);
	struct sr_tdh2_key key;
	uint8_t part[SR_PART], secret[SR_KEY], seal[SR_SEAL], check[SR_HASH];
	struct sr_buf sealed, plain;
	size_t at;
	int rc = b == NULL ? sr_fail(e, SR_NOMEM, "service.board: out of memory")
			   : sr_keys_decode(b, in->board, e);

	sr_buf_init(&sealed);
	sr_buf_init_secret(&plain);
	if (rc != 0)
		goto out;
	at = b->keys.levels - 1; /* ascending: the highest */
	tdh2_key(&key, b, at);
	sr_random(part, sizeof part);
	part_key(secret, part);
	rc = put_public(out, in, key.level, b, e);
	if (rc == 0)
		rc = sr_tdh2_seal(seal, &key, b->board, in->number, part, e);
	if (rc == 0)
		rc = sr_service_put(&plain, in->keys, e);
	if (rc == 0) {
		sr_text_put_base64(out, "seal", seal, SR_SEAL);
		rc = sr_aead_seal_buf(
			&sealed, secret, SEAL_LABEL, sr_buf_view(out), sr_buf_view(&plain), e);
	}
	if (rc == 0) {
		put_value(out, "sealed", sr_buf_view(&sealed));
		check_of(check, in->keys, sr_buf_view(out));
		sr_text_put_hex(out, "check", check, SR_HASH);
		rc = sr_buf_ok(out, e);
	}
out:
	sr_wipe(part, sizeof part);
	sr_wipe(secret, sizeof secret);
	sr_buf_free(&plain);
	sr_buf_free(&sealed);
	free(b);
	return rc;
}

/* --- reading the file --- */

/* The text's lines in exactly this order; "+": one or more of the key before. */
static int lines_are(
	const struct sr_text *t, const char *type, const char *const *order, struct sr_err *e) {
	size_t at = 0;

	if (!sr_bytes_eq(t->type, sr_bytes_str(type)))
		return sr_fail(e, SR_CORRUPT, "the first line is not %s", type);
	for (size_t i = 0; order[i] != NULL; i++) {
		const bool more = order[i + 1] != NULL && strcmp(order[i + 1], "+") == 0;
		size_t n = 0;

		while (at < t->count && (n == 0 || more) &&
			sr_bytes_eq(t->lines[at].key, sr_bytes_str(order[i])))
			at++, n++;
		if (n == 0)
			return sr_fail(e, SR_CORRUPT, "line %zu: want `%s`", at + 2, order[i]);
		i += more ? 1 : 0;
	}
	if (at != t->count)
		return sr_fail(e, SR_CORRUPT, "line %zu: nothing more is wanted", at + 2);
	return 0;
}

static int copy_name(char *out, size_t size, struct sr_bytes v, struct sr_err *e) {
	if (v.len == 0 || v.len >= size)
		return sr_fail(e, SR_CORRUPT, "want 1 to %zu bytes, have %zu", size - 1, v.len);
	memcpy(out, v.p, v.len);
	out[v.len] = '\0';
	return 0;
}

static int read_person(uint8_t *index, char person[SR_PERSON_TEXT], uint8_t pk[SR_PK],
	struct sr_bytes v, struct sr_err *e) {
	uint64_t n = 0;
	int rc = sr_parse_dec(&n, sr_word(v, 0), SR_BOARD_MEMBERS_MAX, e);

	*index = (uint8_t)n;
	if (rc == 0)
		rc = sr_value_check(SR_V_PERSON, sr_word(v, 1), e);
	if (rc == 0)
		rc = copy_name(person, SR_PERSON_TEXT, sr_word(v, 1), e);
	return rc == 0 ? sr_unbase64_fixed(pk, SR_PK, sr_word(v, 2), e) : rc;
}

static int read_members(struct sr_recovery *r, const struct sr_text *t, struct sr_err *e) {
	size_t from[SR_BOARD_MEMBERS_MAX + 1] = {0};
	const size_t count = sr_text_count(t, "member");
	int rc = 0;

	if (count > r->board.keys.level[0].members)
		return sr_fail(e, SR_CORRUPT, "%zu members, the board has %u", count,
			r->board.keys.level[0].members);
	for (size_t i = 0; i < count && rc == 0; i++) {
		const struct sr_bytes v = sr_text_get_n(t, "member", i);
		struct sr_recovery_member *m = &r->member[i];

		rc = sr_word_count(v) == 4 ? read_person(&m->index, m->person, m->pk, v, e)
					   : sr_fail(e, SR_CORRUPT, "want four words");
		if (rc == 0 && (m->index < 1 || m->index > r->board.keys.level[0].members ||
				       (i > 0 && m->index <= r->member[i - 1].index)))
			rc = sr_fail(e, SR_CORRUPT, "index %u of %u members", m->index,
				r->board.keys.level[0].members);
		if (rc == 0)
			rc = sr_unbase64(&r->boxes, sr_word(v, 3), e);
		from[i + 1] = r->boxes.len;
		if (rc != 0)
			sr_wrap(e, "member line %zu", i + 1);
	}
	r->members = count;
	for (size_t i = 0; i < count && rc == 0; i++)
		r->member[i].box = sr_bytes_of(r->boxes.p + from[i], from[i + 1] - from[i]);
	return rc;
}

static int read_keys(struct sr_recovery *r, const struct sr_text *t, struct sr_err *e) {
	struct sr_buf body;
	uint64_t level = 0;
	int rc;

	sr_buf_init(&body);
	rc = sr_unbase64(&body, sr_text_get(t, "keys"), e);
	if (rc == 0)
		rc = sr_keys_decode(&r->board, sr_buf_view(&body), e);
	sr_keys_hash(r->keys_hash, sr_buf_view(&body));
	sr_buf_free(&body);
	if (rc == 0 && memcmp(r->board.vault, r->vault, SR_HASH) != 0)
		rc = sr_fail(e, SR_CORRUPT, "the board's keys are of another vault");
	if (rc == 0)
		rc = sr_parse_dec(&level, sr_text_get(t, "level"), 255, e);
	if (rc != 0)
		return rc;
	r->at = r->board.keys.levels - 1;
	if (r->board.keys.level[r->at].level != level)
		return sr_fail(e, SR_CORRUPT, "level %llu is not the board's highest",
			(unsigned long long)level);
	return 0;
}

static int read_lines(struct sr_recovery *r, const struct sr_text *t, struct sr_err *e) {
	struct sr_vkey vkey = {0};
	int rc = copy_name(r->origin, sizeof r->origin, sr_text_get(t, "origin"), e);

	if (rc == 0)
		rc = sr_vkey_parse(&vkey, sr_text_get(t, "ledger-key"), e);
	if (rc == 0)
		rc = copy_name(
			r->ledger_key, sizeof r->ledger_key, sr_text_get(t, "ledger-key"), e);
	if (rc == 0 && (vkey.type != SR_NOTE_ED25519 || strcmp(vkey.name, r->origin) != 0))
		rc = sr_fail(e, SR_CORRUPT, "the ledger key is not one of the origin");
	if (rc == 0)
		rc = sr_unbase64_fixed(r->room_pk, SR_PK, sr_text_get(t, "room-key"), e);
	if (rc == 0)
		rc = sr_unhex(r->vault, SR_HASH, sr_text_get(t, "vault"), e);
	if (rc == 0)
		rc = sr_parse_dec(&r->number, sr_text_get(t, "number"), INT64_MAX, e);
	if (rc == 0)
		rc = read_keys(r, t, e);
	if (rc == 0)
		rc = read_members(r, t, e);
	if (rc == 0)
		rc = sr_unbase64_fixed(r->seal, SR_SEAL, sr_text_get(t, "seal"), e);
	if (rc == 0)
		rc = sr_unbase64(&r->sealed, sr_text_get(t, "sealed"), e);
	return rc == 0 ? sr_unhex(r->check, SR_HASH, sr_text_get(t, "check"), e) : rc;
}

/* Where the line with ${value} begins: values are views into ${raw}. */
static size_t line_at(const struct sr_text *t, const char *key) {
	const struct sr_bytes v = sr_text_get(t, key);

	return (size_t)(v.p - t->raw.p) - strlen(key) - 1;
}

int sr_recovery_read(struct sr_recovery *out, struct sr_bytes file, struct sr_err *e) {
	static const char *const order[] = {"origin", "ledger-key", "room-key", "vault", "number",
		"level", "keys", "member", "+", "seal", "sealed", "check", NULL};
	struct sr_tdh2_key key;
	struct sr_sealed sealed;
	struct sr_text t = {0};
	int rc;

	memset(out, 0, sizeof *out);
	sr_buf_init(&out->sealed);
	sr_buf_init(&out->boxes);
	sr_buf_init(&out->raw);
	sr_buf_put_bytes(&out->raw, file);
	rc = sr_buf_ok(&out->raw, e);
	if (rc == 0)
		rc = sr_text_parse(&t, sr_buf_view(&out->raw), e);
	if (rc == 0)
		rc = lines_are(&t, FILE_TYPE, order, e);
	if (rc == 0)
		rc = read_lines(out, &t, e);
	if (rc == 0) {
		out->public_size = line_at(&t, "sealed");
		out->checked_size = line_at(&t, "check");
		tdh2_key(&key, &out->board, out->at);
		tdh2_sealed(&sealed, out);
		rc = sr_tdh2_check(&key, &sealed, e);
	}
	sr_text_free(&t);
	if (rc != 0) {
		sr_wrap(e, "service.board");
		sr_recovery_free(out);
	}
	return rc;
}

void sr_recovery_free(struct sr_recovery *r) {
	sr_buf_free(&r->sealed);
	sr_buf_free(&r->boxes);
	sr_buf_free(&r->raw);
	memset(r, 0, sizeof *r);
}

bool sr_recovery_is_ours(const struct sr_recovery *r, const struct sr_service *keys) {
	uint8_t want[SR_HASH];

	check_of(want, keys, sr_bytes_of(r->raw.p, r->checked_size));
	return sr_ct_eq(want, r->check, SR_HASH);
}

size_t sr_recovery_quorum(const struct sr_recovery *r) {
	return r->board.keys.level[r->at].quorum;
}

/* --- asking --- */

static void ask_hash(
	uint8_t out[SR_HASH], const struct sr_recovery *r, const uint8_t key[SR_X_PK]) {
	SR_HASH_OF(out, ASK_TYPE, NULL, sr_bytes_of(r->vault, SR_HASH), sr_bytes_of(key, SR_X_PK),
		sr_buf_view(&r->raw));
}

int sr_recovery_ask_make(struct sr_buf *out, const struct sr_recovery *r,
	const uint8_t key[SR_X_PK], struct sr_err *e) {
	sr_text_begin(out, ASK_TYPE);
	sr_text_put_base64(out, "key", key, SR_X_PK);
	put_value(out, "file", sr_buf_view(&r->raw));
	return sr_buf_ok(out, e);
}

int sr_recovery_ask_read(struct sr_recovery_ask *out, struct sr_bytes text, struct sr_err *e) {
	static const char *const order[] = {"key", "file", NULL};
	struct sr_text t = {0};
	struct sr_buf file;
	int rc;

	memset(out, 0, sizeof *out);
	sr_buf_init(&file);
	rc = sr_text_parse(&t, text, e);
	if (rc == 0)
		rc = lines_are(&t, ASK_TYPE, order, e);
	if (rc == 0)
		rc = sr_unbase64_fixed(out->key, SR_X_PK, sr_text_get(&t, "key"), e);
	if (rc == 0)
		rc = sr_box_pk_check(out->key, e);
	if (rc == 0)
		rc = sr_unbase64(&file, sr_text_get(&t, "file"), e);
	if (rc == 0)
		rc = sr_recovery_read(&out->file, sr_buf_view(&file), e);
	if (rc == 0)
		ask_hash(out->hash, &out->file, out->key);
	sr_text_free(&t);
	sr_buf_free(&file);
	return rc == 0 ? 0 : sr_wrap(e, "recovery");
}

void sr_recovery_ask_free(struct sr_recovery_ask *a) {
	sr_recovery_free(&a->file);
	memset(a, 0, sizeof *a);
}

void sr_recovery_ask_shown(char out[SR_RECOVERY_ASK_TEXT], const uint8_t hash[SR_HASH]) {
	char hex[2 * SR_HASH + 1];

	sr_hex(hex, hash, SR_HASH);
	for (size_t i = 0; i < 8; i++) {
		memcpy(out + 5 * i, hex + 4 * i, 4);
		out[5 * i + 4] = i < 7 ? ' ' : '\0';
	}
}

bool sr_recovery_ask_is(const uint8_t hash[SR_HASH], const char *typed) {
	char hex[2 * SR_HASH + 1];
	size_t n = 0;

	sr_hex(hex, hash, SR_HASH);
	for (; *typed != '\0'; typed++) {
		if (*typed == ' ')
			continue;
		if (n >= 32 || (*typed != hex[n] && (hex[n] < 'a' || *typed != hex[n] - 'a' + 'A')))
			return false;
		n++;
	}
	return n == 32;
}

/* --- pieces --- */

static void piece_ctx(struct sr_piece_ctx *out, const struct sr_recovery_ask *a,
	const struct sr_recovery_member *m, const uint8_t id[SR_ID]) {
	const struct sr_recovery *r = &a->file;

	memset(out, 0, sizeof *out);
	tdh2_key(&out->key, &r->board, r->at);
	memcpy(out->transcript, r->board.keys.transcript, SR_HASH);
	out->epoch = r->board.epoch;
	out->index = m->index;
	memcpy(out->share, r->board.keys.level[r->at].share[m->index - 1], SR_POINT);
	memcpy(out->voter, m->pk, SR_PK);
	memcpy(out->vote, id, SR_ID);
	memcpy(out->request, a->hash, SR_HASH);
	memcpy(out->room, a->key, SR_X_PK);
}

static int piece_bytes(uint8_t piece[SR_PIECE], const struct sr_recovery_ask *a,
	const struct sr_recovery_member *m, const struct sr_identity *id, const uint8_t *salt,
	struct sr_err *e) {
	uint8_t x[SR_BOARD_LEVELS_MAX][SR_SCALAR];
	const struct sr_recovery *r = &a->file;
	struct sr_share_place at = {.keys = &r->board.keys, .index = m->index};
	struct sr_piece_ctx ctx;
	struct sr_sealed s;
	int rc;

	memcpy(at.hash, r->keys_hash, SR_HASH);
	rc = sr_shares_open(x, &at, id->seed, m->box, e);
	piece_ctx(&ctx, a, m, salt);
	tdh2_sealed(&s, r);
	if (rc == 0)
		rc = sr_piece_make(piece, &ctx, &s, x[r->at], e);
	sr_wipe(x, sizeof x);
	return rc;
}

int sr_recovery_piece_make(struct sr_buf *out, const struct sr_recovery_ask *a,
	const struct sr_identity *id, struct sr_err *e) {
	const struct sr_recovery_member *m = NULL;
	uint8_t piece[SR_PIECE], salt[SR_ID], sig[SR_SIG], ctx[SR_HASH];
	struct sr_buf sealed;
	const size_t before = out->len;
	int rc;

	for (size_t i = 0; i < a->file.members && m == NULL; i++)
		if (memcmp(a->file.member[i].pk, id->pk, SR_PK) == 0)
			m = &a->file.member[i];
	if (m == NULL)
		return sr_fail(e, SR_DENIED,
			"%s, with this key, is none of the %zu members that the service keys are "
			"sealed to",
			id->person, a->file.members);
	sr_buf_init(&sealed);
	sr_random(salt, sizeof salt);
	rc = piece_bytes(piece, a, m, id, salt, e);
	if (rc != 0)
		goto out;
	sr_text_begin(out, PIECE_TYPE);
	sr_text_put_hex(out, "ask", a->hash, SR_HASH);
	sr_text_put_hex(out, "id", salt, SR_ID);
	sr_buf_printf(out, "member %u %s ", m->index, m->person);
	sr_buf_put_base64(out, m->pk, SR_PK);
	sr_buf_put_u8(out, '\n');
	SR_HASH_OF(ctx, "strongroom/recover-piece-context/v1", NULL,
		sr_bytes_of(out->p + before, out->len - before));
	rc = sr_box_seal(&sealed, a->key, sr_bytes_of(NULL, 0), PIECE_TYPE,
		sr_bytes_of(ctx, SR_HASH), sr_bytes_of(piece, SR_PIECE), e);
	if (rc != 0)
		goto out;
	put_value(out, "sealed", sr_buf_view(&sealed));
	rc = sr_buf_ok(out, e);
	if (rc == 0)
		rc = sr_sign(sig, id->seed, sr_bytes_of(out->p + before, out->len - before), e);
	if (rc == 0) {
		sr_text_put_base64(out, "signature", sig, SR_SIG);
		rc = sr_buf_ok(out, e);
	}
out:
	sr_wipe(piece, sizeof piece);
	sr_buf_free(&sealed);
	return rc;
}

struct piece_text { /* what a piece says, before its box is opened */
	uint8_t ask[SR_HASH], id[SR_ID], sig[SR_SIG], pk[SR_PK];
	struct sr_recovery_member who;
	struct sr_buf sealed;
	struct sr_bytes head, signed_text;
};

static int piece_parse(struct piece_text *p, const struct sr_text *t, struct sr_err *e) {
	static const char *const order[] = {"ask", "id", "member", "sealed", "signature", NULL};
	int rc = lines_are(t, PIECE_TYPE, order, e);

	if (rc == 0)
		rc = sr_unhex(p->ask, SR_HASH, sr_text_get(t, "ask"), e);
	if (rc == 0)
		rc = sr_unhex(p->id, SR_ID, sr_text_get(t, "id"), e);
	if (rc == 0)
		rc = sr_word_count(sr_text_get(t, "member")) == 3
			     ? read_person(&p->who.index, p->who.person, p->who.pk,
				       sr_text_get(t, "member"), e)
			     : sr_fail(e, SR_CORRUPT, "member: want three words");
	if (rc == 0)
		rc = sr_unbase64(&p->sealed, sr_text_get(t, "sealed"), e);
	if (rc == 0)
		rc = sr_unbase64_fixed(p->sig, SR_SIG, sr_text_get(t, "signature"), e);
	if (rc != 0)
		return rc;
	p->head = sr_bytes_of(t->raw.p, line_at(t, "sealed"));
	p->signed_text = sr_bytes_of(t->raw.p, line_at(t, "signature"));
	return 0;
}

static int piece_check(struct sr_piece_share *out, const struct piece_text *p,
	const struct sr_recovery_ask *a, const uint8_t sk[SR_X_SK], struct sr_err *e) {
	const struct sr_recovery_member *m = NULL;
	struct sr_piece_ctx ctx;
	struct sr_sealed s;
	struct sr_buf piece;
	uint8_t context[SR_HASH];
	int rc;

	for (size_t i = 0; i < a->file.members && m == NULL; i++)
		if (a->file.member[i].index == p->who.index)
			m = &a->file.member[i];
	if (m == NULL || strcmp(m->person, p->who.person) != 0 ||
		memcmp(m->pk, p->who.pk, SR_PK) != 0)
		return sr_fail(e, SR_AUTH, "no such member, with this key, of the board");
	if (memcmp(p->ask, a->hash, SR_HASH) != 0)
		return sr_fail(e, SR_AUTH, "it was made for another recovery");
	rc = sr_verify(p->sig, m->pk, p->signed_text, e);
	if (rc != 0)
		return rc;
	sr_buf_init_secret(&piece);
	SR_HASH_OF(context, "strongroom/recover-piece-context/v1", NULL, p->head);
	rc = sr_box_open(&piece, sk, sr_bytes_of(NULL, 0), PIECE_TYPE,
		sr_bytes_of(context, SR_HASH), sr_buf_view(&p->sealed), e);
	if (rc == 0 && piece.len != SR_PIECE)
		rc = sr_fail(e, SR_CORRUPT, "a piece has %d bytes, have %zu", SR_PIECE, piece.len);
	piece_ctx(&ctx, a, m, p->id);
	tdh2_sealed(&s, &a->file);
	if (rc == 0)
		rc = sr_piece_verify(out, piece.p, &ctx, &s, e);
	sr_buf_free(&piece);
	return rc;
}

int sr_recovery_piece_take(struct sr_piece_share *out, char person[SR_PERSON_TEXT],
	const struct sr_recovery_ask *a, const uint8_t sk[SR_X_SK], struct sr_bytes text,
	struct sr_err *e) {
	struct piece_text p = {0};
	struct sr_text t = {0};
	int rc = sr_text_parse(&t, text, e);

	person[0] = '\0';
	sr_buf_init(&p.sealed);
	if (rc == 0)
		rc = piece_parse(&p, &t, e);
	if (rc == 0) {
		memcpy(person, p.who.person, SR_PERSON_TEXT);
		rc = piece_check(out, &p, a, sk, e);
		if (rc != 0)
			sr_wrap(e, "the piece of member %u (%s)", p.who.index, p.who.person);
	} else {
		sr_wrap(e, "no piece of a recovery");
	}
	sr_buf_free(&p.sealed);
	sr_text_free(&t);
	return rc;
}

/* --- opening --- */

static int keys_fit(const struct sr_recovery *r, const struct sr_service *k, struct sr_err *e) {
	struct sr_vkey vkey;
	int rc = sr_vkey_parse(&vkey, sr_bytes_str(r->ledger_key), e);

	if (rc != 0)
		return rc;
	if (memcmp(vkey.pk, k->ledger_pk, SR_PK) != 0 || memcmp(r->room_pk, k->room_pk, SR_PK) != 0)
		return sr_fail(e, SR_AUTH, "the service keys inside are not the ones it names");
	return 0;
}

int sr_recovery_open(struct sr_service **out, const struct sr_recovery *r,
	const struct sr_piece_share *shares, size_t count, struct sr_err *e) {
	uint8_t xr[SR_POINT], part[SR_PART], secret[SR_KEY];
	struct sr_service *k = NULL;
	struct sr_tdh2_key key;
	struct sr_sealed s;
	struct sr_buf plain;
	int rc = sr_piece_combine(xr, shares, count, sr_recovery_quorum(r), e);

	sr_buf_init_secret(&plain);
	tdh2_key(&key, &r->board, r->at);
	tdh2_sealed(&s, r);
	if (rc == 0)
		rc = sr_tdh2_open(part, &key, &s, xr, e);
	if (rc == 0) {
		part_key(secret, part);
		rc = sr_aead_open_buf(&plain, secret, SEAL_LABEL,
			sr_bytes_of(r->raw.p, r->public_size), sr_buf_view(&r->sealed), e);
	}
	if (rc == 0)
		rc = sr_service_of(&k, sr_bytes_str(r->origin), sr_buf_view(&plain), e);
	if (rc == 0)
		rc = keys_fit(r, k, e);
	sr_wipe(xr, sizeof xr);
	sr_wipe(part, sizeof part);
	sr_wipe(secret, sizeof secret);
	sr_buf_free(&plain);
	if (rc != 0) {
		sr_service_free(k);
		return sr_wrap(e, "service.board");
	}
	*out = k;
	return 0;
}
