/*
 * scan - see scan.h.
 *
 *   file --64 KiB at a time--> work[] --answer, in the order of files--> counts, findings
 *
 * A note: le64 the first file without a verdict, le64 clean, infected, not scanned, findings that
 * are not kept; lp scanner, le64 signatures; 32 bytes, the chain of files with a name; le32
 * findings, each lp.
 */
#include "intake/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/time.h"
#include "board/door.h"
#include "board/follow.h"
#include "board/keys.h"
#include "crypto/digest.h"

enum {
	BESIDE = 4,     /* scans at once: clamd has 10 threads, and small files wait for answers */
	FINDINGS = 64,  /* kept with the statement */
	FINDING = 1000, /* bytes of one: a path, cut, and a name */
	PIECE = 64 << 10
};

struct at_work {
	struct sr_scan *scan; /* NULL: the verdict is here already */
	struct sr_scan_verdict verdict;
	uint64_t file;
};

struct sr_filescan {
	const struct sr_scanner *scanner;
	uint64_t file, offset; /* the next bytes to send */
	struct sr_buf block;   /* secret: the block at work */
	size_t at;             /* of it: sent */
	struct at_work work[BESIDE];
	size_t first, count; /* of work, a ring */
	struct sr_sha256 *sha;
	uint64_t clean, infected, not_scanned;
	uint8_t named[SR_HASH];
	char *finding[FINDINGS];
	size_t findings;
	uint64_t more;   /* findings that are not kept */
	unsigned silent; /* files, one after the other, that it gave no answer about in its time */
};

int sr_filescan_begin(struct sr_filescan **out, const struct sr_scanner *s, struct sr_err *e) {
	struct sr_filescan *x = calloc(1, sizeof *x);
	int rc = x == NULL ? sr_fail(e, SR_NOMEM, "scan: out of memory") : 0;

	*out = NULL;
	if (x == NULL)
		return rc;
	x->scanner = s;
	sr_buf_init_secret(&x->block);
	rc = sr_sha256_new(&x->sha, e);
	if (rc == 0)
		rc = sr_buf_reserve(&x->block, SR_BLOCK, e);
	if (rc != 0) {
		sr_filescan_free(x);
		return rc;
	}
	*out = x;
	return 0;
}

void sr_filescan_free(struct sr_filescan *x) {
	if (x == NULL)
		return;
	for (size_t i = 0; i < x->count; i++)
		sr_scan_drop(x->work[(x->first + i) % BESIDE].scan);
	for (size_t i = 0; i < x->findings; i++)
		free(x->finding[i]);
	sr_sha256_free(x->sha);
	sr_buf_free(&x->block);
	free(x);
}

/* --- one file --------------------------------------------------------------------------------- */

static struct at_work *work_new(struct sr_filescan *x) {
	struct at_work *w = &x->work[(x->first + x->count++) % BESIDE];

	memset(w, 0, sizeof *w);
	w->file = x->file;
	return w;
}

static void next_file(struct sr_filescan *x) {
	x->file++;
	x->offset = 0;
	sr_wipe(x->block.p, x->block.len);
	x->block.len = x->at = 0;
}

static void not_scanned(struct at_work *w, const char *why) {
	sr_scan_drop(w->scan);
	w->scan = NULL;
	w->verdict.result = SR_SCAN_NOT;
	(void)snprintf(w->verdict.text, sizeof w->verdict.text, "%s", why);
}

static int begin_file(struct sr_filescan *x, const struct sr_file *f, struct sr_err *e) {
	static const char *const kinds[] = {
		"", "", "a symbolic link", "a special file", "not read at the deposit"};
	struct at_work *w = work_new(x);

	if (f->kind != SR_FILE_REGULAR) {
		not_scanned(w, f->kind >= SR_FILE_SYMLINK && f->kind <= SR_FILE_UNREADABLE
				       ? kinds[f->kind]
				       : "of an unknown kind");
		next_file(x);
		return 0;
	}
	if (x->silent >= BESIDE) {
		not_scanned(w, "the scanner gave no answer about the files before it, and was not "
			       "asked again");
		next_file(x);
		return 0;
	}
	sr_sha256_reset(x->sha);
	return sr_scan_begin(&w->scan, x->scanner, e);
}

