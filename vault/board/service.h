/*
 * service - the keys of the vault itself, in keys/service, sealed to a passphrase or a credential
 * (DESIGN 5).
 *
 * None of them opens an item: an item's part is sealed to the board, its slot lies in secrets.db,
 * and the wrap key here only wraps the root cell of secrets.db. They live in the secret arena and
 * are wiped by sr_service_free.
 *
 *   keys/service   strongroom/service/v1 / origin / ledger-key <vkey> / room-key <b64> / salt, ops,
 * mem | credential / sealed
 */
#ifndef SR_BOARD_SERVICE_H
#define SR_BOARD_SERVICE_H

#include "base/fs.h"
#include "crypto/box.h"
#include "crypto/passphrase.h"

struct sr_service_secrets { /* one allocation of the secret arena, in this order in the sealed file
			     */
	uint8_t ledger_seed[SR_SEED];   /* signs checkpoints */
	uint8_t room_seed[SR_SEED];     /* signs service statements and envelopes */
	uint8_t structure_sk[SR_X_SK];  /* opens pack footers and reach lists */
	uint8_t intake_sk[SR_X_SK];     /* opens what an interrupted accession must remember */
	uint8_t epoch_key[SR_KEY];      /* structural compartments, epoch 1 */
	uint8_t catalogue_key[SR_KEY];  /* catalogue.db */
	uint8_t index_key[SR_KEY];      /* index.db */
	uint8_t secrets_wrap[SR_KEY];   /* wraps the root cell of secrets.db; never a root */
	uint8_t kdf_key[SR_KEY];        /* dedupe: block keys */
	uint8_t journal_key[SR_KEY];    /* MAC of the secrets.db state in commit records */
	uint8_t quarantine_key[SR_KEY]; /* outer layer of quarantine seals */
};

struct sr_service {
	struct sr_service_secrets *s;
	char origin[256];
	uint8_t ledger_pk[SR_PK];
	uint8_t room_pk[SR_PK];
	uint8_t structure_pk[SR_X_PK];
	uint8_t intake_pk[SR_X_PK];
};

SR_MUST int sr_service_new(struct sr_service **out, const char *origin, struct sr_err *e);
SR_MUST int sr_service_seal(struct sr_buf *out, const struct sr_service *k,
	const struct sr_unlock *u, struct sr_err *e);
SR_MUST int sr_service_open(
	struct sr_service **out, struct sr_bytes file, const struct sr_unlock *u, struct sr_err *e);
/* From the secrets' bytes, as sr_service_seal and board/recovery.h seal them. CORRUPT. */
SR_MUST int sr_service_of(
	struct sr_service **out, struct sr_bytes origin, struct sr_bytes secrets, struct sr_err *e);
void sr_service_free(struct sr_service *k); /* NULL allowed */

#endif
