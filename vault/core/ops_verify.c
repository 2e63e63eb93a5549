/*
 * verify: the whole ledger, against nothing but itself and the pinned fingerprint.
 *
 *   1 replay every entry into a fresh catalogue: keys of people come from the cards in the log,
 *     never from the old catalogue
 *   2 read every entry and tile again on all cores: leaf hashes, tiles, root, commit record,
 *     checkpoint; open the structural
 *     part and check every signature, of found all of them
 *   3 compare the structural tables of the old catalogue with the fresh ones; drop the fresh one
 *
 * Everything that is wrong is listed, up to PROBLEMS_MAX, and the first of it is the answer's
 * sentence.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "board/keys.h"
#include "board/replaying.h"
#include "core/ops_in.h"
#include "ledger/keychange.h"
#include "ledger/ledger.h"

#define FRESH "catalogue-verify.db"

enum {
	PROBLEMS_MAX = 100
};

struct check {
	struct sr_vault *vault;
	struct sr_person_keys keys; /* of everybody, as the log brought them */
	struct sr_log_keys room;    /* of the service, in the same way */
	char room_name[SR_IN_TEXT + 64];
	uint8_t fingerprint[SR_HASH];
	atomic_ulong signatures;
	pthread_mutex_t lock; /* over what follows */
	struct sr_rows_out rows;
	size_t problems;
	struct sr_err first;
};

static void problem(struct check *c, const uint64_t *index, const struct sr_err *why) {
	pthread_mutex_lock(&c->lock);
	if (c->problems++ == 0)
		c->first = *why;
	if (c->problems <= PROBLEMS_MAX) {
		sr_row(&c->rows, "problem");
		if (index != NULL)
			sr_row_dec(&c->rows, "index", *index);
		sr_row_str(&c->rows, "code", sr_code_name(why->code));
		sr_row_str(&c->rows, "text", why->text);
	}
	pthread_mutex_unlock(&c->lock);
}

/* Keys of the structural parts alone, without a database: called from several threads. */
static int epoch_key(void *ctx, uint32_t epoch, enum sr_compartment comp, uint8_t key[SR_KEY],
	struct sr_err *e) {
	const struct check *c = ctx;
	struct sr_epoch ep;
	if (epoch < SR_EPOCH_FIRST || comp != SR_STRUCTURAL)
		return sr_fail(e, SR_NOTFOUND, "key of epoch %u", epoch);
	sr_vault_epoch(&ep, c->vault, epoch);
	memcpy(key, ep.key[comp], SR_KEY);
	sr_wipe(&ep, sizeof ep);
	return 0;
}

static int no_subject(void *ctx, uint32_t epoch, enum sr_compartment comp, const char *subject,
	uint8_t key[SR_KEY], struct sr_err *e) {
	(void)ctx;
	(void)epoch;
	(void)comp;
	(void)key;
	return sr_fail(e, SR_NOTFOUND, "%s", subject);
}

/* By the key that was in force then. That it is of this vault, and by somebody whom the log had
 * introduced, was found when the fresh catalogue took it. */
static int check_signature(
	const struct check *c, const struct sr_statement *s, uint64_t index, struct sr_err *e) {
	if (s->type->id == SR_T_FOUND)
		return sr_statement_verify_found(s, e);
	if (memcmp(s->head.vault, c->fingerprint, SR_HASH) != 0)
		return sr_fail(e, SR_MISUSE, "it names another vault");
	if (s->type->id == SR_T_SERVICE_KEY)
		return sr_key_change_verify(s, c->vault->keys->origin,
			sr_log_keys_link(sr_ledger_keys(c->vault->ledger), index),
			sr_log_keys_at(&c->room, index), e);
	if (s->by_service)
		return sr_statement_verify(s, c->room_name, sr_log_keys_at(&c->room, index), e);
	const struct sr_person_key *p = sr_person_key_at(&c->keys, s->head.actor, index);
	if (p == NULL)
		return sr_fail(e, SR_MISUSE, "%s is nobody that the log introduced", s->head.actor);
	return sr_statement_verify(s, s->head.actor, p->pk, e);
}

static int check_leaf(void *ctx, uint64_t index, struct sr_bytes entry, struct sr_err *e) {
	struct check *c = ctx;
	const struct sr_keyring keys = {.epoch = epoch_key, .subject = no_subject, .ctx = c};
	struct sr_entry en = {0};
	struct sr_err why = {0};
	(void)e;
	int rc = sr_entry_open(&en, c->vault->keys->origin, index, entry, &keys, &why);
	if (rc == 0) {
		rc = check_signature(c, &en.statement, index, &why);
		if (rc != 0) {
			(void)sr_wrap(&why, "entry %llu (%s)", (unsigned long long)index,
				en.statement.type->name);
		} else {
			atomic_fetch_add(&c->signatures, 1);
		}
		sr_entry_free(&en);
	}
	if (rc != 0)
		problem(c, &index, &why);
	return 0;
}

/* --- the fresh catalogue --- */

static int fresh_catalogue(struct sr_catalogue **out, struct sr_x *x, struct sr_err *e) {
	struct sr_vault *v = x->vault;
	struct sr_replaying r;
	const struct sr_catalogue_options o = {
		.dir = v->dir, .name = FRESH, .key = v->keys->s->catalogue_key, .create = true};
	int rc = sr_db_remove(v->dir, FRESH, e);
	if (rc == 0)
		rc = sr_catalogue_open(out, &o, e);
	if (rc != 0)
		return rc;
	sr_replaying_init(&r, v, x->core->progress.report != NULL ? &x->core->progress : NULL);
	rc = sr_catalogue_catch_up(*out, &r.replay, NULL, e);
	sr_replaying_free(&r);
	return rc == 0 ? 0 : sr_wrap(e, "replay");
}

