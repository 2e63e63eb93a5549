/*
 * bagging - see bagging.h. Names are made once for all files; a manifest is written row by row,
 * its length known before from the names alone.
 */
#include "room/bagging.h"

#include <stdlib.h>

#include "base/escape.h"
#include "base/time.h"
#include "crypto/digest.h"
#include "crypto/hash.h"
#include "room/folders.h"
#include "room/tar.h"

enum part { /* of the tail, in this order */
	MANIFEST_512,
	MANIFEST_256,
	NOT_EXPORTED,
	RENAMED,
	TAGS_512,
	TAGS_256,
	END
};
enum {
	TAGS_MAX = 8, /* bagit.txt, bag-info.txt, two manifests, two lists, two of tags */
	TRIES = 64    /* rounds in which names are told apart; the second finds none by then */
};

struct tag {
	char name[32];
	uint8_t sha512[SR_BAGGING_SHA512];
	uint8_t sha256[SR_HASH];
};

struct sr_bagging {
	struct sr_item *it;
	uint64_t files;
	int64_t now;
	char base[64];
	char **names; /* by file: under data/; NULL: not in the payload */
	uint8_t (*sha512)[SR_BAGGING_SHA512];
	uint64_t payload, bytes; /* files, and their bytes */
	struct sr_buf info, not_exported, renamed;
	struct tag tags[TAGS_MAX]; /* written so far */
	size_t tag_count;
	struct sr_digest *tag512; /* of the one at work */
	struct sr_sha256 *tag256;
	uint64_t tag_size;
	enum part part;
	bool begun;   /* the manifest at work has its header */
	uint64_t row; /* of it: the next file */
};

void sr_bagging_free(struct sr_bagging *b) {
	if (b == NULL)
		return;
	for (uint64_t i = 0; b->names != NULL && i < b->files; i++) {
		if (b->names[i] != NULL)
			sr_wipe(b->names[i], strlen(b->names[i]));
		free(b->names[i]);
	}
	free(b->names);
	free(b->sha512);
	sr_buf_free(&b->info);
	sr_buf_free(&b->not_exported);
	sr_buf_free(&b->renamed);
	sr_digest_free(b->tag512);
	sr_sha256_free(b->tag256);
	free(b);
}

/* --- names ------------------------------------------------------------------------------------ */

/* As in other exports, and UTF-8. */
static int put_name(const struct sr_folders *places, struct sr_buf *out, uint64_t file,
	struct sr_bytes path, struct sr_err *e) {
	struct sr_buf safe;
	size_t at = 0;
	int rc;

	sr_buf_init_secret(&safe);
	rc = sr_folders_name(places, &safe, file, path, e);
	while (at < safe.len) {
		uint32_t cp;
		const size_t n = sr_utf8_next(sr_bytes_of(safe.p + at, safe.len - at), &cp);

		if (n == 0)
			sr_buf_printf(out, "%%%02X", safe.p[at]);
		else
			sr_buf_put(out, safe.p + at, n);
		at += n == 0 ? 1 : n;
	}
	sr_buf_free(&safe);
	return rc == 0 ? sr_buf_ok(out, e) : rc;
}

/* What has no content, with the reason. */
static void put_not_exported(struct sr_bagging *b, const struct sr_file *f) {
	static const char *const kinds[] = {
		"", "", "symbolic link", "special file", "not read at the deposit"};
	const bool known = f->kind >= SR_FILE_SYMLINK && f->kind <= SR_FILE_UNREADABLE;

	sr_escape(&b->not_exported, f->path, 0);
	sr_buf_printf(&b->not_exported, ": %s", known ? kinds[f->kind] : "?");
	if (f->note.len > 0) {
		sr_buf_put_str(&b->not_exported, f->kind == SR_FILE_SYMLINK ? " to " : ", ");
		sr_escape(&b->not_exported, f->note, 0);
	}
	sr_buf_put_u8(&b->not_exported, '\n');
}

