/*
 * refusals - statements that the project's own clients never make: each is a lawful one with one
 * line changed, signed by who may sign it, and the door names the rule that it breaks. What people
 * can do wrong through clients is in the scenarios; a client of an enemy's is not held by any.
 */
#include <sqlite3.h>

#include "base/limits.h"
#include "epochs_rig.h"
#include "ledger/mark.h"
#include "refusals_rig.h"
#include "world.h"

/* --- one line of each --- */

static void one_line(void **state) {
	static const struct {
		void (*make)(struct scene *s, struct world_draft *d);
		const char *from, *to, *rule;
	} rows[] = {
		{access_asked, "\nlevel 2\n", "\nlevel 2\ncloses 2020-01-01T00:00:00Z\n",
			"closes-past"},
		{access_asked, "\nform text\n", "\nform smell\n", "unknown-form"},
		{access_asked, "\npurpose research\n", "\npurpose fun\n", "unknown-purpose"},
		{access_asked, "\nlevel 2\n", "\nlevel 3\n", "level-differs"},
		{access_asked, "\nepoch 1\n", "\nepoch 2\n", "other-epoch"},
		{access_asked, "\nkind access\n", "\nkind dance\n", "unknown-kind"},
		{access_asked, "\nversion 1\n", "\nversion 2\n", "version"},
		{role_asked, "\nrole curator\n", "\nrole king\n", "unknown-role"},
		{role_asked, "\nrole curator\n", "\nrole member\n", "member-needs-reshare"},
		{role_asked, "\nlevel 2\n", "\nlevel 3\n", "level-differs"},
		{role_asked, "\nrole curator\n", "\n", "request-incomplete"},
		{role_asked, "\nrole curator\n", "\ndedupe none\nrole curator\n",
			"request-surplus"},
		{collection_asked, "\ndedupe none\n", "\ndedupe some\n", "unknown-dedupe"},
		{reshare_asked, "\nquorum 2 2\nquorum 3 3\n", "\nquorum 2 3\nquorum 3 2\n",
			"quorum-order"},
		{reshare_asked, "\nquorum 3 3\n", "\n", "levels-kept"},
		{reshare_asked, "\nquorum 3 3\n", "\nquorum 4 3\n", "levels-kept"},
		{reshare_asked, "\nquorum 3 3\n", "\nquorum 3 4\n", "quorum-range"},
		{erase_asked, "", "", "reason-missing"},
		{erase_asked, "\npurpose retention\n", "\npurpose spite\n", "unknown-ground"},
		{vote_cast, "\ndecision approve\n", "\ndecision ponder\n", "unknown-decision"},
		{vote_cast, "\ndecision approve\n", "\ndecision reject\n", "vote-surplus"},
		{vote_cast, "\ncount 1\n", "\ncount 2\n", "pieces-count"},
		{vote_cast, "\nform text\n", "\n", "forms-missing"},
		{vote_cast, "\nform text\n", "\nform colour\n", "form-not-asked"},
		{vote_cast, "\nversion 1\n", "\nversion 2\n", "other-version"},
		{vote_cast, "\nepoch 1\n", "\nepoch 2\n", "other-epoch"},
		{look, "\nright access\n", "\nright theft\n", "unknown-right"},
		{look, "\nright access\n", "\nright export\n", "right-not-granted"},
		{look, "\nform text\n", "\nform colour\n", "form-not-granted"},
		{described, "", "", NULL}, /* as it stands it is lawful */
		{read_on_record, "\nwhat report\n", "\nwhat diary\n", "unknown-reading"},
		{read_on_record, "\nwhat report\n", "\nwhat report\nfrom 1\n", "read-surplus"},
		{read_on_record, "\nwhat report\n", "\nwhat person\n", "read-of-whom"},
		{read_of_somebody, "", "", "reason-missing"},
	};
	struct scene s;

	(void)state;
	scene_open(&s);
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct world_draft d;

		rows[i].make(&s, &d);
		draft_edit(&d, rows[i].from, rows[i].to);
		if (rows[i].rule == NULL)
			assert_ok(world_commit(&d, NULL), &s.w->out.err);
		else
			refused_by(s.w, &d, rows[i].rule);
	}
	scene_close(&s);
}

/* --- what names people, requests and items --- */

static void put_line(char out[200], const char *key, const char *value) {
	snprintf(out, 200, "\n%s %s", key, value);
}

static void people_of_a_request(void **state) {
	struct scene s;
	struct world_draft d;
	struct sr_buf many;
	char line[200];

	(void)state;
	scene_open(&s);
	access_asked(&s, &d);
	snprintf(line, sizeof line, "\nperson %s\nkey ", s.w->researcher[0].person);
	draft_edit(&d, "\nkey ", line);
	refused_by(s.w, &d, "named-twice");
	access_asked(&s, &d);
	snprintf(line, sizeof line, "\nperson %s\nkey ", s.w->curator[0].person);
	draft_edit(&d, "\nkey ", line);
	refused_by(s.w, &d, "not-a-researcher");
	access_asked(&s, &d);
	sr_buf_init(&many);
	for (unsigned i = 0; i < SR_REQUEST_PEOPLE_MAX; i++)
		sr_buf_printf(&many, "\nperson p-%016x", i);
	sr_buf_put_str(&many, "\nkey ");
	sr_buf_put_u8(&many, 0);
	draft_edit(&d, "\nkey ", (const char *)many.p);
	sr_buf_free(&many);
	refused_by(s.w, &d, "too-many-people");
	scene_close(&s);
}

