/*
 * Certificates as a client takes them: proven before they are believed, whatever the server does to
 * note and receipt; and core makes catalogue and index anew in its sweep.
 */
#include "board/dbkeys.h"
#include "client_rig.h"
#include "things.h"
#include "world.h"

struct lie {
	const char *key;       /* of the row `certificate`; NULL: the row is not there */
	bool drop;             /* leave it out; else a byte in its middle is another */
	struct sr_bytes other; /* p != NULL: this instead */
};

static void lie_about(void *ctx, const struct sr_row *row, struct sr_rows_out *o) {
	const struct lie *l = ctx;
	struct sr_bytes v;
	uint8_t copy[16384] = {0};

	if (l->key == NULL)
		return;
	v = sr_row_get(row, l->key);
	if (l->drop || l->other.p != NULL) {
		lie_row(o, row, l->key, l->other);
		return;
	}
	assert_true(v.len > 0 && v.len <= sizeof copy);
	memcpy(copy, v.p, v.len);
	copy[v.len / 2] ^= 1;
	lie_row(o, row, l->key, sr_bytes_of(copy, v.len));
}

static int twist(
	struct liar *l, const char *op, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	(void)q;
	(void)e;
	if (strcmp(op, "certificate") != 0)
		return 0;
	lie_rows(r, lie_about, l->ctx);
	l->was_twisted = true;
	return 0;
}

/* The certificate of the item at ${ctx}, whatever it is asked for: all of it is true. */
static int other_certificate(
	struct liar *l, const char *op, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	struct sr_call again;
	struct sr_text t = {0};
	char since[24];

	if (strcmp(op, "certificate") != 0)
		return 0;
	assert_ok(sr_text_parse(&t, sr_buf_view(&q->head), e), e);
	sr_call_init(&again);
	sr_call_begin(&again, op);
	sr_text_put_hex(&again.head, "item", l->ctx, SR_ID);
	snprintf(since, sizeof since, "%.*s", (int)sr_text_get(&t, "since").len,
		(const char *)sr_text_get(&t, "since").p);
	sr_text_put(&again.head, "since", since);
	sr_text_free(&t);
	assert_ok(l->real.call(l->real.ctx, &again, r, e), e);
	sr_call_free(&again);
	l->was_twisted = true;
	return 0;
}

static void end(struct world *w, uint8_t item[SR_ID], uint8_t request[SR_ID]) {
	struct world_request rq = {.by = &w->curator[0],
		.kind = "destroy",
		.items = (const uint8_t(*)[SR_ID])item,
		.count = 1};

	put_item(w, item, true);
	assert_int_equal(world_request(w, &rq), 0);
	assert_int_equal(vote_on(w, 0, &rq), 0);
	assert_int_equal(vote_on(w, 1, &rq), 0);
	memcpy(request, rq.id, SR_ID);
}

static int ask(struct desk *d, const uint8_t *item, const uint8_t *request, struct sr_buf *note) {
	const struct sr_certifying of = {item, request};

	sr_submitted_free(&d->s);
	sr_buf_clear(note);
	return sr_client_certificate(d->c, &of, note, &d->s, &d->e);
}

