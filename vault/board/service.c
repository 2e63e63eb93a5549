/*
 * service - keys/service: making, sealing and opening, and the generations in it. The layout is the
 * header's.
 */
#include "board/service.h"

#include <assert.h>

#include "base/secret.h"
#include "ledger/entry.h"
#include "merkle/note.h"

static const char TYPE[] = "strongroom/service/v1";

enum {
	NOW = 384,
	FORMER = 144,
	LEAVING = 128
};
_Static_assert(sizeof(struct sr_service_secrets) == NOW, "twelve keys of 32 bytes, no padding");
_Static_assert(sizeof(struct sr_service_leaving) == LEAVING, "four keys of 32 bytes, no padding");

/* Public halves, and the newest generation's place in the lists of all. */
static void derive(struct sr_service *k) {
	sr_sign_public(k->ledger_pk, k->s->ledger_seed);
	sr_sign_public(k->room_pk, k->s->room_seed);
	sr_box_public(k->structure_pk, k->s->structure_sk);
	sr_box_public(k->intake_pk, k->s->intake_sk);
	memcpy(k->arena->structure_sk[0], k->s->structure_sk, SR_X_SK);
	memcpy(k->arena->epoch_key[0], k->s->epoch_key, SR_KEY);
}

static int service_alloc(struct sr_service **out, struct sr_err *e) {
	struct sr_service *k = calloc(1, sizeof *k);

	if (k == NULL)
		return sr_fail(e, SR_NOMEM, "service keys: out of memory");
	k->arena = sr_secret_new(sizeof *k->arena, e);
	if (k->arena == NULL) {
		free(k);
		return sr_wrap(e, "service keys");
	}
	memset(k->arena, 0, sizeof *k->arena);
	k->s = &k->arena->now;
	k->generations = 1;
	*out = k;
	return 0;
}

/* An origin is a key name of signed notes: no white space, no '+' (C2SP signed-note). */
static int origin_check(const char *origin, struct sr_err *e) {
	size_t len = strlen(origin);

	if (len == 0 || len > 200)
		return sr_fail(e, SR_USAGE, "origin: want 1 to 200 characters, have %zu", len);
	for (size_t i = 0; i < len; i++)
		if (origin[i] <= 0x20 || origin[i] >= 0x7f || origin[i] == '+')
			return sr_fail(e, SR_USAGE,
				"origin: character %zu is not allowed (ASCII without space and "
				"'+')",
				i + 1);
	return 0;
}

int sr_service_new(struct sr_service **out, const char *origin, struct sr_err *e) {
	struct sr_service *k = NULL;
	int rc = origin_check(origin, e);

	if (rc == 0)
		rc = service_alloc(&k, e);
	if (rc != 0)
		return rc;
	snprintf(k->origin, sizeof k->origin, "%s", origin);
	sr_random(k->s, sizeof *k->s);
	derive(k);
	*out = k;
	return 0;
}

int sr_service_next(struct sr_service **out, const struct sr_service *k, uint64_t from,
	uint32_t epoch, struct sr_err *e) {
	struct sr_service *n = NULL;
	int rc = 0;

	if (k->generations == SR_LOG_KEYS)
		return sr_fail(e, SR_LIMIT,
			"service keys: they were changed %d times, which is the most a vault can",
			SR_SERVICE_FORMER);
	rc = sr_service_new(&n, k->origin, e);
	if (rc != 0)
		return rc;
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): made above */
	memcpy(n->s->quarantine_key, k->s->quarantine_key, SR_KEY);
	memcpy(n->s->secrets_file, k->s->secrets_file, SR_KEY);
	n->generations = k->generations + 1;
	n->under_way = true;
	memcpy(n->arena->leaving.ledger_seed, k->s->ledger_seed, SR_SEED);
	memcpy(n->arena->leaving.room_seed, k->s->room_seed, SR_SEED);
	memcpy(n->arena->leaving.secrets_wrap, k->s->secrets_wrap, SR_KEY);
	memcpy(n->arena->leaving.journal_key, k->s->journal_key, SR_KEY);
	memcpy(n->arena->structure_sk[1], k->arena->structure_sk, k->generations * SR_X_SK);
	memcpy(n->arena->epoch_key[1], k->arena->epoch_key, k->generations * SR_KEY);
	n->former_end[0] = from;
	n->former_epoch[0] = epoch;
	memcpy(n->former_ledger[0], k->ledger_pk, SR_PK);
	memcpy(n->former_room[0], k->room_pk, SR_PK);
	for (size_t i = 1; i < k->generations; i++) {
		n->former_end[i] = k->former_end[i - 1];
		n->former_epoch[i] = k->former_epoch[i - 1];
		memcpy(n->former_ledger[i], k->former_ledger[i - 1], SR_PK);
		memcpy(n->former_room[i], k->former_room[i - 1], SR_PK);
	}
	*out = n;
	return 0;
}

