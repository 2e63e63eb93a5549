/*
 * core_rig - a world (world.h) behind core's table: calls by name, log-in with a person's key,
 * submissions in wire form.
 *
 *     struct rig *g = rig_new(NULL);
 *     rig_login(&g->desk, &g->w->researcher[0]);
 *     rig_call(&g->desk, "items", "state released limit 5", NULL);     fields as "key value key
 *       value", body or NULL
 *     assert_ok(g->desk.rc, &g->desk.e); ... g->desk.r.text, g->desk.rows
 *     rig_free(g);
 *
 * A desk is one connection: a session of its own, or a transport (server tests).
 */
#ifndef SR_TESTS_CORE_RIG_H
#define SR_TESTS_CORE_RIG_H

#include <stdlib.h>
#include <string.h>

#include "core/core.h"
#include "core/ops.h"
#include "core/rescan.h"
#include "core/rows.h"
#include "intake/queue.h"
#include "world.h"

struct rig_desk {
	struct sr_transport t;
	struct sr_call q, r;
	struct sr_rows rows;
	int rc;
	struct sr_err e;
};

struct rig {
	struct world *w;
	struct sr_core core;
	struct rig_desk desk;
};

static inline void rig_desk_open(struct rig_desk *d, struct sr_core *core) {
	memset(d, 0, sizeof *d);
	sr_call_init(&d->q);
	sr_call_init(&d->r);
	assert_ok(sr_core_embedded(&d->t, core, &d->e), &d->e);
}

static inline void rig_desk_close(struct rig_desk *d) {
	sr_rows_free(&d->rows);
	sr_call_free(&d->q);
	sr_call_free(&d->r);
	if (d->t.close != NULL)
		d->t.close(d->t.ctx);
	memset(d, 0, sizeof *d);
}

static inline struct rig *rig_new(const struct world_options *o) {
	struct rig *g = calloc(1, sizeof *g);
	assert_non_null(g);
	g->w = world_new(o);
	g->core.vault = g->w->v;
	g->core.room = g->w->room;
	assert_ok(sr_queue_new(&g->core.queue, g->w->v, NULL, &g->w->e), &g->w->e);
	assert_ok(sr_rescan_new(&g->core.rescan, g->w->v, g->w->room, &g->w->e), &g->w->e);
	rig_desk_open(&g->desk, &g->core);
	return g;
}

/* The vault is closed and opened again, as another process would: for what the door never saw. */
static inline void rig_reopen(struct rig *g) {
	rig_desk_close(&g->desk);
	sr_queue_free(g->core.queue);
	sr_rescan_free(g->core.rescan);
	world_reopen(g->w);
	g->core.vault = g->w->v;
	g->core.room = g->w->room;
	assert_ok(sr_queue_new(&g->core.queue, g->w->v, NULL, &g->w->e), &g->w->e);
	assert_ok(sr_rescan_new(&g->core.rescan, g->w->v, g->w->room, &g->w->e), &g->w->e);
	rig_desk_open(&g->desk, &g->core);
}

static inline void rig_free(struct rig *g) {
	rig_desk_close(&g->desk);
	assert_int_equal(g->core.sessions, 0);
	assert_int_equal(g->core.deposits, 0);
	sr_queue_free(g->core.queue);
	sr_rescan_free(g->core.rescan);
	world_free(g->w);
	free(g);
}

/* A connection over no socket but with a socket's rights: who is not logged in is nobody. */
struct rig_far {
	struct sr_core *core;
	struct sr_session session;
};

static inline int rig_far_call(void *ctx, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	struct rig_far *f = ctx;
	sr_core_call(f->core, &f->session, q, r);
	return sr_call_parse(r, e);
}

static inline void rig_far_close(void *ctx) {
	struct rig_far *f = ctx;
	sr_session_end(f->core, &f->session);
}

static inline void rig_far_open(struct rig_desk *d, struct rig_far *f, struct sr_core *core) {
	memset(d, 0, sizeof *d);
	memset(f, 0, sizeof *f);
	sr_call_init(&d->q);
	sr_call_init(&d->r);
	f->core = core;
	sr_session_init(core, &f->session, false);
	d->t = (struct sr_transport){.call = rig_far_call, .close = rig_far_close, .ctx = f};
}

/* The call that lies in d->q. Rows are parsed when the body is rows (else there are none). */
static inline int rig_go(struct rig_desk *d) {
	sr_rows_free(&d->rows);
	sr_err_clear(&d->e);
	d->rc = sr_transport_call(&d->t, &d->q, &d->r, &d->e);
	(void)!sr_rows_parse(&d->rows, sr_buf_view(&d->r.body), NULL);
	return d->rc;
}

static inline int rig_call(
	struct rig_desk *d, const char *op, const char *fields, const struct sr_buf *body) {
	sr_call_begin(&d->q, op);
	const struct sr_bytes all = sr_bytes_str(fields == NULL ? "" : fields);
	for (size_t i = 0; i + 1 < sr_word_count(all); i += 2) {
		char key[40], value[300];
		const struct sr_bytes k = sr_word(all, i), v = sr_word(all, i + 1);
		assert_true(k.len < sizeof key && v.len < sizeof value);
		memcpy(key, k.p, k.len);
		key[k.len] = '\0';
		memcpy(value, v.p, v.len);
		value[v.len] = '\0';
		sr_text_put(&d->q.head, key, value);
	}
	if (body != NULL)
		sr_buf_put_bytes(&d->q.body, sr_buf_view(body));
	return rig_go(d);
}

