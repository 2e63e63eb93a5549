/*
 * test_catalogue_search - the fold, the tokenizer, what people type, who may know of what, and
 * snippets.
 */
#include <string.h>

#include <sqlite3.h>

#include "base/escape.h"
#include "catalogue/fold.h"
#include "catalogue/search.h"
#include "catalogue_rig.h"

static struct rig rig;

/* --- a library without it --- */

static bool no_pointers; /* as of a SQLite that gives nobody its FTS5 */

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker's names */
int __real_sqlite3_bind_pointer(
	sqlite3_stmt *st, int i, void *p, const char *type, void (*done)(void *));
int __wrap_sqlite3_bind_pointer(
	sqlite3_stmt *st, int i, void *p, const char *type, void (*done)(void *));

int __wrap_sqlite3_bind_pointer(
	sqlite3_stmt *st, int i, void *p, const char *type, void (*done)(void *)) {
	return no_pointers ? SQLITE_OK : __real_sqlite3_bind_pointer(st, i, p, type, done);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

static void test_no_fts5(void **state) {
	struct sr_err e = {0};
	(void)state;
	no_pointers = true;
	assert_fails(sr_search_register(sr_catalogue_db(rig.cat), &e), SR_UNSUPPORTED, &e,
		"has no FTS5 to register a tokenizer with: install one that has, from 3.20 on");
	no_pointers = false;
}

/* --- fold --- */

static char *fold(const char *text) {
	static char ring[4][600];
	static int at;
	struct sr_buf b;
	at = (at + 1) % 4;
	sr_buf_init(&b);
	sr_fold_text(&b, sr_bytes_str(text));
	snprintf(ring[at], sizeof ring[at], "%.*s", (int)b.len,
		b.p == NULL ? "" : (const char *)b.p);
	sr_buf_free(&b);
	return ring[at];
}

static void test_fold(void **state) {
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"Straße GROẞ", "strasse gross"},
		{"Übung Ärger Öl", "ubung arger ol"},
		{"U\u0308bung", "ubung"},
		{"Ærø œuvre Łódź Đặng", "aero oeuvre lodz dang"},
		{"Tiếng Việt Nguyễn Ưu", "tieng viet nguyen uu"},
		{"İstanbul ISPARTA ılık", "istanbul isparta ilik"},
		{"Ἀθῆναι ΟΔΌΣ οδός ᾳ", "αθηναι οδοσ οδοσ α"},
		{"Ёлка ещё Йод и\u0306од", "елка еще йод йод"},
		{"ﬁnance ﬀ Ⅷ", "finance ff viii"},
		{"１２３ ٤٥٦ ۷۸۹ ०१", "123 456 789 01"},
		{"Ｆｕｌｌ　Ｗｉｄｔｈ", "full width"},
		/* Arabic script: points, tatweel, alefs, ya, ta marbuta, hamza carriers,
		   presentation forms */
		{"مَجَلَّة", "مجله"},
		{"مـــجلة", "مجله"},
		{"أإآٱا", "ااااا"},
		{"ا\u0654", "ا"},
		{"على علي علی", "علي علي علي"},
		{"کتاب كتاب ڪتاب", "كتاب كتاب كتاب"},
		{"مؤمن رئيس شيء", "مومن رييس شيء"},
		{"ﻻ ﷲ", "لا الله"},
		{"می\u200Cخواهم", "ميخواهم"},
		{"ہے ھے", "هي هي"},
		{"בְּרֵאשִׁית", "בראשית"},
		/* transliteration */
		{"Sharīʿa Qurʾān ḥadīth", "sharia quran hadith"},
		/* grams: no spaces inside a run */
		{"東京都", "東京都"},
		{"ｶﾞｷﾞｸ", "ガギク"},
		{"カ\u3099", "ガ"},
		{"ひらがな ヒラガナ", "ひらがな ヒラガナ"},
		{"\u1112\u1161\u11AB\u1100\u1173\u11AF", "한글"},
		{"iPhone手机X", "iphone 手机 x"},
		{"中，国", "中 国"},
		{"", ""},
		{"!!! ... «»", ""},
		{"a-b_c.d'e", "a b c d e"},
	};
	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++)
		assert_string_equal(fold(rows[i].in), rows[i].out);
	assert_string_not_equal(fold("か"), fold("が"));
	assert_string_not_equal(fold("か"), fold("カ"));
	assert_string_not_equal(fold("й"), fold("и"));
	assert_string_not_equal(fold("ue"), fold("ü"));
}

