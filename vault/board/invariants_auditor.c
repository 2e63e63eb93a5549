/*
 * invariants_auditor - who is given what was sealed before they came. See invariants_in.h.
 *
 * An auditor reads, with their own key, from the epoch on that began when they came. What lies
 * before was sealed to the auditors of its time (and, of who has another key by now, to the one
 * before), and takes a quorum, which names the epoch from which it gives; judged here and once more
 * when the last vote comes (decide.c).
 */
#include "board/invariants_in.h"

/* Does ${person} lack one of the epochs from ${from} to ${last}, with the key that they have? */
static int lacks_one(bool *out, struct rules_ctx *c, const char *person, uint64_t from) {
	struct sr_key_epochs l = {NULL, 0};
	int rc = sr_query_key_epochs(&l, c->cat, c->e);

	*out = false;
	for (size_t i = 0; i < l.count && rc == 0 && !*out; i++) {
		bool given = false;

		if (l.rows[i].epoch < from)
			continue;
		/* The first entry that is sealed under it. */
		rc = sr_query_epoch_held(&given, c->cat, person, l.rows[i].entry + 1, c->e);
		*out = rc == 0 && !given;
	}
	sr_key_epochs_free(&l);
	return rc;
}

/* ${ctx}: the first epoch, a uint64_t. */
static int may_have(struct rules_ctx *c, struct sr_person_row *p, const void *ctx) {
	const uint64_t from = *(const uint64_t *)ctx;
	uint32_t now = 0;
	bool lacks = false;
	int rc = sr_query_epoch_now(&now, c->cat, c->e);

	if (rc != 0)
		return rc;
	if ((p->roles & SR_ROLE_AUDITOR) == 0)
		return rules_deny(c, "not-an-auditor", "auditor add CARD first",
			"%s is no auditor here", p->person);
	if (from < 1 || from > now)
		return rules_deny(c, "no-such-epoch", "auditor list shows them",
			"there are epochs 1 to %u, this says from %llu", now,
			(unsigned long long)from);
	rc = lacks_one(&lacks, c, p->person, from);
	if (rc == 0 && !lacks)
		rc = rules_deny(c, "epochs-given", "", "%s has all epochs from %llu already",
			p->person, (unsigned long long)from);
	return rc == 0 && lacks ? rules_allow(c) : rc;
}

int sr_invariants_auditor(struct sr_ruling *out, struct sr_catalogue *cat, const char *person,
	uint64_t from, struct sr_err *e) {
	return rules_on_person(out, cat, person, may_have, &from, e);
}

int rules_auditor_asked(struct rules_ctx *c) {
	uint64_t from = 0;
	int rc = sr_field_dec(&from, c->s, "from", 0, c->e);

	return rc == 0 ? rules_on_named(c, "subject", may_have, &from) : rc;
}
