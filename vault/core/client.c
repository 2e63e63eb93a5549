/*
 * The connection: hello, pin, login, the ledger against memory. See client.h.
 *
 * A pin is a file `pin-<16 hex of the place's hash>` in the memory directory:
 *
 *   strongroom/pin/v1
 *   vault <hex64>
 *   origin <name>
 *
 * It says which vault was met at a place first. A place that shows another vault later is refused
 * unless the caller expects exactly that one (--fingerprint), which then becomes the pin.
 */
#include "core/client.h"

#include "core/client_in.h"
#include "core/session.h"

static const char PIN_TYPE[] = "strongroom/pin/v1";

enum {
	PIN_NAME = 32,
	PIN_MAX = 1024
};

void sr_view_str(char *out, size_t size, struct sr_bytes v) {
	snprintf(out, size, "%.*s", (int)(v.len < size ? v.len : size - 1),
		v.p == NULL ? "" : (const char *)v.p);
}

const struct sr_client_info *sr_client_info(const struct sr_client *c) {
	return &c->info;
}

struct sr_bytes sr_client_key_change(const struct sr_client *c, size_t n) {
	const struct sr_log_keys *k = &c->proofs.seen.keys;
	const struct sr_proven *pr = n >= 1 && n < k->count && n < SR_LOG_LINKS
					     ? sr_proofs_at(&c->proofs, k->key[n].from)
					     : NULL;

	return pr != NULL && pr->trusted ? sr_buf_view(&pr->entry.statement.note)
					 : sr_bytes_of(NULL, 0);
}

int sr_client_ledger_key(char out[SR_VKEY_TEXT], struct sr_log_keys *keys, bool *proven,
	const struct sr_client *c, struct sr_err *e) {
	struct sr_vkey key;
	int rc;

	*proven = c->proofs.seen.vkey[0] != '\0';
	if (*proven) {
		*keys = c->proofs.seen.keys;
		return sr_seen_newest_key(out, &c->proofs.seen, e);
	}
	rc = sr_vkey_parse(&key, sr_bytes_str(c->hello_key), e);
	if (rc == 0) {
		snprintf(out, SR_VKEY_TEXT, "%s", c->hello_key);
		sr_log_keys_begin(keys, key.name, key.pk);
	}
	return rc;
}

int sr_client_signer(const struct sr_client *c, struct sr_err *e) {
	if (c->o.identity == NULL)
		return sr_fail(e, SR_USAGE, "this needs an identity (--as FILE)");
	if (!c->info.pinned)
		return sr_fail(e, SR_MISUSE,
			"nothing is signed here: it is not known for which vault. One that is not "
			"founded has its members sign the founding first (board deal); where there "
			"is no connection, name the vault (--fingerprint)");
	return 0;
}

/* --- calls ------------------------------------------------------------------------------------ */

/* *${broken}: the transport failed, not the operation. */
static int exchange(
	struct sr_client *c, struct sr_call *q, struct sr_call *r, bool *broken, struct sr_err *e) {
	int rc;

	*broken = false;
	if (c->o.transport.call == NULL)
		return sr_fail(e, SR_MISUSE,
			"there is no connection to a vault: this is done where it can be reached");
	rc = sr_buf_ok(&q->head, e);
	if (rc == 0)
		rc = sr_buf_ok(&q->body, e);
	if (rc != 0)
		return rc;
	sr_call_clear(r);
	rc = sr_transport_call(&c->o.transport, q, r, e);
	if (rc == 0 && r->text.raw.p == NULL)
		rc = sr_call_parse(r, e);
	*broken = rc != 0 && r->text.raw.p == NULL;
	return rc;
}

static int login(struct sr_client *c, struct sr_err *e);

int sr_client_once(struct sr_client *c, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	bool broken;

	return exchange(c, q, r, &broken, e);
}

int sr_client_call(struct sr_client *c, struct sr_call *q, struct sr_call *r, struct sr_err *e) {
	bool broken;
	int rc = exchange(c, q, r, &broken, e);

	if (rc != SR_IO || !broken || c->o.reconnect == NULL)
		return rc;
	if (c->o.transport.close != NULL)
		c->o.transport.close(c->o.transport.ctx);
	memset(&c->o.transport, 0, sizeof c->o.transport);
	if (c->o.reconnect(c->o.reconnect_ctx, &c->o.transport, NULL) != 0)
		return rc; /* why it broke is told */
	if (c->logged_in) {
		c->logged_in = false;
		rc = login(c, e);
		if (rc != 0)
			return rc;
	}
	return exchange(c, q, r, &broken, e);
}

