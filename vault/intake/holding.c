/*
 * holding - see holding.h: opening, facts, files. What becomes of them is in holding_commit.c.
 *
 *   run/intake-<32 hex of the item>-<number>.<step>   a note: aead (label "strongroom/note/v1",
 * associated data the name) under a key from the part of that number
 *
 * That key, and that of the journal of what is added, die with the part, which is a secret of
 * secrets.db until the item has another one or is held no more (board/held.h): service keys alone
 * open none of it afterwards, wherever its bytes lie.
 *
 * The id under which packs of added files are pending until their statement: 8 bytes that are the
 * same for the whole vault, so that the id is known for one of ours, and 8 of item and number.
 */
#include "intake/holding_in.h"

#include "base/secret.h"
#include "board/keys.h"
#include "intake/step.h"
#include "store/itemkey.h"
#include "store/secrets.h"

enum {
	MARK = SR_ID / 2 /* bytes of a work's id that say that it is one */
};

static const char NOTE[] = "strongroom/note/v1";

/* --- ids -------------------------------------------------------------------------------------- */

void sr_holding_work(
	uint8_t id[SR_ID], const struct sr_vault *v, const uint8_t item[SR_ID], uint32_t number) {
	uint8_t h[SR_HASH], n[8];

	SR_HASH_OF(h, "strongroom/intake-mark/v1", v->keys->s->quarantine_key,
		sr_bytes_of(v->fingerprint, SR_HASH));
	memcpy(id, h, MARK);
	sr_le64_put(n, number);
	SR_HASH_OF(h, "strongroom/intake-work/v1", v->keys->s->quarantine_key,
		sr_bytes_of(v->fingerprint, SR_HASH), sr_bytes_of(item, SR_ID),
		sr_bytes_of(n, sizeof n));
	memcpy(id + MARK, h, SR_ID - MARK);
}

struct looking {
	struct sr_vault *v;
	const uint8_t *accession;
	bool found;
};

static int look(void *ctx, struct sr_bytes name, uint64_t n, struct sr_err *e) {
	struct looking *l = ctx;
	uint8_t item[SR_ID], id[SR_ID];

	(void)e;
	if (sr_unhex(item, SR_ID, name, NULL) != 0 || n > UINT32_MAX)
		return 0;
	sr_holding_work(id, l->v, item, (uint32_t)n);
	l->found = l->found || memcmp(id, l->accession, SR_ID) == 0;
	return 0;
}

int sr_holding_pending(bool *is, bool *live, bool *done, struct sr_vault *v,
	const uint8_t accession[SR_ID], struct sr_err *e) {
	struct looking l = {.v = v, .accession = accession};
	uint8_t id[SR_ID];
	int rc;

	*live = *done = false;
	sr_holding_work(id, v, accession, 0);
	*is = memcmp(id, accession, MARK) == 0;
	if (!*is)
		return 0;
	rc = sr_query_intake_work(done, v->catalogue, accession, e);
	if (rc == 0)
		rc = sr_secrets_each(
			v->secrets, SR_SECRET_INTAKE, sr_bytes_of(NULL, 0), look, &l, e);
	*live = l.found;
	return rc;
}

/* --- opening ---------------------------------------------------------------------------------- */

static void place_of(struct sr_held_place *at, const struct sr_holding *h) {
	memcpy(at->vault, h->v->fingerprint, SR_HASH);
	memcpy(at->item, h->row.id, SR_ID);
	at->number = h->row.number;
}

static int open_part(struct sr_holding *h, struct sr_err *e) {
	char name[2 * SR_ID + 1];
	struct sr_held_place at;
	struct sr_buf sealed;
	int rc;

	place_of(&at, h);
	sr_hex(name, h->row.id, SR_ID);
	sr_buf_init_secret(&sealed);
	rc = sr_secrets_get(
		h->v->secrets, SR_SECRET_INTAKE, sr_bytes_str(name), h->row.number, &sealed, e);
	if (rc == 0)
		rc = sr_intake_open(
			h->part, h->v->keys->s->quarantine_key, &at, sr_buf_view(&sealed), e);
	sr_buf_free(&sealed);
	return rc;
}