static size_t put_cp(char *p, uint32_t cp) {
	if (cp < 0x80) {
		p[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		p[0] = (char)(0xC0 | (cp >> 6));
		p[1] = (char)(0x80 | (cp & 0x3F));
		return 2;
	}
	if (cp < 0x10000) {
		p[0] = (char)(0xE0 | (cp >> 12));
		p[1] = (char)(0x80 | ((cp >> 6) & 0x3F));
		p[2] = (char)(0x80 | (cp & 0x3F));
		return 3;
	}
	p[0] = (char)(0xF0 | (cp >> 18));
	p[1] = (char)(0x80 | ((cp >> 12) & 0x3F));
	p[2] = (char)(0x80 | ((cp >> 6) & 0x3F));
	p[3] = (char)(0x80 | (cp & 0x3F));
	return 4;
}

/* Folding what is folded changes nothing, for every character there is; and every unit is valid
 * UTF-8. */
static void test_fold_is_idempotent(void **state) {
	struct sr_buf once, twice;
	(void)state;
	sr_buf_init(&once);
	sr_buf_init(&twice);
	for (uint32_t cp = 1; cp < 0x110000; cp++) {
		char text[8] = {'x', ' '};
		size_t len;
		if (cp >= 0xD800 && cp < 0xE000)
			continue;
		len = 2 + put_cp(text + 2, cp);
		sr_buf_clear(&once);
		sr_buf_clear(&twice);
		sr_fold_text(&once, sr_bytes_of(text, len));
		sr_fold_text(&twice, sr_buf_view(&once));
		if (!sr_bytes_eq(sr_buf_view(&once), sr_buf_view(&twice)))
			fail_msg("U+%04X folds to %.*s, then to %.*s", cp, (int)once.len,
				(char *)once.p, (int)twice.len, (char *)twice.p);
		assert_true(sr_utf8_valid(sr_buf_view(&once)));
	}
	sr_buf_free(&once);
	sr_buf_free(&twice);
}

/* Any bytes: no crash, offsets in order and inside. */
static void test_fold_garbage(void **state) {
	uint64_t seed = 3;
	(void)state;
	for (int round = 0; round < 2000; round++) {
		uint8_t *in = malloc(300);
		size_t len = t_rand(&seed, 300), last = 0;
		struct sr_fold_unit u;
		struct sr_fold f;
		assert_non_null(in);
		t_fill(in, len, seed);
		for (size_t i = 0; i < len; i++)
			if ((in[i] & 7) < 5)
				in[i] = (uint8_t)("\xe3\x82\xab\xe1\x84\x92\xcc\x86\xd0\xb8 a"
						[in[i] % 12]);
		sr_fold_init(&f, sr_bytes_of(in, len));
		while (sr_fold_next(&f, &u)) {
			assert_true(u.start >= last && u.end > u.start && u.end <= len);
			assert_true(u.len != 0 && u.len <= SR_FOLD_ROOM);
			last = u.end;
		}
		free(in);
	}
}

static void test_fold_long_word(void **state) {
	struct sr_fold_unit u;
	struct sr_fold f;
	char text[1000];
	size_t units = 0, bytes = 0;
	(void)state;
	memset(text, 'q', sizeof text);
	sr_fold_init(&f, sr_bytes_of(text, sizeof text));
	while (sr_fold_next(&f, &u)) {
		assert_true(u.len <= SR_FOLD_ROOM && !u.joined);
		units++;
		bytes += u.len;
	}
	assert_int_equal(bytes, sizeof text);
	assert_int_equal(units, 8);
}

/* --- search --- */

/* clang-format off */
static const struct item {
	const char *name, *title, *translit, *description, *creator, *keyword;
} items[] = {
	{"i0", "مَجَلَّة دابق", "Majallat Dābiq",
		"Fifteen issues of a magazine, in several languages.",
		"Unknown", "propaganda"},
	{"i1", "مجلة الثقافة", "Majallat al-thaqāfa",
		"A literary magazine of the Übergangszeit.",
		"Aḥmad Ḥasan", "literature"},
	{"i2", "Flugblätter der Straße", NULL,
		"Leaflets, sorted by street. Größe: 2 cm.",
		"Müller", "leaflets"},
	{"i3", "東京都の資料", "Tōkyō-to no shiryō",
		"行政資料 ガイド",
		"東京都", "archive"},
	{"i4", "中国人民日报", "Zhongguo renmin ribao",
		"报纸",
		NULL, "newspaper"},
	{"i5", "한국어 신문에서", NULL,
		"신문 기사",
		NULL, "newspaper"},
	{"i6", "Ἀθηναϊκὴ ἐφημερίδα", NULL,
		"Εφημερίδα της Αθήνας",
		"Νίκος", "newspaper"},
	{"i7", "Ещё ёлка", NULL,
		"Йод",
		"Пётр", "letters"},
	{"i8", "Tiếng Việt", NULL,
		"Thư từ",
		"Nguyễn", "letters"},
	{"i9", "A plain title", NULL,
		"Said \"NEAR\" and OR and NOT in one line.",
		"John O'Neill", "letters"},
};
/* clang-format on */

static void describe(const struct item *it) {
	char subject[SR_SUBJECT_TEXT];
	snprintf(subject, sizeof subject, "item:%s", rig_hex(it->name));
	rig_begin(&rig, SR_T_DESCRIBE, CURATOR);
	f_id(&rig, "item", it->name);
	if (strcmp(it->name, "i0") == 0)
		f_put(&rig, "hazard", "hate");
	f_put(&rig, "language", it->translit != NULL ? "ar" : "en");
	rig_text(&rig, SR_DESCRIPTIVE, subject, "title", it->title);
	if (it->translit != NULL)
		rig_text(&rig, SR_DESCRIPTIVE, subject, "translit", it->translit);
	rig_text(&rig, SR_DESCRIPTIVE, subject, "description", it->description);
	if (it->creator != NULL)
		rig_text(&rig, SR_DESCRIPTIVE, subject, "creator", it->creator);
	rig_text(&rig, SR_DESCRIPTIVE, subject, "keyword", it->keyword);
	rig_end(&rig);
}

static int setup(void **state) {
	const char *names[T_COUNT(items)];
	(void)state;
	rig_open(&rig);
	rig_prologue(&rig);
	for (size_t i = 0; i < T_COUNT(items); i++)
		names[i] = items[i].name;
	s_accession(&rig, DEPOSITOR, "accession 1", names, T_COUNT(items));
	s_stored(&rig, "accession 1");
	for (size_t i = 0; i < T_COUNT(items); i++) {
		describe(&items[i]);
		if (i != 9)
			s_release(&rig, items[i].name, 2, 2);
	}
	rig_apply(&rig);
	return 0;
}
static int teardown(void **state) {
	(void)state;
	rig_close(&rig);
	return 0;
}

static struct sr_search everything(const char *query) {
	struct sr_search s;
	memset(&s, 0, sizeof s);
	s.query = sr_bytes_str(query);
	s.filter.released = s.filter.held = s.filter.referral = true;
	return s;
}

/* The names of the items found, in order of deposit: "i0 i1". */
static const char *found_by(const struct sr_search *s) {
	static char out[200];
	struct sr_hits h;
	struct sr_err e;
	out[0] = '\0';
	assert_ok(sr_search(&h, rig.cat, s, &e), &e);
	for (size_t i = 0; i < T_COUNT(items); i++) {
		uint8_t id[SR_ID];
		rig_id(id, items[i].name);
		for (size_t k = 0; k < h.count; k++)
			if (memcmp(h.rows[k].item, id, SR_ID) == 0)
				snprintf(out + strlen(out), sizeof out - strlen(out), "%s%s",
					out[0] == '\0' ? "" : " ", items[i].name);
	}
	assert_int_equal(h.total, h.count);
	sr_hits_free(&h);
	return out;
}
static const char *find(const char *query) {
	struct sr_search s = everything(query);
	return found_by(&s);
}

static void test_scripts(void **state) {
	static const struct {
		const char *query, *found;
	} rows[] = {
		{"مجلة", "i0 i1"},
		{"مَجَلَّة", "i0 i1"},
		{"مـجـلـة", "i0 i1"},
		{"مجله", "i0 i1"},
		{"الثّقافة", "i1"},
		{"majallat", "i0 i1"},
		{"dabiq", "i0"},
		{"thaqafa", "i1"},
		{"Ahmad hasan", "i1"},
		{"flugblatter", "i2"},
		{"FLUGBLÄTTER", "i2"},
		{"flugblaetter", ""},
		{"strasse", "i2"},
		{"STRASSE", "i2"},
		{"grosse", "i2"},
		{"muller", "i2"},
		{"mueller", ""},
		{"ubergangszeit", "i1"},
		{"東", "i3"},
		{"京", "i3"},
		{"東京", "i3"},
		{"東京都", "i3"},
		{"東京都の資料", "i3"},
		{"京東", ""},
		{"資料", "i3"},
		{"ガイド", "i3"},
		{"ｶﾞｲﾄﾞ", "i3"},
		{"カイド", ""},
		{"がいど", ""},
		{"tokyo", "i3"},
		{"中", "i4"},
		{"中国", "i4"},
		{"中国人", "i4"},
		{"国人民日", "i4"},
		{"人民日报", "i4"},
		{"中人", ""},
		{"신문", "i5"},
		{"한국", "i5"},
		{"한국어 신문", "i5"},
		{"\u1109\u1175\u11AB\u1106\u116E\u11AB", "i5"},
		{"αθηναικη", "i6"},
		{"ΑΘΉΝΑΣ", "i6"},
		{"εφημερίδα", "i6"},
		{"еще", "i7"},
		{"ЁЛКА", "i7"},
		{"елка", "i7"},
		{"йод", "i7"},
		{"иод", ""},
		{"Петр", "i7"},
		{"tieng viet", "i8"},
		{"Tiếng", "i8"},
		{"nguyen", "i8"},
		{"thu tu", "i8"},
		{"中国 zhongguo", "i4"},
		{"東京都 tokyo", "i3"},
	};
	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		const char *got = find(rows[i].query);
		if (strcmp(got, rows[i].found) != 0)
			fail_msg(
				"%s: found \"%s\", want \"%s\"", rows[i].query, got, rows[i].found);
	}
}

