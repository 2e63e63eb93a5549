/*
 * The reading room's operations: whose checkout it is, is asked by the room at every call
 * (room/room.h); core adds the pages and the wire.
 */
#include "board/invariants.h"
#include "core/ops_in.h"
#include "intake/queue.h"
#include "room/room.h"

enum {
	FILES_DEFAULT = 1000,
	FILES_MAX = 10000,
	RECORDS_MAX = SR_BOARD_MEMBERS_MAX * 2
};

static int checkout(uint8_t id[SR_ID], const struct sr_x *x, struct sr_err *e) {
	return sr_in_id(x, "checkout", id) ? 0 : sr_fail(e, SR_MISUSE, "call without a checkout");
}

/* Opening logs; a bad piece logs an incident; either may end something. */
static int opened(struct sr_x *x, const uint8_t id[SR_ID], int rc, struct sr_err *e) {
	struct sr_err swept = {0};
	uint64_t files = 0;
	const int follow = sr_after_commit(x->core, &swept);
	if (rc == 0 && follow != 0)
		rc = sr_fail(e, swept.code, "%s", swept.text);
	if (rc == 0)
		rc = sr_room_files(x->core->room, id, x->caller.person, &files, e);
	if (rc == 0)
		sr_text_put_dec(&x->r->head, "files", files);
	return rc;
}

/* The checkout and the keys of its votes' records; records_free wipes them. */
static int records_in(struct sr_room_open *o, struct sr_room_record **out, const struct sr_x *x,
	struct sr_err *e) {
	struct sr_reader in;
	uint32_t count = 0;
	int rc = checkout(o->checkout, x, e);
	sr_reader_init(&in, sr_in_body(x));
	if (rc == 0)
		rc = sr_get_le32(&in, &count, e);
	if (rc == 0 && (count < 1 || count > RECORDS_MAX))
		rc = sr_fail(
			e, SR_USAGE, "keys of %u votes came, want 1 to %d", count, RECORDS_MAX);
	if (rc == 0 && (*out = calloc(count, sizeof **out)) == NULL)
		rc = sr_fail(e, SR_NOMEM, "%u records: out of memory", count);
	if (rc != 0)
		return rc;
	o->person = x->caller.person;
	o->records = *out;
	o->count = count;
	for (uint32_t i = 0; rc == 0 && i < count; i++) {
		rc = sr_get(&in, (*out)[i].vote, SR_ID, e);
		if (rc == 0)
			rc = sr_get(&in, (*out)[i].key, SR_KEY, e);
	}
	return rc == 0 ? sr_get_end(&in, e) : rc;
}

static void records_free(struct sr_room_record *records, size_t count) {
	if (records != NULL)
		sr_wipe(records, count * sizeof *records);
	free(records);
}

int sr_op_checkout_open(struct sr_x *x, struct sr_err *e) {
	struct sr_room_record *records = NULL;
	struct sr_room_open o = {.count = 0};
	int rc = records_in(&o, &records, x, e);
	if (rc == 0) {
		rc = sr_room_open(x->core->room, &o, e);
		rc = opened(x, o.checkout, rc, e);
	}
	records_free(records, o.count);
	return rc;
}

int sr_op_reseal(struct sr_x *x, struct sr_err *e) {
	struct sr_room_record *records = NULL;
	struct sr_room_open o = {.count = 0};
	struct sr_room_resealed done = {.number = 0};
	struct sr_err swept = {0};
	int rc = records_in(&o, &records, x, e);
	if (rc == 0) {
		rc = sr_room_reseal(x->core->room, &o, &done, e);
		/* What it ended is wiped; a bad piece that was found ends something too. */
		const int follow = sr_after_commit(x->core, &swept);
		if (rc == 0 && follow != 0)
			rc = sr_fail(e, swept.code, "%s", swept.text);
	}
	records_free(records, o.count);
	if (rc != 0)
		return rc;
	sr_text_put_hex(&x->r->head, "item", done.item, SR_ID);
	sr_text_put_dec(&x->r->head, "number", done.number);
	sr_text_put_dec(&x->r->head, "level", done.level);
	sr_text_put_dec(&x->r->head, "epoch", done.epoch);
	sr_text_put_dec(&x->r->head, "entry", done.entry);
	return 0;
}

