/*
 * recover - see recover.h.
 */
#include "board/recover.h"

#include "board/door.h"
#include "board/follow.h"
#include "board/keys.h"
#include "board/unlock.h"
#include "catalogue/query.h"
#include "store/supersede.h"

enum {
	FILE_MAX = 32 << 10, /* bytes: a text of base/text.h */
	NOTE_MAX = 2048
};
static const char NOTE_TYPE[] = "strongroom/recovered/v1";
static const char KEY_TYPE[] = "strongroom/recover-key/v1";

/* --- keys/service.board ----------------------------------------------------------------------- */

struct present { /* the board as it is */
	struct sr_board_row board;
	struct sr_run_row run;
	struct sr_buf keys;
	struct sr_buf box[SR_BOARD_MEMBERS_MAX];
	struct sr_recovery_member member[SR_BOARD_MEMBERS_MAX];
	size_t members;
};

static void present_free(struct present *p) {
	if (p == NULL)
		return;
	sr_buf_free(&p->keys);
	for (size_t i = 0; i < SR_BOARD_MEMBERS_MAX; i++)
		sr_buf_free(&p->box[i]);
	free(p);
}

/* Only a member knows whether their box holds their shares, but everybody sees its size: one of
 * another is left out, and with it nobody but that member. (Else one of them could make the file
 * too large for all.) */
static int present_read(struct present *p, struct sr_vault *v, struct sr_err *e) {
	int rc = sr_query_run(&p->run, v->catalogue, p->board.run, e);

	if (rc == 0)
		rc = sr_object_fetch(v, p->board.keys, &p->keys, e);
	for (size_t i = 0; i < p->board.member_count && rc == 0; i++) {
		const struct sr_member_row *m = &p->board.members[i];
		struct sr_recovery_member *to = &p->member[p->members];

		to->index = (uint8_t)m->index;
		memcpy(to->person, m->person, SR_PERSON_TEXT);
		memcpy(to->pk, m->pk, SR_PK);
		for (size_t k = 0; k < p->run.member_count && rc == 0; k++)
			if (strcmp(p->run.members[k].person, m->person) == 0)
				rc = sr_object_fetch(v, p->run.members[k].shares, &p->box[i], e);
		to->box = sr_buf_view(&p->box[i]);
		if (to->box.len == p->board.level_count * SR_SCALAR + SR_BOX_OVERHEAD)
			p->members++;
	}
	return rc;
}

static bool up_to_date(
	const struct sr_recovery *r, const struct present *p, const struct sr_vault *v) {
	if (!sr_recovery_is_ours(r, v->keys) || memcmp(r->vault, v->fingerprint, SR_HASH) != 0 ||
		memcmp(r->keys_hash, p->board.keys_hash, SR_HASH) != 0 || r->members != p->members)
		return false;
	for (size_t i = 0; i < r->members; i++)
		if (r->member[i].index != p->member[i].index ||
			strcmp(r->member[i].person, p->member[i].person) != 0 ||
			memcmp(r->member[i].pk, p->member[i].pk, SR_PK) != 0 ||
			!sr_bytes_eq(r->member[i].box, p->member[i].box))
			return false;
	return true;
}

static int file_put(struct sr_dir *keys, const struct present *p, uint64_t number,
	const struct sr_vault *v, struct sr_err *e) {
	const struct sr_recovery_in in = {.keys = v->keys,
		.number = number,
		.board = sr_buf_view(&p->keys),
		.member = p->member,
		.members = p->members};
	struct sr_buf b;
	bool there = false;
	int rc;

	sr_buf_init(&b);
	rc = sr_recovery_make(&b, &in, e);
	if (rc == 0)
		rc = sr_file_find(&there, keys, SR_RECOVER_FILE, e);
	if (rc == 0)
		rc = there ? sr_file_supersede(keys, SR_RECOVER_FILE, sr_buf_view(&b), NULL, e)
			   : sr_file_create(keys, SR_RECOVER_FILE, sr_buf_view(&b), e);
	sr_buf_free(&b);
	return rc;
}

