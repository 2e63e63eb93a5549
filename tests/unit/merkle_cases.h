/*
 * merkle_cases - cases of RFC 6962 trees and tlog-tiles logs in the forms in which others publish
 * them, found in a folder and run. Shared by a unit test and by merkle-cases.
 *
 *   *.json         transparency-dev/merkle: {leafIdx, treeSize, root, leafHash, proof, desc,
 *                  wantErr} (inclusion), {size1, size2, root1, root2, proof, desc, wantErr}
 *                  (consistency). All of these fields and no others; hashes in base64; `proof` null
 *                  or a list. Files with other fields are unknown, and fail; those about subtrees
 *                  (start, end) are counted as not run.
 *   a log          a folder with tile/entries in it, as transparency-dev/tessera has one. Each
 *                  bundle, tile and file `checkpoint*` counts: bundles and tiles must be byte for
 *                  byte what the entries make, checkpoints must be canonical, signed, and show the
 *                  root of that many entries; each continues the one before.
 *
 * A log's key is looked for in the variable VKEY, in files beside and above the log, and among
 * those known here. A hash of another length than 32 is no hash: what contains one is refused; but
 * two roots of one size are compared as they are (through their own hash), since the case is then
 * about their being equal.
 */
#ifndef SR_TESTS_MERKLE_CASES_H
#define SR_TESTS_MERKLE_CASES_H

#include <dirent.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "merkle/checkpoint.h"
#include "merkle/proof.h"
#include "merkle/tile.h"

enum {
	CASES_PATH = 4200,
	CASES_FILE_MAX = 32 << 20, /* bytes of one file: a bundle has at most 16 MiB */
	CASES_KEY_FILE = 64 << 10, /* and of one that may have a key in it */
	CASES_SHOWN = 20           /* failures that are named */
};

enum merkle_kind {
	CASE_INCLUSION,
	CASE_CONSISTENCY,
	CASE_SUBTREE,
	CASE_UNKNOWN,
	CASE_CHECKPOINT,
	CASE_GROWTH,
	CASE_TILE,
	CASE_BUNDLE,
	CASE_KINDS
};

static inline const char *merkle_kind_name(enum merkle_kind k) {
	static const char *const names[CASE_KINDS] = {"inclusion", "consistency", "subtree",
		"unknown", "checkpoint", "checkpoint continues", "tile", "bundle"};

	return names[k];
}

struct merkle_tally {
	size_t passed[CASE_KINDS], failed[CASE_KINDS];
	size_t not_run; /* subtrees */
};

static inline void case_result(
	struct merkle_tally *t, enum merkle_kind k, bool ok, const char *path, const char *why) {
	if (ok) {
		t->passed[k]++;
		return;
	}
	if (t->failed[k]++ < CASES_SHOWN)
		(void)fprintf(stderr, "%s: %s: %s\n", merkle_kind_name(k), path, why);
}

/* The whole file; false when it cannot be read or is larger than ${max}. */
static inline bool case_read(struct sr_buf *out, const char *path, size_t max) {
	FILE *f = fopen(path, "rb");
	uint8_t chunk[1 << 14];
	size_t n;

	sr_buf_clear(out);
	if (f == NULL)
		return false;
	while (out->len <= max && (n = fread(chunk, 1, sizeof chunk, f)) > 0)
		sr_buf_put(out, chunk, n);
	const bool ok = ferror(f) == 0 && out->failed == SR_OK && out->len <= max;
	(void)fclose(f);
	return ok;
}

/* --- JSON cases ------------------------------------------------------------------------------ */

struct json_case {
	const char *path;
	struct sr_buf text; /* NUL-terminated */
	json_t *o;
	bool malformed; /* not of the form: the case fails whatever it wants */
	bool no_hash;   /* a leaf or proof hash that is none */
};

