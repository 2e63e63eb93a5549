/*
 * exported - see exported.h. The folder is read twice: once for the root, before anything is told,
 * and once to open what can be opened; the second reading must make the same root.
 */
#include "core/exported.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/card.h"
#include "ledger/epoch.h"
#include "ledger/keychange.h"
#include "merkle/tile.h"

enum {
	KEYS_MAX = 1 << 20, /* bytes of one file of boxes: 32 auditors are 8 kB */
	NOTE_MAX = 1 << 20
};

struct person { /* the key in force, as far as the log has been read */
	char name[SR_PERSON_TEXT];
	uint8_t pk[SR_PK];
};

struct reading {
	const struct sr_exported_ask *a;
	struct sr_exported_log *out;
	struct sr_buf *boxes; /* files of epochs/ */
	size_t box_count;
	bool vault_known;
	uint8_t vault[SR_HASH];
	/* the key of the epoch at work */
	uint32_t epoch;
	bool have;
	uint8_t key[SR_KEY];
	bool gap;         /* an epoch before was not given: people may be missing */
	bool change;      /* the entry before was the key-epoch that begins the next */
	bool read_before; /* the entry before could be read */
	bool begun;       /* a key-epoch was read */
	bool named;       /* the last one that was names us, */
	bool mine;        /* and so did that which began this epoch */
	struct person *people;
	size_t people_count;
	struct sr_log_link log; /* the ledger key and name in force so far */
	uint8_t room_pk[SR_PK]; /* of the service, likewise */
	char room[300];
	struct sr_tree tree;
};

/* --- epochs/ ---------------------------------------------------------------------------------- */

struct collecting {
	struct reading *r;
	struct sr_dir *d;
};

static int take_box(void *ctx, const char *name, bool is_dir, struct sr_err *e) {
	struct collecting *c = ctx;
	struct reading *r = c->r;
	struct sr_buf *more;

	if (is_dir)
		return 0;
	more = reallocarray(r->boxes, r->box_count + 1, sizeof *more);
	if (more == NULL)
		return sr_fail(e, SR_NOMEM, "out of memory for keys of epochs");
	r->boxes = more;
	sr_buf_init(&r->boxes[r->box_count]);
	r->box_count++;
	return sr_file_read(c->d, name, &r->boxes[r->box_count - 1], KEYS_MAX, e);
}

/* The vault that the boxes name; all the same one. */
static int learn_vault(struct reading *r, struct sr_err *e) {
	for (size_t i = 0; i < r->box_count; i++) {
		struct sr_text t = {0};
		uint8_t vault[SR_HASH];
		int rc = sr_text_parse(&t, sr_buf_view(&r->boxes[i]), e);

		if (rc == 0)
			rc = sr_unhex(vault, SR_HASH, sr_text_get(&t, "vault"), e);
		sr_text_free(&t);
		if (rc != 0)
			return sr_wrap(e, "keys of epochs");
		if (r->vault_known && memcmp(vault, r->vault, SR_HASH) != 0)
			return sr_fail(e, SR_AUTH, "keys of epochs: they are of two vaults");
		memcpy(r->vault, vault, SR_HASH);
		r->vault_known = true;
	}
	if (r->a->fingerprint != NULL && r->vault_known &&
		memcmp(r->vault, r->a->fingerprint, SR_HASH) != 0)
		return sr_fail(e, SR_AUTH, "keys of epochs: they are of another vault");
	return 0;
}

static int load_boxes(struct reading *r, struct sr_err *e) {
	struct collecting c = {.r = r};
	int rc = sr_dir_open_at(&c.d, r->a->dir, SR_EXPORT_EPOCHS, e);

	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_NOTFOUND,
			"there is no folder %s beside the log: export it anew with --as",
			SR_EXPORT_EPOCHS);
	if (rc == 0)
		rc = sr_dir_each(c.d, take_box, &c, e);
	sr_dir_close(c.d);
	return rc == 0 ? learn_vault(r, e) : rc;
}

/* The key of epoch ${number}, if any box has it for us. A damaged or foreign box is not ours. */
static void enter_epoch(struct reading *r, uint32_t number) {
	r->epoch = number;
	r->have = false;
	for (size_t i = 0; i < r->box_count && !r->have; i++)
		r->have = sr_epoch_find(r->key, sr_buf_view(&r->boxes[i]), r->vault, number,
				  r->a->identity->person, r->a->identity->seed, NULL) == 0;
	r->gap = r->gap || !r->have;
}

