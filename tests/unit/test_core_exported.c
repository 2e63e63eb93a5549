/*
 * exported - an auditor reads a folder with nothing but their identity, so whoever wrote it is
 * their adversary: somebody with the log's key and the service's, who signs whatever root they
 * like, or somebody who only reached the folder. The logs here are written entry by entry from such
 * hands, and each that is none of an honest vault is refused with the sentence that says what is
 * wrong.
 */
#include "ledger_fixture.h"

#include <sys/stat.h>
#include <unistd.h>

#include "core/exported.h"
#include "ledger/epoch.h"

enum {
	FOUNDERS = 3,
	AUDITOR = FOUNDERS + 2, /* as t_found_text has them */
	CUSTODIAN = FOUNDERS + 3,
	NOBODY = 40,
	EPOCHS = 5, /* from 1; key 0 is unused */
	ENTRIES = 8
};

struct forged {
	char *path;
	struct sr_dir *dir;
	uint8_t seed[SR_SEED]; /* of the service: its log and its room */
	struct sr_vkey key;
	uint8_t vault[SR_HASH];
	uint8_t secret[EPOCHS + 1][SR_KEY];
	uint32_t epoch; /* that the next entry is sealed under */
	struct sr_buf found;
	struct sr_buf entry[ENTRIES];
	size_t count;
	struct sr_identity identity;
	uint64_t told;
	struct sr_exported_log log;
	struct sr_err e;
};

/* found, with the signature of everybody who founds. */
static void found(struct forged *f) {
	struct sr_buf text, notes[FOUNDERS];
	struct sr_bytes views[FOUNDERS];
	struct sr_statement s;

	sr_buf_init(&text);
	t_found_text(&text, FOUNDERS);
	for (unsigned i = 0; i < FOUNDERS; i++) {
		const struct t_person p = t_person(i);

		sr_buf_init(&notes[i]);
		assert_ok(sr_statement_sign(&notes[i], sr_buf_view(&text), p.name, p.seed, &f->e),
			&f->e);
		views[i] = sr_buf_view(&notes[i]);
	}
	sr_buf_init(&f->found);
	assert_ok(sr_statement_merge(&f->found, views, FOUNDERS, &f->e), &f->e);
	assert_ok(sr_statement_parse(&s, sr_buf_view(&f->found), &f->e), &f->e);
	memcpy(f->vault, s.hash, SR_HASH);
	sr_statement_free(&s);
	for (unsigned i = 0; i < FOUNDERS; i++)
		sr_buf_free(&notes[i]);
	sr_buf_free(&text);
}

static void begin(struct forged *f, unsigned reader) {
	const struct t_person who = t_person(reader);
	uint8_t pk[SR_PK];

	memset(f, 0, sizeof *f);
	f->path = t_tmp_new();
	f->epoch = 1;
	assert_ok(sr_dir_open(&f->dir, f->path, &f->e), &f->e);
	t_fill(f->seed, SR_SEED, 8); /* as t_found_text names it */
	sr_sign_public(pk, f->seed);
	assert_ok(sr_vkey_make(&f->key, sr_bytes_str(T_ORIGIN), SR_NOTE_ED25519, pk, &f->e), &f->e);
	for (uint32_t i = 0; i <= EPOCHS; i++)
		t_fill(f->secret[i], SR_KEY, 300 + i);
	assert_ok(sr_identity_from_seed(&f->identity, who.seed, &f->e), &f->e);
	found(f);
}

static void end(struct forged *f) {
	for (size_t i = 0; i < f->count; i++)
		sr_buf_free(&f->entry[i]);
	sr_buf_free(&f->found);
	sr_identity_free(&f->identity);
	sr_dir_close(f->dir);
	t_tmp_remove(f->path);
}

static void add(struct forged *f, struct sr_bytes note) {
	struct t_ring ring = {.erased = NULL};

	assert_true(f->count < ENTRIES && f->epoch <= EPOCHS);
	sr_epoch_derive(&ring.epoch, f->epoch, f->secret[f->epoch]);
	sr_buf_init(&f->entry[f->count]);
	t_seal(&f->entry[f->count], &ring, f->count, note, NULL, 0);
	f->count++;
}

/* `key-epoch` of the service. */
static void begins(struct forged *f, uint64_t number) {
	const struct t_person auditor = t_person(AUDITOR);
	struct sr_head h = t_head(NULL, 100 + f->count);
	struct sr_buf text, note;
	uint8_t keys[SR_HASH];

	memcpy(h.vault, f->vault, SR_HASH);
	t_fill(keys, sizeof keys, number);
	sr_buf_init(&text);
	sr_buf_init(&note);
	sr_statement_begin(&text, SR_T_KEY_EPOCH, &h);
	sr_text_put_dec(&text, "epoch", number);
	sr_text_put_hex(&text, "keys", keys, SR_HASH);
	sr_text_put(&text, "auditor", auditor.name);
	assert_ok(sr_statement_sign(&note, sr_buf_view(&text), T_ORIGIN "/room", f->seed, &f->e),
		&f->e);
	add(f, sr_buf_view(&note));
	sr_buf_free(&text);
	sr_buf_free(&note);
}

