/*
 * board new, deal, accept, reveal, show, list, minutes, add: founding a vault, what its boards are,
 * and asking for another one.
 *
 * `deal` and `accept` are two visits of each member: between them everybody has dealt, so that the
 * second visit can check the whole transcript. A complaint at the second visit sends everybody back
 * to the first: `show` says who was wrong, as this client judged it, and who is waited for. The
 * fingerprint is what members read to each other; it stands on the minutes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/escape.h"
#include "cli/verbs.h"
#include "crypto/hash.h"
#include "ledger/card.h"
#include "ledger/statement.h"

const struct cli_option cli_board_new_options[] = {
	{"member", CLI_WORDS, "CARD", "cards of the members (2 to 32), in the order of the board"},
	{"level", CLI_LIST, "K", "quorum levels: how many members open an item (at most 4 levels)"},
	{"curator", CLI_WORDS, "CARD", "the first curators (a depositor cannot release their own)"},
	{"officer", CLI_WORDS, "CARD", "ethics or data protection officers"},
	{"auditor", CLI_WORDS, "CARD", "auditors"},
	{"custodian", CLI_WORDS, "CARD", "who runs the machine"},
	{"standby", CLI_WORDS, "CARD",
		"cards of a second board: other people, who get shares of the same keys and wait"},
	{"standby-quorum", CLI_LIST, "LEVEL:K",
		"how many of them a level takes (as many as of the board, if not said)"},
	{"i-accept-loss", CLI_ONE, "WORDS",
		"without a second board, exactly: losing N of M shares loses the archive, with "
		"the board's numbers"},
	{NULL, CLI_FLAG, NULL, NULL},
};

const struct cli_option cli_board_add_options[] = {
	{"member", CLI_WORDS, "CARD", "cards of its members (2 to 32), in the order of the board"},
	{"level", CLI_LIST, "K", "quorum levels: how many members open an item (at most 4 levels)"},
	{"closes", CLI_ONE, "WHEN", "the vote closes then"},
	{"reason", CLI_ONE, "TEXT", "why; - reads standard input"},
	{"reason-file", CLI_ONE, "F", "the same from a file"},
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_board_options[] = {
	{"board", CLI_ONE, "B", "which board (its id, or the start of it)"},
	{NULL, CLI_FLAG, NULL, NULL},
};
const struct cli_option cli_board_act_options[] = {
	{"board", CLI_ONE, "B", "which board (its id, or the start of it)"},
	{"receipt", CLI_ONE, "F", "keep the receipt as F.tlog-proof and F.keys"},
	{NULL, CLI_FLAG, NULL, NULL},
};

const struct cli_option cli_board_accept_options[] = {
	{"board", CLI_ONE, "B", "which board (its id, or the start of it)"},
	{"sheet", CLI_ONE, "F",
		"first write the recovery sheet of the shares to a new file, for paper"},
	{"receipt", CLI_ONE, "F", "keep the receipt as F.tlog-proof and F.keys"},
	{"gone", CLI_FLAG, NULL,
		"a dealing is missing after a restore: complain of it, so that all deal again"},
	{NULL, CLI_FLAG, NULL, NULL},
};

int cli_board(struct cli *c, uint8_t id[SR_ID], bool *given, struct sr_err *e) {
	const char *typed = cli_get(c, "board");
	*given = typed != NULL;
	/* The vault knows nobody yet, and would ask for a login that was given. */
	if (sr_client_info(c->client)->state < SR_CLIENT_FOUNDED) {
		cli_hint(c, "each member named in the draft runs `strongroom board deal` first");
		return sr_fail(e, SR_NOTFOUND, "the vault is not founded yet: it has no board");
	}
	return typed != NULL ? sr_client_resolve(c->client, id, typed, "board", e)
			     : sr_client_own_board(c->client, id, e);
}

/* --- new --- */

struct group { /* the cards of one option */
	struct cli_card *cards;
	struct sr_introduction *who;
	size_t count;
};

static void group_free(struct group *g) {
	for (size_t i = 0; i < g->count; i++)
		cli_card_free(&g->cards[i]);
	free(g->cards);
	free(g->who);
	*g = (struct group){0};
}

static int group_read(
	struct cli *c, struct group *g, const char *option, bool needed, struct sr_err *e) {
	const char *const *paths = NULL;
	int rc = cli_list(c, &paths, option, e);
	const size_t n = cli_list_count(paths);
	if (rc != 0 || (n == 0 && !needed))
		return rc;
	if (n == 0)
		return sr_fail(e, SR_USAGE,
			"--%s CARD is missing: a vault is founded with at least "
			"one",
			option);
	g->cards = calloc(n, sizeof *g->cards);
	g->who = calloc(n, sizeof *g->who);
	if (g->cards == NULL || g->who == NULL)
		return sr_fail(e, SR_NOMEM, "cards: out of memory");
	for (size_t i = 0; i < n; i++) {
		rc = cli_card_read(&g->cards[i], paths[i], e);
		if (rc != 0) {
			c->own_input = true;
			return sr_wrap(e, "--%s", option);
		}
		g->who[i] = g->cards[i].who;
		g->count++;
	}
	return 0;
}

