/*
 * invariants_adopt - a request that the board confirms under which name the log goes on. See
 * invariants_in.h and board/adopt.h.
 *
 * It names the entry that says so by its hash: votes are for exactly that name and those numbers,
 * and for no other loss than that one.
 */
#include "board/invariants_in.h"

int rules_adopt_asked(struct rules_ctx *c) {
	struct sr_log_names names = {0};
	const struct sr_log_name *last;
	uint8_t want[SR_HASH];
	int rc = sr_field_hash(want, c->s, "set", 0, c->e);

	if (rc == 0)
		rc = sr_query_log_names(&names, c->cat, c->e);
	if (rc != 0)
		return rc;
	last = names.count > 0 ? &names.rows[names.count - 1] : NULL;
	if (last == NULL || memcmp(last->hash, want, SR_HASH) != 0)
		rc = rules_deny(c, "log-other", "",
			"the log does not go on under another name by that entry");
	else if (last->confirmed != 0)
		rc = rules_deny(c, "log-confirmed", "",
			"the board confirmed the log's name with entry %llu",
			(unsigned long long)last->confirmed);
	else
		rc = rules_allow(c);
	sr_log_names_free(&names);
	return rc;
}