/* A member's `recuse`: of ${who}, signed with the key of ${with}. */
static void recuses(struct forged *f, const uint8_t vault[SR_HASH], unsigned who, unsigned with) {
	const struct t_person p = t_person(who), k = t_person(with);
	struct sr_head h = t_head(&p, 100 + f->count);
	struct sr_buf text, note;

	memcpy(h.vault, vault, SR_HASH);
	sr_buf_init(&text);
	sr_buf_init(&note);
	sr_statement_begin(&text, SR_T_RECUSE, &h);
	sr_text_put(&text, "request", T_ITEM_HEX);
	assert_ok(sr_statement_sign(&note, sr_buf_view(&text), p.name, k.seed, &f->e), &f->e);
	add(f, sr_buf_view(&note));
	sr_buf_free(&text);
	sr_buf_free(&note);
}

/*
 * The entries of a log, a letter each:
 *   F found   K key-epoch 1   2..9 key-epoch of that number   + the next is sealed under one more
 *   r of a member   v of a member of another vault   n of nobody   s of a member, with another's
 * key
 */
static void write_log(struct forged *f, const char *letters) {
	uint8_t other[SR_HASH];

	t_fill(other, sizeof other, 77);
	for (const char *p = letters; *p != '\0'; p++) {
		if (*p == 'F')
			add(f, sr_buf_view(&f->found));
		else if (*p == 'K')
			begins(f, SR_EPOCH_FIRST);
		else if (*p >= '2' && *p <= '9')
			begins(f, (uint64_t)(*p - '0'));
		else if (*p == '+')
			f->epoch++;
		else if (*p == 'r')
			recuses(f, f->vault, 0, 0);
		else if (*p == 'v')
			recuses(f, other, 0, 0);
		else if (*p == 'n')
			recuses(f, f->vault, NOBODY, NOBODY);
		else if (*p == 's')
			recuses(f, f->vault, 0, 1);
		else
			fail_msg("%c is no entry", *p);
	}
}

static const uint8_t *secret_of(const void *ctx, uint32_t epoch) {
	return ((const struct forged *)ctx)->secret[epoch];
}

/* Keys of those epochs for the auditor, as a file of epochs/. */
static void box(struct forged *f, const char *name, const uint8_t vault[SR_HASH], uint32_t first,
	uint32_t last) {
	const struct t_person p = t_person(AUDITOR);
	const struct sr_epoch_range range = {first, last, secret_of, f};
	struct sr_auditor a;
	struct sr_buf body;
	char file[64];

	memcpy(a.person, p.name, SR_PERSON_TEXT);
	memcpy(a.pk, p.pk, SR_PK);
	sr_buf_init(&body);
	assert_ok(sr_epochs_seal(&body, vault, &range, &a, &f->e), &f->e);
	(void)mkdir(t_path(f->path, SR_EXPORT_EPOCHS), 0700);
	snprintf(file, sizeof file, SR_EXPORT_EPOCHS "/%s", name);
	t_write_file(t_path(f->path, file), body.p, body.len);
	sr_buf_free(&body);
}

/* The bundle of all entries and the checkpoint of its root, by the log's key. */
static void sign_log(struct forged *f) {
	static const char *const folders[] = {"tile", "tile/entries", "tile/entries/000.p"};
	const struct sr_tile t = {.entries = true, .width = (unsigned)f->count};
	const struct sr_signer signer = {.key = &f->key, .seed = f->seed};
	struct sr_checkpoint c = {.size = f->count};
	struct sr_tree tree;
	struct sr_buf bundle, note;
	char path[SR_TILE_PATH];

	sr_buf_init(&bundle);
	sr_buf_init(&note);
	sr_tree_init(&tree);
	for (size_t i = 0; i < f->count; i++) {
		uint8_t leaf[SR_HASH];

		sr_leaf_hash(leaf, sr_buf_view(&f->entry[i]));
		assert_ok(sr_tree_append(&tree, leaf, &f->e), &f->e);
		assert_ok(sr_entry_bundle_put(&bundle, sr_buf_view(&f->entry[i]), &f->e), &f->e);
	}
	snprintf(c.origin, sizeof c.origin, "%s", T_ORIGIN);
	sr_tree_root(c.root, &tree);
	assert_ok(sr_checkpoint_sign(&note, &c, &signer, 1, &f->e), &f->e);
	for (size_t i = 0; i < T_COUNT(folders); i++)
		(void)mkdir(t_path(f->path, folders[i]), 0700);
	sr_tile_path(path, &t);
	t_write_file(t_path(f->path, path), bundle.p, bundle.len);
	t_write_file(t_path(f->path, "checkpoint"), note.p, note.len);
	sr_buf_free(&bundle);
	sr_buf_free(&note);
}

