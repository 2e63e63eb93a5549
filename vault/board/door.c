/*
 * door - see door.h. A group is built in memory, entry by entry, inside one catalogue transaction;
 * each submission works behind a mark, so that a refused one leaves nothing. Nothing on disk counts
 * before the journal's fdatasync:
 *
 *   secrets put in one group, objects written, entries sealed
 *   sr_secrets_commit
 *   sr_backend_settle     objects, and what before() wrote beside the store, are durable
 *   sr_ledger_commit      <- the moment of truth
 *   catalogue commit
 *   erasures
 *   after()
 *
 * What a kill leaves before that moment (secrets without a statement, object files that no entry
 * names) is found at the next opening or by collect; after it, the catalogue catches up from the
 * journal and erasures are repeated (board/vault.c).
 */
#include "board/door.h"

#include "board/authorize.h"
#include "board/ceremony.h"
#include "board/dealings.h"
#include "board/erase.h"
#include "board/follow.h"
#include "board/forget.h"
#include "board/invariants.h"
#include "board/keys.h"
#include "board/pieces.h"
#include "board/quarantine.h"
#include "board/recover.h"
#include "board/witnessing.h"
#include "catalogue/apply.h"
#include "catalogue/lists.h"
#include "ledger/card.h"
#include "ledger/keychange.h"
#include "ledger/ledger.h"
#include "merkle/tree.h"
#include "store/backend.h"
#include "store/object.h"
#include "store/secrets.h"

struct pending { /* one entry of the group */
	struct sr_statement st;
	struct sr_record *records;
	size_t count;
	struct sr_buf texts; /* what the records' texts view */
	bool has_object;
	uint8_t object[SR_HASH];
	int64_t received;
	uint32_t epoch; /* in force before it */
};

struct ended {
	uint8_t request[SR_ID];
	uint32_t version;
};

struct group {
	struct sr_vault *v;
	struct pending *entries;
	size_t count, cap;
	struct ended *ended;
	size_t ended_count, ended_cap;
	struct sr_tombstone *dead; /* items that end with this group */
	size_t dead_count, dead_cap;
	struct sr_authorized answer; /* of the submission at work */
	struct sr_outcome
		*outcome; /* of the submission at work, for `tell`; NULL for the service's own */
	int64_t now;      /* receipt time */
	int64_t due; /* what ends by now has ended: never before a time that witnesses confirmed */
	uint64_t base; /* ledger index of the group's first entry */
	bool committed;
	bool board;     /* its keys, a member's key or share changed: keys/service.board follows */
	bool curators;  /* somebody is no curator any more: their boxes go */
	bool dealings;  /* a run of key generation ended: its dealings may go */
	bool people;    /* what was kept of somebody is to go */
	bool witnesses; /* the log has others now */
};

static void pending_free(struct pending *p) {
	sr_statement_free(&p->st);
	free(p->records);
	sr_buf_free(&p->texts);
}

static void group_drop(struct group *g, size_t keep) {
	while (g->count > keep)
		pending_free(&g->entries[--g->count]);
}

static void group_free(struct group *g) {
	group_drop(g, 0);
	free(g->entries);
	free(g->ended);
	free(g->dead);
	sr_authorized_free(&g->answer);
}

/* Receipt time: the vault's clock, never earlier than the entry before; a step back of more than
 * SR_CLOCK_BACK_S stops writes, because expiry would be judged by a clock that somebody moved. */
static int receipt_time(int64_t *now, struct sr_vault *v, struct sr_err *e) {
	int64_t t = sr_now(&v->clock);
	struct sr_entry_row last;
	uint64_t size = sr_ledger_next_index(v->ledger);
	int rc;

	*now = t;
	if (size == 0)
		return 0;
	rc = sr_query_entry(&last, v->catalogue, size - 1, e);
	if (rc != 0)
		return rc;
	if (t < last.received - SR_CLOCK_BACK_S) {
		char was[SR_TIME_TEXT], is[SR_TIME_TEXT];

		sr_time_format(was, last.received);
		sr_time_format(is, t);
		return sr_fail(e, SR_LOCKED,
			"the clock says %s, the last entry was received at %s: writing stops "
			"until the clock is right (at most %d s back are bridged)",
			is, was, SR_CLOCK_BACK_S);
	}
	if (t < last.received)
		*now = last.received;
	return 0;
}

/* --- records and objects of one statement ----------------------------------------------------- */

static const struct sr_door_text *text_for(
	const struct sr_submission *sub, const char *key, size_t index) {
	for (size_t i = 0; i < sub->text_count; i++)
		if (strcmp(sub->texts[i].field, key) == 0 && sub->texts[i].index == index)
			return &sub->texts[i];
	return NULL;
}

/* found opens one card per distinct person; a card of somebody named before needs no second
 * opening. */
static bool opening_may_miss(const struct sr_statement *s, const struct sr_field *f) {
	return s->type->id == SR_T_FOUND && f->kind == SR_V_CARD;
}

static int record_add(struct pending *p, const struct sr_field *f, size_t index,
	const struct sr_door_text *text, struct sr_err *e) {
	struct sr_record *r = &p->records[p->count];
	int rc = sr_field_subject(r->subject, &p->st, f->key, index, e);

	if (rc != 0)
		return rc;
	r->compartment = f->compartment;
	r->key = f->key;
	r->index = (uint32_t)index;
	r->state = SR_RECORD_READ;
	memcpy(r->salt, text->salt, SR_SALT);
	r->text = text->text;
	p->count++;
	return sr_record_check(&p->st, r, e);
}

/* The openings of every `~` line, checked against the commitments: all there, none to spare. */
static int records_of(struct pending *p, const struct sr_submission *sub, struct sr_err *e) {
	size_t used = 0;
	int rc = 0;

	p->records = calloc(sub->text_count == 0 ? 1 : sub->text_count, sizeof *p->records);
	if (p->records == NULL)
		return sr_fail(e, SR_NOMEM, "door: out of memory for %zu texts", sub->text_count);
	for (const struct sr_field *f = p->st.type->fields; f->key != NULL; f++) {
		if (f->kind != SR_V_TEXT && f->kind != SR_V_CARD)
			continue;
		for (size_t i = 0; i < sr_field_count(&p->st, f->key); i++) {
			const struct sr_door_text *t = text_for(sub, f->key, i);

			if (t == NULL && opening_may_miss(&p->st, f))
				continue;
			if (t == NULL)
				return sr_fail(e, SR_USAGE,
					"line %s %zu: its text did not come with the statement",
					f->key, i + 1);
			rc = record_add(p, f, i, t, e);
			if (rc != 0)
				return rc;
			used++;
		}
	}
	if (used != sub->text_count)
		return sr_fail(e, SR_USAGE, "%zu texts came, the statement has lines for %zu",
			sub->text_count, used);
	return 0;
}

/* The texts must outlive the submission of a follow-up: copy them, then point there. */
static int records_keep(struct pending *p, struct sr_err *e) {
	size_t at = 0;
	int rc;

	sr_buf_init_secret(&p->texts);
	for (size_t i = 0; i < p->count; i++)
		sr_buf_put_bytes(&p->texts, p->records[i].text);
	rc = sr_buf_ok(&p->texts, e);
	for (size_t i = 0; i < p->count && rc == 0; i++) {
		p->records[i].text = sr_bytes_of(p->texts.p + at, p->records[i].text.len);
		at += p->records[i].text.len;
	}
	return rc;
}

