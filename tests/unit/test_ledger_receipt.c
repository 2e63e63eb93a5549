/*
 * Receipts: made at any size and since any size, carried on the wire and in files, checked by
 * somebody who holds only the ledger's key and a memory; forged, swapped, rolled back and forked
 * ones are refused by name.
 */
#include "ledger_fixture.h"

#include "ledger/receipt.h"

static uint8_t seed[SR_SEED], mac_key[SR_KEY];

struct vault {
	char *path;
	struct sr_dir *d;
	struct sr_ledger *l;
	struct t_ring ring;
	struct sr_buf note[8]; /* what was signed, per index */
	size_t count;
};

static void vault_new(struct vault *v, const char *origin) {
	const struct sr_ledger_opts o = {.origin = origin, .seed = seed, .mac_key = mac_key};
	struct sr_err e;
	*v = (struct vault){.path = t_tmp_new(), .ring = t_ring_new()};
	assert_ok(sr_dir_open(&v->d, v->path, &e), &e);
	assert_ok(sr_ledger_create(v->d, &o, &e), &e);
	assert_ok(sr_ledger_open(&v->l, v->d, &o, &e), &e);
}

/* Entry with statement number ${id}; person 1 recuses. */
static void add(struct vault *v, uint64_t id) {
	const struct t_person p = t_person(1);
	const struct sr_record r = t_record(SR_PERSONAL, p.name, "reason", 0, T_REASON);
	const uint8_t attachment[SR_ATTACHMENT] = {0};
	struct sr_buf env;
	struct sr_err e;
	sr_buf_init(&env);
	sr_buf_init(&v->note[v->count]);
	t_recuse(&v->note[v->count], &p, id);
	t_seal(&env, &v->ring, v->count, sr_buf_view(&v->note[v->count]), &r, 1);
	const struct sr_bytes entry = sr_buf_view(&env);
	assert_ok(sr_ledger_commit(v->l, &entry, 1, attachment, NULL, &e), &e);
	v->count++;
	sr_buf_free(&env);
}

static void vault_free(struct vault *v) {
	sr_ledger_abandon(v->l);
	sr_dir_close(v->d);
	for (size_t i = 0; i < v->count; i++)
		sr_buf_free(&v->note[i]);
	t_tmp_remove(v->path);
}

static bool all(void *ctx, enum sr_compartment c, const struct sr_record *r) {
	(void)ctx;
	(void)c;
	(void)r;
	return true;
}

static bool structural(void *ctx, enum sr_compartment c, const struct sr_record *r) {
	(void)ctx;
	return r == NULL && c == SR_STRUCTURAL;
}

static void receipt(struct sr_receipt *r, struct vault *v, uint64_t index, uint64_t since) {
	const struct sr_keyring keys = t_keyring(&v->ring);
	const struct sr_disclose d = {all, NULL};
	const struct sr_receipt_make m = {
		.ledger = v->l, .index = index, .since = since, .keys = &keys, .disclose = &d};
	struct sr_err e;
	assert_ok(sr_receipt_make(r, &m, &e), &e);
}

static struct sr_seen memory(struct vault *v) {
	const struct t_person p = t_person(1);
	const struct sr_head h = t_head(&p, 0);
	struct sr_seen s;
	struct sr_buf vkey;
	struct sr_err e;
	sr_buf_init(&vkey);
	sr_vkey_put(&vkey, sr_ledger_vkey(v->l));
	sr_buf_put_u8(&vkey, 0);
	assert_ok(
		sr_seen_init(&s, sr_ledger_origin(v->l), h.vault, (const char *)vkey.p, p.name, &e),
		&e);
	sr_buf_free(&vkey);
	return s;
}

static void test_round(void **state) {
	(void)state;
	struct vault v;
	struct sr_receipt r, again;
	struct sr_receipt_result res;
	struct sr_buf wire, wire2;
	struct sr_err e;
	vault_new(&v, T_ORIGIN);
	struct sr_seen seen = memory(&v);
	sr_buf_init_secret(&wire);
	sr_buf_init_secret(&wire2);
	for (uint64_t i = 0; i < 6; i++) {
		add(&v, i);
		receipt(&r, &v, i, seen.size);
		sr_buf_clear(&wire);
		sr_buf_clear(&wire2);
		assert_ok(sr_receipt_encode(&wire, &r, &e), &e);
		assert_ok(sr_receipt_decode(&again, sr_buf_view(&wire), &e), &e);
		assert_ok(sr_receipt_encode(&wire2, &again, &e), &e);
		assert_true(sr_bytes_eq(sr_buf_view(&wire), sr_buf_view(&wire2)));
		const struct sr_receipt_check c = {
			.seen = &seen, .expected = sr_buf_view(&v.note[i])};
		assert_ok(sr_receipt_verify(&res, &again, &c, &e), &e);
		assert_int_equal(res.seen.size, i + 1);
		assert_int_equal(res.entry.received, T_TIME + 1);
		assert_int_equal(res.entry.records[0].state, SR_RECORD_READ);
		assert_true(sr_bytes_eq(res.entry.records[0].text, sr_bytes_str(T_REASON)));
		seen = res.seen;
		sr_entry_free(&res.entry);
		sr_receipt_free(&r);
		sr_receipt_free(&again);
	}
	sr_buf_free(&wire);
	sr_buf_free(&wire2);
	vault_free(&v);
}

