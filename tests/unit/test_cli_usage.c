/*
 * Tests of the command line against no vault: what is missing, what excludes what, numbers that are
 * none, files that are not what they should be. Each line is refused with 2 and says what to give,
 * before anybody is asked for a passphrase and before a vault is opened.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/unpack.h"
#include "cli/verbs.h"
#include "cli_rig.h"
#include "crypto/hash.h"
#include "crypto/passphrase.h"
#include "ledger/card.h"

#define PERSON "p-0123456789abcdef"

static int setup(void **state) {
	static const char *const gone[] = {"STRONGROOM_VAULT", "STRONGROOM_IDENTITY",
		"STRONGROOM_UNLOCK", "XDG_STATE_HOME", "HOME"};
	static const char big[1027];
	static const char nul[] = "words\0and more";

	sr_passphrase_cheap();
	(void)cli_rig_move_in(state);
	for (size_t i = 0; i < T_COUNT(gone); i++)
		assert_int_equal(unsetenv(gone[i]), 0);
	assert_int_equal(setenv("STRONGROOM_STATE", cli_rig_home, 1), 0);
	assert_int_equal(setenv("STRONGROOM_INTAKE", "later", 1), 0);
	assert_int_equal(mkdir("folder", 0700), 0);
	t_write_file("file", "x", 1);
	t_write_file("nul", nul, sizeof nul - 1);
	t_write_file("big", big, sizeof big);
	t_write_file("empty", "\r\nsecond line\n", 14);
	return 0;
}

/* --- options ---------------------------------------------------------------------------------- */

struct row {
	const char *line, *piece;
};

static void each(const struct row *rows, size_t count) {
	for (size_t i = 0; i < count; i++)
		rig_line_fails(rows[i].line, SR_USAGE, rows[i].piece);
}

static void options(void **state) {
	static const struct row rows[] = {
		{"list --state held --state held", "--state is given twice"},
		{"list --colour red", "there is no option --colour here"},
		{"list --json=yes", "--json takes no value"},
		{"list --state", "--state needs a value: --state"},
		{"list -l", "options have two dashes here: --l..."},
		{"list extra", "\"extra\" is one word too many, 0 are taken"},
		{"show", "0 words given, want 1"},
		{"release --level many 1234", "--level: \"many\" is not a number"},
		{"break-glass 1234 --reason a --reason-file b",
			"give --reason or --reason-file, not both"},
		{"break-glass 1234 --reason-file nul", "--reason: the text holds a NUL byte"},
		{"list", "which vault? Give --vault DIR or set $STRONGROOM_VAULT"},
		{"list --vault folder", "who acts? Give --as IDENTITY or set $STRONGROOM_IDENTITY"},
	};
	struct sr_err e = {0};
	struct cli c = {0};

	(void)state;
	each(rows, T_COUNT(rows));
	assert_int_equal(unsetenv("STRONGROOM_STATE"), 0);
	assert_fails(cli_memory(&c, &e), SR_USAGE, &e,
		"no folder to remember vaults in: set $STRONGROOM_STATE");
	assert_int_equal(setenv("STRONGROOM_STATE", "/dev/null/state", 1), 0);
	assert_fails(
		cli_memory(&c, &e), SR_IO, &e, "state folder /dev/null/state: Not a directory");
	assert_int_equal(setenv("STRONGROOM_STATE", cli_rig_home, 1), 0);
}

/* A word that goes to the vault as it is. */
static void words_of_the_vault(void **state) {
	char line[] = "list --state he/ld";
	char *argv[CLI_RIG_WORDS] = {NULL};
	struct cli_answer a;
	struct sr_err e = {0};
	struct cli c = {0};

	(void)state;
	assert_ok(cli_rig_parse(&c, argv, cli_rig_words(argv, line), &e), &e);
	cli_ask(&a, "items");
	assert_fails(cli_pass(&c, &a, "state", &e), SR_USAGE, &e,
		"--state: \"he/ld\" is no word of the vault");
	cli_answer_free(&a);
	cli_rig_end(&c);
}

