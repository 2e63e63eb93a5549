/*
 * The log: random commits with reopening against a tree computed by itself, proofs at all sizes,
 * failures and kills at every step including a tile's rollover, rollback and fork, damage named,
 * verify.
 */
#include "ledger_fixture.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger/ledger.h"
#include "ledger/seen.h"
#include "merkle/tile.h"

static uint8_t seed[SR_SEED], pk[SR_PK], mac_key[SR_KEY];

struct place {
	char *path;
	struct sr_dir *d;
};

static struct sr_ledger_opts opts(void) {
	const struct sr_ledger_opts o = {.origin = T_ORIGIN, .seed = seed, .mac_key = mac_key};
	return o;
}

static struct sr_ledger_opts reader(void) {
	const struct sr_ledger_opts o = {.origin = T_ORIGIN, .pk = pk};
	return o;
}

static struct place place_new(void) {
	struct place p = {.path = t_tmp_new()};
	const struct sr_ledger_opts o = opts();
	struct sr_err e;
	assert_ok(sr_dir_open(&p.d, p.path, &e), &e);
	assert_ok(sr_ledger_create(p.d, &o, &e), &e);
	return p;
}

static void place_free(struct place *p) {
	sr_dir_close(p->d);
	t_tmp_remove(p->path);
}

/* A directory whose fsync failed refuses for good; a new process would open it anew. */
static void place_again(struct place *p) {
	struct sr_err e;
	sr_dir_close(p->d);
	assert_ok(sr_dir_open(&p->d, p->path, &e), &e);
}

static struct sr_bytes leaf(uint8_t *buf, uint64_t i) {
	const size_t len = 40 + (size_t)(i * 13 % 100);
	t_fill(buf, len, 100 + i);
	return sr_bytes_of(buf, len);
}

static int commit(struct sr_ledger *l, size_t n, struct sr_commit *out, struct sr_err *e) {
	static uint8_t bytes[SR_COMMIT_LEAVES + 1][140];
	struct sr_bytes leaves[SR_COMMIT_LEAVES + 1];
	uint8_t attachment[SR_ATTACHMENT];
	const uint64_t at = sr_ledger_next_index(l);
	for (size_t i = 0; i < n; i++)
		leaves[i] = leaf(bytes[i], at + i);
	t_fill(attachment, sizeof attachment, at + n);
	return sr_ledger_commit(l, leaves, n, attachment, out, e);
}

static struct sr_ledger *open_with(struct place *p, struct sr_ledger_opts o) {
	struct sr_ledger *l = NULL;
	struct sr_err e;
	assert_ok(sr_ledger_open(&l, p->d, &o, &e), &e);
	return l;
}

/* Leaf hashes 0..n-1, made without the ledger. */
static uint8_t *hashes_of(uint64_t n) {
	uint8_t *h = malloc((size_t)n * SR_HASH + 1), buf[140];
	assert_non_null(h);
	for (uint64_t i = 0; i < n; i++)
		sr_leaf_hash(h + i * SR_HASH, leaf(buf, i));
	return h;
}

static int same_leaf(void *ctx, uint64_t i, struct sr_bytes entry, struct sr_err *e) {
	uint8_t buf[140];
	atomic_uint *seen = ctx;
	atomic_fetch_add(seen, 1);
	return sr_bytes_eq(entry, leaf(buf, i)) ? 0 : sr_fail(e, SR_CORRUPT, "entry differs");
}

/* All entries, root and attachment are what was committed. */
static void check(struct sr_ledger *l) {
	const uint64_t n = sr_ledger_next_index(l);
	uint8_t *h = hashes_of(n), root[SR_HASH], want[SR_HASH], attachment[SR_ATTACHMENT];
	atomic_uint seen = 0;
	struct sr_err e;
	sr_ledger_root(root, l);
	sr_merkle_root(want, h, (size_t)n);
	assert_memory_equal(root, want, SR_HASH);
	assert_int_equal(sr_ledger_last(l)->size, n);
	t_fill(attachment, sizeof attachment, n);
	if (n > 0)
		assert_memory_equal(sr_ledger_last(l)->attachment, attachment, SR_ATTACHMENT);
	assert_ok(sr_ledger_each(l, 0, n, same_leaf, &seen, &e), &e);
	assert_int_equal(atomic_load(&seen), n);
	free(h);
}

