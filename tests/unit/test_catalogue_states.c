/*
 * test_catalogue_states - the table of steps: every listed one leads where it says, every other is
 * refused, and the shape of each machine (what ends, what can be reached).
 */
#include <string.h>

#include "catalogue/states.h"
#include "util.h"

static bool listed(unsigned m, unsigned from, unsigned event, enum sr_state *to) {
	size_t count = 0;
	const struct sr_step *s = sr_steps(&count);
	for (size_t i = 0; i < count; i++) {
		if ((unsigned)s[i].machine == m && (unsigned)s[i].from == from &&
			(unsigned)s[i].event == event) {
			*to = s[i].to;
			return true;
		}
	}
	return false;
}

static void test_every_step(void **state) {
	size_t taken = 0, refused = 0, count = 0;
	(void)state;
	for (unsigned m = 0; m < SR_M_COUNT; m++) {
		for (unsigned from = 0; from < SR_S_COUNT; from++) {
			for (unsigned event = 0; event < SR_E_COUNT; event++) {
				enum sr_state want = SR_S_NONE, got = SR_S_COUNT;
				struct sr_err e;
				char text[160];
				if (listed(m, from, event, &want)) {
					assert_ok(sr_state_step(&got, (enum sr_machine)m,
							  (enum sr_state)from, (enum sr_event)event,
							  &e),
						&e);
					assert_int_equal(got, want);
					assert_true(sr_state_may((enum sr_machine)m,
						(enum sr_state)from, (enum sr_event)event));
					taken++;
					continue;
				}
				snprintf(text, sizeof text, "%s: %s, so no %s",
					sr_machine_name((enum sr_machine)m),
					sr_state_name((enum sr_state)from),
					sr_event_name((enum sr_event)event));
				assert_fails(sr_state_step(&got, (enum sr_machine)m,
						     (enum sr_state)from, (enum sr_event)event, &e),
					SR_CORRUPT, &e, text);
				assert_int_equal(got, SR_S_COUNT); /* untouched */
				assert_false(sr_state_may((enum sr_machine)m, (enum sr_state)from,
					(enum sr_event)event));
				refused++;
			}
		}
	}
	(void)sr_steps(&count);
	assert_int_equal(taken, count); /* no step is listed twice with two answers */
	assert_int_equal(taken + refused, SR_M_COUNT * SR_S_COUNT * SR_E_COUNT);
}

static void test_finals(void **state) {
	static const struct {
		enum sr_machine m;
		enum sr_state s;
		bool final;
	} rows[] = {
		{SR_M_VERSION, SR_S_OPEN, false},
		{SR_M_VERSION, SR_S_RETURNED, false},
		{SR_M_VERSION, SR_S_GRANTED, true},
		{SR_M_VERSION, SR_S_REFUSED, true},
		{SR_M_VERSION, SR_S_WITHDRAWN, true},
		{SR_M_VERSION, SR_S_SUPERSEDED, true},
		{SR_M_VERSION, SR_S_LAPSED, true},
		{SR_M_GRANT, SR_S_LIVE, false},
		{SR_M_GRANT, SR_S_SUSPENDED, false},
		{SR_M_GRANT, SR_S_CLOSED, true},
		{SR_M_GRANT, SR_S_EXPIRED, true},
		{SR_M_GRANT, SR_S_REVOKED, true},
		{SR_M_CHECKOUT, SR_S_BEGUN, false},
		{SR_M_CHECKOUT, SR_S_OPEN, false},
		{SR_M_CHECKOUT, SR_S_SHUT, false},
		{SR_M_CHECKOUT, SR_S_RETURNED, true},
		{SR_M_CHECKOUT, SR_S_LAPSED, true},
		{SR_M_CHECKOUT, SR_S_ENDED, true},
		{SR_M_ITEM, SR_S_HELD, false},
		{SR_M_ITEM, SR_S_RELEASED, false},
		{SR_M_ITEM, SR_S_DESTROYED, true},
		{SR_M_RUN, SR_S_DEALING, false},
		{SR_M_RUN, SR_S_VOID, true},
		{SR_M_RUN, SR_S_DONE, true},
		{SR_M_ENQUIRY, SR_S_OPEN, false},
		{SR_M_ENQUIRY, SR_S_ANSWERED, false},
		{SR_M_ENQUIRY, SR_S_CLOSED, true},
	};
	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++)
		assert_int_equal(sr_state_final(rows[i].m, rows[i].s), rows[i].final);
}

