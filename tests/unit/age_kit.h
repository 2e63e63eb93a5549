/*
 * age_kit - files of the age test kit (C2SP/CCTV), found in a folder and run. Shared by a unit test
 * and by age-kit.
 *
 *   expect: success | no match | HMAC failure | header failure | armor failure | payload failure
 *   payload: <sha256 of the plaintext, with `payload failure` of what was let out before>
 *   file key: <hex>  identity: AGE-SECRET-KEY-1...  passphrase: ...  armored: yes
 *   compressed: zlib  comment: ...
 *
 * and after an empty line the age file. `identity` and `passphrase` may come several times; each is
 * tried until one does more than not match. A file whose only identities are post-quantum ones
 * (AGE-SECRET-KEY-PQ-1...) is not run: it is only read by a key of nobody, which must say that its
 * kind is not read here, or what is broken. Each file is read three times, in pieces of other
 * sizes; all of them must come to the same end. A file that does not begin with `expect: ` is no
 * part of the kit (README, SOURCE) and counts as passed over.
 */
#ifndef SR_TESTS_AGE_KIT_H
#define SR_TESTS_AGE_KIT_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "crypto/armor.h"
#include "crypto/hash.h"

enum {
	KIT_PATH = 4200,
	KIT_OPENERS = 8,
	KIT_FILE_MAX = 16 << 20,  /* bytes of a file of the kit: the largest has 70 kB */
	KIT_PLAIN_MAX = 64 << 20, /* and of what it inflates to: 16 MiB */
	KIT_WORD = 1024           /* characters of a line */
};

struct age_tally {
	size_t passed, failed, not_run, passed_over;
	bool quiet; /* only failures are printed */
};

struct kit_opener {
	bool passphrase;
	char text[KIT_WORD];
};

struct kit_case {
	char expect[32], payload[65];
	struct kit_opener openers[KIT_OPENERS];
	size_t count, hybrid;
	bool armored, compressed;
	struct sr_buf file;
	char why[256]; /* why it cannot be taken as a case */
};

static inline bool kit_load(struct sr_buf *out, const char *path) {
	FILE *f = fopen(path, "rb");
	size_t n = 0;
	bool ok = f != NULL && sr_buf_reserve(out, KIT_FILE_MAX, NULL) == 0;

	if (ok) {
		n = fread(out->p, 1, KIT_FILE_MAX, f);
		ok = ferror(f) == 0 && n < KIT_FILE_MAX;
		out->len = n;
	}
	if (f != NULL)
		(void)fclose(f);
	return ok;
}

static inline void kit_opener(struct kit_case *k, bool passphrase, const char *text) {
	static const char x25519[] = "AGE-SECRET-KEY-1", hybrid[] = "AGE-SECRET-KEY-PQ-1";

	if (!passphrase && strncmp(text, hybrid, sizeof hybrid - 1) == 0) {
		k->hybrid++;
	} else if (!passphrase && strncmp(text, x25519, sizeof x25519 - 1) != 0) {
		(void)snprintf(k->why, sizeof k->why, "an identity of an unknown kind");
	} else if (k->count == KIT_OPENERS) {
		(void)snprintf(k->why, sizeof k->why, "more than %d identities", KIT_OPENERS);
	} else {
		k->openers[k->count].passphrase = passphrase;
		(void)snprintf(k->openers[k->count++].text, KIT_WORD, "%s", text);
	}
}

static inline void kit_line(struct kit_case *k, struct sr_bytes line) {
	char text[KIT_WORD], *value;

	if (line.len >= sizeof text) {
		(void)snprintf(k->why, sizeof k->why, "a line of %zu characters", line.len);
		return;
	}
	memcpy(text, line.p, line.len);
	text[line.len] = '\0';
	value = strstr(text, ": ");
	if (value == NULL) {
		(void)snprintf(k->why, sizeof k->why, "a line without \": \"");
		return;
	}
	*value = '\0';
	value += 2;
	if (strcmp(text, "expect") == 0)
		(void)snprintf(k->expect, sizeof k->expect, "%s", value);
	else if (strcmp(text, "payload") == 0)
		(void)snprintf(k->payload, sizeof k->payload, "%s", value);
	else if (strcmp(text, "identity") == 0 || strcmp(text, "passphrase") == 0)
		kit_opener(k, text[0] == 'p', value);
	else if (strcmp(text, "armored") == 0)
		k->armored = strcmp(value, "yes") == 0;
	else if (strcmp(text, "compressed") == 0 && strcmp(value, "zlib") == 0)
		k->compressed = true;
	else if (strcmp(text, "file key") != 0 && strcmp(text, "comment") != 0)
		(void)snprintf(k->why, sizeof k->why, "a line of an unknown kind: %.60s", text);
}

