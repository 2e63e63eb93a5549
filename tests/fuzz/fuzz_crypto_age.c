/*
 * fuzz_crypto_age - age files: a header and its stream, read in pieces of any size.
 *
 * Input: u8 mode, u16 size of the pieces, then by mode
 *   0  the file
 *   1  stanzas that go before ours in a header whose MAC is made anew: what another recipient of
 *      the same file may write
 *   2  u16 offset, u8 xor, plaintext: a real file with one byte changed
 *   3  text of a recipient or an identity
 */
#include "crypto/age.h"
#include "fuzz_crypto.h"

static const char first_line[] = "age-encryption.org/v1\n";

static void our_key(uint8_t sk[SR_X_SK], uint8_t pk[SR_X_PK]) {
	t_fill(sk, SR_X_SK, 11);
	sr_box_public(pk, sk);
}

static void write_file(struct sr_buf *out, struct sr_bytes plain) {
	uint8_t keys[1][SR_X_PK], sk[SR_X_SK];
	struct sr_age_writer *w = NULL;
	struct sr_err e;
	our_key(sk, keys[0]);
	assert_ok(
		sr_age_writer_new(&w, (const uint8_t(*)[SR_X_PK])keys, 1, sr_age_sink_buf(out), &e),
		&e);
	assert_ok(sr_age_writer_write(w, plain.p, plain.len, &e), &e);
	assert_ok(sr_age_writer_finish(w, &e), &e);
	sr_age_writer_free(w);
	assert_ok(sr_buf_ok(out, &e), &e);
}

/* The result of reading ${file}, ${step} bytes at a time. */
static int read_file(struct sr_buf *out, struct sr_bytes file, size_t step) {
	uint8_t sk[SR_X_SK], pk[SR_X_PK];
	struct sr_age_reader *r = NULL;
	struct sr_err e;
	int rc = 0;
	our_key(sk, pk);
	assert_ok(sr_age_reader_new(&r, sk, sr_age_sink_buf(out), &e), &e);
	while (rc == 0 && file.len > 0) {
		struct sr_bytes piece = fuzz_take(&file, step);
		rc = sr_age_reader_write(r, piece.p, piece.len, &e);
	}
	int end = sr_age_reader_finish(r, &e);
	MUST(rc == 0 || end == rc); /* the first failure is final */
	sr_age_reader_free(r);
	return end;
}

/* Pieces make no difference, neither to the result nor to what was let out before a failure. */
static int read_both(struct sr_buf *out, struct sr_bytes file, size_t step) {
	struct sr_buf whole;
	sr_buf_init(&whole);
	int rc = read_file(&whole, file, file.len == 0 ? 1 : file.len);
	MUST(read_file(out, file, step == 0 ? 1 : step) == rc);
	MUST(sr_bytes_eq(sr_buf_view(out), sr_buf_view(&whole)));
	sr_buf_free(&whole);
	return rc;
}

/* A header with ${extra} before our stanza, its MAC made anew, and the payload of "hello". The file
 * key is the first thing that the writer draws. */
static void crafted(struct sr_buf *out, struct sr_bytes extra) {
	struct sr_buf real, header;
	uint8_t file_key[16], mac_key[32], mac[32];
	sr_buf_init(&real);
	sr_buf_init(&header);
	fuzz_random_at = 0;
	fuzz_random(file_key, sizeof file_key);
	fuzz_random_at = 0;
	write_file(&real, sr_bytes_str("hello"));
	char *text = fuzz_str(sr_buf_view(&real));
	char *end = strstr(text, "\n---");
	MUST(end != NULL);
	size_t stanzas = (size_t)(end - text) + 1 - (sizeof first_line - 1);
	sr_buf_put_str(&header, first_line);
	sr_buf_put_bytes(&header, extra);
	sr_buf_put(&header, text + sizeof first_line - 1, stanzas);
	sr_buf_put_str(&header, "---");
	MUST(sr_age_hkdf(mac_key, sizeof mac_key, sr_bytes_of(file_key, sizeof file_key),
		     sr_bytes_of(NULL, 0), sr_bytes_str("header")) == 0);
	sr_age_hmac(mac, sr_bytes_of(mac_key, sizeof mac_key), sr_buf_view(&header));
	sr_buf_put_bytes(out, sr_buf_view(&header));
	sr_buf_put_u8(out, ' ');
	sr_buf_put_base64(out, mac, sizeof mac);
	out->len--; /* without padding */
	sr_buf_put_u8(out, '\n');
	char *payload = strchr(end + 1, '\n') + 1;
	sr_buf_put(out, real.p + (payload - text), real.len - (size_t)(payload - text));
	MUST(sr_buf_ok(out, NULL) == 0);
	free(text);
	sr_buf_free(&real);
	sr_buf_free(&header);
}