/* What a refused or ended thing can never do again. */
static void test_dead_is_dead(void **state) {
	static const enum sr_state over[] = {
		SR_S_REFUSED, SR_S_WITHDRAWN, SR_S_SUPERSEDED, SR_S_LAPSED};
	static const enum sr_state ended[] = {SR_S_CLOSED, SR_S_EXPIRED, SR_S_REVOKED};
	static const enum sr_state back[] = {SR_S_RETURNED, SR_S_LAPSED, SR_S_ENDED};
	(void)state;
	for (unsigned event = 0; event < SR_E_COUNT; event++) {
		for (size_t i = 0; i < T_COUNT(over); i++)
			assert_false(sr_state_may(SR_M_VERSION, over[i], (enum sr_event)event));
		for (size_t i = 0; i < T_COUNT(ended); i++)
			assert_false(sr_state_may(SR_M_GRANT, ended[i], (enum sr_event)event));
		for (size_t i = 0; i < T_COUNT(back); i++)
			assert_false(sr_state_may(SR_M_CHECKOUT, back[i], (enum sr_event)event));
		assert_false(sr_state_may(SR_M_ITEM, SR_S_DESTROYED, (enum sr_event)event));
	}
	assert_false(sr_state_may(SR_M_GRANT, SR_S_SUSPENDED, SR_E_CHECKOUT));
	/* A renewed room key revives nothing: open, granted, and a grant that can still be used. */
	assert_true(sr_state_may(SR_M_VERSION, SR_S_OPEN, SR_E_ROOM_KEY));
	assert_true(sr_state_may(SR_M_VERSION, SR_S_GRANTED, SR_E_ROOM_KEY));
	assert_false(sr_state_may(SR_M_VERSION, SR_S_RETURNED, SR_E_ROOM_KEY));
	assert_true(sr_state_may(SR_M_GRANT, SR_S_LIVE, SR_E_ROOM_KEY));
	assert_true(sr_state_may(SR_M_GRANT, SR_S_SUSPENDED, SR_E_ROOM_KEY));
	assert_false(sr_state_may(SR_M_ITEM, SR_S_HELD, SR_E_CHECKOUT));
	assert_false(sr_state_may(SR_M_ITEM, SR_S_RELEASED, SR_E_QUARANTINE));
}

static void test_every_state_is_reached(void **state) {
	bool reached[SR_M_COUNT][SR_S_COUNT] = {{false}};
	size_t count = 0;
	const struct sr_step *s = sr_steps(&count);
	(void)state;
	for (int m = 0; m < SR_M_COUNT; m++)
		reached[m][SR_S_NONE] = true;
	for (int round = 0; round < SR_S_COUNT; round++)
		for (size_t i = 0; i < count; i++)
			if (reached[s[i].machine][s[i].from])
				reached[s[i].machine][s[i].to] = true;
	for (size_t i = 0; i < count; i++)
		assert_true(reached[s[i].machine][s[i].from]);
}

static void test_names(void **state) {
	struct sr_err e;
	enum sr_state s = SR_S_NONE;
	(void)state;
	for (unsigned i = 0; i < SR_S_COUNT; i++) {
		assert_ok(
			sr_state_named(&s, sr_bytes_str(sr_state_name((enum sr_state)i)), &e), &e);
		assert_int_equal(s, i);
	}
	for (unsigned i = 0; i < SR_E_COUNT; i++)
		for (unsigned k = i + 1; k < SR_E_COUNT; k++)
			assert_string_not_equal(
				sr_event_name((enum sr_event)i), sr_event_name((enum sr_event)k));
	assert_fails(sr_state_named(&s, sr_bytes_str("opened\n"), &e), SR_CORRUPT, &e,
		"\"opened\\n\" is no state");
	assert_int_equal(sr_state_asked(&s, SR_M_ITEM, sr_bytes_str("destroyed"), &e), 0);
	assert_int_equal(s, SR_S_DESTROYED);
	assert_fails(sr_state_asked(&s, SR_M_ITEM, sr_bytes_str("open"), &e), SR_USAGE, &e,
		"\"open\" is no state of an item: held, released, destroyed");
	assert_fails(sr_state_asked(&s, SR_M_GRANT, sr_bytes_str("liv\x1b"), &e), SR_USAGE, &e,
		"is no state of a grant: live, suspended, closed, expired, revoked");
}

static void test_print(void **state) {
	struct sr_buf b;
	size_t count = 0, lines = 0;
	char *text;
	(void)state;
	(void)sr_steps(&count);
	sr_buf_init(&b);
	sr_states_print(&b);
	for (size_t i = 0; i < b.len; i++)
		lines += b.p[i] == '\n';
	assert_int_equal(lines, count);
	text = sr_buf_dup_str(&b);
	assert_non_null(text);
	assert_non_null(strstr(text, "checkout: shut, viewed open -> open\n"));
	assert_non_null(strstr(text, "request: open, vote correct -> returned\n"));
	free(text);
	sr_buf_free(&b);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_step),
		cmocka_unit_test(test_finals),
		cmocka_unit_test(test_dead_is_dead),
		cmocka_unit_test(test_every_state_is_reached),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_print),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
