/*
 * unpack - see unpack.h.
 */
#include "parser/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parser/mail.h"
#include "parser/sniff.h"
#include "parser/web_archive.h"

enum {
	BLOCK = 64 << 10, /* bytes that libarchive is given at a time */
	ZEROS = 4096,
	TAR_MAGIC = 257 /* where it stands */
};

static const char no_memory[] = "no memory";

struct feed { /* an input, as libarchive reads it */
	const struct par_input *in;
	uint64_t at;
	uint8_t block[BLOCK];
};

struct kept { /* a member that is a container, while it passes */
	struct sr_buf bytes;
	uint8_t head[PAR_HEAD];
	size_t head_len;
	bool judged, keep, too_large, mail;
};

static void say(struct par_result *r, enum sr_box_status status, const char *reason) {
	const bool damaged = status == SR_BOX_BROKEN && (reason == NULL || *reason == '\0');

	r->status = status;
	(void)snprintf(r->reason, sizeof r->reason, "%s",
		damaged          ? "it is damaged, or ends early"
		: reason != NULL ? reason
				 : "");
}

/* --- libarchive's side ------------------------------------------------------------------------ */

static la_ssize_t feed_read(struct archive *a, void *ctx, const void **out) {
	struct feed *f = ctx;
	const size_t n = f->in->read(f->in->ctx, f->at, f->block, sizeof f->block);

	(void)a;
	*out = f->block;
	f->at += n;
	return (la_ssize_t)n;
}

static la_int64_t feed_skip(struct archive *a, void *ctx, la_int64_t request) {
	struct feed *f = ctx;
	const uint64_t left = f->in->size - f->at;
	const uint64_t n = request < 0 ? 0 : (uint64_t)request < left ? (uint64_t)request : left;

	(void)a;
	f->at += n;
	return (la_int64_t)n;
}

static la_int64_t feed_seek(struct archive *a, void *ctx, la_int64_t offset, int whence) {
	struct feed *f = ctx;
	const la_int64_t from = whence == SEEK_SET   ? 0
				: whence == SEEK_CUR ? (la_int64_t)f->at
						     : (la_int64_t)f->in->size;

	(void)a;
	if (offset < -from || offset > (la_int64_t)f->in->size - from)
		return ARCHIVE_FATAL;
	f->at = (uint64_t)(from + offset);
	return (la_int64_t)f->at;
}

static void add_filters(struct archive *a) {
	(void)archive_read_support_filter_gzip(a);
	(void)archive_read_support_filter_bzip2(a);
	(void)archive_read_support_filter_compress(a);
	(void)archive_read_support_filter_lzip(a);
	(void)archive_read_support_filter_lzma(a);
	(void)archive_read_support_filter_xz(a);
	(void)archive_read_support_filter_zstd(a);
	(void)archive_read_support_filter_lz4(a);
	(void)archive_read_support_filter_rpm(a);
	(void)archive_read_support_filter_uu(a);
}

static void add_formats(struct archive *a) {
	(void)archive_read_support_format_tar(a);
	(void)archive_read_support_format_zip(a);
	(void)archive_read_support_format_7zip(a);
	(void)archive_read_support_format_rar(a);
	(void)archive_read_support_format_rar5(a);
	(void)archive_read_support_format_cpio(a);
	(void)archive_read_support_format_ar(a);
	(void)archive_read_support_format_iso9660(a);
	(void)archive_read_support_format_cab(a);
	(void)archive_read_support_format_lha(a);
	(void)archive_read_support_format_xar(a);
}

/* Those that libarchive finds behind a program. Each is looked for alone: of several it takes the
 * one that bids most, and the mark of one form among a program's bytes would hide another. */
static int (*const carried_forms[])(struct archive *) = {archive_read_support_format_zip_seekable,
	archive_read_support_format_7zip, archive_read_support_format_rar,
	archive_read_support_format_rar5, archive_read_support_format_cab};
enum {
	CARRIED_ZIP,
	CARRIED_7ZIP,
	CARRIED_FORMS = sizeof carried_forms / sizeof *carried_forms
};

enum opened_as {
	AS_ARCHIVE, /* behind filters too */
	AS_STREAM,  /* one, behind filters */
	AS_CARRIED  /* and up, one of carried_forms: an archive behind a program */
};

