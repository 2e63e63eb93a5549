/*
 * changes - a log that changed its key or its name, followed by an outsider: the note of each
 * change is signed by the key before, gives the next one, and says from which entry on that one
 * signs. See verify.h and merkle/logchange.h.
 *
 * A key is followed wherever the note comes from. A name is given to a log that lost entries, and
 * whoever has its key can drop what they like and name the rest: so it is followed where the person
 * names it, by its note (--key-change) or its key, and then it is told what was lost. What the
 * board says of it is sealed; auditors read it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "verify/verify.h"

enum {
	NOTE_MAX = 4096,
	SHOWN = 300
};

static bool same_key(const struct sr_vkey *a, const struct sr_vkey *b) {
	return strcmp(a->name, b->name) == 0 && memcmp(a->pk, b->pk, SR_PK) == 0;
}

/* Of all keys, the first that signed it. */
static int signer_of(
	size_t *out, const struct verify_known *k, struct sr_bytes in, struct sr_err *e) {
	struct sr_note note;
	int rc = sr_note_open(&note, in, k->all, k->all_count, e);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < k->all_count; i++)
		if (sr_note_signed_by(&note, i)) {
			*out = i;
			break;
		}
	sr_note_free(&note);
	return 0;
}

void verify_keys_of(struct verify_known *k) {
	bool any = k->any_name;
	size_t n = 0;

	/* A policy lists the keys of other logs too: where one has the log's name, no other counts
	 * for it. */
	for (size_t i = 0; i < k->all_count; i++)
		any = any && strcmp(k->all[i].name, k->origin) != 0;
	for (size_t i = 0; i < k->all_count; i++) {
		if (!any && strcmp(k->all[i].name, k->origin) != 0)
			continue;
		k->keys[n] = k->all[i];
		k->when[n++] = k->all_when[i];
	}
	k->log.origin = k->origin;
	k->log.keys = k->keys;
	k->log.count = n;
}

static int read_change(struct sr_log_change *out, struct sr_bytes in, struct sr_err *e) {
	struct sr_note note;
	int rc = sr_note_parse(&note, in, e);

	if (rc != 0)
		return rc;
	rc = sr_log_change_read(out, note.text, e);
	sr_note_free(&note);
	return rc;
}

/* The key that signed it may end there, and what it gives, all[${next}], follows it: an entry of a
 * log names one key, so a key that ended does so once, and for one other. Whoever stole it signs as
 * many as they like. */
static int may_end(const struct verify_known *k, size_t before, size_t next,
	const struct sr_log_change *c, struct sr_err *e) {
	const struct verify_when *w = &k->all_when[before];
	struct sr_log_link l = {.from = 0};

	memcpy(l.pk, k->all[before].pk, SR_PK);
	memcpy(l.name, k->all[before].name, sizeof l.name);
	if (c->next.from <= w->after)
		return sr_fail(e, SR_AUTH,
			"the key that signed it signs from %" PRIu64
			" entries on, and cannot end with entry %" PRIu64,
			w->after, c->next.from);
	if (w->until != UINT64_MAX && (w->until != c->next.from || w->next != next))
		return sr_fail(e, SR_AUTH,
			"the key that signed it ended with entry %" PRIu64
			" already, by another note: forked; keep both",
			w->until);
	if (next == before && !c->renames)
		return sr_fail(e, SR_AUTH,
			"it gives the log the key and the name that signed it: no change");
	return sr_log_change_fits(c, &l, e);
}

/* Once, however often its note comes. */
static int keep_name(struct verify_known *k, const char *former, const struct sr_log_change *c,
	struct sr_err *e) {
	for (size_t i = 0; i < k->name_count; i++)
		if (strcmp(k->names[i].next.name, c->next.name) == 0)
			return 0;
	if (k->name_count == SR_LOG_NAMES)
		return sr_fail(e, SR_USAGE, "more than %d names", (int)SR_LOG_NAMES);
	memcpy(k->names[k->name_count].former, former, strlen(former) + 1);
	k->names[k->name_count].next = c->next;
	memcpy(k->names[k->name_count].root, c->root, SR_HASH);
	k->name_count++;
	return 0;
}

