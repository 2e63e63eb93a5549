/*
 * store_rig - a small vault for the tests of the store: folders, backend, index.db, keys, and a
 * deposit in a few calls.
 *
 * Everything lies under one temporary folder. rig_reopen closes and opens index.db as a new process
 * would.
 */
#ifndef SR_TESTS_STORE_RIG_H
#define SR_TESTS_STORE_RIG_H

#include <stdlib.h>
#include <string.h>

#include "store/columns.h"
#include "store/ingest.h"
#include "store/reader.h"
#include "util.h"

#define RIG __attribute__((unused)) static

enum {
	RIG_ITEMS = 64
};

struct rig {
	char *path;
	struct sr_dir *dir, *run, *items;
	struct sr_backend *backend;
	struct sr_db *db;
	struct sr_index *index;
	uint8_t db_key[SR_KEY];
	uint8_t structure_pk[SR_X_PK], structure_sk[SR_X_SK];
	struct sr_block_domain domain;
	uint8_t journal_key[SR_KEY], kdf_key[SR_KEY];
	/* what the last deposit gave */
	struct sr_buf manifests[RIG_ITEMS]; /* roots */
	struct sr_buf reaches[RIG_ITEMS];   /* sealed */
	uint8_t ids[RIG_ITEMS][SR_ID];
	size_t items_given;
	size_t files_given;
	enum sr_ingest_status last_status;
	char last_reason[200];
};

RIG void rig_open_index(struct rig *r) {
	struct sr_err e;
	struct sr_db_options o = {.dir = r->dir,
		.name = "index.db",
		.key = r->db_key,
		.mode = SR_DB_PLAIN,
		.create = true};
	assert_ok(sr_db_open(&r->db, &o, &e), &e);
	assert_ok(sr_index_open(&r->index, r->db, &e), &e);
}

/* Open what lies at ${path} (made when NULL). */
RIG void rig_open(struct rig *r, char *path) {
	struct sr_err e;
	memset(r, 0, sizeof *r);
	assert_ok(sr_crypto_init(&e), &e);
	r->path = path != NULL ? path : t_tmp_new();
	assert_ok(sr_dir_open(&r->dir, r->path, &e), &e);
	assert_ok(sr_dir_make(&r->run, r->dir, "run", 0700, &e), &e);
	assert_ok(sr_dir_make(&r->items, r->dir, "items", 0700, &e), &e);
	assert_ok(sr_backend_dir(&r->backend, r->dir, &e), &e);
	t_fill(r->db_key, sizeof r->db_key, 1);
	t_fill(r->structure_sk, sizeof r->structure_sk, 2);
	sr_box_public(r->structure_pk, r->structure_sk);
	t_fill(r->domain.vault, SR_HASH, 3);
	t_fill(r->domain.domain, SR_ID, 4);
	t_fill(r->kdf_key, SR_KEY, 6);
	r->domain.kdf_key = r->kdf_key;
	t_fill(r->journal_key, SR_KEY, 7);
	r->domain.dedupe = SR_DEDUPE_COLLECTION;
	for (size_t i = 0; i < RIG_ITEMS; i++) {
		sr_buf_init_secret(&r->manifests[i]);
		sr_buf_init(&r->reaches[i]);
	}
	rig_open_index(r);
}

RIG void rig_close_index(struct rig *r) {
	struct sr_err e;
	sr_index_close(r->index);
	r->index = NULL;
	assert_ok(sr_db_close(&r->db, &e), &e);
}

RIG void rig_forget(struct rig *r) {
	for (size_t i = 0; i < RIG_ITEMS; i++) {
		sr_buf_clear(&r->manifests[i]);
		sr_buf_clear(&r->reaches[i]);
	}
	r->items_given = 0;
	r->files_given = 0;
}

/* ${hard}: as a process that is gone; the database keeps what it has. The path stays. */
RIG void rig_close_how(struct rig *r, bool hard) {
	if (hard) {
		sr_index_close(r->index);
		sr_db_free(r->db);
	} else {
		rig_close_index(r);
	}
	sr_backend_free(r->backend);
	sr_dir_close(r->items);
	sr_dir_close(r->run);
	sr_dir_close(r->dir);
	for (size_t i = 0; i < RIG_ITEMS; i++) {
		sr_buf_free(&r->manifests[i]);
		sr_buf_free(&r->reaches[i]);
	}
}

