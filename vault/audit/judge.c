/*
 * judge - what can be said of an entry before it is applied: the state that it stands on is the one
 * that the door had when it took it.
 */
#include "audit/audit_in.h"

#include <stdlib.h>

#include "audit/derive.h"
#include "audit/hindered.h"
#include "base/time.h"
#include "board/invariants.h"
#include "catalogue/lists.h"
#include "ledger/keychange.h"
#include "ledger/ledger.h"

static int check_seen(struct sr_audit *a, const struct sr_entry *en, struct sr_err *e) {
	const struct sr_head *h = &en->statement.head;
	int rc = 0;

	if (!en->statement.has_seen)
		return 0;
	if (h->seen_size > en->index)
		return audit_found(a, en, "seen", "seen", e,
			"its signer had verified %llu entries, more than there were before it",
			(unsigned long long)h->seen_size);
	if (h->seen_size != a->seen_size || a->seen_size == 0) {
		rc = sr_ledger_root_at(a->v->ledger, h->seen_size, a->seen_root, e);
		a->seen_size = rc == 0 ? h->seen_size : 0;
	}
	if (rc != 0)
		return rc;
	if (memcmp(a->seen_root, h->seen_root, SR_HASH) != 0)
		return audit_found(a, en, "seen", "seen", e,
			"its signer had verified another log of %llu entries: one of the two is a "
			"fork",
			(unsigned long long)h->seen_size);
	a->counts.seen++;
	return 0;
}

/* Was it taken when the door would have taken it? Its time of receipt is the service's word, by
 * which what is due is due (stopped.c); the clocks of those who sign stand against it, and what was
 * signed once is not kept back for the day on which it suits. A deposit may have been gone on with
 * after its statement was signed, and the founders deal before there is a log (board/door.c). */
static int check_times(struct sr_audit *a, const struct sr_entry *en, struct sr_err *e) {
	const struct sr_head *h = &en->statement.head;
	const enum sr_type_id type = en->statement.type->id;
	char then[SR_TIME_TEXT], received[SR_TIME_TEXT];
	const int64_t apart = en->received - h->time;

	if (sr_type_brings_items(type))
		return 0;
	sr_time_format(received, en->received);
	if (h->until != 0 && h->until < en->received) {
		sr_time_format(then, h->until);
		return audit_found(a, en, "late", "until", e,
			"it was good until %s and was taken at %s", then, received);
	}
	if (h->until > h->time + SR_INVARIANTS_UNTIL_MAX_S)
		return audit_found(a, en, "late", "until", e, "it was good for more than %d days",
			SR_INVARIANTS_UNTIL_MAX_S / 86400);
	if (apart < -SR_INVARIANTS_SKEW_S ||
		(h->until == 0 && type != SR_T_DEAL && apart > SR_INVARIANTS_SKEW_S)) {
		sr_time_format(then, h->time);
		return audit_found(a, en, "late", "time", e,
			"it is of %s and was taken at %s: more than %d s apart", then, received,
			SR_INVARIANTS_SKEW_S);
	}
	return 0;
}

int audit_object(struct sr_audit *a, const struct sr_entry *en, const char *key,
	struct sr_buf *body, struct sr_err *e) {
	struct sr_db *db = sr_catalogue_db(a->cat);
	struct sr_object_at at = {.entry = en->index, .epoch = en->epoch};
	struct sr_stmt *st = NULL;
	uint32_t nth = 0;
	int rc = sr_field_hash(at.id, &en->statement, key, 0, e);

	for (const struct sr_field *f = en->statement.type->fields; f->key != NULL; f++) {
		if (strcmp(f->key, key) == 0)
			break;
		nth += f->object ? (uint32_t)sr_field_count(&en->statement, f->key) : 0;
	}
	memcpy(at.file, en->object, SR_HASH);
	if (rc == 0)
		rc = sr_query_object_subject(at.subject, a->cat, &en->statement, e);
	if (rc == 0)
		rc = sr_db_stmt(&st, db, "SELECT count(*) FROM objects WHERE file = ?", e);
	if (rc != 0)
		return rc;
	sr_stmt_blob(st, 1, sr_bytes_of(en->object, SR_HASH));
	rc = sr_stmt_row(st, e);
	if (rc == 0)
		at.position = (uint32_t)sr_stmt_col_int(st, 0) + nth;
	sr_stmt_reset(st);
	return rc == 0 ? a->from.replay.objects.get(a->from.replay.objects.ctx, &at, body, e) : rc;
}

