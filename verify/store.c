/*
 * store - packs and object files of a vault's copy, without a key: the packs that the signed
 * inventory names are there and whole, and each object file is what its name says. Formats are the
 * tables of vault/store/inventory.h, pack.h and object.h.
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/pool.h"
#include "base/text.h"
#include "merkle/note.h"
#include "verify/verify.h"

enum {
	LINE = 1 + 2 * SR_HASH + 1, /* of INVENTORY.names */
	NAMES_MAX = 1 << 30,
	NAME_TEXT = 3 + 2 * SR_HASH + 1, /* "ab/ab12..." */
	PACK_HEADER = 64,
	PACK_TAIL = 24,
	OBJECT_HEAD = 40,
	OBJECT_ROW = 40,
	OBJECT_TAIL = 36,
	OBJECT_RECORDS_MAX = 65536,
	BATCH = 64
};

struct names { /* 32 bytes each */
	uint8_t *p;
	size_t count;
};

struct store {
	const struct verify_given *g;
	const struct verify_stored *as;
	struct sr_dir *packs, *objects;
	struct names names;
	size_t first;
	int (*check)(struct store *s, const uint8_t *name, struct sr_err *e);
	_Atomic uint64_t bytes;
};

/* ---- the inventory ---- */

struct line {
	uint8_t name[SR_HASH];
	size_t number;
	bool live;
};

static int by_name(const void *a, const void *b) {
	const struct line *x = a, *y = b;
	const int c = memcmp(x->name, y->name, SR_HASH);

	return c != 0 ? c : (x->number > y->number) - (x->number < y->number);
}

/* The lines, sorted by name and then as they came: the last of a name says whether it is live. */
static int take_lines(struct names *out, const uint8_t *p, size_t count, struct sr_err *e) {
	struct line *l = calloc(count + 1, sizeof *l);
	int rc = 0;

	out->p = malloc(count * SR_HASH + 1);
	if (l == NULL || out->p == NULL) {
		free(l);
		return sr_fail(e, SR_NOMEM, "no memory for %zu names", count);
	}
	for (size_t i = 0; i < count && rc == 0; i++, p += LINE) {
		l[i].number = i;
		l[i].live = p[0] == '+';
		if ((p[0] != '+' && p[0] != '-') || p[LINE - 1] != '\n' ||
			sr_unhex(l[i].name, SR_HASH, sr_bytes_of(p + 1, LINE - 2), e) != 0)
			rc = sr_fail(
				e, SR_CORRUPT, "line %zu is not + or - and 64 hex digits", i + 1);
	}
	if (rc == 0)
		qsort(l, count, sizeof *l, by_name);
	for (size_t i = 0; i < count && rc == 0; i++) {
		const bool last = i + 1 == count || memcmp(l[i].name, l[i + 1].name, SR_HASH) != 0;
		if (last && l[i].live)
			memcpy(out->p + SR_HASH * out->count++, l[i].name, SR_HASH);
	}
	free(l);
	return rc;
}

static int read_names(struct names *out, struct sr_dir *packs, struct sr_err *e) {
	struct sr_buf b;

	sr_buf_init(&b);
	int rc = sr_file_read(packs, "INVENTORY.names", &b, NAMES_MAX, e);
	if (rc == SR_NOTFOUND)
		rc = sr_fail(e, SR_CORRUPT, "it is missing");
	if (rc == 0) {
		while (b.len > 0 && b.p[b.len - 1] == 0) /* a grown file whose bytes never came */
			b.len--;
		rc = take_lines(out, b.p, b.len / LINE, e); /* a torn last line is dropped */
	}
	sr_buf_free(&b);
	if (rc != 0)
		(void)sr_wrap(e, "packs/INVENTORY.names");
	return rc;
}

static int put_text(struct sr_buf *out, const struct names *n, const uint8_t fingerprint[SR_HASH],
	struct sr_err *e) {
	struct sr_tree t;
	uint8_t leaf[SR_HASH], root[SR_HASH];
	int rc = 0;

	sr_tree_init(&t);
	for (size_t i = 0; i < n->count && rc == 0; i++) {
		sr_leaf_hash(leaf, sr_bytes_of(n->p + i * SR_HASH, SR_HASH));
		rc = sr_tree_append(&t, leaf, e);
	}
	sr_tree_root(root, &t);
	sr_text_begin(out, "strongroom/inventory/v1");
	sr_text_put_hex(out, "vault", fingerprint, SR_HASH);
	sr_text_put_dec(out, "count", n->count);
	sr_text_put_base64(out, "root", root, SR_HASH);
	return rc == 0 ? sr_buf_ok(out, e) : rc;
}

