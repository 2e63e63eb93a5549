/*
 * Entries: round trips at every padding step, nothing in clear, nothing movable, keys that never
 * repeat, erasure, single disclosed keys.
 */
#include "ledger_fixture.h"

#include "base/limits.h"
#include "base/text.h"

/* Calls of the project's own code for memory come through here (see the Makefile): the
 * ${nth} from now on fails; 0: none. */
static unsigned long to_go;

static void fail_allocation(unsigned long nth) {
	to_go = nth;
}

static bool fails_now(void) {
	return to_go != 0 && --to_go == 0;
}

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker's names */
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

void *__wrap_malloc(size_t size) {
	return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size) {
	return fails_now() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size) {
	return fails_now() ? NULL : __real_realloc(p, size);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

struct made {
	struct t_ring ring;
	struct t_person p;
	struct sr_buf note, env;
	struct sr_record rec[3];
};

static void make(struct made *m, uint64_t index) {
	m->ring = t_ring_new();
	m->p = t_person(1);
	sr_buf_init(&m->note);
	sr_buf_init(&m->env);
	t_describe(&m->note, &m->p, 1);
	m->rec[0] = t_record(SR_DESCRIPTIVE, T_ITEM, "title", 0, T_TITLE);
	m->rec[1] = t_record(SR_DESCRIPTIVE, T_ITEM, "keyword", 0, T_KEYWORD_0);
	m->rec[2] = t_record(SR_DESCRIPTIVE, T_ITEM, "keyword", 1, T_KEYWORD_1);
	t_seal(&m->env, &m->ring, index, sr_buf_view(&m->note), m->rec, 3);
}

static void unmake(struct made *m) {
	sr_buf_free(&m->note);
	sr_buf_free(&m->env);
}

static void test_round(void **state) {
	(void)state;
	struct made m;
	struct sr_entry en;
	struct sr_err e;
	uint32_t epoch = 0;
	make(&m, 17);
	const struct sr_keyring keys = t_keyring(&m.ring);
	assert_ok(sr_entry_epoch(&epoch, sr_buf_view(&m.env), &e), &e);
	assert_int_equal(epoch, 1);
	assert_ok(sr_entry_open(&en, T_ORIGIN, 17, sr_buf_view(&m.env), &keys, &e), &e);
	assert_true(sr_bytes_eq(sr_buf_view(&en.statement.note), sr_buf_view(&m.note)));
	assert_int_equal(en.received, T_TIME + 1);
	assert_false(en.has_object);
	assert_int_equal(en.count, 3);
	static const char *const texts[] = {T_TITLE, T_KEYWORD_0, T_KEYWORD_1};
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(en.records[i].state, SR_RECORD_READ);
		assert_true(sr_bytes_eq(en.records[i].text, sr_bytes_str(texts[i])));
		assert_memory_equal(en.records[i].salt, m.rec[i].salt, SR_SALT);
		assert_string_equal(en.records[i].subject, T_ITEM);
	}
	sr_entry_free(&en);
	unmake(&m);
}

static void test_nothing_in_clear(void **state) {
	(void)state;
	struct made m;
	make(&m, 17);
	const struct sr_bytes env = sr_buf_view(&m.env);
	assert_false(t_contains(env, "describe"));
	assert_false(t_contains(env, m.p.name));
	assert_false(t_contains(env, T_ITEM_HEX));
	assert_false(t_contains(env, T_TITLE));
	assert_false(t_contains(env, "2026"));
	unmake(&m);
}