static int rows_of(int rc, struct sr_call *r, struct sr_rows *rows, struct sr_err *e) {
	memset(rows, 0, sizeof *rows);
	return rc != 0 ? rc : sr_rows_parse(rows, sr_buf_view(&r->body), e);
}

int sr_client_rows(struct sr_client *c, struct sr_call *q, struct sr_call *r, struct sr_rows *rows,
	struct sr_err *e) {
	return rows_of(sr_client_call(c, q, r, e), r, rows, e);
}

int sr_client_once_rows(struct sr_client *c, struct sr_call *q, struct sr_call *r,
	struct sr_rows *rows, struct sr_err *e) {
	return rows_of(sr_client_once(c, q, r, e), r, rows, e);
}

void sr_client_put_since(const struct sr_client *c, struct sr_call *q) {
	if (c->proofs.seen.size > 0)
		sr_text_put_dec(&q->head, "since", c->proofs.seen.size);
}

/* --- pin and memory --------------------------------------------------------------------------- */

static void pin_name(char out[PIN_NAME], const char *place) {
	uint8_t h[SR_HASH];
	char hex[17];

	SR_HASH_OF(h, "strongroom/pin-place/v1", NULL, sr_bytes_str(place));
	sr_hex(hex, h, 8);
	snprintf(out, PIN_NAME, "pin-%s", hex);
}

/* NOTFOUND: nothing is pinned there. */
static int pin_read(uint8_t vault[SR_HASH], const struct sr_client *c, struct sr_err *e) {
	char name[PIN_NAME];
	struct sr_text t = {0};
	struct sr_buf b;
	int rc;

	if (c->o.memory == NULL || c->o.place == NULL)
		return sr_fail(e, SR_NOTFOUND, "no place is remembered");
	pin_name(name, c->o.place);
	sr_buf_init(&b);
	rc = sr_file_read(c->o.memory, name, &b, PIN_MAX, e);
	if (rc == 0)
		rc = sr_text_parse(&t, sr_buf_view(&b), e);
	if (rc == 0 && !sr_bytes_eq(t.type, sr_bytes_str(PIN_TYPE)))
		rc = sr_fail(e, SR_CORRUPT, "the first line is not \"%s\"", PIN_TYPE);
	if (rc == 0)
		rc = sr_unhex(vault, SR_HASH, sr_text_get(&t, "vault"), e);
	SR_NAMED(rc, e, "%s", name);
	sr_text_free(&t);
	sr_buf_free(&b);
	return rc;
}

int sr_client_pin_write(const struct sr_client *c, const uint8_t vault[SR_HASH], struct sr_err *e) {
	char name[PIN_NAME];
	struct sr_buf b;
	int rc;

	if (c->o.memory == NULL || c->o.place == NULL)
		return 0;
	pin_name(name, c->o.place);
	sr_buf_init(&b);
	sr_text_begin(&b, PIN_TYPE);
	sr_text_put_hex(&b, "vault", vault, SR_HASH);
	if (c->info.origin[0] != '\0')
		sr_text_put(&b, "origin", c->info.origin);
	rc = sr_buf_ok(&b, e);
	if (rc == 0)
		rc = sr_file_replace(c->o.memory, name, sr_buf_view(&b), e);
	sr_buf_free(&b);
	return rc;
}

static const char *whole_hex(char out[2 * SR_HASH + 1], const uint8_t vault[SR_HASH]) {
	sr_hex(out, vault, SR_HASH);
	return out;
}

