/*
 * fs - durable files beneath directories that stay open; see fs.h.
 *
 * Order of a durable write, which every function here keeps: bytes to a temporary name, fdatasync,
 * rename, fsync of the directory. A failure before the rename leaves the old file, one after it
 * leaves the new; in both cases whole. A failed fsync makes the directory (or the temporary file)
 * refuse for good, since the kernel may have dropped the pages and a second fsync would lie.
 *
 * Names come from our own formats, so a name that is absolute, empty or has ".." is our bug
 * (MISUSE); a link on the way is somebody's doing and is refused (DENIED).
 */
#include "base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/limits.h"
#include "base/time.h"

enum {
	SHOWN = 400,      /* bytes of a path in an error; the sentence has 768 */
	TMP_NAME = 64,    /* bytes of a temporary name with its NUL */
	TMP_TRIES = 1000, /* temporary names tried before giving up */
	LOCK_TEXT = 32,   /* bytes read of a lock file */
	LOCK_PAUSE_MS = 5,
	/* What a process started has its open files for some instructions, until it closes them or
	 * becomes another program; on a busy machine they take their time. */
	LOCK_ORPHAN_MS = 2000,
	READ_STEP = 65536 /* bytes a read of an unsized file grows by */
};

static const char TMP_PREFIX[] = ".tmp-";

struct sr_dir {
	int fd;
	char *path;         /* for sentences only */
	atomic_bool failed; /* an fsync of it failed: sticky */
};

/* --- faults ------------------------------------------------------------------------------------
 */

#if defined(SR_TESTING) || defined(SR_FAULTS)
static atomic_ulong fault_count;
static atomic_ulong fault_nth;
static atomic_int fault_errno;

void sr_fault_set(unsigned long nth, int err) {
	atomic_store(&fault_count, 0);
	atomic_store(&fault_errno, err);
	atomic_store(&fault_nth, nth);
}

unsigned long sr_fault_count(void) {
	return atomic_load(&fault_count);
}

int sr_fault_point(const char *name) {
	(void)name;
	unsigned long at = atomic_fetch_add(&fault_count, 1) + 1;
	if (at != atomic_load(&fault_nth))
		return 0;
	int err = atomic_load(&fault_errno);
	if (err < 0) {
		(void)kill(getpid(), SIGKILL);
		for (;;)
			(void)pause();
	}
	errno = err;
	return -1;
}
#else
void sr_fault_set(unsigned long nth, int err) {
	(void)nth;
	(void)err;
}

unsigned long sr_fault_count(void) {
	return 0;
}

int sr_fault_point(const char *name) {
	(void)name;
	return 0;
}
#endif

#ifdef SR_FAULTS
/* $SR_FAULT="nth:errno", errno below 0 for SIGKILL. */
__attribute__((constructor)) static void fault_from_environment(void) {
	const char *text = getenv("SR_FAULT");
	if (text == NULL)
		return;
	char *end = NULL;
	unsigned long nth = strtoul(text, &end, 10);
	if (end == text || *end != ':')
		return;
	sr_fault_set(nth, (int)strtol(end + 1, NULL, 10));
}
#endif

/* --- names -------------------------------------------------------------------------------------
 */

/* "${dir}/${name}" escaped, for a sentence; ${name} may be NULL. */
static const char *shown(char out[SHOWN], const struct sr_dir *d, const char *name) {
	struct sr_buf b;
	sr_buf_init(&b);
	sr_buf_put_str(&b, d->path);
	if (name != NULL)
		sr_buf_printf(&b, "/%s", name);
	(void)sr_escape_to(out, SHOWN, sr_buf_view(&b));
	sr_buf_free(&b);
	return out;
}

int sr_standard_files(struct sr_err *e) {
	static const char *const names[] = {"standard input", "standard output", "standard error"};
	for (int fd = 0; fd < 3; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		/* The lowest number that is free is this one. */
		if (open("/", O_PATH | O_DIRECTORY) != fd)
			return sr_fail_errno(e,
				"%s is closed, and nothing can take its place; start the program "
				"with it (from /dev/null, or to it)",
				names[fd]);
	}
	return 0;
}

/* The sentence for errno after ${verb} ("open", "rename") of ${name}. */
static int name_fail(struct sr_err *e, const char *verb, const struct sr_dir *d, const char *name) {
	int no = errno;
	char path[SHOWN];
	(void)shown(path, d, name);
	if (no == ENOENT)
		return sr_fail(e, SR_NOTFOUND, "%s %s: no such file or folder", verb, path);
	if (no == EEXIST)
		return sr_fail(e, SR_EXISTS, "%s %s: it is there already", verb, path);
	if (no == ELOOP || no == EXDEV)
		return sr_fail(
			e, SR_DENIED, "%s %s: a link on the way is not followed", verb, path);
	errno = no;
	return sr_fail_errno(e, "%s %s", verb, path);
}

/* Relative, not empty, no "", "." or ".." between slashes, not too long. */
static int check_name(const struct sr_dir *d, const char *name, struct sr_err *e) {
	char path[SHOWN];
	size_t len = strlen(name);
	bool good = len > 0 && len < SR_PATH_MAX;
	for (const char *part = name; good && part != NULL;) {
		const char *slash = strchr(part, '/');
		size_t n = slash != NULL ? (size_t)(slash - part) : strlen(part);
		if (n == 0 || (n == 1 && part[0] == '.') || (n == 2 && memcmp(part, "..", 2) == 0))
			good = false;
		part = slash != NULL ? slash + 1 : NULL;
	}
	if (!good)
		return sr_fail(e, SR_MISUSE,
			"name %s: not a plain name beneath the folder (%zu bytes)",
			shown(path, d, name), len);
	return 0;
}

