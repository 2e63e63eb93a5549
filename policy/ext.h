/*
 * ext - the extension functions: decimal, ipaddr, datetime and duration (specification: Cedar 4.5).
 *
 * One table: what a function is called, whether it is written `f(x)` or `x.f(y)`, what it takes. A
 * function gets arguments of the right number and kinds, and fails with CORRUPT if they have no
 * result (malformed text, overflow): Cedar's evaluation error.
 */
#ifndef SR_POLICY_EXT_H
#define SR_POLICY_EXT_H

#include "policy/value.h"

enum {
	SR_CEDAR_EXT_ARGS = 2 /* at most, the receiver of a method counted */
};

struct sr_cedar_ext {
	const char *name;
	bool method;
	size_t count;
	enum sr_cedar_kind takes[SR_CEDAR_EXT_ARGS];
	int (*call)(struct sr_arena *a, const struct sr_cedar_value *args,
		struct sr_cedar_value *out, struct sr_err *e);
};

/* NULL: no such function. */
const struct sr_cedar_ext *sr_cedar_ext_find(struct sr_bytes name);
/* Check number and kinds of ${args} and call. CORRUPT, NOMEM, LIMIT. */
SR_MUST int sr_cedar_ext_call(struct sr_arena *a, const struct sr_cedar_ext *f,
	const struct sr_cedar_value *args, size_t count, struct sr_cedar_value *out,
	struct sr_err *e);

/* The functions themselves: ext_decimal.c, ext_ip.c, ext_time.c. */
typedef int sr_cedar_ext_fn(struct sr_arena *a, const struct sr_cedar_value *args,
	struct sr_cedar_value *out, struct sr_err *e);
sr_cedar_ext_fn sr_cedar_decimal, sr_cedar_decimal_lt, sr_cedar_decimal_le, sr_cedar_decimal_gt,
	sr_cedar_decimal_ge;
sr_cedar_ext_fn sr_cedar_ip, sr_cedar_ip_is_v4, sr_cedar_ip_is_v6, sr_cedar_ip_loopback,
	sr_cedar_ip_multicast, sr_cedar_ip_in_range;
sr_cedar_ext_fn sr_cedar_datetime, sr_cedar_datetime_offset, sr_cedar_datetime_since,
	sr_cedar_datetime_to_date, sr_cedar_datetime_to_time;
sr_cedar_ext_fn sr_cedar_duration, sr_cedar_duration_ms, sr_cedar_duration_s, sr_cedar_duration_min,
	sr_cedar_duration_h, sr_cedar_duration_d;

#endif
