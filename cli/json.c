/*
 * --json: rows of core's answers (core/rows.h) as objects. Which keys are numbers, flags and lists
 * is said in the tables below; everything else is a string. Bytes that are no UTF-8 (paths) become
 * their escaped text, and a second member "<key>_hex" has the bytes themselves.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "cli/cli.h"

static const char *const numbers[] = {"index", "entry", "items", "bytes", "files", "number",
	"level", "version", "epoch", "conditions", "pieces", "eligible", "approved", "rejected",
	"joined", "co-applicants", "size", "mtime", "total", "deal-entry", "accept-entry",
	"position", "members", "entries", "people", "collections", "accessions", "held", "released",
	"requests-open", "grants-live", "grants-suspended", "checkouts-live", "incidents",
	"refusals", "packs", "blocks", "open-here", "sessions", "second-pending", "pid", "tiles",
	"signatures", "objects", "deposits", "envelopes", "findings", "elapsed-ms", "bad", "next",
	"seal-entry", "extension", "have", "want", "key-epoch", "rekeying", "left", "left-held",
	"left-asked", "seconds", "openings", "persons", "count", "done", "judged", "seen", "grants",
	"decisions", "resumed", "rows", "from", "to", "approvals", "rejections", "checkouts",
	"rules"};

static const char *const flags[] = {"referral", "embargo", "hold", "sealed", "newest",
	"room-key-ended", "active", "dealt", "accepted", "opened", "void", "repeated", "changed",
	"failed", "embedded", "founded", "signed", "open-here", "still"};

/* "kind/key", or "key" for all kinds. */
static const char *const lists[] = {"role", "ever", "form", "hazard", "language", "keyword",
	"purpose", "condition", "mark", "follow", "version/person", "version/joined",
	"version/quorum", "version/member", "version/dealer", "version/newcomer", "version/leaving",
	"request/person", "request/joined", "grant/person", "grant/vote", "grant/training",
	"vote/training", "unused/person", "rule/missing", "rule/reads", "item/part",
	"scan/finding"};

static bool among(const char *const *list, size_t count, const char *key) {
	for (size_t i = 0; i < count; i++) {
		if (strcmp(list[i], key) == 0)
			return true;
	}
	return false;
}
#define AMONG(list, key) among((list), sizeof(list) / sizeof(list)[0], (key))

static bool lost; /* something was not put where it belongs; one thread prints */

int cli_json_set(json_t *o, const char *key, json_t *value) {
	const int rc = (json_object_set_new)(o, key, value);

	lost = lost || rc != 0;
	return rc;
}

int cli_json_append(json_t *list, json_t *value) {
	const int rc = (json_array_append_new)(list, value);

	lost = lost || rc != 0;
	return rc;
}

int cli_json_whole(struct sr_err *e) {
	const bool was = lost;

	lost = false;
	return !was ? 0
		    : sr_fail(e, SR_NOMEM,
			      "no memory for the answer as JSON: it is not printed; what the "
			      "command does is done");
}

int cli_json_end(struct cli *c, int rc, struct sr_err *e) {
	const int whole = cli_json_whole(rc == 0 ? e : NULL);

	if (rc != 0 || whole == 0)
		return rc;
	cli_hint(c, "end what else needs memory here, and look at what was done before the "
		    "command is repeated");
	return whole;
}

/* NULL where it did not become what it should: cli_json_set sees that. */
static json_t *text_of(const struct sr_buf *b) {
	return b->failed != SR_OK ? NULL
				  : json_stringn(b->len > 0 ? (const char *)b->p : "", b->len);
}

json_t *cli_json_bytes(struct sr_bytes text) {
	if (sr_utf8_valid(text) && (text.len == 0 || memchr(text.p, 0, text.len) == NULL))
		return json_stringn(text.len > 0 ? (const char *)text.p : "", text.len);
	struct sr_buf b;
	sr_buf_init(&b);
	sr_escape(&b, text, 0);
	json_t *j = text_of(&b);
	sr_buf_free(&b);
	return j;
}

json_t *cli_json_hex(const void *p, size_t len) {
	struct sr_buf b;
	sr_buf_init(&b);
	sr_buf_put_hex(&b, p, len);
	json_t *j = text_of(&b);
	sr_buf_free(&b);
	return j;
}