/* A tool that knows C2SP alone: leaf out of `extra`, proof, checkpoint. */
static void test_files(void **state) {
	(void)state;
	struct vault v;
	struct sr_receipt r, again;
	struct sr_tlogproof p;
	struct sr_buf file;
	struct sr_err e;
	uint8_t leaf[SR_HASH];
	vault_new(&v, T_ORIGIN);
	for (uint64_t i = 0; i < 5; i++)
		add(&v, i);
	receipt(&r, &v, 2, 1);
	assert_ok(sr_receipt_save(v.d, "vote-1", &r, &e), &e);
	assert_fails(sr_receipt_save(v.d, "vote-1", &r, &e), SR_EXISTS, &e, "vote-1");
	sr_buf_init(&file);
	t_read_file(t_path(v.path, "vote-1.tlog-proof"), &file);
	assert_ok(sr_tlogproof_parse(&p, sr_buf_view(&file), &e), &e);
	sr_leaf_hash(leaf, p.extra);
	const struct sr_log log = {T_ORIGIN, sr_ledger_vkey(v.l), 1};
	assert_ok(sr_tlogproof_verify(NULL, &p, leaf, &log, NULL, &e), &e);
	sr_tlogproof_free(&p);
	assert_ok(sr_receipt_load(&again, v.d, "vote-1", &e), &e);
	const struct sr_seen seen = memory(&v);
	const struct sr_receipt_check c = {.seen = &seen, .expected = sr_buf_view(&v.note[2])};
	struct sr_receipt_result res;
	assert_ok(sr_receipt_verify(&res, &again, &c, &e), &e);
	sr_entry_free(&res.entry);
	sr_receipt_free(&again);
	/* keys of another receipt do not go with it */
	sr_receipt_free(&r);
	receipt(&r, &v, 3, 0);
	assert_ok(sr_receipt_save(v.d, "vote-2", &r, &e), &e);
	sr_buf_clear(&file);
	t_read_file(t_path(v.path, "vote-2.keys"), &file);
	t_write_file(t_path(v.path, "vote-1.keys"), file.p, file.len);
	assert_fails(sr_receipt_load(&again, v.d, "vote-1", &e), SR_CORRUPT, &e,
		"keys of entry 3, proof of entry 2");
	/* Names, bytes and leaves that no receipt has. */
	char name[202];
	memset(name, 'n', 201);
	name[201] = '\0';
	assert_fails(sr_receipt_save(v.d, name, &r, &e), SR_LIMIT, &e,
		"receipt: a name of 201 bytes, want at most 200");
	sr_receipt_free(&r);
	sr_buf_put_zero(&file, SR_RECEIPT_MAX + 1 - file.len);
	assert_fails(sr_receipt_decode(&again, sr_buf_view(&file), &e), SR_LIMIT, &e,
		"receipt: have 262145 bytes, want at most 262144");
	sr_buf_clear(&file);
	t_read_file(t_path(v.path, "vote-2.tlog-proof"), &file);
	assert_ok(sr_tlogproof_parse(&p, sr_buf_view(&file), &e), &e);
	p.extra.len = 0;
	struct sr_buf bare;
	sr_buf_init(&bare);
	assert_ok(sr_tlogproof_put(&bare, &p, &e), &e);
	t_write_file(t_path(v.path, "vote-2.tlog-proof"), bare.p, bare.len);
	assert_fails(sr_receipt_load(&again, v.d, "vote-2", &e), SR_CORRUPT, &e,
		"the leaf has 0 bytes, want 1 to 65535");
	sr_tlogproof_free(&p);
	sr_buf_free(&bare);
	sr_buf_free(&file);
	vault_free(&v);
}

static void refuse(const struct sr_receipt *r, const struct sr_receipt_check *c, const char *text) {
	struct sr_receipt_result res;
	struct sr_err e;
	assert_fails(sr_receipt_verify(&res, r, c, &e), SR_AUTH, &e, text);
}