static void test_syntax(void **state) {
	static const struct {
		const char *query, *found;
	} rows[] = {
		{"newspaper", "i4 i5 i6"},
		{"newspaper 报纸", "i4"},
		{"\"several languages\"", "i0"},
		{"\"languages several\"", ""},
		{"“several languages”", "i0"},
		{"several languages", "i0"},
		{"languages several", "i0"},
		{"magaz*", "i0 i1"},
		{"magaz", ""},
		{"\"literary magaz\"*", "i1"},
		{"中国*", "i4"},
		{"人*", "i4"},
		{"magazine -literary", "i0"},
		{"magazine -\"several languages\"", "i1"},
		{"newspaper -中国", "i5 i6"},
		{"-中国 newspaper -한국어", "i6"},
		{"title:magazine", ""},
		{"title:majallat", "i0 i1"},
		{"translit:majallat", "i0 i1"},
		{"translit:مجلة", ""},
		{"description:magazine", "i0 i1"},
		{"creator:東京都", "i3"},
		{"creator:o'neill", "i9"},
		{"creator:\"john o'neill\"", "i9"},
		{"keyword:letters -creator:nguyen", "i7 i9"},
		{"CREATOR:muller", "i2"},
		{"hazard:hate", "i0"},
		{"hate", ""},
		{"language:ar", "i0 i1 i3 i4"},
		{"ar", ""},
		{"file:i7.txt", "i7"},
		{"i7", "i7"},
		{"plain-title", "i9"},
		{"title-plain", ""},
		{"near", "i9"},
		{"OR", "i9"},
		{"NOT and OR", "i9"},
		{"nosuchfield:plain", ""},
		{"title: plain", "i9"},
	};
	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		const char *got = find(rows[i].query);
		if (strcmp(got, rows[i].found) != 0)
			fail_msg(
				"%s: found \"%s\", want \"%s\"", rows[i].query, got, rows[i].found);
	}
}

