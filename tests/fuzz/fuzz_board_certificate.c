/*
 * fuzz_board_certificate - the certificate of a destruction, and the report of an erasure, as a
 * client gets them from a vault.
 *
 * Input: u8 mode: 0 a note: refused, unless it is the one that was signed for the corpus; 1 a text,
 * signed here by the room key: what is read of it is what its lines say, and it is of this vault.
 * 2 and 3 the same of a report, which is of one person.
 */
#include "base/text.h"
#include "board/certificate.h"
#include "board/erasure.h"
#include "fuzz_crypto.h"
#include "merkle/note.h"

#define ORIGIN "test.example/vault"
#define PERSON "p-0123456789abcdef"

static void keys(uint8_t seed[SR_SEED], uint8_t pk[SR_PK], uint8_t vault[SR_HASH]) {
	t_fill(seed, SR_SEED, 5);
	t_fill(vault, SR_HASH, 3);
	sr_sign_public(pk, seed);
}

static void sign(struct sr_buf *note, struct sr_bytes text) {
	uint8_t seed[SR_SEED], pk[SR_PK], vault[SR_HASH];
	struct sr_vkey key;
	struct sr_err e;
	keys(seed, pk, vault);
	assert_ok(sr_vkey_make(&key, sr_bytes_str(ORIGIN "/room"), SR_NOTE_ED25519, pk, &e), &e);
	const struct sr_signer s = {.key = &key, .seed = seed, .person = true};
	if (sr_note_sign(note, text, &s, 1, &e) != 0)
		sr_buf_clear(note); /* no text of a note */
}

static void a_text(struct sr_buf *b) {
	uint8_t seed[SR_SEED], pk[SR_PK], vault[SR_HASH], hash[SR_HASH];
	keys(seed, pk, vault);
	t_fill(hash, SR_HASH, 9);
	sr_text_begin(b, "strongroom/certificate/v1");
	sr_text_put_hex(b, "vault", vault, SR_HASH);
	sr_text_put_dec(b, "entry", 41);
	sr_text_put_hex(b, "statement", hash, SR_HASH);
	sr_text_put_dec(b, "secrets", 0);
	sr_text_put_dec(b, "envelopes", 0);
	sr_text_put(b, "not-promised", "media");
}

static int read_note(struct sr_certificate *out, struct sr_bytes note) {
	uint8_t seed[SR_SEED], pk[SR_PK], vault[SR_HASH];
	struct sr_err e;
	keys(seed, pk, vault);
	const struct sr_certificate_want want = {ORIGIN, pk, vault, NULL};
	return sr_certificate_read(out, note, &want, &e);
}

static void check_note(struct sr_bytes in) {
	struct sr_certificate cert;
	struct sr_buf text, note;
	if (read_note(&cert, in) != 0)
		return;
	sr_buf_init(&text);
	sr_buf_init(&note);
	a_text(&text);
	sign(&note, sr_buf_view(&text));
	/* Lines of unknown signers may stand under it; the text is the one that was signed. */
	MUST(in.len >= text.len && memcmp(in.p, text.p, text.len) == 0);
	MUST(cert.entry == 41 && cert.secrets == 0);
	sr_buf_free(&text);
	sr_buf_free(&note);
}

static void check_text(struct sr_bytes in) {
	struct sr_certificate cert;
	struct sr_text t = {0};
	struct sr_buf note;
	char word[32];
	sr_buf_init(&note);
	sign(&note, in);
	if (note.len > 0 && read_note(&cert, sr_buf_view(&note)) == 0) {
		MUST(sr_text_parse(&t, in, NULL) == 0);
		MUST(sr_bytes_eq(t.type, sr_bytes_str("strongroom/certificate/v1")));
		(void)snprintf(word, sizeof word, "%llu", (unsigned long long)cert.entry);
		MUST(sr_bytes_eq(sr_text_get(&t, "entry"), sr_bytes_str(word)));
		(void)snprintf(word, sizeof word, "%llu", (unsigned long long)cert.secrets);
		MUST(sr_bytes_eq(sr_text_get(&t, "secrets"), sr_bytes_str(word)));
		sr_text_free(&t);
	}
	sr_buf_free(&note);
}

