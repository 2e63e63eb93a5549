/*
 * A table of descriptions: read twice, once to check every row against the items that there are,
 * once to sign. Neither holds more than a row and a group of statements; of the items of an
 * accession their first paths are kept, since rows name items by them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "cli/describing.h"

enum {
	PAGE = 1000 /* items a call may ask for */
};

struct place { /* an item by its first path */
	struct sr_bytes path;
	uint8_t item[SR_ID];
	size_t row; /* that described it, from 1; 0: none yet */
};
struct places {
	struct place *at; /* in byte order of paths */
	size_t count, cap;
	struct sr_buf paths; /* each with a NUL; ${at} points into it when all are there */
	size_t *offset, *len;
};

static void places_free(struct places *p) {
	free(p->at);
	free(p->offset);
	free(p->len);
	sr_buf_free(&p->paths);
}

static int places_grow(struct places *p, struct sr_err *e) {
	const size_t cap = p->cap == 0 ? PAGE : 2 * p->cap;
	struct place *at = reallocarray(p->at, cap, sizeof *at);
	if (at != NULL)
		p->at = at;
	size_t *offset = reallocarray(p->offset, cap, sizeof *offset);
	if (offset != NULL)
		p->offset = offset;
	size_t *len = reallocarray(p->len, cap, sizeof *len);
	if (len != NULL)
		p->len = len;
	if (at == NULL || offset == NULL || len == NULL)
		return sr_fail(e, SR_NOMEM, "items: out of memory");
	p->cap = cap;
	return 0;
}

/* The first path of an item. */
static int add_place(struct places *p, struct cli *c, const uint8_t item[SR_ID], struct sr_err *e) {
	struct cli_answer a;
	int rc = p->count == p->cap ? places_grow(p, e) : 0;
	if (rc != 0)
		return rc;
	cli_ask(&a, "item");
	sr_text_put_hex(&a.q.head, "item", item, SR_ID);
	sr_text_put_dec(&a.q.head, "limit", 1);
	rc = cli_call(c, &a, e);
	const struct sr_row *file = rc == 0 ? sr_rows_first(&a.rows, "file") : NULL;
	if (file != NULL) {
		const struct sr_bytes path = sr_row_get(file, "path");
		p->offset[p->count] = p->paths.len;
		p->len[p->count] = path.len;
		p->at[p->count] = (struct place){.row = 0};
		memcpy(p->at[p->count].item, item, SR_ID);
		p->count++;
		sr_buf_put_bytes(&p->paths, path);
		rc = sr_buf_ok(&p->paths, e);
	}
	cli_answer_free(&a);
	return rc;
}

static int by_path(const void *a, const void *b) {
	return sr_bytes_cmp(((const struct place *)a)->path, ((const struct place *)b)->path);
}

static int find_places(
	struct places *p, struct cli *c, const uint8_t accession[SR_ID], struct sr_err *e) {
	size_t seen = 0, n = PAGE;
	int rc = 0;
	while (rc == 0 && n == PAGE) {
		struct cli_answer a;
		cli_ask(&a, "items");
		sr_text_put_hex(&a.q.head, "accession", accession, SR_ID);
		sr_text_put_dec(&a.q.head, "limit", PAGE);
		sr_text_put_dec(&a.q.head, "offset", seen);
		rc = cli_call(c, &a, e);
		n = rc == 0 ? a.rows.count : 0;
		for (size_t i = 0; rc == 0 && i < n; i++) {
			uint8_t id[SR_ID];
			rc = sr_row_get_id(id, SR_ID, &a.rows.rows[i], "id", e);
			if (rc == 0)
				rc = add_place(p, c, id, e);
		}
		seen += n;
		cli_answer_free(&a);
	}
	for (size_t i = 0; rc == 0 && i < p->count; i++)
		p->at[i].path = sr_bytes_of(
			p->paths.p == NULL ? (const uint8_t *)"" : p->paths.p + p->offset[i],
			p->len[i]);
	if (rc == 0 && p->count > 1)
		qsort(p->at, p->count, sizeof *p->at, by_path);
	return rc;
}

/* --- rows ------------------------------------------------------------------------------------- */

