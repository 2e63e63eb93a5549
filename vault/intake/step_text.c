/*
 * step_text - the step that reads what files say (intake/step.h, intake/pages.h): a rendition
 * beside each file that is no text itself, sealed with it under the item's key, for grants of the
 * form text; and a fact of each that says what came of it.
 *
 *   files in their order -> sandboxes, SR_PAGES_AHEAD at most -> in the same order: fact, rendition
 *
 * Languages of OCR are by the site's policy, for what the item is described with, its collection,
 * or all (intake/tongues.h; ADMIN "Text and OCR"). A step that was killed begins anew. A file that
 * a scanner named is not read, nor is what came out of it: they stay evidence. Which files these
 * are the scan step's facts say, or the findings of a look of a curator; where a statement names
 * more than is known by either, none is read. An item has as many texts, and bytes of them, as the
 * host's limits say (intake/scanners.h): the statement names the packs that they lie in.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "catalogue/family.h"
#include "catalogue/query.h"
#include "intake/holding.h"
#include "intake/pages.h"
#include "intake/scanners.h"
#include "intake/step.h"
#include "sandbox/scan.h"
#include "store/manifest.h"

struct source { /* a file that sandboxes read */
	struct sr_holding *h;
	uint64_t file;
};

struct text_step {
	struct sr_holding *h;
	struct sr_pages_reader *reader;
	uint64_t files;     /* of the item when the step began */
	uint64_t next, end; /* to look at, and behind the last */
	uint64_t taken;     /* that were read */
	struct source ring[SR_PAGES_AHEAD];
	size_t first;
	uint8_t *marks; /* of each file: enum mark */
	bool all;       /* what scanners named is in files that are not known */
	bool skipped;
	bool left_out; /* a text that found no room */
	struct sr_intake_limits limits;
	uint64_t text_bytes; /* of all texts of the item */
	uint32_t texts;
};

enum mark {
	READ = 0,
	NAMED, /* by a scanner */
	OUT_OF /* came out of a file that was */
};

static void end(void *state) {
	struct text_step *s = state;

	if (s == NULL)
		return;
	sr_pages_reader_free(s->reader);
	free(s->marks);
	free(s);
}

struct naming {
	struct text_step *s;
	char begins[SR_SCAN_TEXT + 32];
	uint64_t named;
};

static int take_name(void *ctx, const struct sr_fact_row *f, struct sr_err *e) {
	struct naming *n = ctx;
	const size_t len = strlen(n->begins);

	(void)e;
	if (f->file >= n->s->files || f->value_len < len || memcmp(f->value, n->begins, len) != 0)
		return 0;
	n->s->marks[f->file] = NAMED;
	n->named++;
	return 0;
}

/* Files that the scan step's facts name for ${scanner}: marked; how many. */
static int by_facts(uint64_t *named, struct text_step *s, const char *scanner, struct sr_err *e) {
	struct naming n = {.s = s};
	int rc;

	(void)snprintf(n.begins, sizeof n.begins, SR_FACT_INFECTED "%s: ", scanner);
	rc = sr_query_each_fact(sr_holding_vault(s->h)->catalogue, sr_holding_id(s->h),
		SR_FACT_SCAN, take_name, &n, e);
	*named = n.named;
	return rc;
}

/* The same of a statement's findings (intake/scan.c: "file N PATH: infected: NAME"). */
static int by_findings(uint64_t *named, struct text_step *s, uint64_t entry, struct sr_err *e) {
	static const char word[] = ": infected: ";
	struct sr_texts l = {NULL, 0};
	int rc = sr_query_texts(&l, sr_holding_vault(s->h)->catalogue, entry, e);

	*named = 0;
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		const char *text = l.rows[i].text;
		char *end = NULL;
		unsigned long long file;

		if (text != NULL && strncmp(text, "and ", 4) == 0) { /* N more */
			*named = 0;
			break;
		}
		if (text == NULL || strcmp(l.rows[i].field, "finding") != 0 ||
			strncmp(text, "file ", 5) != 0 || strstr(text, word) == NULL)
			continue;
		file = strtoull(text + 5, &end, 10);
		if (end == text + 5 || *end != ' ' || file >= s->files)
			continue;
		s->marks[file] = NAMED;
		++*named;
	}
	sr_texts_free(&l);
	return rc;
}

