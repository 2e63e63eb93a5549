/*
 * bench_store_ingest - what a deposit, a scrub and an export cost: MB/s and peak memory on this
 * machine.
 *
 * SR_BENCH_MB (default 2048) bytes of one incompressible file; 45,000 small files; text; the same
 * file again (dedupe); scrub; read. Input is made in memory, so that the disk serves the packs
 * alone. Works under $TMPDIR (or /tmp), which it cleans.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/time.h"
#include "store/ingest.h"
#include "store/inventory.h"
#include "store/reader.h"
#include "store/scrub.h"

enum {
	MB = 1000000,
	RING = 8 << 20
};

struct bench {
	char path[256];
	struct sr_dir *dir, *run;
	struct sr_backend *backend;
	struct sr_db *db;
	struct sr_index *index;
	struct sr_block_domain domain;
	uint8_t pk[SR_X_PK], sk[SR_X_SK];
	struct sr_manifest manifest;
	uint8_t accession;
	struct sr_buf packs;
};

static struct sr_err e;

static void must(int rc, const char *what) {
	if (rc == 0)
		return;
	(void)fprintf(stderr, "bench: %s: %s\n", what, e.text);
	exit(1);
}

static double seconds(uint64_t since) {
	return (double)(sr_mono_ms() - since) / 1000.0 + 1e-9;
}

static long peak_mib(void) {
	struct rusage u;
	(void)getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss / 1024;
}

/* Input: a ring of bytes, changed a little in each block so that no two are alike. */
struct source {
	const uint8_t *ring;
	uint64_t size, at, salt;
	bool same;
};

static int read_source(void *ctx, void *p, size_t len, size_t *got, struct sr_err *err) {
	struct source *s = ctx;
	(void)err;
	if (len > s->size - s->at)
		len = (size_t)(s->size - s->at);
	size_t from = (size_t)(s->at % RING);
	if (len > RING - from)
		len = RING - from;
	memcpy(p, s->ring + from, len);
	if (len >= 16 && !s->same)
		memcpy(p, &s->at, 8);
	if (len >= 16)
		memcpy((uint8_t *)p + 8, &s->salt, 8);
	s->at += len;
	*got = len;
	return 0;
}

static int on_item(void *ctx, const struct sr_ingest_item *it, struct sr_err *err) {
	struct bench *b = ctx;
	struct sr_buf bytes;
	sr_manifest_free(&b->manifest);
	sr_buf_init_secret(&bytes);
	int rc = sr_manifest_encode(&bytes, it->manifest, err);
	if (rc == 0)
		rc = sr_manifest_decode(&b->manifest, sr_buf_view(&bytes), err);
	sr_buf_free(&bytes);
	return rc;
}

static void deposit(struct bench *b, const char *what, const struct source *like, size_t files) {
	struct sr_ingest_options o;
	struct sr_ingest_totals t;
	struct sr_ingest *in = NULL;
	uint8_t item[SR_ID] = {1};
	char path[64];
	const uint8_t *names = NULL;
	size_t count = 0;
	memset(&o, 0, sizeof o);
	o.backend = b->backend;
	o.index = b->index;
	o.run = b->run;
	o.domain = b->domain;
	memcpy(o.structure_pk, b->pk, SR_X_PK);
	memset(o.accession, ++b->accession, SR_ID);
	o.codec = SR_CODEC_ZSTD;
	const char *threads = getenv("SR_BENCH_THREADS");
	o.threads = threads != NULL ? (unsigned)strtoul(threads, NULL, 10) : 0;
	o.item = on_item;
	o.ctx = b;
	uint64_t start = sr_mono_ms();
	must(sr_ingest_begin(&in, &o, &e), "begin");
	must(sr_ingest_item_begin(in, item, &e), "item");
	for (size_t i = 0; i < files; i++) {
		struct source s = *like;
		s.at = 0;
		s.salt = i;
		s.size += i % 5000;
		(void)snprintf(path, sizeof path, "folder/%zu/file %zu.bin", i / 1000, i);
		struct sr_ingest_file f = {.path = sr_bytes_str(path),
			.kind = SR_FILE_REGULAR,
			.size_expected = s.size,
			.read = read_source,
			.read_ctx = &s};
		must(sr_ingest_file(in, &f, &e), "file");
	}
	must(sr_ingest_item_end(in, &e), "item end");
	must(sr_ingest_finish(in, &e), "finish");
	double took = seconds(start);
	sr_ingest_totals(in, &t);
	must(sr_ingest_packs(in, &names, &count, &e), "packs");
	sr_buf_put(&b->packs, names, count * SR_HASH);
	sr_ingest_free(in);
	must(sr_index_commit(b->index, o.accession, NULL, &e), "commit");
	(void)printf("%-26s %7.1f MB in %6.2f s %7.1f MB/s %7.0f files/s,"
		     " stored %7.1f MB, %llu of %llu blocks known,"
		     " peak %ld MiB\n",
		what, (double)t.bytes / MB, took, (double)t.bytes / MB / took,
		(double)t.files / took, (double)t.bytes_stored / MB,
		(unsigned long long)t.blocks_reused, (unsigned long long)t.blocks, peak_mib());
}

