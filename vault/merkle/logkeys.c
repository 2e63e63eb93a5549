/*
 * logkeys - see logkeys.h. The size that a checkpoint claims only picks the link; the signature of
 * that link's key is over size and name, so a claim that picks another one verifies under none.
 */
#include "merkle/logkeys.h"

#include <stdio.h>
#include <string.h>

#include "base/escape.h"

enum {
	SHOWN = 80 /* bytes of a name in a sentence */
};

void sr_log_keys_begin(struct sr_log_keys *k, const char *name, const uint8_t pk[SR_PK]) {
	memset(k, 0, sizeof *k);
	k->count = 1;
	memcpy(k->key[0].pk, pk, SR_PK);
	(void)snprintf(k->key[0].name, sizeof k->key[0].name, "%s", name);
}

bool sr_log_keys_renames(const struct sr_log_keys *k, size_t i) {
	return i > 0 && i < k->count && strcmp(k->key[i].name, k->key[i - 1].name) != 0;
}

/* How many links changed the name, or else the key. */
static int changes(const struct sr_log_keys *k, bool names) {
	int n = 0;

	for (size_t i = 1; i < k->count; i++)
		n += sr_log_keys_renames(k, i) == names;
	return n;
}

static int after_the_last(const struct sr_log_keys *k, uint64_t from, struct sr_err *e) {
	const struct sr_log_link *last = sr_log_keys_last(k);

	if (from > last->from)
		return 0;
	return sr_fail(e, SR_AUTH,
		"a change of the log's key at entry %llu comes after one at entry %llu",
		(unsigned long long)from, (unsigned long long)last->from);
}

int sr_log_keys_add(
	struct sr_log_keys *k, uint64_t from, const uint8_t pk[SR_PK], struct sr_err *e) {
	int rc;

	if (k->count == SR_LOG_LINKS || changes(k, false) == SR_LOG_KEYS - 1)
		return sr_fail(e, SR_LIMIT, "the log's key was changed %d times, which is the most",
			SR_LOG_KEYS - 1);
	rc = after_the_last(k, from, e);
	if (rc != 0)
		return rc;
	k->key[k->count] = (struct sr_log_link){.from = from};
	memcpy(k->key[k->count].name, k->key[k->count - 1].name, sizeof k->key[0].name);
	memcpy(k->key[k->count].pk, pk, SR_PK);
	k->count++;
	return 0;
}

int sr_log_keys_rename(struct sr_log_keys *k, const struct sr_log_link *next, struct sr_err *e) {
	int rc;

	if (k->count == SR_LOG_LINKS || changes(k, true) == SR_LOG_NAMES - 1)
		return sr_fail(e, SR_LIMIT, "the log took another name %d times, which is the most",
			SR_LOG_NAMES - 1);
	rc = after_the_last(k, next->from, e);
	if (rc == 0)
		rc = sr_note_name_check(sr_bytes_str(next->name), e);
	for (size_t i = 0; i < k->count && rc == 0; i++)
		if (strcmp(k->key[i].name, next->name) == 0)
			rc = sr_fail(e, SR_AUTH,
				"the log had that name already, from entry %llu on",
				(unsigned long long)k->key[i].from);
	if (rc == 0 && (next->agreed > next->from || next->known <= next->agreed))
		rc = sr_fail(e, SR_AUTH,
			"a name at entry %llu, for a loss of entries %llu to %llu: that is no loss",
			(unsigned long long)next->from, (unsigned long long)next->agreed,
			(unsigned long long)next->known);
	if (rc != 0)
		return rc;
	k->key[k->count] = *next;
	memcpy(k->key[k->count].pk, k->key[k->count - 1].pk, SR_PK);
	k->count++;
	return 0;
}

const struct sr_log_link *sr_log_keys_link(const struct sr_log_keys *k, uint64_t size) {
	size_t i = k->count - 1;

	while (i > 0 && size <= k->key[i].from)
		i--;
	return &k->key[i];
}

const uint8_t *sr_log_keys_at(const struct sr_log_keys *k, uint64_t size) {
	return sr_log_keys_link(k, size)->pk;
}

const struct sr_log_link *sr_log_keys_last(const struct sr_log_keys *k) {
	return &k->key[k->count - 1];
}

