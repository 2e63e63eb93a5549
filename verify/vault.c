/*
 * vault - a copy of a whole vault, as far as no key of it is needed: the log (tiles, journal,
 * published checkpoint), the packs that its signed inventory names, the object files that are
 * there.
 *
 * What this cannot see: what the entries say (they are sealed), whether entries behind the
 * published checkpoint are the log's own (their commit records are under the vault's key), and
 * whether databases, envelopes and keys are whole.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "verify/journal.h"
#include "verify/verify.h"

enum {
	CONF_MAX = 16 << 10,
	CHECKPOINT_MAX = SR_NOTE_MAX
};

struct conf {
	char origin[SR_NAME_MAX + 1]; /* as founded: what journal and packs are bound to */
	char log[SR_NAME_MAX + 1];    /* what checkpoints are named */
	bool founded;
	uint8_t fingerprint[SR_HASH];
};

static int conf_fields(struct conf *out, const struct sr_text *t, struct sr_err *e) {
	const struct sr_bytes origin = sr_text_get(t, "origin");
	const struct sr_bytes print = sr_text_get(t, "fingerprint");

	if (!sr_bytes_eq(t->type, sr_bytes_str("strongroom/vault/v1")) ||
		!sr_bytes_eq(sr_text_get(t, "format"), sr_bytes_str("1")))
		return sr_fail(e, SR_UNSUPPORTED,
			"a format that this program does not know; use a newer strongroom-verify");
	if (origin.len < 1 || origin.len >= sizeof out->origin)
		return sr_fail(e, SR_CORRUPT, "origin has %zu bytes, want 1 to %d", origin.len,
			(int)SR_NAME_MAX);
	memcpy(out->origin, origin.p, origin.len);
	memcpy(out->log, out->origin, sizeof out->log);
	for (size_t i = 0; i < sr_text_count(t, "log"); i++) {
		const struct sr_bytes name = sr_word(sr_text_get_n(t, "log", i), 1);

		if (name.len < 1 || name.len >= sizeof out->log)
			return sr_fail(e, SR_CORRUPT, "log has a name of %zu bytes, want 1 to %d",
				name.len, (int)SR_NAME_MAX);
		memset(out->log, 0, sizeof out->log);
		memcpy(out->log, name.p, name.len);
	}
	out->founded = print.p != NULL;
	return out->founded ? sr_unhex(out->fingerprint, SR_HASH, print, e) : 0;
}

static int conf_read(struct conf *out, struct sr_dir *d, struct sr_err *e) {
	struct sr_text t = {0};
	struct sr_buf b;

	memset(out, 0, sizeof *out);
	sr_buf_init(&b);
	int rc = sr_file_read(d, "strongroom.conf", &b, CONF_MAX, e);
	if (rc == SR_NOTFOUND)
		rc = sr_fail(e, SR_USAGE, "%s is not a vault (no strongroom.conf in it)",
			sr_dir_path(d));
	if (rc == 0)
		rc = sr_text_parse(&t, sr_buf_view(&b), e);
	if (rc == 0)
		rc = conf_fields(out, &t, e);
	if (rc != 0 && rc != SR_USAGE)
		(void)sr_wrap(e, "strongroom.conf");
	sr_text_free(&t);
	sr_buf_free(&b);
	return rc;
}

/* ---- the log ---- */

struct ledger {
	struct sr_dir *dir;
	struct sr_buf note, journal;
	struct verify_journal j;
	struct verify_known known;
	struct sr_checkpoint c;
	struct verify_memory *memory;
	size_t memories;
	struct verify_watch *watch;
	struct verify_tree tree;
};

/* The checkpoint before the journal: beside a running vault the journal is then the newer. */
static int ledger_read(
	struct ledger *l, const struct verify_given *g, const struct conf *conf, struct sr_err *e) {
	int rc = sr_file_read(l->dir, "checkpoint", &l->note, CHECKPOINT_MAX, e);

	if (rc == SR_NOTFOUND)
		rc = sr_fail(e, SR_CORRUPT, "the published checkpoint is missing");
	if (rc == 0)
		rc = verify_known(&l->known, g, sr_buf_view(&l->note), e);
	if (rc == 0 && strcmp(l->known.origin, conf->log) != 0)
		rc = sr_fail(e, SR_AUTH, "the checkpoint is of %s, the vault's log is %s",
			l->known.origin, conf->log);
	if (rc == 0) {
		rc = verify_checkpoint(&l->c, &l->known, g, sr_buf_view(&l->note), true, e);
		if (rc != 0)
			(void)sr_wrap(e, "checkpoint");
	}
	if (rc == 0) {
		rc = sr_file_read(l->dir, "journal", &l->journal, VERIFY_JOURNAL_MAX, e);
		if (rc == SR_NOTFOUND || rc == SR_LIMIT)
			rc = sr_fail(e, SR_CORRUPT, "journal: %s", e->text);
	}
	if (rc == 0)
		rc = verify_journal_read(&l->j, sr_buf_view(&l->journal), conf->origin, e);
	return rc;
}

