/*
 * A replay of a log whose service is hostile and holds all its keys: statements of every type, well
 * formed and about things that there are, in every wrong order and number, with objects of any
 * bytes. Each is judged and applied (audit_judge, sr_catalogue_apply). What may come of it is a
 * finding, or an entry that cannot be applied; never a bug of ours (MISUSE), nor a crash, nor a
 * change of what was there before when it is taken back.
 *
 * $HOSTILE_N statements (800), from $HOSTILE_SEED.
 */
#include "audit/audit_in.h"
#include "audit_rig.h"
#include "catalogue/apply.h"
#include "world.h"

enum {
	N = 800,
	CHAIN = 24, /* that stand on one another before all are taken back */
	VALUES_MAX = 4096,
	BODIES_MAX = 64,
	LINES_MAX = 40 /* of one key, now and then; few usually */
};

struct value {
	const struct sr_field *f;
	char *text;
};

struct hostile {
	struct world *w;
	struct sr_audit *a;
	uint64_t random;
	struct value value[VALUES_MAX];
	size_t values;
	struct sr_buf body[BODIES_MAX];
	size_t bodies;
	char *text[64]; /* openings of the statement at hand */
	struct sr_record record[64];
	size_t records;
	size_t applied;
};

static size_t dice(struct hostile *h, size_t sides) {
	return (size_t)t_rand(&h->random, sides);
}

/* --- what there is, for lines to name --------------------------------------------------------- */

static void gather_lines(struct hostile *h, const struct sr_statement *s) {
	for (size_t i = s->fields_at; i < s->text.count; i++) {
		const struct sr_line *l = &s->text.lines[i];

		if (h->values == VALUES_MAX)
			return;
		h->value[h->values].f = sr_type_field(s->type, l->key);
		h->value[h->values].text = strndup((const char *)l->value.p, l->value.len);
		assert_non_null(h->value[h->values].text);
		h->values++;
	}
}

static void gather(struct hostile *h) {
	const uint64_t size = sr_ledger_next_index(h->w->v->ledger);
	const struct sr_objects *o = &h->a->from.replay.objects;

	for (uint64_t i = 0; i < size; i++) {
		struct sr_entry en;

		assert_ok(sr_vault_entry(&en, h->w->v, i, &h->w->e), &h->w->e);
		gather_lines(h, &en.statement);
		for (const struct sr_field *f = en.statement.type->fields; f->key != NULL; f++) {
			struct sr_object_at at;
			uint8_t id[SR_HASH];

			if (!f->object || h->bodies == BODIES_MAX ||
				sr_field_hash(id, &en.statement, f->key, 0, NULL) != 0 ||
				sr_query_object(&at, h->a->cat, id, NULL) != 0)
				continue;
			sr_buf_init(&h->body[h->bodies]);
			if (o->get(o->ctx, &at, &h->body[h->bodies], NULL) == 0)
				h->bodies++;
		}
		sr_entry_free(&en);
	}
	assert_true(h->values > 200 && h->bodies > 10);
}

/* An object: one that there is, with something wrong in it as a rule, or anything. */
static int any_object(
	void *ctx, const struct sr_object_at *at, struct sr_buf *body, struct sr_err *e) {
	struct hostile *h = ctx;
	const size_t from = body->len;

	(void)at;
	if (dice(h, 12) == 0)
		return sr_fail(e, SR_NOTFOUND, "no such object");
	if (dice(h, 8) == 0) {
		for (size_t i = dice(h, 4000); i > 0; i--)
			sr_buf_put_u8(body, (uint8_t)dice(h, 256));
		return sr_buf_ok(body, e);
	}
	const struct sr_buf *b = &h->body[dice(h, h->bodies)];
	sr_buf_put(body, b->p, dice(h, 3) == 0 ? dice(h, b->len + 1) : b->len);
	for (size_t i = dice(h, 3); i > 0 && body->len > from; i--)
		body->p[from + dice(h, body->len - from)] ^= (uint8_t)(1U << dice(h, 8));
	return sr_buf_ok(body, e);
}

/* --- statements ------------------------------------------------------------------------------- */