static void expect_no_crash(const char *query, size_t len) {
	struct sr_search s = everything("");
	struct sr_hits h;
	struct sr_err e;
	int rc;
	s.query = sr_bytes_of(query, len);
	rc = sr_search(&h, rig.cat, &s, &e);
	if (rc != 0 && rc != SR_USAGE && rc != SR_LIMIT)
		fail_msg("%.60s: %s", query, e.text);
	if (rc == 0)
		sr_hits_free(&h);
}

static void test_hostile(void **state) {
	static const char *const rows[] = {
		"\"",
		"\"\"\"",
		"\"plain",
		"plain\"",
		"NEAR(plain title)",
		"plain NEAR/2 title",
		"^plain",
		"plain AND (",
		"{title}:plain",
		"title:",
		"title:*",
		"-",
		"--plain",
		"*",
		"***",
		"plain**",
		"a:b:c:d",
		"(plain)",
		"plain + title",
		"';DROP TABLE items;--",
		"%",
		"_",
		"\\",
		"title:-plain",
		"-title:",
		"\xff\xfe\x80 plain",
		"\xed\xa0\x80 plain",
		"plain OR",
		"OR OR OR",
		"NOT NOT",
		"\"\" plain",
		"rank:plain",
		"search:plain",
		"-\"",
		"\"*",
		"\"a\"*\"b\"*",
	};
	struct sr_search s = everything("");
	struct sr_hits h;
	struct sr_err e;
	char big[10240];
	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++)
		expect_no_crash(rows[i], strlen(rows[i]));
	assert_string_equal(find("\"plain"), "i9");
	assert_string_equal(find("(plain)"), "i9");
	assert_string_equal(find("plain\" NEAR"), "i9");
	assert_string_equal(find("\xff\xfe\x80 plain"), "i9");
	s.query = sr_bytes_of("plain\0title", 11);
	assert_string_equal(found_by(&s), "i9");
	s.query = sr_bytes_of("\"plain\0title\"", 13);
	assert_string_equal(found_by(&s), "i9");
	memset(big, 'a', sizeof big);
	s.query = sr_bytes_of(big, sizeof big);
	assert_fails(sr_search(&h, rig.cat, &s, &e), SR_LIMIT, &e,
		"the query has 10240 bytes, at most 4096");
	for (size_t i = 0; i < sizeof big; i += 2)
		big[i] = ' ';
	s.query = sr_bytes_of(big, 4096);
	assert_fails(sr_search(&h, rig.cat, &s, &e), SR_LIMIT, &e, "more than 32 words");
	s.query = sr_bytes_str(" \t ... -- \"\"");
	assert_fails(sr_search(&h, rig.cat, &s, &e), SR_USAGE, &e, "no word to look for");
	s.query = sr_bytes_str("-plain -title");
	assert_fails(sr_search(&h, rig.cat, &s, &e), SR_USAGE, &e, "only excludes");
	uint64_t seed = 11;
	for (int round = 0; round < 1500; round++) {
		char q[60];
		size_t len = t_rand(&seed, sizeof q);
		for (size_t i = 0; i < len; i++)
			q[i] = "\"*-:()^{}+ aptilen\xe4\xb8\xad\0\x80"[t_rand(&seed, 23)];
		expect_no_crash(q, len);
	}
}

