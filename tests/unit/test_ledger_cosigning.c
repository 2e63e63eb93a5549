/*
 * Tests of ledger/cosigning: an honest witness through every 409; and witnesses that lie: another
 * key, another size, another root, a time of none or of the far future, lines of others that are
 * wrong, more lines than anybody needs. What is refused leaves the checkpoint as it was.
 */
#include "ledger/cosigning.h"
#include "ledger/witness.h"
#include "witness_rig.h"

enum {
	NOW_S = 1795255200
};

static struct rig_log ours, fork_log;
static uint64_t ledger_size;
static uint64_t ms = 1000;
static struct sr_cosigning_now at;

struct signer {
	struct sr_vkey vkey;
	uint8_t seed[SR_SEED];
	struct sr_signer s;
};
static struct signer w[3];

static void signer_make(struct signer *k, const char *name, uint64_t seed) {
	uint8_t pk[SR_PK];
	struct sr_err e = {0};

	t_fill(k->seed, SR_SEED, seed);
	sr_sign_public(pk, k->seed);
	assert_ok(sr_vkey_make(&k->vkey, sr_bytes_str(name), SR_NOTE_COSIGN, pk, &e), &e);
	k->s = (struct sr_signer){.key = &k->vkey, .seed = k->seed};
}

static uint64_t size_now(void *ctx) {
	(void)ctx;
	return ledger_size;
}
static int prove(void *ctx, struct sr_proof *out, uint64_t a, uint64_t b, struct sr_err *e) {
	struct sr_leaf_array leaves = {ours.leaves, RIG_LEAVES};
	const struct sr_nodes nodes = sr_leaf_array_nodes(&leaves);

	(void)ctx;
	return sr_proof_consistency(out, &nodes, a, b, e);
}

static struct sr_policy *policy;
static struct sr_cosigning *c;

static int setup(void **state) {
	const struct sr_cosigning_log log = {&ours.vkey, size_now, prove, NULL};
	struct sr_err e = {0};
	struct sr_buf b;

	(void)state;
	rig_log(&ours, RIG_ORIGIN, 1, RIG_LEAVES);
	rig_log(&fork_log, RIG_ORIGIN, 1, 3);
	signer_make(&w[0], "one.example/w", 50);
	signer_make(&w[1], "two.example/w", 51);
	signer_make(&w[2], "three.example/w", 52);
	sr_buf_init(&b);
	for (int i = 0; i < 3; i++) {
		sr_buf_printf(&b, "witness w%d ", i);
		sr_vkey_put(&b, &w[i].vkey);
		sr_buf_put_str(&b, i < 2 ? " http://w.example/\n" : "\n");
	}
	sr_buf_put_str(&b, "group g 1 w0 w1\nquorum g\n");
	assert_ok(sr_policy_parse(&policy, sr_buf_view(&b), &e), &e);
	sr_buf_free(&b);
	assert_ok(sr_cosigning_new(&c, policy, &log, &e), &e);
	ledger_size = 0;
	at = (struct sr_cosigning_now){.ms = ms, .s = NOW_S};
	return 0;
}

static int teardown(void **state) {
	(void)state;
	sr_cosigning_free(c);
	sr_policy_free(policy);
	c = NULL;
	policy = NULL;
	return 0;
}

static void offer(size_t size) {
	struct sr_err e = {0};
	struct sr_buf note;

	if (ledger_size < size)
		ledger_size = size;
	sr_buf_init(&note);
	rig_note(&note, &ours, size);
	assert_ok(sr_cosigning_offer(c, sr_buf_view(&note), at.ms, &e), &e);
	sr_buf_free(&note);
}

/* The request that witness ${i} gets now. */
static struct sr_add_checkpoint asked;
static struct sr_buf asked_bytes;
static void ask(size_t i) {
	struct sr_err e = {0};

	sr_buf_clear(&asked_bytes);
	assert_ok(sr_cosigning_request(c, i, &asked_bytes, &e), &e);
	assert_ok(sr_add_checkpoint_parse(&asked, sr_buf_view(&asked_bytes), &e), &e);
}

static struct sr_err last;
static enum sr_cosigning_event answer(
	size_t i, unsigned status, const char *type, struct sr_bytes body) {
	const struct sr_add_reply r = {status, sr_bytes_str(type), body};

	sr_err_clear(&last);
	return sr_cosigning_answer(c, i, &r, NULL, &at, &last);
}

