/*
 * receipt - make, write, read and check receipts. See receipt.h for the two texts.
 */
#include "ledger/receipt.h"

#include "base/limits.h"

static const char type_line[] = "strongroom/receipt/v1";

enum {
	FILE_NAME = 300,
	NAME_MAX_HERE = 200
};

void sr_receipt_free(struct sr_receipt *r) {
	sr_buf_free(&r->leaf);
	sr_buf_free(&r->checkpoint);
	sr_entry_keys_free(&r->keys);
	*r = (struct sr_receipt){.index = 0};
}

static void receipt_init(struct sr_receipt *r) {
	*r = (struct sr_receipt){.index = 0};
	sr_buf_init(&r->leaf);
	sr_buf_init(&r->checkpoint);
}

static int set_origin(struct sr_receipt *r, struct sr_bytes origin, struct sr_err *e) {
	if (origin.len < 1 || origin.len >= sizeof r->origin)
		return sr_fail(e, SR_CORRUPT, "origin has %zu bytes, want 1 to %zu", origin.len,
			sizeof r->origin - 1);
	memcpy(r->origin, origin.p, origin.len);
	r->origin[origin.len] = '\0';
	return 0;
}

int sr_receipt_make(struct sr_receipt *out, const struct sr_receipt_make *m, struct sr_err *e) {
	const uint64_t size = sr_ledger_next_index(m->ledger);
	struct sr_receipt r;
	receipt_init(&r);
	r.index = m->index;
	r.since = m->since;
	int rc = set_origin(&r, sr_bytes_str(sr_ledger_origin(m->ledger)), e);
	if (rc == 0)
		rc = sr_ledger_entry(m->ledger, m->index, &r.leaf, e);
	if (rc == 0)
		rc = sr_ledger_inclusion(m->ledger, &r.inclusion, m->index, size, e);
	if (rc == 0)
		rc = sr_ledger_consistency(m->ledger, &r.consistency, m->since, size, e);
	if (rc == 0)
		rc = sr_ledger_checkpoint(m->ledger, &r.checkpoint, e);
	if (rc == 0)
		rc = sr_entry_disclose(
			&r.keys, r.origin, r.index, sr_buf_view(&r.leaf), m->keys, m->disclose, e);
	if (rc == 0) {
		*out = r;
		return 0;
	}
	sr_receipt_free(&r);
	(void)sr_wrap(e, "receipt of entry %llu", (unsigned long long)m->index);
	return rc;
}

/* ---- writing ---- */

/* "${head} ${base64 of the key}" as the value of ${key}; the buffer that held it is wiped. */
static void put_secret(
	struct sr_buf *out, const char *key, const char *head, const uint8_t secret[SR_KEY]) {
	struct sr_buf v;
	sr_buf_init_secret(&v);
	sr_buf_put_base64(&v, secret, SR_KEY);
	if (sr_buf_ok(&v, NULL) == 0)
		sr_text_putf(out, key, "%s %.*s", head, (int)v.len, (const char *)v.p);
	else
		out->failed = v.failed;
	sr_buf_free(&v);
}

static void put_keys(struct sr_buf *out, const struct sr_receipt *r) {
	sr_text_begin(out, type_line);
	sr_text_put(out, "origin", r->origin);
	sr_text_put_dec(out, "index", r->index);
	for (int c = 0; c < SR_COMPARTMENTS; c++) {
		if (r->keys.have[c])
			put_secret(out, "compartment", sr_compartment_name((enum sr_compartment)c),
				r->keys.key[c]);
	}
	sr_text_put_dec(out, "records", r->keys.count);
	for (size_t i = 0; i < r->keys.count; i++) {
		char number[24];
		(void)snprintf(number, sizeof number, "%zu", i);
		if (r->keys.record[i].have)
			put_secret(out, "record", number, r->keys.record[i].key);
	}
	sr_text_put_dec(out, "since", r->since);
	for (size_t i = 0; i < r->consistency.count; i++)
		sr_text_put_base64(out, "node", r->consistency.hash[i], SR_HASH);
}

static int put_proof(struct sr_buf *out, const struct sr_receipt *r, struct sr_err *e) {
	const struct sr_tlogproof p = {
		.extra = sr_buf_view(&r->leaf),
		.index = r->index,
		.proof = r->inclusion,
		.checkpoint = sr_buf_view(&r->checkpoint),
	};
	return sr_tlogproof_put(out, &p, e);
}