/* --- verbs ------------------------------------------------------------------------------------ */

static void people(void **state) {
	static const struct row rows[] = {
		{"identity new a.id", "--name \"Display Name\" is missing"},
		{"identity new a.id --name=", "a name is 1 to 512 bytes of UTF-8, this one has 0"},
		{"identity renew a.id", "--name \"Display Name\" is missing"},
		{"identity renew a.id --name Ada", "give the identity until now (--old FILE), or"},
		{"identity renew a.id --name Ada --old b.id --person " PERSON,
			"give the identity until now (--old FILE), or"},
		{"identity renew a.id --name Ada --person ada",
			"--person: want p-<16 hex digits>; see `person list`"},
		{"identity card a.id --name Ada", "--name \"Display Name\" and --out F are needed"},
		{"person add a.card", "--role is missing: researcher, depositor, curator, officer, "
				      "auditor, custodian"},
		{"attest " PERSON,
			"--kind is missing: training, affiliation, supervisor-of, conflict"},
		{"person add a.card --role researcher,auditor",
			"researcher and depositor are added by one curator"},
		{"person erase " PERSON, "--ground is missing: data-subject, retention, order"},
		{"auditor add " PERSON " --reason r --from 0", "--from: epochs begin with 1"},
		{"audit report --out f", "--out is for csv, jsonl and html (--format)"},
		{"audit report --person ada", "--person: p- and 16 digits"},
		{"collection new c --dedupe maybe", "--dedupe: want collection or none"},
		{"board new", "0 quorum levels given, want 1 to 4: --level 2 --level 3"},
		{"board new --level 2,3,4,5,6", "5 quorum levels given, want 1 to 4"},
		{"board new --level two", "--level: want a number from 2 to the members"},
		{"board new --level 3,2", "--level: 2 after 3; want them ascending, each once"},
		{"board new --level 2", "--member CARD is missing: a vault is founded with"},
		{"board restore-share", "give the lines of the recovery sheet (--sheet F), or"},
		{"board restore-share --sheet f --old g",
			"give the lines of the recovery sheet (--sheet F), or"},
	};

	(void)state;
	each(rows, T_COUNT(rows));
	rig_line_fails(
		"identity new file --name Ada", SR_EXISTS, "file, or its card, is there already");
	rig_line_fails("identity new a.id --name Ada --passphrase-file empty", SR_USAGE,
		"empty: the first line, the passphrase, is empty");
	rig_line_fails("identity new a.id --name Ada --passphrase-file big", SR_LIMIT,
		"big: more than 1026 bytes");
	assert_false(t_exists("a.id") || t_exists("a.id.card"));
	rig_line_fails("person show ada", SR_NOTFOUND,
		"a person is p-<16 hex digits> (see `person list`), or a card: ada: no such file");
	rig_line_fails("request export 1234 --purpose research --ends 30d --reason r --to ada",
		SR_NOTFOUND, "--to: want age1... or a card: ada: no such file");
	rig_line_fails("board new --level 2 --member nothing.card", SR_NOTFOUND,
		"--member: nothing.card: no such file");
	rig_line_fails("person add nothing.card --role researcher", SR_NOTFOUND,
		"nothing.card: no such file");
	t_write_file("strange.card", "strongroom/receipt/v1\nname x\n", 29);
	rig_line_fails("person add strange.card --role researcher", SR_CORRUPT,
		"no card: it does not begin with \"strongroom/");
}

