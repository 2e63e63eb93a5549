/*
 * A root is what one path of the command line stands for. Below it the walk is depth-first with one
 * open folder and one sorted list of names for each level; files are opened relative to their
 * folder, so the length of a path does not matter to the system. A file that was given is its
 * reader's.
 *
 * How many files may be open at once is a matter of this program and its machine, and nothing to
 * record of a file that can be read: the walk waits until its readers have closed one, and where
 * they have none the deposit ends, and can be gone on with.
 */
#include "cli/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/escape.h"
#include "cli/cli.h"
#include "store/manifest.h"

enum {
	NOTE_MAX = 4096, /* bytes of a link's target */
	POLL_MS = 100,   /* how long a ^C waits while standard input brings nothing */
	OPEN_MANY = 1024 /* files that may be open: with fewer some are left to the rest of us */
};

struct root {
	char *path, *stored, *title;
	bool loose; /* only what lies directly in the folder, without its folders */
};

struct opened {              /* a regular file, read from whichever thread */
	struct cli_walk *of; /* that counts it, once it was given */
	int fd;
	uint64_t size;         /* when it was opened; 0: not known */
	struct timespec mtime; /* then, of a file that was looked at */
	bool looked;
	uint64_t at; /* bytes read */
	bool ended;
	struct sr_err failed; /* why it cannot be read */
};

struct named {
	char *name;
	unsigned char type; /* DT_..., as the folder says: a hint */
};

struct level { /* one open folder */
	int fd;
	struct named *names;
	size_t count, next;
	size_t path_len; /* of the stored path of this folder */
};

struct cli_walk {
	enum cli_walk_mode mode;
	struct root *roots;
	size_t root_count, at; /* the root being walked */
	bool inside;           /* its first entry was taken */
	struct level *levels;
	size_t depth;
	struct sr_buf path;              /* stored path of the entry at hand */
	struct sr_buf shown;             /* the path given to the client: as above, or shortened */
	bool item_open, item_done, have; /* have: an entry was found ahead, for mode FILE */
	struct sr_deposit_file entry;
	char note[NOTE_MAX + 1];
	struct opened *opened; /* the file at hand, until it is given */
	struct sr_err failed;  /* why it cannot be read */
	bool age;              /* .age files come twice */
	struct opened *again;  /* the second time, under the path without its ending */
	bool keep;             /* the file that was given last stays open: */
	int last;              /* here, or -1 */
	struct cli_walk_told told;
	pthread_mutex_t lock;
	pthread_cond_t closed;
	size_t given; /* files that are open and were given; under the lock */
	size_t most;  /* of them */
};

int cli_walk_new(struct cli_walk **out, enum cli_walk_mode mode, struct sr_err *e) {
	struct cli_walk *w = calloc(1, sizeof *w);
	if (w == NULL)
		return sr_fail(e, SR_NOMEM, "what is to be deposited: out of memory");
	w->mode = mode;
	w->last = -1;
	w->most = SIZE_MAX;
	(void)pthread_mutex_init(&w->lock, NULL);
	(void)pthread_cond_init(&w->closed, NULL);
	sr_buf_init(&w->path);
	sr_buf_init(&w->shown);
	*out = w;
	return 0;
}

static void free_level(struct level *l) {
	for (size_t i = 0; i < l->count; i++)
		free(l->names[i].name);
	free(l->names);
	if (l->fd >= 0)
		(void)close(l->fd);
}

static void pop(struct cli_walk *w) {
	free_level(&w->levels[--w->depth]);
}

static void close_file(void *ctx) {
	struct opened *o = ctx;
	if (o == NULL)
		return;
	if (o->fd > STDIN_FILENO)
		(void)close(o->fd);
	if (o->of != NULL) {
		(void)pthread_mutex_lock(&o->of->lock);
		o->of->given--;
		(void)pthread_cond_broadcast(&o->of->closed);
		(void)pthread_mutex_unlock(&o->of->lock);
	}
	free(o);
}

/* --- files that are open --- */

