/*
 * Entries read ahead: the same ones in the same order as one by one, from any index; a damaged
 * bundle is named, and what lies before it is given out.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger/feed.h"
#include "util.h"

enum {
	COUNT = 256 * 9 + 77 /* more bundles than are read ahead, and a tail in the journal */
};
#define ORIGIN "archive.example.org/vault"

struct rig {
	char *path;
	struct sr_dir *dir;
	struct sr_ledger *ledger;
	struct sr_epoch epoch;
	uint8_t seed[SR_SEED], mac[SR_KEY];
	struct sr_keyring ring;
	struct sr_err e;
};

static int epoch_key(
	void *ctx, uint32_t n, enum sr_compartment c, uint8_t key[SR_KEY], struct sr_err *e) {
	const struct rig *r = ctx;

	if (n != 1)
		return sr_fail(e, SR_NOTFOUND, "no key of epoch %u", n);
	memcpy(key, r->epoch.key[c], SR_KEY);
	return 0;
}

static int no_subject(void *ctx, uint32_t epoch, enum sr_compartment c, const char *subject,
	uint8_t key[SR_KEY], struct sr_err *e) {
	(void)epoch;
	(void)ctx;
	(void)c;
	(void)key;
	return sr_fail(e, SR_NOTFOUND, "%s", subject);
}

/* Entry ${i} is a `close` of grant ${i}. */
static void seal(struct rig *r, uint64_t i, struct sr_buf *out) {
	struct sr_head h = {.time = 1800000000 + (int64_t)i, .seen_size = 1};
	struct sr_statement s = {0};
	struct sr_entry_in in = {.origin = ORIGIN, .index = i, .epoch = &r->epoch};
	struct sr_buf text, note;
	uint8_t id[SR_ID] = {0}, pk[SR_PK];

	sr_buf_init(&text);
	sr_buf_init(&note);
	sr_le64_put(id, i);
	memcpy(h.id, id, SR_ID);
	sr_sign_public(pk, r->seed);
	sr_person_name(h.actor, pk);
	sr_statement_begin(&text, SR_T_CLOSE, &h);
	sr_text_put_hex(&text, "grant", id, SR_ID);
	assert_ok(sr_statement_sign(&note, sr_buf_view(&text), h.actor, r->seed, &r->e), &r->e);
	assert_ok(sr_statement_parse(&s, sr_buf_view(&note), &r->e), &r->e);
	in.received = h.time;
	in.statement = &s;
	in.keys = &r->ring;
	assert_ok(sr_entry_seal(out, &in, &r->e), &r->e);
	sr_statement_free(&s);
	sr_buf_free(&text);
	sr_buf_free(&note);
}

static void begin(struct rig *r) {
	static const uint8_t attachment[SR_ATTACHMENT], secret[SR_KEY] = {3};
	const struct sr_ledger_opts o = {.origin = ORIGIN, .seed = r->seed, .mac_key = r->mac};

	memset(r, 0, sizeof *r);
	assert_ok(sr_crypto_init(&r->e), &r->e);
	t_fill(r->seed, SR_SEED, 1);
	t_fill(r->mac, SR_KEY, 2);
	sr_epoch_derive(&r->epoch, 1, secret);
	r->ring = (struct sr_keyring){epoch_key, no_subject, r};
	r->path = t_tmp_new();
	assert_ok(sr_dir_open(&r->dir, r->path, &r->e), &r->e);
	assert_ok(sr_ledger_create(r->dir, &o, &r->e), &r->e);
	assert_ok(sr_ledger_open(&r->ledger, r->dir, &o, &r->e), &r->e);
	for (uint64_t at = 0; at < COUNT;) {
		struct sr_buf b[SR_COMMIT_LEAVES];
		struct sr_bytes view[SR_COMMIT_LEAVES];
		size_t n = 0;

		for (; n < SR_COMMIT_LEAVES && at < COUNT; n++, at++) {
			sr_buf_init(&b[n]);
			seal(r, at, &b[n]);
			view[n] = sr_buf_view(&b[n]);
		}
		assert_ok(sr_ledger_commit(r->ledger, view, n, attachment, NULL, &r->e), &r->e);
		for (size_t i = 0; i < n; i++)
			sr_buf_free(&b[i]);
	}
}

static void end(struct rig *r) {
	sr_ledger_abandon(r->ledger);
	sr_dir_close(r->dir);
	t_tmp_remove(r->path);
}

static struct sr_feed *feed(struct rig *r, uint64_t from) {
	const struct sr_feed_options o = {
		.ledger = r->ledger, .origin = ORIGIN, .keys = &r->ring, .from = from};
	struct sr_feed *f = NULL;

