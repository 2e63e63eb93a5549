/* ext - the table of extension functions; see ext.h. */
#include "policy/ext.h"

#include <string.h>

#define DECIMAL SR_CEDAR_DECIMAL
#define IPADDR SR_CEDAR_IPADDR
#define DATETIME SR_CEDAR_DATETIME
#define DURATION SR_CEDAR_DURATION
#define STRING SR_CEDAR_STRING

static const struct sr_cedar_ext functions[] = {
	{"decimal", false, 1, {STRING}, sr_cedar_decimal},
	{"lessThan", true, 2, {DECIMAL, DECIMAL}, sr_cedar_decimal_lt},
	{"lessThanOrEqual", true, 2, {DECIMAL, DECIMAL}, sr_cedar_decimal_le},
	{"greaterThan", true, 2, {DECIMAL, DECIMAL}, sr_cedar_decimal_gt},
	{"greaterThanOrEqual", true, 2, {DECIMAL, DECIMAL}, sr_cedar_decimal_ge},
	{"ip", false, 1, {STRING}, sr_cedar_ip},
	{"isIpv4", true, 1, {IPADDR}, sr_cedar_ip_is_v4},
	{"isIpv6", true, 1, {IPADDR}, sr_cedar_ip_is_v6},
	{"isLoopback", true, 1, {IPADDR}, sr_cedar_ip_loopback},
	{"isMulticast", true, 1, {IPADDR}, sr_cedar_ip_multicast},
	{"isInRange", true, 2, {IPADDR, IPADDR}, sr_cedar_ip_in_range},
	{"datetime", false, 1, {STRING}, sr_cedar_datetime},
	{"offset", true, 2, {DATETIME, DURATION}, sr_cedar_datetime_offset},
	{"durationSince", true, 2, {DATETIME, DATETIME}, sr_cedar_datetime_since},
	{"toDate", true, 1, {DATETIME}, sr_cedar_datetime_to_date},
	{"toTime", true, 1, {DATETIME}, sr_cedar_datetime_to_time},
	{"duration", false, 1, {STRING}, sr_cedar_duration},
	{"toMilliseconds", true, 1, {DURATION}, sr_cedar_duration_ms},
	{"toSeconds", true, 1, {DURATION}, sr_cedar_duration_s},
	{"toMinutes", true, 1, {DURATION}, sr_cedar_duration_min},
	{"toHours", true, 1, {DURATION}, sr_cedar_duration_h},
	{"toDays", true, 1, {DURATION}, sr_cedar_duration_d},
};

const struct sr_cedar_ext *sr_cedar_ext_find(struct sr_bytes name) {
	for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
		if (sr_bytes_eq(name, sr_bytes_str(functions[i].name)))
			return &functions[i];
	return NULL;
}

int sr_cedar_ext_call(struct sr_arena *a, const struct sr_cedar_ext *f,
	const struct sr_cedar_value *args, size_t count, struct sr_cedar_value *out,
	struct sr_err *e) {
	if (count != f->count)
		return sr_fail(e, SR_CORRUPT, "%s takes %zu argument%s%s, has %zu", f->name,
			f->count, f->count == 1 ? "" : "s",
			f->method ? " with the value before the dot" : "", count);
	for (size_t i = 0; i < count; i++)
		if (args[i].kind != f->takes[i])
			return sr_fail(e, SR_CORRUPT, "%s wants %s as argument %zu, has %s",
				f->name, sr_cedar_kind_name(f->takes[i]), i + 1,
				sr_cedar_kind_name(args[i].kind));
	return f->call(a, args, out, e);
}
