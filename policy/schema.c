/*
 * schema - reading it; see schema.h for the grammar.
 *
 * Two passes: the text becomes declarations with names in them, in the order written; then names
 * become what they name, which may stand further down. A type that is being resolved is marked, so
 * one that holds itself is found. Depth is bounded by the parser's brackets (SR_CEDAR_DEPTH_MAX)
 * and by the number of declared types.
 */
#include "policy/schema.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "policy/json.h"
#include "policy/parser.h"

enum {
	/* declarations of one kind in one schema: ours has some sixty; who is in whom takes its
	 * third power in steps, 27 million */
	DECLARATIONS_MAX = 300,
	/* a schema's text: ours is 10 KB */
	SCHEMA_MAX = 256 << 10
};

/* A name where it is used, or declared. */
struct spot {
	struct sr_bytes name;
	unsigned line, column;
};

struct raw_type {
	enum {
		RAW_NAME,
		RAW_SET,
		RAW_RECORD
	} kind;
	struct spot at;
	struct raw_type *element;
	struct sr_cedar_list fields; /* struct raw_field */
};

struct raw_field {
	struct spot at;
	bool optional;
	struct raw_type *type;
};

struct raw_entity {
	struct spot at;
	const struct sr_cedar_list *parents; /* struct spot; shared by all names of a declaration */
	struct raw_type *attrs, *tags;
	const struct sr_cedar_list *ids; /* struct sr_bytes */
};

struct raw_action {
	struct spot at;
	const struct sr_cedar_list *groups, *principals, *resources; /* struct spot */
	struct raw_type *context;
};

struct raw_common {
	struct spot at;
	struct raw_type *type;
	const struct sr_schema_type *made;
	bool making;
};

struct reader {
	struct sr_cedar_parser p;
	struct sr_schema *s;
	struct sr_cedar_list entities, actions, commons;
};

static const struct {
	const char *name;
	enum sr_cedar_kind kind;
} builtins[] = {
	{"Bool", SR_CEDAR_BOOL},
	{"Long", SR_CEDAR_LONG},
	{"String", SR_CEDAR_STRING},
	{"decimal", SR_CEDAR_DECIMAL},
	{"ipaddr", SR_CEDAR_IPADDR},
	{"datetime", SR_CEDAR_DATETIME},
	{"duration", SR_CEDAR_DURATION},
};

static int fail_at(const struct reader *r, const struct spot *at, const char *why) {
	char shown[64];

	return sr_fail(r->p.e, SR_CORRUPT, "line %u, column %u: %s: %s", at->line, at->column,
		sr_escape_to(shown, sizeof shown, at->name), why);
}

static void *make(struct reader *r, size_t count, size_t size) {
	return sr_arena_new(r->p.arena, count, size, r->p.e);
}

/* --- first pass: the text ----------------------------------------------------------------------
 */

static struct spot spot_here(const struct reader *r) {
	return (struct spot){r->p.token.text, r->p.token.line, r->p.token.column};
}

/* A name that is an identifier and no reserved word. */
static int read_name(struct reader *r, struct spot *out, const char *want) {
	if (r->p.token.kind != SR_TOKEN_IDENT || r->p.token.word != SR_WORD_NONE)
		return sr_cedar_want(&r->p, want);
	*out = spot_here(r);
	return sr_cedar_advance(&r->p);
}

/* An identifier or a string. */
static int read_label(struct reader *r, struct spot *out, const char *want) {
	if (r->p.token.kind != SR_TOKEN_STRING)
		return read_name(r, out, want);
	*out = spot_here(r);
	int rc = sr_cedar_lex_string(r->p.arena, &r->p.token, &out->name, r->p.e);
	return rc != 0 ? rc : sr_cedar_advance(&r->p);
}

typedef int read_fn(struct reader *r, struct spot *out, const char *want);

/* One or several with commas, appended to ${list}; with ${closed}, up to the bracket that closes.
 */
static int read_spots(struct reader *r, read_fn *read, struct sr_cedar_list *list, bool closed,
	const char *want) {
	int rc;

	for (;;) {
		struct spot at;

		rc = read(r, &at, want);
		if (rc != 0)
			return rc;
		struct spot *slot = sr_cedar_list_push(r->p.arena, list, sizeof *slot, r->p.e);
		if (slot == NULL)
			return sr_arena_failed(r->p.arena);
		*slot = at;
		if (r->p.token.kind != SR_TOKEN_COMMA)
			break;
		rc = sr_cedar_advance(&r->p);
		if (rc != 0)
			return rc;
		if (closed && r->p.token.kind == SR_TOKEN_RBRACKET)
			break;
	}
	return closed ? sr_cedar_expect(&r->p, SR_TOKEN_RBRACKET, "',' or ']'") : 0;
}

