/*
 * family - see family.h.
 */
#include "catalogue/family.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

#define NONE UINT32_MAX /* no enumerator: it is no int */

struct member {
	struct sr_bytes path; /* of the item */
	uint32_t file;
};

/* Paths are sorted with the slash before all else, so that what lies behind a path follows it. Then
 * the closest file above each is found in one pass: hostile paths have thousands of slashes, and to
 * look each of their stems up would take minutes. */
struct sr_family {
	uint32_t count;
	struct member *by_path; /* sorted; files of the same path in the order of the item */
	uint32_t *place;        /* by file: in by_path, of the first of its path */
	uint32_t *up; /* by place: of the closest whose path is a stem of this; NONE: none */
	struct sr_bytes *path;  /* by file */
	uint32_t *of;           /* by file; NONE: nothing is known */
	bool *cut;              /* by file: the end of its path was cut */
	uint32_t *first, *copy; /* by file: the first, and the next in the ring, of its bytes */
	bool *hit, *kin;        /* at work: by place, twice; by file */
};

/* The first byte that is another, or the end of the shorter one. */
static size_t differ(struct sr_bytes a, struct sr_bytes b) {
	enum {
		STEP = 64
	};
	const size_t n = a.len < b.len ? a.len : b.len;
	size_t at = 0;

	while (n - at >= STEP && memcmp(a.p + at, b.p + at, STEP) == 0)
		at += STEP;
	while (at < n && a.p[at] == b.p[at])
		at++;
	return at;
}

static int compare(struct sr_bytes a, struct sr_bytes b) {
	const size_t at = differ(a, b);

	if (at == a.len || at == b.len)
		return a.len < b.len ? -1 : a.len > b.len;
	if (a.p[at] == '/' || b.p[at] == '/')
		return a.p[at] == '/' ? -1 : 1;
	return a.p[at] < b.p[at] ? -1 : 1;
}

static bool is_stem(struct sr_bytes stem, struct sr_bytes path) {
	return stem.len < path.len && path.p[stem.len] == '/' && differ(stem, path) == stem.len;
}

static int by_path(const void *a, const void *b) {
	const struct member *x = a, *y = b;
	const int c = compare(x->path, y->path);

	return c != 0 ? c : x->file < y->file ? -1 : x->file > y->file;
}

void sr_family_free(struct sr_family *f) {
	if (f == NULL)
		return;
	free(f->by_path);
	free(f->place);
	free(f->up);
	free(f->path);
	free(f->of);
	free(f->cut);
	free(f->first);
	free(f->copy);
	free(f->hit);
	free(f->kin);
	free(f);
}

static void links(struct sr_family *f) {
	uint32_t first = 0, top = NONE;

	for (uint32_t i = 0; i < f->count; i++) {
		const struct sr_bytes path = f->by_path[i].path;

		if (i == 0 || compare(path, f->by_path[i - 1].path) != 0) {
			first = i;
			while (top != NONE && !is_stem(f->by_path[top].path, path))
				top = f->up[top];
			f->up[first] = top;
			top = first;
		}
		f->place[f->by_path[i].file] = first;
	}
}

struct content {
	uint8_t sha256[SR_HASH];
	uint32_t file;
};

static int by_content(const void *a, const void *b) {
	const struct content *x = a, *y = b;
	const int c = memcmp(x->sha256, y->sha256, SR_HASH);

	return c != 0 ? c : x->file < y->file ? -1 : x->file > y->file;
}

/* Those that follow each other with one hash become a ring. */
static void rings(struct sr_family *f, struct content *of, size_t count) {
	size_t first = 0;

	if (count > 0)
		qsort(of, count, sizeof *of, by_content);
	for (size_t i = 1; i < count; i++) {
		if (memcmp(of[i].sha256, of[first].sha256, SR_HASH) != 0)
			first = i;
		f->first[of[i].file] = of[first].file;
		f->copy[of[i].file] = of[first].file;
		if (first < i)
			f->copy[of[i - 1].file] = of[i].file;
	}
}

