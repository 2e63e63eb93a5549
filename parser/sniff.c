/*
 * sniff - see sniff.h.
 */
#include "parser/sniff.h"

#include <string.h>

#include "parser/mail.h"
#include "parser/web_archive.h"

static const struct {
	size_t at;
	const char *bytes;
	size_t len;
	enum par_form is;
} marks[] = {
	{0, "\x1F\x8B", 2, PAR_FILTER}, /* gzip */
	{0, "BZh", 3, PAR_FILTER},      /* bzip2 */
	{0,
		"\xFD"
		"7zXZ\0",
		6, PAR_FILTER},                    /* xz */
	{0, "\x28\xB5\x2F\xFD", 4, PAR_FILTER},    /* zstd */
	{0, "\x04\x22\x4D\x18", 4, PAR_FILTER},    /* lz4 */
	{0, "LZIP", 4, PAR_FILTER},                /* lzip */
	{0, "\x1F\x9D", 2, PAR_FILTER},            /* compress */
	{0, "\x5D\0\0", 3, PAR_FILTER},            /* lzma */
	{0, "\xED\xAB\xEE\xDB", 4, PAR_FILTER},    /* rpm */
	{0, "PK\3\4", 4, PAR_ARCHIVE},             /* zip */
	{0, "PK\5\6", 4, PAR_ARCHIVE},             /* an empty one */
	{0, "PK00PK\3\4", 8, PAR_ARCHIVE},         /* one that was to be split */
	{0, "7z\xBC\xAF\x27\x1C", 6, PAR_ARCHIVE}, /* 7-Zip */
	{0, "Rar!\x1A\x07", 6, PAR_ARCHIVE},       /* rar 4 and 5 */
	{257, "ustar", 5, PAR_ARCHIVE},            /* tar */
	{0, "070701", 6, PAR_ARCHIVE},             /* cpio */
	{0, "070702", 6, PAR_ARCHIVE}, {0, "070707", 6, PAR_ARCHIVE},
	{0, "\xC7\x71", 2, PAR_ARCHIVE}, {0, "!<arch>\n", 8, PAR_ARCHIVE}, /* ar */
	{32769, "CD001", 5, PAR_ARCHIVE},                                  /* ISO 9660 */
	{0, "MSCF\0\0\0\0", 8, PAR_ARCHIVE},                               /* cabinet */
	{2, "-lh", 3, PAR_ARCHIVE},                                        /* lha */
	{2, "-lz", 3, PAR_ARCHIVE}, {0, "xar!", 4, PAR_ARCHIVE},
	{0, "MZ", 2, PAR_PROGRAM}, /* DOS and Windows */
	{0,
		"\x7F"
		"ELF",
		4, PAR_PROGRAM},
	{0, "#!", 2, PAR_PROGRAM}, /* a script: zipped Python is one */
};

/* Documents that are zip files say so in their first member. */
static bool is_document(struct sr_bytes head) {
	static const char *const first[] = {
		"mimetype", "[Content_Types].xml", "_rels/", "docProps/", "word/", "xl/", "ppt/"};
	size_t n;

	if (head.len < 30 || memcmp(head.p, "PK\3\4", 4) != 0)
		return false;
	n = sr_le16_get(head.p + 26);
	for (size_t i = 0; i < sizeof first / sizeof *first; i++)
		if (n >= strlen(first[i]) && head.len - 30 >= n &&
			memcmp(head.p + 30, first[i], strlen(first[i])) == 0)
			return true;
	return false;
}

/* A tar without "ustar": its checksum is right. */
static bool is_old_tar(struct sr_bytes head) {
	unsigned sum = 0, want = 0;
	size_t digits = 0;

	if (head.len < 512 || head.p[0] == 0)
		return false;
	for (size_t i = 0; i < 512; i++)
		sum += i >= 148 && i < 156 ? ' ' : head.p[i];
	for (size_t i = 148; i < 156; i++) {
		if (head.p[i] == ' ' && digits == 0)
			continue;
		if (head.p[i] < '0' || head.p[i] > '7')
			break;
		want = want * 8 + (unsigned)(head.p[i] - '0');
		digits++;
	}
	return digits > 0 && want == sum;
}

/* A zstd stream may begin with a frame that is to be skipped, which may be a dictionary. */
static bool is_skippable_zstd(struct sr_bytes head) {
	return head.len >= 8 && (head.p[0] & 0xF0) == 0x50 &&
	       memcmp(head.p + 1, "\x2A\x4D\x18", 3) == 0;
}

/* "begin 644 name", "begin-base64 644 name" */
static bool is_uuencoded(struct sr_bytes head) {
	static const char *const begins[] = {"begin ", "begin-base64 "};

	for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
		const size_t n = strlen(begins[i]);
		size_t digits = 0;

		if (head.len < n + 6 || memcmp(head.p, begins[i], n) != 0)
			continue;
		while (digits < 4 && head.p[n + digits] >= '0' && head.p[n + digits] <= '7')
			digits++;
		if (digits >= 3 && head.p[n + digits] == ' ')
			return true;
	}
	return false;
}

/* Two or four letters make a program, and a name in an old tar, or a letter's first line, may begin
 * with them. */
static enum par_form no_less_than(enum par_form is, struct sr_bytes head) {
	if (is != PAR_PROGRAM)
		return is;
	return is_old_tar(head) ? PAR_ARCHIVE : par_is_mail(head) ? PAR_MAIL : is;
}

enum par_form par_sniff(struct sr_bytes head) {
	if (par_is_web_archive(head))
		return PAR_WARC;
	if (is_document(head))
		return PAR_DOCUMENT;
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (head.len >= marks[i].at + marks[i].len &&
			memcmp(head.p + marks[i].at, marks[i].bytes, marks[i].len) == 0)
			return no_less_than(marks[i].is, head);
	if (is_skippable_zstd(head) || is_uuencoded(head))
		return PAR_FILTER;
	if (is_old_tar(head))
		return PAR_ARCHIVE;
	return par_is_mbox(head) ? PAR_MBOX : par_is_mail(head) ? PAR_MAIL : PAR_OTHER;
}

const char *par_form_name(enum par_form f) {
	static const char *const names[] = {"other", "archive", "compressed", "mailbox", "message",
		"web archive", "program", "document"};

	return names[f];
}
