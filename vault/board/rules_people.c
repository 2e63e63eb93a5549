/*
 * rules_people - who gives and ends roles. See rules_in.h.
 */
#include "board/rules_in.h"

int rule_person(struct rules_ctx *c) {
	struct sr_person_row row = {0};
	char name[SR_PERSON_TEXT];
	int rc;

	for (size_t i = 0; i < sr_field_count(c->s, "role"); i++) {
		unsigned role = sr_role_named(sr_field(c->s, "role", i));

		if (role == 0)
			return rules_deny(c, "unknown-role", "", "unknown role in line %zu", i + 1);
		if ((role & (SR_ROLE_RESEARCHER | SR_ROLE_DEPOSITOR)) == 0)
			return rules_deny(c, "role-needs-quorum",
				"person add for this role makes a request that members vote on",
				"the role %s is given by a quorum of the board, not by one person",
				sr_role_name(role));
	}
	rules_person_text(name, c->s, "person");
	rc = sr_query_person(&row, c->cat, name, c->e);
	if (rc == SR_NOTFOUND) {
		sr_err_clear(c->e);
		return rules_allow(c);
	}
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < sr_field_count(c->s, "role"); i++)
		if ((row.roles & sr_role_named(sr_field(c->s, "role", i))) == 0) {
			sr_person_row_free(&row);
			return rules_allow(c);
		}
	sr_person_row_free(&row);
	return rules_deny(c, "has-role", "", "%s has that role already", name);
}

int rule_person_end(struct rules_ctx *c) {
	struct sr_person_row row = {0};
	char name[SR_PERSON_TEXT];
	unsigned roles;
	int rc;

	rules_person_text(name, c->s, "person");
	rc = sr_query_person(&row, c->cat, name, c->e);
	if (rc == SR_NOTFOUND)
		return rules_deny(c, "no-such-person", "", "%s is not known here", name);
	if (rc != 0)
		return rc;
	roles = row.roles;
	sr_person_row_free(&row);
	if ((roles & ~(unsigned)(SR_ROLE_RESEARCHER | SR_ROLE_DEPOSITOR)) != 0)
		return rules_deny(
			c, "role-needs-quorum", "", "%s has a role that only a quorum ends", name);
	return rules_allow(c);
}
