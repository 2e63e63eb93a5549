/*
 * identity new, renew, passphrase, card, show, age: a person's own key, without any vault.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/escape.h"
#include "base/secret.h"
#include "cli/verbs.h"
#include "crypto/age.h"
#include "store/supersede.h"

const struct cli_option cli_identity_new_options[] = {
	{"name", CLI_ONE, "TEXT", "display name (and address), for the people who add you"},
	{NULL, CLI_FLAG, NULL, NULL},
};

const struct cli_option cli_identity_age_options[] = {
	{"secret-to", CLI_ONE, "F",
		"also write the age secret key to a new file (as secret as FILE)"},
	{NULL, CLI_FLAG, NULL, NULL},
};

static int card_path(char *out, size_t size, const char *path, struct sr_err *e) {
	const int n = snprintf(out, size, "%s.card", path);
	if (n < 0 || (size_t)n >= size)
		return sr_fail(e, SR_USAGE, "the path is longer than %zu bytes", size - 6);
	return 0;
}

const struct cli_option cli_identity_renew_options[] = {
	{"name", CLI_ONE, "TEXT", "display name (and address)"},
	{"old", CLI_ONE, "FILE", "the identity until now: it bears the new key out"},
	{"old-passphrase-file", CLI_ONE, "F", "its passphrase"},
	{"person", CLI_ONE, "PERSON", "the old key is lost: whose new key it is (p-...)"},
	{NULL, CLI_FLAG, NULL, NULL},
};

const struct cli_option cli_identity_card_options[] = {
	{"name", CLI_ONE, "TEXT", "the other display name (and address)"},
	{"out", CLI_ONE, "F", "where the card goes"},
	{NULL, CLI_FLAG, NULL, NULL},
};

/* ${old}: the seed before, of a new key that it bears out; or NULL. */
static int write_both(struct cli *c, const struct sr_identity *id, const char *path,
	const uint8_t *old, struct sr_err *e) {
	const char *name = cli_get(c, "name");
	struct cli_secret s;
	struct sr_buf file, card;
	char beside[SR_PATH_MAX + 8];
	sr_buf_init(&file);
	sr_buf_init(&card);
	int rc = card_path(beside, sizeof beside, path, e);
	if (rc != 0)
		return rc;
	const struct cli_ask ask = {.passphrase_file = cli_get(c, "passphrase-file"),
		.prompt = "Passphrase for the new identity",
		.options = "give --passphrase-file F",
		.fresh = true};
	struct stat st; /* before anybody types a passphrase twice */
	char shown[256];
	if (lstat(path, &st) == 0 || lstat(beside, &st) == 0)
		rc = sr_fail(e, SR_EXISTS, "%s, or its card, is there already",
			sr_escape_to(shown, sizeof shown, sr_bytes_str(path)));
	if (rc == 0)
		rc = cli_card_make(&card, id, sr_bytes_str(name), old, e);
	if (rc == 0)
		rc = cli_secret(&s, &ask, e);
	if (rc == 0) {
		rc = sr_identity_seal(&file, id, &s.unlock, e);
		cli_secret_free(&s);
	}
	if (rc == 0)
		rc = cli_write_file(path, sr_buf_view(&file), false, e);
	if (rc == 0)
		rc = cli_write_file(beside, sr_buf_view(&card), false, e);
	if (rc == SR_EXISTS)
		cli_hint(c, "choose another name: a key that was lost cannot be made again");
	sr_buf_free(&file);
	sr_buf_free(&card);
	return rc;
}

int verb_identity_new(struct cli *c, struct sr_err *e) {
	const char *path = c->args.words[0];
	struct sr_identity id = {0};
	if (cli_get(c, "name") == NULL)
		return sr_fail(e, SR_USAGE, "--name \"Display Name\" is missing");
	int rc = sr_identity_new(&id, e);
	if (rc == 0)
		rc = write_both(c, &id, path, NULL, e);
	if (rc == 0 && c->json) {
		json_t *o = json_object();
		json_object_set_new(o, "person", json_string(id.person));
		cli_json_set_bytes(o, "file", sr_bytes_str(path));
		cli_json_print(o);
	} else if (rc == 0) {
		printf("%s is %s: ", path, id.person);
		cli_print(sr_bytes_str(cli_get(c, "name")));
		printf("\n%s.card introduces this person; give it to those who add people. "
		       "The key itself stays in %s, sealed.\n",
			path, path);
	}
	sr_identity_free(&id);
	return rc;
}

const struct cli_option cli_identity_passphrase_options[] = {
	{"new-passphrase-file", CLI_ONE, "F", "the new passphrase (else it is asked for)"},
	{NULL, CLI_FLAG, NULL, NULL},
};

