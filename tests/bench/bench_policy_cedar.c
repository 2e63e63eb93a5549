/*
 * bench_policy_cedar - what a decision and a parse cost.
 *
 * 50 policies of the kind that a vault has (roles, hazards, conflicts, dates, exposure, networks),
 * five entities, a request with twelve values of context; each decision is timed by itself, over
 * twelve different requests, and the median taken. Goals: 3 us for a decision (issue: 50 policies),
 * 1 ms to parse 100 policies; exit 1 if one is missed.
 *
 * With --cases it writes the policies, entities and requests as JSON instead, for another engine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "strongroom/cedar.h"

enum {
	POLICIES = 50,
	PARSED = 100,
	DECISIONS = 200000,
	PARSES = 200,
	GOAL_DECISION_NS = 3000,
	GOAL_PARSE_NS = 1000000
};

/* %d: the number of the policy, which makes each about another collection. */
static const char *const kinds[] = {
	"@id(\"view-%d\") @title(\"Members of the team read what was granted\")\n"
	"permit(principal is Researcher in Team::\"t%d\", action in Action::\"read\", "
	"resource is Item)\n"
	"when { context.approvals >= 2 && resource in principal.collections }\n"
	"when { context.now < resource.grantEnds };\n",
	"@id(\"own-%d\") forbid(principal, action == Action::\"vote\", resource is Request)\n"
	"when { principal == resource.applicant || resource.team%d.contains(principal) };\n",
	"@id(\"hazard-%d\") forbid(principal, action in [Action::\"text\", "
	"Action::\"colour\"], resource)\n"
	"when { resource.hazards.containsAny([\"referral\", \"sealed-%d\"]) };\n",
	"@id(\"training-%d\") permit(principal is Researcher, action == Action::\"text\", "
	"resource)\n"
	"when { principal has training.ends && principal.training.ends > context.now }\n"
	"unless { context.exposureToday > %d };\n",
	"@id(\"network-%d\") forbid(principal, action == Action::\"export\", resource in "
	"Collection::\"c%d\")\n"
	"unless { context.network.isInRange(ip(\"10.0.0.0/8\")) && context.purpose like "
	"\"research*\" };\n",
};

static const char entities[] =
	"[{\"uid\":{\"type\":\"Researcher\",\"id\":\"rose\"},"
	"\"attrs\":{\"collections\":[{\"__entity\":"
	"{\"type\":\"Collection\",\"id\":\"c3\"}}],\"training\":{\"ends\":{\"__extn\":{\"fn"
	"\":\"datetime\","
	"\"arg\":\"2027-09-01\"}}}},\"parents\":[{\"type\":\"Team\",\"id\":\"t5\"}]},"
	"{\"uid\":{\"type\":\"Team\",\"id\":\"t5\"},\"attrs\":{},"
	"\"parents\":[{\"type\":\"University\",\"id\":"
	"\"u\"}]},"
	"{\"uid\":{\"type\":\"Item\",\"id\":\"i1\"},\"attrs\":{\"hazards\":[\"hate\","
	"\"graphic\"],\"grantEnds\":"
	"{\"__extn\":{\"fn\":\"datetime\",\"arg\":\"2027-01-01T00:00:00Z\"}}},"
	"\"parents\":[{\"type\":"
	"\"Collection\",\"id\":\"c3\"}]},"
	"{\"uid\":{\"type\":\"Collection\",\"id\":\"c3\"},\"attrs\":{},\"parents\":[]},"
	"{\"uid\":{\"type\":\"Action\",\"id\":\"text\"},\"attrs\":{},"
	"\"parents\":[{\"type\":\"Action\",\"id\":"
	"\"read\"}]}]";

static const char context[] =
	"{\"approvals\":%d,\"denials\":0,\"recusals\":1,\"institutions\":2,\"conflicts\":false,"
	"\"purpose\":\"research/history\",\"form\":\"text\",\"exposureToday\":%d,"
	"\"exposureMonth\":40,"
	"\"witnessed\":true,\"network\":{\"__extn\":{\"fn\":\"ip\",\"arg\":\"10.1.2.3\"}},\"now\":"
	"{\"__extn\":{\"fn\":\"datetime\",\"arg\":\"2026-11-28T10:00:00Z\"}}}";

static const char *const actions[] = {"text", "export", "read", "vote"};

