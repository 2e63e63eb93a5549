/*
 * adopt - see adopt.h.
 */
#include "board/adopt.h"

#include <stdlib.h>
#include <string.h>

#include "board/door.h"
#include "board/follow.h"
#include "board/witnessing.h"
#include "catalogue/query.h"
#include "ledger/keychange.h"
#include "ledger/ledger.h"
#include "ledger/seen.h"

static int name_fits(struct sr_vault *v, const char *name, struct sr_err *e) {
	const struct sr_log_keys *k = sr_ledger_keys(v->ledger);

	if (sr_note_name_check(sr_bytes_str(name), NULL) != 0 || strlen(name) >= SR_ORIGIN_MAX)
		return sr_fail(e, SR_USAGE,
			"a log's name has no space and no +, and under %d bytes: "
			"archive.example.org/vault-2",
			SR_ORIGIN_MAX);
	for (size_t i = 0; i < k->count; i++)
		if (strcmp(k->key[i].name, name) == 0)
			return sr_fail(e, SR_USAGE,
				i == 0 ? "that is the name that the log was founded with"
				       : "the log had that name already; it takes a new one");
	return 0;
}

/* *${there}: the log's newest name, into ${last}, waits for the board to confirm it. */
static int unconfirmed(
	struct sr_log_name *last, bool *there, struct sr_vault *v, struct sr_err *e) {
	struct sr_log_names names = {0};
	int rc = sr_query_log_names(&names, v->catalogue, e);

	*there = rc == 0 && names.count > 0 && names.rows[names.count - 1].confirmed == 0;
	if (*there)
		*last = names.rows[names.count - 1];
	sr_log_names_free(&names);
	return rc;
}

/* Named, and broken off or asked once more: it is done. */
static int not_named(struct sr_vault *v, const char *name, struct sr_err *e) {
	struct sr_log_name last = {0};
	bool there = false;
	int rc = unconfirmed(&last, &there, v, e);

	if (rc == 0 && there && strcmp(last.name, name) == 0)
		rc = sr_fail(e, SR_DENIED,
			"the log goes on as %s already, from entry %llu on, which says that "
			"entries %llu to %llu are lost: what it needs is the board's word "
			"(strongroom log adopt --ask --reason TEXT --as MEMBER)",
			name, (unsigned long long)last.entry, (unsigned long long)last.agreed,
			(unsigned long long)last.known);
	return rc;
}

/* After a name that was not confirmed: no less loss than that one says. */
static int no_less(struct sr_log_link *l, struct sr_vault *v, bool all, struct sr_err *e) {
	struct sr_log_name last = {0};
	bool there = false;
	int rc = unconfirmed(&last, &there, v, e);

	if (rc == 0 && there) {
		if (all && l->agreed > last.agreed)
			l->agreed = last.agreed;
		if (l->agreed > last.agreed || l->known < last.known)
			rc = sr_fail(e, SR_DENIED,
				"the name %s waits to be confirmed, and says that entries %llu to "
				"%llu are lost; another one in its place says no less",
				last.name, (unsigned long long)last.agreed,
				(unsigned long long)last.known);
	}
	return rc;
}

/* What the statement says: the keys of now, and the name of then. */
static int change_of(
	struct sr_key_change *k, struct sr_vault *v, const struct sr_adopt *a, struct sr_err *e) {
	const uint64_t size = sr_ledger_next_index(v->ledger);
	struct sr_log_link *l = &k->log.next;
	uint64_t restored = 0;
	int rc = not_named(v, a->name, e);

	memset(k, 0, sizeof *k);
	if (rc == 0)
		rc = name_fits(v, a->name, e);
	if (rc == 0)
		rc = sr_query_log_restored(&restored, v->catalogue, e);
	if (rc != 0)
		return rc;
	k->log.renames = true;
	l->from = size;
	l->known = a->known;
	l->agreed = a->agreed != SR_ADOPT_ALL ? a->agreed : restored != 0 ? restored : size;
	rc = no_less(l, v, a->agreed == SR_ADOPT_ALL, e);
	if (rc != 0)
		return rc;
	memcpy(l->pk, v->keys->ledger_pk, SR_PK);
	memcpy(l->name, a->name, strlen(a->name) + 1);
	memcpy(k->room_pk, v->keys->room_pk, SR_PK);
	sr_ledger_root(k->log.root, v->ledger);
	if (l->agreed > size || l->agreed == 0)
		return sr_fail(e, SR_USAGE,
			"%llu entries cannot be as others know them: the log has %llu, and begins "
			"with its founding",
			(unsigned long long)l->agreed, (unsigned long long)size);
	if (l->known <= l->agreed)
		return sr_fail(e, SR_DENIED,
			"others know of %llu entries, and %llu are here as they know them: nothing "
			"is lost, and the log goes on under its own name",
			(unsigned long long)l->known, (unsigned long long)l->agreed);
	return 0;
}