/* --- people ----------------------------------------------------------------------------------- */

static int know(struct reading *r, const struct sr_card *card, struct sr_err *e) {
	struct person *more;

	for (size_t i = 0; i < r->people_count; i++)
		if (strcmp(r->people[i].name, card->person) == 0) {
			memcpy(r->people[i].pk, card->key, SR_PK);
			return 0;
		}
	more = reallocarray(r->people, r->people_count + 1, sizeof *more);
	if (more == NULL)
		return sr_fail(e, SR_NOMEM, "out of memory for %zu people", r->people_count + 1);
	r->people = more;
	memcpy(more[r->people_count].name, card->person, SR_PERSON_TEXT);
	memcpy(more[r->people_count].pk, card->key, SR_PK);
	r->people_count++;
	return 0;
}

/* Whoever the statement introduces: those of what somebody only asks for are not believed yet. */
static int introductions(struct reading *r, const struct sr_statement *s, struct sr_err *e) {
	static const enum sr_type_id types[] = {SR_T_FOUND, SR_T_PERSON, SR_T_PERSON_SET,
		SR_T_PERSON_KEY, SR_T_BOARD, SR_T_RESHARE, SR_T_REKEY};
	bool introduces = false;
	int rc = 0;

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		introduces = introduces || s->type->id == types[i];
	for (const struct sr_field *f = s->type->fields; introduces && rc == 0 && f->key != NULL;
		f++) {
		for (size_t i = 0; f->kind == SR_V_CARD && rc == 0 && i < sr_field_count(s, f->key);
			i++) {
			struct sr_card card;
			struct sr_buf bytes;

			sr_buf_init(&bytes);
			rc = sr_field_card(&bytes, s, f->key, i, e);
			if (rc == 0)
				rc = sr_card_read(&card, sr_buf_view(&bytes), e);
			if (rc == 0)
				rc = know(r, &card, e);
			sr_buf_free(&bytes);
		}
	}
	return rc;
}

static const uint8_t *key_of(const struct reading *r, const char *person) {
	for (size_t i = 0; i < r->people_count; i++)
		if (strcmp(r->people[i].name, person) == 0)
			return r->people[i].pk;
	return NULL;
}

/* By the key that the log had for the actor before this entry. A change of the service's keys needs
 * both of those before, and names the ones after it. */
static int check_signature(struct reading *r, const struct sr_statement *s, struct sr_err *e) {
	struct sr_key_change k;
	struct sr_vkey found;
	const uint8_t *pk;
	int rc;

	if (s->type->id == SR_T_FOUND) {
		rc = sr_statement_verify_found(s, e);
		if (rc == 0)
			rc = sr_field_key(r->room_pk, s, "room-key", 0, e);
		if (rc == 0)
			rc = sr_vkey_parse(&found, sr_field(s, "ledger-key", 0), e);
		if (rc == 0) {
			memcpy(r->log.pk, found.pk, SR_PK);
			memcpy(r->log.name, found.name, sizeof r->log.name);
		}
		if (rc == 0)
			rc = sr_statement_room_name(r->room, sizeof r->room, r->a->key->name, e);
		r->out->found = rc == 0;
	} else if (memcmp(s->head.vault, r->vault, SR_HASH) != 0) {
		rc = sr_fail(e, SR_AUTH, "it names another vault");
	} else if (s->type->id == SR_T_SERVICE_KEY && r->out->found) {
		rc = sr_key_change_verify(s, r->a->key->name, &r->log, r->room_pk, e);
		if (rc == 0)
			rc = sr_key_change_read(&k, s, e);
		if (rc == 0) {
			r->log = k.log.next;
			memcpy(r->room_pk, k.room_pk, SR_PK);
		}
	} else {
		pk = s->by_service ? (r->out->found ? r->room_pk : NULL) : key_of(r, s->head.actor);
		if (pk == NULL && r->gap) {
			r->out->unchecked++;
			return 0;
		}
		if (pk == NULL)
			return sr_fail(
				e, SR_AUTH, "%s is nobody that the log introduced", s->head.actor);
		rc = sr_statement_verify(s, s->by_service ? r->room : s->head.actor, pk, e);
	}
	r->out->signatures += rc == 0 ? 1 : 0;
	return rc;
}

