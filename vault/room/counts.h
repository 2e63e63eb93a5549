/*
 * counts - what may be known of a text without reading it: numbers, by page (or minute, as
 * room/features.h has them).
 *
 * A page has: tokens, how many of them are distinct, sentences, lines, characters, letters by
 * script, a language that is guessed by its most common words or letters, and how it was read
 * (text, OCR). There is no token in it, nor how often any one comes: a list of words with their
 * counts is most of what a page says, and all of what names, addresses and instructions say. Names
 * of files, sizes and times are left out too. A page of fewer than SR_COUNTS_FEW tokens says only
 * that: of so little, numbers are nearly words.
 *
 * What it still tells: somebody who has a document can compare numbers, and learn that the item is
 * this document. So a set of counts is for those who were granted it, not for everybody.
 *
 * A token is a run of letters, marks and digits; case is folded for ASCII when they are compared. A
 * sentence ends with . ! ? or the signs of Arabic, Urdu, Chinese and Hindi.
 */
#ifndef SR_ROOM_COUNTS_H
#define SR_ROOM_COUNTS_H

#include "base/bytes.h"

enum {
	SR_COUNTS_FEW = 20,
	SR_COUNTS_DISTINCT = 1 << 17 /* distinct tokens that are told apart; a page has 1 MiB */
};

enum sr_script {
	SR_SCRIPT_LATIN,
	SR_SCRIPT_ARABIC,
	SR_SCRIPT_CYRILLIC,
	SR_SCRIPT_GREEK,
	SR_SCRIPT_HEBREW,
	SR_SCRIPT_HAN, /* and kana, hangul */
	SR_SCRIPT_OTHER,
	SR_SCRIPTS
};
const char *sr_script_name(enum sr_script s);

struct sr_page_counts {
	uint64_t tokens, distinct, sentences, lines, characters;
	uint64_t letters[SR_SCRIPTS];
	const char *language; /* ISO 639-1, or NULL: not known */
};

struct sr_counter; /* opaque */
SR_MUST int sr_counter_new(struct sr_counter **out, struct sr_err *e);
void sr_counter_free(struct sr_counter *c); /* wipes; NULL allowed */
/* Text of the page at hand, UTF-8, in whole lines or not, but in whole characters. */
void sr_counter_feed(struct sr_counter *c, struct sr_bytes text);
/* The page is over: its counts, and another begins. */
void sr_counter_page(struct sr_counter *c, struct sr_page_counts *out);

#endif
