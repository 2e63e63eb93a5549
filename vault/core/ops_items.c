/*
 * Items, their files, search, collections. What a caller may know of is put into the query
 * (sr_item_filter), so totals and pages do not count what is hidden.
 */
#include "board/certificate.h"
#include "board/invariants.h"
#include "catalogue/search.h"
#include "core/ops_in.h"
#include "intake/queue.h"
#include "intake/scanners.h"
#include "sandbox/scan.h"
#include "store/envelope.h"
#include "store/manifest.h"

enum {
	LIST_DEFAULT = 100,
	LIST_MAX = 1000,
	SAID_MAX = 1000, /* facts of an item */
	HITS_DEFAULT = 20,
	HITS_MAX = 200,
	QUERY_MAX_BYTES = SR_QUERY_MAX
};

struct narrowing { /* what a filter points to */
	uint8_t collection[SR_ID], accession[SR_ID];
	char hazard[SR_IN_TEXT], language[SR_IN_TEXT];
};

static int filter_of(
	struct sr_item_filter *f, struct narrowing *n, const struct sr_x *x, struct sr_err *e) {
	const bool curator = (x->caller.roles & SR_ROLE_CURATOR) != 0;
	memset(f, 0, sizeof *f);
	f->released = sr_may_find(&x->caller);
	f->held = curator || (x->caller.roles & SR_ROLE_OFFICER) != 0;
	f->depositor = x->caller.person;
	f->referral = f->held || (x->caller.roles & SR_ROLE_MEMBER) != 0;
	f->collection = sr_in_id(x, "collection", n->collection) ? n->collection : NULL;
	f->accession = sr_in_id(x, "accession", n->accession) ? n->accession : NULL;
	f->hazard = sr_in_str(x, "hazard", n->hazard)[0] != '\0' ? n->hazard : NULL;
	f->language = sr_in_str(x, "language", n->language)[0] != '\0' ? n->language : NULL;
	/* A slip of the pen is not answered with `there is none`. */
	if (f->hazard != NULL && !sr_invariants_hazard(sr_bytes_str(f->hazard)))
		return sr_fail(e, SR_USAGE, "there is no hazard \"%s\"; describe --help lists them",
			f->hazard);
	return sr_in_state(x, SR_M_ITEM, &f->state, e);
}

static void put_lines(struct sr_rows_out *o, const char *key, const char *lines) {
	while (lines != NULL && *lines != '\0') {
		const char *end = strchr(lines, '\n');
		const size_t len = end != NULL ? (size_t)(end - lines) : strlen(lines);
		if (len > 0)
			sr_row_bytes(o, key, sr_bytes_of(lines, len));
		lines += len + (end != NULL ? 1 : 0);
	}
}

/* Who reads the statements behind an item's flags (core/reader.h, class flag). */
static bool sees_flags(const struct sr_x *x) {
	return (x->caller.roles &
		       (SR_ROLE_MEMBER | SR_ROLE_CURATOR | SR_ROLE_OFFICER | SR_ROLE_AUDITOR)) != 0;
}

/* Who reads the statement that brought the item (core/reader.h, class deposit). */
static bool sees_deposit(const struct sr_x *x, const struct sr_item_row *it) {
	return (x->caller.roles & (SR_ROLE_CURATOR | SR_ROLE_OFFICER | SR_ROLE_AUDITOR)) != 0 ||
	       strcmp(it->depositor, x->caller.person) == 0;
}

