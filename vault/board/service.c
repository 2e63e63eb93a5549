/*
 * service - keys/service: making, sealing and opening. The sealed plaintext is struct
 * sr_service_secrets byte for byte: an array of 32-byte keys without padding, asserted below, so
 * that the file's layout is the header's order.
 */
#include "board/service.h"

#include <assert.h>

#include "base/secret.h"
#include "merkle/note.h"

static const char TYPE[] = "strongroom/service/v1";

_Static_assert(sizeof(struct sr_service_secrets) == 352, "eleven keys of 32 bytes, no padding");

static void derive_public(struct sr_service *k) {
	sr_sign_public(k->ledger_pk, k->s->ledger_seed);
	sr_sign_public(k->room_pk, k->s->room_seed);
	sr_box_public(k->structure_pk, k->s->structure_sk);
	sr_box_public(k->intake_pk, k->s->intake_sk);
}

static int service_alloc(struct sr_service **out, struct sr_err *e) {
	struct sr_service *k = calloc(1, sizeof *k);

	if (k == NULL)
		return sr_fail(e, SR_NOMEM, "service keys: out of memory");
	k->s = sr_secret_new(sizeof *k->s, e);
	if (k->s == NULL) {
		free(k);
		return sr_wrap(e, "service keys");
	}
	*out = k;
	return 0;
}

/* An origin is a key name of signed notes: no white space, no '+' (C2SP signed-note). */
static int origin_check(const char *origin, struct sr_err *e) {
	size_t len = strlen(origin);

	if (len == 0 || len > 200)
		return sr_fail(e, SR_USAGE, "origin: want 1 to 200 characters, have %zu", len);
	for (size_t i = 0; i < len; i++)
		if (origin[i] <= 0x20 || origin[i] >= 0x7f || origin[i] == '+')
			return sr_fail(e, SR_USAGE,
				"origin: character %zu is not allowed (ASCII without space and "
				"'+')",
				i + 1);
	return 0;
}

int sr_service_new(struct sr_service **out, const char *origin, struct sr_err *e) {
	struct sr_service *k = NULL;
	int rc = origin_check(origin, e);

	if (rc == 0)
		rc = service_alloc(&k, e);
	if (rc != 0)
		return rc;
	snprintf(k->origin, sizeof k->origin, "%s", origin);
	sr_random(k->s, sizeof *k->s);
	derive_public(k);
	*out = k;
	return 0;
}

int sr_service_seal(struct sr_buf *out, const struct sr_service *k, const struct sr_unlock *u,
	struct sr_err *e) {
	struct sr_buf pub;
	struct sr_vkey vkey;
	int rc;

	sr_buf_init(&pub);
	rc = sr_vkey_make(&vkey, sr_bytes_str(k->origin), SR_NOTE_ED25519, k->ledger_pk, e);
	if (rc != 0)
		goto out;
	sr_text_put(&pub, "origin", k->origin);
	sr_buf_put_str(&pub, "ledger-key ");
	sr_vkey_put(&pub, &vkey);
	sr_buf_put_u8(&pub, '\n');
	sr_text_put_base64(&pub, "room-key", k->room_pk, SR_PK);
	rc = sr_buf_ok(&pub, e);
	if (rc == 0)
		rc = sr_passphrase_seal(
			out, TYPE, sr_buf_view(&pub), u, sr_bytes_of(k->s, sizeof *k->s), e);
out:
	sr_buf_free(&pub);
	return rc;
}

int sr_service_of(struct sr_service **out, struct sr_bytes origin, struct sr_bytes secrets,
	struct sr_err *e) {
	struct sr_service *k = NULL;
	int rc;

	if (secrets.len != sizeof *k->s)
		return sr_fail(e, SR_CORRUPT, "want %zu bytes of keys, have %zu", sizeof *k->s,
			secrets.len);
	if (origin.p == NULL || origin.len >= sizeof k->origin)
		return sr_fail(e, SR_CORRUPT, "no usable origin line");
	rc = service_alloc(&k, e);
	if (rc != 0)
		return rc;
	memcpy(k->origin, origin.p, origin.len);
	memcpy(k->s, secrets.p, secrets.len);
	derive_public(k);
	*out = k;
	return 0;
}

int sr_service_open(struct sr_service **out, struct sr_bytes file, const struct sr_unlock *u,
	struct sr_err *e) {
	struct sr_buf plain;
	struct sr_text t = {0};
	int rc;

	sr_buf_init_secret(&plain);
	rc = sr_passphrase_open(&plain, TYPE, u, file, e);
	if (rc == 0)
		rc = sr_text_parse(&t, file, e);
	if (rc == 0)
		rc = sr_service_of(out, sr_text_get(&t, "origin"), sr_buf_view(&plain), e);
	if (rc != 0)
		sr_wrap(e, "keys/service");
	sr_text_free(&t);
	sr_buf_free(&plain);
	return rc;
}

void sr_service_free(struct sr_service *k) {
	if (k == NULL)
		return;
	sr_secret_free(k->s, sizeof *k->s);
	sr_wipe(k, sizeof *k);
	free(k);
}
