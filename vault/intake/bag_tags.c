/*
 * bag_tags - what the tag files of a bag say: its declaration, manifests, fetch.txt, and the
 * Payload-Oxum of bag-info.txt. Each text is judged line by line; a line that cannot be read
 * refuses the bag, and the rest is read all the same, so that all that is wrong is found at once.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "intake/bag_in.h"

enum {
	DECLARATION_MAX = 4096, /* bytes of bagit.txt: two short lines */
	OTHER_MAX = 16 << 20    /* bytes of bag-info.txt and fetch.txt */
};

static const char version_label[] = "BagIt-Version";
static const char encoding_label[] = "Tag-File-Character-Encoding";

static bool is_blank(uint8_t c) {
	return c == ' ' || c == '\t';
}

static struct sr_bytes trim(struct sr_bytes v) {
	while (v.len > 0 && is_blank(v.p[0]))
		v = sr_bytes_of(v.p + 1, v.len - 1);
	while (v.len > 0 && is_blank(v.p[v.len - 1]))
		v.len--;
	return v;
}

static bool begins(struct sr_bytes v, const char *s) {
	return v.len >= strlen(s) && memcmp(v.p, s, strlen(s)) == 0;
}

/* A tag file of the bag's own folder; ${there} says whether it is one. */
static int load(struct sr_bag *b, const char *name, struct sr_buf *out, size_t max, bool *there,
	struct sr_err *e) {
	const ptrdiff_t i = bag_index(b, sr_bytes_str(name));

	*there = i >= 0;
	if (i < 0)
		return 0;
	if (b->files[i].size > max) {
		*there = false;
		bag_refuse(b, SR_BAG_LARGE, "%s has %llu bytes, at most %zu are read", name,
			(unsigned long long)b->files[i].size, max);
		return 0;
	}
	return sr_file_read(b->dir, name, out, max, e);
}

/* --- bagit.txt -------------------------------------------------------------------------------- */

/* "Label: value"; the value is trimmed. Exact (1.0): one space after the colon, none elsewhere. */
static bool labelled(struct sr_bytes line, const char *label, struct sr_bytes *value, bool *exact) {
	const size_t n = strlen(label);
	size_t at = n;

	if (!begins(line, label))
		return false;
	while (at < line.len && is_blank(line.p[at]))
		at++;
	if (at == line.len || line.p[at] != ':')
		return false;
	*value = trim(sr_bytes_of(line.p + at + 1, line.len - at - 1));
	*exact = at == n && value->len + n + 2 == line.len && line.p[n + 1] == ' ';
	return true;
}

static bool version_number(struct sr_bag *b, struct sr_bytes v) {
	const uint8_t *dot = v.len > 0 ? memchr(v.p, '.', v.len) : NULL;
	uint64_t major = 0, minor = 0;

	if (dot == NULL || v.len >= sizeof b->version)
		return false;
	const size_t n = (size_t)(dot - v.p);
	if (sr_parse_dec(&major, sr_bytes_of(v.p, n), 1000, NULL) != 0 ||
		sr_parse_dec(&minor, sr_bytes_of(dot + 1, v.len - n - 1), 1000, NULL) != 0)
		return false;
	memcpy(b->version, v.p, v.len);
	b->version[v.len] = '\0';
	b->major = (unsigned)major;
	b->minor = (unsigned)minor;
	return true;
}

static bool declared_version(struct sr_bag *b, struct sr_bytes line, bool *exact) {
	struct sr_bytes value = {NULL, 0};
	struct bag_shown s;

	if (!labelled(line, version_label, &value, exact)) {
		bag_refuse(b, SR_BAG_DECLARATION, "line 1 of bagit.txt is not \"%s: M.N\": %s",
			version_label, bag_show(&s, line));
		return false;
	}
	if (!version_number(b, value)) {
		bag_refuse(b, SR_BAG_DECLARATION, "bagit.txt: the version is %s, want M.N",
			bag_show(&s, value));
		return false;
	}
	if (b->major > 1 || (b->major == 1 && b->minor > 0)) {
		bag_refuse(b, SR_BAG_DECLARATION,
			"bagit.txt: version %s is newer than 1.0, which is the newest read here",
			b->version);
		return false;
	}
	return true;
}