static int tell(void *ctx, const struct sr_entry *en, struct sr_err *e) {
	struct forged *f = ctx;

	(void)en;
	(void)e;
	f->told++;
	return 0;
}

static int stop(void *ctx, const char *what, uint64_t done, uint64_t total, const char *unit) {
	(void)ctx;
	(void)done;
	(void)total;
	(void)unit;
	return strcmp(what, "log") == 0; /* not while the root is computed */
}

static int read_log(
	struct forged *f, const uint8_t *fingerprint, const struct sr_progress *progress) {
	const struct sr_exported_ask ask = {.dir = f->dir,
		.identity = &f->identity,
		.key = &f->key,
		.fingerprint = fingerprint,
		.each = tell,
		.ctx = f,
		.progress = progress};

	f->told = 0;
	sr_err_clear(&f->e);
	return sr_exported_read(&f->log, &ask, &f->e);
}

/* --- what stands in the log ------------------------------------------------------------------- */

static void test_honest(void **state) {
	struct forged f;

	(void)state;
	begin(&f, AUDITOR);
	write_log(&f, "FKr2+rr3+r");
	box(&f, "1", f.vault, 1, 3);
	sign_log(&f);
	assert_ok(read_log(&f, f.vault, NULL), &f.e);
	assert_int_equal(f.log.size, 8);
	assert_int_equal(f.log.opened, 8);
	assert_int_equal(f.log.signatures, 8);
	assert_int_equal(f.told, 8);
	assert_true(f.log.found);
	assert_memory_equal(f.log.fingerprint, f.vault, SR_HASH);
	end(&f);
	/* Only a later epoch was given: who was introduced before it cannot be checked, and that is
	 * counted, not believed. */
	begin(&f, AUDITOR);
	write_log(&f, "FKr2+rnv");
	box(&f, "1", f.vault, 2, 2);
	f.count--; /* without the one of another vault */
	sr_buf_free(&f.entry[f.count]);
	sign_log(&f);
	assert_ok(read_log(&f, NULL, NULL), &f.e);
	assert_int_equal(f.log.sealed, 4);
	assert_int_equal(f.log.missing, 0);
	assert_int_equal(f.log.opened, 2);
	assert_int_equal(f.log.unchecked, 2);
	assert_int_equal(f.log.signatures, 0);
	assert_false(f.log.found);
	end(&f);
	/* The log says that an epoch was sealed to us, and its key is not there. */
	begin(&f, AUDITOR);
	write_log(&f, "FKr2+rr3+r");
	box(&f, "1", f.vault, 1, 1);
	box(&f, "3", f.vault, 3, 3);
	sign_log(&f);
	assert_ok(read_log(&f, f.vault, NULL), &f.e);
	assert_int_equal(f.log.sealed, 3);
	assert_int_equal(f.log.missing, 3);
	end(&f);
	/* Of the one after it nothing is known: to whom it was sealed stands where nobody reads. */
	begin(&f, AUDITOR);
	write_log(&f, "FKr2+rr3+r");
	box(&f, "1", f.vault, 1, 1);
	sign_log(&f);
	assert_ok(read_log(&f, f.vault, NULL), &f.e);
	assert_int_equal(f.log.sealed, 4);
	assert_int_equal(f.log.missing, 3);
	end(&f);
}

