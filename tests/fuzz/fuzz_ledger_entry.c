/*
 * fuzz_ledger_entry - envelopes of ledger entries, opened with known keys.
 *
 * Input: u8 mode, then
 *   0  an envelope
 *   1  u8 flags, u16 size of the structural and u16 of the descriptive part, then the three parts:
 *      sealed here, so that what is fuzzed is what a writer with all keys could put in. Bit c of
 * the flags: part c is the whole plaintext of its compartment; else it gets its length and padding.
 * What opens can be sealed again from what was read, and disclosed, and both read the same.
 */
#include "fuzz_merkle.h"

#include "../unit/ledger_fixture.h"

enum {
	INDEX = 5
};

static bool all(void *ctx, enum sr_compartment c, const struct sr_record *r) {
	(void)ctx;
	(void)c;
	(void)r;
	return true;
}

static void must_equal(const struct sr_entry *a, const struct sr_entry *b) {
	MUST(sr_bytes_eq(sr_buf_view(&a->statement.note), sr_buf_view(&b->statement.note)));
	MUST(a->received == b->received && a->count == b->count && a->has_object == b->has_object);
	for (size_t i = 0; i < a->count; i++) {
		MUST(strcmp(a->records[i].subject, b->records[i].subject) == 0);
		MUST(a->records[i].state == b->records[i].state);
		MUST(sr_bytes_eq(a->records[i].text, b->records[i].text));
	}
}

static void check_disclosed(
	const struct sr_entry *en, struct sr_bytes env, const struct sr_keyring *ring) {
	const struct sr_disclose d = {all, NULL};
	struct sr_entry_keys keys;
	struct sr_entry again;
	struct sr_err e;
	assert_ok(sr_entry_disclose(&keys, T_ORIGIN, INDEX, env, ring, &d, &e), &e);
	assert_ok(sr_entry_open_disclosed(&again, T_ORIGIN, INDEX, env, &keys, &e), &e);
	must_equal(en, &again);
	sr_entry_free(&again);
	sr_entry_keys_free(&keys);
}

static void check_sealed_again(
	const struct sr_entry *en, struct t_ring *ring, const struct sr_keyring *keys) {
	struct sr_entry again;
	struct sr_buf env;
	struct sr_err e;
	struct sr_entry_in in = {.origin = T_ORIGIN,
		.index = INDEX,
		.epoch = &ring->epoch,
		.received = en->received,
		.has_object = en->has_object,
		.statement = &en->statement,
		.records = en->records,
		.count = en->count,
		.keys = keys};
	memcpy(in.object, en->object, SR_HASH);
	for (size_t i = 0; i < en->count; i++)
		if (en->records[i].state != SR_RECORD_READ)
			return; /* its text is not here */
	sr_buf_init(&env);
	assert_ok(sr_entry_seal(&env, &in, &e), &e);
	assert_ok(sr_entry_open(&again, T_ORIGIN, INDEX, sr_buf_view(&env), keys, &e), &e);
	must_equal(en, &again);
	sr_entry_free(&again);
	sr_buf_free(&env);
}

static void check(struct sr_bytes env) {
	struct t_ring ring = t_ring_new();
	const struct sr_keyring keys = t_keyring(&ring);
	struct sr_entry en;
	struct sr_err e;
	uint32_t epoch = 0;
	int rc = sr_entry_open(&en, T_ORIGIN, INDEX, env, &keys, &e);
	MUST(sr_entry_epoch(&epoch, env, &e) == 0 || rc != 0);
	if (rc != 0)
		return;
	MUST(epoch == ring.epoch.number && en.epoch == epoch && en.index == INDEX);
	check_disclosed(&en, env, &keys);
	check_sealed_again(&en, &ring, &keys);
	sr_entry_free(&en);
}

/* Key and associated data of one compartment, from the format in ledger/entry.h. */
static void seal_part(struct sr_buf *env, const struct t_ring *ring, int c,
	const uint8_t kid[SR_KID], struct sr_bytes plain) {
	const uint8_t which = (uint8_t)c;
	uint8_t key[SR_KEY], index[8];
	struct sr_buf ad, sealed;
	struct sr_err e;
	sr_le64_put(index, INDEX);
	SR_HASH_OF(key, "strongroom/entry-key/v1", ring->epoch.key[c], sr_bytes_str(T_ORIGIN),
		sr_bytes_of(index, 8), sr_bytes_of(&which, 1), sr_bytes_of(kid, SR_KID));
	sr_buf_init(&ad);
	sr_buf_init(&sealed);
	sr_buf_put_lp(&ad, sr_bytes_str(T_ORIGIN));
	sr_buf_put_le64(&ad, INDEX);
	sr_buf_put_u8(&ad, which);
	sr_buf_put_bytes(&ad, sr_buf_view(env));
	assert_ok(sr_aead_seal_buf(&sealed, key, "strongroom/entry-compartment/v1",
			  sr_buf_view(&ad), plain, &e),
		&e);
	sr_buf_put_le16(env, (uint16_t)sealed.len);
	sr_buf_put_bytes(env, sr_buf_view(&sealed));
	assert_ok(sr_buf_ok(env, &e), &e);
	sr_buf_free(&ad);
	sr_buf_free(&sealed);
}

