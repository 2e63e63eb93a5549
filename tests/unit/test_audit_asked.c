/*
 * What the boards' rules were asked with follows from the log: a service that holds all its keys
 * and keeps answers whose inputs are not true, keeps none, or decides without asking, is named with
 * the entry and the attribute. Each lie is one that the answer follows from.
 */
#include "audit/inputs.h"
#include "audit_rig.h"
#include "board/follow.h"
#include "world.h"

enum {
	LIES_MAX = 24
};

struct court { /* one log of lies, and what the replay must say of each */
	struct desk d;
	struct world *w;
	struct {
		uint64_t entry;
		const char *type, *field, *piece;
	} want[LIES_MAX];
	size_t count;
};

static void expect(
	struct court *c, uint64_t entry, const char *type, const char *field, const char *piece) {
	assert_true(c->count < LIES_MAX);
	c->want[c->count].entry = entry;
	c->want[c->count].type = type;
	c->want[c->count].field = field;
	c->want[c->count++].piece = piece;
}

static void judged(struct court *c, uint64_t entry, const char *field, const char *piece) {
	expect(c, entry, "decided", field, piece);
}

/* Who reads what, and one lie about it. */
static void lie_about(struct court *c, size_t reader, size_t item, const char *from, const char *to,
	const char *field, const char *piece) {
	struct world_checkout k = {
		.by = &c->w->researcher[reader], .grant = c->d.grant, .item = c->d.item[item]};
	struct sr_inputs in;
	uint8_t id[SR_ID];
	const uint64_t entry = bare_checkout(c->w, &k, &in);

	id_of(c->w, entry, id);
	const struct sr_decided_of of = {
		.of = id, .grant = c->d.grant, .checkout = k.id, .item = k.item};
	const uint64_t at = forge_answer(c->w, &in, &of, from, to, c->w->now);
	if (field != NULL)
		judged(c, at, field, piece);
	assert_ok(world_return(c->w, &k), &c->w->out.err);
}

static void about_uses(struct court *c, const struct world_checkout *k) {
	const struct sr_decided_of of = {
		.grant = c->d.grant, .checkout = k->id, .item = c->d.item[0]};
	const struct sr_decided_of elsewhere = {
		.grant = c->d.grant, .checkout = k->id, .item = c->d.item[1]};
	static const struct {
		const char *from, *to, *field, *piece;
		int64_t before;
		bool elsewhere;
	} lies[] = {
		{NULL, NULL, NULL, NULL, 0, false}, /* a true one */
		{"\"right\":\"access\"", "\"right\":\"export\"", "Grant.right",
			"the rules were told \"export\"; from the log follows \"access\"", 0,
			false},
		{"\"sealed\":false", "\"sealed\":true", "Item.sealed",
			"the rules were told true; from the log follows false", 0, false},
		{NULL, NULL, "time", "11 s before it was taken", 11, false},
		{NULL, NULL, "checkout", "not those of what it answers", 0, true},
	};
	struct sr_checkout_row row;
	struct sr_facts f;
	struct sr_inputs in;

	for (size_t i = 0; i < T_COUNT(lies); i++) {
		assert_ok(sr_query_checkout(&row, c->w->v->catalogue, k->id, &c->w->e), &c->w->e);
		assert_ok(sr_authorize_facts(&f, c->w->v, c->w->now, &c->w->e), &c->w->e);
		assert_ok(sr_inputs_of_checkout(&in, &f, &row, &c->w->e), &c->w->e);
		const uint64_t at = forge_answer(c->w, &in, lies[i].elsewhere ? &elsewhere : &of,
			lies[i].from, lies[i].to, c->w->now - lies[i].before);
		if (lies[i].field != NULL)
			judged(c, at, lies[i].field, lies[i].piece);
	}
}

/* Findings and lies, one for one, in the order of the log. */
static void check(const struct court *c, const struct heap *h) {
	for (size_t i = 0; i < h->count || i < c->count; i++) {
		const struct sr_audit_finding *f = i < h->count ? &h->rows[i] : NULL;

		if (f != NULL && i < c->count && f->entry == c->want[i].entry &&
			strcmp(f->what, "judged") == 0 && strcmp(f->field, c->want[i].field) == 0 &&
			strcmp(f->type, c->want[i].type) == 0 &&
			strstr(f->text, c->want[i].piece) != NULL)
			continue;
		fail_msg("finding %zu: %s entry %llu (%s) %s: %s; want entry %llu %s: %s", i,
			f == NULL ? "none" : f->what,
			(unsigned long long)(f == NULL ? 0 : f->entry), f == NULL ? "" : f->type,
			f == NULL ? "" : f->field, f == NULL ? "" : f->text,
			(unsigned long long)(i < c->count ? c->want[i].entry : 0),
			i < c->count ? c->want[i].field : "nothing",
			i < c->count ? c->want[i].piece : "");
	}
}