RIG void rig_close(struct rig *r) {
	rig_close_how(r, false);
}

RIG void rig_end(struct rig *r) {
	rig_close(r);
	t_tmp_remove(r->path);
}

RIG int rig_on_file(void *ctx, const struct sr_ingest_file_result *f, struct sr_err *e) {
	struct rig *r = ctx;
	(void)e;
	r->files_given++;
	r->last_status = f->status;
	(void)snprintf(r->last_reason, sizeof r->last_reason, "%s", f->reason);
	return 0;
}

RIG int rig_on_item(void *ctx, const struct sr_ingest_item *it, struct sr_err *e) {
	struct rig *r = ctx;
	size_t i = r->items_given++ % RIG_ITEMS;
	sr_buf_clear(&r->manifests[i]);
	sr_buf_clear(&r->reaches[i]);
	memcpy(r->ids[i], it->item, SR_ID);
	int rc = sr_manifest_encode(&r->manifests[i], it->manifest, e);
	if (rc == 0)
		rc = sr_reach_seal(
			&r->reaches[i], it->reach, r->structure_pk, r->domain.vault, it->item, e);
	return rc;
}

RIG void rig_options(struct rig *r, struct sr_ingest_options *o, uint8_t accession) {
	memset(o, 0, sizeof *o);
	o->backend = r->backend;
	o->index = r->index;
	o->run = r->run;
	o->domain = r->domain;
	memcpy(o->structure_pk, r->structure_pk, SR_X_PK);
	memcpy(o->journal_key, r->journal_key, SR_KEY);
	memset(o->accession, accession, SR_ID);
	o->codec = SR_CODEC_ZSTD;
	o->threads = 2;
	o->file = rig_on_file;
	o->item = rig_on_item;
	o->ctx = r;
}

RIG void rig_abort_options(struct rig *r, struct sr_ingest_abort *o, uint8_t accession) {
	o->backend = r->backend;
	o->index = r->index;
	o->run = r->run;
	memset(o->accession, accession, SR_ID);
}

/* A source of ${size} bytes: incompressible (t_fill by blocks of seed), or text that repeats. */
struct rig_source {
	uint64_t size;
	uint64_t at;
	uint64_t seed;    /* 0: text */
	uint64_t fail_at; /* 0: never */
	size_t step;      /* at most so many bytes a read; 0: no limit */
};

enum {
	RIG_CELL = 4096
};

RIG void rig_bytes(const struct rig_source *s, uint64_t at, uint8_t *p, size_t len) {
	uint8_t cell[RIG_CELL];
	while (len > 0) {
		uint64_t c = at / RIG_CELL;
		size_t skip = (size_t)(at % RIG_CELL);
		size_t n = RIG_CELL - skip < len ? RIG_CELL - skip : len;
		if (s->seed != 0)
			t_fill(cell, sizeof cell, s->seed * 1000003 + c);
		for (size_t i = 0; s->seed == 0 && i < sizeof cell; i++)
			cell[i] = (uint8_t) "the quick brown fox; page "[(c * 7 + i) % 26];
		memcpy(p, cell + skip, n);
		p += n;
		at += n;
		len -= n;
	}
}

RIG int rig_read(void *ctx, void *p, size_t len, size_t *got, struct sr_err *e) {
	struct rig_source *s = ctx;
	if (s->fail_at != 0 && s->at >= s->fail_at)
		return sr_fail(e, SR_IO, "the medium gave up");
	if (s->step != 0 && len > s->step)
		len = s->step;
	if (len > s->size - s->at)
		len = (size_t)(s->size - s->at);
	rig_bytes(s, s->at, p, len);
	s->at += len;
	*got = len;
	return 0;
}

