/*
 * The custodian's verbs for the second copy of secrets.db: show, replace, drop, accept.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/escape.h"
#include "board/backup.h"
#include "board/second.h"
#include "cli/verbs.h"

static const char CONFIRM[] = "a lost secrets.db loses the vault";
static const char CONFIRM_OLDER[] = "what was added since is lost";

const struct cli_option cli_second_options[] = {
	{"confirm", CLI_ONE, "WORDS", "exactly: a lost secrets.db loses the vault"},
	{NULL, CLI_FLAG, NULL, NULL},
};

const struct cli_option cli_second_accept_options[] = {
	{"confirm", CLI_ONE, "WORDS", "exactly: what was added since is lost"},
	{NULL, CLI_FLAG, NULL, NULL},
};

/* --- its folder --- */

int cli_second_folder(const char **second, char out[SR_PATH_MAX], struct sr_err *e) {
	char here[SR_PATH_MAX / 2] = "";
	char shown[256];
	if (*second == NULL)
		return 0;
	(void)sr_escape_to(shown, sizeof shown, sr_bytes_str(*second));
	if (**second != '/' && getcwd(here, sizeof here) == NULL)
		return sr_fail_errno(e, "this folder");
	const int n =
		snprintf(out, SR_PATH_MAX, "%s%s%s", here, here[0] != '\0' ? "/" : "", *second);
	if (n < 0 || n >= SR_PATH_MAX)
		return sr_fail(e, SR_USAGE, "the path of the second copy is too long");
	if (mkdir(out, 0700) != 0 && errno != EEXIST)
		return sr_fail_errno(e, "the second copy in %s", shown);
	*second = out;
	return 0;
}

/* --- show --- */

static void show_print(const char *place, const struct cli_answer *a) {
	char shown[300];
	const bool current = cli_field(a, "second-current").p != NULL;
	if (place[0] == '\0') {
		printf("no second copy: a lost secrets.db loses the vault\n");
		return;
	}
	printf("%s: %s\n", sr_escape_to(shown, sizeof shown, sr_bytes_str(place)),
		current ? "there and current"
			: "NOT CURRENT: deposits wait, erasures are pending there");
	printf("  %-14s %llu\n", "pending", (unsigned long long)cli_field_dec(a, "second-pending"));
	for (size_t i = 0; i < a->rows.count; i++)
		if (sr_row_is(&a->rows.rows[i], "second"))
			cli_line_row("reason", &a->rows.rows[i], "reason");
	if (!current)
		printf("mount its medium; if that is lost: strongroom second replace PATH\n");
}

int verb_second_show(struct cli *c, struct sr_err *e) {
	struct sr_vault_conf conf;
	struct cli_answer a;
	const char *path = NULL;
	int rc = cli_vault(c, &path, e);
	if (rc == 0)
		rc = sr_vault_conf_read(&conf, path, e);
	if (rc == 0)
		rc = cli_connect(c, CLI_MAYBE, e);
	if (rc != 0)
		return rc;
	cli_ask(&a, "status");
	rc = cli_call(c, &a, e);
	if (rc == 0 && c->json) {
		json_t *o = json_object();
		cli_json_set_bytes(o, "place", sr_bytes_str(conf.second));
		json_object_set_new(
			o, "current", json_boolean(cli_field(&a, "second-current").p != NULL));
		json_object_set_new(o, "pending",
			json_integer((json_int_t)cli_field_dec(&a, "second-pending")));
		cli_json_print(o);
	} else if (rc == 0) {
		show_print(conf.second, &a);
	}
	cli_answer_free(&a);
	return rc;
}

/* --- replace and drop --- */

static void report_json(const char *place, const struct sr_second_report *r) {
	static const char *const words[] = {[SR_SECOND_NONE] = "none",
		[SR_SECOND_DESTROYED] = "destroyed",
		[SR_SECOND_LOST] = "lost"};
	json_t *o = json_object();
	cli_json_set_bytes(o, "place", sr_bytes_str(place));
	json_object_set_new(o, "former", json_string(words[r->former]));
	cli_json_set_bytes(o, "former_place", sr_bytes_str(r->place));
	json_object_set_new(o, "unconfirmed", json_integer((json_int_t)r->unconfirmed));
	cli_json_print(o);
}