static void test_random(void **state) {
	(void)state;
	struct place p = place_new();
	struct sr_err e;
	struct sr_commit c;
	uint64_t r = 5;
	struct sr_ledger *l = open_with(&p, opts());
	for (unsigned i = 0; i < 1000; i++) {
		assert_ok(commit(l, 1 + (size_t)t_rand(&r, i % 100 == 7 ? 256 : 4), &c, &e), &e);
		assert_int_equal(c.size, sr_ledger_next_index(l));
		if (t_rand(&r, 25) != 0)
			continue;
		if (t_rand(&r, 2) == 0)
			sr_ledger_abandon(l);
		else
			assert_ok(sr_ledger_close(l, &e), &e);
		l = open_with(&p, opts());
		assert_int_equal(sr_ledger_next_index(l), c.size);
	}
	check(l);
	atomic_uint leaves = 0;
	const struct sr_ledger_check v = {.leaf = same_leaf, .ctx = &leaves};
	struct sr_ledger_checked done;
	assert_ok(sr_ledger_verify(l, &v, &done, &e), &e);
	assert_int_equal(done.entries, c.size);
	assert_int_equal(atomic_load(&leaves), c.size);
	assert_int_equal(done.tiles, c.size / 256);
	assert_ok(sr_ledger_close(l, &e), &e);
	l = open_with(&p, reader());
	check(l);
	assert_fails(commit(l, 1, NULL, &e), SR_MISUSE, &e, "open for reading");
	sr_ledger_abandon(l);
	place_free(&p);
}

static void check_proofs(struct sr_ledger *l, const uint8_t *h, uint64_t m, uint64_t n) {
	uint8_t root_m[SR_HASH], root_n[SR_HASH], at[SR_HASH];
	struct sr_proof proof;
	struct sr_err e;
	sr_merkle_root(root_m, h, (size_t)m);
	sr_merkle_root(root_n, h, (size_t)n);
	assert_ok(sr_ledger_root_at(l, m, at, &e), &e);
	assert_memory_equal(at, root_m, SR_HASH);
	assert_ok(sr_ledger_consistency(l, &proof, m, n, &e), &e);
	if (m > 0)
		assert_ok(sr_proof_check_consistency(&proof, m, root_m, n, root_n, &e), &e);
	else
		assert_int_equal(proof.count, 0);
	if (m < n) {
		assert_ok(sr_ledger_inclusion(l, &proof, m, n, &e), &e);
		assert_ok(sr_proof_check_inclusion(&proof, m, n, h + m * SR_HASH, root_n, &e), &e);
	}
}

static void test_proofs(void **state) {
	(void)state;
	struct place p = place_new();
	struct sr_proof proof;
	struct sr_err e;
	uint64_t r = 1;
	struct sr_ledger *l = open_with(&p, opts());
	for (int i = 0; i < 6; i++)
		assert_ok(commit(l, 131, NULL, &e), &e);
	const uint64_t n = sr_ledger_next_index(l);
	uint8_t *h = hashes_of(n);
	for (unsigned i = 0; i < 400; i++) {
		const uint64_t size = 1 + t_rand(&r, n);
		check_proofs(l, h, t_rand(&r, size + 1), size);
	}
	for (uint64_t m = 0; m <= n; m += 64)
		check_proofs(l, h, m, n);
	assert_fails(sr_ledger_inclusion(l, &proof, n, n, &e), SR_NOTFOUND, &e, "entry 786");
	assert_fails(sr_ledger_inclusion(l, &proof, 0, n + 1, &e), SR_NOTFOUND, &e, "787");
	assert_fails(sr_ledger_consistency(l, &proof, 5, 4, &e), SR_NOTFOUND, &e, "size 5");
	struct sr_buf b;
	sr_buf_init(&b);
	assert_fails(sr_ledger_entry(l, n, &b, &e), SR_NOTFOUND, &e, "there are 786");
	free(h);
	sr_ledger_abandon(l);
	place_free(&p);
}

