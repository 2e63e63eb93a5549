/*
 * A log that took another name, as clients follow it at a vault that lies: a name that nobody
 * confirmed, a confirmation by nobody, for another entry, or with its votes kept back; and memories
 * of what is lost, of more than was said, and of what is said to be there and is not.
 */
#include "board/adopt.h"

#include "board/follow.h"
#include "catalogue/query.h"
#include "client_rig.h"
#include "ledger/ledger.h"
#include "ledger/seen.h"
#include "lies_rig.h"
#include "world.h"

static const char NEW[] = "archive.example/second";
enum {
	LOST = 9 /* so many entries more others are said to know of */
};

static struct office *office_renamed(struct sr_log_name *n) {
	struct office *o = office_new(NULL);
	struct sr_adopt a = {.name = NEW, .agreed = SR_ADOPT_ALL};
	struct sr_log_names names;
	uint64_t agreed = 0, entry = 0;
	struct sr_err e = {0};

	/* One remembers the log as it was founded. */
	desk_free(desk_new(o, &o->w->member[0]));
	a.known = sr_ledger_next_index(o->w->v->ledger) + LOST;
	assert_ok(sr_adopt(o->w->v, &a, &agreed, &entry, &e), &e);
	assert_ok(sr_query_log_names(&names, o->w->v->catalogue, &e), &e);
	*n = names.rows[0];
	sr_log_names_free(&names);
	return o;
}