int verify_follow(struct verify_known *k, struct sr_bytes in, struct sr_err *e) {
	struct sr_vkey next = {.name = ""};
	struct sr_log_change c;
	size_t before = 0, at = 0;
	int rc = read_change(&c, in, e);

	if (rc == 0)
		rc = sr_vkey_make(&next, sr_bytes_str(c.next.name), SR_NOTE_ED25519, c.next.pk, e);
	if (rc == 0)
		rc = signer_of(&before, k, in, e);
	while (rc == 0 && at < k->all_count && !same_key(&k->all[at], &next))
		at++;
	if (rc == 0)
		rc = may_end(k, before, at, &c, e);
	if (rc == 0 && at == VERIFY_KEYS)
		rc = sr_fail(e, SR_USAGE, "more than %d keys", (int)VERIFY_KEYS);
	if (rc == 0 && at < k->all_count && k->all_when[at].after != 0 &&
		k->all_when[at].after != c.next.from)
		rc = sr_fail(e, SR_AUTH, "the next key began with entry %" PRIu64 " already",
			k->all_when[at].after);
	if (rc == 0 && c.renames)
		rc = keep_name(k, k->all[before].name, &c, e);
	if (rc != 0)
		return rc;
	if (at == k->all_count) {
		k->all[at] = next;
		k->all_when[at].until = UINT64_MAX;
		k->all_count++;
	}
	k->all_when[at].after = c.next.from;
	k->all_when[before].until = c.next.from;
	k->all_when[before].next = at;
	verify_keys_of(k);
	return 0;
}

const struct verify_name *verify_named(const struct verify_known *k, const char *former) {
	const char *at = former;
	const struct verify_name *last = NULL;

	for (size_t step = 0; step < k->name_count && strcmp(at, k->origin) != 0; step++)
		for (size_t i = 0; i < k->name_count; i++)
			if (strcmp(k->names[i].former, at) == 0) {
				last = &k->names[i];
				at = last->next.name;
				break;
			}
	return strcmp(at, k->origin) == 0 ? last : NULL;
}

void verify_tell_names(const struct verify_given *g, const struct verify_known *k) {
	char now[SHOWN], was[SHOWN];

	for (size_t i = 0; i < k->name_count; i++) {
		const struct verify_name *n = &k->names[i];

		if (verify_named(k, n->former) == NULL)
			continue;
		verify_say(g,
			"WARNING: this log was %s, and is %s since entry %" PRIu64
			": it says that the first %" PRIu64 " entries are as they were, and that "
			"others know of %" PRIu64 "; those between are lost",
			sr_escape_to(was, sizeof was, sr_bytes_str(n->former)),
			sr_escape_to(now, sizeof now, sr_bytes_str(n->next.name)), n->next.from,
			n->next.agreed, n->next.known);
	}
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

int verify_exported_name(
	const struct verify_given *g, struct sr_dir *d, const char *origin, struct sr_err *e) {
	char shown[SHOWN];
	int rc = 0;

	(void)sr_escape_to(shown, sizeof shown, sr_bytes_str(origin));
	for (unsigned i = 1; i < SR_LOG_LINKS && rc == 0; i++) {
		struct sr_log_change c;
		char name[32];
		struct sr_note note;
		struct sr_buf b;

		sr_buf_init(&b);
		(void)snprintf(name, sizeof name, "key-change.%u", i);
		rc = sr_file_read(d, name, &b, NOTE_MAX, NULL);
		if (rc == 0 && read_change(&c, sr_buf_view(&b), NULL) == 0 && c.renames &&
			strcmp(c.next.name, origin) == 0 &&
			sr_note_open(&note, sr_buf_view(&b), g->keys, g->key_count, NULL) == 0) {
			sr_note_free(&note);
			sr_buf_free(&b);
			return sr_fail(e, SR_AUTH,
				"the log's key says that it goes on as %s since entry %" PRIu64
				", because entries were lost (%" PRIu64 " of %" PRIu64
				" are left): ask whether its board confirmed that, and then give "
				"--key-change DIR/%s",
				shown, c.next.from, c.next.agreed, c.next.known, name);
		}
		sr_buf_free(&b);
	}
	return sr_fail(e, SR_AUTH, "no key of %s was given", shown);
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

bool verify_in_force_by(
	const struct verify_known *k, size_t key, const struct sr_note *note, uint64_t size) {
	const struct verify_when *w = &k->when[key];

	return sr_note_signed_by(note, key) && (w->after == 0 || size > w->after) &&
	       size <= w->until;
}

bool verify_in_force(const struct verify_known *k, const struct sr_note *note, uint64_t size) {
	for (size_t i = 0; i < k->log.count; i++)
		if (verify_in_force_by(k, i, note, size))
			return true;
	return false;
}
