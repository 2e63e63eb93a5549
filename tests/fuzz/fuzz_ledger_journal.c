/*
 * fuzz_ledger_journal - the ledger's journal as it may lie on a disk: refused, or leaves and
 * commits that fit together, and a file that goes on from there.
 *
 * Input: u8 mode, u8 how many bytes to cut from the end, then
 *   0  the file
 *   1  u8 base / 256, then records: u8 kind ('L', 'C', 'D', or another), u8 flags, u8 length. They
 * are written with right checksums, but flag bit 0 spoils the checksum, bit 1 the size a commit
 *      says, bit 2 its MAC, and bit 3 writes zeros instead of the record.
 *
 * The outsider's program has a reader of its own: both must say the same of every file.
 */
#include "fuzz_files.h"
#include "fuzz_merkle.h"
#include "ledger/journal.h"
#include "merkle/tile.h"
#include "verify/journal.h"

enum {
	HEADER = 80,
	COMMIT_BODY = 8 + SR_HASH + SR_ATTACHMENT + SR_HASH
};

static const char origin[] = FUZZ_ORIGIN;

static void mac_key(uint8_t key[SR_KEY]) {
	t_fill(key, SR_KEY, 9);
}

struct maker {
	struct sr_buf file;
	uint8_t origin_hash[SR_HASH];
	uint64_t base;
	uint64_t size;
};

static void put_header(struct maker *m) {
	uint8_t sum[SR_HASH];
	SR_HASH_OF(m->origin_hash, "strongroom/origin/v1", NULL, sr_bytes_str(origin));
	sr_buf_put_str(&m->file, "SRJ1");
	sr_buf_put_le32(&m->file, 1);
	sr_buf_put_le64(&m->file, m->base);
	sr_buf_put(&m->file, m->origin_hash, SR_HASH);
	SR_HASH_OF(sum, "strongroom/journal/v1", NULL, sr_buf_view(&m->file));
	sr_buf_put(&m->file, sum, SR_HASH);
	MUST(m->file.len == HEADER);
}

static void put_record(struct maker *m, uint8_t kind, uint8_t flags, struct sr_bytes body) {
	uint8_t base[8], at[8], sum[SR_HASH];
	const size_t start = m->file.len;
	sr_le64_put(base, m->base);
	sr_le64_put(at, start);
	sr_buf_put_u8(&m->file, kind);
	sr_buf_put_zero(&m->file, 3);
	sr_buf_put_lp(&m->file, body);
	SR_HASH_OF(sum, "strongroom/journal-record/v1", NULL, sr_bytes_of(m->origin_hash, SR_HASH),
		sr_bytes_of(base, 8), sr_bytes_of(at, 8),
		sr_bytes_of(m->file.p + start, m->file.len - start));
	sum[0] ^= flags & 1;
	sr_buf_put(&m->file, sum, 16);
	if (flags & 8)
		memset(m->file.p + start, 0, m->file.len - start);
}

static void put_commit(struct maker *m, uint8_t kind, uint8_t flags) {
	uint8_t body[COMMIT_BODY], key[SR_KEY], size[8], mac[SR_HASH];
	mac_key(key);
	sr_le64_put(size, m->size + ((flags >> 1) & 1));
	t_fill(body, sizeof body, m->size);
	memcpy(body, size, 8);
	SR_HASH_OF(mac, "strongroom/commit/v1", key, sr_bytes_str(origin), sr_bytes_of(size, 8),
		sr_bytes_of(body + 8, SR_HASH), sr_bytes_of(body + 8 + SR_HASH, SR_ATTACHMENT));
	mac[0] ^= (flags >> 2) & 1;
	memcpy(body + COMMIT_BODY - SR_HASH, mac, SR_HASH);
	put_record(m, kind, flags, sr_bytes_of(body, sizeof body));
}

static void make_file(struct sr_buf *out, struct sr_bytes in) {
	uint8_t leaf[255];
	struct maker m = {.base = UINT64_C(256) * fuzz_u8(&in)};
	sr_buf_init(&m.file);
	m.size = m.base;
	put_header(&m);
	while (in.len >= 3 && m.file.len < 1 << 20) {
		uint8_t kind = fuzz_u8(&in), flags = fuzz_u8(&in), len = fuzz_u8(&in);
		if (kind == 'C' || kind == 'D') {
			put_commit(&m, kind, flags);
			continue;
		}
		t_fill(leaf, len, m.size);
		put_record(&m, kind, flags, sr_bytes_of(leaf, len));
		m.size += kind == 'L' && len > 0 && (flags & 9) == 0;
	}
	MUST(sr_buf_ok(&m.file, NULL) == 0);
	*out = m.file;
}

static void must_fit(const struct sr_journal *j) {
	const size_t commits = sr_journal_commits(j), leaves = sr_journal_leaves(j);
	uint64_t before = sr_journal_base(j);
	MUST(before % SR_TILE_WIDTH == 0 && commits >= 1 && leaves <= (size_t)2 * SR_COMMIT_LEAVES);
	for (size_t i = 0; i < commits; i++) {
		MUST(sr_journal_commit(j, i)->size >= before);
		before = sr_journal_commit(j, i)->size;
	}
	MUST(sr_journal_last(j) == sr_journal_commit(j, commits - 1));
	MUST(before == sr_journal_base(j) + leaves);
	for (size_t i = 0; i < leaves; i++)
		MUST(sr_journal_leaf(j, i).len >= 1);
}

