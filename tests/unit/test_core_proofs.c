/*
 * proofs - the verified set at a host who holds every key of the vault: the log is written here
 * entry by entry, with the service's signature where it is asked for and, where an act takes a
 * quorum, with the members' votes. What is proven to stand in the log and signed by who may, and
 * still is no act of an honest vault, changes nothing about who is believed, and says why.
 */
#include "ledger_fixture.h"

#include "core/proofs.h"
#include "ledger/keychange.h"
#include "ledger/ledger.h"

enum {
	FOUNDERS = 3, /* as t_found_text has them; levels 2 and 3 */
	CURATOR = FOUNDERS,
	OFFICER = FOUNDERS + 1,
	READER = 20, /* known to nobody yet */
	OTHER = 21,
	NEW_KEY = 22, /* whose key somebody gets later */
	SERVICE = -1
};

struct proving {
	char *path;
	struct sr_dir *dir;
	struct sr_ledger *ledger;
	struct t_ring ring;
	uint8_t seed[SR_SEED]; /* of the service: its log and its room */
	uint8_t vault[SR_HASH];
	char board[2 * SR_ID + 1]; /* the founding one */
	uint64_t serial;
	struct sr_proofs p;
	struct sr_err e;
};

static void commit(struct proving *s, struct sr_bytes note) {
	static const uint8_t attachment[SR_ATTACHMENT] = {0};
	struct sr_buf leaf;
	struct sr_bytes view;

	sr_buf_init(&leaf);
	t_seal(&leaf, &s->ring, sr_ledger_next_index(s->ledger), note, NULL, 0);
	view = sr_buf_view(&leaf);
	assert_ok(sr_ledger_commit(s->ledger, &view, 1, attachment, NULL, &s->e), &s->e);
	sr_buf_free(&leaf);
}

static void found(struct proving *s) {
	struct sr_buf text, whole, notes[FOUNDERS];
	struct sr_bytes views[FOUNDERS];
	struct sr_statement st;

	sr_buf_init(&text);
	sr_buf_init(&whole);
	t_found_text(&text, FOUNDERS);
	for (unsigned i = 0; i < FOUNDERS; i++) {
		const struct t_person p = t_person(i);

		sr_buf_init(&notes[i]);
		assert_ok(sr_statement_sign(&notes[i], sr_buf_view(&text), p.name, p.seed, &s->e),
			&s->e);
		views[i] = sr_buf_view(&notes[i]);
	}
	assert_ok(sr_statement_merge(&whole, views, FOUNDERS, &s->e), &s->e);
	assert_ok(sr_statement_parse(&st, sr_buf_view(&whole), &s->e), &s->e);
	memcpy(s->vault, st.hash, SR_HASH);
	sr_hex(s->board, s->vault, SR_ID);
	sr_statement_free(&st);
	commit(s, sr_buf_view(&whole));
	for (unsigned i = 0; i < FOUNDERS; i++)
		sr_buf_free(&notes[i]);
	sr_buf_free(&whole);
	sr_buf_free(&text);
}

/* An empty log, and nobody is known. */
static void begin_empty(struct proving *s) {
	static const uint8_t mac_key[SR_KEY] = {9};

	memset(s, 0, sizeof *s);
	s->path = t_tmp_new();
	s->ring = t_ring_new();
	t_fill(s->seed, SR_SEED, 8); /* as t_found_text names it */
	assert_ok(sr_dir_open(&s->dir, s->path, &s->e), &s->e);
	const struct sr_ledger_opts o = {.origin = T_ORIGIN, .seed = s->seed, .mac_key = mac_key};
	assert_ok(sr_ledger_create(s->dir, &o, &s->e), &s->e);
	assert_ok(sr_ledger_open(&s->ledger, s->dir, &o, &s->e), &s->e);
}

static void begin(struct proving *s) {
	begin_empty(s);
	found(s);
	sr_proofs_begin(&s->p, s->vault, "", NULL, NULL);
}

static void end(struct proving *s) {
	sr_proofs_free(&s->p);
	sr_ledger_abandon(s->ledger);
	sr_dir_close(s->dir);
	t_tmp_remove(s->path);
}

/* --- statements: a text of lines, signed by somebody ------------------------------------------ */

