/*
 * deposit: files, folders, standard input or a table of items, as one accession.
 *
 * The client computes every SHA-256 itself, and signs only if the vault's list says the same. ^C
 * and failures leave an accession that can be resumed: the same command with --resume finds what is
 * durable already. Files that cannot be read, vanish or change while they are read are told one by
 * one, and recorded; they never stop the rest.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/escape.h"
#include "cli/bag.h"
#include "cli/describing.h"
#include "cli/unpack.h"
#include "cli/verbs.h"
#include "cli/walk.h"
#include "cli/words.h"

const struct cli_option cli_deposit_options[] = {
	{"collection", CLI_ONE, "C", "the collection it goes to (name or id)"},
	{"each", CLI_ONE, "WHAT",
		"file: every file is an item; folder: every folder in a PATH is one"},
	{"rows", CLI_ONE, "CSV", "items from a table: path, title, description, creator, ..."},
	{"bag", CLI_FLAG, NULL,
		"PATH is a bag (BagIt, RFC 8493): judged completely first, and refused unless "
		"valid"},
	{"unpack", CLI_FLAG, NULL,
		"also deposit what archives hold, taken out in the sandbox, beside them"},
	{"age", CLI_FLAG, NULL,
		"files named *.age are sealed to the vault (intake recipient): store what is in "
		"them, too"},
	{"title", CLI_ONE, "TEXT", "title of the item, until a curator describes it"},
	{"name", CLI_ONE, "NAME", "the name of what comes on standard input (PATH is -)"},
	{"resume", CLI_ONE, "ID", "go on with an accession that broke off"},
	{"abandon", CLI_ONE, "ID", "remove what an accession that broke off has left"},
	{"receipt", CLI_ONE, "F", "keep the receipt as F.tlog-proof and F.keys"},
	{"later", CLI_FLAG, NULL,
		"without a core: leave looking through it to `intake run` "
		"($STRONGROOM_INTAKE=later too)"},
	{NULL, CLI_FLAG, NULL, NULL},
};

struct telling {
	const struct cli *c;
	json_t *problems;
};

static void told(void *ctx, struct sr_bytes path, const char *status, const char *reason) {
	struct telling *t = ctx;
	struct sr_buf b;
	if (strcmp(status, "stored") == 0)
		return;
	if (t->problems != NULL) {
		json_t *o = json_object();
		cli_json_set_bytes(o, "path", path);
		json_object_set_new(o, "status", json_string(status));
		json_object_set_new(o, "reason", cli_json_bytes(sr_bytes_str(reason)));
		json_array_append_new(t->problems, o);
		return;
	}
	cli_progress_end();
	sr_buf_init(&b);
	sr_escape(&b, path, 0);
	if (reason[0] != '\0') {
		sr_buf_put_str(&b, ": ");
		sr_escape(&b, sr_bytes_str(reason), 0);
	}
	fprintf(stderr, "%s: %.*s\n", status, (int)b.len, b.len > 0 ? (const char *)b.p : "");
	sr_buf_free(&b);
}

/* The last part of a path, without slashes at its end; "" for what has no name (".", "/"). */
static char *last_part(const char *path) {
	size_t len = strlen(path);
	while (len > 0 && path[len - 1] == '/')
		len--;
	size_t at = len;
	while (at > 0 && path[at - 1] != '/')
		at--;
	char *out = strndup(path + at, len - at);
	if (out != NULL && (strcmp(out, ".") == 0 || strcmp(out, "..") == 0))
		out[0] = '\0';
	return out;
}

/* A folder that is one item has its own name as title (an item's first file would say nothing of
 * the rest). NULL: not a folder, or no name can be found. */
static char *folder_title(const char *path) {
	struct stat st;
	char *title = NULL;
	if (lstat(path, &st) != 0 || !S_ISDIR(st.st_mode))
		return NULL;
	char *whole = realpath(path, NULL);
	if (whole != NULL)
		title = last_part(whole);
	free(whole);
	if (title != NULL && *title != '\0')
		return title;
	free(title);
	return NULL;
}

