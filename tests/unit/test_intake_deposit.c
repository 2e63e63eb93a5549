/*
 * deposit - what a kill or a failing disk leaves of an accession at every step, and that it can be
 * taken up again.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "board/held.h"
#include "board/keys.h"
#include "catalogue/catalogue.h"
#include "crypto/aead.h"
#include "intake/accession_key.h"
#include "intake/file_lists.h"
#include "intake/holding.h"
#include "intake/transcript.h"
#include "ledger/ledger.h"
#include "store/envelope.h"
#include "store/index.h"
#include "store/resume.h"
#include "store/secrets.h"
#include "world.h"

static const char first[] = "the first harmless page\n";
static const char second[] = "the second harmless page\n";

static const struct world_file files[] = {
	{.path = "a/first.txt", .content = {(const uint8_t *)first, sizeof first - 1}},
	{.path = "b/second.txt", .content = {(const uint8_t *)second, sizeof second - 1}},
};

static uint64_t items_of(struct world *w) {
	struct sr_item_filter all = {.released = true, .held = true, .referral = true};
	struct sr_items l = {0};
	uint64_t n;

	assert_ok(sr_query_items(&l, w->v->catalogue, &all, NULL, &w->e), &w->e);
	n = l.total;
	sr_items_free(&l);
	return n;
}

static uint64_t secrets_of(struct world *w, enum sr_secret_kind kind) {
	uint64_t n = 0;

	assert_ok(sr_secrets_count(w->v->secrets, kind, &n, &w->e), &w->e);
	return n;
}

/* The only entry of ${dir} that begins with ${prefix}, or NULL. */
static const char *entry(const char *dir, const char *suffix) {
	static char path[T_PATH];
	const char *found = NULL;
	DIR *d = opendir(dir);

	assert_non_null(d);
	for (const struct dirent *en = readdir(d); en != NULL; en = readdir(d)) {
		const size_t len = strlen(en->d_name), end = strlen(suffix);

		if (en->d_name[0] == '.' || len < end ||
			strcmp(en->d_name + len - end, suffix) != 0)
			continue;
		assert_null(found);
		snprintf(path, sizeof path, "%s/%s", dir, en->d_name);
		found = path;
	}
	(void)closedir(d);
	return found;
}

struct pending {
	size_t count;
	uint8_t accession[SR_ID];
};

static int on_pending(void *ctx, const uint8_t accession[SR_ID], struct sr_err *e) {
	struct pending *p = ctx;

	(void)e;
	p->count++;
	memcpy(p->accession, accession, SR_ID);
	return 0;
}

/* Nothing is left over: as many slots, quarantine seals and envelopes as items, nothing of
 * accessions in run/. */
static void tidy(struct world *w) {
	struct pending pending = {0};
	uint64_t items = items_of(w);

	assert_ok(sr_index_pending(w->v->index, on_pending, &pending, &w->e), &w->e);
	assert_int_equal(secrets_of(w, SR_SECRET_SLOT), items);
	assert_int_equal(secrets_of(w, SR_SECRET_QUARANTINE), items);
	assert_int_equal(t_count_entries(t_path(w->vault, "items")), items);
	assert_null(entry(t_path(w->vault, "run"), ".lists"));
	if (pending.count == 0)
		assert_null(entry(t_path(w->vault, "run"), ".cell"));
}

