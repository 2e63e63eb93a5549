/*
 * cosigning - see cosigning.h.
 */
#include "ledger/cosigning.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"

struct slot { /* one witness */
	enum sr_cosigning_state state;
	uint64_t known;     /* size that it cosigned last, as far as we know */
	uint64_t due_ms;    /* DUE: from when on */
	uint64_t failed_ms; /* when the pause began */
	uint64_t pause_ms;
	unsigned tries; /* 409 in a row */
	uint64_t time;
	/* What it was asked about: a newer offer may have come since. */
	uint64_t asked_old, asked_size;
	struct sr_buf asked;
	char error[sizeof((struct sr_err *)NULL)->text];
};

struct sr_cosigning {
	const struct sr_policy *policy;
	const struct sr_vkey *keys;
	size_t count;
	struct sr_cosigning_log log;
	struct slot *slots;
	struct sr_buf note; /* on offer, with lines; empty: none */
	uint64_t size;
	struct sr_cosigned *by; /* of the note on offer */
};

int sr_cosigning_new(struct sr_cosigning **out, const struct sr_policy *policy,
	const struct sr_cosigning_log *log, struct sr_err *e) {
	struct sr_cosigning *c = calloc(1, sizeof *c);

	if (c == NULL)
		return sr_fail(e, SR_NOMEM, "witnesses: out of memory");
	c->policy = policy;
	c->keys = sr_policy_witnesses(policy, &c->count);
	c->log = *log;
	sr_buf_init(&c->note);
	c->slots = calloc(c->count + 1, sizeof *c->slots);
	c->by = calloc(c->count + 1, sizeof *c->by);
	if (c->slots == NULL || c->by == NULL) {
		sr_cosigning_free(c);
		return sr_fail(e, SR_NOMEM, "witnesses: out of memory");
	}
	for (size_t i = 0; i < c->count; i++) {
		sr_buf_init(&c->slots[i].asked);
		if (sr_policy_witness_url(policy, i).len == 0)
			c->slots[i].state = SR_COSIGNING_NOWHERE;
	}
	*out = c;
	return 0;
}

void sr_cosigning_free(struct sr_cosigning *c) {
	if (c == NULL)
		return;
	for (size_t i = 0; c->slots != NULL && i < c->count; i++)
		sr_buf_free(&c->slots[i].asked);
	sr_buf_free(&c->note);
	free(c->slots);
	free(c->by);
	free(c);
}

/* Open ${note} as a checkpoint of our log, all known lines verified: who cosigned into ${by}. */
static int open_note(struct sr_checkpoint *out, struct sr_note *n, struct sr_cosigned *by,
	const struct sr_cosigning *c, struct sr_bytes note, struct sr_err *e) {
	const struct sr_log log = {.origin = c->log.key->name, .keys = c->log.key, .count = 1};
	int rc = sr_checkpoint_open(out, n, note, &log, e);

	if (rc == 0) {
		rc = sr_cosign_verify(by, n, c->keys, c->count, e);
		if (rc != 0)
			sr_note_free(n);
	}
	return rc;
}

static bool same_text(struct sr_bytes a, struct sr_bytes b) {
	struct sr_note x, y;
	bool same = false;

	if (a.len == 0 || sr_note_parse(&x, a, NULL) != 0)
		return false;
	if (sr_note_parse(&y, b, NULL) == 0) {
		same = sr_bytes_eq(x.text, y.text);
		sr_note_free(&y);
	}
	sr_note_free(&x);
	return same;
}

static void ask_all(struct sr_cosigning *c, uint64_t now_ms, bool again) {
	for (size_t i = 0; i < c->count; i++) {
		struct slot *s = &c->slots[i];

		if (s->state != SR_COSIGNING_IDLE)
			continue; /* ASKED: its answer makes it DUE; DUE: its pause goes on */
		if (!again && c->by[i].valid)
			continue;
		if (s->known > c->size)
			continue; /* it is ahead of this offer, and waits for the next */
		s->state = SR_COSIGNING_DUE;
		s->due_ms = now_ms;
		s->tries = 0;
	}
}

