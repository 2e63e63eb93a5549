/*
 * beats - see beats.h. Every note reads the file's last line for the sum that it goes on from: a
 * few hundred bytes, each nine minutes.
 */
#include "board/beats.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalogue/query.h"
#include "ledger/ledger.h"

enum {
	SUM = 16,
	LINE_MAX_ = 128,
	CHUNK = 64 << 10, /* read at once */
	MERGED_S = 30     /* half of the least time that counts as waiting */
};
static const char file_name[] = "beats";
static const char *const kinds[] = {"up", "beat", "met", "down"};

static void sum_line(uint8_t out[SR_HASH], const struct sr_service *k, const uint8_t key[SR_KEY],
	struct sr_bytes before, struct sr_bytes line) {
	SR_HASH_OF(out, "strongroom/beat/v1", key, sr_bytes_str(k->origin), before, line);
}

/* --- writing ---------------------------------------------------------------------------------- */

/* The digits of the last whole line into ${digits} (empty: there is none), and where it ends. */
static bool last_line(int fd, char digits[2 * SUM + 1], off_t *end) {
	char tail[2 * LINE_MAX_];
	struct stat st;
	ssize_t n;
	off_t from;

	digits[0] = '\0';
	*end = 0;
	if (fstat(fd, &st) != 0)
		return false;
	from = st.st_size > (off_t)sizeof tail ? st.st_size - (off_t)sizeof tail : 0;
	n = pread(fd, tail, sizeof tail, from);
	if (n < 0)
		return false;
	while (n > 0 && tail[n - 1] != '\n') /* torn */
		n--;
	if (n == 0)
		return from == 0;
	*end = from + n;
	if (n < 2 * SUM + 1)
		return false;
	memcpy(digits, tail + n - 1 - (size_t)2 * SUM, (size_t)2 * SUM);
	digits[(size_t)2 * SUM] = '\0';
	return true;
}

