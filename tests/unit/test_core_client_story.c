/*
 * The client side, honestly served: a board founds its vault by two visits each, people and a
 * collection come, files are deposited, described, released, asked for by two researchers, voted on
 * at the desk and on a machine without a connection, read by both, exported, ended; an auditor
 * reads the log with their own key.
 */
#include "client_rig.h"
#include "core/proofs.h"
#include "world.h"

static const char LETTER[] = "What the letter says: meet at the old mill.\n";
static const char DIARY[] = "Monday. Rain. The mill was shut.\n";

enum {
	DESKS = 12
};

struct story {
	struct office *o;
	struct desk *member[3], *curator[2], *researcher[2], *officer, *auditor, *custodian,
		*depositor;
	uint8_t collection[SR_ID];
	uint8_t items[4][SR_ID];
};

/* --- founding --------------------------------------------------------------------------------- */

static void draft(struct story *s, uint8_t fingerprint[SR_HASH]) {
	static const uint64_t levels[] = {2, 3};
	struct world *w = s->o->w;
	struct sr_introduction m[3], c[2], o, a, k;
	struct desk *d = desk_prepare(s->o, &w->custodian);

	for (size_t i = 0; i < 3; i++)
		m[i] = intro_of(&w->member[i]);
	for (size_t i = 0; i < 2; i++)
		c[i] = intro_of(&w->curator[i]);
	o = intro_of(&w->officer);
	a = intro_of(&w->auditor);
	k = intro_of(&w->custodian);
	const struct sr_founding f = {.levels = levels,
		.level_count = 2,
		.member = m,
		.members = 3,
		.curator = c,
		.curators = 2,
		.officer = &o,
		.officers = 1,
		.auditor = &a,
		.auditors = 1,
		.custodian = &k,
		.custodians = 1};
	assert_ok(desk_open(d), &d->e);
	assert_int_equal(sr_client_info(d->c)->state, SR_CLIENT_NONE);
	assert_ok(sr_client_found_draft(d->c, &f, fingerprint, &d->e), &d->e);
	assert_int_equal(sr_client_info(d->c)->state, SR_CLIENT_DRAFT);
	desk_free(d);
}

static void found(struct story *s) {
	struct world *w = s->o->w;
	uint8_t fingerprint[SR_HASH], other[SR_HASH] = {1};
	struct sr_found_state st;

	draft(s, fingerprint);
	for (size_t i = 0; i < 3; i++) {
		struct desk *d = desk_new(s->o, &w->member[i]);

		assert_memory_equal(sr_client_info(d->c)->fingerprint, fingerprint, SR_HASH);
		assert_fails(sr_client_found_sign(d->c, other, &st, &d->e), SR_AUTH, &d->e,
			"nothing is signed");
		assert_ok(
			sr_client_found_sign(d->c, i == 0 ? fingerprint : NULL, &st, &d->e), &d->e);
		assert_int_equal(st.index, i + 1);
		assert_int_equal(st.signed_by, i + 1);
		assert_int_equal(st.founded, i == 2);
		desk_free(d);
	}
}

static void open_board(struct story *s) {
	struct world *w = s->o->w;
	struct sr_accepting a;
	const struct sr_board_view *v = NULL;

	for (size_t i = 0; i < 3; i++) {
		s->member[i] = desk_new(s->o, &w->member[i]);
		struct desk *d = s->member[i];

		assert_true(sr_client_info(d->c)->first_contact ==
			    (i == 0)); /* the place is pinned once */
		assert_ok(sr_client_accept(d->c, NULL, &a, &d->e), &d->e);
		assert_false(a.complained);
		assert_true(a.submitted.proven);
		assert_int_equal(a.index, i + 1);
		sr_submitted_free(&a.submitted);
	}
	for (size_t i = 0; i < 3; i++) {
		assert_ok(sr_client_board(s->member[i]->c, NULL, &v, &s->member[i]->e),
			&s->member[i]->e);
		assert_true(v->opened);
		assert_int_equal(v->levels, 2);
		assert_int_equal(v->members, 3);
		assert_true(v->accepted[0] && v->accepted[1] && v->accepted[2]);
	}
}

