/*
 * about: what exiftool, ffprobe and pdfinfo say in the sandbox comes out as fields in their forms,
 * of small files and of large ones whose middle is not read; what a parser says beside that is not
 * taken. Needs bubblewrap and user namespaces, and each program where it is named; says so where
 * they are missing.
 */
#include "intake/about.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "mounts.h"
#include "util.h"

static struct sr_err e;
static struct sr_launcher *real;

static void need(const char *program) {
	if (real == NULL) {
		print_message("skipped: no sandbox here: %s\n", e.text);
		skip();
	}
	if (access(program, X_OK) != 0) {
		print_message("skipped: %s is not installed (make deps-room)\n", program);
		skip();
	}
}

struct heard {
	struct sr_about_to to;
	char text[2000];
};

static int hear(void *ctx, struct sr_bytes key, struct sr_bytes v, struct sr_err *err) {
	struct heard *h = ctx;
	const size_t n = strlen(h->text);

	(void)err;
	if (sr_bytes_eq(key, sr_bytes_str("tool"))) /* versions differ */
		v = sr_bytes_of(v.p, strcspn((const char *)v.p, "/") < v.len
					     ? strcspn((const char *)v.p, "/")
					     : v.len);
	(void)snprintf(h->text + n, sizeof h->text - n, "%.*s=%.*s|", (int)key.len,
		(const char *)key.p, (int)v.len, (const char *)v.p);
	return 0;
}

static void ask(struct heard *h, const struct sr_box_input *in) {
	memset(h, 0, sizeof *h);
	h->to = (struct sr_about_to){.fact = hear, .ctx = h};
	assert_ok(sr_about_read(&h->to, real, in, &e), &e);
}

static void says(struct sr_bytes input, const char *want) {
	const struct sr_box_input in = sr_box_input_bytes(&input);
	struct heard h;

	ask(&h, &in);
	if (strcmp(h.text, want) != 0 || h.to.why[0] != '\0')
		fail_msg("it says %s (%s), want %s", h.text, h.to.why, want);
}

static void fails(struct sr_bytes input, const char *why) {
	const struct sr_box_input in = sr_box_input_bytes(&input);
	struct heard h;

	ask(&h, &in);
	if (strstr(h.to.why, why) == NULL)
		fail_msg("it says %s (%s), want why %s", h.text, h.to.why, why);
}

/* --- files ------------------------------------------------------------------------------------ */

/* Poppler finds its objects without a table. */
static void make_pdf(struct sr_buf *b) {
	sr_buf_init(b);
	sr_buf_put_str(b, "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
			  "2 0 obj<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2>>endobj\n"
			  "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n"
			  "4 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n"
			  "5 0 obj<</Title(A \\(paper\\))/Author(M. Weber)/CreationDate"
			  "(D:20140506101112Z)>>endobj\n"
			  "trailer<</Root 1 0 R/Info 5 0 R/Size 6>>\n%%EOF\n");
}

static void put_chunk(struct sr_buf *b, const char *id, const char *text) {
	const size_t n = strlen(text) + 1;

	sr_buf_put_str(b, id);
	sr_buf_put_le32(b, (uint32_t)n);
	sr_buf_put(b, text, n);
	if (n % 2 == 1)
		sr_buf_put_u8(b, 0);
}

/* Silence: ${bytes} of it by its header, ${there} of them, ${rate} a second. */
static void make_wav(struct sr_buf *b, uint32_t rate, uint32_t bytes, uint32_t there) {
	struct sr_buf info;

	sr_buf_init(b);
	sr_buf_init(&info);
	put_chunk(&info, "INAM", "A talk");
	put_chunk(&info, "IART", "Somebody");
	sr_buf_put_str(b, "RIFF");
	sr_buf_put_le32(b, (uint32_t)(4 + 24 + 12 + info.len + 8 + bytes));
	sr_buf_put_str(b, "WAVEfmt ");
	sr_buf_put_le32(b, 16);
	sr_buf_put_le16(b, 1);
	sr_buf_put_le16(b, 1);
	sr_buf_put_le32(b, 8000);
	sr_buf_put_le32(b, rate);
	sr_buf_put_le16(b, 1);
	sr_buf_put_le16(b, 8);
	sr_buf_put_str(b, "LIST");
	sr_buf_put_le32(b, (uint32_t)(4 + info.len));
	sr_buf_put_str(b, "INFO");
	sr_buf_put_bytes(b, sr_buf_view(&info));
	sr_buf_put_str(b, "data");
	sr_buf_put_le32(b, bytes);
	for (uint32_t i = 0; i < there; i++)
		sr_buf_put_u8(b, 128);
	sr_buf_free(&info);
}

