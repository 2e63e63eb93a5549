/*
 * What is kept beside the log, against what the log says of it: bundles of votes, the witnesses'
 * cosignatures, and the entries that a new name says it goes on from.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "audit_rig.h"
#include "board/adopt.h"
#include "board/follow.h"
#include "cosigning_rig.h"
#include "ledger/keychange.h"
#include "world.h"

/* --- bundles ---------------------------------------------------------------------------------- */

/* The object file in which the first vote's bundle lies, and the vote's entry. */
static const char *bundle_path(struct desk *d, uint64_t *entry) {
	char hex[2 * SR_HASH + 1], name[2 * SR_HASH + 16];
	struct sr_votes votes = {0};
	struct sr_object_at at;

	assert_ok(sr_query_votes(&votes, d->w->v->catalogue, d->rq.id, 1, &d->w->e), &d->w->e);
	assert_true(votes.count > 0 && votes.rows[0].has_bundle);
	*entry = votes.rows[0].entry;
	assert_ok(
		sr_query_object(&at, d->w->v->catalogue, votes.rows[0].pieces, &d->w->e), &d->w->e);
	sr_votes_free(&votes);
	sr_hex(hex, at.file, SR_HASH);
	snprintf(name, sizeof name, "objects/%.2s/%s", hex, hex);
	return t_path(d->w->vault, name);
}

static void test_bundles(void **state) {
	static struct world_draft draft;
	struct world_vote vote = {.member = 0};
	struct sr_buf whole;
	const char *path;
	struct desk d;
	struct heap h;
	uint64_t entry;

	(void)state;
	desk_begin(&d);
	vote.request = d.rq.id;
	assert_ok(world_vote(d.w, &vote), &d.w->out.err);
	replay(d.w, 3, true, &h);
	nothing_found(&h);
	assert_int_equal(h.counts.pieces, 1);
	heap_free(&h);
	/* In the store, but half of it; and not at all. */
	path = bundle_path(&d, &entry);
	sr_buf_init(&whole);
	t_read_file(path, &whole);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(truncate(path, (off_t)(whole.len / 2)), 0);
	only(d.w, "pieces", "bundle", entry, "object");
	assert_int_equal(unlink(path), 0);
	only(d.w, "pieces", "bundle", entry, "its pieces are not in the store");
	t_write_file(path, whole.p, whole.len);
	/* A member and the service together: a bundle that is not what its voter signs. */
	vote.member = 1;
	vote.lie = W_BAD_BUNDLE;
	memset(&draft, 0, sizeof draft);
	d.w->instead = &draft;
	assert_ok(world_vote(d.w, &vote), &d.w->out.err);
	d.w->instead = NULL;
	entry = sr_ledger_next_index(d.w->v->ledger);
	past_the_door(d.w, &draft, d.w->member[1].seed);
	world_reopen(d.w);
	only(d.w, "pieces", "bundle", entry, "not the one that the vote names");
	sr_buf_free(&whole);
	world_free(d.w);
}

/* --- witnesses -------------------------------------------------------------------------------- */

static void says_open(struct world *w, const uint8_t checkout[SR_ID]) {
	struct sr_outcome out;
	struct sr_buf text;

	sr_buf_init(&text);
	sr_follow_begin(&text, w->v, SR_T_VIEWED, w->now);
	sr_text_put_hex(&text, "checkout", checkout, SR_ID);
	sr_text_put(&text, "event", "open");
	assert_ok(sr_door_service(w->v, sr_buf_view(&text), &out, &w->e), &w->e);
	sr_buf_free(&text);
}

/* From ${first} entries on nobody had confirmed the log until now. */
static void says_gap(struct world *w, uint64_t first) {
	struct sr_outcome out;
	struct sr_buf text;

	sr_buf_init(&text);
	sr_follow_begin(&text, w->v, SR_T_WITNESS, w->now);
	sr_text_put(&text, "event", "unwitnessed");
	sr_text_put_time(&text, "from", w->now - 3600);
	sr_text_put_time(&text, "to", w->now);
	sr_text_put_dec(&text, "first", first);
	sr_text_put_dec(&text, "last", sr_ledger_next_index(w->v->ledger));
	assert_ok(sr_door_service(w->v, sr_buf_view(&text), &out, &w->e), &w->e);
	sr_buf_free(&text);
}

static void glass(struct world *w, const struct world_person *by, const uint8_t checkout[SR_ID]) {
	struct world_draft d;

	world_begin(&d, w, by, SR_T_BREAK_GLASS);
	sr_text_put_hex(&d.text, "checkout", checkout, SR_ID);
	world_text(&d, "reason", "the network is down");
	assert_ok(world_commit(&d, NULL), &w->out.err);
}

/* A checkout whose rules are told that the grant is witnessed, as it is not. The answer's entry. */
static uint64_t lie(struct world *w, struct world_checkout *k) {
	struct sr_inputs in;
	uint8_t id[SR_ID];

	id_of(w, bare_checkout(w, k, &in), id);
	const struct sr_decided_of of = {
		.of = id, .grant = k->grant, .checkout = k->id, .item = k->item};
	return forge_answer(w, &in, &of, "\"witnessed\":false", "\"witnessed\":true", w->now);
}

