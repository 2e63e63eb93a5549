/*
 * bagging - an item as a bag (RFC 8493), for an export: everything of it but the payload's bytes,
 * which the caller streams between head and tail.
 *
 *   <item>/bagit.txt             BagIt-Version: 1.0, UTF-8
 *   <item>/bag-info.txt          what the ledger says of the item and of this export
 *   <item>/data/<path>           its files
 *   <item>/manifest-sha512.txt   and -sha256.txt: of every file
 *   <item>/not-exported.txt      what has no content, if there is any: links, what was not read
 *   <item>/renamed.txt           what could not keep its name, if there is any
 *   <item>/tagmanifest-sha512.txt and -sha256.txt
 *
 * What came in as a bag is the payload of this one, whole: its own tag files lie under data/ as
 * they were, byte for byte, with whatever they claim, and so does what is signed or referred to in
 * them. Nothing of it is mixed with what is said here.
 *
 * Names are made harmless as in other exports (room/tar.h), and valid UTF-8, as the manifests are:
 * a byte that is none becomes %XX. Members of containers lie beside these (room/folders.h). Two
 * that would be one then, or one a folder that the other is a file, are told apart by "~" and the
 * file's number. In manifests LF, CR and % are %0A, %0D, %25.
 *
 *   new -> info... -> head -> [path, the caller's bytes, sha512] for each file -> tail until done
 */
#ifndef SR_ROOM_BAGGING_H
#define SR_ROOM_BAGGING_H

#include "store/reader.h"

enum {
	SR_BAGGING_SHA512 = 64,
	SR_BAGGING_PIECE = 256 << 10 /* bytes of a manifest that tail makes at once, about */
};

struct sr_bagging; /* opaque; ${it} must outlive it */

/* ${base}: name of the folder; ${now}: when; ${stays}: by file, that does not leave
 * (room/export.c). NOMEM, or what the item's manifest gives. */
SR_MUST int sr_bagging_new(struct sr_bagging **out, const char *base, int64_t now,
	struct sr_item *it, const bool *stays, struct sr_err *e);
void sr_bagging_free(struct sr_bagging *b); /* NULL allowed */

/* A line of bag-info.txt; lines of ${value} are folded into it. Nothing when it is NULL or "". A
 * failure sticks until head. */
void sr_bagging_info(struct sr_bagging *b, const char *label, const char *value);

/* What stands before the payload, as tar, appended. */
SR_MUST int sr_bagging_head(struct sr_bagging *b, struct sr_buf *out, struct sr_err *e);
/* Path of a regular file in the archive, appended. */
void sr_bagging_path(const struct sr_bagging *b, uint64_t file, struct sr_buf *out);
void sr_bagging_sha512(
	struct sr_bagging *b, uint64_t file, const uint8_t sha512[SR_BAGGING_SHA512]);
/* The next piece of what stands behind it, and the end of the archive, appended. */
SR_MUST int sr_bagging_tail(struct sr_bagging *b, struct sr_buf *out, bool *done, struct sr_err *e);

#endif