static void put_item(const struct sr_x *x, struct sr_rows_out *o, const struct sr_item_row *it) {
	const unsigned sees = SR_ROLE_CURATOR | SR_ROLE_OFFICER | SR_ROLE_AUDITOR;
	sr_row(o, "item");
	sr_row_hex(o, "id", it->id, SR_ID);
	sr_row_hex(o, "accession", it->accession, SR_ID);
	sr_row_hex(o, "collection", it->collection, SR_ID);
	sr_row_hex(o, "board", it->board, SR_ID);
	sr_row_str(o, "state", sr_state_name(it->state));
	sr_row_dec(o, "level", it->level);
	sr_row_dec(o, "key-epoch", it->epoch);
	sr_row_dec(o, "number", it->number);
	sr_row_dec(o, "bytes", it->bytes);
	sr_row_dec(o, "files", it->files);
	sr_row_dec(o, "entry", it->entry);
	if (sees_deposit(x, it))
		sr_row_str(o, "depositor", it->depositor);
	if (it->released != 0)
		sr_row_dec(o, "released", it->released);
	if (it->state == SR_S_DESTROYED)
		sr_row_dec(o, "destroyed", it->destroyed);
	sr_row_flag(o, "redacted", it->redacted);
	if (it->redacted && (x->caller.roles & sees) != 0)
		sr_row_hex(o, "parent", it->parent, SR_ID);
	sr_row_flag(o, "described", it->described);
	sr_row_flag(o, "referral", (it->flags & SR_ITEM_REFERRAL) != 0);
	sr_row_flag(o, "embargo", (it->flags & SR_ITEM_EMBARGO) != 0);
	sr_row_flag(o, "hold", sees_flags(x) && (it->flags & SR_ITEM_HOLD) != 0);
	sr_row_flag(o, "sealed", (it->flags & SR_ITEM_SEALED) != 0);
	sr_row_words(o, "hazard", it->hazards);
	sr_row_words(o, "language", it->languages);
	sr_row_str(o, "date", it->date);
	sr_row_str(o, "title", it->title);
	sr_row_str(o, "translit", it->translit);
	sr_row_str(o, "description", it->description);
	sr_row_str(o, "creator", it->creator);
	sr_row_str(o, "source", it->source);
	sr_row_str(o, "rights", it->rights);
	put_lines(o, "keyword", it->keywords);
}

/* An item that a description names is told to whoever may know of it, too. */
static int may_tell(bool *may, struct sr_x *x, const char *hex, struct sr_err *e) {
	struct sr_item_row other = {0};
	uint8_t id[SR_ID];
	int rc = sr_unhex(id, SR_ID, sr_bytes_str(hex), e);
	*may = false;
	if (rc == 0)
		rc = sr_query_item(&other, x->catalogue, id, e);
	if (rc == 0)
		*may = sr_may_know_item(&x->caller, &other);
	sr_item_row_free(&other);
	return rc == SR_NOTFOUND ? 0 : rc;
}

/* Fields that are rows (ledger/fields.h), and hazards of parts, into the open row. */
static int put_fields(
	struct sr_x *x, struct sr_rows_out *o, const struct sr_item_row *it, struct sr_err *e) {
	struct sr_item_values l = {NULL, 0};
	struct sr_item_marks marks = {NULL, 0};
	int rc = sr_query_item_values(&l, x->catalogue, it->id, e);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		const struct sr_item_value *v = &l.rows[i];
		bool may = v->field->compartment != SR_PERSONAL || sr_may_see_held(&x->caller);
		if (may && v->field->form == SR_FORM_ITEM)
			rc = may_tell(&may, x, v->text, e);
		if (rc == 0 && may)
			sr_row_str(o, v->field->name, v->text);
	}
	if (rc == 0 && it->parts != NULL && *it->parts != '\0')
		rc = sr_query_item_marks(&marks, x->catalogue, it->id, e);
	for (size_t i = 0; rc == 0 && i < marks.count; i++) {
		char text[SR_MARK_TEXT];
		sr_mark_format(text, &marks.rows[i]);
		sr_row_str(o, "part", text);
	}
	sr_item_values_free(&l);
	sr_item_marks_free(&marks);
	return rc;
}

void sr_put_item_short(const struct sr_x *x, struct sr_rows_out *o, const struct sr_item_row *it) {
	sr_row(o, "item");
	sr_row_hex(o, "id", it->id, SR_ID);
	sr_row_str(o, "state", sr_state_name(it->state));
	sr_row_dec(o, "level", it->level);
	sr_row_dec(o, "number", it->number);
	sr_row_dec(o, "seal-entry", it->sealed);
	if (sr_may_know_item(&x->caller, it) || (x->caller.roles & SR_ROLE_MEMBER) != 0)
		sr_row_str(o, "title", it->title);
}

