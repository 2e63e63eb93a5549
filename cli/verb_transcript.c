/*
 * verb_transcript - a time-coded transcript of sound or film, as the text of that file.
 */
#include <stdio.h>

#include "base/cue.h"
#include "base/text.h"
#include "cli/verbs.h"

const struct cli_option cli_transcript_options[] = {
	{"language", CLI_ONE, "TAG", "what it is in (BCP 47): en, ar, zh-hant"},
	{NULL, CLI_FLAG, NULL, NULL},
};

static void tell(struct cli *c, const struct cli_answer *a, uint64_t of) {
	if (c->json) {
		json_t *o = json_object();
		cli_json_set_bytes(o, "item", cli_field(a, "item"));
		cli_json_set_bytes(o, "form", cli_field(a, "form"));
		for (size_t i = 0; i < 5; i++) {
			static const char *const keys[] = {
				"file", "number", "cues", "speakers", "entry"};
			json_object_set_new(
				o, keys[i], json_integer((json_int_t)cli_field_dec(a, keys[i])));
		}
		cli_json_print(o);
		return;
	}
	cli_tell(c,
		"%llu cues are the text of file %llu now (as file %llu); every look at the item "
		"has ended",
		(unsigned long long)cli_field_dec(a, "cues"), (unsigned long long)of,
		(unsigned long long)cli_field_dec(a, "file"));
}

int verb_transcript_add(struct cli *c, struct sr_err *e) {
	const char *word = c->args.words[1];
	struct cli_answer a;
	uint8_t checkout[SR_ID];
	uint64_t file = 0, files = 0;
	cli_ask(&a, "transcript.add");
	int rc = sr_parse_dec(&file, sr_bytes_str(word), INT64_MAX, e) == 0
			 ? 0
			 : sr_fail(e, SR_USAGE, "want the number of a file (cat --list), not %s",
				   word);
	if (rc == 0)
		rc = cli_read_file(&a.q.body, c->args.words[2], SR_TRANSCRIPT_MAX, e);
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_word_id(c, checkout, 0, "checkout", e);
	if (rc == 0)
		rc = sr_client_open_item(c->client, checkout, &files, e);
	sr_text_put_hex(&a.q.head, "checkout", checkout, SR_ID);
	sr_text_put_dec(&a.q.head, "file", file);
	if (cli_get(c, "language") != NULL)
		sr_text_put(&a.q.head, "language", cli_get(c, "language"));
	if (rc == 0)
		rc = cli_call_plain(c, &a, e);
	if (rc == 0)
		tell(c, &a, file);
	cli_answer_free(&a);
	return rc;
}