/* Whose list it is: as the vault says, or the list itself, which the log's key signed. */
static int list_of(
	uint8_t out[SR_HASH], const struct store *s, const struct sr_note *note, struct sr_err *e) {
	struct sr_text t = {0};
	int rc = 0;

	if (s->as->fingerprint != NULL) {
		memcpy(out, s->as->fingerprint, SR_HASH);
		return 0;
	}
	rc = sr_text_parse(&t, note->text, e);
	if (rc == 0)
		rc = sr_unhex(out, SR_HASH, sr_text_get(&t, "vault"), e);
	sr_text_free(&t);
	return rc;
}

/* By a key of now. A list that the vault signed in the time of a key before names packs of then. */
static int list_of_now(const struct store *s, const struct sr_note *note, struct sr_err *e) {
	for (size_t i = 0; i < s->as->known->log.count; i++)
		if (s->as->now[i] && sr_note_signed_by(note, i))
			return 0;
	return sr_fail(e, SR_AUTH,
		"it is signed by a key of the log, and not by the one that signed the checkpoint: "
		"a list of another time was put in its place (or a change of keys was broken off, "
		"which the vault ends when it is opened)");
}

/* The signed note against the names. */
static int check_note(const struct store *s, struct sr_err *e) {
	const struct verify_known *known = s->as->known;
	uint8_t fingerprint[SR_HASH];
	struct sr_buf file, text;
	struct sr_note note = {.count = 0};

	sr_buf_init(&file);
	sr_buf_init(&text);
	int rc = sr_file_read(s->packs, "INVENTORY", &file, SR_NOTE_MAX, e);
	if (rc == SR_NOTFOUND)
		rc = sr_fail(e, SR_CORRUPT, "the signed list of packs is missing");
	if (rc == 0)
		rc = sr_note_open(&note, sr_buf_view(&file), known->keys, known->log.count, e);
	if (rc == 0)
		rc = list_of_now(s, &note, e);
	if (rc == 0)
		rc = list_of(fingerprint, s, &note, e);
	if (rc == 0)
		rc = put_text(&text, &s->names, fingerprint, e);
	if (rc == 0 && !sr_bytes_eq(note.text, sr_buf_view(&text)))
		rc = sr_fail(e, SR_CORRUPT,
			"it does not name the %zu packs of INVENTORY.names of this vault (or the "
			"copy was made while the vault ran)",
			s->names.count);
	if (rc != 0)
		(void)sr_wrap(e, "packs/INVENTORY");
	sr_note_free(&note);
	sr_buf_free(&file);
	sr_buf_free(&text);
	return rc;
}

/* ---- files ---- */

static void name_path(char out[NAME_TEXT], const uint8_t *name) {
	sr_hex(out + 3, name, SR_HASH);
	memcpy(out, out + 3, 2);
	out[2] = '/';
}

struct file {
	int fd;
	uint64_t size;
};

static int file_open(struct file *f, struct sr_dir *d, const char *path, struct sr_err *e) {
	int rc = sr_file_size(d, path, &f->size, e);

	if (rc == 0)
		rc = sr_file_open(&f->fd, d, path, SR_FS_READ, e);
	if (rc == SR_NOTFOUND)
		rc = sr_fail(e, SR_CORRUPT, "it is missing");
	return rc;
}

/* ---- packs ---- */

struct pack {
	struct file f;
	uint64_t end;
	size_t segments;
	uint8_t header[PACK_HEADER];
	struct sr_buf trailer; /* everything from `end` on */
};

static int pack_shape(struct pack *p, struct sr_err *e) {
	uint8_t tail[PACK_TAIL];

	if (p->f.size < PACK_HEADER + PACK_TAIL || p->f.size > SR_PACK_MAX)
		return sr_fail(e, SR_CORRUPT, "it has %" PRIu64 " bytes, a pack has %d to %d",
			p->f.size, PACK_HEADER + PACK_TAIL, (int)SR_PACK_MAX);
	int rc = sr_fd_pread(p->f.fd, p->header, PACK_HEADER, 0, e);
	if (rc == 0)
		rc = sr_fd_pread(p->f.fd, tail, PACK_TAIL, p->f.size - PACK_TAIL, e);
	if (rc != 0)
		return rc;
	p->end = sr_le64_get(tail + 8);
	p->segments = (size_t)(p->end / SR_SEGMENT + (p->end % SR_SEGMENT != 0));
	if (memcmp(p->header, "SRPACK1\n", 8) != 0 || memcmp(tail + 16, "SRPKEND\n", 8) != 0 ||
		p->end > p->f.size || p->end < PACK_HEADER ||
		p->f.size - p->end != p->segments * SR_HASH + PACK_TAIL)
		return sr_fail(e, SR_CORRUPT, "it is no pack, or was cut");
	return 0;
}

