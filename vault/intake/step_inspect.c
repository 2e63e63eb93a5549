/*
 * step_inspect - what each file of a held item is, and the members of containers, as files of the
 * item with their path inside (intake/step.h).
 *
 * Each file has a parser of its own in the sandbox, so that none reaches another, in sandboxes that
 * serve one file of the item after the other (sandbox/shelf.h); those of the next few start up
 * while one works. Members never become real files: they go from the parser's frames into the item.
 * What is wrong with a file is a fact of it:
 *
 *   media-type, description, pronom, mismatch, name   as intake/inspect.h says them; also whatever
 *                                                     else the parser knows (of web records, mail)
 *   unpacked                                          why not all of a container came out
 *   of                                                of a member: the file that it came out of
 *   unreadable                                        why a member's content is not there, or not
 *                                                     all of it; of an entry for the rest, too
 *   target                                            where a link in a container leads
 *
 * A member that cannot be read is an entry with its reason, as is the rest of a container that
 * cannot be read to its end. Containers whose members the depositor sent beside them (deposit
 * --unpack) are not taken apart again, and that is said: what came was not compared with what is in
 * them.
 */
#include "intake/step.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/time.h"
#include "catalogue/lists.h"
#include "intake/holding.h"
#include "intake/inspect.h"
#include "intake/scanners.h"

enum {
	AHEAD = 4, /* parsers that start up while one works */
	HALF = 2   /* of the list of files; the other is for texts, whose names are no shorter */
};

struct ahead { /* a file whose parser was started */
	struct inspecting *of;
	uint64_t file;
	uint64_t block;      /* number of the one in ${plain}; UINT64_MAX: none */
	struct sr_buf plain; /* secret */
	struct sr_box_input in;
	struct sr_inspection *begun;
	bool apart; /* it is not taken apart */
};

struct inspecting {
	struct sr_holding *h;
	struct sr_launcher *l;
	struct sr_intake_limits limits;
	struct ahead ring[AHEAD];
	size_t first, count;
	uint64_t next;  /* the file that is begun next, */
	uint64_t end;   /* and behind the last that is */
	uint64_t files; /* of the item, before any was added */
	/* the file at its end */
	struct sr_shelf shelf; /* sandboxes of this item */
	uint64_t bytes;        /* of all members */
	bool in_member, seen;  /* seen: facts are of the member from here on */
	bool in_folder;        /* of no file: facts and bytes are passed over */
	bool full;             /* the item's lists have no room for more names */
	bool has_content;      /* the member takes bytes */
	struct sr_buf path;    /* secret: of the file, then of the member */
	size_t stem;           /* length of the file's */
	char media_type[SR_MEDIA_TYPE_MAX + 1];
	bool odd; /* something did not end well */
};

/* --- input ------------------------------------------------------------------------------------ */

/* A parser asks in small pieces; a block is decrypted once. */
static int read_at(void *ctx, uint64_t offset, void *p, size_t len, struct sr_err *e) {
	struct ahead *a = ctx;
	struct sr_item *it = sr_holding_item(a->of->h);
	uint8_t *to = p;

	while (len > 0) {
		const uint64_t block = offset / SR_BLOCK;
		const uint64_t from = block * SR_BLOCK;
		const uint64_t left = a->in.size - from;
		const struct sr_range range = {
			a->file, from, left < SR_BLOCK ? (size_t)left : (size_t)SR_BLOCK};
		const size_t skip = (size_t)(offset - from);
		size_t n;
		int rc = 0;

		if (a->block != block) {
			a->block = UINT64_MAX;
			rc = sr_buf_reserve(&a->plain, SR_BLOCK, e);
			if (rc == 0)
				rc = sr_item_read(it, &range, a->plain.p, e);
			a->plain.len = rc == 0 ? range.len : 0;
		}
		if (rc != 0)
			return rc;
		a->block = block;
		n = range.len - skip < len ? range.len - skip : len;
		memcpy(to, a->plain.p + skip, n);
		to += n;
		offset += n;
		len -= n;
	}
	return 0;
}

static void drop(struct ahead *a) {
	sr_inspect_drop(a->begun);
	a->begun = NULL;
	sr_buf_free(&a->plain);
}

/* Did the depositor send what is in the container at ${index}, too? They follow it. */
static int sent_apart(bool *out, struct inspecting *x, uint64_t index, struct sr_err *e) {
	struct sr_file f, next;
	int rc;

	*out = false;
	if (index + 1 >= x->files)
		return 0;
	rc = sr_item_file(sr_holding_item(x->h), index, &f, e);
	if (rc == 0)
		rc = sr_item_file(sr_holding_item(x->h), index + 1, &next, e);
	*out = rc == 0 && next.path.len > f.path.len + 1 && next.path.p[f.path.len] == '/' &&
	       memcmp(next.path.p, f.path.p, f.path.len) == 0;
	return rc;
}