/* What scanners named last, each. */
static int find_named(struct text_step *s, struct sr_err *e) {
	struct sr_scans scans = {NULL, 0};
	int rc = sr_query_scans(
		&scans, sr_holding_vault(s->h)->catalogue, sr_holding_id(s->h), true, e);

	for (size_t i = 0; rc == 0 && i < scans.count; i++) {
		const struct sr_scan_row *row = &scans.rows[i];
		uint64_t named = 0;

		if (row->infected == 0)
			continue;
		rc = by_facts(&named, s, row->scanner, e);
		if (rc == 0 && named < row->infected)
			rc = by_findings(&named, s, row->entry, e);
		s->all = s->all || (rc == 0 && named < row->infected);
		s->skipped = true;
	}
	sr_scans_free(&scans);
	return rc;
}

/* In which languages the item is read, by what is known of it now. */
static int languages_of(
	char out[SR_BOX_LANGUAGES_MAX + 1], struct sr_holding *h, struct sr_err *e) {
	struct sr_catalogue *c = sr_holding_vault(h)->catalogue;
	struct sr_tongues *t = calloc(1, sizeof *t);
	char host[SR_BOX_LANGUAGES_MAX + 1], id[2 * SR_ID + 1] = "";
	struct sr_tongues_of of = {.host = host, .id = id};
	struct sr_collection_row box = {.name = NULL};
	struct sr_item_row item = {.title = NULL};
	int rc = t == NULL ? sr_fail(e, SR_NOMEM, "text: out of memory") : 0;

	if (rc == 0)
		rc = sr_intake_tongues(t, sr_holding_vault(h), e);
	if (rc == 0)
		rc = sr_query_item(&item, c, sr_holding_id(h), e);
	if (rc == 0)
		rc = sr_query_collection(&box, c, item.collection, e);
	if (rc == 0)
		rc = sr_pages_languages(host, e);
	if (rc == 0 && t != NULL) {
		sr_hex(id, item.collection, SR_ID);
		of.described = item.languages;
		of.collection = box.name;
		sr_tongues_choose(out, t, &of);
	}
	sr_collection_row_free(&box);
	sr_item_row_free(&item);
	free(t);
	return rc;
}

static int find_marks(struct text_step *s, struct sr_err *e) {
	struct sr_family *family = NULL;
	int rc;

	s->marks = calloc((size_t)s->files + 1, 1);
	if (s->marks == NULL)
		return sr_fail(e, SR_NOMEM, "text: out of memory");
	rc = find_named(s, e);
	if (rc == 0 && s->skipped)
		rc = sr_family_new(&family, sr_holding_vault(s->h)->catalogue, sr_holding_id(s->h),
			sr_holding_item(s->h), e);
	if (rc == 0 && s->skipped)
		sr_family_spread(family, s->marks, NAMED, OUT_OF);
	sr_family_free(family);
	return rc;
}

static void count_text(struct text_step *s, uint64_t bytes) {
	s->texts++;
	s->text_bytes += bytes;
}

/* Those that the item has already. */
static int count_texts(struct text_step *s, struct sr_err *e) {
	int rc = sr_intake_limits(&s->limits, sr_holding_vault(s->h), e);

	for (uint64_t i = 0; rc == 0 && i < s->files; i++) {
		struct sr_file file;

		rc = sr_item_file(sr_holding_item(s->h), i, &file, e);
		if (rc == 0 && sr_file_is_rendition(&file))
			count_text(s, file.size);
	}
	return rc;
}

static int begin(void **out, struct sr_holding *h, struct sr_err *e) {
	struct text_step *s = calloc(1, sizeof *s);
	struct sr_pages_policy policy = sr_pages_usual();
	struct sr_launcher *l = NULL;
	int rc = s == NULL ? sr_fail(e, SR_NOMEM, "text: out of memory") : 0;

	*out = NULL;
	if (rc == 0)
		rc = sr_holding_launcher(&l, h, e);
	if (rc != 0 || s == NULL) {
		free(s);
		return rc;
	}
	s->h = h;
	s->files = sr_item_files(sr_holding_item(h));
	sr_holding_range(h, &s->next, &s->end);
	rc = languages_of(policy.languages, h, e);
	if (rc == 0)
		rc = find_marks(s, e);
	if (rc == 0)
		rc = count_texts(s, e);
	/* No file takes longer than its item may, but a page has its time. */
	if (rc == 0 && s->limits.item_ms < policy.file_ms)
		policy.file_ms =
			s->limits.item_ms > policy.page_ms ? s->limits.item_ms : policy.page_ms;
	if (rc == 0)
		rc = sr_pages_reader_new(&s->reader, l, &policy, e);
	if (rc != 0) {
		end(s);
		return rc;
	}
	*out = s;
	return 0;
}

