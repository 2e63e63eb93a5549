/*
 * dbkeys - after a destruction catalogue and index lie under new keys: old files put back open
 * nothing and are made anew, a kill in between is made good, and the certificate says which it is.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "board/certificate.h"
#include "board/dbkeys.h"
#include "store/index.h"
#include "store/secrets.h"
#include "things.h"
#include "world.h"

static const char *const files[] = {SR_CATALOGUE_FILE, SR_INDEX_FILE};

static void destroy(struct world *w, const uint8_t item[SR_ID], uint8_t request[SR_ID]) {
	struct world_request rq = {.by = &w->curator[0],
		.kind = "destroy",
		.items = (const uint8_t(*)[SR_ID])item,
		.count = 1};

	assert_int_equal(world_request(w, &rq), 0);
	assert_int_equal(vote_on(w, 0, &rq), 0);
	assert_int_equal(vote_on(w, 1, &rq), 0);
	assert_int_equal(request_state(w, rq.id), SR_S_GRANTED);
	memcpy(request, rq.id, SR_ID);
}

static struct sr_renewal due(struct world *w) {
	struct sr_renewal r;

	assert_ok(sr_renewal_due(&r, w->v, &w->e), &w->e);
	return r;
}

/* A database file of the closed vault into memory, or back. */
static void file_of(struct world *w, const char *name, struct sr_buf *b, bool put) {
	char *path = strdup(t_path(w->vault, name));

	assert_non_null(path);
	if (put)
		t_write_file(path, b->p, b->len);
	else
		t_read_file(path, b);
	free(path);
}

static void key_of(struct world *w, const char *name, uint8_t key[SR_KEY]) {
	assert_ok(sr_db_file_key(key, w->v, name, &w->e), &w->e);
}

static void old_files_open_nothing(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[2][SR_ID], request[SR_ID], before[2][SR_KEY], after[2][SR_KEY];
	struct sr_buf old[2];
	char *told;

	(void)state;
	put_item(w, item[0], true);
	put_item(w, item[1], true);
	assert_false(due(w).due);
	for (size_t i = 0; i < 2; i++) {
		key_of(w, files[i], before[i]);
		sr_buf_init(&old[i]);
	}
	world_close(w);
	for (size_t i = 0; i < 2; i++)
		file_of(w, files[i], &old[i], false);
	world_reopen(w);
	destroy(w, item[0], request);
	assert_true(due(w).due && due(w).small);

	/* The next opening makes both anew, and tells it; the one after does nothing. */
	world_reopen(w);
	told = sr_buf_dup_str(&w->v->recovered);
	assert_non_null(told);
	assert_non_null(strstr(told, "made anew under new keys"));
	free(told);
	assert_false(due(w).due);
	for (size_t i = 0; i < 2; i++) {
		key_of(w, files[i], after[i]);
		assert_memory_not_equal(before[i], after[i], SR_KEY);
	}
	assert_memory_not_equal(after[0], after[1], SR_KEY);
	world_reopen(w);
	assert_int_equal(w->v->recovered.len, 0);

	/* Files from before, put back: their pages open under no key that is left; rebuilt. */
	world_close(w);
	for (size_t i = 0; i < 2; i++)
		file_of(w, files[i], &old[i], true);
	world_reopen(w);
	told = sr_buf_dup_str(&w->v->recovered);
	assert_non_null(told);
	assert_non_null(strstr(told, "it was rebuilt from the ledger"));
	assert_non_null(strstr(told, "it was rebuilt from the packs"));
	free(told);
	assert_int_equal(item_state(w, item[0]), SR_S_DESTROYED);
	assert_int_equal(item_state(w, item[1]), SR_S_RELEASED);

	/* A second destruction is due again. */
	destroy(w, item[1], request);
	assert_true(due(w).due);
	assert_ok(sr_vault_renew(w->v, NULL, &w->e), &w->e);
	assert_false(due(w).due);
	for (size_t i = 0; i < 2; i++) {
		key_of(w, files[i], before[i]);
		assert_memory_not_equal(before[i], after[i], SR_KEY);
		sr_buf_free(&old[i]);
	}
	assert_int_equal(item_state(w, item[1]), SR_S_DESTROYED);
	world_free(w);
}

/* A kill after the new keys and before the new files: the files open with no key, and are rebuilt.
 */
static void keys_without_files(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[1][SR_ID], request[SR_ID], value[SR_KEY + 8] = {9};
	char *told;

	(void)state;
	put_item(w, item[0], true);
	destroy(w, item[0], request);
	sr_le64_put(value + SR_KEY, 1000);
	for (size_t i = 0; i < 2; i++)
		assert_ok(
			sr_secrets_replace(w->v->secrets, SR_SECRET_DB_KEY, sr_bytes_str(files[i]),
				0, sr_bytes_of(value, sizeof value), &w->e),
			&w->e);
	world_reopen(w);
	told = sr_buf_dup_str(&w->v->recovered);
	assert_non_null(told);
	assert_non_null(strstr(told, "rebuilt from the ledger"));
	assert_non_null(strstr(told, "rebuilt from the packs"));
	free(told);
	assert_int_equal(item_state(w, item[0]), SR_S_DESTROYED);
	/* A value of another size is damage, and said to be. */
	assert_ok(sr_secrets_replace(w->v->secrets, SR_SECRET_DB_KEY, sr_bytes_str(files[0]), 0,
			  sr_bytes_of(value, 5), &w->e),
		&w->e);
	assert_fails(sr_db_file_key(value, w->v, files[0], &w->e), SR_CORRUPT, &w->e,
		"want 40 bytes, have 5");
	world_free(w);
}