static int levels_read(
	struct cli *c, uint64_t levels[SR_BOARD_LEVELS_MAX], size_t *count, struct sr_err *e) {
	const char *const *list = NULL;
	int rc = cli_list(c, &list, "level", e);
	*count = cli_list_count(list);
	if (rc != 0)
		return rc;
	if (*count == 0 || *count > SR_BOARD_LEVELS_MAX)
		return sr_fail(e, SR_USAGE,
			"%zu quorum levels given, want 1 to %d: --level 2 --level 3", *count,
			SR_BOARD_LEVELS_MAX);
	for (size_t i = 0; i < *count; i++) {
		if (sr_parse_dec(&levels[i], sr_bytes_str(list[i]), SR_BOARD_MEMBERS_MAX, NULL) !=
			0)
			return sr_fail(e, SR_USAGE, "--level: want a number from 2 to the members");
		if (i > 0 && levels[i] <= levels[i - 1])
			return sr_fail(e, SR_USAGE,
				"--level: %llu after %llu; want them ascending, each once",
				(unsigned long long)levels[i], (unsigned long long)levels[i - 1]);
	}
	return 0;
}

/* What no backup mends is said by whoever makes the draft, with this board's own numbers. New
 * deposits are sealed at the highest level, so that is the one which counts. */
static int accept_loss(struct cli *c, size_t members, uint64_t highest, struct sr_err *e) {
	char sentence[80], answer[128], prompt[128];
	const char *said = cli_get(c, "i-accept-loss");
	if (highest > members)
		return sr_fail(e, SR_USAGE, "level %llu of %zu members: nobody could ever open it",
			(unsigned long long)highest, members);
	snprintf(sentence, sizeof sentence, "losing %zu of %zu shares loses the archive",
		members - (size_t)highest + 1, members);
	if (said == NULL && !c->quiet) {
		fprintf(stderr,
			"each member's share exists once. With %zu of %zu shares lost fewer than "
			"%llu are left,\nand what is sealed at level %llu, every new deposit "
			"among it, stays closed for ever:\nno backup helps.\n",
			members - (size_t)highest + 1, members, (unsigned long long)highest,
			(unsigned long long)highest);
		snprintf(prompt, sizeof prompt, "Type this sentence: %s\n> ", sentence);
		if (cli_question(prompt, answer, sizeof answer))
			said = answer;
	}
	if (said != NULL && strcmp(said, sentence) == 0)
		return 0;
	cli_hint(c,
		"say it: --i-accept-loss \"%s\"; or have a second board, whose shares open the "
		"same when these are lost: --standby CARD...; more members, or a lower highest "
		"level, lose less easily",
		sentence);
	return sr_fail(e, SR_USAGE, "want the words: %s", sentence);
}

/* How many of the second board each level takes: as many as of the board, where it is not said. */
static int standby_quorums(struct cli *c, uint64_t out[SR_BOARD_LEVELS_MAX], const uint64_t *levels,
	size_t count, size_t people, struct sr_err *e) {
	uint64_t quorum[SR_BOARD_LEVELS_MAX][2];
	int rc = 0;
	if (people == 0 && cli_get(c, "standby-quorum") != NULL)
		return sr_fail(e, SR_USAGE, "--standby-quorum: of whom? --standby names them");
	if (people == 0)
		return 0;
	for (size_t i = 0; i < count; i++)
		quorum[i][0] = quorum[i][1] = levels[i];
	rc = cli_quorums(c, quorum, count, "standby-quorum", e);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		out[i] = quorum[i][1];
		if (out[i] < 2 || out[i] > people) {
			cli_hint(c, "--standby-quorum %llu:K says how many",
				(unsigned long long)levels[i]);
			rc = sr_fail(e, SR_USAGE,
				"level %llu takes %llu of the second board's %zu members, want 2 "
				"to %zu",
				(unsigned long long)levels[i], (unsigned long long)out[i], people,
				people);
		}
	}
	return rc;
}

int verb_board_new(struct cli *c, struct sr_err *e) {
	static const char *const names[] = {
		"member", "curator", "officer", "auditor", "custodian", "standby"};
	enum {
		GROUPS = sizeof names / sizeof names[0],
		STANDBY = GROUPS - 1
	};
	struct group g[GROUPS] = {{0}};
	uint64_t levels[SR_BOARD_LEVELS_MAX], waiting[SR_BOARD_LEVELS_MAX] = {0};
	uint8_t fingerprint[SR_HASH];
	char hex[2 * SR_HASH + 1];
	struct sr_founding f = {.levels = levels, .standby_quorums = waiting};
	int rc = levels_read(c, levels, &f.level_count, e);
	for (size_t i = 0; rc == 0 && i < GROUPS; i++)
		rc = group_read(c, &g[i], names[i], i != STANDBY, e);
	if (rc == 0)
		rc = standby_quorums(c, waiting, levels, f.level_count, g[STANDBY].count, e);
	if (rc == 0 && g[STANDBY].count == 0)
		rc = accept_loss(c, g[0].count, levels[f.level_count - 1], e);
	if (rc == 0)
		rc = cli_connect(c, CLI_NOBODY, e);
	if (rc == 0) {
		f.member = g[0].who, f.members = g[0].count;
		f.curator = g[1].who, f.curators = g[1].count;
		f.officer = g[2].who, f.officers = g[2].count;
		f.auditor = g[3].who, f.auditors = g[3].count;
		f.custodian = g[4].who, f.custodians = g[4].count;
		f.standby = g[STANDBY].who, f.standbys = g[STANDBY].count;
		rc = sr_client_found_draft(c->client, &f, fingerprint, e);
	}
	for (size_t i = 0; i < GROUPS; i++)
		group_free(&g[i]);
	if (rc != 0)
		return rc;
	sr_hex(hex, fingerprint, SR_HASH);
	if (c->json) {
		json_t *o = json_object();
		json_object_set_new(o, "fingerprint", json_string(hex));
		json_object_set_new(o, "members", json_integer((json_int_t)f.members));
		cli_json_print(o);
	} else {
		printf("the draft of the founding statement is made; its fingerprint is\n  %s\n"
		       "read it to the members. Each of the %zu then signs and deals:\n"
		       "  strongroom board deal --as MEMBER --fingerprint %s\n",
			hex, f.members, hex);
		if (f.standbys > 0)
			printf("When all have accepted, the first %llu deal once more, to the "
			       "second board of %zu,\nand its members accept. Nothing can be "
			       "deposited before.\n",
				(unsigned long long)levels[f.level_count - 1], f.standbys);
	}
	return 0;
}