static int settle(struct sr_vault *v, struct sr_dir *keys, struct present *p, bool anew,
	bool *written, struct sr_err *e) {
	struct sr_recovery r = {0};
	struct sr_buf b;
	uint64_t number = 0;
	bool good = false;
	int rc = sr_file_supersede_finish(keys, SR_RECOVER_FILE, NULL, e);

	if (rc == 0)
		rc = present_read(p, v, e);
	if (rc != 0)
		return rc;
	sr_buf_init(&b);
	/* One that cannot be read is written anew, whatever the reason: it is made of what is here.
	 */
	if (sr_file_read(keys, SR_RECOVER_FILE, &b, FILE_MAX, NULL) == 0 &&
		sr_recovery_read(&r, sr_buf_view(&b), NULL) == 0) {
		number = r.number;
		good = !anew && up_to_date(&r, p, v);
		sr_recovery_free(&r);
	}
	sr_buf_free(&b);
	if (!good)
		rc = file_put(keys, p, number < INT64_MAX ? number + 1 : 1, v, e);
	*written = !good && rc == 0;
	return rc;
}

static int settle_or_renew(struct sr_vault *v, bool anew, bool *written, struct sr_err *e) {
	struct present *p = calloc(1, sizeof *p);
	struct sr_dir *keys = NULL;
	int rc = p == NULL ? sr_fail(e, SR_NOMEM, "service.board: out of memory")
			   : sr_query_board(&p->board, v->catalogue, NULL, 0, e);

	*written = false;
	if (rc == 0 && p->board.opened) {
		rc = sr_dir_open_at(&keys, v->dir, "keys", e);
		if (rc == 0)
			rc = settle(v, keys, p, anew, written, e);
	}
	sr_dir_close(keys);
	present_free(p);
	return rc == 0 ? 0 : sr_wrap(e, "keys/%s", SR_RECOVER_FILE);
}

int sr_recover_settle(struct sr_vault *v, bool *written, struct sr_err *e) {
	return settle_or_renew(v, false, written, e);
}

int sr_recover_renew(struct sr_vault *v, struct sr_err *e) {
	bool written = false;

	return settle_or_renew(v, true, &written, e);
}

/* --- keys/recovered --------------------------------------------------------------------------- */

/* Of a note's text before its line `check`. */
static void note_check(
	uint8_t out[SR_HASH], const struct sr_service *keys, struct sr_bytes before) {
	uint8_t key[SR_KEY];

	sr_hash_of(key, "strongroom/recovered-key/v1", keys->s->journal_key, NULL, 0);
	SR_HASH_OF(out, "strongroom/recovered-check/v1", key, before);
	sr_wipe(key, sizeof key);
}

static void service_hash(uint8_t out[SR_HASH], struct sr_bytes file) {
	SR_HASH_OF(out, "strongroom/recovered-service/v1", NULL, file);
}

static int name_order(const void *a, const void *b) {
	return strcmp(a, b);
}

static void note_put(struct sr_buf *out, const struct sr_recovered *r,
	const uint8_t service[SR_HASH], const struct sr_service *keys) {
	uint8_t check[SR_HASH];

	sr_text_begin(out, NOTE_TYPE);
	sr_text_put_hex(out, "service", service, SR_HASH);
	sr_text_put_hex(out, "board", r->board, SR_ID);
	sr_text_put_dec(out, "epoch", r->epoch);
	sr_text_put_dec(out, "level", r->level);
	sr_text_put_hex(out, "ask", r->ask, SR_HASH);
	for (size_t i = 0; i < r->members; i++)
		sr_text_put(out, "member", r->member[i]);
	note_check(check, keys, sr_buf_view(out));
	sr_text_put_hex(out, "check", check, SR_HASH);
}