static atomic_bool no_openat2; /* the kernel said ENOSYS, or a test did */

#ifdef SR_TESTING
void sr_fs_without_openat2(bool without) {
	atomic_store(&no_openat2, without);
}
#endif

/* A link opened as a folder gives ENOTDIR on some kernels; the sentence should say link. */
static void blame_link(int fd, const char *name) {
	char target[1];
	if (errno == ENOTDIR)
		errno = readlinkat(fd, name, target, sizeof target) >= 0 ? ELOOP : ENOTDIR;
}

/* openat that an interruption does not end: a file system behind a network may do so. */
static int open_at(int fd, const char *name, int flags, mode_t mode) {
	int got = -1;
	do
		got = openat(fd, name, flags, mode);
	while (got < 0 && errno == EINTR);
	return got;
}

/* Beneath ${fd} without openat2: a step for each part, none through a link. -1 with errno. */
static int open_by_steps(int fd, const char *name, int flags, mode_t mode) {
	char part[NAME_MAX + 1];
	int at = fd;
	for (;;) {
		const char *slash = strchr(name, '/');
		if (slash == NULL) {
			int last = open_at(at, name, flags | O_NOFOLLOW, mode);
			int no = errno;
			if (at != fd)
				(void)close(at);
			errno = no;
			return last;
		}
		size_t len = (size_t)(slash - name);
		int next = -1;
		if (len >= sizeof part) {
			errno = ENAMETOOLONG;
		} else {
			memcpy(part, name, len);
			part[len] = '\0';
			next = open_at(at, part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
			if (next < 0)
				blame_link(at, part);
		}
		int no = errno;
		if (at != fd)
			(void)close(at);
		errno = no;
		if (next < 0)
			return -1;
		at = next;
		name = slash + 1;
	}
}

/* Open ${name}, which is checked, beneath ${d}. -1 with errno. */
static int open_beneath(const struct sr_dir *d, const char *name, int flags, mode_t mode) {
	flags |= O_CLOEXEC | O_NOCTTY;
	if (!atomic_load(&no_openat2)) {
		struct open_how how = {.flags = (uint64_t)(unsigned)flags,
			.mode = (flags & O_CREAT) != 0 ? mode : 0,
			.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
		long fd = 0;
		do
			fd = syscall(SYS_openat2, d->fd, name, &how, sizeof how);
		while (fd < 0 && (errno == EINTR || errno == EAGAIN));
		/* EPERM: some sandboxes answer so to a call that they do not know. */
		if (fd >= 0 || (errno != ENOSYS && errno != EPERM)) {
			if (fd < 0)
				blame_link(d->fd, name);
			return (int)fd;
		}
		if (errno == ENOSYS)
			atomic_store(&no_openat2, true);
	}
	int fd = open_by_steps(d->fd, name, flags, mode);
	if (fd < 0)
		blame_link(d->fd, name);
	return fd;
}

/* The folder of a name and its last part, for calls that take no resolve flags. */
struct place {
	int fd;
	bool own; /* close it */
	const char *last;
};

static int place_open(
	struct place *out, const struct sr_dir *d, const char *name, struct sr_err *e) {
	int rc = check_name(d, name, e);
	if (rc != 0)
		return rc;
	struct place p = {d->fd, false, name};
	const char *slash = strrchr(name, '/');
	if (slash != NULL) {
		char *parent = strndup(name, (size_t)(slash - name));
		if (parent == NULL)
			return sr_fail(e, SR_NOMEM, "no memory for a name");
		p.fd = open_beneath(d, parent, O_RDONLY | O_DIRECTORY, 0);
		p.own = true;
		p.last = slash + 1;
		if (p.fd < 0)
			rc = name_fail(e, "open", d, parent);
		free(parent);
	}
	if (rc == 0)
		*out = p;
	return rc;
}

static void place_close(struct place *p) {
	if (p->own)
		(void)close(p->fd);
}

/* --- folders -----------------------------------------------------------------------------------
 */

static int dir_of_fd(struct sr_dir **out, int fd, const char *parent, const char *name) {
	struct sr_dir *d = calloc(1, sizeof *d);
	if (d == NULL)
		return -1;
	if (name == NULL)
		d->path = strdup(parent);
	else if (asprintf(&d->path, "%s/%s", parent, name) < 0)
		d->path = NULL;
	if (d->path == NULL) {
		free(d);
		return -1;
	}
	d->fd = fd;
	*out = d;
	return 0;
}

int sr_dir_open(struct sr_dir **out, const char *path, struct sr_err *e) {
	char text[SHOWN];
	*out = NULL;
	int fd = open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd < 0) {
		int no = errno;
		(void)sr_escape_to(text, sizeof text, sr_bytes_str(path));
		if (no == ENOENT)
			return sr_fail(e, SR_NOTFOUND, "open %s: no such folder", text);
		errno = no;
		return sr_fail_errno(e, "open %s", text);
	}
	if (dir_of_fd(out, fd, path, NULL) != 0) {
		(void)close(fd);
		return sr_fail(e, SR_NOMEM, "no memory for a folder");
	}
	return 0;
}

int sr_dir_open_at(struct sr_dir **out, struct sr_dir *parent, const char *name, struct sr_err *e) {
	*out = NULL;
	int rc = check_name(parent, name, e);
	if (rc != 0)
		return rc;
	int fd = open_beneath(parent, name, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return name_fail(e, "open", parent, name);
	if (dir_of_fd(out, fd, parent->path, name) != 0) {
		(void)close(fd);
		return sr_fail(e, SR_NOMEM, "no memory for a folder");
	}
	return 0;
}

/* fsync of a folder: of ${d} itself (sticky), or of the place of a name beneath it. */
static int sync_place(struct sr_dir *d, const struct place *p, struct sr_err *e) {
	char path[SHOWN];
	if (atomic_load(&d->failed))
		return sr_fail(e, SR_IO,
			"sync %s: an earlier fsync failed; what it held is unknown",
			shown(path, d, NULL));
	if (sr_fault_point("fsync") != 0 || fsync(p != NULL ? p->fd : d->fd) != 0) {
		atomic_store(&d->failed, true);
		return sr_fail_errno(e, "sync %s", shown(path, d, NULL));
	}
	return 0;
}

static int dir_make(struct sr_dir **out, struct sr_dir *parent, const char *name, mode_t mode,
	bool later, struct sr_err *e) {
	char path[SHOWN];
	struct place p = {-1, false, NULL};
	*out = NULL;
	int rc = place_open(&p, parent, name, e);
	if (rc != 0)
		return rc;
	if (sr_fault_point("mkdir") != 0 || mkdirat(p.fd, p.last, mode) != 0) {
		if (errno != EEXIST)
			rc = name_fail(e, "make", parent, name);
	} else {
		/* The mode is a promise, whatever the umask says. */
		if (fchmodat(p.fd, p.last, mode, 0) != 0)
			rc = sr_fail_errno(e, "chmod %s", shown(path, parent, name));
		if (rc == 0 && !later)
			rc = sync_place(parent, &p, e);
	}
	if (rc == 0)
		rc = sr_dir_open_at(out, parent, name, e);
	place_close(&p);
	return rc;
}

int sr_dir_make(struct sr_dir **out, struct sr_dir *parent, const char *name, mode_t mode,
	struct sr_err *e) {
	return dir_make(out, parent, name, mode, false, e);
}

int sr_dir_make_later(struct sr_dir **out, struct sr_dir *parent, const char *name, mode_t mode,
	struct sr_err *e) {
	return dir_make(out, parent, name, mode, true, e);
}

int sr_dir_of(struct sr_dir **out, const char **name, const char *path, struct sr_err *e) {
	char folder[SR_PATH_MAX];
	const char *slash = strrchr(path, '/');

	*out = NULL;
	*name = slash == NULL ? path : slash + 1;
	if (slash != NULL && (size_t)(slash - path) >= sizeof folder)
		return sr_fail(e, SR_USAGE, "a path of %zu bytes, want fewer than %zu",
			strlen(path), sizeof folder);
	if (slash == NULL)
		snprintf(folder, sizeof folder, ".");
	else
		snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path),
			path);
	return sr_dir_open(out, folder, e);
}