/* The service part and the records as listed; an out record keeps its object id. */
static void test_object_and_out(void **state) {
	(void)state;
	struct made m;
	struct sr_statement s;
	struct sr_entry en;
	struct sr_err e;
	make(&m, 0);
	const struct sr_keyring keys = t_keyring(&m.ring);
	assert_ok(sr_statement_parse(&s, sr_buf_view(&m.note), &e), &e);
	m.rec[1].out = true;
	t_fill(m.rec[1].object_id, SR_HASH, 5);
	struct sr_entry_in in = {.origin = T_ORIGIN,
		.epoch = &m.ring.epoch,
		.received = T_TIME,
		.statement = &s,
		.records = m.rec,
		.count = 3,
		.keys = &keys,
		.has_object = true};
	t_fill(in.object, SR_HASH, 6);
	sr_buf_clear(&m.env);
	assert_ok(sr_entry_seal(&m.env, &in, &e), &e);
	assert_ok(sr_entry_open(&en, T_ORIGIN, 0, sr_buf_view(&m.env), &keys, &e), &e);
	assert_true(en.has_object);
	assert_memory_equal(en.object, in.object, SR_HASH);
	assert_int_equal(en.records[1].state, SR_RECORD_OUT);
	assert_memory_equal(en.records[1].object_id, m.rec[1].object_id, SR_HASH);
	assert_int_equal(en.records[2].state, SR_RECORD_READ);
	assert_int_equal(sr_record_size(&m.rec[1]), 0);
	sr_entry_free(&en);
	sr_statement_free(&s);
	unmake(&m);
}

static bool all(void *ctx, enum sr_compartment c, const struct sr_record *r) {
	(void)ctx;
	(void)c;
	(void)r;
	return true;
}

/* Two encodings of the same entry at the same index (a crash, then the index is written again)
 * share no key and no bytes. */
static void test_rewritten_index(void **state) {
	(void)state;
	struct made a, b;
	struct sr_entry_keys ka, kb;
	struct sr_err e;
	make(&a, 17);
	make(&b, 17);
	const struct sr_keyring keys = t_keyring(&a.ring);
	const struct sr_disclose d = {all, NULL};
	assert_ok(sr_entry_disclose(&ka, T_ORIGIN, 17, sr_buf_view(&a.env), &keys, &d, &e), &e);
	assert_ok(sr_entry_disclose(&kb, T_ORIGIN, 17, sr_buf_view(&b.env), &keys, &d, &e), &e);
	for (int i = 0; i < SR_COMPARTMENTS; i++) {
		assert_memory_not_equal(ka.key[i], kb.key[i], SR_KEY);
		assert_memory_not_equal(ka.key[i], ka.key[(i + 1) % SR_COMPARTMENTS], SR_KEY);
	}
	for (size_t i = 0; i < 3; i++)
		assert_memory_not_equal(ka.record[i].key, kb.record[i].key, SR_KEY);
	assert_int_equal(a.env.len, b.env.len);
	assert_memory_not_equal(a.env.p + 26, b.env.p + 26, 64);
	sr_entry_keys_free(&ka);
	sr_entry_keys_free(&kb);
	unmake(&a);
	unmake(&b);
}

static void test_moved(void **state) {
	(void)state;
	struct made m;
	struct sr_entry en;
	struct sr_err e;
	make(&m, 17);
	const struct sr_keyring keys = t_keyring(&m.ring);
	assert_fails(sr_entry_open(&en, T_ORIGIN, 18, sr_buf_view(&m.env), &keys, &e), SR_AUTH, &e,
		"entry 18: structural compartment: ");
	assert_fails(sr_entry_open(&en, "other.example", 17, sr_buf_view(&m.env), &keys, &e),
		SR_AUTH, &e, "structural compartment");
	unmake(&m);
}

/* A compartment of another entry at the same index does not fit: what lies before it is bound. */
static void test_spliced(void **state) {
	(void)state;
	struct made a, b;
	struct sr_entry en;
	struct sr_buf mix;
	struct sr_err e;
	make(&a, 17);
	make(&b, 17);
	const struct sr_keyring keys = t_keyring(&a.ring);
	const size_t cut = 26 + (size_t)sr_le16_get(a.env.p + 24);
	sr_buf_init(&mix);
	sr_buf_put(&mix, a.env.p, cut);
	sr_buf_put(&mix, b.env.p + cut, b.env.len - cut);
	assert_fails(sr_entry_open(&en, T_ORIGIN, 17, sr_buf_view(&mix), &keys, &e), SR_AUTH, &e,
		"descriptive compartment");
	sr_buf_free(&mix);
	unmake(&a);
	unmake(&b);
}