static void people(struct story *s) {
	static const char *const researcher[] = {"researcher", NULL}, *const depositor[] = {
									      "depositor", NULL};
	struct world *w = s->o->w;
	struct sr_introduction who;

	for (size_t i = 0; i < 2; i++)
		s->curator[i] = desk_new(s->o, &w->curator[i]);
	s->officer = desk_new(s->o, &w->officer);
	s->auditor = desk_new(s->o, &w->auditor);
	for (size_t i = 0; i < 2; i++) {
		who = intro_of(&w->researcher[i]);
		assert_ok(sr_client_person(s->curator[0]->c, &who, researcher, &s->curator[0]->s,
				  &s->curator[0]->e),
			&s->curator[0]->e);
		sr_submitted_free(&s->curator[0]->s);
		s->researcher[i] = desk_new(s->o, &w->researcher[i]);
	}
	who = intro_of(&w->depositor);
	assert_ok(sr_client_person(s->officer->c, &who, depositor, NULL, &s->officer->e),
		&s->officer->e);
	s->depositor = desk_new(s->o, &w->depositor);
}

/* Vote at the desk. */
static void vote(struct desk *d, const uint8_t request[SR_ID], const char *decision) {
	static const char *const conditions[] = {"Only in the reading room.", "No names.", NULL};
	const struct sr_voting v = {.decision = decision,
		.conditions = strcmp(decision, "approve") == 0 ? conditions : NULL,
		.reason = "I have read it."};
	struct sr_ballot *b = NULL;
	struct sr_writ draft;

	assert_ok(sr_ballot_fetch(&b, d->c, request, 0, &d->e), &d->e);
	assert_ok(sr_ballot_vote(&draft, b, &v, &d->e), &d->e);
	assert_ok(sr_client_submit(d->c, &draft, &d->s, &d->e), &d->e);
	assert_true(d->s.proven);
	sr_submitted_free(&d->s);
	sr_writ_free(&draft);
	sr_ballot_free(b);
}

static void collection(struct story *s) {
	const struct sr_asking a = {
		.kind = "collection", .name = "Letters", .reason = "They came."};
	struct desk *d = s->member[0];
	uint8_t request[SR_ID];
	struct sr_call q, r;
	struct sr_rows rows;

	assert_ok(sr_client_request(d->c, &a, request, &d->s, &d->e), &d->e);
	sr_submitted_free(&d->s);
	vote(s->member[0], request, "approve");
	vote(s->member[1], request, "approve");
	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "collections");
	assert_ok(sr_client_rows(d->c, &q, &r, &rows, &d->e), &d->e);
	assert_int_equal(rows.count, 1);
	assert_ok(sr_row_get_id(s->collection, SR_ID, &rows.rows[0], "id", &d->e), &d->e);
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&r);
}

/* --- deposit ---------------------------------------------------------------------------------- */

struct files { /* a source: one item for each row */
	size_t item, file;
	struct text {
		const char *content;
		size_t at;
	} texts[4];
	size_t told;
};
static const struct {
	const char *path, *content;
} all[] = {{"letter.txt", LETTER}, {"diary.txt", DIARY}, {"held.txt", "Not yet released.\n"},
	{"broken.txt", NULL}};

static int next_item(void *ctx, struct sr_bytes *title, struct sr_err *e) {
	struct files *f = ctx;

	(void)e;
	*title = sr_bytes_str("");
	f->file = 0;
	return f->item++ < 3;
}

static int next_bytes(void *ctx, void *p, size_t len, size_t *got, struct sr_err *e) {
	struct text *t = ctx;

	if (t->content == NULL && t->at == 4)
		return sr_fail(e, SR_IO, "disk: Input/output error");
	const size_t left = t->content == NULL ? 4 : strlen(t->content) - t->at;
	*got = left < len ? left : len;
	if (t->content != NULL)
		memcpy(p, t->content + t->at, *got);
	else
		memset(p, 'x', *got);
	t->at += *got;
	return 0;
}

static int next_file(void *ctx, struct sr_deposit_file *out, struct sr_err *e) {
	struct files *f = ctx;
	const size_t i = f->item - 1 + f->file; /* the last item has two files */

	(void)e;
	if (f->file++ > (f->item == 3 ? 1U : 0U))
		return 0;
	f->texts[i] = (struct text){all[i].content, 0};
	out->path = sr_bytes_str(all[i].path);
	out->content = (struct sr_deposit_content){.read = next_bytes, .ctx = &f->texts[i]};
	out->media_type = sr_bytes_str("text/plain");
	out->kind = SR_FILE_REGULAR;
	out->mtime_s = W_TIME;
	out->size = all[i].content == NULL ? 10 : strlen(all[i].content);
	return 1;
}

