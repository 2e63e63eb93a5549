/*
 * export: items as age files to the key that the board granted; one, or all of a grant.
 *
 * Each item is a checkout of its own, given back whatever happens. With --all a file that is there
 * already is not written again, so what broke off goes on when it is asked for again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "cli/verbs.h"

const struct cli_option cli_export_options[] = {
	{"out", CLI_ONE, "F", "the age file to write (0600); with --all the folder for them"},
	{"all", CLI_FLAG, NULL,
		"every item of the grant, as ITEM.age in the folder; what is there is left"},
	{"bag", CLI_FLAG, NULL,
		"as a bag (BagIt, RFC 8493), in a tar: with SHA-512 and SHA-256 of every file and "
		"what the log says of the item; a bag that came in lies under data/ as it was"},
	{"receipt", CLI_ONE, "F", "keep the receipt as F.tlog-proof and F.keys"},
	{"witnesses", CLI_ONE, "FILE",
		"a tlog-policy: its quorum must have seen this; else the one that the log adopted"},
	{NULL, CLI_FLAG, NULL, NULL},
};

struct exporting {
	uint8_t grant[SR_ID];
	uint8_t request[SR_ID];
	const char *right; /* that the grant is for */
	uint8_t checkout[SR_ID];
	uint64_t bytes;
	struct sr_submitted out; /* of the checkout */
};

static int write_part(void *ctx, struct sr_bytes data, struct sr_err *e) {
	if (cli_stopped != 0)
		return sr_fail(e, SR_LOCKED, "stopped on request");
	return sr_tmpfile_write(ctx, data.p, data.len, e);
}

static int write_file(struct cli *c, struct exporting *x, struct sr_dir *d, const char *name,
	const char *path, struct sr_err *e) {
	struct sr_tmpfile *t = NULL;
	bool there = false;
	int rc = sr_file_find(&there, d, name, e);
	if (rc == 0)
		rc = there ? sr_fail(e, SR_EXISTS, "%s is there already", path)
			   : sr_tmpfile_new(&t, d, e);
	if (rc == 0) /* it is read next where it is carried to */
		sr_tmpfile_bulk(t);
	if (rc == 0)
		rc = sr_client_export(c->client,
			&(struct sr_exporting){.checkout = x->checkout,
				.bag = cli_has(c, "bag"),
				.write = write_part,
				.ctx = t},
			&x->bytes, e);
	if (rc == 0)
		return sr_tmpfile_commit(t, name, false, true, e);
	sr_tmpfile_abort(t);
	return rc;
}

/* What the grant is for, and whose request it is; a wrong word of the vault's is refused by the
 * rules and by the proof of the grant. */
static int ask_grant(struct cli *c, struct exporting *x, struct sr_err *e) {
	struct cli_answer a;
	cli_ask(&a, "grant");
	sr_text_put_hex(&a.q.head, "grant", x->grant, SR_ID);
	int rc = cli_call(c, &a, e);
	const struct sr_row *row = rc == 0 ? sr_rows_first(&a.rows, "grant") : NULL;
	x->right = row != NULL && sr_bytes_eq(sr_row_get(row, "right"), sr_bytes_str("referral"))
			   ? "referral"
			   : "export";
	if (rc == 0 && row != NULL)
		rc = sr_row_get_id(x->request, SR_ID, row, "request", e);
	cli_answer_free(&a);
	return rc;
}

/* Borrowed, written, given back. */
static int export_item(struct cli *c, struct exporting *x, const uint8_t item[SR_ID],
	struct sr_dir *d, const char *name, const char *path, struct sr_err *e) {
	const struct sr_borrow b = {.right = x->right, .grant = x->grant, .item = item};
	struct sr_submitted back = {0};
	struct sr_err ignored = {0};
	uint64_t files = 0;
	int rc = sr_client_checkout(c->client, &b, x->checkout, &files, &x->out, e);
	if (rc != 0)
		return rc;
	rc = write_file(c, x, d, name, path, e);
	/* Given back whatever happened; a failure of that must not hide the first one. */
	const struct sr_act a = {.type = SR_T_RETURN, .id = x->checkout};
	if (sr_client_act(c->client, &a, &back, &ignored) != 0)
		cli_tell(c, "the checkout could not be given back: %s", ignored.text);
	cli_progress_end();
	sr_submitted_free(&back);
	return rc;
}

static json_t *written(const struct exporting *x, const char *path) {
	json_t *o = json_object();
	char hex[2 * SR_ID + 1];
	sr_hex(hex, x->checkout, SR_ID);
	json_object_set_new(o, "checkout", json_string(hex));
	json_object_set_new(o, "bytes", json_integer((json_int_t)x->bytes));
	cli_json_set_bytes(o, "file", sr_bytes_str(path));
	return o;
}

static int export_one(struct cli *c, struct exporting *x, const char *path, struct sr_err *e) {
	struct sr_dir *d = NULL;
	uint8_t item[SR_ID];
	char name[256], size[48];
	int rc = cli_word_id(c, item, 1, "item", e);
	if (rc == 0)
		rc = cli_split_path(&d, name, path, e);
	if (rc == 0)
		rc = export_item(c, x, item, d, name, path, e);
	sr_dir_close(d);
	if (rc != 0)
		return rc;
	cli_size_text(size, sizeof size, x->bytes);
	return cli_done(c, &x->out, written(x, path),
		"wrote %s, %s: open it with `age -d -i KEY %s`", path, size, path);
}