/* The same question that the door asked, of the state that it asked it of. */
static int check_rules(
	bool *allowed, struct sr_audit *a, const struct sr_entry *en, struct sr_err *e) {
	const struct sr_statement *s = &en->statement;
	struct sr_invariants r = {.catalogue = a->cat,
		.now = en->received,
		.records = en->records,
		.record_count = en->count};
	struct sr_ruling *ruling = calloc(1, sizeof *ruling);
	const bool lists = s->type->id == SR_T_REQUEST || s->type->id == SR_T_AMEND ||
			   s->type->id == SR_T_EXTEND;
	struct sr_buf list, rules;
	int rc = ruling == NULL ? sr_fail(e, SR_NOMEM, "audit: out of memory") : 0;

	sr_buf_init(&list);
	sr_buf_init(&rules);
	if (rc == 0 && lists && sr_field_count(s, "list") > 0) {
		rc = audit_object(a, en, "list", &list, e);
		if (rc == 0 && sr_request_list_check(sr_buf_view(&list), NULL) == 0) {
			r.items = list.p;
			r.item_count = list.len / SR_ID;
		}
	}
	if (rc == 0 && lists && s->type->id != SR_T_EXTEND && sr_field_count(s, "rules") > 0) {
		rc = audit_object(a, en, "rules", &rules, e);
		r.object = sr_buf_view(&rules);
	}
	if (rc == 0)
		rc = sr_invariants_check(ruling, &r, s, e);
	*allowed = rc == 0 && ruling != NULL && ruling->allowed;
	if (*allowed)
		a->counts.judged++;
	else if (rc == 0 && ruling != NULL)
		rc = audit_found(
			a, en, "rule", ruling->rule, e, "the rules refuse it: %s", ruling->why);
	free(ruling);
	sr_buf_free(&list);
	sr_buf_free(&rules);
	return rc;
}

static int check_judged(bool *ok, struct sr_audit *a, const struct sr_entry *en,
	struct sr_audit_finding *f, struct sr_err *e) {
	struct sr_buf inputs, rules;
	int rc;

	sr_buf_init(&inputs);
	sr_buf_init(&rules);
	rc = audit_object(a, en, "inputs", &inputs, e);
	if (rc == 0 && sr_field_count(&en->statement, "rules") > 0)
		rc = audit_object(a, en, "rules", &rules, e);
	if (rc == 0)
		rc = sr_derive_judged(ok, f, a->v, a->cat, &en->statement, sr_buf_view(&inputs),
			sr_buf_view(&rules), e);
	if (rc == 0 && *ok)
		rc = audit_asked_same(ok, f, a, en, sr_buf_view(&inputs), e);
	sr_buf_free(&inputs);
	sr_buf_free(&rules);
	return rc;
}

/* A name for what was lost says of which tree it goes on: of this one, entry for entry. The entry
 * itself may say nothing else of its place (catalogue/apply_trust.c). */
static int check_name(struct sr_audit *a, const struct sr_entry *en, struct sr_err *e) {
	struct sr_err own = {.code = SR_OK};
	struct sr_key_change k;
	uint8_t root[SR_HASH];
	int rc = 0;

	if (sr_key_change_read(&k, &en->statement, &own) != 0 || !k.log.renames)
		return 0; /* a key; or applying it says what is wrong */
	rc = sr_ledger_root_at(a->v->ledger, en->index, root, e);
	if (rc != 0 || (k.log.next.from == en->index && memcmp(root, k.log.root, SR_HASH) == 0))
		return rc;
	return audit_found(a, en, "name", "root", e,
		"the name %s is given to a log whose first %llu entries have another root than "
		"these: nobody who was shown that one was shown this log",
		k.log.next.name, (unsigned long long)k.log.next.from);
}

/* The first policies are the custodian's choice; after the board's own its votes alone change it.
 */
static int check_policy(struct sr_audit *a, const struct sr_entry *en, struct sr_err *e) {
	const struct sr_statement *s = &en->statement;
	struct sr_witness_policy_row row;
	int rc;

	if (!sr_bytes_eq(sr_field(s, "event", 0), sr_bytes_str("policy")) ||
		sr_field_count(s, "request") > 0)
		return 0;
	rc = sr_query_witness_policy(&row, a->cat, e);
	if (rc != 0 || row.adopted == 0 || !row.voted)
		return rc;
	return audit_found(a, en, "witness", "request", e,
		"the service put another policy in the place of that which the board adopted "
		"(entry %llu), and cites no vote",
		(unsigned long long)row.entry);
}

