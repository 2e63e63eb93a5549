/*
 * age: keys as text, round trips at the edges of chunks, every cut and every bit, the C2SP/CCTV
 * test kit, HKDF and HMAC against Wycheproof, and both directions with the stock age program.
 *
 * Of the kit, files with a post-quantum key only are outside of what age.h reads; they are counted.
 */
#include "vectors.h"

#include <sodium.h>
#include <sys/wait.h>
#include <unistd.h>

#include "age_kit.h"
#include "base/limits.h"
#include "crypto/age.h"

static struct sr_err e;
static uint8_t pk[SR_X_PK], sk[SR_X_SK];

static struct sr_bytes s(const char *text) {
	return sr_bytes_str(text);
}

/* --- helpers --- */

static void seal(struct sr_buf *out, const uint8_t (*to)[SR_X_PK], size_t count,
	struct sr_bytes plain, size_t piece) {
	struct sr_age_writer *w;

	sr_buf_init(out);
	assert_ok(sr_age_writer_new(&w, to, count, sr_age_sink_buf(out), &e), &e);
	for (size_t at = 0; at < plain.len; at += piece) {
		size_t n = plain.len - at < piece ? plain.len - at : piece;
		assert_ok(sr_age_writer_write(w, plain.p + at, n, &e), &e);
	}
	assert_ok(sr_age_writer_finish(w, &e), &e);
	assert_fails(sr_age_writer_finish(w, &e), SR_MISUSE, &e, "is finished");
	assert_fails(sr_age_writer_write(w, "x", 1, &e), SR_MISUSE, &e, "is finished");
	sr_age_writer_free(w);
}

static int open_with(struct sr_buf *out, const uint8_t *key, struct sr_bytes file, size_t piece) {
	struct sr_age_reader *r;
	int rc = 0;

	assert_ok(sr_age_reader_new(&r, key, sr_age_sink_buf(out), &e), &e);
	for (size_t at = 0; at < file.len && rc == 0; at += piece)
		rc = sr_age_reader_write(
			r, file.p + at, file.len - at < piece ? file.len - at : piece, &e);
	if (rc == 0)
		rc = sr_age_reader_finish(r, &e);
	if (rc != 0) { /* sticky */
		struct sr_err again;
		assert_int_equal(sr_age_reader_write(r, "x", 1, &again), rc);
		assert_int_equal(sr_age_reader_finish(r, &again), rc);
	} else {
		struct sr_err again;
		assert_int_equal(sr_age_reader_finish(r, &again), SR_MISUSE);
	}
	sr_age_reader_free(r);
	return rc;
}

static int open_file(struct sr_bytes file) {
	struct sr_buf out;

	sr_buf_init_secret(&out);
	int rc = open_with(&out, sk, file, SIZE_MAX / 2);
	sr_buf_free(&out);
	return rc;
}

/* --- keys as text --- */

static void key_text(void **state) {
	uint8_t a[32], b[32];
	char text[SR_AGE_RECIPIENT_TEXT], secret[SR_AGE_IDENTITY_TEXT];

	(void)state;
	for (uint64_t i = 0; i < 100; i++) {
		t_fill(a, sizeof a, i);
		sr_age_recipient_text(text, a);
		assert_int_equal(strlen(text), SR_AGE_RECIPIENT_TEXT - 1);
		assert_ok(sr_age_recipient_parse(b, s(text), &e), &e);
		assert_memory_equal(a, b, 32);
		sr_age_identity_text(secret, a);
		assert_int_equal(strlen(secret), SR_AGE_IDENTITY_TEXT - 1);
		assert_ok(sr_age_identity_parse(b, s(secret), &e), &e);
		assert_memory_equal(a, b, 32);
	}
}

static void refuse_recipient(void *ctx, struct sr_bytes mutant, const char *what) {
	uint8_t out[32];

	(void)ctx;
	if (sr_age_recipient_parse(out, mutant, &e) != SR_CORRUPT)
		fail_msg("%s", what);
}

static void key_text_refused(void **state) {
	static const char good[] =
		"AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0";
	char text[SR_AGE_RECIPIENT_TEXT], bad[SR_AGE_IDENTITY_TEXT];
	uint8_t out[32];

	(void)state;
	sr_age_recipient_text(text, pk);
	t_each_cut(s(text), refuse_recipient, NULL);
	t_each_flip(s(text), refuse_recipient, NULL);
	assert_fails(sr_age_recipient_parse(out, s(good), &e), SR_CORRUPT, &e,
		"have 74 characters, want 62");
	assert_ok(sr_age_identity_parse(out, s(good), &e), &e);
	memcpy(bad, good, sizeof bad);
	bad[30] = bad[30] == 'Q' ? 'P' : 'Q';
	assert_fails(sr_age_identity_parse(out, s(bad), &e), SR_CORRUPT, &e, "checksum is wrong");
	bad[30] = 'b';
	assert_fails(sr_age_identity_parse(out, s(bad), &e), SR_CORRUPT, &e,
		"character 31 is none of Bech32's");
	for (size_t i = 0; i < sizeof bad - 1; i++)
		bad[i] = (char)(good[i] >= 'A' && good[i] <= 'Z' ? good[i] + 32 : good[i]);
	assert_fails(sr_age_identity_parse(out, s(bad), &e), SR_CORRUPT, &e,
		"does not begin \"AGE-SECRET-KEY-1\"");
}

/* Bech32 as BIP 173 says it, written from that text: the checksum of a prefix and of values of five
 * bits. */
