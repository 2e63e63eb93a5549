/*
 * policy_facts - what policies are tried on, as people write it: JSON by the names of the schema.
 *
 *   { "entities": { TYPE: { ID: { "in": ["TYPE::ID", ..], "tags": {..}, ATTRIBUTE: VALUE, .. } } },
 *     "context": { NAME: VALUE, .. } }
 *
 * The schema says what a value is: dates, durations, decimals and addresses are strings in Cedar's
 * forms, entities their ids. An action takes from the context what the schema says that it has.
 * Every attribute must be there and known, so facts that the vault could not have are refused:
 * USAGE, with the place. A question may change facts: {"context.browser": true, "resource.state":
 * "held", "Grant::g1.ends": null}; null takes away what then is missing.
 */
#ifndef SR_CLI_POLICY_FACTS_H
#define SR_CLI_POLICY_FACTS_H

#include <jansson.h>

#include "policy/schema.h"
#include "strongroom/cedar.h"

struct policy_ask {
	const char *who, *action, *what; /* ids; the types are the action's, or "TYPE::ID" */
	const json_t *changes;           /* an object, or NULL */
};

/* The question as Cedar takes it. */
struct policy_case {
	struct sr_cedar_entities *entities;
	struct sr_cedar_request *request;
	bool plain; /* its changes are of the context alone: the entities are those of the facts */
	bool lent;  /* the entities are another's */
};
/* ${plain}: a plain case of the same facts, which lends its entities to another and outlives it, or
 * NULL. */
SR_MUST int policy_case_make(struct policy_case *out, const json_t *facts,
	const struct sr_schema *schema, const struct policy_ask *ask,
	const struct policy_case *plain, struct sr_err *e);
void policy_case_free(struct policy_case *c);

#endif