static void told(void *ctx, struct sr_bytes path, const char *status, const char *reason) {
	struct files *f = ctx;

	f->told++;
	assert_true(path.len > 0);
	if (sr_bytes_eq(path, sr_bytes_str("broken.txt"))) {
		assert_string_equal(status, "unreadable");
		assert_non_null(strstr(reason, "Input/output error"));
	} else {
		assert_string_equal(status, "stored");
	}
}

static void deposit(struct story *s) {
	struct files f = {0};
	const struct sr_deposit_source src = {
		.item = next_item, .file = next_file, .told = told, .ctx = &f};
	const struct sr_depositing dep = {.collection = s->collection, .source = &src};
	struct sr_deposited out;
	struct desk *d = s->depositor;

	assert_ok(sr_client_deposit(d->c, &dep, &out, &d->e), &d->e);
	assert_int_equal(out.items, 3);
	assert_int_equal(out.files, 4);
	assert_int_equal(f.told, 4);
	assert_int_equal(out.unreadable, 1);
	assert_int_equal(out.bytes, strlen(LETTER) + strlen(DIARY) + strlen(all[2].content));
	assert_true(out.submitted.proven);
	memcpy(s->items, out.item_ids, (size_t)3 * SR_ID);
	sr_deposited_free(&out);
}

/* A page that is not escaped, though the vault says so. */
static int unescaped(
	struct liar *l, const char *op, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	(void)l;
	(void)q;
	(void)e;
	if (strcmp(op, "checkout.read") == 0) {
		static const uint8_t override[] = {0xe2, 0x80, 0xae}; /* right to left, as bytes */

		sr_buf_clear(&r->body);
		sr_buf_put_str(&r->body, "a\\x1b\n\x1b]0;x\x07");
		sr_buf_put(&r->body, override, sizeof override);
		sr_buf_put_str(&r->body, "\\\\b\\");
	}
	return 0;
}

static void look_and_release(struct story *s) {
	static const char *const none[] = {NULL}, *const high[] = {"personal-data", NULL};
	struct sr_submitted out[2];
	uint8_t checkout[SR_ID];
	uint64_t files = 0, next = 0, size = 0;
	struct sr_buf text;
	struct desk *d = s->curator[0];
	const struct sr_borrow look = {.item = s->items[2], .right = "quarantine"};

	memset(out, 0, sizeof out);
	assert_ok(sr_client_checkout(d->c, &look, checkout, &files, &d->s, &d->e), &d->e);
	sr_submitted_free(&d->s);
	assert_int_equal(files, 2);
	sr_buf_init(&text);
	assert_ok(sr_client_page(d->c, &(struct sr_page_at){checkout, 0, 0, 0}, &text, &next, &size,
			  &d->e),
		&d->e);
	assert_true(sr_bytes_eq(sr_buf_view(&text), sr_bytes_str(all[2].content)));
	/* What was escaped stays as it is; what a terminal would obey never gets to it. */
	sr_buf_clear(&text);
	d->liar.twist = unescaped;
	assert_ok(sr_client_page(d->c, &(struct sr_page_at){checkout, 0, 0, 0}, &text, &next, &size,
			  &d->e),
		&d->e);
	d->liar.twist = NULL;
	assert_true(sr_bytes_eq(
		sr_buf_view(&text), sr_bytes_str("a\\x1b\n\\x1b]0;x\\x07\\u{202E}\\\\b\\")));
	sr_buf_free(&text);
	assert_ok(sr_client_act(
			  d->c, &(struct sr_act){.type = SR_T_RETURN, .id = checkout}, NULL, &d->e),
		&d->e);
	for (size_t i = 0; i < 2; i++) {
		const struct sr_describe de = {.item = s->items[i],
			.title = i == 0 ? "A letter" : "A diary",
			.keywords = (const char *const[]){"mill", "rain", NULL},
			.hazards = i == 0 ? none : high,
			.languages = (const char *const[]){"en", NULL}};

		struct sr_submitted told;
		assert_ok(sr_client_describe(d->c, &de, 1, &told, &d->e), &d->e);
		sr_submitted_free(&told);
	}
	d = s->curator[1];
	const struct sr_releasing rel = {.items = s->items[0], .count = 2};
	assert_ok(sr_client_release(d->c, &rel, out, &d->e), &d->e);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(out[i].code, 0);
		assert_true(out[i].proven);
		sr_submitted_free(&out[i]);
	}
}

/* --- request, votes, checkouts ---------------------------------------------------------------- */

