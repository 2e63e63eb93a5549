/*
 * What the house does with itself: status, scrub, rebuild. (verify: ops_verify.c)
 */
#include <unistd.h>

#include "board/dbkeys.h"
#include "board/fixity.h"
#include "board/follow.h"
#include "core/ops_in.h"
#include "intake/queue.h"
#include "ledger/ledger.h"
#include "room/room.h"
#include "store/index.h"
#include "store/secrets.h"

static void put_counts(struct sr_buf *head, const struct sr_counts *n) {
	const struct {
		const char *key;
		uint64_t v;
	} fields[] = {
		{"entries", n->entries},
		{"people", n->people},
		{"collections", n->collections},
		{"accessions", n->accessions},
		{"held", n->items_held},
		{"released", n->items_released},
		{"destroyed", n->items_destroyed},
		{"bytes", n->bytes},
		{"requests-open", n->requests_open},
		{"grants-live", n->grants_live},
		{"grants-suspended", n->grants_suspended},
		{"checkouts-live", n->checkouts_live},
		{"incidents", n->incidents},
		{"refusals", n->refusals},
	};
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		sr_text_put_dec(head, fields[i].key, fields[i].v);
	if (n->last_received > 0)
		sr_text_put_time(head, "last-received", n->last_received);
	if (n->last_scrub > 0)
		sr_text_put_time(head, "last-scrub", n->last_scrub);
}

static void put_backups(struct sr_buf *head, const struct sr_backup_counts *n) {
	if (n->last > 0)
		sr_text_put_time(head, "last-backup", n->last);
	sr_text_put_dec(head, "backups-open", n->open);
	sr_text_put_dec(head, "backups-reviving", n->reviving);
}

static void put_recovered(struct sr_rows_out *o, struct sr_bytes lines) {
	size_t from = 0;
	for (size_t i = 0; i <= lines.len; i++) {
		if (i < lines.len && lines.p[i] != '\n')
			continue;
		if (i > from) {
			sr_row(o, "recovered");
			sr_row_bytes(o, "text", sr_bytes_of(lines.p + from, i - from));
		}
		from = i + 1;
	}
}

/* Items that are left under a key before, of all boards; nothing when no new key is on its way. */
static int put_left(struct sr_x *x, struct sr_err *e) {
	struct sr_boards l = {0};
	uint64_t items = 0;
	bool rekeying = false;
	int rc = sr_query_boards(&l, x->catalogue, e);
	for (size_t i = 0; rc == 0 && i < l.count; i++) {
		struct sr_left left = {0};
		rc = sr_query_left(&left, x->catalogue, l.rows[i].id, e);
		rekeying = rekeying || left.rekeying != 0;
		items += left.items;
	}
	sr_boards_free(&l);
	if (rc == 0 && rekeying)
		sr_text_put_dec(&x->r->head, "left", items);
	return rc;
}