/* The number of ${key}, up to 2^64 - 1, which jansson's integers do not reach: from the text. */
static inline uint64_t case_number(struct json_case *c, const char *key) {
	char quoted[32];
	uint64_t v = 0;

	(void)snprintf(quoted, sizeof quoted, "\"%s\"", key);
	const char *at = c->text.p == NULL ? NULL : strstr((const char *)c->text.p, quoted);
	if (at == NULL) {
		c->malformed = true;
		return 0;
	}
	at += strlen(quoted);
	at += strspn(at, " \t\r\n:");
	const size_t digits = strspn(at, "0123456789");
	if (sr_parse_dec(&v, sr_bytes_of(at, digits), UINT64_MAX, NULL) != 0 ||
		strchr(" \t\r\n,}", at[digits]) == NULL)
		c->malformed = true;
	return v;
}

/* Base64 of 32 bytes; of others false, and *${len} says how many. */
static inline bool case_hash(
	struct json_case *c, uint8_t out[SR_HASH], const json_t *v, struct sr_buf *raw) {
	memset(out, 0, SR_HASH);
	sr_buf_clear(raw);
	if (!json_is_string(v) ||
		sr_unbase64(raw, sr_bytes_of(json_string_value(v), json_string_length(v)), NULL) !=
			0) {
		c->malformed = true;
		return false;
	}
	if (raw->len != SR_HASH)
		return false;
	memcpy(out, raw->p, SR_HASH);
	return true;
}

/* A root: one of another length through its hash, so that equal ones stay equal. */
static inline void case_root(struct json_case *c, uint8_t out[SR_HASH], const char *key) {
	struct sr_buf raw;

	sr_buf_init(&raw);
	if (!case_hash(c, out, json_object_get(c->o, key), &raw))
		sr_leaf_hash(out, sr_buf_view(&raw));
	sr_buf_free(&raw);
}

static inline void case_proof(struct json_case *c, struct sr_proof *p) {
	const json_t *list = json_object_get(c->o, "proof");
	struct sr_buf raw;

	memset(p, 0, sizeof *p);
	if (json_is_null(list))
		return;
	if (!json_is_array(list)) {
		c->malformed = true;
		return;
	}
	sr_buf_init(&raw);
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (p->count == SR_PROOF_MAX ||
			!case_hash(c, p->hash[p->count], json_array_get(list, i), &raw))
			c->no_hash = true;
		else
			p->count++;
	}
	sr_buf_free(&raw);
}

static inline bool case_has(const json_t *o, const char *const *keys) {
	size_t n = 0;

	for (; keys[n] != NULL; n++)
		if (json_object_get(o, keys[n]) == NULL)
			return false;
	return json_object_size(o) == n;
}

static inline int case_inclusion(struct json_case *c, struct sr_err *e) {
	uint8_t leaf[SR_HASH], root[SR_HASH];
	struct sr_proof p;
	struct sr_buf raw;

	sr_buf_init(&raw);
	if (!case_hash(c, leaf, json_object_get(c->o, "leafHash"), &raw))
		c->no_hash = true;
	sr_buf_free(&raw);
	case_root(c, root, "root");
	case_proof(c, &p);
	const uint64_t index = case_number(c, "leafIdx"), size = case_number(c, "treeSize");
	if (c->no_hash)
		return sr_fail(e, SR_AUTH, "a hash has not 32 bytes");
	return sr_proof_check_inclusion(&p, index, size, leaf, root, e);
}

static inline int case_consistency(struct json_case *c, struct sr_err *e) {
	uint8_t root1[SR_HASH], root2[SR_HASH];
	struct sr_proof p;

	case_root(c, root1, "root1");
	case_root(c, root2, "root2");
	case_proof(c, &p);
	const uint64_t size1 = case_number(c, "size1"), size2 = case_number(c, "size2");
	if (c->no_hash)
		return sr_fail(e, SR_AUTH, "a hash has not 32 bytes");
	return sr_proof_check_consistency(&p, size1, root1, size2, root2, e);
}

