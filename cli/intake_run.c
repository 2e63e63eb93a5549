/*
 * What is done after deposits by itself, where no core does it: by the process that deposited, or
 * by `intake run`. The sandboxes' launcher is started before anything else (sandbox/launcher.h).
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "cli/cli.h"

bool cli_intake_later(void) {
	const char *when = getenv("STRONGROOM_INTAKE");

	return when != NULL && strcmp(when, "later") == 0;
}

int cli_intake_launcher(struct cli *c, struct sr_err *e) {
	return c->launcher != NULL ? 0 : sr_launcher_start(&c->launcher, NULL, e);
}

/* One turn; *${idle}: there is nothing more to do now. */
struct way { /* how far it is */
	uint64_t left, pages, pages_of;
	char trouble[512];
};

static int turn(struct cli *c, bool *idle, struct way *w, struct sr_err *e) {
	struct cli_answer a;
	struct sr_bytes text;
	struct sr_buf said;
	uint64_t nap;
	int rc;

	cli_ask(&a, "intake.turn");
	rc = cli_call_plain(c, &a, e);
	w->left = cli_field_dec(&a, "left");
	w->pages = cli_field_dec(&a, "pages");
	w->pages_of = cli_field_dec(&a, "pages-of");
	nap = cli_field_dec(&a, "nap");
	*idle = rc != 0 || nap >= SR_CORE_IDLE;
	text = cli_field(&a, "trouble");
	sr_buf_init(&said);
	w->trouble[0] = '\0';
	if (rc == 0 && text.p != NULL && sr_unbase64(&said, text, NULL) == 0)
		(void)sr_escape_to(w->trouble, sizeof w->trouble, sr_buf_view(&said));
	sr_buf_free(&said);
	cli_answer_free(&a);
	if (!*idle && nap > 0)
		(void)poll(NULL, 0, (int)nap);
	return rc;
}

/* Of a file with many pages these; else the items. */
static int tell_way(const struct sr_progress *p, const struct way *w, uint64_t most) {
	enum {
		LONG = 10 /* pages, of which one may take ten seconds */
	};

	return w->pages_of >= LONG
		       ? sr_progress_report(p, "reading text", w->pages, w->pages_of, "pages")
		       : sr_progress_report(p, "intake", most - w->left, most, "items");
}

int cli_intake_run(struct cli *c, struct sr_err *e) {
	const struct sr_progress progress = cli_progress(c);
	struct way w = {.left = 0};
	uint64_t most = 0;
	bool idle = false;
	int rc = 0;

	if (c->core == NULL)
		return 0; /* core does it */
	sr_core_intake(c->core, c->launcher);
	while (rc == 0 && !idle) {
		rc = turn(c, &idle, &w, e);
		most = w.left > most ? w.left : most;
		if (rc == 0 && !idle && tell_way(&progress, &w, most) != 0)
			rc = sr_fail(e, SR_LOCKED, "stopped on request");
	}
	cli_progress_end();
	if (rc == SR_LOCKED)
		cli_hint(c, "nothing is lost: `strongroom intake run` goes on, and so does core");
	else if (rc == 0 && w.left > 0)
		cli_tell(c,
			"%llu item%s not looked through yet: %s\n(what failed is tried again by "
			"strongroom intake run, and by core each minute)",
			(unsigned long long)w.left, w.left == 1 ? " is" : "s are", w.trouble);
	return rc;
}