static void material(void **state) {
	static const struct row rows[] = {
		{"deposit", "what is to be deposited? PATH..., - or --rows CSV"},
		{"deposit file", "--collection is missing: where does it go?"},
		{"deposit file --collection c --each item", "--each: want file or folder"},
		{"deposit file --collection c --bag --unpack",
			"--bag stores what the bag has, and nothing beside it: no --age, no "
			"--unpack"},
		{"deposit file --collection c --bag --age",
			"--bag stores what the bag has, and nothing beside it: no --age"},
		{"deposit file file --collection c --bag", "--bag takes one folder"},
		{"deposit - --collection c --bag", "--bag takes one folder"},
		{"deposit file --each file --title t",
			"--title is for one item, --each makes many"},
		{"deposit --rows t.csv file", "--rows names the paths and titles"},
		{"deposit --rows t.csv --each file", "--rows names the paths and titles"},
		{"deposit --rows t.csv --title t", "--rows names the paths and titles"},
		{"deposit - --collection c", "standard input needs a name: --name NAME"},
		{"deposit - --collection c --name=", "standard input needs a name: --name NAME"},
		{"deposit file --collection c --age --unpack",
			"--unpack is done here, and what is in an age file is seen by the vault "
			"alone"},
		{"deposit --abandon 12 file", "--abandon deposits nothing: no PATH beside it"},
		{"deposit --abandon 12 --rows t.csv", "--abandon deposits nothing"},
		{"deposit --abandon 12 --resume 12", "--abandon deposits nothing"},
		{"deposit --abandon 12", "--collection is missing: where did it go?"},
		{"deposit --abandon 12 --collection c",
			"--abandon: want the 32 digits of the accession"},
		{"inspect file --text --depth 2", "--text reads files: no --depth"},
		{"inspect file --depth 0", "--depth: want 1 to "},
		{"inspect file --depth deep", "--depth: want 1 to "},
		{"describe", "name one ITEM, or --rows TABLE"},
		{"describe 1234 --rows t.csv", "name one ITEM, or --rows TABLE"},
		{"describe --rows t.csv --title t",
			"--rows has the fields in its columns: none beside it"},
		{"describe 1234 --hazard red",
			"\"red\": unknown hazard; describe --help lists them"},
		{"describe 1234 --hazard graphic@", "\"graphic@\": want a file behind the @"},
		{"inspect file --ocr eng", "--ocr and --draw go with --text"},
		{"inspect file --draw d", "--ocr and --draw go with --text"},
		{"describe 1234 --medium book,letter,image,sound,film",
			"medium: more than 4 values"},
		{"intake scan", "what is to be scanned? One of ITEM..., --again, --known FILE"},
		{"intake scan 1234 --again", "what is to be scanned? One of ITEM..., --again"},
		{"redact 1234 --reason r", "say what to leave out: --leave-out FILE, or --gap"},
		{"redact 1234 --leave-out x", "--leave-out x: want the number of a file"},
		{"redact 1234 --leave-out 0 --keep x", "--keep x: want the number of a file"},
		{"redact 1234 --gap 0:9-3", "--gap 0:9-3: want FILE:FROM-TO, for example"},
		{"redact 1234 --gap 0:3-9", "--reason is missing: why something is left out"},
		{"release", "name ITEMs, or --accession ID for all its held items"},
		{"release 1234 --accession 1234",
			"name ITEMs, or --accession ID for all its held items"},
		{"retention 1234", "--due is missing: a date, or 3650d"},
		{"retention 1234 --due 3650d", "--basis is missing: contract, law"},
		{"retention 1234 --due 3650d --basis The+Law",
			"--basis: \"The+Law\" is no token (a-z 0-9 . _ : + -)"},
		{"lift 1234 --ask", "--ask is about the seal of an item: ITEM FLAG --ask"},
	};

	(void)state;
	each(rows, T_COUNT(rows));
}