static uint32_t bech32_sum(const char *prefix, const uint8_t *values, size_t count) {
	static const uint32_t gen[5] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
	const size_t n = strlen(prefix);
	uint32_t sum = 1;

	for (size_t i = 0; i < 2 * n + 1 + count + 6; i++) {
		const uint8_t v = i < n                   ? (uint8_t)(prefix[i] >> 5)
				  : i == n                ? 0
				  : i < 2 * n + 1         ? (uint8_t)(prefix[i - n - 1] & 31)
				  : i < 2 * n + 1 + count ? values[i - 2 * n - 1]
							  : 0;
		const uint32_t top = sum >> 25;

		sum = (sum & 0x1ffffff) << 5 ^ v;
		for (size_t k = 0; k < 5; k++)
			sum ^= (top >> k & 1) != 0 ? gen[k] : 0;
	}
	return sum ^ 1;
}

/* Each of the four bits that are over, with a checksum that is right. */
static void key_text_padding(void **state) {
	static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
	enum {
		DATA = 52, /* characters of 32 bytes */
		AT = 4     /* behind "age1" */
	};
	char text[SR_AGE_RECIPIENT_TEXT];
	uint8_t values[DATA], out[32];

	(void)state;
	sr_age_recipient_text(text, pk);
	for (size_t i = 0; i < DATA; i++)
		values[i] = (uint8_t)(strchr(alphabet, text[AT + i]) - alphabet);
	for (unsigned bit = 0; bit <= 4; bit++) {
		const uint8_t last = (uint8_t)(values[DATA - 1] ^ (bit < 4 ? 1U << bit : 0));
		uint8_t changed[DATA];
		uint32_t sum;

		memcpy(changed, values, DATA);
		changed[DATA - 1] = last;
		sum = bech32_sum("age", changed, DATA);
		text[AT + DATA - 1] = alphabet[last];
		for (unsigned i = 0; i < 6; i++)
			text[AT + DATA + i] = alphabet[sum >> 5 * (5 - i) & 31];
		if (bit < 4)
			assert_fails(sr_age_recipient_parse(out, s(text), &e), SR_CORRUPT, &e,
				"padding is not zero");
		else
			assert_ok(sr_age_recipient_parse(out, s(text), &e),
				&e); /* the sum is right */
	}
	assert_memory_equal(out, pk, 32);
}

/* --- round trips --- */

static const size_t sizes[] = {0, 1, 15, 65535, 65536, 65537, 131071, 131072, 131073, 200000};

static void round_trips(void **state) {
	static const size_t pieces[] = {1 << 20, 65536, 4099};
	uint8_t *plain = malloc(200000);
	struct sr_buf file, back;

	(void)state;
	assert_non_null(plain);
	t_fill(plain, 200000, 1);
	for (size_t i = 0; i < T_COUNT(sizes); i++)
		for (size_t j = 0; j < T_COUNT(pieces); j++) {
			size_t chunks = sizes[i] == 0 ? 1 : (sizes[i] + 65535) / 65536;

			seal(&file, (const uint8_t(*)[SR_X_PK])pk, 1, sr_bytes_of(plain, sizes[i]),
				pieces[j]);
			assert_int_equal(file.len, 168 + 16 + 16 * chunks + sizes[i]);
			sr_buf_init(&back);
			assert_ok(open_with(&back, sk, sr_buf_view(&file),
					  pieces[T_COUNT(pieces) - 1 - j]),
				&e);
			assert_int_equal(back.len, sizes[i]);
			if (sizes[i] > 0)
				assert_memory_equal(back.p, plain, sizes[i]);
			sr_buf_free(&back);
			sr_buf_free(&file);
		}
	free(plain);
}

static void many_recipients(void **state) {
	static uint8_t pks[SR_AGE_RECIPIENTS_MAX + 1][SR_X_PK], sks[SR_AGE_RECIPIENTS_MAX][SR_X_SK];
	struct sr_age_writer *w;
	struct sr_buf file, back;
	uint8_t stranger[32], stranger_pk[32];

	(void)state;
	for (size_t i = 0; i < SR_AGE_RECIPIENTS_MAX; i++)
		sr_box_keypair(pks[i], sks[i]);
	sr_box_keypair(stranger_pk, stranger);
	seal(&file, (const uint8_t(*)[SR_X_PK])pks, SR_AGE_RECIPIENTS_MAX, s("to all"), 2);
	sr_buf_init(&back);
	for (size_t i = 0; i < SR_AGE_RECIPIENTS_MAX; i++) {
		sr_buf_clear(&back);
		assert_ok(open_with(&back, sks[i], sr_buf_view(&file), 100), &e);
		assert_true(sr_bytes_eq(sr_buf_view(&back), s("to all")));
	}
	sr_buf_clear(&back);
	assert_fails(open_with(&back, stranger, sr_buf_view(&file), 100), SR_NOTFOUND, &e,
		"none of the age file's 64 stanzas is for this key");
	assert_int_equal(back.len, 0);
	assert_fails(sr_age_writer_new(&w, (const uint8_t(*)[SR_X_PK])pks,
			     SR_AGE_RECIPIENTS_MAX + 1, sr_age_sink_buf(&back), &e),
		SR_LIMIT, &e, "have 65 age recipients, want 1 to 64");
	assert_fails(
		sr_age_writer_new(&w, NULL, 0, sr_age_sink_buf(&back), &e), SR_LIMIT, &e, "have 0");
	assert_null(w);
	memset(pks[1], 0, SR_X_PK);
	assert_fails(sr_age_writer_new(
			     &w, (const uint8_t(*)[SR_X_PK])pks, 2, sr_age_sink_buf(&back), &e),
		SR_AUTH, &e, "of low order");
	assert_int_equal(back.len, 0);
	sr_buf_free(&file);
	sr_buf_free(&back);
}

static void refuse(void *ctx, struct sr_bytes mutant, const char *what) {
	(void)ctx;
	if (open_file(mutant) == 0)
		fail_msg("%s: opened", what);
}

