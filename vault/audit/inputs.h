/*
 * inputs - what the rules were asked with (policy/judge.h), as it was kept and as the log gives it,
 * compared attribute by attribute.
 *
 * Compared is what they mean: members of records by their names, entities by their names, sets
 * without order. Three attributes of a context follow from no entry:
 *
 *   browser    must be what the statement's own line `via` says
 *   witnessed  must be false where nobody was asked by then. Else it is handed out, and held
 *              against what else is known of the witnesses (witnessed.c): how far a quorum had
 *              cosigned at that moment is in cosignatures, of which the log holds none
 *   network    what came by no browser has no address: it came by a socket of this machine. Else
 *              it is believed: an address is kept nowhere else
 */
#ifndef SR_AUDIT_INPUTS_H
#define SR_AUDIT_INPUTS_H

#include "base/bytes.h"

struct audit_told { /* of those three */
	bool browser;
	bool asked;     /* checkouts wait for a quorum of witnesses */
	bool witnessed; /* set: the rules were told that it had */
};

enum {
	AUDIT_PATH = 80 /* of an attribute: "context.loans", "Item.level", "Person parents" */
};

/* *${ok} false: ${path} is what differs, ${text} how (size ${size}). CORRUPT: one of the two is no
 * text of inputs. */
SR_MUST int audit_inputs_same(bool *ok, char path[AUDIT_PATH], char *text, size_t size,
	struct sr_bytes kept, struct sr_bytes derived, struct audit_told *told, struct sr_err *e);

#endif