static int put_file(
	void *ctx, uint64_t index, const struct sr_file *f, bool withheld, struct sr_err *e) {
	struct sr_rows_out *o = ctx;
	(void)e;
	sr_row(o, "file");
	sr_row_dec(o, "index", index);
	sr_row_bytes(o, "path", f->path);
	if (f->media_type.len > 0)
		sr_row_bytes(o, "media-type", f->media_type);
	sr_row_str(o, "kind", sr_kind_name((int)f->kind));
	sr_row_dec(o, "size", f->size);
	sr_row_signed(o, "mtime", f->mtime_s);
	if (f->kind == SR_FILE_REGULAR && !withheld)
		sr_row_hex(o, "sha256", f->sha256, SR_HASH);
	sr_row_flag(o, "changed", (f->flags & SR_FILE_CHANGED) != 0);
	sr_row_flag(o, "rendition", sr_file_is_rendition(f));
	if (f->note.len > 0)
		sr_row_bytes(o, "note", f->note);
	return 0;
}

int sr_op_checkout_files(struct sr_x *x, struct sr_err *e) {
	struct sr_page page;
	struct sr_rows_out o;
	uint8_t id[SR_ID];
	int rc = checkout(id, x, e);
	if (rc == 0)
		rc = sr_in_page(x, &page, FILES_DEFAULT, FILES_MAX, e);
	if (rc != 0)
		return rc;
	struct sr_room_listing l = {.checkout = id,
		.person = x->caller.person,
		.offset = page.offset,
		.limit = page.limit,
		.each = put_file,
		.ctx = &o};
	sr_rows_begin(&o, &x->r->body);
	rc = sr_room_list(x->core->room, &l, e);
	if (rc == 0)
		sr_text_put_dec(&x->r->head, "total", l.total);
	return rc;
}

int sr_op_checkout_read(struct sr_x *x, struct sr_err *e) {
	struct sr_room_page p = {.person = x->caller.person};
	const char *encoding = "";
	uint64_t length = 0, next = 0, files = 0;
	int rc = checkout(p.checkout, x, e);
	(void)sr_in_dec(x, "file", &p.file);
	(void)sr_in_dec(x, "offset", &p.offset);
	(void)sr_in_dec(x, "length", &length);
	if (rc == 0 && (length < 1 || length > SR_BLOCK))
		rc = sr_fail(e, SR_USAGE, "checkout.read: length %llu, want 1 to %d",
			(unsigned long long)length, SR_BLOCK);
	if (rc == 0)
		rc = sr_room_files(x->core->room, p.checkout, x->caller.person, &files, e);
	if (rc == 0 && p.file >= files)
		rc = sr_fail(e, SR_NOTFOUND, "file %llu: the item has %llu, counted from 0",
			(unsigned long long)p.file, (unsigned long long)files);
	uint64_t size = 0;
	p.len = (size_t)length;
	if (rc == 0)
		rc = sr_room_text(x->core->room, &p, &x->r->body, &next, &encoding, e);
	if (rc == 0)
		rc = sr_room_text_size(x->core->room, p.checkout, x->caller.person, &size, e);
	if (rc != 0)
		return rc;
	sr_text_put_dec(&x->r->head, "next", next);
	sr_text_put_dec(&x->r->head, "size", size);
	sr_text_put(&x->r->head, "encoding", encoding);
	return 0;
}

int sr_op_checkout_forget(struct sr_x *x, struct sr_err *e) {
	uint8_t id[SR_ID];
	uint64_t files = 0;
	int rc = checkout(id, x, e);
	if (rc == 0)
		rc = sr_room_files(x->core->room, id, x->caller.person, &files, e);
	if (rc == 0)
		sr_room_forget(x->core->room, id);
	return rc;
}

int sr_op_export_begin(struct sr_x *x, struct sr_err *e) {
	uint8_t id[SR_ID];
	int rc = checkout(id, x, e);
	if (rc != 0)
		return rc;
	return sr_in_yes(x, "bag")
		       ? sr_room_export_begin_bag(x->core->room, id, x->caller.person, e)
		       : sr_room_export_begin(x->core->room, id, x->caller.person, e);
}

