/*
 * states - the table, and the questions about it. See states.h; nothing else in the project decides
 * about states.
 */
#include "catalogue/states.h"

#include "base/escape.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* clang-format off */
static const struct sr_step steps[] = {
	/* a request version; a final one takes no event at all */
	{SR_M_VERSION, SR_S_NONE, SR_E_REQUEST, SR_S_OPEN},
	{SR_M_VERSION, SR_S_NONE, SR_E_AMEND, SR_S_OPEN},
	{SR_M_VERSION, SR_S_OPEN, SR_E_ROOM_KEY, SR_S_OPEN},
	{SR_M_VERSION, SR_S_OPEN, SR_E_JOIN, SR_S_OPEN},
	{SR_M_VERSION, SR_S_OPEN, SR_E_RECUSE, SR_S_OPEN},
	{SR_M_VERSION, SR_S_OPEN, SR_E_VOTE, SR_S_OPEN},
	{SR_M_VERSION, SR_S_OPEN, SR_E_CORRECT, SR_S_RETURNED},
	{SR_M_VERSION, SR_S_OPEN, SR_E_AMEND, SR_S_SUPERSEDED},
	{SR_M_VERSION, SR_S_OPEN, SR_E_WITHDRAW, SR_S_WITHDRAWN},
	{SR_M_VERSION, SR_S_OPEN, SR_E_LAPSE, SR_S_LAPSED},
	{SR_M_VERSION, SR_S_OPEN, SR_E_REFUSE, SR_S_REFUSED},
	{SR_M_VERSION, SR_S_OPEN, SR_E_GRANT, SR_S_GRANTED},
	{SR_M_VERSION, SR_S_OPEN, SR_E_DECIDED, SR_S_GRANTED},
	{SR_M_VERSION, SR_S_RETURNED, SR_E_RECUSE, SR_S_RETURNED},
	{SR_M_VERSION, SR_S_RETURNED, SR_E_AMEND, SR_S_SUPERSEDED},
	{SR_M_VERSION, SR_S_RETURNED, SR_E_WITHDRAW, SR_S_WITHDRAWN},
	{SR_M_VERSION, SR_S_GRANTED, SR_E_ROOM_KEY, SR_S_GRANTED},
	{SR_M_VERSION, SR_S_GRANTED, SR_E_TOPUP, SR_S_GRANTED},
	/* a grant; its room key is renewed after a restore, suspended or not */
	{SR_M_GRANT, SR_S_NONE, SR_E_GRANT, SR_S_LIVE},
	{SR_M_GRANT, SR_S_LIVE, SR_E_SUSPEND, SR_S_SUSPENDED},
	{SR_M_GRANT, SR_S_LIVE, SR_E_CHECKOUT, SR_S_LIVE},
	{SR_M_GRANT, SR_S_LIVE, SR_E_EXPORT, SR_S_LIVE},
	{SR_M_GRANT, SR_S_LIVE, SR_E_ROOM_KEY, SR_S_LIVE},
	{SR_M_GRANT, SR_S_LIVE, SR_E_TOPUP, SR_S_LIVE},
	{SR_M_GRANT, SR_S_LIVE, SR_E_CLOSE, SR_S_CLOSED},
	{SR_M_GRANT, SR_S_LIVE, SR_E_LAPSE, SR_S_EXPIRED},
	{SR_M_GRANT, SR_S_LIVE, SR_E_REVOKE, SR_S_REVOKED},
	{SR_M_GRANT, SR_S_LIVE, SR_E_RENEW, SR_S_LIVE},
	{SR_M_GRANT, SR_S_LIVE, SR_E_EXTEND, SR_S_LIVE},
	{SR_M_GRANT, SR_S_SUSPENDED, SR_E_ROOM_KEY, SR_S_SUSPENDED},
	{SR_M_GRANT, SR_S_SUSPENDED, SR_E_SUSPEND_ANEW, SR_S_SUSPENDED},
	{SR_M_GRANT, SR_S_SUSPENDED, SR_E_LIFT, SR_S_LIVE},
	{SR_M_GRANT, SR_S_SUSPENDED, SR_E_CLOSE, SR_S_CLOSED},
	{SR_M_GRANT, SR_S_SUSPENDED, SR_E_LAPSE, SR_S_EXPIRED},
	{SR_M_GRANT, SR_S_SUSPENDED, SR_E_REVOKE, SR_S_REVOKED},
	/* a checkout; open may be repeated, since the room may forget a key at any time */
	{SR_M_CHECKOUT, SR_S_NONE, SR_E_CHECKOUT, SR_S_BEGUN},
	{SR_M_CHECKOUT, SR_S_NONE, SR_E_QUARANTINE, SR_S_BEGUN},
	{SR_M_CHECKOUT, SR_S_NONE, SR_E_REFERRAL, SR_S_BEGUN},
	{SR_M_CHECKOUT, SR_S_BEGUN, SR_E_VIEWED_OPEN, SR_S_OPEN},
	{SR_M_CHECKOUT, SR_S_BEGUN, SR_E_RETURN, SR_S_RETURNED},
	{SR_M_CHECKOUT, SR_S_BEGUN, SR_E_LAPSE, SR_S_LAPSED},
	{SR_M_CHECKOUT, SR_S_BEGUN, SR_E_END, SR_S_ENDED},
	{SR_M_CHECKOUT, SR_S_OPEN, SR_E_VIEWED_OPEN, SR_S_OPEN},
	{SR_M_CHECKOUT, SR_S_OPEN, SR_E_VIEWED, SR_S_OPEN},
	{SR_M_CHECKOUT, SR_S_OPEN, SR_E_EXPORT, SR_S_OPEN},
	{SR_M_CHECKOUT, SR_S_OPEN, SR_E_VIEWED_SHUT, SR_S_SHUT},
	{SR_M_CHECKOUT, SR_S_OPEN, SR_E_RETURN, SR_S_RETURNED},
	{SR_M_CHECKOUT, SR_S_OPEN, SR_E_LAPSE, SR_S_LAPSED},
	{SR_M_CHECKOUT, SR_S_OPEN, SR_E_END, SR_S_ENDED},
	{SR_M_CHECKOUT, SR_S_SHUT, SR_E_VIEWED_OPEN, SR_S_OPEN},
	{SR_M_CHECKOUT, SR_S_SHUT, SR_E_RETURN, SR_S_RETURNED},
	{SR_M_CHECKOUT, SR_S_SHUT, SR_E_LAPSE, SR_S_LAPSED},
	{SR_M_CHECKOUT, SR_S_SHUT, SR_E_END, SR_S_ENDED},
	/* an item */
	{SR_M_ITEM, SR_S_NONE, SR_E_ACCESSION, SR_S_HELD},
	{SR_M_ITEM, SR_S_HELD, SR_E_DESCRIBE, SR_S_HELD},
	{SR_M_ITEM, SR_S_HELD, SR_E_INTAKE, SR_S_HELD},
	{SR_M_ITEM, SR_S_HELD, SR_E_QUARANTINE, SR_S_HELD},
	{SR_M_ITEM, SR_S_HELD, SR_E_FLAG, SR_S_HELD},
	{SR_M_ITEM, SR_S_HELD, SR_E_LIFT, SR_S_HELD},
	{SR_M_ITEM, SR_S_HELD, SR_E_LAPSE, SR_S_HELD},
	{SR_M_ITEM, SR_S_HELD, SR_E_ABOUT, SR_S_HELD},
	{SR_M_ITEM, SR_S_HELD, SR_E_REFERRAL, SR_S_HELD},
	{SR_M_ITEM, SR_S_HELD, SR_E_EXPORT, SR_S_HELD},
	{SR_M_ITEM, SR_S_HELD, SR_E_RELEASE, SR_S_RELEASED},
	{SR_M_ITEM, SR_S_HELD, SR_E_RESEAL, SR_S_HELD},
	{SR_M_ITEM, SR_S_HELD, SR_E_DESTROY, SR_S_DESTROYED},
	{SR_M_ITEM, SR_S_RELEASED, SR_E_DESCRIBE, SR_S_RELEASED},
	{SR_M_ITEM, SR_S_RELEASED, SR_E_FLAG, SR_S_RELEASED},
	{SR_M_ITEM, SR_S_RELEASED, SR_E_LIFT, SR_S_RELEASED},
	{SR_M_ITEM, SR_S_RELEASED, SR_E_LAPSE, SR_S_RELEASED},
	{SR_M_ITEM, SR_S_RELEASED, SR_E_REQUEST, SR_S_RELEASED},
	{SR_M_ITEM, SR_S_RELEASED, SR_E_CHECKOUT, SR_S_RELEASED},
	{SR_M_ITEM, SR_S_RELEASED, SR_E_EXPORT, SR_S_RELEASED},
	{SR_M_ITEM, SR_S_RELEASED, SR_E_ABOUT, SR_S_RELEASED},
	{SR_M_ITEM, SR_S_RELEASED, SR_E_REFERRAL, SR_S_RELEASED},
	{SR_M_ITEM, SR_S_RELEASED, SR_E_RESEAL, SR_S_RELEASED},
	{SR_M_ITEM, SR_S_RELEASED, SR_E_DESTROY, SR_S_DESTROYED},
	/* a run of key generation; a complaint voids it; others and reveals may follow */
	{SR_M_RUN, SR_S_NONE, SR_E_DEAL, SR_S_DEALING},
	{SR_M_RUN, SR_S_DEALING, SR_E_DEAL, SR_S_DEALING},
	{SR_M_RUN, SR_S_DEALING, SR_E_ACCEPT, SR_S_DEALING},
	{SR_M_RUN, SR_S_DEALING, SR_E_COMPLAINT, SR_S_VOID},
	{SR_M_RUN, SR_S_DEALING, SR_E_OPENED, SR_S_DONE},
	{SR_M_RUN, SR_S_VOID, SR_E_COMPLAINT, SR_S_VOID},
	{SR_M_RUN, SR_S_VOID, SR_E_REVEAL, SR_S_VOID},
	/* an enquiry of the police, a court, a data subject; an answer may be added to */
	{SR_M_ENQUIRY, SR_S_NONE, SR_E_ENQUIRE, SR_S_OPEN},
	{SR_M_ENQUIRY, SR_S_OPEN, SR_E_ANSWER, SR_S_ANSWERED},
	{SR_M_ENQUIRY, SR_S_OPEN, SR_E_CLOSE, SR_S_CLOSED},
	{SR_M_ENQUIRY, SR_S_ANSWERED, SR_E_ANSWER, SR_S_ANSWERED},
	{SR_M_ENQUIRY, SR_S_ANSWERED, SR_E_CLOSE, SR_S_CLOSED},
};
/* clang-format on */

