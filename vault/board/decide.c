/*
 * decide - what a quorum's votes bring about, by the kind of the request: a grant, a revocation, a
 * lift, a role, a collection, a board, the end of items; or its refusal, once the quorum is out of
 * reach. See follow_in.h.
 */
#include "board/follow_in.h"

#include "board/authorize.h"
#include "board/invariants.h"
#include "board/keys.h"
#include "board/kinds.h"
#include "catalogue/lists.h"

struct decision {
	struct sr_version_row v;
	struct sr_votes votes;
	struct sr_tally tally;
};

static bool counts(const struct sr_vote_row *vote) {
	return !vote->is_void && strcmp(vote->decision, "approve") == 0;
}

/* Is this form in every approval? */
static bool all_allow(const struct decision *d, const char *form) {
	for (size_t i = 0; i < d->votes.count; i++)
		if (counts(&d->votes.rows[i]) && !sr_token_in(d->votes.rows[i].forms, form))
			return false;
	return true;
}

static void put_forms(struct sr_buf *text, const struct decision *d) {
	const char *p = d->v.forms;

	while (p != NULL && *p != '\0') {
		size_t n = strcspn(p, " ");
		char form[64];

		snprintf(form, sizeof form, "%.*s", (int)(n < 63 ? n : 63), p);
		if (all_allow(d, form))
			sr_text_put(text, "form", form);
		p += n;
		p += strspn(p, " ");
	}
}

static int person_order(const void *a, const void *b) {
	return strcmp(a, b);
}

static void put_people(struct sr_buf *text, const struct decision *d) {
	char people[SR_REQUEST_PEOPLE_MAX + 1][SR_PERSON_TEXT];
	size_t n = 0;

	memcpy(people[n++], d->v.applicant, SR_PERSON_TEXT);
	for (size_t i = 0; i < d->v.people_count; i++)
		memcpy(people[n++], d->v.people[i].person, SR_PERSON_TEXT);
	qsort(people, n, SR_PERSON_TEXT, person_order);
	for (size_t i = 0; i < n; i++)
		sr_text_put(text, "person", people[i]);
}

