/*
 * log - an exported log against its checkpoint: every bundle, every tile, the root, and what
 * somebody remembers of it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "verify/verify.h"

static int read_checkpoint(
	struct sr_buf *out, const struct verify_given *g, struct sr_dir *d, struct sr_err *e) {
	if (g->checkpoint != NULL)
		return verify_read(out, g->checkpoint, SR_NOTE_MAX, e);
	const int rc = sr_file_read(d, "checkpoint", out, SR_NOTE_MAX, e);
	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_CORRUPT, "there is no checkpoint in %s", sr_dir_path(d));
	if (rc != 0)
		(void)sr_wrap(e, "checkpoint");
	return rc;
}

static int check_root(
	const struct verify_tree *t, const struct sr_checkpoint *c, struct sr_err *e) {
	uint8_t root[SR_HASH];

	verify_tree_root(root, t);
	if (memcmp(root, c->root, SR_HASH) == 0)
		return 0;
	return sr_fail(e, SR_AUTH,
		"the %" PRIu64 " entries do not make the root that the log's key signed: an entry, "
		"or the order of entries, is not what it was",
		c->size);
}

static void tell(const struct verify_given *g, const struct verify_tree *t,
	const struct verify_known *known, const struct verify_strays *s) {
	verify_say(g,
		"the log of %s: %" PRIu64 " entries (%" PRIu64 " bytes) in %" PRIu64
		" bundle%s make the %" PRIu64 " tile%s and the root that its key signed",
		known->origin, t->tree.size, t->bytes, t->bundles, t->bundles == 1 ? "" : "s",
		t->tiles, t->tiles == 1 ? "" : "s");
	if (s->partials > 0)
		verify_say(g,
			"%" PRIu64 " partial files of earlier sizes are beginnings of what is "
			"there now",
			s->partials);
	if (s->beyond > 0)
		verify_say(g,
			"not checked: %" PRIu64
			" files of entries that this checkpoint does not cover",
			s->beyond);
	if (s->others > 0)
		verify_say(g, "not checked: %" PRIu64 " files under tile/ that are no tiles",
			s->others);
	if (!t->seen_all)
		verify_say(g, "not checked: whether an entry comes twice (--replayed looks at all, "
			      "with 16 bytes of memory for each)");
	verify_tell_names(g, known);
	if (g->policy == NULL)
		verify_say(g, "nothing was asked of witnesses (--policy)");
}

static int check_tree(const struct verify_given *g, struct sr_dir *d,
	const struct verify_known *known, const struct sr_checkpoint *c, struct sr_err *e) {
	struct verify_tree *t = calloc(1, sizeof *t);
	struct verify_memory *m = NULL;
	size_t count = 0;
	struct verify_watch *w = NULL;
	struct verify_strays strays;
	int rc = t == NULL ? sr_fail(e, SR_NOMEM, "no memory") : 0;

	if (rc == 0)
		rc = verify_memories(&m, &count, known, g, e);
	if (rc == 0)
		rc = verify_watches(&w, m, count, c->size, e);
	if (rc == 0) {
		verify_tree_init(t, d, w, count + 1);
		t->progress = g->progress;
		if (g->replayed)
			t->seen_max = UINT64_MAX;
		rc = verify_tree_bundles(t, c->size / SR_TILE_WIDTH, e);
	}
	if (rc == 0)
		rc = verify_tree_partials(t, c->size, e);
	if (rc == 0)
		rc = check_root(t, c, e);
	if (rc == 0)
		rc = verify_tree_replayed(t, e);
	if (rc == 0)
		rc = verify_tree_strays(&strays, t, e);
	if (rc == 0)
		rc = verify_compare(g, m, count, w, c, e);
	if (rc == 0)
		tell(g, t, known, &strays);
	free(w);
	free(m);
	if (t != NULL)
		verify_tree_free(t);
	free(t);
	return rc;
}

int verify_log(const struct verify_given *g, const char *path, struct sr_err *e) {
	struct verify_known known = {0};
	struct sr_checkpoint c;
	struct sr_dir *d = NULL;
	struct sr_buf note;

	sr_buf_init(&note);
	int rc = sr_dir_open(&d, path, e);
	if (rc == SR_NOTFOUND)
		rc = sr_fail(e, SR_USAGE, "%s: there is no such folder", path);
	if (rc == 0)
		rc = read_checkpoint(&note, g, d, e);
	if (rc == 0)
		rc = verify_known(&known, g, sr_buf_view(&note), e);
	if (known.keyless)
		rc = verify_exported_name(g, d, known.origin, e);
	if (rc == 0) {
		verify_exported_changes(&known, d);
		rc = verify_checkpoint(&c, &known, g, sr_buf_view(&note), true, e);
		if (rc != 0)
			(void)sr_wrap(e, "checkpoint");
	}
	if (rc == 0)
		rc = check_tree(g, d, &known, &c, e);
	sr_dir_close(d);
	sr_buf_free(&note);
	return rc;
}
