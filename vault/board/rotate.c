/*
 * rotate - see rotate.h.
 */
#include "board/rotate.h"

#include "board/beats.h"
#include "board/dbkeys.h"
#include "board/door.h"
#include "board/fixity.h"
#include "board/follow.h"
#include "board/keys.h"
#include "board/recover.h"
#include "board/unlock.h"
#include "board/witnessing.h"
#include "catalogue/catalogue.h"
#include "catalogue/query.h"
#include "ledger/keychange.h"
#include "ledger/ledger.h"
#include "store/db.h"
#include "store/index.h"
#include "store/secrets.h"

/* --- begin ------------------------------------------------------------------------------------ */

static int no_accession(void *ctx, const char *name, bool is_dir, struct sr_err *e) {
	(void)ctx;
	(void)is_dir;
	if (strncmp(name, "accession-", 10) != 0)
		return 0;
	return sr_fail(e, SR_LOCKED,
		"an accession was broken off (run/%.60s): what it left is sealed to the keys of "
		"now. Go on with it (deposit --resume) or remove it (deposit --abandon) first",
		name);
}

static int no_pending(void *ctx, const uint8_t accession[SR_ID], struct sr_err *e) {
	char hex[2 * SR_ID + 1];

	(void)ctx;
	sr_hex(hex, accession, SR_ID);
	return sr_fail(e, SR_LOCKED,
		"accession %s was broken off: go on with it (deposit --resume) or remove it "
		"(deposit --abandon) first",
		hex);
}

static int copy_within_reach(struct sr_vault *v, struct sr_err *e) {
	struct sr_secrets_copy c;

	sr_secrets_pending(v->secrets, &c);
	if (!c.wanted || (c.current && c.erasures == 0))
		return 0;
	return sr_fail(e, SR_LOCKED,
		"the second copy of secrets.db is not up to date (%s), and would still open with "
		"the keys of now: mount its medium, or name another place (second replace)",
		c.reason[0] != '\0' ? c.reason : "erasures are pending there");
}

static int may_begin(struct sr_vault *v, struct sr_err *e) {
	struct sr_board_row *b = calloc(1, sizeof *b);
	int rc = b == NULL ? sr_fail(e, SR_NOMEM, "out of memory") : 0;

	if (rc == 0 && v->founded)
		rc = sr_query_board(b, v->catalogue, NULL, 0, e);
	if (rc == 0 && (!v->founded || !b->opened))
		rc = sr_fail(e, SR_DENIED,
			"the founding board has no keys yet: nothing could give the next service "
			"keys back");
	if (rc == 0 && sr_witnessing_alarm(v) != NULL)
		rc = sr_fail(e, SR_DENIED, "writing stops, by a witness's alarm: %s",
			sr_witnessing_alarm(v));
	if (rc == 0 && v->keys->under_way)
		rc = sr_fail(e, SR_LOCKED, "a change of keys is under way already");
	if (rc == 0)
		rc = sr_dir_each(v->run, no_accession, NULL, e);
	if (rc == 0)
		rc = sr_index_pending(v->index, no_pending, NULL, e);
	if (rc == 0)
		rc = copy_within_reach(v, e);
	free(b);
	return rc;
}

/* Steps 2 and 3. The vault keeps working with the keys before. Both databases are made anew on the
 * way, without a way back: not where a replay stops. */
static int begin(struct sr_vault *v, const struct sr_unlock *then,
	const struct sr_progress *progress, bool *changed, struct sr_err *e) {
	struct sr_service *next = NULL, *now = v->keys;
	struct sr_buf file;
	uint32_t epoch = 0;
	int rc = may_begin(v, e);

	sr_buf_init_secret(&file);
	if (rc == 0)
		rc = sr_vault_replays(v, progress, e);
	if (rc == 0)
		rc = sr_vault_epoch_now(&epoch, v, e);
	if (rc == 0)
		rc = sr_service_next(&next, now, sr_ledger_next_index(v->ledger), epoch, e);
	if (rc == 0)
		rc = sr_service_seal(&file, next, then, e);
	if (rc == 0) {
		v->keys = next;
		rc = sr_recover_renew(v, e);
		v->keys = now;
	}
	if (rc == 0)
		rc = sr_unlock_put(v->dir, sr_buf_view(&file), changed, e);
	sr_buf_free(&file);
	sr_service_free(next);
	return rc;
}

