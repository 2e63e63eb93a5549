/*
 * The quorum of witnesses, as a reader's client checks it itself before any key leaves it. See
 * client.h.
 *
 * Which policy: the file that the caller gave, else the one that the log adopted, proven (with the
 * board's votes where a board adopted it), its text by the SHA-256 that the statement names. A log
 * cannot prove that nothing newer was adopted: what was seen once is remembered, and a vault that
 * shows an older one, or none, withholds. The first ones are the custodian's choice, which the
 * service signs alone; once the board has adopted one, it takes its votes to change that, and no
 * later word of the service counts for who saw it.
 *
 * What is checked: that exactly our entry is in a tree whose checkpoint the quorum cosigned; or
 * that two people, neither of them the reader, answered for the checkout instead.
 */
#include "base/escape.h"
#include "core/client_in.h"
#include "crypto/hash.h"
#include "merkle/tlogproof.h"

enum {
	MEMORY_MAX = 1024,
	MEMORY_NAME = 40
};
static const char MEMORY_TYPE[] = "strongroom/witnesses/v1";

/* --- what was seen ---------------------------------------------------------------------------- */

static void memory_name(char out[MEMORY_NAME], const struct sr_client *c) {
	char hex[17];

	sr_hex(hex, c->info.fingerprint, 8);
	snprintf(out, MEMORY_NAME, "witnesses-%s", hex);
}

struct policy_seen {
	uint64_t entry; /* 0: none */
	bool voted;     /* the board adopted it */
};

/* The policy seen last. */
static int remembered(struct policy_seen *out, const struct sr_client *c, struct sr_err *e) {
	struct sr_text t = {0};
	char name[MEMORY_NAME];
	uint8_t vault[SR_HASH];
	struct sr_buf b;
	int rc;

	*out = (struct policy_seen){.entry = 0};
	if (c->o.memory == NULL)
		return 0;
	memory_name(name, c);
	sr_buf_init(&b);
	rc = sr_file_read(c->o.memory, name, &b, MEMORY_MAX, e);
	if (rc == SR_NOTFOUND) {
		if (e != NULL)
			sr_err_clear(e);
		sr_buf_free(&b);
		return 0;
	}
	if (rc == 0)
		rc = sr_text_parse(&t, sr_buf_view(&b), e);
	if (rc == 0 && !sr_bytes_eq(t.type, sr_bytes_str(MEMORY_TYPE)))
		rc = sr_fail(e, SR_CORRUPT,
			"%s is no memory of witnesses: it is damaged, or another file", name);
	if (rc == 0)
		rc = sr_unhex(vault, SR_HASH, sr_text_get(&t, "vault"), e);
	/* Another vault with the same 8 bytes: nothing is known of this one. */
	if (rc == 0 && memcmp(vault, c->info.fingerprint, SR_HASH) == 0) {
		rc = sr_parse_dec(&out->entry, sr_text_get(&t, "entry"), INT64_MAX, e);
		out->voted = sr_text_get(&t, "voted").p != NULL;
	}
	SR_NAMED(rc, e, "memory of witnesses");
	sr_text_free(&t);
	sr_buf_free(&b);
	return rc;
}

/* May the one at ${now} be in force for who saw ${before}? */
static int follows(const struct policy_seen *before, const struct policy_seen *now, bool shown,
	struct sr_err *e) {
	if (now->entry < before->entry)
		return sr_fail(e, SR_AUTH,
			"the vault shows %s, and that of entry %llu was verified before: it is "
			"withheld",
			shown ? "an older witness policy" : "no witness policy",
			(unsigned long long)before->entry);
	if (now->entry > before->entry && before->voted && !now->voted)
		return sr_fail(e, SR_AUTH,
			"the vault shows a witness policy of its own (entry %llu), and the board "
			"had adopted that of entry %llu, which only its members' votes change",
			(unsigned long long)now->entry, (unsigned long long)before->entry);
	return 0;
}

/* Another program of this person may have seen a later one meanwhile. That the vault withholds it
 * is not said yet: it may have been adopted since ours was shown. */
