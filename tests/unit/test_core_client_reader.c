/*
 * A reader's client at a vault that lies: about one of its answers, or with entries that a host
 * with all keys of the service, a reader and a member signed together. Each lie is refused with the
 * sentence that says what is wrong, and no key of a record ever leaves the client.
 */
#include "client_rig.h"
#include "core/client_in.h"
#include "lies_rig.h"
#include "world.h"

/* --- checkouts -------------------------------------------------------------------------------- */

static struct lie checkout_lies[] = {
	{.op = "checkout.material",
		.row = "receipt",
		.what = "grant",
		.how = DROP,
		.code = SR_AUTH,
		.text = "shows no grant: it is withheld"},
	{.op = "checkout.material",
		.row = "receipt",
		.what = "request",
		.how = DROP,
		.code = SR_AUTH,
		.text = "shows no version 1 of the request"},
	{.op = "checkout.material",
		.row = "receipt",
		.what = "room-key",
		.how = DROP,
		.code = SR_AUTH,
		.text = "shows no room key of exactly this version"},
	{.op = "checkout.material",
		.row = "receipt",
		.what = "vote",
		.how = DROP,
		.code = SR_AUTH,
		.text = "shows no vote: it is withheld"},
	{.op = "checkout.material",
		.row = "receipt",
		.what = "vote",
		.how = FLIP,
		.key = "receipt",
		.code = SR_AUTH,
		.text = "receipt"},
	{.op = "checkout.material",
		.row = "record",
		.how = FLIP,
		.key = "leaf",
		.code = SR_AUTH,
		.text = "inclusion"},
	{.op = "checkout.material",
		.row = "record",
		.how = OTHER_ROW,
		.key = "vote",
		.code = SR_AUTH,
		.text = "inclusion"},
	{.op = "checkout.material",
		.row = "record",
		.how = VALUE,
		.key = "vote",
		.value = "00112233445566778899aabbccddeeff",
		.code = SR_AUTH,
		.text = "shows no vote"},
	{.op = "checkout.material",
		.row = "seal",
		.how = DROP,
		.code = SR_AUTH,
		.text = "withholds the item's seal"},
	{.op = "checkout.material",
		.row = "seal",
		.how = VALUE,
		.key = "item",
		.value = "00112233445566778899aabbccddeeff",
		.code = SR_AUTH,
		.text = "seal of another item"},
	{.op = "checkout.material",
		.row = "seal",
		.how = VALUE,
		.key = "seal",
		.value = "short",
		.code = SR_CORRUPT,
		.text = "seal: want 272 bytes, have 5"},
	{.op = "checkout.material",
		.row = "record",
		.all = true,
		.how = DROP,
		.code = SR_AUTH,
		.text = "shows no vote with pieces: they are withheld"},
	{.op = "checkout.material",
		.row = "record",
		.how = MANY,
		.times = 130,
		.code = SR_LIMIT,
		.text = "more than 128 votes"},
	{.op = "proof",
		.row = "receipt",
		.how = DROP,
		.code = SR_AUTH,
		.text = "shows 0 of 1 receipts: the rest is withheld"},
	{.op = "proof",
		.row = "receipt",
		.how = RECEIPT,
		.code = SR_AUTH,
		.text = "shows another entry than was asked for"},
};

/* Each of them at a desk of its own: nothing that was proven before helps. */
static void refused_opening(struct office *o, const struct world_person *who,
	const uint8_t checkout[SR_ID], struct lie *lies, int code, const char *text) {
	struct desk *d = desk_new(o, who);
	uint64_t files = 0;

	tell_all(d, lies);
	assert_fails(sr_client_open_item(d->c, checkout, &files, &d->e), code, &d->e, text);
	assert_false(asked(d, "checkout.open"));
	honest(d, lies);
	desk_free(d);
}

