/*
 * manifest - what an item consists of: files and, for each, its blocks.
 *
 * Two streams: `files` (rows, below) and `blocks`. Both are packed into columns
 * (store/columns.h). What packs into SR_STREAM_INLINE bytes lies in the root itself; a longer
 * stream is cut into metadata blocks (kind SR_BLOCK_MANIFEST) and the root lists their refs with
 * the number of rows in each, so a reader finds block i by adding and needs one part in memory, not
 * the manifest of a 100 GiB file.
 *
 * In a collection that dedupes, metadata blocks are named and keyed like those of files, by their
 * content: a tree that is deposited again costs a root, not a list of its files. That tells whoever
 * holds the structure key what the reach lists tell anyway: that two items share what they consist
 * of.
 *
 * Parts are compressed before they are encrypted (store/block.h). What their sizes say lies inside
 * packs, where lengths of records are visible nowhere; and one part is of one item by one
 * depositor: nobody puts text of theirs beside somebody else's secret to watch the sum shrink. The
 * root is not compressed, and padded.
 *
 *   root, offset  size  meaning
 *              0     8  magic "SRMANI1\n"
 *              8    16  dedupe domain of the blocks
 *             24     1  dedupe mode (enum sr_dedupe)
 *             25     8  le64 files
 *             33     8  le64 bytes of all files
 *             41     8  le64 block refs
 *             49     .  stream `files`
 *              .     .  stream `blocks`
 *   stream,     0     1  form: 0 inline, 1 parts
 *               1     8  le64 length of the whole stream, packed
 *               9     .  inline: the bytes; parts: le32 count, count x { 140-byte ref, le32 rows }
 *   A row of `files` as it is in memory; stored are its columns:
 *   file,       0     1  kind (enum sr_file_kind)
 *               1     1  flags (SR_FILE_CHANGED)
 *               2     8  le64 size
 *              10     8  le64 mtime seconds (two's complement)
 *              18     4  le32 mtime nanoseconds
 *              22    32  SHA-256 of the bytes (zero unless kind is file)
 *              54     8  le64 first block
 *              62     8  le64 block count: ceil(size / SR_BLOCK), 0 unless kind is file
 *              70     .  le32 length, path: 1..SR_PATH_MAX bytes, any
 *               .     .  le32 length, media type: 0..255 printable ASCII
 *               .     .  le32 length, note: 0..4096 bytes, a symbolic link's target, or why the
 *                        file could not be read
 *
 * Sealed: le64 length, root, zeros up to a PADME size >= 4 KiB, in an aead (label
 * "strongroom/manifest/v1") under the item's subkey `manifest`; associated data vault, item, le32
 * n.
 */
#ifndef SR_STORE_MANIFEST_H
#define SR_STORE_MANIFEST_H

#include "store/block.h"

enum {
	SR_STREAM_INLINE = 4 << 10,      /* above this a stream becomes blocks: about 40 files */
	SR_MANIFEST_FILES_MAX = 4000000, /* files of one item: about 600 MB of records */
	SR_MANIFEST_ROOT_MAX = 8 << 20,  /* bytes of a root: parts of an 80 TiB item */
	SR_FILES_STREAM_MAX = 1 << 30,   /* bytes of rows of files that a reader loads */
	SR_MEDIA_TYPE_MAX = 255,
	SR_FILE_NOTE_MAX = 4096,
	SR_FILE_ROW_MAX = 82 + SR_PATH_MAX + SR_MEDIA_TYPE_MAX + SR_FILE_NOTE_MAX
};
enum sr_file_kind {
	SR_FILE_REGULAR = 1,
	SR_FILE_SYMLINK = 2,
	SR_FILE_SPECIAL = 3,
	SR_FILE_UNREADABLE = 4
};
/* Flag: it changed while it was read; size and SHA-256 are of what was stored. */
enum {
	SR_FILE_CHANGED = 1
};

/* A rendition is a file of the item that the vault made of another one: its path is that one's and
 * the suffix, its media type one that no deposit can say (core/ops_deposit.c). */
#define SR_RENDITION_TEXT "text/vnd.strongroom.pages" /* intake/pages.h */
#define SR_RENDITION_TEXT_SUFFIX "/(text)"
/* Counts, of an item of their own (room/features.h): what the form features shows. */
#define SR_FEATURES_TYPE "application/vnd.strongroom.features"

struct sr_file {
	enum sr_file_kind kind;
	uint8_t flags;
	uint64_t size;
	int64_t mtime_s;
	uint32_t mtime_ns;
	uint8_t sha256[SR_HASH];
	uint64_t first_block;
	uint64_t block_count;
	struct sr_bytes path;
	struct sr_bytes media_type;
	struct sr_bytes note;
};

/* Did the vault make it of another file? Not what was deposited: exports leave it out. */
bool sr_file_is_rendition(const struct sr_file *f);
/* One that only the vault says of a file. */
bool sr_media_type_is_ours(struct sr_bytes type);

/* One file record, appended; a bad field makes the buffer fail. */
void sr_file_put(struct sr_buf *b, const struct sr_file *f);
/* The next record; views point into the reader's bytes. CORRUPT names the field. */
SR_MUST int sr_file_get(struct sr_reader *r, struct sr_file *out, struct sr_err *e);

/* A stream, inline or in parts. */
struct sr_stream {
	uint64_t len;
	struct sr_buf inline_bytes; /* secret */
	struct sr_block_ref *parts;
	uint32_t *rows;    /* of each part */
	size_t part_count; /* 0: inline */
};
void sr_stream_init(struct sr_stream *s);
void sr_stream_free(struct sr_stream *s); /* wipes */
void sr_stream_put(struct sr_buf *b, const struct sr_stream *s);
SR_MUST int sr_stream_get(
	struct sr_stream *out, struct sr_reader *r, size_t inline_max, struct sr_err *e);

struct sr_manifest {
	uint8_t domain[SR_ID];
	enum sr_dedupe dedupe;
	uint64_t file_count;
	uint64_t bytes;
	uint64_t block_count;
	struct sr_stream files;
	struct sr_stream blocks;
};
void sr_manifest_init(struct sr_manifest *m);
void sr_manifest_free(struct sr_manifest *m); /* wipes */
/* ${out} must be a secret buffer. LIMIT above SR_MANIFEST_ROOT_MAX. */
SR_MUST int sr_manifest_encode(struct sr_buf *out, const struct sr_manifest *m, struct sr_err *e);
SR_MUST int sr_manifest_decode(struct sr_manifest *out, struct sr_bytes root, struct sr_err *e);

struct sr_manifest_place { /* what a sealed manifest is bound to */
	uint8_t vault[SR_HASH];
	uint8_t item[SR_ID];
	uint32_t n; /* the envelope's number */
};
/* Seal (appending) and open under the item key, not the subkey. */
SR_MUST int sr_manifest_seal(struct sr_buf *out, const struct sr_manifest *m,
	const uint8_t item_key[SR_KEY], const struct sr_manifest_place *at, struct sr_err *e);
SR_MUST int sr_manifest_open(struct sr_manifest *out, struct sr_bytes sealed,
	const uint8_t item_key[SR_KEY], const struct sr_manifest_place *at, struct sr_err *e);

#endif
