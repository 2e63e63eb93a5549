/*
 * An adversary's client. It walks the table of operations (so that a new one is covered as soon as
 * it stands there) in every order of two, as each role and as nobody, with fields that are right in
 * form and often name what is another's, with bodies of every kind, with what is wrong in form, in
 * halves, pipelined, and after its connection ended. Core must answer each call with a whole reply,
 * never with what the role may not see, never with a sentence that says our own bug, never late
 * for others; and the vault must be the same afterwards but for what the log says.
 *
 * What a role may see is written here a second time, from the words of core/reader.h and ops.h and
 * without their code: words that stand in one text each, and for whom they are.
 */
#include <signal.h>

#include "base/escape.h"
#include "base/time.h"
#include "catalogue/catalogue.h"
#include "core_served.h"
#include "ledger/ledger.h"
#include "room/room.h"
#include "store/secrets.h"
#include "world.h"

/* Who asks. The bits of a marker are those that may read it. */
enum who {
	NOBODY,
	READER,   /* whose the request, the grant and the checkout are */
	OTHER,    /* another researcher */
	GIVER,    /* the depositor */
	STRANGER, /* another depositor */
	MEMBER,
	CURATOR,
	OFFICER,
	AUDITOR,
	CUSTODIAN,
	WHO
};
static const char *const names[WHO] = {"nobody", "the reader", "another researcher",
	"the depositor", "another depositor", "a member", "a curator", "the officer", "the auditor",
	"the custodian"};
#define OF(who) (1U << (who))

static const char CONTENT[] = "zibeline-content-of-the-letter";
static const char HELD[] = "ocarina-content-that-is-held";

static const struct marker {
	const char *words;
	unsigned may;
} markers[] = {
	{CONTENT, OF(READER)},
	{HELD, 0},
	/* A title of a released item: everybody but who is a depositor and nothing else. */
	{"Letters of the zibeline trade", ~(OF(NOBODY) | OF(STRANGER))},
	/* Of a held one: curators, officers, its depositor. */
	{"Notes on the ocarina", OF(GIVER) | OF(CURATOR) | OF(OFFICER)},
	/* A text of a request: applicant, members, officers. (world.c writes it.) */
	{"A study of rhetoric", OF(READER) | OF(MEMBER) | OF(OFFICER)},
	/* The name on a researcher's card. */
	{"Researcher 1", OF(READER) | OF(MEMBER) | OF(CURATOR) | OF(OFFICER)},
};

enum {
	NEEDLES = 64,
	IDS = 16,
	REPLY_MS_MAX = 20000 /* of one call on a busy machine; a rebuild takes 50 ms */
};

/* Bytes that may stand in no answer but to some. */
struct needle {
	uint8_t bytes[128];
	size_t len;
	unsigned may;
	const char *what;
};

struct story {
	struct rig *g;
	uint8_t released[SR_ID], held[SR_ID], request[SR_ID], grant[SR_ID], checkout[SR_ID];
	uint8_t ids[IDS][SR_ID];
	size_t id_count;
	struct needle needles[NEEDLES];
	size_t needle_count;
	struct sr_buf bodies[8];
	uint64_t seed;
};

/* The digits of ${len} bytes, a multiple of three. */
static void base64(char *out, size_t size, const void *p, size_t len) {
	struct sr_buf b;
	sr_buf_init(&b);
	sr_buf_put_base64(&b, p, len);
	assert_true(b.len < size);
	memcpy(out, b.p, b.len);
	out[b.len] = '\0';
	sr_buf_free(&b);
}

static void needle_add(struct story *s, const void *p, size_t len, unsigned may, const char *what) {
	struct needle *n = &s->needles[s->needle_count++];
	assert_true(s->needle_count <= NEEDLES && len > 0 && len <= sizeof n->bytes);
	memcpy(n->bytes, p, len);
	n->len = len;
	n->may = may;
	n->what = what;
}

/* As it is, and in base64 where a value begins with it (but for the end). */
static void words_add(struct story *s, const char *words, unsigned may) {
	char digits[128];
	const size_t len = strlen(words);
	base64(digits, sizeof digits, words, len - len % 3);
	needle_add(s, words, len, may, words);
	needle_add(s, digits, strlen(digits), may, words);
}