/* NULL and ${r}: it is none. */
static struct archive *open_feed(struct feed *f, enum opened_as as, struct par_result *r) {
	struct archive *a = archive_read_new();

	f->at = 0;
	if (a == NULL) {
		say(r, SR_BOX_BROKEN, no_memory);
		return NULL;
	}
	if (as < AS_CARRIED)
		add_filters(a);
	if (as == AS_STREAM) {
		(void)archive_read_support_format_raw(a);
		(void)archive_read_support_format_empty(a);
	} else if (as >= AS_CARRIED) {
		(void)carried_forms[as - AS_CARRIED](a);
	} else {
		add_formats(a);
	}
	(void)archive_read_set_read_callback(a, feed_read);
	(void)archive_read_set_seek_callback(a, feed_seek);
	(void)archive_read_set_skip_callback(a, feed_skip);
	(void)archive_read_set_callback_data(a, f);
	if (archive_read_open1(a) == ARCHIVE_OK)
		return a;
	say(r, SR_BOX_BROKEN, archive_error_string(a));
	(void)archive_read_free(a);
	return NULL;
}

/* --- a member that is a container ------------------------------------------------------------- */

static void drop(struct par_unpack *u, struct kept *k) {
	u->held -= k->bytes.len;
	sr_buf_free(&k->bytes);
	k->keep = false;
}

static void put(struct par_unpack *u, struct kept *k, const void *p, size_t len) {
	if (len > u->held_max - u->held || sr_buf_reserve(&k->bytes, len, NULL) != 0) {
		drop(u, k);
		k->too_large = true;
		return;
	}
	sr_buf_put(&k->bytes, p, len);
	u->held += len;
}

/* Once its head is there, or all of it. */
static void judge(struct par_unpack *u, struct kept *k) {
	const enum par_form form = par_sniff(sr_bytes_of(k->head, k->head_len));

	k->judged = true;
	k->mail = form == PAR_MAIL;
	k->keep = form != PAR_OTHER && form != PAR_DOCUMENT;
	if (k->keep)
		put(u, k, k->head, k->head_len);
}

static void keep(struct par_unpack *u, struct kept *k, const uint8_t *p, size_t len) {
	if (!k->judged) {
		const size_t n = len < PAR_HEAD - k->head_len ? len : PAR_HEAD - k->head_len;

		memcpy(k->head + k->head_len, p, n);
		k->head_len += n;
		p += n;
		len -= n;
		if (k->head_len == PAR_HEAD)
			judge(u, k);
	}
	if (k->keep && len > 0)
		put(u, k, p, len);
}

static size_t kept_read(void *ctx, uint64_t offset, void *p, size_t len) {
	const struct sr_buf *b = ctx;

	if (offset >= b->len)
		return 0;
	if (len > b->len - offset)
		len = (size_t)(b->len - offset);
	memcpy(p, b->p + offset, len);
	return len;
}

/* --- members ---------------------------------------------------------------------------------- */

struct entry {
	struct sr_buf path, target;
	struct kept *kept;
};

/* The path of what contains it, and its own name, cut to what a path may have. */
static void join(struct sr_buf *out, const struct par_unpack *u, const char *name) {
	static const char cut[] = "~cut";
	size_t room;

	sr_buf_clear(out);
	sr_buf_put_buf(out, &u->path);
	if (out->len > SR_BOX_PATH_MAX / 2)
		out->len = SR_BOX_PATH_MAX / 2;
	if (out->len > 0)
		sr_buf_put_u8(out, '/');
	room = SR_BOX_PATH_MAX - out->len;
	if (strlen(name) <= room) {
		sr_buf_put_str(out, name);
		return;
	}
	sr_buf_put(out, name, room - (sizeof cut - 1));
	sr_buf_put_str(out, cut);
}

bool par_unpack_begin(void) {
	return setlocale(LC_CTYPE, "C.UTF-8") != NULL;
}

static const char *name_of(struct archive_entry *e) {
	const char *name = archive_entry_pathname(e);

	return name != NULL && *name != '\0' ? name : "(no name)";
}

static const char *target_of(struct archive_entry *e) {
	const char *t = archive_entry_hardlink(e);

	if (t == NULL)
		t = archive_entry_symlink(e);
	return t != NULL ? t : "";
}

