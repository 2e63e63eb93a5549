/*
 * epoch - an epoch's structural key, sealed to each auditor, as the body of one object record
 * (key-epoch's `keys`).
 *
 *   strongroom/epoch-keys/v1
 *   vault <hex64>
 *   epoch <dec>
 *   auditor p-... <base64 of the box>       (+) in byte order of names
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

#endif
