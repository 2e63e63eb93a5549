/*
 * What a voter verifies, in pages: at the bounds of a page, from a vault that lies about its pages,
 * in a file for another machine, and with an amendment between two pages. The whole is refused or
 * it is what the applicant signed; how it was cut is nobody's business.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "client_rig.h"
#include "core/ballot.h"
#include "core/server.h"
#include "world.h"

enum {
	BATCH = 64, /* items of one deposit */
	LIE_ITEMS = 5,
	LIE_PAGE = 2 /* pages of 2, 2 and 1 */
};

/* ${n} released items, appended. */
static void released(struct world *w, uint8_t (*items)[SR_ID], size_t n) {
	static struct world_file files[BATCH];
	static char names[BATCH][16];

	for (size_t done = 0; done < n; done += BATCH) {
		const size_t count = n - done < BATCH ? n - done : BATCH;
		struct world_deposit dep = {.files = files, .count = count};

		for (size_t i = 0; i < count; i++) {
			snprintf(names[i], sizeof names[i], "%zu.txt", done + i);
			files[i] = (struct world_file){
				.path = names[i], .content = sr_bytes_str(names[i])};
		}
		assert_int_equal(world_deposit(w, &dep), 0);
		assert_int_equal(dep.item_count, count);
		for (size_t i = 0; i < count; i++) {
			world_held_release(w, dep.items[i]);
			memcpy(items[done + i], dep.items[i], SR_ID);
		}
	}
}

static size_t times_asked(const struct desk *d, const char *op) {
	size_t n = 0;

	for (const char *p = d->liar.asked; (p = strstr(p, op)) != NULL; p++)
		n++;
	return n;
}

static void asked_by(struct office *o, const uint8_t (*items)[SR_ID], size_t n, uint8_t id[SR_ID]) {
	struct world_request rq = {.by = &o->w->researcher[0], .items = items, .count = n};

	assert_int_equal(world_request(o->w, &rq), 0);
	memcpy(id, rq.id, SR_ID);
}

/* --- bounds ----------------------------------------------------------------------------------- */

/* Member 0 votes on the request, whose ${n} items come in ${pages} pages; the vault takes it. */
static void vote_in_pages(struct office *o, const uint8_t request[SR_ID], size_t n, size_t pages) {
	struct desk *d = desk_new(o, &o->w->member[0]);
	struct sr_ballot *b = NULL;
	struct sr_writ w = {0};

	d->liar.asked[0] = '\0';
	assert_ok(sr_ballot_fetch(&b, d->c, request, 0, &d->e), &d->e);
	assert_int_equal(times_asked(d, " request.material"), pages);
	assert_int_equal(b->view.item_count, n);
	assert_ok(sr_ballot_vote(&w, b, &(struct sr_voting){.decision = "approve"}, &d->e), &d->e);
	assert_ok(sr_client_submit(d->c, &w, NULL, &d->e), &d->e);
	sr_writ_free(&w);
	sr_ballot_free(b);
	desk_free(d);
}

static void test_bounds(void **state) {
	static const struct {
		size_t items, pages;
	} cases[] = {{1, 1}, {SR_MATERIAL_PAGE - 1, 1}, {SR_MATERIAL_PAGE, 1},
		{SR_MATERIAL_PAGE + 1, 2}};
	static uint8_t items[SR_MATERIAL_PAGE + 1][SR_ID];
	struct office *o = office_new(NULL);
	uint8_t request[SR_ID], grant[SR_ID];

	(void)state;
	released(o->w, items, SR_MATERIAL_PAGE + 1);
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		asked_by(o, (const uint8_t(*)[SR_ID])items, cases[i].items, request);
		vote_in_pages(o, request, cases[i].items, cases[i].pages);
	}
	/* One without items: revoking what two votes on the first and last item give. */
	uint8_t two[2][SR_ID];
	memcpy(two[0], items[0], SR_ID);
	memcpy(two[1], items[SR_MATERIAL_PAGE], SR_ID);
	asked_by(o, (const uint8_t(*)[SR_ID])two, 2, request);
	vote_in_pages(o, request, 2, 1);
	assert_int_equal(
		world_vote(o->w, &(struct world_vote){.member = 1, .request = request}), 0);
	assert_true(world_grant_of(o->w, request, grant));
	struct world_request end = {.by = &o->w->member[1], .kind = "revoke", .target = grant};
	assert_int_equal(world_request(o->w, &end), 0);
	vote_in_pages(o, end.id, 0, 1);
	office_free(o);
}