/* Who may know of what. */
static void test_visibility(void **state) {
	struct sr_search s = everything("plain");
	(void)state;
	s.filter.held = false;
	assert_string_equal(found_by(&s), "");
	s.filter.depositor = rig.person[DEPOSITOR];
	assert_string_equal(found_by(&s), "i9");
	s.filter.depositor = rig.person[RESEARCHER];
	assert_string_equal(found_by(&s), "");
	s.query = sr_bytes_str("newspaper");
	assert_string_equal(found_by(&s), "i4 i5 i6");
	s.filter.released = false;
	assert_string_equal(found_by(&s), "");
	s = everything("magazine");
	s.filter.hazard = "hate";
	assert_string_equal(found_by(&s), "i0");
	s = everything("magazine");
	s.filter.language = "en";
	assert_string_equal(found_by(&s), "");
	uint8_t other[SR_ID];
	rig_id(other, "another collection");
	s = everything("magazine");
	s.filter.collection = other;
	assert_string_equal(found_by(&s), "");
}

static void marked(const struct sr_snippet *s, size_t i, char *out, size_t size) {
	assert_true(i < s->mark_count);
	snprintf(out, size, "%.*s", (int)s->marks[i].len, s->text + s->marks[i].start);
}

static void test_snippets(void **state) {
	static const struct {
		const char *query, *field, *mark;
	} rows[] = {
		{"مجله", "title", "مَجَلَّة"},
		{"several languages", "description", "several"},
		{"\"several languages\"", "description", "several languages"},
		{"magaz*", "description", "magazine"},
		{"資料", "description", "資料"},
		{"creator:東京都", "creator", "東京都"},
		{"dabiq", "translit", "Dābiq"},
		{"title:flugblatter", "title", "Flugblätter"},
	};
	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		struct sr_search s = everything(rows[i].query);
		struct sr_hits h;
		struct sr_err e;
		char mark[200];
		assert_ok(sr_search(&h, rig.cat, &s, &e), &e);
		assert_true(h.count >= 1);
		bool seen = false;
		for (size_t k = 0; k < h.count; k++) {
			assert_true(sr_utf8_valid(sr_bytes_str(h.rows[k].snippet.text)));
			assert_non_null(h.rows[k].title);
			if (strcmp(h.rows[k].snippet.field, rows[i].field) != 0)
				continue;
			marked(&h.rows[k].snippet, 0, mark, sizeof mark);
			seen = seen || strcmp(mark, rows[i].mark) == 0;
		}
		if (!seen)
			fail_msg("%s: no mark on %s in %s", rows[i].query, rows[i].mark,
				rows[i].field);
		sr_hits_free(&h);
	}
	struct sr_search s = everything("hazard:hate");
	struct sr_hits h;
	struct sr_err e;
	assert_ok(sr_search(&h, rig.cat, &s, &e), &e);
	assert_string_equal(h.rows[0].snippet.field, "title");
	assert_int_equal(h.rows[0].snippet.mark_count, 0);
	sr_hits_free(&h);
}

