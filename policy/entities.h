/*
 * entities - what is known about the entities of a decision: attributes, tags, and who is in whom.
 *
 * The hierarchy is the transitive closure of `parents`, computed when it is loaded. A parent that
 * is not among the entities is an ancestor, but has none of its own.
 */
#ifndef SR_POLICY_ENTITIES_H
#define SR_POLICY_ENTITIES_H

#include "policy/value.h"
#include "strongroom/cedar.h"

struct sr_cedar_entity {
	const struct sr_cedar_name *name;
	const struct sr_cedar_record *attrs;
	const struct sr_cedar_record *tags;
	const struct sr_cedar_name **parents; /* sorted, no two equal */
	size_t parent_count;
	const struct sr_cedar_name **ancestors; /* sorted, no two equal, without itself */
	size_t ancestor_count;
	unsigned line, column; /* where it stands in the JSON */
};

struct sr_cedar_entities {
	struct sr_arena arena;
	struct sr_cedar_entity *list; /* sorted by name, no two equal */
	size_t count;
};

/* NULL: not known. */
const struct sr_cedar_entity *sr_cedar_entity_find(
	const struct sr_cedar_entities *s, const struct sr_cedar_name *name);
/* Is ${name} an ancestor of ${entity}? */
bool sr_cedar_entity_in(const struct sr_cedar_entity *entity, const struct sr_cedar_name *name);

/* Fill in the ancestors of all. CORRUPT: a cycle; LIMIT: SR_CEDAR_ANCESTORS_MAX. */
SR_MUST int sr_cedar_close_hierarchy(struct sr_cedar_entities *s, struct sr_err *e);

#endif
