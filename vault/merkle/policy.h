/*
 * policy - C2SP tlog-policy: which logs, which witnesses, and how many of them make a quorum.
 *
 *   log <vkey> [<url>]                      witness <name> <vkey> [<url>]
 *   group <name> all|any|<k> <member>...    quorum <name>|none
 *
 * Words are separated by spaces and tabs; a line whose first word begins with # is a comment, a #
 * later in a line is not. Bytes 0x09, 0x0A, 0x20..0x7E, 0x80..0xFF; names are opaque bytes. A name
 * is defined before it is used, once, is member of at most one group, and never "none"; the same
 * public key does not come twice as log or twice as witness; exactly one quorum line. A log's key
 * is of type 0x01 and its name is the origin; a witness's is of type 0x04. The other way round is
 * refused, never reread. Keys of a type that cannot be checked here (0x06) are taken, and never
 * count. At most SR_POLICY_LOGS, _WITNESSES, _GROUPS of each (LIMIT). Source: digest 1.9.
 */
#ifndef SR_MERKLE_POLICY_H
#define SR_MERKLE_POLICY_H

#include "merkle/checkpoint.h"
#include "merkle/cosignature.h"

struct sr_policy; /* opaque, immutable; owns a copy of the text */

/* CORRUPT (with the line's number) or LIMIT. */
SR_MUST int sr_policy_parse(struct sr_policy **out, struct sr_bytes text, struct sr_err *e);
void sr_policy_free(struct sr_policy *p); /* NULL allowed */

/* Keys in file order; owned by the policy. */
const struct sr_vkey *sr_policy_logs(const struct sr_policy *p, size_t *count);
const struct sr_vkey *sr_policy_witnesses(const struct sr_policy *p, size_t *count);
/* Name and URL of witness ${i}, URL of log ${i}; an empty view where the line has no URL. Views
 * into the policy. */
struct sr_bytes sr_policy_witness_name(const struct sr_policy *p, size_t i);
struct sr_bytes sr_policy_witness_url(const struct sr_policy *p, size_t i);
struct sr_bytes sr_policy_log_url(const struct sr_policy *p, size_t i);
/* "quorum none": nothing is asked of witnesses. */
bool sr_policy_is_none(const struct sr_policy *p);

/* Whether the witnesses with w[i].valid make the quorum; ${w} has one element per witness. */
bool sr_policy_met(const struct sr_policy *p, const struct sr_cosigned *w);
/* Verify all cosignatures on ${n} and evaluate: AUTH if a known one is wrong, DENIED ("2 of 3
 * witnesses cosigned, the quorum is not met"). ${w}: NULL, or one element per witness, filled in.
 */
SR_MUST int sr_policy_check(const struct sr_policy *p, const struct sr_note *n,
	struct sr_cosigned *w, struct sr_err *e);

#endif
