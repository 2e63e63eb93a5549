/*
 * scanners - see scanners.h.
 */
#include "intake/scanners.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "crypto/hash.h"
#include "intake/inspect.h"

static const char NAME[] = "scanners";

enum {
	SECONDS_MAX = 366 * 86400 /* of an item: a year is for ever */
};

/* Cut the line into words in place; *${count} at most ${max}, or more than that. */
static void cut(char *line, const char **words, size_t max, size_t *count) {
	char *rest = NULL;

	*count = 0;
	for (char *w = strtok_r(line, " \t\r", &rest); w != NULL;
		w = strtok_r(NULL, " \t\r", &rest)) {
		if (*count < max)
			words[*count] = w;
		(*count)++;
	}
}

static void limits_usual(struct sr_intake_limits *l) {
	*l = (struct sr_intake_limits){.depth = SR_INSPECT_DEPTH,
		.members = SR_INSPECT_MEMBERS,
		.bytes = UINT64_C(4) << 30,
		.ratio = SR_INSPECT_RATIO,
		.name = SR_PATH_MAX,
		.text_bytes = UINT64_C(4) << 30,
		.texts = SR_INTAKE_TEXTS_MAX,
		.item_ms = UINT64_C(4) * 3600 * 1000,
		.signatures = (int64_t)7 * 86400};
}

/* "limit NAME NUMBER": each within what the rest of intake bears. */
static int limit_of(
	struct sr_intake_limits *l, const char *name, const char *value, struct sr_err *e) {
	static const struct {
		const char *name;
		uint64_t least, most;
	} known[] = {{"depth", 1, SR_BOX_DEPTH_MAX}, {"members", 1, 1000000},
		{"bytes", 1, SR_INTAKE_BYTES_MAX}, {"ratio", 1, 1000000}, {"name", 64, SR_PATH_MAX},
		{"scan-bytes", 0, INT64_MAX}, {"text-bytes", 0, SR_INTAKE_BYTES_MAX},
		{"texts", 0, SR_INTAKE_TEXTS_MAX}, {"item-seconds", 0, SECONDS_MAX},
		{"signatures-days", 1, 36500}};
	uint64_t n = 0;
	size_t i = 0;

	while (i < sizeof known / sizeof known[0] && strcmp(name, known[i].name) != 0)
		i++;
	if (i == sizeof known / sizeof known[0])
		return sr_fail(e, SR_USAGE,
			"limit: want depth, members, bytes, ratio, name, scan-bytes, text-bytes, "
			"texts, item-seconds or signatures-days");
	if (sr_parse_dec(&n, sr_bytes_str(value), known[i].most, NULL) != 0 || n < known[i].least)
		return sr_fail(e, SR_USAGE, "limit %s: want %llu to %llu", name,
			(unsigned long long)known[i].least, (unsigned long long)known[i].most);
	switch (i) {
	case 0:
		l->depth = (uint32_t)n;
		break;
	case 1:
		l->members = (uint32_t)n;
		break;
	case 2:
		l->bytes = n;
		break;
	case 3:
		l->ratio = (uint32_t)n;
		break;
	case 4:
		l->name = (uint32_t)n;
		break;
	case 5:
		l->scan_bytes = n;
		break;
	case 6:
		l->text_bytes = n;
		break;
	case 7:
		l->texts = (uint32_t)n;
		break;
	case 8:
		l->item_ms = n * 1000;
		break;
	default:
		l->signatures = (int64_t)n * 86400;
		break;
	}
	return 0;
}

