/*
 * age - see age.h, which has the format.
 *
 * Invariants: the header's MAC is checked before a byte of the payload is decrypted; a chunk
 * counter never repeats under a payload key, which is fresh for each file; the reader keeps one
 * chunk back until it knows whether more follows, so that only the true last chunk is taken as the
 * last; file keys, wrap keys and plaintext buffers are wiped.
 */
#include "crypto/age.h"

#include <assert.h>

#include <sodium.h>

#include "base/limits.h"
#include "crypto/chacha.h"

enum {
	FILE_KEY = 16,
	TAG = crypto_aead_chacha20poly1305_ietf_ABYTES,
	NONCE = crypto_aead_chacha20poly1305_ietf_NPUBBYTES,
	SEALED_CHUNK = SR_AGE_CHUNK + TAG,
	STREAM_NONCE = 16,
	BODY = FILE_KEY + TAG,
	LINE = 64,       /* characters of a full body line */
	SHARE_TEXT = 43, /* characters of 32 bytes in base64 without padding */
	SALT = 16,
	SALT_TEXT = 22, /* characters of 16 bytes */
	SCRYPT_R = 8,
	SCRYPT_P = 1
};

static const char version_line[] = "age-encryption.org/v1";
static const char version_stem[] = "age-encryption.org/";
static const char armor_line[] = "-----BEGIN AGE ENCRYPTED FILE-----";
static const char x25519_type[] = "X25519";
static const char x25519_info[] = "age-encryption.org/v1/X25519";
static const char scrypt_type[] = "scrypt";
static const char scrypt_label[28] = "age-encryption.org/v1/scrypt"; /* no NUL: it begins a salt */

/* --- HKDF (RFC 5869) over HMAC-SHA256 ------------------------------------------------------- */

static void hmac(uint8_t out[32], struct sr_bytes key, const struct sr_bytes *parts, size_t count) {
	crypto_auth_hmacsha256_state s;

	crypto_auth_hmacsha256_init(&s, key.len > 0 ? key.p : (const uint8_t *)"", key.len);
	for (size_t i = 0; i < count; i++)
		if (parts[i].len > 0)
			crypto_auth_hmacsha256_update(&s, parts[i].p, parts[i].len);
	crypto_auth_hmacsha256_final(&s, out);
	sr_wipe(&s, sizeof s);
}

static void hkdf(
	uint8_t *out, size_t len, struct sr_bytes ikm, struct sr_bytes salt, struct sr_bytes info) {
	uint8_t prk[32], block[32], counter = 0;
	size_t have = 0;

	assert(len <= 255 * sizeof block);
	hmac(prk, salt, &ikm, 1);
	while (len > 0) {
		size_t n = len < sizeof block ? len : sizeof block;
		counter++;
		const struct sr_bytes parts[] = {
			sr_bytes_of(block, have), info, sr_bytes_of(&counter, 1)};
		hmac(block, sr_bytes_of(prk, sizeof prk), parts, 3);
		have = sizeof block;
		memcpy(out, block, n);
		out += n;
		len -= n;
	}
	sr_wipe(prk, sizeof prk);
	sr_wipe(block, sizeof block);
}

#ifdef SR_TESTING
int sr_age_hkdf(
	uint8_t *out, size_t len, struct sr_bytes ikm, struct sr_bytes salt, struct sr_bytes info) {
	if (len > 255 * (size_t)32)
		return SR_MISUSE;
	hkdf(out, len, ikm, salt, info);
	return 0;
}

void sr_age_hmac(uint8_t out[32], struct sr_bytes key, struct sr_bytes text) {
	hmac(out, key, &text, 1);
}
#endif

/* --- Bech32 of 32 bytes ---------------------------------------------------------------------- */