int sr_put_scans(struct sr_x *x, struct sr_rows_out *o, const uint8_t item[SR_ID], bool all,
	struct sr_err *e) {
	struct sr_scans l = {NULL, 0};
	struct sr_texts t = {NULL, 0};
	int rc = sr_query_scans(&l, x->catalogue, item, !all, e);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		sr_row(o, "scan");
		sr_row_str(o, "scanner", l.rows[i].scanner);
		sr_row_time(o, "at", l.rows[i].received);
		if (l.rows[i].signatures != 0)
			sr_row_time(o, "signatures", l.rows[i].signatures);
		sr_row_str(o, "result", l.rows[i].result);
		sr_row_dec(o, "clean", l.rows[i].clean);
		sr_row_dec(o, "infected", l.rows[i].infected);
		sr_row_dec(o, "not-scanned", l.rows[i].not_scanned);
		sr_row_dec(o, "entry", l.rows[i].entry);
		rc = sr_query_texts(&t, x->catalogue, l.rows[i].entry, e);
		for (size_t k = 0; rc == 0 && k < t.count; k++) {
			if (strcmp(t.rows[k].field, "finding") == 0)
				sr_row_str(o, "finding", t.rows[k].text);
		}
		sr_texts_free(&t);
	}
	sr_scans_free(&l);
	return rc;
}

/* The fact `tool` that ends those of one program; NULL: none. */
static const struct sr_fact_row *said_by(const struct sr_item_facts *l, size_t at) {
	for (size_t i = at; i < l->count && l->rows[i].file == l->rows[at].file; i++) {
		if (strcmp(l->rows[i].step, "about") != 0)
			break;
		if (strcmp(l->rows[i].key, "tool") == 0)
			return &l->rows[i];
	}
	return NULL;
}

/* What programs said of the files (intake/step_about.c). */
static int put_said(
	struct sr_x *x, struct sr_rows_out *o, const uint8_t item[SR_ID], struct sr_err *e) {
	const struct sr_page page = {0, SAID_MAX};
	struct sr_item_facts l = {NULL, 0, 0};
	int rc = sr_query_item_facts(&l, x->catalogue, item, NULL, &page, e);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		const struct sr_fact_row *f = &l.rows[i];
		if (strcmp(f->step, "about") != 0 || strcmp(f->key, "tool") == 0)
			continue;
		const struct sr_fact_row *by = said_by(&l, i);
		sr_row(o, "said");
		sr_row_dec(o, "file", f->file);
		sr_row_str(o, "field", f->key);
		sr_row_bytes(o, "value", sr_bytes_of(f->value, f->value_len));
		if (by != NULL)
			sr_row_bytes(o, "by", sr_bytes_of(by->value, by->value_len));
	}
	sr_item_facts_free(&l);
	return rc;
}

/* Since when signatures are too old, here and now. */
static int64_t too_old(struct sr_x *x) {
	struct sr_intake_limits limits;
	(void)!sr_intake_limits(&limits, x->vault, NULL); /* whoever scans is told of a bad file */
	return sr_now(&x->vault->clock) - limits.signatures;
}

/* In one word, the worst that the scanners said last, clean from old signatures being `stale`;
 * nothing: no scanner has looked. And whether intake is still at work. */
