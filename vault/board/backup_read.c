/*
 * backup_read - a backup's copy against what the log names. Of a file that the log names the copy
 * may have the last whole one that there is: it goes only when no statement names it any more, not
 * when the vault has lost it, and it is replaced only by one that was found whole.
 */
#include "board/backup_in.h"

#include "board/fixity.h"
#include "catalogue/query.h"
#include "store/backend.h"
#include "store/envelope.h"

struct thing { /* a file that the log names */
	enum sr_scrub_what what;
	uint8_t id[SR_HASH]; /* of a pack or an object file */
	struct sr_scrub_envelope envelope;
};

/* What the log names, but envelopes, which are asked for one by one. */
struct names {
	struct sr_vault *v;
	uint8_t *packs, *objects;
	size_t pack_count, object_count;
};

static int by_hash(const void *a, const void *b) {
	return memcmp(a, b, SR_HASH);
}

static void names_free(struct names *n) {
	free(n->packs);
	free(n->objects);
}

static int names_load(struct names *n, struct sr_vault *v, struct sr_err *e) {
	int rc = sr_query_packs(&n->packs, &n->pack_count, v->catalogue, e);

	n->v = v;
	if (rc == 0)
		rc = sr_query_object_files(&n->objects, &n->object_count, v->catalogue, e);
	if (rc == 0 && n->object_count > 0)
		qsort(n->objects, n->object_count, SR_HASH, by_hash);
	return rc;
}

/* Is ${name} ("items/<id>.<n>") the envelope in force of an item that was not destroyed? */
static int envelope_named(
	bool *named, struct thing *out, const struct names *n, const char *name, struct sr_err *e) {
	struct sr_item_row row = {.state = SR_S_NONE};
	int rc;

	*named = false;
	if (sr_envelope_name_parse(out->envelope.item, &out->envelope.n, name, NULL) != 0)
		return 0;
	rc = sr_query_item(&row, n->v->catalogue, out->envelope.item, e);
	if (rc == SR_NOTFOUND) {
		sr_err_clear(e);
		return 0;
	}
	if (rc == 0) {
		*named = row.state != SR_S_DESTROYED && row.number == out->envelope.n;
		memcpy(out->envelope.hash, row.envelope, SR_HASH);
	}
	sr_item_row_free(&row);
	return rc;
}

/* Does the log name ${name} of ${folder}? ${out}: what it is. */
static int is_named(bool *named, struct thing *out, const struct names *n, const char *folder,
	const char *name, struct sr_err *e) {
	const bool pack = strcmp(folder, "packs") == 0;

	*out = (struct thing){.what = pack ? SR_SCRUB_PACK : SR_SCRUB_OBJECT};
	*named = false;
	if (strcmp(folder, "items") == 0) {
		out->what = SR_SCRUB_ENVELOPE;
		return envelope_named(named, out, n, name, e);
	}
	if (sr_unhex(out->id, SR_HASH, sr_bytes_str(name), NULL) != 0)
		return 0;
	if (pack)
		*named = n->pack_count > 0 &&
			 bsearch(out->id, n->packs, n->pack_count, SR_HASH, by_hash) != NULL;
	else
		*named = n->object_count > 0 &&
			 bsearch(out->id, n->objects, n->object_count, SR_HASH, by_hash) != NULL;
	return 0;
}

/* The same of "packs/ab/<name>" and such, as scrub has them. */
static int is_named_at(
	bool *named, struct thing *out, const struct names *n, const char *full, struct sr_err *e) {
	const char *const slash = strchr(full, '/'), *const name = strrchr(full, '/');
	char folder[16];

	*named = false;
	if (slash == NULL)
		return 0;
	snprintf(folder, sizeof folder, "%.*s", (int)(slash - full), full);
	return is_named(named, out, n, folder, name + 1, e);
}

/* --- what goes -------------------------------------------------------------------------------- */

struct dropping {
	const struct names *names;
	const char *folder;       /* packs, objects or items */
	struct sr_dir *from, *to; /* ${from} NULL: the vault has no such folder */
	struct sr_backup_result *out;
	struct sr_buf *odd;
};

/* A name that a vault gives, or left by a backup that was killed. */
static bool is_ours(const char *folder, const char *name) {
	uint8_t id[SR_HASH];
	uint32_t n = 0;

	if (sr_tmpfile_is(name))
		return true;
	return strcmp(folder, "items") == 0 ? sr_envelope_name_parse(id, &n, name, NULL) == 0
					    : sr_unhex(id, SR_HASH, sr_bytes_str(name), NULL) == 0;
}