/* Waits until fewer than ${most} of those that were given are open. */
static void wait_for_fewer(struct cli_walk *w, size_t most) {
	(void)pthread_mutex_lock(&w->lock);
	while (w->given > 0 && w->given >= most)
		(void)pthread_cond_wait(&w->closed, &w->lock);
	(void)pthread_mutex_unlock(&w->lock);
}

/* Waits until one more of them is closed; false: there was none. */
static bool wait_for_one(struct cli_walk *w) {
	(void)pthread_mutex_lock(&w->lock);
	const size_t given = w->given;
	while (given > 0 && w->given >= given)
		(void)pthread_cond_wait(&w->closed, &w->lock);
	(void)pthread_mutex_unlock(&w->lock);
	return given > 0;
}

static bool is_lack(int no) {
	return no == EMFILE || no == ENFILE;
}

static int fail_lack(struct sr_err *e) {
	return sr_fail(e, SR_IO,
		"Too many open files, the folders above them included: raise how many may be "
		"(ulimit -n)");
}

/* As cli_open. A lack is left only when nothing was given. */
static int open_one(struct cli_walk *w, int at, const char *name, int flags) {
	int fd, no;
	do {
		fd = cli_open(at, name, flags);
		no = errno;
	} while (fd < 0 && is_lack(no) && wait_for_one(w));
	errno = no;
	return fd;
}

static int open_copy(struct cli_walk *w, int of) {
	int fd;
	do
		fd = fcntl(of, F_DUPFD_CLOEXEC, 0);
	while (fd < 0 && is_lack(errno) && wait_for_one(w));
	return fd;
}

void cli_walk_free(struct cli_walk *w) {
	if (w == NULL)
		return;
	while (w->depth > 0)
		pop(w);
	close_file(w->opened);
	close_file(w->again);
	if (w->last >= 0)
		(void)close(w->last);
	for (size_t i = 0; i < w->root_count; i++) {
		free(w->roots[i].path);
		free(w->roots[i].stored);
		free(w->roots[i].title);
	}
	free(w->roots);
	free(w->levels);
	(void)pthread_cond_destroy(&w->closed);
	(void)pthread_mutex_destroy(&w->lock);
	sr_buf_free(&w->path);
	sr_buf_free(&w->shown);
	free(w);
}

/* --- roots --- */

static int add_root(struct cli_walk *w, const struct root *r, struct sr_err *e) {
	struct root *more = realloc(w->roots, (w->root_count + 1) * sizeof *more);
	if (more == NULL)
		return sr_fail(e, SR_NOMEM, "what is to be deposited: out of memory");
	w->roots = more;
	struct root *new = &w->roots[w->root_count];
	*new = (struct root){.path = strdup(r->path),
		.stored = strdup(r->stored),
		.title = r->title != NULL ? strdup(r->title) : NULL,
		.loose = r->loose};
	w->root_count++;
	if (new->path == NULL || new->stored == NULL || (r->title != NULL && new->title == NULL))
		return sr_fail(e, SR_NOMEM, "what is to be deposited: out of memory");
	return 0;
}

