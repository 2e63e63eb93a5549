/*
 * unpack: archives made here in every form, archives in archives to a depth, names that want out of
 * every folder, bombs, passwords, cuts at every length; nothing is ever written anywhere.
 */
#include "util.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parsed.h"
#include "parser/sniff.h"
#include "parser/unpack.h"

struct put {
	const char *path;
	const void *p;
	size_t len;
	mode_t type; /* 0: a file */
	const char *target;
};

static struct par_result r;

static la_ssize_t put_bytes(struct archive *a, void *ctx, const void *p, size_t len) {
	(void)a;
	sr_buf_put(ctx, p, len);
	return (la_ssize_t)len;
}

static void pack_with(struct sr_buf *out, int format, int filter, const char *options,
	const struct put *puts, size_t count) {
	struct archive *a = archive_write_new();
	struct archive_entry *e = archive_entry_new();

	sr_buf_init(out);
	assert_int_equal(archive_write_set_format(a, format), ARCHIVE_OK);
	assert_int_equal(archive_write_add_filter(a, filter), ARCHIVE_OK);
	if (options != NULL) {
		assert_int_equal(archive_write_set_options(a, options), ARCHIVE_OK);
		assert_int_equal(archive_write_set_passphrase(a, "secret"), ARCHIVE_OK);
	}
	(void)archive_write_set_bytes_in_last_block(a, 1);
	assert_int_equal(archive_write_open2(a, out, NULL, put_bytes, NULL, NULL), ARCHIVE_OK);
	for (size_t i = 0; i < count; i++) {
		archive_entry_clear(e);
		archive_entry_set_pathname(e, puts[i].path);
		archive_entry_set_filetype(e, puts[i].type == 0 ? AE_IFREG : puts[i].type);
		archive_entry_set_perm(e, 0644);
		archive_entry_set_mtime(e, 1000000000, 0);
		archive_entry_set_size(e, (la_int64_t)puts[i].len);
		if (puts[i].type == AE_IFLNK)
			archive_entry_set_symlink(e, puts[i].target);
		else if (puts[i].target != NULL)
			archive_entry_set_hardlink(e, puts[i].target);
		assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
		if (puts[i].len > 0)
			assert_int_equal(archive_write_data(a, puts[i].p, puts[i].len),
				(la_ssize_t)puts[i].len);
	}
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
	archive_entry_free(e);
}

static void pack(struct sr_buf *out, int format, int filter, const struct put *puts, size_t count) {
	pack_with(out, format, filter, NULL, puts, count);
}

static void unpack(struct parsed *p, struct sr_bytes in, unsigned depth, size_t held) {
	const struct par_input from = {in.len, parsed_input, &in};
	const struct par_sink to = parsed_sink(p);
	struct par_unpack u = {.to = &to, .depth_max = depth, .held_max = held};

	sr_buf_init(&u.path);
	par_unpack(&r, &u, &from);
	sr_buf_free(&u.path);
	assert_int_equal(u.held, 0);
	assert_false(p->misused || p->open);
	sr_buf_put_u8(&p->lines, 0);
}

static bool lists(const struct parsed *p, const char *line) {
	return strstr((const char *)p->lines.p, line) != NULL;
}

static const struct put three[] = {
	{"a.txt", "hello", 5, 0, NULL},
	{"in/b.txt", "world!", 6, 0, NULL},
	{"empty", "", 0, 0, NULL},
};

