/*
 * What a depositor is sent tells nothing of what was there before. Two vaults with the same
 * history: a curator brought a file of more than a pack, and released it. Then a depositor brings
 * the same file to the one, and to the other a file of the same size that nobody has seen. All that
 * the depositor's client is sent is kept, and afterwards all that a depositor may ask for is asked
 * for: the two records must have the same calls, codes, lines, rows and lengths.
 */
#include "base/time.h"
#include "client_rig.h"
#include "ledger/ledger.h"
#include "store/index.h"
#include "world.h"

enum {
	BIG = 40 << 20, /* a pack is 32 MiB */
	SMALL = 3000
};

struct wire { /* core, as a depositor's socket reaches it */
	struct sr_core *core;
	struct sr_session session;
	struct sr_buf said; /* one line for each reply, line of a head, row and field */
};

/* Numbers and words are told whole, all else by its length: ids, hashes, receipts and times are
 * random, or differ between two runs. */
static void say(struct sr_buf *b, const char *indent, struct sr_bytes key, struct sr_bytes value) {
	static const char *const whole[] = {"code", "error", "status", "path", "size", "reason",
		"items", "files", "bytes", "index", "entry", "state", "total", "title", "kind",
		"follow", "what", "entries", "accessions", "deposits", "held", "released"};
	struct sr_bytes shown = sr_bytes_of(NULL, 0);

	for (size_t i = 0; i < T_COUNT(whole); i++)
		if (sr_bytes_eq(key, sr_bytes_str(whole[i])))
			shown = sr_word(value, 0); /* of "<count> <root>" the count */
	sr_buf_printf(b, "%s%.*s %zu %.*s\n", indent, (int)key.len, (const char *)key.p, value.len,
		(int)shown.len, shown.p == NULL ? "" : (const char *)shown.p);
}

static void say_reply(struct wire *w, const char *op, const struct sr_call *r) {
	struct sr_rows rows = {0};

	sr_buf_printf(&w->said, "%s: body of %zu bytes\n", op, r->body.len);
	for (size_t i = 0; i < r->text.count; i++)
		if (!sr_bytes_eq(r->text.lines[i].key, sr_bytes_str("pid")))
			say(&w->said, "  ", r->text.lines[i].key, r->text.lines[i].value);
	if (sr_rows_parse(&rows, sr_buf_view(&r->body), NULL) == 0)
		for (size_t i = 0; i < rows.count; i++) {
			const struct sr_row *row = &rows.rows[i];

			sr_buf_printf(&w->said, "  row %.*s\n", (int)row->kind.len,
				(const char *)row->kind.p);
			for (size_t f = 0; f < row->count; f++)
				say(&w->said, "    ", row->fields[f].key, row->fields[f].value);
		}
	sr_rows_free(&rows);
}

static int wire_call(void *ctx, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	struct wire *w = ctx;
	char op[40];
	int rc;

	sr_core_call(w->core, &w->session, q, r);
	snprintf(op, sizeof op, "%.*s", (int)q->text.lines[0].value.len,
		(const char *)q->text.lines[0].value.p);
	rc = sr_call_parse(r, e);
	say_reply(w, op, r);
	return rc;
}

static void wire_close(void *ctx) {
	struct wire *w = ctx;

	sr_session_end(w->core, &w->session);
}

/* --- what is deposited ------------------------------------------------------------------------ */

struct reading {
	const uint8_t *content;
	size_t size, at;
};
struct source { /* one item: the big file and a small one */
	struct reading files[2];
	size_t given;
	bool begun;
};

static int source_item(void *ctx, struct sr_bytes *title, struct sr_err *e) {
	struct source *s = ctx;

	(void)e;
	*title = sr_bytes_str("A box");
	if (s->begun)
		return 0;
	s->begun = true;
	return 1;
}

static int source_read(void *ctx, void *p, size_t len, size_t *got, struct sr_err *e) {
	struct reading *f = ctx;
	const size_t left = f->size - f->at;

	(void)e;
	*got = left < len ? left : len;
	memcpy(p, f->content + f->at, *got);
	f->at += *got;
	return 0;
}

static int source_file(void *ctx, struct sr_deposit_file *out, struct sr_err *e) {
	static const char *const names[] = {"big.bin", "small.txt"};
	struct source *s = ctx;

	(void)e;
	if (s->given == T_COUNT(names))
		return 0;
	out->path = sr_bytes_str(names[s->given]);
	out->kind = SR_FILE_REGULAR;
	out->size = s->files[s->given].size;
	out->content = (struct sr_deposit_content){.read = source_read, .ctx = &s->files[s->given]};
	s->given++;
	return 1;
}

/* --- the two vaults --------------------------------------------------------------------------- */

static void curator_brings(struct world *w, const uint8_t *content) {
	const struct world_file files[] = {{.path = "big.bin", .content = {content, BIG}},
		{.path = "small.txt", .content = {content, SMALL}}};
	struct world_deposit d = {
		.by = &w->curator[0], .files = files, .count = 2, .together = true};

	assert_int_equal(world_deposit(w, &d), 0);
	world_held_release(w, d.items[0]);
}