static enum sr_cosigning_event size_said(size_t i, const char *size) {
	return answer(i, 409, SR_WITNESS_SIZE_TYPE, sr_bytes_str(size));
}

/* Append a line of ${by} over the checkpoint of ${size} entries of ${log} at ${time}. */
static void line(struct sr_buf *out, const struct signer *by, const struct rig_log *log,
	size_t size, uint64_t time) {
	struct sr_err e = {0};
	struct sr_buf note;
	struct sr_note n;

	sr_buf_init(&note);
	rig_note(&note, log, size);
	assert_ok(sr_note_parse(&n, sr_buf_view(&note), &e), &e);
	assert_ok(sr_cosign_line(out, n.text, &by->s, time, &e), &e);
	sr_note_free(&n);
	sr_buf_free(&note);
}

static enum sr_cosigning_event cosigned(size_t i, size_t size, int64_t time) {
	enum sr_cosigning_event event;
	struct sr_buf b;

	sr_buf_init(&b);
	line(&b, &w[i], &ours, size, (uint64_t)time);
	event = answer(i, 200, "text/plain", sr_buf_view(&b));
	sr_buf_free(&b);
	return event;
}

static void state_is(size_t i, enum sr_cosigning_state state, bool by, const char *error) {
	struct sr_cosigning_witness s;

	sr_cosigning_show(&s, c, i);
	assert_int_equal(s.state, state);
	assert_int_equal(s.cosigned, by);
	if (error[0] == '\0' ? s.error[0] != '\0' : strstr(s.error, error) == NULL)
		fail_msg("witness %zu says \"%s\", want \"%s\"", i, s.error, error);
}

static size_t lines_now(void) {
	struct sr_err e = {0};
	struct sr_note n;
	size_t count;

	assert_ok(sr_note_parse(&n, sr_cosigning_note(c), &e), &e);
	count = n.count;
	sr_note_free(&n);
	return count;
}

/* -----------------------------------------------------------------------------------------------
 */

/* Our own witness, through its own bytes: from nothing, in steps, after it was ahead of what we
 * knew, and as a heartbeat. */
static void honest(void **state) {
	static const uint8_t credential[SR_CREDENTIAL_MIN] = {1};
	const struct sr_unlock u = {.credential = {credential, sizeof credential}};
	struct sr_witness_open o = {.unlock = &u, .clock = sr_clock_system()};
	const struct sr_cosigning_log log = {&ours.vkey, size_now, prove, NULL};
	struct sr_policy *own = NULL;
	struct sr_witness *box = NULL;
	struct sr_err e = {0};
	struct sr_vkey vkey;
	struct sr_buf b;
	char *path = t_tmp_new();
	size_t answers = 0;

	(void)state;
	assert_ok(sr_dir_open(&o.dir, path, &e), &e);
	assert_ok(sr_witness_new(&vkey, o.dir, sr_bytes_str("box.example/w"), &u, &e), &e);
	assert_ok(sr_witness_open(&box, &o, &e), &e);
	assert_ok(sr_witness_log_add(box, sr_bytes_str(RIG_ORIGIN), &ours.vkey, &e), &e);
	sr_buf_init(&b);
	sr_buf_put_str(&b, "witness box ");
	sr_vkey_put(&b, &vkey);
	sr_buf_put_str(&b, " http://box/\nquorum box\n");
	assert_ok(sr_policy_parse(&own, sr_buf_view(&b), &e), &e);
	at.s = sr_now(&o.clock);
	for (int life = 0; life < 3; life++) { /* a new process knows nothing of the witness */
		sr_cosigning_free(c);
		assert_ok(sr_cosigning_new(&c, own, &log, &e), &e);
		for (size_t size = (size_t)life * 20 + 1; size <= (size_t)life * 20 + 20;
			size += 3) {
			size_t i;

			offer(size);
			offer(size); /* a heartbeat changes nothing while it is asked */
			while (sr_cosigning_due(c, at.ms, &i)) {
				struct sr_witness_reply r;

				ask(i);
				sr_witness_add(box, sr_buf_view(&asked_bytes), &r);
				(void)answer(i, r.status, r.type, sr_buf_view(&r.body));
				sr_buf_free(&r.body);
				answers++;
			}
			assert_true(sr_cosigning_met(c));
			assert_int_equal(sr_cosigning_size(c), size);
			assert_int_equal(lines_now(), 2);
		}
	}
	/* One each, and one 409 at the start of the second and third life. */
	assert_int_equal(answers, 3 * 7 + 2);
	sr_cosigning_free(c);
	c = NULL;
	sr_policy_free(own);
	sr_witness_free(box);
	sr_dir_close(o.dir);
	sr_buf_free(&b);
	t_tmp_remove(path);
}

