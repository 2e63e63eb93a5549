/*
 * picture - see picture.h.
 */
#include "intake/picture.h"

#include <stdio.h>
#include <string.h>

void sr_picture_free(struct sr_picture *p) {
	sr_buf_free(&p->grey);
	sr_wipe(p, sizeof *p);
}

static bool says(const struct sr_frame *f, const char *key) {
	return sr_bytes_eq(f->key, sr_bytes_str(key));
}

/* A decimal from 1 to the longest side; 0: none. */
static uint32_t side(struct sr_bytes v) {
	uint32_t n = 0;

	for (size_t i = 0; i < v.len; i++) {
		if (v.p[i] < '0' || v.p[i] > '9' || n > SR_PICTURE_SIDE)
			return 0;
		n = n * 10 + (uint32_t)(v.p[i] - '0');
	}
	return n <= SR_PICTURE_SIDE ? n : 0;
}

static int take(struct sr_picture *p, const struct sr_frame *f, struct sr_err *why) {
	const size_t want = (size_t)p->width * p->height;

	if (f->type == SR_FRAME_FACT && says(f, "width"))
		p->width = side(f->value);
	else if (f->type == SR_FRAME_FACT && says(f, "height"))
		p->height = side(f->value);
	if (f->type == SR_FRAME_DATA) {
		if (f->data.len > want - p->grey.len)
			return sr_fail(why, SR_CORRUPT, "the parser sent more pixels than %u x %u",
				p->width, p->height);
		sr_buf_put_bytes(&p->grey, f->data);
		return sr_buf_ok(&p->grey, why);
	}
	if (f->type == SR_FRAME_END && (want == 0 || p->grey.len != want))
		return sr_fail(why, SR_CORRUPT, "the parser sent %zu pixels for %u x %u",
			p->grey.len, p->width, p->height);
	if (f->type != SR_FRAME_DONE)
		return 0;
	p->status = f->status;
	(void)snprintf(
		p->reason, sizeof p->reason, "%.*s", (int)f->reason.len, (const char *)f->reason.p);
	if (f->status == SR_BOX_WHOLE && p->grey.len == 0)
		return sr_fail(why, SR_CORRUPT, "the parser drew nothing");
	return 0;
}

int sr_picture_draw(struct sr_picture *out, struct sr_launcher *l, const struct sr_box_input *in,
	uint32_t page, struct sr_err *e) {
	struct sr_box_options o = {.job = {.what = SR_BOX_DRAW,
					   .members = 1,
					   .bytes = (uint64_t)SR_PICTURE_SIDE * SR_PICTURE_SIDE,
					   .depth = 1,
					   .page = page},
		.limits = sr_box_limits_usual(),
		.whole = true};
	struct sr_frame f = {.type = SR_FRAME_HELLO};
	struct sr_err why = {0};
	struct sr_box *b = NULL;
	int rc;

	memset(out, 0, sizeof *out);
	sr_buf_init_secret(&out->grey);
	o.limits.tools = true;
	o.limits.wall_ms = SR_PICTURE_MS;
	o.limits.cpu_s = SR_PICTURE_MS / 1000;
	rc = sr_box_begin(&b, l, in, &o, &why);
	while (rc == 0 && f.type != SR_FRAME_DONE) {
		rc = sr_box_next(b, &f, &why);
		if (rc == 0)
			rc = take(out, &f, &why);
	}
	sr_box_free(b);
	if (rc == 0)
		return 0;
	if (rc != SR_CORRUPT && rc != SR_LIMIT)
		return sr_fail(e, (enum sr_code)rc, "%s", why.text);
	sr_buf_clear(&out->grey);
	out->failed = true;
	out->status = SR_BOX_BROKEN;
	(void)snprintf(out->reason, sizeof out->reason, "%.*s", SR_PICTURE_REASON - 1, why.text);
	return 0;
}
