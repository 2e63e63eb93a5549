/*
 * transcript - see transcript.h.
 */
#include "intake/transcript.h"

#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "ledger/langtag.h"
#include "store/manifest.h"

enum {
	HEAD = 4096 /* bytes that are looked at for what a text has not */
};

/* A text already: it has a rendition, or nothing in its head that a text has not. */
static int has_text(bool *has, struct sr_item *it, uint64_t index, const struct sr_file *f,
	struct sr_buf *path, struct sr_err *e) {
	uint8_t head[HEAD];
	const struct sr_range range = {index, 0, f->size < HEAD ? (size_t)f->size : (size_t)HEAD};
	uint64_t there = 0;
	int rc = sr_item_find(it, sr_buf_view(path), &there, NULL);

	*has = rc == 0;
	if (rc != SR_NOTFOUND)
		return rc == 0 ? 0 : sr_fail(e, (enum sr_code)rc, "its paths cannot be read");
	if (range.len == 0)
		return 0;
	rc = sr_item_read(it, &range, head, e);
	*has = rc == 0 && memchr(head, 0, range.len) == NULL &&
	       sr_utf8_valid(sr_bytes_of(head, range.len));
	sr_wipe(head, sizeof head);
	return rc;
}

/* The file that is to have it, and the path of the new one. */
static int check_file(
	struct sr_buf *path, struct sr_file *f, const struct sr_transcribing *t, struct sr_err *e) {
	static const char suffix[] = SR_RENDITION_TEXT_SUFFIX;
	const unsigned long long n = t->file;
	bool has = false;
	int rc;

	if (t->file >= sr_item_files(t->look.it))
		return sr_fail(e, SR_USAGE, "no file %llu: the item has %llu (from 0)", n,
			(unsigned long long)sr_item_files(t->look.it));
	rc = sr_item_file(t->look.it, t->file, f, e);
	if (rc != 0)
		return rc;
	if (f->kind != SR_FILE_REGULAR || f->size == 0)
		return sr_fail(e, SR_USAGE, "file %llu has no content", n);
	if (sr_file_is_rendition(f))
		return sr_fail(e, SR_USAGE, "file %llu is the text of another one", n);
	if (f->path.len + sizeof suffix - 1 > SR_PATH_MAX)
		return sr_fail(e, SR_LIMIT,
			"file %llu: its path is too long to name a text after it: deposit the text "
			"as an item of its own",
			n);
	sr_buf_put_bytes(path, f->path);
	sr_buf_put_str(path, suffix);
	rc = sr_buf_ok(path, e);
	if (rc == 0)
		rc = has_text(&has, t->look.it, t->file, f, path, e);
	return rc == 0 && has ? sr_fail(e, SR_USAGE,
					"file %llu has a text already: a second transcript is "
					"deposited as an item of its own",
					n)
			      : rc;
}

static int say(struct sr_holding *h, uint64_t file, const struct sr_transcribing *t,
	const struct sr_transcript *read, struct sr_err *e) {
	const unsigned long long s = read->ends / 1000;
	char said[160];
	int rc;

	(void)snprintf(said, sizeof said,
		"%s, %zu cues, %zu with a speaker, until %02llu:%02llu:%02llu",
		read->form == SR_TRANSCRIPT_VTT ? "webvtt" : "subrip", read->cues, read->speakers,
		s / 3600, s / 60 % 60, s % 60);
	rc = sr_holding_fact(h, file, "transcript", sr_bytes_str(said), e);
	return rc == 0 && t->language != NULL
		       ? sr_holding_fact(h, file, "language", sr_bytes_str(t->language), e)
		       : rc;
}

static int add(struct sr_holding *h, const struct sr_transcribing *t, const struct sr_file *f,
	struct sr_bytes path, struct sr_err *e) {
	const struct sr_adding a = {
		.of = t->file, .path = path, .kind = SR_FILE_REGULAR, .mtime_s = f->mtime_s};
	int rc = sr_holding_add(h, &a, e);

	for (size_t at = 0; rc == 0 && at < t->text.len; at += SR_BLOCK) {
		const size_t left = t->text.len - at;

		rc = sr_holding_more(h,
			sr_bytes_of(t->text.p + at, left < SR_BLOCK ? left : (size_t)SR_BLOCK), e);
	}
	return rc == 0 ? sr_holding_end(h, sr_bytes_str(SR_RENDITION_TEXT), NULL, e) : rc;
}

int sr_transcribe(struct sr_transcribed *out, struct sr_vault *v, const struct sr_transcribing *t,
	struct sr_err *e) {
	struct sr_holding *h = NULL;
	struct sr_file f;
	struct sr_buf path;
	char step[33];
	int rc = sr_transcript_read(&out->read, t->text, NULL, NULL, e);

	sr_buf_init_secret(&path);
	if (rc == 0 && t->language != NULL)
		rc = sr_langtag_check(sr_bytes_str(t->language), e);
	if (rc == 0)
		rc = check_file(&path, &f, t, e);
	if (rc == 0)
		rc = sr_holding_look(&h, v, &t->look, e);
	if (rc == 0)
		rc = add(h, t, &f, sr_buf_view(&path), e);
	if (rc == 0) {
		out->file = sr_holding_added(h);
		out->number = sr_holding_number(h) + 1;
		rc = say(h, out->file, t, &out->read, e);
	}
	(void)snprintf(step, sizeof step, "transcript-%llu", (unsigned long long)t->file);
	if (rc == 0)
		rc = sr_holding_commit(h, step, &out->entry, e);
	sr_holding_free(h);
	sr_buf_free(&path);
	return rc != 0 ? sr_wrap(e, "transcript") : 0;
}
