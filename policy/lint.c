/*
 * lint - the house rules of a policy set; see lint.h.
 */
#include "policy/lint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "policy/parser.h"
#include "policy/policies.h"

struct linter {
	struct sr_arena *arena;
	struct sr_cedar_list findings; /* struct sr_lint_finding */
	struct sr_err *e;
};

struct sr_bytes sr_cedar_annotation_of(const struct sr_cedar_policy *p, const char *key) {
	for (size_t i = 0; i < p->annotation_count; i++)
		if (sr_bytes_eq(p->annotations[i].key, sr_bytes_str(key)))
			return p->annotations[i].value;
	return sr_bytes_of(NULL, 0);
}

SR_PRINTF(4, 5)
static int note(
	struct linter *l, const char *what, const struct sr_cedar_policy *p, const char *fmt, ...) {
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	struct sr_lint_finding *f = sr_cedar_list_push(l->arena, &l->findings, sizeof *f, l->e);
	char *kept = f == NULL ? NULL : sr_arena_new(l->arena, strlen(text) + 1, 1, l->e);
	if (kept == NULL)
		return sr_arena_failed(l->arena);
	memcpy(kept, text, strlen(text) + 1);
	*f = (struct sr_lint_finding){
		what, p, p == NULL ? 0 : p->line, p == NULL ? 0 : p->column, kept};
	return 0;
}

/* --- text that shows as what it is --------------------------------------------------------------
 */

/* Control characters; marks of direction and invisible joiners, which make text show in another
 * order than it is read, or hide a part (Unicode 15, general categories Cc, Cf, Zl, Zp). */
static bool hidden(uint32_t cp) {
	static const struct {
		uint32_t from, to;
	} ranges[] = {{0x00, 0x08}, {0x0b, 0x1f}, {0x7f, 0x9f}, {0xad, 0xad}, {0x600, 0x605},
		{0x61c, 0x61c}, {0x6dd, 0x6dd}, {0x70f, 0x70f}, {0x890, 0x891}, {0x8e2, 0x8e2},
		{0x180e, 0x180e}, {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},
		{0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0x110bd, 0x110bd}, {0x110cd, 0x110cd},
		{0x13430, 0x1343f}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe007f}};

	for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
		if (cp >= ranges[i].from && cp <= ranges[i].to)
			return true;
	return false;
}

int sr_lint_text(struct sr_bytes text, struct sr_err *e) {
	unsigned line = 1, column = 1;

	for (size_t at = 0; at < text.len;) {
		uint32_t cp = 0;
		const size_t n = sr_utf8_next(sr_bytes_of(text.p + at, text.len - at), &cp);

		if (n == 0)
			return sr_fail(e, SR_CORRUPT,
				"line %u, column %u: byte \\x%02x is not valid UTF-8", line, column,
				text.p[at]);
		if (hidden(cp))
			return sr_fail(e, SR_CORRUPT,
				"line %u, column %u: the character U+%04X does not show%s", line,
				column, (unsigned)cp,
				cp == '\r' ? " (lines end with a line feed alone)" : "");
		at += n;
		column = cp == '\n' ? 1 : column + 1;
		line += cp == '\n';
	}
	return 0;
}

/* --- annotations -------------------------------------------------------------------------------
 */

