/*
 * folders - see folders.h. Names are kept as hashes: two that share one by chance, or by somebody's
 * work, cost a "~" too many, and no name.
 */
#include "room/folders.h"

#include <stdlib.h>

#include "room/tar.h"

struct taken {
	uint64_t hash;
	uint64_t file; /* FOLDER: one in which something lies */
};
struct sr_folders {
	struct taken *rows; /* by hash; a file before a folder */
	size_t count, cap;
};
#define FOLDER UINT64_MAX

/* FNV-1a. That of a name goes on from that of each folder in it: paths may have thousands. */
static const uint64_t HASH = UINT64_C(0xcbf29ce484222325);

static uint64_t hash_on(uint64_t hash, uint8_t byte) {
	return (hash ^ byte) * UINT64_C(0x100000001b3);
}

static uint64_t hash_of(struct sr_bytes name) {
	uint64_t hash = HASH;

	for (size_t i = 0; i < name.len; i++)
		hash = hash_on(hash, name.p[i]);
	return hash;
}

static int order(const void *a, const void *b) {
	const struct taken *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->file < y->file ? -1 : x->file > y->file;
}

/* The first of that hash, or NULL. */
static const struct taken *find_hash(const struct sr_folders *f, uint64_t hash) {
	size_t from = 0, to = f->count;

	while (from < to) {
		const size_t at = from + (to - from) / 2;

		if (f->rows[at].hash < hash)
			from = at + 1;
		else
			to = at;
	}
	return from < f->count && f->rows[from].hash == hash ? &f->rows[from] : NULL;
}

static const struct taken *find(const struct sr_folders *f, struct sr_bytes name) {
	return find_hash(f, hash_of(name));
}

static int add(struct sr_folders *f, uint64_t hash, uint64_t file, struct sr_err *e) {
	if (f->rows == NULL || f->count == f->cap) {
		const size_t more = f->cap == 0 ? 64 : 2 * f->cap;
		struct taken *rows = reallocarray(f->rows, more, sizeof *rows);

		if (rows == NULL)
			return sr_fail(e, SR_NOMEM, "no memory for %zu names", more);
		f->rows = rows;
		f->cap = more;
	}
	f->rows[f->count++] = (struct taken){hash, file};
	return 0;
}

/* A file, and the folders that it lies in and the one before it does not. */
static int add_name(struct sr_folders *f, const struct sr_buf *before, const struct sr_buf *name,
	uint64_t file, struct sr_err *e) {
	uint64_t hash = HASH;
	bool same = true;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < name->len; i++) {
		same = same && i < before->len && before->p[i] == name->p[i];
		if (name->p[i] == '/' && !same)
			rc = add(f, hash, FOLDER, e);
		hash = hash_on(hash, name->p[i]);
	}
	return rc == 0 ? add(f, hash, file, e) : rc;
}

int sr_folders_new(
	struct sr_folders **out, struct sr_item *it, const bool *stays, struct sr_err *e) {
	const uint64_t files = sr_item_files(it);
	struct sr_folders *f = calloc(1, sizeof *f);
	struct sr_buf name[2];
	struct sr_file file;
	int rc = f != NULL ? 0 : sr_fail(e, SR_NOMEM, "no memory for names");

	*out = NULL;
	sr_buf_init_secret(&name[0]);
	sr_buf_init_secret(&name[1]);
	for (uint64_t i = 0; rc == 0 && i < files; i++) {
		struct sr_buf *now = &name[i % 2];

		rc = sr_item_file(it, i, &file, e);
		now->len = 0;
		if (rc != 0 || file.kind != SR_FILE_REGULAR || (stays != NULL && stays[i]))
			continue;
		sr_tar_name(now, file.path);
		rc = sr_buf_ok(now, e);
		if (rc == 0)
			rc = add_name(f, &name[(i + 1) % 2], now, i, e);
	}
	sr_buf_free(&name[0]);
	sr_buf_free(&name[1]);
	if (rc == 0 && f->count > 0)
		qsort(f->rows, f->count, sizeof *f->rows, order);
	if (rc != 0) {
		sr_folders_free(f);
		return rc;
	}
	*out = f;
	return 0;
}

void sr_folders_free(struct sr_folders *f) {
	if (f == NULL)
		return;
	free(f->rows);
	free(f);
}

bool sr_folders_taken(const struct sr_folders *f, struct sr_bytes name) {
	return find(f, name) != NULL;
}

/* What comes behind ${name} to tell it from what has it; the number is in no other such name. */
static int put_apart(const struct sr_folders *f, struct sr_buf *out, struct sr_bytes name,
	uint64_t number, struct sr_err *e) {
	struct sr_buf b;
	int rc = 0;

	sr_buf_init_secret(&b);
	sr_buf_put_bytes(&b, name);
	sr_buf_printf(&b, "~%llu", (unsigned long long)number);
	while ((rc = sr_buf_ok(&b, e)) == 0 && find(f, sr_buf_view(&b)) != NULL)
		sr_buf_put_u8(&b, '~');
	if (rc == 0)
		sr_buf_put(out, b.p + name.len, b.len - name.len);
	sr_buf_free(&b);
	return rc;
}

int sr_folders_name(const struct sr_folders *f, struct sr_buf *out, uint64_t file,
	struct sr_bytes path, struct sr_err *e) {
	const struct taken *t;
	uint64_t hash = HASH;
	struct sr_buf name;
	int rc;

	sr_buf_init_secret(&name);
	sr_tar_name(&name, path);
	rc = sr_buf_ok(&name, e);
	for (size_t i = 0; rc == 0 && i < name.len; i++) {
		/* A folder in which something lies, that is called as a file is. */
		if (name.p[i] == '/' && (t = find_hash(f, hash)) != NULL && t->file != FOLDER)
			rc = put_apart(f, out, sr_bytes_of(name.p, i), t->file, e);
		hash = hash_on(hash, name.p[i]);
		sr_buf_put_u8(out, name.p[i]);
	}
	t = rc == 0 ? find_hash(f, hash) : NULL;
	if (t != NULL && t->file != FOLDER && t->file != file)
		rc = put_apart(f, out, sr_buf_view(&name), file, e);
	sr_buf_free(&name);
	return rc == 0 ? sr_buf_ok(out, e) : rc;
}