RIG int rig_add(struct sr_ingest *in, const char *path, struct rig_source *s, struct sr_err *e) {
	struct sr_ingest_file f = {.path = sr_bytes_str(path),
		.media_type = sr_bytes_str("application/octet-stream"),
		.kind = SR_FILE_REGULAR,
		.mtime_s = -5,
		.mtime_ns = 7,
		.size_expected = UINT64_MAX,
		.read = rig_read,
		.read_ctx = s};
	s->at = 0;
	return sr_ingest_file(in, &f, e);
}

/* Item number ${i} of the last deposit, opened. */
RIG struct sr_item *rig_item(struct rig *r, size_t i, struct sr_index *index) {
	struct sr_err e;
	struct sr_manifest m;
	struct sr_item *it = NULL;
	struct sr_item_options o = {.backend = r->backend, .index = index, .threads = 2};
	memcpy(o.vault, r->domain.vault, SR_HASH);
	memcpy(o.item, r->ids[i], SR_ID);
	assert_ok(sr_manifest_decode(&m, sr_buf_view(&r->manifests[i]), &e), &e);
	assert_ok(sr_item_open(&it, &o, &m, &e), &e);
	sr_manifest_free(&m);
	return it;
}

/* The refs of item ${i}, whose block list must lie inline; SR_REFS_PART_ROWS fit ${refs}. */
RIG uint32_t rig_refs(struct rig *r, size_t i, struct sr_block_ref *refs) {
	struct sr_manifest m;
	struct sr_err e;
	uint32_t count = 0;
	assert_ok(sr_manifest_decode(&m, sr_buf_view(&r->manifests[i]), &e), &e);
	assert_int_equal(m.blocks.part_count, 0);
	assert_ok(sr_refs_unpack(refs, &count, sr_buf_view(&m.blocks.inline_bytes), &e), &e);
	assert_int_equal(count, m.block_count);
	sr_manifest_free(&m);
	return count;
}

struct rig_compare {
	const struct rig_source *s;
	uint64_t at;
};

RIG int rig_compare_sink(void *ctx, struct sr_bytes b, struct sr_err *e) {
	struct rig_compare *c = ctx;
	uint8_t *want = malloc(b.len);
	assert_non_null(want);
	rig_bytes(c->s, c->at, want, b.len);
	bool same = memcmp(want, b.p, b.len) == 0;
	free(want);
	c->at += b.len;
	return same ? 0
		    : sr_fail(e, SR_CORRUPT, "other bytes before %llu", (unsigned long long)c->at);
}

/* The whole of file ${file} into ${sink}, block by block; a failure of it ends this. */
RIG int rig_stream(struct sr_item *it, uint64_t file,
	int (*sink)(void *ctx, struct sr_bytes b, struct sr_err *e), void *ctx, struct sr_err *e) {
	const struct sr_item_span span = {.first = file, .end = file + 1};
	struct sr_item_blocks *b = NULL;
	struct sr_item_part part;
	int rc = sr_item_blocks_new(&b, it, &span, e);
	while (rc == 0) {
		rc = sr_item_blocks_next(b, &part, e);
		if (rc != 0 || part.bytes.len == 0)
			break;
		rc = sink(ctx, part.bytes, e);
	}
	sr_item_blocks_free(b);
	return rc;
}

/* File ${file} streams as the source. */
RIG void rig_check_file(struct sr_item *it, uint64_t file, const struct rig_source *s) {
	struct sr_err e;
	struct rig_compare c = {s, 0};
	assert_ok(rig_stream(it, file, rig_compare_sink, &c, &e), &e);
	assert_int_equal(c.at, s->size);
}

/* Packs that lie under packs/, whatever the index says. */
RIG int rig_count_one(void *ctx, const char *name, struct sr_err *e) {
	uint8_t hash[SR_HASH];
	if (sr_hash_of_name(hash, "packs", name, e) == 0)
		++*(size_t *)ctx;
	return 0;
}

RIG size_t rig_count_packs(struct rig *r) {
	struct sr_err e;
	size_t n = 0;
	assert_ok(sr_backend_list(r->backend, "packs", rig_count_one, &n, &e), &e);
	return n;
}

#endif