static int word_order(const void *a, const void *b) {
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What any approval demands: the next term of the sorted words that is not the one before. */
static int put_trainings(struct sr_buf *text, const struct decision *d, struct sr_err *e) {
	struct sr_buf all;
	char **words = NULL;
	size_t n = 0;
	int rc;

	sr_buf_init(&all);
	for (size_t i = 0; i < d->votes.count; i++)
		if (counts(&d->votes.rows[i])) {
			sr_buf_put_bytes(&all, sr_bytes_str(d->votes.rows[i].trainings));
			sr_buf_put_u8(&all, ' ');
		}
	sr_buf_put_u8(&all, 0);
	rc = sr_buf_ok(&all, e);
	if (rc == 0 && (words = calloc(all.len, sizeof *words)) == NULL)
		rc = sr_fail(e, SR_NOMEM, "decide: out of memory");
	if (rc == 0) {
		char *left = NULL, *p = strtok_r((char *)all.p, " ", &left);

		for (; p != NULL; p = strtok_r(NULL, " ", &left))
			words[n++] = p;
		qsort(words, n, sizeof *words, word_order);
		for (size_t i = 0; i < n; i++)
			if (i == 0 || strcmp(words[i], words[i - 1]) != 0)
				sr_text_put(text, "training", words[i]);
	}
	free(words);
	sr_buf_free(&all);
	return rc;
}

static int decide_grant(const struct follow_job *j, const struct decision *d) {
	struct sr_buf text;
	uint8_t id[SR_ID];
	int64_t ends = d->v.ends;
	int rc;

	sr_buf_init(&text);
	sr_random(id, SR_ID);
	for (size_t i = 0; i < d->votes.count; i++)
		if (counts(&d->votes.rows[i]) && d->votes.rows[i].ends != 0 &&
			d->votes.rows[i].ends < ends)
			ends = d->votes.rows[i].ends;
	sr_follow_begin(&text, j->v, SR_T_GRANT, j->f->now);
	sr_text_put_hex(&text, "grant", id, SR_ID);
	sr_text_put_hex(&text, "request", d->v.request, SR_ID);
	sr_text_put_dec(&text, "version", d->v.version);
	sr_text_put(&text, "right", d->v.kind); /* access, export, referral, reseal, redact */
	put_people(&text, d);
	put_forms(&text, d);
	rc = put_trainings(&text, d, j->e);
	sr_text_put_time(&text, "ends", ends);
	sr_text_put_dec(&text, "level", d->v.level);
	sr_text_put_dec(&text, "epoch", d->v.epoch);
	for (size_t i = 0; i < d->votes.count; i++)
		if (counts(&d->votes.rows[i]))
			sr_text_put_hex(&text, "vote", d->votes.rows[i].statement, SR_ID);
	if (rc == 0)
		rc = follow_emit(j, &text, NULL);
	if (rc == 0)
		follow_tell_id(j, "granted: grant", id, "");
	sr_buf_free(&text);
	return rc;
}

/* What was voted for cannot be done (any more): the request ends refused, and says why. */
struct moot {
	const char *key; /* "grant" or "item": what stands in the way; "person": it is the subject;
			    "": neither */
	const uint8_t *id;
	const char *rule, *told;
};

static int decide_moot(const struct follow_job *j, const struct decision *d, const struct moot *m) {
	const char *subject = d->v.subject; /* NOLINT(clang-analyzer-core.NullDereference): d is */
	struct sr_buf text;
	int rc;

	sr_buf_init(&text);
	sr_follow_begin(&text, j->v, SR_T_REFUSE, j->f->now);
	sr_text_put(&text, "what", "request");
	if (m->id == NULL && subject != NULL)
		sr_text_put(&text, m->key, subject);
	sr_text_put_hex(&text, "request", d->v.request, SR_ID);
	sr_text_put_dec(&text, "version", d->v.version);
	if (m->id != NULL)
		sr_text_put_hex(&text, m->key, m->id, SR_ID);
	sr_text_put(&text, "rule", m->rule);
	rc = follow_emit(j, &text, NULL);
	if (rc == 0)
		j->f->tell(j->f->ctx, m->told);
	sr_buf_free(&text);
	return rc;
}

static int decide_on_target(
	const struct follow_job *j, const struct decision *d, enum sr_type_id type) {
	struct sr_buf text;
	int rc;

	sr_buf_init(&text);
	sr_follow_begin(&text, j->v, type, j->f->now);
	sr_text_put_hex(&text, "request", d->v.request, SR_ID);
	sr_text_put_hex(&text, "grant", d->v.target, SR_ID);
	rc = follow_emit(j, &text, NULL);
	sr_buf_free(&text);
	if (rc == 0)
		follow_tell_id(j, type == SR_T_REVOKE ? "revoked: grant" : "lifted: grant",
			d->v.target, "");
	return rc;
}

static int decide_revoke(const struct follow_job *j, const struct decision *d) {
	struct sr_grant_row g = {0};
	bool live;
	int rc = sr_query_grant(&g, j->v->catalogue, d->v.target, j->e);

	live = rc == 0 && sr_state_may(SR_M_GRANT, g.state, SR_E_REVOKE);
	sr_grant_row_free(&g);
	if (rc != 0)
		return rc;
	if (!live)
		return decide_moot(j, d,
			&(struct moot){"grant", d->v.target, "grant-ended",
				"the grant has ended already; there is nothing left to revoke"});
	return decide_on_target(j, d, SR_T_REVOKE);
}

/* The seal or mark that was asked about and no other: each has its own reason. */
static int decide_lift_flag(const struct follow_job *j, const struct decision *d) {
	struct sr_flag_row f = {0};
	struct sr_item_row item = {0};
	struct sr_buf text;
	bool referred = false, there = false;
	int rc = sr_query_flag(&f, j->v->catalogue, d->v.target, j->e);

	sr_buf_init(&text);
	if (rc == 0)
		rc = sr_query_item(&item, j->v->catalogue, f.item, j->e);
	there = rc == 0 && sr_state_may(SR_M_ITEM, item.state, SR_E_LIFT);
	sr_item_row_free(&item);
	if (rc == 0 && strcmp(f.what, "referral") == 0)
		rc = sr_invariants_referred(&referred, j->v->catalogue, f.item, j->e);
	if (rc == 0 && referred) {
		rc = decide_moot(j, d,
			&(struct moot){"item", f.item, "referred",
				"the board decided meanwhile to hand this item over; the mark "
				"stays"});
	} else if (rc == 0 && !there) {
		rc = decide_moot(j, d,
			&(struct moot){"item", f.item, "item-state",
				"the item is not there any more; there is nothing left to lift"});
	} else if (rc == 0 && f.ended != 0) {
		rc = decide_moot(j, d,
			&(struct moot){"item", f.item, "flag-ended",
				"it has ended already; there is nothing left to lift"});
	} else if (rc == 0) {
		sr_follow_begin(&text, j->v, SR_T_LIFT, j->f->now);
		sr_text_put_hex(&text, "request", d->v.request, SR_ID);
		sr_text_put_hex(&text, "item", f.item, SR_ID);
		sr_text_put_hex(&text, "flag", f.id, SR_ID);
		rc = follow_emit(j, &text, NULL);
		if (rc == 0)
			follow_tell_id(j,
				strcmp(f.what, "seal") == 0
					? "lifted: a seal of item"
					: "lifted: the mark for referral of item",
				f.item, "");
	}
	sr_buf_free(&text);
	sr_flag_row_free(&f);
	return rc;
}

/* The votes are about the suspension that stood when they were asked for: a later one has another
 * reason, which nobody weighed. */
static int decide_lift(const struct follow_job *j, const struct decision *d) {
	struct sr_grant_row g = {0};
	bool suspended, anew;
	int rc = sr_query_grant(&g, j->v->catalogue, d->v.target, j->e);

	suspended = rc == 0 && sr_state_may(SR_M_GRANT, g.state, SR_E_LIFT);
	anew = g.suspended > d->v.entry;
	sr_grant_row_free(&g);
	if (rc == SR_NOTFOUND) {
		sr_err_clear(j->e);
		return decide_lift_flag(j, d);
	}
	if (rc != 0)
		return rc;
	if (!suspended)
		return decide_moot(j, d,
			&(struct moot){"grant", d->v.target, "not-suspended",
				"the grant is not suspended any more; there is nothing left to "
				"lift"});
	if (anew)
		return decide_moot(j, d,
			&(struct moot){"grant", d->v.target, "suspended-anew",
				"the grant was suspended anew after this request; ask about that "
				"one"});
	return decide_on_target(j, d, SR_T_LIFT);
}

static int decide_renew(const struct follow_job *j, const struct decision *d) {
	struct sr_grant_row g = {0};
	struct sr_buf text;
	bool live;
	int rc = sr_query_grant(&g, j->v->catalogue, d->v.target, j->e);

	/* It is over at its end, whether or not anybody has said so yet. */
	live = rc == 0 && sr_state_may(SR_M_GRANT, g.state, SR_E_RENEW) && g.ends > j->f->now &&
	       g.ends < d->v.ends;
	sr_grant_row_free(&g);
	if (rc != 0)
		return rc;
	if (!live)
		return decide_moot(j, d,
			&(struct moot){"grant", d->v.target, "grant-ended",
				"the grant is not live any more, or lasts as long already"});
	sr_buf_init(&text);
	sr_follow_begin(&text, j->v, SR_T_RENEW, j->f->now);
	sr_text_put_hex(&text, "request", d->v.request, SR_ID);
	sr_text_put_hex(&text, "grant", d->v.target, SR_ID);
	sr_text_put_time(&text, "ends", d->v.ends);
	rc = follow_emit(j, &text, NULL);
	sr_buf_free(&text);
	if (rc == 0)
		follow_tell_id(j, "renewed: grant", d->v.target, "");
	return rc;
}

/* The record that opens ${key} of the request's statement, copied from its entry: the new statement
 * commits to the same. */
static int request_text(const struct follow_job *j, const struct decision *d, const char *key,
	struct sr_door_text *out, struct sr_buf *keep) {
	struct sr_entry en = {0};
	int rc = sr_vault_entry(&en, j->v, d->v.entry, j->e);

	if (rc != 0)
		return rc;
	rc = SR_NOTFOUND;
	for (size_t i = 0; i < en.count && rc != 0; i++) {
		if (strcmp(en.records[i].key, key) != 0 || en.records[i].state != SR_RECORD_READ)
			continue;
		snprintf(out->field, sizeof out->field, "%s", key);
		out->index = 0;
		memcpy(out->salt, en.records[i].salt, SR_SALT);
		sr_buf_put_bytes(keep, en.records[i].text);
		rc = sr_buf_ok(keep, j->e);
		out->text = sr_buf_view(keep);
	}
	sr_entry_free(&en);
	if (rc == SR_NOTFOUND)
		return sr_fail(j->e, SR_NOTFOUND,
			"request: the %s it was made with can no longer be read", key);
	return rc;
}

/* Is what is to be made there already? Ids are the applicants' own, and another request with the
 * same one may have been decided since. The log takes it once: made twice it would refuse what the
 * votes bring about, and with it each last vote. ${rc}: of looking for it. */
static int taken(bool *done, int rc, const struct follow_job *j, const struct decision *d,
	const char *rule) {
	*done = rc == 0;
	if (rc == 0)
		return decide_moot(j, d,
			&(struct moot){"", NULL, rule,
				"refused: another one was made with this id; ask again"});
	if (rc == SR_NOTFOUND)
		sr_err_clear(j->e);
	return rc == SR_NOTFOUND ? 0 : rc;
}

static int collection_taken(bool *done, const struct follow_job *j, const struct decision *d) {
	struct sr_collection_row row = {0};
	const int rc = sr_query_collection(&row, j->v->catalogue, d->v.collection, j->e);

	sr_collection_row_free(&row);
	return taken(done, rc, j, d, "collection-taken");
}

static int board_taken(bool *done, const struct follow_job *j, const struct decision *d) {
	struct sr_board_row *b = calloc(1, sizeof *b);
	int rc = b == NULL ? sr_fail(j->e, SR_NOMEM, "vote: out of memory")
			   : sr_query_board(b, j->v->catalogue, d->v.target, 0, j->e);

	free(b);
	return taken(done, rc, j, d, "board-taken");
}

static int decide_collection(const struct follow_job *j, const struct decision *d) {
	struct sr_door_text name = {0};
	struct sr_submission parts = {0};
	struct sr_buf text, keep;
	bool done = false;
	int rc = collection_taken(&done, j, d);

	if (rc != 0 || done)
		return rc;
	sr_buf_init(&text);
	sr_buf_init_secret(&keep);
	rc = request_text(j, d, "name", &name, &keep);
	if (rc == 0) {
		parts.texts = &name;
		parts.text_count = 1;
		sr_follow_begin(&text, j->v, SR_T_COLLECTION, j->f->now);
		sr_text_put_hex(&text, "request", d->v.request, SR_ID);
		sr_text_put_hex(&text, "board", d->v.board, SR_ID);
		sr_text_put_hex(&text, "collection", d->v.collection, SR_ID);
		sr_text_put(&text, "dedupe", d->v.dedupe);
		sr_statement_put_text(&text, "name", name.salt, name.text);
		rc = follow_emit(j, &text, &parts);
	}
	if (rc == 0)
		follow_tell_id(j, "decided: collection", d->v.collection, "");
	sr_buf_free(&text);
	sr_buf_free(&keep);
	return rc;
}

/* The card that line ${i} of ${key} has, against the people of now: another decision, or a
 * curator's new key, may have come since. Made as it stands, the log would refuse what the votes
 * bring about, and with it the last vote. */
static int card_moot(struct sr_ruling *r, const struct follow_job *j, const struct sr_statement *s,
	const char *key, size_t i) {
	struct sr_card card;
	struct sr_buf bytes;
	int rc;

	sr_buf_init(&bytes);
	rc = sr_field_card(&bytes, s, key, i, j->e);
	if (rc == 0)
		rc = sr_card_read(&card, sr_buf_view(&bytes), j->e);
	if (rc == 0)
		rc = sr_invariants_card(r, j->v->catalogue, &card, j->e);
	if (rc == 0 && !r->allowed)
		snprintf(r->why, sizeof r->why,
			strcmp(r->rule, "other-key") == 0
				? "refused: %s has another key than was voted on; ask "
				  "with the card of now"
				: "refused: what was kept of %s is erased",
			card.person);
	sr_buf_free(&bytes);
	return rc;
}

/* May the role be given still? Votes of before somebody's roles ended were about somebody who had
 * not been ended: they do not outvote that. */
static int role_moot(struct sr_ruling *r, const struct follow_job *j, const struct decision *d) {
	struct sr_entry en = {0};
	bool ended = false;
	int rc = sr_query_ended_since(&ended, j->v->catalogue, d->v.subject, d->v.entry, j->e);

	if (rc != 0)
		return rc;
	if (ended) {
		r->allowed = false;
		snprintf(r->rule, sizeof r->rule, "person-ended");
		snprintf(r->why, sizeof r->why,
			"refused: their roles were ended since this was asked; ask again");
		return 0;
	}
	rc = sr_vault_entry(&en, j->v, d->v.entry, j->e);
	if (rc == 0)
		rc = card_moot(r, j, &en.statement, "card", 0);
	sr_entry_free(&en);
	return rc;
}

static int emit_role(const struct follow_job *j, const struct decision *d) {
	struct sr_door_text name = {0};
	struct sr_submission parts = {0};
	struct sr_buf text, keep;
	const char *p = d->v.roles;
	int rc;

	sr_buf_init(&text);
	sr_buf_init_secret(&keep);
	rc = request_text(j, d, "card", &name, &keep);
	if (rc != 0)
		goto out;
	parts.texts = &name;
	parts.text_count = 1;
	sr_follow_begin(&text, j->v, SR_T_PERSON, j->f->now);
	sr_text_put_hex(&text, "request", d->v.request, SR_ID);
	sr_text_put(&text, "person", d->v.subject);
	while (p != NULL && *p != '\0') {
		size_t n = strcspn(p, " ");

		sr_text_putf(&text, "role", "%.*s", (int)n, p);
		p += n;
		p += strspn(p, " ");
	}
	sr_text_put(&text, "card", d->v.card);
	rc = follow_emit(j, &text, &parts);
	if (rc == 0)
		j->f->tell(j->f->ctx, "decided: the role is given");
out:
	sr_buf_free(&text);
	sr_buf_free(&keep);
	return rc;
}

static int decide_role(const struct follow_job *j, const struct decision *d) {
	struct sr_ruling *r = calloc(1, sizeof *r);
	int rc = r == NULL ? sr_fail(j->e, SR_NOMEM, "vote: out of memory") : role_moot(r, j, d);

	if (rc == 0 && !r->allowed)
		rc = decide_moot(j, d, &(struct moot){"person", NULL, r->rule, r->why});
	else if (rc == 0)
		rc = emit_role(j, d);
	free(r);
	return rc;
}

/* What stands in the way of the end that was voted for, whatever rules the board has: an end that
 * another request brought, and a hold that came since. The request then ends refused, as a whole.
 * (Votes that waited for a hold to be lifted would destroy at that moment, by nobody's decision.)
 * NOTFOUND: nothing. */
static int destroy_obstacle(struct moot *m, uint8_t item[SR_ID], const struct follow_job *j,
	const struct decision *d, struct sr_err *e) {
	static const struct sr_item_like gone = {SR_S_DESTROYED, 0},
					 held = {SR_S_NONE, SR_ITEM_HOLD};
	int rc;

	*m = (struct moot){"item", item, "item-destroyed",
		"refused: one of the items is destroyed already; ask again without it"};
	rc = sr_query_request_item_like(item, j->v->catalogue, &d->v, gone, e);
	if (rc != SR_NOTFOUND)
		return rc;
	m->rule = "item-on-hold";
	m->told = "refused: one of the items is on hold; an officer lifts a hold, then ask again";
	return sr_query_request_item_like(item, j->v->catalogue, &d->v, held, e);
}

static int decide_destroy(const struct follow_job *j, const struct decision *d) {
	uint8_t item[SR_ID], root[SR_HASH], *ids = NULL;
	struct sr_buf text;
	struct moot m;
	size_t count = 0;
	int rc = destroy_obstacle(&m, item, j, d, j->e);

	if (rc != SR_NOTFOUND)
		return rc == 0 ? decide_moot(j, d, &m) : rc;
	sr_err_clear(j->e);
	sr_buf_init(&text);
	rc = sr_query_request_items(
		&ids, &count, j->v->catalogue, d->v.request, d->v.version, j->e);
	if (rc == 0)
		rc = sr_request_list_root(root, ids, count, j->e);
	if (rc == 0) {
		sr_follow_begin(&text, j->v, SR_T_DESTROY, j->f->now);
		sr_text_put_hex(&text, "request", d->v.request, SR_ID);
		sr_text_put_dec(&text, "version", d->v.version);
		sr_statement_put_count_root(&text, "items", count, root);
		rc = follow_emit(j, &text, NULL);
	}
	if (rc == 0)
		follow_tell_id(j, "destroyed: the items of request", d->v.request, "");
	sr_buf_free(&text);
	free(ids);
	return rc;
}

/* What was decided for a board with them in it does not go on. */
static int tell_seat(const struct follow_job *j, const char *person) {
	bool pending = false;
	const int rc = sr_query_pending_member(&pending, j->v->catalogue, person, j->e);

	if (rc == 0 && pending) {
		j->f->tell(j->f->ctx, "a board is dealt to with them in it: that is void, and a "
				      "standby board waits without them");
		j->f->tell(j->f->ctx, "ask for another (board reshare)");
	}
	return rc;
}

/* Asked again: another decision may have come before this one. */
static int decide_person_end(const struct follow_job *j, const struct decision *d) {
	struct sr_ruling *r = calloc(1, sizeof *r);
	struct sr_buf text;
	int rc = r == NULL ? sr_fail(j->e, SR_NOMEM, "vote: out of memory")
			   : sr_invariants_end(r, j->v->catalogue, d->v.subject, j->e);

	sr_buf_init(&text);
	if (rc == 0 && !r->allowed) {
		rc = decide_moot(j, d, &(struct moot){"person", NULL, r->rule, r->why});
	} else if (rc == 0) {
		sr_follow_begin(&text, j->v, SR_T_PERSON_END, j->f->now);
		sr_text_put_hex(&text, "request", d->v.request, SR_ID);
		sr_text_put(&text, "person", d->v.subject);
		rc = follow_emit(j, &text, NULL);
		if (rc == 0)
			j->f->tell(j->f->ctx, "decided: all roles of that person end");
		if (rc == 0)
			rc = tell_seat(j, d->v.subject);
	}
	sr_buf_free(&text);
	free(r);
	return rc;
}

/* What is erased is looked up now: the request names the person alone, so what came to be kept of
 * them since goes too. */
static int emit_erase(const struct follow_job *j, const struct decision *d) {
	uint8_t *enquiries = NULL;
	struct sr_buf text;
	size_t count = 0;
	uint64_t records = 0;
	int rc = sr_query_erasable(
		&enquiries, &count, &records, j->v->catalogue, d->v.subject, j->e);

	sr_buf_init(&text);
	if (rc == 0) {
		sr_follow_begin(&text, j->v, SR_T_ERASE, j->f->now);
		sr_text_put_hex(&text, "request", d->v.request, SR_ID);
		sr_text_put_dec(&text, "version", d->v.version);
		sr_text_put(&text, "person", d->v.subject);
		sr_text_put(&text, "ground", d->v.purposes);
		for (size_t i = 0; i < count; i++)
			sr_text_put_hex(&text, "enquiry", enquiries + i * SR_ID, SR_ID);
		sr_text_put_dec(&text, "records", records);
		rc = follow_emit(j, &text, NULL);
	}
	if (rc == 0)
		j->f->tell(j->f->ctx, "decided: what was kept of that person is erased");
	sr_buf_free(&text);
	free(enquiries);
	return rc;
}

static int decide_erase(const struct follow_job *j, const struct decision *d) {
	struct sr_ruling *r = calloc(1, sizeof *r);
	int rc = r == NULL ? sr_fail(j->e, SR_NOMEM, "vote: out of memory")
			   : sr_invariants_erase(r, j->v->catalogue, d->v.subject, j->e);

	if (rc == 0 && !r->allowed)
		rc = decide_moot(j, d, &(struct moot){"person", NULL, r->rule, r->why});
	else if (rc == 0)
		rc = emit_erase(j, d);
	free(r);
	return rc;
}

static int decide_auditor(const struct follow_job *j, const struct decision *d) {
	struct sr_ruling *r = calloc(1, sizeof *r);
	struct sr_entry en = {0};
	uint64_t from = 0;
	int rc = r == NULL ? sr_fail(j->e, SR_NOMEM, "vote: out of memory")
			   : sr_vault_entry(&en, j->v, d->v.entry, j->e);

	if (rc == 0) {
		rc = sr_field_dec(&from, &en.statement, "from", 0, j->e);
		sr_entry_free(&en);
	}
	if (rc == 0)
		rc = sr_invariants_auditor(r, j->v->catalogue, d->v.subject, from, j->e);
	if (rc == 0 && !r->allowed)
		rc = decide_moot(j, d, &(struct moot){"person", NULL, r->rule, r->why});
	else if (rc == 0)
		rc = follow_auditor_give(j, &d->v, from);
	if (rc == 0 && r->allowed)
		j->f->tell(j->f->ctx, "decided: the epochs are given to that auditor");
	free(r);
	return rc;
}

/* Every line ${key} of the request, as it stands there. */
static void copy_lines(struct sr_buf *text, const struct sr_statement *request, const char *key) {
	for (size_t i = 0; i < sr_field_count(request, key); i++) {
		struct sr_bytes v = sr_field(request, key, i);

		sr_text_putf(text, key, "%.*s", (int)v.len, (const char *)v.p);
	}
}

/* The names behind the newcomers' cards, as the request opened them. Views into ${en}. */
static int newcomer_names(
	struct sr_door_text **out, size_t *count, const struct sr_entry *en, struct sr_err *e) {
	size_t want = sr_field_count(&en->statement, "newcomer"), n = 0;
	struct sr_door_text *names = calloc(want + 1, sizeof *names);

	if (names == NULL)
		return sr_fail(e, SR_NOMEM, "decision: out of memory for %zu cards", want);
	for (size_t i = 0; i < en->count && n < want; i++) {
		const struct sr_record *r = &en->records[i];

		if (strcmp(r->key, "newcomer") != 0 || r->state != SR_RECORD_READ)
			continue;
		snprintf(names[n].field, sizeof names[n].field, "newcomer");
		names[n].index = r->index;
		memcpy(names[n].salt, r->salt, SR_SALT);
		names[n++].text = r->text;
	}
	if (n < want) {
		free(names);
		return sr_fail(e, SR_NOTFOUND,
			"request: the names of %zu of %zu new members can no longer be read",
			want - n, want);
	}
	*out = names;
	*count = n;
	return 0;
}

static int decide_policy(const struct follow_job *j, const struct decision *d) {
	bool stale = false;
	int rc = follow_policy(j, &d->v, &stale);

	if (rc != 0 || !stale)
		return rc;
	return decide_moot(j, d,
		&(struct moot){"", NULL, "rules-changed",
			"refused: other rules were adopted since; ask again"});
}

/* The witness policy that the request brought; unless another one was adopted since, which the
 * votes did not weigh. */
static int decide_witnesses(const struct follow_job *j, const struct decision *d) {
	struct sr_witness_policy_row now;
	struct sr_entry en = {0};
	struct sr_buf text;
	int rc = sr_query_witness_policy(&now, j->v->catalogue, j->e);

	if (rc == 0 && now.adopted > 0 && now.entry > d->v.entry)
		return decide_moot(j, d,
			&(struct moot){"", NULL, "policy-changed",
				"refused: another witness policy was adopted since; ask again"});
	if (rc == 0)
		rc = sr_vault_entry(&en, j->v, d->v.entry, j->e);
	if (rc != 0)
		return rc;
	sr_buf_init(&text);
	sr_follow_begin(&text, j->v, SR_T_WITNESS, j->f->now);
	sr_text_put(&text, "event", "policy");
	sr_text_put_hex(&text, "request", d->v.request, SR_ID);
	copy_lines(&text, &en.statement, "rules");
	copy_lines(&text, &en.statement, "set");
	rc = follow_emit(j, &text, NULL);
	if (rc == 0)
		j->f->tell(j->f->ctx, "decided: these are the log's witnesses now");
	sr_buf_free(&text);
	sr_entry_free(&en);
	return rc;
}

/* The log goes on under the name that the request is about; unless that was said already. */
static int decide_adopt(const struct follow_job *j, const struct decision *d) {
	struct sr_log_names names = {0};
	struct sr_entry en = {0};
	struct sr_buf text;
	uint8_t set[SR_HASH] = {0};
	bool waits;
	int rc = sr_query_log_names(&names, j->v->catalogue, j->e);

	if (rc == 0)
		rc = sr_vault_entry(&en, j->v, d->v.entry, j->e);
	if (rc == 0)
		rc = sr_field_hash(set, &en.statement, "set", 0, j->e);
	waits = rc == 0 && names.count > 0 && names.rows[names.count - 1].confirmed == 0 &&
		memcmp(names.rows[names.count - 1].hash, set, SR_HASH) == 0;
	sr_log_names_free(&names);
	sr_buf_init(&text);
	if (rc == 0 && !waits) {
		rc = decide_moot(j, d,
			&(struct moot){"", NULL, "log-confirmed",
				"refused: the board confirmed the log's name, or it has another"});
	} else if (rc == 0) {
		sr_follow_begin(&text, j->v, SR_T_WITNESS, j->f->now);
		sr_text_put(&text, "event", "confirmed");
		sr_text_put_hex(&text, "request", d->v.request, SR_ID);
		copy_lines(&text, &en.statement, "set");
		rc = follow_emit(j, &text, NULL);
		if (rc == 0)
			j->f->tell(j->f->ctx,
				"decided: the log goes on under its new name, and readers follow");
	}
	sr_buf_free(&text);
	sr_entry_free(&en);
	return rc;
}

/* Did the board change while the request was open? Then its dealers have no share any more. What
 * cannot be looked at is no answer: a decision stands in the log for ever. */
static int board_changed(bool *changed, uint32_t *epoch, const struct follow_job *j,
	const struct decision *d, const struct sr_statement *request) {
	struct sr_board_row *b = calloc(1, sizeof *b);
	uint64_t asked = 0;
	int rc = b == NULL ? sr_fail(j->e, SR_NOMEM, "out of memory") : 0;

	if (rc == 0)
		rc = sr_query_board(b, j->v->catalogue, d->v.board, 0, j->e);
	if (rc == 0) {
		*changed =
			sr_field_dec(&asked, request, "epoch", 0, NULL) != 0 || b->epoch != asked;
		*epoch = b->epoch;
	}
	free(b);
	return rc;
}

/* May the person who is named sit or deal as was voted? Not whose
 * roles were ended since: the votes of before were not about that. */
static int seat_moot(struct sr_ruling *r, const struct follow_job *j, const struct decision *d,
	struct sr_bytes named) {
	char person[SR_PERSON_TEXT];
	bool ended = false;
	int rc;

	snprintf(person, sizeof person, "%.*s", (int)named.len, (const char *)named.p);
	rc = sr_query_ended_since(&ended, j->v->catalogue, person, d->v.entry, j->e);
	if (rc == 0 && ended) {
		r->allowed = false;
		snprintf(r->rule, sizeof r->rule, "person-ended");
		snprintf(r->why, sizeof r->why,
			"refused: the roles of %s were ended since this was asked; ask again",
			person);
	}
	return rc;
}

static int has_card(
	bool *has, const struct sr_statement *request, const char *person, struct sr_err *e) {
	struct sr_card card;
	struct sr_buf bytes;
	int rc = 0;

	*has = false;
	sr_buf_init(&bytes);
	for (size_t i = 0; rc == 0 && !*has && i < sr_field_count(request, "newcomer"); i++) {
		sr_buf_clear(&bytes);
		rc = sr_field_card(&bytes, request, "newcomer", i, e);
		if (rc == 0)
			rc = sr_card_read(&card, sr_buf_view(&bytes), e);
		*has = rc == 0 && strcmp(card.person, person) == 0;
	}
	sr_buf_free(&bytes);
	return rc;
}

/* Whoever keeps their seat has it: who lost it sits again only where the votes were for their card.
 */
static int kept_moot(struct sr_ruling *r, const struct follow_job *j, const struct decision *d,
	const struct sr_statement *request) {
	struct sr_board_row *b = calloc(1, sizeof *b);
	int rc = b == NULL ? sr_fail(j->e, SR_NOMEM, "vote: out of memory")
			   : sr_query_board(b, j->v->catalogue, d->v.board, 0, j->e);

	for (size_t i = 0; rc == 0 && b != NULL && i < b->member_count; i++) {
		const struct sr_member_row *m = &b->members[i];
		bool named = false, card = false;

		for (size_t k = 0; k < sr_field_count(request, "member"); k++)
			named = named || sr_bytes_eq(sr_field(request, "member", k),
						 sr_bytes_str(m->person));
		if (m->active || !named)
			continue;
		rc = has_card(&card, request, m->person, j->e);
		if (rc != 0 || card)
			continue;
		r->allowed = false;
		snprintf(r->rule, sizeof r->rule, "member-ended");
		snprintf(r->why, sizeof r->why,
			"refused: %s keeps a seat in it and has lost it; ask again without them",
			m->person);
	}
	free(b);
	return rc;
}

/* May the board that was voted for be made of those people still? */
static int seats_moot(struct sr_ruling *r, const struct follow_job *j, const struct decision *d,
	const struct sr_statement *request) {
	static const char *const keys[] = {"member", "dealer"};
	int rc = 0;

	r->allowed = true;
	for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++)
		for (size_t i = 0; rc == 0 && r->allowed && i < sr_field_count(request, keys[k]);
			i++)
			rc = seat_moot(r, j, d, sr_field(request, keys[k], i));
	if (rc == 0 && r->allowed)
		rc = kept_moot(r, j, d, request);
	for (size_t i = 0; rc == 0 && r->allowed && i < sr_field_count(request, "newcomer"); i++)
		rc = card_moot(r, j, request, "newcomer", i);
	return rc;
}