static void requests(void **state) {
	static const struct row rows[] = {
		{"request 1234 --ends 30d --reason r", "--purpose is missing: research, teaching"},
		{"request 1234 --purpose research --reason r", "--ends is missing: 90d, or a date"},
		{"request 1234 --purpose research --ends 30d",
			"--reason is missing: what the board reads"},
		{"request export 1234 --purpose research --ends 30d --reason r",
			"--to is missing: the age key (age1...) that will open it"},
		{"request referral 1234 --reason r --ends 30d", "--authority: who receives"},
		{"request referral 1234 --authority court --ends 30d",
			"--reason: what the board reads"},
		{"request referral 1234 --authority court --reason r", "--ends: 30d, or a date"},
		{"request referral 1234 --authority court --reason r --ends 30d",
			"--to is missing: the authority's age key (age1...), which alone opens it"},
		{"amend 1234 --with " PERSON " --without " PERSON,
			"--with names all co-applicants; not --without too"},
		{"export 1234 5678 --all --out d",
			"--all takes the grant alone, and writes every item of it"},
		{"export 1234 --out d", "GRANT ITEM: which item? --all writes every one"},
		{"export 1234 --all --out d --receipt r",
			"--receipt is of one checkout: it does not go with --all"},
		{"renew 1234", "--ends says until when, --reason what the grant was used for"},
		{"renew 1234 --ends 30d", "--ends says until when, --reason what the grant"},
		{"export 1234 5678", "--out F is missing: the age file to write"},
		{"export 1234 --all",
			"--out F is missing: the age file to write, or with --all the folder"},
		{"reseal ask --left --limit 0", "--limit: want 1 to"},
		{"reseal ask --left 1234", "give items or --left, not both"},
		{"reseal ask", "which items? ITEM..., or --left"},
		{"reseal ask 1234 --limit 3", "--board and --limit go with --left"},
		{"reseal ask 1234 --board 1234", "--board and --limit go with --left"},
		{"vote 1234 maybe", "the decision is approve, reject, correct or topup"},
		{"vote approve", "which REQUEST? (or --bundle F)"},
		{"break-glass 1234", "--reason is missing: it stays in the log for ever"},
		{"enquiry open --kind police", "--kind or --text is missing: --kind says who asks"},
		{"enquiry open --text t", "--kind or --text is missing: --kind says who asks"},
		{"enquiry close 1234", "--text says what was answered, or how it ended"},
	};

	(void)state;
	each(rows, T_COUNT(rows));
}

static void house(void **state) {
	static const struct row rows[] = {
		{"backup dir", "--secrets FILE is missing: the sealed file of secrets"},
		{"init --vault v", "--origin NAME is missing: the name of the log"},
		{"init --vault v --origin o", "say where the second copy of secrets.db lies"},
		{"restore a b", "--secrets FILE is missing: the sealed file of secrets"},
		{"restore a b --secrets s",
			"--escrow FILE is missing: the escrow file that the backup was made with"},
		{"restore a b --secrets s --escrow e",
			"say where the second copy of secrets.db will"},
		{"second drop", "--confirm \"a lost secrets.db loses the vault\" is missing"},
		{"second drop --confirm yes",
			"--confirm \"a lost secrets.db loses the vault\" is missing"},
		{"log --type votes", "--type: there are no statements of the type \"votes\""},
		{"log --export folder --key k --fingerprint 12",
			"--fingerprint: want 64 digits of 0-9a-f"},
		{"log --key k", "--key and --witnesses go with --export"},
		{"log adopt", "give either the new NAME, or --ask"},
		{"log adopt name --ask", "give either the new NAME, or --ask"},
		{"log adopt name", "--known is missing: how many entries others know of"},
		{"log adopt name --known 12", "--confirm \""},
		{"log adopt name --known many",
			"--known: want a number: how many entries others know of"},
		{"log adopt name --known 12 --agreed many",
			"--agreed: want a number: how many are here as others know them"},
		{"log disclose 1", "--out NAME is missing: the two files' name"},
		{"log prove 1", "--out F is missing: the file for the proof"},
		{"log open file", "--key VKEY is missing"},
		{"log open file --key k --fingerprint 12",
			"--fingerprint: want 64 digits of 0-9a-f"},
		{"audit export", "--premis is missing: the one form there is"},
		{"witness policy --ask", "--ask needs FILE, the policy to vote on"},
		{"witness new x", "--name NAME is missing: what the witness is called"},
		{"recover begin ask --vault v --key k --unlock-new k --new-passphrase-file p",
			"give --unlock-new or --new-passphrase-file, not both"},
		{"witness dismiss", "--confirm \"that witness is wrong\" is missing"},
		{"witness serve dir --port 70000", "--port 70000: want 0 to 65535"},
		{"witness log frob dir", "after witness log comes add or list, not \"frob\""},
	};

	(void)state;
	each(rows, T_COUNT(rows));
}