/* Of more than one row, or of what is known only here. */
static void more_checkout_lies(struct asked_for *a, const uint8_t checkout[SR_ID]) {
	const struct world_person *who = &a->o->w->researcher[1];
	struct sr_entry en;
	char hex[2 * SR_ID + 1];
	struct lie items[] = {
		{.op = "checkout.material", .how = HEAD, .key = "extension", .value = "1"},
		{.op = "checkout.material", .how = HEAD, .key = "items", .value = "3"},
		{.op = NULL}};

	refused_opening(a->o, who, checkout, items, SR_AUTH, "is for other items of the grant");
	world_last(a->o->w, SR_T_GRANT, &en);
	sr_hex(hex, en.statement.head.id, SR_ID);
	sr_entry_free(&en);
	struct lie vote[] = {{.op = "checkout.material",
				     .row = "record",
				     .how = VALUE,
				     .key = "vote",
				     .value = hex},
		{.op = NULL}};
	refused_opening(
		a->o, who, checkout, vote, SR_AUTH, "what the vault shows as a vote is grant");
}

/* Pages that go nowhere, of an item that is open. */
static void page_lies(struct desk *d, const uint8_t checkout[SR_ID]) {
	static const struct {
		const char *next, *text;
	} cases[] = {{"0", "page at 0 of 13 bytes goes on at 0"},
		{"14", "page at 0 of 13 bytes goes on at 14"}};
	const struct sr_page_at at = {.checkout = checkout};
	uint64_t next = 0, size = 0;
	struct sr_buf text;

	sr_buf_init(&text);
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		struct lie page = {
			.op = "checkout.read", .how = HEAD, .key = "next", .value = cases[i].next};

		tell(d, &page);
		assert_fails(sr_client_page(d->c, &at, &text, &next, &size, &d->e), SR_CORRUPT,
			&d->e, cases[i].text);
		assert_int_equal(text.len, 0);
		honest(d, &page);
	}
	sr_buf_free(&text);
}

static void test_checkout(void **state) {
	struct asked_for a;
	uint8_t grant[SR_ID], checkout[SR_ID];
	uint64_t files = 0;

	(void)state;
	ask_for(&a, true);
	world_grant(a.o->w, a.rq.id, grant);
	struct desk *d = desk_new(a.o, &a.o->w->researcher[1]);
	struct sr_borrow b = {.item = a.items[1], .grant = grant};
	tell(d, &checkout_lies[0]);
	assert_fails(sr_client_checkout(d->c, &b, checkout, &files, &d->s, &d->e), SR_AUTH, &d->e,
		checkout_lies[0].text);
	assert_int_equal(d->s.code, 0);
	assert_true(d->s.proven);
	sr_submitted_free(&d->s);
	for (size_t i = 0; i < T_COUNT(checkout_lies); i++) {
		desk_free(d);
		d = desk_new(a.o, &a.o->w->researcher[1]); /* nothing proven before helps */
		tell(d, &checkout_lies[i]);
		assert_fails(sr_client_open_item(d->c, checkout, &files, &d->e),
			checkout_lies[i].code, &d->e, checkout_lies[i].text);
		assert_false(asked(d, "checkout.open"));
		honest(d, &checkout_lies[i]);
	}
	desk_free(d);
	d = desk_new(a.o, &a.o->w->researcher[1]);
	size_t at = 0;
	for (size_t i = 0; i < 3; i++)
		at += memcmp(a.items[i], a.items[1], SR_ID) < 0;
	struct lie place = {.op = "checkout.material",
		.how = HEAD,
		.key = "position",
		.value = at == 0 ? "1" : "0"};
	tell(d, &place);
	assert_fails(
		sr_client_open_item(d->c, checkout, &files, &d->e), SR_AUTH, &d->e, "inclusion");
	assert_false(asked(d, "checkout.open"));
	honest(d, &place);
	assert_ok(sr_client_open_item(d->c, checkout, &files, &d->e), &d->e);
	assert_int_equal(files, 1);
	page_lies(d, checkout);
	desk_free(d);
	more_checkout_lies(&a, checkout);
	/* Somebody else's checkout is refused before anything is fetched for it. */
	d = desk_new(a.o, &a.o->w->researcher[0]);
	assert_fails(sr_client_open_item(d->c, checkout, &files, &d->e), SR_NOTFOUND, &d->e,
		"no live checkout of yours");
	desk_free(d);
	/* Under which of two grants is for the reader to say. */
	struct world_request again = {.by = &a.o->w->researcher[0],
		.items = (const uint8_t(*)[SR_ID])a.items[1],
		.count = 1};
	assert_int_equal(world_request(a.o->w, &again), 0);
	world_grant(a.o->w, again.id, grant);
	d = desk_new(a.o, &a.o->w->researcher[0]);
	const struct sr_borrow any = {.item = a.items[1]};
	assert_fails(sr_client_checkout(d->c, &any, checkout, &files, NULL, &d->e), SR_USAGE, &d->e,
		"2 live grants hold this item: say which (--grant)");
	desk_free(d);
	office_free(a.o);
}

