/*
 * fuzz_parser_office - documents that are zip files of XML. The zip file is made here, so that what
 * is fuzzed is what its parts say. Input: u8 damage, u8 pages that are taken at most, then parts:
 *
 *   u8 which (an index of names; above it: u8 length, the name), u8 times (below 240: one and its
 *   lowest two bits; else 64 for each from 240 on), le16 length, the bytes, which stand in it that
 *   many times
 *
 * Damage 1 and above cuts the file there, in 256ths of it. A document of any parts is told in pages
 * of UTF-8, each of a bounded size; no more comes out than a small multiple of what its parts have.
 */
#include <archive.h>
#include <archive_entry.h>

#include "fuzz_inside.h"
#include "parser/office.h"

enum {
	PARTS = 40,
	HELD = 400 << 10,   /* bytes of all parts, repeated: more than PAR_PART_MAX */
	ZIP_MAX = HELD * 2, /* stored, not compressed */
	TEXT = 8 << 20
};

static const char *const names[] = {"word/document.xml", "word/footnotes.xml",
	"ppt/slides/slide1.xml", "ppt/slides/slide10.xml", "xl/worksheets/sheet1.xml",
	"xl/worksheets/sheet2.xml", "xl/sharedStrings.xml", "content.xml", "styles.xml",
	"META-INF/container.xml", "a/c.opf", "b.opf", "a/1.xhtml", "a/2.html", "b.htm",
	"word/comments.xml", "xl/media/a.png", "word/embeddings/o.bin", "mimetype"};
enum {
	NAMES = sizeof names / sizeof *names
};

struct sums {
	size_t held, parts;
};

/* Does a letter stand there twice, of whichever case, in an encoding of one byte or of two? */
static bool has_twice(struct sr_bytes v, uint8_t letter) {
	bool before = false;
	for (size_t i = 0; i < v.len; i++) {
		const bool is = (v.p[i] | 0x20) == letter;
		if (is && before)
			return true;
		before = is || (before && v.p[i] == 0);
	}
	return false;
}

static la_ssize_t put_bytes(struct archive *a, void *ctx, const void *p, size_t len) {
	(void)a;
	sr_buf_put(ctx, p, len);
	return (la_ssize_t)len;
}

static void put_part(
	struct archive *a, const char *name, struct sr_bytes v, size_t times, struct sums *sums) {
	struct archive_entry *e = archive_entry_new();
	MUST(e != NULL);
	archive_entry_set_pathname(e, name);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0644);
	archive_entry_set_size(e, (la_int64_t)(v.len * times));
	MUST(archive_write_header(a, e) >= ARCHIVE_WARN);
	for (size_t i = 0; i < times; i++)
		MUST(v.len == 0 || archive_write_data(a, v.p, v.len) == (la_ssize_t)v.len);
	archive_entry_free(e);
	sums->held += v.len * times;
	sums->parts++;
}

