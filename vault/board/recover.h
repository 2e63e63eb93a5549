/*
 * recover - keys/service.board kept up to date, and the service keys given back by members' pieces.
 * The texts are board/recovery.h's.
 *
 * settle: the file is there, the one this vault wrote, and made for the members, keys and boxes of
 * the founding board as they are now; else it is written anew, under a fresh part and the next
 * number, and the bytes before are overwritten. At every opening, and when the board changed.
 *
 * A recovery, with the vault open nowhere:
 *
 *   begin    a fresh key; its secret half is sealed to the passphrase or credential that the
 *            service keys will have, the ask goes to the members
 *   finish   1  k good pieces -> the service keys, in memory
 *            2  the vault opens with them, whole: they are its keys, or nothing is changed
 *            3  keys/recovered says what is about to happen, durable
 *            4  keys/service is sealed to the new passphrase (board/unlock.h)
 *            5  `recover` is the first entry of the log
 *            6  keys/recovered goes
 *            7  keys/service.board is made anew
 *
 * keys/recovered names the hash of the new keys/service, and has a check line keyed by the service
 * keys: whoever writes to the disks alone puts no members' names into the log. A kill before 4
 * leaves one that fits nothing: the next opening, with whatever passphrase, removes it. A kill
 * after 4 leaves the new passphrase in force, and the next opening does 5 to 7 before anything else
 * goes into the log.
 */
#ifndef SR_BOARD_RECOVER_H
#define SR_BOARD_RECOVER_H

#include "board/recovery.h"
#include "board/vault.h"

#define SR_RECOVER_FILE "service.board"
#define SR_RECOVER_NOTE "recovered"

/* *${written}: it was missing, old, or not ours. Nothing to do before the founding board opened. */
SR_MUST int sr_recover_settle(struct sr_vault *v, bool *written, struct sr_err *e);

/* Made anew in any case, when the board is open. */
SR_MUST int sr_recover_renew(struct sr_vault *v, struct sr_err *e);

/* What the members gave: into keys/recovered and the log. */
struct sr_recovered {
	uint8_t ask[SR_HASH];
	uint8_t board[SR_ID];
	uint64_t epoch;
	uint8_t level;
	char member[SR_BOARD_MEMBERS_MAX][SR_PERSON_TEXT]; /* whose pieces were used; any order */
	size_t members;
};
/* Steps 3 and 4, in a vault that opened with the keys that the members gave. */
SR_MUST int sr_recover_seal(struct sr_vault *v, const struct sr_recovered *r,
	const struct sr_unlock *u, struct sr_err *e);
/* Steps 5 and 6, if they are due; *${logged}. */
SR_MUST int sr_recover_log(struct sr_vault *v, bool *logged, struct sr_err *e);
/* keys/recovered, read: for the fuzzer too. ${service} and ${check} as its lines say, unchecked. */
SR_MUST int sr_recovered_read(struct sr_recovered *out, uint8_t service[SR_HASH],
	uint8_t check[SR_HASH], struct sr_bytes text, struct sr_err *e);

/* Begin: ${ask} for the members, ${key} (sealed under ${u}) for the custodian. NOTFOUND: the vault
 * has no keys/service.board (its board never opened). */
struct sr_recover_begin {
	const char *path;
	struct sr_unlock unlock;
};
SR_MUST int sr_recover_begin(struct sr_buf *ask, struct sr_buf *key, uint8_t hash[SR_HASH],
	const struct sr_recover_begin *o, struct sr_err *e);

struct sr_recover_piece {
	struct sr_bytes text;
	char person[SR_PERSON_TEXT]; /* out: whose it says it is; "" unknown */
	int code;                    /* out: 0, or why it does not count */
	struct sr_err err;
	bool twice; /* out: good, and of a member whose piece is there already */
};
struct sr_recover_finish {
	const char *path;
	struct sr_unlock unlock; /* given at begin */
	struct sr_bytes key;     /* the file of begin */
	struct sr_recover_piece *piece;
	size_t pieces;
	struct sr_clock clock;
	const struct sr_progress *progress; /* or NULL */
};
/* DENIED: too few good pieces (each says why); AUTH: another passphrase than at begin, or the file
 * was changed since. ${out}: the open vault. */
SR_MUST int sr_recover_finish(struct sr_vault **out, struct sr_recover_finish *o, struct sr_err *e);

#endif
