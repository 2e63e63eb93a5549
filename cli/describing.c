/*
 * describing - one description, and groups of them. See describing.h; tables are in
 * describe_table.c.
 */
#include "cli/describing.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "core/ops.h"

int cli_item_ask(struct cli_answer *a, struct cli *c, const uint8_t item[SR_ID], struct sr_err *e) {
	cli_ask(a, "item");
	sr_text_put_hex(&a->q.head, "item", item, SR_ID);
	sr_text_put_dec(&a->q.head, "limit", 1000);
	int rc = cli_call(c, a, e);
	if (rc == 0 && sr_rows_first(&a->rows, "item") == NULL)
		rc = sr_fail(e, SR_CORRUPT, "the answer holds no item");
	return rc;
}

/* --- marks ------------------------------------------------------------------------------------ */

/* The position of the file that is called so; its number when it is one. */
static int find_file(uint64_t *out, struct cli *c, const struct cli_answer *item,
	struct sr_bytes name, struct sr_err *e) {
	const uint64_t total = cli_field_dec(item, "total");
	uint8_t id[SR_ID];
	char shown[128];
	struct cli_answer a;
	int rc = 0;

	if (sr_parse_dec(out, name, INT64_MAX, NULL) == 0) {
		if (*out < total)
			return 0;
		return sr_fail(e, SR_USAGE,
			"hazard: there is no file %llu, the item has %llu (from 0)",
			(unsigned long long)*out, (unsigned long long)total);
	}
	rc = sr_row_get_id(id, SR_ID, sr_rows_first(&item->rows, "item"), "id", e);
	for (uint64_t at = 0; rc == 0 && at < total; at += 1000) {
		cli_ask(&a, "item");
		sr_text_put_hex(&a.q.head, "item", id, SR_ID);
		sr_text_put_dec(&a.q.head, "offset", at);
		sr_text_put_dec(&a.q.head, "limit", 1000);
		rc = cli_call(c, &a, e);
		uint64_t n = at;
		bool found = false;
		for (size_t i = 0; rc == 0 && !found && i < a.rows.count; i++) {
			if (!sr_row_is(&a.rows.rows[i], "file"))
				continue;
			found = sr_bytes_eq(sr_row_get(&a.rows.rows[i], "path"), name);
			*out = n++;
		}
		cli_answer_free(&a);
		if (found)
			return 0;
	}
	if (rc != 0)
		return rc;
	return sr_fail(e, SR_USAGE, "hazard: the item has no file \"%s\"",
		sr_escape_to(shown, sizeof shown, name));
}

/* "graphic@FILE[:RANGE]": a file's name may hold colons, so the first one behind which a range
 * stands is the one. */
static int read_mark(struct sr_mark *out, struct cli *c, const struct cli_answer *item,
	const char *text, struct sr_err *e) {
	const char *at = strchr(text, '@');
	struct sr_mark m = {.unit = SR_MARK_FILE};
	struct sr_bytes file = sr_bytes_str(at + 1);
	const size_t len = (size_t)(at - text);
	int rc;

	assert(len < sizeof m.hazard); /* cli_value_check knew it */
	memcpy(m.hazard, text, len);
	for (size_t i = 0; i < file.len; i++) {
		if (file.p[i] != ':')
			continue;
		if (sr_mark_range(&m, sr_bytes_of(file.p + i + 1, file.len - i - 1), NULL) == 0) {
			file = sr_bytes_of(file.p, i);
			break;
		}
		m.unit = SR_MARK_FILE;
		m.from = m.to = 0;
	}
	rc = find_file(&m.file, c, item, file, e);
	if (rc == 0)
		*out = m;
	return rc;
}

/* --- a description ---------------------------------------------------------------------------- */

void cli_description_free(struct cli_description *d) {
	for (size_t i = 0; i < d->count; i++)
		free(d->texts[i]);
	free(d->texts);
	free(d->values);
	free(d->marks);
	free(d->clear);
	memset(d, 0, sizeof *d);
}

