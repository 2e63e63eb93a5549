/*
 * rtf - the words of RTF (Rich Text Format 1.9.1): groups whose destination is none of a reader's
 * (fonts, colours, styles, pictures, "\*"; but not text boxes, remarks and how an object looks) are
 * passed over; \par, \line, \tab, \'hh (in the encoding of the font at hand, \fcharset, else in the
 * code page of \ansicpg; if it is one of charset.h), \uN with its \ucN stand-ins.
 */
#ifndef SR_PARSER_RTF_H
#define SR_PARSER_RTF_H

#include "base/bytes.h"

bool par_is_rtf(struct sr_bytes head);
void par_rtf_text(struct sr_buf *out, struct sr_bytes in);

#endif