static inline void case_json(struct merkle_tally *t, const char *path) {
	static const char *const inclusion[] = {
		"leafIdx", "treeSize", "root", "leafHash", "proof", "desc", "wantErr", NULL};
	static const char *const consistency[] = {
		"size1", "size2", "root1", "root2", "proof", "desc", "wantErr", NULL};
	struct json_case c = {.path = path};
	enum merkle_kind kind = CASE_UNKNOWN;
	struct sr_err e = {0};
	json_error_t je;
	int rc = 0;

	sr_buf_init(&c.text);
	if (case_read(&c.text, path, CASES_FILE_MAX)) {
		c.o = json_loadb((const char *)c.text.p, c.text.len,
			JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &je);
		sr_buf_put_u8(&c.text, 0);
	}
	if (json_object_get(c.o, "start") != NULL && json_object_get(c.o, "end") != NULL) {
		t->not_run++;
		goto out;
	}
	if (case_has(c.o, inclusion))
		kind = CASE_INCLUSION;
	else if (case_has(c.o, consistency))
		kind = CASE_CONSISTENCY;
	const json_t *want = json_object_get(c.o, "wantErr");
	if (kind == CASE_UNKNOWN || !json_is_boolean(want) ||
		!json_is_string(json_object_get(c.o, "desc"))) {
		case_result(t, kind, false, path, "not a case of a kind that is known");
		goto out;
	}
	rc = kind == CASE_INCLUSION ? case_inclusion(&c, &e) : case_consistency(&c, &e);
	if (c.malformed)
		case_result(t, kind, false, path, "a number or a hash is malformed");
	else
		case_result(t, kind, (rc != 0) == json_is_true(want) && (rc == 0 || rc == SR_AUTH),
			path, rc == 0 ? "it was accepted" : e.text);
out:
	json_decref(c.o);
	sr_buf_free(&c.text);
}

/* --- logs ------------------------------------------------------------------------------------ */

struct log_case {
	struct merkle_tally *t;
	char dir[CASES_PATH];
	struct sr_buf data;   /* all bundles, one after the other */
	struct sr_buf leaves; /* their hashes */
	size_t *entry;        /* where entry i begins in data, with its length */
	size_t count;
	struct sr_checkpoint last; /* the checkpoint before, by size; size 0: none */
};

/* Entries that a bundle file holds; 0 if it is none. */
static inline size_t log_entries(struct sr_bytes in) {
	size_t n = 0, at = 0;

	while (at + 2 <= in.len) {
		at += 2 + (size_t)sr_be16_get(in.p + at);
		n++;
	}
	return at == in.len ? n : 0;
}

/* The bundle ${n}: the full one, else the widest partial one. */
static inline bool log_bundle(const struct log_case *l, struct sr_buf *out, uint64_t n) {
	struct sr_tile t = {.entries = true, .n = n, .width = SR_TILE_WIDTH};
	char name[SR_TILE_PATH], path[CASES_PATH + SR_TILE_PATH];

	for (; t.width > 0; t.width--) {
		sr_tile_path(name, &t);
		(void)snprintf(path, sizeof path, "%s/%s", l->dir, name);
		if (case_read(out, path, CASES_FILE_MAX) &&
			log_entries(sr_buf_view(out)) == t.width)
			return true;
	}
	return false;
}

static inline bool log_load(struct log_case *l) {
	struct sr_buf b;
	bool more = true;

	sr_buf_init(&b);
	for (uint64_t n = 0; more && log_bundle(l, &b, n); n++) {
		const size_t width = log_entries(sr_buf_view(&b)), base = l->data.len;
		size_t *entry = realloc(l->entry, (l->count + width + 1) * sizeof *entry);
		if (entry == NULL)
			break;
		l->entry = entry;
		sr_buf_put_bytes(&l->data, sr_buf_view(&b));
		for (size_t i = 0, at = 0; i < width; i++) {
			const size_t len = sr_be16_get(b.p + at);
			uint8_t hash[SR_HASH];
			l->entry[l->count++] = base + at;
			sr_leaf_hash(hash, sr_bytes_of(b.p + at + 2, len));
			sr_buf_put(&l->leaves, hash, SR_HASH);
			at += 2 + len;
		}
		l->entry[l->count] = l->data.len;
		more = width == SR_TILE_WIDTH;
	}
	sr_buf_free(&b);
	return l->count > 0 && l->data.failed == SR_OK && l->leaves.failed == SR_OK;
}

