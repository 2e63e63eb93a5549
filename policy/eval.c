/* eval - what an expression is worth; see eval.h. */
#include "policy/eval.h"

#include "base/escape.h"

void sr_cedar_eval_init(struct sr_cedar_eval *v, const struct sr_cedar_entities *entities,
	const struct sr_cedar_request *request, struct sr_arena *arena, struct sr_err *e) {
	*v = (struct sr_cedar_eval){.entities = entities,
		.request = request,
		.arena = arena,
		.steps_left = SR_CEDAR_STEPS_MAX,
		.e = e};
	if (request == NULL)
		return;
	for (int var = SR_VAR_PRINCIPAL; var < SR_VAR_CONTEXT; var++)
		v->known[var] = sr_cedar_entity_find(entities, request->vars[var].name);
}

/* Take ${steps} from what is left. */
static int charge(struct sr_cedar_eval *v, uint64_t steps) {
	if (steps > v->steps_left)
		return sr_fail(v->e, SR_LIMIT, "the decision takes more than %d steps",
			SR_CEDAR_STEPS_MAX);
	v->steps_left -= steps;
	return 0;
}

static uint64_t log2_of(size_t count) {
	uint64_t n = 1;
	for (; count > 1; count /= 2)
		n++;
	return n;
}

/* --- errors ---------------------------------------------------------------------------------- */

/* Apart, so that the frames of the recursion stay small. */
#define COLD __attribute__((cold, noinline))

COLD static int fail_type(struct sr_cedar_eval *v, const struct sr_cedar_node *n, const char *want,
	const struct sr_cedar_value *have) {
	v->failed_at = n;
	return sr_fail(v->e, SR_CORRUPT, "want %s, have %s", want, sr_cedar_kind_name(have->kind));
}

COLD static int fail_overflow(
	struct sr_cedar_eval *v, const struct sr_cedar_node *n, int64_t a, int64_t b) {
	v->failed_at = n;
	return sr_fail(v->e, SR_CORRUPT, "%lld %s %lld does not fit 64 bits", (long long)a,
		sr_cedar_op_text(n->op), (long long)b);
}

COLD static int fail_missing(struct sr_cedar_eval *v, const struct sr_cedar_node *n,
	const char *what, const struct sr_cedar_name *of, struct sr_bytes attr) {
	char type[64];
	char id[64];
	char name[64];
	v->failed_at = n;
	(void)sr_escape_to(name, sizeof name, attr);
	if (of == NULL)
		return sr_fail(v->e, SR_CORRUPT, "the record has no %s \"%s\"", what, name);
	return sr_fail(v->e, SR_CORRUPT, "%s::\"%s\" has no %s \"%s\"",
		sr_escape_to(type, sizeof type, of->type), sr_escape_to(id, sizeof id, of->id),
		what, name);
}

COLD static int fail_unknown(
	struct sr_cedar_eval *v, const struct sr_cedar_node *n, const struct sr_cedar_name *name) {
	char type[64];
	char id[64];
	v->failed_at = n;
	return sr_fail(v->e, SR_CORRUPT, "%s::\"%s\" is not among the entities",
		sr_escape_to(type, sizeof type, name->type), sr_escape_to(id, sizeof id, name->id));
}

/* Evaluate ${n}, which must be of ${kind}. */
static int eval_kind(struct sr_cedar_eval *v, const struct sr_cedar_node *n,
	enum sr_cedar_kind kind, struct sr_cedar_value *out) {
	int rc = sr_cedar_eval(v, n, out);
	if (rc == 0 && out->kind != kind)
		return fail_type(v, n, sr_cedar_kind_name(kind), out);
	return rc;
}

static int boolean(struct sr_cedar_value *out, bool b) {
	out->kind = SR_CEDAR_BOOL;
	out->b = b;
	return 0;
}

/* --- entities -------------------------------------------------------------------------------- */

static const struct sr_cedar_entity *entity_of(
	const struct sr_cedar_eval *v, const struct sr_cedar_name *name) {
	for (int var = SR_VAR_PRINCIPAL; var < SR_VAR_CONTEXT; var++)
		if (v->request->vars[var].name == name)
			return v->known[var];
	return sr_cedar_entity_find(v->entities, name);
}

