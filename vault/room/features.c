/*
 * features - see features.h.
 *
 * A text passes as a reader would see it (room/plain.h), line by line; lines of pages are those of
 * the intake (intake/pages.h) in a rendition, and what was escaped is no word.
 */
#include "room/features.h"

#include "base/limits.h"
#include "room/counts.h"
#include "room/room_internal.h"

enum {
	LINE_HELD = 4096 /* bytes of a line that are looked at before it is counted */
};

struct counting {
	struct sr_counter *counter;
	struct sr_buf *out;
	struct sr_buf line; /* secret */
	bool rendition, in_page, first;
	bool going; /* what comes goes on with a line */
	uint64_t page;
	char how[8];
};

static void end_page(struct counting *c) {
	struct sr_page_counts n;
	bool any = false;

	sr_counter_page(c->counter, &n);
	if (!c->in_page)
		return;
	sr_buf_printf(
		c->out, "%s{\"page\": %llu", c->first ? "" : ", ", (unsigned long long)c->page);
	c->first = c->in_page = false;
	if (strcmp(c->how, "lost") == 0) {
		sr_buf_put_str(c->out, ", \"read\": \"lost\"}");
		return;
	}
	if (n.tokens < SR_COUNTS_FEW) {
		sr_buf_put_str(c->out, ", \"few\": true}");
		return;
	}
	sr_buf_printf(c->out,
		", \"tokens\": %llu, \"distinct\": %llu, \"sentences\": %llu, \"lines\": %llu, "
		"\"characters\": %llu, \"letters\": {",
		(unsigned long long)n.tokens, (unsigned long long)n.distinct,
		(unsigned long long)n.sentences, (unsigned long long)n.lines,
		(unsigned long long)n.characters);
	for (size_t s = 0; s < SR_SCRIPTS; s++) {
		if (n.letters[s] == 0)
			continue;
		sr_buf_printf(c->out, "%s\"%s\": %llu", any ? ", " : "",
			sr_script_name((enum sr_script)s), (unsigned long long)n.letters[s]);
		any = true;
	}
	sr_buf_put_str(c->out, "}");
	if (n.language != NULL)
		sr_buf_printf(c->out, ", \"language\": \"%s\"", n.language);
	sr_buf_printf(c->out, ", \"read\": \"%s\"}", c->how);
}

static void begin_page(struct counting *c, const char *how) {
	end_page(c);
	c->in_page = true;
	c->page++;
	(void)snprintf(c->how, sizeof c->how, "%s", how);
}

static bool begins(struct sr_bytes v, const char *with) {
	const size_t n = strlen(with);

	return v.len >= n && memcmp(v.p, with, n) == 0;
}

static bool holds(struct sr_bytes v, const char *word) {
	return v.len > 0 && memmem(v.p, v.len, word, strlen(word)) != NULL;
}

/* Without escapes: "\x1b", "\u{202e}", "\\". */
static void words(struct counting *c, struct sr_bytes v) {
	size_t from = 0, at = 0;

	while (at < v.len) {
		size_t end = at + 2;

		if (v.p[at] != '\\') {
			at++;
			continue;
		}
		sr_counter_feed(c->counter, sr_bytes_of(v.p + from, at - from));
		sr_counter_feed(c->counter, sr_bytes_str(" "));
		if (at + 1 < v.len && v.p[at + 1] == 'x')
			end = at + 4;
		else if (at + 1 < v.len && v.p[at + 1] == 'u')
			while (end < v.len && v.p[end - 1] != '}')
				end++;
		at = from = end < v.len ? end : v.len;
	}
	if (from < v.len)
		sr_counter_feed(c->counter, sr_bytes_of(v.p + from, v.len - from));
}

static void line_over(struct counting *c) {
	static const char feed[] = "\\x0c";
	struct sr_bytes v = sr_buf_view(&c->line);
	const bool starts = !c->going;

	c->going = v.len == 0 || v.p[v.len - 1] != '\n';
	if (c->rendition && starts) {
		if (begins(v, feed))
			v = sr_bytes_of(v.p + sizeof feed - 1, v.len - (sizeof feed - 1));
		if (begins(v, "--- p")) {
			begin_page(c, holds(v, ", lost")  ? "lost"
				      : holds(v, ", ocr") ? "ocr"
							  : "text");
			sr_buf_clear(&c->line);
			return;
		}
	}
	if (c->in_page)
		words(c, v);
	sr_buf_clear(&c->line);
}

static int feed(struct counting *c, struct sr_bytes text, struct sr_err *e) {
	while (text.len > 0) {
		const uint8_t *end = memchr(text.p, '\n', text.len);
		const size_t n = end != NULL ? (size_t)(end - text.p) + 1 : text.len;

		sr_buf_put_bytes(&c->line, sr_bytes_of(text.p, n));
		if (sr_buf_ok(&c->line, e) != 0)
			return SR_NOMEM;
		if (end != NULL || c->line.len > LINE_HELD)
			line_over(c);
		text = sr_bytes_of(text.p + n, text.len - n);
	}
	return c->out->len <= SR_FEATURES_MAX
		       ? 0
		       : sr_fail(e, SR_LIMIT, "features: more than %d bytes of them",
				 SR_FEATURES_MAX);
}