/* The next epoch of the board as it was asked for: handed on by dealers, or with a key of its own.
 */
static int decide_epoch(
	const struct follow_job *j, const struct decision *d, enum sr_type_id type) {
	struct sr_submission parts = {0};
	struct sr_door_text *names = NULL;
	struct sr_entry en = {0};
	struct sr_buf text;
	struct sr_standby_row standby;
	struct sr_ruling *r = calloc(1, sizeof *r);
	bool changed = false;
	uint32_t epoch = 0;
	int rc = r == NULL ? sr_fail(j->e, SR_NOMEM, "vote: out of memory")
			   : sr_vault_entry(&en, j->v, d->v.entry, j->e);

	sr_buf_init(&text);
	if (rc == 0)
		rc = board_changed(&changed, &epoch, j, d, &en.statement);
	if (rc != 0)
		goto out;
	if (changed) {
		rc = decide_moot(j, d,
			&(struct moot){"", NULL, "board-changed",
				"refused: the board has changed since; ask again"});
		goto out;
	}
	rc = seats_moot(r, j, d, &en.statement);
	if (rc == 0 && !r->allowed) {
		rc = decide_moot(j, d, &(struct moot){"", NULL, r->rule, r->why});
		goto out;
	}
	if (rc == 0)
		rc = newcomer_names(&names, &parts.text_count, &en, j->e);
	if (rc == 0) {
		parts.texts = names;
		sr_follow_begin(&text, j->v, type, j->f->now);
		sr_text_put_hex(&text, "request", d->v.request, SR_ID);
		sr_text_put_hex(&text, "board", d->v.board, SR_ID);
		sr_text_put_dec(&text, "epoch", (uint64_t)epoch + 1);
		copy_lines(&text, &en.statement, "quorum");
		copy_lines(&text, &en.statement, "member");
		copy_lines(&text, &en.statement, "newcomer");
		copy_lines(&text, &en.statement, "dealer");
		copy_lines(&text, &en.statement, "standby");
		rc = sr_query_standby(
			&standby, j->v->catalogue, d->v.board, (uint64_t)epoch + 1, j->e);
		if (rc == 0 && standby.waits != 0)
			j->f->tell(j->f->ctx, "the standby board that waited is forgotten: what it "
					      "holds is destroyed by its people, and another is "
					      "dealt to (board reshare --standby)");
		if (rc == SR_NOTFOUND) {
			sr_err_clear(j->e);
			rc = 0;
		}
		if (rc == 0)
			rc = follow_emit(j, &text, &parts);
	}
	if (rc == 0)
		j->f->tell(j->f->ctx,
			type == SR_T_REKEY
				? "decided: the board gets a new key; its members to be deal"
			: sr_field_count(&en.statement, "standby") > 0
				? "decided: the dealers deal to a standby board"
				: "decided: the board's keys are reshared; the dealers deal");
out:
	free(r);
	free(names);
	sr_buf_free(&text);
	sr_entry_free(&en);
	return rc;
}