static bool declared_encoding(struct sr_bag *b, struct sr_bytes line, bool *exact) {
	struct sr_bytes value = {NULL, 0};
	struct bag_shown s;

	if (!labelled(line, encoding_label, &value, exact)) {
		bag_refuse(b, SR_BAG_DECLARATION, "line 2 of bagit.txt is not \"%s: ...\": %s",
			encoding_label, bag_show(&s, line));
		return false;
	}
	if (!sr_tag_encoding(&b->encoding, value)) {
		bag_refuse(b, SR_BAG_DECLARATION,
			"bagit.txt: tag files in %s are not read; write them in UTF-8",
			bag_show(&s, value));
		return false;
	}
	return true;
}

void bag_declaration_text(struct sr_bag *b, struct sr_bytes text, bool *readable) {
	struct sr_bytes rest = text, lines[3] = {{NULL, 0}};
	bool exact[2] = {true, true};
	size_t count = 0;

	*readable = false;
	if (begins(text, "\xEF\xBB\xBF")) {
		bag_refuse(b, SR_BAG_DECLARATION,
			"bagit.txt begins with a byte order mark, which it must not");
		return;
	}
	while (count < 3 && sr_tag_line(&rest, &lines[count]))
		count++;
	if (count < 2) {
		bag_refuse(b, SR_BAG_DECLARATION,
			"bagit.txt has %zu lines, want 2: \"%s: M.N\" and \"%s: ...\"", count,
			version_label, encoding_label);
		return;
	}
	*readable = declared_version(b, lines[0], &exact[0]);
	*readable = declared_encoding(b, lines[1], &exact[1]) && *readable;
	if (!*readable)
		return;
	if (count > 2 && (bag_is_1(b) || trim(lines[2]).len > 0))
		bag_refuse(b, SR_BAG_DECLARATION, "bagit.txt has more than its two lines");
	if (exact[0] && exact[1])
		return;
	if (bag_is_1(b))
		bag_refuse(b, SR_BAG_DECLARATION,
			"line %d of bagit.txt has white space where version 1.0 allows none",
			exact[0] ? 2 : 1);
	else
		bag_warn(b, SR_BAG_STYLE, "line %d of bagit.txt has more white space than is usual",
			exact[0] ? 2 : 1);
}

int bag_declaration(struct sr_bag *b, bool *readable, struct sr_err *e) {
	struct sr_buf raw, text;
	bool there = false;
	int rc;

	*readable = false;
	sr_buf_init(&raw);
	sr_buf_init(&text);
	rc = load(b, "bagit.txt", &raw, DECLARATION_MAX, &there, e);
	if (rc == 0 && !there && bag_index(b, sr_bytes_str("bagit.txt")) < 0)
		bag_refuse(b, SR_BAG_DECLARATION, "bagit.txt is not there: this is no bag");
	if (rc == 0 && there) {
		struct sr_err bad = {0};

		/* A mark at its beginning is not taken off: it is judged. */
		if (sr_tag_decode(&text, SR_TAG_UTF8, sr_buf_view(&raw), &bad) != 0)
			bag_refuse(b, SR_BAG_DECLARATION, "bagit.txt: %s", bad.text);
		else
			bag_declaration_text(b, sr_buf_view(&raw), readable);
	}
	sr_buf_free(&raw);
	sr_buf_free(&text);
	return rc;
}

/* --- paths ------------------------------------------------------------------------------------ */

/* NULL, or why the path cannot be one of this bag. Backslashes and drive letters are names here,
 * but lead out of the bag elsewhere. */
static const char *unsafe(struct sr_bytes p) {
	size_t at = 0;

	if (p.len == 0)
		return "it is empty";
	if (p.len > SR_PATH_MAX)
		return "it is too long";
	if (p.p[0] == '/' || p.p[0] == '\\')
		return "it is absolute";
	if (p.p[0] == '~')
		return "it begins with the sign of somebody's home";
	if (p.len > 1 && p.p[1] == ':')
		return "it begins with a drive letter";
	if (memchr(p.p, 0, p.len) != NULL)
		return "it has a NUL in it";
	while (at <= p.len) {
		const uint8_t *slash = memchr(p.p + at, '/', p.len - at);
		const size_t n = slash != NULL ? (size_t)(slash - p.p) - at : p.len - at;
		const struct sr_bytes part = sr_bytes_of(p.p + at, n);

		if (n == 0)
			return "a part of it is empty";
		if (sr_bytes_eq(part, sr_bytes_str(".")) || sr_bytes_eq(part, sr_bytes_str("..")))
			return "it has . or .. in it";
		at += n + 1;
	}
	return NULL;
}