int sr_op_status(struct sr_x *x, struct sr_err *e) {
	struct sr_buf *head = &x->r->head;
	struct sr_secrets_copy copy = {0};
	struct sr_backup_counts backups;
	struct sr_renewal renewal = {.due = false};
	struct sr_counts counts;
	struct sr_rows_out o;
	uint8_t root[SR_HASH];
	uint64_t packs = 0, blocks = 0;
	const bool store = x->session->embedded || sr_may_see_store(&x->caller);
	bool rotate = false;
	int rc = sr_query_counts(&counts, x->catalogue, e);
	if (rc == 0)
		rc = sr_query_backup_counts(&backups, x->catalogue, e);
	if (rc == 0)
		rc = sr_index_counts(x->vault->index, &packs, &blocks, e);
	if (rc == 0)
		rc = sr_renewal_due(&renewal, x->vault, e);
	if (rc != 0)
		return rc;
	put_counts(head, &counts);
	rc = put_left(x, e);
	if (rc == 0)
		rc = sr_query_service_keys_old(&rotate, x->catalogue, e);
	if (rc != 0)
		return rc;
	if (rotate)
		sr_text_put(head, "rotate-due", "yes");
	put_backups(head, &backups);
	if (store) {
		sr_text_put_dec(head, "packs", packs);
		sr_text_put_dec(head, "blocks", blocks);
	}
	sr_text_put_dec(head, "open-here", sr_room_count(x->core->room));
	sr_text_put_dec(head, "sessions", x->core->sessions);
	sr_text_put_dec(head, "deposits", x->core->deposits);
	sr_ledger_root(root, x->vault->ledger);
	sr_text_put_dec(head, "size", sr_ledger_next_index(x->vault->ledger));
	sr_text_put_base64(head, "root", root, sizeof root);
	sr_secrets_pending(x->vault->secrets, &copy);
	sr_text_put(head, "second", copy.wanted ? "yes" : "no");
	if (copy.wanted && copy.current)
		sr_text_put(head, "second-current", "yes");
	sr_text_put_dec(head, "second-pending", copy.erasures);
	if (renewal.due)
		sr_text_put(head, "renewal-due", "yes");
	if (x->vault->failed)
		sr_text_put(head, "failed", "yes");
	sr_text_put_dec(head, "pid", (uint64_t)getpid());
	sr_rows_begin(&o, &x->r->body);
	if (store)
		put_recovered(&o, sr_buf_view(&x->vault->recovered));
	if (copy.wanted && copy.reason[0] != '\0') {
		sr_row(&o, "second");
		sr_row_str(&o, "reason", copy.reason);
	}
	return 0;
}

struct scrubbed {
	struct sr_rows_out rows;
	struct sr_err first;
};

static int put_finding(void *ctx, const struct sr_scrub_finding *f, struct sr_err *e) {
	static const char *const words[] = {[SR_SCRUB_PACK] = "pack",
		[SR_SCRUB_OBJECT] = "object",
		[SR_SCRUB_ENVELOPE] = "envelope",
		[SR_SCRUB_INVENTORY] = "inventory"};
	struct scrubbed *s = ctx;
	struct sr_rows_out *o = &s->rows;
	if (s->first.code == SR_OK)
		(void)sr_fail(&s->first, f->code, "%s", f->text);
	sr_row(o, "finding");
	sr_row_str(o, "what", words[f->what]);
	sr_row_str(o, "name", f->name);
	sr_row_str(o, "code", sr_code_name(f->code));
	sr_row_str(o, "text", f->text);
	return sr_buf_ok(o->b, e);
}

/* What a disk or a limit keeps from being read is not known to be damaged. */
static bool only_unread(const struct sr_scrub_totals *t) {
	return t->findings > 0 && t->unread == t->findings;
}

/* `scrub` in the log: what was looked at, and how much of it was bad. */
static int log_scrub(struct sr_x *x, const struct sr_scrub_totals *t, struct sr_err *e) {
	struct sr_outcome outcome;
	struct sr_buf text;
	sr_buf_init(&text);
	memset(&outcome, 0, sizeof outcome);
	sr_follow_begin(&text, x->vault, SR_T_SCRUB, sr_now(&x->vault->clock));
	sr_text_put_dec(&text, "packs", t->packs);
	sr_text_put_dec(&text, "objects", t->objects);
	sr_text_put_dec(&text, "envelopes", t->envelopes);
	sr_text_put_dec(&text, "bad", t->findings);
	sr_text_put(&text, "result",
		t->findings == 0 ? "whole"
		: only_unread(t) ? "unread"
				 : "damaged");
	int rc = sr_buf_ok(&text, e);
	if (rc == 0)
		rc = sr_door_service(x->vault, sr_buf_view(&text), &outcome, e);
	if (rc == 0 && outcome.code != 0)
		rc = sr_fail(e, outcome.err.code, "%s", outcome.err.text);
	if (rc == 0)
		sr_text_put_dec(&x->r->head, "index", outcome.index);
	sr_buf_free(&text);
	return rc;
}

