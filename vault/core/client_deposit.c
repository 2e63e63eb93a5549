/*
 * The depositor's side of an accession. See client.h; core/ops.h deposit.*.
 *
 * Files are read and hashed ahead (core/ahead.h) and streamed in messages of about 1 MiB. What is
 * signed is what was hashed here: counts, the root of the files, each item's bytes and files,
 * and a list object whose id and roots are recomputed. The vault's own word for a file (stored,
 * changed, unreadable) is compared as it comes back. In embedded use, where the vault is this very
 * process, its SHA-256 of each file is ours: nobody is there to lie, and a second pass over every
 * byte would be a tenth of the work. Memory does not grow with the size of files, nor with how many
 * there are: 16 bytes for each item, one message, and what is read ahead.
 */
#include "base/escape.h"
#include "catalogue/lists.h"
#include "core/ahead.h"
#include "core/client_in.h"
#include "intake/recipient.h"
#include "store/object.h"

enum {
	MESSAGE = 1 << 20 /* bytes after which a message is sent */
};

struct sent { /* a file whose outcome the vault has not told yet */
	struct sr_buf path;
	uint64_t size;
	uint8_t sha256[SR_HASH];
	bool content; /* stored with content; else recorded or unreadable */
	bool hashed;  /* sha256 is known before the vault tells */
	bool broken, changed;
	bool age;              /* size is that of the age file; what is in it is the vault's word */
	uint8_t leaf[SR_HASH]; /* what it counts as in the files' root */
	size_t item;           /* its place in items */
	char reason[SR_AHEAD_REASON];
};

struct per_item {
	uint64_t bytes;
	uint32_t files;
};

struct flow {
	struct sr_client *c;
	const struct sr_deposit_source *src;
	struct sr_deposited *out;
	struct sr_ahead *ahead;
	bool hash;           /* here, too */
	struct sr_tree tree; /* of the files that the vault has told of, in order: their root */
	struct per_item *items;
	size_t item_count, item_cap;
	struct sent *sent; /* oldest first */
	size_t sent_count, sent_cap;
	struct sr_call q, r;
};

void sr_deposited_free(struct sr_deposited *d) {
	free(d->item_ids);
	sr_submitted_free(&d->submitted);
	memset(d, 0, sizeof *d);
}

/* --- what the vault says of files ------------------------------------------------------------- */

/* What was in an age file: nobody here has seen it, so its size and SHA-256 are the vault's word;
 * no more than what was sent can be in it. */
static int opened_one(struct flow *f, struct sent *s, const struct sr_row *row, struct sr_err *e) {
	struct sr_list_file file = {.path = sr_buf_view(&s->path)};
	char path[200];

	if (sr_row_get_dec(&file.size, row, "size", NULL) != 0 || file.size > s->size ||
		sr_row_get_id(file.sha256, SR_HASH, row, "sha256", NULL) != 0)
		return sr_fail(e, SR_AUTH,
			"%s: the vault says that more was in the age file than its %llu bytes",
			sr_escape_to(path, sizeof path, sr_buf_view(&s->path)),
			(unsigned long long)s->size);
	sr_file_leaf(s->leaf, &file);
	f->items[s->item].bytes += file.size;
	f->out->bytes += file.size;
	f->out->opened++;
	return 0;
}

/* The vault in this process has hashed it. */
static void take_hash(struct sent *s, const uint8_t sha256[SR_HASH]) {
	struct sr_list_file file = {.path = sr_buf_view(&s->path), .size = s->size};

	memcpy(s->sha256, sha256, SR_HASH);
	memcpy(file.sha256, sha256, SR_HASH);
	sr_file_leaf(s->leaf, &file);
	s->hashed = true;
}

/* To whoever gives the files. */
static void pass_on(
	const struct flow *f, const struct sent *s, const struct sr_row *row, const char *word) {
	char reason[300];

	sr_escape_to(reason, sizeof reason, sr_row_get(row, "reason"));
	f->src->told(f->src->ctx, sr_buf_view(&s->path), word, reason);
}

