/*
 * doctor - does every wall stand? Each is tried, from inside where it can be: our own parser makes
 * every attempt of parser/escape.h and must fail in each. One that gets through, or a part that is
 * missing, is a fault, and what renders or parses must refuse (it does anyway: box.h). A tool that
 * is there and cannot be used is no wall: it is told, and nothing else refuses.
 */
#ifndef SR_SANDBOX_DOCTOR_H
#define SR_SANDBOX_DOCTOR_H

#include "sandbox/box.h"

enum sr_doctor_says {
	SR_DOCTOR_OK,
	SR_DOCTOR_UNUSABLE, /* a tool: what needs it is told of as not done */
	SR_DOCTOR_FAULT     /* a wall does not stand */
};
struct sr_doctor {
	/* One line each: what was tried or looked at, and what was found. */
	void (*told)(void *ctx, enum sr_doctor_says says, const char *what, const char *found);
	void *ctx;
};

/* 0: every wall stands. DENIED: how many do not; all were told. */
SR_MUST int sr_doctor(struct sr_launcher *l, const struct sr_doctor *d, struct sr_err *e);

#endif