static void make_zip(struct sr_buf *out, struct sr_bytes *in, struct sums *sums) {
	struct archive *a = archive_write_new();
	MUST(a != NULL && archive_write_set_format_zip(a) == ARCHIVE_OK);
	MUST(archive_write_zip_set_compression_store(a) == ARCHIVE_OK);
	(void)archive_write_set_bytes_in_last_block(a, 1);
	MUST(archive_write_open2(a, out, NULL, put_bytes, NULL, NULL) == ARCHIVE_OK);
	while (in->len > 0 && sums->parts < PARTS) {
		const uint8_t which = fuzz_u8(in);
		char *own = which < NAMES ? NULL : fuzz_str(fuzz_take(in, fuzz_u8(in)));
		const char *name = own != NULL && own[0] != '\0' ? own : names[which % NAMES];
		const uint8_t times = fuzz_u8(in);
		const uint16_t len = fuzz_u16(in);
		const struct sr_bytes v = fuzz_take(in, len);
		const size_t n = times < 240 ? 1 + (size_t)times % 4 : 64 * ((size_t)times - 239);
		if (v.len * n <= HELD - sums->held)
			put_part(a, name, v, n, sums);
		free(own);
	}
	MUST(archive_write_close(a) == ARCHIVE_OK);
	archive_write_free(a);
	MUST(sr_buf_ok(out, NULL) == 0 && out->len <= ZIP_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	const uint8_t damage = fuzz_u8(&in);
	const uint32_t pages = fuzz_u8(&in);
	struct sums sums = {.held = 0};
	struct sr_buf zip;
	if (in.len > 100000)
		return 0;
	sr_buf_init(&zip);
	make_zip(&zip, &in, &sums);
	if (damage > 0)
		zip.len = zip.len * damage / 256;
	const unsigned told = fuzz_tell(par_office_text, sr_buf_view(&zip), pages, TEXT);
	/* But for strings, in an element <sst>, which any cell may name. */
	MUST(has_twice(sr_buf_view(&zip), 's') || fuzz_told.all.len <= 4 * sums.held);
	MUST(damage > 0 || told == pages || fuzz_told.status != SR_BOX_BROKEN);
	fuzz_told_free();
	sr_buf_free(&zip);
	return 0;
}

static void part(struct sr_buf *b, uint8_t which, uint8_t times, const char *text) {
	sr_buf_put_u8(b, which);
	sr_buf_put_u8(b, times);
	sr_buf_put_u8(b, (uint8_t)strlen(text));
	sr_buf_put_u8(b, (uint8_t)(strlen(text) >> 8));
	sr_buf_put_str(b, text);
}

static void seed(const char *name, struct sr_buf *parts) {
	fuzz_seed_with(name, "\0\x20", 2, sr_buf_view(parts));
	sr_buf_clear(parts);
}

void fuzz_seeds(void) {
	struct sr_buf b;
	sr_buf_init(&b);
	part(&b, 0, 0,
		"<?xml version=\"1.0\"?><w:document><w:p><w:t>The mill &amp; </w:t><w:tab/>"
		"<w:t><![CDATA[river]]></w:t><w:br/></w:p></w:document>");
	part(&b, 1, 0, "<w:p><w:t>A note</w:t></w:p>");
	part(&b, 15, 0, "<w:comment><w:p><w:t>A remark</w:t></w:p></w:comment>");
	part(&b, 17, 0, "x");
	seed("word", &b);
	part(&b, 2, 0, "<a:p><a:t>slide</a:t></a:p>");
	part(&b, 3, 0, "<a:p><a:t>slide 10</a:t></a:p>");
	seed("slides", &b);
	part(&b, 4, 0,
		"<worksheet><row><c t=\"s\"><v>1</v></c><c><v>4.5</v></c>"
		"<c t='inlineStr'><is><t>in</t></is></c></row>");
	part(&b, 5, 2, "<row><c t=\"s\"><v>0</v></c></row>");
	part(&b, 6, 0, "<sst><si><t>name</t></si><si><r><t>A</t></r><rPh><t>no</t></rPh></si>");
	seed("sheets", &b);
	part(&b, 4, 0, "<row><c t=\"s\"><v>0</v></c></row>");
	part(&b, 6, 0, "<sst><si/>");
	seed("empty-strings", &b);
	part(&b, 15, 0, "<?xml?><!-- <a> --><x:worksheet><row><c><v>7</v></c></row>");
	part(&b, 16, 0, "\xEF\xBB\xBF<html><p>in a picture");
	part(&b, 17, 0, "<b><t>embedded</t>");
	seed("roots", &b);
	part(&b, 7, 0,
		"<text:h>Head<text:s/>line</text:h><draw:page><text:p>a<text:tab/>"
		"<text:line-break/></text:p></draw:page><text:p/>");
	part(&b, 8, 0, "<text:p>At the top</text:p>");
	seed("open", &b);
	part(&b, 9, 0, "<container><rootfile full-path=\"a/c.opf\"/>");
	part(&b, 10, 0,
		"<package><item id=\"x\" href=\".././a/%31.xhtml#y\"/>"
		"<item id='z' href='../b.htm'/>"
		"<itemref idref='z'/><itemref idref=\"x\"/>");
	part(&b, 11, 0, "<package><item id=\"x\" href=\"b.htm\"/>");
	part(&b, 12, 0, "<html><p>One</p></html>");
	part(&b, 13, 0, "<p>Two");
	part(&b, 14, 0, "<p>Three");
	seed("book", &b);
	part(&b, 0, 0xF4, "<w:p><w:t>a part of its own, and no line, ");
	part(&b, 15, 0, "\xFF\xFE<");
	seed("long", &b);
	sr_buf_free(&b);
}