int sr_receipt_encode(struct sr_buf *out, const struct sr_receipt *r, struct sr_err *e) {
	put_keys(out, r);
	sr_buf_put_str(out, "\n");
	int rc = sr_buf_ok(out, e);
	if (rc == 0)
		rc = put_proof(out, r, e);
	if (rc != 0)
		(void)sr_wrap(e, "receipt");
	return rc;
}

static int file_names(char *proof, char *keys, const char *name, struct sr_err *e) {
	if (strlen(name) > NAME_MAX_HERE)
		return sr_fail(e, SR_LIMIT, "receipt: a name of %zu bytes, want at most %d",
			strlen(name), (int)NAME_MAX_HERE);
	(void)snprintf(proof, FILE_NAME, "%s.tlog-proof", name);
	(void)snprintf(keys, FILE_NAME, "%s.keys", name);
	return 0;
}

int sr_receipt_save(
	struct sr_dir *d, const char *name, const struct sr_receipt *r, struct sr_err *e) {
	char proof_name[FILE_NAME], keys_name[FILE_NAME];
	struct sr_buf proof, keys;
	sr_buf_init(&proof);
	sr_buf_init_secret(&keys);
	int rc = file_names(proof_name, keys_name, name, e);
	if (rc == 0)
		rc = put_proof(&proof, r, e);
	if (rc == 0) {
		put_keys(&keys, r);
		rc = sr_buf_ok(&keys, e);
	}
	if (rc == 0)
		rc = sr_file_create(d, keys_name, sr_buf_view(&keys), e);
	if (rc == 0)
		rc = sr_file_create(d, proof_name, sr_buf_view(&proof), e);
	sr_buf_free(&proof);
	sr_buf_free(&keys);
	return rc;
}

/* ---- reading ---- */

struct lines {
	const struct sr_text *t;
	size_t at;
};

static struct sr_bytes next_is(struct lines *l, const char *key) {
	if (l->at >= l->t->count || !sr_bytes_eq(l->t->lines[l->at].key, sr_bytes_str(key)))
		return sr_bytes_of(NULL, 0);
	return l->t->lines[l->at++].value;
}

static int want_dec(
	uint64_t *out, struct lines *l, const char *key, uint64_t max, struct sr_err *e) {
	const size_t line = l->at + 2; /* next_is moves on */
	const struct sr_bytes v = next_is(l, key);
	if (v.p == NULL || sr_parse_dec(out, v, max, NULL) != 0)
		return sr_fail(e, SR_CORRUPT, "line %zu: want `%s` and a number", line, key);
	return 0;
}

static int read_compartments(struct sr_entry_keys *k, struct lines *l, struct sr_err *e) {
	struct sr_bytes v;
	int c = 0;
	while ((v = next_is(l, "compartment")).p != NULL) {
		while (c < SR_COMPARTMENTS &&
			!sr_bytes_eq(sr_word(v, 0),
				sr_bytes_str(sr_compartment_name((enum sr_compartment)c))))
			c++;
		if (c == SR_COMPARTMENTS || sr_word_count(v) != 2 ||
			sr_unbase64_fixed(k->key[c], SR_KEY, sr_word(v, 1), NULL) != 0)
			return sr_fail(e, SR_CORRUPT,
				"line %zu is not a compartment and its key, in order", l->at + 1);
		k->have[c++] = true;
	}
	return 0;
}

static int read_records(struct sr_entry_keys *k, struct lines *l, struct sr_err *e) {
	struct sr_bytes v;
	uint64_t count = 0, number = 0, next = 0;
	int rc = want_dec(&count, l, "records", SR_ENTRY_RECORDS, e);
	if (rc != 0)
		return rc;
	if (count > 0) {
		k->record = calloc((size_t)count, sizeof *k->record);
		if (k->record == NULL)
			return sr_fail(e, SR_NOMEM, "no memory for keys");
		k->count = (size_t)count;
	}
	while ((v = next_is(l, "record")).p != NULL) {
		if (sr_word_count(v) != 2 ||
			sr_parse_dec(&number, sr_word(v, 0), SR_ENTRY_RECORDS, NULL) != 0 ||
			number < next || number >= count ||
			sr_unbase64_fixed(k->record[number].key, SR_KEY, sr_word(v, 1), NULL) != 0)
			return sr_fail(e, SR_CORRUPT,
				"line %zu is not a record and its key, in order", l->at + 1);
		k->record[number].have = true;
		next = number + 1;
	}
	return 0;
}

