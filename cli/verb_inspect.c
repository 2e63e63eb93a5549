/*
 * inspect, doctor: what files on this machine hold, taken apart in the sandbox; and whether its
 * walls stand. Neither opens a vault.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/fs.h"
#include "cli/verbs.h"
#include "intake/inspect.h"
#include "sandbox/doctor.h"

enum {
	AHEAD = 4 /* parsers that start up while one works */
};

const struct cli_option cli_inspect_options[] = {
	{"depth", CLI_ONE, "N",
		"containers in containers, at most (8; 1: only the file's own members)"},
	{"text", CLI_FLAG, NULL, "what the files say instead, page by page"},
	{"ocr", CLI_ONE, "LANGS",
		"languages of pages without text, as in eng+ara (eng); no: they are not read"},
	{"draw", CLI_FLAG, NULL, "with --text: also draw the first page, and say its size"},
	{NULL, CLI_FLAG, NULL, NULL},
};

/* --- inspect ---------------------------------------------------------------------------------- */

struct looking {
	const struct cli *c;
	json_t *file, *members, *member; /* with --json */
	bool seen;                       /* a member was begun */
	char type[128], description[512];
	struct sr_buf line, notes; /* of the member at hand */
	enum sr_member_kind kind;
};

static void put_escaped(struct sr_buf *b, struct sr_bytes v) {
	sr_escape(b, v, 0);
}

static int fact(void *ctx, struct sr_bytes key, struct sr_bytes value, struct sr_err *e) {
	struct looking *l = ctx;
	char name[SR_BOX_KEY_MAX + 1];

	(void)snprintf(name, sizeof name, "%.*s", (int)key.len, (const char *)key.p);
	if (l->c->json) {
		json_t *to = l->seen ? l->member : l->file;

		if (json_object_get(to, name) == NULL)
			cli_json_set_bytes(to, name, value);
		return 0;
	}
	if (!l->seen && strcmp(name, "media-type") == 0)
		(void)sr_escape_to(l->type, sizeof l->type, value);
	else if (!l->seen && strcmp(name, "description") == 0)
		(void)sr_escape_to(l->description, sizeof l->description, value);
	else if (strcmp(name, "inner") == 0) {
		printf("  ! ");
		sr_buf_clear(&l->notes);
		put_escaped(&l->notes, value);
		printf("%.*s\n", (int)l->notes.len, (const char *)l->notes.p);
	} else {
		sr_buf_printf(&l->notes, "%s%s=", l->notes.len > 0 ? " " : "", name);
		put_escaped(&l->notes, value);
	}
	return sr_buf_ok(&l->notes, e);
}

/* The line of the file itself, before its first member or when it has none. */
static void head(struct looking *l, const char *path) {
	char shown[512];

	if (l->c->json)
		return;
	printf("%s: %s, %s", sr_escape_to(shown, sizeof shown, sr_bytes_str(path)),
		l->type[0] != '\0' ? l->type : "not identified", l->description);
	if (l->notes.len > 0)
		printf("  [%.*s]", (int)l->notes.len, (const char *)l->notes.p);
	printf("\n");
}

struct looking_at {
	struct looking l;
	const char *path;
};

static int member(void *ctx, const struct sr_member *m, struct sr_err *e) {
	struct looking_at *at = ctx;
	struct looking *l = &at->l;

	if (!l->seen)
		head(l, at->path);
	l->seen = true;
	l->kind = m->kind;
	sr_buf_clear(&l->line);
	sr_buf_clear(&l->notes);
	if (l->c->json) {
		l->member = json_object();
		cli_json_set_bytes(l->member, "path", m->path);
		json_object_set_new(l->member, "kind", json_string(sr_member_kind_name(m->kind)));
		json_object_set_new(l->member, "depth", json_integer((json_int_t)m->depth));
		if (m->target.len > 0)
			cli_json_set_bytes(l->member, "target", m->target);
		json_array_append_new(l->members, l->member);
		return 0;
	}
	put_escaped(&l->line, m->path);
	if (m->target.len > 0) {
		sr_buf_put_str(&l->line, " -> ");
		put_escaped(&l->line, m->target);
	}
	return sr_buf_ok(&l->line, e);
}