static int remember(const struct sr_client *c, const struct policy_seen *now, struct sr_err *e) {
	struct policy_seen there;
	struct sr_lock *lock = NULL;
	char name[MEMORY_NAME];
	struct sr_buf b;
	int rc;

	if (c->o.memory == NULL)
		return 0;
	memory_name(name, c);
	rc = sr_seen_lock(&lock, c->o.memory, e);
	if (rc == 0)
		rc = remembered(&there, c, e);
	if (rc == 0 && there.entry > now->entry)
		rc = sr_fail(e, SR_AUTH,
			"another program of yours verified a later witness policy (entry %llu) "
			"meanwhile: repeat this",
			(unsigned long long)there.entry);
	if (rc == 0)
		rc = follows(&there, now, true, e);
	sr_buf_init(&b);
	sr_text_begin(&b, MEMORY_TYPE);
	sr_text_put_hex(&b, "vault", c->info.fingerprint, SR_HASH);
	sr_text_put_dec(&b, "entry", now->entry);
	if (now->voted)
		sr_text_put(&b, "voted", "yes");
	if (rc == 0)
		rc = sr_buf_ok(&b, e);
	if (rc == 0)
		rc = sr_file_replace(c->o.memory, name, sr_buf_view(&b), e);
	sr_buf_free(&b);
	sr_lock_free(lock);
	return rc;
}

int sr_client_forget_witnesses(const struct sr_client *c, uint64_t agreed, struct sr_err *e) {
	struct policy_seen seen;
	char name[MEMORY_NAME];
	int rc = remembered(&seen, c, e);

	if (rc != 0 || c->o.memory == NULL || seen.entry == 0 || seen.entry < agreed)
		return rc;
	memory_name(name, c);
	rc = sr_file_remove(c->o.memory, name, e);
	if (rc == SR_NOTFOUND && e != NULL)
		sr_err_clear(e);
	return rc == SR_NOTFOUND ? 0 : rc;
}

/* --- the policy ------------------------------------------------------------------------------- */

/* Its text, as the statement names it. */
static int policy_text(
	struct sr_buf *out, struct sr_client *c, const struct sr_proven *pr, struct sr_err *e) {
	const char *key = sr_field_count(&pr->entry.statement, "request") > 0 ? "rules" : "policy";

	return sr_client_text_of(out, c, pr, key, e);
}

static int learn(
	struct sr_policy **out, struct sr_client *c, struct policy_seen *now, struct sr_err *e) {
	const uint64_t entry = now->entry;
	const struct sr_proven *pr;
	struct sr_buf text;
	int rc = sr_client_prove_entries(c, &entry, 1, e);

	if (rc == 0)
		rc = sr_client_prove_quorums(c, NULL, e);
	if (rc != 0)
		return rc;
	pr = sr_proofs_at(&c->proofs, entry);
	rc = sr_proofs_need(pr, "witness policy", e);
	if (rc != 0)
		return rc;
	if (pr->entry.statement.type->id != SR_T_WITNESS ||
		!sr_bytes_eq(sr_proven_field(pr, "event", 0), sr_bytes_str("policy")))
		return sr_fail(e, SR_AUTH, "entry %llu of the log is no witness policy",
			(unsigned long long)entry);
	now->voted = sr_field_count(&pr->entry.statement, "request") > 0;
	sr_buf_init(&text);
	rc = policy_text(&text, c, pr, e);
	if (rc == 0)
		rc = sr_policy_parse(out, sr_buf_view(&text), e);
	sr_buf_free(&text);
	return rc;
}

/* The policy that counts, ${*own} when it is to be freed; NULL: nothing is asked. ${r}: an answer
 * of `witness`. */
static int policy_for(const struct sr_policy **out, struct sr_policy **own, struct sr_client *c,
	const struct sr_call *r, struct sr_err *e) {
	const struct sr_bytes adopted = sr_text_get(&r->text, "adopted");
	struct policy_seen now = {.entry = 0}, before;
	int rc = 0;

	*out = c->o.witnesses;
	*own = NULL;
	if (*out != NULL)
		return 0;
	if (adopted.p != NULL)
		rc = sr_parse_dec(&now.entry, adopted, INT64_MAX, e);
	if (rc == 0)
		rc = remembered(&before, c, e);
	if (rc == 0 && now.entry != 0 && now.entry >= before.entry)
		rc = learn(own, c, &now, e);
	if (rc == 0)
		rc = follows(&before, &now, adopted.p != NULL, e);
	if (rc == 0 && (now.entry > before.entry || now.voted != before.voted))
		rc = remember(c, &now, e);
	if (rc == 0)
		*out = *own;
	return rc;
}

