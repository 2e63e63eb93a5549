/*
 * text - what a file says, as UTF-8, page by page: each page a member "N" (from 1, ascending) with
 * facts, its text, and how it ended. A page that cannot be read is a page with its reason.
 *
 *   by tools     PDF: pdftotext in reading order; a page without text is drawn and read by OCR.
 *                Pictures (PNG, JPEG, TIFF, ...): OCR.
 *   in process   HTML and XML (markup.h), office documents and e-books that are zip files
 *                (office.h), those of before 2007 (old_office.h), RTF (rtf.h), messages
 *                (letter.h), text in a legacy encoding (charset.h)
 *   itself       text in ASCII, UTF-8, UTF-16 with a mark, subtitles: is shown as it is, so no
 *                page is sent and the fact `itself` says so
 *
 * Facts of a page: `how` text | ocr | blank. Facts of the input: `encoding`, `itself`, `paged`
 * (pages are those of the document; else they are only parts of a size), `pages` (how many will
 * come, where that is known before the first), `ocr` (why it was not done).
 */
#ifndef SR_PARSER_TEXT_H
#define SR_PARSER_TEXT_H

#include "parser/stream.h"
#include "sandbox/inside.h"

enum {
	/* Bytes of a page: one of print has 3,000; a spreadsheet's row-rich sheet is cut here. */
	PAR_PAGE_MAX = 1 << 20,
	PAR_PART_MAX = 256 << 10,    /* of a part, where there are no pages */
	PAR_DOCUMENT_MAX = 64 << 20, /* of a document that is held in memory to be read */
	PAR_PAGE_LETTERS = 4         /* printed bytes of a page that make OCR needless */
};

/* By its first bytes alone, which are compared and not parsed. */
bool par_text_needs_tools(struct sr_inside *s);
void par_text_by_tools(struct sr_inside *s);
void par_text(struct sr_inside *s);

/* --- for the readers -------------------------------------------------------------------------- */

struct par_pages {
	struct sr_inside *s;
	uint32_t page; /* of the last one */
	bool capped;   /* no more may be sent */
};
/* One page; bytes that are no UTF-8 become U+FFFD. false: a cap is reached. */
bool par_page(struct par_pages *p, struct sr_bytes text, const char *how);
/* One that cannot be read. */
bool par_page_lost(struct par_pages *p, const char *why);
/* A text without pages, in parts cut at line ends. */
bool par_parts(struct par_pages *p, struct sr_bytes text);
void par_pages_done(struct par_pages *p, enum sr_box_status status, const char *reason);

/* All of the input, at most ${max}; false: no memory. *${cut}: there is more. */
bool par_text_load(struct sr_buf *out, struct sr_inside *s, size_t max, bool *cut);

#endif