	assert_ok(sr_feed_new(&f, &o, &r->e), &r->e);
	return f;
}

static void take(struct rig *r, struct sr_feed *f, uint64_t index) {
	struct sr_entry en;
	uint8_t id[SR_ID], want[SR_ID] = {0};

	assert_ok(sr_feed_take(f, index, &en, &r->e), &r->e);
	assert_int_equal(en.index, index);
	assert_ok(sr_field_id(id, &en.statement, "grant", 0, &r->e), &r->e);
	sr_le64_put(want, index);
	assert_memory_equal(id, want, SR_ID);
	if (index % 3 == 0) {
		sr_entry_free(&en);
		return;
	}
	sr_feed_done(f, &en);
	assert_null(en.records);
	assert_null(en.statement.type);
}

/* More than are kept to be freed by others, given back at once: each is freed by somebody (a leak
 * is valgrind's and asan's to find), and the next one is whole. */
static void test_given_back(void **state) {
	static struct sr_entry en[600];
	struct sr_feed *f;
	struct rig r;

	(void)state;
	begin(&r);
	f = feed(&r, 0);
	for (uint64_t i = 0; i < 600; i++)
		assert_ok(sr_feed_take(f, i, &en[i], &r.e), &r.e);
	for (uint64_t i = 0; i < 600; i++) {
		assert_int_equal(en[i].index, i);
		sr_feed_done(f, &en[i]);
		assert_null(en[i].statement.type);
	}
	for (uint64_t i = 600; i < 1200; i++)
		take(&r, f, i);
	sr_feed_free(f); /* with some that wait for it */
	end(&r);
}

static void test_order(void **state) {
	struct sr_entry en;
	struct rig r;
	struct sr_feed *f;

	(void)state;
	begin(&r);
	f = feed(&r, 0);
	for (uint64_t i = 0; i < COUNT; i++)
		take(&r, f, i);
	assert_fails(sr_feed_take(f, COUNT, &en, &r.e), SR_NOTFOUND, &r.e, "there are 2381");
	/* Back, forth, into the journal's tail, and on from there. */
	for (uint64_t i = 250; i < 260; i++)
		take(&r, f, i);
	take(&r, f, COUNT - 1);
	take(&r, f, 0);
	take(&r, f, 1);
	for (uint64_t i = 256 * 9 - 2; i < 256 * 9 + 3; i++)
		take(&r, f, i);
	sr_feed_free(f);
	/* From the middle of a bundle, and given up with work under way. */
	f = feed(&r, 300);
	take(&r, f, 300);
	take(&r, f, 301);
	sr_feed_free(f);
	f = feed(&r, 0);
	sr_feed_free(f);
	sr_feed_free(NULL);
	end(&r);
}

static void test_damaged(void **state) {
	const char *path;
	struct sr_entry en;
	struct sr_buf b;
	struct sr_feed *f;
	struct rig r;

	(void)state;
	begin(&r);
	path = t_path(r.path, "tile/entries/003");
	sr_buf_init(&b);
	t_read_file(path, &b);
	b.p[b.len / 2] ^= 1;
	t_write_file(path, b.p, b.len);
	f = feed(&r, 0);
	for (uint64_t i = 0; i < 768; i++)
		take(&r, f, i);
	for (int again = 0; again < 2; again++)
		assert_fails(sr_feed_take(f, 768, &en, &r.e), SR_CORRUPT, &r.e, "tile/entries/003");
	take(&r, f, 1024); /* what lies behind it is whole */
	sr_feed_free(f);
	b.p[b.len / 2] ^= 1;
	t_write_file(path, b.p, b.len);
	sr_buf_clear(&b);
	path = t_path(r.path, "tile/0/003");
	t_read_file(path, &b);
	assert_int_equal(unlink(path), 0);
	f = feed(&r, 768);
	assert_fails(sr_feed_take(f, 768, &en, &r.e), SR_CORRUPT, &r.e,
		"ledger: tile of entry 768 is missing");
	sr_feed_free(f);
	t_write_file(path, b.p, b.len);
	sr_buf_free(&b);

	/* One entry that no key opens. */
	f = feed(&r, 0);
	take(&r, f, 0);
	sr_feed_free(f);
	r.epoch.key[SR_STRUCTURAL][0] ^= 1;
	f = feed(&r, 5);
	assert_fails(sr_feed_take(f, 5, &en, &r.e), SR_AUTH, &r.e, "entry 5");
	sr_feed_free(f);
	end(&r);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_given_back),
		cmocka_unit_test(test_damaged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