static int begin_one(struct inspecting *x, uint64_t index, uint64_t size, struct sr_err *e) {
	struct ahead *a = &x->ring[(x->first + x->count) % AHEAD];
	struct sr_inspect_caps caps = sr_inspect_usual();
	bool apart = false;
	int rc = sent_apart(&apart, x, index, e);

	if (rc != 0)
		return rc;
	caps.depth = apart ? 0 : x->limits.depth;
	caps.shelf = &x->shelf;
	caps.members = x->limits.members;
	caps.ratio = x->limits.ratio;
	caps.bytes = x->limits.bytes > x->bytes ? x->limits.bytes - x->bytes : 0;
	*a = (struct ahead){.of = x, .file = index, .block = UINT64_MAX, .apart = apart};
	sr_buf_init_secret(&a->plain);
	a->in = (struct sr_box_input){.size = size, .read = read_at, .ctx = a};
	rc = sr_inspect_begin(&a->begun, x->l, &a->in, &caps, e);
	if (rc == 0 && size <= SR_BOX_MEMFD_MAX) { /* read already */
		sr_buf_free(&a->plain);
		sr_buf_init_secret(&a->plain);
		a->block = UINT64_MAX;
	}
	if (rc == 0)
		x->count++;
	else
		drop(a);
	return rc;
}

/* The parsers of the next files; what has no bytes needs none. */
static int begin_some(struct inspecting *x, struct sr_err *e) {
	int rc = 0;

	while (rc == 0 && x->count < AHEAD && x->next < x->end) {
		struct sr_file f;

		rc = sr_item_file(sr_holding_item(x->h), x->next, &f, e);
		if (rc == 0 && f.kind == SR_FILE_REGULAR && f.size > 0)
			rc = begin_one(x, x->next, f.size, e);
		if (rc == 0)
			x->next++;
	}
	return rc;
}

/* --- what it says ----------------------------------------------------------------------------- */

static uint64_t file_at_hand(const struct inspecting *x) {
	return x->seen ? sr_holding_added(x->h) : x->ring[x->first].file;
}

static int fact(void *ctx, struct sr_bytes key, struct sr_bytes value, struct sr_err *e) {
	struct inspecting *x = ctx;
	char name[SR_BOX_KEY_MAX + 1];
	size_t n = value.len < SR_MEDIA_TYPE_MAX ? value.len : SR_MEDIA_TYPE_MAX;

	(void)snprintf(name, sizeof name, "%.*s", (int)key.len, (const char *)key.p);
	if (x->seen && strcmp(name, "media-type") == 0) {
		for (size_t i = 0; i < n; i++) /* printable ASCII only, as a manifest wants */
			if (value.p[i] < 0x21 || value.p[i] > 0x7E)
				n = i;
		(void)snprintf(
			x->media_type, sizeof x->media_type, "%.*s", (int)n, (const char *)value.p);
	}
	if (x->seen && x->in_folder)
		return 0; /* a folder is no file of ours */
	return sr_holding_fact(x->h, file_at_hand(x), name, value, e);
}

/* A fact of ours of the file that was added last. */
static int own_fact(
	struct inspecting *x, const char *key, struct sr_bytes value, struct sr_err *e) {
	const size_t n = value.len < SR_FACT_VALUE_MAX ? value.len : (size_t)SR_FACT_VALUE_MAX;

	return sr_holding_fact(x->h, sr_holding_added(x->h), key, sr_bytes_of(value.p, n), e);
}

/* The member's path behind its container's; what is too long is cut, and told. */
static bool member_path(struct inspecting *x, struct sr_bytes path) {
	static const char cut[] = "~cut";
	const size_t most = SR_PATH_MAX < x->limits.name ? SR_PATH_MAX : x->limits.name;
	size_t stem = x->stem, room;

	if (stem > most / 2)
		stem = most / 2;
	x->path.len = stem;
	sr_buf_put_u8(&x->path, '/');
	room = most - x->path.len;
	if (path.len <= room) {
		sr_buf_put_bytes(&x->path, path);
		return false;
	}
	sr_buf_put(&x->path, path.p, room - (sizeof cut - 1));
	sr_buf_put_str(&x->path, cut);
	return true;
}