static int read_consistency(struct sr_receipt *r, struct lines *l, struct sr_err *e) {
	struct sr_bytes v;
	const int rc = want_dec(&r->since, l, "since", SR_TREE_SIZE_MAX, e);
	if (rc != 0)
		return rc;
	while ((v = next_is(l, "node")).p != NULL) {
		if (r->consistency.count == SR_PROOF_MAX ||
			sr_unbase64_fixed(
				r->consistency.hash[r->consistency.count], SR_HASH, v, NULL) != 0)
			return sr_fail(e, SR_CORRUPT, "line %zu is not one of at most %d nodes",
				l->at + 1, SR_PROOF_MAX);
		r->consistency.count++;
	}
	if (l->at != l->t->count)
		return sr_fail(e, SR_CORRUPT, "line %zu is unknown or out of place", l->at + 2);
	return 0;
}

static int read_keys(struct sr_receipt *r, struct sr_bytes in, struct sr_err *e) {
	struct sr_text t;
	uint64_t index = 0;
	int rc = sr_text_parse(&t, in, e);
	if (rc != 0)
		return rc;
	struct lines l = {&t, 0};
	if (!sr_bytes_eq(t.type, sr_bytes_str(type_line)))
		rc = sr_fail(e, SR_CORRUPT, "the first line is not \"%s\"", type_line);
	if (rc == 0)
		rc = set_origin(r, next_is(&l, "origin"), e);
	if (rc == 0)
		rc = want_dec(&index, &l, "index", SR_TREE_SIZE_MAX, e);
	if (rc == 0 && index != r->index)
		rc = sr_fail(e, SR_CORRUPT, "keys of entry %llu, proof of entry %llu",
			(unsigned long long)index, (unsigned long long)r->index);
	if (rc == 0)
		rc = read_compartments(&r->keys, &l, e);
	if (rc == 0)
		rc = read_records(&r->keys, &l, e);
	if (rc == 0)
		rc = read_consistency(r, &l, e);
	sr_text_free(&t);
	return rc;
}

static int read_proof(struct sr_receipt *r, struct sr_bytes in, struct sr_err *e) {
	struct sr_tlogproof p;
	int rc = sr_tlogproof_parse(&p, in, e);
	if (rc != 0)
		return rc;
	if (p.extra.len < 1 || p.extra.len > SR_ENTRY_MAX)
		rc = sr_fail(e, SR_CORRUPT, "the leaf has %zu bytes, want 1 to %d", p.extra.len,
			SR_ENTRY_MAX);
	r->index = p.index;
	r->inclusion = p.proof;
	sr_buf_put_bytes(&r->leaf, p.extra);
	sr_buf_put_bytes(&r->checkpoint, p.checkpoint);
	if (rc == 0)
		rc = sr_buf_ok(&r->leaf, e);
	if (rc == 0)
		rc = sr_buf_ok(&r->checkpoint, e);
	sr_tlogproof_free(&p);
	return rc;
}

static int read_both(
	struct sr_receipt *out, struct sr_bytes keys, struct sr_bytes proof, struct sr_err *e) {
	struct sr_receipt r;
	receipt_init(&r);
	int rc = read_proof(&r, proof, e);
	if (rc == 0)
		rc = read_keys(&r, keys, e);
	if (rc == 0) {
		*out = r;
		return 0;
	}
	sr_receipt_free(&r);
	(void)sr_wrap(e, "receipt");
	return rc;
}

int sr_receipt_decode(struct sr_receipt *out, struct sr_bytes in, struct sr_err *e) {
	size_t cut = 0; /* the keys end at the first empty line */
	if (in.len > SR_RECEIPT_MAX)
		return sr_fail(e, SR_LIMIT, "receipt: have %zu bytes, want at most %d", in.len,
			(int)SR_RECEIPT_MAX);
	for (size_t i = 1; cut == 0 && i < in.len; i++) {
		if (in.p[i] == '\n' && in.p[i - 1] == '\n')
			cut = i;
	}
	if (cut == 0)
		return sr_fail(e, SR_CORRUPT, "receipt: no empty line in %zu bytes", in.len);
	return read_both(
		out, sr_bytes_of(in.p, cut), sr_bytes_of(in.p + cut + 1, in.len - cut - 1), e);
}

