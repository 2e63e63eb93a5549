/*
 * bag - see bag.h. This part: the folder as it is found, findings, and the whole.
 */
#include "intake/bag.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/escape.h"
#include "base/limits.h"
#include "intake/bag_in.h"

const char *sr_bag_kind_name(enum sr_bag_kind k) {
	static const char *const names[SR_BAG_KINDS] = {"declaration", "form", "scope", "missing",
		"extra", "digest", "twice", "fetch", "oxum", "link", "name", "style", "large"};

	return (unsigned)k < SR_BAG_KINDS ? names[k] : "?";
}

/* --- findings --------------------------------------------------------------------------------- */

const char *bag_show(struct bag_shown *s, struct sr_bytes v) {
	return sr_escape_to(s->text, sizeof s->text, v);
}

static void SR_PRINTF(4, 0)
	find(struct sr_bag *b, bool refuses, enum sr_bag_kind k, const char *fmt, va_list ap) {
	struct sr_bag_finding *f;

	if (refuses)
		b->refusals++;
	else
		b->warnings++;
	if (b->finding_count == SR_BAG_FINDINGS_MAX)
		return;
	f = &b->findings[b->finding_count++];
	f->refuses = refuses;
	f->kind = k;
	(void)vsnprintf(f->text, sizeof f->text, fmt, ap);
}

void bag_refuse(struct sr_bag *b, enum sr_bag_kind k, const char *fmt, ...) {
	va_list ap;

	va_start(ap, fmt);
	find(b, true, k, fmt, ap);
	va_end(ap);
}

void bag_warn(struct sr_bag *b, enum sr_bag_kind k, const char *fmt, ...) {
	va_list ap;

	va_start(ap, fmt);
	find(b, false, k, fmt, ap);
	va_end(ap);
}

/* The first that refuses; when 200 warnings came before it, its place is not among those kept. */
int sr_bag_verdict(const struct sr_bag *b, struct sr_err *e) {
	if (b->refusals == 0)
		return 0;
	for (size_t i = 0; i < b->finding_count; i++) {
		const struct sr_bag_finding *f = &b->findings[i];

		if (!f->refuses)
			continue;
		if (b->refusals == 1)
			return sr_fail(e, SR_CORRUPT, "%s", f->text);
		return sr_fail(e, SR_CORRUPT, "%s (and %zu more)", f->text, b->refusals - 1);
	}
	return sr_fail(
		e, SR_CORRUPT, "%zu reasons, after %d warnings", b->refusals, SR_BAG_FINDINGS_MAX);
}

int sr_bag_accept(const struct sr_bag *b, struct sr_err *e) {
	int rc = sr_bag_verdict(b, e);

	if (rc == 0 && b->fetch_count > 0)
		rc = sr_fail(e, SR_UNSUPPORTED,
			"its fetch.txt names %zu files elsewhere, and nothing is fetched: complete "
			"the bag and remove those lines",
			b->fetch_count);
	return rc;
}

const struct sr_bag_finding *sr_bag_findings(const struct sr_bag *b, size_t *count) {
	*count = b->finding_count;
	return b->findings;
}

size_t sr_bag_refusals(const struct sr_bag *b) {
	return b->refusals;
}

size_t sr_bag_warnings(const struct sr_bag *b) {
	return b->warnings;
}

const struct sr_bag_file *sr_bag_files(const struct sr_bag *b, size_t *count) {
	*count = b->file_count;
	return b->files;
}

const char *sr_bag_version(const struct sr_bag *b) {
	return b->version;
}

size_t sr_bag_fetches(const struct sr_bag *b) {
	return b->fetch_count;
}

/* --- the folder ------------------------------------------------------------------------------- */

struct walk {
	struct sr_bag *b;
	struct sr_dir *dir;
	const char *at; /* path in the bag, "" for the bag itself */
	unsigned depth;
	bool empty;
};

static int walk_dir(struct sr_bag *b, struct sr_dir *dir, const char *at, unsigned depth,
	bool *empty, struct sr_err *e);

#ifdef SR_TESTING
size_t bag_files_max = SR_BAG_FILES_MAX;

void sr_bag_files_max(size_t files) {
	bag_files_max = files;
}
#endif