static int add_paths(struct cli *c, struct cli_walk *w, struct sr_err *e) {
	const char *name = cli_get(c, "name");
	const char *title = cli_get(c, "title");
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < c->args.word_count; i++) {
		const char *path = c->args.words[i];
		if (strcmp(path, "-") == 0) {
			if (name == NULL || *name == '\0')
				return sr_fail(
					e, SR_USAGE, "standard input needs a name: --name NAME");
			rc = cli_walk_add(w, path, name, title, e);
			continue;
		}
		char *stored = last_part(path);
		char *own = i == 0 && title == NULL ? folder_title(path) : NULL;
		rc = stored == NULL ? sr_fail(e, SR_NOMEM, "path: out of memory")
				    : cli_walk_add(w, path, stored,
					      i == 0 && title != NULL ? title : own, e);
		free(stored);
		free(own);
	}
	return rc;
}

static int add_rows(
	struct cli_walk *w, const struct cli_rows *rows, const char *csv, struct sr_err *e) {
	const char *slash = strrchr(csv, '/');
	const size_t folder = slash != NULL ? (size_t)(slash - csv) + 1 : 0;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < rows->count; i++) {
		const struct cli_row *row = &rows->rows[i];
		const char *path = row->path;
		struct sr_buf b;
		sr_buf_init(&b);
		if (*path != '/')
			sr_buf_put(&b, csv, folder);
		sr_buf_put_str(&b, path);
		char *where = sr_buf_dup_str(&b);
		char *stored = strdup(cli_row_stored(row));
		for (size_t n = stored != NULL ? strlen(stored) : 0; n > 0 && stored[n - 1] == '/';
			n--)
			stored[n - 1] = '\0';
		rc = where == NULL || stored == NULL
			     ? sr_fail(e, SR_NOMEM, "path: out of memory")
			     : cli_walk_add(w, where, stored, cli_row_get(row, "title"), e);
		if (rc != 0)
			rc = sr_wrap(e, "%s, row %zu", csv, row->line);
		free(where);
		free(stored);
		sr_buf_free(&b);
	}
	return rc;
}

/* Removes the packs of an accession that broke off. */
static int abandon(struct cli *c, struct sr_err *e) {
	const char *typed = cli_get(c, "abandon");
	struct cli_answer a;
	uint8_t accession[SR_ID], collection[SR_ID];
	if (c->args.word_count > 0 || cli_has(c, "rows") || cli_has(c, "resume"))
		return sr_fail(e, SR_USAGE, "--abandon deposits nothing: no PATH beside it");
	if (!cli_has(c, "collection"))
		return sr_fail(e, SR_USAGE,
			"--collection is missing: where did it go? (`strongroom collection list`)");
	if (sr_unhex(accession, SR_ID, sr_bytes_str(typed), NULL) != 0)
		return sr_fail(e, SR_USAGE, "--abandon: want the 32 digits of the accession");
	int rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_collection_id(c, collection, cli_get(c, "collection"), e);
	if (rc != 0)
		return rc;
	cli_ask(&a, "deposit.begin");
	sr_text_put_hex(&a.q.head, "collection", collection, SR_ID);
	sr_text_put_hex(&a.q.head, "resume", accession, SR_ID);
	rc = cli_call_plain(c, &a, e);
	cli_answer_free(&a);
	if (rc == 0) {
		cli_ask(&a, "deposit.abort");
		rc = cli_call_plain(c, &a, e);
		cli_answer_free(&a);
	}
	if (rc == 0)
		cli_tell(c, "removed what accession %s had left", typed);
	return rc;
}

