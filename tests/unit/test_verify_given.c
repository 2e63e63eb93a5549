/*
 * Tests of verify/given and verify/changes: what stands on the command line (keys, policy, files),
 * which log a checkpoint is of, and how one key or name of a log follows another.
 */
#include "verify/verify.h"

#include "verify_rig.h"

static struct v_key a, b, c, other;

static int setup(void **state) {
	(void)state;
	a = v_key(V_ORIGIN, 1);
	b = v_key(V_ORIGIN, 2);
	c = v_key(V_ORIGIN, 3);
	other = v_key("other.example/log", 4);
	return 0;
}

static void give(struct verify_given *g, const struct v_key *k) {
	g->quiet = true;
	g->keys[g->key_count++] = k->vkey;
}

/* ---- the command line ---- */

/* A key of the kind ${type}, whose last digit of the id is ${spoilt} or not. */
static void key_text(struct sr_buf *out, uint8_t type, bool spoilt) {
	struct sr_vkey k;
	struct sr_err e = {0};

	assert_ok(sr_vkey_make(&k, sr_bytes_str(V_ORIGIN), type, a.vkey.pk, &e), &e);
	k.id[3] ^= spoilt ? 1 : 0;
	sr_vkey_put(out, &k);
	sr_buf_put_u8(out, 0);
}

static void keys(void **state) {
	static const struct {
		uint8_t type;
		bool spoilt;
		const char *piece; /* NULL: it is taken */
	} rows[] = {
		{SR_NOTE_ED25519, false, NULL},
		{SR_NOTE_ED25519, true, "a key reads NAME+8 hex digits+base64"},
		{SR_NOTE_COSIGN, false, "a key of type 0x04; a log's is 0x01 (Ed25519)"},
	};
	static struct verify_given g;
	struct sr_err e = {0};
	struct sr_buf text;

	(void)state;
	sr_buf_init(&text);
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		memset(&g, 0, sizeof g);
		sr_buf_clear(&text);
		key_text(&text, rows[i].type, rows[i].spoilt);
		const int rc = verify_add_key(&g, (const char *)text.p, &e);
		assert_int_equal(g.key_count, rows[i].piece == NULL);
		if (rows[i].piece == NULL)
			assert_ok(rc, &e);
		else
			assert_fails(rc, SR_USAGE, &e, rows[i].piece);
	}
	sr_buf_clear(&text);
	key_text(&text, SR_NOTE_ED25519, false);
	memset(&g, 0, sizeof g);
	for (size_t i = 0; i < VERIFY_KEYS; i++)
		assert_ok(verify_add_key(&g, (const char *)text.p, &e), &e);
	assert_fails(verify_add_key(&g, (const char *)text.p, &e), SR_USAGE, &e,
		"--key: more than 64 keys");
	assert_fails(verify_add_key(&g, "nothing", &e), SR_USAGE, &e, "--key");
	sr_buf_free(&text);
}

static void files(void **state) {
	static const char broken[] = "witness w nothing\nquorum w\n";
	char *dir = t_tmp_new();
	static struct verify_given g;
	struct sr_err e = {0};
	struct sr_buf got;

	(void)state;
	sr_buf_init(&got);
	t_write_file(t_path(dir, "five"), "12345", 5);
	t_write_file(t_path(dir, "policy"), broken, sizeof broken - 1);
	assert_ok(verify_read(&got, t_path(dir, "five"), 5, &e), &e);
	assert_true(sr_bytes_eq(sr_buf_view(&got), sr_bytes_str("12345")));
	sr_buf_clear(&got);
	assert_fails(verify_read(&got, t_path(dir, "five"), 4, &e), SR_CORRUPT, &e,
		"five: more than 4 bytes");
	assert_fails(verify_read(&got, t_path(dir, "six"), 4, &e), SR_USAGE, &e,
		"six: there is no such file");
	assert_fails(verify_read(&got, dir, 4, &e), SR_IO, &e, dir);
	assert_fails(verify_policy(&g, t_path(dir, "policy"), &e), SR_USAGE, &e,
		"policy: witness policy: line 1: ");
	assert_memory_equal(e.text, "--policy ", 9);
	assert_null(strstr(e.text + 1, "--policy"));
	assert_null(g.policy);
	sr_buf_free(&got);
	t_tmp_remove(dir);
}