static void certificates_are_proven(void **state) {
	struct office *o = office_new(NULL);
	struct world *w = o->w;
	uint8_t item[2][SR_ID], request[2][SR_ID];
	struct lie lie = {.key = "note"};
	struct sr_buf note, other;
	struct desk *d;

	(void)state;
	sr_buf_init(&note);
	sr_buf_init(&other);
	end(w, item[0], request[0]);
	end(w, item[1], request[1]);
	d = desk_new(o, &w->officer);
	assert_ok(ask(d, item[1], NULL, &other), &d->e);
	assert_ok(ask(d, item[0], NULL, &note), &d->e);
	assert_true(d->s.proven && note.len > 0 && d->s.receipt.len > 0);
	assert_ok(ask(d, NULL, request[0], &note), &d->e);
	assert_fails(ask(d, NULL, item[0], &note), SR_NOTFOUND, &d->e, "there is no request");
	assert_int_equal(note.len, 0);
	assert_ok(ask(d, item[1], NULL, &other), &d->e);

	d->liar.twist = twist;
	d->liar.ctx = &lie;
	assert_true(ask(d, item[0], NULL, &note) != 0); /* the note, spoilt */
	assert_true(d->liar.was_twisted);
	lie.key = "receipt";
	assert_true(ask(d, item[0], NULL, &note) != 0); /* its receipt, spoilt */
	lie.drop = true;
	assert_true(ask(d, item[0], NULL, &note) != 0); /* and withheld */
	lie = (struct lie){.key = "note", .other = sr_buf_view(&other)};
	assert_fails(ask(d, item[0], NULL, &note), SR_AUTH, &d->e, "of another item");
	assert_fails(ask(d, NULL, request[0], &note), SR_AUTH, &d->e,
		"not the destruction that the certificate names");
	assert_int_equal(note.len, 0);
	lie = (struct lie){.key = NULL};
	assert_fails(
		ask(d, item[0], NULL, &note), SR_CORRUPT, &d->e, "the vault shows no certificate");
	d->liar.twist = other_certificate;
	d->liar.ctx = item[1];
	d->liar.was_twisted = false;
	assert_fails(ask(d, NULL, request[0], &note), SR_AUTH, &d->e,
		"the certificate is of another request");
	assert_true(d->liar.was_twisted);
	d->liar.twist = NULL;
	assert_ok(ask(d, item[0], NULL, &note), &d->e);
	sr_buf_free(&note);
	sr_buf_free(&other);
	desk_free(d);
	office_free(o);
}