/* A broken source of random bytes: every kid and nonce the same. */
static void no_random(void *out, size_t len) {
	memset(out, 7, len);
}

/* Even then, what is sealed elsewhere is under other keys, and what lies before a compartment is
 * bound to it. */
static void test_bound_without_random(void **state) {
	(void)state;
	struct made a, b;
	struct sr_buf mix;
	struct sr_entry en;
	struct sr_entry_keys ka, kb;
	struct sr_err e;
	sr_random_set(no_random);
	make(&a, 17);
	make(&b, 18);
	const struct sr_keyring keys = t_keyring(&a.ring);
	const struct sr_disclose d = {all, NULL};
	assert_ok(sr_entry_disclose(&ka, T_ORIGIN, 17, sr_buf_view(&a.env), &keys, &d, &e), &e);
	assert_ok(sr_entry_disclose(&kb, T_ORIGIN, 18, sr_buf_view(&b.env), &keys, &d, &e), &e);
	for (int i = 0; i < SR_COMPARTMENTS; i++)
		assert_memory_not_equal(ka.key[i], kb.key[i], SR_KEY);
	assert_memory_not_equal(ka.record[0].key, kb.record[0].key, SR_KEY);
	/* another statement at index 17: its descriptive compartment has the same key and nonce */
	sr_buf_clear(&b.note);
	sr_buf_clear(&b.env);
	t_describe(&b.note, &b.p, 2);
	t_seal(&b.env, &b.ring, 17, sr_buf_view(&b.note), b.rec, 3);
	sr_random_set(NULL);
	const size_t cut = 26 + (size_t)sr_le16_get(a.env.p + 24);
	assert_int_equal(sr_le16_get(a.env.p + 24), sr_le16_get(b.env.p + 24));
	sr_buf_init(&mix);
	sr_buf_put(&mix, a.env.p, cut);
	sr_buf_put(&mix, b.env.p + cut, b.env.len - cut);
	assert_fails(sr_entry_open(&en, T_ORIGIN, 17, sr_buf_view(&mix), &keys, &e), SR_AUTH, &e,
		"descriptive compartment: ");
	sr_buf_free(&mix);
	sr_entry_keys_free(&ka);
	sr_entry_keys_free(&kb);
	unmake(&a);
	unmake(&b);
}

static void must_fail(void *ctx, struct sr_bytes mutant, const char *what) {
	struct made *m = ctx;
	const struct sr_keyring keys = t_keyring(&m->ring);
	struct sr_entry en;
	struct sr_err e;
	const int rc = sr_entry_open(&en, T_ORIGIN, 17, mutant, &keys, &e);
	if (rc != SR_CORRUPT && rc != SR_AUTH && rc != SR_NOTFOUND)
		fail_msg("%s: answer %d", what, rc);
}

static void test_mutants(void **state) {
	(void)state;
	struct made m;
	make(&m, 17);
	t_each_cut(sr_buf_view(&m.env), must_fail, &m);
	t_each_flip(sr_buf_view(&m.env), must_fail, &m);
	unmake(&m);
}

