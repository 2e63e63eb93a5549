/*
 * invariants - what no board can change by adopting rules, default deny (DESIGN 5, 6, 6a). Who may
 * do what beyond that is what the board adopted in Cedar says, asked afterwards
 * (board/authorize.h); no such rule stands here.
 *
 * An invariant looks at a parsed statement, at the catalogue as earlier entries left it (an open
 * transaction included) and at the time; it changes nothing. The ruling names it by a token (which
 * a `refuse` entry carries), says in a sentence what is not met, and what would help. Signature,
 * fingerprint, `seen` and commitments were checked before (board/door.c).
 *
 * Of what they are:
 *
 *   form       lines of a kind, controlled terms, ids that are free, dates ahead, list roots,
 *              objects that are what was signed; which roles sign a type at all (ledger/types.c)
 *
 *   state      the steps of catalogue/states.h; one vote per member and version, one seal per
 *              person, one live checkout per person and item; things that are under another board
 *
 *   keys       epochs, levels and quorums, who has a share, whose key it is, pieces and seals; the
 *              ceremony; a hazard above the level that an item is sealed to
 *
 *   the vote   what members voted on is what opens: the people, items, forms, right, end and
 *              trainings of a grant; what a newer item may add to it; who reads
 *              (sr_invariants_readers)
 *
 *   trust      roles other than researcher and depositor, and their keys, take a quorum; the last
 *              curator, officer, auditor and custodian stay, and members enough for every level
 *
 *   the law    what is marked for referral is not released and not looked at
 *
 *   the rules  who asks for other rules, votes on them and withdraws them (invariants_policy.c), so
 *              that no set locks the board out
 *
 * Of these the default set repeats what people should hear with the rest (a grant ends by itself; a
 * form that was not granted): a set is read, tested and replayed without these files, and
 * tests/unit/test_board_walk.c shows that both say the same.
 *
 * Levels: the hazards of an item decide the quorum level it is sealed to: any of
 * SR_INVARIANTS_HIGH -> the highest level of the board, otherwise the lowest. An item with
 * `referral` is neither released, requested nor granted.
 */
#ifndef SR_BOARD_INVARIANTS_H
#define SR_BOARD_INVARIANTS_H

#include "catalogue/query.h"
#include "ledger/card.h"
#include "ledger/entry.h"
#include "ledger/statement.h"

enum {
	SR_INVARIANTS_SKEW_S = 600, /* a statement's time against the vault's: clocks of desks are
				  rarely minutes off */
	SR_INVARIANTS_UNTIL_MAX_S = 31 * 86400 /* how long a statement signed elsewhere may wait: a
					     member's month away; a forgotten one must not come to
					     life years later */
};

struct sr_ruling {
	bool allowed;
	char rule[48];   /* token: "already-voted" */
	char why[400];   /* "member p-... has voted on this version already (approve)" */
	char title[121]; /* of one of the board's rules; "": the rule is an invariant */
	char help[240]; /* "" or what would help: "amend the request to have a new version voted on"
			 */
};

struct sr_invariants {
	struct sr_catalogue *catalogue;
	int64_t now;
	const uint8_t *items; /* request, amend: the ids in the submitted list object, SR_ID bytes
				 each; NULL: none came */
	size_t item_count;
	struct sr_bytes object; /* request, amend: the text of rules that came with it; p == NULL:
				   none */
	const struct sr_record
		*records; /* the texts that came with it; of a replay, what is left */
	size_t record_count;
};

/* 0 and a ruling, or an error of the catalogue. */
SR_MUST int sr_invariants_check(struct sr_ruling *out, const struct sr_invariants *r,
	const struct sr_statement *s, struct sr_err *e);

/* The lowest quorum level that these hazards (tokens with single spaces) allow on ${b}. DENIED for
 * referral. */
SR_MUST int sr_invariants_level(
	uint32_t *level, const struct sr_board_row *b, const char *hazards, struct sr_err *e);

/* Hazards of the item and of its parts together, tokens with single spaces: what its level follows
 * from, since whoever has its key has all of it. The caller frees. */
SR_MUST int sr_invariants_all_hazards(char **out, const struct sr_item_row *item, struct sr_err *e);
/* Do as many members as ${level} takes cover what ${m} marks? Else the marked part is not shown. */
bool sr_invariants_mark_covered(
	const struct sr_board_row *b, const struct sr_mark *m, uint32_t level);

/* The level that a released item is sealed to anew: what its hazards need, and never lower than it
 * is sealed to (that would need votes which say so). An item marked for referral keeps its level:
 * nobody reads it, and a new board key is for it too. */
