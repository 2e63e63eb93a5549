/*
 * bench_tree_limit TREE - what a tree of small files costs at the least, on one core: seconds of
 * CPU.
 *
 * Each line is one thing that a deposit of the tree cannot do without, done to all of its files and
 * with nothing else around it: look for them, open, read and close them; SHA-256 of each; H of
 * each, as many side by side as a job has; of contents that differ, zstd, the cipher, and the hash
 * of the segments that they fill. A second deposit of the same opens and unpacks what is stored
 * instead. Before either stands Argon2id for the passphrase of the identity, which no other core
 * can help with. tests/bench/peers puts them together, as bench_crypto_limit's for a large file.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "base/limits.h"
#include "crypto/aead.h"
#include "store/block.h"
#include "store/codec.h"

enum {
	TIMES = 3,        /* the least counts: anything more is somebody else's work */
	FOLDERS_OPEN = 20 /* of nftw */
};

struct file {
	const uint8_t *p;
	size_t len;
	uint8_t h[SR_HASH];
	bool again; /* an earlier one has the same content */
	uint8_t *packed;
	size_t packed_len; /* 0: stored as it is */
	uint8_t *record;   /* of SR_AEAD_OVERHEAD more bytes */
};

static const char label[] = "strongroom/block-record/v1";
static const uint8_t key[SR_KEY] = {1};
static struct file *files;
static size_t count, cap;
static uint8_t block[SR_BLOCK + SR_AEAD_OVERHEAD];
static struct sr_codec *codec;

