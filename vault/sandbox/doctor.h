/*
 * doctor - does every wall stand? Each is tried, from inside where it can be: our own parser makes
 * every attempt of parser/escape.h and must fail in each. One that gets through, or a part that is
 * missing, is a fault, and what renders or parses must refuse (it does anyway: box.h).
 */
#ifndef SR_SANDBOX_DOCTOR_H
#define SR_SANDBOX_DOCTOR_H

#include "sandbox/box.h"

struct sr_doctor {
	/* One line each: ${ok}, what was tried or looked at, and what was found. */
	void (*told)(void *ctx, bool ok, const char *what, const char *found);
	void *ctx;
};

/* 0: every wall stands. DENIED: how many do not; all were told. */
SR_MUST int sr_doctor(struct sr_launcher *l, const struct sr_doctor *d, struct sr_err *e);

#endif