/* A key, for nobody at all, however it is spelled. */
static void secret_add(struct story *s, const uint8_t *key) {
	char digits[64], hex[2 * SR_KEY + 1];
	base64(digits, sizeof digits, key, SR_KEY - SR_KEY % 3);
	sr_hex(hex, key, SR_KEY);
	needle_add(s, key, SR_KEY, 0, "a secret key");
	needle_add(s, digits, strlen(digits), 0, "a secret key");
	needle_add(s, hex, strlen(hex), 0, "a secret key");
}

static void secret_of(struct story *s, enum sr_secret_kind kind, const uint8_t id[SR_ID]) {
	char name[2 * SR_ID + 1];
	struct sr_buf b;
	sr_hex(name, id, SR_ID);
	sr_buf_init_secret(&b);
	assert_ok(sr_secrets_get(s->g->w->v->secrets, kind, sr_bytes_str(name), 1, &b, &s->g->w->e),
		&s->g->w->e);
	assert_true(b.len >= SR_KEY);
	secret_add(s, b.p);
	sr_buf_free(&b);
}

static void id_add(struct story *s, const uint8_t id[SR_ID]) {
	assert_true(s->id_count < IDS);
	memcpy(s->ids[s->id_count++], id, SR_ID);
}

static void put_one(struct world *w, const char *text, const char *title, uint8_t item[SR_ID]) {
	struct world_file f = {.path = "page.txt", .content = sr_bytes_str(text)};
	struct world_deposit d = {.files = &f, .count = 1};
	assert_ok(world_deposit(w, &d), &w->out.err);
	memcpy(item, d.items[0], SR_ID);
	assert_ok(world_describe(w, &w->curator[0], item, title, NULL), &w->out.err);
}

/* A released item that the reader has open, a held one, and what goes with them. */
static void story_begin(struct story *s) {
	memset(s, 0, sizeof *s);
	s->g = rig_new(NULL);
	s->seed = 20261121;
	struct world *w = s->g->w;
	put_one(w, CONTENT, markers[2].words, s->released);
	assert_ok(world_release(w, &w->curator[1], s->released, NULL), &w->out.err);
	put_one(w, HELD, markers[3].words, s->held);
	assert_ok(world_person_add(w, &w->curator[0], &w->outsider, "depositor"), &w->out.err);
	struct world_request rq = {
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])s->released, .count = 1};
	assert_ok(world_request(w, &rq), &w->out.err);
	memcpy(s->request, rq.id, SR_ID);
	secret_of(s, SR_SECRET_ROOM_KEY, rq.id);
	world_grant(w, rq.id, s->grant);
	struct world_checkout c = {.by = &w->researcher[0], .grant = s->grant, .item = s->released};
	assert_ok(world_checkout(w, &c), &w->out.err);
	assert_ok(world_open(w, &c), &w->e);
	memcpy(s->checkout, c.id, SR_ID);
	id_add(s, s->released);
	id_add(s, s->held);
	id_add(s, s->request);
	id_add(s, s->grant);
	id_add(s, s->checkout);
	id_add(s, w->collection);
	id_add(s, w->v->fingerprint); /* its start is the board's id */
	uint8_t none[SR_ID] = {0x77};
	id_add(s, none);
	const struct sr_service_secrets *k = w->v->keys->s;
	const uint8_t *const keys[] = {k->ledger_seed, k->room_seed, k->structure_sk, k->intake_sk,
		k->epoch_key, k->catalogue_key, k->index_key, k->secrets_wrap, k->kdf_key,
		k->journal_key, k->quarantine_key, k->secrets_file};
	assert_int_equal(sizeof keys / sizeof keys[0] * SR_KEY, sizeof *k);
	for (size_t i = 0; i < T_COUNT(keys); i++)
		secret_add(s, keys[i]);
	for (size_t i = 0; i < T_COUNT(markers); i++)
		words_add(s, markers[i].words, markers[i].may);
}