int sr_recovered_read(struct sr_recovered *out, uint8_t service[SR_HASH], uint8_t check[SR_HASH],
	struct sr_bytes text, struct sr_err *e) {
	struct sr_text t = {0};
	uint64_t level = 0;
	size_t count;
	int rc = sr_text_parse(&t, text, e);

	memset(out, 0, sizeof *out);
	if (rc == 0 && !sr_bytes_eq(t.type, sr_bytes_str(NOTE_TYPE)))
		rc = sr_fail(e, SR_CORRUPT, "the first line is not %s", NOTE_TYPE);
	if (rc == 0)
		rc = sr_unhex(service, SR_HASH, sr_text_get(&t, "service"), e);
	if (rc == 0)
		rc = sr_unhex(out->board, SR_ID, sr_text_get(&t, "board"), e);
	if (rc == 0)
		rc = sr_parse_dec(&out->epoch, sr_text_get(&t, "epoch"), INT64_MAX, e);
	if (rc == 0)
		rc = sr_parse_dec(&level, sr_text_get(&t, "level"), 255, e);
	if (rc == 0)
		rc = sr_unhex(out->ask, SR_HASH, sr_text_get(&t, "ask"), e);
	if (rc == 0)
		rc = sr_unhex(check, SR_HASH, sr_text_get(&t, "check"), e);
	count = rc == 0 ? sr_text_count(&t, "member") : 0;
	if (rc == 0 && (count < 1 || count > SR_BOARD_MEMBERS_MAX))
		rc = sr_fail(e, SR_CORRUPT, "%zu members", count);
	for (size_t i = 0; i < count && rc == 0; i++) {
		const struct sr_bytes v = sr_text_get_n(&t, "member", i);

		rc = sr_value_check(SR_V_PERSON, v, e);
		if (rc == 0)
			memcpy(out->member[i], v.p, SR_PERSON_TEXT - 1);
	}
	out->level = (uint8_t)level;
	out->members = count;
	sr_text_free(&t);
	return rc == 0 ? 0 : sr_wrap(e, "keys/%s", SR_RECOVER_NOTE);
}

int sr_recover_seal(struct sr_vault *v, const struct sr_recovered *r, const struct sr_unlock *u,
	struct sr_err *e) {
	struct sr_recovered *sorted = calloc(1, sizeof *sorted);
	struct sr_dir *keys = NULL;
	struct sr_buf file, note;
	uint8_t hash[SR_HASH];
	bool changed = false;
	int rc = sorted == NULL ? sr_fail(e, SR_NOMEM, "recover: out of memory")
				: sr_dir_open_at(&keys, v->dir, "keys", e);

	sr_buf_init(&file);
	sr_buf_init(&note);
	if (rc == 0)
		rc = sr_service_seal(&file, v->keys, u, e);
	if (rc == 0) {
		*sorted = *r;
		qsort(sorted->member, sorted->members, sizeof sorted->member[0], name_order);
		service_hash(hash, sr_buf_view(&file));
		note_put(&note, sorted, hash, v->keys);
		rc = sr_buf_ok(&note, e);
	}
	if (rc == 0)
		rc = sr_file_replace(keys, SR_RECOVER_NOTE, sr_buf_view(&note), e);
	if (rc == 0)
		rc = sr_unlock_put(v->dir, sr_buf_view(&file), &changed, e);
	sr_dir_close(keys);
	sr_buf_free(&file);
	sr_buf_free(&note);
	free(sorted);
	return rc;
}