/* Commits that end at the present size show its root. */
static int check_commits(const struct ledger *l, size_t *next, struct sr_err *e) {
	uint8_t root[SR_HASH];

	for (; *next < l->j.commits && l->j.commit[*next].size == l->tree.tree.size; (*next)++) {
		verify_tree_root(root, &l->tree);
		if (memcmp(root, l->j.commit[*next].root, SR_HASH) != 0)
			return sr_fail(e, SR_CORRUPT,
				"tiles and journal do not make the root that was committed at "
				"size %" PRIu64,
				l->tree.tree.size);
	}
	return 0;
}

static int check_signed(const struct verify_given *g, const struct ledger *l, struct sr_err *e) {
	const uint64_t have = l->tree.tree.size;
	const struct verify_watch *w = l->watch;

	if (l->c.size > have)
		return sr_fail(e, SR_AUTH,
			"rolled back: the published checkpoint shows %" PRIu64
			" entries, tiles and journal hold %" PRIu64
			" (or the copy was made while the vault ran)",
			l->c.size, have);
	for (; w->size != l->c.size; w++)
		;
	if (!w->reached || memcmp(w->root, l->c.root, SR_HASH) != 0)
		return sr_fail(e, SR_AUTH,
			"the first %" PRIu64 " entries do not make the root that the log's key "
			"signed: an entry, or the order of entries, is not what it was",
			l->c.size);
	const struct sr_checkpoint now = {.size = have};
	return verify_compare(g, l->memory, l->memories, l->watch, &now, e);
}

static int ledger_tree(struct ledger *l, const struct verify_given *g, struct sr_err *e) {
	size_t commits = 0;
	int rc = verify_memories(&l->memory, &l->memories, &l->known, g, e);

	if (rc == 0)
		rc = verify_watches(&l->watch, l->memory, l->memories, l->c.size, e);
	if (rc != 0)
		return rc;
	verify_tree_init(&l->tree, l->dir, l->watch, l->memories + 1);
	l->tree.progress = g->progress;
	if (g->replayed)
		l->tree.seen_max = UINT64_MAX;
	rc = verify_tree_bundles(&l->tree, l->j.base / SR_TILE_WIDTH, e);
	if (rc == 0)
		rc = check_commits(l, &commits, e);
	for (size_t i = 0; i < l->j.leaves && rc == 0; i++) {
		rc = verify_tree_entry(&l->tree, l->j.leaf[i], e);
		if (rc == 0)
			rc = check_commits(l, &commits, e);
	}
	if (rc == 0) {
		assert(commits == l->j.commits); /* each says a size between base and the end */
		rc = check_signed(g, l, e);
	}
	return rc == 0 ? verify_tree_replayed(&l->tree, e) : rc;
}

static void tell(const struct verify_given *g, const struct ledger *l) {
	const uint64_t have = l->tree.tree.size;

	verify_say(g,
		"the log of %s: %" PRIu64 " entries (%" PRIu64 " bytes); the first %" PRIu64
		" make the root that its key signed",
		l->known.origin, have, l->tree.bytes, l->c.size);
	if (have > l->c.size)
		verify_say(g,
			"%" PRIu64 " entries behind the published checkpoint agree with the "
			"journal's commits, but no signature here covers them",
			have - l->c.size);
	if (l->j.dropped > 0)
		verify_say(g,
			"%zu bytes at the journal's end are of a commit that was never finished",
			l->j.dropped);
	if (l->j.mended)
		verify_say(g, "one of the two copies of a commit record is damaged; the other is "
			      "whole");
	if (!l->tree.seen_all)
		verify_say(g, "not checked: whether an entry comes twice (--replayed looks at all, "
			      "with 16 bytes of memory for each)");
	verify_tell_names(g, &l->known);
	if (g->policy == NULL)
		verify_say(g, "nothing was asked of witnesses (--policy)");
}

