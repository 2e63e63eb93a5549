/*
 * columns - rows to columns and back; see columns.h.
 *
 * Decoding makes rows and packs them again: bytes that differ from what came are refused. That is
 * one rule in place of a dozen, and costs less than opening the block.
 */
#include "store/columns.h"

#include <stdlib.h>
#include <string.h>

enum {
	TYPES_MAX = 65535,
	FILE_WIDTHS = 10,
	REF_WIDTHS = 3
};

/* Columns of numbers: widths in order. */
static const uint8_t file_widths[FILE_WIDTHS] = {1, 1, 8, 8, 4, 8, 2, 2, 2, 2};
enum {
	C_KIND,
	C_FLAGS,
	C_SIZE,
	C_SECONDS,
	C_NANOS,
	C_GAP,
	C_TYPE,
	C_SHARED,
	C_REST,
	C_NOTE
};
static const uint8_t ref_widths[REF_WIDTHS] = {2, 4, 4};
enum {
	C_PACK,
	C_OFFSET,
	C_LEN
};

/* --- planes --------------------------------------------------------------------------------------
 */

/* ${values}: count rows of ${columns} numbers. */
static void put_planes(struct sr_buf *b, const uint64_t *values, size_t count,
	const uint8_t *widths, size_t columns) {
	for (size_t c = 0; c < columns; c++)
		for (unsigned shift = 0; shift < 8u * widths[c]; shift += 8)
			for (size_t i = 0; i < count; i++)
				sr_buf_put_u8(b, (uint8_t)(values[i * columns + c] >> shift));
}

static int get_planes(uint64_t *values, size_t count, const uint8_t *widths, size_t columns,
	struct sr_reader *r, struct sr_err *e) {
	memset(values, 0, count * columns * sizeof *values);
	for (size_t c = 0; c < columns; c++)
		for (unsigned shift = 0; shift < 8u * widths[c]; shift += 8) {
			struct sr_bytes plane = {NULL, 0};
			int rc = sr_get_view(r, &plane, count, e);
			if (rc != 0)
				return rc;
			for (size_t i = 0; i < count; i++)
				values[i * columns + c] |= (uint64_t)plane.p[i] << shift;
		}
	return 0;
}

/* --- files ---------------------------------------------------------------------------------------
 */

struct packing {
	uint64_t *values;
	size_t count, cap;
	struct sr_bytes *types;
	size_t type_count;
	struct sr_buf rests, notes, hashes;
	struct sr_bytes path; /* of the file before */
};

static void packing_free(struct packing *p) {
	if (p->values != NULL)
		sr_wipe(p->values, p->cap * FILE_WIDTHS * sizeof *p->values);
	free(p->values);
	free(p->types);
	sr_buf_free(&p->rests);
	sr_buf_free(&p->notes);
	sr_buf_free(&p->hashes);
}

static size_t shared_with(struct sr_bytes a, struct sr_bytes b) {
	size_t n = 0;
	while (n < a.len && n < b.len && a.p[n] == b.p[n])
		n++;
	return n;
}

/* Most files are of the type of one of the last few new ones. */
static size_t type_of(struct packing *p, struct sr_bytes type) {
	for (size_t i = p->type_count; i > 0; i--)
		if (sr_bytes_eq(p->types[i - 1], type))
			return i - 1;
	p->types[p->type_count] = type;
	return p->type_count++;
}

static int pack_file(
	struct packing *p, const struct sr_file *f, uint64_t *block, struct sr_err *e) {
	uint64_t *v = p->values + p->count * FILE_WIDTHS;
	size_t shared = shared_with(p->path, f->path);
	if (f->first_block < *block)
		return sr_fail(e, SR_MISUSE, "file %zu begins at block %llu, before %llu",
			p->count + 1, (unsigned long long)f->first_block,
			(unsigned long long)*block);
	v[C_KIND] = f->kind;
	v[C_FLAGS] = f->flags;
	v[C_SIZE] = f->size;
	v[C_SECONDS] = (uint64_t)f->mtime_s;
	v[C_NANOS] = f->mtime_ns;
	v[C_GAP] = f->first_block - *block;
	v[C_TYPE] = type_of(p, f->media_type);
	v[C_SHARED] = shared;
	v[C_REST] = f->path.len - shared;
	v[C_NOTE] = f->note.len;
	sr_buf_put(&p->rests, f->path.p + shared, f->path.len - shared);
	sr_buf_put_bytes(&p->notes, f->note);
	sr_buf_put(&p->hashes, f->sha256, SR_HASH);
	*block = f->first_block + f->block_count;
	p->path = f->path;
	p->count++;
	return 0;
}