/* Core renews in its sweep, when no deposit is under way; open items are opened again. */
static void core_renews(void **state) {
	struct office *o = office_new(NULL);
	struct world *w = o->w;
	uint8_t item[2][SR_ID], request[SR_ID], grant[SR_ID];
	struct world_request rq = {
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	struct world_checkout c = {.by = &w->researcher[0], .grant = grant, .item = item[0]};
	struct sr_renewal r;

	(void)state;
	put_item(w, item[0], true);
	assert_int_equal(world_request(w, &rq), 0);
	world_grant(w, rq.id, grant);
	assert_int_equal(world_checkout(w, &c), 0);
	assert_ok(world_open(w, &c), &w->e);
	end(w, item[1], request);
	o->core.deposits = 1;
	assert_ok(sr_core_sweep(&o->core, &w->e), &w->e);
	assert_ok(sr_renewal_due(&r, w->v, &w->e), &w->e);
	assert_true(r.due && r.small);
	o->core.deposits = 0;
	assert_ok(sr_core_sweep(&o->core, &w->e), &w->e);
	assert_ok(sr_renewal_due(&r, w->v, &w->e), &w->e);
	assert_false(r.due);
	assert_int_equal(sr_room_count(w->room), 0);
	assert_ok(world_open(w, &c), &w->e); /* the checkout is live as it was */
	office_free(o);
}

/* --- entries by the names that people type --- */

struct named {
	bool found, entry; /* resolve finds an id; log.prove has an entry of that number */
	size_t ids;
};
static const char *asked_for; /* the ids begin with its first four digits; NULL: with 1234 */

/* The log is as long as it would be in years, and ids begin as they seldom do. */
static int long_log(
	struct liar *l, const char *op, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	const struct named *n = l->ctx;
	struct sr_rows_out o;

	if (strcmp(op, "log.prove") == 0 && n->entry) {
		sr_err_clear(e);
		return -1;
	}
	if (strcmp(op, "resolve") != 0 || !n->found)
		return 0;
	sr_buf_clear(&r->body);
	sr_rows_begin(&o, &r->body);
	for (size_t i = 0; i < n->ids; i++) {
		uint8_t id[SR_ID] = {0x12, 0x34, (uint8_t)i};

		if (asked_for != NULL)
			assert_int_equal(sr_unhex(id, 2, sr_bytes_of(asked_for, 4), NULL), 0);
		sr_row(&o, "match");
		sr_row_str(&o, "kind", "request");
		sr_row_hex(&o, "id", id, SR_ID);
	}
	(void)q;
	return 0;
}

static int no_answer(
	struct liar *l, const char *op, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	(void)l;
	(void)q;
	(void)r;
	(void)e;
	return strcmp(op, "resolve") == 0;
}

/* A number is the entry, a start of an id the thing; digits that are both are told, and each is
 * had by the name that is offered. */
static void entries_by_name(void **state) {
	static const struct {
		const char *typed;
		struct named lie;
		bool by_id;
		const char *says;  /* NULL: it is taken */
		const char *asked; /* for it */
	} rows[] = {
		{"12", {true, true, 1}, false, NULL, ""},
		{"1234", {false, false, 0}, false, NULL, " resolve"},
		{"1234", {false, true, 0}, false, NULL, " resolve"},
		{"1234", {true, false, 1}, true, NULL, " resolve log.prove"},
		{"1234", {true, true, 1}, false, "the entry is @1234", " resolve log.prove"},
		{"1234", {true, false, 2}, false, "request 123400000000, request 123401000000",
			" resolve log.prove"},
		{"1234", {true, true, 2}, false, "the entry is @1234", " resolve log.prove"},
		{"@1234", {true, true, 1}, false, NULL, ""},
		{"12340", {true, true, 1}, false, "takes more of its digits", " resolve log.prove"},
		{"0123", {true, true, 1}, true, NULL, " resolve"}, /* no number begins so */
		{"12ab", {true, true, 1}, true, NULL, " resolve"},
		{"12340000000000000000000000000000", {true, true, 1}, true, NULL, ""},
		{"@12ab", {true, true, 1}, false, "as in @12", ""},
		{"@", {true, true, 1}, false, "as in @12", ""},
		{"", {true, true, 1}, false, "4 to 32 digits", ""},
		{"12a", {true, true, 1}, false, "4 to 32 digits", ""},
	};
	struct office *o = office_new(NULL);
	struct desk *d = desk_new(o, &o->w->researcher[0]);

	(void)state;
	d->liar.twist = long_log;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct named lie = rows[i].lie;
		struct sr_entry_name n;
		int rc;

		asked_for = strspn(rows[i].typed, "0123456789abcdef") >= 4 ? rows[i].typed : NULL;
		d->liar.ctx = &lie;
		d->liar.asked[0] = '\0';
		sr_err_clear(&d->e);
		rc = sr_client_entry_name(&n, d->c, rows[i].typed, &d->e);
		if (rc != (rows[i].says == NULL ? 0 : SR_USAGE) ||
			(rc == 0 && n.by_id != rows[i].by_id) ||
			(rc != 0 && strstr(d->e.text, rows[i].says) == NULL) ||
			strcmp(d->liar.asked, rows[i].asked) != 0)
			fail_msg("row %zu, %s: %d, by id %d, asked%s: %s", i, rows[i].typed, rc,
				n.by_id, d->liar.asked, d->e.text);
		if (rc == 0 && !n.by_id)
			assert_int_equal(n.index, strlen(rows[i].typed) == 2 ? 12 : 1234);
	}
	/* A refusal is told, and is no answer about the name. */
	d->liar.twist = no_answer;
	sr_err_clear(&d->e);
	assert_fails(sr_client_entry_name(&(struct sr_entry_name){0}, d->c, "1234", &d->e),
		SR_DENIED, &d->e, "no");
	/* The vault completes what was typed, and does not choose another. */
	struct named other = {true, false, 1};
	uint8_t id[SR_ID];

	asked_for = NULL;
	d->liar.twist = long_log;
	d->liar.ctx = &other;
	assert_fails(sr_client_resolve(d->c, id, "4321", "request", &d->e), SR_AUTH, &d->e,
		"the vault named 1234");
	assert_ok(sr_client_resolve(d->c, id, "1234", "request", &d->e), &d->e);
	desk_free(d);
	office_free(o);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(certificates_are_proven),
		cmocka_unit_test(core_renews),
		cmocka_unit_test(entries_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
