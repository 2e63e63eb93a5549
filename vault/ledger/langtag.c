/*
 * langtag - see langtag.h: the grammar of RFC 5646 section 2.1, subtag by subtag. Of the
 * grandfathered tags the irregular ones are listed; the regular ones fit the grammar.
 */
#include "ledger/langtag.h"

#include "base/escape.h"

enum {
	SUBTAGS_MAX = 50 /* of two bytes each in SR_LANGTAG_MAX */
};

static const char *const irregular[] = {"en-gb-oed", "i-ami", "i-bnn", "i-default", "i-enochian",
	"i-hak", "i-klingon", "i-lux", "i-mingo", "i-navajo", "i-pwn", "i-tao", "i-tay", "i-tsu",
	"sgn-be-fr", "sgn-be-nl", "sgn-ch-de", NULL};

struct subtags {
	struct sr_bytes at[SUBTAGS_MAX];
	size_t count, next;
};

static bool is_alpha(uint8_t c) {
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(uint8_t c) {
	return c >= '0' && c <= '9';
}

static bool all(struct sr_bytes v, bool (*is)(uint8_t)) {
	for (size_t i = 0; i < v.len; i++)
		if (!is(v.p[i]))
			return false;
	return v.len > 0;
}

static uint8_t lower(uint8_t c) {
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/* Every subtag has 1 to 8 letters or digits. */
static bool split(struct subtags *s, struct sr_bytes tag) {
	size_t from = 0;

	for (size_t i = 0; i <= tag.len; i++) {
		if (i < tag.len && tag.p[i] != '-') {
			if (!is_alpha(tag.p[i]) && !is_digit(tag.p[i]))
				return false;
			continue;
		}
		if (i == from || i - from > 8 || s->count == SUBTAGS_MAX)
			return false;
		s->at[s->count++] = sr_bytes_of(tag.p + from, i - from);
		from = i + 1;
	}
	return true;
}

static struct sr_bytes peek(const struct subtags *s) {
	return s->next < s->count ? s->at[s->next] : sr_bytes_of(NULL, 0);
}

static bool is_variant(struct sr_bytes v) {
	return (v.len >= 5 && v.len <= 8) || (v.len == 4 && is_digit(v.p[0]));
}

/* Was this subtag there before, between ${from} and the one at hand? */
static bool twice(const struct subtags *s, size_t from) {
	for (size_t i = from; i < s->next; i++)
		if (sr_bytes_eq_nocase(s->at[i], s->at[s->next]))
			return true;
	return false;
}

static const char *language(struct subtags *s) {
	const struct sr_bytes v = peek(s);

	if (!all(v, is_alpha) || v.len < 2)
		return "it begins with a language of two to eight letters";
	s->next++;
	for (size_t i = 0; v.len <= 3 && i < 3; i++) { /* extended languages */
		if (peek(s).len != 3 || !all(peek(s), is_alpha))
			break;
		s->next++;
	}
	return NULL;
}

static void script_and_region(struct subtags *s) {
	if (peek(s).len == 4 && all(peek(s), is_alpha))
		s->next++;
	if ((peek(s).len == 2 && all(peek(s), is_alpha)) ||
		(peek(s).len == 3 && all(peek(s), is_digit)))
		s->next++;
}

static const char *variants(struct subtags *s) {
	const size_t from = s->next;

	for (; s->next < s->count && is_variant(peek(s)); s->next++)
		if (twice(s, from))
			return "a variant is there twice";
	return NULL;
}

static const char *extensions(struct subtags *s) {
	struct sr_bytes seen[SUBTAGS_MAX];
	size_t count = 0;

	while (peek(s).len == 1 && lower(peek(s).p[0]) != 'x') {
		const struct sr_bytes single = peek(s);

		for (size_t i = 0; i < count; i++)
			if (sr_bytes_eq_nocase(seen[i], single))
				return "an extension is there twice";
		seen[count++] = single;
		s->next++;
		if (peek(s).len < 2)
			return "an extension says nothing";
		while (peek(s).len >= 2)
			s->next++;
	}
	return NULL;
}

static const char *private_use(struct subtags *s) {
	if (peek(s).len != 1 || lower(peek(s).p[0]) != 'x')
		return NULL;
	s->next++;
	if (s->next == s->count)
		return "x- is followed by something";
	s->next = s->count;
	return NULL;
}

static const char *wrong(struct sr_bytes tag) {
	struct subtags s = {.count = 0};
	const char *why = NULL;

	for (const char *const *i = irregular; *i != NULL; i++)
		if (sr_bytes_eq_nocase(tag, sr_bytes_str(*i)))
			return NULL;
	if (!split(&s, tag))
		return "its parts have 1 to 8 letters or digits, with - between";
	if (peek(&s).len != 1)
		why = language(&s);
	else if (lower(peek(&s).p[0]) != 'x')
		return "it begins with a language";
	if (why == NULL && s.next > 0) {
		script_and_region(&s);
		why = variants(&s);
		if (why == NULL)
			why = extensions(&s);
	}
	if (why == NULL)
		why = private_use(&s);
	return why == NULL && s.next < s.count ? "its parts are not in order" : why;
}

int sr_langtag_check(struct sr_bytes tag, struct sr_err *e) {
	char shown[160];
	const char *why = tag.len == 0 || tag.len > SR_LANGTAG_MAX ? "it has 1 to 100 characters"
								   : wrong(tag);

	if (why == NULL)
		return 0;
	return sr_fail(e, SR_USAGE,
		"\"%s\" is no language tag of BCP 47 (%s): want as en, ar, zh-hant",
		sr_escape_to(shown, sizeof shown, tag), why);
}
