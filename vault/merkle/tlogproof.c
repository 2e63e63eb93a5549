/*
 * tlogproof - C2SP tlog-proof files. The contract is in tlogproof.h.
 */
#include "merkle/tlogproof.h"

#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "merkle/lines.h"

static const char first_line[] = "c2sp.org/tlog-proof@v1";

int sr_tlogproof_put(struct sr_buf *out, const struct sr_tlogproof *p, struct sr_err *e) {
	struct sr_buf b;
	int rc;

	if (p->index >= SR_TREE_SIZE_MAX || p->proof.count > SR_PROOF_MAX || p->checkpoint.len == 0)
		return sr_fail(e, SR_MISUSE,
			"tlog proof: index %" PRIu64 ", %zu hashes, checkpoint of %zu bytes",
			p->index, p->proof.count, p->checkpoint.len);
	sr_buf_init(&b);
	sr_buf_printf(&b, "%s\n", first_line);
	if (p->extra.len > 0) {
		sr_buf_put_str(&b, "extra ");
		sr_buf_put_base64(&b, p->extra.p, p->extra.len);
		sr_buf_put_u8(&b, '\n');
	}
	sr_buf_printf(&b, "index %" PRIu64 "\n", p->index);
	sr_proof_put(&b, &p->proof);
	sr_buf_put_u8(&b, '\n');
	sr_buf_put_bytes(&b, p->checkpoint);
	rc = sr_buf_ok(&b, e);
	if (rc == 0 && b.len > SR_PROOF_FILE_MAX)
		rc = sr_fail(
			e, SR_LIMIT, "tlog proof: %zu bytes, at most %d", b.len, SR_PROOF_FILE_MAX);
	if (rc == 0) {
		sr_buf_put_buf(out, &b);
		rc = sr_buf_ok(out, e);
	}
	sr_buf_free(&b);
	return rc;
}

/* The lines before the hashes; ${in} moves past them. */
static int parse_head(struct sr_tlogproof *p, struct sr_bytes *in, struct sr_err *e) {
	struct sr_bytes line;
	int rc;

	if (!sr_take_line(&line, in) || !sr_bytes_eq(line, sr_bytes_str(first_line)))
		return sr_fail(e, SR_CORRUPT, "the first line is not %s", first_line);
	if (!sr_take_line(&line, in))
		return sr_fail(e, SR_CORRUPT, "no index line");
	if (sr_take_prefix(&line, "extra ")) {
		rc = sr_unbase64(&p->own, line, e);
		if (rc != 0) {
			(void)sr_wrap(e, "extra");
			return rc;
		}
		if (p->own.len == 0)
			return sr_fail(e, SR_CORRUPT, "an extra line without data");
		p->extra = sr_buf_view(&p->own);
		if (!sr_take_line(&line, in))
			return sr_fail(e, SR_CORRUPT, "no index line");
	}
	if (!sr_take_prefix(&line, "index "))
		return sr_fail(e, SR_CORRUPT, "no index line");
	rc = sr_parse_dec(&p->index, line, SR_TREE_SIZE_MAX - 1, e);
	if (rc != 0)
		(void)sr_wrap(e, "index");
	return rc;
}

static int parse_file(struct sr_tlogproof *p, struct sr_bytes in, struct sr_err *e) {
	struct sr_bytes hashes, line;
	int rc;

	if (in.len > SR_PROOF_FILE_MAX)
		return sr_fail(e, SR_LIMIT, "%zu bytes, at most %d", in.len, SR_PROOF_FILE_MAX);
	rc = parse_head(p, &in, e);
	if (rc != 0)
		return rc;
	hashes = sr_bytes_of(in.p, 0);
	for (;;) {
		if (!sr_take_line(&line, &in))
			return sr_fail(e, SR_CORRUPT, "no empty line before the checkpoint");
		if (line.len == 0)
			break;
		hashes.len += line.len + 1;
	}
	if (in.len == 0)
		return sr_fail(e, SR_CORRUPT, "no checkpoint");
	p->checkpoint = in;
	return sr_proof_parse(&p->proof, hashes, e);
}

int sr_tlogproof_parse(struct sr_tlogproof *out, struct sr_bytes in, struct sr_err *e) {
	struct sr_tlogproof p;
	int rc;

	memset(&p, 0, sizeof p);
	sr_buf_init(&p.own);
	rc = parse_file(&p, in, e);
	if (rc != 0) {
		(void)sr_wrap(e, "tlog proof");
		sr_tlogproof_free(&p);
	}
	*out = p;
	return rc;
}

void sr_tlogproof_free(struct sr_tlogproof *p) {
	if (p == NULL)
		return;
	sr_buf_free(&p->own);
	memset(p, 0, sizeof *p);
	sr_buf_init(&p->own);
}

int sr_tlogproof_verify(struct sr_checkpoint *out, const struct sr_tlogproof *p,
	const uint8_t leaf[SR_HASH], const struct sr_log *log, const struct sr_policy *policy,
	struct sr_err *e) {
	struct sr_checkpoint c;
	struct sr_note note;
	int rc = sr_checkpoint_open(&c, &note, p->checkpoint, log, e);

	if (rc == 0 && policy != NULL)
		rc = sr_policy_check(policy, &note, NULL, e);
	if (rc == 0)
		rc = sr_proof_check_inclusion(&p->proof, p->index, c.size, leaf, c.root, e);
	sr_note_free(&note);
	if (rc != 0) {
		(void)sr_wrap(e, "tlog proof");
		return rc;
	}
	if (out != NULL)
		*out = c;
	return 0;
}