/* Did this vault write the note, and about the keys/service that is there? */
static int note_fits(bool *fits, struct sr_vault *v, struct sr_dir *keys, struct sr_bytes text,
	struct sr_recovered *r, struct sr_err *e) {
	static const size_t line = sizeof "check \n" - 1 + (size_t)2 * SR_HASH;
	uint8_t service[SR_HASH], check[SR_HASH], hash[SR_HASH], want[SR_HASH];
	struct sr_buf b;
	int rc = sr_recovered_read(r, service, check, text, e);

	*fits = false;
	if (rc != 0)
		return rc;
	sr_buf_init(&b);
	rc = sr_file_read(keys, SR_SERVICE_FILE, &b, FILE_MAX, e);
	service_hash(hash, sr_buf_view(&b));
	sr_buf_free(&b);
	note_check(want, v->keys, sr_bytes_of(text.p, text.len - line));
	*fits = rc == 0 && memcmp(hash, service, SR_HASH) == 0 && sr_ct_eq(want, check, SR_HASH);
	return rc;
}

static int log_entry(struct sr_vault *v, const struct sr_recovered *r, struct sr_err *e) {
	struct sr_outcome *out = calloc(1, sizeof *out);
	struct sr_buf text;
	int rc = out == NULL ? sr_fail(e, SR_NOMEM, "recover: out of memory") : 0;

	sr_buf_init(&text);
	if (rc == 0) {
		sr_follow_begin(&text, v, SR_T_RECOVER, sr_now(&v->clock));
		sr_text_put_hex(&text, "board", r->board, SR_ID);
		sr_text_put_dec(&text, "epoch", r->epoch);
		sr_text_put_dec(&text, "level", r->level);
		sr_text_put_hex(&text, "ask", r->ask, SR_HASH);
		for (size_t i = 0; i < r->members; i++)
			sr_text_put(&text, "member", r->member[i]);
		rc = sr_buf_ok(&text, e);
	}
	if (rc == 0)
		rc = sr_door_service(v, sr_buf_view(&text), out, e);
	if (rc == 0 && out->code != 0)
		rc = sr_fail(e, (enum sr_code)out->code, "%s", out->err.text);
	sr_buf_free(&text);
	free(out);
	return rc;
}

static int log_due(struct sr_vault *v, struct sr_dir *keys, struct sr_bytes text, bool *logged,
	struct sr_err *e) {
	struct sr_recovered *r = calloc(1, sizeof *r);
	bool fits = false, known = false;
	int rc = r == NULL ? sr_fail(e, SR_NOMEM, "recover: out of memory")
			   : note_fits(&fits, v, keys, text, r, e);

	if (rc == SR_CORRUPT) { /* nobody's note: not a reason to stay closed */
		sr_err_clear(e);
		rc = 0;
	}
	if (rc == 0 && fits)
		rc = sr_query_recovered(&known, v->catalogue, r->ask, e);
	if (rc == 0 && fits && !known) {
		rc = log_entry(v, r, e);
		*logged = rc == 0;
	}
	if (rc == 0 && fits) /* the old seal opened to pieces that somebody may have kept */
		rc = sr_recover_renew(v, e);
	free(r);
	return rc == 0 ? sr_file_remove(keys, SR_RECOVER_NOTE, e) : rc;
}

int sr_recover_log(struct sr_vault *v, bool *logged, struct sr_err *e) {
	struct sr_dir *keys = NULL;
	struct sr_buf b;
	int rc = sr_dir_open_at(&keys, v->dir, "keys", e);

	*logged = false;
	sr_buf_init(&b);
	if (rc == 0)
		rc = sr_file_read(keys, SR_RECOVER_NOTE, &b, NOTE_MAX, e);
	if (rc == SR_NOTFOUND) {
		sr_err_clear(e);
		rc = 0;
	} else if (rc == 0) {
		rc = log_due(v, keys, sr_buf_view(&b), logged, e);
	}
	sr_dir_close(keys);
	sr_buf_free(&b);
	return rc == 0 ? 0 : sr_wrap(e, "the recovery that was made");
}

/* --- begin and finish --------------------------------------------------------------------------
 */

