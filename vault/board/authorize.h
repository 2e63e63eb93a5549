/*
 * authorize - the vault asks the rules.
 *
 *     a statement, a version, a checkout --policy_inputs--> inputs --+
 *     the board's set in force (adopted, or that of the program) ----+--> sr_authorize --> answer
 *
 * The rules in force for a board are those that it adopted last (catalogue: policies), else those
 * that come with the program. A set is read from its object, checked against the SHA-256 that was
 * voted on, parsed once and kept by that hash.
 *
 * The vault's own rule on top of Cedar's: no answer is "no". A rule that cannot be evaluated,
 * inputs that are not as the schema says, a set that cannot be read or is not what was voted on:
 * all deny, and an `incident` tells of it (what: policy-error, policy-inputs, policy-set), with the
 * set and the rule. At most one for each set and kind within SR_POLICY_INCIDENT_S, judged by the
 * log itself, so that nobody fills the log by asking again: whoever asks in between is denied all
 * the same, and is told. Only an adoption, which takes a quorum, makes a new set.
 *
 * What changes the rules is not asked of the rules (invariants.h): a set that denies everything, or
 * lies damaged, can be replaced like any other.
 *
 * Decisions that are kept (`decided`): what the board's votes brought about or were refused by the
 * rules; each checkout; each export as it begins; a vote that came through a browser. With the
 * inputs as an object, and where no entry before has it the text of the set, so that each can be
 * made again from the log alone (policy/judge.h: sr_judge_replay), under the rules of then.
 * Every other refusal is an answer with the rule's id and title (and a `refuse` entry where DESIGN
 * 6a has one).
 */
#ifndef SR_BOARD_AUTHORIZE_H
#define SR_BOARD_AUTHORIZE_H

#include "board/door.h"
#include "board/invariants.h"
#include "board/policy_inputs.h"
#include "policy/judge.h"

enum {
	SR_POLICY_INCIDENT_S = 3600, /* what an operator wants to know is that it goes on; 24
					entries a day and set are no flood */
	SR_POLICY_KEPT = 8           /* parsed sets kept: a house has few boards; 200 KiB each */
};

enum sr_obligation { /* bits: what goes with an allow (@obligation of the rules that allowed) */
	SR_OBLIGE_REASON_PER_LIFT = 1,
	SR_OBLIGE_SEAL_TO_RECIPIENT = 2
};

struct sr_authorizer; /* schema and parsed sets of a vault; v->authorizer */
void sr_authorizer_free(struct sr_authorizer *a); /* NULL allowed */

struct sr_authorized {
	enum sr_judged word; /* ALLOW, or no */
	bool asked;          /* false: not for the rules to say; word is ALLOW */
	char action[SR_ACTION_TEXT];
	uint8_t board[SR_ID];
	uint8_t set[SR_HASH]; /* SHA-256 of the text that decided; zero: none could be had */
	uint64_t number;      /* of the board's sets; 0: that of the program */
	struct sr_judgement
		judged; /* ids of the rules that decided; ->plain is Cedar's own answer */
	/* Of a denial: the rule that is not met (what forbids it; where nothing permits it, what
	 * would have) with its title and reason, for people. */
	char rule[SR_JUDGED_ID_MAX + 1];
	char title[121];
	char why[401];
	char protection[10];  /* advised default required, the strictest; "": none said */
	unsigned obligations; /* enum sr_obligation */
	struct sr_buf inputs; /* as kept */
	char incident[16];    /* "": nothing was wrong with rules or inputs */
	struct sr_err fault;  /* what was */
};
void sr_authorized_free(struct sr_authorized *a);
/* "rule ID): TITLE. WHY" and so on: the sentence of a denial, without what was asked. */
void sr_authorized_text(char *out, size_t size, const struct sr_authorized *a);

/* Facts as this vault has them now: no browser, no network. NOMEM, or CORRUPT (the program's own
 * schema does not parse: a bug). */