/* ${shown}: the file, or its rendition. */
static int count_text(struct counting *c, struct opened *o, uint64_t shown,
	enum sr_plain_encoding encoding, struct sr_err *e) {
	struct sr_plain plain;
	struct sr_buf bytes, text;
	struct sr_file f;
	int rc = sr_item_file(o->it, shown, &f, e);

	sr_plain_init(&plain, encoding);
	sr_buf_init_secret(&bytes);
	sr_buf_init_secret(&text);
	if (rc == 0)
		rc = sr_buf_reserve(&bytes, SR_BLOCK, e);
	for (uint64_t at = 0; rc == 0 && at < f.size; at += SR_BLOCK) {
		struct sr_range range = {
			shown, at, f.size - at < SR_BLOCK ? (size_t)(f.size - at) : SR_BLOCK};

		rc = sr_item_read(o->it, &range, bytes.p, e);
		bytes.len = range.len;
		sr_buf_clear(&text);
		if (rc == 0)
			rc = sr_plain_feed(&plain, &text, sr_bytes_of(bytes.p, range.len),
				at + range.len == f.size, e);
		if (rc == 0)
			rc = feed(c, sr_buf_view(&text), e);
	}
	if (rc == 0)
		line_over(c);
	sr_buf_free(&bytes);
	sr_buf_free(&text);
	return rc;
}

/* A media type is a controlled term; what is none is left out. */
static void put_kind(struct sr_buf *out, struct sr_bytes type) {
	for (size_t i = 0; i < type.len; i++) {
		const uint8_t b = type.p[i];

		if ((b < 'a' || b > 'z') && (b < '0' || b > '9') && b != '/' && b != '-' &&
			b != '.' && b != '+')
			return;
	}
	if (type.len > 0 && type.len < 100)
		sr_buf_printf(out, ", \"kind\": \"%.*s\"", (int)type.len, (const char *)type.p);
}

static int count_file(struct counting *c, struct opened *o, uint64_t index, const struct sr_file *f,
	struct sr_err *e) {
	enum sr_plain_encoding encoding = SR_PLAIN_UTF8;
	uint64_t shown = index;
	int rc = room_shown(&shown, &encoding, o, index, e);

	sr_buf_printf(c->out, "{\"file\": %llu", (unsigned long long)index);
	put_kind(c->out, f->media_type);
	if (rc == SR_UNSUPPORTED) {
		sr_buf_put_str(c->out, "}");
		return 0;
	}
	if (rc != 0)
		return rc;
	sr_buf_put_str(c->out, ", \"pages\": [");
	c->rendition = shown != index;
	c->first = true;
	c->in_page = c->going = false;
	c->page = 0;
	if (!c->rendition)
		begin_page(c, "text");
	rc = count_text(c, o, shown, encoding, e);
	end_page(c);
	sr_buf_put_str(c->out, "]}");
	return rc;
}

static int count_all(struct counting *c, struct opened *o, struct sr_err *e) {
	bool first = true;
	int rc = 0;

	sr_buf_put_str(c->out, "{\"strongroom-features\": 1, \"files\": [");
	for (uint64_t i = 0; rc == 0 && i < o->files; i++) {
		struct sr_file f;

		rc = sr_item_file(o->it, i, &f, e);
		if (rc != 0 || f.kind != SR_FILE_REGULAR || sr_file_is_rendition(&f))
			continue;
		sr_buf_put_str(c->out, first ? "\n" : ",\n");
		first = false;
		rc = count_file(c, o, i, &f, e);
	}
	sr_buf_put_str(c->out, "\n]}\n");
	return rc == 0 ? sr_buf_ok(c->out, e) : rc;
}

int sr_room_features(struct sr_room *r, const uint8_t checkout[SR_ID], const char *person,
	struct sr_buf *out, struct sr_err *e) {
	struct counting c = {.out = out};
	struct opened *o = NULL;
	int rc = room_find(&o, r, checkout, person, e);

	if (rc == 0 && strcmp(o->right, "quarantine") != 0 && strcmp(o->right, "redact") != 0)
		rc = sr_fail(e, SR_DENIED,
			"this checkout is of right %s: features are made by a curator from a look "
			"at a held item (right quarantine), or from a released one by the board's "
			"leave (right redact)",
			o->right);
	if (rc == 0)
		rc = sr_counter_new(&c.counter, e);
	sr_buf_init_secret(&c.line);
	if (rc == 0)
		rc = count_all(&c, o, e);
	sr_buf_free(&c.line);
	sr_counter_free(c.counter);
	return rc;
}
