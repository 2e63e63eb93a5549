/*
 * Log-in: one nonce, one attempt, one connection, one vault; roles as of now.
 */
#include "core_rig.h"
#include "world.h"

static void test_hello(void **state) {
	struct rig *g = rig_new(NULL);
	struct rig_desk *d = &g->desk;
	(void)state;
	assert_ok(rig_call(d, "hello", NULL, NULL), &d->e);
	assert_field(d, "origin", W_ORIGIN);
	assert_field(d, "state", "opened");
	assert_field(d, "embedded", "yes");
	assert_field(d, "format", "1");
	assert_null(sr_text_get(&d->r.text, "person").p);
	assert_true(d->r.body.len > 0);
	assert_memory_equal(d->r.body.p, W_ORIGIN "\n", strlen(W_ORIGIN) + 1);
	rig_login(d, &g->w->officer);
	assert_ok(rig_call(d, "hello", NULL, NULL), &d->e);
	assert_field(d, "person", g->w->officer.person);
	assert_field(d, "role", "officer");
	rig_free(g);
}

static void test_bare(void **state) {
	struct rig *g = rig_new(&(struct world_options){.bare = true});
	struct rig_desk *d = &g->desk;
	(void)state;
	assert_ok(rig_call(d, "hello", NULL, NULL), &d->e);
	assert_field(d, "state", "none");
	assert_field(d, "size", "0");
	assert_null(sr_text_get(&d->r.text, "fingerprint").p);
	assert_fails(rig_call(d, "login.begin", NULL, NULL), SR_DENIED, &d->e,
		"before the vault is founded");
	assert_fails(rig_call(d, "found.show", NULL, NULL), SR_NOTFOUND, &d->e, NULL);
	assert_fails(rig_call(d, "verify", NULL, NULL), SR_DENIED, &d->e, "founded");
	assert_fails(rig_call(d, "scrub", NULL, NULL), SR_DENIED, &d->e, "founded");
	assert_ok(rig_call(d, "status", NULL, NULL), &d->e);
	assert_field(d, "entries", "0");
	world_draft_found(g->w);
	assert_ok(rig_call(d, "hello", NULL, NULL), &d->e);
	assert_field(d, "state", "draft");
	assert_ok(rig_call(d, "found.show", NULL, NULL), &d->e);
	assert_field(d, "members", "3");
	assert_field(d, "signed", "0");
	assert_int_equal(rig_count(d, "member"), 3);
	assert_non_null(sr_row_get(rig_row(d, "draft", NULL, NULL), "text").p);
	/* The same draft again, by the wire: the text and the names as they were shown. */
	struct sr_buf body;
	sr_buf_init(&body);
	sr_buf_put_lp(&body, sr_row_get(rig_row(d, "draft", NULL, NULL), "text"));
	sr_buf_put_le32(&body, (uint32_t)rig_count(d, "name"));
	for (size_t i = 0; i < d->rows.count; i++) {
		const struct sr_row *r = &d->rows.rows[i];
		uint64_t index = 0;
		uint8_t salt[SR_SALT];
		if (!sr_row_is(r, "name"))
			continue;
		assert_ok(sr_row_get_dec(&index, r, "index", &d->e), &d->e);
		assert_ok(sr_row_get_key(salt, SR_SALT, r, "salt", &d->e), &d->e);
		sr_buf_put_lp(&body, sr_row_get(r, "field"));
		sr_buf_put_le32(&body, (uint32_t)index);
		sr_buf_put(&body, salt, SR_SALT);
		sr_buf_put_lp(&body, sr_row_get(r, "text"));
	}
	assert_ok(rig_call(d, "found.draft", NULL, &body), &d->e);
	assert_non_null(sr_text_get(&d->r.text, "fingerprint").p);
	sr_buf_put_u8(&body, 0);
	assert_fails(rig_call(d, "found.draft", NULL, &body), SR_CORRUPT, &d->e, NULL);
	for (size_t i = 0; i + 1 < body.len; i += 37) { /* cut anywhere */
		struct sr_buf cut;
		sr_buf_init(&cut);
		sr_buf_put(&cut, body.p, i);
		assert_fails(rig_call(d, "found.draft", NULL, &cut), SR_CORRUPT, &d->e, NULL);
		assert_fails(rig_call(d, "found.sign", NULL, &cut), SR_CORRUPT, &d->e, NULL);
		sr_buf_free(&cut);
	}
	sr_buf_free(&body);
	rig_free(g);
}

