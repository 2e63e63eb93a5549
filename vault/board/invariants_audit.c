/*
 * invariants_audit - who may read the log, a report of it, or what is held on a person, and what
 * they say of it on the record. See invariants_in.h.
 *
 *   what     who                  lines
 *   log      auditor, officer     from, to: entries
 *   report   auditor, officer     person, item, collection, begins, ends; of a person a reason
 *   person   auditor, officer     person and a reason; that person: their own, without
 */
#include "board/invariants_in.h"

static bool reads_all(const struct rules_ctx *c) {
	return rules_has_role(c, SR_ROLE_AUDITOR) || rules_has_role(c, SR_ROLE_OFFICER);
}

static int known_person(struct rules_ctx *c, const char *person) {
	struct sr_person_row row = {0};
	const int rc = sr_query_person(&row, c->cat, person, c->e);

	sr_person_row_free(&row);
	if (rc == SR_NOTFOUND)
		return rules_deny(c, "no-such-person", "", "%s is not known here", person);
	return rc == 0 ? rules_allow(c) : rc;
}

/* Lines that this kind of reading has no use for would say more than what is read. */
static bool surplus(const struct rules_ctx *c, const char *const *keys, size_t count) {
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += sr_field_count(c->s, keys[i]);
	return n > 0;
}

int rule_read(struct rules_ctx *c) {
	static const char *const not_log[] = {"person", "item", "collection", "begins", "ends"};
	static const char *const not_report[] = {"from", "to"};
	static const char *const not_person[] = {
		"from", "to", "item", "collection", "begins", "ends"};
	const struct sr_bytes of = sr_field(c->s, "person", 0);
	char person[SR_PERSON_TEXT] = "";
	bool own, log, report;

	snprintf(person, sizeof person, "%.*s", (int)of.len, (const char *)of.p);
	own = strcmp(person, c->me.person) == 0;
	log = rules_field_is(c->s, "what", "log");
	report = rules_field_is(c->s, "what", "report");
	if (!log && !report && !rules_field_is(c->s, "what", "person"))
		return rules_deny(c, "unknown-reading", "",
			"what is read is the log, a report, or what is held on a person");
	if ((log && surplus(c, not_log, sizeof not_log / sizeof not_log[0])) ||
		(report && surplus(c, not_report, sizeof not_report / sizeof not_report[0])) ||
		(!log && !report &&
			surplus(c, not_person, sizeof not_person / sizeof not_person[0])))
		return rules_deny(c, "read-surplus", "", "a line of it is none of such a reading");
	if (!log && !report && person[0] == '\0')
		return rules_deny(c, "read-of-whom", "", "it names no person");
	if (!reads_all(c) && !own)
		return rules_deny(c, "role-missing", "audit person shows what is held on oneself",
			"auditors and officers read the log and reports; %s is none", c->me.person);
	if (!reads_all(c) && report)
		return rules_deny(c, "role-missing", "audit person shows what is held on oneself",
			"reports are for auditors and officers; %s is none", c->me.person);
	if (person[0] != '\0' && !own && sr_field_count(c->s, "reason") == 0)
		return rules_deny(c, "reason-missing", "--reason; that person is told",
			"who reads what is held on a person says why");
	return person[0] != '\0' ? known_person(c, person) : rules_allow(c);
}