static int pack_rows(struct packing *p, struct sr_bytes rows, uint64_t *block, struct sr_err *e) {
	struct sr_reader r;
	struct sr_file f;
	int rc = 0;
	/* no row is shorter than 83 bytes */
	p->cap = rows.len / 83 + 1;
	p->values = calloc(p->cap, FILE_WIDTHS * sizeof *p->values);
	p->types = calloc(p->cap, sizeof *p->types);
	if (p->values == NULL || p->types == NULL)
		return sr_fail(e, SR_NOMEM, "manifest: no memory for %zu files", p->cap);
	sr_reader_init(&r, rows);
	while (rc == 0 && sr_reader_left(&r) > 0) {
		rc = sr_file_get(&r, &f, e);
		if (rc == 0)
			rc = pack_file(p, &f, block, e);
	}
	if (rc == 0 && (p->count == 0 || p->count > SR_FILES_PART_ROWS))
		rc = sr_fail(e, SR_MISUSE, "manifest: a part of %zu files, want 1 to %d", p->count,
			SR_FILES_PART_ROWS);
	return rc;
}

int sr_files_pack(struct sr_buf *out, struct sr_bytes rows, uint64_t *block, struct sr_err *e) {
	struct packing p = {.values = NULL};
	sr_buf_init_secret(&p.rests);
	sr_buf_init_secret(&p.notes);
	sr_buf_init_secret(&p.hashes);
	int rc = pack_rows(&p, rows, block, e);
	if (rc == 0) {
		sr_buf_put_le32(out, (uint32_t)p.count);
		sr_buf_put_le16(out, (uint16_t)p.type_count);
		for (size_t i = 0; i < p.type_count; i++) {
			sr_buf_put_u8(out, (uint8_t)p.types[i].len);
			sr_buf_put_bytes(out, p.types[i]);
		}
		put_planes(out, p.values, p.count, file_widths, FILE_WIDTHS);
		sr_buf_put_buf(out, &p.rests);
		sr_buf_put_buf(out, &p.notes);
		sr_buf_put_buf(out, &p.hashes);
		rc = sr_buf_ok(out, e);
	}
	packing_free(&p);
	return rc;
}

struct unpacking {
	uint32_t count;
	struct sr_bytes *types;
	size_t type_count;
	uint64_t *values;
	struct sr_bytes rests, notes, hashes; /* what is left of each */
	uint8_t path[SR_PATH_MAX];
	size_t path_len;
};

static int take(struct sr_bytes *from, struct sr_bytes *out, uint64_t len) {
	if (len > from->len)
		return SR_CORRUPT;
	*out = sr_bytes_of(from->p, (size_t)len);
	from->p += len;
	from->len -= (size_t)len;
	return 0;
}

