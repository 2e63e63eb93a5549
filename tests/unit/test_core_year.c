/*
 * A year of an archive: three boards of five, 40 people, 300 requests; somebody leaves every month,
 * from a board by the board's own end of a person or by a reshare, and somebody comes. Everything
 * goes through core's table by the clients of those who do it; each identity is unlocked once and
 * its client stays connected as long as its person is here. The clock is the test's.
 *
 * What each request shall come to is drawn from a seed, which is printed ($YEAR_SEED to repeat it),
 * and done; at the end the catalogue says the same of every one of them, who has the oldest grants
 * still reads under them after every reshare, and the ledger replays equal, by `verify`, by a
 * rebuild and by the audit's replay.
 *
 * $YEAR_MONTHS: how many of its months (2, for `make check`; tests/soak/year.sh has all 12).
 * $YEAR_LIMIT_S: it fails when it took longer.
 */
#include <time.h>

#include "client_rig.h"
#include "core/rows.h"
#include "world.h"

enum {
	BOARDS = 3,
	SEATS = 5,
	LOW = 2, /* members that an ordinary item takes */
	HIGH = 3,
	CURATORS = 4,
	RESEARCHERS = 15,
	MONTHS = 12,
	MONTHS_CHECK = 2, /* one of each way to leave a board */
	MONTH_REQUESTS = 25,
	MONTH_ITEMS = 4, /* for each board */
	STAFF_MAX = 128,
	KEPT_DAYS =
		366, /* the longest that a grant may have: beyond the year, which has 360 here */
	SEED = 2027
};

struct staff {
	struct world_person p;
	struct desk *d; /* NULL: has left, or never came */
	bool aside;     /* the matter at hand is their own */
};

struct panel { /* a board, and what is under it */
	uint8_t id[SR_ID];
	struct staff *member[SEATS]; /* in the board's order */
	uint8_t collection[SR_ID];
	uint8_t items[MONTHS * MONTH_ITEMS][SR_ID];
	size_t item_count;
};

/* What a request is made to come to. */
enum fate {
	GRANTED,
	KEPT,
	CLOSED,
	REVOKED,
	EXPIRED,
	REFUSED,
	CORRECTED, /* sent back, amended, granted */
	WITHDRAWN,
	LAPSED,
	FATES
};
static const char *const fate_names[FATES] = {"granted", "granted for long", "closed by the reader",
	"revoked", "granted and expired", "refused", "sent back, then granted", "withdrawn",
	"lapsed"};

struct asked {
	uint8_t id[SR_ID], item[SR_ID], grant[SR_ID];
	struct staff *by;
	struct panel *panel;
	enum fate fate;
	int64_t ends;
};

struct year {
	struct office *o;
	struct world *w;
	struct staff staff[STAFF_MAX];
	size_t staff_count;
	struct panel panel[BOARDS];
	struct staff *curator[CURATORS], *researcher[RESEARCHERS], *officer, *auditor[2],
		*custodian, *depositor[2];
	struct asked *asked;
	size_t asked_count, left, resharings;
	uint64_t random;
	size_t months;
};

static const char PAGE[] = "One page of the archive, number ";

/* --- people ----------------------------------------------------------------------------------- */

static size_t dice(struct year *y, size_t sides) {
	return (size_t)t_rand(&y->random, sides);
}

static struct staff *staff_new(struct year *y, const char *what) {
	struct staff *s = &y->staff[y->staff_count];
	char name[40];

	assert_true(y->staff_count < STAFF_MAX);
	snprintf(name, sizeof name, "%s, the %zuth of the house", what, ++y->staff_count);
	world_person_make(y->w, &s->p, name);
	return s;
}

static void come(struct year *y, struct staff *s) {
	s->d = desk_new(y->o, &s->p);
}

static void leave(struct year *y, struct staff *s) {
	desk_free(s->d);
	s->d = NULL;
	y->left++;
}

static void founder(
	struct year *y, struct staff **out, const char *what, struct sr_introduction *card) {
	*out = staff_new(y, what);
	*card = intro_of(&(*out)->p);
}

