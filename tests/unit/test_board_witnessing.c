/*
 * Tests of board/witnessing: the policy that lies in the log, checkouts that wait for it, two names
 * that waive it, and an alarm that stops every commit until it is dismissed. No witness is asked
 * here (tests/cli/witness.sh does that): cosignatures are made by hand.
 */
#include "board/witnessing.h"

#include "cosigning_rig.h"
#include "crypto/hash.h"
#include "ledger/ledger.h"
#include "world.h"

#define assert_refused(w, rc, piece) assert_fails((rc), SR_DENIED, &(w)->out.err, (piece))

static void granted(struct world *w, uint8_t item[SR_ID], uint8_t grant[SR_ID]) {
	static const char text[] = "a page of harmless text\n";
	struct world_file f = {
		.path = "page.txt", .content = {(const uint8_t *)text, sizeof text - 1}};
	struct world_deposit d = {.files = &f, .count = 1};
	struct world_request q = {
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])item, .count = 1};

	assert_int_equal(world_deposit(w, &d), 0);
	memcpy(item, d.items[0], SR_ID);
	world_held_release(w, item);
	assert_int_equal(world_request(w, &q), 0);
	world_grant(w, q.id, grant);
}

static int glass(struct world *w, const struct world_person *by, const uint8_t checkout[SR_ID]) {
	struct world_draft d;

	world_begin(&d, w, by, SR_T_BREAK_GLASS);
	sr_text_put_hex(&d.text, "checkout", checkout, SR_ID);
	world_text(&d, "reason", "the network is down");
	return world_commit(&d, NULL);
}

/* -----------------------------------------------------------------------------------------------
 */

static void adopted(void **state) {
	struct world *w = world_new(NULL);
	struct sr_buf text, want;

	(void)state;
	keys();
	sr_buf_init(&text);
	sr_buf_init(&want);
	assert_false(sr_witnessing_asked(w->v));
	assert_fails(sr_witnessing_policy(w->v, &text, &w->e), SR_NOTFOUND, &w->e, "no witness");
	assert_int_equal(sr_witnessing_check(w->v, 0, &w->e), 0);
	assert_fails(sr_witnessing_adopt(w->v, sr_bytes_str("quorum x\n"), &w->e), SR_USAGE, &w->e,
		"not defined above");
	assert_fails(adopt(w, "three"), SR_USAGE, &w->e, "not defined above");
	/* A quorum that those with an address cannot make would shut the vault. */
	sr_buf_put_str(&text, "witness w ");
	sr_vkey_put(&text, &key[0]);
	sr_buf_put_str(&text, "\nquorum w\n");
	assert_fails(sr_witnessing_adopt(w->v, sr_buf_view(&text), &w->e), SR_USAGE, &w->e,
		"cannot make the quorum");
	assert_int_equal(world_count(w, SR_T_WITNESS), 0);
	assert_ok(adopt(w, "both"), &w->e);
	assert_true(sr_witnessing_asked(w->v));
	assert_int_equal(world_count(w, SR_T_WITNESS), 1);
	assert_int_equal(world_count(w, SR_T_INCIDENT), 0);
	assert_fails(adopt(w, "both"), SR_EXISTS, &w->e, "in force already");
	/* It is the log's: another process reads it there, and no file holds it. */
	world_reopen(w);
	sr_buf_clear(&text);
	assert_ok(sr_witnessing_policy(w->v, &text, &w->e), &w->e);
	policy(&want, "both");
	assert_true(sr_bytes_eq(sr_buf_view(&text), sr_buf_view(&want)));
	assert_true(sr_witnessing_asked(w->v));
	assert_int_equal(sr_witnessing_size(w->v), 0);
	/* A weaker one is another entry, and an incident. */
	assert_ok(adopt(w, "none"), &w->e);
	assert_false(sr_witnessing_asked(w->v));
	assert_int_equal(world_count(w, SR_T_WITNESS), 2);
	assert_int_equal(world_count(w, SR_T_INCIDENT), 1);
	sr_buf_free(&want);
	sr_buf_free(&text);
	world_free(w);
}

/* What the quorum cosigned is longer than the log, or another one: the log is not to be trusted,
 * and the vault does not open as if nothing had been. */
