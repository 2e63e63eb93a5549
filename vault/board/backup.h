/*
 * backup - a vault, quiesced, copied to a directory and verified there; its secrets apart, in one
 * sealed file (DESIGN 7).
 *
 * The directory gets strongroom.conf, keys/service (sealed as it is), ledger, packs, items,
 * objects. Not catalogue and index: they are replayed. Not secrets.db: erasure would end at the
 * first copy of it. The secrets file carries slots, personal and descriptive keys; never room keys,
 * quarantine or intake seals: a restore makes new room keys for open requests and live grants,
 * whose pieces must then be made anew (vote topup), and held items wait for a quorum. Run again
 * over an older backup it copies what is new, copies once more what is damaged there and whole
 * here, and removes what the log names no more; what the vault has lost stays, since it may be the
 * last.
 *
 * Whoever holds an old secrets file could undo erasures made after it. So it needs two things: its
 * passphrase, and the escrow's key (board/escrow.h), which lies on another medium and is
 * overwritten by a rotation: new key -> the backup under it, read back -> old key overwritten ->
 * `escrow` in the log. Every backup is in the log before anything leaves the vault (`backup`,
 * begun, then made), so it is known which of them could bring back what was destroyed since.
 *
 *   secrets file   "SRBACKUP"
 *                  escrow id[16], le64 generation of the escrow
 *                  le32 length, that many bytes: aead under the escrow's key (label
 *                  "strongroom/backup-escrow/v1", associated data fingerprint, escrow id, le64
 *                  generation) of a 32-byte key sealed under the passphrase (crypto/passphrase.h,
 *                  type strongroom/backup/v1)
 *                  the rest: aead under that key (label "strongroom/backup-secrets/v1", associated
 *                  data fingerprint) of
 *                    fingerprint[32], le64 ledger size, root[32], le64 count,
 *                    count x { u8 kind, lp name, le64 n, lp value }
 */
#ifndef SR_BOARD_BACKUP_H
#define SR_BOARD_BACKUP_H

#include "board/escrow.h"
#include "board/vault.h"

struct sr_receipt; /* ledger/receipt.h */

struct sr_backup_options {
	const char *path;         /* made when absent; else a backup of this same vault */
	const char *secrets_path; /* not inside ${path}; replaced when there */
	const char
		*escrow_path; /* the escrow file; made when absent. Elsewhere than the two above */
	bool rotate; /* the secrets files made before open no more afterwards. A rotation that a
			kill interrupted is finished in any case */
	struct sr_unlock unlock; /* seals the secrets file */
	const struct sr_progress *progress;
};
struct sr_backup_trouble {
	uint64_t count, unread; /* of them: the system could not read it, so it may be whole */
	char first[400];        /* what is the matter with one of them, by name */
	bool replayed; /* of the log, or an object, among them: a replay may stop without it */
};
struct sr_backup_result {
	uint8_t escrow[SR_ID];
	uint64_t generation;       /* of the escrow, that this backup is under */
	bool escrow_made, rotated; /* now */
	uint64_t files, bytes;     /* copied now */
	uint64_t skipped;          /* there already */
	uint64_t removed;          /* what the log does not name any more */
	uint64_t mended;           /* were damaged in the copy, and are copied once more */
	/* Whole in the copy and not in the vault, which can take them from there; and whole in
	 * neither. */
	struct sr_backup_trouble kept, lost;
	struct sr_backup_trouble unread; /* could not be read where it was copied from */
	uint64_t secrets;
	uint64_t entries; /* of the ledger */
	uint64_t checked; /* packs, objects and envelopes that a backup read back */
};
/* CORRUPT, IO: something cannot be read whole here nor there; where ${lost} counts it, the rest is
 * in the copy and in the secrets file, else the copy is no backup. DENIED: the escrow file is an
 * older copy than the log knows. EXISTS: at ${path} or ${secrets_path} lies something else than an
 * earlier state of this backup. */
SR_MUST int sr_backup_make(struct sr_vault *v, const struct sr_backup_options *o,
	struct sr_backup_result *out, struct sr_err *e);

struct sr_restore_options {
	const char *from;
	const char *secrets_path;
	const char *escrow_path;
	struct sr_unlock unlock_secrets; /* of the secrets file */
	/* Something later than the backup, to be told what it brings back: a receipt, or the note
	 * of a checkpoint; NULL and p == NULL: nothing. */
	const struct sr_receipt *receipt;
	struct sr_bytes checkpoint;
	const char *to;     /* absent, or an empty directory */
	const char *second; /* of the restored vault; or NULL with no_second */
	bool no_second;
	struct sr_unlock unlock; /* of keys/service */
	struct sr_clock clock;
	const struct sr_progress *progress;
};
/* Makes the vault, opens it once, replays, writes the incident `restored` and a `room-key` for each
 * version that had a live one, closes. ${recovered} (may be NULL) tells what opening did, counts
 * the new room keys, lists items without a slot as lost, and says how far the log went on after the
 * backup, as far as receipt or checkpoint show. NOTFOUND: the escrow was rotated since. AUTH: they
 * are of another history than the backup. What opens nothing is found before anything is made, and
 * after any failure ${to} and ${second} are as they were. */
SR_MUST int sr_backup_restore(const struct sr_restore_options *o, struct sr_backup_result *out,
	struct sr_buf *recovered, struct sr_err *e);

/* ${v} was opened with an older secrets.db than the ledger says (accept_older_secrets), there being
 * no newer, now or before this was broken off: the same incident, room keys and list. DENIED: it
 * was not. */
SR_MUST int sr_restore_accept(struct sr_vault *v, struct sr_buf *told, struct sr_err *e);

/* What opens a secrets file. */
struct sr_backup_keys {
	const struct sr_unlock *unlock;
	const struct sr_escrow *escrow;
};
#ifdef SR_TESTING
/* What a restore does with the secrets file alone: its rows into ${s}, in one commit. */
SR_MUST int sr_backup_secrets_load(struct sr_secrets *s, struct sr_bytes file,
	const uint8_t fingerprint[SR_HASH], const struct sr_backup_keys *keys, struct sr_err *e);
#endif

#endif
