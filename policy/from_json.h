/*
 * from_json - trees and values out of JSON.
 *
 *   uid      {"type": PATH, "id": STRING}, or {"__entity": such an object}; other members ignored
 *   value    true, false, a whole number, a string; an array is a set, an object a record, but an
 *            object of one member may be {"__entity": uid} or {"__extn": {"fn": F, "arg": V}} (or
 *            "args": [V..]). A malformed one of these is an ordinary record; {"__expr": STRING},
 *            which is out of use, is refused.
 *   policy   what to_json.h writes
 */
#ifndef SR_POLICY_FROM_JSON_H
#define SR_POLICY_FROM_JSON_H

#include "policy/ast.h"
#include "policy/json.h"

SR_MUST int sr_cedar_read_uid(struct sr_arena *a, const struct sr_json *v,
	const struct sr_cedar_name **out, struct sr_err *e);
/* A function's value is computed here; one that fails, or is unknown, is CORRUPT. */
SR_MUST int sr_cedar_read_value(
	struct sr_arena *a, const struct sr_json *v, struct sr_cedar_value *out, struct sr_err *e);
/* An object that must be a record. */
SR_MUST int sr_cedar_read_record(struct sr_arena *a, const struct sr_json *v,
	const struct sr_cedar_record **out, struct sr_err *e);

/* What an object of one member stands for. */
enum sr_cedar_escape {
	SR_ESCAPE_NONE,
	SR_ESCAPE_ENTITY,
	SR_ESCAPE_EXTN
};
struct sr_cedar_extn {
	const struct sr_json *fn;
	const struct sr_json *args; /* the first; the others follow as next */
	size_t count;
};
/* Look whether ${v} is an escape, and which: its inside in *${inner}. CORRUPT for an
 * "__expr". */
SR_MUST int sr_cedar_read_escape(const struct sr_json *v, enum sr_cedar_escape *kind,
	const struct sr_json **inner, struct sr_err *e);
/* The parts of an __extn's inside. */
struct sr_cedar_extn sr_cedar_extn_of(const struct sr_json *inner);

/* One policy or template, without its id. */
SR_MUST int sr_cedar_read_policy(
	struct sr_arena *a, struct sr_bytes json, struct sr_cedar_rule **out, struct sr_err *e);

#endif