struct own {                           /* of a statement at work */
	char subject[SR_SUBJECT_TEXT]; /* of what its lines name */
	uint32_t epoch;
};

static int object_named(struct sr_object_writer *w, struct sr_vault *v,
	const struct sr_submission *sub, size_t i, const struct own *mine, struct sr_err *e) {
	const struct sr_door_object *o = &sub->objects[i];
	const char *own = mine->subject;
	const char *subject = o->subject[0] != '\0' ? o->subject : own;
	struct sr_bytes body = o->body;
	struct sr_buf brought;
	uint8_t key[SR_KEY];
	uint32_t position;
	int rc = 0;

	sr_buf_init_secret(&brought);
	if (body.len == 0 && sub->object != NULL) {
		rc = sub->object(sub->ctx, i, &brought, e);
		body = sr_buf_view(&brought);
	}
	if (rc == 0 && subject[0] != '\0')
		rc = sr_subject_key_make(key, v, subject, e);
	if (rc == 0)
		rc = sr_object_key(key, v, subject, mine->epoch, e);
	if (rc == 0)
		rc = sr_object_add_salted(w, key, o->salt, body, &position, e);
	sr_wipe(key, sizeof key);
	sr_buf_free(&brought);
	return rc;
}

/* Every `object` line has its object, in order; only an accession brings more (its items' file
 * lists, checked by apply). */
static int objects_named(
	const struct pending *p, const struct sr_submission *sub, struct sr_err *e) {
	size_t n = 0;

	for (const struct sr_field *f = p->st.type->fields; f->key != NULL; f++) {
		uint8_t want[SR_HASH], have[SR_HASH];
		int rc;

		if (!f->object || sr_field_count(&p->st, f->key) == 0)
			continue;
		rc = sr_field_hash(want, &p->st, f->key, 0, e);
		if (rc != 0)
			return rc;
		if (n >= sub->object_count)
			return sr_fail(e, SR_USAGE,
				"line %s: its object did not come with the statement", f->key);
		sr_object_id(have, sub->objects[n].salt, sub->objects[n].body);
		if (memcmp(want, have, SR_HASH) != 0)
			return sr_fail(e, SR_AUTH,
				"line %s: the object that came is not the one it names", f->key);
		if (sub->objects[n].subject[0] != '\0')
			return sr_fail(e, SR_MISUSE,
				"line %s: which key seals its object is the vault's to say",
				f->key);
		n++;
	}
	if (n != sub->object_count && !sr_type_brings_items(p->st.type->id))
		return sr_fail(e, SR_USAGE, "%zu objects came, the statement names %zu",
			sub->object_count, n);
	return 0;
}

/* Keep each compartment under its cap: the longest records go out, into the object file. */
static void records_out(struct pending *p) {
	for (int c = SR_DESCRIPTIVE; c <= SR_PERSONAL; c++) {
		for (;;) {
			struct sr_record *longest = NULL;
			size_t sum = 4;

			for (size_t i = 0; i < p->count; i++) {
				struct sr_record *r = &p->records[i];

				if ((int)r->compartment != c || r->out)
					continue;
				sum += sr_record_size(r);
				if (longest == NULL || r->text.len > longest->text.len)
					longest = r;
			}
			if (sum <= SR_COMPARTMENT_MAX || longest == NULL)
				break;
			longest->out = true;
		}
	}
}

/* Its subject is never the structural one. */
static int record_object(struct sr_object_writer *w, struct sr_vault *v, struct sr_record *r,
	uint32_t epoch, struct sr_err *e) {
	struct sr_buf body;
	uint8_t key[SR_KEY];
	uint32_t position;
	int rc = sr_object_key(key, v, r->subject, epoch, e);

	sr_buf_init_secret(&body);
	sr_record_body(&body, r->salt, r->text);
	if (rc == 0)
		rc = sr_buf_ok(&body, e);
	if (rc == 0)
		rc = sr_object_add(w, key, sr_buf_view(&body), &position, r->object_id, e);
	sr_wipe(key, sizeof key);
	sr_buf_free(&body);
	return rc;
}

/* The object file of one entry: named objects, then records that lie out. */
static int objects_write(
	struct group *g, struct pending *p, const struct sr_submission *sub, struct sr_err *e) {
	struct sr_object_writer *w = NULL;
	struct own own = {.epoch = p->epoch};
	int rc = sr_object_writer_new(&w, g->v->store, g->v->fingerprint, e);

	if (rc == 0)
		rc = sr_query_object_subject(own.subject, g->v->catalogue, &p->st, e);
	for (size_t i = 0; i < sub->object_count && rc == 0; i++)
		rc = object_named(w, g->v, sub, i, &own, e);
	for (size_t i = 0; i < p->count && rc == 0; i++)
		if (p->records[i].out)
			rc = record_object(w, g->v, &p->records[i], p->epoch, e);
	if (rc == 0 && sr_object_count(w) > 0) {
		rc = sr_object_commit(w, p->object, e);
		p->has_object = rc == 0;
	}
	sr_object_writer_free(w);
	return rc;
}

/* --- one entry into the group ----------------------------------------------------------------- */

static int subjects_make(struct group *g, const struct pending *p, struct sr_err *e) {
	uint8_t key[SR_KEY];
	int rc = 0;

	for (size_t i = 0; i < p->count && rc == 0; i++) {
		bool erased = false;

		/* A second key would make the entries before look forged. */
		rc = sr_query_is_erased(&erased, g->v->catalogue, p->records[i].subject, e);
		if (rc == 0 && erased)
			rc = sr_fail(e, SR_DENIED,
				"what was kept of %s is erased: nothing is kept of them again",
				p->records[i].subject);
		if (rc == 0)
			rc = sr_subject_key_make(key, g->v, p->records[i].subject, e);
	}
	sr_wipe(key, sizeof key);
	return rc;
}

static int entry_apply(struct group *g, const struct pending *p, struct sr_err *e) {
	struct sr_object_source source;
	struct sr_objects objects = sr_object_source_init(&source, g->v);
	struct sr_entry en = {0};
	int rc;

	en.epoch = p->epoch;
	en.index = sr_catalogue_size(g->v->catalogue);
	en.received = p->received;
	en.has_object = p->has_object;
	memcpy(en.object, p->object, SR_HASH);
	en.statement = p->st;
	en.records = p->records;
	en.count = p->count;
	rc = sr_catalogue_apply(g->v->catalogue, &en, &objects, e);
	sr_object_source_free(&source);
	return rc;
}

/* By the room key; service-key by the two keys that end with it, or whose log takes a name. */
static int service_sign(
	struct sr_buf *note, const struct sr_vault *v, struct sr_bytes text, struct sr_err *e) {
	const struct sr_service *k = v->keys;
	struct sr_statement s;
	char name[300];
	bool change, renames;
	int rc = sr_statement_parse_text(&s, text, e);

	if (rc != 0)
		return rc;
	change = s.type->id == SR_T_SERVICE_KEY;
	renames = change && sr_field_count(&s, "known") > 0;
	sr_statement_free(&s);
	if (change && renames == k->under_way)
		return sr_fail(e, SR_MISUSE, "service-key: %s change of keys is under way",
			renames ? "a" : "no");
	if (change) {
		const struct sr_key_change_by by = {
			.origin = k->origin,
			.name = sr_log_keys_link(
				sr_ledger_keys(v->ledger), sr_ledger_next_index(v->ledger))
					->name,
			.ledger_seed = renames ? k->s->ledger_seed : k->arena->leaving.ledger_seed,
			.room_seed = renames ? k->s->room_seed : k->arena->leaving.room_seed,
		};

		return sr_key_change_sign(note, text, &by, e);
	}
	rc = sr_statement_room_name(name, sizeof name, k->origin, e);
	return rc == 0 ? sr_statement_sign(note, text, name, k->s->room_seed, e) : rc;
}

