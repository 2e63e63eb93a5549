/*
 * conflict - who stands too near to a request to vote on it, as SQL: the one place that says it,
 * for tallies, rules and votes that an attestation makes void.
 *
 * Parties of a version: applicant and co-applicants where it is for them (it has a request key),
 * the person whom it is about, and those whom its target grant names; where it is to lift what
 * stands on an item, those who read the item under a grant: with the lift they go on. (Of grants
 * that were there when it was asked: none is made meanwhile, and votes that counted go on to.) A
 * member is in conflict while an attestation of kind conflict or supervisor-of stands between them
 * and a party, whichever of the two it names first, or between them and the request itself.
 */
#ifndef SR_CATALOGUE_CONFLICT_H
#define SR_CATALOGUE_CONFLICT_H

/* Who reads the item of the flag ${flag} (SQL, as what follows) under a grant older than entry
 * ${before}, a column person. Suspended ones may be lifted. */
#define SR_SQL_FLAG_READERS(flag, before)                                                         \
	"SELECT fp.person FROM item_flags fl JOIN request_items fi ON fi.n = fl.n JOIN grants fg" \
	" ON fg.v = fi.v AND fg.state IN ('live', 'suspended') AND fg.entry < " before            \
	" JOIN grant_people fp ON fp.grant_id = fg.grant_id WHERE fl.flag = " flag

/* Whom the target of version `v` concerns, as rows of one column. */
#define SR_SQL_TARGET_PEOPLE                                                 \
	"SELECT gp.person FROM grant_people gp WHERE gp.grant_id = v.target" \
	" UNION ALL " SR_SQL_FLAG_READERS("v.target", "v.entry")

#define SR_SQL_PARTIES                                                           \
	"(SELECT q.applicant WHERE v.key IS NOT NULL UNION ALL SELECT v.subject" \
	" UNION ALL SELECT rp.person FROM request_people rp WHERE rp.v = v.v"    \
	" UNION ALL " SR_SQL_TARGET_PEOPLE ")"

/* A standing attestation `a` that sets ${who} (an SQL expression) against version `v` of request
 * `q`. */
#define SR_SQL_SETS_AGAINST(who)                                                             \
	"(a.ended IS NULL AND a.kind IN ('conflict', 'supervisor-of') AND ((a.person = " who \
	" AND (a.request = v.request OR a.other IN " SR_SQL_PARTIES ")) OR (a.other = " who  \
	" AND a.person IN " SR_SQL_PARTIES ")))"

/* True when there is one. */
#define SR_SQL_CONFLICT(who) \
	"EXISTS(SELECT 1 FROM attestations a WHERE " SR_SQL_SETS_AGAINST(who) ")"

#endif