/* --- entries ---------------------------------------------------------------------------------- */

static int epoch_key(
	void *ctx, uint32_t epoch, enum sr_compartment c, uint8_t key[SR_KEY], struct sr_err *e) {
	const struct reading *r = ctx;

	if (c != SR_STRUCTURAL || epoch != r->epoch || !r->have)
		return sr_fail(e, SR_NOTFOUND, "no key of epoch %u", epoch);
	memcpy(key, r->key, SR_KEY);
	return 0;
}

static int no_subject(void *ctx, uint32_t epoch, enum sr_compartment c, const char *subject,
	uint8_t key[SR_KEY], struct sr_err *e) {
	(void)epoch;
	(void)ctx;
	(void)c;
	(void)key;
	return sr_fail(e, SR_MISUSE, "no key of %s", subject); /* only the structural part opens */
}

/* Epochs follow one another, each directly behind the statement that begins it. */
static int follow_epochs(
	struct reading *r, uint64_t index, struct sr_bytes entry, struct sr_err *e) {
	uint32_t number = 0;
	int rc = sr_entry_epoch(&number, entry, e);

	if (rc != 0)
		return rc;
	if (index == 0 && number != SR_EPOCH_FIRST)
		return sr_fail(e, SR_AUTH, "the log begins with epoch %u", number);
	if (index == 0) {
		enter_epoch(r, number);
		return 0;
	}
	if (number != r->epoch && number != r->epoch + 1)
		return sr_fail(e, SR_AUTH, "it is of epoch %u, the one before of epoch %u", number,
			r->epoch);
	if (r->read_before && (number != r->epoch) != r->change)
		return sr_fail(e, SR_AUTH,
			r->change ? "a new epoch was to begin, and did not"
				  : "a new epoch begins, and no key-epoch says so");
	if (number != r->epoch) {
		r->mine = r->read_before && r->named;
		enter_epoch(r, number);
	}
	return 0;
}

static bool names_us(const struct reading *r, const struct sr_statement *s) {
	for (size_t i = 0; i < sr_field_count(s, "auditor"); i++)
		if (sr_bytes_eq(sr_field(s, "auditor", i), sr_bytes_str(r->a->identity->person)))
			return true;
	return false;
}

static int judge(struct reading *r, const struct sr_entry *en, struct sr_err *e) {
	const struct sr_statement *s = &en->statement;
	uint64_t number = 0;
	int rc;

	if ((s->type->id == SR_T_FOUND) != (en->index == 0))
		return sr_fail(e, SR_CORRUPT, "entry 0 is found, and no other");
	if (s->type->id == SR_T_FOUND && memcmp(s->hash, r->vault, SR_HASH) != 0)
		return sr_fail(e, SR_AUTH, "found is of another vault than the keys of epochs");
	rc = check_signature(r, s, e);
	if (rc == 0)
		rc = introductions(r, s, e);
	r->change = false;
	if (rc == 0 && s->type->id == SR_T_KEY_EPOCH) {
		rc = sr_field_dec(&number, s, "epoch", 0, e);
		r->change = rc == 0 && number != SR_EPOCH_FIRST;
		/* The first epoch began with the log; that it did is said once. */
		if (rc == 0 && (r->change ? number != (uint64_t)r->epoch + 1
					  : r->epoch != SR_EPOCH_FIRST || r->begun))
			rc = sr_fail(e, SR_AUTH, "it begins epoch %llu behind epoch %u",
				(unsigned long long)number, r->epoch);
		r->begun = true;
		r->named = names_us(r, s);
	}
	return rc;
}

static int tell(struct reading *r, const struct sr_entry *en, struct sr_err *e) {
	const struct sr_exported_ask *a = r->a;

	if (en->index < a->from || (a->to != 0 && en->index >= a->to) ||
		(a->type != NULL && strcmp(en->statement.type->name, a->type) != 0))
		return 0;
	return a->each(a->ctx, en, e);
}