static int follow_service(
	void *ctx, const struct sr_submission *parts, struct sr_bytes text, struct sr_err *e);
static int follow_ends(void *ctx, const uint8_t request[SR_ID], uint32_t version, struct sr_err *e);
static int follow_dies(void *ctx, const struct sr_tombstone *item, struct sr_err *e);
static void follow_curators(void *ctx);
static void follow_dealings(void *ctx);
static void follow_people(void *ctx);
static void follow_witnesses(void *ctx);
static void follow_tell(void *ctx, const char *sentence);
static size_t follow_room(void *ctx);
static void follow_later(void *ctx);

/* Room for one more entry. */
static int group_room(struct group *g, struct sr_err *e) {
	struct pending *more;
	size_t cap;

	if (g->count == SR_COMMIT_LEAVES)
		return sr_fail(
			e, SR_MISUSE, "door: more than %d entries in one commit", SR_COMMIT_LEAVES);
	if (g->count < g->cap)
		return 0;
	cap = g->cap == 0 ? 8 : g->cap * 2;
	more = reallocarray(g->entries, cap, sizeof *more);
	if (more == NULL)
		return sr_fail(e, SR_NOMEM, "door: out of memory for %zu entries", cap);
	g->entries = more;
	g->cap = cap;
	return 0;
}

/* Take ${p} (its parts are the group's from here on, or freed) with its objects, apply it, and
 * whatever follows from it. */
static int entry_take(
	struct group *g, struct pending *p, const struct sr_submission *sub, struct sr_err *e) {
	struct sr_follow f = {follow_service, follow_ends, follow_dies, follow_curators,
		follow_dealings, follow_people, follow_witnesses, follow_tell, follow_room,
		follow_later, g, g->now, sub->packs};
	struct sr_statement st;
	int rc = group_room(g, e);

	if (rc != 0 || g->entries == NULL) {
		pending_free(p);
		return rc;
	}
	p->received = g->now;
	records_out(p);
	rc = sr_vault_epoch_now(&p->epoch, g->v, e);
	if (rc == 0)
		rc = subjects_make(g, p, e);
	if (rc == 0)
		rc = objects_write(g, p, sub, e);
	if (rc == 0)
		rc = entry_apply(g, p, e);
	g->board = g->board || p->st.type->id == SR_T_OPENED || p->st.type->id == SR_T_PERSON_KEY ||
		   p->st.type->id == SR_T_SHARE;
	st = p->st; /* its parts stay where they are while follow-ups move the array */
	g->entries[g->count++] = *p;
	return rc == 0 ? sr_follow_on(&f, g->v, &st, e) : rc;
}

static int follow_service(
	void *ctx, const struct sr_submission *parts, struct sr_bytes text, struct sr_err *e) {
	struct group *g = ctx;
	struct pending p = {0};
	struct sr_buf note;
	int rc;

	sr_buf_init(&note);
	rc = service_sign(&note, g->v, text, e);
	if (rc == 0)
		rc = sr_statement_parse(&p.st, sr_buf_view(&note), e);
	sr_buf_free(&note);
	if (rc != 0)
		return rc;
	rc = records_of(&p, parts, e);
	if (rc == 0)
		rc = records_keep(&p, e);
	if (rc == 0)
		rc = objects_named(&p, parts, e);
	if (rc != 0) {
		pending_free(&p);
		return rc;
	}
	return entry_take(g, &p, parts, e);
}

static int follow_ends(
	void *ctx, const uint8_t request[SR_ID], uint32_t version, struct sr_err *e) {
	struct group *g = ctx;

	if (g->ended_count == g->ended_cap) {
		size_t cap = g->ended_cap == 0 ? 8 : g->ended_cap * 2;
		struct ended *more = realloc(g->ended, cap * sizeof *more);

		if (more == NULL)
			return sr_fail(e, SR_NOMEM, "door: out of memory");
		g->ended = more;
		g->ended_cap = cap;
	}
	memcpy(g->ended[g->ended_count].request, request, SR_ID);
	g->ended[g->ended_count].version = version;
	g->ended_count++;
	return 0;
}

static int follow_dies(void *ctx, const struct sr_tombstone *item, struct sr_err *e) {
	struct group *g = ctx;

	if (g->dead_count == g->dead_cap) {
		size_t cap = g->dead_cap == 0 ? 64 : g->dead_cap * 2;
		struct sr_tombstone *more = reallocarray(g->dead, cap, sizeof *more);

		if (more == NULL)
			return sr_fail(e, SR_NOMEM, "door: out of memory for %zu items", cap);
		g->dead = more;
		g->dead_cap = cap;
	}
	g->dead[g->dead_count++] = *item;
	return 0;
}

static void follow_curators(void *ctx) {
	struct group *g = ctx;

	g->curators = true;
}

static void follow_dealings(void *ctx) {
	struct group *g = ctx;

	g->dealings = true;
}

static void follow_people(void *ctx) {
	struct group *g = ctx;

	g->people = true;
}

static void follow_witnesses(void *ctx) {
	struct group *g = ctx;

	g->witnesses = true;
}

static size_t follow_room(void *ctx) {
	const struct group *g = ctx;

	return SR_COMMIT_LEAVES - g->count;
}

static void follow_later(void *ctx) {
	struct group *g = ctx;

	g->v->unsettled = true;
	follow_tell(
		g, "there is more than one commit takes: the rest follows by itself in minutes");
}

static void follow_tell(void *ctx, const char *sentence) {
	struct group *g = ctx;

	if (g->outcome == NULL)
		return;
	for (size_t i = 0; i < sizeof g->outcome->follow / sizeof g->outcome->follow[0]; i++)
		if (g->outcome->follow[i][0] == '\0') {
			snprintf(g->outcome->follow[i], sizeof g->outcome->follow[i], "%s",
				sentence);
			return;
		}
}

/* --- checks of one submission ----------------------------------------------------------------- */

/* Fingerprint and the signature by the key that the catalogue has for the actor; found carries its
 * own keys. */
