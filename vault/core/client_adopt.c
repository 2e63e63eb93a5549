/*
 * A log whose key or name changed, as a reader's client follows it. See client.h; merkle/logkeys.h,
 * board/adopt.h.
 *
 * hello gives the notes of all changes, and each proves itself by the key before it. A key is
 * followed at once. A name says that entries were lost, and is followed in three steps:
 *
 *   1  what is remembered is compared with what is shown. Where it is not there, only a name that
 *      leaves less of the log as it was excuses that (sr_log_keys_excuse): then this memory begins
 *      anew, and the person is told what of theirs is gone. Where it should be there, it must be.
 *   2  after the login: the entry that gave the name, and the board's word on exactly that one,
 * with the votes of a quorum behind it. 3  then the memory takes the new name. Before, only who
 * names the log themselves (--log-name) goes on: members, who have to vote. Nothing is remembered
 * then.
 *
 * The memory may hold changes that were lost with the rest: a key that an older copy does not have.
 * Then the chain is walked again from the key that the founders signed.
 */
#include "core/client_in.h"

#include "base/escape.h"
#include "ledger/keychange.h"

enum {
	SHOWN = 80 /* bytes of a name in a sentence */
};

static int each_note(
	struct sr_client *c, const struct sr_text *t, struct sr_log_keys *keys, struct sr_err *e) {
	const size_t count = sr_text_count(t, "key-change");
	struct sr_buf note;
	int rc = 0;

	sr_buf_init(&note);
	for (size_t i = 0; i < count && rc == 0; i++) {
		sr_buf_clear(&note);
		rc = sr_unbase64(&note, sr_text_get_n(t, "key-change", i), e);
		if (rc != 0)
			break;
		rc = keys == NULL ? sr_proofs_key_change(&c->proofs, sr_buf_view(&note), e)
				  : sr_key_change_follow(
					    NULL, keys, c->info.fingerprint, sr_buf_view(&note), e);
	}
	sr_buf_free(&note);
	return rc;
}

/* What was remembered does not continue there: all of it anew, from the key of found. */
static int from_the_beginning(
	struct sr_client *c, const struct sr_text *t, struct sr_log_keys *keys, struct sr_err *e) {
	const struct sr_seen *seen = &c->proofs.seen;
	const struct sr_log_link *by;
	struct sr_vkey founded;
	int rc = sr_vkey_parse(&founded, sr_bytes_str(seen->vkey), e);

	if (rc != 0)
		return rc;
	sr_log_keys_begin(keys, founded.name, founded.pk);
	rc = each_note(c, t, keys, e);
	return rc == 0 ? sr_log_keys_excuse(&by, keys, &seen->keys, seen->size, e) : rc;
}

int sr_client_changes(struct sr_client *c, const struct sr_text *t, struct sr_err *e) {
	struct sr_seen *seen = &c->proofs.seen;
	struct sr_log_keys *keys;
	struct sr_err again = {0};
	size_t same;
	int rc;

	c->was = *seen;
	if (seen->vkey[0] == '\0') /* found names the first one */
		return each_note(c, t, NULL, e);
	keys = malloc(sizeof *keys);
	if (keys == NULL)
		return sr_fail(e, SR_NOMEM, "client: out of memory");
	*keys = seen->keys;
	rc = each_note(c, t, keys, e);
	if (rc == SR_AUTH && from_the_beginning(c, t, keys, &again) == 0) {
		sr_err_clear(e);
		rc = 0;
	}
	if (rc == 0) {
		same = sr_log_keys_alike(keys, &seen->keys);
		seen->keys = *keys;
		if (c->proofs.links > same)
			c->proofs.links = same;
	}
	free(keys);
	return rc;
}

/* The log does not hold what was verified: begin anew, and say so. */
static void forget(struct sr_client *c, const struct sr_log_link *by) {
	const size_t links = c->proofs.links;
	struct sr_seen seen = c->was;

	seen.keys = c->proofs.seen.keys;
	seen.size = 0;
	sr_merkle_root(seen.root, NULL, 0);
	c->info.lost = c->was.size;
	c->info.lost_agreed = by->agreed;
	c->info.lost_known = by->known;
	c->lost = true;
	c->kept_size = 0; /* what the memory holds is none of this log */
	struct sr_endeds ended = c->proofs.ended;

	c->proofs.ended = (struct sr_endeds){NULL, 0};
	sr_proofs_free(&c->proofs);
	sr_proofs_begin(&c->proofs, c->info.fingerprint, seen.person,
		c->o.identity != NULL ? c->o.identity->pk : NULL, &seen);
	c->proofs.ended = ended; /* what was lost of them is not in the log any more */
	sr_endeds_cut(&c->proofs.ended, c->info.lost_agreed);
	c->proofs.links = links;
}

bool sr_client_excused(struct sr_client *c) {
	const struct sr_log_link *by;

	if (c->lost || c->was.size == 0 ||
		sr_log_keys_excuse(&by, &c->proofs.seen.keys, &c->was.keys, c->was.size, NULL) != 0)
		return false;
	forget(c, by);
	return true;
}

/* --- after the login -------------------------------------------------------------------------- */

