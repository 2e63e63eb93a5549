/*
 * journal - durable commits in an append file. See journal.h for the format.
 *
 * The whole file is kept in memory (it is replaced at every 256 leaves), so reading an entry of the
 * tail and writing a new file need no disk. What is in ${data} is what is on disk and good; bytes
 * after it on disk make the journal `dirty`, and the first change of a dirty journal writes a new
 * file instead of cutting the old one.
 */
#include "ledger/journal.h"

#include <unistd.h>

#include "base/limits.h"
#include "base/secret.h"
#include "merkle/tile.h"
#include "merkle/tree.h"

static const char file_name[] = "journal";
static const char magic[4] = {'S', 'R', 'J', '1'};
static const char label_header[] = "strongroom/journal/v1";
static const char label_record[] = "strongroom/journal-record/v1";
static const char label_commit[] = "strongroom/commit/v1";
static const char label_origin[] = "strongroom/origin/v1";

enum {
	VERSION = 1,
	HEADER_SUMMED = 48,
	HEADER = HEADER_SUMMED + SR_HASH,
	HEAD = 8, /* kind, zeros, length */
	SUM = 16,
	COMMIT_BODY = 8 + SR_HASH + SR_ATTACHMENT + SR_HASH,
	COMMIT_RECORD = HEAD + COMMIT_BODY + SUM,
	BOTH_COPIES = 2 * COMMIT_RECORD,
	UNWRITTEN_RUN = 64, /* zero bytes in a row that no sealed leaf has */
	SECTOR = 512,       /* bytes that come to the disk together, or a multiple of it does */
	LEAVES_MAX = 2 * SR_COMMIT_LEAVES
};

struct span {
	size_t at, len;
};

struct sr_journal {
	struct sr_dir *dir;
	uint8_t origin_hash[SR_HASH];
	char *origin;
	uint8_t *mac_key; /* secret arena; NULL: none */
	uint64_t base;
	struct sr_buf data;
	struct span leaf[LEAVES_MAX];
	size_t leaves;
	struct sr_commit *commit;
	size_t commits, commits_cap;
	struct sr_journal_report report;
	int fd;     /* -1 until the first append */
	bool dirty; /* the file on disk is not ${data} */
	bool failed;
};

/* ---- bytes ---- */

static void sum_record(
	uint8_t out[SR_HASH], const struct sr_journal *j, size_t offset, struct sr_bytes bytes) {
	uint8_t base[8], at[8];
	sr_le64_put(base, j->base);
	sr_le64_put(at, offset);
	SR_HASH_OF(out, label_record, NULL, sr_bytes_of(j->origin_hash, SR_HASH),
		sr_bytes_of(base, 8), sr_bytes_of(at, 8), bytes);
}

/* Append a record that will lie at ${offset} + b->len of the file. */
static void put_record(struct sr_buf *b, const struct sr_journal *j, size_t offset, char kind,
	struct sr_bytes body) {
	static const uint8_t zero[3];
	const size_t at = b->len;
	uint8_t sum[SR_HASH];
	sr_buf_put_u8(b, (uint8_t)kind);
	sr_buf_put(b, zero, sizeof zero);
	sr_buf_put_lp(b, body);
	if (b->failed != SR_OK)
		return;
	sum_record(sum, j, offset + at, sr_bytes_of(b->p + at, b->len - at));
	sr_buf_put(b, sum, SUM);
}

static void commit_mac(
	uint8_t out[SR_HASH], const struct sr_journal *j, const struct sr_commit *c) {
	uint8_t size[8];
	sr_le64_put(size, c->size);
	SR_HASH_OF(out, label_commit, j->mac_key, sr_bytes_str(j->origin), sr_bytes_of(size, 8),
		sr_bytes_of(c->root, SR_HASH), sr_bytes_of(c->attachment, SR_ATTACHMENT));
}

