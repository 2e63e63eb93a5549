/*
 * certificate - see certificate.h: every line is looked up when it is made, none is remembered.
 */
#include "board/certificate.h"

#include "board/dbkeys.h"
#include "board/erase.h"
#include "board/keys.h"
#include "board/room_note.h"
#include "catalogue/lists.h"
#include "ledger/statement.h"
#include "store/envelope.h"
#include "store/secrets.h"

static const char TYPE[] = "strongroom/certificate/v1";

struct facts {
	struct sr_vault *v;
	struct sr_entry_row entry;
	struct sr_entry destroy; /* opened */
	struct sr_tombstones dead;
	const uint8_t *item; /* the one asked about, or NULL */
	size_t secrets, envelopes;
	uint64_t exports;
	size_t backups;
	bool collected, dedupe;
	uint64_t collect; /* entry */
	struct sr_secrets_copy copy;
	struct sr_renewal renewal;
};

static void facts_free(struct facts *f) {
	sr_entry_free(&f->destroy);
	sr_tombstones_free(&f->dead);
	free(f);
}

/* The entry of `destroy` that ended the item, or that the request brought. */
static int find_entry(
	uint64_t *entry, struct sr_vault *v, const struct sr_certificate_of *of, struct sr_err *e) {
	struct sr_entry_filter filter = {.type = SR_T_DESTROY};
	const struct sr_page one = {.limit = 1};
	struct sr_entries l = {0};
	struct sr_item_row row = {0};
	char hex[2 * SR_ID + 1];
	int rc;

	if (of->item != NULL) {
		rc = sr_query_item(&row, v->catalogue, of->item, e);
		if (rc == 0 && row.state != SR_S_DESTROYED)
			rc = sr_fail(e, SR_NOTFOUND,
				"the item is %s: there is no destruction to certify",
				sr_state_name(row.state));
		*entry = row.destroyed;
		sr_item_row_free(&row);
		return rc;
	}
	sr_hex(hex, of->request, SR_ID);
	filter.about = hex;
	rc = sr_query_entries(&l, v->catalogue, &filter, &one, e);
	if (rc == 0 && l.count == 0)
		rc = sr_fail(e, SR_NOTFOUND, "request %s destroyed nothing", hex);
	if (rc == 0)
		*entry = l.rows[0].index;
	sr_entries_free(&l);
	return rc;
}

/* What is left of one item, and what is known about where else it may be. */
static int look_at(struct facts *f, const struct sr_tombstone *t, struct sr_err *e) {
	char name[SR_ENVELOPE_NAME];
	struct sr_collection_row c = {0};
	struct sr_item_row row = {0};
	uint64_t exports = 0;
	size_t left = 0;
	bool there = false;
	int rc = sr_item_secrets(&left, f->v, t->item, e);

	if (rc == 0)
		rc = sr_query_item(&row, f->v->catalogue, t->item, e);
	if (rc == 0)
		rc = sr_query_collection(&c, f->v->catalogue, row.collection, e);
	if (rc == 0)
		rc = sr_query_exports(&exports, f->v->catalogue, t->item, e);
	sr_envelope_name(name, t->item, t->number);
	if (rc == 0)
		rc = sr_file_find(&there, f->v->items, name, e);
	f->secrets += left;
	f->envelopes += there ? 1 : 0;
	f->exports += exports;
	f->dedupe = f->dedupe || c.dedupe;
	sr_item_row_free(&row);
	sr_collection_row_free(&c);
	return rc;
}

/* Backups from before that could bring it back, and the last collection since. */
static int look_around(struct facts *f, uint64_t entry, struct sr_err *e) {
	const struct sr_entry_filter since = {.type = SR_T_COLLECT, .newest_first = true};
	const struct sr_page one = {.limit = 1};
	struct sr_backups backups = {0};
	struct sr_entries l = {0};
	int rc = sr_query_backups(&backups, f->v->catalogue, true, entry, e);

	f->backups = backups.count;
	sr_backups_free(&backups);
	if (rc == 0)
		rc = sr_query_entries(&l, f->v->catalogue, &since, &one, e);
	f->collected = l.count > 0 && l.rows[0].index > entry;
	f->collect = f->collected ? l.rows[0].index : 0;
	sr_entries_free(&l);
	return rc;
}

static int gather(
	struct facts *f, const struct sr_certificate_of *of, uint64_t *entry, struct sr_err *e) {
	int rc = find_entry(entry, f->v, of, e);

	f->item = of->item;
	if (rc == 0)
		rc = sr_query_entry(&f->entry, f->v->catalogue, *entry, e);
	if (rc == 0)
		rc = sr_vault_entry(&f->destroy, f->v, *entry, e);
	if (rc == 0)
		rc = sr_query_tombstones(&f->dead, f->v->catalogue, *entry, *entry + 1, e);
	for (size_t i = 0; i < f->dead.count && rc == 0; i++)
		if (of->item == NULL || memcmp(of->item, f->dead.rows[i].item, SR_ID) == 0)
			rc = look_at(f, &f->dead.rows[i], e);
	if (rc == 0)
		rc = look_around(f, *entry, e);
	if (rc == 0)
		rc = sr_renewal_due(&f->renewal, f->v, e);
	sr_secrets_pending(f->v->secrets, &f->copy);
	return rc;
}

