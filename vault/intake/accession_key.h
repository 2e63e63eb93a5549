/*
 * accession_key - the key of what an accession under way leaves in run/: .keep, .lists, and where
 * nothing is deduped the journal, which holds keys of blocks (store/resume.h).
 *
 *   run/accession-<32 hex>.cell   4096 random bytes
 *   key = BLAKE2b(intake_sk; "strongroom/accession-key/v2", cell, accession)
 *
 * intake_sk outlives the accession, and what was removed lies in free space for as long as nothing
 * else is written there. So neither is enough: the cell dies with the accession, overwritten in
 * place (store/supersede.h), and with it everything under the key. It is not sealed itself, since
 * alone it opens nothing. It is as large as a block, and the key needs all of it: a few bytes lie
 * in the inode on some file systems (ext4 with inline_data), whose journal keeps them for long.
 *
 *   begin ----- make ------> under way --- committed or aborted, all else removed --- end --> none
 *                               |                                                             ^
 *                               +-- broken off: stays while packs or .keep of it do; else sweep
 */
#ifndef SR_INTAKE_ACCESSION_KEY_H
#define SR_INTAKE_ACCESSION_KEY_H

#include "board/vault.h"

/* The key of ${accession}, with the cell that is there, or a new one: then what an earlier one
 * opened is closed for good. A new cell is durable with the next settle of the store
 * (store/backend.h, sr_backend_beside); ${now}: at once. */
SR_MUST int sr_accession_key_make(uint8_t key[SR_KEY], struct sr_vault *v,
	const uint8_t accession[SR_ID], bool now, struct sr_err *e);
/* AUTH: there is no whole cell, so nothing can be opened any more. */
SR_MUST int sr_accession_key(
	uint8_t key[SR_KEY], struct sr_vault *v, const uint8_t accession[SR_ID], struct sr_err *e);
/* The cell is overwritten, durably, and removed; none is no error. */
SR_MUST int sr_accession_key_end(
	struct sr_vault *v, const uint8_t accession[SR_ID], struct sr_err *e);

#endif