static void test_killed(void **state) {
	struct world *w = world_new(&(struct world_options){.second = true});
	bool done = false;
	size_t resumable = 0, finished = 0;
	unsigned long nth = 1;

	(void)state;
	world_close(w);
	/* One list waits in memory, the other on the disk. */
	sr_file_lists_hold(100);
	for (; !done; nth += t_stride(4)) {
		struct pending p = {0};
		uint64_t before, after, packs = 0, blocks = 0;
		uint8_t *named = NULL;
		size_t count = 0;
		int status = 0;
		pid_t pid;

		world_reopen(w);
		before = items_of(w);
		world_close(w);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			struct world_deposit d = {.files = files, .count = 2};

			world_reopen(w);
			sr_fault_set(nth, -1);
			t_exit(world_deposit(w, &d) == 0 ? 7 : 8);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		done = WIFEXITED(status) && WEXITSTATUS(status) == 7;
		assert_true(done || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
		world_reopen(w);
		after = items_of(w);
		assert_true(after == before || after == before + 2);
		/* Whoever finished it knew the packs: each accession has its `stored`, and every
		 * committed pack is named by one. */
		assert_int_equal(world_count(w, SR_T_STORED), world_count(w, SR_T_ACCESSION));
		assert_ok(sr_query_packs(&named, &count, w->v->catalogue, &w->e), &w->e);
		assert_ok(sr_index_counts(w->v->index, &packs, &blocks, &w->e), &w->e);
		assert_int_equal(count, packs);
		free(named);
		if (done)
			assert_int_equal(after, before + 2);
		else
			finished += after == before + 2;
		tidy(w);
		assert_ok(sr_index_pending(w->v->index, on_pending, &p, &w->e), &w->e);
		assert_true(p.count <= 1);
		if (p.count == 1) { /* broken off before its statement was signed: remove it */
			struct sr_deposit_options o = {.collection = w->collection,
				.depositor = w->depositor.person,
				.threads = 1,
				.resume = p.accession};
			struct sr_deposit *d = NULL;

			assert_int_equal(after, before);
			resumable++;
			assert_ok(sr_deposit_begin(&d, w->v, &o, &w->e), &w->e);
			assert_memory_equal(sr_deposit_accession(d), p.accession, SR_ID);
			assert_ok(sr_deposit_abort(d, &w->e), &w->e);
			memset(&p, 0, sizeof p);
			assert_ok(sr_index_pending(w->v->index, on_pending, &p, &w->e), &w->e);
			assert_int_equal(p.count, 0);
			tidy(w);
		}
		world_close(w);
	}
	assert_true(nth > 10);
	assert_true(resumable > 0); /* a kill after the packs, before the statement */
	assert_true(finished > 0);  /* a kill after the statement was kept or committed */
	world_reopen(w);
	world_free(w);
	sr_file_lists_hold(SR_FILE_LISTS_HELD);
}

static int end_now(void *ctx, const struct sr_ingest_file_result *r, struct sr_err *e) {
	(void)ctx;
	(void)r;
	(void)e;
	return 0;
}

/* Broken off after finish, then run again under the same accession: the same items, from the packs
 * that lie there. */
static void test_resumed(void **state) {
	struct world *w = world_new(NULL);
	struct sr_deposit_options o = {.collection = w->collection,
		.depositor = w->depositor.person,
		.threads = 1,
		.file = end_now};
	struct sr_accession_list l[2] = {{0}};
	struct sr_deposit_sign s;
	uint8_t accession[SR_ID];

	(void)state;
	for (int round = 0; round < 2; round++) {
		struct sr_ingest_file f = {.kind = SR_FILE_REGULAR,
			.size_expected = UINT64_MAX,
			.read = sr_ingest_read_fd};
		struct sr_deposit *d = NULL;
		int fd[2];

		assert_int_equal(pipe(fd), 0);
		assert_int_equal(write(fd[1], first, sizeof first - 1), (ssize_t)sizeof first - 1);
		assert_int_equal(close(fd[1]), 0);
		o.resume = round == 0 ? NULL : accession;
		assert_ok(sr_deposit_begin(&d, w->v, &o, &w->e), &w->e);
		memcpy(accession, sr_deposit_accession(d), SR_ID);
		assert_ok(sr_deposit_item_begin(d, sr_bytes_str(""), &w->e), &w->e);
		f.path = sr_bytes_str("first.txt");
		f.media_type = sr_bytes_str("text/plain");
		f.read_ctx = &fd[0];
		assert_ok(sr_deposit_file(d, &f, &w->e), &w->e);
		assert_ok(sr_deposit_item_end(d, &w->e), &w->e);
		assert_ok(sr_deposit_finish(d, &s, &w->e), &w->e);
		assert_ok(sr_accession_list_read(&l[round], s.list, &w->e), &w->e);
		sr_deposit_free(d);
		assert_int_equal(close(fd[0]), 0);
		world_reopen(w);
		tidy(w);
	}
	assert_int_equal(l[0].item_count, 1);
	assert_memory_equal(l[0].items[0].id, l[1].items[0].id, SR_ID);
	sr_accession_list_free(&l[0]);
	sr_accession_list_free(&l[1]);
	world_free(w);
}

enum {
	MANY = SR_ENVELOPE_BATCH +
	       1 /* items: a batch that is durable before the door, and one more */
};

static void link_deposit(
	struct world *w, struct sr_deposit **d, size_t items, const uint8_t *resume) {
	struct sr_deposit_options o = {.collection = w->collection,
		.depositor = w->depositor.person,
		.threads = 1,
		.resume = resume};
	struct sr_ingest_file f = {.kind = SR_FILE_SYMLINK, .size_expected = 0};

	f.path = sr_bytes_str("link");
	f.note = sr_bytes_str("elsewhere");
	assert_ok(sr_deposit_begin(d, w->v, &o, &w->e), &w->e);
	for (size_t i = 0; i < items; i++) {
		assert_ok(sr_deposit_item_begin(*d, sr_bytes_str("a link"), &w->e), &w->e);
		assert_ok(sr_deposit_file(*d, &f, &w->e), &w->e);
		assert_ok(sr_deposit_item_end(*d, &w->e), &w->e);
	}
}

/* Removing one deposit leaves another one alone that is under way, and what is committed. */
static void test_abort_is_its_own(void **state) {
	struct world *w = world_new(NULL);
	struct sr_deposit *d[2] = {NULL, NULL};
	struct sr_deposit_sign s;
	struct world_deposit committed = {.files = files, .count = 1};

	(void)state;
	assert_int_equal(world_deposit(w, &committed), 0);
	for (int i = 0; i < 2; i++) {
		link_deposit(w, &d[i], MANY, NULL);
		assert_ok(sr_deposit_finish(d[i], &s, &w->e), &w->e);
	}
	assert_int_equal(secrets_of(w, SR_SECRET_SLOT), 1 + 2 * SR_ENVELOPE_BATCH);
	assert_ok(sr_deposit_abort(d[0], &w->e), &w->e);
	assert_int_equal(secrets_of(w, SR_SECRET_SLOT), 1 + SR_ENVELOPE_BATCH);
	assert_int_equal(t_count_entries(t_path(w->vault, "items")), 1 + SR_ENVELOPE_BATCH);
	assert_ok(sr_deposit_abort(d[1], &w->e), &w->e);
	tidy(w);
	world_free(w);
}

static int read_first(void *ctx, void *p, size_t len, size_t *got, struct sr_err *e) {
	size_t *left = ctx;

	(void)e;
	*got = *left < len ? *left : len;
	memcpy(p, first + sizeof first - 1 - *left, *got);
	*left -= *got;
	return 0;
}

/* One item of one file. */
static void small_deposit(struct world *w, struct sr_deposit **d) {
	struct sr_deposit_options o = {
		.collection = w->collection, .depositor = w->depositor.person, .threads = 1};
	size_t left = sizeof first - 1;
	struct sr_ingest_file f = {.kind = SR_FILE_REGULAR,
		.size_expected = left,
		.read = read_first,
		.read_ctx = &left};

	f.path = sr_bytes_str("first.txt");
	assert_ok(sr_deposit_begin(d, w->v, &o, &w->e), &w->e);
	assert_ok(sr_deposit_item_begin(*d, sr_bytes_str("a page"), &w->e), &w->e);
	assert_ok(sr_deposit_file(*d, &f, &w->e), &w->e);
	assert_ok(sr_deposit_item_end(*d, &w->e), &w->e);
}

static int sign_as_room(void *ctx, uint8_t sig[SR_SIG], struct sr_bytes text, struct sr_err *e) {
	const struct world *w = ctx;

	return sr_sign(sig, w->v->keys->s->room_seed, text, e);
}

/* Notes are not under a key that the service has for good: with the item's part they die. */
static void opens_by_the_part_alone(struct world *w, const uint8_t item[SR_ID]) {
	const uint8_t *quarantine = w->v->keys->s->quarantine_key;
	const char *path = entry(t_path(w->vault, "run"), ".scan");
	struct sr_held_place at = {.number = 1};
	struct sr_buf file, seal, note;
	char name[2 * SR_ID + 1];
	uint8_t part[SR_PART], key[SR_KEY];

	sr_hex(name, item, SR_ID);
	memcpy(at.vault, w->v->fingerprint, SR_HASH);
	memcpy(at.item, item, SR_ID);
	sr_buf_init(&file);
	sr_buf_init_secret(&seal);
	sr_buf_init_secret(&note);
	t_read_file(path, &file);
	assert_ok(sr_secrets_get(
			  w->v->secrets, SR_SECRET_INTAKE, sr_bytes_str(name), 1, &seal, &w->e),
		&w->e);
	assert_ok(sr_intake_open(part, quarantine, &at, sr_buf_view(&seal), &w->e), &w->e);
	for (int i = 0; i < 2; i++) {
		SR_HASH_OF(key, "strongroom/note-key/v2", i == 0 ? quarantine : part,
			sr_bytes_of(w->v->fingerprint, SR_HASH));
		const int rc = sr_aead_open_buf(&note, key, "strongroom/note/v1",
			sr_bytes_str(strrchr(path, '/') + 1), sr_buf_view(&file), NULL);
		assert_int_equal(rc, i == 0 ? SR_AUTH : 0);
	}
	sr_buf_free(&file);
	sr_buf_free(&seal);
	sr_buf_free(&note);
}

/* What intake works on: a held item that opens, its files added in order. */
static void holding_refuses(struct world *w, const uint8_t item[SR_ID]) {
	struct sr_holding *h = NULL;
	char name[2 * SR_ID + 1];
	struct sr_buf slot;

	assert_ok(sr_holding_open(&h, w->v, NULL, item, &w->e), &w->e);
	assert_fails(
		sr_holding_more(h, sr_bytes_str("x"), &w->e), SR_MISUSE, &w->e, "bytes of no file");
	assert_fails(sr_holding_end(h, sr_bytes_str(""), NULL, &w->e), SR_MISUSE, &w->e,
		"the end of no file");
	static const uint8_t long_value[1025];
	struct sr_transcribed heard;
	struct sr_transcribing said = {
		.look = {.item = item, .checkout = item, .it = sr_holding_item(h)},
		.file = 9,
		.text = sr_bytes_str("WEBVTT\n\n")};
	assert_fails(sr_transcribe(&heard, w->v, &said, &w->e), SR_USAGE, &w->e,
		"transcript: it has no cue");
	said.text = sr_bytes_str("WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n");
	assert_fails(sr_transcribe(&heard, w->v, &said, &w->e), SR_USAGE, &w->e,
		"no file 9: the item has 1 (from 0)");
	static uint8_t long_note[SR_STEP_NOTE_MAX + 1];
	struct sr_buf note;
	sr_buf_init(&note);
	assert_fails(
		sr_holding_note_put(h, "scan", sr_bytes_of(long_note, sizeof long_note), &w->e),
		SR_LIMIT, &w->e, "a note of 1048577 bytes, at most 1048576");
	/* what one step kept is nothing to another, even under its name */
	assert_ok(sr_holding_note_put(h, "scan", sr_bytes_str("half way"), &w->e), &w->e);
	assert_ok(sr_holding_note_get(h, "scan", &note, &w->e), &w->e);
	assert_true(sr_bytes_eq(sr_buf_view(&note), sr_bytes_str("half way")));
	opens_by_the_part_alone(w, item);
	sr_buf_clear(&note);
	char from[T_PATH], to[T_PATH];
	sr_hex(name, item, SR_ID);
	snprintf(from, sizeof from, "%s/run/intake-%s-1.scan", w->vault, name);
	snprintf(to, sizeof to, "%s/run/intake-%s-1.unpack", w->vault, name);
	assert_int_equal(rename(from, to), 0);
	assert_fails(sr_holding_note_get(h, "unpack", &note, &w->e), SR_NOTFOUND, &w->e,
		"the note is not ours");
	assert_int_equal(note.len, 0);
	assert_int_equal(unlink(to), 0);
	sr_buf_free(&note);
	assert_fails(sr_holding_fact(h, 0, "", sr_bytes_str("x"), &w->e), SR_MISUSE, &w->e,
		"a fact \"\" of 1 bytes");
	assert_fails(
		sr_holding_fact(h, 0, "key", sr_bytes_of(long_value, sizeof long_value), &w->e),
		SR_MISUSE, &w->e, "a fact \"key\" of 1025 bytes");
	sr_holding_free(h);
	/* a slot that is cut off opens nothing, and is named */
	sr_hex(name, item, SR_ID);
	sr_buf_init_secret(&slot);
	assert_ok(
		sr_secrets_get(w->v->secrets, SR_SECRET_SLOT, sr_bytes_str(name), 1, &slot, &w->e),
		&w->e);
	for (int whole = 0; whole < 2; whole++) {
		assert_ok(sr_secrets_replace(w->v->secrets, SR_SECRET_SLOT, sr_bytes_str(name), 1,
				  sr_bytes_of(slot.p, whole != 0 ? SR_KEY : SR_KEY - 1), &w->e),
			&w->e);
		h = NULL;
		if (whole != 0) {
			assert_ok(sr_holding_open(&h, w->v, NULL, item, &w->e), &w->e);
			sr_holding_free(h);
			continue;
		}
		assert_fails(sr_holding_open(&h, w->v, NULL, item, &w->e), SR_CORRUPT, &w->e,
			"secrets.db: a slot of 31 bytes, want 32");
		assert_int_equal(strncmp(w->e.text, "intake of item ", 15), 0);
		assert_null(h);
	}
	sr_buf_free(&slot);
	/* an envelope of the room's own, which the catalogue names, and of another vault */
	const struct sr_envelope_signer signer = {sign_as_room, w};
	struct sr_db *db = sr_catalogue_db(w->v->catalogue);
	struct sr_buf file, forged;
	struct sr_envelope v;
	char at[SR_ENVELOPE_NAME], path[T_PATH], hex[2 * SR_HASH + 1], sql[200];
	uint8_t hash[SR_HASH];
	sr_envelope_name(at, item, 1);
	snprintf(path, sizeof path, "%s/items/%s", w->vault, at);
	sr_buf_init(&file);
	sr_buf_init(&forged);
	t_read_file(path, &file);
	assert_ok(sr_envelope_decode(&v, sr_buf_view(&file), w->v->keys->room_pk, &w->e), &w->e);
	v.vault[0] ^= 1;
	assert_ok(sr_envelope_encode(&forged, hash, &v, &signer, &w->e), &w->e);
	t_write_file(path, forged.p, forged.len);
	sr_hex(hex, hash, SR_HASH);
	snprintf(sql, sizeof sql, "update items set envelope = x'%s'", hex);
	assert_ok(sr_db_begin(db, &w->e), &w->e);
	assert_ok(sr_db_exec(db, sql, &w->e), &w->e);
	assert_fails(sr_holding_open(&h, w->v, NULL, item, &w->e), SR_CORRUPT, &w->e,
		"the item's envelope is of another vault");
	sr_db_rollback(db);
	t_write_file(path, file.p, file.len);
	sr_buf_free(&file);
	sr_buf_free(&forged);
	/* released: what intake would seal now nobody asked for */
	world_held_release(w, item);
	assert_fails(sr_holding_open(&h, w->v, NULL, item, &w->e), SR_NOTFOUND, &w->e,
		"it is not held any more");
	assert_null(h);
}

/* The same accession taken up twice, and removed in one of them: the other is not committed without
 * what opens its items. What is committed is not taken up again. */
static void test_removed_meanwhile(void **state) {
	struct world *w = world_new(NULL);
	struct world_deposit whole = {.files = files, .count = 1};
	struct sr_deposit *d = NULL, *other = NULL;
	struct sr_deposit_options o = {
		.collection = w->collection, .depositor = w->depositor.person, .threads = 1};
	struct sr_submission sub = {0};
	struct sr_deposit_sign s;
	struct sr_item_row item = {0};
	struct sr_entry last;
	uint8_t accession[SR_ID];

	(void)state;
	for (int i = 0; i < 2; i++) {
		if (i == 0) /* known by its packs, */
			small_deposit(w, &d);
		else /* or by its first item */
			link_deposit(w, &d, MANY, NULL);
		assert_ok(sr_deposit_finish(d, &s, &w->e), &w->e);
		assert_ok(sr_deposit_submission(d, &sub, &w->e), &w->e);
		o.resume = s.accession;
		assert_ok(sr_deposit_begin(&other, w->v, &o, &w->e), &w->e);
		assert_ok(sr_deposit_abort(other, &w->e), &w->e);
		assert_fails(sub.before(sub.ctx, w->v, sr_bytes_str(""), &w->e), SR_DENIED, &w->e,
			"removed meanwhile");
		sr_deposit_free(d);
		tidy(w);
	}
	assert_int_equal(world_deposit(w, &whole), 0);
	assert_ok(sr_query_item(&item, w->v->catalogue, whole.items[0], &w->e), &w->e);
	sr_item_row_free(&item);
	world_last(w, SR_T_ACCESSION, &last);
	assert_ok(sr_field_id(accession, &last.statement, "accession", 0, &w->e), &w->e);
	sr_entry_free(&last);
	o.resume = accession;
	assert_fails(sr_deposit_begin(&d, w->v, &o, &w->e), SR_EXISTS, &w->e, "committed already");
	/* into a collection that there is none of: nothing is begun */
	const uint8_t nowhere[SR_ID] = {9};
	o.resume = NULL;
	/* calls out of their order */
	assert_ok(sr_deposit_begin(&d, w->v, &o, &w->e), &w->e);
	assert_fails(sr_deposit_file(d, NULL, &w->e), SR_MISUSE, &w->e,
		"deposit: a file outside of an item");
	assert_fails(sr_deposit_item_end(d, &w->e), SR_MISUSE, &w->e,
		"deposit: the end of an item that has not begun");
	assert_ok(sr_deposit_item_begin(d, sr_bytes_str("a page"), &w->e), &w->e);
	assert_fails(sr_deposit_item_begin(d, sr_bytes_str("a page"), &w->e), SR_MISUSE, &w->e,
		"deposit: an item begins inside another one, or after the end");
	assert_fails(sr_deposit_submission(d, &sub, &w->e), SR_MISUSE, &w->e,
		"deposit: nothing is finished that could be committed");
	assert_fails(sr_deposit_finish(d, &s, &w->e), SR_MISUSE, &w->e,
		"deposit: finish inside an item, or twice");
	assert_ok(sr_deposit_abort(d, &w->e), &w->e);
	static const uint8_t title[SR_LIST_TITLE_MAX + 1];
	assert_ok(sr_deposit_begin(&d, w->v, &o, &w->e), &w->e);
	assert_fails(sr_deposit_item_begin(d, sr_bytes_of(title, sizeof title), &w->e), SR_LIMIT,
		&w->e, "deposit: a title of ");
	assert_ok(sr_deposit_abort(d, &w->e), &w->e);
	/* after a write that failed nobody knows what is committed */
	o.resume = accession;
	w->v->failed = true;
	d = NULL;
	assert_fails(sr_deposit_begin(&d, w->v, &o, &w->e), SR_IO, &w->e,
		"deposit: an earlier write failed: nothing is resumed until the vault is opened");
	w->v->failed = false;
	assert_null(d);
	o.resume = NULL;
	o.collection = nowhere;
	d = NULL;
	assert_fails(sr_deposit_begin(&d, w->v, &o, &w->e), SR_NOTFOUND, &w->e,
		"deposit: no such collection");
	assert_null(d);
	tidy(w);
	holding_refuses(w, whole.items[0]);
	world_free(w);
}

static uint64_t packs_of_last(struct world *w) {
	uint8_t root[SR_HASH];
	struct sr_entry last;
	uint64_t n = 0;

	world_last(w, SR_T_STORED, &last);
	assert_ok(sr_field_count_root(&n, root, &last.statement, "packs", &w->e), &w->e);
	sr_entry_free(&last);
	return n;
}

/* A document makes a pack whether it is there already or not. */
static void test_cover(void **state) {
	struct world *w = world_new(NULL);
	uint64_t packs[3];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct world_deposit d = {.files = files, .count = 1};

		assert_int_equal(world_deposit(w, &d), 0);
		packs[i] = packs_of_last(w);
	}
	assert_int_equal(packs[0], 1);
	assert_int_equal(packs[1], 1);
	assert_int_equal(packs[2], 1);
	world_free(w);
}

