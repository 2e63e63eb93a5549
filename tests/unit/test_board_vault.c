/*
 * vault - opening: what is refused and how it is said, and what heals by itself. A flipped byte
 * anywhere in the rebuildable databases heals; in anything that is evidence it is named.
 */
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "board/backup.h"
#include "board/door.h"
#include "board/fixity.h"
#include "board/follow.h"
#include "board/second.h"
#include "catalogue/catalogue.h"
#include "ledger/ledger.h"
#include "past_the_door.h"
#include "store/secrets.h"
#include "world.h"

static int64_t clock_of(void *ctx) {
	return ((struct world *)ctx)->now;
}

static int try_open(struct world *w, const char *path, const char *credential) {
	struct sr_vault_open o = {.path = path, .clock = {clock_of, w}};
	struct sr_vault *v = NULL;
	int rc;

	o.unlock.credential = sr_bytes_str(credential);
	rc = sr_vault_open(&v, &o, &w->e);
	sr_vault_close(v);
	return rc;
}

static void put_item(struct world *w, const char *text, uint8_t item[SR_ID]) {
	struct world_file f = {.path = "page.txt", .content = sr_bytes_str(text)};
	struct world_deposit d = {.files = &f, .count = 1};

	assert_int_equal(world_deposit(w, &d), 0);
	memcpy(item, d.items[0], SR_ID);
	world_held_release(w, item);
}

/* ${conf} with its line ${key} (from the first byte of the file on, where it is NULL) replaced. */
static void conf_with(
	struct sr_buf *out, const struct sr_buf *conf, const char *key, const char *line) {
	char from[80];
	const uint8_t *at = conf->p, *end;

	if (key != NULL) {
		snprintf(from, sizeof from, "\n%s ", key);
		at = memmem(conf->p, conf->len, from, strlen(from));
		assert_non_null(at);
		at++;
	}
	end = memchr(at, '\n', conf->len - (size_t)(at - conf->p));
	assert_non_null(end);
	sr_buf_clear(out);
	sr_buf_put(out, conf->p, (size_t)(at - conf->p));
	sr_buf_put_str(out, line);
	sr_buf_put(out, end, conf->len - (size_t)(end - conf->p));
}

/* Every line of strongroom.conf against what the vault knows by itself. */
static void conf_lines(struct world *w) {
	static const struct {
		const char *key, *line;
		enum sr_code code;
		const char *says;
	} rows[] = {
		{NULL, "strongroom/vault/v9", SR_UNSUPPORTED,
			"strongroom.conf: a format that this program does not know"},
		{"origin", "origin other.example/strongroom", SR_AUTH,
			"strongroom.conf names another origin than keys/service has (" W_ORIGIN
			")"},
		{"second", "no-second no", SR_CORRUPT,
			"strongroom.conf: want one line, second or no-second"},
		{"second", "no-second yes\nsecond /somewhere", SR_CORRUPT,
			"want one line, second or no-second"},
		{"fingerprint",
			"fingerprint "
			"0000000000000000000000000000000000000000000000000000000000000007",
			SR_AUTH,
			"strongroom.conf names another fingerprint than entry 0 of the ledger has"},
	};
	struct sr_buf conf, other, line;
	struct sr_log_link l = {.name = "one.example/more"};
	char path[T_PATH], says[100];

	sr_buf_init(&conf);
	sr_buf_init(&other);
	sr_buf_init(&line);
	snprintf(path, sizeof path, "%s", t_path(w->vault, "strongroom.conf"));
	t_read_file(path, &conf);
	/* As many names of the log as it can have had: one more does not go in, nor is it read. */
	for (size_t i = 0; i <= SR_LOG_NAMES; i++) {
		sr_buf_clear(&line);
		sr_buf_printf(&line, "second %s", w->second);
		for (size_t k = 0; k < i; k++)
			sr_buf_printf(&line, "\nlog %zu n%zu.example/log 1 2", k + 5, k);
		sr_buf_put_u8(&line, 0);
		conf_with(&other, &conf, "second", (const char *)line.p);
		t_write_file(path, other.p, other.len);
		if (i == SR_LOG_NAMES - 1)
			assert_fails(sr_vault_conf_log(w->v, &l, &w->e), SR_LIMIT, &w->e,
				"strongroom.conf: no more than ");
	}
	world_close(w);
	snprintf(says, sizeof says, "strongroom.conf: %d lines log, at most %d", SR_LOG_NAMES,
		SR_LOG_NAMES - 1);
	assert_fails(try_open(w, w->vault, WORLD_CREDENTIAL), SR_CORRUPT, &w->e, says);
	sr_buf_clear(&line);
	sr_buf_put_str(&line, "origin ");
	for (size_t i = 0; i < 256; i++)
		sr_buf_put_u8(&line, 'x');
	sr_buf_put_u8(&line, 0);
	conf_with(&other, &conf, "origin", (const char *)line.p);
	t_write_file(path, other.p, other.len);
	assert_fails(try_open(w, w->vault, WORLD_CREDENTIAL), SR_CORRUPT, &w->e,
		"strongroom.conf: line origin has 256 bytes, want fewer than 256");
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		conf_with(&other, &conf, rows[i].key, rows[i].line);
		t_write_file(path, other.p, other.len);
		assert_fails(
			try_open(w, w->vault, WORLD_CREDENTIAL), rows[i].code, &w->e, rows[i].says);
	}
	t_write_file(path, conf.p, conf.len);
	assert_fails(sr_vault_conf_second(w->vault, "beside", &w->e), SR_USAGE, &w->e,
		"the second copy's path must be absolute and under ");
	assert_ok(try_open(w, w->vault, WORLD_CREDENTIAL), &w->e);
	sr_buf_free(&conf);
	sr_buf_free(&other);
	sr_buf_free(&line);
}