static int add_file(struct sr_bag *b, const char *path, uint64_t size, struct sr_err *e) {
	struct sr_bag_file *f;

	if (b->file_count == bag_files_max) {
		if (b->refusals == 0 || b->findings[0].kind != SR_BAG_LARGE)
			bag_refuse(b, SR_BAG_LARGE, "it has more than %zu files", bag_files_max);
		return 0;
	}
	if (b->file_count == b->file_cap) {
		const size_t cap = b->file_cap == 0 ? 64 : b->file_cap * 2;
		struct sr_bag_file *more = reallocarray(b->files, cap, sizeof *more);

		if (more == NULL)
			return sr_fail(e, SR_NOMEM, "no memory for %zu files", cap);
		b->files = more;
		b->file_cap = cap;
	}
	f = &b->files[b->file_count];
	memset(f, 0, sizeof *f);
	f->path = strdup(path);
	f->size = size;
	f->payload = strncmp(path, "data/", 5) == 0;
	if (f->path == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for the path of a file");
	b->file_count++;
	return 0;
}

static int walk_below(struct walk *w, const char *name, const char *path, struct sr_err *e) {
	struct bag_shown s;
	struct sr_dir *below = NULL;
	bool empty = true;
	int rc;

	if (w->depth == SR_BAG_DEPTH_MAX) {
		bag_refuse(w->b, SR_BAG_LARGE, "%s lies more than %d folders deep",
			bag_show(&s, sr_bytes_str(path)), SR_BAG_DEPTH_MAX);
		return 0;
	}
	if (strcmp(path, "data") == 0)
		w->b->has_data = true;
	rc = sr_dir_open_at(&below, w->dir, name, e);
	if (rc == 0)
		rc = walk_dir(w->b, below, path, w->depth + 1, &empty, e);
	sr_dir_close(below);
	if (rc == 0 && empty && strncmp(path, "data/", 5) == 0)
		bag_warn(w->b, SR_BAG_STYLE, "%s is an empty folder, which no manifest can list",
			bag_show(&s, sr_bytes_str(path)));
	return rc;
}

static int walk_entry(void *ctx, const char *name, bool is_dir, struct sr_err *e) {
	struct walk *w = ctx;
	char path[SR_PATH_MAX + 1];
	struct bag_shown s;
	struct stat st;
	const int n =
		snprintf(path, sizeof path, "%s%s%s", w->at, w->at[0] != '\0' ? "/" : "", name);

	(void)is_dir; /* of what it was when the folder was read */
	w->empty = false;
	if (n < 0 || (size_t)n >= sizeof path) {
		bag_refuse(w->b, SR_BAG_LARGE, "a path of more than %d bytes begins %s",
			SR_PATH_MAX, bag_show(&s, sr_bytes_str(path)));
		return 0;
	}
	if (fstatat(sr_dir_fd(w->dir), name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return sr_fail_errno(e, "%s", bag_show(&s, sr_bytes_str(path)));
	if (S_ISDIR(st.st_mode))
		return walk_below(w, name, path, e);
	if (S_ISREG(st.st_mode))
		return add_file(w->b, path, (uint64_t)st.st_size, e);
	bag_refuse(w->b, SR_BAG_LINK, "%s is a %s: a bag holds files only",
		bag_show(&s, sr_bytes_str(path)),
		S_ISLNK(st.st_mode) ? "symbolic link" : "special file");
	return 0;
}

static int walk_dir(struct sr_bag *b, struct sr_dir *dir, const char *at, unsigned depth,
	bool *empty, struct sr_err *e) {
	struct walk w = {b, dir, at, depth, true};
	const int rc = sr_dir_each(dir, walk_entry, &w, e);

	*empty = w.empty;
	return rc;
}

static int by_path(const void *a, const void *b) {
	return strcmp(((const struct sr_bag_file *)a)->path, ((const struct sr_bag_file *)b)->path);
}

ptrdiff_t bag_index(const struct sr_bag *b, struct sr_bytes path) {
	size_t low = 0, high = b->file_count;

	while (low < high) {
		const size_t mid = low + (high - low) / 2;
		const char *is = b->files[mid].path;
		int c = strncmp(is, (const char *)path.p, path.len);

		if (c == 0 && is[path.len] != '\0')
			c = 1;
		if (c == 0)
			return (ptrdiff_t)mid;
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return -1;
}

const struct sr_bag_file *sr_bag_find(const struct sr_bag *b, struct sr_bytes path) {
	const ptrdiff_t i =
		path.len == 0 || memchr(path.p, 0, path.len) != NULL ? -1 : bag_index(b, path);

	return i < 0 ? NULL : &b->files[i];
}

/* --- the whole -------------------------------------------------------------------------------- */

static void free_keys(struct bag_key *keys, size_t count) {
	for (size_t i = 0; keys != NULL && i < count; i++)
		sr_buf_free(&keys[i].key);
	free(keys);
}

void sr_bag_free(struct sr_bag *b) {
	if (b == NULL)
		return;
	sr_dir_close(b->dir);
	free_keys(b->composed, b->file_count);
	free_keys(b->folded, b->file_count);
	for (size_t i = 0; i < b->file_count; i++)
		free(b->files[i].path);
	free(b->files);
	for (size_t i = 0; i < b->manifest_count; i++)
		free(b->manifests[i].name);
	for (size_t i = 0; i < b->fetch_count; i++)
		free(b->fetch[i]);
	free(b->fetch);
	free(b->listed);
	free(b->entries);
	free(b);
}

static int read_all(struct sr_bag *b, struct sr_err *e) {
	bool empty = true, readable = false;
	int rc = walk_dir(b, b->dir, "", 0, &empty, e);

	if (rc != 0)
		return rc;
	if (b->file_count > 1)
		qsort(b->files, b->file_count, sizeof *b->files, by_path);
	b->listed = calloc(b->file_count + 1, sizeof *b->listed);
	if (b->listed == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for %zu files", b->file_count);
	rc = bag_declaration(b, &readable, e);
	if (rc == 0)
		rc = bag_keys(b, e);
	if (rc == 0 && readable)
		rc = bag_tags(b, e);
	if (rc == 0 && readable)
		rc = bag_check(b, e);
	return rc;
}

int sr_bag_read(struct sr_bag **out, const char *path, const struct sr_progress *progress,
	struct sr_err *e) {
	struct sr_bag *b = calloc(1, sizeof *b);
	int rc;

	*out = NULL;
	if (b == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for a bag");
	b->progress = progress;
	rc = sr_dir_open(&b->dir, path, e);
	if (rc == 0)
		rc = read_all(b, e);
	if (rc != 0) {
		(void)sr_wrap(e, "bag");
		sr_bag_free(b);
		return rc;
	}
	b->progress = NULL;
	*out = b;
	return 0;
}