static int hex_of(uint8_t c) {
	return c >= '0' && c <= '9'                 ? c - '0'
	       : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
						    : -1;
}

/* Percent signs: LF and CR always, the sign itself from 1.0 on; all else stays (older bags have
 * names like "%7Etest"). */
static void decode_path(struct sr_buf *out, const struct sr_bag *b, struct sr_bytes p) {
	for (size_t i = 0; i < p.len; i++) {
		int v = -1;

		if (p.p[i] == '%' && p.len - i > 2) {
			const int high = hex_of(p.p[i + 1]), low = hex_of(p.p[i + 2]);

			v = high >= 0 && low >= 0 ? 16 * high + low : -1;
		}
		if (v == '\n' || v == '\r' || (v == '%' && bag_is_1(b))) {
			sr_buf_put_u8(out, (uint8_t)v);
			i += 2;
		} else {
			sr_buf_put_u8(out, p.p[i]);
		}
	}
}

/* What a line names: its decoded path, or NULL after a finding. ${where} is "NAME, line N". */
struct named {
	struct sr_buf path;
	const char *where;
	bool tag; /* of a tag manifest: outside of data/ */
};

static bool name_path(struct sr_bag *b, struct named *n, struct sr_bytes p) {
	const char *why;
	struct bag_shown s;

	if (begins(p, "./")) {
		bag_warn(b, SR_BAG_STYLE, "%s: \"./\" before the path: %s", n->where,
			bag_show(&s, p));
		while (begins(p, "./"))
			p = sr_bytes_of(p.p + 2, p.len - 2);
	}
	sr_buf_clear(&n->path);
	decode_path(&n->path, b, p);
	p = sr_buf_view(&n->path);
	why = unsafe(p);
	if (why == NULL && begins(p, "data/") == n->tag)
		why = n->tag ? "a tag manifest lists nothing of data/" : "it is not in data/";
	if (why == NULL)
		return true;
	bag_refuse(b, SR_BAG_SCOPE, "%s: the path %s is out of scope: %s", n->where,
		bag_show(&s, p), why);
	return false;
}

/* --- manifests -------------------------------------------------------------------------------- */

static int add_entry(struct sr_bag *b, const struct bag_entry *entry, struct sr_err *e) {
	if (b->entry_count == b->entry_cap) {
		const size_t cap = b->entry_cap == 0 ? 64 : b->entry_cap * 2;
		struct bag_entry *more = reallocarray(b->entries, cap, sizeof *more);

		if (more == NULL)
			return sr_fail(e, SR_NOMEM, "no memory for %zu lines of manifests", cap);
		b->entries = more;
		b->entry_cap = cap;
	}
	b->entries[b->entry_count++] = *entry;
	return 0;
}

/* The digest at the start of a line; what is left begins with the white space after it. */
static bool line_digest(struct sr_bag *b, const struct named *n, enum sr_digest_kind kind,
	struct sr_bytes *line, uint8_t digest[SR_DIGEST_MAX]) {
	const size_t want = sr_digest_size(kind);
	size_t have = 0;

	memset(digest, 0, SR_DIGEST_MAX);
	while (have < line->len && hex_of(line->p[have]) >= 0)
		have++;
	if (have != 2 * want || have == line->len || !is_blank(line->p[have])) {
		bag_refuse(b, SR_BAG_FORM,
			"%s: %zu hex digits and white space want to begin it, for %s", n->where,
			2 * want, sr_digest_name(kind));
		return false;
	}
	for (size_t i = 0; i < want; i++)
		digest[i] = (uint8_t)(16 * hex_of(line->p[2 * i]) + hex_of(line->p[2 * i + 1]));
	*line = sr_bytes_of(line->p + have, line->len - have);
	return true;
}

