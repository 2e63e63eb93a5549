/*
 * err - the one place where an error's sentence is put together; see err.h.
 *
 * Invariants: text is always terminated; a sentence too long for its array ends in "..." and keeps
 * its beginning (the nouns), since a wrap puts the outer noun first. Formatting never fails loudly:
 * an error while reporting an error must not hide the first.
 */
#include "base/err.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* The one table of codes: name, exit status of the command, HTTP status. */
static const struct {
	enum sr_code code;
	const char *name;
	int exit;
	int http;
} codes[] = {
	{SR_OK, "OK", 0, 200},
	{SR_NOMEM, "NOMEM", 5, 503},
	{SR_IO, "IO", 5, 500},
	{SR_CORRUPT, "CORRUPT", 3, 500},
	{SR_AUTH, "AUTH", 3, 500},
	{SR_NOTFOUND, "NOTFOUND", 1, 404},
	{SR_EXISTS, "EXISTS", 1, 409},
	{SR_LOCKED, "LOCKED", 4, 423},
	{SR_LIMIT, "LIMIT", 5, 413},
	{SR_DENIED, "DENIED", 1, 403},
	{SR_MISUSE, "MISUSE", 5, 500},
	{SR_UNSUPPORTED, "UNSUPPORTED", 1, 501},
	{SR_USAGE, "USAGE", 2, 400},
};

/* Mark a sentence that did not fit. */
static void mark_cut(struct sr_err *e) {
	memcpy(e->text + sizeof e->text - 4, "...", 4);
}

static void set(struct sr_err *e, enum sr_code code, const char *fmt, va_list ap) SR_PRINTF(3, 0);

/* The sentence may be made of the one that is there: `sr_fail(e, SR_USAGE, "--key: %s", e->text)`.
 */
static void set(struct sr_err *e, enum sr_code code, const char *fmt, va_list ap) {
	char made[sizeof e->text];
	int len = vsnprintf(made, sizeof made, fmt, ap);
	e->code = code;
	e->no = 0;
	if (len < 0)
		made[0] = '\0';
	memcpy(e->text, made, strlen(made) + 1);
	if (len > 0 && (size_t)len >= sizeof e->text)
		mark_cut(e);
}

int(sr_fail)(struct sr_err *e, enum sr_code code, const char *fmt, ...) {
	assert(code < 0); /* success is not an error */
	if (e != NULL) {
		va_list ap;
		va_start(ap, fmt);
		set(e, code, fmt, ap);
		va_end(ap);
	}
	return (int)code;
}

int(sr_fail_errno)(struct sr_err *e, const char *fmt, ...) {
	int no = errno;
	enum sr_code code = SR_IO;
	if (no == ENOMEM)
		code = SR_NOMEM;
	else if (no == ENOSPC || no == EDQUOT)
		code = SR_LIMIT;
	if (e != NULL) {
		va_list ap;
		va_start(ap, fmt);
		set(e, code, fmt, ap);
		va_end(ap);
		e->no = no;
		size_t have = strlen(e->text);
		char reason[128];
		int len = snprintf(e->text + have, sizeof e->text - have, ": %s",
			strerror_r(no, reason, sizeof reason));
		if (len < 0 || (size_t)len >= sizeof e->text - have)
			mark_cut(e);
	}
	errno = no;
	return (int)code;
}

int(sr_wrap)(struct sr_err *e, const char *fmt, ...) {
	if (e == NULL || e->code == SR_OK)
		return SR_MISUSE;
	char inner[sizeof e->text];
	memcpy(inner, e->text, sizeof inner);
	enum sr_code code = e->code;
	const int no = e->no;
	va_list ap;
	va_start(ap, fmt);
	set(e, code, fmt, ap);
	va_end(ap);
	e->no = no;
	size_t have = strlen(e->text);
	int len = snprintf(e->text + have, sizeof e->text - have, ": %s", inner);
	if (len < 0 || (size_t)len >= sizeof e->text - have)
		mark_cut(e);
	return (int)code;
}

void sr_err_clear(struct sr_err *e) {
	if (e == NULL)
		return;
	e->code = SR_OK;
	e->no = 0;
	e->text[0] = '\0';
}

const char *sr_code_name(enum sr_code code) {
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (codes[i].code == code)
			return codes[i].name;
	return "UNKNOWN";
}

int sr_code_exit(enum sr_code code) {
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (codes[i].code == code)
			return codes[i].exit;
	return 5;
}

int sr_code_http(enum sr_code code) {
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (codes[i].code == code)
			return codes[i].http;
	return 500;
}