static void ask(struct office *o, const struct sr_log_name *n, uint8_t id[SR_ID], size_t votes) {
	struct world *w = o->w;
	struct world_draft d;

	world_id(w, id);
	world_begin(&d, w, &w->officer, SR_T_REQUEST);
	sr_text_put_hex(&d.text, "request", id, SR_ID);
	sr_text_put_dec(&d.text, "version", 1);
	sr_text_put(&d.text, "kind", "adopt");
	sr_text_put_hex(&d.text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_dec(&d.text, "epoch", 1);
	sr_text_put_dec(&d.text, "level", w->level[w->levels - 1]);
	sr_text_put_hex(&d.text, "set", n->hash, SR_HASH);
	assert_int_equal(world_commit(&d, NULL), 0);
	for (size_t i = 0; i < votes; i++)
		assert_int_equal(
			world_vote(w, &(struct world_vote){.member = i, .request = id}), 0);
}

static void confirm(struct office *o, const struct sr_log_name *n) {
	uint8_t id[SR_ID];

	ask(o, n, id, o->w->level[o->w->levels - 1]);
}

static int named(struct desk *d, struct sr_dir *memory, const char *name) {
	struct sr_client_options co = {.reconnect = liar_again,
		.reconnect_ctx = &d->liar,
		.identity = &d->id,
		.memory = memory,
		.place = d->o->w->vault,
		.log_name = name,
		.clock = {desk_now, d->o}};

	sr_err_clear(&d->e);
	assert_ok(liar_again(&d->liar, &co.transport, &d->e), &d->e);
	return sr_client_open(&d->c, &co, &d->e);
}

static void refused(
	struct office *o, const struct world_person *p, const char *name, const char *piece) {
	struct desk *d = desk_prepare(o, p);

	assert_fails(named(d, o->memory, name), SR_AUTH, &d->e, piece);
	desk_free(d);
}

struct row_lie {
	const char *op, *row, *what, *key;
	struct sr_bytes value; /* p == NULL, ${key} NULL: the row is dropped */
};

static void tell_lie(void *ctx, const struct sr_row *row, struct sr_rows_out *o) {
	const struct row_lie *l = ctx;
	const bool hit =
		sr_row_is(row, l->row) &&
		(l->what == NULL || sr_bytes_eq(sr_row_get(row, "what"), sr_bytes_str(l->what)));

	if (hit && l->key == NULL)
		return;
	lie_row(o, row, hit ? l->key : NULL, l->value);
}

static int twist(
	struct liar *l, const char *op, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	struct row_lie *lie = l->ctx;
	struct sr_buf before;

	(void)q;
	(void)e;
	if (strcmp(op, lie->op) != 0)
		return 0;
	sr_buf_init(&before);
	sr_buf_put_bytes(&before, sr_buf_view(&r->body));
	lie_rows(r, tell_lie, lie);
	l->was_twisted =
		l->was_twisted || !sr_bytes_eq(sr_buf_view(&before), sr_buf_view(&r->body));
	sr_buf_free(&before);
	return 0;
}

static void refused_lie(
	struct office *o, const struct world_person *p, struct row_lie *lie, const char *piece) {
	struct desk *d = desk_prepare(o, p);

	d->liar.twist = twist;
	d->liar.ctx = lie;
	assert_fails(named(d, o->memory, NULL), SR_AUTH, &d->e, piece);
	assert_true(d->liar.was_twisted);
	desk_free(d);
}

static int drop_changes(
	struct liar *l, const char *op, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	(void)q;
	(void)e;
	if (strcmp(op, "hello") == 0) {
		lie_head(r, "key-change", NULL);
		l->was_twisted = true;
	}
	return 0;
}

/* Who follows the log confirms its name and no other, whatever the request in their hands says. */
static void about_another_name(struct office *o, const uint8_t id[SR_ID]) {
	struct lie other = {
		.op = "request.material", .row = "receipt", .what = "request", .how = RECEIPT};
	struct desk *d;
	struct sr_buf text;
	struct sr_writ w;

	d = desk_new(o, &o->w->member[0]);
	assert_ok(try_vote(d, id, &w), &d->e);
	sr_writ_free(&w);
	desk_free(d);
	forged_head(o, &text, SR_T_REQUEST, o->w->officer.person);
	copy_fields(o, &text, SR_T_REQUEST, "set", OTHER_HASH);
	forge_by(o, &text, &o->w->officer, &other.index);
	d = desk_new(o, &o->w->member[0]);
	tell(d, &other);
	assert_fails(try_vote(d, id, &w), SR_AUTH, &d->e,
		"about another name of the log than the one that it has since entry");
	honest(d, &other);
	desk_free(d);
}

static void only_on_the_boards_word(void **state) {
	struct sr_log_name n;
	struct office *o = office_renamed(&n);
	const struct world_person *who = &o->w->member[0], *later = &o->w->member[1];
	char number[24];
	uint8_t id[SR_ID];
	struct desk *d;

	(void)state;
	refused(o, who, NULL, "board has not confirmed");
	refused(o, later, NULL, "board has not confirmed");
	refused(o, who, "archive.example/other", "board has not confirmed");
	/* Who names it goes on, and remembers nothing of it. */
	for (int i = 0; i < 2; i++) {
		d = desk_prepare(o, who);
		assert_ok(named(d, o->memory, NEW), &d->e);
		assert_int_equal(sr_client_info(d->c)->renamed, n.entry);
		assert_string_equal(sr_client_info(d->c)->log, NEW);
		assert_int_equal(sr_client_info(d->c)->lost, 0);
		desk_free(d);
		refused(o, who, NULL, "board has not confirmed");
	}
	/* Some other entry for the board's word. */
	snprintf(number, sizeof number, "%llu", (unsigned long long)n.entry + 1);
	ask(o, &n, id, o->w->level[o->w->levels - 1]);
	struct row_lie other = {"witness", "name", NULL, "confirmed", sr_bytes_str(number)};
	refused_lie(o, who, &other, "board has not confirmed");
	struct row_lie unsaid = {"witness", "name", NULL, NULL, {NULL, 0}};
	refused_lie(o, who, &unsaid, "board has not confirmed");
	/* The word, without the votes, or one of those who are to be believed. */
	struct row_lie votes = {"proof", "receipt", "vote", NULL, {NULL, 0}};
	refused_lie(o, who, &votes, "");
	refused_lie(o, later, &votes, "");
	/* The name kept back: then the checkpoint is of another log. */
	d = desk_prepare(o, who);
	d->liar.twist = drop_changes;
	assert_fails(named(d, o->memory, NULL), SR_AUTH, &d->e, "checkpoint");
	assert_true(d->liar.was_twisted);
	desk_free(d);

	/* The truth: told once, and remembered. */
	for (int i = 0; i < 2; i++) {
		d = desk_new(o, who);
		assert_int_equal(sr_client_info(d->c)->renamed, i == 0 ? n.entry : 0);
		assert_string_equal(sr_client_info(d->c)->log, NEW);
		desk_free(d);
	}
	d = desk_new(o, later);
	assert_int_equal(sr_client_info(d->c)->renamed, n.entry);
	desk_free(d);
	about_another_name(o, id);
	world_close(o->w);
	office_free(o);
}

/* A memory of ${size} entries under the founding name, which this log does not have. */
static void remember(struct office *o, const struct world_person *p, uint64_t size) {
	struct sr_seen s;
	struct sr_buf b;
	struct sr_err e = {0};
	char name[64];

	assert_ok(sr_seen_load(&s, o->memory, o->w->v->fingerprint, p->person, &e), &e);
	s.size = size;
	s.keys.count = 1;
	t_fill(s.root, SR_HASH, size);
	sr_buf_init(&b);
	sr_seen_encode(&b, &s);
	sr_seen_name(name, o->w->v->fingerprint, p->person);
	assert_ok(sr_file_replace(o->memory, name, sr_buf_view(&b), &e), &e);
	sr_buf_free(&b);
}

static void what_it_excuses(void **state) {
	struct sr_log_name n;
	struct office *o = office_renamed(&n);
	const struct world_person *who = &o->w->member[0];
	struct sr_seen s;
	struct desk *d;

	(void)state;
	/* Of what is said to be there: whatever the board says, and whatever the person does. */
	remember(o, who, n.agreed);
	refused(o, who, NEW, "");
	confirm(o, &n);
	refused(o, who, NULL, "");
	refused(o, who, NEW, "");
	remember(o, who, n.agreed / 2);
	refused(o, who, NEW, "");
	/* Of more than is said to be lost. */
	remember(o, who, n.known + 1);
	refused(o, who, NULL, "more is gone than was said");
	assert_ok(sr_seen_load(&s, o->memory, o->w->v->fingerprint, who->person, NULL), NULL);
	assert_int_equal(s.size, n.known + 1);
	d = desk_prepare(o, who);
	assert_ok(named(d, o->memory, NEW), &d->e);
	assert_int_equal(sr_client_info(d->c)->lost, n.known + 1);
	desk_free(d);
	/* Of what is lost, in the tree that is longer by now and in one that is not. */
	for (uint64_t size = n.agreed + 1; size <= n.known; size += LOST - 1) {
		remember(o, who, size);
		d = desk_new(o, who);
		assert_int_equal(sr_client_info(d->c)->lost, size);
		assert_int_equal(sr_client_info(d->c)->lost_agreed, n.agreed);
		assert_int_equal(sr_client_info(d->c)->lost_known, n.known);
		desk_free(d);
		d = desk_new(o, who);
		assert_int_equal(sr_client_info(d->c)->lost, 0);
		assert_int_equal(sr_client_info(d->c)->renamed, 0);
		desk_free(d);
	}
	/* What is remembered under the new name is excused by nothing. */
	assert_ok(sr_seen_load(&s, o->memory, o->w->v->fingerprint, who->person, NULL), NULL);
	assert_int_equal(s.keys.count, 2);
	s.size += 100;
	assert_ok(sr_seen_store(o->memory, &s, NULL), NULL);
	refused(o, who, NULL, "rolled back");
	refused(o, who, NEW, "rolled back");
	office_free(o);
}

/* The host has all service keys, and writes the board's word itself behind a request that somebody
 * made: votes are missing, all or one. */
static void a_word_of_nobody(void **state) {
	for (size_t votes = 0; votes < 2; votes++) {
		struct sr_log_name n;
		struct office *o = office_renamed(&n);
		struct world *w = o->w;
		struct sr_outcome *out = calloc(1, sizeof *out);
		struct sr_buf text;
		uint8_t request[SR_ID];
		struct sr_err e = {0};

		assert_non_null(out);
		assert_true(w->level[w->levels - 1] > votes);
		ask(o, &n, request, votes);
		sr_buf_init(&text);
		sr_follow_begin(&text, w->v, SR_T_WITNESS, sr_now(&w->v->clock));
		sr_text_put(&text, "event", "confirmed");
		sr_text_put_hex(&text, "request", request, SR_ID);
		sr_text_put_hex(&text, "set", n.hash, SR_HASH);
		assert_ok(sr_door_service(w->v, sr_buf_view(&text), out, &e), &e);
		assert_ok(sr_adopt_check(w->v, &e), &e); /* so the vault believes itself */
		refused(o, &w->member[0], NULL, "board has not confirmed");
		refused(o, &w->member[1], NULL, "board has not confirmed");
		sr_buf_free(&text);
		free(out);
		office_free(o);
	}
	(void)state;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_on_the_boards_word),
		cmocka_unit_test(what_it_excuses),
		cmocka_unit_test(a_word_of_nobody),
	};

	return cmocka_run_group_tests_name(
		"core client: a log that took a name", tests, NULL, NULL);
}
