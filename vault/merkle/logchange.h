/*
 * logchange - the note by which a log says that another key, or another name, follows: a C2SP
 * signed note, signed by the key before under the name before, in the log itself at the index that
 * it names.
 *
 *   strongroom/service-key/v1
 *   ...                      lines of the vault's statement that do not concern the log
 *   from <dec>               its own index
 *   ledger-key <vkey>        the next key and name: one of them is as it was
 *   agreed <dec>             with another name: so many entries are what they were
 *   known <dec>                   others know of so many
 *   root <hex64>                  of the first `from` entries
 *
 * For who knows the log's key and nothing else of the vault. What its statement has to hold beyond
 * that is ledger/keychange.h's.
 */
#ifndef SR_MERKLE_LOGCHANGE_H
#define SR_MERKLE_LOGCHANGE_H

#include "merkle/logkeys.h"

enum {
	/* bytes of the note: two dozen lines, a name three times */
	SR_LOG_CHANGE_MAX = 2560
};

struct sr_log_change {
	struct sr_log_link next; /* of the key and name that follow */
	bool renames;            /* the log lost entries; else its key changed */
	uint8_t root[SR_HASH];   /* renames: of the first next.from entries */
};

/* What the text ${text} of a note says. CORRUPT. */
SR_MUST int sr_log_change_read(struct sr_log_change *out, struct sr_bytes text, struct sr_err *e);
/* May ${c} follow ${before}? AUTH: another name without a loss, or a loss with another key or the
 * same name. The same key and name once more pass: they change nothing. */
SR_MUST int sr_log_change_fits(
	const struct sr_log_change *c, const struct sr_log_link *before, struct sr_err *e);
/* ${note} is the next link of ${keys}, or one that is there already. AUTH: not signed by the one
 * before it, or another than was followed before. */
SR_MUST int sr_log_change_follow(struct sr_log_keys *keys, const struct sr_log_change *c,
	struct sr_bytes note, struct sr_err *e);

#endif