/* The next block into memory; a file of none is over at once. */
static int next_block(
	struct sr_filescan *x, struct sr_item *it, const struct sr_file *f, struct sr_err *e) {
	const uint64_t left = f->size - x->offset;
	const struct sr_range range = {
		x->file, x->offset, left < SR_BLOCK ? (size_t)left : (size_t)SR_BLOCK};
	int rc = range.len > 0 ? sr_item_read(it, &range, x->block.p, e) : 0;

	if (rc != 0)
		return rc;
	sr_sha256_update(x->sha, x->block.p, range.len);
	x->block.len = range.len;
	x->at = 0;
	x->offset += range.len;
	return 0;
}

/* Some bytes of the file at work; *${waits}: the scanner takes none now. */
static int send_some(struct sr_filescan *x, struct sr_item *it, bool *waits, struct sr_err *e) {
	struct at_work *w;
	struct sr_file f;
	uint8_t sha[SR_HASH];
	size_t n;
	int rc = sr_item_file(it, x->file, &f, e);

	*waits = false;
	if (rc != 0)
		return rc;
	if (x->offset == 0 && x->block.len == 0) {
		const uint64_t file = x->file;

		rc = begin_file(x, &f, e);
		if (rc != 0 || x->file != file)
			return rc;
		rc = next_block(x, it, &f, e);
	}
	w = &x->work[(x->first + x->count - 1) % BESIDE];
	if (rc == 0 && x->at == x->block.len && x->offset < f.size)
		rc = next_block(x, it, &f, e);
	if (rc != 0)
		return rc;
	n = x->block.len - x->at < PIECE ? x->block.len - x->at : PIECE;
	if (n > 0 && !sr_scan_takes(w->scan)) {
		*waits = true;
		return 0;
	}
	if (n > 0)
		sr_scan_more(w->scan, sr_bytes_of(x->block.p + x->at, n));
	x->at += n;
	if (x->at < x->block.len || x->offset < f.size)
		return 0;
	sr_sha256_final(x->sha, sha);
	if (memcmp(sha, f.sha256, SR_HASH) != 0)
		not_scanned(w, "its SHA-256 is not the one of the deposit");
	else
		sr_scan_sent(w->scan);
	next_file(x);
	return 0;
}

/* --- verdicts --------------------------------------------------------------------------------- */

static int keep(
	struct sr_filescan *x, const struct at_work *w, struct sr_bytes path, struct sr_err *e) {
	char shown[FINDING / 2], text[FINDING];

	if (x->findings == FINDINGS) {
		x->more++;
		return 0;
	}
	(void)snprintf(text, sizeof text, "file %llu %s: %s: %s", (unsigned long long)w->file,
		sr_escape_to(shown, sizeof shown, path), sr_scan_result_name(w->verdict.result),
		w->verdict.text);
	x->finding[x->findings] = strdup(text);
	if (x->finding[x->findings] == NULL)
		return sr_fail(e, SR_NOMEM, "scan: out of memory");
	x->findings++;
	return 0;
}

void sr_named_add(uint8_t chain[SR_HASH], uint64_t file) {
	uint8_t before[SR_HASH], number[8];

	memcpy(before, chain, SR_HASH);
	sr_le64_put(number, file);
	SR_HASH_OF(chain, "strongroom/named-files/v1", NULL, sr_bytes_of(before, SR_HASH),
		sr_bytes_of(number, sizeof number));
}

/* The answer about the oldest file at work. */
static int take(struct sr_filescan *x, struct sr_item *it, const struct sr_filescan_told *told,
	struct sr_err *e) {
	struct at_work *w = &x->work[x->first];
	struct sr_file f;
	int rc;

	if (w->scan != NULL) {
		sr_scan_end(w->scan, &w->verdict);
		x->silent = w->verdict.silent ? x->silent + 1 : 0;
	}
	w->scan = NULL;
	x->first = (x->first + 1) % BESIDE;
	x->count--;
	switch (w->verdict.result) {
	case SR_SCAN_CLEAN:
		x->clean++;
		return 0;
	case SR_SCAN_INFECTED:
		x->infected++;
		sr_named_add(x->named, w->file);
		break;
	case SR_SCAN_NOT:
		x->not_scanned++;
		break;
	}
	rc = sr_item_file(it, w->file, &f, e);
	if (rc == 0)
		rc = keep(x, w, f.path, e);
	if (rc == 0 && told != NULL && told->found != NULL)
		rc = told->found(told->ctx, w->file, f.path, &w->verdict, e);
	return rc;
}

/* Is the answer about the oldest file here? Never that of the file whose bytes are being sent. */
static bool answered(struct sr_filescan *x) {
	struct at_work *w = &x->work[x->first];

	if (x->count == 0 || (x->count == 1 && w->file == x->file))
		return false;
	return w->scan == NULL || sr_scan_answered(w->scan);
}

