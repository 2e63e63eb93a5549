/*
 * Every rule of the default set is asked: see walk.h. What nothing can ask yet is named with the
 * reason, and the test fails when the reason is gone. Then the same for attributes: one that the
 * vault never sets, or sets to one value only, makes the rules that read it say nothing.
 */
#include "walk_asking.h"
#include "walk_house.h"
#include "walk_reading.h"
#include "world.h"

static struct walk *k; /* through all groups: what was seen adds up */

static void walk_open(const struct world_options *o) {
	struct world *w = world_new(o);
	struct sr_err e = {0};

	if (k == NULL) {
		k = calloc(1, sizeof *k);
		assert_non_null(k);
		sr_buf_init(&k->text);
		assert_ok(sr_policy_default(&k->text, &e), &e);
		assert_ok(sr_cedar_policies_new(&k->set, &e), &e);
		assert_ok(sr_cedar_policies_parse(k->set, sr_buf_view(&k->text), &e), &e);
	}
	k->w = w;
	k->without = NULL;
	if (o != NULL && o->members > 3)
		WALK_OK(k, world_person_add(w, &w->curator[0], &w->member[3], "researcher"));
	walk_item(k, NULL, true, k->plain);
	walk_item(k, NULL, false, k->held);
}

static void walk_close(void) {
	sr_version_row_free(&k->v);
	memset(&k->v, 0, sizeof k->v);
	world_free(k->w);
	k->w = NULL;
}

static const struct sr_cedar_policy *rule_of(const char *id) {
	for (size_t i = 0; i < sr_cedar_policies_count(k->set); i++)
		if (sr_bytes_eq(walk_id(sr_cedar_policies_get(k->set, i)), sr_bytes_str(id)))
			return sr_cedar_policies_get(k->set, i);
	fail_msg("the default set has no rule %s", id);
	return NULL;
}

static void walk_rows(const struct walk_row *rows, size_t count) {
	for (size_t i = 0; i < count; i++) {
		const struct sr_cedar_policy *p = rule_of(rows[i].id);

		if (rows[i].deed != NULL && p != NULL)
			walk_row(k, &rows[i], p->forbid);
	}
}

static const struct world_options five = {.members = 5, .level = {2, 3}};

static void asking(void **state) {
	(void)state;
	walk_open(&five);
	walk_rows(asking_rows, T_COUNT(asking_rows));
	walk_close();
}

static void reading(void **state) {
	(void)state;
	walk_open(&five);
	walk_rows(reading_rows, T_COUNT(reading_rows));
	walk_close();
}

/* And deeds of before, under another board. */
static void house(void **state) {
	static const struct world_options four = {.members = 4, .level = {4}};
	static const struct walk_row again[] = {{.id = "researchers-ask", .deed = ask_access},
		{.id = "read-undistressing", .deed = reads_plain}};

	(void)state;
	walk_open(&four);
	walk_rows(again, T_COUNT(again));
	walk_rows(house_rows, T_COUNT(house_rows));
	walk_close();
}

/* --- nothing is left out ---------------------------------------------------------------------- */

static size_t rows_of(struct sr_bytes id) {
	size_t n = 0;

	for (size_t i = 0; i < T_COUNT(asking_rows); i++)
		n += sr_bytes_eq(id, sr_bytes_str(asking_rows[i].id));
	for (size_t i = 0; i < T_COUNT(reading_rows); i++)
		n += sr_bytes_eq(id, sr_bytes_str(reading_rows[i].id));
	for (size_t i = 0; i < T_COUNT(house_rows); i++)
		n += sr_bytes_eq(id, sr_bytes_str(house_rows[i].id));
	return n;
}

static void every_rule(void **state) {
	(void)state;
	for (size_t i = 0; i < sr_cedar_policies_count(k->set); i++) {
		const struct sr_bytes id = walk_id(sr_cedar_policies_get(k->set, i));

		if (rows_of(id) == 0)
			fail_msg("no deed for the rule %.*s", (int)id.len, (const char *)id.p);
	}
	printf("# %zu rules\n", sr_cedar_policies_count(k->set));
}

/* What has one value here, and why that is the truth. A reason that is gone fails the test too. */
static const struct {
	const char *name, *why;
} constant[] = {
	{"context.network", "nobody comes over a network: programs of this machine, by a socket or "
			    "without one"},
	{"context.reason", "of lift-protection"},
	{"Item.keyBefore", "after a rekey: test_core_client_rekey"},
	{"Request.keyBefore", "after a rekey: test_core_client_rekey"},
};

static const char *constant_why(const char *name) {
	for (size_t i = 0; i < T_COUNT(constant); i++)
		if (strcmp(constant[i].name, name) == 0)
			return constant[i].why;
	return NULL;
}

/* Was the attribute ever another, and one that may be missing both there and not? */
static void seen_as_two(const char *of, const struct sr_schema_record *r, size_t *bad) {
	for (size_t i = 0; r != NULL && i < r->count; i++) {
		const struct sr_schema_field *f = &r->fields[i];
		char name[WALK_NAME];
		const struct walk_sight *s;
		bool two;

		snprintf(name, sizeof name, "%s.%.*s", of, (int)f->name.len,
			(const char *)f->name.p);
		s = walk_sight(k, name);
		if (f->type->kind == SR_CEDAR_RECORD) {
			seen_as_two(name, f->type->record, bad);
			continue;
		}
		two = f->optional ? s->absent && s->value[0] != '\0' : s->other;
		if (two != (constant_why(name) == NULL)) {
			printf("# %s: %s%s, first value \"%s\"%s\n", name,
				two ? "has two values" : "never another value",
				f->optional ? " (it may be missing)" : "", s->value,
				s->absent ? ", also missing" : "");
			++*bad;
		}
	}
}

static void every_attribute(void **state) {
	struct sr_schema *s = NULL;
	struct sr_err e = {0};
	size_t bad = 0;

	(void)state;
	assert_ok(sr_schema_parse(&s, sr_policy_schema(), &e), &e);
	for (size_t i = 0; i < s->entity_count; i++) {
		char type[40];

		snprintf(type, sizeof type, "%.*s", (int)s->entities[i].name.len,
			(const char *)s->entities[i].name.p);
		seen_as_two(type, s->entities[i].attrs, &bad);
	}
	for (size_t i = 0; i < s->action_count; i++) {
		const struct sr_schema_action *a = &s->actions[i];
		bool asked = a->principal_count == 0; /* a mere group */

		seen_as_two("context", a->context, &bad);
		for (size_t n = 0; n < k->action_count; n++)
			asked = asked || sr_bytes_eq(a->name, sr_bytes_str(k->actions[n]));
		/* The room shows no protections that could be lifted: no statement says so. */
		if (sr_bytes_eq(a->name, sr_bytes_str("lift-protection")))
			asked = !asked && sr_type_named(sr_bytes_str("climb")) == NULL;
		if (!asked) {
			printf("# %.*s was not asked\n", (int)a->name.len, (const char *)a->name.p);
			bad++;
		}
	}
	sr_schema_free(s);
	assert_int_equal(bad, 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asking),
		cmocka_unit_test(reading),
		cmocka_unit_test(house),
		cmocka_unit_test(every_rule),
		cmocka_unit_test(every_attribute),
	};
	const int rc = cmocka_run_group_tests(tests, NULL, NULL);

	if (k != NULL) {
		sr_cedar_policies_free(k->set);
		sr_buf_free(&k->text);
		free(k);
	}
	return rc;
}