static void test_erasure(void **state) {
	(void)state;
	struct made m;
	struct sr_entry en;
	struct sr_err e;
	make(&m, 17);
	m.ring.erased = T_ITEM;
	const struct sr_keyring keys = t_keyring(&m.ring);
	assert_ok(sr_entry_open(&en, T_ORIGIN, 17, sr_buf_view(&m.env), &keys, &e), &e);
	assert_true(sr_bytes_eq(sr_buf_view(&en.statement.note), sr_buf_view(&m.note)));
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(en.records[i].state, SR_RECORD_ERASED);
		assert_null(en.records[i].text.p);
	}
	assert_int_equal(en.plain.len, 0);
	sr_entry_free(&en);
	m.ring.erased = NULL;
	m.ring.no_epoch[SR_DESCRIPTIVE] = true; /* an auditor */
	assert_ok(sr_entry_open(&en, T_ORIGIN, 17, sr_buf_view(&m.env), &keys, &e), &e);
	assert_int_equal(en.records[0].state, SR_RECORD_CLOSED);
	sr_entry_free(&en);
	m.ring.no_epoch[SR_STRUCTURAL] = true;
	assert_fails(sr_entry_open(&en, T_ORIGIN, 17, sr_buf_view(&m.env), &keys, &e), SR_NOTFOUND,
		&e, "no structural key");
	unmake(&m);
}

static bool only_keyword_1(void *ctx, enum sr_compartment c, const struct sr_record *r) {
	(void)ctx;
	return r == NULL ? c != SR_PERSONAL : strcmp(r->key, "keyword") == 0 && r->index == 1;
}

static void test_disclosed(void **state) {
	(void)state;
	struct made m, other;
	struct sr_entry en;
	struct sr_entry_keys k;
	struct sr_err e;
	make(&m, 17);
	make(&other, 17);
	const struct sr_keyring keys = t_keyring(&m.ring);
	const struct sr_disclose d = {only_keyword_1, NULL};
	assert_ok(sr_entry_disclose(&k, T_ORIGIN, 17, sr_buf_view(&m.env), &keys, &d, &e), &e);
	assert_true(k.have[SR_STRUCTURAL] && k.have[SR_DESCRIPTIVE] && !k.have[SR_PERSONAL]);
	assert_false(k.record[0].have || k.record[1].have);
	assert_true(k.record[2].have);
	assert_ok(sr_entry_open_disclosed(&en, T_ORIGIN, 17, sr_buf_view(&m.env), &k, &e), &e);
	assert_int_equal(en.records[0].state, SR_RECORD_ERASED);
	assert_int_equal(en.records[2].state, SR_RECORD_READ);
	assert_true(sr_bytes_eq(en.records[2].text, sr_bytes_str(T_KEYWORD_1)));
	sr_entry_free(&en);
	/* the keys of one entry open no other, not even of the same index */
	assert_fails(sr_entry_open_disclosed(&en, T_ORIGIN, 17, sr_buf_view(&other.env), &k, &e),
		SR_AUTH, &e, "commitment");
	sr_entry_keys_free(&k);
	unmake(&m);
	unmake(&other);
}

/* A vault that lies: the record fits another statement than the one in the entry. */
static void test_lie(void **state) {
	(void)state;
	struct t_ring ring = t_ring_new();
	const struct sr_keyring keys = t_keyring(&ring);
	const struct t_person p = t_person(1);
	struct sr_record r = t_record(SR_PERSONAL, p.name, "reason", 0, T_REASON);
	struct sr_head h = t_head(&p, 1);
	struct sr_statement s;
	struct sr_buf note, text, env;
	struct sr_entry en;
	struct sr_err e;
	sr_buf_init(&note);
	sr_buf_init(&text);
	sr_buf_init(&env);
	t_recuse(&note, &p, 1);
	assert_ok(sr_statement_parse(&s, sr_buf_view(&note), &e), &e);
	sr_statement_begin(&text, SR_T_RECUSE, &h);
	sr_text_put(&text, "request", T_ITEM_HEX);
	t_put_text(&text, "reason", "Something else");
	struct sr_buf parsed = s.note;
	sr_buf_init(&s.note);
	assert_ok(sr_statement_sign(&s.note, sr_buf_view(&text), p.name, p.seed, &e), &e);
	const struct sr_entry_in in = {.origin = T_ORIGIN,
		.epoch = &ring.epoch,
		.statement = &s,
		.records = &r,
		.count = 1,
		.keys = &keys};
	assert_ok(sr_entry_seal(&env, &in, &e), &e);
	assert_fails(sr_entry_open(&en, T_ORIGIN, 0, sr_buf_view(&env), &keys, &e), SR_AUTH, &e,
		"does not match its commitment");
	sr_buf_free(&parsed);
	sr_statement_free(&s);
	sr_buf_free(&note);
	sr_buf_free(&text);
	sr_buf_free(&env);
}