static void test_checkpoint(void **state) {
	(void)state;
	struct place p = place_new();
	struct sr_buf a, b;
	struct sr_err e;
	sr_buf_init(&a);
	sr_buf_init(&b);
	struct sr_ledger *l = open_with(&p, opts());
	assert_ok(commit(l, 3, NULL, &e), &e);
	assert_ok(sr_ledger_checkpoint(l, &a, &e), &e);
	assert_ok(sr_ledger_published(l, &b, &e), &e);
	assert_true(t_contains(sr_buf_view(&b), T_ORIGIN "\n0\n"));
	assert_ok(sr_ledger_publish(l, &e), &e);
	sr_buf_clear(&b);
	assert_ok(sr_ledger_published(l, &b, &e), &e);
	assert_true(sr_bytes_eq(sr_buf_view(&a), sr_buf_view(&b)));
	/* a line of another key stays under the note while the size stays */
	const char *line =
		"\xe2\x80\x94 witness.example "
		"uKLPIAAAAABpVGeAhm2bOvKc3LaB9PFN1ruG19Y5yqslmcAAbhftnn1Zznmo0LXFZq4LGvqKqLX8jWlwL"
		"KasxEGTLIqAVusneCBmBw==\n";
	assert_ok(sr_ledger_cosigned(l, sr_bytes_str(line), &e), &e);
	assert_ok(sr_ledger_publish(l, &e), &e);
	assert_ok(sr_ledger_close(l, &e), &e);
	l = open_with(&p, opts());
	sr_buf_clear(&b);
	assert_ok(sr_ledger_published(l, &b, &e), &e);
	assert_true(t_contains(sr_buf_view(&b), "witness.example"));
	assert_fails(sr_ledger_cosigned(l, sr_bytes_str("hello\n"), &e), SR_CORRUPT, &e, NULL);
	assert_ok(commit(l, 1, NULL, &e), &e);
	assert_ok(sr_ledger_close(l, &e), &e);
	sr_buf_clear(&b);
	t_read_file(t_path(p.path, "checkpoint"), &b);
	assert_false(t_contains(sr_buf_view(&b), "witness.example"));
	assert_true(t_contains(sr_buf_view(&b), T_ORIGIN "\n4\n"));
	sr_buf_free(&a);
	sr_buf_free(&b);
	place_free(&p);
}

/* Cosignatures are many, and a checkpoint stays a file that every reader takes; nor does a log go
 * on under another name behind what is published. */
static void test_long_checkpoint(void **state) {
	(void)state;
	static char sig[3400], line[3600];
	struct place p = place_new();
	struct sr_log_link next = {.from = 2};
	struct sr_buf note, lines;
	struct sr_err e;
	sr_buf_init(&note);
	sr_buf_init(&lines);
	struct sr_ledger *l = open_with(&p, opts());
	assert_ok(commit(l, 3, NULL, &e), &e);
	assert_ok(sr_ledger_publish(l, &e), &e);
	memset(sig, 'A', sizeof sig - 4);
	for (unsigned i = 0; i < 40; i++) {
		(void)snprintf(line, sizeof line, "\xe2\x80\x94 w%u.example %s\n", i, sig);
		sr_buf_put_str(&lines, line);
	}
	assert_fails(sr_ledger_cosigned(l, sr_buf_view(&lines), &e), SR_LIMIT, &e,
		"ledger: checkpoint would have 1");
	assert_ok(sr_ledger_published(l, &note, &e), &e);
	assert_false(t_contains(sr_buf_view(&note), ".example A"));
	sr_buf_put_buf(&note, &lines);
	assert_fails(sr_ledger_recosign(l, sr_buf_view(&note), true, &e), SR_LIMIT, &e,
		"bytes, want at most 131072");
	snprintf(next.name, sizeof next.name, "%s", "other.example/log");
	assert_fails(sr_ledger_rename(l, &next, &e), SR_AUTH, &e,
		"ledger: a checkpoint of 3 entries is published under the name before");
	assert_ok(sr_ledger_close(l, &e), &e);
	sr_buf_free(&note);
	sr_buf_free(&lines);
	place_free(&p);
}