static bool id_char(uint8_t c) {
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

static bool is_id(struct sr_bytes v) {
	bool ok = v.len > 0 && v.len <= SR_LINT_ID_MAX && v.p[0] != '-';

	for (size_t i = 0; ok && i < v.len; i++)
		ok = id_char(v.p[i]);
	return ok;
}

static bool in_words(const char *const *words, struct sr_bytes v) {
	for (; *words != NULL; words++)
		if (sr_bytes_eq(v, sr_bytes_str(*words)))
			return true;
	return false;
}

static bool is_protection(struct sr_bytes v) {
	static const char *const words[] = {"advised", "default", "required", NULL};

	return in_words(words, v);
}

static bool is_obligation(struct sr_bytes v) {
	static const char *const words[] = {"reason-per-lift", "seal-to-recipient", NULL};

	return in_words(words, v);
}

static bool is_safe(struct sr_bytes v) {
	static const char *const words[] = {
		"people", "projects", "settings", "data", "outputs", NULL};

	return in_words(words, v);
}

static bool is_duo(struct sr_bytes v) {
	bool ok = v.len == 11 && memcmp(v.p, "DUO:", 4) == 0;

	for (size_t i = 4; ok && i < v.len; i++)
		ok = v.p[i] >= '0' && v.p[i] <= '9';
	return ok;
}

/* Is each of the words, with single spaces between, one of these? */
static bool each_word(struct sr_bytes v, bool (*is)(struct sr_bytes)) {
	size_t from = 0;

	for (size_t i = 0; i <= v.len; i++) {
		if (i < v.len && v.p[i] != ' ')
			continue;
		if (!is(sr_bytes_of(v.p + from, i - from)))
			return false;
		from = i + 1;
	}
	return true;
}

/* Can it be read aloud: not empty, not too long, nothing but characters on one line? */
static bool is_sentence(struct sr_bytes v, size_t max) {
	bool ok = v.len > 0 && v.len <= max && v.p[0] != ' ' && v.p[v.len - 1] != ' ';

	for (size_t i = 0; ok && i < v.len; i++)
		ok = v.p[i] != '\n' && v.p[i] != '\t';
	return ok && sr_lint_text(v, NULL) == 0;
}

static bool annotation_holds(struct sr_bytes key, struct sr_bytes v, bool *known) {
	*known = true;
	if (sr_bytes_eq(key, sr_bytes_str("id")))
		return is_id(v);
	if (sr_bytes_eq(key, sr_bytes_str("title")))
		return is_sentence(v, SR_LINT_TITLE_MAX);
	if (sr_bytes_eq(key, sr_bytes_str("why")))
		return is_sentence(v, SR_LINT_WHY_MAX);
	if (sr_bytes_eq(key, sr_bytes_str("protection")))
		return is_protection(v);
	if (sr_bytes_eq(key, sr_bytes_str("obligation")))
		return each_word(v, is_obligation);
	if (sr_bytes_eq(key, sr_bytes_str("safe")))
		return each_word(v, is_safe);
	if (sr_bytes_eq(key, sr_bytes_str("duo")))
		return each_word(v, is_duo);
	*known = false;
	return false;
}

static int annotations(struct linter *l, const struct sr_cedar_policy *p) {
	static const char *const needed[] = {"id", "title", "why"};
	char key[40], value[80];
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof needed / sizeof needed[0]; i++)
		if (sr_cedar_annotation_of(p, needed[i]).p == NULL)
			rc = note(l, "annotation", p, "@%s is missing", needed[i]);
	for (size_t i = 0; rc == 0 && i < p->annotation_count; i++) {
		bool known = false;

		if (annotation_holds(p->annotations[i].key, p->annotations[i].value, &known))
			continue;
		(void)sr_escape_to(key, sizeof key, p->annotations[i].key);
		(void)sr_escape_to(value, sizeof value, p->annotations[i].value);
		rc = known ? note(l, "annotation", p, "@%s cannot be \"%s\"", key, value)
			   : note(l, "annotation", p,
				     "nothing heeds @%s: want id, title, why, duo, safe, "
				     "protection or obligation",
				     key);
	}
	return rc;
}

/* No @id twice. */
static int ids_differ(struct linter *l, const struct sr_cedar_policies *policies) {
	const size_t n = sr_cedar_policies_count(policies);
	struct sr_cedar_key *keys = sr_arena_new(l->arena, n, sizeof *keys, l->e);
	struct sr_err why;
	size_t used = 0;

	if (keys == NULL)
		return sr_arena_failed(l->arena);
	for (size_t i = 0; i < n; i++) {
		const struct sr_cedar_policy *p = sr_cedar_policies_get(policies, i);
		const struct sr_bytes id = sr_cedar_annotation_of(p, "id");

		if (id.p != NULL)
			keys[used++] = (struct sr_cedar_key){id, p->line, p->column};
	}
	if (sr_cedar_keys_differ(keys, used, "@id", &why) == 0)
		return 0;
	return note(l, "annotation", NULL, "%s", why.text);
}

/* --- blanket permits ---------------------------------------------------------------------------
 */

