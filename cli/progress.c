/*
 * Progress of what takes longer than a second: one line on stderr, with the rate and the time left,
 * rewritten on a terminal, every ten seconds otherwise. And ^C: the first one asks the work to end
 * cleanly (what was done stays resumable), the second one ends the process.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

enum {
	QUIET_MS = 1000, /* shorter work says nothing */
	LOG_MS = 10000   /* between lines where stderr is no terminal */
};

volatile sig_atomic_t cli_stopped;

static struct {
	char what[64];
	uint64_t began_ms, said_ms;
	bool shown, terminal;
} now;

static void on_stop(int sig) {
	cli_stopped = sig;
	/* Once more ends it at once; the vault recovers at the next opening. */
	(void)signal(sig, SIG_DFL);
}

void cli_catch_stop(void) {
	const char *term = getenv("TERM");
	struct sigaction a;
	memset(&a, 0, sizeof a);
	a.sa_handler = on_stop;
	(void)sigemptyset(&a.sa_mask);
	(void)sigaction(SIGINT, &a, NULL);
	(void)sigaction(SIGTERM, &a, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	/* A line is wiped by what a dumb terminal shows as letters. */
	now.terminal = isatty(STDERR_FILENO) != 0 && term != NULL && strcmp(term, "dumb") != 0;
}

void cli_progress_end(void) {
	if (now.shown && now.terminal)
		fprintf(stderr, "\r\033[K");
	now.shown = false;
	now.what[0] = '\0';
}

static void left_text(char *out, size_t size, uint64_t seconds) {
	if (seconds >= 3600)
		snprintf(out, size, "%llu h %02llu min", (unsigned long long)(seconds / 3600),
			(unsigned long long)(seconds / 60 % 60));
	else if (seconds >= 60)
		snprintf(out, size, "%llu min %02llu s", (unsigned long long)(seconds / 60),
			(unsigned long long)(seconds % 60));
	else
		snprintf(out, size, "%llu s", (unsigned long long)seconds);
}

/* "1.5 GiB" for bytes, "12 items" for others. */
static void amount(char *out, size_t size, uint64_t n, const char *unit) {
	if (unit != NULL && strcmp(unit, "bytes") == 0)
		cli_size_text(out, size, n);
	else
		snprintf(out, size, "%llu %s", (unsigned long long)n, unit != NULL ? unit : "");
}

static void say(const char *what, uint64_t done, uint64_t total, const char *unit, uint64_t ms) {
	char have[48], of[96] = "", rate[48], left[48] = "";
	const double per_s = (double)done * 1000.0 / (double)(ms > 0 ? ms : 1);
	/* Pages of a scan come a few in a minute. */
	const bool slow = per_s < 10.0 && (unit == NULL || strcmp(unit, "bytes") != 0);
	amount(have, sizeof have, done, unit);
	amount(rate, sizeof rate, (uint64_t)(slow ? per_s * 60.0 : per_s), unit);
	if (total > 0) {
		char all[40];
		amount(all, sizeof all, total, unit);
		snprintf(of, sizeof of, " of %s (%d %%)", all,
			(int)(100.0 * (double)done / (double)total));
		if (per_s > 0 && total > done)
			left_text(
				left, sizeof left, (uint64_t)((double)(total - done) / per_s) + 1);
	}
	fprintf(stderr, "%s%s: %s%s, %s/%s%s%s%s", now.terminal ? "\r" : "", what, have, of, rate,
		slow ? "min" : "s", left[0] != '\0' ? ", " : "", left,
		left[0] != '\0' ? " left" : "");
	fprintf(stderr, "%s", now.terminal ? "\033[K" : "\n");
	(void)fflush(stderr);
	now.shown = true;
}

static int report(void *ctx, const char *what, uint64_t done, uint64_t total, const char *unit) {
	const struct cli *c = ctx;
	const uint64_t ms = sr_mono_ms();
	if (strncmp(now.what, what, sizeof now.what - 1) != 0) {
		cli_progress_end();
		snprintf(now.what, sizeof now.what, "%s", what);
		now.began_ms = ms;
		now.said_ms = 0;
	}
	const uint64_t since = ms - now.began_ms;
	const uint64_t every = now.terminal ? 200 : LOG_MS;
	if (!c->quiet && since >= QUIET_MS && ms - now.said_ms >= every) {
		say(what, done, total, unit, since);
		now.said_ms = ms;
	}
	return cli_stopped != 0 ? -1 : 0;
}

struct sr_progress cli_progress(struct cli *c) {
	return (struct sr_progress){.report = report, .ctx = c};
}