/* "key <hex>" in a static buffer. */
static inline const char *rig_hex(const char *key, const uint8_t *id, size_t len) {
	static char out[4][120];
	static unsigned at;
	char hex[2 * SR_HASH + 1];
	char *b = out[at++ % 4];
	sr_hex(hex, id, len);
	snprintf(b, sizeof out[0], "%s %s", key, hex);
	return b;
}

static inline int rig_login_as(
	struct rig_desk *d, const char *person, const uint8_t seed[SR_SEED]) {
	struct sr_buf text;
	uint8_t nonce[SR_LOGIN_NONCE], fingerprint[SR_HASH], sig[SR_SIG];
	if (rig_call(d, "login.begin", NULL, NULL) != 0)
		return d->rc;
	assert_ok(sr_unbase64_fixed(nonce, sizeof nonce, sr_text_get(&d->r.text, "nonce"), &d->e),
		&d->e);
	assert_ok(sr_unhex(fingerprint, SR_HASH, sr_text_get(&d->r.text, "fingerprint"), &d->e),
		&d->e);
	sr_buf_init(&text);
	sr_login_text(&text, fingerprint, nonce, person);
	assert_ok(sr_sign(sig, seed, sr_buf_view(&text), &d->e), &d->e);
	sr_buf_free(&text);
	sr_call_begin(&d->q, "login.finish");
	sr_text_put(&d->q.head, "person", person);
	sr_text_put_base64(&d->q.head, "signature", sig, sizeof sig);
	return rig_go(d);
}

static inline void rig_login(struct rig_desk *d, const struct world_person *p) {
	assert_ok(rig_login_as(d, p->person, p->seed), &d->e);
}

/* Sign the draft and append it as one submission in wire form; frees the draft. */
static inline void rig_put_submission(struct sr_buf *body, struct world_draft *w) {
	struct sr_buf note;
	struct sr_err e = {0};
	sr_buf_init(&note);
	assert_ok(sr_statement_sign(&note, sr_buf_view(&w->text), w->by->person, w->by->seed, &e),
		&e);
	sr_buf_put_lp(body, sr_buf_view(&note));
	sr_buf_put_le32(body, (uint32_t)w->text_count);
	for (size_t i = 0; i < w->text_count; i++) {
		sr_buf_put_lp(body, sr_bytes_str(w->texts[i].field));
		sr_buf_put_le32(body, w->texts[i].index);
		sr_buf_put(body, w->texts[i].salt, SR_SALT);
		sr_buf_put_lp(body, w->texts[i].text);
	}
	sr_buf_put_le32(body, (uint32_t)w->object_count);
	for (size_t i = 0; i < w->object_count; i++) {
		sr_buf_put(body, w->objects[i].salt, SR_SALT);
		sr_buf_put_lp(body, sr_bytes_str(w->objects[i].subject));
		sr_buf_put_lp(body, w->objects[i].body);
	}
	sr_buf_free(&note);
	world_draft_free(w);
}

static inline int rig_submit(struct rig_desk *d, struct world_draft *w, const char *fields) {
	struct sr_buf body;
	sr_buf_init(&body);
	sr_buf_put_le32(&body, 1);
	rig_put_submission(&body, w);
	const int rc = rig_call(d, "submit", fields, &body);
	sr_buf_free(&body);
	return rc;
}

/* What deposit.finish gave to ${d}, signed by the depositor and handed in. */
static inline int rig_accession(struct rig *g, struct rig_desk *d) {
	static const char *const keys[] = {"items", "files", "bytes", "list"};
	struct world_draft w;
	char value[200];
	world_begin(&w, g->w, &g->w->depositor, SR_T_ACCESSION);
	for (int k = -2; k < 4; k++) {
		const char *key = k == -2 ? "accession" : k == -1 ? "collection" : keys[k];
		const struct sr_bytes v = sr_text_get(&d->r.text, key);
		assert_true(v.p != NULL && v.len < sizeof value);
		memcpy(value, v.p, v.len);
		value[v.len] = '\0';
		sr_text_put(&w.text, key, value);
	}
	return rig_submit(d, &w, NULL);
}

static inline size_t rig_count(const struct rig_desk *d, const char *kind) {
	size_t n = 0;
	for (size_t i = 0; i < d->rows.count; i++)
		n += sr_row_is(&d->rows.rows[i], kind) ? 1 : 0;
	return n;
}

/* The row of that kind whose ${key} is ${value}; NULL. */
static inline const struct sr_row *rig_row(
	const struct rig_desk *d, const char *kind, const char *key, const char *value) {
	for (size_t i = 0; i < d->rows.count; i++) {
		const struct sr_row *r = &d->rows.rows[i];
		if (sr_row_is(r, kind) &&
			(key == NULL || sr_bytes_eq(sr_row_get(r, key), sr_bytes_str(value))))
			return r;
	}
	return NULL;
}

#define assert_field(d, key, want) \
	assert_true(sr_bytes_eq(sr_text_get(&(d)->r.text, (key)), sr_bytes_str(want)))
#define assert_cell(row, key, want) \
	assert_true(sr_bytes_eq(sr_row_get((row), (key)), sr_bytes_str(want)))

#endif