static int decide_reshare(const struct follow_job *j, const struct decision *d) {
	return decide_epoch(j, d, SR_T_RESHARE);
}

static int decide_rekey(const struct follow_job *j, const struct decision *d) {
	return decide_epoch(j, d, SR_T_REKEY);
}

static int decide_board(const struct follow_job *j, const struct decision *d) {
	struct sr_submission parts = {0};
	struct sr_door_text *names = NULL;
	struct sr_entry en = {0};
	struct sr_ruling *r = calloc(1, sizeof *r);
	struct sr_buf text;
	bool done = false;
	int rc = r == NULL ? sr_fail(j->e, SR_NOMEM, "vote: out of memory")
			   : board_taken(&done, j, d);

	sr_buf_init(&text);
	if (rc != 0 || done)
		goto out;
	rc = sr_vault_entry(&en, j->v, d->v.entry, j->e);
	if (rc == 0)
		rc = seats_moot(r, j, d, &en.statement);
	if (rc == 0 && !r->allowed) {
		rc = decide_moot(j, d, &(struct moot){"", NULL, r->rule, r->why});
		goto out;
	}
	if (rc == 0)
		rc = newcomer_names(&names, &parts.text_count, &en, j->e);
	if (rc == 0) {
		parts.texts = names;
		sr_follow_begin(&text, j->v, SR_T_BOARD, j->f->now);
		sr_text_put_hex(&text, "request", d->v.request, SR_ID);
		sr_text_put_hex(&text, "board", d->v.target, SR_ID);
		copy_lines(&text, &en.statement, "quorum");
		copy_lines(&text, &en.statement, "member");
		copy_lines(&text, &en.statement, "newcomer");
		rc = follow_emit(j, &text, &parts);
	}
	if (rc == 0)
		follow_tell_id(j, "decided: board", d->v.target, "; its members deal");
out:
	free(r);
	free(names);
	sr_buf_free(&text);
	sr_entry_free(&en);
	return rc;
}

