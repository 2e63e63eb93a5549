/*
 * witnessing - see witnessing.h.
 */
#include "board/witnessing.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "board/beats.h"
#include "board/door.h"
#include "board/erase.h"
#include "board/follow.h"
#include "board/forget.h"
#include "board/keys.h"
#include "crypto/hash.h"
#include "ledger/ledger.h"
#include "ledger/poster.h"
#include "store/object.h"

static const char ALARM[] = "alarm";
static const char ADD_CHECKPOINT[] = "/add-checkpoint"; /* C2SP tlog-witness */

enum {
	ALARM_MAX = 2000,
	URL_MAX = 2048,
	TURN_MS = 200 /* of sr_witnessing_run, between looks at pauses that end */
};

struct sr_witnessing {
	struct sr_buf text; /* the policy's; empty: none was adopted */
	struct sr_policy *policy;
	struct sr_cosigning *cosigning;
	struct sr_poster *poster; /* started with the first request */
	uint64_t size;            /* witnessed */
	int64_t time;             /* of the quorum's cosignatures; 0: never */
	uint64_t offered_ms;      /* 0: nothing yet */
	bool noted;               /* that the offer's quorum is met is in ledger/beats */
	bool newer; /* a witness knows more than was offered, not more than there is */
	char *alarm;
};

static uint64_t log_size(void *ctx) {
	const struct sr_vault *v = ctx;

	return sr_ledger_next_index(v->ledger);
}

static int log_consistency(
	void *ctx, struct sr_proof *out, uint64_t size1, uint64_t size2, struct sr_err *e) {
	struct sr_vault *v = ctx;

	return sr_ledger_consistency(v->ledger, out, size1, size2, e);
}

/* --- opening -----------------------------------------------------------------------------------
 */

/* The latest time by which a quorum had cosigned, out of those whose cosignatures are valid. */
static int64_t quorum_time(const struct sr_policy *p, const struct sr_cosigned *w) {
	struct sr_cosigned by[SR_POLICY_WITNESSES];
	size_t count = 0;
	uint64_t best = 0;

	(void)sr_policy_witnesses(p, &count);
	for (size_t i = 0; i < count; i++) {
		if (!w[i].valid || w[i].time <= best)
			continue;
		memset(by, 0, sizeof by);
		for (size_t k = 0; k < count; k++)
			by[k].valid = w[k].valid && w[k].time >= w[i].time;
		if (sr_policy_met(p, by))
			best = w[i].time;
	}
	return best < INT64_MAX ? (int64_t)best : 0;
}

/* Does ${note} show that the quorum cosigned what our log begins with? Then *${size} is how much.
 */
static int judge_note(
	uint64_t *size, struct sr_vault *v, const struct sr_buf *note, struct sr_err *e) {
	struct sr_cosigned w[SR_POLICY_WITNESSES];
	struct sr_checkpoint c;
	struct sr_note n;
	uint8_t root[SR_HASH];
	int64_t at;
	int rc = sr_log_keys_open(&c, &n, sr_buf_view(note), sr_ledger_keys(v->ledger), e);

	if (rc != 0)
		return rc;
	memset(w, 0, sizeof w);
	rc = sr_policy_check(v->witnessing->policy, &n, w, NULL);
	at = rc == 0 && !sr_policy_is_none(v->witnessing->policy)
		     ? quorum_time(v->witnessing->policy, w)
		     : 0;
	sr_note_free(&n);
	if (rc != 0) /* of another policy, or not enough: it shows nothing */
		return 0;
	if (c.size > sr_ledger_next_index(v->ledger))
		return sr_fail(e, SR_CORRUPT,
			"rolled back: witnesses cosigned %" PRIu64 " entries, the log has %" PRIu64,
			c.size, sr_ledger_next_index(v->ledger));
	rc = sr_ledger_root_at(v->ledger, c.size, root, e);
	if (rc == 0 && memcmp(root, c.root, SR_HASH) != 0)
		rc = sr_fail(e, SR_AUTH, "forked: witnesses cosigned another root at size %" PRIu64,
			c.size);
	if (rc == 0 && c.size > *size)
		*size = c.size;
	if (rc == 0 && at > v->witnessing->time)
		v->witnessing->time = at;
	return rc;
}

