/*
 * passphrase - see passphrase.h, which has the table of the format.
 *
 * Invariants: a file is parsed and its numbers are held against the caps before Argon2id is called;
 * everything before the `sealed` line is bound, so a lowered cost or another public line is a wrong
 * passphrase; the caller's buffer is touched only when all went well.
 */
#include "crypto/passphrase.h"

#include <assert.h>
#include <sodium.h>

#include "base/escape.h"
#include "base/limits.h"

enum {
	SALT = 16,
	OPS = 3,
	MEM = 64 << 20,
	MEM_MIN = 8192
};
_Static_assert((int)SALT == (int)crypto_pwhash_argon2id_SALTBYTES, "salt");
_Static_assert((int)MEM_MIN == (int)crypto_pwhash_argon2id_MEMLIMIT_MIN, "least memory");

static uint64_t new_ops = OPS, new_mem = MEM;

#ifdef SR_TESTING
void sr_passphrase_cheap(void) {
	new_ops = 1;
	new_mem = 64 << 10;
}
#endif

/* How a file is sealed. */
struct params {
	bool credential;
	uint8_t id[SR_HASH]; /* of the credential */
	uint8_t salt[SALT];
	uint64_t ops, mem;
};

static int check_passphrase(const struct sr_unlock *u, struct sr_err *e) {
	if (u->passphrase.p == NULL || u->passphrase.len == 0)
		return sr_fail(e, SR_USAGE, "the passphrase is empty");
	if (u->passphrase.len > SR_PASSPHRASE_MAX)
		return sr_fail(e, SR_USAGE, "the passphrase has %zu bytes, at most %d",
			u->passphrase.len, SR_PASSPHRASE_MAX);
	return 0;
}

static int check_credential(const struct sr_unlock *u, struct sr_err *e) {
	if (u->credential.len < SR_CREDENTIAL_MIN)
		return sr_fail(e, SR_USAGE, "the credential has %zu bytes, want %d or more",
			u->credential.len, SR_CREDENTIAL_MIN);
	return 0;
}

static void credential_id(uint8_t out[SR_HASH], struct sr_bytes credential) {
	SR_HASH_OF(out, "strongroom/credential-id/v1", NULL, credential);
}