static int walk_mode(struct cli *c, enum cli_walk_mode *mode, struct sr_err *e) {
	const char *each = cli_get(c, "each");
	const bool rows = cli_has(c, "rows");
	*mode = rows ? WALK_ROWS : WALK_ONE;
	if (rows && (each != NULL || c->args.word_count > 0 || cli_has(c, "title")))
		return sr_fail(e, SR_USAGE,
			"--rows names the paths and titles: no PATH, --each or "
			"--title beside it");
	if (!rows && c->args.word_count == 0)
		return sr_fail(e, SR_USAGE, "what is to be deposited? PATH..., - or --rows CSV");
	if (each != NULL && strcmp(each, "file") == 0)
		*mode = WALK_FILE;
	else if (each != NULL && strcmp(each, "folder") == 0)
		*mode = WALK_FOLDER;
	else if (each != NULL)
		return sr_fail(e, SR_USAGE, "--each: want file or folder");
	if (each != NULL && cli_has(c, "title"))
		return sr_fail(e, SR_USAGE, "--title is for one item, --each makes many");
	if (!cli_has(c, "collection"))
		return sr_fail(e, SR_USAGE,
			"--collection is missing: where does it go? "
			"(`strongroom collection list`)");
	if (cli_has(c, "bag") && (cli_has(c, "age") || cli_has(c, "unpack")))
		return sr_fail(e, SR_USAGE,
			"--bag stores what the bag has, and nothing beside it: no --age, no "
			"--unpack");
	if (cli_has(c, "age") && cli_has(c, "unpack"))
		return sr_fail(e, SR_USAGE,
			"--unpack is done here, and what is in an age file is seen by the vault "
			"alone: one after the other");
	if (cli_has(c, "bag") && (rows || each != NULL || c->args.word_count != 1 ||
					 strcmp(c->args.words[0], "-") == 0))
		return sr_fail(
			e, SR_USAGE, "--bag takes one folder, which becomes one item: one PATH");
	return 0;
}

/* A deep tree has many open folders. */
static void many_files(void) {
	struct rlimit r;
	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
}

static int describe_row(struct cli *c, struct cli_describing *g, const struct cli_row *row,
	const uint8_t item[SR_ID], struct sr_err *e) {
	struct cli_description made = {.count = 0};
	struct cli_answer a;
	int rc = cli_item_ask(&a, c, item, e);
	if (rc == 0)
		rc = cli_description_make(&made, c, row, &a, e);
	if (rc != 0)
		rc = sr_wrap(e, "row %zu", row->line);
	if (rc == 0)
		rc = cli_describing_add(g, &made, row->line, e);
	cli_answer_free(&a);
	return rc;
}

static int describe_rows(struct cli *c, const struct cli_rows *rows, const struct sr_deposited *d,
	struct sr_err *e) {
	const struct sr_client_info *info = sr_client_info(c->client);
	size_t wanted = 0, done = 0;
	for (size_t i = 0; i < rows->count; i++)
		wanted += cli_row_describes(&rows->rows[i]) ? 1 : 0;
	if (wanted == 0)
		return 0;
	char hex[2 * SR_ID + 1];
	sr_hex(hex, d->accession, SR_ID);
	if (strstr(info->roles, "curator") == NULL) {
		cli_tell(c,
			"titles were taken; the other columns are for a curator to sign:\n"
			"  strongroom describe --rows %s --accession %s --as CURATOR",
			cli_get(c, "rows"), hex);
		return 0;
	}
	struct cli_describing *g = NULL;
	int rc = cli_describing_begin(&g, c, e);
	for (size_t i = 0; rc == 0 && i < rows->count && i < d->items; i++) {
		if (cli_row_describes(&rows->rows[i]))
			rc = describe_row(c, g, &rows->rows[i], d->item_ids + i * SR_ID, e);
	}
	rc = cli_describing_end(g, rc, &done, e);
	if (rc != 0) {
		cli_hint(c,
			"the deposit itself is complete. Go on with: strongroom describe --rows %s "
			"--accession %s",
			cli_get(c, "rows"), hex);
		return rc;
	}
	cli_tell(c, "described %zu items", done);
	return 0;
}

