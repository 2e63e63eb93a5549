/*
 * tongues - see tongues.h.
 */
#include "intake/tongues.h"

#include <stdio.h>
#include <string.h>

/* BCP 47 -> trained data, where the words differ: ISO 639-1 has two letters, tesseract the three of
 * ISO 639-2/T, and some scripts have data of their own. Longer tags come before those that they
 * begin with. What is not here and has three letters is taken as it is. Source: tesseract(1), the
 * packages tesseract-ocr-* of Debian. */
static const struct {
	const char *tag, *words;
} known[] = {{"zh-hans", "chi_sim"}, {"zh-hant", "chi_tra"}, {"zh-tw", "chi_tra"},
	{"zh-hk", "chi_tra"}, {"zh", "chi_sim+chi_tra"}, {"sr-latn", "srp_latn"}, {"sr", "srp"},
	{"az-cyrl", "aze_cyrl"}, {"az", "aze"}, {"uz-cyrl", "uzb_cyrl"}, {"uz", "uzb"},
	{"af", "afr"}, {"am", "amh"}, {"ar", "ara"}, {"as", "asm"}, {"be", "bel"}, {"bg", "bul"},
	{"bn", "ben"}, {"bo", "bod"}, {"br", "bre"}, {"bs", "bos"}, {"ca", "cat"}, {"co", "cos"},
	{"cs", "ces"}, {"cy", "cym"}, {"da", "dan"}, {"de", "deu"}, {"dv", "div"}, {"dz", "dzo"},
	{"el", "ell"}, {"en", "eng"}, {"eo", "epo"}, {"es", "spa"}, {"et", "est"}, {"eu", "eus"},
	{"fa", "fas"}, {"prs", "fas"}, {"fi", "fin"}, {"fo", "fao"}, {"fr", "fra"}, {"fy", "fry"},
	{"ga", "gle"}, {"gd", "gla"}, {"gl", "glg"}, {"gu", "guj"}, {"he", "heb"}, {"iw", "heb"},
	{"hi", "hin"}, {"hr", "hrv"}, {"ht", "hat"}, {"hu", "hun"}, {"hy", "hye"}, {"id", "ind"},
	{"is", "isl"}, {"it", "ita"}, {"iu", "iku"}, {"ja", "jpn"}, {"jv", "jav"}, {"ka", "kat"},
	{"kk", "kaz"}, {"km", "khm"}, {"kn", "kan"}, {"ko", "kor"}, {"ku", "kmr"}, {"ky", "kir"},
	{"la", "lat"}, {"lb", "ltz"}, {"lo", "lao"}, {"lt", "lit"}, {"lv", "lav"}, {"mi", "mri"},
	{"mk", "mkd"}, {"ml", "mal"}, {"mn", "mon"}, {"mr", "mar"}, {"ms", "msa"}, {"mt", "mlt"},
	{"my", "mya"}, {"nb", "nor"}, {"ne", "nep"}, {"nl", "nld"}, {"nn", "nor"}, {"no", "nor"},
	{"oc", "oci"}, {"or", "ori"}, {"pa", "pan"}, {"pl", "pol"}, {"ps", "pus"}, {"pt", "por"},
	{"qu", "que"}, {"ro", "ron"}, {"ru", "rus"}, {"sa", "san"}, {"sd", "snd"}, {"si", "sin"},
	{"sk", "slk"}, {"sl", "slv"}, {"sq", "sqi"}, {"su", "sun"}, {"sv", "swe"}, {"sw", "swa"},
	{"ta", "tam"}, {"te", "tel"}, {"tg", "tgk"}, {"th", "tha"}, {"ti", "tir"}, {"to", "ton"},
	{"tr", "tur"}, {"tt", "tat"}, {"ug", "uig"}, {"uk", "ukr"}, {"ur", "urd"}, {"vi", "vie"},
	{"yi", "yid"}, {"yo", "yor"}, {"zxx", "no"}}; /* zxx: nothing in it is language */

/* ${tag} is ${prefix}, or goes on behind a hyphen. */
static bool begins_with_tag(struct sr_bytes tag, const char *prefix) {
	const size_t n = strlen(prefix);

	return tag.len >= n && memcmp(tag.p, prefix, n) == 0 && (tag.len == n || tag.p[n] == '-');
}

/* --- lines ------------------------------------------------------------------------------------ */

static int take_languages(char out[SR_BOX_LANGUAGES_MAX + 1], const char *words, struct sr_err *e) {
	if (strcmp(words, "no") == 0)
		words = "";
	else if (*words == '\0' || strlen(words) > SR_BOX_LANGUAGES_MAX ||
		 !sr_box_languages_valid(sr_bytes_str(words)))
		return sr_fail(e, SR_USAGE,
			"ocr: languages are words between plus signs (ara, eng+deu), at most %d "
			"bytes of them, or \"no\"",
			SR_BOX_LANGUAGES_MAX);
	(void)snprintf(out, SR_BOX_LANGUAGES_MAX + 1, "%s", words);
	return 0;
}

static int take_name(struct sr_tongue_rule *r, const char *name, struct sr_err *e) {
	const size_t n = strlen(name);
	int rc = r->collection ? 0 : sr_langtag_check(sr_bytes_str(name), e);

	if (rc != 0)
		return sr_wrap(e, "ocr language");
	if (n > SR_LANGTAG_MAX)
		return sr_fail(e, SR_USAGE,
			"ocr collection: a name of %zu bytes, at most %d: give its id", n,
			SR_LANGTAG_MAX);
	for (size_t i = 0; i <= n; i++)
		r->name[i] =
			(char)(!r->collection && name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32
										  : name[i]);
	return 0;
}