/* Bodies of the formats that operations take, whole and broken; what belongs to which, the
 * adversary does not care. */
static void bodies_make(struct story *s) {
	struct sr_buf *b = s->bodies;
	struct world *w = s->g->w;
	struct world_draft d;
	for (size_t i = 0; i < T_COUNT(s->bodies); i++)
		sr_buf_init(&b[i]);
	sr_buf_put_u8(&b[1], 0);
	sr_buf_put_str(&b[2], "zibeline OR ocarina");
	sr_buf_put_u8(&b[3], 'I'); /* deposit.put */
	sr_buf_put_lp(&b[3], sr_bytes_str("one"));
	sr_buf_put_str(&b[3], "J");
	for (int i = 0; i < 64; i++)
		sr_buf_put_u8(&b[4], 0xff);
	/* A statement that somebody signed for something that is not theirs. */
	sr_buf_put_le32(&b[5], 1);
	world_begin(&d, w, &w->researcher[1], SR_T_RETURN);
	sr_text_put_hex(&d.text, "checkout", s->checkout, SR_ID);
	rig_put_submission(&b[5], &d);
	sr_buf_put_le32(&b[6], 1); /* one item, or key, of zeros */
	sr_buf_put_zero(&b[6], 48);
	sr_buf_put_le32(&b[7], 0xffffffff); /* more than there are */
	sr_buf_put_lp(&b[7], sr_bytes_str("x"));
}

static void story_end(struct story *s) {
	for (size_t i = 0; i < T_COUNT(s->bodies); i++)
		sr_buf_free(&s->bodies[i]);
}

static const struct world_person *person_of(const struct world *w, enum who who) {
	const struct world_person *const people[WHO] = {NULL, &w->researcher[0], &w->researcher[1],
		&w->depositor, &w->outsider, &w->member[0], &w->curator[0], &w->officer,
		&w->auditor, &w->custodian};
	return people[who];
}

/* --- calls --- */

static void put_value(struct story *s, struct sr_buf *head, const struct sr_op_field *f) {
	static const char *const tokens[] = {"yes", "no", "held", "released", "access", "report",
		"log", "person", "item", "live", "requests", "granted", "graphic", "0011"};
	static const char *const paths[] = {
		"tile/0/000", "tile/entries/000.p/5", "AAAA", "../conf"};
	static const uint64_t numbers[] = {0, 1, 2, 3, 7, 100, 1000, 1048576, INT64_MAX};
	const struct world *w = s->g->w;
	uint8_t hash[SR_HASH];
	const struct world_person *p = NULL;
	switch (f->kind) {
	case SR_V_ID:
		sr_text_put_hex(head, f->key, s->ids[t_rand(&s->seed, s->id_count)], SR_ID);
		return;
	case SR_V_HASH:
		t_fill(hash, sizeof hash, t_rand(&s->seed, 1000));
		sr_text_put_hex(
			head, f->key, t_rand(&s->seed, 2) == 0 ? hash : w->v->fingerprint, SR_HASH);
		return;
	case SR_V_PERSON:
		while (p == NULL)
			p = person_of(w, (enum who)t_rand(&s->seed, WHO));
		sr_text_put(head, f->key, p->person);
		return;
	case SR_V_KEY:
		sr_text_put_base64(head, f->key, w->officer.pk, SR_PK);
		return;
	case SR_V_DEC:
		sr_text_put_dec(
			head, f->key, numbers[t_rand(&s->seed, sizeof numbers / sizeof *numbers)]);
		return;
	case SR_V_TOKEN:
		sr_text_put(head, f->key, tokens[t_rand(&s->seed, T_COUNT(tokens))]);
		return;
	case SR_V_NAME:
		sr_text_put(head, f->key, paths[t_rand(&s->seed, T_COUNT(paths))]);
		return;
	case SR_V_TIME:
		sr_text_put_time(head, f->key, w->now + (int64_t)t_rand(&s->seed, 9000) - 4500);
		return;
	case SR_V_CARD:
	case SR_V_TEXT:
	case SR_V_COUNT_ROOT:
	case SR_V_LEVEL_KEY:
	case SR_V_LEVEL_QUORUM:
	case SR_V_ID_HASH:
		break;
	}
	fail_msg("the table uses a kind that the adversary has no value of");
}

