/*
 * recipient - the age key of the vault: what is sealed to it anywhere, by the stock program, is
 * opened while it is deposited (core/inflow.h), and by nothing else.
 *
 * The key is X25519, BLAKE2b("strongroom/intake-recipient/v1", intake key, vault): new service keys
 * make another one. It is published in a text that the room's signing key of `found` has signed, so
 * whoever knows the fingerprint need not believe the vault:
 *
 *   strongroom/intake-recipient/v1
 *   vault <64 hex>
 *   recipient age1...
 */
#ifndef SR_INTAKE_RECIPIENT_H
#define SR_INTAKE_RECIPIENT_H

#include "board/vault.h"
#include "crypto/age.h"

/* The secret key; the caller wipes it. */
void sr_intake_age_key(uint8_t sk[SR_X_SK], const struct sr_vault *v);
/* Appends the text to ${text}, and its signature. */
SR_MUST int sr_intake_recipient_sign(
	struct sr_buf *text, uint8_t sig[SR_SIG], const struct sr_vault *v, struct sr_err *e);
/* The recipient of such a text. CORRUPT; AUTH: another vault, or another key signed it. */
SR_MUST int sr_intake_recipient_read(char out[SR_AGE_RECIPIENT_TEXT], struct sr_bytes text,
	const uint8_t sig[SR_SIG], const uint8_t fingerprint[SR_HASH], const uint8_t room_pk[SR_PK],
	struct sr_err *e);

#endif