static const char *const machine_names[] = {
	[SR_M_VERSION] = "request",
	[SR_M_GRANT] = "grant",
	[SR_M_CHECKOUT] = "checkout",
	[SR_M_ITEM] = "item",
	[SR_M_RUN] = "run",
	[SR_M_ENQUIRY] = "enquiry",
};
_Static_assert(COUNT(machine_names) == SR_M_COUNT, "a name for each machine");

static const char *const state_names[] = {
	[SR_S_NONE] = "none",
	[SR_S_OPEN] = "open",
	[SR_S_GRANTED] = "granted",
	[SR_S_REFUSED] = "refused",
	[SR_S_RETURNED] = "returned",
	[SR_S_WITHDRAWN] = "withdrawn",
	[SR_S_SUPERSEDED] = "superseded",
	[SR_S_LAPSED] = "lapsed",
	[SR_S_LIVE] = "live",
	[SR_S_SUSPENDED] = "suspended",
	[SR_S_CLOSED] = "closed",
	[SR_S_EXPIRED] = "expired",
	[SR_S_REVOKED] = "revoked",
	[SR_S_BEGUN] = "begun",
	[SR_S_SHUT] = "shut",
	[SR_S_ENDED] = "ended",
	[SR_S_HELD] = "held",
	[SR_S_RELEASED] = "released",
	[SR_S_DESTROYED] = "destroyed",
	[SR_S_DEALING] = "dealing",
	[SR_S_VOID] = "void",
	[SR_S_DONE] = "done",
	[SR_S_ANSWERED] = "answered",
};
_Static_assert(COUNT(state_names) == SR_S_COUNT, "a name for each state");