/* After a write that failed the catalogue may lack what the ledger holds: nothing is removed. */
static void test_abort_in_a_failed_vault(void **state) {
	struct world *w = world_new(NULL);
	struct sr_deposit *d = NULL;
	struct sr_deposit_sign s;

	(void)state;
	link_deposit(w, &d, MANY, NULL);
	assert_ok(sr_deposit_finish(d, &s, &w->e), &w->e);
	w->v->failed = true;
	assert_fails(sr_deposit_abort(d, &w->e), SR_IO, &w->e, "is kept until");
	assert_int_equal(secrets_of(w, SR_SECRET_SLOT), SR_ENVELOPE_BATCH);
	assert_int_equal(t_count_entries(t_path(w->vault, "items")), SR_ENVELOPE_BATCH);
	world_reopen(w); /* where it is known that no statement names it */
	tidy(w);
	world_free(w);
}

/* The copy of secrets.db cannot be written: the deposit waits, and nothing of it stays. A large one
 * hears so before its end, a small one when its statement comes (tests/cli/second.sh). */
static void test_copy_unreachable(void **state) {
	struct world *w = world_new(&(struct world_options){.second = true});
	struct sr_deposit *d = NULL;
	struct sr_deposit_sign s;
	struct world_deposit again = {.files = files, .count = 2, .together = true};
	char away[T_PATH];

	(void)state;
	snprintf(away, sizeof away, "%s-away", w->second);
	world_close(w);
	assert_int_equal(rename(w->second, away), 0);
	world_reopen(w);
	link_deposit(w, &d, MANY, NULL);
	assert_fails(sr_deposit_finish(d, &s, &w->e), SR_LOCKED, &w->e, "second copy");
	assert_ok(sr_deposit_abort(d, &w->e), &w->e);
	tidy(w);
	world_close(w);
	assert_int_equal(rename(away, w->second), 0);
	world_reopen(w);
	assert_int_equal(world_deposit(w, &again), 0);
	assert_int_equal(again.item_count, 1);
	tidy(w);
	world_free(w);
}

