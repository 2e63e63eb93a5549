/*
 * ceremony - see ceremony.h. Files under DIR/run/ceremony are written whole (base/fs: replace or
 * create), so a kill leaves the one before or the one after. The last signature and the founding
 * commit are two steps: if the process dies between them, the next sign by anybody, or the next
 * opening, finds all signatures there and founds.
 */
#include "board/ceremony.h"

#include <assert.h>

#include "board/keys.h"
#include "board/shares.h"
#include "catalogue/query.h"
#include "ledger/card.h"
#include "merkle/note.h"
#include "store/object.h"

enum {
	CEREMONY_FILE_MAX = 1 << 20
}; /* a dealing of 4 levels to 32 members is 26 KiB; names of 160 people 1 MiB at most */

static const char FOLDER[] = "ceremony";
static const char NAMES_LABEL[] = "strongroom/ceremony-names/v1";

void sr_ceremony_run_id(uint8_t out[SR_ID], const uint8_t fingerprint[SR_HASH],
	const uint8_t board[SR_ID], uint64_t number) {
	struct sr_hash h;
	uint8_t full[SR_HASH];

	sr_hash_init(&h, "strongroom/run/v1", NULL);
	sr_hash_field(&h, sr_bytes_of(fingerprint, SR_HASH));
	sr_hash_field(&h, sr_bytes_of(board, SR_ID));
	sr_hash_u64(&h, number);
	sr_hash_final(&h, full);
	memcpy(out, full, SR_ID);
}

/* Has a decision planned this epoch? */
static int epoch_waits(bool *out, struct sr_catalogue *c, const uint8_t board[SR_ID],
	uint32_t epoch, struct sr_err *e) {
	struct sr_board_row *b = calloc(1, sizeof *b);
	int rc = b == NULL ? sr_fail(e, SR_NOMEM, "ceremony: out of memory")
			   : sr_query_board(b, c, board, epoch, e);

	*out = rc == 0;
	free(b);
	if (rc != SR_NOTFOUND)
		return rc;
	sr_err_clear(e);
	return 0;
}

int sr_ceremony_current(uint64_t *number, uint8_t run[SR_ID], struct sr_catalogue *c,
	const uint8_t board[SR_ID], struct sr_err *e) {
	struct sr_run_row *row = calloc(1, sizeof *row);
	struct sr_vault_row vault;
	uint64_t n = 1;
	int rc = row == NULL ? sr_fail(e, SR_NOMEM, "ceremony: out of memory")
			     : sr_query_vault(&vault, c, e);

	if (rc == 0)
		rc = sr_query_last_run(row, c, board, e);
	if (rc == 0)
		n = row->state == SR_S_VOID ? row->number + 1 : row->number;
	if (rc == 0 && row->state == SR_S_DONE) {
		bool next = false;

		rc = epoch_waits(&next, c, board, row->epoch + 1, e);
		n += next;
	}
	free(row);
	if (rc == SR_NOTFOUND) { /* nobody has dealt yet */
		sr_err_clear(e);
		rc = 0;
	}
	if (rc != 0)
		return rc;
	*number = n;
	sr_ceremony_run_id(run, vault.fingerprint, board, n);
	return 0;
}

void sr_ceremony_dealing_hash(uint8_t out[SR_HASH], struct sr_bytes dealing) {
	SR_HASH_OF(out, "strongroom/dealing/v1", NULL, dealing);
}

/* The ${i}-th card of ${key} in found. */
static int found_card(struct sr_card *out, const struct sr_statement *found, const char *key,
	size_t i, struct sr_err *e) {
	struct sr_buf bytes;
	int rc;

	sr_buf_init(&bytes);
	rc = sr_field_card(&bytes, found, key, i, e);
	if (rc == 0)
		rc = sr_card_read(out, sr_buf_view(&bytes), e);
	if (rc != 0)
		sr_wrap(e, "%s %zu", key, i + 1);
	sr_buf_free(&bytes);
	return rc;
}

int sr_ceremony_dkg(struct sr_dkg *out, const struct sr_statement *found, const uint8_t run[SR_ID],
	struct sr_err *e) {
	struct sr_dkg *d;
	size_t members = sr_field_count(found, "member"), levels = sr_field_count(found, "level");
	int rc = 0;

	if (found->type->id != SR_T_FOUND)
		return sr_fail(
			e, SR_MISUSE, "ceremony: a %s statement is not found", found->type->name);
	/* What is no board does not parse (ledger/statement.c). */
	assert(members >= 2 && members <= SR_BOARD_MEMBERS_MAX && levels >= 1 &&
		levels <= SR_BOARD_LEVELS_MAX);
	d = calloc(1, sizeof *d);
	if (d == NULL)
		return sr_fail(e, SR_NOMEM, "ceremony: out of memory");
	memcpy(d->vault, found->hash, SR_HASH);
	memcpy(d->board, found->hash, SR_ID);
	memcpy(d->run, run, SR_ID);
	d->epoch = 1;
	d->members = (uint8_t)members;
	d->levels = (uint8_t)levels;
	for (size_t i = 0; i < members && rc == 0; i++) {
		struct sr_card card;

		rc = found_card(&card, found, "member", i, e);
		if (rc == 0)
			memcpy(d->key[i], card.key, SR_PK);
	}
	for (size_t i = 0; i < levels && rc == 0; i++) {
		uint64_t k = 0;

		rc = sr_field_dec(&k, found, "level", i, e);
		assert(rc != 0 || (k >= 2 && k <= members));
		d->level[i].level = (uint8_t)k;
		d->level[i].quorum = (uint8_t)k;
	}
	if (rc == 0)
		rc = sr_dkg_check(d, e);
	if (rc == 0)
		*out = *d;
	free(d);
	return rc;
}

