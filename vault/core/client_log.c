/*
 * The log, read by those who watch it: decoded from leaves whose inclusion is proven, signatures
 * checked here. See client.h.
 *
 * An auditor's client opens each leaf with the key of its epoch that was sealed to the auditor, and
 * compares: an entry that only the vault's disclosed key opens is one that no auditor could read
 * later, and is refused; so is one that is sealed under another epoch than was in force. Which type
 * is wanted is decided here too; the server's filters are not asked.
 */
#include "core/client_in.h"
#include "core/ops.h"
#include "ledger/epoch.h"

/* An epoch of the structural key: entries [from, to) are sealed under it. */
struct span {
	uint32_t epoch;
	uint64_t from, to;
	bool given; /* to us; to who reads by another role: always */
	bool have;
	uint8_t key[SR_KEY]; /* wiped */
};

struct watch {
	struct sr_client *c;
	const struct sr_log_ask *ask;
	bool auditor;
	struct span *spans; /* in order, without a gap */
	size_t span_count;
};

/* --- the auditor's own keys ------------------------------------------------------------------- */

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

/* The key of ${s} that the object of a proven statement has for us. */
static int key_in(struct watch *w, struct span *s, const struct sr_proven *pr, struct sr_err *e) {
	const struct sr_identity *me = w->c->o.identity;
	struct sr_call r;
	char first[SR_PERSON_TEXT];
	uint8_t id[SR_HASH];
	int rc = sr_field_hash(id, &pr->entry.statement, "keys", 0, e);

	if (rc != 0)
		return rc;
	sr_call_init(&r);
	rc = object_of(w->c, id, &r, e);
	if (rc == 0)
		rc = sr_epoch_find(s->key, sr_buf_view(&r.body), w->c->info.fingerprint, s->epoch,
			me->person, me->seed, e);
	sr_call_free(&r);
	/* Sealed to the key before: this auditor reads with receipts alone. */
	sr_person_name(first, me->pk);
	if (rc == SR_AUTH && strcmp(first, me->person) != 0) {
		if (e != NULL)
			sr_err_clear(e);
		return 0;
	}
	s->have = rc == 0;
	SR_NAMED(rc, e, "the key of epoch %u", s->epoch);
	return rc;
}

/* The statement that began the epoch says to whom it was sealed. */
static bool names_me(const struct watch *w, const struct sr_proven *pr) {
	for (size_t i = 0; i < sr_field_count(&pr->entry.statement, "auditor"); i++)
		if (sr_bytes_eq(sr_proven_field(pr, "auditor", i),
			    sr_bytes_str(w->c->o.identity->person)))
			return true;
	return false;
}

/* The spans, by the key-epochs that the vault lists: each is proven, none may be left out (the
 * entries themselves tell). */
static int learn_spans(struct watch *w, const struct sr_rows *rows, struct sr_err *e) {
	int rc = 0;

	w->spans = calloc(rows->count + 1, sizeof *w->spans);
	if (w->spans == NULL)
		return sr_fail(e, SR_NOMEM, "out of memory for %zu epochs", rows->count);
	for (size_t i = 0; rc == 0 && i < rows->count; i++) {
		struct span *s = &w->spans[w->span_count];
		uint64_t entry = 0, number = 0;
		const struct sr_proven *pr;

		if (!sr_row_is(&rows->rows[i], "epoch"))
			continue;
		rc = sr_row_get_dec(&entry, &rows->rows[i], "entry", e);
		if (rc == 0)
			rc = sr_client_prove_entries(w->c, &entry, 1, e);
		if (rc != 0)
			break;
		pr = sr_proofs_at(&w->c->proofs, entry);
		rc = sr_proofs_need(pr, "key-epoch", e);
		if (rc != 0)
			break;
		if (pr->entry.statement.type->id != SR_T_KEY_EPOCH ||
			sr_field_dec(&number, &pr->entry.statement, "epoch", 0, NULL) != 0 ||
			number != (uint64_t)w->span_count + 1)
			return sr_fail(e, SR_AUTH,
				"entry %llu is not the key-epoch %zu that the vault says it is",
				(unsigned long long)entry, w->span_count + 1);
		s->epoch = (uint32_t)number;
		s->from = w->span_count == 0 ? 0 : entry + 1;
		s->to = UINT64_MAX;
		if (w->span_count > 0)
			w->spans[w->span_count - 1].to = entry + 1;
		w->span_count++;
		s->given = !w->auditor || names_me(w, pr);
		if (w->auditor && s->given)
			rc = key_in(w, s, pr, e);
	}
	if (rc == 0 && w->span_count == 0)
		rc = sr_fail(e, SR_AUTH, "the vault shows no key-epoch: they are withheld");
	return rc;
}

