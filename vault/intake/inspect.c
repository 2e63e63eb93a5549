/*
 * inspect - see inspect.h.
 */
#include "intake/inspect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/time.h"
#include "intake/formats.h"
#include "intake/step.h"
#include "store/manifest.h"

static const uint64_t bytes_usual = UINT64_C(4) << 30;
static const uint64_t bytes_floor = UINT64_C(64) << 20; /* small files may grow more */

struct sr_inspect_caps sr_inspect_usual(void) {
	const struct sr_inspect_caps c = {.depth = SR_INSPECT_DEPTH,
		.members = SR_INSPECT_MEMBERS,
		.bytes = bytes_usual,
		.ratio = SR_INSPECT_RATIO,
		.wall_ms = 600000};

	return c;
}

static uint64_t allowed(const struct sr_inspect_caps *caps, uint64_t size) {
	const uint64_t ratio = caps->ratio > 0 ? caps->ratio : 1;
	uint64_t most = size > UINT64_MAX / ratio ? UINT64_MAX : size * ratio;

	if (most < bytes_floor)
		most = bytes_floor;
	return caps->bytes < most ? caps->bytes : most;
}

static const char leads_out[] = "leads out of its folder";

const char *sr_inspect_name(struct sr_bytes path) {
	size_t at = 0;

	while (at < path.len) {
		const uint8_t *slash = memchr(path.p + at, '/', path.len - at);
		const size_t n = slash != NULL ? (size_t)(slash - path.p) - at : path.len - at;

		if (n == 2 && memcmp(path.p + at, "..", 2) == 0)
			return leads_out;
		at += n + 1;
	}
	for (size_t i = 0; i < path.len; i++)
		if (path.p[i] < 0x20 || path.p[i] == 0x7F)
			return "has control characters";
	if (path.len > 0 && (path.p[0] == '/' || (path.len > 1 && path.p[1] == ':')))
		return "is absolute";
	if (memchr(path.p, '\\', path.len) != NULL)
		return "has backslashes";
	return sr_utf8_valid(path) ? NULL : "is no UTF-8";
}

struct work {
	struct sr_inspected *out;
	const struct sr_inspector *to;
	uint64_t member_bytes;
	bool in_member,
		in_file;    /* in_file: a member was begun, so facts are no longer of the file */
	char type[128];     /* of the file */
	struct sr_buf path; /* of the member at hand */
};

static int tell(struct work *w, const char *key, const char *value, struct sr_err *e) {
	return w->to->fact != NULL && value != NULL
		       ? w->to->fact(w->to->ctx, sr_bytes_str(key), sr_bytes_str(value), e)
		       : 0;
}

/* What follows from a fact of the parser: a PRONOM id, and whether the name promised another. The
 * sentence of the file itself comes after its type; members have none. */
static int follows(struct work *w, const struct sr_frame *f, struct sr_err *e) {
	const struct sr_bytes none = {NULL, 0}, file = sr_bytes_str(w->type);
	int rc;

	if (w->in_file && sr_bytes_eq(f->key, sr_bytes_str("media-type"))) {
		rc = tell(w, "pronom", sr_format_puid(f->value, none), e);
		if (rc == 0 && sr_format_mismatch(sr_buf_view(&w->path), f->value))
			rc = tell(w, "mismatch", "its name promises something else", e);
		return rc;
	}
	if (!w->in_file && sr_bytes_eq(f->key, sr_bytes_str("media-type")))
		(void)snprintf(w->type, sizeof w->type, "%.*s", (int)f->value.len,
			(const char *)f->value.p);
	if (w->in_file || !sr_bytes_eq(f->key, sr_bytes_str("description")))
		return 0;
	rc = tell(w, "pronom", sr_format_puid(file, f->value), e);
	if (rc == 0 && sr_format_mismatch(w->to->name, file))
		rc = tell(w, "mismatch", "its name promises something else", e);
	return rc;
}

static int take_fact(struct work *w, const struct sr_frame *f, struct sr_err *e) {
	const int rc = w->to->fact != NULL ? w->to->fact(w->to->ctx, f->key, f->value, e) : 0;

	return rc == 0 ? follows(w, f, e) : rc;
}