/* A run goes by the keys that its members, and in a reshare those of the epoch before, had when it
 * began: the first deal is sealed to those. Before it, by those in force. */
static int run_keys(uint8_t key[SR_BOARD_MEMBERS_MAX][SR_PK], struct sr_catalogue *c,
	const struct sr_board_row *b, const uint8_t run[SR_ID], struct sr_err *e) {
	struct sr_run_row *row = calloc(1, sizeof *row);
	int rc = row == NULL ? sr_fail(e, SR_NOMEM, "ceremony: out of memory")
			     : sr_query_run(row, c, run, e);
	const uint64_t entry = row != NULL && rc == 0 ? row->entry : UINT64_MAX;

	if (rc == SR_NOTFOUND) {
		sr_err_clear(e);
		rc = 0;
	}
	for (size_t i = 0; i < b->member_count && rc == 0; i++) {
		if (entry == UINT64_MAX)
			memcpy(key[i], b->members[i].pk, SR_PK);
		else
			rc = sr_query_key_at(key[i], c, b->members[i].person, entry, e);
	}
	free(row);
	return rc;
}

/* Public inputs of a run that makes the keys of ${b}, but for the members' keys. */
static void dkg_of_board(struct sr_dkg *d, const uint8_t fingerprint[SR_HASH],
	const struct sr_board_row *b, const uint8_t run[SR_ID]) {
	memset(d, 0, sizeof *d);
	memcpy(d->vault, fingerprint, SR_HASH);
	memcpy(d->board, b->id, SR_ID);
	memcpy(d->run, run, SR_ID);
	d->epoch = b->epoch;
	d->members = (uint8_t)b->member_count;
	d->levels = (uint8_t)b->level_count;
	for (size_t i = 0; i < b->level_count; i++) {
		d->level[i].level = (uint8_t)b->levels[i].level;
		d->level[i].quorum = (uint8_t)b->levels[i].quorum;
	}
}

/* The epoch that a run makes or made keys for: that of the run, or, before anybody dealt in it, the
 * one that waits. */
static int epoch_of_run(uint32_t *epoch, struct sr_catalogue *c, const uint8_t board[SR_ID],
	const uint8_t run[SR_ID], struct sr_err *e) {
	struct sr_run_row *row = calloc(1, sizeof *row);
	struct sr_boards all = {0};
	int rc = row == NULL ? sr_fail(e, SR_NOMEM, "ceremony: out of memory")
			     : sr_query_run(row, c, run, e);

	if (rc == 0)
		*epoch = row->epoch;
	if (rc == SR_NOTFOUND) {
		sr_err_clear(e);
		rc = sr_query_boards(&all, c, e);
		for (size_t i = 0; i < all.count; i++)
			if (memcmp(all.rows[i].id, board, SR_ID) == 0)
				*epoch = all.rows[i].epoch + 1;
		sr_boards_free(&all);
	}
	free(row);
	return rc;
}

size_t sr_ceremony_dealers(const struct sr_dkg *d) {
	size_t most = 0;

	for (size_t i = 0; i < d->levels; i++)
		most = d->level[i].dealers > most ? d->level[i].dealers : most;
	return d->old_members == 0 ? d->members : most;
}

int sr_ceremony_reshare(struct sr_dkg *d, const struct sr_reshare *r, struct sr_err *e) {
	size_t most = 0;

	if (r->old->levels != d->levels)
		return sr_fail(e, SR_CORRUPT,
			"reshare: the board is to have %u levels, and its keys have %zu", d->levels,
			r->old->levels);
	d->old_members = r->members;
	memcpy(d->old_key, r->key, (size_t)r->members * SR_PK);
	for (size_t i = 0; i < d->levels; i++) {
		const struct sr_level_key *old = &r->old->level[i];
		struct sr_dkg_level *l = &d->level[i];

		if (old->level != l->level || old->quorum > r->dealers ||
			old->members != r->members)
			return sr_fail(e, SR_CORRUPT,
				"reshare: level %u takes %u dealers, %zu are named", old->level,
				old->quorum, r->dealers);
		l->dealers = old->quorum;
		memcpy(l->board, old->board, SR_POINT);
		for (size_t k = 0; k < old->quorum; k++) {
			l->dealer[k] = r->dealer[k];
			if (l->dealer[k] < 1 || l->dealer[k] > r->members)
				return sr_fail(e, SR_CORRUPT, "reshare: dealer %u of %u members",
					l->dealer[k], r->members);
			memcpy(l->given[k], old->share[l->dealer[k] - 1], SR_POINT);
		}
		most = old->quorum > most ? old->quorum : most;
	}
	if (most != r->dealers)
		return sr_fail(e, SR_CORRUPT, "reshare: %zu dealers are named, want %zu",
			r->dealers, most);
	return sr_dkg_check(d, e);
}