/* One call of ${op} into ${q}: fields that must be there, some of the others; the right thing of
 * its kind where the field's name says which, half of the time. */
static void make_call(struct story *s, struct sr_call *q, const struct sr_op_info *op) {
	static const char *const keys[] = {"item", "request", "grant", "checkout", "collection"};
	const uint8_t *const things[] = {
		s->released, s->request, s->grant, s->checkout, s->g->w->collection};
	sr_call_begin(q, op->name);
	for (size_t i = 0; i < SR_OP_FIELDS && op->in[i].key != NULL; i++) {
		const struct sr_op_field *f = &op->in[i];
		const bool must = f->cardinality == SR_ONE || f->cardinality == SR_SOME;
		size_t at = T_COUNT(keys);
		if (!must && t_rand(&s->seed, 3) != 0)
			continue;
		for (size_t k = 0; f->kind == SR_V_ID && k < T_COUNT(keys); k++)
			at = strcmp(f->key, keys[k]) == 0 ? k : at;
		if (at < T_COUNT(keys) && t_rand(&s->seed, 2) == 0)
			sr_text_put_hex(&q->head, f->key, things[at], SR_ID);
		else
			put_value(s, &q->head, f);
	}
	if (op->body)
		sr_buf_put_bytes(
			&q->body, sr_buf_view(&s->bodies[t_rand(&s->seed, T_COUNT(s->bodies))]));
}

static bool holds(struct sr_bytes in, const void *p, size_t len) {
	return in.len >= len && memmem(in.p, in.len, p, len) != NULL;
}

static void must_not_hold(struct sr_bytes in, enum who who, const struct story *s, const char *op) {
	for (size_t i = 0; i < s->needle_count; i++) {
		const struct needle *n = &s->needles[i];
		if ((n->may & OF(who)) == 0 && holds(in, n->bytes, n->len))
			fail_msg("%s told %s %s", op, names[who], n->what);
	}
}

/* A reply as it may be: whole, of a code that is no bug of ours, with a sentence that a terminal
 * can show, and nothing else when it refuses (ops.h names the exceptions). */
static void judge(struct story *s, enum who who, const struct sr_op_info *op, struct sr_call *r) {
	static const char *const telling[] = {
		"submit", "deposit.put", "scrub", "verify", "audit.replay"};
	struct sr_err e = {0};
	const int rc = sr_call_parse(r, &e);
	must_not_hold(sr_buf_view(&r->head), who, s, op->name);
	must_not_hold(sr_buf_view(&r->body), who, s, op->name);
	if (rc == 0)
		return;
	if (rc == SR_MISUSE || rc == SR_NOMEM || rc == SR_IO)
		fail_msg("%s told %s %s: %s", op->name, names[who], sr_code_name(rc), e.text);
	assert_true(e.text[0] != '\0');
	for (struct sr_bytes t = sr_bytes_str(e.text); t.len > 0;) {
		uint32_t cp = 0;
		const size_t n = sr_utf8_next(t, &cp);
		assert_true(n > 0 && cp >= 0x20 && (cp < 0x7f || cp >= 0xa0));
		t = sr_bytes_of(t.p + n, t.len - n);
	}
	for (size_t i = 0; i < T_COUNT(telling); i++) {
		if (strcmp(op->name, telling[i]) == 0)
			return;
	}
	if (r->body.len != 0)
		fail_msg("%s refused %s and sent %zu bytes all the same", op->name, names[who],
			r->body.len);
}

struct caller { /* a connection with the rights of a socket */
	struct story *s;
	enum who who;
	struct sr_session session;
	struct rig_desk d;
	void *both[2];
	uint64_t slowest_ms;
	const char *slowest;
	size_t calls, answered;
};

static int far_call(void *ctx, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	void **both = ctx;
	sr_core_call(both[0], both[1], q, r);
	return sr_call_parse(r, e);
}

