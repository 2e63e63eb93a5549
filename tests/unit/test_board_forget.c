/*
 * forget - what is kept of a person is erased: what stands in the way (when asked, and when the
 * last vote comes), what is gone here and at the second copy, that nothing comes back, that it
 * waits for witnesses, and that an erasure that broke off is repeated.
 */
#include "board/forget.h"

#include "board/dbkeys.h"
#include "board/erasure.h"
#include "board/room_note.h"
#include "board/witnessing.h"
#include "ledger/ledger.h"
#include "merkle/cosignature.h"
#include "store/secrets.h"
#include "things.h"
#include "world.h"

static int end_person(struct world *w, const struct world_person *who) {
	struct world_draft d;

	world_begin(&d, w, &w->curator[0], SR_T_PERSON_END);
	sr_text_put(&d.text, "person", who->person);
	world_text(&d, "reason", "has left");
	return world_commit(&d, NULL);
}

static int ask(struct world *w, const char *person, const char *ground, uint8_t id[SR_ID]) {
	struct world_draft d;

	world_id(w, id);
	world_begin(&d, w, &w->officer, SR_T_REQUEST);
	sr_text_put_hex(&d.text, "request", id, SR_ID);
	sr_text_put_dec(&d.text, "version", 1);
	sr_text_put(&d.text, "kind", "erase");
	sr_text_put_hex(&d.text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_dec(&d.text, "epoch", 1);
	sr_text_put_dec(&d.text, "level", w->level[w->levels - 1]);
	sr_text_put(&d.text, "purpose", ground);
	sr_text_put(&d.text, "subject", person);
	world_text(&d, "reason", "a letter came");
	return world_commit(&d, NULL);
}

static int approve(struct world *w, size_t member, const uint8_t request[SR_ID]) {
	return world_vote(w, &(struct world_vote){.member = member, .request = request});
}

/* All of it, for somebody whom nothing binds. */
static void erase(struct world *w, const struct world_person *who) {
	uint8_t id[SR_ID];

	assert_int_equal(ask(w, who->person, "data-subject", id), 0);
	for (size_t i = 0; i < w->level[w->levels - 1]; i++)
		assert_int_equal(approve(w, i, id), 0);
	assert_int_equal(request_state(w, id), SR_S_GRANTED);
}

static bool has_key(struct world *w, const char *subject) {
	return sr_secrets_has(w->v->secrets, SR_SECRET_PERSON, sr_bytes_str(subject), 0);
}

static size_t left(struct world *w) {
	size_t n = 0;

	assert_ok(sr_forget_left(&n, w->v, NULL, &w->e), &w->e);
	return n;
}

/* How many texts of this subject the catalogue has, and how many records the log. */
static size_t texts_of(struct world *w, const char *subject, size_t *records) {
	struct sr_texts texts = {0};
	size_t n = 0;

	*records = 0;
	for (uint64_t i = 0; i < sr_catalogue_size(w->v->catalogue); i++) {
		assert_ok(sr_query_texts(&texts, w->v->catalogue, i, &w->e), &w->e);
		for (size_t k = 0; k < texts.count; k++) {
			if (strcmp(texts.rows[k].subject, subject) != 0)
				continue;
			(*records)++;
			n += texts.rows[k].text != NULL ? 1 : 0;
		}
		sr_texts_free(&texts);
	}
	return n;
}

static void replays(struct world *w) {
	struct sr_rebuilt rebuilt;
	size_t packs, bad;

	assert_ok(sr_vault_rebuild(w->v, NULL, &rebuilt, &packs, &bad, &w->e), &w->e);
	assert_true(rebuilt.had_old);
	assert_string_equal(rebuilt.difference, "");
	assert_true(rebuilt.equal);
}

static int enquiry(
	struct world *w, const uint8_t id[SR_ID], const char *event, const char *const *concerns) {
	struct world_draft d;

	world_begin(&d, w, &w->officer, SR_T_ENQUIRY);
	sr_text_put_hex(&d.text, "enquiry", id, SR_ID);
	sr_text_put(&d.text, "event", event);
	if (strcmp(event, "open") == 0)
		sr_text_put(&d.text, "kind", "police");
	for (size_t i = 0; concerns != NULL && concerns[i] != NULL; i++)
		sr_text_put(&d.text, "concerns", concerns[i]);
	world_text(&d, "text", "what is asked of them");
	return world_commit(&d, NULL);
}

static int attest(struct world *w, const char *person) {
	struct world_draft d;
	uint8_t id[SR_ID];

	world_id(w, id);
	world_begin(&d, w, &w->officer, SR_T_ATTEST);
	sr_text_put_hex(&d.text, "attestation", id, SR_ID);
	sr_text_put(&d.text, "person", person);
	sr_text_put(&d.text, "kind", "training");
	sr_text_put(&d.text, "term", "trauma-awareness");
	world_text(&d, "note", "seen by me");
	return world_commit(&d, NULL);
}

/* -----------------------------------------------------------------------------------------------
 */

static void in_the_way(void **state) {
	struct world *w = world_new(NULL);
	const struct world_person *ri = &w->researcher[0], *other = &w->researcher[1];
	uint8_t item[1][SR_ID], grant[SR_ID], id[SR_ID], open[SR_ID];
	const char *const concerns[] = {ri->person, NULL};
	struct world_request q = {.by = ri, .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	struct world_request with = {
		.by = other, .items = (const uint8_t(*)[SR_ID])item, .count = 1, .with = {ri}};
	struct world_draft d;

	(void)state;
	put_item(w, item[0], true);
	assert_refused(w, ask(w, "p-0123456789abcdef", "order", id), "rule no-such-person");
	assert_refused(w, ask(w, ri->person, "whim", id), "rule unknown-ground");
	assert_refused(w, ask(w, ri->person, "order", id), "rule still-active");
	assert_refused(w, ask(w, w->member[0].person, "order", id), "rule still-active");
	assert_int_equal(world_request(w, &q), 0);
	world_grant(w, q.id, grant);
	assert_int_equal(world_request(w, &with), 0);
	assert_int_equal(end_person(w, ri), 0);
	assert_refused(w, ask(w, ri->person, "order", id), "rule grant-stands");
	world_revoke(w, grant);
	assert_refused(w, ask(w, ri->person, "order", id), "rule request-open");
	world_begin(&d, w, other, SR_T_WITHDRAW);
	sr_text_put_hex(&d.text, "request", with.id, SR_ID);
	sr_text_put_dec(&d.text, "version", 1);
	assert_int_equal(world_commit(&d, NULL), 0);
	world_id(w, open);
	assert_int_equal(enquiry(w, open, "open", concerns), 0);
	assert_refused(w, ask(w, ri->person, "order", id), "rule enquiry-open");
	assert_int_equal(enquiry(w, open, "close", NULL), 0);
	assert_int_equal(world_count(w, SR_T_ERASE), 0);
	erase(w, ri);
	assert_refused(w, ask(w, ri->person, "order", id), "rule erased-already");
	world_free(w);
}

/* A member whose condition binds readers, and who has a share: both go first. */
static void words_that_bind(void **state) {
	struct world *w = world_new(&(struct world_options){.members = 4});
	uint8_t item[1][SR_ID], grant[SR_ID], id[SR_ID];
	struct world_request q = {
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	struct world_draft d;

	(void)state;
	put_item(w, item[0], true);
	assert_int_equal(world_request(w, &q), 0);
	assert_int_equal(world_vote(w, &(struct world_vote){.member = 3,
					       .request = q.id,
					       .condition = "not after dark"}),
		0);
	assert_int_equal(approve(w, 0, q.id), 0);
	assert_true(world_grant_of(w, q.id, grant));
	world_id(w, id);
	world_begin(&d, w, &w->officer, SR_T_REQUEST);
	sr_text_put_hex(&d.text, "request", id, SR_ID);
	sr_text_put_dec(&d.text, "version", 1);
	sr_text_put(&d.text, "kind", "person-end");
	sr_text_put_hex(&d.text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_dec(&d.text, "epoch", 1);
	sr_text_put_dec(&d.text, "level", w->level[0]);
	sr_text_put(&d.text, "subject", w->member[3].person);
	assert_int_equal(world_commit(&d, NULL), 0);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(approve(w, i, id), 0);
	assert_refused(w, ask(w, w->member[3].person, "order", id), "rule condition-stands");
	world_revoke(w, grant);
	assert_refused(w, ask(w, w->member[3].person, "order", id), "rule share-held");
	world_free(w);
}

static void gone_everywhere(void **state) {
	struct world *w = world_new(&(struct world_options){.second = true});
	const struct world_person *ri = &w->researcher[0], *other = &w->researcher[1];
	uint8_t item[1][SR_ID], theirs[SR_ID], shared[SR_ID], before[SR_HASH], after[SR_HASH];
	const char *const one[] = {ri->person, NULL};
	const char *two[] = {ri->person, other->person, NULL};
	struct world_request q = {.by = ri, .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	struct sr_person_row p = {0};
	struct sr_entry en = {0};
	struct sr_erasure_row row;
	struct sr_secrets_copy copy;
	struct sr_renewal renewal;
	struct world_draft d;
	char subject[SR_SUBJECT_TEXT] = "enquiry:", of_both[SR_SUBJECT_TEXT] = "enquiry:";
	size_t records = 0, kept = 0;

	(void)state;
	if (strcmp(two[0], two[1]) > 0) {
		two[0] = other->person;
		two[1] = ri->person;
	}
	put_item(w, item[0], true);
	world_id(w, theirs);
	world_id(w, shared);
	sr_hex(subject + 8, theirs, SR_ID);
	sr_hex(of_both + 8, shared, SR_ID);
	assert_int_equal(attest(w, ri->person), 0);
	assert_int_equal(world_request(w, &q), 0);
	assert_int_equal(enquiry(w, theirs, "open", one), 0);
	assert_int_equal(enquiry(w, theirs, "close", NULL), 0);
	assert_int_equal(enquiry(w, shared, "open", two), 0);
	assert_int_equal(enquiry(w, shared, "close", NULL), 0);
	assert_int_equal(end_person(w, ri), 0); /* what they asked for lapses */
	assert_true(has_key(w, ri->person) && has_key(w, subject) && has_key(w, of_both));
	kept = texts_of(w, ri->person, &records);
	assert_int_equal(kept, records);
	assert_true(kept >= 5); /* name, note, project, reason, why they went */
	erase(w, ri);

	assert_false(has_key(w, ri->person) || has_key(w, subject));
	assert_true(has_key(w, of_both)); /* it concerns somebody of whom something is kept */
	assert_true(has_key(w, other->person));
	assert_int_equal(left(w), 0);
	sr_secrets_pending(w->v->secrets, &copy);
	assert_true(copy.current && copy.erasures == 0);
	assert_int_equal(texts_of(w, ri->person, &records), 0);
	assert_int_equal(records, kept); /* that they were said stays */
	assert_int_equal(texts_of(w, subject, &records), 0);
	assert_int_equal(records, 2);
	assert_int_equal(texts_of(w, of_both, &records), 2);
	assert_ok(sr_query_person(&p, w->v->catalogue, ri->person, &w->e), &w->e);
	assert_null(p.name);
	assert_true(p.erased != 0 && p.roles == 0 && p.roles_ever == SR_ROLE_RESEARCHER);
	sr_person_row_free(&p);
	assert_ok(sr_query_erasure(&row, w->v->catalogue, ri->person, &w->e), &w->e);
	assert_int_equal(row.records, kept + 2);
	assert_string_equal(row.ground, "data-subject");
	world_last(w, SR_T_ERASE, &en);
	assert_int_equal(sr_field_count(&en.statement, "enquiry"), 1);
	sr_entry_free(&en);

	/* A replay is the same, before and after the catalogue has its new key. */
	assert_ok(sr_catalogue_digest(w->v->catalogue, before, &w->e), &w->e);
	replays(w);
	assert_int_equal(texts_of(w, ri->person, &records), 0);
	assert_ok(sr_renewal_due(&renewal, w->v, &w->e), &w->e);
	assert_true(renewal.due && !renewal.waits);
	world_reopen(w);
	assert_ok(sr_renewal_due(&renewal, w->v, &w->e), &w->e);
	assert_false(renewal.due);
	assert_ok(sr_catalogue_digest(w->v->catalogue, after, &w->e), &w->e);
	assert_memory_equal(before, after, SR_HASH);
	assert_int_equal(texts_of(w, ri->person, &records), 0);
	assert_int_equal(records, kept);

	/* Nothing is kept of them again, whoever says it: another key would not open what was. */
	assert_refused(
		w, world_person_add(w, &w->curator[0], ri, "researcher"), "rule person-erased");
	assert_refused(w, attest(w, ri->person), "rule person-erased");
	world_begin(&d, w, ri, SR_T_COMMENT);
	sr_text_put_hex(&d.text, "request", q.id, SR_ID);
	world_text(&d, "text", "it is me");
	assert_refused(w, world_commit(&d, NULL), "is erased: they act here no more");
	assert_false(has_key(w, ri->person));
	assert_int_equal(end_person(w, other), 0);
	erase(w, other); /* with the enquiry that concerned both */
	assert_false(has_key(w, of_both));
	replays(w);
	world_free(w);
}

/* Somebody who was added again while the board voted: the request ends refused. */
static void came_back(void **state) {
	struct world *w = world_new(NULL);
	const struct world_person *ri = &w->researcher[0];
	uint8_t id[SR_ID];

	(void)state;
	assert_int_equal(end_person(w, ri), 0);
	assert_int_equal(ask(w, ri->person, "retention", id), 0);
	assert_int_equal(approve(w, 0, id), 0);
	assert_int_equal(world_person_add(w, &w->curator[0], ri, "researcher"), 0);
	assert_int_equal(approve(w, 1, id), 0);
	assert_int_equal(request_state(w, id), SR_S_REFUSED);
	assert_last_rule(w, "still-active");
	assert_int_equal(world_count(w, SR_T_ERASE), 0);
	assert_true(has_key(w, ri->person));
	world_free(w);
}

/* What a kill between the statement and the erasure leaves. */
static void repeated_at_open(void **state) {
	struct world *w = world_new(NULL);
	const struct world_person *ri = &w->researcher[0];
	uint8_t value[SR_KEY] = {7};
	size_t records = 0;
	char *told;

	(void)state;
	assert_int_equal(end_person(w, ri), 0);
	erase(w, ri);
	assert_ok(sr_secrets_put(w->v->secrets, SR_SECRET_PERSON, sr_bytes_str(ri->person), 0,
			  sr_bytes_of(value, SR_KEY), &w->e),
		&w->e);
	assert_int_equal(left(w), 1);
	/* The next entry carries the state of secrets.db that has it. */
	assert_int_equal(end_person(w, &w->researcher[1]), 0);
	world_reopen(w);
	told = sr_buf_dup_str(&w->v->recovered);
	assert_non_null(told);
	assert_non_null(strstr(told, "1 keys of what was kept of erased people were erased"));
	free(told);
	assert_int_equal(left(w), 0);
	assert_int_equal(texts_of(w, ri->person, &records), 0);
	world_reopen(w);
	assert_int_equal(w->v->recovered.len, 0);
	world_free(w);
}

/* Where a quorum of witnesses is asked, the keys wait until it has seen the statement. */
static void waits_for_witnesses(void **state) {
	struct world *w = world_new(NULL);
	const struct world_person *ri = &w->researcher[0];
	const struct sr_erasure_want want = {.room_pk = w->v->keys->room_pk,
		.vault = w->v->fingerprint,
		.person = ri->person,
		.origin = w->v->keys->origin};
	uint8_t seed[SR_SEED], pk[SR_PK];
	struct sr_buf policy, note, line;
	struct sr_renewal renewal;
	struct sr_erasure report;
	struct sr_vkey key;
	struct sr_note n;
	size_t records = 0;
	uint64_t entry = 0;

	(void)state;
	sr_buf_init(&policy);
	sr_buf_init(&note);
	sr_buf_init(&line);
	t_fill(seed, SR_SEED, 70);
	sr_sign_public(pk, seed);
	assert_ok(sr_vkey_make(&key, sr_bytes_str("one.example/w"), SR_NOTE_COSIGN, pk, &w->e),
		&w->e);
	sr_buf_put_str(&policy, "witness w ");
	sr_vkey_put(&policy, &key);
	sr_buf_put_str(&policy, " http://127.0.0.1:1/w\nquorum w\n");
	assert_ok(sr_witnessing_adopt(w->v, sr_buf_view(&policy), &w->e), &w->e);
	assert_int_equal(end_person(w, ri), 0);
	erase(w, ri);
	assert_int_equal(left(w), 1);
	assert_int_equal(texts_of(w, ri->person, &records), 0); /* shown to nobody already */
	assert_ok(sr_erasure_make(&note, &entry, w->v, ri->person, &w->e), &w->e);
	assert_ok(sr_erasure_read(&report, sr_buf_view(&note), &want, &w->e), &w->e);
	assert_int_equal(report.keys, 1);
	assert_int_equal(report.entry, entry);
	assert_non_null(memmem(note.p, note.len, "not-promised witnesses", 22));
	world_reopen(w);
	assert_int_equal(left(w), 1);
	/* Catalogue and index made anew now would have the texts once more. */
	assert_ok(sr_renewal_due(&renewal, w->v, &w->e), &w->e);
	assert_true(renewal.due && renewal.waits);

	sr_buf_clear(&note);
	assert_ok(sr_ledger_publish(w->v->ledger, &w->e), &w->e);
	assert_ok(sr_ledger_published(w->v->ledger, &note, &w->e), &w->e);
	assert_ok(sr_note_parse(&n, sr_buf_view(&note), &w->e), &w->e);
	const struct sr_signer s = {.key = &key, .seed = seed};
	assert_ok(sr_cosign_line(&line, n.text, &s, (uint64_t)w->now, &w->e), &w->e);
	sr_note_free(&n);
	sr_buf_put_bytes(&note, sr_buf_view(&line));
	assert_ok(sr_ledger_recosign(w->v->ledger, sr_buf_view(&note), true, &w->e), &w->e);
	world_reopen(w);
	assert_int_equal(left(w), 0);
	assert_ok(sr_renewal_due(&renewal, w->v, &w->e), &w->e);
	assert_false(renewal.due); /* it was made anew at this opening */
	replays(w);
	sr_buf_free(&policy);
	sr_buf_free(&note);
	sr_buf_free(&line);
	world_free(w);
}

/* The report says what is so, to whom it is about. */
static void report(void **state) {
	struct world *w = world_new(NULL);
	const struct world_person *ri = &w->researcher[0];
	struct sr_erasure_want want = {.room_pk = w->v->keys->room_pk,
		.vault = w->v->fingerprint,
		.person = ri->person,
		.origin = w->v->keys->origin};
	uint8_t other[SR_HASH] = {1};
	struct sr_erasure out;
	struct sr_buf note;
	uint64_t entry = 0;

	(void)state;
	sr_buf_init(&note);
	assert_fails(sr_erasure_make(&note, &entry, w->v, ri->person, &w->e), SR_NOTFOUND, &w->e,
		"nothing was erased of");
	assert_int_equal(end_person(w, ri), 0);
	erase(w, ri);
	assert_ok(sr_erasure_make(&note, &entry, w->v, ri->person, &w->e), &w->e);
	assert_ok(sr_erasure_read(&out, sr_buf_view(&note), &want, &w->e), &w->e);
	assert_true(out.keys == 0 && out.entry == entry);
	want.person = w->researcher[1].person;
	assert_fails(sr_erasure_read(&out, sr_buf_view(&note), &want, &w->e), SR_AUTH, &w->e,
		"another person");
	want.person = ri->person;
	want.vault = other;
	assert_fails(sr_erasure_read(&out, sr_buf_view(&note), &want, &w->e), SR_AUTH, &w->e,
		"another vault");
	want.vault = w->v->fingerprint;
	{ /* Something else that the room signed. */
		struct sr_buf text, other_note;

		sr_buf_init(&text);
		sr_buf_init(&other_note);
		sr_text_begin(&text, "strongroom/certificate/v1");
		sr_text_put_hex(&text, "vault", w->v->fingerprint, SR_HASH);
		assert_ok(sr_room_note_sign(&other_note, sr_buf_view(&text), w->v, &w->e), &w->e);
		assert_fails(sr_erasure_read(&out, sr_buf_view(&other_note), &want, &w->e),
			SR_CORRUPT, &w->e, "it is no report of an erasure");
		sr_buf_free(&text);
		sr_buf_free(&other_note);
	}
	note.p[30] ^= 1;
	assert_int_not_equal(sr_erasure_read(&out, sr_buf_view(&note), &want, &w->e), 0);
	sr_buf_free(&note);
	world_free(w);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_the_way),
		cmocka_unit_test(words_that_bind),
		cmocka_unit_test(gone_everywhere),
		cmocka_unit_test(came_back),
		cmocka_unit_test(repeated_at_open),
		cmocka_unit_test(waits_for_witnesses),
		cmocka_unit_test(report),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