static void any_number(struct hostile *h, char *out, size_t size) {
	static const uint64_t n[] = {0, 1, 2, 3, 5, 16, 33, 255, 65536, UINT32_MAX,
		(uint64_t)UINT32_MAX + 1, (uint64_t)UINT32_MAX + 2, INT64_MAX - 1, INT64_MAX};

	snprintf(out, size, "%llu", (unsigned long long)n[dice(h, T_COUNT(n))]);
}

static void any_hex(struct hostile *h, char *out, size_t digits) {
	for (size_t i = 0; i < digits; i++)
		out[i] = "0123456789abcdef"[dice(h, 16)];
	out[digits] = '\0';
}

static void any_key(struct hostile *h, char *out) {
	struct sr_buf b;
	uint8_t key[SR_KEY];

	for (size_t i = 0; i < SR_KEY; i++)
		key[i] = (uint8_t)dice(h, 256);
	sr_buf_init(&b);
	sr_buf_put_base64(&b, key, SR_KEY);
	memcpy(out, b.p, b.len);
	out[b.len] = '\0';
	sr_buf_free(&b);
}

/* A value of that kind, of nothing that there is. */
static bool any_value(struct hostile *h, const struct sr_field *f, char out[256]) {
	static const char *const tokens[] = {"none", "access", "export", "referral", "reseal",
		"redact", "destroy", "renew", "revoke", "lift", "role", "person", "person-end",
		"erase", "auditor", "collection", "board", "reshare", "rekey", "witnesses",
		"policy", "approve", "reject", "correct", "topup", "text", "graphic", "member",
		"curator", "grant", "enact", "allow", "deny", "open", "shut", "read", "checkout",
		"request", "browser", "quarantine", "embargo", "collection", "random"};
	char hex[2 * SR_HASH + 1], key[80];

	any_hex(h, hex, 2 * (size_t)SR_HASH);
	switch (f->kind) {
	case SR_V_ID:
		snprintf(out, 256, "%.32s", hex);
		return true;
	case SR_V_HASH:
		snprintf(out, 256, "%s", hex);
		return true;
	case SR_V_PERSON:
		snprintf(out, 256, "p-%.16s", hex);
		return true;
	case SR_V_KEY:
		any_key(h, out);
		return true;
	case SR_V_TOKEN:
	case SR_V_NAME:
		snprintf(out, 256, "%s", tokens[dice(h, T_COUNT(tokens))]);
		return true;
	case SR_V_DEC:
		any_number(h, out, 256);
		return true;
	case SR_V_TIME:
		sr_time_format(out, h->w->now + (int64_t)dice(h, 2000000) - 1000000);
		return true;
	case SR_V_COUNT_ROOT:
		any_number(h, key, sizeof key);
		snprintf(out, 256, "%s %s", key, hex);
		return true;
	case SR_V_LEVEL_KEY:
		any_key(h, key);
		snprintf(out, 256, "%zu %s", dice(h, 5), key);
		return true;
	case SR_V_LEVEL_QUORUM:
		snprintf(out, 256, "%zu %zu", dice(h, 40), dice(h, 40));
		return true;
	case SR_V_ID_HASH:
		snprintf(out, 256, "%.32s %s", hex + 3, hex);
		return true;
	case SR_V_TEXT:
	case SR_V_CARD:
		break;
	}
	return false;
}

/* The value of a line: most name what there is, under the same key or of the same kind. */
static const char *value_for(struct hostile *h, const struct sr_field *f, char out[256]) {
	const bool same_key = dice(h, 4) != 0;

	if (dice(h, 7) == 0 && any_value(h, f, out))
		return out;
	for (size_t tries = 0; tries < 400; tries++) {
		const struct value *v = &h->value[dice(h, h->values)];

		if (v->f->kind == f->kind &&
			(!same_key || strcmp(v->f->key, f->key) == 0 || tries > 200))
			return v->text;
	}
	return any_value(h, f, out) ? out : NULL;
}