static void connect_as(struct caller *c, struct story *s, enum who who) {
	memset(c, 0, sizeof *c);
	c->s = s;
	c->who = who;
	sr_session_init(&s->g->core, &c->session, false);
	sr_call_init(&c->d.q);
	sr_call_init(&c->d.r);
	c->both[0] = &s->g->core;
	c->both[1] = &c->session;
	c->d.t = (struct sr_transport){.call = far_call, .ctx = c->both};
}

static void disconnect(struct caller *c) {
	sr_session_end(&c->s->g->core, &c->session);
	rig_desk_close(&c->d);
}

/* The code of the answer. */
static int ask(struct caller *c, const struct sr_op_info *op) {
	const uint64_t began = sr_mono_ms();
	if (c->who != NOBODY && c->session.person[0] == '\0')
		rig_login(&c->d, person_of(c->s->g->w, c->who));
	make_call(c->s, &c->d.q, op);
	const uint64_t size = sr_ledger_next_index(c->s->g->w->v->ledger);
	sr_core_call(&c->s->g->core, &c->session, &c->d.q, &c->d.r);
	if (op->reads) /* it is answered while nothing may be written yet (core/server.h) */
		assert_int_equal(sr_ledger_next_index(c->s->g->w->v->ledger), size);
	judge(c->s, c->who, op, &c->d.r);
	const uint64_t took = sr_mono_ms() - began;
	if (took > c->slowest_ms) {
		c->slowest_ms = took;
		c->slowest = op->name;
	}
	c->calls++;
	sr_err_clear(&c->d.e);
	const int rc = sr_call_parse(&c->d.r, &c->d.e);
	c->answered += rc == 0;
	return rc;
}

/* By the table's own columns. */
static bool may_call(enum who who, const struct sr_op_info *op) {
	static const unsigned roles[WHO] = {0, SR_ROLE_RESEARCHER, SR_ROLE_RESEARCHER,
		SR_ROLE_DEPOSITOR, SR_ROLE_DEPOSITOR, SR_ROLE_MEMBER, SR_ROLE_CURATOR,
		SR_ROLE_OFFICER, SR_ROLE_AUDITOR, SR_ROLE_CUSTODIAN};
	if (op->needs == SR_NEEDS_NONE)
		return true;
	if (who == NOBODY)
		return false;
	return op->needs == SR_NEEDS_LOGIN || op->roles == 0 || (op->roles & roles[who]) != 0;
}

static bool table_refuses(const struct rig_desk *d) {
	return d->e.code == SR_DENIED && (strstr(d->e.text, "log in with an identity") != NULL ||
						 strstr(d->e.text, " is for ") != NULL);
}

/* Each pair of operations that the table lets this caller call, in both orders, as a walk
 *     a b1 a b2 a b3 ...  in which (a, b) and (b, a) follow each other
 * (in make check for every fifth b, other ones for each a);
 * what the table refuses is refused before it can change anything, and is asked once. */
static void walk_as(struct story *s, enum who who) {
	const struct sr_op_info *ops[200];
	const size_t stride = t_stride(11);
	size_t count = 0, all = 0;
	struct caller c;
	connect_as(&c, s, who);
	for (; sr_op_at(all) != NULL; all++) {
		const struct sr_op_info *op = sr_op_at(all);
		(void)!ask(&c, op);
		if (!may_call(who, op)) {
			assert_true(table_refuses(&c.d));
			continue;
		}
		assert_null(strstr(c.d.e.text, "log in with an identity"));
		assert_true(count < T_COUNT(ops));
		ops[count++] = op;
	}
	for (size_t a = 0; a < count; a++) {
		(void)!ask(&c, ops[a]);
		for (size_t b = a + a % stride; b < count; b += stride) {
			(void)!ask(&c, ops[b]);
			(void)!ask(&c, ops[a]);
		}
	}
	print_message("%s: %zu operations of %zu, %zu calls, %zu answered; slowest %s, %llu ms\n",
		names[who], count, all, c.calls, c.answered, c.slowest,
		(unsigned long long)c.slowest_ms);
	assert_true(c.answered > 0 && c.slowest_ms < REPLY_MS_MAX);
	assert_true(who == NOBODY || count > all / 3);
	disconnect(&c);
}