static int load_witnessed(struct sr_vault *v, struct sr_err *e) {
	struct sr_witnessing *w = v->witnessing;
	struct sr_buf note;
	int rc;

	sr_buf_init(&note);
	rc = sr_ledger_witnessed(v->ledger, &note, e);
	if (rc == SR_NOTFOUND) {
		sr_err_clear(e);
		rc = 0;
	} else if (rc == 0) {
		rc = judge_note(&w->size, v, &note, e);
	}
	sr_buf_free(&note);
	return rc;
}

static int load_policy(struct sr_vault *v, struct sr_err *e) {
	const struct sr_cosigning_log log = {
		sr_ledger_vkey(v->ledger), log_size, log_consistency, v};
	struct sr_witnessing *w = v->witnessing;
	struct sr_witness_policy_row row;
	int rc = sr_query_witness_policy(&row, v->catalogue, e);

	if (rc != 0 || row.adopted == 0)
		return rc;
	rc = sr_object_fetch(v, row.object, &w->text, e);
	if (rc == 0)
		rc = sr_policy_parse(&w->policy, sr_buf_view(&w->text), e);
	if (rc == 0)
		rc = sr_cosigning_new(&w->cosigning, w->policy, &log, e);
	return rc == 0 ? load_witnessed(v, e) : rc;
}

static int load_alarm(struct sr_vault *v, struct sr_err *e) {
	struct sr_buf b;
	int rc;

	sr_buf_init(&b);
	rc = sr_file_read(v->ledger_dir, ALARM, &b, ALARM_MAX, e);
	if (rc == 0) {
		v->witnessing->alarm = sr_buf_dup_str(&b);
		if (v->witnessing->alarm == NULL)
			rc = sr_fail(e, SR_NOMEM, "out of memory");
	} else if (rc == SR_NOTFOUND) {
		sr_err_clear(e);
		rc = 0;
	}
	sr_buf_free(&b);
	return rc;
}

int sr_witnessing_open(struct sr_vault *v, struct sr_err *e) {
	int rc;

	sr_witnessing_close(v);
	v->witnessing = calloc(1, sizeof *v->witnessing);
	if (v->witnessing == NULL)
		return sr_fail(e, SR_NOMEM, "witnesses: out of memory");
	sr_buf_init(&v->witnessing->text);
	rc = load_alarm(v, e);
	if (rc == 0)
		rc = load_policy(v, e);
	if (rc != 0)
		(void)sr_wrap(e, "witnesses");
	return rc;
}

void sr_witnessing_close(struct sr_vault *v) {
	struct sr_witnessing *w = v->witnessing;

	if (w == NULL)
		return;
	sr_poster_free(w->poster);
	sr_cosigning_free(w->cosigning);
	sr_policy_free(w->policy);
	sr_buf_free(&w->text);
	free(w->alarm);
	free(w);
	v->witnessing = NULL;
}

/* --- what is asked, and how far it is met -------------------------------------------------------
 */

bool sr_witnessing_asked(const struct sr_vault *v) {
	return v->witnessing != NULL && v->witnessing->policy != NULL &&
	       !sr_policy_is_none(v->witnessing->policy);
}

uint64_t sr_witnessing_size(const struct sr_vault *v) {
	return v->witnessing == NULL ? 0 : v->witnessing->size;
}

int64_t sr_witnessing_time(const struct sr_vault *v) {
	return v->witnessing == NULL ? 0 : v->witnessing->time;
}

const char *sr_witnessing_alarm(const struct sr_vault *v) {
	return v->witnessing == NULL ? NULL : v->witnessing->alarm;
}

size_t sr_witnessing_count(const struct sr_vault *v) {
	return v->witnessing == NULL || v->witnessing->cosigning == NULL
		       ? 0
		       : sr_cosigning_count(v->witnessing->cosigning);
}

void sr_witnessing_show(struct sr_cosigning_witness *out, const struct sr_vault *v, size_t i) {
	sr_cosigning_show(out, v->witnessing->cosigning, i);
}

