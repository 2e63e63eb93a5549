/*
 * pages - what files say, found out in sandboxes that stay: a rendition of each, as text with
 * pages.
 *
 * A reader keeps SR_PAGES_BOXES sandboxes with the tools in them, each of which reads one file at a
 * time in a process of its own (parser/foreman.h); files go in in any number up to
 * SR_PAGES_AHEAD and come out in that order. All files of one reader are of one deposit.
 *
 * What comes is distrusted: pages are numbered from 1 without a gap, each is UTF-8 or is lost, has
 * at most SR_PAGES_PAGE bytes, and controls other than tab and line end become spaces; so do
 * characters that change the direction of what follows them. A parser that crashes, hangs or lies
 * is an outcome of its file (failed), never a failure of ours.
 *
 *   rendition   head, then for each page a line and its text:
 *     strongroom text 1: 12 pages, 3 by OCR (eng+ara), whole
 *     --- page 1 ---
 *     <form feed>--- page 2, ocr ---
 *     --- page 3, lost: tesseract crashed over it, or ... ---
 *   A form feed stands before each page but the first, so that ranges of pages are found in it as
 * in any text that has pages. A line of the text that begins with "--- page" has one space in
 * front: the lines above are only ours. Parts of a text that has no pages are called part.
 */
#ifndef SR_INTAKE_PAGES_H
#define SR_INTAKE_PAGES_H

#include "sandbox/box.h"

enum {
	SR_PAGES_BOXES_MAX = 4, /* tesseract has 200 MiB each; more cores are other people's */
	SR_PAGES_AHEAD = 16,    /* files that were given and not taken: their text is in memory */
	/* Bytes of such texts above which none but the oldest begins: beside a book the others are
	 * a few KiB, and who makes each 64 MiB has no more than this and one for each sandbox. */
	SR_PAGES_WAITING = 16 << 20,
	SR_PAGES_PAGE = 1 << 20, /* PAR_PAGE_MAX, which the parser keeps */
	SR_PAGES_REASON = 512,
	SR_PAGES_RECYCLE = 1000 /* files after which a sandbox is made anew: its foreman's own
				  processor time counts against its limit */
};

struct sr_pages_policy {
	char languages[SR_BOX_LANGUAGES_MAX + 1]; /* of OCR; "": none is done */
	uint32_t pages;                           /* at most, of a file */
	uint32_t ocr_pages; /* pages after this one are not read by OCR; 0: all are */
	uint64_t bytes;     /* of a rendition */
	unsigned page_ms;   /* a page that takes longer ends its file */
	uint64_t file_ms;   /* a file, all in all */
};
/*
 * eng; 20,000 pages: a year of a daily paper; all by OCR; 64 MiB: 20,000 pages of print; 120 s a
 * page: tesseract takes 2 to 10 s for a dense page on one core that others use too; 4 h a file: a
 * 1,000-page scan at 10 s, and some more.
 */
struct sr_pages_policy sr_pages_usual(void);

/* Languages that this host has trained data of tesseract for: eng first, then others by name, four
 * in all, because each makes OCR slower and worse in the others. "": none. IO when that cannot be
 * looked at: a text without OCR would pass for all that is to be read. */
SR_MUST int sr_pages_languages(char out[SR_BOX_LANGUAGES_MAX + 1], struct sr_err *e);

struct sr_pages {
	bool failed; /* the parser broke, hung or lied; the reason says how */
	bool itself; /* the file is text already, and needs no rendition */
	enum sr_box_status status;
	char reason[SR_PAGES_REASON];
	char encoding[48]; /* "" but for plain text */
	bool paged;
	uint32_t pages, ocr, blank, lost;
	uint32_t of; /* pages that it will have, as its tool says at the beginning; 0: not known */
	struct sr_buf rendition; /* secret; empty when no page has a word */
};
void sr_pages_free(struct sr_pages *t); /* wipes */

struct sr_pages_reader; /* opaque; one thread */
/* ${l} is borrowed. Starts nothing yet. */
SR_MUST int sr_pages_reader_new(struct sr_pages_reader **out, struct sr_launcher *l,
	const struct sr_pages_policy *policy, struct sr_err *e);
void sr_pages_reader_free(struct sr_pages_reader *r); /* kills what still works; NULL allowed */

/* Is there room for one more file? */
bool sr_pages_full(const struct sr_pages_reader *r);
/* How many were given and not taken. */
size_t sr_pages_held(const struct sr_pages_reader *r);
/* ${in} and what it reads outlive the file; what it reads is read from calls of this thread.
 * UNSUPPORTED: the sandbox cannot be set up, with what to do; failures of ${in} come out of this or
 * of work. MISUSE: full. */
SR_MUST int sr_pages_give(
	struct sr_pages_reader *r, const struct sr_box_input *in, struct sr_err *e);
/* Take what the sandboxes say, for at most ${wait_ms} without a word of any; *${ready}: the oldest
 * file is done. *${pages}: done of the oldest, for progress; may be NULL. */
SR_MUST int sr_pages_work(struct sr_pages_reader *r, unsigned wait_ms, bool *ready, uint32_t *pages,
	struct sr_err *e);
/* How far the oldest is, for progress: pages done, and all (0: not known). */
void sr_pages_at(const struct sr_pages_reader *r, uint32_t *pages, uint32_t *of);
/* The oldest, when it is ready; sr_pages_free. */
void sr_pages_take(struct sr_pages_reader *r, struct sr_pages *out);

/* All of one file. */
SR_MUST int sr_pages_read(struct sr_pages *out, struct sr_launcher *l,
	const struct sr_pages_policy *policy, const struct sr_box_input *in, struct sr_err *e);

#endif
