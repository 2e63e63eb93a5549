/*
 * schema - see schema.h. One string a table; comments say what a name does not. The search index is
 * made by search.c's tokenizer, which must be registered before.
 */
#include "catalogue/schema.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* clang-format off */
static const char *const statements[] = {
	"CREATE TABLE meta(id INTEGER PRIMARY KEY CHECK(id = 1),"
	" version INTEGER NOT NULL) STRICT",

	/* --- the log --- */

	/* entry: index in the ledger; statement: its id; hash: of the signed text; actor: empty for
	 * found; object: the object file of its commit */
	"CREATE TABLE entries(entry INTEGER PRIMARY KEY, type TEXT NOT NULL,"
	" statement BLOB NOT NULL UNIQUE, hash BLOB NOT NULL, actor TEXT NOT NULL,"
	" time INTEGER NOT NULL, received INTEGER NOT NULL,"
	" object BLOB) STRICT",
	"CREATE INDEX entries_actor ON entries(actor, entry)",
	"CREATE INDEX entries_type ON entries(type, entry)",
	/* what an entry speaks of: every id, person and request hash in its lines */
	"CREATE TABLE subjects(value TEXT NOT NULL, entry INTEGER NOT NULL,"
	" what TEXT NOT NULL, PRIMARY KEY(value, entry, what)) STRICT, WITHOUT ROWID",
	/* epoch: whose structural key seals it, where it is structural */
	"CREATE TABLE objects(object BLOB PRIMARY KEY, entry INTEGER NOT NULL,"
	" file BLOB NOT NULL, position INTEGER NOT NULL, subject TEXT NOT NULL,"
	" epoch INTEGER NOT NULL, UNIQUE(file, position)) STRICT, WITHOUT ROWID",
	/* free texts: where each belongs */
	"CREATE TABLE records(entry INTEGER NOT NULL, record INTEGER NOT NULL,"
	" compartment INTEGER NOT NULL, subject TEXT NOT NULL, field TEXT NOT NULL,"
	" idx INTEGER NOT NULL, object BLOB, PRIMARY KEY(entry, record)) STRICT,"
	" WITHOUT ROWID",
	"CREATE INDEX records_subject ON records(subject)",
	/* and what they say, where there is a key */
	"CREATE TABLE texts(entry INTEGER NOT NULL, record INTEGER NOT NULL,"
	" text TEXT NOT NULL, PRIMARY KEY(entry, record)) STRICT, WITHOUT ROWID",

	/* --- vault, people, board --- */

	/* standby_due: the founders named a standby board (ledger/founding.h), and none has waited
	 * yet */
	"CREATE TABLE vault(id INTEGER PRIMARY KEY CHECK(id = 1), fingerprint BLOB NOT NULL,"
	" origin TEXT NOT NULL, vkey TEXT NOT NULL, room_key BLOB NOT NULL,"
	" key_epoch INTEGER NOT NULL, standby_due INTEGER NOT NULL) STRICT",
	/* the vault's signing keys, those of found first: room_key signs what comes after this
	 * entry, vkey the trees that hold it */
	"CREATE TABLE service_keys(entry INTEGER PRIMARY KEY, vkey TEXT NOT NULL UNIQUE,"
	" room_key BLOB NOT NULL UNIQUE) STRICT",
	"CREATE TABLE people(person TEXT PRIMARY KEY, pk BLOB NOT NULL UNIQUE,"
	" entry INTEGER NOT NULL) STRICT",
	/* every key that a person ever had: in force for entries after this one */
	"CREATE TABLE person_keys(person TEXT NOT NULL REFERENCES people(person),"
	" entry INTEGER NOT NULL, pk BLOB NOT NULL UNIQUE, PRIMARY KEY(person, entry)) STRICT,"
	" WITHOUT ROWID",
	"CREATE TABLE people_texts(person TEXT PRIMARY KEY, name TEXT NOT NULL) STRICT",
	"CREATE TABLE roles(person TEXT NOT NULL REFERENCES people(person),"
	" role TEXT NOT NULL, entry INTEGER NOT NULL, ended INTEGER, PRIMARY KEY(person,"
	" role, entry)) STRICT, WITHOUT ROWID",
	/* officer: who attested; ended: the entry after which it no longer stands */
	"CREATE TABLE attestations(attestation BLOB PRIMARY KEY,"
	" person TEXT NOT NULL REFERENCES people(person), kind TEXT NOT NULL,"
	" other TEXT REFERENCES people(person), request BLOB REFERENCES requests(request),"
	" term TEXT, ends INTEGER, officer TEXT NOT NULL, entry INTEGER NOT NULL,"
	" ended INTEGER) STRICT",
	"CREATE INDEX attestations_person ON attestations(person)",
	"CREATE INDEX attestations_other ON attestations(other) WHERE other IS NOT NULL",
	"CREATE INDEX attestations_ends ON attestations(ends) WHERE ended IS NULL",
	/* whose personal records were erased; records: how many texts of the log that were */
	"CREATE TABLE erasures(person TEXT PRIMARY KEY REFERENCES people(person),"
	" request BLOB NOT NULL, ground TEXT NOT NULL, records INTEGER NOT NULL,"
	" entry INTEGER NOT NULL UNIQUE) STRICT, WITHOUT ROWID",
	/* request: NULL for the founding board; epoch: in force, 0 before the first was opened;
	 * rekeying: first epoch of a new key while items may be left under a key before it */
	"CREATE TABLE boards(board BLOB PRIMARY KEY, request BLOB, epoch INTEGER NOT NULL,"
	" entry INTEGER NOT NULL, rekeying INTEGER) STRICT, WITHOUT ROWID",
	/* what an epoch is to be, from its statement on: who, and how many of them a level takes */
	"CREATE TABLE board_members(board BLOB NOT NULL REFERENCES boards(board),"
	" epoch INTEGER NOT NULL, member INTEGER NOT NULL,"
	" person TEXT NOT NULL REFERENCES people(person), PRIMARY KEY(board, epoch, member),"
	" UNIQUE(board, epoch, person)) STRICT, WITHOUT ROWID",
	"CREATE INDEX board_members_person ON board_members(person)",
	"CREATE TABLE board_levels(board BLOB NOT NULL REFERENCES boards(board),"
	" epoch INTEGER NOT NULL, level INTEGER NOT NULL, quorum INTEGER NOT NULL,"
	" PRIMARY KEY(board, epoch, level)) STRICT, WITHOUT ROWID",
	/* an epoch that is dealt to a standby board; entry: of its reshare; waits: of the `standby`
	 * that says that all of its members have their shares */
	"CREATE TABLE standbys(board BLOB NOT NULL REFERENCES boards(board),"
	" epoch INTEGER NOT NULL, entry INTEGER NOT NULL, waits INTEGER,"
	" run BLOB REFERENCES runs(run), keys BLOB, public BLOB, PRIMARY KEY(board,"
	" epoch)) STRICT, WITHOUT ROWID",
	/* who says that it takes over: as member of that epoch, or as custodian, auditor */
	"CREATE TABLE takeovers(board BLOB NOT NULL, epoch INTEGER NOT NULL,"
	" person TEXT NOT NULL REFERENCES people(person), role TEXT NOT NULL,"
	" entry INTEGER NOT NULL, PRIMARY KEY(board, epoch, person)) STRICT, WITHOUT ROWID",
	/* of an epoch that a reshare makes: the members of the one before who deal, in order */
	"CREATE TABLE board_dealers(board BLOB NOT NULL REFERENCES boards(board),"
	" epoch INTEGER NOT NULL, position INTEGER NOT NULL,"
	" person TEXT NOT NULL REFERENCES people(person), PRIMARY KEY(board, epoch, position),"
	" UNIQUE(board, epoch, person)) STRICT, WITHOUT ROWID",
	/* the rules that a board adopted; the newest are in force */
	"CREATE TABLE policies(board BLOB NOT NULL REFERENCES boards(board),"
	" number INTEGER NOT NULL, entry INTEGER NOT NULL UNIQUE, request BLOB NOT NULL,"
	" rules BLOB NOT NULL, sha256 BLOB NOT NULL, received INTEGER NOT NULL,"
	" PRIMARY KEY(board, number)) STRICT, WITHOUT ROWID",
	/* an epoch once opened, and its keys; base: the first epoch that had them, which a reshare
	 * hands on and a rekey makes anew */
	"CREATE TABLE epochs(board BLOB NOT NULL REFERENCES boards(board),"
	" epoch INTEGER NOT NULL, base INTEGER NOT NULL, run BLOB NOT NULL,"
	" transcript BLOB NOT NULL, keys BLOB NOT NULL, public BLOB NOT NULL,"
	" entry INTEGER NOT NULL, PRIMARY KEY(board, epoch)) STRICT, WITHOUT ROWID",
	"CREATE TABLE board_keys(board BLOB NOT NULL, epoch INTEGER NOT NULL,"
	" level INTEGER NOT NULL, key BLOB NOT NULL, PRIMARY KEY(board, epoch, level),"
	" FOREIGN KEY(board, epoch) REFERENCES epochs(board, epoch)) STRICT, WITHOUT ROWID",
	/* of key generation; number: of this board's runs, from 1 */
	"CREATE TABLE runs(run BLOB PRIMARY KEY, board BLOB NOT NULL REFERENCES boards(board),"
	" number INTEGER NOT NULL, epoch INTEGER NOT NULL, state TEXT NOT NULL,"
	" entry INTEGER NOT NULL, UNIQUE(board, number)) STRICT, WITHOUT ROWID",
	"CREATE TABLE deals(run BLOB NOT NULL REFERENCES runs(run), person TEXT NOT NULL,"
	" dealing BLOB NOT NULL, object BLOB NOT NULL, entry INTEGER NOT NULL,"
	" PRIMARY KEY(run, person)) STRICT, WITHOUT ROWID",
	"CREATE TABLE accepts(run BLOB NOT NULL REFERENCES runs(run), person TEXT NOT NULL,"
	" transcript BLOB NOT NULL, keys BLOB NOT NULL, shares BLOB NOT NULL,"
	" entry INTEGER NOT NULL, PRIMARY KEY(run, person)) STRICT,"
	" WITHOUT ROWID",
	/* that a member opened their share of an epoch again */
	"CREATE TABLE confirms(entry INTEGER PRIMARY KEY, board BLOB NOT NULL REFERENCES"
	" boards(board), epoch INTEGER NOT NULL, person TEXT NOT NULL REFERENCES"
	" people(person)) STRICT",
	"CREATE INDEX confirms_of ON confirms(board, epoch, person)",
	"CREATE TABLE accept_keys(run BLOB NOT NULL, person TEXT NOT NULL,"
	" level INTEGER NOT NULL, key BLOB NOT NULL, PRIMARY KEY(run, person, level)) STRICT,"
	" WITHOUT ROWID",
	"CREATE TABLE complaints(entry INTEGER PRIMARY KEY,"
	" run BLOB NOT NULL REFERENCES runs(run), person TEXT NOT NULL, dealer TEXT NOT NULL,"
	" level INTEGER NOT NULL) STRICT",
	"CREATE TABLE reveals(entry INTEGER PRIMARY KEY,"
	" run BLOB NOT NULL REFERENCES runs(run), person TEXT NOT NULL, member TEXT NOT NULL,"
	" level INTEGER NOT NULL, ephemeral BLOB NOT NULL) STRICT",
	"CREATE TABLE key_epochs(epoch INTEGER PRIMARY KEY, object BLOB NOT NULL,"
	" entry INTEGER NOT NULL) STRICT",
	"CREATE TABLE key_epoch_auditors(epoch INTEGER NOT NULL REFERENCES key_epochs(epoch),"
	" person TEXT NOT NULL REFERENCES people(person), PRIMARY KEY(epoch, person)) STRICT,"
	" WITHOUT ROWID",
	/* epochs of before that a quorum gave to an auditor */
	"CREATE TABLE auditor_epochs(entry INTEGER PRIMARY KEY, request BLOB NOT NULL,"
	" person TEXT NOT NULL REFERENCES people(person), first INTEGER NOT NULL,"
	" last INTEGER NOT NULL, object BLOB NOT NULL) STRICT",

	/* --- collections, accessions, items --- */

	"CREATE TABLE collections(collection BLOB PRIMARY KEY,"
	" board BLOB NOT NULL REFERENCES boards(board), request BLOB NOT NULL,"
	" dedupe TEXT NOT NULL, entry INTEGER NOT NULL) STRICT",
	"CREATE TABLE collection_texts(collection BLOB PRIMARY KEY,"
	" name TEXT NOT NULL) STRICT",
	"CREATE TABLE accessions(accession BLOB PRIMARY KEY,"
	" collection BLOB NOT NULL REFERENCES collections(collection),"
	" depositor TEXT NOT NULL, items INTEGER NOT NULL, files INTEGER NOT NULL,"
	" bytes INTEGER NOT NULL, list BLOB NOT NULL, entry INTEGER NOT NULL) STRICT",
	"CREATE TABLE stored(accession BLOB PRIMARY KEY REFERENCES accessions(accession),"
	" packs INTEGER NOT NULL, list BLOB NOT NULL, entry INTEGER NOT NULL) STRICT",
	/* entry: it came with; ended: it was collected */
	"CREATE TABLE packs(pack BLOB PRIMARY KEY, entry INTEGER NOT NULL,"
	" ended INTEGER) STRICT, WITHOUT ROWID",
	/* parent: the item that it is a redacted version of; envelope, number: in force; level,
	 * epoch: of the board's key that it is sealed to, by entry `sealed` (accession, redact,
	 * release, reseal), before which no vote has a piece of it; seal: of envelope 1, NULL
	 * afterwards: the envelope says */
	"CREATE TABLE items(n INTEGER PRIMARY KEY, item BLOB NOT NULL UNIQUE,"
	" accession BLOB NOT NULL REFERENCES accessions(accession), collection BLOB NOT NULL,"
	" depositor TEXT NOT NULL, state TEXT NOT NULL, flags INTEGER NOT NULL,"
	" level INTEGER NOT NULL, epoch INTEGER NOT NULL, sealed INTEGER NOT NULL,"
	" number INTEGER NOT NULL, envelope BLOB NOT NULL, seal BLOB,"
	" files_id BLOB NOT NULL, bytes INTEGER NOT NULL, files INTEGER NOT NULL,"
	" described INTEGER NOT NULL, date TEXT, entry INTEGER NOT NULL,"
	" released INTEGER, destroyed INTEGER, parent BLOB) STRICT",
	/* verdicts on the files of an item, one row a scanner and look; signatures: when they were
	 * made, NULL when it does not say; named: which files have a name, as a hash */
	"CREATE TABLE scans(entry INTEGER PRIMARY KEY, n INTEGER NOT NULL REFERENCES items(n),"
	" checkout BLOB, scanner TEXT NOT NULL, signatures INTEGER, result TEXT NOT NULL,"
	" clean INTEGER NOT NULL, infected INTEGER NOT NULL, not_scanned INTEGER NOT NULL,"
	" named BLOB) STRICT",
	"CREATE INDEX scans_n ON scans(n, entry)",
	/* what was done with a held item by itself; added: how many files came with it; work: the
	 * id under which their packs were pending */
	"CREATE TABLE intakes(entry INTEGER PRIMARY KEY, n INTEGER NOT NULL REFERENCES items(n),"
	" step TEXT NOT NULL, result TEXT NOT NULL, added INTEGER NOT NULL, work BLOB) STRICT",
	"CREATE INDEX intakes_n ON intakes(n, step)",
	"CREATE INDEX intakes_work ON intakes(work) WHERE work NOT NULL",
	"CREATE INDEX items_collection ON items(collection)",
	"CREATE INDEX items_epoch ON items(collection, epoch) WHERE state <> 'destroyed'",
	"CREATE INDEX items_depositor ON items(depositor)",
	"CREATE INDEX items_accession ON items(accession)",
	"CREATE INDEX items_destroyed ON items(destroyed) WHERE destroyed NOT NULL",
	"CREATE TABLE item_hazards(n INTEGER NOT NULL REFERENCES items(n),"
	" hazard TEXT NOT NULL, PRIMARY KEY(n, hazard)) STRICT, WITHOUT ROWID",
	/* what stands or stood on an item, each of its own: flag: id of the statement that set it;
	 * what: embargo, hold, seal, retention, or referral (describe); ends: an embargo's, due: a
	 * retention's. items.flags is derived from those that have not ended. */
	"CREATE TABLE item_flags(flag BLOB PRIMARY KEY, n INTEGER NOT NULL REFERENCES items(n),"
	" what TEXT NOT NULL, person TEXT REFERENCES people(person),"
	" entry INTEGER NOT NULL, ends INTEGER, due INTEGER, basis TEXT,"
	" ended INTEGER) STRICT, WITHOUT ROWID",
	"CREATE INDEX item_flags_n ON item_flags(n, entry)",
	"CREATE INDEX item_flags_ends ON item_flags(ends) WHERE ended IS NULL AND ends NOT NULL",
	"CREATE INDEX item_flags_due ON item_flags(due) WHERE ended IS NULL AND due NOT NULL",
	"CREATE TABLE item_languages(n INTEGER NOT NULL REFERENCES items(n),"
	" language TEXT NOT NULL, PRIMARY KEY(n, language)) STRICT, WITHOUT ROWID",
	/* fields of a description that have no column of their own (ledger/fields.h); of those that
	 * are texts, see item_value_texts */
	"CREATE TABLE item_values(n INTEGER NOT NULL REFERENCES items(n), field TEXT NOT NULL,"
	" idx INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY(n, field, idx)) STRICT,"
	" WITHOUT ROWID",
	/* hazards of parts of the item (ledger/mark.h) */
	"CREATE TABLE item_marks(n INTEGER NOT NULL REFERENCES items(n), mark TEXT NOT NULL,"
	" hazard TEXT NOT NULL, PRIMARY KEY(n, mark)) STRICT, WITHOUT ROWID",
	"CREATE TABLE item_value_texts(n INTEGER NOT NULL, field TEXT NOT NULL,"
	" idx INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY(n, field, idx)) STRICT,"
	" WITHOUT ROWID",
	/* what holds now; keywords: one a line */
	"CREATE TABLE item_texts(n INTEGER PRIMARY KEY, title TEXT, translit TEXT,"
	" description TEXT, creator TEXT, source TEXT, rights TEXT, keywords TEXT) STRICT",
	"CREATE TABLE item_files(n INTEGER NOT NULL, position INTEGER NOT NULL,"
	" path BLOB NOT NULL, media_type TEXT NOT NULL, kind INTEGER NOT NULL,"
	" size INTEGER NOT NULL, mtime INTEGER NOT NULL, sha256 BLOB NOT NULL, PRIMARY KEY(n,"
	" position)) STRICT, WITHOUT ROWID",
	"CREATE INDEX item_files_sha256 ON item_files(sha256)",
	/* what steps of intake found out of files; position: of the file; place: in its list */
	"CREATE TABLE item_facts(n INTEGER NOT NULL, step TEXT NOT NULL, place INTEGER NOT NULL,"
	" position INTEGER NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY(n, step,"
	" place)) STRICT, WITHOUT ROWID",

	/* --- requests --- */

	"CREATE TABLE requests(request BLOB PRIMARY KEY, kind TEXT NOT NULL,"
	" applicant TEXT NOT NULL REFERENCES people(person), newest INTEGER NOT NULL,"
	" entry INTEGER NOT NULL) STRICT",
	"CREATE INDEX requests_applicant ON requests(applicant)",
	"CREATE TABLE versions(v INTEGER PRIMARY KEY,"
	" request BLOB NOT NULL REFERENCES requests(request), version INTEGER NOT NULL,"
	" statement BLOB NOT NULL, hash BLOB NOT NULL, state TEXT NOT NULL, ended INTEGER,"
	" board BLOB NOT NULL REFERENCES boards(board), epoch INTEGER NOT NULL,"
	" level INTEGER NOT NULL, closes INTEGER, ends INTEGER,"
	" items INTEGER NOT NULL, list BLOB, key BLOB, recipient TEXT, target BLOB,"
	" subject TEXT, collection BLOB, dedupe TEXT, card TEXT, entry INTEGER NOT NULL,"
	" received INTEGER NOT NULL, UNIQUE(request, version)) STRICT",
	"CREATE INDEX versions_open ON versions(closes) WHERE state = 'open'",
	"CREATE INDEX versions_state ON versions(state)",
	/* extension: 0, of the request; else the number of the extension of its grant that added
	 * the item. A vote's pieces are for the items of one of these lists. */
	"CREATE TABLE request_items(v INTEGER NOT NULL REFERENCES versions(v),"
	" n INTEGER NOT NULL REFERENCES items(n), extension INTEGER NOT NULL,"
	" PRIMARY KEY(v, n)) STRICT, WITHOUT ROWID",
	"CREATE TABLE extensions(v INTEGER NOT NULL REFERENCES versions(v),"
	" number INTEGER NOT NULL, person TEXT NOT NULL, items INTEGER NOT NULL,"
	" entry INTEGER NOT NULL, PRIMARY KEY(v, number)) STRICT, WITHOUT ROWID",
	"CREATE INDEX request_items_n ON request_items(n)",
	"CREATE TABLE request_forms(v INTEGER NOT NULL REFERENCES versions(v),"
	" form TEXT NOT NULL, PRIMARY KEY(v, form)) STRICT, WITHOUT ROWID",
	"CREATE TABLE request_purposes(v INTEGER NOT NULL REFERENCES versions(v),"
	" position INTEGER NOT NULL, purpose TEXT NOT NULL, PRIMARY KEY(v, position)) STRICT,"
	" WITHOUT ROWID",
	"CREATE TABLE request_roles(v INTEGER NOT NULL REFERENCES versions(v),"
	" position INTEGER NOT NULL, role TEXT NOT NULL, PRIMARY KEY(v, position)) STRICT,"
	" WITHOUT ROWID",
	"CREATE TABLE request_people(v INTEGER NOT NULL REFERENCES versions(v),"
	" person TEXT NOT NULL REFERENCES people(person), PRIMARY KEY(v, person)) STRICT,"
	" WITHOUT ROWID",
	/* a request key is stable over versions */
	"CREATE TABLE joins(request BLOB NOT NULL REFERENCES requests(request),"
	" person TEXT NOT NULL, key BLOB NOT NULL, entry INTEGER NOT NULL,"
	" PRIMARY KEY(request, person)) STRICT, WITHOUT ROWID",
	/* the newest key of a version and its entry; ended: its secret must be gone */
	"CREATE TABLE room_keys(v INTEGER PRIMARY KEY REFERENCES versions(v),"
	" key BLOB NOT NULL, entry INTEGER NOT NULL, ended INTEGER) STRICT",
	"CREATE TABLE comments(entry INTEGER PRIMARY KEY,"
	" request BLOB NOT NULL REFERENCES requests(request), person TEXT NOT NULL) STRICT",
	"CREATE INDEX comments_request ON comments(request)",
	"CREATE TABLE recusals(request BLOB NOT NULL REFERENCES requests(request),"
	" person TEXT NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY(request, person)) STRICT,"
	" WITHOUT ROWID",
	/* vote: id of its statement; ended: the entry that made it void */
	"CREATE TABLE votes(vote BLOB PRIMARY KEY, v INTEGER NOT NULL REFERENCES versions(v),"
	" person TEXT NOT NULL REFERENCES people(person), decision TEXT NOT NULL,"
	" extension INTEGER NOT NULL,"
	" epoch INTEGER NOT NULL, ends INTEGER, pieces_count INTEGER NOT NULL, bundle BLOB,"
	" pieces BLOB, conditions INTEGER NOT NULL, entry INTEGER NOT NULL,"
	" ended INTEGER) STRICT",
	"CREATE UNIQUE INDEX votes_once ON votes(v, person) WHERE decision <> 'topup'"
	" AND ended IS NULL",
	"CREATE INDEX votes_v ON votes(v)",
	"CREATE TABLE vote_forms(vote BLOB NOT NULL REFERENCES votes(vote),"
	" form TEXT NOT NULL, PRIMARY KEY(vote, form)) STRICT, WITHOUT ROWID",
	/* that the vote demands of whoever reads */
	"CREATE TABLE vote_trainings(vote BLOB NOT NULL REFERENCES votes(vote),"
	" training TEXT NOT NULL, PRIMARY KEY(vote, training)) STRICT, WITHOUT ROWID",

	/* --- grants and checkouts --- */

	"CREATE TABLE grants(grant_id BLOB PRIMARY KEY,"
	" v INTEGER NOT NULL UNIQUE REFERENCES versions(v), right_to TEXT NOT NULL,"
	" ends INTEGER NOT NULL, level INTEGER NOT NULL, epoch INTEGER NOT NULL,"
	" state TEXT NOT NULL, suspended_by TEXT, suspended INTEGER, entry INTEGER NOT NULL,"
	" ended INTEGER) STRICT",
	"CREATE INDEX grants_state ON grants(state, ends)",
	"CREATE TABLE grant_forms(grant_id BLOB NOT NULL REFERENCES grants(grant_id),"
	" form TEXT NOT NULL, PRIMARY KEY(grant_id, form)) STRICT, WITHOUT ROWID",
	"CREATE TABLE grant_trainings(grant_id BLOB NOT NULL REFERENCES grants(grant_id),"
	" training TEXT NOT NULL, PRIMARY KEY(grant_id, training)) STRICT, WITHOUT ROWID",
	"CREATE TABLE grant_people(grant_id BLOB NOT NULL REFERENCES grants(grant_id),"
	" person TEXT NOT NULL REFERENCES people(person), PRIMARY KEY(grant_id,"
	" person)) STRICT, WITHOUT ROWID",
	"CREATE INDEX grant_people_person ON grant_people(person)",
	"CREATE TABLE grant_votes(grant_id BLOB NOT NULL REFERENCES grants(grant_id),"
	" position INTEGER NOT NULL, vote BLOB NOT NULL REFERENCES votes(vote),"
	" PRIMARY KEY(grant_id, position)) STRICT, WITHOUT ROWID",
	"CREATE TABLE checkouts(checkout BLOB PRIMARY KEY,"
	" person TEXT NOT NULL REFERENCES people(person),"
	" n INTEGER NOT NULL REFERENCES items(n), grant_id BLOB REFERENCES grants(grant_id),"
	" right_to TEXT NOT NULL, form TEXT NOT NULL, state TEXT NOT NULL,"
	" opened INTEGER NOT NULL, begun INTEGER NOT NULL, entry INTEGER NOT NULL,"
	" ended INTEGER) STRICT",
	"CREATE INDEX checkouts_person ON checkouts(person, begun)",
	"CREATE UNIQUE INDEX checkouts_live ON checkouts(person, n) WHERE ended IS NULL",
	"CREATE INDEX checkouts_grant ON checkouts(grant_id)",
	"CREATE INDEX checkouts_item ON checkouts(n)",
	"CREATE TABLE views(entry INTEGER PRIMARY KEY,"
	" checkout BLOB NOT NULL REFERENCES checkouts(checkout), event TEXT NOT NULL,"
	" files INTEGER NOT NULL, form TEXT) STRICT",
	"CREATE INDEX views_checkout ON views(checkout, entry)",
	"CREATE TABLE exports(entry INTEGER PRIMARY KEY,"
	" checkout BLOB NOT NULL REFERENCES checkouts(checkout), grant_id BLOB NOT NULL,"
	" n INTEGER NOT NULL REFERENCES items(n), recipient TEXT NOT NULL,"
	" bytes INTEGER NOT NULL, sha256 BLOB NOT NULL) STRICT",

	/* --- the officer's enquiries, and what people were told --- */

	"CREATE TABLE enquiries(enquiry BLOB PRIMARY KEY, kind TEXT NOT NULL,"
	" state TEXT NOT NULL, deadline INTEGER, entry INTEGER NOT NULL, ended INTEGER) STRICT,"
	" WITHOUT ROWID",
	"CREATE TABLE enquiry_items(enquiry BLOB NOT NULL REFERENCES enquiries(enquiry),"
	" n INTEGER NOT NULL REFERENCES items(n), PRIMARY KEY(enquiry, n)) STRICT, WITHOUT ROWID",
	"CREATE TABLE enquiry_people(enquiry BLOB NOT NULL REFERENCES enquiries(enquiry),"
	" person TEXT NOT NULL REFERENCES people(person), PRIMARY KEY(enquiry, person)) STRICT,"
	" WITHOUT ROWID",
	"CREATE TABLE enquiry_events(entry INTEGER PRIMARY KEY,"
	" enquiry BLOB NOT NULL REFERENCES enquiries(enquiry), event TEXT NOT NULL,"
	" person TEXT NOT NULL) STRICT",
	"CREATE INDEX enquiry_events_enquiry ON enquiry_events(enquiry)",
	/* what was said in them was erased with the person whom alone they concerned */
	"CREATE TABLE erased_enquiries(enquiry BLOB PRIMARY KEY REFERENCES enquiries(enquiry),"
	" entry INTEGER NOT NULL) STRICT, WITHOUT ROWID",
	"CREATE TABLE notices(what TEXT NOT NULL, person TEXT NOT NULL REFERENCES people(person),"
	" about BLOB NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY(what, person, about)) STRICT,"
	" WITHOUT ROWID",

	/* who read what of the log; first, past: a range of entries; begins, ends: a time */
	"CREATE TABLE reads(entry INTEGER PRIMARY KEY, reader TEXT NOT NULL REFERENCES"
	" people(person), what TEXT NOT NULL, person TEXT REFERENCES people(person), item BLOB,"
	" collection BLOB, first INTEGER, past INTEGER, begins INTEGER, ends INTEGER,"
	" received INTEGER NOT NULL) STRICT",
	"CREATE INDEX reads_reader ON reads(reader, received)",
	"CREATE INDEX reads_person ON reads(person, received) WHERE person NOT NULL",

	/* --- records --- */

	"CREATE TABLE refusals(entry INTEGER PRIMARY KEY, what TEXT NOT NULL, person TEXT,"
	" request BLOB, version INTEGER, grant_id BLOB, item BLOB, rule TEXT NOT NULL) STRICT",
	"CREATE TABLE incidents(entry INTEGER PRIMARY KEY, what TEXT NOT NULL, person TEXT,"
	" vote BLOB, request BLOB, item BLOB, grant_id BLOB, policy_set BLOB) STRICT",
	"CREATE INDEX incidents_set ON incidents(policy_set, what)"
	" WHERE policy_set IS NOT NULL",
	/* what was decided by which rules: of: the statement of a person that it is about;
	 * policy_set: SHA-256 of the set's text; rules: the object with that text, where no entry
	 * before had one; inputs: the object that the decision was made from */
	"CREATE TABLE decisions(entry INTEGER PRIMARY KEY, of BLOB, action TEXT NOT NULL,"
	" request BLOB, version INTEGER, grant_id BLOB, checkout BLOB, item BLOB,"
	" board BLOB NOT NULL REFERENCES boards(board), policy_set BLOB NOT NULL, rules BLOB,"
	" inputs BLOB NOT NULL, decision TEXT NOT NULL, protection TEXT, via TEXT) STRICT",
	"CREATE INDEX decisions_of ON decisions(of) WHERE of IS NOT NULL",
	"CREATE INDEX decisions_request ON decisions(request) WHERE request IS NOT NULL",
	"CREATE INDEX decisions_checkout ON decisions(checkout) WHERE checkout IS NOT NULL",
	"CREATE INDEX decisions_rules ON decisions(policy_set) WHERE rules IS NOT NULL",
	"CREATE TABLE decision_rules(entry INTEGER NOT NULL REFERENCES decisions(entry),"
	" position INTEGER NOT NULL, rule TEXT NOT NULL, PRIMARY KEY(entry, position)) STRICT,"
	" WITHOUT ROWID",
	"CREATE TABLE scrubs(entry INTEGER PRIMARY KEY, packs INTEGER NOT NULL,"
	" objects INTEGER NOT NULL, envelopes INTEGER NOT NULL, bad INTEGER NOT NULL,"
	" result TEXT NOT NULL) STRICT",
	"CREATE TABLE collects(entry INTEGER PRIMARY KEY, removed INTEGER NOT NULL,"
	" removed_bytes INTEGER NOT NULL, removed_list BLOB NOT NULL, added INTEGER NOT NULL,"
	" added_bytes INTEGER NOT NULL, added_list BLOB NOT NULL) STRICT",
	/* from that entry on, secrets files of earlier generations open no more */
	"CREATE TABLE escrows(escrow BLOB NOT NULL, generation INTEGER NOT NULL,"
	" entry INTEGER NOT NULL, PRIMARY KEY(escrow, generation)) STRICT, WITHOUT ROWID",
	/* the service keys were opened by members' pieces; an ask is answered once */
	"CREATE TABLE recoveries(ask BLOB PRIMARY KEY, entry INTEGER NOT NULL) STRICT,"
	" WITHOUT ROWID",
	"CREATE TABLE recovery_members(ask BLOB NOT NULL REFERENCES recoveries(ask),"
	" person TEXT NOT NULL, PRIMARY KEY(ask, person)) STRICT, WITHOUT ROWID",
	/* made: the entry that says it was read back; NULL: it may have come to nothing */
	"CREATE TABLE backups(backup BLOB PRIMARY KEY, escrow BLOB NOT NULL,"
	" generation INTEGER NOT NULL, entry INTEGER NOT NULL, made INTEGER, entries INTEGER,"
	" checked INTEGER, secrets INTEGER) STRICT",
	/* witness policies as they were adopted; the last one counts. object: its text, sha256: of
	 * that; request: the vote that adopted it, NULL: the custodian did */
	"CREATE TABLE witness_policies(entry INTEGER PRIMARY KEY, object BLOB NOT NULL,"
	" sha256 BLOB, request BLOB) STRICT",
	/* times in which the quorum of witnesses did not confirm the log; sizes before and after */
	"CREATE TABLE unwitnessed(entry INTEGER PRIMARY KEY, begun INTEGER NOT NULL,"
	" ended INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL) STRICT",
	/* names under which the log went on: hash of the statement that says so, how many entries
	 * are as they were, what others knew of; confirmed: entry by which the board did */
	"CREATE TABLE log_names(entry INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE,"
	" name TEXT NOT NULL UNIQUE, former TEXT NOT NULL, agreed INTEGER NOT NULL,"
	" known INTEGER NOT NULL, root BLOB NOT NULL, confirmed INTEGER) STRICT",
	/* who said that a checkout may be opened though no witness confirmed it */
	"CREATE TABLE glass(checkout BLOB NOT NULL REFERENCES checkouts(checkout),"
	" person TEXT NOT NULL REFERENCES people(person), entry INTEGER NOT NULL,"
	" PRIMARY KEY(checkout, person)) STRICT, WITHOUT ROWID",
	/* rowid = items.n; the texts are folded by the tokenizer, not before */
	"CREATE VIRTUAL TABLE search USING fts5(title, translit, description, creator,"
	" source, rights, keyword, file, outlet, channel, serial, hazard, language, medium,"
	" tokenize = 'strongroom')",
	"INSERT INTO meta(id, version) VALUES(1, 1)",
};