/* The note of places where a copy of secrets.db may still lie. */
static void second_note(struct world *w) {
	struct sr_second_report report;
	struct sr_buf note, told;
	char path[T_PATH], says[T_PATH];

	sr_buf_init(&note);
	sr_buf_init(&told);
	snprintf(path, sizeof path, "%s", t_path(w->vault, "run/second"));
	assert_fails(sr_second_change(w->v, "beside", &report, &w->e), SR_USAGE, &w->e,
		"the second copy's path must be absolute and under 4096 bytes");
	assert_false(t_exists(path));
	sr_text_begin(&note, "strongroom/third/v1");
	t_write_file(path, note.p, note.len);
	assert_fails(sr_second_settle(w->v, &told, &w->e), SR_CORRUPT, &w->e,
		"run/second is no note of second copies");
	sr_buf_clear(&note);
	sr_text_begin(&note, "strongroom/second/v1");
	sr_buf_put_str(&note, "made /");
	for (size_t i = 1; i < SR_PATH_MAX; i++)
		sr_buf_put_u8(&note, 'x');
	sr_buf_put_u8(&note, '\n');
	t_write_file(path, note.p, note.len);
	assert_fails(sr_second_settle(w->v, &told, &w->e), SR_CORRUPT, &w->e,
		"run/second: a path of 4096 bytes");
	/* Eight changes in a row were cut off; the ninth waits until one of them is settled. */
	sr_buf_clear(&note);
	sr_text_begin(&note, "strongroom/second/v1");
	for (size_t i = 0; i < 8; i++)
		sr_text_putf(&note, "made", "%s/place%zu", w->path, i);
	t_write_file(path, note.p, note.len);
	assert_fails(sr_second_change(w->v, w->path, &report, &w->e), SR_LIMIT, &w->e,
		"8 places of a second copy are still to be destroyed: mount them");
	/* A place that is there, with nothing in it: its medium is not. */
	sr_buf_clear(&note);
	sr_text_begin(&note, "strongroom/second/v1");
	sr_text_put(&note, "former", w->path);
	t_write_file(path, note.p, note.len);
	assert_ok(sr_second_settle(w->v, &told, &w->e), &w->e);
	sr_buf_put_u8(&told, 0);
	snprintf(says, sizeof says,
		"a former second copy in %s may open what is erased later: it is not there: is its "
		"medium mounted?; mount it",
		w->path);
	assert_non_null(strstr((const char *)told.p, says));
	assert_true(t_exists(path));
	sr_buf_free(&note);
	sr_buf_free(&told);
}