static int file_of(struct sr_recovery *out, const char *path, struct sr_err *e) {
	struct sr_vault_conf *conf = calloc(1, sizeof *conf);
	struct sr_dir *dir = NULL, *keys = NULL;
	struct sr_buf b;
	int rc = conf == NULL ? sr_fail(e, SR_NOMEM, "recover: out of memory")
			      : sr_vault_conf_read(conf, path, e);
	if (rc == 0)
		rc = sr_vault_not_others(path, e);

	sr_buf_init(&b);
	if (rc == 0)
		rc = sr_dir_open(&dir, path, e);
	if (rc == 0)
		rc = sr_dir_open_at(&keys, dir, "keys", e);
	if (rc == 0)
		rc = sr_file_read(keys, SR_RECOVER_FILE, &b, FILE_MAX, e);
	if (rc == SR_NOTFOUND && keys != NULL)
		rc = sr_fail(e, SR_NOTFOUND,
			"keys/%s is not there: it is written when the founding board opens. A copy "
			"in a backup serves",
			SR_RECOVER_FILE);
	if (rc == 0)
		rc = sr_recovery_read(out, sr_buf_view(&b), e);
	if (rc == 0 && conf->founded && memcmp(conf->fingerprint, out->vault, SR_HASH) != 0) {
		sr_recovery_free(out);
		rc = sr_fail(e, SR_AUTH, "keys/%s is of another vault than strongroom.conf",
			SR_RECOVER_FILE);
	}
	sr_dir_close(keys);
	sr_dir_close(dir);
	sr_buf_free(&b);
	free(conf);
	return rc;
}

int sr_recover_begin(struct sr_buf *ask, struct sr_buf *key, uint8_t hash[SR_HASH],
	const struct sr_recover_begin *o, struct sr_err *e) {
	struct sr_recovery_ask *a = calloc(1, sizeof *a);
	struct sr_recovery r = {0};
	uint8_t pk[SR_X_PK], sk[SR_X_SK];
	struct sr_buf pub;
	const size_t before = ask->len;
	int rc = a == NULL ? sr_fail(e, SR_NOMEM, "recover: out of memory")
			   : file_of(&r, o->path, e);

	sr_buf_init(&pub);
	sr_box_keypair(pk, sk);
	if (rc == 0)
		rc = sr_recovery_ask_make(ask, &r, pk, e);
	if (rc == 0) /* what a member's program will read, and its hash */
		rc = sr_recovery_ask_read(a, sr_bytes_of(ask->p + before, ask->len - before), e);
	if (rc == 0) {
		memcpy(hash, a->hash, SR_HASH);
		sr_text_put_hex(&pub, "vault", r.vault, SR_HASH);
		sr_text_put_hex(&pub, "ask", a->hash, SR_HASH);
		rc = sr_buf_ok(&pub, e);
		sr_recovery_ask_free(a);
	}
	if (rc == 0)
		rc = sr_passphrase_seal(key, KEY_TYPE, sr_buf_view(&pub), &o->unlock,
			sr_bytes_of(sk, sizeof sk), e);
	sr_wipe(sk, sizeof sk);
	sr_recovery_free(&r);
	sr_buf_free(&pub);
	free(a);
	return rc;
}

/* The secret half, and the ask again: of the file as it lies there, which must be the one asked
 * about. */