/* The words of `witness log`, which takes one of two. */
static void witness_log(void **state) {
	struct rig_line l;

	(void)state;
	rig_line(&l, "witness new w --name witness.example/w1 --unlock-new w.key --quiet");
	assert_ok(l.rc, &l.e);
	rig_line_fails("witness log add w", SR_USAGE, "want: witness log add DIR VKEY");
	rig_line_fails("witness log list w x", SR_USAGE, "want: witness log list DIR");
}

/* --- what to do ------------------------------------------------------------------------------- */

/* The second line of a refusal, which is the one that helps. */
static void advice(void **state) {
	static const struct {
		const char *line;
		enum sr_code code;
		const char *piece, *hint;
	} rows[] = {
		{"list --vault folder --as file", SR_CORRUPT, "file is no identity file",
			"name the file that `strongroom identity new` made (not its .card)"},
		{"list --vault folder --as ada.id --passphrase-file other", SR_AUTH, "ada.id: ",
			"type it again, or name the file that holds it with --passphrase-file"},
		{"list --vault folder --as ada.id --passphrase-file pass", SR_NOTFOUND,
			"folder is not a vault",
			"name the vault's folder with --vault DIR, or make a new vault with"},
		{"core --vault folder", SR_NOTFOUND, "folder is not a vault",
			"name the vault's folder with --vault DIR"},
		{"witness serve folder --unlock w2.key", SR_NOTFOUND, "",
			"`strongroom witness new DIR --name NAME` makes a witness"},
		{"witness log add w2 frob --unlock w2.key", SR_USAGE, "the log's key: ",
			"`strongroom witness policy` of the vault prints its key"},
		{"board new --level 2 --standby-quorum 2:2 --member ada.id.card "
		 "--member bo.id.card --curator ada.id.card --officer ada.id.card "
		 "--auditor ada.id.card --custodian ada.id.card",
			SR_USAGE, "--standby-quorum: of whom? --standby names them", ""},
		{"policy lint nul", SR_CORRUPT, "nul: line 1, column 6: ",
			"mend the file at that place; `strongroom policy default` prints rules"},
	};
	struct rig_line l;

	(void)state;
	t_write_file("pass", "a passphrase of some length\n", 28);
	t_write_file("other", "another passphrase entirely\n", 28);
	rig_line(&l, "identity new ada.id --name Ada --passphrase-file pass --quiet");
	assert_ok(l.rc, &l.e);
	rig_line(&l, "identity new bo.id --name Bo --passphrase-file pass --quiet");
	assert_ok(l.rc, &l.e);
	rig_line(&l, "witness new w2 --name witness.example/w2 --unlock-new w2.key --quiet");
	assert_ok(l.rc, &l.e);
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		rig_line(&l, rows[i].line);
		if (l.rc != (int)rows[i].code || strstr(l.e.text, rows[i].piece) == NULL ||
			strstr(l.hint, rows[i].hint) == NULL)
			fail_msg("%s\n %d: %s\n hint: %s", rows[i].line, l.rc, l.e.text, l.hint);
	}
}

/* LEVEL:K, of a board with the levels 2 and 3. */
static void quorums(void **state) {
	static const struct row rows[] = {
		{"board rekey --quorum 2", "--quorum: want LEVEL:K, as in 2:3"},
		{"board rekey --quorum 2:x", "--quorum: want LEVEL:K, as in 2:3"},
		{"board rekey --quorum 5:2", "--quorum 5:2: the board has no level 5"},
		{"board rekey --quorum 2:3,2:4", "--quorum 2:4: level 2 is named twice"},
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		uint64_t quorum[2][2] = {{2, 2}, {3, 3}};
		char text[64], *argv[CLI_RIG_WORDS] = {NULL};
		struct sr_err e = {0};
		struct cli c = {0};

		(void)snprintf(text, sizeof text, "%s", rows[i].line);
		assert_ok(cli_rig_parse(&c, argv, cli_rig_words(argv, text), &e), &e);
		assert_fails(cli_quorums(&c, quorum, 2, "quorum", &e), SR_USAGE, &e, rows[i].piece);
		cli_rig_end(&c);
	}
}

