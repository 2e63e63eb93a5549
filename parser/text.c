/*
 * text - see text.h: pages, and what is read in the process itself.
 */
#include "parser/text.h"

#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "parser/charset.h"
#include "parser/compound.h"
#include "parser/letter.h"
#include "parser/markup.h"
#include "parser/office.h"
#include "parser/old_office.h"
#include "parser/rtf.h"
#include "parser/sniff.h"

/* --- pages ------------------------------------------------------------------------------------ */

static bool begin_page(struct par_pages *p) {
	struct sr_member m = {.kind = SR_MEMBER_FILE, .depth = 1, .size = UINT64_MAX};
	char number[12];

	if (p->capped || !sr_inside_room(p->s)) {
		p->capped = true;
		return false;
	}
	(void)snprintf(number, sizeof number, "%u", ++p->page);
	m.path = sr_bytes_str(number);
	sr_inside_member(p->s, &m);
	return true;
}

bool par_page_lost(struct par_pages *p, const char *why) {
	if (!begin_page(p))
		return false;
	sr_inside_end(p->s, SR_BOX_BROKEN, why);
	return true;
}

bool par_page(struct par_pages *p, struct sr_bytes text, const char *how) {
	const uint64_t left = sr_inside_left(p->s);
	struct sr_buf fixed;
	size_t n;

	if (!begin_page(p))
		return false;
	sr_inside_fact(p->s, "how", sr_bytes_str(how));
	sr_buf_init(&fixed);
	if (!sr_utf8_valid(text)) {
		par_charset_decode(&fixed, PAR_UTF8, text);
		text = sr_buf_view(&fixed);
	}
	n = sr_utf8_fit(text, left < PAR_PAGE_MAX ? (size_t)left : PAR_PAGE_MAX).len;
	sr_inside_data(p->s, text.p, n);
	p->capped = n < text.len && left < PAR_PAGE_MAX;
	sr_inside_end(p->s, n < text.len ? SR_BOX_CAPPED : SR_BOX_WHOLE,
		n < text.len ? "the page has more text than is taken" : "");
	sr_buf_free(&fixed);
	return !p->capped;
}

bool par_parts(struct par_pages *p, struct sr_bytes text) {
	bool more = true;

	while (text.len > 0 && more) {
		size_t n = sr_utf8_fit(text, PAR_PART_MAX).len, line = n;

		while (n < text.len && line > 0 && text.p[line - 1] != '\n')
			line--;
		n = line > 0 ? line : n;
		more = par_page(p, sr_bytes_of(text.p, n), "text");
		text = sr_bytes_of(text.p + n, text.len - n);
	}
	return more;
}

void par_pages_done(struct par_pages *p, enum sr_box_status status, const char *reason) {
	if (p->capped)
		sr_inside_done(p->s, SR_BOX_CAPPED, "there are more pages or bytes than are taken");
	else
		sr_inside_done(p->s, status, reason);
}

bool par_text_load(struct sr_buf *out, struct sr_inside *s, size_t max, bool *cut) {
	const size_t want = s->job.size < max ? (size_t)s->job.size : max;
	size_t got = 1;

	*cut = s->job.size > max;
	if (sr_buf_reserve(out, want + 1, NULL) != 0)
		return false;
	while (out->len < want && got > 0) {
		got = sr_inside_read(s, out->len, out->p + out->len, want - out->len);
		out->len += got;
	}
	return true;
}

/* --- one file --------------------------------------------------------------------------------- */

enum form {
	F_PLAIN,
	F_HTML,
	F_XML,
	F_RTF
};

enum {
	LOADED = PAR_DOCUMENT_MAX / 2
};

/* Loaded, decoded, read. ${named}: the charset that it says it has. */
static void flowing(struct sr_inside *s, enum form form, struct sr_bytes named) {
	struct par_pages p = {.s = s};
	struct sr_buf raw, utf8, out;
	bool cut = false, guessed = false;

	sr_buf_init(&raw);
	sr_buf_init(&utf8);
	sr_buf_init(&out);
	if (!par_text_load(&raw, s, LOADED, &cut)) {
		sr_inside_done(s, SR_BOX_BROKEN, "there is no memory for it");
		return;
	}
	if (form == F_RTF)
		par_rtf_text(&out, sr_buf_view(&raw));
	else
		par_charset_decode(&utf8, par_charset_of(sr_buf_view(&raw), named, &guessed),
			sr_buf_view(&raw));
	sr_buf_free(&raw);
	if (form == F_HTML || form == F_XML)
		par_markup_text(&out, sr_buf_view(&utf8), form == F_HTML);
	(void)par_parts(&p, sr_buf_view(form == F_PLAIN ? &utf8 : &out));
	par_pages_done(&p, cut ? SR_BOX_CAPPED : SR_BOX_WHOLE,
		cut ? "the file is larger than is read as text" : "");
	sr_buf_free(&utf8);
	sr_buf_free(&out);
}

