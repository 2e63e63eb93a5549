/*
 * Statements: one of every type is built out of the table, signed, parsed and verified; every line
 * moved, doubled, dropped or renamed is refused; found with its many signatures.
 */
#include "ledger_fixture.h"

#include "base/limits.h"
#include "base/text.h"

#define HEX64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define B64 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

/* A value of ${kind}, the ${i}-th in ascending order. */
static void put_example(struct sr_buf *b, const struct sr_field *f, unsigned i) {
	const struct t_person p = t_person(50);
	switch (f->kind) {
	case SR_V_ID:
		sr_text_putf(b, f->key, "00112233445566778899aabbccddee%02x", i);
		break;
	case SR_V_HASH:
		sr_text_put(b, f->key, HEX64);
		break;
	case SR_V_PERSON:
		sr_text_putf(b, f->key, "p-00112233445566%02x", i);
		break;
	case SR_V_KEY:
		sr_text_put(b, f->key, B64);
		break;
	case SR_V_CARD:
		t_put_card(b, f->key, &p);
		break;
	case SR_V_TOKEN:
		sr_text_putf(b, f->key, "token%u", i);
		break;
	case SR_V_NAME:
		sr_text_putf(b, f->key, "name%u", i);
		break;
	case SR_V_DEC:
		sr_text_put_dec(b, f->key, 9 + i);
		break;
	case SR_V_TIME:
		sr_text_put_time(b, f->key, T_TIME + i);
		break;
	case SR_V_TEXT:
		t_put_text(b, f->key, "free words");
		break;
	case SR_V_COUNT_ROOT:
		sr_text_put(b, f->key, "3 " HEX64);
		break;
	case SR_V_LEVEL_KEY:
		sr_text_putf(b, f->key, "%u " B64, 9 + i);
		break;
	case SR_V_LEVEL_QUORUM:
		sr_text_putf(b, f->key, "%u 2", 9 + i);
		break;
	case SR_V_ID_HASH:
		sr_text_put(b, f->key, T_ITEM_HEX " " HEX64);
		break;
	}
}

/* A statement of ${t} with every optional line (${full}) or none, by the service or person 1. */
static void build(struct sr_buf *b, const struct sr_type *t, bool full, bool service) {
	const struct t_person p = t_person(1);
	struct sr_head h = t_head(service ? NULL : &p, 9);
	if (full)
		h.until = T_TIME + 60;
	sr_statement_begin(b, t->id, &h);
	for (const struct sr_field *f = t->fields; f->key != NULL; f++) {
		const bool many = f->cardinality == SR_ANY || f->cardinality == SR_SOME;
		const bool must = f->cardinality == SR_ONE || f->cardinality == SR_SOME;
		const bool needed =
			t->service_needs != NULL && strcmp(f->key, t->service_needs) == 0;
		if (needed ? !service : !must && !full)
			continue;
		if (service && f->subject != NULL && strcmp(f->subject, "actor") == 0)
			continue; /* the service has no texts of its own */
		for (unsigned i = 0; i < (many && full ? 3U : 1U); i++)
			put_example(b, f, i);
	}
}

static void check_round(const struct sr_type *t, bool full, bool service) {
	const struct t_person p = t_person(1);
	const char *name = service ? T_ORIGIN "/room" : p.name;
	struct sr_buf b, note;
	struct sr_statement s;
	struct sr_err e;
	sr_buf_init(&b);
	sr_buf_init(&note);
	build(&b, t, full, service);
	assert_ok(sr_buf_ok(&b, &e), &e);
	assert_ok(sr_statement_sign(&note, sr_buf_view(&b), name, p.seed, &e), &e);
	assert_ok(sr_statement_parse(&s, sr_buf_view(&note), &e), &e);
	assert_true(sr_bytes_eq(sr_buf_view(&s.note), sr_buf_view(&note)));
	assert_true(sr_bytes_eq(s.body, sr_buf_view(&b)));
	assert_ptr_equal(s.type, t);
	assert_int_equal(s.by_service, service);
	assert_int_equal(s.has_seen, !service);
	assert_int_equal(s.head.until, full ? T_TIME + 60 : 0);
	assert_ok(sr_statement_verify(&s, name, p.pk, &e), &e);
	const struct t_person q = t_person(2);
	assert_fails(
		sr_statement_verify(&s, name, q.pk, &e), SR_AUTH, &e, "signature line is not by");
	assert_fails(sr_statement_verify(&s, q.name, p.pk, &e), SR_AUTH, &e, q.name);
	sr_statement_free(&s);
	sr_buf_free(&b);
	sr_buf_free(&note);
}