static int load_envelope(struct sr_holding *h, struct sr_err *e) {
	struct sr_envelope_want want = {.n = h->row.number};
	int rc;

	memcpy(want.item, h->row.id, SR_ID);
	memcpy(want.hash, h->row.envelope, SR_HASH);
	memcpy(want.room_pk, h->v->keys->room_pk, SR_PK);
	want.former_room = h->v->keys->former_room[0];
	want.former_count = h->v->keys->generations - 1;
	rc = sr_envelope_load(&h->env, &h->file, h->v->items, &want, e);
	if (rc == 0 && memcmp(h->env.vault, h->v->fingerprint, SR_HASH) != 0)
		rc = sr_fail(e, SR_CORRUPT, "the item's envelope is of another vault");
	return rc;
}

static int item_key(uint8_t key[SR_KEY], const struct sr_holding *h, struct sr_err *e) {
	char name[2 * SR_ID + 1];
	struct sr_buf slot;
	int rc;

	sr_buf_init_secret(&slot);
	sr_hex(name, h->row.id, SR_ID);
	rc = sr_secrets_get(
		h->v->secrets, SR_SECRET_SLOT, sr_bytes_str(name), h->row.number, &slot, e);
	if (rc == 0 && slot.len != SR_KEY)
		rc = sr_fail(e, SR_CORRUPT, "secrets.db: a slot of %zu bytes, want %d", slot.len,
			SR_KEY);
	if (rc == 0) {
		sr_item_key(key, slot.p, h->env.vault, h->env.item, h->part);
		rc = sr_item_key_check(key, h->env.vault, h->env.item, h->env.commitment, e);
	}
	sr_buf_free(&slot);
	return rc;
}

static int open_item(struct sr_holding *h, struct sr_err *e) {
	struct sr_item_options o = {.backend = h->v->store, .index = h->v->index};
	struct sr_manifest_place at = {.n = h->env.n};
	uint8_t *key = sr_secret_new(SR_KEY, e);
	struct sr_manifest m;
	int rc = key == NULL ? sr_fail(e, SR_LIMIT, "the arena for secrets is full") : 0;

	sr_manifest_init(&m);
	memcpy(at.vault, h->env.vault, SR_HASH);
	memcpy(at.item, h->env.item, SR_ID);
	memcpy(o.vault, h->env.vault, SR_HASH);
	memcpy(o.item, h->env.item, SR_ID);
	if (rc == 0)
		rc = item_key(key, h, e);
	if (rc == 0)
		rc = sr_manifest_open(&m, h->env.manifest, key, &at, e);
	sr_secret_free(key, SR_KEY);
	if (rc == 0)
		rc = sr_item_open(&h->it, &o, &m, e);
	sr_manifest_free(&m);
	return rc;
}

static int holding_new(struct sr_holding **out, struct sr_vault *v, struct sr_err *e) {
	struct sr_holding *h = calloc(1, sizeof *h);

	*out = h;
	if (h == NULL)
		return sr_fail(e, SR_NOMEM, "no memory to open an item");
	h->v = v;
	sr_buf_init(&h->file);
	sr_buf_init(&h->envelope);
	sr_buf_init(&h->packs);
	sr_buf_init_secret(&h->facts);
	sr_buf_init_secret(&h->rows);
	sr_buf_init_secret(&h->names);
	sr_buf_init_secret(&h->boxes);
	sr_buf_init_secret(&h->seal);
	snprintf(h->result, sizeof h->result, "done");
	h->part = sr_secret_new(SR_PART, e);
	h->slot = sr_secret_new(SR_KEY, e);
	return h->part != NULL && h->slot != NULL
		       ? 0
		       : sr_fail(e, SR_LIMIT, "the arena for secrets is full");
}

int sr_holding_open(struct sr_holding **out, struct sr_vault *v, struct sr_launcher *l,
	const uint8_t item[SR_ID], struct sr_err *e) {
	struct sr_holding *h = NULL;
	char hex[2 * SR_ID + 1];
	int rc = holding_new(&h, v, e);

	*out = NULL;
	if (h != NULL)
		h->l = l;
	if (rc == 0)
		rc = sr_query_item(&h->row, v->catalogue, item, e);
	if (rc == 0 && h->row.state != SR_S_HELD)
		rc = sr_fail(e, SR_NOTFOUND, "it is not held any more");
	if (rc == 0)
		rc = open_part(h, e);
	if (rc == 0)
		rc = load_envelope(h, e);
	if (rc == 0)
		rc = open_item(h, e);
	if (rc != 0) {
		sr_hex(hex, item, SR_ID);
		(void)sr_wrap(e, "intake of item %s", hex);
		sr_holding_free(h);
		return rc;
	}
	*out = h;
	return 0;
}