void sr_dir_close(struct sr_dir *d) {
	if (d == NULL)
		return;
	(void)close(d->fd);
	free(d->path);
	free(d);
}

const char *sr_dir_path(const struct sr_dir *d) {
	return d->path;
}

int sr_dir_fd(const struct sr_dir *d) {
	return d->fd;
}

int sr_dir_sync(struct sr_dir *d, struct sr_err *e) {
	return sync_place(d, NULL, e);
}

int sr_dir_syncfs(struct sr_dir *d, struct sr_err *e) {
	char path[SHOWN];
	if (sr_fault_point("fsync") != 0 || syncfs(d->fd) != 0)
		return sr_fail_errno(e, "sync the file system of %s", shown(path, d, NULL));
	return 0;
}

/* --- listing -----------------------------------------------------------------------------------
 */

struct entry {
	char *name;
	bool is_dir;
};

struct listing {
	struct entry *v;
	size_t count;
	size_t cap;
};

static int by_name(const void *a, const void *b) {
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static int listing_add(struct listing *l, const char *name, bool is_dir) {
	if (l->count == l->cap) {
		size_t cap = l->cap == 0 ? 64 : l->cap * 2;
		struct entry *v = reallocarray(l->v, cap, sizeof *v);
		if (v == NULL)
			return -1;
		l->v = v;
		l->cap = cap;
	}
	struct entry *at = &l->v[l->count];
	at->is_dir = is_dir;
	at->name = strdup(name);
	if (at->name == NULL)
		return -1;
	l->count++;
	return 0;
}

static void listing_free(struct listing *l) {
	for (size_t i = 0; i < l->count; i++)
		free(l->v[i].name);
	free(l->v);
}

/* All names of ${d} into ${l}, unsorted. */
static int listing_read(struct listing *l, struct sr_dir *d, struct sr_err *e) {
	char path[SHOWN];
	int rc = 0;
	/* An open of its own, so that two listings do not share a position. */
	int fd = open_at(d->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (dir == NULL) {
		rc = sr_fail_errno(e, "list %s", shown(path, d, NULL));
		if (fd >= 0)
			(void)close(fd);
		return rc;
	}
	for (;;) {
		errno = 0;
		/* NOLINTNEXTLINE(concurrency-mt-unsafe): this stream is ours alone */
		const struct dirent *de = readdir(dir);
		if (de == NULL && errno != 0)
			rc = sr_fail_errno(e, "list %s", shown(path, d, NULL));
		if (de == NULL)
			break;
		if (strcmp(de->d_name, ".") == 0 || strcmp(de->d_name, "..") == 0)
			continue;
		bool is_dir = de->d_type == DT_DIR;
		struct stat st;
		if (de->d_type == DT_UNKNOWN &&
			fstatat(d->fd, de->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			is_dir = S_ISDIR(st.st_mode);
		if (listing_add(l, de->d_name, is_dir) != 0) {
			rc = sr_fail(e, SR_NOMEM, "list %s: no memory after %zu names",
				shown(path, d, NULL), l->count);
			break;
		}
	}
	(void)closedir(dir);
	return rc;
}

int sr_dir_each(struct sr_dir *d,
	int (*each)(void *ctx, const char *name, bool is_dir, struct sr_err *e), void *ctx,
	struct sr_err *e) {
	struct listing l = {NULL, 0, 0};
	int rc = listing_read(&l, d, e);
	if (rc == 0 && l.count > 1)
		qsort(l.v, l.count, sizeof *l.v, by_name);
	for (size_t i = 0; rc == 0 && i < l.count; i++)
		rc = each(ctx, l.v[i].name, l.v[i].is_dir, e);
	listing_free(&l);
	return rc;
}

/* --- positioned I/O ----------------------------------------------------------------------------
 */

/* That [offset, offset + len) is a range of an off_t. */
static int check_range(uint64_t offset, size_t len, struct sr_err *e) {
	if (offset > INT64_MAX || len > (uint64_t)INT64_MAX - offset)
		return sr_fail(e, SR_LIMIT, "offset %llu plus %zu bytes is beyond any file",
			(unsigned long long)offset, len);
	return 0;
}

int sr_fd_pread_some(int fd, void *p, size_t len, uint64_t offset, size_t *got, struct sr_err *e) {
	int rc = check_range(offset, len, e);
	if (rc != 0)
		return rc;
	size_t have = 0;
	while (have < len) {
		ssize_t n = pread(fd, (uint8_t *)p + have, len - have, (off_t)(offset + have));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return sr_fail_errno(e, "read %zu bytes at offset %llu", len,
				(unsigned long long)offset);
		if (n == 0)
			break;
		have += (size_t)n;
	}
	*got = have;
	return 0;
}

int sr_fd_pread(int fd, void *p, size_t len, uint64_t offset, struct sr_err *e) {
	size_t got = 0;
	int rc = sr_fd_pread_some(fd, p, len, offset, &got, e);
	if (rc == 0 && got < len)
		rc = sr_fail(e, SR_CORRUPT, "want %zu bytes at offset %llu, have %zu", len,
			(unsigned long long)offset, got);
	return rc;
}

/* O_DIRECT of an open file; false: it stays as it is. */
static bool switch_direct(int fd, bool on) {
	const int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && fcntl(fd, F_SETFL, on ? flags | O_DIRECT : flags & ~O_DIRECT) == 0;
}

int sr_fd_pread_bulk(int fd, void *p, size_t len, uint64_t offset, struct sr_err *e) {
	size_t got = 0;
	bool whole = (uintptr_t)p % SR_DIRECT_PAGE == 0 && offset % SR_DIRECT_PAGE == 0;
	int rc = check_range(offset, len, e);

	if (rc != 0)
		return rc;
	if (!whole || !switch_direct(fd, true))
		return sr_fd_pread(fd, p, len, offset, e);
	/* A part that ends within a page is the file's end, or a disk that wants more than pages:
	 * what is left is then read as ever, which knows the one from the other. */
	while (whole && got < len) {
		const size_t n = (len - got + SR_DIRECT_PAGE - 1) / SR_DIRECT_PAGE * SR_DIRECT_PAGE;
		const ssize_t have = pread(fd, (uint8_t *)p + got, n, (off_t)(offset + got));

		if (have < 0 && errno == EINTR)
			continue;
		if (have < 0 && errno != EINVAL)
			return sr_fail_errno(e, "read %zu bytes at offset %llu", len,
				(unsigned long long)offset);
		got += have > 0 ? (size_t)have : 0;
		whole = have > 0 && got % SR_DIRECT_PAGE == 0;
	}
	if (got >= len)
		return 0;
	if (!switch_direct(fd, false))
		return sr_fail_errno(e, "take O_DIRECT away");
	size_t rest = 0;
	rc = sr_fd_pread_some(fd, (uint8_t *)p + got, len - got, offset + got, &rest, e);
	if (rc == 0 && got + rest < len)
		rc = sr_fail(e, SR_CORRUPT, "want %zu bytes at offset %llu, have %zu", len,
			(unsigned long long)offset, got + rest);
	return rc;
}

/* All of it, or -1 with errno. */
static int write_all(int fd, const uint8_t *p, size_t len, uint64_t offset) {
	while (len > 0) {
		ssize_t n = pwrite(fd, p, len, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n == 0 ? EIO : errno;
			return -1;
		}
		p += n;
		len -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

int sr_fd_pwrite(int fd, const void *p, size_t len, uint64_t offset, struct sr_err *e) {
	int rc = check_range(offset, len, e);
	if (rc != 0)
		return rc;
	if (sr_fault_point("write") != 0) {
		/* As a full disk does: some of it arrives. */
		int no = errno;
		(void)write_all(fd, p, len / 2, offset);
		errno = no;
	} else if (write_all(fd, p, len, offset) == 0) {
		return 0;
	}
	return sr_fail_errno(e, "write %zu bytes at offset %llu", len, (unsigned long long)offset);
}

int sr_fd_datasync(int fd, struct sr_err *e) {
	if (sr_fault_point("fdatasync") != 0 || fdatasync(fd) != 0)
		return sr_fail_errno(e, "fdatasync");
	return 0;
}

int sr_fd_truncate(int fd, uint64_t size, struct sr_err *e) {
	int rc = check_range(size, 0, e);
	if (rc != 0)
		return rc;
	if (sr_fault_point("truncate") != 0 || ftruncate(fd, (off_t)size) != 0)
		return sr_fail_errno(e, "set the size to %llu bytes", (unsigned long long)size);
	return 0;
}

/* --- whole files -------------------------------------------------------------------------------
 */

/* Open a regular file; O_NONBLOCK so that a pipe put there cannot hold us. */
static int open_regular(int *out, struct sr_dir *d, const char *name, int flags, struct sr_err *e) {
	char path[SHOWN];
	struct stat st;
	int fd = open_beneath(d, name, flags | O_NONBLOCK, 0600);
	if (fd < 0)
		return name_fail(e, "open", d, name);
	int rc = 0;
	if (fstat(fd, &st) != 0)
		rc = sr_fail_errno(e, "stat %s", shown(path, d, name));
	else if (!S_ISREG(st.st_mode))
		rc = sr_fail(e, SR_CORRUPT, "open %s: not a regular file (mode %o)",
			shown(path, d, name), (unsigned)st.st_mode);
	if (rc != 0) {
		(void)close(fd);
		return rc;
	}
	*out = fd;
	return 0;
}

int sr_file_open(int *fd, struct sr_dir *d, const char *name, unsigned flags, struct sr_err *e) {
	struct place p = {-1, false, NULL};
	*fd = -1;
	int rc = check_name(d, name, e);
	if (rc != 0)
		return rc;
	bool write = (flags & (SR_FS_WRITE | SR_FS_CREATE)) != 0;
	rc = open_regular(fd, d, name, write ? O_RDWR : O_RDONLY, e);
	if (rc != SR_NOTFOUND || (flags & SR_FS_CREATE) == 0)
		return rc;
	/* New: its name is durable before the caller puts anything into it. */
	rc = place_open(&p, d, name, e);
	if (rc != 0)
		return rc;
	int made = -1;
	if (sr_fault_point("open") != 0)
		rc = name_fail(e, "make", d, name);
	else
		rc = open_regular(&made, d, name, O_RDWR | O_CREAT | O_EXCL, e);
	if (rc == 0)
		rc = sync_place(d, &p, e);
	if (rc == 0)
		*fd = made;
	else if (made >= 0)
		(void)close(made);
	place_close(&p);
	return rc;
}

/* The rest of ${fd} behind ${out}, of which at most ${max} bytes may come; CODE LIMIT if more. */
static int read_rest(int fd, struct sr_buf *out, size_t max, size_t hint, struct sr_err *e) {
	size_t total = 0;
	for (;;) {
		/* One byte more than allowed shows that there is more. */
		size_t step = total == 0 && hint > 0 ? hint + 1 : READ_STEP;
		if (step > max - total + 1)
			step = max - total + 1;
		int rc = sr_buf_reserve(out, step, e);
		if (rc != 0)
			return rc;
		size_t got = 0;
		rc = sr_fd_pread_some(fd, out->p + out->len, step, total, &got, e);
		if (rc != 0)
			return rc;
		if (got > max - total)
			return sr_fail(e, SR_LIMIT, "more than %zu bytes", max);
		out->len += got;
		total += got;
		if (got < step)
			return 0;
	}
}

int sr_file_read(
	struct sr_dir *d, const char *name, struct sr_buf *out, size_t max, struct sr_err *e) {
	char path[SHOWN];
	struct stat st;
	int fd = -1;
	size_t before = out->len;
	if (max > SIZE_MAX / 4)
		max = SIZE_MAX / 4;
	int rc = sr_file_open(&fd, d, name, SR_FS_READ, e);
	if (rc != 0)
		return rc;
	if (fstat(fd, &st) != 0)
		rc = sr_fail_errno(e, "stat %s", shown(path, d, name));
	else if ((uint64_t)st.st_size > max)
		rc = sr_fail(e, SR_LIMIT, "read %s: %lld bytes, want at most %zu",
			shown(path, d, name), (long long)st.st_size, max);
	else {
		rc = read_rest(fd, out, max, (size_t)st.st_size, e);
		if (rc != 0 && e != NULL)
			(void)sr_wrap(e, "read %s", shown(path, d, name));
	}
	if (rc != 0 && out->len > before) {
		if (out->secret)
			sr_wipe(out->p + before, out->len - before);
		out->len = before;
	}
	(void)close(fd);
	return rc;
}

/* When a whole file is durable: at once, or after the next sync of its file system. */
enum when {
	NOW,
	LATER
};

static int write_whole(struct sr_dir *d, const char *name, struct sr_bytes data, bool replace,
	enum when when, struct sr_err *e) {
	struct sr_tmpfile *t = NULL;
	int rc = check_name(d, name, e);
	if (rc == 0)
		rc = sr_tmpfile_new(&t, d, e);
	if (rc == 0)
		rc = sr_tmpfile_write(t, data.p, data.len, e);
	if (rc != 0) {
		sr_tmpfile_abort(t);
		return rc;
	}
	if (when == LATER)
		sr_tmpfile_synced(t); /* by who syncs the file system */
	return sr_tmpfile_commit(t, name, replace, when == NOW, e);
}

int sr_file_replace(struct sr_dir *d, const char *name, struct sr_bytes data, struct sr_err *e) {
	return write_whole(d, name, data, true, NOW, e);
}

int sr_file_create(struct sr_dir *d, const char *name, struct sr_bytes data, struct sr_err *e) {
	return write_whole(d, name, data, false, NOW, e);
}

int sr_file_replace_later(
	struct sr_dir *d, const char *name, struct sr_bytes data, struct sr_err *e) {
	return write_whole(d, name, data, true, LATER, e);
}

int sr_file_create_later(
	struct sr_dir *d, const char *name, struct sr_bytes data, struct sr_err *e) {
	return write_whole(d, name, data, false, LATER, e);
}

static int remove_file(struct sr_dir *d, const char *name, enum when when, struct sr_err *e) {
	struct place p = {-1, false, NULL};
	int rc = place_open(&p, d, name, e);
	if (rc != 0)
		return rc;
	if (sr_fault_point("unlink") != 0 || unlinkat(p.fd, p.last, 0) != 0)
		rc = name_fail(e, "remove", d, name);
	else if (when == NOW)
		rc = sync_place(d, &p, e);
	place_close(&p);
	return rc;
}

int sr_file_remove(struct sr_dir *d, const char *name, struct sr_err *e) {
	return remove_file(d, name, NOW, e);
}

int sr_file_remove_later(struct sr_dir *d, const char *name, struct sr_err *e) {
	return remove_file(d, name, LATER, e);
}

int sr_file_size(struct sr_dir *d, const char *name, uint64_t *out, struct sr_err *e) {
	struct place p = {-1, false, NULL};
	char path[SHOWN];
	struct stat st;
	int rc = place_open(&p, d, name, e);
	if (rc != 0)
		return rc;
	if (fstatat(p.fd, p.last, &st, AT_SYMLINK_NOFOLLOW) != 0)
		rc = name_fail(e, "stat", d, name);
	else if (!S_ISREG(st.st_mode))
		rc = sr_fail(e, SR_CORRUPT, "stat %s: not a regular file (mode %o)",
			shown(path, d, name), (unsigned)st.st_mode);
	else
		*out = (uint64_t)st.st_size;
	place_close(&p);
	return rc;
}

int sr_file_find(bool *there, struct sr_dir *d, const char *name, struct sr_err *e) {
	struct place p = {-1, false, NULL};
	struct stat st;
	*there = false;
	int rc = place_open(&p, d, name, e);
	if (rc == 0 && fstatat(p.fd, p.last, &st, AT_SYMLINK_NOFOLLOW) != 0)
		rc = name_fail(e, "look for", d, name);
	else if (rc == 0)
		*there = true;
	place_close(&p);
	if (rc != SR_NOTFOUND)
		return rc;
	sr_err_clear(e);
	return 0;
}

#ifdef SR_TESTING
bool sr_file_exists(struct sr_dir *d, const char *name) {
	bool there = false;
	return sr_file_find(&there, d, name, NULL) == 0 && there;
}
#endif

/* --- temporary files ----------------------------------------------------------------------------
 */

/* OPEN --write--> OPEN --sync--> SYNCED --write--> OPEN; any failure -> FAILED, which stays. */
enum tmp_state {
	TMP_OPEN,
	TMP_SYNCED,
	TMP_FAILED
};

enum {
	BULK_MIN = 128 << 10,  /* bytes; for less the wait for the disk costs more than a copy */
	BULK_BUFFER = 1 << 20, /* bytes; a second write of this size gains little in a larger one */
};

struct sr_tmpfile {
	struct sr_dir *dir; /* borrowed */
	int fd;
	uint64_t size;
	enum tmp_state state;
	bool bulk;       /* past the page cache, where that goes */
	bool direct;     /* the descriptor has O_DIRECT now */
	uint8_t *buffer; /* BULK_BUFFER bytes at a whole page, for memory that is not; or NULL */
	char name[TMP_NAME];
};

int sr_tmpfile_new(struct sr_tmpfile **out, struct sr_dir *d, struct sr_err *e) {
	static atomic_ulong serial;
	*out = NULL;
	struct sr_tmpfile *t = calloc(1, sizeof *t);
	if (t == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for a temporary file");
	t->dir = d;
	t->fd = -1;
	if (sr_fault_point("open") != 0) {
		int rc = name_fail(e, "make a temporary file in", d, NULL);
		free(t);
		return rc;
	}
	/* The name need not be secret, only free: O_EXCL says whether it is. */
	for (int i = 0; i < TMP_TRIES && t->fd < 0; i++) {
		(void)snprintf(t->name, sizeof t->name, "%s%ld-%lu", TMP_PREFIX, (long)getpid(),
			atomic_fetch_add(&serial, 1));
		t->fd = open_beneath(d, t->name, O_RDWR | O_CREAT | O_EXCL, 0600);
		if (t->fd < 0 && errno != EEXIST)
			break;
	}
	if (t->fd < 0) {
		int rc = name_fail(e, "make", d, t->name);
		free(t);
		return rc;
	}
	*out = t;
	return 0;
}

/* The sentence of a temporary file that failed before. */
static int tmp_refuse(const struct sr_tmpfile *t, struct sr_err *e) {
	char path[SHOWN];
	return sr_fail(e, SR_IO, "%s: an earlier write or sync of it failed",
		shown(path, t->dir, t->name));
}

/* Remember a failure and say where it was. */
static int tmp_failed(struct sr_tmpfile *t, int rc, struct sr_err *e) {
	char path[SHOWN];
	t->state = TMP_FAILED;
	if (e != NULL)
		(void)sr_wrap(e, "%s", shown(path, t->dir, t->name));
	return rc;
}

void sr_tmpfile_bulk(struct sr_tmpfile *t) {
	t->bulk = true;
}

static bool set_direct(struct sr_tmpfile *t, bool on) {
	if (!switch_direct(t->fd, on))
		return false;
	t->direct = on;
	return true;
}

/* ${len} bytes past the page cache; *${done}: false when that does not go here (EINVAL, or the disk
 * took a part that ends within a page), and the file is as if nothing had been tried. */
static int write_direct(
	bool *done, struct sr_tmpfile *t, const uint8_t *p, size_t len, struct sr_err *e) {
	void *buffer = NULL;
	int rc = 0;

	*done = false;
	if ((uintptr_t)p % SR_DIRECT_PAGE != 0 && t->buffer == NULL) {
		if (posix_memalign(&buffer, SR_DIRECT_PAGE, BULK_BUFFER) != 0)
			return 0;
		t->buffer = buffer;
	}
	if (!t->direct && !set_direct(t, true))
		return 0;
	for (size_t at = 0; at < len;) {
		const uint8_t *from = p + at;
		size_t n = len - at;

		if ((uintptr_t)p % SR_DIRECT_PAGE != 0) {
			n = n < BULK_BUFFER ? n : BULK_BUFFER;
			memcpy(t->buffer, from, n);
			from = t->buffer;
		}
		if (sr_fault_point("write") != 0)
			rc = -1;
		else
			rc = write_all(t->fd, from, n, t->size + at);
		if (rc != 0)
			return errno == EINVAL ? 0
					       : sr_fail_errno(e, "write %zu bytes at offset %llu",
							 n, (unsigned long long)(t->size + at));
		at += n;
	}
	*done = true;
	return 0;
}

static int tmp_write(struct sr_tmpfile *t, const void *p, size_t len, struct sr_err *e) {
	if (t->bulk && len >= BULK_MIN && len % SR_DIRECT_PAGE == 0 &&
		t->size % SR_DIRECT_PAGE == 0) {
		int rc = write_direct(&t->bulk, t, p, len, e);
		if (rc != 0 || t->bulk)
			return rc;
	}
	if (t->direct && !set_direct(t, false))
		return sr_fail_errno(e, "take O_DIRECT away");
	return sr_fd_pwrite(t->fd, p, len, t->size, e);
}

int sr_tmpfile_write(struct sr_tmpfile *t, const void *p, size_t len, struct sr_err *e) {
	if (t->state == TMP_FAILED)
		return tmp_refuse(t, e);
	if (len == 0)
		return 0;
	int rc = tmp_write(t, p, len, e);
	if (rc != 0)
		return tmp_failed(t, rc, e);
	t->state = TMP_OPEN;
	t->size += len;
	return 0;
}

int sr_tmpfile_fd(const struct sr_tmpfile *t) {
	return t->fd;
}

uint64_t sr_tmpfile_size(const struct sr_tmpfile *t) {
	return t->size;
}

int sr_tmpfile_sync(struct sr_tmpfile *t, struct sr_err *e) {
	if (t->state == TMP_FAILED)
		return tmp_refuse(t, e);
	if (t->state == TMP_SYNCED)
		return 0;
	int rc = sr_fd_datasync(t->fd, e);
	if (rc != 0)
		return tmp_failed(t, rc, e);
	t->state = TMP_SYNCED;
	return 0;
}

void sr_tmpfile_synced(struct sr_tmpfile *t) {
	if (t->state == TMP_OPEN)
		t->state = TMP_SYNCED;
}

bool sr_tmpfile_is_synced(const struct sr_tmpfile *t) {
	return t->state == TMP_SYNCED;
}

/* rename; without replacing also where the file system has no RENAME_NOREPLACE. -1 with errno. */
static int rename_to(const struct sr_tmpfile *t, const struct place *p, bool replace) {
	if (sr_fault_point("rename") != 0)
		return -1;
	if (replace)
		return renameat(t->dir->fd, t->name, p->fd, p->last);
	if (renameat2(t->dir->fd, t->name, p->fd, p->last, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (linkat(t->dir->fd, t->name, p->fd, p->last, 0) != 0)
		return -1;
	(void)unlinkat(t->dir->fd, t->name, 0); /* a second name of the same file is swept later */
	return 0;
}

/* What was written may have been plaintext of somebody's. */
static void tmp_free(struct sr_tmpfile *t) {
	if (t->buffer != NULL)
		sr_wipe(t->buffer, BULK_BUFFER);
	free(t->buffer);
	free(t);
}

int sr_tmpfile_commit(
	struct sr_tmpfile *t, const char *name, bool replace, bool sync_dir, struct sr_err *e) {
	struct place p = {-1, false, NULL};
	int rc = place_open(&p, t->dir, name, e);
	if (rc != 0) {
		sr_tmpfile_abort(t);
		return rc;
	}
	rc = sr_tmpfile_sync(t, e);
	if (rc == 0 && rename_to(t, &p, replace) != 0)
		rc = name_fail(e, "write", t->dir, name);
	if (rc != 0) {
		place_close(&p);
		sr_tmpfile_abort(t);
		return rc;
	}
	if (sync_dir)
		rc = sync_place(t->dir, &p, e);
	place_close(&p);
	(void)close(t->fd);
	tmp_free(t);
	return rc;
}

void sr_tmpfile_abort(struct sr_tmpfile *t) {
	if (t == NULL)
		return;
	(void)close(t->fd);
	/* If it stays, a sweep takes it. */
	if (sr_fault_point("unlink") == 0)
		(void)unlinkat(t->dir->fd, t->name, 0);
	tmp_free(t);
}

bool sr_tmpfile_is(const char *name) {
	return strncmp(name, TMP_PREFIX, sizeof TMP_PREFIX - 1) == 0;
}

struct sweep {
	struct sr_dir *dir;
	size_t removed;
};

static int sweep_one(void *ctx, const char *name, bool is_dir, struct sr_err *e) {
	struct sweep *s = ctx;
	if (is_dir || !sr_tmpfile_is(name))
		return 0;
	if (sr_fault_point("unlink") != 0 || unlinkat(s->dir->fd, name, 0) != 0)
		return name_fail(e, "remove", s->dir, name);
	s->removed++;
	return 0;
}

int sr_tmpfile_sweep(struct sr_dir *d, size_t *removed, struct sr_err *e) {
	struct sweep s = {d, 0};
	int rc = sr_dir_each(d, sweep_one, &s, e);
	if (rc == 0 && s.removed > 0)
		rc = sr_dir_sync(d, e);
	*removed = s.removed;
	return rc;
}

/* --- locks -------------------------------------------------------------------------------------
 */

struct sr_lock {
	int fd;
};

/* The process id in a lock file, or 0. */
static uint64_t lock_holder(int fd) {
	uint8_t text[LOCK_TEXT];
	size_t len = 0;
	uint64_t pid = 0;
	if (sr_fd_pread_some(fd, text, sizeof text, 0, &len, NULL) != 0)
		return 0;
	if (len > 0 && text[len - 1] == '\n')
		len--;
	if (sr_parse_dec(&pid, sr_bytes_of(text, len), INT32_MAX, NULL) != 0)
		return 0;
	return pid;
}

/* Write our process id over what a dead holder left. */
static int lock_sign(int fd, struct sr_err *e) {
	char text[LOCK_TEXT];
	int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());
	int rc = sr_fd_truncate(fd, 0, e);
	if (rc == 0)
		rc = sr_fd_pwrite(fd, text, (size_t)len, 0, e);
	return rc;
}

/* *${gone}: it is held, and by nobody who took it. */
static int take_lock(
	struct sr_lock **out, struct sr_dir *d, const char *name, bool *gone, struct sr_err *e) {
	char path[SHOWN];
	int fd = -1;
	*out = NULL;
	*gone = false;
	struct sr_lock *l = calloc(1, sizeof *l);
	if (l == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for a lock");
	int rc = sr_file_open(&fd, d, name, SR_FS_WRITE | SR_FS_CREATE, e);
	if (rc == SR_EXISTS) /* another process made it in between */
		rc = sr_file_open(&fd, d, name, SR_FS_WRITE, e);
	if (rc != 0)
		goto out;
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	if (fcntl(fd, F_OFD_SETLK, &whole) != 0) {
		if (errno != EAGAIN && errno != EACCES) {
			rc = sr_fail_errno(e, "lock %s", shown(path, d, name));
			goto out;
		}
		uint64_t pid = lock_holder(fd);
		*gone = pid != 0 && kill((pid_t)pid, 0) != 0 && errno == ESRCH;
		(void)shown(path, d, name);
		if (*gone)
			rc = sr_fail(e, SR_LOCKED,
				"%s: held by what process %llu started, which is gone itself", path,
				(unsigned long long)pid);
		else if (pid != 0)
			rc = sr_fail(e, SR_LOCKED, "%s: held by process %llu", path,
				(unsigned long long)pid);
		else
			rc = sr_fail(e, SR_LOCKED, "%s: held by another process", path);
		goto out;
	}
	rc = lock_sign(fd, e);
	if (rc != 0)
		goto out;
	l->fd = fd;
	fd = -1;
	*out = l;
	l = NULL;
out:
	if (fd >= 0)
		(void)close(fd);
	free(l);
	return rc;
}

int sr_lock_take(struct sr_lock **out, struct sr_dir *d, const char *name, struct sr_err *e) {
	return sr_lock_wait(out, d, name, 0, e);
}

int sr_lock_wait(struct sr_lock **out, struct sr_dir *d, const char *name, unsigned wait_ms,
	struct sr_err *e) {
	const struct timespec pause = {.tv_nsec = LOCK_PAUSE_MS * 1000000L};
	const uint64_t began = sr_mono_ms();
	bool gone = false;

	for (;;) {
		const int rc = take_lock(out, d, name, &gone, e);
		const uint64_t waited = sr_mono_ms() - began;
		if (rc != SR_LOCKED || (waited >= wait_ms && (!gone || waited >= LOCK_ORPHAN_MS)))
			return rc;
		if (e != NULL)
			sr_err_clear(e);
		(void)nanosleep(&pause, NULL);
	}
}

void sr_lock_free(struct sr_lock *l) {
	if (l == NULL)
		return;
	/* Emptied, so that the next reader is not told of us; the name stays, for removing it while
	 * another opens it would give two holders. */
	int emptied = ftruncate(l->fd, 0);
	(void)emptied; /* a stale process id in a free lock misleads nobody */
	(void)close(l->fd);
	free(l);
}