/* --- our entry -------------------------------------------------------------------------------- */

/* The leaf of entry ${index}, from a receipt that proves it to be exactly ${pr}. */
static int leaf_of(
	uint8_t leaf[SR_HASH], struct sr_client *c, const struct sr_proven *pr, struct sr_err *e) {
	struct sr_call q, r;
	struct sr_rows rows = {0};
	struct sr_receipt receipt;
	struct sr_proven *again = NULL;
	int rc;

	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "proof");
	sr_text_put_dec(&q.head, "index", pr->index);
	sr_client_put_since(c, &q);
	rc = sr_client_rows(c, &q, &r, &rows, e);
	if (rc == 0 && rows.count != 1)
		rc = sr_fail(e, SR_AUTH, "the vault gave %zu receipts, want 1", rows.count);
	if (rc == 0)
		rc = sr_proofs_add(&c->proofs, sr_row_get(&rows.rows[0], "receipt"),
			sr_buf_view(&pr->entry.statement.note), &again, e);
	if (rc == 0 && again != pr)
		rc = sr_fail(e, SR_AUTH, "the receipt is of another entry");
	if (rc == 0)
		rc = sr_receipt_decode(&receipt, sr_row_get(&rows.rows[0], "receipt"), e);
	if (rc == 0) {
		sr_leaf_hash(leaf, sr_buf_view(&receipt.leaf));
		sr_receipt_free(&receipt);
	}
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

/* The leaf is in a tree whose checkpoint the quorum of ${p} cosigned. */
static int quorum_saw(struct sr_client *c, const struct sr_policy *p, uint64_t index,
	const uint8_t leaf[SR_HASH], struct sr_err *e) {
	struct sr_vkey key = {.name = ""};
	const struct sr_log log = {.origin = key.name, .keys = &key, .count = 1};
	struct sr_tlogproof proof;
	struct sr_call q, r;
	int rc;

	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "log.prove");
	sr_text_put_dec(&q.head, "index", index);
	rc = sr_client_call(c, &q, &r, e);
	if (rc == 0)
		rc = sr_tlogproof_parse(&proof, sr_buf_view(&r.body), e);
	if (rc == 0) {
		rc = sr_log_keys_signer(&key, &c->proofs.seen.keys, proof.checkpoint, e);
		if (rc == 0 && proof.index != index)
			rc = sr_fail(e, SR_AUTH, "the proof is of entry %llu, not of %llu",
				(unsigned long long)proof.index, (unsigned long long)index);
		if (rc == 0)
			rc = sr_tlogproof_verify(NULL, &proof, leaf, &log, p, e);
		sr_tlogproof_free(&proof);
	}
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

static bool may_break_glass(const struct sr_client *c, const struct sr_proven *pr) {
	const struct sr_known *who = sr_proofs_person(&c->proofs, pr->entry.statement.head.actor);

	return who != NULL && ((who->roles & (SR_ROLE_CURATOR | SR_ROLE_OFFICER)) != 0 ||
				      sr_proofs_sits(&c->proofs, who->person, pr->index));
}

/* Two people, neither of them us, answered for this checkout: their statements are proven, and so
 * is a role that may say it. A reader's friends are not enough, whatever the vault took. */
