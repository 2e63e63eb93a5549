/*
 * draw - a page of a PDF as grey pixels: what pdftoppm prints, a PGM of bounded size, whose header
 * is checked here and again by the parent (intake/picture.h), which codes pictures from pixels
 * itself: nothing coded leaves the sandbox.
 */
#ifndef SR_PARSER_DRAW_H
#define SR_PARSER_DRAW_H

#include "parser/tool.h"
#include "sandbox/inside.h"

enum {
	PAR_DRAW_SIDE = 1650,     /* pixels of the longer side to look at: 150 dpi of a letter */
	PAR_DRAW_READ = 3300,     /* to be read by OCR: 300 dpi */
	PAR_DRAW_SIDE_MAX = 4000, /* no page has more */
	PAR_DRAW_HEAD_MAX = 64
};

/* Does it begin as a PDF? Poppler looks at 1,024 bytes. */
bool par_is_pdf(struct sr_bytes head);
/* The job DRAW: one member "N" with facts width and height, and width x height bytes. */
void par_draw(struct sr_inside *s);

struct par_pixels {
	uint32_t width, height;
	struct sr_bytes grey; /* width x height */
};
/* "P5 W H 255" and exactly those bytes. false: anything else. */
bool par_pgm(struct par_pixels *out, struct sr_bytes in);
/* Page ${page} of the PDF in file ${in}, the longer side ${side}, as PGM appended to ${out}: how
 * pdftoppm ended. *${why}: NULL when the page is there, else why not; the sentence lives until the
 * next call. */
enum par_tool_end par_pdf_page(struct sr_buf *out, struct par_pixels *p, int in, uint32_t page,
	unsigned side, const char **why);

#endif
