/*
 * Tests of ledger/witness: key and memory in a folder, every status of add-checkpoint and what it
 * leaves behind, two callers at once, a kill between the memory and the signature, and a memory
 * that cannot be written.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/secret.h"
#include "crypto/passphrase.h"
#include "ledger/witness.h"
#include "witness_rig.h"

static const uint8_t credential[SR_CREDENTIAL_MIN] = {1, 2, 3};
static const struct sr_unlock unlock = {.credential = {credential, sizeof credential}};
static int64_t now = 1795255200;

static int64_t clock_now(void *ctx) {
	return *(const int64_t *)ctx;
}

struct place {
	char *path;
	struct sr_dir *dir;
	struct sr_vkey vkey;
	struct sr_witness *w;
};

static void reopen(struct place *p) {
	const struct sr_witness_open o = {
		.dir = p->dir, .unlock = &unlock, .clock = {clock_now, &now}};
	struct sr_err e = {0};

	sr_witness_free(p->w);
	p->w = NULL;
	assert_ok(sr_witness_open(&p->w, &o, &e), &e);
}

static void setup(struct place *p) {
	struct sr_err e = {0};

	memset(p, 0, sizeof *p);
	p->path = t_tmp_new();
	assert_ok(sr_dir_open(&p->dir, p->path, &e), &e);
	assert_ok(sr_witness_new(&p->vkey, p->dir, sr_bytes_str("witness.example/w1"), &unlock, &e),
		&e);
	reopen(p);
}

static void teardown(struct place *p) {
	sr_witness_free(p->w);
	sr_dir_close(p->dir);
	t_tmp_remove(p->path);
	assert_int_equal(sr_secret_in_use(), 0);
}

static void know(struct place *p, const struct rig_log *l) {
	struct sr_err e = {0};

	assert_ok(sr_witness_log_add(p->w, sr_bytes_str(l->vkey.name), &l->vkey, &e), &e);
}

/* One request; its status, and that the body says ${says}. */
static void ask(
	struct sr_witness *w, struct sr_bytes body, unsigned status, const char *says, int line) {
	struct sr_witness_reply r;

	sr_witness_add(w, body, &r);
	if (r.status != status ||
		(says != NULL && rig_find(sr_buf_view(&r.body), says) == SIZE_MAX))
		fail_msg("line %d: %u \"%.*s\", want %u \"%s\"", line, r.status, (int)r.body.len,
			(const char *)r.body.p, status, says);
	assert_string_equal(
		r.type, status == 409 ? "text/x.tlog.size" : "text/plain; charset=utf-8");
	if (status == 409)
		assert_true(sr_bytes_eq(sr_buf_view(&r.body), sr_bytes_str(says)));
	sr_buf_free(&r.body);
}
#define ASK(w, body, status, says) ask((w), (body), (status), (says), __LINE__)

/* An honest step must be cosigned, at the present time. */
static void grow(struct place *p, const struct rig_log *l, size_t old, size_t size) {
	struct sr_witness_reply r;
	struct sr_buf b;

	sr_buf_init(&b);
	rig_request(&b, l, old, size);
	sr_witness_add(p->w, sr_buf_view(&b), &r);
	assert_int_equal(r.status, 200);
	rig_cosigned(sr_buf_view(&r.body), l, size, &p->vkey, (uint64_t)now);
	sr_buf_free(&r.body);
	sr_buf_free(&b);
}

static void refused(struct sr_witness *w, const struct rig_log *l, size_t old, size_t size,
	unsigned status, const char *says, int line) {
	struct sr_buf b;

	sr_buf_init(&b);
	rig_request(&b, l, old, size);
	ask(w, sr_buf_view(&b), status, says, line);
	sr_buf_free(&b);
}
#define REFUSED(w, l, old, size, status, says) \
	refused((w), (l), (old), (size), (status), (says), __LINE__)

/* It starts from another size than is remembered: told which. */
static void refused_size(struct sr_witness *w, const struct rig_log *l, size_t old, size_t size) {
	char says[32];

	snprintf(says, sizeof says, "%zu\n", size);
	REFUSED(w, l, old, size, 409, says);
}

/* -----------------------------------------------------------------------------------------------
 */

