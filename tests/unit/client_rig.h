/*
 * client_rig - people with their clients at a vault that may lie: each desk is a client over a
 * transport that hands calls to core and, when a test says so, changes what comes back, keeps it
 * back, or breaks.
 *
 *     struct office *o = office_new(NULL);            a world (world.h) behind core's table, and a
 * folder for memories struct desk *d = desk_new(o, &o->w->member[0]);  connected, pinned, logged in
 *     d->liar.twist = swap_seals;                      from now on the server lies
 *     ... d->c, d->e ...
 *     desk_free(d); office_free(o);
 */
#ifndef SR_TESTS_CLIENT_RIG_H
#define SR_TESTS_CLIENT_RIG_H

#include <stdlib.h>
#include <string.h>

#include "core/client.h"
#include "core/core.h"
#include "core/ops.h"
#include "core/rescan.h"
#include "intake/queue.h"
#include "world.h"

struct office {
	struct world *w;
	struct sr_core core;
	struct sr_dir *memory;
};

struct liar {
	struct sr_transport real;
	struct sr_core *core;
	/* After the call: change the reply (its body; the head is parsed already). ${op} is what
	 * was asked. 0: it is the answer; above: the call is refused; below: it is the answer,
	 * though the vault refused. */
	int (*twist)(struct liar *l, const char *op, struct sr_call *q, struct sr_call *r,
		struct sr_err *e);
	void *ctx;
	size_t lies; /* lies_rig.h: so many are at ${ctx} */
	bool was_twisted;
	const char *keeps; /* this operation never gets to the vault */
	int breaks; /* >0: the n-th call from now is answered by the vault, but the answer never
		       comes */
	char asked[400]; /* names of operations, newest last, with spaces */
};

struct desk {
	struct office *o;
	struct liar liar;
	struct sr_identity id;
	struct sr_client *c;
	struct sr_submitted s;
	struct sr_err e;
};

static inline struct office *office_new(const struct world_options *wo) {
	struct office *o = calloc(1, sizeof *o);
	struct sr_dir *d = NULL;
	struct sr_err e = {0};

	assert_non_null(o);
	o->w = world_new(wo);
	o->core.vault = o->w->v;
	o->core.room = o->w->room;
	assert_ok(sr_queue_new(&o->core.queue, o->w->v, NULL, &o->w->e), &o->w->e);
	assert_ok(sr_rescan_new(&o->core.rescan, o->w->v, o->w->room, &o->w->e), &o->w->e);
	assert_ok(sr_dir_open(&d, o->w->path, &e), &e);
	assert_ok(sr_dir_make(&o->memory, d, "memory", 0700, &e), &e);
	sr_dir_close(d);
	return o;
}

static inline void office_free(struct office *o) {
	assert_int_equal(o->core.sessions, 0);
	sr_dir_close(o->memory);
	sr_queue_free(o->core.queue);
	sr_rescan_free(o->core.rescan);
	world_free(o->w);
	free(o);
}

/* The vault of ${o} is closed, and opened again as another process would: what hangs on it too. */
static inline void office_close(struct office *o) {
	sr_queue_free(o->core.queue);
	sr_rescan_free(o->core.rescan);
	o->core.queue = NULL;
	o->core.rescan = NULL;
	world_close(o->w);
	o->core.vault = NULL;
	o->core.room = NULL;
}

static inline void office_reopen(struct office *o) {
	if (o->core.vault != NULL)
		office_close(o);
	world_reopen(o->w);
	o->core.vault = o->w->v;
	o->core.room = o->w->room;
	assert_ok(sr_queue_new(&o->core.queue, o->w->v, NULL, &o->w->e), &o->w->e);
	assert_ok(sr_rescan_new(&o->core.rescan, o->w->v, o->w->room, &o->w->e), &o->w->e);
}

static inline int liar_call(void *ctx, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	struct liar *l = ctx;
	struct sr_text t = {0};
	char op[40] = "";
	int rc;

	if (l->real.call == NULL)
		return sr_fail(e, SR_IO, "the connection broke");
	if (sr_text_parse(&t, sr_buf_view(&q->head), NULL) == 0) {
		const struct sr_bytes v = sr_text_get(&t, "op");

		snprintf(op, sizeof op, "%.*s", (int)v.len, (const char *)v.p);
		sr_text_free(&t);
	}
	if (strlen(l->asked) + sizeof op + 1 > sizeof l->asked)
		l->asked[0] = '\0';
	snprintf(l->asked + strlen(l->asked), sizeof l->asked - strlen(l->asked), " %s", op);
	const bool kept = l->keeps != NULL && strcmp(l->keeps, op) == 0;
	rc = kept ? sr_fail(e, SR_IO, "%s was kept back", op) : l->real.call(l->real.ctx, q, r, e);
	if (l->breaks > 0 && --l->breaks == 0) {
		l->real.close(l->real.ctx);
		memset(&l->real, 0, sizeof l->real);
		sr_call_free(r);
		sr_call_init(r);
		return sr_fail(e, SR_IO, "the connection broke");
	}
	const int twisted = l->twist != NULL ? l->twist(l, op, q, r, e) : 0;
	if (twisted != 0)
		return twisted > 0 ? sr_fail(e, SR_DENIED, "no") : 0;
	return rc;
}

static inline void liar_close(void *ctx) {
	struct liar *l = ctx;

	if (l->real.close != NULL)
		l->real.close(l->real.ctx);
	memset(&l->real, 0, sizeof l->real);
}