static int glass_broken(struct sr_client *c, const uint8_t checkout[SR_ID], const struct sr_call *r,
	const struct sr_rows *rows, struct sr_err *e) {
	const size_t n = sr_text_count(&r->text, "said");
	char hex[2 * SR_ID + 1], first[SR_PERSON_TEXT] = "";
	size_t good = 0;
	int rc = sr_proofs_add_rows(&c->proofs, rows, e);

	if (rc == 0)
		rc = sr_client_prove_quorums(c, NULL, e);
	sr_hex(hex, checkout, SR_ID);
	for (size_t i = 0; i < n && rc == 0; i++) {
		const struct sr_proven *pr;
		uint64_t entry = 0;

		rc = sr_parse_dec(&entry, sr_text_get_n(&r->text, "said", i), INT64_MAX, e);
		if (rc == 0)
			rc = sr_client_prove_entries(c, &entry, 1, e);
		if (rc != 0)
			break;
		pr = sr_proofs_at(&c->proofs, entry);
		rc = sr_proofs_need(pr, "break-glass", e);
		if (rc != 0 || !may_break_glass(c, pr) ||
			pr->entry.statement.type->id != SR_T_BREAK_GLASS ||
			!sr_bytes_eq(sr_proven_field(pr, "checkout", 0), sr_bytes_str(hex)) ||
			strcmp(pr->entry.statement.head.actor, c->o.identity->person) == 0 ||
			strcmp(pr->entry.statement.head.actor, first) == 0)
			continue;
		snprintf(first, sizeof first, "%s", pr->entry.statement.head.actor);
		good++;
	}
	if (rc == 0 && good < 2)
		rc = sr_fail(e, SR_AUTH,
			"the vault says that two people answered for this checkout; so much is "
			"proven of %zu of them",
			good);
	return rc;
}

/* Who of the policy is missing, as the vault tells it. */
static int not_yet(const struct sr_rows *rows, uint64_t entry, struct sr_err *e) {
	char missing[400] = "";
	size_t at = 0;

	for (size_t i = 0; i < rows->count && at < sizeof missing - 1; i++) {
		const struct sr_row *row = &rows->rows[i];
		char name[64], error[128];
		int n;

		if (!sr_row_is(row, "witness") || sr_row_get(row, "cosigned").p != NULL)
			continue;
		n = snprintf(missing + at, sizeof missing - at, "%s%s (%s)", at == 0 ? "" : ", ",
			sr_escape_to(name, sizeof name, sr_row_get(row, "name")),
			sr_row_get(row, "error").p == NULL
				? "not yet answered"
				: sr_escape_to(error, sizeof error, sr_row_get(row, "error")));
		at += n > 0 ? (size_t)n : 0;
	}
	return sr_fail(e, SR_DENIED,
		"not witnessed: entry %llu has to be cosigned by the quorum of witnesses before it "
		"opens anything; missing: %s",
		(unsigned long long)entry, missing[0] != '\0' ? missing : "a cosignature of it");
}

int sr_client_witnessed(struct sr_client *c, const uint8_t checkout[SR_ID], const struct sr_call *r,
	const struct sr_rows *rows, struct sr_err *e) {
	const struct sr_policy *p = NULL;
	struct sr_policy *own = NULL;
	const struct sr_proven *pr = NULL;
	uint8_t leaf[SR_HASH];
	uint64_t entry = 0;
	char hex[2 * SR_ID + 1];
	int rc = policy_for(&p, &own, c, r, e);

	sr_hex(hex, checkout, SR_ID);
	if (rc != 0 || p == NULL || sr_policy_is_none(p))
		goto out;
	if (sr_text_get(&r->text, "glass").p != NULL) {
		rc = glass_broken(c, checkout, r, rows, e);
		goto out;
	}
	rc = sr_parse_dec(&entry, sr_text_get(&r->text, "entry"), INT64_MAX, e);
	if (rc == 0)
		rc = sr_client_prove_entries(c, &entry, 1, e);
	if (rc == 0) {
		pr = sr_proofs_at(&c->proofs, entry);
		rc = sr_proofs_need(pr, "checkout", e);
	}
	if (rc == 0 && (pr->entry.statement.type->id != SR_T_CHECKOUT ||
			       !sr_bytes_eq(sr_proven_field(pr, "checkout", 0), sr_bytes_str(hex))))
		rc = sr_fail(e, SR_AUTH, "entry %llu did not begin this checkout",
			(unsigned long long)entry);
	if (rc == 0)
		rc = leaf_of(leaf, c, pr, e);
	if (rc == 0)
		rc = quorum_saw(c, p, entry, leaf, e);
	if (rc == SR_DENIED)
		rc = not_yet(rows, entry, e);
out:
	sr_policy_free(own);
	return rc;
}