void cli_json_set_bytes(json_t *o, const char *key, struct sr_bytes text) {
	json_object_set_new(o, key, cli_json_bytes(text));
	if (!sr_utf8_valid(text) || (text.len > 0 && memchr(text.p, 0, text.len) != NULL)) {
		char name[80];
		snprintf(name, sizeof name, "%s_hex", key);
		json_object_set_new(o, name, cli_json_hex(text.p, text.len));
	}
}

static json_t *value_of(const char *key, struct sr_bytes v) {
	uint64_t n = 0;
	if (AMONG(flags, key) && sr_bytes_eq(v, sr_bytes_str("yes")))
		return json_true();
	if (AMONG(numbers, key) && sr_parse_dec(&n, v, INT64_MAX, NULL) == 0)
		return json_integer((json_int_t)n);
	if (AMONG(numbers, key) && v.len > 1 && v.p[0] == '-' &&
		sr_parse_dec(&n, sr_bytes_of(v.p + 1, v.len - 1), INT64_MAX, NULL) == 0)
		return json_integer(-(json_int_t)n);
	return cli_json_bytes(v);
}

static void add(json_t *o, const char *kind, struct sr_bytes key_bytes, struct sr_bytes v) {
	char key[256], qualified[300];
	snprintf(key, sizeof key, "%.*s", (int)key_bytes.len, (const char *)key_bytes.p);
	snprintf(qualified, sizeof qualified, "%s/%s", kind, key);
	json_t *old = json_object_get(o, key);
	const struct sr_desc_field *f = strcmp(kind, "item") == 0 ? sr_desc_field(key_bytes) : NULL;
	if (AMONG(lists, key) || AMONG(lists, qualified) || (f != NULL && f->max > 1)) {
		if (old == NULL) {
			old = json_array();
			json_object_set_new(o, key, old);
		}
		json_array_append_new(old, cli_json_bytes(v));
	} else if (!sr_utf8_valid(v)) {
		cli_json_set_bytes(o, key, v);
	} else {
		json_object_set_new(o, key, value_of(key, v));
	}
}

json_t *cli_json_row(const struct sr_row *row) {
	json_t *o = json_object();
	char kind[256];
	snprintf(kind, sizeof kind, "%.*s", (int)row->kind.len, (const char *)row->kind.p);
	for (size_t i = 0; i < row->count; i++)
		add(o, kind, row->fields[i].key, row->fields[i].value);
	return o;
}

json_t *cli_json_rows(const struct sr_rows *rows, const char *kind) {
	json_t *a = json_array();
	for (size_t i = 0; i < rows->count; i++) {
		const struct sr_row *row = &rows->rows[i];
		if (kind != NULL && !sr_row_is(row, kind))
			continue;
		json_t *o = cli_json_row(row);
		if (kind == NULL)
			json_object_set_new(o, "row", cli_json_bytes(row->kind));
		json_array_append_new(a, o);
	}
	return a;
}

json_t *cli_json_fields(const struct cli_answer *a) {
	json_t *o = json_object();
	for (size_t i = 0; i < a->r.text.count; i++) {
		const struct sr_line *l = &a->r.text.lines[i];
		if (!sr_bytes_eq(l->key, sr_bytes_str("code")) &&
			!sr_bytes_eq(l->key, sr_bytes_str("error")))
			add(o, "", l->key, l->value);
	}
	return o;
}

static int put_text(const char *text, size_t len, void *to) {
	sr_buf_put(to, text, len);
	return ((const struct sr_buf *)to)->failed ? -1 : 0;
}

/* Into memory first: jansson needs some while it writes, and may stop in the middle. */
void cli_json_print(json_t *j) {
	struct sr_buf b;

	sr_buf_init_secret(&b); /* titles and names */
	lost = lost || j == NULL || json_dump_callback(j, put_text, &b, JSON_INDENT(2)) != 0;
	sr_buf_put_u8(&b, '\n');
	lost = lost || b.failed != SR_OK;
	if (!lost)
		(void)!fwrite(b.p, 1, b.len, stdout); /* main looks at the stream at the end */
	sr_buf_free(&b);
	json_decref(j);
}