static void test_every_type(void **state) {
	(void)state;
	for (int i = 0; i < SR_T_COUNT; i++) {
		const struct sr_type *t = sr_type_at((enum sr_type_id)i);
		for (int full = 0; full < 2; full++) {
			if ((t->signers & SR_BY_SERVICE) != 0)
				check_round(t, full, true);
			if ((t->signers & ~(unsigned)(SR_BY_SERVICE | SR_BY_FOUNDERS)) != 0)
				check_round(t, full, false);
		}
	}
}

/* Lines of ${in} into views; returns how many. */
static size_t lines_of(struct sr_bytes *out, size_t max, struct sr_bytes in) {
	size_t n = 0, at = 0;
	for (size_t i = 0; i < in.len; i++) {
		if (in.p[i] != '\n')
			continue;
		assert_true(n < max);
		out[n++] = sr_bytes_of(in.p + at, i + 1 - at);
		at = i + 1;
	}
	return n;
}

static int parse_lines(
	const struct sr_bytes *lines, size_t n, const size_t *order, struct sr_err *e) {
	struct sr_statement s;
	struct sr_buf b;
	sr_buf_init(&b);
	for (size_t i = 0; i < n; i++)
		sr_buf_put_bytes(&b, lines[order[i]]);
	const int rc = sr_statement_parse_text(&s, sr_buf_view(&b), e);
	if (rc == 0)
		sr_statement_free(&s);
	sr_buf_free(&b);
	return rc;
}

/* In full statements of every type: two neighbours swapped, one line doubled; in bare ones: one
 * line dropped. */
static void test_order(void **state) {
	(void)state;
	struct sr_bytes line[64];
	size_t order[65];
	struct sr_err e;
	for (int i = 0; i < SR_T_COUNT; i++) {
		const struct sr_type *t = sr_type_at((enum sr_type_id)i);
		const bool service = (t->signers & SR_BY_SERVICE) != 0;
		struct sr_buf b;
		if (t->id == SR_T_FOUND)
			continue;
		sr_buf_init(&b);
		build(&b, t, true, service);
		size_t n = lines_of(line, 64, sr_buf_view(&b));
		for (size_t at = 1; at + 1 < n; at++) {
			for (size_t k = 0; k < n; k++)
				order[k] = k == at ? at + 1 : k == at + 1 ? at : k;
			const bool same_key =
				sr_bytes_eq(sr_word(line[at], 0), sr_word(line[at + 1], 0));
			if (!same_key)
				assert_int_equal(parse_lines(line, n, order, &e), SR_CORRUPT);
		}
		sr_buf_clear(&b);
		build(&b, t, false, service);
		n = lines_of(line, 64, sr_buf_view(&b));
		for (size_t at = 0; at < n; at++) { /* dropped */
			for (size_t k = 0; k + 1 < n; k++)
				order[k] = k < at ? k : k + 1;
			assert_int_equal(parse_lines(line, n - 1, order, &e), SR_CORRUPT);
		}
		for (size_t at = 0; at < n;
			at++) { /* doubled; fields that may repeat stay out of it */
			struct sr_bytes key = sr_word(line[at], 0);
			const struct sr_field *f = sr_type_field(t, key);
			if (f != NULL && f->cardinality == SR_SOME && !f->sorted)
				continue;
			for (size_t k = 0; k <= n; k++)
				order[k] = k <= at ? k : k - 1;
			assert_int_equal(parse_lines(line, n + 1, order, &e), SR_CORRUPT);
		}
		sr_buf_free(&b);
	}
}

static int parse_text(const char *text, struct sr_err *e) {
	struct sr_statement s;
	const int rc = sr_statement_parse_text(&s, sr_bytes_str(text), e);
	if (rc == 0)
		sr_statement_free(&s);
	return rc;
}

#define COMMON "vault " HEX64 "\nid " T_ITEM_HEX "\ntime 2026-11-21T10:00:00Z\n"
#define EMPTY_ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define PERSON "actor p-0011223344556677\nseen 0 " EMPTY_ROOT "\n"

