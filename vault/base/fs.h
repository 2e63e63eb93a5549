/*
 * fs - durable files, and the only place that opens any under a vault.
 *
 * A sr_dir is a directory held open, so that an error of its fsync cannot be lost with an evicted
 * inode. Names are relative, without "..", and are resolved beneath it without following links
 * (openat2 RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS where the kernel has it). New files are written
 * under a temporary name in the same directory, fdatasync, renamed, and the directory fsynced. An
 * fsync error is final for that file: it is never retried. Files are created 0600, directories 0700
 * unless said otherwise.
 *
 * Every call that changes the disk first asks sr_fault_point(name), so that tests can fail or kill
 * at the Nth step.
 */
#ifndef SR_BASE_FS_H
#define SR_BASE_FS_H

#include <sys/types.h>

#include "base/bytes.h"

/* First of all in every program: 0, 1 and 2 are open. One that the program was started without
 * would be the number of a file that it opens, and what is meant for a person would be written into
 * a journal or a pack, or a pack be read as standard input. In the place of such a one there is a
 * file that can be neither read nor written (EBADF, as if it were closed), here and in what is
 * started from here. IO: it cannot be had. */
SR_MUST int sr_standard_files(struct sr_err *e);

struct sr_dir; /* opaque */

SR_MUST int sr_dir_open(struct sr_dir **out, const char *path, struct sr_err *e);
SR_MUST int sr_dir_open_at(
	struct sr_dir **out, struct sr_dir *parent, const char *name, struct sr_err *e);
/* Make (mode as given, parent fsynced) unless there, then open. */
SR_MUST int sr_dir_make(struct sr_dir **out, struct sr_dir *parent, const char *name, mode_t mode,
	struct sr_err *e);
/* Open the folder that ${path} lies in; *${name} is the last part of the path. */
SR_MUST int sr_dir_of(struct sr_dir **out, const char **name, const char *path, struct sr_err *e);
/* The same without waiting: the name is durable when the parent was synced. */
SR_MUST int sr_dir_make_later(struct sr_dir **out, struct sr_dir *parent, const char *name,
	mode_t mode, struct sr_err *e);
void sr_dir_close(struct sr_dir *d); /* NULL allowed */
const char *sr_dir_path(const struct sr_dir *d);
int sr_dir_fd(const struct sr_dir *d);
SR_MUST int sr_dir_sync(struct sr_dir *d, struct sr_err *e);
/*
 * syncfs of the file system that holds ${d}: everything that was written there before, by whomever,
 * is durable when it returns. One flush for any number of files and folders; the price is that it
 * waits for what others write there too. A write of anything on it that failed since ${d} was
 * opened is reported (Linux 5.8), so nothing of ours that failed is missed.
 */
SR_MUST int sr_dir_syncfs(struct sr_dir *d, struct sr_err *e);

/* Call ${each} for every entry but "." and ".." in byte order of names; a non-zero result stops and
 * is returned. */
SR_MUST int sr_dir_each(struct sr_dir *d,
	int (*each)(void *ctx, const char *name, bool is_dir, struct sr_err *e), void *ctx,
	struct sr_err *e);

enum {
	/* What O_DIRECT wants of offset, length and memory: the logical block of the disks that
	 * there are, 512 or 4096 bytes, and what fits the larger fits the smaller. Where a file
	 * system wants more, it goes through the page cache. */
	SR_DIRECT_PAGE = 4096
};

/* Whole small files. NOTFOUND; LIMIT above ${max}. ${out} is appended to. */
SR_MUST int sr_file_read(
	struct sr_dir *d, const char *name, struct sr_buf *out, size_t max, struct sr_err *e);
/* temp, write, fdatasync, rename over ${name}, fsync directory. */
SR_MUST int sr_file_replace(
	struct sr_dir *d, const char *name, struct sr_bytes data, struct sr_err *e);
/* As sr_file_replace but EXISTS if the name is taken (renameat2 RENAME_NOREPLACE). */
SR_MUST int sr_file_create(
	struct sr_dir *d, const char *name, struct sr_bytes data, struct sr_err *e);
/*
 * The same without waiting, for what nobody believes before something durable names it: bytes and
 * name are durable after the next sr_dir_syncfs. A cut of power before that may leave the name
 * with some or none of the bytes.
 */
SR_MUST int sr_file_replace_later(
	struct sr_dir *d, const char *name, struct sr_bytes data, struct sr_err *e);
SR_MUST int sr_file_create_later(
	struct sr_dir *d, const char *name, struct sr_bytes data, struct sr_err *e);
SR_MUST int sr_file_remove_later(struct sr_dir *d, const char *name, struct sr_err *e);
/* NOTFOUND if absent; fsyncs the directory */
SR_MUST int sr_file_remove(struct sr_dir *d, const char *name, struct sr_err *e);
SR_MUST int sr_file_size(struct sr_dir *d, const char *name, uint64_t *out, struct sr_err *e);
/* Is there anything of that name? A failure is no answer: what cannot be looked at is neither there
 * nor gone. */
