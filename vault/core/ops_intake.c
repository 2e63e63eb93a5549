/*
 * intake.state, .turn, .show, .more, .known: what is done with held items by itself, what came of
 * it, and known hashes against what the catalogue has of all items.
 */
#include "core/ops_in.h"

#include "base/escape.h"
#include "base/time.h"
#include "crypto/hash.h"
#include "intake/queue.h"
#include "intake/scan.h"
#include "intake/scanners.h"
#include "room/room.h"

enum {
	FACTS_DEFAULT = 100,
	FACTS_MAX = 1000,
	TURN_MS = 200,
	KNOWN_MAX = 1000000, /* hashes of one list: 40 MB */
	KNOWN_NAME = 120,    /* bytes kept of a name */
	KNOWN_FINDINGS = 64, /* of one item */
	KNOWN_FINDING = 1000
};

/* --- the queue -------------------------------------------------------------------------------- */

static void put_at(struct sr_buf *head, const struct sr_step_at *at) {
	if (at->files == 0)
		return;
	sr_text_put_dec(head, "file", at->file);
	sr_text_put_dec(head, "files", at->files);
	sr_text_put_dec(head, "pages", at->pages);
	sr_text_put_dec(head, "pages-of", at->pages_of);
}

static void put_state(struct sr_x *x) {
	struct sr_queue_state s;
	struct sr_buf *head = &x->r->head;

	sr_queue_look(x->core->queue, &s);
	sr_text_put_dec(head, "left", s.left);
	sr_text_put_dec(head, "waiting", s.waiting);
	sr_text_put(head, "works", x->core->works ? "yes" : "no");
	if (s.step[0] != '\0') {
		sr_text_put(head, "step", s.step);
		sr_text_put(head, "item", s.item);
	}
	put_at(head, &s.at);
	if (s.trouble[0] != '\0')
		sr_text_put_base64(head, "trouble", s.trouble, strlen(s.trouble));
}

int sr_op_intake_state(struct sr_x *x, struct sr_err *e) {
	(void)e;
	put_state(x);
	return 0;
}

int sr_op_intake_turn(struct sr_x *x, struct sr_err *e) {
	int nap = 0;
	int rc = sr_core_work(x->core, TURN_MS, &nap, e);

	if (rc != 0)
		return rc;
	put_state(x);
	sr_text_put_dec(&x->r->head, "nap", (uint64_t)nap);
	return 0;
}

/* --- one item --------------------------------------------------------------------------------- */

static int put_steps(
	struct sr_x *x, struct sr_rows_out *o, const uint8_t item[SR_ID], struct sr_err *e) {
	struct sr_intakes l = {NULL, 0};
	int rc = sr_query_intakes(&l, x->catalogue, item, e);

	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		sr_row(o, "step");
		sr_row_str(o, "step", l.rows[i].step);
		sr_row_str(o, "result", l.rows[i].result);
		sr_row_dec(o, "added", l.rows[i].added);
		sr_row_time(o, "at", l.rows[i].received);
		sr_row_dec(o, "entry", l.rows[i].entry);
	}
	sr_intakes_free(&l);
	return rc;
}

static int put_facts(struct sr_x *x, struct sr_rows_out *o, const uint8_t item[SR_ID],
	const struct sr_page *page, struct sr_err *e) {
	char key[SR_IN_TEXT];
	struct sr_item_facts l = {NULL, 0, 0};
	int rc;

	(void)sr_in_str(x, "key", key);
	rc = sr_query_item_facts(&l, x->catalogue, item, key[0] != '\0' ? key : NULL, page, e);
	if (rc == 0)
		sr_text_put_dec(&x->r->head, "total", l.total);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		const struct sr_fact_row *f = &l.rows[i];

		sr_row(o, "fact");
		sr_row_dec(o, "file", f->file);
		sr_row_str(o, "step", f->step);
		sr_row_str(o, "key", f->key);
		sr_row_bytes(o, "value", sr_bytes_of(f->value, f->value_len));
	}
	sr_item_facts_free(&l);
	return rc;
}

/* Of the item at work: with what, and how far. */
static void put_under_way(struct sr_x *x, const uint8_t item[SR_ID]) {
	struct sr_buf *head = &x->r->head;
	struct sr_queue_state s;
	char hex[2 * SR_ID + 1];

	sr_text_put(head, "intake", "under-way");
	sr_hex(hex, item, SR_ID);
	sr_queue_look(x->core->queue, &s);
	if (s.step[0] == '\0' || strcmp(s.item, hex) != 0)
		return;
	sr_text_put(head, "step", s.step);
	put_at(head, &s.at);
}