static uint64_t now_ns(void) {
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static void must(int rc, const struct sr_err *e) {
	if (rc == 0)
		return;
	(void)fprintf(stderr, "bench_policy_cedar: %s\n", e->text);
	exit(2);
}

static int by_time(const void *a, const void *b) {
	const uint32_t *ta = a;
	const uint32_t *tb = b;
	return (*ta > *tb) - (*ta < *tb);
}

/* The ${percent}th part of a hundred of sorted times, in units of ${unit} ns. */
static double part(const uint32_t *times, size_t count, size_t percent, double unit) {
	size_t at = count * percent / 100;
	return times[at] / unit;
}

/* ${count} policies as text. */
static void put_policies(struct sr_buf *out, int count) {
	for (int i = 0; i < count; i++) {
		const char *kind = kinds[(size_t)i % (sizeof kinds / sizeof kinds[0])];
		char number[16];
		(void)snprintf(number, sizeof number, "%d", i);
		for (const char *p = kind; *p != '\0'; p++) {
			if (p[0] == '%' && p[1] == 'd') {
				sr_buf_put_str(out, number);
				p++;
			} else {
				sr_buf_put_u8(out, (uint8_t)*p);
			}
		}
	}
}

/* The ${i}th request: four actions, three contexts. */
static void put_request(struct sr_buf *out, size_t i) {
	size_t other = i / (sizeof actions / sizeof actions[0]) % 3;
	sr_buf_put_str(out, "{\"principal\":{\"type\":\"Researcher\",\"id\":\"rose\"},\"action\":"
			    "{\"type\":\"Action\",\"id\":\"");
	sr_buf_put_str(out, actions[i % (sizeof actions / sizeof actions[0])]);
	sr_buf_put_str(out, "\"},\"resource\":{\"type\":\"Item\",\"id\":\"i1\"},\"context\":");
	sr_buf_printf(out, context, (int)other + 1, (int)other * 20);
	sr_buf_put_str(out, "}");
}

enum {
	REQUESTS = 12
};

/* JSON lines: the policies, the entities, the requests. */
static void write_cases(void) {
	struct sr_buf b;
	sr_buf_init(&b);
	put_policies(&b, POLICIES);
	(void)printf("%.*s\n\n%s\n", (int)b.len, (const char *)b.p, entities);
	for (size_t i = 0; i < REQUESTS; i++) {
		sr_buf_clear(&b);
		put_request(&b, i);
		(void)printf("%.*s\n", (int)b.len, (const char *)b.p);
	}
	sr_buf_free(&b);
}

static int bench_parse(void) {
	static uint32_t times[PARSES];
	struct sr_buf text;
	struct sr_err e;
	sr_buf_init(&text);
	put_policies(&text, PARSED);
	for (size_t i = 0; i < PARSES; i++) {
		struct sr_cedar_policies *p = NULL;
		uint64_t begin = now_ns();
		must(sr_cedar_policies_new(&p, &e), &e);
		must(sr_cedar_policies_parse(p, sr_buf_view(&text), &e), &e);
		times[i] = (uint32_t)(now_ns() - begin);
		sr_cedar_policies_free(p);
	}
	qsort(times, PARSES, sizeof times[0], by_time);
	(void)printf("parse %d policies (%zu bytes): p50 %.3f ms, p99 %.3f ms (goal 1 ms)\n",
		PARSED, text.len, part(times, PARSES, 50, 1e6), part(times, PARSES, 99, 1e6));
	sr_buf_free(&text);
	return times[PARSES / 2] <= GOAL_PARSE_NS ? 0 : 1;
}

static int bench_decide(void) {
	static uint32_t times[DECISIONS];
	struct sr_cedar_policies *p = NULL;
	struct sr_cedar_entities *s = NULL;
	struct sr_cedar_request *requests[REQUESTS];
	struct sr_buf b;
	struct sr_err e;
	size_t allowed = 0;
	size_t erred = 0;
	sr_buf_init(&b);
	put_policies(&b, POLICIES);
	must(sr_cedar_policies_new(&p, &e), &e);
	must(sr_cedar_policies_parse(p, sr_buf_view(&b), &e), &e);
	must(sr_cedar_entities_load(&s, sr_bytes_str(entities), &e), &e);
	for (size_t i = 0; i < REQUESTS; i++) {
		sr_buf_clear(&b);
		put_request(&b, i);
		must(sr_cedar_request_load(&requests[i], sr_buf_view(&b), &e), &e);
	}
	for (size_t i = 0; i < DECISIONS; i++) {
		struct sr_cedar_answer *a = NULL;
		uint64_t begin = now_ns();
		must(sr_cedar_authorize(&a, p, s, requests[i % REQUESTS], &e), &e);
		times[i] = (uint32_t)(now_ns() - begin);
		allowed += a->decision == SR_CEDAR_ALLOW;
		erred += a->error_count;
		sr_cedar_answer_free(a);
	}
	qsort(times, DECISIONS, sizeof times[0], by_time);
	(void)printf("decide with %d policies: p50 %.2f us, p99 %.2f us (goal 3 us); %zu %% "
		     "allowed, %.1f errors each\n",
		POLICIES, part(times, DECISIONS, 50, 1e3), part(times, DECISIONS, 99, 1e3),
		allowed * 100 / DECISIONS, (double)erred / DECISIONS);
	for (size_t i = 0; i < REQUESTS; i++)
		sr_cedar_request_free(requests[i]);
	sr_cedar_policies_free(p);
	sr_cedar_entities_free(s);
	sr_buf_free(&b);
	return times[DECISIONS / 2] <= GOAL_DECISION_NS ? 0 : 1;
}

int main(int argc, char **argv) {
	if (argc == 2 && strcmp(argv[1], "--cases") == 0) {
		write_cases();
		return 0;
	}
	int missed = bench_parse();
	missed += bench_decide();
	if (missed > 0)
		(void)printf("%d of 2 goals missed\n", missed);
	return missed > 0 ? 1 : 0;
}
