/*
 * rotate - the service keys change: generations of keys and what each still opens, what a thief of
 * the keys before finds in a vault that went on, and a passphrase that is lost in the middle.
 */
#include "board/rotate.h"

#include <unistd.h>

#include "board/dbkeys.h"
#include "board/fixity.h"
#include "board/keys.h"
#include "board/recover.h"
#include "board/unlock.h"
#include "board/witnessing.h"
#include "catalogue/catalogue.h"
#include "ledger/ledger.h"
#include "store/backend.h"
#include "store/index.h"
#include "store/pack.h"
#include "store/secrets.h"
#include "things.h"
#include "world.h"

/* --- generations ------------------------------------------------------------------------------ */

static struct sr_service *copy_of(const struct sr_service *k) {
	struct sr_service *out = NULL;
	struct sr_buf b;
	struct sr_err e = {0};

	sr_buf_init_secret(&b);
	assert_ok(sr_service_put(&b, k, &e), &e);
	assert_ok(sr_service_of(&out, sr_bytes_str(k->origin), sr_buf_view(&b), &e), &e);
	assert_memory_equal(out->arena, k->arena, sizeof *k->arena);
	assert_int_equal(out->generations, k->generations);
	assert_int_equal(out->under_way, k->under_way);
	assert_memory_equal(out->former_end, k->former_end, sizeof k->former_end);
	assert_memory_equal(out->former_ledger, k->former_ledger, sizeof k->former_ledger);
	assert_memory_equal(out->former_room, k->former_room, sizeof k->former_room);
	sr_buf_free(&b);
	return out;
}

static void generations_keep_what_still_opens(void **state) {
	struct sr_service *k[SR_LOG_KEYS], *more = NULL, *again;
	struct sr_log_keys log;
	struct sr_buf b;
	struct sr_err e = {0};

	(void)state;
	assert_ok(sr_service_new(&k[0], "x.example/v", &e), &e);
	for (size_t i = 1; i < SR_LOG_KEYS; i++) {
		assert_ok(sr_service_next(&k[i], k[i - 1], 10 * i, (uint32_t)i, &e), &e);
		assert_true(k[i]->under_way);
		assert_memory_equal(
			k[i]->arena->leaving.room_seed, k[i - 1]->s->room_seed, SR_SEED);
		again = copy_of(k[i]);
		sr_service_settled(again);
		assert_false(again->under_way);
		for (size_t at = 0; at < sizeof again->arena->leaving; at++)
			assert_int_equal(((const uint8_t *)&again->arena->leaving)[at], 0);
		sr_service_free(copy_of(again));
		sr_service_free(again);
		/* All that opens something on the disks is new. */
		assert_memory_not_equal(k[i]->s->ledger_seed, k[i - 1]->s->ledger_seed, SR_SEED);
		assert_memory_not_equal(k[i]->s->structure_sk, k[i - 1]->s->structure_sk, SR_X_SK);
		assert_memory_not_equal(k[i]->s->epoch_key, k[i - 1]->s->epoch_key, SR_KEY);
		assert_memory_not_equal(k[i]->s->secrets_wrap, k[i - 1]->s->secrets_wrap, SR_KEY);
		assert_memory_not_equal(k[i]->s->kdf_key, k[i - 1]->s->kdf_key, SR_KEY);
		assert_memory_not_equal(k[i]->s->journal_key, k[i - 1]->s->journal_key, SR_KEY);
	}
	assert_fails(sr_service_next(&more, k[SR_LOG_KEYS - 1], 1000, 1000, &e), SR_LIMIT, &e,
		"15 times");
	const struct sr_service *last = k[SR_LOG_KEYS - 1];
	assert_ok(sr_service_log_keys(&log, last, NULL, 0, &e), &e);
	assert_int_equal(log.count, SR_LOG_KEYS);
	for (uint32_t i = 0; i < SR_LOG_KEYS; i++) {
		assert_memory_equal(sr_service_epoch_key(last, i + 1), k[i]->s->epoch_key, SR_KEY);
		assert_memory_equal(log.key[i].pk, k[i]->ledger_pk, SR_PK);
		assert_int_equal(log.key[i].from, (uint64_t)10 * i);
		assert_true(sr_service_epoch_first(last, i + 1) == (i == 0));
		/* service-key itself is the last that the keys before sign */
		assert_memory_equal(sr_service_room_at(last, (uint64_t)10 * i),
			k[i == 0 ? 0 : i - 1]->room_pk, SR_PK);
		assert_memory_equal(
			sr_service_room_at(last, (uint64_t)10 * i + 1), k[i]->room_pk, SR_PK);
	}
	/* auditors come and go under the newest keys as well */
	assert_memory_equal(sr_service_epoch_key(last, 3 * SR_LOG_KEYS),
		k[SR_LOG_KEYS - 1]->s->epoch_key, SR_KEY);
	/* Every other length than these is none. */
	sr_buf_init_secret(&b);
	assert_ok(sr_service_put(&b, last, &e), &e);
	for (size_t len = 0; len <= b.len; len++) {
		const size_t rest = len < 384 ? 1 : (len - 384) % 144;
		const int rc =
			sr_service_of(&again, sr_bytes_str("x"), sr_bytes_of(b.p, len), NULL);

		if (rc == 0)
			sr_service_free(again);
		assert_int_equal(
			rc, rest == 0 || (rest == 128 && len > 384 + 128) ? 0 : SR_CORRUPT);
	}
	const uint64_t epoch = sr_le64_get(b.p + 392);
	sr_le64_put(b.p + 392, 0); /* its last key epoch; there is none before the first */
	assert_fails(sr_service_of(&again, sr_bytes_str("x"), sr_buf_view(&b), &e), SR_CORRUPT, &e,
		"generation 1 before these ended in key epoch 0");
	assert_fails(sr_service_of(&again, sr_bytes_of(NULL, 0), sr_buf_view(&b), &e), SR_CORRUPT,
		&e, "no usable origin line");
	sr_le64_put(b.p + 392, epoch);
	sr_le64_put(b.p + 384, 5); /* the newest former one ends before the one before it */
	assert_fails(sr_service_of(&again, sr_bytes_str("x"), sr_buf_view(&b), &e), SR_CORRUPT, &e,
		"ended at");
	sr_buf_free(&b);
	for (size_t i = 0; i < SR_LOG_KEYS; i++)
		sr_service_free(k[i]);
}

