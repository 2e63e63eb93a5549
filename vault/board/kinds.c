/*
 * kinds - see kinds.h.
 */
#include "board/kinds.h"

/* clang-format off */
static const struct sr_kind kinds[SR_K_COUNT] = {
	[SR_K_ACCESS] = {"access", SR_T_GRANT, SR_KIND_PIECES | SR_KIND_LOOKS},
	[SR_K_EXPORT] = {"export", SR_T_GRANT, SR_KIND_PIECES},
	[SR_K_REFERRAL] = {"referral", SR_T_GRANT, SR_KIND_PIECES},
	[SR_K_RESEAL] = {"reseal", SR_T_GRANT, SR_KIND_PIECES},
	[SR_K_REDACT] = {"redact", SR_T_GRANT, SR_KIND_PIECES | SR_KIND_LOOKS},
	[SR_K_REVOKE] = {"revoke", SR_T_REVOKE, 0},
	[SR_K_LIFT] = {"lift", SR_T_LIFT, 0},
	[SR_K_RENEW] = {"renew", SR_T_RENEW, 0},
	[SR_K_ROLE] = {"role", SR_T_PERSON, SR_KIND_TRUST | SR_KIND_FOUNDING},
	[SR_K_PERSON] = {"person", SR_T_PERSON_KEY, SR_KIND_TRUST | SR_KIND_FOUNDING},
	[SR_K_PERSON_END] = {"person-end", SR_T_PERSON_END, SR_KIND_TRUST | SR_KIND_FOUNDING},
	[SR_K_COLLECTION] = {"collection", SR_T_COLLECTION, 0},
	[SR_K_BOARD] = {"board", SR_T_BOARD, SR_KIND_TRUST | SR_KIND_FOUNDING},
	[SR_K_RESHARE] = {"reshare", SR_T_RESHARE, SR_KIND_TRUST},
	[SR_K_REKEY] = {"rekey", SR_T_REKEY, SR_KIND_TRUST | SR_KIND_HIGHEST},
	[SR_K_DESTROY] = {"destroy", SR_T_DESTROY, 0},
	[SR_K_POLICY] = {"policy", SR_T_POLICY, SR_KIND_TRUST | SR_KIND_HIGHEST},
	[SR_K_ERASE] = {"erase", SR_T_ERASE, SR_KIND_TRUST | SR_KIND_HIGHEST | SR_KIND_FOUNDING},
	[SR_K_AUDITOR] = {"auditor", SR_T_AUDITOR, SR_KIND_TRUST | SR_KIND_FOUNDING},
	[SR_K_WITNESSES] = {"witnesses", SR_T_WITNESS,
		SR_KIND_TRUST | SR_KIND_HIGHEST | SR_KIND_FOUNDING},
	[SR_K_ADOPT] = {"adopt", SR_T_WITNESS, SR_KIND_TRUST | SR_KIND_HIGHEST | SR_KIND_FOUNDING},
};
/* clang-format on */

const struct sr_kind *sr_kind_at(enum sr_kind_id id) {
	return &kinds[id];
}

bool sr_kind_named(enum sr_kind_id *out, struct sr_bytes name) {
	for (unsigned i = 0; i < SR_K_COUNT; i++)
		if (sr_bytes_eq(name, sr_bytes_str(kinds[i].name))) {
			*out = (enum sr_kind_id)i;
			return true;
		}
	return false;
}

bool sr_kind_is(struct sr_bytes name, unsigned flag) {
	enum sr_kind_id id = SR_K_COUNT;

	return sr_kind_named(&id, name) && (kinds[id].flags & flag) != 0;
}

const struct sr_kind *sr_kind_deciding(const struct sr_statement *s) {
	/* Of what is said of witnesses and of the log's name, two things are the board's. */
	if (s->type->id == SR_T_WITNESS)
		return sr_bytes_eq(sr_field(s, "event", 0), sr_bytes_str("confirmed"))
			       ? &kinds[SR_K_ADOPT]
			       : &kinds[SR_K_WITNESSES];
	for (unsigned i = 0; i < SR_K_COUNT && s->type->id != SR_T_GRANT; i++)
		if (kinds[i].brings == s->type->id)
			return &kinds[i];
	return NULL;
}
