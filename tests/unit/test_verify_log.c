/*
 * Tests of verify/log, pair and receipt: an exported log against its checkpoint and what was kept
 * of it, two checkpoints of one log, an entry and its receipt. Each is first right, and then wrong
 * in one thing.
 */
#include "verify/verify.h"

#include "verify_rig.h"

enum {
	SIZE = 300, /* a full tile, and a tail */
	FORKED = 7
};

/* A log and its fork, exported with checkpoints of the one key; and what was kept of both. */
static struct {
	struct v_key key, next;
	struct log log, fork;
	char *kept; /* folder */
	struct verify_given given;
} r;

/* ${file} of the folder of what was kept. */
static const char *kept(const char *file) {
	return t_path(r.kept, file);
}

static void keep(const char *file, const struct sr_buf *b) {
	t_write_file(kept(file), b->p, b->len);
}

static void keep_checkpoint(const char *file, const struct log *l, uint64_t size) {
	struct sr_buf note;

	sr_buf_init(&note);
	v_checkpoint(&note, &r.key, l, size);
	keep(file, &note);
	sr_buf_free(&note);
}

static void keep_root(const char *file, uint64_t size, const uint8_t *root) {
	struct sr_buf note;

	sr_buf_init(&note);
	v_checkpoint_of(&note, &r.key, size, root);
	keep(file, &note);
	sr_buf_free(&note);
}

static void keep_receipt(const char *file, const struct log *l, uint64_t index, bool bare) {
	struct sr_buf b;

	sr_buf_init(&b);
	v_receipt(&b, &r.key, l, index, SIZE, bare);
	keep(file, &b);
	sr_buf_free(&b);
}

static void keep_entry(const char *file, const struct log *l, uint64_t index) {
	struct sr_buf b;

	sr_buf_init(&b);
	v_entry(&b, l, index);
	keep(file, &b);
	sr_buf_free(&b);
}

static void keep_proof(const char *file, const struct log *l, uint64_t from, uint64_t to) {
	struct sr_leaf_array leaves = {l->leaves.p, (size_t)to};
	const struct sr_nodes nodes = sr_leaf_array_nodes(&leaves);
	struct sr_proof p;
	struct sr_err e = {0};
	struct sr_buf b;

	sr_buf_init(&b);
	assert_ok(sr_proof_consistency(&p, &nodes, from, to, &e), &e);
	sr_proof_put(&b, &p);
	keep(file, &b);
	sr_buf_free(&b);
}

static int setup(void **state) {
	struct sr_buf note;
	const uint8_t ones[SR_HASH] = {1};
	uint8_t empty[SR_HASH];

	(void)state;
	memset(&r, 0, sizeof r);
	sr_buf_init(&note);
	r.key = v_key(V_ORIGIN, 1);
	r.next = v_key("next.example/vault", 1); /* its second name */
	r.log.sealed = r.fork.sealed = true;
	r.fork.forked = FORKED;
	log_make(&r.log, SIZE);
	log_make(&r.fork, SIZE);
	r.kept = t_tmp_new();
	r.given.quiet = true;
	r.given.keys[r.given.key_count++] = r.key.vkey;
	v_checkpoint(&note, &r.key, &r.log, SIZE);
	t_write_file(t_path(r.log.dir, "checkpoint"), note.p, note.len);
	v_checkpoint(&note, &r.key, &r.fork, SIZE);
	t_write_file(t_path(r.fork.dir, "checkpoint"), note.p, note.len);
	keep_checkpoint("5", &r.log, 5);
	keep_checkpoint("20", &r.log, 20);
	keep_checkpoint("300", &r.log, SIZE);
	keep_checkpoint("forked-20", &r.fork, 20);
	keep_checkpoint("forked-300", &r.fork, SIZE);
	sr_merkle_root(empty, NULL, 0);
	keep_root("0", 0, empty);
	keep_root("0-not-empty", 0, ones);
	keep_root("301", SIZE + 1, ones);
	keep_receipt("receipt", &r.log, 9, false);
	keep_receipt("receipt-bare", &r.log, 9, true);
	keep_receipt("receipt-forked", &r.fork, 9, false);
	keep_entry("entry", &r.log, 9);
	keep_entry("entry-8", &r.log, 8);
	keep_proof("20-300", &r.log, 20, SIZE);
	sr_buf_free(&note);
	return 0;
}

static int teardown(void **state) {
	(void)state;
	log_free(&r.log);
	log_free(&r.fork);
	t_tmp_remove(r.kept);
	return 0;
}