static int told_one(struct flow *f, struct sent *s, const struct sr_row *row, struct sr_err *e) {
	const struct sr_bytes status = sr_row_get(row, "status");
	char word[32], path[200];
	uint8_t sha[SR_HASH];
	uint64_t size = 0;
	int rc = 0;

	sr_view_str(word, sizeof word, status);
	if (!sr_bytes_eq(sr_row_get(row, "path"), sr_buf_view(&s->path)))
		return sr_fail(e, SR_AUTH, "the vault tells of another file where %s was sent",
			sr_escape_to(path, sizeof path, sr_buf_view(&s->path)));
	if (s->content && (sr_row_get_dec(&size, row, "size", NULL) != 0 || size != s->size ||
				  sr_row_get_id(sha, SR_HASH, row, "sha256", NULL) != 0 ||
				  (s->hashed && memcmp(sha, s->sha256, SR_HASH) != 0)))
		return sr_fail(e, SR_AUTH,
			"%s: the vault has not stored the %llu bytes that were sent (%s)",
			sr_escape_to(path, sizeof path, sr_buf_view(&s->path)),
			(unsigned long long)s->size, word);
	if (s->content && !s->hashed)
		take_hash(s, sha);
	if (s->age && strcmp(word, "stored") == 0)
		rc = opened_one(f, s, row, e);
	if (rc == 0)
		rc = sr_tree_append(&f->tree, s->leaf, e);
	if (rc != 0)
		return rc;
	if (strcmp(word, "changed") == 0)
		f->out->changed++;
	if (strcmp(word, "unreadable") == 0)
		f->out->unreadable++;
	/* What is only recorded was told when it was sent, with what it is. */
	if (f->src->told != NULL && strcmp(word, "recorded") != 0)
		pass_on(f, s, row, word);
	if (s->content && f->src->read != NULL)
		return f->src->read(f->src->ctx, sr_buf_view(&s->path), s->size, s->sha256, e);
	return 0;
}

static void sent_drop(struct flow *f, size_t n) {
	if (n == 0)
		return;
	for (size_t i = 0; i < n; i++)
		sr_buf_free(&f->sent[i].path);
	memmove(f->sent, f->sent + n, (f->sent_count - n) * sizeof *f->sent);
	f->sent_count -= n;
}

static int flush(struct flow *f, struct sr_err *e) {
	struct sr_rows rows;
	size_t n = 0;
	int rc;

	if (f->q.body.len == 0)
		return 0;
	rc = sr_client_once_rows(f->c, &f->q, &f->r, &rows, e);
	for (size_t i = 0; rc == 0 && i < rows.count; i++) {
		if (!sr_row_is(&rows.rows[i], "file"))
			continue;
		if (n == f->sent_count)
			rc = sr_fail(e, SR_AUTH, "the vault tells of more files than were sent");
		else
			rc = told_one(f, &f->sent[n++], &rows.rows[i], e);
	}
	sent_drop(f, n);
	sr_rows_free(&rows);
	sr_call_begin(&f->q, "deposit.put");
	if (rc == 0 &&
		sr_progress_report(&f->c->o.progress, "deposit", f->out->bytes, 0, "bytes") != 0)
		rc = sr_fail(e, SR_LOCKED, "stopped on request");
	return rc;
}

static int flush_full(struct flow *f, struct sr_err *e) {
	const int rc = sr_buf_ok(&f->q.body, e);

	return rc == 0 && f->q.body.len >= MESSAGE ? flush(f, e) : rc;
}

/* --- one file --------------------------------------------------------------------------------- */

static int sent_new(struct sent **out, struct flow *f, struct sr_bytes path, struct sr_err *e) {
	struct sent *s;

	if (f->sent_count == f->sent_cap) {
		const size_t cap = f->sent_cap == 0 ? 64 : f->sent_cap * 2;
		struct sent *more = reallocarray(f->sent, cap, sizeof *more);

		if (more == NULL)
			return sr_fail(e, SR_NOMEM, "deposit: out of memory for %zu files", cap);
		f->sent = more;
		f->sent_cap = cap;
	}
	s = &f->sent[f->sent_count];
	memset(s, 0, sizeof *s);
	sr_buf_init(&s->path);
	sr_buf_put_bytes(&s->path, path);
	if (sr_buf_ok(&s->path, e) != 0)
		return SR_NOMEM;
	f->sent_count++;
	*out = s;
	return 0;
}