/* Does a symbolic link's target, which goes up, stay below the root of the archive? */
static bool stays_below(const struct sr_member *m) {
	const struct sr_bytes v = m->target;
	size_t folders = 0, at = 0;

	for (size_t i = 0; i < m->path.len; i++)
		folders += m->path.p[i] == '/';
	while (at < v.len) {
		const uint8_t *slash = memchr(v.p + at, '/', v.len - at);
		const size_t n = slash != NULL ? (size_t)(slash - v.p) - at : v.len - at;

		if (n == 2 && memcmp(v.p + at, "..", 2) == 0) {
			if (folders-- == 0)
				return false;
		} else if (n > 1 || (n == 1 && v.p[at] != '.')) {
			folders++;
		}
		at += n + 1;
	}
	return v.p[0] != '/';
}

const char *sr_inspect_link(const struct sr_member *m) {
	const char *finding = sr_inspect_name(m->target);

	if (m->kind == SR_MEMBER_SYMLINK && finding == leads_out && stays_below(m))
		return NULL;
	return m->kind == SR_MEMBER_SYMLINK || m->kind == SR_MEMBER_HARDLINK ? finding : NULL;
}

static int begin_member(struct work *w, const struct sr_member *m, struct sr_err *e) {
	int rc;

	w->in_file = true;
	sr_buf_clear(&w->path);
	sr_buf_put_bytes(&w->path, m->path);
	rc = w->to->member != NULL ? w->to->member(w->to->ctx, m, e) : 0;

	if (rc == 0)
		rc = tell(w, "name", sr_inspect_name(m->path), e);
	if (rc == 0)
		rc = tell(w, "link", sr_inspect_link(m), e);
	return rc;
}

static int take(struct work *w, const struct sr_frame *f, struct sr_err *e) {
	const struct sr_inspector *to = w->to;

	switch (f->type) {
	case SR_FRAME_FACT:
		return take_fact(w, f, e);
	case SR_FRAME_MEMBER:
		w->out->members++;
		w->member_bytes = 0;
		w->in_member = true;
		return begin_member(w, &f->member, e);
	case SR_FRAME_DATA:
		w->member_bytes += f->data.len;
		w->out->bytes += f->data.len;
		return to->data != NULL ? to->data(to->ctx, f->data, e) : 0;
	case SR_FRAME_END:
		w->out->troubled += f->status != SR_BOX_WHOLE;
		w->in_member = false;
		return to->end != NULL ? to->end(to->ctx, f->status, w->member_bytes, f->reason, e)
				       : 0;
	case SR_FRAME_DONE:
		w->out->status = f->status;
		(void)snprintf(w->out->reason, sizeof w->out->reason, "%.*s", (int)f->reason.len,
			(const char *)f->reason.p);
		return 0;
	case SR_FRAME_HELLO:
	case SR_FRAME_JOB:
	case SR_FRAME_READ:
	case SR_FRAME_ANSWER:
		break;
	}
	return sr_fail(e, SR_MISUSE, "inspect: a frame of type %c", (int)f->type);
}

/* The parser failed: an outcome. The member at hand ends with it, so none is left open. */
static int parser_failed(struct work *w, const struct sr_err *why, struct sr_err *e) {
	static const char ended[] = "the parser failed while it was read";

	w->out->failed = true;
	w->out->status = SR_BOX_BROKEN;
	(void)snprintf(
		w->out->reason, sizeof w->out->reason, "%.*s", SR_INSPECT_REASON - 1, why->text);
	if (!w->in_member)
		return 0;
	w->out->troubled++;
	return w->to->end != NULL ? w->to->end(w->to->ctx, SR_BOX_BROKEN, w->member_bytes,
					    sr_bytes_str(ended), e)
				  : 0;
}

struct sr_box_options sr_inspect_job(const struct sr_inspect_caps *caps, uint64_t size) {
	struct sr_box_options o = {
		.job = {.what = caps->depth > 0 ? SR_BOX_UNPACK : SR_BOX_IDENTIFY,
			.members = caps->members,
			.bytes = allowed(caps, size),
			.depth = caps->depth},
		.limits = sr_box_limits_usual()};

	o.limits.wall_ms = caps->wall_ms;
	o.limits.cpu_s = caps->wall_ms / 1000 + 1;
	return o;
}

struct sr_inspection {
	struct sr_shelf *shelf; /* or NULL */
	struct sr_box *box;
	struct sr_inspected out;
	struct work w;
	bool over;
};