static int drop_entry(void *ctx, const char *name, bool is_dir, struct sr_err *e);

static int drop_folder(const struct dropping *d, const char *name, struct sr_err *e) {
	struct dropping sub = *d;
	int rc = 0;

	sub.from = sub.to = NULL;
	if (d->from != NULL)
		rc = sr_dir_open_at(&sub.from, d->from, name, e);
	if (rc == SR_NOTFOUND) {
		sr_err_clear(e);
		rc = 0;
	}
	if (rc == 0)
		rc = sr_dir_open_at(&sub.to, d->to, name, e);
	if (rc == 0)
		rc = sr_dir_each(sub.to, drop_entry, &sub, e);
	sr_dir_close(sub.from);
	sr_dir_close(sub.to);
	return rc;
}

static int drop_entry(void *ctx, const char *name, bool is_dir, struct sr_err *e) {
	struct dropping *d = ctx;
	struct thing t;
	bool there = false, named = false;
	int rc = 0;

	if (is_dir)
		return drop_folder(d, name, e);
	if (d->from != NULL)
		rc = sr_file_find(&there, d->from, name, e);
	if (rc == 0 && !there)
		rc = is_named(&named, &t, d->names, d->folder, name, e);
	if (rc != 0 || there)
		return rc;
	if (named) /* the vault has lost it: this may be the only one */
		return sr_backup_note(d->odd, d->folder, name, e);
	if (!is_ours(d->folder, name))
		return 0;
	d->out->removed++;
	return sr_file_remove(d->to, name, e);
}

static int drop(const struct names *n, struct sr_dir *to, struct sr_backup_result *out,
	struct sr_buf *odd, struct sr_err *e) {
	static const char *const folders[] = {"packs", "objects", "items"};
	int rc = 0;

	for (size_t i = 0; i < sizeof folders / sizeof folders[0] && rc == 0; i++) {
		const struct dropping d = {n, folders[i], n->v->dir, to, out, odd};

		rc = drop_folder(&d, folders[i], e);
	}
	return rc;
}

/* --- one file --------------------------------------------------------------------------------- */

struct side { /* the vault's own folders, or the copy's */
	struct sr_dir *dir, *items;
	struct sr_backend *store;
};

struct one {
	const struct thing *thing;
	bool given;
	struct sr_err *why;
};

static int one_envelope(void *ctx, struct sr_scrub_envelope *out, struct sr_err *e) {
	struct one *o = ctx;

	(void)e;
	if (o->given)
		return 0;
	o->given = true;
	*out = o->thing->envelope;
	return 1;
}

static int one_finding(void *ctx, const struct sr_scrub_finding *f, struct sr_err *e) {
	struct one *o = ctx;

	(void)e;
	if (o->why->code != SR_OK)
		return 0;
	if (strstr(f->text, f->name) != NULL)
		(void)!sr_fail(o->why, f->code, "%s", f->text);
	else
		(void)!sr_fail(o->why, f->code, "%s: %s", f->name, f->text);
	return 0;
}

/* ${why} is SR_OK when ${t} is whole there. */
static int check(
	struct sr_err *why, const struct side *s, const struct thing *t, struct sr_err *e) {
	struct one one = {.thing = t, .why = why};
	struct sr_scrub_options o = {.backend = s->store, .finding = one_finding, .ctx = &one};
	struct sr_scrub_totals totals;

	sr_err_clear(why);
	if (t->what == SR_SCRUB_PACK) {
		o.packs = t->id;
		o.pack_count = 1;
	} else if (t->what == SR_SCRUB_OBJECT) {
		o.objects = t->id;
		o.object_count = 1;
	} else {
		o.items = s->items;
		o.next_envelope = one_envelope;
	}
	return sr_scrub(&o, &totals, e);
}

/* --- all of the copy -------------------------------------------------------------------------- */

struct reading {
	const struct names *names;
	struct side ours, theirs;
	struct sr_backup_result *out;
	struct sr_buf bad; /* what was found in the copy: names, each with its NUL */
};

static int note_finding(void *ctx, const struct sr_scrub_finding *f, struct sr_err *e) {
	struct reading *r = ctx;

	sr_buf_put(&r->bad, f->name, strlen(f->name) + 1);
	return sr_buf_ok(&r->bad, e);
}