static void every_bit_and_length(void **state) {
	struct sr_buf file;

	(void)state;
	seal(&file, (const uint8_t(*)[SR_X_PK])pk, 1, s("thirty-one bytes of plain text."), 31);
	assert_ok(open_file(sr_buf_view(&file)), &e);
	t_each_cut(sr_buf_view(&file), refuse, NULL);
	t_each_flip(sr_buf_view(&file), refuse, NULL);
	sr_buf_put_u8(&file, 0);
	assert_fails(open_file(sr_buf_view(&file)), SR_AUTH, &e, "tag does not verify");
	sr_buf_free(&file);
}

/* With a random source that repeats, chunks of one file still never share a nonce. */
static void fives(void *out, size_t len) {
	memset(out, 5, len);
}

static void chunks_differ(void **state) {
	enum {
		CHUNKS = 4,
		STEP = SR_AGE_CHUNK + 16
	};
	uint8_t *plain = calloc(1, (size_t)CHUNKS * SR_AGE_CHUNK);
	struct sr_buf file;

	(void)state;
	assert_non_null(plain);
	sr_random_set(fives);
	seal(&file, (const uint8_t(*)[SR_X_PK])pk, 1,
		sr_bytes_of(plain, (size_t)CHUNKS * SR_AGE_CHUNK), 100000);
	sr_random_set(NULL);
	const uint8_t *first = file.p + file.len - (size_t)CHUNKS * STEP;
	for (size_t i = 0; i < CHUNKS; i++)
		for (size_t j = i + 1; j < CHUNKS; j++)
			assert_memory_not_equal(first + i * STEP, first + j * STEP, 64);
	sr_buf_free(&file);
	free(plain);
}

/* --- hostile headers and sinks --- */

static void headers_refused(void **state) {
	static const struct {
		const char *text, *want;
		enum sr_code code;
	} cases[] = {
		{"", "ends within its header, after 0 bytes", SR_CORRUPT},
		{"age-encryption.org/v2\n", "another version", SR_UNSUPPORTED},
		{"age-encryption.org/v1\r\n", "another version", SR_UNSUPPORTED},
		{"-----BEGIN AGE ENCRYPTED FILE-----\n", "in armor", SR_UNSUPPORTED},
		{"PK\n", "not an age file", SR_CORRUPT},
		{"age-encryption.org/v1\n--- AAAA\n", "without a stanza", SR_CORRUPT},
		{"age-encryption.org/v1\n-> X25519\n\n--- A\n", "other than one argument",
			SR_CORRUPT},
		{"age-encryption.org/v1\n-> X25519 "
		 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
		 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n---\n",
			"low order", SR_CORRUPT},
		{"age-encryption.org/v1\n-> a  b\n\n---\n", "byte 0x20 at 2", SR_CORRUPT},
		{"age-encryption.org/v1\n-> a \n\n---\n", "an argument is empty", SR_CORRUPT},
		{"age-encryption.org/v1\n-> \n\n---\n", "an argument is empty", SR_CORRUPT},
		{"age-encryption.org/v1\nhello\n---\n", "want a stanza", SR_CORRUPT},
		{"age-encryption.org/v1\n-> a\n\n---\n", "want \"--- \" and the MAC", SR_CORRUPT},
		{"age-encryption.org/v1\n-> scrypt a 18\n\n--- "
		 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
			"passphrase", SR_UNSUPPORTED},
		{"age-encryption.org/v1\n-> scrypt a 18\n\n-> b\n\n--- "
		 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
			"not alone", SR_CORRUPT},
		{"age-encryption.org/v1\n-> b\n\n--- "
		 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
			"for recipients of kind b, which", SR_NOTFOUND},
	};
	struct sr_buf big;

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++)
		assert_fails(open_file(s(cases[i].text)), cases[i].code, &e, cases[i].want);
	sr_buf_init(&big);
	sr_buf_put_str(&big, "age-encryption.org/v1\n");
	while (big.len <= SR_AGE_HEADER_MAX)
		sr_buf_put_str(&big, "-> grease\n\n");
	assert_fails(open_file(sr_buf_view(&big)), SR_LIMIT, &e, "more than 131072 bytes");
	sr_buf_free(&big);
}

static int sink_fails(void *ctx, const void *p, size_t len, struct sr_err *err) {
	size_t *left = ctx;

	(void)p;
	if (len > *left)
		return sr_fail(err, SR_IO, "the sink is full");
	*left -= len;
	return 0;
}

static void sinks_fail(void **state) {
	struct sr_age_sink sink;
	struct sr_age_writer *w;
	struct sr_age_reader *r;
	struct sr_buf file;
	size_t left = 10;

	(void)state;
	sink.put = sink_fails;
	sink.ctx = &left;
	assert_fails(sr_age_writer_new(&w, (const uint8_t(*)[SR_X_PK])pk, 1, sink, &e), SR_IO, &e,
		"the sink is full");
	assert_null(w);
	left = 300;
	assert_ok(sr_age_writer_new(&w, (const uint8_t(*)[SR_X_PK])pk, 1, sink, &e), &e);
	left = 10;
	assert_ok(sr_age_writer_write(w, "text", 4, &e), &e);
	assert_fails(sr_age_writer_finish(w, &e), SR_IO, &e, "the sink is full");
	left = 1000;
	assert_fails(sr_age_writer_finish(w, &e), SR_IO, &e, "failed before");
	sr_age_writer_free(w);

	seal(&file, (const uint8_t(*)[SR_X_PK])pk, 1, s("text"), 4);
	left = 3;
	assert_ok(sr_age_reader_new(&r, sk, sink, &e), &e);
	assert_ok(sr_age_reader_write(r, file.p, file.len, &e), &e);
	assert_fails(sr_age_reader_finish(r, &e), SR_IO, &e, "the sink is full");
	sr_age_reader_free(r);
	sr_buf_free(&file);
}

/* --- passphrases --- */

