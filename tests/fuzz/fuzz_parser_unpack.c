/*
 * fuzz_parser_unpack - containers, through our side of libarchive. Input: the container.
 *
 * Whatever comes: members in order, no deeper and no more than allowed, nothing held at the end.
 */
#include <archive.h>
#include <archive_entry.h>

#include "../unit/parsed.h"
#include "fuzz.h"
#include "parser/sniff.h"
#include "parser/unpack.h"

enum {
	DEPTH = 3,
	MEMBERS = 50,
	BYTES = 1 << 18
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	const struct par_input from = {size, parsed_input, &in};
	struct parsed p;
	parsed_init(&p, MEMBERS, BYTES);
	const struct par_sink to = parsed_sink(&p);
	struct par_unpack u = {.to = &to, .depth_max = DEPTH, .held_max = BYTES};
	struct par_result r;
	if (size > 1 << 17)
		return 0;
	sr_buf_init(&u.path);
	par_unpack(&r, &u, &from);
	MUST(u.held == 0 && u.depth == 0 && u.path.len == 0);
	MUST(!p.misused && !p.open);
	MUST(p.depth <= DEPTH && p.members <= MEMBERS && p.bytes <= BYTES);
	MUST((unsigned)r.status < SR_BOX_STATUSES);
	sr_buf_free(&u.path);
	parsed_free(&p);
	return 0;
}

static la_ssize_t put_bytes(struct archive *a, void *ctx, const void *p, size_t len) {
	(void)a;
	sr_buf_put(ctx, p, len);
	return (la_ssize_t)len;
}

static void pack(struct sr_buf *out, int format, int filter, const char *name, struct sr_bytes v) {
	struct archive *a = archive_write_new();
	struct archive_entry *e = archive_entry_new();
	sr_buf_init(out);
	MUST(archive_write_set_format(a, format) == ARCHIVE_OK);
	MUST(archive_write_add_filter(a, filter) == ARCHIVE_OK);
	(void)archive_write_set_filter_option(a, "gzip", "timestamp", NULL); /* always the same */
	(void)archive_write_set_bytes_in_last_block(a, 1);
	MUST(archive_write_open2(a, out, NULL, put_bytes, NULL, NULL) == ARCHIVE_OK);
	archive_entry_set_pathname(e, name);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0644);
	archive_entry_set_size(e, (la_int64_t)v.len);
	MUST(archive_write_header(a, e) == ARCHIVE_OK);
	MUST(archive_write_data(a, v.p, v.len) == (la_ssize_t)v.len);
	MUST(archive_write_close(a) == ARCHIVE_OK);
	archive_write_free(a);
	archive_entry_free(e);
}

void fuzz_seeds(void) {
	static const struct {
		const char *name;
		int format, filter;
	} kinds[] = {
		{"zip", ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE},
		{"tar", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE},
		{"tar.gz", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_GZIP},
		{"gz", ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_GZIP},
		{"zst", ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_ZSTD},
		{"7z", ARCHIVE_FORMAT_7ZIP, ARCHIVE_FILTER_NONE},
		{"cpio", ARCHIVE_FORMAT_CPIO_SVR4_NOCRC, ARCHIVE_FILTER_NONE},
	};
	static const char warc[] = "WARC/1.0\r\nContent-Length: 2\r\n\r\nhi";
	static const char letter[] =
		"From: a@b\nTo: c@d\nContent-Type: multipart/mixed; boundary=x\n\n"
		"--x\n\nhi\n--x--\n";
	struct sr_buf b, outer;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		pack(&b, kinds[i].format, kinds[i].filter, "a", sr_bytes_str("some words"));
		fuzz_seed(kinds[i].name, sr_buf_view(&b));
		if (i == 0) {
			pack(&outer, ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_BZIP2, "in.zip",
				sr_buf_view(&b));
			fuzz_seed("nested", sr_buf_view(&outer));
			sr_buf_free(&outer);
		}
		sr_buf_free(&b);
	}
	fuzz_seed_str("warc", warc);
	pack(&b, ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_GZIP, "a", sr_bytes_str(warc));
	fuzz_seed("warc.gz", sr_buf_view(&b));
	sr_buf_free(&b);
	pack(&b, ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_ZSTD, "a", sr_bytes_str(warc));
	fuzz_seed("warc.zst", sr_buf_view(&b));
	sr_buf_free(&b);
	fuzz_seed_str("letter", letter);
	pack(&b, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, "a.eml", sr_bytes_str(letter));
	fuzz_seed("letter.zip", sr_buf_view(&b));
	sr_buf_free(&b);
}