static int by_name(const void *a, const void *b) {
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int by_bytes(const void *key, const void *b) {
	return sr_bytes_cmp(*(const struct sr_bytes *)key, sr_bytes_str(*(char *const *)b));
}

/* Is it one of fetch.txt? Its lines are many, and so may those be that are looked for. */
static bool is_fetched(const struct sr_bag *b, struct sr_bytes path) {
	return b->fetch_count > 0 &&
	       bsearch(&path, b->fetch, b->fetch_count, sizeof *b->fetch, by_bytes) != NULL;
}

/* The file that a path means, or -1 and a finding. */
static ptrdiff_t line_file(
	struct sr_bag *b, const struct named *n, struct sr_bytes raw, bool *alias) {
	const struct sr_bytes p = sr_buf_view(&n->path);
	ptrdiff_t at = bag_index(b, p);
	struct bag_shown s, t;
	bool only_case = false;

	*alias = false;
	if (at >= 0)
		return at;
	if (memchr(raw.p, '%', raw.len) != NULL && unsafe(raw) == NULL &&
		(at = bag_index(b, raw)) >= 0) {
		bag_warn(b, SR_BAG_STYLE, "%s: a percent sign of %s is not encoded", n->where,
			bag_show(&s, raw));
		return at;
	}
	at = bag_alias(b, p, &only_case);
	if (at >= 0) {
		*alias = true;
		bag_warn(b, SR_BAG_NAME, "%s: %s is there as %s, which differs in %s", n->where,
			bag_show(&s, p), bag_show(&t, sr_bytes_str(b->files[at].path)),
			only_case ? "case" : "how accents are written");
		return at;
	}
	if (is_fetched(b, p)) {
		bag_refuse(b, SR_BAG_FETCH,
			"%s: %s is to be fetched: nothing is fetched here, so complete the bag "
			"first",
			n->where, bag_show(&s, p));
		return -1;
	}
	bag_refuse(b, SR_BAG_MISSING, "%s: %s is not there", n->where, bag_show(&s, p));
	return -1;
}

static int manifest_line(struct sr_bag *b, struct named *n, const struct bag_entry *at,
	struct sr_bytes line, struct sr_err *e) {
	struct bag_entry entry = *at;
	ptrdiff_t file;

	if (!line_digest(b, n, b->manifests[at->manifest].kind, &line, entry.digest))
		return 0;
	while (line.len > 0 && is_blank(line.p[0]))
		line = sr_bytes_of(line.p + 1, line.len - 1);
	if (begins(line, "*")) {
		bag_warn(b, SR_BAG_STYLE, "%s: \"*\" before the path, as md5sum writes it",
			n->where);
		line = sr_bytes_of(line.p + 1, line.len - 1);
	}
	if (!name_path(b, n, line))
		return sr_buf_ok(&n->path, e);
	file = line_file(b, n, line, &entry.alias);
	if (file < 0)
		return 0;
	entry.file = (uint32_t)file;
	b->listed[file] |= UINT32_C(1) << at->manifest;
	return add_entry(b, &entry, e);
}

int bag_manifest_text(struct sr_bag *b, size_t manifest, struct sr_bytes text, struct sr_err *e) {
	const struct bag_manifest *m = &b->manifests[manifest];
	struct bag_entry at = {.manifest = (uint32_t)manifest};
	char where[96];
	struct named n = {.where = where, .tag = m->tag};
	struct sr_bytes line = {NULL, 0};
	int rc = 0;

	sr_buf_init(&n.path);
	while (rc == 0 && sr_tag_line(&text, &line)) {
		at.line++;
		if (trim(line).len == 0)
			continue;
		(void)snprintf(where, sizeof where, "%s, line %u", m->name, at.line);
		rc = manifest_line(b, &n, &at, line, e);
	}
	sr_buf_free(&n.path);
	return rc;
}

/* --- fetch.txt -------------------------------------------------------------------------------- */

static struct sr_bytes word(struct sr_bytes *rest) {
	struct sr_bytes v = *rest;
	size_t n = 0;

	while (n < v.len && !is_blank(v.p[n]))
		n++;
	v = sr_bytes_of(rest->p, n);
	while (n < rest->len && is_blank(rest->p[n]))
		n++;
	*rest = sr_bytes_of(rest->p + n, rest->len - n);
	return v;
}

static int add_fetch(struct sr_bag *b, const struct sr_buf *path, struct sr_err *e) {
	if (b->fetch_count == b->fetch_cap) {
		const size_t cap = b->fetch_cap == 0 ? 16 : b->fetch_cap * 2;
		char **more = reallocarray(b->fetch, cap, sizeof *more);

		if (more == NULL)
			return sr_fail(e, SR_NOMEM, "no memory for %zu lines of fetch.txt", cap);
		b->fetch = more;
		b->fetch_cap = cap;
	}
	b->fetch[b->fetch_count] = sr_buf_dup_str(path);
	if (b->fetch[b->fetch_count] == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for a path of fetch.txt");
	b->fetch_count++;
	return 0;
}

static int fetch_line(struct sr_bag *b, struct named *n, struct sr_bytes line, struct sr_err *e) {
	struct sr_bytes url = word(&line), length = word(&line);
	uint64_t size = 0;

	if (memchr(url.p, ':', url.len) == NULL || line.len == 0 ||
		(!sr_bytes_eq(length, sr_bytes_str("-")) &&
			sr_parse_dec(&size, length, INT64_MAX, NULL) != 0)) {
		bag_refuse(
			b, SR_BAG_FORM, "%s: want a URL, a length or \"-\", and a path", n->where);
		return 0;
	}
	if (!name_path(b, n, line))
		return sr_buf_ok(&n->path, e);
	return add_fetch(b, &n->path, e);
}

int bag_fetch_text(struct sr_bag *b, struct sr_bytes text, struct sr_err *e) {
	char where[96];
	struct named n = {.where = where, .tag = false};
	struct sr_bytes line = {NULL, 0};
	size_t number = 0;
	int rc = 0;

	sr_buf_init(&n.path);
	while (rc == 0 && sr_tag_line(&text, &line)) {
		number++;
		if (trim(line).len == 0)
			continue;
		if (b->fetch_count == bag_files_max) {
			bag_refuse(b, SR_BAG_LARGE, "fetch.txt has more than %zu lines",
				bag_files_max);
			break;
		}
		(void)snprintf(where, sizeof where, "fetch.txt, line %zu", number);
		rc = fetch_line(b, &n, line, e);
	}
	sr_buf_free(&n.path);
	if (b->fetch_count > 1)
		qsort(b->fetch, b->fetch_count, sizeof *b->fetch, by_name);
	return rc;
}

/* --- bag-info.txt ----------------------------------------------------------------------------- */

static bool same_label(struct sr_bytes label, const char *want) {
	if (label.len != strlen(want))
		return false;
	for (size_t i = 0; i < label.len; i++)
		if ((label.p[i] | 32) != ((uint8_t)want[i] | 32))
			return false;
	return true;
}

static void take_oxum(struct sr_bag *b, const char *name, struct sr_bytes v) {
	const uint8_t *dot = v.len > 0 ? memchr(v.p, '.', v.len) : NULL;
	const size_t n = dot != NULL ? (size_t)(dot - v.p) : 0;
	uint64_t bytes = 0, files = 0;
	struct bag_shown s;

	if (dot == NULL || sr_parse_dec(&bytes, sr_bytes_of(v.p, n), INT64_MAX, NULL) != 0 ||
		sr_parse_dec(&files, sr_bytes_of(dot + 1, v.len - n - 1), INT64_MAX, NULL) != 0) {
		bag_refuse(b, SR_BAG_FORM, "%s: Payload-Oxum is %s, want BYTES.FILES", name,
			bag_show(&s, v));
		return;
	}
	if (b->oxum && (b->oxum_bytes != bytes || b->oxum_files != files))
		bag_refuse(b, SR_BAG_OXUM, "%s: two Payload-Oxum say different things", name);
	else if (b->oxum && bag_is_1(b))
		bag_refuse(b, SR_BAG_FORM,
			"%s: Payload-Oxum stands there twice, which version 1.0 forbids", name);
	b->oxum = true;
	b->oxum_bytes = bytes;
	b->oxum_files = files;
}

/* RFC 8493, 2.2.2: the label neither begins nor ends with white space, and one blank stands between
 * its colon and the value. Older bags are read as their tools wrote them. */
static void info_spaces(
	struct sr_bag *b, const char *name, size_t number, struct sr_bytes line, size_t colon) {
	const bool label = is_blank(line.p[0]) || is_blank(line.p[colon - 1]);
	const bool value = colon + 1 < line.len && !is_blank(line.p[colon + 1]);

	if (bag_is_1(b) && (label || value))
		bag_refuse(b, SR_BAG_FORM,
			"%s, line %zu: %s: want \"Label: value\", as version 1.0 has it", name,
			number,
			label ? "white space around the label" : "no blank behind the colon");
}

void bag_info_text(struct sr_bag *b, const char *name, struct sr_bytes text) {
	struct sr_bytes line = {NULL, 0};
	size_t number = 0;

	while (sr_tag_line(&text, &line)) {
		const uint8_t *colon = line.len > 0 ? memchr(line.p, ':', line.len) : NULL;
		struct sr_bytes label;

		number++;
		if (trim(line).len == 0 || (is_blank(line.p[0]) && number > 1))
			continue; /* the rest of a long value */
		if (colon == NULL || colon == line.p) {
			bag_refuse(b, SR_BAG_FORM, "%s, line %zu: want \"Label: value\"", name,
				number);
			continue;
		}
		info_spaces(b, name, number, line, (size_t)(colon - line.p));
		label = trim(sr_bytes_of(line.p, (size_t)(colon - line.p)));
		if (same_label(label, "Payload-Oxum"))
			take_oxum(b, name,
				trim(sr_bytes_of(
					colon + 1, line.len - (size_t)(colon - line.p) - 1)));
	}
}

/* --- all of them ------------------------------------------------------------------------------ */

/* manifest-<alg>.txt, tagmanifest-<alg>.txt in the bag's own folder. */
static int find_manifest(struct sr_bag *b, const char *path, struct sr_err *e) {
	static const char tag_stem[] = "tagmanifest-", stem[] = "manifest-", end[] = ".txt";
	const struct sr_bytes p = sr_bytes_str(path);
	const bool tag = begins(p, tag_stem);
	const size_t from = tag ? sizeof tag_stem - 1 : sizeof stem - 1;
	enum sr_digest_kind kind = SR_DIGEST_SHA256;
	struct bag_manifest *m;
	struct bag_shown s;
	char alg[16];
	size_t n;

	if (memchr(p.p, '/', p.len) != NULL || (!tag && !begins(p, stem)) ||
		p.len < from + sizeof end - 1 ||
		memcmp(p.p + p.len - (sizeof end - 1), end, sizeof end - 1) != 0)
		return 0;
	n = p.len - from - (sizeof end - 1);
	for (size_t i = 0; i < n && i < sizeof alg; i++)
		alg[i] = (char)tolower((unsigned char)path[from + i]);
	if (n >= sizeof alg || !sr_digest_named(&kind, sr_bytes_of(alg, n))) {
		bag_warn(b, SR_BAG_STYLE,
			"%s is not looked at: its digest is none that is known here",
			bag_show(&s, p));
		return 0;
	}
	if (b->manifest_count == sizeof b->manifests / sizeof *b->manifests) {
		bag_refuse(b, SR_BAG_LARGE, "it has more than %zu manifests", b->manifest_count);
		return 0;
	}
	m = &b->manifests[b->manifest_count];
	m->kind = kind;
	m->tag = tag;
	m->name = strdup(path);
	if (m->name == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for the name of a manifest");
	b->manifest_count++;
	b->payload_manifests += tag ? 0 : 1;
	return 0;
}

/* A tag file as UTF-8; ${there} false: nothing to read, or a finding said why. */
static int load_text(struct sr_bag *b, const char *name, struct sr_buf *text, size_t max,
	bool *there, struct sr_err *e) {
	struct sr_err bad = {0};
	struct sr_buf raw;
	int rc;

	sr_buf_init(&raw);
	sr_buf_clear(text);
	rc = load(b, name, &raw, max, there, e);
	if (rc == 0 && *there && sr_tag_decode(text, b->encoding, sr_buf_view(&raw), &bad) != 0) {
		*there = false;
		if (bad.code == SR_CORRUPT)
			bag_refuse(b, SR_BAG_FORM, "%s: %s", name, bad.text);
		else
			rc = sr_fail(e, bad.code, "%s: %s", name, bad.text);
	}
	sr_buf_free(&raw);
	return rc;
}

int bag_tags(struct sr_bag *b, struct sr_err *e) {
	static const char *const infos[] = {"bag-info.txt", "package-info.txt"};
	struct sr_buf text;
	bool there = false;
	int rc = 0;

	sr_buf_init(&text);
	for (size_t i = 0; i < b->file_count && rc == 0; i++)
		rc = find_manifest(b, b->files[i].path, e);
	if (rc == 0)
		rc = load_text(b, "fetch.txt", &text, OTHER_MAX, &there, e);
	if (rc == 0 && there)
		rc = bag_fetch_text(b, sr_buf_view(&text), e);
	for (size_t i = 0; i < b->manifest_count && rc == 0; i++) {
		rc = load_text(b, b->manifests[i].name, &text, SR_BAG_TAG_MAX, &there, e);
		if (rc == 0 && there)
			rc = bag_manifest_text(b, i, sr_buf_view(&text), e);
	}
	for (size_t i = 0; i < sizeof infos / sizeof *infos && rc == 0; i++) {
		rc = load_text(b, infos[i], &text, OTHER_MAX, &there, e);
		if (rc == 0 && there)
			bag_info_text(b, infos[i], sr_buf_view(&text));
	}
	sr_buf_free(&text);
	return rc;
}