/* --- the operation ---------------------------------------------------------------------------- */

static void call_page(struct desk *d, struct sr_call *r, const uint8_t id[SR_ID],
	const char *version, const char *from, int *rc) {
	struct sr_call q;

	sr_call_init(&q);
	sr_call_begin(&q, "request.material");
	sr_text_put_hex(&q.head, "request", id, SR_ID);
	if (version != NULL)
		sr_text_put(&q.head, "version", version);
	sr_text_put(&q.head, "from", from);
	*rc = sr_client_call(d->c, &q, r, &d->e);
	sr_call_free(&q);
}

static size_t rows_of(const struct sr_call *r, const char *kind) {
	struct sr_rows rows = {0};
	size_t n = 0;

	assert_int_equal(sr_rows_parse(&rows, sr_buf_view(&r->body), NULL), 0);
	for (size_t i = 0; i < rows.count; i++)
		n += kind == NULL || sr_row_is(&rows.rows[i], kind) ? 1 : 0;
	sr_rows_free(&rows);
	return n;
}

static struct office *of_five(uint8_t items[LIE_ITEMS][SR_ID], uint8_t request[SR_ID]) {
	struct office *o = office_new(NULL);

	o->core.material_page = LIE_PAGE;
	released(o->w, items, LIE_ITEMS);
	asked_by(o, (const uint8_t(*)[SR_ID])items, LIE_ITEMS, request);
	return o;
}

static void test_operation(void **state) {
	uint8_t items[LIE_ITEMS][SR_ID], request[SR_ID];
	struct office *o = of_five(items, request);
	struct desk *d = desk_new(o, &o->w->member[0]);
	struct sr_call r;
	int rc;

	(void)state;
	sr_call_init(&r);
	call_page(d, &r, request, NULL, "2", &rc);
	assert_fails(rc, SR_USAGE, &d->e, "a page from item 2 on needs the version");
	call_page(d, &r, request, "1", "5", &rc);
	assert_fails(rc, SR_USAGE, &d->e, "from item 5 on, it has 5");
	call_page(d, &r, request, "1", "9223372036854775807", &rc);
	assert_fails(rc, SR_USAGE, &d->e, "it has 5");
	call_page(d, &r, request, "2", "2", &rc);
	assert_fails(rc, SR_NOTFOUND, &d->e, "version");
	call_page(d, &r, request, "1", "0", &rc);
	assert_ok(rc, &d->e);
	assert_int_equal(rows_of(&r, "seal"), 2);
	assert_int_equal(rows_of(&r, "list"), 1);
	assert_true(sr_bytes_eq(sr_text_get(&r.text, "next"), sr_bytes_str("2")));
	call_page(d, &r, request, "1", "3", &rc); /* a client may begin where it likes */
	assert_ok(rc, &d->e);
	assert_int_equal(rows_of(&r, "seal"), 2);
	assert_int_equal(rows_of(&r, NULL), 2);
	assert_null(sr_text_get(&r.text, "next").p);
	sr_call_free(&r);
	desk_free(d);
	/* Whoever may not see the request sees no later page of it either. */
	d = desk_new(o, &o->w->researcher[1]);
	sr_call_init(&r);
	call_page(d, &r, request, "1", "2", &rc);
	assert_int_equal(rc, SR_NOTFOUND);
	sr_call_free(&r);
	desk_free(d);
	office_free(o);
}

/* --- lies about pages ------------------------------------------------------------------------- */

struct lie {
	const char *name;
	size_t page;      /* the one that is altered, from 0 */
	size_t instead;   /* 1 + where the page begins that comes in its place; 0: none */
	const char *next; /* what the head says then; NULL: as it came; "": nothing */
	const char *version, *request; /* the same */
	bool other;                    /* of another request of as many items */
	size_t drop;                   /* the seal that is left out, from 1; 0: none */
	bool twice;                    /* its last row again */
	bool turn;                     /* its rows in the other order */
	bool receipts;                 /* with the rows of the first page in front */
	int code;
	const char *text; /* of the refusal; NULL: none, it is as good as before */
	/* */
	uint8_t elsewhere[SR_ID];
	size_t seen;
};