int sr_op_export_read(struct sr_x *x, struct sr_err *e) {
	uint8_t id[SR_ID];
	uint64_t length = 0;
	size_t got = 0;
	int rc = checkout(id, x, e);
	(void)sr_in_dec(x, "length", &length);
	if (rc == 0 && (length < 1 || length > SR_EXPORT_READ))
		rc = sr_fail(e, SR_USAGE, "export.read: length %llu, want 1 to %d",
			(unsigned long long)length, SR_EXPORT_READ);
	if (rc == 0)
		rc = sr_room_whose(x->core->room, id, x->caller.person, e);
	if (rc == 0)
		rc = sr_room_export_read(x->core->room, id, &x->r->body, (size_t)length, &got, e);
	if (rc == 0 && got == 0)
		sr_text_put(&x->r->head, "end", "yes");
	if (rc == 0 && got > 0 && sr_room_export_is_announced(x->core->room, id))
		sr_text_put(&x->r->head, "last", "yes");
	return rc;
}

int sr_op_export_end(struct sr_x *x, struct sr_err *e) {
	uint8_t id[SR_ID];
	uint64_t files = 0;
	int rc = checkout(id, x, e);
	if (rc == 0)
		rc = sr_room_files(x->core->room, id, x->caller.person, &files, e);
	if (rc == 0)
		sr_room_export_end(x->core->room, id);
	return rc;
}

/* --- held items --- */

static int level_for(uint32_t *level, struct sr_x *x, const struct sr_item_row *it,
	const struct sr_buf *more, struct sr_err *e) {
	struct sr_board_row *b = calloc(1, sizeof *b);
	struct sr_buf tokens;
	char *text = NULL, *described = NULL;
	if (b == NULL)
		return sr_fail(e, SR_NOMEM, "board: out of memory");
	sr_buf_init(&tokens);
	if (sr_invariants_all_hazards(&described, it, e) == 0)
		sr_buf_put_str(&tokens, described);
	if (more != NULL && more->len > 0) {
		if (tokens.len > 0)
			sr_buf_put_str(&tokens, " ");
		sr_buf_put_buf(&tokens, more);
	}
	int rc = sr_buf_ok(&tokens, e);
	if (rc == 0 && (described == NULL || (text = sr_buf_dup_str(&tokens)) == NULL))
		rc = sr_fail(e, SR_NOMEM, "hazards: out of memory");
	if (rc == 0)
		rc = sr_query_board(b, x->catalogue, it->board, 0, e);
	if (rc == 0)
		rc = sr_invariants_level(level, b, text, e);
	free(described);
	free(text);
	sr_buf_free(&tokens);
	free(b);
	return rc;
}

int sr_op_quarantine_material(struct sr_x *x, struct sr_err *e) {
	struct sr_item_row it = {0};
	uint8_t id[SR_ID];
	uint32_t level = 0;
	if (!sr_in_id(x, "item", id))
		return sr_fail(e, SR_MISUSE, "call without an item");
	int rc = sr_get_item(&it, x, id, e);
	if (rc == 0)
		rc = sr_room_quarantine(x->core->room, id, x->caller.person, &x->r->body, e);
	if (rc == 0) {
		sr_text_put_dec(&x->r->head, "number", it.number);
		if (level_for(&level, x, &it, NULL, NULL) ==
			0) /* referral: no level, it is never released */
			sr_text_put_dec(&x->r->head, "level", level);
		sr_text_put(&x->r->head, "depositor", it.depositor);
	}
	sr_item_row_free(&it);
	return rc;
}

int sr_op_quarantine_open(struct sr_x *x, struct sr_err *e) {
	uint8_t id[SR_ID];
	const struct sr_bytes part = sr_in_body(x);
	int rc = checkout(id, x, e);
	if (rc == 0 && part.len != SR_PART)
		rc = sr_fail(e, SR_USAGE, "quarantine.open: a part has %d bytes, %zu came", SR_PART,
			part.len);
	if (rc != 0)
		return rc;
	rc = sr_room_open_held(x->core->room, id, x->caller.person, part.p, e);
	return opened(x, id, rc, e);
}