enum loss {
	KEEP_TORN,
	LISTS_TORN,
	ENVELOPE_TORN,
	ENVELOPE_GONE,
	PACKS_GONE,
	LOSSES
};

static void lose(struct world *w, enum loss what) {
	const char *items = t_path(w->vault, "items");

	switch (what) {
	case KEEP_TORN:
		assert_int_equal(truncate(entry(t_path(w->vault, "run"), ".keep"), 100), 0);
		break;
	case LISTS_TORN:
		assert_int_equal(truncate(entry(t_path(w->vault, "run"), ".lists"), 50), 0);
		break;
	case ENVELOPE_TORN:
		assert_int_equal(truncate(entry(items, ""), 512), 0);
		break;
	case ENVELOPE_GONE:
		assert_int_equal(unlink(entry(items, "")), 0);
		break;
	case PACKS_GONE:
		assert_int_equal(
			rename(t_path(w->vault, "packs"), t_path(w->vault, "packs-away")), 0);
		break;
	case LOSSES:
		break;
	}
}

/* The power went after the signed statement came and before anything waited: of what was written
 * beside it the disk kept less. Nothing is committed that is not whole, and the vault opens. */
static void test_kept_without_the_rest(void **state) {
	size_t seen = 0, finished = 0;
	bool over = false;

	(void)state;
	sr_file_lists_hold(0);
	/* Every step from the first keep on; before that there is nothing to see. */
	for (unsigned long nth = 1; !over; nth += seen + finished == 0 ? 4 : t_stride(3)) {
		struct world *w = world_new(NULL);
		const enum loss what = (enum loss)(nth % (LOSSES + 1));
		struct stat before, after;
		int status = 0;

		world_close(w);
		assert_int_equal(stat(t_path(w->vault, "ledger/journal"), &before), 0);
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			struct world_deposit d = {.files = files, .count = 1};

			world_reopen(w);
			sr_fault_set(nth, -1);
			t_exit(world_deposit(w, &d) == 0 ? 7 : 8);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		over = WIFEXITED(status);
		if (over || entry(t_path(w->vault, "run"), ".keep") == NULL) {
			world_reopen(w);
			world_free(w);
			continue;
		}
		/* What the journal names was durable before. */
		assert_int_equal(stat(t_path(w->vault, "ledger/journal"), &after), 0);
		if (after.st_size == before.st_size)
			lose(w, what);
		world_reopen(w);
		if (items_of(w) == 0) {
			assert_non_null(memmem(w->v->recovered.p, w->v->recovered.len,
				"is not finished", strlen("is not finished")));
			tidy(w);
			seen++;
		} else {
			finished++;
		}
		world_free(w);
	}
	print_message("%zu kills with a keep refused, %zu finished\n", seen, finished);
	assert_true(seen >= 4 && finished >= 2);
	sr_file_lists_hold(SR_FILE_LISTS_HELD);
}