/* --- what a reader and a member sign together with a host ---------------------------------------
 */

struct forging {
	struct asked_for a;
	struct sr_entry request, grant, join, room_key, vote, checkout; /* honest ones, of ${a} */
	struct world_checkout by[2]; /* of item 0, by each of its readers */
	struct world_request one;    /* of item 1, by the first of them alone */
	struct world_checkout of_one;
	struct sr_entry vote_of_one;
	uint8_t grant_of_item[SR_ID], grant_of_one[SR_ID];
};

static void forging_begin(struct forging *f) {
	struct world *w;

	memset(f, 0, sizeof *f);
	ask_of(&f->a);
	w = f->a.o->w;
	f->one = (struct world_request){.by = &w->researcher[0],
		.items = (const uint8_t(*)[SR_ID])f->a.items[1],
		.count = 1};
	assert_int_equal(world_request(w, &f->one), 0);
	world_grant(w, f->one.id, f->grant_of_one);
	world_last(w, SR_T_VOTE, &f->vote_of_one);
	f->of_one = (struct world_checkout){
		.by = &w->researcher[0], .grant = f->grant_of_one, .item = f->a.items[1]};
	assert_ok(world_checkout(w, &f->of_one), &w->out.err);
	ask_it(&f->a, true);
	world_last(w, SR_T_REQUEST, &f->request);
	world_last(w, SR_T_JOIN, &f->join);
	world_last(w, SR_T_ROOM_KEY, &f->room_key);
	world_grant(w, f->a.rq.id, f->grant_of_item);
	world_last(w, SR_T_GRANT, &f->grant);
	world_last(w, SR_T_VOTE, &f->vote);
	for (size_t i = 2; i > 0; i--) {
		f->by[i - 1] = (struct world_checkout){.by = &w->researcher[i - 1],
			.grant = f->grant_of_item,
			.item = f->a.items[0]};
		assert_ok(world_checkout(w, &f->by[i - 1]), &w->out.err);
	}
	world_last(w, SR_T_CHECKOUT, &f->checkout); /* of the first reader */
}

static void forging_end(struct forging *f) {
	sr_entry_free(&f->request);
	sr_entry_free(&f->grant);
	sr_entry_free(&f->join);
	sr_entry_free(&f->room_key);
	sr_entry_free(&f->vote);
	sr_entry_free(&f->checkout);
	sr_entry_free(&f->vote_of_one);
	world_close(f->a.o->w);
	office_free(f->a.o);
}

/* As ${en}, by ${by} (NULL: the service), but for one line (NULL: for none). */
static uint64_t forge_like(struct office *o, const struct sr_entry *en,
	const struct world_person *by, const char *line, const char *value) {
	const char *const changes[] = {line, value, NULL};
	struct sr_buf text;
	uint64_t index = 0;

	forged_head(o, &text, en->statement.type->id, by != NULL ? by->person : "service");
	copy_but(&text, en, changes);
	if (by != NULL)
		forge_by(o, &text, by, &index);
	else
		forge_by_room(o, &text, &index);
	return index;
}