int sr_filescan_turn(struct sr_filescan *x, struct sr_item *it, uint64_t until_ms,
	const struct sr_filescan_told *told, enum sr_turn *turn, struct sr_err *e) {
	const uint64_t files = sr_item_files(it);
	int rc = 0;

	*turn = SR_TURN_AGAIN;
	do {
		const bool within = x->offset > 0 || x->block.len > 0; /* a file is being sent */
		bool waits = false;

		if (answered(x))
			rc = take(x, it, told, e);
		else if (x->file < files && (within || x->count < BESIDE))
			rc = send_some(x, it, &waits, e);
		else if (x->count > 0)
			waits = true;
		else
			*turn = SR_TURN_DONE;
		if (waits)
			*turn = SR_TURN_WAITS;
	} while (rc == 0 && *turn == SR_TURN_AGAIN && sr_mono_ms() < until_ms);
	return rc;
}

void sr_filescan_counts(const struct sr_filescan *x, struct sr_filescan_counts *out) {
	out->clean = x->clean;
	out->infected = x->infected;
	out->not_scanned = x->not_scanned;
	out->files = x->clean + x->infected + x->not_scanned;
	out->result = x->infected > 0      ? SR_SCAN_INFECTED
		      : x->not_scanned > 0 ? SR_SCAN_NOT
					   : SR_SCAN_CLEAN;
}

/* --- notes ------------------------------------------------------------------------------------ */

int sr_filescan_note(const struct sr_filescan *x, struct sr_buf *out, struct sr_err *e) {
	sr_buf_put_le64(out, x->count > 0 ? x->work[x->first].file : x->file);
	sr_buf_put_le64(out, x->clean);
	sr_buf_put_le64(out, x->infected);
	sr_buf_put_le64(out, x->not_scanned);
	sr_buf_put_le64(out, x->more);
	sr_buf_put_lp(out, sr_bytes_str(x->scanner->engine));
	sr_buf_put_le64(out, (uint64_t)x->scanner->signatures);
	sr_buf_put(out, x->named, SR_HASH);
	sr_buf_put_le32(out, (uint32_t)x->findings);
	for (size_t i = 0; i < x->findings; i++)
		sr_buf_put_lp(out, sr_bytes_str(x->finding[i]));
	return sr_buf_ok(out, e);
}

static int take_findings(struct sr_filescan *x, struct sr_reader *r, struct sr_err *e) {
	uint32_t n = 0;
	int rc = sr_get_le32(r, &n, e);

	if (rc == 0 && n > FINDINGS)
		rc = sr_fail(e, SR_CORRUPT, "note: %u findings, at most %d", n, FINDINGS);
	for (uint32_t i = 0; rc == 0 && i < n; i++) {
		struct sr_bytes text = {NULL, 0};

		rc = sr_get_lp(r, &text, FINDING, e);
		if (rc != 0)
			break;
		x->finding[i] = strndup((const char *)text.p, text.len);
		if (x->finding[i] == NULL)
			return sr_fail(e, SR_NOMEM, "scan: out of memory");
		x->findings++;
	}
	return rc == 0 ? sr_get_end(r, e) : rc;
}

static int read_note(struct sr_filescan *x, struct sr_reader *r, struct sr_err *e) {
	uint64_t *const counts[] = {&x->file, &x->clean, &x->infected, &x->not_scanned, &x->more};
	struct sr_bytes engine = {NULL, 0};
	uint64_t signatures = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof counts / sizeof counts[0]; i++)
		rc = sr_get_le64(r, counts[i], e);
	if (rc == 0)
		rc = sr_get_lp(r, &engine, SR_SCAN_TEXT, e);
	if (rc == 0)
		rc = sr_get_le64(r, &signatures, e);
	if (rc == 0)
		rc = sr_get(r, x->named, SR_HASH, e);
	if (rc == 0 && (!sr_bytes_eq(engine, sr_bytes_str(x->scanner->engine)) ||
			       signatures != (uint64_t)x->scanner->signatures ||
			       x->clean + x->infected + x->not_scanned != x->file))
		rc = sr_fail(e, SR_CORRUPT, "note: of another scanner");
	return rc == 0 ? take_findings(x, r, e) : rc;
}