int verb_identity_passphrase(struct cli *c, struct sr_err *e) {
	const char *path = c->args.words[0];
	struct cli_secret s = {0};
	struct sr_dir *dir = NULL;
	struct sr_buf file;
	char name[256], shown[256];
	bool replaced = false;
	const struct cli_ask ask = {.passphrase_file = cli_get(c, "new-passphrase-file"),
		.prompt = "New passphrase of the identity",
		.options = "give --new-passphrase-file F",
		.fresh = true};
	sr_buf_init(&file);
	int rc = cli_identity_at(c, path, e);
	if (rc == 0)
		rc = cli_real_place(&dir, name, path, e);
	if (rc == 0)
		rc = cli_secret(&s, &ask, e);
	if (rc == 0)
		rc = sr_identity_seal(&file, &c->identity, &s.unlock, e);
	cli_secret_free(&s);
	if (rc == 0)
		rc = sr_file_supersede(dir, name, sr_buf_view(&file), &replaced, e);
	sr_dir_close(dir);
	sr_buf_free(&file);
	if (rc != 0 && replaced)
		cli_hint(c, "the new passphrase is in force; what failed is overwriting the file "
			    "before: repeat the command");
	if (rc != 0)
		return rc;
	(void)sr_escape_to(shown, sizeof shown, sr_bytes_str(path));
	if (c->json) {
		json_t *o = json_object();
		json_object_set_new(o, "person", json_string(c->identity.person));
		cli_json_set_bytes(o, "file", sr_bytes_str(path));
		cli_json_print(o);
	} else {
		printf("%s has the new passphrase; the bytes before are overwritten. Copies of it "
		       "elsewhere still have the old one.\n",
			shown);
	}
	return 0;
}

static int old_identity(struct cli *c, struct sr_identity *old, struct sr_err *e) {
	struct sr_buf file;
	struct cli_secret s;
	const struct cli_ask ask = {.passphrase_file = cli_get(c, "old-passphrase-file"),
		.prompt = "Passphrase of the identity until now",
		.options = "give --old-passphrase-file F"};
	sr_buf_init(&file);
	int rc = cli_read_file(&file, cli_get(c, "old"), 16 << 10, e);
	if (rc == 0)
		rc = cli_secret(&s, &ask, e);
	if (rc == 0) {
		rc = sr_identity_open(old, sr_buf_view(&file), &s.unlock, e);
		cli_secret_free(&s);
	}
	sr_buf_free(&file);
	return rc;
}

/* Another key of the same person: the name stays that of the first key. */
int verb_identity_renew(struct cli *c, struct sr_err *e) {
	const char *path = c->args.words[0], *person = cli_get(c, "person");
	struct sr_identity id = {0}, old = {0};
	if (cli_get(c, "name") == NULL)
		return sr_fail(e, SR_USAGE, "--name \"Display Name\" is missing");
	if (cli_has(c, "old") == (person != NULL))
		return sr_fail(e, SR_USAGE,
			"give the identity until now (--old FILE), or, when it is lost, whose new "
			"key it is (--person p-...)");
	if (person != NULL && sr_value_check(SR_V_PERSON, sr_bytes_str(person), NULL) != 0)
		return sr_fail(e, SR_USAGE, "--person: want p-<16 hex digits>; see `person list`");
	int rc = cli_has(c, "old") ? old_identity(c, &old, e) : 0;
	if (rc == 0)
		rc = sr_identity_new(&id, e);
	if (rc == 0) {
		snprintf(id.person, sizeof id.person, "%s", person != NULL ? person : old.person);
		rc = write_both(c, &id, path, old.seed, e);
	}
	if (rc == 0 && c->json) {
		json_t *o = json_object();
		json_object_set_new(o, "person", json_string(id.person));
		cli_json_set_bytes(o, "file", sr_bytes_str(path));
		cli_json_print(o);
	} else if (rc == 0) {
		printf("%s is a new key of %s, not in force yet.\n%s.card says so%s; give it to a "
		       "curator or officer (person rekey).\n",
			path, id.person, path,
			old.seed != NULL ? ", and the key until now bears it out" : "");
	}
	sr_identity_free(&id);
	sr_identity_free(&old);
	return rc;
}

/* Another card of the same key: for another name. */
int verb_identity_card(struct cli *c, struct sr_err *e) {
	const char *name = cli_get(c, "name"), *to = cli_get(c, "out");
	struct sr_buf card;
	if (name == NULL || to == NULL)
		return sr_fail(e, SR_USAGE, "--name \"Display Name\" and --out F are needed");
	sr_buf_init(&card);
	int rc = cli_identity_at(c, c->args.words[0], e);
	if (rc == 0)
		rc = cli_card_make(&card, &c->identity, sr_bytes_str(name), NULL, e);
	if (rc == 0)
		rc = cli_write_file(to, sr_buf_view(&card), false, e);
	if (rc == 0)
		cli_tell(c,
			"%s introduces %s by another name; give it to a curator or officer "
			"(person set)",
			to, c->identity.person);
	if (rc == 0 && c->json) {
		json_t *o = json_object();
		json_object_set_new(o, "person", json_string(c->identity.person));
		cli_json_set_bytes(o, "file", sr_bytes_str(to));
		cli_json_print(o);
	}
	sr_buf_free(&card);
	return rc;
}

