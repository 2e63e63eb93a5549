/*
 * identify - what bytes are, by libmagic.
 */
#ifndef SR_PARSER_IDENTIFY_H
#define SR_PARSER_IDENTIFY_H

#include "base/bytes.h"

enum {
	PAR_IDENTIFY = 256 << 10 /* bytes that are looked at */
};

/* Load the data base; false: it cannot be. Before anything hostile is looked at, and before workers
 * are forked. */
bool par_identify_begin(void);
/* "text/plain", or "application/octet-stream"; a view until the next call of either. */
const char *par_media_type(struct sr_bytes head);
/* libmagic's sentence. */
const char *par_description(struct sr_bytes head);

#endif
