/*
 * keychange - the statement `service-key`: the vault's signing keys end here, and others follow; or
 * the log's name does (board/rotate.h, board/adopt.h).
 *
 *   strongroom/service-key/v1
 *   vault, id, time, actor service
 *   from <dec>             its own index: trees that hold it are signed by the next key
 *   ledger-key <vkey>      the next ones; under the next name
 *   room-key <base64>
 *   agreed <dec>           with another name, and then all three (merkle/logchange.h)
 *   known <dec>
 *   root <hash>
 *
 *   - <name>         the ledger key until now, under the name until now
 *   - <origin>/room  the room signing key until now
 *
 * Who trusts the keys before trusts the ones that both of them name. The two signatures serve two
 * readers: one who has checked statements (client, auditor) asks for both; one who knows the log's
 * public key and nothing else (an outsider, a client that meets a checkpoint of a later key) can
 * check the first. The note has no secret in it and lies in the open (hello, exports).
 *
 * A thief of the keys before can sign such a statement too, as they can sign a whole other log;
 * what tells their log from this one is who remembers it: clients (ledger/seen.h keeps the chain of
 * keys and refuses another), witnesses, receipts. Another name is believed on the board's word
 * alone (merkle/logkeys.h).
 *
 * `origin` is what the founders signed: rooms and entries are bound to it, whatever the log's name.
 */
#ifndef SR_LEDGER_KEYCHANGE_H
#define SR_LEDGER_KEYCHANGE_H

#include "ledger/statement.h"
#include "merkle/logchange.h"

struct sr_key_change {
	struct sr_log_change log;
	uint8_t room_pk[SR_PK];
};

/* The text's fields after sr_statement_begin. */
SR_MUST int sr_key_change_put(struct sr_buf *text, const struct sr_key_change *k, struct sr_err *e);
struct sr_key_change_by { /* who signs: the keys until now */
	const char *origin;
	const char *name; /* the log's until now */
	const uint8_t *ledger_seed, *room_seed;
};
/* The whole note. */
SR_MUST int sr_key_change_sign(struct sr_buf *out, struct sr_bytes text,
	const struct sr_key_change_by *by, struct sr_err *e);
/* What it says. CORRUPT: another type. */
SR_MUST int sr_key_change_read(
	struct sr_key_change *out, const struct sr_statement *s, struct sr_err *e);
/* Exactly these two signatures, and a change that may follow ${before}; ${room_pk} NULL: that one
 * is not looked at. AUTH. */
SR_MUST int sr_key_change_verify(const struct sr_statement *s, const char *origin,
	const struct sr_log_link *before, const uint8_t *room_pk, struct sr_err *e);
/* One note of a log that is followed by its public keys: the next of ${keys}, or one that is there
 * already. ${out} (may be NULL): what it says. AUTH: of another vault (${vault} NULL: any), not
 * signed by the key before it, or another change than was followed before. */
SR_MUST int sr_key_change_follow(struct sr_key_change *out, struct sr_log_keys *keys,
	const uint8_t *vault, struct sr_bytes note, struct sr_err *e);

#endif