static void ask_again(
	struct liar *l, struct sr_call *q, struct sr_call *r, const uint8_t *request, size_t from) {
	struct sr_text t = {0};
	struct sr_call again;
	struct sr_err e = {0};
	uint8_t id[SR_ID];

	assert_int_equal(sr_text_parse(&t, sr_buf_view(&q->head), NULL), 0);
	assert_int_equal(sr_unhex(id, SR_ID, sr_text_get(&t, "request"), NULL), 0);
	sr_call_init(&again);
	sr_call_begin(&again, "request.material");
	sr_text_put_hex(&again.head, "request", request != NULL ? request : id, SR_ID);
	sr_text_put_dec(&again.head, "version", 1);
	sr_text_put_dec(&again.head, "from", from);
	assert_ok(l->real.call(l->real.ctx, &again, r, &e), &e);
	sr_call_free(&again);
	sr_text_free(&t);
}

static void lie_body(struct liar *liar, struct lie *l, struct sr_call *q, struct sr_call *r) {
	struct sr_rows rows = {0}, front = {0};
	struct sr_rows_out o;
	struct sr_call first;
	struct sr_buf body;

	sr_call_init(&first);
	sr_buf_init(&body);
	sr_rows_begin(&o, &body);
	assert_int_equal(sr_rows_parse(&rows, sr_buf_view(&r->body), NULL), 0);
	if (l->receipts) {
		ask_again(liar, q, &first, NULL, 0);
		assert_int_equal(sr_rows_parse(&front, sr_buf_view(&first.body), NULL), 0);
		for (size_t i = 0; i < front.count; i++)
			if (!sr_row_is(&front.rows[i], "seal"))
				lie_row(&o, &front.rows[i], NULL, sr_bytes_of(NULL, 0));
	}
	for (size_t i = 0, seal = 0; i < rows.count; i++) {
		const struct sr_row *row = &rows.rows[l->turn ? rows.count - 1 - i : i];

		if (sr_row_is(row, "seal") && ++seal == l->drop)
			continue;
		lie_row(&o, row, NULL, sr_bytes_of(NULL, 0));
		if (l->twice && i + 1 == rows.count)
			lie_row(&o, row, NULL, sr_bytes_of(NULL, 0));
	}
	sr_rows_free(&rows);
	sr_rows_free(&front);
	sr_buf_clear(&r->body);
	sr_buf_put_bytes(&r->body, sr_buf_view(&body));
	sr_buf_free(&body);
	sr_call_free(&first);
}

/* "": the line is left out. */
static const char *word(const char *value) {
	return value[0] != '\0' ? value : NULL;
}

static int twist_page(
	struct liar *liar, const char *op, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	struct lie *l = liar->ctx;

	(void)e;
	if (strcmp(op, "request.material") != 0 || l->seen++ != l->page)
		return 0;
	liar->was_twisted = true;
	if (l->instead > 0 || l->other)
		ask_again(liar, q, r, l->other ? l->elsewhere : NULL,
			l->instead > 0 ? l->instead - 1 : l->page * LIE_PAGE);
	if (l->drop > 0 || l->turn || l->twice || l->receipts)
		lie_body(liar, l, q, r);
	if (l->next != NULL)
		lie_head(r, "next", word(l->next));
	if (l->version != NULL)
		lie_head(r, "version", word(l->version));
	if (l->request != NULL)
		lie_head(r, "request", word(l->request));
	return 0;
}