static int by_name(const void *a, const void *b) {
	return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

/* The sorted names of an open folder; takes ${fd} over. A failure has its number in errno. */
static int read_names(struct level *l, int fd, struct sr_err *e) {
	const int again = dup(fd);
	DIR *d = again >= 0 ? fdopendir(again) : NULL;
	*l = (struct level){.fd = fd};
	if (d == NULL) {
		const int no = errno;
		if (again >= 0)
			(void)close(again);
		errno = no;
		return is_lack(no) ? fail_lack(e) : sr_fail_errno(e, "folder");
	}
	int rc = 0;
	size_t cap = 0;
	for (;;) {
		errno = 0;
		const struct dirent *entry = readdir(d);
		if (entry == NULL) {
			if (errno != 0)
				rc = sr_fail_errno(e, "folder");
			break;
		}
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (l->count == cap) {
			cap = cap == 0 ? 64 : cap * 2;
			struct named *more = realloc(l->names, cap * sizeof *more);
			if (more == NULL) {
				rc = sr_fail(e, SR_NOMEM, "names of a folder: out of memory");
				break;
			}
			l->names = more;
		}
		l->names[l->count] = (struct named){strdup(entry->d_name), entry->d_type};
		if (l->names[l->count].name == NULL) {
			rc = sr_fail(e, SR_NOMEM, "names of a folder: out of memory");
			break;
		}
		l->count++;
	}
	(void)closedir(d);
	if (l->count > 1)
		qsort(l->names, l->count, sizeof *l->names, by_name);
	return rc;
}

static char *joined(const char *a, const char *b) {
	struct sr_buf s;
	sr_buf_init(&s);
	sr_buf_put_str(&s, a);
	if (*a != '\0' && a[strlen(a) - 1] != '/')
		sr_buf_put_str(&s, "/");
	sr_buf_put_str(&s, b);
	char *out = sr_buf_dup_str(&s);
	sr_buf_free(&s);
	return out;
}

/* The folders in ${path} become roots of their own, what lies beside them one more. */
static int split_folder(
	struct cli_walk *w, const char *path, const char *stored, struct sr_err *e) {
	struct level l = {.fd = -1};
	bool loose = false;
	int rc = 0;
	const int fd = cli_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	if (fd < 0)
		return add_root(w,
			&(struct root){.path = (char *)(uintptr_t)path,
				.stored = (char *)(uintptr_t)stored},
			e);
	rc = read_names(&l, fd, e);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		const char *name = l.names[i].name;
		struct stat st;
		if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(st.st_mode)) {
			loose = true;
			continue;
		}
		struct root r = {.path = joined(path, name),
			.stored = joined(stored, name),
			.title = l.names[i].name};
		rc = r.path == NULL || r.stored == NULL
			     ? sr_fail(e, SR_NOMEM, "what is to be deposited: out of memory")
			     : add_root(w, &r, e);
		free(r.path);
		free(r.stored);
	}
	if (rc == 0 && (loose || l.count == 0))
		rc = add_root(w,
			&(struct root){.path = (char *)(uintptr_t)path,
				.stored = (char *)(uintptr_t)stored,
				.loose = l.count > 0},
			e);
	free_level(&l);
	return rc;
}

int cli_walk_add(struct cli_walk *w, const char *path, const char *stored, const char *title,
	struct sr_err *e) {
	struct stat st;
	char shown[256];
	const bool standard = strcmp(path, "-") == 0;
	if (!standard && lstat(path, &st) != 0) {
		(void)sr_escape_to(shown, sizeof shown, sr_bytes_str(path));
		return errno == ENOENT ? sr_fail(e, SR_NOTFOUND, "%s: nothing is there", shown)
				       : sr_fail_errno(e, "%s", shown);
	}
	for (size_t i = 0; w->mode != WALK_ROWS && i < w->root_count; i++) {
		if (!w->roots[i].loose && *stored != '\0' &&
			strcmp(w->roots[i].stored, stored) == 0)
			return sr_fail(e, SR_USAGE,
				"two paths would both be stored as \"%s\"; deposit "
				"the folder above them, or one after the other",
				sr_escape_to(shown, sizeof shown, sr_bytes_str(stored)));
	}
	if (w->mode == WALK_FOLDER && !standard && S_ISDIR(st.st_mode))
		return split_folder(w, path, stored, e);
	const struct root r = {.path = (char *)(uintptr_t)path,
		.stored = (char *)(uintptr_t)stored,
		.title = (char *)(uintptr_t)title};
	return add_root(w, &r, e);
}

/* --- entries --- */

static void put_name(struct cli_walk *w, size_t folder_len, const char *name) {
	w->path.len = folder_len;
	if (folder_len > 0)
		sr_buf_put_u8(&w->path, '/');
	sr_buf_put_str(&w->path, name);
}

