/*
 * invariants_erase - who may ask that what is kept of a person is erased, and what must have ended
 * before. See invariants_in.h.
 *
 * It is judged here and once more when the last vote comes (decide.c). Nobody is erased who is
 * active, or on whose words something rests that goes on: a grant that names them, a condition that
 * they set, an enquiry that is open, a share that they hold. Erasure hides a name and nothing that
 * was done; it takes as many members as anything does.
 */
#include "board/invariants_in.h"

static const char *const grounds[] = {"data-subject", "retention", "order", NULL};

const char *const *sr_invariants_grounds(void) {
	return grounds;
}

static int deny_bound(struct rules_ctx *c, const char *person, const struct sr_bound *b) {
	static const struct {
		const char *rule, *help, *what, *says;
	} said[] = {
		[SR_BOUND_NOTHING] = {"", "", "", ""},
		[SR_BOUND_GRANT] = {"grant-stands", "close or revoke it first", "grant",
			"is live or suspended, and names"},
		[SR_BOUND_CONDITION] = {"condition-stands", "it ends, or is revoked, first",
			"grant", "stands on a condition in the words of"},
		[SR_BOUND_REQUEST] = {"request-open", "it is decided or withdrawn first", "request",
			"is open, and names"},
		[SR_BOUND_ENQUIRY] = {"enquiry-open", "the officer closes it first", "enquiry",
			"is open, and concerns"},
		[SR_BOUND_SEAT] = {"share-held", "reshare the board without them first",
			"a share of the keys of board", "belongs to"},
	};
	char hex[2 * SR_ID + 1];

	rules_hex(hex, b->id);
	return rules_deny(c, said[b->kind].rule, said[b->kind].help, "%s %.12s %s %s",
		said[b->kind].what, hex, said[b->kind].says, person);
}

static int erasable(struct rules_ctx *c, struct sr_person_row *p, const void *ctx) {
	struct sr_bound b;
	int rc;

	(void)ctx;
	if (p->erased != 0)
		return rules_deny(c, "erased-already", "person erasure shows the report",
			"what was kept of %s is erased already", p->person);
	if (p->roles != 0)
		return rules_deny(c, "still-active", "person end first", "%s has a role here still",
			p->person);
	rc = sr_query_bound(&b, c->cat, p->person, c->e);
	if (rc != 0)
		return rc;
	return b.kind != SR_BOUND_NOTHING ? deny_bound(c, p->person, &b) : rules_allow(c);
}

int sr_invariants_erase(
	struct sr_ruling *out, struct sr_catalogue *cat, const char *person, struct sr_err *e) {
	return rules_on_person(out, cat, person, erasable, NULL, e);
}

int rules_erase_asked(struct rules_ctx *c) {
	const struct sr_bytes ground = sr_field(c->s, "purpose", 0);
	bool known = false;

	for (const char *const *g = grounds; *g != NULL; g++)
		known = known || sr_bytes_eq(ground, sr_bytes_str(*g));
	if (!known || sr_field_count(c->s, "purpose") != 1)
		return rules_deny(c, "unknown-ground", "person erase --help lists them",
			"an erasure is on one ground: data-subject, retention or order");
	if (sr_field_count(c->s, "reason") == 0)
		return rules_deny(
			c, "reason-missing", "", "say why what is kept of them is to be erased");
	return rules_on_named(c, "subject", erasable, NULL);
}