static void test_refusals(void **state) {
	struct world *w = world_new(&(struct world_options){.second = true});
	struct sr_buf conf, newer;
	char *empty = t_tmp_new();
	int status;
	pid_t pid;

	(void)state;
	/* Locked by this process: another one is told who holds it. */
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		char want[32];
		int rc = try_open(w, w->vault, WORLD_CREDENTIAL);

		snprintf(want, sizeof want, "%d", (int)getppid());
		t_exit(rc == SR_LOCKED && strstr(w->e.text, want) != NULL ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	world_close(w);
	assert_fails(try_open(w, w->vault, "another credential of 32 bytes or more"), SR_AUTH,
		&w->e, "keys/service");
	assert_fails(try_open(w, empty, WORLD_CREDENTIAL), SR_NOTFOUND, &w->e, "is not a vault");
	assert_fails(try_open(w, t_path(empty, "nowhere"), WORLD_CREDENTIAL), SR_NOTFOUND, &w->e,
		"nowhere");
	sr_buf_init(&conf);
	sr_buf_init(&newer);
	t_read_file(t_path(w->vault, "strongroom.conf"), &conf);
	{
		const uint8_t *at = memmem(conf.p, conf.len, "format 1", 8);

		assert_non_null(at);
		sr_buf_put_bytes(&newer, sr_buf_view(&conf));
		newer.p[at - conf.p + 7] = '2';
	}
	t_write_file(t_path(w->vault, "strongroom.conf"), newer.p, newer.len);
	assert_fails(try_open(w, w->vault, WORLD_CREDENTIAL), SR_UNSUPPORTED, &w->e, "format 2");
	t_write_file(t_path(w->vault, "strongroom.conf"), conf.p, conf.len);
	sr_buf_free(&conf);
	sr_buf_free(&newer);
	t_tmp_remove(empty);
	world_reopen(w);
	second_note(w);
	assert_int_equal(unlink(t_path(w->vault, "run/second")), 0);
	conf_lines(w);
	world_free(w);
}

/* Where the second copy lies is said, or that there is none. */
static void test_create(void **state) {
	struct sr_vault_init o = {.path = "/nowhere/at-all", .origin = W_ORIGIN};
	char origin[202];
	struct sr_err e;

	(void)state;
	assert_fails(sr_vault_create(&o, &e), SR_USAGE, &e,
		"say where the second copy of secrets.db lies (--second PATH), or --no-second");
	o.second = "beside";
	o.no_second = true;
	assert_fails(sr_vault_create(&o, &e), SR_USAGE, &e, "say where the second copy");
	o.no_second = false;
	assert_fails(sr_vault_create(&o, &e), SR_USAGE, &e,
		"the second copy's path must be absolute and under 4096 bytes: beside");
	o.second = NULL;
	o.no_second = true;
	o.origin = "";
	assert_fails(
		sr_vault_create(&o, &e), SR_USAGE, &e, "origin: want 1 to 200 characters, have 0");
	memset(origin, 'o', 201);
	origin[201] = '\0';
	o.origin = origin;
	assert_fails(sr_vault_create(&o, &e), SR_USAGE, &e,
		"origin: want 1 to 200 characters, have 201");
	o.origin = "ab c";
	assert_fails(sr_vault_create(&o, &e), SR_USAGE, &e, "origin: character 3 is not allowed");
	o.origin = "a+b";
	assert_fails(sr_vault_create(&o, &e), SR_USAGE, &e, "origin: character 2 is not allowed");
}

/* Who has the vault's keys and not its founders begins a log with something else. */
static void test_first_entry(void **state) {
	struct world *w = world_new(&(struct world_options){.bare = true});
	struct world_draft d;

	(void)state;
	world_begin(&d, w, &w->custodian, SR_T_READ);
	sr_text_put(&d.text, "what", "report");
	past_the_door(w, &d, w->custodian.seed);
	world_close(w);
	assert_fails(try_open(w, w->vault, WORLD_CREDENTIAL), SR_CORRUPT, &w->e,
		"entry 0 is read, not found");
	world_free(w);
}

/* An entry that this program does not know, or cannot open: that is said, at once. No catalogue
 * comes of such a ledger, so none is made anew (which takes hours in a large vault, and here would
 * stumble over a folder in its way), and the one that is there is left. */
static void test_foreign_entry(void **state) {
	static const struct {
		const char *line;
		int code;
		const char *says;
	} cases[] = {
		{"strongroom/reed/v1", SR_UNSUPPORTED,
			"type line \"strongroom/reed/v1\" names no statement known here: a newer "
			"strongroom may know it"},
		{"strongroom/read/v2", SR_UNSUPPORTED,
			"type line \"strongroom/read/v2\": version v1 is read here, a newer "
			"strongroom may read that one"},
		{"stronghold/read/v1", SR_CORRUPT, "line 1: not a type like strongroom/vote/v1"},
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(cases); i++) {
		struct world *w = world_new(NULL);
		struct sr_buf before, after;
		struct world_draft d;
		char says[256];

		sr_buf_init(&before);
		sr_buf_init(&after);
		world_begin(&d, w, &w->custodian, SR_T_READ);
		sr_text_put(&d.text, "what", "report");
		past_the_door_as(w, &d, w->custodian.seed, cases[i].line);
		snprintf(says, sizeof says, "catalogue: entry %llu: statement: %s",
			(unsigned long long)sr_ledger_next_index(w->v->ledger) - 1, cases[i].says);
		world_close(w);
		t_read_file(t_path(w->vault, "catalogue.db"), &before);
		assert_int_equal(mkdir(t_path(w->vault, "catalogue-rebuild.db"), 0700), 0);
		assert_fails(try_open(w, w->vault, WORLD_CREDENTIAL), cases[i].code, &w->e, says);
		t_read_file(t_path(w->vault, "catalogue.db"), &after);
		assert_int_equal(before.len, after.len);
		assert_memory_equal(before.p, after.p, before.len);
		sr_buf_free(&before);
		sr_buf_free(&after);
		world_free(w);
	}
}

/* Flip one byte at ${at} of a file of the closed vault. */
static void flip(const char *path, size_t at) {
	struct sr_buf b;

	sr_buf_init(&b);
	t_read_file(path, &b);
	if (b.len == 0) {
		fail_msg("%s is empty", path);
	} else {
		b.p[at % b.len] ^= 0x40;
		t_write_file(path, b.p, b.len);
	}
	sr_buf_free(&b);
}

static void test_databases_heal(void **state) {
	static const char *const names[] = {"catalogue.db", "index.db"};
	struct world *w = world_new(NULL);
	uint8_t item[SR_ID], digest[SR_HASH], again[SR_HASH];
	uint64_t seed = 7;

	(void)state;
	put_item(w, "text that stays\n", item);
	assert_ok(sr_catalogue_digest(w->v->catalogue, digest, &w->e), &w->e);
	for (size_t i = 0; i < T_COUNT(names); i++) {
		for (int round = 0; round < 4; round++) {
			world_close(w);
			flip(t_path(w->vault, names[i]), (size_t)t_rand(&seed, 60000));
			world_reopen(w);
			assert_ok(sr_catalogue_digest(w->v->catalogue, again, &w->e), &w->e);
			assert_memory_equal(digest, again, SR_HASH);
		}
		world_close(w);
		assert_int_equal(unlink(t_path(w->vault, names[i])), 0);
		world_reopen(w);
		assert_true(w->v->recovered.len > 0);
		assert_ok(sr_catalogue_digest(w->v->catalogue, again, &w->e), &w->e);
		assert_memory_equal(digest, again, SR_HASH);
	}
	{ /* And the item still opens. */
		struct world_request rq = {.by = &w->researcher[0],
			.items = (const uint8_t(*)[SR_ID]) & item,
			.count = 1};
		uint8_t grant[SR_ID];
		struct world_checkout c = {.by = &w->researcher[0], .grant = grant, .item = item};
		struct sr_buf text;

		assert_int_equal(world_request(w, &rq), 0);
		world_grant(w, rq.id, grant);
		assert_int_equal(world_checkout(w, &c), 0);
		assert_int_equal(world_open(w, &c), 0);
		sr_buf_init_secret(&text);
		assert_int_equal(world_read(w, &c, 0, &text), 0);
		assert_int_equal(text.len, strlen("text that stays\n"));
		sr_buf_free(&text);
	}
	world_free(w);
}

/* An old catalogue put back (whole and authentic) catches up. */
static void test_old_catalogue(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[SR_ID], digest[SR_HASH], again[SR_HASH];
	struct sr_buf old;

	(void)state;
	world_close(w);
	sr_buf_init(&old);
	t_read_file(t_path(w->vault, "catalogue.db"), &old);
	world_reopen(w);
	put_item(w, "later\n", item);
	assert_ok(sr_catalogue_digest(w->v->catalogue, digest, &w->e), &w->e);
	world_close(w);
	t_write_file(t_path(w->vault, "catalogue.db"), old.p, old.len);
	(void)unlink(t_path(w->vault, "catalogue.db-redo"));
	world_reopen(w);
	assert_ok(sr_catalogue_digest(w->v->catalogue, again, &w->e), &w->e);
	assert_memory_equal(digest, again, SR_HASH);
	sr_buf_free(&old);
	world_free(w);
}

/* An old journal put back over a vault that published more: refused, and secrets.db is not touched.
 */
static void test_old_journal(void **state) {
	struct world *w = world_new(NULL);
	uint8_t item[SR_ID];
	struct sr_buf old;

	(void)state;
	world_close(w);
	sr_buf_init(&old);
	t_read_file(t_path(w->vault, "ledger/journal"), &old);
	world_reopen(w);
	put_item(w, "later\n", item);
	world_close(w);
	t_write_file(t_path(w->vault, "ledger/journal"), old.p, old.len);
	assert_fails(try_open(w, w->vault, WORLD_CREDENTIAL), SR_CORRUPT, &w->e, "rolled back");
	sr_buf_free(&old);
	world_free(w);
}

/* What a kill left in run/ under a temporary name may be a key: its bytes go before its name. */
static void test_unfinished_in_run(void **state) {
	struct world *w = world_new(NULL);
	uint8_t was[5000];
	struct sr_buf now;

	(void)state;
	t_fill(was, sizeof was, 1);
	world_close(w);
	t_write_file(t_path(w->vault, "run/.tmp-77-1"), was, sizeof was);
	assert_int_equal(
		link(t_path(w->vault, "run/.tmp-77-1"), t_path(w->path, "on-the-medium")), 0);
	world_reopen(w);
	assert_false(t_exists(t_path(w->vault, "run/.tmp-77-1")));
	sr_buf_init(&now);
	t_read_file(t_path(w->path, "on-the-medium"), &now);
	assert_int_equal(now.len, sizeof was);
	assert_memory_not_equal(now.p, was, 32);
	assert_memory_not_equal(now.p + 4500, was + 4500, 32);
	sr_buf_free(&now);
	world_free(w);
}

static int count_finding(void *ctx, const struct sr_scrub_finding *f, struct sr_err *e) {
	(void)e;
	assert_true(f->name[0] != '\0' && f->text[0] != '\0');
	++*(int *)ctx;
	return 0;
}

struct named {
	char first[300];
};

static int first_file(void *ctx, const char *name, bool is_dir, struct sr_err *e) {
	struct named *n = ctx;

	(void)e;
	if (!is_dir && n->first[0] == '\0' && strstr(name, "INVENTORY") == NULL)
		snprintf(n->first, sizeof n->first, "%s", name);
	return 0;
}

static int first_folder(void *ctx, const char *name, bool is_dir, struct sr_err *e) {
	struct named *n = ctx;

	(void)e;
	if (is_dir && n->first[0] == '\0')
		snprintf(n->first, sizeof n->first, "%s", name);
	return 0;
}

/* A path of the first file two levels below ${folder} of the vault. */
static void some_file(struct world *w, const char *folder, bool nested, char out[T_PATH]) {
	struct sr_dir *d = NULL;
	struct named sub = {""}, file = {""};

	assert_ok(sr_dir_open(&d, t_path(w->vault, folder), &w->e), &w->e);
	if (nested) {
		assert_ok(sr_dir_each(d, first_folder, &sub, &w->e), &w->e);
		sr_dir_close(d);
		assert_ok(
			sr_dir_open(&d, t_path(t_path(w->vault, folder), sub.first), &w->e), &w->e);
	}
	assert_ok(sr_dir_each(d, first_file, &file, &w->e), &w->e);
	snprintf(out, T_PATH, "%s/%s/%s%s%s", w->vault, folder, sub.first, nested ? "/" : "",
		file.first);
	sr_dir_close(d);
}

static int told(void *ctx, const struct sr_scrub_finding *f, struct sr_err *e) {
	(void)e;
	if (f->what == SR_SCRUB_INVENTORY)
		snprintf(ctx, 300, "%s", f->text);
	return 0;
}

/* An inventory that the vault signed, with a name more than there are packs, and with one for
 * another: it is named, and written again. */
static void other_inventory(struct world *w) {
	uint8_t *packs = NULL, names[2 * SR_HASH];
	struct sr_scrub_totals totals;
	char said[300] = "";
	struct sr_fixity f = {.finding = told, .ctx = said};
	size_t count = 0;

	assert_ok(sr_query_packs(&packs, &count, w->v->catalogue, &w->e), &w->e);
	assert_int_equal(count, 1);
	memcpy(names, packs, SR_HASH);
	t_fill(names + SR_HASH, SR_HASH, 4);
	assert_ok(sr_fixity_inventory_anew(w->v, names, 2, &w->e), &w->e);
	assert_ok(sr_fixity_check(w->v, &f, &totals, &w->e), &w->e);
	assert_string_equal(
		said, "it names 2 packs, the statements 1; it was written again from the log");
	assert_ok(sr_fixity_inventory_anew(w->v, names + SR_HASH, 1, &w->e), &w->e);
	assert_ok(sr_fixity_check(w->v, &f, &totals, &w->e), &w->e);
	assert_non_null(strstr(said, "it lacks a pack that the statements name"));
	said[0] = '\0';
	assert_ok(sr_fixity_check(w->v, &f, &totals, &w->e), &w->e);
	assert_string_equal(said, "");
	free(packs);
}

static void test_fixity(void **state) {
	static const struct {
		const char *folder;
		bool nested;
	} kinds[] = {{"packs", true}, {"objects", true}, {"items", false}};
	struct world *w = world_new(NULL);
	uint8_t item[SR_ID];

	(void)state;
	put_item(w, "evidence\n", item);
	for (size_t i = 0; i < T_COUNT(kinds); i++) {
		int findings = 0;
		struct sr_fixity f = {.finding = count_finding, .ctx = &findings};
		struct sr_scrub_totals totals;
		char path[T_PATH];

		assert_ok(sr_fixity_check(w->v, &f, &totals, &w->e), &w->e);
		assert_int_equal(findings, 0);
		assert_true(totals.packs > 0 && totals.objects > 0 && totals.envelopes == 1);
		some_file(w, kinds[i].folder, kinds[i].nested, path);
		flip(path, 200);
		assert_ok(sr_fixity_check(w->v, &f, &totals, &w->e), &w->e);
		assert_int_equal(findings, 1);
		flip(path, 200);
	}
	other_inventory(w);
	world_free(w);
}

static void backup_of(
	struct world *w, const char *to, const char *secrets, struct sr_backup_result *r) {
	char escrow[T_PATH];
	struct sr_backup_options o = {.path = to, .secrets_path = secrets, .escrow_path = escrow};

	snprintf(escrow, sizeof escrow, "%s", t_path(w->path, "escrow"));
	o.unlock.credential = sr_bytes_str("the credential of the backup, 32 bytes and more");
	assert_ok(sr_backup_make(w->v, &o, r, &w->e), &w->e);
}

static int stop_at_once(
	void *ctx, const char *what, uint64_t done, uint64_t total, const char *unit) {
	(void)ctx;
	(void)done;
	(void)total;
	(void)unit;
	return strcmp(what, "copying") == 0;
}

/* Where no backup goes: its secrets and its escrow in one file, into another vault's backup; and a
 * vault that nobody founded has none. */
static void not_there(struct world *w, const char *to, const char *secrets) {
	struct sr_backup_options b = {.path = to, .secrets_path = secrets, .escrow_path = secrets};
	struct sr_backup_result r;
	char other[T_PATH], says[100];
	struct sr_buf text, lie;

	b.unlock.credential = sr_bytes_str("the credential of the backup, 32 bytes and more");
	assert_fails(sr_backup_make(w->v, &b, &r, &w->e), SR_USAGE, &w->e,
		"the secrets file and the escrow file are one");
	snprintf(other, sizeof other, "%s", t_path(w->path, "anothers"));
	assert_int_equal(mkdir(other, 0700), 0);
	sr_buf_init(&text);
	sr_buf_init(&lie);
	t_read_file(t_path(w->vault, "strongroom.conf"), &text);
	snprintf(says, sizeof says, "fingerprint %064d", 7);
	conf_with(&lie, &text, "fingerprint", says);
	t_write_file(t_path(other, "strongroom.conf"), lie.p, lie.len);
	b.path = other;
	b.escrow_path = to;
	assert_fails(sr_backup_make(w->v, &b, &r, &w->e), SR_EXISTS, &w->e,
		"/anothers is a backup of another vault");
	w->v->founded = false;
	assert_fails(sr_backup_make(w->v, &b, &r, &w->e), SR_DENIED, &w->e,
		"backup: the vault is not founded yet; there is nothing to keep");
	w->v->founded = true;
	sr_buf_free(&text);
	sr_buf_free(&lie);
}

static void test_backup(void **state) {
	struct world *w = world_new(NULL);
	char to[T_PATH], secrets[T_PATH], escrow[T_PATH], restored[T_PATH];
	struct sr_backup_result r;
	struct sr_restore_options o = {.no_second = true, .clock = {clock_of, NULL}};
	struct sr_buf told;
	uint8_t item[SR_ID], digest[SR_HASH];
	uint64_t first;

	(void)state;
	o.clock.ctx = w;
	put_item(w, "kept twice\n", item);
	snprintf(to, sizeof to, "%s", t_path(w->path, "backup"));
	snprintf(secrets, sizeof secrets, "%s", t_path(w->path, "backup-secrets"));
	snprintf(escrow, sizeof escrow, "%s", t_path(w->path, "escrow"));
	snprintf(restored, sizeof restored, "%s", t_path(w->path, "restored"));
	{
		const struct sr_progress stop = {stop_at_once, NULL};
		struct sr_backup_options b = {.path = to,
			.secrets_path = secrets,
			.escrow_path = escrow,
			.progress = &stop};

		b.unlock.credential =
			sr_bytes_str("the credential of the backup, 32 bytes and more");
		(void)!sr_fail(&w->e, SR_IO, "of something before");
		assert_fails(sr_backup_make(w->v, &b, &r, &w->e), SR_LOCKED, &w->e,
			"stopped on request");
		sr_err_clear(&w->e);
	}
	not_there(w, to, secrets);
	backup_of(w, to, secrets, &r);
	first = r.files;
	assert_true(first > 5 && r.secrets > 0 && r.checked > 0 &&
		    r.entries + 1 == sr_ledger_next_index(w->v->ledger));
	backup_of(w, to, secrets, &r);
	assert_true(r.files < first && r.skipped > 0);
	assert_ok(sr_catalogue_digest(w->v->catalogue, digest, &w->e), &w->e);
	/* What must never be in it. */
	assert_false(t_exists(t_path(to, "secrets.db")));
	assert_false(t_exists(t_path(to, "secrets.db-root")));
	assert_false(t_exists(t_path(to, "catalogue.db")));
	world_close(w);
	sr_buf_init(&told);
	o.no_second = false;
	assert_fails(sr_backup_restore(&o, &r, &told, &w->e), SR_USAGE, &w->e,
		"say where the second copy of secrets.db shall lie (--second PATH), or "
		"--no-second");
	o.no_second = true;
	o.from = to;
	o.secrets_path = secrets;
	o.escrow_path = escrow;
	o.to = restored;
	o.unlock.credential = sr_bytes_str(WORLD_CREDENTIAL);
	o.unlock_secrets.credential = sr_bytes_str("another credential, also of 32 bytes and more");
	assert_fails(sr_backup_restore(&o, &r, &told, &w->e), SR_AUTH, &w->e, "secrets file");
	assert_false(t_exists(restored));
	o.unlock_secrets.credential =
		sr_bytes_str("the credential of the backup, 32 bytes and more");
	assert_ok(sr_backup_restore(&o, &r, &told, &w->e), &w->e);
	assert_null(memmem(told.p, told.len, "lost", 4));
	assert_ok(try_open(w, restored, WORLD_CREDENTIAL), &w->e);
	sr_buf_free(&told);
	/* What is damaged in the copy comes from the vault once more, and goes the other way where
	 * the copy has it whole; what neither has is no backup. */
	world_reopen(w);
	{
		struct sr_backup_options b = {
			.path = to, .secrets_path = secrets, .escrow_path = escrow};
		char path[T_PATH], copy[T_PATH];

		some_file(w, "packs", true, path);
		snprintf(copy, sizeof copy, "%s%s", to, path + strlen(w->vault));
		flip(copy, 100);
		backup_of(w, to, secrets, &r);
		assert_true(r.mended == 1 && r.kept.count == 0 && r.lost.count == 0);
		backup_of(w, to, secrets, &r);
		assert_int_equal(r.mended, 0);
		assert_int_equal(truncate(path, 100), 0);
		backup_of(w, to, secrets, &r);
		assert_true(r.kept.count == 1 && r.mended == 0);
		assert_non_null(strstr(r.kept.first, "100 bytes cannot be a pack"));
		assert_int_equal(unlink(path), 0);
		backup_of(w, to, secrets, &r);
		assert_true(r.kept.count == 1 && r.removed == 0 && t_exists(copy));
		flip(copy, 100);
		b.unlock.credential =
			sr_bytes_str("the credential of the backup, 32 bytes and more");
		assert_int_equal(unlink(secrets), 0);
		assert_fails(sr_backup_make(w->v, &b, &r, &w->e), SR_CORRUPT, &w->e,
			"1 of the files that the log names cannot be read whole in the vault, nor "
			"in the copy, the first: ");
		assert_null(strstr(w->e.text, "but a restore stops"));
		assert_true(t_exists(secrets));
		/* Folders that no vault has. */
		snprintf(path, sizeof path, "%s", t_path(w->vault, "packs"));
		for (int i = 0; i < 9; i++) {
			const size_t len = strlen(path);

			snprintf(path + len, sizeof path - len, "/d");
			assert_int_equal(mkdir(path, 0700), 0);
		}
		assert_fails(sr_backup_make(w->v, &b, &r, &w->e), SR_CORRUPT, &w->e,
			"d: folders deeper than 8");
	}
	world_free(w);
}

/* Entries until the log has a whole tile. */
static void fill_tile(struct world *w) {
	while (sr_ledger_next_index(w->v->ledger) < SR_TILE_WIDTH + 1) {
		struct sr_outcome *o = calloc(1, sizeof *o);
		struct sr_buf text;

		assert_non_null(o);
		sr_buf_init(&text);
		sr_follow_begin(&text, w->v, SR_T_INCIDENT, sr_now(&w->v->clock));
		sr_text_put(&text, "what", "second-lost");
		assert_ok(sr_door_service(w->v, sr_buf_view(&text), o, &w->e), &w->e);
		sr_buf_free(&text);
		free(o);
	}
}

/* A bundle of the log that the vault has lost is whole in the copy, and stays there, though nothing
 * but its own entries shows what it is; one that the copy has lost comes once more. */
static void test_backup_of_tiles(void **state) {
	struct world *w = world_new(NULL);
	static const char bundle[] = "ledger/tile/entries/000";
	char to[T_PATH], secrets[T_PATH], escrow[T_PATH], ours[T_PATH], theirs[T_PATH];
	struct sr_backup_options o = {.path = to, .secrets_path = secrets, .escrow_path = escrow};
	struct sr_backup_result r;

	(void)state;
	snprintf(to, sizeof to, "%s", t_path(w->path, "backup"));
	snprintf(secrets, sizeof secrets, "%s", t_path(w->path, "backup-secrets"));
	snprintf(escrow, sizeof escrow, "%s", t_path(w->path, "escrow"));
	snprintf(ours, sizeof ours, "%s", t_path(w->vault, bundle));
	snprintf(theirs, sizeof theirs, "%s", t_path(to, bundle));
	o.unlock.credential = sr_bytes_str("the credential of the backup, 32 bytes and more");
	fill_tile(w);
	backup_of(w, to, secrets, &r);
	flip(theirs, 5000);
	backup_of(w, to, secrets, &r);
	assert_int_equal(r.mended, 1);
	flip(ours, 5000);
	backup_of(w, to, secrets, &r);
	assert_true(r.mended == 0 && r.lost.count == 0);
	flip(theirs, 6000);
	assert_fails(
		sr_backup_make(w->v, &o, &r, &w->e), SR_CORRUPT, &w->e, "tile/entries/000: entry ");
	assert_int_equal(r.lost.count, 1);
	flip(ours, 5000);
	backup_of(w, to, secrets, &r);
	assert_int_equal(r.mended, 1);
	world_free(w);
}

struct life { /* one request and what came of it */
	struct world_request rq;
	uint8_t grant[SR_ID];
	struct world_checkout c;
};

static void life_begin(struct world *w, struct life *l, uint8_t (*item)[SR_ID], size_t by) {
	l->rq = (struct world_request){
		.by = &w->researcher[by], .items = (const uint8_t(*)[SR_ID])item, .count = 1};
	l->c = (struct world_checkout){.by = &w->researcher[by], .grant = l->grant, .item = *item};
	assert_ok(world_request(w, &l->rq), &w->out.err);
}

static int top_up(struct world *w, const struct life *l, size_t member) {
	return world_vote(w,
		&(struct world_vote){.member = member, .request = l->rq.id, .decision = "topup"});
}

static bool room_key_there(struct world *w, const struct life *l) {
	char name[2 * SR_ID + 1];

	sr_hex(name, l->rq.id, SR_ID);
	return sr_secrets_has(w->v->secrets, SR_SECRET_ROOM_KEY, sr_bytes_str(name), 1);
}

static void reads(struct world *w, const struct life *l, const char *want) {
	struct sr_buf text;

	sr_buf_init_secret(&text);
	assert_int_equal(world_read(w, &l->c, 0, &text), 0);
	assert_true(sr_bytes_eq(sr_buf_view(&text), sr_bytes_str(want)));
	sr_buf_free(&text);
}

/* Back up, restore under a strict umask, and go on with the restored vault. */
static void move_by_backup(struct world *w, const char *renewed) {
	char to[T_PATH], secrets[T_PATH], escrow[T_PATH], restored[T_PATH];
	struct sr_restore_options o = {.no_second = true, .clock = {clock_of, w}};
	struct sr_backup_result r;
	struct sr_buf told;
	struct stat st;
	mode_t mask;

	snprintf(to, sizeof to, "%s", t_path(w->path, "backup"));
	snprintf(secrets, sizeof secrets, "%s", t_path(w->path, "backup-secrets"));
	snprintf(escrow, sizeof escrow, "%s", t_path(w->path, "escrow"));
	snprintf(restored, sizeof restored, "%s", t_path(w->path, "restored"));
	backup_of(w, to, secrets, &r);
	world_close(w);
	sr_buf_init(&told);
	o.from = to;
	o.secrets_path = secrets;
	o.escrow_path = escrow;
	o.to = restored;
	o.unlock.credential = sr_bytes_str(WORLD_CREDENTIAL);
	o.unlock_secrets.credential =
		sr_bytes_str("the credential of the backup, 32 bytes and more");
	mask = umask(077);
	assert_ok(sr_backup_restore(&o, &r, &told, &w->e), &w->e);
	(void)umask(mask);
	assert_non_null(memmem(told.p, told.len, renewed, strlen(renewed)));
	sr_buf_free(&told);
	assert_int_equal(stat(restored, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0711);
	assert_fails(sr_backup_restore(&o, &r, NULL, &w->e), SR_EXISTS, &w->e, "not empty");
	free(w->vault);
	w->vault = strdup(restored);
	assert_non_null(w->vault);
	world_reopen(w);
}

/* A backup has no room keys: a restore makes new ones, pieces of earlier votes are void without
 * blame, and topups open again what was granted. */
static void test_restore_renews_room_keys(void **state) {
	struct world *w = world_new(NULL);
	struct life live = {0}, open = {0}, over = {0}, held = {0};
	uint8_t item[1][SR_ID], digest[SR_HASH], again[SR_HASH];
	char entry[32];
	size_t keys;

	(void)state;
	put_item(w, "kept twice\n", item[0]);
	life_begin(w, &live, item, 0);
	world_grant(w, live.rq.id, live.grant);
	assert_ok(top_up(w, &live, 2), &w->out.err);
	life_begin(w, &open, item, 1);
	assert_ok(world_vote(w, &(struct world_vote){.member = 0, .request = open.rq.id}),
		&w->out.err);
	life_begin(w, &over, item, 2);
	world_grant(w, over.rq.id, over.grant);
	assert_ok(world_close_grant(w, &w->researcher[2], over.grant), &w->out.err);
	life_begin(w, &held, item, 2);
	world_grant(w, held.rq.id, held.grant);
	assert_ok(world_suspend(w, 2, held.grant), &w->out.err);
	keys = world_count(w, SR_T_ROOM_KEY);
	move_by_backup(w, "3 room keys were made anew");
	assert_int_equal(world_count(w, SR_T_ROOM_KEY), keys + 3);
	assert_true(
		room_key_there(w, &live) && room_key_there(w, &open) && room_key_there(w, &held));
	assert_false(room_key_there(w, &over));
	/* The old pieces open nothing, and nobody is to blame for it. */
	assert_ok(world_checkout(w, &live.c), &w->out.err);
	assert_fails(world_open(w, &live.c), SR_DENIED, &w->e, "2 topups are needed");
	{
		struct sr_version_row row = {0};

		assert_ok(sr_query_version(&row, w->v->catalogue, live.rq.id, 1, &w->e), &w->e);
		snprintf(entry, sizeof entry, "renewed at entry %llu ",
			(unsigned long long)row.room_key_entry);
		assert_true(row.room_key_entry > row.entry + 1);
		sr_version_row_free(&row);
	}
	assert_non_null(strstr(w->e.text, entry));
	assert_ok(top_up(w, &live, 0), &w->out.err);
	assert_fails(world_open(w, &live.c), SR_DENIED, &w->e, "1 topup is needed");
	assert_ok(top_up(w, &live, 2), &w->out.err); /* once more: the first is void */
	assert_fails(top_up(w, &live, 2), SR_DENIED, &w->out.err, "topped-up");
	assert_ok(world_open(w, &live.c), &w->e);
	reads(w, &live, "kept twice\n");
	/* A vote before the backup decides still; its piece is made anew. */
	assert_ok(world_vote(w, &(struct world_vote){.member = 1, .request = open.rq.id}),
		&w->out.err);
	assert_true(world_grant_of(w, open.rq.id, open.grant));
	assert_ok(world_checkout(w, &open.c), &w->out.err);
	assert_fails(world_open(w, &open.c), SR_DENIED, &w->e, "1 topup is needed");
	assert_ok(top_up(w, &open, 0), &w->out.err);
	assert_ok(world_open(w, &open.c), &w->e);
	reads(w, &open, "kept twice\n");
	/* And a suspended grant once it is lifted. */
	assert_ok(world_lift(w, 2, held.grant), &w->out.err);
	assert_ok(top_up(w, &held, 0), &w->out.err);
	assert_ok(top_up(w, &held, 1), &w->out.err);
	assert_ok(world_checkout(w, &held.c), &w->out.err);
	assert_ok(world_open(w, &held.c), &w->e);
	assert_int_equal(world_count(w, SR_T_INCIDENT), 1); /* restored */
	/* The renewed key ends like the first one, and a replay knows all of it. */
	assert_ok(world_close_grant(w, &w->researcher[0], live.grant), &w->out.err);
	assert_false(room_key_there(w, &live));
	assert_ok(sr_catalogue_digest(w->v->catalogue, digest, &w->e), &w->e);
	world_close(w);
	assert_int_equal(unlink(t_path(w->vault, "catalogue.db")), 0);
	world_reopen(w);
	assert_ok(sr_catalogue_digest(w->v->catalogue, again, &w->e), &w->e);
	assert_memory_equal(digest, again, SR_HASH);
	assert_true(room_key_there(w, &open) && room_key_there(w, &held));
	world_free(w);
}

static void room_key_of(struct world *w, const struct life *l, uint8_t key[SR_X_PK]) {
	struct sr_version_row row = {0};

	assert_ok(sr_query_version(&row, w->v->catalogue, l->rq.id, 0, &w->e), &w->e);
	assert_true(row.has_room_key);
	memcpy(key, row.room_key, SR_X_PK);
	sr_version_row_free(&row);
}

/* A vote that was made before a restore and comes after it has pieces for a key that is gone: it is
 * refused at the door, where its voter hears of it, and nobody is blamed at a checkout. */
static void test_vote_for_the_old_room_key(void **state) {
	struct world *w = world_new(NULL);
	struct life live = {0}, open = {0};
	uint8_t item[1][SR_ID], of_live[SR_X_PK], of_open[SR_X_PK];
	struct world_vote approve = {.member = 0, .request = open.rq.id, .room = of_open};
	struct world_vote topup = {
		.member = 0, .request = live.rq.id, .decision = "topup", .room = of_live};

	(void)state;
	put_item(w, "kept twice\n", item[0]);
	life_begin(w, &live, item, 0);
	world_grant(w, live.rq.id, live.grant);
	life_begin(w, &open, item, 1);
	room_key_of(w, &live, of_live);
	room_key_of(w, &open, of_open);
	move_by_backup(w, "2 room keys were made anew");
	assert_fails(world_vote(w, &approve), SR_DENIED, &w->out.err, "other-room-key");
	assert_non_null(strstr(w->out.err.text, "a restore renewed the room key: vote again"));
	assert_fails(world_vote(w, &topup), SR_DENIED, &w->out.err, "other-room-key");
	assert_non_null(strstr(w->out.err.text, "a restore renewed the room key: vote again"));
	/* The same two vote again, and it opens without a word about them. */
	approve.room = topup.room = NULL;
	assert_ok(world_vote(w, &approve), &w->out.err);
	assert_ok(world_vote(w, &topup), &w->out.err);
	assert_ok(top_up(w, &live, 1), &w->out.err);
	assert_ok(world_checkout(w, &live.c), &w->out.err);
	assert_ok(world_open(w, &live.c), &w->e);
	reads(w, &live, "kept twice\n");
	assert_int_equal(world_count(w, SR_T_INCIDENT), 1); /* restored */
	world_free(w);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_create),
		cmocka_unit_test(test_first_entry),
		cmocka_unit_test(test_foreign_entry),
		cmocka_unit_test(test_databases_heal),
		cmocka_unit_test(test_old_catalogue),
		cmocka_unit_test(test_old_journal),
		cmocka_unit_test(test_unfinished_in_run),
		cmocka_unit_test(test_fixity),
		cmocka_unit_test(test_backup),
		cmocka_unit_test(test_backup_of_tiles),
		cmocka_unit_test(test_restore_renews_room_keys),
		cmocka_unit_test(test_vote_for_the_old_room_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
