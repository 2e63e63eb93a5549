/*
 * epochs - a new one begins whenever the auditors are others; what was sealed before stays with
 * those of its time, but for what a quorum gives; an entry under another epoch than the one in
 * force stops replay.
 */
#include "board/follow.h"
#include "board/keys.h"
#include "catalogue/apply.h"
#include "ledger/epoch.h"
#include "ledger/ledger.h"
#include "store/secrets.h"
#include "things.h"
#include "world.h"

static uint32_t now_of(struct world *w) {
	uint32_t n = 0;

	assert_ok(sr_vault_epoch_now(&n, w->v, &w->e), &w->e);
	return n;
}

static uint32_t epoch_of(struct world *w, uint64_t index) {
	struct sr_buf raw;
	uint32_t n = 0;

	sr_buf_init(&raw);
	assert_ok(sr_ledger_entry(w->v->ledger, index, &raw, &w->e), &w->e);
	assert_ok(sr_entry_epoch(&n, sr_buf_view(&raw), &w->e), &w->e);
	sr_buf_free(&raw);
	return n;
}

static uint64_t size_of(struct world *w) {
	return sr_ledger_next_index(w->v->ledger);
}

static void begin_about(struct world_draft *d, struct world *w, const char *kind,
	const struct world_person *who, uint8_t id[SR_ID]) {
	world_id(w, id);
	world_begin(d, w, &w->officer, SR_T_REQUEST);
	sr_text_put_hex(&d->text, "request", id, SR_ID);
	sr_text_put_dec(&d->text, "version", 1);
	sr_text_put(&d->text, "kind", kind);
	sr_text_put_hex(&d->text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_dec(&d->text, "epoch", 1);
	sr_text_put_dec(&d->text, "level", w->level[0]);
	sr_text_put(&d->text, "subject", who->person);
}

static void approved(struct world *w, const uint8_t id[SR_ID]) {
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(
			world_vote(w, &(struct world_vote){.member = i, .request = id}), 0);
}

static void make_auditor(struct world *w, const struct world_person *who) {
	struct world_draft d;
	uint8_t id[SR_ID];

	begin_about(&d, w, "role", who, id);
	sr_text_put(&d.text, "role", "auditor");
	world_card(&d, "card", who);
	assert_int_equal(world_commit(&d, NULL), 0);
	approved(w, id);
}

static int ask_epochs(
	struct world *w, const struct world_person *who, uint64_t from, uint8_t id[SR_ID]) {
	struct world_draft d;

	begin_about(&d, w, "auditor", who, id);
	sr_text_put_dec(&d.text, "from", from);
	return world_commit(&d, NULL);
}

static void end_auditor(struct world *w, const struct world_person *who) {
	struct world_draft d;
	uint8_t id[SR_ID];

	begin_about(&d, w, "person-end", who, id);
	assert_int_equal(world_commit(&d, NULL), 0);
	approved(w, id);
}

static bool given(struct world *w, const struct world_person *who, uint64_t index) {
	bool is = false;

	assert_ok(sr_query_epoch_given(&is, w->v->catalogue, who->person, index, &w->e), &w->e);
	return is;
}

/* Does the key that statement ${type} (the last) seals to ${who} open entry ${index}? */
static bool opens(
	struct world *w, enum sr_type_id type, const struct world_person *who, uint64_t index) {
	uint8_t id[SR_HASH], key[SR_KEY], want[SR_KEY];
	struct sr_epoch epoch;
	struct sr_entry en = {0};
	struct sr_buf body;
	bool good;

	sr_buf_init_secret(&body);
	world_last(w, type, &en);
	assert_ok(sr_field_hash(id, &en.statement, "keys", 0, &w->e), &w->e);
	sr_entry_free(&en);
	assert_ok(sr_object_fetch(w->v, id, &body, &w->e), &w->e);
	good = sr_epoch_find(key, sr_buf_view(&body), w->v->fingerprint, epoch_of(w, index),
		       who->person, who->seed, &w->e) == 0;
	sr_vault_epoch(&epoch, w->v, epoch_of(w, index));
	memcpy(want, epoch.key[SR_STRUCTURAL], SR_KEY);
	if (good)
		assert_memory_equal(key, want, SR_KEY);
	sr_buf_free(&body);
	return good;
}

static void replays(struct world *w) {
	struct sr_rebuilt rebuilt;
	size_t packs, bad;

	assert_ok(sr_vault_rebuild(w->v, NULL, &rebuilt, &packs, &bad, &w->e), &w->e);
	assert_true(rebuilt.had_old && rebuilt.equal);
}

/* -----------------------------------------------------------------------------------------------
 */

static void come_and_go(void **state) {
	struct world *w = world_new(NULL);
	const struct world_person *nu = &w->outsider, *au = &w->auditor;
	uint8_t id[SR_ID];
	uint64_t first, second, third;

	(void)state;
	assert_int_equal(now_of(w), 1);
	assert_true(opens(w, SR_T_KEY_EPOCH, au, 0));
	make_auditor(w, nu);
	assert_int_equal(now_of(w), 2);
	assert_int_equal(world_count(w, SR_T_KEY_EPOCH), 2);
	first = size_of(w) - 1; /* the key-epoch itself is of the epoch that it ends */
	assert_int_equal(epoch_of(w, first), 1);
	second = size_of(w);
	assert_int_equal(world_person_add(w, &w->curator[0], nu, "depositor"), 0);
	assert_int_equal(now_of(w), 2); /* another role is no reason */
	assert_int_equal(epoch_of(w, second), 2);
	assert_true(opens(w, SR_T_KEY_EPOCH, nu, second) && opens(w, SR_T_KEY_EPOCH, au, second));
	assert_true(given(w, nu, second) && given(w, au, second) && given(w, au, first));
	assert_false(given(w, nu, first) || given(w, nu, 0));

	/* Before: by a quorum, which names the epoch. */
	assert_refused(w, ask_epochs(w, nu, 3, id), "rule no-such-epoch");
	assert_refused(w, ask_epochs(w, nu, 2, id), "rule epochs-given");
	assert_refused(w, ask_epochs(w, au, 1, id), "rule epochs-given");
	assert_refused(w, ask_epochs(w, &w->researcher[0], 1, id), "rule not-an-auditor");
	assert_int_equal(ask_epochs(w, nu, 1, id), 0);
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 0, .request = id}), 0);
	assert_false(given(w, nu, first));
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 1, .request = id}), 0);
	assert_true(given(w, nu, first) && given(w, nu, 0));
	assert_true(opens(w, SR_T_AUDITOR, nu, 0) && opens(w, SR_T_AUDITOR, nu, second));
	assert_false(opens(w, SR_T_AUDITOR, au, 0));

	/* Who goes opens nothing new. */
	end_auditor(w, nu);
	assert_int_equal(now_of(w), 3);
	third = size_of(w);
	assert_int_equal(world_person_add(w, &w->curator[0], &w->researcher[1], "depositor"), 0);
	assert_int_equal(epoch_of(w, third), 3);
	assert_false(given(w, nu, third) || opens(w, SR_T_KEY_EPOCH, nu, third));
	assert_true(given(w, au, third) && opens(w, SR_T_KEY_EPOCH, au, third));
	assert_true(given(w, nu, second)); /* what they could read they can */
	/* Objects of each epoch are read through theirs: after another opening, and in a replay. */
	replays(w);
	world_reopen(w);
	assert_int_equal(w->v->recovered.len, 0);
	assert_int_equal(now_of(w), 3);
	replays(w);
	world_free(w);
}