static void requests_of_others(void **state) {
	struct scene s;
	struct world_draft d;
	struct world_request rq, again;
	char line[200], hex[2 * SR_ID + 1];

	(void)state;
	scene_open(&s);
	/* An id that is taken; a version of somebody else's; another kind of it. */
	access_asked(&s, &d);
	sr_hex(hex, s.open, SR_ID);
	put_line(line, "request", hex);
	draft_line(&d, "request", line);
	refused_by(s.w, &d, "request-taken");
	again = asks(&s, 1);
	again.version = 2;
	memcpy(again.id, s.open, SR_ID);
	DRAFT(&s, &d, world_request(s.w, &again));
	refused_by(s.w, &d, "not-applicant");
	again.by = &s.w->researcher[0];
	DRAFT(&s, &d, world_request(s.w, &again));
	draft_edit(&d, "\nkind access\n", "\nkind redact\n");
	refused_by(s.w, &d, "kind-differs");
	/* Said twice: that one joins, that one steps aside. */
	rq = asks(&s, 0);
	rq.with[0] = &s.w->researcher[1];
	assert_int_equal(world_request(s.w, &rq), 0);
	assert_int_equal(world_join(s.w, &s.w->researcher[1], rq.id), 0);
	assert_refused(s.w, world_join(s.w, &s.w->researcher[1], rq.id), "joined-already");
	assert_refused(s.w, world_join(s.w, &s.w->researcher[2], rq.id), "not-named");
	for (size_t i = 0; i < 2; i++) {
		world_begin(&d, s.w, &s.w->member[2], SR_T_RECUSE);
		sr_text_put_hex(&d.text, "request", rq.id, SR_ID);
		if (i == 0)
			assert_ok(world_commit(&d, NULL), &s.w->out.err);
		else
			refused_by(s.w, &d, "recused-already");
	}
	/* A vote on another text of the same version. */
	vote_cast(&s, &d);
	sr_hex(hex, s.open, SR_ID);
	snprintf(line, sizeof line, "\nrequest %s %064d", hex, 7);
	draft_line(&d, "request", line);
	refused_by(s.w, &d, "other-text");
	scene_close(&s);
}

static void looks_and_returns(void **state) {
	struct scene s;
	struct world_draft d;
	struct world_checkout c;
	char line[200], hex[2 * SR_ID + 1];

	(void)state;
	scene_open(&s);
	look(&s, &d);
	draft_line(&d, "grant", "");
	refused_by(s.w, &d, "no-grant");
	c = (struct world_checkout){.by = &s.w->curator[0], .item = s.held};
	DRAFT(&s, &d, world_checkout(s.w, &c));
	sr_hex(hex, s.grant, SR_ID);
	snprintf(line, sizeof line, "\ngrant %s\nitem ", hex);
	draft_edit(&d, "\nitem ", line);
	refused_by(s.w, &d, "surplus-grant");
	c = (struct world_checkout){.by = &s.w->researcher[0], .grant = s.grant, .item = s.item[1]};
	assert_refused(s.w, world_checkout(s.w, &c), "item-not-granted");
	c.item = s.item[0];
	assert_int_equal(world_checkout(s.w, &c), 0);
	assert_int_equal(world_return(s.w, &c), 0);
	assert_refused(s.w, world_return(s.w, &c), "checkout-state");
	scene_close(&s);
}

static void items_and_lists(void **state) {
	struct scene s;
	struct world_draft d;
	struct world_extend x;
	uint8_t(*ids)[SR_ID] = calloc(SR_REQUEST_ITEMS_MAX, SR_ID);
	char line[200];

	(void)state;
	assert_non_null(ids);
	scene_open(&s);
	/* A grant does not grow past what a request may have. */
	for (size_t i = 0; i < SR_REQUEST_ITEMS_MAX; i++)
		sr_random(ids[i], SR_ID);
	x = (struct world_extend){.by = &s.w->researcher[0],
		.grant = s.grant,
		.request = s.granted,
		.items = (const uint8_t(*)[SR_ID])ids,
		.count = SR_REQUEST_ITEMS_MAX,
		.number = 1};
	assert_refused(s.w, world_extend(s.w, &x), "too-many-items");
	free(ids);
	/* Held boxes are for curators, by the key and for the envelope of now. */
	boxed(&s, &d);
	put_line(line, "person", s.w->researcher[0].person);
	draft_line(&d, "person", line);
	refused_by(s.w, &d, "not-a-curator");
	boxed(&s, &d);
	draft_line(&d, "number", "\nnumber 9");
	refused_by(s.w, &d, "envelope-number");
	boxed(&s, &d);
	put_line(line, "person", s.w->curator[0].person);
	draft_line(&d, "person", line);
	refused_by(s.w, &d, "other-key");
	/* A description clears what can be cleared, and not what it sets. */
	described(&s, &d);
	sr_text_put(&d.text, "clear", "title");
	refused_by(s.w, &d, "not-cleared");
	described(&s, &d);
	sr_text_put(&d.text, "mark", "graphic@0");
	sr_text_put(&d.text, "clear", "mark");
	refused_by(s.w, &d, "not-cleared");
	described(&s, &d);
	for (size_t i = 0; i <= SR_MARKS_MAX; i++)
		sr_text_putf(&d.text, "mark", "graphic@0:p%zu-%zu", i + 1, i + 1);
	refused_by(s.w, &d, "too-many-values");
	described(&s, &d);
	sr_text_put(&d.text, "mark", "graphic@1");
	refused_by(s.w, &d, "no-such-file");
	/* A role that somebody has; one that nobody has heard of. */
	assert_refused(s.w,
		world_person_add(s.w, &s.w->curator[0], &s.w->researcher[0], "researcher"),
		"has-role");
	assert_refused(s.w, world_person_add(s.w, &s.w->curator[0], &s.w->outsider, "king"),
		"unknown-role");
	scene_close(&s);
}

