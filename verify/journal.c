/*
 * journal - reading the tail of a vault's log. See journal.h; offsets are those of
 * vault/ledger/journal.h.
 */
#include "verify/journal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "merkle/tile.h"
#include "merkle/tree.h"

enum {
	VERSION = 1,
	SUMMED = 48,
	HEADER = SUMMED + SR_HASH,
	HEAD = 8,
	SUM = 16,
	COMMIT_BODY = 8 + SR_HASH + 64 + SR_HASH,
	COMMIT_RECORD = HEAD + COMMIT_BODY + SUM,
	/* zero bytes in a row that no sealed entry has: a group never written whole */
	ZERO_RUN = 64,
	SECTOR = 512 /* comes to the disk as a whole, or not */
};

struct scan {
	struct verify_journal *j;
	struct sr_bytes file;
	uint8_t origin[SR_HASH];
	size_t pos;
	size_t read; /* leaves up to ${pos}; j->leaves of them are committed */
};

void verify_journal_free(struct verify_journal *j) {
	free(j->commit);
	j->commit = NULL;
}

static int header(struct scan *s, const char *origin, struct sr_err *e) {
	const uint8_t *p = s->file.p;
	uint8_t sum[SR_HASH];

	SR_HASH_OF(s->origin, "strongroom/origin/v1", NULL, sr_bytes_str(origin));
	if (s->file.len < HEADER)
		return sr_fail(e, SR_CORRUPT, "have %zu bytes, want at least %d", s->file.len,
			(int)HEADER);
	if (memcmp(p, "SRJ1", 4) != 0)
		return sr_fail(e, SR_CORRUPT, "the file does not begin \"SRJ1\"");
	SR_HASH_OF(sum, "strongroom/journal/v1", NULL, sr_bytes_of(p, SUMMED));
	if (memcmp(sum, p + SUMMED, SR_HASH) != 0)
		return sr_fail(e, SR_CORRUPT, "the header (offset 0) is damaged");
	if (sr_le32_get(p + 4) != VERSION)
		return sr_fail(e, SR_UNSUPPORTED, "version %u, %d is read here", sr_le32_get(p + 4),
			(int)VERSION);
	if (memcmp(p + 16, s->origin, SR_HASH) != 0)
		return sr_fail(e, SR_CORRUPT, "it belongs to another log than %s", origin);
	s->j->base = sr_le64_get(p + 8);
	if (s->j->base % SR_TILE_WIDTH != 0 ||
		s->j->base > SR_TREE_SIZE_MAX - VERIFY_JOURNAL_LEAVES)
		return sr_fail(e, SR_CORRUPT,
			"base %" PRIu64 ", want a multiple of %d up to %" PRIu64, s->j->base,
			SR_TILE_WIDTH, SR_TREE_SIZE_MAX - VERIFY_JOURNAL_LEAVES);
	s->pos = HEADER;
	return 0;
}

/* Whether a whole record lies at ${at}: its kind (0: none) and body. */
static char record(struct sr_bytes *body, const struct scan *s, size_t at) {
	uint8_t base[8], offset[8], sum[SR_HASH];

	if (at > s->file.len || s->file.len - at < HEAD + SUM)
		return 0;
	const uint8_t *p = s->file.p + at;
	if ((p[0] != 'L' && p[0] != 'C' && p[0] != 'D') || p[1] != 0 || p[2] != 0 || p[3] != 0)
		return 0;
	const size_t len = sr_le32_get(p + 4);
	if (len > s->file.len - at - HEAD - SUM)
		return 0;
	if (p[0] == 'L' ? len < 1 || len > SR_ENTRY_MAX : len != COMMIT_BODY)
		return 0;
	sr_le64_put(base, s->j->base);
	sr_le64_put(offset, at);
	SR_HASH_OF(sum, "strongroom/journal-record/v1", NULL, sr_bytes_of(s->origin, SR_HASH),
		sr_bytes_of(base, 8), sr_bytes_of(offset, 8), sr_bytes_of(p, HEAD + len));
	if (memcmp(sum, p + HEAD + len, SUM) != 0)
		return 0;
	*body = sr_bytes_of(p + HEAD, len);
	return (char)p[0];
}

