/*
 * formats: PRONOM ids by type and sentence; names that promise something else.
 */
#include "util.h"

#include "intake/formats.h"

static void puids(void **state) {
	static const struct {
		const char *type, *description, *puid;
	} cases[] = {
		{"application/pdf", "PDF document, version 1.4, 2 pages", "fmt/18"},
		{"application/pdf", "PDF document, version 2.0", NULL},
		{"application/pdf", "", NULL},
		{"image/gif", "GIF image data, version 89a, 1 x 1", "fmt/4"},
		{"image/jpeg", "JPEG image data, JFIF standard 1.01, aspect ratio", "fmt/43"},
		{"image/jpeg", "JPEG image data, Exif standard", NULL},
		{"application/zip", "", "x-fmt/263"},
		{"application/warc", "WARC Archive version 1.0", "fmt/1355"},
		{"application/warc", "WARC Archive version 1.1", "fmt/1281"},
		{"application/warc", "WARC Archive version 0.18", "fmt/289"},
		{"application/x-ia-arc", "Internet Archive File", NULL},
		{"audio/mpeg", "MPEG ADTS, layer III, v1, 128 kbps", "fmt/134"},
		{"audio/mpeg", "MPEG ADTS, layer II, v1", NULL},
		{"text/xml", "XML 1.0 document, ASCII text", "fmt/101"},
		{"text/plain", "ASCII text", "x-fmt/111"},
		{"text/plain2", "", NULL},
		{"", "", NULL},
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		const char *p = sr_format_puid(
			sr_bytes_str(cases[i].type), sr_bytes_str(cases[i].description));

		if (cases[i].puid == NULL)
			assert_null(p);
		else
			assert_string_equal(p, cases[i].puid);
	}
}

static void mismatches(void **state) {
	static const struct {
		const char *path, *type;
		bool is;
	} cases[] = {
		{"a/letter.pdf", "application/pdf", false},
		{"a/letter.PDF", "application/pdf", false},
		{"a/letter.pdf", "application/x-dosexec", true},
		{"a/letter.pdf.exe", "application/x-dosexec", false},
		{"photo.jpg", "image/png", true},
		{"notes.txt", "text/html", false},
		{"notes.txt", "application/json", false},
		{"notes.txt", "application/x-dosexec", true},
		{"notes.txt", "image/png", true},
		{"report.docx", "application/zip", false},
		{"report.docx",
			"application/vnd.openxmlformats-officedocument.wordprocessingml.document",
			false},
		{"report.docx", "application/pdf", true},
		{"report.pdf", "application/octet-stream", false},
		{"report.pdf", "inode/x-empty", false},
		{"report.pdf", "application/pdf2", true},
		{"report", "application/pdf", false},
		{".pdf", "image/png", false},
		{"x.unknown", "image/png", false},
		{"", "image/png", false},
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++)
		if (sr_format_mismatch(sr_bytes_str(cases[i].path), sr_bytes_str(cases[i].type)) !=
			cases[i].is)
			fail_msg("%s, %s", cases[i].path, cases[i].type);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(puids),
		cmocka_unit_test(mismatches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