int sr_cosigning_offer(
	struct sr_cosigning *c, struct sr_bytes note, uint64_t now_ms, struct sr_err *e) {
	struct sr_cosigned *by = calloc(c->count + 1, sizeof *by);
	const bool again = same_text(sr_buf_view(&c->note), note), first = c->note.len == 0;
	struct sr_checkpoint cp;
	struct sr_buf kept;
	struct sr_note n;
	int rc;

	if (by == NULL)
		return sr_fail(e, SR_NOMEM, "witnesses: out of memory");
	rc = open_note(&cp, &n, by, c, note, e);
	if (rc != 0) {
		free(by);
		return rc;
	}
	sr_note_free(&n);
	if (cp.size < c->size)
		rc = sr_fail(e, SR_MISUSE, "witnesses: offered size %" PRIu64 " after %" PRIu64,
			cp.size, c->size);
	if (rc == 0 && cp.size == c->size && !again && !first) /* it would be a fork of our own */
		rc = sr_fail(
			e, SR_MISUSE, "witnesses: another checkpoint of size %" PRIu64, cp.size);
	sr_buf_init(&kept);
	if (rc == 0 && !again) {
		sr_buf_put_bytes(&kept, note);
		rc = sr_buf_ok(&kept, e);
	}
	if (rc == 0 && !again) {
		sr_buf_free(&c->note);
		c->note = kept;
		c->size = cp.size;
		memcpy(c->by, by, c->count * sizeof *by);
		sr_buf_init(&kept);
	}
	if (rc == 0)
		ask_all(c, now_ms, again || first);
	sr_buf_free(&kept);
	free(by);
	return rc;
}

void sr_cosigning_hurry(struct sr_cosigning *c, uint64_t now_ms) {
	for (size_t i = 0; i < c->count; i++) {
		struct slot *s = &c->slots[i];
		const uint64_t soonest = s->failed_ms + SR_COSIGNING_PAUSE_MS;

		if (s->state == SR_COSIGNING_DUE && s->due_ms > now_ms && s->due_ms > soonest)
			s->due_ms = soonest > now_ms ? soonest : now_ms;
	}
}

bool sr_cosigning_due(const struct sr_cosigning *c, uint64_t now_ms, size_t *witness) {
	for (size_t i = 0; i < c->count; i++)
		if (c->slots[i].state == SR_COSIGNING_DUE && c->slots[i].due_ms <= now_ms) {
			*witness = i;
			return true;
		}
	return false;
}

uint64_t sr_cosigning_wait(const struct sr_cosigning *c, uint64_t now_ms) {
	uint64_t wait = UINT64_MAX;

	for (size_t i = 0; i < c->count; i++) {
		const struct slot *s = &c->slots[i];
		const uint64_t left = s->due_ms > now_ms ? s->due_ms - now_ms : 0;

		if (s->state == SR_COSIGNING_DUE && left < wait)
			wait = left;
	}
	return wait;
}

int sr_cosigning_request(
	struct sr_cosigning *c, size_t witness, struct sr_buf *out, struct sr_err *e) {
	struct slot *s = &c->slots[witness];
	struct sr_add_checkpoint r = {0};
	int rc = 0;

	if (s->state != SR_COSIGNING_DUE || c->note.len == 0)
		return sr_fail(e, SR_MISUSE, "witnesses: nothing to ask of witness %zu", witness);
	/* A witness that is ahead of the offer waits for the next one. */
	if (s->known > c->size)
		return sr_fail(e, SR_MISUSE,
			"witnesses: witness %zu knows size %" PRIu64 ", the offer has %" PRIu64,
			witness, s->known, c->size);
	r.old = s->known;
	if (s->known > 0)
		rc = c->log.consistency(c->log.ctx, &r.proof, s->known, c->size, e);
	sr_buf_clear(&s->asked);
	sr_buf_put_buf(&s->asked, &c->note);
	if (rc == 0)
		rc = sr_buf_ok(&s->asked, e);
	r.note = sr_buf_view(&s->asked);
	if (rc == 0)
		rc = sr_add_checkpoint_put(out, &r, e);
	if (rc != 0)
		return rc;
	s->asked_old = s->known;
	s->asked_size = c->size;
	s->state = SR_COSIGNING_ASKED;
	return 0;
}

/* --- answers -----------------------------------------------------------------------------------
 */

static void pause_for(struct slot *s, uint64_t now_ms, uint64_t least_ms, const char *why) {
	s->pause_ms = s->pause_ms == 0 ? SR_COSIGNING_PAUSE_MS : s->pause_ms * 2;
	if (s->pause_ms > SR_COSIGNING_PAUSE_MAX_MS)
		s->pause_ms = SR_COSIGNING_PAUSE_MAX_MS;
	s->state = SR_COSIGNING_DUE;
	s->due_ms = now_ms + (s->pause_ms > least_ms ? s->pause_ms : least_ms);
	s->failed_ms = now_ms;
	s->tries = 0;
	snprintf(s->error, sizeof s->error, "%s", why);
}

