/*
 * compound - the streams of a compound file ([MS-CFB]; also called OLE2 or structured storage): a
 * file system in a file, in which office documents before 2007 lie.
 *
 *   offset size  of the header
 *        0    8  D0 CF 11 E0 A1 B1 1A E1
 *       26    2  major version: 3 (sectors of 512 bytes), 4 (4096)
 *       30    2  9 or 12: a sector has two to the power of it bytes; sector n is at (n + 1) of them
 *       48    4  first sector of the folder (entries of 128 bytes)
 *       56    4  streams of fewer bytes lie in pieces of 64 in the root's own stream
 *       60    4  first sector of the table of those pieces
 *       68    4  first sector of more table sectors (the last number of each: the next one)
 *       76  436  the first 109 sectors of the table: next sector of each sector
 *   of an entry
 *        0   64  name, UTF-16        64   2  its bytes, with the zero
 *       66    1  5 the root, 2 a stream, 1 a storage
 *       68    4  left,  72  4 right,  76  4 child: numbers of entries
 *      116    4  first sector       120   8  bytes (of version 3: 4)
 *
 * Hostile files have chains that turn back and trees that are none: every chain ends after as many
 * steps as the file has sectors, every entry of the tree is looked at once, and a name that stands
 * there twice is not found. Only streams directly
 * under the root are found: a document that is embedded in another is not the document.
 */
#ifndef SR_PARSER_COMPOUND_H
#define SR_PARSER_COMPOUND_H

#include "base/bytes.h"

struct par_compound {
	struct sr_bytes all; /* borrowed */
	unsigned shift;
	uint32_t sectors;     /* of the file */
	uint32_t cutoff;      /* bytes of a stream that lies in sectors of its own */
	struct sr_buf table;  /* le32 each: the next sector */
	struct sr_buf folder; /* entries */
	struct sr_buf small;  /* the root's stream, in pieces */
	struct sr_buf small_table;
};

/* Are these the first bytes of one? */
bool par_is_compound(struct sr_bytes head);
/* NULL, or what is wrong with it. par_compound_free in every case. */
const char *par_compound_open(struct par_compound *c, struct sr_bytes all);
void par_compound_free(struct par_compound *c);
/* Is there a stream, or a storage, of this name (ASCII) under the root? */
bool par_compound_has(const struct par_compound *c, const char *name);
/* Its bytes, appended: as many as its chain has, if that is cut. false: there is none, or no
 * memory. */
bool par_compound_read(const struct par_compound *c, const char *name, struct sr_buf *out);

#endif