SR_MUST int sr_authorize_facts(
	struct sr_facts *out, struct sr_vault *v, int64_t now, struct sr_err *e);

/* Ask. ${rc}: what making the inputs gave, with its sentence in ${e}: what is wrong with them is a
 * denial, only NOMEM and IO are errors. ${in} is taken over. */
SR_MUST int sr_authorize(struct sr_authorized *out, struct sr_vault *v, struct sr_inputs *in,
	int rc, struct sr_err *e);

/* The text of the set with this SHA-256, appended: adopted, used for a decision, or the program's
 * own. NOTFOUND; AUTH: what lies there is another. */
SR_MUST int sr_authorize_set(
	struct sr_buf *out, struct sr_vault *v, const uint8_t set[SR_HASH], struct sr_err *e);
/* The same parsed, kept until the vault closes or SR_POLICY_KEPT others were asked for since. */
SR_MUST int sr_authorize_parsed(const struct sr_cedar_policies **out, struct sr_vault *v,
	const uint8_t set[SR_HASH], struct sr_err *e);
/* The set in force for a board. */
SR_MUST int sr_authorize_in_force(uint8_t set[SR_HASH], uint64_t *number, struct sr_vault *v,
	const uint8_t board[SR_ID], struct sr_err *e);
SR_MUST int sr_authorize_schema(const struct sr_schema **out, struct sr_vault *v, struct sr_err *e);

/* How many members have not voted on the open version and may still approve it. Those whom the
 * rules let vote now, or, where that is more, those whom nothing in the catalogue keeps from it for
 * good (sr_query_tally): a request is refused for want of a quorum only when neither would do, so a
 * rule that forbids votes for a while, or cannot be evaluated, ends nothing. */
SR_MUST int sr_authorize_voters(uint32_t *out, struct sr_vault *v, const struct sr_version_row *of,
	int64_t now, struct sr_err *e);

/* May this member approve the newest version of a request now? The judgement of the door: what
 * nobody can change (sr_invariants_voter), then the rules; ${out} says what keeps them from it. A
 * fault of the rules does not: they vote, and hear of it. By which way they will vote nobody knows:
 * one that the rules let is enough. */
SR_MUST int sr_authorize_voter(struct sr_ruling *out, struct sr_vault *v,
	const struct sr_version_row *of, const char *member, int64_t now, struct sr_err *e);
/* The open versions of which that is so, oldest first: what waits for the member's vote. */
SR_MUST int sr_authorize_inbox(struct sr_versions *out, struct sr_vault *v, const char *member,
	int64_t now, struct sr_err *e);

/* --- statements about it ---------------------------------------------------------------------- */

/* The incident that is due, as text for the door (sr_follow_begin was called); an empty ${text}:
 * none is. */
SR_MUST int sr_authorized_incident(struct sr_buf *text, struct sr_vault *v,
	const struct sr_authorized *a, const char *person, int64_t now, struct sr_err *e);

/* `decided`: its text, and the objects that come with it. */
struct sr_decided_of { /* NULL: no such line */
	const uint8_t *of;
	const uint8_t *request;
	uint32_t version; /* with request */
	const uint8_t *grant, *checkout, *item;
	bool browser;
};
struct sr_decided {
	struct sr_buf text, rules;
	struct sr_door_object objects[2];
	struct sr_submission parts;
};
/* 0: ${out}->text and ${out}->parts are ready for the door; they view ${a}. Free with
 * sr_decided_free. */
SR_MUST int sr_authorized_decided(struct sr_decided *out, struct sr_vault *v,
	const struct sr_authorized *a, const struct sr_decided_of *of, int64_t now,
	struct sr_err *e);
void sr_decided_free(struct sr_decided *d);

/* May this checkout be used now: opened, read, exported? 0, or DENIED with the rule; an incident
 * that is due is committed. ${decided}: commit the decision as well (an export as it begins). */
SR_MUST int sr_authorize_use(struct sr_vault *v, const struct sr_checkout_row *c, int64_t now,
	bool decided, struct sr_err *e);

#endif
