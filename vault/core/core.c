/*
 * One call, in order: parse -> find the row -> fields and body against it -> who may -> handler
 * -> reply. Roles are read from the catalogue each time; a person whose last role ended is nobody
 * in the next call.
 */
#include "core/core.h"

#include "audit/audit.h"
#include "board/dbkeys.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/escape.h"
#include "base/time.h"
#include "core/ops_in.h"
#include "core/rescan.h"
#include "intake/deposit.h"
#include "intake/queue.h"
#include "ledger/ledger.h"
#include "room/room.h"
#include "store/secrets.h"

int sr_core_open(struct sr_core **out, const struct sr_vault_open *o, struct sr_err *e) {
	struct sr_core *c = calloc(1, sizeof *c);
	int rc = 0;
	if (c == NULL)
		return sr_fail(e, SR_NOMEM, "core: out of memory");
	rc = sr_vault_open(&c->vault, o, e);
	if (rc == 0)
		rc = sr_deposit_recover(c->vault, e);
	if (rc == 0)
		rc = sr_room_new(&c->room, c->vault, e);
	if (rc == 0)
		rc = sr_queue_new(&c->queue, c->vault, NULL, e);
	if (rc == 0)
		rc = sr_rescan_new(&c->rescan, c->vault, c->room, e);
	if (rc != 0) {
		sr_core_close(c);
		return rc;
	}
	if (o->progress != NULL)
		c->progress = *o->progress;
	*out = c;
	return 0;
}

void sr_core_close(struct sr_core *c) {
	if (c == NULL)
		return;
	sr_audit_close(c->audit);
	sr_queue_free(c->queue);
	sr_rescan_free(c->rescan);
	sr_room_free(c->room);
	sr_vault_close(c->vault);
	free(c);
}

void sr_core_intake(struct sr_core *c, struct sr_launcher *l) {
	sr_queue_employ(c->queue, l);
	c->works = true;
}

int sr_core_work(struct sr_core *c, unsigned budget_ms, int *nap_ms, struct sr_err *e) {
	enum sr_turn turn = SR_TURN_DONE, again = SR_TURN_DONE;
	int rc = 0;
	/* Whoever reads goes first: what is open may have to be closed. */
	if (c->works && c->vault->catalogue != NULL)
		rc = sr_rescan_turn(c->rescan, sr_mono_ms() + budget_ms / 2, &again, e);
	if (rc == 0 && c->works && c->vault->catalogue != NULL)
		rc = sr_queue_turn(c->queue, budget_ms, &turn, e);
	if (turn == SR_TURN_DONE || again == SR_TURN_AGAIN)
		turn = again;
	*nap_ms = turn == SR_TURN_DONE ? SR_CORE_IDLE : turn == SR_TURN_WAITS ? SR_QUEUE_NAP_MS : 0;
	if (rc == 0 && turn != SR_TURN_DONE)
		rc = sr_after_commit(c, e); /* a step may have ended looks of before */
	return rc;
}

int sr_after_commit(struct sr_core *c, struct sr_err *e) {
	size_t wiped = 0;
	return sr_room_sweep(c->room, &wiped, e);
}

/* After a destruction catalogue and index get new keys: a small vault's in the same minute, a large
 * one's between 2 and 5 o'clock UTC. What is open is forgotten; its reader opens it again. */
static int renew(struct sr_core *c, struct sr_err *e) {
	const int64_t hour = sr_now(&c->vault->clock) / 3600 % 24;
	struct sr_renewal r;
	int rc = c->deposits > 0 ? SR_NOTFOUND : sr_renewal_due(&r, c->vault, e);
	if (rc != 0)
		return rc == SR_NOTFOUND ? 0 : rc;
	if (!r.due || r.waits || (!r.small && (hour < 2 || hour >= 5)))
		return 0;
	sr_room_forget_all(c->room);
	sr_queue_rest(c->queue);
	sr_rescan_rest(c->rescan);
	/* A replay that was interrupted holds the texts that are to be gone. */
	sr_audit_close(c->audit);
	c->audit = NULL;
	rc = sr_audit_remove(c->vault, e);
	if (rc != 0)
		return rc;
	return sr_vault_renew(c->vault, c->progress.report != NULL ? &c->progress : NULL, e);
}