/* The index it has; ${hash} and ${id} of the text, or NULL. */
static uint64_t say(
	struct proving *s, enum sr_type_id type, int by, const char *lines, uint8_t hash[SR_HASH]) {
	const struct t_person p = t_person(by == SERVICE ? 0 : (unsigned)by);
	struct sr_head h = t_head(by == SERVICE ? NULL : &p, ++s->serial);
	struct sr_buf text, note;

	memcpy(h.vault, s->vault, SR_HASH);
	sr_buf_init(&text);
	sr_buf_init(&note);
	sr_statement_begin(&text, type, &h);
	sr_buf_put_str(&text, lines);
	if (hash != NULL)
		sr_statement_hash(hash, sr_buf_view(&text));
	assert_ok(sr_statement_sign(&note, sr_buf_view(&text),
			  by == SERVICE ? T_ORIGIN "/room" : p.name,
			  by == SERVICE ? s->seed : p.seed, &s->e),
		&s->e);
	commit(s, sr_buf_view(&note));
	sr_buf_free(&text);
	sr_buf_free(&note);
	return sr_ledger_next_index(s->ledger) - 1;
}

struct asked {
	char request[2 * SR_ID + 1], text[2 * SR_HASH + 1];
};

static char lines_of[8192];

static struct asked asks_for(
	struct proving *s, const char *kind, const char *asks, const char *same) {
	struct asked a = {.request = ""};
	uint8_t id[SR_ID], hash[SR_HASH];

	t_fill(id, sizeof id, 9000 + s->serial);
	sr_hex(a.request, id, SR_ID);
	snprintf(lines_of, sizeof lines_of,
		"request %s\nversion 1\nkind %s\nboard %s\nepoch 1\nlevel 2\n%s%s", a.request, kind,
		s->board, asks, same);
	(void)say(s, SR_T_REQUEST, 0, lines_of, hash);
	sr_hex(a.text, hash, SR_HASH);
	return a;
}

/* Members from ${first} on approve. */
static void approve(struct proving *s, const struct asked *a, int first, int count) {
	for (int i = first; i < first + count; i++) {
		snprintf(lines_of, sizeof lines_of,
			"request %s %s\nversion 1\nepoch 1\ndecision approve\n", a->request,
			a->text);
		(void)say(s, SR_T_VOTE, i, lines_of, NULL);
	}
}

static uint64_t follows(struct proving *s, const struct asked *a, enum sr_type_id type,
	const char *says, const char *same) {
	snprintf(lines_of, sizeof lines_of, "request %s\n%s%s", a->request, says, same);
	return say(s, type, SERVICE, lines_of, NULL);
}

/* What all members vote for and the service then says: ${asks} stands only in the request, ${says}
 * only in the statement, ${same} in both. Its index. */
static uint64_t decided(struct proving *s, enum sr_type_id type, const char *kind, const char *asks,
	const char *says, const char *same) {
	const struct asked a = asks_for(s, kind, asks, same);

	approve(s, &a, 0, FOUNDERS);
	return follows(s, &a, type, says, same);
}

static const char BOARD[] = "00112233445566778899aabbccddeeff";

/* A board of ${same}: quorums and members. */
static uint64_t board(struct proving *s, const char *same) {
	char asks[64], says[64];

	snprintf(asks, sizeof asks, "target %s\n", BOARD);
	snprintf(says, sizeof says, "board %s\n", BOARD);
	return decided(s, SR_T_BOARD, "board", asks, says, same);
}

static uint64_t reshare(struct proving *s, const char *same) {
	char says[80];

	snprintf(says, sizeof says, "board %s\nepoch 2\n", s->board);
	return decided(s, SR_T_RESHARE, "reshare", "", says, same);
}

/* `member p-...` of each, and so on; appended. */
static void put_people(char *out, size_t size, const char *key, int first, int count) {
	for (int i = 0; i < count; i++) {
		const struct t_person p = t_person((unsigned)(first + i));
		const size_t len = strlen(out);

		snprintf(out + len, size - len, "%s %s\n", key, p.name);
	}
}

/* `card`: of ${whose}, their first, or a later one with the key of ${key}, which ${old} (its seed
 * or NULL) bears out. */
static void card_line(char *out, size_t size, int whose, int key, const uint8_t *old) {
	const struct t_person w = t_person((unsigned)whose);
	struct sr_buf card, text;
	uint8_t name[SR_HASH];
	struct sr_err e = {0};

	sr_buf_init(&card);
	sr_buf_init(&text);
	sr_text_commit(name, w.salt, sr_bytes_str(w.real));
	if (key == whose) {
		assert_ok(sr_card_make(&card, w.seed, name, &e), &e);
	} else {
		const struct t_person k = t_person((unsigned)key);
		const struct sr_card_next next = {.person = w.name, .old = old};

		assert_ok(sr_card_make_next(&card, k.seed, name, &next, &e), &e);
	}
	sr_buf_put_base64(&text, card.p, card.len);
	snprintf(out, size, "card %.*s\n", (int)text.len, (const char *)text.p);
	sr_buf_free(&card);
	sr_buf_free(&text);
}

