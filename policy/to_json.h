/*
 * to_json - the JSON form of a policy.
 *
 *   {"effect": "permit"|"forbid", "principal": S, "action": S, "resource": S,
 *    "conditions": [{"kind": "when"|"unless", "body": N}..], "annotations": {key: value|null}}
 *   S  {"op": "All"} | {"op": "=="|"in", "entity": uid} | {"op": "=="|"in", "slot": "?principal"}
 *      | {"op": "in", "entities": [uid..]} | {"op": "is", "entity_type": T, "in": {"entity": uid}
 *      or {"slot": ..}}
 *   N  {"Value": v} | {"Var": name} | {OP: {"left": N, "right": N}} | {"!"|"neg"|"isEmpty":
 *      {"arg": N}} | {".": {"left": N, "attr": s}} | {"has": {"left": N, "attr": s | [s..]}}
 *      | {"like": {"left": N, "pattern": ["Wildcard" | {"Literal": s}..]}} (one character each)
 *      | {"is": {"left": N, "entity_type": T, "in": N}} | {"if-then-else": {"if", "then", "else"}}
 *      | {"Set": [N..]} | {"Record": {key: N}} | {FUNCTION: [N..]} (the receiver first)
 *
 * "annotations" is left out when there are none; a key alone has null. Read are also "all" for
 * "All", and null for an "in" that is not there.
 */
#ifndef SR_POLICY_TO_JSON_H
#define SR_POLICY_TO_JSON_H

#include "policy/ast.h"

void sr_cedar_put_json(struct sr_buf *out, const struct sr_cedar_rule *rule);

#endif