static void found_draft(struct year *y) {
	static const uint64_t levels[] = {LOW, HIGH};
	struct sr_introduction m[SEATS], c[CURATORS], o, a[2], k;
	uint8_t fingerprint[SR_HASH];

	for (size_t i = 0; i < SEATS; i++)
		founder(y, &y->panel[0].member[i], "Member", &m[i]);
	for (size_t i = 0; i < CURATORS; i++)
		founder(y, &y->curator[i], "Curator", &c[i]);
	founder(y, &y->officer, "Officer", &o);
	for (size_t i = 0; i < 2; i++)
		founder(y, &y->auditor[i], "Auditor", &a[i]);
	founder(y, &y->custodian, "Custodian", &k);
	const struct sr_founding f = {.levels = levels,
		.level_count = 2,
		.member = m,
		.members = SEATS,
		.curator = c,
		.curators = CURATORS,
		.officer = &o,
		.officers = 1,
		.auditor = a,
		.auditors = 2,
		.custodian = &k,
		.custodians = 1};
	struct desk *d = desk_new(y->o, &y->custodian->p);
	assert_ok(sr_client_found_draft(d->c, &f, fingerprint, &d->e), &d->e);
	desk_free(d);
}

static void found(struct year *y) {
	struct panel *b = &y->panel[0];
	struct sr_found_state st;
	struct sr_accepting a;

	found_draft(y);
	for (size_t i = 0; i < SEATS; i++) {
		struct desk *d = desk_new(y->o, &b->member[i]->p);

		assert_ok(sr_client_found_sign(d->c, NULL, &st, &d->e), &d->e);
		desk_free(d);
	}
	assert_true(st.founded);
	memcpy(b->id, st.fingerprint, SR_ID);
	for (size_t i = 0; i < SEATS; i++) {
		come(y, b->member[i]);
		struct desk *d = b->member[i]->d;
		assert_ok(sr_client_accept(d->c, NULL, &a, &d->e), &d->e);
		sr_submitted_free(&a.submitted);
	}
	for (size_t i = 0; i < CURATORS; i++)
		come(y, y->curator[i]);
	come(y, y->officer);
	for (size_t i = 0; i < 2; i++)
		come(y, y->auditor[i]);
	come(y, y->custodian);
}

static struct staff *hire(struct year *y, const char *what, const char *role) {
	const char *const roles[] = {role, NULL};
	struct staff *s = staff_new(y, what);
	const struct sr_introduction who = intro_of(&s->p);
	struct desk *d = y->curator[dice(y, CURATORS)]->d;

	assert_ok(sr_client_person(d->c, &who, roles, NULL, &d->e), &d->e);
	come(y, s);
	return s;
}

/* --- deciding --------------------------------------------------------------------------------- */

static void vote(struct staff *s, const uint8_t request[SR_ID], const char *decision) {
	struct desk *d = s->d;
	struct sr_ballot *b = NULL;
	struct sr_writ w;

	assert_ok(sr_ballot_fetch(&b, d->c, request, 0, &d->e), &d->e);
	assert_ok(sr_ballot_vote(&w, b,
			  &(struct sr_voting){.decision = decision, .reason = "I have read it."},
			  &d->e),
		&d->e);
	assert_ok(sr_client_submit(d->c, &w, NULL, &d->e), &d->e);
	sr_writ_free(&w);
	sr_ballot_free(b);
}

/* ${n} members of the board vote, whoever they are. */
static void votes(struct year *y, const struct panel *b, const uint8_t request[SR_ID], size_t n,
	const char *decision) {
	const size_t from = dice(y, SEATS);

	for (size_t i = 0; i < SEATS && n > 0; i++) {
		struct staff *s = b->member[(from + i) % SEATS];

		if (s->d == NULL || s->aside)
			continue;
		vote(s, request, decision);
		n--;
	}
	assert_int_equal(n, 0);
}

/* A matter of the board, asked for by a member and decided with the votes of its lowest level. */
static void decide(
	struct year *y, const struct panel *b, const struct sr_asking *a, uint8_t request[SR_ID]) {
	struct staff *s = b->member[0];

	for (size_t i = 0; s->d == NULL || s->aside; i++)
		s = b->member[i];
	assert_ok(sr_client_request(s->d->c, a, request, NULL, &s->d->e), &s->d->e);
	votes(y, b, request, LOW, "approve");
}