static int end(void *ctx, enum sr_box_status status, uint64_t bytes, struct sr_bytes reason,
	struct sr_err *e) {
	struct looking *l = &((struct looking_at *)ctx)->l;
	char size[48], why[SR_BOX_REASON_MAX * 4];

	if (l->c->json) {
		json_object_set_new(l->member, "bytes", json_integer((json_int_t)bytes));
		json_object_set_new(l->member, "status", json_string(sr_box_status_name(status)));
		if (reason.len > 0)
			cli_json_set_bytes(l->member, "reason", reason);
		return 0;
	}
	cli_size_text(size, sizeof size, bytes);
	printf("  %-8s %10s  %.*s", sr_member_kind_name(l->kind), size, (int)l->line.len,
		(const char *)l->line.p);
	if (l->notes.len > 0)
		printf("  [%.*s]", (int)l->notes.len, (const char *)l->notes.p);
	if (status != SR_BOX_WHOLE)
		printf("  %s%s%s", sr_box_status_name(status), reason.len > 0 ? ": " : "",
			sr_escape_to(why, sizeof why, reason));
	printf("\n");
	return sr_buf_ok(&l->notes, e);
}

static int read_at(void *ctx, uint64_t offset, void *p, size_t len, struct sr_err *e) {
	return sr_fd_pread(*(const int *)ctx, p, len, offset, e);
}

static void tail(const struct looking *l, const struct sr_inspected *r) {
	if (l->c->json) {
		json_object_set_new(l->file, "status",
			json_string(r->failed ? "failed" : sr_box_status_name(r->status)));
		if (r->reason[0] != '\0')
			json_object_set_new(
				l->file, "reason", cli_json_bytes(sr_bytes_str(r->reason)));
		json_object_set_new(l->file, "bytes", json_integer((json_int_t)r->bytes));
		json_object_set(l->file, "members", l->members);
		return;
	}
	if (r->failed || r->status != SR_BOX_WHOLE)
		printf("  %s: %s\n", r->failed ? "FAILED" : sr_box_status_name(r->status),
			r->reason);
}

/* A file whose parser was started. */
struct ahead {
	const char *path;
	int fd;
	struct sr_box_input in;
	struct sr_inspection *begun;
};

static int begin_one(struct ahead *a, const char *path, struct sr_launcher *launcher,
	const struct sr_inspect_caps *caps, struct sr_err *e) {
	char shown[256];
	struct stat st;
	int rc;

	(void)sr_escape_to(shown, sizeof shown, sr_bytes_str(path));
	*a = (struct ahead){.path = path,
		.fd = cli_open(AT_FDCWD, path, O_RDONLY | O_NONBLOCK),
		.in = {.read = read_at, .ctx = &a->fd}};
	if (a->fd < 0)
		return errno == ENOENT ? sr_fail(e, SR_NOTFOUND, "%s: nothing is there", shown)
				       : sr_fail_errno(e, "%s", shown);
	if (fstat(a->fd, &st) != 0)
		return sr_fail_errno(e, "%s", shown);
	if (!S_ISREG(st.st_mode))
		return sr_fail(e, SR_USAGE, "%s is no file%s", shown,
			S_ISDIR(st.st_mode) ? ": name the files that are in it" : "");
	a->in.size = (uint64_t)st.st_size;
	rc = sr_inspect_begin(&a->begun, launcher, &a->in, caps, e);
	if (rc != 0)
		(void)sr_wrap(e, "%s", shown);
	return rc;
}

static void drop_one(struct ahead *a) {
	sr_inspect_drop(a->begun);
	if (a->fd >= 0)
		(void)close(a->fd);
	*a = (struct ahead){.fd = -1};
}

static int finish_one(struct cli *c, struct ahead *a, json_t *all, struct sr_err *e) {
	struct looking_at at = {.l = {.c = c}, .path = a->path};
	const struct sr_inspector to = {.name = sr_bytes_str(a->path),
		.fact = fact,
		.member = member,
		.end = end,
		.ctx = &at};
	struct sr_inspected r;
	char shown[256];
	int rc;

	sr_buf_init(&at.l.line);
	sr_buf_init(&at.l.notes);
	if (c->json) {
		at.l.file = json_object();
		at.l.members = json_array();
		cli_json_set_bytes(at.l.file, "path", sr_bytes_str(a->path));
	}
	rc = sr_inspect_finish(&r, a->begun, &to, e);
	a->begun = NULL;
	if (rc == 0 && !at.l.seen)
		head(&at.l, a->path);
	if (rc == 0)
		tail(&at.l, &r);
	if (rc == 0 && c->json)
		json_array_append(all, at.l.file);
	if (rc != 0)
		(void)sr_wrap(e, "%s", sr_escape_to(shown, sizeof shown, sr_bytes_str(a->path)));
	json_decref(at.l.file);
	json_decref(at.l.members);
	sr_buf_free(&at.l.line);
	sr_buf_free(&at.l.notes);
	return rc;
}