static int check_signature(struct group *g, const struct sr_statement *s, struct sr_err *e) {
	struct sr_person_row me = {0};
	int rc;

	if (s->type->id == SR_T_FOUND) {
		if (g->base + g->count != 0)
			return sr_fail(e, SR_DENIED, "this vault is founded already");
		rc = sr_ceremony_is_ours(g->v, s, e);
		return rc == 0 ? sr_statement_verify_found(s, e) : rc;
	}
	if (memcmp(s->head.vault, g->v->fingerprint, SR_HASH) != 0) {
		char have[2 * SR_HASH + 1], want[2 * SR_HASH + 1];

		sr_hex(have, s->head.vault, SR_HASH);
		sr_hex(want, g->v->fingerprint, SR_HASH);
		return sr_fail(e, SR_DENIED,
			"signed for the vault with fingerprint %.16s..., this is %.16s...", have,
			want);
	}
	if (s->by_service)
		return sr_fail(
			e, SR_DENIED, "statements of the service are made by the vault itself");
	rc = sr_query_person(&me, g->v->catalogue, s->head.actor, e);
	if (rc == SR_NOTFOUND)
		return sr_fail(e, SR_DENIED,
			"%s is not known here: a curator or officer adds people", s->head.actor);
	if (rc == 0 && me.erased != 0)
		rc = sr_fail(e, SR_DENIED, "what was kept of %s is erased: they act here no more",
			s->head.actor);
	if (rc == 0)
		rc = sr_statement_verify(s, s->head.actor, me.pk, e);
	sr_person_row_free(&me);
	return rc;
}

static int check_times(
	const struct group *g, const struct sr_statement *s, bool resumed, struct sr_err *e) {
	char then[SR_TIME_TEXT], now[SR_TIME_TEXT];

	if (resumed)
		return 0;
	sr_time_format(now, g->now);
	if (s->head.until != 0 && s->head.until < g->now) {
		sr_time_format(then, s->head.until);
		return sr_fail(e, SR_DENIED,
			"the statement was good until %s, it is %s: sign it anew", then, now);
	}
	if (s->head.until > s->head.time + SR_INVARIANTS_UNTIL_MAX_S)
		return sr_fail(e, SR_DENIED,
			"the statement is good for more than %d days: sign it anew with an "
			"earlier until",
			SR_INVARIANTS_UNTIL_MAX_S / 86400);
	/* With `until`, the signer said how long it may take (signed on another machine); without,
	 * clocks must agree. Nothing comes from the future: `until` counts from the time. */
	if (s->head.time > g->now + SR_INVARIANTS_SKEW_S ||
		(s->head.until == 0 && s->type->id != SR_T_FOUND && s->type->id != SR_T_DEAL &&
			s->head.time < g->now - SR_INVARIANTS_SKEW_S)) {
		sr_time_format(then, s->head.time);
		return sr_fail(e, SR_DENIED,
			"the statement is of %s, the vault's clock says %s: more than %d s apart",
			then, now, SR_INVARIANTS_SKEW_S);
	}
	return 0;
}

/* What the actor last verified must be in our past: a client that saw another history says so
 * loudly. */
static int check_seen(struct group *g, const struct sr_statement *s, struct sr_err *e) {
	uint8_t root[SR_HASH];
	int rc;

	if (!s->has_seen)
		return 0;
	if (s->head.seen_size > g->base)
		return sr_fail(e, SR_DENIED,
			"%s has verified a ledger of %llu entries, this one has %llu: it was "
			"rolled back",
			s->head.actor, (unsigned long long)s->head.seen_size,
			(unsigned long long)g->base);
	rc = sr_ledger_root_at(g->v->ledger, s->head.seen_size, root, e);
	if (rc == 0 && memcmp(root, s->head.seen_root, SR_HASH) != 0)
		return sr_fail(e, SR_DENIED,
			"%s has verified another ledger of %llu entries than this one: it was "
			"forked",
			s->head.actor, (unsigned long long)s->head.seen_size);
	return rc;
}

/* The same id again: with the same bytes its first receipt, with others a refusal. *${known}: the
 * outcome is made. */
static int check_repeated(struct group *g, const struct sr_statement *s, struct sr_outcome *o,
	bool *known, struct sr_err *e) {
	struct sr_entry_row row;
	int rc = sr_query_statement(&row, g->v->catalogue, s->head.id, e);

	*known = false;
	if (rc == SR_NOTFOUND) {
		sr_err_clear(e);
		return 0;
	}
	if (rc != 0)
		return rc;
	*known = true;
	if (memcmp(row.hash, s->hash, SR_HASH) == 0) {
		o->repeated = true;
		o->index = row.index;
		o->received = row.received;
		return 0;
	}
	o->code = sr_fail(&o->err, SR_DENIED,
		"another statement with this id is in the ledger (entry %llu)",
		(unsigned long long)row.index);
	return 0;
}

/* Which refusals are kept in the log (DESIGN 6a). */
static bool refusal_kept(enum sr_type_id t) {
	return t == SR_T_VOTE || t == SR_T_CHECKOUT || t == SR_T_RELEASE || t == SR_T_REQUEST ||
	       t == SR_T_AMEND;
}

static int put_if(
	struct sr_buf *text, const struct sr_statement *s, const char *key, const char *as) {
	struct sr_bytes v = sr_field(s, key, 0);
	char word[256];

	if (v.p == NULL)
		return 0;
	v = sr_word(v, 0);
	if (v.len >= sizeof word)
		return 0;
	memcpy(word, v.p, v.len);
	word[v.len] = '\0';
	sr_text_put(text, as, word);
	return 0;
}

static int refuse_log(
	struct group *g, const struct sr_statement *s, const char *rule, struct sr_err *e) {
	static const struct sr_submission none;
	struct sr_grant_row grant = {0};
	struct sr_version_row version = {0};
	struct sr_item_row item = {0};
	uint8_t id[SR_ID], hash[SR_HASH];
	struct sr_buf text;
	int rc;

	sr_buf_init(&text);
	sr_follow_begin(&text, g->v, SR_T_REFUSE, g->now);
	sr_text_put(&text, "what", s->type->name);
	sr_text_put(&text, "person", s->head.actor);
	/* Only ids of things that exist: what a client makes up does not get into the log. */
	if (s->type->id == SR_T_VOTE && sr_field_id_hash(id, hash, s, "request", NULL) == 0 &&
		sr_query_version(&version, g->v->catalogue, id, 0, NULL) == 0)
		put_if(&text, s, "request", "request");
	if (sr_type_field(s->type, sr_bytes_str("grant")) != NULL &&
		sr_field_id(id, s, "grant", 0, NULL) == 0 &&
		sr_query_grant(&grant, g->v->catalogue, id, NULL) == 0)
		put_if(&text, s, "grant", "grant");
	if (sr_type_field(s->type, sr_bytes_str("item")) != NULL &&
		sr_field_id(id, s, "item", 0, NULL) == 0 &&
		sr_query_item(&item, g->v->catalogue, id, NULL) == 0)
		put_if(&text, s, "item", "item");
	sr_text_put(&text, "rule", rule);
	rc = sr_buf_ok(&text, e);
	if (rc == 0)
		rc = follow_service(g, &none, sr_buf_view(&text), e);
	sr_version_row_free(&version);
	sr_grant_row_free(&grant);
	sr_item_row_free(&item);
	sr_buf_free(&text);
	return rc;
}

