/*
 * cedar - access policies in the Cedar language (version 4.5): parsed, printed, decided.
 *
 *     policies (text or JSON) --+
 *     entities (JSON) ----------+--> sr_cedar_authorize --> allow or deny, the policies that
 *     request  (JSON) ----------+                           decided, the policies that erred
 *
 * The whole language: templates and their linking, annotations, tags, `is`, `like`, paths of `has`,
 * decimal, ipaddr, datetime and duration. What is not Cedar is refused, and then the whole text:
 * CORRUPT, "line 3, column 14: want an operator or '}' after the condition, have ';'". Lines and
 * columns count from 1, columns in characters (in JSON, bytes).
 *
 * Pure functions: no I/O, no clock, no randomness, no global state. The same three inputs give the
 * same answer for ever, so a decision can be replayed. There is no schema and no validator.
 *
 * The answer is Cedar's own: a policy whose evaluation errs is left out (and named in `errors`), so
 * a `forbid` that errs does not forbid. Who must fail closed denies when error_count > 0.
 *
 * Objects own their memory (an arena each) and are freed with their _free (NULL allowed). Policies,
 * entities and request are read only once built: threads may share them. Everything that a call
 * hands out points into its object. Text is UTF-8 and may hold any character, also U+0000.
 *
 * Needs base/bytes.h and base/err.h, and nothing else of the vault. Installed, they lie beside this
 * file: compile with -I PREFIX/include/strongroom and link libstrongroom.a; or take policy/, this
 * file and base/ (bytes, err, escape, banned) into another program.
 */
#ifndef STRONGROOM_CEDAR_H
#define STRONGROOM_CEDAR_H

#include "base/bytes.h"
#include "base/err.h"

/* What is refused with LIMIT, and why. */
enum {
	/* bytes of all policy texts of one set: fifty times the largest set we know (10 KiB) */
	SR_CEDAR_SOURCE_MAX = 512 << 10,
	/* policies, templates and links of one set: a decision looks at each (20 ns), so 0.2 ms */
	SR_CEDAR_POLICIES_MAX = 10000,
	/* brackets, calls and `if` inside one another; bounds the parser's stack (128 KiB).
	 * Published policies stay below 12. */
	SR_CEDAR_DEPTH_MAX = 100,
	/* height of an expression's tree, so operators in a row (`a || b || c`): bounds the stack
	 * of whoever walks the tree (64 KiB; reading it from JSON 192 KiB) */
	SR_CEDAR_HEIGHT_MAX = 500,
	/* bytes of one JSON text: SR_CEDAR_ENTITIES_MAX entities of 256 bytes */
	SR_CEDAR_JSON_MAX = 16 << 20,
	/* arrays and objects inside one another, of entities and context: what other Cedar engines
	 * take. A policy's JSON may be as deep as its tree. */
	SR_CEDAR_JSON_DEPTH_MAX = 128,
	/* entities of one decision: it concerns some hundred; a whole vault has no place in it */
	SR_CEDAR_ENTITIES_MAX = 1 << 16,
	/* (entity, ancestor) pairs looked at while the hierarchy is closed: 64 for each entity, as
	 * 0.5 s of work. A chain of 65,536 entities would need 2^31. */
	SR_CEDAR_ANCESTORS_MAX = 1 << 22,
	/* steps of one decision (nodes evaluated and values compared), about 0.5 s; 50 policies
	 * take some thousand. The language has no loops, but a set may be compared with itself
	 * often. */
	SR_CEDAR_STEPS_MAX = 10000000,
	/* bytes of memory of one object: what the limits above can add up to, four times over */
	SR_CEDAR_MEMORY_MAX = 256 << 20
};

struct sr_cedar_policies;
struct sr_cedar_entities;
struct sr_cedar_request;

struct sr_cedar_annotation { /* @key("value"); a key alone has the value "" and bare set */
	struct sr_bytes key;
	struct sr_bytes value;
	bool bare;
};

enum sr_cedar_slots { /* bits: the slots of a template; 0: a policy, or a link */
	SR_CEDAR_SLOT_PRINCIPAL = 1,
	SR_CEDAR_SLOT_RESOURCE = 2
};

struct sr_cedar_policy {
	struct sr_bytes id;
	struct sr_bytes template_id; /* of a link; else empty (p == NULL) */
	bool forbid;
	unsigned slots;        /* enum sr_cedar_slots; not 0: a template, which decides nothing */
	unsigned line, column; /* where it begins in its text; 0 if it came as JSON */
	const struct sr_cedar_annotation *annotations; /* in the order written */
	size_t annotation_count;
};

struct sr_cedar_uid {         /* an entity's name: User::"alice" */
	struct sr_bytes type; /* a path: "User", "Org::User" */
	struct sr_bytes id;
};

/* --- policies -------------------------------------------------------------------------------- */

/* An empty set. */
SR_MUST int sr_cedar_policies_new(struct sr_cedar_policies **out, struct sr_err *e);
void sr_cedar_policies_free(struct sr_cedar_policies *p);