static void test_refused(void **state) {
	(void)state;
	struct place p = place_new();
	struct sr_ledger *l = open_with(&p, opts()), *other = NULL;
	struct sr_ledger_opts o = opts();
	struct sr_err e;
	const uint8_t attachment[SR_ATTACHMENT] = {0};
	const struct sr_bytes none = {NULL, 0};
	assert_fails(sr_ledger_create(p.d, &o, &e), SR_EXISTS, &e, "there is one already");
	assert_fails(sr_ledger_open(&other, p.d, &o, &e), SR_LOCKED, &e, "ledger: ");
	assert_fails(commit(l, 0, NULL, &e), SR_LIMIT, &e, "0 entries");
	assert_fails(commit(l, 257, NULL, &e), SR_LIMIT, &e, "257 entries");
	assert_fails(sr_ledger_commit(l, &none, 1, attachment, NULL, &e), SR_LIMIT, &e, "0 bytes");
	assert_ok(commit(l, 256, NULL, &e), &e); /* refused ones leave it as it was */
	check(l);
	assert_ok(sr_ledger_close(l, &e), &e);
	o.mac_key = NULL;
	assert_fails(sr_ledger_open(&l, p.d, &o, &e), SR_MISUSE, &e, "commit key");
	uint8_t wrong[SR_KEY] = {1};
	o = opts();
	o.mac_key = wrong;
	assert_fails(sr_ledger_open(&l, p.d, &o, &e), SR_AUTH, &e, "not written with this key");
	o = opts();
	o.seed = wrong;
	assert_fails(sr_ledger_open(&l, p.d, &o, &e), SR_AUTH, &e, "checkpoint");
	struct sr_log_keys keys;
	char name[SR_ORIGIN_MAX + 1];
	memset(name, 'o', SR_ORIGIN_MAX);
	name[SR_ORIGIN_MAX] = '\0';
	o = opts();
	o.origin = name;
	assert_fails(sr_ledger_open(&l, p.d, &o, &e), SR_MISUSE, &e,
		"origin has 240 bytes, want 1 to 239");
	o.origin = NULL;
	assert_fails(sr_ledger_open(&l, p.d, &o, &e), SR_MISUSE, &e, "origin has 0 bytes");
	o = opts();
	o.keys = &keys;
	sr_log_keys_begin(&keys, T_ORIGIN, wrong);
	assert_fails(sr_ledger_open(&l, p.d, &o, &e), SR_MISUSE, &e,
		"the newest of the log's keys is not the one given");
	sr_log_keys_begin(&keys, "other.example/log", pk);
	assert_fails(sr_ledger_open(&l, p.d, &o, &e), SR_MISUSE, &e,
		"the first of the log's names is not its origin");
	place_free(&p);
}

/* The key of later signs nothing of the time before it. */
static void test_key_of_later(void **state) {
	(void)state;
	struct place p = place_new();
	struct sr_log_keys keys;
	struct sr_ledger_opts o = opts();
	uint8_t next[SR_SEED], next_pk[SR_PK];
	struct sr_err e;
	struct sr_ledger *l = open_with(&p, o);
	assert_ok(commit(l, 3, NULL, &e), &e);
	assert_ok(sr_ledger_close(l, &e), &e);
	t_fill(next, SR_SEED, 9);
	sr_sign_public(next_pk, next);
	sr_log_keys_begin(&keys, T_ORIGIN, pk);
	assert_ok(sr_log_keys_add(&keys, 10, next_pk, &e), &e);
	o.seed = next;
	o.keys = &keys;
	l = open_with(&p, o);
	assert_ok(commit(l, 2, NULL, &e), &e);
	assert_fails(sr_ledger_publish(l, &e), SR_MISUSE, &e,
		"a checkpoint of 5 entries would be signed by a key that came later");
	sr_ledger_abandon(l);
	l = open_with(&p, o);
	assert_ok(commit(l, 6, NULL, &e), &e);
	assert_ok(sr_ledger_publish(l, &e), &e);
	sr_ledger_abandon(l);
	place_free(&p);
}

static void put_back(struct place *p, const char *name, const struct sr_buf *b) {
	t_write_file(t_path(p->path, name), b->p, b->len);
}

/* What a commit costs: one write and one fdatasync; nothing else until a tile is full. */
static void test_cost(void **state) {
	(void)state;
	struct place p = place_new();
	struct sr_ledger *l = open_with(&p, opts());
	struct sr_err e;
	assert_ok(commit(l, 1, NULL, &e), &e); /* opens the file */
	for (unsigned long i = 1; i < 100; i++) {
		sr_fault_set(0, 0);
		assert_ok(commit(l, 2, NULL, &e), &e);
		assert_int_equal(sr_fault_count(), 2);
	}
	sr_fault_set(2, EIO); /* the second of them: the journal's fdatasync */
	assert_fails(commit(l, 1, NULL, &e), SR_IO, &e, "ledger: journal");
	sr_fault_set(0, 0);
	sr_ledger_abandon(l);
	place_free(&p);
}