int sr_receipt_load(struct sr_receipt *out, struct sr_dir *d, const char *name, struct sr_err *e) {
	char proof_name[FILE_NAME], keys_name[FILE_NAME];
	struct sr_buf proof, keys;
	sr_buf_init(&proof);
	sr_buf_init_secret(&keys);
	int rc = file_names(proof_name, keys_name, name, e);
	if (rc == 0)
		rc = sr_file_read(d, proof_name, &proof, SR_RECEIPT_MAX, e);
	if (rc == 0)
		rc = sr_file_read(d, keys_name, &keys, SR_RECEIPT_MAX, e);
	if (rc == 0)
		rc = read_both(out, sr_buf_view(&keys), sr_buf_view(&proof), e);
	sr_buf_free(&proof);
	sr_buf_free(&keys);
	return rc;
}

/* ---- checking ---- */

/* The tree of the receipt begins with what was verified before. */
static int check_consistency(const struct sr_receipt *r, const struct sr_checkpoint *c,
	const struct sr_seen *seen, struct sr_err *e) {
	if (c->size < seen->size)
		return sr_fail(e, SR_AUTH,
			"the ledger shows %llu entries, %llu were verified before: rolled back",
			(unsigned long long)c->size, (unsigned long long)seen->size);
	if (seen->size == 0)
		return 0;
	if (c->size == seen->size) {
		if (memcmp(c->root, seen->root, SR_HASH) != 0)
			return sr_fail(e, SR_AUTH,
				"the ledger shows another root at size %llu than was verified "
				"before: forked",
				(unsigned long long)c->size);
		return 0;
	}
	if (r->since != seen->size)
		return sr_fail(e, SR_AUTH, "the consistency proof starts at %llu, want %llu",
			(unsigned long long)r->since, (unsigned long long)seen->size);
	return sr_proof_check_consistency(
		&r->consistency, seen->size, seen->root, c->size, c->root, e);
}

static int check_proof(struct sr_checkpoint *cp, const struct sr_receipt *r,
	const struct sr_receipt_check *c, struct sr_err *e) {
	struct sr_vkey key = {.name = ""};
	const struct sr_log log = {.origin = key.name, .keys = &key, .count = 1};
	const struct sr_tlogproof p = {
		.extra = sr_buf_view(&r->leaf),
		.index = r->index,
		.proof = r->inclusion,
		.checkpoint = sr_buf_view(&r->checkpoint),
	};
	uint8_t leaf[SR_HASH];
	if (strcmp(r->origin, c->seen->origin) != 0)
		return sr_fail(
			e, SR_AUTH, "it is of the ledger %s, want %s", r->origin, c->seen->origin);
	int rc = sr_log_keys_signer(&key, &c->seen->keys, sr_buf_view(&r->checkpoint), e);
	if (rc != 0)
		return rc;
	sr_leaf_hash(leaf, sr_buf_view(&r->leaf));
	if ((rc = sr_tlogproof_verify(cp, &p, leaf, &log, c->policy, e)) != 0)
		return rc;
	return c->ignore_size ? 0 : check_consistency(r, cp, c->seen, e);
}

int sr_receipt_verify(struct sr_receipt_result *out, const struct sr_receipt *r,
	const struct sr_receipt_check *c, struct sr_err *e) {
	struct sr_receipt_result res = {.seen = *c->seen};
	struct sr_checkpoint cp;
	int rc = check_proof(&cp, r, c, e);
	if (rc != 0)
		goto out;
	rc = sr_entry_open_disclosed(
		&res.entry, c->seen->origin, r->index, sr_buf_view(&r->leaf), &r->keys, e);
	if (rc == SR_NOTFOUND)
		rc = sr_fail(e, SR_AUTH, "it has no key that opens the entry");
	if (rc != 0)
		goto out;
	const struct sr_statement *st = &res.entry.statement;
	if (!c->any_vault && memcmp(st->head.vault, c->seen->vault, SR_HASH) != 0)
		rc = sr_fail(e, SR_AUTH, "the entry holds a statement of another vault");
	else if (c->expected.p != NULL && !sr_bytes_eq(sr_buf_view(&st->note), c->expected))
		rc = sr_fail(e, SR_AUTH, "the entry holds other bytes than were signed");
	if (rc != 0) {
		sr_entry_free(&res.entry);
		goto out;
	}
	if (!c->ignore_size) { /* consistency was shown */
		res.seen.size = cp.size;
		memcpy(res.seen.root, cp.root, SR_HASH);
	}
	*out = res;
	return 0;
out:
	(void)sr_wrap(e, "receipt of entry %llu", (unsigned long long)r->index);
	return rc;
}