/* Keys that cannot be: of an epoch before the first, and of a subject, with a byte too few. */
static void keys_that_are_none(struct world *w) {
	const struct sr_keyring ring = sr_vault_keyring(w->v);
	const char *subject = w->researcher[0].person;
	const uint8_t other[SR_KEY - 1] = {1};
	uint8_t key[SR_KEY] = {0};
	char says[100];

	assert_fails(ring.epoch(ring.ctx, 0, SR_STRUCTURAL, key, &w->e), SR_NOTFOUND, &w->e,
		"no key of epoch 0");
	assert_ok(sr_secrets_replace(w->v->secrets, SR_SECRET_PERSON, sr_bytes_str(subject), 0,
			  sr_bytes_of(other, sizeof other), &w->e),
		&w->e);
	snprintf(says, sizeof says, "secrets.db: key of %s: want 32 bytes, have 31", subject);
	assert_fails(sr_subject_key(key, w->v, subject, &w->e), SR_CORRUPT, &w->e, says);
}

/* The auditor went between the request and the last vote: it ends refused. */
static void gone_before_the_vote(void **state) {
	struct world *w = world_new(NULL);
	const struct world_person *nu = &w->outsider;
	uint8_t id[SR_ID];

	(void)state;
	make_auditor(w, nu);
	assert_int_equal(ask_epochs(w, nu, 1, id), 0);
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 0, .request = id}), 0);
	end_auditor(w, nu);
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 1, .request = id}), 0);
	assert_int_equal(request_state(w, id), SR_S_REFUSED);
	assert_last_rule(w, "not-an-auditor");
	assert_int_equal(world_count(w, SR_T_AUDITOR), 0);
	keys_that_are_none(w);
	world_free(w);
}

