/*
 * ops - the table of core's operations: the same in process and over the socket (core/call.h).
 * Faces call these and nothing else.
 *
 * Who may call: "none" anybody who reaches the socket; "login" whoever proved to be a person of
 * the vault; a set of roles; "house" the process that holds the service keys (embedded use) or a
 * person with one of the roles named. What a caller then sees is decided by sr_may_read
 * (core/reader.h), operation by operation. Fields in are checked against the table before a
 * handler runs: a field that is missing, repeated, misspelled or not in the table is USAGE. Heads
 * hold what is small; bodies hold binary data, or rows (core/rows.h). Values are spelled as in
 * statements: id 32 hex, hash 64 hex, dec, time, b64, person p-..., token. `?` optional, `*` any
 * number, `+` at least one. A refusal is the reply's code with its sentence; fields and body are
 * then absent, but for submit (one), deposit.put, scrub and verify, which say what they found.
 * `since` is the size of the ledger that the caller verified last (0: none): receipts carry a
 * consistency proof from there. A "receipt" is the wire form of ledger/receipt.h: the keys of
 * what this caller may read of that entry are in it. Lists: `offset` and `limit` (1..1000, 100
 * when absent); `total` of all that match is said where it is cheap.
 *
 * --- hello and login ---------------------------------------------------------------------------
 *
 * hello                none
 *   out   origin, ledger-key name, room-key b64, key-change b64* (notes, ledger/keychange.h),
 * format dec, version (of the program), time, size dec, root b64, state none|draft|founded|opened,
 * fingerprint hash? (founded; draft: of the draft), embedded yes?, person? and role* (after login)
 *   body  the checkpoint note of the present size (signed by the ledger key)
 * login.begin          none
 *   out   nonce b64 (32 bytes), fingerprint hash. A nonce serves one login.finish of this
 *         connection.
 * login.finish         none
 *   in    person; signature b64 (64 bytes) over sr_login_text(fingerprint, nonce, person)
 *         (core/session.h)
 *   out   person, role*. DENIED: not a person of this vault, or without any role now. AUTH:
 *         signature.
 * logout               none
 *
 * --- founding (before entry 0) -----------------------------------------------------------------
 *
 * found.draft          none
 *   body  lp text of `found`; le32 count; per name: lp field, le32 index, 32 bytes salt, lp text
 *         (lp: le32 length, bytes)
 *   out   fingerprint hash
 * found.show           none; NOTFOUND when there is no draft, EXISTS when founded
 *   out   fingerprint hash, members dec, signed dec
 *   body  rows: draft {text bytes}; name {field, index, salt b64, text}; member {index, signed
 *         yes?}
 * found.sign           none: the note's signature says who
 *   body  lp note of found (one signature); lp note of deal; 32 bytes salt; lp dealing
 *   out   fingerprint hash, founded yes?, members dec, signed dec
 *
 * --- what persons sign -------------------------------------------------------------------------
 *
 * submit               login (statements of any type that a person signs; the actor need not be
 *                      who is logged in: what was signed elsewhere may be carried in by anybody
 *                      of the vault)
 *   in    since dec?
 *   body  le32 count (1..SR_SUBMIT_MAX), then per submission:
 *           lp note; le32 texts, each: lp field, le32 index, 32 bytes salt, lp text;
 *           le32 objects, each: 32 bytes salt, lp subject ("" structural), lp body
 *         For `accession` texts and objects are empty (what deposit.finish prepared on this
 *         connection is used); for `release` the item must be prepared, for `held-box` the box
 *         offered on this connection (release.prepare, held.offer).
 *   out   index dec?, received time?, repeated yes?, follow b64* (one sentence for people each;
 *         of a single submission)
 *   body  rows: outcome {code, error?, index?, received?, repeated yes?, follow*, receipt? bytes}
 *         in order; `code` is OK or a name of enum sr_code. A single refused submission is also
 *         the code of the reply (and its error the sentence). The receipt is made for the caller;
 *         absent when the caller may not read the entry.
 *
 * --- proofs, objects ---------------------------------------------------------------------------
 *
 * proof                login
 *   in    id id* (of statements), index dec* (of entries), quorum id? (of a request: its versions
 *         and the votes on them, and what shows who the voters are), person? (what shows
 *         who that is), since dec?; at most SR_PROOF_MAX_ENTRIES together
 *   body  rows: receipt {what (its type), index, id, person (actor)?, receipt bytes}, ids first,
 *         each in the order asked. DENIED names an entry that the caller may not read; NOTFOUND
 *         an id that is not in the log.
 * consistency          login
 *   in    from dec, to dec (sizes of the log, from 1 to the present one)
 *   body  the proof that the log of the first `to` entries begins with that of the first `from`:
 *         lines of base64 (merkle/proof.h)
 * object               login
 *   in    id hash
 *   body  the object's body (without salt). DENIED, NOTFOUND (also when its key was erased).
 * resolve              login
 *   in    prefix token (4 to 32 hex digits), kind token? (item collection accession request grant
 *         checkout attestation enquiry)
 *   body  rows: match {kind, id}, at most SR_RESOLVE_MAX, only things that the caller may know of
 *
 * --- deposit -----------------------------------------------------------------------------------
 *
 * deposit.begin        depositor, curator; one at a time per connection, one connection per
 *                      accession, SR_DEPOSITS_PERSON per person (LOCKED). When SR_DEPOSITS_MAX are
 *                      under way, the one that was silent longest gives way if that is at least
 *                      SR_DEPOSIT_SILENT_MS: what came of it is kept for a resume, and the next
 *                      call for it on its connection is LOCKED and says so. Nobody gives way to
 *                      a begin that is refused, or to the resume of what is not there.
 *   in    collection id, resume id?
 *   out   accession id
 * deposit.put          as begin
 *   body  a sequence of records, any number in one body (keep bodies near 1 MiB; at most
 *         SR_CALL_BODY_MAX):
 *           'I' lp title                 item begins; title may be empty (then its first path)
 *           'A'                          the file that begins next is an age file for the vault's
 *               recipient: what is in it is stored (size and sha256 are told), or it is unreadable
 *           'F' u8 kind (enum sr_file_kind), le64 mtime seconds (two's complement),
 *               le32 nanoseconds, le64 size expected (UINT64_MAX: unknown), lp path,
 *               lp media type, lp note  file begins; only REGULAR has data
 *           'D' lp data                  the next bytes of the file
 *           'E'                          the file ends well
 *           'C'                          it ends, and was written to while it was read: stored as
 *               it came, and marked as changed, as one whose size is another than expected
 *           'X' lp reason                the file could not be read further; kept with the reason
 *           'J'                          item ends
 *   body out  rows: file {status stored|changed|unreadable|recorded, path bytes, size,
 *         sha256 hex?, reason?} as they become known
 *         A failure of the store (not of a file) ends the deposit; it may be resumed. A record
 *         out of order is CORRUPT.
 * deposit.finish       as begin
 *   out   accession id, collection id, items "dec hash", files "dec hash", bytes dec, list hash
 *   body  32 bytes salt, then the list object's body (catalogue/lists.h): the caller checks its
 *         id, roots and the SHA-256 roots it computed itself, signs `accession` and hands it in
 *         by submit on this connection
 * intake.recipient     login: the age recipient of what others seal to the vault
 *   out   signature b64, by the room's key of `found`
 *   body  the text that it signs (intake/recipient.h)
 * deposit.abort        as begin: removes everything of it. (A connection that ends leaves what a
 *                      resume needs.)
 *
 * --- finding and describing --------------------------------------------------------------------
 *
 * items                login
 *   in    collection id?, accession id?, state token? (held released), hazard token?, language
 *         token?, offset dec?, limit dec?
 *   out   total dec
 *   body  rows: item {id, accession, collection, board, state, level, key-epoch, number, bytes,
 * files, entry, depositor?, released?, redacted yes?, parent? (curators, officers, auditors),
 * described yes?, referral/embargo/hold/sealed yes?, hazard*, language*, date?, title?, translit?,
 *         description?, creator?, source?, rights?,
 *         keyword*, and by their names the fields that are rows (ledger/fields.h; those about
 *         people: curators, officers, members; those that name items: of whoever may know of
 *         them), part* (hazards of parts, ledger/mark.h), intake? (held, and not over: "under
 *         way", or why it waits), scanned clean|stale|infected|not-scanned? (stale: clean, by
 *         signatures older than the host's limit)}   (depositor: curators, officers, auditors, and
 *         themselves; hold, intake, scanned: members, curators, officers, auditors)
 * item                 login
 *   in    item id, offset dec?, limit dec? (of its files)
 *   out   total dec (files)
 *   body  rows: one item, with collection-name? and depositor-name?;
 *         flag {what embargo|hold|seal|retention|referral, ends? time, id, person,
 *         entry, received, due? time, basis?, ended? (entry), reason?} (members, curators,
 *         officers, auditors; others: a standing embargo's first two); scan {scanner, at time,
 *         signatures? time, result, clean, infected, not-scanned, entry: dec, finding*} (the last
 *         of each scanner; as flags); said {file dec, field, value, by?} (what programs said of
 *         its files in the sandbox, intake/about.h, of the first 1000 facts; as flags); file {path
 *         bytes, media-type?, kind, size, mtime (dec, may be negative), sha256 hex?}
 * certificate          login; of an item that the caller may know of, or of a request to destroy
 *   in    item id? or request id?, since dec?
 *   body  rows: certificate {note bytes (board/certificate.h), receipt bytes (of `destroy`)}
 * search               login
 *   in    collection id?, state token?, hazard token?, language token?, offset dec?, limit dec?
 *         (1..200, 20 when absent)
 *   body  the query (catalogue/search.h says what people may type)
 *   out   total dec
 *   body  rows: hit {id, title?, field, snippet, mark* "start len" (bytes of the snippet)}
 * collections          login
 *   body  rows: collection {id, board, request, dedupe collection|none, entry, items, name?}
 * people               login
 *   in    role token?
 *   body  rows: person {person, key b64, role*, ever* (roles once held), entry, rekeyed* (entries
 *         that brought later keys), erased? (the entry), name?}. Without one of the roles member,
 *         curator, officer, auditor, custodian one sees those who hold one, and oneself.
 * person               login; as far as `people` shows them
 *   in    person
 *   body  rows: one person; attestation {id, person, kind training|affiliation|supervisor-of|
 *         conflict, of? (the other person), request?, term?, ends?, officer, entry, ended? (the
 *         entry after which it no longer stands), note?} (members, curators, officers, auditors,
 *         and those whom it names); for the house and themselves also bound {what grant, id, state,
 *         items, others yes?} (live or suspended, naming the person), bound {what request, id,
 *         kind} (open, by them), bound {what share, member, epoch, board} (of a board's keys),
 *         bound {what standby, member, epoch, board} (of a standby board that waits), bound {what
 *         suspension, id} (a grant that they suspended), bound {what held, boxes, items} (held
 *         items that they can look at, of all); of who was auditor bound {what epochs, first, last,
 *         now} (sealed to them, of those there are), officer: bound {what enquiry, id, deadline?}
 *         (not closed), custodian: bound {what service-keys} (of now were there in their time)
 * erasure              login; as far as `people` shows them
 *   in    person, since dec?
 *   body  rows: erasure {note bytes (board/erasure.h), receipt bytes (of `erase`)}. NOTFOUND:
 *         nothing was erased of them.
 * boards               login
 *   body  rows: board {id, founding yes?, epoch, members, quorum* (of each level), opened yes?,
 *         mine yes? (the caller is a member, or of an epoch that waits), request? id, entry}, the
 *         founding board first
 * board                login
 *   in    board id? (the founding one when absent)
 *   out   fingerprint hash, board id, origin, ledger-key, room-key b64, epoch dec, opened yes?,
 *         run id?, run-state?, transcript hash?; while a new key is on its way: rekeying dec (its
 *         first epoch), left dec (items under a key before), left-held dec, left-asked dec (in an
 *         open request to seal them anew, or a live grant)
 *   body  rows: level {level, key? b64}; member {index, person, key b64, active yes?, name?,
 *         dealt/accepted yes?, deal-entry?, accept-entry?, dealing hash?, deal hash? (object),
 *         transcript hash?}; entry {what found|key-epoch|board|reshare|rekey|deal|accept|
 *         complaint|reveal|opened|confirm|rekeyed, index, person?}
 * left                 member, curator, officer, auditor, custodian
 *   in    board id? (the founding one when absent), limit dec? (1..SR_REQUEST_ITEMS_MAX, which is
 *         what one request holds)
 *   out   board id, rekeying dec, left dec, left-held dec, left-asked dec, epoch dec? (the last one
 *         of the oldest key that items are left under)
 *   body  rows: left {id, level, held yes?}: items of that key which nobody asked about, in order
 *         of deposit
 * policies             login
 *   in    board id? (the founding one when absent)
 *   body  rows: policy {board, number, request, set hash (SHA-256 of the text), rules hash (the
 *         object), entry, received, in-force yes?}, in the order of adoption; none: the rules of
 *         the program are in force
 * explain              login: why the rules decided, and what they would say now
 *   in    request id? | grant id? | checkout id?; each as far as the caller may see it
 *   body  rows: thing {what request|grant|checkout, id, state, kind?, ends?, person?}; decided
 *         {entry, received, action, decision allow|deny|error, set hash, number dec? (of the
 *         board's sets; else the program's), inputs hash (the object), protection?} in the order of
 *         the log; now {action, decision, person?, item? (one of each kind), form?, protection?,
 *         error?}, while it is open or live; after each of both rule {id, effect? permit|forbid,
 *         title?, why?, missing* (a part that is not true, as Cedar), reads* ("resource.quorum =
 *         2")}; missing {text}
 * uses                 member, officer, auditor: what live grants would ask the rules with
 *   in    offset dec?, limit dec? (of grants: 1 to 4, and 4 when absent)
 *   out   grants dec: how many this answer has
 *   body  rows: use {grant, person, item (one of each kind), action, inputs bytes
 *         (policy/judge.h)}
 * board.material       login: what everybody's client verifies before it believes a board key
 *   in    board id? (the founding one when absent), since dec?, complaints yes? (also after the
 *         opening), epoch dec? (one that was in force before: then only what shows who its members
 *         were and what keys they had, receipts of accept, keys and share, which open what is left
 *         under that key)
 *   body  rows: receipt {what found, ...}; of a board that the founding one made, receipts of the
 *         request, its votes and the statement `board`; then receipt {what deal|accept|opened,
 *         index, receipt bytes} of the run that
 *         opened the board or is under way; until the opening receipts of deals and dealing {index
 *         (of its entry), body bytes}, in member order; of an open board keys {run, body bytes} and
 *         share {run, person, body bytes} of each member (board/shares.h); until the opening also
 * receipt {what complaint|reveal|deal, ...} and dealing of what was complained of in void runs;
 * then receipt {what person|person-end, ...} of every member who is not of the founders
 *
 * --- requests and votes ------------------------------------------------------------------------
 *
 * requests             login (members, officers, auditors: all; others: where they are applicant
 *                      or co-applicant)
 *   in    state token?, kind token?, item id?, mine token? ("yes": only where one is applicant or
 *         co-applicant), offset dec?, limit dec?
 *   body  rows: request {as version below, applicant-name?}
 * request              as requests
 *   in    request id, version dec? (newest)
 *   body  rows, the version asked first:
 *         version {request, version, newest yes?, state, kind, hash, statement, entry, received,
 *           applicant, epoch, level, items, closes?, ends?, form*, purpose*, role*, person*,
 *           joined*, recipient?, target?, subject?, card?, dedupe?, collection?, key? b64,
 *           room-key? b64, room-key-ended yes?, list? hash, name?, project?, reason?, quorum*
 *           (level and how many), member*, dealer*, standby?, from?, newcomer*, leaving* (who sits
 *           on the board and is not to)};
 *         named {person, name} of each whom the version names and whose name the caller may read;
 *         tally {eligible, approved, rejected, joined, co-applicants};
 *         vote {statement, entry, person, decision, epoch, form*, ends?, condition? (one a line),
 *           conditions dec, reason?, pieces dec, bundle? hash, object? hash, void yes?, name?} of
 *           that version;
 *         earlier {version, state, hash, entry, received} of the others;
 *         comment {entry, person, received, text?, name?}; recused {person, name?} (active
 *         members);
 *         rekeyed {person, entry, by, received} of each who asks and has another key than at first;
 *         attestation {as in person} that stands, of the parties; conflict {voter, as in
 *         attestation} of each active member whom one keeps from voting;
 *         ended {person} of a co-applicant who is no researcher any more: nobody can approve it;
 *         grant {as grant below};
 *         use {as grant below} of the grant that a renewal is asked for
 * request.items        as requests
 *   in    request id, version dec?, offset dec?, limit dec?
 *   out   total dec
 *   body  rows: item {id, state, level, number, seal-entry: dec, title?} in byte order of ids
 * inbox                login: what waits for the caller
 *   body  rows: todo {what, ...}: vote {request, version, kind, applicant, items, closes?, name?}
 *         (an approval would be taken now: board/authorize.h); join,
 *         correct {request, version}; amend {as vote, person} (who left, and is named in it);
 *         topup, extension {request, version, grant, items dec,
 *         extension dec?} (pieces that the caller may give a live grant); reseal {board, items
 *         dec} (left under a key that the board has no more, and nobody asked about them);
 *         describe, release {items dec}; deal, accept, reveal {run};
 *         checkout {checkout, item, state}; lift {grant} (suspended by the caller); settle
 *         {grant} (suspended by the vault, since somebody whom it names left); retention
 *         {item, due, basis} (its date has come); enquiry {enquiry, state, deadline?}; read
 *         {person, reading, received, entry, reason?} (who read what is held on the caller, these
 *         last 30 days); then what the caller is to know, these last 30 days (catalogue/query.h):
 *         vote-needed, decided {request, about, received}; granted, ends-soon, suspended, revoked
 *         {grant, about, received}; scrub-failed {statement, about, received}; infected {item,
 *         about, received}
 * request.material     as requests: all that a voter's client must verify, also in a file
 *   in    request id, version dec?, since dec?, board token? ("yes": with all of board.material
 *         in front), from dec? (a further page: needs the version), extension dec? (the items of
 *         that extension of its grant instead of its own)
 *   out   request id, version dec, state, applicant, items dec, next dec? (where the next page
 *         begins; absent on the last)
 *   body  rows: receipt {what person|person-end|request|amend|room-key|join|grant, index, person?,
 *         receipt bytes} (of applicant, co-applicants and subject, and of those who vouched for
 *         them, back to found; the grant that it is about); list {body bytes} (item ids in byte
 * order); seal {item, number, level, key-epoch (of the board's key that it is sealed to), seal
 * bytes (SR_SEAL), title?} for each item in that order, SR_MATERIAL_PAGE a page; all but seals is
 * on the first page only
 *
 * --- grants, checkouts, reading ----------------------------------------------------------------
 *
 * grants               login
 *   in    state token?, request id?, item id?, all token? ("yes": members, officers, auditors),
 *         offset dec?, limit dec?
 *   body  rows: grant {id, board, request, version, right, state, ends, level, epoch, entry,
 *         ended?, items, suspended-by?, form*, training*, person*, vote*}
 * grant                login
 *   in    grant id, new token? ("yes")
 *   out   extension dec: the number that the next extension of it has
 *   body  rows: one grant; named {person, name?} of who reads under it;
 *         condition {person, conditions dec, text? (one a line)} of its votes;
 *         use {item, checkouts, opened, reads, exports: dec, last time} of each item that was
 *         checked out under it; topup {grant, item, have, want: dec} of each item that its votes
 *         do not open now, extension dec? that added it; with new: new {id} of each item that an
 *         extension of it may add; item {id, state, level, number, seal-entry: dec, title?}
 * checkouts            login
 *   in    live token? ("yes"), grant id?, item id?, all token? ("yes": members, officers,
 *         auditors), offset dec?, limit dec?
 *   body  rows: checkout {id, person, item, grant?, right, form, state, entry, begun, ended?,
 *         title?, open-here yes? (its key is in this process)}
 * checkout.material    the person of the checkout: what their client must verify before it takes
 *                      off a seal
 *   in    checkout id, since dec?, board token? ("yes")
 *   out   item id, number dec, level dec, position dec (of the item in the request, from 0),
 *         items dec, epoch dec
 *   body  rows: [board.material]; receipt {what
 *         checkout|grant|renew|request|amend|room-key|join|vote|person, index, receipt bytes}; seal
 *         {item, number, level, seal bytes}; record {vote id, entry, person, count, leaf bytes,
 *         node b64*}: leaf is the bundle's leaf of this item (crypto/piece.h: header, then the
 *         record for each researcher), node its inclusion proof at `position` of `items` under
 *         the root that the vote's `bundle` names
 * checkout.open        the person of the checkout
 *   in    checkout id
 *   body  le32 count, each: vote id (16), key of that vote's outer record (32,
 *         sr_bundle_record_key)
 *   out   files dec
 * checkout.files       the person of the checkout, while it is open in this process
 *   in    checkout id, offset dec?, limit dec?
 *   out   total dec
 *   body  rows: file {index, path bytes, media-type?, kind, size, mtime, sha256 hex?, changed
 *         yes?, note? bytes}
 * checkout.read        the person of the checkout
 *   in    checkout id, file dec, offset dec, length dec (1..SR_BLOCK)
 *   out   next dec (equal to size at the end), size dec, encoding name
 *   body  text, safe for a terminal
 * checkout.forget      the person of the checkout: wipe its key here; the checkout stays as it is
 * export.begin         the person of the checkout (right export, opened)
 *   in    checkout id, bag yes?
 * export.read          as begin
 *   in    checkout id, length dec (1..SR_EXPORT_READ)
 *   out   end yes? (then the body is empty and `export` is logged), last yes? (the read that takes
 *         the rest logs `export`: what came is better kept before it is asked for)
 *   body  the next bytes of the age file
 * export.end           as begin: give up
 *   in    checkout id
 *
 * --- held items --------------------------------------------------------------------------------
 *
 * quarantine.material  curator
 *   in    item id
 *   out   number dec, level dec (that its hazards need now), depositor
 *   body  the quarantine seal boxed to this curator: sr_held_open_box (board/held.h) with vault,
 *         item and number gives the part
 * quarantine.open      curator, who made the checkout of right quarantine
 *   in    checkout id
 *   body  part (SR_PART bytes)
 *   out   files dec
 * intake.scan          curator, whose checkout of right quarantine is open in this process: its
 *                      files go to the scanners of this host; called until it ends
 *   in    checkout id
 *   out   files dec (looked at by the scanner at work), of dec, waits yes? (for the scanner), end
 *         yes? (that was the last)
 *   body  rows: finding {file dec, path, result, text}; scan {scanner, signatures time?, result
 *         clean|infected|not-scanned, clean, infected, not-scanned, entry: dec}: what one scanner
 *         said of all, and where it stands in the log
 * intake.again         curator: everything that is open for a reader goes to the scanners once more
 *                      (core/rescan.h); what comes of it is on the record
 *   out   open dec (checkouts), works yes|no (this process scans by itself), trouble b64? (why
 *         the scanners could not be asked last)
 * intake.more          curator: more time for a held item whose time was used up (limit
 *                      item-seconds, intake/step.h); NOTFOUND: it waits for none
 *   in    item id
 * intake.state         the house, a curator or custodian: what is done after deposits by itself
 *   out   left dec (held items whose intake is not over), waiting dec (of these: that failed and
 *         are tried again, or wait for intake.more), works yes|no (this process does it), step
 *         token? and item id? (at work), file, files, pages, pages-of: dec? (of the step: the file
 *         at work, from 0, of how many; of it pages done, of how many, 0: not known), trouble b64?
 *         (the last failure, a sentence)
 * intake.turn          the house: some of it, for 200 ms
 *   out   as intake.state; nap dec (ms until the next turn; SR_CORE_IDLE: nothing is to do)
 * intake.show          curator, officer: what came of it
 *   in    item id, key token? (of facts), offset dec?, limit dec? (of facts)
 *   out   state, intake under-way? (it is not over), step, file, files, pages, pages-of? (as in
 *         intake.state, when it is at work), waits b64? (why), total dec (facts)
 *   body  rows: step {step, result, added, at time, entry}; scan as in item, all of them; fact
 *         {file dec (its position), step, key, value bytes}
 * intake.known         curator: a list of SHA-256 of known files against those of all held and
 *                      released items; each that has one gets a `scan`
 *   body  lines: 64 hex digits, then a name behind ":" or spaces (clamd's .hsb, sha256sum)
 *   out   hashes, files (compared), items (with a hit): dec; scanner (as the statements name it)
 *   body  rows: hit {item, files dec, entry dec? (absent: said before)}
 * intake.same          curator: where the bytes of an item's files lie once more, by SHA-256
 *   in    item id, offset dec?, limit dec?
 *   body  rows: same {file dec, size dec, path bytes, item id (of the other), other dec (its
 *         position there), other-path bytes}
 * held.missing         curator: held items that the caller can look at, and the person cannot
 *   in    person (a curator), after id? (an item: those behind it), since dec?
 *   body out  rows: held {item, number}, at most SR_PREPARE_MAX; of the first call also receipt
 *             {...} that show whose key the person's is
 * held.offer           curator: boxes of held items to another curator, until the connection ends
 *   in    person
 *   body  le32 count (1..SR_PREPARE_MAX), each: item id (16), le64 number, the person's key (32),
 *         box (SR_HELD_BOX bytes, board/held.h). `held-box` of each, which signs its hash, puts it
 *         in place
 * redact.make          curator, whose checkout of right quarantine or redact is open in this
 * process: a new item without what the plan leaves out, as a deposit of this connection;
 *                      deposit.finish and submit of `redact` follow, or deposit.abort
 *   in    checkout id, names token? ("keep": title and paths of the parent; else the title is
 *         empty, and paths are numbers with the ending that they had)
 *   body  the plan (room/redact.h)
 *   out   accession id, parent id, collection id
 * transcript.add       curator, whose checkout of right quarantine or redact is open in this
 *                      process: a transcript of one of its files, as the text of that file; the
 *                      item gets a new envelope, and every look at it ends
 *   in    checkout id, file dec, language token? (a tag)
 *   body  WebVTT or SubRip, at most SR_TRANSCRIPT_MAX bytes
 *   out   item id, file dec (the new one), number dec (of its envelope), form webvtt|subrip, cues,
 *         speakers, entry: dec
 * features.make        curator, as redact.make: a new item of counts by page (room/features.h) and
 *                      nothing else, under a key of its own
 *   in    checkout id
 *   out   accession id, parent id, collection id
 * release.prepare      curator
 *   in    hazard token* (of all of them, beside their own), level dec? (not below what hazards
 *         need)
 *   body  le32 count (1..SR_PREPARE_MAX), each: item id (16), part (SR_PART)
 *   body out  rows: release {item, number, envelope hash, level, hazard*} in order: what
 *             `release` of each must say
 * reseal               the person of the checkout, of right reseal
 *   in    checkout id
 *   body  as of checkout.open
 *   out   item id, number dec, level dec, epoch dec, entry dec: what the statement `reseal` says
 *         that is in the log now, and where
 *
 * --- the log and the house ---------------------------------------------------------------------
 *
 * log                  auditor, officer
 *   in    from dec?, to dec? (exclusive), limit dec?, type token?, actor token? (p-... or
 *         service), about token?
 *   out   size dec, next dec? (to go on from), sealed dec? (entries of epochs that were not given
 *         to this auditor: left out)
 *   body  rows: entry {index, type, id, actor?, time, received, object? hash, statement bytes
 *         (the signed text)}; after each for officers: text {index, field, number, subject,
 *         text?} (absent text: erased)
 * epochs               house: any login
 *   out   epoch dec (in force)
 *   body  rows: epoch {epoch, entry (of its key-epoch), received, keys hash (the object), auditor*
 *         (to whom it was sealed)}, in order; given {person, first, last, entry, keys hash} of
 *         each `auditor`. An object is for those whom it is sealed to, and for the house.
 * epochs.keys          house: member, curator, officer, auditor, custodian. Boxes alone: whoever
 *                      has no key of them learns who was auditor when.
 *   in    index dec (entry of a key-epoch or auditor)
 *   body  its object (ledger/epoch.h)
 * log.checkpoint       house: member, curator, officer, auditor, custodian
 *   out   size dec
 *   body  the published note with its cosignatures. One that nobody cosigned is first published
 *         anew for the present size.
 * log.tile             as log.checkpoint. Entries are sealed: what is served here is public.
 *   in    path name (tile/<L>/<N>[.p/<W>], tile/entries/<N>[.p/<W>]). NOTFOUND outside the log.
 *   body  the tile or entry bundle
 * log.prove            house: any login; who may not ask for log.tile: entries they may read
 *   in    id id? (of a statement, or of a request, grant, item, ...: the entry that made it) or
 *         index dec?
 *   out   index dec, size dec (of the checkpoint in it)
 *   body  the entry's .tlog-proof, from the published checkpoint with its cosignatures where that
 *         covers the entry
 * audit.reading        login: has the caller said on the record that they read this?
 *   in    what token (log report person), person?, item id?, collection id?, from dec?, to dec?
 *         (entries), begins time?, ends time?
 *   out   covered yes? (by a `read` of theirs of the last hour; else they sign one first)
 * audit.report         auditor, officer, with a `read` of what report on the record
 *   in    section token (catalogue/report.h), person?, item id?, collection id?, begins time?,
 *         ends time?, offset dec?, limit dec?
 *   out   size dec (of the log); note token? (no-witnesses: none are asked, so nothing shows
 *         silence; beats-changed: ledger/beats was changed, what stands behind it is not told)
 *   body  rows: one for each, named as the section; names and titles as the caller may see them
 * audit.person         that person; auditor, officer, with a `read` of what person on the record
 *   in    section token, person, offset dec?, limit dec?
 *   out   size dec
 *   body  as audit.report, also the sections about one person; `person` {person, key b64, role*,
 *         ever*, entry, rekeyed*, name?} for the section person. Names and words of people are for
 *         that person and for officers; auditors get titles
 * audit.replay         house: member, curator, officer, auditor, custodian. A step of audit/audit.h
 *                      for each call; begins one, or goes on with what was interrupted.
 *   in    anew token? ("yes": from the beginning; of the first call alone)
 *   out   done dec, size dec, signatures dec, judged dec, seen dec, grants dec, decisions dec,
 *         rules dec, findings dec, resumed dec; at the end: ended complete|broken, rows dec, tiles
 *         dec, bytes dec, root b64
 *   body  rows, at the end: finding {what, index?, id?, type?, field?, text} (1000 at most); the
 *         first of them is also the reply's code
 * enquiries            officer, auditor
 *   in    state token?
 *   body  rows: enquiry {id, kind, state, opened, deadline?, entry, ended?, item*, concerns*
 *         (persons), reference?}, the earliest deadline first
 * enquiry              officer, auditor
 *   in    enquiry id
 *   body  rows: one enquiry; event {event, person, received, entry, text?} in order; then for each
 *         item: item {id, state, level, number, title?, collection, accession, depositor,
 *         hazard*, entry} and what was done with it, for each person: person {person, entry,
 *         role*, ever*, name?} and what they did: request {request, version, kind, state,
 *         applicant, received, purpose*, form*, item?}, grant {as grant above}, checkout {id,
 *         person, item, right, form, state, begun, opened yes?}, 1000 of each at most. Texts and
 *         names: officers.
 * notices              house: custodian
 *   body  rows: notice {what, person, about, since, address? bytes}: what people should be told
 *         and were not yet (catalogue/query.h), by person
 * notice.sent          house: custodian. Writes `notice` into the log; NOTFOUND: not due.
 *   in    what token, person, about id
 *   out   index dec
 * status               house, login
 *   out   counts as fields: entries, people, collections, accessions, held, released, destroyed,
 *         bytes, requests-open, grants-live, grants-suspended, checkouts-live, incidents, refusals,
 *         packs?, blocks? (house, members, officers, auditors, custodians: a depositor could tell
 *         from them what was there before), open-here (items open in this process), sessions,
 *         deposits, last-received time?, last-scrub time?, last-backup time?, backups-open dec
 *         (that the log knows of and whose escrow was not rotated since), backups-reviving dec (of
 *         these, from before the last destruction or erasure), size dec, root b64, second yes|no,
 *         left dec? (items under a key that their board has no more, while a new one is on its
 *         way), rotate-due yes? (the founding board has a new key, and the service keys are those
 *         from before it), second-current yes?, second-pending dec, renewal-due yes?
 * (board/dbkeys.h), failed yes?, pid dec body  rows: recovered {text} (what
 *         opening repaired; to whom packs are told); second {reason?}
 * witness              house, login
 *   in    now yes? (somebody waits: ask the witnesses at once; embedded, the answer waits for
 *         them), checkout id? (of the caller's), since dec?
 *   out   size dec, witnessed dec (entries below it are cosigned by the quorum in force), asked
 *         yes? (checkouts wait for that), adopted dec? (entry of the policy in force), voted yes?
 *         (the board adopted it), confirmed time? (by the quorum's clocks), entry dec? (of the
 *         checkout), glass yes? (two people said that it opens unwitnessed), said dec* (their
 *         entries)
 *   body  rows: policy {text bytes}; alarm {text}; witness {name bytes, vkey bytes, url bytes?,
 *         state idle|due|asked|alarm|nowhere, cosigned yes? (the checkpoint on offer), size?,
 *         time?, error?}; with a checkout also receipt {what person|person-key|..., index, receipt
 *         bytes} of how those who said it came, as checkout.material has them
 * verify               house: member, curator, officer, auditor, custodian
 *   in    since dec?, root b64? (of that size, as the caller remembers it)
 *   out   entries dec, tiles dec, bytes dec, signatures dec, size dec, root b64, catalogue
 *         equal|different
 *   body  rows: problem {index?, code, text} (100 at most); the first of them is also the reply's
 *         code
 * scrub                house: custodian. Writes `scrub` into the log.
 *   out   packs, objects, envelopes, bytes, findings, elapsed-ms: dec; index dec (of the entry)
 *   body  rows: finding {what pack|object|envelope, name, code (io: it could not be read, and may
 *         be whole), text}
 * collect              house: custodian. Removes what no item needs; writes `collect` into the log
 *                      for each step. With `dry-run yes` it only counts.
 *   in    dry-run token? (yes)
 *   out   items, packs, bytes (of records), live-bytes, dead, sparse, rewrite-bytes (what lives in
 *         the sparse ones), spared: dec (store/collect.h); steps, removed, removed-bytes, added,
 *         added-bytes, strays, stray-bytes, elapsed-ms: dec
 * rebuild              house: custodian. Catalogue and index are dropped and made again; open
 *                      items are forgotten.
 *   out   entries dec, catalogue equal|different|new, difference? b64, packs dec, bad dec,
 *         renewed yes? (under new keys, after a destruction)
 */
