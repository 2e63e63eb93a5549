/*
 * counts - see counts.h.
 */
#include "room/counts.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "crypto/hash.h"

enum {
	WORD_MAX = 64, /* bytes of a token that are compared; longer ones are told apart by these */
	LANGUAGES = 9,
	MARKS = 12,
	SURE = 3 /* common words in a page that make a language of it */
};

/* The most common words of each: few of them are words of another. */
static const struct {
	const char *name;
	const char *words[MARKS];
} languages[LANGUAGES] = {
	{"en", {"the", "and", "of", "to", "is", "that", "was", "with", "for", "it", "his", "are"}},
	{"de", {"der", "die", "und", "das", "ist", "nicht", "den", "mit", "von", "ein", "zu",
		       "auf"}},
	{"fr", {"le", "les", "et", "des", "est", "une", "dans", "que", "pas", "du", "pour", "sur"}},
	{"es", {"el", "los", "que", "las", "por", "una", "con", "para", "del", "como", "pero",
		       "y"}},
	{"it", {"il", "che", "di", "della", "per", "non", "gli", "sono", "una", "del", "con", "e"}},
	{"nl", {"het", "een", "van", "niet", "zijn", "dat", "voor", "met", "aan", "ook", "maar",
		       "wordt"}},
	{"tr", {"ve", "bir", "bu", "da", "de", "için", "ile", "olarak", "daha", "çok", "olan",
		       "gibi"}},
	{"pt", {"os", "que", "uma", "para", "com", "não", "mais", "como", "mas", "dos", "ao",
		       "foi"}},
	{"id", {"yang", "dan", "di", "dengan", "untuk", "tidak", "ini", "itu", "dari", "pada",
		       "adalah", "akan"}},
};

struct slot {
	uint64_t hash;
	uint32_t page; /* which one it was seen in */
};

struct sr_counter {
	struct sr_page_counts now;
	uint8_t word[WORD_MAX];
	size_t len; /* of the token at hand */
	bool in_word, sentence, line;
	uint64_t marks[LANGUAGES];
	uint64_t persian, urdu, ukrainian; /* letters that only they have */
	uint32_t page;
	uint8_t key[SR_HASH]; /* so that nobody chooses words that collide */
	struct slot *slots;
};

const char *sr_script_name(enum sr_script s) {
	static const char *const names[SR_SCRIPTS] = {
		"latin", "arabic", "cyrillic", "greek", "hebrew", "han", "other"};

	return (unsigned)s < SR_SCRIPTS ? names[s] : "?";
}

int sr_counter_new(struct sr_counter **out, struct sr_err *e) {
	struct sr_counter *c = calloc(1, sizeof *c);

	*out = NULL;
	if (c != NULL)
		c->slots = calloc((size_t)2 * SR_COUNTS_DISTINCT, sizeof *c->slots);
	if (c == NULL || c->slots == NULL) {
		free(c);
		return sr_fail(e, SR_NOMEM, "no memory to count words");
	}
	sr_random(c->key, sizeof c->key);
	c->page = 1;
	*out = c;
	return 0;
}

void sr_counter_free(struct sr_counter *c) {
	if (c == NULL)
		return;
	sr_wipe(c->slots, (size_t)2 * SR_COUNTS_DISTINCT * sizeof *c->slots);
	free(c->slots);
	sr_wipe(c, sizeof *c);
	free(c);
}

/* --- letters ---------------------------------------------------------------------------------- */

static bool between(uint32_t cp, uint32_t first, uint32_t last) {
	return cp >= first && cp <= last;
}

/* Signs and spaces among what lies above ASCII: not of a token. */
static bool is_sign(uint32_t cp) {
	return between(cp, 0x80, 0xA9) || between(cp, 0xAB, 0xB4) || between(cp, 0xB6, 0xB9) ||
	       between(cp, 0xBB, 0xBF) || cp == 0xD7 || cp == 0xF7 || between(cp, 0x2000, 0x206F) ||
	       between(cp, 0x20A0, 0x20CF) || between(cp, 0x2190, 0x2BFF) ||
	       between(cp, 0x3000, 0x3004) || between(cp, 0x3008, 0x3020) || cp == 0x60C ||
	       cp == 0x61B || cp == 0x61F || cp == 0x6D4 || cp == 0x964 || cp == 0x965 ||
	       between(cp, 0xFF00, 0xFF0F) || between(cp, 0xFF1A, 0xFF20) || cp == 0xFFFD ||
	       between(cp, 0x1F000, 0x1FAFF) || between(cp, 0xE000, 0xF8FF);
}

static bool is_digit(uint32_t cp) {
	return between(cp, '0', '9') || between(cp, 0x660, 0x669) || between(cp, 0x6F0, 0x6F9);
}

static bool is_letter(uint32_t cp) {
	return between(cp, 'a', 'z') || between(cp, 'A', 'Z') || (cp >= 0x80 && !is_sign(cp));
}

static enum sr_script script_of(uint32_t cp) {
	if (cp < 0x250 || between(cp, 0x1E00, 0x1EFF))
		return SR_SCRIPT_LATIN;
	if (between(cp, 0x370, 0x3FF) || between(cp, 0x1F00, 0x1FFF))
		return SR_SCRIPT_GREEK;
	if (between(cp, 0x400, 0x52F))
		return SR_SCRIPT_CYRILLIC;
	if (between(cp, 0x590, 0x5FF))
		return SR_SCRIPT_HEBREW;
	if (between(cp, 0x600, 0x77F) || between(cp, 0x8A0, 0x8FF) || between(cp, 0xFB50, 0xFDFF) ||
		between(cp, 0xFE70, 0xFEFF))
		return SR_SCRIPT_ARABIC;
	if (between(cp, 0x3040, 0x30FF) || between(cp, 0x3400, 0x9FFF) ||
		between(cp, 0xAC00, 0xD7A3) || between(cp, 0x20000, 0x2FA1F))
		return SR_SCRIPT_HAN;
	return SR_SCRIPT_OTHER;
}