static void expect(int rc, int code, const struct sr_err *e, const char *piece) {
	if (code == 0)
		assert_ok(rc, e);
	else
		assert_fails(rc, (enum sr_code)code, e, piece);
}

/* ---- an exported log ---- */

static void exported(void **state) {
	static const struct {
		bool fork;
		const char *checkpoint, *since;
		int code;
		const char *piece;
	} rows[] = {
		{false, NULL, NULL, 0, NULL}, {false, NULL, "20", 0, NULL},
		{false, NULL, "receipt", 0, NULL}, {false, "5", NULL, 0, NULL},
		{false, "forked-300", NULL, SR_AUTH,
			"the 300 entries do not make the root that the log's key signed"},
		{false, "nothing", NULL, SR_USAGE, "nothing: there is no such file"},
		{false, NULL, "301", SR_AUTH, "301 shows a log of 301 entries, here are 300"},
		{false, "5", "20", SR_AUTH, "20 shows a log of 20 entries, here are 5"},
		{true, NULL, NULL, 0, NULL}, /* alone it is right */
		{true, NULL, "20", SR_AUTH,
			"forked: at size 20 the entries here make another root than"},
		{true, NULL, "receipt", SR_AUTH, "forked: at size 300"},
		{true, NULL, "5", 0, NULL}, /* before the fork */
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct verify_given g = r.given;
		struct sr_err e = {0};

		g.checkpoint = rows[i].checkpoint != NULL ? kept(rows[i].checkpoint) : NULL;
		if (rows[i].since != NULL)
			g.since[g.since_count++] = kept(rows[i].since);
		expect(verify_log(&g, rows[i].fork ? r.fork.dir : r.log.dir, &e), rows[i].code, &e,
			rows[i].piece);
	}
}

static void no_log(void **state) {
	struct sr_err e = {0};

	(void)state;
	assert_fails(verify_log(&r.given, kept("nothing"), &e), SR_USAGE, &e,
		"nothing: there is no such folder");
	assert_fails(verify_log(&r.given, r.kept, &e), SR_CORRUPT, &e, "there is no checkpoint in");
}

/* The log took another name, by a note beside the export. The person has the key of the former name
 * alone: they are told what the note says, and what to ask and give; with a note that is none they
 * are told what is wrong with it. */
static void renamed(void **state) {
	struct verify_given g = r.given;
	const char *beside = t_path(r.fork.dir, "key-change.1");
	char change[T_PATH];
	uint8_t root[SR_HASH];
	struct sr_err e = {0};
	struct sr_buf note;

	(void)state;
	sr_buf_init(&note);
	(void)snprintf(change, sizeof change, "%s", beside);
	v_checkpoint(&note, &r.next, &r.fork, SIZE);
	t_write_file(kept("renamed"), note.p, note.len);
	g.checkpoint = kept("renamed");
	assert_fails(verify_log(&g, r.fork.dir, &e), SR_AUTH, &e,
		"no key of next.example/vault was given");
	v_root(root, &r.fork, 20);
	v_change(&note, &r.key, &r.next, 20, root);
	t_write_file(change, note.p, note.len);
	assert_fails(verify_log(&g, r.fork.dir, &e), SR_AUTH, &e,
		"the log's key says that it goes on as next.example/vault since entry 20, because "
		"entries were lost (20 of 27 are left): ask whether its board confirmed that, and "
		"then give --key-change DIR/key-change.1");
	g.change[g.change_count++] = change;
	assert_ok(verify_log(&g, r.fork.dir, &e), &e);
	/* What was kept of the former name goes on only up to there. */
	g.since[g.since_count++] = kept("forked-20");
	assert_ok(verify_log(&g, r.fork.dir, &e), &e);
	g.since[0] = kept("forked-300");
	assert_fails(verify_log(&g, r.fork.dir, &e), SR_AUTH, &e,
		"says that it lost those from 20 to 27; keep it, it is what is left of them");
	g.since_count = 0;
	g.change[0] = kept("5");
	assert_fails(verify_log(&g, r.fork.dir, &e), SR_CORRUPT, &e, "--key-change");
	v_change(&note, &r.next, &r.key, 20, root); /* signed by what it is to prove */
	keep("backwards", &note);
	g.change[0] = kept("backwards");
	assert_fails(verify_log(&g, r.fork.dir, &e), SR_AUTH, &e,
		"backwards: note: none of its 1 signatures");
	assert_int_equal(unlink(change), 0);
	sr_buf_free(&note);
}