/* What was read into messages. That it could not be read is the file's failure, not ours: in
 * ${done}; that somebody stopped us is none of the file. A message that is full goes when more
 * comes, or when the file has ended: most files lie in one as a whole, and cost the vault no
 * hand-over (core/inflow.h). */
static int send_content(struct flow *f, struct sent *done, struct sr_err *e) {
	const struct sr_ahead_sum *sum;
	int rc = 0;

	for (;;) {
		const struct sr_bytes b = sr_ahead_bytes(f->ahead);

		if (b.len == 0)
			break;
		rc = flush_full(f, e);
		if (rc != 0)
			return rc;
		sr_buf_put_u8(&f->q.body, 'D');
		sr_buf_put_lp(&f->q.body, b);
		f->out->bytes += b.len;
	}
	sum = sr_ahead_sum(f->ahead);
	if (sum->rc != 0)
		return sr_fail(e, (enum sr_code)sum->rc, "%s", sum->reason);
	done->size = sum->size;
	done->content = !sum->broken && !done->age;
	done->broken = sum->broken;
	done->changed = sum->changed;
	done->hashed = f->hash;
	memcpy(done->sha256, sum->sha256, SR_HASH);
	memcpy(done->reason, sum->reason, sizeof done->reason);
	return 0;
}

/* The note of what has no content. */
static void tell_recorded(struct flow *f, const struct sr_deposit_file *file) {
	char note[SR_FILE_NOTE_MAX + 1];

	if (f->src->told == NULL)
		return;
	sr_view_str(note, sizeof note, file->note);
	f->src->told(f->src->ctx, file->path, "recorded", note);
}

static void put_file(struct sr_buf *b, const struct sr_deposit_file *file) {
	sr_buf_put_u8(b, 'F');
	sr_buf_put_u8(b, (uint8_t)file->kind);
	sr_buf_put_le64(b, (uint64_t)file->mtime_s);
	sr_buf_put_le32(b, file->mtime_ns);
	sr_buf_put_le64(b, file->size);
	sr_buf_put_lp(b, file->path);
	sr_buf_put_lp(b, file->media_type);
	sr_buf_put_lp(b, file->note);
}

/* What the file counts as in roots: only what was stored has size and hash (catalogue/lists.h). */
static void put_leaf(struct flow *f, struct sent *s) {
	struct sr_list_file row = {.path = sr_buf_view(&s->path), .size = s->content ? s->size : 0};
	struct per_item *it = &f->items[f->item_count - 1];

	if (s->content)
		memcpy(row.sha256, s->sha256, SR_HASH);
	if (!s->content || s->hashed) /* else the vault's word makes it: take_hash */
		sr_file_leaf(s->leaf, &row);
	s->item = f->item_count - 1;
	it->files++;
	it->bytes += row.size;
	f->out->files++;
}

static int send_file(struct flow *f, const struct sr_deposit_file *file, struct sr_err *e) {
	struct sent *s = NULL, done = {.age = file->age};
	int rc;

	if (file->path.len < 1 || file->path.len > SR_PATH_MAX)
		return sr_fail(e, SR_LIMIT, "a path of %zu bytes, want 1 to %d", file->path.len,
			SR_PATH_MAX);
	if (file->age)
		sr_buf_put_u8(&f->q.body, 'A');
	put_file(&f->q.body, file);
	rc = sr_buf_ok(&f->q.body, e);
	if (rc == 0 && file->kind == SR_FILE_REGULAR)
		rc = send_content(f, &done, e);
	else if (rc == 0)
		tell_recorded(f, file);
	if (rc == 0 && (done.broken || done.age))
		f->out->bytes -= done.size;
	if (rc == 0 && done.broken) {
		sr_buf_put_u8(&f->q.body, 'X');
		sr_buf_put_lp(&f->q.body, sr_bytes_str(done.reason));
	} else {
		sr_buf_put_u8(&f->q.body, done.changed ? 'C' : 'E');
	}
	if (rc == 0)
		rc = sent_new(&s, f, file->path, e);
	if (rc == 0 && s != NULL) {
		done.path = s->path;
		*s = done;
		put_leaf(f, s);
	}
	return rc == 0 ? flush_full(f, e) : rc;
}