/* An answer about votes on version 0 of the request, which no request has. Its entry. */
static uint64_t about_no_version(struct court *c) {
	const struct sr_decided_of of = {.request = c->d.rq.id, .version = 1};
	struct sr_authorized *a = calloc(1, sizeof *a);
	struct sr_version_row v = {.version = 0};
	struct sr_decided made;
	struct sr_outcome out;
	struct sr_inputs in;
	struct sr_facts f;
	uint8_t *at;

	assert_non_null(a);
	assert_ok(sr_query_version(&v, c->w->v->catalogue, c->d.rq.id, 1, &c->w->e), &c->w->e);
	assert_ok(sr_authorize_facts(&f, c->w->v, c->w->now, &c->w->e), &c->w->e);
	assert_ok(sr_inputs_of_decision(&in, &f, &v, 0, &c->w->e), &c->w->e);
	assert_ok(sr_authorize(a, c->w->v, &in, 0, &c->w->e), &c->w->e);
	assert_ok(sr_authorized_decided(&made, c->w->v, a, &of, c->w->now, &c->w->e), &c->w->e);
	at = memmem(made.text.p, made.text.len, "\nversion 1\n", 11);
	assert_non_null(at);
	at[9] = '0';
	assert_ok(
		sr_door_service_with(c->w->v, sr_buf_view(&made.text), &made.parts, &out, &c->w->e),
		&c->w->e);
	assert_ok(out.code, &out.err);
	sr_version_row_free(&v);
	sr_decided_free(&made);
	sr_authorized_free(a);
	sr_inputs_free(&in);
	free(a);
	return out.index;
}

static void test_lies(void **state) {
	struct world_checkout k;
	struct court c = {.count = 0};
	struct sr_inputs in;
	struct heap h;
	uint8_t id[SR_ID];
	uint64_t entry;

	(void)state;
	desk_begin(&c.d);
	c.w = c.d.w;
	assert_ok(world_vote(c.w, &(struct world_vote){.member = 0, .request = c.d.rq.id}),
		&c.w->out.err);
	/* One vote of two, and an approval made up. */
	entry = forge_decision(c.w, c.d.rq.id, "\"approvals\":1", "\"approvals\":2");
	judged(&c, entry, "context.approvals",
		"its inputs are not true: the rules were told 2; from the log follows 1");
	/* A member less of the board, a name less among those who ask. */
	entry = forge_decision(c.w, c.d.rq.id, "\"members\":3", "\"members\":4");
	judged(&c, entry, "Board.members", "told 4; from the log follows 3");
	entry = forge_decision(c.w, c.d.rq.id, "\"kind\":\"access\"", "\"kind\":\"export\"");
	judged(&c, entry, "Request.kind", "told \"export\"");
	judged(&c, about_no_version(&c), "inputs",
		"nothing of the kind can be asked: there is no such version");
	assert_ok(world_vote(c.w, &(struct world_vote){.member = 1, .request = c.d.rq.id}),
		&c.w->out.err);
	assert_true(world_grant_of(c.w, c.d.rq.id, c.d.grant));

	/* A checkout that the rules were not asked about; the next one says so. */
	k = (struct world_checkout){
		.by = &c.w->researcher[0], .grant = c.d.grant, .item = c.d.item[0]};
	entry = bare_checkout(c.w, &k, &in);
	sr_inputs_free(&in);
	expect(&c, entry, "checkout", "decided", "no entry says what the rules of its board");
	about_uses(&c, &k);

	lie_about(&c, 1, 0, NULL, NULL, NULL, NULL);
	lie_about(&c, 1, 0, "\"exposureToday\":0", "\"exposureToday\":1", "context.exposureToday",
		"told 1; from the log follows 0");
	lie_about(&c, 1, 0, "\"browser\":false", "\"browser\":true", "context.browser",
		"told true; from the log follows false");
	lie_about(&c, 1, 0, "\"witnessed\":false", "\"witnessed\":true", "context.witnessed",
		"told true");
	/* No entry has an address; but who came by no browser came over no network. */
	lie_about(&c, 1, 0, "\"browser\":false",
		"\"browser\":false,\"network\":{\"__extn\":{\"fn\":\"ip\",\"arg\":\"10.0.0.1\"}}",
		"context.network", "from the log follows nothing");
	lie_about(&c, 1, 0, "{\"type\":\"Role\",\"id\":\"researcher\"}",
		"{\"type\":\"Role\",\"id\":\"curator\"}", "Person.parents",
		"from the log follows [");

	/* An answer to nobody, and one to a checkout that has its own. */
	k = (struct world_checkout){
		.by = &c.w->researcher[1], .grant = c.d.grant, .item = c.d.item[1]};
	entry = bare_checkout(c.w, &k, &in);
	id_of(c.w, entry, id);
	const struct sr_decided_of of = {
		.of = id, .grant = c.d.grant, .checkout = k.id, .item = k.item};
	struct sr_inputs again = in;
	sr_buf_init(&again.text);
	sr_buf_put_bytes(&again.text, sr_buf_view(&in.text));
	(void)forge_answer(c.w, &in, &of, NULL, NULL, c.w->now);
	entry = forge_answer(c.w, &again, &of, NULL, NULL, c.w->now);
	judged(&c, entry, "of", "no statement that waits");

	replay(c.w, 3, false, &h); /* a step ends between a checkout and its answer */
	check(&c, &h);
	heap_free(&h);
	replay(c.w, SR_AUDIT_STEP, false, &h);
	check(&c, &h);
	heap_free(&h);
	world_free(c.w);
}

