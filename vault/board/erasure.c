/*
 * erasure - see erasure.h: every line is looked up when it is made, none is remembered.
 */
#include "board/erasure.h"

#include "board/dbkeys.h"
#include "board/forget.h"
#include "board/room_note.h"
#include "board/witnessing.h"
#include "catalogue/query.h"
#include "store/secrets.h"

static const char TYPE[] = "strongroom/erasure/v1";

struct facts {
	struct sr_erasure_row row;
	struct sr_entry_row entry;
	size_t enquiries, keys, backups;
	uint64_t entries;
	struct sr_secrets_copy copy;
	struct sr_renewal renewal;
};

static int gather(struct facts *f, struct sr_vault *v, const char *person, struct sr_err *e) {
	struct sr_backups backups = {0};
	struct sr_erased_list erased = {0};
	int rc = sr_query_erasure(&f->row, v->catalogue, person, e);

	if (rc == 0)
		rc = sr_query_entry(&f->entry, v->catalogue, f->row.entry, e);
	if (rc == 0)
		rc = sr_query_erased(&erased, v->catalogue, person, e);
	f->enquiries = erased.count > 0 ? erased.count - 1 : 0;
	sr_erased_free(&erased);
	if (rc == 0)
		rc = sr_forget_left(&f->keys, v, person, e);
	if (rc == 0)
		rc = sr_query_spoken_of(&f->entries, v->catalogue, person, e);
	if (rc == 0)
		rc = sr_query_backups(&backups, v->catalogue, true, f->row.entry, e);
	f->backups = backups.count;
	sr_backups_free(&backups);
	if (rc == 0)
		rc = sr_renewal_due(&f->renewal, v, e);
	sr_secrets_pending(v->secrets, &f->copy);
	return rc;
}

static void put_text(
	struct sr_buf *text, const struct facts *f, const struct sr_vault *v, int64_t now) {
	const bool pending = f->copy.wanted && f->copy.erasures > 0;
	const struct {
		const char *token;
		bool said;
	} limits[] = {{"backups", f->backups > 0}, {"databases", f->renewal.due},
		{"disclosed", true}, {"media", true}, {"mirrors", true}, {"others", true},
		{"second-copy", pending}, {"witnesses", f->keys > 0}};

	sr_text_begin(text, TYPE);
	sr_text_put_hex(text, "vault", v->fingerprint, SR_HASH);
	sr_text_put_time(text, "time", now);
	sr_text_put(text, "person", f->row.person);
	sr_text_put_hex(text, "request", f->row.request, SR_ID);
	sr_text_put(text, "ground", f->row.ground);
	sr_text_put_dec(text, "entry", f->row.entry);
	sr_text_put_hex(text, "statement", f->entry.hash, SR_HASH);
	sr_text_put_time(text, "erased", f->row.received);
	sr_text_put_dec(text, "records", f->row.records);
	sr_text_put_dec(text, "enquiries", f->enquiries);
	sr_text_put_dec(text, "keys", f->keys);
	sr_text_put_dec(text, "entries", f->entries);
	sr_text_put_dec(text, "witnesses", sr_witnessing_count(v));
	sr_text_put_dec(text, "backups", f->backups);
	sr_text_put(text, "second", !f->copy.wanted ? "none" : pending ? "pending" : "current");
	sr_text_put(text, "databases", f->renewal.due ? "pending" : "renewed");
	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
		if (limits[i].said)
			sr_text_put(text, "not-promised", limits[i].token);
}

int sr_erasure_make(struct sr_buf *out, uint64_t *entry, struct sr_vault *v, const char *person,
	struct sr_err *e) {
	struct facts *f = calloc(1, sizeof *f);
	struct sr_buf text;
	int rc = f == NULL ? sr_fail(e, SR_NOMEM, "erasure: out of memory")
			   : gather(f, v, person, e);

	sr_buf_init(&text);
	if (rc == 0) {
		put_text(&text, f, v, sr_now(&v->clock));
		*entry = f->row.entry;
		rc = sr_buf_ok(&text, e);
	}
	if (rc == 0)
		rc = sr_room_note_sign(out, sr_buf_view(&text), v, e);
	sr_buf_free(&text);
	free(f);
	return rc != 0 ? sr_wrap(e, "report of the erasure") : 0;
}

int sr_erasure_read(struct sr_erasure *out, struct sr_bytes note,
	const struct sr_erasure_want *want, struct sr_err *e) {
	const struct sr_room_note_want of = {
		TYPE, "report of an erasure", want->origin, want->room_pk, want->vault};
	struct sr_room_note n;
	int rc = sr_room_note_open(&n, note, &of, e);

	if (rc == 0 && !sr_bytes_eq(sr_text_get(&n.text, "person"), sr_bytes_str(want->person)))
		rc = sr_fail(e, SR_AUTH, "it is of another person");
	if (rc == 0)
		rc = sr_parse_dec(&out->keys, sr_text_get(&n.text, "keys"), INT64_MAX, e);
	if (rc == 0) {
		out->entry = n.entry;
		memcpy(out->statement, n.statement, SR_HASH);
	}
	sr_room_note_free(&n);
	return rc != 0 ? sr_wrap(e, "report of the erasure") : 0;
}