const uint8_t *sr_log_keys_newest(const struct sr_log_keys *k) {
	return sr_log_keys_last(k)->pk;
}

static bool same_link(const struct sr_log_link *a, const struct sr_log_link *b) {
	return a->from == b->from && memcmp(a->pk, b->pk, SR_PK) == 0 &&
	       strcmp(a->name, b->name) == 0;
}

size_t sr_log_keys_alike(const struct sr_log_keys *a, const struct sr_log_keys *b) {
	size_t i = 0;

	while (i < a->count && i < b->count && same_link(&a->key[i], &b->key[i]))
		i++;
	return i;
}

bool sr_log_keys_begin_with(const struct sr_log_keys *b, const struct sr_log_keys *a) {
	return sr_log_keys_alike(a, b) == a->count;
}

/* Names of before and after are told apart from those of other logs. */
static int name_holds(
	const struct sr_log_keys *k, const struct sr_checkpoint *c, struct sr_err *e) {
	const struct sr_log_link *want = sr_log_keys_link(k, c->size);
	char have[SHOWN], should[SHOWN];
	bool ours = false;

	if (strcmp(c->origin, want->name) == 0)
		return 0;
	for (size_t i = 0; i < k->count; i++)
		ours = ours || strcmp(c->origin, k->key[i].name) == 0;
	(void)sr_escape_to(have, sizeof have, sr_bytes_str(c->origin));
	(void)sr_escape_to(should, sizeof should, sr_bytes_str(want->name));
	if (!ours)
		return sr_fail(e, SR_AUTH, "is of \"%s\", want \"%s\"", have, should);
	return sr_fail(e, SR_AUTH,
		"%llu entries under the name %s, which the log has not at that size: it is %s. "
		"Another history, which was lost or is a fork",
		(unsigned long long)c->size, have, should);
}

int sr_log_keys_signer(
	struct sr_vkey *out, const struct sr_log_keys *k, struct sr_bytes in, struct sr_err *e) {
	struct sr_checkpoint c = {.size = 0};
	const struct sr_log_link *link;
	struct sr_note note;
	int rc = sr_note_parse(&note, in, e);

	if (rc == 0) {
		rc = sr_checkpoint_parse(&c, note.text, e);
		sr_note_free(&note);
	}
	if (rc == 0)
		rc = name_holds(k, &c, e);
	if (rc != 0) {
		(void)sr_wrap(e, "checkpoint");
		return rc;
	}
	link = sr_log_keys_link(k, c.size);
	return sr_vkey_make(out, sr_bytes_str(link->name), SR_NOTE_ED25519, link->pk, e);
}

int sr_log_keys_open(struct sr_checkpoint *out, struct sr_note *note, struct sr_bytes in,
	const struct sr_log_keys *k, struct sr_err *e) {
	struct sr_vkey key;
	const int rc = sr_log_keys_signer(&key, k, in, e);
	const struct sr_log log = {.origin = key.name, .keys = &key, .count = 1};

	return rc != 0 ? rc : sr_checkpoint_open(out, note, in, &log, e);
}

int sr_log_keys_excuse(const struct sr_log_link **by, const struct sr_log_keys *now,
	const struct sr_log_keys *was, uint64_t size, struct sr_err *e) {
	const size_t same = sr_log_keys_alike(now, was);
	const struct sr_log_link *most = NULL;

	*by = NULL;
	for (size_t i = same; i > 0 && i < now->count; i++)
		if (sr_log_keys_renames(now, i) && now->key[i].agreed < size &&
			(most == NULL || now->key[i].known >= most->known))
			most = &now->key[i];
	if (most == NULL)
		return sr_fail(e, SR_AUTH,
			"%llu entries were verified, and no name of the log says that any of them "
			"were lost",
			(unsigned long long)size);
	/* A change that was verified, and lies in what that name leaves as it was. */
	if (same < was->count && was->key[same].from < most->agreed)
		return sr_fail(e, SR_AUTH,
			"entry %llu changed the log's key or name when it was verified; it does "
			"not now, though all of the first %llu entries are said to be as they were",
			(unsigned long long)was->key[same].from, (unsigned long long)most->agreed);
	*by = most;
	return 0;
}
