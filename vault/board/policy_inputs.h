/*
 * policy_inputs - what the rules are asked with: from what is asked, the principal, the action, the
 * resource, every entity that they name, and the context; as policy/strongroom.cedarschema says,
 * attribute for attribute.
 *
 * Cedar compares and cannot count, so everything that is counted, timed or looked up is computed
 * here, from the catalogue as earlier entries left it. Nothing of it is free text: pseudonyms, ids,
 * dates, numbers and controlled terms, so that inputs may be kept for ever (DESIGN 8).
 *
 * What is asked, by statement (`-`: nothing; those are invariants, see invariants.h):
 *
 *   request, amend    request-access, -export, -referral, -reseal, -redact, -destroy, -renew,
 *                     -revoke, -lift; request-act for the other kinds; - for kind policy
 *   join, comment, recuse, withdraw, vote (vote-approve, ..)      - on a request of kind policy
 *   extend, suspend, close, lift of a suspension (lift-suspension)
 *   lift of an embargo or a hold (lift-embargo, lift-hold)
 *   checkout          look-FORM, export, hand-over, reseal, look-to-redact, inspect, by its right
 *   return, break-glass
 *   accession (deposit), redact, describe, release, embargo, hold, seal, retention
 *   person (add-person), person-set, person-key (rekey-person), person-end
 *   attest, attest-end (end-attestation), enquiry (enquire)
 *   read, held-box              - who reads the log (core/reader.h), to whose key it is boxed
 *   found, deal, accept, share, complaint, reveal, confirm, takeover - the ceremony is cryptography
 *
 * Whose rules: those of the board of the resource; of the founding board where it has none.
 */
#ifndef SR_BOARD_POLICY_INPUTS_H
#define SR_BOARD_POLICY_INPUTS_H

#include "catalogue/facts.h"
#include "ledger/statement.h"
#include "policy/schema.h"

enum {
	SR_ACTION_TEXT = 32
};

/* Where facts come from, and how the person came. */
struct sr_facts {
	struct sr_catalogue *catalogue;
	const struct sr_schema *schema;
	int64_t now;
	uint64_t witnessed; /* entries below this index are cosigned by the quorum; 0: none asked */
	bool browser;
	const char *network; /* an address, or NULL: not known */
};

struct sr_inputs {
	char action[SR_ACTION_TEXT]; /* "": nothing is asked */
	uint8_t board[SR_ID];
	struct sr_buf text; /* as policy/judge.h keeps it */
};
void sr_inputs_free(struct sr_inputs *in);

/* What a statement at the door asks, before it is applied. ${items}: the list that came with a
 * request or amend. 0, or an error of the catalogue; what the statement names must be there (the
 * invariants were checked before). */
SR_MUST int sr_inputs_of_statement(struct sr_inputs *out, const struct sr_facts *f,
	const struct sr_statement *s, const uint8_t *items, size_t item_count, struct sr_err *e);

/* Do statements of this type ask anything? A new type that persons sign either does, or is named
 * above with the reason why not; the test of this file walks the table. */
bool sr_inputs_asks(enum sr_type_id type);

/* What the votes on a version would bring about: grant, destroy or enact. ${more}: as if so many
 * members had approved besides, each of an institution of their own. */
SR_MUST int sr_inputs_of_decision(struct sr_inputs *out, const struct sr_facts *f,
	const struct sr_version_row *v, uint32_t more, struct sr_err *e);

/* What a member's approval of a version would ask, of whom has not voted. */
SR_MUST int sr_inputs_of_voter(struct sr_inputs *out, const struct sr_facts *f,
	const struct sr_version_row *v, const char *member, struct sr_err *e);

/* The use of an item under a grant: by whom, and in which form. ${checkout}: the one that is used
 * (not counted among the loans), or NULL. */
struct sr_use {
	const struct sr_grant_row *grant;
	const char *person;
	const uint8_t *item;
	const char *form;
	const uint8_t *checkout;
};
SR_MUST int sr_inputs_of_use(struct sr_inputs *out, const struct sr_facts *f,
	const struct sr_use *use, struct sr_err *e);
/* The same for a checkout that was begun, of whatever right. */
SR_MUST int sr_inputs_of_checkout(struct sr_inputs *out, const struct sr_facts *f,
	const struct sr_checkout_row *c, struct sr_err *e);

#endif