/* A new key for the subject, with the name that its card has. */
static int decide_person_key(const struct follow_job *j, const struct decision *d) {
	struct sr_ruling *r = calloc(1, sizeof *r);
	struct sr_door_text name = {0};
	struct sr_submission parts = {.texts = &name, .text_count = 1};
	struct sr_buf text, keep, card;
	int rc = r == NULL ? sr_fail(j->e, SR_NOMEM, "vote: out of memory") : 0;

	sr_buf_init(&text);
	sr_buf_init(&card);
	sr_buf_init_secret(&keep);
	if (rc == 0)
		rc = sr_unbase64(&card, sr_bytes_str(d->v.card), j->e);
	if (rc == 0)
		rc = sr_invariants_key(r, j->v->catalogue, d->v.subject, sr_buf_view(&card), j->e);
	if (rc == 0 && !r->allowed) {
		rc = decide_moot(j, d, &(struct moot){"person", NULL, r->rule, r->why});
		goto out;
	}
	if (rc == 0)
		rc = request_text(j, d, "card", &name, &keep);
	if (rc != 0)
		goto out;
	sr_follow_begin(&text, j->v, SR_T_PERSON_KEY, j->f->now);
	sr_text_put_hex(&text, "request", d->v.request, SR_ID);
	sr_text_put(&text, "person", d->v.subject);
	sr_text_put(&text, "card", d->v.card);
	rc = follow_emit(j, &text, &parts);
	if (rc == 0)
		j->f->tell(j->f->ctx, "decided: the new key is in force");
out:
	sr_buf_free(&text);
	sr_buf_free(&card);
	sr_buf_free(&keep);
	free(r);
	return rc;
}

