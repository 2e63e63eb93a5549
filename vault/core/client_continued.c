/*
 * A log that goes on under another name (board/continued.h), as a reader's client follows it. See
 * client.h.
 *
 * Name by name: entries of the log, signed by the service and proven under the key that the
 * founders signed, say what it was called before and is called now; a quorum's votes stand behind
 * each. Then, and not before, the memory takes the new name; and it says aloud what that costs:
 * whether what this person verified under the old name is in it still, or was lost.
 *
 * Before the board confirmed it, only who names the log themselves (--log-name) goes on: members,
 * who have to vote. Nothing is remembered then.
 */
#include "base/escape.h"
#include "core/client_in.h"

struct step { /* what the vault says: proven below */
	uint64_t entry, confirmed;
	struct sr_bytes name, former;
};

static int read_step(struct step *s, const struct sr_row *row, struct sr_err *e) {
	const struct sr_bytes by = sr_row_get(row, "confirmed");
	int rc = sr_parse_dec(&s->entry, sr_row_get(row, "entry"), INT64_MAX, e);

	s->confirmed = 0;
	if (rc == 0 && by.p != NULL)
		rc = sr_parse_dec(&s->confirmed, by, INT64_MAX, e);
	s->name = sr_row_get(row, "name");
	s->former = sr_row_get(row, "former");
	return rc;
}

/* Entry ${index} is `witness` with this event. */
static int proven(const struct sr_proven **out, struct sr_client *c, uint64_t index,
	const char *event, struct sr_err *e) {
	int rc = sr_client_prove_entries(c, &index, 1, e);

	if (rc == 0)
		rc = sr_client_prove_quorums(c, NULL, e);
	if (rc != 0)
		return rc;
	*out = sr_proofs_at(&c->proofs, index);
	rc = sr_proofs_need(*out, "name of the log", e);
	if (rc == 0 &&
		((*out)->entry.statement.type->id != SR_T_WITNESS ||
			!sr_bytes_eq(sr_proven_field(*out, "event", 0), sr_bytes_str(event))))
		rc = sr_fail(e, SR_AUTH, "entry %llu does not say under which name the log goes on",
			(unsigned long long)index);
	return rc;
}

static int prove_step(struct sr_client *c, const struct step *s, struct sr_err *e) {
	const struct sr_proven *said = NULL, *by = NULL;
	uint8_t set[SR_HASH];
	int rc = proven(&said, c, s->entry, "continued", e);

	if (rc == 0 && (!sr_bytes_eq(sr_proven_field(said, "log", 0), s->name) ||
			       !sr_bytes_eq(sr_proven_field(said, "former", 0), s->former)))
		rc = sr_fail(e, SR_AUTH, "entry %llu says other names than the vault does",
			(unsigned long long)s->entry);
	if (rc != 0 || s->confirmed == 0)
		return rc;
	rc = proven(&by, c, s->confirmed, "confirmed", e);
	if (rc == 0)
		rc = sr_field_hash(set, &by->entry.statement, "set", 0, e);
	/* ${said} may have moved: the set grew. */
	if (rc == 0 &&
		memcmp(set, sr_proofs_at(&c->proofs, s->entry)->entry.statement.hash, SR_HASH) != 0)
		rc = sr_fail(e, SR_AUTH, "the board confirmed another name than that of entry %llu",
			(unsigned long long)s->entry);
	return rc;
}

/* From the name that we know to the one that the vault shows; ${last}: the step that led there.
 * ${open}: one is not confirmed. */
static int walk(struct sr_client *c, const struct sr_rows *rows, struct step *last, bool *open,
	struct sr_err *e) {
	struct sr_bytes at = sr_bytes_str(c->renamed_from);
	struct sr_vkey now;
	int rc = sr_seen_log(&now, &c->proofs.seen, e);

	*open = false;
	for (size_t i = 0; i < rows->count && rc == 0; i++) {
		struct step s;

		if (!sr_row_is(&rows->rows[i], "name"))
			continue;
		rc = read_step(&s, &rows->rows[i], e);
		if (rc != 0 || !sr_bytes_eq(s.former, at))
			continue;
		rc = prove_step(c, &s, e);
		at = s.name;
		*last = s;
		*open = *open || s.confirmed == 0;
	}
	if (rc == 0 && !sr_bytes_eq(at, sr_bytes_str(now.name)))
		rc = sr_fail(e, SR_AUTH,
			"the vault shows the log as %s, and no entries lead there from %s",
			now.name, c->renamed_from);
	return rc;
}