/* One alone, or a list in brackets. */
static int read_refs(
	struct reader *r, read_fn *read, struct sr_cedar_list **out, const char *want) {
	struct sr_cedar_list *list = make(r, 1, sizeof *list);
	struct spot at, *slot;

	if (list == NULL)
		return sr_arena_failed(r->p.arena);
	*out = list;
	if (r->p.token.kind == SR_TOKEN_LBRACKET) {
		int rc = sr_cedar_advance(&r->p);
		return rc != 0 ? rc : read_spots(r, read, list, true, want);
	}
	int rc = read(r, &at, want);
	if (rc != 0)
		return rc;
	slot = sr_cedar_list_push(r->p.arena, list, sizeof *slot, r->p.e);
	if (slot == NULL)
		return sr_arena_failed(r->p.arena);
	*slot = at;
	return 0;
}

static int read_type(struct reader *r, struct raw_type **out);

static int read_field(struct reader *r, struct raw_type *record) {
	struct raw_field f = {.optional = false};
	int rc = read_label(r, &f.at, "the name of an attribute");

	if (rc == 0 && r->p.token.kind == SR_TOKEN_QUESTION) {
		f.optional = true;
		rc = sr_cedar_advance(&r->p);
	}
	if (rc == 0)
		rc = sr_cedar_expect(&r->p, SR_TOKEN_COLON, "':' and the attribute's type");
	if (rc == 0)
		rc = read_type(r, &f.type);
	if (rc != 0)
		return rc;
	const struct raw_field *before = record->fields.items;
	for (size_t i = 0; i < record->fields.count; i++)
		if (sr_bytes_eq(before[i].at.name, f.at.name))
			return fail_at(r, &f.at, "this attribute is there already");
	struct raw_field *slot =
		sr_cedar_list_push(r->p.arena, &record->fields, sizeof *slot, r->p.e);
	if (slot == NULL)
		return sr_arena_failed(r->p.arena);
	*slot = f;
	return 0;
}

static int read_record(struct reader *r, struct raw_type *out) {
	int rc = sr_cedar_enter(&r->p);

	out->kind = RAW_RECORD;
	out->at = spot_here(r);
	if (rc == 0)
		rc = sr_cedar_expect(&r->p, SR_TOKEN_LBRACE, "'{'");
	while (rc == 0 && r->p.token.kind != SR_TOKEN_RBRACE) {
		rc = read_field(r, out);
		if (rc == 0 && r->p.token.kind != SR_TOKEN_RBRACE)
			rc = sr_cedar_expect(&r->p, SR_TOKEN_COMMA, "',' or '}'");
	}
	if (rc == 0)
		rc = sr_cedar_advance(&r->p);
	sr_cedar_leave(&r->p);
	return rc;
}

static int read_type(struct reader *r, struct raw_type **out) {
	struct raw_type *t = make(r, 1, sizeof *t);

	if (t == NULL)
		return sr_arena_failed(r->p.arena);
	*out = t;
	if (r->p.token.kind == SR_TOKEN_LBRACE)
		return read_record(r, t);
	int rc = read_name(r, &t->at, "a type");
	if (rc != 0 || !sr_bytes_eq(t->at.name, sr_bytes_str("Set")))
		return rc;
	t->kind = RAW_SET;
	rc = sr_cedar_enter(&r->p);
	if (rc == 0)
		rc = sr_cedar_expect(&r->p, SR_TOKEN_LT, "'<' and the type of the elements");
	if (rc == 0)
		rc = read_type(r, &t->element);
	if (rc == 0)
		rc = sr_cedar_expect(&r->p, SR_TOKEN_GT, "'>' after the type of the elements");
	sr_cedar_leave(&r->p);
	return rc;
}