static void bare(struct sr_buf *out, const void *p, size_t len) {
	sr_buf_put_base64(out, p, len);
	while (out->len > 0 && out->p[out->len - 1] == '=')
		out->len--;
}

/* A whole file of "text", as the format says, with primitives only. ${cost} is what it says, ${n}
 * what is used. */
static void seal_scrypt(struct sr_buf *out, struct sr_bytes passphrase, const char *cost,
	uint64_t n, const char *extra) {
	static const char label[] = "age-encryption.org/v1/scrypt";
	static const uint8_t zero[12], last[12] = {[11] = 1};
	uint8_t salt[sizeof label - 1 + 16], key[32], file_key[16], body[32], mac[32], nonce[16];
	uint8_t chunk[4 + 16];

	memcpy(salt, label, sizeof label - 1);
	t_fill(salt + sizeof label - 1, 16, 5);
	t_fill(file_key, sizeof file_key, 6);
	t_fill(nonce, sizeof nonce, 7);
	assert_int_equal(crypto_pwhash_scryptsalsa208sha256_ll(passphrase.p, passphrase.len, salt,
				 sizeof salt, n, 8, 1, key, sizeof key),
		0);
	crypto_aead_chacha20poly1305_ietf_encrypt(
		body, NULL, file_key, sizeof file_key, NULL, 0, NULL, zero, key);
	sr_buf_init(out);
	sr_buf_put_str(out, "age-encryption.org/v1\n-> scrypt ");
	bare(out, salt + sizeof label - 1, 16);
	sr_buf_printf(out, " %s\n", cost);
	bare(out, body, sizeof body);
	sr_buf_printf(out, "\n%s---", extra);
	assert_int_equal(
		sr_age_hkdf(key, 32, sr_bytes_of(file_key, 16), sr_bytes_of(NULL, 0), s("header")),
		0);
	sr_age_hmac(mac, sr_bytes_of(key, 32), sr_buf_view(out));
	sr_buf_put_u8(out, ' ');
	bare(out, mac, sizeof mac);
	sr_buf_put_u8(out, '\n');
	sr_buf_put(out, nonce, sizeof nonce);
	assert_int_equal(sr_age_hkdf(key, 32, sr_bytes_of(file_key, 16), sr_bytes_of(nonce, 16),
				 s("payload")),
		0);
	crypto_aead_chacha20poly1305_ietf_encrypt(
		chunk, NULL, (const uint8_t *)"text", 4, NULL, 0, NULL, last, key);
	sr_buf_put(out, chunk, sizeof chunk);
}

static int open_scrypt(struct sr_buf *out, struct sr_bytes passphrase, struct sr_bytes file) {
	struct sr_age_reader *r = NULL;

	sr_buf_clear(out);
	int rc = sr_age_reader_new_passphrase(&r, passphrase, sr_age_sink_buf(out), &e);
	if (rc == 0)
		rc = sr_age_reader_write(r, file.p, file.len, &e);
	if (rc == 0)
		rc = sr_age_reader_finish(r, &e);
	sr_age_reader_free(r);
	return rc;
}

static void scrypt_mutant(void *ctx, struct sr_bytes mutant, const char *what) {
	struct sr_buf out;

	(void)ctx;
	sr_buf_init(&out);
	if (open_scrypt(&out, s("open, please"), mutant) == 0)
		fail_msg("%s: opened", what);
	sr_buf_free(&out);
}

static void passphrases(void **state) {
	static const struct {
		const char *cost, *text;
		int rc;
	} refused[] = {
		{"01", "no decimal", SR_CORRUPT},
		{"0", "no decimal", SR_CORRUPT},
		{"+1", "no decimal", SR_CORRUPT},
		{"1x", "no decimal", SR_CORRUPT},
		{"21", "above 20", SR_LIMIT},
		{"18446744073709551617", "above 20", SR_LIMIT},
		{"1 1", "other than two arguments", SR_CORRUPT},
	};
	const struct sr_bytes pass = s("open, please");
	struct sr_buf file, out;

	(void)state;
	sr_buf_init(&out);
	seal_scrypt(&file, pass, "2", 4, "");
	assert_ok(open_scrypt(&out, pass, sr_buf_view(&file)), &e);
	assert_true(sr_bytes_eq(sr_buf_view(&out), s("text")));
	assert_fails(open_scrypt(&out, s("open"), sr_buf_view(&file)), SR_NOTFOUND, &e,
		"opens with this passphrase");
	assert_fails(open_file(sr_buf_view(&file)), SR_UNSUPPORTED, &e,
		"sealed with a passphrase, not to a key");
	assert_fails(open_scrypt(&out, s(""), sr_buf_view(&file)), SR_USAGE, &e, "want 1 to 1024");
	t_each_cut(sr_buf_view(&file), scrypt_mutant, NULL);
	t_each_flip(sr_buf_view(&file), scrypt_mutant, NULL);
	sr_buf_free(&file);

	seal_scrypt(&file, pass, "2", 4, "-> grease\n\n");
	assert_fails(open_scrypt(&out, pass, sr_buf_view(&file)), SR_CORRUPT, &e, "not alone");
	sr_buf_free(&file);
	for (size_t i = 0; i < T_COUNT(refused); i++) {
		seal_scrypt(&file, pass, refused[i].cost, 2, "");
		assert_fails(open_scrypt(&out, pass, sr_buf_view(&file)), refused[i].rc, &e,
			refused[i].text);
		sr_buf_free(&file);
	}
	seal(&file, (const uint8_t(*)[SR_X_PK])pk, 1, s("text"), 4);
	assert_fails(open_scrypt(&out, pass, sr_buf_view(&file)), SR_NOTFOUND, &e,
		"opens with this passphrase");
	sr_buf_free(&file);
	sr_buf_free(&out);
}

/* --- files that the writer does not make -------------------------------------------------------
 */