static void lies(void **state) {
	struct sr_buf b, before;
	struct signer stranger, twin;
	struct {
		const char *what, *says;
	} all[] = {
		{"nothing of its key", "holds no cosignature of \"one.example/w\""},
		{"another witness's alone", "holds no cosignature of \"one.example/w\""},
		{"another size", "does not verify"},
		{"another root", "does not verify"},
		{"time zero", "before ours"},
		{"far future", "after ours"},
		{"long ago", "before ours"},
		{"right, beside a wrong one of another witness", "does not verify"},
		{"its name and id, another key", "does not verify"},
		{"right, but nine lines", "9 signature lines, at most 8"},
		{"right, then text", "note"},
		{"a whole checkpoint", "its answer"},
		{"in the log's name", "in the name of this log"},
		{"cut in the middle", "note"},
		{"no lines at all", "note"},
	};

	(void)state;
	signer_make(&stranger, "stranger.example/w", 77);
	signer_make(&twin, "one.example/w", 78);
	memcpy(twin.vkey.id, w[0].vkey.id, SR_NOTE_KEYID);
	offer(7);
	sr_buf_init(&b);
	sr_buf_init(&before);
	sr_buf_put_bytes(&before, sr_cosigning_note(c));
	for (size_t i = 0; i < T_COUNT(all); i++) {
		struct sr_cosigning_witness s;
		size_t due = 9;

		at.ms += SR_COSIGNING_PAUSE_MAX_MS;
		ask(0);
		sr_buf_clear(&b);
		switch (i) {
		case 0:
			line(&b, &stranger, &ours, 7, NOW_S);
			break;
		case 1:
			line(&b, &w[1], &ours, 7, NOW_S);
			break;
		case 2:
			line(&b, &w[0], &ours, 6, NOW_S);
			break;
		case 3:
			line(&b, &w[0], &fork_log, 7, NOW_S);
			break;
		case 4:
			line(&b, &w[0], &ours, 7, 0);
			break;
		case 5:
			line(&b, &w[0], &ours, 7, INT64_MAX);
			break;
		case 6:
			line(&b, &w[0], &ours, 7, NOW_S - 301);
			break;
		case 7:
			line(&b, &w[0], &ours, 7, NOW_S);
			line(&b, &w[1], &ours, 8, NOW_S);
			break;
		case 8:
			line(&b, &twin, &ours, 7, NOW_S);
			break;
		case 9:
			line(&b, &w[0], &ours, 7, NOW_S);
			for (uint64_t t = 1; t < 9; t++)
				line(&b, &stranger, &ours, 7, t);
			break;
		case 10:
			line(&b, &w[0], &ours, 7, NOW_S);
			sr_buf_put_str(&b, "thank you\n");
			break;
		case 11:
			sr_buf_put_bytes(&b, asked.note);
			line(&b, &w[0], &ours, 7, NOW_S);
			break;
		case 12: {
			struct sr_note n;
			struct sr_err e = {0};

			line(&b, &w[0], &ours, 7, NOW_S);
			assert_ok(sr_note_parse(&n, asked.note, &e), &e);
			sr_buf_put_bytes(&b, n.lines[0].raw);
			sr_note_free(&n);
			break;
		}
		case 13:
			line(&b, &w[0], &ours, 7, NOW_S);
			b.len -= 30;
			break;
		default:
			sr_buf_put_str(&b, "\n");
			break;
		}
		assert_int_equal(
			answer(0, 200, "text/plain", sr_buf_view(&b)), SR_COSIGNING_NOTHING);
		sr_cosigning_show(&s, c, 0);
		if (strstr(s.error, all[i].says) == NULL)
			fail_msg("%s: \"%s\", want \"%s\"", all[i].what, s.error, all[i].says);
		assert_int_equal(s.state, SR_COSIGNING_DUE);
		assert_false(s.cosigned);
		assert_false(sr_cosigning_met(c));
		assert_true(sr_bytes_eq(sr_cosigning_note(c), sr_buf_view(&before)));
		assert_true(!sr_cosigning_due(c, at.ms, &due) || due == 1); /* it pauses */
	}
	at.ms += SR_COSIGNING_PAUSE_MAX_MS;
	ask(0);
	assert_int_equal(cosigned(0, 7, NOW_S + 300), SR_COSIGNING_LINES_CAME);
	state_is(0, SR_COSIGNING_IDLE, true, "");
	assert_true(sr_cosigning_met(c));
	sr_buf_free(&before);
	sr_buf_free(&b);
}