static void forms(void **state) {
	static const struct {
		int format, filter;
	} kinds[] = {
		{ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE},
		{ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE},
		{ARCHIVE_FORMAT_TAR_PAX_RESTRICTED, ARCHIVE_FILTER_GZIP},
		{ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_BZIP2},
		{ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_XZ},
		{ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_ZSTD},
		{ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_LZ4},
		{ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_COMPRESS},
		{ARCHIVE_FORMAT_CPIO_SVR4_NOCRC, ARCHIVE_FILTER_NONE},
		{ARCHIVE_FORMAT_7ZIP, ARCHIVE_FILTER_NONE},
		{ARCHIVE_FORMAT_ISO9660, ARCHIVE_FILTER_NONE},
	};
	struct parsed p;
	struct sr_buf b;

	(void)state;
	for (size_t i = 0; i < T_COUNT(kinds); i++) {
		const bool iso = kinds[i].format == ARCHIVE_FORMAT_ISO9660;

		pack(&b, kinds[i].format, kinds[i].filter, three, 3);
		parsed_init(&p, 100, 1 << 20);
		unpack(&p, sr_buf_view(&b), 8, 1 << 20);
		if (r.status != SR_BOX_WHOLE || p.bytes != 11 ||
			!lists(&p, iso ? "5 bytes whole" : "file a.txt 5 bytes whole\n") ||
			!lists(&p, iso ? "6 bytes whole" : "file in/b.txt 6 bytes whole\n"))
			fail_msg("%zu: %s\n%s", i, r.reason, (const char *)p.lines.p);
		parsed_free(&p);
		sr_buf_free(&b);
	}
}

static void streams(void **state) {
	static const int filters[] = {ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_BZIP2, ARCHIVE_FILTER_XZ,
		ARCHIVE_FILTER_ZSTD, ARCHIVE_FILTER_LZ4};
	static const char warc[] = "WARC/1.0\r\nWARC-Type: metadata\r\nContent-Length: 2\r\n\r\nhi";
	const struct put one = {"x", "plain words", 11, 0, NULL};
	const struct put web = {"x", warc, sizeof warc - 1, 0, NULL};
	struct parsed p;
	struct sr_buf b;

	(void)state;
	for (size_t i = 0; i < T_COUNT(filters); i++) {
		pack(&b, ARCHIVE_FORMAT_RAW, filters[i], &one, 1);
		parsed_init(&p, 100, 1 << 20);
		unpack(&p, sr_buf_view(&b), 8, 1 << 20);
		assert_int_equal(r.status, SR_BOX_WHOLE);
		assert_string_equal((const char *)p.lines.p, "file content 11 bytes whole\n");
		assert_memory_equal(p.data.p, "plain words", 11);
		parsed_free(&p);
		sr_buf_free(&b);
		pack(&b, ARCHIVE_FORMAT_RAW, filters[i], &web, 1);
		parsed_init(&p, 100, 1 << 20);
		unpack(&p, sr_buf_view(&b), 8, 1 << 20);
		assert_string_equal((const char *)p.lines.p,
			"file 000001.metadata warc-type=metadata 2 bytes whole\n");
		parsed_free(&p);
		sr_buf_free(&b);
	}
	/* Zeros pass for an empty tar, and are one stream all the same; so is nothing. */
	static const uint8_t zeros[5000];
	const struct put nothing[] = {{"x", zeros, sizeof zeros, 0, NULL}, {"x", "", 0, 0, NULL}};
	for (size_t i = 0; i < 2; i++) {
		pack(&b, ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_GZIP, &nothing[i], 1);
		parsed_init(&p, 100, 1 << 20);
		unpack(&p, sr_buf_view(&b), 8, 1 << 20);
		assert_string_equal(
			(const char *)p.lines.p, i == 0 ? "file content 5000 bytes whole\n"
							: "file content 0 bytes whole\n");
		parsed_free(&p);
		sr_buf_free(&b);
	}
	/* What is no container has no members. */
	parsed_init(&p, 100, 1 << 20);
	unpack(&p, sr_bytes_str("just words"), 8, 1 << 20);
	assert_int_equal(r.status, SR_BOX_WHOLE);
	assert_int_equal(p.members, 0);
	parsed_free(&p);
}

/* ${depth} zips in one another around a text. */
static void nest(struct sr_buf *out, unsigned depth) {
	struct sr_buf inner;

	pack(out, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, three, 1);
	for (unsigned i = 1; i < depth; i++) {
		inner = *out;
		const struct put one = {"deeper.zip", inner.p, inner.len, 0, NULL};
		pack(out, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, &one, 1);
		sr_buf_free(&inner);
	}
}

