/*
 * escape - bytes from outside, made fit for a terminal or a log line.
 * Printable UTF-8 passes; controls, C1, bidirectional overrides, invalid UTF-8 and the backslash
 * become \n, \t, \xNN, \u{NNNN}.
 */
#ifndef SR_BASE_ESCAPE_H
#define SR_BASE_ESCAPE_H

#include "base/bytes.h"

/* Append the escaped form of ${in} to ${out}; at most ${max} bytes of output, then "..." (max 0: no
 * limit). */
void sr_escape(struct sr_buf *out, struct sr_bytes in, size_t max);
/* For error texts: escapes into a caller's array, always terminated; returns ${out}. */
const char *sr_escape_to(char *out, size_t size, struct sr_bytes in);
/* Text for a terminal: as sr_escape, but newline and tab stay themselves. */
void sr_escape_text(struct sr_buf *out, struct sr_bytes in);
/* Length in bytes (1..4) of the valid UTF-8 character at ${in}, its code point in ${cp}; 0 if
 * invalid or empty. Overlong forms, surrogates and values above 10FFFF are invalid. */
size_t sr_utf8_next(struct sr_bytes in, uint32_t *cp);
bool sr_utf8_valid(struct sr_bytes in);
/* The beginning of ${in} that has at most ${max} bytes and does not end within a character. */
struct sr_bytes sr_utf8_fit(struct sr_bytes in, size_t max);
/* May it be shown as it is, as what sr_escape writes may: UTF-8 without any of what it replaces,
 * but for backslashes? */
bool sr_escape_valid(struct sr_bytes in);
/* Append ${cp}, which is no surrogate and at most 10FFFF. */
void sr_utf8_put(struct sr_buf *out, uint32_t cp);

#endif