/* Found, and with it that the log holds what we remember; or, where that was lost, found alone. */
static int begin(struct sr_client *c, struct sr_err *e) {
	const uint64_t first = 0;
	int rc = sr_client_prove_entries(c, &first, 1, e);

	if (rc != SR_AUTH || c->proofs.seen.size == 0 || !sr_client_excused(c))
		return rc;
	sr_err_clear(e);
	return sr_client_prove_entries(c, &first, 1, e);
}

/* The entries by which the log's key or name changed: what the service signed since is not trusted
 * without them. */
static int prove_changes(struct sr_client *c, struct sr_err *e) {
	uint64_t owed[SR_LOG_LINKS];
	size_t n = 0;
	int rc = 0;

	while (n < SR_LOG_LINKS && sr_proofs_change_owed(&c->proofs, n, &owed[n]))
		n++;
	if (n > 0)
		rc = sr_client_prove_entries(c, owed, n, e);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = sr_proofs_need(
			sr_proofs_at(&c->proofs, owed[i]), "change of the vault's keys", e);
	return rc;
}

/* The board's words on the log's names, as the vault says where they are; each with its votes. */
static int prove_names(struct sr_client *c, struct sr_err *e) {
	struct sr_rows rows = {0};
	struct sr_call q, r;
	int rc;

	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "witness");
	rc = sr_client_rows(c, &q, &r, &rows, e);
	for (size_t i = 0; i < rows.count && rc == 0; i++) {
		uint64_t by = 0;

		if (!sr_row_is(&rows.rows[i], "name") ||
			sr_row_get(&rows.rows[i], "confirmed").p == NULL)
			continue;
		rc = sr_row_get_dec(&by, &rows.rows[i], "confirmed", e);
		if (rc == 0 && by < c->proofs.seen.size)
			rc = sr_client_prove_entries(c, &by, 1, e);
		if (rc == 0)
			rc = sr_client_prove_quorums(c, NULL, e);
	}
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

static bool named_by_person(const struct sr_client *c) {
	return c->o.log_name != NULL &&
	       strcmp(c->o.log_name, sr_log_keys_last(&c->proofs.seen.keys)->name) == 0;
}

int sr_client_judge_names(struct sr_client *c, struct sr_err *e) {
	const struct sr_log_link *open = sr_proofs_unconfirmed(&c->proofs);
	const char *last = sr_log_keys_last(&c->proofs.seen.keys)->name;
	char shown[SHOWN];

	(void)sr_escape_to(shown, sizeof shown, sr_bytes_str(last));
	if (open != NULL && !named_by_person(c))
		return sr_fail(e, SR_AUTH,
			"the log goes on as %s since entry %llu: entries were lost, and the board "
			"has not confirmed it. Ask its members; who has to vote on it says "
			"--log-name %s",
			shown, (unsigned long long)open->from, shown);
	if (c->info.lost > c->info.lost_known && !named_by_person(c))
		return sr_fail(e, SR_AUTH,
			"you had verified %llu entries, and the log, which goes on as %s, says "
			"that it lost those from %llu to %llu: more is gone than was said. Tell "
			"the board's members, and keep your receipts; --log-name %s goes on all "
			"the same",
			(unsigned long long)c->info.lost, shown,
			(unsigned long long)c->info.lost_agreed,
			(unsigned long long)c->info.lost_known, shown);
	c->unconfirmed = open != NULL;
	return 0;
}

int sr_client_begin_proofs(struct sr_client *c, struct sr_err *e) {
	const size_t known = c->was.vkey[0] != '\0' ? c->proofs.links : 1;
	int rc = begin(c, e);

	if (rc == 0)
		rc = prove_changes(c, e);
	if (rc == 0 && sr_proofs_unconfirmed(&c->proofs) != NULL)
		rc = prove_names(c, e);
	if (rc == 0)
		rc = sr_client_judge_names(c, e);
	if (rc != 0)
		return rc;
	for (size_t i = 1; i < c->proofs.seen.keys.count; i++) {
		const struct sr_log_link *l = &c->proofs.seen.keys.key[i];

		if (!sr_log_keys_renames(&c->proofs.seen.keys, i))
			continue;
		sr_view_str(c->info.log, sizeof c->info.log, sr_bytes_str(l->name));
		if (i >= known)
			c->info.renamed = l->from;
	}
	if (c->lost && !c->unconfirmed)
		rc = sr_client_forget_witnesses(c, c->info.lost_agreed, e);
	return rc;
}

int sr_client_log_named(uint8_t set[SR_HASH], const struct sr_log_link **link, struct sr_client *c,
	struct sr_err *e) {
	const struct sr_log_keys *k = &c->proofs.seen.keys;
	const struct sr_proven *pr;
	size_t i = k->count;
	int rc = 0;

	while (i > 0 && !sr_log_keys_renames(k, i - 1))
		i--;
	if (i == 0)
		return sr_fail(e, SR_NOTFOUND, "the log has the name that it was founded with");
	*link = &k->key[i - 1];
	if (sr_proofs_at(&c->proofs, (*link)->from) == NULL)
		rc = sr_client_prove_entries(c, &(*link)->from, 1, e);
	if (rc != 0)
		return rc;
	pr = sr_proofs_at(&c->proofs, (*link)->from);
	rc = sr_proofs_need(pr, "name of the log", e);
	if (rc == 0 && pr != NULL)
		memcpy(set, pr->entry.statement.hash, SR_HASH);
	return rc;
}