/* A second name of everything that accessions have in run/, in the folder ${to}: what free space
 * holds of it once it is removed. */
static void link_all(struct world *w, const char *to) {
	char path[T_PATH];
	DIR *d = opendir(t_path(w->vault, "run"));

	assert_non_null(d);
	assert_int_equal(mkdir(to, 0700), 0);
	for (const struct dirent *en = readdir(d); en != NULL; en = readdir(d)) {
		if (strncmp(en->d_name, "accession-", 10) != 0)
			continue;
		assert_true(snprintf(path, sizeof path, "%s/%.60s", to, en->d_name) > 0);
		assert_int_equal(linkat(dirfd(d), en->d_name, AT_FDCWD, path, 0), 0);
	}
	(void)closedir(d);
}

/* Whoever has the service's keys and ${cell}: how many blocks' keys, and does .keep open? */
static size_t robbed(struct world *w, const char *from, struct sr_bytes cell, bool *keep) {
	struct sr_resume_options o = {.run = NULL};
	struct sr_resume *journal = NULL;
	struct sr_dir *dir = NULL;
	struct sr_buf sealed, plain;
	const char *name = entry(from, ".cell");
	size_t blocks = 0;

	assert_non_null(name);
	name = strrchr(name, '/') + 1 + strlen("accession-");
	assert_ok(sr_unhex(o.accession, SR_ID, sr_bytes_of(name, (size_t)2 * SR_ID), &w->e), &w->e);
	memcpy(o.vault, w->v->fingerprint, SR_HASH);
	SR_HASH_OF(o.key, "strongroom/accession-key/v2", w->v->keys->s->intake_sk, cell,
		sr_bytes_of(o.accession, SR_ID));
	sr_buf_init(&sealed);
	sr_buf_init_secret(&plain);
	name = entry(from, ".keep");
	*keep = false;
	if (name != NULL) {
		t_read_file(name, &sealed);
		*keep = sr_aead_open_buf(&plain, o.key, "strongroom/accession-keep/v2",
				sr_bytes_of(o.accession, SR_ID), sr_buf_view(&sealed), NULL) == 0;
	}
	assert_ok(sr_dir_open(&dir, from, &w->e), &w->e);
	o.run = dir;
	assert_ok(sr_resume_open(&journal, &o, &w->e), &w->e); /* cuts what it cannot open */
	blocks = sr_resume_count(journal);
	sr_resume_close(journal);
	sr_dir_close(dir);
	sr_buf_free(&sealed);
	sr_buf_free(&plain);
	return blocks;
}

