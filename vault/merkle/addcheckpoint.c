/*
 * addcheckpoint - C2SP tlog-witness. The contract is in addcheckpoint.h.
 */
#include "merkle/addcheckpoint.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/escape.h"
#include "merkle/lines.h"

enum {
	QUOTED = 120 /* bytes of a body shown in an error: the witness's own sentence */
};

int sr_add_checkpoint_put(struct sr_buf *out, const struct sr_add_checkpoint *r, struct sr_err *e) {
	if (r->proof.count > SR_WITNESS_PROOF || r->old > SR_TREE_SIZE_MAX || r->note.len == 0)
		return sr_fail(e, SR_MISUSE,
			"request to a witness: old %" PRIu64 ", %zu hashes, note of %zu bytes",
			r->old, r->proof.count, r->note.len);
	sr_buf_printf(out, "old %" PRIu64 "\n", r->old);
	sr_proof_put(out, &r->proof);
	sr_buf_put_u8(out, '\n');
	sr_buf_put_bytes(out, r->note);
	return sr_buf_ok(out, e);
}

static int parse_request(struct sr_add_checkpoint *r, struct sr_bytes in, struct sr_err *e) {
	struct sr_bytes line, hashes;
	int rc;

	if (in.len > SR_WITNESS_REQUEST_MAX)
		return sr_fail(
			e, SR_LIMIT, "%zu bytes, at most %d", in.len, SR_WITNESS_REQUEST_MAX);
	if (!sr_take_line(&line, &in) || !sr_take_prefix(&line, "old "))
		return sr_fail(e, SR_CORRUPT, "the first line is not \"old <size>\"");
	rc = sr_parse_dec(&r->old, line, SR_TREE_SIZE_MAX, e);
	if (rc != 0) {
		(void)sr_wrap(e, "old");
		return rc;
	}
	hashes = sr_bytes_of(in.p, 0);
	for (size_t n = 0;; n++) {
		if (!sr_take_line(&line, &in))
			return sr_fail(e, SR_CORRUPT, "no empty line before the checkpoint");
		if (line.len == 0)
			break;
		if (n == SR_WITNESS_PROOF)
			return sr_fail(
				e, SR_LIMIT, "more than %d lines of proof", SR_WITNESS_PROOF);
		hashes.len += line.len + 1;
	}
	if (in.len == 0)
		return sr_fail(e, SR_CORRUPT, "no checkpoint");
	r->note = in;
	return sr_proof_parse(&r->proof, hashes, e);
}

int sr_add_checkpoint_parse(struct sr_add_checkpoint *out, struct sr_bytes in, struct sr_err *e) {
	struct sr_add_checkpoint r;
	int rc;

	memset(&r, 0, sizeof r);
	rc = parse_request(&r, in, e);
	if (rc != 0) {
		(void)sr_wrap(e, "add-checkpoint");
		return rc;
	}
	*out = r;
	return 0;
}

/* Whether ${type} is ${want}, whatever parameters follow. Media types have no case. */
static bool is_type(struct sr_bytes type, const char *want) {
	const size_t len = strlen(want);

	if (type.len < len || strncasecmp((const char *)type.p, want, len) != 0)
		return false;
	return type.len == len || type.p[len] == ';' || type.p[len] == ' ';
}

/* What a witness says is a sentence for people; its first line is shown. */
static const char *quoted(char out[QUOTED], struct sr_bytes body) {
	struct sr_bytes line = body;

	for (size_t i = 0; i < body.len; i++) {
		if (body.p[i] == '\n') {
			line.len = i;
			break;
		}
	}
	return sr_escape_to(out, QUOTED, line);
}

static enum sr_add_answer conflict(uint64_t *size, const struct sr_add_reply *r, struct sr_err *e) {
	struct sr_bytes line, rest = r->body;
	char shown[QUOTED];

	if (!is_type(r->type, SR_WITNESS_SIZE_TYPE)) {
		(void)!sr_fail(e, SR_CORRUPT,
			"409 without Content-Type " SR_WITNESS_SIZE_TYPE " (\"%s\")",
			quoted(shown, r->body));
		return SR_ADD_NONSENSE;
	}
	if (!sr_take_line(&line, &rest) || rest.len > 0 ||
		sr_parse_dec(size, line, SR_TREE_SIZE_MAX, NULL) != 0) {
		(void)!sr_fail(e, SR_CORRUPT,
			"409 whose body is not a size and a newline (\"%s\", %zu bytes)",
			quoted(shown, r->body), r->body.len);
		return SR_ADD_NONSENSE;
	}
	return SR_ADD_SIZE;
}

enum sr_add_answer sr_add_answer(uint64_t *size, const struct sr_add_reply *r, struct sr_err *e) {
	char shown[QUOTED];

	*size = 0;
	quoted(shown, r->body);
	switch (r->status) {
	case 200:
		if (r->body.len > 0)
			return SR_ADD_LINES;
		(void)!sr_fail(e, SR_CORRUPT, "200 without a signature line");
		return SR_ADD_NONSENSE;
	case 409:
		return conflict(size, r, e);
	case 422:
		(void)!sr_fail(e, SR_AUTH,
			"422: by its memory this log's history is another "
			"(\"%s\")",
			shown);
		return SR_ADD_DENIES;
	case 403:
		(void)!sr_fail(
			e, SR_DENIED, "403: it does not know the key of this log (\"%s\")", shown);
		return SR_ADD_SETUP;
	case 404:
		(void)!sr_fail(e, SR_NOTFOUND,
			"404: it does not know this log, or the address is wrong (\"%s\")", shown);
		return SR_ADD_SETUP;
	case 408:
	case 425:
	case 429:
		(void)!sr_fail(
			e, SR_LOCKED, "%u: it wants to be asked later (\"%s\")", r->status, shown);
		return SR_ADD_LATER;
	default:
		break;
	}
	if (r->status >= 500 && r->status <= 599) {
		(void)!sr_fail(e, SR_IO, "%u: it cannot answer now (\"%s\")", r->status, shown);
		return SR_ADD_LATER;
	}
	if (r->status >= 300 && r->status <= 399) {
		(void)!sr_fail(e, SR_UNSUPPORTED,
			"%u: it sends us elsewhere, which is not followed", r->status);
		return SR_ADD_SETUP;
	}
	(void)!sr_fail(
		e, SR_UNSUPPORTED, "%u: not an answer of a witness (\"%s\")", r->status, shown);
	return SR_ADD_SETUP;
}
