/*
 * test_base_fs - durable files. Every fault point of every changing call fails once with EIO and
 * once with ENOSPC, and the process is killed at each: the old file or the new one is there, whole,
 * and nothing that was acknowledged is lost. Names that lead outside are refused, with openat2 and
 * without; a lock is held once.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"

#include "util.h"

struct env {
	char *path;
	struct sr_dir *dir;
};

static int setup(void **state) {
	struct env *v = calloc(1, sizeof *v);
	struct sr_err e = {0};
	sr_fault_set(0, 0);
	(void)umask(077);
	v->path = t_tmp_new();
	assert_ok(sr_dir_open(&v->dir, v->path, &e), &e);
	*state = v;
	return 0;
}

static int teardown(void **state) {
	struct env *v = *state;
	sr_fault_set(0, 0);
	sr_fs_without_openat2(false);
	sr_dir_close(v->dir);
	t_tmp_remove(v->path);
	free(v);
	return 0;
}

/* Whether ${name} has exactly ${want}. */
static bool holds(struct sr_dir *d, const char *name, struct sr_bytes want) {
	struct sr_buf b;
	sr_buf_init(&b);
	int rc = sr_file_read(d, name, &b, 4 << 20, NULL);
	bool same = rc == 0 && sr_bytes_eq(sr_buf_view(&b), want);
	sr_buf_free(&b);
	return same;
}

