/*
 * secrets - the secrets that must be able to die: item slots, room keys, quarantine and intake
 * seals, personal and descriptive keys, ceremony keys (DESIGN 5, 7). A table in secrets.db, and a
 * second copy in another directory.
 *
 * How a secret dies. Each write of a page of secrets.db takes a fresh random page key. Page keys
 * lie in the nodes above the pages, each node sealed under a fresh key in the node above it; the
 * key of the top node lies in the state record of each batch, sealed under the root. The root lies
 * in one place only: a slot of the root cell, wrapped by a key that the caller passes in (from
 * keys/service, which changes it with the others: board/rotate.h). A commit that erases takes a new
 * root and destroys the old one:
 *
 *      slot A: root g      slot B: random          both files hold batches sealed under root g
 *   1  slot A: root g      slot B: root g+1        written, fdatasync
 *   2  new pages, nodes and a state record under root g+1: appended to the redo file, fdatasync
 *      --- now it is committed; a crash before leaves the old state, one after the new state ---
 *   3  slot A: random      slot B: root g+1        written, fdatasync: root g opens nothing now
 *   4  steps 1 to 3 at the second copy, in its own root cell
 *
 * At open: no record opens under the newer slot (crash in 1, 2): its slot is overwritten. One does
 * (crash in 3): the older slot is overwritten. A slot that is not the current root's is overwritten
 * at every open. Step 1 is durable before 2, so a committed batch never lacks its root; step 3
 * comes after 2, so the old state keeps its root until it is not needed. The slot carries the state
 * record too, so that one bad sector in the redo file does not take everything with it; each slot
 * holds two replicas. A commit that only adds keeps the root: it is one append and one fdatasync,
 * here and at the copy.
 *
 * What an attacker needs to open an erased secret, holding the whole disk now, every earlier image
 * of secrets.db, secrets.db-redo and the copy, and every service key: an image of a root cell (here
 * or at the copy) made while the secret lived, or the memory of the process of that time. So: root
 * cells do not belong in backups or snapshots. A medium that does not overwrite in place (flash
 * translation, copy-on-write or data-journalling file systems, volume snapshots) keeps such an
 * image by itself; erasure is as good as the medium. While an erasure is pending at the copy, the
 * copy still opens the secret.
 *
 * The second copy: secrets.db-copy and secrets.db-copy-root in another directory. A commit that
 * adds returns only when both are durable; when the copy cannot be written nothing is added and the
 * error says so (deposits wait). A commit that erases happens here at once and stays pending at the
 * copy (sr_secrets_pending) until a later commit, open or sr_secrets_retry reaches it.
 *
 * Values go only into buffers that wipe themselves; SQLite's page cache is dropped (and wiped)
 * after each read.
 */
#ifndef SR_STORE_SECRETS_H
#define SR_STORE_SECRETS_H

#include "base/fs.h"
#include "crypto/hash.h"

struct sr_secrets; /* opaque; one thread at a time (calls are serialised by SQLite's mutex only one
		      by one) */

enum sr_secret_kind {              /* name, n */
	SR_SECRET_SLOT = 1,        /* item id, number of its seal */
	SR_SECRET_ROOM_KEY = 2,    /* request id, version */
	SR_SECRET_QUARANTINE = 3,  /* item id, number of its seal */
	SR_SECRET_INTAKE = 4,      /* item id, number of its seal */
	SR_SECRET_PERSON = 5,      /* person id, 0 */
	SR_SECRET_DESCRIPTIVE = 6, /* item id, 0 */
	SR_SECRET_CEREMONY = 7,    /* "ceremony:" and the run, 0 */
	SR_SECRET_DB_KEY = 8 /* name of a rebuildable database, 0: replaced when it is rebuilt after
				an erasure */
};
enum {
	SR_SECRET_NAME_MAX = 64, /* bytes of a name */
	SR_SECRET_MAX = 3072 /* bytes of a value: one table page holds it, so no copy of it lies in
				an overflow page */
};
#define SR_SECRET_ALL UINT64_MAX /* as n of an erase: every n of that name */

struct sr_secrets_state { /* what a commit record of the ledger carries under its MAC */
	uint64_t generation;
	uint8_t root[SR_HASH];
};

