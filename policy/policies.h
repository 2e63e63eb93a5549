/*
 * policies - a set of policies, templates and links; see cedar.h.
 */
#ifndef SR_POLICY_POLICIES_H
#define SR_POLICY_POLICIES_H

#include "policy/parse.h"

struct sr_cedar_policies {
	struct sr_arena arena; /* trees, ids, and a copy of each text */
	struct sr_cedar_rules rules;
	struct sr_cedar_rule **by_id; /* the same, sorted by id; as much room */
	size_t source_len;            /* bytes of all texts and JSON taken */
	size_t parsed;                /* policies and templates that got a number */
};

#endif