static const char *const event_names[] = {
	[SR_E_REQUEST] = "request",
	[SR_E_AMEND] = "amend",
	[SR_E_ROOM_KEY] = "room-key",
	[SR_E_JOIN] = "join",
	[SR_E_VOTE] = "vote",
	[SR_E_CORRECT] = "vote correct",
	[SR_E_TOPUP] = "vote topup",
	[SR_E_RECUSE] = "recuse",
	[SR_E_WITHDRAW] = "withdraw",
	[SR_E_LAPSE] = "lapse",
	[SR_E_REFUSE] = "refuse",
	[SR_E_GRANT] = "grant",
	[SR_E_DECIDED] = "decided",
	[SR_E_SUSPEND] = "suspend",
	[SR_E_SUSPEND_ANEW] = "suspend anew",
	[SR_E_LIFT] = "lift",
	[SR_E_REVOKE] = "revoke",
	[SR_E_RENEW] = "renew",
	[SR_E_EXTEND] = "extend",
	[SR_E_CLOSE] = "close",
	[SR_E_ABOUT] = "request about it",
	[SR_E_CHECKOUT] = "checkout",
	[SR_E_QUARANTINE] = "checkout quarantine",
	[SR_E_REFERRAL] = "checkout referral",
	[SR_E_VIEWED_OPEN] = "viewed open",
	[SR_E_VIEWED_SHUT] = "viewed shut",
	[SR_E_VIEWED] = "viewed",
	[SR_E_EXPORT] = "export",
	[SR_E_RETURN] = "return",
	[SR_E_END] = "end",
	[SR_E_ACCESSION] = "accession",
	[SR_E_DESCRIBE] = "describe",
	[SR_E_INTAKE] = "intake",
	[SR_E_RELEASE] = "release",
	[SR_E_RESEAL] = "reseal",
	[SR_E_FLAG] = "flag",
	[SR_E_DESTROY] = "destroy",
	[SR_E_DEAL] = "deal",
	[SR_E_ACCEPT] = "accept",
	[SR_E_COMPLAINT] = "complaint",
	[SR_E_REVEAL] = "reveal",
	[SR_E_OPENED] = "opened",
	[SR_E_ENQUIRE] = "enquiry open",
	[SR_E_ANSWER] = "enquiry answer",
};
_Static_assert(COUNT(event_names) == SR_E_COUNT, "a name for each event");