static const struct sr_vkey *known_key(const struct sr_cosigning *c, const struct sr_note_line *l) {
	for (size_t i = 0; i < c->count; i++)
		if (c->keys[i].type == SR_NOTE_COSIGN && sr_note_line_is(l, &c->keys[i]))
			return &c->keys[i];
	return NULL;
}

static bool same_signer(const struct sr_note_line *a, const struct sr_note_line *b) {
	return sr_bytes_eq(a->name, b->name) && memcmp(a->id, b->id, SR_NOTE_KEYID) == 0;
}

/* ${lines} under ${base}'s text into ${out}: a line of a signer that was there replaces it. Lines
 * of unknown keys are left out when ${known_only}. */
static int merge(struct sr_buf *out, const struct sr_cosigning *c, const struct sr_note *base,
	const struct sr_note *more, bool known_only, struct sr_err *e) {
	size_t lines = 0;

	sr_buf_put_bytes(out, base->text);
	sr_buf_put_u8(out, '\n');
	for (size_t i = 0; i < base->count; i++) {
		bool replaced = false;

		for (size_t j = 0; j < more->count; j++)
			replaced = replaced ||
				   (!sr_note_line_is(&base->lines[i], c->log.key) &&
					   same_signer(&base->lines[i], &more->lines[j]) &&
					   (!known_only || known_key(c, &more->lines[j]) != NULL));
		if (replaced)
			continue;
		sr_buf_put_bytes(out, base->lines[i].raw);
		lines++;
	}
	for (size_t j = 0; j < more->count; j++) {
		bool later = false; /* another line of the same signer follows in the answer */

		if (sr_note_line_is(&more->lines[j], c->log.key) ||
			(known_only && known_key(c, &more->lines[j]) == NULL))
			continue;
		for (size_t k = j + 1; k < more->count; k++)
			later = later || same_signer(&more->lines[j], &more->lines[k]);
		if (later)
			continue;
		sr_buf_put_bytes(out, more->lines[j].raw);
		lines++;
	}
	if (sr_buf_ok(out, e) != 0)
		return SR_NOMEM;
	if (lines > SR_COSIGNING_LINES || out->len > SR_COSIGNING_NOTE_MAX)
		return sr_fail(e, SR_LIMIT,
			"%zu signature lines, %zu bytes: at most %d and %d are "
			"kept",
			lines, out->len, SR_COSIGNING_LINES, SR_COSIGNING_NOTE_MAX);
	return 0;
}

struct judged {
	struct sr_note note;   /* what was asked, with the answer's lines under it */
	struct sr_note answer; /* the same text with the answer's lines alone */
	struct sr_buf whole, alone;
};

/* All of the answer's lines, under the checkpoint that was asked about: known keys must be right
 * and of now, the witness itself among them. ${by}: who. */