static void cosigned_otherwise(struct world *w) {
	struct sr_buf note;
	struct sr_note n;
	struct sr_checkpoint c;
	struct sr_vkey log;

	sr_buf_init(&note);
	log = *sr_ledger_vkey(w->v->ledger);
	for (int longer = 0; longer < 2; longer++) {
		const struct sr_signer by = {.key = &log, .seed = w->v->keys->s->ledger_seed};
		char says[100];

		memset(&c, 0, sizeof c);
		snprintf(c.origin, sizeof c.origin, "%s", W_ORIGIN);
		c.size = sr_ledger_next_index(w->v->ledger) + (longer ? 3 : 0);
		t_fill(c.root, SR_HASH, 9);
		sr_buf_clear(&note);
		assert_ok(sr_checkpoint_sign(&note, &c, &by, 1, &w->e), &w->e);
		for (size_t i = 0; i < 2; i++) {
			const struct sr_signer s = {.key = &key[i], .seed = seed[i]};
			struct sr_buf line;

			sr_buf_init(&line);
			assert_ok(sr_note_parse(&n, sr_buf_view(&note), &w->e), &w->e);
			assert_ok(
				sr_cosign_line(&line, n.text, &s, (uint64_t)w->now, &w->e), &w->e);
			sr_note_free(&n);
			sr_buf_put_bytes(&note, sr_buf_view(&line));
			sr_buf_free(&line);
		}
		t_write_file(t_path(w->vault, "ledger/witnessed"), note.p, note.len);
		if (longer)
			snprintf(says, sizeof says,
				"rolled back: witnesses cosigned %llu entries, the log has %llu",
				(unsigned long long)c.size, (unsigned long long)c.size - 3);
		else
			snprintf(says, sizeof says,
				"forked: witnesses cosigned another root at size %llu",
				(unsigned long long)c.size);
		assert_fails(sr_witnessing_open(w->v, &w->e), longer ? SR_CORRUPT : SR_AUTH, &w->e,
			says);
	}
	sr_buf_free(&note);
}

static void waits(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[SR_ID], grant[SR_ID];
	struct world_checkout c = {.by = &w->researcher[0], .item = item, .grant = grant};
	struct sr_buf receipt;

	(void)state;
	keys();
	granted(w, item, grant);
	assert_ok(adopt(w, "both"), &w->e);
	assert_int_equal(world_checkout(w, &c), 0);
	assert_fails(world_open(w, &c), SR_DENIED, &w->e, "not witnessed: entry ");
	assert_non_null(strstr(w->e.text, "missing: w0 (not yet answered), w1 (not yet"));
	cosign(w, 1, false); /* one of two is no quorum, whatever the file is called */
	assert_fails(world_open(w, &c), SR_DENIED, &w->e, "not witnessed");
	cosign(w, 1, true);
	assert_fails(world_open(w, &c), SR_DENIED, &w->e, "not witnessed");
	cosign(w, 2, true);
	assert_int_equal(sr_witnessing_size(w->v), sr_ledger_next_index(w->v->ledger));
	assert_int_equal(world_open(w, &c), 0);
	/* Another process knows it too; a later entry is not covered by it. */
	world_reopen(w);
	assert_int_equal(world_open(w, &c), 0);
	assert_int_equal(world_return(w, &c), 0);
	assert_int_equal(world_checkout(w, &c), 0);
	assert_fails(world_open(w, &c), SR_DENIED, &w->e, "not witnessed");
	/* What the quorum of before said is nothing to another policy. */
	cosign(w, 2, true);
	assert_int_equal(world_open(w, &c), 0);
	/* The checkpoint that receipts carry has both lines while the size stays. */
	cosign(w, 2, true);
	sr_buf_init(&receipt);
	assert_ok(sr_ledger_checkpoint(w->v->ledger, &receipt, &w->e), &w->e);
	sr_buf_put_u8(&receipt, 0);
	assert_non_null(strstr((const char *)receipt.p, "one.example/w"));
	assert_non_null(strstr((const char *)receipt.p, "two.example/w"));
	cosigned_otherwise(w);
	sr_buf_free(&receipt);
	world_free(w);
}

/* What is published now, cosigned by each witness at its own time, and kept. */
static void cosign_at(struct world *w, const int64_t time[2]) {
	struct sr_buf note;
	struct sr_note n;

	sr_buf_init(&note);
	assert_ok(sr_ledger_publish(w->v->ledger, &w->e), &w->e);
	assert_ok(sr_ledger_published(w->v->ledger, &note, &w->e), &w->e);
	for (size_t i = 0; i < 2; i++) {
		const struct sr_signer s = {.key = &key[i], .seed = seed[i]};
		struct sr_buf line;

		sr_buf_init(&line);
		assert_ok(sr_note_parse(&n, sr_buf_view(&note), &w->e), &w->e);
		assert_ok(sr_cosign_line(&line, n.text, &s, (uint64_t)time[i], &w->e), &w->e);
		sr_note_free(&n);
		sr_buf_put_bytes(&note, sr_buf_view(&line));
		sr_buf_free(&line);
	}
	assert_ok(sr_ledger_recosign(w->v->ledger, sr_buf_view(&note), true, &w->e), &w->e);
	sr_buf_free(&note);
}