/* --- all of a grant --------------------------------------------------------------------------- */

struct all {
	struct sr_dir *dir;
	const char *path;
	uint64_t items, wrote, there, gone, failed, bytes;
	json_t *list;
};

static int next_item(struct cli *c, struct exporting *x, struct all *l, const struct sr_row *row,
	struct sr_err *e) {
	char name[2 * SR_ID + 5], path[4400];
	uint8_t item[SR_ID];
	struct sr_err why = {0};
	bool there = false;
	int rc = sr_row_get_id(item, SR_ID, row, "id", e);
	if (rc != 0)
		return rc;
	sr_hex(name, item, SR_ID);
	memcpy(name + (size_t)2 * SR_ID, ".age", 5);
	l->items++;
	if (sr_bytes_eq(sr_row_get(row, "state"), sr_bytes_str("destroyed"))) {
		l->gone++;
		return 0;
	}
	rc = sr_file_find(&there, l->dir, name, e);
	if (rc != 0)
		return rc;
	if (there) {
		l->there++;
		return 0;
	}
	snprintf(path, sizeof path, "%s/%s", l->path, name);
	sr_submitted_free(&x->out);
	memset(&x->out, 0, sizeof x->out);
	rc = export_item(c, x, item, l->dir, name, path, &why);
	if (cli_stopped != 0) {
		*e = why;
		return rc != 0 ? rc : sr_fail(e, SR_LOCKED, "stopped on request");
	}
	json_t *o = rc == 0 ? written(x, path) : json_object();
	json_object_set_new(o, "item", cli_json_hex(item, SR_ID));
	if (rc == 0) {
		l->wrote++;
		l->bytes += x->bytes;
	} else { /* the others are none the worse for it */
		l->failed++;
		json_object_set_new(o, "error", cli_json_bytes(sr_bytes_str(why.text)));
		cli_tell(c, "item %.12s: %s", name, why.text);
	}
	json_array_append_new(l->list, o);
	return 0;
}

static int each_item(struct cli *c, struct exporting *x, struct all *l, struct sr_err *e) {
	uint64_t offset = 0;
	size_t got = 0;
	int rc = 0;
	do {
		struct cli_answer page;
		cli_ask(&page, "request.items");
		sr_text_put_hex(&page.q.head, "request", x->request, SR_ID);
		sr_text_put_dec(&page.q.head, "offset", offset);
		sr_text_put_dec(&page.q.head, "limit", 1000);
		rc = cli_call(c, &page, e);
		got = rc == 0 ? page.rows.count : 0;
		for (size_t i = 0; rc == 0 && i < got; i++)
			rc = next_item(c, x, l, &page.rows.rows[i], e);
		offset += got;
		cli_answer_free(&page);
	} while (rc == 0 && got == 1000);
	return rc;
}

static int open_folder(struct sr_dir **out, const char *path, struct sr_err *e) {
	struct sr_dir *above = NULL;
	const char *name = NULL;
	int rc = sr_dir_of(&above, &name, path, e);
	if (rc == 0)
		rc = sr_dir_make(out, above, name, 0700, e);
	sr_dir_close(above);
	return rc;
}

static int export_all(struct cli *c, struct exporting *x, const char *path, struct sr_err *e) {
	struct all l = {.path = path, .list = json_array()};
	char size[48];
	int rc = open_folder(&l.dir, path, e);
	if (rc == 0)
		rc = each_item(c, x, &l, e);
	sr_dir_close(l.dir);
	cli_size_text(size, sizeof size, l.bytes);
	if (rc == 0 && c->json)
		cli_json_print(l.list);
	else
		json_decref(l.list);
	if (rc == 0 && !c->json)
		cli_tell(c,
			"wrote %llu age files of %llu items into %s, %s; %llu were there, %llu are "
			"destroyed",
			(unsigned long long)l.wrote, (unsigned long long)l.items, path, size,
			(unsigned long long)l.there, (unsigned long long)l.gone);
	if (rc == 0 && l.failed > 0)
		rc = sr_fail(e, SR_DENIED,
			"%llu of %llu items were not written: mend what is said above, then "
			"the same once more writes the rest",
			(unsigned long long)l.failed, (unsigned long long)l.items);
	return rc;
}

int verb_export(struct cli *c, struct sr_err *e) {
	struct exporting x = {.right = "export"};
	const char *path = cli_get(c, "out");
	const bool all = cli_has(c, "all");
	if (path == NULL)
		return sr_fail(e, SR_USAGE, "--out F is missing: the age file to write%s",
			all ? ", or with --all the folder" : "");
	if (all == (c->args.word_count == 2))
		return sr_fail(e, SR_USAGE,
			all ? "--all takes the grant alone, and writes every item of it"
			    : "GRANT ITEM: which item? --all writes every one of the grant");
	if (all && cli_has(c, "receipt"))
		return sr_fail(
			e, SR_USAGE, "--receipt is of one checkout: it does not go with --all");
	int rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_word_id(c, x.grant, 0, "grant", e);
	if (rc == 0)
		rc = ask_grant(c, &x, e);
	if (rc == 0)
		rc = all ? export_all(c, &x, path, e) : export_one(c, &x, path, e);
	sr_submitted_free(&x.out);
	return rc;
}