static int judge(struct judged *j, struct sr_cosigned *by, const struct sr_cosigning *c,
	size_t witness, struct sr_bytes lines, int64_t now_s, struct sr_err *e) {
	const struct slot *s = &c->slots[witness];
	struct sr_checkpoint cp;
	struct sr_note asked;
	char shown[96];
	int rc = sr_note_parse(&asked, sr_buf_view(&s->asked), e);

	if (rc != 0)
		return rc;
	/* The answer alone, so that no line of before vouches for it. */
	sr_buf_put_bytes(&j->alone, asked.text);
	sr_buf_put_u8(&j->alone, '\n');
	sr_buf_put_bytes(&j->alone, lines);
	rc = sr_buf_ok(&j->alone, e);
	if (rc == 0)
		rc = sr_note_parse(&j->answer, sr_buf_view(&j->alone), e);
	if (rc == 0 && !sr_bytes_eq(j->answer.text, asked.text))
		rc = sr_fail(e, SR_CORRUPT, "its answer is not signature lines only");
	if (rc == 0 && j->answer.count > SR_WITNESS_LINES)
		rc = sr_fail(e, SR_LIMIT,
			"its answer has %zu signature lines, at most %d are taken", j->answer.count,
			SR_WITNESS_LINES);
	if (rc == 0)
		rc = sr_cosign_verify(by, &j->answer, c->keys, c->count, e);
	if (rc == 0 && !by[witness].valid)
		rc = sr_fail(e, SR_AUTH, "its answer holds no cosignature of \"%s\"",
			sr_escape_to(shown, sizeof shown, sr_bytes_str(c->keys[witness].name)));
	for (size_t i = 0; rc == 0 && i < c->count; i++) {
		const int64_t off = !by[i].valid ? 0 : (int64_t)by[i].time - now_s;

		if (off < -SR_COSIGNING_SKEW_S || off > SR_COSIGNING_SKEW_S)
			rc = sr_fail(e, SR_AUTH,
				"its cosignature is of a time %" PRId64 " s %s ours: its clock or "
				"this one is wrong, or an old answer was played again",
				off < 0 ? -off : off, off < 0 ? "before" : "after");
	}
	/* A line that claims to be the log's own is no witness's to send. */
	for (size_t i = 0; rc == 0 && i < j->answer.count; i++)
		if (sr_note_line_is(&j->answer.lines[i], c->log.key))
			rc = sr_fail(e, SR_AUTH, "its answer holds a line in the name of this log");
	if (rc == 0) {
		sr_buf_put_buf(&j->whole, &s->asked);
		sr_buf_put_bytes(&j->whole, lines);
		rc = sr_buf_ok(&j->whole, e);
	}
	if (rc == 0) {
		rc = open_note(&cp, &j->note, by, c, sr_buf_view(&j->whole), e);
		if (rc == 0)
			sr_note_free(&j->note);
	}
	sr_note_free(&asked);
	return rc;
}

/* Accepted for the checkpoint on offer: its lines come under it. */
static int keep_lines(struct sr_cosigning *c, const struct sr_note *answer, struct sr_err *e) {
	struct sr_checkpoint cp;
	struct sr_note base, n;
	struct sr_buf out;
	int rc = sr_note_parse(&base, sr_buf_view(&c->note), e);

	if (rc != 0)
		return rc;
	sr_buf_init(&out);
	rc = merge(&out, c, &base, answer, false, e);
	if (rc == SR_LIMIT) { /* strangers' lines may not crowd out witnesses' */
		sr_buf_clear(&out);
		rc = merge(&out, c, &base, answer, true, e);
	}
	sr_note_free(&base);
	if (rc == 0)
		rc = open_note(&cp, &n, c->by, c, sr_buf_view(&out), e);
	if (rc == 0) {
		sr_note_free(&n);
		sr_buf_free(&c->note);
		c->note = out;
		sr_buf_init(&out);
	}
	sr_buf_free(&out);
	return rc;
}

static enum sr_cosigning_event lines_came(struct sr_cosigning *c, size_t witness,
	struct sr_bytes lines, const struct sr_cosigning_now *now, struct sr_err *e) {
	struct slot *s = &c->slots[witness];
	struct sr_cosigned *by = calloc(c->count + 1, sizeof *by);
	enum sr_cosigning_event event = SR_COSIGNING_NOTHING;
	struct judged j;
	int rc = by == NULL ? sr_fail(e, SR_NOMEM, "out of memory") : 0;

	memset(&j, 0, sizeof j);
	sr_buf_init(&j.alone);
	sr_buf_init(&j.whole);
	if (rc == 0)
		rc = judge(&j, by, c, witness, lines, now->s, e);
	if (rc == 0) {
		s->known = s->asked_size;
		s->time = by[witness].time;
		s->pause_ms = 0;
		s->tries = 0;
		s->error[0] = '\0';
		s->state = SR_COSIGNING_IDLE;
		if (s->asked_size == c->size) {
			rc = keep_lines(c, &j.answer, e);
			event = SR_COSIGNING_LINES_CAME;
		} else { /* a newer offer came meanwhile: this one next */
			s->state = SR_COSIGNING_DUE;
			s->due_ms = now->ms;
		}
	}
	if (rc != 0) {
		pause_for(s, now->ms, 0, e != NULL ? e->text : "its answer is wrong");
		event = SR_COSIGNING_NOTHING;
	}
	sr_note_free(&j.answer);
	sr_buf_free(&j.alone);
	sr_buf_free(&j.whole);
	free(by);
	return event;
}

static enum sr_cosigning_event alarm_at(struct slot *s, const struct sr_err *e) {
	s->state = SR_COSIGNING_ALARM;
	snprintf(s->error, sizeof s->error, "%s", e->text);
	return SR_COSIGNING_ALARMS;
}