int sr_core_sweep(struct sr_core *c, struct sr_err *e) {
	size_t ended = 0;
	if (c->vault->catalogue == NULL) /* a renewal broke off */
		return sr_fail(e, SR_IO, "there is no catalogue: end core and start it again");
	if (!c->vault->founded)
		return 0;
	if (c->vault->failed) /* nothing can be written; what is open is wiped */
		return sr_after_commit(c, e);
	int rc = sr_door_sweep(c->vault, &ended, e);
	sr_secrets_say(c->vault->secrets);
	const int follow = sr_room_sweep_all(c->room, NULL, rc == 0 ? e : NULL);
	if (rc == 0 && follow == 0)
		return renew(c, e);
	return rc != 0 ? rc : follow;
}

/* --- fields --- */

static struct sr_bytes in(const struct sr_x *x, const char *key) {
	return sr_text_get(&x->q->text, key);
}

bool sr_in_id(const struct sr_x *x, const char *key, uint8_t id[SR_ID]) {
	const struct sr_bytes v = in(x, key);
	return v.p != NULL && sr_unhex(id, SR_ID, v, NULL) == 0;
}

bool sr_in_hash(const struct sr_x *x, const char *key, uint8_t hash[SR_HASH]) {
	const struct sr_bytes v = in(x, key);
	return v.p != NULL && sr_unhex(hash, SR_HASH, v, NULL) == 0;
}

bool sr_in_dec(const struct sr_x *x, const char *key, uint64_t *out) {
	const struct sr_bytes v = in(x, key);
	return v.p != NULL && sr_parse_dec(out, v, INT64_MAX, NULL) == 0;
}

bool sr_in_yes(const struct sr_x *x, const char *key) {
	const struct sr_bytes v = in(x, key);
	return v.p != NULL && !sr_bytes_eq(v, sr_bytes_str("no"));
}

const char *sr_in_str(const struct sr_x *x, const char *key, char out[SR_IN_TEXT]) {
	const struct sr_bytes v = in(x, key);
	const size_t len = v.len < SR_IN_TEXT ? v.len : SR_IN_TEXT - 1;
	if (len > 0)
		memcpy(out, v.p, len);
	out[len] = '\0';
	return out;
}

int sr_in_page(
	const struct sr_x *x, struct sr_page *p, size_t fallback, size_t max, struct sr_err *e) {
	uint64_t limit = fallback;
	p->offset = 0;
	(void)sr_in_dec(x, "offset", &p->offset);
	(void)sr_in_dec(x, "limit", &limit);
	if (limit == 0 || limit > max)
		return sr_fail(
			e, SR_USAGE, "limit %llu: want 1 to %zu", (unsigned long long)limit, max);
	p->limit = (size_t)limit;
	return 0;
}

int sr_in_state(const struct sr_x *x, enum sr_machine m, enum sr_state *out, struct sr_err *e) {
	const struct sr_bytes v = in(x, "state");
	*out = SR_S_NONE;
	return v.p == NULL ? 0 : sr_state_asked(out, m, v, e);
}

struct sr_bytes sr_in_body(const struct sr_x *x) {
	return sr_buf_view(&x->q->body);
}

int sr_check_since(const struct sr_x *x, uint64_t since, struct sr_err *e) {
	const uint64_t size = sr_ledger_next_index(x->vault->ledger);
	if (since <= size)
		return 0;
	return sr_fail(e, SR_AUTH,
		"the ledger has %llu entries, %llu were verified earlier: it was rolled back, or "
		"it is another",
		(unsigned long long)size, (unsigned long long)since);
}

int sr_denied(struct sr_err *e, const char *fmt, ...) {
	char text[512];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return sr_fail(e, SR_DENIED, "%s", text);
}

/* --- dispatch --- */