static void export_item(struct bench *b) {
	struct sr_item_options o = {.backend = b->backend, .index = b->index};
	struct sr_item *it = NULL;
	struct sr_item_blocks *blocks = NULL;
	struct sr_item_part part;
	uint64_t bytes = 0;
	memcpy(o.vault, b->domain.vault, SR_HASH);
	uint64_t start = sr_mono_ms();
	must(sr_item_open(&it, &o, &b->manifest, &e), "open");
	const struct sr_item_span all = {.end = sr_item_files(it)};
	must(sr_item_blocks_new(&blocks, it, &all, &e), "blocks");
	do {
		must(sr_item_blocks_next(blocks, &part, &e), "block");
		bytes += part.bytes.len;
	} while (part.bytes.len > 0);
	sr_item_blocks_free(blocks);
	double took = seconds(start);
	(void)printf("%-28s %8.1f MB in %6.2f s  %7.1f MB/s  peak %ld MiB\n", "export",
		(double)bytes / MB, took, (double)bytes / MB / took, peak_mib());
	sr_item_close(it);
}

static void scrub(struct bench *b) {
	struct sr_scrub_options o = {
		.backend = b->backend, .packs = b->packs.p, .pack_count = b->packs.len / SR_HASH};
	struct sr_scrub_totals t;
	must(sr_scrub(&o, &t, &e), "scrub");
	(void)printf("%-28s %8.1f MB in %6.2f s  %7.1f MB/s  %llu packs, %llu findings\n", "scrub",
		(double)t.bytes / MB, (double)t.elapsed_ms / 1000.0,
		(double)t.bytes / MB / ((double)t.elapsed_ms / 1000.0 + 1e-9),
		(unsigned long long)t.packs, (unsigned long long)t.findings);
}

int main(void) {
	static uint8_t ring[RING];
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
	sr_random(ring, sizeof ring);
	struct source big = {.ring = ring, .size = mb << 20};
	deposit(&b, "one file, incompressible", &big, 1);
	export_item(&b);
	deposit(&b, "the same again", &big, 1);
	struct source small = {.ring = ring, .size = 3000};
	deposit(&b, "45,000 small files", &small, 45000);
	export_item(&b);
	for (size_t i = 0; i < sizeof ring; i++)
		ring[i] = (uint8_t)("etaoin shrdlu cmfwyp vbgkqjxz,.\n"[(ring[i] * ring[i] / 2048) %
									32]);
	struct source text = {.ring = ring, .size = mb << 18};
	deposit(&b, "text, zstd", &text, 1);
	export_item(&b);
	scrub(&b);
	sr_index_close(b.index);
	must(sr_db_close(&b.db, &e), "close");
	sr_backend_free(b.backend);
	sr_dir_close(b.run);
	sr_dir_close(b.dir);
	sr_manifest_free(&b.manifest);
	sr_buf_free(&b.packs);
	(void)snprintf(command, sizeof command, "rm -rf '%s'", b.path);
	return system(command) == 0 ? 0 : 1;
}
