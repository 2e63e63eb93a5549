/*
 * given - keys, policy and memories from the command line, and checkpoints checked with them. See
 * verify.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/limits.h"
#include "base/time.h"
#include "merkle/lines.h"
#include "verify/verify.h"

enum {
	SHOWN = 300, /* bytes of a name or path in a sentence */
	PART = 1 << 14
};
#define LAST_SECOND UINT64_C(253402300799) /* of the year 9999: what a time can be written of */

void verify_say(const struct verify_given *g, const char *fmt, ...) {
	va_list ap;

	if (g->quiet)
		return;
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	(void)putchar('\n');
}

int verify_read(struct sr_buf *out, const char *path, size_t max, struct sr_err *e) {
	uint8_t part[PART];
	char shown[SHOWN];
	int rc = 0;

	(void)sr_escape_to(shown, sizeof shown, sr_bytes_str(path));
	const bool standard = strcmp(path, "-") == 0;
	const int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return sr_fail(e, SR_USAGE, "%s: there is no such file", shown);
	if (fd < 0)
		return sr_fail_errno(e, "%s", shown);
	while (rc == 0) {
		const ssize_t n = read(fd, part, sizeof part);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			rc = sr_fail_errno(e, "%s", shown);
		if (n <= 0)
			break;
		if (out->len + (size_t)n > max)
			rc = sr_fail(e, SR_CORRUPT, "%s: more than %zu bytes", shown, max);
		else
			sr_buf_put(out, part, (size_t)n);
	}
	if (!standard)
		(void)close(fd);
	return rc == 0 ? sr_buf_ok(out, e) : rc;
}

int verify_add_key(struct verify_given *g, const char *vkey, struct sr_err *e) {
	struct sr_vkey *k = &g->keys[g->key_count];

	if (g->key_count == VERIFY_KEYS)
		return sr_fail(e, SR_USAGE, "--key: more than %d keys", (int)VERIFY_KEYS);
	const int rc = sr_vkey_parse(k, sr_bytes_str(vkey), e);
	if (rc != 0)
		return sr_fail(
			e, SR_USAGE, "--key: %s; a key reads NAME+8 hex digits+base64", e->text);
	if (k->type != SR_NOTE_ED25519)
		return sr_fail(e, SR_USAGE,
			"--key: a key of type 0x%02x; a log's is 0x01 (Ed25519), and witnesses "
			"stand in --policy",
			k->type);
	g->key_count++;
	return 0;
}

int verify_policy(struct verify_given *g, const char *path, struct sr_err *e) {
	struct sr_buf b;

	sr_buf_init(&b);
	int rc = verify_read(&b, path, SR_POLICY_MAX, e);
	if (rc == 0) {
		rc = sr_policy_parse(&g->policy, sr_buf_view(&b), e);
		if (rc != 0)
			rc = sr_fail(e, SR_USAGE, "--policy %s: %s", path, e->text);
	}
	sr_buf_free(&b);
	return rc;
}

/* ---- the log ---- */

static bool same_name(struct sr_bytes name, const char *of) {
	return sr_bytes_eq(name, sr_bytes_str(of));
}

static void take_keys(struct verify_known *k, const struct sr_vkey *keys, size_t count) {
	for (size_t i = 0; i < count && k->all_count < VERIFY_KEYS; i++) {
		k->all[k->all_count] = keys[i];
		k->all_when[k->all_count++].until = UINT64_MAX;
	}
}

static bool is_receipt(struct sr_bytes file) {
	return sr_take_prefix(&file, "c2sp.org/tlog-proof@");
}

int verify_known(struct verify_known *out, const struct verify_given *g, struct sr_bytes file,
	struct sr_err *e) {
	struct sr_bytes rest = file, origin;
	char shown[SHOWN];

	if (is_receipt(file)) {
		struct sr_tlogproof p;
		int rc = sr_tlogproof_parse(&p, file, e);
		if (rc == 0 && is_receipt(p.checkpoint))
			rc = sr_fail(e, SR_CORRUPT, "a receipt in a receipt");
		if (rc == 0)
			rc = verify_known(out, g, p.checkpoint, e);
		sr_tlogproof_free(&p);
		return rc;
	}
	memset(out, 0, sizeof *out);
	/* An origin is no name of a key: that of sum.golang.org has blanks in it. */
	if (!sr_take_line(&origin, &rest) || origin.len == 0 || origin.len > SR_NAME_MAX)
		return sr_fail(e, SR_CORRUPT, "checkpoint: no origin in its first line");
	(void)sr_escape_to(shown, sizeof shown, origin);
	if (g->origin != NULL && !same_name(origin, g->origin))
		return sr_fail(e, SR_AUTH, "the checkpoint is of %s, not of %s", shown, g->origin);
	memcpy(out->origin, origin.p, origin.len);
	out->any_name = g->origin != NULL;
	take_keys(out, g->keys, g->key_count);
	if (g->key_count == 0 && g->policy != NULL) {
		size_t count = 0;
		const struct sr_vkey *logs = sr_policy_logs(g->policy, &count);
		take_keys(out, logs, count);
	}
	verify_keys_of(out);
	const int rc = verify_changes(out, g, e);
	out->keyless = rc == 0 && out->log.count == 0;
	return out->keyless ? sr_fail(e, SR_AUTH, "no key of %s was given", shown) : rc;
}