static int seal(struct made *m, const struct sr_record *r, size_t n, struct sr_err *e) {
	const struct sr_keyring keys = t_keyring(&m->ring);
	struct sr_statement s;
	struct sr_buf out;
	assert_ok(sr_statement_parse(&s, sr_buf_view(&m->note), e), e);
	const struct sr_entry_in in = {.origin = T_ORIGIN,
		.index = 3,
		.epoch = &m->ring.epoch,
		.received = T_TIME,
		.statement = &s,
		.records = r,
		.count = n,
		.keys = &keys};
	sr_buf_init(&out);
	const int rc = sr_entry_seal(&out, &in, e);
	if (rc != 0)
		assert_int_equal(out.len, 0);
	sr_buf_free(&out);
	sr_statement_free(&s);
	return rc;
}

static void test_seal_refuses(void **state) {
	(void)state;
	struct made m;
	struct sr_err e;
	struct sr_record r;
	make(&m, 3);
	r = t_record(SR_DESCRIPTIVE, T_ITEM, "title", 0, "Another title");
	assert_fails(seal(&m, &r, 1, &e), SR_AUTH, &e, "does not match its commitment");
	r = t_record(SR_PERSONAL, T_ITEM, "title", 0, T_TITLE);
	assert_fails(seal(&m, &r, 1, &e), SR_CORRUPT, &e, "belongs to the descriptive");
	r = t_record(SR_DESCRIPTIVE, "item:ffeeddccbbaa99887766554433221100", "title", 0, T_TITLE);
	assert_fails(seal(&m, &r, 1, &e), SR_CORRUPT, &e, "subject");
	r = t_record(SR_DESCRIPTIVE, T_ITEM, "title", 1, T_TITLE);
	assert_fails(seal(&m, &r, 1, &e), SR_CORRUPT, &e, "number 1");
	r = t_record(SR_DESCRIPTIVE, T_ITEM, "hazard", 0, "hate");
	assert_fails(seal(&m, &r, 1, &e), SR_CORRUPT, &e, "no text in that field");
	m.rec[2] = m.rec[1];
	assert_fails(seal(&m, m.rec, 3, &e), SR_CORRUPT, &e, "comes twice");
	m.ring.erased = T_ITEM;
	assert_fails(seal(&m, m.rec, 1, &e), SR_NOTFOUND, &e, "key of " T_ITEM);
	unmake(&m);
}

/* The structural part sealed anew as a vault that lies would: with ${service} before the note, and
 * ${spoil} of what stands after it (0: nothing, 1: a byte of the padding, 2: more padding). */
