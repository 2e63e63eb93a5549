/*
 * about_tools - exiftool, ffprobe and pdfinfo over one input, in the root that has them and nothing
 * else (sandbox/walls.h): what they print becomes facts (about.h).
 *
 * exiftool is Perl: its root holds the interpreter, the modules that Perl cannot do without, and
 * exiftool's own. What the interpreter could do for somebody who takes it over is what any code
 * could behind the same filter: compute, and lie about this one input. It reads hostile bytes
 * without C, which is why pictures are its.
 */
#include "parser/about_tools.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "parser/about.h"
#include "parser/tool.h"
#include "sandbox/known.h"
#include "sandbox/walls.h"

enum {
	INPUT = 0,
	OUTPUT_MAX = 256 << 10 /* bytes: a file of 100 streams prints 20 KiB */
};

typedef bool about_fn(const struct par_about *to, struct sr_bytes text);

/* NOLINTBEGIN(bugprone-suspicious-missing-comma): a folder and a name, a list in two lines */
static const char *const pdfinfo[] = {
	SR_WALLS_TOOLS "/pdfinfo", "-isodates", "-enc", "UTF-8", "-", NULL};
/* Formats are named, so that none is tried that leads to other files. */
static const char *const ffprobe[] = {SR_WALLS_TOOLS "/ffprobe", "-v", "error",
	"-protocol_whitelist", "pipe", "-format_whitelist",
	"mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mp3,wav,flac,ogg,aac,asf,avi,flv,mpeg,mpegvideo,"
	"mpegts,aiff,amr",
	"-show_program_version", "-show_entries",
	"format=duration,format_name:format_tags:stream=codec_type:stream_tags=language", "-of",
	"json", "-i", "pipe:0", NULL};
static const char *const exiftool[] = {SR_WALLS_TOOLS "/perl", "-I/run/perl", "-I/run/perl-base",
	"/run/exiftool", "-json", "-fast", "-ExifToolVersion", "-Title", "-Creator", "-Artist",
	"-Author", "-By-line", "-DateTimeOriginal", "-CreateDate", "-Duration", "-PageCount",
	"-Language", "-Software", "-GPSLatitude", "-", NULL};
/* NOLINTEND(bugprone-suspicious-missing-comma) */

/* What exiftool's Perl finds by -I, a place of the root each: without one of them it prints
 * nothing, as it does over a damaged file. */
static const char *const modules[] = {"/run/perl/Image", "/run/perl/File", "/run/perl-base", NULL};
static const char *const none[] = {NULL};

static void fact(void *ctx, const char *key, struct sr_bytes value) {
	sr_inside_fact(ctx, key, value);
}

/* ${needs}: what it cannot do without, besides what ${argv} names. NULL, or why nothing came of it.
 */
static const char *ask(struct sr_inside *s, const char *const *argv, const char *const *needs,
	const char *name, about_fn *about, char *why, size_t size) {
	const struct par_about to = {fact, s};
	struct sr_buf out;
	enum par_tool_end end = PAR_TOOL_ENDED;
	const char *said = NULL;

	sr_buf_init(&out);
	for (; *needs != NULL && end == PAR_TOOL_ENDED; needs++)
		end = par_tool_look(*needs, R_OK);
	if (end == PAR_TOOL_ENDED)
		end = par_tool_run(&out, argv, INPUT, OUTPUT_MAX);
	if (end != PAR_TOOL_ENDED || !about(&to, sr_buf_view(&out))) {
		par_tool_say(why, size, end, name);
		said = why;
	}
	sr_buf_free(&out);
	return said;
}

void par_about_by_tools(struct sr_inside *s) {
	uint8_t head[SR_KNOWN_HEAD];
	const size_t n = sr_inside_read(s, 0, head, sizeof head);
	char first[200], second[200];
	const char *why = "no program here knows such files", *also = NULL;

	switch (sr_known_by(sr_bytes_of(head, n))) {
	case SR_KNOWN_PDF:
		why = ask(s, pdfinfo, none, "pdfinfo", par_about_pdfinfo, first, sizeof first);
		if (why == NULL) /* it does not say which version it is */
			sr_inside_fact(s, "tool", sr_bytes_str("pdfinfo"));
		break;
	case SR_KNOWN_MEDIA:
		why = ask(s, ffprobe, none, "ffprobe", par_about_ffprobe, first, sizeof first);
		break;
	case SR_KNOWN_SOUND:
		why = ask(s, ffprobe, none, "ffprobe", par_about_ffprobe, first, sizeof first);
		also = ask(s, exiftool, modules, "exiftool", par_about_exiftool, second,
			sizeof second);
		if (why != NULL && also == NULL)
			why = NULL;
		break;
	case SR_KNOWN_PICTURE:
	case SR_KNOWN_OFFICE:
		why = ask(
			s, exiftool, modules, "exiftool", par_about_exiftool, first, sizeof first);
		break;
	case SR_KNOWN_NOT:
		break;
	}
	sr_inside_done(s, why == NULL ? SR_BOX_WHOLE : SR_BOX_UNREAD, why == NULL ? "" : why);
}