static void test_refused(void **state) {
	(void)state;
	struct sr_err e;
	assert_ok(
		parse_text("strongroom/close/v1\n" COMMON PERSON "grant " T_ITEM_HEX "\n", &e), &e);
	assert_fails(parse_text("strongroom/close/v1\n" COMMON PERSON "grant " T_ITEM_HEX
				"\ncolour red\n",
			     &e),
		SR_CORRUPT, &e, "`colour` is unknown or out of place");
	assert_fails(
		parse_text(
			"strongroom/close/v1\n" COMMON "actor service\ngrant " T_ITEM_HEX "\n", &e),
		SR_CORRUPT, &e, "not signed by the service");
	assert_fails(parse_text("strongroom/grant/v1\n" COMMON PERSON "grant " T_ITEM_HEX "\n", &e),
		SR_CORRUPT, &e, "service alone");
	assert_fails(parse_text("strongroom/close/v1\n" COMMON
				"actor p-0011223344556677\nseen 0 " B64 "\ngrant " T_ITEM_HEX "\n",
			     &e),
		SR_CORRUPT, &e, "size 0 with another root");
	assert_fails(parse_text("strongroom/close/v1\n" COMMON
				"actor p-0011223344556677\ngrant " T_ITEM_HEX "\n",
			     &e),
		SR_CORRUPT, &e, "want `seen`");
	static const struct {
		const char *text, *says;
	} heads[] = {
		{"id " T_ITEM_HEX "\n", "line 2: want `vault`"},
		{"vault " HEX64 "\nactor service\n", "line 3: want `id`"},
		{"vault " HEX64 "\nid " T_ITEM_HEX "\nactor service\n", "line 4: want `time`"},
		{COMMON "seen 0 " EMPTY_ROOT "\n", "line 5: want `actor`"},
		{COMMON "actor somebody\n", "line 5: `actor` is neither service nor a person"},
		{COMMON "until 1970-01-01T00:00:00Z\n" PERSON,
			"`until` is the first second of 1970"},
		{COMMON "actor p-0011223344556677\nseen nothing\n",
			"line 6: `seen` is not a size and base64 of 32 bytes"},
		{COMMON PERSON "request " T_ITEM_HEX "\n", "line 7: want `grant`"},
		{COMMON PERSON "grant short\n", "line 7: `grant`: "},
		{COMMON PERSON "grant " T_ITEM_HEX "\ncolour red\n",
			"line 8: `colour` is unknown or out of place: a newer strongroom may know "
			"it"},
	};
	for (size_t i = 0; i < T_COUNT(heads); i++) {
		char text[1000], says[200];

		(void)snprintf(text, sizeof text, "strongroom/close/v1\n%s", heads[i].text);
		(void)snprintf(says, sizeof says, "close: %s", heads[i].says);
		assert_fails(parse_text(text, &e), SR_CORRUPT, &e, says);
	}
	assert_fails(parse_text("strongroom/close/v2\n" COMMON PERSON "grant " T_ITEM_HEX "\n", &e),
		SR_UNSUPPORTED, &e, "v1");
	assert_fails(
		parse_text(
			"strongroom/lift/v1\n" COMMON "actor service\ngrant " T_ITEM_HEX "\n", &e),
		SR_CORRUPT, &e, "`request` line");
	assert_fails(parse_text("strongroom/lift/v1\n" COMMON PERSON "request " T_ITEM_HEX
				"\ngrant " T_ITEM_HEX "\n",
			     &e),
		SR_CORRUPT, &e, "persons without");
	assert_fails(parse_text("strongroom/describe/v1\n" COMMON PERSON "item " T_ITEM_HEX
				"\nlanguage en\nhazard hate\n",
			     &e),
		SR_CORRUPT, &e, "`hazard` is unknown or out of place");
	assert_fails(parse_text("strongroom/vote/v1\n" COMMON PERSON "request " T_ITEM_HEX " " HEX64
				"\nversion 1\nepoch 1\ndecision approve\nform text\nform grey\n",
			     &e),
		SR_CORRUPT, &e, "ascending");
	/* a collection's name without a collection has nobody's key */
	assert_fails(parse_text("strongroom/request/v1\n" COMMON PERSON "request " T_ITEM_HEX
				"\nversion 1\nkind collection\nboard " T_ITEM_HEX
				"\nepoch 1\nlevel 2\nname ~" B64 "\n",
			     &e),
		SR_CORRUPT, &e, "`name` needs a `collection` line");
}

