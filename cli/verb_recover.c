/*
 * recover begin, piece, finish: the passphrase of the service keys is lost, and members of the
 * board give the keys back.
 *
 * The custodian begins, and carries or sends one file to the members. Each member's program shows
 * eight groups of four digits, which the custodian reads aloud: only then is the piece made, for
 * the custodian's key and no other. Nothing here asks the vault: it cannot be opened.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "board/recover.h"
#include "board/rotate.h"
#include "cli/verbs.h"

enum {
	TEXT_FILE_MAX = 64 << 10 /* bytes: an ask is a text of base/text.h */
};

const struct cli_option cli_recover_begin_options[] = {
	{"key", CLI_ONE, "F",
		"where the secret of this recovery goes, sealed; for `recover finish`"},
	{"unlock-new", CLI_ONE, "F", "make a new credential file: it will unlock the service keys"},
	{"new-passphrase-file", CLI_ONE, "F", "the new passphrase (else it is asked for)"},
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_recover_piece_options[] = {
	{"out", CLI_ONE, "F", "where the piece goes; the custodian wants it back"},
	{"fingerprint", CLI_ONE, "DIGITS", "what the custodian read aloud, eight groups of four"},
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_recover_finish_options[] = {
	{"key", CLI_ONE, "F", "the file of `recover begin`"},
	{"keep-keys", CLI_FLAG, NULL,
		"do not change the service keys now; `service rotate` does it later"},
	{NULL, CLI_FLAG, NULL, NULL},
};

static int need(struct cli *c, const char *option, const char *what, struct sr_err *e) {
	return cli_get(c, option) != NULL
		       ? 0
		       : sr_fail(e, SR_USAGE, "--%s F is missing: %s", option, what);
}

/* --- begin --- */

int verb_recover_begin(struct cli *c, struct sr_err *e) {
	struct sr_recover_begin o = {0};
	struct cli_secret then = {0};
	struct sr_buf ask, key;
	uint8_t hash[SR_HASH];
	char shown[SR_RECOVERY_ASK_TEXT], path[256];
	const char *to = c->args.words[0], *keep = cli_get(c, "key");
	bool kept = false;
	sr_buf_init(&ask);
	sr_buf_init(&key);
	int rc = need(c, "key", "where the secret of this recovery goes", e);
	if (rc == 0)
		rc = cli_vault(c, &o.path, e);
	if (rc == 0)
		rc = cli_unlock_new(c, &then, e);
	o.unlock = then.unlock;
	if (rc == 0)
		rc = sr_recover_begin(&ask, &key, hash, &o, e);
	if (rc == 0)
		rc = cli_write_file(keep, sr_buf_view(&key), false, e);
	kept = rc == 0;
	if (rc == 0)
		rc = cli_write_file(to, sr_buf_view(&ask), false, e);
	if (rc != 0 && kept)
		(void)unlink(keep);
	if (rc != 0 && then.unlock.credential.p != NULL)
		cli_unlock_new_undo(c);
	cli_secret_free(&then);
	sr_buf_free(&ask);
	sr_buf_free(&key);
	if (rc != 0)
		return rc;
	sr_recovery_ask_shown(shown, hash);
	if (c->json) {
		json_t *j = json_object();
		json_object_set_new(j, "fingerprint", json_string(shown));
		cli_json_set_bytes(j, "ask", sr_bytes_str(to));
		cli_json_print(j);
		return 0;
	}
	printf("give %s to each member, and read to them:\n  %s\nEach makes a piece: strongroom "
	       "recover piece FILE --as MEMBER --out PIECE\n",
		sr_escape_to(path, sizeof path, sr_bytes_str(to)), shown);
	return 0;
}

/* --- piece --- */

static int heard(struct cli *c, const struct sr_recovery_ask *a, struct sr_err *e) {
	char shown[SR_RECOVERY_ASK_TEXT], answer[32];
	const char *said = cli_get(c, "fingerprint");
	sr_recovery_ask_shown(shown, a->hash);
	if (said != NULL && sr_recovery_ask_is(a->hash, said))
		return 0;
	if (said != NULL) {
		c->own_input = true;
		cli_hint(c,
			"let the custodian read it again. If it stays another one, somebody put "
			"another file in its place: give no piece");
		return sr_fail(
			e, SR_AUTH, "this file has the fingerprint %s; no piece is made", shown);
	}
	fprintf(stderr, "a piece of the service keys of %s, vault\n  ", a->file.origin);
	for (size_t i = 0; i < SR_HASH; i++)
		fprintf(stderr, "%02x", a->file.vault[i]);
	fprintf(stderr, "\nfor whoever reads this to you:\n  %s\n", shown);
	if (cli_question("Did the custodian, whose voice you know, read exactly this? Type yes: ",
		    answer, sizeof answer) &&
		strcmp(answer, "yes") == 0)
		return 0;
	cli_hint(c, "--fingerprint \"...\" says what was read aloud, where there is no terminal");
	return sr_fail(e, SR_DENIED, "no piece is made");
}

int verb_recover_piece(struct cli *c, struct sr_err *e) {
	struct sr_recovery_ask *a = calloc(1, sizeof *a);
	struct sr_buf text, piece;
	bool read = false;
	int rc = a == NULL ? sr_fail(e, SR_NOMEM, "out of memory") : 0;
	sr_buf_init(&text);
	sr_buf_init(&piece);
	if (rc == 0)
		rc = need(c, "out", "where the piece goes", e);
	if (rc == 0)
		rc = cli_read_file(&text, c->args.words[0], TEXT_FILE_MAX, e);
	if (rc == 0) {
		rc = sr_recovery_ask_read(a, sr_buf_view(&text), e);
		if (rc == SR_CORRUPT)
			cli_hint(c,
				"it is not the file that `recover begin` wrote, or was damaged on "
				"its way: have it sent again");
		read = rc == 0;
	}
	if (rc == 0)
		rc = heard(c, a, e);
	if (rc == 0)
		rc = cli_identity(c, e);
	if (rc == 0) {
		rc = sr_recovery_piece_make(&piece, a, &c->identity, e);
		if (rc == SR_AUTH)
			cli_hint(c, "a share is dealt to one key: with a new one, `board "
				    "restore-share` comes first");
	}
	if (rc == 0)
		rc = cli_write_file(cli_get(c, "out"), sr_buf_view(&piece), false, e);
	if (read)
		sr_recovery_ask_free(a);
	free(a);
	sr_buf_free(&text);
	sr_buf_free(&piece);
	if (rc != 0)
		return rc;
	if (c->json) {
		json_t *j = json_object();
		json_object_set_new(j, "person", json_string(c->identity.person));
		cli_json_set_bytes(j, "piece", sr_bytes_str(cli_get(c, "out")));
		cli_json_print(j);
		return 0;
	}
	printf("the piece opens for this recovery alone, with enough others; give it to the "
	       "custodian\n");
	return 0;
}

/* --- finish --- */

static int read_pieces(
	struct cli *c, struct sr_recover_finish *o, struct sr_buf *texts, struct sr_err *e) {
	char shown[256];
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < o->pieces; i++) {
		const char *path = c->args.words[i];
		sr_buf_init(&texts[i]);
		rc = cli_read_file(&texts[i], path, TEXT_FILE_MAX, e);
		if (rc != 0)
			return sr_wrap(e, "piece %s",
				sr_escape_to(shown, sizeof shown, sr_bytes_str(path)));
		o->piece[i].text = sr_buf_view(&texts[i]);
	}
	return rc;
}

static const char *standing(const struct sr_recover_piece *p) {
	return p->twice ? "twice" : p->code == 0 ? "good" : "bad";
}

/* What became of each piece, for people: also when it was enough. */
static void tell_pieces(const struct cli *c, const struct sr_recover_finish *o) {
	for (size_t i = 0; i < o->pieces; i++) {
		const struct sr_recover_piece *p = &o->piece[i];
		char path[256];
		(void)sr_escape_to(path, sizeof path, sr_bytes_str(c->args.words[i]));
		if (p->twice)
			cli_tell(c, "%s: %s gave another piece already", path, p->person);
		else if (p->code != 0)
			cli_tell(c, "%s does not count: %s", path, p->err.text);
	}
}

struct finished {  /* what became of the change of keys behind a recovery */
	bool kept; /* it was not wanted */
	bool rotated;
	struct sr_err why; /* it was, and is not made */
};

static void done(const struct cli *c, const struct sr_recover_finish *o, const struct finished *f) {
	if (c->json) {
		json_t *j = json_object(), *list = json_array();
		for (size_t i = 0; i < o->pieces; i++) {
			json_t *p = json_object();
			json_object_set_new(p, "person", json_string(o->piece[i].person));
			json_object_set_new(p, "piece", json_string(standing(&o->piece[i])));
			json_array_append_new(list, p);
		}
		json_object_set_new(j, "pieces", list);
		json_object_set_new(j, "rotated", json_boolean(f->rotated));
		cli_json_print(j);
		return;
	}
	printf("the vault opens with the new passphrase or credential, and the log says so "
	       "(recover).\n");
	if (f->rotated)
		printf("The service keys are new ones, and the log says so (service-key): an "
		       "older copy of keys/service opens nothing that is written from now on. The "
		       "log has another public key (`strongroom witness policy` shows it): its "
		       "witnesses and whoever checks it from outside want it\n");
	else
		printf("The keys themselves are the ones before: whoever has an older copy of "
		       "keys/service and what it was sealed to still has them. `strongroom service "
		       "rotate` changes them%s%s\n",
			f->kept ? "" : "; now it could not be done: ", f->kept ? "" : f->why.text);
}

/* Whoever found or stole what the keys were sealed to shall have no use of it: new keys. That they
 * cannot be changed now undoes no recovery. */
static void rotate(
	struct cli *c, struct sr_vault *v, const struct sr_recover_finish *o, struct finished *f) {
	const struct sr_rotate ro = {
		.path = o->path, .then = o->unlock, .clock = o->clock, .progress = o->progress};
	struct sr_vault *next = NULL;
	bool changed = false;
	f->kept = cli_has(c, "keep-keys");
	if (f->kept) {
		sr_vault_close(v);
		return;
	}
	f->rotated = sr_rotate(&next, v, &ro, &changed, &f->why) == 0;
	sr_vault_close(next);
}

int verb_recover_finish(struct cli *c, struct sr_err *e) {
	struct sr_recover_finish o = {.pieces = c->args.word_count, .clock = sr_clock_system()};
	struct sr_progress progress = cli_progress(c);
	struct sr_buf *texts = calloc(o.pieces + 1, sizeof *texts);
	struct sr_vault *v = NULL;
	struct cli_secret s = {0};
	struct finished f = {false};
	struct sr_buf key;
	sr_buf_init(&key);
	o.piece = calloc(o.pieces + 1, sizeof *o.piece);
	o.progress = &progress;
	int rc = texts == NULL || o.piece == NULL ? sr_fail(e, SR_NOMEM, "out of memory") : 0;
	if (rc == 0)
		rc = need(c, "key", "the file of `recover begin`", e);
	if (rc == 0)
		rc = cli_vault(c, &o.path, e);
	c->alone =
		true; /* the lock tells, behind the pieces: those may be checked while core runs */
	if (rc == 0)
		rc = cli_read_file(&key, cli_get(c, "key"), TEXT_FILE_MAX, e);
	if (rc == 0)
		rc = read_pieces(c, &o, texts, e);
	if (rc == 0)
		rc = cli_unlock(c, &s, e);
	o.key = sr_buf_view(&key), o.unlock = s.unlock;
	if (rc == 0) {
		rc = sr_recover_finish(&v, &o, e);
		cli_progress_end();
		tell_pieces(c, &o);
	}
	if (rc == 0)
		rotate(c, v, &o, &f);
	cli_progress_end();
	cli_secret_free(&s);
	if (cli_wrong_secret(rc, e))
		c->own_input = true;
	if (rc == SR_LOCKED && c->hint[0] == '\0')
		cli_hint(c, "end the process that holds the vault first");
	else if (rc == SR_DENIED)
		cli_hint(c, "ask the members who are missing, or whose piece does not count, for a "
			    "piece of the same file");
	if (rc == 0)
		done(c, &o, &f);
	for (size_t i = 0; texts != NULL && i < o.pieces; i++)
		sr_buf_free(&texts[i]);
	free(texts);
	free(o.piece);
	sr_buf_free(&key);
	return rc;
}