static int ask_again(struct sr_recovery_ask *a, uint8_t sk[SR_X_SK],
	const struct sr_recover_finish *o, struct sr_err *e) {
	struct sr_recovery r = {0};
	struct sr_text t = {0};
	struct sr_buf plain, text;
	uint8_t pk[SR_X_PK], hash[SR_HASH] = {0};
	int rc;

	sr_buf_init_secret(&plain);
	sr_buf_init(&text);
	rc = sr_passphrase_open(&plain, KEY_TYPE, &o->unlock, o->key, e);
	if (rc == 0 && plain.len != SR_X_SK)
		rc = sr_fail(e, SR_CORRUPT, "want %d bytes, have %zu", SR_X_SK, plain.len);
	if (rc == 0)
		rc = sr_text_parse(&t, o->key, e);
	if (rc == 0)
		rc = sr_unhex(hash, SR_HASH, sr_text_get(&t, "ask"), e);
	sr_text_free(&t);
	if (rc != 0)
		sr_wrap(e, "the recovery's key file");
	if (rc == 0)
		rc = file_of(&r, o->path, e);
	if (rc == 0) {
		memcpy(sk, plain.p, SR_X_SK);
		sr_box_public(pk, sk);
		rc = sr_recovery_ask_make(&text, &r, pk, e);
	}
	if (rc == 0)
		rc = sr_recovery_ask_read(a, sr_buf_view(&text), e);
	if (rc == 0 && memcmp(a->hash, hash, SR_HASH) != 0) {
		sr_recovery_ask_free(a);
		rc = sr_fail(e, SR_AUTH,
			"keys/%s is not the one that the members were asked about: begin again",
			SR_RECOVER_FILE);
	}
	sr_recovery_free(&r);
	sr_buf_free(&plain);
	sr_buf_free(&text);
	return rc;
}

/* The good pieces, one per member, and whose they are. */
static size_t take_pieces(struct sr_piece_share *shares, struct sr_recovered *who,
	const struct sr_recovery_ask *a, const uint8_t sk[SR_X_SK], struct sr_recover_finish *o) {
	size_t n = 0;

	for (size_t i = 0; i < o->pieces; i++) {
		struct sr_recover_piece *p = &o->piece[i];
		struct sr_piece_share share;

		p->code = sr_recovery_piece_take(&share, p->person, a, sk, p->text, &p->err);
		for (size_t k = 0; k < n && p->code == 0; k++)
			p->twice = p->twice || shares[k].index == share.index;
		if (p->code != 0 || p->twice || n == SR_BOARD_MEMBERS_MAX)
			continue;
		memcpy(who->member[n], p->person, SR_PERSON_TEXT);
		shares[n++] = share;
	}
	return n;
}

static int open_with(struct sr_vault **out, struct sr_service *keys, const struct sr_recovered *r,
	const struct sr_recover_finish *o, struct sr_err *e) {
	const struct sr_vault_open vo = {.path = o->path,
		.unlock = o->unlock,
		.clock = o->clock,
		.progress = o->progress,
		.keys = keys,
		.recovered = r};

	return sr_vault_open(out, &vo, e);
}

int sr_recover_finish(struct sr_vault **out, struct sr_recover_finish *o, struct sr_err *e) {
	struct sr_recovery_ask *a = calloc(1, sizeof *a);
	struct sr_recovered *who = calloc(1, sizeof *who);
	struct sr_piece_share *shares = calloc(SR_BOARD_MEMBERS_MAX, sizeof *shares);
	struct sr_service *keys = NULL;
	uint8_t sk[SR_X_SK] = {0};
	bool asked = false;
	int rc = a == NULL || who == NULL || shares == NULL
			 ? sr_fail(e, SR_NOMEM, "recover: out of memory")
			 : ask_again(a, sk, o, e);

	if (rc == 0) {
		const size_t want = sr_recovery_quorum(&a->file);

		asked = true;
		who->members = take_pieces(shares, who, a, sk, o);
		if (who->members < want)
			rc = sr_fail(e, SR_DENIED,
				"%zu good pieces of different members, and the board wants %zu",
				who->members, want);
		else
			rc = sr_recovery_open(&keys, &a->file, shares, who->members, e);
	}
	if (rc == 0) {
		memcpy(who->ask, a->hash, SR_HASH);
		memcpy(who->board, a->file.board.board, SR_ID);
		who->epoch = a->file.board.epoch;
		who->level = a->file.board.keys.level[a->file.at].level;
		rc = open_with(out, keys, who, o, e);
	}
	sr_wipe(sk, sizeof sk);
	if (asked)
		sr_recovery_ask_free(a);
	free(a);
	free(who);
	if (shares != NULL)
		sr_wipe(shares, SR_BOARD_MEMBERS_MAX * sizeof *shares);
	free(shares);
	return rc;
}