/* A tar file of one empty member. */
static void put_tar(const char *path) {
	static const char magic[] = "ustar\00000";
	uint8_t tar[3 * 512] = {0};
	char digits[8];
	unsigned sum = 0;

	memset(tar, 'm', 6); /* its name */
	memset(tar + 100, '0', 7);
	memset(tar + 108, '0', 7);
	memset(tar + 116, '0', 7);
	memset(tar + 124, '0', 11);
	memset(tar + 136, '0', 11);
	memset(tar + 148, ' ', 8);
	tar[156] = '0';
	memcpy(tar + 257, magic, sizeof magic - 1);
	for (size_t i = 0; i < 512; i++)
		sum += tar[i];
	(void)snprintf(digits, sizeof digits, "%06o", sum);
	memcpy(tar + 148, digits, 7);
	t_write_file(path, tar, sizeof tar);
}

/* ^C while a sandboxed child reads: the verb ends it, and says nothing of the file; what an archive
 * holds is taken out no further. */
static void interrupted(void **state) {
	const struct cli_walk_told told = {.told = NULL};
	struct sr_deposit_source source;
	struct sr_deposit_file f;
	struct cli_unpack *u = NULL;
	struct cli_walk *w = NULL;
	struct sr_bytes title;
	struct sr_err e = {0};

	(void)state;
	put_tar("t.tar");
	for (int stop = 0; stop <= 1; stop++) {
		assert_ok(cli_unpack_new(&u, &e), &e);
		assert_ok(cli_walk_new(&w, WALK_ONE, &e), &e);
		assert_ok(cli_walk_add(w, "t.tar", "t.tar", NULL, &e), &e);
		cli_walk_source(w, &source, &told);
		cli_unpack_source(u, w, &source);
		assert_int_equal(source.item(source.ctx, &title, &e), 1);
		assert_int_equal(source.file(source.ctx, &f, &e), 1);
		f.content.close(f.content.ctx);
		cli_stopped = stop != 0 ? SIGINT : 0;
		if (stop != 0) {
			assert_fails(source.file(source.ctx, &f, &e), SR_LOCKED, &e,
				"stopped on request");
		} else {
			const int got = source.file(source.ctx, &f, &e);
			if (got == SR_UNSUPPORTED) { /* nothing is read that could be stopped */
				cli_unpack_free(u);
				cli_walk_free(w);
				print_message("skipped: %s\n", e.text);
				skip();
			}
			assert_int_equal(got, 1);
			assert_true(sr_bytes_eq(f.path, sr_bytes_str("t.tar/mmmmmm")));
			f.content.close(f.content.ctx);
		}
		cli_unpack_free(u);
		cli_walk_free(w);
	}
	cli_stopped = SIGINT;
	rig_line_fails("inspect file --text", SR_LOCKED, "stopped on request");
	cli_stopped = 0;
}

/* More values than one command line may have. */
static void many_values(void **state) {
	static char line[8000] = "describe 1234 --hazard graphic@0";

	(void)state;
	for (size_t i = 1; i < 513; i++)
		(void)snprintf(line + strlen(line), sizeof line - strlen(line), ",graphic@0");
	rig_line_fails(line, SR_LIMIT, "more than 512 values");
}

