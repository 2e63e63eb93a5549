/*
 * walls - what a sandboxed child runs behind: bubblewrap with every namespace unshared, a root of
 * the program's own libraries and nothing else, a system call filter, limits. Made once by the
 * launcher; used for each child.
 *
 * The root holds the program, the libraries that the loader lists for it, and ${data} files; no
 * shell, no /proc, /dev, /sys or /etc, and a private tmpfs as /tmp. The filter is an allow-list:
 * no socket, no new process (threads only), no other namespace; what a parser never does by
 * accident (ptrace, mount, bpf, ...) ends it. As root the child gets a user id of its own first,
 * since root keeps its capabilities and knows no limit of processes.
 *
 * Everything is refused when a part is missing: UNSUPPORTED, with what to install or switch on.
 */
#ifndef SR_SANDBOX_WALLS_H
#define SR_SANDBOX_WALLS_H

#include "base/bytes.h"

struct sr_box_limits {
	uint64_t memory;  /* bytes of address space */
	uint64_t tmpfs;   /* bytes of /tmp */
	unsigned cpu_s;   /* seconds of processor time */
	unsigned wall_ms; /* kept by the parent */
};
/* 1 GiB, 16 MiB, 60 s, 90 s. */
struct sr_box_limits sr_box_limits_usual(void);

struct sr_walls; /* opaque */
/* ${program}: path of what runs inside; ${data}: NULL-terminated paths that it finds at the same
 * place, or NULL. */
SR_MUST int sr_walls_new(
	struct sr_walls **out, const char *program, const char *const *data, struct sr_err *e);
void sr_walls_free(struct sr_walls *w);               /* NULL allowed */
const char *sr_walls_bwrap(const struct sr_walls *w); /* path of bubblewrap */
size_t sr_walls_libraries(const struct sr_walls *w);

/* In a process made for it, which becomes bubblewrap and then the program: 0 is ${input} (-1: an
 * empty file), 1 /dev/null, 2 ${errors}, 3 ${job}; all else is closed. ${slot}: a number that no
 * other living child has. Returns only on failure, with a sentence. */
SR_MUST int sr_walls_enter(const struct sr_walls *w, const struct sr_box_limits *limits,
	unsigned slot, int input, int job, int errors, struct sr_err *e);

/* The program of ours that parses: beside this program, or in ../libexec/strongroom of it. */
SR_MUST int sr_walls_program(char *out, size_t size, const char *name, struct sr_err *e);

/* Is every swap in memory (zram) or encrypted (dm-crypt)? DENIED names one that is not. */
SR_MUST int sr_walls_swap(struct sr_err *e);

#endif