static void ask(struct story *s, uint8_t request[SR_ID]) {
	struct world *w = s->o->w;
	const char *const with[] = {w->researcher[1].person, NULL};
	const struct sr_asking a = {.kind = "access",
		.items = s->items[0],
		.item_count = 2,
		.ends = w->now + 30 * W_DAY,
		.forms = (const char *const[]){"text", "description", NULL},
		.purposes = (const char *const[]){"research", NULL},
		.people = with,
		.reason = "The mill.",
		.project = "Mills"};
	struct desk *d = s->researcher[0];

	assert_ok(sr_client_request(d->c, &a, request, &d->s, &d->e), &d->e);
	assert_true(d->s.proven);
	sr_submitted_free(&d->s);
	/* Not before the co-applicant joined. */
	struct sr_ballot *b = NULL;
	struct sr_writ draft;
	assert_ok(sr_ballot_fetch(&b, s->member[0]->c, request, 0, &s->member[0]->e),
		&s->member[0]->e);
	assert_int_equal(sr_ballot_view(b)->reader_count, 2);
	assert_int_equal(sr_ballot_view(b)->joined, 0);
	assert_fails(sr_ballot_vote(&draft, b, &(struct sr_voting){.decision = "approve"},
			     &s->member[0]->e),
		SR_DENIED, &s->member[0]->e, "have not joined");
	sr_ballot_free(b);
	d = s->researcher[1];
	assert_ok(sr_client_act(
			  d->c, &(struct sr_act){.type = SR_T_JOIN, .id = request}, NULL, &d->e),
		&d->e);
}

/* A member votes on a machine that has no connection: bundle, vote, carried in by another member.
 */
static void vote_away(struct story *s, size_t member, const uint8_t request[SR_ID]) {
	struct desk *here = s->member[0], *away = desk_prepare(s->o, &s->o->w->member[member]);
	struct sr_ballot *b = NULL;
	struct sr_writ draft;
	struct sr_buf bundle, file;
	const uint64_t since = sr_client_info(s->member[member]->c)->seen_size;

	sr_buf_init(&bundle);
	sr_buf_init(&file);
	desk_close(s->member[member]); /* its memory is on that machine too */
	assert_ok(sr_client_bundle(here->c, request, 0, 0, &bundle, &here->e), &here->e);
	assert_ok(desk_open_with(away, NULL, s->o->memory, false), &away->e);
	assert_fails(sr_ballot_read(&b, away->c, sr_buf_view(&bundle), &away->e), SR_AUTH, &away->e,
		"--since");
	sr_buf_clear(&bundle);
	assert_ok(sr_client_bundle(here->c, request, 0, since, &bundle, &here->e), &here->e);
	assert_ok(sr_ballot_read(&b, away->c, sr_buf_view(&bundle), &away->e), &away->e);
	assert_int_equal(sr_ballot_view(b)->item_count, 2);
	assert_int_equal(sr_ballot_view(b)->level, 3);
	assert_ok(sr_ballot_vote(&draft, b,
			  &(struct sr_voting){.decision = "approve", .until = s->o->w->now + W_DAY},
			  &away->e),
		&away->e);
	assert_ok(sr_client_save(away->c, &draft, &file, &away->e), &away->e);
	sr_writ_free(&draft);
	sr_ballot_free(b);
	desk_free(away);
	s->o->w->now += 3600;
	assert_ok(sr_client_carry(here->c, sr_buf_view(&file), &here->s, &here->e), &here->e);
	assert_true(here->s.proven);
	sr_submitted_free(&here->s);
	assert_ok(sr_client_carry(here->c, sr_buf_view(&file), &here->s, &here->e), &here->e);
	assert_true(here->s.repeated);
	sr_submitted_free(&here->s);
	sr_buf_free(&bundle);
	sr_buf_free(&file);
	assert_ok(desk_open(s->member[member]), &s->member[member]->e);
}

static void read_item(struct desk *d, const uint8_t item[SR_ID], const char *content) {
	const struct sr_borrow b = {.item = item};
	uint8_t checkout[SR_ID];
	uint64_t files = 0, next = 0, size = 0;
	struct sr_buf text;

	sr_buf_init(&text);
	assert_ok(sr_client_checkout(d->c, &b, checkout, &files, &d->s, &d->e), &d->e);
	sr_submitted_free(&d->s);
	assert_int_equal(files, 1);
	assert_ok(sr_client_page(d->c, &(struct sr_page_at){checkout, 0, 0, 0}, &text, &next, &size,
			  &d->e),
		&d->e);
	assert_true(sr_bytes_eq(sr_buf_view(&text), sr_bytes_str(content)));
	assert_int_equal(next, size);
	/* Another process of the same person: open again under the same checkout. */
	desk_close(d);
	assert_ok(desk_open(d), &d->e);
	assert_ok(sr_client_open_item(d->c, checkout, &files, &d->e), &d->e);
	assert_ok(sr_client_act(d->c, &(struct sr_act){.type = SR_T_RETURN, .id = checkout}, &d->s,
			  &d->e),
		&d->e);
	sr_submitted_free(&d->s);
	sr_buf_free(&text);
}