/* Every bit of a right answer, and every length. */
static void mutant(void *ctx, struct sr_bytes m, const char *what) {
	(void)ctx;
	at.ms += SR_COSIGNING_PAUSE_MAX_MS;
	if (sr_cosigning_met(c))
		fail_msg("the one before %s was taken", what);
	ask(0);
	if (answer(0, 200, "text/plain", m) != SR_COSIGNING_NOTHING)
		fail_msg("%s: taken", what);
}
static void mutants(void **state) {
	struct sr_buf b;

	(void)state;
	offer(7);
	sr_buf_init(&b);
	line(&b, &w[0], &ours, 7, NOW_S);
	t_each_cut(sr_buf_view(&b), mutant, NULL);
	t_each_flip(sr_buf_view(&b), mutant, NULL);
	assert_false(sr_cosigning_met(c));
	sr_buf_free(&b);
}

static void sizes(void **state) {
	uint8_t root4[SR_HASH], root9[SR_HASH];
	struct sr_err e = {0};
	size_t i;

	(void)state;
	offer(9);
	ask(0);
	assert_int_equal(asked.old, 0);
	/* Smaller: a proof from there. */
	assert_int_equal(size_said(0, "4\n"), SR_COSIGNING_NOTHING);
	assert_true(sr_cosigning_due(c, at.ms, &i) && i == 0);
	ask(0);
	assert_int_equal(asked.old, 4);
	rig_root(root4, &ours, 4);
	rig_root(root9, &ours, 9);
	assert_ok(sr_proof_check_consistency(&asked.proof, 4, root4, 9, root9, &e), &e);
	/* The size that we began from: nonsense, and no endless loop. */
	assert_int_equal(size_said(0, "4\n"), SR_COSIGNING_NOTHING);
	state_is(0, SR_COSIGNING_DUE, false, "answers 409 with size 4 to a proof from size 4");
	assert_false(sr_cosigning_due(c, at.ms, &i) && i == 0);
	/* A size that jumps about is given up after three. */
	at.ms += SR_COSIGNING_PAUSE_MAX_MS;
	for (int n = 0; n < 3; n++) {
		ask(0);
		assert_int_equal(size_said(0, n % 2 == 0 ? "5\n" : "6\n"), SR_COSIGNING_NOTHING);
		assert_true(sr_cosigning_due(c, at.ms, &i) && i == 0);
	}
	ask(0);
	assert_int_equal(size_said(0, "7\n"), SR_COSIGNING_NOTHING);
	assert_false(sr_cosigning_due(c, at.ms, &i) && i == 0);
	/* Exactly our size: it cosigned and the answer was lost. */
	at.ms += SR_COSIGNING_PAUSE_MAX_MS;
	ask(0);
	assert_int_equal(size_said(0, "9\n"), SR_COSIGNING_NOTHING);
	ask(0);
	assert_int_equal(asked.old, 9);
	assert_int_equal(asked.proof.count, 0);
	assert_int_equal(cosigned(0, 9, NOW_S), SR_COSIGNING_LINES_CAME);
	/* Between the offer and the log: offer anew, no alarm. */
	ledger_size = 12;
	ask(1);
	assert_int_equal(size_said(1, "11\n"), SR_COSIGNING_NEWER);
	assert_int_equal(last.code, 0);
	offer(12);
	assert_true(sr_cosigning_due(c, at.ms, &i));
	ask(1);
	assert_int_equal(asked.old, 11);
	/* Words instead of a number. */
	assert_int_equal(size_said(1, "many\n"), SR_COSIGNING_NOTHING);
	state_is(1, SR_COSIGNING_DUE, false, "not a size and a newline");
	/* More than the log has: stop. */
	at.ms += SR_COSIGNING_PAUSE_MAX_MS;
	ask(1);
	assert_int_equal(size_said(1, "13\n"), SR_COSIGNING_ALARMS);
	assert_fails(
		last.code, SR_AUTH, &last, "cosigned size 13 of this log, which has 12 entries");
	state_is(1, SR_COSIGNING_ALARM, false, "entries are lost here");
	at.ms += SR_COSIGNING_SETUP_MS;
	offer(12);
	assert_false(sr_cosigning_due(c, at.ms, &i) && i == 1);
}