static void nested(void **state) {
	struct parsed p;
	struct sr_buf b, bad;

	(void)state;
	nest(&b, 3);
	parsed_init(&p, 100, 1 << 20);
	unpack(&p, sr_buf_view(&b), 8, 1 << 20);
	assert_true(lists(&p, "file deeper.zip/deeper.zip/a.txt 5 bytes whole\n"));
	assert_int_equal(p.depth, 3);
	parsed_free(&p);
	/* No deeper than asked, and said. */
	parsed_init(&p, 100, 1 << 20);
	unpack(&p, sr_buf_view(&b), 2, 1 << 20);
	assert_int_equal(p.depth, 2);
	assert_true(lists(&p, "deeper.zip/deeper.zip not-looked-into=it lies too deep"));
	parsed_free(&p);
	/* No more held than allowed, and said; the member itself comes whole. */
	parsed_init(&p, 100, 1 << 20);
	unpack(&p, sr_buf_view(&b), 8, 100);
	assert_true(lists(&p, "file deeper.zip not-looked-into=it is too large to be held"));
	assert_int_equal(p.members, 1);
	parsed_free(&p);
	sr_buf_free(&b);
	/* Without its directory it is not whole, whatever is found in it. */
	nest(&b, 1);
	parsed_init(&p, 100, 1 << 20);
	unpack(&p, sr_bytes_of(b.p, b.len - 22), 8, 1 << 20);
	assert_int_equal(r.status, SR_BOX_BROKEN);
	parsed_free(&p);
	sr_buf_free(&b);
	/* A broken one inside is told with its path, and hides nothing beside it. */
	nest(&bad, 1);
	const struct put puts[] = {
		{"in/bad.zip", bad.p, bad.len - 30, 0, NULL}, {"good.txt", "x", 1, 0, NULL}};
	pack(&b, ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE, puts, 2);
	parsed_init(&p, 100, 1 << 20);
	unpack(&p, sr_buf_view(&b), 8, 1 << 20);
	assert_true(lists(&p, "file good.txt 1 bytes whole\n"));
	assert_true(lists(&p, "file in/bad.zip"));
	assert_true(lists(&p, "inner=broken: in/bad.zip: "));
	parsed_free(&p);
	sr_buf_free(&b);
	sr_buf_free(&bad);
}

/* Forms that say in which encoding their names are, or have them in one of their own. */
static void foreign_names(void **state) {
	static const struct put puts[] = {
		{"\xd9\x83\xd8\xaa\xd8\xa7\xd8\xa8.txt", "book", 4, 0, NULL},
		{"e\xcc\x81t\xc3\xa9/\xf0\x9f\x98\x80", "summer", 6, 0, NULL}};
	static const int kinds[] = {ARCHIVE_FORMAT_ZIP, ARCHIVE_FORMAT_7ZIP,
		ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE, ARCHIVE_FORMAT_ISO9660};
	struct parsed p;
	struct sr_buf b;

	(void)state;
	for (size_t i = 0; i < T_COUNT(kinds); i++) {
		pack(&b, kinds[i], ARCHIVE_FILTER_NONE, puts, T_COUNT(puts));
		parsed_init(&p, 100, 1 << 20);
		unpack(&p, sr_buf_view(&b), 8, 1 << 20);
		if (r.status != SR_BOX_WHOLE || !lists(&p, "كتاب.txt 4 bytes whole\n") ||
			!lists(&p, "t\xc3\xa9/\xf0\x9f\x98\x80 6 bytes whole\n"))
			fail_msg("%zu: %s\n%s", i, r.reason, (const char *)p.lines.p);
		assert_true(
			kinds[i] != ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE || lists(&p, "e\xcc\x81t"));
		parsed_free(&p);
		if (kinds[i] == ARCHIVE_FORMAT_ZIP) { /* it says UTF-8, and is none */
			for (uint8_t *at = b.p; (at = memmem(at, b.len - (size_t)(at - b.p),
							 "\xd9\x83", 2)) != NULL;)
				at[0] = 0xff;
			parsed_init(&p, 100, 1 << 20);
			unpack(&p, sr_buf_view(&b), 8, 1 << 20);
			if (p.bytes != 10 || !lists(&p, "file (no name) 4 bytes whole\n"))
				fail_msg("not UTF-8: %s", (const char *)p.lines.p);
			parsed_free(&p);
		}
		sr_buf_free(&b);
	}
	/* A zip in a tar in a filter. */
	struct sr_buf zip;
	pack(&zip, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, puts, T_COUNT(puts));
	const struct put one = {"e\xcc\x81.zip", zip.p, zip.len, 0, NULL};
	pack(&b, ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE, ARCHIVE_FILTER_GZIP, &one, 1);
	parsed_init(&p, 100, 1 << 20);
	unpack(&p, sr_buf_view(&b), 8, 1 << 20);
	assert_true(lists(&p, "file e\xcc\x81.zip "));
	assert_true(lists(&p, "file e\xcc\x81.zip/كتاب.txt 4 bytes whole\n"));
	parsed_free(&p);
	sr_buf_free(&b);
	sr_buf_free(&zip);
}

