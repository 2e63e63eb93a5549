/*
 * kinds - the kinds of requests: what a quorum can decide, in one table (DESIGN 6). Whoever asks,
 * votes, decides, shows or audits goes by it; what lines a request of a kind has is
 * invariants_request.c's to say, what it brings about decide.c's, each with a row for every kind
 * here.
 */
#ifndef SR_BOARD_KINDS_H
#define SR_BOARD_KINDS_H

#include "ledger/statement.h"

enum sr_kind_id {
	SR_K_ACCESS,
	SR_K_EXPORT,
	SR_K_REFERRAL,
	SR_K_RESEAL,
	SR_K_REDACT,
	SR_K_REVOKE,
	SR_K_LIFT,
	SR_K_RENEW,
	SR_K_ROLE,
	SR_K_PERSON,
	SR_K_PERSON_END,
	SR_K_COLLECTION,
	SR_K_BOARD,
	SR_K_RESHARE,
	SR_K_REKEY,
	SR_K_DESTROY,
	SR_K_POLICY,
	SR_K_ERASE,
	SR_K_AUDITOR,
	SR_K_WITNESSES,
	SR_K_ADOPT,
	SR_K_COUNT
};

enum {
	/* Approvals carry a piece of the key for each item. */
	SR_KIND_PIECES = 1 << 0,
	/* It names forms in which one looks. */
	SR_KIND_LOOKS = 1 << 1,
	/* It takes what anything takes: rules and keys are for everything that the board decides,
	 * and what cannot be undone is no less. */
	SR_KIND_HIGHEST = 1 << 2,
	/* It is about who is believed, or by what rules: everybody is shown who decided it. */
	SR_KIND_TRUST = 1 << 3,
	/* The founding board's alone. */
	SR_KIND_FOUNDING = 1 << 4
};

struct sr_kind {
	const char *name;
	enum sr_type_id brings; /* the service's statement when it is decided */
	unsigned flags;
};
const struct sr_kind *sr_kind_at(enum sr_kind_id id);
/* False: no kind has that name. */
bool sr_kind_named(enum sr_kind_id *out, struct sr_bytes name);
/* Has the kind of this name the flag? Of an unknown one: no. */
bool sr_kind_is(struct sr_bytes name, unsigned flag);
/* The kind of request that this statement of the service decides; NULL: none, or (grant) one of
 * several. */
const struct sr_kind *sr_kind_deciding(const struct sr_statement *s);

#endif
