/*
 * walls - what a sandboxed child runs behind: bubblewrap with every namespace unshared, a root of
 * the program's own libraries and nothing else, a system call filter, limits. Made once by the
 * launcher; used for each child.
 *
 * The root holds the program, the libraries that the loader lists for it, and ${data} files; no
 * shell, no /proc, /dev, /sys or /etc, and a private tmpfs as /tmp. With tools it also holds those
 * that are installed, their libraries and data, and /tmp cannot be written: nothing that one file's
 * tool leaves is there for the next. As root the child gets a user id of its own first, since root
 * keeps its capabilities and knows no limit of processes.
 *
 * There are two filters, both allow-lists: no socket that leads anywhere, no other namespace; what
 * a parser never does by accident (ptrace, mount, bpf, ...) ends it. The outer one, which all
 * inside are under, lets the foreman (parser/foreman.h) fork, and end what it forked. The inner one
 * lies in the root as a file; the foreman puts it on every process that sees hostile bytes: no new
 * process (threads only), no signals to others and no limits of theirs, no socket at all, no memory
 * that is not its own.
 *
 * Everything is refused when a part is missing: UNSUPPORTED, with what to install or switch on. A
 * tool, or what it reads, is no part of the walls: one that is not installed is left out; one that
 * is there and cannot be looked at, read or listed is unusable. In its place the root has a link
 * that leads nowhere and whose target is the sentence why (parser/tool.h reads it), so that what
 * needed it is not told of as if nobody had installed it.
 */
#ifndef SR_SANDBOX_WALLS_H
#define SR_SANDBOX_WALLS_H

#include "base/bytes.h"

/* Which programs the root has besides ours: a root has no more than its jobs need. */
enum sr_box_tools {
	SR_TOOLS_NONE,
	SR_TOOLS_PAGES, /* that read and draw pages */
	SR_TOOLS_ABOUT, /* that say what a file is about */
	SR_TOOLS_COUNT
};
struct sr_box_limits {
	uint64_t memory;  /* bytes of address space */
	uint64_t tmpfs;   /* bytes of /tmp */
	unsigned cpu_s;   /* seconds of processor time */
	unsigned wall_ms; /* kept by the parent */
	enum sr_box_tools tools;
};
/* 1 GiB, 16 MiB, 60 s, 90 s. */
struct sr_box_limits sr_box_limits_usual(void);

struct sr_walls; /* opaque */
/* Where the root has the inner filter. */
#define SR_WALLS_INNER "/run/inner"
/* Where it has the tools, by the last part of their paths. */
#define SR_WALLS_TOOLS "/run/tools"

struct sr_walls_root {
	const char *program; /* path of what runs inside */
	const char *const
		*data; /* NULL-terminated paths that it finds at the same place, or NULL */
	const char *const *tools; /* paths of programs: those that can be used are bound, with
				     their libraries */
	/* Files and folders that tools read if they are there, and where they find them; a NULL
	 * from ends it. None in /etc or /var: what the host keeps there is not to be had inside. */
	const struct sr_walls_extra { const char *from, *to; } * extras;
};
SR_MUST int sr_walls_new(struct sr_walls **out, const struct sr_walls_root *root, struct sr_err *e);
void sr_walls_free(struct sr_walls *w);               /* NULL allowed */
const char *sr_walls_bwrap(const struct sr_walls *w); /* path of bubblewrap */
size_t sr_walls_libraries(const struct sr_walls *w);
/* No tool of it, and nothing that one reads, is unusable. */
bool sr_walls_is_whole(const struct sr_walls *w);
enum {
	SR_WALLS_SLOTS = 1 << 27, /* user ids from 2,000,000,000 on: below 2^31 */
	SR_WALLS_MORE = 64        /* bytes of the line that says how many have no room */
};
/* Why tools and what they read cannot be used, a line each; "" is usual. The last line says how
 * many have no room. ${size}: SR_WALLS_MORE at least. */
void sr_walls_unusable(const struct sr_walls *w, char *out, size_t size);

/* In a process made for it, which becomes bubblewrap and then the program: 0 is ${input} (-1: an
 * empty file), 1 /dev/null, 2 ${errors}, 3 ${job}; all else is closed. ${slot}: a number below
 * SR_WALLS_SLOTS that no other living child has, of another launcher neither: for root's each has a
 * user id by it, under which its processes are counted. Returns only on failure, with a sentence.
 */
SR_MUST int sr_walls_enter(const struct sr_walls *w, const struct sr_box_limits *limits,
	unsigned slot, int input, int job, int errors, struct sr_err *e);

/* The program of ours that parses: beside this program, or in ../libexec/strongroom of it. */
SR_MUST int sr_walls_program(char *out, size_t size, const char *name, struct sr_err *e);

#endif