int sr_client_pin(struct sr_client *c, const uint8_t fingerprint[SR_HASH], struct sr_err *e) {
	const char *person = c->o.identity != NULL ? c->o.identity->person : "";
	uint8_t pinned[SR_HASH];
	struct sr_seen seen = {.size = 0};
	char a[2 * SR_HASH + 1], b[2 * SR_HASH + 1], name[PIN_NAME];
	bool remembered = false, known_place;
	int rc;

	if (c->o.fingerprint != NULL && memcmp(c->o.fingerprint, fingerprint, SR_HASH) != 0)
		return sr_fail(e, SR_AUTH,
			"this vault has the fingerprint %s, expected is %s: it is another "
			"vault",
			whole_hex(a, fingerprint), whole_hex(b, c->o.fingerprint));
	rc = pin_read(pinned, c, e);
	if (rc != 0 && rc != SR_NOTFOUND)
		return rc;
	known_place = rc == 0;
	if (known_place && memcmp(pinned, fingerprint, SR_HASH) != 0 && c->o.fingerprint == NULL) {
		pin_name(name, c->o.place);
		return sr_fail(e, SR_AUTH,
			"here was the vault with the fingerprint %s, now there is one with "
			"%s: compare with the minutes; if it was replaced on purpose, give its "
			"--fingerprint once",
			whole_hex(a, pinned), whole_hex(b, fingerprint));
	}
	if (c->o.memory != NULL && person[0] != '\0') {
		struct sr_err why = {0};

		rc = sr_seen_load(&seen, c->o.memory, fingerprint, person, &why);
		if (rc == SR_CORRUPT) /* a file of this person's, no part of the vault */
			return sr_fail(e, SR_AUTH,
				"what was remembered of this vault is damaged: %.300s (in "
				"%.200s). Put that file back, or move it aside and begin as at "
				"first contact, with the fingerprint of the minutes",
				why.text, sr_dir_path(c->o.memory));
		if (rc != 0 && rc != SR_NOTFOUND) {
			if (e != NULL)
				*e = why;
			return rc;
		}
		remembered = rc == 0;
	}
	if (e != NULL)
		sr_err_clear(e);
	sr_proofs_free(&c->proofs);
	sr_proofs_begin(&c->proofs, fingerprint, person,
		c->o.identity != NULL ? c->o.identity->pk : NULL, remembered ? &seen : NULL);
	/* Also where no memory of the log is: it is stored after the ends, and a kill came between.
	 */
	if (c->o.memory != NULL && person[0] != '\0') {
		rc = sr_endeds_load(&c->proofs.ended, c->o.memory, fingerprint, person, e);
		if (rc != 0 && rc != SR_NOTFOUND)
			return rc;
		if (e != NULL)
			sr_err_clear(e);
		c->proofs.ended_known = c->proofs.ended.count;
	}
	c->kept_size = seen.size;
	memcpy(c->kept_root, seen.root, SR_HASH);
	memcpy(c->info.fingerprint, fingerprint, SR_HASH);
	c->info.pinned = true;
	c->info.first_contact = !known_place && !remembered && c->o.fingerprint == NULL;
	c->pin_owed = !known_place || memcmp(pinned, fingerprint, SR_HASH) != 0;
	return 0;
}

/* --- hello and login -------------------------------------------------------------------------- */

static int hello_state(enum sr_client_state *out, struct sr_bytes word, struct sr_err *e) {
	static const char *const names[] = {"none", "draft", "founded", "opened"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (sr_bytes_eq(word, sr_bytes_str(names[i]))) {
			*out = (enum sr_client_state)i;
			return 0;
		}
	}
	return sr_fail(
		e, SR_CORRUPT, "hello: the vault's state is none of none, draft, founded, opened");
}

/* A ledger key and room key, for a founding that is drafted here; unproven until the founders
 * signed them. */
static void hello_keys(struct sr_client *c, const struct sr_text *t) {
	const struct sr_bytes key = sr_text_get(t, "ledger-key"), room = sr_text_get(t, "room-key");

	sr_view_str(c->hello_key, sizeof c->hello_key, key);
	c->hello_keys = key.p != NULL && key.len < sizeof c->hello_key &&
			sr_unbase64_fixed(c->hello_room, SR_PK, room, NULL) == 0;
}

/* What hello says against what is remembered: cheap, before anything is signed. The proofs come
 * later. */
