/*
 * bench_store_collect - what a collection costs: seconds, bytes written, peak memory on this
 * machine.
 *
 * SR_BENCH_MB (default 2048) bytes in items of 4 MiB, incompressible. Twice: half of the items die
 * in runs, so that whole packs go; then five of every eight, so that every pack is sparse and what
 * lives is copied. Works under $TMPDIR (or /tmp), which it cleans.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/time.h"
#include "store/collect.h"
#include "store/ingest.h"

enum {
	MB = 1000000,
	ITEM = 4 << 20
};

struct bench {
	char path[256];
	struct sr_dir *dir, *run;
	struct sr_backend *backend;
	struct sr_db *db;
	struct sr_index *index;
	struct sr_block_domain domain;
	uint8_t pk[SR_X_PK], sk[SR_X_SK];
	size_t count;
	struct sr_buf *reaches; /* sealed */
	bool *dead;
};

static struct sr_err e;

static void must(int rc, const char *what) {
	if (rc >= 0)
		return;
	(void)fprintf(stderr, "bench: %s: %s\n", what, e.text);
	exit(1);
}

static long peak_mib(void) {
	struct rusage u;
	(void)getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss / 1024;
}

static int read_random(void *ctx, void *p, size_t len, size_t *got, struct sr_err *err) {
	size_t *left = ctx;
	(void)err;
	*got = len < *left ? len : *left;
	sr_random(p, *got);
	*left -= *got;
	return 0;
}

static int on_item(void *ctx, const struct sr_ingest_item *it, struct sr_err *err) {
	struct bench *b = ctx;
	size_t i = (size_t)sr_le64_get(it->item);
	return sr_reach_seal(&b->reaches[i], it->reach, b->pk, b->domain.vault, it->item, err);
}

static void deposit(struct bench *b, uint8_t accession) {
	struct sr_ingest_options o = {.backend = b->backend,
		.index = b->index,
		.run = b->run,
		.domain = b->domain,
		.codec = SR_CODEC_ZSTD,
		.item = on_item,
		.ctx = b};
	struct sr_ingest *in = NULL;
	memcpy(o.structure_pk, b->pk, SR_X_PK);
	memset(o.accession, accession, SR_ID);
	must(sr_ingest_begin(&in, &o, &e), "begin");
	for (size_t i = 0; i < b->count; i++) {
		uint8_t item[SR_ID] = {0};
		size_t left = ITEM;
		struct sr_ingest_file f = {.path = sr_bytes_str("file"),
			.kind = SR_FILE_REGULAR,
			.size_expected = ITEM,
			.read = read_random,
			.read_ctx = &left};
		sr_le64_put(item, i);
		sr_buf_clear(&b->reaches[i]);
		must(sr_ingest_item_begin(in, item, &e), "item");
		must(sr_ingest_file(in, &f, &e), "file");
		must(sr_ingest_item_end(in, &e), "item end");
	}
	must(sr_ingest_finish(in, &e), "finish");
	sr_ingest_free(in);
	must(sr_index_commit(b->index, o.accession, NULL, &e), "commit");
}

static int live(void *ctx, sr_collect_item_fn *item, void *collect, struct sr_err *err) {
	struct bench *b = ctx;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < b->count; i++) {
		uint8_t id[SR_ID] = {0};
		sr_le64_put(id, i);
		if (!b->dead[i])
			rc = item(collect, id, sr_buf_view(&b->reaches[i]), err);
	}
	return rc;
}

static void collect(struct bench *b, const char *what) {
	struct sr_collect_options o = {.backend = b->backend,
		.index = b->index,
		.structure_sk = b->sk,
		.live = live,
		.ctx = b};
	struct sr_collect *c = NULL;
	struct sr_collect_step s;
	uint64_t start = sr_mono_ms(), removed = 0, added = 0, marked;
	int rc;
	memcpy(o.structure_pk, b->pk, SR_X_PK);
	must(sr_collect_new(&c, &o, &e), "collect");
	marked = sr_mono_ms() - start;
	while ((rc = sr_collect_step(c, &s, &e)) == 1) {
		removed += s.removed_bytes;
		added += s.added_bytes;
		must(sr_collect_done(c, &e), "done");
	}
	must(rc, "step");
	must(sr_index_vacuum(b->index, &e), "vacuum");
	(void)printf("%-18s %8.1f MB in %llu packs, %llu dead, %llu sparse: marked in %llu ms, "
		     "all in %.2f s, removed %.1f MB, wrote %.1f MB, peak %ld MiB\n",
		what, (double)sr_collect_found(c)->bytes / MB,
		(unsigned long long)sr_collect_found(c)->packs,
		(unsigned long long)sr_collect_found(c)->dead,
		(unsigned long long)sr_collect_found(c)->sparse, (unsigned long long)marked,
		(double)(sr_mono_ms() - start) / 1000.0, (double)removed / MB, (double)added / MB,
		peak_mib());
	sr_collect_free(c);
}

int main(void) {
	static struct bench b;
	const char *tmp = getenv("TMPDIR");
	const char *size = getenv("SR_BENCH_MB");
	uint64_t mb = size != NULL ? strtoull(size, NULL, 10) : 2048;
	struct sr_db_options dbo = {.name = "index.db",
		.key = (const uint8_t *)"0123456789abcdef0123456789abcdef",
		.create = true};
	char command[300];
	(void)snprintf(b.path, sizeof b.path, "%s/sr-bench-XXXXXX", tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(b.path) == NULL)
		return 1;
	must(sr_crypto_init(&e), "crypto");
	must(sr_dir_open(&b.dir, b.path, &e), "folder");
	must(sr_dir_make(&b.run, b.dir, "run", 0700, &e), "run");
	must(sr_backend_dir(&b.backend, b.dir, &e), "backend");
	dbo.dir = b.dir;
	must(sr_db_open(&b.db, &dbo, &e), "database");
	must(sr_index_open(&b.index, b.db, &e), "index");
	sr_box_keypair(b.pk, b.sk);
	b.domain.dedupe = SR_DEDUPE_COLLECTION;
	b.count = (size_t)((mb << 20) / ITEM);
	b.reaches = calloc(b.count + 1, sizeof *b.reaches);
	b.dead = calloc(b.count + 1, sizeof *b.dead);
	if (b.reaches == NULL || b.dead == NULL)
		return 1;
	deposit(&b, 1);
	for (size_t i = 0; i < b.count; i++)
		b.dead[i] = i < b.count / 2;
	collect(&b, "half, in one run");
	for (size_t i = 0; i < b.count; i++)
		b.dead[i] = true;
	collect(&b, "the rest");
	deposit(&b, 2);
	for (size_t i = 0; i < b.count; i++)
		b.dead[i] = i % 8 < 5;
	collect(&b, "five of eight");
	sr_index_close(b.index);
	must(sr_db_close(&b.db, &e), "close");
	sr_backend_free(b.backend);
	sr_dir_close(b.run);
	sr_dir_close(b.dir);
	for (size_t i = 0; i < b.count; i++)
		sr_buf_free(&b.reaches[i]);
	free(b.reaches);
	free(b.dead);
	(void)snprintf(command, sizeof command, "rm -rf '%s'", b.path);
	return system(command) == 0 ? 0 : 1;
}