static void test_refused(void **state) {
	(void)state;
	struct vault v, other;
	struct sr_receipt r, r2;
	struct sr_err e;
	vault_new(&v, T_ORIGIN);
	vault_new(&other, T_ORIGIN);
	for (uint64_t i = 0; i < 5; i++) {
		add(&v, i);
		add(&other, i == 1 ? 100 : i); /* another history */
	}
	struct sr_seen seen = memory(&v);
	struct sr_receipt_check c = {.seen = &seen, .expected = sr_buf_view(&v.note[1])};
	receipt(&r, &v, 2, 0);
	refuse(&r, &c, "other bytes than were signed");
	c.expected = sr_buf_view(&v.note[2]);
	r.keys.have[SR_STRUCTURAL] = false;
	refuse(&r, &c, "no key that opens");
	r.keys.have[SR_STRUCTURAL] = true;
	r.keys.key[SR_STRUCTURAL][5] ^= 1;
	refuse(&r, &c, "commitment");
	r.keys.key[SR_STRUCTURAL][5] ^= 1;
	r.leaf.p[40] ^= 1;
	refuse(&r, &c, "tlog proof");
	r.leaf.p[40] ^= 1;
	r.index = 3;
	refuse(&r, &c, "tlog proof");
	r.index = 2;
	/* memory: larger, equal with another root, and a proof from elsewhere */
	seen.size = 6;
	refuse(&r, &c, "shows 5 entries, 6 were verified before");
	seen.size = 5;
	sr_ledger_root(seen.root, other.l);
	refuse(&r, &c, "forked");
	assert_ok(sr_ledger_root_at(other.l, 3, seen.root, &e), &e);
	seen.size = 3;
	refuse(&r, &c, "starts at 0, want 3");
	receipt(&r2, &v, 2, 3);
	refuse(&r2, &c, "receipt of entry 2");
	assert_ok(sr_ledger_root_at(v.l, 3, seen.root, &e), &e);
	struct sr_receipt_result res;
	assert_ok(sr_receipt_verify(&res, &r2, &c, &e), &e);
	sr_entry_free(&res.entry);
	/* by itself an old receipt is still good, and moves no memory */
	c.ignore_size = true;
	seen.size = 3;
	assert_ok(sr_receipt_verify(&res, &r, &c, &e), &e);
	assert_int_equal(res.seen.size, 3);
	sr_entry_free(&res.entry);
	c.ignore_size = false;
	seen.vault[0] ^= 1;
	refuse(&r2, &c, "another vault");
	seen.vault[0] ^= 1;
	seen.origin[0] = 'V';
	refuse(&r2, &c, "of the ledger " T_ORIGIN);
	sr_receipt_free(&r);
	sr_receipt_free(&r2);
	vault_free(&v);
	vault_free(&other);
}

static void test_other_key(void **state) {
	(void)state;
	struct vault v;
	struct sr_receipt r;
	vault_new(&v, T_ORIGIN);
	add(&v, 0);
	receipt(&r, &v, 0, 0);
	seed[0] ^= 1;
	struct vault w;
	vault_new(&w, T_ORIGIN);
	seed[0] ^= 1;
	const struct sr_seen seen = memory(&w);
	const struct sr_receipt_check c = {.seen = &seen};
	refuse(&r, &c, "tlog proof");
	sr_receipt_free(&r);
	vault_free(&v);
	vault_free(&w);
}

static void test_disclosure(void **state) {
	(void)state;
	struct vault v;
	struct sr_receipt r;
	struct sr_receipt_result res;
	struct sr_err e;
	vault_new(&v, T_ORIGIN);
	add(&v, 0);
	const struct sr_keyring keys = t_keyring(&v.ring);
	const struct sr_disclose d = {structural, NULL};
	const struct sr_receipt_make m = {.ledger = v.l, .keys = &keys, .disclose = &d};
	assert_ok(sr_receipt_make(&r, &m, &e), &e);
	const struct sr_seen seen = memory(&v);
	const struct sr_receipt_check c = {.seen = &seen, .expected = sr_buf_view(&v.note[0])};
	assert_ok(sr_receipt_verify(&res, &r, &c, &e), &e);
	assert_int_equal(res.entry.records[0].state, SR_RECORD_CLOSED);
	sr_entry_free(&res.entry);
	sr_receipt_free(&r);
	const struct sr_receipt_make beyond = {
		.ledger = v.l, .index = 1, .keys = &keys, .disclose = &d};
	assert_fails(sr_receipt_make(&r, &beyond, &e), SR_NOTFOUND, &e, "receipt of entry 1");
	const struct sr_receipt_make ahead = {
		.ledger = v.l, .since = 2, .keys = &keys, .disclose = &d};
	assert_fails(sr_receipt_make(&r, &ahead, &e), SR_NOTFOUND, &e, "size 2");
	vault_free(&v);
}

struct mutants {
	const struct sr_seen *seen;
	struct sr_bytes expected;
};

/* A mutant fails, or is one in what nothing depends on (a signature line of an unknown key does not
 * exist here). */
