/*
 * walk_house - deeds for 50-material and 60-people. See walk.h.
 */
#ifndef SR_TESTS_WALK_HOUSE_H
#define SR_TESTS_WALK_HOUSE_H

#include "board/invariants.h"
#include "intake/deposit.h"
#include "walk.h"

/* --- 50: material ----------------------------------------------------------------------------- */

static int no_bytes(void *ctx, void *p, size_t len, size_t *got, struct sr_err *e) {
	(void)ctx;
	(void)p;
	(void)len;
	(void)e;
	*got = 0;
	return 0;
}

static void deposits(struct walk *k, struct world_draft *d) {
	struct world *w = k->w;
	const struct sr_deposit_options o = {
		.collection = w->collection, .depositor = w->depositor.person, .threads = 1};
	const struct sr_ingest_file f = {.path = {(const uint8_t *)"empty", 5},
		.kind = SR_FILE_REGULAR,
		.mtime_s = W_TIME - W_DAY,
		.read = no_bytes};
	struct sr_deposit_sign s;

	assert_ok(sr_deposit_begin(&k->dep, w->v, &o, &w->e), &w->e);
	assert_ok(sr_deposit_item_begin(k->dep, sr_bytes_str(""), &w->e), &w->e);
	assert_ok(sr_deposit_file(k->dep, &f, &w->e), &w->e);
	assert_ok(sr_deposit_item_end(k->dep, &w->e), &w->e);
	assert_ok(sr_deposit_finish(k->dep, &s, &w->e), &w->e);
	assert_ok(sr_deposit_submission(k->dep, &k->hooks, &w->e), &w->e);
	world_begin(d, w, &w->depositor, SR_T_ACCESSION);
	sr_text_put_hex(&d->text, "accession", s.accession, SR_ID);
	sr_text_put_hex(&d->text, "collection", s.collection, SR_ID);
	sr_statement_put_count_root(&d->text, "items", s.items, s.items_root);
	sr_statement_put_count_root(&d->text, "files", s.files, s.files_root);
	sr_text_put_dec(&d->text, "bytes", s.bytes);
	sr_text_put_hex(&d->text, "list", s.list_id, SR_HASH);
}

static void inspects(struct walk *k, struct world_draft *d) {
	struct world_checkout c = {.by = &k->w->curator[0]};
	uint8_t item[SR_ID];

	walk_item(k, NULL, false, item);
	c.item = item;
	WALK_DRAFT(k, d, world_checkout(k->w, &c));
}

static void inspects_sealed(struct walk *k, struct world_draft *d) {
	struct world_checkout c = {.by = &k->w->curator[0]};
	uint8_t item[SR_ID];

	walk_item(k, NULL, false, item);
	WALK_OK(k, set(k->w, &k->w->officer, SR_T_SEAL, item, 0, NULL));
	c.item = item;
	WALK_DRAFT(k, d, world_checkout(k->w, &c));
}

static void describes(struct walk *k, struct world_draft *d) {
	WALK_DRAFT(k, d, world_describe(k->w, &k->w->curator[1], k->held, "Another title", "hate"));
}

/* What a client made up: its list is none, which is found after the rules let it pass. */
static void redact_of(struct walk *k, struct world_draft *d, const uint8_t item[SR_ID]) {
	struct world_checkout look = {.by = &k->w->curator[0], .item = item};
	uint8_t id[SR_ID], root[SR_HASH] = {0};

	WALK_OK(k, world_checkout(k->w, &look));
	world_id(k->w, id);
	world_begin(d, k->w, &k->w->curator[0], SR_T_REDACT);
	sr_text_put_hex(&d->text, "accession", id, SR_ID);
	sr_text_put_hex(&d->text, "collection", k->w->collection, SR_ID);
	sr_text_put_hex(&d->text, "parent", item, SR_ID);
	sr_text_put_hex(&d->text, "checkout", look.id, SR_ID);
	sr_statement_put_count_root(&d->text, "items", 1, root);
	sr_statement_put_count_root(&d->text, "files", 1, root);
	sr_text_put_dec(&d->text, "bytes", 1);
	world_object(d, "list", sr_bytes_str("a list that is none"));
	world_text(d, "reason", "names of the living");
}

static void redacts_held(struct walk *k, struct world_draft *d) {
	uint8_t item[SR_ID];

	walk_item(k, NULL, false, item);
	redact_of(k, d, item);
}

/* The seal came while the look was on, and ended it. */
static void redacts_sealed(struct walk *k, struct world_draft *d) {
	uint8_t item[SR_ID];

	walk_item(k, NULL, false, item);
	redact_of(k, d, item);
	WALK_OK(k, set(k->w, &k->w->officer, SR_T_SEAL, item, 0, NULL));
}

