/*
 * checkpoint - C2SP tlog-checkpoint. The contract is in checkpoint.h.
 */
#include "merkle/checkpoint.h"

#include <inttypes.h>
#include <string.h>

#include "base/escape.h"
#include "merkle/lines.h"

enum {
	QUOTED = 96 /* bytes of an origin shown in an error */
};

static int check_origin(struct sr_bytes origin, struct sr_err *e) {
	if (origin.len == 0 || origin.len > SR_NAME_MAX)
		return sr_fail(e, SR_CORRUPT, "checkpoint: origin of %zu bytes, want 1 to %d",
			origin.len, SR_NAME_MAX);
	for (size_t i = 0; i < origin.len; i++)
		if (origin.p[i] < 0x20)
			return sr_fail(e, SR_CORRUPT,
				"checkpoint: control byte 0x%02x in the origin", origin.p[i]);
	if (!sr_utf8_valid(origin))
		return sr_fail(e, SR_CORRUPT, "checkpoint: the origin is not UTF-8");
	return 0;
}

int sr_checkpoint_put(struct sr_buf *out, const struct sr_checkpoint *c, struct sr_err *e) {
	int rc = check_origin(sr_bytes_str(c->origin), e);

	if (rc != 0)
		return rc;
	if (c->size > SR_TREE_SIZE_MAX)
		return sr_fail(e, SR_LIMIT, "checkpoint: size %" PRIu64 ", at most %" PRIu64,
			c->size, SR_TREE_SIZE_MAX);
	sr_buf_printf(out, "%s\n%" PRIu64 "\n", c->origin, c->size);
	sr_buf_put_base64(out, c->root, SR_HASH);
	sr_buf_put_u8(out, '\n');
	return sr_buf_ok(out, e);
}

int sr_checkpoint_parse(struct sr_checkpoint *out, struct sr_bytes text, struct sr_err *e) {
	struct sr_checkpoint c;
	struct sr_bytes line, rest = text;
	int rc;

	memset(&c, 0, sizeof c);
	if (!sr_take_line(&line, &rest))
		return sr_fail(e, SR_CORRUPT, "checkpoint: no origin line");
	rc = check_origin(line, e);
	if (rc != 0)
		return rc;
	memcpy(c.origin, line.p, line.len);
	if (!sr_take_line(&line, &rest))
		return sr_fail(e, SR_CORRUPT, "checkpoint: no size line");
	rc = sr_parse_dec(&c.size, line, SR_TREE_SIZE_MAX, e);
	if (rc != 0) {
		(void)sr_wrap(e, "checkpoint: size");
		return rc;
	}
	if (!sr_take_line(&line, &rest))
		return sr_fail(e, SR_CORRUPT, "checkpoint: no root line");
	rc = sr_unbase64_fixed(c.root, SR_HASH, line, e);
	if (rc != 0) {
		(void)sr_wrap(e, "checkpoint: root");
		return rc;
	}
	c.extension = rest;
	for (size_t i = 4; rest.len > 0; i++) {
		if (!sr_take_line(&line, &rest))
			return sr_fail(
				e, SR_CORRUPT, "checkpoint: line %zu does not end in a newline", i);
		if (line.len == 0)
			return sr_fail(e, SR_CORRUPT, "checkpoint: line %zu is empty", i);
	}
	*out = c;
	return 0;
}

int sr_checkpoint_sign(struct sr_buf *out, const struct sr_checkpoint *c,
	const struct sr_signer *signers, size_t count, struct sr_err *e) {
	struct sr_buf text;
	int rc;

	for (size_t i = 0; i < count; i++)
		if (strcmp(signers[i].key->name, c->origin) != 0)
			return sr_fail(e, SR_MISUSE,
				"checkpoint of \"%s\" signed by the key of \"%s\"", c->origin,
				signers[i].key->name);
	sr_buf_init(&text);
	rc = sr_checkpoint_put(&text, c, e);
	if (rc == 0)
		rc = sr_note_sign(out, sr_buf_view(&text), signers, count, e);
	sr_buf_free(&text);
	return rc;
}

int sr_checkpoint_open(struct sr_checkpoint *out, struct sr_note *note, struct sr_bytes in,
	const struct sr_log *log, struct sr_err *e) {
	struct sr_checkpoint c;
	char have[QUOTED], want[QUOTED];
	int rc = sr_note_open(note, in, log->keys, log->count, e);

	if (rc != 0) {
		(void)sr_wrap(e, "checkpoint");
		return rc;
	}
	rc = sr_checkpoint_parse(&c, note->text, e);
	if (rc == 0 && strcmp(c.origin, log->origin) != 0)
		rc = sr_fail(e, SR_AUTH, "checkpoint: is of \"%s\", want \"%s\"",
			sr_escape_to(have, sizeof have, sr_bytes_str(c.origin)),
			sr_escape_to(want, sizeof want, sr_bytes_str(log->origin)));
	if (rc != 0) {
		sr_note_free(note);
		return rc;
	}
	*out = c;
	return 0;
}
