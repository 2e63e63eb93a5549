/*
 * text_tools - text of PDF and pictures, by tools (text.h).
 *
 * A page of a PDF that prints fewer than PAR_PAGE_LETTERS bytes is drawn at 300 dpi and read by
 * tesseract, page by page, so that a long scan shows progress and one page that kills its tool is
 * one page. Languages are the job's; what has no trained data here is said, and the rest is used.
 *
 * pdftotext ends pages with form feeds, and a document may have them in its words (ActualText):
 * such a one would part a page in two, and all that follow would be told, drawn and marked under
 * another number than they have. What it prints without its own (-nopgbrk) has those of the
 * document alone.
 *
 * A program of OCR, or its data, that is there and cannot be used is a fault of this place and not
 * of the file: the pages that wanted it are lost, and the input ends UNREAD with the reason, so
 * that it does not pass for one that was read.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "parser/draw.h"
#include "parser/text.h"
#include "parser/tool.h"
#include "sandbox/walls.h"

enum {
	INPUT = 0,
	HEAD = 1024,
	WHITE = 250 /* and above: paper */
};

static const char pdftotext[] = SR_WALLS_TOOLS "/pdftotext";
static const char tesseract[] = SR_WALLS_TOOLS "/tesseract";

static const struct {
	const char *bytes;
	size_t len;
} pictures[] = {{"\x89PNG\r\n\x1A\n", 8}, {"\xFF\xD8\xFF", 3}, {"II*\0", 4}, {"MM\0*", 4},
	{"GIF8", 4}, {"P4\n", 3}, {"P5\n", 3}, {"P6\n", 3}};

static bool is_picture(struct sr_bytes head) {
	for (size_t i = 0; i < sizeof pictures / sizeof *pictures; i++)
		if (head.len >= pictures[i].len &&
			memcmp(head.p, pictures[i].bytes, pictures[i].len) == 0)
			return true;
	return head.len >= 12 && memcmp(head.p, "RIFF", 4) == 0 &&
	       memcmp(head.p + 8, "WEBP", 4) == 0;
}

bool par_text_needs_tools(struct sr_inside *s) {
	uint8_t head[HEAD];
	const size_t n = sr_inside_read(s, 0, head, sizeof head);
	const struct sr_bytes v = sr_bytes_of(head, n);

	return par_is_pdf(v) || is_picture(v);
}

/* --- languages -------------------------------------------------------------------------------- */

struct ocr {
	char languages[SR_BOX_LANGUAGES_MAX + 1]; /* "": it is not done */
	char no[200]; /* it was asked for, and why this place cannot do it; "" is usual */
	bool missed;  /* a page wanted it, and it could not be done */
};

static bool wanted(const struct ocr *o) {
	return o->languages[0] != '\0' || o->no[0] != '\0';
}

/* A page was not read because of ${why}, which the file has no part in. */
static void missed(struct ocr *o, const char *why) {
	if (why != o->no && !o->missed)
		(void)snprintf(o->no, sizeof o->no, "%s", why);
	o->missed = true;
}

/* The trained data of one language: 0, or the errno of the place where it is. */
static int find_trained(const char *language) {
	static const char *const places[] = {
		"/usr/share/tesseract-ocr/5/tessdata", "/usr/share/tesseract-ocr/4.00/tessdata"};
	int no = ENOENT;

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		char path[256];

		(void)snprintf(path, sizeof path, "%s/%s.traineddata", places[i], language);
		if (access(path, R_OK) == 0)
			return 0;
		if (errno != ENOENT && errno != ENOTDIR)
			no = errno;
	}
	return no;
}