/* The id that row ${kind} of the reply to ${op} has, where ${key} is ${id}. */
static void find_id(struct desk *d, const char *op, const char *key, const uint8_t id[SR_ID],
	uint8_t out[SR_ID]) {
	struct sr_call q, r;
	struct sr_rows rows = {0};
	uint8_t have[SR_ID];
	bool found = false;

	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, op);
	assert_ok(sr_client_rows(d->c, &q, &r, &rows, &d->e), &d->e);
	for (size_t i = 0; i < rows.count; i++)
		if (sr_row_get(&rows.rows[i], key).p != NULL &&
			sr_row_get_id(have, SR_ID, &rows.rows[i], key, NULL) == 0 &&
			memcmp(have, id, SR_ID) == 0) {
			assert_ok(sr_row_get_id(out, SR_ID, &rows.rows[i], "id", &d->e), &d->e);
			found = true;
		}
	assert_true(found);
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&r);
}

/* --- boards ----------------------------------------------------------------------------------- */

static void deal(struct staff *s, const uint8_t board[SR_ID]) {
	struct sr_dealt dealt;

	memset(&dealt, 0, sizeof dealt);
	assert_ok(sr_client_deal(s->d->c, board, &dealt, &s->d->e), &s->d->e);
	sr_submitted_free(&dealt.submitted);
}

static void accept(struct staff *s, const uint8_t board[SR_ID]) {
	struct sr_accepting a;

	memset(&a, 0, sizeof a);
	assert_ok(sr_client_accept(s->d->c, board, &a, &s->d->e), &s->d->e);
	assert_false(a.complained);
	sr_submitted_free(&a.submitted);
}

static const uint64_t quorum[][2] = {{LOW, LOW}, {HIGH, HIGH}};

static void board_new(struct year *y, struct panel *b) {
	struct sr_introduction who[SEATS];
	struct sr_seats seats = {
		.newcomer = who, .newcomers = SEATS, .quorum = quorum, .levels = 2};
	const struct sr_asking a = {.kind = "board", .seats = &seats, .reason = "Another field."};
	uint8_t request[SR_ID];

	for (size_t i = 0; i < SEATS; i++) {
		b->member[i] = staff_new(y, "Member");
		who[i] = intro_of(&b->member[i]->p);
	}
	decide(y, &y->panel[0], &a, request);
	find_id(y->custodian->d, "boards", "request", request, b->id);
	for (size_t i = 0; i < SEATS; i++) {
		come(y, b->member[i]);
		deal(b->member[i], b->id);
	}
	for (size_t i = 0; i < SEATS; i++)
		accept(b->member[i], b->id);
}

static void collection(struct year *y, struct panel *b, const char *name) {
	const struct sr_asking a = {
		.kind = "collection", .board = b->id, .name = name, .reason = "It came."};
	struct sr_collections l = {0};
	uint8_t request[SR_ID];

	decide(y, b, &a, request);
	assert_ok(sr_query_collections(&l, y->w->v->catalogue, &y->w->e), &y->w->e);
	memcpy(b->collection, l.rows[l.count - 1].id, SR_ID);
	for (size_t i = 0; i < l.count; i++)
		if (memcmp(l.rows[i].board, b->id, SR_ID) == 0)
			memcpy(b->collection, l.rows[i].id, SR_ID);
	sr_collections_free(&l);
}

/* Seat ${at} goes to a newcomer; those who stay deal, as many as the highest level takes. */
static void reshare(struct year *y, struct panel *b, size_t at) {
	struct staff *next = staff_new(y, "Member"), *old = b->member[at];
	const struct sr_introduction who = intro_of(&next->p);
	const char *stay[SEATS] = {NULL}, *dealers[HIGH + 1] = {NULL};
	struct staff *seats[SEATS];
	size_t n = 0;
	uint8_t request[SR_ID];

	for (size_t i = 0; i < SEATS; i++) {
		if (i == at)
			continue;
		stay[n] = b->member[i]->p.person;
		if (n < HIGH)
			dealers[n] = stay[n];
		seats[n++] = b->member[i];
	}
	seats[n] = next;
	struct sr_seats want = {.member = stay,
		.newcomer = &who,
		.newcomers = 1,
		.quorum = quorum,
		.levels = 2,
		.dealer = dealers};
	const struct sr_asking a = {
		.kind = "reshare", .board = b->id, .seats = &want, .reason = "One goes."};
	decide(y, b, &a, request);
	for (size_t i = 0; i < HIGH; i++)
		deal(seats[i], b->id);
	come(y, next);
	for (size_t i = 0; i < SEATS; i++)
		accept(seats[i], b->id);
	if (old->d != NULL)
		leave(y, old);
	memcpy(b->member, seats, sizeof seats);
	y->resharings++;
}