static bool sealed_to(const struct sr_statement *s, const char *person) {
	for (size_t i = 0; i < sr_field_count(s, "auditor"); i++)
		if (sr_bytes_eq(sr_field(s, "auditor", i), sr_bytes_str(person)))
			return true;
	return false;
}

/* An epoch is sealed to the auditors of its time: to all of them, and to nobody else. */
static int check_key_epoch(struct sr_audit *a, const struct sr_entry *en, struct sr_err *e) {
	const struct sr_statement *s = &en->statement;
	struct sr_people l = {0};
	int rc = sr_query_people(&l, a->cat, SR_ROLE_AUDITOR, e);
	const size_t count = l.count;

	for (size_t i = 0; i < l.count && rc == 0; i++)
		if (!sealed_to(s, l.rows[i].person))
			rc = audit_found(a, en, "epoch", "auditor", e,
				"%s is an auditor, and cannot read what is sealed from here on",
				l.rows[i].person);
	sr_people_free(&l);
	if (rc == 0 && sr_field_count(s, "auditor") > count)
		rc = audit_found(a, en, "epoch", "auditor", e,
			"what is sealed from here on is read by %zu people, and there are %zu "
			"auditors",
			sr_field_count(s, "auditor"), count);
	return rc;
}

/* What the service says that members decided, or that was shown. */
static int check_service(struct sr_audit *a, const struct sr_entry *en, struct sr_err *e) {
	struct sr_audit_finding f;
	bool ok = true, is = true;
	int rc;

	audit_about(&f, en);
	if (en->statement.type->id == SR_T_SERVICE_KEY)
		return check_name(a, en, e);
	if (en->statement.type->id == SR_T_OPENED || en->statement.type->id == SR_T_STANDBY)
		return audit_dealt(a, en, e);
	if (en->statement.type->id == SR_T_LAPSE || en->statement.type->id == SR_T_SUSPEND ||
		en->statement.type->id == SR_T_INCIDENT || en->statement.type->id == SR_T_ROOM_KEY)
		return audit_stopped(a, en, e);
	if (en->statement.type->id == SR_T_REFUSE)
		return audit_refused(a, en, e);
	if (en->statement.type->id == SR_T_KEY_EPOCH)
		return check_key_epoch(a, en, e);
	if (en->statement.type->id == SR_T_WITNESS) {
		rc = check_policy(a, en, e);
		if (rc != 0)
			return rc;
	}
	if (en->statement.type->id == SR_T_GRANT) {
		rc = sr_derive_grant(&ok, &f, a->cat, &en->statement, e);
		if (rc == 0 && ok)
			rc = audit_asked_allowed(&ok, &f, a, en, e);
		a->counts.grants += rc == 0 && ok;
	} else if (en->statement.type->id == SR_T_VIEWED) {
		rc = sr_derive_view(&ok, &f, a->cat, &en->statement, e);
	} else if (en->statement.type->id == SR_T_DECIDED) {
		rc = check_judged(&ok, a, en, &f, e);
		a->counts.rules += rc == 0 && ok;
	} else {
		rc = sr_derive_decision(&is, &ok, &f, &a->from, a->cat, &en->statement, e);
		if (rc == 0 && is && ok)
			rc = audit_asked_allowed(&ok, &f, a, en, e);
		if (rc == 0 && is && ok)
			rc = audit_hindered_not(&ok, &f, a, en, e);
		a->counts.decisions += rc == 0 && is && ok;
	}
	if (rc == 0 && !ok)
		rc = audit_add(a, &f, e);
	return rc == 0 ? audit_witnessed_gap(a, en, e) : rc;
}

int audit_judge(struct sr_audit *a, const struct sr_entry *en, struct sr_err *e) {
	bool allowed = false;
	int rc;

	if (en->statement.type->id == SR_T_FOUND)
		return 0; /* its form is its rule (sr_statement_verify_found) */
	if (en->statement.by_service)
		return check_service(a, en, e);
	rc = check_seen(a, en, e);
	if (rc == 0)
		rc = check_times(a, en, e);
	if (rc == 0)
		rc = check_rules(&allowed, a, en, e);
	if (rc == 0 && en->statement.type->id == SR_T_DEAL)
		rc = audit_deal(a, en, e);
	return rc == 0 ? audit_asked(a, en, allowed, e) : rc;
}