static int begin_item(struct flow *f, struct sr_bytes title, struct sr_err *e) {
	if (f->item_count == f->item_cap) {
		const size_t cap = f->item_cap == 0 ? 16 : f->item_cap * 2;
		struct per_item *items = reallocarray(f->items, cap, sizeof *items);

		if (items == NULL)
			return sr_fail(e, SR_NOMEM, "deposit: out of memory for %zu items", cap);
		f->items = items;
		f->item_cap = cap;
	}
	memset(&f->items[f->item_count++], 0, sizeof *f->items);
	sr_buf_put_u8(&f->q.body, 'I');
	sr_buf_put_lp(&f->q.body, sr_utf8_fit(title, SR_LIST_TITLE_MAX));
	return sr_buf_ok(&f->q.body, e);
}

static int end_item(struct flow *f, struct sr_err *e) {
	sr_buf_put_u8(&f->q.body, 'J');
	f->out->items++;
	return flush_full(f, e);
}

static int send_event(struct flow *f, const struct sr_ahead_event *ev, struct sr_err *e) {
	switch (ev->what) {
	case SR_AHEAD_ITEM:
		return begin_item(f, ev->title, e);
	case SR_AHEAD_FILE:
		return send_file(f, &ev->file, e);
	case SR_AHEAD_ITEM_END:
		return end_item(f, e);
	case SR_AHEAD_END:
		break;
	}
	return 0;
}

static int send_all(struct flow *f, struct sr_err *e) {
	struct sr_ahead_event ev = {.what = SR_AHEAD_ITEM};
	int rc = sr_ahead_new(&f->ahead, f->src, f->hash, e);

	sr_call_begin(&f->q, "deposit.put");
	while (rc == 0 && ev.what != SR_AHEAD_END) {
		rc = sr_ahead_next(f->ahead, &ev, e);
		if (rc == 0)
			rc = send_event(f, &ev, e);
	}
	sr_ahead_free(f->ahead);
	f->ahead = NULL;
	if (rc == 0)
		rc = flush(f, e);
	if (rc == 0 && f->sent_count > 0)
		rc = sr_fail(e, SR_AUTH, "the vault does not tell what became of %zu files",
			f->sent_count);
	if (rc == 0 && f->item_count == 0)
		rc = sr_fail(e, SR_USAGE, "there is nothing to deposit");
	if (rc == 0 && f->src->read != NULL)
		rc = f->src->read(f->src->ctx, sr_bytes_of(NULL, 0), 0, NULL, e);
	return rc;
}

/* --- the vault's recipient ---------------------------------------------------------------------
 */

int sr_client_recipient(struct sr_client *c, char out[64], struct sr_err *e) {
	uint8_t sig[SR_SIG];
	struct sr_call q, r;
	int rc = sr_client_board_need(c, NULL, true, e);

	_Static_assert(SR_AGE_RECIPIENT_TEXT <= 64, "it fits");
	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "intake.recipient");
	if (rc == 0)
		rc = sr_client_call(c, &q, &r, e);
	if (rc == 0)
		rc = sr_unbase64_fixed(sig, SR_SIG, sr_text_get(&r.text, "signature"), e);
	if (rc == 0)
		rc = sr_intake_recipient_read(out, sr_buf_view(&r.body), sig, c->info.fingerprint,
			sr_log_keys_at(&c->proofs.room, UINT64_MAX), e);
	SR_NAMED(rc, e, "the vault's age recipient");
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

/* --- what is to be signed --------------------------------------------------------------------- */

static int count_root(uint64_t *count, uint8_t root[SR_HASH], const struct sr_call *r,
	const char *key, struct sr_err *e) {
	const struct sr_bytes v = sr_text_get(&r->text, key);
	int rc = sr_parse_dec(count, sr_word(v, 0), INT64_MAX, e);

	if (rc == 0)
		rc = sr_unhex(root, SR_HASH, sr_word(v, 1), e);
	SR_NAMED(rc, e, "%s", key);
	return rc;
}