static int derive(
	uint8_t key[SR_KEY], const struct params *p, const struct sr_unlock *u, struct sr_err *e) {
	uint8_t stretched[32];

	if (p->credential) {
		SR_HASH_OF(key, "strongroom/credential-key/v1", NULL, u->credential);
		return 0;
	}
	assert(u->passphrase.p != NULL); /* check_passphrase */
	if (crypto_pwhash_argon2id(stretched, sizeof stretched, (const char *)u->passphrase.p,
		    u->passphrase.len, p->salt, p->ops, (size_t)p->mem,
		    crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0)
		return sr_fail(e, SR_NOMEM, "no memory for Argon2id (%llu bytes)",
			(unsigned long long)p->mem);
	SR_HASH_OF(key, "strongroom/passphrase-key/v1", NULL,
		sr_bytes_of(stretched, sizeof stretched));
	sr_wipe(stretched, sizeof stretched);
	return 0;
}

/* Is ${key} one that the format itself uses? */
static bool reserved(struct sr_bytes key) {
	static const char *const keys[] = {"salt", "ops", "mem", "credential", "sealed"};

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (sr_bytes_eq(key, sr_bytes_str(keys[i])))
			return true;
	return false;
}

/* The length of "strongroom/<what>/v" in a type, or 0. */
static size_t stem(struct sr_bytes type) {
	for (size_t i = type.len; i >= 2; i--)
		if (type.p[i - 2] == '/' && type.p[i - 1] == 'v')
			return i;
	return 0;
}

static int check_type(struct sr_bytes have, const char *type, struct sr_err *e) {
	struct sr_bytes want = sr_bytes_str(type);
	char shown[80];
	size_t n = stem(want);

	if (sr_bytes_eq(have, want))
		return 0;
	sr_escape_to(shown, sizeof shown, have);
	if (n != 0 && have.len > n && memcmp(have.p, want.p, n) == 0)
		return sr_fail(e, SR_UNSUPPORTED, "the file is \"%s\", this program reads \"%s\"",
			shown, type);
	return sr_fail(e, SR_CORRUPT, "the file is \"%s\", want \"%s\"", shown, type);
}

static bool key_is(const struct sr_text *t, size_t i, const char *key) {
	return i < t->count && sr_bytes_eq(t->lines[i].key, sr_bytes_str(key));
}

static int read_cost(uint64_t *out, struct sr_bytes value, uint64_t min, uint64_t max,
	const char *what, struct sr_err *e) {
	uint64_t v;
	int rc = sr_parse_dec(&v, value, UINT64_MAX, e);

	if (rc != 0) {
		(void)sr_wrap(e, "%s", what);
		return rc;
	}
	if (v < min || v > max)
		return sr_fail(e, SR_LIMIT, "%s is %llu, want %llu to %llu", what,
			(unsigned long long)v, (unsigned long long)min, (unsigned long long)max);
	*out = v;
	return 0;
}

/* The first lines of ${t} into ${p}; ${used} gets how many they are. */
static int read_params(struct params *p, size_t *used, const struct sr_text *t, struct sr_err *e) {
	int rc;

	memset(p, 0, sizeof *p);
	if (key_is(t, 0, "credential")) {
		p->credential = true;
		*used = 1;
		if ((rc = sr_unhex(p->id, sizeof p->id, t->lines[0].value, e)) != 0)
			(void)sr_wrap(e, "credential");
		return rc;
	}
	if (!key_is(t, 0, "salt") || !key_is(t, 1, "ops") || !key_is(t, 2, "mem"))
		return sr_fail(e, SR_CORRUPT,
			"want the lines salt, ops, mem, or credential, after the type line");
	*used = 3;
	if ((rc = sr_unbase64_fixed(p->salt, sizeof p->salt, t->lines[0].value, e)) != 0) {
		(void)sr_wrap(e, "salt");
		return rc;
	}
	if ((rc = read_cost(&p->ops, t->lines[1].value, 1, SR_ARGON_OPS_MAX, "ops", e)) != 0)
		return rc;
	return read_cost(&p->mem, t->lines[2].value, MEM_MIN, SR_ARGON_MEM_MAX, "mem", e);
}

/* Parse and check everything that needs no key. The caller frees ${t} also after a failure. */
static int read_file(struct sr_text *t, struct params *p, const char *type, struct sr_bytes file,
	struct sr_err *e) {
	size_t first;
	int rc;

	if ((rc = sr_text_parse(t, file, e)) != 0 || (rc = check_type(t->type, type, e)) != 0 ||
		(rc = read_params(p, &first, t, e)) != 0)
		return rc;
	if (t->count <= first || !key_is(t, t->count - 1, "sealed"))
		return sr_fail(e, SR_CORRUPT, "the last line is not \"sealed\"");
	for (size_t i = first; i + 1 < t->count; i++)
		if (reserved(t->lines[i].key))
			return sr_fail(e, SR_CORRUPT, "line %zu: \"%.*s\" stands in a wrong place",
				i + 2, (int)t->lines[i].key.len, (const char *)t->lines[i].key.p);
	return 0;
}

int sr_passphrase_parse(
	struct sr_text *t, const char *type, struct sr_bytes file, struct sr_err *e) {
	struct params p;
	int rc;

	memset(t, 0, sizeof *t);
	if ((rc = read_file(t, &p, type, file, e)) != 0) {
		sr_text_free(t);
		memset(t, 0, sizeof *t);
	}
	return rc;
}

int sr_passphrase_open(struct sr_buf *secret, const char *type, const struct sr_unlock *u,
	struct sr_bytes file, struct sr_err *e) {
	struct sr_text t = {0};
	struct params p;
	struct sr_buf sealed;
	struct sr_bytes value;
	uint8_t key[SR_KEY], id[SR_HASH];
	const char *what = "wrong passphrase";
	int rc;

	sr_buf_init(&sealed);
	if ((rc = read_file(&t, &p, type, file, e)) != 0)
		goto out;
	if ((p.credential ? u->credential.p : u->passphrase.p) == NULL) {
		rc = sr_fail(e, SR_USAGE, "the file is sealed under a %s, and none was given",
			p.credential ? "credential" : "passphrase");
		goto out;
	}
	value = t.lines[t.count - 1].value;
	if ((rc = p.credential ? check_credential(u, e) : check_passphrase(u, e)) != 0 ||
		(rc = sr_unbase64(&sealed, value, e)) != 0)
		goto out;
	if (sealed.len < SR_AEAD_OVERHEAD) {
		rc = sr_fail(e, SR_CORRUPT, "sealed: have %zu bytes, want %d or more", sealed.len,
			SR_AEAD_OVERHEAD);
		goto out;
	}
	if (p.credential) {
		what = "wrong credential";
		credential_id(id, u->credential);
		if (!sr_ct_eq(id, p.id, sizeof id)) {
			rc = sr_fail(e, SR_AUTH, "wrong credential");
			goto out;
		}
	}
	if ((rc = derive(key, &p, u, e)) != 0)
		goto out;
	/* What is bound ends where the line "sealed <value>\n" begins. */
	rc = sr_aead_open_buf(secret, key, type,
		sr_bytes_of(file.p, (size_t)(t.lines[t.count - 1].key.p - file.p)),
		sr_buf_view(&sealed), e);
	if (rc == SR_AUTH)
		rc = sr_fail(e, SR_AUTH, "%s, or the file was altered", what);
out:
	sr_wipe(key, sizeof key);
	sr_buf_free(&sealed);
	sr_text_free(&t);
	return rc;
}

/* The lines before `sealed`, checked to be what read_file will take. */
static int write_head(struct sr_buf *head, const char *type, struct sr_bytes publics,
	const struct params *p, struct sr_err *e) {
	struct sr_text t = {0};
	struct params back;
	size_t first;
	int rc;

	sr_text_begin(head, type);
	if (p->credential) {
		sr_text_put_hex(head, "credential", p->id, sizeof p->id);
	} else {
		sr_text_put_base64(head, "salt", p->salt, sizeof p->salt);
		sr_text_put_dec(head, "ops", p->ops);
		sr_text_put_dec(head, "mem", p->mem);
	}
	sr_buf_put_bytes(head, publics);
	if ((rc = sr_buf_ok(head, e)) != 0 || (rc = sr_text_parse(&t, sr_buf_view(head), e)) != 0 ||
		(rc = read_params(&back, &first, &t, e)) != 0)
		goto out;
	for (size_t i = first; i < t.count; i++)
		if (reserved(t.lines[i].key)) {
			rc = sr_fail(e, SR_MISUSE, "a public line has the key \"%.*s\"",
				(int)t.lines[i].key.len, (const char *)t.lines[i].key.p);
			goto out;
		}
out:
	sr_text_free(&t);
	return rc;
}

int sr_passphrase_seal(struct sr_buf *out, const char *type, struct sr_bytes publics,
	const struct sr_unlock *u, struct sr_bytes secret, struct sr_err *e) {
	struct params p = {.credential = u->credential.p != NULL, .ops = new_ops, .mem = new_mem};
	struct sr_buf head, sealed;
	uint8_t key[SR_KEY];
	int rc;

	sr_buf_init(&head);
	sr_buf_init(&sealed);
	if ((u->credential.p != NULL) == (u->passphrase.p != NULL)) {
		rc = sr_fail(e, SR_MISUSE, "want a passphrase or a credential, one of the two");
		goto out;
	}
	if ((rc = p.credential ? check_credential(u, e) : check_passphrase(u, e)) != 0)
		goto out;
	if (p.credential)
		credential_id(p.id, u->credential);
	else
		sr_random(p.salt, sizeof p.salt);
	if ((rc = write_head(&head, type, publics, &p, e)) != 0 ||
		(rc = derive(key, &p, u, e)) != 0 ||
		(rc = sr_aead_seal_buf(&sealed, key, type, sr_buf_view(&head), secret, e)) != 0)
		goto out;
	sr_text_put_base64(&head, "sealed", sealed.p, sealed.len);
	if ((rc = sr_buf_ok(&head, e)) != 0)
		goto out;
	if (head.len > SR_TEXT_MAX) {
		rc = sr_fail(e, SR_LIMIT, "the sealed text would have %zu bytes, at most %d",
			head.len, SR_TEXT_MAX);
		goto out;
	}
	if ((rc = sr_buf_reserve(out, head.len, e)) == 0)
		sr_buf_put_buf(out, &head);
out:
	sr_wipe(key, sizeof key);
	sr_buf_free(&sealed);
	sr_buf_free(&head);
	return rc;
}