static int line_of(struct sr_scanners *s, char *line, unsigned number, bool ask, struct sr_err *e) {
	const char *words[SR_SCANNER_WORDS + 1] = {NULL};
	struct sr_scanner *out;
	char shown[100];
	size_t n = 0;
	int rc;

	(void)sr_escape_to(shown, sizeof shown, sr_bytes_str(line));
	cut(line, words, SR_SCANNER_WORDS + 1, &n);
	if (n == 0 || words[0][0] == '#')
		return 0;
	if (strcmp(words[0], "limit") == 0 && n == 3) {
		rc = limit_of(&s->limits, words[1], words[2], e);
		return rc == 0 ? 0 : sr_wrap(e, "line %u", number);
	}
	if (strcmp(words[0], "ocr") == 0 && n <= SR_SCANNER_WORDS) {
		rc = sr_tongues_line(&s->tongues, words + 1, n - 1, e);
		return rc == 0 ? 0 : sr_wrap(e, "line %u", number);
	}
	if (s->count == SR_SCANNERS_MAX)
		return sr_fail(
			e, SR_USAGE, "line %u: at most %d scanners", number, SR_SCANNERS_MAX);
	out = &s->rows[s->count];
	if (strcmp(words[0], "clamd") == 0 && n == 2) {
		rc = ask ? sr_asking_begin(&s->asking[s->count], words[1], e) : 0;
	} else if (strcmp(words[0], "command") == 0 && n >= 2 && n <= SR_SCANNER_WORDS + 1) {
		for (size_t i = 1; i < n; i++)
			s->words[s->count][i - 1] = words[i];
		rc = sr_scanner_command(out, s->words[s->count], e);
	} else {
		rc = sr_fail(e, SR_USAGE,
			"want \"clamd SOCKET\", \"command PROGRAM [WORD...]\", \"limit NAME "
			"NUMBER\" or \"ocr LANGS\", not \"%s\"",
			shown);
	}
	if (rc != 0)
		return sr_wrap(e, "line %u", number);
	s->line[s->count++] = number;
	return 0;
}

static int read_text(struct sr_scanners *s, struct sr_bytes text, bool ask, struct sr_err *e) {
	unsigned number = 0;
	int rc = 0;

	limits_usual(&s->limits);
	if (text.len > SR_SCANNERS_FILE)
		return sr_fail(e, SR_USAGE, "%zu bytes, at most %d", text.len, SR_SCANNERS_FILE);
	if (text.len > 0 && memchr(text.p, 0, text.len) != NULL)
		return sr_fail(e, SR_USAGE, "it is no text");
	if (text.len > 0)
		memcpy(s->text, text.p, text.len);
	for (char *line = s->text, *end; rc == 0 && *line != '\0'; line = end) {
		end = line + strcspn(line, "\n");
		if (*end == '\n')
			*end++ = '\0';
		rc = line_of(s, line, ++number, ask, e);
	}
	for (size_t i = 0; i < s->count; i++)
		s->rows[i].bytes_max = s->limits.scan_bytes;
	return rc;
}

enum {
	MAC_LINE = 2 * SR_HASH + 1
};

static void mac_of(uint8_t mac[SR_HASH], const struct sr_vault *v, struct sr_bytes text) {
	SR_HASH_OF(mac, "strongintake/scanners/v1", v->keys->s->quarantine_key,
		sr_bytes_of(v->fingerprint, SR_HASH), text);
}

/* The text of the file, which is the vault's own. */
static int open_text(
	struct sr_bytes *text, const struct sr_vault *v, struct sr_bytes file, struct sr_err *e) {
	uint8_t mac[SR_HASH], have[SR_HASH];
	bool own = false;

	if (file.len >= MAC_LINE && file.p[MAC_LINE - 1] == '\n' &&
		sr_unhex(have, SR_HASH, sr_bytes_of(file.p, MAC_LINE - 1), NULL) == 0) {
		*text = sr_bytes_of(file.p + MAC_LINE, file.len - MAC_LINE);
		mac_of(mac, v, *text);
		own = sr_ct_eq(mac, have, SR_HASH);
	}
	return own ? 0
		   : sr_fail(e, SR_AUTH,
			     "it was not written under the keys of this vault (by "
			     "somebody else, or "
			     "they changed): name the scanners again (intake scanners FILE)");
}

void sr_scanners_free(struct sr_scanners *s) {
	for (size_t i = 0; s != NULL && i < SR_SCANNERS_MAX; i++)
		sr_asking_drop(s->asking[i]);
	free(s);
}

int sr_scanners_check(struct sr_bytes text, struct sr_err *e) {
	struct sr_scanners *s = calloc(1, sizeof *s);
	int rc = s == NULL ? sr_fail(e, SR_NOMEM, "scanners: out of memory")
			   : read_text(s, text, false, e);

	sr_scanners_free(s);
	return rc;
}

