/*
 * lists - see lists.h, which has the tables. Readers check every length before they believe a
 * count.
 */
#include "catalogue/lists.h"

#include <assert.h>

#include "base/escape.h"
#include "merkle/tree.h"

enum {
	ITEM_ROW = SR_ID + 3 * SR_HASH + 8 + 4,
	HEAD = 8, /* of an accession list, and of a pack list */
	FILE_ROW_MIN = 4 + 4 + 1 + 8 + 8 + SR_HASH,
	MEDIA_MAX = 255
};

static const char accession_magic[4] = {'S', 'R', 'L', '1'};
static const char packs_magic[4] = {'S', 'R', 'P', '1'};
static const char files_magic[4] = {'S', 'R', 'F', '1'};

void sr_accession_list_put(struct sr_buf *out, const struct sr_accession_list *l) {
	sr_buf_put(out, accession_magic, sizeof accession_magic);
	sr_buf_put_le32(out, (uint32_t)l->item_count);
	for (size_t i = 0; i < l->item_count; i++) {
		const struct sr_list_item *it = &l->items[i];
		sr_buf_put(out, it->id, SR_ID);
		sr_buf_put(out, it->envelope, SR_HASH);
		sr_buf_put(out, it->seal, SR_HASH);
		sr_buf_put(out, it->files_id, SR_HASH);
		sr_buf_put_le64(out, it->bytes);
		sr_buf_put_le32(out, it->files);
	}
}

static int read_item(struct sr_list_item *it, struct sr_reader *r, struct sr_err *e) {
	int rc;

	if ((rc = sr_get(r, it->id, SR_ID, e)) != 0 ||
		(rc = sr_get(r, it->envelope, SR_HASH, e)) != 0 ||
		(rc = sr_get(r, it->seal, SR_HASH, e)) != 0 ||
		(rc = sr_get(r, it->files_id, SR_HASH, e)) != 0 ||
		(rc = sr_get_le64(r, &it->bytes, e)) != 0 ||
		(rc = sr_get_le32(r, &it->files, e)) != 0)
		return rc;
	return 0;
}

