/*
 * pieces - see pieces.h.
 */
#include "board/pieces.h"

#include "crypto/piece.h"
#include "merkle/tree.h"

int sr_pieces_root(uint8_t root[SR_HASH], const struct sr_bundle *b, struct sr_err *e) {
	struct sr_buf leaf;
	struct sr_tree t;
	uint8_t hash[SR_HASH];
	int rc = 0;

	sr_buf_init(&leaf);
	sr_tree_init(&t);
	for (size_t i = 0; i < b->items && rc == 0; i++) {
		sr_buf_clear(&leaf);
		sr_bundle_leaf(&leaf, b, i);
		rc = sr_buf_ok(&leaf, e);
		if (rc == 0) {
			sr_leaf_hash(hash, sr_buf_view(&leaf));
			rc = sr_tree_append(&t, hash, e);
		}
	}
	sr_buf_free(&leaf);
	if (rc == 0)
		sr_tree_root(root, &t);
	return rc;
}

int sr_pieces_check(struct sr_bytes bundle, const struct sr_pieces_want *want, struct sr_err *e) {
	uint8_t root[SR_HASH];
	struct sr_bundle b;
	int rc = sr_bundle_parse(&b, bundle, e);

	if (rc != 0)
		return rc;
	if (b.items != want->items || b.readers != want->readers)
		return sr_fail(e, SR_CORRUPT,
			"bundle: %zu items for %zu researchers, the request has %llu for %zu",
			b.items, b.readers, (unsigned long long)want->items, want->readers);
	rc = sr_bundle_keys_check(&b, e);
	if (rc == 0)
		rc = sr_pieces_root(root, &b, e);
	if (rc == 0 && memcmp(root, want->root, SR_HASH) != 0)
		rc = sr_fail(e, SR_AUTH, "bundle: its root is not the one that the vote names");
	return rc;
}
