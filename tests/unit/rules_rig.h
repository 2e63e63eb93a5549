/*
 * rules_rig - rules that a board asks for, votes on, or finds in force; and what an officer
 * attests, which rules look at. Beside world.h.
 */
#ifndef SR_TESTS_RULES_RIG_H
#define SR_TESTS_RULES_RIG_H

#include "board/follow.h"
#include "crypto/hash.h"
#include "store/object.h"
#include "world.h"

/* One rule of a set, which must have a title and a reason. */
#define RULE(id, text) "@id(\"" id "\") @title(\"A rule\") @why(\"For this test.\")\n" text "\n"

struct rules_asked {
	const char *text;              /* of the rules */
	const char *signed_;           /* whose SHA-256 is signed; NULL: of text */
	const struct world_person *by; /* NULL: member 0 */
	uint32_t level;                /* 0: the highest */
	uint8_t id[SR_ID], hash[SR_HASH], set[SR_HASH];
};

/* A request of kind policy. */
static inline int rules_ask(struct world *w, struct rules_asked *a) {
	const char *named = a->signed_ != NULL ? a->signed_ : a->text;
	struct sr_version_row v = {0};
	struct world_draft d;
	int rc;

	world_id(w, a->id);
	world_begin(&d, w, a->by != NULL ? a->by : &w->member[0], SR_T_REQUEST);
	sr_text_put_hex(&d.text, "request", a->id, SR_ID);
	sr_text_put_dec(&d.text, "version", 1);
	sr_text_put(&d.text, "kind", "policy");
	sr_text_put_hex(&d.text, "board", w->v->fingerprint, SR_ID);
	sr_text_put_dec(&d.text, "epoch", 1);
	sr_text_put_dec(&d.text, "level", a->level != 0 ? a->level : w->level[w->levels - 1]);
	world_object(&d, "rules", sr_bytes_str(a->text));
	sr_sha256(a->set, named, strlen(named));
	sr_text_put_hex(&d.text, "set", a->set, SR_HASH);
	rc = world_commit(&d, NULL);
	if (rc != 0)
		return rc;
	assert_ok(sr_query_version(&v, w->v->catalogue, a->id, 1, &w->e), &w->e);
	memcpy(a->hash, v.hash, SR_HASH);
	sr_version_row_free(&v);
	return 0;
}

/* A member approves it: the vote, not committed. */
static inline void rules_ballot(
	struct world_draft *d, struct world *w, size_t member, const struct rules_asked *a) {
	char of[2 * SR_ID + 2 * SR_HASH + 2];

	sr_hex(of, a->id, SR_ID);
	of[(size_t)2 * SR_ID] = ' ';
	sr_hex(of + (size_t)2 * SR_ID + 1, a->hash, SR_HASH);
	world_begin(d, w, &w->member[member], SR_T_VOTE);
	sr_text_put(&d->text, "request", of);
	sr_text_put_dec(&d->text, "version", 1);
	sr_text_put_dec(&d->text, "epoch", 1);
	sr_text_put(&d->text, "decision", "approve");
}

static inline void rules_vote(struct world *w, size_t member, const struct rules_asked *a) {
	struct world_draft d;

	rules_ballot(&d, w, member, a);
	assert_int_equal(world_commit(&d, NULL), 0);
}

/* Rules in force that no board could adopt (without what lint wants of a set, or where they would
 * be asked about themselves), as a vault would find them after a fault of its own: statements of
 * the service put them there, past the rules about rules. ${object}: the id of their text, or NULL.
 */
static inline void rules_impose(struct world *w, const char *text, uint8_t object[SR_HASH]) {
	static const char inputs[] = "none";
	struct rules_asked a = {.text = RULE("fit", "forbid (principal, action in Action::\"look\","
						    " resource is Item);")};
	struct sr_door_object objects[2] = {{.body = sr_bytes_str(text)},
		{.body = {(const uint8_t *)inputs, sizeof inputs - 1}}};
	struct sr_submission parts = {.objects = objects, .object_count = 2};
	struct sr_policies all = {0};
	uint8_t set[SR_HASH], id[SR_HASH], none[SR_HASH];
	struct sr_buf b;

	assert_int_equal(rules_ask(w, &a), 0);
	sr_sha256(set, text, strlen(text));
	world_id(w, objects[0].salt);
	world_id(w, objects[1].salt);
	sr_object_id(id, objects[0].salt, objects[0].body);
	sr_object_id(none, objects[1].salt, objects[1].body);
	sr_buf_init(&b);
	sr_follow_begin(&b, w->v, SR_T_DECIDED, w->now);
	sr_text_put(&b, "action", "enact");
	sr_text_put_hex(&b, "board", w->v->fingerprint, SR_ID);
	sr_text_put_hex(&b, "set", set, SR_HASH);
	sr_text_put_hex(&b, "rules", id, SR_HASH);
	sr_text_put_hex(&b, "inputs", none, SR_HASH);
	sr_text_put(&b, "decision", "deny");
	assert_ok(sr_door_service_with(w->v, sr_buf_view(&b), &parts, &w->out, &w->e), &w->e);
	sr_buf_clear(&b);
	assert_ok(sr_query_policies(&all, w->v->catalogue, w->v->fingerprint, &w->e), &w->e);
	sr_follow_begin(&b, w->v, SR_T_POLICY, w->now);
	sr_text_put_hex(&b, "request", a.id, SR_ID);
	sr_text_put_hex(&b, "board", w->v->fingerprint, SR_ID);
	sr_text_put_dec(&b, "number", all.count + 1);
	sr_text_put_hex(&b, "rules", id, SR_HASH);
	sr_text_put_hex(&b, "set", set, SR_HASH);
	assert_ok(sr_door_service(w->v, sr_buf_view(&b), &w->out, &w->e), &w->e);
	sr_policies_free(&all);
	sr_buf_free(&b);
	if (object != NULL)
		memcpy(object, id, SR_HASH);
}

/* The officer attests it; ${term}, ${of} and ${ends} where the kind has one (NULL, NULL, 0). */
static inline void rules_attest(struct world *w, const struct world_person *who, const char *kind,
	const char *term, const struct world_person *of, int64_t ends, uint8_t id[SR_ID]) {
	struct world_draft d;

	world_id(w, id);
	world_begin(&d, w, &w->officer, SR_T_ATTEST);
	sr_text_put_hex(&d.text, "attestation", id, SR_ID);
	sr_text_put(&d.text, "person", who->person);
	sr_text_put(&d.text, "kind", kind);
	if (of != NULL)
		sr_text_put(&d.text, "of", of->person);
	if (term != NULL)
		sr_text_put(&d.text, "term", term);
	if (ends != 0)
		sr_text_put_time(&d.text, "ends", ends);
	assert_ok(world_commit(&d, NULL), &w->out.err);
}

#endif