/* The journal takes one more leaf, and reads the same afterwards. */
static void go_on(struct sr_journal **j, struct sr_dir *d, const uint8_t key[SR_KEY]) {
	const struct sr_bytes leaf = sr_bytes_str("one more");
	struct sr_commit c = *sr_journal_last(*j);
	const size_t leaves = sr_journal_leaves(*j);
	struct sr_journal *again = NULL;
	struct sr_err e;
	c.size++;
	int rc = sr_journal_append(*j, &leaf, 1, &c, &e);
	MUST(rc == 0 || leaves >= SR_COMMIT_LEAVES);
	sr_journal_close(*j);
	*j = NULL;
	if (rc != 0)
		return;
	assert_ok(sr_journal_open(&again, d, origin, key, &e), &e);
	must_fit(again);
	MUST(sr_journal_report(again)->dropped == 0 && !sr_journal_report(again)->mended);
	MUST(sr_journal_leaves(again) == leaves + 1);
	MUST(sr_bytes_eq(sr_journal_leaf(again, leaves), leaf));
	sr_journal_close(again);
}

/* ${j} NULL: it was refused with ${rc}. */
static void must_agree(struct sr_bytes file, const struct sr_journal *j, int rc) {
	struct verify_journal v;
	struct sr_err e;
	const int theirs = verify_journal_read(&v, file, origin, &e);
	MUST(theirs == rc);
	if (rc == 0) {
		const struct sr_journal_report *r = sr_journal_report(j);
		MUST(v.base == sr_journal_base(j) && v.leaves == sr_journal_leaves(j));
		MUST(v.commits == sr_journal_commits(j));
		MUST(v.dropped == r->dropped && v.mended == r->mended);
		for (size_t i = 0; i < v.leaves; i++)
			MUST(sr_bytes_eq(v.leaf[i], sr_journal_leaf(j, i)));
		for (size_t i = 0; i < v.commits; i++) {
			const struct sr_commit *c = sr_journal_commit(j, i);
			MUST(v.commit[i].size == c->size);
			MUST(memcmp(v.commit[i].root, c->root, SR_HASH) == 0);
		}
	}
	verify_journal_free(&v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	struct sr_journal *j = NULL;
	struct sr_dir *d = NULL;
	struct sr_buf file;
	struct sr_err e;
	uint8_t key[SR_KEY];
	fuzz_start();
	mac_key(key);
	uint8_t mode = fuzz_u8(&in) % 2, cut = fuzz_u8(&in);
	sr_buf_init(&file);
	if (mode == 0)
		sr_buf_put_bytes(&file, in);
	else
		make_file(&file, in);
	const char *folder = fuzz_folder();
	fuzz_plant(folder, "journal", sr_bytes_of(file.p, file.len > cut ? file.len - cut : 0));
	assert_ok(sr_dir_open(&d, folder, &e), &e);
	int plain = sr_journal_open(&j, d, origin, NULL, &e);
	if (plain == 0)
		must_fit(j);
	must_agree(sr_bytes_of(file.p, file.len > cut ? file.len - cut : 0), j, plain);
	sr_journal_close(j);
	j = NULL;
	int rc = sr_journal_open(&j, d, origin, key, &e);
	MUST(rc == plain || rc == SR_AUTH);
	if (rc == 0) {
		must_fit(j);
		go_on(&j, d, key);
	}
	sr_dir_close(d);
	sr_buf_free(&file);
	return 0;
}

void fuzz_seeds(void) {
	uint8_t key[SR_KEY], leaves[3][SR_HASH];
	struct sr_journal *j = NULL;
	struct sr_dir *d = NULL;
	struct sr_buf file;
	struct sr_err e;
	fuzz_start();
	mac_key(key);
	const char *folder = fuzz_folder();
	assert_ok(sr_dir_open(&d, folder, &e), &e);
	assert_ok(sr_journal_create(d, origin, key, &e), &e);
	assert_ok(sr_journal_open(&j, d, origin, key, &e), &e);
	const struct sr_bytes entries[] = {
		sr_bytes_str("a"), sr_bytes_str("bc"), sr_bytes_str("def")};
	struct sr_commit c = {.size = 3};
	for (size_t i = 0; i < 3; i++)
		sr_leaf_hash(leaves[i], entries[i]);
	sr_merkle_root(c.root, leaves[0], 3);
	assert_ok(sr_journal_append(j, entries, 3, &c, &e), &e);
	sr_journal_close(j);
	sr_dir_close(d);
	sr_buf_init(&file);
	fuzz_read(&file, folder, "journal");
	fuzz_seed_with("file", "\0\0", 2, sr_buf_view(&file));
	fuzz_seed_with("cut", "\0\x30", 2, sr_buf_view(&file));
	sr_buf_free(&file);
#define RECORDS(name, bytes) fuzz_seed(name, sr_bytes_of(bytes, sizeof(bytes) - 1))
	RECORDS("records", "\1\0\2C\0\0D\0\0L\0\7L\0\1C\0\0D\0\0");
	RECORDS("torn", "\1\0\0C\0\0D\0\0L\0\7L\1\1C\1\0D\1\0");
	RECORDS("mended", "\1\0\0C\0\0D\0\0L\0\7C\1\0D\0\0L\0\1C\0\0D\1\0");
	RECORDS("unwritten", "\1\0\0C\0\0D\0\0L\x8\xc0L\0\1C\0\0D\0\0");
	RECORDS("wrong-mac", "\1\0\0C\0\0D\0\0L\0\7C\4\0D\4\0");
	RECORDS("wrong-size", "\1\0\0C\0\0D\0\0L\0\7C\2\0D\2\0");
#undef RECORDS
}
