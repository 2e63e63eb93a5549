/*
 * logkeys - see logkeys.h. The size that a checkpoint claims only picks the key; the signature of
 * that key is over the size, so a claim that picks another key verifies under none.
 */
#include "merkle/logkeys.h"

#include <string.h>

void sr_log_keys_begin(struct sr_log_keys *k, const uint8_t pk[SR_PK]) {
	memset(k, 0, sizeof *k);
	k->count = 1;
	memcpy(k->key[0].pk, pk, SR_PK);
}

int sr_log_keys_add(
	struct sr_log_keys *k, uint64_t from, const uint8_t pk[SR_PK], struct sr_err *e) {
	if (k->count == SR_LOG_KEYS)
		return sr_fail(e, SR_LIMIT, "the log's key was changed %d times, which is the most",
			SR_LOG_KEYS - 1);
	if (from <= k->key[k->count - 1].from)
		return sr_fail(e, SR_AUTH,
			"a change of the log's key at entry %llu comes after one at entry %llu",
			(unsigned long long)from, (unsigned long long)k->key[k->count - 1].from);
	k->key[k->count].from = from;
	memcpy(k->key[k->count].pk, pk, SR_PK);
	k->count++;
	return 0;
}

const uint8_t *sr_log_keys_at(const struct sr_log_keys *k, uint64_t size) {
	size_t i = k->count - 1;

	while (i > 0 && size <= k->key[i].from)
		i--;
	return k->key[i].pk;
}

const uint8_t *sr_log_keys_newest(const struct sr_log_keys *k) {
	return k->key[k->count - 1].pk;
}

bool sr_log_keys_begin_with(const struct sr_log_keys *b, const struct sr_log_keys *a) {
	if (a->count > b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->key[i].from != b->key[i].from ||
			memcmp(a->key[i].pk, b->key[i].pk, SR_PK) != 0)
			return false;
	return true;
}

int sr_log_keys_signer(struct sr_vkey *out, const struct sr_log_keys *k, const char *origin,
	struct sr_bytes in, struct sr_err *e) {
	struct sr_checkpoint c = {.size = 0};
	struct sr_note note;
	int rc = sr_note_parse(&note, in, e);

	if (rc == 0) {
		rc = sr_checkpoint_parse(&c, note.text, e);
		sr_note_free(&note);
	}
	if (rc != 0) {
		(void)sr_wrap(e, "checkpoint");
		return rc;
	}
	return sr_vkey_make(
		out, sr_bytes_str(origin), SR_NOTE_ED25519, sr_log_keys_at(k, c.size), e);
}

int sr_log_keys_open(struct sr_checkpoint *out, struct sr_note *note, struct sr_bytes in,
	const char *origin, const struct sr_log_keys *k, struct sr_err *e) {
	struct sr_vkey key;
	const int rc = sr_log_keys_signer(&key, k, origin, in, e);
	const struct sr_log log = {.origin = origin, .keys = &key, .count = 1};

	return rc != 0 ? rc : sr_checkpoint_open(out, note, in, &log, e);
}