static const uint8_t made_key[16] = "YELLOW SUBMARINE";

/* "-> X25519 SHARE LF BODY LF" of the file key to ${to}. */
static void put_x25519(struct sr_buf *out, const uint8_t to[SR_X_PK]) {
	static const uint8_t zero[12];
	uint8_t eph[32], share[32], dh[32], salt[64], key[32], body[32];

	t_fill(eph, sizeof eph, 9);
	crypto_scalarmult_base(share, eph);
	assert_int_equal(crypto_scalarmult(dh, eph, to), 0);
	memcpy(salt, share, 32);
	memcpy(salt + 32, to, 32);
	assert_int_equal(sr_age_hkdf(key, 32, sr_bytes_of(dh, 32), sr_bytes_of(salt, 64),
				 s("age-encryption.org/v1/X25519")),
		0);
	crypto_aead_chacha20poly1305_ietf_encrypt(
		body, NULL, made_key, sizeof made_key, NULL, 0, NULL, zero, key);
	sr_buf_put_str(out, "-> X25519 ");
	bare(out, share, 32);
	sr_buf_put_u8(out, '\n');
	bare(out, body, 32);
	sr_buf_put_u8(out, '\n');
}

/* A header of ${stanzas}, in which X is a stanza to our key and O one to another's; its MAC line is
 * ${mac} with M for the right one. */
static void put_header(struct sr_buf *out, const char *stanzas, const char *mac) {
	static const uint8_t another[SR_X_PK] = {9};
	uint8_t key[32], right[32];

	sr_buf_put_str(out, "age-encryption.org/v1\n");
	while (*stanzas != '\0') {
		const size_t n = strcspn(stanzas, "\n");

		if (n == 1 && (*stanzas == 'X' || *stanzas == 'O'))
			put_x25519(out, *stanzas == 'X' ? pk : another);
		else
			sr_buf_put(out, stanzas, n + (stanzas[n] == '\n' ? 1 : 0));
		stanzas += n + (stanzas[n] == '\n' ? 1 : 0);
	}
	sr_buf_put_str(out, "---");
	assert_int_equal(
		sr_age_hkdf(key, 32, sr_bytes_of(made_key, 16), sr_bytes_of(NULL, 0), s("header")),
		0);
	sr_age_hmac(right, sr_bytes_of(key, 32), sr_buf_view(out));
	for (const char *c = mac; *c != '\0'; c++)
		if (*c == 'M')
			bare(out, right, 32);
		else
			sr_buf_put_u8(out, (uint8_t)*c);
}

struct made_chunk {
	uint32_t len;
	uint8_t last;
	uint8_t index; /* as its nonce says */
};

static void put_payload(struct sr_buf *out, const struct made_chunk *chunk, size_t count) {
	static uint8_t plain[SR_AGE_CHUNK], sealed[SR_AGE_CHUNK + 16];
	uint8_t nonce[16], key[32];

	t_fill(nonce, sizeof nonce, 3);
	sr_buf_put(out, nonce, sizeof nonce);
	assert_int_equal(sr_age_hkdf(key, 32, sr_bytes_of(made_key, 16), sr_bytes_of(nonce, 16),
				 s("payload")),
		0);
	for (size_t i = 0; i < count; i++) {
		const uint8_t at[12] = {[10] = chunk[i].index, [11] = chunk[i].last};

		crypto_aead_chacha20poly1305_ietf_encrypt(
			sealed, NULL, plain, chunk[i].len, NULL, 0, NULL, at, key);
		sr_buf_put(out, sealed, chunk[i].len + 16);
	}
}

/* ${code} in pieces of every size; what came out before is ${let_out} bytes. */
static void made_is(
	const struct sr_buf *file, enum sr_code code, size_t let_out, const char *what) {
	static const size_t pieces[] = {SIZE_MAX / 2, 70001, 1};
	struct sr_buf out;

	for (size_t i = 0; i < T_COUNT(pieces); i++) {
		if (pieces[i] == 1 && file->len > 5000)
			continue;
		sr_buf_init(&out);
		const int rc = open_with(&out, sk, sr_buf_view(file), pieces[i]);
		if (rc != (int)code || out.len != let_out)
			fail_msg("%s: %s (%d), %zu bytes, want %d, %zu", what,
				rc != 0 ? e.text : "", rc, out.len, (int)code, let_out);
		sr_buf_free(&out);
	}
}

