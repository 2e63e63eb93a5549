/*
 * fuzz_catalogue_search - hostile queries against a small index, and snippets of hostile texts.
 *
 * Input: u8 mode, then
 *   0  a query: found, or refused as too long, too many words or nothing to look for; never
 * anything that may not be known of 1  u8 length, query, text: the snippet is valid UTF-8 without
 * controls, its marks lie inside
 */
#include <unistd.h>

#include "fuzz_crypto.h"
#include "fuzz_files.h"

/* What catalogue_rig.h uses of tests/unit/util.h and cmocka. */
#define assert_int_equal(a, b) MUST((a) == (b))
#define assert_memory_equal(a, b, len) MUST(memcmp((a), (b), (len)) == 0)
#define assert_string_equal(a, b) MUST(strcmp((a), (b)) == 0)
#define assert_fails(rc, want, e, piece) MUST((rc) == (want) && strstr((e)->text, (piece)) != NULL)
static char *t_tmp_new(void) {
	return strdup(fuzz_folder());
}
static void t_tmp_remove(char *path) {
	free(path);
}

#include "../unit/catalogue_rig.h"

#include "base/escape.h"
#include "catalogue/search_in.h"

static const struct {
	const char *name, *title, *hazard;
} items[] = {
	{"i0",
		"Flugbl\xc3\xa4tter der Stra\xc3\x9f"
		"e",
		NULL},
	{"i1",
		"\xd9\x85\xd8\xac\xd9\x84\xd8\xa9 "
		"\xd8\xa7\xd9\x84\xd8\xab\xd9\x82\xd8\xa7\xd9\x81\xd8\xa9",
		"hate"},
	{"i2", "\xe6\x9d\xb1\xe4\xba\xac\xe9\x83\xbd\xe3\x81\xae\xe8\xb3\x87\xe6\x96\x99", NULL},
	{"i3", "Said \"NEAR\" and OR and NOT in one line: letters", "graphic"},
	{"i4", "held letters, not to be known", NULL},
};
enum {
	ITEMS = sizeof items / sizeof items[0],
	RELEASED = ITEMS - 1
};

static struct rig *rig(void) {
	static struct rig r;
	const char *names[ITEMS];
	if (r.cat != NULL)
		return &r;
	rig_open(&r);
	rig_prologue(&r);
	for (size_t i = 0; i < ITEMS; i++)
		names[i] = items[i].name;
	s_accession(&r, DEPOSITOR, "accession 1", names, ITEMS);
	s_stored(&r, "accession 1");
	for (size_t i = 0; i < ITEMS; i++) {
		s_describe(&r, items[i].name, items[i].title, items[i].hazard);
		if (i < RELEASED)
			s_release(&r, items[i].name, 2, 2);
	}
	rig_apply(&r);
	return &r;
}

static void must_be_snippet(const struct sr_snippet *s) {
	size_t len = strnlen(s->text, sizeof s->text), end = 0;
	MUST(len < sizeof s->text && s->mark_count <= SR_SNIPPET_MARKS);
	MUST(sr_utf8_valid(sr_bytes_of(s->text, len)));
	for (size_t i = 0; i < len; i++)
		MUST((uint8_t)s->text[i] >= 0x20 && s->text[i] != 0x7f);
	for (size_t i = 0; i < s->mark_count; i++) {
		MUST(s->marks[i].start >= end && s->marks[i].len > 0);
		end = (size_t)s->marks[i].start + s->marks[i].len;
		MUST(end <= len);
		MUST(((uint8_t)s->text[s->marks[i].start] & 0xc0) != 0x80);
		MUST(((uint8_t)s->text[end] & 0xc0) != 0x80);
	}
}

static void check_query(struct sr_bytes query) {
	struct sr_search s = {.query = query, .filter = {.released = true}};
	struct sr_hits h;
	struct sr_err e;
	uint8_t held[SR_ID];
	int rc = sr_search(&h, rig()->cat, &s, &e);
	if (rc != 0) {
		MUST(rc == SR_USAGE || rc == SR_LIMIT);
		return;
	}
	rig_id(held, items[RELEASED].name);
	MUST(h.total <= RELEASED && h.count == h.total);
	for (size_t i = 0; i < h.count; i++) {
		MUST(memcmp(h.rows[i].item, held, SR_ID) != 0);
		MUST(i == 0 || h.rows[i].score <= h.rows[i - 1].score);
		must_be_snippet(&h.rows[i].snippet);
	}
	sr_hits_free(&h);
}

static void check_snippet(struct sr_bytes in) {
	size_t len = fuzz_u8(&in);
	struct sr_bytes query = fuzz_take(&in, len), texts[SR_SEARCH_COLUMNS] = {{NULL, 0}};
	struct sr_search_query q;
	struct sr_snippet s;
	struct sr_err e;
	int rc = sr_search_parse(&q, query, &e);
	if (rc != 0) {
		MUST(rc == SR_USAGE || rc == SR_LIMIT);
		return;
	}
	MUST(q.count <= SR_QUERY_TERMS && q.positive >= 1 && q.positive <= q.count);
	for (size_t i = 0; i < q.count; i++)
		MUST(q.terms[i].text.p >= query.p &&
			q.terms[i].text.p + q.terms[i].text.len <= query.p + query.len);
	texts[2] = in;
	assert_ok(sr_search_snippet(&s, &q, texts, &e), &e);
	must_be_snippet(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	fuzz_start();
	if (fuzz_u8(&in) % 2 == 0)
		check_query(in);
	else
		check_snippet(in);
	return 0;
}

void fuzz_seeds(void) {
	fuzz_seed_with("words", "\0", 1, sr_bytes_str("flugblatter strasse"));
	fuzz_seed_with("phrase", "\0", 1, sr_bytes_str("\"one line\" -held letter*"));
	fuzz_seed_with("fields", "\0", 1,
		sr_bytes_str("hazard:hate title:\xd9\x85\xd8\xac\xd9\x84\xd8\xa9"));
	fuzz_seed_with("grams", "\0", 1, sr_bytes_str("\xe6\x9d\xb1\xe4\xba\xac \xe8\xb3\x87*"));
	fuzz_seed_with(
		"fts", "\0", 1, sr_bytes_str("NEAR(a b, 2) OR {title} : ^x AND \"\" * ( )'"));
	fuzz_seed_with("snippet", "\1\x05", 2,
		sr_bytes_str("wordsmany words\n\tbefore the words, and more after them"));
}