static int decide_refused(const struct follow_job *j, const struct decision *d) {
	struct sr_buf text;
	int rc;

	sr_buf_init(&text);
	sr_follow_begin(&text, j->v, SR_T_REFUSE, j->f->now);
	sr_text_put(&text, "what", "request");
	sr_text_put_hex(&text, "request", d->v.request, SR_ID);
	sr_text_put_dec(&text, "version", d->v.version);
	sr_text_put(&text, "rule", "quorum-out-of-reach");
	rc = follow_emit(j, &text, NULL);
	if (rc == 0)
		follow_tell_id(j, "refused: request", d->v.request, "");
	sr_buf_free(&text);
	return rc;
}

static int (*const decides[SR_K_COUNT])(const struct follow_job *j, const struct decision *d) = {
	[SR_K_ACCESS] = decide_grant,
	[SR_K_EXPORT] = decide_grant,
	[SR_K_REFERRAL] = decide_grant,
	[SR_K_RESEAL] = decide_grant,
	[SR_K_REDACT] = decide_grant,
	[SR_K_REVOKE] = decide_revoke,
	[SR_K_LIFT] = decide_lift,
	[SR_K_RENEW] = decide_renew,
	[SR_K_DESTROY] = decide_destroy,
	[SR_K_PERSON] = decide_person_key,
	[SR_K_PERSON_END] = decide_person_end,
	[SR_K_ERASE] = decide_erase,
	[SR_K_AUDITOR] = decide_auditor,
	[SR_K_WITNESSES] = decide_witnesses,
	[SR_K_ADOPT] = decide_adopt,
	[SR_K_ROLE] = decide_role,
	[SR_K_COLLECTION] = decide_collection,
	[SR_K_BOARD] = decide_board,
	[SR_K_RESHARE] = decide_reshare,
	[SR_K_REKEY] = decide_rekey,
	[SR_K_POLICY] = decide_policy,
};