#define LINE_64 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define SHARE_43 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"
static void made_headers(void **state) {
	static const struct {
		const char *stanzas;
		enum sr_code code; /* 0: opens */
	} cases[] = {{"X", 0}, {"O\nX", 0}, {"X\nO", 0}, {"X\nX", 0}, {"O", SR_NOTFOUND},
		{"", SR_CORRUPT},
		/* grease */
		{"-> grease-! $ \"#~\nAAAA\nX", 0}, {"X\n-> a\n\n", 0}, {"-> X25519x\n\nX", 0},
		{"-> a\n" LINE_64 "\n\nX", 0}, {"-> a\n" LINE_64 "\n" LINE_64 "\nAAAA\nX", 0},
		{"-> a\n" LINE_64 "\nX", SR_CORRUPT}, {"-> a\n" LINE_64 "A\n\nX", SR_CORRUPT},
		{"-> a\nAAAA\nAAAA\nX", SR_CORRUPT}, {"-> a\nX", SR_CORRUPT},
		{"-> a b  c\n\nX", SR_CORRUPT}, {"-> a \n\nX", SR_CORRUPT},
		{"->  a\n\nX", SR_CORRUPT}, {"->a\n\nX", SR_CORRUPT}, {"-> a\tb\n\nX", SR_CORRUPT},
		{"-> a\x7f\n\nX", SR_CORRUPT}, {"-> \xc3\xa9\n\nX", SR_CORRUPT},
		{"-> a\r\n\nX", SR_CORRUPT}, {"-> a\n\r\nX", SR_CORRUPT}, {"\nX", SR_CORRUPT},
		{" -> a\n\nX", SR_CORRUPT}, {"X\n-> a\n", SR_CORRUPT},
		/* base64 that is not the only form of its bytes */
		{"-> a\nAA==\nX", SR_CORRUPT}, {"-> a\nAB\nX", SR_CORRUPT},
		{"-> a\nAAB\nX", SR_CORRUPT}, {"-> a\nA\nX", SR_CORRUPT},
		{"-> a\nAA_-\nX", SR_CORRUPT}, {"-> a\nA A\nX", SR_CORRUPT}, {"-> a\nAA\nX", 0},
		{"-> a\nAAA\nX", 0},
		/* stanzas of our type are right, whosever they are */
		{"-> X25519\n" SHARE_43 "\nX", SR_CORRUPT},
		{"X\n-> X25519 " SHARE_43 " x\n" SHARE_43 "\n", SR_CORRUPT},
		{"X\n-> X25519 AAAA\n" SHARE_43 "\n", SR_CORRUPT},
		{"X\n-> X25519 " SHARE_43 "A\n" SHARE_43 "\n", SR_CORRUPT},
		{"X\n-> X25519 " SHARE_43 "=\n" SHARE_43 "\n", SR_CORRUPT},
		{"X\n-> X25519 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAF\n" SHARE_43 "\n",
			SR_CORRUPT},
		{"X\n-> X25519 " SHARE_43 "\nAAAA\n", SR_CORRUPT},
		{"X\n-> X25519 " SHARE_43 "\n" SHARE_43 "A\n", SR_CORRUPT},
		{"X\n-> X25519 " SHARE_43 "\n\n", SR_CORRUPT},
		{"-> x25519 " SHARE_43 "\n" SHARE_43 "\n", SR_NOTFOUND},
		{"-> scrypt AAAAAAAAAAAAAAAAAAAAAA 10\n" SHARE_43 "\nX", SR_CORRUPT},
		{"-> mlkem768x25519 AAAA\nAAAA\nX", 0}};
	static const struct {
		const char *mac;
		enum sr_code code;
	} macs[] = {{" M\n", 0}, {" " SHARE_43 "\n", SR_AUTH}, {"M\n", SR_CORRUPT},
		{"  M\n", SR_CORRUPT}, {" M \n", SR_CORRUPT}, {" M=\n", SR_CORRUPT},
		{" M\r\n", SR_CORRUPT}, {" MA\n", SR_CORRUPT}, {" M", SR_CORRUPT},
		{" AAAA\n", SR_CORRUPT}, {"\n", SR_CORRUPT}, {" \n", SR_CORRUPT},
		{"- M\n", SR_CORRUPT},
		{" AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAF\n", SR_CORRUPT}};
	static const struct made_chunk text = {4, 1, 0};
	struct sr_buf file;

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		sr_buf_init(&file);
		put_header(&file, cases[i].stanzas, " M\n");
		put_payload(&file, &text, 1);
		made_is(&file, cases[i].code, cases[i].code == 0 ? 4 : 0, cases[i].stanzas);
		sr_buf_free(&file);
	}
	for (size_t i = 0; i < T_COUNT(macs); i++) {
		sr_buf_init(&file);
		put_header(&file, "X", macs[i].mac);
		put_payload(&file, &text, 1);
		made_is(&file, macs[i].code, macs[i].code == 0 ? 4 : 0, macs[i].mac);
		sr_buf_free(&file);
	}
}

/* Who holds a file that nothing here opens learns for whom it is, as far as the file says it. */
static void kinds_of_others(void **state) {
	static const struct {
		const char *stanzas, *says;
	} cases[] = {
		{"-> mlkem768x25519 AAAA\nAAAA\n",
			"the age file is for recipients of kind mlkem768x25519, which this program "
			"does not read: seal it to one of kind X25519"},
		{"-> mlkem768x25519 AAAA\nAAAA\n-> mlkem768x25519 AAAA\nAAAA\n",
			"of kind mlkem768x25519, which"},
		{"-> ssh-rsa AAAA\nAAAA\n-> ssh-ed25519 AAAA\nAAAA\n-> ssh\nAAAA\n",
			"of kind ssh-rsa, ssh-ed25519, ssh, which"},
		{"O", "none of the age file's 1 stanzas is for this key"},
		{"O\n-> piv-p256 AAAA\nAAAA\n",
			"none of the age file's 2 stanzas is for this key; of kind piv-p256, which "
			"this program does not read, there are some"},
	};
	struct sr_buf file, out;
	char kind[80];

	(void)state;
	sr_buf_init(&out);
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		sr_buf_init(&file);
		put_header(&file, cases[i].stanzas, " M\n");
		assert_fails(open_with(&out, sk, sr_buf_view(&file), 100), SR_NOTFOUND, &e,
			cases[i].says);
		if (i == 3)
			assert_null(strstr(e.text, "does not read"));
		sr_buf_free(&file);
	}
	/* More kinds than are told, and longer ones. */
	struct sr_buf many;
	sr_buf_init(&many);
	for (unsigned i = 0; i < 50; i++) {
		(void)snprintf(kind, sizeof kind, "-> kind-%02u-%060u\nAAAA\n", i, i);
		sr_buf_put_str(&many, kind);
	}
	sr_buf_put_u8(&many, 0);
	sr_buf_init(&file);
	put_header(&file, (const char *)many.p, " M\n");
	assert_fails(open_with(&out, sk, sr_buf_view(&file), 100), SR_NOTFOUND, &e, "kind-00-");
	assert_non_null(strstr(e.text, ", ..., which this program does not read"));
	sr_buf_free(&file);
	sr_buf_free(&many);
	sr_buf_free(&out);
}