/* Who a file says it is; a card's file is fine too. */
static int peek(struct cli *c, char person[SR_PERSON_TEXT], uint8_t pk[SR_PK], struct sr_buf *name,
	struct sr_err *e) {
	const char *path = c->args.words[0];
	char beside[SR_PATH_MAX + 8];
	struct sr_buf file;
	struct cli_card card;
	sr_buf_init(&file);
	int rc = cli_read_file(&file, path, 16 << 10, e);
	if (rc != 0)
		return rc;
	rc = sr_identity_peek(person, pk, sr_buf_view(&file), e);
	sr_buf_free(&file);
	if (rc == 0 && card_path(beside, sizeof beside, path, NULL) == 0)
		path = beside;
	struct sr_err ignored = {0};
	if (cli_card_read(&card, path, rc == 0 ? &ignored : e) == 0) {
		if (rc != 0) {
			snprintf(person, SR_PERSON_TEXT, "%s", card.person);
			memcpy(pk, card.key, SR_PK);
			rc = 0;
		}
		if (strcmp(person, card.person) == 0)
			sr_buf_put_bytes(name, card.who.name);
		cli_card_free(&card);
	}
	return rc;
}

/* The file is the person's own, and no vault was asked. */
static void no_identity(struct cli *c, int rc) {
	if (rc != SR_CORRUPT)
		return;
	c->own_input = true;
	cli_hint(c, "name the file that `strongroom identity new` made, or its .card");
}

int verb_identity_show(struct cli *c, struct sr_err *e) {
	char person[SR_PERSON_TEXT];
	uint8_t pk[SR_PK];
	struct sr_buf name, key;
	sr_buf_init(&name);
	sr_buf_init(&key);
	int rc = peek(c, person, pk, &name, e);
	no_identity(c, rc);
	if (rc == 0) {
		sr_buf_put_base64(&key, pk, SR_PK);
		rc = sr_buf_ok(&key, e);
	}
	if (rc == 0 && c->json) {
		json_t *o = json_object();
		json_object_set_new(o, "person", json_string(person));
		json_object_set_new(o, "key", cli_json_bytes(sr_buf_view(&key)));
		if (name.len > 0)
			json_object_set_new(o, "name", cli_json_bytes(sr_buf_view(&name)));
		cli_json_print(o);
	} else if (rc == 0) {
		cli_line_str("person", person);
		char shown[CLI_KEY_TEXT];
		cli_line_str("key", cli_key_shown(shown, sr_buf_view(&key)));
		cli_line("name", sr_buf_view(&name));
	}
	sr_buf_free(&name);
	sr_buf_free(&key);
	return rc;
}

/* The age secret of an identity, in the form that `age -i` reads. */
static int write_age_secret(struct cli *c, const char *to, struct sr_err *e) {
	struct sr_buf text;
	struct sr_identity *id = &c->identity;
	char *secret = sr_secret_new(SR_AGE_IDENTITY_TEXT, e);
	uint8_t *sk = sr_secret_new(SR_X_SK, e);
	int rc = secret == NULL || sk == NULL ? SR_NOMEM : 0;
	sr_buf_init_secret(&text);
	if (rc == 0) {
		sr_box_sk_of_seed(sk, id->seed);
		sr_age_identity_text(secret, sk);
		sr_buf_printf(&text, "# age key of %s\n%s\n", id->person, secret);
		rc = sr_buf_ok(&text, e);
	}
	if (rc == 0)
		rc = cli_write_file(to, sr_buf_view(&text), false, e);
	sr_buf_free(&text);
	sr_secret_free(sk, SR_X_SK);
	sr_secret_free(secret, SR_AGE_IDENTITY_TEXT);
	return rc;
}

int verb_identity_age(struct cli *c, struct sr_err *e) {
	char person[SR_PERSON_TEXT], recipient[64];
	uint8_t pk[SR_PK];
	struct sr_buf name;
	const char *to = cli_get(c, "secret-to");
	sr_buf_init(&name);
	int rc = peek(c, person, pk, &name, e);
	no_identity(c, rc);
	sr_buf_free(&name);
	if (rc == 0)
		rc = sr_identity_age_recipient(recipient, pk, e);
	if (rc == 0 && to != NULL) {
		rc = cli_identity_at(c, c->args.words[0], e);
		if (rc == 0)
			rc = write_age_secret(c, to, e);
	}
	if (rc == 0 && c->json) {
		json_t *o = json_object();
		json_object_set_new(o, "person", json_string(person));
		json_object_set_new(o, "recipient", json_string(recipient));
		cli_json_print(o);
	} else if (rc == 0) {
		printf("%s\n", recipient);
	}
	return rc;
}