/* Epochs of before that a quorum gave us. */
static int learn_given(struct watch *w, const struct sr_rows *rows, struct sr_err *e) {
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < rows->count; i++) {
		const struct sr_row *row = &rows->rows[i];
		uint64_t entry = 0, first = 0, last = 0;
		const struct sr_proven *pr;

		if (!sr_row_is(row, "given") || !sr_bytes_eq(sr_row_get(row, "person"),
							sr_bytes_str(w->c->o.identity->person)))
			continue;
		rc = sr_row_get_dec(&entry, row, "entry", e);
		if (rc == 0)
			rc = sr_client_prove_entries(w->c, &entry, 1, e);
		if (rc == 0)
			rc = sr_client_prove_quorums(w->c, NULL, e);
		if (rc != 0)
			break;
		pr = sr_proofs_at(&w->c->proofs, entry);
		rc = sr_proofs_need(pr, "auditor", e);
		if (rc == 0)
			rc = sr_field_dec(&first, &pr->entry.statement, "first", 0, e);
		if (rc == 0)
			rc = sr_field_dec(&last, &pr->entry.statement, "last", 0, e);
		for (size_t k = 0; rc == 0 && k < w->span_count; k++) {
			struct span *s = &w->spans[k];

			if (s->epoch < first || s->epoch > last)
				continue;
			s->given = true;
			if (!s->have)
				rc = key_in(w, s, pr, e);
		}
	}
	return rc;
}

static int learn_epochs(struct watch *w, struct sr_err *e) {
	struct sr_call q, r;
	struct sr_rows rows = {0};
	int rc;

	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "epochs");
	rc = sr_client_rows(w->c, &q, &r, &rows, e);
	if (rc == 0)
		rc = learn_spans(w, &rows, e);
	if (rc == 0 && w->auditor)
		rc = learn_given(w, &rows, e);
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

static const struct span *span_at(const struct watch *w, uint64_t index) {
	for (size_t i = 0; i < w->span_count; i++)
		if (index >= w->spans[i].from && index < w->spans[i].to)
			return &w->spans[i];
	return NULL;
}

static int epoch_key(
	void *ctx, uint32_t epoch, enum sr_compartment c, uint8_t key[SR_KEY], struct sr_err *e) {
	const struct span *s = ctx;

	if (c != SR_STRUCTURAL || epoch != s->epoch)
		return sr_fail(e, SR_NOTFOUND, "no key of epoch %u", epoch);
	memcpy(key, s->key, SR_KEY);
	return 0;
}

static int no_subject(void *ctx, uint32_t epoch, enum sr_compartment c, const char *subject,
	uint8_t key[SR_KEY], struct sr_err *e) {
	(void)ctx;
	(void)epoch;
	(void)c;
	(void)key;
	return sr_fail(e, SR_MISUSE, "no key of %s", subject); /* only the structural part opens */
}

/* Is the leaf sealed under the epoch that was in force, and does the auditor's own key of it open
 * it, to the same statement? */