/* The strings of an enumeration. */
static int read_enum(struct reader *r, const struct sr_cedar_list **out) {
	struct sr_cedar_list *ids = make(r, 1, sizeof *ids);
	int rc = ids == NULL ? sr_arena_failed(r->p.arena) : sr_cedar_advance(&r->p);

	if (rc == 0)
		rc = sr_cedar_expect(
			&r->p, SR_TOKEN_LBRACKET, "'[' and the ids of the enumeration");
	while (rc == 0) {
		struct sr_bytes *id = sr_cedar_list_push(r->p.arena, ids, sizeof *id, r->p.e);
		if (id == NULL)
			return sr_arena_failed(r->p.arena);
		if (r->p.token.kind != SR_TOKEN_STRING)
			return sr_cedar_want(&r->p, "an id as a string");
		rc = sr_cedar_lex_string(r->p.arena, &r->p.token, id, r->p.e);
		if (rc == 0)
			rc = sr_cedar_advance(&r->p);
		if (rc == 0 && r->p.token.kind == SR_TOKEN_COMMA)
			rc = sr_cedar_advance(&r->p);
		else if (rc == 0 && r->p.token.kind != SR_TOKEN_RBRACKET)
			return sr_cedar_want(&r->p, "',' or ']'");
		if (rc == 0 && r->p.token.kind == SR_TOKEN_RBRACKET)
			break;
	}
	*out = ids;
	return rc != 0 ? rc : sr_cedar_advance(&r->p);
}

static int read_entity(struct reader *r) {
	struct sr_cedar_list names = {0};
	struct sr_cedar_list *parents = NULL;
	struct raw_entity raw = {.attrs = NULL};
	int rc = sr_cedar_advance(&r->p);

	if (rc == 0)
		rc = read_spots(r, read_name, &names, false, "the name of an entity type");
	if (rc == 0 && sr_cedar_at_ident(&r->p, "enum")) {
		rc = read_enum(r, &raw.ids);
	} else if (rc == 0) {
		if (sr_cedar_at_ident(&r->p, "in")) {
			rc = sr_cedar_advance(&r->p);
			if (rc == 0)
				rc = read_refs(
					r, read_name, &parents, "the name of an entity type");
			raw.parents = parents;
		}
		if (rc == 0 && r->p.token.kind == SR_TOKEN_ASSIGN) {
			rc = sr_cedar_advance(&r->p);
			if (rc == 0 && r->p.token.kind != SR_TOKEN_LBRACE)
				return sr_cedar_want(&r->p, "'{' and the attributes");
		}
		if (rc == 0 && r->p.token.kind == SR_TOKEN_LBRACE)
			rc = read_type(r, &raw.attrs);
		if (rc == 0 && sr_cedar_at_ident(&r->p, "tags")) {
			rc = sr_cedar_advance(&r->p);
			if (rc == 0)
				rc = read_type(r, &raw.tags);
		}
	}
	if (rc == 0)
		rc = sr_cedar_expect(&r->p, SR_TOKEN_SEMICOLON, "';' to end the declaration");
	for (size_t i = 0; rc == 0 && i < names.count; i++) {
		struct raw_entity *slot =
			sr_cedar_list_push(r->p.arena, &r->entities, sizeof *slot, r->p.e);
		if (slot == NULL)
			return sr_arena_failed(r->p.arena);
		raw.at = ((struct spot *)names.items)[i];
		*slot = raw;
	}
	return rc;
}

static int read_part(struct reader *r, struct raw_action *raw) {
	struct sr_cedar_list *refs = NULL;
	const bool principal = sr_cedar_at_ident(&r->p, "principal");
	const bool resource = sr_cedar_at_ident(&r->p, "resource");
	const bool context = sr_cedar_at_ident(&r->p, "context");

	if (!principal && !resource && !context)
		return sr_cedar_want(&r->p, "'principal', 'resource' or 'context'");
	if ((principal && raw->principals != NULL) || (resource && raw->resources != NULL) ||
		(context && raw->context != NULL))
		return sr_cedar_want(&r->p, "each part once");
	int rc = sr_cedar_advance(&r->p);
	if (rc == 0)
		rc = sr_cedar_expect(&r->p, SR_TOKEN_COLON, "':'");
	if (rc == 0 && context)
		return read_type(r, &raw->context);
	if (rc == 0)
		rc = read_refs(r, read_name, &refs, "the name of an entity type");
	if (principal)
		raw->principals = refs;
	else
		raw->resources = refs;
	return rc;
}