static struct lie lies[] = {
	{.name = "repeated",
		.page = 1,
		.instead = 1,
		.code = SR_AUTH,
		.text = "rows, 2 of them seals"},
	{.name = "repeated, of later ones",
		.page = 2,
		.instead = 3,
		.code = SR_AUTH,
		.text = "2 seals came from item 5 on, the next page is said to begin at item 5"},
	{.name = "repeated, with a head to match",
		.page = 2,
		.instead = 3,
		.next = "",
		.code = SR_AUTH,
		.text = "item 5 of the list is"},
	{.name = "skipped",
		.page = 1,
		.instead = 5,
		.next = "",
		.code = SR_AUTH,
		.text = "item 3 of the list is"},
	{.name = "short",
		.page = 0,
		.drop = 2,
		.code = SR_AUTH,
		.text = "1 seals came from item 1 on, the next page is said to begin at item 3"},
	{.name = "short, and the rest comes after it", .page = 0, .drop = 2, .next = "1"},
	{.name = "an item left out",
		.page = 1,
		.drop = 1,
		.code = SR_AUTH,
		.text = "1 seals came from item 3 on"},
	{.name = "an item left out, with a head to match",
		.page = 1,
		.drop = 1,
		.next = "3",
		.code = SR_AUTH,
		.text = "item 3 of the list is"},
	{.name = "the last left out",
		.page = 1,
		.next = "",
		.code = SR_AUTH,
		.text = "4 of 5 came"},
	{.name = "the last empty",
		.page = 2,
		.drop = 1,
		.code = SR_AUTH,
		.text = "the page from item 5 on has 0 rows"},
	{.name = "the first empty of seals",
		.page = 0,
		.drop = 1,
		.next = "0",
		.code = SR_AUTH,
		.text = "1 seals came from item 1 on, the next page is said to begin at item 1"},
	{.name = "with the last row twice",
		.page = 2,
		.twice = true,
		.code = SR_AUTH,
		.text = "more seals than items"},
	{.name = "in other order",
		.page = 1,
		.turn = true,
		.code = SR_AUTH,
		.text = "item 3 of the list is"},
	{.name = "of another request",
		.page = 1,
		.other = true,
		.code = SR_AUTH,
		.text = "was asked for"},
	{.name = "of another request in the name of this",
		.page = 1,
		.other = true,
		.request = "",
		.code = SR_AUTH,
		.text = "item 3 of the list is"},
	{.name = "the first of another request",
		.page = 0,
		.other = true,
		.request = "",
		.code = SR_AUTH,
		.text = "shows no request"},
	{.name = "of another version",
		.page = 1,
		.version = "2",
		.code = SR_AUTH,
		.text = "version 1 was asked for, 2 came"},
	{.name = "of version 0",
		.page = 0,
		.version = "0",
		.code = SR_CORRUPT,
		.text = "version 0 came"},
	{.name = "of no version",
		.page = 0,
		.version = "",
		.code = SR_CORRUPT,
		.text = "the answer has no field version"},
	{.name = "with other rows",
		.page = 1,
		.receipts = true,
		.code = SR_AUTH,
		.text = "2 of them seals"},
	{.name = "to be continued for ever",
		.page = 2,
		.next = "5",
		.code = SR_USAGE,
		.text = "it has 5"},
	{.name = "that goes back",
		.page = 1,
		.next = "0",
		.code = SR_AUTH,
		.text = "the next page is said to begin at item 1"},
	{.name = "that jumps",
		.page = 1,
		.next = "9223372036854775807",
		.code = SR_AUTH,
		.text = "the next page is said to begin at item"},
};

static void test_lies(void **state) {
	uint8_t items[LIE_ITEMS][SR_ID], request[SR_ID], other[SR_ID];
	char hex[2 * SR_ID + 1];
	struct office *o = of_five(items, request);
	uint8_t more[LIE_ITEMS][SR_ID];

	(void)state;
	released(o->w, more, LIE_ITEMS);
	asked_by(o, (const uint8_t(*)[SR_ID])more, LIE_ITEMS, other);
	sr_hex(hex, request, SR_ID);
	for (size_t i = 0; i < T_COUNT(lies); i++) {
		struct desk *d = desk_new(o, &o->w->member[0]);
		struct sr_ballot *b = NULL;

		memcpy(lies[i].elsewhere, other, SR_ID);
		if (lies[i].request != NULL)
			lies[i].request = hex;
		lies[i].seen = 0;
		d->liar.twist = twist_page;
		d->liar.ctx = &lies[i];
		d->liar.was_twisted = false;
		const int rc = sr_ballot_fetch(&b, d->c, request, 0, &d->e);
		if (lies[i].text != NULL ? rc == 0 || !d->liar.was_twisted : rc != 0)
			fail_msg("a page %s: %s", lies[i].name, rc == 0 ? "taken" : d->e.text);
		if (lies[i].text != NULL)
			assert_fails(rc, lies[i].code, &d->e, lies[i].text);
		sr_ballot_free(b);
		desk_free(d);
	}
	office_free(o);
}

/* A vault that has one more page for ever: each of one seal, as announced. */
struct endless {
	size_t pages;
	struct sr_buf head, body; /* of any page but the first */
};