static void ledger_free(struct ledger *l) {
	if (l == NULL)
		return;
	verify_journal_free(&l->j);
	verify_tree_free(&l->tree);
	free(l->memory);
	free(l->watch);
	sr_buf_free(&l->note);
	sr_buf_free(&l->journal);
	sr_dir_close(l->dir);
	free(l);
}

/* The key that signed the checkpoint, which counts at its size; whatever else was given, and where
 * it is not known when each ended. A vault that changes its keys signs the list by the next one
 * first, and then the checkpoint: in between the log goes beyond the checkpoint, into the time of
 * the next. */
static int keys_of_now(struct verify_stored *as, const struct ledger *l, struct sr_err *e) {
	const struct verify_known *k = &l->known;
	bool now[VERIFY_KEYS] = {false};
	struct sr_note note;
	const int rc = sr_note_open(&note, sr_buf_view(&l->note), k->keys, k->log.count, e);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < k->log.count; i++)
		now[i] = verify_in_force_by(k, i, &note, l->c.size) ||
			 (k->when[i].after > 0 && k->when[i].after >= l->c.size &&
				 k->when[i].after < l->tree.tree.size);
	sr_note_free(&note);
	/* One key may have several names. */
	for (size_t i = 0; i < k->log.count; i++)
		for (size_t j = 0; j < k->log.count; j++)
			if (now[j] && memcmp(k->keys[i].pk, k->keys[j].pk, SR_PK) == 0)
				as->now[i] = true;
	return 0;
}

/* Entry 0 founds a vault, and its hash is the fingerprint; but it is sealed, and strongroom.conf,
 * which repeats it, is signed by nobody. Where it does not, the list of packs says whose it is,
 * under the log's signature.
 *
 * The list is signed under the name that the log was founded with, whatever it is now: by the same
 * keys. */
static int check_store(const struct verify_given *g, struct sr_dir *d, const struct conf *conf,
	const struct ledger *l, struct sr_err *e) {
	const struct verify_known *known = &l->known;
	struct verify_known *founded = malloc(sizeof *founded);
	struct verify_stored as = {.known = founded,
		.fingerprint = conf->founded ? conf->fingerprint : NULL,
		.entries = l->tree.tree.size};
	int rc = founded == NULL ? sr_fail(e, SR_NOMEM, "no memory") : keys_of_now(&as, l, e);

	if (as.fingerprint == NULL && as.entries > 0)
		verify_say(g,
			"strongroom.conf has no line `fingerprint`, and the log has a first entry: "
			"the vault writes it again when it is opened");
	if (rc == 0)
		*founded = *known;
	for (size_t i = 0; rc == 0 && i < known->log.count; i++)
		if (strcmp(known->keys[i].name, conf->log) == 0)
			rc = sr_vkey_make(&founded->keys[i], sr_bytes_str(conf->origin),
				SR_NOTE_ED25519, known->keys[i].pk, e);
	if (rc == 0) {
		founded->log.keys = founded->keys;
		rc = verify_store(g, d, &as, e);
	}
	free(founded);
	return rc;
}

int verify_vault(const struct verify_given *g, const char *path, struct sr_err *e) {
	struct ledger *l = calloc(1, sizeof *l);
	struct sr_dir *d = NULL;
	struct conf conf;
	int rc = l == NULL ? sr_fail(e, SR_NOMEM, "no memory") : sr_dir_open(&d, path, e);

	if (rc == SR_NOTFOUND)
		rc = sr_fail(e, SR_USAGE, "%s: there is no such folder", path);
	if (rc == 0)
		rc = conf_read(&conf, d, e);
	if (rc == 0) {
		rc = sr_dir_open_at(&l->dir, d, "ledger", e);
		if (rc == SR_NOTFOUND)
			rc = sr_fail(e, SR_CORRUPT, "there is no ledger in %s", path);
	}
	if (rc == 0) {
		rc = ledger_read(l, g, &conf, e);
		if (rc == 0)
			rc = ledger_tree(l, g, e);
		if (rc != 0)
			(void)sr_wrap(e, "ledger");
	}
	if (rc == 0)
		tell(g, l);
	if (rc == 0 && !g->log_only)
		rc = check_store(g, d, &conf, l, e);
	ledger_free(l);
	sr_dir_close(d);
	return rc;
}