static int put_scanned(struct sr_x *x, struct sr_rows_out *o, const uint8_t item[SR_ID],
	int64_t old, struct sr_err *e) {
	static const enum sr_scan_result worst[] = {SR_SCAN_INFECTED, SR_SCAN_NOT, SR_SCAN_CLEAN};
	struct sr_scans l = {NULL, 0};
	const char *why = sees_flags(x) ? sr_queue_why(x->core->queue, item) : NULL;
	bool said = false, stale = false;
	int rc = sees_flags(x) ? sr_query_scans(&l, x->catalogue, item, true, e) : 0;
	for (size_t i = 0; rc == 0 && i < l.count; i++)
		stale = stale || (strcmp(l.rows[i].result, "clean") == 0 &&
					 l.rows[i].signatures != 0 && l.rows[i].signatures < old);
	if (why != NULL)
		sr_row_str(o, "intake", *why != '\0' ? why : "under way");
	for (size_t w = 0; rc == 0 && w < sizeof worst / sizeof worst[0] && !said; w++) {
		for (size_t i = 0; i < l.count && !said; i++) {
			said = strcmp(l.rows[i].result, sr_scan_result_name(worst[w])) == 0;
			if (said)
				sr_row_str(o, "scanned",
					worst[w] == SR_SCAN_CLEAN && stale ? "stale"
									   : l.rows[i].result);
		}
	}
	sr_scans_free(&l);
	return rc;
}

int sr_op_items(struct sr_x *x, struct sr_err *e) {
	struct sr_item_filter f;
	struct narrowing n;
	struct sr_page page;
	struct sr_items l = {0};
	struct sr_rows_out o;
	int rc = filter_of(&f, &n, x, e);
	if (rc == 0)
		rc = sr_in_page(x, &page, LIST_DEFAULT, LIST_MAX, e);
	if (rc == 0)
		rc = sr_query_items(&l, x->catalogue, &f, &page, e);
	if (rc != 0)
		return rc;
	const int64_t old = too_old(x);
	sr_text_put_dec(&x->r->head, "total", l.total);
	sr_rows_begin(&o, &x->r->body);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		put_item(x, &o, &l.rows[i]);
		rc = put_fields(x, &o, &l.rows[i], e);
		if (rc == 0)
			rc = put_scanned(x, &o, l.rows[i].id, old, e);
	}
	sr_items_free(&l);
	return rc;
}

int sr_get_item(
	struct sr_item_row *out, struct sr_x *x, const uint8_t id[SR_ID], struct sr_err *e) {
	char hex[2 * SR_ID + 1];
	int rc = sr_query_item(out, x->catalogue, id, e);
	if (rc != 0 && rc != SR_NOTFOUND)
		return rc;
	if (rc == 0 && sr_may_know_item(&x->caller, out))
		return 0;
	if (rc == 0)
		sr_item_row_free(out);
	sr_hex(hex, id, SR_ID);
	return sr_fail(
		e, SR_NOTFOUND, "there is no item %s that %s may know of", hex, x->caller.person);
}

const char *sr_kind_name(int kind) {
	switch (kind) {
	case SR_FILE_REGULAR:
		return "regular";
	case SR_FILE_SYMLINK:
		return "symlink";
	case SR_FILE_SPECIAL:
		return "special";
	case SR_FILE_UNREADABLE:
		return "unreadable";
	default:
		return "unknown";
	}
}

/* What stands and stood on the item. Everybody else learns of an embargo, and until when. */
static int put_flags(
	struct sr_x *x, struct sr_rows_out *o, const uint8_t item[SR_ID], struct sr_err *e) {
	const bool all = sees_flags(x),
		   texts = all && (x->caller.roles & ~(unsigned)SR_ROLE_AUDITOR) != 0;
	struct sr_flags l = {0};
	int rc = sr_query_flags(&l, x->catalogue, item, !all, e);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		const struct sr_flag_row *f = &l.rows[i];
		if (!all && strcmp(f->what, "embargo") != 0)
			continue;
		sr_row(o, "flag");
		sr_row_str(o, "what", f->what);
		sr_row_time(o, "ends", f->ends);
		if (!all)
			continue;
		sr_row_hex(o, "id", f->id, SR_ID);
		/* What the vault set itself, a scan did. */
		sr_row_str(o, "person", f->person[0] != '\0' ? f->person : "service");
		sr_row_dec(o, "entry", f->entry);
		sr_row_time(o, "received", f->received);
		sr_row_time(o, "due", f->due);
		sr_row_str(o, "basis", f->basis);
		if (f->ended != 0)
			sr_row_dec(o, "ended", f->ended);
		if (texts)
			sr_row_str(o, "reason", f->reason);
	}
	sr_flags_free(&l);
	return rc;
}

