/*
 * tool - a program in the sandbox's root, started over one input by the worker that has it: behind
 * the inner filter, with the worker's limits, file 0 as told, its output through a pipe with a cap,
 * its errors unheard. How it exits says nothing (poppler ends with 0 over what it could not read):
 * who calls judges what came.
 */
#ifndef SR_PARSER_TOOL_H
#define SR_PARSER_TOOL_H

#include "base/bytes.h"

enum par_tool_end {
	PAR_TOOL_ENDED,    /* by itself, well or not */
	PAR_TOOL_KILLED,   /* by a limit of the system, or it crashed */
	PAR_TOOL_CAPPED,   /* it printed more than ${max}: what came before is there */
	PAR_TOOL_MISSING,  /* not in the root */
	PAR_TOOL_UNUSABLE, /* there, and of no use: its place in the root says why */
	PAR_TOOL_FAILED    /* no process, no memory */
};

/* Is this place of the root there? ENDED: it is; else MISSING or UNUSABLE. */
enum par_tool_end par_tool_look(const char *path, int mode);
/* It did not run: nothing is known of its input. */
bool par_tool_idle(enum par_tool_end end);
/* Runs ${argv} (its first word is a path; others that lie in /run are what it cannot do without) to
 * its end; what it prints is appended to ${out}. ${in}: an open file that it reads from its start.
 */
enum par_tool_end par_tool_run(struct sr_buf *out, const char *const *argv, int in, size_t max);
/* A sentence for what it was, with ${name}; UNUSABLE: of what was looked at last. */
void par_tool_say(char *out, size_t size, enum par_tool_end end, const char *name);
/* A memory file with these bytes; -1. */
int par_tool_file(struct sr_bytes bytes);

#endif