static void statuses(void **state) {
	static const struct {
		unsigned status;
		uint64_t pause;
		const char *says;
	} all[] = {
		{500, 1000, "500"},
		{429, 2000, "429"},
		{503, 4000, "503"},
		{301, SR_COSIGNING_SETUP_MS, "not followed"},
		{404, SR_COSIGNING_SETUP_MS, "does not know this log"},
		{403, SR_COSIGNING_SETUP_MS, "does not know the key"},
		{400, SR_COSIGNING_SETUP_MS, "400"},
	};
	struct sr_cosigning_witness s;
	size_t i;

	(void)state;
	offer(3);
	for (size_t n = 0; n < T_COUNT(all); n++) {
		ask(0);
		assert_int_equal(answer(0, all[n].status, "", sr_bytes_str("sorry\n")),
			SR_COSIGNING_NOTHING);
		state_is(0, SR_COSIGNING_DUE, false, all[n].says);
		assert_false(sr_cosigning_due(c, at.ms + all[n].pause - 1, &i) && i == 0);
		at.ms += all[n].pause;
		assert_true(sr_cosigning_due(c, at.ms, &i) && i == 0);
	}
	/* No answer at all; and somebody who waits ends the pause, but not at once. */
	ask(0);
	sr_err_clear(&last);
	assert_int_equal(sr_cosigning_answer(c, 0, NULL, "connection refused", &at, &last),
		SR_COSIGNING_NOTHING);
	state_is(0, SR_COSIGNING_DUE, false, "connection refused");
	sr_cosigning_hurry(c, at.ms);
	assert_false(sr_cosigning_due(c, at.ms + 999, &i) && i == 0);
	assert_true(sr_cosigning_due(c, at.ms + 1000, &i) && i == 0);
	at.ms += 1000;
	ask(0);
	assert_int_equal(answer(0, 422, "", sr_bytes_str("no\n")), SR_COSIGNING_ALARMS);
	assert_fails(last.code, SR_AUTH, &last, "witness one.example/w: 422: by its memory");
	state_is(0, SR_COSIGNING_ALARM, false, "422");
	/* An answer that nobody asked for is not looked at. */
	assert_int_equal(cosigned(0, 3, NOW_S), SR_COSIGNING_NOTHING);
	assert_int_equal(lines_now(), 1);
	sr_cosigning_show(&s, c, 2);
	assert_int_equal(s.state, SR_COSIGNING_NOWHERE);
}

/* What comes for an offer of before counts for the witness, not for the checkpoint; surplus and
 * unknown lines are kept; a heartbeat replaces lines. */
static void lines_kept(void **state) {
	struct signer stranger;
	struct sr_buf b;

	(void)state;
	signer_make(&stranger, "stranger.example/w", 77);
	offer(5);
	ask(0);
	offer(8);
	assert_int_equal(cosigned(0, 5, NOW_S), SR_COSIGNING_NOTHING);
	state_is(0, SR_COSIGNING_DUE, false, "");
	assert_false(sr_cosigning_met(c));
	ask(0);
	assert_int_equal(asked.old, 5);
	sr_buf_init(&b);
	line(&b, &stranger, &ours, 8, 1);
	line(&b, &w[2], &ours, 8, NOW_S); /* a witness without an address, by way of another */
	line(&b, &w[0], &ours, 8, NOW_S);
	assert_int_equal(answer(0, 200, "text/plain", sr_buf_view(&b)), SR_COSIGNING_LINES_CAME);
	assert_int_equal(lines_now(), 4);
	assert_true(sr_cosigning_met(c));
	state_is(2, SR_COSIGNING_NOWHERE, true, "");
	ask(1);
	assert_int_equal(cosigned(1, 8, NOW_S), SR_COSIGNING_LINES_CAME); /* surplus */
	assert_int_equal(lines_now(), 5);
	for (int beat = 1; beat <= 120; beat++) {
		at.s++;
		offer(8);
		ask(0);
		assert_int_equal(cosigned(0, 8, at.s), SR_COSIGNING_LINES_CAME);
		assert_int_equal(lines_now(), 5);
		assert_true(sr_cosigning_met(c));
	}
	sr_buf_free(&b);
}