/* The same of a vote, whose records say its id. */
static uint64_t forge_vote(struct office *o, const struct sr_entry *en,
	const struct world_person *by, const char *line, const char *value,
	char id[2 * SR_ID + 1]) {
	const char *const changes[] = {line, value, NULL};
	struct sr_statement st;
	struct sr_buf text;
	struct sr_err e = {0};
	uint64_t index = 0;

	forged_head(o, &text, SR_T_VOTE, by->person);
	copy_but(&text, en, changes);
	assert_ok(sr_statement_parse_text(&st, sr_buf_view(&text), &e), &e);
	sr_hex(id, st.head.id, SR_ID);
	sr_statement_free(&st);
	forge_by(o, &text, by, &index);
	return index;
}

/* Lies of an opening: the checkout is the forged one of entry ${checkout_at} (${entry_text}: in
 * digits), and its grant that of entry ${grant_at}. */
#define OTHERS(entry_text, checkout_at, grant_at)                                                 \
	{.op = "checkouts",                                                                       \
		.row = "checkout",                                                                \
		.all = true,                                                                      \
		.how = VALUE,                                                                     \
		.key = "entry",                                                                   \
		.value = (entry_text)},                                                           \
		{.op = "proof", .call = 1, .how = REPLY},                                         \
		{.op = "proof", .call = 1, .how = ADD, .index = (checkout_at)},                   \
		{.op = "checkout.material", .row = "receipt", .what = "checkout", .how = DROP}, { \
		.op = "checkout.material", .row = "receipt", .what = "grant", .how = RECEIPT,     \
		.index = (grant_at)                                                               \
	}

/* More time for a grant, signed with the room's key, or with another. */
static uint64_t forge_renewal(
	struct forging *f, const uint8_t grant[SR_ID], const uint8_t *seed, const char *ends) {
	struct sr_buf text;
	uint64_t index = 0;

	forged_head(f->a.o, &text, SR_T_RENEW, "service");
	sr_text_put_hex(&text, "request", f->a.rq.id, SR_ID);
	sr_text_put_hex(&text, "grant", grant, SR_ID);
	sr_text_put(&text, "ends", ends);
	if (seed == NULL)
		forge_by_room(f->a.o, &text, &index);
	else
		forge(f->a.o, &text, W_ORIGIN "/room", seed, &index);
	return index;
}

/* Over, and what makes another grant last longer, or was signed by nobody who may, does not help;
 * what does is a renewal of this one. */
static void forged_renewals(struct forging *f) {
	static const char past[] = "2026-11-21T09:00:00Z", later[] = "2027-11-21T09:00:00Z";
	const uint8_t *grant = f->by[0].grant;
	struct office *o = f->a.o;
	const struct world_person *r = &o->w->researcher[0];
	const uint64_t over = forge_like(o, &f->grant, NULL, "ends", past),
		       checkout = forge_like(o, &f->checkout, r, NULL, NULL);
	const uint64_t renewals[] = {forge_renewal(f, f->of_one.grant, NULL, later),
		forge_renewal(f, grant, r->seed, later), forge_renewal(f, grant, NULL, past),
		forge_renewal(f, grant, NULL, later)};
	char entry[24];

	snprintf(entry, sizeof entry, "%llu", (unsigned long long)checkout);
	for (size_t i = 0; i < T_COUNT(renewals); i++) {
		const bool good = i + 1 == T_COUNT(renewals);
		struct lie lies[] = {OTHERS(entry, checkout, over),
			{.op = "checkout.material",
				.how = ADD,
				.as = "renew",
				.index = renewals[i]},
			{.op = "checkout.material", .row = "seal", .how = DROP}, {.op = NULL}};

		refused_opening(o, r, f->by[0].id, lies, good ? SR_AUTH : SR_DENIED,
			good ? "the vault withholds the item's seal"
			     : "the grant has ended: make a new request");
	}
}

