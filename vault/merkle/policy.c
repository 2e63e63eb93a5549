/*
 * policy - C2SP tlog-policy. The contract is in policy.h.
 *
 * Witnesses and groups share one list of names, in file order. A name is member of at most one
 * group, so the groups are a forest: each name knows its parent, a parent comes after its children,
 * and the quorum is evaluated in one pass over the list that counts satisfied children upwards.
 */
#include "merkle/policy.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "merkle/lines.h"

enum {
	NAMES_MAX = SR_POLICY_WITNESSES + SR_POLICY_GROUPS,
	WORDS_MAX = 3 + NAMES_MAX + 1, /* of a line: "group name k member...", and one to notice */
	NONE = -1,
	QUOTED = 96 /* bytes of a word shown in an error */
};

struct name {
	struct sr_bytes word;
	size_t witness; /* index, if need is 0 */
	size_t need;    /* a group: how many of its members; else 0 */
	int parent;     /* index of the group whose member this is, or NONE */
};

struct endpoint {
	struct sr_bytes material; /* base64 of type and key, as written: equal keys, equal text */
	struct sr_bytes url;
	struct sr_bytes name; /* of a witness */
};

struct sr_policy {
	struct sr_buf text; /* what the views point into */
	struct sr_vkey logs[SR_POLICY_LOGS];
	struct endpoint log_ends[SR_POLICY_LOGS];
	size_t log_count;
	struct sr_vkey witnesses[SR_POLICY_WITNESSES];
	struct endpoint witness_ends[SR_POLICY_WITNESSES];
	size_t witness_count;
	struct name names[NAMES_MAX];
	size_t name_count;
	size_t group_count;
	bool has_quorum;
	int quorum; /* index into names, or NONE */
};

/* Words of one line. */
struct words {
	struct sr_bytes word[WORDS_MAX];
	size_t count;
};

static const char *quote(char quoted[QUOTED], struct sr_bytes s) {
	return sr_escape_to(quoted, QUOTED, s);
}

static int split_words(struct words *out, struct sr_bytes line, struct sr_err *e) {
	size_t i = 0;

	out->count = 0;
	for (;;) {
		size_t begin;

		while (i < line.len && (line.p[i] == ' ' || line.p[i] == '\t'))
			i++;
		if (i == line.len)
			return 0;
		begin = i;
		while (i < line.len && line.p[i] != ' ' && line.p[i] != '\t')
			i++;
		if (out->count == 0 && line.p[begin] == '#')
			return 0;
		if (out->count == WORDS_MAX)
			return sr_fail(e, SR_LIMIT, "more than %d words", WORDS_MAX);
		out->word[out->count++] = sr_bytes_of(line.p + begin, i - begin);
	}
}

static int find_name(const struct sr_policy *p, struct sr_bytes word) {
	for (size_t i = 0; i < p->name_count; i++)
		if (sr_bytes_eq(p->names[i].word, word))
			return (int)i;
	return NONE;
}

/* The name may be given to a new witness or group. */
static int check_new_name(const struct sr_policy *p, struct sr_bytes word, struct sr_err *e) {
	char quoted[QUOTED];

	if (sr_bytes_eq(word, sr_bytes_str("none")))
		return sr_fail(e, SR_CORRUPT, "\"none\" cannot be defined");
	if (find_name(p, word) != NONE)
		return sr_fail(e, SR_CORRUPT, "\"%s\" is defined twice", quote(quoted, word));
	return 0;
}

/* The words "<vkey> [<url>]"; ${refused} is the type that does not belong here. */
static int parse_endpoint(struct sr_vkey *key, struct endpoint *end, const struct sr_bytes *word,
	size_t count, uint8_t refused, struct sr_err *e) {
	char quoted[QUOTED];
	const uint8_t *p;
	int rc;

	if (count < 1 || count > 2)
		return sr_fail(
			e, SR_CORRUPT, "%zu words where a key and at most a URL belong", count);
	rc = sr_vkey_parse(key, word[0], e);
	if (rc != 0)
		return rc;
	if (key->type == refused)
		return sr_fail(
			e, SR_CORRUPT, "key of \"%s\" is of type 0x%02x", key->name, key->type);
	/* After the second "+"; parsing found both. */
	p = memchr(word[0].p, '+', word[0].len);
	end->material = word[0];
	for (int i = 0; i < 2 && p != NULL; i++) {
		end->material = sr_bytes_of(p + 1, word[0].len - (size_t)(p + 1 - word[0].p));
		p = memchr(end->material.p, '+', end->material.len);
	}
	end->url = count == 2 ? word[1] : sr_bytes_of(NULL, 0);
	if (end->url.len > 0 && end->url.p[0] == '#')
		return sr_fail(e, SR_CORRUPT, "\"%s\" is no URL, and a comment needs its own line",
			quote(quoted, end->url));
	return 0;
}