static int pack_name(struct pack *p, const uint8_t *name, struct sr_err *e) {
	uint8_t hash[SR_HASH];
	const size_t len = (size_t)(p->f.size - p->end);
	int rc = sr_buf_reserve(&p->trailer, len, e);

	if (rc == 0)
		rc = sr_fd_pread(p->f.fd, p->trailer.p, len, p->end, e);
	if (rc != 0)
		return rc;
	p->trailer.len = len;
	SR_HASH_OF(hash, "strongroom/pack/v1", NULL, sr_bytes_of(p->header, PACK_HEADER),
		sr_buf_view(&p->trailer));
	if (memcmp(hash, name, SR_HASH) != 0)
		return sr_fail(
			e, SR_CORRUPT, "header and trailer do not have the hash that is its name");
	return 0;
}

static int pack_segments(struct pack *p, struct sr_err *e) {
	uint8_t *buf = malloc(SR_SEGMENT), index[8], hash[SR_HASH];
	int rc = buf == NULL ? sr_fail(e, SR_NOMEM, "no memory for a segment") : 0;

	for (size_t i = 0; i < p->segments && rc == 0; i++) {
		const uint64_t at = (uint64_t)i * SR_SEGMENT;
		const size_t len = (size_t)(p->end - at < SR_SEGMENT ? p->end - at : SR_SEGMENT);
		rc = sr_fd_pread(p->f.fd, buf, len, at, e);
		if (rc != 0)
			break;
		sr_le64_put(index, i);
		SR_HASH_OF(hash, "strongroom/segment/v1", NULL, sr_bytes_of(index, sizeof index),
			sr_bytes_of(buf, len));
		if (memcmp(hash, p->trailer.p + i * SR_HASH, SR_HASH) != 0)
			rc = sr_fail(e, SR_CORRUPT,
				"segment %zu of %zu (offset %" PRIu64 "): hash differs", i + 1,
				p->segments, at);
	}
	free(buf);
	return rc;
}

static int check_pack(struct store *s, const uint8_t *name, struct sr_err *e) {
	struct pack p = {.f = {.fd = -1}};
	char path[NAME_TEXT];

	sr_buf_init(&p.trailer);
	name_path(path, name);
	int rc = file_open(&p.f, s->packs, path, e);
	if (rc == 0)
		rc = pack_shape(&p, e);
	if (rc == 0)
		rc = pack_name(&p, name, e);
	if (rc == 0)
		rc = pack_segments(&p, e);
	if (rc == 0)
		atomic_fetch_add(&s->bytes, p.f.size);
	else
		(void)sr_wrap(e, "packs/%s", path);
	sr_buf_free(&p.trailer);
	if (p.f.fd >= 0)
		(void)close(p.f.fd);
	return rc;
}

/* ---- objects ---- */

/* The table and count before the closing hash, into ${table}. */
static int object_table(
	struct sr_buf *table, const struct file *f, const uint8_t *name, struct sr_err *e) {
	uint8_t head[OBJECT_HEAD], tail[OBJECT_TAIL], hash[SR_HASH];
	int rc;

	if (f->size < OBJECT_HEAD + OBJECT_ROW + OBJECT_TAIL)
		return sr_fail(
			e, SR_CORRUPT, "it has %" PRIu64 " bytes: it is no object file", f->size);
	rc = sr_fd_pread(f->fd, head, OBJECT_HEAD, 0, e);
	if (rc == 0)
		rc = sr_fd_pread(f->fd, tail, OBJECT_TAIL, f->size - OBJECT_TAIL, e);
	if (rc != 0)
		return rc;
	const size_t count = sr_le32_get(tail), len = count * OBJECT_ROW + 4;
	if (memcmp(head, "SROBJS1\n", 8) != 0 || count < 1 || count > OBJECT_RECORDS_MAX ||
		f->size - OBJECT_HEAD - SR_HASH < len)
		return sr_fail(e, SR_CORRUPT, "it is no object file, or was cut");
	if ((rc = sr_buf_reserve(table, len, e)) != 0 ||
		(rc = sr_fd_pread(f->fd, table->p, len, f->size - SR_HASH - len, e)) != 0)
		return rc;
	table->len = len;
	SR_HASH_OF(hash, "strongroom/object-close/v1", NULL, sr_bytes_of(head, OBJECT_HEAD),
		sr_buf_view(table));
	if (memcmp(hash, tail + 4, SR_HASH) != 0)
		return sr_fail(e, SR_CORRUPT, "its closing hash differs");
	SR_HASH_OF(hash, "strongroom/object-name/v1", NULL, sr_bytes_of(tail + 4, SR_HASH));
	if (memcmp(hash, name, SR_HASH) != 0)
		return sr_fail(e, SR_CORRUPT, "its closing hash does not make its name");
	return 0;
}