static void hostile_names(void **state) {
	static char longer[6000];
	memset(longer, 'n', sizeof longer - 1);
	const struct put puts[] = {
		{"../../../../tmp/evil", "x", 1, 0, NULL},
		{"/etc/cron.d/evil", "x", 1, 0, NULL},
		{"..\\..\\evil", "x", 1, 0, NULL},
		{"a\x1b[2Jb", "x", 1, 0, NULL},
		{"link", "", 0, AE_IFLNK, "/etc/passwd"},
		{"hard", "", 0, 0, "../../etc/shadow"},
		{"null", "", 0, AE_IFCHR, NULL},
		{"pipe", "", 0, AE_IFIFO, NULL},
		{"folder/", "", 0, AE_IFDIR, NULL},
		{"same", "1", 1, 0, NULL},
		{"same", "2", 1, 0, NULL},
		{"SAME", "3", 1, 0, NULL},
		{longer, "x", 1, 0, NULL},
	};
	struct parsed p;
	struct sr_buf b;

	(void)state;
	pack(&b, ARCHIVE_FORMAT_TAR_PAX_RESTRICTED, ARCHIVE_FILTER_NONE, puts, T_COUNT(puts));
	parsed_init(&p, 100, 1 << 20);
	unpack(&p, sr_buf_view(&b), 8, 1 << 20);
	assert_int_equal(p.members, T_COUNT(puts));
	assert_true(lists(&p, "file ../../../../tmp/evil 1 bytes"));
	assert_true(lists(&p, "file /etc/cron.d/evil 1 bytes"));
	assert_true(lists(&p, "symlink link -> /etc/passwd 0 bytes"));
	assert_true(lists(&p, "hardlink hard -> ../../etc/shadow 0 bytes"));
	assert_true(lists(&p, "special null 0 bytes"));
	assert_true(lists(&p, "special pipe 0 bytes"));
	assert_true(lists(&p, "folder folder/ 0 bytes"));
	assert_true(lists(&p, "nnn~cut 1 bytes whole"));
	assert_false(t_exists("/tmp/evil"));
	parsed_free(&p);
	sr_buf_free(&b);
}

static void bombs(void **state) {
	const size_t size = 4 << 20;
	char *zeros = calloc(1, size);
	struct put many[200];
	struct parsed p;
	struct sr_buf b;

	(void)state;
	assert_non_null(zeros);
	const struct put one = {"zeros", zeros, size, 0, NULL};
	pack(&b, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, &one, 1);
	assert_true(b.len < size / 100);
	parsed_init(&p, 100, 1 << 20);
	unpack(&p, sr_buf_view(&b), 8, 1 << 20);
	assert_int_equal(r.status, SR_BOX_CAPPED);
	assert_true(p.bytes <= 1 << 20);
	assert_true(lists(&p, "capped"));
	parsed_free(&p);
	sr_buf_free(&b);
	for (size_t i = 0; i < T_COUNT(many); i++)
		many[i] = (struct put){"f", "x", 1, 0, NULL};
	pack(&b, ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE, many, T_COUNT(many));
	parsed_init(&p, 150, 1 << 20);
	unpack(&p, sr_buf_view(&b), 8, 1 << 20);
	assert_int_equal(r.status, SR_BOX_CAPPED);
	assert_int_equal(p.members, 150);
	parsed_free(&p);
	sr_buf_free(&b);
	free(zeros);
}

