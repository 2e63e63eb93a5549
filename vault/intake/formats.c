/*
 * formats - see formats.h.
 */
#include "intake/formats.h"

#include <string.h>

/*
 * In order: the first whose type is that, and whose piece (NULL: any) is in the sentence. Each was
 * read in the registry's own records (github.com/nationalarchives/pronom-signatures, signatures/ID
 * .json, November 2026) or in its signature file V79; what those did not bear out is not here: ARC
 * files (x-fmt/219 is of version 1.0 alone), layers I and II of MPEG audio, PNG (three versions,
 * which libmagic does not tell apart).
 */
static const struct {
	const char *type, *piece, *puid;
} formats[] = {
	{"application/pdf", "version 1.0", "fmt/14"},
	{"application/pdf", "version 1.1", "fmt/15"},
	{"application/pdf", "version 1.2", "fmt/16"},
	{"application/pdf", "version 1.3", "fmt/17"},
	{"application/pdf", "version 1.4", "fmt/18"},
	{"application/pdf", "version 1.5", "fmt/19"},
	{"application/pdf", "version 1.6", "fmt/20"},
	{"application/pdf", "version 1.7", "fmt/276"},
	{"image/gif", "version 87a", "fmt/3"},
	{"image/gif", "version 89a", "fmt/4"},
	{"image/jpeg", "JFIF standard 1.00", "fmt/42"},
	{"image/jpeg", "JFIF standard 1.01", "fmt/43"},
	{"image/jpeg", "JFIF standard 1.02", "fmt/44"},
	{"image/tiff", NULL, "fmt/353"},
	{"image/jp2", NULL, "x-fmt/392"},
	{"application/zip", NULL, "x-fmt/263"},
	{"application/x-tar", NULL, "x-fmt/265"},
	{"application/gzip", NULL, "x-fmt/266"},
	{"application/x-bzip2", NULL, "x-fmt/268"},
	{"application/x-7z-compressed", NULL, "fmt/484"},
	{"application/warc", "version 1.0", "fmt/1355"},
	{"application/warc", "version 1.1", "fmt/1281"},
	{"application/warc", NULL, "fmt/289"},
	{"application/vnd.openxmlformats-officedocument.wordprocessingml.document", NULL,
		"fmt/412"},
	{"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", NULL, "fmt/214"},
	{"application/vnd.openxmlformats-officedocument.presentationml.presentation", NULL,
		"fmt/215"},
	{"application/epub+zip", NULL, "fmt/483"},
	{"audio/mpeg", "layer III", "fmt/134"},
	{"audio/flac", NULL, "fmt/279"},
	{"video/mp4", NULL, "fmt/199"},
	{"video/quicktime", NULL, "x-fmt/384"},
	{"video/x-msvideo", NULL, "fmt/5"},
	{"video/x-matroska", NULL, "fmt/569"},
	{"video/webm", NULL, "fmt/573"},
	{"application/json", NULL, "fmt/817"},
	{"text/xml", "XML 1.0", "fmt/101"},
	{"text/plain", NULL, "x-fmt/111"},
	{"message/rfc822", NULL, "fmt/278"},
};

const char *sr_format_puid(struct sr_bytes media_type, struct sr_bytes description) {
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
		const char *piece = formats[i].piece;

		if (!sr_bytes_eq(media_type, sr_bytes_str(formats[i].type)))
			continue;
		if (piece == NULL || (description.len > 0 && memmem(description.p, description.len,
								     piece, strlen(piece)) != NULL))
			return formats[i].puid;
	}
	return NULL;
}

/* What the end of a name may be. A type that ends with '/' stands for all below it; several ends of
 * one row mean the same. Text comes in so many kinds that libmagic guesses: any of it will do. */
