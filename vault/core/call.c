/*
 * Heads are base/text.h, so there is one spelling of each; what is here is the two type lines,
 * the line that must come first, and the mapping of codes to names. The code of a reply is a name
 * because numbers of an enum are nobody's contract.
 */
#include "core/call.h"

#include <string.h>

#include "base/escape.h"
#include "base/limits.h"
#include "core/wire.h"

#define TYPE_CALL "strongroom/call/v1"
#define TYPE_REPLY "strongroom/reply/v1"

enum {
	CODE_LAST = 12
}; /* codes are 0 to -12 */

void sr_call_init(struct sr_call *c) {
	memset(c, 0, sizeof *c);
	sr_buf_init(&c->head);
	sr_buf_init_secret(&c->body);
}

static void drop_text(struct sr_call *c) {
	sr_text_free(&c->text);
	memset(&c->text, 0, sizeof c->text);
}

void sr_call_free(struct sr_call *c) {
	drop_text(c);
	sr_buf_free(&c->head);
	sr_buf_free(&c->body);
}

void sr_call_clear(struct sr_call *c) {
	drop_text(c);
	sr_buf_clear(&c->head);
	sr_buf_clear(&c->body);
}

void sr_call_begin(struct sr_call *c, const char *op) {
	sr_call_clear(c);
	sr_text_begin(&c->head, TYPE_CALL);
	sr_text_put(&c->head, "op", op);
}

void sr_reply_begin(struct sr_call *c, int code, const struct sr_err *why) {
	sr_call_clear(c);
	sr_text_begin(&c->head, TYPE_REPLY);
	sr_text_put(&c->head, "code", sr_code_name((enum sr_code)code));
	if (code != 0 && why != NULL && why->text[0] != '\0')
		sr_text_put_base64(&c->head, "error", why->text, strlen(why->text));
}

/* A reply: 0, or its code with its sentence. */
static int reply_code(struct sr_call *c, struct sr_err *e) {
	const struct sr_line *first = c->text.count > 0 ? &c->text.lines[0] : NULL;
	if (first == NULL || !sr_bytes_eq(first->key, sr_bytes_str("code")))
		return sr_fail(e, SR_CORRUPT, "reply does not begin with a line `code`");
	int code = 1;
	for (int i = 0; i <= CODE_LAST; i++) {
		if (sr_bytes_eq(first->value, sr_bytes_str(sr_code_name((enum sr_code) - i))))
			code = -i;
	}
	char shown[64];
	if (code > 0)
		return sr_fail(e, SR_CORRUPT, "reply has the code \"%s\", which is none of ours",
			sr_escape_to(shown, sizeof shown, first->value));
	if (code == 0)
		return 0;
	struct sr_bytes why = sr_text_get(&c->text, "error");
	if (why.p == NULL)
		return sr_fail(e, (enum sr_code)code, "core says %s without a sentence",
			sr_code_name((enum sr_code)code));
	struct sr_buf text;
	sr_buf_init(&text);
	int rc = sr_unbase64(&text, why, e);
	if (rc == 0) {
		char sentence[768];
		sr_escape_to(sentence, sizeof sentence, sr_buf_view(&text));
		rc = sr_fail(e, (enum sr_code)code, "%s", sentence);
	}
	sr_buf_free(&text);
	return rc;
}

int sr_call_parse(struct sr_call *c, struct sr_err *e) {
	drop_text(c);
	struct sr_text t = {0};
	/* One that was cut short for want of memory is not a broken one. */
	int rc = sr_buf_ok(&c->head, e);
	if (rc == 0)
		rc = sr_text_parse(&t, sr_buf_view(&c->head), e);
	if (rc != 0)
		return sr_wrap(e, "message");
	c->text = t;
	if (sr_bytes_eq(t.type, sr_bytes_str(TYPE_REPLY)))
		return reply_code(c, e);
	char shown[96];
	if (!sr_bytes_eq(t.type, sr_bytes_str(TYPE_CALL)))
		return sr_fail(e, SR_UNSUPPORTED,
			"message of type \"%s\": " TYPE_CALL " and " TYPE_REPLY " are read here",
			sr_escape_to(shown, sizeof shown, t.type));
	if (t.count == 0 || !sr_bytes_eq(t.lines[0].key, sr_bytes_str("op")))
		return sr_fail(e, SR_CORRUPT, "call does not begin with a line `op`");
	return 0;
}

int sr_wire_put(uint8_t out[SR_WIRE_HEADER], const struct sr_call *c, struct sr_err *e) {
	int rc = sr_buf_ok(&c->head, e);
	if (rc == 0)
		rc = sr_buf_ok(&c->body, e);
	if (rc != 0)
		return sr_wrap(e, "message");
	if (c->head.len == 0 || c->head.len > SR_TEXT_MAX)
		return sr_fail(e, SR_LIMIT, "message: header of %zu bytes, 1 to %d can be sent",
			c->head.len, SR_TEXT_MAX);
	if (c->body.len > SR_CALL_BODY_MAX)
		return sr_fail(e, SR_LIMIT, "message: body of %zu bytes, at most %d can be sent",
			c->body.len, SR_CALL_BODY_MAX);
	sr_le32_put(out, (uint32_t)c->head.len);
	sr_le32_put(out + 4, (uint32_t)c->body.len);
	return 0;
}

int sr_wire_get(struct sr_wire *out, const uint8_t in[SR_WIRE_HEADER], struct sr_err *e) {
	const struct sr_wire w = {.head = sr_le32_get(in), .body = sr_le32_get(in + 4)};
	if (w.head == 0 || w.head > SR_TEXT_MAX)
		return sr_fail(e, SR_CORRUPT, "message: header of %u bytes, want 1 to %d", w.head,
			SR_TEXT_MAX);
	if (w.body > SR_CALL_BODY_MAX)
		return sr_fail(e, SR_CORRUPT, "message: body of %u bytes, want at most %d", w.body,
			SR_CALL_BODY_MAX);
	*out = w;
	return 0;
}
