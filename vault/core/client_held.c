/*
 * Held items for another curator. See client.h.
 *
 * The key that boxes are made to is the one that the log proves, never one that the vault names:
 * a host that swaps it would open what is held. The part that comes out of our own box is worth
 * nothing without the vault's outer layer and slot, and is wiped at once.
 */
#include "board/held.h"
#include "core/client_in.h"
#include "core/ops.h"

struct sharing {
	struct sr_client *c;
	const char *person;
	uint8_t pk[SR_PK];    /* proven */
	const uint8_t *items; /* those asked for, or NULL: all */
	size_t count;
	struct sr_writ draft[SR_PREPARE_MAX];
	uint8_t item[SR_PREPARE_MAX][SR_ID];
	uint64_t number[SR_PREPARE_MAX];
	size_t n;     /* in this group */
	size_t named; /* in all groups */
};

enum {
	/* Items that one run is named: a vault that never says "no more" must not keep a curator
	 * busy for ever. Three of the largest deposits seen (45,000 items), none of them released;
	 * a second run begins with what is still missing, so nothing is out of reach. */
	NAMED_MAX = 1 << 17
};

/* After the receipts that came with the first group. */
static int known_curator(
	uint8_t pk[SR_PK], struct sr_client *c, const char *person, struct sr_err *e) {
	const struct sr_known *who = sr_proofs_person(&c->proofs, person);

	if (who == NULL)
		return sr_fail(
			e, SR_AUTH, "nothing shows that %s is a person of this vault", person);
	if ((who->roles & SR_ROLE_CURATOR) == 0)
		return sr_fail(e, SR_DENIED,
			"%s is not a curator here: held items are shared with curators alone",
			person);
	memcpy(pk, who->pk, SR_PK);
	return 0;
}

static bool asked_for(const struct sharing *s, const uint8_t item[SR_ID]) {
	for (size_t i = 0; i < s->count; i++)
		if (memcmp(s->items + i * SR_ID, item, SR_ID) == 0)
			return true;
	return s->items == NULL;
}

/* Who asks for some passes over what lies between them: *${after} moves up to the next of those.
 * *${end}: there is none. So they are asked for no more often than there are of them. */
static void to_next_asked(const struct sharing *s, uint8_t after[SR_ID], bool *end) {
	const uint8_t *next = NULL;
	uint8_t before[SR_ID];

	if (s->items == NULL)
		return;
	for (size_t i = 0; i < s->count; i++) {
		const uint8_t *one = s->items + i * SR_ID;

		if (memcmp(one, after, SR_ID) > 0 && (next == NULL || memcmp(one, next, SR_ID) < 0))
			next = one;
	}
	*end = next == NULL;
	if (next == NULL)
		return;
	memcpy(before, next, SR_ID);
	for (size_t i = SR_ID; i > 0 && before[i - 1]-- == 0; i--)
		;
	if (memcmp(before, after, SR_ID) > 0)
		memcpy(after, before, SR_ID);
}

/* The next group into ${s}; *${after} moves on, *${end} when there are no more. */
static int next_group(
	struct sharing *s, uint8_t after[SR_ID], bool *begun, bool *end, struct sr_err *e) {
	struct sr_rows rows = {0};
	struct sr_call q, r;
	size_t group = 0;
	int rc;

	s->n = 0;
	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "held.missing");
	sr_text_put(&q.head, "person", s->person);
	if (*begun)
		sr_text_put_hex(&q.head, "after", after, SR_ID);
	sr_client_put_since(s->c, &q);
	rc = sr_client_rows(s->c, &q, &r, &rows, e);
	if (rc == 0)
		rc = sr_proofs_add_rows(&s->c->proofs, &rows, e);
	for (size_t i = 0; rc == 0 && i < rows.count; i++) {
		if (!sr_row_is(&rows.rows[i], "held"))
			continue;
		if (group++ == SR_PREPARE_MAX)
			rc = sr_fail(e, SR_CORRUPT, "the vault names more than %d items at once",
				SR_PREPARE_MAX);
		else if (s->named++ == NAMED_MAX)
			rc = sr_fail(e, SR_LIMIT,
				"the vault has named %d items to share, and does not stop: those "
				"that are shared stay so, and a second run begins behind them",
				(int)NAMED_MAX);
		if (rc != 0)
			break;
		rc = sr_row_get_id(s->item[s->n], SR_ID, &rows.rows[i], "item", e);
		if (rc == 0)
			rc = sr_row_get_dec(&s->number[s->n], &rows.rows[i], "number", e);
		if (rc == 0 && *begun && memcmp(s->item[s->n], after, SR_ID) <= 0)
			rc = sr_fail(e, SR_CORRUPT, "the vault names items out of order");
		if (rc != 0)
			break;
		memcpy(after, s->item[s->n], SR_ID);
		*begun = true;
		s->n += asked_for(s, after) ? 1 : 0;
	}
	*end = group < SR_PREPARE_MAX; /* as many as it has, as long as it has any */
	if (rc == 0 && !*end)
		to_next_asked(s, after, end);
	sr_rows_free(&rows);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