static void test_fields(void **state) {
	(void)state;
	const struct t_person p = t_person(1);
	struct sr_statement s;
	struct sr_buf note;
	struct sr_err e;
	uint8_t id[SR_ID], hash[SR_HASH], commit[SR_HASH], salt[SR_SALT];
	uint64_t n;
	char subject[SR_SUBJECT_TEXT];
	sr_buf_init(&note);
	t_describe(&note, &p, 1);
	assert_ok(sr_statement_parse(&s, sr_buf_view(&note), &e), &e);
	assert_int_equal(sr_field_count(&s, "keyword"), 2);
	assert_int_equal(sr_field_count(&s, "translit"), 0);
	assert_ok(sr_field_id(id, &s, "item", 0, &e), &e);
	assert_int_equal(id[1], 0x11);
	assert_fails(sr_field_id(id, &s, "item", 1, &e), SR_NOTFOUND, &e, "number 1");
	assert_fails(
		sr_field_hash(hash, &s, "item", 0, &e), SR_MISUSE, &e, "no `item` of that kind");
	assert_fails(sr_field_dec(&n, &s, "nothing", 0, &e), SR_MISUSE, &e, "nothing");
	assert_ok(sr_field_subject(subject, &s, "keyword", 1, &e), &e);
	assert_string_equal(subject, T_ITEM);
	assert_fails(sr_field_subject(subject, &s, "keyword", 2, &e), SR_NOTFOUND, &e, "number 2");
	assert_ok(sr_field_commitment(commit, &s, "title", 0, &e), &e);
	t_text_salt(salt, T_TITLE);
	sr_text_commit(hash, salt, sr_bytes_str(T_TITLE));
	assert_memory_equal(commit, hash, SR_HASH);
	sr_statement_free(&s);
	sr_buf_free(&note);
}

static void test_hash(void **state) {
	(void)state;
	const struct t_person p = t_person(1);
	struct sr_statement s;
	struct sr_buf note;
	struct sr_err e;
	uint8_t h[SR_HASH];
	sr_buf_init(&note);
	t_recuse(&note, &p, 1);
	assert_ok(sr_statement_parse(&s, sr_buf_view(&note), &e), &e);
	SR_HASH_OF(h, "strongroom/statement/v1", NULL, s.body);
	assert_memory_equal(h, s.hash, SR_HASH);
	sr_statement_free(&s);
	sr_buf_free(&note);
}

struct mutants {
	const struct t_person *p;
	struct sr_bytes good;
};

/* What still parses must say something else to nobody: it fails verification, or it is the same
 * text with another key's line. */
static void must_not_pass(void *ctx, struct sr_bytes mutant, const char *what) {
	const struct mutants *m = ctx;
	struct sr_statement s;
	struct sr_err e;
	if (sr_statement_parse(&s, mutant, &e) != 0)
		return;
	if (!sr_bytes_eq(sr_buf_view(&s.note), mutant))
		fail_msg("%s: encode(parse(b)) != b", what);
	if (sr_statement_verify(&s, m->p->name, m->p->pk, &e) != SR_AUTH)
		fail_msg("%s: it verifies", what);
	sr_statement_free(&s);
}

static void test_mutants(void **state) {
	(void)state;
	const struct t_person p = t_person(1);
	struct mutants m = {.p = &p};
	struct sr_buf note;
	sr_buf_init(&note);
	t_recuse(&note, &p, 1);
	m.good = sr_buf_view(&note);
	t_each_cut(m.good, must_not_pass, &m);
	t_each_flip(m.good, must_not_pass, &m);
	sr_buf_free(&note);
}