/* What the log does not say did not happen: the catalogue is the log's, and the ledger whole. */
static void must_be_whole(struct story *s) {
	struct rig_desk *d = &s->g->desk;
	assert_ok(rig_call(d, "verify", NULL, NULL), &d->e);
	assert_ok(rig_call(d, "scrub", NULL, NULL), &d->e);
	assert_field(d, "findings", "0");
	assert_ok(rig_call(d, "rebuild", NULL, NULL), &d->e);
	assert_field(d, "catalogue", "equal");
	assert_int_equal(s->g->core.sessions, 1);
}

static void test_orders(void **state) {
	struct story s;
	(void)state;
	story_begin(&s);
	bodies_make(&s);
	for (enum who who = NOBODY; who < WHO; who++)
		walk_as(&s, who);
	must_be_whole(&s);
	/* The adversary at all desks at once: what one leaves half done meets the others. */
	struct caller c[WHO];
	size_t all = 0;
	while (sr_op_at(all) != NULL)
		all++;
	for (enum who who = NOBODY; who < WHO; who++)
		connect_as(&c[who], &s, who);
	for (int i = 0; i < 3000; i++)
		(void)!ask(&c[t_rand(&s.seed, WHO)], sr_op_at(t_rand(&s.seed, all)));
	for (enum who who = NOBODY; who < WHO; who++)
		disconnect(&c[who]);
	must_be_whole(&s);
	story_end(&s);
	rig_free(s.g);
}

/* The words that must not be told are there to be told: those who may are told. */
static void test_markers(void **state) {
	static const enum who asks[] = {READER, OFFICER, OFFICER, OFFICER, OFFICER, OFFICER};
	static const char *const calls[][2] = {{"checkout.read", "checkout"}, {NULL, NULL},
		{"item", "item"}, {"item", "held"}, {"request", "request"}, {"person", "person"}};
	struct story s;
	(void)state;
	story_begin(&s);
	for (size_t i = 0; i < T_COUNT(calls); i++) {
		struct caller c;
		if (calls[i][0] == NULL)
			continue;
		connect_as(&c, &s, asks[i]);
		rig_login(&c.d, person_of(s.g->w, asks[i]));
		sr_call_begin(&c.d.q, calls[i][0]);
		if (strcmp(calls[i][1], "checkout") == 0) {
			sr_text_put_hex(&c.d.q.head, "checkout", s.checkout, SR_ID);
			sr_text_put_dec(&c.d.q.head, "file", 0);
			sr_text_put_dec(&c.d.q.head, "offset", 0);
			sr_text_put_dec(&c.d.q.head, "length", 1000);
		} else if (strcmp(calls[i][1], "person") == 0) {
			sr_text_put(&c.d.q.head, "person", s.g->w->researcher[0].person);
		} else {
			const bool request = strcmp(calls[i][1], "request") == 0;
			const bool held = strcmp(calls[i][1], "held") == 0;
			sr_text_put_hex(&c.d.q.head, calls[i][0],
				request ? s.request
				: held  ? s.held
					: s.released,
				SR_ID);
		}
		assert_ok(rig_go(&c.d), &c.d.e);
		if (!holds(sr_buf_view(&c.d.r.body), markers[i].words, strlen(markers[i].words)))
			fail_msg("%s does not tell \"%s\" to whom it is for", calls[i][0],
				markers[i].words);
		disconnect(&c);
	}
	rig_free(s.g);
}

/* --- what is wrong in form --- */

/* Every field of every operation with what is not of its kind, too long, twice, or not there at
 * all; a head that is another text, a reply, or as long as one may be. To who may call it. */