static int paths(struct sr_family *f, struct sr_item *it, struct sr_err *e) {
	struct content *of = calloc((size_t)f->count + 1, sizeof *of);
	size_t n = 0;
	struct sr_file file;
	int rc = of == NULL ? sr_fail(e, SR_NOMEM, "no memory for %u files", f->count) : 0;

	for (uint32_t i = 0; rc == 0 && i < f->count; i++) {
		rc = sr_item_file(it, i, &file, e);
		if (rc != 0)
			break;
		f->path[i] = file.path;
		f->by_path[i] = (struct member){file.path, i};
		f->of[i] = NONE;
		f->first[i] = f->copy[i] = i;
		if (file.kind != SR_FILE_REGULAR || file.size == 0)
			continue;
		memcpy(of[n].sha256, file.sha256, SR_HASH);
		of[n++].file = i;
	}
	if (rc == 0 && f->count > 0)
		qsort(f->by_path, f->count, sizeof *f->by_path, by_path);
	if (rc == 0)
		links(f);
	if (rc == 0)
		rings(f, of, n);
	free(of);
	return rc;
}

/* A fact of another item's time is passed over. */
static int take_fact(void *ctx, const struct sr_fact_row *r, struct sr_err *e) {
	struct sr_family *f = ctx;
	uint64_t of = 0;

	(void)e;
	if (r->file >= f->count)
		return 0;
	if (strcmp(r->key, "cut") == 0)
		f->cut[r->file] = true;
	else if (sr_parse_dec(&of, sr_bytes_of(r->value, r->value_len), f->count - 1, NULL) == 0 &&
		 of != r->file)
		f->of[r->file] = (uint32_t)of;
	return 0;
}

int sr_family_new(struct sr_family **out, struct sr_catalogue *c, const uint8_t item[SR_ID],
	struct sr_item *it, struct sr_err *e) {
	const uint64_t count = sr_item_files(it);
	struct sr_family *f = calloc(1, sizeof *f);
	int rc = 0;

	*out = NULL;
	if (f == NULL || count >= NONE) {
		free(f);
		return sr_fail(e, SR_NOMEM, "no memory for %llu files", (unsigned long long)count);
	}
	f->count = (uint32_t)count;
	f->by_path = calloc((size_t)count + 1, sizeof *f->by_path);
	f->place = calloc((size_t)count + 1, sizeof *f->place);
	f->up = calloc((size_t)count + 1, sizeof *f->up);
	f->path = calloc((size_t)count + 1, sizeof *f->path);
	f->of = calloc((size_t)count + 1, sizeof *f->of);
	f->cut = calloc((size_t)count + 1, sizeof *f->cut);
	f->first = calloc((size_t)count + 1, sizeof *f->first);
	f->copy = calloc((size_t)count + 1, sizeof *f->copy);
	f->hit = calloc(2 * (size_t)count + 1, sizeof *f->hit);
	f->kin = calloc((size_t)count + 1, sizeof *f->kin);
	if (f->by_path == NULL || f->place == NULL || f->up == NULL || f->path == NULL ||
		f->of == NULL || f->cut == NULL || f->first == NULL || f->copy == NULL ||
		f->hit == NULL || f->kin == NULL)
		rc = sr_fail(e, SR_NOMEM, "no memory for %llu files", (unsigned long long)count);
	if (rc == 0)
		rc = paths(f, it, e);
	if (rc == 0 && count > 0)
		rc = sr_query_each_fact(c, item, "of", take_fact, f, e);
	if (rc == 0 && count > 0)
		rc = sr_query_each_fact(c, item, "cut", take_fact, f, e);
	if (rc != 0) {
		sr_family_free(f);
		return rc;
	}
	*out = f;
	return 0;
}