/*
 * Add every policy and template of ${text}, as policy0, policy1, ... in the order written (counted
 * over all calls). All or none: after a failure the set is as before. CORRUPT, LIMIT; EXISTS: such
 * an id is taken.
 */
SR_MUST int sr_cedar_policies_parse(
	struct sr_cedar_policies *p, struct sr_bytes text, struct sr_err *e);

/* Add the one policy or template of ${text} as ${id}. CORRUPT also when ${text} has none or two. */
SR_MUST int sr_cedar_policies_add(
	struct sr_cedar_policies *p, struct sr_bytes id, struct sr_bytes text, struct sr_err *e);

/* The same for Cedar's JSON form of one policy or template. */
SR_MUST int sr_cedar_policies_add_json(
	struct sr_cedar_policies *p, struct sr_bytes id, struct sr_bytes json, struct sr_err *e);

/* A template made a policy: a value for each of its slots, NULL for the others. */
struct sr_cedar_link {
	struct sr_bytes template_id;
	struct sr_bytes id; /* of the new policy */
	const struct sr_cedar_uid *principal;
	const struct sr_cedar_uid *resource;
};

/* NOTFOUND: no such template; EXISTS: the id is taken; CORRUPT: a slot without value, a value
 * without slot, or a bad entity type. */
SR_MUST int sr_cedar_policies_link(
	struct sr_cedar_policies *p, const struct sr_cedar_link *link, struct sr_err *e);

/* Policies, templates and links in the order added; NULL from get and find: none. */
size_t sr_cedar_policies_count(const struct sr_cedar_policies *p);
const struct sr_cedar_policy *sr_cedar_policies_get(const struct sr_cedar_policies *p, size_t i);
const struct sr_cedar_policy *sr_cedar_policies_find(
	const struct sr_cedar_policies *p, struct sr_bytes id);

/* Append the text or the JSON form of ${policy}; a link's has its values in place of the slots.
 * Parsed again, both give the same policy (the text may be refused with LIMIT if the policy came as
 * JSON and nests deeper than SR_CEDAR_DEPTH_MAX). */
SR_MUST int sr_cedar_policy_text(
	const struct sr_cedar_policy *policy, struct sr_buf *out, struct sr_err *e);
SR_MUST int sr_cedar_policy_json(
	const struct sr_cedar_policy *policy, struct sr_buf *out, struct sr_err *e);

/* --- what a decision is about ---------------------------------------------------------------- */

/*
 * Entities from JSON: [{"uid": {"type": T, "id": I}, "attrs": {..}, "parents": [uid..],
 * "tags": {..}}, ..]. `tags` may be left out, unknown members are ignored. Values: true, false,
 * whole numbers of 64 bits, strings, arrays (sets), objects (records), {"__entity": uid} and
 * {"__extn": {"fn": F, "arg": V}} (or "args": [V..]). Refused: null, fractions, -0, a member twice,
 * two different entries for one uid, a cycle of parents.
 */
SR_MUST int sr_cedar_entities_load(
	struct sr_cedar_entities **out, struct sr_bytes json, struct sr_err *e);
void sr_cedar_entities_free(struct sr_cedar_entities *s);
size_t sr_cedar_entities_count(const struct sr_cedar_entities *s); /* different uids */

/* A request from JSON: {"principal": uid, "action": uid, "resource": uid, "context": {..}}; all
 * four, and no other member. */
SR_MUST int sr_cedar_request_load(
	struct sr_cedar_request **out, struct sr_bytes json, struct sr_err *e);

/* The same from parts; ${context} is a JSON object. */
struct sr_cedar_request_parts {
	struct sr_cedar_uid principal, action, resource;
	struct sr_bytes context;
};
SR_MUST int sr_cedar_request_new(struct sr_cedar_request **out,
	const struct sr_cedar_request_parts *parts, struct sr_err *e);
void sr_cedar_request_free(struct sr_cedar_request *r);

/* --- the decision ---------------------------------------------------------------------------- */

enum sr_cedar_decision {
	SR_CEDAR_DENY,
	SR_CEDAR_ALLOW
};

struct sr_cedar_problem { /* a policy that erred, and was left out */
	const struct sr_cedar_policy *policy;
	unsigned line, column; /* of the expression in the policy's text; 0: it came as JSON */
	const char *text;      /* "the record has no attribute \"now\"" */
};

struct sr_cedar_answer {
	enum sr_cedar_decision decision;
	/* Allow: the permits that hold. Deny: the forbids that hold; none: no permit holds either.
	 */
	const struct sr_cedar_policy *const *reasons;
	size_t reason_count;
	const struct sr_cedar_problem *errors;
	size_t error_count;
};

/*
 * Decide. Policies are looked at in the order added, and reasons and errors stand in that order.
 * The answer points to the policies, which must outlive it. A negative result (LIMIT, NOMEM) is no
 * decision: *${out} is NULL.
 */
SR_MUST int sr_cedar_authorize(struct sr_cedar_answer **out, const struct sr_cedar_policies *p,
	const struct sr_cedar_entities *s, const struct sr_cedar_request *r, struct sr_err *e);
void sr_cedar_answer_free(struct sr_cedar_answer *a);

#endif
