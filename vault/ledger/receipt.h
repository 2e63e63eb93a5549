/*
 * receipt - what the vault hands to whoever signed a statement: proof that exactly these bytes are
 * in the ledger.
 *
 * Two texts, one after the other on the wire, two files on disk:
 *
 *   NAME.tlog-proof   C2SP tlog-proof, byte for byte. `extra` is the leaf (the entry's envelope):
 *                     any tool that knows the format recomputes SHA-256(0x00 ‖ leaf) from it and
 *                     checks the inclusion without us.
 *   NAME.keys         what only our reader needs: entry keys of the compartments that the holder
 *                     may read, and the consistency proof from the size verified last. As secret
 *                     as the entry is.
 *
 *   strongroom/receipt/v1
 *   origin <name>
 *   index <dec>
 *   compartment <structural|descriptive|personal> <base64 key>    ? each, in this order
 *   records <dec>                        how many the entry has
 *   record <number> <base64 key>         * ascending
 *   since <dec>                          where the consistency proof starts; 0: there is none
 *   node <base64>                        * the consistency proof
 *
 * On the wire: keys text ‖ "\n" ‖ tlog-proof.
 * (Leaves are ciphertext: an inclusion proof alone shows nothing. The reader opens the leaf and
 * compares it with what it signed.)
 */
#ifndef SR_LEDGER_RECEIPT_H
#define SR_LEDGER_RECEIPT_H

#include "base/fs.h"
#include "ledger/entry.h"
#include "ledger/ledger.h"
#include "ledger/seen.h"
#include "merkle/tlogproof.h"

enum {
	SR_RECEIPT_MAX = 256 << 10
}; /* bytes: leaf in base64 is 88 KiB, 256 record keys 16 KiB, a checkpoint with its lines 64 KiB */

struct sr_receipt { /* zeroed, then filled by make or decode; free with sr_receipt_free */
	char origin[SR_ORIGIN_MAX];
	struct sr_buf leaf;
	uint64_t index;
	struct sr_proof inclusion;
	struct sr_buf checkpoint;
	struct sr_entry_keys keys;
	uint64_t since;
	struct sr_proof consistency;
};

struct sr_receipt_make {
	struct sr_ledger *ledger;
	uint64_t index;
	uint64_t since; /* size that the holder verified last; 0: none */
	const struct sr_keyring *keys;
	const struct sr_disclose *disclose;
};
/* At the ledger's present size; NOTFOUND when ${index} or ${since} is beyond it. */
SR_MUST int sr_receipt_make(
	struct sr_receipt *out, const struct sr_receipt_make *m, struct sr_err *e);
void sr_receipt_free(struct sr_receipt *r);

/* The wire form, appended; ${out} should be secret. */
SR_MUST int sr_receipt_encode(struct sr_buf *out, const struct sr_receipt *r, struct sr_err *e);
SR_MUST int sr_receipt_decode(struct sr_receipt *out, struct sr_bytes in, struct sr_err *e);
/* ${name}.tlog-proof and ${name}.keys in ${d}; not over others (EXISTS). */
SR_MUST int sr_receipt_save(
	struct sr_dir *d, const char *name, const struct sr_receipt *r, struct sr_err *e);
SR_MUST int sr_receipt_load(
	struct sr_receipt *out, struct sr_dir *d, const char *name, struct sr_err *e);

struct sr_receipt_check {
	const struct sr_seen
		*seen;    /* origin and ledger key that count, and the size verified last */
	bool ignore_size; /* an old receipt, by itself: result->seen stays as it was */
	bool any_vault;   /* the fingerprint is not known here: origin and key count alone */
	struct sr_bytes expected; /* signed note that must be in the leaf, byte for byte; p == NULL:
				     any statement */
	const struct sr_policy *policy; /* witnesses; NULL: none asked */
};
struct sr_receipt_result {
	struct sr_seen seen;   /* with the new size and root: store it */
	struct sr_entry entry; /* opened as far as keys were disclosed; free with sr_entry_free */
};
/* 0, CORRUPT, DENIED (witness quorum), or AUTH: log signature, inclusion, entry key, other bytes
 * than expected, or "the ledger shows 12 entries, 15 were verified before". On failure ${out} is
 * empty. */
SR_MUST int sr_receipt_verify(struct sr_receipt_result *out, const struct sr_receipt *r,
	const struct sr_receipt_check *c, struct sr_err *e);

#endif
