/*
 * cosigning_rig - two witnesses that are nowhere: a policy that names them, and their cosignatures
 * made by hand. Beside world.h.
 */
#ifndef SR_TESTS_COSIGNING_RIG_H
#define SR_TESTS_COSIGNING_RIG_H

#include "board/witnessing.h"
#include "ledger/ledger.h"
#include "merkle/cosignature.h"
#include "world.h"

static struct sr_vkey key[2];
static uint8_t seed[2][SR_SEED];

static inline void keys(void) {
	static const char *const names[] = {"one.example/w", "two.example/w"};
	struct sr_err e = {0};

	for (size_t i = 0; i < 2; i++) {
		uint8_t pk[SR_PK];

		t_fill(seed[i], SR_SEED, 70 + i);
		sr_sign_public(pk, seed[i]);
		assert_ok(
			sr_vkey_make(&key[i], sr_bytes_str(names[i]), SR_NOTE_COSIGN, pk, &e), &e);
	}
}

/* "${quorum}" of two witnesses at an address where nobody is. */
static inline void policy(struct sr_buf *out, const char *quorum) {
	for (size_t i = 0; i < 2; i++) {
		sr_buf_printf(out, "witness w%zu ", i);
		sr_vkey_put(out, &key[i]);
		sr_buf_printf(out, " http://127.0.0.1:1/w%zu\n", i);
	}
	sr_buf_printf(out, "group both all w0 w1\nquorum %s\n", quorum);
}

static inline int adopt(struct world *w, const char *quorum) {
	struct sr_buf text;
	int rc;

	sr_buf_init(&text);
	policy(&text, quorum);
	rc = sr_witnessing_adopt(w->v, sr_buf_view(&text), &w->e);
	sr_buf_free(&text);
	return rc;
}

/* What is published now, cosigned by the first ${count} witnesses and kept. */
static inline void cosign(struct world *w, size_t count, bool quorum) {
	struct sr_buf note;
	struct sr_note n;

	sr_buf_init(&note);
	assert_ok(sr_ledger_publish(w->v->ledger, &w->e), &w->e);
	assert_ok(sr_ledger_published(w->v->ledger, &note, &w->e), &w->e);
	for (size_t i = 0; i < count; i++) {
		const struct sr_signer s = {.key = &key[i], .seed = seed[i]};
		struct sr_buf line;

		sr_buf_init(&line);
		assert_ok(sr_note_parse(&n, sr_buf_view(&note), &w->e), &w->e);
		assert_ok(sr_cosign_line(&line, n.text, &s, (uint64_t)w->now, &w->e), &w->e);
		sr_note_free(&n);
		sr_buf_put_bytes(&note, sr_buf_view(&line));
		sr_buf_free(&line);
	}
	assert_ok(sr_ledger_recosign(w->v->ledger, sr_buf_view(&note), quorum, &w->e), &w->e);
	assert_ok(sr_witnessing_open(w->v, &w->e), &w->e);
	sr_buf_free(&note);
}

#endif
