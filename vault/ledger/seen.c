/*
 * seen - a client's memory of a ledger. See seen.h.
 */
#include "ledger/seen.h"

#include "base/text.h"
#include "merkle/note.h"
#include "merkle/tree.h"

static const char type_line[] = "strongroom/seen/v1";

static const char lock_name[] = ".lock";

enum {
	FILE_MAX = 8192,
	LINES = 6,
	LOCK_WAIT_MS = 10000 /* a holder writes two files and waits for the disk */
};

int sr_seen_init(struct sr_seen *out, const char *origin, const uint8_t vault[SR_HASH],
	const char *vkey, const char *person, struct sr_err *e) {
	struct sr_seen s = {.size = 0};
	if (strlen(origin) >= sizeof s.origin || strlen(vkey) >= sizeof s.vkey ||
		strlen(person) >= sizeof s.person)
		return sr_fail(e, SR_LIMIT,
			"seen: origin, key or person of %zu, %zu, %zu bytes is too long",
			strlen(origin), strlen(vkey), strlen(person));
	memcpy(s.origin, origin, strlen(origin) + 1);
	memcpy(s.vault, vault, SR_HASH);
	memcpy(s.vkey, vkey, strlen(vkey) + 1);
	memcpy(s.person, person, strlen(person) + 1);
	sr_merkle_root(s.root, NULL, 0);
	if (vkey[0] != '\0') {
		struct sr_vkey key;
		const int rc = sr_vkey_parse(&key, sr_bytes_str(vkey), e);
		if (rc != 0) {
			(void)sr_wrap(e, "seen");
			return rc;
		}
		sr_log_keys_begin(&s.keys, key.name, key.pk);
	}
	*out = s;
	return 0;
}

int sr_seen_newest_key(char out[SR_VKEY_TEXT], const struct sr_seen *s, struct sr_err *e) {
	const struct sr_log_link *last = sr_log_keys_last(&s->keys);
	struct sr_vkey key;
	struct sr_buf text;
	int rc = sr_vkey_make(&key, sr_bytes_str(last->name), SR_NOTE_ED25519, last->pk, e);
	sr_buf_init(&text);
	if (rc == 0) {
		sr_vkey_put(&text, &key);
		rc = sr_buf_ok(&text, e);
	}
	if (rc == 0 && text.len >= SR_VKEY_TEXT)
		rc = sr_fail(e, SR_MISUSE, "seen: a ledger key of %zu bytes is too long", text.len);
	if (rc == 0) {
		memcpy(out, text.p, text.len);
		out[text.len] = '\0';
	}
	sr_buf_free(&text);
	return rc;
}

void sr_seen_name(char out[64], const uint8_t vault[SR_HASH], const char *person) {
	char hex[17];
	sr_hex(hex, vault, 8);
	(void)snprintf(out, 64, "%s-%.18s.seen", hex, person);
}

void sr_seen_encode(struct sr_buf *out, const struct sr_seen *s) {
	sr_text_begin(out, type_line);
	sr_text_put(out, "origin", s->origin);
	sr_text_put_hex(out, "vault", s->vault, SR_HASH);
	sr_text_put(out, "ledger-key", s->vkey);
	sr_text_put(out, "person", s->person);
	sr_text_put_dec(out, "size", s->size);
	sr_text_put_base64(out, "root", s->root, SR_HASH);
	for (size_t i = 1; i < s->keys.count; i++) {
		const struct sr_log_link *l = &s->keys.key[i];
		if (sr_log_keys_renames(&s->keys, i)) {
			sr_buf_printf(out, "next-name %llu %s %llu %llu\n",
				(unsigned long long)l->from, l->name, (unsigned long long)l->agreed,
				(unsigned long long)l->known);
			continue;
		}
		sr_buf_printf(out, "next-key %llu ", (unsigned long long)l->from);
		sr_buf_put_base64(out, l->pk, SR_PK);
		sr_buf_put_u8(out, '\n');
	}
}

static int copy_text(
	char *out, size_t size, struct sr_bytes v, const char *what, struct sr_err *e) {
	if (v.len >= size)
		return sr_fail(e, SR_CORRUPT, "`%s` has %zu bytes, want at most %zu", what, v.len,
			size - 1);
	memcpy(out, v.p, v.len);
	out[v.len] = '\0';
	return 0;
}

