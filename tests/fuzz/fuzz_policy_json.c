/*
 * fuzz_policy_json - the JSON form of a policy: refused with a place, or a policy that comes back
 * the same.
 */
#include "fuzz_policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_cedar_policies *p = NULL;
	struct sr_err e = {0};
	assert_ok(sr_cedar_policies_new(&p, &e), &e);
	int rc = sr_cedar_policies_add_json(p, sr_bytes_str("x"), sr_bytes_of(data, size), &e);
	if (rc == 0)
		fuzz_policy_again(sr_cedar_policies_get(p, 0));
	else
		fuzz_policy_refused(rc, &e);
	sr_cedar_policies_free(p);
	return 0;
}

void fuzz_seeds(void) {
	for (size_t i = 0; i < sizeof fuzz_policies / sizeof fuzz_policies[0]; i++) {
		struct sr_cedar_policies *p = NULL;
		struct sr_err e;
		struct sr_buf json;
		char name[16];
		sr_buf_init(&json);
		(void)snprintf(name, sizeof name, "policy-%zu", i);
		assert_ok(sr_cedar_policies_new(&p, &e), &e);
		assert_ok(sr_cedar_policies_parse(p, sr_bytes_str(fuzz_policies[i]), &e), &e);
		assert_ok(sr_cedar_policy_json(sr_cedar_policies_get(p, 0), &json, &e), &e);
		fuzz_seed(name, sr_buf_view(&json));
		sr_buf_free(&json);
		sr_cedar_policies_free(p);
	}
	fuzz_seed_str("value",
		"{\"effect\":\"permit\",\"principal\":{\"op\":\"All\"},\"action\":{\"op\":\"All\"},"
		"\"resource\":{\"op\":\"All\"},\"conditions\":[{\"kind\":\"when\","
		"\"body\":{\"Value\":"
		"[{\"__extn\":{\"fn\":\"ip\",\"arg\":\"::1\"}},"
		"{\"a\":{\"__entity\":{\"type\":\"U\",\"id\":"
		"\"\"}}}]}}]}");
}