/* `person` and `role`, and a card of ${whose}, borne out by the key before. */
static void put_card(char *out, size_t size, const char *role, int person, int whose, int key) {
	const struct t_person p = t_person((unsigned)person), w = t_person((unsigned)whose);

	snprintf(out, size, "person %s\n%s%s%s", p.name, role == NULL ? "" : "role ",
		role == NULL ? "" : role, role == NULL ? "" : "\n");
	card_line(out + strlen(out), size - strlen(out), whose, key, w.seed);
}

/* An officer introduces a researcher, or says they do. */
static uint64_t introduces(struct proving *s, int person, int whose, int key) {
	char lines[2048];

	put_card(lines, sizeof lines, "researcher", person, whose, key);
	return say(s, SR_T_PERSON, OFFICER, lines, NULL);
}

static uint64_t gives_key(struct proving *s, int person, int whose, int key) {
	char lines[2048];

	put_card(lines, sizeof lines, NULL, person, whose, key);
	return say(s, SR_T_PERSON_KEY, CURATOR, lines, NULL);
}

/* The service says that the founding board is open, with keys of these levels. */
static uint64_t opened(struct proving *s, const char *const *levels, size_t count) {
	static const char zero[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
	char lines[1024], hash[2 * SR_HASH + 1];
	const uint8_t none[SR_HASH] = {0};
	size_t len;

	sr_hex(hash, none, SR_HASH);
	snprintf(lines, sizeof lines,
		"board %s\nrun %s\ntranscript %s\nepoch 1\nkeys %s\npublic %s\n", s->board, BOARD,
		hash, hash, hash);
	for (size_t i = 0; i < count; i++) {
		len = strlen(lines);
		snprintf(lines + len, sizeof lines - len, "board-key %s %s\n", levels[i], zero);
	}
	return say(s, SR_T_OPENED, SERVICE, lines, NULL);
}

/* --- showing it to a client ------------------------------------------------------------------- */

static bool all_of_it(void *ctx, enum sr_compartment c, const struct sr_record *r) {
	(void)ctx;
	(void)c;
	(void)r;
	return true;
}

static int show(struct proving *s, uint64_t index) {
	const struct sr_keyring keys = t_keyring(&s->ring);
	const struct sr_disclose all = {all_of_it, NULL};
	const struct sr_receipt_make m = {s->ledger, index, s->p.seen.size, &keys, &all};
	struct sr_receipt r;
	struct sr_buf b;

	sr_buf_init(&b);
	sr_err_clear(&s->e);
	assert_ok(sr_receipt_make(&r, &m, &s->e), &s->e);
	assert_ok(sr_receipt_encode(&b, &r, &s->e), &s->e);
	sr_receipt_free(&r);
	const int rc = sr_proofs_add(&s->p, sr_buf_view(&b), sr_bytes_of(NULL, 0), NULL, &s->e);
	sr_buf_free(&b);
	return rc;
}

static void show_all(struct proving *s) {
	for (uint64_t i = 0; i < sr_ledger_next_index(s->ledger); i++)
		assert_ok(show(s, i), &s->e);
	assert_ok(sr_proofs_settle(&s->p, &s->e), &s->e);
}

/* All of it is in the set, and that entry is believed, or is not for this reason. */
static void judged(struct proving *s, uint64_t index, const char *why) {
	const struct sr_proven *pr;

	show_all(s);
	pr = sr_proofs_at(&s->p, index);
	assert_non_null(pr);
	if (why == NULL && !pr->trusted)
		fail_msg("entry %llu: %s", (unsigned long long)index, pr->why);
	if (why != NULL && (pr->trusted || strstr(pr->why, why) == NULL))
		fail_msg("want \"%s\", have %s \"%s\"", why, pr->trusted ? "trust" : "no trust",
			pr->why);
	/* All before it is believed. */
	for (uint64_t i = 0; i < index; i++)
		assert_true(sr_proofs_at(&s->p, i)->trusted);
}

static const struct sr_known_board *board_of(struct proving *s, const char *hex, uint64_t epoch) {
	uint8_t id[SR_ID];

	assert_ok(sr_unhex(id, SR_ID, sr_bytes_str(hex), &s->e), &s->e);
	return sr_proofs_board(&s->p, id, epoch);
}

/* --- boards ----------------------------------------------------------------------------------- */

static void test_boards(void **state) {
	static const struct {
		const char *quorums;
		int first, members;
		const char *why; /* NULL: it is a board */
	} cases[] = {
		{"quorum 2 2\n", 0, 2, NULL},
		{"quorum 2 2\n", 0, 1, "a board of 1 members and 1 levels"},
		{"quorum 2 2\n", 0, SR_BOARD_MEMBERS_MAX + 1, "a board of 33 members and 1 levels"},
		{"quorum 2 2\nquorum 3 2\nquorum 4 2\nquorum 5 2\nquorum 6 2\n", 0, 2,
			"a board of 2 members and 5 levels"},
		{"quorum 2 1\n", 0, 2, "level 2 takes 1 of 2 members"},
		{"quorum 2 3\n", 0, 2, "level 2 takes 3 of 2 members"},
		{"quorum 256 2\n", 0, 2, "level 256 takes 2 of 2 members"},
		{"quorum 2 2\n", READER, 2,
			"no proven statement has the key of the board's member p-"},
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		char lines[2048];
		struct proving s;

		begin(&s);
		snprintf(lines, sizeof lines, "%s", cases[i].quorums);
		put_people(lines, sizeof lines, "member", cases[i].first, cases[i].members);
		judged(&s, board(&s, lines), cases[i].why);
		assert_true((board_of(&s, BOARD, 1) != NULL) == (cases[i].why == NULL));
		end(&s);
	}
	/* A second statement about an epoch that is there. */
	struct proving s;
	char lines[200] = "quorum 2 2\n", other[200] = "quorum 2 3\n";
	begin(&s);
	put_people(lines, sizeof lines, "member", 0, 2);
	put_people(other, sizeof other, "member", 0, 3);
	(void)board(&s, lines);
	judged(&s, board(&s, other), "another statement made epoch 1 of this board");
	assert_int_equal(board_of(&s, BOARD, 1)->members, 2);
	end(&s);
}

static void test_reshares(void **state) {
	static const struct {
		int first, dealers;
		const char *why;
	} cases[] = {
		{0, 2, NULL},
		{CURATOR, 1, "is no member of the epoch before"},
		{0, FOUNDERS + 1,
			"a reshare by 4 dealers, of an epoch that is not proven or has fewer"},
		{0, SR_BOARD_MEMBERS_MAX + 1, "a reshare by 33 dealers, of an epoch"},
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		char lines[2048] = "quorum 2 2\nquorum 3 3\n";
		struct proving s;

		begin(&s);
		put_people(lines, sizeof lines, "member", 0, FOUNDERS);
		put_people(lines, sizeof lines, "dealer", cases[i].first, cases[i].dealers);
		judged(&s, reshare(&s, lines), cases[i].why);
		assert_true((board_of(&s, s.board, 2) != NULL) == (cases[i].why == NULL));
		end(&s);
	}
}

static void test_openings(void **state) {
	static const struct {
		const char *levels[3];
		size_t count;
		const char *why;
	} cases[] = {
		{{"2", "3"}, 2, NULL},
		{{"2"}, 1, "1 keys for the 2 levels of the board"},
		{{"2", "3", "4"}, 3, "3 keys for the 2 levels of the board"},
		{{"2", "4"}, 2, "a key of level 4, the board has level 3"},
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		struct proving s;

		begin(&s);
		judged(&s, opened(&s, cases[i].levels, cases[i].count), cases[i].why);
		assert_true((board_of(&s, s.board, 1)->opened != 0) == (cases[i].why == NULL));
		end(&s);
	}
}

/* --- people ----------------------------------------------------------------------------------- */

static bool has_key_of(struct proving *s, int person, int key) {
	const struct t_person p = t_person((unsigned)person), k = t_person((unsigned)key);
	const struct sr_known *who = sr_proofs_person(&s->p, p.name);

	return who != NULL && memcmp(who->pk, k.pk, SR_PK) == 0;
}

static void test_people(void **state) {
	struct proving s;

	(void)state;
	/* A card of one in a statement about another: neither is known by it. */
	begin(&s);
	judged(&s, introduces(&s, OTHER, READER, READER), "the statement of another person");
	assert_false(has_key_of(&s, READER, READER));
	assert_false(has_key_of(&s, OTHER, READER));
	end(&s);
	/* A later key of somebody whose first nobody has seen. */
	begin(&s);
	judged(&s, introduces(&s, READER, READER, NEW_KEY), "whose first is not proven");
	assert_false(has_key_of(&s, READER, NEW_KEY));
	end(&s);
	/* Who is known is not introduced anew with another key. */
	begin(&s);
	(void)introduces(&s, READER, READER, READER);
	judged(&s, introduces(&s, READER, READER, NEW_KEY),
		"has another key than was proven before");
	assert_true(has_key_of(&s, READER, READER));
	end(&s);
	/* A new key is a later card of that very person. */
	for (int i = 0; i < 3; i++) {
		static const struct {
			int person, key;
			const char *why;
		} cases[] = {
			{READER, NEW_KEY, NULL},
			{READER, READER, "has no proven key that this could follow"},
			{OTHER, NEW_KEY, "has no proven key that this could follow"},
		};
		begin(&s);
		(void)introduces(&s, READER, READER, READER);
		(void)introduces(&s, OTHER, OTHER, OTHER);
		judged(&s, gives_key(&s, cases[i].person, READER, cases[i].key), cases[i].why);
		assert_true(has_key_of(&s, READER, cases[i].why == NULL ? NEW_KEY : READER));
		assert_true(has_key_of(&s, OTHER, OTHER));
		end(&s);
	}
}

/* The board gives its member 0 another key, that the one before bears out with the signature of
 * ${old}. */
static void replaces_key(struct proving *s, const uint8_t *old) {
	const struct t_person p = t_person(0);
	char asks[64], says[64], card[2048];
	struct asked a;

	snprintf(asks, sizeof asks, "subject %s\n", p.name);
	snprintf(says, sizeof says, "person %s\n", p.name);
	card_line(card, sizeof card, 0, NEW_KEY, old);
	a = asks_for(s, "person", asks, card);
	approve(s, &a, 1, 2);
	(void)follows(s, &a, SR_T_PERSON_KEY, says, card);
}

/* What a key voted on that was lost since is decided without it: not what was decided by then, and
 * not when the key itself bears the next one out. */
static void test_lost_votes(void **state) {
	const struct t_person zero = t_person(0), other = t_person(OTHER);
	const struct {
		const uint8_t *old;
		bool before; /* the decision comes before the key */
		int votes;   /* of others, behind it */
		const char *why;
	} cases[] = {
		{zero.seed, false, 1, NULL},
		{NULL, true, 1, NULL},
		{NULL, false, 2, NULL},
		{NULL, false, 1, "with 1 of 2 members' approvals proven"},
		{other.seed, false, 1, "with 1 of 2 members' approvals proven"},
	};
	const struct t_person r = t_person(READER);
	char asks[64], says[64], same[2100];

	(void)state;
	snprintf(asks, sizeof asks, "subject %s\n", r.name);
	snprintf(says, sizeof says, "person %s\n", r.name);
	snprintf(same, sizeof same, "role curator\n");
	card_line(same + strlen(same), sizeof same - strlen(same), READER, READER, NULL);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct proving s;
		struct asked a;
		uint64_t at;

		begin(&s);
		a = asks_for(&s, "role", asks, same);
		approve(&s, &a, 0, 1);
		if (!cases[i].before)
			replaces_key(&s, cases[i].old);
		approve(&s, &a, 1, cases[i].votes);
		at = follows(&s, &a, SR_T_PERSON, says, same);
		if (cases[i].before)
			replaces_key(&s, cases[i].old);
		judged(&s, at, cases[i].why);
		assert_int_equal(has_key_of(&s, READER, READER), cases[i].why == NULL);
		assert_true(has_key_of(&s, 0, NEW_KEY));
		assert_int_equal(
			sr_proofs_person(&s.p, zero.name)->by_old, cases[i].old == zero.seed);
		end(&s);
	}
}