static int read_applies(struct reader *r, struct raw_action *raw) {
	int rc = sr_cedar_advance(&r->p);

	if (rc == 0)
		rc = sr_cedar_expect(&r->p, SR_TOKEN_LBRACE, "'{'");
	while (rc == 0 && r->p.token.kind != SR_TOKEN_RBRACE) {
		rc = read_part(r, raw);
		if (rc == 0 && r->p.token.kind != SR_TOKEN_RBRACE)
			rc = sr_cedar_expect(&r->p, SR_TOKEN_COMMA, "',' or '}'");
	}
	if (rc == 0 && (raw->principals == NULL || raw->resources == NULL))
		return sr_cedar_want(&r->p, "a principal and a resource before the '}'");
	return rc != 0 ? rc : sr_cedar_advance(&r->p);
}

static int read_action(struct reader *r) {
	struct sr_cedar_list names = {0};
	struct sr_cedar_list *groups = NULL;
	struct raw_action raw = {.context = NULL};
	int rc = sr_cedar_advance(&r->p);

	if (rc == 0)
		rc = read_spots(r, read_label, &names, false, "the name of an action");
	if (rc == 0 && sr_cedar_at_ident(&r->p, "in")) {
		rc = sr_cedar_advance(&r->p);
		if (rc == 0)
			rc = read_refs(r, read_label, &groups, "the name of an action");
		raw.groups = groups;
	}
	if (rc == 0 && sr_cedar_at_ident(&r->p, "appliesTo"))
		rc = read_applies(r, &raw);
	if (rc == 0)
		rc = sr_cedar_expect(&r->p, SR_TOKEN_SEMICOLON, "';' to end the declaration");
	for (size_t i = 0; rc == 0 && i < names.count; i++) {
		struct raw_action *slot =
			sr_cedar_list_push(r->p.arena, &r->actions, sizeof *slot, r->p.e);
		if (slot == NULL)
			return sr_arena_failed(r->p.arena);
		raw.at = ((struct spot *)names.items)[i];
		*slot = raw;
	}
	return rc;
}

static int read_common(struct reader *r) {
	struct raw_common raw = {.made = NULL};
	int rc = sr_cedar_advance(&r->p);

	if (rc == 0)
		rc = read_name(r, &raw.at, "the name of the type");
	if (rc == 0)
		rc = sr_cedar_expect(&r->p, SR_TOKEN_ASSIGN, "'=' and the type");
	if (rc == 0)
		rc = read_type(r, &raw.type);
	if (rc == 0)
		rc = sr_cedar_expect(&r->p, SR_TOKEN_SEMICOLON, "';' to end the declaration");
	if (rc != 0)
		return rc;
	struct raw_common *slot = sr_cedar_list_push(r->p.arena, &r->commons, sizeof *slot, r->p.e);
	if (slot == NULL)
		return sr_arena_failed(r->p.arena);
	*slot = raw;
	return 0;
}

static int read_all(struct reader *r) {
	int rc = sr_cedar_advance(&r->p);

	while (rc == 0 && r->p.token.kind != SR_TOKEN_END) {
		if (sr_cedar_at_ident(&r->p, "entity"))
			rc = read_entity(r);
		else if (sr_cedar_at_ident(&r->p, "action"))
			rc = read_action(r);
		else if (sr_cedar_at_ident(&r->p, "type"))
			rc = read_common(r);
		else
			rc = sr_cedar_want(&r->p, "'entity', 'action' or 'type'");
		if (rc == 0 && (r->entities.count > DECLARATIONS_MAX ||
				       r->actions.count > DECLARATIONS_MAX ||
				       r->commons.count > DECLARATIONS_MAX))
			rc = sr_fail(r->p.e, SR_LIMIT, "more than %d declarations of one kind",
				DECLARATIONS_MAX);
	}
	return rc;
}

/* --- second pass: names become what they name ------------------------------------------------- */

static bool builtin(struct sr_bytes name, enum sr_cedar_kind *kind) {
	for (size_t i = 0; i < sizeof builtins / sizeof builtins[0]; i++)
		if (sr_bytes_eq(name, sr_bytes_str(builtins[i].name))) {
			*kind = builtins[i].kind;
			return true;
		}
	return false;
}

static struct raw_common *common_named(struct reader *r, struct sr_bytes name) {
	struct raw_common *c = r->commons.items;

