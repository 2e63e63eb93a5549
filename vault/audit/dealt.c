/*
 * dealt - key generation, done once more with what everybody may see of it.
 *
 *   `deal`                as the door took it: the dealing is the one that was signed, its dealer
 *                         is who signed, commitments and proofs hold, and in a reshare what is
 *                         handed on is the dealer's share of the keys before
 *   `opened`, `standby`   the keys that it names are those that all accepted, and those that
 *                         follow from the dealings; that enough said so, of a standby board
 *
 * A dealing of a reshare is sealed under the key of its run, which ends when the epoch is in force
 * (board/dealings.h): what was dealt cannot be asked then, and by nobody. What is left of it is the
 * board's own key, which a reshare does not change, and that levels, quorums and members are those
 * that were decided. Whether the members hold the shares that go with what is public, each finds
 * out when they open theirs, and says so (`confirm`).
 */
#include "audit/audit_in.h"

#include <stdlib.h>

#include "board/shares.h"

/* The vault as it was by this replay, for what asks a vault about a board: to read only. No key of
 * a subject may be asked of it, because others read ahead (board/replaying.h). */
static struct sr_vault as_replayed(const struct sr_audit *a) {
	struct sr_vault v = *a->v;

	v.catalogue = a->cat;
	return v;
}

/* What is wrong with the log, as a finding; else an error, as it is. */
static int told(struct sr_audit *a, const struct sr_entry *en, const char *field,
	const struct sr_err *why, struct sr_err *e) {
	if (why->code == SR_AUTH || why->code == SR_CORRUPT || why->code == SR_USAGE)
		return audit_found(a, en, "dealt", field, e, "%.500s", why->text);
	return sr_fail(e, why->code, "%s", why->text);
}

int audit_deal(struct sr_audit *a, const struct sr_entry *en, struct sr_err *e) {
	struct sr_vault v = as_replayed(a);
	struct sr_err why = {.code = SR_OK};
	char subject[SR_SUBJECT_TEXT] = "";
	struct sr_buf dealing;
	int rc = sr_query_object_subject(subject, a->cat, &en->statement, &why);

	sr_buf_init(&dealing);
	if (rc == 0)
		rc = audit_object(a, en, "deal", &dealing, &why);
	if (rc == SR_NOTFOUND && subject[0] == '\0') /* its key is the log's own: never erased */
		rc = sr_fail(&why, SR_CORRUPT, "the dealing is not in the store");
	if (rc == 0)
		rc = sr_ceremony_deal_check(&v, &en->statement, sr_buf_view(&dealing), &why);
	sr_buf_free(&dealing);
	/* The run's key is gone; or there is no such board, which applying it says. */
	return rc == 0 || rc == SR_NOTFOUND ? 0 : told(a, en, "dealing", &why, e);
}

struct made { /* large rows, off the stack */
	struct sr_run_row run;
	struct sr_dkg d;
	struct sr_board_keys said, before;
	struct sr_board_row board;
	struct sr_ceremony_keys keys;
	struct sr_buf body, follows;
};

/* The dealings of the run, combined anew; NOTFOUND when they cannot be read any more. */
static int combine(struct made *m, struct sr_audit *a, struct sr_vault *v, struct sr_err *e) {
	struct sr_buf bodies[SR_BOARD_MEMBERS_MAX];
	struct sr_bytes views[SR_BOARD_MEMBERS_MAX] = {{NULL, 0}};
	const struct sr_objects *o = &a->from.replay.objects;
	const size_t count = m->run.dealer_count;
	int rc = 0;

	for (size_t i = 0; i < SR_BOARD_MEMBERS_MAX; i++)
		sr_buf_init(&bodies[i]);
	for (size_t i = 0; i < count && rc == 0; i++) {
		struct sr_object_at at;

		rc = sr_query_object(&at, a->cat, m->run.dealers[i].deal, e);
		if (rc == 0)
			rc = o->get(o->ctx, &at, &bodies[i], e);
		views[i] = sr_buf_view(&bodies[i]);
	}
	if (rc == 0)
		rc = sr_ceremony_run_dkg(&m->d, v, m->run.board, m->run.run, e);
	if (rc == 0)
		rc = sr_ceremony_combine(&m->keys, &m->d, views, count, e);
	if (rc == 0) {
		sr_keys_encode(&m->follows, &m->d, &m->keys);
		rc = sr_buf_ok(&m->follows, e);
	}
	for (size_t i = 0; i < SR_BOARD_MEMBERS_MAX; i++)
		sr_buf_free(&bodies[i]);
	return rc;
}

