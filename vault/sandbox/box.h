/*
 * box - one sandboxed child at work on one input, seen from its parent.
 *
 *   begin -> next (member | data | fact | end)* -> done | failure -> free
 *
 * The parent believes nothing: every frame is decoded (wire.h), comes in order, and counts against
 * the job's amounts; reads stay within the input; a child that sends anything else, too much, or
 * nothing until the wall clock ends, is killed and named. How it exits says nothing. A failure is
 * final: CORRUPT the child broke the protocol or ended without an answer (it crashed, or a limit of
 * the system killed it), LIMIT it took too long or sent too much, UNSUPPORTED it could not be
 * started, with what to do; other codes are the input's.
 *
 * The wall clock of the limits runs while we wait for the child: in begin and next, not while its
 * caller does something else with what came.
 *
 * Small input lies in a sealed memory file; larger input is read by (offset, length) when the child
 * asks, so that memory stays bounded.
 *
 * A box that is done may be given another input (again): starting one costs ten times what another
 * process in it does. Inside, each input has a process of its own, and what that has made is ended
 * before the next (parser/foreman.h). Only inputs of one person's deposit share a box.
 */
#ifndef SR_SANDBOX_BOX_H
#define SR_SANDBOX_BOX_H

#include "sandbox/launcher.h"
#include "sandbox/wire.h"

enum {
	SR_BOX_MEMFD_MAX = 4 << 20,  /* bytes of input that are copied: larger is asked for */
	SR_BOX_WHOLE_MAX = 256 << 20 /* bytes of what tools read: a scanned book has 200 MiB */
};

struct sr_box_input {
	uint64_t size;
	/* All ${len} bytes at ${offset}; within the input. */
	int (*read)(void *ctx, uint64_t offset, void *p, size_t len, struct sr_err *e);
	void *ctx;
};
/* An input of bytes in memory, which outlive it. */
struct sr_box_input sr_box_input_bytes(const struct sr_bytes *b);

struct sr_box_options {
	struct sr_box_job job; /* its size is the input's, set here */
	struct sr_box_limits limits;
	bool ask;   /* always by (offset, length), for tests */
	bool whole; /* all of it in a memory file, whatever its size: tools read no other */
	bool stays; /* DONE does not end it: again, or free */
	bool paced; /* the clock begins anew with each member: pages come one by one */
};

struct sr_box; /* opaque */
/* Starts the child and does not wait for it: several that are begun start up side by side. */
SR_MUST int sr_box_begin(struct sr_box **out, struct sr_launcher *l, const struct sr_box_input *in,
	const struct sr_box_options *o, struct sr_err *e);
/* The next MEMBER, DATA, FACT, END or DONE; its views live until the next call. After DONE: MISUSE.
 */
SR_MUST int sr_box_next(struct sr_box *b, struct sr_frame *f, struct sr_err *e);
/* The same without waiting: *${got} false, and nothing in ${f}: it says nothing yet. The time
 * between two calls that both got nothing counts as waiting. An answer that the child does not take
 * is waited for at most SR_BOX_PATIENCE_MS: LIMIT. */
enum {
	SR_BOX_PATIENCE_MS = 1000
};
SR_MUST int sr_box_try(struct sr_box *b, struct sr_frame *f, bool *got, struct sr_err *e);
/* Another input for one that ${stays} and is done; its limits remain, but for the clock's. */
SR_MUST int sr_box_again(struct sr_box *b, const struct sr_box_input *in,
	const struct sr_box_options *o, struct sr_err *e);
/* For who has several: when this is readable there is a frame, and next does not wait for it. Is
 * its clock at the end? It runs on from the last job or frame while somebody polls. */
int sr_box_fd(const struct sr_box *b);
/* The first thing that it says is no frame of a job: take it, and give it the job. *${taken}: it
 * was still to be taken. next does this itself, and waits. */
SR_MUST int sr_box_greet(struct sr_box *b, bool *taken, struct sr_err *e);
bool sr_box_late(const struct sr_box *b);
/* Kills what still lives. NULL allowed. */
void sr_box_free(struct sr_box *b);

#endif