/* --- deal --- */

static int draft_card(struct sr_card *out, const struct sr_statement *s, const char *key, size_t i,
	struct sr_err *e) {
	struct sr_buf card;
	sr_buf_init(&card);
	int rc = sr_field_card(&card, s, key, i, e);
	if (rc == 0)
		rc = sr_card_read(out, sr_buf_view(&card), e);
	sr_buf_free(&card);
	return rc;
}

/* What ${card} is called: the name that came beside the draft and opens the card's commitment; NULL
 * for one that nothing opens. */
static const struct sr_row *card_name(const struct sr_card *card, const struct sr_rows *rows) {
	for (size_t i = 0; i < rows->count; i++) {
		const struct sr_row *row = &rows->rows[i];
		uint8_t salt[SR_SALT], hash[SR_HASH];
		if (!sr_row_is(row, "name") ||
			sr_unbase64_fixed(salt, SR_SALT, sr_row_get(row, "salt"), NULL) != 0)
			continue;
		sr_text_commit(hash, salt, sr_row_get(row, "text"));
		if (memcmp(hash, card->name, SR_HASH) == 0)
			return row;
	}
	return NULL;
}

/* Every office of the draft and who is to hold it: one person may hold several, and a name comes
 * with the first of them only. */
static int show_offices(
	const struct sr_statement *s, const struct sr_rows *rows, struct sr_err *e) {
	static const char *const offices[] = {
		"member", "curator", "officer", "auditor", "custodian", "standby"};
	for (size_t k = 0; k < sizeof offices / sizeof offices[0]; k++) {
		for (size_t i = 0; i < sr_field_count(s, offices[k]); i++) {
			struct sr_card card;
			struct sr_buf b;
			const int rc = draft_card(&card, s, offices[k], i, e);
			if (rc != 0)
				return sr_wrap(e, "the draft: %s %zu", offices[k], i + 1);
			const struct sr_row *name = card_name(&card, rows);
			sr_buf_init(&b);
			if (name != NULL)
				sr_escape(&b, sr_row_get(name, "text"), 200);
			fprintf(stderr, "  %-9s  %s  %.*s\n", offices[k], card.person, (int)b.len,
				b.len > 0 ? (const char *)b.p : "");
			sr_buf_free(&b);
		}
	}
	return 0;
}

/* The draft as it lies there, for the one who is about to sign it. */
static int show_draft(struct cli *c, struct sr_err *e) {
	struct cli_answer a;
	struct sr_statement s;
	cli_ask(&a, "found.show");
	int rc = cli_call(c, &a, e);
	if (rc != 0) {
		cli_answer_free(&a);
		return rc;
	}
	const struct sr_row *draft = sr_rows_first(&a.rows, "draft");
	rc = sr_statement_parse_text(
		&s, draft != NULL ? sr_row_get(draft, "text") : sr_bytes_of(NULL, 0), e);
	const bool parsed = rc == 0;
	if (rc == 0) {
		fprintf(stderr, "the founding statement of %.*s:\n",
			(int)sr_field(&s, "origin", 0).len,
			(const char *)sr_field(&s, "origin", 0).p);
		fprintf(stderr, "  quorum levels");
		for (size_t i = 0; i < sr_field_count(&s, "level"); i++)
			fprintf(stderr, "%s %.*s", i > 0 ? "," : "",
				(int)sr_field(&s, "level", i).len,
				(const char *)sr_field(&s, "level", i).p);
		fprintf(stderr, " of %zu members\n", sr_field_count(&s, "member"));
		for (size_t i = 0; i < sr_field_count(&s, "standby-quorum"); i++) {
			const struct sr_bytes v = sr_field(&s, "standby-quorum", i);
			const struct sr_bytes level = sr_word(v, 0), k = sr_word(v, 1);
			fprintf(stderr,
				"  the second board, which waits: level %.*s takes %.*s of %zu\n",
				(int)level.len, (const char *)level.p, (int)k.len,
				(const char *)k.p, sr_field_count(&s, "standby"));
		}
		rc = show_offices(&s, &a.rows, e);
	}
	if (parsed)
		sr_statement_free(&s);
	cli_answer_free(&a);
	return rc;
}