struct resharing { /* large rows, off the stack */
	struct sr_board_row old;
	struct sr_board_keys keys;
	uint8_t key[SR_BOARD_MEMBERS_MAX][SR_PK];
	uint8_t dealer[SR_BOARD_MEMBERS_MAX];
};

/* The epoch before, whose keys and dealers the reshare ${b} goes by. */
static int dkg_of_reshare(
	struct sr_dkg *d, struct sr_vault *v, const struct sr_board_row *b, struct sr_err *e) {
	struct resharing *w = calloc(1, sizeof *w);
	struct sr_reshare r = {.dealers = b->dealer_count};
	int rc = w == NULL ? sr_fail(e, SR_NOMEM, "ceremony: out of memory")
			   : sr_query_board(&w->old, v->catalogue, b->id, b->epoch - 1, e);

	if (rc == 0)
		rc = sr_keys_fetch(&w->keys, v, &w->old, e);
	if (rc == 0)
		rc = run_keys(w->key, v->catalogue, &w->old, d->run, e);
	for (size_t k = 0; rc == 0 && k < b->dealer_count; k++)
		for (size_t i = 0; i < w->old.member_count; i++)
			if (strcmp(w->old.members[i].person, b->dealers[k]) == 0)
				w->dealer[k] = (uint8_t)(i + 1);
	if (rc == 0) {
		r.old = &w->keys.keys;
		r.key = (const uint8_t(*)[SR_PK])w->key;
		r.members = (uint8_t)w->old.member_count;
		r.dealer = w->dealer;
		rc = sr_ceremony_reshare(d, &r, e);
	}
	free(w);
	return rc;
}

int sr_ceremony_run_dkg(struct sr_dkg *out, struct sr_vault *v, const uint8_t board[SR_ID],
	const uint8_t run[SR_ID], struct sr_err *e) {
	struct sr_board_row *b = calloc(1, sizeof *b);
	uint32_t epoch = 1;
	int rc = b == NULL ? sr_fail(e, SR_NOMEM, "ceremony: out of memory")
			   : epoch_of_run(&epoch, v->catalogue, board, run, e);

	if (rc == 0)
		rc = sr_query_board(b, v->catalogue, board, epoch, e);
	if (rc == 0) {
		dkg_of_board(out, v->fingerprint, b, run);
		rc = run_keys(out->key, v->catalogue, b, run, e);
	}
	if (rc == 0)
		rc = b->dealer_count > 0 ? dkg_of_reshare(out, v, b, e) : sr_dkg_check(out, e);
	free(b);
	return rc;
}

static int decode_all(
	struct sr_dealing **out, const struct sr_bytes *dealings, size_t count, struct sr_err *e) {
	struct sr_dealing *all = calloc(count == 0 ? 1 : count, sizeof *all);
	int rc = 0;

	if (all == NULL)
		return sr_fail(e, SR_NOMEM, "ceremony: out of memory for %zu dealings", count);
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = sr_deal_decode(&all[i], dealings[i], e);
	if (rc != 0) {
		free(all);
		return rc;
	}
	*out = all;
	return 0;
}

int sr_ceremony_combine(struct sr_ceremony_keys *out, const struct sr_dkg *d,
	const struct sr_bytes *dealings, size_t count, struct sr_err *e) {
	struct sr_dealing *all = NULL;
	int rc = decode_all(&all, dealings, count, e);

	if (rc != 0)
		return rc;
	rc = sr_dkg_combine(out->level, d, all, count, e);
	if (rc == 0) {
		out->levels = d->levels;
		sr_dkg_transcript(out->transcript, d, dealings, count, out->level);
	}
	free(all);
	return rc;
}

int sr_ceremony_run_keys(struct sr_ceremony_keys *out, struct sr_vault *v,
	const struct sr_run_row *run, struct sr_err *e) {
	struct sr_buf bodies[SR_BOARD_MEMBERS_MAX];
	struct sr_bytes views[SR_BOARD_MEMBERS_MAX];
	struct sr_dkg *d = calloc(1, sizeof *d);
	int rc;

	if (d == NULL)
		return sr_fail(e, SR_NOMEM, "ceremony: out of memory");
	for (size_t i = 0; i < SR_BOARD_MEMBERS_MAX; i++)
		sr_buf_init(&bodies[i]);
	rc = sr_ceremony_run_dkg(d, v, run->board, run->run, e);
	for (size_t i = 0; i < run->dealer_count && rc == 0; i++) {
		rc = sr_object_fetch(v, run->dealers[i].deal, &bodies[i], e);
		views[i] = sr_buf_view(&bodies[i]);
	}
	if (rc == 0)
		rc = sr_ceremony_combine(out, d, views, run->dealer_count, e);
	for (size_t i = 0; i < SR_BOARD_MEMBERS_MAX; i++)
		sr_buf_free(&bodies[i]);
	free(d);
	return rc;
}