#ifndef SR_CORE_OPS_H
#define SR_CORE_OPS_H

#include "catalogue/query.h"
#include "ledger/types.h"

enum {
	SR_SUBMIT_MAX = 64,         /* submissions of one call: one group commit */
	SR_PROOF_MAX_ENTRIES = 256, /* receipts of one call: at most 24 MiB */
	SR_RESOLVE_MAX = 16,        /* matches of a prefix: enough to show that it is ambiguous */
	SR_PREPARE_MAX = 64,        /* items of one release.prepare: as many as one submit takes */
	/* Seals of one request.material, each an envelope read and opened: 0.14 ms, so a page is
	 * 35 ms of the one thread, and others' calls go in between. */
	SR_MATERIAL_PAGE = 256,
	SR_DEPOSITS_MAX = 4,    /* accessions under way at once: 128 MiB of memory each */
	SR_DEPOSITS_PERSON = 2, /* of one person: half of the places are left to others */
	/* So long may a deposit bring nothing while somebody waits for its place: a client sends
	 * about 1 MiB at a time, so only one that hangs or holds the place is silent a minute. */
	SR_DEPOSIT_SILENT_MS = 60000
};

/* Who may call an operation. */
enum {
	SR_NEEDS_NONE = 0,
	SR_NEEDS_LOGIN = 1,
	SR_NEEDS_ROLE = 2, /* one of `roles` */
	SR_NEEDS_HOUSE = 3 /* embedded, or one of `roles` (0: any login) */
};

enum {
	SR_OP_FIELDS = 9
};
struct sr_op_field {
	const char *key; /* NULL: no more */
	enum sr_value_kind kind;
	enum sr_cardinality cardinality;
};

/* What the table says of an operation, without its handler; for tests, clients and the manual. */
struct sr_op_info {
	const char *name;
	int needs;                           /* SR_NEEDS_... */
	unsigned roles;                      /* SR_ROLE_... */
	bool body;                           /* takes a body; else one that is not empty is USAGE */
	bool reads;                          /* it leaves log, secrets and store as they are */
	struct sr_op_field in[SR_OP_FIELDS]; /* ends with key == NULL */
};
/* All of them in order; NULL beyond the last. */
const struct sr_op_info *sr_op_at(size_t i);
const struct sr_op_info *sr_op_named(struct sr_bytes name);

#endif
