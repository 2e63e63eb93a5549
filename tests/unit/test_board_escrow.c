/*
 * test_board_escrow - the file of the escrow's key: rotation, damage, and a failure or kill at each
 * step; and what a rotation does to the backups before.
 */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "board/backup.h"
#include "crypto/aead.h"
#include "crypto/passphrase.h"
#include "ledger/ledger.h"
#include "ledger/receipt.h"
#include "store/secrets.h"
#include "world.h"

static uint8_t vault[SR_HASH] = {7};

static char *escrow_path(char out[T_PATH], const char *folder) {
	snprintf(out, T_PATH, "%s/escrow", folder);
	return out;
}

static void make_file(const char *path) {
	struct sr_escrow x;
	struct sr_err e;

	assert_ok(sr_escrow_create(&x, path, vault, &e), &e);
	sr_escrow_close(&x);
}

static void reopen(struct sr_escrow *x, const char *path) {
	struct sr_err e;

	sr_escrow_close(x);
	assert_ok(sr_escrow_open(x, path, vault, &e), &e);
}

static bool in_file(const char *path, const uint8_t key[SR_KEY]) {
	struct sr_buf file;

	sr_buf_init(&file);
	t_read_file(path, &file);
	bool is = memmem(file.p, file.len, key, SR_KEY) != NULL;
	sr_buf_free(&file);
	return is;
}

static void test_rotate(void **state) {
	char *folder = t_tmp_new(), path[T_PATH];
	struct sr_escrow x;
	struct sr_err e;
	uint8_t old[SR_KEY], id[SR_ID];

	(void)state;
	escrow_path(path, folder);
	assert_fails(sr_escrow_open(&x, path, vault, &e), SR_NOTFOUND, &e, "escrow file");
	assert_ok(sr_escrow_create(&x, path, vault, &e), &e);
	struct sr_escrow other;
	assert_fails(sr_escrow_create(&other, path, vault, &e), SR_EXISTS, &e, "escrow file");
	assert_int_equal(sr_escrow_newest(&x)->generation, 1);
	assert_ok(sr_escrow_settle(&x, &e), &e); /* nothing to do */
	memcpy(id, x.id, SR_ID);
	for (uint64_t g = 1; g <= 5; g++) {
		memcpy(old, sr_escrow_newest(&x)->key, SR_KEY);
		assert_true(in_file(path, old));
		assert_ok(sr_escrow_add(&x, &e), &e);
		reopen(&x, path);
		assert_true(sr_escrow_unsettled(&x));
		assert_fails(sr_escrow_add(&x, &e), SR_MISUSE, &e, "not settled");
		assert_int_equal(sr_escrow_newest(&x)->generation, g + 1);
		assert_memory_equal(sr_escrow_of(&x, g)->key, old, SR_KEY);
		assert_memory_not_equal(sr_escrow_newest(&x)->key, old, SR_KEY);
		assert_null(sr_escrow_of(&x, g + 2));
		assert_ok(sr_escrow_settle(&x, &e), &e);
		assert_false(in_file(path, old));
		reopen(&x, path);
		assert_false(sr_escrow_unsettled(&x));
		assert_null(sr_escrow_of(&x, g));
		assert_memory_equal(x.id, id, SR_ID);
	}
	sr_escrow_close(&x);
	assert_fails(sr_escrow_open(&x, path, (const uint8_t[SR_HASH]){8}, &e), SR_AUTH, &e,
		"it belongs to another vault");
	t_tmp_remove(folder);
}