static enum sr_member_kind kind_of(struct archive_entry *e) {
	if (archive_entry_hardlink(e) != NULL)
		return SR_MEMBER_HARDLINK;
	switch (archive_entry_filetype(e)) {
	case AE_IFREG:
	case 0: /* raw, and forms that know no other kind */
		return SR_MEMBER_FILE;
	case AE_IFDIR:
		return SR_MEMBER_FOLDER;
	case AE_IFLNK:
		return SR_MEMBER_SYMLINK;
	default:
		return SR_MEMBER_SPECIAL;
	}
}

/* Holes are zeros that count like other bytes. */
static bool zeros(struct par_unpack *u, struct kept *k, uint64_t len) {
	static const uint8_t none[ZEROS];

	while (len > 0) {
		const size_t n = len < ZEROS ? (size_t)len : ZEROS;

		if (!u->to->data(u->to->ctx, none, n))
			return false;
		keep(u, k, none, n);
		len -= n;
	}
	return true;
}

/* The member ended with ${at} of its ${size} bytes (UINT64_MAX: it does not say); false: a cap. A
 * hole at its end is told by the offset of nothing alone. */
static bool ended(struct par_result *r, struct par_unpack *u, struct kept *k, uint64_t at,
	uint64_t offset, uint64_t size) {
	char text[SR_BOX_REASON_MAX];

	if (r->status != SR_BOX_WHOLE || size == UINT64_MAX || at >= size)
		return true;
	if (offset == size)
		return zeros(u, k, size - at);
	(void)snprintf(text, sizeof text, "it has %llu of its %llu bytes", (unsigned long long)at,
		(unsigned long long)size);
	say(r, SR_BOX_BROKEN, text);
	return true;
}

/* The bytes of the member at hand, of which there are ${size}; false: a cap. */
static bool contents(struct par_result *r, struct par_unpack *u, struct archive *a, struct kept *k,
	uint64_t size) {
	uint64_t at = 0;

	for (;;) {
		const void *p = NULL;
		size_t len = 0;
		la_int64_t offset = 0;
		const int rc = archive_read_data_block(a, &p, &len, &offset);

		if (rc == ARCHIVE_EOF)
			return ended(r, u, k, at, offset > 0 ? (uint64_t)offset : 0, size);
		/* A warning is a checksum that does not fit: its bytes are kept, and it is told. */
		if (rc != ARCHIVE_OK)
			say(r, SR_BOX_BROKEN, archive_error_string(a));
		if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
			return true;
		if (offset < 0 || (uint64_t)offset < at) {
			say(r, SR_BOX_BROKEN, "its parts overlap");
			return true;
		}
		if (!zeros(u, k, (uint64_t)offset - at))
			return false;
		if (len > 0 && !u->to->data(u->to->ctx, p, len))
			return false;
		if (len > 0)
			keep(u, k, p, len);
		at = (uint64_t)offset + len;
	}
}

static void tell_inner(
	struct par_unpack *u, const struct sr_buf *path, const struct par_result *inner) {
	char text[SR_BOX_VALUE_MAX];

	(void)snprintf(text, sizeof text, "%s: %.*s: %s", sr_box_status_name(inner->status),
		(int)(path->len < 500 ? path->len : 500), (const char *)path->p, inner->reason);
	u->to->fact(u->to->ctx, "inner", par_str(text));
}

static void nested(
	struct par_result *out, struct par_unpack *u, struct kept *k, const struct sr_buf *path) {
	const struct par_input in = {k->bytes.len, kept_read, &k->bytes};
	struct sr_buf before = u->path;

	u->depth++;
	sr_buf_init(&u->path);
	sr_buf_put_buf(&u->path, path);
	par_unpack(out, u, &in);
	sr_buf_free(&u->path);
	u->path = before;
	u->depth--;
}

/* A nested container that is broken is told with its path, since its own end was sent before; a cap
 * ends all. */
static bool look_inside(struct par_result *r, struct par_unpack *u, struct entry *n) {
	struct kept *k = n->kept;
	struct par_result inner = {.status = SR_BOX_WHOLE};

	if (k->keep && u->depth + 1 < u->depth_max)
		nested(&inner, u, k, &n->path);
	if (k->keep)
		drop(u, k);
	if (inner.status == SR_BOX_CAPPED)
		*r = inner;
	else if (inner.status != SR_BOX_WHOLE)
		tell_inner(u, &n->path, &inner);
	return inner.status != SR_BOX_CAPPED;
}

