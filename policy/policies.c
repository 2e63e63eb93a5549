/*
 * policies - a set of policies: adding, linking, finding, writing; see cedar.h.
 *
 * Invariants: no two rules have one id; by_id holds the rules of `rules`, sorted by id. A call that
 * fails changes nothing and gives its memory back: room for the lists is made last, and putting
 * rules in cannot fail then.
 */
#include "policy/policies.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "policy/eval.h"
#include "policy/from_json.h"
#include "policy/name.h"
#include "policy/to_json.h"
#include "policy/to_text.h"

int sr_cedar_policies_new(struct sr_cedar_policies **out, struct sr_err *e) {
	*out = calloc(1, sizeof **out);
	if (*out == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for a policy set");
	sr_arena_init(&(*out)->arena, SR_CEDAR_MEMORY_MAX);
	return 0;
}

void sr_cedar_policies_free(struct sr_cedar_policies *p) {
	if (p == NULL)
		return;
	sr_arena_free(&p->arena);
	free(p);
}

/* --- ids ------------------------------------------------------------------------------------- */

/* Where ${id} is in by_id, or belongs. */
static size_t place_of(const struct sr_cedar_policies *p, struct sr_bytes id, bool *found) {
	size_t low = 0;
	size_t high = p->rules.count;
	*found = false;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = sr_bytes_cmp(p->by_id[mid]->pub.id, id);
		if (order == 0) {
			*found = true;
			return mid;
		}
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int check_id(const struct sr_cedar_policies *p, struct sr_bytes id, struct sr_err *e) {
	bool found = false;
	char shown[64];
	(void)place_of(p, id, &found);
	(void)sr_escape_to(shown, sizeof shown, id);
	if (!sr_utf8_valid(id))
		return sr_fail(e, SR_CORRUPT, "the id \"%s\" is not valid UTF-8", shown);
	if (found)
		return sr_fail(e, SR_EXISTS, "the id \"%s\" is taken", shown);
	return 0;
}

/* A copy of an array of rules with room for ${cap}. */
static struct sr_cedar_rule **grown(
	struct sr_cedar_policies *p, struct sr_cedar_rule **list, size_t cap, struct sr_err *e) {
	struct sr_cedar_rule **out =
		sr_arena_new(&p->arena, cap, sizeof(struct sr_cedar_rule *), e);
	if (out != NULL && p->rules.count > 0)
		memcpy(out, list, p->rules.count * sizeof(struct sr_cedar_rule *));
	return out;
}

/* Room for ${more} rules: insert cannot fail then. */
static int reserve(struct sr_cedar_policies *p, size_t more, struct sr_err *e) {
	size_t need = p->rules.count + more;
	if (need > SR_CEDAR_POLICIES_MAX)
		return sr_fail(
			e, SR_LIMIT, "more than %d policies in one set", SR_CEDAR_POLICIES_MAX);
	if (need <= p->rules.cap)
		return 0;
	size_t cap = need < 16 ? 16 : need * 2;
	struct sr_cedar_rule **by_id = grown(p, p->by_id, cap, e);
	struct sr_cedar_rule **list = by_id == NULL ? NULL : grown(p, p->rules.list, cap, e);
	if (list == NULL)
		return sr_arena_failed(&p->arena);
	p->by_id = by_id;
	p->rules.list = list;
	p->rules.cap = cap;
	return 0;
}

/* Put a rule whose id is free into the set; room is reserved. */
static void insert(struct sr_cedar_policies *p, struct sr_cedar_rule *rule) {
	bool found = false;
	size_t at = place_of(p, rule->pub.id, &found);
	size_t after = p->rules.count - at;
	if (after > 0)
		memmove(p->by_id + at + 1, p->by_id + at, after * sizeof(struct sr_cedar_rule *));
	p->by_id[at] = rule;
	p->rules.list[p->rules.count++] = rule;
}

/* --- adding ---------------------------------------------------------------------------------- */

/* What a call that fails goes back to. */
struct before {
	struct sr_arena_mark mark;
	size_t source_len;
};

static struct before before_of(const struct sr_cedar_policies *p) {
	struct before b = {sr_arena_mark(&p->arena), p->source_len};
	return b;
}

static int undo(struct sr_cedar_policies *p, struct before b, int rc) {
	sr_arena_release(&p->arena, b.mark);
	p->source_len = b.source_len;
	return rc;
}

/* Keep a copy of a text, within the limit on all of them. */
static int keep(
	struct sr_cedar_policies *p, struct sr_bytes text, struct sr_bytes *out, struct sr_err *e) {
	if (text.len > SR_CEDAR_SOURCE_MAX - p->source_len)
		return sr_fail(e, SR_LIMIT,
			"have %zu bytes of policies and %zu before, at most %d are taken", text.len,
			p->source_len, SR_CEDAR_SOURCE_MAX);
	int rc = sr_arena_copy(&p->arena, text, out, e);
	if (rc == 0)
		p->source_len += text.len;
	return rc;
}

static int fold(struct sr_cedar_policies *p, struct sr_cedar_rule *rule, struct sr_err *e) {
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < rule->condition_count; i++)
		rc = sr_cedar_fold(&p->arena, rule->conditions[i].body, e);
	return rc;
}

int sr_cedar_policies_parse(struct sr_cedar_policies *p, struct sr_bytes text, struct sr_err *e) {
	struct sr_cedar_rules rules = {0};
	struct sr_bytes kept;
	struct before before = before_of(p);
	int rc = keep(p, text, &kept, e);
	if (rc == 0)
		rc = sr_cedar_parse(&p->arena, kept, &rules, e);
	for (size_t i = 0; rc == 0 && i < rules.count; i++) {
		char id[32];
		int len = snprintf(id, sizeof id, "policy%zu", p->parsed + i);
		rc = sr_arena_copy(
			&p->arena, sr_bytes_of(id, (size_t)len), &rules.list[i]->pub.id, e);
		if (rc == 0)
			rc = check_id(p, rules.list[i]->pub.id, e);
		if (rc == 0)
			rc = fold(p, rules.list[i], e);
	}
	if (rc == 0)
		rc = reserve(p, rules.count, e);
	if (rc != 0)
		return undo(p, before, rc);
	for (size_t i = 0; i < rules.count; i++)
		insert(p, rules.list[i]);
	p->parsed += rules.count;
	return 0;
}

/* Give ${rule} its id and put it in. */
static int add(struct sr_cedar_policies *p, struct sr_bytes id, struct sr_cedar_rule *rule,
	struct sr_err *e) {
	int rc = check_id(p, id, e);
	if (rc == 0)
		rc = sr_arena_copy(&p->arena, id, &rule->pub.id, e);
	if (rc == 0)
		rc = fold(p, rule, e);
	if (rc == 0)
		rc = reserve(p, 1, e);
	if (rc == 0)
		insert(p, rule);
	return rc;
}

int sr_cedar_policies_add(
	struct sr_cedar_policies *p, struct sr_bytes id, struct sr_bytes text, struct sr_err *e) {
	struct sr_cedar_rules rules = {0};
	struct sr_bytes kept;
	struct before before = before_of(p);
	int rc = keep(p, text, &kept, e);
	if (rc == 0)
		rc = sr_cedar_parse(&p->arena, kept, &rules, e);
	if (rc == 0 && rules.count != 1)
		rc = sr_fail(e, SR_CORRUPT, "want one policy or template, have %zu", rules.count);
	if (rc == 0)
		rc = add(p, id, rules.list[0], e);
	return rc != 0 ? undo(p, before, rc) : 0;
}

int sr_cedar_policies_add_json(
	struct sr_cedar_policies *p, struct sr_bytes id, struct sr_bytes json, struct sr_err *e) {
	struct sr_cedar_rule *rule = NULL;
	struct sr_bytes kept;
	struct before before = before_of(p);
	int rc = keep(p, json, &kept, e);
	if (rc == 0)
		rc = sr_cedar_read_policy(&p->arena, kept, &rule, e);
	if (rc == 0)
		rc = add(p, id, rule, e);
	return rc != 0 ? undo(p, before, rc) : 0;
}

/* --- links ----------------------------------------------------------------------------------- */

static int fill_slot(struct sr_cedar_policies *p, const char *slot, const struct sr_cedar_uid *uid,
	struct sr_cedar_scope *s, struct sr_err *e) {
	struct sr_bytes type;
	struct sr_bytes id;
	char shown[64];
	if (uid == NULL && !s->slot)
		return 0;
	if (uid == NULL)
		return sr_fail(e, SR_CORRUPT, "want a value for the slot %s, have none", slot);
	if (!s->slot)
		return sr_fail(e, SR_CORRUPT,
			"want no value for the slot %s, which the template has not", slot);
	if (!sr_cedar_is_path(uid->type) || !sr_utf8_valid(uid->id))
		return sr_fail(e, SR_CORRUPT, "%s: want an entity type and an id in UTF-8, have %s",
			slot, sr_escape_to(shown, sizeof shown, uid->type));
	struct sr_cedar_name *name = sr_arena_new(&p->arena, 1, sizeof *name, e);
	int rc = name == NULL ? sr_arena_failed(&p->arena)
			      : sr_arena_copy(&p->arena, uid->type, &type, e);
	if (rc == 0)
		rc = sr_arena_copy(&p->arena, uid->id, &id, e);
	if (rc != 0)
		return rc;
	*name = sr_cedar_name_of(type, id);
	s->slot = false;
	s->name = name;
	return 0;
}

int sr_cedar_policies_link(
	struct sr_cedar_policies *p, const struct sr_cedar_link *link, struct sr_err *e) {
	bool found = false;
	char shown[64];
	size_t at = place_of(p, link->template_id, &found);
	if (!found || p->by_id[at]->pub.slots == 0)
		return sr_fail(e, SR_NOTFOUND, "there is no template \"%s\"",
			sr_escape_to(shown, sizeof shown, link->template_id));
	struct before before = before_of(p);
	struct sr_cedar_rule *rule = sr_arena_new(&p->arena, 1, sizeof *rule, e);
	if (rule == NULL)
		return sr_arena_failed(&p->arena);
	*rule = *p->by_id[at]; /* the conditions are shared */
	rule->pub.template_id = rule->pub.id;
	rule->pub.slots = 0;
	int rc = fill_slot(p, "?principal", link->principal, &rule->principal, e);
	if (rc == 0)
		rc = fill_slot(p, "?resource", link->resource, &rule->resource, e);
	if (rc == 0)
		rc = add(p, link->id, rule, e);
	return rc != 0 ? undo(p, before, rc) : 0;
}

/* --- looking --------------------------------------------------------------------------------- */

size_t sr_cedar_policies_count(const struct sr_cedar_policies *p) {
	return p->rules.count;
}

const struct sr_cedar_policy *sr_cedar_policies_get(const struct sr_cedar_policies *p, size_t i) {
	return i < p->rules.count ? &p->rules.list[i]->pub : NULL;
}

const struct sr_cedar_policy *sr_cedar_policies_find(
	const struct sr_cedar_policies *p, struct sr_bytes id) {
	bool found = false;
	size_t at = place_of(p, id, &found);
	return found ? &p->by_id[at]->pub : NULL;
}

int sr_cedar_policy_text(
	const struct sr_cedar_policy *policy, struct sr_buf *out, struct sr_err *e) {
	sr_cedar_put_text(out, (const struct sr_cedar_rule *)policy);
	return sr_buf_ok(out, e);
}

int sr_cedar_policy_json(
	const struct sr_cedar_policy *policy, struct sr_buf *out, struct sr_err *e) {
	sr_cedar_put_json(out, (const struct sr_cedar_rule *)policy);
	return sr_buf_ok(out, e);
}
