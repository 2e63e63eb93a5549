/*
 * charset - bytes of unknown or named encoding, as UTF-8.
 *
 * A byte order mark decides; else valid UTF-8 is UTF-8; else a name that the document says, if it
 * is one of ours; else it is UTF-8 that was damaged, if there is more of that; else the letters do:
 * in Windows-1251 and Windows-1256 words are made of bytes above 0x7F, and which of them are common
 * tells Russian from Arabic; KOI8-R likewise; what remains is Windows-1252. A guess is told as one.
 * Source of the tables: encoding.spec.whatwg.org (index-windows-125x, index-koi8-r).
 */
#ifndef SR_PARSER_CHARSET_H
#define SR_PARSER_CHARSET_H

#include "base/bytes.h"

enum par_charset {
	PAR_UTF8,
	PAR_UTF16LE,
	PAR_UTF16BE,
	PAR_WINDOWS1252,
	PAR_WINDOWS1251,
	PAR_WINDOWS1256,
	PAR_KOI8R,
	PAR_CHARSETS
};
const char *par_charset_name(enum par_charset c);
/* By the name that a document says; false: none of ours. */
bool par_charset_named(enum par_charset *out, struct sr_bytes name);
/* What a byte from 0x80 on is in an encoding of one byte a character. */
uint32_t par_charset_high(enum par_charset c, uint8_t byte);
/* By all of a text: one that begins with a long head of ASCII is no UTF-8 for it. ${named} may be
 * empty. */
enum par_charset par_charset_of(struct sr_bytes text, struct sr_bytes named, bool *guessed);
/* Appended as UTF-8, without a byte order mark; what is no character becomes U+FFFD. */
void par_charset_decode(struct sr_buf *out, enum par_charset c, struct sr_bytes in);

#endif