/* Paths that no buffer takes. */
static void long_paths(void **state) {
	static const struct row rows[] = {
		{"identity new %s --name Ada", "the path is longer than "},
		{"restore a b --secrets s --escrow e --no-second --since %s",
			"--since: a path of 5000 bytes"},
		{"second replace %s", "the path of the second copy is too long"},
		{"log open %s --key k", "a path of 5000 bytes"},
		{"inspect file --text --ocr %s", "--ocr: at most "},
	};
	static char path[5001], line[6000];

	(void)state;
	memset(path, 'a', sizeof path - 1);
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		const char *at = strchr(rows[i].line, '%');

		(void)snprintf(line, sizeof line, "%.*s%s%s", (int)(at - rows[i].line),
			rows[i].line, path, at + 2);
		rig_line_fails(line, SR_USAGE, rows[i].piece);
	}
}

/* --- cards ------------------------------------------------------------------------------------ */

/* The card of key ${seed} for ${name}, as `identity new` writes it. */
static void card_text(struct sr_buf *out, uint64_t seed, const char *name) {
	struct sr_identity id = {0};
	uint8_t bytes[SR_SEED];
	struct sr_err e = {0};

	t_fill(bytes, sizeof bytes, seed);
	assert_ok(sr_identity_from_seed(&id, bytes, &e), &e);
	sr_buf_clear(out);
	assert_ok(cli_card_make(out, &id, sr_bytes_str(name), NULL, &e), &e);
	sr_identity_free(&id);
}

/* The line ${key} of ${to} is that of ${from}. */
static void swap_line(struct sr_buf *to, const struct sr_buf *from, const char *key) {
	struct sr_text a = {0}, b = {0};
	struct sr_buf made;
	struct sr_err e = {0};

	sr_buf_init(&made);
	assert_ok(sr_text_parse(&a, sr_buf_view(to), &e), &e);
	assert_ok(sr_text_parse(&b, sr_buf_view(from), &e), &e);
	sr_buf_printf(&made, "%.*s\n", (int)a.type.len, (const char *)a.type.p);
	for (size_t i = 0; i < a.count; i++) {
		const bool it = sr_bytes_eq(a.lines[i].key, sr_bytes_str(key));
		const struct sr_line *l = it ? &b.lines[i] : &a.lines[i];

		sr_buf_printf(&made, "%.*s %.*s\n", (int)l->key.len, (const char *)l->key.p,
			(int)l->value.len, (const char *)l->value.p);
	}
	sr_buf_clear(to);
	sr_buf_put_bytes(to, sr_buf_view(&made));
	sr_text_free(&a);
	sr_text_free(&b);
	sr_buf_free(&made);
}

/* A card that is signed for the name "", which nobody's program makes. */
static void nameless(struct sr_buf *out) {
	uint8_t bytes[SR_SEED], pk[SR_PK], salt[SR_SALT] = {1}, hash[SR_HASH];
	char person[SR_PERSON_TEXT];
	struct sr_err e = {0};
	struct sr_buf card;

	sr_buf_init(&card);
	t_fill(bytes, sizeof bytes, 3);
	sr_sign_public(pk, bytes);
	sr_person_name(person, pk);
	sr_text_commit(hash, salt, sr_bytes_of("\xff", 1));
	assert_ok(sr_card_make(&card, bytes, hash, &e), &e);
	sr_buf_clear(out);
	sr_text_begin(out, "strongroom/introduction/v1");
	sr_text_put(out, "person", person);
	sr_text_put_base64(out, "key", pk, SR_PK);
	sr_text_put_base64(out, "card", card.p, card.len);
	sr_text_put_base64(out, "salt", salt, sizeof salt);
	sr_text_put_base64(out, "name", "\xff", 1);
	sr_buf_free(&card);
}

static void card_fails(const struct sr_buf *b, enum sr_code code, const char *piece) {
	struct cli_card card;
	struct sr_err e = {0};

	t_write_file("a.card", b->p, b->len);
	assert_fails(cli_card_read(&card, "a.card", &e), code, &e, piece);
}

