/*
 * apply_key - effects of person-set and person-key: another name, another key of the same person.
 *
 * A key is in force for the entries after the one that brought it, until the next; no key ever
 * comes twice, nor is it two persons'.
 *
 * A key that does not vouch for the next is lost or in other hands, and nobody knows since when:
 * what it voted on and is not decided yet is decided without it. They may vote anew.
 */
#include "catalogue/apply_in.h"

/* The card, which must be of the person whom the statement names. */
static int card_of_person(struct sr_apply *a, struct sr_card *card, struct sr_err *e) {
	int rc = sr_apply_person_known(a, sr_field(a->s, "person", 0), e);

	if (rc == 0)
		rc = sr_apply_card(a, "card", 0, card, e);
	if (rc == 0 && !sr_bytes_eq(sr_field(a->s, "person", 0), sr_bytes_str(card->person)))
		rc = sr_fail(e, SR_CORRUPT, "the card is that of %s", card->person);
	return rc;
}

int sr_apply_person_set(struct sr_apply *a, struct sr_err *e) {
	struct sr_card card;
	int rc = card_of_person(a, &card, e);

	if (rc == 0)
		rc = sr_apply_add_person(a, &card, e); /* another key is CORRUPT */
	return rc == 0 ? sr_apply_names(a, e) : rc;
}

/* Does the key that they have until now bear the card out? */
static int vouched(bool *out, struct sr_apply *a, const struct sr_card *card, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	struct sr_err why = {0};
	struct sr_buf bytes;
	uint8_t pk[SR_PK];
	int rc;

	*out = false;
	if (!card->by_old)
		return 0;
	sr_buf_init(&bytes);
	rc = sr_field_card(&bytes, a->s, "card", 0, e);
	if (rc == 0)
		rc = SQL_OPEN(&st, a->db, e, "SELECT pk FROM people WHERE person = ?",
			A_STR(card->person));
	if (rc == 0)
		rc = sr_stmt_row(st, e);
	if (rc == 0)
		rc = sr_stmt_col_copy(st, 0, pk, sizeof pk, e);
	sr_stmt_reset(st);
	if (rc == 0) {
		rc = sr_card_by_old(sr_buf_view(&bytes), pk, &why);
		*out = rc == 0;
		if (rc == SR_AUTH || rc == SR_CORRUPT) /* somebody else's signature */
			rc = 0;
		else if (rc != 0 && e != NULL)
			*e = why;
	}
	sr_buf_free(&bytes);
	return rc;
}

int sr_apply_person_key(struct sr_apply *a, struct sr_err *e) {
	struct sr_card card;
	bool by_old = false;
	int rc = card_of_person(a, &card, e);

	if (rc == 0 && !card.next)
		rc = sr_fail(e, SR_CORRUPT, "the card is that of the person's first key");
	if (rc == 0)
		rc = vouched(&by_old, a, &card, e);
	if (rc == 0 && !by_old)
		rc = SQL_RUN(a->db, e,
			"UPDATE votes SET ended = ? WHERE person = ? AND ended IS NULL AND v IN"
			" (SELECT v FROM versions WHERE state = 'open')",
			A_INT(a->entry), A_STR(card.person));
	if (rc == 0)
		rc = SQL_RUN(a->db, e, "INSERT INTO person_keys(person, entry, pk) VALUES(?, ?, ?)",
			A_STR(card.person), A_INT(a->entry), A_HASH(card.key));
	if (rc == 0)
		rc = SQL_RUN(a->db, e, "UPDATE people SET pk = ? WHERE person = ?",
			A_HASH(card.key), A_STR(card.person));
	/* A run goes by the keys of its members when it began: nothing it deals would open. A
	 * standby board that waits was dealt to, and waits on; who has another key is none of it
	 * any more. */
	if (rc == 0)
		rc = SQL_RUN(a->db, e,
			"UPDATE runs SET state = 'void' WHERE state = 'dealing' AND EXISTS(SELECT"
			" 1 FROM board_members m WHERE m.board = runs.board AND m.epoch ="
			" runs.epoch AND m.person = ?) AND NOT EXISTS(SELECT 1 FROM standbys s"
			" WHERE s.run = runs.run)",
			A_STR(card.person));
	if (rc == 0)
		rc = sr_apply_end_checkouts(a, "person", A_STR(card.person), e);
	if (rc == 0) /* a request key is of the seed: where an amend may come, they join again */
		rc = SQL_RUN(a->db, e,
			"DELETE FROM joins WHERE person = ? AND request IN (SELECT q.request FROM"
			" requests q JOIN versions v ON v.request = q.request AND v.version ="
			" q.newest WHERE v.state = 'returned')",
			A_STR(card.person));
	if (rc == 0)
		rc = sr_apply_names(a, e);
	return rc == 0 ? sr_apply_decided(a, e) : rc;
}