static void test_sign_refuses(void **state) {
	(void)state;
	const struct t_person p = t_person(1), q = t_person(2);
	const struct sr_head h = t_head(&p, 1);
	struct sr_buf b, note;
	struct sr_err e;
	sr_buf_init(&b);
	sr_buf_init(&note);
	sr_statement_begin(&b, SR_T_CLOSE, &h);
	assert_fails(sr_statement_sign(&note, sr_buf_view(&b), p.name, p.seed, &e), SR_CORRUPT, &e,
		"close: line 7: want `grant`");
	sr_text_put(&b, "grant", T_ITEM_HEX);
	assert_fails(sr_statement_sign(&note, sr_buf_view(&b), q.name, q.seed, &e), SR_MISUSE, &e,
		"signer");
	assert_int_equal(note.len, 0);
	while (b.len <= SR_TEXT_MAX)
		sr_text_put(&b, "grant", T_ITEM_HEX);
	assert_fails(sr_statement_sign(&note, sr_buf_view(&b), p.name, p.seed, &e), SR_LIMIT, &e,
		"32768");
	{
		struct sr_statement s;
		sr_buf_put_zero(&b, SR_STATEMENT_MAX + 1 - b.len);
		assert_fails(sr_statement_parse(&s, sr_buf_view(&b), &e), SR_LIMIT, &e,
			"it has 36865 bytes, want at most 36864");
	}
	sr_buf_free(&b);
	sr_buf_free(&note);
}

/* Where the signature line ${n} of a note begins. */
static size_t line_at(const struct sr_buf *note, size_t n) {
	static const char dash[] = "\n\xe2\x80\x94 ";
	const uint8_t *at = note->p;

	for (size_t i = 0; i <= n && at != NULL; i++)
		at = memmem(at + 1, (size_t)(note->p + note->len - at - 1), dash, sizeof dash - 1);
	assert_non_null(at);
	return (size_t)(at + 1 - note->p);
}

static void test_found(void **state) {
	(void)state;
	enum {
		N = 5
	};
	struct sr_buf text, notes[N], whole;
	struct sr_bytes views[N];
	struct sr_statement s;
	struct sr_err e;
	uint8_t h[SR_HASH];
	char subject[SR_SUBJECT_TEXT];
	sr_buf_init(&text);
	sr_buf_init(&whole);
	t_found_text(&text, N);
	for (unsigned i = 0; i < N; i++) { /* they sign in another order than they are listed */
		const struct t_person p = t_person(i);
		sr_buf_init(&notes[i]);
		assert_ok(sr_statement_sign(&notes[i], sr_buf_view(&text), p.name, p.seed, &e), &e);
		views[N - 1 - i] = sr_buf_view(&notes[i]);
	}
	assert_fails(sr_statement_merge(&whole, views, N - 1, &e), SR_MISUSE, &e, "has not signed");
	assert_int_equal(whole.len, 0);
	whole.failed = SR_NOMEM; /* there is no memory for it */
	assert_fails(sr_statement_merge(&whole, views, N, &e), SR_NOMEM, &e, "merge: ");
	sr_buf_clear(&whole);
	assert_ok(sr_statement_merge(&whole, views, N, &e), &e);
	assert_ok(sr_statement_parse(&s, sr_buf_view(&whole), &e), &e);
	assert_ok(sr_statement_verify_found(&s, &e), &e);
	sr_statement_hash(h, sr_buf_view(&text));
	assert_memory_equal(s.head.vault, h, SR_HASH);
	assert_ok(sr_field_subject(subject, &s, "member", 3, &e), &e);
	const struct t_person p3 = t_person(3);
	assert_string_equal(subject, p3.name);
	sr_statement_free(&s);
	/* one signature alone, or one of a stranger more, is no found */
	assert_ok(sr_statement_parse(&s, views[0], &e), &e);
	assert_fails(sr_statement_verify_found(&s, &e), SR_AUTH, &e, "each of 5 members");
	sr_statement_free(&s);
	/* As many lines as members, and two of them are in each other's place. */
	{
		const struct t_person p = t_person(1);
		const size_t second = line_at(&whole, 1), third = line_at(&whole, 2),
			     fourth = line_at(&whole, 3);
		struct sr_buf other;
		char says[100];

		sr_buf_init(&other);
		sr_buf_put(&other, whole.p, second);
		sr_buf_put(&other, whole.p + third, fourth - third);
		sr_buf_put(&other, whole.p + second, third - second);
		sr_buf_put(&other, whole.p + fourth, whole.len - fourth);
		assert_ok(sr_statement_parse(&s, sr_buf_view(&other), &e), &e);
		snprintf(says, sizeof says, "statement found: signature line 2 is not by member %s",
			p.name);
		assert_fails(sr_statement_verify_found(&s, &e), SR_AUTH, &e, says);
		sr_statement_free(&s);
		sr_buf_free(&other);
	}
	/* They signed two texts. */
	{
		const struct t_person p = t_person(2);

		sr_buf_clear(&notes[2]);
		uint8_t *id = memmem(text.p, text.len, "\nid ", 4);
		assert_non_null(id);
		id[4] = id[4] == 'a' ? 'b' : 'a';
		assert_ok(sr_statement_sign(&notes[2], sr_buf_view(&text), p.name, p.seed, &e), &e);
		views[N - 3] = sr_buf_view(&notes[2]);
		sr_buf_clear(&whole);
		assert_fails(sr_statement_merge(&whole, views, N, &e), SR_CORRUPT, &e,
			"note 3 has another text than the first");
	}
	for (unsigned i = 0; i < N; i++)
		sr_buf_free(&notes[i]);
	sr_buf_free(&text);
	sr_buf_free(&whole);
}