void sr_backup_trouble(struct sr_backup_trouble *t, const struct sr_err *why) {
	if (t->count++ == 0)
		snprintf(t->first, sizeof t->first, "%.390s", why->text);
	t->unread += why->code == SR_IO;
	t->replayed = t->replayed || strstr(why->text, "objects/") != NULL ||
		      strncmp(why->text, "ledger: ", 8) == 0;
}

/* ${full} is not whole in the copy: it is copied once more where the vault has it whole. */
static int mend(struct reading *r, const struct thing *t, const char *full, struct sr_err *e) {
	struct sr_err why;
	int rc = check(&why, &r->theirs, t, e);

	if (rc != 0 || why.code == SR_OK)
		return rc; /* several findings, one pack */
	rc = check(&why, &r->ours, t, e);
	if (rc == 0 && why.code != SR_OK) {
		sr_backup_trouble(&r->out->lost, &why);
		return 0;
	}
	if (rc == 0)
		rc = sr_backup_copy_again(r->ours.dir, r->theirs.dir, full, r->out, e);
	if (rc == 0)
		rc = check(&why, &r->theirs, t, e);
	if (rc == 0 && why.code != SR_OK)
		rc = sr_fail(e, why.code == SR_IO ? SR_IO : SR_CORRUPT,
			"%s, after it was copied twice: the medium does not keep what it is given, "
			"use another one",
			why.text);
	r->out->mended += rc == 0;
	return rc;
}

/* ${full} is whole in the copy, or told of already: is it whole in the vault? */
static int odd_one(struct reading *r, const struct thing *t, const char *full, struct sr_err *e) {
	struct sr_err why;
	int rc = check(&why, &r->theirs, t, e);

	(void)full;
	if (rc != 0 || why.code != SR_OK)
		return rc;
	rc = check(&why, &r->ours, t, e);
	if (rc == 0 && why.code != SR_OK)
		sr_backup_trouble(&r->out->kept, &why);
	return rc;
}

static int each_name(struct reading *r, const struct sr_buf *list,
	int (*do_one)(struct reading *r, const struct thing *t, const char *full, struct sr_err *e),
	struct sr_err *e) {
	const char *last = "";
	int rc = sr_buf_ok(list, e);

	for (size_t at = 0; at < list->len && rc == 0;) {
		const char *const full = (const char *)list->p + at;
		struct thing t;
		bool named = false;

		at += strlen(full) + 1;
		if (strcmp(full, last) != 0)
			rc = is_named_at(&named, &t, r->names, full, e);
		if (rc == 0 && named)
			rc = do_one(r, &t, full, e);
		last = full;
	}
	return rc;
}

static int read_all(struct reading *r, const struct sr_buf *odd, const struct sr_progress *progress,
	struct sr_err *e) {
	struct sr_fixity f = {.store = r->theirs.store,
		.items = r->theirs.items,
		.finding = note_finding,
		.ctx = r};
	struct sr_scrub_totals totals = {0};
	int rc;

	if (progress != NULL)
		f.progress = *progress;
	rc = sr_fixity_check(r->names->v, &f, &totals, e);
	r->out->checked = totals.packs + totals.objects + totals.envelopes;
	if (rc == 0)
		rc = each_name(r, &r->bad, mend, e);
	return rc == 0 ? each_name(r, odd, odd_one, e) : rc;
}

int sr_backup_read_back(struct sr_vault *v, struct sr_dir *to, struct sr_buf *odd,
	const struct sr_progress *progress, struct sr_backup_result *out, struct sr_err *e) {
	struct names n = {.v = v};
	struct reading r = {.names = &n, .ours = {v->dir, v->items, v->store}, .out = out};
	int rc = names_load(&n, v, e);

	sr_buf_init(&r.bad);
	r.theirs.dir = to;
	if (rc == 0)
		rc = drop(&n, to, out, odd, e);
	if (rc == 0)
		rc = sr_backend_dir(&r.theirs.store, to, e);
	if (rc == 0)
		rc = sr_dir_open_at(&r.theirs.items, to, "items", e);
	if (rc == 0)
		rc = read_all(&r, odd, progress, e);
	sr_dir_close(r.theirs.items);
	sr_backend_free(r.theirs.store);
	sr_buf_free(&r.bad);
	names_free(&n);
	return rc;
}
