/*
 * training - see training.h.
 */
#include "board/training.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"

/* One term: attested of the person, and not over; else what became of the last one. */
static void ask_one(
	struct sr_training *out, const struct sr_attestations *l, const char *person, int64_t now) {
	const struct sr_attestation_row *last = NULL;
	char when[SR_TIME_TEXT] = "";

	for (size_t i = 0; i < l->count; i++) {
		const struct sr_attestation_row *r = &l->rows[i];

		if (strcmp(r->kind, "training") != 0 || strcmp(r->person, person) != 0 ||
			r->term == NULL || strcmp(r->term, out->term) != 0)
			continue;
		if (r->ended == 0 && r->ends > now)
			return;
		last = r;
	}
	if (last == NULL) {
		out->state = SR_TRAINING_MISSING;
		snprintf(out->sentence, sizeof out->sentence,
			"the grant demands the training %s, which nobody attested of %s", out->term,
			person);
		return;
	}
	sr_time_format(when, last->ends);
	out->state = last->ends <= now ? SR_TRAINING_EXPIRED : SR_TRAINING_ENDED;
	if (out->state == SR_TRAINING_EXPIRED)
		snprintf(out->sentence, sizeof out->sentence,
			"the grant demands the training %s, and that of %s expired at %s "
			"(attested at entry %llu)",
			out->term, person, when, (unsigned long long)last->entry);
	else
		snprintf(out->sentence, sizeof out->sentence,
			"the grant demands the training %s, and an officer ended that of %s with "
			"entry %llu",
			out->term, person, (unsigned long long)last->ended);
}

int sr_training_ask(struct sr_training *out, struct sr_catalogue *c, const char *trainings,
	const char *person, int64_t now, struct sr_err *e) {
	const struct sr_attestation_filter f = {.person = person};
	struct sr_attestations l = {0};
	const char *p = trainings;
	int rc;

	memset(out, 0, sizeof *out);
	if (p == NULL || *p == '\0')
		return 0;
	rc = sr_query_attestations(&l, c, &f, e);
	while (rc == 0 && *p != '\0') {
		const size_t n = strcspn(p, " ");

		snprintf(out->term, sizeof out->term, "%.*s", (int)n, p);
		ask_one(out, &l, person, now);
		if (out->state != SR_TRAINING_HOLDS)
			break;
		out->term[0] = '\0';
		p += n;
		p += strspn(p, " ");
	}
	sr_attestations_free(&l);
	return rc;
}