/* What the file of ${tile} must hold; false when the log has not so many entries. */
static inline bool log_expect(
	const struct log_case *l, const struct sr_tile *tile, struct sr_buf *out) {
	const size_t first = (size_t)tile->n * SR_TILE_WIDTH;
	size_t span = 1; /* leaves under one hash */

	sr_buf_clear(out);
	if (tile->n > l->count)
		return false;
	if (tile->entries) {
		if (first + tile->width > l->count)
			return false;
		sr_buf_put(out, l->data.p + l->entry[first],
			l->entry[first + tile->width] - l->entry[first]);
		return true;
	}
	for (unsigned i = 0; i < tile->level; i++)
		if ((span *= SR_TILE_WIDTH) > l->count)
			return false;
	if ((first + tile->width) * span > l->count)
		return false;
	for (size_t i = first; i < first + tile->width; i++) {
		uint8_t hash[SR_HASH];
		sr_merkle_root(hash, l->leaves.p + i * span * SR_HASH, span);
		sr_buf_put(out, hash, SR_HASH);
	}
	return true;
}

static inline void log_tile(struct log_case *l, const char *path, const char *name) {
	struct sr_buf have, want;
	struct sr_tile tile;
	struct sr_err e = {0};

	sr_buf_init(&have);
	sr_buf_init(&want);
	if (sr_tile_parse(&tile, sr_bytes_str(name), &e) != 0) {
		case_result(l->t, CASE_UNKNOWN, false, path, e.text);
	} else {
		const bool ok = case_read(&have, path, CASES_FILE_MAX) &&
				log_expect(l, &tile, &want) && want.failed == SR_OK &&
				sr_bytes_eq(sr_buf_view(&have), sr_buf_view(&want));
		case_result(l->t, tile.entries ? CASE_BUNDLE : CASE_TILE, ok, path,
			"it is not what the entries make");
	}
	sr_buf_free(&have);
	sr_buf_free(&want);
}

/* Every word of the file that is a log's key of ${origin}. */
static inline bool key_in_file(struct sr_vkey *out, const char *path, const char *origin) {
	struct sr_buf b;
	bool found = false;

	sr_buf_init(&b);
	if (case_read(&b, path, CASES_KEY_FILE)) {
		sr_buf_put_u8(&b, 0);
		char *save = NULL;
		char *at =
			b.failed != SR_OK ? NULL : strtok_r((char *)b.p, " \t\r\n\"'`=()[]", &save);
		/* "=" ends words, but also base64: a vkey has 33 bytes and no padding. */
		for (; at != NULL && !found; at = strtok_r(NULL, " \t\r\n\"'`=()[]", &save))
			found = sr_vkey_parse(out, sr_bytes_str(at), NULL) == 0 &&
				out->type == SR_NOTE_ED25519 && strcmp(out->name, origin) == 0;
	}
	sr_buf_free(&b);
	return found;
}

static inline bool key_in_folder(struct sr_vkey *out, const char *dir, const char *origin) {
	DIR *d = opendir(dir);
	struct dirent *entry;
	char path[CASES_PATH + 300];
	bool found = false;

	while (d != NULL && !found && (entry = readdir(d)) != NULL) {
		struct stat s;
		(void)snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
		if (stat(path, &s) == 0 && S_ISREG(s.st_mode))
			found = key_in_file(out, path, origin);
	}
	if (d != NULL)
		(void)closedir(d);
	return found;
}