/* What is known of a member once its bytes came: to be told before its end. */
static void before_end(struct par_unpack *u, struct kept *k) {
	if (!k->judged && k->head_len > 0)
		judge(u, k);
	if (k->mail)
		par_mail_facts(u->to, sr_bytes_of(k->head, k->head_len));
	if (k->too_large)
		u->to->fact(u->to->ctx, "not-looked-into", par_str("it is too large to be held"));
	else if (k->keep && u->depth + 1 >= u->depth_max)
		u->to->fact(u->to->ctx, "not-looked-into", par_str("it lies too deep"));
}

/* false: a cap was reached. */
static bool member(struct par_result *r, struct par_unpack *u, struct archive *a,
	struct archive_entry *e, struct entry *n) {
	struct par_result own = {.status = SR_BOX_WHOLE};
	struct sr_member m = {.kind = kind_of(e), .depth = u->depth + 1, .size = UINT64_MAX};
	struct kept *k = n->kept;
	const char *target = target_of(e);
	bool room;

	join(&n->path, u, name_of(e));
	m.path = sr_buf_view(&n->path);
	m.target = sr_bytes_of(target, strnlen(target, SR_BOX_PATH_MAX));
	if (archive_entry_size_is_set(e) && archive_entry_size(e) >= 0)
		m.size = (uint64_t)archive_entry_size(e);
	m.mtime = archive_entry_mtime_is_set(e) ? (int64_t)archive_entry_mtime(e) : 0;
	if (n->path.failed != 0 || !u->to->begin(u->to->ctx, &m)) {
		say(r, SR_BOX_CAPPED, "");
		return false;
	}
	*k = (struct kept){.judged = false};
	if (archive_entry_is_data_encrypted(e) > 0) {
		say(&own, SR_BOX_ENCRYPTED, "it is under a password");
		room = true;
	} else {
		room = m.kind != SR_MEMBER_FILE || contents(&own, u, a, k, m.size);
	}
	if (!room)
		say(&own, SR_BOX_CAPPED, "");
	if (room)
		before_end(u, k);
	u->to->end(u->to->ctx, own.status, own.reason);
	if (!room)
		*r = own;
	return room && look_inside(r, u, n);
}