void sr_beats_note(struct sr_vault *v, enum sr_beat kind, uint64_t size) {
	char before[2 * SUM + 1], line[LINE_MAX_], digits[2 * SUM + 1];
	uint8_t sum[SR_HASH];
	off_t end = 0;
	int n;
	const int fd = openat(sr_dir_fd(v->ledger_dir), file_name,
		O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return;
	if (last_line(fd, before, &end) && ftruncate(fd, end) == 0) {
		n = snprintf(line, sizeof line, "%s %lld %llu ", kinds[kind],
			(long long)sr_now(&v->clock), (unsigned long long)size);
		sum_line(sum, v->keys, v->keys->s->journal_key, sr_bytes_str(before),
			sr_bytes_of(line, (size_t)n));
		sr_hex(digits, sum, SUM);
		n += snprintf(line + n, sizeof line - (size_t)n, "%s\n", digits);
		/* A short write leaves a torn line, which the next one drops. */
		(void)!pwrite(fd, line, (size_t)n, end);
	}
	(void)close(fd);
}

/* --- reading ---------------------------------------------------------------------------------- */

void sr_beats_free(struct sr_beats *l) {
	free(l->rows);
	memset(l, 0, sizeof *l);
}

static bool read_line(struct sr_beat_row *r, const struct sr_service *k, const uint8_t key[SR_KEY],
	struct sr_bytes before, struct sr_bytes line) {
	const struct sr_bytes kind = sr_word(line, 0), digits = sr_word(line, 3);
	uint8_t sum[SR_HASH], have[SUM];
	uint64_t time = 0;
	bool known = false;

	if (sr_word_count(line) != 4 || digits.len != 2 * (size_t)SUM ||
		sr_unhex(have, SUM, digits, NULL) != 0 ||
		sr_parse_dec(&time, sr_word(line, 1), INT64_MAX, NULL) != 0 ||
		sr_parse_dec(&r->size, sr_word(line, 2), INT64_MAX, NULL) != 0)
		return false;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (sr_bytes_eq(kind, sr_bytes_str(kinds[i]))) {
			r->kind = (enum sr_beat)i;
			known = true;
		}
	r->time = (int64_t)time;
	sum_line(sum, k, key, before, sr_bytes_of(line.p, line.len - digits.len));
	return known && sr_ct_eq(sum, have, SUM);
}

/* Does ${r} follow ${l} so closely that what was kept last shows nothing more? What stands between
 * two signs of life that are not silent is none; of quorums met within MERGED_S, the last counts.
 */
static bool merges(const struct sr_beats *l, const struct sr_beat_row *r) {
	if (l->count < 2 || (r->kind != SR_BEAT_BEAT && r->kind != SR_BEAT_MET))
		return false;
	const struct sr_beat_row *last = &l->rows[l->count - 1], *before = last - 1;
	const int64_t s = r->time - before->time;

	if (s < 0 || last->time < before->time || before->kind == SR_BEAT_DOWN)
		return false;
	if (last->kind == SR_BEAT_BEAT)
		return s <= SR_BEAT_GAP_S;
	return last->kind == SR_BEAT_MET && before->kind == SR_BEAT_MET && r->kind == SR_BEAT_MET &&
	       s <= MERGED_S;
}

static int add_row(struct sr_beats *l, size_t *cap, const struct sr_beat_row *r, struct sr_err *e) {
	while (merges(l, r))
		l->count--;
	if (l->rows == NULL || l->count == *cap) {
		const size_t more = *cap == 0 ? 256 : 2 * *cap;
		struct sr_beat_row *rows = reallocarray(l->rows, more, sizeof *rows);

		if (rows == NULL)
			return sr_fail(e, SR_NOMEM, "no memory for %zu beats", more);
		l->rows = rows;
		*cap = more;
	}
	l->rows[l->count++] = *r;
	return 0;
}

struct reader {
	uint8_t b[CHUNK];
	size_t len;
	char before[2 * SUM + 1]; /* digits of the last line that was read */
	size_t cap;
};

/* The whole lines in ${r}; what is left of the last moves to the front. */
static int read_lines(
	struct sr_beats *l, struct reader *r, const struct sr_service *k, struct sr_err *e) {
	size_t at = 0;
	int rc = 0;

	while (rc == 0 && !l->broken) {
		const uint8_t *nl = memchr(r->b + at, '\n', r->len - at);
		struct sr_beat_row row;

		if (nl == NULL)
			break;
		const struct sr_bytes line = sr_bytes_of(r->b + at, (size_t)(nl - r->b) - at);

		if (read_line(&row, k, k->s->journal_key, sr_bytes_str(r->before), line)) {
			memcpy(r->before, line.p + line.len - 2 * (size_t)SUM, 2 * (size_t)SUM);
			rc = add_row(l, &r->cap, &row, e);
		} else
			l->broken = true;
		at += line.len + 1;
	}
	memmove(r->b, r->b + at, r->len - at);
	r->len -= at;
	if (r->len >= LINE_MAX_)
		l->broken = true;
	return rc;
}

int sr_beats_read(struct sr_beats *out, struct sr_vault *v, struct sr_err *e) {
	struct sr_beats l = {NULL, 0, false};
	struct reader *r = calloc(1, sizeof *r);
	int fd = -1, rc = 0;
	ssize_t n = 1;

	*out = l;
	if (r == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for reading beats");
	rc = sr_file_open(&fd, v->ledger_dir, file_name, SR_FS_READ, e);
	if (rc == SR_NOTFOUND) {
		sr_err_clear(e);
		free(r);
		return 0;
	}
	while (rc == 0 && n > 0 && !l.broken) {
		n = read(fd, r->b + r->len, sizeof r->b - r->len);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n < 0)
			rc = sr_fail_errno(e, "ledger/%s", file_name);
		else {
			r->len += (size_t)n;
			rc = read_lines(&l, r, v->keys, e);
		}
	}
	if (fd >= 0)
		(void)close(fd);
	free(r);
	if (rc != 0)
		sr_beats_free(&l);
	*out = l;
	return rc;
}

/* --- under the next service keys -------------------------------------------------------------- */

struct renewal {
	struct sr_tmpfile *t;
	uint8_t b[CHUNK];
	size_t len;
	char before[2 * SUM + 1], put[2 * SUM + 1]; /* digits of the last line: as read, as put */
	bool broken; /* what comes is put as it is: it was changed, and stays so */
};

/* One line, without its end, under the key in force. A renewal that was killed behind its commit
 * has done so before. */
static int renew_line(
	struct renewal *r, const struct sr_service *k, struct sr_bytes line, struct sr_err *e) {
	const struct sr_bytes before = sr_bytes_str(r->before);
	struct sr_beat_row row;
	uint8_t sum[SR_HASH];
	int rc;

	if (!r->broken)
		r->broken = !read_line(&row, k, k->arena->leaving.journal_key, before, line) &&
			    !read_line(&row, k, k->s->journal_key, before, line);
	if (r->broken)
		return sr_tmpfile_write(r->t, line.p, line.len + 1, e);
	const struct sr_bytes said = sr_bytes_of(line.p, line.len - 2 * (size_t)SUM);

	memcpy(r->before, said.p + said.len, 2 * (size_t)SUM);
	sum_line(sum, k, k->s->journal_key, sr_bytes_str(r->put), said);
	sr_hex(r->put, sum, SUM);
	rc = sr_tmpfile_write(r->t, said.p, said.len, e);
	if (rc == 0)
		rc = sr_tmpfile_write(r->t, r->put, 2 * (size_t)SUM, e);
	return rc == 0 ? sr_tmpfile_write(r->t, "\n", 1, e) : rc;
}

static int renew_lines(struct renewal *r, const struct sr_service *k, struct sr_err *e) {
	size_t at = 0;
	int rc = 0;

	while (rc == 0) {
		const uint8_t *nl = memchr(r->b + at, '\n', r->len - at);

		if (nl == NULL)
			break;
		const struct sr_bytes line = sr_bytes_of(r->b + at, (size_t)(nl - r->b) - at);

		rc = renew_line(r, k, line, e);
		at += line.len + 1;
	}
	memmove(r->b, r->b + at, r->len - at);
	r->len -= at;
	if (rc == 0 && r->len >= LINE_MAX_) {
		r->broken = true;
		rc = sr_tmpfile_write(r->t, r->b, r->len, e);
		r->len = 0;
	}
	return rc;
}

static int renew_all(struct renewal *r, int fd, const struct sr_service *k, struct sr_err *e) {
	ssize_t n = 1;
	int rc = 0;

	while (rc == 0 && n > 0) {
		n = read(fd, r->b + r->len, sizeof r->b - r->len);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n < 0)
			rc = sr_fail_errno(e, "ledger/%s", file_name);
		else {
			r->len += (size_t)n;
			rc = renew_lines(r, k, e);
		}
	}
	return rc;
}

