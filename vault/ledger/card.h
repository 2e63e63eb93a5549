/*
 * card - a self-signed key card: "this key is mine, and the text behind this commitment is my
 * name".
 *
 *   strongroom/card/v1
 *   person p-<16 hex>               only on a next card: the name of the person's first key
 *   key <base64 of 32 bytes>
 *   name ~<base64 of 32 bytes>      sr_text_commit(salt, name and address); the text travels as a
 *                                   personal record
 *   (blank line) one note signature line named p-<16 hex>, by that key; on a next card perhaps a
 *   second one of the same name, by the key before
 *
 * The card proves possession of the key before anyone else signs for it. A next card says whose new
 * key it is: by itself that is a claim, which the person's key before may bear out (the second
 * line), or those who vouch for it. In statements a card is the base64 of these bytes.
 */
#ifndef SR_LEDGER_CARD_H
#define SR_LEDGER_CARD_H

#include "crypto/sign.h"

enum {
	SR_CARD_MAX = 512
}; /* bytes: 4 lines, two signatures: about 400 */

struct sr_card {
	uint8_t key[SR_PK];
	uint8_t name[SR_HASH]; /* the commitment */
	char person[SR_PERSON_TEXT];
	bool next;   /* another key of somebody who is there already */
	bool by_old; /* a second signature is there; sr_card_by_old says whether it is good */
};

/* Append the first card of the key of ${seed} to ${out}. */
SR_MUST int sr_card_make(struct sr_buf *out, const uint8_t seed[SR_SEED],
	const uint8_t name[SR_HASH], struct sr_err *e);
/* Append a next card of ${person}, whose new key is that of ${seed}; ${old}: the seed before, or
 * NULL when it is lost. */
struct sr_card_next {
	const char *person;
	const uint8_t *old; /* SR_SEED bytes */
};
SR_MUST int sr_card_make_next(struct sr_buf *out, const uint8_t seed[SR_SEED],
	const uint8_t name[SR_HASH], const struct sr_card_next *next, struct sr_err *e);
/* The second signature is by ${pk}: 0 or AUTH. */
SR_MUST int sr_card_by_old(struct sr_bytes card, const uint8_t pk[SR_PK], struct sr_err *e);
/* Parse and check: CORRUPT (format), AUTH (signature, or the signature's name is not that of the
 * key). */
SR_MUST int sr_card_read(struct sr_card *out, struct sr_bytes card, struct sr_err *e);
/* The same of a card in a statement that was parsed: parsing checked its signature, which is nearly
 * all the work of reading a card (and `found` has many). */
SR_MUST int sr_card_reread(struct sr_card *out, struct sr_bytes card, struct sr_err *e);

#endif