/* ---- which log ---- */

static void which_log(void **state) {
	static const struct {
		const char *file, *origin;
		int code;
		const char *piece;
	} rows[] = {
		{V_ORIGIN "\n", NULL, 0, NULL},
		{"", NULL, SR_CORRUPT, "checkpoint: no origin in its first line"},
		{V_ORIGIN, NULL, SR_CORRUPT, "checkpoint: no origin in its first line"},
		{"\n", NULL, SR_CORRUPT, "checkpoint: no origin in its first line"},
		/* which no key can be named after, but some logs are */
		{"two words\n", NULL, SR_AUTH, "no key of two words was given"},
		{"two words\n", "two words", 0, NULL},
		{V_ORIGIN "\n", "third.example", SR_AUTH,
			"the checkpoint is of " V_ORIGIN ", not of third.example"},
		{"third.example\n", NULL, SR_AUTH, "no key of third.example was given"},
		/* its keys have another name, and the person says so */
		{"third.example\n", "third.example", 0, NULL},
		{"c2sp.org/tlog-proof@v1\nindex 0\n\n" V_ORIGIN "\n", NULL, 0, NULL},
		{"c2sp.org/tlog-proof@v1\nindex 0\n\nc2sp.org/tlog-proof@v1\nindex 0\n\n" V_ORIGIN
		 "\n",
			NULL, SR_CORRUPT, "a receipt in a receipt"},
		{"c2sp.org/tlog-proof@v1\n", NULL, SR_CORRUPT, "no index line"},
	};
	static struct verify_given g;
	static struct verify_known k;

	(void)state;
	give(&g, &a);
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct sr_err e = {0};

		g.origin = rows[i].origin;
		const int rc = verify_known(&k, &g, sr_bytes_str(rows[i].file), &e);
		if (rows[i].code == 0)
			assert_ok(rc, &e);
		else
			assert_fails(rc, (enum sr_code)rows[i].code, &e, rows[i].piece);
	}
	/* Another log's key beside its own, as a policy lists them: --origin makes it none of this
	 * log's. */
	struct sr_err e = {0};
	give(&g, &b);
	g.origin = V_ORIGIN;
	g.keys[g.key_count] = g.keys[0];
	snprintf(g.keys[g.key_count].name, sizeof g.keys[0].name, "third.example");
	g.key_count++;
	assert_ok(verify_known(&k, &g, sr_bytes_str(V_ORIGIN "\n"), &e), &e);
	for (size_t i = 0; i < k.log.count; i++)
		assert_string_equal(k.log.keys[i].name, V_ORIGIN);
	g.origin = NULL;
}

/* ---- changes ---- */

/* A note: ${by} says that ${next} follows with entry ${from}; ${lost}: and that entries were lost.
 */
struct step {
	struct v_key *by, *next;
	uint64_t from;
	bool lost;
};

static int follow(struct verify_known *k, const struct step *s, struct sr_err *e) {
	uint8_t root[SR_HASH];
	struct sr_buf note;

	sr_buf_init(&note);
	t_fill(root, SR_HASH, s->from);
	v_change(&note, s->by, s->next, s->from, s->lost ? root : NULL);
	const int rc = verify_follow(k, sr_buf_view(&note), e);
	sr_buf_free(&note);
	return rc;
}