static const struct sr_table tables[] = {
	{"entries", "entry", true},
	{"subjects", "value, entry, what", true},
	{"objects", "object", true},
	{"records", "entry, record", true},
	{"vault", "id", true},
	{"service_keys", "entry", true},
	{"people", "person", true},
	{"person_keys", "person, entry", true},
	{"roles", "person, role, entry", true},
	{"erasures", "person", true},
	{"attestations", "attestation", true},
	{"boards", "board", true},
	{"board_members", "board, epoch, member", true},
	{"board_levels", "board, epoch, level", true},
	{"board_dealers", "board, epoch, position", true},
	{"standbys", "board, epoch", true},
	{"takeovers", "board, epoch, person", true},
	{"policies", "board, number", true},
	{"epochs", "board, epoch", true},
	{"board_keys", "board, epoch, level", true},
	{"runs", "run", true},
	{"deals", "run, person", true},
	{"accepts", "run, person", true},
	{"accept_keys", "run, person, level", true},
	{"confirms", "entry", true},
	{"complaints", "entry", true},
	{"reveals", "entry", true},
	{"key_epochs", "epoch", true},
	{"key_epoch_auditors", "epoch, person", true},
	{"auditor_epochs", "entry", true},
	{"collections", "collection", true},
	{"accessions", "accession", true},
	{"stored", "accession", true},
	{"packs", "pack", true},
	{"items", "n", true},
	{"intakes", "entry", true},
	{"scans", "entry", true},
	{"item_hazards", "n, hazard", true},
	{"item_languages", "n, language", true},
	{"item_values", "n, field, idx", true},
	{"item_marks", "n, mark", true},
	{"item_flags", "flag", true},
	{"requests", "request", true},
	{"versions", "v", true},
	{"request_items", "v, n", true},
	{"extensions", "v, number", true},
	{"request_forms", "v, form", true},
	{"request_purposes", "v, position", true},
	{"request_roles", "v, position", true},
	{"request_people", "v, person", true},
	{"joins", "request, person", true},
	{"room_keys", "v", true},
	{"comments", "entry", true},
	{"recusals", "request, person", true},
	{"votes", "vote", true},
	{"vote_forms", "vote, form", true},
	{"vote_trainings", "vote, training", true},
	{"grants", "grant_id", true},
	{"grant_forms", "grant_id, form", true},
	{"grant_trainings", "grant_id, training", true},
	{"grant_people", "grant_id, person", true},
	{"grant_votes", "grant_id, position", true},
	{"checkouts", "checkout", true},
	{"views", "entry", true},
	{"exports", "entry", true},
	{"enquiries", "enquiry", true},
	{"enquiry_items", "enquiry, n", true},
	{"enquiry_people", "enquiry, person", true},
	{"enquiry_events", "entry", true},
	{"erased_enquiries", "enquiry", true},
	{"notices", "what, person, about", true},
	{"reads", "entry", true},
	{"refusals", "entry", true},
	{"incidents", "entry", true},
	{"decisions", "entry", true},
	{"decision_rules", "entry, position", true},
	{"scrubs", "entry", true},
	{"collects", "entry", true},
	{"escrows", "escrow, generation", true},
	{"backups", "backup", true},
	{"witness_policies", "entry", true},
	{"unwitnessed", "entry", true},
	{"log_names", "entry", true},
	{"recoveries", "ask", true},
	{"recovery_members", "ask, person", true},
	{"witness_policies", "entry", true},
	{"glass", "checkout, person", true},
	{"texts", "entry, record", false},
	{"people_texts", "person", false},
	{"collection_texts", "collection", false},
	{"item_texts", "n", false},
	{"item_value_texts", "n, field, idx", false},
	{"item_files", "n, position", false},
	{"item_facts", "n, step, place", false},
};
/* clang-format on */

