/*
 * cue - time-coded transcripts: WebVTT (W3C, 2019) and SubRip.
 *
 *   WEBVTT                            1
 *                                     00:00:01,000 --> 00:00:04,000
 *   00:01.000 --> 00:04.000           We meet at the mill.
 *   <v Anna>We meet at the mill.
 *
 * Read strictly: UTF-8, one blank line or more between blocks, times that do not run backwards,
 * every tag known and closed. What breaks that is refused with its line, never guessed at.
 */
#ifndef SR_BASE_CUE_H
#define SR_BASE_CUE_H

#include "base/bytes.h"

enum sr_transcript_form {
	SR_TRANSCRIPT_VTT,
	SR_TRANSCRIPT_SRT
};

enum {
	SR_TRANSCRIPT_MAX = 16 << 20, /* bytes: a day of talk is 2 MiB */
	SR_TRANSCRIPT_CUES = 200000,  /* one a second, for two days */
	SR_CUE_MAX = 8192,            /* bytes of one cue's text */
	SR_CUE_LINE_MAX = 4096
};

struct sr_cue {                  /* views live for the call */
	uint64_t from, to;       /* milliseconds, [from, to) */
	struct sr_bytes speaker; /* of its first <v Name>; empty: not said */
	struct sr_bytes text;    /* its lines, without tags, entities resolved */
	size_t line;             /* of its times, from 1 */
};

struct sr_transcript {
	enum sr_transcript_form form;
	size_t cues, speakers; /* speakers: cues that name one */
	uint64_t ends;         /* of the last cue */
};

/* The whole of ${in}. ${cue} may be NULL; a negative result of it ends the work. USAGE names the
 * line and what was expected; LIMIT. */
SR_MUST int sr_transcript_read(struct sr_transcript *out, struct sr_bytes in,
	int (*cue)(void *ctx, const struct sr_cue *c, struct sr_err *e), void *ctx,
	struct sr_err *e);

/* May a text that begins so be one (its first 64 bytes, or all)? sr_transcript_read says whether it
 * is. */
bool sr_transcript_begins(struct sr_bytes head);

/* Is this line the times of a cue, of either form ("00:01.000 --> 00:04.000 align:left")? */
bool sr_cue_times(uint64_t *from, uint64_t *to, struct sr_bytes line);

#endif
