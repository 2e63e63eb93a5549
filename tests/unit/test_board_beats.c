/*
 * The record of when the log was published and witnessed: what it shows, and that nobody without
 * the service keys changes it.
 */
#include <stdlib.h>
#include <string.h>

#include "board/beats.h"
#include "board/witnessing.h"
#include "ledger/ledger.h"
#include "world.h"

static void note(struct world *w, enum sr_beat kind, int64_t after) {
	w->now += after;
	sr_beats_note(w->v, kind, sr_ledger_next_index(w->v->ledger));
}

static struct sr_beats read_all(struct world *w) {
	struct sr_beats l;

	assert_ok(sr_beats_read(&l, w->v, &w->e), &w->e);
	return l;
}

static const char *path_of(struct world *w) {
	return t_path(w->vault, "ledger/beats");
}

struct found {
	struct sr_silence s[8];
	struct sr_window w[8];
	size_t count;
};

static int keep_silence(void *ctx, const struct sr_silence *s, struct sr_err *e) {
	struct found *f = ctx;

	(void)e;
	assert_true(f->count < 8);
	f->s[f->count++] = *s;
	return 0;
}

static int keep_window(void *ctx, const struct sr_window *v, struct sr_err *e) {
	struct found *f = ctx;

	(void)e;
	assert_true(f->count < 8);
	f->w[f->count++] = *v;
	return 0;
}

static void test_lines(void **state) {
	struct world *w = world_new(NULL);
	struct sr_beats l = read_all(w);
	struct sr_buf whole, b;

	(void)state;
	assert_int_equal(l.count, 0);
	note(w, SR_BEAT_UP, 0);
	note(w, SR_BEAT_MET, 5);
	note(w, SR_BEAT_BEAT, 2);
	note(w, SR_BEAT_DOWN, 100);
	l = read_all(w);
	assert_int_equal(l.count, 4);
	assert_false(l.broken);
	assert_int_equal(l.rows[1].kind, SR_BEAT_MET);
	assert_int_equal(l.rows[1].time, W_TIME + 5);
	assert_int_equal(l.rows[1].size, sr_ledger_next_index(w->v->ledger));
	sr_beats_free(&l);

	/* Every byte counts, but for a line that is torn at the end. */
	sr_buf_init(&whole);
	t_read_file(path_of(w), &whole);
	for (size_t i = 0; i < whole.len; i++) {
		sr_buf_init(&b);
		sr_buf_put_bytes(&b, sr_buf_view(&whole));
		b.p[i] ^= 1;
		t_write_file(path_of(w), b.p, b.len);
		l = read_all(w);
		assert_true(l.broken || l.count < 4);
		sr_beats_free(&l);
		sr_buf_free(&b);
	}
	/* A line taken out of the middle. */
	const uint8_t *first = memchr(whole.p, '\n', whole.len);
	const size_t line = (size_t)(first - whole.p) + 1;
	t_write_file(path_of(w), whole.p + line, whole.len - line);
	l = read_all(w);
	assert_true(l.broken);
	assert_int_equal(l.count, 0);
	sr_beats_free(&l);
	/* Torn: dropped, and written over. */
	for (size_t cut = 1; cut < 20; cut++) {
		t_write_file(path_of(w), whole.p, whole.len - cut);
		l = read_all(w);
		assert_int_equal(l.count, 3);
		assert_false(l.broken);
		sr_beats_free(&l);
		note(w, SR_BEAT_UP, 1);
		l = read_all(w);
		assert_int_equal(l.count, 4);
		assert_false(l.broken);
		assert_int_equal(l.rows[3].kind, SR_BEAT_UP);
		sr_beats_free(&l);
	}
	sr_buf_free(&whole);
	world_free(w);
}

