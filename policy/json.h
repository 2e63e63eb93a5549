/*
 * json - a strict reader of JSON (RFC 8259) into a tree, and the writing of strings.
 *
 * Ours, and not a library, for three things that jansson does not do and Cedar needs: member names
 * with U+0000 in them (published requests have them), "-0" told from "0", and line and column of
 * every value for the sentences about it. Whole numbers are exact 64-bit integers and nothing ever
 * passes through a double.
 *
 * Refused with CORRUPT and the place: a member name twice in one object, invalid UTF-8, lone
 * surrogates, bytes after the value. With LIMIT: too deep. More than SR_CEDAR_JSON_MAX bytes are
 * the caller's to refuse.
 */
#ifndef SR_POLICY_JSON_H
#define SR_POLICY_JSON_H

#include "policy/arena.h"

enum sr_json_kind {
	SR_JSON_NULL,
	SR_JSON_BOOL,
	SR_JSON_INT,
	SR_JSON_NUMBER, /* any other: a fraction, an exponent, -0, or beyond 64 bits */
	SR_JSON_STRING,
	SR_JSON_ARRAY,
	SR_JSON_OBJECT
};

struct sr_json {
	enum sr_json_kind kind;
	unsigned line, column; /* where it begins; columns count bytes from 1 */
	struct sr_bytes key;   /* as a member of an object */
	struct sr_json *next;  /* in the array or object that holds it */
	struct sr_bytes raw;   /* as written */
	union {
		bool b;
		int64_t n;
		struct sr_bytes s;
		struct { /* elements or members in the order written */
			struct sr_json *first;
			size_t count;
		} list;
	};
};

/* Parse all of ${text}, which must live as long as the tree, with at most ${depth_max} arrays and
 * objects inside one another. CORRUPT, LIMIT, NOMEM. */
SR_MUST int sr_json_parse(struct sr_arena *a, struct sr_bytes text, unsigned depth_max,
	const struct sr_json **out, struct sr_err *e);

/* The member ${key} of an object; NULL: none. */
const struct sr_json *sr_json_get(const struct sr_json *object, const char *key);
/* "null", "a number", "an object", ... */
const char *sr_json_kind_name(enum sr_json_kind kind);
/* "line L, column C: want ${want}, have an array"; CORRUPT. */
int sr_json_want(const struct sr_json *at, const char *want, struct sr_err *e);
/* Never 0; the compiler is told, as of sr_fail. */
#define sr_json_want(...) sr_failed((sr_json_want)(__VA_ARGS__))

/* Append ${s} as a JSON string. */
void sr_json_put_string(struct sr_buf *out, struct sr_bytes s);

#endif