/* Byte order with '/' before everything: a file stands directly before what would lie in it. */
static int path_order(const char *x, const char *y) {
	while (*x == *y && *x != '\0') {
		x++;
		y++;
	}
	if (*x == *y)
		return 0;
	if (*x == '\0' || *y == '\0')
		return *x == '\0' ? -1 : 1;
	if (*x == '/' || *y == '/')
		return *x == '/' ? -1 : 1;
	return (unsigned char)*x < (unsigned char)*y ? -1 : 1;
}

struct place { /* of a name */
	char *name;
	uint64_t file;
};

static int place_order(const void *a, const void *b) {
	const struct place *x = a, *y = b;
	const int way = path_order(x->name, y->name);

	if (way != 0)
		return way;
	return x->file < y->file ? -1 : x->file > y->file;
}

/* The same name, or a folder of that name? */
static bool one_place(const char *x, const char *y) {
	const size_t n = strlen(x);

	return strncmp(x, y, n) == 0 && (y[n] == '\0' || y[n] == '/');
}

static int rename_file(struct sr_bagging *b, struct place *p, struct sr_err *e) {
	const size_t size = strlen(p->name) + 24;
	char *name = malloc(size);

	if (name == NULL)
		return sr_fail(e, SR_NOMEM, "bag: out of memory for a name");
	snprintf(name, size, "%s~%llu", p->name, (unsigned long long)p->file);
	sr_wipe(p->name, strlen(p->name));
	free(p->name);
	b->names[p->file] = p->name = name;
	return 0;
}

/* Of two that are one place the later one moves, and a file gives way to what would lie in it. */
static int round_of(struct sr_bagging *b, struct place *list, bool *moved, struct sr_err *e) {
	int rc = 0;

	*moved = false;
	qsort(list, (size_t)b->payload, sizeof *list, place_order);
	for (uint64_t i = 0; rc == 0 && i + 1 < b->payload; i++) {
		const bool same = strcmp(list[i].name, list[i + 1].name) == 0;

		if (!one_place(list[i].name, list[i + 1].name))
			continue;
		*moved = true;
		rc = rename_file(b, &list[same ? i + 1 : i], e);
		i++; /* the rest is looked at in order again */
	}
	return rc;
}

static int tell_apart(struct sr_bagging *b, struct sr_err *e) {
	struct place *list = calloc((size_t)b->payload + 1, sizeof *list);
	bool moved = list != NULL;
	uint64_t n = 0;
	int rc = list != NULL ? 0 : sr_fail(e, SR_NOMEM, "bag: out of memory for names");

	for (uint64_t i = 0; rc == 0 && i < b->files; i++)
		if (b->names[i] != NULL)
			list[n++] = (struct place){b->names[i], i};
	for (unsigned i = 0; rc == 0 && moved; i++) {
		if (i == TRIES)
			rc = sr_fail(e, SR_LIMIT,
				"bag: names that are one cannot be told apart: export it without "
				"--bag");
		else
			rc = round_of(b, list, &moved, e);
	}
	free(list);
	return rc;
}

/* LF, CR and % as manifests have them. */
static void put_encoded(struct sr_buf *out, const char *name) {
	for (; *name != '\0'; name++) {
		if (*name == '%' || *name == '\n' || *name == '\r')
			sr_buf_printf(out, "%%%02X", (unsigned char)*name);
		else
			sr_buf_put_u8(out, (uint8_t)*name);
	}
}

static size_t encoded_size(const char *name) {
	size_t n = 0;

	for (; *name != '\0'; name++)
		n += *name == '%' || *name == '\n' || *name == '\r' ? 3 : 1;
	return n;
}