/* --- who goes --------------------------------------------------------------------------------- */

static void member_goes(struct year *y, size_t month) {
	struct panel *b = &y->panel[month % BOARDS];
	const size_t at = dice(y, SEATS);
	struct staff *s = b->member[at];

	if (month % 2 == 0) { /* first ended, as who has a new employer tomorrow */
		const struct sr_asking a = {
			.kind = "person-end", .subject = s->p.person, .reason = "Has left."};
		uint8_t request[SR_ID];

		s->aside = true;
		decide(y, &y->panel[0], &a, request);
		leave(y, s);
	}
	reshare(y, b, at);
}

static void reader_goes(struct year *y) {
	const size_t at = dice(y, RESEARCHERS);
	struct staff *s = y->researcher[at];
	struct desk *d = y->curator[0]->d;

	for (size_t i = 0; i < y->asked_count; i++) /* who must still read at the end stays */
		if (y->asked[i].by == s && y->asked[i].fate == KEPT)
			return;
	assert_ok(sr_client_act(d->c,
			  &(struct sr_act){.type = SR_T_PERSON_END, .person = s->p.person}, NULL,
			  &d->e),
		&d->e);
	leave(y, s);
	y->researcher[at] = hire(y, "Researcher", "researcher");
}

/* --- things ----------------------------------------------------------------------------------- */

struct shelf { /* a source of MONTH_ITEMS files */
	size_t item, file, first;
	struct text {
		char bytes[80];
		size_t len, at;
	} text[MONTH_ITEMS];
	char path[32];
};

static int next_item(void *ctx, struct sr_bytes *title, struct sr_err *e) {
	struct shelf *s = ctx;

	(void)e;
	*title = sr_bytes_str("");
	s->file = 0;
	return s->item++ < MONTH_ITEMS;
}

static int next_bytes(void *ctx, void *p, size_t len, size_t *got, struct sr_err *e) {
	struct text *t = ctx;

	(void)e;
	*got = t->len - t->at < len ? t->len - t->at : len;
	memcpy(p, t->bytes + t->at, *got);
	t->at += *got;
	return 0;
}

static int next_file(void *ctx, struct sr_deposit_file *out, struct sr_err *e) {
	struct shelf *s = ctx;
	struct text *t = &s->text[s->item - 1];

	(void)e;
	if (s->file++ > 0)
		return 0;
	t->len = (size_t)snprintf(t->bytes, sizeof t->bytes, "%s%zu.\n", PAGE, s->first + s->item);
	snprintf(s->path, sizeof s->path, "page %zu.txt", s->first + s->item);
	out->path = sr_bytes_str(s->path);
	out->content = (struct sr_deposit_content){.read = next_bytes, .ctx = t};
	out->media_type = sr_bytes_str("text/plain");
	out->kind = SR_FILE_REGULAR;
	out->mtime_s = W_TIME;
	out->size = t->len;
	return 1;
}

static void bring(struct year *y, struct panel *b) {
	static const char *const grave[] = {"personal-data", NULL};
	struct shelf shelf = {.first = (size_t)(b - y->panel) * 1000 + b->item_count};
	const struct sr_deposit_source src = {.item = next_item, .file = next_file, .ctx = &shelf};
	const struct sr_depositing dep = {.collection = b->collection, .source = &src};
	struct sr_submitted out[MONTH_ITEMS];
	struct sr_deposited got;
	struct desk *d = y->depositor[dice(y, 2)]->d;
	const size_t first = dice(y, CURATORS);

	memset(out, 0, sizeof out);
	assert_ok(sr_client_deposit(d->c, &dep, &got, &d->e), &d->e);
	assert_int_equal(got.items, MONTH_ITEMS);
	memcpy(b->items[b->item_count], got.item_ids, (size_t)MONTH_ITEMS * SR_ID);
	sr_deposited_free(&got);
	d = y->curator[first]->d;
	for (size_t i = 0; i < MONTH_ITEMS; i++) {
		const struct sr_describe de = {.item = b->items[b->item_count + i],
			.title = "A page",
			.hazards = i == 0 ? grave : NULL};

		struct sr_submitted told;
		assert_ok(sr_client_describe(d->c, &de, 1, &told, &d->e), &d->e);
		sr_submitted_free(&told);
	}
	d = y->curator[(first + 1) % CURATORS]->d;
	const struct sr_releasing rel = {.items = b->items[b->item_count], .count = MONTH_ITEMS};
	assert_ok(sr_client_release(d->c, &rel, out, &d->e), &d->e);
	for (size_t i = 0; i < MONTH_ITEMS; i++) {
		assert_int_equal(out[i].code, 0);
		sr_submitted_free(&out[i]);
	}
	b->item_count += MONTH_ITEMS;
}