/* What was kept is sealed, and yet says what this program does not take: the vault opens. */
static void test_kept_by_another(void **state) {
	static const struct {
		uint32_t objects, texts;
		const char *piece;
	} rows[] = {
		{0, 0, "is not finished: it has no list of its items"},
		{1000, 0, "is not finished: 1000 objects do not fit"},
		{1, 99, "is not finished: 99 texts, at most "},
	};
	struct world *w = world_new(NULL);

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		const uint8_t accession[SR_ID] = {9, (uint8_t)i};
		uint8_t key[SR_KEY], salt[SR_SALT] = {1};
		struct sr_buf plain, sealed;
		char name[T_PATH + 64], hex[2 * SR_ID + 1];

		sr_buf_init(&plain);
		sr_buf_init(&sealed);
		assert_ok(sr_accession_key_make(key, w->v, accession, true, &w->e), &w->e);
		sr_buf_put_lp(&plain, sr_bytes_str("a note"));
		sr_buf_put_lp(&plain, sr_bytes_of(NULL, 0));
		sr_buf_put_le32(&plain, rows[i].objects);
		for (size_t n = 0; n < rows[i].objects && n < 2; n++) {
			sr_buf_put(&plain, salt, sizeof salt);
			sr_buf_put_lp(&plain, sr_bytes_str("subject"));
			sr_buf_put_lp(&plain, sr_bytes_str("body"));
		}
		sr_buf_put_le32(&plain, rows[i].texts);
		assert_ok(sr_aead_seal_buf(&sealed, key, "strongroom/accession-keep/v2",
				  sr_bytes_of(accession, SR_ID), sr_buf_view(&plain), &w->e),
			&w->e);
		sr_hex(hex, accession, SR_ID);
		(void)snprintf(name, sizeof name, "%s/run/accession-%s.keep", w->vault, hex);
		t_write_file(name, sealed.p, sealed.len);
		sr_buf_free(&plain);
		sr_buf_free(&sealed);
		world_close(w);
		world_reopen(w);
		sr_buf_put_u8(&w->v->recovered, 0);
		if (strstr((const char *)w->v->recovered.p, rows[i].piece) == NULL)
			fail_msg("%s", (const char *)w->v->recovered.p);
		assert_false(t_exists(name));
	}
	tidy(w);
	world_free(w);
}

/* A text lies behind the path of its film, and some paths have no room for it. */
static void test_long_path(void **state) {
	struct world *w = world_new(NULL);
	char path[SR_PATH_MAX - 2];
	struct world_file film = {.path = path, .content = sr_bytes_str("film")};
	struct world_deposit d = {.files = &film, .count = 1};
	struct sr_holding *h = NULL;
	struct sr_transcribed heard;

	(void)state;
	memset(path, 'x', sizeof path - 1);
	path[sizeof path - 1] = '\0';
	assert_int_equal(world_deposit(w, &d), 0);
	assert_ok(sr_holding_open(&h, w->v, NULL, d.items[0], &w->e), &w->e);
	const struct sr_transcribing t = {
		.look = {.item = d.items[0], .checkout = d.items[0], .it = sr_holding_item(h)},
		.text = sr_bytes_str("WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n")};
	assert_fails(sr_transcribe(&heard, w->v, &t, &w->e), SR_LIMIT, &w->e,
		"file 0: its path is too long to name a text after it: deposit the text as an item "
		"of its own");
	sr_holding_free(h);
	world_free(w);
}

/* An item is released while a step looks through it: the step says nothing of what it was. */
static void test_released_meanwhile(void **state) {
	struct world *w = world_new(NULL);
	struct world_deposit d = {.files = files, .count = 1};
	struct sr_holding *h = NULL;

	(void)state;
	assert_int_equal(world_deposit(w, &d), 0);
	assert_ok(sr_holding_open(&h, w->v, NULL, d.items[0], &w->e), &w->e);
	world_held_release(w, d.items[0]);
	assert_fails(sr_holding_commit(h, "about", NULL, &w->e), SR_NOTFOUND, &w->e,
		"step about: the item was released or sealed anew meanwhile");
	sr_holding_free(h);
	world_free(w);
}

struct said {
	char all[200];
};

static int put_said(void *ctx, const struct sr_fact_row *f, struct sr_err *se) {
	struct said *s = ctx;
	const size_t n = strlen(s->all);

	(void)se;
	(void)snprintf(s->all + n, sizeof s->all - n, "%llu %.*s|", (unsigned long long)f->file,
		(int)f->value_len, (const char *)f->value);
	return 0;
}

static void assert_said(
	struct world *w, const uint8_t item[SR_ID], const char *key, const char *want) {
	struct said s = {.all = ""};

	assert_ok(sr_query_each_fact(w->v->catalogue, item, key, put_said, &s, &w->e), &w->e);
	assert_string_equal(s.all, want);
}

/* A step that stopped goes on with what it said: of files that wait, which it looked at ahead, it
 * says it once, and what found no room is counted on. */
