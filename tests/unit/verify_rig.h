/*
 * verify_rig - what an outsider is given, for the tests of verify/: a log on disk, its keys, the
 * notes that its keys sign (checkpoints, changes of key and name), receipts, and a vault's journal.
 *
 * Everything is made from small numbers, so that a failure repeats; tiles are written by the
 * library's own edge.
 */
#ifndef SR_TESTS_VERIFY_RIG_H
#define SR_TESTS_VERIFY_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "merkle/edge.h"
#include "merkle/tlogproof.h"
#include "util.h"

#define V_ORIGIN "log.example/vault"

/* --- a log on disk ---------------------------------------------------------------------------- */

struct log {
	char *dir;
	struct sr_buf leaves; /* hashes */
	uint64_t size;
	bool sealed;     /* entries begin "SRE1" */
	uint64_t twice;  /* this entry repeats entry 3; 0: none */
	uint64_t forked; /* from this entry on others than in the log with 0 */
};

static inline void v_entry(struct sr_buf *out, const struct log *l, uint64_t i) {
	sr_buf_clear(out);
	if (l->twice != 0 && i == l->twice)
		i = 3;
	sr_buf_put_str(out, l->sealed ? "SRE1" : "entry");
	if (l->forked != 0 && i >= l->forked)
		sr_buf_put_str(out, "other");
	sr_buf_put_le64(out, i);
	sr_buf_put_zero(out, (size_t)(i % 5));
}

/* The folders that ${path} lies in, below ${dir}. */
static inline void v_make_parents(const char *dir, const char *path) {
	char part[T_PATH];

	for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		(void)snprintf(part, sizeof part, "%s/%.*s", dir, (int)(slash - path), path);
		(void)mkdir(part, 0700);
	}
}

static inline void v_put_file(const char *dir, const char *path, struct sr_bytes bytes) {
	v_make_parents(dir, path);
	t_write_file(t_path(dir, path), bytes.p, bytes.len);
}

static inline void v_put_tile(const struct log *l, const struct sr_tile *t, struct sr_bytes bytes) {
	char path[SR_TILE_PATH];

	sr_tile_path(path, t);
	v_put_file(l->dir, path, bytes);
}

static inline int v_sink(
	void *ctx, const struct sr_tile *t, const uint8_t *bytes, struct sr_err *e) {
	(void)e;
	v_put_tile(ctx, t, sr_bytes_of(bytes, SR_TILE_SIZE));
	return 0;
}

static inline int v_no_tiles(void *ctx, uint8_t *out, const struct sr_tile *t, struct sr_err *e) {
	(void)ctx;
	(void)out;
	return sr_fail(e, SR_NOTFOUND, "no tile of level %u", t->level);
}

static inline void v_put_bundles(const struct log *l) {
	struct sr_buf b, one;
	struct sr_err e = {0};

	sr_buf_init(&b);
	sr_buf_init(&one);
	for (uint64_t i = 0; i < l->size; i++) {
		v_entry(&one, l, i);
		assert_ok(sr_entry_bundle_put(&b, sr_buf_view(&one), &e), &e);
		if ((i + 1) % SR_TILE_WIDTH != 0 && i + 1 != l->size)
			continue;
		const struct sr_tile t = {.entries = true,
			.n = i / SR_TILE_WIDTH,
			.width = (unsigned)(i % SR_TILE_WIDTH) + 1};
		v_put_tile(l, &t, sr_buf_view(&b));
		sr_buf_clear(&b);
	}
	sr_buf_free(&b);
	sr_buf_free(&one);
}

