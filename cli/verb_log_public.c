/*
 * log export, log prove: what outsiders check the log with, without a vault and without us.
 */
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "cli/verbs.h"
#include "core/exported.h"
#include "ledger/export.h"
#include "merkle/tlogproof.h"

const struct cli_option cli_log_prove_options[] = {
	{"out", CLI_ONE, "F", "write the proof to F"},
	{NULL, CLI_FLAG, NULL, NULL},
};

/* The key that the client proved, and those before; for nobody logged in, the one that this vault
 * says. */
static int log_key(struct sr_vkey *out, struct sr_log_keys *keys, struct cli *c, struct sr_err *e) {
	char text[SR_VKEY_TEXT];
	bool proven = false;
	int rc = sr_client_ledger_key(text, keys, &proven, c->client, e);
	if (rc == 0)
		rc = sr_vkey_parse(out, sr_bytes_str(text), e);
	if (rc != 0)
		return sr_wrap(e, "the log's key");
	if (!proven)
		cli_tell(c, "the log's key is what this vault says; with --as it is proven");
	return 0;
}

/* --- export --- */

static int ask_checkpoint(void *ctx, struct sr_buf *out, struct sr_err *e) {
	struct cli_answer a;
	cli_ask(&a, "log.checkpoint");
	int rc = cli_call_plain(ctx, &a, e);
	if (rc == 0) {
		sr_buf_put_buf(out, &a.r.body);
		rc = sr_buf_ok(out, e);
	}
	cli_answer_free(&a);
	return rc;
}

static int ask_bundle(void *ctx, const struct sr_tile *t, struct sr_buf *out, struct sr_err *e) {
	char path[SR_TILE_PATH];
	struct cli_answer a;
	if (cli_stopped != 0)
		return sr_fail(e, SR_LOCKED, "stopped on request");
	sr_tile_path(path, t);
	cli_ask(&a, "log.tile");
	sr_text_put(&a.q.head, "path", path);
	int rc = cli_call_plain(ctx, &a, e);
	if (rc == 0) {
		sr_buf_put_buf(out, &a.r.body);
		rc = sr_buf_ok(out, e);
	}
	cli_answer_free(&a);
	return rc;
}

/* DIR, made when absent with what the umask leaves. */
static int open_target(struct sr_dir **out, const char *path, mode_t mode, struct sr_err *e) {
	struct sr_dir *parent = NULL;
	char name[256];
	int rc = sr_dir_open(out, path, e);
	if (rc != SR_NOTFOUND)
		return rc;
	rc = cli_split_path(&parent, name, path, e);
	if (rc == 0)
		rc = sr_dir_make(out, parent, name, mode, e);
	sr_dir_close(parent);
	return rc;
}

static void export_print(const struct cli *c, const struct sr_exported *d, const char *path) {
	char size[48];
	if (c->json) {
		json_t *o = json_object();
		cli_json_set_bytes(o, "to", sr_bytes_str(path));
		json_object_set_new(o, "entries", json_integer((json_int_t)d->size));
		json_object_set_new(o, "before", json_integer((json_int_t)d->before));
		json_object_set_new(o, "files", json_integer((json_int_t)d->files));
		json_object_set_new(o, "kept", json_integer((json_int_t)d->kept));
		json_object_set_new(o, "bytes", json_integer((json_int_t)d->bytes));
		cli_json_print(o);
		return;
	}
	cli_size_text(size, sizeof size, d->bytes);
	printf("exported the log of %llu entries; %llu of them were there from before\n",
		(unsigned long long)d->size, (unsigned long long)d->before);
	printf("wrote %llu files (%s); the root, computed from the entries, is the one that the "
	       "log's key signed\n",
		(unsigned long long)d->files, size);
}

/* Boxes of the epochs' keys, for auditors who read the export with their identity alone. They are
 * not of the log: whoever has no key of them learns from them who was auditor when. */
static int export_epochs(struct cli *c, struct sr_dir *d, mode_t mode, struct sr_err *e) {
	struct cli_answer list;
	struct sr_dir *epochs = NULL;
	cli_ask(&list, "epochs");
	int rc = cli_call(c, &list, e);
	if (rc == 0 && list.rows.count > 0)
		rc = sr_dir_open_at(&epochs, d, SR_EXPORT_EPOCHS, e);
	if (rc == SR_NOTFOUND)
		rc = sr_dir_make(&epochs, d, SR_EXPORT_EPOCHS, mode, e);
	for (size_t i = 0; rc == 0 && i < list.rows.count; i++) {
		struct cli_answer a;
		char name[32];
		uint64_t entry = 0;
		bool there = false;
		rc = sr_row_get_dec(&entry, &list.rows.rows[i], "entry", e);
		snprintf(name, sizeof name, "%llu", (unsigned long long)entry);
		if (rc == 0)
			rc = sr_file_find(&there, epochs, name, e);
		if (rc != 0 || there)
			continue;
		cli_ask(&a, "epochs.keys");
		sr_text_put_dec(&a.q.head, "index", entry);
		rc = cli_call_plain(c, &a, e);
		if (rc == 0)
			rc = sr_file_replace(epochs, name, sr_buf_view(&a.r.body), e);
		cli_answer_free(&a);
	}
	sr_dir_close(epochs);
	cli_answer_free(&list);
	return rc != 0 ? sr_wrap(e, "keys of epochs") : 0;
}

