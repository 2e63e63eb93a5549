/*
 * words - things that several verbs are told about: collections and items by what people type.
 */
#ifndef SR_CLI_WORDS_H
#define SR_CLI_WORDS_H

#include "cli/cli.h"

/* By name, or by the start of its id. */
SR_MUST int cli_collection_id(
	struct cli *c, uint8_t id[SR_ID], const char *typed, struct sr_err *e);
/* All positional words as items; owned by ${c}. */
SR_MUST int cli_items(struct cli *c, uint8_t **items, size_t *count, struct sr_err *e);
/* The same of the words from the ${first}-th (from 0) on. */
SR_MUST int cli_items_from(
	struct cli *c, size_t first, uint8_t **items, size_t *count, struct sr_err *e);

/* A person by name (p-...) or by card; owned by ${c}. */
SR_MUST int cli_person(struct cli *c, const char **out, const char *typed, struct sr_err *e);
/* A row `bound` of a person; ${ending}: what is left to do about it. */
void cli_bound_print(const struct sr_row *r, bool ending);
/* What only people can do after all roles of ${person} ended: printed, or into ${more} as `left`.
 * Nothing while they have one. */
SR_MUST int cli_left_to_do(struct cli *c, const char *person, json_t *more, struct sr_err *e);
/* Rows of what was attested, and of whom it keeps from voting. */
void cli_attestation_print(const struct sr_row *r);
/* A row of what was done under a grant with one item (verb_grant.c). */
void cli_use_print(const struct sr_row *r);
/* A `topup` row of grant or request. */
void cli_topup_print(const struct sr_row *r);
/* The conditions of a grant, for whoever reads under it now. */
SR_MUST int cli_conditions_print(struct cli *c, const uint8_t grant[SR_ID], struct sr_err *e);

#endif