static int agree(struct cli *c, const uint8_t fingerprint[SR_HASH], struct sr_err *e) {
	char hex[2 * SR_HASH + 1], answer[32];
	sr_hex(hex, fingerprint, SR_HASH);
	if (cli_has(c, "fingerprint"))
		return 0; /* nobody is connected to another than that one (core/client.c) */
	if (!c->quiet)
		fprintf(stderr, "its fingerprint is\n  %s\n", hex);
	if (!cli_question("Is this what the members read to each other? Type yes to sign: ", answer,
		    sizeof answer)) {
		cli_tell(c, "nobody was asked: compare it with what the members read to each other "
			    "(a script gives --fingerprint, and no other draft is signed)");
		return 0;
	}
	if (strcmp(answer, "yes") == 0)
		return 0;
	return sr_fail(e, SR_DENIED, "not signed, as you said");
}

/* The vault is founded: a new board begins, or a complaint made the run void and everybody deals
 * anew. */
static int deal_founded(struct cli *c, struct sr_err *e) {
	struct sr_dealt d = {0};
	uint8_t board[SR_ID];
	bool given = false;
	int rc = cli_board(c, board, &given, e);
	if (rc == 0)
		rc = sr_client_deal(c->client, board, &d, e);
	if (rc == SR_EXISTS)
		cli_hint(c, "`strongroom board show` says what is next");
	if (rc == 0) {
		json_t *more = json_object();
		json_object_set_new(more, "run", json_integer((json_int_t)d.run));
		json_object_set_new(more, "member", json_integer(d.index));
		rc = cli_done(c, &d.submitted, more,
			"member %u has dealt in run %llu of the key generation\n"
			"when all have: each member runs `strongroom board accept`",
			d.index, (unsigned long long)d.run);
	}
	sr_submitted_free(&d.submitted);
	return rc;
}

int verb_board_deal(struct cli *c, struct sr_err *e) {
	struct sr_found_state st = {0};
	char hex[2 * SR_HASH + 1];
	int rc = cli_connect(c, CLI_PERSON, e);
	if (rc != 0)
		return rc;
	const struct sr_client_info *info = sr_client_info(c->client);
	if (info->state == SR_CLIENT_NONE) {
		cli_hint(c, "`strongroom board new` makes the draft from the cards");
		return sr_fail(e, SR_NOTFOUND, "there is no draft of a founding statement");
	}
	if (info->state >= SR_CLIENT_FOUNDED)
		return deal_founded(c, e);
	if (!c->quiet)
		rc = show_draft(c, e);
	uint8_t fingerprint[SR_HASH];
	memcpy(fingerprint, info->fingerprint, SR_HASH);
	if (rc == 0)
		rc = agree(c, fingerprint, e);
	if (rc == 0)
		rc = sr_client_found_sign(c->client, fingerprint, &st, e);
	if (rc != 0)
		return rc;
	sr_hex(hex, st.fingerprint, SR_HASH);
	if (c->json) {
		json_t *o = json_object();
		json_object_set_new(o, "fingerprint", json_string(hex));
		json_object_set_new(o, "founded", json_boolean(st.founded));
		json_object_set_new(o, "index", json_integer(st.index));
		json_object_set_new(o, "signed", json_integer((json_int_t)st.signed_by));
		json_object_set_new(o, "members", json_integer((json_int_t)st.members));
		cli_json_print(o);
	} else if (st.founded) {
		printf("member %u has signed and dealt, the last of %llu: the vault is founded, "
		       "%s\n"
		       "next: each member runs `strongroom board accept`\n",
			st.index, (unsigned long long)st.members, hex);
	} else {
		printf("member %u has signed and dealt; %llu of %llu have\n", st.index,
			(unsigned long long)st.signed_by, (unsigned long long)st.members);
	}
	return 0;
}

/* --- accept --- */

int verb_board_accept(struct cli *c, struct sr_err *e) {
	struct sr_accepting a = {0};
	char hex[2 * SR_HASH + 1];
	uint8_t board[SR_ID];
	bool given = false;
	struct sr_sheet_kept kept = {0};
	struct sr_err own = {0};
	struct stat st;
	const char *sheet = cli_get(c, "sheet");
	int rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_board(c, board, &given, e);
	if (rc == 0 && sheet != NULL && lstat(sheet, &st) == 0)
		rc = sr_fail(e, SR_EXISTS, "--sheet: that file is there already");
	if (rc != 0)
		return rc;
	rc = cli_has(c, "gone") ? sr_client_accept_gone(c->client, board, &a, e)
				: sr_client_accept_kept(c->client, board, &kept, &a, e);
	if (rc == 0 && a.complained) {
		cli_hint(c,
			"a complaint is in the log and this run is void: the dealer answers with "
			"`board reveal`, and all members `board deal` anew; see `board show`");
		rc = sr_fail(e, SR_AUTH, "%s", a.why.text);
	}
	if (rc == 0 && sheet != NULL && cli_sheet(c, &kept, sheet, &own) != 0)
		cli_tell(c,
			"accepted, but there is no sheet: %s. When the board is open: board sheet",
			own.text);
	else if (rc == 0 && sheet != NULL)
		cli_tell(c, "the recovery sheet is written: print it, destroy the file (shred -u)");
	sr_wipe(&kept, sizeof kept);
	sr_hex(hex, a.transcript, SR_HASH);
	if (rc == 0) {
		json_t *more = json_object();
		json_object_set_new(more, "transcript", json_string(hex));
		json_object_set_new(more, "member", json_integer(a.index));
		rc = cli_done(c, &a.submitted, more,
			"member %u checked every deal and accepts the transcript\n  %s", a.index,
			hex);
	}
	sr_submitted_free(&a.submitted);
	return rc;
}