/* The log does not hold what was verified: begin anew, and say so. */
static void forget(struct sr_client *c) {
	struct sr_seen seen = c->proofs.seen;

	c->info.lost = seen.size > c->info.lost ? seen.size : c->info.lost;
	seen.size = 0;
	sr_merkle_root(seen.root, NULL, 0);
	sr_proofs_free(&c->proofs);
	sr_proofs_begin(&c->proofs, c->info.fingerprint, seen.person,
		c->o.identity != NULL ? c->o.identity->pk : NULL, &seen);
}

/* Found, and with it that the log holds what we remember; or, where it does not, found alone. */
static int begin(struct sr_client *c, struct sr_err *e) {
	const uint64_t first = 0;
	int rc = sr_client_prove_entries(c, &first, 1, e);

	if (rc != SR_AUTH || c->proofs.seen.size == 0)
		return rc;
	if (e != NULL)
		sr_err_clear(e);
	forget(c);
	return sr_client_prove_entries(c, &first, 1, e);
}

int sr_client_renamed(struct sr_client *c, const struct sr_checkpoint *shown, struct sr_err *e) {
	const struct sr_seen before = c->proofs.seen;
	struct sr_vkey was;
	int rc;

	if (before.vkey[0] != '\0') {
		rc = sr_seen_log(&was, &before, e);
		if (rc != 0)
			return rc;
		snprintf(c->renamed_from, sizeof c->renamed_from, "%s", was.name);
	} else {
		snprintf(c->renamed_from, sizeof c->renamed_from, "%s", c->info.origin);
	}
	snprintf(c->proofs.seen.log, sizeof c->proofs.seen.log, "%s", c->hello_log);
	c->renamed = true;
	if (shown->size < before.size)
		forget(c);
	return 0;
}

int sr_client_follow_log(struct sr_client *c, struct sr_err *e) {
	struct sr_rows rows = {0};
	struct step last = {0};
	struct sr_call q, r;
	char shown[SR_ORIGIN_MAX];
	bool open = false;
	int rc = begin(c, e);

	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "witness");
	if (rc == 0)
		rc = sr_client_rows(c, &q, &r, &rows, e);
	if (rc == 0)
		rc = walk(c, &rows, &last, &open, e);
	(void)sr_escape_to(shown, sizeof shown, last.name);
	if (rc == 0 && open &&
		(c->o.log_name == NULL || !sr_bytes_eq(last.name, sr_bytes_str(c->o.log_name))))
		rc = sr_fail(e, SR_AUTH,
			"the log goes on as %s since entry %llu: entries were lost, and the board "
			"has not confirmed it. Ask its members; who has to vote on it says "
			"--log-name %s",
			shown, (unsigned long long)last.entry, shown);
	if (rc == 0) {
		c->unconfirmed = open;
		c->info.renamed = last.entry;
		sr_view_str(c->info.log, sizeof c->info.log, last.name);
		if (c->info.lost > 0 && !open)
			rc = sr_client_forget_witnesses(c, e);
	}
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

int sr_client_log_named(
	uint8_t set[SR_HASH], struct sr_client *c, uint64_t *entry, struct sr_err *e) {
	const struct sr_proven *pr = NULL;
	struct sr_rows rows = {0};
	struct sr_call q, r;
	struct step s = {0};
	bool any = false;
	int rc;

	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "witness");
	rc = sr_client_rows(c, &q, &r, &rows, e);
	for (size_t i = 0; i < rows.count && rc == 0; i++)
		if (sr_row_is(&rows.rows[i], "name")) {
			rc = read_step(&s, &rows.rows[i], e);
			any = true;
		}
	if (rc == 0 && !any)
		rc = sr_fail(e, SR_NOTFOUND, "the log has the name that it was founded with");
	if (rc == 0)
		rc = proven(&pr, c, s.entry, "continued", e);
	if (rc == 0) {
		memcpy(set, pr->entry.statement.hash, SR_HASH);
		*entry = s.entry;
	}
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}
