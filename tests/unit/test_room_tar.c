/*
 * The pax archives that exports are made of: names, times and sizes as the headers say them, and
 * read back by the system's tar.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "room/tar.h"
#include "util.h"

static struct sr_bytes lit(const char *s) {
	return sr_bytes_str(s);
}

static void names(void **state) {
	(void)state;
	static const struct {
		const char *in;
		size_t len;
		const char *out;
	} cases[] = {
		{"a.txt", 5, "a.txt"},
		{"a/b/c", 5, "a/b/c"},
		{"/etc/passwd", 11, "etc/passwd"},
		{"//a//b/", 7, "a/b"},
		{"../../x", 7, "_../_../x"},
		{"a/../b", 6, "a/_../b"},
		{"./a/./b", 7, "a/b"},
		{"..a/b..", 7, "..a/b.."},
		{"a\0b", 3, "a_b"},
		{"/", 1, "_"},
		{"..", 2, "_.."},
		{".", 1, "_"},
		{"", 0, "_"},
	};

	for (size_t i = 0; i < T_COUNT(cases); i++) {
		struct sr_buf b;

		sr_buf_init(&b);
		sr_buf_put_str(&b, "before:");
		sr_tar_name(&b, sr_bytes_of(cases[i].in, cases[i].len));
		assert_int_equal(b.len, 7 + strlen(cases[i].out));
		assert_memory_equal(b.p + 7, cases[i].out, strlen(cases[i].out));
		sr_buf_free(&b);
	}
}

static uint64_t octal(const uint8_t *p, size_t digits) {
	uint64_t v = 0;

	for (size_t i = 0; i < digits; i++) {
		assert_true(p[i] >= '0' && p[i] <= '7');
		v = v * 8 + (uint64_t)(p[i] - '0');
	}
	return v;
}

/* Checksum, magic, no owner: of every header block. */
static void check_block(const uint8_t *b) {
	uint64_t sum = 0;

	for (size_t i = 0; i < SR_TAR_BLOCK; i++)
		sum += i >= 148 && i < 156 ? ' ' : b[i];
	assert_int_equal(octal(b + 148, 6), sum);
	assert_memory_equal(b + 257,
		"ustar\0"
		"00",
		8);
	assert_int_equal(octal(b + 108, 7), 0);
	assert_int_equal(octal(b + 116, 7), 0);
	assert_int_equal(octal(b + 100, 7), 0644);
	assert_int_equal(b[265], 0); /* no user, no group */
	assert_int_equal(b[297], 0);
}

static void folder(void **state) {
	(void)state;
	struct sr_buf b;

	sr_buf_init(&b);
	sr_tar_folder(&b, lit("/bag/../data"), 1795255200);
	assert_int_equal(b.len, SR_TAR_BLOCK);
	assert_string_equal((const char *)b.p, "bag/_../data/");
	assert_int_equal(b.p[156], '5');
	assert_int_equal(octal(b.p + 100, 7), 0755);
	assert_int_equal(octal(b.p + 124, 11), 0);
	assert_int_equal(octal(b.p + 136, 11), 1795255200);
	sr_buf_free(&b);
}

static void plain_header(void **state) {
	(void)state;
	struct sr_tar_file f = {lit("dir/a.txt"), 1234, 1795255200, 0};
	struct sr_buf b;

	sr_buf_init(&b);
	sr_tar_header(&b, &f);
	assert_int_equal(b.len, SR_TAR_BLOCK);
	check_block(b.p);
	assert_string_equal((const char *)b.p, "dir/a.txt");
	assert_int_equal(octal(b.p + 124, 11), 1234);
	assert_int_equal(octal(b.p + 136, 11), 1795255200);
	assert_int_equal(b.p[156], '0');
	sr_tar_pad(&b, 1234);
	assert_int_equal(b.len, SR_TAR_BLOCK + 512 - 1234 % 512);
	sr_tar_pad(&b, 1024);
	assert_int_equal(b.len, SR_TAR_BLOCK + 512 - 1234 % 512);
	sr_tar_end(&b);
	assert_int_equal(b.len, SR_TAR_BLOCK + 512 - 1234 % 512 + 1024);
	sr_buf_free(&b);
}

/* The records of the extended header, or "" when there is none. */
static void records_of(char *out, size_t size, const struct sr_tar_file *f) {
	struct sr_buf b;
	uint64_t len;

	sr_buf_init(&b);
	sr_tar_header(&b, f);
	assert_ok(sr_buf_ok(&b, NULL), NULL);
	out[0] = '\0';
	if (b.len > SR_TAR_BLOCK) {
		check_block(b.p);
		assert_int_equal(b.p[156], 'x');
		len = octal(b.p + 124, 11);
		assert_true(len < size);
		assert_int_equal(b.len, 2 * (uint64_t)SR_TAR_BLOCK + (len + 511) / 512 * 512);
		memcpy(out, b.p + SR_TAR_BLOCK, (size_t)len);
		out[len] = '\0';
	}
	check_block(b.p + b.len - SR_TAR_BLOCK);
	assert_int_equal(b.p[b.len - SR_TAR_BLOCK + 156], '0');
	sr_buf_free(&b);
}

