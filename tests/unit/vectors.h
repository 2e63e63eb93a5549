/*
 * vectors - published test vectors in Wycheproof's JSON form, walked case by case.
 *
 * Header only, for the few test programs that need it (they link jansson). t_wycheproof skips the
 * test when the file is not there (t_vector).
 */
#ifndef SR_TESTS_VECTORS_H
#define SR_TESTS_VECTORS_H

#include "util.h"

#include <jansson.h>

/* The bytes of the hex member ${name} of ${o}; the caller frees ${out}. */
static inline struct sr_bytes v_hex(struct sr_buf *out, const json_t *o, const char *name) {
	const char *text = json_string_value(json_object_get(o, name));

	assert_non_null(text);
	sr_buf_clear(out);
	sr_buf_put_zero(out, strlen(text) / 2);
	assert_int_equal(out->failed, 0);
	assert_int_equal(sr_unhex(out->p, out->len, sr_bytes_str(text), NULL), 0);
	return sr_buf_view(out);
}

static inline const char *v_str(const json_t *o, const char *name) {
	const char *text = json_string_value(json_object_get(o, name));

	assert_non_null(text);
	return text;
}

/* ${each} for every test of every group; returns how many there were. */
static inline size_t t_wycheproof(
	const char *file, void (*each)(const json_t *group, const json_t *test)) {
	json_error_t je;
	json_t *root = json_load_file(t_vector(file), 0, &je);
	json_t *group, *test;
	size_t i, j, count = 0;

	assert_non_null(root);
	json_array_foreach(json_object_get(root, "testGroups"), i, group) {
		json_array_foreach(json_object_get(group, "tests"), j, test) {
			each(group, test);
			count++;
		}
	}
	assert_int_equal(count, json_integer_value(json_object_get(root, "numberOfTests")));
	json_decref(root);
	return count;
}

#endif