static int read_file(void *ctx, uint64_t offset, void *p, size_t len, struct sr_err *e) {
	const struct source *f = ctx;
	uint8_t *to = p;
	int rc = 0;

	while (rc == 0 && len > 0) {
		struct sr_range range = {f->file, offset, len < SR_BLOCK ? len : SR_BLOCK};

		rc = sr_item_read(sr_holding_item(f->h), &range, to, e);
		to += range.len;
		offset += range.len;
		len -= range.len;
	}
	return rc;
}

/* Why a file is not read; NULL: it is. */
static const char *why_not(const struct text_step *s, uint64_t file) {
	if (s->all)
		return SR_FACT_NOT_READ
			"scanners named more files of the item than are known by number "
			"(intake show): none is read";
	switch ((enum mark)s->marks[file]) {
	case READ:
		break;
	case NAMED:
		return SR_FACT_NOT_READ "a scanner named something in it";
	case OUT_OF:
		return SR_FACT_NOT_READ "it came out of a file in which a scanner named something";
	}
	return NULL;
}

/* More files into the sandboxes, while they take any and there is time. */
static int give(struct text_step *s, uint64_t until_ms, struct sr_err *e) {
	int rc = 0;

	while (rc == 0 && s->next < s->end && !sr_pages_full(s->reader) &&
		sr_mono_ms() < until_ms) {
		const size_t held = sr_pages_held(s->reader);
		struct source *f = &s->ring[(s->first + held) % SR_PAGES_AHEAD];
		struct sr_box_input in = {.read = read_file, .ctx = f};
		const char *why;
		struct sr_file file;

		*f = (struct source){s->h, s->next++};
		rc = sr_item_file(sr_holding_item(s->h), f->file, &file, e);
		if (rc != 0 || file.kind != SR_FILE_REGULAR || file.size == 0 ||
			sr_file_is_rendition(&file))
			continue;
		why = why_not(s, f->file);
		if (why != NULL) {
			rc = sr_holding_fact(s->h, f->file, "text", sr_bytes_str(why), e);
			continue;
		}
		in.size = file.size;
		rc = sr_pages_give(s->reader, &in, e);
	}
	return rc;
}

/* "whole, 12 pages, 3 by OCR", "itself: utf-8", "unread: a container: ..." */
static int tell(
	const struct text_step *s, uint64_t file, const struct sr_pages *t, struct sr_err *e) {
	char said[SR_PAGES_REASON + 128];
	int n;

	if (t->itself)
		n = snprintf(said, sizeof said, "itself: %s", t->encoding);
	else
		n = snprintf(said, sizeof said, "%s, %u %s%s, %u by OCR, %u blank, %u lost%s%s",
			t->failed ? "failed" : sr_box_status_name(t->status), t->pages,
			t->paged ? "page" : "part", t->pages == 1 ? "" : "s", t->ocr, t->blank,
			t->lost, t->reason[0] != '\0' ? ": " : "", t->reason);
	if (n < 0 || (size_t)n >= sizeof said)
		n = (int)sizeof said - 1;
	return sr_holding_fact(s->h, file, "text", sr_bytes_of(said, (size_t)n), e);
}

/* Why a text is not kept, in words; "": it is. */
static int no_room(char why[100], struct text_step *s, const struct sr_file *file, size_t bytes,
	struct sr_err *e) {
	const size_t path = file->path.len + sizeof SR_RENDITION_TEXT_SUFFIX - 1;
	bool room = false;
	const int rc = sr_holding_room(&room, s->h, path + 1, 1, e);

	why[0] = '\0';
	if (!room)
		(void)snprintf(why, 100, "the item's lists of files and facts have no room for it");
	else if (path > SR_PATH_MAX) /* it has none to be found by */
		(void)snprintf(why, 100, "its path is too long to name a text after it");
	else if (s->texts >= s->limits.texts)
		(void)snprintf(why, 100,
			"the item has %u texts, and may have no more (limit texts)", s->texts);
	else if (s->text_bytes + bytes > s->limits.text_bytes)
		(void)snprintf(why, 100,
			"the texts of the item may have %llu bytes (limit text-bytes)",
			(unsigned long long)s->limits.text_bytes);
	return rc;
}