#ifdef SR_TESTING
static bool unchecked;

void sr_ceremony_lax(bool lax) {
	unchecked = lax;
}
#endif

/* Is ${actor} the member with the dealer's index: of this epoch, in a reshare of the one before?
 * Persons are compared, not keys: who deals may have another key by now. */
static int dealer_signed(struct sr_vault *v, const struct sr_dkg *d, uint8_t dealer,
	const char *actor, struct sr_err *e) {
	struct sr_board_row *b = calloc(1, sizeof *b);
	const uint32_t epoch = (uint32_t)d->epoch - (d->old_members > 0 ? 1 : 0);
	int rc = b == NULL ? sr_fail(e, SR_NOMEM, "ceremony: out of memory")
			   : sr_query_board(b, v->catalogue, d->board, epoch, e);

	if (rc == 0 &&
		(dealer > b->member_count || strcmp(b->members[dealer - 1].person, actor) != 0))
		rc = sr_fail(
			e, SR_AUTH, "the dealing is of member %u, signed by %s", dealer, actor);
	free(b);
	return rc;
}

int sr_ceremony_deal_check(struct sr_vault *v, const struct sr_statement *deal,
	struct sr_bytes dealing, struct sr_err *e) {
	uint8_t board[SR_ID], run[SR_ID], want[SR_HASH], have[SR_HASH];
	struct sr_dealing views;
	struct sr_dkg *d = NULL;
	int rc;

#ifdef SR_TESTING
	if (unchecked)
		return 0;
#endif
	d = calloc(1, sizeof *d);
	rc = d == NULL ? sr_fail(e, SR_NOMEM, "ceremony: out of memory")
		       : sr_field_id(run, deal, "run", 0, e);
	if (rc == 0)
		rc = sr_field_id(board, deal, "board", 0, e);
	if (rc == 0)
		rc = sr_field_hash(want, deal, "dealing", 0, e);
	sr_ceremony_dealing_hash(have, dealing);
	if (rc == 0 && memcmp(have, want, SR_HASH) != 0)
		rc = sr_fail(e, SR_AUTH, "the dealing is not the one that was signed");
	if (rc == 0)
		rc = sr_ceremony_run_dkg(d, v, board, run, e);
	if (rc == 0)
		rc = sr_deal_decode(&views, dealing, e);
	if (rc == 0)
		rc = sr_deal_verify(d, &views, e);
	if (rc == 0)
		rc = dealer_signed(v, d, views.dealer, deal->head.actor, e);
	free(d);
	return rc;
}

int sr_ceremony_shares(uint8_t x[SR_BOARD_LEVELS_MAX][SR_SCALAR],
	const struct sr_ceremony_keys *keys, const struct sr_dkg *d,
	const struct sr_bytes *dealings, const struct sr_ceremony_member *m, struct sr_err *e) {
	struct sr_dealing *all = NULL;
	struct sr_dkg_own own = {0};
	int rc = decode_all(&all, dealings, sr_ceremony_dealers(d), e);

	if (rc != 0)
		return rc;
	own.index = m->index;
	own.seed = m->seed;
	own.dealings = all;
	own.count = sr_ceremony_dealers(d);
	own.keys = keys->level;
	rc = sr_dkg_own_shares(x, d, &own, e);
	free(all);
	return rc;
}

/* Names: encode and decode. */

static void names_encode(struct sr_buf *out, const struct sr_door_text *names, size_t count) {
	sr_buf_put_le32(out, (uint32_t)count);
	for (size_t i = 0; i < count; i++) {
		sr_buf_put_lp(out, sr_bytes_str(names[i].field));
		sr_buf_put_le32(out, names[i].index);
		sr_buf_put(out, names[i].salt, SR_SALT);
		sr_buf_put_lp(out, names[i].text);
	}
}

static int name_decode(struct sr_door_text *out, struct sr_reader *r, struct sr_err *e) {
	struct sr_bytes field;
	uint32_t index = 0;
	int rc = sr_get_lp(r, &field, sizeof out->field - 1, e);

	if (rc == 0 && memchr(field.p, 0, field.len) != NULL)
		rc = sr_fail(e, SR_CORRUPT, "names: a field's name holds a NUL");
	if (rc == 0)
		rc = sr_get_le32(r, &index, e);
	if (rc == 0)
		rc = sr_get(r, out->salt, SR_SALT, e);
	if (rc == 0)
		rc = sr_get_lp(r, &out->text, SR_PATH_MAX, e);
	if (rc != 0)
		return rc;
	memcpy(out->field, field.p, field.len);
	out->field[field.len] = '\0';
	out->index = index;
	return 0;
}