static int read_name(struct sr_log_link *l, struct sr_bytes v, struct sr_err *e) {
	int rc = copy_text(l->name, sizeof l->name, sr_word(v, 1), "next-name", e);
	if (rc == 0)
		rc = sr_parse_dec(&l->agreed, sr_word(v, 2), SR_TREE_SIZE_MAX, e);
	return rc == 0 ? sr_parse_dec(&l->known, sr_word(v, 3), SR_TREE_SIZE_MAX, e) : rc;
}

static int read_links(struct sr_seen *s, const struct sr_text *t, struct sr_err *e) {
	int rc = 0;
	for (size_t i = LINES; i < t->count && rc == 0; i++) {
		const struct sr_bytes v = t->lines[i].value;
		const bool name = sr_bytes_eq(t->lines[i].key, sr_bytes_str("next-name"));
		struct sr_log_link l = {.from = 0};
		if ((!name && !sr_bytes_eq(t->lines[i].key, sr_bytes_str("next-key"))) ||
			sr_word_count(v) != (name ? 4 : 2))
			return sr_fail(e, SR_CORRUPT,
				"line %zu: want `next-key` and two words, or `next-name` and four",
				i + 2);
		rc = sr_parse_dec(&l.from, sr_word(v, 0), SR_TREE_SIZE_MAX, e);
		if (rc == 0)
			rc = name ? read_name(&l, v, e)
				  : sr_unbase64_fixed(l.pk, SR_PK, sr_word(v, 1), e);
		if (rc == 0 && (name ? sr_log_keys_rename(&s->keys, &l, NULL)
				     : sr_log_keys_add(&s->keys, l.from, l.pk, NULL)) != 0)
			rc = sr_fail(
				e, SR_CORRUPT, "line %zu: out of order, or one too many", i + 2);
	}
	return rc;
}

static int read_lines(struct sr_seen *s, const struct sr_text *t, struct sr_err *e) {
	static const char *const keys[LINES] = {
		"origin", "vault", "ledger-key", "person", "size", "root"};
	struct sr_vkey key;
	uint8_t empty[SR_HASH];
	int rc;
	if (!sr_bytes_eq(t->type, sr_bytes_str(type_line)))
		return sr_fail(e, SR_CORRUPT, "the first line is not \"%s\"", type_line);
	for (size_t i = 0; i < LINES; i++) {
		if (i >= t->count || !sr_bytes_eq(t->lines[i].key, sr_bytes_str(keys[i])))
			return sr_fail(e, SR_CORRUPT, "line %zu: want `%s`", i + 2, keys[i]);
	}
	if (t->count > LINES + SR_LOG_LINKS - 1)
		return sr_fail(e, SR_CORRUPT, "have %zu lines, want %d to %d", t->count, (int)LINES,
			(int)LINES + SR_LOG_LINKS - 1);
	if ((rc = copy_text(s->origin, sizeof s->origin, t->lines[0].value, keys[0], e)) != 0 ||
		(rc = sr_unhex(s->vault, SR_HASH, t->lines[1].value, e)) != 0 ||
		(rc = copy_text(s->vkey, sizeof s->vkey, t->lines[2].value, keys[2], e)) != 0 ||
		(rc = copy_text(s->person, sizeof s->person, t->lines[3].value, keys[3], e)) != 0 ||
		(rc = sr_parse_dec(&s->size, t->lines[4].value, SR_TREE_SIZE_MAX, e)) != 0 ||
		(rc = sr_unbase64_fixed(s->root, SR_HASH, t->lines[5].value, e)) != 0 ||
		(rc = sr_vkey_parse(&key, t->lines[2].value, e)) != 0)
		return rc;
	if (strcmp(key.name, s->origin) != 0)
		return sr_fail(e, SR_CORRUPT, "the ledger key is not named as the origin");
	sr_merkle_root(empty, NULL, 0);
	if (s->size == 0 && memcmp(empty, s->root, SR_HASH) != 0)
		return sr_fail(e, SR_CORRUPT, "size 0 with another root than the empty tree's");
	sr_log_keys_begin(&s->keys, key.name, key.pk);
	return read_links(s, t, e);
}

int sr_seen_decode(struct sr_seen *out, struct sr_bytes text, struct sr_err *e) {
	struct sr_seen s = {.size = 0};
	struct sr_text t;
	int rc = sr_text_parse(&t, text, e);
	if (rc == 0) {
		rc = read_lines(&s, &t, e);
		sr_text_free(&t);
	}
	if (rc == 0)
		*out = s;
	else
		(void)sr_wrap(e, "seen");
	return rc;
}