struct table {
	struct cli *c;
	struct places places;
	bool by_place;
	struct cli_describing *signing; /* NULL: rows are checked */
	struct cli_table_done *done;
	size_t row;
};

/* One item of a row: checked, or signed unless a curator said the same already (what a depositor
 * called it is no description). */
static int one_item(
	struct table *t, const struct cli_row *row, const uint8_t item[SR_ID], struct sr_err *e) {
	struct cli_description d = {.count = 0};
	struct cli_answer a;
	int rc = cli_item_ask(&a, t->c, item, e);
	if (rc == 0)
		rc = cli_description_make(&d, t->c, row, &a, e);
	const struct sr_row *now = rc == 0 ? sr_rows_first(&a.rows, "item") : NULL;
	if (now != NULL && sr_row_get(now, "described").p != NULL && cli_description_holds(&d, now))
		t->done->already++;
	else if (rc == 0 && t->signing != NULL)
		rc = cli_describing_add(t->signing, &d, row->line, e);
	t->done->items++;
	if (d.values != NULL)
		cli_description_free(&d);
	cli_answer_free(&a);
	return rc;
}

/* The first place that is not before ${path}. */
static size_t first_place(const struct places *p, struct sr_bytes path) {
	size_t low = 0, high = p->count;
	while (low < high) {
		const size_t mid = low + (high - low) / 2;
		if (sr_bytes_cmp(p->at[mid].path, path) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Items that a row names by its path, or by a folder above them; each is of the first row that
 * names it. */
static int by_places(struct table *t, const struct cli_row *row, struct sr_err *e) {
	const char *stored = cli_row_stored(row);
	size_t n = strlen(stored), found = 0;
	char shown[128];
	int rc = 0;
	while (n > 0 && stored[n - 1] == '/')
		n--;
	const struct sr_bytes path = sr_bytes_of(stored, n);
	/* What begins with the path lies together; not all of it lies below the folder. */
	for (size_t i = first_place(&t->places, path); rc == 0 && i < t->places.count; i++) {
		struct place *at = &t->places.at[i];
		if (at->path.len < n || memcmp(at->path.p, stored, n) != 0)
			break;
		if (at->path.len > n && at->path.p[n] != '/')
			continue;
		found++;
		if (at->row != 0 && at->row != t->row)
			continue;
		at->row = t->row;
		rc = one_item(t, row, at->item, e);
	}
	if (rc == 0 && found == 0)
		rc = sr_fail(e, SR_NOTFOUND, "the accession has no item that begins with \"%s\"",
			sr_escape_to(shown, sizeof shown, path));
	return rc;
}

static int take_row(void *ctx, const struct cli_row *row, struct sr_err *e) {
	struct table *t = ctx;
	uint8_t item[SR_ID];
	int rc;
	if (cli_stopped != 0)
		return sr_fail(e, SR_LOCKED, "stopped on request");
	t->row++;
	t->done->rows++;
	if (row->path != NULL && !t->by_place)
		return sr_fail(e, SR_USAGE,
			"names a path: of which accession? --accession ID, or a column item");
	if (row->path != NULL)
		return by_places(t, row, e);
	rc = sr_client_resolve(t->c->client, item, row->item, "item", e);
	return rc == 0 ? one_item(t, row, item, e) : rc;
}

int cli_describe_table(struct cli_table_done *out, struct cli *c, const char *file,
	const uint8_t *accession, bool dry_run, struct sr_err *e) {
	struct table t = {.c = c, .by_place = accession != NULL, .done = out};
	int rc = 0;
	sr_buf_init(&t.places.paths);
	*out = (struct cli_table_done){0};
	if (accession != NULL)
		rc = find_places(&t.places, c, accession, e);
	if (rc == 0)
		rc = cli_rows_each(file, take_row, &t, e);
	if (rc == 0 && !dry_run) {
		*out = (struct cli_table_done){0};
		t.row = 0;
		for (size_t i = 0; i < t.places.count; i++)
			t.places.at[i].row = 0;
		rc = cli_describing_begin(&t.signing, c, e);
		if (rc == 0)
			rc = cli_rows_each(file, take_row, &t, e);
		rc = cli_describing_end(t.signing, rc, &out->signed_items, e);
	}
	places_free(&t.places);
	return rc;
}
