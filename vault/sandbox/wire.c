/*
 * wire - see wire.h.
 */
#include "sandbox/wire.h"

#include <assert.h>
#include <string.h>

#include "base/escape.h"

const char *sr_box_status_name(enum sr_box_status s) {
	static const char *const names[SR_BOX_STATUSES] = {
		"whole", "broken", "capped", "encrypted", "unread"};

	return (unsigned)s < SR_BOX_STATUSES ? names[s] : "?";
}

const char *sr_member_kind_name(enum sr_member_kind k) {
	static const char *const names[SR_MEMBER_KINDS] = {
		"?", "file", "folder", "symlink", "hardlink", "special"};

	return (unsigned)k < SR_MEMBER_KINDS ? names[k] : "?";
}

static void put_job(struct sr_buf *out, const struct sr_box_job *j) {
	sr_buf_put_u8(out, (uint8_t)j->what);
	sr_buf_put_u8(out, j->argument);
	sr_buf_put_le64(out, j->size);
	sr_buf_put_le32(out, j->members);
	sr_buf_put_le64(out, j->bytes);
	sr_buf_put_le32(out, j->depth);
	sr_buf_put_le32(out, j->page);
	sr_buf_put_lp(out, sr_bytes_str(j->languages));
}

static void put_member(struct sr_buf *out, const struct sr_member *m) {
	assert(m->path.len <= SR_BOX_PATH_MAX && m->target.len <= SR_BOX_PATH_MAX);
	sr_buf_put_u8(out, (uint8_t)m->kind);
	sr_buf_put_u8(out, (uint8_t)m->depth);
	sr_buf_put_le64(out, m->size);
	sr_buf_put_le64(out, (uint64_t)m->mtime);
	sr_buf_put_lp(out, m->path);
	sr_buf_put_lp(out, m->target);
}

void sr_frame_put(struct sr_buf *out, const struct sr_frame *f) {
	sr_buf_put_u8(out, (uint8_t)f->type);
	switch (f->type) {
	case SR_FRAME_HELLO:
		sr_buf_put_le32(out, f->version);
		break;
	case SR_FRAME_JOB:
		put_job(out, &f->job);
		break;
	case SR_FRAME_READ:
		assert(f->length > 0 && f->length <= SR_BOX_READ_MAX);
		sr_buf_put_le64(out, f->offset);
		sr_buf_put_le32(out, f->length);
		break;
	case SR_FRAME_ANSWER:
	case SR_FRAME_DATA:
		assert(f->data.len > 0 && f->data.len <= SR_BOX_DATA_MAX);
		sr_buf_put_bytes(out, f->data);
		break;
	case SR_FRAME_MEMBER:
		put_member(out, &f->member);
		break;
	case SR_FRAME_FACT:
		assert(f->key.len <= SR_BOX_KEY_MAX && f->value.len <= SR_BOX_VALUE_MAX);
		sr_buf_put_lp(out, f->key);
		sr_buf_put_lp(out, f->value);
		break;
	case SR_FRAME_END:
	case SR_FRAME_DONE:
		assert(f->reason.len <= SR_BOX_REASON_MAX);
		sr_buf_put_u8(out, (uint8_t)f->status);
		sr_buf_put_lp(out, f->reason);
		break;
	}
}

bool sr_box_languages_valid(struct sr_bytes v) {
	bool word = false;

	for (size_t i = 0; i < v.len; i++) {
		const bool plus = v.p[i] == '+';

		if (!plus && v.p[i] != '_' && (v.p[i] < 'a' || v.p[i] > 'z'))
			return false;
		if (plus && !word)
			return false;
		word = !plus;
	}
	return v.len == 0 || word;
}

static int get_languages(struct sr_box_job *j, struct sr_reader *r, struct sr_err *e) {
	struct sr_bytes v = {NULL, 0};
	const int rc = sr_get_lp(r, &v, SR_BOX_LANGUAGES_MAX, e);

	if (rc != 0)
		return rc;
	if (!sr_box_languages_valid(v))
		return sr_fail(e, SR_CORRUPT, "languages that are no words between plus signs");
	memset(j->languages, 0, sizeof j->languages);
	if (v.len > 0)
		memcpy(j->languages, v.p, v.len);
	return 0;
}

static int get_job(struct sr_box_job *j, struct sr_reader *r, struct sr_err *e) {
	uint8_t what = 0;
	int rc = sr_get_u8(r, &what, e);

	if (rc == 0)
		rc = sr_get_u8(r, &j->argument, e);
	if (rc == 0)
		rc = sr_get_le64(r, &j->size, e);
	if (rc == 0)
		rc = sr_get_le32(r, &j->members, e);
	if (rc == 0)
		rc = sr_get_le64(r, &j->bytes, e);
	if (rc == 0)
		rc = sr_get_le32(r, &j->depth, e);
	if (rc == 0)
		rc = sr_get_le32(r, &j->page, e);
	if (rc == 0)
		rc = get_languages(j, r, e);
	if (rc == 0 && (what < SR_BOX_IDENTIFY || what > SR_BOX_ABOUT))
		rc = sr_fail(e, SR_CORRUPT, "job %u, want %d to %d", what, SR_BOX_IDENTIFY,
			SR_BOX_ABOUT);
	j->what = (enum sr_box_what)what;
	return rc;
}