int sr_beats_renew(struct sr_vault *v, struct sr_err *e) {
	struct renewal *r = NULL;
	int fd = -1;
	int rc = sr_file_open(&fd, v->ledger_dir, file_name, SR_FS_READ, e);

	if (rc == SR_NOTFOUND) {
		sr_err_clear(e);
		return 0;
	}
	if (rc == 0 && (r = calloc(1, sizeof *r)) == NULL)
		rc = sr_fail(e, SR_NOMEM, "no memory for reading beats");
	if (rc == 0)
		rc = sr_tmpfile_new(&r->t, v->ledger_dir, e);
	if (rc == 0)
		rc = renew_all(r, fd, v->keys, e);
	if (rc == 0) {
		rc = sr_tmpfile_commit(r->t, file_name, true, true, e);
		r->t = NULL;
	}
	if (r != NULL)
		sr_tmpfile_abort(r->t);
	if (fd >= 0)
		(void)close(fd);
	free(r);
	return rc;
}

/* --- what they show --------------------------------------------------------------------------- */

int sr_beats_silences(const struct sr_beats *l, int64_t until,
	int (*each)(void *ctx, const struct sr_silence *s, struct sr_err *e), void *ctx,
	struct sr_err *e) {
	const struct sr_beat_row *last = NULL; /* of a core that runs */
	int rc = 0;

	for (size_t i = 0; i <= l->count && rc == 0; i++) {
		const struct sr_beat_row *r = i < l->count ? &l->rows[i] : NULL;
		const int64_t now = r != NULL ? r->time : until;
		const bool cut = r != NULL && r->kind == SR_BEAT_UP;

		if (last != NULL && now - last->time > SR_BEAT_GAP_S) {
			const struct sr_silence s = {last->time, now, last->size, cut};

			rc = each(ctx, &s, e);
		}
		if (r != NULL && r->kind == SR_BEAT_DOWN)
			last = NULL;
		else if (r != NULL && (r->kind == SR_BEAT_UP || last != NULL))
			last = r;
	}
	return rc;
}

static int received_of(int64_t *t, struct sr_vault *v, uint64_t entry, struct sr_err *e) {
	struct sr_entry_row row;
	const int rc = sr_query_entry(&row, v->catalogue, entry, e);

	if (rc == 0)
		*t = row.received;
	return rc;
}

int sr_beats_windows(const struct sr_beats *l, struct sr_vault *v, int64_t least_s,
	int (*each)(void *ctx, const struct sr_window *w, struct sr_err *e), void *ctx,
	struct sr_err *e) {
	struct sr_witness_policy_row policy;
	const uint64_t size = sr_ledger_next_index(v->ledger);
	uint64_t done; /* witnessed so far */
	int rc = sr_query_witness_policy(&policy, v->catalogue, e);

	if (rc != 0 || policy.adopted == 0)
		return rc;
	done = policy.entry; /* nobody was asked before the newest policy */
	for (size_t i = 0; i <= l->count && rc == 0; i++) {
		struct sr_window w = {.entry = done, .open = i == l->count};
		const uint64_t met = w.open ? size : l->rows[i].size;

		if ((!w.open && l->rows[i].kind != SR_BEAT_MET) || met <= done)
			continue;
		w.to = w.open ? sr_now(&v->clock) : l->rows[i].time;
		w.entries = met - done;
		rc = received_of(&w.from, v, done, e);
		if (rc == 0 && w.to - w.from > least_s)
			rc = each(ctx, &w, e);
		done = met;
	}
	return rc;
}
