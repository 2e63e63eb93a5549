/*
 * counts: numbers of a text, in pieces of any size, and nothing that is a word of it.
 */
#include "util.h"

#include <string.h>

#include "room/counts.h"

static struct sr_err e;

static struct sr_page_counts count(struct sr_counter *c, const char *text, size_t step) {
	struct sr_page_counts n;
	const size_t len = strlen(text);

	for (size_t at = 0; at < len;) {
		size_t to = at + step < len ? at + step : len;

		while (to < len && ((uint8_t)text[to] & 0xC0) == 0x80)
			to++;
		sr_counter_feed(c, sr_bytes_of(text + at, to - at));
		at = to;
	}
	sr_counter_page(c, &n);
	return n;
}

static void numbers(void **state) {
	static const struct {
		const char *text;
		uint64_t tokens, distinct, sentences, lines, characters;
		const char *language;
	} cases[] = {
		{"", 0, 0, 0, 0, 0, NULL},
		{" \n\n  \n", 0, 0, 0, 0, 6, NULL},
		{"One, two. Two! ONE two", 5, 2, 3, 1, 22, NULL},
		{"...?! --- 5", 1, 1, 1, 1, 11, NULL},
		{"the cat and the dog and the end of it", 10, 7, 1, 1, 37, "en"},
		{"der Hund und die Katze und das Haus ist alt\n\nja", 11, 10, 1, 2, 47, "de"},
		{"Привет, мир.\nПривет!", 3, 2, 2, 2, 20, "ru"},
		{"Привіт, Україно", 2, 2, 1, 1, 15, "uk"},
		{"ما هذا؟ هذا كتاب.", 4, 3, 2, 1, 17, "ar"},
		{"این کتاب چیست؟ گربه", 4, 4, 2, 1, 19, "fa"},
		{"漢字。", 1, 1, 1, 1, 3, NULL},
	};
	struct sr_counter *c = NULL;

	(void)state;
	assert_ok(sr_counter_new(&c, &e), &e);
	for (size_t step = 1; step < 100; step += step) /* a page leaves nothing to the next */
		for (size_t i = 0; i < T_COUNT(cases); i++) {
			const struct sr_page_counts n = count(c, cases[i].text, step);

			if (n.tokens != cases[i].tokens || n.distinct != cases[i].distinct ||
				n.sentences != cases[i].sentences || n.lines != cases[i].lines ||
				n.characters != cases[i].characters)
				fail_msg("%s: %llu tokens, %llu distinct, %llu sentences, %llu "
					 "lines, %llu characters",
					cases[i].text, (unsigned long long)n.tokens,
					(unsigned long long)n.distinct,
					(unsigned long long)n.sentences,
					(unsigned long long)n.lines,
					(unsigned long long)n.characters);
			if ((n.language == NULL) != (cases[i].language == NULL) ||
				(n.language != NULL && strcmp(n.language, cases[i].language) != 0))
				fail_msg("%s: language %s", cases[i].text,
					n.language != NULL ? n.language : "none");
		}
	sr_counter_free(c);
}

static void many(void **state) {
	struct sr_counter *c = NULL;
	struct sr_page_counts n;
	char word[16];

	(void)state;
	assert_ok(sr_counter_new(&c, &e), &e);
	for (unsigned i = 0; i < 140000; i++) {
		snprintf(word, sizeof word, "w%u ", i);
		sr_counter_feed(c, sr_bytes_str(word));
	}
	sr_counter_page(c, &n);
	assert_int_equal(n.tokens, 140000);
	assert_int_equal(n.distinct, SR_COUNTS_DISTINCT);
	n = count(c, "w1 w2 w1", 8);
	assert_int_equal(n.distinct, 2);
	sr_counter_free(c);
}

int main(void) {
	const struct CMUnitTest tests[] = {cmocka_unit_test(numbers), cmocka_unit_test(many)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