static void test_rollback(void **state) {
	(void)state;
	struct place p = place_new();
	struct sr_buf journal, checkpoint, hole;
	struct sr_ledger_opts o = opts();
	struct sr_ledger *l = open_with(&p, o);
	struct sr_err e;
	struct sr_commit c;
	sr_buf_init(&journal);
	sr_buf_init(&checkpoint);
	sr_buf_init(&hole);
	assert_ok(commit(l, 10, NULL, &e), &e);
	assert_ok(sr_ledger_close(l, &e), &e);
	t_read_file(t_path(p.path, "journal"), &journal);
	t_read_file(t_path(p.path, "checkpoint"), &checkpoint);
	l = open_with(&p, o);
	assert_ok(commit(l, 5, &c, &e), &e);
	assert_ok(sr_ledger_close(l, &e), &e);
	/* What was acknowledged is not taken for a group that a power cut left unwritten. */
	t_read_file(t_path(p.path, "journal"), &hole);
	memset(hole.p + journal.len, 0, 512 - journal.len % 512);
	put_back(&p, "journal", &hole);
	assert_fails(sr_ledger_open(&l, p.d, &o, &e), SR_CORRUPT, &e,
		"rolled back: the published checkpoint shows 15 entries, journal and tiles "
		"hold 10");
	put_back(&p, "journal", &journal);
	assert_fails(sr_ledger_open(&l, p.d, &o, &e), SR_CORRUPT, &e,
		"rolled back: the published checkpoint shows 15 entries, journal and tiles "
		"hold 10");
	put_back(&p, "checkpoint", &checkpoint); /* both: only who remembers can tell */
	o.known_size = c.size;
	o.known_root = c.root;
	assert_fails(sr_ledger_open(&l, p.d, &o, &e), SR_CORRUPT, &e,
		"what this vault remembers shows 15");
	o.known_size = 10;
	assert_fails(
		sr_ledger_open(&l, p.d, &o, &e), SR_AUTH, &e, "forked: what this vault remembers");
	o.known_size = 0;
	l = open_with(&p, o);
	check(l);
	sr_ledger_abandon(l);
	assert_int_equal(unlink(t_path(p.path, "checkpoint")), 0);
	assert_fails(sr_ledger_open(&l, p.d, &o, &e), SR_CORRUPT, &e, "checkpoint is missing");
	/* Somebody's memory stands for it, and it is signed anew; where it opens, it is what
	 * counts. */
	o.known_instead = true;
	assert_fails(sr_ledger_open(&l, p.d, &o, &e), SR_CORRUPT, &e, "checkpoint is missing");
	o.known_size = c.size;
	assert_fails(sr_ledger_open(&l, p.d, &o, &e), SR_CORRUPT, &e,
		"what this vault remembers shows 15");
	o.known_size = 10;
	assert_fails(
		sr_ledger_open(&l, p.d, &o, &e), SR_AUTH, &e, "forked: what this vault remembers");
	o.known_root = NULL;
	sr_err_clear(&e);
	l = open_with(&p, o);
	assert_true(sr_ledger_report(l)->checkpoint_lost);
	assert_ok(sr_ledger_close(l, &e), &e);
	o.known_size = c.size;
	l = open_with(&p, o);
	assert_false(sr_ledger_report(l)->checkpoint_lost);
	check(l);
	sr_ledger_abandon(l);
	sr_buf_free(&hole);
	sr_buf_free(&journal);
	sr_buf_free(&checkpoint);
	place_free(&p);
}

static int verify_open(struct sr_ledger *l, struct sr_err *e) {
	const struct sr_ledger_check c = {.leaf = NULL};
	struct sr_ledger_checked done;
	return sr_ledger_verify(l, &c, &done, e);
}

/* Same sizes, another history signed by the same keys. */
static void test_fork(void **state) {
	(void)state;
	struct place a = place_new(), b = place_new();
	struct sr_ledger_opts o = opts();
	struct sr_buf checkpoint, own;
	struct sr_err e;
	uint8_t attachment[SR_ATTACHMENT] = {0};
	struct sr_bytes other = sr_bytes_str("another history");
	struct sr_ledger *l = open_with(&a, o);
	assert_ok(commit(l, 1, NULL, &e), &e);
	assert_ok(sr_ledger_close(l, &e), &e);
	l = open_with(&b, o);
	assert_ok(sr_ledger_commit(l, &other, 1, attachment, NULL, &e), &e);
	assert_ok(sr_ledger_close(l, &e), &e);
	sr_buf_init(&checkpoint);
	sr_buf_init(&own);
	t_read_file(t_path(b.path, "checkpoint"), &own);
	t_read_file(t_path(a.path, "checkpoint"), &checkpoint);
	put_back(&b, "checkpoint", &checkpoint);
	assert_fails(
		sr_ledger_open(&l, b.d, &o, &e), SR_AUTH, &e, "forked: the published checkpoint");
	/* Put there while it is open, it is found by who looks at everything. */
	put_back(&b, "checkpoint", &own);
	l = open_with(&b, o);
	put_back(&b, "checkpoint", &checkpoint);
	assert_fails(
		verify_open(l, &e), SR_AUTH, &e, "the checkpoint of size 1 shows another root");
	sr_ledger_abandon(l);
	sr_buf_free(&own);
	sr_buf_free(&checkpoint);
	place_free(&a);
	place_free(&b);
}

