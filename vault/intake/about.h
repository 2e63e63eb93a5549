/*
 * about - what other programs say of files, as proposals for their description: extracted in the
 * sandbox, checked here, and never a curator's word (DESIGN 9).
 *
 * A fact is a field of ledger/fields.h in its form, or one of created, producer, location,
 * protected, tool (parser/about.h). What a parser sends beside these, or in another form, is not
 * taken.
 *
 * Its step of intake (intake/step.h) is named `about`; facts lie with the item's others (intake
 * show), and whoever describes it may take them over (describe --from-extracted).
 */
#ifndef SR_INTAKE_ABOUT_H
#define SR_INTAKE_ABOUT_H

#include "sandbox/box.h"

enum {
	SR_ABOUT_ENDS =
		16 << 20,   /* bytes read at each end of a larger file: tables of films lie there */
	SR_ABOUT_MS = 30000 /* a file: ffprobe takes 90 ms */
};

/* Is it worth a sandbox, by its first bytes (sandbox/known.h)? */
bool sr_about_wanted(struct sr_bytes head);
/* The job of a box for it. */
struct sr_box_options sr_about_job(void);
/* Is ${key} a fact, and ${value} one of its form? */
bool sr_about_takes(struct sr_bytes key, struct sr_bytes value);

/* All of one file, for who may wait. *${why}: "" or why nothing came of it. ${fact}: each that was
 * taken. UNSUPPORTED: the sandbox cannot be set up; other failures are the input's, or ${fact}'s.
 */
struct sr_about_to {
	int (*fact)(void *ctx, struct sr_bytes key, struct sr_bytes value, struct sr_err *e);
	void *ctx;
	char why[SR_BOX_REASON_MAX + 64];
};
SR_MUST int sr_about_read(struct sr_about_to *to, struct sr_launcher *l,
	const struct sr_box_input *in, struct sr_err *e);

#endif