static inline bool log_key(struct sr_vkey *out, const struct log_case *l, const char *origin) {
	/* transparency-dev/tessera testdata/log, whose key stands in a script that is not with it.
	 */
	static const char *const known[] = {
		"example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"};
	const char *given = getenv("VKEY");
	char dir[CASES_PATH];

	if (given != NULL && *given != '\0')
		return sr_vkey_parse(out, sr_bytes_str(given), NULL) == 0;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (sr_vkey_parse(out, sr_bytes_str(known[i]), NULL) == 0 &&
			strcmp(out->name, origin) == 0)
			return true;
	(void)snprintf(dir, sizeof dir, "%s", l->dir);
	for (int up = 0; up < 3; up++) { /* the log, testdata, the folder with SOURCE */
		char *slash = strrchr(dir, '/');
		if (key_in_folder(out, dir, origin))
			return true;
		if (slash == NULL || slash == dir)
			break;
		*slash = '\0';
	}
	return false;
}

/* What a checkpoint must be, beside its place in the log's growth. */
static inline int log_checkpoint(struct sr_checkpoint *out, const struct log_case *l,
	struct sr_bytes file, struct sr_err *e) {
	struct sr_vkey key;
	struct sr_note note;
	struct sr_buf again;
	uint8_t root[SR_HASH];
	int rc = sr_note_parse(&note, file, e);

	if (rc != 0)
		return rc;
	sr_buf_init(&again);
	rc = sr_checkpoint_parse(out, note.text, e);
	if (rc == 0 && !log_key(&key, l, out->origin))
		rc = sr_fail(e, SR_NOTFOUND, "no key of %s is known: give VKEY=...", out->origin);
	const struct sr_log log = {.origin = out->origin, .keys = &key, .count = 1};
	if (rc == 0)
		rc = sr_note_verify(&note, log.keys, 1, e);
	if (rc == 0)
		rc = sr_checkpoint_put(&again, out, e);
	if (rc == 0) {
		sr_buf_put_bytes(&again, out->extension);
		if (!sr_bytes_eq(sr_buf_view(&again), note.text))
			rc = sr_fail(e, SR_CORRUPT, "written again it is another text");
	}
	if (rc == 0 && out->size > l->count)
		rc = sr_fail(e, SR_CORRUPT, "size %" PRIu64 ", there are %zu entries", out->size,
			l->count);
	if (rc == 0) {
		sr_merkle_root(root, l->leaves.p, (size_t)out->size);
		if (memcmp(root, out->root, SR_HASH) != 0)
			rc = sr_fail(e, SR_AUTH, "the entries make another root");
	}
	out->extension = sr_bytes_of(NULL, 0);
	sr_buf_free(&again);
	sr_note_free(&note);
	return rc;
}

static inline int by_checkpoint_size(const void *a, const void *b) {
	const struct sr_checkpoint *x = a, *y = b;

	return (x->size > y->size) - (x->size < y->size);
}

/* Each continues the one before: by a proof made from the leaves, checked against both roots, and
 * refused for every other root. */
static inline void log_growth(const struct log_case *l, struct sr_checkpoint *c, size_t count) {
	struct sr_leaf_array leaves = {l->leaves.p, l->count};
	const struct sr_nodes nodes = sr_leaf_array_nodes(&leaves);

	qsort(c, count, sizeof *c, by_checkpoint_size);
	for (size_t i = 1; i < count; i++) {
		struct sr_err e = {0};
		struct sr_proof p;
		char what[80];
		if (c[i - 1].size == 0)
			continue;
		(void)snprintf(
			what, sizeof what, "%" PRIu64 " to %" PRIu64, c[i - 1].size, c[i].size);
		int rc = sr_proof_consistency(&p, &nodes, c[i - 1].size, c[i].size, &e);
		if (rc == 0)
			rc = sr_proof_check_consistency(
				&p, c[i - 1].size, c[i - 1].root, c[i].size, c[i].root, &e);
		case_result(l->t, CASE_GROWTH, rc == 0, what, e.text);
	}
}