static void flip_at(struct place *p, const char *name, size_t at) {
	struct sr_buf b;
	sr_buf_init(&b);
	t_read_file(t_path(p->path, name), &b);
	b.p[at] ^= 4;
	put_back(p, name, &b);
	sr_buf_free(&b);
}

static int verify(struct place *p, struct sr_err *e) {
	const struct sr_ledger_opts o = reader();
	const struct sr_ledger_check c = {.leaf = NULL};
	struct sr_ledger_checked done;
	struct sr_ledger *l = NULL;
	int rc = sr_ledger_open(&l, p->d, &o, e);
	if (rc == 0)
		rc = sr_ledger_verify(l, &c, &done, e);
	sr_ledger_abandon(l);
	return rc;
}

static int stop(void *ctx, const char *what, uint64_t done, uint64_t total, const char *unit) {
	(void)ctx;
	(void)what;
	(void)done;
	(void)total;
	(void)unit;
	return 1;
}

/* A tile of the ledger that is open is cut, and goes: whoever reads an entry of it, or all of
 * them, is told which. */
static void changed_under_it(struct place *p) {
	const struct sr_progress asked = {stop, NULL};
	const struct sr_ledger_check c = {.progress = &asked};
	struct sr_ledger_checked done;
	struct sr_ledger *l = open_with(p, reader());
	struct sr_buf tile, b;
	struct sr_err e;
	sr_buf_init(&tile);
	sr_buf_init(&b);
	t_read_file(t_path(p->path, "tile/0/001"), &tile);
	t_write_file(t_path(p->path, "tile/0/001"), tile.p, tile.len - 1);
	assert_fails(
		sr_ledger_entry(l, 300, &b, &e), SR_CORRUPT, &e, "tile/0/001 has not 8192 bytes");
	assert_fails(verify_open(l, &e), SR_CORRUPT, &e, "tile/0/001 has not 8192 bytes");
	assert_int_equal(unlink(t_path(p->path, "tile/0/001")), 0);
	assert_fails(
		sr_ledger_entry(l, 300, &b, &e), SR_CORRUPT, &e, "tile of entry 256 is missing");
	assert_fails(verify_open(l, &e), SR_CORRUPT, &e, "tile of entry 256 is missing");
	t_write_file(t_path(p->path, "tile/0/001"), tile.p, tile.len);
	sr_err_clear(&e);
	assert_fails(sr_ledger_verify(l, &c, &done, &e), SR_LOCKED, &e, "stopped on request");
	assert_ok(verify_open(l, &e), &e);
	sr_ledger_abandon(l);
	sr_buf_free(&tile);
	sr_buf_free(&b);
}

static void test_damage(void **state) {
	(void)state;
	struct place p = place_new();
	struct sr_ledger *l = open_with(&p, opts());
	struct sr_err e;
	struct sr_buf b;
	for (int i = 0; i < 3; i++)
		assert_ok(commit(l, 256, NULL, &e), &e);
	assert_ok(commit(l, 7, NULL, &e), &e);
	assert_ok(sr_ledger_close(l, &e), &e);
	assert_ok(verify(&p, &e), &e);
	flip_at(&p, "tile/entries/001", 10);
	assert_fails(verify(&p, &e), SR_CORRUPT, &e, "tile/entries/001: entry 256 (slot 0)");
	l = open_with(&p, reader()); /* reading it names it too */
	sr_buf_init(&b);
	assert_fails(sr_ledger_entry(l, 300, &b, &e), SR_CORRUPT, &e, "entry 256");
	assert_ok(sr_ledger_entry(l, 255, &b, &e), &e);
	sr_buf_free(&b);
	sr_ledger_abandon(l);
	flip_at(&p, "tile/entries/001", 10);
	flip_at(&p, "tile/0/002", (size_t)32 * 9);
	assert_int_equal(verify(&p, &e), SR_CORRUPT);
	flip_at(&p, "tile/0/002", (size_t)32 * 9);
	assert_ok(verify(&p, &e), &e);
	changed_under_it(&p);
	assert_int_equal(unlink(t_path(p.path, "tile/entries/000")), 0);
	assert_fails(verify(&p, &e), SR_CORRUPT, &e, "tile/entries/000 is missing");
	assert_int_equal(unlink(t_path(p.path, "tile/0/000")), 0);
	assert_int_equal(verify(&p, &e), SR_CORRUPT);
	place_free(&p);
}

/* 65,800 entries: tiles of level 1, and what changes under a ledger that is open is found by
 * verify. */