int verb_log_export(struct cli *c, struct sr_err *e) {
	const struct sr_export_source source = {ask_checkpoint, ask_bundle, c};
	const struct sr_progress progress = cli_progress(c);
	const char *path = c->args.words[0];
	struct sr_exported done;
	struct sr_dir *d = NULL;
	struct sr_vkey key;
	struct sr_log_keys keys;
	struct sr_bytes changes[SR_LOG_LINKS];
	struct sr_export_options o = {.source = &source,
		.key = &key,
		.keys = &keys,
		.file_mode = 0644 & ~c->umask,
		.dir_mode = 0755 & ~c->umask,
		.progress = &progress};
	int rc = cli_connect(c, CLI_MAYBE, e);
	if (rc == 0)
		rc = log_key(&key, &keys, c, e);
	if (rc == 0) { /* without a login they are not proven: none is written */
		o.changes = changes;
		for (size_t i = 1; i < keys.count; i++) {
			changes[i - 1] = sr_client_key_change(c->client, i);
			if (changes[i - 1].p == NULL)
				o.changes = NULL;
		}
	}
	if (rc == 0)
		rc = open_target(&d, path, o.dir_mode, e);
	if (rc == 0)
		rc = sr_export(d, &o, &done, e);
	if (rc == 0)
		rc = export_epochs(c, d, o.dir_mode, e);
	cli_progress_end();
	sr_dir_close(d);
	if (rc == 0)
		export_print(c, &done, path);
	else if (rc == SR_LOCKED && cli_stopped != 0)
		cli_hint(c, "the same command goes on where it stopped");
	return rc;
}

/* --- prove --- */

int cli_log_ask(struct cli_answer *a, struct cli *c, struct sr_err *e) {
	struct sr_entry_name name;
	cli_ask(a, "log.prove");
	int rc = sr_client_entry_name(&name, c->client, c->args.words[0], e);
	if (rc != 0)
		return rc;
	if (name.by_id)
		sr_text_put_hex(&a->q.head, "id", name.id, SR_ID);
	else
		sr_text_put_dec(&a->q.head, "index", name.index);
	return cli_call_plain(c, a, e);
}

/* What the vault gave must prove itself before it is kept. */
static int check_proof(struct sr_checkpoint *out, uint64_t *index, size_t *others,
	const struct sr_log_keys *keys, struct sr_bytes file, struct sr_err *e) {
	struct sr_vkey key = {.name = ""};
	const struct sr_log log = {.origin = key.name, .keys = &key, .count = 1};
	struct sr_tlogproof p;
	struct sr_note n;
	uint8_t leaf[SR_HASH];
	int rc = sr_tlogproof_parse(&p, file, e);
	if (rc != 0)
		return rc;
	sr_leaf_hash(leaf, p.extra);
	rc = sr_log_keys_signer(&key, keys, p.checkpoint, e);
	if (rc == 0)
		rc = sr_tlogproof_verify(out, &p, leaf, &log, NULL, e);
	*index = p.index;
	*others = 0;
	if (rc == 0)
		rc = sr_note_parse(&n, p.checkpoint, e);
	if (rc == 0) {
		for (size_t i = 0; i < n.count; i++)
			*others += !sr_note_line_is(&n.lines[i], &key);
		sr_note_free(&n);
	}
	sr_tlogproof_free(&p);
	return rc;
}

int verb_log_prove(struct cli *c, struct sr_err *e) {
	const char *path = cli_get(c, "out");
	struct cli_answer a;
	struct sr_checkpoint cp;
	struct sr_vkey key;
	struct sr_log_keys keys;
	uint64_t index = 0;
	size_t others = 0;
	if (path == NULL)
		return sr_fail(e, SR_USAGE, "--out F is missing: the file for the proof");
	int rc = cli_connect(c, CLI_MAYBE, e);
	if (rc != 0)
		return rc;
	if ((rc = log_key(&key, &keys, c, e)) != 0)
		return rc;
	rc = cli_log_ask(&a, c, e);
	if (rc == 0)
		rc = check_proof(&cp, &index, &others, &keys, sr_buf_view(&a.r.body), e);
	if (rc == 0)
		rc = cli_write_file(path, sr_buf_view(&a.r.body), false, e);
	cli_answer_free(&a);
	if (rc != 0)
		return rc;
	if (c->json) {
		json_t *o = json_object();
		json_object_set_new(o, "entry", json_integer((json_int_t)index));
		json_object_set_new(o, "size", json_integer((json_int_t)cp.size));
		json_object_set_new(o, "cosignatures", json_integer((json_int_t)others));
		cli_json_set_bytes(o, "to", sr_bytes_str(path));
		cli_json_print(o);
		return 0;
	}
	printf("entry %llu is in the log of %s, which has %llu entries; the proof is in ",
		(unsigned long long)index, cp.origin, (unsigned long long)cp.size);
	cli_print(sr_bytes_str(path));
	if (others > 0)
		printf("\n%zu cosignature%s under the checkpoint in it\n", others,
			others == 1 ? " is" : "s are");
	else
		printf("\nno witness cosigned its checkpoint: it shows what the log's key signed, "
		       "no more\n");
	return 0;
}