int sr_holding_look(struct sr_holding **out, struct sr_vault *v, const struct sr_holding_look *look,
	struct sr_err *e) {
	struct sr_holding *h = NULL;
	char hex[2 * SR_ID + 1];
	bool begun = false;
	int rc = holding_new(&h, v, e);

	*out = NULL;
	sr_hex(hex, look->item, SR_ID);
	if (rc == 0)
		rc = sr_query_item(&h->row, v->catalogue, look->item, e);
	if (rc == 0 && h->row.state != SR_S_HELD && h->row.state != SR_S_RELEASED)
		rc = sr_fail(e, SR_MISUSE, "it is %s, and somebody looks at it",
			sr_state_name(h->row.state));
	if (rc == 0)
		rc = sr_secrets_find(
			&begun, v->secrets, SR_SECRET_INTAKE, sr_bytes_str(hex), h->row.number, e);
	if (rc == 0 && begun)
		rc = sr_fail(e, SR_LOCKED,
			"its intake is not over yet (intake show %s): try again when it is", hex);
	if (rc == 0)
		rc = load_envelope(h, e);
	if (rc != 0) {
		(void)sr_wrap(e, "item %s", hex);
		sr_holding_free(h);
		return rc;
	}
	h->it = look->it;
	h->checkout = look->checkout;
	*out = h;
	return 0;
}

void sr_holding_free(struct sr_holding *h) {
	if (h == NULL)
		return;
	sr_ingest_free(h->ingest);
	if (h->checkout == NULL)
		sr_item_close(h->it);
	sr_item_row_free(&h->row);
	sr_secret_free(h->part, SR_PART);
	sr_secret_free(h->slot, SR_KEY);
	sr_buf_free(&h->file);
	sr_buf_free(&h->envelope);
	sr_buf_free(&h->packs);
	sr_buf_free(&h->facts);
	sr_buf_free(&h->rows);
	sr_buf_free(&h->names);
	sr_buf_free(&h->boxes);
	sr_buf_free(&h->seal);
	free(h);
}

struct sr_vault *sr_holding_vault(const struct sr_holding *h) {
	return h->v;
}

int sr_holding_launcher(struct sr_launcher **out, struct sr_holding *h, struct sr_err *e) {
	*out = h->l;
	return h->l != NULL ? 0
			    : sr_fail(e, SR_UNSUPPORTED,
				      "this process has no sandbox: strongroom core does it, and "
				      "whoever deposits without one");
}

const uint8_t *sr_holding_id(const struct sr_holding *h) {
	return h->row.id;
}

uint32_t sr_holding_number(const struct sr_holding *h) {
	return h->row.number;
}

struct sr_item *sr_holding_item(const struct sr_holding *h) {
	return h->it;
}

/* --- facts ------------------------------------------------------------------------------------ */

void sr_holding_result(struct sr_holding *h, const char *token) {
	if (!h->stopped)
		snprintf(h->result, sizeof h->result, "%s", token);
}

bool sr_facts_fit(size_t count, size_t bytes, const char *key, size_t len) {
	const bool kin = strcmp(key, "of") == 0 || strcmp(key, "cut") == 0;
	const size_t part = kin ? 1 : 2, head = 12; /* numbers before key and value */

	return count < SR_FACTS_MAX / part &&
	       bytes + strlen(key) + len + head <= SR_FACTS_BYTES / part;
}

int sr_holding_fact(struct sr_holding *h, uint64_t file, const char *key, struct sr_bytes value,
	struct sr_err *e) {
	const size_t len = strlen(key);

	if (len == 0 || len > SR_FACT_KEY_MAX || value.len > SR_FACT_VALUE_MAX || file > UINT32_MAX)
		return sr_fail(e, SR_MISUSE, "a fact \"%s\" of %zu bytes", key, value.len);
	if (!sr_facts_fit(h->fact_count, h->facts.len, key, value.len)) {
		h->facts_more++;
		return 0;
	}
	h->fact_count++;
	if (h->facts.len == 0)
		sr_facts_begin(&h->facts);
	sr_facts_add(&h->facts, (uint32_t)file, key, value);
	return sr_buf_ok(&h->facts, e);
}