struct sr_secrets_options {
	struct sr_dir *dir;  /* of secrets.db; borrowed */
	const char *second;  /* path of the copy's directory, or NULL: none wanted */
	const uint8_t *key;  /* SR_KEY bytes from keys/service, copied: it is the file's for ever */
	const uint8_t *wrap; /* SR_KEY bytes that wrap the root cells, copied; NULL: ${key} */
	bool create; /* init or restore: make an empty secrets.db; EXISTS when one is there */
	const struct sr_secrets_state *expect; /* of the last ledger commit, or NULL */
	uint64_t log;                          /* entries of the ledger; with ${expect} */
	bool accept_older; /* take a file older than ${expect} when no copy is right: the caller
			      re-applies the ledger's erasures and lists items without a slot */
};

/*
 * Opens, recovers, finishes a broken-off erasure here and at the copy. If the file here is missing,
 * damaged or older than ${expect} or than the copy, and the copy is whole and not older than
 * ${expect}, it is taken from the copy (sr_secrets_recovered says so). Failures: AUTH "secrets.db
 * is at generation 7, the ledger says 9: an older file ...", with what is left to do; without
 * ${expect} NOTFOUND, CORRUPT; IO. An unreachable copy is no failure here: see sr_secrets_pending.
 *
 * Each commit says how many entries the ledger had. A file or copy that knows of more than ${log}
 * is refused (AUTH "rolled back") before anything is taken or written: its secrets are of items
 * that this ledger does not name, and opening would go on to erase them, in the copy as well.
 */
SR_MUST int sr_secrets_open(
	struct sr_secrets **out, const struct sr_secrets_options *o, struct sr_err *e);
SR_MUST int sr_secrets_close(struct sr_secrets **s, struct sr_err *e); /* frees even on failure */
void sr_secrets_free(struct sr_secrets *s); /* without tidying up; NULL allowed */
/* What open did ("taken from the second copy: ...", "1 unfinished batch dropped ..."), or NULL. */
const char *sr_secrets_recovered(const struct sr_secrets *s);
/* True when this open took a file older than ${expect} (accept_older). */
bool sr_secrets_is_older(const struct sr_secrets *s);

/* The ledger has ${size} entries from now on, durably: the next commits say so. */
void sr_secrets_log(struct sr_secrets *s, uint64_t size, const uint8_t root[SR_HASH]);
/* What was added last was so before its statement, so it knows of one too few: a state of the
 * folder from just before is not told from a deposit that broke off. Now it knows. From time to
 * time, and at close; a failure loses no more than that. */
void sr_secrets_say(struct sr_secrets *s);

/* Group changes: begin, put and erase any number, then commit or rollback. Outside of a group each
 * put or erase is its own commit. A commit erases (a new root) when anything in it was erased or
 * replaced. */
SR_MUST int sr_secrets_begin(struct sr_secrets *s, struct sr_err *e);
/*
 * 0: durable here and at the copy (adds), or durable here (erasures; see sr_secrets_pending).
 * LOCKED "the second copy cannot be written ...": nothing was added (checked before), or it was
 * added here and not there, as the text says: then put the same again. CORRUPT: what was added does
 * not read back, and did not go to the copy. Any other failure: rolled back.
 */
SR_MUST int sr_secrets_commit(struct sr_secrets *s, struct sr_err *e);
void sr_secrets_rollback(struct sr_secrets *s);

/* The same value again is no change; another value under a taken name: EXISTS. */
SR_MUST int sr_secrets_put(struct sr_secrets *s, enum sr_secret_kind kind, struct sr_bytes name,
	uint64_t n, struct sr_bytes value, struct sr_err *e);
/* Put that may replace: the old value is erased by the commit. */
SR_MUST int sr_secrets_replace(struct sr_secrets *s, enum sr_secret_kind kind, struct sr_bytes name,
	uint64_t n, struct sr_bytes value, struct sr_err *e);
/* Append the value to ${out}, which is made secret. NOTFOUND. */
SR_MUST int sr_secrets_get(struct sr_secrets *s, enum sr_secret_kind kind, struct sr_bytes name,
	uint64_t n, struct sr_buf *out, struct sr_err *e);