/* A release is at a level that the hazards need and the board has, and of the envelope that
 * follows.
 */
static void releases(void **state) {
	static const struct {
		uint64_t more, level;
		const char *rule;
	} rows[] = {{1, 2, "level-too-low"}, {1, 9, "no-such-level"}, {6, 3, "envelope-number"}};
	const uint8_t envelope[SR_HASH] = {1};
	struct sr_item_row row = {0};
	struct scene s;

	(void)state;
	scene_open(&s);
	assert_int_equal(world_describe(s.w, &s.w->curator[0], s.held, "A page", "minors"), 0);
	assert_ok(sr_query_item(&row, s.w->v->catalogue, s.held, &s.w->e), &s.w->e);
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct world_draft d;

		world_begin(&d, s.w, &s.w->curator[1], SR_T_RELEASE);
		sr_text_put_hex(&d.text, "item", s.held, SR_ID);
		sr_text_put_dec(&d.text, "number", row.number + rows[i].more);
		sr_text_put_hex(&d.text, "envelope", envelope, SR_HASH);
		sr_text_put_dec(&d.text, "level", rows[i].level);
		sr_text_put(&d.text, "hazard", "minors");
		refused_by(s.w, &d, rows[i].rule);
	}
	sr_item_row_free(&row);
	scene_close(&s);
}

/* --- what came with it is not what it says --- */

static void access_for_another_list(struct scene *s, struct world_draft *d) {
	access_asked(s, d);
	draft_edit(d, "\nitems 1 ", "\nitems 2 ");
}

static void what_came_with_it(void **state) {
	struct sr_item_row row = {0};
	const uint8_t none[SR_HASH] = {0};
	struct rules_asked asked = {
		.text = RULE("none", "forbid (principal, action in Action::\"look\","
				     " resource is Item);")};
	struct scene s;
	struct world_draft d;
	char line[200];

	(void)state;
	scene_open(&s);
	access_for_another_list(&s, &d);
	refused_by(s.w, &d, "list-missing");
	/* An accession under the id of another. */
	assert_ok(sr_query_item(&row, s.w->v->catalogue, s.held, &s.w->e), &s.w->e);
	world_begin(&d, s.w, &s.w->depositor, SR_T_ACCESSION);
	sr_text_put_hex(&d.text, "accession", row.accession, SR_ID);
	sr_text_put_hex(&d.text, "collection", s.w->collection, SR_ID);
	sr_statement_put_count_root(&d.text, "items", 1, none);
	sr_statement_put_count_root(&d.text, "files", 1, none);
	sr_text_put_dec(&d.text, "bytes", 1);
	world_object(&d, "list", sr_bytes_str("a list"));
	refused_by(s.w, &d, "accession-taken");
	sr_item_row_free(&row);
	/* A policy for witnesses whose hash is not that of its text. */
	begin(&s, &d, &s.w->officer, "witnesses", 3);
	world_object(&d, "rules", sr_bytes_str("quorum none\n"));
	snprintf(line, sizeof line, "%064d", 7);
	sr_text_put(&d.text, "set", line);
	refused_by(s.w, &d, "policy-differs");
	/* A card of somebody else than the line beside it names. */
	role_asked(&s, &d);
	put_line(line, "subject", s.w->researcher[2].person);
	draft_line(&d, "subject", line);
	refused_by(s.w, &d, "other-card");
	/* What is said about rules to be is for those whom they bind. */
	assert_int_equal(rules_ask(s.w, &asked), 0);
	world_begin(&d, s.w, &s.w->researcher[0], SR_T_COMMENT);
	sr_text_put_hex(&d.text, "request", asked.id, SR_ID);
	world_text(&d, "text", "not these");
	refused_by(s.w, &d, "not-party");
	scene_close(&s);
}

/* Who has another key than their share was dealt to hands nothing on. */
static void keys_of_dealers(void **state) {
	struct scene s;
	struct world_draft d;
	struct world_person *m;

	(void)state;
	scene_open(&s);
	m = &s.w->member[0];
	key_given(&s, &d, m, s.w->researcher[0].person);
	refused_by(s.w, &d, "other-card");
	key_given(&s, &d, m, m->person);
	assert_ok(world_commit(&d, NULL), &s.w->out.err);
	begin(&s, &d, &s.w->member[1], "reshare", 2);
	sr_text_put(&d.text, "quorum", "2 2");
	sr_text_put(&d.text, "quorum", "3 3");
	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < 3; i++)
			sr_text_put(&d.text, k == 0 ? "member" : "dealer", s.w->member[i].person);
	refused_by(s.w, &d, "dealer-rekeyed");
	scene_close(&s);
}

/* --- boards to be --- */

struct to_be {
	struct world_person p[3];
};