static void test_witnesses(void **state) {
	struct world_checkout k;
	const char *told = "context.witnessed";
	uint64_t first, answer, opened;
	struct desk d;
	struct heap h;

	(void)state;
	keys();
	desk_begin(&d);
	assert_ok(adopt(d.w, "both"), &d.w->e);
	cosign(d.w, 2, true);
	first = sr_ledger_next_index(d.w->v->ledger);
	world_grant(d.w, d.rq.id, d.grant);
	k = (struct world_checkout){.by = &d.w->researcher[0], .grant = d.grant, .item = d.item[0]};
	/* True ones: told that it is not; told that it is; opened by two names. */
	assert_ok(world_checkout(d.w, &k), &d.w->out.err);
	glass(d.w, &d.w->member[0], k.id);
	glass(d.w, &d.w->officer, k.id);
	assert_ok(world_open(d.w, &k), &d.w->e);
	assert_ok(world_return(d.w, &k), &d.w->out.err);
	replay(d.w, SR_AUDIT_STEP, true, &h);
	nothing_found(&h);
	heap_free(&h);
	/* A false one, and an opening: more than the cosignatures show. */
	answer = lie(d.w, &k);
	only(d.w, "witness", told, answer, "the cosignatures that are kept show");
	opened = sr_ledger_next_index(d.w->v->ledger);
	says_open(d.w, k.id);
	replay(d.w, SR_AUDIT_STEP, true, &h);
	assert_int_equal(h.count, 2);
	assert_int_equal(finding(&h, "witness", told)->entry, answer);
	assert_int_equal(finding(&h, "witness", "event")->entry, opened);
	heap_free(&h);
	/* The quorum has seen all of it by now: when it did follows from nothing but the log's own
	 * word, once it admits the gap. */
	cosign(d.w, 2, true);
	replay(d.w, SR_AUDIT_STEP, true, &h);
	nothing_found(&h);
	heap_free(&h);
	assert_ok(world_return(d.w, &k), &d.w->out.err);
	says_gap(d.w, first);
	/* And a true one behind it, which that word is not about. */
	cosign(d.w, 2, true);
	assert_ok(world_checkout(d.w, &k), &d.w->out.err);
	cosign(d.w, 2, true);
	assert_ok(world_open(d.w, &k), &d.w->e);
	replay(d.w, 2, true, &h);
	assert_int_equal(h.count, 2);
	assert_int_equal(finding(&h, "witness", told)->entry, answer);
	assert_int_equal(finding(&h, "witness", "event")->entry, opened);
	assert_non_null(strstr(finding(&h, "witness", "event")->text, "nobody had confirmed more"));
	heap_free(&h);
	/* A policy that asks nobody: nothing is told to be witnessed from then on. */
	assert_ok(world_return(d.w, &k), &d.w->out.err);
	assert_ok(adopt(d.w, "none"), &d.w->e);
	answer = lie(d.w, &k);
	replay(d.w, SR_AUDIT_STEP, true, &h);
	assert_int_equal(h.count, 3);
	assert_int_equal(finding(&h, "judged", told)->entry, answer);
	heap_free(&h);
	world_free(d.w);
}

/* --- names ------------------------------------------------------------------------------------ */

static void test_name(void **state) {
	static struct sr_key_change k;
	const struct sr_adopt good = {
		.name = "archive.example/second", .known = 10000, .agreed = SR_ADOPT_ALL};
	struct sr_log_link *l = &k.log.next;
	struct sr_outcome out;
	uint64_t agreed, entry;
	struct sr_buf text;
	struct desk d;
	struct heap h;

	(void)state;
	desk_begin(&d);
	assert_ok(sr_adopt(d.w->v, &good, &agreed, &entry, &d.w->e), &d.w->e);
	replay(d.w, SR_AUDIT_STEP, true, &h);
	nothing_found(&h);
	heap_free(&h);
	/* The next one says another tree than the one that it stands in. */
	memset(&k, 0, sizeof k);
	k.log.renames = true;
	l->from = sr_ledger_next_index(d.w->v->ledger);
	l->known = 10001;
	l->agreed = agreed;
	snprintf(l->name, sizeof l->name, "archive.example/third");
	memcpy(l->pk, d.w->v->keys->ledger_pk, SR_PK);
	memcpy(k.room_pk, d.w->v->keys->room_pk, SR_PK);
	sr_ledger_root(k.log.root, d.w->v->ledger);
	k.log.root[31] ^= 1;
	sr_buf_init(&text);
	sr_follow_begin(&text, d.w->v, SR_T_SERVICE_KEY, d.w->now);
	assert_ok(sr_key_change_put(&text, &k, &d.w->e), &d.w->e);
	assert_ok(sr_ledger_rename(d.w->v->ledger, l, &d.w->e), &d.w->e);
	assert_ok(sr_door_service(d.w->v, sr_buf_view(&text), &out, &d.w->e), &d.w->e);
	assert_int_equal(out.code, 0);
	sr_buf_free(&text);
	only(d.w, "name", "root", l->from, "archive.example/third is given to a log whose");
	world_free(d.w);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bundles),
		cmocka_unit_test(test_witnesses),
		cmocka_unit_test(test_name),
	};

	return cmocka_run_group_tests_name("audit: what is kept", tests, NULL, NULL);
}