/* Is it there? A failure is no answer: what cannot be read is neither there nor gone. */
SR_MUST int sr_secrets_find(bool *there, struct sr_secrets *s, enum sr_secret_kind kind,
	struct sr_bytes name, uint64_t n, struct sr_err *e);
#ifdef SR_TESTING
bool sr_secrets_has(/* false, too, when it cannot be told */
	struct sr_secrets *s, enum sr_secret_kind kind, struct sr_bytes name, uint64_t n);
#endif
/* ${n} or SR_SECRET_ALL. Absent ones are no failure (erasures are repeated); *${erased}, if given,
 * counts. */
SR_MUST int sr_secrets_erase(struct sr_secrets *s, enum sr_secret_kind kind, struct sr_bytes name,
	uint64_t n, size_t *erased, struct sr_err *e);
/* Every (name, n) of ${kind} in order, of one name if ${name}.p is not NULL. The callback may get,
 * put and erase (it walks a list made before); a non-zero result stops and is returned. */
SR_MUST int sr_secrets_each(struct sr_secrets *s, enum sr_secret_kind kind, struct sr_bytes name,
	int (*each)(void *ctx, struct sr_bytes name, uint64_t n, struct sr_err *e), void *ctx,
	struct sr_err *e);
SR_MUST int sr_secrets_count(
	struct sr_secrets *s, enum sr_secret_kind kind, uint64_t *out, struct sr_err *e);

/* For the ledger's next commit record: that of the last commit here. */
void sr_secrets_state(struct sr_secrets *s, struct sr_secrets_state *out);
/* Verify every page here, and of the copy; ${key} as at open (it is not kept). The copy is read
 * anew from its directory. */
SR_MUST int sr_secrets_verify(struct sr_secrets *s, const uint8_t key[SR_KEY], struct sr_err *e);

struct sr_secrets_copy {
	bool wanted;       /* a second path was given */
	bool current;      /* it holds the same state as here */
	uint64_t erasures; /* erasing commits not yet confirmed there (an upper bound while it is
			      unreachable) */
	char reason[256];  /* why it is not current; "" if it is */
};
/* For `status`, and for the certificate of an erasure: "pending at the copy" while erasures > 0. */
void sr_secrets_pending(struct sr_secrets *s, struct sr_secrets_copy *out);
/* Bring the copy up to date now: 0, or LOCKED with the reason. */
SR_MUST int sr_secrets_retry(struct sr_secrets *s, struct sr_err *e);
/* The root cells are wrapped by ${wrap} from now on, here and at the copy; who has the wrap before
 * and a cell of before has the root of then, so an erasing commit must follow. 0: done here,
 * durable; the copy, where it is out of reach (sr_secrets_pending), is written anew when it is
 * there again. A kill leaves a file here that opens under the wrap before, or under this one. After
 * a failure of the disk nothing more is written: which of the two it is, the next opening finds. */
SR_MUST int sr_secrets_rewrap(struct sr_secrets *s, const uint8_t wrap[SR_KEY], struct sr_err *e);
/* Whether a second copy of a secrets.db, of whatever vault, lies in ${path}; and what one that
 * found none there has made of it since is gone, its root cell overwritten. No folder is no copy.
 */
SR_MUST int sr_secrets_copy_find(bool *there, const char *path, struct sr_err *e);
SR_MUST int sr_secrets_copy_undo(const char *path, struct sr_err *e);
/* The copy lies in ${path} from now on: it is made there anew, whatever of ours is there, and read
 * back under ${key} (as at open). NULL: no copy. The one before is let go as it is, and stays in
 * use when this fails: LOCKED; EXISTS: another file's copy is there. */
SR_MUST int sr_secrets_copy_move(
	struct sr_secrets *s, const char *path, const uint8_t key[SR_KEY], struct sr_err *e);
/* Destroy a copy that is not in use any more: its root cell is overwritten, and *${there}: one of
 * ours was there. May be repeated until the sweep, which removes its file. IO: out of reach.
 * EXISTS: it is another file's, and left alone. */
SR_MUST int sr_secrets_copy_destroy(
	struct sr_secrets *s, const char *path, bool *there, struct sr_err *e);
SR_MUST int sr_secrets_copy_sweep(struct sr_secrets *s, const char *path, struct sr_err *e);

#endif