static int open_lie(struct made *m, const char *service, int spoil, struct sr_err *e) {
	const struct sr_keyring keys = t_keyring(&m->ring);
	const struct sr_disclose d = {all, NULL};
	const size_t old = (size_t)sr_le16_get(m->env.p + 24);
	struct sr_entry_keys k;
	struct sr_buf plain, ad, sealed, env;
	struct sr_entry en;
	size_t size = 256;
	sr_buf_init(&plain);
	sr_buf_init(&ad);
	sr_buf_init(&sealed);
	sr_buf_init(&env);
	assert_ok(sr_entry_disclose(&k, T_ORIGIN, 17, sr_buf_view(&m->env), &keys, &d, e), e);
	sr_buf_put_le32(&plain, (uint32_t)(4 + strlen(service) + m->note.len));
	sr_buf_put_lp(&plain, sr_bytes_str(service));
	sr_buf_put_bytes(&plain, sr_buf_view(&m->note));
	while (size < plain.len)
		size *= 2;
	size = size < SR_STRUCTURAL_MAX ? size : SR_STRUCTURAL_MAX;
	sr_buf_put_zero(&plain, size - plain.len);
	if (spoil == 1)
		plain.p[plain.len - 1] = 1;
	if (spoil == 2)
		sr_buf_put_zero(&plain, size);
	sr_buf_put_lp(&ad, sr_bytes_str(T_ORIGIN));
	sr_buf_put_le64(&ad, 17);
	sr_buf_put_u8(&ad, SR_STRUCTURAL);
	sr_buf_put(&ad, m->env.p, 24);
	assert_ok(sr_aead_seal_buf(&sealed, k.key[SR_STRUCTURAL], "strongroom/entry-compartment/v1",
			  sr_buf_view(&ad), sr_buf_view(&plain), e),
		e);
	sr_buf_put(&env, m->env.p, 24);
	sr_buf_put_le16(&env, (uint16_t)sealed.len);
	sr_buf_put_bytes(&env, sr_buf_view(&sealed));
	sr_buf_put(&env, m->env.p + 26 + old, m->env.len - 26 - old);
	sr_entry_keys_free(&k);
	const int rc = sr_entry_open(&en, T_ORIGIN, 17, sr_buf_view(&env), &keys, e);
	sr_buf_free(&plain);
	sr_buf_free(&ad);
	sr_buf_free(&sealed);
	sr_buf_free(&env);
	return rc;
}

/* What only the vault's own keys could seal: each is named, and nothing of it is read. */
static void test_service_part(void **state) {
	(void)state;
#define SERVICE "strongroom/entry/v1\nreceived 2026-11-21T10:00:01Z\n"
#define TITLE "record d in " T_ITEM " title 0\n"
	static const struct {
		const char *service;
		int spoil;
		const char *says;
	} rows[] = {
		{"strongroom/entry/v2\nreceived 2026-11-21T10:00:01Z\n", 0,
			"service part: the first line is not \"strongroom/entry/v1\""},
		{"strongroom/entry/v1\nobject "
		 "0000000000000000000000000000000000000000000000000000000000000000\n",
			0, "service part: line 2: want `received`"},
		{SERVICE "note x\n", 0, "service part: line 3 is unknown or out of place"},
		{SERVICE "record d beside " T_ITEM " title 0\n", 0,
			"service part: record line \"d beside " T_ITEM " title 0\" is not one"},
		{SERVICE TITLE TITLE, 0, "service part: `title` number 0 comes twice"},
		{SERVICE, 1, "structural compartment: padding byte "},
		{SERVICE, 2, "padded otherwise than here"},
	};
	struct made m;
	struct sr_buf many;
	struct sr_err e;
	make(&m, 17);
	sr_buf_init(&many);
	for (size_t i = 0; i < T_COUNT(rows); i++)
		assert_fails(open_lie(&m, rows[i].service, rows[i].spoil, &e), SR_CORRUPT, &e,
			rows[i].says);
	sr_buf_put_str(&many, SERVICE);
	for (int i = 0; i <= SR_ENTRY_RECORDS; i++)
		sr_buf_put_str(&many, TITLE);
	sr_buf_put_u8(&many, 0);
	assert_fails(open_lie(&m, (const char *)many.p, 0, &e), SR_CORRUPT, &e,
		"257 records, want at most 256");
	sr_buf_free(&many);
	unmake(&m);
}

static int broken_subject(void *ctx, uint32_t epoch, enum sr_compartment c, const char *subject,
	uint8_t key[SR_KEY], struct sr_err *e) {
	(void)ctx;
	(void)epoch;
	(void)c;
	(void)key;
	return sr_fail(e, SR_IO, "the disk of %s is gone", subject);
}