/* ${size} entries, below ${dir}, which is the log's from now on. */
static inline void log_make_at(struct log *l, char *dir, uint64_t size) {
	const struct sr_tiles none = {v_no_tiles, NULL};
	const struct sr_tile_sink tiles = {v_sink, l};
	uint8_t hash[SR_HASH], bytes[SR_TILE_SIZE];
	struct sr_edge *g = NULL;
	struct sr_err e = {0};
	struct sr_buf one;

	l->dir = dir;
	l->size = size;
	sr_buf_init(&l->leaves);
	sr_buf_init(&one);
	assert_ok(sr_edge_new(&g, &none, 0, NULL, &e), &e);
	for (uint64_t i = 0; i < size; i++) {
		v_entry(&one, l, i);
		sr_leaf_hash(hash, sr_buf_view(&one));
		sr_buf_put(&l->leaves, hash, SR_HASH);
		assert_ok(sr_edge_append(g, hash, &tiles, &e), &e);
	}
	for (unsigned level = 0; level < sr_tile_levels(size); level++) {
		const struct sr_tile t = {.level = level,
			.n = sr_tile_full(size, level),
			.width = sr_tile_partial(size, level)};
		if (t.width == 0)
			continue;
		assert_ok(sr_edge_read(g, bytes, &t, &e), &e);
		v_put_tile(l, &t, sr_bytes_of(bytes, (size_t)t.width * SR_HASH));
	}
	v_put_bundles(l);
	sr_edge_free(g);
	sr_buf_free(&one);
}

static inline void log_make(struct log *l, uint64_t size) {
	log_make_at(l, t_tmp_new(), size);
}

static inline void log_free(struct log *l) {
	t_tmp_remove(l->dir);
	sr_buf_free(&l->leaves);
}

/* Of its first ${size} entries. */
static inline void v_root(uint8_t root[SR_HASH], const struct log *l, uint64_t size) {
	assert_true(size <= l->size);
	sr_merkle_root(root, l->leaves.p, (size_t)size);
}

/* --- keys and what they sign ------------------------------------------------------------------ */

struct v_key {
	struct sr_vkey vkey; /* its name is the log's */
	uint8_t seed[SR_SEED];
};

static inline struct v_key v_key(const char *name, uint64_t seed) {
	struct v_key k = {.vkey = {.name = ""}};
	uint8_t pk[SR_PK];
	struct sr_err e = {0};

	t_fill(k.seed, SR_SEED, seed);
	sr_sign_public(pk, k.seed);
	assert_ok(sr_vkey_make(&k.vkey, sr_bytes_str(name), SR_NOTE_ED25519, pk, &e), &e);
	return k;
}

static inline void v_sign(struct sr_buf *out, const struct v_key *k, struct sr_bytes text) {
	const struct sr_signer s = {.key = &k->vkey, .seed = k->seed};
	struct sr_err e = {0};

	assert_ok(sr_note_sign(out, text, &s, 1, &e), &e);
}

/* The checkpoint of ${size} entries with that root, under the key's name. */
static inline void v_checkpoint_of(
	struct sr_buf *out, const struct v_key *k, uint64_t size, const uint8_t root[SR_HASH]) {
	const struct sr_signer s = {.key = &k->vkey, .seed = k->seed};
	struct sr_checkpoint c = {.size = size};
	struct sr_err e = {0};

	memcpy(c.origin, k->vkey.name, sizeof c.origin);
	memcpy(c.root, root, SR_HASH);
	sr_buf_clear(out);
	assert_ok(sr_checkpoint_sign(out, &c, &s, 1, &e), &e);
}

static inline void v_checkpoint(
	struct sr_buf *out, const struct v_key *k, const struct log *l, uint64_t size) {
	uint8_t root[SR_HASH];

	v_root(root, l, size);
	v_checkpoint_of(out, k, size, root);
}

/* The note by which ${next} follows ${before} with entry ${from}. ${root}: entries were lost, and
 * the first ${from} have it; NULL: only the key changes. */
static inline void v_change(struct sr_buf *out, const struct v_key *before,
	const struct v_key *next, uint64_t from, const uint8_t *root) {
	struct sr_buf text;

	sr_buf_init(&text);
	sr_buf_clear(out);
	sr_text_begin(&text, "strongroom/service-key/v1");
	sr_text_put_dec(&text, "from", from);
	sr_buf_put_str(&text, "ledger-key ");
	sr_vkey_put(&text, &next->vkey);
	sr_buf_put_str(&text, "\n");
	if (root != NULL) {
		sr_text_put_dec(&text, "agreed", from);
		sr_text_put_dec(&text, "known", from + 7);
		sr_text_put_hex(&text, "root", root, SR_HASH);
	}
	v_sign(out, before, sr_buf_view(&text));
	sr_buf_free(&text);
}