/* One box and the statement that it is signed by. */
static int make_box(struct sharing *s, size_t i, struct sr_buf *body, struct sr_err *e) {
	struct sr_held_item held = {.number = 0};
	struct sr_held_place at;
	struct sr_held_box box;
	uint8_t hash[SR_HASH];
	int rc = sr_client_part(s->c, s->item[i], &held, e);

	if (rc == 0 && held.number != s->number[i])
		rc = sr_fail(e, SR_AUTH, "the vault names two numbers for one envelope");
	memcpy(at.vault, s->c->info.fingerprint, SR_HASH);
	memcpy(at.item, s->item[i], SR_ID);
	at.number = held.number;
	if (rc == 0)
		rc = sr_held_box_make(&box, &at, s->person, s->pk, held.part, e);
	sr_wipe(&held, sizeof held);
	if (rc == 0)
		rc = sr_writ_begin(&s->draft[i], s->c, SR_T_HELD_BOX, 0, e);
	if (rc != 0)
		return rc;
	sr_held_box_hash(hash, &at, &box);
	sr_text_put_hex(&s->draft[i].text, "item", at.item, SR_ID);
	sr_text_put_dec(&s->draft[i].text, "number", at.number);
	sr_text_put(&s->draft[i].text, "person", box.person);
	sr_text_put_base64(&s->draft[i].text, "key", box.pk, SR_PK);
	sr_text_put_hex(&s->draft[i].text, "box", hash, SR_HASH);
	sr_buf_put(body, at.item, SR_ID);
	sr_buf_put_le64(body, at.number);
	sr_buf_put(body, box.pk, SR_PK);
	sr_buf_put(body, box.box, SR_HELD_BOX);
	return 0;
}

static int share_group(
	struct sharing *s, struct sr_submitted out[SR_PREPARE_MAX], struct sr_err *e) {
	struct sr_call q, r;
	int rc = 0;

	sr_call_init(&q);
	sr_call_init(&r);
	sr_call_begin(&q, "held.offer");
	sr_text_put(&q.head, "person", s->person);
	sr_buf_put_le32(&q.body, (uint32_t)s->n);
	memset(s->draft, 0, sizeof s->draft);
	for (size_t i = 0; i < s->n && rc == 0; i++)
		rc = make_box(s, i, &q.body, e);
	if (rc == 0)
		rc = sr_buf_ok(&q.body, e);
	if (rc == 0)
		rc = sr_client_once(s->c, &q, &r, e);
	if (rc == 0)
		rc = sr_client_submit_many(s->c, s->draft, s->n, out, e);
	for (size_t i = 0; i < s->n; i++)
		sr_writ_free(&s->draft[i]);
	sr_call_free(&q);
	sr_call_free(&r);
	return rc;
}

int sr_client_share_held(
	struct sr_client *c, const struct sr_held_sharing *h, size_t *shared, struct sr_err *e) {
	struct sharing *s = calloc(1, sizeof *s);
	struct sr_submitted *out = calloc(SR_PREPARE_MAX, sizeof *out);
	uint8_t after[SR_ID] = {0};
	bool begun = false, end = false;
	int rc = s == NULL || out == NULL ? sr_fail(e, SR_NOMEM, "held share: out of memory")
					  : sr_client_signer(c, e);

	*shared = 0;
	if (rc == 0 && s != NULL) {
		s->c = c;
		s->items = h->items;
		s->count = h->count;
		s->person = h->person;
	}
	while (rc == 0 && !end && s != NULL && out != NULL) {
		rc = next_group(s, after, &begun, &end, e);
		if (rc != 0)
			break;
		if (s->n > 0 && *shared == 0)
			rc = known_curator(s->pk, c, h->person, e);
		if (rc == 0 && s->n > 0)
			rc = share_group(s, out, e);
		for (size_t i = 0; i < s->n; i++) {
			if (rc == 0 && out[i].code != 0)
				rc = sr_fail(e, (enum sr_code)out[i].code, "%s", out[i].why.text);
			*shared += rc == 0 ? 1 : 0;
			sr_submitted_free(&out[i]);
		}
		if (rc == 0 &&
			sr_progress_report(&c->o.progress, "held share", *shared, 0, "items") != 0)
			rc = sr_fail(e, SR_LOCKED, "stopped on request");
	}
	free(out);
	free(s);
	return rc;
}