/* How many there were. */
static uint64_t members(struct par_result *r, struct par_unpack *u, struct archive *a) {
	struct entry n = {.kept = calloc(1, sizeof(struct kept))};
	struct archive_entry *e = NULL;
	int rc = ARCHIVE_OK;
	uint64_t count = 0;

	sr_buf_init(&n.path);
	sr_buf_init(&n.target);
	if (n.kept == NULL)
		say(r, SR_BOX_BROKEN, no_memory);
	while (n.kept != NULL) {
		rc = archive_read_next_header(a, &e);
		if (rc == ARCHIVE_RETRY)
			continue;
		if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
			break;
		count++;
		if (!member(r, u, a, e, &n))
			break;
	}
	if (n.kept != NULL && rc != ARCHIVE_EOF && rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
		say(r, archive_read_has_encrypted_entries(a) > 0 ? SR_BOX_ENCRYPTED : SR_BOX_BROKEN,
			archive_error_string(a));
	free(n.kept);
	sr_buf_free(&n.path);
	sr_buf_free(&n.target);
	return count;
}

/* --- streams ---------------------------------------------------------------------------------- */

static ptrdiff_t plain_read(void *ctx, void *p, size_t len, const char **why) {
	struct feed *f = ctx;
	const size_t n = f->in->read(f->in->ctx, f->at, p, len);

	(void)why;
	f->at += n;
	return (ptrdiff_t)n;
}

static ptrdiff_t filtered_read(void *ctx, void *p, size_t len, const char **why) {
	struct archive *a = ctx;
	const la_ssize_t n = archive_read_data(a, p, len);

	if (n < 0)
		*why = archive_error_string(a);
	return n;
}

struct sink_under { /* records and messages get the path of what holds them, and are looked into */
	struct par_unpack *u;
	struct entry at;
	bool file, capped;
	struct par_result inner; /* of a cap inside */
};

static bool under_begin(void *ctx, const struct sr_member *m) {
	struct sink_under *s = ctx;
	struct sr_member below = *m;
	char name[512];

	(void)snprintf(name, sizeof name, "%.*s", (int)m->path.len, (const char *)m->path.p);
	join(&s->at.path, s->u, name);
	below.path = sr_buf_view(&s->at.path);
	*s->at.kept = (struct kept){.judged = false};
	s->capped = s->capped || s->at.path.failed != 0 || !s->u->to->begin(s->u->to->ctx, &below);
	return !s->capped;
}

static void under_fact(void *ctx, const char *key, struct sr_bytes value) {
	const struct sink_under *s = ctx;

	s->u->to->fact(s->u->to->ctx, key, value);
}

static bool under_data(void *ctx, const void *p, size_t len) {
	struct sink_under *s = ctx;

	if (!s->u->to->data(s->u->to->ctx, p, len))
		return false;
	keep(s->u, s->at.kept, p, len);
	return true;
}

static void under_end(void *ctx, enum sr_box_status status, const char *reason) {
	struct sink_under *s = ctx;

	if (status != SR_BOX_CAPPED)
		before_end(s->u, s->at.kept);
	s->u->to->end(s->u->to->ctx, status, reason);
	if (status == SR_BOX_CAPPED && s->at.kept->keep)
		drop(s->u, s->at.kept);
	else if (!look_inside(&s->inner, s->u, &s->at))
		s->capped = true; /* the next member does not begin */
}

typedef void par_reader(struct par_result *out, const struct par_stream *in,
	const struct par_sink *to, unsigned depth);

static void records(struct par_result *out, struct par_unpack *u, const struct par_stream *in,
	par_reader *reader) {
	struct sink_under s = {.u = u, .at = {.kept = calloc(1, sizeof(struct kept))}};
	const struct par_sink to = {under_begin, under_fact, under_data, under_end, &s};

	if (s.at.kept == NULL) {
		say(out, SR_BOX_BROKEN, no_memory);
		return;
	}
	sr_buf_init(&s.at.path);
	reader(out, in, &to, u->depth + 1);
	if (s.capped)
		say(out, SR_BOX_CAPPED, "");
	sr_buf_free(&s.at.path);
	free(s.at.kept);
}

/* The name of what is inside "x.gz". */
static void inner_name(char *out, size_t size, const struct par_unpack *u) {
	const struct sr_bytes p = sr_buf_view(&u->path);
	size_t from = p.len, to = p.len;

	(void)snprintf(out, size, "content");
	if (p.len == 0)
		return;
	while (from > 0 && p.p[from - 1] != '/')
		from--;
	for (size_t i = from + 1; i < p.len; i++)
		if (p.p[i] == '.')
			to = i;
	if (to > from)
		(void)snprintf(out, size, "%.*s", (int)(to - from), (const char *)p.p + from);
}

/* A compressed stream of nothing is a member of no bytes. */
static void empty_stream(struct par_result *out, struct par_unpack *u) {
	struct sr_member m = {.kind = SR_MEMBER_FILE, .depth = u->depth + 1, .size = 0};
	struct sr_buf path;
	char name[256];

	inner_name(name, sizeof name, u);
	sr_buf_init(&path);
	join(&path, u, name);
	m.path = sr_buf_view(&path);
	if (path.failed != 0 || !u->to->begin(u->to->ctx, &m)) {
		say(out, SR_BOX_CAPPED, "");
	} else {
		say(out, SR_BOX_WHOLE, "");
		u->to->end(u->to->ctx, SR_BOX_WHOLE, "");
	}
	sr_buf_free(&path);
}

/* A stream behind filters that is no archive: a web archive, or one member. */
static void one_stream(struct par_result *out, struct par_unpack *u, struct feed *f) {
	struct archive *a = open_feed(f, AS_STREAM, out);
	struct archive_entry *e = NULL;
	uint8_t head[16];
	char name[256];

	if (a == NULL)
		return;
	const int rc = archive_read_next_header(a, &e);
	if (rc == ARCHIVE_EOF && archive_filter_count(a) > 1) {
		(void)archive_read_free(a);
		empty_stream(out, u);
		return;
	}
	if (rc != ARCHIVE_OK || archive_filter_count(a) < 2) {
		say(out, SR_BOX_BROKEN,
			archive_error_string(a) != NULL ? archive_error_string(a)
							: "its compression is not understood");
		(void)archive_read_free(a);
		return;
	}
	const la_ssize_t n = archive_read_data(a, head, sizeof head);
	const bool web = n > 0 && par_is_web_archive(sr_bytes_of(head, (size_t)n));
	const bool gzip =
		archive_filter_count(a) == 2 && archive_filter_code(a, 0) == ARCHIVE_FILTER_GZIP;
	(void)archive_read_free(a);
	if (web && gzip) { /* it goes on behind a member that is damaged */
		const struct par_stream in = {plain_read, f};

		f->at = 0;
		records(out, u, &in, par_web_archive);
		return;
	}
	a = open_feed(f, AS_STREAM, out); /* from its beginning: a stream does not go back */
	if (a == NULL || archive_read_next_header(a, &e) != ARCHIVE_OK) {
		say(out, SR_BOX_BROKEN, "it cannot be read twice");
	} else if (web) {
		const struct par_stream in = {filtered_read, a};

		records(out, u, &in, par_web_archive);
	} else {
		struct entry one = {.kept = calloc(1, sizeof(struct kept))};

		inner_name(name, sizeof name, u);
		archive_entry_set_pathname(e, name);
		say(out, SR_BOX_WHOLE, "");
		sr_buf_init(&one.path);
		if (one.kept != NULL)
			(void)member(out, u, a, e, &one);
		free(one.kept);
		sr_buf_free(&one.path);
	}
	if (a != NULL)
		(void)archive_read_free(a);
}

static uint64_t archived(
	struct par_result *out, struct par_unpack *u, struct feed *f, bool filter) {
	struct archive *a = open_feed(f, AS_ARCHIVE, out);

	if (a == NULL) {
		/* Not an archive: behind a filter it is one stream of something else. */
		if (filter)
			one_stream(out, u, f);
		return 0;
	}
	say(out, SR_BOX_WHOLE, "");
	const uint64_t count = members(out, u, a);
	const int format = archive_format(a) & ARCHIVE_FORMAT_BASE_MASK;
	(void)archive_read_free(a);
	/* A tar that has no member does not look like one: something else was meant. */
	if (count == 0 && !filter && out->status == SR_BOX_WHOLE &&
		(format == ARCHIVE_FORMAT_TAR || format == 0))
		say(out, SR_BOX_BROKEN, "it begins like an archive, and none is found in it");
	/* Zeros, and nothing, pass for an empty tar. */
	if (count == 0 && filter)
		one_stream(out, u, f);
	return count;
}

/* Where names are decoded, libarchive composes their accents too. Those of a tar, and of what is
 * behind a filter, need no decoding: in the C locale they come as the bytes that they are. */
static uint64_t named(
	struct par_result *out, struct par_unpack *u, struct feed *f, bool filter, bool tar) {
	const locale_t bytes = newlocale(LC_CTYPE_MASK, "C", (locale_t)0);
	const locale_t before = uselocale(filter || tar ? bytes : LC_GLOBAL_LOCALE);
	const uint64_t count = archived(out, u, f, filter);

	(void)uselocale(before);
	if (bytes != (locale_t)0)
		freelocale(bytes);
	return count;
}

/* A zip ends with its directory: without one, libarchive lists what it meets and calls it whole.
 * *${entries}: as many as it says it has, UINT64_MAX where that is said elsewhere (zip64). */
static bool has_directory(const struct par_input *in, uint64_t *entries) {
	enum {
		END = 22,
		TAIL = END + 65535 /* a comment may follow */
	};
	const size_t want = in->size < TAIL ? (size_t)in->size : TAIL;
	uint8_t *p = malloc(want + 1);
	size_t n = 0, got = 1;
	bool found = false;

	while (p != NULL && n < want && got > 0) {
		got = in->read(in->ctx, in->size - want + n, p + n, want - n);
		n += got;
	}
	*entries = UINT64_MAX;
	for (size_t at = n; p != NULL && !found && at >= END; at--) {
		found = memcmp(p + at - END, "PK\5\6", 4) == 0;
		if (found && sr_le16_get(p + at - END + 10) != UINT16_MAX)
			*entries = sr_le16_get(p + at - END + 10);
	}
	free(p);
	return found;
}

/* What libarchive calls whole is judged by the directory: entries that name the same bytes come out
 * as one of them, and a directory may be cut off. */
static void judge_zip(struct par_result *out, const struct par_input *in, uint64_t count) {
	char text[SR_BOX_REASON_MAX];
	uint64_t entries = 0;

	if (!has_directory(in, &entries)) {
		say(out, SR_BOX_BROKEN, "its directory is not there: it was cut, or is damaged");
	} else if (entries != UINT64_MAX && count < entries) {
		(void)snprintf(text, sizeof text,
			"its directory names %llu members, %llu of them with bytes of their own",
			(unsigned long long)entries, (unsigned long long)count);
		say(out, SR_BOX_BROKEN, text);
	}
}

static void not_read(struct par_unpack *u, const char *why) {
	char text[SR_BOX_VALUE_MAX];

	(void)snprintf(
		text, sizeof text, "it has the mark of an archive that cannot be read: %s", why);
	u->to->fact(u->to->ctx, "not-looked-into", par_str(text));
}

/* One form; whether there is such an archive. A zip is known by its end and a 7z by a checksum, so
 * one that cannot be read is broken; the marks of the others are among the bytes of any program
 * that knows archives, which is no fault of the program's. */
static bool carried_as(struct par_result *out, struct par_unpack *u, struct feed *f, int form) {
	struct par_result one = {.status = SR_BOX_WHOLE};
	struct archive *a = open_feed(f, (enum opened_as)(AS_CARRIED + form), &one);
	uint64_t count;

	if (a == NULL) {
		if (strcmp(one.reason, no_memory) == 0)
			*out = one;
		return false;
	}
	say(&one, SR_BOX_WHOLE, "");
	count = members(&one, u, a);
	(void)archive_read_free(a);
	if (form == CARRIED_ZIP && one.status == SR_BOX_WHOLE)
		judge_zip(&one, f->in, count);
	if (form > CARRIED_7ZIP && count == 0 && one.status == SR_BOX_BROKEN &&
		strcmp(one.reason, no_memory) != 0)
		not_read(u, one.reason);
	else if (one.status != SR_BOX_WHOLE)
		*out = one;
	return true;
}

/* A program may carry archives that it unpacks when it is run; most carry none. */
static void carried(struct par_result *out, struct par_unpack *u, struct feed *f) {
	uint64_t entries;
	bool zip = false;

	say(out, SR_BOX_WHOLE, "");
	for (int form = 0; form < CARRIED_FORMS && out->status != SR_BOX_CAPPED; form++)
		if (carried_as(out, u, f, form) && form == CARRIED_ZIP)
			zip = true;
	/* libarchive looks for the end of a zip in the last 16 KiB, and at the last mark there. */
	if (!zip && has_directory(f->in, &entries))
		not_read(u, "a zip seems to end there, and none begins that fits it");
}

static bool is_zip(const uint8_t *head, size_t len) {
	return len >= 4 && memcmp(head, "PK\3\4", 4) == 0;
}

void par_unpack(struct par_result *out, struct par_unpack *u, const struct par_input *in) {
	struct feed *f = malloc(sizeof *f);
	uint8_t *head = malloc(PAR_HEAD);
	const struct par_stream plain = {plain_read, f};
	size_t n = 0, got = 1;
	uint64_t count;

	say(out, SR_BOX_WHOLE, "");
	if (f == NULL || head == NULL) {
		say(out, SR_BOX_BROKEN, no_memory);
		goto out;
	}
	f->in = in;
	f->at = 0;
	while (n < PAR_HEAD && got > 0) {
		got = in->read(in->ctx, n, head + n, PAR_HEAD - n);
		n += got;
	}
	switch (par_sniff(sr_bytes_of(head, n))) {
	case PAR_ARCHIVE:
		count = named(out, u, f, false,
			n > TAR_MAGIC + 5 && memcmp(head + TAR_MAGIC, "ustar", 5) == 0);
		if (out->status == SR_BOX_WHOLE && is_zip(head, n))
			judge_zip(out, in, count);
		break;
	case PAR_FILTER:
		(void)named(out, u, f, true, false);
		break;
	case PAR_WARC:
		records(out, u, &plain, par_web_archive);
		break;
	case PAR_MBOX:
		records(out, u, &plain, par_mbox);
		break;
	case PAR_MAIL:
		if (u->depth == 0) /* inside, they are facts of the member */
			par_mail_facts(u->to, sr_bytes_of(head, n));
		records(out, u, &plain, par_mail);
		break;
	case PAR_PROGRAM:
		carried(out, u, f);
		break;
	case PAR_DOCUMENT:
	case PAR_OTHER:
		break;
	}
out:
	free(f);
	free(head);
}