static const struct sr_op_field *field_of(const struct sr_op_info *op, struct sr_bytes key) {
	for (size_t i = 0; i < SR_OP_FIELDS && op->in[i].key != NULL; i++) {
		if (sr_bytes_eq(key, sr_bytes_str(op->in[i].key)))
			return &op->in[i];
	}
	return NULL;
}

static int check_fields(const struct sr_op_info *op, const struct sr_call *q, struct sr_err *e) {
	char shown[64];
	for (size_t i = 1; i < q->text.count; i++) {
		const struct sr_line *l = &q->text.lines[i];
		const struct sr_op_field *f = field_of(op, l->key);
		if (f == NULL)
			return sr_fail(e, SR_USAGE, "%s has no field \"%s\"", op->name,
				sr_escape_to(shown, sizeof shown, l->key));
		if (sr_value_check(f->kind, l->value, e) != 0) {
			(void)sr_wrap(e, "%s: %s", op->name, f->key);
			if (e != NULL)
				e->code = SR_USAGE;
			return SR_USAGE;
		}
	}
	for (size_t i = 0; i < SR_OP_FIELDS && op->in[i].key != NULL; i++) {
		const struct sr_op_field *f = &op->in[i];
		const size_t n = sr_text_count(&q->text, f->key);
		if (n == 0 && (f->cardinality == SR_ONE || f->cardinality == SR_SOME))
			return sr_fail(e, SR_USAGE, "%s needs the field \"%s\"", op->name, f->key);
		if (n > 1 && (f->cardinality == SR_ONE || f->cardinality == SR_OPTIONAL))
			return sr_fail(e, SR_USAGE, "%s: the field \"%s\" is there %zu times",
				op->name, f->key, n);
	}
	if (!op->body && q->body.len > 0)
		return sr_fail(
			e, SR_USAGE, "%s takes no body, %zu bytes came", op->name, q->body.len);
	return 0;
}

/* Who is calling, as of now. A person without a role is logged out. */
static int identify(struct sr_x *x, struct sr_err *e) {
	struct sr_person_row p = {0};
	bool pending = false; /* a seat on a board that waits for its keys */
	x->caller.catalogue = x->catalogue;
	if (x->session->person[0] == '\0')
		return 0;
	int rc = sr_query_person(&p, x->catalogue, x->session->person, e);
	if (rc == 0) {
		x->caller.roles = p.roles;
		if (p.roles == 0)
			rc = sr_query_pending_member(&pending, x->catalogue, x->session->person, e);
		/* Who logged in with a key that is no longer theirs logs in again. */
		if ((p.roles == 0 && !pending) || memcmp(p.pk, x->session->pk, SR_PK) != 0)
			sr_session_drop(x->core, x->session);
		else
			snprintf(x->caller.person, sizeof x->caller.person, "%s",
				x->session->person);
	}
	sr_person_row_free(&p);
	return rc;
}

static void role_names(char *out, size_t size, unsigned roles) {
	size_t len = 0;
	out[0] = '\0';
	for (unsigned bit = 1; bit < SR_ROLES_ALL; bit <<= 1) {
		if ((roles & bit) == 0 || len >= size)
			continue;
		const int n = snprintf(
			out + len, size - len, "%s%s", len == 0 ? "" : " or ", sr_role_name(bit));
		len += n > 0 ? (size_t)n : 0;
	}
}

static int check_caller(const struct sr_x *x, const struct sr_op_info *op, struct sr_err *e) {
	char names[160];
	if (op->needs == SR_NEEDS_NONE || (op->needs == SR_NEEDS_HOUSE && x->session->embedded))
		return 0;
	if (x->caller.person[0] == '\0')
		return sr_fail(e, SR_DENIED, "%s needs to know who asks: log in with an identity",
			op->name);
	if (op->needs == SR_NEEDS_LOGIN || op->roles == 0 || (x->caller.roles & op->roles) != 0)
		return 0;
	role_names(names, sizeof names, op->roles);
	return sr_fail(e, SR_DENIED, "%s is for %s; %s is not", op->name, names, x->caller.person);
}

