/*
 * policy_default - the schema of the vault's policies and the set that ships with it
 * (policy/strongroom.cedarschema, policy/default/), inside the program: what is in force before a
 * board adopts its own cannot be missing, and cannot be another one.
 */
#ifndef SR_BOARD_POLICY_DEFAULT_H
#define SR_BOARD_POLICY_DEFAULT_H

#include "base/bytes.h"

struct sr_bytes sr_policy_schema(void);

struct sr_policy_file {
	const char *name; /* "10-requests.cedar" */
	struct sr_bytes text;
};
/* The ${i}th file of the default set; false after the last. */
bool sr_policy_default_file(struct sr_policy_file *out, size_t i);

/* The default set as one text, as sets are adopted: the files one after the other. */
SR_MUST int sr_policy_default(struct sr_buf *out, struct sr_err *e);

#endif