/* ---- checkpoints ---- */

static void tell_cosigners(const struct verify_given *g, const struct sr_cosigned *w) {
	size_t count = 0;
	const struct sr_vkey *keys = sr_policy_witnesses(g->policy, &count);

	for (size_t i = 0; i < count; i++) {
		char time[40] = "a time after the year 9999", name[SHOWN];
		if (!w[i].valid)
			continue;
		if (w[i].time <= LAST_SECOND)
			sr_time_format(time, (int64_t)w[i].time);
		verify_say(g, "cosigned by %s at %s",
			sr_escape_to(name, sizeof name, sr_bytes_str(keys[i].name)), time);
	}
}

/* Of a name that the log has no more, not beyond the entry that says so. */
static int not_lost(
	const struct verify_known *known, const struct sr_checkpoint *c, struct sr_err *e) {
	char was[SHOWN], now[SHOWN];

	for (size_t i = 0; i < known->name_count; i++) {
		const struct verify_name *n = &known->names[i];

		if (strcmp(n->former, c->origin) != 0 || c->size <= n->next.from)
			continue;
		return sr_fail(e, SR_AUTH,
			"rolled back: it shows %" PRIu64
			" entries of %s, which goes on as %s since "
			"entry %" PRIu64 " and says that it lost those from %" PRIu64 " to %" PRIu64
			"; keep it, it is what is left of them",
			c->size, sr_escape_to(was, sizeof was, sr_bytes_str(n->former)),
			sr_escape_to(now, sizeof now, sr_bytes_str(n->next.name)), n->next.from,
			n->next.agreed, n->next.known);
	}
	return 0;
}

int verify_checkpoint(struct sr_checkpoint *out, const struct verify_known *known,
	const struct verify_given *g, struct sr_bytes in, bool quorum, struct sr_err *e) {
	struct sr_cosigned w[SR_POLICY_WITNESSES] = {{0}};
	struct sr_note note;
	int rc = sr_checkpoint_open(out, &note, in, &known->log, e);

	if (rc == 0)
		rc = not_lost(known, out, e);
	if (rc == 0 && !verify_in_force(known, &note, out->size))
		rc = sr_fail(e, SR_AUTH,
			"the checkpoint of %" PRIu64
			" entries is signed by a key of another time: the "
			"log had changed it, or had not yet",
			out->size);
	if (rc == 0 && quorum && g->policy != NULL) {
		rc = sr_policy_check(g->policy, &note, w, e);
		if (rc == 0)
			tell_cosigners(g, w);
	}
	sr_note_free(&note);
	out->extension = sr_bytes_of(NULL, 0);
	return rc;
}

/* ---- memories ---- */

static int from_receipt(struct sr_checkpoint *out, const struct verify_known *known,
	const struct verify_given *g, struct sr_bytes file, bool quorum, struct sr_err *e) {
	struct sr_tlogproof p;
	uint8_t leaf[SR_HASH];
	int rc = sr_tlogproof_parse(&p, file, e);

	if (rc == 0 && p.extra.len == 0)
		rc = sr_fail(e, SR_CORRUPT, "the receipt holds no entry (no line `extra`)");
	if (rc == 0) {
		sr_leaf_hash(leaf, p.extra);
		rc = sr_tlogproof_verify(NULL, &p, leaf, &known->log, NULL, e);
	}
	if (rc == 0)
		rc = verify_checkpoint(out, known, g, p.checkpoint, quorum, e);
	sr_tlogproof_free(&p);
	return rc;
}

/* The log as it was called before, when that is whose ${file} is; else as it is known. */
static int as_named(struct verify_known *former, const struct verify_known **known,
	const struct verify_given *g, struct sr_bytes file, struct sr_err *e) {
	char was[SHOWN], now[SHOWN];
	int rc = verify_known(former, g, file, e);

	if (rc != 0 || strcmp(former->origin, (*known)->origin) == 0)
		return rc;
	if (verify_named(*known, former->origin) == NULL)
		return sr_fail(e, SR_AUTH, "the checkpoint is of %s, not of %s",
			sr_escape_to(was, sizeof was, sr_bytes_str(former->origin)),
			sr_escape_to(now, sizeof now, sr_bytes_str((*known)->origin)));
	*known = former;
	return 0;
}

