/*
 * What a client remembers of the log beyond its own life. See client.h; ledger/seen.h.
 *
 * Two programs of one person may run at the same moment. Each has verified that the log goes on
 * from what was remembered when it began. That the logs which the two were shown since are one, no
 * proof of either says: a vault that lies could show each its own. So what another program stored
 * is first compared with ours, by the vault's proof that the longer of the two begins with the
 * shorter (RFC 6962, 2.1.2). Without it nothing of ours is stored, and the fork is named. What goes
 * further than ours is where ours goes on from then.
 */
#include "core/client_in.h"
#include "merkle/proof.h"

enum {
	/* Other programs may store while ours is compared; then they wait. */
	TRIES = 4
};

static bool at_head(const struct sr_seen *s, uint64_t size, const uint8_t root[SR_HASH]) {
	return s->size == size && memcmp(s->root, root, SR_HASH) == 0;
}

/* Is it known to be one log with ours? */
static bool known(const struct sr_client *c, const struct sr_seen *there) {
	const struct sr_seen *mine = &c->proofs.seen;

	return at_head(there, mine->size, mine->root) || at_head(there, c->kept_size, c->kept_root);
}

/* Is it what the log lost, and ours is to take its place? */
static bool lost(const struct sr_client *c, const struct sr_seen *there) {
	return c->lost && at_head(there, c->was.size, c->was.root);
}

static void keep(struct sr_client *c) {
	c->kept_size = c->proofs.seen.size;
	memcpy(c->kept_root, c->proofs.seen.root, SR_HASH);
}

/* --- another program's, and ours -------------------------------------------------------------- */

/* The vault's proof that its log of ${to} entries begins with that of ${from}. */
static int ask_proof(
	struct sr_proof *out, struct sr_client *c, uint64_t from, uint64_t to, struct sr_err *e) {
	struct sr_call q, r;
	int rc;

	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "consistency");
	sr_text_put_dec(&q.head, "from", from);
	sr_text_put_dec(&q.head, "to", to);
	rc = sr_client_call(c, &q, &r, e);
	if (rc == 0)
		rc = sr_proof_parse(out, sr_buf_view(&r.body), e);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

static int compare(struct sr_client *c, const struct sr_seen *there, struct sr_err *e) {
	struct sr_seen *mine = &c->proofs.seen;
	const struct sr_seen *low = there->size < mine->size ? there : mine,
			     *high = low == there ? mine : there;
	struct sr_proof proof;
	struct sr_err why = {0};
	int rc;

	if (low->size == high->size)
		return sr_fail(e, SR_AUTH,
			"another program of yours verified another root at size %llu of this log: "
			"forked",
			(unsigned long long)low->size);
	rc = ask_proof(&proof, c, low->size, high->size, &why);
	if (rc == 0)
		rc = sr_proof_check_consistency(
			&proof, low->size, low->root, high->size, high->root, &why);
	if (rc != 0)
		return sr_fail(e, SR_AUTH, /* whatever it says, or says nothing */
			"this program verified %llu entries of the log and another one of yours "
			"%llu, and the vault does not prove that these are one log (forked, "
			"if it cannot): %s",
			(unsigned long long)mine->size, (unsigned long long)there->size, why.text);
	if (low == mine) {
		mine->size = there->size;
		memcpy(mine->root, there->root, SR_HASH);
	}
	return 0;
}

/* --- storing ---------------------------------------------------------------------------------- */

/* *${first}: nothing is remembered yet. */
static int load(struct sr_seen *out, bool *first, const struct sr_client *c, struct sr_err *e) {
	const struct sr_seen *mine = &c->proofs.seen;
	const int rc = sr_seen_load(out, c->o.memory, mine->vault, mine->person, e);

	*first = rc == SR_NOTFOUND;
	if (*first && e != NULL)
		sr_err_clear(e);
	return *first ? 0 : rc;
}

