/*
 * encoded - what headers of mail hold that is no ASCII: encoded words (RFC 2047), and parameters
 * in another encoding or in several pieces (RFC 2231).
 *
 *   word        "=?" charset ["*" language] "?" ("Q" | "B") "?" text "?="; white space between two
 *               of them is none, and the bytes of neighbours in one charset are decoded together
 *   parameter   key="value" | key*=charset'language'percent-encoded | key*0="a"; key*1*=b; ...
 *
 * What is malformed, or in a charset that is not known here (charset.h), stays as it stands there.
 */
#ifndef SR_PARSER_ENCODED_H
#define SR_PARSER_ENCODED_H

#include "base/bytes.h"

enum {
	/* Of one parameter: a name is 255 bytes of a part (mail.c), 765 as they are written, and
	 * the header is looked through for each. */
	PAR_PARAMETER_PIECES = 25
};

/* Append the value of a header: its words decoded, its folded lines joined. What obeys (control
 * characters) in an encoded word becomes a space: nothing of it makes a line. */
void par_encoded_text(struct sr_buf *out, struct sr_bytes value);
/* The parameter ${key} (lower case) of a header's value instead of what is in ${out}; nothing: it
 * has none. Its words are left as they are. */
void par_encoded_parameter(struct sr_buf *out, struct sr_bytes value, const char *key);

#endif