static void seal_parts(struct sr_bytes in) {
	struct t_ring ring = t_ring_new();
	struct sr_bytes part[SR_COMPARTMENTS];
	uint8_t kid[SR_KID];
	struct sr_buf env, plain;
	uint8_t flags = fuzz_u8(&in);
	size_t a = fuzz_u16(&in), b = fuzz_u16(&in);
	part[0] = fuzz_take(&in, a);
	part[1] = fuzz_take(&in, b);
	part[2] = in;
	fuzz_random_at = 0;
	fuzz_random(kid, sizeof kid); /* the kid of real entries made here, so their records open */
	sr_buf_init(&env);
	sr_buf_init(&plain);
	sr_buf_put_str(&env, "SRE1");
	sr_buf_put_le32(&env, ring.epoch.number);
	sr_buf_put(&env, kid, sizeof kid);
	for (int c = 0; c < SR_COMPARTMENTS; c++) {
		size_t cap = c == SR_STRUCTURAL ? SR_STRUCTURAL_MAX : SR_COMPARTMENT_MAX;
		size_t size = 256;
		sr_buf_clear(&plain);
		if (part[c].len > cap - 4)
			part[c].len = cap - 4;
		if ((flags >> c) & 1) {
			sr_buf_put_bytes(&plain, part[c]);
		} else {
			while (size < part[c].len + 4)
				size *= 2;
			sr_buf_put_lp(&plain, part[c]);
			sr_buf_put_zero(&plain, (size < cap ? size : cap) - 4 - part[c].len);
		}
		seal_part(&env, &ring, c, kid, sr_buf_view(&plain));
	}
	check(sr_buf_view(&env));
	sr_buf_free(&env);
	sr_buf_free(&plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	fuzz_start();
	if (fuzz_u8(&in) % 2 == 0)
		check(in);
	else
		seal_parts(in);
	return 0;
}

/* The parts of ${env} as mode 1 takes them. */
static void seed_parts(const char *name, struct sr_bytes env, const struct t_ring *ring) {
	struct sr_buf out, plain[SR_COMPARTMENTS];
	struct sr_err e;
	size_t at = 24;
	sr_buf_init(&out);
	for (int c = 0; c < SR_COMPARTMENTS; c++) {
		const uint8_t which = (uint8_t)c;
		uint8_t key[SR_KEY], index[8];
		struct sr_buf ad;
		sr_le64_put(index, INDEX);
		SR_HASH_OF(key, "strongroom/entry-key/v1", ring->epoch.key[c],
			sr_bytes_str(T_ORIGIN), sr_bytes_of(index, 8), sr_bytes_of(&which, 1),
			sr_bytes_of(env.p + 8, SR_KID));
		sr_buf_init(&ad);
		sr_buf_init(&plain[c]);
		sr_buf_put_lp(&ad, sr_bytes_str(T_ORIGIN));
		sr_buf_put_le64(&ad, INDEX);
		sr_buf_put_u8(&ad, which);
		sr_buf_put(&ad, env.p, at);
		size_t len = sr_le16_get(env.p + at);
		assert_ok(sr_aead_open_buf(&plain[c], key, "strongroom/entry-compartment/v1",
				  sr_buf_view(&ad), sr_bytes_of(env.p + at + 2, len), &e),
			&e);
		at += 2 + len;
		sr_buf_free(&ad);
	}
	sr_buf_put_u8(&out, 1);
	sr_buf_put_u8(&out, 0);
	sr_buf_put_le16(&out, (uint16_t)sr_le32_get(plain[0].p));
	sr_buf_put_le16(&out, (uint16_t)sr_le32_get(plain[1].p));
	for (int c = 0; c < SR_COMPARTMENTS; c++) {
		sr_buf_put(&out, plain[c].p + 4, sr_le32_get(plain[c].p));
		sr_buf_free(&plain[c]);
	}
	fuzz_seed(name, sr_buf_view(&out));
	sr_buf_free(&out);
}

static void seed_entry(
	const char *name, struct sr_buf *note, const struct sr_record *records, size_t count) {
	struct t_ring ring = t_ring_new();
	struct sr_buf env;
	char sealed[64];
	sr_buf_init(&env);
	fuzz_random_at = 0;
	t_seal(&env, &ring, INDEX, sr_buf_view(note), records, count);
	(void)snprintf(sealed, sizeof sealed, "%s-sealed", name);
	fuzz_seed_with(sealed, "\0", 1, sr_buf_view(&env));
	seed_parts(name, sr_buf_view(&env), &ring);
	sr_buf_free(&env);
	sr_buf_clear(note);
}

void fuzz_seeds(void) {
	const struct t_person p = t_person(1);
	struct sr_buf note;
	fuzz_start();
	sr_buf_init(&note);
	const struct sr_record describe[] = {t_record(SR_DESCRIPTIVE, T_ITEM, "title", 0, T_TITLE),
		t_record(SR_DESCRIPTIVE, T_ITEM, "keyword", 0, T_KEYWORD_0),
		t_record(SR_DESCRIPTIVE, T_ITEM, "keyword", 1, T_KEYWORD_1)};
	const struct sr_record reason = t_record(SR_PERSONAL, p.name, "reason", 0, T_REASON);
	struct sr_record out = reason;
	out.out = true;
	t_fill(out.object_id, SR_HASH, 4);
	t_describe(&note, &p, 1);
	seed_entry("describe", &note, describe, 3);
	t_recuse(&note, &p, 2);
	seed_entry("recuse", &note, &reason, 1);
	t_recuse(&note, &p, 2);
	seed_entry("recuse-out", &note, &out, 1);
	t_recuse(&note, &p, 2);
	seed_entry("recuse-bare", &note, NULL, 0);
	sr_buf_free(&note);
}
