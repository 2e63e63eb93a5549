/*
 * fuzz_ledger_receipt - receipts on the wire: refused, or written back as they were read; one that
 * verifies shows an entry of our ledger at its index, whatever memory it is checked against.
 *
 * Input: u8 what the holder remembers (0, 1 or 4 entries), then the receipt. The ledger has six
 * entries, all made from fixed keys.
 */
#include "fuzz_files.h"
#include "fuzz_merkle.h"

#include "../unit/ledger_fixture.h"

#include "ledger/receipt.h"

enum {
	ENTRIES = 6
};

struct vault {
	struct sr_ledger *ledger;
	struct sr_dir *dir;
	struct t_ring ring;
	struct sr_buf note[ENTRIES];
	uint8_t root[ENTRIES + 1][SR_HASH];
};

/* Made once, in the folder. */
static struct vault *vault(void) {
	static struct vault v;
	static bool made;
	const struct t_person p = t_person(1);
	const uint8_t attachment[SR_ATTACHMENT] = {0};
	struct fuzz_key k;
	struct sr_err e;
	if (made)
		return &v;
	made = true;
	fuzz_log_key(&k);
	const struct sr_ledger_opts o = {.origin = T_ORIGIN, .seed = k.seed, .mac_key = k.seed};
	v.ring = t_ring_new();
	assert_ok(sr_dir_open(&v.dir, fuzz_folder(), &e), &e);
	assert_ok(sr_ledger_create(v.dir, &o, &e), &e);
	assert_ok(sr_ledger_open(&v.ledger, v.dir, &o, &e), &e);
	sr_ledger_root(v.root[0], v.ledger);
	for (uint64_t i = 0; i < ENTRIES; i++) {
		const struct sr_record r = t_record(SR_PERSONAL, p.name, "reason", 0, T_REASON);
		struct sr_buf env;
		sr_buf_init(&env);
		sr_buf_init(&v.note[i]);
		t_recuse(&v.note[i], &p, i);
		t_seal(&env, &v.ring, i, sr_buf_view(&v.note[i]), &r, 1);
		const struct sr_bytes entry = sr_buf_view(&env);
		assert_ok(sr_ledger_commit(v.ledger, &entry, 1, attachment, NULL, &e), &e);
		sr_ledger_root(v.root[i + 1], v.ledger);
		sr_buf_free(&env);
	}
	return &v;
}

static struct sr_seen memory(const struct vault *v, uint64_t size) {
	const struct t_person p = t_person(1);
	const struct sr_head h = t_head(&p, 0);
	struct sr_seen s;
	struct sr_buf b;
	struct sr_err e;
	sr_buf_init(&b);
	sr_vkey_put(&b, sr_ledger_vkey(v->ledger));
	char *vkey = fuzz_str(sr_buf_view(&b));
	assert_ok(sr_seen_init(&s, T_ORIGIN, h.vault, vkey, p.name, &e), &e);
	s.size = size;
	memcpy(s.root, v->root[size], SR_HASH);
	free(vkey);
	sr_buf_free(&b);
	return s;
}

static void check_verified(struct vault *v, const struct sr_receipt *r, uint64_t size) {
	const struct sr_seen seen = memory(v, size);
	const struct sr_receipt_check any = {.seen = &seen};
	struct sr_receipt_check that = {.seen = &seen};
	struct sr_receipt_result res;
	struct sr_err e;
	if (sr_receipt_verify(&res, r, &any, &e) != 0)
		return;
	MUST(r->index < ENTRIES && res.entry.index == r->index);
	MUST(sr_bytes_eq(sr_buf_view(&res.entry.statement.note), sr_buf_view(&v->note[r->index])));
	MUST(res.seen.size >= size && res.seen.size <= ENTRIES);
	MUST(memcmp(res.seen.root, v->root[res.seen.size], SR_HASH) == 0);
	sr_entry_free(&res.entry);
	that.expected = sr_buf_view(&v->note[(r->index + 1) % ENTRIES]);
	MUST(sr_receipt_verify(&res, r, &that, &e) == SR_AUTH);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static const uint64_t known[] = {0, 1, 4};
	struct sr_bytes in = sr_bytes_of(data, size);
	struct sr_receipt r;
	struct sr_buf again;
	struct sr_err e;
	fuzz_start();
	struct vault *v = vault();
	uint64_t since = known[fuzz_u8(&in) % 3];
	if (sr_receipt_decode(&r, in, &e) != 0)
		return 0;
	sr_buf_init_secret(&again);
	assert_ok(sr_receipt_encode(&again, &r, &e), &e);
	MUST(sr_bytes_eq(sr_buf_view(&again), in));
	check_verified(v, &r, since);
	sr_buf_free(&again);
	sr_receipt_free(&r);
	return 0;
}

static bool all(void *ctx, enum sr_compartment c, const struct sr_record *r) {
	(void)c;
	(void)r;
	return ctx == NULL || (c == SR_STRUCTURAL && r == NULL);
}

static void seed(struct vault *v, const char *name, uint8_t which, uint64_t index, uint64_t since) {
	const struct sr_keyring keys = t_keyring(&v->ring);
	const struct sr_disclose d = {all, which == 2 ? v : NULL};
	const struct sr_receipt_make m = {
		.ledger = v->ledger, .index = index, .since = since, .keys = &keys, .disclose = &d};
	const char head = (char)which;
	struct sr_receipt r;
	struct sr_buf b;
	struct sr_err e;
	sr_buf_init_secret(&b);
	assert_ok(sr_receipt_make(&r, &m, &e), &e);
	assert_ok(sr_receipt_encode(&b, &r, &e), &e);
	fuzz_seed_with(name, &head, 1, sr_buf_view(&b));
	sr_receipt_free(&r);
	sr_buf_free(&b);
}

void fuzz_seeds(void) {
	fuzz_start();
	struct vault *v = vault();
	seed(v, "first", 0, 2, 0);
	seed(v, "since-1", 1, 5, 1);
	seed(v, "since-4-structural", 2, 3, 4);
}
