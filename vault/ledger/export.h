/*
 * export - the log as static files in a folder: a C2SP tlog-tiles log that any web server serves
 * and any tool of that format reads.
 *
 *   checkpoint          the signed note with its cosignatures; written last
 *   tile/<L>/<N>        hash tiles, tile/entries/<N> entry bundles, each also .p/<W> where partial
 *   vkey                the log's public key, one line
 *   README.txt          what this is, and how it is read and checked with other tools
 *
 * Bundles come from a source (core, over its socket or in the process); hash tiles are not asked
 * for but computed, and the folder's checkpoint is replaced only when they make the root that the
 * log's key signed. Onto an earlier export: the log must continue it, which is shown by computing
 * its root from the same bundles on the way ("forked", "rolled back" otherwise, and nothing that
 * its checkpoint covers is touched).
 *
 *   order: vkey -> full and partial tiles, README.txt -> one syncfs -> checkpoint (durable)
 *
 * What lies beyond the folder's checkpoint is promised to nobody: whatever an interrupted export
 * left there is used where it fits and replaced where it does not. Partial files of earlier
 * checkpoints stay; they may be deleted once the full ones are there. A file in the way that is no
 * export is never overwritten: the folder must be empty, or hold an export of this log.
 */
#ifndef SR_LEDGER_EXPORT_H
#define SR_LEDGER_EXPORT_H

#include "base/fs.h"
#include "base/progress.h"
#include "merkle/checkpoint.h"
#include "merkle/tile.h"

struct sr_export_source {
	/* The published note, appended. */
	int (*checkpoint)(void *ctx, struct sr_buf *out, struct sr_err *e);
	/* A bundle of the tree that this note covers, appended. */
	int (*bundle)(void *ctx, const struct sr_tile *t, struct sr_buf *out, struct sr_err *e);
	void *ctx;
};

struct sr_export_options {
	const struct sr_export_source *source;
	const struct sr_vkey *key; /* of the log; its name is the origin */
	mode_t file_mode;          /* of files and of folders: what the web server needs */
	mode_t dir_mode;
	const struct sr_progress *progress; /* or NULL */
};

struct sr_exported {
	uint64_t size;   /* of the log, now in the folder */
	uint64_t before; /* what an earlier export held */
	uint64_t files;  /* written */
	uint64_t kept;   /* files of an interrupted export that were right */
	uint64_t bytes;  /* written */
};

/* LOCKED: another export into ${d}. EXISTS: something else lies there. AUTH: signature, another
 * log, rolled back, forked, or bundles that do not make the signed root. CORRUPT: the earlier
 * export is damaged. */
SR_MUST int sr_export(struct sr_dir *d, const struct sr_export_options *o, struct sr_exported *out,
	struct sr_err *e);

/* The text of README.txt. */
/* What it carries beside the log: formats.txt, reader.py. False beyond the last. */
bool sr_export_carried(size_t i, const char **name, struct sr_bytes *text);
void sr_export_readme(struct sr_buf *out, const char *origin, struct sr_bytes vkey);

#endif
