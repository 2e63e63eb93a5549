/*
 * progress - a face's progress callback, called no more often than a person can read; see
 * progress.h.
 *
 * An operation reports after every block; a report reaches the face when it is the last of its
 * total, when it is about another operation or step than the one before, or when INTERVAL_MS have
 * passed. What was reported last is remembered per thread: operations run in one.
 */
#include "base/progress.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/time.h"

enum {
	INTERVAL_MS = 100
};

int sr_progress_report(const struct sr_progress *p, const char *what, uint64_t done, uint64_t total,
	const char *unit) {
	static _Thread_local struct {
		void *ctx;
		const char *what;
		uint64_t done;
		uint64_t at_ms;
	} last;
	if (p == NULL || p->report == NULL)
		return 0;
	uint64_t now = sr_mono_ms();
	bool same = last.ctx == p->ctx && last.what == what && done >= last.done;
	bool end = total > 0 && done >= total;
	if (same && !end && now - last.at_ms < INTERVAL_MS)
		return 0;
	last.ctx = p->ctx;
	last.what = what;
	last.done = done;
	last.at_ms = now;
	return p->report(p->ctx, what, done, total, unit);
}