/* A commit's body, which says what was read up to here. */
static int commit(struct scan *s, struct sr_bytes body, struct sr_err *e) {
	struct verify_journal *j = s->j;
	const uint64_t size = sr_le64_get(body.p);
	struct verify_commit *more;

	if (size != j->base + s->read)
		return sr_fail(e, SR_CORRUPT,
			"the commit record at offset %zu says size %" PRIu64
			", entries make %" PRIu64,
			s->pos, size, j->base + s->read);
	if ((j->commits & (j->commits + 1)) == 0) { /* 0, 1, 3, 7, ...: room for as many again */
		more = realloc(j->commit, (2 * j->commits + 1) * sizeof *more);
		if (more == NULL)
			return sr_fail(e, SR_NOMEM, "no memory for %zu commits", j->commits + 1);
		j->commit = more;
	}
	j->commit[j->commits].size = size;
	memcpy(j->commit[j->commits].root, body.p + 8, SR_HASH);
	j->commits++;
	j->leaves = s->read;
	return 0;
}

/* At a whole 'C', or at a damaged one whose second copy is whole: go behind both. */
static int both_copies(struct scan *s, struct sr_bytes body, bool first_whole, struct sr_err *e) {
	struct sr_bytes twin;
	const int rc = commit(s, body, e);

	if (rc != 0)
		return rc;
	if (!first_whole || record(&twin, s, s->pos + COMMIT_RECORD) != 'D' ||
		memcmp(twin.p, body.p, COMMIT_BODY) != 0)
		s->j->mended = true;
	s->pos += (size_t)2 * COMMIT_RECORD;
	if (s->pos > s->file.len)
		s->pos = s->file.len;
	return 0;
}

static bool zeros(struct sr_bytes f, size_t from, size_t to) {
	size_t run = 0;

	for (size_t i = from; i < to && run < ZERO_RUN; i++)
		run = f.p[i] == 0 ? run + 1 : 0;
	return run == ZERO_RUN;
}

/* The group that begins at ${begin}, broken at s->pos, was never written whole: somewhere before
 * its commit, or from its beginning to the end of the sector where the group before ends. */
static bool unwritten(const struct scan *s, size_t begin, size_t commit) {
	size_t at = begin;

	if (zeros(s->file, s->pos, commit))
		return true;
	if (s->pos != begin || begin % SECTOR == 0)
		return false;
	while (at < commit && at % SECTOR != 0 && s->file.p[at] == 0)
		at++;
	return at % SECTOR == 0;
}

/* No whole record at s->pos: the end of what counts, or damage with a commit after it. */
static int broken(const struct scan *s, size_t good, struct sr_err *e) {
	struct sr_bytes body;

	for (size_t at = s->pos + 1; at + COMMIT_RECORD <= s->file.len; at++) {
		const uint8_t kind = s->file.p[at];
		const size_t rest = s->file.len - at;
		if ((kind != 'C' && kind != 'D') || record(&body, s, at) == 0)
			continue;
		if ((rest == COMMIT_RECORD || (kind == 'C' && rest <= (size_t)2 * COMMIT_RECORD)) &&
			unwritten(s, good, at))
			return 0;
		return sr_fail(e, SR_CORRUPT,
			"the record at offset %zu (entry %" PRIu64
			") is damaged, and a commit follows at offset %zu",
			s->pos, s->j->base + s->read, at);
	}
	return 0;
}

static int records(struct scan *s, size_t *good, struct sr_err *e) {
	int rc = 0;

	*good = s->pos;
	while (s->pos < s->file.len && rc == 0) {
		struct sr_bytes body, twin;
		const char kind = record(&body, s, s->pos);

		if (kind == 'L' && s->read < VERIFY_JOURNAL_LEAVES) {
			s->j->leaf[s->read++] = body;
			s->pos += HEAD + body.len + SUM;
		} else if (kind == 'C') {
			rc = both_copies(s, body, true, e);
			*good = s->pos;
		} else if (kind == 0 && record(&twin, s, s->pos + COMMIT_RECORD) == 'D') {
			rc = both_copies(s, twin, false, e);
			*good = s->pos;
		} else if (kind != 0) {
			rc = sr_fail(
				e, SR_CORRUPT, "the record at offset %zu is out of place", s->pos);
		} else {
			return broken(s, *good, e);
		}
	}
	return rc;
}

int verify_journal_read(
	struct verify_journal *out, struct sr_bytes file, const char *origin, struct sr_err *e) {
	struct scan s = {.j = out, .file = file};
	size_t good = 0;

	memset(out, 0, sizeof *out);
	int rc = header(&s, origin, e);
	if (rc == 0)
		rc = records(&s, &good, e);
	if (rc == 0 && out->commits == 0)
		rc = sr_fail(e, SR_CORRUPT, "no commit record in %zu bytes", file.len);
	if (rc != 0) {
		(void)sr_wrap(e, "journal");
		return rc;
	}
	out->dropped = file.len - good;
	return 0;
}