static void test_big(void **state) {
	(void)state;
	struct place p = place_new();
	struct sr_ledger *l = open_with(&p, opts());
	struct sr_buf b;
	struct sr_err e;
	uint64_t r = 3;
	for (int i = 0; i < 257; i++)
		assert_ok(commit(l, 256, NULL, &e), &e);
	assert_ok(commit(l, 8, NULL, &e), &e);
	assert_true(t_exists(t_path(p.path, "tile/1/000")));
	const uint64_t n = sr_ledger_next_index(l);
	uint8_t *h = hashes_of(n);
	for (unsigned i = 0; i < 12; i++)
		check_proofs(l, h, t_rand(&r, n), n);
	check_proofs(l, h, 65536, n);
	free(h);
	assert_ok(verify_open(l, &e), &e);
	flip_at(&p, "tile/1/000", (size_t)32 * 7);
	assert_fails(verify_open(l, &e), SR_CORRUPT, &e, "tile/1/0: hash 7 is not that");
	flip_at(&p, "tile/1/000", (size_t)32 * 7);
	sr_buf_init(&b);
	t_read_file(t_path(p.path, "tile/1/000"), &b);
	assert_int_equal(unlink(t_path(p.path, "tile/1/000")), 0);
	assert_fails(verify_open(l, &e), SR_CORRUPT, &e, "a tile of level 1 is missing");
	put_back(&p, "tile/1/000", &b);
	sr_buf_free(&b);
	/* an entry and its hash changed together */
	flip_at(&p, "tile/entries/256", 30);
	sr_buf_init(&b);
	t_read_file(t_path(p.path, "tile/entries/256"), &b);
	struct sr_bytes entry[SR_TILE_WIDTH];
	assert_ok(sr_entry_bundle_parse(entry, SR_TILE_WIDTH, sr_buf_view(&b), &e), &e);
	uint8_t hash[SR_HASH];
	sr_leaf_hash(hash, entry[0]);
	sr_buf_clear(&b);
	t_read_file(t_path(p.path, "tile/0/256"), &b);
	memcpy(b.p, hash, SR_HASH);
	put_back(&p, "tile/0/256", &b);
	assert_fails(
		verify_open(l, &e), SR_CORRUPT, &e, "do not make the root committed at size 65800");
	sr_ledger_abandon(l);
	assert_fails(verify(&p, &e), SR_CORRUPT, &e, "tiles and journal do not make the root");
	sr_buf_free(&b);
	place_free(&p);
}

/* A tile that is there with other bytes is never overwritten, and the entries stay in the journal.
 */
static void test_tile_in_the_way(void **state) {
	(void)state;
	struct place p = place_new();
	struct sr_ledger *l = open_with(&p, opts());
	struct sr_ledger_opts o = opts();
	struct sr_err e;
	assert_ok(commit(l, 255, NULL, &e), &e);
	assert_int_equal(mkdir(t_path(p.path, "tile"), 0700), 0);
	assert_int_equal(mkdir(t_path(p.path, "tile/entries"), 0700), 0);
	t_write_file(t_path(p.path, "tile/entries/000"), "junk", 4);
	assert_fails(commit(l, 1, NULL, &e), SR_CORRUPT, &e, "not overwritten");
	assert_fails(commit(l, 1, NULL, &e), SR_IO, &e, "failed before");
	sr_ledger_abandon(l);
	assert_fails(sr_ledger_open(&l, p.d, &o, &e), SR_CORRUPT, &e, "tile/entries/000");
	assert_int_equal(unlink(t_path(p.path, "tile/entries/000")), 0);
	l = open_with(&p, reader()); /* a reader sees the tile out of the journal */
	check(l);
	assert_false(t_exists(t_path(p.path, "tile/0/000")));
	const struct sr_ledger_check c = {.leaf = NULL};
	struct sr_ledger_checked done;
	assert_ok(sr_ledger_verify(l, &c, &done, &e), &e);
	sr_ledger_abandon(l);
	l = open_with(&p, opts());
	assert_int_equal(sr_ledger_report(l)->tiles_finished, 1);
	assert_true(sr_ledger_report(l)->unpublished);
	assert_int_equal(sr_ledger_next_index(l), 256);
	check(l);
	sr_ledger_abandon(l);
	place_free(&p);
}

