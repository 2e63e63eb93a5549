/*
 * letter - see letter.h.
 */
#include "parser/letter.h"

#include <string.h>
#include <strings.h>

#include "parser/charset.h"
#include "parser/mail.h"
#include "parser/markup.h"

struct letter {
	struct sr_inside *s;
	uint64_t at;
	struct sr_buf out, part;
	char type[256], charset[256]; /* PART_NAME of parser/mail.c */
	struct sr_buf name;
	bool capped;
};

static ptrdiff_t next(void *ctx, void *p, size_t len, const char **why) {
	struct letter *l = ctx;
	const size_t n = sr_inside_read(l->s, l->at, p, len);

	(void)why;
	l->at += n;
	return (ptrdiff_t)n;
}

static bool begin(void *ctx, const struct sr_member *m) {
	struct letter *l = ctx;

	sr_buf_clear(&l->part);
	sr_buf_clear(&l->name);
	sr_buf_put_bytes(&l->name, m->path);
	l->type[0] = l->charset[0] = '\0';
	return l->out.len < PAR_DOCUMENT_MAX;
}

static void fact(void *ctx, const char *key, struct sr_bytes value) {
	struct letter *l = ctx;
	char *to = strcmp(key, "content-type") == 0 ? l->type
		   : strcmp(key, "charset") == 0    ? l->charset
						    : NULL;

	if (to == NULL || value.len >= sizeof l->type)
		return;
	memcpy(to, value.p, value.len);
	to[value.len] = '\0';
}

static bool data(void *ctx, const void *p, size_t len) {
	struct letter *l = ctx;

	if (strncmp(l->type, "text/", 5) != 0)
		return true; /* passed over */
	if (len > PAR_LETTER_PART - l->part.len) {
		len = PAR_LETTER_PART - l->part.len;
		l->capped = true;
	}
	sr_buf_put(&l->part, p, len);
	return true;
}

static void end(void *ctx, enum sr_box_status status, const char *reason) {
	struct letter *l = ctx;
	const struct sr_bytes in = sr_buf_view(&l->part);
	struct sr_bytes named = sr_bytes_str(l->charset);
	enum par_charset known;
	struct sr_buf utf8;
	bool guessed = false;

	(void)status;
	(void)reason;
	sr_buf_put_u8(&l->out, '\n');
	if (strncmp(l->type, "text/", 5) != 0) {
		sr_buf_put_str(&l->out, "[");
		sr_buf_put_buf(&l->out, &l->name);
		sr_buf_put_str(&l->out, "]\n");
		return;
	}
	sr_buf_init(&utf8);
	/* What the message says counts more than what the part does, but where it is not known; and
	 * old programs say us-ascii of whatever they send. */
	if (!par_charset_named(&known, named) || strcasecmp(l->charset, "us-ascii") == 0)
		named = par_markup_charset(in);
	par_charset_decode(&utf8, par_charset_of(in, named, &guessed), in);
	if (strcmp(l->type, "text/html") == 0)
		par_markup_text(&l->out, sr_buf_view(&utf8), true);
	else
		sr_buf_put_buf(&l->out, &utf8);
	sr_buf_free(&utf8);
}

static void header_fact(void *ctx, const char *key, struct sr_bytes value) {
	struct letter *l = ctx;

	sr_buf_put_str(&l->out, key);
	sr_buf_put_str(&l->out, ": ");
	sr_buf_put_bytes(&l->out, value);
	sr_buf_put_u8(&l->out, '\n');
}

void par_letter_text(struct sr_inside *s) {
	static struct letter l;
	static uint8_t head[PAR_MAIL_HEADER];
	const struct par_stream in = {next, &l};
	const struct par_sink to = {begin, fact, data, end, &l};
	const struct par_sink header = {begin, header_fact, data, end, &l};
	struct par_pages p = {.s = s};
	struct par_result r = {.status = SR_BOX_WHOLE};

	l = (struct letter){.s = s};
	sr_buf_init(&l.out);
	sr_buf_init(&l.part);
	sr_buf_init(&l.name);
	par_mail_facts(&header, sr_bytes_of(head, sr_inside_read(s, 0, head, sizeof head)));
	par_mail(&r, &in, &to, 1);
	(void)par_parts(&p, sr_buf_view(&l.out));
	if (l.capped && r.status == SR_BOX_WHOLE)
		par_pages_done(&p, SR_BOX_CAPPED, "a part of it has more text than is taken");
	else
		par_pages_done(&p, r.status, r.reason);
	sr_buf_free(&l.out);
	sr_buf_free(&l.part);
	sr_buf_free(&l.name);
}