static int add_member(struct inspecting *x, const struct sr_member *m, struct sr_err *e) {
	struct sr_adding a = {
		.of = x->ring[x->first].file, .kind = SR_FILE_REGULAR, .mtime_s = m->mtime};
	char note[SR_BOX_PATH_MAX + 32] = "";
	bool cut = member_path(x, m->path);

	/* The parser cuts the path of a container in a container at half of what a path may have
	 * (parser/unpack.c), so that its members' names do not say any more what they came out of.
	 */
	cut = cut || (m->depth > 1 && m->path.len > SR_BOX_PATH_MAX / 2);
	int rc;

	switch (m->kind) {
	case SR_MEMBER_SYMLINK:
		a.kind = SR_FILE_SYMLINK;
		(void)snprintf(
			note, sizeof note, "%.*s", (int)m->target.len, (const char *)m->target.p);
		break;
	case SR_MEMBER_HARDLINK:
		a.kind = SR_FILE_SPECIAL;
		(void)snprintf(note, sizeof note, "hard link to %.*s", (int)m->target.len,
			(const char *)m->target.p);
		break;
	case SR_MEMBER_SPECIAL:
		a.kind = SR_FILE_SPECIAL;
		(void)snprintf(note, sizeof note, "special file");
		break;
	case SR_MEMBER_FILE:
	case SR_MEMBER_FOLDER:
	case SR_MEMBER_KINDS:
		break;
	}
	note[SR_FILE_NOTE_MAX] = '\0';
	a.path = sr_buf_view(&x->path);
	a.note = sr_bytes_str(note);
	x->has_content = a.kind == SR_FILE_REGULAR;
	rc = sr_buf_ok(&x->path, e);
	if (rc == 0)
		rc = sr_holding_add(x->h, &a, e);
	if (rc == 0 && m->target.len > 0)
		rc = own_fact(x, "target", m->target, e);
	if (rc == 0 && cut)
		rc = own_fact(x, "cut", m->path, e);
	return rc;
}

static int member(void *ctx, const struct sr_member *m, struct sr_err *e) {
	struct inspecting *x = ctx;

	x->seen = true;
	x->media_type[0] = '\0';
	x->has_content = false;
	x->in_folder = m->kind == SR_MEMBER_FOLDER;
	if (!x->in_folder) {
		bool room = false;
		const int rc = sr_holding_room(&room, x->h, SR_PATH_MAX, HALF, e);

		if (rc != 0)
			return rc;
		x->full = x->full || !room; /* and so all that follow, of this file */
		x->in_folder = x->full;
	}
	x->in_member = !x->in_folder;
	if (!x->in_member)
		return 0;
	return add_member(x, m, e);
}

static int data(void *ctx, struct sr_bytes bytes, struct sr_err *e) {
	struct inspecting *x = ctx;

	x->bytes += bytes.len;
	return x->has_content ? sr_holding_more(x->h, bytes, e) : 0;
}

static int end(void *ctx, enum sr_box_status status, uint64_t bytes, struct sr_bytes reason,
	struct sr_err *e) {
	struct inspecting *x = ctx;
	char why[SR_BOX_REASON_MAX + 64];

	(void)bytes;
	if (!x->in_member)
		return 0;
	x->in_member = false;
	x->odd = x->odd || status != SR_BOX_WHOLE;
	(void)snprintf(why, sizeof why, "%s: %.*s", sr_box_status_name(status), (int)reason.len,
		(const char *)reason.p);
	if (status != SR_BOX_WHOLE) {
		const int rc = own_fact(x, "unreadable", sr_bytes_str(why), e);

		if (rc != 0)
			return rc;
	}
	return x->has_content ? sr_holding_end(x->h, sr_bytes_str(x->media_type),
					status == SR_BOX_WHOLE ? NULL : why, e)
			      : 0;
}

/* The container did not come out to its end: a fact of it, and an entry for the rest. */
static int the_rest(struct inspecting *x, const struct sr_inspected *r, struct sr_err *e) {
	struct sr_adding a = {.of = x->ring[x->first].file, .kind = SR_FILE_REGULAR};
	char why[SR_INSPECT_REASON + 64];
	int rc;

	if (x->full)
		(void)snprintf(why, sizeof why,
			"%s: the item's lists of files and facts have no room for more names",
			sr_box_status_name(SR_BOX_CAPPED));
	else
		(void)snprintf(why, sizeof why, "%s: %s",
			r->failed ? "the parser failed" : sr_box_status_name(r->status), r->reason);
	x->odd = true;
	rc = sr_holding_fact(x->h, x->ring[x->first].file, "unpacked", sr_bytes_str(why), e);
	if (rc != 0 || !x->seen)
		return rc; /* no member came out: there is the file alone, and its fact */
	(void)member_path(x, sr_bytes_str("(the rest)"));
	a.path = sr_buf_view(&x->path);
	rc = sr_holding_add(x->h, &a, e);
	if (rc == 0)
		rc = own_fact(x, "unreadable", sr_bytes_str(why), e);
	return rc == 0 ? sr_holding_end(x->h, sr_bytes_of(NULL, 0), why, e) : rc;
}