/* In their order, with the parsers of the next few starting up meanwhile. */
static int inspect_all(struct cli *c, struct sr_launcher *launcher,
	const struct sr_inspect_caps *caps, json_t *all, struct sr_err *e) {
	struct ahead ring[AHEAD];
	const size_t count = c->args.word_count;
	size_t begun = 0, done = 0;
	int rc = 0, stop = 0; /* stop: why no more are begun; those before it come first */
	struct sr_err why = {0};

	for (size_t i = 0; i < AHEAD; i++)
		ring[i] = (struct ahead){.fd = -1};
	while (rc == 0 && (stop == 0 ? done < count : done + 1 < begun)) {
		while (stop == 0 && begun < count && begun - done < AHEAD) {
			stop = begin_one(
				&ring[begun % AHEAD], c->args.words[begun], launcher, caps, &why);
			begun++;
		}
		if (stop != 0 && done + 1 == begun)
			break; /* the one that was not begun */
		rc = finish_one(c, &ring[done % AHEAD], all, e);
		drop_one(&ring[done % AHEAD]);
		done++;
	}
	if (rc == 0 && stop != 0)
		rc = sr_fail(e, (enum sr_code)stop, "%s", why.text);
	for (size_t i = 0; i < AHEAD; i++)
		drop_one(&ring[i]);
	return rc;
}

int verb_inspect(struct cli *c, struct sr_err *e) {
	struct sr_inspect_caps caps = sr_inspect_usual();
	const char *depth = cli_get(c, "depth");
	struct sr_launcher *launcher = NULL;
	uint64_t n = 0;
	json_t *all = c->json ? json_array() : NULL;
	int rc = 0;

	if (cli_has(c, "text")) {
		json_decref(all);
		return depth != NULL ? sr_fail(e, SR_USAGE, "--text reads files: no --depth")
				     : cli_inspect_text(c, e);
	}
	if (cli_has(c, "ocr") || cli_has(c, "draw"))
		rc = sr_fail(e, SR_USAGE, "--ocr and --draw go with --text");
	else if (depth != NULL &&
		 (sr_parse_dec(&n, sr_bytes_str(depth), SR_BOX_DEPTH_MAX, e) != 0 || n < 1))
		rc = sr_fail(e, SR_USAGE, "--depth: want 1 to %d", SR_BOX_DEPTH_MAX);
	else if (depth != NULL)
		caps.depth = (unsigned)n;
	if (rc == 0)
		rc = sr_launcher_start(&launcher, NULL, e);
	if (rc == 0)
		rc = inspect_all(c, launcher, &caps, all, e);
	sr_launcher_stop(launcher);
	if (rc == 0 && c->json)
		cli_json_print(all);
	else
		json_decref(all);
	return rc;
}

/* --- doctor ----------------------------------------------------------------------------------- */

struct report {
	const struct cli *c;
	json_t *lines;
};

static void told(void *ctx, enum sr_doctor_says says, const char *what, const char *found) {
	static const char *const words[] = {[SR_DOCTOR_OK] = "ok",
		[SR_DOCTOR_UNUSABLE] = "UNUSABLE",
		[SR_DOCTOR_FAULT] = "FAULT"};
	const struct report *r = ctx;
	char shown[768];

	(void)sr_escape_to(shown, sizeof shown, sr_bytes_str(found));
	if (r->lines != NULL) {
		json_t *o = json_object();

		json_object_set_new(o, "ok", json_boolean(says == SR_DOCTOR_OK));
		json_object_set_new(o, "says", json_string(words[says]));
		json_object_set_new(o, "what", json_string(what));
		json_object_set_new(o, "found", json_string(shown));
		json_array_append_new(r->lines, o);
		return;
	}
	printf("%-6s %s: %s\n", words[says], what, shown);
}

int verb_doctor(struct cli *c, struct sr_err *e) {
	struct report r = {.c = c, .lines = c->json ? json_array() : NULL};
	const struct sr_doctor d = {told, &r};
	struct sr_launcher *launcher = NULL;
	int rc = sr_launcher_start(&launcher, NULL, e);

	if (rc == 0)
		rc = sr_doctor(launcher, &d, e);
	sr_launcher_stop(launcher);
	if (c->json)
		cli_json_print(r.lines);
	return rc;
}