/* --- what is left of a step ------------------------------------------------------------------- */

static const char REST[] = "files %llu to %llu wait: the item's time is used up (item-seconds)";

/* The fact of where the step goes on. */
static int go_on_at(void *ctx, const struct sr_fact_row *f, struct sr_err *e) {
	struct sr_holding *h = ctx;
	char text[sizeof REST + 40], *end = NULL;
	unsigned long long from, last = UINT64_MAX;

	(void)snprintf(text, sizeof text, "%.*s", (int)f->value_len, (const char *)f->value);
	from = strncmp(text, "files ", 6) == 0 ? strtoull(text + 6, &end, 10) : UINT64_MAX;
	if (end != NULL && strncmp(end, " to ", 4) == 0)
		last = strtoull(end + 4, &end, 10);
	if (from > last || last >= sr_item_files(h->it))
		return sr_fail(e, SR_CORRUPT, "where the step goes on is no file of it");
	h->from = from;
	h->to = last + 1;
	return 0;
}

static bool begins(struct sr_bytes v, const char *with) {
	return v.len >= strlen(with) && memcmp(v.p, with, strlen(with)) == 0;
}

/* Does such a fact make a step's result `partly`, as in the step that said it? */
static bool is_odd(const char *key, struct sr_bytes value) {
	if (strcmp(key, "text") == 0)
		return begins(value, SR_FACT_NOT_READ);
	if (strcmp(key, "unpacked") == 0)
		return !begins(value, SR_FACT_NOT_HERE);
	return strcmp(key, "unreadable") == 0 || strcmp(key, "not-said") == 0 ||
	       strcmp(key, "text-not-kept") == 0;
}

/* A fact of before is said again, but of a file that waits: the step may have looked ahead, and
 * comes to it once more. */
static int take_up(void *ctx, const struct sr_fact_row *f, struct sr_err *e) {
	struct sr_holding *h = ctx;
	const struct sr_bytes value = sr_bytes_of(f->value, f->value_len);

	if (strcmp(f->key, "more") == 0) { /* last_fact (holding_commit.c) says it */
		char text[40];

		(void)snprintf(text, sizeof text, "%.*s", (int)value.len, (const char *)value.p);
		h->facts_more += begins(value, "and ") ? strtoull(text + 4, NULL, 10) : 0;
		return 0;
	}
	if (f->file >= h->from && f->file < h->to)
		return 0;
	if (is_odd(f->key, value))
		sr_holding_result(h, "partly");
	return sr_holding_fact(h, f->file, f->key, value, e);
}

int sr_holding_take_up(struct sr_holding *h, const char *step, struct sr_err *e) {
	char unfinished[33];
	int rc = sr_query_intake_unfinished(unfinished, h->v->catalogue, h->row.id, e);

	h->from = 0;
	h->to = sr_item_files(h->it);
	if (rc != 0 || strcmp(unfinished, step) != 0)
		return rc;
	/* There is a list of them, if only to say that nothing waits any more. */
	sr_facts_begin(&h->facts);
	h->to = 0;
	rc = sr_query_each_fact(h->v->catalogue, h->row.id, SR_FACT_REST, go_on_at, h, e);
	if (rc == 0 && h->to == 0)
		rc = sr_fail(e, SR_CORRUPT, "step %s does not say where it goes on", step);
	return rc == 0 ? sr_query_step_facts(h->v->catalogue, h->row.id, step, take_up, h, e) : rc;
}

void sr_holding_range(const struct sr_holding *h, uint64_t *from, uint64_t *to) {
	*from = h->from;
	*to = h->to;
}

int sr_holding_rest(struct sr_holding *h, uint64_t from, struct sr_err *e) {
	char text[sizeof REST + 40];

	if (from >= h->to)
		return 0;
	(void)snprintf(
		text, sizeof text, REST, (unsigned long long)from, (unsigned long long)h->to - 1);
	sr_holding_result(h, SR_RESULT_UNFINISHED);
	h->stopped = true;
	/* Said whatever room there is: without it the step would begin anew. */
	if (h->facts.len == 0)
		sr_facts_begin(&h->facts);
	sr_facts_add(&h->facts, (uint32_t)from, SR_FACT_REST, sr_bytes_str(text));
	return sr_buf_ok(&h->facts, e);
}

/* --- files ------------------------------------------------------------------------------------ */

