/*
 * The table of types, walked; the grammar of every kind of value.
 */
#include "ledger_fixture.h"

#include "base/text.h"

static bool word_ok(const char *w) {
	const size_t n = strlen(w);
	if (n < 1 || n > 32 || w[0] < 'a' || w[0] > 'z')
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!((w[i] >= 'a' && w[i] <= 'z') || (w[i] >= '0' && w[i] <= '9') || w[i] == '-'))
			return false;
	}
	return true;
}

static void check_field(const struct sr_type *t, const struct sr_field *f) {
	static const char *const common[] = {"vault", "id", "time", "until", "actor", "seen"};
	assert_true(word_ok(f->key));
	for (size_t i = 0; i < T_COUNT(common); i++)
		assert_string_not_equal(f->key, common[i]);
	for (const struct sr_field *o = t->fields; o != f; o++)
		assert_string_not_equal(o->key, f->key);
	const bool text = f->kind == SR_V_TEXT || f->kind == SR_V_CARD;
	assert_int_equal(f->compartment != SR_STRUCTURAL, text);
	assert_int_equal(f->subject != NULL, text);
	if (f->object)
		assert_int_equal(f->kind, SR_V_HASH);
	if (f->sorted)
		assert_true(f->cardinality == SR_ANY || f->cardinality == SR_SOME);
	if (text && strcmp(f->subject, "actor") != 0 && strcmp(f->subject, "card") != 0) {
		const struct sr_field *s = sr_type_field(t, sr_bytes_str(f->subject));
		assert_non_null(s);
		assert_true(s < f);
		assert_true(s->kind == SR_V_ID || s->kind == SR_V_PERSON);
	}
}

static void test_table(void **state) {
	(void)state;
	for (int i = 0; i < SR_T_COUNT; i++) {
		const struct sr_type *t = sr_type_at((enum sr_type_id)i);
		const struct sr_type *out = NULL;
		struct sr_err e;
		char line[64];
		assert_int_equal(t->id, i);
		assert_true(word_ok(t->name));
		assert_ptr_equal(sr_type_named(sr_bytes_str(t->name)), t);
		(void)snprintf(line, sizeof line, "strongroom/%s/v1", t->name);
		assert_ok(sr_type_of_line(&out, sr_bytes_str(line), &e), &e);
		assert_ptr_equal(out, t);
		(void)snprintf(line, sizeof line, "strongroom/%s/v2", t->name);
		assert_fails(
			sr_type_of_line(&out, sr_bytes_str(line), &e), SR_UNSUPPORTED, &e, "v1");
		assert_int_not_equal(t->signers, 0);
		assert_non_null(t->fields);
		assert_non_null(t->fields[0].key);
		for (const struct sr_field *f = t->fields; f->key != NULL; f++)
			check_field(t, f);
		if (t->service_needs != NULL) {
			assert_true((t->signers & SR_BY_SERVICE) != 0);
			assert_int_equal(
				sr_type_field(t, sr_bytes_str(t->service_needs))->cardinality,
				SR_OPTIONAL);
		}
	}
	assert_null(sr_type_at(SR_T_COUNT));
}

/* What a later day may write is told from what no day does. */
static void test_type_line(void **state) {
	static const struct {
		const char *line;
		enum sr_code code;
		const char *says;
	} rows[] = {
		{"strongroom/ballot/v1", SR_UNSUPPORTED, "a newer strongroom may know it"},
		{"strongroom/vote-of-two/v12", SR_UNSUPPORTED, "a newer strongroom may know it"},
		{"strongroom/vote/v2", SR_UNSUPPORTED, "a newer strongroom may read that one"},
		{"strongroom/Vote/v1", SR_CORRUPT, "Vote/v1\" names no statement known here"},
		{"strongroom//v1", SR_CORRUPT, "names no statement known here"},
		{"strongroom/ballot/v", SR_CORRUPT, "names no statement known here"},
		{"strongroom/ballot/vx", SR_CORRUPT, "names no statement known here"},
		{"strongroom/ballot/1", SR_CORRUPT, "names no statement known here"},
		{"strongroom/ballot", SR_CORRUPT, "has no version"},
		{"strongbox/vote/v1", SR_CORRUPT, "does not begin \"strongroom/\""},
	};

	(void)state;
	assert_null(sr_type_field(sr_type_at(SR_T_VOTE), sr_bytes_str("colour")));
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		const struct sr_type *out = NULL;
		struct sr_err e = {0};

		assert_fails(sr_type_of_line(&out, sr_bytes_str(rows[i].line), &e), rows[i].code,
			&e, rows[i].says);
		assert_true(rows[i].code == SR_UNSUPPORTED || strstr(e.text, "newer") == NULL);
		assert_null(out);
	}
}

struct example {
	enum sr_value_kind kind;
	const char *good, *bad, *says;
};

#define HEX64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define B64 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static void test_values(void **state) {
	(void)state;
	static const struct example all[] = {
		{SR_V_ID, T_ITEM_HEX, "00112233445566778899AABBCCDDEEFF", "32 lowercase"},
		{SR_V_ID, T_ITEM_HEX, "00112233445566778899aabbccddee", "32 lowercase"},
		{SR_V_HASH, HEX64, T_ITEM_HEX, "64 lowercase"},
		{SR_V_PERSON, "p-0011223344556677", "p-001122334455667", "p- and 16"},
		{SR_V_PERSON, "p-0011223344556677", "q-0011223344556677", "p- and 16"},
		{SR_V_KEY, B64, "AAAA", "32 bytes"},
		{SR_V_KEY, B64, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=", "32 bytes"},
		{SR_V_CARD, NULL, "AAAA", "key card"},
		{SR_V_TOKEN, "access.x:2", "-access", "token"},
		{SR_V_TOKEN, "8", "Access", "token"},
		{SR_V_NAME, "age1xyz+/=", "a b", "printable"},
		{SR_V_DEC, "9223372036854775807", "9223372036854775808", "decimal"},
		{SR_V_DEC, "0", "00", "decimal"},
		{SR_V_TIME, "2026-11-21T10:00:00Z", "2026-11-21 10:00:00", "time"},
		{SR_V_TEXT, "~" B64, B64, "~ and base64"},
		{SR_V_COUNT_ROOT, "5 " HEX64, "5", "a count"},
		{SR_V_COUNT_ROOT, "0 " HEX64, "05 " HEX64, "a count"},
		{SR_V_LEVEL_KEY, "2 " B64, "2 " HEX64, "a level"},
		{SR_V_ID_HASH, T_ITEM_HEX " " HEX64, HEX64 " " T_ITEM_HEX, "32 and 64"},
	};
	for (size_t i = 0; i < T_COUNT(all); i++) {
		struct sr_err e;
		if (all[i].good != NULL)
			assert_ok(sr_value_check(all[i].kind, sr_bytes_str(all[i].good), &e), &e);
		assert_fails(sr_value_check(all[i].kind, sr_bytes_str(all[i].bad), &e), SR_CORRUPT,
			&e, all[i].says);
		assert_int_equal(sr_value_check(all[i].kind, sr_bytes_of("", 0), &e), SR_CORRUPT);
	}
}

static void test_compartments(void **state) {
	(void)state;
	assert_string_equal(sr_compartment_name(SR_STRUCTURAL), "structural");
	assert_string_equal(sr_compartment_name(SR_DESCRIPTIVE), "descriptive");
	assert_string_equal(sr_compartment_name(SR_PERSONAL), "personal");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_type_line),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_compartments),
	};
	struct sr_err e;
	if (sr_crypto_init(&e) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