/* A witness that brings ever new strangers' lines fills the checkpoint up to a point, and never
 * keeps another witness's line out of it. */
static void crowding(void **state) {
	struct sr_buf b;

	(void)state;
	offer(8);
	sr_buf_init(&b);
	for (uint64_t n = 0; n < 40; n++) {
		at.s++;
		offer(8);
		ask(0);
		sr_buf_clear(&b);
		for (uint64_t k = 0; k < 7; k++) {
			struct signer s;
			char name[32];

			snprintf(name, sizeof name, "s%d.example", (int)(n * 7 + k));
			signer_make(&s, name, 1000 + n * 7 + k);
			line(&b, &s, &ours, 8, 1);
		}
		line(&b, &w[0], &ours, 8, (uint64_t)at.s);
		assert_int_equal(
			answer(0, 200, "text/plain", sr_buf_view(&b)), SR_COSIGNING_LINES_CAME);
		assert_true(lines_now() <= SR_COSIGNING_LINES);
	}
	ask(1);
	assert_int_equal(cosigned(1, 8, at.s), SR_COSIGNING_LINES_CAME);
	state_is(1, SR_COSIGNING_IDLE, true, "");
	sr_buf_free(&b);
}

static void offers(void **state) {
	struct sr_err e = {0};
	struct rig_log other;
	struct sr_buf note;

	(void)state;
	sr_buf_init(&note);
	rig_log(&other, RIG_ORIGIN, 9, RIG_LEAVES);
	rig_note(&note, &other, 5);
	assert_fails(sr_cosigning_offer(c, sr_buf_view(&note), 0, &e), SR_AUTH, &e, "checkpoint");
	{
		struct sr_buf out;

		sr_buf_init(&out);
		assert_fails(sr_cosigning_request(c, 0, &out, &e), SR_MISUSE, &e,
			"witnesses: nothing to ask of witness 0");
		sr_buf_free(&out);
	}
	offer(5);
	sr_buf_clear(&note);
	rig_note(&note, &ours, 4);
	assert_fails(sr_cosigning_offer(c, sr_buf_view(&note), 0, &e), SR_MISUSE, &e,
		"offered size 4 after 5");
	sr_buf_clear(&note);
	rig_note(&note, &fork_log, 5);
	assert_fails(sr_cosigning_offer(c, sr_buf_view(&note), 0, &e), SR_MISUSE, &e,
		"another checkpoint of size 5");
	/* Cosignatures under what is offered count: those of the process before. */
	sr_buf_clear(&note);
	rig_note(&note, &ours, 6);
	line(&note, &w[0], &ours, 6, NOW_S - 100000);
	ledger_size = 6;
	assert_ok(sr_cosigning_offer(c, sr_buf_view(&note), 0, &e), &e);
	assert_true(sr_cosigning_met(c));
	sr_buf_free(&note);
}

/* A process that starts over cosignatures of the one before asks those witnesses all the same: a
 * copy that was put back has them too. */
static void first_offer(void **state) {
	struct sr_err e = {0};
	struct sr_buf note;
	size_t i = 9;

	(void)state;
	sr_buf_init(&note);
	rig_note(&note, &ours, 6);
	line(&note, &w[0], &ours, 6, NOW_S);
	ledger_size = 6;
	assert_false(sr_cosigning_pending(c));
	assert_ok(sr_cosigning_offer(c, sr_buf_view(&note), 0, &e), &e);
	assert_true(sr_cosigning_met(c));
	assert_true(sr_cosigning_pending(c));
	assert_true(sr_cosigning_due(c, at.ms, &i) && i == 0);
	ask(0);
	assert_int_equal(size_said(0, "7\n"), SR_COSIGNING_ALARMS);
	sr_buf_free(&note);
}

static int finish(void **state) {
	(void)state;
	sr_buf_free(&asked_bytes);
	return 0;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(honest, setup, teardown),
		cmocka_unit_test_setup_teardown(lies, setup, teardown),
		cmocka_unit_test_setup_teardown(mutants, setup, teardown),
		cmocka_unit_test_setup_teardown(sizes, setup, teardown),
		cmocka_unit_test_setup_teardown(statuses, setup, teardown),
		cmocka_unit_test_setup_teardown(lines_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(crowding, setup, teardown),
		cmocka_unit_test_setup_teardown(offers, setup, teardown),
		cmocka_unit_test_setup_teardown(first_offer, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, finish);
}
