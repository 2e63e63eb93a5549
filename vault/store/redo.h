/*
 * redo - the append-only file of batches beside a page file (NAME-redo), and, in the same format,
 * its second copy (NAME-copy, which starts from nothing and so holds every page).
 *
 * The file is an array of cells of 4112 bytes:
 *   offset  size  meaning
 *        0     4  type, le32: 1 base, 2 frame, 3 record
 *        4     4  level of the frame's unit, else 0
 *        8     8  index of the frame's unit, else 0
 *       16  4096  body: frame: the sealed unit, exactly as it will lie in NAME
 *                 base:   0 "strongroom-rdo/1" (16), 16 file id, 32 salt (16),
 *                         48 root number (8), 56 sealed state (328), zeros
 *                 record: 0 root number (8), 8 sealed state (328), zeros
 *
 * Cell 0 is the base: the state that NAME itself stands for. Then batches: frames, then one record
 * that seals number and hash of the frames and the new state, and names the state before by its
 * hash and the file by its salt. A batch counts when its record is there and everything agrees; a
 * batch may be written in pieces while its transaction runs (spill), since frames without a record
 * are nothing. The file is replaced whole (under a new salt) when its batches have been applied.
 *
 * Reading back. A batch that does not agree ends the file: it is dropped and reported, as a torn
 * write is. If a later record is whole, it was not torn: CORRUPT when batches are synced one by
 * one, else dropped too (a power cut may keep later writes and lose earlier ones). A whole record
 * with the wrong salt or predecessor is an old batch put back: AUTH. In erasable mode records from
 * before the last erasure open no more; their frames count as they stand, because each unit is
 * accepted only by its own key.
 */
#ifndef SR_STORE_REDO_H
#define SR_STORE_REDO_H

#include "base/fs.h"
#include "store/umap.h"
#include "store/unit.h"

enum {
	SR_REDO_CELL = 16 + SR_UNIT,
	SR_REDO_BUFFER = 64
}; /* cells written or read at a time: 257 KiB */

struct sr_redo {
	const struct sr_unit_file *f; /* borrowed */
	const char *role;             /* "redo" or "copy"; a static string */
	char name[SR_DB_NAME_MAX + 16];
	int fd;                 /* -1: closed, or still a temporary file */
	struct sr_tmpfile *tmp; /* before sr_redo_publish */
	uint8_t salt[SR_ID];
	uint64_t cells;           /* up to the last record */
	uint64_t batch;           /* frames of the open batch, in the buffer or before it */
	struct sr_umap committed; /* place -> cell of its newest frame */
	struct sr_umap pending;   /* the same for the open batch */
	struct sr_hash hash;      /* over the open batch */
	uint8_t *buf; /* SR_REDO_BUFFER cells; the last ${buffered} cells of the batch */
	size_t buffered;
};

struct sr_redo_base {
	const uint8_t *key; /* of records: the record key, or the root */
	const struct sr_page_state *state;
};

/* Keys under which records may open. */
struct sr_redo_keys {
	const uint8_t *key[2];
	const struct sr_page_state *birth[2]; /* NULL in plain mode */
	int count;
};

struct sr_redo_found { /* what opening found; ${state} holds a secret in erasable mode: wipe it */
	struct sr_page_state state;
	int key; /* which of the keys the state is under */
	uint64_t batches;
	bool dropped;   /* something after the last whole batch: start the file anew */
	char text[240]; /* what was dropped or repaired, or "" */
};

/* A new file under a temporary name, with ${base} sealed under ${key}; frames and a record may
 * follow, then it takes its name (and the place of the old file), durable. Until then nothing is
 * read. Any failure: sr_redo_close. */
SR_MUST int sr_redo_begin(struct sr_redo *r, struct sr_dir *dir, const struct sr_unit_file *f,
	const char *role, const struct sr_redo_base *base, struct sr_err *e);
SR_MUST int sr_redo_publish(struct sr_redo *r, struct sr_dir *dir, struct sr_err *e);
struct sr_redo_open {
	struct sr_dir *dir;
	const struct sr_unit_file *f;
	const char *role;
	const struct sr_redo_keys *keys;
	bool strict; /* batches were synced one by one */
};
SR_MUST int sr_redo_open(struct sr_redo *r, struct sr_redo_found *found,
	const struct sr_redo_open *o, struct sr_err *e);
/* The file id in the base cell, without any key. NOTFOUND, CORRUPT. */
SR_MUST int sr_redo_peek(uint8_t id[SR_ID], struct sr_dir *dir, const char *name, struct sr_err *e);
void sr_redo_close(struct sr_redo *r); /* a zeroed one with fd -1 allowed */

/* A batch: frames, sr_redo_finish (fills cells, cells_hash, salt of ${s}), sr_redo_record (one
 * write of what is still in memory, the record last), sr_redo_sync. */
SR_MUST int sr_redo_frame(
	struct sr_redo *r, struct sr_unit_at at, const uint8_t sealed[SR_UNIT], struct sr_err *e);
SR_MUST int sr_redo_finish(struct sr_redo *r, struct sr_page_state *s, struct sr_err *e);
SR_MUST int sr_redo_record(struct sr_redo *r, const uint8_t key[SR_KEY],
	const struct sr_page_state *s, struct sr_err *e);
SR_MUST int sr_redo_sync(struct sr_redo *r, struct sr_err *e);
void sr_redo_abort(struct sr_redo *r); /* forget the open batch */

/* The newest frame of the unit at ${place}, if the file has one: *found says. */
SR_MUST int sr_redo_read(
	struct sr_redo *r, uint64_t place, uint8_t out[SR_UNIT], bool *found, struct sr_err *e);
/* The frame in ${cell} (for copying batches on). CORRUPT when the cell is no frame; *is_frame false
 * for a record. */
SR_MUST int sr_redo_cell(struct sr_redo *r, uint64_t cell, struct sr_unit_at *at,
	uint8_t out[SR_UNIT], bool *is_frame, struct sr_err *e);
#endif
