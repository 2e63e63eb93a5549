/*
 * letter - the words of a message: the header's from, to, subject and date, then its parts of text
 * (mail.h takes it apart), of which HTML is read as words (markup.h). Other parts are files of
 * their own, which unpacking takes out; here they are named.
 */
#ifndef SR_PARSER_LETTER_H
#define SR_PARSER_LETTER_H

#include "parser/text.h"

enum {
	PAR_LETTER_PART = 4 << 20 /* bytes of a part that are read */
};

/* Says done. */
void par_letter_text(struct sr_inside *s);

#endif
