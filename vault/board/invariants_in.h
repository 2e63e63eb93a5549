/*
 * invariants_in - what the files of invariants share. One function per statement type that a
 * person signs (invariants.c dispatches); it reads top to bottom: the first thing that is not met
 * is the ruling.
 *
 *   invariants_ceremony.c   key generation
 *   invariants_people.c     roles
 *   invariants_auditor.c    epochs of before for auditors
 *   invariants_erase.c      what is kept of people is erased
 *   invariants_attest.c     what is attested of people
 *   invariants_item.c       accessions, items
 *   invariants_flag.c       what stands on items
 *   invariants_destroy.c    their end
 *   invariants_request.c    requests and who takes part in them
 *   invariants_policy.c     rules that a board is to adopt
 *   invariants_witness.c    witness policies that are to be adopted
 *   invariants_adopt.c      a log that goes on under another name
 *   invariants_vote.c       votes
 *   invariants_grant.c      grants, checkouts
 *   invariants_office.c     enquiries
 */
#ifndef SR_BOARD_INVARIANTS_IN_H
#define SR_BOARD_INVARIANTS_IN_H

#include "board/invariants.h"

/* What every rule function has at hand. */
struct rules_ctx {
	struct sr_ruling *out;
	struct sr_catalogue *cat;
	int64_t now;
	const uint8_t *items;
	size_t item_count;
	struct sr_bytes object;
	const struct sr_record *records; /* texts that came with it; none at a replay */
	size_t record_count;
	const struct sr_statement *s;
	struct sr_person_row me;
	struct sr_board_row board;
	struct sr_err *e;
};

/* 0 and a ruling in c->out, or an error of the catalogue. */
typedef int rule_fn(struct rules_ctx *c);
rule_fn rule_deal;
rule_fn rule_accept;
rule_fn rule_share;
rule_fn rule_quarrel;
rule_fn rule_confirm;
rule_fn rule_takeover;
rule_fn rule_person;
rule_fn rule_person_end;
rule_fn rule_person_set;
rule_fn rule_person_key;
rule_fn rule_attest;
rule_fn rule_attest_end;
rule_fn rule_accession;
rule_fn rule_redact;
rule_fn rule_describe;
rule_fn rule_held_box;
rule_fn rule_release;
rule_fn rule_request;
rule_fn rule_amend;
rule_fn rule_extend;
rule_fn rule_join;
rule_fn rule_comment;
rule_fn rule_recuse;
rule_fn rule_vote;
rule_fn rule_embargo;
rule_fn rule_hold;
rule_fn rule_seal;
rule_fn rule_retention;
rule_fn rule_withdraw;
rule_fn rule_suspend;
rule_fn rule_lift;
rule_fn rule_close;
rule_fn rule_checkout;
rule_fn rule_return;
rule_fn rule_break_glass;
rule_fn rule_enquiry;
rule_fn rule_read; /* invariants_audit.c */

/* A request of kind person: a new key for whom it is about (invariants_people.c). */
rule_fn rules_key_asked;
/* The card of the statement is of the person whom line ${key} names, and of the key in force if
 * they are known; else the ruling is made. */
int rules_card_in_force(struct rules_ctx *c, const char *key);
/* A request of kind policy: the rules that came with it (invariants_policy.c). */
rule_fn rules_policy_asked;
/* What is done to a request that changes the rules: who may is not asked of the rules. Of every
 * other kind it allows. */
int rules_on_policy(struct rules_ctx *c, const struct sr_version_row *v);
/* The same of a vote of c->me. */
int rules_vote_on_policy(struct rules_ctx *c, const struct sr_version_row *v);
/* A request of kind person-end: whom it is about (invariants_people.c). */
rule_fn rules_end_asked;
/* A request of kind witnesses: the policy that came with it (invariants_witness.c). */
rule_fn rules_witnesses_asked;
/* A request of kind adopt: the entry that names the log (invariants_adopt.c). */
rule_fn rules_adopt_asked;
/* A request of kind auditor: to whom, from which epoch (invariants_auditor.c). */
rule_fn rules_auditor_asked;
/* A request of kind erase: of whom, on which ground (invariants_erase.c). */
rule_fn rules_erase_asked;