static int keep_receipt(struct cli *c, const struct sr_submitted *s, struct sr_err *e) {
	const char *path = cli_get(c, "receipt");
	struct sr_dir *d = NULL;
	struct sr_receipt receipt = {0};
	char name[256];
	if (path == NULL || s->receipt.len == 0)
		return 0;
	int rc = sr_receipt_decode(&receipt, sr_buf_view(&s->receipt), e);
	if (rc == 0)
		rc = cli_split_path(&d, name, path, e);
	if (rc == 0)
		rc = sr_receipt_save(d, name, &receipt, e);
	sr_dir_close(d);
	sr_receipt_free(&receipt);
	return rc == 0 ? 0
		       : sr_wrap(e, "it is in the log as entry %llu, but its receipt was not kept",
				 (unsigned long long)s->index);
}

static void done_json(const struct sr_submitted *s, json_t *more) {
	json_t *o = more != NULL ? more : json_object();
	char time[SR_TIME_TEXT];
	sr_time_format(time, s->received);
	json_object_set_new(o, "statement", cli_json_hex(s->id, SR_ID));
	json_object_set_new(o, "index", json_integer((json_int_t)s->index));
	json_object_set_new(o, "received", json_string(time));
	json_object_set_new(o, "repeated", json_boolean(s->repeated));
	json_object_set_new(o, "proven", json_boolean(s->proven));
	json_t *follow = json_array();
	for (size_t i = 0; i < sizeof s->follow / sizeof s->follow[0]; i++) {
		if (s->follow[i][0] != '\0')
			json_array_append_new(follow, json_string(s->follow[i]));
	}
	json_object_set_new(o, "follow", follow);
	cli_json_print(o);
}

int cli_done(struct cli *c, const struct sr_submitted *s, json_t *more, const char *fmt, ...) {
	struct sr_err e = {0};
	int rc = keep_receipt(c, s, &e);
	if (c->json) {
		done_json(s, more);
	} else {
		va_list ap;
		va_start(ap, fmt);
		vprintf(fmt, ap);
		va_end(ap);
		printf("%s (entry %llu of the log%s)\n", s->repeated ? ", as before" : "",
			(unsigned long long)s->index, s->proven ? ", proven" : "");
		for (size_t i = 0; i < sizeof s->follow / sizeof s->follow[0]; i++) {
			if (s->follow[i][0] != '\0')
				printf("%s\n", s->follow[i]);
		}
		json_decref(more);
	}
	if (rc != 0)
		fprintf(stderr, "strongroom: %s\n", e.text);
	return rc;
}

void cli_not_promised(const struct sr_text *note, const struct cli_limit *limits, size_t count) {
	if (sr_text_count(note, "not-promised") > 0)
		printf("\nWhat it cannot promise:\n");
	for (size_t i = 0; i < sr_text_count(note, "not-promised"); i++)
		for (size_t k = 0; k < count; k++)
			if (sr_bytes_eq(sr_text_get_n(note, "not-promised", i),
				    sr_bytes_str(limits[k].token)))
				printf("  %-14s %s\n", limits[k].token, limits[k].sentence);
}

int cli_done_note(struct cli *c, const struct sr_submitted *s, struct sr_bytes note,
	const struct cli_note *kind, struct sr_err *e) {
	const char *path = cli_get(c, "out");
	const uint8_t *end = memmem(note.p, note.len, "\n\n", 2);
	int rc = path != NULL ? cli_write_file(path, note, false, e) : 0;
	json_t *more;

	if (rc != 0)
		return rc;
	if (!c->json)
		kind->print(
			sr_bytes_of(note.p, end != NULL ? (size_t)(end - note.p) + 1 : note.len));
	more = json_object();
	json_object_set_new(more, kind->key, cli_json_bytes(note));
	return cli_done(c, s, more, "\n%s", kind->told);
}

void cli_json_refused(json_t *o, const struct sr_submitted *s) {
	json_object_set_new(o, "error", json_string(s->why.text));
	if (s->rule[0] != '\0')
		json_object_set_new(o, "rule", json_string(s->rule));
	if (s->title[0] != '\0')
		json_object_set_new(o, "title", json_string(s->title));
}

json_t *cli_json_lines(struct sr_bytes told) {
	json_t *lines = json_array();
	size_t from = 0;

	for (size_t i = 0; i < told.len; i++) {
		char line[600];

		if (told.p[i] != '\n')
			continue;
		json_array_append_new(lines, json_string(sr_escape_to(line, sizeof line,
						     sr_bytes_of(told.p + from, i - from))));
		from = i + 1;
	}
	return lines;
}
