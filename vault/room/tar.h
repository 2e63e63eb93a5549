/*
 * tar - writing a POSIX pax archive of regular files (POSIX.1-2017, pax, "ustar Interchange Format"
 * and its extended header), for exports: nothing else but a folder is ever put into one. One piece
 * at a time, into a buffer; the caller streams it out.
 *
 *   for each file: [header 'x', its records, padding]  header '0', content, zeros to a multiple of
 * 512;  at the end 1024 zeros
 *
 *   record of the extended header: "<length> <key>=<value>\n", the length counting itself
 *     hdrcharset=BINARY   path holds bytes that are not UTF-8
 *     mtime               a time before 1970, after 2242, or with a part of a second
 *     path                longer than 100 bytes, or not plain ASCII
 *     size                8 GiB or more
 *
 * Owner and group are 0 without names, the mode is 0644 (a folder's 0755). Names are made harmless
 * to whoever unpacks: leading slashes go, the components "." and "" go, ".." becomes "_..", NUL
 * becomes "_"; a name that is empty then is "_".
 */
#ifndef SR_ROOM_TAR_H
#define SR_ROOM_TAR_H

#include "base/bytes.h"

enum {
	SR_TAR_BLOCK = 512
};

struct sr_tar_file {
	struct sr_bytes path; /* as deposited: any bytes */
	uint64_t size;
	int64_t mtime_s;
	uint32_t mtime_ns;
};
/* The headers of one file, appended. A failure sticks to ${out}. */
void sr_tar_header(struct sr_buf *out, const struct sr_tar_file *f);
/* A folder, for one in which nothing may lie. */
void sr_tar_folder(struct sr_buf *out, struct sr_bytes path, int64_t mtime_s);
/* The zeros after ${size} bytes of content. */
void sr_tar_pad(struct sr_buf *out, uint64_t size);
/* The end of the archive. */
void sr_tar_end(struct sr_buf *out);
/* The name that a path gets in the archive, appended. */
void sr_tar_name(struct sr_buf *out, struct sr_bytes path);

#endif
