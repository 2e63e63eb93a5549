/*
 * catalogue_year - a log like that of a house at work, as long as one wants it, for the bench and
 * for the test that nothing takes longer the longer it is: items come in accessions of 64, are
 * described and released; requests of three of them are voted on and granted; each item is checked
 * out, opened, looked at in two forms, shut and returned.
 */
#ifndef SR_TESTS_CATALOGUE_YEAR_H
#define SR_TESTS_CATALOGUE_YEAR_H

#include <stdio.h>

#include "catalogue_rig.h"

enum {
	YEAR_ITEMS = 64, /* of an accession */
	YEAR_ASKED = 3
};

static inline void year_viewed(
	struct rig *r, const char *checkout, const char *event, const char *form) {
	rig_begin(r, SR_T_VIEWED, SERVICE);
	f_id(r, "checkout", checkout);
	f_put(r, "event", event);
	if (form != NULL) {
		f_dec(r, "file", 0);
		f_put(r, "form", form);
	}
	rig_end(r);
}

static inline void year_look(struct rig *r, size_t serial, const char *grant, const char *item) {
	char id[40];

	(void)snprintf(id, sizeof id, "look %zu", serial);
	rig_begin(r, SR_T_CHECKOUT, RESEARCHER);
	f_id(r, "checkout", id);
	f_put(r, "right", "access");
	f_id(r, "grant", grant);
	f_id(r, "item", item);
	f_put(r, "form", "text");
	rig_end(r);
	year_viewed(r, id, "open", NULL);
	year_viewed(r, id, "read", "text");
	year_viewed(r, id, "shut", NULL);
	rig_begin(r, SR_T_RETURN, RESEARCHER);
	f_id(r, "checkout", id);
	rig_end(r);
}

static inline void year_granted(struct rig *r, size_t serial, const char *const *items) {
	char request[40], grant[40];
	struct rig_request q = {request, "access", 1, items, YEAR_ASKED, -1, 0, NULL, NULL};
	struct rig_vote v = {.request = request, .decision = "approve", .version = 1};
	uint8_t votes[2][SR_ID];

	(void)snprintf(request, sizeof request, "request %zu", serial);
	(void)snprintf(grant, sizeof grant, "grant %zu", serial);
	s_request(r, RESEARCHER, &q);
	memcpy(v.of, rig_last(r)->hash, SR_HASH);
	s_room_key(r, request, 1, v.of);
	for (int i = 0; i < 2; i++) {
		s_vote(r, M1 + i, &v);
		memcpy(votes[i], rig_last(r)->id, SR_ID);
	}
	rig_begin(r, SR_T_GRANT, SERVICE);
	f_id(r, "grant", grant);
	f_id(r, "request", request);
	f_dec(r, "version", 1);
	f_put(r, "right", "access");
	f_put(r, "person", r->person[RESEARCHER]);
	f_put(r, "form", "text");
	f_time(r, "ends", RIG_NOW + 500000);
	f_dec(r, "level", 2);
	f_dec(r, "epoch", 1);
	for (int i = 0; i < 2; i++)
		sr_text_put_hex(&r->text, "vote", votes[i], SR_ID);
	rig_end(r);
	for (size_t i = 0; i < YEAR_ASKED; i++)
		year_look(r, serial * YEAR_ASKED + i, grant, items[i]);
}

/* Accession number ${a} with all that comes of it: some 550 entries. */
static inline void year_accession(struct rig *r, size_t a) {
	char accession[40], names[YEAR_ITEMS][40];
	const char *name[YEAR_ITEMS];
	size_t requests = a * (YEAR_ITEMS / YEAR_ASKED);

	(void)snprintf(accession, sizeof accession, "accession %zu", a);
	for (size_t i = 0; i < YEAR_ITEMS; i++) {
		(void)snprintf(names[i], sizeof names[i], "item %zu of %zu", i, a);
		name[i] = names[i];
	}
	s_accession(r, DEPOSITOR, accession, name, YEAR_ITEMS);
	s_stored(r, accession);
	for (size_t i = 0; i < YEAR_ITEMS; i++) {
		s_describe(r, name[i], "A pamphlet of the north", "graphic");
		s_release(r, name[i], 2, 2);
	}
	for (size_t i = 0; i + YEAR_ASKED <= YEAR_ITEMS; i += YEAR_ASKED)
		year_granted(r, requests++, name + i);
}

#endif