/* world_release, whose statement is left. */
static void release_draft(struct walk *k, struct world_draft *d, const struct world_person *by,
	const uint8_t item[SR_ID], const char *hazards) {
	struct world *w = k->w;
	struct sr_room_release rel = {.curator = by->person};
	struct sr_board_row board;

	memcpy(rel.item, item, SR_ID);
	assert_ok(sr_query_board(&board, w->v->catalogue, NULL, 0, &w->e), &w->e);
	assert_ok(sr_invariants_level(&rel.level, &board, hazards == NULL ? "" : hazards, &w->e),
		&w->e);
	assert_ok(world_part(w, by, item, rel.part), &w->e);
	assert_ok(sr_room_release_prepare(w->room, &rel, &w->e), &w->e);
	assert_ok(sr_room_release_hooks(w->room, item, &k->hooks, &w->e), &w->e);
	world_begin(d, w, by, SR_T_RELEASE);
	sr_text_put_hex(&d->text, "item", item, SR_ID);
	sr_text_put_dec(&d->text, "number", rel.number);
	sr_text_put_hex(&d->text, "envelope", rel.envelope, SR_HASH);
	sr_text_put_dec(&d->text, "level", rel.level);
	world_words(&d->text, "hazard", hazards);
}

static void releases(struct walk *k, struct world_draft *d) {
	uint8_t item[SR_ID];

	walk_item(k, NULL, false, item);
	release_draft(k, d, &k->w->curator[1], item, NULL);
}

static void releases_own(struct walk *k, struct world_draft *d) {
	static const char text[] = "brought in by whoever releases it\n";
	struct world_file f = {
		.path = "own.txt", .content = {(const uint8_t *)text, sizeof text - 1}};
	struct world_deposit in = {.by = &k->w->curator[1], .files = &f, .count = 1};

	WALK_OK(k, world_deposit(k->w, &in));
	WALK_OK(k, world_describe(k->w, &k->w->curator[0], in.items[0], "A page", NULL));
	release_draft(k, d, &k->w->curator[1], in.items[0], NULL);
}

static void releases_bare(struct walk *k, struct world_draft *d) {
	uint8_t item[SR_ID];

	put_item(k->w, item, false);
	release_draft(k, d, &k->w->curator[1], item, NULL);
}

/* Sealed after the curator prepared it: nobody gets the part of a sealed item to begin with. */
static void releases_sealed(struct walk *k, struct world_draft *d) {
	uint8_t item[SR_ID];

	walk_item(k, NULL, false, item);
	release_draft(k, d, &k->w->curator[1], item, NULL);
	WALK_OK(k, set(k->w, &k->w->officer, SR_T_SEAL, item, 0, NULL));
}

static void releases_less(struct walk *k, struct world_draft *d) {
	uint8_t item[SR_ID];

	walk_item(k, "hate graphic", false, item);
	release_draft(k, d, &k->w->curator[1], item, "hate");
}

/* A scanner's last word on the only file of a held item. */
static void scanned(
	struct walk *k, const uint8_t item[SR_ID], const char *result, int64_t signatures) {
	struct world *w = k->w;
	struct sr_buf b;

	sr_buf_init(&b);
	sr_follow_begin(&b, w->v, SR_T_SCAN, w->now);
	sr_text_put_hex(&b, "item", item, SR_ID);
	sr_text_put_dec(&b, "number", 1);
	sr_text_put(&b, "scanner", "clamd");
	if (signatures != 0)
		sr_text_put_time(&b, "signatures", signatures);
	sr_text_put(&b, "result", result);
	sr_text_put_dec(&b, "clean", strcmp(result, "clean") == 0);
	sr_text_put_dec(&b, "infected", strcmp(result, "infected") == 0);
	sr_text_put_dec(&b, "not-scanned", strcmp(result, "not-scanned") == 0);
	assert_ok(sr_door_service(w->v, sr_buf_view(&b), &w->out, &w->e), &w->e);
	sr_buf_free(&b);
}

static void releases_infected(struct walk *k, struct world_draft *d) {
	uint8_t item[SR_ID];

	walk_item(k, NULL, false, item);
	scanned(k, item, "infected", k->w->now - W_DAY);
	release_draft(k, d, &k->w->curator[1], item, NULL);
}

static void releases_with_reason(struct walk *k, struct world_draft *d) {
	uint8_t item[SR_ID];

	walk_item(k, NULL, false, item);
	scanned(k, item, "not-scanned", 0);
	release_draft(k, d, &k->w->curator[1], item, NULL);
	world_text(d, "reason", "an archive has to keep it");
}