static int add_rule(struct sr_tongues *t, const char *const *words, struct sr_err *e) {
	struct sr_tongue_rule *r = &t->rules[t->count];
	int rc;

	if (t->count == SR_TONGUES_RULES)
		return sr_fail(e, SR_USAGE, "ocr: at most %d lines", SR_TONGUES_RULES);
	memset(r, 0, sizeof *r);
	r->collection = strcmp(words[0], "collection") == 0;
	rc = take_name(r, words[1], e);
	if (rc == 0)
		rc = take_languages(r->languages, words[2], e);
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < t->count; i++)
		if (t->rules[i].collection == r->collection &&
			strcmp(t->rules[i].name, r->name) == 0)
			return sr_fail(e, SR_USAGE, "ocr %s %s has two lines", words[0], words[1]);
	t->count++;
	return 0;
}

int sr_tongues_line(
	struct sr_tongues *t, const char *const *words, size_t count, struct sr_err *e) {
	int rc;

	if (count == 3 &&
		(strcmp(words[0], "collection") == 0 || strcmp(words[0], "language") == 0))
		return add_rule(t, words, e);
	if (count != 1)
		return sr_fail(e, SR_USAGE,
			"want \"ocr LANGS\", \"ocr collection NAME LANGS\" or \"ocr language TAG "
			"LANGS\"");
	if (t->has_usual)
		return sr_fail(e, SR_USAGE, "the usual languages of ocr have two lines");
	rc = take_languages(t->usual, words[0], e);
	t->has_usual = rc == 0;
	return rc;
}

/* --- choosing --------------------------------------------------------------------------------- */

static bool has_word(const char *list, struct sr_bytes word) {
	while (*list != '\0') {
		const size_t n = strcspn(list, "+");

		if (n == word.len && memcmp(list, word.p, n) == 0)
			return true;
		list += n + (list[n] == '+' ? 1 : 0);
	}
	return false;
}

/* Those of ${words} that ${out} lacks, as far as there is room for whole ones. */
static void add_words(char out[SR_BOX_LANGUAGES_MAX + 1], size_t *count, const char *words) {
	while (*words != '\0') {
		const struct sr_bytes word = sr_bytes_of(words, strcspn(words, "+"));
		const size_t have = strlen(out);

		if (*count < SR_TONGUES_MAX && !has_word(out, word) &&
			have + word.len + 1 <= SR_BOX_LANGUAGES_MAX) {
			(void)snprintf(out + have, SR_BOX_LANGUAGES_MAX + 1 - have, "%s%.*s",
				have > 0 ? "+" : "", (int)word.len, (const char *)word.p);
			++*count;
		}
		words += word.len;
		words += *words == '+' ? 1 : 0;
	}
}

/* What ${tag} is read in: the line of the most of its subtags, or the table's; NULL: not known. */
static const char *words_of(const struct sr_tongues *t, struct sr_bytes tag, char own[4]) {
	const char *words = NULL;
	size_t best = 0;

	for (size_t i = 0; i < t->count; i++) {
		const struct sr_tongue_rule *r = &t->rules[i];

		if (r->collection || !begins_with_tag(tag, r->name) || strlen(r->name) <= best)
			continue;
		best = strlen(r->name);
		words = r->languages;
	}
	for (size_t i = 0; words == NULL && i < sizeof known / sizeof known[0]; i++)
		if (begins_with_tag(tag, known[i].tag))
			words = strcmp(known[i].words, "no") == 0 ? "" : known[i].words;
	if (words != NULL || tag.len < 3 || (tag.len > 3 && tag.p[3] != '-') ||
		memcmp(tag.p, "und", 3) == 0)
		return words;
	(void)snprintf(own, 4, "%.3s", (const char *)tag.p);
	return sr_box_languages_valid(sr_bytes_str(own)) ? own : NULL;
}

/* true: its description says which. */
static bool by_description(
	char out[SR_BOX_LANGUAGES_MAX + 1], const struct sr_tongues *t, const char *described) {
	size_t count = 0;
	bool said = false;

	while (described != NULL && *described != '\0') {
		const size_t n = strcspn(described, " ");
		char own[4] = "";
		const char *words = words_of(t, sr_bytes_of(described, n), own);

		if (words != NULL) {
			said = true;
			add_words(out, &count, words);
		}
		described += n;
		described += strspn(described, " ");
	}
	return said;
}

void sr_tongues_choose(char out[SR_BOX_LANGUAGES_MAX + 1], const struct sr_tongues *t,
	const struct sr_tongues_of *of) {
	const char *words = t->has_usual ? t->usual : of->host;
	size_t count = 0;

	memset(out, 0, SR_BOX_LANGUAGES_MAX + 1);
	if (by_description(out, t, of->described))
		return;
	for (size_t i = 0; i < t->count; i++) {
		const struct sr_tongue_rule *r = &t->rules[i];

		if (r->collection &&
			((of->collection != NULL && strcmp(r->name, of->collection) == 0) ||
				strcmp(r->name, of->id) == 0))
			words = r->languages;
	}
	add_words(out, &count, words);
}
