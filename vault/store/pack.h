/*
 * pack - an immutable file of sealed blocks, named by its content.
 *
 *   offset          size  meaning
 *   0                  8  magic "SRPACK1\n"                          } header, 64 bytes
 *   8                 32  vault                                      }
 *   40                16  random                                     }
 *   56                 1  kind: 1 files, 2 metadata                  }
 *   57                 7  zero                                       }
 *   64                 .  records, shuffled, without delimiters, then random padding, so that
 *                         the footer starts at a PADME size >= 64 KiB
 *   footer_off         .  footer: box (crypto/box.h, label "strongroom/pack-footer/v1", context
 *                         the header) to the structure key of: le32 count, count x { cid 32,
 *                         le32 off, le32 len }, zeros up to a PADME size >= 4 KiB
 *   end             32*s  trailer: for every 1 MiB of [0, end), s in all,
 *                         BLAKE2b("strongroom/segment/v1"; le64 index, bytes)
 *   end + 32*s         8  le64 footer_off
 *   end + 32*s + 8     8  le64 end
 *   end + 32*s + 16    8  magic "SRPKEND\n"
 *
 *   name = BLAKE2b("strongroom/pack/v1"; header, everything from `end` on)
 *
 * So anyone checks a pack without a key, a bad sector names its segment, and lengths of blocks
 * are visible nowhere.
 *
 * Writer: OPEN --add--> OPEN --seal--> SEALED --commit--> gone; any failure -> FAILED (sticky).
 * One thread at a time. Bytes stream to an upload; a shuffle buffer of SR_PACK_SHUFFLE bytes keeps
 * the newest records, of which a random one leaves when the buffer is full. Together with the
 * random choice among open packs (store/packer.h) a record's place says nothing about its place
 * in a file beyond that window, and a pack that fits the window (a small deposit) is shuffled
 * completely.
 */
#ifndef SR_STORE_PACK_H
#define SR_STORE_PACK_H

#include "crypto/box.h"
#include "crypto/lanes.h"
#include "store/backend.h"
#include "store/block.h"

enum {
	SR_PACK_HEADER = 64,
	SR_PACK_TAIL = 24,
	SR_PACK_SHUFFLE = 4 << 20,  /* bytes of the shuffle buffer */
	SR_PACK_RECORDS_MAX = 65536 /* records of one pack: a footer of 2.5 MiB bounds the memory of
				       writer and reader */
};
enum sr_pack_kind {
	SR_PACK_FILES = 1,
	SR_PACK_META = 2
};

/* Where a record lies. */
struct sr_place {
	uint8_t pack[SR_HASH];
	uint32_t offset;
	uint32_t len;
};

struct sr_pack_entry {
	uint8_t cid[SR_HASH];
	uint32_t offset;
	uint32_t len;
};

struct sr_pack_writer; /* opaque */

struct sr_pack_options {
	struct sr_backend *backend; /* borrowed */
	uint8_t vault[SR_HASH];
	uint8_t structure_pk[SR_X_PK];
	enum sr_pack_kind kind;
};

SR_MUST int sr_pack_writer_new(
	struct sr_pack_writer **out, const struct sr_pack_options *o, struct sr_err *e);
/* Bytes and records so far, the shuffle buffer included. */
uint64_t sr_pack_writer_size(const struct sr_pack_writer *w);
size_t sr_pack_writer_count(const struct sr_pack_writer *w);
/* Would a record of ${len} bytes take the pack above SR_PACK_TARGET or SR_PACK_RECORDS_MAX? */
bool sr_pack_writer_full(const struct sr_pack_writer *w, size_t len);
/* Take a copy of ${record}. MISUSE after seal or failure. */
SR_MUST int sr_pack_writer_add(struct sr_pack_writer *w, const uint8_t cid[SR_HASH],
	struct sr_bytes record, struct sr_err *e);
/*
 * Segments that are full wait to be written and hashed, which needs no lock of whoever guards the
 * writer:  take -> segment_write -> put_back, and only then the next take of that pack. What nobody
 * took, seal writes. After a failure of segment_write the writer is of no use: put_back all the
 * same.
 *
 * Each is written at once. Hashes are wanted in the trailer alone: segments stay with the writer
 * until there are SR_LANES of them, which are hashed side by side, by the segment_write of the last
 * of them or by seal.
 */