static void test_forms(void **state) {
	static const char *const wrong[] = {"", " ", "-1", "99999999999999999999999999", "~AAAA",
		"p-", "\xff\xfe", "a b", "\x1b[2J"};
	struct story s;
	struct caller c;
	(void)state;
	story_begin(&s);
	bodies_make(&s);
	connect_as(&c, &s, CURATOR);
	for (size_t i = 0; sr_op_at(i) != NULL; i++) {
		const struct sr_op_info *op = sr_op_at(i);
		for (size_t f = 0; f < SR_OP_FIELDS && op->in[f].key != NULL; f++) {
			for (size_t k = 0; k <= T_COUNT(wrong); k++) {
				make_call(&s, &c.d.q, op);
				/* Straight into the text: the encoder would not write it. */
				sr_buf_put_str(&c.d.q.head, op->in[f].key);
				sr_buf_put_u8(&c.d.q.head, ' ');
				if (k < T_COUNT(wrong)) {
					sr_buf_put_str(&c.d.q.head, wrong[k]);
				} else {
					for (int n = 0; n < 32000; n++)
						sr_buf_put_u8(&c.d.q.head, 'a');
				}
				sr_buf_put_u8(&c.d.q.head, '\n');
				sr_core_call(&s.g->core, &c.session, &c.d.q, &c.d.r);
				judge(&s, CURATOR, op, &c.d.r);
				const int rc = sr_call_parse(&c.d.r, &c.d.e);
				/* Words and names may be nearly anything. */
				if (rc != SR_USAGE && rc != SR_CORRUPT && rc != SR_LIMIT &&
					op->in[f].kind != SR_V_TOKEN && op->in[f].kind != SR_V_NAME)
					fail_msg("%s took \"%s\" as %s", op->name,
						k < T_COUNT(wrong) ? wrong[k] : "32000 bytes",
						op->in[f].key);
			}
		}
		/* The text cut at every byte, its lines with another key, and a reply. */
		make_call(&s, &c.d.q, op);
		const size_t whole = c.d.q.head.len;
		for (size_t cut = 0; cut < whole; cut++) {
			struct sr_call q;
			sr_call_init(&q);
			sr_buf_put(&q.head, c.d.q.head.p, cut);
			sr_core_call(&s.g->core, &c.session, &q, &c.d.r);
			judge(&s, CURATOR, op, &c.d.r);
			sr_call_free(&q);
		}
		sr_reply_begin(&c.d.q, 0, NULL);
		sr_core_call(&s.g->core, &c.session, &c.d.q, &c.d.r);
		assert_fails(sr_call_parse(&c.d.r, &c.d.e), SR_CORRUPT, &c.d.e, "a reply came");
	}
	disconnect(&c);
	must_be_whole(&s);
	story_end(&s);
	rig_free(s.g);
}

/* --- on the wire --- */

static void put_frame(struct sr_buf *out, const struct sr_call *q) {
	uint8_t header[SR_WIRE_HEADER];
	struct sr_err e = {0};
	assert_ok(sr_wire_put(header, q, &e), &e);
	sr_buf_put(out, header, sizeof header);
	sr_buf_put_bytes(out, sr_buf_view(&q->head));
	sr_buf_put_bytes(out, sr_buf_view(&q->body));
}

static void send_whole(int fd, const uint8_t *p, size_t len) {
	while (len > 0) {
		const ssize_t n = send(fd, p, len, MSG_NOSIGNAL);
		assert_true(n > 0);
		p += n;
		len -= (size_t)n;
	}
}

/* One reply off the wire. */
static void take_reply(int fd, struct sr_call *r) {
	uint8_t header[SR_WIRE_HEADER];
	struct sr_wire w = {0};
	struct sr_err e = {0};
	assert_int_equal(recv(fd, header, sizeof header, MSG_WAITALL), sizeof header);
	assert_ok(sr_wire_get(&w, header, &e), &e);
	sr_reply_begin(r, 0, NULL);
	sr_buf_clear(&r->head);
	assert_ok(sr_buf_reserve(&r->head, w.head, &e), &e);
	assert_int_equal(recv(fd, r->head.p, w.head, MSG_WAITALL), w.head);
	r->head.len = w.head;
	if (w.body > 0) {
		assert_ok(sr_buf_reserve(&r->body, w.body, &e), &e);
		assert_int_equal(recv(fd, r->body.p, w.body, MSG_WAITALL), w.body);
		r->body.len = w.body;
	}
}

