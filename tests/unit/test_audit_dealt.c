/*
 * What was dealt, looked at once more at the replay: a dealing that does not hold, keys that were
 * not accepted, keys that do not follow from the dealings, and a reshare after which the board has
 * another key. Each lie passes the door of its time (which a liar runs, or goes past), and is
 * named.
 */
#include <unistd.h>

#include "audit_rig.h"
#include "epochs_rig.h"
#include "world.h"

/* Founded, with every dealing there, and nobody has accepted yet. */
static struct world *dealt(void) {
	struct world *w = world_new(&(struct world_options){.bare = true});

	world_draft_found(w);
	for (size_t i = 0; i < w->members; i++)
		(void)world_sign_found(w, i);
	assert_true(w->v->founded);
	return w;
}

static void last_is_named(struct world *w, const char *field, const char *piece, size_t others) {
	const struct sr_audit_finding *f;
	struct heap h;

	replay(w, SR_AUDIT_STEP, false, &h);
	f = finding(&h, "dealt", field);
	of_last(w, f);
	if (strstr(f->text, piece) == NULL)
		fail_msg("\"%s\" is not in: %s", piece, f->text);
	assert_int_equal(h.count, 1 + others);
	heap_free(&h);
}

/* A proof that does not verify, taken by a vault that does not look; the run after it is sound. */
static void test_dealing(void **state) {
	struct world *w = dealt();

	(void)state;
	assert_int_equal(world_complain(w, 1, 2, 1), 0);
	sr_ceremony_lax(true);
	sr_deal_spoil(SR_DEAL_SPOIL_PROOF);
	assert_int_equal(world_deal(w, 0, 2), 0);
	sr_deal_spoil(0);
	sr_ceremony_lax(false);
	last_is_named(w, "dealing", "proof", 0);
	world_free(w);
}

/* The true keys of run 1, as the members compute them. */
static void true_keys(struct claim *c, struct world *w, struct sr_dkg *d) {
	static struct world_draft draft;

	memset(&draft, 0, sizeof draft);
	w->instead = &draft;
	assert_int_equal(world_accept(w, 0), 0);
	w->instead = NULL;
	world_draft_free(&draft);
	claim_make(c, w, w->v->fingerprint, 1, 1);
	world_run(w, 1, d);
	claim_keys(c, d, &w->keys);
}

enum lie {
	OBJECT, /* the object has other keys than all accepted */
	LINES,  /* the lines have */
	ALL     /* all accepted keys that were not dealt */
};

/* Keys in which member 1 has the place of member 2; for the lines, as the board's own. */
static void false_keys(enum lie lie, const char *field, const char *piece) {
	struct world *w = dealt();
	struct sr_dkg *d = calloc(1, sizeof *d);
	struct sr_ceremony_keys k;
	struct claim c;
	uint8_t hash[SR_HASH];

	assert_non_null(d);
	true_keys(&c, w, d);
	memcpy(hash, c.hash, SR_HASH);
	k = w->keys;
	memcpy(k.level[0].share[0], k.level[0].share[1], SR_POINT);
	if (lie == LINES)
		memcpy(c.line[0].key, k.level[0].share[1], SR_PK);
	else
		claim_keys(&c, d, &k);
	if (lie == OBJECT)
		memcpy(c.hash, hash, SR_HASH);
	for (size_t i = 0; i < w->members; i++)
		accepts(w, &w->member[i], &c);
	opens(w, &c);
	last_is_named(w, field, piece, 0);
	sr_buf_free(&c.body);
	free(d);
	world_free(w);
}

static void test_keys(void **state) {
	(void)state;
	false_keys(OBJECT, "public", "not those that all accepted");
	false_keys(LINES, "public", "not those of the object");
	false_keys(ALL, "keys", "not those that follow from the dealings");
}

/* Accepted by all, and one of them never dealt: each acceptance breaks a rule, and the keys are
 * nobody's. */
static void test_missing(void **state) {
	struct world *w = dealt();
	struct sr_dkg *d = calloc(1, sizeof *d);
	struct claim first, c;

	(void)state;
	assert_non_null(d);
	true_keys(&first, w, d);
	assert_int_equal(world_complain(w, 1, 2, 1), 0);
	for (size_t i = 0; i + 1 < w->members; i++)
		assert_int_equal(world_deal(w, i, 2), 0);
	claim_make(&c, w, w->v->fingerprint, 2, 1);
	world_run(w, 2, d);
	claim_keys(&c, d, &w->keys);
	for (size_t i = 0; i < w->members; i++)
		accepts(w, &w->member[i], &c);
	opens(w, &c);
	last_is_named(w, "keys", "not everybody who deals", w->members);
	sr_buf_free(&first.body);
	sr_buf_free(&c.body);
	free(d);
	world_free(w);
}