static int endless(
	struct liar *l, const char *op, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	struct endless *all = l->ctx;
	struct lie first = {.drop = 2};
	char next[24];

	(void)e;
	if (strcmp(op, "request.material") != 0)
		return 0;
	if (all->pages == 0) {
		lie_body(l, &first, q, r);
	} else if (all->pages == 1) {
		ask_again(l, q, r, NULL, LIE_ITEMS - 1);
		sr_buf_put_bytes(&all->head, sr_buf_view(&r->head));
		sr_buf_put_bytes(&all->body, sr_buf_view(&r->body));
	} else {
		sr_buf_clear(&r->head);
		sr_buf_clear(&r->body);
		sr_buf_put_bytes(&r->head, sr_buf_view(&all->head));
		sr_buf_put_bytes(&r->body, sr_buf_view(&all->body));
		assert_int_equal(sr_call_parse(r, NULL), 0);
	}
	snprintf(next, sizeof next, "%zu", ++all->pages);
	lie_head(r, "next", next);
	return -1;
}

/* One page with as many rows as a body can have, and another: more than one answer can be. */
static int crowded(
	struct liar *l, const char *op, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	size_t *pages = l->ctx;
	struct sr_rows rows = {0};
	struct sr_rows_out o;
	struct sr_buf body;

	(void)q;
	(void)e;
	if (strcmp(op, "request.material") != 0 || ++*pages != 1)
		return 0;
	assert_int_equal(sr_rows_parse(&rows, sr_buf_view(&r->body), NULL), 0);
	sr_buf_init(&body);
	sr_rows_begin(&o, &body);
	for (size_t i = 0; i < rows.count; i++)
		lie_row(&o, &rows.rows[i], NULL, sr_bytes_of(NULL, 0));
	for (size_t i = rows.count; i < SR_ROWS_MAX; i++)
		sr_row(&o, "spare");
	sr_rows_free(&rows);
	sr_buf_clear(&r->body);
	sr_buf_put_bytes(&r->body, sr_buf_view(&body));
	sr_buf_free(&body);
	return 0;
}

static void test_endless(void **state) {
	uint8_t items[LIE_ITEMS][SR_ID], request[SR_ID];
	struct office *o = of_five(items, request);
	struct desk *d = desk_new(o, &o->w->member[0]);
	struct endless all = {0};
	struct sr_ballot *b = NULL;

	(void)state;
	sr_buf_init(&all.head);
	sr_buf_init(&all.body);
	d->liar.twist = endless;
	d->liar.ctx = &all;
	assert_fails(sr_ballot_fetch(&b, d->c, request, 0, &d->e), SR_AUTH, &d->e,
		"a request has at most 10000 items");
	assert_int_equal(all.pages, SR_REQUEST_ITEMS_MAX);
	sr_buf_free(&all.head);
	sr_buf_free(&all.body);
	desk_free(d);
	d = desk_new(o, &o->w->member[0]);
	size_t pages = 0;
	d->liar.twist = crowded;
	d->liar.ctx = &pages;
	assert_fails(sr_ballot_fetch(&b, d->c, request, 0, &d->e), SR_LIMIT, &d->e,
		"more than 65536 rows or 75497472 bytes came");
	assert_int_equal(pages, 2);
	desk_free(d);
	office_free(o);
}

/* --- an amendment between two pages ----------------------------------------------------------- */

struct amending {
	struct world_request rq;
	struct office *o;
	bool done;
};

static int amend_after_first(
	struct liar *l, const char *op, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	struct amending *a = l->ctx;

	(void)q;
	(void)r;
	(void)e;
	if (strcmp(op, "request.material") != 0 || a->done)
		return 0;
	a->done = true;
	a->rq.version = 2;
	assert_int_equal(world_request(a->o->w, &a->rq), 0);
	return 0;
}

/* The pages stay those of the version that was begun; its vote is refused, as superseded. */
static void test_amended(void **state) {
	uint8_t items[LIE_ITEMS][SR_ID], request[SR_ID];
	struct office *o = of_five(items, request);
	struct desk *d = desk_new(o, &o->w->member[0]);
	struct amending a = {.o = o,
		.rq = {.by = &o->w->researcher[0],
			.items = (const uint8_t(*)[SR_ID])items,
			.count = 3}};
	struct sr_ballot *b = NULL;
	struct sr_writ w = {0};

	(void)state;
	memcpy(a.rq.id, request, SR_ID);
	d->liar.twist = amend_after_first;
	d->liar.ctx = &a;
	assert_ok(sr_ballot_fetch(&b, d->c, request, 0, &d->e), &d->e);
	assert_true(a.done);
	assert_int_equal(b->view.version, 1);
	assert_int_equal(b->view.item_count, LIE_ITEMS);
	assert_ok(sr_ballot_vote(&w, b, &(struct sr_voting){.decision = "approve"}, &d->e), &d->e);
	assert_fails(sr_client_submit(d->c, &w, NULL, &d->e), SR_DENIED, &d->e,
		"the vote is on version 1, the request is at version 2");
	sr_writ_free(&w);
	sr_ballot_free(b);
	assert_ok(sr_ballot_fetch(&b, d->c, request, 0, &d->e), &d->e);
	assert_int_equal(b->view.version, 2);
	assert_int_equal(b->view.item_count, 3);
	sr_ballot_free(b);
	desk_free(d);
	office_free(o);
}

