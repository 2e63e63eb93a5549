/*
 * value - what Cedar computes with; see value.h.
 *
 * Comparison is recursive; a value is at most as deep as the JSON and the expression it came from
 * (SR_CEDAR_JSON_DEPTH_MAX + SR_CEDAR_HEIGHT_MAX), so that is the depth of the stack.
 */
#include "policy/value.h"

#include <stdlib.h>
#include <string.h>

const char *sr_cedar_kind_name(enum sr_cedar_kind kind) {
	switch (kind) {
	case SR_CEDAR_BOOL:
		return "bool";
	case SR_CEDAR_STRING:
		return "string";
	case SR_CEDAR_ENTITY:
		return "entity";
	case SR_CEDAR_SET:
		return "set";
	case SR_CEDAR_RECORD:
		return "record";
	case SR_CEDAR_DECIMAL:
		return "decimal";
	case SR_CEDAR_IPADDR:
		return "ipaddr";
	case SR_CEDAR_LONG:
		return "long";
	case SR_CEDAR_DATETIME:
		return "datetime";
	case SR_CEDAR_DURATION:
		return "duration";
	}
	return "unknown";
}

/* FNV-1a over type, a byte that no UTF-8 has, and id. */
struct sr_cedar_name sr_cedar_name_of(struct sr_bytes type, struct sr_bytes id) {
	const uint64_t prime = UINT64_C(0x100000001b3);
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	for (size_t i = 0; i < type.len; i++)
		h = (h ^ type.p[i]) * prime;
	h = (h ^ 0xff) * prime;
	for (size_t i = 0; i < id.len; i++)
		h = (h ^ id.p[i]) * prime;
	struct sr_cedar_name n = {h, type, id};
	return n;
}

int sr_cedar_name_cmp(const struct sr_cedar_name *a, const struct sr_cedar_name *b) {
	if (a == b)
		return 0;
	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	int order = sr_bytes_cmp(a->type, b->type);
	return order != 0 ? order : sr_bytes_cmp(a->id, b->id);
}

static int cmp_long(int64_t a, int64_t b) {
	return (a > b) - (a < b);
}

static int cmp_set(const struct sr_cedar_set *a, const struct sr_cedar_set *b) {
	if (a == b)
		return 0;
	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	for (size_t i = 0; i < a->count; i++) {
		int order = sr_cedar_value_cmp(&a->items[i], &b->items[i]);
		if (order != 0)
			return order;
	}
	return 0;
}

static int cmp_record(const struct sr_cedar_record *a, const struct sr_cedar_record *b) {
	if (a == b)
		return 0;
	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	for (size_t i = 0; i < a->count; i++) {
		int order = sr_bytes_cmp(a->fields[i].key, b->fields[i].key);
		if (order == 0)
			order = sr_cedar_value_cmp(&a->fields[i].value, &b->fields[i].value);
		if (order != 0)
			return order;
	}
	return 0;
}

static int cmp_ip(const struct sr_cedar_ip *a, const struct sr_cedar_ip *b) {
	if (a->v6 != b->v6)
		return a->v6 ? 1 : -1;
	int order = memcmp(a->addr, b->addr, sizeof a->addr);
	return order != 0 ? order : cmp_long(a->prefix, b->prefix);
}

int sr_cedar_value_cmp(const struct sr_cedar_value *a, const struct sr_cedar_value *b) {
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	switch (a->kind) {
	case SR_CEDAR_BOOL:
		return a->b - b->b;
	case SR_CEDAR_STRING:
		return sr_bytes_cmp(a->s, b->s);
	case SR_CEDAR_ENTITY:
		return sr_cedar_name_cmp(a->name, b->name);
	case SR_CEDAR_SET:
		return cmp_set(a->set, b->set);
	case SR_CEDAR_RECORD:
		return cmp_record(a->record, b->record);
	case SR_CEDAR_IPADDR:
		return cmp_ip(a->ip, b->ip);
	case SR_CEDAR_LONG:
	case SR_CEDAR_DECIMAL:
	case SR_CEDAR_DATETIME:
	case SR_CEDAR_DURATION:
		return cmp_long(a->n, b->n);
	}
	return 0;
}

/* Bytes that are compared in about the time of one step. */
static uint64_t text_weight(struct sr_bytes s) {
	return 1 + s.len / 64;
}

uint64_t sr_cedar_value_weight(const struct sr_cedar_value *v) {
	switch (v->kind) {
	case SR_CEDAR_STRING:
		return text_weight(v->s);
	case SR_CEDAR_ENTITY:
		return text_weight(v->name->type) + text_weight(v->name->id);
	case SR_CEDAR_SET:
		return v->set->weight;
	case SR_CEDAR_RECORD:
		return v->record->weight;
	case SR_CEDAR_BOOL:
	case SR_CEDAR_LONG:
	case SR_CEDAR_DECIMAL:
	case SR_CEDAR_IPADDR:
	case SR_CEDAR_DATETIME:
	case SR_CEDAR_DURATION:
		return 1;
	}
	return 1;
}

static int by_value(const void *a, const void *b) {
	return sr_cedar_value_cmp(a, b);
}

int sr_cedar_set_make(struct sr_arena *a, struct sr_cedar_value *items, size_t count,
	struct sr_cedar_value *out, struct sr_err *e) {
	struct sr_cedar_set *s = sr_arena_new(a, 1, sizeof *s, e);
	if (s == NULL)
		return sr_arena_failed(a);
	if (count > 1)
		qsort(items, count, sizeof *items, by_value);
	size_t kept = 0;
	s->weight = 1;
	for (size_t i = 0; i < count; i++) {
		if (kept > 0 && sr_cedar_value_cmp(&items[kept - 1], &items[i]) == 0)
			continue;
		items[kept++] = items[i];
		s->weight += sr_cedar_value_weight(&items[i]);
	}
	s->items = items;
	s->count = kept;
	out->kind = SR_CEDAR_SET;
	out->set = s;
	return 0;
}

bool sr_cedar_set_has(const struct sr_cedar_set *s, const struct sr_cedar_value *v) {
	return s->count > 0 && bsearch(v, s->items, s->count, sizeof *s->items, by_value) != NULL;
}

static int by_key(const void *a, const void *b) {
	const struct sr_cedar_field *fa = a;
	const struct sr_cedar_field *fb = b;
	return sr_bytes_cmp(fa->key, fb->key);
}

int sr_cedar_record_make(struct sr_arena *a, struct sr_cedar_field *fields, size_t count,
	const struct sr_cedar_record **out, struct sr_bytes *twice, struct sr_err *e) {
	struct sr_cedar_record *r = sr_arena_new(a, 1, sizeof *r, e);
	if (r == NULL)
		return sr_arena_failed(a);
	if (count > 1)
		qsort(fields, count, sizeof *fields, by_key);
	r->weight = 1;
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && sr_bytes_eq(fields[i - 1].key, fields[i].key)) {
			if (twice != NULL)
				*twice = fields[i].key;
			return sr_fail(e, SR_EXISTS, "a key is there twice");
		}
		r->weight += text_weight(fields[i].key) + sr_cedar_value_weight(&fields[i].value);
	}
	r->fields = fields;
	r->count = count;
	*out = r;
	return 0;
}

const struct sr_cedar_value *sr_cedar_record_get(
	const struct sr_cedar_record *r, struct sr_bytes key) {
	size_t low = 0;
	size_t high = r->count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = sr_bytes_cmp(r->fields[mid].key, key);
		if (order == 0)
			return &r->fields[mid].value;
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}