static int open_itself(
	struct watch *w, struct sr_bytes receipt, const struct sr_proven *pr, struct sr_err *e) {
	struct span *s = (struct span *)(uintptr_t)span_at(w, pr->index);
	const struct sr_keyring ring = {epoch_key, no_subject, s};
	struct sr_receipt r;
	struct sr_entry en;
	int rc = s == NULL ? sr_fail(e, SR_AUTH, "entry %llu lies in no epoch",
				     (unsigned long long)pr->index)
			   : sr_receipt_decode(&r, receipt, e);

	if (rc != 0 || s == NULL)
		return rc;
	if (pr->entry.epoch != s->epoch)
		rc = sr_fail(e, SR_AUTH,
			"entry %llu is sealed under epoch %u, and %u was in force: a change of "
			"epochs is withheld, or the entry is not for its auditors",
			(unsigned long long)pr->index, pr->entry.epoch, s->epoch);
	if (rc != 0 || !s->have)
		goto out;
	rc = sr_entry_open(
		&en, w->c->proofs.seen.origin, pr->index, sr_buf_view(&r.leaf), &ring, e);
	SR_NAMED(rc, e, "entry %llu does not open with the epoch's key",
		(unsigned long long)pr->index);
	if (rc != 0)
		goto out;
	if (!sr_bytes_eq(sr_buf_view(&en.statement.note), sr_buf_view(&pr->entry.statement.note)))
		rc = sr_fail(e, SR_AUTH,
			"entry %llu opens to another statement with the epoch's key",
			(unsigned long long)pr->index);
	sr_entry_free(&en);
out:
	sr_receipt_free(&r);
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
		if (rc == 0)
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
		char person[SR_PERSON_TEXT];

		/* Who may have given somebody another key turns on where they sat then. */
		if (sr_row_get(&rows.rows[i], "rekeyed").p != NULL) {
			sr_view_str(person, sizeof person, sr_row_get(&rows.rows[i], "person"));
			rc = sr_client_prove_person(c, person, e);
		}
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

/* The entries of one span that are asked for. */
static int read_span(struct watch *w, const struct span *s, uint64_t end, struct sr_err *e) {
	const uint64_t from = s->from > w->ask->from ? s->from : w->ask->from;
	const uint64_t to = s->to < end ? s->to : end;
	int rc = 0;

	if (from < to && !s->given) {
		if (w->ask->sealed != NULL)
			*w->ask->sealed += to - from;
		return 0;
	}
	for (uint64_t at = from; at < to && rc == 0; at += SR_PROOF_MAX_ENTRIES) {
		rc = window(
			w, at, to - at < SR_PROOF_MAX_ENTRIES ? to - at : SR_PROOF_MAX_ENTRIES, e);
		sr_proofs_trim(&w->c->proofs);
		if (rc == 0 &&
			sr_progress_report(&w->c->o.progress, "log", at, end, "entries") != 0)
			rc = sr_fail(e, SR_LOCKED, "stopped on request");
	}
	return rc;
}

/* The statements that gave us roles after the founding, into the set. */
static int learn_own_roles(struct sr_client *c, struct sr_err *e) {
	struct sr_call q, r;
	struct sr_rows rows;
	uint64_t wanted[SR_PROOF_MAX_ENTRIES];
	size_t n = 0;
	int rc;

	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "log");
	sr_text_put(&q.head, "type", "person");
	sr_text_put(&q.head, "about", c->o.identity->person);
	sr_text_put_dec(&q.head, "limit", SR_PROOF_MAX_ENTRIES);
	rc = sr_client_rows(c, &q, &r, &rows, e);
	for (size_t i = 0; rc == 0 && i < rows.count && n < SR_PROOF_MAX_ENTRIES; i++)
		if (sr_row_is(&rows.rows[i], "entry"))
			rc = sr_row_get_dec(&wanted[n++], &rows.rows[i], "index", e);
	if (rc == 0 && n > 0)
		rc = sr_client_prove_entries(c, wanted, n, e);
	if (rc == 0 && n > 0)
		rc = sr_client_prove_quorums(c, NULL, e);
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

/* Does this person read as an auditor, by their own keys? Who is an officer too reads all, but only
 * when the log shows that they are: a vault that may say so itself would spare itself the keys that
 * are not its own. */
static int reads_as_auditor(bool *auditor, struct sr_client *c, struct sr_err *e) {
	const char *me = c->o.identity->person;
	const struct sr_known *who = sr_proofs_person(&c->proofs, me);
	const bool officer = sr_token_in(c->info.roles, "officer");
	unsigned roles = who != NULL ? who->roles : 0;
	int rc = 0;

	if (officer && (roles & SR_ROLE_OFFICER) == 0) {
		rc = learn_own_roles(c, e);
		who = sr_proofs_person(&c->proofs, me);
		roles = who != NULL ? who->roles : 0;
	}
	if (sr_token_in(c->info.roles, "auditor"))
		roles |= SR_ROLE_AUDITOR;
	*auditor = (roles & SR_ROLE_AUDITOR) != 0 && !(officer && (roles & SR_ROLE_OFFICER) != 0);
	return rc;
}

int sr_client_log(struct sr_client *c, const struct sr_log_ask *a, struct sr_err *e) {
	struct watch w = {.c = c, .ask = a};
	uint64_t end;
	const struct sr_reading_ask reading = {.what = "log", .from = a->from, .to = a->to};
	int rc = sr_client_signer(c, e);

	if (a->sealed != NULL)
		*a->sealed = 0;
	if (rc == 0 &&
		(sr_token_in(c->info.roles, "auditor") || sr_token_in(c->info.roles, "officer")))
		rc = sr_client_on_record(c, &reading, NULL, e);
	end = a->to != 0 && a->to < c->proofs.seen.size ? a->to : c->proofs.seen.size;
	if (rc == 0)
		rc = reads_as_auditor(&w.auditor, c, e);
	if (rc == 0)
		rc = learn_epochs(&w, e);
	if (rc == 0)
		rc = learn_people(c, a->from > 0 ? a->from : w.spans[0].given ? 0 : UINT64_MAX, e);
	for (size_t i = 0; i < w.span_count && rc == 0; i++)
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): they are freed below */
		rc = read_span(&w, &w.spans[i], end, e);
	for (size_t i = 0; i < w.span_count; i++)
		sr_wipe(w.spans[i].key, SR_KEY);
	free(w.spans);
	return rc;
}