/* What the last of up to three notes comes to; those before it are followed. */
static void changes(void **state) {
	static struct v_key second; /* ${a} under another name */
	static const struct {
		struct step steps[3];
		size_t count;
		int code;
		const char *piece;
	} rows[] = {
		{{{&a, &b, 10, false}, {&b, &c, 11, false}}, 2, 0, NULL},
		/* once more, and both ways to it */
		{{{&a, &b, 10, false}, {&b, &c, 11, false}, {&a, &b, 10, false}}, 3, 0, NULL},
		{{{&a, &second, 10, true}, {&a, &second, 10, true}}, 2, 0, NULL},
		{{{&b, &c, 10, false}}, 1, SR_AUTH, "none of its 1 signatures"},
		{{{&a, &b, 10, false}, {&b, &c, 10, false}}, 2, SR_AUTH,
			"the key that signed it signs from 10 entries on, and cannot end with "
			"entry 10"},
		{{{&a, &b, 10, false}, {&a, &b, 20, false}}, 2, SR_AUTH,
			"the key that signed it ended with entry 10 already"},
		{{{&a, &b, 10, false}, {&a, &c, 20, false}}, 2, SR_AUTH,
			"the key that signed it ended with entry 10 already"},
		/* One entry names one key: whoever stole ${a} signs no successor of their own. */
		{{{&a, &b, 10, false}, {&a, &c, 10, false}}, 2, SR_AUTH, "forked"},
		{{{&a, &b, 10, false}, {&a, &second, 10, true}}, 2, SR_AUTH, "forked"},
		{{{&a, &c, 10, false}, {&b, &c, 20, false}}, 2, SR_AUTH, "none of its 1 sig"},
		{{{&a, &second, 10, false}}, 1, SR_AUTH, "it says nothing of a loss"},
		{{{&a, &b, 10, true}}, 1, SR_AUTH, "comes with another key"},
		{{{&a, &a, 10, false}}, 1, SR_AUTH,
			"it gives the log the key and the name that signed it"},
		{{{&a, &a, 10, true}}, 1, SR_AUTH, "a loss, and the log is " V_ORIGIN " still"},
	};
	static struct verify_given g;
	static struct verify_known k;

	(void)state;
	second = v_key("second.example/vault", 1);
	memset(&g, 0, sizeof g);
	give(&g, &a);
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct sr_err e = {0};
		size_t at = 0;

		assert_ok(verify_known(&k, &g, sr_bytes_str(V_ORIGIN "\n"), &e), &e);
		for (; at + 1 < rows[i].count; at++)
			assert_ok(follow(&k, &rows[i].steps[at], &e), &e);
		const size_t known = k.all_count, names = k.name_count;
		const int rc = follow(&k, &rows[i].steps[at], &e);
		if (rows[i].code == 0) {
			assert_ok(rc, &e);
			continue;
		}
		assert_fails(rc, (enum sr_code)rows[i].code, &e, rows[i].piece);
		assert_true(k.all_count == known && k.name_count == names);
	}
}

/* Two keys from the beginning: what the one gives the other does not begin once more. */
static void begins_once(void **state) {
	const struct step first = {&a, &c, 10, false}, again = {&b, &c, 30, false};
	static struct verify_given g;
	static struct verify_known k;
	struct sr_err e = {0};

	(void)state;
	memset(&g, 0, sizeof g);
	give(&g, &a);
	give(&g, &b);
	assert_ok(verify_known(&k, &g, sr_bytes_str(V_ORIGIN "\n"), &e), &e);
	assert_ok(follow(&k, &first, &e), &e);
	assert_fails(
		follow(&k, &again, &e), SR_AUTH, &e, "the next key began with entry 10 already");
}