/* The sentence about what a scrub found. */
static int scrub_bad(
	const struct sr_scrub_totals *t, const struct sr_err *first, struct sr_err *e) {
	const unsigned long long all = t->packs + t->objects + t->envelopes, unread = t->unread,
				 bad = t->findings - t->unread;
	if (bad == 0)
		return sr_fail(e, SR_IO,
			"scrub: %llu of %llu packs, objects and envelopes could not be read; "
			"nothing else is wrong with any; the first: %s",
			unread, all, first->text);
	if (unread > 0)
		return sr_fail(e, SR_CORRUPT,
			"scrub: %llu of %llu packs, objects and envelopes are lost or damaged, and "
			"%llu could not be read",
			bad, all, unread);
	return sr_fail(e, SR_CORRUPT,
		"scrub: %llu of %llu packs, objects and envelopes are lost or damaged", bad, all);
}

int sr_op_scrub(struct sr_x *x, struct sr_err *e) {
	struct sr_scrub_totals t;
	struct scrubbed o = {.first = {.code = SR_OK}};
	struct sr_buf *head = &x->r->head;
	memset(&t, 0, sizeof t);
	if (!x->vault->founded)
		return sr_fail(e, SR_DENIED,
			"scrub writes into the log, which begins when the vault is founded");
	sr_rows_begin(&o.rows, &x->r->body);
	const struct sr_fixity f = {
		.finding = put_finding, .ctx = &o, .progress = x->core->progress};
	int rc = sr_fixity_check(x->vault, &f, &t, e);
	if (rc == 0)
		rc = log_scrub(x, &t, e);
	if (rc != 0)
		return rc;
	sr_text_put_dec(head, "packs", t.packs);
	sr_text_put_dec(head, "objects", t.objects);
	sr_text_put_dec(head, "envelopes", t.envelopes);
	sr_text_put_dec(head, "bytes", t.bytes);
	sr_text_put_dec(head, "findings", t.findings);
	sr_text_put_dec(head, "elapsed-ms", t.elapsed_ms);
	if (t.findings == 0)
		return 0;
	x->keep_body = true;
	return scrub_bad(&t, &o.first, e);
}

int sr_op_rebuild(struct sr_x *x, struct sr_err *e) {
	struct sr_rebuilt r;
	struct sr_buf *head = &x->r->head;
	size_t packs = 0, bad = 0;
	memset(&r, 0, sizeof r);
	if (x->core->deposits > 0)
		return sr_fail(e, SR_LOCKED,
			"%zu deposits are under way; the index cannot be made anew under them",
			x->core->deposits);
	const struct sr_progress *progress =
		x->core->progress.report != NULL ? &x->core->progress : NULL;
	struct sr_renewal renewal = {.due = false};
	sr_room_forget_all(x->core->room); /* open items read through the index */
	sr_queue_rest(x->core->queue);
	int rc = sr_vault_rebuild(x->vault, progress, &r, &packs, &bad, e);
	if (rc == 0)
		rc = sr_renewal_due(&renewal, x->vault, e);
	if (rc == 0 && renewal.due && !renewal.waits)
		rc = sr_vault_renew(x->vault, progress, e);
	x->catalogue = x->vault->catalogue;
	if (rc != 0)
		return rc;
	sr_text_put_dec(head, "entries", r.entries);
	sr_text_put(head, "catalogue", !r.had_old ? "new" : r.equal ? "equal" : "different");
	if (r.had_old && !r.equal)
		sr_text_put_base64(head, "difference", r.difference, strlen(r.difference));
	sr_text_put_dec(head, "packs", packs);
	sr_text_put_dec(head, "bad", bad);
	if (renewal.due && !renewal.waits)
		sr_text_put(head, "renewed", "yes");
	return 0;
}
