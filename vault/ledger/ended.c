/*
 * ended - see ended.h.
 */
#include "ledger/ended.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/text.h"
#include "ledger/types.h"
#include "merkle/tree.h"

static const char type_line[] = "strongroom/ended/v1";

enum {
	FILE_MAX = SR_TEXT_MAX,
	LINES = 2
};

void sr_endeds_free(struct sr_endeds *l) {
	free(l->rows);
	*l = (struct sr_endeds){NULL, 0};
}

int sr_endeds_add(struct sr_endeds *l, const struct sr_ended *one, struct sr_err *e) {
	struct sr_ended *more;
	size_t at = l->count;

	while (at > 0 && l->rows[at - 1].index >= one->index)
		at--;
	if (at < l->count && l->rows[at].index == one->index)
		return 0; /* an entry ends one person's roles */
	more = reallocarray(l->rows, l->count + 1, sizeof *more);
	if (more == NULL)
		return sr_fail(e, SR_NOMEM, "ended: out of memory for %zu people", l->count + 1);
	l->rows = more;
	memmove(more + at + 1, more + at, (l->count - at) * sizeof *more);
	more[at] = *one;
	l->count++;
	return 0;
}

void sr_endeds_cut(struct sr_endeds *l, uint64_t size) {
	while (l->count > 0 && l->rows[l->count - 1].index >= size)
		l->count--;
}

static void file_name(char out[64], const uint8_t vault[SR_HASH], const char *person) {
	char hex[17];

	sr_hex(hex, vault, 8);
	(void)snprintf(out, 64, "%s-%.18s.ended", hex, person);
}

void sr_endeds_encode(struct sr_buf *out, const struct sr_endeds *l, const uint8_t vault[SR_HASH],
	const char *person) {
	const size_t first = l->count > SR_ENDED_MAX ? l->count - SR_ENDED_MAX : 0;

	sr_text_begin(out, type_line);
	sr_text_put_hex(out, "vault", vault, SR_HASH);
	sr_text_put(out, "person", person);
	for (size_t i = first; i < l->count; i++)
		sr_text_putf(out, "end", "%llu %s %s", (unsigned long long)l->rows[i].index,
			l->rows[i].all ? "all" : "vouched", l->rows[i].person);
}

static int read_end(struct sr_ended *out, const struct sr_line *l, struct sr_err *e) {
	const struct sr_bytes how = sr_word(l->value, 1), who = sr_word(l->value, 2);
	int rc = sr_bytes_eq(l->key, sr_bytes_str("end")) && sr_word_count(l->value) == 3
			 ? sr_parse_dec(&out->index, sr_word(l->value, 0), SR_TREE_SIZE_MAX, e)
			 : sr_fail(e, SR_CORRUPT, "want `end INDEX all|vouched PERSON`");

	if (rc == 0)
		rc = sr_value_check(SR_V_PERSON, who, e);
	if (rc != 0)
		return rc;
	out->all = sr_bytes_eq(how, sr_bytes_str("all"));
	if (!out->all && !sr_bytes_eq(how, sr_bytes_str("vouched")))
		return sr_fail(e, SR_CORRUPT, "want all or vouched");
	snprintf(out->person, sizeof out->person, "%.*s", (int)who.len, (const char *)who.p);
	return 0;
}

static int read_text(struct sr_endeds *l, const struct sr_text *t, const uint8_t vault[SR_HASH],
	const char *person, struct sr_err *e) {
	uint8_t of[SR_HASH];

	if (!sr_bytes_eq(t->type, sr_bytes_str(type_line)))
		return sr_fail(e, SR_CORRUPT, "want the first line %s", type_line);
	if (t->count < LINES || t->count > LINES + SR_ENDED_MAX ||
		!sr_bytes_eq(t->lines[0].key, sr_bytes_str("vault")) ||
		!sr_bytes_eq(t->lines[1].key, sr_bytes_str("person")))
		return sr_fail(e, SR_CORRUPT,
			"have %zu lines, want vault, person and at most %d ends", t->count,
			SR_ENDED_MAX);
	if (sr_unhex(of, SR_HASH, t->lines[0].value, NULL) != 0 ||
		memcmp(of, vault, SR_HASH) != 0 ||
		!sr_bytes_eq(t->lines[1].value, sr_bytes_str(person)))
		return sr_fail(e, SR_AUTH, "it belongs to another vault or person");
	for (size_t i = LINES; i < t->count; i++) {
		struct sr_ended one = {.index = 0};
		int rc = read_end(&one, &t->lines[i], e);

		if (rc == 0 && l->count > 0 && l->rows[l->count - 1].index >= one.index)
			rc = sr_fail(e, SR_CORRUPT, "its ends are not in ascending order");
		if (rc == 0)
			rc = sr_endeds_add(l, &one, e);
		if (rc != 0)
			return rc;
	}
	return 0;
}

int sr_endeds_decode(struct sr_endeds *out, struct sr_bytes text, const uint8_t vault[SR_HASH],
	const char *person, struct sr_err *e) {
	struct sr_endeds l = {NULL, 0};
	struct sr_text t;
	int rc = sr_text_parse(&t, text, e);

	if (rc == 0) {
		rc = read_text(&l, &t, vault, person, e);
		sr_text_free(&t);
	}
	if (rc == 0) {
		sr_endeds_free(out);
		*out = l;
		return 0;
	}
	sr_endeds_free(&l);
	(void)sr_wrap(e, "ended");
	return rc;
}

int sr_endeds_load(struct sr_endeds *out, struct sr_dir *d, const uint8_t vault[SR_HASH],
	const char *person, struct sr_err *e) {
	struct sr_buf b;
	char name[64];
	int rc;

	file_name(name, vault, person);
	sr_buf_init(&b);
	rc = sr_file_read(d, name, &b, FILE_MAX, e);
	if (rc == 0)
		rc = sr_endeds_decode(out, sr_buf_view(&b), vault, person, e);
	if (rc != 0)
		(void)sr_wrap(e, "%s", name);
	sr_buf_free(&b);
	return rc;
}

int sr_endeds_store(struct sr_dir *d, const struct sr_endeds *l, const uint8_t vault[SR_HASH],
	const char *person, bool afresh, struct sr_err *e) {
	struct sr_endeds all = {NULL, 0};
	struct sr_buf b;
	char name[64];
	int rc = afresh ? 0 : sr_endeds_load(&all, d, vault, person, e);

	file_name(name, vault, person);
	sr_buf_init(&b);
	if (rc == SR_NOTFOUND) {
		sr_err_clear(e);
		rc = 0;
	}
	for (size_t i = 0; i < l->count && rc == 0; i++)
		rc = sr_endeds_add(&all, &l->rows[i], e);
	if (rc == 0) {
		sr_endeds_encode(&b, &all, vault, person);
		rc = sr_buf_ok(&b, e);
	}
	if (rc == 0)
		rc = sr_file_replace(d, name, sr_buf_view(&b), e);
	sr_buf_free(&b);
	sr_endeds_free(&all);
	return rc;
}