/* --- reveal --- */

int verb_board_check(struct cli *c, struct sr_err *e) {
	struct sr_submitted out = {0};
	uint8_t board[SR_ID], index = 0;
	bool given = false;
	int rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_board(c, board, &given, e);
	if (rc == 0)
		rc = sr_client_confirm(c->client, board, &index, &out, e);
	if (rc == 0) {
		json_t *more = json_object();
		json_object_set_new(more, "member", json_integer(index));
		rc = cli_done(c, &out, more,
			"member %u opened the share of every level; it fits the keys that all "
			"accepted",
			index);
	}
	sr_submitted_free(&out);
	return rc;
}

int verb_board_reveal(struct cli *c, struct sr_err *e) {
	struct sr_revealing r = {0};
	uint8_t board[SR_ID];
	bool given = false;
	int rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0)
		rc = cli_board(c, board, &given, e);
	if (rc != 0)
		return rc;
	rc = sr_client_reveal(c->client, board, &r, e);
	if (rc == 0) {
		json_t *more = json_object();
		json_object_set_new(more, "member", json_integer(r.index));
		json_object_set_new(more, "revealed", json_integer((json_int_t)r.revealed));
		rc = cli_done(c, &r.submitted, more,
			"member %u published the keys of %zu shares that were complained of\n"
			"`strongroom board show` judges them",
			r.index, r.revealed);
	}
	sr_submitted_free(&r.submitted);
	return rc;
}

/* --- show and minutes --- */

static struct sr_bytes name_of(const struct cli_answer *a, const char *person) {
	for (size_t i = 0; i < a->rows.count; i++) {
		if (sr_bytes_eq(sr_row_get(&a->rows.rows[i], "person"), sr_bytes_str(person)))
			return sr_row_get(&a->rows.rows[i], "name");
	}
	return sr_bytes_of(NULL, 0);
}

/* "member 3 (Name)" */
static void print_member(
	const struct sr_board_view *v, const struct cli_answer *a, unsigned index) {
	const struct sr_bytes name = name_of(a, v->member[index - 1]);
	printf("member %u (", index);
	cli_print(name.p != NULL ? name : sr_bytes_str(v->member[index - 1]));
	putchar(')');
}

/* The same of somebody by their place among those who deal. */
static void print_dealer(
	const struct sr_board_view *v, const struct cli_answer *a, unsigned place) {
	const uint8_t index = sr_client_index(v, sr_bytes_str(v->dealer[place - 1]));
	const struct sr_bytes name = name_of(a, v->dealer[place - 1]);
	if (index != 0) {
		print_member(v, a, index);
		return;
	}
	printf(v->standby ? "a member of now (" : "who leaves (");
	cli_print(name.p != NULL ? name : sr_bytes_str(v->dealer[place - 1]));
	putchar(')');
}

static void print_complaints(const struct sr_board_view *v, const struct cli_answer *a) {
	for (size_t i = 0; i < v->complaints; i++) {
		const struct sr_complaint_view *k = &v->complaint[i];
		printf("\nRun %llu is void: ", (unsigned long long)k->run);
		print_member(v, a, k->complainer);
		printf(" complained of the share of level %u\n  from ", k->level);
		print_dealer(v, a, k->dealer);
		printf(" (entry %llu).\n  ", (unsigned long long)k->entry);
		switch (k->verdict) {
		case SR_COMPLAINT_WAITS:
			printf("Nobody knows yet who is right: ");
			print_dealer(v, a, k->dealer);
			printf(" has not answered\n  (`strongroom board reveal`).");
			break;
		case SR_COMPLAINT_RIGHT:
			printf("The complaint is right. The dealer was wrong: ");
			print_dealer(v, a, k->dealer);
			break;
		case SR_COMPLAINT_GONE:
			printf("Its dealing is gone, as after a reshare or a restore: nobody can "
			       "tell any more.");
			break;
		case SR_COMPLAINT_FALSE:
			printf("The complaint is false. The complainer was wrong: ");
			print_member(v, a, k->complainer);
			break;
		}
		if (k->why[0] != '\0') {
			printf("\n  Checked here: ");
			cli_print(sr_bytes_str(k->why));
		}
		putchar('\n');
	}
	if (v->complaints > 0 && !v->opened)
		printf("\nWho was wrong had a broken program or machine, or lied: the members "
		       "decide "
		       "whether\nthey go on together. To leave somebody out they found another "
		       "vault (`board new`).\n");
}

/* Those who have not done what is next, on one line. */
static void print_waiting(const struct sr_board_view *v, const struct cli_answer *a, bool under_way,
	const bool *done, const char *verb) {
	const bool dealers = done == v->dealt;
	bool first = true;
	printf("\nRun %llu: waiting for ", (unsigned long long)v->run_number);
	for (unsigned i = 0; i < (dealers ? v->dealers : v->members); i++) {
		if (done[i])
			continue;
		if (!first)
			printf(", ");
		first = false;
		if (dealers)
			print_dealer(v, a, i + 1);
		else
			print_member(v, a, i + 1);
	}
	printf("\n  to run `strongroom board %s`; until then the board stays %s.\n", verb,
		under_way ? "as it is" : "closed");
}