	for (size_t i = 0; i < r->commons.count; i++)
		if (sr_bytes_eq(c[i].at.name, name))
			return &c[i];
	return NULL;
}

/* No entity type and no common type twice, none with the name of a built-in, no action twice. */
static int names_differ(struct reader *r) {
	const struct raw_entity *en = r->entities.items;
	const struct raw_common *co = r->commons.items;
	const struct raw_action *ac = r->actions.items;

	for (size_t i = 0; i < r->entities.count + r->commons.count; i++) {
		const struct spot *at =
			i < r->entities.count ? &en[i].at : &co[i - r->entities.count].at;
		enum sr_cedar_kind kind;

		if (builtin(at->name, &kind) || sr_bytes_eq(at->name, sr_bytes_str("Set")) ||
			sr_bytes_eq(at->name, sr_bytes_str("Action")))
			return fail_at(r, at, "this name is Cedar's own");
		for (size_t k = 0; k < i; k++) {
			const struct spot *other =
				k < r->entities.count ? &en[k].at : &co[k - r->entities.count].at;
			if (sr_bytes_eq(at->name, other->name))
				return fail_at(r, at, "this name is declared already");
		}
	}
	for (size_t i = 1; i < r->actions.count; i++)
		for (size_t k = 0; k < i; k++)
			if (sr_bytes_eq(ac[i].at.name, ac[k].at.name))
				return fail_at(r, &ac[i].at, "this action is declared already");
	return 0;
}

static int resolve(struct reader *r, const struct raw_type *raw, const struct sr_schema_type **out);

static int resolve_record(
	struct reader *r, const struct raw_type *raw, const struct sr_schema_record **out) {
	const struct raw_field *from = raw->fields.items;
	struct sr_schema_record *record = make(r, 1, sizeof *record);
	struct sr_schema_field *fields = make(r, raw->fields.count, sizeof *fields);
	int rc = 0;

	if (record == NULL || fields == NULL)
		return sr_arena_failed(r->p.arena);
	for (size_t i = 0; rc == 0 && i < raw->fields.count; i++) {
		fields[i].name = from[i].at.name;
		fields[i].optional = from[i].optional;
		rc = resolve(r, from[i].type, &fields[i].type);
	}
	if (rc != 0)
		return rc;
	record->fields = fields;
	record->count = raw->fields.count;
	*out = record;
	return 0;
}

static int resolve_common(struct reader *r, const struct raw_type *raw, struct raw_common *common,
	const struct sr_schema_type **out) {
	int rc = 0;

	if (common->making)
		return fail_at(r, &raw->at, "this type holds itself");
	if (common->made == NULL) {
		common->making = true;
		rc = resolve(r, common->type, &common->made);
		common->making = false;
	}
	*out = common->made;
	return rc;
}

static int resolve(
	struct reader *r, const struct raw_type *raw, const struct sr_schema_type **out) {
	struct sr_schema_type *t;
	struct raw_common *common = raw->kind == RAW_NAME ? common_named(r, raw->at.name) : NULL;
	int rc = 0;

	if (common != NULL)
		return resolve_common(r, raw, common, out);
	t = make(r, 1, sizeof *t);
	if (t == NULL)
		return sr_arena_failed(r->p.arena);
	switch (raw->kind) {
	case RAW_SET:
		t->kind = SR_CEDAR_SET;
		rc = resolve(r, raw->element, &t->element);
		break;
	case RAW_RECORD:
		t->kind = SR_CEDAR_RECORD;
		rc = resolve_record(r, raw, &t->record);
		break;
	case RAW_NAME:
		t->entity = sr_schema_entity_named(r->s, raw->at.name);
		t->kind = SR_CEDAR_ENTITY;
		if (t->entity == NULL && !builtin(raw->at.name, &t->kind))
			rc = fail_at(r, &raw->at, "there is no such type");
		break;
	}
	*out = t;
	return rc;
}

static int resolve_entities(struct reader *r, const struct sr_cedar_list *refs,
	const struct sr_schema_entity ***out, size_t *count) {
	const size_t n = refs == NULL ? 0 : refs->count;
	const struct sr_schema_entity **list = make(r, n, sizeof(struct sr_schema_entity *));

	if (list == NULL)
		return sr_arena_failed(r->p.arena);
	for (size_t i = 0; i < n; i++) {
		const struct spot *at = (const struct spot *)refs->items + i;

		list[i] = sr_schema_entity_named(r->s, at->name);
		if (list[i] == NULL)
			return fail_at(r, at, "there is no such entity type");
	}
	*out = list;
	*count = n;
	return 0;
}