void sr_service_settled(struct sr_service *k) {
	sr_wipe(&k->arena->leaving, sizeof k->arena->leaving);
	k->under_way = false;
}

int sr_service_put(struct sr_buf *out, const struct sr_service *k, struct sr_err *e) {
	sr_buf_put(out, k->s, sizeof *k->s);
	for (size_t i = 0; i + 1 < k->generations; i++) {
		sr_buf_put_le64(out, k->former_end[i]);
		sr_buf_put_le64(out, k->former_epoch[i]);
		sr_buf_put(out, k->former_ledger[i], SR_PK);
		sr_buf_put(out, k->former_room[i], SR_PK);
		sr_buf_put(out, k->arena->structure_sk[i + 1], SR_X_SK);
		sr_buf_put(out, k->arena->epoch_key[i + 1], SR_KEY);
	}
	if (k->under_way)
		sr_buf_put(out, &k->arena->leaving, sizeof k->arena->leaving);
	return sr_buf_ok(out, e);
}

int sr_service_seal(struct sr_buf *out, const struct sr_service *k, const struct sr_unlock *u,
	struct sr_err *e) {
	struct sr_buf pub, plain;
	struct sr_vkey vkey;
	int rc;

	sr_buf_init(&pub);
	sr_buf_init_secret(&plain);
	rc = sr_vkey_make(&vkey, sr_bytes_str(k->origin), SR_NOTE_ED25519, k->ledger_pk, e);
	if (rc != 0)
		goto out;
	sr_text_put(&pub, "origin", k->origin);
	sr_buf_put_str(&pub, "ledger-key ");
	sr_vkey_put(&pub, &vkey);
	sr_buf_put_u8(&pub, '\n');
	sr_text_put_base64(&pub, "room-key", k->room_pk, SR_PK);
	rc = sr_buf_ok(&pub, e);
	if (rc == 0)
		rc = sr_service_put(&plain, k, e);
	if (rc == 0)
		rc = sr_passphrase_seal(out, TYPE, sr_buf_view(&pub), u, sr_buf_view(&plain), e);
out:
	sr_buf_free(&plain);
	sr_buf_free(&pub);
	return rc;
}

/* Former generations from ${p}; each ended after the one before it. */
static int former_get(struct sr_service *k, const uint8_t *p, size_t count, struct sr_err *e) {
	for (size_t i = 0; i < count; i++, p += FORMER) {
		const uint64_t epoch = sr_le64_get(p + 8);

		k->former_end[i] = sr_le64_get(p);
		k->former_epoch[i] = (uint32_t)epoch;
		memcpy(k->former_ledger[i], p + 16, SR_PK);
		memcpy(k->former_room[i], p + 48, SR_PK);
		memcpy(k->arena->structure_sk[i + 1], p + 80, SR_X_SK);
		memcpy(k->arena->epoch_key[i + 1], p + 112, SR_KEY);
		if (k->former_end[i] == 0 || (i > 0 && k->former_end[i] >= k->former_end[i - 1]))
			return sr_fail(e, SR_CORRUPT, "generation %zu before these ended at %llu",
				i + 1, (unsigned long long)k->former_end[i]);
		if (epoch < SR_EPOCH_FIRST || epoch > UINT32_MAX ||
			(i > 0 && epoch >= k->former_epoch[i - 1]))
			return sr_fail(e, SR_CORRUPT,
				"generation %zu before these ended in key epoch %llu", i + 1,
				(unsigned long long)epoch);
	}
	k->generations = count + 1;
	return 0;
}