const struct sr_step *sr_steps(size_t *count) {
	*count = COUNT(steps);
	return steps;
}

static const struct sr_step *find(enum sr_machine m, enum sr_state from, enum sr_event event) {
	for (size_t i = 0; i < COUNT(steps); i++)
		if (steps[i].machine == m && steps[i].from == from && steps[i].event == event)
			return &steps[i];
	return NULL;
}

int sr_state_step(enum sr_state *to, enum sr_machine m, enum sr_state from, enum sr_event event,
	struct sr_err *e) {
	const struct sr_step *s = find(m, from, event);

	if (s == NULL)
		return sr_fail(e, SR_CORRUPT, "%s: %s, so no %s", sr_machine_name(m),
			sr_state_name(from), sr_event_name(event));
	*to = s->to;
	return 0;
}

bool sr_state_may(enum sr_machine m, enum sr_state from, enum sr_event event) {
	return find(m, from, event) != NULL;
}

bool sr_state_final(enum sr_machine m, enum sr_state s) {
	for (size_t i = 0; i < COUNT(steps); i++)
		if (steps[i].machine == m && steps[i].from == s && steps[i].to != s)
			return false;
	return true;
}

const char *sr_state_name(enum sr_state s) {
	return (unsigned)s < SR_S_COUNT ? state_names[s] : "unknown";
}

const char *sr_event_name(enum sr_event event) {
	return (unsigned)event < SR_E_COUNT ? event_names[event] : "unknown";
}

const char *sr_machine_name(enum sr_machine m) {
	return (unsigned)m < SR_M_COUNT ? machine_names[m] : "unknown";
}

int sr_state_named(enum sr_state *out, struct sr_bytes word, struct sr_err *e) {
	char shown[64];

	for (unsigned i = 0; i < SR_S_COUNT; i++) {
		if (sr_bytes_eq(word, sr_bytes_str(state_names[i]))) {
			*out = (enum sr_state)i;
			return 0;
		}
	}
	return sr_fail(
		e, SR_CORRUPT, "\"%s\" is no state", sr_escape_to(shown, sizeof shown, word));
}

int sr_state_asked(enum sr_state *out, enum sr_machine m, struct sr_bytes word, struct sr_err *e) {
	char shown[64], list[160];
	size_t at = 0;
	bool can[SR_S_COUNT] = {false};

	for (size_t i = 0; i < COUNT(steps); i++)
		if (steps[i].machine == m)
			can[steps[i].to] = true;
	list[0] = '\0';
	for (unsigned s = 0; s < SR_S_COUNT; s++) {
		if (!can[s])
			continue;
		if (sr_bytes_eq(word, sr_bytes_str(state_names[s]))) {
			*out = (enum sr_state)s;
			return 0;
		}
		at += (size_t)snprintf(
			list + at, sizeof list - at, "%s%s", at == 0 ? "" : ", ", state_names[s]);
	}
	return sr_fail(e, SR_USAGE, "\"%s\" is no state of a%s %s: %s",
		sr_escape_to(shown, sizeof shown, word),
		strchr("aeiou", machine_names[m][0]) == NULL ? "" : "n", machine_names[m], list);
}

void sr_states_print(struct sr_buf *out) {
	for (unsigned m = 0; m < SR_M_COUNT; m++)
		for (size_t i = 0; i < COUNT(steps); i++)
			if (steps[i].machine == (enum sr_machine)m)
				sr_buf_printf(out, "%s: %s, %s -> %s\n", machine_names[m],
					sr_state_name(steps[i].from), sr_event_name(steps[i].event),
					sr_state_name(steps[i].to));
}
