/*
 * inside - the child's side of a job: input by offset, members out. Runs in the sandbox; when
 * anything about the other side is wrong the process ends, since there is nobody to tell.
 */
#ifndef SR_SANDBOX_INSIDE_H
#define SR_SANDBOX_INSIDE_H

#include "sandbox/wire.h"

struct sr_inside {
	struct sr_box_job job;
	bool asks;        /* input comes by (offset, length); else file 0 has it */
	uint32_t members; /* sent */
	uint64_t bytes;   /* sent, of all members */
	bool in_member;
	struct sr_buf out;
	uint8_t frame[SR_BOX_FRAME_MAX + 1];
};

/* Says hello and waits for the job. */
void sr_inside_begin(struct sr_inside *s);
/* As much of ${len} bytes at ${offset} as the input has, at most SR_BOX_READ_MAX of it; 0: at the
 * end. */
size_t sr_inside_read(struct sr_inside *s, uint64_t offset, void *p, size_t len);
/* Caps of the job: room for one more member? How many bytes may still be sent? */
bool sr_inside_room(const struct sr_inside *s);
uint64_t sr_inside_left(const struct sr_inside *s);
void sr_inside_member(struct sr_inside *s, const struct sr_member *m);
void sr_inside_data(struct sr_inside *s, const void *p, size_t len); /* any length */
void sr_inside_fact(struct sr_inside *s, const char *key, struct sr_bytes value);
/* ${reason} is cut, and made UTF-8 by escaping. */
void sr_inside_end(struct sr_inside *s, enum sr_box_status status, const char *reason);
void sr_inside_done(struct sr_inside *s, enum sr_box_status status, const char *reason);

#endif