static int names_decode(
	struct sr_door_text **out, size_t *count, struct sr_bytes raw, struct sr_err *e) {
	enum {
		PEOPLE_MAX = 6 * SR_BOARD_MEMBERS_MAX
	}; /* five roles and the standby board, of 32 each */
	struct sr_door_text *names = NULL;
	struct sr_reader r;
	uint32_t n = 0;
	int rc;

	sr_reader_init(&r, raw);
	rc = sr_get_le32(&r, &n, e);
	if (rc == 0 && n > PEOPLE_MAX)
		rc = sr_fail(e, SR_CORRUPT, "names: want at most %d, have %u", PEOPLE_MAX, n);
	if (rc == 0) {
		names = calloc(n == 0 ? 1 : n, sizeof *names);
		if (names == NULL)
			rc = sr_fail(e, SR_NOMEM, "names: out of memory for %u", n);
	}
	for (uint32_t i = 0; i < n && rc == 0; i++)
		rc = name_decode(&names[i], &r, e);
	if (rc == 0)
		rc = sr_get_end(&r, e);
	if (rc != 0) {
		free(names);
		return rc;
	}
	*out = names;
	*count = n;
	return 0;
}

#ifdef SR_TESTING
int sr_ceremony_names_again(struct sr_buf *out, struct sr_bytes raw, struct sr_err *e) {
	struct sr_door_text *names = NULL;
	size_t count = 0;
	int rc = names_decode(&names, &count, raw, e);

	if (rc == 0)
		names_encode(out, names, count);
	free(names);
	return rc;
}
#endif

/* Names are personal: on disk they lie sealed under a key of keys/service until the founding, and
 * are gone afterwards. */
static void names_key(uint8_t out[SR_KEY], const struct sr_vault *v) {
	sr_hash_of(out, "strongroom/ceremony-names/v1", v->keys->s->intake_sk, NULL, 0);
}

static int names_write(struct sr_dir *dir, const struct sr_vault *v,
	const struct sr_door_text *names, size_t count, struct sr_err *e) {
	struct sr_buf plain, sealed;
	uint8_t key[SR_KEY];
	int rc;

	sr_buf_init_secret(&plain);
	sr_buf_init(&sealed);
	names_encode(&plain, names, count);
	names_key(key, v);
	rc = sr_buf_ok(&plain, e);
	if (rc == 0)
		rc = sr_aead_seal_buf(&sealed, key, NAMES_LABEL, sr_bytes_str(v->keys->origin),
			sr_buf_view(&plain), e);
	if (rc == 0)
		rc = sr_file_replace(dir, "names", sr_buf_view(&sealed), e);
	sr_wipe(key, sizeof key);
	sr_buf_free(&plain);
	sr_buf_free(&sealed);
	return rc;
}

static int names_read(
	struct sr_buf *plain, struct sr_dir *dir, const struct sr_vault *v, struct sr_err *e) {
	struct sr_buf sealed;
	uint8_t key[SR_KEY];
	int rc;

	sr_buf_init(&sealed);
	names_key(key, v);
	rc = sr_file_read(dir, "names", &sealed, CEREMONY_FILE_MAX, e);
	if (rc == 0)
		rc = sr_aead_open_buf(plain, key, NAMES_LABEL, sr_bytes_str(v->keys->origin),
			sr_buf_view(&sealed), e);
	sr_wipe(key, sizeof key);
	sr_buf_free(&sealed);
	return rc;
}

static int remove_file(void *ctx, const char *name, bool is_dir, struct sr_err *e) {
	return is_dir ? 0 : sr_file_remove(ctx, name, e);
}

int sr_ceremony_clear(struct sr_vault *v, struct sr_err *e) {
	struct sr_dir *dir = NULL;
	int rc = sr_dir_open_at(&dir, v->run, FOLDER, e);

	if (rc == SR_NOTFOUND) {
		sr_err_clear(e);
		return 0;
	}
	if (rc == 0)
		rc = sr_dir_each(dir, remove_file, dir, e);
	sr_dir_close(dir);
	return rc;
}

