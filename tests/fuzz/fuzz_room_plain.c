/*
 * fuzz_room_plain - a document's bytes as text for a terminal: nothing in it moves the cursor,
 * however the bytes are cut into pieces; and names in an export's archive stay inside the folder.
 *
 * Input: u8 mode: 0 u8 size of the pieces, the document; 1 a path for an archive.
 */
#include "base/escape.h"
#include "fuzz.h"
#include "room/plain.h"
#include "room/tar.h"

static void must_be_safe(struct sr_bytes out) {
	while (out.len > 0) {
		uint32_t cp = 0;
		size_t n = sr_utf8_next(out, &cp);
		MUST(n > 0);
		MUST(cp >= 0x20 || cp == '\n' || cp == '\t');
		MUST(cp < 0x7f || cp >= 0xa0);
		MUST(!(cp >= 0x202a && cp <= 0x202e) && !(cp >= 0x2066 && cp <= 0x2069));
		out = sr_bytes_of(out.p + n, out.len - n);
	}
}

static void feed(struct sr_buf *out, enum sr_plain_encoding enc, struct sr_bytes in, size_t step) {
	struct sr_plain p;
	struct sr_err e;
	sr_plain_init(&p, enc);
	do {
		struct sr_bytes piece = fuzz_take(&in, step);
		assert_ok(sr_plain_feed(&p, out, piece, in.len == 0, &e), &e);
		must_be_safe(sr_buf_view(out));
	} while (in.len > 0);
}

static void check_document(struct sr_bytes in) {
	static const enum sr_plain_encoding encodings[] = {
		SR_PLAIN_UTF8, SR_PLAIN_UTF16LE, SR_PLAIN_UTF16BE, SR_PLAIN_WINDOWS1252};
	size_t step = fuzz_u8(&in);
	enum sr_plain_encoding enc = SR_PLAIN_UTF8;
	struct sr_buf whole, pieces;
	struct sr_err e;
	sr_buf_init(&whole);
	sr_buf_init(&pieces);
	int rc = sr_plain_probe(
		&enc, sr_bytes_of(in.p, in.len < SR_PLAIN_PROBE ? in.len : SR_PLAIN_PROBE), &e);
	MUST(rc == 0 || rc == SR_UNSUPPORTED);
	if (rc == 0)
		MUST(sr_plain_encoding_name(enc) != NULL);
	/* what begins as one encoding may go on as anything: each reader takes any bytes */
	for (size_t i = 0; i < sizeof encodings / sizeof encodings[0]; i++) {
		sr_buf_clear(&whole);
		sr_buf_clear(&pieces);
		feed(&whole, encodings[i], in, in.len + 1);
		feed(&pieces, encodings[i], in, step == 0 ? 1 : step);
		MUST(sr_bytes_eq(sr_buf_view(&whole), sr_buf_view(&pieces)));
	}
	sr_buf_free(&whole);
	sr_buf_free(&pieces);
}

static void check_name(struct sr_bytes path) {
	struct sr_buf name, header;
	const struct sr_tar_file f = {.path = path, .size = path.len, .mtime_s = -1};
	sr_buf_init(&name);
	sr_buf_init(&header);
	sr_tar_name(&name, path);
	MUST(sr_buf_ok(&name, NULL) == 0 && name.len > 0);
	char *text = fuzz_str(sr_buf_view(&name));
	MUST(strlen(text) == name.len && text[0] != '/');
	for (const char *at = text; at != NULL; at = strchr(at, '/')) {
		at += *at == '/';
		size_t len = strcspn(at, "/");
		MUST(len > 0 && !(len == 1 && at[0] == '.') &&
			!(len == 2 && at[0] == '.' && at[1] == '.'));
	}
	free(text);
	sr_tar_header(&header, &f);
	MUST(sr_buf_ok(&header, NULL) == 0 && header.len > 0 && header.len % SR_TAR_BLOCK == 0);
	sr_buf_free(&name);
	sr_buf_free(&header);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	if (fuzz_u8(&in) % 2 == 0)
		check_document(in);
	else
		check_name(in);
	return 0;
}

void fuzz_seeds(void) {
	/* ends in U+202E: in a string it would turn the line around */
	static const uint8_t utf8[] = {0xef, 0xbb, 0xbf, 'Z', 'e', 'i', 'l', 'e', ' ', 0xe2, 0x82,
		0xac, '\r', '\n', '\t', 't', 'a', 'b', 0x1b, '[', '2', 'J', 0xe2, 0x80, 0xae};
	fuzz_seed_with("utf8", "\0\3", 2, sr_bytes_of(utf8, sizeof utf8));
	fuzz_seed_with(
		"utf16le", "\0\3", 2, sr_bytes_of("\xff\xfeZ\0\xac\x20=\xd8\x12\xdd\x1b\0", 12));
	fuzz_seed_with(
		"utf16be", "\0\5", 2, sr_bytes_of("\xfe\xff\0Z\x20\xac\xd8=\xdd\x12\0\x1b", 12));
	fuzz_seed_with("1252", "\0\2", 2, sr_bytes_str("caf\xe9 \x80 \x93quoted\x94 \x9b"));
	fuzz_seed_with("pdf", "\0\0", 2, sr_bytes_str("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"));
	fuzz_seed_with("zip", "\0\0", 2, sr_bytes_of("PK\3\4\x14\0\0\0\x08\0", 10));
	fuzz_seed_with("path", "\1", 1, sr_bytes_str("/a/../b//./c/.."));
	fuzz_seed_with("path-bytes", "\1", 1, sr_bytes_of("a\0b/\xff\n", 6));
}