enum {
	B32_DATA = 52, /* 5-bit groups of 32 bytes; 4 bits of padding, zero */
	B32_SUM = 6
};
static const char b32_lower[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
static const char b32_upper[] = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";

/* A prefix, in one case only, and the alphabet in that case. */
struct bech32 {
	const char *prefix;
	const char *alphabet;
	const char *what;
};
static const struct bech32 recipient_form = {"age", b32_lower, "age recipient"};
static const struct bech32 identity_form = {"AGE-SECRET-KEY-", b32_upper, "age identity"};

static uint32_t b32_step(uint32_t sum, uint8_t v) {
	static const uint32_t gen[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
	uint32_t top = sum >> 25;

	sum = (sum & 0x1ffffff) << 5 ^ v;
	for (unsigned i = 0; i < 5; i++)
		sum ^= gen[i] & (0 - (top >> i & 1));
	return sum;
}

/* The checksum's state after the prefix, which counts as lower case. */
static uint32_t b32_begin(const char *prefix) {
	uint32_t sum = 1;
	const char *c;

	for (c = prefix; *c != '\0'; c++)
		sum = b32_step(sum, (uint8_t)((*c >= 'A' && *c <= 'Z' ? *c + 32 : *c) >> 5));
	sum = b32_step(sum, 0);
	for (c = prefix; *c != '\0'; c++)
		sum = b32_step(sum, (uint8_t)((*c >= 'A' && *c <= 'Z' ? *c + 32 : *c) & 31));
	return sum;
}

static void b32_encode(char *out, const struct bech32 *form, const uint8_t key[32]) {
	size_t n = strlen(form->prefix);
	uint32_t sum = b32_begin(form->prefix);
	unsigned acc = 0, bits = 0;
	size_t at = 0;

	memcpy(out, form->prefix, n);
	out += n;
	*out++ = '1';
	for (size_t i = 0; i < B32_DATA; i++) {
		uint8_t v;

		if (bits < 5) {
			acc = (acc << 8 | (at < 32 ? key[at] : 0)) & 0xfff;
			at++;
			bits += 8;
		}
		bits -= 5;
		v = acc >> bits & 31;
		sum = b32_step(sum, v);
		*out++ = form->alphabet[v];
	}
	for (size_t i = 0; i < B32_SUM; i++)
		sum = b32_step(sum, 0);
	sum ^= 1;
	for (unsigned i = 0; i < B32_SUM; i++)
		*out++ = form->alphabet[sum >> 5 * (5 - i) & 31];
	*out = '\0';
}

static int b32_decode(
	uint8_t key[32], const struct bech32 *form, struct sr_bytes text, struct sr_err *e) {
	size_t n = strlen(form->prefix), want = n + 1 + B32_DATA + B32_SUM, at = 0;
	uint32_t sum = b32_begin(form->prefix);
	uint8_t found[32];
	unsigned acc = 0, bits = 0;
	int rc = 0;

	if (text.len != want)
		return sr_fail(e, SR_CORRUPT, "%s: have %zu characters, want %zu", form->what,
			text.len, want);
	if (memcmp(text.p, form->prefix, n) != 0 || text.p[n] != '1')
		return sr_fail(
			e, SR_CORRUPT, "%s: does not begin \"%s1\"", form->what, form->prefix);
	for (size_t i = n + 1; i < want; i++) {
		const char *c = text.p[i] != 0 ? strchr(form->alphabet, text.p[i]) : NULL;

		if (c == NULL) {
			rc = sr_fail(e, SR_CORRUPT, "%s: character %zu is none of Bech32's",
				form->what, i + 1);
			goto out;
		}
		uint8_t v = (uint8_t)(c - form->alphabet);
		sum = b32_step(sum, v);
		if (i >= n + 1 + B32_DATA)
			continue;
		acc = (acc << 5 | v) & 0xfff;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			found[at++] = (uint8_t)(acc >> bits);
		}
	}
	if (sum != 1) {
		rc = sr_fail(e, SR_CORRUPT, "%s: checksum is wrong", form->what);
		goto out;
	}
	if ((acc & ((1U << bits) - 1)) != 0) {
		rc = sr_fail(e, SR_CORRUPT, "%s: padding is not zero", form->what);
		goto out;
	}
	memcpy(key, found, sizeof found);
out:
	sr_wipe(found, sizeof found);
	return rc;
}

void sr_age_recipient_text(char out[SR_AGE_RECIPIENT_TEXT], const uint8_t pk[SR_X_PK]) {
	b32_encode(out, &recipient_form, pk);
}

int sr_age_recipient_parse(uint8_t pk[SR_X_PK], struct sr_bytes text, struct sr_err *e) {
	return b32_decode(pk, &recipient_form, text, e);
}

void sr_age_identity_text(char out[SR_AGE_IDENTITY_TEXT], const uint8_t sk[SR_X_SK]) {
	b32_encode(out, &identity_form, sk);
}

int sr_age_identity_parse(uint8_t sk[SR_X_SK], struct sr_bytes text, struct sr_err *e) {
	return b32_decode(sk, &identity_form, text, e);
}

/* --- What reader and writer share ----------------------------------------------------------- */

static int put_buf(void *ctx, const void *p, size_t len, struct sr_err *e) {
	struct sr_buf *b = ctx;
	int rc = sr_buf_reserve(b, len, e);

	if (rc == 0)
		sr_buf_put(b, p, len);
	return rc;
}

struct sr_age_sink sr_age_sink_buf(struct sr_buf *b) {
	struct sr_age_sink s = {put_buf, b};
	return s;
}

/* The payload's key and where in it we are. */
struct stream {
	uint8_t key[SR_KEY];
	uint64_t chunks; /* done */
};

static void chunk_nonce(uint8_t nonce[NONCE], const struct stream *s, bool last) {
	memset(nonce, 0, NONCE);
	sr_be64_put(nonce + NONCE - 9, s->chunks);
	nonce[NONCE - 1] = last ? 1 : 0;
}

static void stream_begin(
	struct stream *s, const uint8_t file_key[FILE_KEY], const uint8_t nonce[STREAM_NONCE]) {
	hkdf(s->key, sizeof s->key, sr_bytes_of(file_key, FILE_KEY),
		sr_bytes_of(nonce, STREAM_NONCE), sr_bytes_str("payload"));
	s->chunks = 0;
}

static void header_mac(uint8_t mac[32], const uint8_t file_key[FILE_KEY], struct sr_bytes header) {
	uint8_t key[32];

	hkdf(key, sizeof key, sr_bytes_of(file_key, FILE_KEY), sr_bytes_of(NULL, 0),
		sr_bytes_str("header"));
	hmac(mac, sr_bytes_of(key, sizeof key), &header, 1);
	sr_wipe(key, sizeof key);
}

/* The key that wraps the file key: ${sk} and ${their_pk} are either pair. AUTH: low order. */
static int wrap_key(uint8_t out[32], const uint8_t sk[SR_X_SK], const uint8_t their_pk[SR_X_PK],
	const uint8_t share[SR_X_PK], const uint8_t recipient[SR_X_PK]) {
	uint8_t dh[32], salt[2 * SR_X_PK];
	int rc = crypto_scalarmult_curve25519(dh, sk, their_pk) == 0 ? 0 : SR_AUTH;

	if (rc == 0) {
		memcpy(salt, share, SR_X_PK);
		memcpy(salt + SR_X_PK, recipient, SR_X_PK);
		hkdf(out, 32, sr_bytes_of(dh, sizeof dh), sr_bytes_of(salt, sizeof salt),
			sr_bytes_str(x25519_info));
	}
	sr_wipe(dh, sizeof dh);
	return rc;
}

/* --- Writer ---------------------------------------------------------------------------------- */

struct sr_age_writer {
	struct sr_age_sink to;
	struct stream stream;
	enum {
		W_OPEN,
		W_DONE,
		W_FAILED
	} state;
	int rc; /* of W_FAILED */
	size_t len;
	uint8_t plain[SR_AGE_CHUNK]; /* one chunk is held back until it is known not to be the last
				      */
	uint8_t sealed[SEALED_CHUNK];
};

static void put_base64_bare(struct sr_buf *b, const void *p, size_t len) {
	sr_buf_put_base64(b, p, len);
	if (b->failed != 0)
		return;
	while (b->len > 0 && b->p[b->len - 1] == '=')
		b->len--;
}

static int put_stanza(struct sr_buf *header, const uint8_t file_key[FILE_KEY],
	const uint8_t recipient[SR_X_PK], struct sr_err *e) {
	static const uint8_t zero[NONCE];
	uint8_t share[SR_X_PK], sk[SR_X_SK], key[32], body[BODY];
	int rc;

	sr_box_keypair(share, sk);
	if (wrap_key(key, sk, recipient, share, recipient) != 0) {
		rc = sr_fail(e, SR_AUTH, "an age recipient is of low order");
		goto out;
	}
	rc = crypto_aead_chacha20poly1305_ietf_encrypt(
		body, NULL, file_key, FILE_KEY, NULL, 0, NULL, zero, key);
	assert(rc == 0);
	sr_buf_printf(header, "-> %s ", x25519_type);
	put_base64_bare(header, share, sizeof share);
	sr_buf_put_u8(header, '\n');
	put_base64_bare(header, body, sizeof body); /* 43 characters: one short line */
	sr_buf_put_u8(header, '\n');
	rc = sr_buf_ok(header, e);
out:
	sr_wipe(sk, sizeof sk);
	sr_wipe(key, sizeof key);
	return rc;
}

static int make_header(struct sr_age_writer *w, const uint8_t (*recipients)[SR_X_PK], size_t count,
	struct sr_err *e) {
	uint8_t file_key[FILE_KEY], mac[32], nonce[STREAM_NONCE];
	struct sr_buf header;
	int rc = 0;

	sr_buf_init(&header);
	sr_random(file_key, sizeof file_key);
	sr_buf_printf(&header, "%s\n", version_line);
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = put_stanza(&header, file_key, recipients[i], e);
	if (rc != 0)
		goto out;
	sr_buf_put_str(&header, "---");
	if ((rc = sr_buf_ok(&header, e)) != 0)
		goto out;
	header_mac(mac, file_key, sr_buf_view(&header));
	sr_buf_put_u8(&header, ' ');
	put_base64_bare(&header, mac, sizeof mac);
	sr_buf_put_u8(&header, '\n');
	sr_random(nonce, sizeof nonce);
	sr_buf_put(&header, nonce, sizeof nonce);
	stream_begin(&w->stream, file_key, nonce);
	if ((rc = sr_buf_ok(&header, e)) == 0)
		rc = w->to.put(w->to.ctx, header.p, header.len, e);
out:
	sr_wipe(file_key, sizeof file_key);
	sr_buf_free(&header);
	return rc;
}

int sr_age_writer_new(struct sr_age_writer **out, const uint8_t (*recipients)[SR_X_PK],
	size_t count, struct sr_age_sink to, struct sr_err *e) {
	struct sr_age_writer *w;
	int rc;

	*out = NULL;
	if (count < 1 || count > SR_AGE_RECIPIENTS_MAX)
		return sr_fail(e, SR_LIMIT, "have %zu age recipients, want 1 to %d", count,
			SR_AGE_RECIPIENTS_MAX);
	if ((w = calloc(1, sizeof *w)) == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for an age writer");
	w->to = to;
	if ((rc = make_header(w, recipients, count, e)) != 0) {
		sr_age_writer_free(w);
		return rc;
	}
	*out = w;
	return 0;
}

static int writer_state(struct sr_age_writer *w, struct sr_err *e) {
	switch (w->state) {
	case W_OPEN:
		return 0;
	case W_DONE:
		return sr_fail(e, SR_MISUSE, "the age file is finished");
	case W_FAILED:
		return sr_fail(e, (enum sr_code)w->rc, "the age file failed before");
	}
	return SR_MISUSE;
}

static int put_chunk(struct sr_age_writer *w, struct sr_bytes plain, bool last, struct sr_err *e) {
	uint8_t nonce[NONCE];
	int rc;

	chunk_nonce(nonce, &w->stream, last);
	if (w->to.put == put_buf) { /* sealed where it is wanted */
		struct sr_buf *b = w->to.ctx;

		if ((rc = sr_buf_reserve(b, plain.len + TAG, e)) == 0) {
			sr_chacha_seal(
				b->p + b->len, w->stream.key, nonce, sr_bytes_of(NULL, 0), plain);
			b->len += plain.len + TAG;
		}
	} else {
		sr_chacha_seal(w->sealed, w->stream.key, nonce, sr_bytes_of(NULL, 0), plain);
		rc = w->to.put(w->to.ctx, w->sealed, plain.len + TAG, e);
	}
	if (rc != 0) {
		w->state = W_FAILED;
		w->rc = rc;
		return rc;
	}
	w->stream.chunks++;
	return 0;
}

int sr_age_writer_write(struct sr_age_writer *w, const void *p, size_t len, struct sr_err *e) {
	const uint8_t *from = p;
	int rc = writer_state(w, e);

	while (rc == 0 && len > 0) {
		size_t n = sizeof w->plain - w->len;

		if (n == 0) {
			rc = put_chunk(w, sr_bytes_of(w->plain, w->len), false, e);
			w->len = 0;
			continue;
		}
		/* A whole chunk of which more is known to follow needs no copy. */
		if (w->len == 0 && len > sizeof w->plain) {
			rc = put_chunk(w, sr_bytes_of(from, sizeof w->plain), false, e);
			from += sizeof w->plain;
			len -= sizeof w->plain;
			continue;
		}
		if (n > len)
			n = len;
		memcpy(w->plain + w->len, from, n);
		w->len += n;
		from += n;
		len -= n;
	}
	return rc;
}

int sr_age_writer_finish(struct sr_age_writer *w, struct sr_err *e) {
	int rc = writer_state(w, e);

	if (rc == 0 && (rc = put_chunk(w, sr_bytes_of(w->plain, w->len), true, e)) == 0)
		w->state = W_DONE;
	return rc;
}

void sr_age_writer_free(struct sr_age_writer *w) {
	if (w == NULL)
		return;
	sr_wipe(w, sizeof *w);
	free(w);
}

/* --- Header of a file ------------------------------------------------------------------------ */

/* A cursor over the header, whose last line begins "---" (take_header); lines end with LF and are
 * handed out without it. */
struct lines {
	struct sr_bytes in;
	size_t pos;
	size_t number;
};

static int next_line(struct lines *l, struct sr_bytes *out, struct sr_err *e) {
	const uint8_t *from = l->in.p + l->pos;
	const uint8_t *end = memchr(from, '\n', l->in.len - l->pos);

	if (end == NULL)
		return sr_fail(e, SR_MISUSE, "age header ends within line %zu", l->number + 1);
	*out = sr_bytes_of(from, (size_t)(end - from));
	l->pos += out->len + 1;
	l->number++;
	return 0;
}

static bool begins(struct sr_bytes b, const char *s) {
	size_t n = strlen(s);

	return b.len >= n && memcmp(b.p, s, n) == 0;
}

/* Canonical base64 without padding. Padding is put on, so that the padded reader can judge it. */
static int unbase64_bare(struct sr_buf *out, struct sr_bytes text, struct sr_err *e) {
	struct sr_buf padded;
	int rc;

	if (text.len % 4 == 1 || memchr(text.len > 0 ? text.p : (const uint8_t *)"", '=', text.len))
		return sr_fail(e, SR_CORRUPT, "base64 of %zu characters, or padded", text.len);
	sr_buf_init(&padded);
	sr_buf_put_bytes(&padded, text);
	sr_buf_put(&padded, "==", (4 - text.len % 4) % 4);
	if ((rc = sr_buf_ok(&padded, e)) == 0)
		rc = sr_unbase64(out, sr_buf_view(&padded), e);
	sr_buf_free(&padded);
	return rc;
}

static int unbase64_bare_32(uint8_t out[32], struct sr_bytes text, struct sr_err *e) {
	char padded[SHARE_TEXT + 1];

	if (text.len != SHARE_TEXT)
		return sr_fail(e, SR_CORRUPT, "have %zu characters, want %d", text.len, SHARE_TEXT);
	memcpy(padded, text.p, SHARE_TEXT);
	padded[SHARE_TEXT] = '=';
	return sr_unbase64_fixed(out, 32, sr_bytes_of(padded, sizeof padded), e);
}

/* The arguments of "-> a b c": each one or more of 0x21..0x7e, single spaces between. */
static int check_args(const struct lines *l, struct sr_bytes args, struct sr_err *e) {
	bool at_start = true;

	for (size_t i = 0; i < args.len; i++) {
		uint8_t c = args.p[i];

		if (c == ' ' ? at_start : (c < 0x21 || c > 0x7e))
			return sr_fail(e, SR_CORRUPT,
				"age header line %zu: byte 0x%02x at %zu of a stanza", l->number, c,
				i);
		at_start = c == ' ';
	}
	if (at_start)
		return sr_fail(
			e, SR_CORRUPT, "age header line %zu: an argument is empty", l->number);
	return 0;
}

/* The ${i}-th argument, or p == NULL. */
static struct sr_bytes arg(struct sr_bytes args, size_t i) {
	for (;;) {
		const uint8_t *sp = memchr(args.p, ' ', args.len);
		size_t n = sp != NULL ? (size_t)(sp - args.p) : args.len;

		if (i-- == 0)
			return sr_bytes_of(args.p, n);
		if (sp == NULL)
			return sr_bytes_of(NULL, 0);
		args = sr_bytes_of(args.p + n + 1, args.len - n - 1);
	}
}

static int read_body(struct lines *l, struct sr_buf *body, struct sr_err *e) {
	struct sr_bytes line;
	int rc;

	sr_buf_clear(body);
	do {
		if ((rc = next_line(l, &line, e)) != 0)
			return rc;
		if (line.len > LINE)
			return sr_fail(e, SR_CORRUPT,
				"age header line %zu: a stanza's body of %zu characters, at most "
				"%d",
				l->number, line.len, LINE);
		if ((rc = unbase64_bare(body, line, e)) != 0) {
			(void)sr_wrap(e, "age header line %zu", l->number);
			return rc;
		}
	} while (line.len == LINE);
	return 0;
}

/* What opens a file: a key, or a passphrase (then its p is not NULL). */
struct opener {
	uint8_t sk[SR_X_SK];
	struct sr_bytes passphrase;
};

/* What reading a header finds out. */
struct found {
	bool match;
	uint8_t file_key[FILE_KEY];
	size_t stanzas, scrypt;
	size_t others;               /* of kinds that are not read here */
	char kinds[160];             /* some of them, each once */
	struct sr_bytes scrypt_args; /* of the last one; a view of the header */
	struct sr_buf scrypt_body;
};

/* A stanza of type X25519: its form is checked always, its body opened until one matches. */
static int read_x25519(struct found *f, const uint8_t sk[SR_X_SK], struct sr_bytes args,
	struct sr_bytes body, struct sr_err *e) {
	static const uint8_t zero[NONCE];
	uint8_t share[SR_X_PK], pk[SR_X_PK], key[32];
	int rc;

	if (arg(args, 1).p == NULL || arg(args, 2).p != NULL)
		return sr_fail(e, SR_CORRUPT, "an X25519 stanza has other than one argument");
	if ((rc = unbase64_bare_32(share, arg(args, 1), e)) != 0) {
		(void)sr_wrap(e, "share of an X25519 stanza");
		return rc;
	}
	if (body.len != BODY)
		return sr_fail(e, SR_CORRUPT, "the body of an X25519 stanza has %zu bytes, want %d",
			body.len, BODY);
	if (f->match)
		return 0;
	sr_box_public(pk, sk);
	if (wrap_key(key, sk, share, share, pk) != 0)
		return sr_fail(e, SR_CORRUPT, "the share of an X25519 stanza is of low order");
	f->match = crypto_aead_chacha20poly1305_ietf_decrypt(
			   f->file_key, NULL, NULL, body.p, body.len, NULL, 0, zero, key) == 0;
	sr_wipe(key, sizeof key);
	return 0;
}

/* A decimal of the form [1-9][0-9]*; more than the limit is no break of the format. */
static int scrypt_cost(unsigned *log_n, struct sr_bytes text, struct sr_err *e) {
	unsigned v = 0;

	if (text.len < 1 || text.p[0] < '1' || text.p[0] > '9')
		return sr_fail(e, SR_CORRUPT, "the work factor of a scrypt stanza is no decimal");
	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return sr_fail(
				e, SR_CORRUPT, "the work factor of a scrypt stanza is no decimal");
		if (v <= SR_AGE_SCRYPT_LOG_MAX)
			v = 10 * v + (unsigned)(text.p[i] - '0');
	}
	if (v > SR_AGE_SCRYPT_LOG_MAX)
		return sr_fail(e, SR_LIMIT,
			"the work factor of a scrypt stanza is above %d, which would need more "
			"than 1 GiB",
			SR_AGE_SCRYPT_LOG_MAX);
	*log_n = v;
	return 0;
}

static int unbase64_salt(uint8_t out[SALT], struct sr_bytes text, struct sr_err *e) {
	char padded[SALT_TEXT + 2];

	if (text.len != SALT_TEXT)
		return sr_fail(e, SR_CORRUPT, "have %zu characters, want %d", text.len, SALT_TEXT);
	memcpy(padded, text.p, SALT_TEXT);
	padded[SALT_TEXT] = padded[SALT_TEXT + 1] = '=';
	return sr_unbase64_fixed(out, SALT, sr_bytes_of(padded, sizeof padded), e);
}

/* A stanza of type scrypt, to a reader that has a passphrase. */
static int read_scrypt(struct found *f, struct sr_bytes passphrase, struct sr_bytes args,
	struct sr_bytes body, struct sr_err *e) {
	static const uint8_t zero[NONCE];
	uint8_t salt[sizeof scrypt_label + SALT], key[32];
	unsigned log_n = 0;
	int rc;

	if (arg(args, 2).p == NULL || arg(args, 3).p != NULL)
		return sr_fail(e, SR_CORRUPT, "a scrypt stanza has other than two arguments");
	memcpy(salt, scrypt_label, sizeof scrypt_label);
	if ((rc = unbase64_salt(salt + sizeof scrypt_label, arg(args, 1), e)) != 0) {
		(void)sr_wrap(e, "salt of a scrypt stanza");
		return rc;
	}
	if ((rc = scrypt_cost(&log_n, arg(args, 2), e)) != 0)
		return rc;
	if (body.len != BODY)
		return sr_fail(e, SR_CORRUPT, "the body of a scrypt stanza has %zu bytes, want %d",
			body.len, BODY);
	if (crypto_pwhash_scryptsalsa208sha256_ll(passphrase.p, passphrase.len, salt, sizeof salt,
		    UINT64_C(1) << log_n, SCRYPT_R, SCRYPT_P, key, sizeof key) != 0)
		return sr_fail(e, SR_NOMEM, "no memory for scrypt: the age file asks for %llu KiB",
			(unsigned long long)(UINT64_C(1) << log_n));
	f->match = crypto_aead_chacha20poly1305_ietf_decrypt(
			   f->file_key, NULL, NULL, body.p, body.len, NULL, 0, zero, key) == 0;
	sr_wipe(key, sizeof key);
	return 0;
}

/* A kind that is not read here, for who asks why nothing opens: printable ASCII (check_args). */
static void other_kind(struct found *f, struct sr_bytes type) {
	static const char more[] = ", ...";
	char kind[48];
	size_t len = strlen(f->kinds);

	f->others++;
	(void)snprintf(kind, sizeof kind, "%.*s", type.len < 40 ? (int)type.len : 40,
		(const char *)type.p);
	for (const char *at = f->kinds; (at = strstr(at, kind)) != NULL; at++) {
		const char after = at[strlen(kind)];

		if ((at == f->kinds || at[-1] == ' ') && (after == '\0' || after == ','))
			return;
	}
	if (len + strlen(kind) + 2 + sizeof more <= sizeof f->kinds)
		(void)snprintf(
			f->kinds + len, sizeof f->kinds - len, "%s%s", len > 0 ? ", " : "", kind);
	else if (strstr(f->kinds, more) == NULL)
		(void)snprintf(f->kinds + len, sizeof f->kinds - len, "%s", more);
}

/* One stanza: types that are not ours are skipped, their form was checked. The first scrypt stanza
 * is worked on only when the header is known to have no other (read_header). */
static int read_stanza(struct found *f, const struct opener *by, struct sr_bytes args,
	struct sr_bytes body, struct sr_err *e) {
	const struct sr_bytes type = arg(args, 0);

	f->stanzas++;
	if (sr_bytes_eq(type, sr_bytes_str(scrypt_type))) {
		f->scrypt++;
		f->scrypt_args = args;
		sr_buf_clear(&f->scrypt_body);
		sr_buf_put_bytes(&f->scrypt_body, body);
		return sr_buf_ok(&f->scrypt_body, e);
	}
	if (!sr_bytes_eq(type, sr_bytes_str(x25519_type)))
		other_kind(f, type);
	else if (by->passphrase.p == NULL)
		return read_x25519(f, by->sk, args, body, e);
	return 0;
}

static int read_stanzas(struct found *f, struct lines *l, struct sr_bytes *mac_line,
	const struct opener *by, struct sr_err *e) {
	struct sr_bytes line, args;
	struct sr_buf body;
	int rc;

	sr_buf_init(&body);
	for (;;) {
		if ((rc = next_line(l, &line, e)) != 0)
			goto out;
		if (begins(line, "---"))
			break;
		if (!begins(line, "-> ")) {
			rc = sr_fail(e, SR_CORRUPT, "age header line %zu: want a stanza or \"---\"",
				l->number);
			goto out;
		}
		args = sr_bytes_of(line.p + 3, line.len - 3);
		if ((rc = check_args(l, args, e)) != 0 || (rc = read_body(l, &body, e)) != 0 ||
			(rc = read_stanza(f, by, args, sr_buf_view(&body), e)) != 0)
			goto out;
	}
	*mac_line = line;
	if (f->stanzas == 0)
		rc = sr_fail(e, SR_CORRUPT, "age header without a stanza");
	else if (f->scrypt > 0 && f->stanzas > 1)
		rc = sr_fail(
			e, SR_CORRUPT, "a scrypt stanza is not alone (%zu stanzas)", f->stanzas);
out:
	sr_buf_free(&body);
	return rc;
}

static int check_version(struct sr_bytes line, struct sr_err *e) {
	if (sr_bytes_eq(line, sr_bytes_str(version_line)))
		return 0;
	if (begins(line, armor_line))
		return sr_fail(e, SR_UNSUPPORTED, "the age file is in armor, want binary");
	if (begins(line, version_stem))
		return sr_fail(e, SR_UNSUPPORTED, "age file of another version than v1");
	return sr_fail(e, SR_CORRUPT, "not an age file");
}

/* Is there a file key? A passphrase is stretched here, after the whole header was seen to be one.
 */
static int match_found(struct found *f, const struct opener *by, struct sr_err *e) {
	int rc = 0;

	if (f->scrypt > 0 && by->passphrase.p == NULL)
		return sr_fail(e, SR_UNSUPPORTED,
			"the age file is sealed with a passphrase, not to a key");
	if (f->scrypt > 0)
		rc = read_scrypt(
			f, by->passphrase, f->scrypt_args, sr_buf_view(&f->scrypt_body), e);
	if (rc != 0 || f->match)
		return rc;
	if (f->others == f->stanzas)
		return sr_fail(e, SR_NOTFOUND,
			"the age file is for recipients of kind %s, which this program does not "
			"read: seal it to one of kind X25519 (age1 and 58 letters and digits)",
			f->kinds);
	return sr_fail(e, SR_NOTFOUND, "none of the age file's %zu stanzas %s%s%s%s", f->stanzas,
		by->passphrase.p == NULL ? "is for this key" : "opens with this passphrase",
		f->others > 0 ? "; of kind " : "", f->kinds,
		f->others > 0 ? ", which this program does not read, there are some" : "");
}

/* Take a whole header apart and check its MAC; the file key into ${file_key}. */
static int read_header(uint8_t file_key[FILE_KEY], struct sr_bytes header, const struct opener *by,
	struct sr_err *e) {
	struct lines l = {header, 0, 0};
	struct found f = {0};
	struct sr_bytes line = {NULL, 0};
	uint8_t mac[32], want[32];
	int rc;

	if ((rc = next_line(&l, &line, e)) != 0 || (rc = check_version(line, e)) != 0 ||
		(rc = read_stanzas(&f, &l, &line, by, e)) != 0)
		goto out;
	if (line.len < 4 || line.p[3] != ' ')
		rc = sr_fail(e, SR_CORRUPT, "want \"--- \" and the MAC");
	else
		rc = unbase64_bare_32(mac, sr_bytes_of(line.p + 4, line.len - 4), e);
	if (rc != 0) {
		(void)sr_wrap(e, "age header line %zu", l.number);
		goto out;
	}
	if ((rc = match_found(&f, by, e)) != 0)
		goto out;
	header_mac(want, f.file_key, sr_bytes_of(header.p, (size_t)(line.p + 3 - header.p)));
	if (!sr_ct_eq(mac, want, sizeof mac)) {
		rc = sr_fail(e, SR_AUTH, "the MAC of the age header does not verify");
		goto out;
	}
	memcpy(file_key, f.file_key, FILE_KEY);
out:
	sr_buf_free(&f.scrypt_body);
	sr_wipe(&f, sizeof f);
	return rc;
}

/* --- Reader ---------------------------------------------------------------------------------- */

struct sr_age_reader {
	struct sr_age_sink to;
	struct opener by;
	struct sr_buf passphrase; /* what by.passphrase views */
	enum {
		R_HEADER,
		R_NONCE,
		R_PAYLOAD,
		R_DONE,
		R_FAILED
	} state;
	int rc; /* of R_FAILED */
	struct sr_buf header;
	size_t line_start; /* of the header's last line so far */
	uint8_t file_key[FILE_KEY];
	struct stream stream;
	uint64_t bytes; /* of plaintext, given out */
	size_t len;     /* of what is held back in sealed */
	uint8_t sealed[SEALED_CHUNK];
	uint8_t plain[SR_AGE_CHUNK];
};

int sr_age_reader_new(struct sr_age_reader **out, const uint8_t sk[SR_X_SK], struct sr_age_sink to,
	struct sr_err *e) {
	struct sr_age_reader *r = calloc(1, sizeof *r);

	*out = NULL;
	if (r == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for an age reader");
	r->to = to;
	memcpy(r->by.sk, sk, SR_X_SK);
	sr_buf_init(&r->header);
	sr_buf_init_secret(&r->passphrase);
	*out = r;
	return 0;
}

int sr_age_reader_new_passphrase(struct sr_age_reader **out, struct sr_bytes passphrase,
	struct sr_age_sink to, struct sr_err *e) {
	static const uint8_t no_key[SR_X_SK];
	struct sr_age_reader *r = NULL;
	int rc;

	*out = NULL;
	if (passphrase.len < 1 || passphrase.len > SR_PASSPHRASE_MAX)
		return sr_fail(e, SR_USAGE, "a passphrase of %zu bytes, want 1 to %d",
			passphrase.len, SR_PASSPHRASE_MAX);
	if ((rc = sr_age_reader_new(&r, no_key, to, e)) != 0)
		return rc;
	sr_buf_put_bytes(&r->passphrase, passphrase);
	if ((rc = sr_buf_ok(&r->passphrase, e)) != 0) {
		sr_age_reader_free(r);
		return rc;
	}
	r->by.passphrase = sr_buf_view(&r->passphrase);
	*out = r;
	return 0;
}

void sr_age_reader_free(struct sr_age_reader *r) {
	if (r == NULL)
		return;
	sr_buf_free(&r->header);
	sr_buf_free(&r->passphrase);
	sr_wipe(r, sizeof *r);
	free(r);
}

/* Collect header bytes up to and with the line that begins "---"; ${used} of ${in} were taken. */
static int take_header(
	struct sr_age_reader *r, struct sr_bytes in, size_t *used, struct sr_err *e) {
	int rc;

	*used = 0;
	while (*used < in.len) {
		const uint8_t *from = in.p + *used;
		const uint8_t *lf = memchr(from, '\n', in.len - *used);
		size_t n = lf != NULL ? (size_t)(lf - from) + 1 : in.len - *used;
		struct sr_bytes line;

		if (n > SR_AGE_HEADER_MAX - r->header.len)
			return sr_fail(
				e, SR_LIMIT, "age header of more than %d bytes", SR_AGE_HEADER_MAX);
		if ((rc = sr_buf_reserve(&r->header, n, e)) != 0)
			return rc;
		sr_buf_put(&r->header, from, n);
		*used += n;
		if (lf == NULL)
			continue;
		line = sr_bytes_of(r->header.p + r->line_start, r->header.len - r->line_start - 1);
		if (r->line_start == 0 && (rc = check_version(line, e)) != 0)
			return rc;
		r->line_start = r->header.len;
		if (!begins(line, "---"))
			continue;
		if ((rc = read_header(r->file_key, sr_buf_view(&r->header), &r->by, e)) != 0)
			return rc;
		r->state = R_NONCE;
		return 0;
	}
	return 0;
}

/* Decrypt what is held back, as the last chunk or not; hand it out. AUTH leaves it held back. */
static int take_chunk(struct sr_age_reader *r, bool last, struct sr_err *e) {
	const size_t n = r->len < TAG ? 0 : r->len - TAG;
	uint8_t nonce[NONCE];
	int rc;

	chunk_nonce(nonce, &r->stream, last);
	if (sr_chacha_open(r->plain, r->stream.key, nonce, sr_bytes_of(NULL, 0),
		    sr_bytes_of(r->sealed, r->len)) != 0) {
		sr_wipe(r->plain, n);
		return sr_fail(e, SR_AUTH, "age chunk %llu (offset %llu): tag does not verify",
			(unsigned long long)r->stream.chunks, (unsigned long long)r->bytes);
	}
	if (n == 0 && r->stream.chunks > 0)
		return sr_fail(e, SR_AUTH, "age chunk %llu is empty, and not the first",
			(unsigned long long)r->stream.chunks);
	if (n > 0 && (rc = r->to.put(r->to.ctx, r->plain, n, e)) != 0)
		return rc;
	r->stream.chunks++;
	r->bytes += n;
	r->len = 0;
	return 0;
}

static int take_payload(struct sr_age_reader *r, struct sr_bytes in, struct sr_err *e) {
	while (in.len > 0) {
		size_t n = sizeof r->sealed - r->len;
		int rc;

		if (n == 0) { /* full, and more follows: not the last */
			if ((rc = take_chunk(r, false, e)) == SR_AUTH &&
				take_chunk(r, true, NULL) == 0)
				return sr_fail(e, SR_AUTH,
					"bytes follow the last age chunk (%llu bytes of plaintext)",
					(unsigned long long)r->bytes);
			if (rc != 0)
				return rc;
			continue;
		}
		if (n > in.len)
			n = in.len;
		memcpy(r->sealed + r->len, in.p, n);
		r->len += n;
		in = sr_bytes_of(in.p + n, in.len - n);
	}
	return 0;
}

static int take(struct sr_age_reader *r, struct sr_bytes in, struct sr_err *e) {
	size_t n;
	int rc;

	if (r->state == R_HEADER) {
		if ((rc = take_header(r, in, &n, e)) != 0)
			return rc;
		in = sr_bytes_of(in.p + n, in.len - n);
	}
	if (r->state == R_NONCE) {
		n = STREAM_NONCE - r->len;
		if (n > in.len)
			n = in.len;
		if (n > 0)
			memcpy(r->sealed + r->len, in.p, n);
		r->len += n;
		in = sr_bytes_of(in.p + n, in.len - n);
		if (r->len < STREAM_NONCE)
			return 0;
		stream_begin(&r->stream, r->file_key, r->sealed);
		r->len = 0;
		r->state = R_PAYLOAD;
	}
	return take_payload(r, in, e);
}

static int reader_state(struct sr_age_reader *r, struct sr_err *e) {
	switch (r->state) {
	case R_HEADER:
	case R_NONCE:
	case R_PAYLOAD:
		return 0;
	case R_DONE:
		return sr_fail(e, SR_MISUSE, "the age file is finished");
	case R_FAILED:
		return sr_fail(e, (enum sr_code)r->rc, "the age file failed before");
	}
	return SR_MISUSE;
}

static int reader_fail(struct sr_age_reader *r, int rc) {
	r->state = R_FAILED;
	r->rc = rc;
	return rc;
}

int sr_age_reader_write(struct sr_age_reader *r, const void *p, size_t len, struct sr_err *e) {
	int rc = reader_state(r, e);

	if (rc != 0 || len == 0)
		return rc;
	if ((rc = take(r, sr_bytes_of(p, len), e)) != 0)
		return reader_fail(r, rc);
	return 0;
}

int sr_age_reader_finish(struct sr_age_reader *r, struct sr_err *e) {
	int rc = reader_state(r, e);

	if (rc != 0)
		return rc;
	if (r->state == R_HEADER) {
		rc = sr_fail(e, SR_CORRUPT, "the age file ends within its header, after %zu bytes",
			r->header.len);
	} else if (r->state == R_NONCE) {
		rc = sr_fail(e, SR_CORRUPT, "the age file's nonce: have %zu bytes, want %d", r->len,
			STREAM_NONCE);
	} else if ((rc = take_chunk(r, true, e)) == SR_AUTH && r->len == SEALED_CHUNK &&
		   take_chunk(r, false, NULL) == 0) {
		rc = sr_fail(e, SR_AUTH, "the age file is cut after %llu bytes of plaintext",
			(unsigned long long)r->bytes);
	}
	if (rc != 0)
		return reader_fail(r, rc);
	r->state = R_DONE;
	return 0;
}
