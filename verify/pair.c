/*
 * pair - a checkpoint continues an earlier one: by a proof, or by the log that both are of.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "verify/verify.h"

enum {
	PROOF_MAX = SR_PROOF_MAX * 45 /* bytes: 44 of base64 and a newline for each hash */
};

/* Tiles of an exported log; what is made of them is checked against both roots. */
static int read_tile(void *ctx, uint8_t *out, const struct sr_tile *t, struct sr_err *e) {
	char path[SR_TILE_PATH];
	struct sr_buf b;

	sr_tile_path(path, t);
	sr_buf_init(&b);
	int rc = sr_file_read(ctx, path, &b, SR_TILE_SIZE, e);
	if (rc == 0 && b.len != (size_t)t->width * SR_HASH)
		rc = sr_fail(e, SR_CORRUPT, "%s has %zu bytes, want %zu", path, b.len,
			(size_t)t->width * SR_HASH);
	if (rc == 0)
		memcpy(out, b.p, b.len);
	sr_buf_free(&b);
	return rc;
}

static int proof_from_log(
	struct sr_proof *out, const char *path, uint64_t size1, uint64_t size2, struct sr_err *e) {
	struct sr_tile_reader *r = NULL;
	struct sr_dir *d = NULL;
	int rc = sr_dir_open(&d, path, e);

	if (rc == 0) {
		const struct sr_tiles tiles = {read_tile, d};
		rc = sr_tile_reader_new(&r, &tiles, size2, e);
	}
	if (rc == 0) {
		const struct sr_nodes nodes = sr_tile_reader_nodes(r);
		rc = sr_proof_consistency(out, &nodes, size1, size2, e);
	}
	if (rc == SR_NOTFOUND)
		rc = sr_fail(e, SR_CORRUPT,
			"%s has not the tiles of a log of %" PRIu64 " entries: %s", path, size2,
			e->text);
	sr_tile_reader_free(r);
	sr_dir_close(d);
	return rc;
}

static int proof_from_file(struct sr_proof *out, const char *path, struct sr_err *e) {
	struct sr_buf b;

	sr_buf_init(&b);
	int rc = verify_read(&b, path, PROOF_MAX, e);
	if (rc == 0)
		rc = sr_proof_parse(out, sr_buf_view(&b), e);
	sr_buf_free(&b);
	return rc;
}

static int get_proof(struct sr_proof *out, const struct verify_given *g,
	const struct sr_checkpoint *old, const struct sr_checkpoint *new, struct sr_err *e) {
	memset(out, 0, sizeof *out);
	if (g->proof != NULL)
		return proof_from_file(out, g->proof, e);
	if (old->size == new->size || old->size == 0)
		return 0;
	if (g->log != NULL)
		return proof_from_log(out, g->log, old->size, new->size, e);
	return sr_fail(e, SR_USAGE,
		"sizes %" PRIu64 " and %" PRIu64
		" need a proof: --proof FILE (lines of base64), or --log DIR (an export)",
		old->size, new->size);
}

/* Any log continues the empty one; its root says that it was empty. */
static int check_empty(
	const struct sr_proof *p, const struct sr_checkpoint *old, struct sr_err *e) {
	uint8_t root[SR_HASH];

	sr_merkle_root(root, NULL, 0);
	if (memcmp(root, old->root, SR_HASH) != 0)
		return sr_fail(
			e, SR_AUTH, "the older checkpoint has size 0 and not the empty root");
	if (p->count != 0)
		return sr_fail(e, SR_AUTH, "a proof from size 0 is empty; this one has %zu hashes",
			p->count);
	return 0;
}

static int check(const struct verify_given *g, const struct sr_checkpoint *old,
	const struct sr_checkpoint *new, struct sr_err *e) {
	struct sr_proof p;

	if (old->size > new->size)
		return sr_fail(e, SR_AUTH,
			"rolled back: the log shrank from %" PRIu64 " entries to %" PRIu64
			" (or the files stand in the wrong order: the older first)",
			old->size, new->size);
	if (old->size == new->size && memcmp(old->root, new->root, SR_HASH) != 0)
		return sr_fail(e, SR_AUTH,
			"forked: the log's key signed two roots for size %" PRIu64
			"; these two files prove it, keep both",
			old->size);
	int rc = get_proof(&p, g, old, new, e);
	if (rc == 0 && old->size == 0)
		return check_empty(&p, old, e);
	if (rc == 0)
		rc = sr_proof_check_consistency(&p, old->size, old->root, new->size, new->root, e);
	return rc;
}

int verify_pair(const struct verify_given *g, const char *old, const char *new, struct sr_err *e) {
	struct verify_memory m[2] = {{.path = old}, {.path = new}};
	struct verify_known known;
	struct sr_buf a, b;

	sr_buf_init(&a);
	sr_buf_init(&b);
	int rc = verify_read(&a, old, SR_PROOF_FILE_MAX, e);
	if (rc == 0)
		rc = verify_read(&b, new, SR_PROOF_FILE_MAX, e);
	if (rc == 0) { /* the newer one says which log; the older must be of the same */
		rc = verify_known(&known, g, sr_buf_view(&b), e);
		if (rc != 0)
			(void)sr_wrap(e, "%s", new);
	}
	if (rc == 0)
		rc = verify_memory(&m[1], &known, g, sr_buf_view(&b), true, e);
	if (rc == 0)
		rc = verify_memory(&m[0], &known, g, sr_buf_view(&a), false, e);
	if (rc == 0)
		rc = check(g, &m[0].c, &m[1].c, e);
	if (rc == 0)
		verify_say(g, "the log of %s with %" PRIu64 " entries continues that with %" PRIu64,
			known.origin, m[1].c.size, m[0].c.size);
	if (rc == 0)
		verify_tell_names(g, &known);
	sr_buf_free(&a);
	sr_buf_free(&b);
	return rc;
}
