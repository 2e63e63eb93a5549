/*
 * verb_collect - what no item needs any more leaves the store.
 */
#include "cli/verbs.h"

const struct cli_option cli_collect_options[] = {
	{"dry-run", CLI_FLAG, NULL, "say what would go and be written; change nothing"},
	{NULL, CLI_FLAG, NULL, NULL},
};

static void print_found(const struct cli_answer *a) {
	char size[48], live[48];
	cli_size_text(size, sizeof size, cli_field_dec(a, "bytes"));
	cli_size_text(live, sizeof live, cli_field_dec(a, "live-bytes"));
	printf("%llu items need %s of the %s in %llu packs\n",
		(unsigned long long)cli_field_dec(a, "items"), live, size,
		(unsigned long long)cli_field_dec(a, "packs"));
}

static void print_plan(const struct cli_answer *a) {
	char size[48];
	cli_size_text(size, sizeof size, cli_field_dec(a, "rewrite-bytes"));
	printf("would remove %llu packs that nothing needs, and %llu that are less than half "
	       "needed after writing their %s anew\n",
		(unsigned long long)cli_field_dec(a, "dead"),
		(unsigned long long)cli_field_dec(a, "sparse"), size);
}

static void print_done(const struct cli_answer *a) {
	const unsigned long long strays = cli_field_dec(a, "strays");
	const unsigned long long spared = cli_field_dec(a, "spared");
	char gone[48], come[48];
	cli_size_text(gone, sizeof gone, cli_field_dec(a, "removed-bytes"));
	cli_size_text(come, sizeof come, cli_field_dec(a, "added-bytes"));
	printf("removed %llu packs (%s), wrote %llu (%s)\n",
		(unsigned long long)cli_field_dec(a, "removed"), gone,
		(unsigned long long)cli_field_dec(a, "added"), come);
	if (strays > 0)
		printf("removed %llu files that no entry of the log names\n", strays);
	if (spared > 0)
		printf("left %llu packs alone: a deposit that is under way needs them, or they are "
		       "damaged (scrub says so)\n",
			spared);
}

int verb_collect(struct cli *c, struct sr_err *e) {
	struct cli_answer a;
	const bool dry = cli_has(c, "dry-run");
	int rc = cli_connect(c, CLI_MAYBE, e);
	if (rc != 0)
		return rc;
	cli_ask(&a, "collect");
	if (dry)
		sr_text_put(&a.q.head, "dry-run", "yes");
	rc = cli_call_plain(c, &a, e);
	cli_progress_end();
	if (rc == 0 && c->json) {
		cli_json_print(cli_json_fields(&a));
	} else if (rc == 0) {
		print_found(&a);
		if (dry)
			print_plan(&a);
		else
			print_done(&a);
	}
	cli_answer_free(&a);
	return rc;
}