/* A grant that does not give what was checked out, in the log since before the checkout. */
static void forged_grants(struct forging *f) {
	struct office *o = f->a.o;
	const struct world_person *r = &o->w->researcher[0];
	const struct {
		const char *line, *value;
		int code;
		const char *text;
		uint64_t index;
	} wrong[] = {{"person", o->w->researcher[1].person, SR_AUTH, "the grant does not name p-",
			     forge_like(o, &f->grant, NULL, "person", o->w->researcher[1].person)},
		{"right", "redact", SR_AUTH, "the grant is for another right than the checkout",
			forge_like(o, &f->grant, NULL, "right", "redact")},
		{"form", "original", SR_AUTH, "the grant does not name the form of the checkout",
			forge_like(o, &f->grant, NULL, "form", "original")},
		{"ends", "2026-11-21T09:00:00Z", SR_DENIED,
			"the grant has ended: make a new request",
			forge_like(o, &f->grant, NULL, "ends", "2026-11-21T09:00:00Z")}};
	const uint64_t checkout = forge_like(o, &f->checkout, r, NULL, NULL);
	char entry[24];

	snprintf(entry, sizeof entry, "%llu", (unsigned long long)checkout);
	for (size_t i = 0; i < T_COUNT(wrong); i++) {
		struct lie lies[] = {OTHERS(entry, checkout, wrong[i].index), {.op = NULL}};

		refused_opening(o, r, f->by[0].id, lies, wrong[i].code, wrong[i].text);
	}
	/* And to the other reader somebody else's is shown as theirs. */
	struct lie theirs[] = {{.op = "checkouts",
				       .row = "checkout",
				       .all = true,
				       .how = VALUE,
				       .key = "entry",
				       .value = entry},
		{.op = "proof", .call = 1, .how = REPLY}, {.op = "proof", .call = 1, .how = ADD},
		{.op = NULL}};
	char hex[2 * SR_ID + 1];

	sr_hex(hex, f->by[1].id, SR_ID);
	theirs[2].index = forge_like(o, &f->checkout, &o->w->curator[0], "checkout", hex);
	snprintf(entry, sizeof entry, "%llu", (unsigned long long)theirs[2].index);
	refused_opening(o, &o->w->researcher[1], f->by[1].id, theirs, SR_AUTH, "not yours");
}

/* A version without the reader; another request key of theirs than the one that is theirs. */
static void forged_readers(struct forging *f) {
	struct office *o = f->a.o;
	const struct world_person *r = &o->w->researcher[1];
	struct lie lies[] = {
		{.op = "checkout.material",
			.row = "receipt",
			.what = "request",
			.how = RECEIPT,
			.index = forge_like(o, &f->request, &o->w->researcher[0], "person", NULL)},
		{.op = NULL}};

	refused_opening(o, r, f->by[1].id, lies, SR_AUTH, "the request does not name p-");
	lies[0].what = "join";
	lies[0].index = forge_like(o, &f->join, r, "key", HOSTS_KEY);
	refused_opening(o, r, f->by[1].id, lies, SR_AUTH,
		"votes were sealed to another request key than this identity has");
}

/* The leaf of a vote's bundle for the item of ${checkout}, as the vault shows it. */
static void leaf_of(struct office *o, const struct world_checkout *checkout, struct sr_buf *leaf) {
	struct desk *d = desk_new(o, checkout->by);
	struct sr_call q, r;
	struct sr_rows rows = {0};

	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "checkout.material");
	sr_text_put_hex(&q.head, "checkout", checkout->id, SR_ID);
	assert_ok(sr_client_rows(d->c, &q, &r, &rows, &d->e), &d->e);
	assert_non_null(sr_rows_first(&rows, "record"));
	sr_buf_put_bytes(leaf, sr_row_get(sr_rows_first(&rows, "record"), "leaf"));
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&r);
	desk_free(d);
}