static void test_long_snippet(void **state) {
	char text[3000] = "";
	struct item it = {"i9", "A plain title", NULL, text, "John O'Neill", "letters"};
	struct sr_search s = everything("needle");
	struct sr_hits h;
	struct sr_err e;
	(void)state;
	for (size_t i = 0; i < 100; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s\n",
			i == 60 ? "Nëedlé" : "wörd été");
	describe(&it);
	rig_apply(&rig);
	assert_ok(sr_search(&h, rig.cat, &s, &e), &e);
	assert_int_equal(h.count, 1);
	const struct sr_snippet *sn = &h.rows[0].snippet;
	char mark[64];
	marked(sn, 0, mark, sizeof mark);
	assert_string_equal(mark, "Nëedlé");
	assert_true(strncmp(sn->text, "…", 3) == 0);
	assert_string_equal(sn->text + strlen(sn->text) - 3, "…");
	assert_true(strlen(sn->text) <= SR_SNIPPET_MAX + 6);
	assert_null(strchr(sn->text, '\n'));
	assert_true(sr_utf8_valid(sr_bytes_str(sn->text)));
	sr_hits_free(&h);
	assert_string_equal(find("NOT"), ""); /* the old description is out of the index */
}

static void test_pages(void **state) {
	struct sr_search s = everything("newspaper");
	struct sr_hits h;
	struct sr_err e;
	uint8_t seen[3][SR_ID];
	(void)state;
	s.limit = 1;
	for (size_t i = 0; i < 3; i++) {
		s.offset = i;
		assert_ok(sr_search(&h, rig.cat, &s, &e), &e);
		assert_int_equal(h.count, 1);
		assert_int_equal(h.total, 3);
		assert_true(h.rows[0].score > 0);
		memcpy(seen[i], h.rows[0].item, SR_ID);
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(seen[i], seen[k], SR_ID);
		sr_hits_free(&h);
	}
	s.offset = 3;
	assert_ok(sr_search(&h, rig.cat, &s, &e), &e);
	assert_int_equal(h.count, 0);
	assert_int_equal(h.total, 3);
	sr_hits_free(&h);
}