/* The file, judged; asked, if that is wanted. */
static int open_file(struct sr_scanners **out, struct sr_vault *v, bool ask, struct sr_err *e) {
	struct sr_scanners *s = calloc(1, sizeof *s);
	struct sr_bytes text = {NULL, 0};
	struct sr_buf file;
	int rc;

	*out = NULL;
	if (s == NULL)
		return sr_fail(e, SR_NOMEM, "scanners: out of memory");
	limits_usual(&s->limits);
	sr_buf_init(&file);
	rc = sr_file_read(v->dir, NAME, &file, MAC_LINE + SR_SCANNERS_FILE, e);
	if (rc == 0)
		rc = open_text(&text, v, sr_buf_view(&file), e);
	if (rc == 0)
		rc = read_text(s, text, ask, e);
	if (rc == SR_NOTFOUND) {
		if (e != NULL)
			sr_err_clear(e);
		rc = 0;
	} else if (rc != 0) {
		(void)sr_wrap(e, "%s", NAME);
	}
	sr_buf_free(&file);
	if (rc != 0) {
		sr_scanners_free(s);
		return rc;
	}
	*out = s;
	return 0;
}

int sr_scanners_begin(struct sr_scanners **out, struct sr_vault *v, struct sr_err *e) {
	return open_file(out, v, true, e);
}

/* Scanner ${i} has said who it is. */
static int answered(struct sr_scanners *s, size_t i, struct sr_err *e) {
	struct sr_asking *a = s->asking[i];
	int rc;

	s->asking[i] = NULL;
	rc = sr_asking_end(a, &s->rows[i], e);
	if (rc != 0) {
		(void)sr_wrap(e, "line %u", s->line[i]);
		return sr_wrap(e, "%s", NAME);
	}
	s->rows[i].bytes_max = s->limits.scan_bytes;
	return 0;
}

int sr_scanners_ready(struct sr_scanners *s, bool *ready, struct sr_err *e) {
	int rc = 0;

	*ready = true;
	for (size_t i = 0; rc == 0 && i < s->count; i++) {
		if (s->asking[i] == NULL)
			continue;
		if (sr_asking_answered(s->asking[i]))
			rc = answered(s, i, e);
		else
			*ready = false;
	}
	*ready = *ready && rc == 0;
	return rc;
}

int sr_scanners_open(struct sr_scanners **out, struct sr_vault *v, struct sr_err *e) {
	struct sr_scanners *s = NULL;
	int rc = sr_scanners_begin(&s, v, e);

	*out = NULL;
	for (size_t i = 0; rc == 0 && s != NULL && i < s->count; i++)
		if (s->asking[i] != NULL)
			rc = answered(s, i, e);
	if (rc != 0) {
		sr_scanners_free(s);
		return rc;
	}
	*out = s;
	return 0;
}

int sr_intake_limits(struct sr_intake_limits *out, struct sr_vault *v, struct sr_err *e) {
	struct sr_scanners *s = NULL;
	int rc = open_file(&s, v, false, e);

	limits_usual(out);
	if (rc == 0 && s != NULL)
		*out = s->limits;
	sr_scanners_free(s);
	return rc;
}

int sr_intake_tongues(struct sr_tongues *out, struct sr_vault *v, struct sr_err *e) {
	struct sr_scanners *s = NULL;
	int rc = open_file(&s, v, false, e);

	memset(out, 0, sizeof *out);
	if (rc == 0 && s != NULL)
		*out = s->tongues;
	sr_scanners_free(s);
	return rc;
}

int sr_scanners_any(bool *any, struct sr_vault *v, struct sr_err *e) {
	struct sr_scanners *s = NULL;
	int rc = open_file(&s, v, false, e);

	*any = rc == 0 && s != NULL && s->count > 0;
	sr_scanners_free(s);
	return rc;
}

int sr_scanners_write(struct sr_vault *v, struct sr_bytes text, struct sr_err *e) {
	char line[MAC_LINE];
	uint8_t mac[SR_HASH];
	struct sr_buf file;
	int rc = sr_scanners_check(text, e);

	if (rc == 0 && text.len == 0) {
		rc = sr_file_remove(v->dir, NAME, e);
		if (rc != SR_NOTFOUND)
			return rc;
		if (e != NULL)
			sr_err_clear(e);
		return 0;
	}
	if (rc != 0)
		return rc;
	mac_of(mac, v, text);
	sr_hex(line, mac, SR_HASH);
	sr_buf_init(&file);
	sr_buf_put_str(&file, line);
	sr_buf_put_u8(&file, '\n');
	sr_buf_put_bytes(&file, text);
	rc = sr_buf_ok(&file, e);
	if (rc == 0)
		rc = sr_file_replace(v->dir, NAME, sr_buf_view(&file), e);
	sr_buf_free(&file);
	return rc;
}
