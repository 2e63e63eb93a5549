/*
 * past_the_door - entries that the door never saw, for who holds the keys of the ledger. The
 * vault's own tables know of them when it is opened again.
 */
#ifndef SR_TESTS_PAST_THE_DOOR_H
#define SR_TESTS_PAST_THE_DOOR_H

#include "board/keys.h"
#include "ledger/ledger.h"
#include "store/object.h"
#include "world.h"

/* The objects of the draft, as the door would write them; what it would refuse is not asked. */
static inline void objects_past_the_door(
	struct world *w, const struct world_draft *d, uint8_t name[SR_HASH]) {
	struct sr_object_writer *o = NULL;
	uint8_t key[SR_KEY];
	uint32_t position;

	assert_ok(sr_object_writer_new(&o, w->v->store, w->v->fingerprint, &w->e), &w->e);
	assert_ok(sr_object_key(key, w->v, "", SR_EPOCH_FIRST, &w->e), &w->e);
	for (size_t i = 0; i < d->object_count; i++)
		assert_ok(sr_object_add_salted(
				  o, key, d->objects[i].salt, d->objects[i].body, &position, &w->e),
			&w->e);
	assert_ok(sr_object_commit(o, name, &w->e), &w->e);
	assert_ok(sr_backend_settle(w->v->store, &w->e), &w->e);
	sr_object_writer_free(o);
}

/* The draft, signed by ${seed} in the name of its author, past the door; ${line}: NULL, or what is
 * put over the beginning of the type line afterwards. */
static inline void past_the_door_as(
	struct world *w, struct world_draft *d, const uint8_t seed[SR_SEED], const char *line) {
	struct sr_keyring ring = sr_vault_keyring(w->v);
	const struct sr_commit *last = sr_ledger_last(w->v->ledger);
	struct sr_statement st = {0};
	struct sr_entry_in in = {0};
	struct sr_epoch epoch;
	struct sr_buf note, sealed;
	struct sr_bytes view;
	uint8_t attachment[SR_ATTACHMENT];

	sr_buf_init(&note);
	sr_buf_init(&sealed);
	assert_ok(
		sr_statement_sign(&note, sr_buf_view(&d->text), d->by->person, seed, &w->e), &w->e);
	assert_ok(sr_statement_parse(&st, sr_buf_view(&note), &w->e), &w->e);
	if (line != NULL)
		memcpy(st.note.p, line, strlen(line));
	sr_vault_epoch(&epoch, w->v, SR_EPOCH_FIRST);
	in.origin = W_ORIGIN;
	in.index = sr_ledger_next_index(w->v->ledger);
	in.epoch = &epoch;
	in.received = w->now;
	in.has_object = d->object_count > 0;
	if (in.has_object)
		objects_past_the_door(w, d, in.object);
	in.statement = &st;
	in.keys = &ring;
	assert_ok(sr_entry_seal(&sealed, &in, &w->e), &w->e);
	view = sr_buf_view(&sealed);
	memcpy(attachment, last->attachment, SR_ATTACHMENT);
	assert_ok(sr_ledger_commit(w->v->ledger, &view, 1, attachment, NULL, &w->e), &w->e);
	sr_statement_free(&st);
	sr_buf_free(&note);
	sr_buf_free(&sealed);
	world_draft_free(d);
}
static inline void past_the_door(
	struct world *w, struct world_draft *d, const uint8_t seed[SR_SEED]) {
	past_the_door_as(w, d, seed, NULL);
}

#endif
