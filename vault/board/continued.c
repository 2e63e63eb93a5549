/*
 * continued - see continued.h.
 */
#include "board/continued.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board/door.h"
#include "board/follow.h"
#include "board/witnessing.h"
#include "catalogue/query.h"
#include "ledger/ledger.h"
#include "ledger/seen.h"

int sr_continued_may(struct sr_vault *v, const char *name, uint64_t known, struct sr_err *e) {
	const uint64_t size = sr_ledger_next_index(v->ledger);
	struct sr_log_names names = {0};
	int rc;

	if (!v->founded)
		return sr_fail(e, SR_DENIED, "this vault is not founded: its log has no history");
	if (sr_note_name_check(sr_bytes_str(name), NULL) != 0 || strlen(name) >= SR_ORIGIN_MAX)
		return sr_fail(e, SR_USAGE,
			"a log's name has no space and no +, and under %d bytes: "
			"archive.example.org/vault-2",
			SR_ORIGIN_MAX);
	if (known <= size && sr_witnessing_alarm(v) == NULL)
		return sr_fail(e, SR_DENIED,
			"others know of %" PRIu64 " entries and the log has %" PRIu64
			": nothing is lost, and it goes on under its own name",
			known, size);
	rc = sr_query_log_names(&names, v->catalogue, e);
	if (rc == 0 && strcmp(name, v->keys->origin) == 0)
		rc = sr_fail(e, SR_USAGE, "that is the name that the log was founded with");
	for (size_t i = 0; i < names.count && rc == 0; i++)
		if (strcmp(names.rows[i].name, name) == 0)
			rc = sr_fail(e, SR_USAGE,
				"the log had that name already (entry %" PRIu64
				"); it takes a new one",
				names.rows[i].entry);
	sr_log_names_free(&names);
	return rc;
}

/* What is of the old name: gone, or it was not there. */
static int drop(struct sr_vault *v, const char *name, struct sr_err *e) {
	const int rc = sr_file_remove(v->ledger_dir, name, e);

	if (rc == SR_NOTFOUND && e != NULL)
		sr_err_clear(e);
	return rc == SR_NOTFOUND ? 0 : rc;
}

static int commit(struct sr_vault *v, const struct sr_vault_conf *conf, struct sr_err *e) {
	struct sr_outcome *o = calloc(1, sizeof *o);
	uint8_t root[SR_HASH];
	struct sr_buf text;
	int rc = o == NULL ? sr_fail(e, SR_NOMEM, "out of memory") : 0;

	sr_buf_init(&text);
	sr_ledger_root(root, v->ledger);
	if (rc == 0)
		rc = drop(v, "witnessed", e);
	if (rc == 0)
		rc = drop(v, "alarm", e);
	if (rc == 0) {
		sr_follow_begin(&text, v, SR_T_WITNESS, sr_now(&v->clock));
		sr_text_put(&text, "event", "continued");
		sr_text_put(&text, "log", conf->log);
		sr_text_put(&text, "former", conf->former);
		sr_text_put_dec(&text, "size", sr_ledger_next_index(v->ledger));
		sr_text_put_hex(&text, "root", root, SR_HASH);
		sr_text_put_dec(&text, "known", conf->known);
		rc = sr_buf_ok(&text, e);
	}
	if (rc == 0)
		rc = sr_door_service(v, sr_buf_view(&text), o, e);
	if (rc == 0)
		sr_buf_printf(&v->recovered,
			"the log goes on as %s: entry %" PRIu64
			" says so, and an incident; the board confirms it (log adopt --ask)\n",
			conf->log, o->index);
	sr_buf_free(&text);
	free(o);
	return rc;
}

int sr_continued_settle(struct sr_vault *v, const struct sr_vault_conf *conf, struct sr_err *e) {
	struct sr_log_names names = {0};
	const char *now;
	int rc = sr_query_log_names(&names, v->catalogue, e);

	if (rc != 0)
		return rc;
	now = names.count > 0 ? names.rows[names.count - 1].name : v->keys->origin;
	if (strcmp(conf->log[0] != '\0' ? conf->log : v->keys->origin, now) == 0)
		rc = 0;
	else if (conf->log[0] == '\0')
		rc = sr_fail(e, SR_CORRUPT,
			"strongroom.conf has no line log, and the log goes on as %s since entry "
			"%" PRIu64,
			now, names.rows[names.count - 1].entry);
	else if (strcmp(conf->former, now) != 0)
		rc = sr_fail(e, SR_AUTH,
			"strongroom.conf says that the log was %s before; it says itself that it "
			"is %s",
			conf->former, now);
	else
		rc = commit(v, conf, e);
	sr_log_names_free(&names);
	return rc != 0 ? sr_wrap(e, "the log's name") : 0;
}

int sr_continued_check(struct sr_vault *v, struct sr_err *e) {
	struct sr_log_names names = {0};
	const struct sr_log_name *last;
	int rc = sr_query_log_names(&names, v->catalogue, e);

	if (rc != 0)
		return rc;
	last = names.count > 0 ? &names.rows[names.count - 1] : NULL;
	if (last != NULL && last->confirmed == 0)
		rc = sr_fail(e, SR_DENIED,
			"the log goes on as %s since entry %" PRIu64
			", and entries were lost: nothing opens until the board confirms it (log "
			"adopt --ask)",
			last->name, last->entry);
	sr_log_names_free(&names);
	return rc;
}