int sr_service_of(struct sr_service **out, struct sr_bytes origin, struct sr_bytes secrets,
	struct sr_err *e) {
	struct sr_service *k = NULL;
	const size_t more = secrets.len < NOW ? 1 : secrets.len - NOW, count = more / FORMER;
	int rc;

	if ((more % FORMER != 0 && more % FORMER != LEAVING) || count > SR_SERVICE_FORMER ||
		(count == 0 && more != 0))
		return sr_fail(e, SR_CORRUPT, "want %d bytes of keys and those before, have %zu",
			NOW, secrets.len);
	if (origin.p == NULL || origin.len >= sizeof k->origin)
		return sr_fail(e, SR_CORRUPT, "no usable origin line");
	rc = service_alloc(&k, e);
	if (rc != 0)
		return rc;
	memcpy(k->origin, origin.p, origin.len);
	memcpy(k->s, secrets.p, NOW);
	rc = former_get(k, secrets.p + NOW, count, e);
	if (more % FORMER == LEAVING) {
		k->under_way = true;
		memcpy(&k->arena->leaving, secrets.p + secrets.len - LEAVING, LEAVING);
	}
	derive(k);
	if (rc != 0) {
		sr_service_free(k);
		return rc;
	}
	*out = k;
	return 0;
}

int sr_service_open(struct sr_service **out, struct sr_bytes file, const struct sr_unlock *u,
	struct sr_err *e) {
	struct sr_buf plain;
	struct sr_text t = {0};
	int rc;

	sr_buf_init_secret(&plain);
	rc = sr_passphrase_open(&plain, TYPE, u, file, e);
	if (rc == 0)
		rc = sr_text_parse(&t, file, e);
	if (rc == 0)
		rc = sr_service_of(out, sr_text_get(&t, "origin"), sr_buf_view(&plain), e);
	if (rc != 0)
		sr_wrap(e, "keys/service");
	sr_text_free(&t);
	sr_buf_free(&plain);
	return rc;
}

void sr_service_free(struct sr_service *k) {
	if (k == NULL)
		return;
	sr_secret_free(k->arena, sizeof *k->arena);
	sr_wipe(k, sizeof *k);
	free(k);
}

/* --- of several generations ------------------------------------------------------------------- */

/* How many generations came after the one that the epoch is of. */
static size_t later_than(const struct sr_service *k, uint32_t epoch) {
	size_t later = 0;

	while (later + 1 < k->generations && epoch <= k->former_epoch[later])
		later++;
	return later;
}

const uint8_t *sr_service_epoch_key(const struct sr_service *k, uint32_t epoch) {
	return k->arena->epoch_key[later_than(k, epoch)];
}

bool sr_service_epoch_first(const struct sr_service *k, uint32_t epoch) {
	return later_than(k, epoch) + 1 == k->generations;
}

int sr_service_log_keys(struct sr_log_keys *out, const struct sr_service *k,
	const struct sr_log_link *names, size_t count, struct sr_err *e) {
	size_t i = k->generations - 1; /* former ones, the oldest last */
	size_t n = 0;
	int rc = 0;

	sr_log_keys_begin(out, k->origin, i == 0 ? k->ledger_pk : k->former_ledger[i - 1]);
	while ((i > 0 || n < count) && rc == 0) {
		if (n < count && (i == 0 || names[n].from < k->former_end[i - 1])) {
			rc = sr_log_keys_rename(out, &names[n++], e);
			continue;
		}
		rc = sr_log_keys_add(out, k->former_end[i - 1],
			i == 1 ? k->ledger_pk : k->former_ledger[i - 2], e);
		i--;
	}
	return rc;
}

const uint8_t *sr_service_room_at(const struct sr_service *k, uint64_t index) {
	const uint8_t *pk = k->room_pk;

	for (size_t i = 0; i + 1 < k->generations && index <= k->former_end[i]; i++)
		pk = k->former_room[i];
	return pk;
}