int sr_told_read(struct sr_told *t, const struct sr_call *r, struct sr_err *e) {
	int rc = sr_unhex(t->accession, SR_ID, sr_text_get(&r->text, "accession"), e);

	if (rc == 0)
		rc = sr_unhex(t->collection, SR_ID, sr_text_get(&r->text, "collection"), e);
	if (rc == 0)
		rc = sr_unhex(t->list, SR_HASH, sr_text_get(&r->text, "list"), e);
	if (rc == 0)
		rc = count_root(&t->items, t->items_root, r, "items", e);
	if (rc == 0)
		rc = count_root(&t->files, t->files_root, r, "files", e);
	if (rc == 0)
		rc = sr_parse_dec(&t->bytes, sr_text_get(&r->text, "bytes"), INT64_MAX, e);
	return rc;
}

static int check_items(struct flow *f, const struct sr_told *t, const struct sr_accession_list *l,
	struct sr_err *e) {
	uint8_t root[SR_HASH];
	int rc;

	if (l->item_count != f->item_count || t->items != f->item_count)
		return sr_fail(e, SR_AUTH, "the list has %zu items, %zu were sent", l->item_count,
			f->item_count);
	for (size_t i = 0; i < l->item_count; i++)
		if (l->items[i].bytes != f->items[i].bytes ||
			l->items[i].files != f->items[i].files)
			return sr_fail(e, SR_AUTH,
				"item %zu of the list has %llu bytes in %u files, %llu in %u were "
				"sent",
				i + 1, (unsigned long long)l->items[i].bytes, l->items[i].files,
				(unsigned long long)f->items[i].bytes, f->items[i].files);
	rc = sr_accession_list_root(root, l, e);
	if (rc == 0 && memcmp(root, t->items_root, SR_HASH) != 0)
		rc = sr_fail(e, SR_AUTH, "the root of the items is not that of the list");
	return rc;
}

static int take_ids(struct flow *f, const struct sr_accession_list *l, struct sr_err *e) {
	f->out->item_ids = malloc(l->item_count * SR_ID);
	if (f->out->item_ids == NULL)
		return sr_fail(e, SR_NOMEM, "deposit: out of memory for %zu items", l->item_count);
	for (size_t i = 0; i < l->item_count; i++)
		memcpy(f->out->item_ids + i * SR_ID, l->items[i].id, SR_ID);
	return 0;
}

/* Is what the vault wants signed exactly what was sent? */
static int check_told(
	struct flow *f, const struct sr_told *t, const uint8_t *collection, struct sr_err *e) {
	const struct sr_bytes body = sr_buf_view(&f->r.body);
	struct sr_accession_list l = {0};
	uint8_t root[SR_HASH], id[SR_HASH];
	int rc;

	if (memcmp(t->accession, f->out->accession, SR_ID) != 0 ||
		memcmp(t->collection, collection, SR_ID) != 0)
		return sr_fail(e, SR_AUTH, "it is another accession or collection");
	if (t->files != f->out->files || t->bytes != f->out->bytes)
		return sr_fail(e, SR_AUTH,
			"it says %llu files of %llu bytes, %llu of %llu were sent",
			(unsigned long long)t->files, (unsigned long long)t->bytes,
			(unsigned long long)f->out->files, (unsigned long long)f->out->bytes);
	sr_tree_root(root, &f->tree);
	if (memcmp(root, t->files_root, SR_HASH) != 0)
		return sr_fail(
			e, SR_AUTH, "the root of the files is not that of what was read here");
	if (body.len < SR_SALT)
		return sr_fail(e, SR_CORRUPT, "the vault withholds the list of its items");
	sr_object_id(id, body.p, sr_bytes_of(body.p + SR_SALT, body.len - SR_SALT));
	if (memcmp(id, t->list, SR_HASH) != 0)
		return sr_fail(e, SR_AUTH, "the list is not the one that is to be signed");
	rc = sr_accession_list_read(&l, sr_bytes_of(body.p + SR_SALT, body.len - SR_SALT), e);
	if (rc != 0)
		return rc;
	rc = check_items(f, t, &l, e);
	if (rc == 0)
		rc = take_ids(f, &l, e);
	sr_accession_list_free(&l);
	return rc;
}