bool sr_cedar_eval_in(const struct sr_cedar_eval *v, int var, const struct sr_cedar_name *name,
	const struct sr_cedar_name *ancestor) {
	if (sr_cedar_name_eq(name, ancestor))
		return true;
	const struct sr_cedar_entity *x = var >= 0 ? v->known[var] : entity_of(v, name);
	return x != NULL && sr_cedar_entity_in(x, ancestor);
}

/* ${left} in ${right}, ${n} being the operator. */
static int value_in(struct sr_cedar_eval *v, const struct sr_cedar_node *n,
	const struct sr_cedar_value *left, const struct sr_cedar_value *right,
	struct sr_cedar_value *out) {
	bool found = false;
	if (right->kind == SR_CEDAR_ENTITY)
		return boolean(out, sr_cedar_eval_in(v, -1, left->name, right->name));
	if (right->kind != SR_CEDAR_SET)
		return fail_type(v, n, "an entity or a set of entities right of in", right);
	int rc = charge(v, right->set->count);
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < right->set->count; i++) {
		const struct sr_cedar_value *item = &right->set->items[i];
		if (item->kind != SR_CEDAR_ENTITY)
			return fail_type(v, n, "entities alone in the set right of in", item);
		found = found || sr_cedar_eval_in(v, -1, left->name, item->name);
	}
	return boolean(out, found);
}

/* --- attributes and tags --------------------------------------------------------------------- */

/* What ${value} has: its fields, or its entity's attributes; NULL: an entity that is not there. */
static int fields_of(struct sr_cedar_eval *v, const struct sr_cedar_node *n,
	const struct sr_cedar_value *value, const struct sr_cedar_record **out) {
	if (value->kind == SR_CEDAR_RECORD) {
		*out = value->record;
		return 0;
	}
	if (value->kind != SR_CEDAR_ENTITY)
		return fail_type(v, n, "a record or an entity", value);
	const struct sr_cedar_entity *x = entity_of(v, value->name);
	*out = x == NULL ? NULL : x->attrs;
	return 0;
}

static int eval_get(
	struct sr_cedar_eval *v, const struct sr_cedar_node *n, struct sr_cedar_value *out) {
	struct sr_cedar_value left;
	const struct sr_cedar_record *fields = NULL;
	int rc = sr_cedar_eval(v, n->left, &left);
	if (rc == 0)
		rc = fields_of(v, n, &left, &fields);
	if (rc != 0)
		return rc;
	if (fields == NULL)
		return fail_unknown(v, n, left.name);
	const struct sr_cedar_value *found = sr_cedar_record_get(fields, n->as.attr);
	if (found == NULL)
		return fail_missing(v, n, "attribute",
			left.kind == SR_CEDAR_ENTITY ? left.name : NULL, n->as.attr);
	*out = *found;
	return 0;
}

/* `x has a.b` is `x has a && x.a has b`. */
static int eval_has(
	struct sr_cedar_eval *v, const struct sr_cedar_node *n, struct sr_cedar_value *out) {
	struct sr_cedar_value at;
	int rc = sr_cedar_eval(v, n->left, &at);
	for (size_t i = 0; rc == 0 && i < n->as.has.count; i++) {
		const struct sr_cedar_record *fields = NULL;
		rc = charge(v, 1);
		if (rc == 0)
			rc = fields_of(v, n, &at, &fields);
		if (rc != 0)
			return rc;
		const struct sr_cedar_value *found =
			fields == NULL ? NULL : sr_cedar_record_get(fields, n->as.has.list[i]);
		if (found == NULL)
			return boolean(out, false);
		at = *found;
	}
	return rc != 0 ? rc : boolean(out, true);
}

