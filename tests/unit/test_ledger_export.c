/*
 * Tests of ledger/export: a growing log exported step by step is what it is in one, and what
 * verify/tree (another reader) finds whole; failures and kills at every step of an export; other
 * histories, other logs, other folders.
 */
#include "ledger_fixture.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger/export.h"
#include "ledger/ledger.h"
#include "merkle/cosignature.h"
#include "verify/tree.h"

static uint8_t seed[SR_SEED], pk[SR_PK], mac_key[SR_KEY];

struct place {
	char *path;
	struct sr_dir *d;
	struct sr_ledger *l;
	uint64_t salt; /* of the entries: another one is another history */
	bool lie;      /* bundles are not those of the signed root */
	unsigned asked;
};

static void open_ledger(struct place *p, const char *origin, bool create) {
	const struct sr_ledger_opts o = {.origin = origin, .seed = seed, .mac_key = mac_key};
	struct sr_err e = {0};

	p->path = t_tmp_new();
	assert_ok(sr_dir_open(&p->d, p->path, &e), &e);
	if (create)
		assert_ok(sr_ledger_create(p->d, &o, &e), &e);
	assert_ok(sr_ledger_open(&p->l, p->d, &o, &e), &e);
}

static void place_free(struct place *p) {
	sr_ledger_abandon(p->l);
	sr_dir_close(p->d);
	t_tmp_remove(p->path);
}

static void commit(struct place *p, size_t n) {
	static uint8_t bytes[SR_COMMIT_LEAVES][60];
	struct sr_bytes leaves[SR_COMMIT_LEAVES];
	uint8_t attachment[SR_ATTACHMENT] = {0};
	struct sr_err e = {0};

	for (size_t i = 0; i < n; i++) {
		const uint64_t at = sr_ledger_next_index(p->l) + i;
		t_fill(bytes[i], sizeof bytes[i], 1000 + at + (at > 5 ? p->salt : 0));
		leaves[i] = sr_bytes_of(bytes[i], 20 + (size_t)(at % 40));
	}
	assert_ok(sr_ledger_commit(p->l, leaves, n, attachment, NULL, &e), &e);
}

static void grow_to(struct place *p, uint64_t size) {
	while (sr_ledger_next_index(p->l) < size) {
		const uint64_t left = size - sr_ledger_next_index(p->l);
		commit(p, left < 200 ? (size_t)left : 200);
	}
}

static int give_checkpoint(void *ctx, struct sr_buf *out, struct sr_err *e) {
	const struct place *p = ctx;
	const int rc = sr_ledger_publish(p->l, e);

	return rc == 0 ? sr_ledger_published(p->l, out, e) : rc;
}

static int give_bundle(void *ctx, const struct sr_tile *t, struct sr_buf *out, struct sr_err *e) {
	struct place *p = ctx;
	const int rc = sr_ledger_tile(p->l, t, out, e);

	p->asked++;
	if (rc == 0 && p->lie)
		out->p[out->len - 1] ^= 1;
	return rc;
}

static int export_to(
	struct place *p, struct sr_dir *d, struct sr_exported *done, struct sr_err *e) {
	const struct sr_export_source source = {give_checkpoint, give_bundle, p};
	const struct sr_export_options o = {.source = &source,
		.key = sr_ledger_vkey(p->l),
		.file_mode = 0640,
		.dir_mode = 0750};

	p->asked = 0;
	return sr_export(d, &o, done, e);
}

static int stop(void *ctx, const char *what, uint64_t done, uint64_t total, const char *unit) {
	(void)ctx;
	(void)what;
	(void)done;
	(void)total;
	(void)unit;
	return 1;
}