/* The pieces of a vote against the version that it is on: a ruling like any other. */
static int pieces_ask(struct sr_ruling *ruling, struct group *g, const struct sr_statement *s,
	const struct sr_submission *sub, struct sr_err *e) {
	struct sr_version_row v = {0};
	struct sr_pieces_want want = {0};
	struct sr_err why = {0};
	uint8_t id[SR_ID], hash[SR_HASH];
	int rc = sr_field_id_hash(id, hash, s, "request", e);

	if (rc == 0)
		rc = sr_field_hash(want.root, s, "bundle", 0, e);
	if (rc == 0)
		rc = sr_query_version(&v, g->v->catalogue, id, 0, e);
	if (rc != 0)
		return rc;
	want.items = v.items;
	want.readers = v.people_count + 1;
	if (sr_field_count(s, "extension") > 0) /* the rules have found it */
		rc = sr_field_dec(&want.items, s, "count", 0, e);
	sr_version_row_free(&v);
	if (rc != 0)
		return rc;
	rc = sr_pieces_check(sub->objects[0].body, &want, &why);
	if (rc != SR_CORRUPT && rc != SR_AUTH)
		return rc == 0 ? 0 : sr_fail(e, (enum sr_code)rc, "%s", why.text);
	ruling->allowed = false;
	snprintf(ruling->rule, sizeof ruling->rule, "bundle-invalid");
	snprintf(ruling->why, sizeof ruling->why, "%.390s", why.text);
	return 0;
}

/* A dealing after the founding, as everybody can check it: a ruling too. */
static int deal_ask(struct sr_ruling *ruling, struct group *g, const struct sr_statement *s,
	const struct sr_submission *sub, struct sr_err *e) {
	struct sr_err why = {0};
	int rc = sr_ceremony_deal_check(g->v, s, sub->objects[0].body, &why);

	if (rc != SR_CORRUPT && rc != SR_AUTH)
		return rc == 0 ? 0 : sr_fail(e, (enum sr_code)rc, "%s", why.text);
	ruling->allowed = false;
	snprintf(ruling->rule, sizeof ruling->rule, "dealing-invalid");
	snprintf(ruling->why, sizeof ruling->why, "%.390s", why.text);
	return 0;
}

/* The invariants let it pass: what do the rules that the board adopted say? The answer is kept with
 * the submission, since some are told in the log (submission_take). */
static int policy_ask(struct sr_ruling *ruling, struct group *g, const struct sr_statement *s,
	const struct sr_submission *sub, const struct sr_invariants *r, struct sr_err *e) {
	static const struct sr_submission none;
	struct sr_inputs in = {.action = ""};
	struct sr_facts f;
	struct sr_buf text;
	int rc = sr_authorize_facts(&f, g->v, g->now, e);

	if (rc != 0)
		return rc;
	f.browser = sub->browser;
	f.network = sub->network;
	rc = sr_inputs_of_statement(&in, &f, s, r->items, r->item_count, e);
	rc = sr_authorize(&g->answer, g->v, &in, rc, e);
	sr_inputs_free(&in);
	if (rc != 0 || g->answer.word == SR_JUDGED_ALLOW)
		return rc;
	ruling->allowed = false;
	snprintf(ruling->rule, sizeof ruling->rule, "%s", g->answer.rule);
	snprintf(ruling->title, sizeof ruling->title, "%s", g->answer.title);
	sr_buf_init(&text);
	rc = sr_authorized_incident(&text, g->v, &g->answer, s->head.actor, g->now, e);
	if (rc == 0 && text.len > 0)
		rc = follow_service(g, &none, sr_buf_view(&text), e);
	sr_buf_free(&text);
	return rc;
}

/* Decisions of the rules that are kept (authorize.h). */
static int policy_keep(struct group *g, const struct pending *p, bool browser, struct sr_err *e) {
	const struct sr_statement *s = &p->st;
	const bool checkout = s->type->id == SR_T_CHECKOUT;
	const bool vote = s->type->id == SR_T_VOTE && browser;
	uint8_t id[SR_ID], hash[SR_HASH], grant[SR_ID], item[SR_ID];
	struct sr_decided_of of = {.of = s->head.id, .browser = browser};
	uint64_t version = 0;
	struct sr_decided d;
	int rc = 0;

	if (!g->answer.asked || (!checkout && !vote))
		return 0;
	if (checkout) {
		rc = sr_field_id(id, s, "checkout", 0, e);
		if (rc == 0)
			rc = sr_field_id(item, s, "item", 0, e);
		if (rc == 0 && sr_field_count(s, "grant") > 0) {
			rc = sr_field_id(grant, s, "grant", 0, e);
			of.grant = grant;
		}
		of.checkout = id;
		of.item = item;
	} else {
		rc = sr_field_id_hash(id, hash, s, "request", e);
		if (rc == 0)
			rc = sr_field_dec(&version, s, "version", 0, e);
		of.request = id;
		of.version = (uint32_t)version;
	}
	if (rc != 0)
		return rc;
	rc = sr_authorized_decided(&d, g->v, &g->answer, &of, g->now, e);
	if (rc == 0)
		rc = follow_service(g, &d.parts, sr_buf_view(&d.text), e);
	sr_decided_free(&d);
	return rc;
}

static void refuse_say(
	struct sr_outcome *o, const struct group *g, const char *type, const struct sr_ruling *r) {
	char text[640];

	snprintf(o->rule, sizeof o->rule, "%s", r->rule);
	snprintf(o->title, sizeof o->title, "%s", r->title);
	if (r->title[0] != '\0') {
		sr_authorized_text(text, sizeof text, &g->answer);
		o->code = sr_fail(&o->err, SR_DENIED, "%s refused %s", type, text);
		return;
	}
	o->code = sr_fail(&o->err, SR_DENIED, "%s refused (rule %s): %s%s%s", type, r->rule, r->why,
		r->help[0] != '\0' ? "; " : "", r->help);
}

static int rules_ask(struct group *g, const struct pending *p, const struct sr_submission *sub,
	struct sr_outcome *o, bool *allowed, struct sr_err *e) {
	const struct sr_statement *s = &p->st;
	struct sr_invariants r = {.catalogue = g->v->catalogue,
		.now = g->due,
		.records = p->records,
		.record_count = p->count};
	struct sr_ruling *ruling = calloc(1, sizeof *ruling);
	int rc = 0;

	if (ruling == NULL)
		return sr_fail(e, SR_NOMEM, "door: out of memory");
	if ((s->type->id == SR_T_REQUEST || s->type->id == SR_T_AMEND ||
		    s->type->id == SR_T_EXTEND) &&
		sr_field_count(s, "list") > 0 && sub->object_count > 0 &&
		sr_request_list_check(sub->objects[0].body, NULL) == 0) {
		r.items = sub->objects[0].body.p;
		r.item_count = sub->objects[0].body.len / SR_ID;
	}
	if ((s->type->id == SR_T_REQUEST || s->type->id == SR_T_AMEND) &&
		sr_field_count(s, "rules") > 0 && sub->object_count > 0)
		r.object = sub->objects[sub->object_count - 1].body;
	if (s->type->id == SR_T_FOUND)
		ruling->allowed = true; /* its rules are its form: sr_ceremony_draft,
					   sr_statement_verify_found */
	else
		rc = sr_invariants_check(ruling, &r, s, e);
	if (rc == 0 && ruling->allowed && s->type->id != SR_T_FOUND)
		rc = policy_ask(ruling, g, s, sub, &r, e);
	if (rc == 0 && ruling->allowed && s->type->id == SR_T_VOTE &&
		sr_field_count(s, "bundle") > 0)
		rc = pieces_ask(ruling, g, s, sub, e);
	if (rc == 0 && ruling->allowed && s->type->id == SR_T_DEAL && g->v->founded)
		rc = deal_ask(ruling, g, s, sub, e);
	*allowed = rc == 0 && ruling->allowed;
	if (rc == 0 && !ruling->allowed) {
		refuse_say(o, g, s->type->name, ruling);
		if (refusal_kept(s->type->id))
			rc = refuse_log(g, s, ruling->rule, e);
	}
	free(ruling);
	return rc;
}