SR_MUST int sr_file_find(bool *there, struct sr_dir *d, const char *name, struct sr_err *e);
#ifdef SR_TESTING
bool sr_file_exists(struct sr_dir *d, const char *name); /* false, too, when it cannot be told */
#endif

/* Open for positioned I/O. flags: SR_FS_READ, or SR_FS_WRITE (read and write, created 0600 if
 * SR_FS_CREATE). */
enum {
	SR_FS_READ = 0,
	SR_FS_WRITE = 1,
	SR_FS_CREATE = 2
};
SR_MUST int sr_file_open(
	int *fd, struct sr_dir *d, const char *name, unsigned flags, struct sr_err *e);
/* all, or CORRUPT "want, have" */
SR_MUST int sr_fd_pread(int fd, void *p, size_t len, uint64_t offset, struct sr_err *e);
/* The same of much that nobody reads again soon, past the page cache where the file system can do
 * that: what comes is what the disk holds. ${p} and ${offset} are at whole pages (SR_DIRECT_PAGE),
 * and
 * ${p} has room for ${len} rounded up to them; else it is read as ever. One thread for ${fd}. */
SR_MUST int sr_fd_pread_bulk(int fd, void *p, size_t len, uint64_t offset, struct sr_err *e);
SR_MUST int sr_fd_pread_some(
	int fd, void *p, size_t len, uint64_t offset, size_t *got, struct sr_err *e);
SR_MUST int sr_fd_pwrite(int fd, const void *p, size_t len, uint64_t offset, struct sr_err *e);
SR_MUST int sr_fd_datasync(int fd, struct sr_err *e);
SR_MUST int sr_fd_truncate(int fd, uint64_t size, struct sr_err *e);

/*
 * A file that grows under a temporary name: new -> write* -> (sync ->) commit | abort. `sync` makes
 * the bytes durable; `commit` gives it its name (sync first if needed), EXISTS if taken and
 * !replace; the directory is fsynced only if
 * ${sync_dir}, so that many commits can share one sr_dir_sync. abort removes it; both free.
 */
struct sr_tmpfile;
SR_MUST int sr_tmpfile_new(struct sr_tmpfile **out, struct sr_dir *d, struct sr_err *e);
SR_MUST int sr_tmpfile_write(struct sr_tmpfile *t, const void *p, size_t len, struct sr_err *e);
/* What follows is much, and nobody reads it soon: whole pages of it go past the page cache
 * (O_DIRECT) where the file system can do that. Writes of whole pages at whole pages are what
 * gains; all others are as before. */
void sr_tmpfile_bulk(struct sr_tmpfile *t);
int sr_tmpfile_fd(const struct sr_tmpfile *t);
uint64_t sr_tmpfile_size(const struct sr_tmpfile *t);
SR_MUST int sr_tmpfile_sync(struct sr_tmpfile *t, struct sr_err *e);
/* The caller's sr_dir_syncfs returned 0 after the last write, so commit need not sync once more. */
void sr_tmpfile_synced(struct sr_tmpfile *t);
bool sr_tmpfile_is_synced(const struct sr_tmpfile *t);
SR_MUST int sr_tmpfile_commit(
	struct sr_tmpfile *t, const char *name, bool replace, bool sync_dir, struct sr_err *e);
void sr_tmpfile_abort(struct sr_tmpfile *t); /* NULL allowed */
/* Is that a name of one (".tmp-*")? */
bool sr_tmpfile_is(const char *name);
/* Remove what killed writers left behind in ${d}; counts them. */
SR_MUST int sr_tmpfile_sweep(struct sr_dir *d, size_t *removed, struct sr_err *e);

/* An exclusive lock on ${name}, with our process id written into it: LOCKED names the holder's.
 * Held until closed. A process that was killed while it started another leaves the lock to that
 * one, which closes it before it does anything: that is waited for, two seconds at most. */
struct sr_lock;
SR_MUST int sr_lock_take(
	struct sr_lock **out, struct sr_dir *d, const char *name, struct sr_err *e);
/* The same, for what others hold no longer than a file takes to be written: asked for again until
 * it is free, LOCKED when it is not within ${wait_ms}. */
SR_MUST int sr_lock_wait(struct sr_lock **out, struct sr_dir *d, const char *name, unsigned wait_ms,
	struct sr_err *e);
void sr_lock_free(struct sr_lock *l); /* NULL allowed */

/* Tests: fail or kill at the ${nth} fault point (from 1; 0: off) with ${err} (an errno), or SIGKILL
 * if ${err} < 0. Also taken at start from $SR_FAULT="nth:errno" when built with -DSR_FAULTS (never
 * in release builds). name is one of write fdatasync fsync rename unlink open truncate mkdir. */
void sr_fault_set(unsigned long nth, int err);
unsigned long sr_fault_count(void);
/* 0, or -1 with errno set. */
int sr_fault_point(const char *name);
#ifdef SR_TESTING
/* As on a kernel without openat2: names are resolved step by step. */
void sr_fs_without_openat2(bool without);
#endif

#endif