/* --- a file of several pages ------------------------------------------------------------------ */

/* Where the parts of a bundle lie (core/bundle.c). */
enum {
	AT_VAULT = 8,
	AT_MATERIAL = 72
};

/* ${bundle} without its receipts of ${what}, and with ${count} further bodies announced. */
static void bundle_with(
	struct sr_buf *out, const struct sr_buf *bundle, const char *what, uint32_t count) {
	struct sr_reader r;
	struct sr_bytes material = {0}, more = {0};
	struct sr_rows rows = {0};
	struct sr_rows_out o;
	struct sr_buf body;
	uint32_t had = 0;

	sr_buf_init_secret(&body);
	sr_reader_init(&r, sr_bytes_of(bundle->p + AT_MATERIAL, bundle->len - AT_MATERIAL));
	assert_int_equal(sr_get_lp(&r, &material, SR_CALL_BODY_MAX, NULL), 0);
	assert_int_equal(sr_get_le32(&r, &had, NULL), 0);
	more = sr_bytes_of(r.in.p + r.pos, sr_reader_left(&r));
	assert_int_equal(sr_rows_parse(&rows, material, NULL), 0);
	sr_rows_begin(&o, &body);
	for (size_t i = 0; i < rows.count; i++)
		if (what == NULL || !row_what(&rows.rows[i], "receipt", what))
			lie_row(&o, &rows.rows[i], NULL, sr_bytes_of(NULL, 0));
	sr_rows_free(&rows);
	sr_buf_clear(out);
	sr_buf_put(out, bundle->p, AT_MATERIAL);
	sr_buf_put_lp(out, sr_buf_view(&body));
	sr_buf_put_le32(out, count != 0 ? count : had);
	sr_buf_put_bytes(out, more);
	assert_int_equal(sr_buf_ok(out, NULL), 0);
	sr_buf_free(&body);
}

/* Read by ${p} (NULL: nobody) without a connection, who remembers what ${memory} holds. */
static int read_away(struct office *o, const struct world_person *p, struct sr_dir *memory,
	const struct sr_buf *bundle, struct sr_err *e) {
	struct desk *d = desk_prepare(o, p);
	struct sr_ballot *b = NULL;

	assert_ok(desk_open_with(d, o->w->v->fingerprint, memory, false), &d->e);
	const int rc = sr_ballot_read(&b, d->c, sr_buf_view(bundle), &d->e);
	assert_true(rc == 0 || b == NULL);
	*e = d->e;
	sr_ballot_free(b);
	desk_free(d);
	return rc;
}

/* A member's memory of the vault in which another key stands than found names: somebody wrote it
 * into their folder. */
static void remember_other(struct office *o, const struct world_person *p) {
	uint8_t seed[SR_SEED], pk[SR_PK];
	struct sr_vkey key;
	struct sr_seen seen;
	struct sr_buf text;
	struct sr_err e = {0};

	t_fill(seed, sizeof seed, 4242);
	sr_sign_public(pk, seed);
	sr_buf_init(&text);
	assert_ok(sr_vkey_make(&key, sr_bytes_str(W_ORIGIN), SR_NOTE_ED25519, pk, &e), &e);
	sr_vkey_put(&text, &key);
	sr_buf_put_u8(&text, 0);
	assert_ok(sr_seen_init(&seen, W_ORIGIN, o->w->v->fingerprint, (const char *)text.p,
			  p->person, &e),
		&e);
	assert_ok(sr_seen_store(o->memory, &seen, &e), &e);
	sr_buf_free(&text);
}

/* A file that is no bundle, not of this vault, not for this machine, or keeps something back:
 * nobody votes by it. */