static inline int liar_again(void *ctx, struct sr_transport *out, struct sr_err *e) {
	struct liar *l = ctx;
	int rc = sr_core_embedded(&l->real, l->core, e);

	if (rc == 0)
		*out = (struct sr_transport){liar_call, liar_close, l, false};
	return rc;
}

static inline int64_t desk_now(void *ctx) {
	return ((struct office *)ctx)->w->now;
}

/* A desk without a client: desk_open makes it. ${p} NULL: nobody. */
static inline struct desk *desk_prepare(struct office *o, const struct world_person *p) {
	struct desk *d = calloc(1, sizeof *d);

	assert_non_null(d);
	d->o = o;
	d->liar.core = &o->core;
	if (p != NULL) {
		assert_ok(sr_identity_from_seed(&d->id, p->seed, &d->e), &d->e);
		/* A later key keeps the name that is of the first. */
		snprintf(d->id.person, sizeof d->id.person, "%s", p->person);
	}
	return d;
}

static inline int desk_open_with(
	struct desk *d, const uint8_t *fingerprint, struct sr_dir *memory, bool online) {
	struct sr_client_options co = {.reconnect = liar_again,
		.reconnect_ctx = &d->liar,
		.identity = d->id.seed != NULL ? &d->id : NULL,
		.memory = memory,
		.place = online ? d->o->w->vault : NULL,
		.fingerprint = fingerprint,
		.clock = {desk_now, d->o}};

	sr_err_clear(&d->e);
	if (online)
		assert_ok(liar_again(&d->liar, &co.transport, &d->e), &d->e);
	return sr_client_open(&d->c, &co, &d->e);
}

static inline int desk_open(struct desk *d) {
	return desk_open_with(d, NULL, d->o->memory, true);
}

static inline struct desk *desk_new(struct office *o, const struct world_person *p) {
	struct desk *d = desk_prepare(o, p);

	assert_ok(desk_open(d), &d->e);
	return d;
}

static inline void desk_close(struct desk *d) {
	sr_client_close(d->c);
	d->c = NULL;
}

static inline void desk_free(struct desk *d) {
	desk_close(d);
	sr_submitted_free(&d->s);
	sr_identity_free(&d->id);
	free(d);
}

static inline struct sr_introduction intro_of(const struct world_person *p) {
	struct sr_introduction i = {.card = sr_buf_view(&p->card), .name = sr_bytes_str(p->name)};

	memcpy(i.salt, p->salt, SR_SALT);
	return i;
}

/* The head of a reply with one line changed or added; NULL leaves it out. */
static inline void lie_head(struct sr_call *r, const char *key, const char *value) {
	struct sr_buf head;
	bool had = false;

	sr_buf_init(&head);
	sr_text_begin(&head, "strongroom/reply/v1");
	for (size_t i = 0; i < r->text.count; i++) {
		const struct sr_line *l = &r->text.lines[i];
		char k[40], v[8192];

		snprintf(k, sizeof k, "%.*s", (int)l->key.len, (const char *)l->key.p);
		snprintf(v, sizeof v, "%.*s", (int)l->value.len, (const char *)l->value.p);
		if (strcmp(k, key) != 0)
			sr_text_put(&head, k, v);
		else if (value != NULL)
			sr_text_put(&head, k, value);
		had = had || strcmp(k, key) == 0;
	}
	if (!had && value != NULL)
		sr_text_put(&head, key, value);
	sr_buf_clear(&r->head);
	sr_buf_put_bytes(&r->head, sr_buf_view(&head));
	sr_buf_free(&head);
	assert_int_equal(sr_call_parse(r, NULL), 0);
}

/* --- lies about rows -------------------------------------------------------------------------- */

/* Copy one row; the field ${key} (NULL: none) gets ${value} instead (p == NULL: is left out), also
 * when it had no such field. */
static inline void lie_row(
	struct sr_rows_out *o, const struct sr_row *row, const char *key, struct sr_bytes value) {
	bool had = false;
	char name[64];

	snprintf(name, sizeof name, "%.*s", (int)row->kind.len, (const char *)row->kind.p);
	sr_row(o, name);
	for (size_t i = 0; i < row->count; i++) {
		const struct sr_row_field *f = &row->fields[i];

		snprintf(name, sizeof name, "%.*s", (int)f->key.len, (const char *)f->key.p);
		if (key == NULL || strcmp(name, key) != 0)
			sr_row_bytes(o, name, f->value);
		else if (value.p != NULL)
			sr_row_bytes(o, name, value);
		had = had || (key != NULL && strcmp(name, key) == 0);
	}
	if (key != NULL && !had && value.p != NULL)
		sr_row_bytes(o, key, value);
}

/* Write the reply's rows anew, each as ${each} wants it (which calls lie_row, or not). */
static inline void lie_rows(struct sr_call *r,
	void (*each)(void *ctx, const struct sr_row *row, struct sr_rows_out *o), void *ctx) {
	struct sr_rows rows;
	struct sr_rows_out o;
	struct sr_buf body;

	if (sr_rows_parse(&rows, sr_buf_view(&r->body), NULL) != 0)
		return;
	sr_buf_init(&body);
	sr_rows_begin(&o, &body);
	for (size_t i = 0; i < rows.count; i++)
		each(ctx, &rows.rows[i], &o);
	sr_rows_free(&rows);
	sr_buf_clear(&r->body);
	sr_buf_put_bytes(&r->body, sr_buf_view(&body));
	sr_buf_free(&body);
}

static inline bool row_what(const struct sr_row *row, const char *kind, const char *what) {
	return sr_row_is(row, kind) &&
	       (what == NULL || sr_bytes_eq(sr_row_get(row, "what"), sr_bytes_str(what)));
}

#endif