static void test_goes_on(void **state) {
	struct world *w = world_new(NULL);
	const struct world_file three[] = {{.path = "a", .content = sr_bytes_str("1")},
		{.path = "b", .content = sr_bytes_str("2")},
		{.path = "c", .content = sr_bytes_str("3")}};
	struct world_deposit d = {.files = three, .count = 3, .together = true};
	struct sr_intakes steps = {NULL, 0};
	struct sr_holding *h = NULL;
	uint64_t from = 0, to = 0;
	char value[SR_FACT_VALUE_MAX];

	(void)state;
	memset(value, 'x', sizeof value);
	assert_int_equal(world_deposit(w, &d), 0);
	for (unsigned turn = 0; turn < 3; turn++) {
		assert_ok(sr_holding_open(&h, w->v, NULL, d.items[0], &w->e), &w->e);
		assert_ok(sr_holding_take_up(h, "text", &w->e), &w->e);
		sr_holding_range(h, &from, &to);
		assert_int_equal(from, turn);
		assert_int_equal(to, 3);
		/* Of 24 MiB half is for these: 4 find no room. */
		for (unsigned i = 0; turn == 0 && i < (12 << 20) / (sizeof value + 17) + 4; i++)
			assert_ok(sr_holding_fact(
					  h, 0, "other", sr_bytes_of(value, sizeof value), &w->e),
				&w->e);
		for (unsigned i = turn; turn > 0 && i < 3; i++) /* the one at work and ahead */
			assert_ok(sr_holding_fact(h, i, "of", sr_bytes_str("1"), &w->e), &w->e);
		if (turn > 0)
			assert_ok(sr_holding_fact(
					  h, 0, "other", sr_bytes_of(value, sizeof value), &w->e),
				&w->e);
		assert_ok(sr_holding_rest(h, turn + 1, &w->e), &w->e);
		assert_ok(sr_holding_commit(h, "text", NULL, &w->e), &w->e);
		sr_holding_free(h);
	}
	assert_said(w, d.items[0], "of", "1 1|2 1|");
	assert_said(w, d.items[0], "more", "0 and 6 more|");
	assert_said(w, d.items[0], "rest", "");
	assert_ok(sr_query_intakes(&steps, w->v->catalogue, d.items[0], &w->e), &w->e);
	assert_int_equal(steps.count, 3);
	assert_string_equal(steps.rows[1].result, "unfinished");
	assert_string_equal(steps.rows[2].result, "done");
	sr_intakes_free(&steps);
	world_free(w);
}

/* What was odd before makes it `partly` in the end, as in one go. */
static void test_goes_on_oddly(void **state) {
	static const struct {
		const char *key, *value, *result;
	} rows[] = {{"text", "not read: a scanner named something in it", "partly"},
		{"text", "whole, 1 part", "done"},
		{"unpacked", "not here: what lies behind its path was deposited with it", "done"},
		{"unpacked", "broken: it ends early", "partly"}};
	struct world *w = world_new(NULL);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct world_deposit d = {.files = files, .count = 2, .together = true};
		struct sr_intakes steps = {NULL, 0};
		struct sr_holding *h = NULL;

		assert_int_equal(world_deposit(w, &d), 0);
		for (uint64_t turn = 0; turn < 2; turn++) {
			assert_ok(sr_holding_open(&h, w->v, NULL, d.items[0], &w->e), &w->e);
			assert_ok(sr_holding_take_up(h, "text", &w->e), &w->e);
			if (turn == 0)
				assert_ok(sr_holding_fact(h, 0, rows[i].key,
						  sr_bytes_str(rows[i].value), &w->e),
					&w->e);
			assert_ok(sr_holding_rest(h, turn + 1, &w->e), &w->e);
			assert_ok(sr_holding_commit(h, "text", NULL, &w->e), &w->e);
			sr_holding_free(h);
		}
		assert_ok(sr_query_intakes(&steps, w->v->catalogue, d.items[0], &w->e), &w->e);
		assert_string_equal(steps.rows[1].result, rows[i].result);
		sr_intakes_free(&steps);
	}
	world_free(w);
}

/* A file of which is not known what it came out of would stay when that is taken out: where there
 * is no room to say so, there is none for it. */
static void test_room_for_kin(void **state) {
	struct world *w = world_new(NULL);
	struct world_deposit d = {.files = files, .count = 1};
	struct sr_holding *h = NULL;
	char path[SR_FACT_VALUE_MAX];
	bool room = false;
	unsigned n = 0;

	(void)state;
	memset(path, 'x', sizeof path);
	assert_int_equal(world_deposit(w, &d), 0);
	assert_ok(sr_holding_open(&h, w->v, NULL, d.items[0], &w->e), &w->e);
	for (; n < 30000; n++) {
		assert_ok(sr_holding_room(&room, h, 64, 2, &w->e), &w->e);
		if (!room)
			break;
		assert_ok(sr_holding_fact(h, n, "of", sr_bytes_str("0"), &w->e), &w->e);
		assert_ok(
			sr_holding_fact(h, n, "cut", sr_bytes_of(path, sizeof path), &w->e), &w->e);
	}
	assert_in_range(n, 20000, 29999);
	assert_ok(sr_holding_commit(h, "inspect", NULL, &w->e), &w->e);
	assert_said(w, d.items[0], "more", "");
	sr_holding_free(h);
	world_free(w);
}

/* Where nothing is deduped the journal in run/ has the keys of blocks, and .keep the names.
 * Wherever a deposit was killed: once it is over, the keys of the service open neither, though all
 * their bytes are still on the medium. The control: with the cell as it was they do. */