int sr_inspect_begin(struct sr_inspection **out, struct sr_launcher *l,
	const struct sr_box_input *in, const struct sr_inspect_caps *caps, struct sr_err *e) {
	const struct sr_box_options o = sr_inspect_job(caps, in->size);
	struct sr_inspection *i = calloc(1, sizeof *i);
	int rc;

	*out = NULL;
	if (i == NULL)
		return sr_fail(e, SR_NOMEM, "no memory to inspect a file");
	i->w.out = &i->out;
	i->shelf = caps->shelf;
	rc = i->shelf != NULL ? sr_shelf_begin(&i->box, i->shelf, l, in, &o, e)
			      : sr_box_begin(&i->box, l, in, &o, e);
	if (rc != 0)
		free(i);
	else
		*out = i;
	return rc;
}

void sr_inspect_drop(struct sr_inspection *i) {
	if (i == NULL)
		return;
	if (i->shelf != NULL)
		sr_shelf_put(i->shelf, i->box);
	else
		sr_box_free(i->box);
	sr_buf_free(&i->w.path);
	free(i);
}

/* Findings that are ours are not believed when a parser says them. */
static bool is_ours(struct sr_bytes key) {
	/* Those from `of` on are of who takes the members (intake/step_inspect.c): what came out of
	 * what decides what a redaction takes along (catalogue/family.h); those from `scan` on of
	 * other steps: what a scanner named is not read. */
	static const char *const ours[] = {"name", "pronom", "mismatch", "of", "cut", "unpacked",
		"unreadable", "target", SR_FACT_SCAN, "text", "text-not-kept", "transcript", "tool",
		"not-said", SR_FACT_REST, "more"};

	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		if (sr_bytes_eq(key, sr_bytes_str(ours[i])))
			return true;
	return false;
}

/* A media type of the vault's own says that it made the file: such a one is no evidence, which
 * exports leave out and grants of the form features show. */
static bool says_ours(const struct sr_frame *f) {
	return is_ours(f->key) ||
	       (sr_bytes_eq(f->key, sr_bytes_str("media-type")) && sr_media_type_is_ours(f->value));
}

/* What the box said, ${f} or a failure ${rc}, to the inspector. */
static int told(struct sr_inspection *i, const struct sr_inspector *to, const struct sr_frame *f,
	int rc, struct sr_err *why, struct sr_err *e) {
	i->w.to = to;
	if (rc == 0 && f->type == SR_FRAME_FACT && says_ours(f))
		rc = sr_fail(
			why, SR_CORRUPT, "the parser broke the protocol: it says what only we say");
	i->over = rc != 0 || f->type == SR_FRAME_DONE;
	if (rc == SR_CORRUPT || rc == SR_LIMIT)
		return parser_failed(&i->w, why, e);
	return rc == 0 ? take(&i->w, f, e) : sr_fail(e, (enum sr_code)rc, "%s", why->text);
}

int sr_inspect_turn(struct sr_inspected *out, bool *waits, struct sr_inspection *i,
	const struct sr_inspector *to, uint64_t until_ms, struct sr_err *e) {
	int rc = 0;

	*waits = false;
	while (rc == 0 && !i->over && !*waits) {
		struct sr_frame f = {.type = SR_FRAME_HELLO};
		struct sr_err why = {0};
		bool got = false;
		const int box = sr_box_try(i->box, &f, &got, &why);

		if (box != 0 || got)
			rc = told(i, to, &f, box, &why, e);
		else
			*waits = true;
		if (sr_mono_ms() >= until_ms)
			break;
	}
	*out = i->out;
	return rc;
}

bool sr_inspect_over(const struct sr_inspection *i) {
	return i->over;
}

int sr_inspect_finish(struct sr_inspected *out, struct sr_inspection *i,
	const struct sr_inspector *to, struct sr_err *e) {
	int rc = 0;

	while (rc == 0 && !i->over) {
		struct sr_frame f = {.type = SR_FRAME_HELLO};
		struct sr_err why = {0};
		const int box = sr_box_next(i->box, &f, &why);

		rc = told(i, to, &f, box, &why, e);
	}
	*out = i->out;
	sr_inspect_drop(i);
	return rc;
}

int sr_inspect(struct sr_inspected *out, struct sr_launcher *l, const struct sr_box_input *in,
	const struct sr_inspect_caps *caps, const struct sr_inspector *to, struct sr_err *e) {
	struct sr_inspection *i = NULL;
	const int rc = sr_inspect_begin(&i, l, in, caps, e);

	return rc == 0 ? sr_inspect_finish(out, i, to, e) : rc;
}
