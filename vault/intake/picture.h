/*
 * picture - a page as grey pixels, drawn in a sandbox. What comes is pixels of bounded size and
 * nothing else: a coded picture (PNG, JPEG) of the hostile side is never passed on, whoever shows
 * one codes it of these pixels.
 */
#ifndef SR_INTAKE_PICTURE_H
#define SR_INTAKE_PICTURE_H

#include "sandbox/box.h"

enum {
	SR_PICTURE_SIDE = 4000, /* pixels; the sandbox draws 1,650 for the longer side */
	SR_PICTURE_REASON = 512,
	SR_PICTURE_MS = 60000 /* a page: one in 1,300 of a corpus of broken PDFs took 16 s */
};

struct sr_picture {
	bool failed;               /* the parser broke, hung or lied */
	enum sr_box_status status; /* WHOLE: there are pixels */
	char reason[SR_PICTURE_REASON];
	uint32_t width, height;
	struct sr_buf grey; /* width x height bytes; secret */
};
void sr_picture_free(struct sr_picture *p); /* wipes */

/* Page ${page} (from 1) of a PDF. UNSUPPORTED: the sandbox cannot be set up, with what to do. */
SR_MUST int sr_picture_draw(struct sr_picture *out, struct sr_launcher *l,
	const struct sr_box_input *in, uint32_t page, struct sr_err *e);

#endif
