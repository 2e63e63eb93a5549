/*
 * standby - when a standby board has taken over, as SQL: the one place that says it, for replay and
 * for what follows a `takeover`.
 *
 * A standby board is the epoch after the one in force, dealt to other people by a reshare that a
 * quorum decided, and held back: P is the same, so nothing is sealed anew, and shares of the two
 * boards do not combine. Until it takes over it has no vote, and no piece is taken of it. It dies
 * when the board is reshared (the next epoch is another's then), and is dealt to anew.
 *
 * To take over: as many of its members as its highest level takes, a custodian and an auditor, each
 * another person. A word counts while whoever said it is what they said it as, with that key: a
 * member whose roles no quorum ended since the standby board was decided, a custodian or auditor
 * who never stopped being one, nobody who has another key since. Who is back says it again. The
 * board in force is not asked: where it can still decide it reshares, and this is for when it
 * cannot. So many members of the standby hold the board's keys in any case, and could open what the
 * disks hold without the vault; here they do it on the record, and not without those two. Every
 * client counts again (core/proofs.h): the service alone opens no board that waits.
 */
#ifndef SR_CATALOGUE_STANDBY_H
#define SR_CATALOGUE_STANDBY_H

/* Did a quorum end the roles of ${person} after entry ${since}? Their seat in what was decided
 * before is gone with them. One curator or officer ends what one gave, which no seat is. */
#define SR_SQL_ENDED(person, since)                                                 \
	"EXISTS(SELECT 1 FROM subjects u JOIN entries n ON n.entry = u.entry WHERE" \
	" u.value = " person " AND u.what = 'person' AND u.entry > " since          \
	" AND n.type = 'person-end' AND substr(n.actor, 1, 2) <> 'p-')"

/* Does ${person} have the seat that ${board} gave them: the role, and no end of it by a quorum
 * since the last epoch of this board that began with them (a standby board: since it was decided)?
 * Whoever another board seats afterwards has a seat there, and not here again, where nobody voted
 * for that. Clients ask the same of the log (core/proofs.c). */
#define SR_SQL_SEATED(person, board)                                                         \
	"(EXISTS(SELECT 1 FROM roles sr WHERE sr.person = " person " AND sr.role = 'member'" \
	" AND sr.ended IS NULL) AND NOT EXISTS(SELECT 1 FROM roles se JOIN entries sn ON"    \
	" sn.entry = se.ended WHERE se.person = " person " AND sn.type = 'person-end' AND"   \
	" substr(sn.actor, 1, 2) <> 'p-' AND se.ended > (SELECT max(coalesce(sy.entry,"      \
	" sp.entry)) FROM board_members sm JOIN epochs sp ON sp.board = sm.board AND"        \
	" sp.epoch = sm.epoch LEFT JOIN standbys sy ON sy.board = sm.board AND"              \
	" sy.epoch = sm.epoch WHERE sm.board = " board " AND sm.person = " person ")))"

/* Does the row ${t} of takeovers count? Clients ask the same of the log (core/proofs.c). */
#define SR_SQL_COUNTS(t)                                                                         \
	"(NOT EXISTS(SELECT 1 FROM person_keys k WHERE k.person = " t ".person AND k.entry > " t \
	".entry) AND CASE " t ".role WHEN 'member' THEN NOT " SR_SQL_ENDED(t ".person",          \
		"(SELECT p.entry FROM standbys p WHERE p.board = " t ".board AND p.epoch = " t   \
		".epoch)") " ELSE EXISTS(SELECT 1 FROM roles r WHERE r.person = " t              \
			   ".person AND r.role = " t ".role AND r.entry < " t                    \
			   ".entry AND r.ended IS NULL) END)"

/* 1 when the standby of ${board} and ${epoch} (SQL expressions) waits, and enough said so, whether
 * or not their word counts: vaults opened by this once, and their logs are read on. */
#define SR_SQL_ONCE_SAID(board, epoch)                                                           \
	"(EXISTS(SELECT 1 FROM standbys s WHERE s.board = " board " AND s.epoch = " epoch        \
	" AND s.waits IS NOT NULL) AND (SELECT count(*) FROM takeovers t WHERE t.board = " board \
	" AND t.epoch = " epoch " AND t.role = 'member') >= (SELECT max(l.quorum) FROM"          \
	" board_levels l WHERE l.board = " board " AND l.epoch = " epoch                         \
	") AND EXISTS(SELECT 1 FROM takeovers t WHERE t.board = " board " AND t.epoch = " epoch  \
	" AND t.role = 'custodian') AND EXISTS(SELECT 1 FROM takeovers"                          \
	" t WHERE t.board = " board " AND t.epoch = " epoch " AND t.role = 'auditor'))"

#endif