/* The file of an object goes. */
static void gone(struct world *w, const uint8_t id[SR_HASH]) {
	struct sr_object_at at;
	char hex[2 * SR_HASH + 1], name[160];

	assert_ok(sr_query_object(&at, w->v->catalogue, id, &w->e), &w->e);
	sr_hex(hex, at.file, SR_HASH);
	snprintf(name, sizeof name, "objects/%.2s/%s", hex, hex);
	assert_int_equal(unlink(t_path(w->vault, name)), 0);
}

/* What the last statement of that type names so. */
static void named(struct world *w, enum sr_type_id type, const char *key, uint8_t id[SR_HASH]) {
	struct sr_entry en = {0};

	world_last(w, type, &en);
	assert_ok(sr_field_hash(id, &en.statement, key, 0, &w->e), &w->e);
	sr_entry_free(&en);
}

/* A dealing whose key is the log's own, and the keys that were accepted: nobody erases them, so
 * that they are not there is a finding. */
static void test_not_in_the_store(void **state) {
	struct world *w = dealt();
	struct sr_dkg *d = calloc(1, sizeof *d);
	uint8_t id[SR_HASH];
	struct claim c;

	(void)state;
	assert_non_null(d);
	true_keys(&c, w, d);
	for (size_t i = 0; i < w->members; i++)
		accepts(w, &w->member[i], &c);
	opens(w, &c);
	named(w, SR_T_OPENED, "public", id);
	gone(w, id);
	last_is_named(w, "public", "the keys that it names are not in the store", 0);
	sr_buf_free(&c.body);
	world_free(w);

	w = dealt();
	assert_int_equal(world_complain(w, 1, 2, 1), 0);
	assert_int_equal(world_deal(w, 0, 2), 0);
	named(w, SR_T_DEAL, "deal", id);
	gone(w, id);
	last_is_named(w, "dealing", "the dealing is not in the store", 0);
	free(d);
	world_free(w);
}

enum heir {
	TRUE_KEYS,
	OTHER_KEY,   /* of the board */
	OTHER_QUORUM /* than was decided */
};

/* A reshare, of whose dealings nothing is left: all is accepted, and something is another. */
static void reshared(enum heir lie) {
	struct world *w = world_new(NULL);
	struct sr_dkg *d = calloc(1, sizeof *d);
	struct sr_ceremony_keys k;
	uint8_t before[SR_HASH];
	struct claim c;
	struct heap h;

	assert_non_null(d);
	plans_itself(w, 2);
	claim_make(&c, w, w->v->fingerprint, 2, 2);
	for (size_t i = 0; i < 2; i++)
		deals_nothing(w, &w->member[i], &c);
	assert_ok(sr_ceremony_run_dkg(d, w->v, c.board, c.run, &w->e), &w->e);
	k = w->keys;
	if (lie == OTHER_KEY)
		memcpy(k.level[0].board, k.level[0].share[0], SR_POINT);
	if (lie == OTHER_QUORUM)
		k.level[0].quorum = 3;
	claim_keys(&c, d, &k);
	named(w, SR_T_OPENED, "public", before);
	for (size_t i = 0; i < w->members; i++)
		accepts(w, &w->member[i], &c);
	opens(w, &c);
	world_reopen(w);
	/* That nobody voted for it is named as well. */
	if (lie == OTHER_KEY) {
		last_is_named(w, "keys", "that of level 2 is another than before", 1);
	} else if (lie == OTHER_QUORUM) {
		last_is_named(w, "keys",
			"of another run, or of other levels, quorums or members than were decided",
			1);
	} else {
		replay(w, SR_AUDIT_STEP, false, &h);
		(void)finding(&h, "decision", "request");
		assert_int_equal(h.count, 1);
		heap_free(&h);
		/* The keys of the epoch before are lost: its entry is named, and this one. */
		gone(w, before);
		last_is_named(w, "keys", "the keys of the epoch before are not in the store", 2);
	}
	sr_buf_free(&c.body);
	free(d);
	world_free(w);
}

static void test_reshare(void **state) {
	(void)state;
	reshared(OTHER_KEY);
	reshared(OTHER_QUORUM);
	reshared(TRUE_KEYS);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dealing),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_not_in_the_store),
		cmocka_unit_test(test_reshare),
	};

	return cmocka_run_group_tests_name("audit: what was dealt", tests, NULL, NULL);
}