/* More than an entry can be, keys of another count, and keys that cannot be looked up, which is
 * not that they are erased. */
static void test_bounds(void **state) {
	(void)state;
	static struct sr_record many[SR_ENTRY_RECORDS + 1];
	struct made m;
	struct sr_entry en;
	struct sr_entry_keys k;
	struct sr_buf big;
	struct sr_err e;
	uint32_t epoch;
	make(&m, 17);
	struct sr_keyring keys = t_keyring(&m.ring);
	const struct sr_disclose d = {all, NULL};
	assert_fails(
		seal(&m, many, T_COUNT(many), &e), SR_LIMIT, &e, "257 records, want at most 256");
	sr_buf_init(&big);
	sr_buf_put_zero(&big, SR_ENTRY_MAX + 1);
	assert_fails(sr_entry_epoch(&epoch, sr_buf_view(&big), &e), SR_CORRUPT, &e,
		"have 65536 bytes, want at most 65535");
	sr_buf_free(&big);
	assert_ok(sr_entry_disclose(&k, T_ORIGIN, 17, sr_buf_view(&m.env), &keys, &d, &e), &e);
	k.count = 2;
	assert_fails(sr_entry_open_disclosed(&en, T_ORIGIN, 17, sr_buf_view(&m.env), &k, &e),
		SR_CORRUPT, &e, "keys for 2 records, the entry has 3");
	k.count = 3;
	sr_entry_keys_free(&k);
	keys.subject = broken_subject;
	assert_fails(sr_entry_open(&en, T_ORIGIN, 17, sr_buf_view(&m.env), &keys, &e), SR_IO, &e,
		"key of record 0: the disk of " T_ITEM " is gone");
	unmake(&m);
}

/* Texts of every length around the padding steps, up to the cap and past it. */
static void test_sizes(void **state) {
	(void)state;
	const struct t_person p = t_person(1);
	struct t_ring ring = t_ring_new();
	const struct sr_keyring keys = t_keyring(&ring);
	const size_t overhead = 4 + 4 + SR_AEAD_OVERHEAD + SR_SALT; /* two lengths, seal, salt */
	const size_t most = SR_COMPARTMENT_MAX - overhead;
	const size_t sizes[] = {0, 1, 256 - overhead, 257 - overhead, 512 - overhead,
		513 - overhead, 1024 - overhead, 4096 - overhead, 4097 - overhead, most, most + 1};
	char *text = calloc(1, most + 2);
	assert_non_null(text);
	memset(text, 'x', most + 1);
	for (size_t i = 0; i < T_COUNT(sizes); i++) {
		struct sr_head h = t_head(&p, 1);
		struct sr_buf b, note, env;
		struct sr_statement s;
		struct sr_entry en;
		struct sr_err e;
		sr_buf_init(&b);
		sr_buf_init(&note);
		sr_buf_init(&env);
		struct sr_record r = t_record(SR_PERSONAL, p.name, "text", 0, "");
		r.text = sr_bytes_of(text, sizes[i]);
		sr_statement_begin(&b, SR_T_COMMENT, &h);
		sr_text_put(&b, "request", T_ITEM_HEX);
		sr_statement_put_text(&b, "text", r.salt, r.text);
		assert_ok(sr_statement_sign(&note, sr_buf_view(&b), p.name, p.seed, &e), &e);
		assert_ok(sr_statement_parse(&s, sr_buf_view(&note), &e), &e);
		const struct sr_entry_in in = {.origin = T_ORIGIN,
			.index = i,
			.epoch = &ring.epoch,
			.received = T_TIME,
			.statement = &s,
			.records = &r,
			.count = 1,
			.keys = &keys};
		if (sizes[i] > most) {
			assert_fails(
				sr_entry_seal(&env, &in, &e), SR_LIMIT, &e, "personal compartment");
		} else {
			assert_ok(sr_entry_seal(&env, &in, &e), &e);
			assert_true(env.len <= SR_ENTRY_MAX);
			size_t want = 256;
			while (want < sizes[i] + overhead)
				want *= 2;
			const size_t a = 26 + (size_t)sr_le16_get(env.p + 24);
			const size_t c = a + 2 + (size_t)sr_le16_get(env.p + a);
			assert_int_equal(sr_le16_get(env.p + c), want + SR_AEAD_OVERHEAD);
			assert_ok(
				sr_entry_open(&en, T_ORIGIN, i, sr_buf_view(&env), &keys, &e), &e);
			assert_true(sr_bytes_eq(en.records[0].text, r.text));
			sr_entry_free(&en);
		}
		sr_statement_free(&s);
		sr_buf_free(&b);
		sr_buf_free(&note);
		sr_buf_free(&env);
	}
	free(text);
}