/* --- found, and what comes before it ---------------------------------------------------------- */

/* --- members whose roles ended ---------------------------------------------------------------- */

struct sitting { /* who votes of the founding board, and in which epoch of it */
	int first;
	uint64_t epoch;
	int after; /* the last of them is before this one */
};

/* As decided, by the members who sit: from the first of them on. */
static uint64_t decided_by(struct proving *s, const struct sitting *by, enum sr_type_id type,
	const char *kind, const char *asks, const char *says, const char *same) {
	static char lines[8192];
	uint8_t id[SR_ID], hash[SR_HASH];
	char request[2 * SR_ID + 1], text[2 * SR_HASH + 1];

	t_fill(id, sizeof id, 9000 + s->serial);
	sr_hex(request, id, SR_ID);
	snprintf(lines, sizeof lines,
		"request %s\nversion 1\nkind %s\nboard %s\nepoch %llu\nlevel 2\n%s%s", request,
		kind, s->board, (unsigned long long)by->epoch, asks, same);
	(void)say(s, SR_T_REQUEST, 0, lines, hash);
	sr_hex(text, hash, SR_HASH);
	for (int i = by->first; i < by->after; i++) {
		snprintf(lines, sizeof lines,
			"request %s %s\nversion 1\nepoch %llu\ndecision approve\n", request, text,
			(unsigned long long)by->epoch);
		(void)say(s, SR_T_VOTE, i, lines, NULL);
	}
	snprintf(lines, sizeof lines, "request %s\n%s%s", request, says, same);
	return say(s, type, SERVICE, lines, NULL);
}

