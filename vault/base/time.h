/*
 * time - seconds since 1970 as RFC 3339 UTC text, and the clock as a thing that is passed in.
 * Years 1970 to 9999; no leap seconds; text is exactly 20 bytes, "2026-11-21T10:00:00Z".
 */
#ifndef SR_BASE_TIME_H
#define SR_BASE_TIME_H

#include <stdint.h>

#include "base/bytes.h"

enum {
	SR_TIME_TEXT = 21
}; /* with the NUL */

/* A clock: tests pass their own. now() is seconds since 1970. */
struct sr_clock {
	int64_t (*now)(void *ctx);
	void *ctx;
};
struct sr_clock sr_clock_system(void);
static inline int64_t sr_now(const struct sr_clock *c) {
	return c->now(c->ctx);
}

void sr_time_format(char out[SR_TIME_TEXT], int64_t t);
SR_MUST int sr_time_parse(int64_t *out, struct sr_bytes text, struct sr_err *e);
/* What a person types for an end date: "2027-03-31" (end of that day, 23:59:59Z), a full time, or
 * "90d", "8h" from ${now}. USAGE. */
SR_MUST int sr_time_parse_human(int64_t *out, const char *text, int64_t now, struct sr_err *e);

/* Monotonic milliseconds, for progress and timeouts only. */
uint64_t sr_mono_ms(void);

#endif