int sr_seen_load(struct sr_seen *out, struct sr_dir *d, const uint8_t vault[SR_HASH],
	const char *person, struct sr_err *e) {
	struct sr_seen s;
	struct sr_buf b;
	char name[64];
	sr_seen_name(name, vault, person);
	sr_buf_init(&b);
	int rc = sr_file_read(d, name, &b, FILE_MAX, e);
	if (rc == 0)
		rc = sr_seen_decode(&s, sr_buf_view(&b), e);
	if (rc == 0 && (memcmp(s.vault, vault, SR_HASH) != 0 || strcmp(s.person, person) != 0))
		rc = sr_fail(e, SR_AUTH, "it belongs to another vault or person");
	if (rc == 0)
		*out = s;
	else
		(void)sr_wrap(e, "%s", name);
	sr_buf_free(&b);
	return rc;
}

int sr_seen_lock(struct sr_lock **out, struct sr_dir *d, struct sr_err *e) {
	return sr_lock_wait(out, d, lock_name, LOCK_WAIT_MS, e);
}

/* What is remembered may only grow. */
static int check_growth(const struct sr_seen *old, const struct sr_seen *s, struct sr_err *e) {
	if (strcmp(old->origin, s->origin) != 0 || strcmp(old->vkey, s->vkey) != 0)
		return sr_fail(e, SR_AUTH, "the memory names another origin or ledger key");
	if (!sr_log_keys_begin_with(&s->keys, &old->keys))
		return sr_fail(e, SR_AUTH,
			"the memory has another change of the ledger key than was verified");
	if (s->size < old->size)
		return sr_fail(e, SR_AUTH, "size %llu is below %llu, which was verified before",
			(unsigned long long)s->size, (unsigned long long)old->size);
	if (s->size == old->size && memcmp(s->root, old->root, SR_HASH) != 0)
		return sr_fail(e, SR_AUTH, "another root at size %llu than was verified before",
			(unsigned long long)s->size);
	return 0;
}

/* What is lost is not remembered again: nobody stored anything else meanwhile, and there is a name
 * for it. */
static int check_loss(const struct sr_seen *old, const struct sr_seen *s, const struct sr_seen *was,
	struct sr_err *e) {
	const struct sr_log_link *by;
	if (strcmp(old->origin, s->origin) != 0 || strcmp(old->vkey, s->vkey) != 0)
		return sr_fail(e, SR_AUTH, "the memory names another origin or ledger key");
	if (old->size != was->size || memcmp(old->root, was->root, SR_HASH) != 0 ||
		!sr_log_keys_begin_with(&was->keys, &old->keys) ||
		!sr_log_keys_begin_with(&old->keys, &was->keys))
		return sr_fail(e, SR_AUTH, "the memory was changed meanwhile: try again");
	return sr_log_keys_excuse(&by, &s->keys, &old->keys, old->size, e);
}

/* ${was} NULL: it grew. */
static int store(
	struct sr_dir *d, const struct sr_seen *s, const struct sr_seen *was, struct sr_err *e) {
	struct sr_seen old, again;
	struct sr_buf b;
	char name[64];
	sr_seen_name(name, s->vault, s->person);
	sr_buf_init(&b);
	int rc = sr_seen_load(&old, d, s->vault, s->person, e);
	if (rc == 0) {
		rc = was == NULL ? check_growth(&old, s, e) : check_loss(&old, s, was, e);
		if (rc != 0)
			(void)sr_wrap(e, "%s", name);
	} else if (rc == SR_NOTFOUND) {
		rc = 0;
	}
	if (rc == 0) {
		sr_seen_encode(&b, s);
		rc = sr_buf_ok(&b, e);
	}
	if (rc == 0) /* never store what would not load */
		rc = sr_seen_decode(&again, sr_buf_view(&b), e);
	if (rc == 0)
		rc = sr_file_replace(d, name, sr_buf_view(&b), e);
	sr_buf_free(&b);
	return rc;
}

int sr_seen_store(struct sr_dir *d, const struct sr_seen *s, struct sr_err *e) {
	return store(d, s, NULL, e);
}

int sr_seen_replace(
	struct sr_dir *d, const struct sr_seen *s, const struct sr_seen *was, struct sr_err *e) {
	return store(d, s, was, e);
}