/* The folder is a whole log of that size and root, by the other reader. */
static void check_folder(const struct place *p, struct sr_dir *d) {
	const struct sr_log log = {
		.origin = sr_ledger_origin(p->l), .keys = sr_ledger_vkey(p->l), .count = 1};
	struct verify_tree *t = calloc(1, sizeof *t);
	struct verify_strays s;
	struct sr_checkpoint c;
	struct sr_note n;
	struct sr_buf b;
	struct sr_err e = {0};
	uint8_t root[SR_HASH];

	assert_non_null(t);
	sr_buf_init(&b);
	assert_ok(sr_file_read(d, "checkpoint", &b, 1 << 20, &e), &e);
	assert_ok(sr_checkpoint_open(&c, &n, sr_buf_view(&b), &log, &e), &e);
	assert_int_equal(c.size, sr_ledger_next_index(p->l));
	verify_tree_init(t, d, NULL, 0);
	assert_ok(verify_tree_bundles(t, c.size / SR_TILE_WIDTH, &e), &e);
	assert_ok(verify_tree_partials(t, c.size, &e), &e);
	verify_tree_root(root, t);
	assert_memory_equal(root, c.root, SR_HASH);
	assert_ok(verify_tree_strays(&s, t, &e), &e);
	assert_int_equal(s.beyond, 0);
	assert_int_equal(s.others, 0);
	sr_note_free(&n);
	sr_buf_free(&b);
	verify_tree_free(t);
	free(t);
}

static struct sr_dir *folder(char **path) {
	struct sr_dir *d = NULL;
	struct sr_err e = {0};

	*path = t_tmp_new();
	assert_ok(sr_dir_open(&d, *path, &e), &e);
	return d;
}

/* --- growing ---------------------------------------------------------------------------------- */

