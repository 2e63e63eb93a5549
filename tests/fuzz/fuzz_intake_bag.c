/*
 * fuzz_intake_bag - the tag files of a bag.
 *
 * Input: u8 mode, then by mode
 *   0..4  the text of bagit.txt, manifest-md5.txt (after its two right lines), fetch.txt,
 *         bag-info.txt or tagmanifest-md5.txt of a bag that is valid otherwise
 *   5     u8 encoding, bytes of a tag file
 *   6     the name of a file
 */
#include "base/escape.h"
#include "fuzz_crypto.h"
#include "fuzz_files.h"
#include "intake/bag.h"
#include "intake/names.h"
#include "intake/tagtext.h"

static const char declaration[] = "BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n";
/* "one" and "two" */
static const char manifest[] = "f97c5d29941bfb1b2fdab0874906ab82  data/1\n"
			       "b8a9f715dbb64fd5c56e7783c6820a61  data/2\n";

static void judge(uint8_t mode, struct sr_bytes in) {
	static const char *const names[] = {"bagit.txt", "manifest-md5.txt", "fetch.txt",
		"bag-info.txt", "tagmanifest-md5.txt"};
	const char *folder = fuzz_folder();
	struct sr_buf text;
	struct sr_bag *b = NULL;
	struct sr_err e;
	char data[600];
	(void)snprintf(data, sizeof data, "%s/data", folder);
	MUST(mkdir(data, 0700) == 0);
	fuzz_plant(folder, "data/1", sr_bytes_str("one"));
	fuzz_plant(folder, "data/2", sr_bytes_str("two"));
	fuzz_plant(folder, "bagit.txt", sr_bytes_str(declaration));
	fuzz_plant(folder, "manifest-md5.txt", sr_bytes_str(manifest));
	sr_buf_init(&text);
	if (mode == 1)
		sr_buf_put_str(&text, manifest);
	sr_buf_put_bytes(&text, in);
	fuzz_plant(folder, names[mode], sr_buf_view(&text));
	assert_ok(sr_bag_read(&b, folder, NULL, &e), &e);
	int rc = sr_bag_verdict(b, &e);
	MUST((rc == 0) == (sr_bag_refusals(b) == 0));
	MUST(rc == 0 || rc == SR_CORRUPT);
	/* Whatever the tag files say, contents were read unless there is no declaration. */
	const struct sr_bag_file *f = sr_bag_find(b, sr_bytes_str("data/1"));
	MUST(f != NULL && f->payload);
	MUST(f->hashed || rc != 0);
	sr_bag_free(b);
	sr_buf_free(&text);
}

static void decode(uint8_t as, struct sr_bytes in) {
	struct sr_buf out;
	struct sr_bytes rest, line;
	size_t got = 0;
	sr_buf_init(&out);
	if (sr_tag_decode(&out, (enum sr_tag_encoding)(as % 6), in, NULL) == 0) {
		MUST(sr_utf8_valid(sr_buf_view(&out)));
		rest = sr_buf_view(&out);
		while (sr_tag_line(&rest, &line)) {
			got += line.len;
			MUST(line.len == 0 || (memchr(line.p, '\n', line.len) == NULL &&
						      memchr(line.p, '\r', line.len) == NULL));
		}
		MUST(got <= out.len);
	}
	sr_buf_free(&out);
}

/* A key is its own key. */
static void key(struct sr_bytes in) {
	struct sr_buf once, again;
	for (int fold = 0; fold < 2; fold++) {
		sr_buf_init(&once);
		sr_buf_init(&again);
		sr_name_key(&once, in, fold == 1);
		sr_name_key(&again, sr_buf_view(&once), fold == 1);
		MUST(sr_bytes_eq(sr_buf_view(&once), sr_buf_view(&again)));
		sr_buf_free(&once);
		sr_buf_free(&again);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	fuzz_start();
	uint8_t mode = fuzz_u8(&in) % 7;
	if (mode < 5)
		judge(mode, in);
	else if (mode == 5)
		decode(fuzz_u8(&in), in);
	else if (in.len < 200) /* longer runs of marks are ordered in pieces */
		key(in);
	return 0;
}

void fuzz_seeds(void) {
	fuzz_seed_with("declaration", "\0", 1, sr_bytes_str(declaration));
	fuzz_seed_with("manifest", "\1", 1,
		sr_bytes_str("F97C5D29941bfb1b2fdab0874906ab82 *./data/%31\r\n"
			     "b8a9f715dbb64fd5c56e7783c6820a61\tdata/../2\r"));
	fuzz_seed_with("fetch", "\2", 1,
		sr_bytes_str("https://example.org/1 3 data/1\nftp://x - /tmp/x\n"));
	fuzz_seed_with("info", "\3", 1,
		sr_bytes_str("Payload-Oxum: 6.2\nNote : two\n  lines\nBagging-Date: 2026-11-29\n"));
	fuzz_seed_with("tags", "\4", 1,
		sr_bytes_str("9e5ad981e0d29adc278f6a294b8c2aca bagit.txt\n00 ~/x\n"));
	fuzz_seed_with("wide", "\5\3", 2, sr_bytes_of("\xFE\xFF\0a\0\r\0\n\xD8\x3D\xDE\0", 12));
	fuzz_seed_with("name", "\6", 1, sr_bytes_str("A\xCC\xA3\xCC\x8A\xEA\xB0\x81\xC3\x9F"));
}
