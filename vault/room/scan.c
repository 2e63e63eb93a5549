/*
 * scan - the files of a held item go to a scanner, a few beside each other (room.h).
 *
 *   file --bytes--> scan[] --answer, in the order of files--> counts, findings --> `scan`
 *
 * What is not regular has no bytes and is not scanned, with what it is; so is a file whose bytes
 * are not those of the deposit. Names and paths of the first FINDINGS are kept with the statement,
 * under the item's descriptive key; the counts are of all.
 */
#include "room/room_internal.h"

#include "base/escape.h"
#include "base/time.h"

enum {
	BESIDE = 4,     /* scans at once: clamd has 10 threads, and small files wait for answers */
	FINDINGS = 64,  /* kept with the statement */
	FINDING = 1000, /* bytes of one: a path, cut, and a name */
	CHUNK = SR_BLOCK
};

struct at_work {
	struct sr_scan *scan; /* NULL: the verdict is here already */
	struct sr_scan_verdict verdict;
	uint64_t file;
};

struct room_scan {
	const struct sr_scanner *scanner;
	uint64_t file, offset; /* the next bytes to send */
	struct at_work work[BESIDE];
	size_t first, count; /* of work, a ring */
	struct sr_sha256 *sha;
	uint64_t clean, infected, not_scanned;
	char *finding[FINDINGS];
	size_t findings;
	uint64_t more; /* findings that are not kept */
};

void room_scan_free(struct room_scan *x) {
	if (x == NULL)
		return;
	for (size_t i = 0; i < x->count; i++)
		sr_scan_drop(x->work[(x->first + i) % BESIDE].scan);
	for (size_t i = 0; i < x->findings; i++)
		free(x->finding[i]);
	sr_sha256_free(x->sha);
	free(x);
}

int sr_room_scan_begin(struct sr_room *r, const uint8_t checkout[SR_ID], const char *person,
	const struct sr_scanner *scanner, struct sr_err *e) {
	struct room_scan *x = NULL;
	struct opened *o = NULL;
	int rc = room_find(&o, r, checkout, person, e);

	if (rc == 0 && strcmp(o->right, "quarantine") != 0)
		rc = sr_fail(e, SR_DENIED,
			"this checkout is of right %s: held items are scanned, by curators",
			o->right);
	if (rc == 0 && (x = calloc(1, sizeof *x)) == NULL)
		rc = sr_fail(e, SR_NOMEM, "scan: out of memory");
	if (rc == 0 && x != NULL)
		rc = sr_sha256_new(&x->sha, e);
	if (rc != 0 || x == NULL) {
		room_scan_free(x);
		return rc;
	}
	x->scanner = scanner;
	room_scan_free(o->scan);
	o->scan = x;
	return 0;
}

/* --- one file --- */

static struct at_work *work_new(struct room_scan *x) {
	struct at_work *w = &x->work[(x->first + x->count++) % BESIDE];

	memset(w, 0, sizeof *w);
	w->file = x->file;
	return w;
}

static void next_file(struct room_scan *x) {
	x->file++;
	x->offset = 0;
}

static void not_scanned(struct at_work *w, const char *why) {
	sr_scan_drop(w->scan);
	w->scan = NULL;
	w->verdict.result = SR_SCAN_NOT;
	(void)snprintf(w->verdict.text, sizeof w->verdict.text, "%s", why);
}

/* The next bytes of the file at work, at most a chunk. */
static int send_some(struct room_scan *x, struct opened *o, struct sr_err *e) {
	static const char *const kinds[] = {
		"", "", "a symbolic link", "a special file", "not read at the deposit"};
	struct sr_range range = {x->file, x->offset, CHUNK};
	struct at_work *w;
	struct sr_buf b;
	struct sr_file f;
	uint8_t sha[SR_HASH];
	int rc = sr_item_file(o->it, x->file, &f, e);

	if (rc != 0)
		return rc;
	if (x->offset == 0) {
		w = work_new(x);
		if (f.kind != SR_FILE_REGULAR) {
			not_scanned(w, f.kind >= SR_FILE_SYMLINK && f.kind <= SR_FILE_UNREADABLE
					       ? kinds[f.kind]
					       : "of an unknown kind");
			next_file(x);
			return 0;
		}
		rc = sr_scan_begin(&w->scan, x->scanner, e);
		sr_sha256_reset(x->sha);
	}
	w = &x->work[(x->first + x->count - 1) % BESIDE];
	if (f.size - x->offset < CHUNK)
		range.len = (size_t)(f.size - x->offset);
	sr_buf_init_secret(&b);
	if (rc == 0)
		rc = sr_buf_reserve(&b, CHUNK, e);
	if (rc == 0 && range.len > 0)
		rc = sr_item_read(o->it, &range, b.p, e);
	if (rc == 0) {
		sr_sha256_update(x->sha, b.p, range.len);
		sr_scan_more(w->scan, sr_bytes_of(b.p, range.len));
		b.len = range.len; /* what is wiped */
	}
	sr_buf_free(&b);
	x->offset += range.len;
	if (rc != 0 || x->offset < f.size)
		return rc;
	sr_sha256_final(x->sha, sha);
	if (memcmp(sha, f.sha256, SR_HASH) != 0)
		not_scanned(w, "its SHA-256 is not the one of the deposit");
	else
		sr_scan_sent(w->scan);
	next_file(x);
	return 0;
}

/* --- verdicts --- */

