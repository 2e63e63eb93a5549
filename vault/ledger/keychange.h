/*
 * keychange - the statement `service-key`: the vault's signing keys end here, and others follow.
 *
 *   strongroom/service-key/v1
 *   vault, id, time, actor service
 *   from <dec>             its own index: trees that hold it are signed by the next key
 *   ledger-key <vkey>      the next ones
 *   room-key <base64>
 *
 *   - <origin>       the ledger key until now
 *   - <origin>/room  the room signing key until now
 *
 * Who trusts the keys before trusts the ones that both of them name. The two signatures serve two
 * readers: one who has checked statements (client, auditor) asks for both; one who knows the log's
 * public key and nothing else (an outsider, a client that meets a checkpoint of a later key) can
 * check the first. The note has no secret in it and lies in the open (hello, exports).
 *
 * A thief of the keys before can sign such a statement too, as they can sign a whole other log;
 * what tells their log from this one is who remembers it: clients (ledger/seen.h keeps the chain of
 * keys and refuses another), witnesses, receipts.
 */
#ifndef SR_LEDGER_KEYCHANGE_H
#define SR_LEDGER_KEYCHANGE_H

#include "ledger/statement.h"
#include "merkle/logkeys.h"

enum {
	SR_KEY_CHANGE_MAX = 2048 /* bytes of the note: a dozen lines, an origin three times */
};

struct sr_key_change {
	uint64_t from;
	uint8_t ledger_pk[SR_PK];
	uint8_t room_pk[SR_PK];
};

/* The text's fields after sr_statement_begin. */
SR_MUST int sr_key_change_put(
	struct sr_buf *text, const struct sr_key_change *k, const char *origin, struct sr_err *e);
/* The whole note, signed by the keys until now. */
SR_MUST int sr_key_change_sign(struct sr_buf *out, struct sr_bytes text, const char *origin,
	const uint8_t ledger_seed[SR_SEED], const uint8_t room_seed[SR_SEED], struct sr_err *e);
/* What it says. CORRUPT: another type, or a ledger key that is not one of ${origin}. */
SR_MUST int sr_key_change_read(struct sr_key_change *out, const struct sr_statement *s,
	const char *origin, struct sr_err *e);
/* Exactly these two signatures; ${room_pk} NULL: that one is not looked at. AUTH. */
SR_MUST int sr_key_change_verify(const struct sr_statement *s, const char *origin,
	const uint8_t ledger_pk[SR_PK], const uint8_t *room_pk, struct sr_err *e);
/* One note of a log that is followed by its public keys: the next of ${keys}, or one that is there
 * already. AUTH: of another vault (${vault} NULL: any), not signed by the newest key, or another
 * change than was followed before. */
SR_MUST int sr_key_change_follow(struct sr_log_keys *keys, const char *origin, const uint8_t *vault,
	struct sr_bytes note, struct sr_err *e);

#endif