/* --- the rules of the board --- */

/* What the rules say to what the votes would bring about, or as if ${more} approved. */
static int rules_on(struct sr_authorized *a, const struct follow_job *j, const struct decision *d,
	uint32_t more) {
	struct sr_inputs in = {.action = ""};
	struct sr_facts f;
	int rc = sr_authorize_facts(&f, j->v, j->f->now, j->e);

	memset(a, 0, sizeof *a);
	if (rc != 0)
		return rc;
	rc = sr_inputs_of_decision(&in, &f, &d->v, more, j->e);
	rc = sr_authorize(a, j->v, &in, rc, j->e);
	sr_inputs_free(&in);
	return rc;
}

/* Could members who have not voted still make it allowed? A rule may ask for more of them than the
 * level takes. */
static int may_still(bool *out, const struct follow_job *j, const struct decision *d) {
	struct sr_authorized *a = calloc(1, sizeof *a);
	uint32_t can = 0;
	int rc = a == NULL ? sr_fail(j->e, SR_NOMEM, "vote: out of memory")
			   : sr_authorize_voters(&can, j->v, &d->v, j->f->now, j->e);

	*out = false;
	if (rc == 0 && can > 0) {
		rc = rules_on(a, j, d, can);
		*out = rc == 0 && a->word == SR_JUDGED_ALLOW;
		sr_authorized_free(a);
	}
	free(a);
	return rc;
}

