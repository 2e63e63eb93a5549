/*
 * JSON in the one form that RFC 8785 (JCS) gives it: members in the order of their names' UTF-16
 * units, no spaces, shortest escapes. So two exports of one entry are the same bytes, whoever made
 * them. Names here are ASCII, where UTF-16 and byte order agree; numbers are integers that a double
 * holds exactly. Anything else is a fault of ours (MISUSE), not printed.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

enum {
	DEPTH = 8,   /* an entry has four levels */
	MEMBERS = 64 /* of an object; an entry has eight */
};
#define EXACT INT64_C(9007199254740992) /* 2^53 */

static void put_string(struct sr_buf *out, const char *s, size_t len) {
	static const char from[] = "\b\t\n\f\r\"\\", to[] = "btnfr\"\\";

	sr_buf_put_u8(out, '"');
	for (size_t i = 0; i < len; i++) {
		const uint8_t c = (uint8_t)s[i];
		const char *at = c == 0 ? NULL : strchr(from, c);
		if (at != NULL) {
			sr_buf_put_u8(out, '\\');
			sr_buf_put_u8(out, (uint8_t)to[at - from]);
		} else if (c < 0x20) {
			sr_buf_printf(out, "\\u%04x", c);
		} else {
			sr_buf_put_u8(out, c);
		}
	}
	sr_buf_put_u8(out, '"');
}

static int put(struct sr_buf *out, json_t *j, unsigned depth, struct sr_err *e);

static int by_name(const void *a, const void *b) {
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int put_object(struct sr_buf *out, json_t *j, unsigned depth, struct sr_err *e) {
	const char *names[MEMBERS], *name;
	json_t *value;
	size_t count = 0;
	int rc = 0;

	if (json_object_size(j) > MEMBERS)
		return sr_fail(e, SR_MISUSE, "canonical JSON: %zu members", json_object_size(j));
	json_object_foreach(j, name, value) {
		for (const char *p = name; *p != '\0'; p++)
			if ((unsigned char)*p > 0x7e)
				return sr_fail(e, SR_MISUSE, "canonical JSON: a name not in ASCII");
		names[count++] = name;
	}
	qsort(names, count, sizeof *names, by_name);
	sr_buf_put_u8(out, '{');
	for (size_t i = 0; i < count && rc == 0; i++) {
		if (i > 0)
			sr_buf_put_u8(out, ',');
		put_string(out, names[i], strlen(names[i]));
		sr_buf_put_u8(out, ':');
		rc = put(out, json_object_get(j, names[i]), depth, e);
	}
	sr_buf_put_u8(out, '}');
	return rc;
}

static int put_array(struct sr_buf *out, json_t *j, unsigned depth, struct sr_err *e) {
	int rc = 0;

	sr_buf_put_u8(out, '[');
	for (size_t i = 0; i < json_array_size(j) && rc == 0; i++) {
		if (i > 0)
			sr_buf_put_u8(out, ',');
		rc = put(out, json_array_get(j, i), depth, e);
	}
	sr_buf_put_u8(out, ']');
	return rc;
}

static int put(struct sr_buf *out, json_t *j, unsigned depth, struct sr_err *e) {
	if (depth == DEPTH)
		return sr_fail(e, SR_MISUSE, "canonical JSON: more than %d levels", (int)DEPTH);
	if (json_is_object(j))
		return put_object(out, j, depth + 1, e);
	if (json_is_array(j))
		return put_array(out, j, depth + 1, e);
	if (json_is_string(j)) {
		put_string(out, json_string_value(j), json_string_length(j));
		return 0;
	}
	if (json_is_integer(j) && json_integer_value(j) <= EXACT &&
		json_integer_value(j) >= -EXACT) {
		sr_buf_printf(out, "%lld", (long long)json_integer_value(j));
		return 0;
	}
	if (!json_is_boolean(j) && !json_is_null(j))
		return sr_fail(e, SR_MISUSE, "canonical JSON: no such value");
	sr_buf_put_str(out, json_is_true(j) ? "true" : json_is_null(j) ? "null" : "false");
	return 0;
}

int cli_json_canonical_to(struct sr_buf *out, json_t *j, struct sr_err *e) {
	int rc =
		j == NULL ? sr_fail(e, SR_NOMEM, "no memory for a row as JSON") : cli_json_whole(e);

	if (rc == 0)
		rc = put(out, j, 0, e);
	sr_buf_put_u8(out, '\n');
	json_decref(j);
	return rc == 0 ? sr_buf_ok(out, e) : rc;
}

int cli_json_canonical(json_t *j, struct sr_err *e) {
	struct sr_buf b;

	sr_buf_init_secret(&b); /* titles and names */
	int rc = j == NULL ? sr_fail(e, SR_NOMEM, "no memory for the answer as JSON")
			   : cli_json_whole(e);
	if (rc == 0)
		rc = put(&b, j, 0, e);
	if (rc == 0)
		rc = sr_buf_ok(&b, e);
	if (rc == 0 && (fwrite(b.p, 1, b.len, stdout) != b.len || putchar('\n') == EOF))
		rc = sr_fail_errno(e, "standard output");
	sr_buf_free(&b);
	json_decref(j);
	return rc;
}
