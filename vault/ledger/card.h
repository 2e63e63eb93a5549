/*
 * card - a self-signed key card: "this key is mine, and the text behind this commitment is my
 * name".
 *
 *   strongroom/card/v1
 *   key <base64 of 32 bytes>
 *   name ~<base64 of 32 bytes>      sr_text_commit(salt, name and address); the text travels as a
 * personal record (blank line) one note signature line named p-<16 hex>, by that key
 *
 * The card proves possession of the key before anyone else signs for it. In statements it is the
 * base64 of these bytes.
 */
#ifndef SR_LEDGER_CARD_H
#define SR_LEDGER_CARD_H

#include "crypto/sign.h"

enum {
	SR_CARD_MAX = 512
}; /* bytes: 3 lines, one signature: about 260 */

struct sr_card {
	uint8_t key[SR_PK];
	uint8_t name[SR_HASH]; /* the commitment */
	char person[SR_PERSON_TEXT];
};

/* Append the card of the key of ${seed} to ${out}. */
SR_MUST int sr_card_make(struct sr_buf *out, const uint8_t seed[SR_SEED],
	const uint8_t name[SR_HASH], struct sr_err *e);
/* Parse and check: CORRUPT (format), AUTH (signature, or the signature's name is not that of the
 * key). */
SR_MUST int sr_card_read(struct sr_card *out, struct sr_bytes card, struct sr_err *e);

#endif
