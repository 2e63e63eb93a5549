/*
 * fuzz_policy_entities - entities from JSON: refused with a place, or entities of which the same
 * text makes as many again. The same bytes are also tried as a request.
 */
#include "fuzz_policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_cedar_entities *s = NULL;
	struct sr_cedar_entities *again = NULL;
	struct sr_cedar_request *r = NULL;
	struct sr_err e = {0};
	int rc = sr_cedar_entities_load(&s, sr_bytes_of(data, size), &e);
	if (rc == 0) {
		assert_ok(sr_cedar_entities_load(&again, sr_bytes_of(data, size), &e), &e);
		MUST(sr_cedar_entities_count(s) == sr_cedar_entities_count(again));
	} else {
		MUST(s == NULL);
		fuzz_policy_refused(rc, &e);
	}
	rc = sr_cedar_request_load(&r, sr_bytes_of(data, size), &e);
	MUST((rc == 0) == (r != NULL));
	if (rc != 0)
		fuzz_policy_refused(rc, &e);
	sr_cedar_entities_free(s);
	sr_cedar_entities_free(again);
	sr_cedar_request_free(r);
	return 0;
}

void fuzz_seeds(void) {
	fuzz_seed_str("hierarchy",
		"[{\"uid\":{\"type\":\"U\",\"id\":\"a\"},\"attrs\":{\"n\":1,"
		"\"s\":\"\\u00e9\\ud83d\\ude00\\n\"},"
		"\"parents\":[{\"type\":\"G\",\"id\":\"g\"}],\"tags\":{\"t\":[true,{}]}},\n"
		"{\"uid\":{\"__entity\":{\"type\":\"G\",\"id\":\"g\"}},\"attrs\":{},"
		"\"parents\":[{\"type\":"
		"\"N::G\",\"id\":\"h\"}]}]");
	fuzz_seed_str("values",
		"[{\"uid\":{\"type\":\"U\",\"id\":\"\"},\"attrs\":{\"e\":{\"__entity\":{\"ty"
		"pe\":\"U\",\"id\":"
		"\"a\"}},\"d\":{\"__extn\":{\"fn\":\"decimal\",\"arg\":\"1.0\"}},"
		"\"o\":{\"__extn\":{\"fn\":"
		"\"offset\",\"args\":[{\"__extn\":{\"fn\":\"datetime\","
		"\"arg\":\"2024-01-01\"}},{\"__extn\":"
		"{\"fn\":\"duration\",\"arg\":\"-1d\"}}]}},\"set\":[-9223372036854775808,[],"
		"\"\"]},\"parents\":"
		"[],\"other\":null}]");
	fuzz_seed_str("cycle", "[{\"uid\":{\"type\":\"U\",\"id\":\"a\"},\"attrs\":{},"
			       "\"parents\":[{\"type\":\"U\",\"id\":\"a\"}"
			       "]}]");
	fuzz_seed_str("twice",
		"[{\"uid\":{\"type\":\"U\",\"id\":\"a\"},\"attrs\":{},\"parents\":[]},"
		"{\"uid\":{\"type\":\"U\","
		"\"id\":\"a\"},\"attrs\":{},\"parents\":[]}]");
	fuzz_seed_str("request", "{\"principal\":{\"type\":\"U\",\"id\":\"a\"},"
				 "\"action\":{\"type\":\"Action\",\"id\":\"v\"},"
				 "\"resource\":{\"__entity\":{\"type\":\"R\",\"id\":\"r\"}},"
				 "\"context\":{\"now\":{\"__extn\":"
				 "{\"fn\":\"datetime\",\"arg\":\"2024-01-01\"}},\"x\":[1,"
				 "{\"__extn\":{\"fn\":1}}]}}");
	fuzz_seed_str("numbers", "[0,-0,1.5,1e3,9223372036854775808,-9223372036854775808,01]");
}