/* The keys that all accepted are of this run, and take as many of as many members as was decided.
 */
static int as_decided(const struct made *m, const struct sr_vault *v, struct sr_err *e) {
	const struct sr_ceremony_keys *k = &m->said.keys;
	bool same = memcmp(m->said.vault, v->fingerprint, SR_HASH) == 0 &&
		    memcmp(m->said.board, m->run.board, SR_ID) == 0 &&
		    memcmp(m->said.run, m->run.run, SR_ID) == 0 && m->said.epoch == m->run.epoch &&
		    k->levels == m->board.level_count;

	for (size_t i = 0; same && i < k->levels; i++)
		same = k->level[i].level == m->board.levels[i].level &&
		       k->level[i].quorum == m->board.levels[i].quorum &&
		       k->level[i].members == m->board.member_count;
	return same ? 0
		    : sr_fail(e, SR_CORRUPT,
			      "the keys in the object are of another run, or of other levels, "
			      "quorums or members than were decided");
}

/* A dealing cannot be read. Of a reshare nothing else is left: the board's key is that of the epoch
 * before. */
static int key_stays(struct made *m, struct sr_vault *v, struct sr_err *e) {
	const struct sr_ceremony_keys *now = &m->said.keys, *old = &m->before.keys;
	int rc = sr_query_board(&m->board, v->catalogue, m->run.board, m->run.epoch, e);

	if (rc == 0 && m->board.dealer_count == 0)
		rc = sr_fail(e, SR_CORRUPT,
			"a dealing that these keys follow from is not there, or not everybody who "
			"deals for them has dealt");
	if (rc == 0)
		rc = as_decided(m, v, e);
	if (rc != 0)
		return rc;
	rc = sr_query_board(&m->board, v->catalogue, m->run.board, m->run.epoch - 1, e);
	if (rc == 0)
		rc = sr_keys_fetch(&m->before, v, &m->board, e);
	if (rc == SR_NOTFOUND)
		rc = sr_fail(e, SR_CORRUPT, "the keys of the epoch before are not in the store");
	if (rc == 0 && now->levels != old->levels) /* a reshare of fewer is not applied */
		rc = sr_fail(e, SR_MISUSE, "a reshare keeps the board's %zu levels, this has %zu",
			old->levels, now->levels);
	for (size_t i = 0; rc == 0 && i < now->levels; i++)
		if (now->level[i].level != old->level[i].level ||
			memcmp(now->level[i].board, old->level[i].board, SR_POINT) != 0)
			rc = sr_fail(e, SR_CORRUPT,
				"a reshare keeps the board's keys, and that of level %u is "
				"another than before",
				now->level[i].level);
	return rc;
}

/* The lines `board-key` are the keys of the object that is named beside them. */
static int lines_same(const struct made *m, const struct sr_statement *s, struct sr_err *e) {
	const struct sr_ceremony_keys *k = &m->said.keys;
	bool same = sr_field_count(s, "board-key") == k->levels;
	uint64_t level = 0;
	uint8_t key[SR_PK];
	int rc = 0;

	for (size_t i = 0; rc == 0 && same && i < k->levels; i++) {
		rc = sr_field_level_key(&level, key, s, "board-key", i, e);
		same = rc == 0 && level == k->level[i].level &&
		       memcmp(key, k->level[i].board, SR_PK) == 0;
	}
	if (rc == 0 && !same)
		rc = sr_fail(e, SR_CORRUPT,
			"the board keys that it says are not those of the object that it names");
	return rc;
}