/* As many names as a log may have, and keys as a person may give. */
static void bounded(void **state) {
	static struct v_key named[SR_LOG_NAMES + 2];
	static struct verify_given g;
	static struct verify_known k;
	struct sr_err e = {0};

	(void)state;
	memset(&g, 0, sizeof g);
	give(&g, &a);
	named[0] = a;
	assert_ok(verify_known(&k, &g, sr_bytes_str(V_ORIGIN "\n"), &e), &e);
	for (size_t i = 1; i < T_COUNT(named); i++) {
		char name[32];
		const struct step s = {&named[i - 1], &named[i], 10 * i, true};

		(void)snprintf(name, sizeof name, "log.example/%zu", i);
		named[i] = v_key(name, 1);
		if (i <= SR_LOG_NAMES)
			assert_ok(follow(&k, &s, &e), &e);
		else
			assert_fails(follow(&k, &s, &e), SR_USAGE, &e, "more than 8 names");
	}
	while (g.key_count < VERIFY_KEYS) {
		const struct v_key more = v_key(V_ORIGIN, 100 + g.key_count);

		give(&g, &more);
	}
	const struct step s = {&a, &b, 10, false};

	assert_ok(verify_known(&k, &g, sr_bytes_str(V_ORIGIN "\n"), &e), &e);
	assert_fails(follow(&k, &s, &e), SR_USAGE, &e, "more than 64 keys");
}

/* Each key signs the trees of its time: up to the entry that names the next, and behind it. */
static void of_another_time(void **state) {
	static const struct {
		struct v_key *by;
		uint64_t size;
		bool counts;
	} rows[] = {
		{&a, 9, true}, {&a, 10, true}, {&a, 11, false}, {&b, 10, false}, {&b, 11, true}};
	const struct step change = {&a, &b, 10, false};
	const uint8_t root[SR_HASH] = {1};
	static struct verify_given g;
	static struct verify_known k;
	struct sr_checkpoint out;
	struct sr_err e = {0};
	struct sr_buf note;

	(void)state;
	sr_buf_init(&note);
	memset(&g, 0, sizeof g);
	give(&g, &a);
	assert_ok(verify_known(&k, &g, sr_bytes_str(V_ORIGIN "\n"), &e), &e);
	assert_ok(follow(&k, &change, &e), &e);
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		v_checkpoint_of(&note, rows[i].by, rows[i].size, root);
		const int rc = verify_checkpoint(&out, &k, &g, sr_buf_view(&note), true, &e);
		if (rows[i].counts)
			assert_ok(rc, &e);
		else
			assert_fails(rc, SR_AUTH, &e, "is signed by a key of another time");
	}
	sr_buf_free(&note);
}

/* ---- memories ---- */

static void memories(void **state) {
	static struct verify_given g;
	static struct verify_known k;
	struct verify_memory m = {.path = "kept"};
	struct log l = {.sealed = true};
	struct sr_err e = {0};
	struct sr_buf file;

	(void)state;
	sr_buf_init(&file);
	log_make(&l, 12);
	memset(&g, 0, sizeof g);
	give(&g, &a);
	give(&g, &other);
	assert_ok(verify_known(&k, &g, sr_bytes_str(V_ORIGIN "\n"), &e), &e);
	v_receipt(&file, &a, &l, 3, 12, false);
	assert_ok(verify_memory(&m, &k, &g, sr_buf_view(&file), false, &e), &e);
	assert_int_equal(m.c.size, 12);
	/* Of another entry than its proof; without its entry. */
	v_receipt(&file, &a, &l, 3, 12, true);
	assert_fails(verify_memory(&m, &k, &g, sr_buf_view(&file), false, &e), SR_CORRUPT, &e,
		"kept: the receipt holds no entry (no line `extra`)");
	/* A log whose key was given as well is another log all the same. */
	v_checkpoint(&file, &other, &l, 12);
	assert_fails(verify_memory(&m, &k, &g, sr_buf_view(&file), false, &e), SR_AUTH, &e,
		"kept: the checkpoint is of other.example/log, not of " V_ORIGIN);
	sr_buf_free(&file);
	log_free(&l);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys),
		cmocka_unit_test(files),
		cmocka_unit_test(which_log),
		cmocka_unit_test(changes),
		cmocka_unit_test(begins_once),
		cmocka_unit_test(bounded),
		cmocka_unit_test(of_another_time),
		cmocka_unit_test(memories),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