static void png_chunk(struct sr_buf *b, const char *id, const void *p, size_t len) {
	uint8_t n[4];
	uLong crc = crc32(crc32(0, (const Bytef *)id, 4), p, (uInt)len);

	sr_be32_put(n, (uint32_t)len);
	sr_buf_put(b, n, 4);
	sr_buf_put_str(b, id);
	sr_buf_put(b, p, len);
	sr_be32_put(n, (uint32_t)crc);
	sr_buf_put(b, n, 4);
}

static void make_png(struct sr_buf *b) {
	static const uint8_t header[] = {0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0};
	static const char title[] = "Title\0A photo", author[] = "Author\0Somebody";
	const uint8_t row[] = {0, 0};
	uint8_t z[64];
	uLongf n = sizeof z;

	sr_buf_init(b);
	sr_buf_put(b, "\x89PNG\r\n\x1a\n", 8);
	png_chunk(b, "IHDR", header, sizeof header);
	png_chunk(b, "tEXt", title, sizeof title - 1);
	png_chunk(b, "tEXt", author, sizeof author - 1);
	assert_int_equal(compress(z, &n, row, sizeof row), Z_OK);
	png_chunk(b, "IDAT", z, n);
	png_chunk(b, "IEND", "", 0);
}

/* --- tests ------------------------------------------------------------------------------------ */

static void test_pdf(void **state) {
	struct sr_buf b;

	(void)state;
	need("/usr/bin/pdfinfo");
	make_pdf(&b);
	says(sr_buf_view(&b),
		"title=A (paper)|creator=M. Weber|created=2014-05-06T10:11:12Z|pages=2|"
		"tool=pdfinfo|");
	sr_buf_free(&b);
	fails(sr_bytes_str("%PDF-1.4\nnothing more"), "pdfinfo gives nothing of it");
}

static void test_sound(void **state) {
	struct sr_buf b;

	(void)state;
	need("/usr/bin/ffprobe");
	need("/usr/bin/exiftool");
	make_wav(&b, 8000, 8000 * 72, 8000 * 72);
	says(sr_buf_view(&b),
		"title=A talk|creator=Somebody|tool=ffprobe|title=A talk|creator=Somebody|"
		"duration=0:01:12.000|tool=exiftool|");
	sr_buf_free(&b);
}

static void test_picture(void **state) {
	struct sr_buf b;

	(void)state;
	need("/usr/bin/exiftool");
	make_png(&b);
	says(sr_buf_view(&b), "title=A photo|creator=Somebody|tool=exiftool|");
	sr_buf_free(&b);
}

/* What exiftool's Perl reads by -I cannot be read: no picture is called damaged for it. */
static int spoilt_in_child(const char *over, const char *folder, struct sr_bytes input) {
	const struct sr_box_input in = sr_box_input_bytes(&input);
	struct heard h = {.text = ""};
	struct sr_launcher *l = NULL;
	int at = 0;

	if (!mounts_own())
		return 77;
	if (!mounts_lay(over, folder) || sr_launcher_start(&l, NULL, &e) != 0)
		return 1;
	h.to = (struct sr_about_to){.fact = hear, .ctx = &h};
	if (sr_about_read(&h.to, l, &in, &e) != 0)
		at = 2;
	else if (strstr(h.to.why, "exiftool cannot be used here") == NULL ||
		 strstr(h.to.why, over) == NULL)
		at = 3;
	if (at != 0)
		print_message("it says %s (%s) %s\n", h.text, h.to.why, e.text);
	sr_launcher_stop(l);
	return at;
}

static void test_modules(void **state) {
	static const char *const places[] = {"/usr/share/perl5/Image", "/usr/share/perl5/File"};
	char *dir;
	char folder[T_PATH];
	struct sr_buf b;

	(void)state;
	need("/usr/bin/exiftool");
	dir = t_tmp_new();
	snprintf(folder, sizeof folder, "%s/folder", dir);
	assert_int_equal(mkdir(folder, 0), 0);
	make_png(&b);
	for (size_t i = 0; i < T_COUNT(places); i++) {
		int status = 0;

		if (access(places[i], R_OK) != 0)
			continue;
		(void)fflush(stdout);
		const pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			const int at = spoilt_in_child(places[i], folder, sr_buf_view(&b));

			(void)fflush(stdout);
			_exit(at);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 77);
	}
	sr_buf_free(&b);
	t_tmp_remove(dir);
}