/* The path as the client gets it: a manifest holds SR_PATH_MAX bytes. */
static int set_path(struct cli_walk *w, struct sr_err *e) {
	static const char cut[] = "~cut";
	int rc = sr_buf_ok(&w->path, e);

	if (rc != 0)
		return rc;
	sr_buf_clear(&w->shown);
	if (w->path.len <= SR_PATH_MAX) {
		sr_buf_put_buf(&w->shown, &w->path);
	} else {
		sr_buf_put(&w->shown, w->path.p, SR_PATH_MAX - sizeof cut);
		sr_buf_put_str(&w->shown, cut);
		if (w->failed.code == SR_OK)
			(void)sr_fail(&w->failed, SR_LIMIT,
				"the path has %zu bytes, at most %d can be "
				"recorded",
				w->path.len, SR_PATH_MAX);
	}
	rc = sr_buf_ok(&w->shown, e);
	w->entry.path = sr_buf_view(&w->shown);
	w->entry.media_type = cli_media_type(w->entry.path);
	w->entry.note = sr_bytes_str(w->note);
	return rc;
}

static void special_note(struct cli_walk *w, const struct stat *st) {
	const char *what = S_ISFIFO(st->st_mode)   ? "named pipe"
			   : S_ISSOCK(st->st_mode) ? "socket"
						   : "special file";
	w->entry.kind = SR_FILE_SPECIAL;
	w->entry.size = 0;
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		snprintf(w->note, sizeof w->note, "%s device %u:%u",
			S_ISCHR(st->st_mode) ? "character" : "block", major(st->st_rdev),
			minor(st->st_rdev));
	else
		snprintf(w->note, sizeof w->note, "%s", what);
}

static void link_note(struct cli_walk *w, int at, const char *name) {
	const ssize_t n = readlinkat(at, name, w->note, NOTE_MAX);
	w->entry.kind = SR_FILE_SYMLINK;
	w->entry.size = 0;
	w->note[n > 0 ? n : 0] = '\0';
	if (n < 0)
		snprintf(w->note, sizeof w->note, "its target cannot be read: %s", strerror(errno));
}

enum {
	LONG = 256 << 10 /* bytes: the kernel reads ahead what is shorter at once */
};