static int sign_accession(struct flow *f, const struct sr_told *t, struct sr_err *e) {
	struct sr_writ d;
	int rc = sr_writ_begin(&d, f->c, SR_T_ACCESSION, 0, e);

	if (rc == 0) {
		sr_text_put_hex(&d.text, "accession", t->accession, SR_ID);
		sr_text_put_hex(&d.text, "collection", t->collection, SR_ID);
		sr_statement_put_count_root(&d.text, "items", t->items, t->items_root);
		sr_statement_put_count_root(&d.text, "files", t->files, t->files_root);
		sr_text_put_dec(&d.text, "bytes", t->bytes);
		sr_text_put_hex(&d.text, "list", t->list, SR_HASH);
		rc = sr_client_submit(f->c, &d, &f->out->submitted, e);
	}
	sr_writ_free(&d);
	return rc;
}

/* --- the whole -------------------------------------------------------------------------------- */

static int begin(struct flow *f, const struct sr_depositing *d, struct sr_err *e) {
	int rc;

	sr_call_begin(&f->q, "deposit.begin");
	sr_text_put_hex(&f->q.head, "collection", d->collection, SR_ID);
	if (d->resume != NULL)
		sr_text_put_hex(&f->q.head, "resume", d->resume, SR_ID);
	rc = sr_client_once(f->c, &f->q, &f->r, e);
	if (rc == 0)
		rc = sr_unhex(f->out->accession, SR_ID, sr_text_get(&f->r.text, "accession"), e);
	if (rc == 0 && d->resume != NULL && memcmp(f->out->accession, d->resume, SR_ID) != 0)
		rc = sr_fail(e, SR_AUTH, "the vault resumes another accession than was asked for");
	return rc;
}

static void take_back(struct flow *f) {
	struct sr_err ignored = {0};
	int rc;

	sr_call_begin(&f->q, "deposit.abort");
	rc = sr_client_once(f->c, &f->q, &f->r, &ignored);
	(void)rc; /* what was wrong before is what counts */
	memset(f->out->accession, 0, SR_ID);
}

/* Nothing that was sent or told is needed to hand in one statement, and the commit of 45,000 items
 * wants memory, in embedded use of this very process. */
static void drop_all(struct flow *f) {
	sent_drop(f, f->sent_count);
	free(f->sent);
	f->sent = NULL;
	free(f->items);
	f->items = NULL;
	sr_call_free(&f->q);
	sr_call_free(&f->r);
	sr_call_init(&f->q);
	sr_call_init(&f->r);
}

static int finish(struct flow *f, const struct sr_depositing *d, struct sr_err *e) {
	struct sr_told t;
	int rc;

	memset(&t, 0, sizeof t);
	sr_call_begin(&f->q, "deposit.finish");
	rc = sr_client_once(f->c, &f->q, &f->r, e);
	if (rc == 0) {
		rc = sr_told_read(&t, &f->r, e);
		if (rc == 0)
			rc = check_told(f, &t, d->collection, e);
		SR_NAMED(rc, e,
			"what the vault wants signed is not what was deposited, nothing is signed");
		if (rc == SR_AUTH || rc == SR_CORRUPT)
			take_back(f);
	}
	if (rc != 0)
		return rc;
	drop_all(f);
	return sign_accession(f, &t, e);
}

int sr_client_deposit(struct sr_client *c, const struct sr_depositing *d, struct sr_deposited *out,
	struct sr_err *e) {
	struct flow *f = calloc(1, sizeof *f);
	int rc =
		f == NULL ? sr_fail(e, SR_NOMEM, "deposit: out of memory") : sr_client_signer(c, e);

	memset(out, 0, sizeof *out);
	if (rc != 0 || f == NULL) {
		free(f);
		return rc;
	}
	f->c = c;
	f->src = d->source;
	f->hash = !c->o.transport.embedded;
	f->out = out;
	sr_tree_init(&f->tree);
	sr_call_init(&f->q);
	sr_call_init(&f->r);
	rc = begin(f, d, e);
	if (rc == 0) {
		rc = send_all(f, e);
		if (rc == SR_AUTH || rc == SR_USAGE)
			take_back(f);
	}
	if (rc == 0)
		rc = finish(f, d, e);
	SR_NAMED(rc, e, "deposit");
	drop_all(f);
	free(f);
	return rc;
}