/* A file of 3 GiB of which its ends alone are read. */
struct large {
	struct sr_bytes head;
	uint64_t size, read;
};

static int read_large(void *ctx, uint64_t offset, void *p, size_t len, struct sr_err *err) {
	struct large *l = ctx;

	(void)err;
	l->read += len;
	memset(p, 0, len);
	if (offset < l->head.len)
		memcpy(p, l->head.p + offset,
			l->head.len - offset < len ? l->head.len - offset : len);
	return 0;
}

static void test_large(void **state) {
	struct large l = {.size = (UINT64_C(3) << 30) + 200};
	const struct sr_box_input in = {.size = l.size, .read = read_large, .ctx = &l};
	struct heard h;
	struct sr_buf b;

	(void)state;
	need("/usr/bin/ffprobe");
	need("/usr/bin/exiftool");
	make_wav(&b, 1 << 20, UINT32_C(3) << 30, 1000); /* 3,072 s */
	l.head = sr_buf_view(&b);
	ask(&h, &in);
	if (strstr(h.text, "title=A talk|") == NULL ||
		strstr(h.text, "duration=0:51:12.000|tool=exiftool|") == NULL)
		fail_msg("it says %s (%s)", h.text, h.to.why);
	assert_true(l.read <= 2 * (uint64_t)SR_ABOUT_ENDS + 4096);
	sr_buf_free(&b);
}

/* What no program knows costs no sandbox, and what one knows by its first bytes alone says why. */
static void test_others(void **state) {
	(void)state;
	assert_false(sr_about_wanted(sr_bytes_str("just text\n")));
	assert_false(sr_about_wanted(sr_bytes_str("")));
	assert_true(sr_about_wanted(sr_bytes_str("%PDF-1.7")));
	need("/usr/bin/ffprobe");
	fails(sr_bytes_str("just text\n"), "no program here knows such files");
	fails(sr_bytes_of("\x1a\x45\xdf\xa3 nothing more", 16), "ffprobe gives nothing of it");
	/* A playlist that would lead to other files is tried as none of the formats. */
	fails(sr_bytes_str("OggS#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"), "ffprobe");
}

static void test_takes(void **state) {
	static const struct {
		const char *key, *good, *wrong;
	} cases[] = {{"title", "A talk", "two\nlines"}, {"creator", "x", ""},
		{"language", "ar", "arabic language"}, {"captured", "2014-05-06", "2014:05:06"},
		{"date", "2014", "then"}, {"duration", "0:01:12.000", "72"}, {"pages", "3", "0"},
		{"tool", "exiftool/12.57", "\x1b[31m"}, {"location", "yes", "\xff"}};
	static const char *const never[] = {"hazard", "part-of", "provenance", "rights",
		"description", "media-type", "x", "clear"};
	char line[600];

	(void)state;
	memset(line, 'x', sizeof line);
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		const struct sr_bytes key = sr_bytes_str(cases[i].key);

		assert_true(sr_about_takes(key, sr_bytes_str(cases[i].good)));
		assert_false(sr_about_takes(key, sr_bytes_str(cases[i].wrong)));
		assert_false(sr_about_takes(key, sr_bytes_of(line, sizeof line)));
	}
	for (size_t i = 0; i < T_COUNT(never); i++)
		assert_false(sr_about_takes(sr_bytes_str(never[i]), sr_bytes_str("en")));
}

static int begin_all(void **state) {
	struct sr_bytes none = sr_bytes_str("x");
	const struct sr_box_input in = sr_box_input_bytes(&none);
	struct heard h = {.to = {.fact = hear, .ctx = &h}};

	(void)state;
	if (sr_launcher_start(&real, NULL, &e) == 0 && sr_about_read(&h.to, real, &in, &e) == 0)
		return 0;
	sr_launcher_stop(real);
	real = NULL;
	return 0;
}

static int end_all(void **state) {
	(void)state;
	sr_launcher_stop(real);
	return 0;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_takes),
		cmocka_unit_test(test_pdf),
		cmocka_unit_test(test_sound),
		cmocka_unit_test(test_picture),
		cmocka_unit_test(test_modules),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_others),
	};
	return cmocka_run_group_tests(tests, begin_all, end_all);
}