static int check_new_key(
	const struct endpoint *ends, size_t count, const struct endpoint *new, struct sr_err *e) {
	for (size_t i = 0; i < count; i++)
		if (sr_bytes_eq(ends[i].material, new->material))
			return sr_fail(e, SR_CORRUPT, "the same public key a second time");
	return 0;
}

static int parse_log(struct sr_policy *p, const struct words *w, struct sr_err *e) {
	struct endpoint *end = &p->log_ends[p->log_count];
	int rc;

	if (p->log_count == SR_POLICY_LOGS)
		return sr_fail(e, SR_LIMIT, "more than %d logs", SR_POLICY_LOGS);
	rc = parse_endpoint(
		&p->logs[p->log_count], end, w->word + 1, w->count - 1, SR_NOTE_COSIGN, e);
	if (rc == 0)
		rc = check_new_key(p->log_ends, p->log_count, end, e);
	if (rc == 0)
		p->log_count++;
	return rc;
}

static int parse_witness(struct sr_policy *p, const struct words *w, struct sr_err *e) {
	struct endpoint *end = &p->witness_ends[p->witness_count];
	int rc;

	if (p->witness_count == SR_POLICY_WITNESSES)
		return sr_fail(e, SR_LIMIT, "more than %d witnesses", SR_POLICY_WITNESSES);
	if (w->count < 3)
		return sr_fail(e, SR_CORRUPT, "a witness needs a name and a key");
	rc = check_new_name(p, w->word[1], e);
	if (rc == 0)
		rc = parse_endpoint(&p->witnesses[p->witness_count], end, w->word + 2, w->count - 2,
			SR_NOTE_ED25519, e);
	if (rc == 0)
		rc = check_new_key(p->witness_ends, p->witness_count, end, e);
	if (rc != 0)
		return rc;
	end->name = w->word[1];
	p->names[p->name_count++] = (struct name){w->word[1], p->witness_count, 0, NONE};
	p->witness_count++;
	return 0;
}

/* all, any or a number. */
static int parse_need(size_t *need, struct sr_bytes word, size_t members, struct sr_err *e) {
	char quoted[QUOTED];
	uint64_t k;

	if (sr_bytes_eq(word, sr_bytes_str("all"))) {
		*need = members;
		return 0;
	}
	if (sr_bytes_eq(word, sr_bytes_str("any"))) {
		*need = 1;
		return 0;
	}
	if (sr_parse_dec(&k, word, members, NULL) != 0 || k == 0)
		return sr_fail(e, SR_CORRUPT, "\"%s\" is not all, any or a number from 1 to %zu",
			quote(quoted, word), members);
	*need = (size_t)k;
	return 0;
}

static int parse_group(struct sr_policy *p, const struct words *w, struct sr_err *e) {
	struct name g = {.parent = NONE};
	char quoted[QUOTED];
	int self = (int)p->name_count;
	int rc;

	if (p->group_count == SR_POLICY_GROUPS)
		return sr_fail(e, SR_LIMIT, "more than %d groups", SR_POLICY_GROUPS);
	if (w->count < 4)
		return sr_fail(e, SR_CORRUPT, "a group needs a name, a threshold and a member");
	g.word = w->word[1];
	rc = check_new_name(p, g.word, e);
	if (rc == 0)
		rc = parse_need(&g.need, w->word[2], w->count - 3, e);
	for (size_t i = 3; i < w->count && rc == 0; i++) {
		int member = find_name(p, w->word[i]);

		(void)quote(quoted, w->word[i]);
		if (member == NONE)
			rc = sr_fail(e, SR_CORRUPT, "\"%s\" is not defined above", quoted);
		else if (p->names[member].parent != NONE)
			rc = sr_fail(e, SR_CORRUPT, "\"%s\" is a member a second time", quoted);
		else
			p->names[member].parent = self;
	}
	if (rc != 0)
		return rc;
	p->names[p->name_count++] = g;
	p->group_count++;
	return 0;
}

static int parse_quorum(struct sr_policy *p, const struct words *w, struct sr_err *e) {
	char quoted[QUOTED];

	if (p->has_quorum)
		return sr_fail(e, SR_CORRUPT, "a second quorum line");
	if (w->count != 2)
		return sr_fail(e, SR_CORRUPT, "quorum has %zu words, want 2", w->count);
	p->quorum = NONE;
	if (!sr_bytes_eq(w->word[1], sr_bytes_str("none"))) {
		p->quorum = find_name(p, w->word[1]);
		if (p->quorum == NONE)
			return sr_fail(e, SR_CORRUPT, "\"%s\" is not defined above",
				quote(quoted, w->word[1]));
	}
	p->has_quorum = true;
	return 0;
}