int verify_memory(struct verify_memory *out, const struct verify_known *known,
	const struct verify_given *g, struct sr_bytes file, bool quorum, struct sr_err *e) {
	struct verify_known *former = calloc(1, sizeof *former);
	char shown[SHOWN];
	int rc = former == NULL ? sr_fail(e, SR_NOMEM, "no memory")
				: as_named(former, &known, g, file, e);

	if (rc == 0 && is_receipt(file))
		rc = from_receipt(&out->c, known, g, file, quorum, e);
	else if (rc == 0)
		rc = verify_checkpoint(&out->c, known, g, file, quorum, e);
	free(former);
	if (rc != 0)
		(void)sr_wrap(e, "%s", sr_escape_to(shown, sizeof shown, sr_bytes_str(out->path)));
	return rc;
}

static int read_memory(struct verify_memory *out, const struct verify_known *known,
	const struct verify_given *g, struct sr_err *e) {
	struct sr_buf b;

	sr_buf_init(&b);
	int rc = verify_read(&b, out->path, SR_PROOF_FILE_MAX, e);
	if (rc == 0)
		rc = verify_memory(out, known, g, sr_buf_view(&b), false, e);
	sr_buf_free(&b);
	return rc;
}

static int by_size(const void *a, const void *b) {
	const struct verify_memory *x = a, *y = b;

	return (x->c.size > y->c.size) - (x->c.size < y->c.size);
}

int verify_memories(struct verify_memory **out, size_t *count, const struct verify_known *known,
	const struct verify_given *g, struct sr_err *e) {
	size_t n = g->since_count;
	struct verify_memory *m = calloc(n + SR_LOG_NAMES + 1, sizeof *m);
	int rc = 0;

	if (m == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for %zu checkpoints", n);
	for (size_t i = 0; i < g->since_count && rc == 0; i++) {
		m[i].path = g->since[i];
		rc = read_memory(&m[i], known, g, e);
	}
	if (rc != 0) {
		free(m);
		return rc;
	}
	for (size_t i = 0; i < known->name_count; i++) {
		if (verify_named(known, known->names[i].former) == NULL)
			continue;
		m[n].path = known->names[i].former;
		m[n].c.size = known->names[i].next.from;
		memcpy(m[n++].c.root, known->names[i].root, SR_HASH);
	}
	qsort(m, n, sizeof *m, by_size);
	*out = m;
	*count = n;
	return 0;
}

static int by_watched_size(const void *a, const void *b) {
	const struct verify_watch *x = a, *y = b;

	return (x->size > y->size) - (x->size < y->size);
}

int verify_watches(struct verify_watch **out, const struct verify_memory *m, size_t count,
	uint64_t size, struct sr_err *e) {
	struct verify_watch *w = calloc(count + 1, sizeof *w);

	if (w == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for %zu checkpoints", count);
	for (size_t i = 0; i < count; i++)
		w[i].size = m[i].c.size;
	w[count].size = size;
	qsort(w, count + 1, sizeof *w, by_watched_size);
	*out = w;
	return 0;
}

static const struct verify_watch *watch_of(
	const struct verify_watch *w, size_t count, uint64_t size) {
	for (size_t i = 0; i < count; i++)
		if (w[i].size == size && w[i].reached)
			return &w[i];
	return NULL;
}

int verify_compare(const struct verify_given *g, const struct verify_memory *m, size_t count,
	const struct verify_watch *w, const struct sr_checkpoint *now, struct sr_err *e) {
	char path[SHOWN];

	for (size_t i = 0; i < count; i++) {
		const struct verify_watch *at = watch_of(w, count + 1, m[i].c.size);
		(void)sr_escape_to(path, sizeof path, sr_bytes_str(m[i].path));
		if (at == NULL)
			return sr_fail(e, SR_AUTH,
				"rolled back: %s shows a log of %" PRIu64
				" entries, here are %" PRIu64,
				path, m[i].c.size, now->size);
		if (memcmp(at->root, m[i].c.root, SR_HASH) != 0)
			return sr_fail(e, SR_AUTH,
				"forked: at size %" PRIu64
				" the entries here make another root than %s shows; keep both",
				m[i].c.size, path);
		verify_say(g, "it continues %s (%" PRIu64 " entries)", path, m[i].c.size);
	}
	return 0;
}