/* The value as a statement has it: whole ids, languages in lower case. */
static int spell(char **out, struct cli *c, const struct sr_desc_field *f, const char *text,
	struct sr_err *e) {
	char hex[2 * SR_ID + 1];
	uint8_t id[SR_ID];
	struct sr_buf b;
	int rc = 0;

	sr_buf_init(&b);
	if (f->form == SR_FORM_ITEM) {
		rc = sr_client_resolve(c->client, id, text, "item", e);
		if (rc == 0) {
			sr_hex(hex, id, SR_ID);
			sr_buf_put_str(&b, hex);
		}
	} else {
		sr_desc_put(&b, f, sr_bytes_str(text));
	}
	if (rc != 0)
		rc = sr_wrap(e, "%s", f->name);
	else if ((*out = sr_buf_dup_str(&b)) == NULL)
		rc = sr_fail(e, SR_NOMEM, "description: out of memory");
	sr_buf_free(&b);
	return rc;
}

static int add_value(struct cli_description *d, struct cli *c, const struct cli_row_value *v,
	const struct cli_answer *item, struct sr_err *e) {
	int rc;

	if (cli_value_is_mark(v->field, v->text)) {
		if (d->of.mark_count == SR_MARKS_MAX)
			return sr_fail(e, SR_LIMIT,
				"hazard: an item has marks for %d parts at most; mark a whole "
				"file (HAZARD@FILE), or the item",
				SR_MARKS_MAX);
		rc = read_mark(&d->marks[d->of.mark_count], c, item, v->text, e);
		d->of.mark_count += rc == 0 ? 1 : 0;
		return rc;
	}
	rc = spell(&d->texts[d->count], c, v->field, v->text, e);
	if (rc != 0)
		return rc;
	d->values[d->count] = (struct sr_describe_value){v->field, d->texts[d->count]};
	d->count++;
	return 0;
}

static bool says_no_hazard(const struct cli_row *row) {
	for (size_t i = 0; i < row->count; i++)
		if (row->values[i].field->form == SR_FORM_HAZARD &&
			strcmp(row->values[i].text, "none") == 0)
			return true;
	return false;
}

int cli_description_make(struct cli_description *out, struct cli *c, const struct cli_row *row,
	const struct cli_answer *item, struct sr_err *e) {
	struct cli_description d = {.count = 0};
	size_t cleared = 0;
	int rc;

	d.values = calloc(row->count + 1, sizeof *d.values);
	d.texts = calloc(row->count + 1, sizeof *d.texts);
	d.marks = calloc(SR_MARKS_MAX, sizeof *d.marks);
	d.clear = calloc(row->clear_count + 2, sizeof *d.clear);
	if (d.values == NULL || d.texts == NULL || d.marks == NULL || d.clear == NULL) {
		cli_description_free(&d);
		return sr_fail(e, SR_NOMEM, "description: out of memory");
	}
	rc = sr_row_get_id(d.item, SR_ID, sr_rows_first(&item->rows, "item"), "id", e);
	for (size_t i = 0; rc == 0 && i < row->count; i++)
		rc = add_value(&d, c, &row->values[i], item, e);
	for (size_t i = 0; i < row->clear_count; i++)
		d.clear[cleared++] = row->clear[i]->name;
	/* "none" is none of the parts either. */
	if (d.of.mark_count == 0 && (row->clear_marks || says_no_hazard(row)))
		d.clear[cleared++] = "mark";
	if (rc != 0) {
		cli_description_free(&d);
		return rc;
	}
	*out = d;
	out->of.item = out->item;
	out->of.values = out->values;
	out->of.value_count = out->count;
	out->of.marks = out->marks;
	out->of.clear = out->clear;
	return 0;
}

bool cli_description_says(const struct cli_description *d) {
	return d->count > 0 || d->of.mark_count > 0 || d->clear[0] != NULL;
}

static size_t count_of(const struct sr_row *row, const char *key) {
	size_t n = 0;

	while (sr_row_get_n(row, key, n).p != NULL)
		n++;
	return n;
}

static bool has_value(const struct sr_row *row, const char *key, struct sr_bytes v) {
	struct sr_bytes have;

	for (size_t i = 0; (have = sr_row_get_n(row, key, i)).p != NULL; i++)
		if (sr_bytes_eq(have, v))
			return true;
	return false;
}