/* --- the thief -------------------------------------------------------------------------------- */

struct thief { /* keys/service of before, opened, and a subject's key from an image of secrets.db */
	struct sr_service *keys;
	uint8_t subject[SR_KEY], structural[SR_KEY];
	bool told; /* somebody gave them the structural key of the epoch that they do not have */
};

static int thief_epoch(
	void *ctx, uint32_t epoch, enum sr_compartment c, uint8_t key[SR_KEY], struct sr_err *e) {
	const struct thief *t = ctx;
	struct sr_epoch ep;

	(void)e;
	/* For any epoch they try what they have. */
	sr_epoch_derive(&ep, epoch, t->keys->s->epoch_key);
	memcpy(key, t->told && epoch > 1 && c == SR_STRUCTURAL ? t->structural : ep.key[c], SR_KEY);
	return 0;
}

static int thief_subject(void *ctx, uint32_t epoch, enum sr_compartment c, const char *subject,
	uint8_t key[SR_KEY], struct sr_err *e) {
	const struct thief *t = ctx;

	(void)epoch;
	(void)c;
	(void)subject;
	(void)e;
	memcpy(key, t->subject, SR_KEY);
	return 0;
}

/* How many texts of the entry they read; -1: they do not even open it. */
static int reads(struct world *w, struct thief *t, uint64_t index) {
	const struct sr_keyring ring = {thief_epoch, thief_subject, t};
	struct sr_entry en = {0};
	struct sr_buf raw;
	int n = 0;

	sr_buf_init(&raw);
	assert_ok(sr_ledger_entry(w->v->ledger, index, &raw, &w->e), &w->e);
	if (sr_entry_open(&en, W_ORIGIN, index, sr_buf_view(&raw), &ring, NULL) != 0)
		n = -1;
	for (size_t i = 0; n >= 0 && i < en.count; i++)
		n += en.records[i].state == SR_RECORD_READ;
	if (n >= 0)
		sr_entry_free(&en);
	sr_buf_free(&raw);
	return n;
}

static void deposit_one(struct world *w, const char *content, uint8_t item[SR_ID]) {
	const struct world_file f = {.path = "f", .content = sr_bytes_str(content)};
	struct world_deposit d = {.files = &f, .count = 1};

	assert_int_equal(world_deposit(w, &d), 0);
	memcpy(item, d.items[0], SR_ID);
	world_held_release(w, item);
}

