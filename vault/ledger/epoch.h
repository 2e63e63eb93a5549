/*
 * epoch - an epoch's structural key, sealed to each auditor, as the body of one object record
 * (key-epoch's `keys`).
 *
 *   strongroom/epoch-keys/v1
 *   vault <hex64>
 *   epoch <dec>
 *   auditor p-... <base64 of the box>       (+) in byte order of names
 *
 * Or the keys of several epochs, sealed to one auditor who came later (auditor's `keys`):
 *
 *   strongroom/auditor-keys/v1
 *   vault <hex64>
 *   auditor p-...
 *   epoch <dec> <base64 of the box>         (+) in ascending order
 *
 * The box is crypto/box.h, label "strongroom/epoch-key/v1", context vault, epoch, name of the
 * auditor; bound to the auditor's signing key.
 */
#ifndef SR_LEDGER_EPOCH_H
#define SR_LEDGER_EPOCH_H

#include "ledger/entry.h"

struct sr_auditor {
	char person[SR_PERSON_TEXT];
	uint8_t pk[SR_PK];
};

/* ${auditors} in byte order of names without duplicates (else MISUSE). Only the structural key of
 * ${epoch} goes in. */
SR_MUST int sr_epoch_seal(struct sr_buf *out, const uint8_t vault[SR_HASH],
	const struct sr_epoch *epoch, const struct sr_auditor *auditors, size_t count,
	struct sr_err *e);
/* The structural key for ${person}: NOTFOUND if none is sealed to them. ${number} must be the one
 * inside. */
SR_MUST int sr_epoch_open(uint8_t key[SR_KEY], struct sr_bytes body, const uint8_t vault[SR_HASH],
	uint32_t number, const char *person, const uint8_t seed[SR_SEED], struct sr_err *e);

/* The structural keys of epochs ${first} to ${last}, all derived from ${secret}, to one auditor. */
struct sr_epoch_range {
	uint32_t first, last;
	const uint8_t *secret; /* SR_KEY bytes (sr_epoch_derive) */
};
SR_MUST int sr_epochs_seal(struct sr_buf *out, const uint8_t vault[SR_HASH],
	const struct sr_epoch_range *r, const struct sr_auditor *a, struct sr_err *e);
/* Either of the two: the key of epoch ${number} in it for ${person}. NOTFOUND: it has none. */
SR_MUST int sr_epoch_find(uint8_t key[SR_KEY], struct sr_bytes body, const uint8_t vault[SR_HASH],
	uint32_t number, const char *person, const uint8_t seed[SR_SEED], struct sr_err *e);

#endif