int sr_witnessing_check(struct sr_vault *v, uint64_t index, struct sr_err *e) {
	char missing[400] = "";
	size_t at = 0;

	if (sr_witnessing_alarm(v) != NULL)
		return sr_fail(
			e, SR_DENIED, "the log is not to be trusted: %s", v->witnessing->alarm);
	if (!sr_witnessing_asked(v) || index < v->witnessing->size)
		return 0;
	for (size_t i = 0; i < sr_witnessing_count(v) && at < sizeof missing - 1; i++) {
		struct sr_cosigning_witness s;
		char name[64], error[128];

		sr_witnessing_show(&s, v, i);
		if (s.cosigned && s.size > index)
			continue;
		const int n = snprintf(missing + at, sizeof missing - at, "%s%s (%s)",
			at == 0 ? "" : ", ", sr_escape_to(name, sizeof name, s.name),
			s.error[0] == '\0'
				? "not yet answered"
				: sr_escape_to(error, sizeof error, sr_bytes_str(s.error)));
		at += n > 0 ? (size_t)n : 0;
	}
	return sr_fail(e, SR_DENIED,
		"not witnessed: entry %" PRIu64 " has to be cosigned by the quorum of witnesses "
		"before it opens anything; missing: %s",
		index, missing);
}

/* --- keeping -----------------------------------------------------------------------------------
 */

static int raise_alarm(struct sr_vault *v, const char *sentence, struct sr_err *e) {
	struct sr_witnessing *w = v->witnessing;
	char *copy = strdup(sentence);

	/* In memory it holds already, so a disk that refuses changes nothing for this process. */
	if (copy != NULL) {
		free(w->alarm);
		w->alarm = copy;
	}
	int rc = sr_file_replace(v->ledger_dir, ALARM, sr_bytes_str(sentence), e);
	/* Without memory this process would go on as if nobody had said anything: it writes no
	 * more. */
	if (copy == NULL && rc == 0)
		rc = sr_fail(
			e, SR_NOMEM, "witnesses: out of memory; the alarm is kept: %s", sentence);
	v->failed = v->failed || copy == NULL;
	return rc;
}

/* The quorum is back after ${from}, when ${first} entries were confirmed. */
static int log_gap(struct sr_vault *v, int64_t from, uint64_t first, struct sr_err *e) {
	struct sr_outcome *o = calloc(1, sizeof *o);
	struct sr_buf text;
	int rc = o == NULL ? sr_fail(e, SR_NOMEM, "out of memory") : 0;

	sr_buf_init(&text);
	if (rc == 0) {
		sr_follow_begin(&text, v, SR_T_WITNESS, sr_now(&v->clock));
		sr_text_put(&text, "event", "unwitnessed");
		sr_text_put_time(&text, "from", from);
		sr_text_put_time(&text, "to", v->witnessing->time);
		sr_text_put_dec(&text, "first", first);
		sr_text_put_dec(&text, "last", v->witnessing->size);
		rc = sr_buf_ok(&text, e);
	}
	if (rc == 0)
		rc = sr_door_service(v, sr_buf_view(&text), o, e);
	sr_buf_free(&text);
	free(o);
	return rc;
}

/* When the quorum is met: how far, and when. */
static int confirmed(struct sr_vault *v, struct sr_err *e) {
	struct sr_witnessing *w = v->witnessing;
	const int64_t before = w->time;
	const uint64_t first = w->size;
	size_t erased = 0;
	struct sr_buf note;
	int rc;

	sr_buf_init(&note);
	sr_buf_put_bytes(&note, sr_cosigning_note(w->cosigning));
	rc = sr_buf_ok(&note, e);
	if (rc == 0)
		rc = judge_note(&w->size, v, &note, e);
	sr_buf_free(&note);
	if (rc == 0 && w->size > first)
		rc = sr_forget_due(v, &erased, e);
	if (rc == 0 && w->size > first)
		rc = sr_erase_due(v, first, &erased, e);
	if (rc == 0 && before > 0 && w->time > before + SR_WITNESSING_GAP_S)
		rc = log_gap(v, before, first, e);
	return rc;
}

static int keep(struct sr_vault *v, struct sr_err *e) {
	struct sr_witnessing *w = v->witnessing;
	const bool met = sr_cosigning_met(w->cosigning);
	int rc = sr_ledger_recosign(v->ledger, sr_cosigning_note(w->cosigning), met, e);

	if (rc == 0 && met)
		rc = confirmed(v, e);
	if (rc == 0 && met && !w->noted) {
		sr_beats_note(v, SR_BEAT_MET, sr_cosigning_size(w->cosigning));
		w->noted = true;
	}
	if (rc != 0 && sr_ledger_failed(v->ledger))
		v->failed = true;
	return rc;
}