static enum sr_state grant_state(struct world *w, const uint8_t grant[SR_ID]) {
	struct sr_grant_row g = {0};
	enum sr_state s;

	assert_ok(sr_query_grant(&g, w->v->catalogue, grant, &w->e), &w->e);
	s = g.state;
	sr_grant_row_free(&g);
	return s;
}

/* Nothing is written for 40 days but what witnesses say; then the vault's clock is set back to when
 * the grant was live. It stays over; one witness alone, whose clock runs ahead, ends nothing. */
static void clock_set_back(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[SR_ID], grant[SR_ID];
	struct world_checkout c = {.by = &w->researcher[0], .item = item, .grant = grant};
	const int64_t begun = w->now, later = begun + (int64_t)40 * 86400;

	(void)state;
	keys();
	granted(w, item, grant); /* for 30 days */
	assert_ok(adopt(w, "both"), &w->e);
	assert_int_equal(sr_witnessing_time(w->v), 0);
	cosign_at(w, (const int64_t[2]){begun, later});
	world_reopen(w);
	assert_int_equal(sr_witnessing_time(w->v), begun);
	assert_int_equal(grant_state(w, grant), SR_S_LIVE);
	assert_int_equal(world_checkout(w, &c), 0);
	cosign_at(w, (const int64_t[2]){begun, begun});
	assert_ok(sr_witnessing_open(w->v, &w->e), &w->e);
	assert_int_equal(world_open(w, &c), 0);
	cosign_at(w, (const int64_t[2]){later, later + 60});
	assert_int_equal(w->now, begun); /* the vault's own clock never moved */
	assert_ok(sr_witnessing_open(w->v, &w->e), &w->e);
	assert_int_equal(sr_witnessing_time(w->v), later);
	assert_fails(world_open(w, &c), SR_DENIED, &w->e, "");
	assert_refused(w, world_checkout(w, &c), "grant");
	world_reopen(w);
	assert_int_equal(grant_state(w, grant), SR_S_EXPIRED);
	world_free(w);
}

/* Before the founding there is no log to lie in; a text that is too long, or an address that no
 * request could be sent to, shuts nobody out. */
static void policies_that_do_not_fit(void **state) {
	struct world *w = world_new(&(struct world_options){.bare = true});
	struct sr_buf text;

	(void)state;
	keys();
	assert_fails(adopt(w, "both"), SR_DENIED, &w->e,
		"found the vault first: the policy lies in its log");
	sr_buf_init(&text);
	for (size_t i = 0; i < SR_WITNESS_POLICY_MAX + 1; i++)
		sr_buf_put_u8(&text, '#');
	assert_fails(sr_witnessing_fit(sr_buf_view(&text), &w->e), SR_USAGE, &w->e,
		"the policy has 65537 bytes, at most 65536");
	for (size_t more = 0; more < 2; more++) {
		sr_buf_clear(&text);
		sr_buf_put_str(&text, "witness w ");
		sr_vkey_put(&text, &key[0]);
		sr_buf_put_str(&text, " http://127.0.0.1:1/");
		for (size_t i = 19; i < 2032 + more; i++)
			sr_buf_put_u8(&text, 'w');
		sr_buf_put_str(&text, "\nquorum w\n");
		if (more == 0)
			assert_ok(sr_witnessing_fit(sr_buf_view(&text), &w->e), &w->e);
		else
			assert_fails(sr_witnessing_fit(sr_buf_view(&text), &w->e), SR_USAGE, &w->e,
				"the address of a witness has 2033 bytes");
	}
	sr_buf_free(&text);
	world_free(w);
}