static void flags(struct walk *k, struct world_draft *d, enum sr_type_id type) {
	uint8_t item[SR_ID];

	walk_item(k, NULL, true, item);
	WALK_DRAFT(k, d,
		set(k->w, &k->w->officer, type, item,
			type == SR_T_RETENTION ? k->w->now + W_DAY : 0, NULL));
}

static void embargoes(struct walk *k, struct world_draft *d) {
	flags(k, d, SR_T_EMBARGO);
}

static void retains(struct walk *k, struct world_draft *d) {
	flags(k, d, SR_T_RETENTION);
}

static void holds(struct walk *k, struct world_draft *d) {
	flags(k, d, SR_T_HOLD);
}

static void seals(struct walk *k, struct world_draft *d) {
	flags(k, d, SR_T_SEAL);
}

static void lifts_flag(struct walk *k, struct world_draft *d, enum sr_type_id type) {
	const char *without = walk_pause(k);
	uint8_t item[SR_ID], flag[SR_ID];

	walk_item(k, NULL, true, item);
	WALK_OK(k, set(k->w, &k->w->officer, type, item, 0, flag));
	walk_resume(k, without);
	WALK_DRAFT(k, d, lift(k->w, &k->w->officer, item, flag));
}

static void lifts_embargo(struct walk *k, struct world_draft *d) {
	lifts_flag(k, d, SR_T_EMBARGO);
}

static void lifts_hold(struct walk *k, struct world_draft *d) {
	lifts_flag(k, d, SR_T_HOLD);
}

/* --- 60: people ------------------------------------------------------------------------------- */

/* Somebody new with one role. */
static void newcomer(struct walk *k, struct world_person *p) {
	world_person_make(k->w, p, "Somebody new");
	WALK_OK(k, world_person_add(k->w, &k->w->curator[0], p, "researcher"));
}

static void adds(struct walk *k, struct world_draft *d) {
	struct world_person p = {.name = ""};

	world_person_make(k->w, &p, "Somebody new");
	WALK_DRAFT(k, d, world_person_add(k->w, &k->w->curator[0], &p, "depositor"));
	sr_buf_free(&p.card);
}

static void about(struct walk *k, struct world_draft *d, const struct world_person *by,
	const struct world_person *who, enum sr_type_id type) {
	world_begin(d, k->w, by, type);
	sr_text_put(&d->text, "person", who->person);
	if (type == SR_T_PERSON_END)
		world_text(d, "reason", "has left");
	else
		world_card(d, "card", who);
}

static void names(struct walk *k, struct world_draft *d) {
	struct world_person p = {.name = ""};

	newcomer(k, &p);
	about(k, d, &k->w->curator[0], &p, SR_T_PERSON_SET);
	sr_buf_free(&p.card);
}

static void names_self(struct walk *k, struct world_draft *d) {
	about(k, d, &k->w->curator[0], &k->w->curator[0], SR_T_PERSON_SET);
}

static void ends(struct walk *k, struct world_draft *d) {
	struct world_person p = {.name = ""};

	newcomer(k, &p);
	about(k, d, &k->w->curator[0], &p, SR_T_PERSON_END);
	sr_buf_free(&p.card);
}

/* With a key of its own, that ${old} bears out or not. */
static void rekey_of(struct walk *k, struct world_draft *d, struct world_person p, bool old) {
	const struct sr_card_next next = {p.person, old ? p.seed : NULL};
	struct world_person with = p;
	uint8_t commit[SR_HASH];

	k->w->serial++;
	t_fill(with.seed, SR_SEED, 880000 + k->w->serial);
	sr_sign_public(with.pk, with.seed);
	sr_text_commit(commit, with.salt, sr_bytes_str(with.name));
	sr_buf_init(&with.card);
	assert_ok(sr_card_make_next(&with.card, with.seed, commit, &next, &k->w->e), &k->w->e);
	about(k, d, &k->w->officer, &with, SR_T_PERSON_KEY);
	sr_buf_free(&with.card);
}

static void rekeys(struct walk *k, struct world_draft *d) {
	struct world_person p = {.name = ""};

	newcomer(k, &p);
	rekey_of(k, d, p, false);
	sr_buf_free(&p.card);
}

static void rekeys_vouched(struct walk *k, struct world_draft *d) {
	struct world_person p = {.name = ""};

	newcomer(k, &p);
	rekey_of(k, d, p, true);
	sr_buf_free(&p.card);
}

