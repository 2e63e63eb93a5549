/*
 * known - which program says what a file is about, by its first bytes: asked outside, so that a
 * file that none knows costs no sandbox, and inside, where the program is started.
 */
#ifndef SR_SANDBOX_KNOWN_H
#define SR_SANDBOX_KNOWN_H

#include "base/bytes.h"

enum {
	SR_KNOWN_HEAD = 64 /* bytes that are looked at */
};
enum sr_known {
	SR_KNOWN_NOT,
	SR_KNOWN_PDF,     /* pdfinfo */
	SR_KNOWN_MEDIA,   /* ffprobe */
	SR_KNOWN_SOUND,   /* ffprobe, and exiftool, which sees the file's size */
	SR_KNOWN_PICTURE, /* exiftool */
	SR_KNOWN_OFFICE   /* exiftool */
};
enum sr_known sr_known_by(struct sr_bytes head);

#endif