/* That board is open in that epoch, with the keys that it always had. */
static void opened_of(struct proving *s, const char *hex, uint64_t epoch) {
	static const char zero[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
	char lines[1024], hash[2 * SR_HASH + 1];
	const uint8_t none[SR_HASH] = {0};

	sr_hex(hash, none, SR_HASH);
	snprintf(lines, sizeof lines,
		"board %s\nrun %s\ntranscript %s\nepoch %llu\nkeys %s\npublic %s\n"
		"board-key 2 %s\nboard-key 3 %s\n",
		hex, BOARD, hash, (unsigned long long)epoch, hash, hash, zero, zero);
	(void)say(s, SR_T_OPENED, SERVICE, lines, NULL);
}

static void opened_in(struct proving *s, uint64_t epoch) {
	opened_of(s, s->board, epoch);
}

static const struct sitting all = {0, 1, FOUNDERS}, two = {1, 1, FOUNDERS}, anew = {1, 2, FOUNDERS};

/* READER gets a role. */
static uint64_t gives_role(struct proving *s, const struct sitting *by) {
	const struct t_person p = t_person(READER);
	char card[2048], asks[64], says[64];

	put_card(card, sizeof card, "curator", READER, READER, READER);
	snprintf(asks, sizeof asks, "subject %s\n", p.name);
	snprintf(says, sizeof says, "person %s\n", p.name);
	return decided_by(s, by, SR_T_PERSON, "role", asks, says, strchr(card, '\n') + 1);
}

static uint64_t ends(struct proving *s, int person) {
	const struct t_person p = t_person((unsigned)person);
	char asks[64], says[64];

	snprintf(asks, sizeof asks, "subject %s\n", p.name);
	snprintf(says, sizeof says, "person %s\n", p.name);
	return decided_by(s, &all, SR_T_PERSON_END, "person-end", asks, says, "");
}

/* READER is asked to get a role, member 0 votes for it and is ended; another votes, and it is
 * said that they have the role. */
static uint64_t gives_late(struct proving *s, int votes) {
	const struct t_person r = t_person(READER);
	char asks[64], says[64], same[2100];
	struct asked a;

	snprintf(asks, sizeof asks, "subject %s\n", r.name);
	snprintf(says, sizeof says, "person %s\n", r.name);
	snprintf(same, sizeof same, "role curator\n");
	card_line(same + strlen(same), sizeof same - strlen(same), READER, READER, NULL);
	a = asks_for(s, "role", asks, same);
	approve(s, &a, 0, 1);
	(void)ends(s, 0);
	approve(s, &a, 1, votes);
	return follows(s, &a, SR_T_PERSON, says, same);
}

/* A vote by a member whose roles ended counts for nothing, until an epoch has them sit again. */
static void test_ended_voter(void **state) {
	char seats[2048] = "quorum 2 2\nquorum 3 3\n";
	struct proving s;

	(void)state;
	begin(&s);
	opened_in(&s, 1);
	(void)ends(&s, FOUNDERS - 1);
	/* Two vote, of whom one sits. */
	judged(&s, gives_role(&s, &two), "with 1 of 2 members' approvals proven");
	end(&s);
	/* What they voted before stands. */
	begin(&s);
	opened_in(&s, 1);
	(void)gives_role(&s, &two);
	judged(&s, ends(&s, FOUNDERS - 1), NULL);
	end(&s);
	/* But not where it was not decided by then. */
	for (int i = 1; i < 3; i++) {
		begin(&s);
		opened_in(&s, 1);
		judged(&s, gives_late(&s, i),
			i == 1 ? "with 1 of 2 members' approvals proven" : NULL);
		end(&s);
	}
	/* Remembered from an earlier visit, and kept back in this one: the same. */
	begin(&s);
	opened_in(&s, 1);
	const uint64_t at = ends(&s, FOUNDERS - 1);
	struct sr_ended known = {.index = at, .all = true};
	snprintf(known.person, sizeof known.person, "%s", t_person(FOUNDERS - 1).name);
	const uint64_t role = gives_role(&s, &two);
	for (uint64_t i = 0; i <= role; i++)
		if (i != at)
			assert_ok(show(&s, i), &s.e);
	assert_ok(sr_proofs_settle(&s.p, &s.e), &s.e);
	assert_true(sr_proofs_at(&s.p, role)->trusted); /* nobody can tell who was not shown it */
	end(&s);
	begin(&s);
	opened_in(&s, 1);
	(void)ends(&s, FOUNDERS - 1);
	assert_int_equal(gives_role(&s, &two), role);
	assert_ok(sr_endeds_add(&s.p.ended, &known, &s.e), &s.e);
	for (uint64_t i = 0; i <= role; i++)
		if (i != at)
			assert_ok(show(&s, i), &s.e);
	assert_ok(sr_proofs_settle(&s.p, &s.e), &s.e);
	assert_false(sr_proofs_at(&s.p, role)->trusted);
	end(&s);
	/* Who sits anew votes anew. */
	begin(&s);
	opened_in(&s, 1);
	(void)ends(&s, FOUNDERS - 1);
	put_people(seats, sizeof seats, "member", 0, FOUNDERS);
	put_people(seats, sizeof seats, "dealer", 0, FOUNDERS - 1);
	(void)reshare(&s, seats);
	opened_in(&s, 2);
	judged(&s, gives_role(&s, &anew), NULL);
	end(&s);
}

/* A member is who sits: from the opening on that begins with them, to the one that begins without
 * them, and not behind an end by a quorum, but where another board seats them afterwards. */
static void test_sits(void **state) {
	char seats[2048] = "quorum 2 2\nquorum 3 2\n";
	const struct t_person first = t_person(0), last = t_person(FOUNDERS - 1),
			      next = t_person(FOUNDERS);
	struct proving s;

	(void)state;
	begin(&s);
	opened_in(&s, 1);
	put_people(seats, sizeof seats, "member", 1, FOUNDERS);
	put_people(seats, sizeof seats, "dealer", 0, 2);
	const uint64_t plan = reshare(&s, seats);
	opened_in(&s, 2);
	const uint64_t after = gives_role(&s, &anew);
	show_all(&s);
	assert_true(sr_proofs_sits(&s.p, first.name, plan));
	assert_false(sr_proofs_sits(&s.p, first.name, after));
	assert_false(sr_proofs_sits(&s.p, next.name, plan));
	assert_true(sr_proofs_sits(&s.p, next.name, after));
	end(&s);
	snprintf(seats, sizeof seats, "quorum 2 2\nquorum 3 2\n");
	begin(&s);
	opened_in(&s, 1);
	const uint64_t at = ends(&s, FOUNDERS - 1);
	put_people(seats, sizeof seats, "member", 0, FOUNDERS);
	const uint64_t made = board(&s, seats);
	opened_of(&s, BOARD, 1);
	const uint64_t then = gives_role(&s, &two);
	show_all(&s);
	assert_true(sr_proofs_sits(&s.p, last.name, at));
	assert_false(sr_proofs_sits(&s.p, last.name, made));
	assert_true(sr_proofs_sits(&s.p, last.name, then));
	end(&s);
}

/* A seat that another board gives later is not this one's again. */
static void test_other_seat(void **state) {
	char seats[2048] = "quorum 2 2\nquorum 3 2\n";
	struct proving s;

	(void)state;
	begin(&s);
	opened_in(&s, 1);
	(void)ends(&s, FOUNDERS - 1);
	put_people(seats, sizeof seats, "member", 0, FOUNDERS);
	(void)board(&s, seats);
	opened_of(&s, BOARD, 1);
	judged(&s, gives_role(&s, &two), "with 1 of 2 members' approvals proven");
	end(&s);
}

enum {
	WAITS = 30 /* and the two after them: of the standby board */
};

/* Who says that the standby board takes over. */
static void takes(struct proving *s, int by) {
	char lines[512], hash[2 * SR_HASH + 1];
	const uint8_t none[SR_HASH] = {0};

	sr_hex(hash, none, SR_HASH);
	snprintf(
		lines, sizeof lines, "board %s\nrun %s\nepoch 2\nkeys %s\n", s->board, BOARD, hash);
	(void)say(s, SR_T_TAKEOVER, by, lines, NULL);
}

/* A standby board takes over without whom the board ended while it waited: they vote no more than
 * they have the role (catalogue/apply_board.c). */
static void test_ended_standby(void **state) {
	static const struct sitting both = {WAITS + 1, 2, WAITS + 3}, rest = {WAITS, 2, WAITS + 2};
	char seats[2048];

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct proving s;

		begin(&s);
		opened_in(&s, 1);
		for (int k = 0; k < 3; k++)
			(void)introduces(&s, WAITS + k, WAITS + k, WAITS + k);
		snprintf(seats, sizeof seats, "quorum 2 2\nquorum 3 2\n");
		put_people(seats, sizeof seats, "member", WAITS, 3);
		put_people(seats, sizeof seats, "dealer", 0, FOUNDERS);
		snprintf(seats + strlen(seats), sizeof seats - strlen(seats), "standby yes\n");
		(void)reshare(&s, seats);
		(void)ends(&s, WAITS + 2);
		takes(&s, WAITS);
		takes(&s, WAITS + 1);
		takes(&s, FOUNDERS + 2);
		takes(&s, FOUNDERS + 3);
		opened_in(&s, 2);
		judged(&s, gives_role(&s, i == 0 ? &rest : &both),
			i == 0 ? NULL : "with 1 of 2 members' approvals proven");
		end(&s);
	}
}

