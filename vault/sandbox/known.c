/*
 * known - see known.h.
 */
#include "sandbox/known.h"

static const struct {
	size_t offset;
	const char *bytes;
	size_t len;
	enum sr_known known;
} magics[] = {{0, "%PDF-", 5, SR_KNOWN_PDF}, {4, "ftypheic", 8, SR_KNOWN_PICTURE},
	{4, "ftypavif", 8, SR_KNOWN_PICTURE}, {4, "ftyp", 4, SR_KNOWN_MEDIA},
	{4, "moov", 4, SR_KNOWN_MEDIA}, {0, "\x1a\x45\xdf\xa3", 4, SR_KNOWN_MEDIA},
	{0, "FLV\x01", 4, SR_KNOWN_MEDIA}, {0, "OggS", 4, SR_KNOWN_MEDIA},
	{0, "fLaC", 4, SR_KNOWN_MEDIA}, {8, "AVI ", 4, SR_KNOWN_MEDIA},
	{0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11", 8, SR_KNOWN_MEDIA},
	{0, "\0\0\x01\xba", 4, SR_KNOWN_MEDIA}, {0, "\0\0\x01\xb3", 4, SR_KNOWN_MEDIA},
	{8, "WAVE", 4, SR_KNOWN_SOUND}, {8, "AIFF", 4, SR_KNOWN_SOUND},
	{0, "ID3", 3, SR_KNOWN_SOUND}, {0, "\xff\xfb", 2, SR_KNOWN_SOUND},
	{0, "\xff\xf3", 2, SR_KNOWN_SOUND}, {0, "#!AMR", 5, SR_KNOWN_SOUND},
	{0, "\xff\xd8\xff", 3, SR_KNOWN_PICTURE}, {0, "\x89PNG\r\n", 6, SR_KNOWN_PICTURE},
	{0, "GIF8", 4, SR_KNOWN_PICTURE}, {0, "II*\0", 4, SR_KNOWN_PICTURE},
	{0, "MM\0*", 4, SR_KNOWN_PICTURE}, {8, "WEBP", 4, SR_KNOWN_PICTURE},
	{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, SR_KNOWN_OFFICE},
	{0, "{\\rtf", 5, SR_KNOWN_OFFICE}};

enum sr_known sr_known_by(struct sr_bytes head) {
	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
		if (head.len >= magics[i].offset + magics[i].len &&
			memcmp(head.p + magics[i].offset, magics[i].bytes, magics[i].len) == 0)
			return magics[i].known;
	return SR_KNOWN_NOT;
}