static void finish(struct sr_x *x, int rc, const struct sr_err *e) {
	if (rc == 0) {
		struct sr_err bad = {0};
		rc = sr_buf_ok(&x->r->head, &bad);
		if (rc == 0)
			rc = sr_buf_ok(&x->r->body, &bad);
		if (rc == 0 && (x->r->head.len > SR_TEXT_MAX || x->r->body.len > SR_CALL_BODY_MAX))
			rc = sr_fail(&bad, SR_LIMIT,
				"the answer has %zu bytes, at most %d can be sent: ask for less",
				x->r->body.len, SR_CALL_BODY_MAX);
		if (rc != 0)
			sr_reply_begin(x->r, rc, &bad);
		return;
	}
	if (!x->keep_body || sr_buf_ok(&x->r->body, NULL) != 0 ||
		sr_buf_ok(&x->r->head, NULL) != 0) {
		sr_reply_begin(x->r, rc, e);
		return;
	}
	/* Fields and body stay; the first two lines (type, code OK) are written anew. */
	struct sr_buf head = x->r->head, body = x->r->body;
	size_t from = 0;
	for (int line = 0; line < 2 && from < head.len; from++)
		line += head.p[from] == '\n' ? 1 : 0;
	sr_buf_init(&x->r->head);
	sr_buf_init_secret(&x->r->body);
	sr_reply_begin(x->r, rc, e);
	sr_buf_put(&x->r->head, head.p + from, head.len - from);
	sr_buf_free(&head);
	x->r->body = body;
	if (sr_buf_ok(&x->r->head, NULL) != 0 || x->r->head.len > SR_TEXT_MAX)
		sr_reply_begin(x->r, rc, e);
}

void sr_core_call(
	struct sr_core *c, struct sr_session *s, struct sr_call *request, struct sr_call *reply) {
	struct sr_x x = {.core = c,
		.session = s,
		.vault = c->vault,
		.catalogue = c->vault->catalogue,
		.q = request,
		.r = reply};
	struct sr_err e = {0};
	const struct sr_op *op = NULL;
	sr_reply_begin(reply, 0, NULL);
	int rc = sr_call_parse(request, &e);
	if (rc == 0 && !sr_bytes_eq(request->text.type, sr_bytes_str("strongroom/call/v1")))
		rc = sr_fail(&e, SR_CORRUPT, "a reply came where a call was due");
	if (rc == 0) {
		char shown[64];
		op = sr_op_find(request->text.lines[0].value);
		if (op == NULL)
			rc = sr_fail(&e, SR_UNSUPPORTED, "operation \"%s\" is not known here",
				sr_escape_to(shown, sizeof shown, request->text.lines[0].value));
	}
	if (rc == 0 && x.catalogue == NULL)
		rc = sr_fail(&e, SR_IO,
			"the catalogue could not be made anew: end core and start it again");
	if (rc == 0)
		rc = check_fields(&op->info, request, &e);
	if (rc == 0)
		rc = identify(&x, &e);
	if (rc == 0)
		rc = check_caller(&x, &op->info, &e);
	if (rc == 0)
		rc = op->run(&x, &e);
	sr_trust_free(&x.trust);
	finish(&x, rc, &e);
}

/* --- in the same process --- */

struct embedded {
	struct sr_core *core;
	struct sr_session session;
};

static int embedded_call(void *ctx, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	struct embedded *m = ctx;
	int rc = sr_buf_ok(&q->body, e);
	if (rc != 0)
		return sr_wrap(e, "message");
	sr_core_call(m->core, &m->session, q, r);
	return sr_call_parse(r, e);
}

static void embedded_close(void *ctx) {
	struct embedded *m = ctx;
	sr_session_end(m->core, &m->session);
	free(m);
}

int sr_core_embedded(struct sr_transport *out, struct sr_core *core, struct sr_err *e) {
	struct embedded *m = calloc(1, sizeof *m);
	if (m == NULL)
		return sr_fail(e, SR_NOMEM, "connection to core: out of memory");
	m->core = core;
	sr_session_init(core, &m->session, true);
	*out = (struct sr_transport){
		.call = embedded_call, .close = embedded_close, .ctx = m, .embedded = true};
	return 0;
}