/* The work of the fault tests: ${acked} gets every acknowledged size. Two tiles fill. */
static int work(struct place *p, uint64_t *acked, int fd, struct sr_err *e) {
	static const size_t groups[] = {250, 4, 2, 3, 256, 5};
	const struct sr_ledger_opts o = opts();
	struct sr_ledger *l = NULL;
	int rc = sr_ledger_open(&l, p->d, &o, e);
	for (size_t i = 0; rc == 0 && i < T_COUNT(groups); i++) {
		struct sr_commit c;
		rc = commit(l, groups[i], &c, e);
		if (rc != 0)
			break;
		*acked = c.size;
		if (fd >= 0 && write(fd, &c.size, sizeof c.size) != (ssize_t)sizeof c.size)
			t_exit(9);
		if (i == 3)
			rc = sr_ledger_publish(l, e);
	}
	if (rc == 0)
		return sr_ledger_close(l, e);
	sr_ledger_abandon(l);
	return rc;
}

/* Everything acknowledged is there, whole groups only, and it goes on. */
static void check_after(struct place *p, uint64_t acked) {
	static const uint64_t sizes[] = {0, 250, 254, 256, 259, 515, 520};
	struct sr_err e;
	struct sr_ledger *l = open_with(p, opts());
	const uint64_t size = sr_ledger_next_index(l);
	bool whole = false;
	for (size_t i = 0; i < T_COUNT(sizes); i++)
		whole |= size == sizes[i];
	assert_true(whole);
	assert_true(size >= acked);
	check(l);
	assert_ok(commit(l, 256, NULL, &e), &e);
	check(l);
	assert_ok(sr_ledger_close(l, &e), &e);
	assert_ok(verify(p, &e), &e);
}

static void test_failures(void **state) {
	(void)state;
	for (unsigned long nth = 1;; nth++) {
		struct place p = place_new();
		struct sr_err e;
		uint64_t acked = 0;
		sr_fault_set(nth, nth % 2 == 0 ? EIO : ENOSPC);
		const int rc = work(&p, &acked, -1, &e);
		const unsigned long count = sr_fault_count();
		sr_fault_set(0, 0);
		place_again(&p);
		check_after(&p, acked);
		place_free(&p);
		if (count < nth) {
			assert_int_equal(rc, 0);
			break;
		}
		assert_true(nth < 200);
	}
}

static void test_kills(void **state) {
	(void)state;
	for (unsigned long nth = 1;; nth++) {
		struct place p = place_new();
		uint64_t acked = 0, got;
		int fds[2], status = 0;
		assert_int_equal(pipe(fds), 0);
		const pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			struct sr_err e;
			sr_fault_set(nth, -1);
			t_exit(work(&p, &acked, fds[1], &e) == 0 ? 0 : 1);
		}
		(void)close(fds[1]);
		while (read(fds[0], &got, sizeof got) == (ssize_t)sizeof got)
			acked = got;
		(void)close(fds[0]);
		assert_int_equal(waitpid(child, &status, 0), child);
		check_after(&p, acked);
		place_free(&p);
		if (WIFEXITED(status)) {
			assert_int_equal(WEXITSTATUS(status), 0);
			assert_int_equal(acked, 520);
			break;
		}
		assert_int_equal(WTERMSIG(status), SIGKILL);
		assert_true(nth < 200);
	}
}

/* Creating: at every failure either there is no ledger, or a whole one. */
static void test_create_failures(void **state) {
	(void)state;
	for (unsigned long nth = 1;; nth++) {
		struct place p = {.path = t_tmp_new()};
		const struct sr_ledger_opts o = opts();
		struct sr_ledger *l = NULL;
		struct sr_err e;
		assert_ok(sr_dir_open(&p.d, p.path, &e), &e);
		sr_fault_set(nth, EIO);
		const int rc = sr_ledger_create(p.d, &o, &e);
		const unsigned long count = sr_fault_count();
		sr_fault_set(0, 0);
		place_again(&p);
		const int again = sr_ledger_create(p.d, &o, &e);
		assert_true(again == 0 || again == SR_EXISTS);
		assert_ok(sr_ledger_open(&l, p.d, &o, &e), &e);
		sr_ledger_abandon(l);
		place_free(&p);
		if (count < nth) {
			assert_int_equal(rc, 0);
			break;
		}
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_proofs),
		cmocka_unit_test(test_checkpoint),
		cmocka_unit_test(test_long_checkpoint),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_key_of_later),
		cmocka_unit_test(test_cost),
		cmocka_unit_test(test_rollback),
		cmocka_unit_test(test_fork),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_big),
		cmocka_unit_test(test_tile_in_the_way),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_kills),
		cmocka_unit_test(test_create_failures),
	};
	struct sr_err e;
	if (sr_crypto_init(&e) != 0)
		return 1;
	t_fill(seed, sizeof seed, 1);
	t_fill(mac_key, sizeof mac_key, 2);
	sr_sign_public(pk, seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
