/*
 * backup - a vault, quiesced, copied to a directory and verified there; its secrets apart, in one
 * sealed file (DESIGN 7).
 *
 * The directory gets strongroom.conf, keys/service (sealed as it is), ledger, packs, items,
 * objects. Not catalogue and index: they are replayed. Not secrets.db: erasure would end at the
 * first copy of it. The secrets file carries slots, personal and descriptive keys; never room keys,
 * quarantine or intake seals: a restore makes new room keys for open requests and live grants,
 * whose pieces must then be made anew (vote topup), and held items wait for a quorum. Run again
 * over an older backup it copies what is new and removes envelopes that were superseded. Whoever
 * holds an old secrets file can undo erasures made after it: keep one, destroy the one before.
 *
 *   secrets file   "SRBACKUP"
 *                  le32 length, that many bytes: a 32-byte key sealed under the passphrase
 *                  (crypto/passphrase.h, type strongroom/backup/v1)
 *                  the rest: aead under that key (label "strongroom/backup-secrets/v1", associated
 *                  data fingerprint) of
 *                    fingerprint[32], le64 ledger size, root[32], le64 count,
 *                    count x { u8 kind, lp name, le64 n, lp value }
 */
#ifndef SR_BOARD_BACKUP_H
#define SR_BOARD_BACKUP_H

#include "board/vault.h"

struct sr_backup_options {
	const char *path;         /* made when absent; else a backup of this same vault */
	const char *secrets_path; /* not inside ${path}; replaced when there */
	struct sr_unlock unlock;  /* seals the secrets file */
	const struct sr_progress *progress;
};
struct sr_backup_result {
	uint64_t files, bytes; /* copied now */
	uint64_t skipped;      /* there already, same size */
	uint64_t removed;      /* envelopes that were superseded */
	uint64_t secrets;
	uint64_t entries; /* of the ledger */
	uint64_t checked; /* packs, objects and envelopes read back */
};
/* CORRUPT names what differs in the copy; the copy is then no backup. */
SR_MUST int sr_backup_make(struct sr_vault *v, const struct sr_backup_options *o,
	struct sr_backup_result *out, struct sr_err *e);

struct sr_restore_options {
	const char *from;
	const char *secrets_path;
	struct sr_unlock unlock_secrets; /* of the secrets file */
	const char *to;                  /* absent, or an empty directory */
	const char *second;              /* of the restored vault; or NULL with no_second */
	bool no_second;
	struct sr_unlock unlock; /* of keys/service */
	struct sr_clock clock;
	const struct sr_progress *progress;
};
/* Makes the vault, opens it once, replays, writes the incident `restored` and a `room-key` for each
 * version that had a live one, closes. ${recovered} (may be NULL) tells what opening did, counts
 * the new room keys and lists items without a slot as lost. */
SR_MUST int sr_backup_restore(const struct sr_restore_options *o, struct sr_backup_result *out,
	struct sr_buf *recovered, struct sr_err *e);

#ifdef SR_TESTING
/* What a restore does with the secrets file alone: its rows into ${s}, in one commit. */
SR_MUST int sr_backup_secrets_load(struct sr_secrets *s, struct sr_bytes file,
	const uint8_t fingerprint[SR_HASH], const struct sr_unlock *u, struct sr_err *e);
#endif

#endif