static int eval_tag(
	struct sr_cedar_eval *v, const struct sr_cedar_node *n, struct sr_cedar_value *out) {
	struct sr_cedar_value left;
	struct sr_cedar_value key;
	int rc = eval_kind(v, n->left, SR_CEDAR_ENTITY, &left);
	if (rc == 0)
		rc = eval_kind(v, n->right, SR_CEDAR_STRING, &key);
	if (rc != 0)
		return rc;
	const struct sr_cedar_entity *x = entity_of(v, left.name);
	const struct sr_cedar_value *found = x == NULL ? NULL : sr_cedar_record_get(x->tags, key.s);
	if (n->op == SR_OP_HAS_TAG)
		return boolean(out, found != NULL);
	if (x == NULL)
		return fail_unknown(v, n, left.name);
	if (found == NULL)
		return fail_missing(v, n, "tag", left.name, key.s);
	*out = *found;
	return 0;
}

/* --- operators of two ------------------------------------------------------------------------ */

static int eval_logic(
	struct sr_cedar_eval *v, const struct sr_cedar_node *n, struct sr_cedar_value *out) {
	int rc = eval_kind(v, n->left, SR_CEDAR_BOOL, out);
	if (rc != 0 || out->b == (n->op == SR_OP_OR))
		return rc;
	return eval_kind(v, n->right, SR_CEDAR_BOOL, out);
}

static int eval_equal(
	struct sr_cedar_eval *v, const struct sr_cedar_node *n, struct sr_cedar_value *out) {
	struct sr_cedar_value left;
	struct sr_cedar_value right;
	int rc = sr_cedar_eval(v, n->left, &left);
	if (rc == 0)
		rc = sr_cedar_eval(v, n->right, &right);
	if (rc != 0)
		return rc;
	uint64_t a = sr_cedar_value_weight(&left);
	uint64_t b = sr_cedar_value_weight(&right);
	rc = charge(v, a < b ? a : b);
	if (rc != 0)
		return rc;
	return boolean(out, (sr_cedar_value_cmp(&left, &right) == 0) == (n->op == SR_OP_EQ));
}

static int eval_order(
	struct sr_cedar_eval *v, const struct sr_cedar_node *n, struct sr_cedar_value *out) {
	struct sr_cedar_value left;
	struct sr_cedar_value right;
	int rc = sr_cedar_eval(v, n->left, &left);
	if (rc == 0)
		rc = sr_cedar_eval(v, n->right, &right);
	if (rc != 0)
		return rc;
	if (!sr_cedar_ordered(left.kind))
		return fail_type(v, n, "a long, datetime or duration", &left);
	if (left.kind != right.kind)
		return fail_type(v, n, sr_cedar_kind_name(left.kind), &right);
	if (n->op == SR_OP_LT)
		return boolean(out, left.n < right.n);
	if (n->op == SR_OP_LE)
		return boolean(out, left.n <= right.n);
	if (n->op == SR_OP_GT)
		return boolean(out, left.n > right.n);
	return boolean(out, left.n >= right.n);
}

static int eval_sum(
	struct sr_cedar_eval *v, const struct sr_cedar_node *n, struct sr_cedar_value *out) {
	struct sr_cedar_value left;
	struct sr_cedar_value right;
	bool over = false;
	int rc = eval_kind(v, n->left, SR_CEDAR_LONG, &left);
	if (rc == 0)
		rc = eval_kind(v, n->right, SR_CEDAR_LONG, &right);
	if (rc != 0)
		return rc;
	out->kind = SR_CEDAR_LONG;
	if (n->op == SR_OP_ADD)
		over = __builtin_add_overflow(left.n, right.n, &out->n);
	else if (n->op == SR_OP_SUB)
		over = __builtin_sub_overflow(left.n, right.n, &out->n);
	else
		over = __builtin_mul_overflow(left.n, right.n, &out->n);
	return over ? fail_overflow(v, n, left.n, right.n) : 0;
}

static int eval_in(
	struct sr_cedar_eval *v, const struct sr_cedar_node *n, struct sr_cedar_value *out) {
	struct sr_cedar_value left;
	struct sr_cedar_value right;
	int rc = eval_kind(v, n->left, SR_CEDAR_ENTITY, &left);
	if (rc == 0)
		rc = sr_cedar_eval(v, n->right, &right);
	return rc != 0 ? rc : value_in(v, n, &left, &right, out);
}