/* A member signs for a bundle whose leaves are not those of a bundle for this request. */
static void forged_bundles(struct forging *f) {
	static const struct {
		uint32_t items; /* said in the leaf's header */
		int code;
		const char *text;
	} cases[] = {{3, SR_CORRUPT, "a record of another number of items than 1"},
		{1, SR_AUTH, "the vote is sealed to 2 people, the request names 1"}};
	struct office *o = f->a.o;
	struct sr_buf leaf;

	sr_buf_init(&leaf);
	leaf_of(o, &f->by[0], &leaf);
	assert_true(leaf.len > 16 && sr_le32_get(leaf.p + 8) == 3);
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		uint8_t root[SR_HASH];
		char bundle[2 * SR_HASH + 1], vote[2 * SR_ID + 1];

		sr_le32_put(leaf.p + 8, cases[i].items);
		sr_leaf_hash(root, sr_buf_view(&leaf));
		sr_hex(bundle, root, SR_HASH);
		const uint64_t index =
			forge_vote(o, &f->vote_of_one, &o->w->member[2], "bundle", bundle, vote);
		struct lie lies[] = {
			{.op = "checkout.material", .how = ADD, .as = "vote", .index = index},
			{.op = "checkout.material",
				.row = "record",
				.how = VALUE,
				.key = "vote",
				.value = vote},
			{.op = "checkout.material",
				.row = "record",
				.how = VALUE,
				.key = "leaf",
				.bytes = sr_buf_view(&leaf)},
			{.op = NULL}};
		refused_opening(o, f->of_one.by, f->of_one.id, lies, cases[i].code, cases[i].text);
	}
	sr_buf_free(&leaf);
}

/* A grant and a room key that came later, and votes: that the host signed for a member, that a
 * member signed for something else, that somebody signed who is no member. */
static void forged_votes(struct forging *f) {
	struct office *o = f->a.o;
	const struct world_person *r = &o->w->researcher[0], *m = &o->w->member[2];
	struct world_person hosts = *m;
	const struct {
		const char *line, *value, *text;
		const struct world_person *by;
	} votes[] = {{"epoch", "1", "is not to be trusted", &hosts},
		{"decision", "reject", "did not approve", m},
		{"version", "9", "for another version", m},
		{"count", "1", "1 pieces for 3 items", m},
		{"epoch", "1", "not a member of the board", &o->w->curator[0]}};
	struct lie later[] = {{.op = "checkout.material",
				      .row = "receipt",
				      .what = "grant",
				      .how = RECEIPT,
				      .index = forge_like(o, &f->grant, NULL, NULL, NULL)},
		{.op = NULL}};
	char id[2 * SR_ID + 1];

	refused_opening(
		o, r, f->by[0].id, later, SR_AUTH, "the grant is younger than the checkout");
	later[0].what = "room-key";
	later[0].index = forge_like(o, &f->room_key, NULL, "key", HOSTS_KEY);
	refused_opening(
		o, r, f->by[0].id, later, SR_AUTH, "are for another room key than that of entry");
	t_fill(hosts.seed, SR_SEED, 4711);
	for (size_t i = 0; i < T_COUNT(votes); i++) {
		struct lie lies[] = {{.op = "checkout.material",
					     .row = "receipt",
					     .what = "vote",
					     .how = RECEIPT},
			{.op = "checkout.material",
				.row = "record",
				.how = VALUE,
				.key = "vote",
				.value = id},
			{.op = NULL}};

		lies[0].index =
			forge_vote(o, &f->vote, votes[i].by, votes[i].line, votes[i].value, id);
		refused_opening(o, r, f->by[0].id, lies, SR_AUTH, votes[i].text);
	}
}

static void test_signed_with_a_host(void **state) {
	struct forging f;

	(void)state;
	forging_begin(&f);
	forged_votes(&f);
	forged_grants(&f);
	forged_renewals(&f);
	forged_readers(&f);
	forged_bundles(&f);
	forging_end(&f);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checkout),
		cmocka_unit_test(test_signed_with_a_host),
	};

	return cmocka_run_group_tests_name("core client: a reader", tests, NULL, NULL);
}