/* ---- two checkpoints ---- */

static void pairs(void **state) {
	static const struct {
		const char *old, *new, *proof;
		bool log;
		int code;
		const char *piece;
	} rows[] = {
		{"20", "300", "20-300", false, 0, NULL},
		{"20", "300", NULL, true, 0, NULL},
		{"receipt", "300", NULL, false, 0, NULL}, /* the same size */
		{"0", "300", NULL, false, 0, NULL},
		{"20", "300", NULL, false, SR_USAGE, "sizes 20 and 300 need a proof: --proof FILE"},
		{"300", "20", NULL, true, SR_AUTH,
			"rolled back: the log shrank from 300 entries to 20"},
		{"300", "forked-300", NULL, true, SR_AUTH,
			"forked: the log's key signed two roots for size 300"},
		{"forked-20", "300", NULL, true, SR_AUTH, "does not lead to the old root"},
		{"forked-20", "300", "20-300", false, SR_AUTH, "does not lead to the old root"},
		{"0-not-empty", "300", NULL, false, SR_AUTH,
			"the older checkpoint has size 0 and not the empty root"},
		{"0", "300", "20-300", false, SR_AUTH,
			"a proof from size 0 is empty; this one has"},
		{"20", "301", NULL, true, SR_CORRUPT, "has not the tiles of a log of 301 entries"},
		{"20", "300", "receipt", false, SR_CORRUPT, "proof: hash 1: base64"},
		{"20", "entry", NULL, true, SR_CORRUPT, "entry: checkpoint: no origin"},
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct verify_given g = r.given;
		struct sr_err e = {0};

		g.proof = rows[i].proof != NULL ? kept(rows[i].proof) : NULL;
		g.log = rows[i].log ? r.log.dir : NULL;
		expect(verify_pair(&g, kept(rows[i].old), kept(rows[i].new), &e), rows[i].code, &e,
			rows[i].piece);
	}
}

/* A tile that the proof is made from is cut, or longer than any. */
static void pair_damaged(void **state) {
	const char *tile = "tile/0/001.p/44";
	struct verify_given g = r.given;
	struct sr_err e = {0};
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	t_read_file(t_path(r.log.dir, tile), &b);
	g.log = r.log.dir;
	t_write_file(t_path(r.log.dir, tile), b.p, b.len - 1);
	assert_fails(verify_pair(&g, kept("20"), kept("300"), &e), SR_CORRUPT, &e,
		"tile/0/001.p/44 has 1407 bytes, want 1408");
	t_write_file(t_path(r.log.dir, tile), b.p, b.len);
	assert_ok(verify_pair(&g, kept("20"), kept("300"), &e), &e);
	g.log = kept("nothing");
	assert_fails(verify_pair(&g, kept("20"), kept("300"), &e), SR_CORRUPT, &e,
		"nothing has not the tiles of a log of 300 entries");
	sr_buf_free(&b);
}

/* ---- receipts ---- */

static void receipts(void **state) {
	static const struct {
		const char *receipt, *entry;
		int code;
		const char *piece;
	} rows[] = {
		{"receipt", NULL, 0, NULL},
		{"receipt", "entry", 0, NULL},
		{"receipt-bare", "entry", 0, NULL},
		{"receipt-forked", NULL, 0, NULL}, /* alone it is right */
		{"receipt-bare", NULL, SR_USAGE,
			"the receipt does not hold the entry: give its bytes with --entry FILE"},
		{"receipt-bare", "entry-8", SR_AUTH, "does not lead to the root"},
		{"receipt", "entry-8", SR_AUTH, "(15 bytes) is not the one in the receipt (16"},
		{"receipt", "20-300", SR_AUTH, "is not the one in the receipt"},
		{"300", NULL, SR_CORRUPT, "the first line is not c2sp.org/tlog-proof@v1"},
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct verify_given g = r.given;
		struct sr_err e = {0};

		g.entry = rows[i].entry != NULL ? kept(rows[i].entry) : NULL;
		expect(verify_receipt(&g, kept(rows[i].receipt), &e), rows[i].code, &e,
			rows[i].piece);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exported),
		cmocka_unit_test(no_log),
		cmocka_unit_test(renamed),
		cmocka_unit_test(pairs),
		cmocka_unit_test(pair_damaged),
		cmocka_unit_test(receipts),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