/* The values of one field: as many, and each of them. Words are kept as a set, texts in order. */
static bool field_holds(
	const struct cli_description *d, const struct sr_desc_field *f, const struct sr_row *item) {
	const size_t have = count_of(item, f->name);
	size_t want = 0;

	for (size_t i = 0; i < d->count; i++) {
		const struct sr_bytes v = sr_bytes_str(d->values[i].text);

		if (d->values[i].field != f)
			continue;
		if (sr_bytes_eq(v, sr_bytes_str("none")) && f->kind == SR_V_TOKEN)
			return have == 0;
		if (f->kind == SR_V_TEXT ? !sr_bytes_eq(sr_row_get_n(item, f->name, want), v)
					 : !has_value(item, f->name, v))
			return false;
		want++;
	}
	return want == have;
}

bool cli_description_holds(const struct cli_description *d, const struct sr_row *item) {
	for (size_t i = 0; i < d->count; i++)
		if (!field_holds(d, d->values[i].field, item))
			return false;
	for (size_t i = 0; d->clear[i] != NULL; i++)
		if (count_of(item, strcmp(d->clear[i], "mark") == 0 ? "part" : d->clear[i]) > 0)
			return false;
	for (size_t i = 0; i < d->of.mark_count; i++) {
		char text[SR_MARK_TEXT];

		sr_mark_format(text, &d->marks[i]);
		if (!has_value(item, "part", sr_bytes_str(text)))
			return false;
	}
	return d->of.mark_count == 0 || count_of(item, "part") == d->of.mark_count;
}

/* --- groups ----------------------------------------------------------------------------------- */

struct cli_describing {
	struct cli *c;
	size_t count, done;
	struct cli_description rows[SR_SUBMIT_MAX];
	size_t line[SR_SUBMIT_MAX];
	struct sr_describe of[SR_SUBMIT_MAX];
	struct sr_submitted out[SR_SUBMIT_MAX];
};

int cli_describing_begin(struct cli_describing **out, struct cli *c, struct sr_err *e) {
	*out = calloc(1, sizeof **out);
	if (*out == NULL)
		return sr_fail(e, SR_NOMEM, "table: out of memory");
	(*out)->c = c;
	return 0;
}

static void drop_group(struct cli_describing *g) {
	for (size_t k = 0; k < g->count; k++) {
		sr_submitted_free(&g->out[k]);
		cli_description_free(&g->rows[k]);
	}
	g->count = 0;
}

static int sign_group(struct cli_describing *g, struct sr_err *e) {
	if (g->count == 0)
		return 0;
	for (size_t i = 0; i < g->count; i++) { /* where they lie now */
		g->of[i] = g->rows[i].of;
		g->of[i].item = g->rows[i].item;
	}
	int rc = sr_client_describe(g->c->client, g->of, g->count, g->out, e);
	if (rc != 0)
		rc = sr_wrap(e, "row %zu", g->line[0]);
	for (size_t i = 0; rc == 0 && i < g->count; i++) {
		if (g->out[i].code == 0)
			g->done++;
	}
	for (size_t i = 0; rc == 0 && i < g->count; i++) {
		if (g->out[i].code != 0)
			rc = sr_fail(e, (enum sr_code)g->out[i].code, "row %zu: %s", g->line[i],
				g->out[i].why.text);
	}
	drop_group(g);
	return rc;
}

int cli_describing_add(
	struct cli_describing *g, struct cli_description *d, size_t line, struct sr_err *e) {
	g->line[g->count] = line;
	g->rows[g->count++] = *d;
	memset(d, 0, sizeof *d);
	return g->count == SR_SUBMIT_MAX ? sign_group(g, e) : 0;
}

int cli_describing_end(struct cli_describing *g, int rc, size_t *done, struct sr_err *e) {
	if (g == NULL)
		return rc;
	if (rc == 0)
		rc = sign_group(g, e);
	drop_group(g);
	*done = g->done;
	free(g);
	return rc;
}