/* false: no file of the kit. */
static inline bool kit_parse(struct kit_case *k, struct sr_bytes raw) {
	static const char first[] = "expect: ";
	size_t at = 0;

	if (raw.len < sizeof first || memcmp(raw.p, first, sizeof first - 1) != 0)
		return false;
	for (;;) {
		const uint8_t *lf = memchr(raw.p + at, '\n', raw.len - at);
		size_t n = lf != NULL ? (size_t)(lf - (raw.p + at)) : 0;

		if (lf == NULL) {
			(void)snprintf(k->why, sizeof k->why, "no empty line after its header");
			return true;
		}
		if (n > 0)
			kit_line(k, sr_bytes_of(raw.p + at, n));
		at += n + 1;
		if (n == 0)
			break;
	}
	if (!k->compressed) {
		sr_buf_put(&k->file, raw.p + at, raw.len - at);
		return true;
	}
	uLongf size = KIT_PLAIN_MAX;
	if (sr_buf_reserve(&k->file, size, NULL) != 0 ||
		uncompress(k->file.p, &size, raw.p + at, (uLong)(raw.len - at)) != Z_OK)
		(void)snprintf(k->why, sizeof k->why, "its zlib stream is broken");
	else
		k->file.len = size;
	return true;
}

static inline int kit_reader(struct sr_age_reader **r, const struct kit_opener *by,
	struct sr_age_sink to, struct sr_err *e) {
	uint8_t sk[SR_X_SK] = {1}; /* a key of nobody, for files that fail before one is needed */

	if (by != NULL && by->passphrase)
		return sr_age_reader_new_passphrase(r, sr_bytes_str(by->text), to, e);
	int rc = by != NULL ? sr_age_identity_parse(sk, sr_bytes_str(by->text), e) : 0;
	return rc == 0 ? sr_age_reader_new(r, sk, to, e) : rc;
}

static inline int kit_to_reader(void *ctx, const void *p, size_t len, struct sr_err *e) {
	return sr_age_reader_write(ctx, p, len, e);
}

static inline int kit_open(struct sr_buf *out, const struct kit_case *k,
	const struct kit_opener *by, size_t piece, struct sr_err *e) {
	struct sr_age_reader *r = NULL;
	struct sr_age_armor *a = NULL;
	struct sr_age_sink to = {kit_to_reader, NULL};
	int rc = kit_reader(&r, by, sr_age_sink_buf(out), e);

	to.ctx = r;
	if (rc == 0 && k->armored)
		rc = sr_age_armor_new(&a, to, e);
	for (size_t at = 0; at < k->file.len && rc == 0; at += piece) {
		size_t n = k->file.len - at < piece ? k->file.len - at : piece;

		rc = a != NULL ? sr_age_armor_write(a, k->file.p + at, n, e)
			       : sr_age_reader_write(r, k->file.p + at, n, e);
	}
	if (rc == 0 && a != NULL)
		rc = sr_age_armor_finish(a, e);
	if (rc == 0)
		rc = sr_age_reader_finish(r, e);
	sr_age_armor_free(a);
	sr_age_reader_free(r);
	return rc;
}

/* Which of the kit's outcomes ${rc} and its text are. */
static inline const char *kit_outcome(int rc, const struct sr_err *e) {
	switch (rc) {
	case 0:
		return "success";
	case SR_NOTFOUND:
		return "no match";
	case SR_AUTH:
		return strstr(e->text, "MAC of the age header") != NULL ? "HMAC failure"
									: "payload failure";
	case SR_CORRUPT:
		return strncmp(e->text, "age armor", 9) == 0 ? "armor failure" : "header failure";
	case SR_UNSUPPORTED:
		return strstr(e->text, "another version") != NULL ? "header failure" : "no match";
	case SR_LIMIT:
		return "header failure";
	default:
		return "trouble";
	}
}

/* Tries each opener; what the first says that matches, or "no match". */
static inline const char *kit_try(
	struct sr_buf *out, const struct kit_case *k, size_t piece, struct sr_err *e) {
	const char *is = "no match";

	for (size_t i = 0; i < (k->count > 0 ? k->count : 1); i++) {
		sr_buf_clear(out);
		int rc = kit_open(out, k, k->count > 0 ? &k->openers[i] : NULL, piece, e);
		is = kit_outcome(rc, e);
		if (strcmp(is, "no match") != 0)
			break;
	}
	return is;
}