static void bundle_lies(struct office *o, const uint8_t request[SR_ID]) {
	struct desk *d = desk_new(o, &o->w->member[0]);
	const struct world_person *p = &o->w->member[1];
	struct sr_buf bundle, lie;
	struct sr_err e = {0};
	char words[200];

	sr_buf_init_secret(&bundle);
	sr_buf_init_secret(&lie);
	assert_ok(sr_client_bundle(d->c, request, 0, 0, &bundle, &d->e), &d->e);
	desk_free(d);
	bundle_with(&lie, &bundle, NULL, 0); /* the same, taken apart and put together */
	assert_ok(read_away(o, p, NULL, &lie, &e), &e);
	lie.p[3] ^= 1;
	assert_fails(read_away(o, p, NULL, &lie, &e), SR_CORRUPT, &e,
		"bundle: it does not begin with SRBNDL1: it is not a bundle of a request");
	lie.p[3] ^= 1;
	lie.p[AT_VAULT] ^= 1;
	assert_fails(read_away(o, p, NULL, &lie, &e), SR_AUTH, &e,
		"bundle: it is of another vault than this one");
	bundle_with(&lie, &bundle, NULL, 65);
	assert_fails(read_away(o, p, NULL, &lie, &e), SR_CORRUPT, &e,
		"bundle: it announces 65 further bodies, a bundle has at most 64");
	for (lie.len = 0; lie.len < AT_MATERIAL + 4; lie.len++)
		assert_int_equal(read_away(o, p, NULL, &lie, &e), SR_CORRUPT);
	bundle_with(&lie, &bundle, "opened", 0);
	assert_fails(read_away(o, p, NULL, &lie, &e), SR_AUTH, &e,
		"bundle: it does not show that the board was opened");
	assert_fails(read_away(o, NULL, NULL, &bundle, &e), SR_USAGE, &e,
		"bundle: this needs an identity (--as FILE)");
	/* Who remembers a ledger wants to see that this one continues it. */
	d = desk_new(o, p);
	const unsigned long long size = (unsigned long long)sr_client_info(d->c)->seen_size;
	desk_free(d);
	snprintf(words, sizeof words,
		"bundle: it proves the ledger from entry 0 on, this machine has verified %llu "
		"entries: have it written with --since %llu",
		size, size);
	assert_fails(read_away(o, p, o->memory, &bundle, &e), SR_AUTH, &e, words);
	remember_other(o, &o->w->member[2]);
	assert_fails(read_away(o, &o->w->member[2], o->memory, &bundle, &e), SR_AUTH, &e,
		"the memory of this vault names another origin or ledger key than found");
	sr_buf_free(&bundle);
	sr_buf_free(&lie);
}

static void test_bundle(void **state) {
	uint8_t items[LIE_ITEMS][SR_ID], request[SR_ID], fingerprint[SR_HASH];
	struct office *o = of_five(items, request);
	struct desk *here = desk_new(o, &o->w->researcher[0]),
		    *away = desk_prepare(o, &o->w->member[1]);
	struct sr_ballot *b = NULL;
	struct sr_writ w = {0};
	struct sr_buf bundle;

	(void)state;
	sr_buf_init(&bundle);
	memcpy(fingerprint, sr_client_info(here->c)->fingerprint, SR_HASH);
	here->liar.asked[0] = '\0';
	assert_ok(sr_client_bundle(here->c, request, 0, 0, &bundle, &here->e), &here->e);
	assert_int_equal(times_asked(here, " request.material"), 6); /* verified, then written */
	assert_ok(desk_open_with(away, fingerprint, NULL, false), &away->e);
	assert_ok(sr_ballot_read(&b, away->c, sr_buf_view(&bundle), &away->e), &away->e);
	assert_int_equal(b->view.item_count, LIE_ITEMS);
	assert_ok(sr_ballot_vote(&w, b, &(struct sr_voting){.decision = "approve"}, &away->e),
		&away->e);
	bundle_lies(o, request);
	assert_ok(sr_client_submit(here->c, &w, NULL, &here->e), &here->e);
	sr_writ_free(&w);
	sr_ballot_free(b);
	sr_buf_free(&bundle);
	desk_free(away);
	desk_free(here);
	office_free(o);
}

/* --- how long others wait --------------------------------------------------------------------- */

struct counter { /* core at its socket, and somebody who asks small questions of it all the time */
	struct office *o;
	struct sr_server *s;
	atomic_bool closed, left;
	int rc;
	struct sr_err e;
	uint64_t longest_ns, asked;
	uint64_t worked_ns; /* by the server's thread */
};