/* Lists every member of a zip ${n} times over the same ${kernel} bytes of zeros, as Fifield's do.
 */
static void overlapping(struct sr_buf *out, unsigned n, uint32_t kernel) {
	struct sr_buf one;
	char *zeros = calloc(1, kernel);

	assert_non_null(zeros);
	const struct put put = {"k", zeros, kernel, 0, NULL};
	pack(&one, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, &put, 1);
	free(zeros);
	/* its local part stays, its directory is written anew */
	const uint8_t *dir = memmem(one.p, one.len, "PK\1\2", 4);
	assert_non_null(dir);
	const size_t local = (size_t)(dir - one.p);
	const size_t entry =
		46 + (size_t)sr_le16_get(dir + 28) + sr_le16_get(dir + 30) + sr_le16_get(dir + 32);
	uint8_t end[22] = "PK\5\6";

	sr_buf_init(out);
	sr_buf_put(out, one.p, local);
	for (unsigned i = 0; i < n; i++)
		sr_buf_put(out, dir, entry);
	sr_le16_put(end + 8, (uint16_t)n);
	sr_le16_put(end + 10, (uint16_t)n);
	sr_le32_put(end + 12, (uint32_t)(n * entry));
	sr_le32_put(end + 16, (uint32_t)local);
	sr_buf_put(out, end, sizeof end);
	sr_buf_free(&one);
}

/* Bombs whose members share their bytes come to the same caps. */
static void shared_bytes(void **state) {
	struct parsed p;
	struct sr_buf b;

	(void)state;
	overlapping(&b, 200, 1 << 20);
	assert_true(b.len < 40000);
	parsed_init(&p, 1000, 4 << 20);
	unpack(&p, sr_buf_view(&b), 8, 1 << 20);
	/* What is shared comes once, and that there is less than the directory says is told. */
	assert_true(p.bytes <= 4 << 20);
	assert_true(p.members >= 1);
	assert_true(r.status == SR_BOX_CAPPED || r.status == SR_BOX_BROKEN);
	if (r.status == SR_BOX_BROKEN)
		assert_non_null(strstr(r.reason, "names 200 members, 1 of them"));
	parsed_free(&p);
	sr_buf_free(&b);
}

/* A checksum that does not fit is told of the member, whose bytes are kept. */
static void checksums(void **state) {
	struct parsed p;
	struct sr_buf b;

	(void)state;
	pack_with(&b, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, "zip:compression=store", three, 2);
	uint8_t *hello = memmem(b.p, b.len, "hello", 5);
	assert_non_null(hello);
	hello[0] = 'j';
	parsed_init(&p, 100, 1 << 20);
	unpack(&p, sr_buf_view(&b), 8, 1 << 20);
	assert_true(lists(&p, "file a.txt 5 bytes broken: ZIP bad CRC"));
	assert_true(lists(&p, "file in/b.txt 6 bytes whole\n"));
	parsed_free(&p);
	sr_buf_free(&b);
	/* What begins like an ISO image and is none is not an empty one. */
	uint8_t *iso = calloc(1, 40000);
	assert_non_null(iso);
	static const uint8_t mark[] = {'C', 'D', '0', '0', '1'};
	memcpy(iso + 32769, mark, sizeof mark);
	parsed_init(&p, 100, 1 << 20);
	unpack(&p, sr_bytes_of(iso, 40000), 8, 1 << 20);
	assert_int_equal(r.status, SR_BOX_BROKEN);
	parsed_free(&p);
	free(iso);
}