static void grows(void **state) {
	static const uint64_t sizes[] = {0, 1, 7, 255, 256, 256, 300, 511, 513, 900};
	struct place p = {.salt = 0};
	struct sr_exported done;
	struct sr_err e = {0};
	struct stat st;
	char *path;
	struct sr_dir *d = folder(&path);

	(void)state;
	open_ledger(&p, T_ORIGIN, true);
	for (size_t i = 0; i < T_COUNT(sizes); i++) {
		grow_to(&p, sizes[i]);
		assert_ok(export_to(&p, d, &done, &e), &e);
		assert_int_equal(done.size, sizes[i]);
		assert_int_equal(done.before, i == 0 ? 0 : sizes[i - 1]);
		check_folder(&p, d);
		/* Only what is new is asked for, from the last full tile on. */
		const uint64_t from = done.before / SR_TILE_WIDTH;
		assert_int_equal(p.asked, (sizes[i] + SR_TILE_WIDTH - 1) / SR_TILE_WIDTH - from);
		assert_ok(export_to(&p, d, &done, &e), &e);
		assert_int_equal(done.files, 0);
	}
	assert_int_equal(stat(t_path(path, "checkpoint"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(stat(t_path(path, "tile/entries"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0750);
	sr_dir_close(d);
	t_tmp_remove(path);
	place_free(&p);
}

/* Cosignatures come along, and stay while the checkpoint's text does. */
static void cosigned(void **state) {
	struct place p = {.salt = 0};
	struct sr_exported done;
	struct sr_err e = {0};
	uint8_t wseed[SR_SEED], wpk[SR_PK];
	struct sr_vkey witness;
	struct sr_note n;
	struct sr_buf note, line, have;
	char *path;
	struct sr_dir *d = folder(&path);

	(void)state;
	sr_buf_init(&note);
	sr_buf_init(&line);
	sr_buf_init(&have);
	open_ledger(&p, T_ORIGIN, true);
	grow_to(&p, 9);
	assert_ok(export_to(&p, d, &done, &e), &e);
	t_fill(wseed, sizeof wseed, 3);
	sr_sign_public(wpk, wseed);
	assert_ok(sr_vkey_make(&witness, sr_bytes_str("witness.example"), SR_NOTE_COSIGN, wpk, &e),
		&e);
	const struct sr_signer s = {.key = &witness, .seed = wseed};
	assert_ok(sr_ledger_published(p.l, &note, &e), &e);
	assert_ok(sr_note_parse(&n, sr_buf_view(&note), &e), &e);
	assert_ok(sr_cosign_line(&line, n.text, &s, T_TIME, &e), &e);
	sr_note_free(&n);
	assert_ok(sr_ledger_cosigned(p.l, sr_buf_view(&line), &e), &e);
	assert_ok(export_to(&p, d, &done, &e), &e);
	assert_int_equal(done.files, 1);
	assert_ok(sr_file_read(d, "checkpoint", &have, 1 << 20, &e), &e);
	sr_buf_put_bytes(&note, sr_buf_view(&line));
	assert_true(sr_bytes_eq(sr_buf_view(&have), sr_buf_view(&note)));
	/* The ledger lost it (an older checkpoint file of the same size); the export keeps it. */
	note.len -= line.len;
	assert_ok(sr_file_replace(p.d, "checkpoint", sr_buf_view(&note), &e), &e);
	assert_ok(export_to(&p, d, &done, &e), &e);
	assert_int_equal(done.files, 0);
	sr_buf_free(&note);
	sr_buf_free(&line);
	sr_buf_free(&have);
	sr_dir_close(d);
	t_tmp_remove(path);
	place_free(&p);
}

/* --- failures --------------------------------------------------------------------------------- */

/* One export that dies or fails at step ${nth}; whether it got that far. */
static bool broken_export(struct place *p, const char *path, unsigned long nth, int how) {
	int status = 0;
	const pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		struct sr_exported done;
		struct sr_err e = {0};
		struct sr_dir *d = NULL;
		if (sr_dir_open(&d, path, &e) != 0)
			t_exit(3);
		sr_fault_set(nth, how);
		t_exit(export_to(p, d, &done, &e) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status))
		return true;
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
	return WEXITSTATUS(status) == 1;
}

static void every_step(void **state) {
	static const int hows[] = {-1, EIO, ENOSPC};
	struct place p = {.salt = 0};
	struct sr_err e = {0};

	(void)state;
	open_ledger(&p, T_ORIGIN, true);
	grow_to(&p, 270);
	for (size_t h = 0; h < T_COUNT(hows); h++) {
		bool more = true;
		for (unsigned long nth = 1; more; nth++) {
			struct sr_exported done;
			char *path;
			struct sr_dir *d = folder(&path);
			if (nth % 3 == 0) { /* onto an earlier one, too */
				struct place small = {.salt = 0};
				open_ledger(&small, T_ORIGIN, true);
				grow_to(&small, 40);
				assert_ok(export_to(&small, d, &done, &e), &e);
				place_free(&small);
			}
			more = broken_export(&p, path, nth, hows[h]) || nth < 3;
			assert_ok(export_to(&p, d, &done, &e), &e);
			check_folder(&p, d);
			sr_dir_close(d);
			t_tmp_remove(path);
		}
	}
	place_free(&p);
}

/* --- what is refused -------------------------------------------------------------------------- */

static void refused(void **state) {
	struct place p = {.salt = 0}, fork_ = {.salt = 77}, short_ = {.salt = 0},
		     stranger = {.salt = 0};
	struct sr_exported done;
	struct sr_err e = {0};
	struct sr_buf before, after;
	char *path, *other;
	struct sr_dir *d = folder(&path), *o = folder(&other);

	(void)state;
	sr_buf_init(&before);
	sr_buf_init(&after);
	open_ledger(&p, T_ORIGIN, true);
	open_ledger(&fork_, T_ORIGIN, true);
	open_ledger(&short_, T_ORIGIN, true);
	open_ledger(&stranger, "other.example/log", true);
	grow_to(&p, 300);
	grow_to(&fork_, 300);
	grow_to(&short_, 299);
	grow_to(&stranger, 300);
	assert_ok(export_to(&p, d, &done, &e), &e);
	t_read_file(t_path(path, "checkpoint"), &before);
	assert_fails(export_to(&fork_, d, &done, &e), SR_AUTH, &e, "forked");
	grow_to(&fork_, 700);
	assert_fails(
		export_to(&fork_, d, &done, &e), SR_AUTH, &e, "forked: the log does not continue");
	assert_fails(export_to(&short_, d, &done, &e), SR_AUTH, &e, "rolled back");
	assert_fails(export_to(&stranger, d, &done, &e), SR_AUTH, &e, "checkpoint that is in");
	t_read_file(t_path(path, "checkpoint"), &after);
	assert_true(sr_bytes_eq(sr_buf_view(&before), sr_buf_view(&after)));
	check_folder(&p, d);
	/* Bundles that are not what was signed: nothing is promised, and the next one mends it. */
	grow_to(&p, 800);
	p.lie = true;
	assert_fails(export_to(&p, d, &done, &e), SR_AUTH, &e, "");
	p.lie = false;
	assert_ok(export_to(&p, d, &done, &e), &e);
	check_folder(&p, d);
	/* Stopped by who waits for it, and a tile of the export that was cut. */
	{
		const struct sr_progress asked = {stop, NULL};
		const struct sr_export_source source = {give_checkpoint, give_bundle, &p};
		const struct sr_export_options so = {.source = &source,
			.key = sr_ledger_vkey(p.l),
			.file_mode = 0640,
			.dir_mode = 0750,
			.progress = &asked};

		grow_to(&p, 1200);
		sr_err_clear(&e);
		assert_fails(sr_export(d, &so, &done, &e), SR_LOCKED, &e, "stopped on request");
		assert_ok(export_to(&p, d, &done, &e), &e);
		check_folder(&p, d);
		sr_buf_clear(&after);
		t_read_file(t_path(path, "tile/0/000"), &after);
		t_write_file(t_path(path, "tile/0/000"), after.p, after.len - 1);
		grow_to(&p, 1300);
		assert_fails(export_to(&p, d, &done, &e), SR_CORRUPT, &e,
			"tile/0/000 has not 8192 bytes");
	}
	/* A folder of somebody's. */
	t_write_file(t_path(other, "README.txt"), "x", 1);
	assert_fails(export_to(&p, o, &done, &e), SR_EXISTS, &e, "holds no export");
	assert_int_equal(t_count_entries(other), 2); /* and .lock */
	sr_buf_free(&before);
	sr_buf_free(&after);
	sr_dir_close(d);
	sr_dir_close(o);
	t_tmp_remove(path);
	t_tmp_remove(other);
	place_free(&p);
	place_free(&fork_);
	place_free(&short_);
	place_free(&stranger);
}

/* --- tiles and checkpoints as they are served --------------------------------------------------
 */

static void served(void **state) {
	struct place p = {.salt = 0};
	struct sr_err e = {0};
	struct sr_buf full, b;
	uint64_t covers = 0;

	(void)state;
	sr_buf_init(&full);
	sr_buf_init(&b);
	open_ledger(&p, T_ORIGIN, true);
	grow_to(&p, 600);
	for (int entries = 0; entries < 2; entries++) {
		for (uint64_t n = 0; n < 3; n++) {
			struct sr_tile t = {.entries = entries != 0, .n = n, .width = 1};
			const unsigned width = n < 2 ? SR_TILE_WIDTH : 88;
			sr_buf_clear(&full);
			t.width = width;
			assert_ok(sr_ledger_tile(p.l, &t, &full, &e), &e);
			for (t.width = 1; t.width < width; t.width += 29) {
				sr_buf_clear(&b);
				assert_ok(sr_ledger_tile(p.l, &t, &b, &e), &e);
				assert_true(b.len < full.len);
				assert_memory_equal(b.p, full.p, b.len);
			}
			t.width = width + 1;
			if (n == 2)
				assert_fails(sr_ledger_tile(p.l, &t, &b, &e), SR_NOTFOUND, &e,
					"outside a log of 600");
		}
	}
	const struct sr_tile beyond = {.level = 40, .n = 0, .width = 1};
	assert_fails(sr_ledger_tile(p.l, &beyond, &b, &e), SR_NOTFOUND, &e, "outside");
	/* The published checkpoint where it covers, else one of the present size. */
	assert_ok(sr_ledger_publish(p.l, &e), &e);
	grow_to(&p, 610);
	sr_buf_clear(&b);
	assert_ok(sr_ledger_covering(p.l, 600, &covers, &b, &e), &e);
	assert_int_equal(covers, 600);
	sr_buf_clear(&full);
	assert_ok(sr_ledger_published(p.l, &full, &e), &e);
	assert_true(sr_bytes_eq(sr_buf_view(&b), sr_buf_view(&full)));
	sr_buf_clear(&b);
	assert_ok(sr_ledger_covering(p.l, 601, &covers, &b, &e), &e);
	assert_int_equal(covers, 610);
	assert_fails(
		sr_ledger_covering(p.l, 611, &covers, &b, &e), SR_NOTFOUND, &e, "there are 610");
	sr_buf_free(&full);
	sr_buf_free(&b);
	place_free(&p);
}

static int setup(void **state) {
	(void)state;
	t_fill(seed, sizeof seed, 1);
	t_fill(mac_key, sizeof mac_key, 2);
	sr_sign_public(pk, seed);
	return 0;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows),
		cmocka_unit_test(cosigned),
		cmocka_unit_test(every_step),
		cmocka_unit_test(refused),
		cmocka_unit_test(served),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