static void put_items(struct sr_buf *text, const struct facts *f) {
	if (f->item != NULL) {
		sr_text_put_hex(text, "item", f->item, SR_ID);
		return;
	}
	for (size_t i = 0; f->dead.count <= SR_CERTIFICATE_ITEMS && i < f->dead.count; i++)
		sr_text_put_hex(text, "item", f->dead.rows[i].item, SR_ID);
}

static void put_text(struct sr_buf *text, const struct facts *f, int64_t now) {
	const bool pending = f->copy.wanted && f->copy.erasures > 0;
	const struct {
		const char *token;
		bool said;
	} limits[] = {{"backups", f->backups > 0}, {"blocks", true}, {"databases", f->renewal.due},
		{"exports", f->exports > 0}, {"media", true}, {"second-copy", pending},
		{"shared-blocks", f->dedupe},
		{"witnesses",
			f->secrets + f->envelopes > 0 && f->entry.index >= sr_erase_seen(f->v)}};
	static const char *const copied[] = {"request", "version", "items"};

	sr_text_begin(text, TYPE);
	sr_text_put_hex(text, "vault", f->v->fingerprint, SR_HASH);
	sr_text_put_time(text, "time", now);
	for (size_t i = 0; i < sizeof copied / sizeof copied[0]; i++) {
		const struct sr_bytes value = sr_field(&f->destroy.statement, copied[i], 0);

		sr_text_putf(text, copied[i], "%.*s", (int)value.len, (const char *)value.p);
	}
	sr_text_put_dec(text, "entry", f->entry.index);
	sr_text_put_hex(text, "statement", f->entry.hash, SR_HASH);
	sr_text_put_time(text, "destroyed", f->entry.received);
	put_items(text, f);
	sr_text_put_dec(text, "secrets", f->secrets);
	sr_text_put_dec(text, "envelopes", f->envelopes);
	sr_text_put_dec(text, "exports", f->exports);
	sr_text_put_dec(text, "backups", f->backups);
	if (f->collected)
		sr_text_put_dec(text, "collected", f->collect);
	else
		sr_text_put(text, "collected", "none");
	sr_text_put(text, "second", !f->copy.wanted ? "none" : pending ? "pending" : "current");
	sr_text_put(text, "databases", f->renewal.due ? "pending" : "renewed");
	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
		if (limits[i].said)
			sr_text_put(text, "not-promised", limits[i].token);
}

int sr_certificate_make(struct sr_buf *out, uint64_t *entry, struct sr_vault *v,
	const struct sr_certificate_of *of, struct sr_err *e) {
	struct facts *f = calloc(1, sizeof *f);
	struct sr_buf text;
	int rc;

	if (f == NULL)
		return sr_fail(e, SR_NOMEM, "certificate: out of memory");
	sr_buf_init(&text);
	f->v = v;
	rc = gather(f, of, entry, e);
	if (rc == 0) {
		put_text(&text, f, sr_now(&v->clock));
		rc = sr_buf_ok(&text, e);
	}
	if (rc == 0)
		rc = sr_room_note_sign(out, sr_buf_view(&text), v, e);
	sr_buf_free(&text);
	facts_free(f);
	return rc != 0 ? sr_wrap(e, "certificate") : 0;
}

/* --- reading ---------------------------------------------------------------------------------- */

static bool names_item(const struct sr_text *t, const uint8_t item[SR_ID]) {
	char hex[2 * SR_ID + 1];

	sr_hex(hex, item, SR_ID);
	for (size_t i = 0; i < sr_text_count(t, "item"); i++)
		if (sr_bytes_eq(sr_text_get_n(t, "item", i), sr_bytes_str(hex)))
			return true;
	return false;
}

int sr_certificate_read(struct sr_certificate *out, struct sr_bytes note,
	const struct sr_certificate_want *want, struct sr_err *e) {
	const struct sr_room_note_want of = {
		TYPE, "certificate of a destruction", want->origin, want->room_pk, want->vault};
	struct sr_room_note n;
	int rc = sr_room_note_open(&n, note, &of, e);

	if (rc == 0 && want->item != NULL && !names_item(&n.text, want->item))
		rc = sr_fail(e, SR_AUTH, "it is of another item");
	if (rc == 0)
		rc = sr_parse_dec(&out->secrets, sr_text_get(&n.text, "secrets"), INT64_MAX, e);
	if (rc == 0)
		rc = sr_parse_dec(&out->envelopes, sr_text_get(&n.text, "envelopes"), INT64_MAX, e);
	if (rc == 0) {
		out->entry = n.entry;
		memcpy(out->statement, n.statement, SR_HASH);
	}
	sr_room_note_free(&n);
	return rc != 0 ? sr_wrap(e, "certificate") : 0;
}
