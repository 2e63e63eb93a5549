/*
 * introduction - FILE.card: what a person gives to those who add them to a vault.
 *
 *   strongroom/introduction/v1
 *   person p-<16 hex>
 *   key <base64 of 32>       for people who compare keys; must be the card's
 *   card <base64>            ledger/card.h, signed by that key
 *   salt <base64 of 32>      opens the name that the card commits to
 *   name <base64>            display name and address, UTF-8
 *
 * Public, but it tells the name: hand it to the people it is meant for. A reader checks the card's
 * signature, and that salt and name open its commitment.
 */
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "cli/cli.h"
#include "crypto/hash.h"
#include "ledger/card.h"

#define TYPE "strongroom/introduction/v1"

enum {
	NAME_MAX_BYTES = 512,      /* of a display name and address */
	INTRODUCTION_MAX = 8 << 10 /* bytes of the file */
};

int cli_card_make(struct sr_buf *out, const struct sr_identity *id, struct sr_bytes name,
	const uint8_t *old, struct sr_err *e) {
	const struct sr_card_next next = {id->person, old};
	char own[SR_PERSON_TEXT];
	struct sr_buf card;
	uint8_t salt[SR_SALT], hash[SR_HASH];
	sr_buf_init(&card);
	if (name.len == 0 || name.len > NAME_MAX_BYTES || !sr_utf8_valid(name))
		return sr_fail(e, SR_USAGE, "a name is 1 to %d bytes of UTF-8, this one has %zu",
			NAME_MAX_BYTES, name.len);
	sr_random(salt, sizeof salt);
	sr_text_commit(hash, salt, name);
	sr_person_name(own, id->pk);
	int rc = strcmp(own, id->person) == 0 ? sr_card_make(&card, id->seed, hash, e)
					      : sr_card_make_next(&card, id->seed, hash, &next, e);
	if (rc == 0) {
		sr_text_begin(out, TYPE);
		sr_text_put(out, "person", id->person);
		sr_text_put_base64(out, "key", id->pk, SR_PK);
		sr_text_put_base64(out, "card", card.p, card.len);
		sr_text_put_base64(out, "salt", salt, sizeof salt);
		sr_text_put_base64(out, "name", name.p, name.len);
		rc = sr_buf_ok(out, e);
	}
	sr_buf_free(&card);
	return rc;
}

/* card, name and salt, decoded one after the other into ->raw (its views are set at the end). */
static int decode(struct cli_card *k, const struct sr_text *t, struct sr_err *e) {
	struct sr_card card;
	uint8_t hash[SR_HASH];
	size_t card_len = 0;
	int rc = sr_unbase64(&k->raw, sr_text_get(t, "card"), e);
	card_len = k->raw.len;
	if (rc == 0)
		rc = sr_unbase64(&k->raw, sr_text_get(t, "name"), e);
	if (rc == 0)
		rc = sr_unbase64_fixed(k->who.salt, SR_SALT, sr_text_get(t, "salt"), e);
	if (rc != 0)
		return rc;
	k->who.card = sr_bytes_of(k->raw.p, card_len);
	k->who.name = sr_bytes_of(k->raw.p + card_len, k->raw.len - card_len);
	rc = sr_card_read(&card, k->who.card, e);
	if (rc != 0)
		return rc;
	sr_text_commit(hash, k->who.salt, k->who.name);
	if (!sr_ct_eq(hash, card.name, SR_HASH))
		return sr_fail(
			e, SR_AUTH, "the name beside the card is not the one that was signed");
	snprintf(k->person, sizeof k->person, "%s", card.person);
	memcpy(k->key, card.key, SR_PK);
	if (!sr_bytes_eq(sr_text_get(t, "person"), sr_bytes_str(k->person)))
		return sr_fail(e, SR_AUTH, "the file says it is of another person than its card");
	if (k->who.name.len == 0 || k->who.name.len > NAME_MAX_BYTES || !sr_utf8_valid(k->who.name))
		return sr_fail(
			e, SR_CORRUPT, "the name is not 1 to %d bytes of UTF-8", NAME_MAX_BYTES);
	return 0;
}

int cli_card_read(struct cli_card *out, const char *path, struct sr_err *e) {
	struct sr_buf file;
	struct sr_text t = {0};
	char shown[256];
	sr_buf_init(&file);
	*out = (struct cli_card){0};
	sr_buf_init(&out->raw);
	int rc = cli_read_file(&file, path, INTRODUCTION_MAX, e);
	if (rc != 0) {
		sr_buf_free(&file);
		return rc;
	}
	char person[SR_PERSON_TEXT];
	uint8_t pk[SR_PK];
	if (sr_identity_peek(person, pk, sr_buf_view(&file), NULL) == 0) {
		(void)sr_escape_to(shown, sizeof shown, sr_bytes_str(path));
		sr_buf_free(&file);
		return sr_fail(e, SR_CORRUPT,
			"%s is an identity, which stays with its owner; its card is wanted: "
			"%s.card",
			shown, shown);
	}
	rc = sr_text_parse(&t, sr_buf_view(&file), e);
	if (rc == SR_CORRUPT)
		(void)sr_wrap(e, "no card");
	if (rc == 0 && !sr_bytes_eq(t.type, sr_bytes_str(TYPE)))
		rc = sr_fail(e, SR_CORRUPT, "no card: it does not begin with \"" TYPE "\"");
	if (rc == 0)
		rc = decode(out, &t, e);
	if (rc != 0) {
		cli_card_free(out);
		rc = sr_wrap(e, "%s", sr_escape_to(shown, sizeof shown, sr_bytes_str(path)));
	}
	sr_text_free(&t);
	sr_buf_free(&file);
	return rc;
}

void cli_card_free(struct cli_card *k) {
	sr_buf_free(&k->raw);
	*k = (struct cli_card){0};
}
