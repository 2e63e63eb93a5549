/*
 * exported - an exported log (ledger/export.h) read by an auditor with nothing but their identity:
 * no vault, no network.
 *
 *   1  the checkpoint is signed by the log's key, and cosigned by the quorum where a policy is
 * given 2  every entry is hashed; the root is the one that was signed 3  each entry of an epoch
 * whose key is sealed to this identity (epochs/) is opened: what does not open, or is of another
 * vault, stops 4  an epoch begins directly behind the `key-epoch` that says so, where that can be
 * read 5  each statement is signed by the key that the log had for its actor then. Who was
 * introduced in an epoch that was not given cannot be checked: counted.
 *
 * What is in epochs/ is not believed: a box that holds a wrong key opens no entry. The vault is the
 * one whose `found` opens, or, where the first epoch was not given, the one that the boxes name.
 */
#ifndef SR_CORE_EXPORTED_H
#define SR_CORE_EXPORTED_H

#include "base/fs.h"
#include "base/progress.h"
#include "core/client.h"
#include "crypto/identity.h"
#include "merkle/checkpoint.h"
#include "merkle/policy.h"

#define SR_EXPORT_EPOCHS "epochs"

struct sr_exported_ask {
	struct sr_dir *dir;
	const struct sr_identity *identity;
	const struct sr_vkey *key; /* of the log; one that key-change.N follow, or the last */
	const char *name; /* the log's, where it goes on under another than the key's; or NULL */
	const struct sr_policy *witnesses; /* or NULL: nothing is asked */
	const uint8_t *fingerprint;        /* SR_HASH bytes that the vault must have; or NULL */
	uint64_t from, to;                 /* of what is told; to 0: to the end */
	const char *type;                  /* NULL: all */
	int (*each)(void *ctx, const struct sr_entry *en, struct sr_err *e);
	void *ctx;
	const struct sr_progress *progress;
};
struct sr_exported_log {
	uint64_t size, opened,
		sealed;   /* entries; of these, opened; of epochs whose key is not there */
	uint64_t missing; /* of those, of epochs that the log says were sealed to this identity */
	uint64_t signatures, unchecked; /* of opened ones */
	uint8_t root[SR_HASH];
	uint8_t fingerprint[SR_HASH];
	bool found; /* the fingerprint is that of `found`, which opened */
};
/* AUTH, CORRUPT, DENIED (too few witnesses); NOTFOUND: no epoch is sealed to this identity. */
SR_MUST int sr_exported_read(
	struct sr_exported_log *out, const struct sr_exported_ask *a, struct sr_err *e);

#endif