static const struct {
	const char *end, *types[4];
} ends[] = {
	{"pdf", {"application/pdf"}},
	{"png", {"image/png"}},
	{"jpg", {"image/jpeg"}},
	{"jpeg", {"image/jpeg"}},
	{"gif", {"image/gif"}},
	{"tif", {"image/tiff"}},
	{"tiff", {"image/tiff"}},
	{"bmp", {"image/bmp", "image/x-ms-bmp"}},
	{"webp", {"image/webp"}},
	{"jp2", {"image/jp2", "image/jpx"}},
	{"zip", {"application/zip", "application/x-zip-compressed"}},
	{"gz", {"application/gzip"}},
	{"tgz", {"application/gzip"}},
	{"bz2", {"application/x-bzip2"}},
	{"xz", {"application/x-xz"}},
	{"zst", {"application/zstd"}},
	{"tar", {"application/x-tar"}},
	{"7z", {"application/x-7z-compressed"}},
	{"rar", {"application/x-rar"}},
	{"iso", {"application/x-iso9660-image"}},
	{"warc", {"application/warc", "text/"}},
	{"docx", {"application/vnd.openxmlformats-", "application/zip"}},
	{"xlsx", {"application/vnd.openxmlformats-", "application/zip"}},
	{"pptx", {"application/vnd.openxmlformats-", "application/zip"}},
	{"odt", {"application/vnd.oasis."}},
	{"ods", {"application/vnd.oasis."}},
	{"odp", {"application/vnd.oasis."}},
	{"doc", {"application/msword", "application/CDFV2", "application/vnd.ms-"}},
	{"xls", {"application/vnd.ms-", "application/CDFV2"}},
	{"ppt", {"application/vnd.ms-", "application/CDFV2"}},
	{"rtf", {"text/rtf"}},
	{"epub", {"application/epub+zip"}},
	{"mp3", {"audio/mpeg"}},
	{"wav", {"audio/x-wav", "audio/wav"}},
	{"flac", {"audio/flac", "audio/x-flac"}},
	{"ogg", {"audio/ogg", "video/ogg", "application/ogg"}},
	{"mp4", {"video/mp4", "video/quicktime", "audio/mp4"}},
	{"m4a", {"audio/", "video/mp4"}},
	{"mov", {"video/quicktime", "video/mp4"}},
	{"avi", {"video/x-msvideo"}},
	{"mkv", {"video/x-matroska", "video/webm"}},
	{"webm", {"video/webm", "video/x-matroska"}},
	{"txt", {"text/", "application/", "message/"}},
	{"html", {"text/", "application/javascript"}},
	{"htm", {"text/", "application/javascript"}},
	{"xml", {"text/", "image/svg+xml", "application/"}},
	{"csv", {"text/", "application/csv"}},
	{"json", {"application/json", "text/"}},
	{"eml", {"message/", "text/"}},
	{"mbox", {"application/mbox", "text/", "message/"}},
};

/* Of the types that "application/" stands for above, those that are no text. */
static bool is_binary(struct sr_bytes type) {
	static const char *const binary[] = {"application/x-dosexec", "application/x-executable",
		"application/x-pie-executable", "application/x-sharedlib", "application/pdf",
		"application/zip", "application/gzip", "application/x-rar",
		"application/x-7z-compressed", "application/CDFV2", "application/msword",
		"application/vnd.microsoft.portable-executable", "application/x-mach-binary"};

	for (size_t i = 0; i < sizeof binary / sizeof *binary; i++)
		if (sr_bytes_eq(type, sr_bytes_str(binary[i])))
			return true;
	return false;
}

static bool fits(struct sr_bytes type, const char *want) {
	const size_t n = strlen(want);
	const bool stem = want[n - 1] == '/' || want[n - 1] == '-' || want[n - 1] == '.';

	if (strcmp(want, "application/") == 0 && is_binary(type))
		return false;
	return type.len >= n && (stem || type.len == n) && memcmp(type.p, want, n) == 0;
}

static bool same_end(struct sr_bytes path, const char *end) {
	const size_t n = strlen(end);

	if (path.len < n + 2 || path.p[path.len - n - 1] != '.')
		return false;
	for (size_t i = 0; i < n; i++) {
		const uint8_t c = path.p[path.len - n + i];

		if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != (uint8_t)end[i])
			return false;
	}
	return true;
}

bool sr_format_mismatch(struct sr_bytes path, struct sr_bytes type) {
	/* What libmagic does not know says nothing; nor does an empty file. */
	if (type.len == 0 || sr_bytes_eq(type, sr_bytes_str("application/octet-stream")) ||
		sr_bytes_eq(type, sr_bytes_str("application/x-empty")) ||
		sr_bytes_eq(type, sr_bytes_str("inode/x-empty")))
		return false;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		if (!same_end(path, ends[i].end))
			continue;
		for (size_t j = 0; j < 4 && ends[i].types[j] != NULL; j++)
			if (fits(type, ends[i].types[j]))
				return false;
		return true;
	}
	return false;
}
