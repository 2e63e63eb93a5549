/*
 * Media types by the end of a file's name. A hint for people and for the reading room, never
 * trusted: what a file really is will be found by looking at it in the sandbox.
 */
#include <string.h>
#include <strings.h>

#include "cli/walk.h"

static const struct {
	const char *end, *type;
} types[] = {
	{"txt", "text/plain"},
	{"text", "text/plain"},
	{"md", "text/markdown"},
	{"csv", "text/csv"},
	{"tsv", "text/tab-separated-values"},
	{"log", "text/plain"},
	{"htm", "text/html"},
	{"html", "text/html"},
	{"xhtml", "application/xhtml+xml"},
	{"xml", "application/xml"},
	{"json", "application/json"},
	{"jsonl", "application/jsonl"},
	{"yaml", "application/yaml"},
	{"yml", "application/yaml"},
	{"c", "text/x-c"},
	{"h", "text/x-c"},
	{"py", "text/x-python"},
	{"sh", "application/x-sh"},
	{"tex", "application/x-tex"},
	{"rtf", "application/rtf"},
	{"pdf", "application/pdf"},
	{"ps", "application/postscript"},
	{"epub", "application/epub+zip"},
	{"djvu", "image/vnd.djvu"},
	{"doc", "application/msword"},
	{"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
	{"xls", "application/vnd.ms-excel"},
	{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
	{"ppt", "application/vnd.ms-powerpoint"},
	{"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
	{"odt", "application/vnd.oasis.opendocument.text"},
	{"ods", "application/vnd.oasis.opendocument.spreadsheet"},
	{"odp", "application/vnd.oasis.opendocument.presentation"},
	{"jpg", "image/jpeg"},
	{"jpeg", "image/jpeg"},
	{"png", "image/png"},
	{"gif", "image/gif"},
	{"tif", "image/tiff"},
	{"tiff", "image/tiff"},
	{"webp", "image/webp"},
	{"bmp", "image/bmp"},
	{"svg", "image/svg+xml"},
	{"heic", "image/heic"},
	{"jp2", "image/jp2"},
	{"mp3", "audio/mpeg"},
	{"wav", "audio/wav"},
	{"flac", "audio/flac"},
	{"ogg", "audio/ogg"},
	{"opus", "audio/opus"},
	{"m4a", "audio/mp4"},
	{"mp4", "video/mp4"},
	{"m4v", "video/mp4"},
	{"mov", "video/quicktime"},
	{"mkv", "video/x-matroska"},
	{"webm", "video/webm"},
	{"avi", "video/x-msvideo"},
	{"mpg", "video/mpeg"},
	{"mpeg", "video/mpeg"},
	{"zip", "application/zip"},
	{"tar", "application/x-tar"},
	{"tgz", "application/gzip"},
	{"gz", "application/gzip"},
	{"bz2", "application/x-bzip2"},
	{"xz", "application/x-xz"},
	{"zst", "application/zstd"},
	{"7z", "application/x-7z-compressed"},
	{"rar", "application/vnd.rar"},
	{"iso", "application/x-iso9660-image"},
	{"warc", "application/warc"},
	{"mbox", "application/mbox"},
	{"eml", "message/rfc822"},
	{"sqlite", "application/vnd.sqlite3"},
	{"db", "application/octet-stream"},
	{"exe", "application/vnd.microsoft.portable-executable"},
};

struct sr_bytes cli_media_type(struct sr_bytes path) {
	size_t at = path.len;
	while (at > 0 && path.p[at - 1] != '.' && path.p[at - 1] != '/')
		at--;
	if (at == 0 || path.p[at - 1] != '.')
		return sr_bytes_of(NULL, 0);
	const size_t len = path.len - at;
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		if (strlen(types[i].end) == len &&
			strncasecmp(types[i].end, (const char *)path.p + at, len) == 0)
			return sr_bytes_str(types[i].type);
	}
	return sr_bytes_of(NULL, 0);
}