/* Every name that is not the one of the deposit, with that one. */
static int put_renamed(struct sr_bagging *b, struct sr_err *e) {
	int rc = 0;

	for (uint64_t i = 0; rc == 0 && i < b->files; i++) {
		struct sr_file f;

		if (b->names[i] == NULL)
			continue;
		rc = sr_item_file(b->it, i, &f, e);
		if (rc != 0 || sr_bytes_eq(f.path, sr_bytes_str(b->names[i])))
			continue;
		sr_buf_put_str(&b->renamed, "data/");
		put_encoded(&b->renamed, b->names[i]);
		sr_buf_put_str(&b->renamed, " was ");
		sr_escape(&b->renamed, f.path, 0);
		sr_buf_put_u8(&b->renamed, '\n');
	}
	return rc;
}

static int look_at(
	struct sr_bagging *b, const struct sr_folders *places, uint64_t i, struct sr_err *e) {
	struct sr_buf name;
	struct sr_file f;
	int rc = sr_item_file(b->it, i, &f, e);

	if (rc != 0)
		return rc;
	if (f.kind != SR_FILE_REGULAR) {
		put_not_exported(b, &f);
		return 0;
	}
	sr_buf_init_secret(&name);
	rc = put_name(places, &name, i, f.path, e);
	if (rc == 0 && (b->names[i] = sr_buf_dup_str(&name)) == NULL)
		rc = sr_fail(e, SR_NOMEM, "bag: out of memory for a name");
	b->payload++;
	b->bytes += f.size;
	sr_buf_free(&name);
	return rc;
}

int sr_bagging_new(struct sr_bagging **out, const char *base, int64_t now, struct sr_item *it,
	const bool *stays, struct sr_err *e) {
	const uint64_t files = sr_item_files(it);
	struct sr_bagging *b = calloc(1, sizeof *b);
	struct sr_folders *places = NULL;
	int rc = 0;

	*out = NULL;
	if (b == NULL)
		return sr_fail(e, SR_NOMEM, "bag: out of memory");
	b->it = it;
	b->files = files;
	b->now = now;
	snprintf(b->base, sizeof b->base, "%s", base);
	sr_buf_init_secret(&b->info);
	sr_buf_init_secret(&b->not_exported);
	sr_buf_init_secret(&b->renamed);
	b->names = calloc((size_t)files + 1, sizeof *b->names);
	b->sha512 = calloc((size_t)files + 1, sizeof *b->sha512);
	if (b->names == NULL || b->sha512 == NULL)
		rc = sr_fail(e, SR_NOMEM, "bag: out of memory for %llu files",
			(unsigned long long)files);
	if (rc == 0)
		rc = sr_digest_new(&b->tag512, SR_DIGEST_SHA512, e);
	if (rc == 0)
		rc = sr_sha256_new(&b->tag256, e);
	if (rc == 0)
		rc = sr_folders_new(&places, it, stays, e);
	for (uint64_t i = 0; rc == 0 && i < files; i++)
		if (!stays[i])
			rc = look_at(b, places, i, e);
	sr_folders_free(places);
	if (rc == 0)
		rc = tell_apart(b, e);
	if (rc == 0)
		rc = put_renamed(b, e);
	if (rc == 0 && (rc = sr_buf_ok(&b->not_exported, e)) == 0)
		rc = sr_buf_ok(&b->renamed, e);
	if (rc != 0) {
		sr_bagging_free(b);
		return rc;
	}
	*out = b;
	return 0;
}

void sr_bagging_path(const struct sr_bagging *b, uint64_t file, struct sr_buf *out) {
	if (file < b->files && b->names[file] != NULL)
		sr_buf_printf(out, "%s/data/%s", b->base, b->names[file]);
	else
		out->failed = SR_MISUSE;
}

void sr_bagging_sha512(
	struct sr_bagging *b, uint64_t file, const uint8_t sha512[SR_BAGGING_SHA512]) {
	if (file < b->files)
		memcpy(b->sha512[file], sha512, SR_BAGGING_SHA512);
}

/* --- bag-info --------------------------------------------------------------------------------- */