static void print_next(const struct sr_board_view *v, const struct cli_answer *a, bool under_way) {
	bool all = true;
	if (v->opened)
		return;
	for (unsigned i = 0; i < v->dealers; i++)
		all = all && v->dealt[i];
	if (v->spoilt != 0) {
		printf("\nRun %llu: the deal of ", (unsigned long long)v->run_number);
		print_dealer(v, a, v->spoilt);
		printf(v->spoilt_gone ? " is not there. A restored vault has none:\n  `strongroom "
					"board accept --gone`"
				      : " is wrong, and everybody can see it:\n  `strongroom "
					"board accept`");
		printf(" of any other member complains, and the run is void.\n");
	} else if (!all) {
		print_waiting(v, a, under_way, v->dealt, "deal");
	} else {
		print_waiting(v, a, under_way, v->accepted, "accept");
	}
}

static json_t *complaints_json(const struct sr_board_view *v) {
	static const char *const verdicts[] = {"waits", "right", "false", "gone"};
	json_t *all = json_array();
	for (size_t i = 0; i < v->complaints; i++) {
		const struct sr_complaint_view *k = &v->complaint[i];
		json_t *o = json_object();
		json_object_set_new(o, "run", json_integer((json_int_t)k->run));
		json_object_set_new(o, "index", json_integer((json_int_t)k->entry));
		json_object_set_new(o, "complainer", json_string(v->member[k->complainer - 1]));
		json_object_set_new(o, "dealer", json_string(v->dealer[k->dealer - 1]));
		json_object_set_new(o, "level", json_integer(k->level));
		json_object_set_new(o, "complaint", json_string(verdicts[k->verdict]));
		json_object_set_new(o, "why", json_string(k->why));
		json_array_append_new(all, o);
	}
	return all;
}

/* By whom, when; null: not within their key's time. */
static json_t *confirmed_json(const struct sr_board_view *v) {
	json_t *all = json_object();
	for (size_t i = 0; i < v->members; i++) {
		char when[SR_TIME_TEXT];
		sr_time_format(when, v->confirmed[i]);
		json_object_set_new(
			all, v->member[i], v->confirmed[i] != 0 ? json_string(when) : json_null());
	}
	return all;
}

static void board_json(const struct cli_answer *a, const struct sr_board_view *v) {
	json_t *o = cli_json_fields(a);
	json_object_set_new(o, "run-number", json_integer((json_int_t)v->run_number));
	json_object_set_new(o, "complaints", complaints_json(v));
	json_object_set_new(o, "confirmed", confirmed_json(v));
	if (v->next != NULL && v->next->standby && v->next->opened)
		json_object_set_new(o, "standby-confirmed", confirmed_json(v->next));
	json_object_set_new(o, "levels", cli_json_rows(&a->rows, "level"));
	json_object_set_new(o, "members", cli_json_rows(&a->rows, "member"));
	json_object_set_new(o, "log", cli_json_rows(&a->rows, "entry"));
	cli_json_print(o);
}

/* DESIGN 5: fewer than one more than it takes is one accident from losing everything. */
static void print_confirmed(const struct sr_board_view *v) {
	const struct sr_clock clock = sr_clock_system();
	unsigned have = 0, takes = 0;
	sr_board_confirmed(v, sr_now(&clock), &have, &takes);
	if (v->opened && have <= takes)
		printf("\nWarning: %u of %u members confirmed their share within a year, and it "
		       "takes %u.\n  With one fewer than it takes everything is lost: each runs "
		       "`strongroom board check`,\n  and `board reshare` brings more members, or "
		       "deals anew to who has another key.\n",
			have, v->members, takes);
}

/* The same of a standby board, which is the last resort: when each opened their share, and a word
 * while no more did than it takes. */
static void print_standby_confirmed(const struct sr_board_view *v) {
	const struct sr_clock clock = sr_clock_system();
	unsigned have = 0, takes = 0;
	for (unsigned i = 0; i < v->members; i++) {
		char when[SR_TIME_TEXT] = "not opened";
		if (v->confirmed[i] != 0)
			sr_time_format(when, v->confirmed[i]);
		printf("  share of %s: %s\n", v->member[i],
			v->rekeyed[i] ? "no: another key" : when);
	}
	sr_board_confirmed(v, sr_now(&clock), &have, &takes);
	if (have <= takes)
		printf("  Warning: %u of %u of the standby board confirmed their share within a "
		       "year, and it takes %u:\n  each runs `strongroom board check`, or another "
		       "is dealt to (board reshare --standby).\n",
			have, v->members, takes);
}

/* What is left to do of a new key, and by whom. */
static void print_left(const struct cli_answer *a) {
	const uint64_t left = cli_field_dec(a, "left"), asked = cli_field_dec(a, "left-asked");
	if (cli_field(a, "rekeying").p == NULL)
		return;
	printf("\nThe board has a new key since epoch %llu: left under a key before are %llu "
	       "item%s (held: %llu),\n  whose shares open them still. ",
		(unsigned long long)cli_field_dec(a, "rekeying"), (unsigned long long)left,
		left == 1 ? "" : "s", (unsigned long long)cli_field_dec(a, "left-held"));
	if (asked < left)
		printf("To seal them anew: `strongroom reseal ask\n  --left`, which who has shares "
		       "of that key vote on; then `reseal run`.\n");
	else
		printf("All of them are asked about: who has\n  shares of that key votes, then "
		       "`strongroom reseal run`.\n");
}