/* contains, containsAll, containsAny: each element looked up costs a comparison with log2 of the
 * set's. */
static int eval_contains(
	struct sr_cedar_eval *v, const struct sr_cedar_node *n, struct sr_cedar_value *out) {
	struct sr_cedar_value left;
	struct sr_cedar_value right;
	int rc = eval_kind(v, n->left, SR_CEDAR_SET, &left);
	if (rc == 0 && n->op == SR_OP_CONTAINS)
		rc = sr_cedar_eval(v, n->right, &right);
	else if (rc == 0)
		rc = eval_kind(v, n->right, SR_CEDAR_SET, &right);
	if (rc == 0)
		rc = charge(v, sr_cedar_value_weight(&right) * log2_of(left.set->count));
	if (rc != 0)
		return rc;
	if (n->op == SR_OP_CONTAINS)
		return boolean(out, sr_cedar_set_has(left.set, &right));
	bool all = n->op == SR_OP_CONTAINS_ALL;
	for (size_t i = 0; i < right.set->count; i++)
		if (sr_cedar_set_has(left.set, &right.set->items[i]) != all)
			return boolean(out, !all);
	return boolean(out, all);
}

/* --- the others ------------------------------------------------------------------------------ */

static int eval_neg(
	struct sr_cedar_eval *v, const struct sr_cedar_node *n, struct sr_cedar_value *out) {
	int rc = eval_kind(v, n->left, SR_CEDAR_LONG, out);
	if (rc != 0)
		return rc;
	int64_t of = out->n;
	if (!__builtin_sub_overflow(INT64_C(0), of, &out->n))
		return 0;
	v->failed_at = n;
	return sr_fail(v->e, SR_CORRUPT, "-(%lld) does not fit 64 bits", (long long)of);
}

static int eval_like(
	struct sr_cedar_eval *v, const struct sr_cedar_node *n, struct sr_cedar_value *out) {
	struct sr_cedar_value left;
	int rc = eval_kind(v, n->left, SR_CEDAR_STRING, &left);
	if (rc == 0)
		rc = charge(v, left.s.len / 8 + n->as.pattern->count);
	return rc != 0 ? rc : boolean(out, sr_cedar_pattern_match(n->as.pattern, left.s));
}

static int eval_is(
	struct sr_cedar_eval *v, const struct sr_cedar_node *n, struct sr_cedar_value *out) {
	struct sr_cedar_value left;
	struct sr_cedar_value right;
	int rc = eval_kind(v, n->left, SR_CEDAR_ENTITY, &left);
	if (rc != 0)
		return rc;
	bool is = sr_bytes_eq(left.name->type, n->as.type);
	if (!is || n->right == NULL)
		return boolean(out, is);
	rc = sr_cedar_eval(v, n->right, &right);
	return rc != 0 ? rc : value_in(v, n, &left, &right, out);
}

static int eval_if(
	struct sr_cedar_eval *v, const struct sr_cedar_node *n, struct sr_cedar_value *out) {
	int rc = eval_kind(v, n->left, SR_CEDAR_BOOL, out);
	return rc != 0 ? rc : sr_cedar_eval(v, out->b ? n->right : n->as.otherwise, out);
}

static int eval_set(
	struct sr_cedar_eval *v, const struct sr_cedar_node *n, struct sr_cedar_value *out) {
	size_t count = n->as.items.count;
	uint64_t weight = count;
	struct sr_cedar_value *items = sr_arena_new(v->arena, count, sizeof *items, v->e);
	if (items == NULL)
		return sr_arena_failed(v->arena);
	for (size_t i = 0; i < count; i++) {
		int rc = sr_cedar_eval(v, n->as.items.list[i], &items[i]);
		if (rc != 0)
			return rc;
		weight += sr_cedar_value_weight(&items[i]);
	}
	int rc = charge(v, weight * log2_of(count));
	return rc != 0 ? rc : sr_cedar_set_make(v->arena, items, count, out, v->e);
}

