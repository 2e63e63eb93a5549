/*
 * verify - what an outsider can check about a vault's log, with files and public keys alone.
 *
 *   receipt      an entry is in the log             verify_receipt   receipt.c
 *   consistency  a checkpoint continues another     verify_pair      pair.c
 *   log          an exported log                    verify_log       log.c
 *   vault        a copy of a whole vault            verify_vault     vault.c
 *
 * Links base, crypto and merkle; nothing of the vault, no database, no network, no clock. Nothing
 * is believed that was not computed from bytes or signed by a key given on the command line; the
 * keys that lie beside a log are not looked at. Facts go to stdout, one sentence a line, only when
 * they were found true. What fails is the result: AUTH, DENIED (refused: a signature, proof,
 * memory or quorum says no), CORRUPT (damaged: bytes are missing or break a format).
 */
#ifndef SR_VERIFY_VERIFY_H
#define SR_VERIFY_VERIFY_H

#include "base/fs.h"
#include "merkle/logchange.h"
#include "merkle/tlogproof.h"
#include "verify/tree.h"

enum {
	VERIFY_KEYS = 64,  /* as many as a policy names logs */
	VERIFY_SINCE = 256 /* memories of one check: a shoe box of receipts */
};

/* What somebody kept: a checkpoint, or the one in a receipt. */
struct verify_memory {
	const char *path;
	struct sr_checkpoint c;
};

struct verify_given {
	const char *origin; /* --origin; NULL: the name of the keys */
	struct sr_vkey keys[VERIFY_KEYS];
	size_t key_count;
	const char *change[VERIFY_KEYS]; /* files: how one key followed another */
	size_t change_count;
	struct sr_policy *policy; /* NULL: nothing is asked of witnesses */
	const char *since[VERIFY_SINCE];
	size_t since_count;
	const char *entry;      /* receipt: file with the entry's bytes */
	const char *proof;      /* consistency: file with the proof */
	const char *log;        /* consistency: the log that it is made from */
	const char *checkpoint; /* log: another file than DIR/checkpoint */
	bool replayed;          /* log, vault: look for repeated entries among all */
	bool log_only;          /* vault: leave packs and objects alone */
	bool quiet;
	const struct sr_progress *progress;
};

/* The log took another name, because entries were lost (merkle/logkeys.h). */
struct verify_name {
	char former[SR_NAME_MAX + 1];
	struct sr_log_link next;
	uint8_t root[SR_HASH]; /* of the first next.from entries, as its key says */
};

struct verify_known;
SR_MUST int verify_receipt(const struct verify_given *g, const char *path, struct sr_err *e);
SR_MUST int verify_pair(
	const struct verify_given *g, const char *old, const char *new, struct sr_err *e);
SR_MUST int verify_log(const struct verify_given *g, const char *path, struct sr_err *e);
SR_MUST int verify_vault(const struct verify_given *g, const char *path, struct sr_err *e);

/* What the log says of the store beside it. */
struct verify_stored {
	const struct verify_known *known; /* its keys, under the name that the inventory has */
	bool now[VERIFY_KEYS];            /* which of them sign what there is now */
	const uint8_t *fingerprint;       /* that the inventory must name; NULL: any */
	uint64_t entries;                 /* 0: nothing can have been stored */
};
/* Of a vault's copy (store.c): every pack that the signed inventory names, whole; every object file
 * that is there. */
SR_MUST int verify_store(const struct verify_given *g, struct sr_dir *vault,
	const struct verify_stored *as, struct sr_err *e);

/* --- what they share (given.c) --- */

void verify_say(const struct verify_given *g, const char *fmt, ...) SR_PRINTF(2, 3);
/* A whole file, by a path of the person's ("-": standard input): USAGE when it is not there,
 * CORRUPT above ${max}. */
SR_MUST int verify_read(struct sr_buf *out, const char *path, size_t max, struct sr_err *e);
/* Add a vkey of type 0x01. CORRUPT, USAGE. */
SR_MUST int verify_add_key(struct verify_given *g, const char *vkey, struct sr_err *e);
SR_MUST int verify_policy(struct verify_given *g, const char *path, struct sr_err *e);

