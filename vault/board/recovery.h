/*
 * recovery - the service keys sealed to the board, and how k members give them back when the
 * passphrase is lost: three texts and what makes and reads them. Files, locks and the log are
 * board/recover.h's business.
 *
 * keys/service.board lies readable without any key:
 *
 *   strongroom/service-board/v1
 *   origin NAME / ledger-key VKEY / room-key B64     of the service keys inside
 *   vault HEX                                        fingerprint
 *   number DEC                                       of this seal, from 1; each new one the next
 *   level DEC                                        whose key it is sealed to
 *   keys B64                                         the board's public keys (board/shares.h)
 *   member DEC p-... B64 B64                    (+)  index, name, key, box of own shares
 *   seal B64                                         TDH2 of a fresh part (crypto/tdh2.h): kind
 *                                                    "service-keys", id of the board, number
 *   sealed B64                                       aead under KDF(part) of the service keys, with
 *                                                    those before (board/service.h); all lines
 *                                                    before are its associated data
 *   check HEX                                        keyed hash of all before, by the service keys
 *
 * Which level: the board's highest. Everything deposited is sealed at that level first, so whoever
 * is too few for it has lost the archive in any case, and no smaller group gets at the catalogue of
 * what only a larger one may open. The kind in the seal's context is what keeps a piece for the
 * service keys from being one for an item: a member makes it only for a seal whose proof says so.
 * `check` tells the vault, at each opening, that the file is the one it wrote: a damaged one would
 * be noticed only when it is needed.
 *
 * What the custodian carries to the members, and what comes back:
 *
 *   strongroom/recover-ask/v1                    strongroom/recover-piece/v1
 *   key B64     fresh X25519, for this           ask HEX      hash of what was asked
 *               recovery alone                   id HEX       random
 *   file B64    the whole keys/service.board     member DEC p-... B64
 *                                                sealed B64   box to `key` of a piece (piece.h)
 *                                                signature B64  the member's, of all lines before
 *
 * The hash of an ask = BLAKE2b("strongroom/recover-ask/v1"; vault, key, file). Its first 16 bytes
 * are read aloud, in eight groups: a member who hears the custodian read what their own program
 * shows seals to the custodian's key and no other. A piece is one of a vote (crypto/piece.h) with
 * the ask's hash in place of the request's, `key` in place of the room's, and no readers.
 */
#ifndef SR_BOARD_RECOVERY_H
#define SR_BOARD_RECOVERY_H

#include "board/service.h"
#include "board/shares.h"
#include "crypto/identity.h"
#include "crypto/piece.h"
#include "ledger/seen.h"

enum {
	SR_RECOVERY_ASK_TEXT = 40 /* eight groups of four digits, terminated */
};

struct sr_recovery_member {
	uint8_t index;
	char person[SR_PERSON_TEXT];
	uint8_t pk[SR_PK];
	struct sr_bytes box; /* into the file's boxes */
};

/* --- the file --- */

struct sr_recovery {
	char origin[256];
	char ledger_key[SR_VKEY_TEXT]; /* ledger/seen.h */
	uint8_t room_pk[SR_PK];
	uint8_t vault[SR_HASH];
	uint64_t number;
	struct sr_board_keys board;
	uint8_t keys_hash[SR_HASH];
	size_t at; /* of the level among the board's */
	struct sr_recovery_member member[SR_BOARD_MEMBERS_MAX];
	size_t members;
	uint8_t seal[SR_SEAL];
	struct sr_buf sealed, boxes, raw;
	size_t public_size;  /* bytes of raw before the line `sealed` */
	size_t checked_size; /* and before `check` */
	uint8_t check[SR_HASH];
};

struct sr_recovery_in {
	const struct sr_service *keys;
	uint64_t number;
	struct sr_bytes board; /* body of the board's public keys */
	const struct sr_recovery_member *member;
	size_t members;
};
SR_MUST int sr_recovery_make(struct sr_buf *out, const struct sr_recovery_in *in, struct sr_err *e);
/* Form, the board's keys and that the seal is one for the service keys (its proof): CORRUPT, AUTH.
 * Free after success. */
SR_MUST int sr_recovery_read(struct sr_recovery *out, struct sr_bytes file, struct sr_err *e);
void sr_recovery_free(struct sr_recovery *r); /* zeroed: nothing */
/* Did the vault with these keys write it? */
bool sr_recovery_is_ours(const struct sr_recovery *r, const struct sr_service *keys);
/* How many members' pieces it takes. */
size_t sr_recovery_quorum(const struct sr_recovery *r);

/* --- asking, and pieces --- */

struct sr_recovery_ask {
	uint8_t key[SR_X_PK];
	uint8_t hash[SR_HASH];
	struct sr_recovery file;
};
SR_MUST int sr_recovery_ask_make(struct sr_buf *out, const struct sr_recovery *r,
	const uint8_t key[SR_X_PK], struct sr_err *e);
SR_MUST int sr_recovery_ask_read(
	struct sr_recovery_ask *out, struct sr_bytes text, struct sr_err *e);
void sr_recovery_ask_free(struct sr_recovery_ask *a);
/* What is read aloud: "3fa9 01bc ...". */
void sr_recovery_ask_shown(char out[SR_RECOVERY_ASK_TEXT], const uint8_t hash[SR_HASH]);
/* Is that what somebody typed? Spaces and case do not count. */
bool sr_recovery_ask_is(const uint8_t hash[SR_HASH], const char *typed);

/* A member's piece. DENIED: none of the members; AUTH: the box does not open with this key (a share
 * is not inherited by a new key). */
SR_MUST int sr_recovery_piece_make(struct sr_buf *out, const struct sr_recovery_ask *a,
	const struct sr_identity *id, struct sr_err *e);
/* Check one that came back: its member, its signature, the ask, the proof. The text names the
 * member as far as it can. */
SR_MUST int sr_recovery_piece_take(struct sr_piece_share *out, char person[SR_PERSON_TEXT],
	const struct sr_recovery_ask *a, const uint8_t sk[SR_X_SK], struct sr_bytes text,
	struct sr_err *e);
/* The service keys from ${count} checked pieces of different members, at least the quorum (DENIED).
 * AUTH: what is inside are not the keys that the file names. */
SR_MUST int sr_recovery_open(struct sr_service **out, const struct sr_recovery *r,
	const struct sr_piece_share *shares, size_t count, struct sr_err *e);

#endif