static void test_login(void **state) {
	struct rig *g = rig_new(NULL);
	struct rig_desk *d = &g->desk, other;
	const struct world_person *p = &g->w->researcher[0];
	char finish[400];
	(void)state;
	rig_login(d, p);
	assert_field(d, "person", p->person);
	assert_field(d, "role", "researcher");
	/* The nonce is spent: the same words again are nothing. */
	char *first = sr_buf_dup_str(&d->q.head);
	assert_non_null(first);
	sr_buf_clear(&d->q.head);
	sr_buf_put_str(&d->q.head, first);
	assert_fails(rig_go(d), SR_USAGE, &d->e, "a nonce serves one attempt");
	assert_fails(rig_call(d, "items", NULL, NULL), SR_DENIED, &d->e, "log in");
	/* Nor with another nonce, nor on another connection. */
	assert_ok(rig_call(d, "login.begin", NULL, NULL), &d->e);
	sr_buf_clear(&d->q.head);
	sr_buf_put_str(&d->q.head, first);
	assert_fails(rig_go(d), SR_AUTH, &d->e, "not the one in force");
	rig_desk_open(&other, &g->core);
	assert_int_equal(g->core.sessions, 2);
	assert_ok(rig_call(&other, "login.begin", NULL, NULL), &other.e);
	sr_buf_clear(&other.q.head);
	sr_buf_put_str(&other.q.head, first);
	assert_fails(rig_go(&other), SR_AUTH, &other.e, "connection");
	free(first);
	/* Another's key; nobody's name; a signature that is none. */
	assert_fails(rig_login_as(&other, p->person, g->w->researcher[1].seed), SR_AUTH, &other.e,
		p->person);
	assert_fails(rig_login_as(&other, g->w->outsider.person, g->w->outsider.seed), SR_DENIED,
		&other.e, "no role");
	assert_ok(rig_call(&other, "login.begin", NULL, NULL), &other.e);
	snprintf(finish, sizeof finish, "person %s signature AAAA", p->person);
	assert_fails(
		rig_call(&other, "login.finish", finish, NULL), SR_USAGE, &other.e, "64 bytes");
	/* Two people at two desks do not meet. */
	rig_login(d, p);
	rig_login(&other, &g->w->officer);
	assert_ok(rig_call(d, "hello", NULL, NULL), &d->e);
	assert_field(d, "person", p->person);
	assert_ok(rig_call(d, "logout", NULL, NULL), &d->e);
	assert_fails(rig_call(d, "items", NULL, NULL), SR_DENIED, &d->e, "log in");
	assert_ok(rig_call(&other, "items", NULL, NULL), &other.e);
	rig_desk_close(&other);
	assert_int_equal(g->core.sessions, 1);
	rig_free(g);
}

/* What a role allowed ends with the role, in the middle of a session. */
static void test_role_ends(void **state) {
	struct rig *g = rig_new(NULL);
	struct rig_desk *d = &g->desk;
	struct world_draft w;
	(void)state;
	rig_login(d, &g->w->researcher[1]);
	assert_ok(rig_call(d, "items", NULL, NULL), &d->e);
	world_begin(&w, g->w, &g->w->officer, SR_T_PERSON_END);
	sr_text_put(&w.text, "person", g->w->researcher[1].person);
	assert_ok(world_commit(&w, NULL), &g->w->out.err);
	assert_fails(rig_call(d, "items", NULL, NULL), SR_DENIED, &d->e, "log in");
	assert_fails(rig_login_as(d, g->w->researcher[1].person, g->w->researcher[1].seed),
		SR_DENIED, &d->e, "no role");
	rig_free(g);
}

/* What somebody began is not there for whoever logs in after them on the same connection. */
static void test_next_person(void **state) {
	struct rig *g = rig_new(NULL);
	struct rig_desk *d = &g->desk;
	const char *box = rig_hex("collection", g->w->collection, SR_ID);
	(void)state;
	rig_login(d, &g->w->depositor);
	assert_ok(rig_call(d, "deposit.begin", box, NULL), &d->e);
	rig_login(d, &g->w->depositor); /* the same person goes on */
	assert_int_equal(g->core.deposits, 1);
	rig_login(d, &g->w->curator[0]);
	assert_int_equal(g->core.deposits, 0);
	assert_fails(rig_call(d, "deposit.finish", NULL, NULL), SR_USAGE, &d->e, "no deposit");
	/* One accession, two connections. */
	struct rig_desk other;
	char resume[120];
	uint8_t accession[SR_ID];
	assert_ok(rig_call(d, "deposit.begin", box, NULL), &d->e);
	assert_ok(sr_unhex(accession, SR_ID, sr_text_get(&d->r.text, "accession"), &d->e), &d->e);
	snprintf(resume, sizeof resume, "%s %s", box, rig_hex("resume", accession, SR_ID));
	rig_desk_open(&other, &g->core);
	rig_login(&other, &g->w->curator[0]);
	assert_fails(rig_call(&other, "deposit.begin", resume, NULL), SR_LOCKED, &other.e,
		"another connection");
	assert_ok(rig_call(d, "deposit.abort", NULL, NULL), &d->e);
	assert_ok(rig_call(&other, "deposit.begin", resume, NULL), &other.e);
	rig_desk_close(&other);
	assert_ok(rig_call(d, "deposit.begin", box, NULL), &d->e);
	assert_ok(rig_call(d, "logout", NULL, NULL), &d->e);
	assert_int_equal(g->core.deposits, 0);
	rig_free(g);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hello),
		cmocka_unit_test(test_bare),
		cmocka_unit_test(test_login),
		cmocka_unit_test(test_role_ends),
		cmocka_unit_test(test_next_person),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