/* Every name opens a card's commitment, and every distinct person has exactly one. */
static int names_check(const struct sr_statement *found, const struct sr_door_text *names,
	size_t count, struct sr_err *e) {
	static const char *const keys[] = {
		"member", "curator", "officer", "auditor", "custodian", "standby"};
	size_t opened = 0;

	for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
		for (size_t i = 0; i < sr_field_count(found, keys[k]); i++) {
			struct sr_card card;
			int rc = found_card(&card, found, keys[k], i, e);

			if (rc != 0)
				return rc;
			bool one = false;
			for (size_t j = 0; j < count; j++) {
				uint8_t want[SR_HASH];

				if (strcmp(names[j].field, keys[k]) != 0 || names[j].index != i)
					continue;
				sr_text_commit(want, names[j].salt, names[j].text);
				if (memcmp(want, card.name, SR_HASH) != 0)
					return sr_fail(e, SR_AUTH,
						"found: %s %zu: the name given does not open the "
						"card",
						keys[k], i + 1);
				if (one) /* the door would find it when all have signed */
					return sr_fail(e, SR_USAGE, "found: %s %zu is named twice",
						keys[k], i + 1);
				one = true;
				opened++;
			}
		}
	}
	if (opened != count)
		return sr_fail(e, SR_USAGE,
			"found: %zu names given, %zu of them open a card of the draft", count,
			opened);
	return 0;
}

static int ceremony_dir(struct sr_dir **out, struct sr_vault *v, bool make, struct sr_err *e) {
	if (make)
		return sr_dir_make(out, v->run, FOLDER, 0700, e);
	return sr_dir_open_at(out, v->run, FOLDER, e);
}

static void sign_name(char out[32], size_t index) {
	snprintf(out, 32, "sign-%zu", index);
}

/* *${count}: how many have signed; ${by}, if not NULL: who. */
static int signatures(size_t *count, struct sr_dir *d, size_t members, bool *by, struct sr_err *e) {
	int rc = 0;

	*count = 0;
	for (size_t i = 1; i <= members && rc == 0; i++) {
		char name[32];
		bool there = false;

		sign_name(name, i);
		rc = sr_file_find(&there, d, name, e);
		if (by != NULL)
			by[i - 1] = there;
		*count += there;
	}
	return rc;
}

int sr_ceremony_is_ours(
	const struct sr_vault *v, const struct sr_statement *found, struct sr_err *e) {
	struct sr_bytes origin = sr_field(found, "origin", 0),
			vkey_line = sr_field(found, "ledger-key", 0);
	struct sr_vkey vkey;
	uint8_t room[SR_PK];
	int rc = sr_vkey_parse(&vkey, vkey_line, e);

	if (rc == 0)
		rc = sr_field_key(room, found, "room-key", 0, e);
	if (rc != 0)
		return rc;
	if (!sr_bytes_eq(origin, sr_bytes_str(v->keys->origin)))
		return sr_fail(
			e, SR_USAGE, "found: its origin is not this vault's (%s)", v->keys->origin);
	if (memcmp(vkey.pk, v->keys->ledger_pk, SR_PK) != 0 ||
		memcmp(room, v->keys->room_pk, SR_PK) != 0)
		return sr_fail(e, SR_USAGE, "found: its ledger or room key is not this vault's");
	return 0;
}

int sr_ceremony_draft(struct sr_vault *v, struct sr_bytes text, const struct sr_door_text *names,
	size_t count, struct sr_err *e) {
	struct sr_statement found;
	struct sr_dkg *d = NULL;
	struct sr_dir *dir = NULL;
	uint8_t run[SR_ID];
	size_t count_signed = 0;
	int rc;

	if (v->founded)
		return sr_fail(e, SR_EXISTS, "this vault is founded already");
	rc = sr_statement_parse_text(&found, text, e);
	if (rc != 0)
		return sr_wrap(e, "found");
	d = calloc(1, sizeof *d);
	if (d == NULL)
		rc = sr_fail(e, SR_NOMEM, "found: out of memory");
	if (rc == 0)
		rc = sr_ceremony_is_ours(v, &found, e);
	sr_ceremony_run_id(run, found.hash, found.hash, 1);
	if (rc == 0)
		rc = sr_ceremony_dkg(d, &found, run, e);
	if (rc == 0)
		rc = names_check(&found, names, count, e);
	if (rc == 0)
		rc = ceremony_dir(&dir, v, true, e);
	if (rc == 0)
		rc = signatures(&count_signed, dir, SR_BOARD_MEMBERS_MAX, NULL, e);
	if (rc == 0 && count_signed > 0)
		rc = sr_fail(
			e, SR_EXISTS, "a draft was signed already; it can no longer be replaced");
	if (rc != 0)
		goto out;
	rc = names_write(dir, v, names, count, e);
	if (rc == 0)
		rc = sr_file_replace(dir, "found", text, e);
out:
	free(d);
	sr_dir_close(dir);
	sr_statement_free(&found);
	return rc;
}