void sr_bagging_info(struct sr_bagging *b, const char *label, const char *value) {
	if (value == NULL || value[0] == '\0')
		return;
	if (!sr_utf8_valid(sr_bytes_str(value))) { /* the file says that it is UTF-8 */
		sr_buf_printf(&b->info, "%s: ", label);
		sr_escape(&b->info, sr_bytes_str(value), 0);
		sr_buf_put_u8(&b->info, '\n');
		return;
	}
	sr_buf_printf(&b->info, "%s: ", label);
	for (; *value != '\0'; value++) {
		const unsigned char c = (unsigned char)*value;

		if (c == '\r' && value[1] == '\n')
			continue;
		if (c == '\n' || c == '\r') /* a line that begins with space goes on */
			sr_buf_put_str(&b->info, "\n  ");
		else
			sr_buf_put_u8(&b->info, c < 0x20 || c == 0x7f ? ' ' : c);
	}
	sr_buf_put_u8(&b->info, '\n');
}

/* --- tag files -------------------------------------------------------------------------------- */

static void tag_begin(struct sr_bagging *b, struct sr_buf *out, const char *name, uint64_t size) {
	struct tag *t = &b->tags[b->tag_count];
	char path[sizeof b->base + sizeof t->name + 1];
	struct sr_tar_file f = {.size = size, .mtime_s = b->now};

	snprintf(t->name, sizeof t->name, "%s", name);
	snprintf(path, sizeof path, "%s/%s", b->base, name);
	f.path = sr_bytes_str(path);
	sr_tar_header(out, &f);
	b->tag_size = size;
}

static void tag_put(struct sr_bagging *b, struct sr_buf *out, struct sr_bytes text) {
	sr_digest_update(b->tag512, text.p, text.len);
	sr_sha256_update(b->tag256, text.p, text.len);
	sr_buf_put_bytes(out, text);
}

static int tag_end(struct sr_bagging *b, struct sr_buf *out, struct sr_err *e) {
	struct tag *t = &b->tags[b->tag_count++];

	sr_digest_final(b->tag512, t->sha512);
	sr_sha256_final(b->tag256, t->sha256);
	sr_sha256_reset(b->tag256);
	sr_tar_pad(out, b->tag_size);
	return sr_digest_reset(b->tag512, e);
}

static int tag_whole(struct sr_bagging *b, struct sr_buf *out, const char *name,
	struct sr_bytes text, struct sr_err *e) {
	tag_begin(b, out, name, text.len);
	tag_put(b, out, text);
	return tag_end(b, out, e);
}

int sr_bagging_head(struct sr_bagging *b, struct sr_buf *out, struct sr_err *e) {
	static const char declaration[] =
		"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
	char date[SR_TIME_TEXT], oxum[48], folder[sizeof b->base + 8];
	int rc;

	sr_time_format(date, b->now);
	date[10] = '\0'; /* the day */
	snprintf(oxum, sizeof oxum, "%llu.%llu", (unsigned long long)b->bytes,
		(unsigned long long)b->payload);
	sr_bagging_info(b, "Bagging-Date", date);
	sr_bagging_info(b, "Payload-Oxum", oxum);
	rc = sr_buf_ok(&b->info, e);
	snprintf(folder, sizeof folder, "%s/data", b->base);
	sr_tar_folder(out, sr_bytes_str(folder), b->now); /* also when nothing lies in it */
	if (rc == 0)
		rc = tag_whole(b, out, "bagit.txt", sr_bytes_str(declaration), e);
	if (rc == 0)
		rc = tag_whole(b, out, "bag-info.txt", sr_buf_view(&b->info), e);
	return rc == 0 ? sr_buf_ok(out, e) : rc;
}

/* --- manifests -------------------------------------------------------------------------------- */