static int open_entry(struct reading *r, uint64_t index, struct sr_bytes entry, struct sr_err *e) {
	const struct sr_keyring ring = {epoch_key, no_subject, r};
	struct sr_entry en = {0};
	int rc = follow_epochs(r, index, entry, e);

	if (rc == 0 && !r->have) {
		r->out->sealed++;
		r->out->missing += r->mine ? 1 : 0;
		r->read_before = false;
		return 0;
	}
	if (rc == 0)
		rc = sr_entry_open(&en, r->a->key->name, index, entry, &ring, e);
	if (rc == 0) {
		r->out->opened++;
		r->read_before = true;
		rc = judge(r, &en, e);
		if (rc != 0 && e != NULL)
			(void)sr_wrap(e, "%s", en.statement.type->name);
		if (rc == 0)
			rc = tell(r, &en, e);
		sr_entry_free(&en);
	}
	if (rc != 0 && rc != SR_LOCKED && e != NULL)
		(void)sr_wrap(e, "entry %llu", (unsigned long long)index);
	return rc;
}

/* --- the folder ------------------------------------------------------------------------------- */

static int read_bundle(
	struct sr_buf *out, struct reading *r, uint64_t n, unsigned width, struct sr_err *e) {
	struct sr_tile t = {.entries = true, .n = n, .width = width};
	char path[SR_TILE_PATH];
	int rc;

	sr_tile_path(path, &t);
	rc = sr_file_read(r->a->dir, path, out, (size_t)SR_TILE_WIDTH * (SR_ENTRY_MAX + 2), e);
	if (rc == SR_NOTFOUND && width < SR_TILE_WIDTH) { /* the full one may stand for it */
		size_t len = 0;

		sr_err_clear(e);
		t.width = SR_TILE_WIDTH;
		sr_tile_path(path, &t);
		rc = sr_file_read(
			r->a->dir, path, out, (size_t)SR_TILE_WIDTH * (SR_ENTRY_MAX + 2), e);
		if (rc == 0)
			rc = sr_entry_bundle_prefix(&len, width, sr_buf_view(out), e);
		if (rc == 0)
			out->len = len;
	}
	if (rc == SR_NOTFOUND)
		rc = sr_fail(e, SR_CORRUPT,
			"%s is missing: the export is not whole, copy it again or export the log "
			"anew",
			path);
	return rc;
}

/* Every entry, hashed; opened too in the second reading. */
static int walk(struct reading *r, uint64_t size, bool open, struct sr_err *e) {
	struct sr_bytes *entry = calloc(SR_TILE_WIDTH, sizeof *entry);
	struct sr_buf bundle;
	int rc = entry == NULL ? sr_fail(e, SR_NOMEM, "out of memory for a bundle") : 0;

	sr_buf_init(&bundle);
	sr_tree_init(&r->tree);
	for (uint64_t at = 0; at < size && rc == 0; at += SR_TILE_WIDTH) {
		const uint64_t rest = size - at;
		const unsigned width = rest < SR_TILE_WIDTH ? (unsigned)rest : SR_TILE_WIDTH;

		sr_buf_clear(&bundle);
		rc = read_bundle(&bundle, r, at / SR_TILE_WIDTH, width, e);
		if (rc == 0)
			rc = sr_entry_bundle_parse(entry, width, sr_buf_view(&bundle), e);
		for (unsigned i = 0; i < width && rc == 0; i++) {
			uint8_t leaf[SR_HASH];

			sr_leaf_hash(leaf, entry[i]);
			rc = sr_tree_append(&r->tree, leaf, e);
			if (rc == 0 && open)
				rc = open_entry(r, at + i, entry[i], e);
		}
		if (rc == 0 && sr_progress_report(r->a->progress, open ? "log" : "root", at, size,
				       "entries") != 0)
			rc = sr_fail(e, SR_LOCKED, "stopped on request");
	}
	free(entry);
	sr_buf_free(&bundle);
	return rc;
}

static int root_is(const struct reading *r, const uint8_t want[SR_HASH], struct sr_err *e) {
	uint8_t root[SR_HASH];

	sr_tree_root(root, &r->tree);
	return memcmp(root, want, SR_HASH) == 0
		       ? 0
		       : sr_fail(e, SR_AUTH,
				 "the entries do not make the root that the log's key signed");
}

/* Change ${i} of the log's key or name, as it lies in the export; NOTFOUND. */
static int change_file(struct sr_log_change *c, struct sr_buf *note,
	const struct sr_exported_ask *a, unsigned i, struct sr_err *e) {
	struct sr_note n;
	char name[32];
	int rc;

	(void)snprintf(name, sizeof name, "key-change.%u", i);
	rc = sr_file_read(a->dir, name, note, SR_LOG_CHANGE_MAX, e);
	if (rc != 0)
		return rc;
	rc = sr_note_parse(&n, sr_buf_view(note), e);
	if (rc == 0) {
		rc = sr_log_change_read(c, n.text, e);
		sr_note_free(&n);
	}
	return rc;
}