static int commit(struct sr_vault *v, const struct sr_key_change *k, struct sr_err *e) {
	struct sr_outcome *o = calloc(1, sizeof *o);
	struct sr_buf text;
	int rc = o == NULL ? sr_fail(e, SR_NOMEM, "out of memory") : 0;

	sr_buf_init(&text);
	if (rc == 0) {
		sr_follow_begin(&text, v, SR_T_SERVICE_KEY, sr_now(&v->clock));
		rc = sr_key_change_put(&text, k, e);
	}
	/* The ledger knows the name before the entry is in it: nothing that holds the entry is ever
	 * signed under the old one. */
	if (rc == 0)
		rc = sr_ledger_rename(v->ledger, &k->log.next, e);
	if (rc == 0) {
		rc = sr_door_service(v, sr_buf_view(&text), o, e);
		if (rc == 0 && o->code != 0)
			rc = sr_fail(e, (enum sr_code)o->code, "%s", o->err.text);
		if (rc != 0) /* that index is the name's and no other's: not in this process */
			v->failed = true;
	}
	sr_buf_free(&text);
	free(o);
	return rc;
}

/* Step 2. Where it fails, this process publishes nothing more: a checkpoint under a name that
 * strongroom.conf does not have could not be opened again. */
static int settle(struct sr_vault *v, const struct sr_log_link *l, struct sr_err *e) {
	int rc = sr_witnessing_forget(v, e);

	if (rc == 0)
		rc = sr_vault_conf_log(v, l, e);
	v->failed = v->failed || rc != 0;
	return rc;
}

int sr_adopt(struct sr_vault *v, const struct sr_adopt *a, uint64_t *agreed, uint64_t *entry,
	struct sr_err *e) {
	struct sr_key_change *k = calloc(1, sizeof *k);
	int rc = k == NULL ? sr_fail(e, SR_NOMEM, "out of memory") : 0;

	if (rc == 0 && !v->founded)
		rc = sr_fail(e, SR_DENIED, "this vault is not founded: its log has no history");
	if (rc == 0 && v->keys->under_way)
		rc = sr_fail(e, SR_LOCKED, "a change of keys is under way: open the vault again");
	if (rc == 0)
		rc = change_of(k, v, a, e);
	if (rc == 0) {
		*agreed = k->log.next.agreed;
		*entry = k->log.next.from;
		sr_witnessing_hush(v);
		rc = commit(v, k, e);
	}
	if (rc == 0)
		rc = settle(v, &k->log.next, e);
	if (rc == 0)
		rc = sr_witnessing_open(v, e);
	free(k);
	return rc != 0 ? sr_wrap(e, "the log's name") : 0;
}

/* --- at opening ------------------------------------------------------------------------------- */

static void link_of(struct sr_log_link *l, const struct sr_log_name *n) {
	memset(l, 0, sizeof *l);
	l->from = n->entry;
	l->agreed = n->agreed;
	l->known = n->known;
	memcpy(l->name, n->name, sizeof l->name);
}

static bool same(const struct sr_log_link *a, const struct sr_log_link *b) {
	return a->from == b->from && a->agreed == b->agreed && a->known == b->known &&
	       strcmp(a->name, b->name) == 0;
}

int sr_adopt_settle(struct sr_vault *v, const struct sr_vault_conf *conf, struct sr_err *e) {
	struct sr_log_names names = {0};
	struct sr_log_link l;
	int rc = sr_query_log_names(&names, v->catalogue, e);

	if (rc == 0 && conf->log_count > names.count)
		rc = sr_fail(e, SR_AUTH,
			"strongroom.conf has the name %s, and no entry of the log says that "
			"it took it: remove that line log, or put the newer copy of the vault in "
			"place",
			conf->log[names.count].name);
	for (size_t i = 0; i < names.count && rc == 0; i++) {
		link_of(&l, &names.rows[i]);
		if (i < conf->log_count) {
			if (!same(&conf->log[i], &l))
				rc = sr_fail(e, SR_AUTH,
					"strongroom.conf says that the log is %s since entry %llu, "
					"its entry %llu that it is %s",
					conf->log[i].name, (unsigned long long)conf->log[i].from,
					(unsigned long long)l.from, l.name);
			continue;
		}
		rc = sr_ledger_rename(v->ledger, &l, e);
		if (rc == 0)
			rc = settle(v, &l, e);
		if (rc == 0)
			sr_buf_printf(&v->recovered,
				"the log goes on as %s since entry %llu: strongroom.conf says so "
				"now\n",
				l.name, (unsigned long long)l.from);
	}
	sr_log_names_free(&names);
	return rc != 0 ? sr_wrap(e, "the log's name") : 0;
}

int sr_adopt_check(struct sr_vault *v, struct sr_err *e) {
	struct sr_log_name last = {0};
	bool there = false;
	int rc = unconfirmed(&last, &there, v, e);

	if (rc == 0 && there)
		rc = sr_fail(e, SR_DENIED,
			"the log goes on as %s since entry %llu, and entries were lost: nothing "
			"opens until the board confirms it (log adopt --ask)",
			last.name, (unsigned long long)last.entry);
	return rc;
}