/* Every byte of the part that counts, flipped; every length. */
static void test_damage(void **state) {
	char *folder = t_tmp_new(), path[T_PATH];
	struct sr_escrow x;
	struct sr_buf file;
	struct sr_err e;

	(void)state;
	make_file(escrow_path(path, folder));
	sr_buf_init(&file);
	t_read_file(path, &file);
	assert_int_equal(file.len, SR_ESCROW_FILE);
	for (size_t i = 0; i < (size_t)128 * 8; i++) {
		file.p[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_fails(sr_escrow_decode(&x, file.p, &e), SR_CORRUPT, &e,
			"no escrow file, or damaged");
		file.p[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	assert_ok(sr_escrow_decode(&x, file.p, &e), &e);
	for (size_t len = 0; len < file.len; len += 1000) {
		t_write_file(path, file.p, len);
		assert_fails(sr_escrow_open(&x, path, vault, &e), SR_CORRUPT, &e, "want 8192");
	}
	/* Two slots that are not one escrow's, or do not follow each other. */
	struct sr_buf two;
	char second[T_PATH];
	snprintf(second, sizeof second, "%s/second", folder);
	make_file(second);
	sr_buf_init(&two);
	t_read_file(second, &two);
	memcpy(file.p + SR_ESCROW_SLOT, two.p, SR_ESCROW_SLOT);
	assert_fails(sr_escrow_decode(&x, file.p, &e), SR_CORRUPT, &e, "different escrows");
	memcpy(file.p + SR_ESCROW_SLOT, file.p, SR_ESCROW_SLOT);
	assert_fails(sr_escrow_decode(&x, file.p, &e), SR_CORRUPT, &e,
		"generations 1 and 1 do not follow each other");
	/* A slot that was being overwritten when the power went is finished at the next opening. */
	memset(file.p + SR_ESCROW_SLOT + 200, 0, 100);
	file.p[SR_ESCROW_SLOT + 90] ^= 1;
	t_write_file(path, file.p, file.len);
	assert_ok(sr_escrow_open(&x, path, vault, &e), &e);
	assert_false(sr_escrow_unsettled(&x));
	sr_escrow_close(&x);
	sr_buf_clear(&two);
	t_read_file(path, &two);
	assert_memory_equal(two.p, file.p, SR_ESCROW_SLOT);
	assert_memory_not_equal(two.p + SR_ESCROW_SLOT, file.p + SR_ESCROW_SLOT, 8);
	sr_buf_free(&two);
	sr_buf_free(&file);
	t_tmp_remove(folder);
}

/* --- backups ---------------------------------------------------------------------------------- */

struct place {
	char to[T_PATH], secrets[T_PATH], escrow[T_PATH], restored[T_PATH];
};

static void place_of(struct place *p, struct world *w, const char *name) {
	snprintf(p->to, sizeof p->to, "%s/%s", w->path, name);
	snprintf(p->secrets, sizeof p->secrets, "%s/%s.secrets", w->path, name);
	snprintf(p->escrow, sizeof p->escrow, "%s/escrow", w->path);
	snprintf(p->restored, sizeof p->restored, "%s/%s.restored", w->path, name);
}

static const char credential[] = "the credential of the backup, 32 bytes and more";

static int backup(struct world *w, const struct place *p, bool rotate, struct sr_backup_result *r) {
	struct sr_backup_options o = {.path = p->to,
		.secrets_path = p->secrets,
		.escrow_path = p->escrow,
		.rotate = rotate,
		.unlock = {.credential = sr_bytes_str(credential)}};

	return sr_backup_make(w->v, &o, r, &w->e);
}

/* What becomes of a copy while it is read back. */
struct meanwhile {
	char path[2][T_PATH];
	const struct sr_buf *older; /* two, written there; NULL: nothing can be read any more */
	bool done;
};

static bool unreadable;

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker's names */
int __real_sr_fd_pread(int fd, void *p, size_t len, uint64_t offset, struct sr_err *e);
int __wrap_sr_fd_pread(int fd, void *p, size_t len, uint64_t offset, struct sr_err *e);

int __wrap_sr_fd_pread(int fd, void *p, size_t len, uint64_t offset, struct sr_err *e) {
	if (unreadable) {
		errno = EIO;
		return sr_fail_errno(e, "read");
	}
	return __real_sr_fd_pread(fd, p, len, offset, e);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

static int happens(void *ctx, const char *what, uint64_t done, uint64_t total, const char *unit) {
	struct meanwhile *m = ctx;

	(void)done;
	(void)total;
	(void)unit;
	if (strcmp(what, "checking") != 0 || m->done)
		return 0;
	m->done = true;
	if (m->older == NULL)
		unreadable = true;
	for (size_t i = 0; m->older != NULL && i < 2; i++)
		t_write_file(m->path[i], m->older[i].p, m->older[i].len);
	return 0;
}

static int64_t clock_of(void *ctx) {
	return ((struct world *)ctx)->now;
}

static int restore(
	struct world *w, const struct place *p, struct sr_bytes checkpoint, struct sr_buf *told) {
	struct sr_restore_options o = {.from = p->to,
		.secrets_path = p->secrets,
		.escrow_path = p->escrow,
		.to = p->restored,
		.no_second = true,
		.checkpoint = checkpoint,
		.clock = {clock_of, w},
		.unlock = {.credential = sr_bytes_str(WORLD_CREDENTIAL)},
		.unlock_secrets = {.credential = sr_bytes_str(credential)}};
	struct sr_backup_result r;

	if (t_exists(p->restored))
		t_tmp_remove(strdup(p->restored));
	return sr_backup_restore(&o, &r, told, &w->e);
}

static void put_item(struct world *w) {
	struct world_file f = {.path = "page.txt", .content = sr_bytes_str("kept\n")};
	struct world_deposit d = {.files = &f, .count = 1};

	assert_int_equal(world_deposit(w, &d), 0);
}

static bool says(const struct sr_buf *told, const char *words) {
	return told->len > 0 && memmem(told->p, told->len, words, strlen(words)) != NULL;
}

/* A secrets file that is none, one that the right escrow and passphrase open to a key of another
 * size, and one with a secret that ends with a grant: no backup brings that back. */
static void other_secrets(struct world *w, const struct place *p) {
	struct sr_escrow x;
	struct sr_buf told, text, file;
	uint8_t ad[SR_HASH + SR_ID + 8], key[SR_KEY] = {1}, root[SR_HASH];
	struct sr_buf plain;
	const struct sr_unlock u = {.credential = sr_bytes_of(credential, sizeof credential - 1)};

	sr_buf_init(&told);
	sr_buf_init(&file);
	sr_buf_init_secret(&text);
	t_read_file(p->secrets, &file);
	file.p[0] ^= 1;
	t_write_file(p->secrets, file.p, file.len);
	assert_fails(restore(w, p, sr_bytes_of(NULL, 0), &told), SR_CORRUPT, &w->e,
		"not a secrets file of a backup");
	assert_ok(sr_escrow_open(&x, p->escrow, w->v->fingerprint, &w->e), &w->e);
	memcpy(ad, w->v->fingerprint, SR_HASH);
	memcpy(ad + SR_HASH, x.id, SR_ID);
	sr_le64_put(ad + SR_HASH + SR_ID, 1);
	sr_buf_init_secret(&plain);
	sr_ledger_root(root, w->v->ledger);
	sr_buf_put(&plain, w->v->fingerprint, SR_HASH);
	sr_buf_put_le64(&plain, sr_ledger_next_index(w->v->ledger));
	sr_buf_put(&plain, root, SR_HASH);
	sr_buf_put_le64(&plain, 1);
	sr_buf_put_u8(&plain, SR_SECRET_ROOM_KEY);
	for (int whole = 0; whole < 2; whole++) {
		struct sr_buf wrapped;

		sr_buf_init(&wrapped);
		sr_buf_clear(&text);
		sr_buf_clear(&file);
		assert_ok(sr_passphrase_seal(&text, "strongroom/backup/v1", sr_bytes_of(NULL, 0),
				  &u, sr_bytes_of(key, SR_KEY - (whole ? 0 : 1)), &w->e),
			&w->e);
		assert_ok(sr_aead_seal_buf(&wrapped, sr_escrow_newest(&x)->key,
				  "strongroom/backup-escrow/v1", sr_bytes_of(ad, sizeof ad),
				  sr_buf_view(&text), &w->e),
			&w->e);
		sr_buf_put_str(&file, "SRBACKUP");
		sr_buf_put(&file, x.id, SR_ID);
		sr_buf_put_le64(&file, 1);
		sr_buf_put_lp(&file, sr_buf_view(&wrapped));
		assert_ok(sr_aead_seal_buf(&file, key, "strongroom/backup-secrets/v1",
				  sr_bytes_of(w->v->fingerprint, SR_HASH), sr_buf_view(&plain),
				  &w->e),
			&w->e);
		t_write_file(p->secrets, file.p, file.len);
		assert_fails(restore(w, p, sr_bytes_of(NULL, 0), &told), SR_CORRUPT, &w->e,
			whole ? ", which no backup carries" : "its key has 31 bytes, want 32");
		sr_buf_free(&wrapped);
	}
	sr_escrow_close(&x);
	sr_buf_free(&plain);
	sr_buf_free(&told);
	sr_buf_free(&text);
	sr_buf_free(&file);
}

/* What is shown of the log at a restore: its present checkpoint, or, signed by its own key, one of
 * another history. */
static void checkpoint_of(struct world *w, bool forked, struct sr_buf *out) {
	struct sr_checkpoint c = {.size = sr_ledger_next_index(w->v->ledger)};
	const struct sr_vkey *key = sr_ledger_vkey(w->v->ledger);
	const struct sr_signer by = {.key = key, .seed = w->v->keys->s->ledger_seed};

	snprintf(c.origin, sizeof c.origin, "%s", key->name);
	sr_ledger_root(c.root, w->v->ledger);
	c.root[0] ^= forked ? 1 : 0;
	sr_buf_clear(out);
	assert_ok(sr_checkpoint_sign(out, &c, &by, 1, &w->e), &w->e);
}

static void test_backups(void **state) {
	struct world *w = world_new(NULL);
	struct place one = {.to = ""}, two = {.to = ""};
	struct sr_backup_result r;
	struct sr_backup_counts n;
	struct sr_buf told, note;

	(void)state;
	place_of(&one, w, "one");
	place_of(&two, w, "two");
	sr_buf_init(&told);
	sr_buf_init(&note);
	put_item(w);
	assert_ok(backup(w, &one, false, &r), &w->e);
	assert_true(r.escrow_made && !r.rotated && r.generation == 1);
	assert_int_equal(world_count(w, SR_T_ESCROW), 1);
	assert_int_equal(world_count(w, SR_T_BACKUP), 2);
	assert_ok(sr_query_backup_counts(&n, w->v->catalogue, &w->e), &w->e);
	assert_true(n.open == 1 && n.last == w->now && n.reviving == 0);
	/* As long as the escrow is not rotated it opens, and says what it lacks. */
	put_item(w);
	assert_ok(sr_ledger_publish(w->v->ledger, &w->e), &w->e);
	char checkpoint[T_PATH];
	snprintf(checkpoint, sizeof checkpoint, "%s/ledger/checkpoint", w->vault);
	t_read_file(checkpoint, &note);
	assert_ok(restore(w, &one, sr_bytes_of(NULL, 0), &told), &w->e);
	assert_true(says(&told, "lives again here (--since FILE"));
	sr_buf_clear(&told);
	assert_ok(restore(w, &one, sr_buf_view(&note), &told), &w->e);
	assert_true(says(&told, "closed in the 3 between lives again here"));
	sr_buf_clear(&told);
	checkpoint_of(w, true, &note);
	assert_ok(backup(w, &two, false, &r), &w->e); /* goes as far as that, and further */
	assert_fails(restore(w, &two, sr_buf_view(&note), &told), SR_AUTH, &w->e,
		" entries than the one in the backup; keep both");
	assert_non_null(strstr(w->e.text, "--since: forked: the log's key signed another log of "));
	assert_null(strstr(w->e.text, "restore without"));
	checkpoint_of(w, false, &note);
	assert_ok(backup(w, &two, false, &r), &w->e);
	assert_ok(restore(w, &two, sr_buf_view(&note), &told), &w->e);
	assert_true(says(&told, " entries that --since shows is all in the backup"));
	note.p[note.len / 2] ^= 1;
	sr_buf_clear(&told);
	int rc = restore(w, &one, sr_buf_view(&note), &told);
	assert_true(rc == SR_AUTH || rc == SR_CORRUPT);
	assert_non_null(strstr(w->e.text, "--since"));
	struct sr_checkpoint strange = {.origin = "strange.example/log", .size = 3};
	struct sr_vkey key;
	uint8_t seed[SR_SEED] = {5}, pk[SR_PK];
	sr_sign_public(pk, seed);
	assert_ok(sr_vkey_make(&key, sr_bytes_str(strange.origin), SR_NOTE_ED25519, pk, &w->e),
		&w->e);
	sr_buf_clear(&note);
	assert_ok(sr_checkpoint_sign(&note, &strange,
			  &(struct sr_signer){.key = &key, .seed = seed}, 1, &w->e),
		&w->e);
	assert_fails(restore(w, &one, sr_buf_view(&note), &told), SR_AUTH, &w->e,
		"--since: forged, or the service keys were changed after this backup");
	/* Rotated: the second opens, the first never again. */
	assert_ok(backup(w, &two, true, &r), &w->e);
	assert_true(!r.escrow_made && r.rotated && r.generation == 2);
	assert_fails(restore(w, &one, sr_bytes_of(NULL, 0), &told), SR_NOTFOUND, &w->e,
		"it was made under generation 1 of the escrow, which was rotated");
	assert_ok(restore(w, &two, sr_bytes_of(NULL, 0), &told), &w->e);
	assert_ok(sr_query_backup_counts(&n, w->v->catalogue, &w->e), &w->e);
	assert_int_equal(n.open, 1);
	/* What is not the escrow of that file is said to be another. */
	assert_int_equal(unlink(one.escrow), 0);
	assert_ok(backup(w, &one, true, &r), &w->e);
	assert_true(r.escrow_made && !r.rotated && r.generation == 1);
	assert_fails(restore(w, &two, sr_bytes_of(NULL, 0), &told), SR_AUTH, &w->e,
		"it was made under escrow ");
	assert_ok(restore(w, &one, sr_bytes_of(NULL, 0), &told), &w->e);
	other_secrets(w, &one);
	sr_buf_free(&told);
	sr_buf_free(&note);
	world_free(w);
}

/* A medium that gives back less than it was given, or nothing. */
static void test_bad_medium(void **state) {
	struct world *w = world_new(NULL);
	struct meanwhile m = {.done = false};
	const struct sr_progress progress = {happens, &m};
	struct sr_backup_options o = {
		.progress = &progress, .unlock = {.credential = sr_bytes_str(credential)}};
	struct sr_backup_result r;
	struct place p = {.to = ""};
	struct sr_buf older[2];

	(void)state;
	place_of(&p, w, "to");
	o.path = p.to;
	o.secrets_path = p.secrets;
	o.escrow_path = p.escrow;
	put_item(w);
	assert_ok(backup(w, &p, false, &r), &w->e);
	for (size_t i = 0; i < 2; i++) {
		snprintf(m.path[i], sizeof m.path[i], "%s",
			t_path(p.to, i == 0 ? "ledger/journal" : "ledger/checkpoint"));
		sr_buf_init(&older[i]);
		t_read_file(m.path[i], &older[i]);
	}
	m.older = older;
	put_item(w);
	m.done = false;
	assert_fails(sr_backup_make(w->v, &o, &r, &w->e), SR_CORRUPT, &w->e,
		" entries under another root: the medium does not keep what it is given");
	m.older = NULL;
	m.done = false;
	assert_fails(
		sr_backup_make(w->v, &o, &r, &w->e), SR_IO, &w->e, ": read: Input/output error");
	unreadable = false;
	assert_ok(sr_backup_make(w->v, &o, &r, &w->e), &w->e);
	sr_buf_free(&older[0]);
	sr_buf_free(&older[1]);
	world_free(w);
}

/* Killed at every step of a backup with rotation: some secrets file opens, the log claims no
 * overwriting that was not done, and the next backup ends what was begun. */
static void test_kill_everywhere(void **state) {
	struct world *w = world_new(NULL);
	struct place p = {.to = ""};
	struct sr_backup_result r;
	struct sr_buf told;
	size_t finished = 0;
	bool done = false;

	(void)state;
	place_of(&p, w, "copy");
	sr_buf_init(&told);
	put_item(w);
	assert_ok(backup(w, &p, false, &r), &w->e);
	for (unsigned long nth = 1; !done; nth += 3) {
		const uint64_t before = r.generation;
		uint64_t logged = 0;
		int status = 0;
		struct sr_escrow x;
		pid_t pid;

		world_close(w);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			world_reopen(w);
			sr_fault_set(nth, -1);
			t_exit(backup(w, &p, true, &r) == 0 ? 7 : 8);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		done = WIFEXITED(status) && WEXITSTATUS(status) == 7;
		assert_true(done || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
		sr_buf_clear(&told);
		if (!t_exists(t_path(p.to, "strongroom.conf")))
			fail_msg("the backup lost its strongroom.conf");
		assert_ok(restore(w, &p, sr_bytes_of(NULL, 0), &told), &w->e);
		world_reopen(w);
		assert_ok(sr_escrow_open(&x, p.escrow, w->v->fingerprint, &w->e), &w->e);
		assert_ok(sr_query_escrow(&logged, w->v->catalogue, x.id, &w->e), &w->e);
		assert_true(logged == before || logged == before + 1);
		if (logged > before) /* then nothing of the one before is left */
			assert_true(!sr_escrow_unsettled(&x) &&
				    sr_escrow_newest(&x)->generation == logged);
		finished += sr_escrow_unsettled(&x);
		sr_escrow_close(&x);
		assert_ok(backup(w, &p, false, &r), &w->e);
		assert_ok(sr_escrow_open(&x, p.escrow, w->v->fingerprint, &w->e), &w->e);
		assert_false(sr_escrow_unsettled(&x));
		assert_ok(sr_query_escrow(&logged, w->v->catalogue, x.id, &w->e), &w->e);
		assert_int_equal(sr_escrow_newest(&x)->generation, logged);
		assert_int_equal(r.generation, logged);
		sr_escrow_close(&x);
		assert_true(!done || nth > 20);
	}
	assert_true(finished > 0);
	sr_buf_free(&told);
	world_free(w);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rotate),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_backups),
		cmocka_unit_test(test_bad_medium),
		cmocka_unit_test(test_kill_everywhere),
	};
	return cmocka_run_group_tests_name("board escrow", tests, NULL, NULL);
}