/* One curator gives a new key, which the one before does not bear out. */
static uint64_t replaces(struct proving *s, int whose) {
	const struct t_person p = t_person((unsigned)whose);
	char lines[2048];

	snprintf(lines, sizeof lines, "person %s\n", p.name);
	card_line(lines + strlen(lines), sizeof lines - strlen(lines), whose, NEW_KEY, NULL);
	return say(s, SR_T_PERSON_KEY, CURATOR, lines, NULL);
}

/* That is for who sits on no board: not a member, nor who is to be one; but who has left, and who
 * was to sit by a plan that another took the place of. */
static void test_key_of_member(void **state) {
	static const char why[] = "the key before does not bear it out";
	char seats[2048] = "quorum 2 2\nquorum 3 2\n", others[2048];
	struct proving s;

	(void)state;
	snprintf(others, sizeof others, "%s", seats);
	put_people(seats, sizeof seats, "member", 0, 2);
	put_people(seats, sizeof seats, "member", READER, 1);
	put_people(seats, sizeof seats, "dealer", 0, FOUNDERS);
	put_people(others, sizeof others, "member", 0, 2);
	put_people(others, sizeof others, "dealer", 0, FOUNDERS);
	for (int i = 0; i < 5; i++) {
		const int whose = i < 3 ? 2 : READER;

		begin(&s);
		opened_in(&s, 1);
		(void)introduces(&s, READER, READER, READER);
		if (i > 0)
			(void)reshare(&s, seats);
		if (i == 2)
			opened_in(&s, 2);
		if (i == 4)
			(void)reshare(&s, others);
		judged(&s, replaces(&s, whose), i == 2 || i == 4 ? NULL : why);
		end(&s);
	}
}