/* Replace the first ${from} in a found of three by ${to} and parse. */
static int found_with(const char *from, const char *to, struct sr_err *e) {
	struct sr_buf text;
	char *s, *at;
	sr_buf_init(&text);
	t_found_text(&text, 3);
	s = sr_buf_dup_str(&text);
	at = strstr(s, from);
	assert_non_null(at);
	sr_buf_clear(&text);
	sr_buf_put(&text, s, (size_t)(at - s));
	sr_buf_put_str(&text, to);
	sr_buf_put_str(&text, at + strlen(from));
	struct sr_statement st;
	const int rc = sr_statement_parse_text(&st, sr_buf_view(&text), e);
	if (rc == 0)
		sr_statement_free(&st);
	free(s);
	sr_buf_free(&text);
	return rc;
}

static void test_found_rules(void **state) {
	(void)state;
	struct sr_err e;
	const struct t_person p0 = t_person(0), p1 = t_person(1);
	struct sr_buf a, b;
	char longer[260];
	assert_ok(found_with("level 2\n", "level 2\n", &e), &e);
	assert_fails(found_with("level 2\n", "level 1\n", &e), SR_CORRUPT, &e, "level 1");
	assert_fails(found_with("level 3\n", "level 4\n", &e), SR_CORRUPT, &e, "level 4");
	assert_fails(found_with("level 2\nlevel 3\n", "level 3\nlevel 2\n", &e), SR_CORRUPT, &e,
		"ascending");
	assert_fails(found_with("origin " T_ORIGIN, "origin other.example", &e), SR_CORRUPT, &e,
		"named as the origin");
	(void)snprintf(longer, sizeof longer, "origin %0240d", 7);
	assert_fails(found_with("origin " T_ORIGIN, longer, &e), SR_CORRUPT, &e,
		"origin has 240 bytes, want at most 239");
	sr_buf_init(&a);
	sr_buf_init(&b);
	t_put_card(&a, "member", &p0);
	t_put_card(&b, "member", &p1);
	sr_buf_put_u8(&a, 0);
	sr_buf_put_u8(&b, 0);
	assert_fails(found_with((const char *)b.p, (const char *)a.p, &e), SR_CORRUPT, &e,
		"is there twice");
	sr_buf_free(&a);
	sr_buf_free(&b);
}

static void test_room_name(void **state) {
	(void)state;
	char name[300], origin[SR_TEXT_LINES];
	struct sr_err e;
	assert_ok(sr_statement_room_name(name, sizeof name, T_ORIGIN, &e), &e);
	assert_string_equal(name, T_ORIGIN "/room");
	memset(origin, 'a', 240);
	origin[240] = '\0';
	assert_fails(
		sr_statement_room_name(name, sizeof name, origin, &e), SR_LIMIT, &e, "240 bytes");
	assert_fails(sr_statement_room_name(name, 10, T_ORIGIN, &e), SR_LIMIT, &e, NULL);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_type),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_mutants),
		cmocka_unit_test(test_sign_refuses),
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_found_rules),
		cmocka_unit_test(test_room_name),
	};
	struct sr_err e;
	if (sr_crypto_init(&e) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