static int emit_decided(
	const struct follow_job *j, const struct decision *d, const struct sr_authorized *a) {
	const struct sr_decided_of of = {
		.of = j->s->head.id, .request = d->v.request, .version = d->v.version};
	struct sr_decided made;
	int rc = sr_authorized_decided(&made, j->v, a, &of, j->f->now, j->e);

	if (rc == 0)
		rc = follow_emit(j, &made.text, &made.parts);
	sr_decided_free(&made);
	return rc;
}

/* The rules forbid what a quorum voted for: it waits for more votes if those can change that, else
 * the request ends refused, by that rule. */
static int rules_forbid(
	const struct follow_job *j, const struct decision *d, const struct sr_authorized *a) {
	struct sr_buf incident;
	bool wait = false;
	char told[sizeof a->title + 80];
	int rc;

	sr_buf_init(&incident);
	rc = sr_authorized_incident(&incident, j->v, a, NULL, j->f->now, j->e);
	if (rc == 0 && incident.len > 0)
		rc = follow_emit(j, &incident, NULL);
	sr_buf_free(&incident);
	if (rc == 0 && a->incident[0] == '\0')
		rc = may_still(&wait, j, d);
	if (rc != 0)
		return rc;
	if (wait) {
		snprintf(told, sizeof told, "the rules ask for more votes (rule %s)", a->rule);
		j->f->tell(j->f->ctx, told);
		return 0;
	}
	/* Of what could not be asked the incident is the record. */
	if (a->judged.rules != NULL)
		rc = emit_decided(j, d, a);
	snprintf(told, sizeof told, "refused by rule %s", a->rule);
	return rc == 0 ? decide_moot(j, d,
				 &(struct moot){
					 d->v.subject != NULL ? "person" : "", NULL, a->rule, told})
		       : rc;
}

/* May it be done? Rules that the board votes on are not asked whether they may change
 * (invariants.h). */
static int rules_allow_it(bool *go, const struct follow_job *j, const struct decision *d) {
	struct sr_authorized *a = calloc(1, sizeof *a);
	int rc = a == NULL ? sr_fail(j->e, SR_NOMEM, "vote: out of memory") : 0;

	*go = strcmp(d->v.kind, "policy") == 0;
	if (rc == 0 && !*go) {
		rc = rules_on(a, j, d, 0);
		if (rc == 0 && a->word == SR_JUDGED_ALLOW) {
			*go = true;
			rc = emit_decided(j, d, a);
		} else if (rc == 0) {
			rc = rules_forbid(j, d, a);
		}
	}
	if (a != NULL)
		sr_authorized_free(a);
	free(a);
	return rc;
}

static int decide_by_kind(const struct follow_job *j, const struct decision *d) {
	enum sr_kind_id kind = SR_K_COUNT;

	if (sr_kind_named(&kind, sr_bytes_str(d->v.kind)) && decides[kind] != NULL)
		return decides[kind](j, d);
	return sr_fail(j->e, SR_MISUSE, "nothing is known that a request of kind %s brings about",
		d->v.kind);
}

int follow_decide(const struct follow_job *j, const uint8_t request[SR_ID]) {
	struct decision *d = calloc(1, sizeof *d);
	char ended[SR_PERSON_TEXT] = "";
	const char *why = "";
	int rc;

	if (d == NULL)
		return sr_fail(j->e, SR_NOMEM, "vote: out of memory");
	rc = sr_query_version(&d->v, j->v->catalogue, request, 0, j->e);
	if (rc == 0)
		rc = sr_query_votes(&d->votes, j->v->catalogue, request, d->v.version, j->e);
	if (rc == 0)
		rc = sr_query_tally(&d->tally, j->v->catalogue, request, d->v.version, j->e);
	if (rc != 0 || d->v.state != SR_S_OPEN)
		goto out;
	rc = sr_invariants_reader_ended(ended, &why, j->v->catalogue, &d->v, j->e);
	if (rc != 0)
		goto out;
	if (d->tally.quorum == 0) {
		rc = sr_fail(j->e, SR_MISUSE, "the board has no level %u", d->v.level);
	} else if (d->tally.approved >= d->tally.quorum) {
		bool go = false;

		/* Votes that waited for more make no grant for somebody who has left. */
		if (ended[0] != '\0')
			goto out;

		rc = rules_allow_it(&go, j, d);
		if (rc == 0 && go)
			rc = decide_by_kind(j, d);
	} else {
		uint32_t can = 0;

		/* An act that needs no piece may have been asked for by a member, whose vote then
		 * counts like any other's: two members revoke or lift, also where there are only
		 * two. */
		rc = sr_authorize_voters(&can, j->v, &d->v, j->f->now, j->e);
		if (rc == 0 && d->tally.approved + can < d->tally.quorum)
			rc = decide_refused(j, d);
	}
out:
	sr_votes_free(&d->votes);
	sr_version_row_free(&d->v);
	free(d);
	return rc;
}