static void folders(void **state) {
	struct env *v = *state;
	struct sr_dir *a = NULL;
	struct sr_dir *b = NULL;
	struct sr_err e = {0};
	struct stat st;
	assert_ok(sr_dir_make(&a, v->dir, "packs", 0711, &e), &e);
	assert_int_equal(fstat(sr_dir_fd(a), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0711); /* whatever the umask */
	assert_string_equal(sr_dir_path(a), t_path(v->path, "packs"));
	assert_ok(sr_dir_make(&b, a, "ab", 0700, &e), &e);
	sr_dir_close(b);
	assert_ok(sr_dir_make(&b, v->dir, "packs/ab", 0700, &e), &e); /* there already */
	sr_dir_close(b);
	assert_ok(sr_dir_open_at(&b, v->dir, "packs/ab", &e), &e);
	assert_ok(sr_dir_sync(b, &e), &e);
	assert_ok(sr_dir_syncfs(b, &e), &e);
	sr_dir_close(b);
	assert_fails(sr_dir_open_at(&b, v->dir, "none", &e), SR_NOTFOUND, &e, "none: no such");
	assert_null(b);
	assert_fails(
		sr_dir_open(&b, t_path(v->path, "none"), &e), SR_NOTFOUND, &e, "no such folder");
	t_write_file(t_path(v->path, "file"), "x", 1);
	assert_fails(sr_dir_open_at(&b, v->dir, "file", &e), SR_IO, &e, "Not a directory");
	assert_fails(sr_dir_make(&b, v->dir, "file", 0700, &e), SR_IO, &e, "Not a directory");
	assert_fails(sr_dir_open(&b, t_path(v->path, "file"), &e), SR_IO, &e, "Not a directory");
	assert_fails(sr_dir_make(&b, v->dir, "none/deeper", 0700, &e), SR_NOTFOUND, &e, "none");
	sr_dir_close(a);
	sr_dir_close(NULL);
}

static void whole_files(void **state) {
	struct env *v = *state;
	struct sr_err e = {0};
	struct sr_buf b;
	struct stat st;
	uint64_t size = 0;
	bool there = true;
	sr_buf_init(&b);
	assert_ok(sr_file_find(&there, v->dir, "f", &e), &e);
	assert_false(there);
	assert_ok(sr_file_find(&there, v->dir, "no/folder/f", &e), &e);
	assert_false(there);
	assert_fails(sr_file_read(v->dir, "f", &b, 10, &e), SR_NOTFOUND, &e, "f: no such file");
	assert_ok(sr_file_create(v->dir, "f", sr_bytes_str("first"), &e), &e);
	assert_ok(sr_file_find(&there, v->dir, "f", &e), &e);
	assert_true(there);
	assert_int_equal(stat(t_path(v->path, "f"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_fails(sr_file_create(v->dir, "f", sr_bytes_str("x"), &e), SR_EXISTS, &e,
		"f: it is there already");
	assert_true(holds(v->dir, "f", sr_bytes_str("first")));
	assert_ok(sr_file_replace(v->dir, "f", sr_bytes_str("second, longer"), &e), &e);
	assert_ok(sr_file_size(v->dir, "f", &size, &e), &e);
	assert_int_equal(size, 14);
	sr_buf_put_str(&b, "before ");
	assert_ok(sr_file_read(v->dir, "f", &b, 14, &e), &e);
	assert_true(sr_bytes_eq(sr_buf_view(&b), sr_bytes_str("before second, longer")));
	assert_fails(
		sr_file_read(v->dir, "f", &b, 13, &e), SR_LIMIT, &e, "14 bytes, want at most 13");
	assert_int_equal(b.len, 21);
	assert_ok(sr_file_replace(v->dir, "empty", sr_bytes_of(NULL, 0), &e), &e);
	assert_ok(sr_file_read(v->dir, "empty", &b, 0, &e), &e);
	assert_int_equal(b.len, 21);
	assert_ok(sr_file_remove(v->dir, "f", &e), &e);
	assert_fails(sr_file_remove(v->dir, "f", &e), SR_NOTFOUND, &e, "remove");
	assert_fails(sr_file_size(v->dir, "f", &size, &e), SR_NOTFOUND, &e, "stat");
	/* Beneath a folder, by one name. */
	assert_int_equal(mkdir(t_path(v->path, "sub"), 0700), 0);
	assert_ok(sr_file_replace(v->dir, "sub/g", sr_bytes_str("deep"), &e), &e);
	assert_true(holds(v->dir, "sub/g", sr_bytes_str("deep")));
	assert_int_equal(t_count_entries(v->path), 2); /* no temporary name is left */
	assert_ok(sr_file_remove(v->dir, "sub/g", &e), &e);
	assert_fails(sr_file_read(v->dir, "sub", &b, 10, &e), SR_CORRUPT, &e, "not a regular file");
	sr_buf_free(&b);
}

static void large_and_unsized_files(void **state) {
	struct env *v = *state;
	struct sr_err e = {0};
	struct sr_buf b;
	uint8_t *big = malloc(300000);
	assert_non_null(big);
	t_fill(big, 300000, 8);
	assert_ok(sr_file_replace(v->dir, "big", sr_bytes_of(big, 300000), &e), &e);
	sr_buf_init_secret(&b);
	assert_ok(sr_file_read(v->dir, "big", &b, 300000, &e), &e);
	assert_true(sr_bytes_eq(sr_buf_view(&b), sr_bytes_of(big, 300000)));
	sr_buf_free(&b);
	/* A file of /proc says it has 0 bytes. */
	struct sr_dir *proc = NULL;
	assert_ok(sr_dir_open(&proc, "/proc", &e), &e);
	sr_buf_init(&b);
	assert_ok(sr_file_read(proc, "version", &b, 4096, &e), &e);
	assert_true(b.len > 5 && memcmp(b.p, "Linux", 5) == 0);
	sr_buf_clear(&b);
	assert_fails(sr_file_read(proc, "version", &b, 5, &e), SR_LIMIT, &e, "more than 5 bytes");
	assert_int_equal(b.len, 0);
	sr_buf_free(&b);
	sr_dir_close(proc);
	free(big);
}

static void a_pipe_does_not_hold_a_reader(void **state) {
	struct env *v = *state;
	struct sr_err e = {0};
	struct sr_buf b;
	sr_buf_init(&b);
	assert_int_equal(mkfifo(t_path(v->path, "pipe"), 0600), 0);
	assert_fails(
		sr_file_read(v->dir, "pipe", &b, 10, &e), SR_CORRUPT, &e, "not a regular file");
	sr_buf_free(&b);
}

static void names_that_lead_outside_are_refused(void **state) {
	struct env *v = *state;
	struct sr_err e = {0};
	static const char *const bad[] = {"", "/", "/etc/passwd", "..", "../x", "a/..", "a/../b",
		".", "./a", "a/./b", "a//b", "a/", "/a"};
	assert_int_equal(mkdir(t_path(v->path, "in"), 0700), 0);
	assert_int_equal(mkdir(t_path(v->path, "out"), 0700), 0);
	t_write_file(t_path(v->path, "out/secret"), "outside", 7);
	assert_int_equal(symlink("../out", t_path(v->path, "in/link")), 0);
	assert_int_equal(symlink("../out/secret", t_path(v->path, "in/file")), 0);
	assert_int_equal(symlink("/etc", t_path(v->path, "in/abs")), 0);
	assert_int_equal(symlink("nowhere", t_path(v->path, "in/broken")), 0);
	struct sr_dir *in = NULL;
	assert_ok(sr_dir_open_at(&in, v->dir, "in", &e), &e);
	for (int without = 0; without < 2; without++) {
		struct sr_dir *d = NULL;
		struct sr_buf b;
		int fd = -1;
		uint64_t size = 0;
		sr_buf_init(&b);
		sr_fs_without_openat2(without);
		for (size_t i = 0; i < T_COUNT(bad); i++) {
			const char *why = "not a plain name beneath";
			struct sr_bytes x = sr_bytes_str("x");
			assert_fails(sr_file_read(in, bad[i], &b, 10, &e), SR_MISUSE, &e, why);
			assert_fails(sr_file_replace(in, bad[i], x, &e), SR_MISUSE, &e, why);
			assert_fails(sr_file_create(in, bad[i], x, &e), SR_MISUSE, &e, why);
			assert_fails(sr_file_remove(in, bad[i], &e), SR_MISUSE, &e, why);
			assert_fails(sr_file_size(in, bad[i], &size, &e), SR_MISUSE, &e, why);
			assert_fails(sr_file_open(&fd, in, bad[i], SR_FS_CREATE, &e), SR_MISUSE, &e,
				why);
			assert_fails(sr_dir_open_at(&d, in, bad[i], &e), SR_MISUSE, &e, why);
			assert_fails(sr_dir_make(&d, in, bad[i], 0700, &e), SR_MISUSE, &e, why);
			assert_false(sr_file_exists(in, bad[i]));
		}
		const char *link = "a link on the way is not followed";
		struct sr_bytes x = sr_bytes_str("x");
		assert_fails(sr_file_read(in, "file", &b, 10, &e), SR_DENIED, &e, link);
		assert_fails(sr_file_read(in, "link/secret", &b, 10, &e), SR_DENIED, &e, link);
		assert_fails(sr_file_replace(in, "link/new", x, &e), SR_DENIED, &e, link);
		assert_fails(sr_file_create(in, "abs/new", x, &e), SR_DENIED, &e, link);
		assert_fails(sr_file_remove(in, "link/secret", &e), SR_DENIED, &e, link);
		assert_fails(sr_file_size(in, "link/secret", &size, &e), SR_DENIED, &e, link);
		assert_fails(sr_file_size(in, "file", &size, &e), SR_CORRUPT, &e, "not a regular");
		assert_fails(
			sr_file_open(&fd, in, "broken", SR_FS_CREATE, &e), SR_DENIED, &e, link);
		assert_int_equal(fd, -1);
		/* What cannot be looked at is neither there nor gone. */
		bool there = true;
		assert_fails(sr_file_find(&there, in, "link/secret", &e), SR_DENIED, &e, link);
		assert_false(sr_file_exists(in, "link/secret"));
		assert_fails(sr_dir_open_at(&d, in, "link", &e), SR_DENIED, &e, link);
		assert_int_equal(b.len, 0);
		sr_buf_free(&b);
		/* What is beneath works in both ways. */
		assert_ok(sr_file_read(v->dir, "out/secret", &b, 10, &e), &e);
		sr_buf_free(&b);
	}
	assert_false(t_exists(t_path(v->path, "out/new")));
	assert_false(t_exists(t_path(v->path, "in/nowhere")));
	sr_dir_close(in);
	/* A control character in a name is shown escaped. */
	struct sr_dir *none = NULL;
	assert_fails(
		sr_dir_open_at(&none, v->dir, "a\n\x1b[2J", &e), SR_NOTFOUND, &e, "a\\n\\x1b[2J");
}

struct seen {
	char names[8][16];
	bool is_dir[8];
	size_t count;
	size_t stop_at;
};

static int see(void *ctx, const char *name, bool is_dir, struct sr_err *e) {
	struct seen *s = ctx;
	if (s->count == s->stop_at)
		return sr_fail(e, SR_DENIED, "enough");
	(void)snprintf(s->names[s->count], sizeof s->names[0], "%s", name);
	s->is_dir[s->count++] = is_dir;
	return 0;
}

static void listing_is_in_byte_order(void **state) {
	struct env *v = *state;
	struct sr_err e = {0};
	struct seen s = {.stop_at = 8};
	static const char *const want[] = {".hidden", "B", "a", "a-", "a0", "\xc3\xa9"};
	for (size_t i = T_COUNT(want); i-- > 0;)
		if (i == 1)
			assert_int_equal(mkdir(t_path(v->path, want[i]), 0700), 0);
		else
			t_write_file(t_path(v->path, want[i]), "", 0);
	for (int twice = 0; twice < 2; twice++) {
		s.count = 0;
		assert_ok(sr_dir_each(v->dir, see, &s, &e), &e);
		assert_int_equal(s.count, T_COUNT(want));
		for (size_t i = 0; i < s.count; i++) {
			assert_string_equal(s.names[i], want[i]);
			assert_int_equal(s.is_dir[i], i == 1);
		}
	}
	s.count = 0;
	s.stop_at = 3;
	assert_fails(sr_dir_each(v->dir, see, &s, &e), SR_DENIED, &e, "enough");
	assert_int_equal(s.count, 3);
}

static void positioned_io(void **state) {
	struct env *v = *state;
	struct sr_err e = {0};
	int fd = -1;
	int again = -1;
	uint8_t got[8];
	size_t n = 0;
	assert_fails(sr_file_open(&fd, v->dir, "io", SR_FS_READ, &e), SR_NOTFOUND, &e, "io");
	assert_fails(sr_file_open(&fd, v->dir, "io", SR_FS_WRITE, &e), SR_NOTFOUND, &e, "io");
	assert_ok(sr_file_open(&fd, v->dir, "io", SR_FS_WRITE | SR_FS_CREATE, &e), &e);
	assert_ok(sr_fd_pwrite(fd, "abcdef", 6, 2, &e), &e);
	assert_ok(sr_fd_datasync(fd, &e), &e);
	assert_ok(sr_fd_pread(fd, got, 8, 0, &e), &e);
	assert_memory_equal(got, "\0\0abcdef", 8);
	assert_fails(
		sr_fd_pread(fd, got, 8, 3, &e), SR_CORRUPT, &e, "want 8 bytes at offset 3, have 5");
	assert_ok(sr_fd_pread_some(fd, got, 8, 3, &n, &e), &e);
	assert_int_equal(n, 5);
	assert_ok(sr_fd_pread_some(fd, got, 8, 100, &n, &e), &e);
	assert_int_equal(n, 0);
	assert_ok(sr_fd_truncate(fd, 4, &e), &e);
	assert_true(holds(v->dir, "io", sr_bytes_of("\0\0ab", 4)));
	assert_fails(sr_fd_pwrite(fd, "x", 1, UINT64_MAX, &e), SR_LIMIT, &e, "beyond any file");
	assert_fails(sr_fd_pread(fd, got, 2, INT64_MAX, &e), SR_LIMIT, &e, "beyond any file");
	assert_fails(sr_fd_truncate(fd, UINT64_MAX, &e), SR_LIMIT, &e, "beyond any file");
	assert_ok(sr_file_open(&again, v->dir, "io", SR_FS_CREATE, &e), &e); /* not emptied */
	assert_ok(sr_fd_pread(again, got, 4, 0, &e), &e);
	(void)close(again);
	assert_ok(sr_file_open(&again, v->dir, "io", SR_FS_READ, &e), &e);
	assert_fails(sr_fd_pwrite(again, "x", 1, 0, &e), SR_IO, &e, "write 1 bytes at offset 0");
	(void)close(again);
	(void)close(fd);
	assert_fails(sr_fd_pread(-1, got, 1, 0, &e), SR_IO, &e, "Bad file descriptor");
}

static void temporary_files(void **state) {
	struct env *v = *state;
	struct sr_err e = {0};
	struct sr_tmpfile *t = NULL;
	struct sr_tmpfile *u = NULL;
	char got[5];
	assert_ok(sr_tmpfile_new(&t, v->dir, &e), &e);
	assert_ok(sr_tmpfile_new(&u, v->dir, &e), &e);
	assert_int_equal(t_count_entries(v->path), 2);
	assert_ok(sr_tmpfile_write(t, "hel", 3, &e), &e);
	assert_ok(sr_tmpfile_write(t, NULL, 0, &e), &e);
	assert_ok(sr_tmpfile_write(t, "lo", 2, &e), &e);
	assert_int_equal(sr_tmpfile_size(t), 5);
	assert_ok(sr_fd_pread(sr_tmpfile_fd(t), got, 5, 0, &e), &e);
	assert_memory_equal(got, "hello", 5);
	assert_ok(sr_tmpfile_sync(t, &e), &e);
	unsigned long before = sr_fault_count();
	assert_ok(sr_tmpfile_sync(t, &e), &e); /* nothing to do */
	assert_int_equal(sr_fault_count(), before);
	assert_ok(sr_tmpfile_commit(t, "name", false, false, &e), &e);
	assert_true(holds(v->dir, "name", sr_bytes_str("hello")));
	assert_ok(sr_tmpfile_write(u, "other", 5, &e), &e);
	assert_fails(sr_tmpfile_commit(u, "name", false, true, &e), SR_EXISTS, &e, "there already");
	assert_true(holds(v->dir, "name", sr_bytes_str("hello")));
	assert_int_equal(t_count_entries(v->path), 1);
	assert_ok(sr_tmpfile_new(&t, v->dir, &e), &e);
	sr_tmpfile_abort(t);
	sr_tmpfile_abort(NULL);
	assert_int_equal(t_count_entries(v->path), 1);
	assert_ok(sr_tmpfile_new(&t, v->dir, &e), &e);
	assert_fails(sr_tmpfile_commit(t, "../up", true, true, &e), SR_MISUSE, &e, "plain name");
	assert_int_equal(t_count_entries(v->path), 1);
	/* The folder is taken away under us. */
	struct sr_dir *gone = NULL;
	assert_ok(sr_dir_make(&gone, v->dir, "gone", 0700, &e), &e);
	assert_int_equal(unlinkat(sr_dir_fd(v->dir), "gone", AT_REMOVEDIR), 0);
	assert_fails(sr_tmpfile_new(&t, gone, &e), SR_NOTFOUND, &e, "gone/");
	assert_null(t);
	sr_dir_close(gone);
}

enum {
	BULK = 3 << 20
};

/* The same bytes in pieces of all kinds: whole pages from memory at a page and not, pages and less
 * where the file does not end at one. */
static int write_bulk(struct sr_tmpfile *t, const uint8_t *all, struct sr_err *e) {
	static const size_t pieces[] = {1 << 20, 256 << 10, 4096, 100, 1 << 20, 700 << 10};
	size_t at = 0;
	int rc = 0;

	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0] && rc == 0; i++) {
		rc = sr_tmpfile_write(t, all + at, pieces[i], e);
		at += pieces[i];
	}
	return rc == 0 ? sr_tmpfile_write(t, all + at, BULK - at, e) : rc;
}

static void bulk_in(struct sr_dir *d, const uint8_t *all, size_t shift) {
	struct sr_tmpfile *t = NULL;
	struct sr_err e = {0};
	unsigned long calls;

	sr_fault_set(0, 0);
	calls = sr_fault_count();
	assert_ok(sr_tmpfile_new(&t, d, &e), &e);
	sr_tmpfile_bulk(t);
	assert_ok(write_bulk(t, all + shift, &e), &e);
	assert_int_equal(sr_tmpfile_size(t), BULK);
	assert_ok(sr_tmpfile_commit(t, "bulk", true, false, &e), &e);
	assert_true(holds(d, "bulk", sr_bytes_of(all + shift, BULK)));
	calls = sr_fault_count() - calls;
	/* A file system that has none of it at some write: as if nobody had asked. */
	for (unsigned long nth = 1; nth <= calls; nth++) {
		sr_fault_set(0, 0);
		assert_ok(sr_tmpfile_new(&t, d, &e), &e);
		sr_tmpfile_bulk(t);
		sr_fault_set(nth, EINVAL);
		const int rc = write_bulk(t, all + shift, &e);
		sr_fault_set(0, 0);
		if (rc == 0)
			assert_ok(sr_tmpfile_commit(t, "bulk", true, false, &e), &e);
		else /* a plain write: that one is the disk's last word */
			sr_tmpfile_abort(t);
		assert_true(holds(d, "bulk", sr_bytes_of(all + shift, BULK)));
		assert_true(rc == 0 || nth > 2);
		assert_ok(sr_tmpfile_new(&t, d, &e), &e);
		sr_tmpfile_bulk(t);
		sr_fault_set(nth, ENOSPC);
		const int full = write_bulk(t, all + shift, &e);
		sr_fault_set(0, 0);
		if (full != 0)
			assert_fails(full, SR_LIMIT, &e, "No space left");
		sr_tmpfile_abort(t);
	}
}

/* Past the page cache, on the disk of the tests and on one that is likely to be a disk. */
/* A file that ends within a page, read past the page cache: from its pages, from elsewhere, to its
 * end and beyond, into memory at a page and beside one. */
static void bulk_read(struct sr_dir *d, const uint8_t *all) {
	enum {
		LEN = 5 * SR_DIRECT_PAGE + 700
	};
	static const size_t at[] = {0, 4096, 16384, 20480, 5, 5000};
	struct sr_err e = {0};
	uint8_t *got = NULL;
	int fd = -1;

	assert_int_equal(
		posix_memalign((void **)&got, SR_DIRECT_PAGE, 8 * (size_t)SR_DIRECT_PAGE), 0);
	assert_ok(sr_file_open(&fd, d, "tail", SR_FS_WRITE | SR_FS_CREATE, &e), &e);
	assert_ok(sr_fd_pwrite(fd, all, LEN, 0, &e), &e); /* and not synced */
	for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
		const size_t left = LEN - at[i];
		for (size_t beside = 0; beside < 2; beside++) {
			const size_t some[] = {1, 699, left, left - 1};
			for (size_t k = 0; k < sizeof some / sizeof *some; k++) {
				memset(got, 0xee, 8 * (size_t)SR_DIRECT_PAGE);
				assert_ok(
					sr_fd_pread_bulk(fd, got + beside, some[k], at[i], &e), &e);
				assert_memory_equal(got + beside, all + at[i], some[k]);
			}
			assert_fails(sr_fd_pread_bulk(fd, got + beside, left + 1, at[i], &e),
				SR_CORRUPT, &e, "want ");
			assert_non_null(strstr(e.text, ", have "));
		}
	}
	assert_fails(sr_fd_pread_bulk(fd, got, 10, 6 * (uint64_t)SR_DIRECT_PAGE, &e), SR_CORRUPT,
		&e, "want 10 bytes at offset 24576, have 0");
	assert_fails(sr_fd_pread_bulk(fd, got, 10, 5 * (uint64_t)SR_DIRECT_PAGE + 699, &e),
		SR_CORRUPT, &e, "want 10 bytes at offset 21179, have 1");
	assert_fails(sr_fd_pread_bulk(fd, got, 2, INT64_MAX, &e), SR_LIMIT, &e, "beyond any file");
	assert_fails(sr_fd_pread_bulk(-1, got, 1, 0, &e), SR_IO, &e, "Bad file descriptor");
	(void)close(fd);
	/* where there is no O_DIRECT at all */
	assert_true((fd = open("/dev/zero", O_RDONLY | O_CLOEXEC)) >= 0);
	memset(got, 0xee, 8 * (size_t)SR_DIRECT_PAGE);
	assert_ok(sr_fd_pread_bulk(fd, got, 5000, 0, &e), &e);
	assert_int_equal(got[4999], 0);
	(void)close(fd);
	free(got);
}

static void bulk_files(void **state) {
	struct env *v = *state;
	struct sr_err e = {0};
	char *path = strdup("/var/tmp/sr-bulk-XXXXXX");
	struct sr_dir *disk = NULL;
	uint8_t *all = NULL;

	assert_int_equal(posix_memalign((void **)&all, 4096, BULK + 4096), 0);
	t_fill(all, BULK + 4096, 11);
	for (size_t shift = 0; shift < 2; shift++)
		bulk_in(v->dir, all, shift);
	bulk_read(v->dir, all);
	assert_non_null(path);
	if (mkdtemp(path) != NULL) {
		assert_ok(sr_dir_open(&disk, path, &e), &e);
		for (size_t shift = 0; shift < 2; shift++)
			bulk_in(disk, all, shift);
		bulk_read(disk, all);
		sr_dir_close(disk);
		t_tmp_remove(path);
	} else {
		free(path);
	}
	free(all);
}

static void a_sweep_takes_what_killed_writers_left(void **state) {
	struct env *v = *state;
	struct sr_err e = {0};
	size_t removed = 99;
	t_write_file(t_path(v->path, ".tmp-1-0"), "half", 4);
	t_write_file(t_path(v->path, ".tmp-x"), "", 0);
	t_write_file(t_path(v->path, "tmp-keep"), "", 0);
	t_write_file(t_path(v->path, ".tmpkeep"), "", 0);
	assert_ok(sr_tmpfile_sweep(v->dir, &removed, &e), &e);
	assert_int_equal(removed, 2);
	assert_int_equal(t_count_entries(v->path), 2);
	assert_ok(sr_tmpfile_sweep(v->dir, &removed, &e), &e);
	assert_int_equal(removed, 0);
}

/* Who took the lock is gone, and what it started has it for ${ms} more. */
static void leave_lock(struct sr_dir *d, unsigned ms) {
	const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
	struct sr_lock *l = NULL;
	int status = -1;
	const pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (sr_lock_take(&l, d, "lock", NULL) != 0)
			_exit(1);
		if (fork() == 0)
			(void)nanosleep(&t, NULL);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void a_lock_of_who_is_gone_is_waited_for(void **state) {
	struct env *v = *state;
	struct sr_err e = {0};
	struct sr_lock *l = NULL;

	leave_lock(v->dir, 100);
	assert_ok(sr_lock_take(&l, v->dir, "lock", &e), &e);
	sr_lock_free(l);
	leave_lock(v->dir, 6000);
	assert_fails(sr_lock_take(&l, v->dir, "lock", &e), SR_LOCKED, &e, "which is gone itself");
}

static void a_lock_is_held_once(void **state) {
	struct env *v = *state;
	struct sr_err e = {0};
	struct sr_lock *l = NULL;
	struct sr_lock *m = NULL;
	char mine[64], line[32];
	(void)snprintf(mine, sizeof mine, "lock: held by process %ld", (long)getpid());
	assert_ok(sr_lock_take(&l, v->dir, "lock", &e), &e);
	assert_fails(sr_lock_take(&m, v->dir, "lock", &e), SR_LOCKED, &e, mine);
	t_write_file(
		t_path(v->path, "lock"), "?", 1); /* what it says of its holder is for people */
	assert_fails(sr_lock_take(&m, v->dir, "lock", &e), SR_LOCKED, &e,
		"lock: held by another process");
	snprintf(line, sizeof line, "%ld\n", (long)getpid());
	t_write_file(t_path(v->path, "lock"), line, strlen(line));
	assert_null(m);
	/* Another process is told whose it is; then it gets it, when we let go. */
	int ask[2];
	int answer[2];
	assert_int_equal(pipe(ask), 0);
	assert_int_equal(pipe(answer), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct sr_err ce = {0};
		struct sr_lock *c = NULL;
		char byte = 0;
		/* The descriptor that came with the fork would hold the lock for its parent. */
		(void)close(ask[1]);
		sr_err_clear(&ce);
		int rc = sr_lock_take(&c, v->dir, "lock", &ce);
		if (rc != SR_LOCKED || strstr(ce.text, mine) == NULL)
			_exit(1);
		(void)!write(answer[1], "1", 1);
		(void)!read(ask[0], &byte, 1);
		/* Our copy of the parent's descriptor goes with this. */
		for (int fd = 3; fd < 64; fd++)
			if (fd != ask[0] && fd != answer[1] && fd != sr_dir_fd(v->dir))
				(void)close(fd);
		if (sr_lock_take(&c, v->dir, "lock", &ce) != 0)
			_exit(2);
		(void)!write(answer[1], "2", 1);
		(void)!read(ask[0], &byte, 1);
		_exit(0); /* dies holding it */
	}
	char byte = 0;
	char theirs[64];
	(void)snprintf(theirs, sizeof theirs, "lock: held by process %ld", (long)pid);
	assert_int_equal(read(answer[0], &byte, 1), 1);
	sr_lock_free(l);
	assert_int_equal(write(ask[1], "g", 1), 1);
	assert_int_equal(read(answer[0], &byte, 1), 1);
	assert_int_equal(byte, '2');
	assert_fails(sr_lock_take(&l, v->dir, "lock", &e), SR_LOCKED, &e, theirs);
	assert_int_equal(write(ask[1], "g", 1), 1);
	int status = -1;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_ok(sr_lock_take(&l, v->dir, "lock", &e), &e); /* over a dead one's id */
	/* Waited for, not for ever. */
	assert_fails(sr_lock_wait(&m, v->dir, "lock", 20, &e), SR_LOCKED, &e, mine);
	sr_lock_free(l);
	assert_ok(sr_lock_wait(&l, v->dir, "lock", 0, &e), &e);
	sr_lock_free(l);
	sr_lock_free(NULL);
	for (int i = 0; i < 2; i++) {
		(void)close(ask[i]);
		(void)close(answer[i]);
	}
}

/* --- faults ------------------------------------------------------------------------------------
 */

static const char OLD[] = "the old text, which was acknowledged";
static const char NEW[] = "the new text, a little longer than the old one was";

/* One change of the disk under test. */
struct change {
	const char *name;
	int (*run)(struct sr_dir *d, struct sr_err *e);
	bool (*good)(struct sr_dir *d, bool done); /* what may be there; done: it returned 0 */
};

static int run_replace(struct sr_dir *d, struct sr_err *e) {
	return sr_file_replace(d, "f", sr_bytes_str(NEW), e);
}

static bool good_replace(struct sr_dir *d, bool done) {
	bool is_new = holds(d, "f", sr_bytes_str(NEW));
	return done ? is_new : is_new || holds(d, "f", sr_bytes_str(OLD));
}

static int run_create(struct sr_dir *d, struct sr_err *e) {
	return sr_file_create(d, "sub/g", sr_bytes_str(NEW), e);
}

static bool good_create(struct sr_dir *d, bool done) {
	bool is_new = holds(d, "sub/g", sr_bytes_str(NEW));
	return holds(d, "f", sr_bytes_str(OLD)) &&
	       (done ? is_new : is_new || !sr_file_exists(d, "sub/g"));
}

static int run_remove(struct sr_dir *d, struct sr_err *e) {
	return sr_file_remove(d, "f", e);
}

static bool good_remove(struct sr_dir *d, bool done) {
	bool gone = !sr_file_exists(d, "f");
	return done ? gone : gone || holds(d, "f", sr_bytes_str(OLD));
}

static int run_make(struct sr_dir *d, struct sr_err *e) {
	struct sr_dir *n = NULL;
	int rc = sr_dir_make(&n, d, "made", 0700, e);
	sr_dir_close(n);
	return rc;
}

static bool good_make(struct sr_dir *d, bool done) {
	return holds(d, "f", sr_bytes_str(OLD)) && (!done || sr_file_exists(d, "made"));
}

/* Two files under one sync of the folder. */
static int run_many(struct sr_dir *d, struct sr_err *e) {
	struct sr_tmpfile *t[2] = {NULL, NULL};
	int rc = 0;
	for (int i = 0; i < 2 && rc == 0; i++) {
		rc = sr_tmpfile_new(&t[i], d, e);
		if (rc == 0)
			rc = sr_tmpfile_write(t[i], NEW, 20, e);
		if (rc == 0)
			rc = sr_tmpfile_write(t[i], NEW + 20, strlen(NEW) - 20, e);
		if (rc == 0)
			rc = sr_tmpfile_sync(t[i], e);
	}
	for (int i = 0; i < 2 && rc == 0; i++) {
		rc = sr_tmpfile_commit(t[i], i == 0 ? "m0" : "m1", true, false, e);
		t[i] = NULL;
	}
	if (rc == 0)
		rc = sr_dir_sync(d, e);
	sr_tmpfile_abort(t[0]);
	sr_tmpfile_abort(t[1]);
	return rc;
}

static bool good_many(struct sr_dir *d, bool done) {
	bool good = holds(d, "f", sr_bytes_str(OLD));
	for (int i = 0; i < 2; i++) {
		const char *name = i == 0 ? "m0" : "m1";
		bool is_new = holds(d, name, sr_bytes_str(NEW));
		good = good && (is_new || (!done && !sr_file_exists(d, name)));
	}
	return good;
}

static int run_open(struct sr_dir *d, struct sr_err *e) {
	int fd = -1;
	int rc = sr_file_open(&fd, d, "grown", SR_FS_WRITE | SR_FS_CREATE, e);
	if (rc == 0)
		rc = sr_fd_pwrite(fd, NEW, strlen(NEW), 0, e);
	if (rc == 0)
		rc = sr_fd_truncate(fd, 10, e);
	if (rc == 0)
		rc = sr_fd_datasync(fd, e);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

static bool good_open(struct sr_dir *d, bool done) {
	return holds(d, "f", sr_bytes_str(OLD)) &&
	       (!done || holds(d, "grown", sr_bytes_of(NEW, 10)));
}

static int run_sweep(struct sr_dir *d, struct sr_err *e) {
	size_t removed = 0;
	return sr_tmpfile_sweep(d, &removed, e);
}

static bool good_sweep(struct sr_dir *d, bool done) {
	return holds(d, "f", sr_bytes_str(OLD)) && (!done || !sr_file_exists(d, ".tmp-left"));
}

static int run_lock(struct sr_dir *d, struct sr_err *e) {
	struct sr_lock *l = NULL;
	int rc = sr_lock_take(&l, d, "lock", e);
	sr_lock_free(l);
	return rc;
}

static bool good_lock(struct sr_dir *d, bool done) {
	(void)done;
	struct sr_lock *l = NULL;
	int rc = sr_lock_take(&l, d, "lock", NULL);
	sr_lock_free(l);
	return rc == 0;
}

static int run_syncfs(struct sr_dir *d, struct sr_err *e) {
	return sr_dir_syncfs(d, e);
}

static bool good_syncfs(struct sr_dir *d, bool done) {
	(void)done;
	return holds(d, "f", sr_bytes_str(OLD));
}

static const struct change changes[] = {
	{"replace", run_replace, good_replace},
	{"create", run_create, good_create},
	{"remove", run_remove, good_remove},
	{"make", run_make, good_make},
	{"many", run_many, good_many},
	{"open", run_open, good_open},
	{"sweep", run_sweep, good_sweep},
	{"lock", run_lock, good_lock},
	{"syncfs", run_syncfs, good_syncfs},
};

/* A fresh folder as every change finds it. */
static struct sr_dir *fresh(char **path) {
	struct sr_dir *d = NULL;
	struct sr_err e = {0};
	*path = t_tmp_new();
	t_write_file(t_path(*path, "f"), OLD, strlen(OLD));
	t_write_file(t_path(*path, ".tmp-left"), "half", 4);
	assert_int_equal(mkdir(t_path(*path, "sub"), 0700), 0);
	assert_ok(sr_dir_open(&d, *path, &e), &e);
	return d;
}

/* After a fault: opened anew, the state is one of the good ones and the change can be repeated. */
static void check_after(const struct change *c, const char *path, bool done, unsigned long nth) {
	struct sr_dir *d = NULL;
	struct sr_err e = {0};
	size_t removed = 0;
	assert_ok(sr_dir_open(&d, path, &e), &e);
	if (!c->good(d, done))
		fail_msg("%s: fault point %lu leaves neither old nor new", c->name, nth);
	assert_ok(sr_tmpfile_sweep(d, &removed, &e), &e);
	if (!c->good(d, done))
		fail_msg("%s: fault point %lu: the sweep took too much", c->name, nth);
	int rc = c->run(d, &e);
	/* What had come about before the fault was reported is no longer there to make or remove.
	 */
	if (rc != SR_EXISTS && rc != SR_NOTFOUND)
		assert_ok(rc, &e);
	assert_true(c->good(d, true));
	sr_dir_close(d);
}

static void fail_each_point(const struct change *c, int err, int code) {
	unsigned long points = 0;
	for (unsigned long nth = 1;; nth++) {
		char *path = NULL;
		struct sr_err e = {0};
		struct sr_dir *d = fresh(&path);
		sr_fault_set(nth, err);
		int rc = c->run(d, &e);
		points = sr_fault_count();
		sr_fault_set(0, 0);
		if (rc != 0) {
			assert_fails(rc, (enum sr_code)code, &e, strerror(err));
		} else if (nth <= points) {
			/* Only the removal of a temporary file after success may fail unsaid. */
			fail_msg("%s: fault point %lu of %lu went unsaid", c->name, nth, points);
		}
		sr_dir_close(d);
		check_after(c, path, rc == 0, nth);
		t_tmp_remove(path);
		if (nth > points)
			break;
	}
	assert_true(points > 0);
}

static void every_fault_leaves_the_old_file_or_the_new(void **state) {
	(void)state;
	for (size_t i = 0; i < T_COUNT(changes); i++) {
		fail_each_point(&changes[i], EIO, SR_IO);
		fail_each_point(&changes[i], ENOSPC, SR_LIMIT);
	}
}

static void every_kill_leaves_the_old_file_or_the_new(void **state) {
	(void)state;
	for (size_t i = 0; i < T_COUNT(changes); i++) {
		const struct change *c = &changes[i];
		for (unsigned long nth = 1;; nth++) {
			static char *path; /* of the child too: it ends without freeing */
			struct sr_dir *d = fresh(&path);
			pid_t pid = fork();
			assert_true(pid >= 0);
			if (pid == 0) {
				sr_fault_set(nth, -1);
				int rc = c->run(d, NULL);
				sr_dir_close(d);
				_exit(rc == 0 ? 0 : 1);
			}
			int status = -1;
			assert_int_equal(waitpid(pid, &status, 0), pid);
			sr_dir_close(d);
			bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
			assert_true(killed || status == 0);
			check_after(c, path, !killed, nth);
			t_tmp_remove(path);
			if (!killed) {
				assert_true(nth > 1);
				break;
			}
		}
	}
}

static void a_failed_fsync_is_final(void **state) {
	struct env *v = *state;
	struct sr_err e = {0};
	struct sr_tmpfile *t = NULL;
	sr_fault_set(1, EIO);
	assert_fails(sr_dir_sync(v->dir, &e), SR_IO, &e, "Input/output error");
	assert_fails(sr_dir_sync(v->dir, &e), SR_IO, &e, "an earlier fsync failed");
	assert_fails(sr_file_replace(v->dir, "f", sr_bytes_str("x"), &e), SR_IO, &e,
		"an earlier fsync failed");
	assert_ok(sr_tmpfile_new(&t, v->dir, &e), &e);
	assert_ok(sr_tmpfile_write(t, "abc", 3, &e), &e);
	sr_fault_set(1, EIO);
	assert_fails(sr_tmpfile_sync(t, &e), SR_IO, &e, "fdatasync: Input/output error");
	assert_fails(sr_tmpfile_sync(t, &e), SR_IO, &e, "an earlier write or sync");
	assert_fails(sr_tmpfile_write(t, "d", 1, &e), SR_IO, &e, "an earlier write or sync");
	assert_fails(sr_tmpfile_commit(t, "g", true, false, &e), SR_IO, &e, "an earlier write");
	assert_false(sr_file_exists(v->dir, "g"));
}

static void a_path_has_an_end(void **state) {
	struct sr_err e = {0};
	struct sr_dir *d = NULL;
	const char *name = NULL;
	char path[SR_PATH_MAX + 3];
	(void)state;
	memset(path, 'a', sizeof path);
	path[SR_PATH_MAX] = '/';
	path[sizeof path - 1] = '\0';
	assert_fails(
		sr_dir_of(&d, &name, path, &e), SR_USAGE, &e, "a path of 4098 bytes, want fewer");
	assert_null(d);
}

static void a_full_device_is_a_limit(void **state) {
	struct env *v = *state;
	struct sr_err e = {0};
	struct rlimit before;
	uint8_t block[8192] = {0};
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	struct rlimit small = {4096, before.rlim_max};
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	int rc = sr_file_replace(v->dir, "f", sr_bytes_of(block, sizeof block), &e);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_fails(rc, SR_IO, &e, "File too large");
	assert_int_equal(t_count_entries(v->path), 0); /* nothing half is left */
}

/* What a program that was started without some of its three first files has in their places: a file
 * that nobody reads or writes, while those that were there are what they were; and the next one
 * that is opened has another number. */
static bool stands_in(unsigned without) {
	struct stat before[3], now;
	struct sr_err e = {0};
	char byte = 0;

	for (int fd = 0; fd < 3; fd++)
		if (((without >> fd & 1) != 0 ? close(fd) : fstat(fd, &before[fd])) != 0)
			return false;
	if (sr_standard_files(&e) != 0)
		return false;
	for (int fd = 0; fd < 3; fd++) {
		if (fstat(fd, &now) != 0)
			return false;
		if ((without >> fd & 1) == 0) {
			if (now.st_ino != before[fd].st_ino || now.st_dev != before[fd].st_dev)
				return false;
			continue;
		}
		errno = 0;
		if (read(fd, &byte, 1) != -1 || errno != EBADF)
			return false;
		errno = 0;
		if (write(fd, &byte, 1) != -1 || errno != EBADF)
			return false;
	}
	return open("/dev/null", O_RDWR) > 2;
}

/* No file can be opened at all: it is said which one is wanting. */
static bool says_which(void) {
	const struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};
	struct sr_err e = {0};

	return close(1) == 0 && setrlimit(RLIMIT_NOFILE, &none) == 0 &&
	       sr_standard_files(&e) == SR_IO &&
	       strstr(e.text, "standard output is closed, and nothing can take its place; start "
			      "the program with it") != NULL;
}

static void standard_files_are_there(void **state) {
	/* valgrind has files of its own, which it does not count. */
	const unsigned last = T_ON_VALGRIND ? 7 : 8;

	(void)state;
	for (unsigned without = 0; without <= last; without++) {
		int status = 0;
		const pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0)
			t_exit((without < 8 ? stands_in(without) : says_which()) ? 0 : 1);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			fail_msg("without those of %u: status %d", without, status);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(folders, setup, teardown),
		cmocka_unit_test_setup_teardown(whole_files, setup, teardown),
		cmocka_unit_test_setup_teardown(large_and_unsized_files, setup, teardown),
		cmocka_unit_test_setup_teardown(a_pipe_does_not_hold_a_reader, setup, teardown),
		cmocka_unit_test_setup_teardown(
			names_that_lead_outside_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(listing_is_in_byte_order, setup, teardown),
		cmocka_unit_test_setup_teardown(positioned_io, setup, teardown),
		cmocka_unit_test_setup_teardown(temporary_files, setup, teardown),
		cmocka_unit_test_setup_teardown(bulk_files, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_sweep_takes_what_killed_writers_left, setup, teardown),
		cmocka_unit_test_setup_teardown(a_lock_is_held_once, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_lock_of_who_is_gone_is_waited_for, setup, teardown),
		cmocka_unit_test_setup_teardown(
			every_fault_leaves_the_old_file_or_the_new, setup, teardown),
		cmocka_unit_test_setup_teardown(
			every_kill_leaves_the_old_file_or_the_new, setup, teardown),
		cmocka_unit_test_setup_teardown(a_failed_fsync_is_final, setup, teardown),
		cmocka_unit_test(a_path_has_an_end),
		cmocka_unit_test(standard_files_are_there),
		cmocka_unit_test_setup_teardown(a_full_device_is_a_limit, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