static void a_report(struct sr_buf *b) {
	uint8_t seed[SR_SEED], pk[SR_PK], vault[SR_HASH], hash[SR_HASH];
	keys(seed, pk, vault);
	t_fill(hash, SR_HASH, 9);
	sr_text_begin(b, "strongroom/erasure/v1");
	sr_text_put_hex(b, "vault", vault, SR_HASH);
	sr_text_put(b, "person", PERSON);
	sr_text_put_dec(b, "entry", 41);
	sr_text_put_hex(b, "statement", hash, SR_HASH);
	sr_text_put_dec(b, "keys", 0);
	sr_text_put(b, "not-promised", "media");
}

static int read_report(struct sr_erasure *out, struct sr_bytes note) {
	uint8_t seed[SR_SEED], pk[SR_PK], vault[SR_HASH];
	struct sr_err e;
	keys(seed, pk, vault);
	const struct sr_erasure_want want = {ORIGIN, pk, vault, PERSON};
	return sr_erasure_read(out, note, &want, &e);
}

static void check_report(struct sr_bytes in) {
	struct sr_erasure report;
	struct sr_buf text;
	if (read_report(&report, in) != 0)
		return;
	sr_buf_init(&text);
	a_report(&text);
	MUST(in.len >= text.len && memcmp(in.p, text.p, text.len) == 0);
	MUST(report.entry == 41 && report.keys == 0);
	sr_buf_free(&text);
}

static void check_report_text(struct sr_bytes in) {
	struct sr_erasure report;
	struct sr_text t = {0};
	struct sr_buf note;
	char word[32];
	sr_buf_init(&note);
	sign(&note, in);
	if (note.len > 0 && read_report(&report, sr_buf_view(&note)) == 0) {
		MUST(sr_text_parse(&t, in, NULL) == 0);
		MUST(sr_bytes_eq(t.type, sr_bytes_str("strongroom/erasure/v1")));
		MUST(sr_bytes_eq(sr_text_get(&t, "person"), sr_bytes_str(PERSON)));
		(void)snprintf(word, sizeof word, "%llu", (unsigned long long)report.keys);
		MUST(sr_bytes_eq(sr_text_get(&t, "keys"), sr_bytes_str(word)));
		sr_text_free(&t);
	}
	sr_buf_free(&note);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	fuzz_start();
	switch (fuzz_u8(&in) % 4) {
	case 0:
		check_note(in);
		break;
	case 1:
		check_text(in);
		break;
	case 2:
		check_report(in);
		break;
	default:
		check_report_text(in);
	}
	return 0;
}

void fuzz_seeds(void) {
	struct sr_buf text, note;
	fuzz_start();
	sr_buf_init(&text);
	sr_buf_init(&note);
	a_text(&text);
	sign(&note, sr_buf_view(&text));
	fuzz_seed_with("note", "\0", 1, sr_buf_view(&note));
	fuzz_seed_with("text", "\1", 1, sr_buf_view(&text));
	fuzz_seed_with("cut", "\1", 1, sr_bytes_of(text.p, text.len / 2));
	note.p[60] ^= 1;
	fuzz_seed_with("flip", "\0", 1, sr_buf_view(&note));
	sr_buf_clear(&text);
	sr_buf_clear(&note);
	a_report(&text);
	sign(&note, sr_buf_view(&text));
	fuzz_seed_with("report", "\2", 1, sr_buf_view(&note));
	fuzz_seed_with("report-text", "\3", 1, sr_buf_view(&text));
	sr_buf_free(&text);
	sr_buf_free(&note);
}