/* Holes are bytes: within, and at the end; a hole of exabytes is a bomb. */
static void holes(void **state) {
	static const uint64_t sizes[] = {100000, UINT64_C(1) << 60};
	struct parsed p;
	struct sr_buf b;

	(void)state;
	for (size_t i = 0; i < T_COUNT(sizes); i++) {
		struct archive *a = archive_write_new();
		struct archive_entry *e = archive_entry_new();

		sr_buf_init(&b);
		assert_int_equal(archive_write_set_format(a, ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE),
			ARCHIVE_OK);
		assert_int_equal(
			archive_write_open2(a, &b, NULL, put_bytes, NULL, NULL), ARCHIVE_OK);
		archive_entry_set_pathname(e, "sparse");
		archive_entry_set_filetype(e, AE_IFREG);
		archive_entry_set_size(e, (la_int64_t)sizes[i]);
		archive_entry_sparse_add_entry(e, 4096, 5);
		assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
		assert_int_equal(archive_write_data(a, "\0", 0), 0);
		for (int n = 0; n < 4096; n += 512) {
			static const uint8_t none[512];
			(void)!archive_write_data(a, none, sizeof none);
		}
		(void)!archive_write_data(a, "hello", 5);
		(void)archive_write_close(a);
		archive_write_free(a);
		archive_entry_free(e);
		parsed_init(&p, 100, 1 << 20);
		unpack(&p, sr_buf_view(&b), 8, 1 << 20);
		if (i == 0 ? !lists(&p, "file sparse 100000 bytes whole\n")
			   : r.status != SR_BOX_CAPPED)
			fail_msg("%zu: %d %s\n%s", i, (int)r.status, r.reason,
				(const char *)p.lines.p);
		parsed_free(&p);
		sr_buf_free(&b);
	}
}

static void texts_and_frames(void **state) {
	static const uint8_t skipped[] = {0x5D, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 'd', 'i', 'c', 't'};
	static const char uu[] = "begin 644 ../../evil\n+:&5L;&\\@=V]R;&0 \n`\nend\n",
			  base64[] = "begin-base64 644 x\naGVsbG8gd29ybGQ=\n====\n";
	const struct put one = {"x", "plain words", 11, 0, NULL};
	struct parsed p;
	struct sr_buf b, z;

	(void)state;
	for (int i = 0; i < 2; i++) {
		parsed_init(&p, 100, 1 << 20);
		unpack(&p, sr_bytes_str(i == 0 ? uu : base64), 8, 1 << 20);
		assert_int_equal(r.status, SR_BOX_WHOLE);
		assert_string_equal((const char *)p.lines.p, "file content 11 bytes whole\n");
		assert_memory_equal(p.data.p, "hello world", 11);
		parsed_free(&p);
	}
	assert_int_equal(par_sniff(sr_bytes_str("begin the day well")), PAR_OTHER);
	assert_int_equal(par_sniff(sr_bytes_str("begin 19 a")), PAR_OTHER);
	/* What stands before a frame of zstd: read, or told, and never taken for nothing. */
	pack(&z, ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_ZSTD, &one, 1);
	sr_buf_init(&b);
	sr_buf_put(&b, skipped, sizeof skipped);
	sr_buf_put_bytes(&b, sr_buf_view(&z));
	parsed_init(&p, 100, 1 << 20);
	unpack(&p, sr_buf_view(&b), 8, 1 << 20);
	assert_true(lists(&p, "file content 11 bytes whole\n") || r.status == SR_BOX_BROKEN);
	parsed_free(&p);
	parsed_init(&p, 100, 1 << 20);
	unpack(&p, sr_bytes_of(skipped, sizeof skipped), 8, 1 << 20);
	assert_true(r.status == SR_BOX_BROKEN || p.members == 1);
	parsed_free(&p);
	sr_buf_free(&b);
	sr_buf_free(&z);
}

static void passwords(void **state) {
	struct parsed p;
	struct sr_buf b;

	(void)state;
	pack_with(&b, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, "zip:encryption=traditional", three,
		2);
	parsed_init(&p, 100, 1 << 20);
	unpack(&p, sr_buf_view(&b), 8, 1 << 20);
	assert_true(lists(&p, "file a.txt 0 bytes encrypted: it is under a password\n"));
	assert_int_equal(p.members, 2);
	parsed_free(&p);
	sr_buf_free(&b);
}

/* ${archive} behind ${head} and zeros, ${stub} bytes in all. */
static void behind(struct sr_buf *out, struct sr_bytes head, size_t stub, struct sr_bytes archive) {
	sr_buf_init(out);
	sr_buf_put_bytes(out, head);
	sr_buf_put_zero(out, stub - head.len);
	sr_buf_put_bytes(out, archive);
	assert_int_equal(sr_buf_ok(out, NULL), 0);
}