static int take_one(struct sr_vault *v, const struct sr_posted *a, struct sr_err *e) {
	struct sr_witnessing *w = v->witnessing;
	const struct sr_add_reply reply = {a->status, sr_bytes_str(a->type), sr_buf_view(&a->body)};
	const struct sr_cosigning_now now = {sr_mono_ms(), sr_now(&v->clock)};
	struct sr_err said = {0};

	switch (sr_cosigning_answer(
		w->cosigning, (size_t)a->tag, a->answered ? &reply : NULL, a->why, &now, &said)) {
	case SR_COSIGNING_NOTHING:
		break;
	case SR_COSIGNING_LINES_CAME:
		return keep(v, e);
	case SR_COSIGNING_NEWER:
		w->newer = true;
		break;
	case SR_COSIGNING_ALARMS:
		return raise_alarm(v, said.text, e);
	}
	return 0;
}

static int take_all(struct sr_vault *v, struct sr_err *e) {
	struct sr_posted a;
	int rc = 0;

	while (rc == 0 && v->witnessing->poster != NULL &&
		sr_poster_take(v->witnessing->poster, &a)) {
		rc = take_one(v, &a, e);
		sr_posted_free(&a);
	}
	return rc;
}

/* --- sending -----------------------------------------------------------------------------------
 */

static bool offer_due(struct sr_vault *v, bool hurry, uint64_t now) {
	struct sr_witnessing *w = v->witnessing;
	const bool news = sr_ledger_next_index(v->ledger) > sr_cosigning_size(w->cosigning);

	if (w->offered_ms == 0 || w->newer || (news && hurry))
		return true;
	return now - w->offered_ms >= (news ? SR_WITNESSING_NEWS_MS : SR_WITNESSING_BEAT_MS);
}

static int offer(struct sr_vault *v, uint64_t now, struct sr_err *e) {
	struct sr_witnessing *w = v->witnessing;
	struct sr_buf note;
	int rc = sr_ledger_publish(v->ledger, e);

	if (rc != 0 && sr_ledger_failed(v->ledger))
		v->failed = true;
	sr_buf_init(&note);
	if (rc == 0)
		rc = sr_ledger_published(v->ledger, &note, e);
	if (rc == 0)
		rc = sr_cosigning_offer(w->cosigning, sr_buf_view(&note), now, e);
	if (rc == 0) {
		w->offered_ms = now;
		w->newer = false;
		w->noted = false;
		sr_beats_note(v, SR_BEAT_BEAT, sr_cosigning_size(w->cosigning));
	}
	sr_buf_free(&note);
	return rc;
}

static int send_one(struct sr_vault *v, size_t i, struct sr_err *e) {
	struct sr_witnessing *w = v->witnessing;
	const struct sr_bytes prefix = sr_policy_witness_url(w->policy, i);
	const size_t len = prefix.len - (prefix.p[prefix.len - 1] == '/' ? 1 : 0);
	char url[URL_MAX];
	struct sr_buf body;
	int rc = 0;

	if (snprintf(url, sizeof url, "%.*s%s", (int)len, (const char *)prefix.p, ADD_CHECKPOINT) >=
		(int)sizeof url)
		return sr_fail(/* no list names such a one (addresses_fit) */
			e, SR_MISUSE, "the address of a witness is longer than %d bytes", URL_MAX);
	if (w->poster == NULL)
		rc = sr_poster_new(&w->poster, 0, 0, e);
	sr_buf_init(&body);
	if (rc == 0)
		rc = sr_cosigning_request(w->cosigning, i, &body, e);
	if (rc == 0)
		rc = sr_poster_post(w->poster, i, url, sr_buf_view(&body), e);
	sr_buf_free(&body);
	return rc;
}

int sr_witnessing_step(struct sr_vault *v, bool hurry, struct sr_err *e) {
	struct sr_witnessing *w = v->witnessing;
	const uint64_t now = sr_mono_ms();
	size_t i;
	int rc;

	if (w == NULL || w->cosigning == NULL || v->failed)
		return 0;
	rc = take_all(v, e);
	if (rc != 0 || w->alarm != NULL)
		return rc;
	if (offer_due(v, hurry, now))
		rc = offer(v, now, e);
	if (hurry)
		sr_cosigning_hurry(w->cosigning, now);
	while (rc == 0 && sr_cosigning_due(w->cosigning, now, &i))
		rc = send_one(v, i, e);
	return rc;
}

#ifdef SR_TESTING
void sr_witnessing_age(struct sr_vault *v, uint64_t ms) {
	v->witnessing->offered_ms -= ms < v->witnessing->offered_ms ? ms : 0;
}
#endif