/* Those of the job that have trained data; none, and a fact, when none has. */
static void find_languages(struct sr_inside *s, struct ocr *o) {
	char words[SR_BOX_LANGUAGES_MAX + 1], *rest = NULL;
	size_t n = 0;

	if (s->job.languages[0] == '\0') {
		sr_inside_fact(s, "ocr", sr_bytes_str("not asked for"));
		return;
	}
	if (par_tool_look("/usr/share/tesseract-ocr", R_OK) == PAR_TOOL_UNUSABLE) {
		par_tool_say(o->no, sizeof o->no, PAR_TOOL_UNUSABLE, "the data of tesseract");
		sr_inside_fact(s, "ocr", sr_bytes_str(o->no));
		return;
	}
	memcpy(words, s->job.languages, sizeof words);
	for (char *w = strtok_r(words, "+", &rest); w != NULL; w = strtok_r(NULL, "+", &rest)) {
		char why[160];
		const int no = find_trained(w);

		if (no == 0) {
			n += (size_t)snprintf(o->languages + n, sizeof o->languages - n, "%s%s",
				n > 0 ? "+" : "", w);
			continue;
		}
		if (no == ENOENT)
			(void)snprintf(why, sizeof why,
				"no trained data for %s here: install tesseract-ocr-%s", w, w);
		else
			(void)snprintf(why, sizeof why,
				"the trained data for %s cannot be read (%s): everybody must be "
				"able to",
				w, strerror(no));
		sr_inside_fact(s, "ocr", sr_bytes_str(why));
		if (no != ENOENT && o->no[0] == '\0')
			(void)snprintf(o->no, sizeof o->no, "%s", why);
	}
	if (o->languages[0] != '\0') /* what there is, is used */
		o->no[0] = '\0';
}

/* What tesseract reads in file ${in}, ${max} bytes of it: how it ended. *${why}: NULL, or why
 * there is nothing of it. */
static enum par_tool_end read_picture(
	struct sr_buf *out, int in, const char *languages, size_t max, const char **why) {
	static char reason[200];
	const char *const argv[] = {tesseract, "-", "-", "-l", languages, "--psm", "3", NULL};
	const enum par_tool_end end = par_tool_run(out, argv, in, max);

	*why = NULL;
	if (end == PAR_TOOL_ENDED || end == PAR_TOOL_CAPPED)
		return end;
	par_tool_say(reason, sizeof reason, end, "tesseract");
	*why = reason;
	return end;
}

/* --- PDF -------------------------------------------------------------------------------------- */

static bool is_blank(const struct par_pixels *p) {
	for (size_t i = 0; i < p->grey.len; i++)
		if (p->grey.p[i] < WHITE)
			return false;
	return true;
}

/* What tesseract reads in a page that was drawn. NULL, or why not. */
static const char *read_page(struct sr_buf *text, struct ocr *o, struct sr_bytes pgm) {
	const char *why = o->no;
	int fd;

	if (o->languages[0] == '\0') {
		missed(o, o->no);
		return why;
	}
	fd = par_tool_file(pgm);
	if (fd < 0)
		return "there is no memory for it";
	if (par_tool_idle(read_picture(text, fd, o->languages, PAR_PAGE_MAX + 1, &why)))
		missed(o, why);
	(void)close(fd);
	while (text->len > 0 && text->p[text->len - 1] == '\f')
		text->len--;
	return why;
}

/* One page that has no text of its own. ${must}: one that cannot be drawn is a lost page; else
 * there is none. */
static bool ocr_page(struct par_pages *p, uint32_t page, struct ocr *o, bool must) {
	struct par_pixels pixels = {0};
	struct sr_buf pgm, text;
	const char *why;
	bool more;

	sr_buf_init(&pgm);
	sr_buf_init(&text);
	if (par_tool_idle(par_pdf_page(&pgm, &pixels, INPUT, page, PAR_DRAW_READ, &why)))
		missed(o, why);
	if (why != NULL && !must) {
		more = false;
	} else if (why == NULL && is_blank(&pixels)) {
		more = par_page(p, sr_buf_view(&text), "blank");
	} else {
		if (why == NULL)
			why = read_page(&text, o, sr_buf_view(&pgm));
		more = why == NULL ? par_page(p, sr_buf_view(&text), "ocr") : par_page_lost(p, why);
	}
	sr_buf_free(&pgm);
	sr_buf_free(&text);
	return more;
}

