/*
 * inspect - what a file is and what it holds, found out in the sandbox: its kind, and the members
 * of containers, containers in them, to a depth and no more than was allowed.
 *
 * Nothing is dropped silently: every member that was seen is told, with how it ended, and so is why
 * there were no more. A parser that crashes, hangs or lies is an outcome of that file (FAILED), no
 * failure of ours.
 */
#ifndef SR_INTAKE_INSPECT_H
#define SR_INTAKE_INSPECT_H

#include "sandbox/shelf.h"

enum {
	SR_INSPECT_DEPTH = 8,       /* containers in containers */
	SR_INSPECT_MEMBERS = 20000, /* of one file */
	SR_INSPECT_RATIO = 200, /* bytes out for a byte in: text shrinks to a hundredth at most */
	SR_INSPECT_REASON = 512
};

struct sr_inspect_caps {
	unsigned depth; /* 0: only what it is, no members */
	uint32_t members;
	uint64_t bytes; /* of all members; also ${ratio} times the file, or 64 MiB if more */
	uint32_t ratio;
	unsigned wall_ms;
	struct sr_shelf *shelf; /* where sandboxes come from and wait; NULL: each is new */
};
/* The constants above, 4 GiB, 10 minutes. */
struct sr_inspect_caps sr_inspect_usual(void);

/* Any may be NULL; a negative result of one ends the work with that code. Views live for the call.
 */
struct sr_inspector {
	struct sr_bytes name; /* of the file, for a mismatch with its content; may be empty */
	/* Of the file while no member was begun, else of the member at hand or before. These are
	 * ours: "name", what a member's name would do somewhere else (sr_inspect_name); "link",
	 * what a link's target would (sr_inspect_link); "pronom" and "mismatch" (intake/formats.h).
	 */
	int (*fact)(void *ctx, struct sr_bytes key, struct sr_bytes value, struct sr_err *e);
	int (*member)(void *ctx, const struct sr_member *m, struct sr_err *e);
	int (*data)(void *ctx, struct sr_bytes data, struct sr_err *e);
	int (*end)(void *ctx, enum sr_box_status status, uint64_t bytes, struct sr_bytes reason,
		struct sr_err *e);
	void *ctx;
};

/* The job of a box for a file of ${size} bytes, for who takes its frames themselves. */
struct sr_box_options sr_inspect_job(const struct sr_inspect_caps *caps, uint64_t size);

struct sr_inspected {
	bool failed; /* the parser broke, hung or lied; the reason says how */
	enum sr_box_status status;
	char reason[SR_INSPECT_REASON];
	uint32_t members, troubled; /* troubled: that did not end whole */
	uint64_t bytes;
};

/* NULL, or what is wrong with a member's name where it is taken for a place or is shown: "leads out
 * of its folder", "is absolute", "has backslashes", "has control characters", "is no UTF-8". */
const char *sr_inspect_name(struct sr_bytes path);
/* The same of where a link leads: a symbolic one from its own folder, but not out of the archive, a
 * hard one from the archive's root. NULL also of what is no link. */
const char *sr_inspect_link(const struct sr_member *m);

/* UNSUPPORTED: the sandbox cannot be set up, with what to do; other failures are the input's, the
 * inspector's, or our own. */
/* In two steps, so that the parsers of several files start up side by side: begun, and finished,
 * which frees it. ${in} and what it reads outlive both. */
struct sr_inspection; /* opaque */
SR_MUST int sr_inspect_begin(struct sr_inspection **out, struct sr_launcher *l,
	const struct sr_box_input *in, const struct sr_inspect_caps *caps, struct sr_err *e);
SR_MUST int sr_inspect_finish(struct sr_inspected *out, struct sr_inspection *i,
	const struct sr_inspector *to, struct sr_err *e);
/* The same without waiting, until it is over or ${until_ms}: *${waits}: the parser is at work.
 * ${out}: so far. */
SR_MUST int sr_inspect_turn(struct sr_inspected *out, bool *waits, struct sr_inspection *i,
	const struct sr_inspector *to, uint64_t until_ms, struct sr_err *e);
bool sr_inspect_over(const struct sr_inspection *i); /* then drop it */
void sr_inspect_drop(struct sr_inspection *i); /* one that is not to be finished; NULL allowed */
SR_MUST int sr_inspect(struct sr_inspected *out, struct sr_launcher *l,
	const struct sr_box_input *in, const struct sr_inspect_caps *caps,
	const struct sr_inspector *to, struct sr_err *e);

#endif
