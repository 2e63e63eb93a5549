/*
 * sniff - what a file is, by its first bytes, as far as it decides how it is taken apart.
 */
#ifndef SR_PARSER_SNIFF_H
#define SR_PARSER_SNIFF_H

#include "parser/stream.h"

enum {
	PAR_HEAD = 33 << 10 /* bytes that are looked at: an ISO image shows at 32,769 */
};

enum par_form {
	PAR_OTHER,   /* nothing to take apart */
	PAR_ARCHIVE, /* libarchive lists it */
	PAR_FILTER,  /* compressed: one stream, or an archive in it */
	PAR_MBOX,    /* parser/mail.h */
	PAR_MAIL,
	PAR_WARC,    /* parser/web_archive.h */
	PAR_PROGRAM, /* nothing, or an archive behind a program that unpacks it */
	PAR_DOCUMENT /* a zip that is one document (office, e-book): rendered, not taken apart */
};

enum par_form par_sniff(struct sr_bytes head);
const char *par_form_name(enum par_form f);

#endif