static size_t printed(struct sr_bytes v) {
	size_t n = 0;

	for (size_t i = 0; i < v.len && n < PAR_PAGE_LETTERS; i++)
		n += v.p[i] > 0x20 && v.p[i] != 0x7F ? 1 : 0;
	return n;
}

/* How many will come, before the first, which may take OCR its time. */
static void tell_pages(struct sr_inside *s, struct sr_bytes all) {
	char number[24];
	size_t n = 0;

	for (size_t i = 0; i < all.len; i++)
		n += all.p[i] == '\f' ? 1 : 0;
	(void)snprintf(number, sizeof number, "%zu", n);
	if (n > 0)
		sr_inside_fact(s, "pages", sr_bytes_str(number));
}

/* Pages end with a form feed. */
static void pdf_pages(struct par_pages *p, struct sr_bytes all, struct ocr *o) {
	const uint32_t last = p->s->job.page > 0 ? p->s->job.page : UINT32_MAX;
	bool more = true;

	while (all.len > 0 && more) {
		const uint8_t *feed = memchr(all.p, '\f', all.len);
		const size_t n = feed != NULL ? (size_t)(feed - all.p) : all.len;
		const struct sr_bytes text = sr_bytes_of(all.p, n);

		if (wanted(o) && printed(text) < PAR_PAGE_LETTERS && p->page < last)
			more = ocr_page(p, p->page + 1, o, true);
		else
			more = par_page(p, text, "text");
		all = feed != NULL ? sr_bytes_of(feed + 1, all.len - n - 1) : sr_bytes_of(NULL, 0);
	}
}

/* The name of the dictionary that says so lies somewhere in the file, in clear. */
static bool is_encrypted(struct sr_inside *s) {
	static const char name[] = "/Encrypt";
	static uint8_t window[64 << 10];
	size_t n = 1;

	for (uint64_t at = 0; n > 0 && at < s->job.size; at += sizeof window - sizeof name) {
		n = sr_inside_read(s, at, window, sizeof window);
		if (memmem(window, n, name, sizeof name - 1) != NULL)
			return true;
	}
	return false;
}

/* How one ends whose pages, all that there are, came. */
static void all_pages(struct par_pages *p, const struct ocr *o) {
	par_pages_done(p, o->missed ? SR_BOX_UNREAD : SR_BOX_WHOLE, o->missed ? o->no : "");
}

/* How a PDF ends that gives no text at all. */
static void no_text(struct sr_inside *s, struct par_pages *p, struct ocr *o, const char *why) {
	const uint32_t last = s->job.page > 0 ? s->job.page : UINT32_MAX;
	const bool locked = is_encrypted(s);

	/* It may forbid that its text is taken out, which its pages do not. */
	while (wanted(o) && p->page < last && ocr_page(p, p->page + 1, o, false))
		;
	if (p->page > 0 || o->missed)
		all_pages(p, o);
	else if (locked)
		par_pages_done(p, SR_BOX_ENCRYPTED, "it is under a password");
	else
		par_pages_done(p, SR_BOX_BROKEN, why);
}

/* Form feeds of the document's own become spaces: those that ${own} has, too, which is the same
 * but for the ends of pages. false: it is not. Where both stand beside each other it does not
 * matter which is which. */
static bool only_ends(struct sr_buf *all, struct sr_bytes own) {
	size_t at = 0;

	for (size_t i = 0; i < all->len; i++) {
		const bool both = at < own.len && own.p[at] == all->p[i];

		if (!both && all->p[i] != '\f')
			return false;
		if (both && all->p[i] == '\f')
			all->p[i] = ' ';
		at += both;
	}
	return at == own.len;
}

/* Do the form feeds end pages, and nothing else? One at the end of all has no page behind it. */
static bool ends_of_pages(struct sr_buf *all, size_t max) {
	static const char *const argv[] = {
		pdftotext, "-enc", "UTF-8", "-eol", "unix", "-q", "-nopgbrk", "-", "-", NULL};
	const uint8_t *feed = all->len > 0 ? memchr(all->p, '\f', all->len) : NULL;
	struct sr_buf own;
	bool good;

	if (feed == NULL || feed + 1 == all->p + all->len)
		return true;
	sr_buf_init(&own);
	good = par_tool_run(&own, argv, INPUT, max) == PAR_TOOL_ENDED &&
	       only_ends(all, sr_buf_view(&own));
	sr_buf_free(&own);
	return good;
}