static void put_commit(
	struct sr_buf *b, const struct sr_journal *j, size_t offset, const struct sr_commit *c) {
	uint8_t body[COMMIT_BODY];
	sr_le64_put(body, c->size);
	memcpy(body + 8, c->root, SR_HASH);
	memcpy(body + 8 + SR_HASH, c->attachment, SR_ATTACHMENT);
	commit_mac(body + 8 + SR_HASH + SR_ATTACHMENT, j, c);
	put_record(b, j, offset, 'C', sr_bytes_of(body, sizeof body));
	put_record(b, j, offset, 'D', sr_bytes_of(body, sizeof body));
}

static void put_header(struct sr_buf *b, const struct sr_journal *j) {
	uint8_t sum[SR_HASH];
	const size_t at = b->len;
	sr_buf_put(b, magic, sizeof magic);
	sr_buf_put_le32(b, VERSION);
	sr_buf_put_le64(b, j->base);
	sr_buf_put(b, j->origin_hash, SR_HASH);
	if (b->failed != SR_OK)
		return;
	SR_HASH_OF(sum, label_header, NULL, sr_bytes_of(b->p + at, HEADER_SUMMED));
	sr_buf_put(b, sum, SR_HASH);
}

/* ---- life ---- */

static int journal_new(struct sr_journal **out, struct sr_dir *d, const char *origin,
	const uint8_t *mac_key, struct sr_err *e) {
	struct sr_journal *j = calloc(1, sizeof *j);
	if (j == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for the journal");
	j->dir = d;
	j->fd = -1;
	sr_buf_init(&j->data);
	SR_HASH_OF(j->origin_hash, label_origin, NULL, sr_bytes_str(origin));
	j->origin = strdup(origin);
	if (j->origin == NULL) {
		sr_journal_close(j);
		return sr_fail(e, SR_NOMEM, "no memory for the journal");
	}
	if (mac_key != NULL) {
		j->mac_key = sr_secret_new(SR_KEY, e);
		if (j->mac_key == NULL) {
			sr_journal_close(j);
			return SR_LIMIT;
		}
		memcpy(j->mac_key, mac_key, SR_KEY);
	}
	*out = j;
	return 0;
}

void sr_journal_close(struct sr_journal *j) {
	if (j == NULL)
		return;
	if (j->fd >= 0)
		(void)close(j->fd);
	sr_secret_free(j->mac_key, SR_KEY);
	sr_buf_free(&j->data);
	free(j->commit);
	free(j->origin);
	free(j);
}

int sr_journal_create(
	struct sr_dir *d, const char *origin, const uint8_t mac_key[SR_KEY], struct sr_err *e) {
	struct sr_journal *j = NULL;
	struct sr_commit c = {.size = 0};
	int rc = journal_new(&j, d, origin, mac_key, e);
	if (rc != 0)
		return rc;
	sr_merkle_root(c.root, NULL, 0);
	put_header(&j->data, j);
	put_commit(&j->data, j, 0, &c);
	rc = sr_buf_ok(&j->data, e);
	if (rc == 0)
		rc = sr_file_create(d, file_name, sr_buf_view(&j->data), e);
	if (rc != 0)
		(void)sr_wrap(e, "journal");
	sr_journal_close(j);
	return rc;
}

static int keep_commit(struct sr_journal *j, const struct sr_commit *c, struct sr_err *e) {
	if (j->commits == j->commits_cap) {
		const size_t cap = j->commits_cap == 0 ? 64 : 2 * j->commits_cap;
		struct sr_commit *p = realloc(j->commit, cap * sizeof *p);
		if (p == NULL)
			return sr_fail(e, SR_NOMEM, "no memory for %zu commits", cap);
		j->commit = p;
		j->commits_cap = cap;
	}
	j->commit[j->commits++] = *c;
	return 0;
}

/* ---- reading ---- */

static int check_header(struct sr_journal *j, struct sr_bytes f, struct sr_err *e) {
	uint8_t sum[SR_HASH];
	if (f.len < HEADER)
		return sr_fail(
			e, SR_CORRUPT, "have %zu bytes, want at least %d", f.len, (int)HEADER);
	if (memcmp(f.p, magic, sizeof magic) != 0)
		return sr_fail(e, SR_CORRUPT, "the file does not begin \"SRJ1\"");
	SR_HASH_OF(sum, label_header, NULL, sr_bytes_of(f.p, HEADER_SUMMED));
	if (memcmp(sum, f.p + HEADER_SUMMED, SR_HASH) != 0)
		return sr_fail(e, SR_CORRUPT, "the header (offset 0) is damaged");
	if (sr_le32_get(f.p + 4) != VERSION)
		return sr_fail(e, SR_UNSUPPORTED, "version %u, %d is read here",
			sr_le32_get(f.p + 4), (int)VERSION);
	if (memcmp(f.p + 16, j->origin_hash, SR_HASH) != 0)
		return sr_fail(e, SR_CORRUPT, "it belongs to another origin than %s", j->origin);
	j->base = sr_le64_get(f.p + 8);
	if (j->base % SR_TILE_WIDTH != 0 || j->base > SR_TREE_SIZE_MAX - LEAVES_MAX)
		return sr_fail(e, SR_CORRUPT, "base %llu is not a multiple of %d",
			(unsigned long long)j->base, SR_TILE_WIDTH);
	return 0;
}

/* Whether a whole record with a right checksum lies at ${at}. */
static bool record_at(
	struct span *body, char *kind, const struct sr_journal *j, struct sr_bytes f, size_t at) {
	uint8_t sum[SR_HASH];
	if (at > f.len || f.len - at < HEAD + SUM)
		return false;
	const uint8_t *p = f.p + at;
	if ((p[0] != 'L' && p[0] != 'C' && p[0] != 'D') || p[1] != 0 || p[2] != 0 || p[3] != 0)
		return false;
	const size_t len = sr_le32_get(p + 4);
	if (len > f.len - at - HEAD - SUM)
		return false;
	if (p[0] == 'L' ? len < 1 || len > SR_ENTRY_MAX : len != COMMIT_BODY)
		return false;
	sum_record(sum, j, at, sr_bytes_of(p, HEAD + len));
	if (memcmp(sum, p + HEAD + len, SUM) != 0)
		return false;
	*kind = (char)p[0];
	body->at = at + HEAD;
	body->len = len;
	return true;
}

/* The first whole commit record after ${from}; f.len if there is none. */
static size_t next_commit(const struct sr_journal *j, struct sr_bytes f, size_t from) {
	struct span body;
	char kind;
	for (size_t at = from; f.len >= COMMIT_RECORD && at <= f.len - COMMIT_RECORD; at++) {
		if (f.p[at] != 'C' && f.p[at] != 'D')
			continue;
		if (record_at(&body, &kind, j, f, at))
			return at;
	}
	return f.len;
}

static bool has_zero_run(struct sr_bytes f, size_t from, size_t to) {
	size_t run = 0;
	for (size_t i = from; i < to; i++) {
		run = f.p[i] == 0 ? run + 1 : 0;
		if (run == UNWRITTEN_RUN)
			return true;
	}
	return false;
}

struct scan {
	struct sr_bytes f;
	size_t pos;
	size_t good;        /* end of the last commit */
	size_t good_leaves; /* leaves up to there */
};

/* The commit body at ${body} says what was read so far; both copies come here. */
static int take_commit(struct sr_journal *j, struct scan *s, struct span body, struct sr_err *e) {
	const uint8_t *p = s->f.p + body.at;
	struct sr_commit c = {.size = sr_le64_get(p)};
	uint8_t mac[SR_HASH];
	memcpy(c.root, p + 8, SR_HASH);
	memcpy(c.attachment, p + 8 + SR_HASH, SR_ATTACHMENT);
	if (c.size != j->base + j->leaves)
		return sr_fail(e, SR_CORRUPT,
			"the commit record at offset %zu says size %llu, leaves make %llu",
			body.at - HEAD, (unsigned long long)c.size,
			(unsigned long long)(j->base + j->leaves));
	if (j->mac_key != NULL) {
		commit_mac(mac, j, &c);
		if (!sr_ct_eq(mac, p + 8 + SR_HASH + SR_ATTACHMENT, SR_HASH))
			return sr_fail(e, SR_AUTH,
				"the commit record at offset %zu (size %llu) was not written "
				"with this key",
				body.at - HEAD, (unsigned long long)c.size);
	}
	return keep_commit(j, &c, e);
}

/* At a whole 'C', or at a damaged one whose 'D' is whole (${mended}): take it and go behind both
 * copies. */
static int pass_commit(
	struct sr_journal *j, struct scan *s, struct span body, bool mended, struct sr_err *e) {
	struct span twin;
	char kind;
	const int rc = take_commit(j, s, body, e);
	if (rc != 0)
		return rc;
	if (!mended) {
		const bool whole = record_at(&twin, &kind, j, s->f, s->pos + COMMIT_RECORD);
		if (!whole || kind != 'D' ||
			memcmp(s->f.p + twin.at, s->f.p + body.at, COMMIT_BODY) != 0)
			mended = true;
	}
	j->report.mended |= mended;
	s->pos += BOTH_COPIES;
	if (s->pos > s->f.len)
		s->pos = s->f.len; /* the second copy was cut */
	s->good = s->pos;
	s->good_leaves = j->leaves;
	return 0;
}

/* A part of the group, from s->pos up to the commit at ${next}, did not come to the disk: a sector
 * of it, or what is its own of the one where the last group ends. There the bytes before are as
 * they were, and all behind them zero, however few. */
static bool was_unwritten(const struct scan *s, size_t next) {
	const size_t shared = s->pos % SECTOR == 0 ? 0 : SECTOR - s->pos % SECTOR;
	size_t zeros = 0;
	if (has_zero_run(s->f, s->pos, next))
		return true;
	while (zeros < shared && s->pos + zeros < next && s->f.p[s->pos + zeros] == 0)
		zeros++;
	return s->pos == s->good && shared > 0 && zeros == shared;
}

/* The record at s->pos is not whole: a torn tail (0), or damage. That a group which was thrown away
 * here had been acknowledged and is missed, who remembers it says: the published checkpoint
 * (ledger.c), people's programs. */
static int judge_damage(struct sr_journal *j, const struct scan *s, struct sr_err *e) {
	const size_t next = next_commit(j, s->f, s->pos + 1);
	if (next == s->f.len)
		return 0;
	/* One or two copies, nothing else: the last group. The second may have been cut. */
	const size_t last = s->f.len - next;
	const bool at_end = last == COMMIT_RECORD || (s->f.p[next] == 'C' && last <= BOTH_COPIES);
	if (at_end && was_unwritten(s, next)) {
		j->report.unwritten = true;
		return 0;
	}
	return sr_fail(e, SR_CORRUPT,
		"the record at offset %zu (entry %llu) is damaged, and a commit follows at "
		"offset %zu",
		s->pos, (unsigned long long)(j->base + j->leaves), next);
}

static int scan_records(struct sr_journal *j, struct scan *s, struct sr_err *e) {
	int rc;
	while (s->pos < s->f.len) {
		struct span body;
		char kind;
		const bool whole = record_at(&body, &kind, j, s->f, s->pos);
		if (whole && kind == 'L' && j->leaves < LEAVES_MAX) {
			j->leaf[j->leaves++] = body;
			s->pos = body.at + body.len + SUM;
			continue;
		}
		if (whole && kind == 'C') {
			if ((rc = pass_commit(j, s, body, false, e)) != 0)
				return rc;
			continue;
		}
		if (!whole && record_at(&body, &kind, j, s->f, s->pos + COMMIT_RECORD) &&
			kind == 'D') {
			if ((rc = pass_commit(j, s, body, true, e)) != 0)
				return rc;
			continue;
		}
		if (whole)
			return sr_fail(
				e, SR_CORRUPT, "the record at offset %zu is out of place", s->pos);
		return judge_damage(j, s, e);
	}
	return 0;
}

static int read_all(struct sr_journal *j, struct sr_err *e) {
	struct sr_buf file;
	sr_buf_init(&file);
	int rc = sr_file_read(j->dir, file_name, &file, SR_JOURNAL_MAX, e);
	if (rc != 0)
		goto out;
	struct scan s = {.f = sr_buf_view(&file), .pos = HEADER};
	if ((rc = check_header(j, s.f, e)) != 0 || (rc = scan_records(j, &s, e)) != 0)
		goto out;
	if (j->commits == 0) {
		rc = sr_fail(e, SR_CORRUPT, "no commit record in %zu bytes", s.f.len);
		goto out;
	}
	j->report.dropped = s.f.len - s.good;
	j->report.dropped_leaves = j->leaves - s.good_leaves;
	j->leaves = s.good_leaves;
	j->dirty = j->report.dropped > 0 || j->report.mended;
	sr_buf_put(&j->data, s.f.p, s.good);
	rc = sr_buf_ok(&j->data, e);
out:
	sr_buf_free(&file);
	return rc;
}

int sr_journal_open(struct sr_journal **out, struct sr_dir *d, const char *origin,
	const uint8_t *mac_key, struct sr_err *e) {
	struct sr_journal *j = NULL;
	int rc = journal_new(&j, d, origin, mac_key, e);
	if (rc == 0)
		rc = read_all(j, e);
	if (rc != 0) {
		(void)sr_wrap(e, "journal");
		sr_journal_close(j);
		return rc;
	}
	*out = j;
	return 0;
}

const struct sr_journal_report *sr_journal_report(const struct sr_journal *j) {
	return &j->report;
}

uint64_t sr_journal_base(const struct sr_journal *j) {
	return j->base;
}

size_t sr_journal_leaves(const struct sr_journal *j) {
	return j->leaves;
}

struct sr_bytes sr_journal_leaf(const struct sr_journal *j, size_t i) {
	if (i >= j->leaves)
		return sr_bytes_of(NULL, 0);
	return sr_bytes_of(j->data.p + j->leaf[i].at, j->leaf[i].len);
}

size_t sr_journal_commits(const struct sr_journal *j) {
	return j->commits;
}

const struct sr_commit *sr_journal_commit(const struct sr_journal *j, size_t i) {
	return i < j->commits ? &j->commit[i] : NULL;
}

const struct sr_commit *sr_journal_last(const struct sr_journal *j) {
	return &j->commit[j->commits - 1];
}

/* ---- writing ---- */

void sr_journal_rekey(struct sr_journal *j, const uint8_t mac_key[SR_KEY]) {
	memcpy(j->mac_key, mac_key, SR_KEY);
}

static int usable(const struct sr_journal *j, struct sr_err *e) {
	if (j->failed)
		return sr_fail(
			e, SR_IO, "it failed before and takes nothing until it is opened again");
	if (j->mac_key == NULL)
		return sr_fail(e, SR_MISUSE, "it is open for reading");
	return 0;
}

int sr_journal_rewrite(struct sr_journal *j, uint64_t base, struct sr_err *e) {
	const uint64_t old_base = j->base, size = j->base + j->leaves;
	const struct sr_commit last = *sr_journal_last(j);
	struct span leaf[LEAVES_MAX];
	struct sr_buf b;
	size_t n = 0;
	int rc = usable(j, e);
	if (rc != 0)
		return rc;
	if (base < old_base || base > size || base % SR_TILE_WIDTH != 0)
		return sr_fail(e, SR_MISUSE, "journal: base %llu is not between %llu and %llu",
			(unsigned long long)base, (unsigned long long)old_base,
			(unsigned long long)size);
	sr_buf_init(&b);
	j->base = base; /* checksums bind it */
	put_header(&b, j);
	for (size_t i = (size_t)(base - old_base); i < j->leaves; i++) {
		leaf[n].at = b.len + HEAD;
		leaf[n].len = j->leaf[i].len;
		n++;
		put_record(&b, j, 0, 'L', sr_journal_leaf(j, i));
	}
	put_commit(&b, j, 0, &last);
	j->failed = true; /* until the new file is in place and open */
	if ((rc = sr_buf_ok(&b, e)) != 0)
		goto out;
	if ((rc = sr_file_replace(j->dir, file_name, sr_buf_view(&b), e)) != 0)
		goto out;
	if (j->fd >= 0)
		(void)close(j->fd);
	j->fd = -1;
	sr_buf_free(&j->data);
	j->data = b;
	sr_buf_init(&b);
	memcpy(j->leaf, leaf, n * sizeof *leaf);
	j->leaves = n;
	j->commit[0] = last;
	j->commits = 1;
	j->dirty = false;
	j->failed = false;
out:
	sr_buf_free(&b);
	if (rc != 0) {
		j->base = old_base; /* what is in memory still reads */
		(void)sr_wrap(e, "journal: write a new file");
	}
	return rc;
}

static int check_group(const struct sr_journal *j, const struct sr_bytes *leaves, size_t count,
	const struct sr_commit *c, struct sr_err *e) {
	size_t bytes = j->data.len + BOTH_COPIES;
	if (count > SR_COMMIT_LEAVES || j->leaves + count > LEAVES_MAX)
		return sr_fail(e, SR_LIMIT, "%zu leaves after %zu, want at most %d at once", count,
			j->leaves, SR_COMMIT_LEAVES);
	if (c->size != j->base + j->leaves + count)
		return sr_fail(e, SR_MISUSE, "the commit says size %llu, leaves make %llu",
			(unsigned long long)c->size,
			(unsigned long long)(j->base + j->leaves + count));
	for (size_t i = 0; i < count; i++) {
		if (leaves[i].len < 1 || leaves[i].len > SR_ENTRY_MAX)
			return sr_fail(e, SR_LIMIT, "leaf %zu has %zu bytes, want 1 to %d", i,
				leaves[i].len, SR_ENTRY_MAX);
		bytes += HEAD + leaves[i].len + SUM;
	}
	if (bytes > SR_JOURNAL_MAX)
		return sr_fail(e, SR_MISUSE, "it would have %zu bytes, want at most %d", bytes,
			SR_JOURNAL_MAX);
	return 0;
}

/* One write, one fdatasync. */
static int write_group(struct sr_journal *j, struct sr_bytes group, struct sr_err *e) {
	int rc = 0;
	if (j->fd < 0)
		rc = sr_file_open(&j->fd, j->dir, file_name, SR_FS_WRITE, e);
	if (rc == 0)
		rc = sr_fd_pwrite(j->fd, group.p, group.len, j->data.len, e);
	if (rc == 0)
		rc = sr_fd_datasync(j->fd, e);
	return rc;
}

static int append(struct sr_journal *j, const struct sr_bytes *leaves, size_t count,
	const struct sr_commit *c, struct sr_err *e) {
	struct sr_buf group;
	struct span at[SR_COMMIT_LEAVES];
	int rc = check_group(j, leaves, count, c, e);
	if (rc != 0)
		return rc;
	if (j->dirty && (rc = sr_journal_rewrite(j, j->base, e)) != 0)
		return rc;
	sr_buf_init(&group);
	for (size_t i = 0; i < count; i++) {
		at[i].at = j->data.len + group.len + HEAD;
		at[i].len = leaves[i].len;
		put_record(&group, j, j->data.len, 'L', leaves[i]);
	}
	put_commit(&group, j, j->data.len, c);
	/* Memory first: nothing may fail between the disk's yes and ours. */
	if ((rc = sr_buf_ok(&group, e)) != 0 ||
		(rc = sr_buf_reserve(&j->data, group.len, e)) != 0 ||
		(rc = keep_commit(j, c, e)) != 0)
		goto out;
	if ((rc = write_group(j, sr_buf_view(&group), e)) != 0) {
		j->commits--;
		j->failed = true;
		goto out;
	}
	sr_buf_put_buf(&j->data, &group);
	memcpy(j->leaf + j->leaves, at, count * sizeof *at);
	j->leaves += count;
out:
	sr_buf_free(&group);
	return rc;
}

int sr_journal_append(struct sr_journal *j, const struct sr_bytes *leaves, size_t count,
	const struct sr_commit *c, struct sr_err *e) {
	int rc = usable(j, e);
	if (rc == 0)
		rc = append(j, leaves, count, c, e);
	if (rc != 0)
		(void)sr_wrap(e, "journal");
	return rc;
}