static int ask(struct world *w, const char *quorum, uint8_t id[SR_ID]) {
	struct world_draft d;
	uint8_t set[SR_HASH];
	struct sr_buf text;
	int rc;

	sr_buf_init(&text);
	policy(&text, quorum);
	world_id(w, id);
	world_begin(&d, w, &w->officer, SR_T_REQUEST);
	sr_text_put_hex(&d.text, "request", id, SR_ID);
	sr_text_put_dec(&d.text, "version", 1);
	sr_text_put(&d.text, "kind", "witnesses");
	sr_text_put_hex(&d.text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_dec(&d.text, "epoch", 1);
	sr_text_put_dec(&d.text, "level", w->level[w->levels - 1]);
	sr_sha256(set, text.p, text.len);
	world_object(&d, "rules", sr_buf_view(&text));
	sr_text_put_hex(&d.text, "set", set, SR_HASH);
	rc = world_commit(&d, NULL);
	sr_buf_free(&text);
	return rc;
}

/* The board's votes adopt a policy, at once, by its hash; then the custodian alone changes nothing,
 * and votes on what was asked before another was adopted change nothing either. */
static void voted(void **state) {
	struct world *w = world_new(NULL);
	uint8_t first[SR_ID], second[SR_ID], third[SR_ID];
	struct sr_buf text, want;

	(void)state;
	keys();
	assert_refused(w, ask(w, "nobody", first), "rule policy-unfit");
	assert_int_equal(ask(w, "both", first), 0);
	assert_int_equal(ask(w, "w0", second), 0);
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 0, .request = first}), 0);
	assert_false(sr_witnessing_asked(w->v));
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 1, .request = first}), 0);
	assert_true(sr_witnessing_asked(w->v)); /* without another opening */
	sr_buf_init(&text);
	sr_buf_init(&want);
	policy(&want, "both");
	assert_ok(sr_witnessing_policy(w->v, &text, &w->e), &w->e);
	assert_true(sr_bytes_eq(sr_buf_view(&text), sr_buf_view(&want)));
	assert_fails(adopt(w, "none"), SR_DENIED, &w->e, "the board adopted the policy in force");
	assert_refused(w, ask(w, "both", third), "rule policy-in-force");
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(
			world_vote(w, &(struct world_vote){.member = i, .request = second}), 0);
	sr_buf_clear(&text);
	assert_ok(sr_witnessing_policy(w->v, &text, &w->e), &w->e);
	assert_true(sr_bytes_eq(sr_buf_view(&text), sr_buf_view(&want)));
	assert_int_equal(world_count(w, SR_T_WITNESS), 1);
	world_reopen(w);
	assert_true(sr_witnessing_asked(w->v));
	sr_buf_free(&text);
	sr_buf_free(&want);
	world_free(w);
}

static void broken_glass(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[SR_ID], grant[SR_ID];
	struct world_checkout c = {.by = &w->researcher[0], .item = item, .grant = grant};

	(void)state;
	keys();
	granted(w, item, grant);
	assert_int_equal(world_checkout(w, &c), 0);
	assert_refused(w, glass(w, &w->member[0], c.id), "asks no witnesses");
	assert_ok(adopt(w, "both"), &w->e);
	assert_refused(w, glass(w, &w->researcher[0], c.id), "role-missing");
	assert_refused(w, glass(w, &w->custodian, c.id), "role-missing");
	assert_refused(w, glass(w, &w->auditor, c.id), "role-missing");
	assert_refused(w, glass(w, &w->member[0], grant), "no such checkout");
	assert_int_equal(glass(w, &w->member[0], c.id), 0);
	assert_refused(w, glass(w, &w->member[0], c.id), "said it already");
	assert_int_equal(world_count(w, SR_T_INCIDENT), 0);
	assert_fails(world_open(w, &c), SR_DENIED, &w->e, "not witnessed");
	assert_int_equal(glass(w, &w->officer, c.id), 0);
	assert_int_equal(world_count(w, SR_T_INCIDENT), 1);
	assert_refused(w, glass(w, &w->curator[0], c.id), "two people said it already");
	assert_int_equal(world_open(w, &c), 0);
	/* For this checkout and no other. */
	assert_int_equal(world_return(w, &c), 0);
	assert_refused(w, glass(w, &w->curator[0], c.id), "the checkout is returned");
	assert_int_equal(world_checkout(w, &c), 0);
	assert_fails(world_open(w, &c), SR_DENIED, &w->e, "not witnessed");
	world_free(w);
}