/* NULL if all is as the kit says, else what is not. */
static inline const char *kit_judge(
	char *why, size_t size, const struct kit_case *k, const char **is) {
	static const size_t pieces[] = {SIZE_MAX / 2, 70001, 1};
	char hex[65] = "";
	const char *wrong = NULL;

	for (size_t i = 0; i < sizeof pieces / sizeof *pieces && wrong == NULL; i++) {
		struct sr_err e = {0};
		struct sr_buf out;
		uint8_t hash[32];

		if (pieces[i] == 1 && k->file.len > 200000)
			continue;
		sr_buf_init(&out);
		*is = kit_try(&out, k, pieces[i], &e);
		sr_sha256(hash, out.p, out.len);
		sr_hex(hex, hash, sizeof hash);
		if (strcmp(*is, k->expect) != 0)
			(void)snprintf(why, size, "%s%s%s, want %s", *is,
				e.text[0] != '\0' ? ": " : "", e.text, k->expect);
		else if (k->payload[0] != '\0' ? strcmp(hex, k->payload) != 0 : out.len != 0)
			(void)snprintf(why, size, "%s, but %zu bytes with SHA-256 %.16s...", *is,
				out.len, hex);
		else
			why[0] = '\0';
		wrong = why[0] != '\0' ? why : NULL;
		sr_buf_free(&out);
	}
	return wrong;
}

/* What whoever has a file for post-quantum recipients is told; NULL: the right thing. */
static inline const char *kit_told(char *why, size_t size, const struct kit_case *k) {
	struct sr_err e = {0};
	struct sr_buf out;
	int rc;

	sr_buf_init(&out);
	rc = kit_open(&out, k, NULL, 70001, &e);
	sr_buf_free(&out);
	if ((rc == SR_NOTFOUND && strcasestr(e.text, "mlkem768x25519") != NULL &&
		    strstr(e.text, "does not read") != NULL) ||
		rc == SR_CORRUPT)
		return NULL;
	(void)snprintf(why, size, "a kind that is not read is told as: %s", e.text);
	return why;
}

static inline void kit_file(struct age_tally *t, const char *path) {
	static const char no_hybrid[] = "post-quantum recipients are not read";
	struct kit_case k = {.count = 0};
	struct sr_buf raw;
	char why[1024] = "";
	const char *wrong = NULL, *is = "";

	sr_buf_init(&raw);
	sr_buf_init(&k.file);
	if (!kit_load(&raw, path)) {
		wrong = "cannot be read, or is too large";
	} else if (!kit_parse(&k, sr_buf_view(&raw))) {
		t->passed_over++;
		goto out;
	} else if (k.why[0] != '\0') {
		wrong = k.why;
	} else if (k.count == 0 && k.hybrid > 0 &&
		   (wrong = kit_told(why, sizeof why, &k)) == NULL) {
		t->not_run++;
		if (!t->quiet)
			(void)printf("%s: not run (%s)\n", path, no_hybrid);
		goto out;
	} else if (wrong == NULL) {
		wrong = kit_judge(why, sizeof why, &k, &is);
	}
	if (wrong != NULL)
		t->failed++;
	else
		t->passed++;
	if (wrong != NULL)
		(void)printf("%s: FAILED: %s\n", path, wrong);
	else if (!t->quiet)
		(void)printf("%s: %s\n", path, is);
out:
	sr_buf_free(&raw);
	sr_buf_free(&k.file);
}

/* A file, or every file in and below a folder, in order of their names. false: cannot be read. */
static inline bool age_kit(struct age_tally *t, const char *path) {
	struct dirent **names = NULL;
	struct stat st;
	bool ok = true;

	if (stat(path, &st) != 0)
		return false;
	if (S_ISREG(st.st_mode)) {
		kit_file(t, path);
		return true;
	}
	int n = S_ISDIR(st.st_mode) ? scandir(path, &names, NULL, alphasort) : -1;
	for (int i = 0; i < n; i++) {
		char below[KIT_PATH];

		if (names[i]->d_name[0] != '.') {
			int len = snprintf(below, sizeof below, "%s/%s", path, names[i]->d_name);
			ok = ok && len > 0 && (size_t)len < sizeof below && age_kit(t, below);
		}
		free(names[i]);
	}
	free(names);
	return ok && n >= 0;
}

#endif
