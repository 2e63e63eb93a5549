/*
 * fuzz_policy_text - policy text: refused with a place, or policies that come back the same from
 * their text and their JSON form.
 */
#include "fuzz_policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_cedar_policies *p = NULL;
	struct sr_err e = {0};
	assert_ok(sr_cedar_policies_new(&p, &e), &e);
	int rc = sr_cedar_policies_parse(p, sr_bytes_of(data, size), &e);
	if (rc != 0) {
		fuzz_policy_refused(rc, &e);
		MUST(sr_cedar_policies_count(p) == 0);
	}
	for (size_t i = 0; i < sr_cedar_policies_count(p); i++) {
		const struct sr_cedar_policy *policy = sr_cedar_policies_get(p, i);
		MUST(sr_cedar_policies_find(p, policy->id) == policy);
		fuzz_policy_again(policy);
	}
	sr_cedar_policies_free(p);
	return 0;
}

void fuzz_seeds(void) {
	for (size_t i = 0; i < sizeof fuzz_policies / sizeof fuzz_policies[0]; i++) {
		char name[16];
		(void)snprintf(name, sizeof name, "policy-%zu", i);
		fuzz_seed_str(name, fuzz_policies[i]);
	}
}
