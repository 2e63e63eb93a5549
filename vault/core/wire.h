/*
 * wire - the eight bytes before a message on the socket (core/call.h has the layout), for both
 * ends.
 */
#ifndef SR_CORE_WIRE_H
#define SR_CORE_WIRE_H

#include "base/limits.h"
#include "core/call.h"

enum {
	SR_WIRE_HEADER = 8
};

struct sr_wire {
	uint32_t head; /* bytes of the header text: 1..SR_TEXT_MAX */
	uint32_t body; /* 0..SR_CALL_BODY_MAX */
};
/* LIMIT when a part of the message is too long to send. */
SR_MUST int sr_wire_put(uint8_t out[SR_WIRE_HEADER], const struct sr_call *c, struct sr_err *e);
/* CORRUPT: no message begins like this. */
SR_MUST int sr_wire_get(struct sr_wire *out, const uint8_t in[SR_WIRE_HEADER], struct sr_err *e);

#endif