/* An entry that somebody with the vault's keys seals under the epoch of before, so that who went
 * still reads it, or under the next, so that who watches does not: replay stops at it. */
static void sealed_wrongly(void **state) {
	static const uint8_t attachment[SR_ATTACHMENT] = {0};
	static const uint32_t wrong[] = {1, 3};

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		struct world *w = world_new(NULL);
		const struct sr_keyring ring = sr_vault_keyring(w->v);
		struct sr_statement st;
		struct sr_epoch epoch;
		struct sr_entry en = {0};
		struct sr_buf text, note, leaf;
		char name[300], says[64];

		make_auditor(w, &w->outsider);
		sr_buf_init(&text);
		sr_buf_init(&note);
		sr_buf_init(&leaf);
		sr_follow_begin(&text, w->v, SR_T_INCIDENT, w->now);
		sr_text_put(&text, "what", "nothing");
		assert_ok(sr_statement_room_name(name, sizeof name, w->v->keys->origin, &w->e),
			&w->e);
		assert_ok(sr_statement_sign(
				  &note, sr_buf_view(&text), name, w->v->keys->s->room_seed, &w->e),
			&w->e);
		assert_ok(sr_statement_parse(&st, sr_buf_view(&note), &w->e), &w->e);
		sr_vault_epoch(&epoch, w->v, wrong[k]);
		const struct sr_entry_in in = {.origin = w->v->keys->origin,
			.index = size_of(w),
			.epoch = &epoch,
			.received = w->now,
			.statement = &st,
			.keys = &ring};
		assert_ok(sr_entry_seal(&leaf, &in, &w->e), &w->e);
		const struct sr_bytes view = sr_buf_view(&leaf);
		assert_ok(sr_ledger_commit(w->v->ledger, &view, 1, attachment, NULL, &w->e), &w->e);
		assert_ok(sr_vault_entry(&en, w->v, in.index, &w->e), &w->e); /* it opens */
		assert_ok(sr_catalogue_begin(w->v->catalogue, &w->e), &w->e);
		snprintf(says, sizeof says, "sealed under epoch %u, and epoch 2 is in force",
			wrong[k]);
		assert_fails(sr_catalogue_apply(w->v->catalogue, &en, NULL, &w->e), SR_CORRUPT,
			&w->e, says);
		sr_catalogue_rollback(w->v->catalogue);
		sr_entry_free(&en);
		sr_statement_free(&st);
		sr_buf_free(&text);
		sr_buf_free(&note);
		sr_buf_free(&leaf);
		world_free(w);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(come_and_go),
		cmocka_unit_test(gone_before_the_vote),
		cmocka_unit_test(sealed_wrongly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