int sr_ceremony_load(struct sr_ceremony_state *out, struct sr_vault *v, struct sr_err *e) {
	struct sr_ceremony_state s = {0};
	struct sr_statement found = {0};
	struct sr_dir *dir = NULL;
	size_t count = 0;
	int rc;

	sr_buf_init(&s.text);
	sr_buf_init_secret(&s.names_raw);
	if (v->founded)
		return sr_fail(e, SR_NOTFOUND, "the vault is founded; there is no draft");
	rc = ceremony_dir(&dir, v, false, e);
	if (rc == 0)
		rc = sr_file_read(dir, "found", &s.text, SR_TEXT_MAX, e);
	if (rc == SR_NOTFOUND)
		rc = sr_fail(e, SR_NOTFOUND, "no founding has been drafted (board new)");
	if (rc == 0)
		rc = names_read(&s.names_raw, dir, v, e);
	if (rc == 0)
		rc = names_decode(&s.names, &s.name_count, sr_buf_view(&s.names_raw), e);
	if (rc == 0)
		rc = sr_statement_parse_text(&found, sr_buf_view(&s.text), e);
	if (rc == 0) {
		memcpy(s.fingerprint, found.hash, SR_HASH);
		s.members = sr_field_count(&found, "member");
		rc = signatures(&count, dir, s.members, s.signed_by, e);
	}
	if (rc == 0)
		*out = s;
	else
		sr_ceremony_state_free(&s);
	sr_statement_free(&found);
	sr_dir_close(dir);
	return rc;
}

void sr_ceremony_state_free(struct sr_ceremony_state *s) {
	sr_buf_free(&s->text);
	sr_buf_free(&s->names_raw);
	free(s->names);
	memset(s, 0, sizeof *s);
}

/* One member's visit, checked: returns the index in ${index}. */
static int sign_check(uint8_t *index, const struct sr_dkg *d, const struct sr_statement *draft,
	const struct sr_ceremony_sign *s, struct sr_err *e) {
	struct sr_statement found = {0}, deal = {0};
	struct sr_dealing dealing;
	uint8_t hash[SR_HASH], want[SR_HASH], run[SR_ID], board[SR_ID];
	char person[SR_PERSON_TEXT] = "";
	int rc;

	rc = sr_statement_parse(&deal, s->deal, e);
	if (rc == 0 && deal.type->id != SR_T_DEAL)
		rc = sr_fail(e, SR_USAGE, "want a deal statement, have %s", deal.type->name);
	if (rc == 0)
		rc = sr_deal_decode(&dealing, s->dealing, e);
	if (rc == 0 && (dealing.dealer < 1 || dealing.dealer > d->members))
		rc = sr_fail(e, SR_CORRUPT, "dealing: index %u is not one of the %u members",
			dealing.dealer, d->members);
	if (rc != 0)
		goto out;
	*index = dealing.dealer;
	sr_person_name(person, d->key[dealing.dealer - 1]);
	if (memcmp(deal.head.vault, draft->hash, SR_HASH) != 0)
		rc = sr_fail(e, SR_DENIED, "deal: made for another founding (fingerprint differs)");
	else if (strcmp(deal.head.actor, person) != 0)
		rc = sr_fail(e, SR_DENIED,
			"deal: signed by %s, but the dealing is of member %u (%s)", deal.head.actor,
			dealing.dealer, person);
	if (rc == 0)
		rc = sr_statement_verify(&deal, person, d->key[dealing.dealer - 1], e);
	if (rc == 0)
		rc = sr_field_id(run, &deal, "run", 0, e);
	if (rc == 0)
		rc = sr_field_id(board, &deal, "board", 0, e);
	if (rc == 0 && (memcmp(run, d->run, SR_ID) != 0 || memcmp(board, d->board, SR_ID) != 0))
		rc = sr_fail(e, SR_DENIED, "deal: made for another run of the key generation");
	if (rc == 0)
		rc = sr_field_hash(want, &deal, "dealing", 0, e);
	sr_ceremony_dealing_hash(hash, s->dealing);
	if (rc == 0 && memcmp(hash, want, SR_HASH) != 0)
		rc = sr_fail(e, SR_AUTH, "deal: the dealing is not the one that was signed");
	if (rc == 0)
		rc = sr_deal_verify(d, &dealing, e);
	if (rc == 0)
		rc = sr_statement_parse(&found, s->found, e);
	if (rc == 0 && !sr_bytes_eq(found.body, draft->body))
		rc = sr_fail(e, SR_DENIED, "found: the signed text is not the draft");
	if (rc == 0)
		rc = sr_statement_verify(&found, person, d->key[dealing.dealer - 1], e);
out:
	sr_statement_free(&found);
	sr_statement_free(&deal);
	return rc;
}

/* What sign-<index> files hold, read back for the founding commit. */
struct kept {
	struct sr_buf raw;
	struct sr_bytes found, deal, dealing;
	uint8_t salt[SR_SALT];
};

static int kept_read(struct kept *k, struct sr_dir *dir, size_t index, struct sr_err *e) {
	struct sr_reader r;
	char name[32];
	int rc;

	sr_buf_init(&k->raw);
	sign_name(name, index);
	rc = sr_file_read(dir, name, &k->raw, CEREMONY_FILE_MAX, e);
	sr_reader_init(&r, sr_buf_view(&k->raw));
	if (rc == 0)
		rc = sr_get_lp(&r, &k->found, SR_STATEMENT_MAX, e);
	if (rc == 0)
		rc = sr_get_lp(&r, &k->deal, SR_STATEMENT_MAX, e);
	if (rc == 0)
		rc = sr_get(&r, k->salt, SR_SALT, e);
	if (rc == 0)
		rc = sr_get_lp(&r, &k->dealing, CEREMONY_FILE_MAX, e);
	if (rc == 0)
		rc = sr_get_end(&r, e);
	return rc;
}