/* --- turns ------------------------------------------------------------------------------------ */

/* What came out before, when the step goes on. */
static int count_bytes(struct inspecting *x, struct sr_err *e) {
	const uint64_t all = sr_item_files(sr_holding_item(x->h));
	int rc = 0;

	for (uint64_t i = x->files; rc == 0 && i < all; i++) {
		struct sr_file f;

		rc = sr_item_file(sr_holding_item(x->h), i, &f, e);
		x->bytes += rc == 0 ? f.size : 0;
	}
	return rc;
}

static int begin(void **out, struct sr_holding *h, struct sr_err *e) {
	struct inspecting *x = calloc(1, sizeof *x);
	int rc = x == NULL ? sr_fail(e, SR_NOMEM, "no memory to inspect an item") : 0;

	*out = NULL;
	if (x == NULL)
		return rc;
	x->h = h;
	sr_holding_range(h, &x->next, &x->files);
	x->end = x->files;
	sr_buf_init_secret(&x->path);
	rc = count_bytes(x, e);
	if (rc == 0)
		rc = sr_intake_limits(&x->limits, sr_holding_vault(h), e);
	if (rc == 0)
		rc = sr_holding_launcher(&x->l, h, e);
	if (rc == 0)
		rc = begin_some(x, e);
	if (rc != 0) {
		sr_step_inspect.end(x);
		return rc;
	}
	*out = x;
	return 0;
}

/* The file at the front of the ring begins to speak: its members go behind its path. */
static int front(struct inspecting *x, struct sr_err *e) {
	struct sr_file f;
	int rc = sr_item_file(sr_holding_item(x->h), x->ring[x->first].file, &f, e);

	if (rc != 0)
		return rc;
	sr_buf_clear(&x->path);
	sr_buf_put_bytes(&x->path, f.path);
	x->stem = f.path.len;
	return sr_buf_ok(&x->path, e);
}

static int one_turn(struct inspecting *x, uint64_t until_ms, bool *waits, struct sr_err *e) {
	struct ahead *a = &x->ring[x->first];
	struct sr_inspector to = {
		.fact = fact, .member = member, .data = data, .end = end, .ctx = x};
	struct sr_inspected r;
	struct sr_file f;
	int rc = sr_item_file(sr_holding_item(x->h), a->file, &f, e);

	if (rc == 0 && x->path.len == 0)
		rc = front(x, e);
	to.name = f.path;
	if (rc == 0)
		rc = sr_inspect_turn(&r, waits, a->begun, &to, until_ms, e);
	if (rc != 0 || !sr_inspect_over(a->begun))
		return rc;
	if (r.failed || r.status != SR_BOX_WHOLE || x->full)
		rc = the_rest(x, &r, e);
	/* Whoever deposited it says so, and may have sent something else. */
	if (rc == 0 && a->apart)
		rc = sr_holding_fact(x->h, a->file, "unpacked",
			sr_bytes_str(
				SR_FACT_NOT_HERE "what lies behind its path was deposited with it"),
			e);
	drop(a);
	x->first = (x->first + 1) % AHEAD;
	x->count--;
	x->seen = x->in_member = x->full = false;
	sr_buf_clear(&x->path);
	return rc;
}

static int turn(void *state, uint64_t until_ms, enum sr_turn *turn, struct sr_err *e) {
	struct inspecting *x = state;
	bool waits = false;
	int rc = 0;

	while (rc == 0 && !waits && x->count > 0 && sr_mono_ms() < until_ms) {
		rc = one_turn(x, until_ms, &waits, e);
		if (rc == 0)
			rc = begin_some(x, e);
	}
	if (rc == 0 && x->count == 0 && x->odd)
		sr_holding_result(x->h, "partly");
	*turn = x->count == 0 ? SR_TURN_DONE : waits ? SR_TURN_WAITS : SR_TURN_AGAIN;
	return rc;
}

/* The file at the front has said something perhaps, and ends by its own time. */
static int stop(void *state, bool must, struct sr_err *e) {
	struct inspecting *x = state;

	(void)must;
	while (x->count > 1) {
		struct ahead *a = &x->ring[(x->first + --x->count) % AHEAD];

		x->next = a->file;
		drop(a);
	}
	x->end = x->next;
	return sr_holding_rest(x->h, x->end, e);
}

static void finish(void *state) {
	struct inspecting *x = state;

	if (x == NULL)
		return;
	for (size_t i = 0; i < x->count; i++)
		drop(&x->ring[(x->first + i) % AHEAD]);
	sr_shelf_clear(&x->shelf);
	sr_buf_free(&x->path);
	free(x);
}

const struct sr_intake_step sr_step_inspect = {.name = "inspect",
	.begin = begin,
	.turn = turn,
	.stop = stop,
	.end = finish};