static int hello_ledger(struct sr_client *c, const struct sr_call *r, struct sr_err *e) {
	const struct sr_seen *seen = &c->proofs.seen;
	struct sr_checkpoint cp;
	struct sr_note note;
	int rc;

	if (seen->size == 0 || seen->vkey[0] == '\0')
		return 0;
	rc = sr_log_keys_open(&cp, &note, sr_buf_view(&r->body), &seen->keys, e);
	if (rc != 0) {
		SR_NAMED(rc, e, "checkpoint");
		return rc;
	}
	if (cp.size < seen->size)
		rc = sr_fail(e, SR_AUTH,
			"the ledger shows %llu entries, %llu were verified before: rolled back",
			(unsigned long long)cp.size, (unsigned long long)seen->size);
	else if (cp.size == seen->size && memcmp(cp.root, seen->root, SR_HASH) != 0)
		rc = sr_fail(e, SR_AUTH,
			"the ledger shows another root at size %llu than was verified before: "
			"forked",
			(unsigned long long)cp.size);
	sr_note_free(&note);
	/* Unless the log says, under another name, that it lost them. */
	if (rc != 0 && sr_client_excused(c)) {
		sr_err_clear(e);
		rc = 0;
	}
	return rc;
}

/* It says that it is not founded: where a vault was met, it was rolled back, or replaced. */
static int pin_none(const struct sr_client *c, struct sr_err *e) {
	uint8_t pinned[SR_HASH];
	char shown[2 * SR_HASH + 1];
	const int rc = pin_read(pinned, c, e);

	if (rc == SR_NOTFOUND) {
		if (e != NULL)
			sr_err_clear(e);
		return 0;
	}
	if (rc != 0) /* what is remembered cannot be read: that is not nothing */
		return rc;
	return sr_fail(e, SR_AUTH,
		"here was the vault with the fingerprint %s, now there is one that is "
		"not founded: rolled back, or replaced",
		whole_hex(shown, pinned));
}

static int hello(struct sr_client *c, struct sr_err *e) {
	struct sr_call q, r;
	uint8_t fingerprint[SR_HASH];
	struct sr_bytes f;
	char shown[2 * SR_HASH + 1], other[2 * SR_HASH + 1];
	bool founded;
	int rc;

	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "hello");
	rc = sr_client_once(c, &q, &r, e);
	if (rc == 0)
		rc = hello_state(&c->info.state, sr_text_get(&r.text, "state"), e);
	if (rc != 0)
		goto out;
	founded = c->info.state == SR_CLIENT_FOUNDED || c->info.state == SR_CLIENT_OPENED;
	sr_view_str(c->info.origin, sizeof c->info.origin, sr_text_get(&r.text, "origin"));
	hello_keys(c, &r.text);
	f = sr_text_get(&r.text, "fingerprint");
	if (f.p != NULL)
		rc = sr_unhex(fingerprint, SR_HASH, f, e);
	else if (founded)
		rc = sr_fail(e, SR_CORRUPT, "hello: a founded vault without a fingerprint");
	if (rc != 0)
		goto out;
	if (founded) {
		rc = sr_client_pin(c, fingerprint, e);
		if (rc == 0)
			rc = sr_client_changes(c, &r.text, e);
		if (rc == 0)
			rc = hello_ledger(c, &r, e);
		goto out;
	}
	if (c->o.fingerprint != NULL && c->info.state == SR_CLIENT_NONE)
		rc = sr_fail(e, SR_AUTH,
			"this vault is not founded; expected is the one with the fingerprint %s",
			whole_hex(shown, c->o.fingerprint));
	else if (c->o.fingerprint != NULL && f.p != NULL &&
		 memcmp(fingerprint, c->o.fingerprint, SR_HASH) != 0)
		rc = sr_fail(e, SR_AUTH,
			"the draft here has the fingerprint %s, expected is %s: another "
			"draft, or a digit was misread; nobody signs",
			whole_hex(shown, fingerprint), whole_hex(other, c->o.fingerprint));
	else if (c->o.fingerprint == NULL)
		rc = pin_none(c, e);
	if (rc == 0 && f.p != NULL)
		memcpy(c->info.fingerprint, fingerprint, SR_HASH);
out:
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