static void test_silence(void **state) {
	struct world *w = world_new(NULL);
	struct found f = {.count = 0};
	struct sr_beats l;

	(void)state;
	note(w, SR_BEAT_BEAT, 0); /* of no running core: its times say nothing */
	note(w, SR_BEAT_UP, 5000);
	note(w, SR_BEAT_BEAT, 540);
	note(w, SR_BEAT_MET, 600); /* just so */
	note(w, SR_BEAT_BEAT, 601);
	note(w, SR_BEAT_DOWN, 3);
	note(w, SR_BEAT_UP, 86400); /* it did not run */
	note(w, SR_BEAT_UP, 7000);  /* it ended without a word */
	note(w, SR_BEAT_BEAT, 10);
	l = read_all(w);
	assert_ok(sr_beats_silences(&l, w->now + 700, keep_silence, &f, &w->e), &w->e);
	assert_int_equal(f.count, 3);
	assert_int_equal(f.s[0].to - f.s[0].from, 601);
	assert_false(f.s[0].cut);
	assert_int_equal(f.s[1].to - f.s[1].from, 7000);
	assert_true(f.s[1].cut);
	assert_int_equal(f.s[2].to - f.s[2].from, 700); /* until now */
	sr_beats_free(&l);
	world_free(w);
}

/* A busy day is many lines (more than are read at once) and few rows. */
static void test_busy(void **state) {
	struct world *w = world_new(NULL);
	struct found f = {.count = 0};
	struct sr_beats l;
	struct sr_buf b;

	(void)state;
	note(w, SR_BEAT_UP, 0);
	for (int i = 0; i < 600; i++) {
		note(w, SR_BEAT_BEAT, 4);
		note(w, SR_BEAT_MET, 1);
	}
	const int64_t silent = w->now;
	note(w, SR_BEAT_BEAT, 700);
	for (int i = 0; i < 400; i++)
		note(w, SR_BEAT_BEAT, 9);
	l = read_all(w);
	assert_false(l.broken);
	assert_true(l.count > 100 && l.count < 200);
	for (size_t i = 1; i < l.count; i++) /* those that waited are still told from the others */
		assert_true(l.rows[i].time - l.rows[i - 1].time <= SR_BEAT_GAP_S ||
			    l.rows[i - 1].time == silent);
	assert_int_equal(l.rows[l.count - 1].time, w->now);
	assert_ok(sr_beats_silences(&l, w->now, keep_silence, &f, &w->e), &w->e);
	assert_int_equal(f.count, 1);
	assert_int_equal(f.s[0].from, silent);
	assert_int_equal(f.s[0].to, silent + 700);
	sr_beats_free(&l);

	/* Lines that never end are no lines. */
	sr_buf_init(&b);
	for (int i = 0; i < 100000; i++)
		sr_buf_put_str(&b, "x");
	t_write_file(path_of(w), b.p, b.len);
	l = read_all(w);
	assert_true(l.broken);
	assert_int_equal(l.count, 0);
	sr_beats_free(&l);
	sr_buf_free(&b);
	world_free(w);
}