static int resolve_entity(struct reader *r, size_t i) {
	const struct raw_entity *raw = (const struct raw_entity *)r->entities.items + i;
	struct sr_schema_entity *en = &r->s->entities[i];
	static const struct raw_type nothing = {.kind = RAW_RECORD};
	int rc = resolve_entities(r, raw->parents, &en->parents, &en->parent_count);

	if (rc == 0)
		rc = resolve_record(r, raw->attrs == NULL ? &nothing : raw->attrs, &en->attrs);
	if (rc == 0 && raw->tags != NULL)
		rc = resolve(r, raw->tags, &en->tags);
	if (raw->ids != NULL) {
		en->ids = raw->ids->items;
		en->id_count = raw->ids->count;
	}
	return rc;
}

static int resolve_action(struct reader *r, size_t i) {
	const struct raw_action *raw = (const struct raw_action *)r->actions.items + i;
	struct sr_schema_action *ac = &r->s->actions[i];
	const size_t n = raw->groups == NULL ? 0 : raw->groups->count;
	const struct sr_schema_type *context = NULL;
	static const struct raw_type nothing = {.kind = RAW_RECORD};
	const struct raw_type *from = raw->context == NULL ? &nothing : raw->context;

	ac->groups = make(r, n, sizeof(struct sr_schema_action *));
	if (ac->groups == NULL)
		return sr_arena_failed(r->p.arena);
	ac->group_count = n;
	for (size_t k = 0; k < n; k++) {
		const struct spot *at = (const struct spot *)raw->groups->items + k;

		ac->groups[k] = sr_schema_action_named(r->s, at->name);
		if (ac->groups[k] == NULL)
			return fail_at(r, at, "there is no such action");
	}
	int rc = resolve_entities(r, raw->principals, &ac->principals, &ac->principal_count);
	if (rc == 0)
		rc = resolve_entities(r, raw->resources, &ac->resources, &ac->resource_count);
	if (rc == 0)
		rc = resolve(r, from, &context);
	if (rc != 0 || context == NULL)
		return rc;
	if (context->kind != SR_CEDAR_RECORD)
		return fail_at(r, &from->at, "a context is a record");
	ac->context = context->record;
	return 0;
}

/* A table of who is directly in whom, made one of who is in whom at all. */
static void close_table(bool *in, size_t n) {
	for (size_t via = 0; via < n; via++)
		for (size_t from = 0; from < n; from++)
			for (size_t to = 0; in[from * n + via] && to < n; to++)
				in[from * n + to] = in[from * n + to] || in[via * n + to];
}

/* Types may be in one another in a circle (`entity Folder in [Folder]`), actions may not. */
static int close_groups(struct reader *r) {
	struct sr_schema *s = r->s;
	const size_t n = s->entity_count, m = s->action_count;
	bool *entities = make(r, n * n, sizeof *entities),
	     *actions = make(r, m * m, sizeof *actions);

	if (entities == NULL || actions == NULL)
		return sr_arena_failed(r->p.arena);
	for (size_t i = 0; i < n; i++) {
		s->entities[i].in = entities + i * n;
		for (size_t k = 0; k < s->entities[i].parent_count; k++)
			entities[i * n + s->entities[i].parents[k]->index] = true;
	}
	for (size_t i = 0; i < m; i++) {
		s->actions[i].in = actions + i * m;
		for (size_t k = 0; k < s->actions[i].group_count; k++)
			actions[i * m + s->actions[i].groups[k]->index] = true;
	}
	close_table(entities, n);
	close_table(actions, m);
	for (size_t i = 0; i < m; i++)
		if (actions[i * m + i])
			return fail_at(r, &((const struct raw_action *)r->actions.items)[i].at,
				"this action is in itself");
	return 0;
}

