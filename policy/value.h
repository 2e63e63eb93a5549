/*
 * value - what Cedar computes with: booleans, 64-bit integers, strings, entity names, sets,
 * records, and the four extension types.
 *
 * Values are small and immutable; what is large lies in an arena and is shared. There is one total
 * order over all values, so a set is a sorted array without duplicates, a record an array sorted by
 * key, and equality is equality of arrays. Strings are valid UTF-8 and are compared by bytes.
 */
#ifndef SR_POLICY_VALUE_H
#define SR_POLICY_VALUE_H

#include "policy/arena.h"

/* Kinds that `<` compares come as one range at the end: see sr_cedar_ordered. */
enum sr_cedar_kind {
	SR_CEDAR_BOOL,
	SR_CEDAR_STRING,
	SR_CEDAR_ENTITY,
	SR_CEDAR_SET,
	SR_CEDAR_RECORD,
	SR_CEDAR_DECIMAL, /* n: ten-thousandths */
	SR_CEDAR_IPADDR,
	SR_CEDAR_LONG,
	SR_CEDAR_DATETIME, /* n: milliseconds since 1970-01-01T00:00:00Z */
	SR_CEDAR_DURATION  /* n: milliseconds */
};

/* An entity's name with a hash of it: names are looked up and compared far more than made. The
 * hash is a fixed function; nothing depends on it being hard to collide. */
struct sr_cedar_name {
	uint64_t hash;
	struct sr_bytes type;
	struct sr_bytes id;
};

struct sr_cedar_ip {
	uint8_t addr[16]; /* IPv4: the first four */
	uint8_t prefix;
	bool v6;
};

struct sr_cedar_value {
	enum sr_cedar_kind kind;
	union {
		bool b;
		int64_t n;
		struct sr_bytes s;
		const struct sr_cedar_name *name;
		const struct sr_cedar_set *set;
		const struct sr_cedar_record *record;
		const struct sr_cedar_ip *ip;
	};
};

struct sr_cedar_set {
	const struct sr_cedar_value *items; /* ascending, no two equal */
	size_t count;
	uint64_t weight; /* what it costs at most to compare it with another value, in steps */
};

struct sr_cedar_field {
	struct sr_bytes key;
	struct sr_cedar_value value;
};

struct sr_cedar_record {
	const struct sr_cedar_field *fields; /* keys ascending, no two equal */
	size_t count;
	uint64_t weight;
};

/* "bool", "long", "string", "entity", "set", "record", "decimal", "ipaddr", ... */
const char *sr_cedar_kind_name(enum sr_cedar_kind kind);
/* Does `<` compare two values of this kind? */
static inline bool sr_cedar_ordered(enum sr_cedar_kind kind) {
	return kind >= SR_CEDAR_LONG;
}

/* <0, 0, >0: the total order; 0 is Cedar's `==`. */
int sr_cedar_value_cmp(const struct sr_cedar_value *a, const struct sr_cedar_value *b);
/* Steps that a comparison with this value takes at most. */
uint64_t sr_cedar_value_weight(const struct sr_cedar_value *v);

/* A name whose parts lie where they are. */
struct sr_cedar_name sr_cedar_name_of(struct sr_bytes type, struct sr_bytes id);
int sr_cedar_name_cmp(const struct sr_cedar_name *a, const struct sr_cedar_name *b);
static inline bool sr_cedar_name_eq(const struct sr_cedar_name *a, const struct sr_cedar_name *b) {
	return a == b || (a->hash == b->hash && sr_cedar_name_cmp(a, b) == 0);
}

/* Make a set of ${items}, which are sorted and stripped of duplicates in place and must live as
 * long as the set. */
SR_MUST int sr_cedar_set_make(struct sr_arena *a, struct sr_cedar_value *items, size_t count,
	struct sr_cedar_value *out, struct sr_err *e);
bool sr_cedar_set_has(const struct sr_cedar_set *s, const struct sr_cedar_value *v);

/* Make a record of ${fields}, sorted in place, which must live as long as the record. EXISTS: a key
 * is there twice; *${twice} (if not NULL) is that key. */
SR_MUST int sr_cedar_record_make(struct sr_arena *a, struct sr_cedar_field *fields, size_t count,
	const struct sr_cedar_record **out, struct sr_bytes *twice, struct sr_err *e);
/* NULL: no such key. */
const struct sr_cedar_value *sr_cedar_record_get(
	const struct sr_cedar_record *r, struct sr_bytes key);

#endif
