/*
 * schema - what policies may speak about: entity types, actions, and what each has; read from the
 * text form of a Cedar schema.
 *
 *   Schema = { Entity | Action | Type }
 *   Entity = 'entity' Names [ 'in' Refs ] [ ['='] Record ] [ 'tags' Ty ] ';'
 *          | 'entity' Names 'enum' '[' STRING { ',' STRING } [','] ']' ';'
 *   Action = 'action' Labels [ 'in' Labels or '[' Labels ']' ] [ 'appliesTo' '{' Part {',' Part}
 *            [','] '}' ] ';'
 *   Part   = 'principal' ':' Refs | 'resource' ':' Refs | 'context' ':' Ty
 *   Type   = 'type' IDENT '=' Ty ';'
 *   Ty     = IDENT | 'Set' '<' Ty '>' | Record
 *   Record = '{' [ (IDENT|STRING) ['?'] ':' Ty { ',' ... } [','] ] '}'
 *   Refs   = IDENT | '[' IDENT {',' IDENT} [','] ']'
 *   Names  = IDENT {',' IDENT};  Labels = (IDENT|STRING) {',' (IDENT|STRING)}
 *
 * The subset that one program's own schema needs: no namespaces and no annotations. Everything else
 * is refused with its place, also what Cedar itself refuses: a name declared twice or shadowing a
 * built-in, an unknown name, types that hold themselves, groups in a circle.
 */
#ifndef SR_POLICY_SCHEMA_H
#define SR_POLICY_SCHEMA_H

#include "policy/arena.h"
#include "policy/value.h"

struct sr_schema_entity;
struct sr_schema_record;

struct sr_schema_type {
	enum sr_cedar_kind kind;               /* every one but none is special to schemas */
	const struct sr_schema_entity *entity; /* of ENTITY; NULL: any action */
	const struct sr_schema_type *element;  /* of SET */
	const struct sr_schema_record *record; /* of RECORD */
};

struct sr_schema_field {
	struct sr_bytes name;
	const struct sr_schema_type *type;
	bool optional;
};

struct sr_schema_record {
	const struct sr_schema_field *fields; /* in the order written, no name twice */
	size_t count;
};

struct sr_schema_entity {
	struct sr_bytes name;
	unsigned line, column;
	const struct sr_schema_entity **parents;
	size_t parent_count;
	size_t index;
	const bool *in; /* by the index of the other: sr_schema_entity_in */
	const struct sr_schema_record *attrs;
	const struct sr_schema_type *tags; /* NULL: none */
	const struct sr_bytes *ids;        /* of an enumeration */
	size_t id_count;                   /* 0: any id */
};

struct sr_schema_action {
	struct sr_bytes name;
	unsigned line, column;
	const struct sr_schema_action **groups;
	size_t group_count;
	size_t index;
	const bool *in; /* by the index of the other: sr_schema_action_in */
	const struct sr_schema_entity **principals; /* none of a mere group */
	const struct sr_schema_entity **resources;
	size_t principal_count, resource_count;
	const struct sr_schema_record *context;
};

struct sr_schema {
	struct sr_arena arena;
	struct sr_schema_entity *entities;
	size_t entity_count;
	struct sr_schema_action *actions;
	size_t action_count;
};

/* CORRUPT with line and column, LIMIT, NOMEM. Free with sr_schema_free (NULL allowed). */
SR_MUST int sr_schema_parse(struct sr_schema **out, struct sr_bytes text, struct sr_err *e);
void sr_schema_free(struct sr_schema *s);

/* NULL: not declared. */
const struct sr_schema_entity *sr_schema_entity_named(
	const struct sr_schema *s, struct sr_bytes name);
const struct sr_schema_action *sr_schema_action_named(
	const struct sr_schema *s, struct sr_bytes name);
const struct sr_schema_field *sr_schema_field_named(
	const struct sr_schema_record *r, struct sr_bytes name);
/* Append the actions as entities in JSON, with commas between: who decides must know what group an
 * action is in. */
void sr_schema_put_actions(struct sr_buf *out, const struct sr_schema *s);

/* May an entity of this type be (in) one of that type? Is this action (in) that one? */
static inline bool sr_schema_entity_in(
	const struct sr_schema_entity *entity, const struct sr_schema_entity *ancestor) {
	return entity == ancestor || entity->in[ancestor->index];
}
static inline bool sr_schema_action_in(
	const struct sr_schema_action *action, const struct sr_schema_action *group) {
	return action == group || action->in[group->index];
}

#endif