/* A regular file is at hand, as ${st} says. */
static void is_regular(struct cli_walk *w, const struct stat *st) {
	w->entry.kind = SR_FILE_REGULAR;
	w->entry.size = (uint64_t)st->st_size;
	w->opened->size = (uint64_t)st->st_size;
	w->opened->mtime = st->st_mtim;
	w->opened->looked = true;
	if (st->st_size > LONG)
		(void)posix_fadvise(w->opened->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
}

/* What the folder calls a regular file is opened without a look before: false if it is none after
 * all, or cannot be opened, and is to be looked at. */
static bool open_at_once(struct cli_walk *w, int at, const char *name, struct stat *st) {
	const int fd = cli_open(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return false;
	if (fstat(fd, st) != 0 || !S_ISREG(st->st_mode)) {
		(void)close(fd);
		return false;
	}
	w->opened->fd = fd;
	is_regular(w, st);
	return true;
}

static int open_regular(
	struct cli_walk *w, int at, const char *name, struct stat *st, struct sr_err *e) {
	const int fd = open_one(w, at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	w->entry.kind = SR_FILE_REGULAR;
	w->opened->fd = fd;
	if (fd < 0 && is_lack(errno))
		return fail_lack(e);
	if (fd < 0) {
		(void)sr_fail_errno(&w->failed, "open");
	} else if (fstat(fd, st) != 0) {
		(void)sr_fail_errno(&w->failed, "stat");
	} else if (!S_ISREG(st->st_mode)) {
		(void)sr_fail(
			&w->failed, SR_IO, "it was replaced by something else while it was opened");
	} else {
		is_regular(w, st);
	}
	w->entry.size = (uint64_t)st->st_size;
	return 0;
}

/* Room for the next file that is opened. */
static int new_opened(struct cli_walk *w, struct sr_err *e) {
	close_file(w->opened);
	w->opened = calloc(1, sizeof *w->opened);
	if (w->opened == NULL)
		return sr_fail(e, SR_NOMEM, "what is to be deposited: out of memory");
	w->opened->fd = -1;
	sr_err_clear(&w->failed);
	w->note[0] = '\0';
	return 0;
}

/* A folder: its names become a level. An empty one, or one that cannot be read, is an entry. */
static int enter(struct cli_walk *w, int at, const char *name, bool *entry, struct sr_err *e) {
	struct level l = {.fd = -1};
	int rc;
	*entry = true;
	for (;;) {
		const int fd = open_one(w, at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
		if (fd < 0 && is_lack(errno))
			return fail_lack(e);
		if (fd < 0) {
			w->entry.kind = SR_FILE_REGULAR;
			(void)sr_fail_errno(&w->failed, "open folder");
			return 0;
		}
		rc = read_names(&l, fd, &w->failed);
		if (rc != SR_IO || !is_lack(errno))
			break;
		free_level(&l);
		sr_err_clear(&w->failed);
		if (!wait_for_one(w))
			return fail_lack(e);
	}
	if (rc != 0)
		w->entry.kind = SR_FILE_REGULAR; /* with its reason */
	struct level *more =
		rc == 0 && l.count > 0 ? realloc(w->levels, (w->depth + 1) * sizeof *more) : NULL;
	if (more == NULL) {
		const bool full = rc == 0 && l.count > 0;
		free_level(&l);
		/* Our want of memory is no reason to put on record: the folder can be read. */
		if (rc == SR_NOMEM) {
			if (e != NULL)
				*e = w->failed;
			return rc;
		}
		if (full)
			return sr_fail(e, SR_NOMEM, "what is to be deposited: out of memory");
		if (rc == 0) {
			w->entry.kind = SR_FILE_SPECIAL;
			snprintf(w->note, sizeof w->note, "empty folder");
		}
		return 0;
	}
	*entry = false;
	w->levels = more;
	l.path_len = w->path.len;
	w->levels[w->depth++] = l;
	return 0;
}

/* Look at ${name} in the folder ${at}: an entry (*entry), or a folder that was entered. ${type}:
 * what the folder says that it is. */
static int look(struct cli_walk *w, int at, const char *name, unsigned char type, bool *entry,
	struct sr_err *e) {
	struct stat st;
	wait_for_fewer(w, w->most);
	int rc = new_opened(w, e);
	if (rc != 0)
		return rc;
	w->entry = (struct sr_deposit_file){.kind = SR_FILE_REGULAR, .size = UINT64_MAX};
	*entry = true;
	if (type == DT_REG && open_at_once(w, at, name, &st)) {
		w->entry.mtime_s = st.st_mtim.tv_sec;
		w->entry.mtime_ns = (uint32_t)st.st_mtim.tv_nsec;
	} else if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		(void)sr_fail_errno(&w->failed, "look");
	} else {
		w->entry.mtime_s = st.st_mtim.tv_sec;
		w->entry.mtime_ns = (uint32_t)st.st_mtim.tv_nsec;
		if (S_ISDIR(st.st_mode)) {
			w->entry.size = 0;
			rc = enter(w, at, name, entry, e);
		} else if (S_ISREG(st.st_mode)) {
			rc = open_regular(w, at, name, &st, e);
			w->entry.mtime_s = st.st_mtim.tv_sec;
			w->entry.mtime_ns = (uint32_t)st.st_mtim.tv_nsec;
		} else if (S_ISLNK(st.st_mode)) {
			link_note(w, at, name);
		} else {
			special_note(w, &st);
		}
	}
	if (rc == 0 && *entry)
		rc = set_path(w, e);
	return rc;
}

static int first_of_root(struct cli_walk *w, bool *entry, struct sr_err *e) {
	const struct root *r = &w->roots[w->at];
	w->inside = true;
	sr_buf_clear(&w->path);
	sr_buf_put_str(&w->path, r->stored);
	if (strcmp(r->path, "-") != 0)
		return look(w, AT_FDCWD, r->path, DT_UNKNOWN, entry, e);
	struct sr_clock clock = sr_clock_system();
	int rc = new_opened(w, e);
	if (rc != 0)
		return rc;
	*entry = true;
	w->opened->fd = STDIN_FILENO;
	w->entry = (struct sr_deposit_file){
		.kind = SR_FILE_REGULAR, .size = UINT64_MAX, .mtime_s = sr_now(&clock)};
	return set_path(w, e);
}

/* The next entry below the root at hand: 1, 0 at its end. */
static int next_entry(struct cli_walk *w, struct sr_err *e) {
	bool entry = false;
	if (!w->inside) {
		int rc = first_of_root(w, &entry, e);
		if (rc != 0 || entry)
			return rc != 0 ? rc : 1;
	}
	while (w->depth > 0) {
		struct level *l = &w->levels[w->depth - 1];
		if (l->next == l->count) {
			pop(w);
			continue;
		}
		const struct named *n = &l->names[l->next++];
		const char *name = n->name;
		struct stat st;
		if (w->depth == 1 && w->roots[w->at].loose &&
			fstatat(l->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
			continue;
		put_name(w, l->path_len, name);
		int rc = look(w, l->fd, name, n->type, &entry, e);
		if (rc != 0 || entry)
			return rc != 0 ? rc : 1;
	}
	return 0;
}

/* --- the source --- */

static void told(void *ctx, struct sr_bytes path, const char *status, const char *reason) {
	const struct cli_walk *w = ctx;
	w->told.told(w->told.ctx, path, status, reason);
}

static int read_file(void *ctx, void *p, size_t len, size_t *got, struct sr_err *e);
static bool was_changed(void *ctx);

void cli_walk_age(struct cli_walk *w) {
	w->age = true;
}

void cli_walk_keep(struct cli_walk *w) {
	w->keep = true;
}

int cli_walk_take(struct cli_walk *w) {
	const int fd = w->last;
	w->last = -1;
	return fd;
}

static void keep_last(struct cli_walk *w) {
	if (w->last >= 0)
		(void)close(w->last);
	w->last = -1;
	if (w->keep && w->failed.code == SR_OK && w->opened->fd > STDIN_FILENO)
		w->last = open_copy(w, w->opened->fd);
}

/* The same file once more, with a position of its own. */
static void keep_again(struct cli_walk *w) {
	static const char end[] = ".age";
	const size_t n = w->shown.len, e = sizeof end - 1;
	char path[64];

	if (!w->age || w->opened->fd <= STDIN_FILENO || n <= e ||
		memcmp(w->shown.p + n - e, end, e) != 0 || w->shown.p[n - e - 1] == '/')
		return;
	w->again = calloc(1, sizeof *w->again);
	if (w->again == NULL)
		return; /* it is deposited as it is, and can be opened from there */
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", w->opened->fd);
	w->again->fd = open_one(w, AT_FDCWD, path, O_RDONLY);
	if (w->again->fd < 0)
		(void)sr_fail_errno(&w->again->failed, "open again");
}

/* ${o} is its reader's now. */
static struct opened *counted(struct cli_walk *w, struct opened *o) {
	if (o->fd > STDIN_FILENO) {
		(void)pthread_mutex_lock(&w->lock);
		w->given++;
		(void)pthread_mutex_unlock(&w->lock);
		o->of = w;
	}
	return o;
}

static void give_again(struct cli_walk *w, struct sr_deposit_file *out) {
	w->shown.len -= 4;
	w->entry.path = sr_buf_view(&w->shown);
	w->entry.media_type = cli_media_type(w->entry.path);
	*out = w->entry;
	out->size = UINT64_MAX;
	out->age = true;
	out->content = (struct sr_deposit_content){
		.read = read_file, .close = close_file, .ctx = counted(w, w->again)};
	w->again = NULL;
}

/* The entry at hand, and what was opened for it. */
static void give(struct cli_walk *w, struct sr_deposit_file *out) {
	*out = w->entry;
	if (w->entry.kind != SR_FILE_REGULAR)
		return;
	keep_last(w);
	keep_again(w);
	w->opened->failed = w->failed;
	out->content = (struct sr_deposit_content){
		read_file, close_file, counted(w, w->opened), was_changed};
	w->opened = NULL;
}

static int stopped(struct sr_err *e) {
	return sr_fail(e, SR_LOCKED, "stopped on request");
}

/* Mode FILE looks one entry ahead, over all roots. */
static int ahead(struct cli_walk *w, struct sr_err *e) {
	while (!w->have && w->at < w->root_count) {
		int rc = next_entry(w, e);
		if (rc < 0)
			return rc;
		w->have = rc == 1;
		if (rc == 0) {
			w->at++;
			w->inside = false;
		}
	}
	return 0;
}

static int item(void *ctx, struct sr_bytes *title, struct sr_err *e) {
	struct cli_walk *w = ctx;
	if (cli_stopped != 0)
		return stopped(e);
	*title = sr_bytes_of(NULL, 0);
	if (w->mode == WALK_FILE) {
		int rc = ahead(w, e);
		return rc != 0 ? rc : w->have ? 1 : 0;
	}
	if (w->item_open && w->mode != WALK_ONE) {
		w->at++;
		w->inside = false;
	} else if (w->item_open) {
		return 0;
	}
	w->item_open = true;
	if (w->at >= w->root_count)
		return 0;
	if (w->roots[w->at].title != NULL)
		*title = sr_bytes_str(w->roots[w->at].title);
	return 1;
}

static int file(void *ctx, struct sr_deposit_file *out, struct sr_err *e) {
	struct cli_walk *w = ctx;
	if (cli_stopped != 0)
		return stopped(e);
	if (w->again != NULL) {
		give_again(w, out);
		return 1;
	}
	if (w->mode == WALK_FILE) {
		/* One file each: the entry found ahead is given once. */
		const bool found = w->have;
		w->have = false;
		if (found)
			give(w, out);
		return found ? 1 : 0;
	}
	for (;;) {
		if (w->at >= w->root_count)
			return 0;
		int rc = next_entry(w, e);
		if (rc == 1)
			give(w, out);
		if (rc != 0)
			return rc;
		if (w->mode != WALK_ONE)
			return 0;
		w->at++;
		w->inside = false;
	}
}

static int read_file(void *ctx, void *p, size_t len, size_t *got, struct sr_err *e) {
	struct opened *o = ctx;
	*got = 0;
	if (o->failed.code != SR_OK)
		return sr_fail(e, o->failed.code, "%s", o->failed.text);
	if (o->ended)
		return 0;
	for (;;) {
		struct pollfd ready = {.fd = o->fd, .events = POLLIN};
		if (cli_stopped != 0)
			return stopped(e);
		/* The signal wakes another thread, not this one. */
		if (o->fd == STDIN_FILENO && poll(&ready, 1, POLL_MS) == 0)
			continue;
		const ssize_t n = read(o->fd, p, len);
		if (n >= 0) {
			*got = (size_t)n;
			/* No more came than it had: whoever asks again need not ask the system. */
			o->at += (uint64_t)n;
			o->ended = (size_t)n < len && o->size > 0 && o->at == o->size;
			return 0;
		}
		if (errno != EINTR)
			return sr_fail_errno(e, "read");
	}
}

/* Of the size that it had, and yet neither what it was before nor what it is now. */
static bool was_changed(void *ctx) {
	const struct opened *o = ctx;
	struct stat st;
	return o->looked && fstat(o->fd, &st) == 0 &&
	       (st.st_mtim.tv_sec != o->mtime.tv_sec || st.st_mtim.tv_nsec != o->mtime.tv_nsec);
}

void cli_walk_source(
	struct cli_walk *w, struct sr_deposit_source *out, const struct cli_walk_told *t) {
	struct rlimit r;
	w->told = *t;
	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < OPEN_MANY)
		w->most = (size_t)r.rlim_cur / 4;
	*out = (struct sr_deposit_source){
		.item = item, .file = file, .told = t->told != NULL ? told : NULL, .ctx = w};
}