static void letter(struct sr_counter *c, uint32_t cp) {
	c->now.letters[script_of(cp)]++;
	c->persian += cp == 0x67E || cp == 0x686 || cp == 0x698 || cp == 0x6AF;
	c->urdu += cp == 0x679 || cp == 0x688 || cp == 0x691 || cp == 0x6D2;
	c->ukrainian += cp == 0x456 || cp == 0x457 || cp == 0x454 || cp == 0x491;
}

/* --- tokens ----------------------------------------------------------------------------------- */

static void distinct(struct sr_counter *c) {
	uint8_t sum[SR_HASH];
	struct sr_hash h;
	uint64_t hash;
	size_t at;

	if (c->now.distinct >= SR_COUNTS_DISTINCT)
		return;
	sr_hash_init(&h, "strongroom/counts/v1", c->key);
	sr_hash_field(&h, sr_bytes_of(c->word, c->len));
	sr_hash_final(&h, sum);
	hash = sr_le64_get(sum);
	for (at = hash % ((size_t)2 * SR_COUNTS_DISTINCT); c->slots[at].page == c->page;
		at = (at + 1) % ((size_t)2 * SR_COUNTS_DISTINCT))
		if (c->slots[at].hash == hash)
			return;
	c->slots[at] = (struct slot){hash, c->page};
	c->now.distinct++;
}

static void end_word(struct sr_counter *c) {
	if (!c->in_word)
		return;
	c->in_word = false;
	c->now.tokens++;
	c->sentence = true;
	distinct(c);
	for (size_t l = 0; l < LANGUAGES; l++)
		for (size_t i = 0; i < MARKS; i++)
			c->marks[l] += sr_bytes_eq(
				sr_bytes_of(c->word, c->len), sr_bytes_str(languages[l].words[i]));
	c->len = 0;
}

static bool ends_sentence(uint32_t cp) {
	return cp == '.' || cp == '!' || cp == '?' || cp == 0x61F || cp == 0x6D4 || cp == 0x3002 ||
	       cp == 0x964;
}

static void character(struct sr_counter *c, struct sr_bytes v, uint32_t cp) {
	c->now.characters++;
	if (cp == '\n') {
		c->now.lines += c->line;
		c->line = false;
	} else if (cp > ' ') {
		c->line = true;
	}
	if (is_letter(cp))
		letter(c, cp);
	if (is_letter(cp) || is_digit(cp)) {
		for (size_t i = 0; i < v.len && c->len < WORD_MAX; i++)
			c->word[c->len++] =
				cp >= 'A' && cp <= 'Z' ? (uint8_t)(v.p[i] + 32) : v.p[i];
		c->in_word = true;
		return;
	}
	end_word(c);
	if (ends_sentence(cp) && c->sentence) {
		c->now.sentences++;
		c->sentence = false;
	}
}

void sr_counter_feed(struct sr_counter *c, struct sr_bytes text) {
	size_t at = 0;

	while (at < text.len) {
		uint32_t cp = 0xFFFD;
		size_t n = sr_utf8_next(sr_bytes_of(text.p + at, text.len - at), &cp);

		n = n > 0 ? n : 1;
		character(c, sr_bytes_of(text.p + at, n), cp);
		at += n;
	}
}

/* --- a page ----------------------------------------------------------------------------------- */

static const char *language_of(const struct sr_counter *c) {
	const uint64_t *letters = c->now.letters;
	enum sr_script most = SR_SCRIPT_LATIN;
	size_t best = 0;

	for (size_t s = 0; s < SR_SCRIPTS; s++)
		if (letters[s] > letters[most])
			most = (enum sr_script)s;
	switch (most) {
	case SR_SCRIPT_ARABIC:
		return c->urdu * 50 > letters[most]      ? "ur"
		       : c->persian * 50 > letters[most] ? "fa"
							 : "ar";
	case SR_SCRIPT_CYRILLIC:
		return c->ukrainian * 50 > letters[most] ? "uk" : "ru";
	case SR_SCRIPT_GREEK:
		return "el";
	case SR_SCRIPT_HEBREW:
		return "he";
	case SR_SCRIPT_LATIN:
		break;
	case SR_SCRIPT_HAN:
	case SR_SCRIPT_OTHER:
	case SR_SCRIPTS:
		return NULL;
	}
	for (size_t l = 1; l < LANGUAGES; l++)
		if (c->marks[l] > c->marks[best])
			best = l;
	return c->marks[best] >= SURE ? languages[best].name : NULL;
}

void sr_counter_page(struct sr_counter *c, struct sr_page_counts *out) {
	end_word(c);
	c->now.lines += c->line;
	c->now.sentences += c->sentence; /* one that the page does not end */
	c->now.language = language_of(c);
	*out = c->now;
	memset(&c->now, 0, sizeof c->now);
	memset(c->marks, 0, sizeof c->marks);
	c->persian = c->urdu = c->ukrainian = 0;
	c->sentence = c->line = false;
	c->page++;
}