static void must_answer(struct rig_desk *d) {
	const uint64_t began = sr_mono_ms();
	assert_ok(rig_call(d, "hello", NULL, NULL), &d->e);
	assert_ok(rig_call(d, "items", NULL, NULL), &d->e);
	assert_true(sr_mono_ms() - began < 5000);
}

static void test_wire(void **state) {
	enum {
		HALVES = 96 /* with the others below SR_SERVER_CONNECTIONS */
	};
	struct story s;
	struct served v;
	struct rig_desk other;
	struct sr_call q, r, hello;
	struct sr_buf b;
	int half[HALVES];
	size_t halves = 0;
	(void)state;
	story_begin(&s);
	bodies_make(&s);
	serve_rig(&v, s.g, 0, 0, 0);
	sit(&other, &v);
	rig_login(&other, &s.g->w->researcher[1]);
	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_init(&hello);
	sr_call_begin(&hello, "hello");
	sr_buf_init(&b);
	for (size_t i = 0; sr_op_at(i) != NULL; i++) {
		const struct sr_op_info *op = sr_op_at(i);
		/* Pipelined, with more behind it than is read at once: answers in their order. */
		int fd = plain_connect(&v);
		sr_buf_clear(&b);
		make_call(&s, &q, op);
		put_frame(&b, &q);
		put_frame(&b, &hello);
		make_call(&s, &q, op);
		put_frame(&b, &q);
		put_frame(&b, &hello);
		send_whole(fd, b.p, b.len);
		for (int n = 0; n < 4; n++) {
			take_reply(fd, &r);
			judge(&s, NOBODY, n % 2 == 0 ? op : sr_op_at(0), &r);
			const int rc = sr_call_parse(&r, &v.e);
			if (n % 2 != 0)
				assert_non_null(sr_text_get(&r.text, "origin").p);
			else if (op->needs != SR_NEEDS_NONE)
				assert_int_equal(rc, SR_DENIED);
		}
		/* The beginning of a third, and gone: by the rules, or torn off. */
		send_whole(fd, b.p, b.len / 4);
		if (i % 2 == 0) {
			const struct linger now = {.l_onoff = 1, .l_linger = 0};
			assert_int_equal(
				setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
		}
		close(fd);
		/* Half a message that stays: of the header, the head, the body in turn. */
		if (halves < HALVES) {
			const size_t at[] = {1, SR_WIRE_HEADER, SR_WIRE_HEADER + 1,
				SR_WIRE_HEADER + q.head.len / 2, SR_WIRE_HEADER + q.head.len - 1};
			sr_buf_clear(&b);
			put_frame(&b, &q);
			half[halves] = plain_connect(&v);
			send_whole(half[halves], b.p, i % 6 < 5 ? at[i % 6] : b.len - 1);
			halves++;
		}
		must_answer(&other);
	}
	for (size_t i = 0; i < halves; i++)
		close(half[i]);
	/* Nothing of a connection is left for the next one. */
	for (size_t i = 0; sr_op_at(i) != NULL; i++) {
		const struct sr_op_info *op = sr_op_at(i);
		struct rig_desk d;
		sit(&d, &v);
		rig_login(&d, &s.g->w->curator[0]);
		make_call(&s, &d.q, op);
		(void)!rig_go(&d);
		rig_desk_close(&d);
		sit(&d, &v);
		make_call(&s, &d.q, op);
		(void)!rig_go(&d);
		if (op->needs != SR_NEEDS_NONE)
			assert_fails(d.rc, SR_DENIED, &d.e, "log in");
		must_answer(&other);
		rig_desk_close(&d);
	}
	sr_buf_free(&b);
	sr_call_free(&q);
	sr_call_free(&r);
	sr_call_free(&hello);
	rig_desk_close(&other);
	story_end(&s);
	serve_end(&v);
}

int main(void) {
	char *memory = t_tmp_in_memory();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_markers),
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_wire),
	};
	const int rc = cmocka_run_group_tests(tests, NULL, NULL);
	if (memory != NULL)
		t_tmp_remove(memory);
	return rc;
}