/* An archive behind a program comes out; a program that carries none is whole, as is one that has
 * the marks of archives among its bytes. */
static void programs(void **state) {
	static const uint8_t elf[] = {0x7F, 'E', 'L', 'F', 2, 1, 1}, mz[] = {'M', 'Z', 0x90, 0};
	static const char script[] = "#!/usr/bin/env python3\n";
	const struct sr_bytes heads[] = {
		sr_bytes_of(elf, sizeof elf), sr_bytes_of(mz, sizeof mz), sr_bytes_str(script)};
	static const uint8_t rar[] = {'R', 'a', 'r', '!', 0x1A, 7, 0}, cab[] = {'M', 'S', 'C', 'F'};
	struct parsed p;
	struct sr_buf zip, seven, b, outer;

	(void)state;
	pack(&zip, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, three, 3);
	pack(&seven, ARCHIVE_FORMAT_7ZIP, ARCHIVE_FILTER_NONE, three, 3);
	for (size_t i = 0; i < T_COUNT(heads); i++) {
		for (size_t stub = 64; stub < 1000000; stub *= 10) {
			behind(&b, heads[i], stub, sr_buf_view(&zip));
			assert_int_equal(par_sniff(sr_buf_view(&b)), PAR_PROGRAM);
			parsed_init(&p, 100, 1 << 20);
			unpack(&p, sr_buf_view(&b), 8, 4 << 20);
			if (r.status != SR_BOX_WHOLE || !lists(&p, "file a.txt 5 bytes whole\n") ||
				!lists(&p, "file in/b.txt 6 bytes whole\n") || p.members != 3)
				fail_msg("zip behind %zu: %s: %s%s", i,
					sr_box_status_name(r.status), r.reason, (char *)p.lines.p);
			parsed_free(&p);
			/* Cut: what is there, or that nothing can be found; never a crash. */
			parsed_init(&p, 100, 1 << 20);
			unpack(&p, sr_bytes_of(b.p, b.len - 10), 8, 4 << 20);
			assert_int_equal(p.members, 0);
			parsed_free(&p);
			/* In a container: looked into there. */
			const struct put inside[] = {{"setup.exe", b.p, b.len, 0, NULL}};
			pack(&outer, ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE, inside, 1);
			parsed_init(&p, 100, 4 << 20);
			unpack(&p, sr_buf_view(&outer), 8, 4 << 20);
			assert_true(lists(&p, "file setup.exe/a.txt 5 bytes whole\n"));
			parsed_free(&p);
			sr_buf_free(&outer);
			sr_buf_free(&b);
		}
		if (i == 2)
			break;
		behind(&b, heads[i], 0x27000, sr_buf_view(&seven)); /* where its tools put it */
		parsed_init(&p, 100, 1 << 20);
		unpack(&p, sr_buf_view(&b), 8, 4 << 20);
		if (r.status != SR_BOX_WHOLE || !lists(&p, "file in/b.txt 6 bytes whole\n"))
			fail_msg("7z behind %zu: %s: %s%s", i, sr_box_status_name(r.status),
				r.reason, (char *)p.lines.p);
		parsed_free(&p);
		sr_buf_free(&b);
	}
	for (size_t i = 0; i < T_COUNT(heads); i++) {
		behind(&b, heads[i], 300000, sr_bytes_of(NULL, 0));
		memcpy(b.p + 1000, rar, sizeof rar);
		memcpy(b.p + 9000, cab, sizeof cab);
		memcpy(b.p + 20000, zip.p, 30);
		parsed_init(&p, 100, 1 << 20);
		unpack(&p, sr_buf_view(&b), 8, 4 << 20);
		if (r.status != SR_BOX_WHOLE || p.members != 0)
			fail_msg("nothing behind %zu: %s: %s%s", i, sr_box_status_name(r.status),
				r.reason, (char *)p.lines.p);
		parsed_free(&p);
		sr_buf_free(&b);
	}
	/* The mark of one form hides no archive of another; what has a mark and a header of its own
	 * that cannot be read is told. */
	static const uint8_t cabinet[] = {'M', 'S', 'C', 'F', 0, 0, 0, 0};
	behind(&b, heads[1], 70000, sr_buf_view(&zip));
	memcpy(b.p + 4096, cabinet, sizeof cabinet);
	memcpy(b.p + 8192, rar, sizeof rar);
	parsed_init(&p, 100, 1 << 20);
	unpack(&p, sr_buf_view(&b), 8, 4 << 20);
	if (!lists(&p, "file a.txt 5 bytes whole\n") || p.members != 3 ||
		!lists(&p, "has the mark of an archive that cannot be read"))
		fail_msg("a zip behind marks: %s: %s%s", sr_box_status_name(r.status), r.reason,
			(char *)p.lines.p);
	parsed_free(&p);
	/* A zip whose end libarchive does not look for. */
	sr_buf_put_zero(&b, 20000);
	parsed_init(&p, 100, 1 << 20);
	unpack(&p, sr_buf_view(&b), 8, 4 << 20);
	if (p.members != 3 && !lists(&p, "a zip seems to end there"))
		fail_msg("a zip with more behind it: %s: %s%s", sr_box_status_name(r.status),
			r.reason, (char *)p.lines.p);
	parsed_free(&p);
	sr_buf_free(&b);
	/* Members that are not all there are told. */
	behind(&b, heads[1], 512, sr_buf_view(&zip));
	uint8_t *hello = memmem(b.p, b.len, "PK\3\4", 4);
	assert_non_null(hello);
	hello[0] = 'j';
	parsed_init(&p, 100, 1 << 20);
	unpack(&p, sr_buf_view(&b), 8, 4 << 20);
	assert_true(r.status == SR_BOX_BROKEN || lists(&p, "broken"));
	parsed_free(&p);
	sr_buf_free(&b);
	sr_buf_free(&zip);
	sr_buf_free(&seven);
}