static void report_print(const struct sr_second_report *r) {
	char shown[300], why[300];
	(void)sr_escape_to(shown, sizeof shown, sr_bytes_str(r->place));
	(void)sr_escape_to(why, sizeof why, sr_bytes_str(r->reason));
	if (r->former == SR_SECOND_DESTROYED)
		printf("the one in %s is destroyed: its root cell is overwritten\n", shown);
	if (r->former != SR_SECOND_LOST)
		return;
	printf("the one in %s was out of reach (%s).\nIf that medium turns up, destroy it: it "
	       "still opens what was erased since it was last written. ",
		shown, why);
	if (r->unconfirmed > 0)
		printf("%llu erasing commit%s never confirmed there, and will never be; the log "
		       "has an incident.\n",
			(unsigned long long)r->unconfirmed,
			r->unconfirmed == 1 ? " was" : "s were");
	else
		printf("The log has an incident.\n");
}

static int change(struct cli *c, const char *place, struct sr_err *e) {
	struct sr_second_report *r = calloc(1, sizeof *r);
	struct sr_vault *v = NULL;
	char shown[300];
	int rc = r == NULL ? sr_fail(e, SR_NOMEM, "out of memory") : cli_open_vault(c, &v, e);
	if (rc == 0)
		rc = sr_second_change(v, place, r, e);
	sr_vault_close(v);
	if (rc == 0 && c->json) {
		report_json(place != NULL ? place : "", r);
	} else if (rc == 0) {
		if (place != NULL)
			printf("the second copy lies in %s, read back and current\n",
				sr_escape_to(shown, sizeof shown, sr_bytes_str(place)));
		else
			printf("no second copy from now on: a lost secrets.db loses the vault\n");
		report_print(r);
	}
	free(r);
	return rc;
}

int verb_second_replace(struct cli *c, struct sr_err *e) {
	char path[SR_PATH_MAX];
	const char *place = c->args.words[0];
	int rc = cli_second_folder(&place, path, e);
	return rc == 0 ? change(c, place, e) : rc;
}

static int confirmed(struct cli *c, const char *verb, const char *want, struct sr_err *e) {
	const char *words = cli_get(c, "confirm");
	if (words != NULL && strcmp(words, want) == 0)
		return 0;
	cli_hint(c, "say it: strongroom second %s --confirm \"%s\"", verb, want);
	return sr_fail(e, SR_USAGE, "--confirm \"%s\" is missing", want);
}

int verb_second_drop(struct cli *c, struct sr_err *e) {
	const int rc = confirmed(c, "drop", CONFIRM, e);
	return rc == 0 ? change(c, NULL, e) : rc;
}

/* --- an older state --- */

int verb_second_accept(struct cli *c, struct sr_err *e) {
	struct sr_vault *v = NULL;
	struct sr_buf told, shown;
	int rc = confirmed(c, "accept", CONFIRM_OLDER, e);
	sr_buf_init(&told);
	sr_buf_init(&shown);
	c->older_secrets = true;
	if (rc == 0)
		rc = cli_open_vault(c, &v, e);
	if (rc == 0)
		rc = sr_restore_accept(v, &told, e);
	sr_vault_close(v);
	if (rc == 0 && c->json) {
		json_t *o = json_object();
		json_object_set_new(o, "notes", cli_json_lines(sr_buf_view(&told)));
		cli_json_print(o);
	} else if (rc == 0) {
		sr_escape_text(&shown, sr_buf_view(&told));
		printf("the vault goes on with the newest secrets.db that there was; the log has "
		       "an incident\n%.*s",
			(int)shown.len, (const char *)shown.p);
	}
	sr_buf_free(&told);
	sr_buf_free(&shown);
	return rc;
}