/* Where it belongs and who brought it, by name, into the row of the item. */
static int put_whence(
	struct sr_x *x, struct sr_rows_out *o, const struct sr_item_row *it, struct sr_err *e) {
	struct sr_collection_row c = {0};
	int rc = sr_query_collection(&c, x->catalogue, it->collection, e);
	if (rc == 0)
		sr_row_str(o, "collection-name", c.name);
	if (rc == 0 && sees_deposit(x, it))
		rc = sr_put_name(x, o, "depositor-name", it->depositor, e);
	sr_collection_row_free(&c);
	return rc;
}

int sr_op_item(struct sr_x *x, struct sr_err *e) {
	struct sr_item_row it = {0};
	struct sr_item_files files = {0};
	struct sr_page page;
	struct sr_rows_out o;
	uint8_t id[SR_ID];
	if (!sr_in_id(x, "item", id))
		return sr_fail(e, SR_MISUSE, "item without an id");
	int rc = sr_in_page(x, &page, LIST_DEFAULT, LIST_MAX, e);
	if (rc == 0)
		rc = sr_get_item(&it, x, id, e);
	if (rc == 0)
		rc = sr_query_item_files(&files, x->catalogue, id, &page, e);
	if (rc == 0) {
		sr_text_put_dec(&x->r->head, "total", files.total);
		sr_rows_begin(&o, &x->r->body);
		put_item(x, &o, &it);
		rc = put_fields(x, &o, &it, e);
		if (rc == 0)
			rc = put_whence(x, &o, &it, e);
		if (rc == 0)
			rc = put_scanned(x, &o, id, too_old(x), e);
		if (rc == 0)
			rc = put_flags(x, &o, id, e);
		if (rc == 0 && sees_flags(x))
			rc = sr_put_scans(x, &o, id, false, e);
		if (rc == 0 && sees_flags(x))
			rc = put_said(x, &o, id, e);
	}
	if (rc == 0) {
		for (size_t i = 0; i < files.count; i++) {
			const struct sr_item_file *f = &files.rows[i];
			sr_row(&o, "file");
			sr_row_bytes(&o, "path", sr_bytes_str(f->path));
			sr_row_str(&o, "media-type", f->media_type);
			sr_row_str(&o, "kind", sr_kind_name(f->kind));
			sr_row_dec(&o, "size", f->size);
			sr_row_signed(&o, "mtime", f->mtime);
			/* Of a short text, or one of which little is left out elsewhere, a hash
			 * tells who guesses that the guess was right. */
			if (f->kind == SR_FILE_REGULAR && sees_deposit(x, &it))
				sr_row_hex(&o, "sha256", f->sha256, SR_HASH);
		}
	}
	sr_item_files_free(&files);
	sr_item_row_free(&it);
	return rc;
}

int sr_op_certificate(struct sr_x *x, struct sr_err *e) {
	struct sr_certificate_of of = {NULL, NULL};
	struct sr_version_row v = {0};
	struct sr_item_row it = {0};
	struct sr_rows_out o;
	struct sr_buf note;
	uint8_t item[SR_ID], request[SR_ID];
	uint64_t since = 0, entry = 0;
	int rc = 0;
	of.item = sr_in_id(x, "item", item) ? item : NULL;
	of.request = sr_in_id(x, "request", request) ? request : NULL;
	(void)sr_in_dec(x, "since", &since);
	if ((of.item == NULL) == (of.request == NULL))
		return sr_fail(e, SR_USAGE, "certificate: of an item or of a request");
	if (of.item != NULL)
		rc = sr_get_item(&it, x, item, e);
	else
		rc = sr_get_version(&v, x, request, 0, e);
	sr_item_row_free(&it);
	sr_version_row_free(&v);
	sr_buf_init(&note);
	if (rc == 0)
		rc = sr_certificate_make(&note, &entry, x->vault, &of, e);
	if (rc == 0) {
		sr_rows_begin(&o, &x->r->body);
		sr_row(&o, "certificate");
		sr_row_buf(&o, "note", &note);
		rc = sr_put_receipt(x, &o, entry, since, e);
	}
	sr_buf_free(&note);
	return rc;
}