static int login_sign(
	struct sr_client *c, const struct sr_call *asked, uint8_t sig[SR_SIG], struct sr_err *e) {
	uint8_t nonce[SR_LOGIN_NONCE], fingerprint[SR_HASH];
	struct sr_buf text;
	int rc = sr_unbase64_fixed(nonce, sizeof nonce, sr_text_get(&asked->text, "nonce"), e);

	if (rc == 0)
		rc = sr_unhex(fingerprint, SR_HASH, sr_text_get(&asked->text, "fingerprint"), e);
	if (rc == 0 && memcmp(fingerprint, c->info.fingerprint, SR_HASH) != 0)
		rc = sr_fail(e, SR_AUTH, "login is asked for another vault than hello said");
	if (rc != 0)
		return rc;
	sr_buf_init(&text);
	sr_login_text(&text, c->info.fingerprint, nonce, c->o.identity->person);
	rc = sr_buf_ok(&text, e);
	if (rc == 0)
		rc = sr_sign(sig, c->o.identity->seed, sr_buf_view(&text), e);
	sr_buf_free(&text);
	return rc;
}

static void take_roles(struct sr_client *c, const struct sr_text *t) {
	size_t at = 0;

	c->info.roles[0] = '\0';
	for (size_t i = 0; i < sr_text_count(t, "role"); i++) {
		const struct sr_bytes w = sr_text_get_n(t, "role", i);

		if (at + w.len + 2 > sizeof c->info.roles)
			break;
		at += (size_t)snprintf(c->info.roles + at, sizeof c->info.roles - at, "%s%.*s",
			at > 0 ? " " : "", (int)w.len, (const char *)w.p);
	}
}

static int login(struct sr_client *c, struct sr_err *e) {
	struct sr_call q, r;
	uint8_t sig[SR_SIG];
	int rc;

	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "login.begin");
	rc = sr_client_once(c, &q, &r, e);
	if (rc == 0)
		rc = login_sign(c, &r, sig, e);
	if (rc == 0) {
		sr_call_begin(&q, "login.finish");
		sr_text_put(&q.head, "person", c->o.identity->person);
		sr_text_put_base64(&q.head, "signature", sig, SR_SIG);
		rc = sr_client_once(c, &q, &r, e);
	}
	if (rc == 0) {
		take_roles(c, &r.text);
		snprintf(c->info.person, sizeof c->info.person, "%s", c->o.identity->person);
		c->logged_in = true;
	}
	SR_NAMED(rc, e, "login as %s", c->o.identity->person);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

int sr_client_open(struct sr_client **out, const struct sr_client_options *o, struct sr_err *e) {
	struct sr_transport t = o->transport;
	struct sr_client *c = calloc(1, sizeof *c);
	int rc = 0;

	*out = NULL;
	if (c == NULL) {
		if (t.close != NULL)
			t.close(t.ctx);
		return sr_fail(e, SR_NOMEM, "client: out of memory");
	}
	c->o = *o;
	c->clock = o->clock.now != NULL ? o->clock : sr_clock_system();
	c->info.embedded = t.embedded;
	if (t.call == NULL) {
		c->info.state = SR_CLIENT_OFFLINE;
		if (o->identity != NULL)
			snprintf(c->info.person, sizeof c->info.person, "%s", o->identity->person);
		if (o->fingerprint != NULL)
			rc = sr_client_pin(c, o->fingerprint, e);
	} else {
		rc = hello(c, e);
		if (rc == 0 && c->info.pinned && o->identity != NULL)
			rc = login(c, e);
		if (rc == 0 && c->logged_in)
			rc = sr_client_begin_proofs(c, e);
		if (rc == 0 && c->logged_in)
			rc = sr_client_seen(c, true, e);
	}
	if (rc != 0) {
		c->o.memory = NULL; /* nothing of this is remembered */
		sr_client_close(c);
		return rc;
	}
	*out = c;
	return 0;
}

int sr_client_finish(struct sr_client *c, struct sr_err *e) {
	const int rc = c->proofs.founded ? sr_client_seen(c, true, e) : 0;

	if (rc != 0)
		c->o.memory = NULL; /* said once */
	return rc;
}

/* At the end: what was handed in is remembered already; if this fails, the rest is proven again
 * next time. */
static void remember_last(struct sr_client *c) {
	const int rc = sr_client_finish(c, NULL);

	(void)rc;
}

