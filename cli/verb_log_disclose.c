/*
 * log disclose, log open: one entry with its keys, for somebody who has no account; and what such a
 * person reads.
 */
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "cli/verbs.h"
#include "ledger/keychange.h"
#include "ledger/receipt.h"

const struct cli_option cli_log_disclose_options[] = {
	{"out", CLI_ONE, "NAME", "write NAME.tlog-proof and NAME.keys"},
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_log_open_options[] = {
	{"key", CLI_ONE, "VKEY", "the log's public key, as on the page that the members signed"},
	{"key-change", CLI_TEXTS, "F",
		"a note by which another key or name of the log followed (key-change.N of an "
		"export), in their order"},
	{"fingerprint", CLI_ONE, "HEX", "the vault's, from the same page"},
	{"witnesses", CLI_ONE, "FILE", "a tlog-policy whose quorum must have cosigned"},
	{NULL, CLI_FLAG, NULL, NULL},
};

struct trusted_log {
	const char *vkey;
	const struct sr_log_keys *keys; /* with what followed; NULL: that one alone */
	const uint8_t *fingerprint;     /* NULL: any vault's whose log has this key and name */
};

static int open_receipt(struct sr_receipt_result *out, const struct sr_receipt *r,
	const struct trusted_log *t, const struct sr_policy *policy, struct sr_err *e) {
	static const uint8_t unknown[SR_HASH];
	struct sr_seen seen;
	struct sr_vkey key;
	const struct sr_receipt_check check = {.seen = &seen,
		.ignore_size = true,
		.any_vault = t->fingerprint == NULL,
		.policy = policy};
	int rc = sr_vkey_parse(&key, sr_bytes_str(t->vkey), e);
	if (rc == 0)
		rc = sr_seen_init(&seen, t->keys != NULL ? t->keys->key[0].name : key.name,
			t->fingerprint != NULL ? t->fingerprint : unknown, t->vkey, "", e);
	if (rc == 0 && t->keys != NULL)
		seen.keys = *t->keys;
	return rc == 0 ? sr_receipt_verify(out, r, &check, e) : rc;
}

/* --- disclose --- */

/* The receipt that the vault makes for whoever asks: with the keys of what they may read. */
static int ask_receipt(struct sr_receipt *out, struct cli *c, uint64_t index, struct sr_err *e) {
	struct cli_answer a;
	cli_ask(&a, "proof");
	sr_text_put_dec(&a.q.head, "index", index);
	int rc = cli_call(c, &a, e);
	if (rc == 0 && a.rows.count != 1)
		rc = sr_fail(e, SR_AUTH, "the vault gave %zu receipts, want 1", a.rows.count);
	if (rc == 0)
		rc = sr_receipt_decode(out, sr_row_get(&a.rows.rows[0], "receipt"), e);
	if (rc == 0 && out->index != index)
		rc = sr_fail(e, SR_AUTH, "the vault gave the receipt of entry %llu, not of %llu",
			(unsigned long long)out->index, (unsigned long long)index);
	cli_answer_free(&a);
	return rc;
}

static int which(uint64_t *index, struct cli *c, struct sr_err *e) {
	struct cli_answer a;
	int rc = cli_log_ask(&a, c, e);
	if (rc == 0)
		*index = cli_field_dec(&a, "index");
	cli_answer_free(&a);
	return rc;
}

static size_t read_records(const struct sr_entry *en) {
	size_t n = 0;
	for (size_t i = 0; i < en->count; i++)
		n += en->records[i].state == SR_RECORD_READ;
	return n;
}

static int save(const struct sr_receipt *r, const char *path, struct sr_err *e) {
	struct sr_dir *d = NULL;
	char name[256];
	int rc = cli_split_path(&d, name, path, e);
	if (rc == 0)
		rc = sr_receipt_save(d, name, r, e);
	sr_dir_close(d);
	return rc;
}

int verb_log_disclose(struct cli *c, struct sr_err *e) {
	const char *path = cli_get(c, "out");
	struct sr_receipt_result res;
	struct sr_receipt r = {.index = 0};
	struct sr_log_keys keys;
	char vkey[SR_VKEY_TEXT];
	uint64_t index = 0;
	bool proven = false;
	if (path == NULL)
		return sr_fail(e, SR_USAGE, "--out NAME is missing: the two files' name");
	int rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = which(&index, c, e);
	if (rc == 0 && cli_reads_by_office(c)) {
		const struct sr_reading_ask ask = {.what = "log", .from = index, .to = index + 1};
		rc = sr_client_on_record(c->client, &ask, NULL, e);
	}
	if (rc == 0)
		rc = ask_receipt(&r, c, index, e);
	if (rc != 0)
		goto out;
	rc = sr_client_ledger_key(vkey, &keys, &proven, c->client, e);
	if (rc == 0) {
		const struct trusted_log t = {vkey, &keys, sr_client_info(c->client)->fingerprint};
		rc = open_receipt(&res, &r, &t, NULL, e);
	}
	if (rc != 0)
		goto out;
	const size_t read = read_records(&res.entry);
	rc = save(&r, path, e);
	if (rc == 0 && c->json) {
		json_t *o = json_object();
		json_object_set_new(o, "entry", json_integer((json_int_t)index));
		json_object_set_new(o, "type", json_string(res.entry.statement.type->name));
		json_object_set_new(o, "texts", json_integer((json_int_t)res.entry.count));
		json_object_set_new(o, "readable", json_integer((json_int_t)read));
		cli_json_print(o);
	} else if (rc == 0) {
		printf("entry %llu (%s): the statement and %zu of its %zu texts can be read with ",
			(unsigned long long)index, res.entry.statement.type->name, read,
			res.entry.count);
		cli_print(sr_bytes_str(path));
		printf(".tlog-proof and ");
		cli_print(sr_bytes_str(path));
		printf(".keys; the keys are as secret as the entry\n");
	}
	sr_entry_free(&res.entry);
out:
	sr_receipt_free(&r);
	return rc;
}

/* --- open --- */

/* NAME or NAME.tlog-proof. */
static int load(struct sr_receipt *out, const char *path, struct sr_err *e) {
	static const char suffix[] = ".tlog-proof";
	const size_t end = sizeof suffix - 1;
	char base[SR_PATH_MAX];
	struct sr_dir *d = NULL;
	const char *name = NULL;
	size_t len = strlen(path);
	if (len >= sizeof base)
		return sr_fail(e, SR_USAGE, "a path of %zu bytes", len);
	if (len > end && strcmp(path + len - end, suffix) == 0)
		len -= end;
	snprintf(base, sizeof base, "%.*s", (int)len, path);
	int rc = sr_dir_of(&d, &name, base, e);
	if (rc == 0)
		rc = sr_receipt_load(out, d, name, e);
	sr_dir_close(d);
	return rc;
}

static int read_policy(struct sr_policy **out, const char *path, struct sr_err *e) {
	struct sr_buf b;
	if (path == NULL)
		return 0;
	sr_buf_init(&b);
	int rc = cli_read_file(&b, path, SR_POLICY_MAX, e);
	if (rc == 0)
		rc = sr_policy_parse(out, sr_buf_view(&b), e);
	sr_buf_free(&b);
	return rc;
}

/* What followed the key ${vkey}, by the notes that the person names. */
static int follow_changes(
	struct sr_log_keys *out, struct cli *c, const char *vkey, struct sr_err *e) {
	const char *const *files = NULL;
	struct sr_vkey key;
	int rc = cli_vkey(&key, vkey, e);
	if (rc != 0)
		return rc;
	sr_log_keys_begin(out, key.name, key.pk);
	rc = cli_list(c, &files, "key-change", e);
	for (size_t i = 0; rc == 0 && i < cli_list_count(files); i++) {
		struct sr_buf note;
		sr_buf_init(&note);
		rc = cli_read_file(&note, files[i], SR_LOG_CHANGE_MAX, e);
		if (rc == 0)
			rc = sr_key_change_follow(NULL, out, NULL, sr_buf_view(&note), e);
		if (rc != 0)
			(void)sr_wrap(e, "--key-change %s", files[i]);
		sr_buf_free(&note);
	}
	return rc;
}

int verb_log_open(struct cli *c, struct sr_err *e) {
	const char *key = cli_get(c, "key"), *print = cli_get(c, "fingerprint");
	uint8_t fingerprint[SR_HASH];
	struct sr_receipt r = {.index = 0};
	struct sr_receipt_result res;
	struct sr_policy *policy = NULL;
	struct sr_log_keys keys;
	if (key == NULL)
		return sr_fail(e, SR_USAGE,
			"--key VKEY is missing: the log's public key (`strongroom board minutes` "
			"prints it)");
	if (print != NULL && sr_unhex(fingerprint, SR_HASH, sr_bytes_str(print), NULL) != 0)
		return sr_fail(e, SR_USAGE, "--fingerprint: want 64 digits of 0-9a-f");
	int rc = load(&r, c->args.words[0], e);
	if (rc == SR_CORRUPT) /* of two files that somebody was given */
		cli_hint(c, "these are not the files as `log disclose` wrote them: ask for them "
			    "again");
	if (rc == 0)
		rc = read_policy(&policy, cli_get(c, "witnesses"), e);
	if (rc == 0)
		rc = follow_changes(&keys, c, key, e);
	if (rc == 0) {
		const struct trusted_log t = {key, &keys, print != NULL ? fingerprint : NULL};
		rc = open_receipt(&res, &r, &t, policy, e);
	}
	if (rc == 0) {
		if (c->json)
			rc = cli_json_canonical(cli_entry_json(&res.entry), e);
		else
			cli_entry_print(&res.entry);
		if (rc == 0)
			cli_tell(c,
				"it is entry %llu of the log of %s; who signed it is in it, but "
				"whose key that is only the log's earlier entries say",
				(unsigned long long)r.index, r.origin);
		sr_entry_free(&res.entry);
	}
	sr_policy_free(policy);
	sr_receipt_free(&r);
	return rc;
}
