/*
 * reader - may this caller read that entry, that text? The one place that decides it, for proofs,
 * objects, lists and the log.
 *
 *   class     types                                       the entry (structural part) is read by
 *   public    found key-epoch service-key deal accept     everybody who is logged in
 *             complaint reveal opened collection person
 *             person-end erase release destroy auditor
 *             witness
 *   deposit   accession redact                            its depositor, curators, officers,
 *                                                         auditors
 *   store     stored scrub collect escrow backup          members, officers, auditors, custodians
 *   item      describe                                    whoever may know of the item; officers,
 *                                                         auditors
 *   flag      embargo hold seal retention; lift and       curators, members, officers, auditors
 *             lapse of what stands on an item
 *   request   request amend room-key join comment         applicant, co-applicants, members,
 *             recuse vote withdraw lapse refuse grant     officers, auditors
 *             suspend lift revoke renew close
 *   checkout  checkout viewed return export lapse         whose checkout it is, members, officers,
 *             refuse                                      auditors
 *   attested  attest attest-end, lapse of one             members, curators, officers, auditors,
 *                                                         and the persons whom it names
 *   office    enquiry notice read                         officers, auditors
 *   house     incident, decided, refuse of nothing in     members, officers, auditors
 *             particular
 *   always    any                                         whoever signed it, and a person whom
 *                                                         `person` or `of` names
 *
 *   text (record)                        read by
 *   about an item (item:...)             whoever may know of the item; officers
 *   who held an item (provenance)        members, curators, officers
 *   name of a collection                 everybody who is logged in
 *   name on a card                       that person; members, curators, officers; everybody, while
 *                                        that person is member, curator, officer, auditor or
 *                                        custodian
 *   any other personal text              that person, the signer, officers
 *   personal text, class `request`       also members, applicant and co-applicants
 *   personal text, class `flag`          also members and curators
 *   note of an attestation               also members
 *
 *   reason of a reading of what is       also that person
 *   held on a person
 *
 * Entries of all classes but public and request that a caller reads as auditor or officer alone are
 * given out while a `read` of theirs covers them (catalogue/report.h, sr_query_reading).
 *
 * An item is known to everybody while released (referral and sealed ones: to curators, officers and
 * members, who decide about them), held to curators, officers and its depositor; what is left of a
 * destroyed one to whoever knew of it. Who is depositor and nothing else knows of their own items
 * alone: names and hashes of what was released would tell whether a document is there. What an
 * entry does not let a caller read has no key in their receipt. Hashes of an item's files are told
 * to those of class deposit, and with a checkout: they would tell a reader who was granted a
 * redacted version, and guesses what was taken out of it, that the guess is right.
 *
 * A depositor cannot tell a document that is in the vault from one that is not by anything they are
 * sent: what they sign, are answered and may fetch is the same for both, to the byte but for random
 * ids, keys and hashes. How many packs were written is where the two differ: class `store` alone
 * is told it, in the log and in `status`. What stays is time: a block
 * that is there is read back and compared instead of being compressed, sealed and written, so a
 * deposit of known content ends sooner on the vault's machine (ADMIN.md has the measure), and it
 * meets a full disk later. Where that counts, the collection is made without dedupe.
 */
#ifndef SR_CORE_READER_H
#define SR_CORE_READER_H

#include "board/vault.h"
#include "catalogue/query.h"
#include "ledger/entry.h"

struct sr_caller {
	struct sr_catalogue *catalogue;
	char person[SR_PERSON_TEXT]; /* "": nobody; reads nothing */
	unsigned roles;              /* active now */
};

struct sr_reading { /* what one caller may read of one entry; valid as long as the caller */
	const struct sr_caller *caller;
	bool entry;     /* the structural part */
	bool on_record; /* that is so for auditors and officers alone: they say that they read it */
	bool party;     /* texts of a request: applicant, co-applicant, member; of a flag: member,
			   curator */
	char actor[SR_PERSON_TEXT];
};
/* ${index}: of its entry. What a caller may read as auditor alone ends where the epochs end that
 * were given to them: who came later asks the board for those before. */
SR_MUST int sr_may_read(struct sr_reading *out, const struct sr_caller *c,
	const struct sr_statement *s, uint64_t index, struct sr_err *e);
/* The same of the epoch alone, for lists of the log: officers read all. */
SR_MUST int sr_may_see_entry(
	bool *may, const struct sr_caller *c, uint64_t index, struct sr_err *e);
/* A text of that entry: ${field} is the line's key, or NULL when it is not known (records that lie
 * out). */
SR_MUST int sr_may_read_text(bool *may, const struct sr_reading *r, const char *subject,
	const char *field, struct sr_err *e);
bool sr_may_know_item(const struct sr_caller *c, const struct sr_item_row *item);
/* Released items of others: anybody who is more than a depositor. */
bool sr_may_find(const struct sr_caller *c);
/* How many packs and blocks there are, and what opening repaired in them: class `store`. */
bool sr_may_see_store(const struct sr_caller *c);
/* Applicant or co-applicant of any version. */
SR_MUST int sr_is_party(
	bool *out, const struct sr_caller *c, const uint8_t request[SR_ID], struct sr_err *e);
/* May the caller see this request at all (see class request)? */
SR_MUST int sr_may_see_request(
	bool *may, const struct sr_caller *c, const uint8_t request[SR_ID], struct sr_err *e);
bool sr_may_see_attestation(const struct sr_caller *c, const struct sr_attestation_row *a);
bool sr_may_see_note(const struct sr_caller *c, const struct sr_attestation_row *a);
/* Fields of a description that are about people (provenance), of an item that one may know of. */
bool sr_may_see_held(const struct sr_caller *c);
/* The name of ${p} on lists. */
bool sr_may_see_name(const struct sr_caller *c, const struct sr_person_row *p);

#endif