/* Everything that can be said against a submission by itself: the outcome's code, and 0; an error
 * of the vault otherwise. */
static int submission_check(struct group *g, struct pending *p, const struct sr_submission *sub,
	struct sr_outcome *o, bool *go, struct sr_err *e) {
	bool known = false;
	int rc;

	*go = false;
	o->code = sr_statement_parse(&p->st, sub->note, &o->err);
	if (o->code != 0)
		return 0;
	rc = p->st.type->id == SR_T_FOUND ? 0 : check_repeated(g, &p->st, o, &known, e);
	if (rc != 0 || known)
		return rc;
	if (p->st.type->id == SR_T_FOUND)
		memcpy(g->v->fingerprint, p->st.hash, SR_HASH);
	o->code = check_signature(g, &p->st, &o->err);
	if (o->code == 0)
		o->code = check_times(g, &p->st, sub->resumed, &o->err);
	if (o->code == 0)
		o->code = check_seen(g, &p->st, &o->err);
	if (o->code == 0)
		o->code = records_of(p, sub, &o->err);
	if (o->code == 0)
		o->code = objects_named(p, sub, &o->err);
	if (o->code != 0)
		return 0;
	rc = records_keep(p, e);
	if (rc == 0)
		rc = rules_ask(g, p, sub, o, go, e);
	return rc;
}

/* A refused or repeated submission; what was kept of it is an entry of the group. SQLite takes back
 * the whole transaction when it has no memory or cannot write: then the group is gone, and why is
 * what stopped this submission. */
static int submission_leave(struct group *g, struct pending *p, const uint8_t fingerprint[SR_HASH],
	const struct sr_outcome *o, struct sr_err *e) {
	pending_free(p);
	memcpy(g->v->fingerprint, fingerprint, SR_HASH);
	if (o->code != 0 && !sr_db_in_transaction(sr_catalogue_db(g->v->catalogue))) {
		*e = o->err;
		return o->code;
	}
	return sr_catalogue_keep(g->v->catalogue, e);
}

/* One submission: refused (outcome), repeated (outcome), or taken into the group. */
static int submission_take(
	struct group *g, const struct sr_submission *sub, struct sr_outcome *o, struct sr_err *e) {
	struct pending p = {0};
	size_t before = g->count, ended_before = g->ended_count, dead_before = g->dead_count;
	uint8_t fingerprint[SR_HASH];
	bool go = false;
	int rc;

	g->outcome = o;
	sr_authorized_free(&g->answer);
	memcpy(fingerprint, g->v->fingerprint, SR_HASH);
	rc = sr_catalogue_mark(g->v->catalogue, e);
	if (rc != 0)
		return rc;
	rc = submission_check(g, &p, sub, o, &go, e);
	if (rc != 0) {
		pending_free(&p);
		goto undo;
	}
	if (go && sub->before != NULL) {
		o->code = sub->before(sub->ctx, g->v, sub->note, &o->err);
		go = o->code == 0;
	}
	if (!go)
		return submission_leave(g, &p, fingerprint, o, e);
	o->index = g->base + g->count;
	o->received = g->now;
	rc = entry_take(g, &p, sub, e);
	if (rc == 0) /* ${p} lies in the group now, where follow-ups may have moved it */
		rc = policy_keep(g, &g->entries[before], sub->browser, e);
	if (rc == 0)
		return sr_catalogue_keep(g->v->catalogue, e);
	if (sub->refused != NULL)
		sub->refused(sub->ctx, g->v);
	if (rc == SR_CORRUPT || rc == SR_AUTH || rc == SR_DENIED || rc == SR_USAGE ||
		rc == SR_NOTFOUND || rc == SR_EXISTS) {
		/* What apply finds impossible (a list with another root, an id that is taken) is
		 * the submitter's, not ours. */
		o->code = rc;
		o->err = *e;
		sr_err_clear(e);
		rc = 0;
	}
undo:
	group_drop(g, before);
	g->ended_count = ended_before;
	g->dead_count = dead_before;
	memcpy(g->v->fingerprint, fingerprint, SR_HASH);
	if (rc == 0)
		rc = sr_catalogue_undo(g->v->catalogue, e);
	return rc;
}

/* --- the commit ------------------------------------------------------------------------------- */

static void attachment_of(uint8_t out[SR_ATTACHMENT], struct sr_vault *v) {
	struct sr_secrets_state st;

	sr_secrets_state(v->secrets, &st);
	memset(out, 0, SR_ATTACHMENT);
	sr_le64_put(out, st.generation);
	memcpy(out + 8, st.root, SR_HASH);
}

static int seal_entries(
	struct group *g, struct sr_buf *bufs, struct sr_bytes *views, struct sr_err *e) {
	struct sr_keyring ring = sr_vault_keyring(g->v);
	struct sr_epoch epoch;
	int rc = 0;

	for (size_t i = 0; i < g->count && rc == 0; i++) {
		const struct pending *p = &g->entries[i];
		struct sr_entry_in in = {0};

		sr_vault_epoch(&epoch, g->v, p->epoch);
		in.origin = g->v->keys->origin;
		in.index = g->base + i;
		in.epoch = &epoch;
		in.received = p->received;
		in.has_object = p->has_object;
		memcpy(in.object, p->object, SR_HASH);
		in.statement = &p->st;
		in.records = p->records;
		in.count = p->count;
		in.keys = &ring;
		rc = sr_entry_seal(&bufs[i], &in, e);
		views[i] = sr_buf_view(&bufs[i]);
	}
	sr_wipe(&epoch, sizeof epoch);
	return rc;
}

/* Ending a grant is erasure, and so is the end of an item: after the statement is durable, never
 * before. A failure here is repeated at the next opening, and told. */
static int erase_ended(struct group *g, struct sr_err *e) {
	size_t erased = 0;
	int rc = 0;

	/* What was destroyed waits for witnesses, where they are asked (board/erase.h). */
	if (sr_witnessing_asked(g->v))
		g->dead_count = 0;
	if (g->ended_count + g->dead_count == 0)
		return 0;
	rc = sr_secrets_begin(g->v->secrets, e);
	for (size_t i = 0; i < g->ended_count && rc == 0; i++) {
		char name[2 * SR_ID + 1];

		sr_hex(name, g->ended[i].request, SR_ID);
		rc = sr_secrets_erase(g->v->secrets, SR_SECRET_ROOM_KEY, sr_bytes_str(name),
			g->ended[i].version, NULL, e);
	}
	for (size_t i = 0; i < g->dead_count && rc == 0; i++)
		rc = sr_item_erase_secrets(g->v, g->dead[i].item, &erased, e);
	if (rc != 0) {
		sr_secrets_rollback(g->v->secrets);
		return rc;
	}
	rc = sr_secrets_commit(g->v->secrets, e);
	for (size_t i = 0; i < g->dead_count && rc == 0; i++)
		rc = sr_item_erase_envelope(g->v, &g->dead[i], e);
	return rc;
}