/* What followed the key that was given: notes that prove themselves; one that does not is of
 * before, or nothing. Its entries say the same, and are checked. */
static int follow(struct sr_log_keys *k, const struct sr_exported_ask *a, struct sr_err *e) {
	const struct sr_log_link *last;
	int rc = 0;

	sr_log_keys_begin(k, a->key->name, a->key->pk);
	for (unsigned i = 1; i < SR_LOG_LINKS && rc == 0; i++) {
		struct sr_log_change c;
		struct sr_buf note;
		int bad;

		sr_buf_init(&note);
		bad = change_file(&c, &note, a, i, NULL);
		if (bad == SR_NOTFOUND)
			i = SR_LOG_LINKS;
		if (bad == 0 && c.renames && strcmp(c.next.name, a->key->name) == 0)
			rc = sr_fail(e, SR_USAGE,
				"the log is %s since entry %llu, by another name before: give the "
				"key that the members signed, and --log-name %s",
				c.next.name, (unsigned long long)c.next.from, c.next.name);
		else if (bad == 0)
			bad = sr_log_change_follow(k, &c, sr_buf_view(&note), NULL);
		if (bad == SR_NOMEM)
			rc = sr_fail(e, SR_NOMEM, "out of memory");
		sr_buf_free(&note);
	}
	last = sr_log_keys_last(k);
	if (rc == 0 && strcmp(last->name, a->key->name) != 0 &&
		(a->name == NULL || strcmp(last->name, a->name) != 0))
		rc = sr_fail(e, SR_AUTH,
			"the log of this export goes on as %s, because entries were lost: ask "
			"whether the board confirmed it, and say --log-name %s",
			last->name, last->name);
	return rc;
}

static int checkpoint(struct sr_checkpoint *c, const struct sr_exported_ask *a, struct sr_err *e) {
	struct sr_log_keys *keys = calloc(1, sizeof *keys);
	struct sr_buf note;
	struct sr_note n;
	int rc = keys == NULL ? sr_fail(e, SR_NOMEM, "out of memory") : follow(keys, a, e);

	sr_buf_init(&note);
	if (rc == 0)
		rc = sr_file_read(a->dir, "checkpoint", &note, NOTE_MAX, e);
	if (rc == 0)
		rc = sr_log_keys_open(c, &n, sr_buf_view(&note), keys, e);
	if (rc == 0) {
		if (a->witnesses != NULL)
			rc = sr_policy_check(a->witnesses, &n, NULL, e);
		sr_note_free(&n);
	}
	if (rc != 0 && e != NULL)
		(void)sr_wrap(e, "checkpoint");
	free(keys);
	sr_buf_free(&note);
	return rc;
}

int sr_exported_read(
	struct sr_exported_log *out, const struct sr_exported_ask *a, struct sr_err *e) {
	struct reading *r = calloc(1, sizeof *r);
	struct sr_checkpoint c = {.size = 0};
	int rc = r == NULL ? sr_fail(e, SR_NOMEM, "out of memory") : checkpoint(&c, a, e);

	memset(out, 0, sizeof *out);
	if (r == NULL)
		return rc;
	r->a = a;
	r->out = out;
	if (rc == 0)
		rc = load_boxes(r, e);
	if (rc == 0)
		rc = walk(r, c.size, false, e);
	if (rc == 0)
		rc = root_is(r, c.root, e);
	if (rc == 0)
		rc = walk(r, c.size, true, e);
	if (rc == 0)
		rc = root_is(r, c.root, e);
	if (rc == 0 && out->opened == 0 && c.size > 0)
		rc = sr_fail(e, SR_NOTFOUND, "no epoch of it is sealed to %s", a->identity->person);
	out->size = c.size;
	memcpy(out->root, c.root, SR_HASH);
	memcpy(out->fingerprint, r->vault, SR_HASH);
	for (size_t i = 0; i < r->box_count; i++)
		sr_buf_free(&r->boxes[i]);
	free(r->boxes);
	free(r->people);
	sr_wipe(r->key, SR_KEY);
	free(r);
	return rc;
}