static bool speaks_of_principal(const struct sr_cedar_node *n) {
	if (n == NULL)
		return false;
	if (n->op == SR_OP_VAR)
		return n->as.var == SR_VAR_PRINCIPAL;
	if (speaks_of_principal(n->left) || speaks_of_principal(n->right))
		return true;
	if (n->op == SR_OP_IF)
		return speaks_of_principal(n->as.otherwise);
	for (size_t i = 0; n->op == SR_OP_SET && i < n->as.items.count; i++)
		if (speaks_of_principal(n->as.items.list[i]))
			return true;
	for (size_t i = 0; n->op == SR_OP_RECORD && i < n->as.fields.count; i++)
		if (speaks_of_principal(n->as.fields.list[i].value))
			return true;
	for (size_t i = 0; n->op == SR_OP_CALL && i < n->as.call.count; i++)
		if (speaks_of_principal(n->as.call.args[i]))
			return true;
	return false;
}

static int blanket(struct linter *l, const struct sr_cedar_rule *rule) {
	bool who = rule->principal.op != SR_SCOPE_ANY;

	if (rule->pub.forbid)
		return 0;
	if (rule->action.op == SR_SCOPE_ANY)
		return note(l, "blanket", &rule->pub,
			"this permits every action, also those of later versions: name them");
	/* Of a type alone says nothing of a person. */
	if (rule->principal.op == SR_SCOPE_IS &&
		sr_bytes_eq(rule->principal.type, sr_bytes_str("Person")))
		who = false;
	for (size_t i = 0; !who && i < rule->condition_count; i++)
		who = speaks_of_principal(rule->conditions[i].body);
	return who ? 0
		   : note(l, "blanket", &rule->pub,
			     "this permits it to everybody: say who (a role, or whoever is "
			     "named)");
}

/* --- all ---------------------------------------------------------------------------------------
 */

static const char *check_word(enum sr_check_kind kind) {
	switch (kind) {
	case SR_CHECK_UNKNOWN:
		return "unknown";
	case SR_CHECK_TYPE:
		return "type";
	case SR_CHECK_MISSING:
		return "missing";
	case SR_CHECK_OVERFLOW:
		return "overflow";
	case SR_CHECK_NEVER:
		return "never";
	}
	return "unknown";
}

static int by_place(const void *a, const void *b) {
	const struct sr_lint_finding *fa = a, *fb = b;

	if (fa->line != fb->line)
		return fa->line < fb->line ? -1 : 1;
	if (fa->column != fb->column)
		return fa->column < fb->column ? -1 : 1;
	return strcmp(fa->text, fb->text);
}

int sr_lint_policies(struct sr_lint *out, const struct sr_schema *s,
	const struct sr_cedar_policies *policies, struct sr_err *e) {
	int rc = sr_check_policies(&out->check, s, policies, e);

	out->findings = NULL;
	out->count = 0;
	if (rc != 0)
		return rc;
	struct linter l = {.arena = &out->check->arena, .e = e};
	for (size_t i = 0; rc == 0 && i < out->check->count; i++) {
		const struct sr_check_finding *from = &out->check->findings[i];
		struct sr_lint_finding *f = sr_cedar_list_push(l.arena, &l.findings, sizeof *f, e);

		if (f == NULL)
			rc = sr_arena_failed(l.arena);
		else
			*f = (struct sr_lint_finding){check_word(from->kind), from->policy,
				from->line, from->column, from->text};
	}
	if (rc == 0 && policies->rules.count == 0)
		rc = note(&l, "no-policy", NULL, "there is no policy: everything would be denied");
	for (size_t i = 0; rc == 0 && i < policies->rules.count; i++) {
		const struct sr_cedar_rule *rule = policies->rules.list[i];

		rc = annotations(&l, &rule->pub);
		if (rc == 0)
			rc = blanket(&l, rule);
		if (rc == 0 && rule->pub.slots != 0)
			rc = note(&l, "template", &rule->pub,
				"a template decides nothing, and the vault links none: write the "
				"policy out");
	}
	if (rc == 0)
		rc = ids_differ(&l, policies);
	if (rc != 0) {
		sr_lint_free(out);
		return rc;
	}
	out->findings = l.findings.items;
	out->count = l.findings.count;
	if (out->count > 1)
		qsort(out->findings, out->count, sizeof *out->findings, by_place);
	return 0;
}

void sr_lint_free(struct sr_lint *l) {
	sr_check_free(l->check);
	*l = (struct sr_lint){.check = NULL};
}