/* Level 2 of two new people. */
static void board_asked(
	struct scene *s, struct world_draft *d, const struct to_be *b, size_t cards) {
	uint8_t id[SR_ID];

	begin(s, d, &s->w->member[0], "board", 2);
	world_id(s->w, id);
	sr_text_put_hex(&d->text, "target", id, SR_ID);
	sr_text_put(&d->text, "quorum", "2 2");
	for (size_t i = 0; i < 2; i++)
		sr_text_put(&d->text, "member", b->p[i].person);
	for (size_t i = 0; i < cards; i++)
		world_card(d, "newcomer", &b->p[i]);
}

static void boards_to_be(void **state) {
	struct scene s;
	struct world_draft d;
	struct to_be b;
	char from[200], to[200], hex[2 * SR_ID + 1];

	(void)state;
	scene_open(&s);
	for (size_t i = 0; i < 3; i++)
		world_person_make(s.w, &b.p[i], "Newcomer");
	board_asked(&s, &d, &b, 2);
	draft_edit(&d, "\nquorum 2 2\n", "\nquorum 3 2\n");
	refused_by(s.w, &d, "level-name");
	board_asked(&s, &d, &b, 2);
	draft_edit(&d, "\nquorum 2 2\n", "\nquorum 3 3\n");
	refused_by(s.w, &d, "quorum-range");
	board_asked(&s, &d, &b, 2);
	draft_edit(&d, "\nquorum 2 2\n",
		"\nquorum 2 2\nquorum 3 3\nquorum 4 4\nquorum 5 5\nquorum 6 6\n");
	refused_by(s.w, &d, "levels-count");
	board_asked(&s, &d, &b, 2);
	sr_hex(hex, s.w->v->fingerprint, SR_ID);
	put_line(to, "target", hex);
	draft_line(&d, "target", to);
	refused_by(s.w, &d, "board-taken");
	board_asked(&s, &d, &b, 2);
	put_line(from, "member", b.p[1].person);
	put_line(to, "member", b.p[0].person);
	draft_edit(&d, from, to);
	refused_by(s.w, &d, "member-twice");
	board_asked(&s, &d, &b, 2);
	put_line(to, "member", b.p[2].person);
	draft_edit(&d, from, to);
	refused_by(s.w, &d, "card-missing");
	board_asked(&s, &d, &b, 3);
	refused_by(s.w, &d, "card-surplus");
	board_asked(&s, &d, &b, 2);
	draft_edit(&d, from, "");
	refused_by(s.w, &d, "members-count");
	/* And of a reshare: dealers in the order of the board; `standby yes`, or no such line. */
	reshare_asked(&s, &d);
	snprintf(from, sizeof from, "\ndealer %s\ndealer %s", s.w->member[0].person,
		s.w->member[1].person);
	snprintf(to, sizeof to, "\ndealer %s\ndealer %s", s.w->member[1].person,
		s.w->member[0].person);
	draft_edit(&d, from, to);
	refused_by(s.w, &d, "dealers-order");
	reshare_asked(&s, &d);
	sr_text_put(&d.text, "standby", "perhaps");
	refused_by(s.w, &d, "standby-word");
	reshare_asked(&s, &d);
	put_line(from, "dealer", s.w->member[0].person);
	draft_edit(&d, from, "");
	refused_by(s.w, &d, "dealers-count");
	for (size_t i = 0; i < 3; i++)
		sr_buf_free(&b.p[i].card);
	scene_close(&s);
}

/* --- two boards --- */

/* Researchers 1 and 2 are a board of their own, by the votes of the first; its keys are nobody's.
 */
static void second_board(struct scene *s, uint8_t board[SR_ID]) {
	struct sr_dkg *dkg = calloc(1, sizeof *dkg);
	struct sr_ceremony_keys keys = s->w->keys;
	struct world_draft d;
	struct sr_entry en = {0};
	struct claim c;
	uint8_t request[SR_ID];

	assert_non_null(dkg);
	begin(s, &d, &s->w->member[0], "board", 2);
	world_id(s->w, board);
	sr_text_put_hex(&d.text, "target", board, SR_ID);
	sr_text_put(&d.text, "quorum", "2 2");
	for (size_t i = 1; i < 3; i++)
		sr_text_put(&d.text, "member", s->w->researcher[i].person);
	for (size_t i = 1; i < 3; i++)
		world_card(&d, "newcomer", &s->w->researcher[i]);
	assert_ok(world_commit(&d, NULL), &s->w->out.err);
	world_last(s->w, SR_T_REQUEST, &en);
	assert_ok(sr_field_id(request, &en.statement, "request", 0, &s->w->e), &s->w->e);
	sr_entry_free(&en);
	for (size_t i = 0; i < 2; i++)
		assert_ok(world_vote(s->w, &(struct world_vote){.member = i, .request = request}),
			&s->w->out.err);
	claim_make(&c, s->w, board, 1, 1);
	for (size_t i = 1; i < 3; i++)
		deals_nothing(s->w, &s->w->researcher[i], &c);
	assert_ok(sr_ceremony_run_dkg(dkg, s->w->v, board, c.run, &s->w->e), &s->w->e);
	keys.levels = 1;
	claim_keys(&c, dkg, &keys);
	for (size_t i = 1; i < 3; i++)
		accepts(s->w, &s->w->researcher[i], &c);
	opens(s->w, &c);
	sr_buf_free(&c.body);
	free(dkg);
}

