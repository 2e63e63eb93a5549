/*
 * fuzz_intake_texts - texts that intake is told: the host's list of scanners and limits, facts out
 * of the sandbox, the recipient that a vault names. Refused with a sentence, or within the bounds.
 *
 * Input: u8 mode: 0 scanners, 1 a fact (its key to the first NUL, then its value), 2 the
 * recipient's text, signed here, so that what is fuzzed is what the holder of the key could write.
 */
#include "base/escape.h"
#include "catalogue/lists.h"
#include "crypto/age.h"
#include "crypto/sign.h"
#include "fuzz_crypto.h"
#include "intake/about.h"
#include "intake/recipient.h"
#include "intake/scanners.h"

static void check_scanners(struct sr_bytes in) {
	struct sr_err e = {0};
	const int rc = sr_scanners_check(in, &e);
	if (rc == 0) {
		MUST(in.len <= SR_SCANNERS_FILE);
		return;
	}
	MUST((int)e.code == rc && e.text[0] != '\0');
	MUST(sr_utf8_valid(sr_bytes_str(e.text)));
}

static void check_fact(struct sr_bytes in) {
	const uint8_t *end = in.len > 0 ? memchr(in.p, 0, in.len) : NULL;
	const size_t key = end == NULL ? in.len : (size_t)(end - in.p);
	const size_t skip = end == NULL ? key : key + 1;
	const struct sr_bytes value = sr_bytes_of(in.p + skip, in.len - skip);
	if (sr_about_takes(sr_bytes_of(in.p, key), value))
		MUST(key <= SR_FACT_KEY_MAX && value.len <= SR_FACT_VALUE_MAX);
}

static void check_recipient(struct sr_bytes in) {
	uint8_t seed[SR_SEED], pk[SR_PK], sig[SR_SIG], fingerprint[SR_HASH];
	char out[SR_AGE_RECIPIENT_TEXT] = "";
	struct sr_err e = {0};
	t_fill(seed, sizeof seed, 5);
	t_fill(fingerprint, sizeof fingerprint, 6);
	sr_sign_public(pk, seed);
	if (sr_sign(sig, seed, in, &e) != 0)
		return; /* no text of ours */
	const int rc = sr_intake_recipient_read(out, in, sig, fingerprint, pk, &e);
	if (rc != 0) {
		MUST((int)e.code == rc && e.text[0] != '\0' && out[0] == '\0');
		return;
	}
	MUST(strlen(out) == SR_AGE_RECIPIENT_TEXT - 1);
	MUST(memmem(in.p, in.len, out, strlen(out)) != NULL);
	sig[3] ^= 1;
	MUST(sr_intake_recipient_read(out, in, sig, fingerprint, pk, &e) == SR_AUTH);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	fuzz_start();
	switch (fuzz_u8(&in) % 3) {
	case 0:
		check_scanners(in);
		break;
	case 1:
		check_fact(in);
		break;
	default:
		check_recipient(in);
	}
	return 0;
}

void fuzz_seeds(void) {
	static const char scanners[] = "# the host's\nclamd /run/clamav/clamd.ctl\n"
				       "command /usr/bin/scan --stdin -\nlimit depth 4\n"
				       "limit bytes 1048576\nlimit signatures-days 7\n";
	fuzz_start();
	fuzz_seed_with("scanners", "\0", 1, sr_bytes_str(scanners));
	fuzz_seed_with("no-scanners", "\0", 1, sr_bytes_str(""));
	fuzz_seed_with("fact", "\1", 1, sr_bytes_of("pages\0twelve", 12));
	fuzz_seed_with("title", "\1", 1, sr_bytes_of("title\0Of the file", 17));
	struct sr_buf b;
	uint8_t sk[SR_X_SK], pk[SR_X_PK], fingerprint[SR_HASH];
	char recipient[SR_AGE_RECIPIENT_TEXT];
	t_fill(sk, sizeof sk, 7);
	t_fill(fingerprint, sizeof fingerprint, 6);
	sr_box_public(pk, sk);
	sr_age_recipient_text(recipient, pk);
	sr_buf_init(&b);
	sr_text_begin(&b, "strongroom/intake-recipient/v1");
	sr_text_put_hex(&b, "vault", fingerprint, SR_HASH);
	sr_text_put(&b, "recipient", recipient);
	fuzz_seed_with("recipient", "\2", 1, sr_buf_view(&b));
	sr_buf_free(&b);
}