_Static_assert(SR_SCHEMA_VERSION == 1, "the version row above is written as a literal");

const struct sr_table *sr_schema_tables(size_t *count) {
	*count = COUNT(tables);
	return tables;
}

int sr_schema_create(struct sr_db *db, struct sr_err *e) {
	int rc;

	for (size_t i = 0; i < COUNT(statements); i++)
		if ((rc = sr_db_exec(db, statements[i], e)) != 0)
			return rc;
	return 0;
}

int sr_schema_check(struct sr_db *db, struct sr_err *e) {
	int64_t n = 0;
	int rc;

	if ((rc = sr_db_int(db, "SELECT count(*) FROM sqlite_schema", &n, e)) != 0)
		return rc;
	if (n == 0)
		return sr_fail(e, SR_NOTFOUND, "%s: no tables", sr_db_name(db));
	if ((rc = sr_db_int(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'meta'", &n, e)) !=
		0)
		return rc;
	if (n == 0)
		return sr_fail(
			e, SR_CORRUPT, "%s: not a catalogue (no table meta)", sr_db_name(db));
	if ((rc = sr_db_int(db, "SELECT version FROM meta", &n, e)) != 0)
		return rc;
	if (n != SR_SCHEMA_VERSION)
		return sr_fail(e, SR_UNSUPPORTED, "%s: schema version %lld, this program has %d",
			sr_db_name(db), (long long)n, SR_SCHEMA_VERSION);
	return 0;
}
