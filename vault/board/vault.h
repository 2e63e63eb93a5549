/*
 * vault - one opened vault: the directory, its lock, keys, databases, ledger and store, in the
 * order in which they open.
 *
 *   strongroom.conf   strongroom/vault/v1 / origin / format 1 / fingerprint <hash>? / second <path>
 * | no-second yes / log <entry> <name> <agreed> <known>* (names that the log took: board/adopt.h)
 *
 * Opening: lock (one writer per vault) -> conf -> keys/service -> secrets.db (its expected state
 * from the journal's last commit record) -> ledger -> catalogue and index (caught up, or rebuilt
 * when damaged or old, or under new keys after a destruction) -> recovery of what a kill left
 * (temporary files, secrets without a statement, erasures missing) -> sweep of what is due.
 * Everything that was done is told in `recovered`, one line each. Lower layers see none of this
 * struct; board, intake, room and core do.
 */
#ifndef SR_BOARD_VAULT_H
#define SR_BOARD_VAULT_H

#include "base/fs.h"
#include "base/progress.h"
#include "base/time.h"
#include "board/service.h"

struct sr_recovered;  /* board/recover.h */
struct sr_secrets;    /* store/secrets.h */
struct sr_ledger;     /* ledger/ledger.h */
struct sr_catalogue;  /* catalogue/catalogue.h */
struct sr_db;         /* store/db.h */
struct sr_index;      /* store/index.h */
struct sr_backend;    /* store/backend.h */
struct sr_witnessing; /* board/witnessing.h */
struct sr_authorizer; /* board/authorize.h */
struct sr_vault_conf; /* below */

struct sr_vault {
	struct sr_dir *dir; /* DIR */
	struct sr_dir *run; /* DIR/run */
	struct sr_lock *lock;
	struct sr_service *keys;
	struct sr_secrets *secrets;
	struct sr_backend *store;
	struct sr_db *index_db;
	struct sr_index *index;
	struct sr_dir *ledger_dir, *items;
	struct sr_ledger *ledger;
	struct sr_catalogue *catalogue;
	struct sr_witnessing *witnessing;
	struct sr_authorizer *authorizer; /* NULL until the rules were first asked */
	struct sr_clock clock;
	uint8_t fingerprint[SR_HASH]; /* zero until founded */
	bool founded;                 /* entry 0 is there */
	bool failed; /* a commit broke off: nothing more is written until the vault is opened again
		      */
	bool keeps_keys; /* of catalogue and index, due for new ones: a replay stops (dbkeys.h) */
	bool older;      /* an older secrets.db was accepted, and what that wants is not all done */
	bool unsettled;  /* more may be left to suspend or lapse for who is gone than one commit
			    takes (door.h, the sweep) */
	char *second;    /* path of the second copy of secrets.db; NULL: none, on purpose */
	struct sr_buf recovered; /* what opening repaired, lines of text; empty: nothing */
};

struct sr_vault_init {
	const char *path;   /* must not exist, or be an empty directory */
	const char *origin; /* log origin, e.g. "archive.example.org/vault" */
	const char *second; /* or NULL with no_second */
	bool no_second;
	struct sr_unlock unlock;
	struct sr_clock clock;
};
/* Make an empty vault (not founded): EXISTS, USAGE. */
SR_MUST int sr_vault_create(const struct sr_vault_init *o, struct sr_err *e);

struct sr_vault_open {
	const char *path;
	struct sr_unlock unlock;
	struct sr_clock clock;
	const struct sr_progress *progress; /* or NULL */
	struct sr_service *keys; /* NULL: those of keys/service. Else the ones that the board's
				    members gave back, taken over in any case; they are sealed to
				    ${unlock} once the vault is open with them */
	const struct sr_recovered *recovered; /* board/recover.h; with ${keys} */
	/* NULL: strongroom.conf. Else it has none yet: a restore, which puts it there when all else
	 * is done. */
	const struct sr_vault_conf *conf;
	/* With ${conf}: the log as the backup's secrets file knows it, which stands for a
	 * checkpoint that is damaged (ledger/ledger.h). */
	uint64_t known_size;
	const uint8_t *known_root;
	bool accept_older_secrets; /* after a loss without a copy: open with an older secrets.db,
				      re-apply the ledger's erasures; sr_restore_accept or a
				      restore does the rest. Until sr_vault_older_done
				      run/older remembers that it is to be done, since what
				      opening itself commits makes secrets.db as new as the log */
};
/* NOTFOUND "not a vault", UNSUPPORTED newer format, LOCKED with the holder's pid, AUTH wrong
 * passphrase, CORRUPT. */