static int on_file(void *ctx, const struct sr_ingest_file_result *r, struct sr_err *e) {
	struct sr_holding *h = ctx;
	const bool stored = r->status == SR_INGEST_STORED || r->status == SR_INGEST_CHANGED;

	if (r->status == SR_INGEST_UNREADABLE)
		h->entry.kind = SR_FILE_UNREADABLE;
	h->entry.size = stored ? r->size : 0;
	memset(h->entry.sha256, 0, SR_HASH);
	if (stored)
		memcpy(h->entry.sha256, r->sha256, SR_HASH);
	sr_file_list_add(&h->rows, &h->entry);
	h->added++;
	h->added_bytes += h->entry.size;
	return sr_buf_ok(&h->rows, e);
}

/* The first file that is added: a new manifest begins with those that are there. */
static int begin_ingest(struct sr_holding *h, struct sr_err *e) {
	struct sr_ingest_options *o = calloc(1, sizeof *o);
	int rc;

	if (o == NULL)
		return sr_fail(e, SR_NOMEM, "no memory to add files");
	sr_holding_work(h->work, h->v, h->row.id, h->row.number);
	o->backend = h->v->store;
	o->index = h->v->index;
	/* What a look adds is made again with it: it needs no journal, and has no part for one. */
	o->run = h->checkout == NULL ? h->v->run : NULL;
	memcpy(o->domain.vault, h->v->fingerprint, SR_HASH);
	memcpy(o->domain.domain, h->row.collection, SR_ID);
	o->domain.dedupe = h->env.dedupe;
	o->domain.kdf_key = h->v->keys->s->kdf_key;
	memcpy(o->structure_pk, h->v->keys->structure_pk, SR_X_PK);
	SR_HASH_OF(o->journal_key, "strongroom/intake-journal/v2", h->part,
		sr_bytes_of(h->work, SR_ID));
	memcpy(o->accession, h->work, SR_ID);
	o->codec = SR_CODEC_ZSTD;
	o->file = on_file;
	o->item = sr_holding_envelope;
	o->ctx = h;
	rc = sr_ingest_begin(&h->ingest, o, e);
	sr_wipe(o, sizeof *o);
	free(o);
	if (rc == 0)
		rc = sr_ingest_item_begin(h->ingest, h->row.id, e);
	return rc == 0 ? sr_ingest_carry(h->ingest, h->it, e) : rc;
}

int sr_holding_add(struct sr_holding *h, const struct sr_adding *a, struct sr_err *e) {
	struct sr_ingest_file f = {.path = a->path,
		.kind = a->kind,
		.note = a->note,
		.mtime_s = a->mtime_s,
		.size_expected = UINT64_MAX};
	char of[24];
	int rc = 0;

	if (h->in_file)
		return sr_fail(e, SR_MISUSE, "a file is added within another");
	if (h->ingest == NULL)
		rc = begin_ingest(h, e);
	sr_buf_clear(&h->names);
	sr_buf_put_bytes(&h->names, a->path);
	if (rc == 0)
		rc = sr_buf_ok(&h->names, e);
	if (rc != 0)
		return rc;
	h->entry = (struct sr_list_file){
		.path = sr_buf_view(&h->names), .kind = a->kind, .mtime = a->mtime_s};
	h->in_file = a->kind == SR_FILE_REGULAR;
	rc = h->in_file ? sr_ingest_open(h->ingest, &f, e) : sr_ingest_file(h->ingest, &f, e);
	(void)snprintf(of, sizeof of, "%llu", (unsigned long long)a->of);
	return rc == 0 ? sr_holding_fact(h, sr_item_files(h->it) + h->added - !h->in_file, "of",
				 sr_bytes_str(of), e)
		       : rc;
}

int sr_holding_room(bool *room, struct sr_holding *h, size_t len, unsigned of, struct sr_err *e) {
	enum {
		ROW = 64 + SR_MEDIA_TYPE_MAX, /* at most, beside the path (catalogue/lists.h) */
		HEAD = 64 << 10,              /* title, salt, and what else is not counted */
		OF = 64                       /* bytes of the fact `of` */
	};
	const uint64_t files = h->list_bytes == 0 ? sr_item_files(h->it) : 0;
	int rc = 0;

	for (uint64_t i = 0; rc == 0 && i < files; i++) {
		struct sr_file f;

		rc = sr_item_file(h->it, i, &f, e);
		h->list_bytes += rc == 0 ? 64 + f.path.len + f.media_type.len : 0;
	}
	*room = rc == 0 && h->list_bytes + h->rows.len + len + ROW + HEAD <= SR_OBJECT_MAX / of &&
		sr_facts_fit(h->fact_count + 1, h->facts.len + OF, "cut", SR_FACT_VALUE_MAX);
	return rc;
}