/* --- requests --------------------------------------------------------------------------------- */

static enum fate fate_of(struct year *y) {
	static const struct {
		enum fate fate;
		size_t percent;
	} odds[] = {{GRANTED, 34}, {KEPT, 8}, {CLOSED, 12}, {REVOKED, 6}, {EXPIRED, 10},
		{REFUSED, 10}, {CORRECTED, 8}, {WITHDRAWN, 6}, {LAPSED, 6}};
	size_t at = dice(y, 100), i = 0;

	while (at >= odds[i].percent)
		at -= odds[i++].percent;
	return odds[i].fate;
}

static void look(struct asked *a) {
	const struct sr_borrow b = {.item = a->item, .grant = a->grant};
	struct desk *d = a->by->d;
	uint8_t checkout[SR_ID];
	uint64_t files = 0, next = 0, size = 0;
	struct sr_buf text;

	sr_buf_init(&text);
	assert_ok(sr_client_checkout(d->c, &b, checkout, &files, NULL, &d->e), &d->e);
	assert_ok(sr_client_page(d->c, &(struct sr_page_at){checkout, 0, 0, 0}, &text, &next, &size,
			  &d->e),
		&d->e);
	assert_true(text.len > sizeof PAGE && memcmp(text.p, PAGE, sizeof PAGE - 1) == 0);
	assert_ok(sr_client_act(
			  d->c, &(struct sr_act){.type = SR_T_RETURN, .id = checkout}, NULL, &d->e),
		&d->e);
	sr_buf_free(&text);
}

static void hand_in(struct year *y, struct asked *a, bool again) {
	struct desk *d = a->by->d;
	const struct sr_asking q = {.kind = "access",
		.items = a->item,
		.item_count = 1,
		.amend = again ? a->id : NULL,
		.closes = a->fate == LAPSED ? y->w->now + W_DAY : 0,
		.ends = a->ends,
		.forms = (const char *const[]){"text", NULL},
		.purposes = (const char *const[]){"research", NULL},
		.reason = again ? "As you asked." : "For a study.",
		.project = "A study"};

	assert_ok(sr_client_request(d->c, &q, a->id, NULL, &d->e), &d->e);
}

/* How many approvals it takes. */
static size_t level_of(struct year *y, const struct asked *a) {
	struct sr_item_row row = {0};
	size_t level;

	assert_ok(sr_query_item(&row, y->w->v->catalogue, a->item, &y->w->e), &y->w->e);
	level = row.level;
	sr_item_row_free(&row);
	return level;
}

static void grant(struct year *y, struct asked *a) {
	votes(y, a->panel, a->id, level_of(y, a), "approve");
	assert_true(world_grant_of(y->w, a->id, a->grant));
	look(a);
}

static void act(struct staff *s, enum sr_type_id type, const uint8_t id[SR_ID]) {
	assert_ok(sr_client_act(s->d->c, &(struct sr_act){.type = type, .id = id}, NULL, &s->d->e),
		&s->d->e);
}

static void one_request(struct year *y) {
	struct asked *a = &y->asked[y->asked_count++];

	a->by = y->researcher[dice(y, RESEARCHERS)];
	a->panel = &y->panel[dice(y, BOARDS)];
	memcpy(a->item, a->panel->items[dice(y, a->panel->item_count)], SR_ID);
	a->fate = fate_of(y);
	a->ends = y->w->now + (a->fate == KEPT ? KEPT_DAYS : a->fate == EXPIRED ? 5 : 90) * W_DAY;
	hand_in(y, a, false);
	switch (a->fate) {
	case GRANTED:
	case KEPT:
	case EXPIRED:
		grant(y, a);
		break;
	case CLOSED:
		grant(y, a);
		act(a->by, SR_T_CLOSE, a->grant);
		break;
	case REVOKED: {
		const struct sr_asking end = {
			.kind = "revoke", .target = a->grant, .reason = "Not so."};
		uint8_t request[SR_ID];

		grant(y, a);
		act(a->panel->member[0], SR_T_SUSPEND, a->grant);
		decide(y, a->panel, &end, request);
		break;
	}
	case REFUSED:
		/* too few are left to approve */
		votes(y, a->panel, a->id, SEATS - level_of(y, a) + 1, "reject");
		break;
	case CORRECTED:
		vote(a->panel->member[dice(y, SEATS)], a->id, "correct");
		hand_in(y, a, true);
		grant(y, a);
		break;
	case WITHDRAWN:
		act(a->by, SR_T_WITHDRAW, a->id);
		break;
	case LAPSED:
	case FATES:
		break;
	}
}