/* With the memory's lock: what is there now, and what of ours goes beyond it. *${moved}: it is
 * another one than was compared, and nothing is stored. */
static int remember(struct sr_client *c, bool *moved, struct sr_err *e) {
	const struct sr_seen *mine = &c->proofs.seen;
	struct sr_seen old;
	bool first;
	int rc = load(&old, &first, c, e);

	if (rc != 0)
		return rc;
	const bool replace = !first && lost(c, &old);
	*moved = !first && !replace && !known(c, &old);
	if (*moved)
		return 0;
	if (c->pin_owed) { /* only what proved itself is pinned */
		rc = sr_client_pin_write(c, mine->vault, e);
		if (rc != 0)
			return rc;
		c->pin_owed = false;
	}
	/* Another process of this person may have begun anew before us: what it stored since
	 * counts. */
	if (c->proofs.ended.count > c->proofs.ended_known || c->lost) {
		rc = sr_endeds_store(
			c->o.memory, &c->proofs.ended, mine->vault, mine->person, replace, e);
		if (rc != 0)
			return rc;
		c->proofs.ended_known = c->proofs.ended.count;
	}
	if (replace) {
		rc = sr_seen_replace(c->o.memory, mine, &c->was, e);
		c->lost = rc != 0;
	} else if (first || !at_head(&old, mine->size, mine->root)) {
		rc = sr_seen_store(c->o.memory, mine, e);
	}
	if (rc == 0)
		keep(c);
	return rc;
}

/* Ours is there, or was: who stored what goes further has compared theirs with it. */
static bool nothing_new(const struct sr_client *c, const struct sr_seen *there) {
	const struct sr_seen *mine = &c->proofs.seen;
	const bool stored = at_head(mine, c->kept_size, c->kept_root) && there->size > mine->size;

	return !c->pin_owed && !c->lost && c->proofs.ended.count <= c->proofs.ended_known &&
	       (stored || at_head(there, mine->size, mine->root));
}

/* ${hold}: nobody else stores meanwhile, which may take as long as the vault's answer does. */
static int store(struct sr_client *c, bool hold, bool *again, struct sr_err *e) {
	struct sr_lock *lock = NULL;
	struct sr_seen there = {.size = 0};
	bool first = false;
	int rc = hold ? sr_seen_lock(&lock, c->o.memory, e) : 0;

	*again = false;
	if (rc == 0)
		rc = load(&there, &first, c, e);
	if (rc == 0 && !first && !lost(c, &there) && !known(c, &there) && !nothing_new(c, &there)) {
		rc = compare(c, &there, e);
		if (rc == 0) {
			c->kept_size = there.size;
			memcpy(c->kept_root, there.root, SR_HASH);
		}
	}
	if (rc == 0 && !first && nothing_new(c, &there)) {
		keep(c);
	} else if (rc == 0) {
		if (!hold)
			rc = sr_seen_lock(&lock, c->o.memory, e);
		if (rc == 0)
			rc = remember(c, again, e);
	}
	sr_lock_free(lock);
	return rc;
}

static void tell(struct sr_client *c) {
	c->info.seen_size = c->proofs.seen.size;
	memcpy(c->info.seen_root, c->proofs.seen.root, SR_HASH);
}

int sr_client_seen(struct sr_client *c, bool to_disk, struct sr_err *e) {
	const struct sr_seen *mine = &c->proofs.seen;
	bool again = true;
	int rc = 0;

	tell(c);
	if (mine->vkey[0] != '\0')
		snprintf(c->info.origin, sizeof c->info.origin, "%s", mine->origin);
	if (!to_disk || c->unconfirmed || c->o.memory == NULL || mine->person[0] == '\0' ||
		mine->size == 0)
		return 0;
	for (int i = 1; again && rc == 0; i++)
		rc = store(c, i >= TRIES, &again, e);
	SR_NAMED(rc, e, "what is remembered of this log");
	tell(c);
	return rc;
}