static int eval_record(
	struct sr_cedar_eval *v, const struct sr_cedar_node *n, struct sr_cedar_value *out) {
	size_t count = n->as.fields.count;
	struct sr_cedar_field *fields = sr_arena_new(v->arena, count, sizeof *fields, v->e);
	if (fields == NULL)
		return sr_arena_failed(v->arena);
	for (size_t i = 0; i < count; i++) {
		fields[i].key = n->as.fields.list[i].key;
		int rc = sr_cedar_eval(v, n->as.fields.list[i].value, &fields[i].value);
		if (rc != 0)
			return rc;
	}
	int rc = charge(v, count * log2_of(count));
	out->kind = SR_CEDAR_RECORD;
	/* The parser refused a key that is there twice. */
	return rc != 0 ? rc
		       : sr_cedar_record_make(v->arena, fields, count, &out->record, NULL, v->e);
}

static int eval_call(
	struct sr_cedar_eval *v, const struct sr_cedar_node *n, struct sr_cedar_value *out) {
	struct sr_cedar_value args[SR_CEDAR_EXT_ARGS];
	struct sr_cedar_value surplus;
	for (size_t i = 0; i < n->as.call.count; i++) {
		int rc = sr_cedar_eval(
			v, n->as.call.args[i], i < SR_CEDAR_EXT_ARGS ? &args[i] : &surplus);
		if (rc != 0)
			return rc;
	}
	int rc =
		sr_cedar_ext_call(v->arena, n->as.call.function, args, n->as.call.count, out, v->e);
	if (rc != 0)
		v->failed_at = n;
	return rc;
}

int sr_cedar_eval(
	struct sr_cedar_eval *v, const struct sr_cedar_node *n, struct sr_cedar_value *out) {
	if (n->folded != NULL) {
		*out = *n->folded;
		return 0;
	}
	*out = (struct sr_cedar_value){0};
	int rc = charge(v, 1);
	if (rc != 0)
		return rc;
	switch (n->op) {
	case SR_OP_VALUE:
		*out = n->as.value;
		return 0;
	case SR_OP_VAR:
		*out = v->request->vars[n->as.var];
		return 0;
	case SR_OP_OR:
	case SR_OP_AND:
		return eval_logic(v, n, out);
	case SR_OP_EQ:
	case SR_OP_NE:
		return eval_equal(v, n, out);
	case SR_OP_LT:
	case SR_OP_LE:
	case SR_OP_GT:
	case SR_OP_GE:
		return eval_order(v, n, out);
	case SR_OP_IN:
		return eval_in(v, n, out);
	case SR_OP_ADD:
	case SR_OP_SUB:
	case SR_OP_MUL:
		return eval_sum(v, n, out);
	case SR_OP_CONTAINS:
	case SR_OP_CONTAINS_ALL:
	case SR_OP_CONTAINS_ANY:
		return eval_contains(v, n, out);
	case SR_OP_HAS_TAG:
	case SR_OP_GET_TAG:
		return eval_tag(v, n, out);
	case SR_OP_NOT:
		rc = eval_kind(v, n->left, SR_CEDAR_BOOL, out);
		out->b = rc == 0 && !out->b;
		return rc;
	case SR_OP_NEG:
		return eval_neg(v, n, out);
	case SR_OP_IS_EMPTY:
		rc = eval_kind(v, n->left, SR_CEDAR_SET, out);
		return rc != 0 ? rc : boolean(out, out->set->count == 0);
	case SR_OP_GET:
		return eval_get(v, n, out);
	case SR_OP_HAS:
		return eval_has(v, n, out);
	case SR_OP_LIKE:
		return eval_like(v, n, out);
	case SR_OP_IS:
		return eval_is(v, n, out);
	case SR_OP_IF:
		return eval_if(v, n, out);
	case SR_OP_SET:
		return eval_set(v, n, out);
	case SR_OP_RECORD:
		return eval_record(v, n, out);
	case SR_OP_CALL:
		return eval_call(v, n, out);
	}
	return sr_fail(v->e, SR_MISUSE, "operator %d is unknown", (int)n->op);
}
