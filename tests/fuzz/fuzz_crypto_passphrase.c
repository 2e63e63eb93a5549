/*
 * fuzz_crypto_passphrase - sealed files of secrets and of identities, opened with a credential (the
 * stretching of passphrases would take all the time). What opens without our seal over it must be a
 * file that we sealed; what we seal around the fuzzer's bytes opens to them, or is refused.
 *
 * Input: u8 mode: 0 the file is the rest; 1 the rest is sealed as the secret of an identity, with
 * public lines that u8 length takes from it.
 */
#include "base/secret.h"
#include "crypto/identity.h"
#include "fuzz_crypto.h"

static const char credential[] = "0123456789abcdef0123456789abcdef";
static const char type[] = "strongroom/identity/v1";

static struct sr_unlock unlock(void) {
	struct sr_unlock u = {.credential = sr_bytes_str(credential)};
	return u;
}

static void our_seed(uint8_t seed[SR_SEED]) {
	t_fill(seed, SR_SEED, 7);
}

/* ${id} came out of ${file}. */
static void check_opened(const struct sr_identity *id, struct sr_bytes file) {
	char person[SR_PERSON_TEXT];
	uint8_t pk[SR_PK];
	struct sr_err e;
	sr_sign_public(pk, id->seed);
	MUST(memcmp(pk, id->pk, SR_PK) == 0);
	MUST(strlen(id->person) == SR_PERSON_TEXT - 1 && strncmp(id->person, "p-", 2) == 0);
	assert_ok(sr_identity_peek(person, pk, file, &e), &e);
	MUST(strcmp(person, id->person) == 0 && memcmp(pk, id->pk, SR_PK) == 0);
}

static void open_raw(struct sr_bytes file) {
	struct sr_unlock u = unlock();
	struct sr_identity id;
	struct sr_text t;
	struct sr_buf secret;
	struct sr_err e;
	uint8_t seed[SR_SEED];
	sr_buf_init_secret(&secret);
	our_seed(seed);
	if (sr_passphrase_open(&secret, type, &u, file, &e) == 0)
		MUST(sr_bytes_eq(sr_buf_view(&secret), sr_bytes_of(seed, SR_SEED)));
	else
		MUST(secret.len == 0);
	sr_buf_free(&secret);
	if (sr_passphrase_parse(&t, type, file, &e) == 0)
		sr_text_free(&t);
	if (sr_identity_open(&id, file, &u, &e) == 0) {
		MUST(memcmp(id.seed, seed, SR_SEED) == 0);
		check_opened(&id, file);
	} else {
		MUST(id.seed == NULL);
	}
	sr_identity_free(&id);
}

static void open_sealed(struct sr_bytes publics, struct sr_bytes secret) {
	struct sr_unlock u = unlock();
	struct sr_identity id;
	struct sr_buf file, back;
	struct sr_err e;
	sr_buf_init(&file);
	sr_buf_init_secret(&back);
	if (sr_passphrase_seal(&file, type, publics, &u, secret, &e) == 0) {
		assert_ok(sr_passphrase_open(&back, type, &u, sr_buf_view(&file), &e), &e);
		MUST(sr_bytes_eq(sr_buf_view(&back), secret));
		if (sr_identity_open(&id, sr_buf_view(&file), &u, &e) == 0)
			check_opened(&id, sr_buf_view(&file));
		sr_identity_free(&id);
	} else {
		MUST(file.len == 0);
	}
	sr_buf_free(&file);
	sr_buf_free(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	fuzz_start();
	if (fuzz_u8(&in) % 2 == 0) {
		open_raw(in);
	} else {
		size_t len = fuzz_u8(&in);
		struct sr_bytes publics = fuzz_take(&in, len);
		open_sealed(publics, in);
	}
	MUST(sr_secret_in_use() == 0);
	return 0;
}

void fuzz_seeds(void) {
	struct sr_unlock u = unlock();
	struct sr_identity id;
	struct sr_buf file, lines;
	struct sr_err e;
	uint8_t seed[SR_SEED];
	fuzz_start();
	our_seed(seed);
	sr_buf_init(&file);
	sr_buf_init(&lines);
	assert_ok(sr_identity_from_seed(&id, seed, &e), &e);
	assert_ok(sr_identity_seal(&file, &id, &u, &e), &e);
	fuzz_seed_with("identity", "\0", 1, sr_buf_view(&file));
	sr_text_put(&lines, "person", id.person);
	sr_text_put_base64(&lines, "key", id.pk, SR_PK);
	assert_ok(sr_buf_ok(&lines, &e), &e);
	sr_buf_clear(&file);
	sr_buf_put_u8(&file, 1);
	sr_buf_put_u8(&file, (uint8_t)lines.len);
	sr_buf_put_bytes(&file, sr_buf_view(&lines));
	sr_buf_put(&file, seed, SR_SEED);
	fuzz_seed("plaintext", sr_buf_view(&file));
	sr_buf_clear(&file);
	sr_passphrase_cheap();
	u = (struct sr_unlock){.passphrase = sr_bytes_str("a long passphrase")};
	assert_ok(sr_identity_seal(&file, &id, &u, &e), &e);
	fuzz_seed_with("passphrase", "\0", 1, sr_buf_view(&file));
	sr_identity_free(&id);
	sr_buf_free(&file);
	sr_buf_free(&lines);
}