int sr_filescan_resume(struct sr_filescan *x, struct sr_bytes note, struct sr_err *e) {
	struct sr_reader r;
	int rc;

	sr_reader_init(&r, note);
	rc = read_note(x, &r, e);
	if (rc != 0) { /* as if nothing was done */
		for (size_t i = 0; i < x->findings; i++)
			free(x->finding[i]);
		x->findings = 0;
		x->file = x->clean = x->infected = x->not_scanned = x->more = 0;
		memset(x->named, 0, SR_HASH);
	}
	return rc;
}

/* --- the statement ---------------------------------------------------------------------------- */

void sr_scanner_name(char out[SR_SCAN_TEXT], const char *engine) {
	(void)snprintf(out, SR_SCAN_TEXT, "%s", engine);
	for (char *c = out; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~')
			*c = '_';
}

static void put_lines(struct sr_buf *text, const struct sr_vault *v, const struct sr_verdict_of *of,
	const uint8_t *checkout) {
	char name[SR_SCAN_TEXT];
	uint8_t named[SR_HASH];

	if (checkout != NULL)
		sr_text_put_hex(text, "checkout", checkout, SR_ID);
	sr_text_put_hex(text, "item", of->item, SR_ID);
	sr_text_put_dec(text, "number", of->number);
	sr_scanner_name(name, of->scanner);
	sr_text_put(text, "scanner", name);
	if (of->signatures != 0)
		sr_text_put_time(text, "signatures", of->signatures);
	sr_text_put(text, "result", sr_scan_result_name(of->counts.result));
	sr_text_put_dec(text, "clean", of->counts.clean);
	sr_text_put_dec(text, "infected", of->counts.infected);
	sr_text_put_dec(text, "not-scanned", of->counts.not_scanned);
	if (of->named == NULL || of->counts.infected == 0)
		return;
	SR_HASH_OF(named, "strongroom/named/v1", v->keys->s->quarantine_key,
		sr_bytes_of(v->fingerprint, SR_HASH), sr_bytes_of(of->item, SR_ID),
		sr_bytes_of(of->named, SR_HASH));
	sr_text_put_hex(text, "named", named, SR_HASH);
}

int sr_verdict_log(struct sr_vault *v, const struct sr_verdict_of *of, const uint8_t *checkout,
	uint64_t *entry, struct sr_err *e) {
	struct sr_outcome *outcome = calloc(1, sizeof *outcome);
	struct sr_door_text *texts = calloc(of->finding_count + 1, sizeof *texts);
	struct sr_submission parts = {.texts = texts, .text_count = of->finding_count};
	struct sr_buf text;
	int rc = outcome == NULL || texts == NULL ? sr_fail(e, SR_NOMEM, "scan: out of memory") : 0;

	sr_buf_init(&text);
	sr_follow_begin(&text, v, SR_T_SCAN, sr_vault_now(v));
	put_lines(&text, v, of, checkout);
	for (size_t i = 0; rc == 0 && texts != NULL && i < of->finding_count; i++) {
		struct sr_door_text *t = &texts[i];

		(void)snprintf(t->field, sizeof t->field, "finding");
		t->index = (unsigned)i;
		t->text = sr_bytes_str(of->findings[i]);
		sr_random(t->salt, SR_SALT);
		sr_statement_put_text(&text, "finding", t->salt, t->text);
	}
	if (rc == 0)
		rc = sr_buf_ok(&text, e);
	if (rc == 0)
		rc = sr_door_service_with(v, sr_buf_view(&text), &parts, outcome, e);
	if (rc == 0 && entry != NULL && outcome != NULL)
		*entry = outcome->index;
	sr_buf_free(&text);
	free(outcome);
	free(texts);
	return rc;
}

int sr_filescan_log(const struct sr_filescan *x, struct sr_vault *v,
	const struct sr_filescan_of *of, uint64_t *entry, struct sr_err *e) {
	const char *findings[FINDINGS + 1];
	char more[60];
	struct sr_verdict_of verdict = {.item = of->item,
		.number = of->number,
		.scanner = x->scanner->engine,
		.signatures = x->scanner->signatures,
		.findings = findings,
		.finding_count = x->findings,
		.named = x->named};

	for (size_t i = 0; i < x->findings; i++)
		findings[i] = x->finding[i];
	(void)snprintf(more, sizeof more, "and %llu more", (unsigned long long)x->more);
	if (x->more > 0)
		findings[verdict.finding_count++] = more;
	sr_filescan_counts(x, &verdict.counts);
	return sr_verdict_log(v, &verdict, of->checkout, entry, e);
}