/* No NUL, and hardly another control: not what a legacy encoding of text has. */
static bool is_binary(struct sr_bytes head) {
	size_t controls = 0;

	for (size_t i = 0; i < head.len; i++) {
		const uint8_t c = head.p[i];

		if (c == 0)
			return true;
		controls += c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f';
	}
	return controls * 20 > head.len;
}

/* The encoding of all of it, or, of what is larger than is loaded, of its ${head}. */
static enum par_charset encoding(
	struct sr_inside *s, struct sr_bytes head, struct sr_bytes named, bool *guessed) {
	struct sr_buf all;
	enum par_charset c;
	bool cut = false;

	sr_buf_init(&all);
	if (s->job.size > head.len && s->job.size <= LOADED && par_text_load(&all, s, LOADED, &cut))
		head = sr_buf_view(&all);
	else if (s->job.size > head.len) /* a character may be cut at its end */
		for (unsigned i = 0; i < 3 && head.len > 0 && head.p[head.len - 1] >= 0x80; i++)
			head.len--;
	c = par_charset_of(head, named, guessed);
	sr_buf_free(&all);
	return c;
}

/* Readers are shown what is itself as its first bytes say (room/plain.h), which know no more than
 * UTF-8 and what has a mark: of all else there is a text. */
static void plain(struct sr_inside *s, struct sr_bytes head) {
	bool guessed = false;
	const enum par_charset c = encoding(s, head, sr_bytes_of(NULL, 0), &guessed);
	char name[48];

	if (c != PAR_UTF16LE && c != PAR_UTF16BE && is_binary(head)) {
		sr_inside_done(s, SR_BOX_UNREAD, "there is nothing in it that is read as text");
		return;
	}
	(void)snprintf(name, sizeof name, "%s%s", par_charset_name(c), guessed ? " (guessed)" : "");
	sr_inside_fact(s, "encoding", sr_bytes_str(name));
	if (c == PAR_UTF16LE || c == PAR_UTF16BE || (c == PAR_UTF8 && !guessed) ||
		(c == PAR_WINDOWS1252 && s->job.size > LOADED)) {
		sr_inside_fact(s, "itself", sr_bytes_str("yes"));
		sr_inside_done(s, SR_BOX_WHOLE, "");
		return;
	}
	flowing(s, F_PLAIN, sr_bytes_of(NULL, 0));
}

void par_text(struct sr_inside *s) {
	static uint8_t first[64 << 10];
	size_t n = 0, got = 1;

	while (n < sizeof first && got > 0) {
		got = sr_inside_read(s, n, first + n, sizeof first - n);
		n += got;
	}
	const struct sr_bytes head = sr_bytes_of(first, n);
	const struct sr_bytes named = par_markup_charset(head);
	struct sr_bytes marks = head; /* what says that it is HTML or XML */
	struct sr_buf utf8;
	enum par_charset wide;
	bool guessed = false;

	switch (par_sniff(sr_bytes_of(first, n < PAR_HEAD ? n : PAR_HEAD))) {
	case PAR_DOCUMENT:
		par_office_text(s);
		return;
	case PAR_MAIL:
		par_letter_text(s);
		return;
	case PAR_ARCHIVE:
	case PAR_FILTER:
	case PAR_MBOX:
	case PAR_WARC:
		sr_inside_done(s, SR_BOX_UNREAD, "a container: its members have the text");
		return;
	case PAR_PROGRAM:
	case PAR_OTHER:
		break;
	}
	sr_buf_init(&utf8);
	wide = par_charset_of(head, named, &guessed);
	if (wide == PAR_UTF16LE || wide == PAR_UTF16BE) {
		par_charset_decode(&utf8, wide, sr_bytes_of(first, n < PAR_HEAD ? n : PAR_HEAD));
		marks = sr_buf_view(&utf8);
	}
	if (par_is_compound(head))
		par_old_office_text(s);
	else if (par_is_html(marks))
		flowing(s, F_HTML, named);
	else if (par_is_rtf(head))
		flowing(s, F_RTF, named);
	else if (par_is_xml(marks) && encoding(s, head, named, &guessed) != PAR_UTF8)
		flowing(s, F_XML, named);
	else
		plain(s, head);
	sr_buf_free(&utf8);
}