static void cards(void **state) {
	static const char other[] = "strongroom/other/v1\nperson " PERSON "\n";
	struct sr_buf one, two;
	struct cli_card card;
	struct sr_err e = {0};
	char line[4000] = "board rekey";

	(void)state;
	sr_buf_init(&one);
	sr_buf_init(&two);
	card_text(&one, 1, "Ada");
	card_text(&two, 2, "Bob");
	t_write_file("first.card", one.p, one.len);
	assert_ok(cli_card_read(&card, "first.card", &e), &e);
	cli_card_free(&card);
	rig_line_fails("person rekey first.card", SR_USAGE,
		"first key; `identity renew` makes one of a new key");
	swap_line(&one, &two, "name");
	card_fails(
		&one, SR_AUTH, "a.card: the name beside the card is not the one that was signed");
	card_text(&one, 1, "Ada");
	swap_line(&one, &two, "person");
	card_fails(&one, SR_AUTH, "a.card: the file says it is of another person than its card");
	nameless(&one);
	card_fails(&one, SR_CORRUPT, "a.card: the name is not 1 to 512 bytes of UTF-8");
	sr_buf_clear(&one);
	sr_buf_put(&one, other, sizeof other - 1);
	card_fails(&one, SR_CORRUPT,
		"a.card: no card: it does not begin with \"strongroom/introduction/v1\"");
	/* More cards than a board has seats. */
	for (size_t i = 0; i <= SR_BOARD_MEMBERS_MAX; i++)
		(void)snprintf(
			line + strlen(line), sizeof line - strlen(line), " --join first.card");
	rig_line_fails(line, SR_USAGE, "--join: more than 32 cards");
	sr_buf_free(&one);
	sr_buf_free(&two);
}

/* --- output ----------------------------------------------------------------------------------- */

static int canonical(json_t *j, struct sr_err *e) {
	struct sr_buf b;

	sr_buf_init(&b);
	const int rc = cli_json_canonical_to(&b, j, e);
	sr_buf_free(&b);
	return rc;
}

/* What the one form of JSON does not hold is not printed in another. */
static void one_form(void **state) {
	json_t *many = json_object(), *deep = json_array();
	struct sr_err e = {0};
	char name[16];

	(void)state;
	for (int i = 0; i < 65; i++) {
		(void)snprintf(name, sizeof name, "%d", i);
		json_object_set_new(many, name, json_null());
	}
	for (int i = 0; i < 8; i++) {
		json_t *around = json_array();

		json_array_append_new(around, deep);
		deep = around;
	}
	assert_fails(canonical(many, &e), SR_MISUSE, &e, "canonical JSON: 65 members");
	assert_fails(canonical(deep, &e), SR_MISUSE, &e, "canonical JSON: more than 8 levels");
	assert_fails(canonical(json_pack("{s:n}", "\xc3\xa4"), &e), SR_MISUSE, &e,
		"canonical JSON: a name not in ASCII");
	assert_fails(canonical(json_real(0.5), &e), SR_MISUSE, &e, "canonical JSON: no such value");
	assert_fails(canonical(json_integer(INT64_C(1) << 54), &e), SR_MISUSE, &e,
		"canonical JSON: no such value");
}

/* Nobody takes a line that was lost for one that was written. */
static void full(void **state) {
	FILE *before = stdout, *none = fopen("/dev/full", "w");
	struct sr_err e = {0};

	(void)state;
	assert_non_null(none);
	setvbuf(none, NULL, _IONBF, 0);
	stdout = none;
	const int rc = cli_json_canonical(json_string("a title"), &e);
	stdout = before;
	(void)fclose(none);
	assert_fails(rc, SR_LIMIT, &e, "standard output: No space left");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options),
		cmocka_unit_test(words_of_the_vault),
		cmocka_unit_test(people),
		cmocka_unit_test(material),
		cmocka_unit_test(requests),
		cmocka_unit_test(house),
		cmocka_unit_test(witness_log),
		cmocka_unit_test(advice),
		cmocka_unit_test(quorums),
		cmocka_unit_test(interrupted),
		cmocka_unit_test(many_values),
		cmocka_unit_test(long_paths),
		cmocka_unit_test(cards),
		cmocka_unit_test(one_form),
		cmocka_unit_test(full),
	};
	return cmocka_run_group_tests(tests, setup, cli_rig_move_out);
}