static void ended(struct story *s, const uint8_t request[SR_ID]) {
	uint8_t grant[SR_ID], checkout[SR_ID], again[SR_ID];
	uint64_t files = 0;
	const struct sr_borrow b = {.item = s->items[0]};
	struct desk *d = s->researcher[0], *m = s->member[1];

	assert_true(world_grant_of(s->o->w, request, grant));
	assert_ok(sr_client_act(m->c,
			  &(struct sr_act){
				  .type = SR_T_SUSPEND, .id = grant, .text = sr_bytes_str("Wait.")},
			  NULL, &m->e),
		&m->e);
	assert_fails(sr_client_checkout(d->c, &b, checkout, &files, NULL, &d->e), SR_DENIED, &d->e,
		"no live grant");
	assert_ok(
		sr_client_act(m->c, &(struct sr_act){.type = SR_T_LIFT, .id = grant}, NULL, &m->e),
		&m->e);
	const struct sr_asking revoke = {.kind = "revoke", .target = grant, .reason = "Enough."};
	assert_ok(sr_client_request(m->c, &revoke, again, NULL, &m->e), &m->e);
	vote(s->member[0], again, "approve");
	vote(s->member[2], again, "approve");
	const struct sr_borrow known = {.item = s->items[0], .grant = grant};
	assert_fails(sr_client_checkout(d->c, &known, checkout, &files, NULL, &d->e), SR_DENIED,
		&d->e, "revoked");
}

struct seen_log {
	size_t entries, requests;
	uint64_t last;
};

static int count_entry(void *ctx, const struct sr_entry *en, struct sr_err *e) {
	struct seen_log *l = ctx;

	(void)e;
	l->entries++;
	l->requests += en->statement.type->id == SR_T_REQUEST;
	l->last = en->index;
	return 0;
}

static void read_log(struct story *s) {
	struct seen_log a = {0}, b = {0}, c = {0};
	struct sr_log_ask ask = {.each = count_entry, .ctx = &a};
	struct desk *d = s->auditor;

	desk_close(d);
	assert_ok(desk_open(d), &d->e);
	assert_ok(sr_client_log(d->c, &ask, &d->e), &d->e);
	assert_int_equal(a.entries, sr_client_info(d->c)->seen_size);
	assert_int_equal(a.requests, 3);
	desk_close(d);
	assert_ok(desk_open(d), &d->e);
	ask = (struct sr_log_ask){.from = 20, .type = "request", .each = count_entry, .ctx = &b};
	assert_ok(sr_client_log(d->c, &ask, &d->e), &d->e);
	assert_true(b.entries == b.requests && b.requests >= 1);
	d = s->officer;
	desk_close(d);
	assert_ok(desk_open(d), &d->e);
	ask = (struct sr_log_ask){.each = count_entry, .ctx = &c};
	assert_ok(sr_client_log(d->c, &ask, &d->e), &d->e);
	assert_int_equal(c.entries, a.entries + 1); /* that the officer reads it is one, too */
}

static void test_story(void **state) {
	const struct world_options bare = {.bare = true};
	struct story s = {.o = office_new(&bare)};
	uint8_t request[SR_ID];

	(void)state;
	found(&s);
	open_board(&s);
	people(&s);
	collection(&s);
	deposit(&s);
	look_and_release(&s);
	ask(&s, request);
	vote(s.member[0], request, "approve");
	vote(s.member[2], request, "approve");
	vote_away(&s, 1, request);
	read_item(s.researcher[0], s.items[0], LETTER);
	read_item(s.researcher[1], s.items[0], LETTER);
	read_item(s.researcher[1], s.items[1], DIARY);
	ended(&s, request);
	read_log(&s);
	struct desk *desks[DESKS] = {s.member[0], s.member[1], s.member[2], s.curator[0],
		s.curator[1], s.researcher[0], s.researcher[1], s.officer, s.auditor, s.depositor};
	for (size_t i = 0; i < DESKS && desks[i] != NULL; i++)
		desk_free(desks[i]);
	office_free(s.o);
}

int main(void) {
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_story)};

	return cmocka_run_group_tests_name("core client: the whole way", tests, NULL, NULL);
}
