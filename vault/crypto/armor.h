/*
 * armor - the text form of an age file: strict PEM (RFC 7468) with the label "AGE ENCRYPTED FILE".
 *
 *   white space, lines of nothing else     at most SR_AGE_ARMOR_SPACE bytes
 *   -----BEGIN AGE ENCRYPTED FILE-----
 *   base64, 64 characters a line           padded, canonical; a shorter line only as the last
 *   -----END AGE ENCRYPTED FILE-----       its line end may be missing
 *   white space                            at most SR_AGE_ARMOR_SPACE bytes
 *
 * Lines end with LF or CR LF. No headers, no checksum, no empty line, no white space inside.
 *
 * BEFORE --begin--> BODY --short line--> LAST --end--> AFTER --finish--> DONE. Bytes come in pieces
 * of any size; what is decoded goes to the sink line by line. The first failure is final; CORRUPT
 * texts begin "age armor", other codes are the sink's.
 */
#ifndef SR_CRYPTO_ARMOR_H
#define SR_CRYPTO_ARMOR_H

#include "crypto/age.h"

enum {
	SR_AGE_ARMOR_SPACE = 1024 /* bytes of white space before, and after: what age takes */
};

/* May ${first} bytes of a file be armor? They begin with white space or '-', as no binary age file
 * does. */
bool sr_age_armored(struct sr_bytes first);

struct sr_age_armor; /* opaque */
SR_MUST int sr_age_armor_new(struct sr_age_armor **out, struct sr_age_sink to, struct sr_err *e);
SR_MUST int sr_age_armor_write(struct sr_age_armor *a, const void *p, size_t len, struct sr_err *e);
SR_MUST int sr_age_armor_finish(struct sr_age_armor *a, struct sr_err *e);
void sr_age_armor_free(struct sr_age_armor *a); /* NULL allowed */

#endif