/* The receipt of entry ${index} under the checkpoint of ${size}; with its bytes, or bare. */
static inline void v_receipt(struct sr_buf *out, const struct v_key *k, const struct log *l,
	uint64_t index, uint64_t size, bool bare) {
	struct sr_tlogproof p = {.index = index};
	struct sr_buf entry, note;
	struct sr_err e = {0};

	sr_buf_init(&entry);
	sr_buf_init(&note);
	v_entry(&entry, l, index);
	v_checkpoint(&note, k, l, size);
	assert_ok(sr_merkle_inclusion(&p.proof, l->leaves.p, (size_t)size, (size_t)index, &e), &e);
	if (!bare)
		p.extra = sr_buf_view(&entry);
	p.checkpoint = sr_buf_view(&note);
	sr_buf_clear(out);
	assert_ok(sr_tlogproof_put(out, &p, &e), &e);
	sr_buf_free(&entry);
	sr_buf_free(&note);
}

/* --- a vault's journal (the tables of ledger/journal.h) --------------------------------------- */

struct v_journal {
	struct sr_buf file;
	uint8_t origin[SR_HASH];
	uint64_t base;
};

/* The header; ${version} is 1 in all that there are. */
static inline void v_journal_begin(
	struct v_journal *j, const char *origin, uint64_t base, uint32_t version) {
	uint8_t sum[SR_HASH];

	sr_buf_init(&j->file);
	j->base = base;
	SR_HASH_OF(j->origin, "strongroom/origin/v1", NULL, sr_bytes_str(origin));
	sr_buf_put_str(&j->file, "SRJ1");
	sr_buf_put_le32(&j->file, version);
	sr_buf_put_le64(&j->file, base);
	sr_buf_put(&j->file, j->origin, SR_HASH);
	SR_HASH_OF(sum, "strongroom/journal/v1", NULL, sr_buf_view(&j->file));
	sr_buf_put(&j->file, sum, SR_HASH);
}

static inline void v_journal_put(struct v_journal *j, char kind, struct sr_bytes body) {
	uint8_t base[8], at[8], sum[SR_HASH];
	const size_t start = j->file.len;

	sr_le64_put(base, j->base);
	sr_le64_put(at, start);
	sr_buf_put_u8(&j->file, (uint8_t)kind);
	sr_buf_put_zero(&j->file, 3);
	sr_buf_put_lp(&j->file, body);
	SR_HASH_OF(sum, "strongroom/journal-record/v1", NULL, sr_bytes_of(j->origin, SR_HASH),
		sr_bytes_of(base, 8), sr_bytes_of(at, 8),
		sr_bytes_of(j->file.p + start, j->file.len - start));
	sr_buf_put(&j->file, sum, 16);
}

/* Both copies of a commit. Attachment and MAC are what only the vault can check. */
static inline void v_journal_commit(
	struct v_journal *j, uint64_t size, const uint8_t root[SR_HASH]) {
	uint8_t body[8 + SR_HASH + 64 + SR_HASH] = {0};

	sr_le64_put(body, size);
	memcpy(body + 8, root, SR_HASH);
	v_journal_put(j, 'C', sr_bytes_of(body, sizeof body));
	v_journal_put(j, 'D', sr_bytes_of(body, sizeof body));
}

/* The entries of ${l} from ${base} up to ${size}, in one commit. */
static inline void v_journal_of(struct v_journal *j, const char *origin, const struct log *l,
	uint64_t base, uint64_t size) {
	uint8_t root[SR_HASH];
	struct sr_buf one;

	sr_buf_init(&one);
	v_journal_begin(j, origin, base, 1);
	for (uint64_t i = base; i < size; i++) {
		v_entry(&one, l, i);
		v_journal_put(j, 'L', sr_buf_view(&one));
	}
	v_root(root, l, size);
	v_journal_commit(j, size, root);
	sr_buf_free(&one);
}

#endif