static void test_windows(void **state) {
	struct world *w = world_new(NULL);
	struct found f = {.count = 0};
	struct sr_beats l;
	struct world_person extra;
	uint64_t adopted;

	(void)state;
	world_person_make(w, &extra, "Somebody else");
	note(w, SR_BEAT_MET, 0);
	l = read_all(w);
	assert_ok(sr_beats_windows(&l, w->v, 0, keep_window, &f, &w->e), &w->e);
	assert_int_equal(f.count, 0); /* nobody is asked */
	sr_beats_free(&l);
	struct sr_vkey key;
	uint8_t seed[SR_SEED], pk[SR_PK];
	struct sr_buf policy;
	t_fill(seed, SR_SEED, 70);
	sr_sign_public(pk, seed);
	assert_ok(
		sr_vkey_make(&key, sr_bytes_str("w.example/w"), SR_NOTE_COSIGN, pk, &w->e), &w->e);
	sr_buf_init(&policy);
	sr_buf_put_str(&policy, "witness w ");
	sr_vkey_put(&policy, &key);
	sr_buf_put_str(&policy, " http://127.0.0.1:1/w\nquorum w\n");
	assert_ok(sr_witnessing_adopt(w->v, sr_buf_view(&policy), &w->e), &w->e);
	sr_buf_free(&policy);
	adopted = sr_ledger_next_index(w->v->ledger) - 1;
	note(w, SR_BEAT_MET, 30);
	w->now += 10;
	assert_ok(world_person_add(w, &w->curator[0], &w->outsider, "researcher"), &w->out.err);
	note(w, SR_BEAT_MET, 300);
	w->now += 5;
	assert_ok(world_person_add(w, &w->curator[0], &extra, "researcher"), &w->out.err);
	w->now += 90;
	l = read_all(w);
	assert_ok(sr_beats_windows(&l, w->v, 60, keep_window, &f, &w->e), &w->e);
	assert_int_equal(f.count, 2);
	assert_int_equal(f.w[0].entry, adopted + 1);
	assert_int_equal(f.w[0].to - f.w[0].from, 300);
	assert_false(f.w[0].open);
	assert_true(f.w[1].open);
	assert_int_equal(f.w[1].to - f.w[1].from, 90);
	sr_beats_free(&l);
	sr_buf_free(&extra.card);
	world_free(w);
}

/* The record goes on when the service keys change, and what was changed in it before still shows.
 */
static void test_next_keys(void **state) {
	struct world *w = world_new(NULL);
	struct sr_beats l;
	struct sr_buf before, after;

	(void)state;
	world_rotate(w); /* there is nothing yet */
	note(w, SR_BEAT_UP, 0);
	note(w, SR_BEAT_MET, 5);
	note(w, SR_BEAT_DOWN, 3000);
	world_rotate(w);
	note(w, SR_BEAT_UP, 5);
	world_rotate(w);
	l = read_all(w);
	assert_false(l.broken);
	assert_int_equal(l.count, 4);
	assert_int_equal(l.rows[1].time, W_TIME + 5);
	assert_int_equal(l.rows[3].kind, SR_BEAT_UP);
	sr_beats_free(&l);

	/* Once more, as after a kill. */
	sr_buf_init(&before);
	sr_buf_init(&after);
	t_read_file(path_of(w), &before);
	assert_ok(sr_beats_renew(w->v, &w->e), &w->e);
	t_read_file(path_of(w), &after);
	assert_true(sr_bytes_eq(sr_buf_view(&before), sr_buf_view(&after)));
	sr_buf_free(&after);

	const uint8_t *first = memchr(before.p, '\n', before.len);
	before.p[first + 8 - before.p] ^= 1; /* of the second line */
	t_write_file(path_of(w), before.p, before.len);
	world_rotate(w);
	l = read_all(w);
	assert_true(l.broken);
	assert_int_equal(l.count, 1);
	sr_beats_free(&l);
	t_read_file(path_of(w), &after);
	assert_int_equal(after.len, before.len);
	const size_t rest = (size_t)(first - before.p) + 1;
	assert_memory_equal(after.p + rest, before.p + rest, before.len - rest);
	sr_buf_free(&after);

	/* Neither does a line that never ends stop the change, or pass. */
	for (int i = 0; i < 100000; i++)
		sr_buf_put_str(&before, "x");
	t_write_file(path_of(w), before.p + rest, before.len - rest);
	world_rotate(w);
	t_read_file(path_of(w), &after);
	assert_true(
		sr_bytes_eq(sr_buf_view(&after), sr_bytes_of(before.p + rest, before.len - rest)));
	l = read_all(w);
	assert_true(l.broken);
	assert_int_equal(l.count, 0);
	sr_beats_free(&l);
	sr_buf_free(&after);
	sr_buf_free(&before);
	world_free(w);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_next_keys),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
