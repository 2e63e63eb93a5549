/*
 * journal - the tail of a vault's log, read without a key.
 *
 * The format is the table of vault/ledger/journal.h; this is another reader of it, which links
 * nothing of the vault and only reads. It is stricter in nothing and gives more reasons in nothing:
 * what the vault would open it takes, what the vault would call damaged it calls damaged. The
 * commits' MACs need the vault's key and are not checked: that the entries are those of the log is
 * what the signed checkpoint shows, as far as it goes.
 */
#ifndef SR_VERIFY_JOURNAL_H
#define SR_VERIFY_JOURNAL_H

#include "base/bytes.h"
#include "crypto/hash.h"

enum {
	VERIFY_JOURNAL_MAX = 64 << 20, /* bytes, as the vault has it */
	VERIFY_JOURNAL_LEAVES = 512
};

struct verify_journal {
	uint64_t base; /* index of the first leaf */
	size_t leaves; /* committed */
	struct sr_bytes leaf[VERIFY_JOURNAL_LEAVES];
	size_t commits;
	/* Size and root of each commit, in the file's order; owned. */
	struct verify_commit {
		uint64_t size;
		uint8_t root[SR_HASH];
	} * commit;
	size_t dropped; /* bytes after the last commit: a torn tail, never acknowledged */
	bool mended;    /* one copy of a commit record is damaged */
};

/* Views point into ${file}. CORRUPT, UNSUPPORTED (a newer version), NOMEM. Free with
 * verify_journal_free, after a failure too. */
SR_MUST int verify_journal_read(
	struct verify_journal *out, struct sr_bytes file, const char *origin, struct sr_err *e);
void verify_journal_free(struct verify_journal *j);

#endif