static void alarm_stops(void **state) {
	static const char says[] = "witness one.example/w cosigned size 900 of this log";
	struct world *w = world_new(NULL);
	uint8_t item[SR_ID], grant[SR_ID];
	struct world_checkout c = {.by = &w->researcher[0], .item = item, .grant = grant};
	char path[T_PATH];
	uint64_t size;

	(void)state;
	keys();
	granted(w, item, grant);
	assert_ok(adopt(w, "both"), &w->e);
	assert_int_equal(world_checkout(w, &c), 0);
	assert_int_equal(glass(w, &w->member[0], c.id), 0);
	assert_int_equal(glass(w, &w->member[1], c.id), 0);
	assert_fails(sr_witnessing_dismiss(w->v, &w->e), SR_NOTFOUND, &w->e, "no witness gave");
	snprintf(path, sizeof path, "%s/ledger/alarm", w->vault);
	t_write_file(path, says, sizeof says - 1);
	assert_ok(sr_witnessing_open(w->v, &w->e), &w->e);
	assert_string_equal(sr_witnessing_alarm(w->v), says);
	size = sr_ledger_next_index(w->v->ledger);
	assert_fails(sr_witnessing_check(w->v, 0, &w->e), SR_DENIED, &w->e,
		"the log is not to be trusted: witness one.example/w cosigned size 900");
	/* Neither a commit, nor what two names waived. */
	assert_int_equal(sr_door_sweep(w->v, NULL, &w->e), SR_LOCKED);
	assert_non_null(strstr(w->e.text, "writing stops, by a witness's alarm"));
	assert_int_not_equal(world_open(w, &c), 0);
	assert_int_equal(adopt(w, "none"), SR_LOCKED);
	/* Whoever opens the vault; it opens, for reading. */
	world_reopen(w);
	assert_string_equal(sr_witnessing_alarm(w->v), says);
	assert_int_equal(sr_ledger_next_index(w->v->ledger), size);
	assert_ok(sr_witnessing_dismiss(w->v, &w->e), &w->e);
	assert_null(sr_witnessing_alarm(w->v));
	assert_false(t_exists(path));
	assert_int_equal(sr_ledger_next_index(w->v->ledger), size + 1);
	assert_int_equal(world_open(w, &c), 0);
	world_free(w);
}

/* Lines `beat` as they lie there: a reader leaves out what shows no silence. */
static size_t offers(struct world *w) {
	struct sr_buf b;
	size_t n = 0;
	int rc;

	sr_buf_init(&b);
	rc = sr_file_read(w->v->ledger_dir, "beats", &b, 1 << 16, NULL);
	assert_true(rc == 0 || rc == SR_NOTFOUND);
	for (size_t i = 0; i + 5 <= b.len; i++)
		n += (i == 0 || b.p[i - 1] == '\n') && memcmp(b.p + i, "beat ", 5) == 0;
	sr_buf_free(&b);
	return n;
}

/* A checkpoint goes out when there is news, at once when somebody waits, and without any at least
 * once in ten minutes: silence is a sign. */
static void heartbeat(void **state) {
	struct world *w = world_new(NULL);
	uint8_t id[SR_ID];

	(void)state;
	keys();
	assert_true(SR_WITNESSING_BEAT_MS < 600000);
	assert_ok(sr_witnessing_step(w->v, true, &w->e), &w->e);
	assert_int_equal(offers(w), 0); /* nobody is asked */
	assert_ok(adopt(w, "both"), &w->e);
	assert_ok(sr_witnessing_step(w->v, false, &w->e), &w->e);
	assert_int_equal(offers(w), 1);
	assert_ok(sr_witnessing_step(w->v, false, &w->e), &w->e);
	assert_ok(sr_witnessing_step(w->v, true, &w->e), &w->e);
	sr_witnessing_age(w->v, SR_WITNESSING_BEAT_MS - 60000);
	assert_ok(sr_witnessing_step(w->v, false, &w->e), &w->e);
	assert_int_equal(offers(w), 1); /* no news, and not yet time */
	sr_witnessing_age(w->v, 60000);
	assert_ok(sr_witnessing_step(w->v, false, &w->e), &w->e);
	assert_int_equal(offers(w), 2);
	world_collection(w, "news", "collection", id);
	assert_ok(sr_witnessing_step(w->v, false, &w->e), &w->e);
	assert_int_equal(offers(w), 2);
	sr_witnessing_age(w->v, SR_WITNESSING_NEWS_MS);
	assert_ok(sr_witnessing_step(w->v, false, &w->e), &w->e);
	assert_int_equal(offers(w), 3);
	world_collection(w, "more", "collection", id);
	assert_ok(sr_witnessing_step(w->v, true, &w->e), &w->e);
	assert_int_equal(offers(w), 4);
	world_free(w);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adopted),
		cmocka_unit_test(waits),
		cmocka_unit_test(clock_set_back),
		cmocka_unit_test(policies_that_do_not_fit),
		cmocka_unit_test(voted),
		cmocka_unit_test(broken_glass),
		cmocka_unit_test(alarm_stops),
		cmocka_unit_test(heartbeat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