/* An item that comes twice would be two rows of one id. */
static int check_ids(const struct sr_accession_list *l, struct sr_err *e) {
	uint8_t *ids = malloc(l->item_count * SR_ID + 1);
	struct sr_err inner = {.code = SR_OK};
	int rc = 0;

	if (ids == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for %zu ids", l->item_count);
	for (size_t i = 0; i < l->item_count; i++)
		memcpy(ids + i * SR_ID, l->items[i].id, SR_ID);
	if (sr_request_list_sort(ids, l->item_count, &inner) != 0)
		rc = sr_fail(e, SR_CORRUPT, "accession list: %s", inner.text);
	free(ids);
	return rc;
}

int sr_accession_list_read(struct sr_accession_list *out, struct sr_bytes body, struct sr_err *e) {
	struct sr_accession_list l = {NULL, 0};
	struct sr_reader r;
	uint32_t items = 0;
	int rc;

	if (body.len < HEAD || memcmp(body.p, accession_magic, sizeof accession_magic) != 0)
		return sr_fail(e, SR_CORRUPT, "accession list: %zu bytes that do not begin SRL1",
			body.len);
	sr_reader_init(&r, body);
	r.pos = sizeof accession_magic;
	if ((rc = sr_get_le32(&r, &items, e)) != 0)
		return rc;
	if (body.len != HEAD + (uint64_t)items * ITEM_ROW)
		return sr_fail(e, SR_CORRUPT, "accession list: %zu bytes, want %llu for %u items",
			body.len, (unsigned long long)(HEAD + (uint64_t)items * ITEM_ROW), items);
	l.items = calloc((size_t)items + 1, sizeof *l.items);
	if (l.items == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for an accession list of %u items", items);
	l.item_count = items;
	for (uint32_t i = 0; i < items && rc == 0; i++)
		rc = read_item(&l.items[i], &r, e);
	if (rc == 0)
		rc = check_ids(&l, e);
	if (rc == 0)
		*out = l;
	else
		sr_accession_list_free(&l);
	return rc;
}

void sr_accession_list_free(struct sr_accession_list *l) {
	free(l->items);
	memset(l, 0, sizeof *l);
}

/* The root over ${count} leaves made by hashing ${len} bytes each. */
static int root_of(
	uint8_t root[SR_HASH], const uint8_t *first, size_t count, size_t len, struct sr_err *e) {
	struct sr_tree t;
	uint8_t leaf[SR_HASH];
	int rc;

	sr_tree_init(&t);
	for (size_t i = 0; i < count; i++) {
		sr_leaf_hash(leaf, sr_bytes_of(first + i * len, len));
		if ((rc = sr_tree_append(&t, leaf, e)) != 0)
			return rc;
	}
	sr_tree_root(root, &t);
	return 0;
}

int sr_accession_list_root(
	uint8_t root[SR_HASH], const struct sr_accession_list *l, struct sr_err *e) {
	struct sr_tree t;
	uint8_t row[SR_ID + SR_HASH], leaf[SR_HASH];
	int rc;

	sr_tree_init(&t);
	for (size_t i = 0; i < l->item_count; i++) {
		memcpy(row, l->items[i].id, SR_ID);
		memcpy(row + SR_ID, l->items[i].envelope, SR_HASH);
		sr_leaf_hash(leaf, sr_bytes_of(row, sizeof row));
		if ((rc = sr_tree_append(&t, leaf, e)) != 0)
			return rc;
	}
	sr_tree_root(root, &t);
	return 0;
}

void sr_pack_list_put(struct sr_buf *out, struct sr_bytes names) {
	sr_buf_put(out, packs_magic, sizeof packs_magic);
	sr_buf_put_le32(out, (uint32_t)(names.len / SR_HASH));
	sr_buf_put_bytes(out, names);
}

int sr_pack_list_read(struct sr_bytes *names, struct sr_bytes body, struct sr_err *e) {
	uint32_t count;

	if (body.len < HEAD || memcmp(body.p, packs_magic, sizeof packs_magic) != 0)
		return sr_fail(
			e, SR_CORRUPT, "pack list: %zu bytes that do not begin SRP1", body.len);
	count = sr_le32_get(body.p + sizeof packs_magic);
	if (body.len != HEAD + (uint64_t)count * SR_HASH)
		return sr_fail(e, SR_CORRUPT, "pack list: %zu bytes, want %llu for %u packs",
			body.len, (unsigned long long)(HEAD + (uint64_t)count * SR_HASH), count);
	*names = sr_bytes_of(body.p + HEAD, body.len - HEAD);
	return 0;
}

int sr_pack_list_root(uint8_t root[SR_HASH], struct sr_bytes names, struct sr_err *e) {
	return root_of(root, names.p, names.len / SR_HASH, SR_HASH, e);
}

void sr_file_list_begin(struct sr_buf *out, struct sr_bytes title, uint32_t count) {
	sr_buf_put(out, files_magic, sizeof files_magic);
	sr_buf_put_lp(out, sr_utf8_fit(title, SR_LIST_TITLE_MAX));
	sr_buf_put_le32(out, count);
}

void sr_file_list_add(struct sr_buf *out, const struct sr_list_file *f) {
	sr_buf_put_lp(out, f->path);
	sr_buf_put_lp(out, f->media_type);
	sr_buf_put_u8(out, (uint8_t)f->kind);
	sr_buf_put_le64(out, f->size);
	sr_buf_put_le64(out, (uint64_t)f->mtime);
	sr_buf_put(out, f->sha256, SR_HASH);
}

int sr_file_list_read(struct sr_file_list *out, struct sr_bytes body, struct sr_err *e) {
	struct sr_file_list l;
	int rc;

	if (body.len < sizeof files_magic || memcmp(body.p, files_magic, sizeof files_magic) != 0)
		return sr_fail(
			e, SR_CORRUPT, "file list: %zu bytes that do not begin SRF1", body.len);
	sr_reader_init(&l.in, body);
	l.in.pos = sizeof files_magic;
	if ((rc = sr_get_lp(&l.in, &l.title, SR_LIST_TITLE_MAX, e)) != 0 ||
		(rc = sr_get_le32(&l.in, &l.count, e)) != 0) {
		(void)sr_wrap(e, "file list");
		return rc;
	}
	if ((uint64_t)l.count * FILE_ROW_MIN > sr_reader_left(&l.in))
		return sr_fail(e, SR_CORRUPT, "file list: %u files do not fit %zu bytes", l.count,
			sr_reader_left(&l.in));
	*out = l;
	return 0;
}

int sr_file_list_next(struct sr_file_list *l, struct sr_list_file *f, struct sr_err *e) {
	struct sr_list_file got;
	uint8_t kind = 0;
	uint64_t mtime = 0;
	int rc;

	if (l->count == 0) {
		if ((rc = sr_get_end(&l->in, e)) != 0)
			return rc;
		return sr_fail(e, SR_NOTFOUND, "no more files");
	}
	if ((rc = sr_get_lp(&l->in, &got.path, SR_PATH_MAX, e)) != 0 ||
		(rc = sr_get_lp(&l->in, &got.media_type, MEDIA_MAX, e)) != 0 ||
		(rc = sr_get_u8(&l->in, &kind, e)) != 0 ||
		(rc = sr_get_le64(&l->in, &got.size, e)) != 0 ||
		(rc = sr_get_le64(&l->in, &mtime, e)) != 0 ||
		(rc = sr_get(&l->in, got.sha256, SR_HASH, e)) != 0)
		return rc;
	if (kind < SR_FILE_REGULAR || kind > SR_FILE_UNREADABLE)
		return sr_fail(e, SR_CORRUPT, "file list: kind %u, want 1 to 4", kind);
	got.kind = (enum sr_file_kind)kind;
	got.mtime = (int64_t)mtime;
	l->count--;
	*f = got;
	return 0;
}

static const char FACTS[] = "SRX1";

void sr_facts_begin(struct sr_buf *out) {
	sr_buf_put(out, FACTS, 4);
}

void sr_facts_add(struct sr_buf *out, uint32_t file, const char *key, struct sr_bytes value) {
	sr_buf_put_le32(out, file);
	sr_buf_put_lp(out, sr_bytes_str(key));
	sr_buf_put_lp(out, value);
}

int sr_facts_read(struct sr_reader *out, struct sr_bytes body, struct sr_err *e) {
	struct sr_bytes magic = {NULL, 0};
	int rc;

	sr_reader_init(out, body);
	rc = sr_get_view(out, &magic, 4, e);
	if (rc == 0 && memcmp(magic.p, FACTS, 4) != 0)
		rc = sr_fail(e, SR_CORRUPT, "facts: want \"%s\" at the start", FACTS);
	return rc;
}

int sr_facts_next(struct sr_reader *r, struct sr_fact *f, struct sr_err *e) {
	int rc;

	if (sr_reader_left(r) == 0)
		return sr_fail(e, SR_NOTFOUND, "no more facts");
	rc = sr_get_le32(r, &f->file, e);
	if (rc == 0)
		rc = sr_get_lp(r, &f->key, SR_FACT_KEY_MAX, e);
	if (rc == 0)
		rc = sr_get_lp(r, &f->value, SR_FACT_VALUE_MAX, e);
	if (rc == 0 && f->key.len == 0)
		rc = sr_fail(e, SR_CORRUPT, "facts: a key of no bytes");
	return rc != 0 ? sr_wrap(e, "facts") : 0;
}

void sr_file_leaf(uint8_t leaf[SR_HASH], const struct sr_list_file *f) {
	uint8_t row[8 + SR_PATH_MAX + 8 + SR_HASH];
	size_t at = 8 + f->path.len;

	assert(f->path.len <= SR_PATH_MAX);
	sr_le64_put(row, f->path.len);
	if (f->path.len != 0)
		memcpy(row + 8, f->path.p, f->path.len);
	sr_le64_put(row + at, f->size);
	memcpy(row + at + 8, f->sha256, SR_HASH);
	sr_leaf_hash(leaf, sr_bytes_of(row, at + 8 + SR_HASH));
}

static int cmp_ids(const void *a, const void *b) {
	return memcmp(a, b, SR_ID);
}

int sr_request_list_sort(uint8_t *ids, size_t count, struct sr_err *e) {
	char hex[2 * SR_ID + 1];

	if (count == 0)
		return 0;
	qsort(ids, count, SR_ID, cmp_ids);
	for (size_t i = 1; i < count; i++) {
		if (memcmp(ids + (i - 1) * SR_ID, ids + i * SR_ID, SR_ID) == 0) {
			sr_hex(hex, ids + i * SR_ID, SR_ID);
			return sr_fail(e, SR_EXISTS, "item %s is named twice", hex);
		}
	}
	return 0;
}

int sr_request_list_check(struct sr_bytes body, struct sr_err *e) {
	size_t count = body.len / SR_ID;

	if (body.len % SR_ID != 0 || count == 0 || count > SR_REQUEST_ITEMS_MAX)
		return sr_fail(e, SR_CORRUPT,
			"request list: %zu bytes, want 1 to %d ids of %d bytes", body.len,
			SR_REQUEST_ITEMS_MAX, SR_ID);
	for (size_t i = 1; i < count; i++)
		if (memcmp(body.p + (i - 1) * SR_ID, body.p + i * SR_ID, SR_ID) >= 0)
			return sr_fail(e, SR_CORRUPT,
				"request list: row %zu is not above the row before", i);
	return 0;
}

int sr_request_list_root(
	uint8_t root[SR_HASH], const uint8_t *ids, size_t count, struct sr_err *e) {
	return root_of(root, ids, count, SR_ID, e);
}
