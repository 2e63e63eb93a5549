/*
 * What people type for a thing or an entry of the log, and which one they mean. See client.h.
 */
#include "core/client.h"

#include "base/escape.h"

enum {
	TYPED_MIN = 4 /* digits of an id; fewer name too many things */
};

static int ambiguous(const char *typed, const struct sr_rows *rows, struct sr_err *e) {
	char list[400] = "", word[80];
	size_t at = 0;

	for (size_t i = 0; i < rows->count && i < 6; i++) {
		char kind[24], id[40];

		sr_escape_to(kind, sizeof kind, sr_row_get(&rows->rows[i], "kind"));
		sr_escape_to(id, sizeof id, sr_row_get(&rows->rows[i], "id"));
		snprintf(word, sizeof word, "%s%s %.12s", i > 0 ? ", " : "", kind, id);
		at += (size_t)snprintf(list + at, sizeof list - at, "%s", word);
	}
	return sr_fail(e, SR_USAGE, "%s begins more than one id: %s%s; type more digits", typed,
		list, rows->count > 6 ? ", ..." : "");
}

/* The vault completes what was typed; it does not choose another. */
static int begins(const uint8_t id[SR_ID], const char *typed, struct sr_err *e) {
	char hex[2 * SR_ID + 1];

	sr_hex(hex, id, SR_ID);
	if (strncmp(hex, typed, strlen(typed)) == 0)
		return 0;
	return sr_fail(e, SR_AUTH,
		"asked for the id that begins with %s, the vault named %s: it is in error, or lies",
		typed, hex);
}

int sr_client_resolve(struct sr_client *c, uint8_t id[SR_ID], const char *typed, const char *kind,
	struct sr_err *e) {
	struct sr_call q, r;
	struct sr_rows rows = {0};
	const size_t len = strlen(typed), whole = (size_t)2 * SR_ID;
	char shown[80];
	int rc = 0;

	if (len == whole && sr_unhex(id, SR_ID, sr_bytes_str(typed), NULL) == 0)
		return 0;
	if (len < TYPED_MIN || len > whole || strspn(typed, "0123456789abcdef") != len)
		return sr_fail(e, SR_USAGE, "\"%s\" is no id: an id is 4 to 32 digits of 0-9a-f",
			sr_escape_to(shown, sizeof shown, sr_bytes_str(typed)));
	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "resolve");
	sr_text_put(&q.head, "prefix", typed);
	if (kind != NULL)
		sr_text_put(&q.head, "kind", kind);
	rc = sr_client_rows(c, &q, &r, &rows, e);
	if (rc == 0 && rows.count == 0)
		rc = sr_fail(
			e, SR_NOTFOUND, "no %s begins with %s", kind != NULL ? kind : "id", typed);
	else if (rc == 0 && rows.count > 1)
		rc = ambiguous(typed, &rows, e);
	if (rc == 0)
		rc = sr_row_get_id(id, SR_ID, &rows.rows[0], "id", e);
	if (rc == 0)
		rc = begins(id, typed, e);
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

/* --- entries ---------------------------------------------------------------------------------- */

/* Has the log an entry of that number? The vault says so, also by refusing to show it. */
static int is_entry(bool *is, struct sr_client *c, uint64_t index, struct sr_err *e) {
	struct sr_call q, r;
	int rc;

	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "log.prove");
	sr_text_put_dec(&q.head, "index", index);
	rc = sr_client_call(c, &q, &r, e);
	*is = rc == 0 || rc == SR_DENIED;
	if (rc == SR_NOTFOUND || rc == SR_DENIED) {
		if (e != NULL)
			sr_err_clear(e);
		rc = 0;
	}
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

static int keep(struct sr_err *e, const struct sr_err *what, int rc) {
	if (e != NULL)
		*e = *what;
	return rc;
}

/* ${typed} is a number, and may begin an id as well. */
static int number_or_id(
	struct sr_entry_name *out, struct sr_client *c, const char *typed, struct sr_err *e) {
	struct sr_err ids = {0};
	bool is = false;
	int rc = sr_client_resolve(c, out->id, typed, NULL, &ids);

	if (rc == SR_NOTFOUND)
		return 0;
	if (rc != 0 && rc != SR_USAGE)
		return keep(e, &ids, rc);
	const int found = rc;

	rc = is_entry(&is, c, out->index, e);
	if (rc == 0 && is)
		rc = sr_fail(e, SR_USAGE,
			"%s is an entry of the log, and an id begins with it: the entry is @%s, "
			"the id takes more of its digits",
			typed, typed);
	else if (rc == 0 && found != 0) /* of more than one thing, which it names */
		rc = keep(e, &ids, found);
	out->by_id = rc == 0;
	return rc;
}

int sr_client_entry_name(
	struct sr_entry_name *out, struct sr_client *c, const char *typed, struct sr_err *e) {
	const bool sure = typed[0] == '@';
	const size_t len = strlen(typed);

	memset(out, 0, sizeof *out);
	if (sr_parse_dec(&out->index, sr_bytes_str(typed + sure), INT64_MAX, NULL) == 0)
		return sure || len < TYPED_MIN || len >= (size_t)2 * SR_ID ||
				       sr_client_info(c)->person[0] == '\0'
			       ? 0
			       : number_or_id(out, c, typed, e);
	if (sure)
		return sr_fail(e, SR_USAGE, "after @ comes the number of an entry, as in @12");
	out->by_id = true;
	return sr_client_resolve(c, out->id, typed, NULL, e);
}