static bool has_line(const struct sr_buf *note, const char *line) {
	return memmem(note->p, note->len, line, strlen(line)) != NULL;
}

static void certified(void **state) {
	struct world *w = world_new(&(struct world_options){.second = true});
	const struct sr_certificate_want want = {
		W_ORIGIN, w->v->keys->room_pk, w->v->fingerprint, NULL};
	uint8_t item[2][SR_ID], request[SR_ID], other[SR_PK] = {1}, hash[SR_HASH];
	struct sr_certificate_want wrong = want;
	struct sr_certificate cert;
	struct sr_buf note, bad;
	char line[100];
	uint64_t entry = 0;

	(void)state;
	sr_buf_init(&note);
	sr_buf_init(&bad);
	put_item(w, item[0], true);
	put_item(w, item[1], true);
	assert_fails(sr_certificate_make(&note, &entry, w->v,
			     &(struct sr_certificate_of){.item = item[0]}, &w->e),
		SR_NOTFOUND, &w->e, "the item is released");
	destroy(w, item[0], request);
	assert_fails(sr_certificate_make(&note, &entry, w->v,
			     &(struct sr_certificate_of){.request = item[1]}, &w->e),
		SR_NOTFOUND, &w->e, "destroyed nothing");
	assert_ok(sr_certificate_make(
			  &note, &entry, w->v, &(struct sr_certificate_of){.item = item[0]}, &w->e),
		&w->e);
	assert_ok(sr_certificate_read(&cert, sr_buf_view(&note), &want, &w->e), &w->e);
	assert_int_equal(cert.entry, entry);
	assert_int_equal(cert.secrets + cert.envelopes, 0);
	sr_hex(line, item[0], SR_ID);
	assert_true(has_line(&note, line));
	assert_true(has_line(&note, "\nsecond current\n"));
	assert_true(has_line(&note, "\ndatabases pending\n"));
	assert_true(has_line(&note, "\nnot-promised databases\n"));
	assert_true(has_line(&note, "\nnot-promised shared-blocks\n"));
	assert_false(has_line(&note, "\nnot-promised exports\n"));
	assert_false(has_line(&note, "\nnot-promised second-copy\n"));
	{ /* What it names is the entry, byte for byte. */
		struct sr_entry en = {0};

		world_last(w, SR_T_DESTROY, &en);
		memcpy(hash, en.statement.hash, SR_HASH);
		assert_memory_equal(cert.statement, hash, SR_HASH);
		sr_entry_free(&en);
	}
	/* Every flipped bit of it is found, another key, another vault. */
	for (size_t i = 0; i < note.len; i += 7) {
		sr_buf_clear(&bad);
		sr_buf_put_bytes(&bad, sr_buf_view(&note));
		bad.p[i] ^= 1;
		assert_true(sr_certificate_read(&cert, sr_buf_view(&bad), &want, &w->e) != 0);
	}
	wrong.room_pk = other;
	assert_true(sr_certificate_read(&cert, sr_buf_view(&note), &wrong, &w->e) != 0);
	wrong = want;
	wrong.vault = hash;
	assert_fails(sr_certificate_read(&cert, sr_buf_view(&note), &wrong, &w->e), SR_AUTH, &w->e,
		"another vault");

	wrong = want;
	wrong.item = item[1];
	assert_fails(sr_certificate_read(&cert, sr_buf_view(&note), &wrong, &w->e), SR_AUTH, &w->e,
		"another item");
	wrong.item = item[0];
	assert_ok(sr_certificate_read(&cert, sr_buf_view(&note), &wrong, &w->e), &w->e);

	/* After the renewal, and by the request. */
	assert_ok(sr_vault_renew(w->v, NULL, &w->e), &w->e);
	sr_buf_clear(&note);
	assert_ok(sr_certificate_make(&note, &entry, w->v,
			  &(struct sr_certificate_of){.request = request}, &w->e),
		&w->e);
	assert_true(has_line(&note, "\ndatabases renewed\n"));
	assert_false(has_line(&note, "\nnot-promised databases\n"));
	assert_true(has_line(&note, line));
	/* The second copy is away when the next item ends: pending, and said so. */
	world_close(w);
	assert_int_equal(rename(w->second, t_path(w->path, "away")), 0);
	world_reopen(w);
	destroy(w, item[1], request);
	sr_buf_clear(&note);
	assert_ok(sr_certificate_make(
			  &note, &entry, w->v, &(struct sr_certificate_of){.item = item[1]}, &w->e),
		&w->e);
	assert_true(has_line(&note, "\nsecond pending\n"));
	assert_true(has_line(&note, "\nnot-promised second-copy\n"));
	sr_buf_free(&note);
	sr_buf_free(&bad);
	world_free(w);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(old_files_open_nothing),
		cmocka_unit_test(keys_without_files),
		cmocka_unit_test(certified),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
