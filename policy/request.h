/*
 * request - who asks for what, and in which context; see cedar.h.
 */
#ifndef SR_POLICY_REQUEST_H
#define SR_POLICY_REQUEST_H

#include "policy/ast.h"

struct sr_cedar_request {
	struct sr_arena arena;
	struct sr_cedar_value vars[4]; /* by enum sr_cedar_var: three entities and a record */
};

#endif