static int keep(
	struct room_scan *x, const struct at_work *w, struct sr_bytes path, struct sr_err *e) {
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

/* The answer about the oldest file at work. */
static int take(struct room_scan *x, struct opened *o, const struct sr_room_scan_step *s,
	struct sr_err *e) {
	struct at_work *w = &x->work[x->first];
	struct sr_file f;
	int rc;

	if (w->scan != NULL)
		sr_scan_end(w->scan, &w->verdict);
	w->scan = NULL;
	x->first = (x->first + 1) % BESIDE;
	x->count--;
	switch (w->verdict.result) {
	case SR_SCAN_CLEAN:
		x->clean++;
		return 0;
	case SR_SCAN_INFECTED:
		x->infected++;
		break;
	case SR_SCAN_NOT:
		x->not_scanned++;
		break;
	}
	rc = sr_item_file(o->it, w->file, &f, e);
	if (rc == 0)
		rc = keep(x, w, f.path, e);
	if (rc == 0 && s->found != NULL)
		rc = s->found(s->ctx, w->file, f.path, &w->verdict, e);
	return rc;
}

static enum sr_scan_result verdict_of(const struct room_scan *x) {
	if (x->infected > 0)
		return SR_SCAN_INFECTED;
	return x->not_scanned > 0 ? SR_SCAN_NOT : SR_SCAN_CLEAN;
}

/* --- the statement --- */

/* As a token of the ledger: no spaces, and the slashes that part engine from signatures. */
static void scanner_name(char out[SR_SCAN_TEXT], const struct sr_scanner *s) {
	(void)snprintf(out, SR_SCAN_TEXT, "%s", s->engine);
	for (char *c = out; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~')
			*c = '_';
}

static int log_scan(struct sr_room *r, const struct opened *o, uint64_t *entry, struct sr_err *e) {
	struct sr_outcome *outcome = calloc(1, sizeof *outcome);
	struct sr_door_text *texts = calloc(FINDINGS + 1, sizeof *texts);
	const struct room_scan *x = o->scan;
	struct sr_submission parts = {.texts = texts};
	struct sr_item_row item = {0};
	char name[SR_SCAN_TEXT], more[60];
	struct sr_buf text;
	int rc = sr_query_item(&item, r->v->catalogue, o->item, e);

	if (rc == 0 && (outcome == NULL || texts == NULL))
		rc = sr_fail(e, SR_NOMEM, "scan: out of memory");
	room_begin(r, &text, SR_T_SCAN);
	sr_text_put_hex(&text, "checkout", o->checkout, SR_ID);
	sr_text_put_hex(&text, "item", o->item, SR_ID);
	sr_text_put_dec(&text, "number", item.number);
	scanner_name(name, x->scanner);
	sr_text_put(&text, "scanner", name);
	if (x->scanner->signatures != 0)
		sr_text_put_time(&text, "signatures", x->scanner->signatures);
	sr_text_put(&text, "result", sr_scan_result_name(verdict_of(x)));
	sr_text_put_dec(&text, "clean", x->clean);
	sr_text_put_dec(&text, "infected", x->infected);
	sr_text_put_dec(&text, "not-scanned", x->not_scanned);
	for (size_t i = 0; rc == 0 && texts != NULL && i < x->findings + (x->more > 0 ? 1 : 0);
		i++) {
		struct sr_door_text *t = &texts[parts.text_count];

		(void)snprintf(more, sizeof more, "and %llu more", (unsigned long long)x->more);
		(void)snprintf(t->field, sizeof t->field, "finding");
		t->index = (unsigned)parts.text_count++;
		t->text = sr_bytes_str(i < x->findings ? x->finding[i] : more);
		sr_random(t->salt, SR_SALT);
		sr_statement_put_text(&text, "finding", t->salt, t->text);
	}
	if (rc == 0)
		rc = sr_buf_ok(&text, e);
	if (rc == 0)
		rc = sr_door_service_with(r->v, sr_buf_view(&text), &parts, outcome, e);
	if (rc == 0)
		*entry = outcome->index;
	sr_item_row_free(&item);
	sr_buf_free(&text);
	free(outcome);
	free(texts);
	return rc;
}

int sr_room_scan_step(struct sr_room *r, const uint8_t checkout[SR_ID], const char *person,
	struct sr_room_scan_step *s, struct sr_err *e) {
	const uint64_t until = sr_mono_ms() + s->budget_ms;
	struct room_scan *x;
	struct opened *o = NULL;
	int rc = room_find(&o, r, checkout, person, e);

	if (rc == 0 && o->scan == NULL)
		rc = sr_fail(e, SR_MISUSE, "no scan is under way: begin it");
	if (rc != 0)
		return rc;
	x = o->scan;
	s->done = false;
	do {
		if (x->count == BESIDE && x->offset == 0)
			rc = take(x, o, s, e);
		else if (x->file < o->files)
			rc = send_some(x, o, e);
		else if (x->count > 0)
			rc = take(x, o, s, e);
		else
			s->done = true;
	} while (rc == 0 && !s->done && sr_mono_ms() < until);
	s->files = x->clean + x->infected + x->not_scanned;
	s->of = o->files;
	s->clean = x->clean;
	s->infected = x->infected;
	s->not_scanned = x->not_scanned;
	s->result = verdict_of(x);
	if (rc == 0 && s->done)
		rc = log_scan(r, o, &s->entry, e);
	if (rc != 0 || s->done) {
		room_scan_free(x);
		o->scan = NULL;
	}
	return rc;
}