static void what_is_of_another_board(void **state) {
	struct scene s;
	struct world_draft d;
	struct world_request rq, again;
	static const uint8_t none[SR_HASH];
	struct rules_asked asked = {
		.text = RULE("none", "forbid (principal, action in Action::\"look\","
				     " resource is Item);")};
	uint8_t board[SR_ID], seal[SR_ID], run[SR_ID];
	char line[200], hex[2 * SR_ID + 1];

	(void)state;
	scene_open(&s);
	second_board(&s, board);
	sr_hex(hex, board, SR_ID);
	put_line(line, "board", hex);
	/* Roles are the founding board's to give. */
	role_asked(&s, &d);
	draft_line(&d, "board", line);
	refused_by(s.w, &d, "not-this-board");
	/* Its items, asked of the other; a later version, a grant of it, more time. */
	access_asked(&s, &d);
	draft_line(&d, "board", line);
	refused_by(s.w, &d, "other-board");
	again = asks(&s, 0);
	again.version = 2;
	memcpy(again.id, s.open, SR_ID);
	DRAFT(&s, &d, world_request(s.w, &again));
	draft_line(&d, "board", line);
	refused_by(s.w, &d, "other-board");
	rq = (struct world_request){.by = &s.w->officer, .kind = "revoke", .target = s.grant};
	DRAFT(&s, &d, world_request(s.w, &rq));
	draft_line(&d, "board", line);
	refused_by(s.w, &d, "other-board");
	begin(&s, &d, &s.w->researcher[0], "renew", 2);
	sr_text_put_time(&d.text, "ends", s.w->now + 60 * W_DAY);
	sr_text_put_hex(&d.text, "target", s.grant, SR_ID);
	world_text(&d, "reason", "two chapters are done");
	draft_line(&d, "board", line);
	refused_by(s.w, &d, "other-board");
	/* A run of the other's, accepted as this one's; rules for it, from which a member of the
	 * other steps aside. */
	sr_ceremony_run_id(run, s.w->v->fingerprint, board, 1);
	world_begin(&d, s.w, &s.w->member[0], SR_T_ACCEPT);
	sr_text_put_hex(&d.text, "board", s.w->v->fingerprint, SR_ID);
	sr_text_put_hex(&d.text, "run", run, SR_ID);
	sr_text_put_hex(&d.text, "transcript", none, SR_HASH);
	sr_text_put_hex(&d.text, "keys", none, SR_HASH);
	world_object(&d, "shares", sr_bytes_str("a box"));
	sr_text_putf(&d.text, "board-key", "2 %s", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
	refused_by(s.w, &d, "no-such-run");
	assert_non_null(strstr(s.w->out.err.text, "the run is of another board"));
	assert_int_equal(rules_ask(s.w, &asked), 0);
	world_begin(&d, s.w, &s.w->researcher[1], SR_T_RECUSE);
	sr_text_put_hex(&d.text, "request", asked.id, SR_ID);
	refused_by(s.w, &d, "role-missing");
	assert_non_null(strstr(s.w->out.err.text, " is not a member of the board"));
	/* A seal of an item; its end. */
	assert_ok(set(s.w, &s.w->member[0], SR_T_SEAL, s.item[0], 0, seal), &s.w->out.err);
	rq = (struct world_request){.by = &s.w->member[1], .kind = "lift", .target = seal};
	DRAFT(&s, &d, world_request(s.w, &rq));
	draft_line(&d, "board", line);
	refused_by(s.w, &d, "other-board");
	rq = (struct world_request){.by = &s.w->curator[0],
		.kind = "destroy",
		.items = (const uint8_t(*)[SR_ID])s.item,
		.count = 1};
	DRAFT(&s, &d, world_request(s.w, &rq));
	draft_line(&d, "board", line);
	refused_by(s.w, &d, "other-board");
	scene_close(&s);
}

/* The board was handed on while a request to hand it on was open. */
static void a_board_that_changed_meanwhile(void **state) {
	struct world *w = world_new(NULL);
	struct sr_dkg *dkg = calloc(1, sizeof *dkg);
	struct scene s = {.w = w};
	struct world_draft d;
	struct sr_entry en = {0};
	static const uint8_t none[SR_HASH];
	struct world_request rq;
	struct claim c;
	struct world_extend x;
	uint8_t request[SR_ID];

	(void)state;
	assert_non_null(dkg);
	for (size_t i = 0; i < 2; i++)
		put_item(w, s.item[i], true);
	rq = asks(&s, 0);
	assert_int_equal(world_request(w, &rq), 0);
	world_grant(w, rq.id, s.grant);
	begin(&s, &d, &w->member[0], "reshare", 2);
	sr_text_put(&d.text, "quorum", "2 2");
	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < (k == 0 ? w->members : 2); i++)
			sr_text_put(&d.text, k == 0 ? "member" : "dealer", w->member[i].person);
	assert_ok(world_commit(&d, NULL), &w->out.err);
	world_last(w, SR_T_REQUEST, &en);
	assert_ok(sr_field_id(request, &en.statement, "request", 0, &w->e), &w->e);
	sr_entry_free(&en);
	plans_itself(w, 2);
	claim_make(&c, w, w->v->fingerprint, 2, 2);
	/* Two deal: the third does not. */
	world_begin(&d, w, &w->member[2], SR_T_DEAL);
	sr_text_put_hex(&d.text, "board", c.board, SR_ID);
	sr_text_put_hex(&d.text, "run", c.run, SR_ID);
	sr_text_put_hex(&d.text, "dealing", none, SR_HASH);
	world_object(&d, "deal", sr_bytes_str("nothing"));
	refused_by(w, &d, "not-a-dealer");
	assert_non_null(strstr(w->out.err.text,
		" is not one of those who deal in this reshare; board show names"));
	for (size_t i = 0; i < 2; i++)
		deals_nothing(w, &w->member[i], &c);
	assert_ok(sr_ceremony_run_dkg(dkg, w->v, c.board, c.run, &w->e), &w->e);
	claim_keys(&c, dkg, &w->keys);
	for (size_t i = 0; i < w->members; i++)
		accepts(w, &w->member[i], &c);
	opens(w, &c);
	/* What was granted by the epoch before takes no more items. */
	x = (struct world_extend){.by = &w->researcher[0],
		.grant = s.grant,
		.request = rq.id,
		.items = (const uint8_t(*)[SR_ID])s.item[1],
		.count = 1,
		.number = 1};
	assert_int_equal(world_extend(w, &x), SR_DENIED);
	assert_string_equal(w->out.rule, "other-epoch");
	assert_non_null(strstr(w->out.err.text,
		"the request was decided in epoch 1, the board is in epoch 2: it takes no more "
		"pieces for it"));
	for (size_t i = 0; i < 2; i++) {
		DRAFT(&s, &d, world_vote(w, &(struct world_vote){.member = i, .request = request}));
		draft_line(&d, "epoch", "\nepoch 2");
		assert_ok(world_commit(&d, NULL), &w->out.err);
	}
	assert_int_equal(request_state(w, request), SR_S_REFUSED);
	assert_last_rule(w, "board-changed");
	assert_int_equal(world_count(w, SR_T_RESHARE), 1);
	sr_buf_free(&c.body);
	free(dkg);
	world_free(w);
}