/* The first of those that have this path: its place in by_path; count: none. */
static uint32_t find(const struct sr_family *f, struct sr_bytes path) {
	uint32_t low = 0, high = f->count;

	while (low < high) {
		const uint32_t mid = low + (high - low) / 2;

		if (compare(f->by_path[mid].path, path) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < f->count && compare(f->by_path[low].path, path) == 0 ? low : f->count;
}

bool sr_family_ancestors(const struct sr_family *f, uint64_t file,
	bool (*each)(void *ctx, uint64_t ancestor), void *ctx) {
	uint32_t above[SR_PATH_MAX];
	size_t n = 0;

	if (f->of[file] != NONE && !each(ctx, f->of[file]))
		return false;
	for (uint32_t at = f->up[f->place[file]]; at != NONE && n < SR_PATH_MAX; at = f->up[at])
		above[n++] = at;
	while (n-- > 0)
		for (uint32_t at = above[n]; at < f->count; at++) {
			const uint32_t one = f->by_path[at].file;

			if (f->place[one] != above[n])
				break;
			if (!each(ctx, one))
				return false;
		}
	return true;
}

uint64_t sr_family_copy(const struct sr_family *f, uint64_t file) {
	return f->copy[file];
}

/* The first of those that it is called after: its place in by_path; count: none. */
static uint32_t called_after(const struct sr_family *f, uint64_t text) {
	const struct sr_bytes path = f->path[text];
	size_t end = path.len;

	while (end > 0 && path.p[end - 1] != '/')
		end--;
	return end < 2 ? f->count : find(f, sr_bytes_of(path.p, end - 1));
}

bool sr_family_source(uint64_t *source, const struct sr_family *f, uint64_t text) {
	uint32_t at;

	if (f->of[text] != NONE) {
		*source = f->of[text];
		return true;
	}
	at = called_after(f, text);
	if (at == f->count ||
		(at + 1 < f->count && compare(f->by_path[at + 1].path, f->by_path[at].path) == 0))
		return false;
	*source = f->by_path[at].file;
	return true;
}

bool sr_family_has_source(const struct sr_family *f, uint64_t text) {
	return f->of[text] != NONE || called_after(f, text) < f->count;
}

/* Hostile containers have thousands of members of one name, so those of one path are looked at
 * once: ${hit} of the first of them says whether any has the mark, then whether any above has.
 * ${kin}, of an outermost container: whether anything that came out of it has. */
void sr_family_spread(struct sr_family *f, uint8_t *marks, uint8_t of, uint8_t mark) {
	bool *above = f->hit + f->count;

	memset(f->hit, 0, 2 * (size_t)f->count * sizeof *f->hit);
	memset(f->kin, 0, f->count * sizeof *f->kin);
	for (uint32_t i = 0; i < f->count; i++) {
		if (marks[i] != of)
			continue;
		f->hit[f->place[i]] = true;
		if (f->of[i] != NONE)
			f->kin[f->of[i]] = true;
	}
	for (uint32_t i = 0; i < f->count; i++) /* what is above a place stands before it */
		above[i] = f->place[f->by_path[i].file] == i && f->up[i] != NONE &&
			   (f->hit[f->up[i]] || above[f->up[i]]);
	for (uint32_t i = 0; i < f->count; i++) {
		const uint32_t from = f->of[i];

		if (marks[i] != 0)
			continue;
		if (above[f->place[i]] ||
			(from != NONE && (marks[from] == of || (f->cut[i] && f->kin[from]))))
			marks[i] = mark;
	}
}

void sr_family_copies(struct sr_family *f, uint8_t *files, uint8_t mark) {
	memset(f->kin, 0, f->count * sizeof *f->kin);
	for (uint32_t i = 0; i < f->count; i++)
		f->kin[f->first[i]] |= files[i] != 0;
	for (uint32_t i = 0; i < f->count; i++)
		if (files[i] == 0 && f->kin[f->first[i]])
			files[i] = mark;
}

/* ${mark} for all that something came out of whose byte is ${of}, and where its path is cut for
 * what came out of the same. */
static void again_above(struct sr_family *f, uint8_t *files, uint8_t of, uint8_t mark) {
	bool *from = f->kin, *cut_from = f->hit + f->count;

	memset(f->hit, 0, 2 * (size_t)f->count * sizeof *f->hit);
	memset(f->kin, 0, f->count * sizeof *f->kin);
	for (uint32_t i = 0; i < f->count; i++) {
		if (files[i] != of)
			continue;
		for (uint32_t at = f->up[f->place[i]]; at != NONE && !f->hit[at]; at = f->up[at])
			f->hit[at] = true;
		if (f->of[i] == NONE)
			continue;
		from[f->of[i]] = true;
		cut_from[f->of[i]] = cut_from[f->of[i]] || f->cut[i];
	}
	for (uint32_t i = 0; i < f->count; i++)
		if (files[i] == 0 && (f->hit[f->place[i]] || from[i] ||
					     (f->of[i] != NONE && cut_from[f->of[i]])))
			files[i] = mark;
}

void sr_family_again(struct sr_family *f, uint8_t *files) {
	enum {
		SAYS = 1, /* it, or a copy */
		AGAIN
	};

	for (uint32_t i = 0; i < f->count; i++)
		files[i] = files[i] != 0 ? SAYS : 0;
	sr_family_copies(f, files, SAYS);
	sr_family_spread(f, files, SAYS, AGAIN);
	again_above(f, files, SAYS, AGAIN);
	sr_family_copies(f, files, AGAIN);
	for (uint32_t i = 0; i < f->count; i++)
		files[i] = files[i] != 0;
}
