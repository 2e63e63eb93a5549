/*
 * lists - the objects that statements name when a list is too long for a line: what an accession
 * brought, what lies in one item, and which items a request asks for. Who stores and seals them is
 * the store's business; here bytes <-> rows.
 *
 * Accession list: a structural record, `list` of accession. Items in the depositor's order, ids
 * all different. The depositor reads it before they sign, so nothing of it depends on what the
 * store had before.
 *
 *   offset    size  meaning
 *        0       4  "SRL1"
 *        4       4  le32 number of items, i
 *        8    124i  item id (16), envelope hash (32), seal hash (32), id of the item's file list
 *                   (32), le64 bytes, le32 files
 *
 *   Root `items`: leaves item id, envelope hash (RFC 6962).
 *
 * Pack list: a structural record, `list` of stored: the packs that were written for the accession,
 * in order of writing. How many there are tells how much of it was new: the depositor never sees
 * it.
 *
 *   offset    size  meaning
 *        0       4  "SRP1"
 *        4       4  le32 number of packs, p
 *        8     32p  their names
 *
 *   Root `packs`: leaves the names (RFC 6962).
 *
 * File list of one item: a descriptive record under the item's key. Text fields are bytes as they
 * came (a path need not be UTF-8), le32 length before each.
 *
 *        0       4  "SRF1"
 *        4       .  title (at most 1024 bytes; by default the first path)
 *        .       4  le32 number of files
 *        .       .  each: path, media type, u8 kind (store/manifest.h), le64 size, le64 mtime
 * (two's complement), SHA-256 (32)
 *
 * Facts of one item's files: a descriptive record under the item's key, `facts` of intake.
 *
 *        0       4  "SRX1"
 *        .       .  each, until the end: le32 position of the file, key, value
 *
 * Request list: a structural record, `list` of request and amend: item ids (16 each) in byte order,
 * none twice. Root `items`: leaves the ids.
 */
#ifndef SR_CATALOGUE_LISTS_H
#define SR_CATALOGUE_LISTS_H

#include "crypto/hash.h"
#include "store/manifest.h"

enum {
	SR_LIST_TITLE_MAX = 1024
};

struct sr_list_item {
	uint8_t id[SR_ID];
	uint8_t envelope[SR_HASH]; /* of items/<id>.1 */
	uint8_t seal[SR_HASH];
	uint8_t files_id[SR_HASH]; /* object record id of its file list */
	uint64_t bytes;
	uint32_t files;
};

struct sr_accession_list { /* owns the array */
	struct sr_list_item *items;
	size_t item_count;
};
void sr_accession_list_put(struct sr_buf *out, const struct sr_accession_list *l);
SR_MUST int sr_accession_list_read(
	struct sr_accession_list *out, struct sr_bytes body, struct sr_err *e);
void sr_accession_list_free(struct sr_accession_list *l);
/* The root that the statement carries. */
SR_MUST int sr_accession_list_root(
	uint8_t root[SR_HASH], const struct sr_accession_list *l, struct sr_err *e);

/* ${names}: SR_HASH bytes each, whole. */
void sr_pack_list_put(struct sr_buf *out, struct sr_bytes names);
/* *${names}: a view into ${body}. CORRUPT. */
SR_MUST int sr_pack_list_read(struct sr_bytes *names, struct sr_bytes body, struct sr_err *e);
SR_MUST int sr_pack_list_root(uint8_t root[SR_HASH], struct sr_bytes names, struct sr_err *e);

struct sr_list_file { /* views */
	struct sr_bytes path;
	struct sr_bytes media_type;
	enum sr_file_kind kind;
	uint64_t size;
	int64_t mtime;
	uint8_t sha256[SR_HASH];
};
void sr_file_list_begin(struct sr_buf *out, struct sr_bytes title, uint32_t count);
void sr_file_list_add(struct sr_buf *out, const struct sr_list_file *f);

struct sr_file_list { /* a reader over the body, which it borrows */
	struct sr_reader in;
	struct sr_bytes title;
	uint32_t count; /* files not yet read */
};
SR_MUST int sr_file_list_read(struct sr_file_list *out, struct sr_bytes body, struct sr_err *e);
/* The next file; NOTFOUND after the last one (CORRUPT if bytes are left). */
SR_MUST int sr_file_list_next(struct sr_file_list *l, struct sr_list_file *f, struct sr_err *e);

enum {
	SR_FACT_KEY_MAX = 32,
	SR_FACT_VALUE_MAX = 1024
};
void sr_facts_begin(struct sr_buf *out);
void sr_facts_add(struct sr_buf *out, uint32_t file, const char *key, struct sr_bytes value);
SR_MUST int sr_facts_read(struct sr_reader *out, struct sr_bytes body, struct sr_err *e);
struct sr_fact { /* views */
	uint32_t file;
	struct sr_bytes key, value;
};
/* NOTFOUND after the last. */
SR_MUST int sr_facts_next(struct sr_reader *r, struct sr_fact *f, struct sr_err *e);

/* A leaf of the statement's `files` root: le64 length of the path, path, le64 size, SHA-256. */
void sr_file_leaf(uint8_t leaf[SR_HASH], const struct sr_list_file *f);

/* Sort ${ids} (SR_ID bytes each) into byte order; EXISTS names an id that is there twice. */
SR_MUST int sr_request_list_sort(uint8_t *ids, size_t count, struct sr_err *e);
/* Count (1..SR_REQUEST_ITEMS_MAX) and order of a body: 0 or CORRUPT. The body is the ids
 * themselves. */
SR_MUST int sr_request_list_check(struct sr_bytes body, struct sr_err *e);
SR_MUST int sr_request_list_root(
	uint8_t root[SR_HASH], const uint8_t *ids, size_t count, struct sr_err *e);

#endif
