/*
 * log and verify: what happened, entry by entry, and that it is what was signed.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/escape.h"
#include "cli/verbs.h"
#include "core/exported.h"

const struct cli_option cli_log_options[] = {
	{"from", CLI_ONE, "N", "from this entry"},
	{"to", CLI_ONE, "N", "to before this entry"},
	{"type", CLI_ONE, "TYPE", "only statements of this type: vote, grant, checkout, ..."},
	{"grep", CLI_ONE, "TEXT", "only entries with TEXT in a line or a readable text (A is a)"},
	{"lines", CLI_FLAG, NULL,
		"one entry a line, as canonical JSON (RFC 8785): to keep and to compare"},
	{"export", CLI_ONE, "DIR",
		"of an exported log, with your identity alone: no vault is asked"},
	{"key", CLI_ONE, "VKEY", "with --export: the log's public key, as the members signed it"},
	{"witnesses", CLI_ONE, "FILE",
		"with --export: a tlog-policy whose quorum must have cosigned"},
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_log_grep_options[] = {
	{"from", CLI_ONE, "N", "from this entry"},
	{"to", CLI_ONE, "N", "to before this entry"},
	{"type", CLI_ONE, "TYPE", "only statements of this type: vote, grant, checkout, ..."},
	{"lines", CLI_FLAG, NULL,
		"one entry a line, as canonical JSON (RFC 8785): to keep and to compare"},
	{"export", CLI_ONE, "DIR",
		"of an exported log, with your identity alone: no vault is asked"},
	{"key", CLI_ONE, "VKEY", "with --export: the log's public key, as the members signed it"},
	{"witnesses", CLI_ONE, "FILE",
		"with --export: a tlog-policy whose quorum must have cosigned"},
	{NULL, CLI_FLAG, NULL, NULL},
};

json_t *cli_entry_json(const struct sr_entry *en) {
	const struct sr_statement *s = &en->statement;
	json_t *o = json_object();
	json_t *fields = json_array();
	char time[SR_TIME_TEXT];
	sr_time_format(time, en->received);
	json_object_set_new(o, "index", json_integer((json_int_t)en->index));
	json_object_set_new(o, "received", json_string(time));
	json_object_set_new(o, "type", json_string(s->type->name));
	json_object_set_new(o, "actor", json_string(s->by_service ? "service" : s->head.actor));
	json_object_set_new(o, "id", cli_json_hex(s->head.id, SR_ID));
	for (size_t i = s->fields_at; i < s->text.count; i++) {
		json_t *pair = json_array();
		json_array_append_new(pair, cli_json_bytes(s->text.lines[i].key));
		json_array_append_new(pair, cli_json_bytes(s->text.lines[i].value));
		json_array_append_new(fields, pair);
	}
	json_object_set_new(o, "fields", fields);
	json_t *texts = json_array();
	for (size_t i = 0; i < en->count; i++) {
		const struct sr_record *r = &en->records[i];
		json_t *t = json_object();
		json_object_set_new(t, "field", json_string(r->key));
		json_object_set_new(t, "subject", json_string(r->subject));
		if (r->state == SR_RECORD_READ)
			json_object_set_new(t, "text", cli_json_bytes(r->text));
		json_array_append_new(texts, t);
	}
	json_object_set_new(o, "texts", texts);
	return o;
}

/* The lines of a statement that say most, shortened: ids to 12 digits, no keys and proofs. */
static void entry_fields(const struct sr_statement *s) {
	static const char *const silent[] = {"card", "key", "room-key", "ledger-key", "keys",
		"board-key", "deal", "list", "pieces", "bundle", "envelope", "packs", "transcript",
		"dealing", "hash", "of", "curator", "officer", "auditor", "custodian"};
	for (size_t i = s->fields_at; i < s->text.count; i++) {
		const struct sr_line *l = &s->text.lines[i];
		bool hide = l->value.len > 0 && l->value.p[0] == '~';
		for (size_t j = 0; j < sizeof silent / sizeof silent[0]; j++)
			hide = hide || sr_bytes_eq(l->key, sr_bytes_str(silent[j]));
		if (s->type->id == SR_T_FOUND &&
			(sr_bytes_eq(l->key, sr_bytes_str("member")) ||
				sr_bytes_eq(l->key, sr_bytes_str("standby"))))
			hide = true;
		if (hide)
			continue;
		printf("  %.*s ", (int)l->key.len, (const char *)l->key.p);
		const struct sr_bytes w = sr_word(l->value, 0);
		const bool id = w.len == 32 && sr_value_check(SR_V_ID, w, NULL) == 0;
		cli_print(id ? sr_bytes_of(w.p, 12) : w);
	}
}

