/*
 * fuzz_ledger_keychange - the notes by which a log's key or name is followed, as hello, bundles and
 * exports bring them to whoever knows the key before.
 *
 * Input: u8 mode. 0: a note as it is. 1: u8 which, u16 offset, u8 xor, applied to one of three real
 * notes (a key, a name, a key under that name), offered when it is its turn. Whatever comes, the
 * chain only grows by what the key before signed, each link after the one before it; the same note
 * again changes nothing; and what its text says is read alike by who knows statements and who does
 * not.
 */
#include "fuzz_merkle.h"
#include "ledger/keychange.h"

enum {
	NOTES = 3
};
static const char NEXT_NAME[] = "fuzz.example/second";

struct chain { /* the same at every call */
	uint8_t ledger[NOTES + 1][SR_SEED], room[NOTES + 1][SR_SEED];
	struct sr_buf note[NOTES];
	struct sr_log_keys keys[NOTES + 1]; /* before, and after each */
};

static void note_make(struct chain *c, size_t i) {
	const struct sr_log_link *before = sr_log_keys_last(&c->keys[i]);
	const bool renames = i == 1;
	const size_t by = i == 2 ? 1 : i, next = renames ? by : i == 0 ? 1 : 2;
	struct sr_key_change k = {.log = {.renames = renames}};
	const struct sr_key_change_by signers = {.origin = FUZZ_ORIGIN,
		.name = before->name,
		.ledger_seed = c->ledger[by],
		.room_seed = c->room[by]};
	struct sr_head head = {.time = 1700000000};
	struct sr_buf text;
	struct sr_err e;

	k.log.next.from = 10 * (i + 1);
	snprintf(k.log.next.name, sizeof k.log.next.name, "%s", i > 0 ? NEXT_NAME : FUZZ_ORIGIN);
	sr_sign_public(k.log.next.pk, c->ledger[next]);
	sr_sign_public(k.room_pk, c->room[next]);
	if (renames) {
		k.log.next.agreed = 18;
		k.log.next.known = 25;
		t_fill(k.log.root, SR_HASH, 9);
	}
	t_fill(head.vault, SR_HASH, 7);
	t_fill(head.id, SR_ID, i + 1);
	snprintf(head.actor, sizeof head.actor, "service");
	sr_buf_init(&text);
	sr_statement_begin(&text, SR_T_SERVICE_KEY, &head);
	assert_ok(sr_key_change_put(&text, &k, &e), &e);
	sr_buf_init(&c->note[i]);
	assert_ok(sr_key_change_sign(&c->note[i], sr_buf_view(&text), &signers, &e), &e);
	sr_buf_free(&text);
	c->keys[i + 1] = c->keys[i];
	assert_ok(sr_key_change_follow(
			  NULL, &c->keys[i + 1], head.vault, sr_buf_view(&c->note[i]), &e),
		&e);
	MUST(c->keys[i + 1].count == i + 2);
}

static const struct chain *chain(void) {
	static struct chain c;
	uint8_t pk[SR_PK];

	if (c.keys[0].count > 0)
		return &c;
	for (size_t i = 0; i <= NOTES; i++) {
		t_fill(c.ledger[i], SR_SEED, 100 + i);
		t_fill(c.room[i], SR_SEED, 200 + i);
	}
	sr_sign_public(pk, c.ledger[0]);
	sr_log_keys_begin(&c.keys[0], FUZZ_ORIGIN, pk);
	for (size_t i = 0; i < NOTES; i++)
		note_make(&c, i);
	return &c;
}

/* ${in} to who has followed ${at} notes. */
static void offer(const struct chain *c, size_t at, struct sr_bytes in) {
	struct sr_log_keys keys = c->keys[at];
	struct sr_key_change k;
	struct sr_log_change said;
	struct sr_note note;
	struct sr_err e;
	const int rc = sr_key_change_follow(&k, &keys, NULL, in, &e);

	MUST(keys.count >= c->keys[at].count && sr_log_keys_begin_with(&keys, &c->keys[at]));
	if (rc != 0) {
		MUST(keys.count == c->keys[at].count && e.text[0] != '\0');
		return;
	}
	/* Nobody has the keys but us: it is a note of ours, of now or of before. */
	MUST(at == NOTES ? keys.count == at + 1 : sr_log_keys_begin_with(&c->keys[at + 1], &keys));
	MUST(sr_note_parse(&note, in, &e) == 0);
	MUST(sr_log_change_read(&said, note.text, &e) == 0);
	MUST(said.next.from == k.log.next.from && said.renames == k.log.renames &&
		memcmp(said.next.pk, k.log.next.pk, SR_PK) == 0);
	sr_note_free(&note);
	const size_t count = keys.count;
	MUST(sr_key_change_follow(NULL, &keys, NULL, in, &e) == 0 && keys.count == count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	const struct chain *c;
	struct sr_buf b;

	fuzz_start();
	c = chain();
	if (fuzz_u8(&in) % 2 == 0) {
		for (size_t i = 0; i <= NOTES; i++)
			offer(c, i, in);
		return 0;
	}
	const size_t which = fuzz_u8(&in) % NOTES, at = fuzz_u16(&in);
	sr_buf_init(&b);
	sr_buf_put_bytes(&b, sr_buf_view(&c->note[which]));
	MUST(sr_buf_ok(&b, NULL) == 0);
	b.p[at % b.len] ^= fuzz_u8(&in);
	offer(c, which, sr_buf_view(&b));
	sr_buf_free(&b);
	return 0;
}

void fuzz_seeds(void) {
	static const char *const names[NOTES] = {"key", "name", "key-under-it"};
	const struct chain *c;

	fuzz_start();
	c = chain();
	for (size_t i = 0; i < NOTES; i++) {
		struct sr_buf b;

		sr_buf_init(&b);
		sr_buf_put_u8(&b, 0);
		sr_buf_put_bytes(&b, sr_buf_view(&c->note[i]));
		fuzz_seed(names[i], sr_buf_view(&b));
		sr_buf_free(&b);
	}
	for (int i = 0; i < NOTES; i++) {
		const uint8_t flip[] = {1, (uint8_t)i, (uint8_t)(40 * i), 1, (uint8_t)(1 + i)};

		fuzz_seed(i == 0   ? "flip-0"
			  : i == 1 ? "flip-1"
				   : "flip-2",
			sr_bytes_of(flip, sizeof flip));
	}
}