int sr_op_search(struct sr_x *x, struct sr_err *e) {
	struct sr_search s = {.query = sr_in_body(x)};
	struct narrowing n;
	struct sr_page page;
	struct sr_hits hits = {0};
	struct sr_rows_out o;
	int rc = filter_of(&s.filter, &n, x, e);
	if (rc == 0)
		rc = sr_in_page(x, &page, HITS_DEFAULT, HITS_MAX, e);
	if (rc == 0 && s.query.len > QUERY_MAX_BYTES)
		rc = sr_fail(e, SR_LIMIT, "a query of %zu bytes, at most %d", s.query.len,
			QUERY_MAX_BYTES);
	if (rc != 0)
		return rc;
	s.offset = page.offset;
	s.limit = page.limit;
	rc = sr_search(&hits, x->catalogue, &s, e);
	if (rc != 0)
		return rc;
	sr_text_put_dec(&x->r->head, "total", hits.total);
	sr_rows_begin(&o, &x->r->body);
	for (size_t i = 0; i < hits.count; i++) {
		const struct sr_hit *h = &hits.rows[i];
		sr_row(&o, "hit");
		sr_row_hex(&o, "id", h->item, SR_ID);
		sr_row_str(&o, "title", h->title);
		sr_row_str(&o, "field", h->snippet.field);
		sr_row_str(&o, "snippet", h->snippet.text);
		for (size_t j = 0; j < h->snippet.mark_count; j++) {
			struct sr_buf mark;
			sr_buf_init(&mark);
			sr_buf_printf(
				&mark, "%u %u", h->snippet.marks[j].start, h->snippet.marks[j].len);
			sr_row_buf(&o, "mark", &mark);
			sr_buf_free(&mark);
		}
	}
	sr_hits_free(&hits);
	return 0;
}

int sr_op_collections(struct sr_x *x, struct sr_err *e) {
	struct sr_collections l = {0};
	struct sr_rows_out o;
	int rc = sr_query_collections(&l, x->catalogue, e);
	if (rc != 0)
		return rc;
	sr_rows_begin(&o, &x->r->body);
	for (size_t i = 0; i < l.count; i++) {
		const struct sr_collection_row *c = &l.rows[i];
		sr_row(&o, "collection");
		sr_row_hex(&o, "id", c->id, SR_ID);
		sr_row_hex(&o, "board", c->board, SR_ID);
		sr_row_hex(&o, "request", c->request, SR_ID);
		sr_row_str(&o, "dedupe", c->dedupe ? "collection" : "none");
		sr_row_dec(&o, "entry", c->entry);
		sr_row_dec(&o, "items", c->items);
		sr_row_str(&o, "name", c->name);
	}
	sr_collections_free(&l);
	return 0;
}

int sr_get_seal(
	struct sr_buf *seal, struct sr_x *x, const struct sr_item_row *it, struct sr_err *e) {
	struct sr_envelope env;
	struct sr_envelope_want want = {.n = it->number};
	struct sr_buf file;
	sr_buf_init(&file);
	memcpy(want.item, it->id, SR_ID);
	memcpy(want.hash, it->envelope, SR_HASH);
	memcpy(want.room_pk, x->vault->keys->room_pk, SR_PK);
	want.former_room = x->vault->keys->former_room[0];
	want.former_count = x->vault->keys->generations - 1;
	int rc = sr_envelope_load(&env, &file, x->vault->items, &want, e);
	if (rc == 0) {
		sr_buf_put_bytes(seal, env.seal);
		rc = sr_buf_ok(seal, e);
	}
	sr_buf_free(&file);
	return rc;
}