static void check_keys(struct sr_bytes text) {
	char out[SR_AGE_IDENTITY_TEXT];
	uint8_t key[32];
	struct sr_err e;
	if (sr_age_recipient_parse(key, text, &e) == 0) {
		sr_age_recipient_text(out, key);
		MUST(sr_bytes_eq(text, sr_bytes_str(out)));
	}
	if (sr_age_identity_parse(key, text, &e) == 0) {
		sr_age_identity_text(out, key);
		MUST(sr_bytes_eq(text, sr_bytes_str(out)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	struct sr_buf file, out;
	fuzz_start();
	uint8_t mode = fuzz_u8(&in) % 4;
	size_t step = fuzz_u16(&in);
	sr_buf_init(&file);
	sr_buf_init(&out);
	if (mode == 0) {
		(void)read_both(&out, in, step);
	} else if (mode == 1) {
		crafted(&file, in);
		if (read_both(&out, sr_buf_view(&file), step) == 0)
			MUST(sr_bytes_eq(sr_buf_view(&out), sr_bytes_str("hello")));
		else
			MUST(in.len > 0);
	} else if (mode == 2) {
		size_t at = fuzz_u16(&in);
		uint8_t flip = fuzz_u8(&in);
		write_file(&file, in);
		file.p[at % file.len] ^= flip;
		int rc = read_both(&out, sr_buf_view(&file), step);
		MUST((rc == 0) == (flip == 0));
		MUST(out.len <= in.len && (out.len == 0 || memcmp(out.p, in.p, out.len) == 0));
		MUST(rc != 0 || out.len == in.len);
	} else {
		check_keys(in);
	}
	sr_buf_free(&file);
	sr_buf_free(&out);
	return 0;
}

void fuzz_seeds(void) {
	char text[SR_AGE_IDENTITY_TEXT];
	uint8_t sk[SR_X_SK], pk[SR_X_PK];
	struct sr_buf file;
	fuzz_start();
	our_key(sk, pk);
	sr_buf_init(&file);
	write_file(&file, sr_bytes_str("What leaves the vault."));
	fuzz_seed_with("file", "\0\x07\0", 3, sr_buf_view(&file));
	sr_buf_clear(&file);
	write_file(&file, sr_bytes_str(""));
	fuzz_seed_with("empty", "\0\x40\0", 3, sr_buf_view(&file));
	fuzz_seed_with("stanza", "\1\x09\0", 3, sr_bytes_str("-> ssh-ed25519 fCt7bg arg2\nAAAA\n"));
	fuzz_seed_with("scrypt", "\1\x09\0", 3,
		sr_bytes_str("-> scrypt AAAAAAAAAAAAAAAAAAAAAA 18\nAAAA\n"));
	fuzz_seed_with("long", "\1\x09\0", 3,
		sr_bytes_str(
			"-> pq x\n"
			"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n\n"));
	fuzz_seed_with("flip", "\2\x21\0\x90\0\1", 6, sr_bytes_str("plaintext"));
	sr_age_recipient_text(text, pk);
	fuzz_seed_with("recipient", "\3\0\0", 3, sr_bytes_str(text));
	sr_age_identity_text(text, sk);
	fuzz_seed_with("key", "\3\0\0", 3, sr_bytes_str(text));
	sr_buf_free(&file);
}