static void read_pdf(struct sr_inside *s, struct ocr *o) {
	static const char *const argv[] = {
		pdftotext, "-enc", "UTF-8", "-eol", "unix", "-q", "-", "-", NULL};
	struct par_pages p = {.s = s};
	struct sr_buf all;
	enum par_tool_end end;
	char why[200];

	sr_buf_init(&all);
	sr_inside_fact(s, "paged", sr_bytes_str("yes"));
	end = par_tool_run(&all, argv, INPUT, (size_t)sr_inside_left(s));
	par_tool_say(why, sizeof why, end, "pdftotext");
	if (end == PAR_TOOL_ENDED && !ends_of_pages(&all, (size_t)sr_inside_left(s))) {
		sr_inside_done(
			s, SR_BOX_BROKEN, "pdftotext does not say twice where its pages end");
		sr_buf_free(&all);
		return;
	}
	tell_pages(s, sr_buf_view(&all));
	pdf_pages(&p, sr_buf_view(&all), o);
	if (p.capped || (end == PAR_TOOL_ENDED && all.len > 0))
		all_pages(&p, o);
	else if (end == PAR_TOOL_ENDED)
		no_text(s, &p, o, why);
	else
		par_pages_done(&p,
			end == PAR_TOOL_CAPPED ? SR_BOX_CAPPED
			: par_tool_idle(end)   ? SR_BOX_UNREAD
					       : SR_BOX_BROKEN,
			why);
	sr_buf_free(&all);
}

/* --- pictures --------------------------------------------------------------------------------- */

/* A picture may have pages (TIFF). */
static void read_pictures(struct sr_inside *s, const struct ocr *o) {
	struct par_pages p = {.s = s};
	struct sr_bytes all;
	struct sr_buf text;
	enum par_tool_end end;
	const char *why;
	bool more = true;

	if (o->languages[0] == '\0') {
		sr_inside_done(s, SR_BOX_UNREAD,
			s->job.languages[0] == '\0' ? "it is a picture, and is read by OCR alone"
			: o->no[0] != '\0'
				? o->no
				: "it is a picture, and there is no trained data for its "
				  "languages: install tesseract-ocr-LANGUAGE");
		return;
	}
	sr_buf_init(&text);
	sr_inside_fact(s, "paged", sr_bytes_str("yes"));
	end = read_picture(&text, INPUT, o->languages, (size_t)sr_inside_left(s), &why);
	all = sr_buf_view(&text);
	while (why == NULL && all.len > 0 && more) {
		const uint8_t *feed = memchr(all.p, '\f', all.len);
		const size_t n = feed != NULL ? (size_t)(feed - all.p) : all.len;

		more = par_page(&p, sr_bytes_of(all.p, n), "ocr");
		all = feed != NULL ? sr_bytes_of(feed + 1, all.len - n - 1) : sr_bytes_of(NULL, 0);
	}
	if (why == NULL && p.page == 0)
		(void)par_page_lost(&p, "tesseract finds no text in it, or cannot read it");
	p.capped = p.capped || end == PAR_TOOL_CAPPED;
	par_pages_done(&p, why == NULL ? SR_BOX_WHOLE : SR_BOX_UNREAD, why != NULL ? why : "");
	sr_buf_free(&text);
}

void par_text_by_tools(struct sr_inside *s) {
	struct ocr o = {.missed = false};
	uint8_t head[HEAD];
	const size_t n = sr_inside_read(s, 0, head, sizeof head);

	if (s->asks) {
		sr_inside_done(s, SR_BOX_UNREAD, "it is read by tools, which want all of it");
		return;
	}
	find_languages(s, &o);
	if (par_is_pdf(sr_bytes_of(head, n)))
		read_pdf(s, &o);
	else
		read_pictures(s, &o);
}