static void text_line(struct hostile *h, struct sr_buf *b, const struct sr_field *f, size_t index) {
	static const char *const texts[] = {"", "A word", "\"quoted\" 'and' \\ back",
		"\xE3\x80\x80\xCC\x88", "a\nb\tc", "NEAR(\"x\" y) AND -z*", "%s%n"};
	struct sr_record *r = &h->record[h->records];
	uint8_t salt[SR_SALT];
	const char *text = texts[dice(h, T_COUNT(texts))];

	sr_random(salt, SR_SALT);
	sr_statement_put_text(b, f->key, salt, sr_bytes_str(text));
	if (h->records == T_COUNT(h->record) || dice(h, 4) == 0)
		return;
	memset(r, 0, sizeof *r);
	r->compartment = f->compartment;
	snprintf(r->subject, sizeof r->subject, "%s", "p-0123456789abcdef");
	r->key = f->key;
	r->index = (uint32_t)index;
	r->state = SR_RECORD_READ;
	memcpy(r->salt, salt, SR_SALT);
	r->text = sr_bytes_str(text);
	h->records++;
}

static int by_text(const void *a, const void *b) {
	const char *x = a, *y = b;
	const size_t n = strspn(x, "0123456789"), m = strspn(y, "0123456789");

	if (n > 0 && m > 0 && (x[n] == ' ' || x[n] == '\0') && n != m)
		return n < m ? -1 : 1;
	return strcmp(x, y);
}

static void lines_of(struct hostile *h, struct sr_buf *b, const struct sr_field *f) {
	static char line[LINES_MAX][512];
	char fresh[256];
	size_t count = 1, n = 0;

	if (f->cardinality == SR_OPTIONAL)
		count = dice(h, 2);
	else if (f->cardinality != SR_ONE)
		count = dice(h, 20) == 0 ? 1 + dice(h, LINES_MAX) : dice(h, 4);
	if (f->cardinality == SR_SOME && count == 0)
		count = 1;
	for (size_t i = 0; i < count && f->kind == SR_V_TEXT; i++)
		text_line(h, b, f, i);
	for (size_t i = 0; i < count && i < LINES_MAX && f->kind != SR_V_TEXT; i++) {
		const char *v = value_for(h, f, fresh);

		if (v != NULL && strlen(v) < sizeof *line)
			snprintf(line[n++], sizeof *line, "%s", v);
	}
	if (f->sorted)
		qsort(line, n, sizeof *line, by_text);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || !f->sorted || strcmp(line[i], line[i - 1]) != 0)
			sr_text_put(b, f->key, line[i]);
}

/* One more entry. false: what was made does not even parse. */
static bool make(struct hostile *h, struct sr_entry *en, enum sr_type_id id) {
	const struct sr_type *t = sr_type_at(id);
	struct sr_head head = {.time = h->w->now, .seen_size = h->a->seen_size};
	struct sr_buf b;
	bool ok;

	memset(en, 0, sizeof *en);
	memcpy(head.vault, h->w->v->fingerprint, SR_HASH);
	memcpy(head.seen_root, h->a->seen_root, SR_HASH);
	sr_random(head.id, SR_ID);
	const struct world_person *const by[] = {&h->w->member[0], &h->w->member[1],
		&h->w->researcher[0], &h->w->researcher[1], &h->w->curator[0], &h->w->officer};
	const bool service = t->signers == SR_BY_SERVICE ||
			     ((t->signers & SR_BY_SERVICE) != 0 && dice(h, 2) == 0);
	snprintf(head.actor, sizeof head.actor, "%s",
		service ? "service" : by[dice(h, T_COUNT(by))]->person);
	sr_buf_init(&b);
	h->records = 0;
	sr_statement_begin(&b, id, &head);
	for (const struct sr_field *f = t->fields; f->key != NULL; f++)
		lines_of(h, &b, f);
	ok = sr_buf_ok(&b, NULL) == 0 &&
	     sr_statement_parse_text(&en->statement, sr_buf_view(&b), NULL) == 0;
	sr_buf_free(&b);
	en->index = sr_catalogue_size(h->a->cat);
	en->epoch = SR_EPOCH_FIRST;
	en->received = h->w->now + (int64_t)dice(h, 3);
	en->has_object = dice(h, 10) != 0;
	sr_random(en->object, SR_HASH);
	en->count = h->records;
	if (h->records > 0) {
		en->records = calloc(h->records, sizeof *en->records);
		assert_non_null(en->records);
		memcpy(en->records, h->record, h->records * sizeof *en->records);
	}
	return ok;
}