static void test_first(void **state) {
	uint8_t other[SR_HASH];
	struct proving s;

	(void)state;
	/* Another entry first; a log that begins otherwise; another vault. */
	begin(&s);
	(void)introduces(&s, READER, READER, READER);
	assert_fails(sr_proofs_settle(&s.p, &s.e), SR_MISUSE, &s.e, "found is not in the set");
	assert_fails(show(&s, 1), SR_AUTH, &s.e, "found is not shown first: it is withheld");
	assert_int_equal(s.p.count, 0);
	assert_ok(show(&s, 0), &s.e);
	sr_proofs_free(&s.p);
	memcpy(other, s.vault, SR_HASH);
	other[5] ^= 1;
	sr_proofs_begin(&s.p, other, "", NULL, NULL);
	assert_fails(show(&s, 0), SR_AUTH, &s.e,
		"found has another fingerprint than is pinned for this vault");
	end(&s);
	begin_empty(&s);
	(void)introduces(&s, READER, READER, READER);
	sr_proofs_begin(&s.p, s.vault, "", NULL, NULL);
	assert_fails(show(&s, 0), SR_AUTH, &s.e, "entry 0 is person, not found");
	end(&s);
}

/* Notes of service-key wait for found, but not without end. */
static void test_changes(void **state) {
	static const uint8_t note[SR_LOG_CHANGE_MAX + 1] = {'x'};
	struct proving s;
	int rc = 0;

	(void)state;
	begin(&s);
	assert_fails(sr_proofs_key_change(&s.p, sr_bytes_of(note, sizeof note), &s.e), SR_LIMIT,
		&s.e, "a service-key of");
	for (size_t i = 0; i < (size_t)2 * SR_LOG_LINKS && rc == 0; i++)
		rc = sr_proofs_key_change(&s.p, sr_bytes_of(note, SR_LOG_CHANGE_MAX), &s.e);
	assert_fails(rc, SR_LIMIT, &s.e, "more changes of the log's key than there can be");
	end(&s);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ended_voter),
		cmocka_unit_test(test_sits),
		cmocka_unit_test(test_other_seat),
		cmocka_unit_test(test_ended_standby),
		cmocka_unit_test(test_key_of_member),
		cmocka_unit_test(test_boards),
		cmocka_unit_test(test_reshares),
		cmocka_unit_test(test_openings),
		cmocka_unit_test(test_people),
		cmocka_unit_test(test_lost_votes),
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_changes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