static void put_row(struct sr_bagging *b, struct sr_buf *out, const uint8_t *digest, size_t size,
	const char *name) {
	char hex[2 * SR_BAGGING_SHA512 + 1];
	struct sr_buf row;

	sr_hex(hex, digest, size);
	sr_buf_init_secret(&row);
	sr_buf_printf(&row, "%s  data/", hex);
	put_encoded(&row, name);
	sr_buf_put_u8(&row, '\n');
	tag_put(b, out, sr_buf_view(&row));
	if (row.failed != 0)
		out->failed = row.failed;
	sr_buf_free(&row);
}

static uint64_t manifest_size(const struct sr_bagging *b, size_t digest) {
	uint64_t size = 0;

	for (uint64_t i = 0; i < b->files; i++)
		if (b->names[i] != NULL) /* "<hex>  data/<name>\n" */
			size += 2 * digest + 2 + 5 + encoded_size(b->names[i]) + 1;
	return size;
}

/* True when it is whole. */
static int manifest(struct sr_bagging *b, struct sr_buf *out, bool *whole, struct sr_err *e) {
	const bool wide = b->part == MANIFEST_512;
	const size_t digest = wide ? SR_BAGGING_SHA512 : SR_HASH, end = out->len + SR_BAGGING_PIECE;
	int rc = 0;

	if (!b->begun)
		tag_begin(b, out, wide ? "manifest-sha512.txt" : "manifest-sha256.txt",
			manifest_size(b, digest));
	b->begun = true;
	for (; rc == 0 && b->row < b->files && out->len < end; b->row++) {
		struct sr_file f = {.size = 0};

		if (b->names[b->row] == NULL)
			continue;
		if (!wide)
			rc = sr_item_file(b->it, b->row, &f, e);
		if (rc == 0)
			put_row(b, out, wide ? b->sha512[b->row] : f.sha256, digest,
				b->names[b->row]);
	}
	*whole = b->row == b->files;
	if (rc != 0 || !*whole)
		return rc;
	b->begun = false;
	b->row = 0;
	return tag_end(b, out, e);
}

/* Of all tag files so far, but for tag manifests. */
static int tag_manifest(struct sr_bagging *b, struct sr_buf *out, struct sr_err *e) {
	const bool wide = b->part == TAGS_512;
	struct sr_buf text;
	int rc;

	sr_buf_init(&text);
	for (size_t i = 0; i < b->tag_count; i++) {
		char hex[2 * SR_BAGGING_SHA512 + 1];

		if (strncmp(b->tags[i].name, "tagmanifest", 11) == 0)
			continue;
		if (wide)
			sr_hex(hex, b->tags[i].sha512, SR_BAGGING_SHA512);
		else
			sr_hex(hex, b->tags[i].sha256, SR_HASH);
		sr_buf_printf(&text, "%s  %s\n", hex, b->tags[i].name);
	}
	rc = sr_buf_ok(&text, e);
	if (rc == 0)
		rc = tag_whole(b, out, wide ? "tagmanifest-sha512.txt" : "tagmanifest-sha256.txt",
			sr_buf_view(&text), e);
	sr_buf_free(&text);
	return rc;
}

int sr_bagging_tail(struct sr_bagging *b, struct sr_buf *out, bool *done, struct sr_err *e) {
	bool whole = true;
	int rc = 0;

	*done = false;
	switch (b->part) {
	case MANIFEST_512:
	case MANIFEST_256:
		rc = manifest(b, out, &whole, e);
		break;
	case NOT_EXPORTED:
		if (b->not_exported.len > 0)
			rc = tag_whole(
				b, out, "not-exported.txt", sr_buf_view(&b->not_exported), e);
		break;
	case RENAMED:
		if (b->renamed.len > 0)
			rc = tag_whole(b, out, "renamed.txt", sr_buf_view(&b->renamed), e);
		break;
	case TAGS_512:
	case TAGS_256:
		rc = tag_manifest(b, out, e);
		break;
	case END:
		sr_tar_end(out);
		*done = true;
		return sr_buf_ok(out, e);
	}
	if (rc == 0 && whole)
		b->part = (enum part)(b->part + 1);
	return rc == 0 ? sr_buf_ok(out, e) : rc;
}
