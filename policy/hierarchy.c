/*
 * hierarchy - the ancestors of every entity; see entities.h.
 *
 * Depth first without recursion (a chain may be as long as there are entities): an entity is closed
 * when all its parents are, and its ancestors are its parents and theirs. Meeting one that is open
 * is a cycle. What is gathered, duplicates included, is counted against SR_CEDAR_ANCESTORS_MAX, so
 * neither a chain nor a lattice costs more.
 */
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "policy/entities.h"

enum state {
	UNSEEN,
	OPEN, /* on the path */
	CLOSED
};

struct closing {
	struct sr_cedar_entities *s;
	uint8_t *states;     /* enum state of each entity */
	size_t *path;        /* indices of open entities, the first met first */
	size_t *next_parent; /* of each entity on the path: the parent to look at */
	size_t path_len;
	size_t gathered;
	struct sr_err *e;
};

static int by_pointed_name(const void *a, const void *b) {
	const struct sr_cedar_name *const *na = a;
	const struct sr_cedar_name *const *nb = b;
	return sr_cedar_name_cmp(*na, *nb);
}

static int charge(struct closing *c, size_t count) {
	c->gathered += count;
	if (c->gathered > SR_CEDAR_ANCESTORS_MAX)
		return sr_fail(c->e, SR_LIMIT,
			"the entities have more than %d pairs of entity and ancestor",
			SR_CEDAR_ANCESTORS_MAX);
	return 0;
}

/* All parents of ${x} are closed: gather its ancestors. */
static int close_entity(struct closing *c, struct sr_cedar_entity *x) {
	size_t count = x->parent_count;
	for (size_t i = 0; i < x->parent_count; i++) {
		const struct sr_cedar_entity *p = sr_cedar_entity_find(c->s, x->parents[i]);
		count += p == NULL ? 0 : p->ancestor_count;
	}
	int rc = charge(c, count);
	if (rc != 0)
		return rc;
	if (count == x->parent_count) { /* the usual case: parents without parents */
		x->ancestors = x->parents;
		x->ancestor_count = count;
		return 0;
	}
	const struct sr_cedar_name **list =
		sr_arena_new(&c->s->arena, count, sizeof(const struct sr_cedar_name *), c->e);
	if (list == NULL)
		return sr_arena_failed(&c->s->arena);
	count = 0;
	for (size_t i = 0; i < x->parent_count; i++) {
		const struct sr_cedar_entity *p = sr_cedar_entity_find(c->s, x->parents[i]);
		list[count++] = x->parents[i];
		if (p == NULL || p->ancestor_count == 0)
			continue;
		memcpy(list + count, p->ancestors,
			p->ancestor_count * sizeof(const struct sr_cedar_name *));
		count += p->ancestor_count;
	}
	qsort(list, count, sizeof(const struct sr_cedar_name *), by_pointed_name);
	x->ancestors = list;
	for (size_t i = 0; i < count; i++)
		if (i == 0 || !sr_cedar_name_eq(list[i - 1], list[i]))
			list[x->ancestor_count++] = list[i];
	return 0;
}

static int open_entity(struct closing *c, size_t index) {
	const struct sr_cedar_entity *x = &c->s->list[index];
	if (c->states[index] == OPEN) {
		char type[64];
		char id[64];
		return sr_fail(c->e, SR_CORRUPT,
			"line %u, column %u: want no cycle of parents, have %s::\"%s\" as its own "
			"ancestor",
			x->line, x->column, sr_escape_to(type, sizeof type, x->name->type),
			sr_escape_to(id, sizeof id, x->name->id));
	}
	if (c->states[index] == CLOSED)
		return 0;
	c->states[index] = OPEN;
	c->path[c->path_len] = index;
	c->next_parent[c->path_len] = 0;
	c->path_len++;
	return 0;
}

/* Close ${index} and all that it needs. */
static int walk(struct closing *c, size_t index) {
	int rc = open_entity(c, index);
	while (rc == 0 && c->path_len > 0) {
		size_t at = c->path[c->path_len - 1];
		struct sr_cedar_entity *x = &c->s->list[at];
		size_t next = c->next_parent[c->path_len - 1]++;
		if (next < x->parent_count) {
			const struct sr_cedar_entity *p =
				sr_cedar_entity_find(c->s, x->parents[next]);
			if (p != NULL)
				rc = open_entity(c, (size_t)(p - c->s->list));
		} else {
			rc = close_entity(c, x);
			c->states[at] = CLOSED;
			c->path_len--;
		}
	}
	return rc;
}

int sr_cedar_close_hierarchy(struct sr_cedar_entities *s, struct sr_err *e) {
	struct closing c = {.s = s, .e = e};
	c.states = sr_arena_new(&s->arena, s->count, 1, e);
	c.path = sr_arena_new(&s->arena, s->count, sizeof *c.path, e);
	c.next_parent = sr_arena_new(&s->arena, s->count, sizeof *c.next_parent, e);
	if (c.states == NULL || c.path == NULL || c.next_parent == NULL)
		return sr_arena_failed(&s->arena);
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < s->count; i++)
		rc = walk(&c, i);
	return rc;
}
