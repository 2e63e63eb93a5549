/*
 * hindered - what was voted for, and what stood in its way: since the votes were asked for what
 * they are about may have ended, or been made already, or become another. Then the vault refuses
 * what the board had decided (board/decide.c). Asked of the state before that.
 */
#ifndef SR_AUDIT_HINDERED_H
#define SR_AUDIT_HINDERED_H

#include "audit/audit_in.h"
#include "audit/derive_in.h"

struct audit_hindered {
	struct sr_audit *a;
	int64_t received;              /* when it was decided */
	const struct derive_asked *of; /* the version */
	const char *rule;              /* by this rule alone; NULL: by any */
	const uint8_t *item;           /* this item of a request to destroy; NULL: any of it */
	char found[48];                /* out: the rule; "": nothing stands in the way */
};
SR_MUST int audit_hindered(struct audit_hindered *h, struct sr_err *e);

/* ${en}, not applied, does what votes decided, and their request is there: *${ok} false where
 * something stood in the way, with ${f}. */
SR_MUST int audit_hindered_not(bool *ok, struct sr_audit_finding *f, struct sr_audit *a,
	const struct sr_entry *en, struct sr_err *e);

#endif