/* The call's hazards as tokens with single spaces. */
static int hazards_of(struct sr_buf *out, const struct sr_x *x, struct sr_err *e) {
	for (size_t i = 0; i < sr_text_count(&x->q->text, "hazard"); i++) {
		const struct sr_bytes h = sr_text_get_n(&x->q->text, "hazard", i);
		if (!sr_invariants_hazard(h))
			return sr_fail(e, SR_USAGE,
				"hazard \"%.*s\" is none of the controlled terms", (int)h.len,
				(const char *)h.p);
		if (out->len > 0)
			sr_buf_put_str(out, " ");
		sr_buf_put_bytes(out, h);
	}
	return sr_buf_ok(out, e);
}

/* Both lists without repetition, as `release` carries them. */
static void put_hazards(
	struct sr_rows_out *o, const struct sr_item_row *it, const struct sr_buf *more) {
	sr_row_words(o, "hazard", it->hazards);
	for (size_t i = 0; i < sr_word_count(sr_buf_view(more)); i++) {
		const struct sr_bytes w = sr_word(sr_buf_view(more), i);
		char word[SR_IN_TEXT];
		if (w.len >= sizeof word)
			continue;
		memcpy(word, w.p, w.len);
		word[w.len] = '\0';
		if (!sr_token_in(it->hazards == NULL ? "" : it->hazards, word))
			sr_row_str(o, "hazard", word);
	}
}

static int prepare_one(struct sr_x *x, struct sr_rows_out *o, struct sr_room_release *rel,
	const struct sr_buf *hazards, struct sr_err *e) {
	const char *intake = x->core->works ? sr_queue_why(x->core->queue, rel->item) : NULL;
	struct sr_item_row it = {0};
	uint64_t asked = 0;
	int rc = sr_get_item(&it, x, rel->item, e);
	/* What waits for something that is missing here need not be waited for. */
	if (rc == 0 && intake != NULL && *intake == '\0')
		rc = sr_fail(e, SR_DENIED,
			"what is done after its deposit (files identified, taken apart, scanned) "
			"is not over: wait a little (intake show says how far it is)");
	if (rc == 0)
		rc = level_for(&rel->level, x, &it, hazards, e);
	if (rc == 0 && sr_in_dec(x, "level", &asked)) {
		if (asked < rel->level || asked > UINT8_MAX)
			rc = sr_fail(e, SR_USAGE, "level %llu: its hazards need %u",
				(unsigned long long)asked, rel->level);
		rel->level = (uint32_t)asked;
	}
	if (rc == 0) {
		rel->curator = x->caller.person;
		rc = sr_room_release_prepare(x->core->room, rel, e);
	}
	if (rc == 0) {
		sr_row(o, "release");
		sr_row_hex(o, "item", rel->item, SR_ID);
		sr_row_dec(o, "number", rel->number);
		sr_row_hex(o, "envelope", rel->envelope, SR_HASH);
		sr_row_dec(o, "level", rel->level);
		put_hazards(o, &it, hazards);
	}
	sr_item_row_free(&it);
	return rc;
}

int sr_op_release_prepare(struct sr_x *x, struct sr_err *e) {
	struct sr_rows_out o;
	struct sr_reader in;
	struct sr_buf hazards;
	uint32_t count = 0;
	sr_buf_init(&hazards);
	sr_reader_init(&in, sr_in_body(x));
	int rc = sr_get_le32(&in, &count, e);
	if (rc == 0 && (count < 1 || count > SR_PREPARE_MAX))
		rc = sr_fail(e, SR_USAGE, "release.prepare: %u items, want 1 to %d", count,
			SR_PREPARE_MAX);
	if (rc == 0)
		rc = hazards_of(&hazards, x, e);
	sr_rows_begin(&o, &x->r->body);
	if (rc == 0 && !x->session->prepared) {
		x->session->prepared = true;
		x->core->prepared++;
	}
	for (uint32_t i = 0; rc == 0 && i < count; i++) {
		struct sr_room_release rel = {0};
		rc = sr_get(&in, rel.item, SR_ID, e);
		if (rc == 0)
			rc = sr_get(&in, rel.part, SR_PART, e);
		if (rc == 0)
			rc = prepare_one(x, &o, &rel, &hazards, e);
		sr_wipe(&rel, sizeof rel);
	}
	if (rc == 0)
		rc = sr_get_end(&in, e);
	sr_buf_free(&hazards);
	return rc;
}
