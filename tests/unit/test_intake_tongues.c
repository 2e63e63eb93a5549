/*
 * tongues: which languages OCR reads an item in, by lines of the site's file, the item's
 * description and its collection; and every line that is none.
 */
#include "util.h"

#include <stdio.h>
#include <string.h>

#include "intake/tongues.h"

static struct sr_err e;

static int line(struct sr_tongues *t, const char *text) {
	char words[200], *rest = NULL;
	const char *at[8];
	size_t n = 0;

	(void)snprintf(words, sizeof words, "%s", text);
	for (char *w = strtok_r(words, " ", &rest); w != NULL && n < T_COUNT(at);
		w = strtok_r(NULL, " ", &rest))
		at[n++] = w;
	return sr_tongues_line(t, at, n, &e);
}

static void chosen(const struct sr_tongues *t, const char *described, const char *collection,
	const char *want) {
	const struct sr_tongues_of of = {
		.described = described, .collection = collection, .id = "00ff", .host = "eng+ara"};
	char out[SR_BOX_LANGUAGES_MAX + 1];

	sr_tongues_choose(out, t, &of);
	if (strcmp(out, want) != 0)
		fail_msg("%s in %s: have \"%s\", want \"%s\"", described != NULL ? described : "-",
			collection != NULL ? collection : "-", out, want);
	assert_true(sr_box_languages_valid(sr_bytes_str(out)));
}

/* Nothing is set: what the host has, unless a description says more. */
static void nothing_set(void **state) {
	static const struct {
		const char *described, *want;
	} rows[] = {{NULL, "eng+ara"}, {"", "eng+ara"}, {"ar", "ara"}, {"en", "eng"},
		{"ar en", "ara+eng"}, {"en ar", "eng+ara"}, {"de-ch-1996", "deu"},
		{"zh-hant", "chi_tra"}, {"zh-hant-hk", "chi_tra"}, {"zh", "chi_sim+chi_tra"},
		{"zh zh-hans", "chi_sim+chi_tra"}, {"sr-latn-rs", "srp_latn"}, {"sr", "srp"},
		{"ara", "ara"}, {"frk", "frk"}, {"frk-x-a", "frk"}, {"fa prs", "fas"}, {"zxx", ""},
		{"zxx ar", "ara"}, {"und", "eng+ara"}, {"x-archive", "eng+ara"}, {"xx", "eng+ara"},
		{"und ar", "ara"}, {"ar fa ur ps he", "ara+fas+urd+pus"}, {"arabic", "eng+ara"}};
	const struct sr_tongues t = {.count = 0};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++)
		chosen(&t, rows[i].described, "box", rows[i].want);
}

static void by_lines(void **state) {
	struct sr_tongues t = {.count = 0};

	(void)state;
	assert_ok(line(&t, "deu+frk"), &e);
	assert_ok(line(&t, "collection press ara"), &e);
	assert_ok(line(&t, "collection 00ff ara+eng"), &e);
	assert_ok(line(&t, "collection films no"), &e);
	assert_ok(line(&t, "language DE frk+deu"), &e);
	assert_ok(line(&t, "language de-ch deu"), &e);
	assert_ok(line(&t, "language he no"), &e);
	chosen(&t, NULL, "other", "ara+eng"); /* its id */
	chosen(&t, NULL, "press", "ara+eng"); /* the later line */
	chosen(&t, "de", "press", "frk+deu"); /* the description first */
	chosen(&t, "de-ch", NULL, "deu");
	chosen(&t, "de-ch-1996", NULL, "deu");
	chosen(&t, "de-chx", NULL, "frk+deu"); /* no subtag of that line */
	chosen(&t, "den", NULL, "den");        /* another language */
	chosen(&t, "he", "press", "");
	chosen(&t, "he de", "press", "frk+deu");
	memset(&t, 0, sizeof t);
	assert_ok(line(&t, "deu+frk"), &e);
	assert_ok(line(&t, "collection films no"), &e);
	chosen(&t, NULL, "other", "deu+frk");
	chosen(&t, NULL, NULL, "deu+frk");
	chosen(&t, NULL, "films", "");
	memset(&t, 0, sizeof t);
	assert_ok(line(&t, "no"), &e);
	chosen(&t, NULL, NULL, "");
	chosen(&t, "ar", NULL, "ara");
	/* Only four, and each once. */
	memset(&t, 0, sizeof t);
	assert_ok(line(&t, "eng+eng+ara+deu+fra+ita"), &e);
	chosen(&t, NULL, NULL, "eng+ara+deu+fra");
}

static void lines_refused(void **state) {
	static const struct {
		const char *text, *piece;
	} bad[] = {{"", "want \"ocr LANGS\""}, {"eng ara", "want \"ocr LANGS\""},
		{"collection press", "want \"ocr LANGS\""}, {"language ar", "want \"ocr LANGS\""},
		{"item x ara", "want \"ocr LANGS\""}, {"language ar ara eng", "want \"ocr LANGS\""},
		{"eng;ara", "between plus signs"}, {"+eng", "between plus signs"},
		{"eng+", "between plus signs"}, {"../eng", "between plus signs"},
		{"language ar Ara", "between plus signs"}, {"language a_r ara", "ocr language"},
		{"language -ar ara", "ocr language"},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa+aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
			"between plus signs"}};
	struct sr_tongues t = {.count = 0};
	char text[160];

	(void)state;
	for (size_t i = 0; i < T_COUNT(bad); i++)
		assert_fails(line(&t, bad[i].text), SR_USAGE, &e, bad[i].piece);
	assert_int_equal(t.count, 0);
	assert_false(t.has_usual);
	assert_ok(line(&t, "eng"), &e);
	assert_fails(line(&t, "ara"), SR_USAGE, &e, "two lines");
	assert_ok(line(&t, "language ar ara"), &e);
	assert_fails(line(&t, "language AR eng"), SR_USAGE, &e, "language AR has two lines");
	assert_ok(line(&t, "collection ar ara"), &e);
	assert_fails(line(&t, "collection ar eng"), SR_USAGE, &e, "collection ar has two lines");
	(void)snprintf(text, sizeof text, "collection %0101d ara", 1);
	assert_fails(line(&t, text), SR_USAGE, &e, "give its id");
	for (size_t i = t.count; i < SR_TONGUES_RULES; i++) {
		(void)snprintf(text, sizeof text, "collection box-%zu ara", i);
		assert_ok(line(&t, text), &e);
	}
	assert_fails(line(&t, "collection one-more ara"), SR_USAGE, &e, "at most 64 lines");
}

int main(void) {
	const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_set),
		cmocka_unit_test(by_lines), cmocka_unit_test(lines_refused)};

	return cmocka_run_group_tests_name("tongues", tests, NULL, NULL);
}
