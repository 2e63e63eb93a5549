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
static int turn(struct cli *c, bool *idle, uint64_t *left, char trouble[512], struct sr_err *e) {
	struct cli_answer a;
	struct sr_bytes text;
	struct sr_buf said;
	uint64_t nap;
	int rc;

	cli_ask(&a, "intake.turn");
	rc = cli_call_plain(c, &a, e);
	*left = cli_field_dec(&a, "left");
	nap = cli_field_dec(&a, "nap");
	*idle = rc != 0 || nap >= SR_CORE_IDLE;
	text = cli_field(&a, "trouble");
	sr_buf_init(&said);
	trouble[0] = '\0';
	if (rc == 0 && text.p != NULL && sr_unbase64(&said, text, NULL) == 0)
		(void)sr_escape_to(trouble, 512, sr_buf_view(&said));
	sr_buf_free(&said);
	cli_answer_free(&a);
	if (!*idle && nap > 0)
		(void)poll(NULL, 0, (int)nap);
	return rc;
}

int cli_intake_run(struct cli *c, struct sr_err *e) {
	const struct sr_progress progress = cli_progress(c);
	char trouble[512] = "";
	uint64_t left = 0, most = 0;
	bool idle = false;
	int rc = 0;

	if (c->core == NULL)
		return 0; /* core does it */
	rc = sr_core_intake(c->core, c->launcher, e);
	while (rc == 0 && !idle) {
		rc = turn(c, &idle, &left, trouble, e);
		most = left > most ? left : most;
		if (rc == 0 && !idle &&
			sr_progress_report(&progress, "intake", most - left, most, "items") != 0)
			rc = sr_fail(e, SR_LOCKED, "stopped on request");
	}
	cli_progress_end();
	if (rc == SR_LOCKED)
		cli_hint(c, "nothing is lost: `strongroom intake run` goes on, and so does core");
	else if (rc == 0 && left > 0)
		cli_tell(c,
			"%llu item%s not looked through yet: %s\n(strongroom intake run tries "
			"again, and core each minute)",
			(unsigned long long)left, left == 1 ? " is" : "s are", trouble);
	return rc;
}