/* --- the year --------------------------------------------------------------------------------- */

static void sweep(struct year *y) {
	assert_ok(sr_core_sweep(&y->o->core, &y->w->e), &y->w->e);
}

static void month(struct year *y, size_t at) {
	for (size_t i = 0; i < BOARDS; i++)
		bring(y, &y->panel[i]);
	for (size_t i = 0; i < MONTH_REQUESTS; i++) {
		one_request(y);
		y->w->now += W_DAY;
		sweep(y);
	}
	member_goes(y, at);
	reader_goes(y);
	y->w->now += 5 * W_DAY; /* longer than what expires or lapses */
	sweep(y);
}

static enum sr_state state_of_grant(struct year *y, const struct asked *a) {
	struct sr_grant_row g = {0};
	enum sr_state s;

	assert_ok(sr_query_grant(&g, y->w->v->catalogue, a->grant, &y->w->e), &y->w->e);
	s = g.state;
	sr_grant_row_free(&g);
	return s;
}

/* What the catalogue says of the request is what was made of it. */
static void check(struct year *y, const struct asked *a) {
	static const enum sr_state versions[FATES] = {SR_S_GRANTED, SR_S_GRANTED, SR_S_GRANTED,
		SR_S_GRANTED, SR_S_GRANTED, SR_S_REFUSED, SR_S_GRANTED, SR_S_WITHDRAWN,
		SR_S_LAPSED};
	struct sr_version_row v = {0};
	enum sr_state want = SR_S_LIVE;

	assert_ok(sr_query_version(&v, y->w->v->catalogue, a->id, 0, &y->w->e), &y->w->e);
	assert_int_equal(v.state, versions[a->fate]);
	assert_int_equal(v.version, a->fate == CORRECTED ? 2 : 1);
	sr_version_row_free(&v);
	if (versions[a->fate] != SR_S_GRANTED)
		return;
	if (a->fate == CLOSED)
		want = SR_S_CLOSED;
	else if (a->fate == REVOKED)
		want = SR_S_REVOKED;
	else if (a->ends <= y->w->now)
		want = SR_S_EXPIRED;
	else if (a->by->d == NULL)
		want = SR_S_SUSPENDED; /* its reader has left */
	assert_int_equal(state_of_grant(y, a), want);
}

static void settle(struct year *y) {
	size_t n[FATES] = {0}, read = 0;

	for (size_t i = 0; i < y->asked_count; i++) {
		check(y, &y->asked[i]);
		n[y->asked[i].fate]++;
		if (y->asked[i].fate == KEPT && y->asked[i].by->d != NULL) {
			look(&y->asked[i]);
			read++;
		}
	}
	assert_true(read > 0);
	for (size_t i = 0; i < FATES; i++)
		print_message("%4zu %s\n", n[i], fate_names[i]);
	print_message("%4zu grants of all months read at the end\n", read);
}

static void replay(struct year *y) {
	struct desk *d = y->custodian->d;
	static const char *const ops[] = {"verify", "rebuild"};
	struct sr_call q, r;

	for (size_t i = 0; i < T_COUNT(ops); i++) {
		sr_call_init(&q);
		sr_call_init(&r);
		sr_call_begin(&q, ops[i]);
		assert_ok(sr_client_call(d->c, &q, &r, &d->e), &d->e);
		assert_true(sr_bytes_eq(sr_text_get(&r.text, "catalogue"), sr_bytes_str("equal")));
		sr_call_free(&q);
		sr_call_free(&r);
	}
	for (size_t i = 0; i < y->asked_count; i++) /* and says the same of each */
		check(y, &y->asked[i]);
}

static uint64_t count_of(struct year *y, const struct sr_call *r, const char *key) {
	uint64_t n = 0;

	assert_ok(sr_parse_dec(&n, sr_text_get(&r->text, key), UINT64_MAX, &y->w->e), &y->w->e);
	return n;
}