int sr_holding_more(struct sr_holding *h, struct sr_bytes data, struct sr_err *e) {
	return h->in_file ? sr_ingest_more(h->ingest, data, e)
			  : sr_fail(e, SR_MISUSE, "bytes of no file");
}

int sr_holding_end(
	struct sr_holding *h, struct sr_bytes media_type, const char *broken, struct sr_err *e) {
	if (!h->in_file)
		return sr_fail(e, SR_MISUSE, "the end of no file");
	h->in_file = false;
	h->entry.media_type = media_type;
	return sr_ingest_close(h->ingest, media_type, broken, e);
}

uint64_t sr_holding_added(const struct sr_holding *h) {
	return sr_item_files(h->it) + h->added - (h->in_file ? 0 : 1);
}

/* --- notes ------------------------------------------------------------------------------------ */

enum {
	NOTE_NAME = 128
};

static void note_name(char out[NOTE_NAME], const struct sr_holding *h, const char *step) {
	char hex[2 * SR_ID + 1];

	sr_hex(hex, h->row.id, SR_ID);
	(void)snprintf(out, NOTE_NAME, "intake-%s-%u.%s", hex, h->row.number, step);
}

static void note_key(uint8_t key[SR_KEY], const struct sr_holding *h) {
	SR_HASH_OF(key, "strongroom/note-key/v2", h->part, sr_bytes_of(h->v->fingerprint, SR_HASH));
}

int sr_holding_note_put(
	struct sr_holding *h, const char *step, struct sr_bytes note, struct sr_err *e) {
	char name[NOTE_NAME];
	uint8_t key[SR_KEY];
	struct sr_buf sealed;
	int rc;

	if (note.len > SR_STEP_NOTE_MAX)
		return sr_fail(
			e, SR_LIMIT, "a note of %zu bytes, at most %d", note.len, SR_STEP_NOTE_MAX);
	sr_buf_init(&sealed);
	note_name(name, h, step);
	note_key(key, h);
	rc = sr_aead_seal_buf(&sealed, key, NOTE, sr_bytes_str(name), note, e);
	if (rc == 0)
		rc = sr_file_replace(h->v->run, name, sr_buf_view(&sealed), e);
	sr_wipe(key, sizeof key);
	sr_buf_free(&sealed);
	return rc;
}

int sr_holding_note_get(
	struct sr_holding *h, const char *step, struct sr_buf *note, struct sr_err *e) {
	char name[NOTE_NAME];
	uint8_t key[SR_KEY];
	struct sr_buf sealed;
	int rc;

	sr_buf_init(&sealed);
	note_name(name, h, step);
	rc = sr_file_read(h->v->run, name, &sealed, SR_STEP_NOTE_MAX + 4096, e);
	note_key(key, h);
	if (rc == 0 && sr_aead_open_buf(note, key, NOTE, sr_bytes_str(name), sr_buf_view(&sealed),
			       NULL) != 0)
		rc = sr_fail(e, SR_NOTFOUND, "the note is not ours");
	sr_wipe(key, sizeof key);
	sr_buf_free(&sealed);
	return rc;
}

struct sweeping {
	struct sr_vault *v;
	const char *hex;
};

static int sweep_note(void *ctx, const char *name, bool is_dir, struct sr_err *e) {
	static const char prefix[] = "intake-";
	const struct sweeping *s = ctx;
	const size_t p = sizeof prefix - 1;

	if (is_dir || strncmp(name, prefix, p) != 0 ||
		strncmp(name + p, s->hex, (size_t)2 * SR_ID) != 0)
		return 0;
	return sr_file_remove(s->v->run, name, e);
}

int sr_holding_notes_remove(struct sr_vault *v, const uint8_t item[SR_ID], struct sr_err *e) {
	char hex[2 * SR_ID + 1];
	struct sweeping s = {v, hex};

	sr_hex(hex, item, SR_ID);
	return sr_dir_each(v->run, sweep_note, &s, e);
}
