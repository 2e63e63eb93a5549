/*
 * armor - see armor.h. One line is held at a time; a line that cannot become a right one is refused
 * before its end is seen.
 */
#include "crypto/armor.h"

#include <stdlib.h>
#include <string.h>

enum {
	LINE = 64,  /* characters of a full line */
	BYTES = 48, /* what it decodes to */
	HELD = SR_AGE_ARMOR_SPACE + 2
};

static const char begin_line[] = "-----BEGIN AGE ENCRYPTED FILE-----";
static const char end_line[] = "-----END AGE ENCRYPTED FILE-----";

struct sr_age_armor {
	struct sr_age_sink to;
	enum {
		A_BEFORE,
		A_BODY,
		A_LAST,
		A_AFTER,
		A_DONE,
		A_FAILED
	} state;
	int rc;        /* of A_FAILED */
	size_t number; /* of the line, from 1 */
	size_t space;  /* bytes of white space seen before or after */
	size_t len;    /* of what is held of a line */
	struct sr_buf out;
	char line[HELD];
};

static bool is_space(uint8_t c) {
	return c == ' ' || (c >= '\t' && c <= '\r');
}

bool sr_age_armored(struct sr_bytes first) {
	return first.len > 0 && (first.p[0] == '-' || is_space(first.p[0]));
}

int sr_age_armor_new(struct sr_age_armor **out, struct sr_age_sink to, struct sr_err *e) {
	struct sr_age_armor *a = calloc(1, sizeof *a);

	*out = NULL;
	if (a == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for age armor");
	a->to = to;
	a->number = 1;
	sr_buf_init(&a->out);
	*out = a;
	return 0;
}

void sr_age_armor_free(struct sr_age_armor *a) {
	if (a == NULL)
		return;
	sr_buf_free(&a->out);
	sr_wipe(a, sizeof *a);
	free(a);
}

static bool is_line(const struct sr_age_armor *a, const char *text) {
	return a->len == strlen(text) && memcmp(a->line, text, a->len) == 0;
}

static bool is_blank(const struct sr_age_armor *a) {
	for (size_t i = 0; i < a->len; i++)
		if (!is_space((uint8_t)a->line[i]))
			return false;
	return true;
}

static int count_space(struct sr_age_armor *a, size_t n, struct sr_err *e) {
	a->space += n;
	if (a->space > SR_AGE_ARMOR_SPACE)
		return sr_fail(e, SR_CORRUPT, "age armor: more than %d bytes of white space %s",
			SR_AGE_ARMOR_SPACE, a->state == A_BEFORE ? "before it" : "after it");
	return 0;
}

static int take_body(struct sr_age_armor *a, struct sr_err *e) {
	int rc;

	if (is_line(a, end_line)) {
		a->state = A_AFTER;
		a->space = 0;
		return 0;
	}
	if (a->len == 0 || a->len > LINE)
		return sr_fail(e, SR_CORRUPT,
			"age armor: line %zu has %zu characters, want 1 to %d", a->number, a->len,
			LINE);
	sr_buf_clear(&a->out);
	if ((rc = sr_unbase64(&a->out, sr_bytes_of(a->line, a->len), e)) != 0) {
		(void)sr_wrap(e, "age armor: line %zu", a->number);
		return rc;
	}
	if (a->out.len < BYTES)
		a->state = A_LAST;
	return a->to.put(a->to.ctx, a->out.p, a->out.len, e);
}

/* A whole line is held, without its end. */
static int take_line(struct sr_age_armor *a, struct sr_err *e) {
	switch (a->state) {
	case A_BEFORE:
		if (is_blank(a))
			return count_space(a, a->len + 1, e);
		if (!is_line(a, begin_line))
			return sr_fail(e, SR_CORRUPT,
				"age armor: line %zu is not \"%s\", and not empty", a->number,
				begin_line);
		a->state = A_BODY;
		return 0;
	case A_BODY:
		return take_body(a, e);
	case A_LAST:
		if (!is_line(a, end_line))
			return sr_fail(e, SR_CORRUPT, "age armor: line %zu is not \"%s\"",
				a->number, end_line);
		a->state = A_AFTER;
		a->space = 0;
		return 0;
	case A_AFTER:
	case A_DONE:
	case A_FAILED:
		break;
	}
	return sr_fail(e, SR_MISUSE, "age armor: a line in state %d", (int)a->state);
}

static int end_of_line(struct sr_age_armor *a, struct sr_err *e) {
	int rc;

	if (a->len > 0 && a->line[a->len - 1] == '\r')
		a->len--;
	rc = take_line(a, e);
	a->len = 0;
	a->number++;
	return rc;
}

static int take(struct sr_age_armor *a, struct sr_bytes in, struct sr_err *e) {
	int rc = 0;

	for (size_t i = 0; i < in.len && rc == 0; i++) {
		uint8_t c = in.p[i];

		if (a->state == A_AFTER) {
			rc = is_space(c) ? count_space(a, 1, e)
					 : sr_fail(e, SR_CORRUPT,
						   "age armor: byte 0x%02x after its end", c);
		} else if (c == '\n') {
			rc = end_of_line(a, e);
		} else if (a->len == (a->state == A_BEFORE ? (size_t)HELD : LINE + 1)) {
			rc = sr_fail(e, SR_CORRUPT, "age armor: line %zu is too long", a->number);
		} else {
			a->line[a->len++] = (char)c;
		}
	}
	return rc;
}

static int armor_state(struct sr_age_armor *a, struct sr_err *e) {
	switch (a->state) {
	case A_BEFORE:
	case A_BODY:
	case A_LAST:
	case A_AFTER:
		return 0;
	case A_DONE:
		return sr_fail(e, SR_MISUSE, "the age armor is finished");
	case A_FAILED:
		return sr_fail(e, (enum sr_code)a->rc, "the age armor failed before");
	}
	return SR_MISUSE;
}

static int armor_fail(struct sr_age_armor *a, int rc) {
	a->state = A_FAILED;
	a->rc = rc;
	return rc;
}

int sr_age_armor_write(struct sr_age_armor *a, const void *p, size_t len, struct sr_err *e) {
	int rc = armor_state(a, e);

	if (rc != 0 || len == 0)
		return rc;
	rc = take(a, sr_bytes_of(p, len), e);
	return rc == 0 ? 0 : armor_fail(a, rc);
}

int sr_age_armor_finish(struct sr_age_armor *a, struct sr_err *e) {
	int rc = armor_state(a, e);

	if (rc != 0)
		return rc;
	if (a->state != A_AFTER && a->len > 0)
		rc = end_of_line(a, e); /* the last line may lack its end */
	if (rc == 0 && a->state != A_AFTER)
		rc = sr_fail(e, SR_CORRUPT, "age armor: ends before \"%s\"", end_line);
	if (rc != 0)
		return armor_fail(a, rc);
	a->state = A_DONE;
	return 0;
}
