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
 *
 * They come in generations: board/rotate.h makes the next one. Of those before only that is kept
 * which still opens what was sealed then, and the public keys that it was signed with. The sealed
 * plaintext:
 *
 *   offset      size  meaning
 *        0       384  the keys in force (struct sr_service_secrets)
 *      384   n * 144  former generations, newest first, n at most SR_LOG_KEYS - 1:
 *                       le64 entry of the service-key that ended it, le64 its last key epoch,
 *                       ledger_pk, room_pk, structure_sk, epoch_key
 *   384 + n*144  128  while the change to these keys is under way, of the newest former one:
 *                     ledger_seed, room_seed, secrets_wrap, journal_key; else nothing
 */
#ifndef SR_BOARD_SERVICE_H
#define SR_BOARD_SERVICE_H

#include "base/fs.h"
#include "crypto/box.h"
#include "crypto/passphrase.h"
#include "merkle/logkeys.h"

struct sr_service_secrets {             /* in this order in the sealed file */
	uint8_t ledger_seed[SR_SEED];   /* signs checkpoints */
	uint8_t room_seed[SR_SEED];     /* signs service statements and envelopes */
	uint8_t structure_sk[SR_X_SK];  /* opens pack footers and reach lists */
	uint8_t intake_sk[SR_X_SK];     /* opens what an interrupted accession must remember */
	uint8_t epoch_key[SR_KEY];      /* structural compartments of this generation's epochs */
	uint8_t catalogue_key[SR_KEY];  /* catalogue.db */
	uint8_t index_key[SR_KEY];      /* index.db */
	uint8_t secrets_wrap[SR_KEY];   /* wraps the root cell of secrets.db; never a root */
	uint8_t kdf_key[SR_KEY];        /* dedupe: block keys */
	uint8_t journal_key[SR_KEY];    /* MAC of the secrets.db state in commit records */
	uint8_t quarantine_key[SR_KEY]; /* outer layer of quarantine seals, inside secrets.db; kept
					   by the next generation: what it covers lies under the
					   root */
	uint8_t secrets_file[SR_KEY];   /* binds secrets.db's records to the file; opens nothing
					   without the root; kept by the next generation */
};

struct sr_service_leaving { /* what a change under way still needs of the keys before */
	uint8_t ledger_seed[SR_SEED];
	uint8_t room_seed[SR_SEED];
	uint8_t secrets_wrap[SR_KEY];
	uint8_t journal_key[SR_KEY];
};

enum {
	SR_SERVICE_FORMER = SR_LOG_KEYS - 1
};
/* One allocation of the secret arena. Keys of several generations lie newest first, so that whoever
 * opens something old tries them in turn. */
struct sr_service_arena {
	struct sr_service_secrets now;
	struct sr_service_leaving leaving;
	uint8_t structure_sk[SR_LOG_KEYS][SR_X_SK];
	uint8_t epoch_key[SR_LOG_KEYS][SR_KEY];
};

struct sr_service {
	struct sr_service_secrets *s; /* of the arena: the keys in force */
	struct sr_service_arena *arena;
	size_t generations; /* 1 and the former ones */
	bool under_way;     /* arena->leaving counts; see board/rotate.h */
	char origin[256];
	uint8_t ledger_pk[SR_PK];
	uint8_t room_pk[SR_PK];
	uint8_t structure_pk[SR_X_PK];
	uint8_t intake_pk[SR_X_PK];
	uint8_t former_ledger[SR_SERVICE_FORMER][SR_PK]; /* newest first, as all former */
	uint8_t former_room[SR_SERVICE_FORMER][SR_PK];
	uint64_t former_end[SR_SERVICE_FORMER];   /* entry of the service-key that ended it */
	uint32_t former_epoch[SR_SERVICE_FORMER]; /* its last key epoch, in force at that entry */
};

SR_MUST int sr_service_new(struct sr_service **out, const char *origin, struct sr_err *e);
/* The generation after ${k}, whose service-key will be entry ${from} in key epoch ${epoch}, the
 * last of ${k}; the change is under way. LIMIT: ${k} is the last that there can be. */
SR_MUST int sr_service_next(struct sr_service **out, const struct sr_service *k, uint64_t from,
	uint32_t epoch, struct sr_err *e);
/* The change is done: what it needed of the keys before is wiped, and the next seal is without. */
void sr_service_settled(struct sr_service *k);

SR_MUST int sr_service_seal(struct sr_buf *out, const struct sr_service *k,
	const struct sr_unlock *u, struct sr_err *e);
SR_MUST int sr_service_open(
	struct sr_service **out, struct sr_bytes file, const struct sr_unlock *u, struct sr_err *e);
/* The plaintext above, appended to a secret buffer. */
SR_MUST int sr_service_put(struct sr_buf *out, const struct sr_service *k, struct sr_err *e);
/* From that plaintext. CORRUPT. */
SR_MUST int sr_service_of(
	struct sr_service **out, struct sr_bytes origin, struct sr_bytes secrets, struct sr_err *e);
void sr_service_free(struct sr_service *k); /* NULL allowed */

/* The secret that key epoch ${epoch} derives from. */
const uint8_t *sr_service_epoch_key(const struct sr_service *k, uint32_t epoch);
/* Is it one of the first generation? */
bool sr_service_epoch_first(const struct sr_service *k, uint32_t epoch);
/* All keys that the log ever had, with the ${count} names that it took (board/adopt.h), in order.
 */
SR_MUST int sr_service_log_keys(struct sr_log_keys *out, const struct sr_service *k,
	const struct sr_log_link *names, size_t count, struct sr_err *e);
/* The room signing key that entry ${index} was signed with. */
const uint8_t *sr_service_room_at(const struct sr_service *k, uint64_t index);

#endif