static enum sr_cosigning_event size_came(struct sr_cosigning *c, size_t witness, uint64_t size,
	const struct sr_cosigning_now *now, struct sr_err *e) {
	struct slot *s = &c->slots[witness];
	const uint64_t have = c->log.size(c->log.ctx);
	char shown[96];

	sr_escape_to(shown, sizeof shown, sr_bytes_str(c->keys[witness].name));
	if (size > have) {
		(void)!sr_fail(e, SR_AUTH,
			"witness %s cosigned size %" PRIu64 " of this log, which has %" PRIu64
			" entries: entries are lost here (a backup was restored?), or somebody "
			"else signs in its name",
			shown, size, have);
		return alarm_at(s, e);
	}
	if (size == s->asked_old || ++s->tries > SR_COSIGNING_TRIES) {
		(void)!sr_fail(e, SR_CORRUPT,
			"it answers 409 with size %" PRIu64 " to a proof from size %" PRIu64, size,
			s->asked_old);
		pause_for(s, now->ms, 0, e->text);
		return SR_COSIGNING_NOTHING;
	}
	s->known = size;
	s->state = SR_COSIGNING_DUE;
	s->due_ms = now->ms;
	if (size <= c->size)
		return SR_COSIGNING_NOTHING;
	/* Somebody showed it a checkpoint that we gave out but did not offer. */
	s->state = SR_COSIGNING_IDLE;
	return SR_COSIGNING_NEWER;
}

enum sr_cosigning_event sr_cosigning_answer(struct sr_cosigning *c, size_t witness,
	const struct sr_add_reply *reply, const char *why, const struct sr_cosigning_now *now,
	struct sr_err *e) {
	struct slot *s = &c->slots[witness];
	struct sr_err own = {0};
	uint64_t size = 0;
	char shown[96];

	if (e == NULL)
		e = &own;
	sr_err_clear(e);
	if (s->state != SR_COSIGNING_ASKED)
		return SR_COSIGNING_NOTHING;
	if (reply == NULL) {
		(void)!sr_fail(e, SR_IO, "%s", why);
		pause_for(s, now->ms, 0, why);
		return SR_COSIGNING_NOTHING;
	}
	switch (sr_add_answer(&size, reply, e)) {
	case SR_ADD_LINES:
		return lines_came(c, witness, reply->body, now, e);
	case SR_ADD_SIZE:
		return size_came(c, witness, size, now, e);
	case SR_ADD_DENIES:
		(void)!sr_wrap(e, "witness %s",
			sr_escape_to(shown, sizeof shown, sr_bytes_str(c->keys[witness].name)));
		return alarm_at(s, e);
	case SR_ADD_SETUP:
		pause_for(s, now->ms, SR_COSIGNING_SETUP_MS, e->text);
		return SR_COSIGNING_NOTHING;
	case SR_ADD_LATER:
	case SR_ADD_NONSENSE:
		pause_for(s, now->ms, 0, e->text);
		return SR_COSIGNING_NOTHING;
	}
	return SR_COSIGNING_NOTHING;
}

struct sr_bytes sr_cosigning_note(const struct sr_cosigning *c) {
	return sr_buf_view(&c->note);
}

uint64_t sr_cosigning_size(const struct sr_cosigning *c) {
	return c->size;
}

bool sr_cosigning_pending(const struct sr_cosigning *c) {
	for (size_t i = 0; i < c->count; i++) {
		const struct slot *s = &c->slots[i];

		if (s->state == SR_COSIGNING_ASKED ||
			(s->state == SR_COSIGNING_DUE && s->error[0] == '\0'))
			return true;
	}
	return false;
}

bool sr_cosigning_met(const struct sr_cosigning *c) {
	return c->note.len > 0 && sr_policy_met(c->policy, c->by);
}

size_t sr_cosigning_count(const struct sr_cosigning *c) {
	return c->count;
}

void sr_cosigning_show(
	struct sr_cosigning_witness *out, const struct sr_cosigning *c, size_t witness) {
	const struct slot *s = &c->slots[witness];

	*out = (struct sr_cosigning_witness){.key = &c->keys[witness],
		.name = sr_policy_witness_name(c->policy, witness),
		.url = sr_policy_witness_url(c->policy, witness),
		.state = s->state,
		.cosigned = c->by[witness].valid,
		.size = s->known,
		.time = s->time,
		.error = s->error};
}