/* What the index has of an item whose parts have hazards, too, and fields of more than one line:
 * each once, in order; NULL for what it has not. */
static void test_parts(void **state) {
	static const char *const rows[][2] = {
		{"SELECT hazard IS NULL AND serial IS NULL AND outlet IS NULL FROM search", NULL},
		{"SELECT hazard = 'hate' FROM search",
			"INSERT INTO item_hazards(n, hazard) VALUES(1, 'hate')"},
		{"SELECT hazard = 'abuse graphic hate' FROM search",
			"INSERT INTO item_marks(n, mark, hazard) VALUES(1, 'a', 'graphic'),"
			" (1, 'b', 'hate'), (1, 'c', 'abuse'), (1, 'd', 'graphic')"},
		{"SELECT hazard = 'abuse graphic' FROM search",
			"DELETE FROM item_hazards WHERE n = 1; DELETE FROM item_marks WHERE mark ="
			" 'b'"},
		{"SELECT serial = 'XII' || char(10) || 'S' || char(10) || 'T' || char(10) || '3'"
		 " AND outlet IS NULL FROM search",
			"INSERT INTO item_value_texts(n, field, idx, value) VALUES(1, 'issue', 0,"
			" '3'), (1, 'serial', 1, 'T'), (1, 'serial', 0, 'S'), (1, 'volume', 0,"
			" 'XII')"},
	};
	struct sr_catalogue *c = NULL;
	struct sr_catalogue_options o;
	struct rig r;
	struct sr_err e;

	(void)state;
	rig_open(&r);
	o = rig_options(&r, "parts.db");
	assert_ok(sr_catalogue_open(&c, &o, &e), &e);
	struct sr_db *db = sr_catalogue_db(c);
	assert_ok(sr_db_exec(db, "PRAGMA foreign_keys = OFF", &e), &e);
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		int64_t same = 0;

		if (rows[i][1] != NULL)
			assert_ok(sr_db_exec(db, rows[i][1], &e), &e);
		assert_ok(sr_search_index(db, 1, &e), &e);
		assert_ok(sr_db_int(db, rows[i][0], &same, &e), &e);
		if (same != 1)
			fail_msg("not so: %s", rows[i][0]);
	}
	assert_ok(sr_catalogue_close(c, &e), &e);
	rig_close(&r);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_fts5),
		cmocka_unit_test(test_fold),
		cmocka_unit_test(test_fold_is_idempotent),
		cmocka_unit_test(test_fold_garbage),
		cmocka_unit_test(test_fold_long_word),
		cmocka_unit_test(test_scripts),
		cmocka_unit_test(test_syntax),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_visibility),
		cmocka_unit_test(test_snippets),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_long_snippet),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