/* The same for boxes of held items to who is no curator any more. */
static int erase_boxes(struct group *g, struct sr_err *e) {
	struct sr_quarantine_kept kept = {0};

	return g->curators ? sr_quarantine_keep(g->v, &kept, e) : 0;
}

/* The same for dealings of reshares that nobody needs any more. */
static int erase_dealings(struct group *g, struct sr_err *e) {
	size_t erased = 0;

	return g->dealings ? sr_dealings_keep(g->v, &erased, e) : 0;
}

/* The same for what was kept of people. */
static int erase_people(struct group *g, struct sr_err *e) {
	size_t erased = 0;

	return g->people ? sr_forget_due(g->v, &erased, e) : 0;
}

/* Everything is in memory and in the open transactions: make it true. *${secrets_open} tells
 * whether the secrets' group is. */
static int group_commit(struct group *g, bool *secrets_open, struct sr_err *e) {
	struct sr_buf *bufs = calloc(g->count, sizeof *bufs);
	struct sr_bytes *views = calloc(g->count, sizeof *views);
	uint8_t attachment[SR_ATTACHMENT];
	struct sr_commit commit;
	int rc = 0;

	if (bufs == NULL || views == NULL)
		rc = sr_fail(e, SR_NOMEM, "door: out of memory for %zu entries", g->count);
	if (rc == 0)
		rc = seal_entries(g, bufs, views, e);
	if (rc == 0) {
		*secrets_open = false;
		rc = sr_secrets_commit(g->v->secrets, e);
	}
	if (rc == 0)
		rc = sr_backend_settle(g->v->store, e);
	if (rc == 0) {
		attachment_of(attachment, g->v);
		rc = sr_ledger_commit(g->v->ledger, views, g->count, attachment, &commit, e);
		if (sr_ledger_failed(g->v->ledger))
			g->v->failed =
				true; /* whether the group is in is known after the next opening */
	}
	if (rc == 0) {
		sr_secrets_log(g->v->secrets, commit.size, commit.root);
		rc = sr_catalogue_commit(g->v->catalogue, commit.root, e);
		if (rc != 0) {
			sr_wrap(e,
				"committed to the ledger, but not to the catalogue (it catches up "
				"at the next opening)");
			g->v->failed = true;
		}
	}
	for (size_t i = 0; bufs != NULL && i < g->count; i++)
		sr_buf_free(&bufs[i]);
	free(bufs);
	free(views);
	return rc;
}

static int group_begin(struct group *g, struct sr_vault *v, struct sr_err *e) {
	int rc;

	memset(g, 0, sizeof *g);
	g->v = v;
	if (v->failed)
		return sr_fail(
			e, SR_IO, "an earlier write failed; close the vault and open it again");
	/* A fork of what a witness knows must not grow. */
	if (sr_witnessing_alarm(v) != NULL)
		return sr_fail(e, SR_LOCKED,
			"writing stops, by a witness's alarm: %s (ADMIN, \"A witness knows more\")",
			sr_witnessing_alarm(v));
	rc = receipt_time(&g->now, v, e);
	if (rc != 0)
		return rc;
	g->due = sr_witnessing_time(v) > g->now ? sr_witnessing_time(v) : g->now;
	g->base = sr_ledger_next_index(v->ledger);
	rc = sr_catalogue_begin(v->catalogue, e);
	if (rc != 0)
		return rc;
	rc = sr_secrets_begin(v->secrets, e);
	if (rc != 0)
		sr_catalogue_rollback(v->catalogue);
	return rc;
}

/* Commit or take back what the group holds; afterwards nothing of it is open. g->committed tells
 * which, also when an error is returned. */
static int group_end(struct group *g, int rc, struct sr_err *e) {
	bool secrets_open = true;

	if (rc == 0 && g->count > 0) {
		rc = group_commit(g, &secrets_open, e);
		g->committed = rc == 0;
	}
	if (secrets_open)
		sr_secrets_rollback(g->v->secrets);
	if (!g->committed)
		sr_catalogue_rollback(g->v->catalogue);
	if (g->committed) {
		g->v->founded = true;
		rc = erase_ended(g, e);
		if (rc == 0)
			rc = erase_boxes(g, e);
		if (rc == 0)
			rc = erase_dealings(g, e);
		if (rc == 0)
			rc = erase_people(g, e);
		if (rc == 0 && g->witnesses && g->v->witnessing != NULL)
			rc = sr_witnessing_open(g->v, e);
		if (rc == 0 && g->board) {
			struct sr_err why = {0};
			bool written = false;

			/* The entry stands without it; the next opening writes it, or tells. */
			(void)!sr_recover_settle(g->v, &written, &why);
		}
		if (rc != 0) {
			/* What ended must not stay openable while this process runs on. */
			g->v->failed = true;
			sr_wrap(e, "committed, but a key that it ended is not erased yet (the "
				   "next opening does it)");
		}
	}
	return rc;
}

/* The hooks of what was taken: after() of each that the ledger now holds, refused() of each that it
 * surely does not. The first error of an after() is told; the others are done all the same. */
static int run_hooks(struct group *g, const struct sr_submission *subs, size_t count,
	const struct sr_outcome *outcomes, struct sr_err *e) {
	int first = 0;

	for (size_t i = 0; i < count; i++) {
		struct sr_err own = {0};
		int rc = 0;

		if (outcomes[i].code != 0 || outcomes[i].repeated)
			continue;
		if (g->committed && subs[i].after != NULL)
			rc = subs[i].after(subs[i].ctx, g->v, &own);
		else if (!g->committed && !g->v->failed && subs[i].refused != NULL)
			subs[i].refused(subs[i].ctx, g->v);
		if (rc != 0 && first == 0)
			first = sr_fail(e, (enum sr_code)rc, "%s", own.text);
	}
	return first;
}

int sr_door_commit(struct sr_vault *v, const struct sr_submission *subs, size_t count,
	struct sr_outcome *outcomes, struct sr_err *e) {
	struct group g;
	uint8_t fingerprint[SR_HASH];
	size_t done = 0; /* submissions that have their outcome */
	int rc = group_begin(&g, v, e), hooks;

	if (rc != 0)
		return rc;
	memcpy(fingerprint, v->fingerprint, SR_HASH);
	for (size_t i = 0; i < count && rc == 0; i++) {
		memset(&outcomes[i], 0, sizeof outcomes[i]);
		rc = submission_take(&g, &subs[i], &outcomes[i], e);
		done = rc == 0 ? i + 1 : done;
	}
	rc = group_end(&g, rc, e);
	if (!g.committed && !v->founded)
		memcpy(v->fingerprint, fingerprint, SR_HASH);
	hooks = run_hooks(&g, subs, done, outcomes, rc == 0 ? e : NULL);
	group_free(&g);
	return rc != 0 ? rc : hooks;
}

int sr_door_service_with(struct sr_vault *v, struct sr_bytes text,
	const struct sr_submission *parts, struct sr_outcome *outcome, struct sr_err *e) {
	struct group g;
	int rc, hooks;

	memset(outcome, 0, sizeof *outcome);
	rc = group_begin(&g, v, e);
	if (rc != 0)
		return rc;
	g.outcome = outcome;
	outcome->index = g.base;
	outcome->received = g.now;
	if (parts->before != NULL)
		rc = parts->before(parts->ctx, v, text, e);
	if (rc == 0)
		rc = follow_service(&g, parts, text, e);
	rc = group_end(&g, rc, e);
	hooks = run_hooks(&g, parts, 1, outcome, rc == 0 ? e : NULL);
	group_free(&g);
	return rc != 0 ? rc : hooks;
}