static uint64_t ns_of(clockid_t clock) {
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static void *serving(void *ctx) {
	struct counter *c = ctx;

	while (!atomic_load(&c->closed) && c->rc == 0)
		c->rc = sr_server_turn(c->s, 5, &c->e);
	c->worked_ns = ns_of(CLOCK_THREAD_CPUTIME_ID);
	return NULL;
}

static void *asking(void *ctx) {
	struct counter *c = ctx;
	struct sr_transport t = {0};
	struct sr_call q, r;
	struct sr_err e = {0};

	sr_call_init(&q);
	sr_call_init(&r);
	int rc = sr_transport_socket(&t, c->o->w->vault, &e);
	while (rc == 0 && !atomic_load(&c->left)) {
		const uint64_t began = ns_of(CLOCK_MONOTONIC);

		sr_call_begin(&q, "hello");
		rc = sr_transport_call(&t, &q, &r, &e);
		const uint64_t took = ns_of(CLOCK_MONOTONIC) - began;
		c->longest_ns = took > c->longest_ns ? took : c->longest_ns;
		c->asked++;
	}
	if (rc != 0)
		print_message("the other caller: %s\n", e.text);
	if (t.close != NULL)
		t.close(t.ctx);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc == 0 ? c : NULL;
}

/* The whole material fetched over the socket with pages of ${page}; what another caller waited at
 * most, in milliseconds. */
static double longest_wait(struct office *o, const uint8_t request[SR_ID], size_t page) {
	struct counter c = {.o = o};
	struct desk *d = desk_prepare(o, &o->w->member[0]);
	struct sr_buf body;
	pthread_t server, other;
	void *fine = NULL;

	o->core.material_page = page;
	const struct sr_server_options so = {.core = &o->core};
	assert_ok(sr_server_new(&c.s, &so, &c.e), &c.e);
	assert_int_equal(pthread_create(&server, NULL, serving, &c), 0);
	struct sr_client_options co = {.identity = &d->id,
		.memory = o->memory,
		.place = o->w->vault,
		.clock = {desk_now, o}};
	assert_ok(sr_transport_socket(&co.transport, o->w->vault, &d->e), &d->e);
	assert_ok(sr_client_open(&d->c, &co, &d->e), &d->e);
	assert_int_equal(pthread_create(&other, NULL, asking, &c), 0);
	sr_buf_init_secret(&body);
	const uint64_t began = ns_of(CLOCK_MONOTONIC);
	assert_ok(sr_material_fetch(
			  &body, d->c, &(struct sr_material_ask){.request = request}, &d->e),
		&d->e);
	const uint64_t took = ns_of(CLOCK_MONOTONIC) - began;
	atomic_store(&c.left, true);
	assert_int_equal(pthread_join(other, &fine), 0);
	assert_non_null(fine);
	sr_buf_free(&body);
	desk_free(d);
	atomic_store(&c.closed, true);
	assert_int_equal(pthread_join(server, NULL), 0);
	assert_ok(c.rc, &c.e);
	print_message("pages of %zu: fetched in %.0f ms, for which core worked %.0f ms; another "
		      "caller asked %llu times and waited %.0f ms at most\n",
		page, (double)took / 1e6, (double)c.worked_ns / 1e6, (unsigned long long)c.asked,
		(double)c.longest_ns / 1e6);
	sr_server_free(c.s);
	return (double)c.longest_ns / 1e6;
}

/* With as many items as $MATERIAL_ITEMS: in one piece, as it was once, then in pages. */
static void test_wait(void **state) {
	const char *wanted = getenv("MATERIAL_ITEMS");
	const size_t n = wanted != NULL ? (size_t)strtoul(wanted, NULL, 10) : SR_MATERIAL_PAGE;
	uint8_t(*items)[SR_ID] = calloc(n, SR_ID);
	struct office *o = office_new(NULL);
	uint8_t request[SR_ID];

	(void)state;
	assert_non_null(items);
	released(o->w, items, n);
	asked_by(o, (const uint8_t(*)[SR_ID])items, n, request);
	const double whole = longest_wait(o, request, n),
		     pages = longest_wait(o, request, SR_MATERIAL_PAGE);
	/* Of 10,000 items a page is a fortieth; the rest is for a busy machine. */
	assert_true(pages < whole / 4);
	free(items);
	office_free(o);
}

int main(void) {
	const struct CMUnitTest wait[] = {cmocka_unit_test(test_wait)};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_operation),
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_amended),
		cmocka_unit_test(test_bundle),
	};

	if (getenv("MATERIAL_ITEMS") != NULL) /* tests/soak/material.sh */
		return cmocka_run_group_tests(wait, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