int sr_witnessing_fd(const struct sr_vault *v) {
	return v->witnessing == NULL || v->witnessing->poster == NULL
		       ? -1
		       : sr_poster_fd(v->witnessing->poster);
}

bool sr_witnessing_heard(const struct sr_vault *v) {
	const struct sr_witnessing *w = v->witnessing;

	if (w == NULL || w->cosigning == NULL || v->failed || w->alarm != NULL)
		return true;
	return w->offered_ms != 0 && !w->newer && !sr_cosigning_pending(w->cosigning);
}

/* Nothing more to wait for. */
static bool settled(const struct sr_vault *v) {
	const struct sr_cosigning *c = v->witnessing->cosigning;

	if (v->failed || c == NULL || sr_witnessing_alarm(v) != NULL)
		return true;
	return sr_cosigning_met(c) && sr_cosigning_size(c) == sr_ledger_next_index(v->ledger);
}

int sr_witnessing_run(struct sr_vault *v, unsigned timeout_ms, struct sr_err *e) {
	const uint64_t end = sr_mono_ms() + timeout_ms;
	int rc = sr_witnessing_step(v, true, e);

	while (rc == 0 && v->witnessing != NULL && !settled(v) && sr_mono_ms() < end) {
		struct pollfd p = {.fd = sr_witnessing_fd(v), .events = POLLIN};

		(void)poll(&p, 1, TURN_MS);
		rc = sr_witnessing_step(v, true, e);
	}
	return rc;
}

/* --- policy and alarm --------------------------------------------------------------------------
 */

int sr_witnessing_policy(struct sr_vault *v, struct sr_buf *out, struct sr_err *e) {
	if (v->witnessing == NULL || v->witnessing->policy == NULL)
		return sr_fail(e, SR_NOTFOUND, "this vault has no witness policy");
	sr_buf_put_buf(out, &v->witnessing->text);
	return sr_buf_ok(out, e);
}

/* With those witnesses alone that have an address, can the quorum be met? */
static bool reachable(const struct sr_policy *p) {
	struct sr_cosigned w[SR_POLICY_WITNESSES];
	size_t count = 0;

	(void)sr_policy_witnesses(p, &count);
	memset(w, 0, sizeof w);
	for (size_t i = 0; i < count; i++)
		w[i].valid = sr_policy_witness_url(p, i).len > 0;
	return sr_policy_is_none(p) || sr_policy_met(p, w);
}

static int incident(struct sr_vault *v, const char *what, struct sr_err *e) {
	struct sr_outcome *o = calloc(1, sizeof *o);
	struct sr_buf text;
	int rc = o == NULL ? sr_fail(e, SR_NOMEM, "out of memory") : 0;

	sr_buf_init(&text);
	if (rc == 0) {
		sr_follow_begin(&text, v, SR_T_INCIDENT, sr_now(&v->clock));
		sr_text_put(&text, "what", what);
		rc = sr_buf_ok(&text, e);
	}
	if (rc == 0)
		rc = sr_door_service(v, sr_buf_view(&text), o, e);
	sr_buf_free(&text);
	free(o);
	return rc;
}

static int commit_policy(
	struct sr_vault *v, const struct sr_policy *p, struct sr_bytes body, struct sr_err *e) {
	struct sr_outcome *o = calloc(1, sizeof *o);
	struct sr_door_object object = {.body = body};
	const struct sr_submission parts = {.objects = &object, .object_count = 1};
	struct sr_buf text;
	uint8_t id[SR_HASH], set[SR_HASH];
	size_t count = 0;
	int rc = o == NULL ? sr_fail(e, SR_NOMEM, "out of memory") : 0;

	sr_buf_init(&text);
	sr_sha256(set, body.p, body.len);
	if (rc == 0) {
		(void)sr_policy_witnesses(p, &count);
		sr_random(object.salt, SR_SALT);
		sr_object_id(id, object.salt, body);
		sr_follow_begin(&text, v, SR_T_WITNESS, sr_now(&v->clock));
		sr_text_put(&text, "event", "policy");
		sr_text_put_dec(&text, "witnesses", count);
		sr_text_put(&text, "quorum", sr_policy_is_none(p) ? "none" : "asked");
		sr_text_put_hex(&text, "policy", id, SR_HASH);
		sr_text_put_hex(&text, "set", set, SR_HASH);
		rc = sr_buf_ok(&text, e);
	}
	if (rc == 0)
		rc = sr_door_service_with(v, sr_buf_view(&text), &parts, o, e);
	sr_buf_free(&text);
	free(o);
	return rc;
}