static void ours(const struct sr_entry *en, const char *what, int rc, const struct sr_err *e) {
	if (rc == SR_MISUSE || rc == SR_NOMEM || rc == SR_IO || rc > 0)
		fail_msg("%s of a %s: code %d: %s\n%.*s", what, en->statement.type->name, rc,
			e->text, (int)en->statement.body.len, en->statement.body.p);
}

/* Judge, apply, keep it as the ground of the next or take it back. */
static void one(struct hostile *h, enum sr_type_id id) {
	const struct sr_objects objects = {any_object, h};
	struct sr_err e = {.code = SR_OK};
	struct sr_entry en;
	int rc;

	if (!make(h, &en, id)) {
		sr_entry_free(&en);
		return;
	}
	assert_ok(sr_catalogue_mark(h->a->cat, &h->w->e), &h->w->e);
	rc = audit_judge(h->a, &en, &e);
	ours(&en, "judgement", rc, &e);
	sr_err_clear(&e);
	rc = sr_catalogue_apply(h->a->cat, &en, &objects, &e);
	ours(&en, "effect", rc, &e);
	h->applied += rc == 0;
	if (rc == 0)
		assert_ok(sr_catalogue_keep(h->a->cat, &h->w->e), &h->w->e);
	else
		assert_ok(sr_catalogue_undo(h->a->cat, &h->w->e), &h->w->e);
	h->a->found_count = 0;
	sr_entry_free(&en);
}

static size_t number(const char *variable, size_t usual) {
	const char *v = getenv(variable);

	return v == NULL ? usual : (size_t)strtoul(v, NULL, 10);
}

static void prepare(struct hostile *h, struct desk *d) {
	memset(h, 0, sizeof *h);
	desk_begin(d);
	h->w = d->w;
	world_grant(d->w, d->rq.id, d->grant);
	d->c = (struct world_checkout){
		.by = &d->w->researcher[0], .grant = d->grant, .item = d->item[0]};
	assert_ok(world_checkout(d->w, &d->c), &d->w->out.err);
	ask(d);
	assert_ok(world_vote(d->w, &(struct world_vote){.member = 0, .request = d->rq.id}),
		&d->w->out.err);
	assert_ok(sr_audit_open(&h->a, d->w->v, true, &d->w->e), &d->w->e);
	assert_ok(sr_audit_step(h->a, SR_AUDIT_STEP, &d->w->e), &d->w->e);
	assert_int_equal(sr_audit_state(h->a), SR_AUDIT_COMPLETE);
	gather(h);
	h->a->from.replay.objects = (struct sr_objects){any_object, h};
}

static void test_hostile(void **state) {
	static struct hostile h;
	const size_t n = number("HOSTILE_N", N);
	uint8_t before[SR_HASH], after[SR_HASH];
	struct desk d;

	(void)state;
	prepare(&h, &d);
	h.random = number("HOSTILE_SEED", 4);
	assert_ok(sr_catalogue_digest(h.a->cat, before, &d.w->e), &d.w->e);
	for (size_t i = 0; i < n; i += CHAIN) {
		assert_ok(sr_catalogue_begin(h.a->cat, &d.w->e), &d.w->e);
		for (size_t k = 0; k < CHAIN; k++)
			one(&h, (enum sr_type_id)dice(&h, SR_T_COUNT));
		sr_catalogue_rollback(h.a->cat);
	}
	assert_ok(sr_catalogue_digest(h.a->cat, after, &d.w->e), &d.w->e);
	assert_memory_equal(before, after, SR_HASH);
	print_message("%zu of %zu had an effect\n", h.applied, n);
	assert_true(h.applied > n / 20); /* else nothing is looked at but the doorstep */
	for (size_t i = 0; i < h.values; i++)
		free(h.value[i].text);
	for (size_t i = 0; i < h.bodies; i++)
		sr_buf_free(&h.body[i]);
	sr_audit_close(h.a);
	world_free(d.w);
}

int main(void) {
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_hostile)};

	return cmocka_run_group_tests_name("audit: a hostile log", tests, NULL, NULL);
}