struct sr_pack_segment; /* opaque */
size_t sr_pack_writer_waiting(const struct sr_pack_writer *w);
struct sr_pack_segment *sr_pack_writer_take(struct sr_pack_writer *w); /* NULL: none waits */
SR_MUST int sr_pack_segment_write(struct sr_pack_segment *s, struct sr_err *e);
void sr_pack_writer_put_back(struct sr_pack_writer *w, struct sr_pack_segment *s);
/* Drain, pad, footer, trailer: the name and the final places are known; nothing is durable yet. */
SR_MUST int sr_pack_writer_seal(struct sr_pack_writer *w, uint8_t name[SR_HASH], struct sr_err *e);
/* The places, after seal: in file order. They live until free. */
const struct sr_pack_entry *sr_pack_writer_entries(const struct sr_pack_writer *w, size_t *count);
/* fdatasync and rename to packs/ab/<hex>; a pack of the same name that is there already is success.
 * Settle makes the name durable. */
SR_MUST int sr_pack_writer_commit(struct sr_pack_writer *w, struct sr_err *e);
void sr_pack_writer_free(
	struct sr_pack_writer *w); /* an uncommitted pack is removed; NULL allowed */

/* What a keyless reader knows of a pack: its shape, checked against its name. */
struct sr_pack {
	uint8_t name[SR_HASH];
	uint8_t header[SR_PACK_HEADER];
	uint8_t vault[SR_HASH];
	enum sr_pack_kind kind;
	uint64_t size;
	uint64_t footer_off;
	uint64_t end;
	size_t segments;
	uint8_t *hashes; /* 32 * segments */
};

/* Read header and trailer and check them against ${name}. NOTFOUND, CORRUPT. Free with
 * sr_pack_close. */
SR_MUST int sr_pack_open(
	struct sr_pack *out, struct sr_backend *b, const uint8_t name[SR_HASH], struct sr_err *e);
void sr_pack_close(struct sr_pack *p);
/* Which of segments ${first} .. ${first} + SR_LANES - 1, as far as the pack has them, were read and
 * have their hash: bit i for first + i. Read and hashed together, and no word about the others: ask
 * for each with sr_pack_check_segment. ${buf} has SR_LANES * SR_SEGMENT bytes at a whole page. */
unsigned sr_pack_whole_segments(
	const struct sr_pack *p, struct sr_backend *b, size_t first, uint8_t *buf);
/* Re-hash segment ${index}; ${buf} has SR_SEGMENT bytes, at a whole page for who wants what the
 * medium holds (sr_backend_get_bulk). CORRUPT names it: "segment 3 of 33 (offset
 * 3145728): hash differs". */
SR_MUST int sr_pack_check_segment(const struct sr_pack *p, struct sr_backend *b, size_t index,
	uint8_t *buf, struct sr_err *e);
/* The footer, with the structure secret: *out has *count entries, malloc'ed, every one inside
 * [header, footer). AUTH, CORRUPT. */
SR_MUST int sr_pack_footer(struct sr_pack_entry **out, size_t *count, const struct sr_pack *p,
	struct sr_backend *b, const uint8_t structure_sk[SR_X_SK], struct sr_err *e);
/* One record's ${at->len} bytes into ${out}; CORRUPT for a place that no record can have. Needs no
 * open. */
SR_MUST int sr_pack_read(
	struct sr_backend *b, const struct sr_place *at, uint8_t *out, struct sr_err *e);
/* The same of a long record that nobody asks for again soon, past the page cache where that goes
 * (sr_backend_get_bulk): with the rest of the pages that it begins and ends in into ${buf}, which
 * is at a whole page and has SR_RECORD_ROOM bytes; *${record} is where in it. */
SR_MUST int sr_pack_read_bulk(struct sr_backend *b, const struct sr_place *at, uint8_t *buf,
	const uint8_t **record, struct sr_err *e);

/* The same for many records of few packs, which stay open between them: until end. Zero but for the
 * backend; one thread. */
enum {
	SR_PACK_READS_OPEN = 2 /* a file's records lie in the packs that were open together */
};
struct sr_pack_reads {
	struct sr_backend *backend; /* borrowed */
	struct sr_opened *open[SR_PACK_READS_OPEN];
	uint8_t names[SR_PACK_READS_OPEN][SR_HASH];
	unsigned next; /* to be replaced */
};
SR_MUST int sr_pack_reads(
	struct sr_pack_reads *r, const struct sr_place *at, uint8_t *out, struct sr_err *e);
void sr_pack_reads_end(struct sr_pack_reads *r);

#endif