static int unpack_head(struct unpacking *u, struct sr_reader *r, struct sr_err *e) {
	uint16_t types = 0;
	int rc = sr_get_le32(r, &u->count, e);
	if (rc == 0)
		rc = sr_get_le16(r, &types, e);
	if (rc == 0 && (u->count == 0 || u->count > SR_FILES_PART_ROWS))
		rc = sr_fail(e, SR_CORRUPT, "a part of %u files, want 1 to %d", u->count,
			SR_FILES_PART_ROWS);
	if (rc != 0)
		return rc;
	u->types = calloc((size_t)types + 1, sizeof *u->types);
	u->values = calloc(u->count, FILE_WIDTHS * sizeof *u->values);
	if (u->types == NULL || u->values == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for %u files", u->count);
	u->type_count = types;
	for (size_t i = 0; rc == 0 && i < types; i++) {
		uint8_t len = 0;
		rc = sr_get_u8(r, &len, e);
		if (rc == 0)
			rc = sr_get_view(r, &u->types[i], len, e);
	}
	return rc;
}

/* The three byte columns behind the planes, which must fill what is left. */
static int unpack_bytes(struct unpacking *u, struct sr_reader *r, struct sr_err *e) {
	size_t rests = 0, notes = 0;
	for (uint32_t i = 0; i < u->count; i++) {
		rests += (size_t)u->values[i * FILE_WIDTHS + C_REST];
		notes += (size_t)u->values[i * FILE_WIDTHS + C_NOTE];
	}
	int rc = sr_get_view(r, &u->rests, rests, e);
	if (rc == 0)
		rc = sr_get_view(r, &u->notes, notes, e);
	if (rc == 0)
		rc = sr_get_view(r, &u->hashes, (size_t)u->count * SR_HASH, e);
	return rc == 0 ? sr_get_end(r, e) : rc;
}

static int unpack_file(
	struct unpacking *u, struct sr_buf *rows, uint32_t i, uint64_t *block, struct sr_err *e) {
	const uint64_t *v = u->values + (size_t)i * FILE_WIDTHS;
	struct sr_file f = {.kind = SR_FILE_REGULAR};
	struct sr_bytes rest = {NULL, 0}, hash = {NULL, 0};
	if (v[C_TYPE] >= u->type_count || v[C_SHARED] > u->path_len ||
		v[C_SHARED] + v[C_REST] > SR_PATH_MAX || v[C_GAP] > UINT64_MAX - *block ||
		take(&u->rests, &rest, v[C_REST]) != 0 ||
		take(&u->notes, &f.note, v[C_NOTE]) != 0 || take(&u->hashes, &hash, SR_HASH) != 0)
		return sr_fail(e, SR_CORRUPT, "file %u of a part: its numbers do not fit", i + 1);
	if (rest.len > 0)
		memcpy(u->path + v[C_SHARED], rest.p, rest.len);
	u->path_len = (size_t)v[C_SHARED] + rest.len;
	f.kind = (enum sr_file_kind)v[C_KIND];
	f.flags = (uint8_t)v[C_FLAGS];
	f.size = v[C_SIZE];
	memcpy(&f.mtime_s, &v[C_SECONDS], sizeof f.mtime_s);
	f.mtime_ns = (uint32_t)v[C_NANOS];
	memcpy(f.sha256, hash.p, SR_HASH);
	f.first_block = *block + v[C_GAP];
	if (f.kind == SR_FILE_REGULAR)
		f.block_count = f.size / SR_BLOCK + (f.size % SR_BLOCK != 0);
	f.path = sr_bytes_of(u->path, u->path_len);
	f.media_type = u->types[v[C_TYPE]];
	if (f.block_count > UINT64_MAX - f.first_block)
		return sr_fail(
			e, SR_CORRUPT, "file %u of a part: more blocks than there are", i + 1);
	sr_file_put(rows, &f);
	*block = f.first_block + f.block_count;
	if (rows->failed == SR_MISUSE) {
		rows->failed = SR_OK;
		return sr_fail(e, SR_CORRUPT, "file %u of a part: no manifest can say that", i + 1);
	}
	return sr_buf_ok(rows, e);
}

/* Would ${rows} from ${from} on be packed as they came? */
static int same_again(struct sr_bytes part, const struct sr_buf *rows, size_t from, uint64_t block,
	struct sr_err *e) {
	struct sr_buf again;
	sr_buf_init_secret(&again);
	int rc = sr_files_pack(&again, sr_bytes_of(rows->p + from, rows->len - from), &block, e);
	if (rc == 0 && !sr_bytes_eq(sr_buf_view(&again), part))
		rc = sr_fail(e, SR_CORRUPT, "a part of %zu bytes is not written as it should be",
			part.len);
	sr_buf_free(&again);
	return rc;
}

int sr_files_unpack(struct sr_buf *rows, uint32_t *count, struct sr_bytes part, uint64_t *block,
	struct sr_err *e) {
	struct unpacking *u = calloc(1, sizeof *u);
	struct sr_reader r;
	const size_t before = rows->len;
	uint64_t at = *block;
	if (u == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for a part of the file list");
	sr_reader_init(&r, part);
	int rc = unpack_head(u, &r, e);
	if (rc == 0)
		rc = get_planes(u->values, u->count, file_widths, FILE_WIDTHS, &r, e);
	if (rc == 0)
		rc = unpack_bytes(u, &r, e);
	for (uint32_t i = 0; rc == 0 && i < u->count; i++)
		rc = unpack_file(u, rows, i, &at, e);
	if (rc == 0)
		rc = same_again(part, rows, before, *block, e);
	if (rc == 0) {
		*count = u->count;
		*block = at;
	} else {
		rows->len = before;
	}
	if (u->values != NULL)
		sr_wipe(u->values, (size_t)u->count * FILE_WIDTHS * sizeof *u->values);
	free(u->values);
	free(u->types);
	sr_wipe(u, sizeof *u);
	free(u);
	return rc;
}

/* --- blocks --------------------------------------------------------------------------------------
 */

/* The number of the ref's pack among those seen; most lie where the one before lies. */
static size_t pack_of(struct sr_buf *packs, const uint8_t name[SR_HASH], size_t last) {
	size_t n = packs->len / SR_HASH;
	if (last < n && memcmp(packs->p + last * SR_HASH, name, SR_HASH) == 0)
		return last;
	for (size_t i = 0; i < n; i++)
		if (memcmp(packs->p + i * SR_HASH, name, SR_HASH) == 0)
			return i;
	sr_buf_put(packs, name, SR_HASH);
	return n;
}

int sr_refs_pack(
	struct sr_buf *out, const struct sr_block_ref *refs, size_t count, struct sr_err *e) {
	uint64_t *values = calloc(count + 1, REF_WIDTHS * sizeof *values);
	struct sr_buf packs;
	size_t pack = 0;
	if (values == NULL || count == 0 || count > SR_REFS_PART_ROWS) {
		free(values);
		return values == NULL
			       ? sr_fail(e, SR_NOMEM, "manifest: no memory for %zu blocks", count)
			       : sr_fail(e, SR_MISUSE, "manifest: a part of %zu blocks", count);
	}
	sr_buf_init(&packs);
	for (size_t i = 0; i < count; i++) {
		uint64_t *v = values + i * REF_WIDTHS;
		pack = pack_of(&packs, refs[i].pack, pack);
		v[C_PACK] = pack;
		v[C_OFFSET] = refs[i].offset;
		v[C_LEN] = refs[i].len;
	}
	sr_buf_put_le32(out, (uint32_t)count);
	sr_buf_put_le16(out, (uint16_t)(packs.len / SR_HASH));
	put_planes(out, values, count, ref_widths, REF_WIDTHS);
	sr_buf_put_buf(out, &packs);
	for (size_t i = 0; i < count; i++)
		sr_buf_put(out, refs[i].key, SR_KEY);
	for (size_t i = 0; i < count; i++)
		sr_buf_put(out, refs[i].h, SR_HASH);
	int rc = sr_buf_ok(&packs, e);
	if (rc == 0)
		rc = sr_buf_ok(out, e);
	sr_buf_free(&packs);
	free(values);
	return rc;
}

static int unpack_ref(struct sr_block_ref *ref, const uint64_t *v, struct sr_bytes packs,
	uint32_t i, struct sr_err *e) {
	if (v[C_PACK] >= packs.len / SR_HASH || v[C_OFFSET] > SR_PACK_MAX ||
		v[C_LEN] <= SR_RECORD_OVERHEAD || v[C_LEN] > SR_RECORD_MAX)
		return sr_fail(e, SR_CORRUPT,
			"block ref %u of a part: record of %llu bytes at %llu of pack %llu", i + 1,
			(unsigned long long)v[C_LEN], (unsigned long long)v[C_OFFSET],
			(unsigned long long)v[C_PACK]);
	memset(ref, 0, sizeof *ref);
	ref->offset = (uint32_t)v[C_OFFSET];
	ref->len = (uint32_t)v[C_LEN];
	memcpy(ref->pack, packs.p + v[C_PACK] * SR_HASH, SR_HASH);
	return 0;
}

static int unpack_refs(struct sr_block_ref *refs, uint32_t n, uint64_t *values, uint16_t packs,
	struct sr_reader *r, struct sr_err *e) {
	struct sr_bytes names = {NULL, 0};
	int rc = get_planes(values, n, ref_widths, REF_WIDTHS, r, e);
	if (rc == 0)
		rc = sr_get_view(r, &names, (size_t)packs * SR_HASH, e);
	for (uint32_t i = 0; rc == 0 && i < n; i++)
		rc = unpack_ref(&refs[i], values + (size_t)i * REF_WIDTHS, names, i, e);
	for (uint32_t i = 0; rc == 0 && i < n; i++) {
		rc = sr_get(r, refs[i].key, SR_KEY, e);
		if (rc == 0)
			sr_block_cid(&refs[i]);
	}
	for (uint32_t i = 0; rc == 0 && i < n; i++)
		rc = sr_get(r, refs[i].h, SR_HASH, e);
	return rc == 0 ? sr_get_end(r, e) : rc;
}

int sr_refs_unpack(
	struct sr_block_ref *refs, uint32_t *count, struct sr_bytes part, struct sr_err *e) {
	struct sr_reader r;
	struct sr_buf again;
	uint64_t *values = NULL;
	uint32_t n = 0;
	uint16_t packs = 0;
	sr_buf_init_secret(&again);
	sr_reader_init(&r, part);
	int rc = sr_get_le32(&r, &n, e);
	if (rc == 0)
		rc = sr_get_le16(&r, &packs, e);
	if (rc == 0 && (n == 0 || n > SR_REFS_PART_ROWS))
		rc = sr_fail(
			e, SR_CORRUPT, "a part of %u blocks, want 1 to %d", n, SR_REFS_PART_ROWS);
	if (rc == 0) {
		values = calloc(n, REF_WIDTHS * sizeof *values);
		rc = values == NULL ? sr_fail(e, SR_NOMEM, "no memory for %u blocks", n)
				    : unpack_refs(refs, n, values, packs, &r, e);
	}
	if (rc == 0)
		rc = sr_refs_pack(&again, refs, n, e);
	if (rc == 0 && !sr_bytes_eq(sr_buf_view(&again), part))
		rc = sr_fail(e, SR_CORRUPT, "a part of %zu bytes is not written as it should be",
			part.len);
	if (rc == 0)
		*count = n;
	sr_buf_free(&again);
	free(values);
	return rc;
}