static void print_rotate(const struct cli_answer *a) {
	if (cli_field(a, "rotate-due").p != NULL)
		printf("\nThe service keys are older than the board's key: old copies of "
		       "keys/service.board give\n  them to as many shares of before as the highest "
		       "level took. `strongroom service rotate`.\n");
}

static void board_print(struct cli *c, const struct cli_answer *a, const struct sr_board_view *v) {
	static const char *const heads[] = {
		"", "MEMBER", "NAME", "KEY", "DEALT", "ACCEPTED", "CONFIRMED"};
	struct cli_table t;
	const struct sr_client_info *info = sr_client_info(c->client);
	char hex[2 * SR_HASH + 1], key[CLI_KEY_TEXT];
	sr_hex(hex, info->fingerprint, SR_HASH);
	printf("board of ");
	cli_print(cli_field(a, "origin"));
	printf(", %s\n", cli_field(a, "opened").p != NULL ? "open" : "not open yet");
	cli_line_str("fingerprint", hex);
	cli_line("board", cli_field(a, "board"));
	cli_line("epoch", cli_field(a, "epoch"));
	cli_line("transcript", cli_field(a, "transcript"));
	for (size_t i = 0; i < a->rows.count; i++) {
		const struct sr_row *row = &a->rows.rows[i];
		if (!sr_row_is(row, "level") || sr_row_get(row, "key").p == NULL)
			continue;
		printf("  level ");
		cli_print(sr_row_get(row, "level"));
		printf("        ");
		printf("%s", cli_key_shown(key, sr_row_get(row, "key")));
		putchar('\n');
	}
	cli_table(&t, 7, heads);
	for (size_t i = 0; i < a->rows.count; i++) {
		const struct sr_row *row = &a->rows.rows[i];
		if (!sr_row_is(row, "member"))
			continue;
		cli_cell_row(&t, row, "index");
		cli_cell_row(&t, row, "person");
		cli_cell_row(&t, row, "name");
		cli_cell(&t, cli_key_shown(key, sr_row_get(row, "key")));
		const uint8_t m = sr_client_index(v, sr_row_get(row, "person"));
		cli_cell(&t, m > 0 && v->dealt[m - 1] ? "yes" : "");
		cli_cell(&t, m > 0 && v->accepted[m - 1] ? "yes" : "");
		char when[SR_TIME_TEXT] = "";
		if (m > 0 && v->confirmed[m - 1] != 0)
			sr_time_format(when, v->confirmed[m - 1]);
		cli_cell(&t, m > 0 && v->rekeyed[m - 1] ? "no: another key" : when);
	}
	putchar('\n');
	cli_table_print(&t);
	print_left(a);
	print_rotate(a);
	print_confirmed(v);
	print_complaints(v, a);
	print_next(v, a, false);
	if (v->next == NULL)
		return;
	if (v->next->standby && v->next->opened)
		printf("\nA standby board waits. It takes over when members of it, as many as its "
		       "highest level\n  takes, a custodian and an auditor run `board takeover`\n"
		       "  said so: members %u, custodian %s, auditor %s; then ",
			v->next->taking, v->next->taking_custodian ? "yes" : "no",
			v->next->taking_auditor ? "yes" : "no");
	else
		printf("\nA %s is under way: then ", v->next->standby ? "dealing to a standby board"
						     : v->next->rekey ? "new key"
								      : "reshare");
	for (unsigned i = 0; i < v->next->levels; i++)
		printf("%s%u", i > 0 ? ", " : "", v->next->quorum[i]);
	printf(" of these %u\n ", v->next->members);
	for (unsigned i = 0; i < v->next->members; i++) {
		printf(" ");
		print_member(v->next, a, i + 1);
	}
	putchar('\n');
	print_complaints(v->next, a);
	if (!v->next->opened)
		print_next(v->next, a, true);
	else if (v->next->standby)
		print_standby_confirmed(v->next);
}

/* The board that was asked for: as the log proves it, and as the vault tells the rest. */
static int shown_board(
	struct cli *c, struct cli_answer *a, const struct sr_board_view **v, struct sr_err *e) {
	uint8_t board[SR_ID];
	bool given = false;
	int rc = cli_connect(c, CLI_PERSON, e);
	cli_ask(a, "board");
	if (rc == 0)
		rc = cli_board(c, board, &given, e);
	if (rc == 0) {
		sr_text_put_hex(&a->q.head, "board", board, SR_ID);
		rc = cli_call(c, a, e);
	}
	return rc == 0 ? sr_client_board(c->client, board, v, e) : rc;
}

int verb_board_show(struct cli *c, struct sr_err *e) {
	const struct sr_board_view *v = NULL;
	struct cli_answer a;
	int rc = shown_board(c, &a, &v, e);
	if (rc == 0 && c->json)
		board_json(&a, v);
	else if (rc == 0)
		board_print(c, &a, v);
	cli_answer_free(&a);
	return rc;
}

static void hex_in_groups(const char *label, const uint8_t *p, size_t len) {
	printf("%s", label);
	for (size_t i = 0; i < len; i++)
		printf("%s%02x",
			i == 0        ? ""
			: i % 16 == 0 ? "\n    "
			: i % 4 == 0  ? " "
				      : "",
			p[i]);
	putchar('\n');
}

