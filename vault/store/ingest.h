/*
 * ingest - the writer of one accession: files in, packs, manifests and reach lists out.
 *
 *   begin -> OPEN --item_begin--> IN ITEM --file*, item_end--> OPEN --finish--> FINISHED
 *   any failure of the store itself -> FAILED (sticky; only free is left)
 *
 * The caller's thread reads and makes SHA-256; a pool of workers makes H, looks for the block, and
 * compresses, seals and packs it. All queues are bounded and manifests spill into metadata blocks,
 * so memory stays under 128 MiB for any size.
 *
 * An item's result is given by the callback `item`, in order of item_end, after everything it
 * names is durable (but see settle_later) and readable: at finish, and earlier when many items wait
 * (then the open packs are closed early). A file that cannot be read, vanished or changed size
 * while it was read is in the manifest with its reason and in the callback `file`: never dropped,
 * never an error of the accession. Errors are the store's own: disk, memory, keys.
 *
 * Resumable: begin again with the same accession id and add the same files. Dedupe `collection`:
 * blocks whose packs were durable are found in the index's pending rows. Dedupe `none`: a sealed
 * journal (store/resume.h) gives cid, key and place by (item, path, block number, H). Both are read
 * back before they count. One thread.
 */
#ifndef SR_STORE_INGEST_H
#define SR_STORE_INGEST_H

#include "base/progress.h"
#include "store/index.h"
#include "store/manifest.h"
#include "store/reach.h"

enum {
	SR_INGEST_PLAIN_MAX = 32 << 20, /* bytes of large blocks in flight, however many threads */
	SR_INGEST_DRAFTS_MAX = 16 << 20 /* bytes of manifests that wait for their packs to close */
};

struct sr_ingest; /* opaque */
struct sr_item;   /* store/reader.h */

enum sr_ingest_status {
	SR_INGEST_STORED = 1,
	SR_INGEST_CHANGED = 2,
	SR_INGEST_UNREADABLE = 3,
	SR_INGEST_RECORDED = 4
};

/* What became of one file (status RECORDED: a symbolic link or special file, no content). Views
 * live during the callback. */
struct sr_ingest_file_result {
	enum sr_ingest_status status;
	struct sr_bytes path;
	uint64_t size;
	uint8_t sha256[SR_HASH];
	const char *reason; /* "" or one sentence */
};

/* What became of one item. Views live during the callback. */
struct sr_ingest_item {
	uint8_t item[SR_ID];
	const struct sr_manifest *manifest; /* to seal with sr_manifest_seal */
	const struct sr_reach *reach;       /* to seal with sr_reach_seal */
};

struct sr_ingest_options {
	struct sr_backend *backend; /* borrowed, as all below */
	struct sr_index *index;
	struct sr_dir *run; /* DIR/run, for the journal of dedupe none; NULL: none */
	struct sr_block_domain domain;
	uint8_t structure_pk[SR_X_PK];
	uint8_t journal_key[SR_KEY]; /* from the intake key */
	uint8_t accession[SR_ID];
	bool settle_later;      /* the caller settles the backend before anything durable names what
				   `item` was given */
	enum sr_codec_id codec; /* SR_CODEC_ZSTD unless configured otherwise */
	unsigned threads;       /* 0: one per core */
	struct sr_progress progress; /* report == NULL: none */
	int (*file)(void *ctx, const struct sr_ingest_file_result *r,
		struct sr_err *e); /* may be NULL */
	int (*item)(void *ctx, const struct sr_ingest_item *it, struct sr_err *e);
	void *ctx;
};

SR_MUST int sr_ingest_begin(
	struct sr_ingest **out, const struct sr_ingest_options *o, struct sr_err *e);
SR_MUST int sr_ingest_item_begin(struct sr_ingest *in, const uint8_t item[SR_ID], struct sr_err *e);

