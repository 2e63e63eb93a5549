/*
 * changes - a log that changed its key, followed by an outsider: the note of each change is signed
 * by the key before it, names the next one, and says from which entry on that one signs. See
 * verify.h.
 *
 * The note is a C2SP signed note whose text has lines `key value`; of the vault's statement in it
 * only these are looked at: the first line, `from` and `ledger-key`. Its other signature is for who
 * knows the vault's other key.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/text.h"
#include "verify/verify.h"

static const char TYPE[] = "strongroom/service-key/v1";

enum {
	NOTE_MAX = 4096,
	SHOWN = 300
};

static int read_change(
	struct sr_vkey *next, uint64_t *from, const struct sr_note *note, struct sr_err *e) {
	struct sr_text t = {0};
	int rc = sr_text_parse(&t, note->text, e);

	if (rc != 0)
		return rc;
	if (!sr_bytes_eq(t.type, sr_bytes_str(TYPE)) || sr_text_count(&t, "from") != 1 ||
		sr_text_count(&t, "ledger-key") != 1)
		rc = sr_fail(e, SR_CORRUPT, "it is not the change of a log's key");
	if (rc == 0)
		rc = sr_parse_dec(from, sr_text_get(&t, "from"), SR_TREE_SIZE_MAX, e);
	if (rc == 0)
		rc = sr_vkey_parse(next, sr_text_get(&t, "ledger-key"), e);
	if (rc == 0 && next->type != SR_NOTE_ED25519)
		rc = sr_fail(
			e, SR_CORRUPT, "the next key is of type 0x%02x, want 0x01", next->type);
	sr_text_free(&t);
	return rc;
}

static bool same_key(const struct sr_vkey *a, const struct sr_vkey *b) {
	return strcmp(a->name, b->name) == 0 && memcmp(a->pk, b->pk, SR_PK) == 0;
}

/* The keys of the log that signed it; the first of them. */
static int signer_of(
	size_t *out, const struct verify_known *k, struct sr_bytes in, struct sr_err *e) {
	struct sr_note note;
	int rc = sr_note_open(&note, in, k->keys, k->log.count, e);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < k->log.count; i++)
		if (sr_note_signed_by(&note, i)) {
			*out = i;
			break;
		}
	sr_note_free(&note);
	return 0;
}

int verify_follow(struct verify_known *k, struct sr_bytes in, struct sr_err *e) {
	struct sr_vkey next = {.name = ""};
	struct sr_note note;
	uint64_t from = 0;
	size_t before = 0, at = 0;
	int rc = sr_note_parse(&note, in, e);

	if (rc != 0)
		return rc;
	rc = read_change(&next, &from, &note, e);
	sr_note_free(&note);
	if (rc == 0)
		rc = signer_of(&before, k, in, e);
	if (rc == 0 && from <= k->when[before].after)
		rc = sr_fail(e, SR_AUTH,
			"the key that signed it signs from %" PRIu64
			" entries on, and cannot end with entry %" PRIu64,
			k->when[before].after, from);
	if (rc == 0 && k->when[before].until != UINT64_MAX && k->when[before].until != from)
		rc = sr_fail(e, SR_AUTH,
			"the key that signed it ended with entry %" PRIu64 " already: forked",
			k->when[before].until);
	while (rc == 0 && at < k->log.count && !same_key(&k->keys[at], &next))
		at++;
	if (rc == 0 && at == VERIFY_KEYS)
		rc = sr_fail(e, SR_USAGE, "more than %d keys", (int)VERIFY_KEYS);
	if (rc == 0 && at < k->log.count && k->when[at].after != 0 && k->when[at].after != from)
		rc = sr_fail(e, SR_AUTH, "the next key began with entry %" PRIu64 " already",
			k->when[at].after);
	if (rc != 0)
		return rc;
	if (at == k->log.count) {
		k->keys[at] = next;
		k->when[at].until = UINT64_MAX;
		k->log.count++;
	}
	k->when[at].after = from;
	k->when[before].until = from;
	return 0;
}

int verify_changes(struct verify_known *k, const struct verify_given *g, struct sr_err *e) {
	char shown[SHOWN];
	int rc = 0;

	for (size_t i = 0; i < g->change_count && rc == 0; i++) {
		struct sr_buf b;

		sr_buf_init(&b);
		rc = verify_read(&b, g->change[i], NOTE_MAX, e);
		if (rc == 0)
			rc = verify_follow(k, sr_buf_view(&b), e);
		if (rc != 0)
			(void)sr_wrap(e, "--key-change %s",
				sr_escape_to(shown, sizeof shown, sr_bytes_str(g->change[i])));
		sr_buf_free(&b);
	}
	return rc;
}

void verify_exported_changes(struct verify_known *k, struct sr_dir *d) {
	int rc = 0;

	for (unsigned i = 1; i < VERIFY_KEYS && rc == 0; i++) {
		char name[32];
		struct sr_buf b;

		sr_buf_init(&b);
		(void)snprintf(name, sizeof name, "key-change.%u", i);
		rc = sr_file_read(d, name, &b, NOTE_MAX, NULL);
		if (rc == 0 && verify_follow(k, sr_buf_view(&b), NULL) == SR_NOMEM)
			rc = SR_NOMEM;
		sr_buf_free(&b);
	}
}

bool verify_in_force(const struct verify_known *k, const struct sr_note *note, uint64_t size) {
	for (size_t i = 0; i < k->log.count; i++)
		if (sr_note_signed_by(note, i) &&
			(k->when[i].after == 0 || size > k->when[i].after) &&
			size <= k->when[i].until)
			return true;
	return false;
}
