/*
 * states - the states of DESIGN 6a and every step between them, as one table.
 *
 * A step is (machine, state, event) -> state. What is not listed cannot happen: replay stops with
 * CORRUPT, the door refuses before it writes. Nothing else in the project decides about states. The
 * words are what the catalogue stores and what people read.
 *
 *   request version  none -> open -> granted | refused | returned | withdrawn | superseded | lapsed
 *                    returned -> superseded | withdrawn
 *                    ("granted" also ends a quorum act that is no grant)
 *   grant            none -> live <-> suspended -> closed | expired | revoked (from both)
 *                    (suspended anew, by the service alone: who lifted it before does not any more)
 *   checkout         none -> begun -> open <-> shut -> returned | lapsed | ended (from all three)
 *   item             none -> held -> released -> destroyed (from both)
 *   run              none -> dealing -> void | done (one run of key generation)
 *   enquiry          none -> open -> answered -> closed
 */
#ifndef SR_CATALOGUE_STATES_H
#define SR_CATALOGUE_STATES_H

#include "base/bytes.h"

enum sr_machine {
	SR_M_VERSION,
	SR_M_GRANT,
	SR_M_CHECKOUT,
	SR_M_ITEM,
	SR_M_RUN,
	SR_M_ENQUIRY,
	SR_M_COUNT
};

enum sr_state {
	SR_S_NONE, /* before the first event */
	SR_S_OPEN,
	SR_S_GRANTED,
	SR_S_REFUSED,
	SR_S_RETURNED,
	SR_S_WITHDRAWN,
	SR_S_SUPERSEDED,
	SR_S_LAPSED,
	SR_S_LIVE,
	SR_S_SUSPENDED,
	SR_S_CLOSED,
	SR_S_EXPIRED,
	SR_S_REVOKED,
	SR_S_BEGUN,
	SR_S_SHUT,
	SR_S_ENDED,
	SR_S_HELD,
	SR_S_RELEASED,
	SR_S_DESTROYED,
	SR_S_DEALING,
	SR_S_VOID,
	SR_S_DONE,
	SR_S_ANSWERED,
	SR_S_COUNT
};

enum sr_event {
	SR_E_REQUEST,
	SR_E_AMEND,
	SR_E_ROOM_KEY,
	SR_E_JOIN,
	SR_E_VOTE,    /* approve or reject */
	SR_E_CORRECT, /* vote with decision correct */
	SR_E_TOPUP,   /* vote with decision topup */
	SR_E_RECUSE,
	SR_E_WITHDRAW,
	SR_E_LAPSE,
	SR_E_REFUSE,
	SR_E_GRANT,
	SR_E_DECIDED, /* person, person-end, collection, revoke, lift or destroy that cites the
			request */
	SR_E_SUSPEND,
	SR_E_SUSPEND_ANEW, /* by the service: whom the grant names left, or has another key */
	SR_E_LIFT,
	SR_E_REVOKE,
	SR_E_RENEW,
	SR_E_EXTEND,
	SR_E_CLOSE,
	SR_E_ABOUT, /* a request about items, whatever their state: destroy, referral */
	SR_E_CHECKOUT,
	SR_E_QUARANTINE, /* checkout with right quarantine */
	SR_E_REFERRAL,   /* checkout with right referral */
	SR_E_VIEWED_OPEN,
	SR_E_VIEWED_SHUT,
	SR_E_VIEWED, /* any other event of viewed */
	SR_E_EXPORT,
	SR_E_RETURN,
	SR_E_END, /* of a checkout: its grant was suspended or ended, its person's roles ended, its
		     held item was released */
	SR_E_ACCESSION,
	SR_E_DESCRIBE,
	SR_E_INTAKE, /* a step of what is done after a deposit by itself */
	SR_E_RELEASE,
	SR_E_RESEAL,
	SR_E_FLAG, /* embargo, hold, seal, retention; lift and lapse end them */
	SR_E_DESTROY,
	SR_E_DEAL,
	SR_E_ACCEPT,
	SR_E_COMPLAINT,
	SR_E_REVEAL,
	SR_E_OPENED,
	SR_E_ENQUIRE,
	SR_E_ANSWER,
	SR_E_COUNT
};

struct sr_step {
	enum sr_machine machine;
	enum sr_state from;
	enum sr_event event;
	enum sr_state to;
};
/* All of them, for tests and the manual. */
const struct sr_step *sr_steps(size_t *count);

/* The state after ${event}: 0, or CORRUPT "request: refused, so no vote". */
SR_MUST int sr_state_step(enum sr_state *to, enum sr_machine m, enum sr_state from,
	enum sr_event event, struct sr_err *e);
/* The same as a question, for rules: may ${event} happen now? */
bool sr_state_may(enum sr_machine m, enum sr_state from, enum sr_event event);
/* Nothing leads on from here. */
bool sr_state_final(enum sr_machine m, enum sr_state s);

/* Static words: "open", "vote correct", "request". */
const char *sr_state_name(enum sr_state s);
const char *sr_event_name(enum sr_event event);
const char *sr_machine_name(enum sr_machine m);
/* CORRUPT for another word. */
SR_MUST int sr_state_named(enum sr_state *out, struct sr_bytes word, struct sr_err *e);
/* A state that ${m} can be in, as somebody asks for it: USAGE, with those that there are, for
 * another word. */
SR_MUST int sr_state_asked(
	enum sr_state *out, enum sr_machine m, struct sr_bytes word, struct sr_err *e);

/* The table as text, one line for each step ("checkout: shut, viewed open -> open"), grouped by
 * machine. */
void sr_states_print(struct sr_buf *out);

#endif