static int add(struct text_step *s, uint64_t index, const struct sr_pages *t, struct sr_err *e) {
	static const char suffix[] = SR_RENDITION_TEXT_SUFFIX;
	struct sr_adding a = {.of = index, .kind = SR_FILE_REGULAR};
	struct sr_file file;
	struct sr_buf path;
	char why[100];
	int rc = sr_item_file(sr_holding_item(s->h), index, &file, e);

	if (rc == 0)
		rc = no_room(why, s, &file, t->rendition.len, e);
	if (rc != 0)
		return rc;
	if (why[0] != '\0') {
		s->left_out = true;
		return sr_holding_fact(s->h, index, "text-not-kept", sr_bytes_str(why), e);
	}
	count_text(s, t->rendition.len);
	sr_buf_init_secret(&path);
	sr_buf_put_bytes(&path, file.path);
	sr_buf_put_str(&path, suffix);
	a.path = sr_buf_view(&path);
	a.mtime_s = file.mtime_s;
	rc = sr_buf_ok(&path, e);
	if (rc == 0)
		rc = sr_holding_add(s->h, &a, e);
	for (size_t at = 0; rc == 0 && at < t->rendition.len; at += SR_BLOCK) {
		const size_t left = t->rendition.len - at;

		rc = sr_holding_more(s->h,
			sr_bytes_of(t->rendition.p + at, left < SR_BLOCK ? left : SR_BLOCK), e);
	}
	if (rc == 0)
		rc = sr_holding_end(s->h, sr_bytes_str(SR_RENDITION_TEXT), NULL, e);
	sr_buf_free(&path);
	return rc;
}

static int take(struct text_step *s, struct sr_err *e) {
	const uint64_t file = s->ring[s->first].file;
	struct sr_pages t;
	int rc;

	sr_pages_take(s->reader, &t);
	s->taken++;
	s->first = (s->first + 1) % SR_PAGES_AHEAD;
	rc = tell(s, file, &t, e);
	if (rc == 0 && t.rendition.len > 0)
		rc = add(s, file, &t, e);
	sr_pages_free(&t);
	return rc;
}

/* Those at work beside the oldest are read when it goes on. */
static int stop(void *state, bool must, struct sr_err *e) {
	struct text_step *s = state;
	const bool held = sr_pages_held(s->reader) > 0;

	if (held)
		s->end = s->ring[s->first].file + (must && s->taken == 0);
	else if (s->next < s->end)
		s->end = s->next + (must && s->taken == 0);
	return sr_holding_rest(s->h, s->end, e);
}

/* Is nothing left to be read, or taken? */
static bool is_over(const struct text_step *s) {
	return s->next >= s->end &&
	       (sr_pages_held(s->reader) == 0 || s->ring[s->first].file >= s->end);
}

static int turn(void *state, uint64_t until_ms, enum sr_turn *out, struct sr_err *e) {
	struct text_step *s = state;
	int rc = 0;

	*out = SR_TURN_AGAIN;
	while (rc == 0 && sr_mono_ms() < until_ms) {
		bool ready = false;

		rc = give(s, until_ms, e);
		if (rc == 0 && is_over(s)) {
			if (s->skipped || s->left_out)
				sr_holding_result(s->h, "partly");
			*out = SR_TURN_DONE;
			return 0;
		}
		if (rc == 0)
			rc = sr_pages_work(s->reader, 0, &ready, NULL, e);
		if (rc == 0 && ready)
			rc = take(s, e);
		if (rc == 0 && !ready && (s->next >= s->end || sr_pages_full(s->reader))) {
			*out = SR_TURN_WAITS;
			return 0;
		}
	}
	return rc;
}

/* The oldest file is the one that the others wait for. */
static void at(void *state, struct sr_step_at *out) {
	const struct text_step *s = state;
	const bool held = sr_pages_held(s->reader) > 0;

	out->files = s->files;
	out->file = held ? s->ring[s->first].file : s->next;
	sr_pages_at(s->reader, &out->pages, &out->pages_of);
}

const struct sr_intake_step sr_step_text =
	{.name = "text", .begin = begin, .turn = turn, .stop = stop, .at = at, .end = end};