static void test_nothing_left_to_open(void **state) {
	size_t journals = 0, keeps = 0;
	bool over = false;

	(void)state;
	for (unsigned long nth = 1; !over; nth += t_stride(8)) {
		struct world *w = world_new(NULL);
		struct pending p = {0};
		struct sr_buf cell, now;
		char medium[T_PATH];
		const char *found;
		uint8_t id[SR_ID];
		bool keep = false;
		int status = 0;

		world_collection(w, "forms", "none", id);
		world_close(w);
		const pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			struct world_deposit d = {.files = files, .count = 2, .collection = id};

			world_reopen(w);
			sr_fault_set(nth, -1);
			t_exit(world_deposit(w, &d) == 0 ? 7 : 8);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		over = WIFEXITED(status);
		sr_buf_init(&cell);
		sr_buf_init(&now);
		(void)snprintf(medium, sizeof medium, "%s-medium", w->vault);
		link_all(w, medium);
		found = entry(medium, ".cell");
		if (found != NULL)
			t_read_file(found, &cell);
		world_reopen(w);
		assert_ok(sr_index_pending(w->v->index, on_pending, &p, &w->e), &w->e);
		if (p.count == 1) {
			struct sr_deposit_options o = {.collection = id,
				.depositor = w->depositor.person,
				.threads = 1,
				.resume = p.accession};
			struct sr_deposit *d = NULL;

			assert_ok(sr_deposit_begin(&d, w->v, &o, &w->e), &w->e);
			assert_ok(sr_deposit_abort(d, &w->e), &w->e);
		}
		tidy(w);
		if (cell.len == 4096) { /* else it was killed while it made the cell */
			t_read_file(entry(medium, ".cell"), &now);
			assert_int_equal(now.len, cell.len);
			assert_memory_not_equal(now.p, cell.p, cell.len);
			const size_t blocks = robbed(w, medium, sr_buf_view(&cell), &keep);
			journals += blocks > 0;
			keeps += keep;
			assert_int_equal(robbed(w, medium, sr_buf_view(&now), &keep), 0);
			assert_false(keep);
		}
		sr_buf_free(&cell);
		sr_buf_free(&now);
		world_free(w);
	}
	assert_true(journals > 0);
	assert_true(keeps > 0);
}

/* How often ${key} lies in writable memory, but for the stack and the mapping of ${locked}. */
static size_t beside_the_arena(const uint8_t *key, const void *locked) {
	FILE *maps = fopen("/proc/self/maps", "r");
	const int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	char line[512];
	size_t found = 0;

	assert_true(maps != NULL && mem >= 0);
	while (fgets(line, sizeof line, maps) != NULL) {
		char *dash = NULL, *mode = NULL;
		const unsigned long from = strtoul(line, &dash, 16),
				    to = strtoul(dash + 1, &mode, 16);
		const uintptr_t at = (uintptr_t)locked;
		const size_t len = to - from;

		if (strncmp(mode, " rw", 3) != 0 || strstr(line, "[stack]") != NULL ||
			(at >= from && at < to) || len > 64 << 20)
			continue;
		uint8_t *copy =
			mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		assert_true(copy != MAP_FAILED);
		const ssize_t n = pread(mem, copy, len, (off_t)from);
		const uint8_t *p = copy;
		while (n > 0 && p != NULL &&
			(p = memmem(p, (size_t)(copy + n - p), key, SR_KEY)) != NULL) {
			found++;
			p++;
		}
		sr_wipe(copy, len);
		assert_int_equal(munmap(copy, len), 0);
	}
	(void)fclose(maps);
	(void)close(mem);
	return found;
}

/* While a deposit is under way, which can be hours: the vault's key of blocks, and that of what
 * lies in run/, are where memory is locked, and nowhere else. */
static void test_keys_are_locked(void **state) {
	static const char *const dedupe[] = {"none", "collection"};

	(void)state;
	for (size_t i = 0; i < T_COUNT(dedupe); i++) {
		struct world *w = world_new(NULL);
		struct sr_deposit_options o = {.depositor = w->depositor.person, .threads = 2};
		struct sr_deposit *d = NULL;
		uint8_t id[SR_ID], key[SR_KEY];

		world_collection(w, "forms", dedupe[i], id);
		o.collection = id;
		assert_ok(sr_deposit_begin(&d, w->v, &o, &w->e), &w->e);
		assert_ok(sr_deposit_item_begin(d, sr_bytes_str("a title"), &w->e), &w->e);
		assert_ok(sr_accession_key(key, w->v, sr_deposit_accession(d), &w->e), &w->e);
		assert_int_equal(beside_the_arena(w->v->keys->s->kdf_key, w->v->keys->s), 0);
		assert_int_equal(beside_the_arena(key, w->v->keys->s), 0);
		sr_deposit_free(d);
		world_free(w);
	}
}

/* An item of more files than one list holds is refused when the list is full, and not at the end;
 * nothing of it stays. */
static void test_list_too_long(void **state) {
	struct world *w = world_new(NULL);
	struct sr_deposit_options o = {
		.collection = w->collection, .depositor = w->depositor.person, .threads = 1};
	const struct sr_ingest_file f = {.kind = SR_FILE_SYMLINK,
		.path = sr_bytes_str("one/of/many"),
		.note = sr_bytes_str("x")};
	struct sr_deposit *d = NULL;
	int rc = 0;

	(void)state;
	sr_deposit_list_max(1000);
	assert_ok(sr_deposit_begin(&d, w->v, &o, &w->e), &w->e);
	assert_ok(sr_deposit_item_begin(d, sr_bytes_str("t"), &w->e), &w->e);
	for (unsigned i = 0; i < 20 && rc == 0; i++)
		rc = sr_deposit_file(d, &f, &w->e);
	assert_fails(rc, SR_LIMIT, &w->e,
		"the list of the item's files is longer than 1000 bytes at file 15: such a tree is "
		"to be several items (--each folder)");
	assert_ok(sr_deposit_abort(d, &w->e), &w->e);
	tidy(w);
	sr_deposit_list_max(SR_OBJECT_MAX);
	world_free(w);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_resumed),
		cmocka_unit_test(test_abort_is_its_own),
		cmocka_unit_test(test_removed_meanwhile),
		cmocka_unit_test(test_cover),
		cmocka_unit_test(test_abort_in_a_failed_vault),
		cmocka_unit_test(test_copy_unreachable),
		cmocka_unit_test(test_kept_without_the_rest),
		cmocka_unit_test(test_kept_by_another),
		cmocka_unit_test(test_long_path),
		cmocka_unit_test(test_released_meanwhile),
		cmocka_unit_test(test_goes_on),
		cmocka_unit_test(test_room_for_kin),
		cmocka_unit_test(test_goes_on_oddly),
		cmocka_unit_test(test_nothing_left_to_open),
		cmocka_unit_test(test_keys_are_locked),
		cmocka_unit_test(test_list_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