static void attests(struct walk *k, struct world_draft *d) {
	uint8_t id[SR_ID];

	world_id(k->w, id);
	world_begin(d, k->w, &k->w->officer, SR_T_ATTEST);
	sr_text_put_hex(&d->text, "attestation", id, SR_ID);
	sr_text_put(&d->text, "person", k->w->researcher[0].person);
	sr_text_put(&d->text, "kind", "affiliation");
	sr_text_put(&d->text, "term", "uni-example");
}

static void attests_conflict(struct walk *k, struct world_draft *d) {
	uint8_t id[SR_ID];

	world_id(k->w, id);
	world_begin(d, k->w, &k->w->officer, SR_T_ATTEST);
	sr_text_put_hex(&d->text, "attestation", id, SR_ID);
	sr_text_put(&d->text, "person", k->w->researcher[0].person);
	sr_text_put(&d->text, "kind", "conflict");
	sr_text_put(&d->text, "of", k->w->member[2].person);
}

static void ends_attestation(struct walk *k, struct world_draft *d) {
	const char *without = walk_pause(k);
	uint8_t id[SR_ID];

	rules_attest(k->w, &k->w->researcher[0], "affiliation", "uni-example", NULL, 0, id);
	walk_resume(k, without);
	world_begin(d, k->w, &k->w->officer, SR_T_ATTEST_END);
	sr_text_put_hex(&d->text, "attestation", id, SR_ID);
}

static void attests_self(struct walk *k, struct world_draft *d) {
	uint8_t id[SR_ID];

	world_id(k->w, id);
	world_begin(d, k->w, &k->w->officer, SR_T_ATTEST);
	sr_text_put_hex(&d->text, "attestation", id, SR_ID);
	sr_text_put(&d->text, "person", k->w->officer.person);
	sr_text_put(&d->text, "kind", "training");
	sr_text_put(&d->text, "term", "trauma-awareness");
}

static void ends_own(struct walk *k, struct world_draft *d) {
	uint8_t id[SR_ID];

	rules_attest(k->w, &k->w->officer, "conflict", NULL, &k->w->researcher[0], 0, id);
	world_begin(d, k->w, &k->w->officer, SR_T_ATTEST_END);
	sr_text_put_hex(&d->text, "attestation", id, SR_ID);
}

static void enquires(struct walk *k, struct world_draft *d) {
	uint8_t id[SR_ID];

	world_id(k->w, id);
	world_begin(d, k->w, &k->w->officer, SR_T_ENQUIRY);
	sr_text_put_hex(&d->text, "enquiry", id, SR_ID);
	sr_text_put(&d->text, "event", "open");
	sr_text_put(&d->text, "kind", "police");
	world_text(d, "text", "what is asked");
}

static const struct walk_row house_rows[] = {
	{.id = "deposit", .deed = deposits},
	{.id = "curators-inspect", .deed = inspects},
	{.id = "referral-not-inspected", .deed = inspects_sealed},
	{.id = "curators-describe", .deed = describes},
	{.id = "curators-redact", .deed = redacts_held, .done = SR_CORRUPT},
	{.id = "referral-not-redacted", .deed = redacts_sealed, .first = "no-such-checkout"},
	{.id = "curators-release", .deed = releases},
	{.id = "curators-release", .deed = releases_with_reason},
	{.id = "dangerous-with-reason", .deed = releases_infected},
	{.id = "own-deposit", .deed = releases_own},
	{.id = "not-described", .deed = releases_bare},
	{.id = "referral-not-released", .deed = releases_sealed},
	{.id = "hazard-dropped", .deed = releases_less},
	{.id = "embargo-set", .deed = embargoes},
	{.id = "embargo-set", .deed = lifts_embargo},
	{.id = "retention-set", .deed = retains},
	{.id = "hold-set", .deed = holds},
	{.id = "hold-set", .deed = lifts_hold},
	{.id = "seal-set", .deed = seals},
	{.id = "people-added", .deed = adds},
	{.id = "people-kept", .deed = names},
	{.id = "people-ended", .deed = ends},
	{.id = "people-rekeyed", .deed = rekeys},
	{.id = "people-rekeyed", .deed = rekeys_vouched},
	{.id = "own-card", .deed = names_self},
	{.id = "officers-attest", .deed = attests},
	{.id = "officers-attest", .deed = attests_conflict},
	{.id = "officers-attest", .deed = ends_attestation},
	{.id = "own-affair", .deed = attests_self},
	{.id = "own-affair-not-ended", .deed = ends_own},
	{.id = "officers-enquire", .deed = enquires},
};

#endif
