/*
 * witness new, serve, log: a witness for other people's logs, in a folder of its own. It needs no
 * vault, and belongs on a machine that the vault's administrator does not run.
 */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "cli/verbs.h"
#include "ledger/witnessd.h"

enum {
	LOOK_MS = 500 /* how late a signal that another thread took is seen */
};

const struct cli_option cli_witness_new_options[] = {
	{"name", CLI_ONE, "NAME", "what the witness is called, as witness.example.org/w1"},
	{"unlock-new", CLI_ONE, "F", "make a new credential file that unlocks the witness's key"},
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_witness_serve_options[] = {
	{"listen", CLI_ONE, "ADDRESS", "numeric address to listen at; else 127.0.0.1"},
	{"port", CLI_ONE, "N", "port; else 8080; 0: any that is free"},
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_witness_log_options[] = {
	{"origin", CLI_ONE, "NAME", "the log's origin, if it is not the name of its key"},
	{NULL, CLI_FLAG, NULL, NULL},
};

/* What unlocks the witness's key. Not $STRONGROOM_UNLOCK: that is a vault's. */
static int unlock(struct cli *c, struct cli_secret *s, bool fresh, struct sr_err *e) {
	const struct cli_ask ask = {.credential_file = cli_get(c, "unlock"),
		.passphrase_file = cli_get(c, "passphrase-file"),
		.prompt = fresh ? "Passphrase for the witness's key"
				: "Passphrase of the witness's key",
		.options = fresh ? "give --unlock-new F, --unlock F or --passphrase-file F"
				 : "give --unlock F or --passphrase-file F",
		.fresh = fresh};
	return cli_secret(s, &ask, e);
}

static int fresh_unlock(struct cli *c, struct cli_secret *s, struct sr_err *e) {
	const char *fresh = cli_get(c, "unlock-new");
	if (fresh == NULL)
		return unlock(c, s, true, e);
	sr_buf_init_secret(&s->passphrase);
	sr_buf_init_secret(&s->credential);
	const int rc = cli_new_credential(fresh, &s->credential, e);
	if (rc == 0)
		s->unlock = (struct sr_unlock){.credential = sr_buf_view(&s->credential)};
	return rc;
}

/* The folder itself: made (0700) if it is not there. */
static int make_folder(struct sr_dir **out, const char *path, struct sr_err *e) {
	struct sr_dir *above = NULL;
	char name[256];
	int rc = cli_split_path(&above, name, path, e);
	if (rc == 0)
		rc = sr_dir_make(out, above, name, 0700, e);
	sr_dir_close(above);
	return rc;
}

static int vkey_text(char out[512], const struct sr_vkey *k, struct sr_err *e) {
	struct sr_buf b;
	sr_buf_init(&b);
	sr_vkey_put(&b, k);
	int rc = sr_buf_ok(&b, e);
	if (rc == 0)
		snprintf(out, 512, "%.*s", (int)b.len, (const char *)b.p);
	sr_buf_free(&b);
	return rc;
}

int verb_witness_new(struct cli *c, struct sr_err *e) {
	const char *name = cli_get(c, "name"), *path = c->args.words[0];
	struct cli_secret s = {0};
	struct sr_dir *dir = NULL;
	struct sr_vkey vkey;
	char text[512];
	if (name == NULL)
		return sr_fail(e, SR_USAGE, "--name NAME is missing: what the witness is called");
	int rc = make_folder(&dir, path, e);
	if (rc == 0)
		rc = sr_witness_none(dir, e);
	if (rc == 0) {
		rc = fresh_unlock(c, &s, e);
		if (rc == 0)
			rc = sr_witness_new(&vkey, dir, sr_bytes_str(name), &s.unlock, e);
		cli_secret_free(&s);
	}
	sr_dir_close(dir);
	if (rc == 0)
		rc = vkey_text(text, &vkey, e);
	if (rc != 0)
		return rc;
	if (c->json) {
		json_t *j = json_object();
		cli_json_set_bytes(j, "folder", sr_bytes_str(path));
		json_object_set_new(j, "vkey", json_string(text));
		cli_json_print(j);
		return 0;
	}
	printf("%s\n", text);
	cli_tell(c,
		"that is the witness's key, for the policy of the logs that ask it. Next: "
		"`strongroom witness log add %s VKEY` for each log it shall know",
		path);
	return 0;
}

static int open_witness(struct sr_witness **out, struct sr_dir **dir, struct cli *c,
	const char *path, const struct sr_unlock *u, struct sr_err *e) {
	int rc = sr_dir_open(dir, path, e);
	if (rc == 0) {
		const struct sr_witness_open o = {
			.dir = *dir, .unlock = u, .clock = sr_clock_system()};
		rc = sr_witness_open(out, &o, e);
	}
	if (rc == SR_NOTFOUND)
		cli_hint(c, "`strongroom witness new DIR --name NAME` makes a witness");
	return rc;
}

static void tell(void *ctx, const char *sentence) {
	const struct cli *c = ctx;
	if (!c->quiet)
		fprintf(stderr, "strongroom witness: %s\n", sentence);
}

static int say_started(struct cli *c, const struct sr_witness *w, const char *at, uint16_t port,
	struct sr_err *e) {
	char text[512], url[128];
	const bool v6 = strchr(at, ':') != NULL;
	int rc = vkey_text(text, sr_witness_vkey(w), e);
	if (rc != 0)
		return rc;
	snprintf(url, sizeof url, "http://%s%s%s:%u", v6 ? "[" : "", at, v6 ? "]" : "", port);
	if (c->json) {
		json_t *j = json_object();
		json_object_set_new(j, "url", json_string(url));
		json_object_set_new(j, "vkey", json_string(text));
		cli_json_print(j);
	} else {
		printf("%s at %s\n", text, url);
	}
	if (fflush(stdout) != 0)
		return sr_fail_errno(e, "standard output");
	return 0;
}

int verb_witness_serve(struct cli *c, struct sr_err *e) {
	const char *at = cli_get(c, "listen") != NULL ? cli_get(c, "listen") : "127.0.0.1";
	struct cli_secret s = {0};
	struct sr_dir *dir = NULL;
	struct sr_witness *w = NULL;
	struct sr_witnessd *d = NULL;
	uint64_t port = 8080;
	int rc = cli_has(c, "port") ? cli_dec(c, "port", &port, e) : 0;
	if (rc == 0 && port > 65535)
		rc = sr_fail(e, SR_USAGE, "--port %" PRIu64 ": want 0 to 65535", port);
	if (rc == 0)
		rc = unlock(c, &s, false, e);
	if (rc == 0) {
		rc = open_witness(&w, &dir, c, c->args.words[0], &s.unlock, e);
		if (cli_wrong_secret(rc, e))
			c->own_input = true;
		cli_secret_free(&s);
	}
	if (rc == 0) {
		const struct sr_witnessd_options o = {.witness = w,
			.address = at,
			.port = (uint16_t)port,
			.tell = tell,
			.ctx = c};
		rc = sr_witnessd_start(&d, &o, e);
	}
	if (rc == 0)
		rc = say_started(c, w, at, sr_witnessd_port(d), e);
	while (rc == 0 && cli_stopped == 0)
		(void)poll(NULL, 0, LOOK_MS);
	cli_stopped = 0; /* that is how a server ends: no interruption */
	sr_witnessd_stop(d);
	sr_witness_free(w);
	sr_dir_close(dir);
	return rc;
}

static int log_add(struct cli *c, struct sr_witness *w, struct sr_err *e) {
	const char *origin = cli_get(c, "origin");
	struct sr_vkey key;
	if (c->args.word_count != 3)
		return sr_fail(e, SR_USAGE, "want: witness log add DIR VKEY");
	if (sr_vkey_parse(&key, sr_bytes_str(c->args.words[2]), e) != 0) {
		cli_hint(c, "`strongroom witness policy` of the vault prints its key");
		(void)sr_wrap(e, "the log's key");
		e->code = SR_USAGE;
		return SR_USAGE;
	}
	int rc = sr_witness_log_add(w, sr_bytes_str(origin != NULL ? origin : key.name), &key, e);
	if (rc == 0 && c->json) {
		json_t *o = json_object();
		cli_json_set_bytes(o, "origin", sr_bytes_str(origin != NULL ? origin : key.name));
		cli_json_print(o);
	} else if (rc == 0) {
		cli_tell(c, "the witness knows this log from now on");
	}
	return rc;
}

struct listing {
	struct cli_table table;
	json_t *all; /* NULL: the table */
};

static int list_one(void *ctx, const struct sr_witness_log *l, struct sr_err *e) {
	struct listing *to = ctx;
	char size[24], when[SR_TIME_TEXT] = "never";
	(void)e;
	snprintf(size, sizeof size, "%" PRIu64, l->size);
	if (l->time > 0)
		sr_time_format(when, l->time);
	if (to->all == NULL) {
		cli_cell_bytes(&to->table, sr_bytes_str(l->origin));
		cli_cell(&to->table, l->root == NULL ? "-" : size);
		cli_cell(&to->table, when);
		return 0;
	}
	json_t *o = json_object();
	json_t *keys = json_array();
	cli_json_set_bytes(o, "origin", sr_bytes_str(l->origin));
	if (l->root != NULL) {
		json_object_set_new(o, "size", json_integer((json_int_t)l->size));
		json_object_set_new(o, "root", cli_json_hex(l->root, SR_HASH));
		json_object_set_new(o, "time", json_string(when));
	}
	for (const char *p = l->vkeys; *p != '\0'; p = strchr(p, '\n') + 1)
		json_array_append_new(
			keys, cli_json_bytes(sr_bytes_of(p, (size_t)(strchr(p, '\n') - p))));
	json_object_set_new(o, "vkeys", keys);
	json_array_append_new(to->all, o);
	return 0;
}

static int log_list(struct cli *c, struct sr_witness *w, struct sr_err *e) {
	static const char *const heads[] = {"ORIGIN", "COSIGNED", "WHEN"};
	struct listing to = {.all = c->json ? json_array() : NULL};
	if (c->args.word_count != 2)
		return sr_fail(e, SR_USAGE, "want: witness log list DIR");
	if (to.all == NULL)
		cli_table(&to.table, 3, heads);
	const int rc = sr_witness_each(w, list_one, &to, e);
	if (to.all != NULL)
		cli_json_print(to.all);
	else
		cli_table_print(&to.table);
	return rc;
}

int verb_witness_log(struct cli *c, struct sr_err *e) {
	const char *what = c->args.words[0];
	const bool add = strcmp(what, "add") == 0;
	struct sr_dir *dir = NULL;
	struct sr_witness *w = NULL;
	char shown[64];
	if (!add && strcmp(what, "list") != 0)
		return sr_fail(e, SR_USAGE, "after witness log comes add or list, not \"%s\"",
			sr_escape_to(shown, sizeof shown, sr_bytes_str(what)));
	int rc = open_witness(&w, &dir, c, c->args.words[1], NULL, e);
	if (rc == 0)
		rc = add ? log_add(c, w, e) : log_list(c, w, e);
	sr_witness_free(w);
	sr_dir_close(dir);
	return rc;
}