static void must_fail(void *ctx, struct sr_bytes mutant, const char *what) {
	const struct mutants *m = ctx;
	const struct sr_receipt_check c = {.seen = m->seen, .expected = m->expected};
	struct sr_receipt_result res;
	struct sr_receipt r;
	if (sr_receipt_decode(&r, mutant, NULL) != 0)
		return;
	if (sr_receipt_verify(&res, &r, &c, NULL) == 0) {
		if (res.entry.records[0].state == SR_RECORD_READ)
			fail_msg("%s: it verifies", what);
		sr_entry_free(&res.entry);
	}
	sr_receipt_free(&r);
}

/* A line of the keys that somebody changed, and which one it is. */
static void test_lines(void **state) {
	static const char key[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
	static const struct {
		const char *line, *to; /* the line that begins so, as it is instead; K is a key */
		const char *says;
	} rows[] = {
		{"index ", "index two", "line 3: want `index` and a number"},
		{"index ", "entry 2", "line 3: want `index` and a number"},
		{"compartment structural", "compartment basement K",
			"line 4 is not a compartment and its key, in order"},
		{"compartment structural", "compartment structural short",
			"line 4 is not a compartment and its key, in order"},
		{"compartment structural", "compartment personal K",
			" is not a compartment and its key, in order"},
		{"records ", "records many", "want `records` and a number"},
		{"record 0 ", "record 9 K", " is not a record and its key, in order"},
		{"record 0 ", "record 0 short", " is not a record and its key, in order"},
		{"since ", "since then", "want `since` and a number"},
		{"node ", "node short", " is not one of at most 64 nodes"},
		{"node ", "edge K", " is unknown or out of place"},
	};
	struct sr_receipt r, again;
	struct sr_buf wire, other;
	struct sr_err e = {0};
	struct vault v;

	(void)state;
	vault_new(&v, T_ORIGIN);
	for (uint64_t i = 0; i < 4; i++)
		add(&v, i);
	receipt(&r, &v, 2, 1);
	sr_buf_init(&wire);
	sr_buf_init(&other);
	assert_ok(sr_receipt_encode(&wire, &r, &e), &e);
	sr_receipt_free(&r);
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		char line[40];
		const int len = snprintf(line, sizeof line, "\n%s", rows[i].line);
		const uint8_t *at = memmem(wire.p, wire.len, line, (size_t)len), *end;

		if (at == NULL)
			fail_msg("row %zu: there is no line %s", i, rows[i].line);
		at++;
		end = memchr(at, '\n', wire.len - (size_t)(at - wire.p));
		assert_non_null(end);
		sr_buf_clear(&other);
		sr_buf_put(&other, wire.p, (size_t)(at - wire.p));
		for (const char *c = rows[i].to; *c != '\0'; c++)
			if (*c == 'K')
				sr_buf_put_str(&other, key);
			else
				sr_buf_put_u8(&other, (uint8_t)*c);
		sr_buf_put(&other, end, wire.len - (size_t)(end - wire.p));
		assert_fails(sr_receipt_decode(&again, sr_buf_view(&other), &e), SR_CORRUPT, &e,
			rows[i].says);
		assert_int_equal(strncmp(e.text, "receipt: ", 9), 0);
	}
	sr_buf_free(&wire);
	sr_buf_free(&other);
	vault_free(&v);
}

static void test_mutants(void **state) {
	(void)state;
	struct vault v;
	struct sr_receipt r;
	struct sr_buf wire;
	struct sr_err e;
	vault_new(&v, T_ORIGIN);
	for (uint64_t i = 0; i < 3; i++)
		add(&v, i);
	struct sr_seen seen = memory(&v);
	assert_ok(sr_ledger_root_at(v.l, 1, seen.root, &e), &e);
	seen.size = 1;
	receipt(&r, &v, 2, 1);
	sr_buf_init(&wire);
	assert_ok(sr_receipt_encode(&wire, &r, &e), &e);
	struct mutants m = {&seen, sr_buf_view(&v.note[2])};
	for (size_t cut = 0; cut < wire.len; cut++)
		must_fail(&m, sr_bytes_of(wire.p, cut), "cut");
	for (size_t at = 0; at < wire.len; at++) {
		const uint8_t bit = (uint8_t)(1U << (at % 7));
		wire.p[at] ^= bit;
		must_fail(&m, sr_buf_view(&wire), "flip");
		wire.p[at] ^= bit;
	}
	sr_buf_free(&wire);
	sr_receipt_free(&r);
	vault_free(&v);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_other_key),
		cmocka_unit_test(test_disclosure),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_mutants),
	};
	struct sr_err e;
	if (sr_crypto_init(&e) != 0)
		return 1;
	t_fill(seed, sizeof seed, 1);
	t_fill(mac_key, sizeof mac_key, 2);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