/* What the log proves, on one page: fingerprint, members, keys, levels, transcript. */
static void minutes_print(
	struct cli *c, const struct sr_board_view *v, const struct cli_answer *a) {
	const struct sr_client_info *info = sr_client_info(c->client);
	const bool founding = memcmp(v->board, info->fingerprint, SR_ID) == 0;
	char time[SR_TIME_TEXT];
	struct sr_clock clock = sr_clock_system();
	sr_time_format(time, sr_now(&clock));
	printf(founding ? "MINUTES OF THE FOUNDING OF A VAULT\n\n" : "MINUTES OF A BOARD\n\n");
	printf("Vault      %s\nPrinted    %s\n\n", info->origin, time);
	hex_in_groups(
		"Fingerprint (hash of the founding statement)\n    ", info->fingerprint, SR_HASH);
	printf("\nLedger key\n    %s\n", v->ledger_key);
	hex_in_groups("\nRoom key\n    ", v->room_key, SR_PK);
	if (!founding)
		hex_in_groups("\nBoard\n    ", v->board, SR_ID);
	printf("\nQuorum     ");
	for (unsigned i = 0; i < v->levels; i++)
		printf("%s%u of %u", i > 0 ? ", " : "", v->quorum[i], v->members);
	printf("\n\nMembers\n");
	for (unsigned i = 0; i < v->members; i++) {
		printf("  %2u  %s  ", i + 1, v->member[i]);
		cli_print(name_of(a, v->member[i]));
		hex_in_groups("\n    ", v->member_key[i], SR_PK);
		printf("      dealt: %s   accepted: %s   signature: "
		       "______________________________\n",
			v->dealt[i] ? "yes" : "no ", v->accepted[i] ? "yes" : "no ");
	}
	if (v->opened) {
		hex_in_groups("\nTranscript of the key generation\n    ", v->transcript, SR_HASH);
		for (unsigned i = 0; i < v->levels; i++) {
			printf("\nBoard key of level %u", v->level[i]);
			hex_in_groups("\n    ", v->key[i], SR_POINT);
		}
	} else {
		printf("\nThe board is not open yet: not all members have accepted.\n");
	}
	printf("\nEach member compared this page with their own client and signs it.\n");
}

int verb_board_minutes(struct cli *c, struct sr_err *e) {
	const struct sr_board_view *v = NULL;
	struct cli_answer a;
	int rc = shown_board(c, &a, &v, e);
	if (rc == 0 && c->json)
		board_json(&a, v);
	else if (rc == 0)
		minutes_print(c, v, &a);
	cli_answer_free(&a);
	return rc;
}

int verb_board_list(struct cli *c, struct sr_err *e) {
	static const char *const heads[] = {"BOARD", "EPOCH", "MEMBERS", "QUORUMS", "STATE", ""};
	struct cli_answer a;
	struct cli_table t;
	int rc = cli_connect(c, CLI_PERSON, e);
	if (rc != 0)
		return rc;
	cli_ask(&a, "boards");
	rc = cli_call(c, &a, e);
	if (rc == 0 && c->json) {
		cli_json_print(cli_json_rows(&a.rows, "board"));
	} else if (rc == 0) {
		cli_table(&t, 6, heads);
		for (size_t i = 0; i < a.rows.count; i++) {
			const struct sr_row *row = &a.rows.rows[i];
			if (!sr_row_is(row, "board"))
				continue;
			cli_cell_id(&t, sr_row_get(row, "id"));
			cli_cell_row(&t, row, "epoch");
			cli_cell_row(&t, row, "members");
			cli_cell_words(&t, row, "quorum");
			cli_cell(&t, sr_row_get(row, "opened").p != NULL ? "open" : "not open yet");
			cli_cell(&t, sr_row_get(row, "founding").p != NULL ? "founding board" : "");
		}
		cli_table_print(&t);
	}
	cli_answer_free(&a);
	return rc;
}

/* --- another board --- */

int verb_board_add(struct cli *c, struct sr_err *e) {
	struct group g = {0};
	struct sr_submitted out = {0};
	uint64_t levels[SR_BOARD_LEVELS_MAX], quorum[SR_BOARD_LEVELS_MAX][2];
	uint8_t request[SR_ID];
	char hex[2 * SR_ID + 1];
	struct sr_seats seats = {.quorum = (const uint64_t(*)[2])quorum};
	struct sr_asking a = {.kind = "board", .seats = &seats};
	int rc = levels_read(c, levels, &seats.levels, e);
	for (size_t i = 0; rc == 0 && i < seats.levels; i++)
		quorum[i][0] = quorum[i][1] = levels[i];
	if (rc == 0)
		rc = group_read(c, &g, "member", true, e);
	if (rc == 0)
		rc = cli_text(c, "reason", &a.reason, e);
	if (rc == 0)
		rc = cli_time(c, "closes", &a.closes, e);
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc == 0) {
		seats.newcomer = g.who, seats.newcomers = g.count;
		rc = sr_client_request(c->client, &a, request, &out, e);
	}
	if (rc == 0) {
		json_t *more = json_object();
		sr_hex(hex, request, SR_ID);
		json_object_set_new(more, "request", json_string(hex));
		rc = cli_done(c, &out, more,
			"request %s asks the founding board for this board: its members vote on "
			"it; then each new member runs `strongroom board deal`, and `board "
			"accept` when all have",
			hex);
	}
	group_free(&g);
	sr_submitted_free(&out);
	return rc;
}
