/*
 * receipt - one entry is in the log: a .tlog-proof, and the entry where it is not inside.
 */
#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "verify/verify.h"

/* The entry's bytes: a file, `extra`, or both and then equal. */
static int leaf_of(uint8_t leaf[SR_HASH], size_t *len, const struct verify_given *g,
	const struct sr_tlogproof *p, struct sr_err *e) {
	struct sr_bytes entry = p->extra;
	struct sr_buf b;
	int rc = 0;

	sr_buf_init(&b);
	if (g->entry != NULL) {
		rc = verify_read(&b, g->entry, SR_ENTRY_MAX, e);
		if (rc == 0 && p->extra.len > 0 && !sr_bytes_eq(sr_buf_view(&b), p->extra))
			rc = sr_fail(e, SR_AUTH,
				"the entry in %s (%zu bytes) is not the one in the receipt (%zu "
				"bytes)",
				g->entry, b.len, p->extra.len);
		entry = sr_buf_view(&b);
	} else if (p->extra.len == 0) {
		rc = sr_fail(e, SR_USAGE,
			"the receipt does not hold the entry: give its bytes with --entry FILE");
	}
	if (rc == 0) {
		sr_leaf_hash(leaf, entry);
		*len = entry.len;
	}
	sr_buf_free(&b);
	return rc;
}

int verify_receipt(const struct verify_given *g, const char *path, struct sr_err *e) {
	struct sr_tlogproof p = {.index = 0};
	struct verify_known known;
	struct sr_checkpoint c;
	uint8_t leaf[SR_HASH];
	size_t len = 0;
	struct sr_buf b;

	sr_buf_init(&b);
	int rc = verify_read(&b, path, SR_PROOF_FILE_MAX, e);
	if (rc == 0)
		rc = sr_tlogproof_parse(&p, sr_buf_view(&b), e);
	if (rc == 0)
		rc = leaf_of(leaf, &len, g, &p, e);
	if (rc == 0)
		rc = verify_known(&known, g, p.checkpoint, e);
	if (rc == 0)
		rc = sr_tlogproof_verify(NULL, &p, leaf, &known.log, NULL, e);
	if (rc == 0) /* once more, now with the witnesses, to tell who cosigned */
		rc = verify_checkpoint(&c, &known, g, p.checkpoint, true, e);
	if (rc == 0) {
		verify_say(g,
			"entry %" PRIu64 " (%zu bytes) is in the log of %s, which had %" PRIu64
			" entries",
			p.index, len, known.origin, c.size);
		if (g->policy == NULL)
			verify_say(g, "nothing was asked of witnesses (--policy)");
	}
	sr_tlogproof_free(&p);
	sr_buf_free(&b);
	return rc;
}
