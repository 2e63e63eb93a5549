/*
 * doctor - see doctor.h.
 */
#include "sandbox/doctor.h"

#include <stdio.h>
#include <string.h>

#include "sandbox/swap.h"

enum {
	ATTEMPTS_MIN = 30, /* that the parser must know: fewer is another parser */
	ATTEMPTS_MAX = 200,
	WALL_MS = 20000
};

struct visit {
	const struct sr_doctor *d;
	struct sr_launcher *l;
	size_t faults, tried;
	enum sr_box_tools tools; /* in which root: other files, the same filters */
};

static void tell(struct visit *v, bool ok, const char *what, const char *found) {
	v->faults += ok ? 0 : 1;
	v->d->told(v->d->ctx, ok ? SR_DOCTOR_OK : SR_DOCTOR_FAULT, what, found);
}

/* Tools that are there, and of no use. */
static void unusable(struct visit *v) {
	char text[SR_LAUNCHER_UNUSABLE], found[1024], *rest = NULL;
	struct sr_err e = {.code = SR_OK};

	if (sr_launcher_unusable(v->l, v->tools, text, &e) != 0) {
		tell(v, false, "tools of the sandbox", e.text);
		return;
	}
	for (const char *line = strtok_r(text, "\n", &rest); line != NULL;
		line = strtok_r(NULL, "\n", &rest)) {
		(void)snprintf(found, sizeof found,
			"%s: give it its rights again, or install its package anew (make "
			"deps-room); until then what needs it is not done, and told so",
			line);
		v->d->told(v->d->ctx, SR_DOCTOR_UNUSABLE, "a tool of the sandbox", found);
	}
}

static void copy(char *out, size_t size, struct sr_bytes v) {
	(void)snprintf(out, size, "%.*s", (int)v.len, (const char *)v.p);
}

struct attempt {
	char name[128], through[256];
	bool held, none; /* none: the parser knows no attempt of that number */
};

static int try(struct visit *v, unsigned number, struct attempt *a, struct sr_err *e) {
	const struct sr_box_options o = {
		.job = {.what = SR_BOX_ESCAPE, .argument = (uint8_t)number},
		.limits = {.memory = UINT64_C(1) << 30,
			.tmpfs = 16 << 20,
			.cpu_s = 15,
			.wall_ms = WALL_MS,
			.tools = v->tools}};
	const struct sr_bytes bytes = sr_bytes_str("an input");
	const struct sr_box_input in = sr_box_input_bytes(&bytes);
	struct sr_frame f = {.type = SR_FRAME_HELLO};
	struct sr_box *b = NULL;
	int rc = sr_box_begin(&b, v->l, &in, &o, e);

	*a = (struct attempt){.held = false};
	while (rc == 0 && f.type != SR_FRAME_DONE) {
		rc = sr_box_next(b, &f, e);
		if (rc != 0)
			break;
		if (f.type == SR_FRAME_FACT && sr_bytes_eq(f.key, sr_bytes_str("attempt")))
			copy(a->name, sizeof a->name, f.value);
		if (f.type == SR_FRAME_FACT && sr_bytes_eq(f.key, sr_bytes_str("through")))
			copy(a->through, sizeof a->through, f.value);
		if (f.type == SR_FRAME_FACT && sr_bytes_eq(f.key, sr_bytes_str("held")))
			a->held = true;
		if (f.type == SR_FRAME_DONE && f.status == SR_BOX_UNREAD)
			a->none = true;
		/* It named the attempt and did not come back from it: the filter ended it. */
		if (f.type == SR_FRAME_DONE && f.status == SR_BOX_BROKEN && a->name[0] != '\0')
			a->held = true;
	}
	sr_box_free(b);
	/* The same of one that takes all of the sandbox with it. */
	if (rc == SR_CORRUPT && a->name[0] != '\0' && a->through[0] == '\0') {
		a->held = true;
		rc = 0;
	}
	return rc;
}

static void attempts(struct visit *v) {
	static const char *const where[SR_TOOLS_COUNT] = {[SR_TOOLS_NONE] = "inside",
		[SR_TOOLS_PAGES] = "inside, with tools for pages",
		[SR_TOOLS_ABOUT] = "inside, with tools that say what a file is about"};
	char what[256];
	struct sr_err e = {0};

	v->tried = 0;
	for (unsigned i = 0; i < ATTEMPTS_MAX; i++) {
		struct attempt a;
		const int rc = try(v, i, &a, &e);

		if (rc == 0 && a.none)
			break;
		if (rc != 0 && v->tried == 0) { /* nothing works: once is enough */
			tell(v, false, "the sandbox", e.text);
			return;
		}
		v->tried++;
		(void)snprintf(what, sizeof what, "%s: %s", where[v->tools],
			a.name[0] != '\0' ? a.name : "?");
		if (rc != 0)
			tell(v, false, what, e.text);
		else
			tell(v, a.held && a.through[0] == '\0', what,
				a.through[0] != '\0' ? a.through : "held");
	}
	if (v->tried < ATTEMPTS_MIN)
		tell(v, false, "attempts to get out",
			"the parser knows too few: install both parts "
			"together");
}

static void identify(struct visit *v) {
	struct sr_box_options o = {
		.job = {.what = SR_BOX_IDENTIFY}, .limits = sr_box_limits_usual()};
	const struct sr_bytes bytes = sr_bytes_str("%PDF-1.4\n");
	const struct sr_box_input in = sr_box_input_bytes(&bytes);

	for (int ask = 0; ask < 2; ask++) {
		struct sr_frame f = {.type = SR_FRAME_HELLO};
		struct sr_err e = {0};
		struct sr_box *b = NULL;
		char type[128] = "no answer";
		int rc;

		o.ask = ask == 1;
		rc = sr_box_begin(&b, v->l, &in, &o, &e);
		while (rc == 0 && f.type != SR_FRAME_DONE) {
			rc = sr_box_next(b, &f, &e);
			if (rc == 0 && f.type == SR_FRAME_FACT &&
				sr_bytes_eq(f.key, sr_bytes_str("media-type")))
				copy(type, sizeof type, f.value);
		}
		sr_box_free(b);
		tell(v, rc == 0 && strcmp(type, "application/pdf") == 0,
			ask == 0 ? "reads its input from memory"
				 : "reads its input by asking for it",
			rc == 0 ? type : e.text);
	}
}

int sr_doctor(struct sr_launcher *l, const struct sr_doctor *d, struct sr_err *e) {
	struct visit v = {.d = d, .l = l};
	struct sr_err own = {0};

	if (sr_swap_check(&own) == 0) {
		tell(&v, true, "swap", "off, or encrypted");
		attempts(&v);
	} else { /* nothing is started then, and would say no more than that */
		tell(&v, false, "swap", own.text);
	}
	if (v.tried > 0)
		identify(&v);
	for (int i = SR_TOOLS_PAGES; i < SR_TOOLS_COUNT && v.tried > 0; i++) {
		v.tools = (enum sr_box_tools)i;
		attempts(&v);
		unusable(&v);
	}
	if (v.faults == 0)
		return 0;
	return sr_fail(e, SR_DENIED,
		"%zu of the sandbox's walls %s not stand: nothing is parsed or shown without",
		v.faults, v.faults == 1 ? "does" : "do");
}
