/*
 * cosignature - C2SP tlog-cosignature v1. The contract is in cosignature.h.
 */
#include "merkle/cosignature.h"

#include <inttypes.h>
#include <string.h>

#include "base/escape.h"
#include "merkle/checkpoint.h"

enum {
	STAMP = 8,  /* bytes of time before the signature */
	QUOTED = 96 /* bytes of a name shown in an error */
};

/* The bytes that are signed. */
static int message(struct sr_buf *out, uint64_t time, struct sr_bytes text, struct sr_err *e) {
	sr_buf_printf(out, "cosignature/v1\ntime %" PRIu64 "\n", time);
	sr_buf_put_bytes(out, text);
	return sr_buf_ok(out, e);
}

int sr_cosign_line(struct sr_buf *out, struct sr_bytes text, const struct sr_signer *witness,
	uint64_t time, struct sr_err *e) {
	const struct sr_vkey *k = witness->key;
	uint8_t pk[SR_PK], field[STAMP + SR_SIG];
	struct sr_checkpoint c;
	struct sr_buf msg;
	int rc = sr_note_text_check(text, e);

	if (rc == 0)
		rc = sr_checkpoint_parse(&c, text, e);
	if (rc != 0)
		return rc;
	if (k->type != SR_NOTE_COSIGN || time > INT64_MAX || witness->person)
		return sr_fail(e, SR_MISUSE,
			"key \"%s\" of type 0x%02x does not cosign at time %" PRIu64, k->name,
			k->type, time);
	sr_sign_public(pk, witness->seed);
	if (memcmp(pk, k->pk, sizeof pk) != 0)
		return sr_fail(
			e, SR_MISUSE, "the seed given for \"%s\" is of another key", k->name);
	sr_buf_init(&msg);
	rc = message(&msg, time, text, e);
	if (rc == 0) {
		sr_be64_put(field, time);
		sr_sign_raw(field + STAMP, witness->seed, sr_buf_view(&msg));
		rc = sr_note_put_line(out, k, sr_bytes_of(field, sizeof field), e);
	}
	sr_buf_free(&msg);
	return rc;
}

/* 0 and ${time}, or AUTH without a sentence; NOMEM. */
static int verify_field(uint64_t *time, struct sr_bytes field, const uint8_t pk[SR_PK],
	struct sr_bytes text, struct sr_err *e) {
	struct sr_buf msg;
	uint64_t t;
	int rc;

	if (field.len != STAMP + SR_SIG)
		return SR_AUTH;
	t = sr_be64_get(field.p);
	if (t > INT64_MAX)
		return SR_AUTH;
	sr_buf_init(&msg);
	rc = message(&msg, t, text, e);
	if (rc == 0)
		rc = sr_verify(field.p + STAMP, pk, sr_buf_view(&msg), NULL);
	if (rc == 0)
		*time = t;
	sr_buf_free(&msg);
	return rc;
}

/* One line against all keys: mark the key that made it. AUTH if a key is meant and did not. */
static int verify_line(struct sr_cosigned *out, const struct sr_note_line *l, struct sr_bytes text,
	const struct sr_vkey *keys, size_t count, struct sr_err *e) {
	const struct sr_vkey *meant = NULL;
	char quoted[QUOTED];

	for (size_t i = 0; i < count; i++) {
		uint64_t time = 0;
		int rc;

		if (keys[i].type != SR_NOTE_COSIGN || !sr_note_line_is(l, &keys[i]))
			continue;
		meant = &keys[i];
		rc = verify_field(&time, l->sig, keys[i].pk, text, e);
		if (rc == 0) {
			if (!out[i].valid || time > out[i].time)
				out[i].time = time;
			out[i].valid = true;
			return 0;
		}
		if (rc != SR_AUTH)
			return rc;
	}
	if (meant == NULL)
		return 0;
	return sr_fail(e, SR_AUTH, "checkpoint: the cosignature of \"%s\" does not verify",
		sr_escape_to(quoted, sizeof quoted, sr_bytes_str(meant->name)));
}

int sr_cosign_verify(struct sr_cosigned *out, const struct sr_note *n, const struct sr_vkey *keys,
	size_t count, struct sr_err *e) {
	int rc = 0;

	if (count > 0)
		memset(out, 0, count * sizeof *out);
	for (size_t i = 0; i < n->count && rc == 0; i++)
		rc = verify_line(out, &n->lines[i], n->text, keys, count, e);
	if (rc != 0 && count > 0)
		memset(out, 0, count * sizeof *out); /* nobody relies on half a check */
	return rc;
}
