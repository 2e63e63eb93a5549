/*
 * The log, read by those who watch it: decoded from leaves whose inclusion is proven, signatures
 * checked here. See client.h.
 *
 * An auditor's client opens each leaf with the key of its epoch, that was sealed to the auditor at
 * the founding or when the vault's keys changed, and compares: an entry that only the vault's
 * disclosed key opens is one that no auditor could read later, and is refused. Which type is wanted
 * is decided here too; the server's filters are not asked.
 */
#include "core/client_in.h"
#include "core/ops.h"
#include "ledger/epoch.h"

struct watch {
	struct sr_client *c;
	const struct sr_log_ask *ask;
	bool auditor;                     /* who has no key of an epoch reads with receipts alone */
	bool have[SR_LOG_KEYS];           /* of epoch i + 1 */
	uint8_t key[SR_LOG_KEYS][SR_KEY]; /* their structural keys; wiped */
};

/* --- the auditor's own key -------------------------------------------------------------------- */

static int object_of(
	struct sr_client *c, const uint8_t id[SR_HASH], struct sr_call *r, struct sr_err *e) {
	struct sr_call q;
	int rc;

	sr_call_init(&q);
	sr_call_begin(&q, "object");
	sr_text_put_hex(&q.head, "id", id, SR_HASH);
	rc = sr_client_call(c, &q, r, e);
	sr_call_free(&q);
	return rc;
}

/* key-epoch is the entry after found, and after each service-key (board/follow.c); who is no
 * auditor reads with receipts alone. */
static int own_key_at(struct watch *w, uint64_t index, struct sr_err *e) {
	const struct sr_identity *me = w->c->o.identity;
	const struct sr_proven *pr;
	struct sr_call r;
	char first[SR_PERSON_TEXT];
	uint8_t id[SR_HASH];
	uint64_t number = 0;
	int rc = sr_client_prove_entries(w->c, &index, 1, e);

	if (rc != 0)
		return rc;
	pr = sr_proofs_at(&w->c->proofs, index);
	rc = sr_proofs_need(pr, "key-epoch", e);
	if (rc != 0)
		return rc;
	if (pr->entry.statement.type->id != SR_T_KEY_EPOCH)
		return sr_fail(e, SR_AUTH, "entry %llu is %s, not key-epoch",
			(unsigned long long)index, pr->entry.statement.type->name);
	rc = sr_field_dec(&number, &pr->entry.statement, "epoch", 0, e);
	if (rc == 0 && (number < 1 || number > SR_LOG_KEYS || w->have[number - 1]))
		rc = sr_fail(e, SR_AUTH, "entry %llu begins key epoch %llu",
			(unsigned long long)index, (unsigned long long)number);
	if (rc == 0)
		rc = sr_field_hash(id, &pr->entry.statement, "keys", 0, e);
	if (rc != 0)
		return rc;
	sr_call_init(&r);
	rc = object_of(w->c, id, &r, e);
	if (rc == 0)
		rc = sr_epoch_open(w->key[number - 1], sr_buf_view(&r.body), w->c->info.fingerprint,
			(uint32_t)number, me->person, me->seed, e);
	sr_call_free(&r);
	/* Sealed to the key before: this auditor reads with receipts alone. */
	sr_person_name(first, me->pk);
	if (rc == SR_AUTH && strcmp(first, me->person) != 0) {
		if (e != NULL)
			sr_err_clear(e);
		return 0;
	}
	SR_NAMED(rc, e, "the epoch's key");
	if (rc == 0)
		w->auditor = w->have[number - 1] = true;
	return rc;
}

static int own_key(struct watch *w, struct sr_err *e) {
	const struct sr_log_keys *log = &w->c->proofs.seen.keys;
	int rc = 0;

	for (size_t i = 0; i < log->count && rc == 0; i++)
		rc = own_key_at(w, log->key[i].from + 1, e);
	return rc;
}

static int epoch_key(
	void *ctx, uint32_t epoch, enum sr_compartment c, uint8_t key[SR_KEY], struct sr_err *e) {
	const struct watch *w = ctx;

	if (c != SR_STRUCTURAL || epoch < 1 || epoch > SR_LOG_KEYS || !w->have[epoch - 1])
		return sr_fail(e, SR_NOTFOUND, "no key of epoch %u", epoch);
	memcpy(key, w->key[epoch - 1], SR_KEY);
	return 0;
}

static int no_subject(void *ctx, uint32_t epoch, enum sr_compartment c, const char *subject,
	uint8_t key[SR_KEY], struct sr_err *e) {
	(void)ctx;
	(void)epoch;
	(void)c;
	(void)key;
	return sr_fail(e, SR_NOTFOUND, "no key of %s", subject);
}