static uint64_t ask(struct world *w, const uint8_t item[SR_ID], struct world_request *rq) {
	*rq = (struct world_request){
		.by = &w->researcher[0], .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	struct sr_entry en;
	uint64_t index;

	assert_int_equal(world_request(w, rq), 0);
	world_last(w, SR_T_REQUEST, &en);
	index = en.index;
	assert_true(en.count > 0); /* it has a text of the researcher's */
	sr_entry_free(&en);
	return index;
}

/* Of the pack that came ${n}-th. */
static int footer_opens(struct world *w, size_t n, const uint8_t sk[SR_X_SK]) {
	struct sr_pack_entry *entries = NULL;
	struct sr_pack p;
	uint8_t *names = NULL;
	size_t count = 0, records = 0;
	int rc;

	assert_ok(sr_query_packs(&names, &count, w->v->catalogue, &w->e), &w->e);
	assert_true(n < count);
	assert_ok(sr_pack_open(&p, w->v->store, names + n * SR_HASH, &w->e), &w->e);
	rc = sr_pack_footer(&entries, &records, &p, w->v->store, sk, NULL);
	sr_pack_close(&p);
	free(entries);
	free(names);
	return rc;
}

static size_t pack_of_newest(struct world *w, const uint8_t *before, size_t before_count) {
	uint8_t *names = NULL;
	size_t count = 0, at = SIZE_MAX;

	assert_ok(sr_query_packs(&names, &count, w->v->catalogue, &w->e), &w->e);
	for (size_t i = 0; i < count; i++) {
		bool old = false;

		for (size_t k = 0; k < before_count; k++)
			old |= memcmp(names + i * SR_HASH, before + k * SR_HASH, SR_HASH) == 0;
		at = old ? at : i;
	}
	free(names);
	assert_true(at != SIZE_MAX);
	return at;
}

static void old_keys_open_nothing_new(void **state) {
	static const struct world_options wo = {.second = true};
	struct world *w = world_new(&wo);
	struct world_request rq[2];
	struct thief t = {0};
	struct sr_epoch epoch;
	uint8_t item[2][SR_ID], db_key[SR_KEY], *packs = NULL;
	uint64_t asked[2], blocks[2], n;
	size_t pack_count = 0;

	(void)state;
	deposit_one(w, "the same content", item[0]);
	asked[0] = ask(w, item[0], &rq[0]);
	t.keys = copy_of(w->v->keys);
	assert_ok(sr_subject_key(t.subject, w->v, w->researcher[0].person, &w->e), &w->e);
	assert_ok(sr_db_file_key(db_key, w->v, SR_CATALOGUE_FILE, &w->e), &w->e);
	assert_ok(sr_query_packs(&packs, &pack_count, w->v->catalogue, &w->e), &w->e);
	assert_ok(sr_index_counts(w->v->index, &n, &blocks[0], &w->e), &w->e);
	assert_true(reads(w, &t, asked[0]) > 0);
	assert_int_equal(footer_opens(w, 0, t.keys->s->structure_sk), 0);

	world_rotate(w);
	const uint64_t from = w->v->keys->former_end[0];
	deposit_one(w, "the same content", item[1]);
	asked[1] = ask(w, item[1], &rq[1]);
	assert_int_equal(world_count(w, SR_T_SERVICE_KEY), 1);
	assert_int_equal(world_count(w, SR_T_KEY_EPOCH), 2);

	/* Entries: of before as before; of after nothing, not even with the structural key of then
	 * (an auditor's) and the same subject's key from an old image of secrets.db. */
	assert_true(reads(w, &t, asked[0]) > 0);
	/* The statement of the change, and that of the epoch that it begins, are of the epoch
	 * before. */
	for (uint64_t i = from + 2; i < sr_ledger_next_index(w->v->ledger); i++)
		assert_int_equal(reads(w, &t, i), -1);
	sr_vault_epoch(&epoch, w->v, 2);
	memcpy(t.structural, epoch.key[SR_STRUCTURAL], SR_KEY);
	t.told = true;
	assert_true(reads(w, &t, asked[1]) <= 0);
	struct sr_entry en;
	assert_ok(sr_vault_entry(&en, w->v, asked[1], &w->e), &w->e);
	assert_true(en.count > 0 && en.records[0].state == SR_RECORD_READ);
	sr_entry_free(&en);

	/* Packs, and what is in them: content of before is not found in what came later. */
	const size_t newest = pack_of_newest(w, packs, pack_count);
	assert_int_equal(footer_opens(w, newest, t.keys->s->structure_sk), SR_AUTH);
	assert_int_equal(footer_opens(w, newest, w->v->keys->s->structure_sk), 0);
	assert_ok(sr_index_counts(w->v->index, &n, &blocks[1], &w->e), &w->e);
	assert_true(blocks[1] >= 2 * blocks[0]);

	/* The published checkpoint is the next key's, and the inventory is. */
	struct sr_dir *ledger = NULL, *vault = NULL;
	struct sr_ledger *l = NULL;
	struct sr_log_keys log;
	assert_ok(sr_service_log_keys(&log, w->v->keys, NULL, 0, &w->e), &w->e);
	const uint64_t size = sr_ledger_next_index(w->v->ledger);
	world_close(w);
	assert_ok(sr_dir_open(&vault, w->vault, &w->e), &w->e);
	assert_ok(sr_dir_open_at(&ledger, vault, "ledger", &w->e), &w->e);
	struct sr_ledger_opts lo = {.origin = W_ORIGIN, .pk = t.keys->ledger_pk};
	assert_fails(sr_ledger_open(&l, ledger, &lo, &w->e), SR_AUTH, &w->e, "checkpoint");
	sr_err_clear(&w->e);
	lo.pk = sr_log_keys_newest(&log);
	lo.keys = &log;
	assert_ok(sr_ledger_open(&l, ledger, &lo, &w->e), &w->e);
	assert_int_equal(sr_ledger_next_index(l), size);
	sr_ledger_abandon(l);
	sr_dir_close(ledger);

	/* secrets.db, here and its copy, and catalogue: closed to the keys before. */
	struct sr_secrets_options so = {.dir = vault,
		.second = w->second,
		.key = t.keys->s->secrets_file,
		.wrap = t.keys->s->secrets_wrap};
	struct sr_secrets *s = NULL;
	assert_fails(sr_secrets_open(&s, &so, &w->e), SR_AUTH, &w->e, "neither slot opens");
	sr_err_clear(&w->e);
	const struct sr_catalogue_options co = {.dir = vault, .key = db_key};
	struct sr_catalogue *c = NULL;
	assert_fails(sr_catalogue_open(&c, &co, &w->e), SR_AUTH, &w->e, "header");
	sr_err_clear(&w->e);
	sr_dir_close(vault);

	/* The vault itself reads all of it. */
	world_reopen(w);
	uint8_t grant[2][SR_ID];
	for (size_t i = 0; i < 2; i++) {
		struct world_checkout k = {.by = &w->researcher[0], .item = item[i]};
		struct sr_buf text;

		world_grant(w, rq[i].id, grant[i]);
		k.grant = grant[i];
		sr_buf_init_secret(&text);
		assert_int_equal(world_checkout(w, &k), 0);
		assert_ok(world_open(w, &k), &w->e);
		assert_ok(world_read(w, &k, 0, &text), &w->e);
		assert_true(sr_bytes_eq(sr_buf_view(&text), sr_bytes_str("the same content")));
		sr_buf_free(&text);
	}
	free(packs);
	sr_service_free(t.keys);
	world_free(w);
}

/* --- when it may not begin -------------------------------------------------------------------- */

/* A pack that the index has under an accession which was broken off. */
static void pend(struct world *w, const uint8_t accession[SR_ID]) {
	struct sr_index_pack p = {.kind = SR_PACK_FILES, .size = 100};

	t_fill(p.name, SR_HASH, 5);
	assert_ok(sr_index_add(w->v->index, &p, accession, &w->e), &w->e);
}

enum wait {
	ALARM,
	UNDER_WAY,
	PENDING,
	COPY
};

/* One reason to wait, made and taken away; nothing is begun. */
static void waits(struct world *w, enum wait why, const char *says) {
	const struct sr_unlock u = {
		.credential = sr_bytes_of(WORLD_CREDENTIAL, strlen(WORLD_CREDENTIAL))};
	const struct sr_rotate o = {.path = w->vault, .then = u, .clock = sr_clock_system()};
	const uint8_t accession[SR_ID] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,
		0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
	char alarm[T_PATH], away[T_PATH];
	struct sr_vault *next = NULL, *v;
	bool changed = true;

	world_reopen(w);
	snprintf(alarm, sizeof alarm, "%s/ledger/alarm", w->vault);
	snprintf(away, sizeof away, "%s.away", w->second);
	if (why == ALARM) {
		t_write_file(alarm, "two logs", 8);
		assert_ok(sr_witnessing_open(w->v, &w->e), &w->e);
	} else if (why == UNDER_WAY) {
		w->v->keys->under_way = true;
	} else if (why == PENDING) {
		pend(w, accession);
	} else {
		world_close(w);
		assert_int_equal(rename(w->second, away), 0);
		world_reopen(w);
	}
	sr_room_free(w->room);
	w->room = NULL;
	v = w->v;
	w->v = NULL;
	assert_fails(sr_rotate(&next, v, &o, &changed, &w->e), why == ALARM ? SR_DENIED : SR_LOCKED,
		&w->e, says);
	assert_false(changed);
	if (why == ALARM)
		assert_int_equal(unlink(alarm), 0);
	if (why == COPY)
		assert_int_equal(rename(away, w->second), 0);
}

static void it_waits_for_what_is_under_way(void **state) {
	static const struct world_options bare = {.bare = true};
	const struct sr_unlock u = {
		.credential = sr_bytes_of(WORLD_CREDENTIAL, strlen(WORLD_CREDENTIAL))};
	struct world *w = world_new(&bare);
	struct sr_rotate o = {.path = w->vault, .then = u, .clock = sr_clock_system()};
	struct sr_vault *next = NULL, *v;
	bool changed = true;

	(void)state;
	sr_room_free(w->room);
	w->room = NULL;
	v = w->v;
	w->v = NULL;
	assert_fails(sr_rotate(&next, v, &o, &changed, &w->e), SR_DENIED, &w->e, "has no keys yet");
	assert_false(changed);
	assert_null(next);
	world_free(w);

	w = world_new(&(struct world_options){.second = true});
	o.path = w->vault;
	t_write_file(
		t_path(w->vault, "run/accession-00112233445566778899aabbccddeeff.keep"), "x", 1);
	sr_room_free(w->room);
	w->room = NULL;
	v = w->v;
	w->v = NULL;
	assert_fails(sr_rotate(&next, v, &o, &changed, &w->e), SR_LOCKED, &w->e, "was broken off");
	assert_false(changed);
	assert_int_equal(
		unlink(t_path(w->vault, "run/accession-00112233445566778899aabbccddeeff.keep")), 0);
	waits(w, ALARM, "writing stops, by a witness's alarm: two logs");
	waits(w, UNDER_WAY, "a change of keys is under way already");
	waits(w, COPY, "the second copy of secrets.db is not up to date (");
	waits(w, PENDING, "accession 00112233445566778899aabbccddeeff was broken off: go on with");
	world_reopen(w);
	assert_int_equal(w->v->keys->generations, 1);
	world_free(w);
}

/* --- the passphrase is lost in the middle ----------------------------------------------------- */

/* Steps 2 and 3 alone, as a kill leaves them. */
static void begun(struct world *w, const struct sr_unlock *then) {
	struct sr_service *next = NULL, *now = w->v->keys;
	struct sr_buf file;
	bool changed = false;

	sr_buf_init_secret(&file);
	assert_ok(sr_service_next(&next, now, sr_ledger_next_index(w->v->ledger), 1, &w->e), &w->e);
	assert_ok(sr_service_seal(&file, next, then, &w->e), &w->e);
	w->v->keys = next;
	assert_ok(sr_recover_renew(w->v, &w->e), &w->e);
	w->v->keys = now;
	assert_ok(sr_unlock_put(w->v->dir, sr_buf_view(&file), &changed, &w->e), &w->e);
	sr_buf_free(&file);
	sr_service_free(next);
	world_close(w);
}

static void lost_in_the_middle(void **state) {
	static const char forgotten[] = "nobody knows this any more, nobody at all";
	const struct sr_unlock lost = {.credential = sr_bytes_of(forgotten, sizeof forgotten - 1)};
	const struct sr_unlock u = {
		.credential = sr_bytes_of(WORLD_CREDENTIAL, strlen(WORLD_CREDENTIAL))};
	struct world *w = world_new(NULL);
	struct sr_recover_piece piece[2];
	struct sr_buf ask, key, text[2];
	struct sr_recovery_ask a;
	uint8_t hash[SR_HASH];
	struct sr_vault *v = NULL;

	(void)state;
	begun(w, &lost);
	sr_buf_init(&ask);
	sr_buf_init(&key);
	const struct sr_recover_begin rb = {.path = w->vault, .unlock = u};
	assert_ok(sr_recover_begin(&ask, &key, hash, &rb, &w->e), &w->e);
	assert_ok(sr_recovery_ask_read(&a, sr_buf_view(&ask), &w->e), &w->e);
	memset(piece, 0, sizeof piece);
	for (size_t i = 0; i < 2; i++) {
		struct sr_identity id;

		sr_buf_init(&text[i]);
		assert_ok(sr_identity_from_seed(&id, w->member[i].seed, &w->e), &w->e);
		assert_ok(sr_recovery_piece_make(&text[i], &a, &id, &w->e), &w->e);
		sr_identity_free(&id);
		piece[i].text = sr_buf_view(&text[i]);
	}
	struct sr_recover_finish rf = {.path = w->vault,
		.unlock = u,
		.key = sr_buf_view(&key),
		.piece = piece,
		.pieces = 2,
		.clock = sr_clock_system()};
	assert_ok(sr_recover_finish(&v, &rf, &w->e), &w->e);
	assert_false(v->keys->under_way);
	assert_int_equal(v->keys->generations, 2);
	sr_vault_close(v);
	world_reopen(w);
	assert_int_equal(world_count(w, SR_T_SERVICE_KEY), 1);
	assert_int_equal(world_count(w, SR_T_RECOVER), 1);
	sr_recovery_ask_free(&a);
	sr_buf_free(&ask);
	sr_buf_free(&key);
	for (size_t i = 0; i < 2; i++)
		sr_buf_free(&text[i]);
	world_free(w);
}

/* The log went on, and its entry at the place of the change says nothing of it. */
static void another_entry_is_there(struct world *w) {
	struct sr_service *next = NULL, *now = w->v->keys;
	const uint64_t size = sr_ledger_next_index(w->v->ledger);
	char says[100];

	assert_ok(sr_service_next(&next, now, size - 1, 1, &w->e), &w->e);
	w->v->keys = next;
	snprintf(says, sizeof says, "entry %llu of the log does not name the service keys",
		(unsigned long long)(size - 1));
	assert_fails(sr_rotate_log(w->v, &w->e), SR_CORRUPT, &w->e, says);
	w->v->keys = now;
	sr_service_free(next);
	assert_int_equal(sr_ledger_next_index(w->v->ledger), size);
}

/* A file of a change that is not this log's is not believed. */
static void another_logs_change(void **state) {
	const struct sr_unlock u = {
		.credential = sr_bytes_of(WORLD_CREDENTIAL, strlen(WORLD_CREDENTIAL))};
	struct sr_vault_open o = {.unlock = u, .clock = sr_clock_system()};
	struct sr_service *next = NULL;
	struct sr_buf file;
	bool changed;

	(void)state;
	for (int behind = 0; behind < 2; behind++) {
		struct world *w = world_new(NULL);
		const uint64_t size = sr_ledger_next_index(w->v->ledger);
		struct sr_buf kept;
		struct sr_vault *v = NULL;

		if (behind)
			another_entry_is_there(w);
		o.path = w->vault;
		sr_buf_init(&kept);
		sr_buf_init_secret(&file);
		t_read_file(t_path(w->vault, "keys/service"), &kept);
		assert_ok(
			sr_service_next(&next, w->v->keys, behind ? size - 1 : size + 1, 1, &w->e),
			&w->e);
		assert_ok(sr_service_seal(&file, next, &u, &w->e), &w->e);
		assert_ok(sr_unlock_put(w->v->dir, sr_buf_view(&file), &changed, &w->e), &w->e);
		sr_service_free(next);
		world_close(w);
		/* The next key signs no tree of before; the log is too short for the other. */
		assert_fails(sr_vault_open(&v, &o, &w->e), behind ? SR_AUTH : SR_CORRUPT, &w->e,
			behind ? "checkpoint" : "when the log had");
		sr_err_clear(&w->e);
		sr_buf_free(&file);
		sr_buf_free(&kept);
		world_free(w);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(generations_keep_what_still_opens),
		cmocka_unit_test(old_keys_open_nothing_new),
		cmocka_unit_test(it_waits_for_what_is_under_way),
		cmocka_unit_test(lost_in_the_middle),
		cmocka_unit_test(another_logs_change),
	};

	return cmocka_run_group_tests_name("board_rotate", tests, NULL, NULL);
}