/* The item that is asked about, and which rows of it. */
static int item_and_page(struct sr_item_row *it, struct sr_x *x, uint8_t id[SR_ID],
	struct sr_page *page, struct sr_err *e) {
	int rc;

	if (!sr_in_id(x, "item", id))
		return sr_fail(e, SR_MISUSE, "call without an item");
	rc = sr_in_page(x, page, FACTS_DEFAULT, FACTS_MAX, e);
	return rc == 0 ? sr_get_item(it, x, id, e) : rc;
}

int sr_op_intake_show(struct sr_x *x, struct sr_err *e) {
	struct sr_item_row it = {0};
	struct sr_page page;
	struct sr_rows_out o;
	const char *why;
	uint8_t id[SR_ID];
	int rc = item_and_page(&it, x, id, &page, e);

	sr_rows_begin(&o, &x->r->body);
	if (rc == 0) {
		sr_text_put(&x->r->head, "state", sr_state_name(it.state));
		why = sr_queue_why(x->core->queue, id);
		if (why != NULL)
			put_under_way(x, id);
		if (why != NULL && *why != '\0')
			sr_text_put_base64(&x->r->head, "waits", why, strlen(why));
		rc = put_steps(x, &o, id, e);
	}
	if (rc == 0)
		rc = sr_put_scans(x, &o, id, true, e);
	if (rc == 0)
		rc = put_facts(x, &o, id, &page, e);
	sr_item_row_free(&it);
	return rc;
}

int sr_op_intake_more(struct sr_x *x, struct sr_err *e) {
	struct sr_item_row it = {0};
	uint8_t id[SR_ID];
	int rc;

	if (!sr_in_id(x, "item", id))
		return sr_fail(e, SR_MISUSE, "call without an item");
	rc = sr_get_item(&it, x, id, e);
	sr_item_row_free(&it);
	return rc == 0 ? sr_queue_again(x->core->queue, id, e) : rc;
}

/* --- exact copies ---------------------------------------------------------------------------- */

static int put_same(void *ctx, const struct sr_same_row *row, struct sr_err *e) {
	struct sr_rows_out *o = ctx;

	(void)e;
	sr_row(o, "same");
	sr_row_dec(o, "file", row->file);
	sr_row_dec(o, "size", row->size);
	sr_row_bytes(o, "path", row->path);
	sr_row_hex(o, "item", row->other, SR_ID);
	sr_row_dec(o, "other", row->other_file);
	sr_row_bytes(o, "other-path", row->other_path);
	return 0;
}

int sr_op_intake_same(struct sr_x *x, struct sr_err *e) {
	struct sr_item_row it = {0};
	struct sr_page page;
	struct sr_rows_out o;
	uint8_t id[SR_ID];
	int rc = item_and_page(&it, x, id, &page, e);

	sr_rows_begin(&o, &x->r->body);
	if (rc == 0)
		rc = sr_query_same(x->catalogue, id, &page, put_same, &o, e);
	sr_item_row_free(&it);
	return rc;
}

/* --- known hashes ----------------------------------------------------------------------------- */

struct known {
	uint8_t sha256[SR_HASH];
	uint32_t name, name_len; /* in the list */
};

struct comparing {
	struct sr_x *x;
	struct sr_rows_out o;
	struct sr_bytes list;
	struct known *known;
	size_t count;
	char scanner[64];
	/* the item at hand */
	bool any;
	struct sr_hash_row row;
	char *finding[KNOWN_FINDINGS];
	size_t findings;
	uint8_t named[SR_HASH];
	uint64_t hits, files;
	/* what is to be said, since nothing is written while rows are read */
	struct sr_buf hits_of; /* struct hit, then its texts */
};

static int by_hash(const void *a, const void *b) {
	return memcmp(
		((const struct known *)a)->sha256, ((const struct known *)b)->sha256, SR_HASH);
}

/* A line: 64 hex digits, then what it is called, behind ':' or spaces. clamd's .hsb has the size
 * between ("sha256:size:name:73"); sha256sum has two spaces. */
