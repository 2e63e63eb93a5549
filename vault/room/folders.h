/*
 * folders - names of an item's files where they are unpacked. What was found in a container (a
 * letter, a zip) is a file of the item whose path goes on behind the container's: on a disk that
 * would be a file and a folder of one name. The file keeps the name that it was deposited under,
 * and its folder is told apart by "~" and the file's number, and more "~" where that is taken. So
 * is the second of two files of one name: whoever unpacks would have the last of them alone.
 *
 *   fold/m.eml                 fold/m.eml
 *   fold/m.eml/01.text-plain   fold/m.eml~0/01.text-plain
 *   x, ./x                     x, x~7
 *
 * What does not leave has no place there. Names are those of room/tar.h.
 */
#ifndef SR_ROOM_FOLDERS_H
#define SR_ROOM_FOLDERS_H

#include "store/reader.h"

struct sr_folders; /* opaque: about 16 bytes for each file and folder */

/* ${stays}: by file, that does not leave; NULL: all do. Borrowed for the call. */
SR_MUST int sr_folders_new(
	struct sr_folders **out, struct sr_item *it, const bool *stays, struct sr_err *e);
void sr_folders_free(struct sr_folders *f); /* NULL allowed */
/* The name of file ${file} of that ${path}, appended. */
SR_MUST int sr_folders_name(const struct sr_folders *f, struct sr_buf *out, uint64_t file,
	struct sr_bytes path, struct sr_err *e);
/* Has a file that name, or a folder, before they are told apart? */
bool sr_folders_taken(const struct sr_folders *f, struct sr_bytes name);

#endif
