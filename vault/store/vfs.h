/*
 * vfs - one instance of a SQLite VFS over one page file (store/pagefile.h).
 *
 * SQLite sees a database of 4096-byte pages whose last 72 bytes are reserved
 * (SQLITE_FCNTL_RESERVE_BYTES) and read as zeros; the page file seals the 4024 bytes before them.
 * xWrite and xTruncate are held, xSync is the commit. Only the main database can be opened, once;
 * journals, temporary files, WAL, mmap and shared memory are refused, so SQLite must run with
 * journal_mode=MEMORY, temp_store=MEMORY, locking_mode=EXCLUSIVE (store/db.c sets and checks that).
 *
 * In erasable mode a page of a B-tree is scrubbed before it is sealed: the gap between the cell
 * pointers and the cells, and the bodies of free blocks, become zeros. SQLite leaves copies of
 * moved cells there when it splits or joins pages (secure_delete does not reach them), and such a
 * copy would outlive the secret's own cell.
 */
#ifndef SR_STORE_VFS_H
#define SR_STORE_VFS_H

#include "store/pagefile.h"

struct sr_vfs; /* opaque */

/* Register a VFS over ${pf} (borrowed; freed after the VFS). */
SR_MUST int sr_vfs_new(struct sr_vfs **out, struct sr_pagefile *pf, bool scrub, struct sr_err *e);
const char *sr_vfs_name(const struct sr_vfs *v); /* for sqlite3_open_v2 */
/* After the connection was closed. NULL allowed. */
void sr_vfs_free(struct sr_vfs *v);

/* Zero what a B-tree page of ${usable} bytes does not use; ${first}: page 1, whose B-tree header
 * comes after 100 bytes. Other pages (overflow, free list) are left alone. */
void sr_vfs_scrub(uint8_t *page, size_t usable, bool first);

#endif