static void test_forged(void **state) {
	static const struct {
		const char *letters;
		enum sr_code code;
		const char *words;
	} cases[] = {
		{"+FK", SR_AUTH, "the log begins with epoch 2"},
		{"FK++r", SR_AUTH, "it is of epoch 3, the one before of epoch 1"},
		{"FK2r", SR_AUTH, "a new epoch was to begin, and did not"},
		{"FK+r", SR_AUTH, "a new epoch begins, and no key-epoch says so"},
		{"FK4r", SR_AUTH, "entry 2: key-epoch: it begins epoch 4 behind epoch 1"},
		{"FKK", SR_AUTH, "entry 2: key-epoch: it begins epoch 1 behind epoch 1"},
		{"FK2+K", SR_AUTH, "entry 3: key-epoch: it begins epoch 1 behind epoch 2"},
		{"r", SR_CORRUPT, "entry 0: recuse: entry 0 is found, and no other"},
		{"FKF", SR_CORRUPT, "entry 2: found: entry 0 is found, and no other"},
		{"FKv", SR_AUTH, "entry 2: recuse: it names another vault"},
		{"FKn", SR_AUTH, "is nobody that the log introduced"},
		{"FKs", SR_AUTH, "entry 2: recuse: "},
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		struct forged f;

		begin(&f, AUDITOR);
		write_log(&f, cases[i].letters);
		box(&f, "1", f.vault, 1, EPOCHS);
		sign_log(&f);
		assert_fails(read_log(&f, NULL, NULL), cases[i].code, &f.e, cases[i].words);
		end(&f);
	}
	/* Of another vault, also where nobody who was introduced can be checked. */
	struct forged f;
	begin(&f, AUDITOR);
	write_log(&f, "FKr2+v");
	box(&f, "1", f.vault, 2, 2);
	sign_log(&f);
	assert_fails(read_log(&f, NULL, NULL), SR_AUTH, &f.e, "it names another vault");
	end(&f);
}

/* --- what lies beside it ---------------------------------------------------------------------- */

static void test_boxes(void **state) {
	uint8_t other[SR_HASH];
	struct forged f;

	(void)state;
	t_fill(other, sizeof other, 77);
	begin(&f, AUDITOR);
	write_log(&f, "FKr");
	sign_log(&f);
	assert_fails(read_log(&f, NULL, NULL), SR_NOTFOUND, &f.e, "there is no folder epochs");
	/* Boxes of a vault that is not the one of the log. */
	box(&f, "1", other, 1, 1);
	assert_fails(read_log(&f, NULL, NULL), SR_AUTH, &f.e,
		"found is of another vault than the keys of epochs");
	assert_fails(read_log(&f, f.vault, NULL), SR_AUTH, &f.e, "they are of another vault");
	box(&f, "2", f.vault, 1, 1);
	assert_fails(read_log(&f, NULL, NULL), SR_AUTH, &f.e, "they are of two vaults");
	/* What is no file of boxes. */
	t_write_file(t_path(f.path, SR_EXPORT_EPOCHS "/1"), "notes\n", 6);
	assert_fails(read_log(&f, NULL, NULL), SR_CORRUPT, &f.e, "keys of epochs");
	assert_int_equal(unlink(t_path(f.path, SR_EXPORT_EPOCHS "/1")), 0);
	assert_ok(read_log(&f, f.vault, NULL), &f.e);
	end(&f);
	/* Sealed to somebody else. */
	begin(&f, CUSTODIAN);
	write_log(&f, "FKr");
	box(&f, "1", f.vault, 1, 1);
	sign_log(&f);
	assert_fails(read_log(&f, NULL, NULL), SR_NOTFOUND, &f.e, "no epoch of it is sealed to p-");
	assert_int_equal(f.told, 0);
	end(&f);
}

/* --- the folder itself ------------------------------------------------------------------------ */

static void test_folder(void **state) {
	const struct sr_progress impatient = {.report = stop};
	struct sr_buf bundle;
	struct forged f;
	const char *path;

	(void)state;
	begin(&f, AUDITOR);
	write_log(&f, "FKr");
	box(&f, "1", f.vault, 1, 1);
	sign_log(&f);
	assert_fails(read_log(&f, NULL, &impatient), SR_LOCKED, &f.e, "stopped on request");
	/* A byte of the last entry: nothing is told before the root is. */
	path = t_path(f.path, "tile/entries/000.p/3");
	sr_buf_init(&bundle);
	t_read_file(path, &bundle);
	bundle.p[bundle.len - 1] ^= 1;
	t_write_file(path, bundle.p, bundle.len);
	assert_fails(read_log(&f, NULL, NULL), SR_AUTH, &f.e,
		"the entries do not make the root that the log's key signed");
	assert_int_equal(f.told, 0);
	/* The full bundle may stand for a partial one; none at all is named. */
	bundle.p[bundle.len - 1] ^= 1;
	assert_int_equal(unlink(t_path(f.path, "tile/entries/000.p/3")), 0);
	t_write_file(t_path(f.path, "tile/entries/000"), bundle.p, bundle.len);
	assert_ok(read_log(&f, NULL, NULL), &f.e);
	assert_int_equal(f.told, 3);
	assert_int_equal(unlink(t_path(f.path, "tile/entries/000")), 0);
	assert_fails(read_log(&f, NULL, NULL), SR_CORRUPT, &f.e,
		"tile/entries/000 is missing: the export is not whole");
	sr_buf_free(&bundle);
	end(&f);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_honest),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_boxes),
		cmocka_unit_test(test_folder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