struct sr_ingest_file {
	struct sr_bytes path;       /* 1..SR_PATH_MAX bytes, any */
	struct sr_bytes media_type; /* may be empty */
	enum sr_file_kind kind;     /* REGULAR is read; the others are recorded with `note` */
	struct sr_bytes note;
	int64_t mtime_s;
	uint32_t mtime_ns;
	uint64_t size_expected; /* UINT64_MAX: unknown (standard input) */
	bool changed; /* it was written to while it was read; may be said as late as the end of it
		       */
	/* Up to ${len} bytes; *got 0 is the end. A non-zero result makes the file UNREADABLE with
	 * the text of ${e} as its reason. */
	int (*read)(void *ctx, void *p, size_t len, size_t *got, struct sr_err *e);
	void *read_ctx;
};
/* LIMIT, MISUSE for fields no manifest can hold. */
SR_MUST int sr_ingest_file(struct sr_ingest *in, const struct sr_ingest_file *f, struct sr_err *e);
/*
 * The same in pieces, for who is given the bytes instead of asking for them: open, more*, close.
 * ${f}'s read and media type are not looked at; its path and note are copied. REGULAR alone.
 * ${broken}: NULL, or why there are no more bytes: it is then UNREADABLE with that reason. An item
 * does not end within a file.
 */
SR_MUST int sr_ingest_open(struct sr_ingest *in, const struct sr_ingest_file *f, struct sr_err *e);
SR_MUST int sr_ingest_more(struct sr_ingest *in, struct sr_bytes data, struct sr_err *e);
SR_MUST int sr_ingest_close(
	struct sr_ingest *in, struct sr_bytes media_type, const char *broken, struct sr_err *e);
/* Begin the item with all files of ${it}, whose blocks are stored already and stay where they are:
 * directly after item_begin, before any file. Both are of the same domain (MISUSE). */
SR_MUST int sr_ingest_carry(struct sr_ingest *in, struct sr_item *it, struct sr_err *e);
SR_MUST int sr_ingest_item_end(struct sr_ingest *in, struct sr_err *e);

/* Closes the packs and gives every item that is still owed. Afterwards all packs and their names
 * are durable (with settle_later: the packs, and their names when the backend has settled). */
SR_MUST int sr_ingest_finish(struct sr_ingest *in, struct sr_err *e);

struct sr_ingest_totals {
	uint64_t files, bytes;          /* read */
	uint64_t blocks, blocks_reused; /* reused: dedupe hits and resumed blocks; for the log of
					   the vault, never for a depositor */
	uint64_t bytes_stored;          /* of packs written */
	uint64_t unreadable, changed;
};
void sr_ingest_totals(const struct sr_ingest *in, struct sr_ingest_totals *out);
/* Names of all packs that this accession wrote, also before a resume; each is pending in the index.
 * 32 bytes a name; until free. */
SR_MUST int sr_ingest_packs(
	struct sr_ingest *in, const uint8_t **names, size_t *count, struct sr_err *e);

/* Before finish: leave durable packs, pending rows and journal for a resume. After finish: just
 * frees. */
void sr_ingest_free(struct sr_ingest *in); /* NULL allowed */
/* Remove every pack, row and journal of an accession that will not be committed (an open one is
 * freed first by its owner). */
struct sr_ingest_abort {
	struct sr_backend *backend;
	struct sr_index *index;
	struct sr_dir *run; /* may be NULL */
	uint8_t accession[SR_ID];
};
SR_MUST int sr_ingest_abort(const struct sr_ingest_abort *o, size_t *packs, struct sr_err *e);
/* After the statement is durable: rows become visible, the journal goes. */
SR_MUST int sr_ingest_committed(const struct sr_ingest_abort *o, struct sr_err *e);

/* A sr_ingest_file.read for an open descriptor: read_ctx is an int *. */
int sr_ingest_read_fd(void *ctx, void *p, size_t len, size_t *got, struct sr_err *e);

#endif