/* --- two inputs ------------------------------------------------------------------------------- */

#define REQUEST "{\"principal\":{\"type\":\"A\",\"id\":\"a\"},\"action\":1,\"resource\":2"
#define OF(context, entities) \
	"strongroom/inputs/v1\n" REQUEST ",\"context\":" context "}\n[" entities "]\n"

static void pair(
	const char *kept, const char *derived, const struct audit_told *of, const char *want) {
	struct audit_told told = *of;
	char path[AUDIT_PATH] = "", text[500];
	struct sr_err e = {.code = SR_OK};
	bool ok = false;

	assert_ok(audit_inputs_same(&ok, path, text, sizeof text, sr_bytes_str(kept),
			  sr_bytes_str(derived), &told, &e),
		&e);
	assert_string_equal(path, want);
	assert_int_equal(ok, *want == '\0');
	/* What was said is handed out, whether it is true or not. */
	assert_int_equal(told.witnessed, strstr(kept, "\"witnessed\":true") != NULL);
}

static void test_inputs(void **state) {
	struct audit_told none = {.browser = false};
	const struct audit_told all = {true, true, false};
	static const char one[] = "{\"uid\":{\"type\":\"T\",\"id\":\"x\"},\"attrs\":{\"s\":[1,2]},"
				  "\"parents\":[],\"tags\":{}}";
	char kept[900], path[AUDIT_PATH], text[40];
	struct sr_err e = {.code = SR_OK};
	bool ok = true;

	(void)state;
	pair(OF("{\"a\":1,\"b\":[1,2]}", ""), OF("{\"b\":[2,1],\"a\":1}", ""), &none, "");
	pair(OF("{\"a\":1}", ""), OF("{\"a\":2}", ""), &none, "context.a");
	pair(OF("{\"b\":[1,1]}", ""), OF("{\"b\":[1,2]}", ""), &none, "context.b");
	pair(OF("{\"b\":[1,2]}", ""), OF("{\"b\":[1,1]}", ""), &none, "context.b");
	pair(OF("{\"b\":{\"x\":1}}", ""), OF("{\"b\":{\"y\":1}}", ""), &none, "context.b");
	pair(OF("{\"a\":true}", ""), OF("{}", ""), &none, "context.a");
	pair(OF("{}", ""), OF("{\"a\":null}", ""), &none, "context.a");
	pair(OF("[]", ""), OF("{}", ""), &none, "context.record");
	pair(OF("{\"a\":1}", "{}"), OF("{\"a\":1}", ""), &none, "entities.uid");
	/* What no entry says. */
	pair(OF("{\"browser\":true}", ""), OF("{\"browser\":false}", ""), &all, "");
	pair(OF("{\"browser\":false}", ""), OF("{\"browser\":false}", ""), &none, "");
	pair(OF("{\"browser\":true}", ""), OF("{\"browser\":false}", ""), &none, "context.browser");
	pair(OF("{\"browser\":false}", ""), OF("{\"browser\":false}", ""), &all, "context.browser");
	pair(OF("{\"witnessed\":true}", ""), OF("{\"witnessed\":false}", ""), &all, "");
	pair(OF("{\"witnessed\":1}", ""), OF("{\"witnessed\":false}", ""), &all,
		"context.witnessed");
	pair(OF("{\"witnessed\":true}", ""), OF("{\"witnessed\":false}", ""), &none,
		"context.witnessed");
	pair(OF("{\"witnessed\":false}", ""), OF("{\"witnessed\":false}", ""), &all, "");
	pair(OF("{\"network\":1}", ""), OF("{}", ""), &none, "context.network");
	pair(OF("{\"network\":1}", ""), OF("{}", ""), &all, "");
	pair(OF("{\"browser\":true}", ""), OF("{}", ""), &all, "context.browser");
	/* Entities by their names. */
	snprintf(kept, sizeof kept, OF("{}", "%s"), one);
	pair(kept, OF("{}", ""), &none, "entities.uid");
	pair(OF("{}", ""), kept, &none, "T.uid");
	pair(kept,
		OF("{}", "{\"uid\":{\"id\":\"x\",\"type\":\"T\"},\"attrs\":{\"s\":[2,1]},"
			 "\"parents\":[],\"tags\":{}}"),
		&none, "");
	pair(kept,
		OF("{}", "{\"uid\":{\"type\":\"T\",\"id\":\"x\"},\"attrs\":{\"s\":[2]},\"parents\":"
			 "[],\"tags\":{}}"),
		&none, "T.s");
	pair(kept,
		OF("{}", "{\"uid\":{\"type\":\"T\",\"id\":\"x\"},\"attrs\":{\"s\":[1,2]},"
			 "\"parents\":[3],\"tags\":{}}"),
		&none, "T.parents");
	pair(kept,
		OF("{}", "{\"uid\":{\"type\":\"T\",\"id\":\"x\"},\"attrs\":{\"s\":[1,2]},"
			 "\"parents\":[],\"tags\":{\"t u\":1}}"),
		&none, "T.tags.t u");
	/* No text of inputs. */
	assert_fails(audit_inputs_same(&ok, path, text, sizeof text, sr_bytes_str("x\n{}\n"),
			     sr_bytes_str(kept), &none, &e),
		SR_CORRUPT, &e, "a line is missing");
	assert_fails(audit_inputs_same(&ok, path, text, sizeof text, sr_bytes_str("x\n[]\n[]\n"),
			     sr_bytes_str(kept), &none, &e),
		SR_CORRUPT, &e, "no request and entities");
}

