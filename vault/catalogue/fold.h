/*
 * fold - text as it is compared when people look for something: one rule for what is indexed and
 * for what is asked.
 *
 * A fold yields units: words, and single characters of scripts that are written without spaces or
 * glue endings to words (Han, kana, Hangul, Thai, Lao, Khmer, Burmese; "gram" characters). Folded
 * text is lower case (ß -> ss), without accents and vowel points (Latin, Greek, Cyrillic, Arabic,
 * Hebrew, Syriac), without tatweel and invisible characters, with ASCII digits, compatibility forms
 * (full width, ligatures, presentation forms, half-width kana) resolved. Arabic script: all alefs
 * one; ya, alef maksura and the Persian, Pashto, Kurdish and Urdu forms one; kaf one; ha, ta
 * marbuta and the Urdu forms one; hamza carriers become their carrier, the hamza on the line stays.
 * Kept apart: Cyrillic й, hiragana and katakana, voiced kana, Hangul syllables (NFD spellings of
 * these are composed), and letters that are not spelled alike (ü is found by u, not by ue).
 * Apostrophes, hyphens and all other signs end a word. Invalid UTF-8 is skipped byte by byte.
 *
 * Folding folded text changes nothing (a test walks all of Unicode), but for the place where a word
 * longer than SR_FOLD_WORD is cut: a letter that becomes two is never parted. Tables:
 * fold_table.inc, by scripts/fold-table.py.
 */
#ifndef SR_CATALOGUE_FOLD_H
#define SR_CATALOGUE_FOLD_H

#include "base/bytes.h"

enum {
	SR_FOLD_WORD = 128, /* bytes of one unit; a longer word becomes several units, in index and
			       query alike */
	SR_FOLD_ROOM = SR_FOLD_WORD + 32
};

struct sr_fold_unit {
	char text[SR_FOLD_ROOM]; /* folded UTF-8, not terminated */
	size_t len;
	size_t start; /* where it lies in the input, in bytes */
	size_t end;
	bool gram;   /* one character of a gram script */
	bool joined; /* a gram that follows the gram before it directly */
};

struct sr_fold {
	struct sr_bytes in;
	size_t pos;
	size_t last_gram_end; /* 0: the unit before was no gram */
};

void sr_fold_init(struct sr_fold *f, struct sr_bytes in);
/* The next unit; false at the end. */
bool sr_fold_next(struct sr_fold *f, struct sr_fold_unit *u);

/* All units with single spaces between (none between joined grams): for tests and for sorting
 * titles. */
void sr_fold_text(struct sr_buf *out, struct sr_bytes in);

#endif