static int keys_follow(struct made *m, const char **field, struct sr_audit *a,
	const struct sr_entry *en, struct sr_err *e) {
	struct sr_vault v = as_replayed(a);
	uint8_t id[SR_ID], hash[SR_HASH], want[SR_HASH];
	int rc = audit_object(a, en, "public", &m->body, e);

	*field = "public";
	if (rc == SR_NOTFOUND) /* its key is the log's own: nobody erases it */
		return sr_fail(e, SR_CORRUPT, "the keys that it names are not in the store");
	if (rc == 0)
		rc = sr_field_hash(want, &en->statement, "keys", 0, e);
	sr_keys_hash(hash, sr_buf_view(&m->body));
	if (rc == 0 && memcmp(hash, want, SR_HASH) != 0)
		return sr_fail(e, SR_AUTH,
			"the keys in the object that it names are not those that all accepted");
	if (rc == 0)
		rc = sr_keys_decode(&m->said, sr_buf_view(&m->body), e);
	if (rc == 0)
		rc = lines_same(m, &en->statement, e);
	if (rc == 0)
		rc = sr_field_id(id, &en->statement, "run", 0, e);
	if (rc == 0)
		rc = sr_query_run(&m->run, a->cat, id, e);
	if (rc != 0)
		return rc;
	*field = "keys";
	rc = combine(m, a, &v, e);
	if (rc == SR_NOTFOUND) {
		sr_err_clear(e);
		return key_stays(m, &v, e);
	}
	if (rc == 0 && !sr_bytes_eq(sr_buf_view(&m->follows), sr_buf_view(&m->body)))
		rc = sr_fail(e, SR_AUTH,
			"the keys that all accepted are not those that follow from the dealings");
	return rc;
}

/* A standby board begins when enough say so whose word counts: applying the entry counts every
 * word, as vaults did once. */
static int taken_over(struct sr_audit *a, const struct sr_entry *en, struct sr_err *e) {
	const struct sr_statement *s = &en->statement;
	struct sr_standby_row row = {.enough = false};
	uint8_t board[SR_ID];
	uint64_t epoch = 0;
	int rc = sr_field_id(board, s, "board", 0, e);

	if (rc == 0)
		rc = sr_field_dec(&epoch, s, "epoch", 0, e);
	if (rc == 0)
		rc = sr_query_standby(&row, a->cat, board, epoch, e);
	if (rc == SR_NOTFOUND) {
		sr_err_clear(e);
		return 0;
	}
	if (rc != 0 || row.enough)
		return rc;
	return audit_found(a, en, "dealt", "epoch", e,
		"a standby board takes over by the word of %u of its members, %u custodians and %u "
		"auditors whose word counts, and it takes %u, one and one",
		row.members, row.custodians, row.auditors, row.want);
}

int audit_dealt(struct sr_audit *a, const struct sr_entry *en, struct sr_err *e) {
	struct sr_err why = {.code = SR_OK};
	struct made *m = calloc(1, sizeof *m);
	const char *field = "";
	int rc;

	if (m == NULL)
		return sr_fail(e, SR_NOMEM, "audit: out of memory");
	sr_buf_init(&m->body);
	sr_buf_init(&m->follows);
	rc = keys_follow(m, &field, a, en, &why);
	sr_buf_free(&m->body);
	sr_buf_free(&m->follows);
	free(m);
	/* A run or a board that is not there: applying it says so. */
	if (rc != 0 && rc != SR_NOTFOUND)
		return told(a, en, field, &why, e);
	return en->statement.type->id == SR_T_OPENED ? taken_over(a, en, e) : 0;
}