/* Every address must fit the request that is sent there: one that does not would stop the asking of
 * all witnesses, at every turn. */
static int addresses_fit(const struct sr_policy *p, struct sr_err *e) {
	const size_t most = URL_MAX - sizeof ADD_CHECKPOINT;
	size_t count = 0;

	(void)sr_policy_witnesses(p, &count);
	for (size_t i = 0; i < count; i++) {
		const struct sr_bytes url = sr_policy_witness_url(p, i);

		if (url.len > most)
			return sr_fail(e, SR_USAGE,
				"the address of a witness has %zu bytes, at most %zu", url.len,
				most);
	}
	return 0;
}

int sr_witnessing_fit(struct sr_bytes text, struct sr_err *e) {
	struct sr_policy *p = NULL;
	int rc;

	if (text.len > SR_WITNESS_POLICY_MAX)
		return sr_fail(e, SR_USAGE, "the policy has %zu bytes, at most %d", text.len,
			SR_WITNESS_POLICY_MAX);
	if (sr_policy_parse(&p, text, e) != 0) {
		if (e != NULL)
			e->code = SR_USAGE;
		return SR_USAGE;
	}
	rc = reachable(p) ? 0
			  : sr_fail(e, SR_USAGE,
				    "the witnesses that have an address (a URL at the end of their "
				    "line) cannot make the quorum: every checkout would wait for "
				    "ever");
	if (rc == 0)
		rc = addresses_fit(p, e);
	sr_policy_free(p);
	return rc;
}

int sr_witnessing_adopt(struct sr_vault *v, struct sr_bytes text, struct sr_err *e) {
	const bool before = v->witnessing != NULL && v->witnessing->policy != NULL;
	struct sr_witness_policy_row row;
	struct sr_policy *p = NULL;
	int rc;

	if (!v->founded)
		return sr_fail(e, SR_DENIED, "found the vault first: the policy lies in its log");
	if (before && sr_bytes_eq(sr_buf_view(&v->witnessing->text), text))
		return sr_fail(e, SR_EXISTS, "that is the policy in force already");
	rc = sr_witnessing_fit(text, e);
	if (rc == 0)
		rc = sr_query_witness_policy(&row, v->catalogue, e);
	if (rc == 0 && row.adopted > 0 && row.voted)
		rc = sr_fail(e, SR_DENIED,
			"the board adopted the policy in force, and votes on another one: witness "
			"policy FILE --ask --as MEMBER");
	if (rc == 0)
		rc = sr_policy_parse(&p, text, e);
	if (rc == 0)
		rc = commit_policy(v, p, text, e);
	sr_policy_free(p);
	if (rc == 0 && before)
		rc = incident(v, "witness-policy-changed", e);
	return rc == 0 ? sr_witnessing_open(v, e) : rc;
}

void sr_witnessing_hush(struct sr_vault *v) {
	if (v->witnessing == NULL)
		return;
	free(v->witnessing->alarm);
	v->witnessing->alarm = NULL;
}

int sr_witnessing_forget(struct sr_vault *v, struct sr_err *e) {
	const int rc = sr_file_remove(v->ledger_dir, ALARM, e);

	if (rc != SR_NOTFOUND)
		return rc;
	if (e != NULL)
		sr_err_clear(e);
	return 0;
}

int sr_witnessing_dismiss(struct sr_vault *v, struct sr_err *e) {
	struct sr_witnessing *w = v->witnessing;
	char *alarm = w == NULL ? NULL : w->alarm;
	int rc;

	if (alarm == NULL)
		return sr_fail(e, SR_NOTFOUND, "no witness gave an alarm");
	/* The incident first: an alarm that is gone without one would be unsaid. */
	w->alarm = NULL;
	rc = incident(v, "witness-alarm-dismissed", e);
	if (rc != 0) {
		w->alarm = alarm;
		return rc;
	}
	free(alarm);
	rc = sr_file_remove(v->ledger_dir, ALARM, e);
	if (rc == SR_NOTFOUND) /* it could not be written when it was given */
		rc = 0;
	return rc == 0 ? sr_witnessing_open(v, e) : rc;
}
