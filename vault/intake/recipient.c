/*
 * recipient - see recipient.h.
 */
#include "intake/recipient.h"

#include <string.h>

#include "board/service.h"
#include "crypto/sign.h"

static const char TYPE[] = "strongroom/intake-recipient/v1";

void sr_intake_age_key(uint8_t sk[SR_X_SK], const struct sr_vault *v) {
	SR_HASH_OF(sk, TYPE, v->keys->s->intake_sk, sr_bytes_of(v->fingerprint, SR_HASH));
}

static void put_text(
	struct sr_buf *out, const uint8_t fingerprint[SR_HASH], const char *recipient) {
	sr_text_begin(out, TYPE);
	sr_text_put_hex(out, "vault", fingerprint, SR_HASH);
	sr_text_put(out, "recipient", recipient);
}

int sr_intake_recipient_sign(
	struct sr_buf *text, uint8_t sig[SR_SIG], const struct sr_vault *v, struct sr_err *e) {
	char recipient[SR_AGE_RECIPIENT_TEXT];
	uint8_t sk[SR_X_SK], pk[SR_X_PK];
	int rc;

	sr_intake_age_key(sk, v);
	sr_box_public(pk, sk);
	sr_wipe(sk, sizeof sk);
	sr_age_recipient_text(recipient, pk);
	put_text(text, v->fingerprint, recipient);
	rc = sr_buf_ok(text, e);
	return rc == 0 ? sr_sign(sig, v->keys->s->room_seed, sr_buf_view(text), e) : rc;
}

int sr_intake_recipient_read(char out[SR_AGE_RECIPIENT_TEXT], struct sr_bytes text,
	const uint8_t sig[SR_SIG], const uint8_t fingerprint[SR_HASH], const uint8_t room_pk[SR_PK],
	struct sr_err *e) {
	static const char key[] = "recipient ";
	const size_t tail = SR_AGE_RECIPIENT_TEXT; /* with the line's end in place of the NUL */
	char recipient[SR_AGE_RECIPIENT_TEXT];
	struct sr_buf want;
	uint8_t pk[SR_X_PK];
	int rc;

	if (text.len < tail + sizeof key - 1)
		return sr_fail(e, SR_CORRUPT,
			"the recipient's text has %zu bytes, want %zu or more", text.len,
			tail + sizeof key - 1);
	memcpy(recipient, text.p + text.len - tail, tail - 1);
	recipient[tail - 1] = '\0';
	rc = sr_age_recipient_parse(pk, sr_bytes_str(recipient), e);
	if (rc != 0)
		return rc;
	sr_buf_init(&want);
	put_text(&want, fingerprint, recipient);
	rc = sr_buf_ok(&want, e);
	if (rc == 0 && !sr_bytes_eq(sr_buf_view(&want), text))
		rc = sr_fail(e, SR_AUTH, "the recipient's text is not one of this vault");
	if (rc == 0)
		rc = sr_verify(sig, room_pk, text, e);
	sr_buf_free(&want);
	if (rc == 0)
		memcpy(out, recipient, sizeof recipient);
	return rc;
}