SR_MUST int sr_invariants_reseal_level(uint32_t *level, const struct sr_board_row *b,
	const struct sr_item_row *item, struct sr_err *e);

/* Roles of which those named in a request of this kind must have one, when votes on it carry
 * pieces; ${words}: "a researcher". Nobody reads under a reseal, and whoever asks for it only
 * drives it, so curators, officers and members may. A released item is redacted by a curator, whose
 * work it is, and who looks at it by the board's leave alone: a researcher's grant is for study. */
unsigned sr_invariants_readers(struct sr_bytes kind, const char **words);
/* Who of those that are to read under ${v} has none of these roles any more, or of those who read
 * under its grant has another key since: the first one's name, or "", and ${why}. Nobody gives a
 * piece for them: such a version is not approved, and is not granted by votes that came before; the
 * applicant amends or withdraws it, a member rejects it or sends it back. A grant that a quorum
 * lets go on for those who stay is read by what was given; new pieces, which would be sealed to all
 * whom it names, take a new request. */
SR_MUST int sr_invariants_reader_ended(char name[SR_PERSON_TEXT], const char **why,
	struct sr_catalogue *c, const struct sr_version_row *v, struct sr_err *e);
/* What keeps this member from approving the newest version of a request now, whatever the approval
 * says and carries: asked of no statement, by the judgement of a vote. What the rules of the board
 * say comes on top (board/authorize.h). NOTFOUND. */
SR_MUST int sr_invariants_voter(struct sr_ruling *out, struct sr_catalogue *cat, int64_t now,
	const struct sr_version_row *v, const char *member, struct sr_err *e);
/* Kinds, and rights, that name forms in which one looks. */
bool sr_invariants_looks(const char *kind);

/* Do its hazards, as they are described now, need more than the level that the item is sealed to?
 * Then nothing opens it until it is sealed anew. Hazards of parts do not close the whole: the room
 * leaves out what they mark (room/cut.h), until it is sealed anew and voted on at that level. */
bool sr_invariants_raised(const struct sr_board_row *b, const struct sr_item_row *item);

/* Was it ever granted that this item is handed over to an authority? */
SR_MUST int sr_invariants_referred(
	bool *out, struct sr_catalogue *c, const uint8_t item[SR_ID], struct sr_err *e);

/* May all roles of this person end now? The vault keeps one curator, officer, auditor and custodian
 * at least, and members enough for every level. Asked of a statement, of a request, and again when
 * its last vote is counted. NOTFOUND. */
SR_MUST int sr_invariants_end(
	struct sr_ruling *out, struct sr_catalogue *cat, const char *person, struct sr_err *e);

/* May this person be given the structural keys from epoch ${from} on now? They are an auditor, and
 * have not all of them. NOTFOUND. */
SR_MUST int sr_invariants_auditor(struct sr_ruling *out, struct sr_catalogue *cat,
	const char *person, uint64_t from, struct sr_err *e);

/* May what is kept of this person be erased now? They have no role, and nothing that goes on rests
 * on it. Asked of a request, and again when its last vote is counted. NOTFOUND. */
SR_MUST int sr_invariants_erase(
	struct sr_ruling *out, struct sr_catalogue *cat, const char *person, struct sr_err *e);

/* May the key of ${card} take the place of the one that ${person} has? It is fresh, can be sealed
 * to, and, if the card says that the old key bears it out, that is so. Asked as above. NOTFOUND. */
SR_MUST int sr_invariants_key(struct sr_ruling *out, struct sr_catalogue *cat, const char *person,
	struct sr_bytes card, struct sr_err *e);

/* Is ${card} of the key that its person has now, if they are known, and of nobody who is erased?
 * What was asked with a card is looked at again when the last vote is counted. */
SR_MUST int sr_invariants_card(struct sr_ruling *out, struct sr_catalogue *cat,
	const struct sr_card *card, struct sr_err *e);

/* Is the controlled term known? Forms, purposes and hazards of DESIGN 2; others are refused. */
bool sr_invariants_form(struct sr_bytes word);
bool sr_invariants_purpose(struct sr_bytes word);
bool sr_invariants_hazard(struct sr_bytes word);
/* The lists themselves, NULL-terminated, for help texts. */
const char *const *sr_invariants_forms(void);
const char *const *sr_invariants_purposes(void);
const char *const *sr_invariants_hazards(void);
/* Hazards that distress whoever looks: what exposure is counted by. */
const char *const *sr_invariants_distressing(void);
/* Kinds of attestations. */
const char *const *sr_invariants_attestations(void);
const char *const *sr_invariants_enquiries(void); /* kinds of an enquiry */
const char *const *sr_invariants_grounds(void);   /* of an erasure */

#endif
