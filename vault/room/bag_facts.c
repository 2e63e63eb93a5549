/*
 * bag_facts - what the ledger says of an item and of its export, as lines of bag-info.txt: labels
 * of RFC 8493, 2.2.2, where one fits, and our own. Ids, so that whoever has the bag can ask the
 * vault, or an auditor, about it; the log's size and root bind what is said to a state of the log
 * that witnesses know.
 *
 * Whoever takes the copy away learns no more from these lines than they are told of the item by the
 * vault: who deposited it, and of a redacted version what it was made from, are for curators,
 * officers and auditors, and for the depositor.
 */
#include "room/bagging.h"
#include "room/room_internal.h"

#include "base/time.h"
#include "board/invariants.h"
#include "ledger/ledger.h"

static void id_line(struct sr_bagging *b, const char *label, const uint8_t id[SR_ID]) {
	char hex[2 * SR_ID + 1];

	sr_hex(hex, id, SR_ID);
	sr_bagging_info(b, label, hex);
}

static void hash_line(struct sr_bagging *b, const char *label, const uint8_t hash[SR_HASH]) {
	char hex[2 * SR_HASH + 1];

	sr_hex(hex, hash, SR_HASH);
	sr_bagging_info(b, label, hex);
}

static void number_line(struct sr_bagging *b, const char *label, uint64_t n) {
	char text[24];

	snprintf(text, sizeof text, "%llu", (unsigned long long)n);
	sr_bagging_info(b, label, text);
}

/* When the entry was received, and which one it is. */
static int entry_lines(struct sr_bagging *b, struct sr_room *r, const char *entry, const char *time,
	uint64_t index, struct sr_err *e) {
	struct sr_entry_row row = {0};
	char text[SR_TIME_TEXT];
	int rc = sr_query_entry(&row, r->v->catalogue, index, e);

	if (rc != 0)
		return rc;
	number_line(b, entry, index);
	sr_time_format(text, row.received);
	sr_bagging_info(b, time, text);
	return 0;
}

static int sees_deposit(bool *sees, struct sr_room *r, const struct opened *o,
	const struct sr_item_row *item, struct sr_err *e) {
	struct sr_person_row p = {0};
	int rc = sr_query_person(&p, r->v->catalogue, o->person, e);

	*sees = rc == 0 &&
		((p.roles & (SR_ROLE_CURATOR | SR_ROLE_OFFICER | SR_ROLE_AUDITOR)) != 0 ||
			strcmp(item->depositor, o->person) == 0);
	sr_person_row_free(&p);
	return rc;
}

static int item_lines(
	struct sr_bagging *b, struct sr_room *r, const struct opened *o, struct sr_err *e) {
	struct sr_item_row item = {0};
	char *hazards = NULL; /* of its parts, too: all of it is in the bag */
	bool sees = false;
	int rc = sr_query_item(&item, r->v->catalogue, o->item, e);

	if (rc == 0)
		rc = sees_deposit(&sees, r, o, &item, e);
	if (rc == 0)
		rc = sr_invariants_all_hazards(&hazards, &item, e);
	if (rc != 0) {
		sr_item_row_free(&item);
		return rc;
	}
	id_line(b, "External-Identifier", item.id);
	sr_bagging_info(b, "External-Description", item.title);
	id_line(b, "Bag-Group-Identifier", item.collection);
	id_line(b, "Strongroom-Accession", item.accession);
	if (sees)
		sr_bagging_info(b, "Strongroom-Depositor", item.depositor);
	if (sees && item.redacted)
		id_line(b, "Strongroom-Redacted-From", item.parent);
	sr_bagging_info(b, "Strongroom-Hazards", hazards);
	free(hazards);
	rc = entry_lines(b, r, "Strongroom-Accession-Entry", "Strongroom-Received", item.entry, e);
	sr_item_row_free(&item);
	return rc;
}

static int grant_lines(
	struct sr_bagging *b, struct sr_room *r, const struct opened *o, struct sr_err *e) {
	struct sr_checkout_row c;
	struct sr_grant_row g = {0};
	int rc = sr_query_grant(&g, r->v->catalogue, o->grant, e);

	if (rc == 0)
		rc = sr_query_checkout(&c, r->v->catalogue, o->checkout, e);
	if (rc == 0) {
		id_line(b, "Internal-Sender-Identifier", o->checkout);
		id_line(b, "Strongroom-Grant", g.id);
		id_line(b, "Strongroom-Request", g.request);
		number_line(b, "Strongroom-Request-Version", g.version);
		sr_bagging_info(b, "Strongroom-Exported-By", o->person);
		sr_bagging_info(b, "Strongroom-Right", g.right);
		rc = entry_lines(
			b, r, "Strongroom-Checkout-Entry", "Strongroom-Checked-Out", c.entry, e);
	}
	sr_grant_row_free(&g);
	return rc;
}

int room_bag_facts(
	struct sr_bagging *b, struct sr_room *r, const struct opened *o, struct sr_err *e) {
	uint8_t root[SR_HASH];
	int rc = item_lines(b, r, o, e);

	if (rc == 0)
		rc = grant_lines(b, r, o, e);
	if (rc != 0)
		return rc;
	sr_bagging_info(b, "Strongroom-Vault", sr_ledger_origin(r->v->ledger));
	hash_line(b, "Strongroom-Fingerprint", r->v->fingerprint);
	sr_ledger_root(root, r->v->ledger);
	number_line(b, "Strongroom-Log-Size", sr_ledger_next_index(r->v->ledger));
	hash_line(b, "Strongroom-Log-Root", root);
	return 0;
}
