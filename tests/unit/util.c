/*
 * util - helpers of the unit tests; see util.h. Nothing here is part of the library, so it may open
 * files by itself.
 */
#include "util.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

void t_assert_ok(int rc, const struct sr_err *e, const char *what, const char *file, int line) {
	if (rc == 0)
		return;
	print_error("%s: returned %d (%s): %s\n", what, rc, sr_code_name((enum sr_code)rc),
		e != NULL ? e->text : "(no error struct)");
	_fail(file, line);
}

void t_assert_fails(int rc, enum sr_code want, const struct sr_err *e, const char *piece,
	const char *file, int line) {
	bool good = rc == (int)want;
	if (good && e != NULL)
		good = e->code == want && e->text[0] != '\0' &&
		       (piece == NULL || strstr(e->text, piece) != NULL);
	if (good)
		return;
	print_error("want %s with \"%s\", have %d (%s, struct says %s): %s\n", sr_code_name(want),
		piece != NULL ? piece : "", rc, rc == 0 ? "OK" : sr_code_name((enum sr_code)rc),
		e != NULL ? sr_code_name(e->code) : "-", e != NULL ? e->text : "(no error struct)");
	_fail(file, line);
}

#ifdef SR_COV
/* Of a build that counts what was run (make cov): a child that ends here has run it, too. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): gcov's name */
extern void __gcov_dump(void);
#endif

void t_exit(int status) {
	char text[20];

#ifdef SR_COV
	__gcov_dump();
#endif
	if (getenv("SR_WRAPPED") != NULL) {
		snprintf(text, sizeof text, "exit %d", status);
		execl("/bin/sh", "sh", "-c", text, (char *)NULL);
	}
	_exit(status);
}

char *t_tmp_new(void) {
	const char *base = getenv("TMPDIR");
	char *path = NULL;
	if (asprintf(&path, "%s/sr-test-XXXXXX", base != NULL && base[0] != '\0' ? base : "/tmp") <
		0)
		fail_msg("asprintf: %s", strerror(errno));
	if (mkdtemp(path) == NULL)
		fail_msg("mkdtemp %s: %s", path, strerror(errno));
	return path;
}

