/*
 * name - what Cedar calls an identifier and a path.
 *
 * ANYIDENT = [_a-zA-Z][_a-zA-Z0-9]*; IDENT = ANYIDENT but the nine reserved words; a path is
 * IDENT { "::" IDENT }, without blanks (in policy text blanks are allowed: the parser joins).
 */
#ifndef SR_POLICY_NAME_H
#define SR_POLICY_NAME_H

#include "base/bytes.h"

/* Reserved words; SR_WORD_NONE for every other identifier. */
enum sr_cedar_word {
	SR_WORD_NONE,
	SR_WORD_TRUE,
	SR_WORD_FALSE,
	SR_WORD_IF,
	SR_WORD_THEN,
	SR_WORD_ELSE,
	SR_WORD_IN,
	SR_WORD_IS,
	SR_WORD_LIKE,
	SR_WORD_HAS,
	SR_WORD_CEDAR
};

bool sr_cedar_ident_first(uint8_t c);
bool sr_cedar_ident_next(uint8_t c);
enum sr_cedar_word sr_cedar_word_of(struct sr_bytes ident);
bool sr_cedar_is_anyident(struct sr_bytes s);
bool sr_cedar_is_ident(struct sr_bytes s);
bool sr_cedar_is_path(struct sr_bytes s);
/* Is the last part of the path "Action"? */
bool sr_cedar_is_action_type(struct sr_bytes path);

#endif