static int read_line(struct comparing *c, struct sr_bytes line, size_t number, struct sr_err *e) {
	struct known *k = &c->known[c->count];
	size_t at = (size_t)2 * SR_HASH, to;

	while (line.len > 0 && (line.p[line.len - 1] == '\r' || line.p[line.len - 1] == ' '))
		line.len--;
	if (line.len == 0 || line.p[0] == '#')
		return 0;
	if (line.len < at || sr_unhex(k->sha256, SR_HASH, sr_bytes_of(line.p, at), NULL) != 0 ||
		(line.len > at && line.p[at] != ':' && line.p[at] != ' '))
		return sr_fail(e, SR_USAGE,
			"line %zu: want the 64 hex digits of a SHA-256, then a name behind ':' or "
			"spaces",
			number);
	if (line.len > at && line.p[at] == ':') { /* a size, or "*" */
		const uint8_t *colon = memchr(line.p + at + 1, ':', line.len - at - 1);

		if (colon != NULL)
			at = (size_t)(colon - line.p);
	}
	while (at < line.len && (line.p[at] == ':' || line.p[at] == ' ' || line.p[at] == '*'))
		at++;
	for (to = at; to < line.len && line.p[to] != ':'; to++)
		continue;
	k->name = (uint32_t)(line.p + at - c->list.p);
	k->name_len = (uint32_t)(to - at < KNOWN_NAME ? to - at : KNOWN_NAME);
	c->count++;
	return 0;
}