/* A kept one as long as an object may be costs one look at each of its parts. */
static void test_long(void **state) {
	struct audit_told none = {.browser = false};
	char path[AUDIT_PATH], text[500];
	struct sr_err e = {.code = SR_OK};
	struct sr_buf b;
	bool ok = true;

	(void)state;
	sr_buf_init(&b);
	sr_buf_put_str(&b, "strongroom/inputs/v1\n{\"principal\":1,\"action\":1,\"resource\":2,"
			   "\"context\":{\"a\":[0");
	for (size_t i = 0; i < 200000; i++)
		sr_buf_put_str(&b, ",0");
	sr_buf_put_str(&b, "]}}\n[0");
	for (size_t i = 0; i < 200000; i++)
		sr_buf_put_str(&b, ",0");
	sr_buf_put_str(&b, "]\n");
	assert_ok(sr_buf_ok(&b, &e), &e);
	assert_ok(audit_inputs_same(&ok, path, text, sizeof text, sr_buf_view(&b),
			  sr_bytes_str("strongroom/inputs/v1\n{\"principal\":1,\"action\":1,"
				       "\"resource\":2,\"context\":{\"a\":[1]}}\n[]\n"),
			  &none, &e),
		&e);
	assert_false(ok);
	assert_string_equal(path, "context.a");
	assert_true(strlen(text) < 300); /* it is not shown whole */
	sr_buf_free(&b);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_inputs),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests_name("audit: what was asked", tests, NULL, NULL);
}