static void made_streams(void **state) {
	enum {
		FULL = SR_AGE_CHUNK
	};
	static const struct {
		const char *what;
		struct made_chunk chunk[3];
		size_t count, cut, more; /* bytes taken off the end, or put behind it */
		size_t out;              /* of a failure: what was let out */
		enum sr_code code;
	} cases[] = {{"empty", {{0, 1, 0}}, 1, 0, 0, 0, 0},
		{"one byte", {{1, 1, 0}}, 1, 0, 0, 1, 0},
		{"full last", {{FULL, 1, 0}}, 1, 0, 0, FULL, 0},
		{"full, then one byte", {{FULL, 0, 0}, {1, 1, 1}}, 2, 0, 0, FULL + 1, 0},
		{"two full", {{FULL, 0, 0}, {FULL, 1, 1}}, 2, 0, 0, (size_t)2 * FULL, 0},
		{"no chunk", {{0, 0, 0}}, 0, 0, 0, 0, SR_AUTH},
		{"half a nonce", {{0, 0, 0}}, 0, 8, 0, 0, SR_CORRUPT},
		{"no nonce", {{0, 0, 0}}, 0, 16, 0, 0, SR_CORRUPT},
		{"half a tag", {{0, 1, 0}}, 1, 8, 0, 0, SR_AUTH},
		{"empty, not last", {{0, 0, 0}}, 1, 0, 0, 0, SR_AUTH},
		{"short, not last", {{9, 0, 0}}, 1, 0, 0, 0, SR_AUTH},
		{"short, then last", {{9, 0, 0}, {1, 1, 1}}, 2, 0, 0, 0, SR_AUTH},
		{"full, no last", {{FULL, 0, 0}}, 1, 0, 0, FULL, SR_AUTH},
		{"full, then an empty last", {{FULL, 0, 0}, {0, 1, 1}}, 2, 0, 0, FULL, SR_AUTH},
		{"two full, no last", {{FULL, 0, 0}, {FULL, 0, 1}}, 2, 0, 0, (size_t)2 * FULL,
			SR_AUTH},
		{"last, then another", {{FULL, 1, 0}, {1, 1, 1}}, 2, 0, 0, FULL, SR_AUTH},
		{"two last", {{FULL, 0, 0}, {1, 1, 1}, {1, 1, 2}}, 3, 0, 0, FULL, SR_AUTH},
		{"a byte behind", {{4, 1, 0}}, 1, 0, 1, 0, SR_AUTH},
		{"a byte behind a full last", {{FULL, 1, 0}}, 1, 0, 1, FULL, SR_AUTH},
		{"a byte is gone", {{FULL, 0, 0}, {4, 1, 1}}, 2, 1, 0, FULL, SR_AUTH},
		{"wrong counter", {{FULL, 0, 0}, {4, 1, 0}}, 2, 0, 0, FULL, SR_AUTH},
		{"counter begins late", {{4, 1, 1}}, 1, 0, 0, 0, SR_AUTH},
		{"chunks exchanged", {{FULL, 0, 1}, {FULL, 0, 0}, {4, 1, 2}}, 3, 0, 0, 0, SR_AUTH},
		{"a flag of two", {{4, 2, 0}}, 1, 0, 0, 0, SR_AUTH}};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		struct sr_buf file;

		sr_buf_init(&file);
		put_header(&file, "X", " M\n");
		put_payload(&file, cases[i].chunk, cases[i].count);
		file.len -= cases[i].cut;
		for (size_t n = 0; n < cases[i].more; n++)
			sr_buf_put_u8(&file, 0);
		made_is(&file, cases[i].code, cases[i].out, cases[i].what);
		sr_buf_free(&file);
	}
}

/* --- the kit --- */

static void kit(void **state) {
	struct age_tally t = {.quiet = true};

	(void)state;
	assert_true(age_kit(&t, t_vector("age/age/testdata")));
	print_message("age kit: %zu files as expected, %zu not run (post-quantum)\n", t.passed,
		t.not_run);
	assert_int_equal(t.failed, 0);
	assert_true(t.passed > 60);
}

/* --- HKDF, HMAC --- */

static size_t macs;

static void hkdf_case(const json_t *group, const json_t *test) {
	static uint8_t out[255 * 32 + 64];
	struct sr_buf b[4];
	size_t size = (size_t)json_integer_value(json_object_get(test, "size"));

	(void)group;
	for (size_t i = 0; i < T_COUNT(b); i++)
		sr_buf_init(&b[i]);
	struct sr_bytes ikm = v_hex(&b[0], test, "ikm"), salt = v_hex(&b[1], test, "salt");
	struct sr_bytes info = v_hex(&b[2], test, "info"), okm = v_hex(&b[3], test, "okm");
	if (strcmp(v_str(test, "result"), "valid") != 0) {
		assert_int_equal(sr_age_hkdf(out, size, ikm, salt, info), SR_MISUSE);
	} else {
		assert_int_equal(sr_age_hkdf(out, size, ikm, salt, info), 0);
		assert_int_equal(okm.len, size);
		assert_memory_equal(out, okm.p, size);
	}
	macs++;
	for (size_t i = 0; i < T_COUNT(b); i++)
		sr_buf_free(&b[i]);
}

static void hmac_case(const json_t *group, const json_t *test) {
	struct sr_buf b[3];
	uint8_t mac[32];
	size_t len = (size_t)json_integer_value(json_object_get(group, "tagSize")) / 8;

	for (size_t i = 0; i < T_COUNT(b); i++)
		sr_buf_init(&b[i]);
	struct sr_bytes key = v_hex(&b[0], test, "key"), msg = v_hex(&b[1], test, "msg");
	struct sr_bytes tag = v_hex(&b[2], test, "tag");
	sr_age_hmac(mac, key, msg);
	assert_int_equal(tag.len == len && memcmp(mac, tag.p, len) == 0,
		strcmp(v_str(test, "result"), "valid") == 0);
	macs++;
	for (size_t i = 0; i < T_COUNT(b); i++)
		sr_buf_free(&b[i]);
}

