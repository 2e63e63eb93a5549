/*
 * rotate - the service keys change, so that an older copy of keys/service, and whatever it was
 * sealed to, opens nothing that is written from then on (DESIGN 5): after a recovery, when the
 * custodian goes, when the passphrase may have been seen.
 *
 * The next generation (board/service.h) has new keys for all that lies on the disks: checkpoints,
 * service statements and envelopes (named by `service-key`, ledger/keychange.h), pack footers and
 * reach lists, the entries' compartments (an epoch of their own, sealed to the auditors by a
 * `key-epoch` directly behind), catalogue, index, the root cells of secrets.db and its root,
 * deduplication (which begins anew), commit records. What was sealed before stays as it is, and
 * opens by what is kept of the generations before. Items and their slots are not touched: no
 * service key opens one.
 *
 *   begin   1  the vault is open, quiet and whole, its second copy within reach
 *           2  keys/service.board is made of the next keys
 *           3  keys/service is the next keys and, while this is under way, those of the four before
 *              that the steps below need; sealed to another passphrase or credential  --- no way
 * back 4  the vault is closed, and opened again opening, whenever keys/service says that a change
 * is under way: 5  the journal is written again under the next MAC          (ledger/ledger.c) 6 the
 * root cells are wrapped anew                          (store/secrets.c) 7  secrets.db gets a new
 * root; catalogue and index are made anew 8  `service-key`, signed by the keys before, is the next
 * entry; `key-epoch` in one commit 9  INVENTORY, checkpoint and ledger/beats under the next key 10
 * keys/service.board and keys/service without the keys before
 *
 * A kill before 3 leaves the vault as it was (2 is made again at the next opening); one after it,
 * the new way to unlock and the rest to the next opening: each step looks at what is there. Nothing
 * else comes into the log before 8, so the index that the statement names is known in 3. When the
 * passphrase is lost in between, keys/service.board gives the next keys from 2 on; before 3 they
 * are not needed, as a file of the keys before opens everything.
 *
 * Not undone by it: what the holder of the keys before has read or copied; secrets.db as an older
 * image had it, under that image's root cell. Witnesses know the log by its key, and cosign again
 * when their operators have added the next one.
 */
#ifndef SR_BOARD_ROTATE_H
#define SR_BOARD_ROTATE_H

#include "board/vault.h"

struct sr_rotate {
	const char *path;      /* of the vault */
	struct sr_unlock then; /* what the next keys are sealed to */
	struct sr_clock clock;
	const struct sr_progress *progress; /* or NULL */
};
/* All of it, of an open vault that nobody else uses: ${v} is closed, and *${out} opened with the
 * next keys. *${changed}: ${then} is what unlocks the vault from now on, also when a later step
 * failed; what is left comes at the next opening. On failure *${out} is NULL. DENIED: no board is
 * open, a witness gave an alarm. LOCKED: an accession was broken off, or the second copy is out of
 * reach. LIMIT: SR_SERVICE_FORMER changes were made. */
SR_MUST int sr_rotate(struct sr_vault **out, struct sr_vault *v, const struct sr_rotate *o,
	bool *changed, struct sr_err *e);

/* Steps 7 to 10, at opening (board/vault.c). Nothing to do without a change under way. */
SR_MUST int sr_rotate_databases(struct sr_vault *v, struct sr_err *e);
SR_MUST int sr_rotate_log(struct sr_vault *v, struct sr_err *e);
/* *${done}: there was something to end. */
SR_MUST int sr_rotate_settle(
	struct sr_vault *v, const struct sr_unlock *u, bool *done, struct sr_err *e);

#endif