/* The ruling "no": returns 0, so that `return rules_deny(...)` ends a rule. ${help} says what would
 * help, or is "". */
int rules_deny(struct rules_ctx *c, const char *rule, const char *help, const char *fmt, ...)
	SR_PRINTF(4, 5);
int rules_allow(struct rules_ctx *c);

void rules_hex(char out[2 * SR_ID + 1], const uint8_t id[SR_ID]);
bool rules_has_role(const struct rules_ctx *c, unsigned role); /* the actor, any of ${role} */
/* The active member ${person} of the board; NULL: none. */
/* Has the member another key than their share of the epoch in force was dealt to? */
SR_MUST int rules_other_key(bool *other, struct rules_ctx *c, const struct sr_member_row *m);
const struct sr_member_row *rules_member(const struct sr_board_row *b, const char *person);
/* The person that the one line ${key} names, which must be there, as a string. */
void rules_person_text(char out[SR_PERSON_TEXT], const struct sr_statement *s, const char *key);
/* What is judged of a person. ${ctx}: what the rule needs beside them, or NULL. */
typedef int rules_person_fn(struct rules_ctx *c, struct sr_person_row *p, const void *ctx);
/* The ruling on the person whom the one line ${key} names: "no" for nobody whom the vault knows. */
SR_MUST int rules_on_named(
	struct rules_ctx *c, const char *key, rules_person_fn *judge, const void *ctx);
/* The ruling on ${person} by no statement: asked again when the last vote comes. NOTFOUND. */
SR_MUST int rules_on_person(struct sr_ruling *out, struct sr_catalogue *cat, const char *person,
	rules_person_fn *judge, const void *ctx, struct sr_err *e);
bool rules_field_is(const struct sr_statement *s, const char *key, const char *word);
/* The thing that the line `item` or `grant` of the statement names: NOTFOUND, or an error. */
SR_MUST int rules_item(struct rules_ctx *c, struct sr_item_row *item);
SR_MUST int rules_grant(struct rules_ctx *c, struct sr_grant_row *g);
/* A `lift` of what stands on an item. */
SR_MUST int rules_lift_flag(struct rules_ctx *c);
/* The statement sets something on an item, which goes by its id: not by that of a grant. */
SR_MUST int rules_flag_id(struct rules_ctx *c);
/* The list of items that a request names, as it came with it: with the ruling "no" else. */
SR_MUST int rules_list(struct rules_ctx *c);
/* ${epoch} had a key that is not the board's any more, and is the last that had it: c->board is
 * that epoch from here on, whose members alone give pieces of what is left under its key. Else
 * nothing changes. */
SR_MUST int rules_former(struct rules_ctx *c, uint64_t epoch);
/* The same for a vote on this version, if it asks to seal items anew. */
SR_MUST int rules_former_of(struct rules_ctx *c, const struct sr_version_row *v);
/* Has c->board, in its epoch, the key that the item is sealed to? */
bool rules_has_key_of(const struct sr_board_row *b, const struct sr_item_row *item);
/* The ruling about a request to destroy. */
SR_MUST int rules_destroy_asked(struct rules_ctx *c);
/* The ruling about a request to lift what the statement ${flag} set: a seal or a mark for referral
 * that stands. */
SR_MUST int rules_lift_asked(struct rules_ctx *c, const uint8_t flag[SR_ID]);
/* The level that decides about the lift that is asked for: the highest for a mark for referral, the
 * lowest for the rest. */
SR_MUST int rules_lift_level(uint32_t *level, struct rules_ctx *c);

#endif