/* Does the auditor's own key open this leaf, to the same statement? */
static int open_itself(
	struct watch *w, struct sr_bytes receipt, const struct sr_proven *pr, struct sr_err *e) {
	const struct sr_keyring ring = {epoch_key, no_subject, w};
	struct sr_receipt r;
	struct sr_entry en;
	int rc = sr_receipt_decode(&r, receipt, e);

	if (rc != 0)
		return rc;
	rc = sr_entry_open(
		&en, w->c->proofs.seen.origin, pr->index, sr_buf_view(&r.leaf), &ring, e);
	sr_receipt_free(&r);
	if (rc != 0) {
		SR_NAMED(rc, e, "entry %llu does not open with the epoch's key",
			(unsigned long long)pr->index);
		return rc;
	}
	if (!sr_bytes_eq(sr_buf_view(&en.statement.note), sr_buf_view(&pr->entry.statement.note)))
		rc = sr_fail(e, SR_AUTH,
			"entry %llu opens to another statement with the epoch's key",
			(unsigned long long)pr->index);
	sr_entry_free(&en);
	return rc;
}

/* --- windows of the log ----------------------------------------------------------------------- */

static int take_rows(struct watch *w, const struct sr_rows *rows, uint64_t from, uint64_t count,
	struct sr_err *e) {
	int rc = sr_proofs_add_rows(&w->c->proofs, rows, e);

	if (rc == 0)
		rc = sr_client_prove_quorums(w->c, NULL, e);
	for (uint64_t i = 0; i < count && rc == 0; i++) {
		const struct sr_proven *pr = sr_proofs_at(&w->c->proofs, from + i);
		const struct sr_bytes receipt = i < rows->count
							? sr_row_get(&rows->rows[i], "receipt")
							: sr_bytes_of(NULL, 0);

		rc = sr_proofs_need(pr, "entry of the log", e);
		if (rc == 0 && w->auditor)
			rc = open_itself(w, receipt, pr, e);
		if (rc == 0 && (w->ask->type == NULL ||
				       strcmp(pr->entry.statement.type->name, w->ask->type) == 0))
			rc = w->ask->each(w->ask->ctx, &pr->entry, e);
	}
	return rc;
}

static int window(struct watch *w, uint64_t from, uint64_t count, struct sr_err *e) {
	struct sr_call q, r;
	struct sr_rows rows;
	int rc;

	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "proof");
	for (uint64_t i = 0; i < count; i++)
		sr_text_put_dec(&q.head, "index", from + i);
	sr_client_put_since(w->c, &q);
	rc = sr_client_rows(w->c, &q, &r, &rows, e);
	if (rc == 0 && rows.count != count)
		rc = sr_fail(e, SR_AUTH,
			"the vault shows %zu of %llu entries from %llu: the rest is withheld",
			rows.count, (unsigned long long)count, (unsigned long long)from);
	if (rc == 0)
		rc = take_rows(w, &rows, from, count, e);
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

/* Everybody whose signature may come: their introductions lie before ${from}. */
static int learn_people(struct sr_client *c, uint64_t from, struct sr_err *e) {
	struct sr_call q, r;
	struct sr_rows rows;
	uint64_t wanted[SR_PROOF_MAX_ENTRIES], entry = 0;
	size_t n = 0;
	int rc;

	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "people");
	rc = sr_client_rows(c, &q, &r, &rows, e);
	for (size_t i = 0; rc == 0 && i < rows.count; i++) {
		for (size_t k = 0;; k++) { /* how they came, then each later key */
			const struct sr_bytes at =
				k == 0 ? sr_row_get(&rows.rows[i], "entry")
				       : sr_row_get_n(&rows.rows[i], "rekeyed", k - 1);

			if (at.p == NULL || rc != 0)
				break;
			if (sr_parse_dec(&entry, at, INT64_MAX, NULL) != 0 || entry == 0 ||
				entry >= from)
				continue;
			wanted[n++] = entry;
			if (n == SR_PROOF_MAX_ENTRIES) {
				rc = sr_client_prove_entries(c, wanted, n, e);
				n = 0;
			}
		}
	}
	if (rc == 0 && n > 0)
		rc = sr_client_prove_entries(c, wanted, n, e);
	if (rc == 0)
		rc = sr_client_prove_quorums(c, NULL, e);
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

static bool has_role(const struct sr_client *c, const char *role) {
	const struct sr_known *me = sr_proofs_person(&c->proofs, c->o.identity->person);

	return sr_token_in(c->info.roles, role) && me != NULL &&
	       (me->roles & sr_role_named(sr_bytes_str(role))) != 0;
}

int sr_client_log(struct sr_client *c, const struct sr_log_ask *a, struct sr_err *e) {
	struct watch w = {.c = c, .ask = a};
	const uint64_t end =
		a->to != 0 && a->to < c->proofs.seen.size ? a->to : c->proofs.seen.size;
	int rc = sr_client_signer(c, e);

	if (rc == 0 && has_role(c, "auditor"))
		rc = own_key(&w, e);
	if (rc == 0 && a->from > 0)
		rc = learn_people(c, a->from, e);
	for (uint64_t at = a->from; at < end && rc == 0; at += SR_PROOF_MAX_ENTRIES) {
		rc = window(&w, at,
			end - at < SR_PROOF_MAX_ENTRIES ? end - at : SR_PROOF_MAX_ENTRIES, e);
		sr_proofs_trim(&c->proofs);
		if (rc == 0 && sr_progress_report(&c->o.progress, "log", at, end, "entries") != 0)
			rc = sr_fail(e, SR_LOCKED, "stopped on request");
	}
	sr_wipe(w.key, sizeof w.key);
	return rc;
}