static int learn(struct check *c, struct sr_catalogue *fresh, struct sr_err *e) {
	struct sr_vault_row *row = calloc(1, sizeof *row);
	struct sr_service_key_row *rows = NULL;
	size_t count = 0;
	if (row == NULL)
		return sr_fail(e, SR_NOMEM, "verify: out of memory");
	int rc = sr_query_vault(row, fresh, e);
	if (rc == 0)
		rc = sr_query_person_keys(&c->keys, fresh, NULL, e);
	if (rc == 0)
		rc = sr_statement_room_name(c->room_name, sizeof c->room_name, row->origin, e);
	if (rc == 0) {
		memcpy(c->fingerprint, row->fingerprint, SR_HASH);
		rc = sr_query_service_keys(&rows, &count, fresh, e);
	}
	for (size_t i = 0; i < count && rc == 0; i++) {
		if (i == 0)
			sr_log_keys_begin(&c->room, row->origin, rows[i].room_key);
		else
			rc = sr_log_keys_add(&c->room, rows[i].entry, rows[i].room_key, e);
	}
	free(rows);
	free(row);
	return rc;
}

/* What the caller remembers must be a prefix of what is here. */
static int check_memory(struct sr_x *x, struct sr_err *e) {
	char text[SR_IN_TEXT];
	uint8_t remembered[SR_HASH], root[SR_HASH];
	uint64_t since = 0;
	if (!sr_in_dec(x, "since", &since) || since == 0)
		return 0;
	int rc = sr_check_since(x, since, e);
	if (rc != 0)
		return rc;
	if (sr_in_str(x, "root", text)[0] == '\0')
		return 0;
	rc = sr_unbase64_fixed(remembered, SR_HASH, sr_bytes_str(text), e);
	if (rc == 0)
		rc = sr_ledger_root_at(x->vault->ledger, since, root, e);
	if (rc == 0 && memcmp(root, remembered, SR_HASH) != 0)
		rc = sr_fail(e, SR_AUTH,
			"the ledger had another root at %llu entries: it was forked",
			(unsigned long long)since);
	return rc;
}

static void compare(struct sr_x *x, struct check *c, struct sr_catalogue *fresh) {
	struct sr_err why = {0};
	char difference[512] = "";
	int rc = sr_catalogue_compare(x->catalogue, fresh, difference, &why);
	if (rc == 0 && difference[0] != '\0')
		rc = sr_fail(&why, SR_CORRUPT,
			"the catalogue differs from the log (rebuild makes it anew): %s",
			difference);
	sr_text_put(&x->r->head, "catalogue", rc == 0 ? "equal" : "different");
	if (rc != 0)
		problem(c, NULL, &why);
}

static void run(struct sr_x *x, struct check *c, struct sr_catalogue *fresh) {
	struct sr_ledger_checked done = {0};
	struct sr_err why = {0};
	const struct sr_ledger_check k = {.leaf = check_leaf,
		.ctx = c,
		.progress = x->core->progress.report != NULL ? &x->core->progress : NULL};
	uint8_t root[SR_HASH];
	if (check_memory(x, &why) != 0)
		problem(c, NULL, &why);
	if (sr_ledger_verify(x->vault->ledger, &k, &done, &why) != 0)
		problem(c, NULL, &why);
	compare(x, c, fresh);
	sr_ledger_root(root, x->vault->ledger);
	sr_text_put_dec(&x->r->head, "entries", done.entries);
	sr_text_put_dec(&x->r->head, "tiles", done.tiles);
	sr_text_put_dec(&x->r->head, "bytes", done.bytes);
	sr_text_put_dec(&x->r->head, "signatures", atomic_load(&c->signatures));
	sr_text_put_dec(&x->r->head, "size", sr_ledger_next_index(x->vault->ledger));
	sr_text_put_base64(&x->r->head, "root", root, sizeof root);
}

int sr_op_verify(struct sr_x *x, struct sr_err *e) {
	struct check *c = NULL;
	struct sr_catalogue *fresh = NULL;
	struct sr_err closing = {0};
	if (!x->vault->founded)
		return sr_fail(
			e, SR_DENIED, "there is nothing to verify before the vault is founded");
	c = calloc(1, sizeof *c);
	if (c == NULL)
		return sr_fail(e, SR_NOMEM, "verify: out of memory");
	c->vault = x->vault;
	pthread_mutex_init(&c->lock, NULL);
	sr_rows_begin(&c->rows, &x->r->body);
	int rc = fresh_catalogue(&fresh, x, e);
	if (rc == 0)
		rc = learn(c, fresh, e);
	if (rc == 0)
		run(x, c, fresh);
	if (fresh != NULL && sr_catalogue_close(fresh, &closing) != 0 && rc == 0)
		rc = sr_fail(e, closing.code, "%s", closing.text);
	if (sr_db_remove(x->vault->dir, FRESH, &closing) != 0 && rc == 0)
		rc = sr_fail(e, closing.code, "%s", closing.text);
	if (rc == 0 && c->problems > 0) {
		x->keep_body = true;
		rc = sr_fail(e, c->first.code, "verify: %zu problem%s; the first: %s", c->problems,
			c->problems == 1 ? "" : "s", c->first.text);
	}
	sr_person_keys_free(&c->keys);
	pthread_mutex_destroy(&c->lock);
	free(c);
	return rc;
}