/* The log that a checkpoint, or the one in a receipt, names: its origin must be --origin, else the
 * name of a key given, or of one that followed. ${out}->log points into ${out}. AUTH: another log,
 * or no key of it. */
struct verify_when {
	uint64_t after, until; /* trees of more than, and at most, that many entries; 0 and
				  UINT64_MAX: no change is known */
	size_t next;           /* where it ended: which of all keys goes on */
};
struct verify_known {
	char origin[SR_NAME_MAX + 1];
	bool any_name; /* --origin: its keys have another name, where none has this one */
	bool keyless;  /* why it failed: no key of ${origin}, all else was right */
	/* all keys, of whatever name: given, and followed from those */
	struct sr_vkey all[VERIFY_KEYS];
	struct verify_when all_when[VERIFY_KEYS];
	size_t all_count;
	/* those of ${origin}: log.keys */
	struct sr_vkey keys[VERIFY_KEYS];
	struct verify_when when[VERIFY_KEYS];
	struct sr_log log;
	struct verify_name names[SR_LOG_NAMES];
	size_t name_count;
};
SR_MUST int verify_known(struct verify_known *out, const struct verify_given *g,
	struct sr_bytes file, struct sr_err *e);
/* --- a log that changed its key or its name (changes.c) --- */

/* One note of a change: the key or name that it gives, and until where the key that signed it
 * counts. AUTH: signed by none of the keys, or another change than one that was followed. */
SR_MUST int verify_follow(struct verify_known *k, struct sr_bytes note, struct sr_err *e);
/* Of all keys, those of the origin. */
void verify_keys_of(struct verify_known *k);
/* The last of the names that led from ${former} to the origin; NULL: none was followed. */
const struct verify_name *verify_named(const struct verify_known *k, const char *former);
/* Say what was lost, by the names that led to the origin. */
void verify_tell_names(const struct verify_given *g, const struct verify_known *k);
/* After no key of ${origin}, the export's log, was given: AUTH with the reason, where a note beside
 * it, signed by a key that was, says that it took that name. */
SR_MUST int verify_exported_name(
	const struct verify_given *g, struct sr_dir *d, const char *origin, struct sr_err *e);
/* All of --key-change, in their order. */
SR_MUST int verify_changes(struct verify_known *k, const struct verify_given *g, struct sr_err *e);
/* Those that lie in an export. They prove themselves: one that does not is nothing. */
void verify_exported_changes(struct verify_known *k, struct sr_dir *d);
/* Is ${note}, verified with all keys, signed by one that signs trees of ${size} entries? By this
 * one? */
bool verify_in_force_by(
	const struct verify_known *k, size_t key, const struct sr_note *note, uint64_t size);
bool verify_in_force(const struct verify_known *k, const struct sr_note *note, uint64_t size);

/* Open a checkpoint note and check it: signature, origin, and with ${quorum} the policy; tells who
 * cosigned when. ${out}->extension is empty afterwards. */
SR_MUST int verify_checkpoint(struct sr_checkpoint *out, const struct verify_known *known,
	const struct verify_given *g, struct sr_bytes note, bool quorum, struct sr_err *e);
/* The same for ${file}, read from ${out}->path, which may be a receipt (its inclusion proof is then
 * checked as well). What somebody kept counts by the log's signature, without ${quorum}. */
SR_MUST int verify_memory(struct verify_memory *out, const struct verify_known *known,
	const struct verify_given *g, struct sr_bytes file, bool quorum, struct sr_err *e);
/* All of --since, and the tree that each name of the log left as it was: an array of ${count} to
 * free with free(), in order of size. */
SR_MUST int verify_memories(struct verify_memory **out, size_t *count,
	const struct verify_known *known, const struct verify_given *g, struct sr_err *e);
/* Sizes to watch, one for each memory and then one more of ${size}, in order; free with free(). */
SR_MUST int verify_watches(struct verify_watch **out, const struct verify_memory *m, size_t count,
	uint64_t size, struct sr_err *e);
/* AUTH: rolled back or forked. ${w}: the watches of verify_watches. */
SR_MUST int verify_compare(const struct verify_given *g, const struct verify_memory *m,
	size_t count, const struct verify_watch *w, const struct sr_checkpoint *now,
	struct sr_err *e);

#endif