/* All signatures are there: one group of found and the deals through the door. */
static int found_commit(struct sr_vault *v, struct sr_dir *dir,
	const struct sr_ceremony_state *state, struct sr_err *e) {
	size_t n = state->members;
	struct kept *kept = calloc(n, sizeof *kept);
	struct sr_bytes *notes = calloc(n, sizeof *notes);
	struct sr_submission *subs = calloc(n + 1, sizeof *subs);
	struct sr_door_object *objects = calloc(n, sizeof *objects);
	struct sr_outcome *outcomes = calloc(n + 1, sizeof *outcomes);
	struct sr_buf found;
	int rc = 0;

	sr_buf_init(&found);
	if (kept == NULL || notes == NULL || subs == NULL || objects == NULL || outcomes == NULL)
		rc = sr_fail(e, SR_NOMEM, "founding: out of memory for %zu members", n);
	for (size_t i = 0; i < n && rc == 0; i++) {
		rc = kept_read(&kept[i], dir, i + 1, e);
		if (rc != 0)
			break;
		notes[i] = kept[i].found;
		memcpy(objects[i].salt, kept[i].salt, SR_SALT);
		objects[i].body = kept[i].dealing;
		subs[i + 1].note = kept[i].deal;
		subs[i + 1].objects = &objects[i];
		subs[i + 1].object_count = 1;
	}
	if (rc == 0)
		rc = sr_statement_merge(&found, notes, n, e);
	if (rc == 0) {
		subs[0].note = sr_buf_view(&found);
		subs[0].texts = state->names;
		subs[0].text_count = state->name_count;
		rc = sr_door_commit(v, subs, n + 1, outcomes, e);
	}
	for (size_t i = 0; i <= n && rc == 0; i++)
		if (outcomes[i].code != 0)
			rc = sr_fail(e, (enum sr_code)outcomes[i].code, "founding: %s",
				outcomes[i].err.text);
	if (rc == 0)
		rc = sr_vault_founded(v, e);
	for (size_t i = 0; kept != NULL && i < n; i++)
		sr_buf_free(&kept[i].raw);
	free(kept);
	free(notes);
	free(subs);
	free(objects);
	free(outcomes);
	sr_buf_free(&found);
	return rc;
}

int sr_ceremony_sign(
	struct sr_vault *v, const struct sr_ceremony_sign *s, bool *founded, struct sr_err *e) {
	struct sr_ceremony_state state;
	struct sr_statement draft = {0};
	struct sr_dkg *d = calloc(1, sizeof *d);
	struct sr_dir *dir = NULL;
	struct sr_buf raw;
	uint8_t run[SR_ID], index = 0;
	size_t count = 0;
	char name[32];
	int rc;

	if (d == NULL)
		return sr_fail(e, SR_NOMEM, "ceremony: out of memory");
	rc = sr_ceremony_load(&state, v, e);
	if (rc != 0) {
		free(d);
		return rc;
	}
	sr_buf_init(&raw);
	rc = sr_statement_parse_text(&draft, sr_buf_view(&state.text), e);
	sr_ceremony_run_id(run, state.fingerprint, state.fingerprint, 1);
	if (rc == 0)
		rc = sr_ceremony_dkg(d, &draft, run, e);
	if (rc == 0)
		rc = ceremony_dir(&dir, v, false, e);
	if (rc == 0)
		rc = sign_check(&index, d, &draft, s, e);
	if (rc != 0)
		goto out;
	if (!state.signed_by[index - 1]) {
		sr_buf_put_lp(&raw, s->found);
		sr_buf_put_lp(&raw, s->deal);
		sr_buf_put(&raw, s->salt, SR_SALT);
		sr_buf_put_lp(&raw, s->dealing);
		sign_name(name, index);
		rc = sr_buf_ok(&raw, e);
		if (rc == 0)
			rc = sr_file_create(dir, name, sr_buf_view(&raw), e);
	}
	if (rc == 0)
		rc = signatures(&count, dir, state.members, NULL, e);
	/* One whose founding broke off after all had signed is gone on with. */
	if (rc == 0 && state.signed_by[index - 1] && count < state.members)
		rc = sr_fail(e, SR_EXISTS, "member %u has signed and dealt already", index);
	if (rc == 0 && count == state.members) {
		rc = found_commit(v, dir, &state, e);
		if (rc == 0)
			rc = sr_ceremony_clear(v, e);
		*founded = rc == 0;
	} else if (rc == 0) {
		*founded = false;
	}
out:
	sr_dir_close(dir);
	free(d);
	sr_buf_free(&raw);
	sr_statement_free(&draft);
	sr_ceremony_state_free(&state);
	return rc;
}