static inline void log_tiles(struct log_case *l, const char *name) {
	char dir[CASES_PATH + 200];
	struct dirent *entry;

	(void)snprintf(dir, sizeof dir, "%s/%s", l->dir, name);
	DIR *d = opendir(dir);
	while (d != NULL && (entry = readdir(d)) != NULL) {
		char path[CASES_PATH + 500], sub[200];
		struct stat s;
		if (entry->d_name[0] == '.' ||
			snprintf(sub, sizeof sub, "%s/%s", name, entry->d_name) >= (int)sizeof sub)
			continue;
		(void)snprintf(path, sizeof path, "%s/%s", l->dir, sub);
		if (stat(path, &s) == 0 && S_ISDIR(s.st_mode))
			log_tiles(l, sub);
		else
			log_tile(l, path, sub);
	}
	if (d != NULL)
		(void)closedir(d);
}

static inline void log_checkpoints(struct log_case *l) {
	DIR *d = opendir(l->dir);
	struct sr_checkpoint *c = NULL;
	struct dirent *entry;
	size_t count = 0;
	struct sr_buf b;

	sr_buf_init(&b);
	while (d != NULL && (entry = readdir(d)) != NULL) {
		char path[CASES_PATH + 300];
		struct sr_err e = {0};
		if (strncmp(entry->d_name, "checkpoint", 10) != 0)
			continue;
		struct sr_checkpoint *more = realloc(c, (count + 1) * sizeof *c);
		if (more == NULL)
			break;
		c = more;
		(void)snprintf(path, sizeof path, "%s/%s", l->dir, entry->d_name);
		const bool read = case_read(&b, path, CASES_FILE_MAX);
		const int rc = read ? log_checkpoint(&c[count], l, sr_buf_view(&b), &e)
				    : sr_fail(&e, SR_IO, "it cannot be read");
		count += rc == 0;
		case_result(l->t, CASE_CHECKPOINT, rc == 0, path, e.text);
	}
	if (d != NULL)
		(void)closedir(d);
	if (count > 1)
		log_growth(l, c, count);
	free(c);
	sr_buf_free(&b);
}

static inline void case_log(struct merkle_tally *t, const char *dir) {
	struct log_case l = {.t = t};

	(void)snprintf(l.dir, sizeof l.dir, "%s", dir);
	sr_buf_init(&l.data);
	sr_buf_init(&l.leaves);
	if (log_load(&l)) {
		log_tiles(&l, "tile");
		log_checkpoints(&l);
	} else {
		case_result(t, CASE_UNKNOWN, false, dir, "no bundle of its can be read");
	}
	free(l.entry);
	sr_buf_free(&l.data);
	sr_buf_free(&l.leaves);
}

/* --- a folder -------------------------------------------------------------------------------- */

/* False when it cannot be read. */
static inline bool merkle_cases(struct merkle_tally *t, const char *dir) {
	char path[CASES_PATH];
	struct dirent *entry;
	struct stat s;
	bool ok = true;

	(void)snprintf(path, sizeof path, "%s/tile/entries", dir);
	if (stat(path, &s) == 0 && S_ISDIR(s.st_mode)) {
		case_log(t, dir);
		return true;
	}
	DIR *d = opendir(dir);
	if (d == NULL)
		return false;
	while ((entry = readdir(d)) != NULL && ok) {
		const size_t len = strlen(entry->d_name);
		if (entry->d_name[0] == '.' ||
			snprintf(path, sizeof path, "%s/%s", dir, entry->d_name) >=
				(int)sizeof path ||
			stat(path, &s) != 0)
			continue;
		if (S_ISDIR(s.st_mode))
			ok = merkle_cases(t, path);
		else if (len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0)
			case_json(t, path);
	}
	(void)closedir(d);
	return ok;
}

#endif