char *t_tmp_in_memory(void) {
	struct statvfs st;
	char *path;

	if (getenv("ON_DISK") != NULL || access("/dev/shm", W_OK) != 0 ||
		statvfs("/dev/shm", &st) != 0 || st.f_bavail * st.f_frsize < UINT64_C(1) << 30)
		return NULL;
	if (setenv("TMPDIR", "/dev/shm", 1) != 0)
		return NULL;
	path = t_tmp_new();
	(void)setenv("TMPDIR", path, 1);
	return path;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw) {
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static int open_up(const char *path, const struct stat *st, int kind, struct FTW *ftw) {
	(void)ftw;
	if ((kind == FTW_D || kind == FTW_DNR) && (st->st_mode & 0700) != 0700)
		(void)chmod(path, 0700);
	return 0;
}

void t_tmp_remove(char *path) {
	if (path == NULL)
		return;
	(void)nftw(path, open_up, 16, FTW_PHYS);
	if (nftw(path, remove_one, 16, FTW_PHYS | FTW_DEPTH) != 0)
		fail_msg("cannot remove %s: %s", path, strerror(errno));
	free(path);
}

const char *t_path(const char *dir, const char *name) {
	static char ring[8][T_PATH];
	static unsigned next;
	char *at = ring[next++ % 8];
	int len = snprintf(at, T_PATH, "%s/%s", dir, name);
	assert_true(len > 0 && len < T_PATH);
	return at;
}

void t_write_file(const char *path, const void *p, size_t len) {
	FILE *f = fopen(path, "wb");
	if (f == NULL) {
		fail_msg("open %s: %s", path, strerror(errno));
		return;
	}
	size_t put = len > 0 ? fwrite(p, 1, len, f) : 0;
	int closed = fclose(f);
	if (put != len || closed != 0)
		fail_msg("write %s: %s", path, strerror(errno));
}

void t_read_file(const char *path, struct sr_buf *out) {
	FILE *f = fopen(path, "rb");
	if (f == NULL) {
		fail_msg("open %s: %s", path, strerror(errno));
		return;
	}
	uint8_t chunk[4096];
	size_t got;
	while ((got = fread(chunk, 1, sizeof chunk, f)) > 0)
		sr_buf_put(out, chunk, got);
	bool bad = ferror(f) != 0;
	(void)fclose(f);
	if (bad || out->failed != SR_OK)
		fail_msg("read %s: %s", path, strerror(errno));
}

bool t_exists(const char *path) {
	struct stat st;
	return lstat(path, &st) == 0;
}

size_t t_count_entries(const char *path) {
	DIR *d = opendir(path);
	if (d == NULL) {
		fail_msg("open %s: %s", path, strerror(errno));
		return 0;
	}
	size_t count = 0;
	for (struct dirent *de = readdir(d); de != NULL; de = readdir(d))
		if (strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0)
			count++;
	(void)closedir(d);
	return count;
}

static int digit(char c) {
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

size_t t_hex(void *out, size_t size, const char *hex) {
	uint8_t *p = out;
	size_t len = 0;
	for (const char *c = hex; *c != '\0';) {
		if (*c == ' ' || *c == '\n' || *c == '\t') {
			c++;
			continue;
		}
		int high = digit(c[0]);
		int low = high < 0 ? -1 : digit(c[1]);
		if (low < 0 || len == size) {
			fail_msg("byte %zu of hex for %zu bytes: %s", len, size, c);
			return len;
		}
		p[len++] = (uint8_t)((unsigned)high << 4 | (unsigned)low);
		c += 2;
	}
	return len;
}

static uint64_t splitmix(uint64_t *s) {
	*s += 0x9e3779b97f4a7c15U;
	uint64_t z = *s;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	return z ^ (z >> 31);
}

void t_fill(void *p, size_t len, uint64_t seed) {
	uint8_t *at = p;
	size_t i = 0;
	for (; len - i >= 8; i += 8)
		sr_le64_put(at + i, splitmix(&seed));
	if (i < len) {
		uint8_t last[8];
		sr_le64_put(last, splitmix(&seed));
		memcpy(at + i, last, len - i);
	}
}

uint64_t t_rand(uint64_t *seed, uint64_t bound) {
	if (bound == 0) {
		fail_msg("t_rand: no number is below 0");
		return 0;
	}
	return splitmix(seed) % bound;
}

const char *t_vector(const char *name) {
	static char path[T_PATH];
	const char *base = getenv("SR_VECTORS");
	if (base == NULL || base[0] == '\0')
		base = "../shared/vectors";
	int len = snprintf(path, sizeof path, "%s/%s", base, name);
	assert_true(len > 0 && len < T_PATH);
	if (!t_exists(path)) {
		print_message("skipped: no test vectors at %s\n", path);
		skip();
	}
	return path;
}

static void with_copy(
	const uint8_t *p, size_t len, t_mutant_fn *check, void *ctx, const char *what) {
	uint8_t *copy = malloc(len > 0 ? len : 1);
	assert_non_null(copy);
	if (len > 0)
		memcpy(copy, p, len);
	check(ctx, sr_bytes_of(copy, len), what);
	free(copy);
}

void t_each_cut(struct sr_bytes good, t_mutant_fn *check, void *ctx) {
	for (size_t len = 0; len < good.len; len++) {
		char what[64];
		(void)snprintf(what, sizeof what, "cut to %zu of %zu bytes", len, good.len);
		with_copy(good.p, len, check, ctx, what);
	}
}

void t_each_flip(struct sr_bytes good, t_mutant_fn *check, void *ctx) {
	uint8_t *copy = malloc(good.len > 0 ? good.len : 1);
	assert_non_null(copy);
	if (good.len > 0)
		memcpy(copy, good.p, good.len);
	for (size_t i = 0; i < good.len * 8; i++) {
		char what[64];
		(void)snprintf(what, sizeof what, "bit %zu of byte %zu flipped", i % 8, i / 8);
		copy[i / 8] ^= (uint8_t)(1U << (i % 8));
		with_copy(copy, good.len, check, ctx, what);
		copy[i / 8] ^= (uint8_t)(1U << (i % 8));
	}
	free(copy);
}

unsigned long t_stride(unsigned long usual) {
	return getenv("SR_EVERY_STEP") != NULL ? 1 : usual;
}