int sr_rotate(struct sr_vault **out, struct sr_vault *v, const struct sr_rotate *o, bool *changed,
	struct sr_err *e) {
	const struct sr_vault_open vo = {
		.path = o->path, .unlock = o->then, .clock = o->clock, .progress = o->progress};
	int rc;

	*out = NULL;
	*changed = false;
	rc = begin(v, &o->then, o->progress, changed, e);
	sr_vault_close(v);
	if (rc == 0)
		rc = sr_vault_open(out, &vo, e);
	return rc == 0 ? 0 : sr_wrap(e, "new service keys");
}

/* --- at opening ------------------------------------------------------------------------------- */

int sr_rotate_databases(struct sr_vault *v, struct sr_err *e) {
	int rc;

	if (!v->keys->under_way)
		return 0;
	/* An erasing commit: what the wrap before could still open is no root any more. */
	rc = sr_db_keys_renew(v, e);
	if (rc == 0)
		rc = sr_db_remove(v->dir, SR_CATALOGUE_FILE, e);
	if (rc == 0)
		rc = sr_db_remove(v->dir, SR_INDEX_FILE, e);
	return rc == 0 ? 0 : sr_wrap(e, "new service keys: databases");
}

static int log_entry(struct sr_vault *v, uint64_t from, struct sr_err *e) {
	struct sr_outcome *out = calloc(1, sizeof *out);
	const struct sr_log_keys *names = sr_ledger_keys(v->ledger);
	struct sr_key_change k = {.log = {.next = {.from = from}}};
	struct sr_buf text;
	int rc = out == NULL ? sr_fail(e, SR_NOMEM, "out of memory") : 0;

	sr_buf_init(&text);
	memcpy(k.log.next.name, sr_log_keys_last(names)->name, sizeof k.log.next.name);
	memcpy(k.log.next.pk, v->keys->ledger_pk, SR_PK);
	memcpy(k.room_pk, v->keys->room_pk, SR_PK);
	sr_follow_begin(&text, v, SR_T_SERVICE_KEY, sr_now(&v->clock));
	if (rc == 0)
		rc = sr_key_change_put(&text, &k, e);
	if (rc == 0)
		rc = sr_door_service(v, sr_buf_view(&text), out, e);
	if (rc == 0 && out->code != 0)
		rc = sr_fail(e, (enum sr_code)out->code, "%s", out->err.text);
	sr_buf_free(&text);
	free(out);
	return rc;
}

int sr_rotate_log(struct sr_vault *v, struct sr_err *e) {
	const uint64_t from = v->keys->former_end[0], size = sr_ledger_next_index(v->ledger);
	struct sr_vault_row *row = NULL;
	int rc = 0;

	if (!v->keys->under_way)
		return 0;
	if (size < from)
		return sr_fail(e, SR_CORRUPT,
			"the service keys were changed when the log had %llu entries; it has %llu",
			(unsigned long long)from, (unsigned long long)size);
	if (size == from)
		return log_entry(v, from, e);
	row = calloc(1, sizeof *row);
	rc = row == NULL ? sr_fail(e, SR_NOMEM, "out of memory")
			 : sr_query_vault(row, v->catalogue, e);
	if (rc == 0 && memcmp(row->room_key, v->keys->room_pk, SR_PK) != 0)
		rc = sr_fail(e, SR_CORRUPT,
			"entry %llu of the log does not name the service keys that were to begin "
			"with it",
			(unsigned long long)from);
	free(row);
	return rc;
}

int sr_rotate_settle(struct sr_vault *v, const struct sr_unlock *u, bool *done, struct sr_err *e) {
	const struct sr_bytes none = {NULL, 0};
	struct sr_buf file;
	bool changed = false;
	int rc = 0;

	*done = v->keys->under_way;
	if (!*done)
		return 0;
	sr_buf_init_secret(&file);
	/* Whoever looks from outside, where a kill left it, sees a list of packs by the key of the
	 * checkpoint, or by one that comes after it, never by one that has ended. */
	rc = sr_fixity_inventory(v, none, none, e);
	if (rc == 0)
		rc = sr_dir_syncfs(v->dir, e);
	if (rc == 0)
		rc = sr_ledger_publish(v->ledger, e);
	if (rc == 0)
		rc = sr_beats_renew(v, e);
	if (rc == 0) {
		sr_service_settled(v->keys);
		rc = sr_recover_renew(v, e);
	}
	if (rc == 0)
		rc = sr_service_seal(&file, v->keys, u, e);
	if (rc == 0)
		rc = sr_unlock_put(v->dir, sr_buf_view(&file), &changed, e);
	sr_buf_free(&file);
	return rc == 0 ? 0 : sr_wrap(e, "new service keys");
}
