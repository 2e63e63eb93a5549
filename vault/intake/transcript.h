/*
 * transcript - a time-coded transcript that a curator has made of sound or film, as the text of
 * that file: a rendition in its place (store/manifest.h), sealed with the item, shown by grants of
 * the form text, cut at the file's own hazards of time (room/cut.h), left out with the file by a
 * redaction and by exports.
 *
 * WebVTT or SubRip, read strictly first (base/cue.h) and kept byte by byte. A file has one text:
 * one that has a rendition, or is text itself, is refused. What is said of it are facts of the new
 * file:
 *
 *   of           the file that it is the transcript of (decimal)
 *   transcript   "webvtt, 120 cues, 3 with a speaker, until 01:02:03"
 *   language     a tag (ledger/langtag.h), if one was given
 *
 * The statement is `intake`, of step transcript-<number of the file>; it names the curator's look,
 * which that curator signed.
 */
#ifndef SR_INTAKE_TRANSCRIPT_H
#define SR_INTAKE_TRANSCRIPT_H

#include "base/cue.h"
#include "intake/holding.h"

struct sr_transcribing {
	struct sr_holding_look look;
	uint64_t file;        /* of sound or film */
	const char *language; /* NULL: not said */
	struct sr_bytes text;
};
struct sr_transcribed {
	struct sr_transcript read;
	uint64_t file;   /* the new one */
	uint32_t number; /* of the envelope in force now */
	uint64_t entry;
};
/* USAGE: no such file, no transcript (with its line), no language tag, the file has a text; LOCKED:
 * the item's intake is not over. The item is as it was on failure. */
SR_MUST int sr_transcribe(struct sr_transcribed *out, struct sr_vault *v,
	const struct sr_transcribing *t, struct sr_err *e);

#endif