static int object_records(const struct file *f, const struct sr_buf *table, struct sr_err *e) {
	const size_t count = (table->len - 4) / OBJECT_ROW;
	const uint64_t end = f->size - SR_HASH - table->len;
	uint8_t hash[SR_HASH];
	uint64_t at = OBJECT_HEAD;
	struct sr_buf b;
	int rc = 0;

	sr_buf_init(&b);
	for (size_t i = 0; i < count && rc == 0; i++) {
		const uint8_t *row = table->p + i * OBJECT_ROW;
		const uint64_t len = sr_le64_get(row);
		if (len > SR_OBJECT_SEALED_MAX || len > end - at) {
			rc = sr_fail(e, SR_CORRUPT, "record %zu of %zu does not fit", i + 1, count);
			break;
		}
		sr_buf_clear(&b);
		rc = sr_buf_reserve(&b, (size_t)len, e);
		if (rc == 0)
			rc = sr_fd_pread(f->fd, b.p, (size_t)len, at, e);
		if (rc != 0)
			break;
		SR_HASH_OF(
			hash, "strongroom/object-sealed/v1", NULL, sr_bytes_of(b.p, (size_t)len));
		if (memcmp(hash, row + 8, SR_HASH) != 0)
			rc = sr_fail(e, SR_CORRUPT,
				"record %zu of %zu (offset %" PRIu64 "): hash differs", i + 1,
				count, at);
		at += len;
	}
	if (rc == 0 && at != end)
		rc = sr_fail(e, SR_CORRUPT, "%" PRIu64 " bytes belong to no record", end - at);
	sr_buf_free(&b);
	return rc;
}

static int check_object(struct store *s, const uint8_t *name, struct sr_err *e) {
	struct file f = {.fd = -1};
	struct sr_buf table;
	char path[NAME_TEXT];

	sr_buf_init(&table);
	name_path(path, name);
	int rc = file_open(&f, s->objects, path, e);
	if (rc == 0)
		rc = object_table(&table, &f, name, e);
	if (rc == 0)
		rc = object_records(&f, &table, e);
	if (rc == 0)
		atomic_fetch_add(&s->bytes, f.size);
	else
		(void)sr_wrap(e, "objects/%s", path);
	sr_buf_free(&table);
	if (f.fd >= 0)
		(void)close(f.fd);
	return rc;
}

struct listing {
	struct names *names;
	size_t cap;
	struct sr_dir *parent;
};

static int list_object(void *ctx, const char *name, bool is_dir, struct sr_err *e) {
	struct listing *l = ctx;
	uint8_t hash[SR_HASH];

	/* Names that are no hash are temporary files of a writer. */
	if (is_dir || sr_unhex(hash, SR_HASH, sr_bytes_str(name), NULL) != 0)
		return 0;
	if (l->names->count == l->cap) {
		l->cap = 2 * l->cap + 64;
		uint8_t *p = realloc(l->names->p, l->cap * SR_HASH);
		if (p == NULL)
			return sr_fail(e, SR_NOMEM, "no memory for %zu names", l->cap);
		l->names->p = p;
	}
	memcpy(l->names->p + SR_HASH * l->names->count++, hash, SR_HASH);
	return 0;
}

static int list_folder(void *ctx, const char *name, bool is_dir, struct sr_err *e) {
	struct listing *l = ctx;
	struct sr_dir *d = NULL;

	if (!is_dir)
		return 0;
	int rc = sr_dir_open_at(&d, l->parent, name, e);
	if (rc == 0)
		rc = sr_dir_each(d, list_object, l, e);
	sr_dir_close(d);
	return rc;
}