void cli_entry_print(const struct sr_entry *en) {
	const struct sr_statement *s = &en->statement;
	char time[SR_TIME_TEXT];
	sr_time_format(time, en->received);
	printf("%5llu  %s  %-10s  %-18s", (unsigned long long)en->index, time, s->type->name,
		s->by_service              ? "service"
		: s->head.actor[0] != '\0' ? s->head.actor
					   : "the members");
	entry_fields(s);
	putchar('\n');
	for (size_t i = 0; i < en->count; i++) {
		const struct sr_record *r = &en->records[i];
		if (r->state != SR_RECORD_READ)
			continue;
		printf("       %s: ", r->key);
		struct sr_buf b;
		sr_buf_init(&b);
		sr_escape(&b, r->text, 200);
		fwrite(b.p != NULL ? (const char *)b.p : "", 1, b.len, stdout);
		sr_buf_free(&b);
		putchar('\n');
	}
}

/* Whether ${text} has ${piece} in it; letters of ASCII in both cases. */
static bool has_piece(struct sr_bytes text, const char *piece) {
	const size_t len = strlen(piece);
	if (len == 0)
		return true;
	for (size_t i = 0; i + len <= text.len; i++)
		if (strncasecmp((const char *)text.p + i, piece, len) == 0)
			return true;
	return false;
}

static bool entry_has(const struct sr_entry *en, const char *piece) {
	const struct sr_statement *s = &en->statement;
	if (has_piece(s->body, piece))
		return true;
	for (size_t i = 0; i < en->count; i++)
		if (en->records[i].state == SR_RECORD_READ && has_piece(en->records[i].text, piece))
			return true;
	return false;
}

struct logging {
	struct cli *c;
	json_t *list;
	const char *grep; /* NULL: all */
	bool lines;
	uint64_t count;
};

static int each(void *ctx, const struct sr_entry *en, struct sr_err *e) {
	struct logging *l = ctx;
	if (cli_stopped != 0)
		return sr_fail(e, SR_LOCKED, "stopped on request");
	if (l->grep != NULL && !entry_has(en, l->grep))
		return 0;
	l->count++;
	if (l->lines)
		return cli_json_canonical(cli_entry_json(en), e);
	if (l->list != NULL) {
		json_array_append_new(l->list, cli_entry_json(en));
		return 0;
	}
	cli_entry_print(en);
	return 0;
}

/* --- an exported log, offline --- */

int cli_vkey(struct sr_vkey *out, const char *typed, struct sr_err *e) {
	if (sr_vkey_parse(out, sr_bytes_str(typed), e) == 0)
		return 0;
	e->code = SR_USAGE;
	return sr_wrap(e, "--key");
}

static int export_key(struct sr_vkey *out, struct cli *c, struct sr_dir *d, struct sr_err *e) {
	const char *given = cli_get(c, "key");
	struct sr_buf b;
	if (given != NULL)
		return cli_vkey(out, given, e);
	sr_buf_init(&b);
	int rc = sr_file_read(d, "vkey", &b, 4096, e);
	while (rc == 0 && b.len > 0 && b.p[b.len - 1] == '\n')
		b.len--;
	if (rc == 0)
		rc = sr_vkey_parse(out, sr_buf_view(&b), e);
	sr_buf_free(&b);
	return rc != 0 ? sr_wrap(e, "vkey") : 0;
}