static void folder(void **state) {
	struct sr_witness_open o = {.unlock = &unlock, .clock = {clock_now, &now}};
	static const uint8_t other_credential[SR_CREDENTIAL_MIN] = {9};
	const struct sr_unlock wrong = {.credential = {other_credential, sizeof other_credential}};
	struct sr_witness *w = NULL;
	struct sr_vkey vkey;
	struct sr_err e = {0};
	struct place p, q;
	struct stat st;
	char from[T_PATH];
	struct sr_buf b;

	(void)state;
	setup(&p);
	setup(&q);
	assert_int_equal(p.vkey.type, SR_NOTE_COSIGN);
	assert_string_equal(p.vkey.name, "witness.example/w1");
	assert_memory_not_equal(p.vkey.pk, q.vkey.pk, SR_PK);
	assert_memory_equal(sr_witness_vkey(p.w)->pk, p.vkey.pk, SR_PK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			stat(t_path(p.path, i == 0 ? "witness.key" : "witness.db"), &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
	assert_fails(sr_witness_new(&vkey, p.dir, sr_bytes_str("w"), &unlock, &e), SR_EXISTS, &e,
		"there is a witness in this folder already");
	o.dir = p.dir;
	o.unlock = &wrong;
	assert_fails(sr_witness_open(&w, &o, &e), SR_AUTH, &e, "witness.key: ");
	o.unlock = &unlock;
	/* Without its memory a key must not sign, nor with another's. */
	snprintf(from, sizeof from, "%s", t_path(q.path, "witness.db"));
	sr_witness_free(p.w);
	p.w = NULL;
	assert_int_equal(unlink(t_path(p.path, "witness.db")), 0);
	assert_fails(sr_witness_open(&w, &o, &e), SR_NOTFOUND, &e,
		"a witness that forgot what it signed must not sign again");
	sr_buf_init(&b);
	t_read_file(from, &b);
	t_write_file(t_path(p.path, "witness.db"), b.p, b.len);
	assert_fails(sr_witness_open(&w, &o, &e), SR_AUTH, &e, "is the memory of another key");
	t_write_file(t_path(p.path, "witness.db"), "", 0);
	assert_fails(sr_witness_open(&w, &o, &e), SR_CORRUPT, &e, "is not the memory of a witness");
	t_write_file(t_path(p.path, "witness.db"), b.p, b.len / 2);
	assert_fails(sr_witness_open(&w, &o, &e), SR_CORRUPT, &e, "witness.db");
	assert_int_equal(unlink(t_path(p.path, "witness.key")), 0);
	assert_fails(sr_witness_open(&w, &o, &e), SR_NOTFOUND, &e, "no witness in this folder");
	assert_null(w);
	sr_buf_free(&b);
	teardown(&q);
	teardown(&p);
}

/* In a folder of which SQLite would not take the path nothing is begun; without memory that stays
 * out of the swap no key is opened; and a memory that is a folder is none. */
static void places(void **state) {
	struct sr_witness_open o = {.unlock = &unlock, .clock = {clock_now, &now}};
	struct sr_dir *deep = NULL, *next = NULL;
	struct sr_witness *w = NULL;
	struct sr_err e = {0};
	struct sr_vkey vkey;
	uint8_t *all;
	char name[201];
	struct place p;

	(void)state;
	setup(&p);
	o.dir = p.dir;
	memset(name, 'a', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	for (int i = 0; i < 3; i++) {
		assert_ok(sr_dir_make(&next, deep != NULL ? deep : p.dir, name, 0700, &e), &e);
		sr_dir_close(deep);
		deep = next;
	}
	assert_fails(sr_witness_new(&vkey, deep, sr_bytes_str("w"), &unlock, &e), SR_USAGE, &e,
		"bytes, at most 492 can be used: choose a folder with a shorter one");
	assert_ok(sr_witness_none(deep, &e), &e);
	sr_dir_close(deep);
	sr_witness_free(p.w);
	p.w = NULL;
	all = sr_secret_new(SR_SECRET_ARENA, &e);
	assert_non_null(all);
	assert_fails(
		sr_witness_open(&w, &o, &e), SR_LIMIT, &e, "witness.key: secret memory: want ");
	sr_secret_free(all, SR_SECRET_ARENA);
	assert_int_equal(unlink(t_path(p.path, "witness.db")), 0);
	assert_int_equal(mkdir(t_path(p.path, "witness.db"), 0700), 0);
	assert_fails(sr_witness_open(&w, &o, &e), SR_IO, &e, "witness.db: open: unable to open");
	assert_null(w);
	teardown(&p);
}

static void spoil(struct place *p, const char *sql) {
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(t_path(p->path, "witness.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static int no_log(void *ctx, const struct sr_witness_log *log, struct sr_err *e) {
	(void)ctx;
	(void)log;
	return sr_fail(e, SR_MISUSE, "no log was to come");
}

/* A key file of another witness's making: ${vkey} (NULL: none) beside a sealed ${seed}. */
static void key_file(struct place *p, const struct sr_vkey *vkey, struct sr_bytes sealed) {
	struct sr_buf pub, file;
	struct sr_err e = {0};

	sr_buf_init(&pub);
	sr_buf_init(&file);
	if (vkey != NULL) {
		sr_buf_put_str(&pub, "vkey ");
		sr_vkey_put(&pub, vkey);
		sr_buf_put_u8(&pub, '\n');
	}
	assert_ok(sr_passphrase_seal(&file, "strongroom/witness-key/v1", sr_buf_view(&pub), &unlock,
			  sealed, &e),
		&e);
	t_write_file(t_path(p->path, "witness.key"), file.p, file.len);
	sr_buf_free(&pub);
	sr_buf_free(&file);
}

/* A key that is not this witness's, or no witness's; a memory of a newer program, of nobody, and
 * with a root of another size: nothing is signed. */
static void strange(void **state) {
	struct sr_witness_open o = {.unlock = &unlock, .clock = {clock_now, &now}};
	struct sr_witness *w = NULL;
	struct sr_vkey log_key;
	const uint8_t seed[SR_SEED] = {7};
	struct rig_log l;
	struct sr_err e = {0};
	struct sr_buf key, db;
	struct place p;

	(void)state;
	setup(&p);
	rig_log(&l, RIG_ORIGIN, 1, RIG_LEAVES);
	know(&p, &l);
	grow(&p, &l, 0, 3);
	spoil(&p, "UPDATE log SET root = x'0102'");
	refused(p.w, &l, 3, 4, 500, "its memory: its operator must look", __LINE__);
	assert_fails(sr_witness_each(p.w, no_log, NULL, &e), SR_CORRUPT, &e,
		"witness.db: column 3 has 2 bytes, want 32");
	spoil(&p, "UPDATE log SET root = NULL");
	refused(p.w, &l, 3, 4, 500, "its memory: its operator must look", __LINE__);
	spoil(&p, "DELETE FROM key");
	assert_fails(sr_witness_each(p.w, no_log, NULL, &e), SR_CORRUPT, &e,
		"witness.db: a log without origin or key");
	sr_witness_free(p.w);
	p.w = NULL;
	o.dir = p.dir;
	sr_buf_init(&key);
	sr_buf_init(&db);
	t_read_file(t_path(p.path, "witness.key"), &key);
	t_read_file(t_path(p.path, "witness.db"), &db);
	spoil(&p, "PRAGMA user_version = 9");
	assert_fails(sr_witness_open(&w, &o, &e), SR_UNSUPPORTED, &e,
		"witness.db is of format 9, this program reads 1");
	spoil(&p, "PRAGMA user_version = 1; DELETE FROM owner");
	assert_fails(sr_witness_open(&w, &o, &e), SR_CORRUPT, &e, "witness.db names no key");
	t_write_file(t_path(p.path, "witness.db"), db.p, db.len);
	key_file(&p, &p.vkey, sr_bytes_of(seed, SR_SEED - 1));
	assert_fails(sr_witness_open(&w, &o, &e), SR_CORRUPT, &e, "the seed has 31 bytes, want 32");
	key_file(&p, &p.vkey, sr_bytes_of(seed, SR_SEED));
	assert_fails(sr_witness_open(&w, &o, &e), SR_CORRUPT, &e,
		"the seed is not that of the file's key");
	assert_ok(sr_vkey_make(&log_key, sr_bytes_str(p.vkey.name), SR_NOTE_ED25519, p.vkey.pk, &e),
		&e);
	key_file(&p, &log_key, sr_bytes_of(seed, SR_SEED));
	assert_fails(
		sr_witness_open(&w, &o, &e), SR_CORRUPT, &e, "its key is of type 0x01, want 0x04");
	key_file(&p, NULL, sr_bytes_of(seed, SR_SEED));
	assert_fails(sr_witness_open(&w, &o, &e), SR_CORRUPT, &e, "want one line \"vkey\"");
	assert_null(w);
	t_write_file(t_path(p.path, "witness.key"), key.p, key.len);
	reopen(&p);
	sr_buf_free(&key);
	sr_buf_free(&db);
	teardown(&p);
}

struct changed {
	struct place *p;
	const char *name;
	const struct rig_log *l;
	size_t size;
};

/* A witness whose file was changed does not open, or is the same witness with the same memory, or
 * cosigns nothing more: it never signs for what it did not remember. */
static void stays_honest(void *ctx, struct sr_bytes mutant, const char *what) {
	const struct changed *c = ctx;
	const struct sr_witness_open o = {
		.dir = c->p->dir, .unlock = &unlock, .clock = {clock_now, &now}};
	struct sr_witness *w = NULL;
	struct sr_witness_reply r;
	struct rig_log fork;
	struct sr_err e = {0};
	struct sr_buf b;

	t_write_file(t_path(c->p->path, c->name), mutant.p, mutant.len);
	if (sr_witness_open(&w, &o, &e) != 0) {
		assert_true(e.text[0] != '\0');
		assert_null(w);
		return;
	}
	assert_memory_equal(sr_witness_vkey(w)->pk, c->p->vkey.pk, SR_PK);
	assert_string_equal(sr_witness_vkey(w)->name, c->p->vkey.name);
	/* Another history of the same log, from where this one was remembered, and from nothing. */
	rig_log(&fork, c->l->vkey.name, 1, 2);
	for (int from = 0; from < 2; from++) {
		sr_buf_init(&b);
		rig_request(&b, &fork, from == 0 ? c->size : 0, c->size + 3);
		sr_witness_add(w, sr_buf_view(&b), &r);
		if (r.status == 200)
			fail_msg("%s, %s: it cosigned another history", c->name, what);
		sr_buf_free(&r.body);
		sr_buf_free(&b);
	}
	sr_witness_free(w);
}

static void each_bit(void **state) {
	struct rig_log l;
	struct place p;
	struct sr_buf good, some;
	uint64_t seed = 11;

	(void)state;
	setup(&p);
	rig_log(&l, RIG_ORIGIN, 1, RIG_LEAVES);
	know(&p, &l);
	grow(&p, &l, 0, 5);
	sr_witness_free(p.w);
	p.w = NULL;
	sr_buf_init(&good);
	t_read_file(t_path(p.path, "witness.key"), &good);
	struct changed c = {.p = &p, .name = "witness.key", .l = &l, .size = 5};
	t_each_flip(sr_buf_view(&good), stays_honest, &c);
	t_write_file(t_path(p.path, "witness.key"), good.p, good.len);
	/* Its memory is a data base of some pages: places all over it, and cuts. */
	sr_buf_clear(&good);
	t_read_file(t_path(p.path, "witness.db"), &good);
	c.name = "witness.db";
	sr_buf_init(&some);
	for (int i = 0; i < 1500; i++) {
		const size_t at = (size_t)t_rand(&seed, good.len);
		sr_buf_clear(&some);
		sr_buf_put_bytes(&some, sr_buf_view(&good));
		some.p[at] ^= (uint8_t)(1U << t_rand(&seed, 8));
		char what[60];
		snprintf(what, sizeof what, "a flipped bit of byte %zu of %zu", at, good.len);
		stays_honest(&c, sr_buf_view(&some), what);
		if (i % 20 == 0)
			stays_honest(&c, sr_bytes_of(good.p, at), "cut");
	}
	t_write_file(t_path(p.path, "witness.db"), good.p, good.len);
	reopen(&p);
	grow(&p, &l, 5, 8);
	sr_buf_free(&some);
	sr_buf_free(&good);
	teardown(&p);
}

static void names(void **state) {
	static const char *const bad[] = {"", "a b", "a+b", "w\xc3\xa9", "tab\tbed"};
	char *path = t_tmp_new();
	struct sr_dir *d = NULL;
	struct sr_err e = {0};
	struct sr_vkey vkey;

	(void)state;
	assert_ok(sr_dir_open(&d, path, &e), &e);
	for (size_t i = 0; i < T_COUNT(bad); i++)
		assert_fails(sr_witness_new(&vkey, d, sr_bytes_str(bad[i]), &unlock, &e), SR_USAGE,
			&e, "take one like witness.example.org/w1");
	assert_int_equal(t_count_entries(path), 0);
	sr_dir_close(d);
	t_tmp_remove(path);
}

struct seen {
	size_t count;
	char text[4096];
};
static int collect(void *ctx, const struct sr_witness_log *l, struct sr_err *e) {
	struct seen *s = ctx;
	size_t at = strlen(s->text), keys = 0;

	(void)e;
	for (const char *k = l->vkeys; *k != '\0'; k++)
		keys += *k == '\n' ? 1 : 0;
	snprintf(s->text + at, sizeof s->text - at, "%s %llu %s %lld keys %zu; ", l->origin,
		(unsigned long long)l->size, l->root == NULL ? "-" : "root", (long long)l->time,
		keys);
	s->count++;
	return 0;
}

static void logs(void **state) {
	uint8_t longest[SR_NAME_MAX + 1];
	char many[200];
	struct rig_log a, b, c;
	struct sr_err e = {0};
	struct seen s = {0};
	struct place p;

	(void)state;
	setup(&p);
	rig_log(&a, RIG_ORIGIN, 1, RIG_LEAVES);
	rig_log(&b, RIG_ORIGIN, 2, RIG_LEAVES);
	rig_log(&c, "another.example/log", 3, RIG_LEAVES);
	know(&p, &a);
	know(&p, &c);
	assert_fails(sr_witness_log_add(p.w, sr_bytes_str(RIG_ORIGIN), &a.vkey, &e), SR_EXISTS, &e,
		"that key of that log is known already");
	know(&p, &b);
	assert_fails(sr_witness_log_add(p.w, sr_bytes_str("w"), &p.vkey, &e), SR_USAGE, &e,
		"a log signs with one of type 0x01");
	memset(longest, 'o', sizeof longest);
	assert_fails(sr_witness_log_add(p.w, sr_bytes_of(longest, sizeof longest), &a.vkey, &e),
		SR_USAGE, &e, "an origin of 256 bytes, at most 255");
	assert_fails(sr_witness_log_add(p.w, sr_bytes_str(""), &a.vkey, &e), SR_USAGE, &e,
		"that is no origin");
	assert_fails(sr_witness_log_add(p.w, sr_bytes_str("a\nb"), &a.vkey, &e), SR_USAGE, &e,
		"that is no origin");
	for (uint64_t k = 10; k < 12; k++) {
		rig_log(&b, RIG_ORIGIN, k, RIG_LEAVES);
		know(&p, &b);
	}
	rig_log(&b, RIG_ORIGIN, 12, RIG_LEAVES);
	assert_fails(sr_witness_log_add(p.w, sr_bytes_str(RIG_ORIGIN), &b.vkey, &e), SR_LIMIT, &e,
		"4 keys");
	/* As many logs as it remembers: two are there. */
	snprintf(many, sizeof many,
		"WITH RECURSIVE n(i) AS (VALUES(3) UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
		" INSERT INTO log SELECT 'log' || i, randomblob(32), 0, NULL, 0, NULL FROM n",
		SR_WITNESS_LOGS);
	spoil(&p, many);
	assert_fails(sr_witness_log_add(p.w, sr_bytes_str("one.more"), &a.vkey, &e), SR_LIMIT, &e,
		"1024 logs are known, at most 1024");
	spoil(&p, "DELETE FROM log WHERE origin LIKE 'log%'");
	grow(&p, &a, 0, 7);
	reopen(&p);
	assert_ok(sr_witness_each(p.w, collect, &s, &e), &e);
	assert_string_equal(s.text, "another.example/log 0 - 0 keys 1; "
				    "vault.example/log 7 root 1795255200 keys 4; ");
	teardown(&p);
}

/* From nothing to 64, in steps of every width, and again at each size. */
static void follows(void **state) {
	struct rig_log l;
	struct place p;
	size_t size = 0;

	(void)state;
	setup(&p);
	rig_log(&l, RIG_ORIGIN, 1, RIG_LEAVES);
	know(&p, &l);
	grow(&p, &l, 0, 0); /* the empty log may be witnessed */
	grow(&p, &l, 0, 0);
	for (size_t width = 1; size + width <= RIG_LEAVES; width++) {
		now++;
		grow(&p, &l, size, size + width);
		size += width;
		now++;
		grow(&p, &l, size, size); /* a heartbeat: another time, nothing else */
		refused_size(p.w, &l, size - width, size);
		if (width % 3 == 0)
			reopen(&p);
	}
	teardown(&p);
}

static void statuses(void **state) {
	struct rig_log l, fork, stranger, impostor;
	struct sr_add_checkpoint r = {.old = 5};
	struct sr_err e = {0};
	struct sr_buf b, note;
	struct place p;

	(void)state;
	setup(&p);
	rig_log(&l, RIG_ORIGIN, 1, RIG_LEAVES);
	rig_log(&fork, RIG_ORIGIN, 1, 3);
	rig_log(&stranger, "stranger.example/log", 1, RIG_LEAVES);
	rig_log(&impostor, RIG_ORIGIN, 2, RIG_LEAVES);
	sr_buf_init(&b);
	sr_buf_init(&note);
	know(&p, &l);
	/* 400: no request, no note, no checkpoint; 404; 403. */
	ASK(p.w, sr_bytes_str(""), 400, "the first line is not");
	ASK(p.w, sr_bytes_str("old 0\n\nx\n"), 400, "note");
	sr_buf_put_str(&b, "old 0\n\n");
	{
		const struct sr_signer s = {.key = &l.vkey, .seed = l.seed};

		assert_ok(sr_note_sign(&b, sr_bytes_str("not a checkpoint\n"), &s, 1, &e), &e);
	}
	ASK(p.w, sr_buf_view(&b), 400, "checkpoint");
	REFUSED(p.w, &stranger, 0, 5, 404, "does not know that origin");
	REFUSED(p.w, &impostor, 0, 5, 403, "note");
	/* A known key's line that is wrong is refused, whatever stands beside it. */
	sr_buf_clear(&b);
	rig_request(&b, &l, 0, 5);
	b.p[b.len - 12] = b.p[b.len - 12] == 'A' ? 'B' : 'A';
	ASK(p.w, sr_buf_view(&b), 403, "does not verify");
	/* Nothing was remembered of all that. */
	REFUSED(p.w, &l, 1, 5, 409, "0\n");
	/* From 0 no proof; then the ways from 5. */
	rig_note(&note, &l, 5);
	r.note = sr_buf_view(&note);
	r.old = 0;
	r.proof.count = 1;
	sr_buf_clear(&b);
	assert_ok(sr_add_checkpoint_put(&b, &r, &e), &e);
	ASK(p.w, sr_buf_view(&b), 422, "from size 0 there is no proof");
	grow(&p, &l, 0, 5);
	REFUSED(p.w, &l, 4, 9, 409, "5\n");
	REFUSED(p.w, &l, 6, 9, 409, "5\n");
	REFUSED(p.w, &l, 0, 9, 409, "5\n");
	r.old = 6; /* old > size comes before the memory is asked */
	r.proof.count = 0;
	sr_buf_clear(&b);
	assert_ok(sr_add_checkpoint_put(&b, &r, &e), &e);
	ASK(p.w, sr_buf_view(&b), 400, "larger than the checkpoint's");
	REFUSED(p.w, &fork, 5, 5, 422, "another root than the one that was cosigned");
	REFUSED(p.w, &fork, 5, 9, 422, "the consistency proof does not lead");
	/* The same size with a proof is no consistency proof either. */
	r.old = 5;
	r.proof.count = 1;
	sr_buf_clear(&b);
	assert_ok(sr_add_checkpoint_put(&b, &r, &e), &e);
	ASK(p.w, sr_buf_view(&b), 422, "the consistency proof does not lead");
	/* A proof with one hash altered, one taken, one more. */
	for (int way = 0; way < 3; way++) {
		struct sr_add_checkpoint bad = {.old = 5};

		sr_buf_clear(&note);
		rig_note(&note, &l, 13);
		rig_proof(&bad.proof, &l, 5, 13);
		bad.note = sr_buf_view(&note);
		if (way == 0)
			bad.proof.hash[1][31] ^= 1;
		else
			bad.proof.count = way == 1 ? bad.proof.count - 1 : bad.proof.count + 1;
		sr_buf_clear(&b);
		assert_ok(sr_add_checkpoint_put(&b, &bad, &e), &e);
		ASK(p.w, sr_buf_view(&b), 422, "the consistency proof does not lead");
	}
	/* A size of 0 with another root than the empty tree's. */
	{
		struct rig_log z;
		struct sr_checkpoint c = {.size = 0, .root = {1}};

		rig_log(&z, "zero.example/log", 7, RIG_LEAVES);
		know(&p, &z);
		const struct sr_signer s = {.key = &z.vkey, .seed = z.seed};
		snprintf(c.origin, sizeof c.origin, "%s", z.vkey.name);
		sr_buf_clear(&b);
		sr_buf_put_str(&b, "old 0\n\n");
		assert_ok(sr_checkpoint_sign(&b, &c, &s, 1, &e), &e);
		ASK(p.w, sr_buf_view(&b), 422, "the root of the empty tree");
	}
	grow(&p, &l, 5, 13); /* nothing of the above was remembered */
	sr_buf_free(&note);
	sr_buf_free(&b);
	teardown(&p);
}

/* Two keys of one log, in a rotation: either is enough until the later one has signed; then the
 * earlier one, which may be in other hands, has nothing cosigned. Lines of strangers do not matter.
 */
static void rotation(void **state) {
	struct rig_log a, b, stranger;
	struct sr_err e = {0};
	struct sr_buf body;
	struct sr_note n;
	struct place p;

	(void)state;
	setup(&p);
	rig_log(&a, RIG_ORIGIN, 1, RIG_LEAVES);
	rig_log(&b, RIG_ORIGIN, 2, RIG_LEAVES);
	rig_log(&stranger, "stranger.example/log", 3, RIG_LEAVES);
	know(&p, &a);
	know(&p, &b);
	grow(&p, &a, 0, 4);
	grow(&p, &a, 4, 5);
	grow(&p, &b, 5, 6);
	REFUSED(p.w, &a, 6, 7, 403, NULL);
	REFUSED(p.w, &a, 6, 6, 403, NULL);
	sr_buf_init(&body);
	rig_request(&body, &b, 6, 8);
	{
		struct sr_add_checkpoint r;
		const struct sr_signer s = {.key = &stranger.vkey, .seed = stranger.seed};

		assert_ok(sr_add_checkpoint_parse(&r, sr_buf_view(&body), &e), &e);
		assert_ok(sr_note_parse(&n, r.note, &e), &e);
		struct sr_buf line;
		sr_buf_init(&line);
		assert_ok(sr_note_sign_line(&line, n.text, &s, &e), &e);
		sr_note_free(&n);
		sr_buf_put_bytes(&body, sr_buf_view(&line));
		sr_buf_free(&line);
	}
	ASK(p.w, sr_buf_view(&body), 200, "witness.example/w1");
	/* What is published keeps the log's line and ours, not the stranger's. */
	{
		struct sr_witness_reply r;
		uint8_t hash[SR_HASH];
		char hex[2 * SR_HASH + 1];

		sr_sha256(hash, RIG_ORIGIN, strlen(RIG_ORIGIN));
		sr_hex(hex, hash, SR_HASH);
		sr_witness_get(p.w, sr_bytes_str(hex), &r);
		assert_int_equal(r.status, 200);
		assert_ok(sr_note_parse(&n, sr_buf_view(&r.body), &e), &e);
		assert_int_equal(n.count, 2);
		assert_ok(sr_note_verify(&n, &b.vkey, 1, &e), &e);
		sr_note_free(&n);
		sr_buf_free(&r.body);
		hex[0] = hex[0] == '0' ? '1' : '0';
		sr_witness_get(p.w, sr_bytes_str(hex), &r);
		assert_int_equal(r.status, 404);
		sr_buf_free(&r.body);
		sr_witness_get(p.w, sr_bytes_str("ABC"), &r);
		assert_int_equal(r.status, 404);
		sr_buf_free(&r.body);
	}
	sr_buf_free(&body);
	teardown(&p);
}

/* The cosignature that GET shows is the very one that was given out. */
static void published(void **state) {
	struct sr_witness_reply given, shown;
	uint8_t hash[SR_HASH];
	char hex[2 * SR_HASH + 1];
	struct sr_buf body, want;
	struct rig_log l;
	struct place p;

	(void)state;
	setup(&p);
	rig_log(&l, RIG_ORIGIN, 1, RIG_LEAVES);
	know(&p, &l);
	sr_sha256(hash, RIG_ORIGIN, strlen(RIG_ORIGIN));
	sr_hex(hex, hash, SR_HASH);
	sr_witness_get(p.w, sr_bytes_str(hex), &shown);
	assert_int_equal(shown.status, 404);
	sr_buf_free(&shown.body);
	sr_buf_init(&body);
	sr_buf_init(&want);
	rig_request(&body, &l, 0, 21);
	sr_witness_add(p.w, sr_buf_view(&body), &given);
	assert_int_equal(given.status, 200);
	now += 1000;
	reopen(&p);
	sr_witness_get(p.w, sr_bytes_str(hex), &shown);
	assert_int_equal(shown.status, 200);
	rig_note(&want, &l, 21);
	sr_buf_put_bytes(&want, sr_buf_view(&given.body));
	assert_true(sr_bytes_eq(sr_buf_view(&shown.body), sr_buf_view(&want)));
	sr_buf_free(&want);
	sr_buf_free(&shown.body);
	sr_buf_free(&given.body);
	sr_buf_free(&body);
	teardown(&p);
}

/* --- two at once --- */

struct racer {
	struct sr_witness *w;
	struct sr_bytes body;
	pthread_barrier_t *start;
	struct sr_witness_reply reply;
};

static void *race(void *ctx) {
	struct racer *r = ctx;

	(void)pthread_barrier_wait(r->start);
	sr_witness_add(r->w, r->body, &r->reply);
	return NULL;
}

/* Two histories of one log, offered at the same moment through two openings of the same memory (as
 * two processes would): exactly one is ever signed, whoever wins. */
static void racing(void **state) {
	enum {
		ROUNDS = 20
	};
	struct place p;
	struct sr_witness *second = NULL;
	struct sr_err e = {0};

	(void)state;
	setup(&p);
	const struct sr_witness_open o = {
		.dir = p.dir, .unlock = &unlock, .clock = {clock_now, &now}};
	assert_ok(sr_witness_open(&second, &o, &e), &e);
	for (int round = 0; round < ROUNDS; round++) {
		struct rig_log one, two;
		struct racer r[2];
		pthread_barrier_t start;
		pthread_t t[2];
		struct sr_buf body[2];
		char name[64];
		int winner;

		snprintf(name, sizeof name, "race.example/%d", round);
		rig_log(&one, name, 1, RIG_LEAVES);
		rig_log(&two, name, 1, 3);
		know(&p, &one);
		grow(&p, &one, 0, 3);
		assert_int_equal(pthread_barrier_init(&start, NULL, 2), 0);
		for (int i = 0; i < 2; i++) {
			sr_buf_init(&body[i]);
			rig_request(&body[i], i == 0 ? &one : &two, 3, 9);
			r[i] = (struct racer){.w = i == 0 ? p.w : second,
				.body = sr_buf_view(&body[i]),
				.start = &start};
			assert_int_equal(pthread_create(&t[i], NULL, race, &r[i]), 0);
		}
		for (int i = 0; i < 2; i++)
			assert_int_equal(pthread_join(t[i], NULL), 0);
		winner = r[0].reply.status == 200 ? 0 : 1;
		assert_int_equal(r[winner].reply.status, 200);
		assert_int_equal(r[1 - winner].reply.status, 409);
		assert_true(
			sr_bytes_eq(sr_buf_view(&r[1 - winner].reply.body), sr_bytes_str("9\n")));
		REFUSED(p.w, winner == 0 ? &two : &one, 9, 9, 422, "another root");
		for (int i = 0; i < 2; i++) {
			sr_buf_free(&r[i].reply.body);
			sr_buf_free(&body[i]);
		}
		(void)pthread_barrier_destroy(&start);
	}
	sr_witness_free(second);
	teardown(&p);
}

/* --- a kill between the memory and the signature --- */

static void killed(void **state) {
	struct rig_log l, fork_;
	struct place p;
	struct sr_buf b;
	int status;
	pid_t child;

	(void)state;
	setup(&p);
	rig_log(&l, RIG_ORIGIN, 1, RIG_LEAVES);
	rig_log(&fork_, RIG_ORIGIN, 1, 6);
	know(&p, &l);
	grow(&p, &l, 0, 6);
	sr_buf_init(&b);
	rig_request(&b, &l, 6, 11);
	sr_witness_free(p.w); /* SQLite's handle does not go through a fork */
	p.w = NULL;
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		const struct sr_witness_open o = {
			.dir = p.dir, .unlock = &unlock, .clock = {clock_now, &now}};
		struct sr_witness_reply r;
		struct sr_witness *w = NULL;

		if (sr_witness_open(&w, &o, NULL) != 0)
			t_exit(2);
		sr_fault_set(1, -1); /* the only fault point on the way: before the key is used */
		sr_witness_add(w, sr_buf_view(&b), &r);
		t_exit(3);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	reopen(&p);
	/* It remembers what it had not yet signed, and nobody can have it sign another history. */
	ASK(p.w, sr_buf_view(&b), 409, "11\n");
	REFUSED(p.w, &fork_, 11, 11, 422, "another root");
	grow(&p, &l, 11, 11);
	sr_buf_free(&b);
	teardown(&p);
}

/* A memory that cannot be read signs nothing now; one that cannot be written signs nothing until it
 * is opened again. */
static void read_only(void **state) {
	struct rig_log l;
	struct place p;
	sqlite3 *other = NULL;
	struct sr_buf b;

	(void)state;
	setup(&p);
	rig_log(&l, RIG_ORIGIN, 1, RIG_LEAVES);
	know(&p, &l);
	grow(&p, &l, 0, 2);
	sr_buf_init(&b);
	rig_request(&b, &l, 2, 5);
	/* Somebody alters the schema behind it: there is no such table to read. */
	assert_int_equal(sqlite3_open(t_path(p.path, "witness.db"), &other), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(other, "ALTER TABLE log RENAME TO gone", NULL, NULL, NULL), SQLITE_OK);
	ASK(p.w, sr_buf_view(&b), 500, "could not read its memory");
	assert_int_equal(
		sqlite3_exec(other, "ALTER TABLE gone RENAME TO log", NULL, NULL, NULL), SQLITE_OK);
	grow(&p, &l, 2, 5); /* nothing was written: it goes on */
	/* The update is refused. */
	assert_int_equal(
		sqlite3_exec(other,
			"CREATE TRIGGER no BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'no'); "
			"END",
			NULL, NULL, NULL),
		SQLITE_OK);
	sr_buf_clear(&b);
	rig_request(&b, &l, 5, 6);
	ASK(p.w, sr_buf_view(&b), 500, "could not write its memory");
	/* Or passed over. */
	assert_int_equal(sqlite3_exec(other,
				 "DROP TRIGGER no; CREATE TRIGGER no BEFORE UPDATE ON log BEGIN "
				 "SELECT RAISE(IGNORE); END",
				 NULL, NULL, NULL),
		SQLITE_OK);
	reopen(&p);
	ASK(p.w, sr_buf_view(&b), 500, "could not write its memory");
	assert_int_equal(sqlite3_exec(other, "DROP TRIGGER no", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
	ASK(p.w, sr_buf_view(&b), 500, "could not write its memory"); /* sticky */
	reopen(&p);
	grow(&p, &l, 5, 6);
	/* Written, and not signed: the next one who asks gets it. */
	sr_buf_clear(&b);
	rig_request(&b, &l, 6, 8);
	sr_fault_set(1, EIO);
	ASK(p.w, sr_buf_view(&b), 503, "remembers that checkpoint and could not sign it");
	sr_fault_set(0, 0);
	ASK(p.w, sr_buf_view(&b), 409, "8\n");
	grow(&p, &l, 8, 8);
	sr_buf_free(&b);
	teardown(&p);
}

/* A list's opening, without the key, signs nothing. */
static void unkeyed(void **state) {
	struct rig_log l;
	struct place p;
	struct sr_witness *w = NULL;
	struct sr_err e = {0};

	(void)state;
	setup(&p);
	const struct sr_witness_open o = {.dir = p.dir, .clock = {clock_now, &now}};
	assert_ok(sr_witness_open(&w, &o, &e), &e);
	rig_log(&l, RIG_ORIGIN, 1, RIG_LEAVES);
	assert_ok(sr_witness_log_add(w, sr_bytes_str(RIG_ORIGIN), &l.vkey, &e), &e);
	REFUSED(w, &l, 0, 4, 500, "has no key here");
	for (unsigned i = 2; i <= SR_WITNESS_LOG_KEYS + 1; i++) {
		rig_log(&l, RIG_ORIGIN, i, RIG_LEAVES);
		const int rc = sr_witness_log_add(w, sr_bytes_str(RIG_ORIGIN), &l.vkey, &e);

		if (i <= SR_WITNESS_LOG_KEYS)
			assert_ok(rc, &e);
		else
			assert_fails(rc, SR_LIMIT, &e, "that log has 4 keys, no more are kept");
	}
	rig_log(&l, RIG_ORIGIN, 1, RIG_LEAVES);
	assert_fails(sr_witness_log_add(w, sr_bytes_str(RIG_ORIGIN), &l.vkey, &e), SR_EXISTS, &e,
		"that key of that log is known already");
	sr_witness_free(w);
	/* What is asked for by the hash of its name, and is not there. */
	static const char *const asked[][2] = {
		{"none", "want the lowercase hex SHA-256 of an origin"},
		{"0000000000000000000000000000000000000000000000000000000000000000",
			"this witness knows no log with that origin"},
		{NULL, "nothing of that log was cosigned yet"},
	};
	uint8_t hash[SR_HASH];
	char hex[2 * SR_HASH + 1];

	sr_sha256(hash, RIG_ORIGIN, strlen(RIG_ORIGIN));
	sr_hex(hex, hash, SR_HASH);
	for (size_t i = 0; i < T_COUNT(asked); i++) {
		struct sr_witness_reply reply;

		sr_witness_get(p.w, sr_bytes_str(asked[i][0] != NULL ? asked[i][0] : hex), &reply);
		assert_int_equal(reply.status, 404);
		assert_non_null(
			memmem(reply.body.p, reply.body.len, asked[i][1], strlen(asked[i][1])));
		sr_buf_free(&reply.body);
	}
	REFUSED(p.w, &l, 1, 4, 409, "0\n");
	teardown(&p);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folder),
		cmocka_unit_test(places),
		cmocka_unit_test(strange),
		cmocka_unit_test(each_bit),
		cmocka_unit_test(names),
		cmocka_unit_test(logs),
		cmocka_unit_test(follows),
		cmocka_unit_test(statuses),
		cmocka_unit_test(rotation),
		cmocka_unit_test(published),
		cmocka_unit_test(racing),
		cmocka_unit_test(killed),
		cmocka_unit_test(read_only),
		cmocka_unit_test(unkeyed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