int sr_door_service(
	struct sr_vault *v, struct sr_bytes text, struct sr_outcome *outcome, struct sr_err *e) {
	static const struct sr_submission none;

	return sr_door_service_with(v, text, &none, outcome, e);
}

/* --- the sweep -------------------------------------------------------------------------------- */

static int lapse(struct group *g, const char *what, const uint8_t *request, uint32_t version,
	const uint8_t *other, struct sr_err *e) {
	static const struct sr_submission none;
	struct sr_buf text;
	int rc;

	sr_buf_init(&text);
	sr_follow_begin(&text, g->v, SR_T_LAPSE, g->now);
	sr_text_put(&text, "what", what);
	if (request != NULL) {
		sr_text_put_hex(&text, "request", request, SR_ID);
		sr_text_put_dec(&text, "version", version);
	}
	if (other != NULL)
		sr_text_put_hex(&text, what, other, SR_ID);
	rc = sr_buf_ok(&text, e);
	if (rc == 0)
		rc = follow_service(g, &none, sr_buf_view(&text), e);
	sr_buf_free(&text);
	return rc;
}

enum {
	SWEEP_AT_ONCE = 64
}; /* entries a sweep makes in one commit; the rest is left to the next */

static int sweep_checkouts(struct group *g, struct sr_err *e) {
	struct sr_checkouts list = {0};
	int rc =
		sr_query_lapsing(&list, g->v->catalogue, g->due - (int64_t)SR_CHECKOUT_HOURS * 3600,
			g->due - (int64_t)SR_CHECKOUT_OPEN_MIN * 60, e);

	for (size_t i = 0; i < list.count && rc == 0 && g->count < SWEEP_AT_ONCE; i++)
		rc = lapse(g, "checkout", NULL, 0, list.rows[i].id, e);
	sr_checkouts_free(&list);
	return rc;
}

/* Embargoes whose date has come. */
static int sweep_embargoes(struct group *g, struct sr_err *e) {
	static const struct sr_submission none;
	struct sr_flags over = {0};
	int rc = sr_query_embargoes_over(&over, g->v->catalogue, g->due, e);

	for (size_t i = 0; i < over.count && rc == 0 && g->count < SWEEP_AT_ONCE; i++) {
		struct sr_buf text;

		sr_buf_init(&text);
		sr_follow_begin(&text, g->v, SR_T_LAPSE, g->now);
		sr_text_put(&text, "what", "embargo");
		sr_text_put_hex(&text, "item", over.rows[i].item, SR_ID);
		sr_text_put_hex(&text, "flag", over.rows[i].id, SR_ID);
		rc = sr_buf_ok(&text, e);
		if (rc == 0)
			rc = follow_service(g, &none, sr_buf_view(&text), e);
		sr_buf_free(&text);
	}
	sr_flags_free(&over);
	return rc;
}

static int sweep_attestations(struct group *g, struct sr_err *e) {
	const struct sr_attestation_filter due = {.standing = true, .ends = g->due};
	struct sr_attestations list = {0};
	int rc = sr_query_attestations(&list, g->v->catalogue, &due, e);

	for (size_t i = 0; i < list.count && rc == 0 && g->count < SWEEP_AT_ONCE; i++)
		rc = lapse(g, "attestation", NULL, 0, list.rows[i].id, e);
	sr_attestations_free(&list);
	return rc;
}

static int suspend(struct group *g, const uint8_t grant[SR_ID], struct sr_err *e) {
	static const struct sr_submission none;
	struct sr_buf text;
	int rc;

	sr_buf_init(&text);
	sr_follow_begin(&text, g->v, SR_T_SUSPEND, g->now);
	sr_text_put_hex(&text, "grant", grant, SR_ID);
	rc = sr_buf_ok(&text, e);
	if (rc == 0)
		rc = follow_service(g, &none, sr_buf_view(&text), e);
	sr_buf_free(&text);
	return rc;
}

/* Grants that name who was ended, or has another key (${keys}): as board/follow_people.c. */
static int sweep_gone_grants(struct group *g, bool keys, size_t *left, struct sr_err *e) {
	struct sr_grants l = {0};
	int rc = sr_query_unsettled_grants(&l, g->v->catalogue, keys, e);

	*left += l.count;
	for (size_t i = 0; i < l.count && rc == 0 && g->count < SWEEP_AT_ONCE; i++)
		rc = keys && strchr(l.rows[i].people, ' ') == NULL
			     ? lapse(g, "grant", NULL, 0, l.rows[i].id, e)
			     : suspend(g, l.rows[i].id, e);
	sr_grants_free(&l);
	return rc;
}

/* What an end, or another key, left to do: there was more than its commit took, or a program of
 * before this one did not do it. */
static int sweep_gone(struct group *g, struct sr_err *e) {
	struct sr_versions l = {0};
	size_t left = 0;
	int rc = 0;

	if (!g->v->unsettled)
		return 0;
	rc = sweep_gone_grants(g, false, &left, e);
	if (rc == 0)
		rc = sweep_gone_grants(g, true, &left, e);
	if (rc == 0)
		rc = sr_query_unsettled(&l, g->v->catalogue, e);
	left += l.count;
	for (size_t i = 0; i < l.count && rc == 0 && g->count < SWEEP_AT_ONCE; i++)
		rc = lapse(g, "request", l.rows[i].request, l.rows[i].version, NULL, e);
	sr_versions_free(&l);
	if (rc == 0 && left == 0)
		g->v->unsettled = false;
	return rc;
}

static int sweep_all(struct group *g, struct sr_err *e) {
	struct sr_versions closing = {0};
	struct sr_grants expiring = {0};
	int rc = sweep_gone(g, e);

	if (rc == 0)
		rc = sr_query_closing(&closing, g->v->catalogue, g->due, e);

	for (size_t i = 0; i < closing.count && rc == 0 && g->count < SWEEP_AT_ONCE; i++)
		rc = lapse(g, "request", closing.rows[i].request, closing.rows[i].version, NULL, e);
	if (rc == 0)
		rc = sr_query_expiring(&expiring, g->v->catalogue, g->due, e);
	for (size_t i = 0; i < expiring.count && rc == 0 && g->count < SWEEP_AT_ONCE; i++)
		rc = lapse(g, "grant", NULL, 0, expiring.rows[i].id, e);
	if (rc == 0)
		rc = sweep_checkouts(g, e);
	if (rc == 0)
		rc = sweep_embargoes(g, e);
	if (rc == 0)
		rc = sweep_attestations(g, e);
	sr_versions_free(&closing);
	sr_grants_free(&expiring);
	return rc;
}

int sr_door_sweep(struct sr_vault *v, size_t *ended, struct sr_err *e) {
	struct group g;
	int rc;

	if (ended != NULL)
		*ended = 0;
	if (!v->founded)
		return 0;
	rc = group_begin(&g, v, e);
	if (rc != 0)
		return rc;
	rc = sweep_all(&g, e);
	if (rc == 0 && ended != NULL)
		*ended = g.count;
	rc = group_end(&g, rc, e);
	group_free(&g);
	return rc;
}