SR_MUST int sr_vault_open(struct sr_vault **out, const struct sr_vault_open *o, struct sr_err *e);
SR_MUST int sr_vault_older_done(struct sr_vault *v, struct sr_err *e);
void sr_vault_close(struct sr_vault *v); /* publishes the checkpoint; NULL allowed */

/* Entry 0 is durable: repeat its fingerprint in strongroom.conf, for clients without a key. A kill
 * before this is mended at the next opening. */
SR_MUST int sr_vault_founded(struct sr_vault *v, struct sr_err *e);

/* Drop catalogue and index, replay the ledger and the packs' footers, compare (struct sr_rebuilt).
 */
struct sr_rebuilt;
SR_MUST int sr_vault_rebuild(struct sr_vault *v, const struct sr_progress *progress,
	struct sr_rebuilt *out, size_t *packs, size_t *packs_bad, struct sr_err *e);

/* Would the catalogue be made? What drops it first asks: one that cannot be replayed any more, for
 * an object that is lost, is all that there is. Nothing is changed. */
SR_MUST int sr_vault_replays(
	struct sr_vault *v, const struct sr_progress *progress, struct sr_err *e);

#define SR_INDEX_FILE "index.db"

/* Drop catalogue and index and make both again under the keys that are theirs now (board/dbkeys.h).
 * On failure the vault has no catalogue, or no index: it must be closed. */
SR_MUST int sr_vault_databases_anew(
	struct sr_vault *v, const struct sr_progress *progress, struct sr_err *e);

/* The public part of strongroom.conf, without a lock or key. */
struct sr_vault_conf {
	char origin[256];
	unsigned format;
	bool founded;
	uint8_t fingerprint[SR_HASH];
	char second[4096];                        /* empty: none */
	struct sr_log_link log[SR_LOG_NAMES - 1]; /* names that the log took; without keys */
	size_t log_count;
};
/* DENIED: we are root, and ${path} is there and another user's, whose core could not open what root
 * makes in it. Opening, founding and all that changes a vault begins with it. */
SR_MUST int sr_vault_not_others(const char *path, struct sr_err *e);
/* USAGE: ${path}, which may be about to be made, is the folder ${vault}, which is there, or lies in
 * it: what is to outlive the vault goes elsewhere. */
SR_MUST int sr_vault_apart(const char *vault, const char *path, struct sr_err *e);
/* Name another place of the second copy (NULL: none, on purpose) in the conf of a vault that is not
 * open. */
SR_MUST int sr_vault_conf_second(const char *path, const char *second, struct sr_err *e);
/* Of the open vault ${v}: the log took the name ${next}. */
SR_MUST int sr_vault_conf_log(struct sr_vault *v, const struct sr_log_link *next, struct sr_err *e);
SR_MUST int sr_vault_conf_read(struct sr_vault_conf *out, const char *path, struct sr_err *e);
/* The conf of the vault that a restore makes of the backup in ${path}; and put into it, durably:
 * from then on it is a vault. */
SR_MUST int sr_vault_conf_restored(
	struct sr_vault_conf *c, const char *path, const char *second, struct sr_err *e);
SR_MUST int sr_vault_conf_put(struct sr_dir *dir, const struct sr_vault_conf *c, struct sr_err *e);

/* The time that what the service does itself goes by: the vault's clock, never earlier than the
 * last entry, nor than what witnesses said (board/witnessing.h). */
int64_t sr_vault_now(const struct sr_vault *v);

#endif