static void extended_headers(void **state) {
	(void)state;
	char out[8192], path[201], want[300];
	struct sr_tar_file f = {lit("a"), 0, 0, 0};

	records_of(out, sizeof out, &f);
	assert_string_equal(out, "");
	f.mtime_s = 1795255200;
	f.mtime_ns = 5;
	records_of(out, sizeof out, &f);
	assert_string_equal(out, "30 mtime=1795255200.000000005\n");
	f.mtime_s = -2;
	f.mtime_ns = 500000000;
	records_of(out, sizeof out, &f);
	assert_string_equal(out, "22 mtime=-1.500000000\n");
	f.mtime_s = -1;
	records_of(out, sizeof out, &f);
	assert_string_equal(out, "22 mtime=-0.500000000\n");
	f.mtime_s = -86400;
	f.mtime_ns = 0;
	records_of(out, sizeof out, &f);
	assert_string_equal(out, "16 mtime=-86400\n");
	f.mtime_s = INT64_C(9000000000);
	records_of(out, sizeof out, &f);
	assert_string_equal(out, "20 mtime=9000000000\n");
	f.mtime_s = 0;
	f.size = UINT64_C(8589934591); /* eleven sevens */
	records_of(out, sizeof out, &f);
	assert_string_equal(out, "");
	f.size++;
	records_of(out, sizeof out, &f);
	assert_string_equal(out, "19 size=8589934592\n");
	f.size = 0;
	f.path = lit("caf\xc3\xa9");
	records_of(out, sizeof out, &f);
	assert_string_equal(out, "14 path=caf\xc3\xa9\n");
	f.path = lit("caf\xe9");
	records_of(out, sizeof out, &f);
	assert_string_equal(out, "21 hdrcharset=BINARY\n13 path=caf\xe9\n");
	f.path = lit("two\nlines=3");
	records_of(out, sizeof out, &f);
	assert_string_equal(out, "20 path=two\nlines=3\n");
	memset(path, 'p', 200);
	path[200] = '\0';
	f.path = sr_bytes_of(path, 100);
	records_of(out, sizeof out, &f);
	assert_string_equal(out, "");
	/* The length counts its own digits: where 99 becomes 101, and at every other length. */
	for (size_t n = 101; n <= 200; n++) {
		f.path = sr_bytes_of(path, n);
		records_of(out, sizeof out, &f);
		(void)snprintf(want, sizeof want, "%zu path=%.*s\n", strlen(out), (int)n, path);
		assert_string_equal(out, want);
	}
	f.path = lit("\x7f");
	f.mtime_ns = 1;
	f.mtime_s = 5;
	f.size = UINT64_C(1) << 40;
	records_of(out, sizeof out, &f);
	assert_string_equal(out, "9 path=\x7f\n22 size=1099511627776\n21 mtime=5.000000001\n");
}

struct sample {
	const char *path, *name;
	const char *content;
	int64_t mtime;
};

static void put_file(struct sr_buf *b, const struct sample *s) {
	struct sr_tar_file f = {lit(s->path), strlen(s->content), s->mtime, 0};

	sr_tar_header(b, &f);
	sr_buf_put_str(b, s->content);
	sr_tar_pad(b, f.size);
}

/* What the system's tar unpacks is what went in, harmless names included. */
static void read_back(void **state) {
	(void)state;
	char deep[301], command[2 * T_PATH + 100];
	struct sample samples[] = {
		{"plain.txt", "plain.txt", "plain", 1795255200},
		{"a folder/with space.txt", "a folder/with space.txt", "", 1},
		{"caf\xc3\xa9/\xd0\xbc\xd0\xb8\xd1\x80.txt",
			"caf\xc3\xa9/\xd0\xbc\xd0\xb8\xd1\x80.txt", "utf-8", 86400},
		{"latin-\xe9.txt", "latin-\xe9.txt", "not utf-8", 86400},
		{"line\nbreak", "line\nbreak", "odd", 86400},
		{"/../../../../../../tmp/escaped", "_../_../_../_../_../_../tmp/escaped", "caught",
			86400},
		{deep, deep, "long", -5000},
	};
	char *dir = t_tmp_new();
	struct sr_buf b, back;
	struct stat st;

	memset(deep, 'd', sizeof deep - 1);
	deep[sizeof deep - 1] = '\0';
	deep[100] = deep[200] = '/';
	sr_buf_init(&b);
	sr_buf_init(&back);
	for (size_t i = 0; i < T_COUNT(samples); i++)
		put_file(&b, &samples[i]);
	sr_tar_end(&b);
	assert_int_equal(b.len % SR_TAR_BLOCK, 0);
	t_write_file(t_path(dir, "x.tar"), b.p, b.len);
	if (system("tar --version >/dev/null 2>&1") != 0) // NOLINT(cert-env33-c)
		skip();
	(void)snprintf(command, sizeof command,
		"cd '%s' && mkdir out && tar -C out -xf x.tar >log 2>&1", dir);
	assert_int_equal(system(command), 0); // NOLINT(cert-env33-c)
	for (size_t i = 0; i < T_COUNT(samples); i++) {
		const char *path = t_path(t_path(dir, "out"), samples[i].name);

		sr_buf_clear(&back);
		assert_int_equal(stat(path, &st), 0);
		assert_true(S_ISREG(st.st_mode));
		assert_int_equal(st.st_mtime, samples[i].mtime);
		t_read_file(path, &back);
		assert_int_equal(back.len, strlen(samples[i].content));
		if (back.len > 0)
			assert_memory_equal(back.p, samples[i].content, back.len);
	}
	sr_buf_free(&b);
	sr_buf_free(&back);
	t_tmp_remove(dir);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(plain_header),
		cmocka_unit_test(folder),
		cmocka_unit_test(extended_headers),
		cmocka_unit_test(read_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
