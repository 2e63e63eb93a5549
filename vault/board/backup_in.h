/*
 * backup_in - what backup, its secrets file and restore share.
 */
#ifndef SR_BOARD_BACKUP_IN_H
#define SR_BOARD_BACKUP_IN_H

#include "board/backup.h"
#include "store/secrets.h"

/* Copy packs, objects, items, ledger and keys; counts into ${out}. strongroom.conf, without which
 * they are neither a backup nor a vault, is left to the caller: it comes last. */
SR_MUST int sr_backup_copy(struct sr_dir *from, struct sr_dir *to, struct sr_backup_result *out,
	const struct sr_progress *progress, struct sr_err *e);
/* "packs/ab/<hash>" and such, whatever lies there in the copy. */
SR_MUST int sr_backup_copy_again(struct sr_dir *from, struct sr_dir *to, const char *full,
	struct sr_backup_result *out, struct sr_err *e);

/* A list of names as scrub has them ("packs/ab/<hash>", "items/<id>.<n>"), each with its NUL. */
SR_MUST int sr_backup_note(
	struct sr_buf *list, const char *folder, const char *name, struct sr_err *e);

void sr_backup_trouble(struct sr_backup_trouble *t, const struct sr_err *why); /* one more */

/* What the log names no more leaves the copy ${to}; all that it names is read back there, and what
 * is not whole is copied once more where the vault has it whole, else counted as lost. ${odd}:
 * names of which copy and vault may differ; gets more. Those that are whole in the copy and not in
 * the vault are counted as kept. IO, CORRUPT: the medium does not keep what it is given. */
SR_MUST int sr_backup_read_back(struct sr_vault *v, struct sr_dir *to, struct sr_buf *odd,
	const struct sr_progress *progress, struct sr_backup_result *out, struct sr_err *e);

/* The secrets file of the vault as it is, under the newest key of ${x}. */
SR_MUST int sr_backup_secrets_write(struct sr_vault *v, const struct sr_backup_options *o,
	const struct sr_escrow *x, uint64_t *count, struct sr_err *e);

/* EXISTS: what lies at ${path} is something else, or of a backup that the log does not name, and
 * would be replaced. */
SR_MUST int sr_backup_secrets_may_replace(struct sr_vault *v, const char *path, struct sr_err *e);

struct sr_backup_secrets {   /* a secrets file, opened; init and free ${plain} */
	struct sr_buf plain; /* secret */
	struct sr_reader rows;
	uint64_t size, count; /* of the ledger; of the rows */
	uint8_t root[SR_HASH];
};
SR_MUST int sr_backup_secrets_read(struct sr_buf *out, const char *path, struct sr_err *e);
SR_MUST int sr_backup_secrets_open(struct sr_backup_secrets *f, struct sr_bytes file,
	const uint8_t fingerprint[SR_HASH], const struct sr_backup_keys *keys, struct sr_err *e);
/* Its rows, in one commit: all or nothing. */
SR_MUST int sr_backup_secrets_put(
	struct sr_secrets *s, struct sr_backup_secrets *f, struct sr_err *e);

#endif
