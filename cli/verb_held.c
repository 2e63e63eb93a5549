/*
 * held share: whoever becomes a curator later, or has a new key, looks at held items only when a
 * curator who can gives them a box of each.
 */
#include <stdio.h>

#include "cli/verbs.h"
#include "cli/words.h"

int verb_held_share(struct cli *c, struct sr_err *e) {
	struct sr_held_sharing h = {.person = NULL};
	uint8_t *items = NULL;
	size_t shared = 0;
	int rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_person(c, &h.person, c->args.words[0], e);
	if (rc == 0)
		rc = cli_items_from(c, 1, &items, &h.count, e);
	if (rc != 0)
		return rc;
	h.items = h.count > 0 ? items : NULL;
	rc = sr_client_share_held(c->client, &h, &shared, e);
	if (rc != 0) {
		if (shared > 0 && e != NULL)
			sr_wrap(e, "%zu were shared, then", shared);
		return rc;
	}
	if (c->json) {
		json_t *o = json_object();
		json_object_set_new(o, "person", json_string(h.person));
		json_object_set_new(o, "shared", json_integer((json_int_t)shared));
		cli_json_print(o);
	} else if (shared == 0) {
		printf("nothing to share: %s has a box of each of these items, or you have none\n",
			h.person);
	} else {
		printf("shared %zu held %s with %s\n", shared, shared == 1 ? "item" : "items",
			h.person);
	}
	return 0;
}
