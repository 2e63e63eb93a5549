/*
 * What a voter verifies comes in pages (core/ops.h, request.material), so that a large request does
 * not keep core's one thread from others; here they become one body again. That the seals are those
 * of the signed list, all of them and in its order, is checked on the whole (client_vote.c), as if
 * it had come in one piece; here only what would make the pages something else than one answer.
 */
#include "core/ballot.h"

struct pages {
	struct sr_client *client;
	struct sr_buf *out;
	size_t start;     /* of the body in ${out} */
	uint64_t version; /* of all of them, once the first came; as asked, before */
	uint64_t from;    /* where the next begins */
	uint64_t rows;
	bool last;
};

static int head_dec(uint64_t *v, const struct sr_call *r, const char *key, struct sr_err *e) {
	const struct sr_bytes text = sr_text_get(&r->text, key);
	int rc;

	if (text.p == NULL)
		return sr_fail(e, SR_CORRUPT, "the answer has no field %s", key);
	rc = sr_parse_dec(v, text, INT64_MAX, e);
	SR_NAMED(rc, e, "%s", key);
	return rc;
}

static int check_request(const uint8_t want[SR_ID], const struct sr_call *r, struct sr_err *e) {
	uint8_t id[SR_ID] = {0};
	char asked[2 * SR_ID + 1], came[2 * SR_ID + 1];
	int rc = sr_unhex(id, SR_ID, sr_text_get(&r->text, "request"), e);

	SR_NAMED(rc, e, "request");
	if (rc != 0 || memcmp(id, want, SR_ID) == 0)
		return rc;
	sr_hex(asked, want, SR_ID);
	sr_hex(came, id, SR_ID);
	return sr_fail(e, SR_AUTH, "request %.12s was asked for, %.12s came", asked, came);
}

static int check_version(struct pages *p, const struct sr_call *r, struct sr_err *e) {
	uint64_t version = 0;
	int rc = head_dec(&version, r, "version", e);

	if (rc == 0 && p->version != 0 && version != p->version)
		rc = sr_fail(e, SR_AUTH, "version %llu was asked for, %llu came",
			(unsigned long long)p->version, (unsigned long long)version);
	if (rc == 0 && version == 0)
		rc = sr_fail(e, SR_CORRUPT, "version 0 came");
	p->version = version;
	return rc;
}

/* The rows, and where the next page begins. */
static int take_page(
	struct pages *p, const struct sr_call *r, const struct sr_rows *rows, struct sr_err *e) {
	uint64_t seals = 0, next = 0;
	int rc;

	for (size_t i = 0; i < rows->count; i++)
		seals += sr_row_is(&rows->rows[i], "seal") ? 1 : 0;
	if (p->from > 0 && (seals == 0 || seals != rows->count))
		return sr_fail(e, SR_AUTH,
			"the page from item %llu on has %zu rows, %llu of them seals",
			(unsigned long long)p->from + 1, rows->count, (unsigned long long)seals);
	p->last = sr_text_get(&r->text, "next").p == NULL;
	rc = p->last ? 0 : head_dec(&next, r, "next", e);
	if (rc == 0 && !p->last && (seals == 0 || next != p->from + seals))
		rc = sr_fail(e, SR_AUTH,
			"%llu seals came from item %llu on, the next page is said to begin at "
			"item %llu",
			(unsigned long long)seals, (unsigned long long)p->from + 1,
			(unsigned long long)next + 1);
	/* Also ends a vault that never says which page is the last. */
	if (rc == 0 && !p->last && next >= SR_REQUEST_ITEMS_MAX)
		rc = sr_fail(e, SR_AUTH,
			"a page from item %llu on is announced, a request has at most %d items",
			(unsigned long long)next + 1, SR_REQUEST_ITEMS_MAX);
	p->from = next;
	p->rows += rows->count;
	if (rc == 0 &&
		(p->rows > SR_ROWS_MAX || p->out->len - p->start + r->body.len > SR_CALL_BODY_MAX))
		rc = sr_fail(e, SR_LIMIT, "more than %d rows or %d bytes came", SR_ROWS_MAX,
			SR_CALL_BODY_MAX);
	if (rc != 0 || r->body.len < 4)
		return rc;
	sr_buf_put(p->out, r->body.p + 4, r->body.len - 4);
	return sr_buf_ok(p->out, e);
}

static int one_page(struct pages *p, const struct sr_material_ask *ask, struct sr_err *e) {
	struct sr_call q, r;
	struct sr_rows rows = {0};
	int rc;

	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "request.material");
	sr_text_put_hex(&q.head, "request", ask->request, SR_ID);
	if (p->version != 0)
		sr_text_put_dec(&q.head, "version", p->version);
	if (ask->extension != 0)
		sr_text_put_dec(&q.head, "extension", ask->extension);
	if (p->from > 0) {
		sr_text_put_dec(&q.head, "from", p->from);
	} else {
		if (ask->since != 0)
			sr_text_put_dec(&q.head, "since", ask->since);
		if (ask->board)
			sr_text_put(&q.head, "board", "yes");
	}
	rc = sr_client_rows(p->client, &q, &r, &rows, e);
	if (rc == 0)
		rc = check_request(ask->request, &r, e);
	if (rc == 0)
		rc = check_version(p, &r, e);
	if (rc == 0)
		rc = take_page(p, &r, &rows, e);
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

int sr_material_fetch(struct sr_buf *out, struct sr_client *c, const struct sr_material_ask *ask,
	struct sr_err *e) {
	struct pages p = {.client = c, .out = out, .start = out->len, .version = ask->version};
	int rc = 0;

	sr_buf_put_le32(out, 0);
	while (rc == 0 && !p.last)
		rc = one_page(&p, ask, e);
	if (rc == 0)
		rc = sr_buf_ok(out, e);
	if (rc != 0)
		return rc;
	sr_le32_put(out->p + p.start, (uint32_t)p.rows);
	return 0;
}