static json_t *deposited_json(const struct sr_deposited *d, json_t *problems) {
	json_t *o = json_object();
	json_object_set_new(o, "accession", cli_json_hex(d->accession, SR_ID));
	json_object_set_new(o, "items", json_integer((json_int_t)d->items));
	json_object_set_new(o, "files", json_integer((json_int_t)d->files));
	json_object_set_new(o, "bytes", json_integer((json_int_t)d->bytes));
	json_object_set_new(o, "unreadable", json_integer((json_int_t)d->unreadable));
	json_object_set_new(o, "changed", json_integer((json_int_t)d->changed));
	json_object_set_new(o, "opened", json_integer((json_int_t)d->opened));
	json_t *ids = json_array();
	for (uint64_t i = 0; d->item_ids != NULL && i < d->items; i++)
		json_array_append_new(ids, cli_json_hex(d->item_ids + i * SR_ID, SR_ID));
	json_object_set_new(o, "item", ids);
	if (problems != NULL)
		json_object_set(o, "told", problems);
	return o;
}

static json_t *with_bag(json_t *o, const struct cli_bag *bag) {
	if (bag != NULL)
		json_object_set_new(o, "bag", cli_bag_json(bag));
	return o;
}

static int deposited(
	struct cli *c, const struct sr_deposited *d, json_t *problems, const struct cli_bag *bag) {
	enum {
		SHOWN = 10
	};
	char hex[2 * SR_ID + 1], size[48];
	sr_hex(hex, d->accession, SR_ID);
	cli_size_text(size, sizeof size, d->bytes);
	int rc = cli_done(c, &d->submitted, with_bag(deposited_json(d, problems), bag),
		"accession %s: %llu item%s, %llu file%s, %s", hex, (unsigned long long)d->items,
		d->items == 1 ? "" : "s", (unsigned long long)d->files, d->files == 1 ? "" : "s",
		size);
	if (c->json)
		return rc;
	if (d->opened > 0)
		printf("%llu age file%s opened by the vault: size and SHA-256 of what was in "
		       "%s are its word\n",
			(unsigned long long)d->opened, d->opened == 1 ? " was" : "s were",
			d->opened == 1 ? "it" : "them");
	if (d->unreadable > 0 || d->changed > 0)
		printf("%llu could not be read, %llu changed while they were read: recorded, see "
		       "above\n",
			(unsigned long long)d->unreadable, (unsigned long long)d->changed);
	for (uint64_t i = 0; d->item_ids != NULL && i < d->items && i < SHOWN; i++) {
		sr_hex(hex, d->item_ids + i * SR_ID, SR_ID);
		printf("  item %s\n", hex);
	}
	if (d->items > SHOWN)
		printf("  ... `strongroom list --accession %.12s` shows all\n", hex);
	return rc;
}

static int failed(struct cli *c, const struct sr_deposited *d, const struct sr_err *e) {
	static const uint8_t none[SR_ID];
	const bool full = cli_no_space(e);
	char hex[2 * SR_ID + 1];
	if (memcmp(d->accession, none, SR_ID) == 0 || c->hint[0] != '\0')
		return e->code;
	sr_hex(hex, d->accession, SR_ID);
	/* A limit is met again, however often it is tried. */
	if (e->code == SR_LIMIT && !full)
		cli_hint(c,
			"deposit --abandon %s removes what was stored of it; then deposit it "
			"otherwise",
			hex);
	else
		cli_hint(c,
			"%snothing is lost: the same command with --resume %s goes on where it "
			"broke off",
			full ? "make room; " : "", hex);
	return e->code;
}

/* A bag's one folder: what is read of it must be what was judged. */
static int guard(
	struct cli *c, struct cli_bag *bag, struct sr_deposit_source *source, struct sr_err *e) {
	char *stored = last_part(c->args.words[0]);
	if (stored == NULL)
		return sr_fail(e, SR_NOMEM, "path: out of memory");
	cli_bag_guard(bag, stored, source);
	free(stored);
	return 0;
}