static int resolve_all(struct reader *r) {
	struct sr_schema *s = r->s;
	int rc = names_differ(r);

	s->entities = make(r, r->entities.count, sizeof *s->entities);
	s->actions = make(r, r->actions.count, sizeof *s->actions);
	if (s->entities == NULL || s->actions == NULL)
		return sr_arena_failed(r->p.arena);
	s->entity_count = r->entities.count;
	s->action_count = r->actions.count;
	for (size_t i = 0; i < s->entity_count; i++) {
		const struct spot *at = &((const struct raw_entity *)r->entities.items)[i].at;

		s->entities[i].name = at->name;
		s->entities[i].index = i;
		s->entities[i].line = at->line;
		s->entities[i].column = at->column;
	}
	for (size_t i = 0; i < s->action_count; i++) {
		const struct spot *at = &((const struct raw_action *)r->actions.items)[i].at;

		s->actions[i].name = at->name;
		s->actions[i].index = i;
		s->actions[i].line = at->line;
		s->actions[i].column = at->column;
	}
	for (size_t i = 0; rc == 0 && i < s->entity_count; i++)
		rc = resolve_entity(r, i);
	for (size_t i = 0; rc == 0 && i < s->action_count; i++)
		rc = resolve_action(r, i);
	for (size_t i = 0; rc == 0 && i < r->commons.count; i++) {
		struct raw_common *c = (struct raw_common *)r->commons.items + i;
		const struct raw_type use = {.kind = RAW_NAME, .at = c->at};
		const struct sr_schema_type *made = NULL;

		rc = resolve_common(r, &use, c, &made);
	}
	if (rc == 0)
		rc = close_groups(r);
	return rc;
}

int sr_schema_parse(struct sr_schema **out, struct sr_bytes text, struct sr_err *e) {
	struct sr_schema *s = calloc(1, sizeof *s);
	struct sr_bytes kept = {NULL, 0};
	int rc;

	*out = NULL;
	if (s == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for a schema");
	sr_arena_init(&s->arena, SR_CEDAR_MEMORY_MAX);
	struct reader r = {.p = {.arena = &s->arena, .e = e}, .s = s};
	if (text.len > SCHEMA_MAX)
		rc = sr_fail(e, SR_LIMIT, "have %zu bytes of schema, at most %d are taken",
			text.len, SCHEMA_MAX);
	else
		rc = sr_arena_copy(&s->arena, text, &kept, e);
	if (rc == 0) {
		sr_cedar_lex_init(&r.p.lexer, kept);
		r.p.lexer.schema = true;
		rc = read_all(&r);
	}
	if (rc == 0)
		rc = resolve_all(&r);
	if (rc != 0) {
		sr_schema_free(s);
		return rc;
	}
	*out = s;
	return 0;
}

void sr_schema_free(struct sr_schema *s) {
	if (s == NULL)
		return;
	sr_arena_free(&s->arena);
	free(s);
}

/* --- asking ------------------------------------------------------------------------------------
 */

const struct sr_schema_entity *sr_schema_entity_named(
	const struct sr_schema *s, struct sr_bytes name) {
	for (size_t i = 0; i < s->entity_count; i++)
		if (sr_bytes_eq(s->entities[i].name, name))
			return &s->entities[i];
	return NULL;
}

const struct sr_schema_action *sr_schema_action_named(
	const struct sr_schema *s, struct sr_bytes name) {
	for (size_t i = 0; i < s->action_count; i++)
		if (sr_bytes_eq(s->actions[i].name, name))
			return &s->actions[i];
	return NULL;
}

const struct sr_schema_field *sr_schema_field_named(
	const struct sr_schema_record *r, struct sr_bytes name) {
	for (size_t i = 0; i < r->count; i++)
		if (sr_bytes_eq(r->fields[i].name, name))
			return &r->fields[i];
	return NULL;
}

void sr_schema_put_actions(struct sr_buf *out, const struct sr_schema *s) {
	for (size_t i = 0; i < s->action_count; i++) {
		const struct sr_schema_action *ac = &s->actions[i];

		sr_buf_put_str(out, i == 0 ? "{\"uid\":{\"type\":\"Action\",\"id\":"
					   : ",{\"uid\":{\"type\":\"Action\",\"id\":");
		sr_json_put_string(out, ac->name);
		sr_buf_put_str(out, "},\"attrs\":{},\"parents\":[");
		for (size_t k = 0; k < ac->group_count; k++) {
			sr_buf_put_str(out, k == 0 ? "{\"type\":\"Action\",\"id\":"
						   : ",{\"type\":\"Action\",\"id\":");
			sr_json_put_string(out, ac->groups[k]->name);
			sr_buf_put_str(out, "}");
		}
		sr_buf_put_str(out, "]}");
	}
}
