/*
 * draw - see draw.h.
 */
#include "parser/draw.h"

#include <stdio.h>
#include <string.h>

#include "sandbox/walls.h"

enum {
	INPUT = 0,
	HEAD = 1024
};

static const char pdftoppm[] = SR_WALLS_TOOLS "/pdftoppm";

bool par_is_pdf(struct sr_bytes head) {
	for (size_t i = 0; i + 5 <= head.len && i + 5 <= HEAD; i++)
		if (memcmp(head.p + i, "%PDF-", 5) == 0)
			return true;
	return false;
}

/* A number of at most five digits, and one space or line end after it. */
static bool number(const struct sr_bytes *in, size_t *at, uint32_t *out) {
	size_t digits = 0;

	*out = 0;
	while (*at < in->len && in->p[*at] >= '0' && in->p[*at] <= '9' && digits++ < 5)
		*out = *out * 10 + (uint32_t)(in->p[(*at)++] - '0');
	if (digits == 0 || *at >= in->len || (in->p[*at] != ' ' && in->p[*at] != '\n'))
		return false;
	++*at;
	return true;
}

bool par_pgm(struct par_pixels *out, struct sr_bytes in) {
	size_t at = 3;
	uint32_t most = 0;

	if (in.len < PAR_DRAW_HEAD_MAX / 8 || memcmp(in.p, "P5\n", 3) != 0 ||
		!number(&in, &at, &out->width) || !number(&in, &at, &out->height) ||
		!number(&in, &at, &most))
		return false;
	if (most != 255 || out->width < 1 || out->height < 1 || out->width > PAR_DRAW_SIDE_MAX ||
		out->height > PAR_DRAW_SIDE_MAX || in.len - at != (size_t)out->width * out->height)
		return false;
	out->grey = sr_bytes_of(in.p + at, in.len - at);
	return true;
}

enum par_tool_end par_pdf_page(struct sr_buf *out, struct par_pixels *p, int in, uint32_t page,
	unsigned side, const char **why) {
	static char reason[200];
	char number_text[12], side_text[12];
	const char *const argv[] = {pdftoppm, "-f", number_text, "-l", number_text, "-scale-to",
		side_text, "-gray", "-", NULL};
	enum par_tool_end end;

	(void)snprintf(number_text, sizeof number_text, "%u", page);
	(void)snprintf(side_text, sizeof side_text, "%u", side);
	end = par_tool_run(
		out, argv, in, (size_t)PAR_DRAW_SIDE_MAX * PAR_DRAW_SIDE_MAX + PAR_DRAW_HEAD_MAX);
	*why = NULL;
	if (end == PAR_TOOL_ENDED && par_pgm(p, sr_buf_view(out)))
		return end;
	par_tool_say(reason, sizeof reason, end, "pdftoppm");
	*why = reason;
	return end;
}

void par_draw(struct sr_inside *s) {
	struct par_pixels p = {0};
	struct sr_member m = {.kind = SR_MEMBER_FILE, .depth = 1, .size = UINT64_MAX};
	char page[12], side[12];
	uint8_t head[HEAD];
	const size_t n = sr_inside_read(s, 0, head, sizeof head);
	struct sr_buf pgm;
	enum par_tool_end end;
	const char *why;

	if (s->asks || !par_is_pdf(sr_bytes_of(head, n))) {
		sr_inside_done(s, SR_BOX_UNREAD, "pages of PDF are drawn here, nothing else");
		return;
	}
	sr_buf_init(&pgm);
	end = par_pdf_page(&pgm, &p, INPUT, s->job.page > 0 ? s->job.page : 1, PAR_DRAW_SIDE, &why);
	if (why != NULL) {
		sr_inside_done(s, par_tool_idle(end) ? SR_BOX_UNREAD : SR_BOX_BROKEN, why);
		return;
	}
	if (p.grey.len > sr_inside_left(s)) {
		sr_inside_done(s, SR_BOX_CAPPED, "the page has more pixels than may be taken");
		return;
	}
	(void)snprintf(page, sizeof page, "%u", s->job.page > 0 ? s->job.page : 1);
	m.path = sr_bytes_str(page);
	sr_inside_member(s, &m);
	(void)snprintf(side, sizeof side, "%u", p.width);
	sr_inside_fact(s, "width", sr_bytes_str(side));
	(void)snprintf(side, sizeof side, "%u", p.height);
	sr_inside_fact(s, "height", sr_bytes_str(side));
	sr_inside_data(s, p.grey.p, p.grey.len);
	sr_inside_end(s, SR_BOX_WHOLE, "");
	sr_inside_done(s, SR_BOX_WHOLE, "");
}
