/*
 * fuzz_parser_tools - what programs print, which read hostile bytes themselves: exiftool, ffprobe,
 * pdfinfo (parser/about.h) and pdftoppm (parser/draw.h). Input: u8 which, what it prints.
 *
 * A fact is one of those that about.h has, in the form that it has there; pixels are as many as the
 * picture's sides say.
 */
#include "base/escape.h"
#include "fuzz.h"
#include "parser/about.h"
#include "parser/draw.h"

static bool all_of(struct sr_bytes v, const char *these) {
	for (size_t i = 0; i < v.len; i++)
		if (v.p[i] == '\0' || strchr(these, v.p[i]) == NULL)
			return false;
	return v.len > 0;
}

/* One of the words of ${list}, which end with a blank each. */
static bool is_any(const char *key, const char *list) {
	const size_t n = strlen(key);
	for (const char *at = list; *at != '\0'; at = strchr(at, ' ') + 1)
		if (strcspn(at, " ") == n && strncmp(at, key, n) == 0)
			return true;
	return false;
}

static void hear(void *ctx, const char *key, struct sr_bytes v) {
	size_t *facts = ctx;
	++*facts;
	if (is_any(key, "title creator producer tool ")) {
		MUST(v.len > 0 && v.len <= PAR_ABOUT_LINE && sr_utf8_valid(v));
		MUST(v.p[0] != ' ' && v.p[v.len - 1] != ' ');
		for (size_t i = 0; i < v.len; i++)
			MUST(v.p[i] >= ' ' && v.p[i] != 0x7F);
	} else if (is_any(key, "captured created date ")) {
		MUST(v.len >= 4 && v.len <= 20 && all_of(v, "0123456789-T:Z"));
	} else if (is_any(key, "duration ")) {
		MUST(v.len >= 11 && v.len <= 14 && all_of(v, "0123456789:."));
	} else if (is_any(key, "pages ")) {
		MUST(v.len <= 6 && v.p[0] != '0' && all_of(v, "0123456789"));
	} else if (is_any(key, "language ")) {
		MUST(all_of(v, "abcdefghijklmnopqrstuvwxyz-"));
	} else {
		MUST(is_any(key, "location protected "));
		MUST(sr_bytes_eq(v, sr_bytes_str("yes")));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	const uint8_t which = fuzz_u8(&in);
	struct par_pixels pixels = {0};
	size_t facts = 0;
	const struct par_about to = {hear, &facts};
	bool good = true;
	if (in.len > 100000)
		return 0;
	switch (which % 4) {
	case 0:
		good = par_about_exiftool(&to, in);
		break;
	case 1:
		good = par_about_ffprobe(&to, in);
		break;
	case 2:
		(void)par_about_pdfinfo(&to, in);
		break;
	default:
		if (par_pgm(&pixels, in)) {
			MUST(pixels.width > 0 && pixels.width <= PAR_DRAW_SIDE_MAX);
			MUST(pixels.height > 0 && pixels.height <= PAR_DRAW_SIDE_MAX);
			MUST(pixels.grey.len == (size_t)pixels.width * pixels.height);
			MUST(pixels.grey.p + pixels.grey.len == in.p + in.len);
		}
	}
	MUST(good || facts == 0);
	return 0;
}

void fuzz_seeds(void) {
	fuzz_seed_with("exiftool", "\0", 1,
		sr_bytes_str("[{\"ExifToolVersion\":12.57,\"Title\":\"A \\u0085photo\",\"Artist\":"
			     "\"Somebody\",\"DateTimeOriginal\":\"2014:05:06 10:11:12\","
			     "\"CreateDate\":2014,\"Duration\":\"0:01:12\",\"PageCount\":12,"
			     "\"Language\":\"eng-US\",\"GPSLatitude\":\"1 deg\"}]"));
	fuzz_seed_with("ffprobe", "\1", 1,
		sr_bytes_str("{\"program_version\":{\"version\":\"5.1\"},\"streams\":[{\"tags\":"
			     "{\"language\":\"ger\"}},{\"tags\":{\"language\":\"ara\"}}],"
			     "\"format\":{\"duration\":\"3723.008\",\"tags\":{\"title\":\"A\","
			     "\"date\":\"20140506\",\"creation_time\":"
			     "\"2014-05-06T10:11:12.0Z\",\"location\":\"+1\"}}}"));
	fuzz_seed_with("pdfinfo", "\2", 1,
		sr_bytes_str("Title:  A paper\nAuthor: x\nCreationDate: 2014-05-06T10:11:12Z\n"
			     "Encrypted: yes (print:no)\nPages: 1\nPages: 12\n"));
	fuzz_seed_with("pdftoppm", "\3", 1, sr_bytes_str("P5\n3 2\n255\nabcdef"));
}