void sr_client_close(struct sr_client *c) {
	if (c == NULL)
		return;
	remember_last(c);
	if (c->o.transport.close != NULL)
		c->o.transport.close(c->o.transport.ctx);
	sr_client_board_forget(c);
	sr_proofs_free(&c->proofs);
	free(c);
}

/* --- proofs from the vault -------------------------------------------------------------------- */

static int prove(struct sr_client *c, struct sr_call *q, struct sr_buf *kept, size_t want,
	struct sr_err *e) {
	struct sr_call r;
	struct sr_rows rows;
	int rc;

	sr_call_init(&r);
	sr_client_put_since(c, q);
	rc = sr_client_rows(c, q, &r, &rows, e);
	if (rc == SR_DENIED || rc == SR_NOTFOUND) {
		SR_NAMED(rc, e, "the vault withholds a proof");
		goto out;
	}
	if (rc == 0 && rows.count < want)
		rc = sr_fail(e, SR_AUTH,
			"the vault shows %zu of %zu receipts: the rest is withheld", rows.count,
			want);
	if (rc == 0)
		rc = sr_proofs_add_rows(&c->proofs, &rows, e);
	if (rc == 0 && kept != NULL)
		sr_buf_put_lp_buf(kept, &r.body);
out:
	sr_rows_free(&rows);
	sr_call_free(&r);
	return rc;
}

int sr_client_prove_ids(
	struct sr_client *c, const uint8_t (*ids)[SR_ID], size_t count, struct sr_err *e) {
	struct sr_call q;
	int rc;

	sr_call_init(&q);
	sr_call_begin(&q, "proof");
	for (size_t i = 0; i < count; i++)
		sr_text_put_hex(&q.head, "id", ids[i], SR_ID);
	rc = prove(c, &q, NULL, count, e);
	for (size_t i = 0; i < count && rc == 0; i++)
		if (sr_proofs_id(&c->proofs, ids[i]) == NULL)
			rc = sr_fail(
				e, SR_AUTH, "the vault shows another statement than was asked for");
	sr_call_free(&q);
	return rc;
}

int sr_client_prove_entries(
	struct sr_client *c, const uint64_t *indices, size_t count, struct sr_err *e) {
	struct sr_call q;
	int rc;

	sr_call_init(&q);
	sr_call_begin(&q, "proof");
	for (size_t i = 0; i < count; i++)
		sr_text_put_dec(&q.head, "index", indices[i]);
	rc = prove(c, &q, NULL, count, e);
	for (size_t i = 0; i < count && rc == 0; i++)
		if (sr_proofs_at(&c->proofs, indices[i]) == NULL)
			rc = sr_fail(
				e, SR_AUTH, "the vault shows another entry than was asked for");
	sr_call_free(&q);
	return rc;
}

int sr_client_prove_person(struct sr_client *c, const char *person, struct sr_err *e) {
	struct sr_call q;
	int rc;

	sr_call_init(&q);
	sr_call_begin(&q, "proof");
	sr_text_put(&q.head, "person", person);
	rc = prove(c, &q, NULL, 0, e);
	sr_call_free(&q);
	return rc;
}

/* Request and votes behind what a quorum made, and who the voters are: to be believed by those,
 * too, who may not see the request. What the server does not show stays unproven. */
static int prove_quorum(
	struct sr_client *c, const uint8_t request[SR_ID], struct sr_buf *kept, struct sr_err *e) {
	struct sr_call q;
	int rc;

	sr_call_init(&q);
	sr_call_begin(&q, "proof");
	sr_text_put_hex(&q.head, "quorum", request, SR_ID);
	rc = prove(c, &q, kept, 1, e);
	sr_call_free(&q);
	if (rc != SR_DENIED && rc != SR_NOTFOUND)
		return rc;
	if (e != NULL)
		sr_err_clear(e);
	return 0;
}

int sr_client_prove_quorums(struct sr_client *c, struct sr_buf *kept, struct sr_err *e) {
	uint8_t request[SR_BOARD_MEMBERS_MAX][SR_ID];
	size_t at = 0, n = 0;
	int rc = 0;

	while (n < SR_BOARD_MEMBERS_MAX && sr_proofs_owed(&c->proofs, &at, request[n]))
		n++;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = prove_quorum(c, (const uint8_t *)request[i], kept, e);
	return rc;
}