/* A zip that is a document is not taken apart. */
static void documents(void **state) {
	const struct put odt[] = {{"mimetype", "application/vnd.oasis", 21, 0, NULL},
		{"content.xml", "<a/>", 4, 0, NULL}};
	const struct put docx[] = {{"[Content_Types].xml", "<a/>", 4, 0, NULL}};
	struct parsed p;
	struct sr_buf b;

	(void)state;
	for (int i = 0; i < 2; i++) {
		pack(&b, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, i == 0 ? odt : docx,
			i == 0 ? 2 : 1);
		assert_int_equal(par_sniff(sr_buf_view(&b)), PAR_DOCUMENT);
		parsed_init(&p, 100, 1 << 20);
		unpack(&p, sr_buf_view(&b), 8, 1 << 20);
		assert_int_equal(p.members, 0);
		parsed_free(&p);
		sr_buf_free(&b);
	}
}

static void mutant(void *ctx, struct sr_bytes m, const char *what) {
	struct parsed p;

	(void)ctx;
	(void)what;
	parsed_init(&p, 100, 1 << 20);
	unpack(&p, m, 8, 1 << 20);
	assert_true(p.members <= 100);
	parsed_free(&p);
}

static void cuts_and_flips(void **state) {
	struct sr_buf b;

	(void)state;
	nest(&b, 2);
	t_each_cut(sr_buf_view(&b), mutant, NULL);
	t_each_flip(sr_buf_view(&b), mutant, NULL);
	sr_buf_free(&b);
	pack(&b, ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_GZIP, three, 2);
	t_each_cut(sr_buf_view(&b), mutant, NULL);
	t_each_flip(sr_buf_view(&b), mutant, NULL);
	sr_buf_free(&b);
}

static int begin(void **state) {
	(void)state;
	return par_unpack_begin() ? 0 : -1;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(streams),
		cmocka_unit_test(nested),
		cmocka_unit_test(foreign_names),
		cmocka_unit_test(hostile_names),
		cmocka_unit_test(bombs),
		cmocka_unit_test(shared_bytes),
		cmocka_unit_test(checksums),
		cmocka_unit_test(holes),
		cmocka_unit_test(texts_and_frames),
		cmocka_unit_test(passwords),
		cmocka_unit_test(programs),
		cmocka_unit_test(documents),
		cmocka_unit_test(cuts_and_flips),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