static void exported_tell(struct cli *c, const struct sr_exported_log *l, uint64_t told) {
	char hex[2 * SR_HASH + 1];
	sr_hex(hex, l->fingerprint, SR_HASH);
	cli_tell(c,
		"%llu entries of %llu told; the root is the one that the log's key signed. %llu "
		"were opened with your identity, %llu signatures are good",
		(unsigned long long)told, (unsigned long long)l->size,
		(unsigned long long)l->opened, (unsigned long long)l->signatures);
	cli_tell(c, "fingerprint of the vault%s: %s%s", l->found ? "" : ", as the boxes say", hex,
		cli_has(c, "key")
			? ""
			: "\nits key is the one beside it: compare both with the minutes");
	if (l->sealed > l->missing)
		cli_tell(c, "%llu entries are of epochs that were not given to you",
			(unsigned long long)(l->sealed - l->missing));
	if (l->missing > 0)
		cli_tell(c,
			"%llu entries are of epochs that the log says were sealed to you, and "
			"their keys are not in " SR_EXPORT_EPOCHS
			"/, or are for another key of yours: "
			"have the log exported anew by somebody who is logged in",
			(unsigned long long)l->missing);
	if (l->unchecked > 0)
		cli_tell(c,
			"%llu signatures are of people who were introduced in those: not checked",
			(unsigned long long)l->unchecked);
}

static int read_export(
	struct cli *c, struct logging *l, const struct sr_log_ask *ask, struct sr_err *e) {
	const char *print = cli_get(c, "fingerprint"), *path = cli_get(c, "witnesses");
	const struct sr_progress progress = cli_progress(c);
	struct sr_policy *policy = NULL;
	struct sr_exported_log log;
	struct sr_dir *d = NULL;
	struct sr_vkey key;
	uint8_t fingerprint[SR_HASH];
	struct sr_buf b;
	if (print != NULL && sr_unhex(fingerprint, SR_HASH, sr_bytes_str(print), NULL) != 0)
		return sr_fail(e, SR_USAGE, "--fingerprint: want 64 digits of 0-9a-f");
	sr_buf_init(&b);
	int rc = cli_identity(c, e);
	if (rc == 0)
		rc = sr_dir_open(&d, cli_get(c, "export"), e);
	if (rc == 0)
		rc = export_key(&key, c, d, e);
	if (rc == 0 && path != NULL)
		rc = cli_read_file(&b, path, SR_POLICY_MAX, e);
	if (rc == 0 && path != NULL)
		rc = sr_policy_parse(&policy, sr_buf_view(&b), e);
	if (rc == 0) {
		const struct sr_exported_ask a = {.dir = d,
			.identity = &c->identity,
			.key = &key,
			.name = cli_get(c, "log-name"),
			.witnesses = policy,
			.fingerprint = print != NULL ? fingerprint : NULL,
			.from = ask->from,
			.to = ask->to,
			.type = ask->type,
			.each = each,
			.ctx = l,
			.progress = &progress};
		rc = sr_exported_read(&log, &a, e);
	}
	cli_progress_end();
	if (l->list != NULL)
		cli_json_print(l->list);
	if (rc == 0)
		exported_tell(c, &log, l->count);
	sr_policy_free(policy);
	sr_dir_close(d);
	sr_buf_free(&b);
	return rc;
}