/* One question of a depositor; its answer joins the record. */
static int ask(struct wire *w, const char *op, const char *key, const char *value) {
	struct sr_call q, r;
	struct sr_err e = {0};
	int rc;

	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, op);
	if (key != NULL)
		sr_text_put(&q.head, key, value);
	if (strcmp(op, "search") == 0)
		sr_buf_put_bytes(&q.body, sr_bytes_str("big"));
	rc = wire_call(w, &q, &r, &e);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

/* Everything that is there to be asked for: lists, counts, every entry, and the object that says
 * which packs were written. */
static void look_around(struct world *w, struct wire *wire) {
	static const char *const lists[] = {
		"items", "search", "collections", "status", "requests", "inbox"};
	struct sr_entry last;
	char value[2 * SR_HASH + 1];
	const uint64_t size = sr_ledger_next_index(w->v->ledger);

	for (size_t i = 0; i < T_COUNT(lists); i++)
		assert_ok(ask(wire, lists[i], NULL, NULL), &w->e);
	for (uint64_t i = 0; i < size; i++) {
		snprintf(value, sizeof value, "%llu", (unsigned long long)i);
		(void)ask(wire, "proof", "index", value);
	}
	world_last(w, SR_T_STORED, &last);
	snprintf(value, sizeof value, "%.*s", 2 * SR_HASH,
		(const char *)sr_field(&last.statement, "list", 0).p);
	assert_int_equal(ask(wire, "object", "id", value), SR_DENIED);
	sr_hex(value, last.statement.head.id, SR_ID);
	assert_int_equal(ask(wire, "proof", "id", value), SR_DENIED);
	sr_entry_free(&last);
	(void)ask(wire, "log", NULL, NULL);
	(void)ask(wire, "verify", NULL, NULL);
	(void)ask(wire, "scrub", NULL, NULL);
}

/* The depositor's whole visit, into ${said}; how many packs it made. */
static uint64_t visit(struct sr_buf *said, const uint8_t *first, const uint8_t *second) {
	struct office *o = office_new(NULL);
	struct desk *d = desk_prepare(o, &o->w->depositor);
	struct source from = {.files = {{second, BIG, 0}, {second, SMALL, 0}}};
	const struct sr_deposit_source src = {
		.item = source_item, .file = source_file, .ctx = &from};
	const struct sr_depositing dep = {.collection = o->w->collection, .source = &src};
	struct wire wire = {.core = &o->core};
	struct sr_deposited out = {0};
	uint64_t before = 0, after = 0, blocks = 0;
	struct sr_client_options co = {.transport = {wire_call, wire_close, &wire, false},
		.identity = &d->id,
		.memory = o->memory,
		.place = o->w->vault,
		.clock = {desk_now, o}};

	curator_brings(o->w, first);
	assert_ok(sr_index_counts(o->w->v->index, &before, &blocks, &d->e), &d->e);
	sr_buf_init(&wire.said);
	sr_session_init(&o->core, &wire.session, false);
	assert_ok(sr_client_open(&d->c, &co, &d->e), &d->e);
	const uint64_t begun_ms = sr_mono_ms();
	assert_ok(sr_client_deposit(d->c, &dep, &out, &d->e), &d->e);
	print_message("# a deposit of %d MiB: %llu ms\n", BIG >> 20,
		(unsigned long long)(sr_mono_ms() - begun_ms));
	assert_ok(sr_index_counts(o->w->v->index, &after, &blocks, &d->e), &d->e);
	sr_deposited_free(&out);
	look_around(o->w, &wire);
	desk_free(d);
	office_free(o);
	*said = wire.said;
	return after - before;
}

static void same_lines(struct sr_bytes a, struct sr_bytes b) {
	size_t from = 0;

	for (size_t i = 0; i < a.len && i < b.len && a.p[i] == b.p[i]; i++)
		if (a.p[i] == '\n')
			from = i + 1;
	if (!sr_bytes_eq(a, b))
		fail_msg("known content is answered\n%.300s\nunknown content\n%.300s",
			(const char *)a.p + from, (const char *)b.p + from);
}

static void test_a_hit_is_not_seen(void **state) {
	uint8_t *known = malloc(BIG), *unknown = malloc(BIG);
	struct sr_buf said[2];
	uint64_t packs[2];

	(void)state;
	assert_true(known != NULL && unknown != NULL);
	t_fill(known, BIG, 1);
	t_fill(unknown, BIG, 2);
	packs[0] = visit(&said[0], known, known);
	packs[1] = visit(&said[1], known, unknown);
	assert_true(packs[1] > packs[0]); /* there is something to be seen */
	assert_true(said[0].len > 4000);
	for (int i = 0; i < 2; i++) {
		sr_buf_put_u8(&said[i], 0);
		assert_null(strstr((const char *)said[i].p, "packs"));
		assert_null(strstr((const char *)said[i].p, "blocks"));
		/* Of the curator's item, which is released, nothing: lists have one item. */
		assert_non_null(strstr((const char *)said[i].p, "total 1 1"));
		assert_null(strstr((const char *)said[i].p, "total 1 2"));
	}
	same_lines(sr_buf_view(&said[0]), sr_buf_view(&said[1]));
	sr_buf_free(&said[0]);
	sr_buf_free(&said[1]);
	free(known);
	free(unknown);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_hit_is_not_seen),
	};

	return cmocka_run_group_tests_name("core client: a hit is not seen", tests, NULL, NULL);
}