/* ---- all of them ---- */

static int check_one(void *ctx, size_t i, struct sr_err *e) {
	struct store *s = ctx;

	return s->check(s, s->names.p + (s->first + i) * SR_HASH, e);
}

static int check_all(struct store *s, const char *what, struct sr_err *e) {
	for (s->first = 0; s->first < s->names.count;) {
		const size_t left = s->names.count - s->first;
		const size_t n = left < BATCH ? left : BATCH;
		const int rc = sr_parallel(n, check_one, s, e);
		if (rc != 0)
			return rc;
		s->first += n;
		if (sr_progress_report(s->g->progress, what, s->first, s->names.count, what) != 0)
			return sr_fail(e, SR_LOCKED, "stopped on request");
	}
	return 0;
}

static void names_free(struct names *n) {
	free(n->p);
	*n = (struct names){.count = 0};
}

static int any_entry(void *ctx, const char *name, bool is_dir, struct sr_err *e) {
	bool *any = ctx;

	(void)name;
	(void)is_dir;
	(void)e;
	*any = true;
	return 0;
}

/* Neither the list nor a pack: nobody deposited yet, or somebody took all of it. */
static int no_packs(const struct store *s, struct sr_err *e) {
	bool any = false;
	const int rc = sr_dir_each(s->packs, any_entry, &any, e);

	if (rc != 0)
		return rc;
	if (any)
		return sr_fail(e, SR_CORRUPT,
			"packs: the signed list (INVENTORY) is missing; `strongroom scrub` writes "
			"it again from the log");
	verify_say(s->g,
		"no packs and no list of any: right while nothing was deposited; what the log "
		"says of it, only the vault's own `strongroom scrub` knows");
	return 0;
}

/* In a log that does not even begin, nobody said that anything is stored. */
static int before_all(const struct store *s, const char *what, struct sr_err *e) {
	if (s->as->entries > 0)
		return 0;
	return sr_fail(e, SR_AUTH,
		"rolled back: there are %s, and the log has no entry: what was stored, it would "
		"say",
		what);
}

static int packs(struct store *s, struct sr_dir *vault, struct sr_err *e) {
	bool list = false, names = false;
	int rc = sr_dir_open_at(&s->packs, vault, "packs", e);

	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_CORRUPT, "there is no folder packs");
	if (rc == 0)
		rc = sr_file_find(&list, s->packs, "INVENTORY", e);
	if (rc == 0)
		rc = sr_file_find(&names, s->packs, "INVENTORY.names", e);
	if (rc == 0 && !list && !names)
		return no_packs(s, e);
	if (rc == 0)
		rc = before_all(s, "packs", e);
	if (rc == 0)
		rc = read_names(&s->names, s->packs, e);
	if (rc == 0)
		rc = check_note(s, e);
	s->check = check_pack;
	if (rc == 0)
		rc = check_all(s, "packs", e);
	if (rc == 0)
		verify_say(s->g,
			"%zu packs (%" PRIu64 " bytes): each that the signed inventory names is "
			"whole",
			s->names.count, atomic_load(&s->bytes));
	return rc;
}

static int objects(struct store *s, struct sr_dir *vault, struct sr_err *e) {
	struct listing l = {.names = &s->names};
	int rc = sr_dir_open_at(&s->objects, vault, "objects", e);

	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_CORRUPT, "there is no folder objects");
	l.parent = s->objects;
	if (rc == 0)
		rc = sr_dir_each(s->objects, list_folder, &l, e);
	if (rc == 0 && s->names.count > 0)
		rc = before_all(s, "object files", e);
	s->check = check_object;
	if (rc == 0)
		rc = check_all(s, "objects", e);
	if (rc == 0)
		verify_say(s->g, "%zu object files (%" PRIu64 " bytes) are what their names say",
			s->names.count, atomic_load(&s->bytes));
	return rc;
}

int verify_store(const struct verify_given *g, struct sr_dir *vault, const struct verify_stored *as,
	struct sr_err *e) {
	struct store s = {.g = g, .as = as};
	int rc = packs(&s, vault, e);

	names_free(&s.names);
	atomic_store(&s.bytes, 0);
	if (rc == 0)
		rc = objects(&s, vault, e);
	names_free(&s.names);
	sr_dir_close(s.packs);
	sr_dir_close(s.objects);
	return rc;
}