/* Without memory nothing is known of an entry: whichever allocation fails, it is called neither
 * damaged, nor another's, nor erased. Of a founding, whose records are found through cards. */
static void test_memory(void **state) {
	(void)state;
	struct t_ring ring = t_ring_new();
	const struct sr_keyring keys = t_keyring(&ring);
	struct t_person p[3];
	struct sr_record rec[3];
	struct sr_buf text, note, env;
	struct sr_entry en;
	struct sr_err e;
	unsigned long nth = 0;
	int rc;
	sr_buf_init(&text);
	sr_buf_init(&note);
	sr_buf_init(&env);
	t_found_text(&text, 3);
	for (unsigned i = 0; i < 3; i++) {
		p[i] = t_person(i);
		rec[i] = t_record(SR_PERSONAL, p[i].name, "member", i, p[i].real);
		memcpy(rec[i].salt, p[i].salt, SR_SALT);
	}
	assert_ok(sr_statement_sign(&note, sr_buf_view(&text), p[0].name, p[0].seed, &e), &e);
	t_seal(&env, &ring, 0, sr_buf_view(&note), rec, 3);
	do {
		fail_allocation(++nth);
		rc = sr_entry_open(&en, T_ORIGIN, 0, sr_buf_view(&env), &keys, &e);
		fail_allocation(0);
		if (rc != 0)
			assert_int_equal(rc, SR_NOMEM);
	} while (rc != 0);
	assert_true(nth > 10);
	assert_int_equal(en.count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(en.records[i].state, SR_RECORD_READ);
	sr_entry_free(&en);
	sr_buf_free(&text);
	sr_buf_free(&note);
	sr_buf_free(&env);
}

static void test_record_body(void **state) {
	(void)state;
	struct sr_buf b;
	struct sr_bytes text;
	struct sr_err e;
	uint8_t salt[SR_SALT], got[SR_SALT];
	t_fill(salt, sizeof salt, 1);
	sr_buf_init(&b);
	sr_record_body(&b, salt, sr_bytes_str("words"));
	assert_ok(sr_record_body_read(got, &text, sr_buf_view(&b), &e), &e);
	assert_memory_equal(got, salt, SR_SALT);
	assert_true(sr_bytes_eq(text, sr_bytes_str("words")));
	assert_fails(sr_record_body_read(got, &text, sr_bytes_of(b.p, 31), &e), SR_CORRUPT, &e,
		"31 bytes");
	sr_buf_free(&b);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_nothing_in_clear),
		cmocka_unit_test(test_object_and_out),
		cmocka_unit_test(test_rewritten_index),
		cmocka_unit_test(test_moved),
		cmocka_unit_test(test_spliced),
		cmocka_unit_test(test_bound_without_random),
		cmocka_unit_test(test_mutants),
		cmocka_unit_test(test_erasure),
		cmocka_unit_test(test_disclosed),
		cmocka_unit_test(test_lie),
		cmocka_unit_test(test_seal_refuses),
		cmocka_unit_test(test_service_part),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_record_body),
	};
	struct sr_err e;
	if (sr_crypto_init(&e) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