static int read_list(struct comparing *c, struct sr_err *e) {
	size_t lines = 1, number = 0;
	int rc = 0;

	for (size_t i = 0; i < c->list.len; i++)
		lines += c->list.p[i] == '\n';
	if (lines > KNOWN_MAX)
		return sr_fail(e, SR_LIMIT,
			"the list has %zu lines, at most %d are compared at once: split it", lines,
			KNOWN_MAX);
	c->known = calloc(lines, sizeof *c->known);
	if (c->known == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for %zu hashes", lines);
	for (size_t at = 0; rc == 0 && at < c->list.len;) {
		const uint8_t *lf = memchr(c->list.p + at, '\n', c->list.len - at);
		const size_t n = lf != NULL ? (size_t)(lf - c->list.p) - at : c->list.len - at;

		rc = read_line(c, sr_bytes_of(c->list.p + at, n), ++number, e);
		at += n + 1;
	}
	if (rc == 0 && c->count == 0)
		rc = sr_fail(e, SR_USAGE,
			"there is no hash in the list: want a line of 64 hex digits for each");
	if (rc == 0)
		qsort(c->known, c->count, sizeof *c->known, by_hash);
	return rc;
}

/* The last file of the item was compared: what is said of it, when something is. */
static int item_over(struct comparing *c, struct sr_err *e) {
	struct sr_buf *b = &c->hits_of;

	if (c->any && c->hits > 0) {
		sr_buf_put(b, c->row.item, SR_ID);
		sr_buf_put_le32(b, c->row.number);
		sr_buf_put_le64(b, c->hits);
		sr_buf_put_le64(b, c->row.files);
		sr_buf_put(b, c->named, SR_HASH);
		sr_buf_put_le32(b, (uint32_t)c->findings);
		for (size_t i = 0; i < c->findings; i++)
			sr_buf_put_lp(b, sr_bytes_str(c->finding[i]));
	}
	for (size_t i = 0; i < c->findings; i++)
		free(c->finding[i]);
	c->findings = 0;
	c->hits = 0;
	memset(c->named, 0, SR_HASH);
	return sr_buf_ok(b, e);
}

static int keep_hit(struct comparing *c, const struct sr_hash_row *row, const struct known *k,
	struct sr_err *e) {
	char path[KNOWN_FINDING / 2], name[KNOWN_NAME * 2], text[KNOWN_FINDING];

	c->hits++;
	sr_named_add(c->named, row->file);
	if (c->findings == KNOWN_FINDINGS)
		return 0;
	(void)snprintf(text, sizeof text, "file %llu %s: infected: %s",
		(unsigned long long)row->file, sr_escape_to(path, sizeof path, row->path),
		sr_escape_to(name, sizeof name,
			k->name_len > 0 ? sr_bytes_of(c->list.p + k->name, k->name_len)
					: sr_bytes_str("(it names nothing)")));
	c->finding[c->findings] = strdup(text);
	if (c->finding[c->findings] == NULL)
		return sr_fail(e, SR_NOMEM, "known hashes: out of memory");
	c->findings++;
	return 0;
}

static int compare(void *ctx, const struct sr_hash_row *row, struct sr_err *e) {
	struct comparing *c = ctx;
	struct known want = {.name = 0};
	const struct known *k;
	int rc = 0;

	if (!c->any || memcmp(c->row.item, row->item, SR_ID) != 0)
		rc = item_over(c, e);
	c->any = true;
	c->row = *row;
	c->files++;
	memcpy(want.sha256, row->sha256, SR_HASH);
	k = bsearch(&want, c->known, c->count, sizeof *c->known, by_hash);
	return rc != 0 || k == NULL ? rc : keep_hit(c, row, k, e);
}

/* One item's statement, unless this list said it before of the envelope in force. */
static int say(struct comparing *c, struct sr_reader *r, struct sr_err *e) {
	const char *findings[KNOWN_FINDINGS];
	char *texts[KNOWN_FINDINGS] = {NULL};
	struct sr_verdict_of of = {.scanner = c->scanner, .findings = findings};
	uint8_t item[SR_ID], named[SR_HASH];
	char word[16];
	uint64_t files = 0, entry = 0;
	uint32_t n = 0;
	bool there = false;
	int rc = sr_get(r, item, SR_ID, e);

	if (rc == 0)
		rc = sr_get_le32(r, &of.number, e);
	if (rc == 0)
		rc = sr_get_le64(r, &of.counts.infected, e);
	if (rc == 0)
		rc = sr_get_le64(r, &files, e);
	if (rc == 0)
		rc = sr_get(r, named, SR_HASH, e);
	if (rc == 0)
		rc = sr_get_le32(r, &n, e);
	for (uint32_t i = 0; rc == 0 && i < n && i < KNOWN_FINDINGS; i++) {
		struct sr_bytes v = {NULL, 0};

		rc = sr_get_lp(r, &v, KNOWN_FINDING, e);
		texts[i] = rc == 0 ? strndup((const char *)v.p, v.len) : NULL;
		if (rc == 0 && texts[i] == NULL)
			rc = sr_fail(e, SR_NOMEM, "known hashes: out of memory");
		findings[i] = texts[i];
	}
	of.item = item;
	of.named = named;
	of.finding_count = n;
	of.counts.files = files;
	of.counts.not_scanned = files - of.counts.infected;
	of.counts.result = SR_SCAN_INFECTED;
	if (rc == 0)
		rc = sr_query_scanned(&there, word, c->x->catalogue, item, c->scanner, e);
	if (rc == 0 && !there)
		rc = sr_verdict_log(c->x->vault, &of, NULL, &entry, e);
	if (rc == 0) {
		sr_row(&c->o, "hit");
		sr_row_hex(&c->o, "item", item, SR_ID);
		sr_row_dec(&c->o, "files", of.counts.infected);
		if (!there)
			sr_row_dec(&c->o, "entry", entry);
	}
	for (uint32_t i = 0; i < KNOWN_FINDINGS; i++)
		free(texts[i]);
	return rc;
}

int sr_op_intake_known(struct sr_x *x, struct sr_err *e) {
	struct comparing c = {.x = x, .list = sr_in_body(x)};
	uint8_t hash[SR_HASH];
	char hex[2 * SR_HASH + 1];
	struct sr_reader r;
	uint64_t items = 0;
	int rc;

	sr_buf_init_secret(&c.hits_of);
	sr_rows_begin(&c.o, &x->r->body);
	SR_HASH_OF(hash, "strongroom/known-list/v1", NULL, c.list);
	sr_hex(hex, hash, SR_HASH);
	(void)snprintf(c.scanner, sizeof c.scanner, "known-hashes/%.16s", hex);
	rc = read_list(&c, e);
	if (rc == 0)
		rc = sr_query_hashes(x->catalogue, compare, &c, e);
	if (rc == 0)
		rc = item_over(&c, e);
	sr_reader_init(&r, sr_buf_view(&c.hits_of));
	while (rc == 0 && sr_reader_left(&r) > 0) {
		rc = say(&c, &r, e);
		items++;
	}
	for (size_t i = 0; i < c.findings; i++)
		free(c.finding[i]);
	free(c.known);
	sr_buf_free(&c.hits_of);
	if (rc != 0)
		return rc;
	sr_text_put_dec(&x->r->head, "hashes", c.count);
	sr_text_put_dec(&x->r->head, "files", c.files);
	sr_text_put_dec(&x->r->head, "items", items);
	sr_text_put(&x->r->head, "scanner", c.scanner);
	return sr_after_commit(x->core, e);
}