static void wycheproof(void **state) {
	(void)state;
	size_t n = t_wycheproof("wycheproof/testvectors_v1/hkdf_sha256_test.json", hkdf_case);
	n += t_wycheproof("wycheproof/testvectors_v1/hmac_sha256_test.json", hmac_case);
	assert_int_equal(n, macs);
	print_message("HKDF and HMAC with SHA-256: %zu cases run\n", n);
}

/* --- the stock program --- */

/* Run ${argv}; its exit status, 127 if it is not installed. */
static int run(const char *const *argv) {
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(126);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static void need_age(void) {
	if (run((const char *const[]){"age-keygen", "-o", "/dev/null", NULL}) == 127) {
		print_message("the program age is not installed\n");
		skip();
	}
}

static void to_stock(void **state) {
	char *dir;
	struct sr_buf key, file, back;
	char recipient[SR_AGE_RECIPIENT_TEXT];
	uint8_t *plain = malloc(200000), theirs[32], keys[2][SR_X_PK];

	(void)state;
	need_age();
	assert_non_null(plain);
	t_fill(plain, 200000, 3);
	dir = t_tmp_new();
	sr_buf_init(&key);
	assert_int_equal(
		run((const char *const[]){"age-keygen", "-o", t_path(dir, "key"), NULL}), 0);
	t_read_file(t_path(dir, "key"), &key);
	const uint8_t *at = memmem(key.p, key.len, "age1", 4);
	assert_non_null(at);
	memcpy(recipient, at, sizeof recipient - 1);
	recipient[sizeof recipient - 1] = '\0';
	assert_ok(sr_age_recipient_parse(keys[1], s(recipient), &e), &e);
	at = memmem(key.p, key.len, "AGE-SECRET-KEY-1", 16);
	assert_non_null(at);
	assert_ok(sr_age_identity_parse(theirs, sr_bytes_of(at, 74), &e), &e);
	sr_box_public(keys[0], theirs);
	assert_memory_equal(keys[0], keys[1], 32); /* both texts say the same key */
	memcpy(keys[0], pk, 32);
	for (size_t i = 0; i < T_COUNT(sizes); i++) {
		seal(&file, (const uint8_t(*)[SR_X_PK])keys, 2, sr_bytes_of(plain, sizes[i]), 9999);
		t_write_file(t_path(dir, "sealed"), file.p, file.len);
		assert_int_equal(run((const char *const[]){"age", "-d", "-i", t_path(dir, "key"),
					 "-o", t_path(dir, "out"), t_path(dir, "sealed"), NULL}),
			0);
		sr_buf_init(&back);
		if (t_exists(t_path(dir, "out"))) /* age makes no file for nothing */
			t_read_file(t_path(dir, "out"), &back);
		assert_int_equal(back.len, sizes[i]);
		if (sizes[i] > 0)
			assert_memory_equal(back.p, plain, sizes[i]);
		sr_buf_free(&back);
		sr_buf_free(&file);
	}
	sr_buf_free(&key);
	t_tmp_remove(dir);
	free(plain);
}

static void from_stock(void **state) {
	char *dir, recipient[SR_AGE_RECIPIENT_TEXT], secret[SR_AGE_IDENTITY_TEXT];
	struct sr_buf file, back;
	uint8_t *plain = malloc(200000);

	(void)state;
	need_age();
	assert_non_null(plain);
	t_fill(plain, 200000, 4);
	dir = t_tmp_new();
	sr_age_recipient_text(recipient, pk);
	sr_age_identity_text(secret, sk);
	for (size_t i = 0; i < T_COUNT(sizes); i++) {
		t_write_file(t_path(dir, "plain"), plain, sizes[i]);
		assert_int_equal(run((const char *const[]){"age", "-r", recipient, "-o",
					 t_path(dir, "sealed"), t_path(dir, "plain"), NULL}),
			0);
		sr_buf_init(&file);
		sr_buf_init(&back);
		t_read_file(t_path(dir, "sealed"), &file);
		assert_ok(open_with(&back, sk, sr_buf_view(&file), 10007), &e);
		assert_int_equal(back.len, sizes[i]);
		if (sizes[i] > 0)
			assert_memory_equal(back.p, plain, sizes[i]);
		sr_buf_free(&file);
		sr_buf_free(&back);
	}
	/* Our text of a secret key is one that age takes. */
	t_write_file(t_path(dir, "id"), secret, strlen(secret));
	assert_int_equal(run((const char *const[]){"age", "-d", "-i", t_path(dir, "id"), "-o",
				 t_path(dir, "out"), t_path(dir, "sealed"), NULL}),
		0);
	t_tmp_remove(dir);
	free(plain);
}

static int setup(void **state) {
	(void)state;
	if (sr_crypto_init(&e) != 0)
		return -1;
	sr_box_keypair(pk, sk);
	return 0;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_text),
		cmocka_unit_test(key_text_refused),
		cmocka_unit_test(key_text_padding),
		cmocka_unit_test(round_trips),
		cmocka_unit_test(many_recipients),
		cmocka_unit_test(every_bit_and_length),
		cmocka_unit_test(chunks_differ),
		cmocka_unit_test(headers_refused),
		cmocka_unit_test(made_headers),
		cmocka_unit_test(kinds_of_others),
		cmocka_unit_test(made_streams),
		cmocka_unit_test(sinks_fail),
		cmocka_unit_test(passphrases),
		cmocka_unit_test(kit),
		cmocka_unit_test(wycheproof),
		cmocka_unit_test(to_stock),
		cmocka_unit_test(from_stock),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