static double cpu_s(void) {
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(bool good, const char *what) {
	if (good)
		return;
	(void)fprintf(stderr, "bench_tree_limit: %s\n", what);
	exit(1);
}

/* Each file into `block`. */
static int read_one(const char *path, const struct stat *st, int type, struct FTW *at) {
	const int fd = type == FTW_F ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t n = 0;

	(void)st;
	(void)at;
	if (fd < 0)
		return 0;
	while ((n = read(fd, block, SR_BLOCK)) > 0)
		;
	must(n == 0 && close(fd) == 0, path);
	return 0;
}

/* Each file into memory that it keeps: what one block holds, as a small file does. */
static int keep_one(const char *path, const struct stat *st, int type, struct FTW *at) {
	const size_t len = (size_t)st->st_size;
	uint8_t *p;

	(void)at;
	if (type != FTW_F || len == 0 || len > SR_BLOCK)
		return 0;
	if (count == cap) {
		cap = cap == 0 ? 1024 : cap * 2;
		struct file *more = reallocarray(files, cap, sizeof *more);
		must(more != NULL, "no memory");
		files = more;
	}
	p = malloc(len);
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	must(p != NULL && fd >= 0 && read(fd, p, len) == (ssize_t)len && close(fd) == 0, path);
	files[count++] = (struct file){.p = p, .len = len};
	return 0;
}

static const char *root;

static void read_all(void) {
	must(nftw(root, read_one, FOLDERS_OPEN, FTW_PHYS) == 0, root);
}

static void sha256_all(void) {
	uint8_t out[SR_HASH];

	for (size_t i = 0; i < count; i++)
		sr_sha256(out, files[i].p, files[i].len);
}

static void hash_all(void) {
	uint8_t h[SR_LANES_TEXTS][SR_HASH];
	struct sr_bytes plain[SR_LANES_TEXTS];

	for (size_t from = 0, n = 0; from < count; from += n) {
		n = count - from < SR_LANES_TEXTS ? count - from : SR_LANES_TEXTS;
		for (size_t i = 0; i < n; i++)
			plain[i] = sr_bytes_of(files[from + i].p, files[from + i].len);
		sr_block_hashes(h, plain, n);
		for (size_t i = 0; i < n; i++)
			memcpy(files[from + i].h, h[i], SR_HASH);
	}
}

static int by_hash(const void *a, const void *b) {
	return memcmp(((const struct file *)a)->h, ((const struct file *)b)->h, SR_HASH);
}

/* After hash_all. */
static void find_same(void) {
	qsort(files, count, sizeof *files, by_hash);
	for (size_t i = 1; i < count; i++)
		files[i].again = by_hash(&files[i - 1], &files[i]) == 0;
	for (size_t i = 0; i < count; i++) {
		files[i].packed = malloc(files[i].len);
		files[i].record = malloc(files[i].len + SR_AEAD_OVERHEAD);
		must(files[i].packed != NULL && files[i].record != NULL, "no memory");
	}
}

static struct sr_bytes stored(const struct file *f) {
	return f->packed_len > 0 ? sr_bytes_of(f->packed, f->packed_len)
				 : sr_bytes_of(f->p, f->len);
}

static void pack_all(void) {
	struct sr_err e = {0};

	for (size_t i = 0; i < count; i++)
		if (!files[i].again)
			must(sr_codec_encode(codec, SR_CODEC_ZSTD,
				     sr_bytes_of(files[i].p, files[i].len), files[i].packed,
				     &files[i].packed_len, &e) == 0,
				e.text);
}

static void unpack_all(void) {
	struct sr_err e = {0};

	for (size_t i = 0; i < count; i++)
		must(files[i].packed_len == 0 ||
				sr_codec_decode(codec, SR_CODEC_ZSTD,
					sr_bytes_of(files[i].packed, files[i].packed_len), block,
					files[i].len, &e) == 0,
			e.text);
}

static void seal_all(void) {
	for (size_t i = 0; i < count; i++)
		if (!files[i].again)
			sr_aead_seal(files[i].record, key, label, sr_bytes_of(key, sizeof key),
				stored(&files[i]));
}

static void open_all(void) {
	struct sr_err e = {0};

	for (size_t i = 0; i < count; i++) {
		const struct file *f = &files[i];
		must(f->again || sr_aead_open(block, key, label, sr_bytes_of(key, sizeof key),
					 sr_bytes_of(f->record, stored(f).len + SR_AEAD_OVERHEAD),
					 &e) == 0,
			e.text);
	}
}

/* So many bytes as are stored, in segments of a mebibyte, four at a time. */
static void segments(void) {
	static uint8_t four[SR_LANES][SR_BLOCK];
	struct sr_bytes plain[SR_LANES];
	uint8_t h[SR_LANES][SR_HASH];
	size_t bytes = 0;

	for (size_t i = 0; i < count; i++)
		bytes += files[i].again ? 0 : stored(&files[i]).len + SR_AEAD_OVERHEAD;
	for (size_t i = 0; i < SR_LANES; i++)
		plain[i] = sr_bytes_of(four[i], SR_BLOCK);
	for (size_t at = 0; at < bytes; at += sizeof four)
		sr_block_hashes(h, plain, SR_LANES);
}

/* As crypto/passphrase.h has it for an identity: 64 MiB, 3 passes. */
static void stretch(void) {
	static const uint8_t salt[crypto_pwhash_SALTBYTES];
	uint8_t out[SR_KEY];

	must(crypto_pwhash(out, sizeof out, "correct horse", 13, salt, 3, (size_t)64 << 20,
		     crypto_pwhash_ALG_ARGON2ID13) == 0,
		"no memory");
}

static void line(const char *name, void (*all)(void)) {
	double least = 0;

	for (int i = 0; i < TIMES; i++) {
		const double begun_s = cpu_s();
		all();
		const double took_s = cpu_s() - begun_s;
		if (i == 0 || took_s < least)
			least = took_s;
	}
	(void)printf("%s %.3f\n", name, least);
}

int main(int argc, char **argv) {
	struct sr_err e = {0};

	must(argc == 2, "one folder, please");
	root = argv[1];
	must(sr_crypto_init(&e) == 0 && sr_codec_new(&codec, &e) == 0, e.text);
	must(nftw(root, keep_one, FOLDERS_OPEN, FTW_PHYS) == 0, root);
	line("unlock", stretch);
	line("read", read_all);
	line("tree-sha256", sha256_all);
	line("tree-hashes", hash_all);
	find_same();
	line("zstd", pack_all);
	line("seal", seal_all);
	line("segments", segments);
	line("open", open_all);
	line("unzstd", unpack_all);
	return 0;
}