static int parse_policy_line(struct sr_policy *p, struct sr_bytes line, struct sr_err *e) {
	static const struct {
		const char *word;
		int (*parse)(struct sr_policy *, const struct words *, struct sr_err *);
	} kinds[] = {
		{"log", parse_log},
		{"witness", parse_witness},
		{"group", parse_group},
		{"quorum", parse_quorum},
	};
	char quoted[QUOTED];
	struct words w;
	int rc;

	for (size_t i = 0; i < line.len; i++)
		if ((line.p[i] < 0x20 && line.p[i] != '\t') || line.p[i] == 0x7f)
			return sr_fail(e, SR_CORRUPT, "control byte 0x%02x", line.p[i]);
	rc = split_words(&w, line, e);
	if (rc != 0 || w.count == 0)
		return rc;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (sr_bytes_eq(w.word[0], sr_bytes_str(kinds[i].word)))
			return kinds[i].parse(p, &w, e);
	return sr_fail(e, SR_CORRUPT, "begins with \"%s\", want log, witness, group or quorum",
		quote(quoted, w.word[0]));
}

static int parse_all(struct sr_policy *p, struct sr_err *e) {
	struct sr_bytes line, rest = sr_buf_view(&p->text);
	int rc;

	for (size_t number = 1; rest.len > 0; number++) {
		if (!sr_take_line(&line, &rest))
			return sr_fail(e, SR_CORRUPT,
				"witness policy: line %zu does not end in a newline", number);
		rc = parse_policy_line(p, line, e);
		if (rc != 0) {
			(void)sr_wrap(e, "witness policy: line %zu", number);
			return rc;
		}
	}
	if (!p->has_quorum)
		return sr_fail(e, SR_CORRUPT, "witness policy: no quorum line");
	return 0;
}

int sr_policy_parse(struct sr_policy **out, struct sr_bytes text, struct sr_err *e) {
	struct sr_policy *p;
	int rc;

	*out = NULL;
	if (text.len > SR_POLICY_MAX)
		return sr_fail(e, SR_LIMIT, "witness policy of %zu bytes, at most %d", text.len,
			SR_POLICY_MAX);
	p = calloc(1, sizeof *p);
	if (p == NULL)
		return sr_fail(e, SR_NOMEM, "no memory for a witness policy");
	sr_buf_init(&p->text);
	sr_buf_put_bytes(&p->text, text);
	rc = sr_buf_ok(&p->text, e);
	if (rc == 0)
		rc = parse_all(p, e);
	if (rc != 0) {
		sr_policy_free(p);
		return rc;
	}
	*out = p;
	return 0;
}

void sr_policy_free(struct sr_policy *p) {
	if (p == NULL)
		return;
	sr_buf_free(&p->text);
	free(p);
}

const struct sr_vkey *sr_policy_logs(const struct sr_policy *p, size_t *count) {
	*count = p->log_count;
	return p->logs;
}

const struct sr_vkey *sr_policy_witnesses(const struct sr_policy *p, size_t *count) {
	*count = p->witness_count;
	return p->witnesses;
}

struct sr_bytes sr_policy_witness_name(const struct sr_policy *p, size_t i) {
	return i < p->witness_count ? p->witness_ends[i].name : sr_bytes_of(NULL, 0);
}

struct sr_bytes sr_policy_witness_url(const struct sr_policy *p, size_t i) {
	return i < p->witness_count ? p->witness_ends[i].url : sr_bytes_of(NULL, 0);
}

struct sr_bytes sr_policy_log_url(const struct sr_policy *p, size_t i) {
	return i < p->log_count ? p->log_ends[i].url : sr_bytes_of(NULL, 0);
}

bool sr_policy_is_none(const struct sr_policy *p) {
	return p->quorum == NONE;
}

bool sr_policy_met(const struct sr_policy *p, const struct sr_cosigned *w) {
	size_t have[NAMES_MAX] = {0}; /* satisfied members of each group */

	if (p->quorum == NONE)
		return true;
	for (size_t i = 0; i < p->name_count; i++) {
		const struct name *n = &p->names[i];
		bool yes = n->need == 0 ? w[n->witness].valid : have[i] >= n->need;

		if ((int)i == p->quorum)
			return yes;
		if (yes && n->parent != NONE)
			have[n->parent]++;
	}
	return false;
}

int sr_policy_check(const struct sr_policy *p, const struct sr_note *n, struct sr_cosigned *w,
	struct sr_err *e) {
	struct sr_cosigned own[SR_POLICY_WITNESSES];
	struct sr_cosigned *all = w != NULL ? w : own;
	size_t valid = 0;
	int rc = sr_cosign_verify(all, n, p->witnesses, p->witness_count, e);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < p->witness_count; i++)
		valid += all[i].valid;
	if (!sr_policy_met(p, all))
		return sr_fail(e, SR_DENIED, "%zu of %zu witnesses cosigned, the quorum is not met",
			valid, p->witness_count);
	return 0;
}