/* Steps of the project's own statements come through here (see the Makefile): the ${at}-th question
 * about ${what} or standby boards is one that the disk does not answer; 0: all are answered. */
static struct {
	const char *what;
	unsigned at, seen;
} unanswered;

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker's names */
int __real_sqlite3_step(sqlite3_stmt *st);
int __wrap_sqlite3_step(sqlite3_stmt *st);

int __wrap_sqlite3_step(sqlite3_stmt *st) {
	const char *sql = unanswered.at == 0 ? NULL : sqlite3_sql(st);

	if (sql != NULL && strncmp(sql, "SELECT", 6) == 0 &&
		(strstr(sql, unanswered.what) != NULL || strstr(sql, " standbys ") != NULL) &&
		++unanswered.seen == unanswered.at)
		return SQLITE_IOERR;
	return __real_sqlite3_step(st);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

/* The last vote on it, of member 1; false: it went through before that question was asked. */
static bool last_vote_fails(
	struct world *w, const uint8_t request[SR_ID], const char *what, unsigned at) {
	struct sr_submission sub = {0};
	static struct world_draft d; /* the world keeps its address */
	struct sr_buf note;
	int rc;

	w->instead = &d;
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 1, .request = request}), 0);
	sr_buf_init(&note);
	assert_ok(sr_statement_sign(&note, sr_buf_view(&d.text), d.by->person, d.by->seed, &w->e),
		&w->e);
	sub.note = sr_buf_view(&note);
	sub.texts = d.texts;
	sub.text_count = d.text_count;
	sub.objects = d.objects;
	sub.object_count = d.object_count;
	sr_err_clear(&w->e);
	unanswered.seen = 0;
	unanswered.what = what;
	unanswered.at = at;
	rc = sr_door_commit(w->v, &sub, 1, &w->out, &w->e);
	unanswered.at = 0;
	if (rc != 0)
		assert_int_equal(rc, SR_IO);
	if (rc == 0 && w->out.code != 0)
		fail_msg("question %u of%s: an answer was made of none: %s", at, what,
			w->out.err.text);
	if (rc == 0 && unanswered.seen >= at)
		fail_msg("question %u of%s was not answered, and it went through", at, what);
	sr_buf_free(&note);
	world_draft_free(&d);
	return rc != 0;
}

/* What cannot be looked at decides nothing: wherever a question about the board fails at the last
 * vote on handing it on, nothing is refused, and the same vote is cast again. */
static void a_board_that_cannot_be_looked_at(void **state) {
	struct world *w = world_new(NULL);
	struct scene s = {.w = w};
	struct world_draft d;
	struct sr_entry en = {0};
	uint8_t request[SR_ID];
	unsigned at = 1;

	(void)state;
	begin(&s, &d, &w->member[0], "reshare", 2);
	sr_text_put(&d.text, "quorum", "2 2");
	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < (k == 0 ? w->members : 2); i++)
			sr_text_put(&d.text, k == 0 ? "member" : "dealer", w->member[i].person);
	assert_ok(world_commit(&d, NULL), &w->out.err);
	world_last(w, SR_T_REQUEST, &en);
	assert_ok(sr_field_id(request, &en.statement, "request", 0, &w->e), &w->e);
	sr_entry_free(&en);
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 0, .request = request}), 0);
	while (last_vote_fails(w, request, " boards ", at)) {
		at++;
		if (w->v->failed)
			world_reopen(w);
		assert_int_equal(request_state(w, request), SR_S_OPEN);
		assert_int_equal(world_count(w, SR_T_REFUSE), 0);
		assert_int_equal(world_count(w, SR_T_RESHARE), 0);
	}
	assert_true(at > 3);
	assert_int_equal(request_state(w, request), SR_S_GRANTED);
	assert_int_equal(world_count(w, SR_T_RESHARE), 1);
	world_free(w);
}