static int show(struct cli *c, const char *grep, struct sr_err *e) {
	struct logging l = {.c = c, .grep = grep, .lines = cli_has(c, "lines")};
	uint64_t sealed = 0;
	struct sr_log_ask a = {
		.type = cli_get(c, "type"), .each = each, .ctx = &l, .sealed = &sealed};
	int rc = cli_dec(c, "from", &a.from, e);
	if (rc == 0)
		rc = cli_dec(c, "to", &a.to, e);
	if (rc == 0 && a.type != NULL && sr_type_named(sr_bytes_str(a.type)) == NULL)
		rc = sr_fail(e, SR_USAGE,
			"--type: there are no statements of the type \"%s\"; strongroom-formats(5) "
			"lists the types",
			a.type);
	if (rc == 0 && !cli_has(c, "export") && (cli_has(c, "key") || cli_has(c, "witnesses")))
		rc = sr_fail(e, SR_USAGE, "--key and --witnesses go with --export");
	if (rc == 0 && !cli_has(c, "export"))
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc != 0)
		return rc;
	l.list = c->json && !l.lines ? json_array() : NULL;
	if (cli_has(c, "export"))
		return read_export(c, &l, &a, e);
	rc = sr_client_log(c->client, &a, e);
	if (rc == SR_DENIED)
		cli_hint(c, "auditors and officers read the whole log");
	cli_progress_end();
	if (l.list != NULL)
		cli_json_print(l.list);
	else if (rc == 0)
		cli_tell(c,
			"%llu entries; of each the signature and its place in the log were proven",
			(unsigned long long)l.count);
	if (rc == 0 && sealed > 0)
		cli_tell(c,
			"%llu entries are of epochs that were not given to you (auditor list): "
			"passed over",
			(unsigned long long)sealed);
	return rc;
}

int verb_log(struct cli *c, struct sr_err *e) {
	return show(c, cli_get(c, "grep"), e);
}

int verb_log_grep(struct cli *c, struct sr_err *e) {
	return show(c, c->args.words[0], e);
}

/* --- verify --- */

static void verify_print(struct cli *c, const struct cli_answer *a) {
	const struct sr_client_info *info = sr_client_info(c->client);
	printf("the log of %s has %llu entries; every one was opened and read\n", info->origin,
		(unsigned long long)cli_field_dec(a, "entries"));
	printf("its root, computed from the entries, is the one that the ledger key signed:\n  ");
	cli_print(cli_field(a, "root"));
	printf("\n%llu signatures were checked, all good\n",
		(unsigned long long)cli_field_dec(a, "signatures"));
	if (info->seen_size > 0 && info->person[0] != '\0')
		printf("it continues the log of %llu entries that you remember\n",
			(unsigned long long)info->seen_size);
	if (sr_bytes_eq(cli_field(a, "catalogue"), sr_bytes_str("equal")))
		printf("the catalogue, replayed from the log alone, is equal to the one in use\n");
}

static int verify_bad(struct cli *c, const struct cli_answer *a, int rc) {
	for (size_t i = 0; i < a->rows.count; i++) {
		const struct sr_row *row = &a->rows.rows[i];
		printf("problem");
		if (sr_row_get(row, "index").p != NULL) {
			printf(" at entry ");
			cli_print(sr_row_get(row, "index"));
		}
		printf(": ");
		cli_print(sr_row_get(row, "text"));
		putchar('\n');
	}
	if (rc != SR_CORRUPT && rc != SR_AUTH)
		return rc;
	cli_hint(c,
		"evidence is damaged: keep this copy as it is, and compare it with a backup and "
		"with receipts");
	return rc;
}

int verb_verify(struct cli *c, struct sr_err *e) {
	struct cli_answer a;
	int rc = cli_connect(c, CLI_MAYBE, e);
	if (rc != 0)
		return rc;
	const struct sr_client_info *info = sr_client_info(c->client);
	cli_ask(&a, "verify");
	if (info->seen_size > 0) {
		sr_text_put_dec(&a.q.head, "since", info->seen_size);
		sr_text_put_base64(&a.q.head, "root", info->seen_root, SR_HASH);
	}
	rc = cli_call_plain(c, &a, e);
	cli_progress_end();
	struct sr_err bad = {0};
	a.has_rows = sr_rows_parse(&a.rows, sr_buf_view(&a.r.body), &bad) == 0;
	if (c->json && (rc == 0 || (a.has_rows && a.rows.count > 0))) {
		json_t *o = cli_json_fields(&a);
		json_object_set_new(o, "problems",
			a.has_rows ? cli_json_rows(&a.rows, "problem") : json_array());
		cli_json_print(o);
	} else if (rc == 0) {
		verify_print(c, &a);
	}
	if (rc != 0 && !c->json && a.has_rows)
		rc = verify_bad(c, &a, rc);
	cli_answer_free(&a);
	return rc;
}