static int get_member(struct sr_member *m, struct sr_reader *r, struct sr_err *e) {
	uint8_t kind = 0, depth = 0;
	uint64_t seconds = 0;
	int rc = sr_get_u8(r, &kind, e);

	if (rc == 0)
		rc = sr_get_u8(r, &depth, e);
	if (rc == 0)
		rc = sr_get_le64(r, &m->size, e);
	if (rc == 0)
		rc = sr_get_le64(r, &seconds, e);
	if (rc == 0)
		rc = sr_get_lp(r, &m->path, SR_BOX_PATH_MAX, e);
	if (rc == 0)
		rc = sr_get_lp(r, &m->target, SR_BOX_PATH_MAX, e);
	if (rc == 0 && (kind < SR_MEMBER_FILE || kind >= SR_MEMBER_KINDS))
		rc = sr_fail(e, SR_CORRUPT, "a member of kind %u", kind);
	if (rc == 0 && (depth < 1 || depth > SR_BOX_DEPTH_MAX))
		rc = sr_fail(e, SR_CORRUPT, "a member at depth %u", depth);
	if (rc == 0 && m->path.len == 0)
		rc = sr_fail(e, SR_CORRUPT, "a member without a path");
	m->kind = (enum sr_member_kind)kind;
	m->depth = depth;
	m->mtime = (int64_t)seconds;
	return rc;
}

static int get_fact(struct sr_frame *f, struct sr_reader *r, struct sr_err *e) {
	int rc = sr_get_lp(r, &f->key, SR_BOX_KEY_MAX, e);

	if (rc == 0)
		rc = sr_get_lp(r, &f->value, SR_BOX_VALUE_MAX, e);
	if (rc == 0 && f->key.len == 0)
		rc = sr_fail(e, SR_CORRUPT, "a fact without a key");
	for (size_t i = 0; rc == 0 && i < f->key.len; i++)
		if ((f->key.p[i] < 'a' || f->key.p[i] > 'z') && f->key.p[i] != '-')
			rc = sr_fail(
				e, SR_CORRUPT, "byte 0x%02x in the key of a fact", f->key.p[i]);
	if (rc == 0 && !sr_escape_valid(f->value))
		rc = sr_fail(e, SR_CORRUPT, "a fact that is no UTF-8, or has controls in it");
	return rc;
}

static int get_end(struct sr_frame *f, struct sr_reader *r, struct sr_err *e) {
	uint8_t status = 0;
	int rc = sr_get_u8(r, &status, e);

	if (rc == 0)
		rc = sr_get_lp(r, &f->reason, SR_BOX_REASON_MAX, e);
	if (rc == 0 && status >= SR_BOX_STATUSES)
		rc = sr_fail(e, SR_CORRUPT, "status %u, want 0 to %d", status, SR_BOX_STATUSES - 1);
	if (rc == 0 && !sr_escape_valid(f->reason))
		rc = sr_fail(e, SR_CORRUPT, "a reason that is no UTF-8, or has controls in it");
	f->status = (enum sr_box_status)status;
	return rc;
}

static int get_data(struct sr_frame *f, struct sr_reader *r, struct sr_err *e) {
	const size_t n = sr_reader_left(r);

	if (n < 1 || n > SR_BOX_DATA_MAX)
		return sr_fail(
			e, SR_CORRUPT, "%zu bytes of data, want 1 to %d", n, SR_BOX_DATA_MAX);
	return sr_get_view(r, &f->data, n, e);
}

static int get_read(struct sr_frame *f, struct sr_reader *r, struct sr_err *e) {
	int rc = sr_get_le64(r, &f->offset, e);

	if (rc == 0)
		rc = sr_get_le32(r, &f->length, e);
	if (rc == 0 && (f->length < 1 || f->length > SR_BOX_READ_MAX))
		rc = sr_fail(e, SR_CORRUPT, "a read of %u bytes, want 1 to %d", f->length,
			SR_BOX_READ_MAX);
	return rc;
}

int sr_frame_get(struct sr_frame *f, struct sr_bytes in, struct sr_err *e) {
	struct sr_reader r;
	uint8_t type = 0;
	int rc;

	*f = (struct sr_frame){.type = SR_FRAME_HELLO};
	sr_reader_init(&r, in);
	rc = sr_get_u8(&r, &type, e);
	if (rc != 0)
		return rc;
	f->type = (enum sr_frame_type)type;
	switch (type) {
	case SR_FRAME_HELLO:
		rc = sr_get_le32(&r, &f->version, e);
		break;
	case SR_FRAME_JOB:
		rc = get_job(&f->job, &r, e);
		break;
	case SR_FRAME_READ:
		rc = get_read(f, &r, e);
		break;
	case SR_FRAME_ANSWER:
	case SR_FRAME_DATA:
		rc = get_data(f, &r, e);
		break;
	case SR_FRAME_MEMBER:
		rc = get_member(&f->member, &r, e);
		break;
	case SR_FRAME_FACT:
		rc = get_fact(f, &r, e);
		break;
	case SR_FRAME_END:
	case SR_FRAME_DONE:
		rc = get_end(f, &r, e);
		break;
	default:
		return sr_fail(e, SR_CORRUPT, "a frame of type 0x%02x", type);
	}
	return rc == 0 ? sr_get_end(&r, e) : rc;
}
