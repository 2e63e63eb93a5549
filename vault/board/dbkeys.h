/*
 * dbkeys - the keys of catalogue.db and index.db, which change when something was destroyed
 * (DESIGN 7): old pages of them, on the disks or in a copy of the folder, then open nothing.
 *
 *   secrets.db, SR_SECRET_DB_KEY, name "catalogue.db" or "index.db", n = 0
 *      0  32  random half of the file's key
 *     32   8  le64 entries of the ledger when it was made: destructions before are behind it
 *
 *   file key = BLAKE2b(key of keys/service; "strongroom/db-file-key/v1"; name, half), or the key of
 *   keys/service itself while there is no half: nothing was destroyed yet
 *
 * Renewing puts both halves anew in one erasing commit, drops both files and makes them again from
 * the ledger and the packs' footers. A kill in between leaves files that open with no key: the next
 * opening rebuilds them, which is the same.
 */
#ifndef SR_BOARD_DBKEYS_H
#define SR_BOARD_DBKEYS_H

#include "board/vault.h"

enum {
	/* Made anew at once, at an opening or a minute's sweep: about two seconds of replay, and as
	 * many footers as are read in one. What is larger waits for the night, or for `rebuild`. */
	SR_RENEW_ENTRIES = 20000,
	SR_RENEW_PACKS = 256
};

/* The key of the database ${name}. */
SR_MUST int sr_db_file_key(
	uint8_t key[SR_KEY], struct sr_vault *v, const char *name, struct sr_err *e);

/* New halves of both keys, in one erasing commit: the files that are there open no more. */
SR_MUST int sr_db_keys_renew(struct sr_vault *v, struct sr_err *e);

struct sr_renewal {
	bool due;   /* something was destroyed or erased since the keys were made */
	bool waits; /* but a key of it is there still, until witnesses have seen the statement
		       (board/forget.h, board/erase.h): files made now would hold its words once
		       more. Or a renewal found that a replay stops, or
		       has no room */
	bool small; /* few enough entries and packs to be made anew at once, and no deposit that was
		       broken off: the index alone knows of its packs */
};
SR_MUST int sr_renewal_due(struct sr_renewal *out, struct sr_vault *v, struct sr_err *e);
/* New keys, new files, once a replay has shown that they can be made: where it stops, or has no
 * room, nothing is done, v->recovered says so and v->keeps_keys is set. Nobody may hold the index:
 * no deposit under way, no item open. A failure after that leaves the vault without a catalogue:
 * close it; the next opening makes it. */
SR_MUST int sr_vault_renew(
	struct sr_vault *v, const struct sr_progress *progress, struct sr_err *e);

#endif
