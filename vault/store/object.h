/*
 * object - objects/ab/<name>: one immutable file per commit with the sealed records that its
 * statements name (DESIGN 6).
 *
 *   offset      size  meaning
 *        0         8  magic "SROBJS1\n"
 *        8        32  vault
 *       40         .  records, in order, without gaps: each an aead (label "strongroom/object/v1",
 *                     associated data vault, le32 position) under the caller's key for it, of: salt
 *                     (32), le64 length of the body, le64 length of what follows, the body, zeros
 *                     up to a PADME size >= 4 KiB
 *        .  40*count  table: le64 size of each record, and BLAKE2b("strongroom/object-sealed/v1";
 *                     the record)
 *   end-36         4  le32 count (1..SR_OBJECT_RECORDS_MAX)
 *   end-32        32  BLAKE2b("strongroom/object-close/v1"; first 40 bytes, table and count): scrub
 *                     needs no key
 *
 *   A body whose two lengths are equal is written as it is. One above 4 KiB that zstd makes shorter
 *   is cut into pieces of 1 MiB (the last one shorter), each le32 length and its bytes: as they are
 *   if it has that length, else a zstd frame. Such a body is a list of one accession's files, or
 *   a text of one person, never two people's in one; the padding hides the rest of what its size
 *   would say.
 *
 *   record id = BLAKE2b("strongroom/object-record/v1"; salt, body): says nothing while the salt is
 *               sealed
 *   name      = BLAKE2b("strongroom/object-name/v1"; the closing hash)
 *
 * A statement names (file, position, record id). The id and the body die with the key.
 */
#ifndef SR_STORE_OBJECT_H
#define SR_STORE_OBJECT_H

#include "crypto/aead.h"
#include "store/backend.h"

enum {
	SR_OBJECT_HEAD = 40,
	SR_OBJECT_ROW = 40,
	SR_OBJECT_TAIL = 36,
	SR_OBJECT_RECORDS_MAX = 65536, /* records of one commit: bundles and bodies of a batch */
	SR_OBJECT_FILE_MAX = 1 << 30   /* bytes of one file: 65,536 small records are 270 MB */
};

/* Records go to the backend as they come: memory is one record and 40 bytes for each. Opaque;
 * MISUSE after commit. */
struct sr_object_writer;
SR_MUST int sr_object_writer_new(struct sr_object_writer **out, struct sr_backend *b,
	const uint8_t vault[SR_HASH], struct sr_err *e);
/* Seal ${body} (at most SR_OBJECT_MAX) under ${key}. Gives its position and id. */
SR_MUST int sr_object_add(struct sr_object_writer *w, const uint8_t key[SR_KEY],
	struct sr_bytes body, uint32_t *position, uint8_t id[SR_HASH], struct sr_err *e);
/* The same with the salt given: whoever signs a statement that names the record chose it. */
SR_MUST int sr_object_add_salted(struct sr_object_writer *w, const uint8_t key[SR_KEY],
	const uint8_t salt[SR_SALT], struct sr_bytes body, uint32_t *position, struct sr_err *e);
/* The id of a record: BLAKE2b("strongroom/object-record/v1"; salt, body). */
void sr_object_id(uint8_t id[SR_HASH], const uint8_t salt[SR_SALT], struct sr_bytes body);
size_t sr_object_count(const struct sr_object_writer *w);
/* Closes the file and gives it its name; durable after sr_backend_settle. */
SR_MUST int sr_object_commit(struct sr_object_writer *w, uint8_t name[SR_HASH], struct sr_err *e);
/* What was not committed is removed. NULL allowed. */
void sr_object_writer_free(struct sr_object_writer *w);

struct sr_object; /* an open file; opaque */
/* NOTFOUND; CORRUPT (shape, vault, closing hash). Reads the table only. */
SR_MUST int sr_object_open(struct sr_object **out, struct sr_backend *b,
	const uint8_t vault[SR_HASH], const uint8_t name[SR_HASH], struct sr_err *e);
void sr_object_close(struct sr_object *o); /* NULL allowed */
size_t sr_object_records(const struct sr_object *o);
/* The body of record ${position} whose id must be ${id}, appended to ${out} (a secret buffer).
 * AUTH, CORRUPT. */
SR_MUST int sr_object_read(struct sr_object *o, uint32_t position, const uint8_t key[SR_KEY],
	const uint8_t id[SR_HASH], struct sr_buf *out, struct sr_err *e);
/* Keyless: shape, name and every record of one file; memory is its longest record. */
SR_MUST int sr_object_check(
	struct sr_backend *b, const uint8_t name[SR_HASH], uint64_t *size, struct sr_err *e);

#ifdef SR_TESTING
void sr_object_records_max(size_t records); /* of a file, instead of SR_OBJECT_RECORDS_MAX */
#endif

#endif