/* What changes the files of the walk on their way: at most one of them. */
struct on_the_way {
	struct cli_bag *bag;
	struct cli_unpack *unpack;
};

static int run(struct cli *c, struct cli_walk *w, const struct cli_rows *rows,
	const struct on_the_way *way, struct sr_err *e) {
	struct telling t = {.c = c, .problems = c->json ? json_array() : NULL};
	struct sr_deposit_source source;
	struct sr_deposited d = {0};
	uint8_t collection[SR_ID], resume[SR_ID];
	struct sr_depositing o = {.collection = collection, .source = &source};
	const char *again = cli_get(c, "resume");
	int rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_collection_id(c, collection, cli_get(c, "collection"), e);
	if (rc == 0 && again != NULL) {
		o.resume = resume;
		if (sr_unhex(resume, SR_ID, sr_bytes_str(again), NULL) != 0)
			rc = sr_fail(e, SR_USAGE, "--resume: want the 32 digits of the accession");
	}
	if (rc == 0) {
		cli_walk_source(w, &source, &(struct cli_walk_told){.told = told, .ctx = &t});
		if (way->bag != NULL)
			rc = guard(c, way->bag, &source, e);
		if (way->unpack != NULL)
			cli_unpack_source(way->unpack, w, &source);
		if (rc == 0)
			rc = sr_client_deposit(c->client, &o, &d, e);
		cli_progress_end();
		rc = rc == 0 ? deposited(c, &d, t.problems, way->bag) : failed(c, &d, e);
	}
	if (rc == 0 && rows->count > 0)
		rc = describe_rows(c, rows, &d, e);
	if (rc == 0 && c->launcher != NULL) {
		rc = cli_intake_run(c, e);
		if (rc != 0)
			rc = sr_wrap(e, "the deposit is complete, looking through it is not");
	}
	json_decref(t.problems);
	sr_deposited_free(&d);
	return rc;
}

int verb_intake_recipient(struct cli *c, struct sr_err *e) {
	char recipient[64] = "";
	int rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = sr_client_recipient(c->client, recipient, e);
	if (rc == 0 && c->json)
		cli_json_print(json_pack("{s:s}", "recipient", recipient));
	else if (rc == 0)
		printf("%s\n", recipient);
	return rc;
}

int verb_deposit(struct cli *c, struct sr_err *e) {
	enum cli_walk_mode mode = WALK_ONE;
	struct cli_walk *w = NULL;
	struct cli_rows rows = {0};
	struct on_the_way way = {NULL, NULL};
	const char *csv = cli_get(c, "rows");
	if (cli_has(c, "abandon"))
		return abandon(c, e);
	int rc = walk_mode(c, &mode, e);
	if (rc == 0)
		rc = cli_walk_new(&w, mode, e);
	if (rc == 0 && csv != NULL)
		rc = cli_rows_read(&rows, csv, e);
	if (rc == 0)
		rc = csv != NULL ? add_rows(w, &rows, csv, e) : add_paths(c, w, e);
	if (rc == 0 && cli_has(c, "age"))
		cli_walk_age(w);
	many_files();
	if (rc == 0 && !cli_has(c, "later") && !cli_intake_later())
		rc = cli_intake_launcher(c, e);
	if (rc == 0 && cli_has(c, "bag"))
		rc = cli_bag_open(&way.bag, c, c->args.words[0], e);
	/* Before the vault is opened: no child of ours has held a key. */
	if (rc == 0 && cli_has(c, "unpack"))
		rc = cli_unpack_new(&way.unpack, e);
	if (rc == 0)
		rc = run(c, w, &rows, &way, e);
	cli_unpack_free(way.unpack);
	cli_bag_free(way.bag);
	cli_walk_free(w);
	cli_rows_free(&rows);
	return rc;
}
