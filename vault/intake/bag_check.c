/*
 * bag_check - a bag's files against what its manifests say. Contents are read once: every digest
 * that some manifest has for a file, and SHA-256 for all of them.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "intake/bag_in.h"
#include "intake/names.h"

enum {
	STEP = 1 << 20 /* bytes read at a time */
};

/* --- names ------------------------------------------------------------------------------------ */

static int by_key(const void *a, const void *b) {
	const struct bag_key *x = a, *y = b;
	const int c = sr_bytes_cmp(sr_buf_view(&x->key), sr_buf_view(&y->key));

	return c != 0 ? c : x->file < y->file ? -1 : x->file > y->file;
}

static int make_keys(struct bag_key **out, const struct sr_bag *b, bool fold, struct sr_err *e) {
	struct bag_key *keys = calloc(b->file_count + 1, sizeof *keys);
	int rc = 0;

	*out = keys;
	if (keys == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for %zu names", b->file_count);
	for (size_t i = 0; i < b->file_count && rc == 0; i++) {
		keys[i].file = (uint32_t)i;
		sr_name_key(&keys[i].key, sr_bytes_str(b->files[i].path), fold);
		rc = sr_buf_ok(&keys[i].key, e);
	}
	if (rc == 0 && b->file_count > 1)
		qsort(keys, b->file_count, sizeof *keys, by_key);
	return rc;
}

int bag_keys(struct sr_bag *b, struct sr_err *e) {
	int rc = make_keys(&b->composed, b, false, e);

	if (rc == 0)
		rc = make_keys(&b->folded, b, true, e);
	for (size_t i = 1; rc == 0 && i < b->file_count; i++) {
		struct bag_shown s, t;

		if (!sr_bytes_eq(
			    sr_buf_view(&b->folded[i - 1].key), sr_buf_view(&b->folded[i].key)))
			continue;
		bag_warn(b, SR_BAG_NAME, "%s and %s are one name on some systems",
			bag_show(&s, sr_bytes_str(b->files[b->folded[i - 1].file].path)),
			bag_show(&t, sr_bytes_str(b->files[b->folded[i].file].path)));
	}
	return rc;
}

static ptrdiff_t look_up(const struct bag_key *keys, size_t count, struct sr_bytes key) {
	size_t low = 0, high = count;

	while (low < high) {
		const size_t mid = low + (high - low) / 2;

		if (sr_bytes_cmp(sr_buf_view(&keys[mid].key), key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == count || !sr_bytes_eq(sr_buf_view(&keys[low].key), key))
		return -1;
	return (ptrdiff_t)keys[low].file;
}

ptrdiff_t bag_alias(const struct sr_bag *b, struct sr_bytes path, bool *only_case) {
	struct sr_buf key;
	ptrdiff_t at = -1;

	*only_case = false;
	sr_buf_init(&key);
	sr_name_key(&key, path, false);
	if (key.failed == 0)
		at = look_up(b->composed, b->file_count, sr_buf_view(&key));
	if (at < 0) {
		*only_case = true;
		sr_buf_clear(&key);
		sr_name_key(&key, path, true);
		if (key.failed == 0)
			at = look_up(b->folded, b->file_count, sr_buf_view(&key));
	}
	sr_buf_free(&key);
	return at;
}

/* Files that a system keeps for itself beside those of people. */
static bool of_a_system(const char *path) {
	static const char *const names[] = {".DS_Store", "Thumbs.db", "thumbs.db", "desktop.ini",
		"Desktop.ini", ".Spotlight-V100", ".Trashes", "ehthumbs.db"};
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return strncmp(name, "._", 2) == 0;
}

/* --- lists ------------------------------------------------------------------------------------ */

static int by_file(const void *a, const void *b) {
	const struct bag_entry *x = a, *y = b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	if (x->manifest != y->manifest)
		return x->manifest < y->manifest ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

static void check_twice(struct sr_bag *b, const struct bag_entry *x, const struct bag_entry *y) {
	const char *manifest = b->manifests[y->manifest].name;
	struct bag_shown s;

	(void)bag_show(&s, sr_bytes_str(b->files[y->file].path));
	if (memcmp(x->digest, y->digest, SR_DIGEST_MAX) != 0)
		bag_refuse(b, SR_BAG_TWICE, "%s, lines %u and %u: %s is listed with two digests",
			manifest, x->line, y->line, s.text);
	else if (bag_is_1(b) && !x->alias && !y->alias)
		bag_refuse(b, SR_BAG_TWICE, "%s, lines %u and %u: %s is listed twice", manifest,
			x->line, y->line, s.text);
	else
		bag_warn(b, SR_BAG_TWICE, "%s, lines %u and %u: %s is listed twice", manifest,
			x->line, y->line, s.text);
}

/* Is each payload file listed where it must be? */
static void check_listed(struct sr_bag *b) {
	struct bag_shown s;

	for (size_t i = 0; i < b->file_count; i++) {
		size_t listed = 0, lacks = 0;

		if (!b->files[i].payload)
			continue;
		(void)bag_show(&s, sr_bytes_str(b->files[i].path));
		if (of_a_system(b->files[i].path))
			bag_warn(b, SR_BAG_NAME, "%s is a file that a system keeps for itself",
				s.text);
		for (size_t m = 0; m < b->manifest_count; m++) {
			if (b->manifests[m].tag)
				continue;
			if ((b->listed[i] >> m & 1) != 0)
				listed++;
			else
				lacks = m;
		}
		if (listed == 0 && b->payload_manifests > 0)
			bag_refuse(
				b, SR_BAG_EXTRA, "%s is there, but no manifest lists it", s.text);
		else if (listed < b->payload_manifests && bag_is_1(b))
			bag_refuse(b, SR_BAG_MISSING,
				"%s is listed, but not in %s: from 1.0 on each manifest lists all",
				s.text, b->manifests[lacks].name);
	}
}

static bool is_tag_manifest(const char *path) {
	return strncmp(path, "tagmanifest-", 12) == 0 && strchr(path, '/') == NULL;
}

/* RFC 8493, 2.2.1: each tag manifest lists every payload manifest, and no tag manifest. The drafts
 * before 1.0 only advised it. */
static void check_tag_manifests(struct sr_bag *b) {
	struct bag_shown s;

	for (size_t i = 0; i < b->entry_count; i++) {
		const struct bag_entry *n = &b->entries[i];
		const struct bag_manifest *m = &b->manifests[n->manifest];

		if (!m->tag || !is_tag_manifest(b->files[n->file].path))
			continue;
		(void)bag_show(&s, sr_bytes_str(b->files[n->file].path));
		if (bag_is_1(b))
			bag_refuse(b, SR_BAG_SCOPE,
				"%s, line %u: a tag manifest lists no tag manifest: %s", m->name,
				n->line, s.text);
		else
			bag_warn(b, SR_BAG_STYLE, "%s, line %u: it lists a tag manifest: %s",
				m->name, n->line, s.text);
	}
	for (size_t t = 0; bag_is_1(b) && t < b->manifest_count; t++)
		for (size_t m = 0; m < b->manifest_count; m++) {
			const ptrdiff_t file = bag_index(b, sr_bytes_str(b->manifests[m].name));

			if (b->manifests[t].tag && !b->manifests[m].tag && file >= 0 &&
				(b->listed[file] >> t & 1) == 0)
				bag_refuse(b, SR_BAG_MISSING,
					"%s does not list %s: from 1.0 on a tag manifest lists "
					"each payload manifest",
					b->manifests[t].name, b->manifests[m].name);
		}
}

static void check_fetch(struct sr_bag *b) {
	struct bag_shown s;

	for (size_t i = 0; i < b->fetch_count; i++) {
		const struct sr_bytes p = sr_bytes_str(b->fetch[i]);
		const ptrdiff_t at = bag_index(b, p);

		if (at < 0)
			bag_refuse(b, SR_BAG_FETCH,
				"fetch.txt names %s, which is not there: nothing is fetched here",
				bag_show(&s, p));
	}
	if (b->fetch_count > 0)
		bag_warn(b, SR_BAG_FETCH, "fetch.txt names %zu files; nothing is fetched here",
			b->fetch_count);
}

/* --- contents --------------------------------------------------------------------------------- */

struct sums {
	struct sr_digest *digest[SR_DIGEST_KINDS];
	uint8_t *step;
	uint64_t done, total;
};

static int sums_begin(struct sums *s, unsigned wanted, struct sr_err *e) {
	int rc = 0;

	for (unsigned k = 0; k < SR_DIGEST_KINDS && rc == 0; k++) {
		if ((wanted >> k & 1) == 0)
			continue;
		rc = s->digest[k] == NULL ? sr_digest_new(&s->digest[k], (enum sr_digest_kind)k, e)
					  : sr_digest_reset(s->digest[k], e);
	}
	return rc;
}

static int read_contents(struct sr_bag *b, const struct sr_bag_file *f, struct sums *s,
	unsigned wanted, struct sr_err *e) {
	uint64_t offset = 0;
	size_t got = 1;
	int fd = -1;
	int rc = sr_file_open(&fd, b->dir, f->path, SR_FS_READ, e);

	while (rc == 0 && got > 0) {
		rc = sr_fd_pread_some(fd, s->step, STEP, offset, &got, e);
		for (unsigned k = 0; k < SR_DIGEST_KINDS && rc == 0; k++)
			if ((wanted >> k & 1) != 0)
				sr_digest_update(s->digest[k], s->step, got);
		offset += got;
		s->done += got;
		if (rc == 0 &&
			sr_progress_report(b->progress, "check", s->done, s->total, "bytes") != 0)
			rc = sr_fail(e, SR_LOCKED, "stopped on request");
	}
	if (rc == 0 && offset != f->size)
		rc = sr_fail(e, SR_IO,
			"%s had %llu bytes and now has %llu: it changes while it is read", f->path,
			(unsigned long long)f->size, (unsigned long long)offset);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

/* One file, and its lines ${from} to ${to} of the sorted entries. */
static int check_file(
	struct sr_bag *b, size_t file, size_t from, size_t to, struct sums *s, struct sr_err *e) {
	struct sr_bag_file *f = &b->files[file];
	uint8_t sum[SR_DIGEST_KINDS][SR_DIGEST_MAX];
	unsigned wanted = 1U << SR_DIGEST_SHA256;
	struct bag_shown shown;
	int rc;

	for (size_t i = from; i < to; i++)
		wanted |= 1U << b->manifests[b->entries[i].manifest].kind;
	rc = sums_begin(s, wanted, e);
	if (rc == 0)
		rc = read_contents(b, f, s, wanted, e);
	if (rc != 0)
		return rc;
	for (unsigned k = 0; k < SR_DIGEST_KINDS; k++)
		if ((wanted >> k & 1) != 0)
			sr_digest_final(s->digest[k], sum[k]);
	memcpy(f->sha256, sum[SR_DIGEST_SHA256], SR_HASH);
	f->hashed = true;
	for (size_t i = from; i < to; i++) {
		const struct bag_entry *n = &b->entries[i];
		const struct bag_manifest *m = &b->manifests[n->manifest];

		if (memcmp(sum[m->kind], n->digest, SR_DIGEST_MAX) != 0)
			bag_refuse(b, SR_BAG_DIGEST,
				"%s, line %u: %s has another %s than is listed", m->name, n->line,
				bag_show(&shown, sr_bytes_str(f->path)), sr_digest_name(m->kind));
	}
	return 0;
}

static int check_contents(struct sr_bag *b, struct sr_err *e) {
	struct sums s = {.step = malloc(STEP)};
	size_t from = 0;
	int rc = s.step == NULL ? sr_fail(e, SR_NOMEM, "no memory to read files") : 0;

	for (size_t i = 0; i < b->file_count; i++)
		s.total += b->files[i].size;
	for (size_t i = 0; i < b->file_count && rc == 0; i++) {
		size_t to = from;

		while (to < b->entry_count && b->entries[to].file == i)
			to++;
		rc = check_file(b, i, from, to, &s, e);
		from = to;
	}
	for (unsigned k = 0; k < SR_DIGEST_KINDS; k++)
		sr_digest_free(s.digest[k]);
	free(s.step);
	return rc;
}

/* Bytes and files of the payload; names that some systems take for one count once if ${once}. */
static void measure(const struct sr_bag *b, bool once, uint64_t *bytes, uint64_t *files) {
	*bytes = *files = 0;
	for (size_t i = 0; i < b->file_count; i++) {
		const struct sr_bag_file *f = &b->files[b->folded[i].file];

		if (!f->payload || (once && i > 0 &&
					   sr_bytes_eq(sr_buf_view(&b->folded[i - 1].key),
						   sr_buf_view(&b->folded[i].key))))
			continue;
		*bytes += f->size;
		*files += 1;
	}
}

static void check_oxum(struct sr_bag *b) {
	uint64_t bytes = 0, files = 0, bytes_once = 0, files_once = 0;

	if (!b->oxum)
		return;
	measure(b, false, &bytes, &files);
	measure(b, true, &bytes_once, &files_once);
	if (bytes == b->oxum_bytes && files == b->oxum_files)
		return;
	if (bytes_once == b->oxum_bytes && files_once == b->oxum_files)
		bag_warn(b, SR_BAG_OXUM,
			"Payload-Oxum counts names that differ in case or accents as one");
	else
		bag_refuse(b, SR_BAG_OXUM,
			"Payload-Oxum says %llu bytes in %llu files, there are %llu in %llu",
			(unsigned long long)b->oxum_bytes, (unsigned long long)b->oxum_files,
			(unsigned long long)bytes, (unsigned long long)files);
}

int bag_check(struct sr_bag *b, struct sr_err *e) {
	if (!b->has_data)
		bag_refuse(b, SR_BAG_MISSING, "data/ is not there");
	if (b->payload_manifests == 0)
		bag_refuse(b, SR_BAG_MISSING, "no payload manifest is there that can be read");
	if (b->entry_count > 1)
		qsort(b->entries, b->entry_count, sizeof *b->entries, by_file);
	for (size_t i = 1; i < b->entry_count; i++)
		if (b->entries[i].file == b->entries[i - 1].file &&
			b->entries[i].manifest == b->entries[i - 1].manifest)
			check_twice(b, &b->entries[i - 1], &b->entries[i]);
	check_listed(b);
	check_tag_manifests(b);
	check_fetch(b);
	check_oxum(b);
	return check_contents(b, e);
}