/* Lived through again by `audit replay`: every signature, every grant from its votes, every answer
 * of the rules from its inputs and these from the log; and the tables are equal. */
static void audit(struct year *y) {
	struct desk *d = y->auditor[0]->d != NULL ? y->auditor[0]->d : y->custodian->d;
	size_t granted = 0;
	bool ended = false;

	for (size_t i = 0; i < y->asked_count; i++)
		granted += y->asked[i].fate <= EXPIRED || y->asked[i].fate == CORRECTED;
	while (!ended) {
		struct sr_call q, r;

		sr_call_init(&q);
		sr_call_init(&r);
		sr_call_begin(&q, "audit.replay");
		assert_ok(sr_client_call(d->c, &q, &r, &d->e), &d->e);
		ended = sr_text_get(&r.text, "ended").p != NULL;
		if (ended) {
			const uint64_t size = sr_catalogue_size(y->w->v->catalogue);

			assert_true(sr_bytes_eq(
				sr_text_get(&r.text, "ended"), sr_bytes_str("complete")));
			assert_int_equal(count_of(y, &r, "findings"), 0);
			assert_int_equal(count_of(y, &r, "done"), size);
			assert_int_equal(count_of(y, &r, "signatures"), size);
			assert_int_equal(count_of(y, &r, "grants"), granted);
			assert_int_equal(count_of(y, &r, "rules"), world_count(y->w, SR_T_DECIDED));
			assert_true(count_of(y, &r, "rules") > granted);
			assert_true(count_of(y, &r, "rows") > size);
		}
		sr_call_free(&q);
		sr_call_free(&r);
	}
}

static size_t number(const char *variable, size_t usual) {
	const char *v = getenv(variable);

	return v == NULL ? usual : (size_t)strtoul(v, NULL, 10);
}

static void test_year(void **state) {
	const struct world_options bare = {.bare = true};
	struct year *y = calloc(1, sizeof *y);
	const size_t limit_s = number("YEAR_LIMIT_S", 0), seed = number("YEAR_SEED", SEED);
	struct timespec began, now;

	(void)state;
	assert_non_null(y);
	y->random = seed;
	y->months = number("YEAR_MONTHS", MONTHS_CHECK);
	y->asked = calloc(y->months * MONTH_REQUESTS, sizeof *y->asked);
	assert_non_null(y->asked);
	assert_true(y->months >= 1 && y->months <= MONTHS);
	clock_gettime(CLOCK_MONOTONIC, &began);
	y->o = office_new(&bare);
	y->w = y->o->w;
	found(y);
	for (size_t i = 1; i < BOARDS; i++)
		board_new(y, &y->panel[i]);
	collection(y, &y->panel[0], "Pamphlets");
	collection(y, &y->panel[1], "Letters");
	collection(y, &y->panel[2], "Files");
	for (size_t i = 0; i < 2; i++)
		y->depositor[i] = hire(y, "Depositor", "depositor");
	for (size_t i = 0; i < RESEARCHERS; i++)
		y->researcher[i] = hire(y, "Researcher", "researcher");
	assert_int_equal(y->staff_count, 40);
	for (size_t i = 0; i < y->months; i++)
		month(y, i);
	settle(y);
	replay(y);
	audit(y);
	clock_gettime(CLOCK_MONOTONIC, &now);
	const int64_t took_ms = ((int64_t)now.tv_sec - began.tv_sec) * 1000 +
				(now.tv_nsec - began.tv_nsec) / 1000000;
	print_message("seed %zu: %zu months, %zu people, of whom %zu left, %zu resharings, %zu "
		      "requests, %llu entries: %.1f s\n",
		seed, y->months, y->staff_count, y->left, y->resharings, y->asked_count,
		(unsigned long long)sr_catalogue_size(y->w->v->catalogue), (double)took_ms / 1e3);
	for (size_t i = 0; i < y->staff_count; i++) {
		if (y->staff[i].d != NULL)
			desk_free(y->staff[i].d);
		sr_buf_free(&y->staff[i].p.card);
	}
	office_free(y->o);
	free(y->asked);
	free(y);
	if (limit_s > 0)
		assert_true(took_ms <= (int64_t)limit_s * 1000);
}

int main(void) {
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_year)};

	return cmocka_run_group_tests_name("core: a year", tests, NULL, NULL);
}