/* --- before the board is open, and shares --- */

static void before_it_opens(void **state) {
	struct world *w = world_new(&(struct world_options){.bare = true});
	const uint8_t none[SR_HASH] = {0};
	struct world_draft d;
	char line[200], hex[2 * SR_HASH + 1];

	(void)state;
	world_draft_found(w);
	for (size_t i = 0; i < w->members; i++)
		(void)world_sign_found(w, i);
	world_begin(&d, w, &w->member[0], SR_T_CONFIRM);
	sr_text_put_hex(&d.text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_dec(&d.text, "epoch", 1);
	sr_text_put_hex(&d.text, "keys", none, SR_HASH);
	refused_by(w, &d, "board-closed");
	assert_refused(w, world_person_add(w, &w->curator[0], &w->outsider, "researcher"),
		"board-not-open");
	assert_int_equal(world_accept(w, 0), 0);
	w->instead = &d;
	assert_int_equal(world_accept(w, 1), 0);
	snprintf(hex, sizeof hex, "%064d", 7);
	put_line(line, "transcript", hex);
	draft_line(&d, "transcript", line);
	refused_by(w, &d, "transcript-differs");
	/* A share of keys that the board does not have. */
	for (size_t i = 1; i < w->members; i++)
		assert_int_equal(world_accept(w, i), 0);
	world_begin(&d, w, &w->member[0], SR_T_SHARE);
	sr_text_put_hex(&d.text, "board", w->v->fingerprint, SR_ID);
	{
		uint8_t run[SR_ID];

		sr_ceremony_run_id(run, w->v->fingerprint, w->v->fingerprint, 1);
		sr_text_put_hex(&d.text, "run", run, SR_ID);
	}
	sr_text_put_hex(&d.text, "keys", none, SR_HASH);
	world_object(&d, "shares", sr_bytes_str("a box"));
	refused_by(w, &d, "not-these-keys");
	world_free(w);
}

/* --- decisions that come too late --- */

/* Two requests to revoke, both nearly decided: the second finds nothing left to revoke. So does one
 * for more time. */
/* A collection or a board with that id is asked for; the request. */
static void made_with(struct scene *s, const uint8_t made[SR_ID], bool board, const char *name,
	uint8_t request[SR_ID]) {
	struct world *w = s->w;
	struct world_draft d;
	struct sr_entry en = {0};

	begin(s, &d, board ? &w->member[0] : &w->curator[0], board ? "board" : "collection", 2);
	if (board) {
		sr_text_put_hex(&d.text, "target", made, SR_ID);
		sr_text_put(&d.text, "quorum", "2 2");
		for (size_t i = 1; i < 3; i++)
			sr_text_put(&d.text, "member", w->researcher[i].person);
		for (size_t i = 1; i < 3; i++)
			world_card(&d, "newcomer", &w->researcher[i]);
	} else {
		sr_text_put_hex(&d.text, "collection", made, SR_ID);
		sr_text_put(&d.text, "dedupe", "collection");
		world_text(&d, "name", name);
	}
	assert_ok(world_commit(&d, NULL), &w->out.err);
	world_last(w, SR_T_REQUEST, &en);
	assert_ok(sr_field_id(request, &en.statement, "request", 0, &w->e), &w->e);
	sr_entry_free(&en);
}

/* Two ask for something under one id, and the board votes for both: it is made once. */
static void an_id_that_was_taken_meanwhile(void **state) {
	struct scene s;
	uint8_t made[SR_ID], asked[2][SR_ID];

	(void)state;
	scene_open(&s);
	for (int board = 0; board < 2; board++) {
		world_id(s.w, made);
		made_with(&s, made, board == 1, "Found papers", asked[0]);
		made_with(&s, made, board == 1, "Other papers", asked[1]);
		for (size_t i = 0; i < 2; i++) /* the second one waits for its last vote */
			for (size_t k = 0; k < 2; k++)
				if (i + k < 2)
					assert_int_equal(
						world_vote(s.w, &(struct world_vote){.member = i,
									.request = asked[k]}),
						0);
		assert_int_equal(request_state(s.w, asked[0]), SR_S_GRANTED);
		assert_int_equal(request_state(s.w, asked[1]), SR_S_OPEN);
		assert_int_equal(
			world_vote(s.w, &(struct world_vote){.member = 1, .request = asked[1]}), 0);
		assert_int_equal(request_state(s.w, asked[1]), SR_S_REFUSED);
		assert_last_rule(s.w, board == 1 ? "board-taken" : "collection-taken");
	}
	scene_close(&s);
}

/* Whoever signs a seal chose its id: one that a grant has could not be asked about, and nobody else
 * could lift it. */
static void what_is_set_has_an_id_of_its_own(void **state) {
	static const enum sr_type_id types[] = {SR_T_SEAL, SR_T_HOLD, SR_T_RETENTION};
	struct scene s;
	struct world_draft d;
	char hex[2 * SR_ID + 1], line[200];

	(void)state;
	scene_open(&s);
	sr_hex(hex, s.grant, SR_ID);
	put_line(line, "id", hex);
	for (size_t i = 0; i < T_COUNT(types); i++) {
		world_begin(&d, s.w, &s.w->officer, types[i]);
		sr_text_put_hex(&d.text, "item", s.item[0], SR_ID);
		if (types[i] == SR_T_RETENTION) {
			sr_text_put_time(&d.text, "due", s.w->now + W_DAY);
			sr_text_put(&d.text, "basis", "contract");
		}
		if (types[i] == SR_T_HOLD)
			world_text(&d, "reason", "a case");
		draft_line(&d, "id", line);
		refused_by(s.w, &d, "id-taken");
	}
	scene_close(&s);
}

static void what_was_revoked_meanwhile(void **state) {
	struct scene s;
	struct world_draft d;
	struct world_request one, two;
	uint8_t renew[SR_ID];
	unsigned at = 1;

	(void)state;
	scene_open(&s);
	one = (struct world_request){.by = &s.w->officer, .kind = "revoke", .target = s.grant};
	two = one;
	assert_int_equal(world_request(s.w, &one), 0);
	assert_int_equal(world_request(s.w, &two), 0);
	begin(&s, &d, &s.w->researcher[0], "renew", 2);
	sr_text_put_time(&d.text, "ends", s.w->now + 60 * W_DAY);
	sr_text_put_hex(&d.text, "target", s.grant, SR_ID);
	world_text(&d, "reason", "two chapters are done");
	assert_ok(world_commit(&d, NULL), &s.w->out.err);
	{
		struct sr_entry en = {0};

		world_last(s.w, SR_T_REQUEST, &en);
		assert_ok(sr_field_id(renew, &en.statement, "request", 0, &s.w->e), &s.w->e);
		sr_entry_free(&en);
	}
	assert_int_equal(vote_on(s.w, 0, &two), 0);
	assert_int_equal(world_vote(s.w, &(struct world_vote){.member = 0, .request = renew}), 0);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(vote_on(s.w, i, &one), 0);
	assert_int_equal(request_state(s.w, one.id), SR_S_GRANTED);
	assert_int_equal(vote_on(s.w, 1, &two), 0);
	assert_int_equal(request_state(s.w, two.id), SR_S_REFUSED);
	assert_last_rule(s.w, "grant-ended");
	assert_int_equal(world_count(s.w, SR_T_REVOKE), 1);
	assert_int_equal(world_vote(s.w, &(struct world_vote){.member = 1, .request = renew}), 0);
	assert_int_equal(request_state(s.w, renew), SR_S_REFUSED);
	assert_last_rule(s.w, "grant-ended");
	assert_int_equal(world_count(s.w, SR_T_RENEW), 0);
	/* And what cannot be looked at of items grants nothing, and refuses nothing. */
	assert_int_equal(world_vote(s.w, &(struct world_vote){.member = 0, .request = s.open}), 0);
	while (last_vote_fails(s.w, s.open, " items ", at)) {
		at++;
		if (s.w->v->failed)
			world_reopen(s.w);
		assert_int_equal(request_state(s.w, s.open), SR_S_OPEN);
	}
	assert_true(at > 3);
	assert_int_equal(request_state(s.w, s.open), SR_S_GRANTED);
	scene_close(&s);
}

/* What was sent back for correction can be withdrawn, by its applicant, as this version; and then
 * nothing more can come of it. */
static void what_was_sent_back_is_withdrawn(void **state) {
	struct scene s;
	struct world_draft d;
	struct world_request again;

	(void)state;
	scene_open(&s);
	assert_int_equal(world_vote(s.w,
				 &(struct world_vote){
					 .member = 0, .request = s.open, .decision = "correct"}),
		0);
	assert_int_equal(request_state(s.w, s.open), SR_S_RETURNED);
	for (size_t i = 0; i < 4; i++) {
		world_begin(
			&d, s.w, i == 0 ? &s.w->researcher[1] : &s.w->researcher[0], SR_T_WITHDRAW);
		sr_text_put_hex(&d.text, "request", s.open, SR_ID);
		sr_text_put_dec(&d.text, "version", i == 1 ? 2 : 1);
		if (i == 2)
			assert_ok(world_commit(&d, NULL), &s.w->out.err);
		else
			refused_by(s.w, &d,
				i == 0   ? "applicant-withdraws"
				: i == 1 ? "version"
					 : "request-ended");
	}
	assert_int_equal(request_state(s.w, s.open), SR_S_WITHDRAWN);
	again = asks(&s, 0);
	again.version = 2;
	memcpy(again.id, s.open, SR_ID);
	assert_refused(s.w, world_request(s.w, &again), "request-ended");
	world_reopen(s.w); /* replayed, it says the same */
	assert_int_equal(request_state(s.w, s.open), SR_S_WITHDRAWN);
	scene_close(&s);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_line),
		cmocka_unit_test(people_of_a_request),
		cmocka_unit_test(requests_of_others),
		cmocka_unit_test(looks_and_returns),
		cmocka_unit_test(items_and_lists),
		cmocka_unit_test(releases),
		cmocka_unit_test(what_came_with_it),
		cmocka_unit_test(keys_of_dealers),
		cmocka_unit_test(boards_to_be),
		cmocka_unit_test(what_is_of_another_board),
		cmocka_unit_test(a_board_that_changed_meanwhile),
		cmocka_unit_test(a_board_that_cannot_be_looked_at),
		cmocka_unit_test(before_it_opens),
		cmocka_unit_test(an_id_that_was_taken_meanwhile),
		cmocka_unit_test(what_is_set_has_an_id_of_its_own),
		cmocka_unit_test(what_was_revoked_meanwhile),
		cmocka_unit_test(what_was_sent_back_is_withdrawn),
	};

	return cmocka_run_group_tests_name("board: what no client sends", tests, NULL, NULL);
}
