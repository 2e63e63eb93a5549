/*
 * logchange - see logchange.h.
 */
#include "merkle/logchange.h"

#include <string.h>

#include "base/escape.h"
#include "base/text.h"

static const char TYPE[] = "strongroom/service-key/v1";

enum {
	SHOWN = 80 /* bytes of a name in a sentence */
};

static int one_dec(uint64_t *out, const struct sr_text *t, const char *key, struct sr_err *e) {
	if (sr_text_count(t, key) != 1)
		return sr_fail(e, SR_CORRUPT, "want one line %s", key);
	if (sr_parse_dec(out, sr_text_get(t, key), SR_TREE_SIZE_MAX, e) != 0)
		return sr_wrap(e, "%s", key);
	return 0;
}

static int read_name(struct sr_log_change *c, const struct sr_text *t, struct sr_err *e) {
	int rc = one_dec(&c->next.agreed, t, "agreed", e);

	if (rc == 0)
		rc = one_dec(&c->next.known, t, "known", e);
	if (rc == 0 && sr_text_count(t, "root") != 1)
		rc = sr_fail(e, SR_CORRUPT, "want one line root");
	if (rc == 0)
		rc = sr_unhex(c->root, SR_HASH, sr_text_get(t, "root"), e);
	return rc;
}

static int read_lines(struct sr_log_change *c, const struct sr_text *t, struct sr_err *e) {
	struct sr_vkey key;
	int rc;

	if (!sr_bytes_eq(t->type, sr_bytes_str(TYPE)) || sr_text_count(t, "ledger-key") != 1)
		return sr_fail(e, SR_CORRUPT, "it is not the change of a log's key or name");
	rc = one_dec(&c->next.from, t, "from", e);
	if (rc == 0)
		rc = sr_vkey_parse(&key, sr_text_get(t, "ledger-key"), e);
	if (rc == 0 && key.type != SR_NOTE_ED25519)
		rc = sr_fail(e, SR_CORRUPT, "the next key is of type 0x%02x, want 0x01", key.type);
	if (rc != 0)
		return rc;
	memcpy(c->next.pk, key.pk, SR_PK);
	memcpy(c->next.name, key.name, sizeof c->next.name);
	c->renames =
		sr_text_count(t, "agreed") + sr_text_count(t, "known") + sr_text_count(t, "root") >
		0;
	return c->renames ? read_name(c, t, e) : 0;
}

int sr_log_change_read(struct sr_log_change *out, struct sr_bytes text, struct sr_err *e) {
	struct sr_log_change c = {.renames = false};
	struct sr_text t = {0};
	int rc = sr_text_parse(&t, text, e);

	if (rc == 0)
		rc = read_lines(&c, &t, e);
	sr_text_free(&t);
	if (rc == 0)
		*out = c;
	else
		(void)sr_wrap(e, "service-key");
	return rc;
}

int sr_log_change_fits(
	const struct sr_log_change *c, const struct sr_log_link *before, struct sr_err *e) {
	const bool name = strcmp(c->next.name, before->name) != 0,
		   key = memcmp(c->next.pk, before->pk, SR_PK) != 0;
	char have[SHOWN], want[SHOWN];

	(void)sr_escape_to(have, sizeof have, sr_bytes_str(c->next.name));
	(void)sr_escape_to(want, sizeof want, sr_bytes_str(before->name));
	if (name && !c->renames)
		return sr_fail(e, SR_AUTH,
			"service-key: the next key is named %s, the log is %s, and it says nothing "
			"of a loss",
			have, want);
	if (c->renames && key)
		return sr_fail(e, SR_AUTH,
			"service-key: a name for what was lost comes with another key: one after "
			"the other");
	if (c->renames && !name)
		return sr_fail(e, SR_AUTH, "service-key: a loss, and the log is %s still", want);
	return 0;
}

static int signed_by(const struct sr_log_link *l, struct sr_bytes in, struct sr_err *e) {
	struct sr_vkey key;
	struct sr_note note;
	int rc = sr_vkey_make(&key, sr_bytes_str(l->name), SR_NOTE_ED25519, l->pk, e);

	if (rc != 0)
		return rc;
	rc = sr_note_open(&note, in, &key, 1, e);
	if (rc == 0)
		sr_note_free(&note);
	else
		(void)sr_wrap(
			e, "service-key: it is not signed by the ledger key in force before it");
	return rc;
}

int sr_log_change_follow(struct sr_log_keys *keys, const struct sr_log_change *c,
	struct sr_bytes note, struct sr_err *e) {
	const struct sr_log_link *last = sr_log_keys_last(keys);
	int rc;

	for (size_t i = 1; i < keys->count; i++) {
		const struct sr_log_link *l = &keys->key[i];

		if (l->from != c->next.from)
			continue;
		if (memcmp(l->pk, c->next.pk, SR_PK) != 0 || strcmp(l->name, c->next.name) != 0)
			return sr_fail(e, SR_AUTH,
				"service-key: entry %llu names another ledger key than it did "
				"before: forked",
				(unsigned long long)c->next.from);
		return signed_by(&keys->key[i - 1], note, e); /* what else it says, too */
	}
	rc = signed_by(last, note, e);
	if (rc == 0)
		rc = sr_log_change_fits(c, last, e);
	if (rc == 0)
		rc = c->renames ? sr_log_keys_rename(keys, &c->next, e)
				: sr_log_keys_add(keys, c->next.from, c->next.pk, e);
	return rc;
}
