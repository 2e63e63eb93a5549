/*
 * Tests of verify/vault, journal and store: a copy of a whole vault that is right, and then wrong
 * in one thing: its configuration, its log, the list of its packs, a pack, an object file. What
 * somebody with a text editor could do is done to the file; what only a liar with the vault's keys
 * could do is made anew with all hashes and signatures right.
 */
#include "verify/journal.h"
#include "verify/verify.h"

#include "verify_rig.h"

enum {
	BASE = 256, /* entries in tiles */
	SIZE = 300, /* and in tiles and journal */
	CONF_LINES = 256,
	PACK_HEADER = 64,
	OBJECT_HEAD = 40
};

static const uint8_t fingerprint[SR_HASH] = {1, 2, 3};

static struct {
	struct v_key key, named;
	const struct v_key *lists; /* signs the list of packs */
	char *dir;
	struct log log; /* in ledger/ */
	struct verify_given given;
	char pack[96], object[96]; /* paths below dir */
	uint8_t pack_name[SR_HASH], object_name[SR_HASH];
} v;

static void put(const char *path, struct sr_bytes bytes) {
	v_put_file(v.dir, path, bytes);
}

static void hash_path(char *out, size_t size, const char *folder, const uint8_t name[SR_HASH]) {
	char hex[2 * SR_HASH + 1];

	sr_hex(hex, name, SR_HASH);
	(void)snprintf(out, size, "%s/%.2s/%s", folder, hex, hex);
}

/* --- making one ------------------------------------------------------------------------------- */

static void put_conf(const char *lines) {
	struct sr_buf b;

	sr_buf_init(&b);
	sr_text_begin(&b, "strongroom/vault/v1");
	sr_buf_put_str(&b, lines != NULL ? lines : "origin " V_ORIGIN "\nformat 1\n");
	if (lines == NULL)
		sr_text_put_hex(&b, "fingerprint", fingerprint, SR_HASH);
	put("strongroom.conf", sr_buf_view(&b));
	sr_buf_free(&b);
}

static void put_checkpoint(const struct v_key *k, uint64_t size) {
	struct sr_buf b;

	sr_buf_init(&b);
	v_checkpoint(&b, k, &v.log, size);
	put("ledger/checkpoint", sr_buf_view(&b));
	sr_buf_free(&b);
}

static void put_journal(const char *origin) {
	struct v_journal j;

	v_journal_of(&j, origin, &v.log, BASE, SIZE);
	put("ledger/journal", sr_buf_view(&j.file));
	sr_buf_free(&j.file);
}

/* The list of packs: ${lines} as they are, and a note that names ${count} of ${names}. */
static void put_inventory(const char *lines, const uint8_t *names, size_t count) {
	uint8_t hash[SR_HASH], root[SR_HASH];
	struct sr_tree t;
	struct sr_err e = {0};
	struct sr_buf text, note;

	sr_buf_init(&text);
	sr_buf_init(&note);
	sr_tree_init(&t);
	for (size_t i = 0; i < count; i++) {
		sr_leaf_hash(hash, sr_bytes_of(names + i * SR_HASH, SR_HASH));
		assert_ok(sr_tree_append(&t, hash, &e), &e);
	}
	sr_tree_root(root, &t);
	sr_text_begin(&text, "strongroom/inventory/v1");
	sr_text_put_hex(&text, "vault", fingerprint, SR_HASH);
	sr_text_put_dec(&text, "count", count);
	sr_text_put_base64(&text, "root", root, SR_HASH);
	v_sign(&note, v.lists, sr_buf_view(&text));
	put("packs/INVENTORY", sr_buf_view(&note));
	put("packs/INVENTORY.names", sr_bytes_str(lines));
	sr_buf_free(&text);
	sr_buf_free(&note);
}

static void put_inventory_of(const uint8_t name[SR_HASH]) {
	char hex[2 * SR_HASH + 1], line[2 * SR_HASH + 3];

	sr_hex(hex, name, SR_HASH);
	(void)snprintf(line, sizeof line, "+%s\n", hex);
	put_inventory(line, name, 1);
}

/* A pack of two segments (store/pack.h). */
static void make_pack(struct sr_buf *out, uint8_t name[SR_HASH]) {
	uint8_t hash[SR_HASH], index[8];

	sr_buf_put_str(out, "SRPACK1\n");
	sr_buf_put(out, fingerprint, SR_HASH);
	sr_buf_put_zero(out, PACK_HEADER - 8 - SR_HASH);
	sr_buf_put_zero(out, SR_SEGMENT);
	const size_t end = out->len;
	for (size_t i = 0; i * SR_SEGMENT < end; i++) {
		const size_t at = i * SR_SEGMENT, left = end - at;

		sr_le64_put(index, i);
		SR_HASH_OF(hash, "strongroom/segment/v1", NULL, sr_bytes_of(index, sizeof index),
			sr_bytes_of(out->p + at, left < SR_SEGMENT ? left : SR_SEGMENT));
		sr_buf_put(out, hash, SR_HASH);
	}
	sr_buf_put_le64(out, PACK_HEADER);
	sr_buf_put_le64(out, end);
	sr_buf_put_str(out, "SRPKEND\n");
	SR_HASH_OF(name, "strongroom/pack/v1", NULL, sr_bytes_of(out->p, PACK_HEADER),
		sr_bytes_of(out->p + end, out->len - end));
}

/* An object file of two records (store/object.h). A liar's: the second is said to be ${longer}, and
 * ${loose} bytes stand behind it. */
static void make_object(struct sr_buf *out, uint8_t name[SR_HASH], uint64_t longer, size_t loose) {
	uint8_t hash[SR_HASH], record[2][100];
	struct sr_buf table;

	sr_buf_init(&table);
	sr_buf_put_str(out, "SROBJS1\n");
	sr_buf_put(out, fingerprint, SR_HASH);
	for (size_t i = 0; i < 2; i++) {
		t_fill(record[i], sizeof record[i], i);
		sr_buf_put(out, record[i], sizeof record[i]);
		SR_HASH_OF(hash, "strongroom/object-sealed/v1", NULL,
			sr_bytes_of(record[i], sizeof record[i]));
		sr_buf_put_le64(&table, sizeof record[i] + (i == 1 ? longer : 0));
		sr_buf_put(&table, hash, SR_HASH);
	}
	sr_buf_put_le32(&table, 2);
	sr_buf_put_zero(out, loose);
	SR_HASH_OF(hash, "strongroom/object-close/v1", NULL, sr_bytes_of(out->p, OBJECT_HEAD),
		sr_buf_view(&table));
	sr_buf_put_bytes(out, sr_buf_view(&table));
	sr_buf_put(out, hash, SR_HASH);
	SR_HASH_OF(name, "strongroom/object-name/v1", NULL, sr_bytes_of(hash, SR_HASH));
	sr_buf_free(&table);
}

static int setup(void **state) {
	struct sr_buf b;
	char ledger[T_PATH];

	(void)state;
	memset(&v, 0, sizeof v);
	sr_buf_init(&b);
	v.key = v_key(V_ORIGIN, 1);
	v.named = v_key("next.example/vault", 1);
	v.lists = &v.key;
	v.given.quiet = true;
	v.given.keys[v.given.key_count++] = v.key.vkey;
	v.dir = t_tmp_new();
	(void)snprintf(ledger, sizeof ledger, "%s", t_path(v.dir, "ledger"));
	assert_int_equal(mkdir(ledger, 0700), 0);
	v.log.sealed = true;
	log_make_at(&v.log, strdup(ledger), SIZE);
	put_conf(NULL);
	put_checkpoint(&v.key, SIZE);
	put_journal(V_ORIGIN);
	make_pack(&b, v.pack_name);
	hash_path(v.pack, sizeof v.pack, "packs", v.pack_name);
	put(v.pack, sr_buf_view(&b));
	put_inventory_of(v.pack_name);
	sr_buf_clear(&b);
	make_object(&b, v.object_name, 0, 0);
	hash_path(v.object, sizeof v.object, "objects", v.object_name);
	put(v.object, sr_buf_view(&b));
	sr_buf_free(&b);
	return 0;
}

static int teardown(void **state) {
	(void)state;
	free(v.log.dir);
	sr_buf_free(&v.log.leaves);
	t_tmp_remove(v.dir);
	return 0;
}

static int check(struct sr_err *e) {
	return verify_vault(&v.given, v.dir, e);
}

static void right(void) {
	struct sr_err e = {0};

	assert_ok(check(&e), &e);
}

static void gone(const char *path) {
	assert_int_equal(unlink(t_path(v.dir, path)), 0);
}

/* ${file} is spoilt at ${at} (from its end when negative); what it comes to; and it is as before.
 */
static void spoilt(const char *file, long at, enum sr_code code, const char *piece) {
	struct sr_err e = {0};
	struct sr_buf b;

	sr_buf_init(&b);
	t_read_file(t_path(v.dir, file), &b);
	const size_t place = at >= 0 ? (size_t)at : b.len - (size_t)-at;
	assert_true(place < b.len);
	b.p[place] ^= 1;
	put(file, sr_buf_view(&b));
	assert_fails(check(&e), code, &e, piece);
	b.p[place] ^= 1;
	put(file, sr_buf_view(&b));
	sr_buf_free(&b);
}

/* Only ${len} bytes of it are there. */
static void cut(const char *file, size_t len, enum sr_code code, const char *piece) {
	struct sr_err e = {0};
	struct sr_buf b;

	sr_buf_init(&b);
	t_read_file(t_path(v.dir, file), &b);
	assert_true(len < b.len);
	put(file, sr_bytes_of(b.p, len));
	assert_fails(check(&e), code, &e, piece);
	put(file, sr_buf_view(&b));
	sr_buf_free(&b);
}

/* --- configuration ---------------------------------------------------------------------------- */

static void configuration(void **state) {
	static const struct {
		const char *lines;
		int code;
		const char *piece;
	} rows[] = {
		{"origin " V_ORIGIN "\nformat 1\n", 0, NULL}, /* who founded it was killed then */
		{"origin " V_ORIGIN "\nformat 2\n", SR_UNSUPPORTED,
			"strongroom.conf: a format that this program does not know; use a newer"},
		{"format 1\n", SR_CORRUPT, "strongroom.conf: origin has 0 bytes, want 1 to 255"},
		{"origin " V_ORIGIN "\nformat 1\nlog 20\n", SR_CORRUPT,
			"strongroom.conf: log has a name of 0 bytes, want 1 to 255"},
		{"origin " V_ORIGIN "\nformat 1\nfingerprint 12\n", SR_CORRUPT, "strongroom.conf"},
		{"origin other.example/vault\nformat 1\n", SR_AUTH,
			"the checkpoint is of " V_ORIGIN
			", the vault's log is other.example/vault"},
		{"origin " V_ORIGIN "\nformat 1\nlog 20 other.example/vault 20 27\n", SR_AUTH,
			"the checkpoint is of " V_ORIGIN
			", the vault's log is other.example/vault"},
	};
	struct sr_err e = {0};

	(void)state;
	right();
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		put_conf(rows[i].lines);
		if (rows[i].code == 0)
			assert_ok(check(&e), &e);
		else
			assert_fails(check(&e), (enum sr_code)rows[i].code, &e, rows[i].piece);
	}
	gone("strongroom.conf");
	assert_fails(check(&e), SR_USAGE, &e, "is not a vault (no strongroom.conf in it)");
	put_conf(NULL);
	assert_fails(verify_vault(&v.given, t_path(v.dir, "nothing"), &e), SR_USAGE, &e,
		"nothing: there is no such folder");
	right();
}

/* Anybody with an editor takes a line out of it that nobody signed: what is stored is checked as
 * before. */
static void no_fingerprint(void **state) {
	uint8_t two[2][SR_HASH] = {{0}, {0}};
	struct sr_err e = {0};

	(void)state;
	put_conf("origin " V_ORIGIN "\nformat 1\n");
	right();
	spoilt(v.pack, 70, SR_CORRUPT, "segment 1 of 2 (offset 0): hash differs");
	spoilt(v.object, OBJECT_HEAD, SR_CORRUPT, "record 1 of 2 (offset 40): hash differs");
	memcpy(two[0], v.pack_name, SR_HASH);
	memset(two[1], 0xff, SR_HASH);
	put_inventory("", two[0], 2);
	assert_fails(check(&e), SR_CORRUPT, &e,
		"packs/INVENTORY: it does not name the 0 packs of INVENTORY.names of this vault");
	put_inventory_of(v.pack_name);
	spoilt("packs/INVENTORY", 40, SR_AUTH, "packs/INVENTORY: ");
	gone("packs/INVENTORY");
	assert_fails(
		check(&e), SR_CORRUPT, &e, "packs/INVENTORY: the signed list of packs is missing");
	put_inventory_of(v.pack_name);
	put_conf(NULL);
	right();
}

/* --- the log ---------------------------------------------------------------------------------- */

static void away_with(const char *folder) {
	char away[T_PATH], there[T_PATH];

	(void)snprintf(there, sizeof there, "%s/%s", v.dir, folder);
	(void)snprintf(away, sizeof away, "%s/away-%s", v.dir, folder);
	assert_int_equal(rename(there, away), 0);
}

static void back_with(const char *folder) {
	char away[T_PATH], there[T_PATH];

	(void)snprintf(there, sizeof there, "%s/%s", v.dir, folder);
	(void)snprintf(away, sizeof away, "%s/away-%s", v.dir, folder);
	(void)rmdir(there);
	assert_int_equal(rename(away, there), 0);
}

/* Before it is founded nothing is stored; what lies there is of a log that was thrown away. */
static void unfounded(void **state) {
	static const char *const folders[] = {"packs", "objects"};
	uint8_t root[SR_HASH];
	struct sr_err e = {0};
	struct v_journal j;

	(void)state;
	v_root(root, &v.log, 0);
	v_journal_begin(&j, V_ORIGIN, 0, 1);
	v_journal_commit(&j, 0, root);
	put("ledger/journal", sr_buf_view(&j.file));
	sr_buf_free(&j.file);
	put_checkpoint(&v.key, 0);
	put_conf("origin " V_ORIGIN "\nformat 1\n");
	assert_fails(
		check(&e), SR_AUTH, &e, "rolled back: there are packs, and the log has no entry");
	away_with("packs");
	assert_int_equal(mkdir(t_path(v.dir, "packs"), 0700), 0);
	assert_fails(check(&e), SR_AUTH, &e,
		"rolled back: there are object files, and the log has no entry");
	away_with("objects");
	assert_fails(check(&e), SR_CORRUPT, &e, "there is no folder objects");
	assert_int_equal(mkdir(t_path(v.dir, "objects"), 0700), 0);
	right();
	for (size_t i = 0; i < T_COUNT(folders); i++)
		back_with(folders[i]);
	put_conf(NULL);
	put_checkpoint(&v.key, SIZE);
	put_journal(V_ORIGIN);
	right();
}

static void ledger(void **state) {
	char away[T_PATH], there[T_PATH];
	uint8_t root[SR_HASH] = {1};
	struct v_journal j;
	struct sr_err e = {0};
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	right();
	(void)snprintf(away, sizeof away, "%s/away", v.dir);
	(void)snprintf(there, sizeof there, "%s/ledger", v.dir);
	assert_int_equal(rename(there, away), 0);
	assert_fails(check(&e), SR_CORRUPT, &e, "there is no ledger in");
	assert_int_equal(rename(away, there), 0);
	gone("ledger/checkpoint");
	assert_fails(check(&e), SR_CORRUPT, &e, "ledger: the published checkpoint is missing");
	/* What its key signed of the first entries is not what they are. */
	v_checkpoint_of(&b, &v.key, 290, root);
	put("ledger/checkpoint", sr_buf_view(&b));
	assert_fails(check(&e), SR_AUTH, &e,
		"the first 290 entries do not make the root that the log's key signed");
	v_checkpoint_of(&b, &v.key, SIZE + 1, root);
	put("ledger/checkpoint", sr_buf_view(&b));
	assert_fails(check(&e), SR_AUTH, &e,
		"rolled back: the published checkpoint shows 301 entries, tiles and journal hold "
		"300");
	put_checkpoint(&v.key, 290); /* an older one */
	right();
	put_checkpoint(&v.key, SIZE);
	gone("ledger/journal");
	assert_fails(check(&e), SR_CORRUPT, &e, "ledger: journal: ");
	put_journal("other.example/vault");
	assert_fails(
		check(&e), SR_CORRUPT, &e, "journal: it belongs to another log than " V_ORIGIN);
	/* Entries that the vault committed, by a root that they do not make. */
	v_journal_begin(&j, V_ORIGIN, BASE, 1);
	v_journal_commit(&j, BASE, root);
	put("ledger/journal", sr_buf_view(&j.file));
	assert_fails(check(&e), SR_CORRUPT, &e,
		"tiles and journal do not make the root that was committed at size 256");
	sr_buf_free(&j.file);
	put_journal(V_ORIGIN);
	right();
	sr_buf_free(&b);
}

/* The log is called otherwise than it was founded; the packs are listed under the first name. */
static void renamed(void **state) {
	struct verify_given g = v.given;
	char hex[2 * SR_HASH + 1], lines[CONF_LINES];
	struct sr_err e = {0};

	(void)state;
	sr_hex(hex, fingerprint, SR_HASH);
	(void)snprintf(lines, sizeof lines,
		"origin " V_ORIGIN "\nformat 1\nfingerprint %s\nlog 20 next.example/vault 20 27\n",
		hex);
	put_conf(lines);
	put_checkpoint(&v.named, SIZE);
	assert_fails(check(&e), SR_AUTH, &e, "no key of next.example/vault was given");
	g.keys[0] = v.named.vkey;
	assert_ok(verify_vault(&g, v.dir, &e), &e);
	put_conf(NULL);
	put_checkpoint(&v.key, SIZE);
	right();
}

/* The header of the journal, and what follows it. */
static void journal(void **state) {
	struct verify_journal out;
	struct v_journal j;
	struct sr_err e = {0};
	struct {
		uint32_t version;
		uint64_t base;
		size_t len;  /* 0: all of it */
		long spoilt; /* -1: nothing */
		enum sr_code code;
		const char *piece;
	} rows[] = {
		{1, 0, 79, -1, SR_CORRUPT, "journal: have 79 bytes, want at least 80"},
		{1, 0, 0, 0, SR_CORRUPT, "journal: the file does not begin \"SRJ1\""},
		{1, 0, 0, 20, SR_CORRUPT, "journal: the header (offset 0) is damaged"},
		{2, 0, 0, -1, SR_UNSUPPORTED, "journal: version 2, 1 is read here"},
		{1, 255, 0, -1, SR_CORRUPT, "journal: base 255, want a multiple of 256 up to"},
		{1, UINT64_MAX - 255, 0, -1, SR_CORRUPT,
			"journal: base 18446744073709551360, want a multiple of 256 up to"},
		{1, 0, 0, -1, SR_CORRUPT, "journal: no commit record in 80 bytes"},
	};

	(void)state;
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		v_journal_begin(&j, V_ORIGIN, rows[i].base, rows[i].version);
		if (rows[i].len != 0)
			j.file.len = rows[i].len;
		if (rows[i].spoilt >= 0)
			j.file.p[rows[i].spoilt] ^= 1;
		assert_fails(verify_journal_read(&out, sr_buf_view(&j.file), V_ORIGIN, &e),
			rows[i].code, &e, rows[i].piece);
		verify_journal_free(&out);
		sr_buf_free(&j.file);
	}
}

/* What follows it: entries, and commits that say how many there are. */
static void records(void **state) {
	enum {
		LEAF = 80, /* the first record */
		LEAF_END = LEAF + 8 + 5 + 16,
		COMMIT = 8 + 8 + SR_HASH + 64 + SR_HASH + 16
	};
	const struct sr_bytes entry = sr_bytes_str("entry");
	const uint8_t root[SR_HASH] = {1};
	struct verify_journal out;
	struct sr_err e = {0};
	struct v_journal j;
	char piece[100];

	(void)state;
	v_journal_begin(&j, V_ORIGIN, 0, 1);
	v_journal_put(&j, 'L', entry);
	v_journal_commit(&j, 1, root);
	v_journal_put(&j, 'L', entry); /* of a commit that was never finished */
	assert_ok(verify_journal_read(&out, sr_buf_view(&j.file), V_ORIGIN, &e), &e);
	assert_true(out.leaves == 1 && out.commits == 1 && !out.mended);
	assert_int_equal(out.dropped, LEAF_END - LEAF);
	verify_journal_free(&out);
	/* One copy of the commit is enough, and told. */
	for (size_t copy = 0; copy < 2; copy++) {
		uint8_t *byte = j.file.p + LEAF_END + copy * COMMIT + 20;

		*byte ^= 1;
		assert_ok(verify_journal_read(&out, sr_buf_view(&j.file), V_ORIGIN, &e), &e);
		assert_true(out.leaves == 1 && out.mended);
		verify_journal_free(&out);
		*byte ^= 1;
	}
	j.file.p[LEAF + 8] ^= 1;
	(void)snprintf(piece, sizeof piece,
		"journal: the record at offset %d (entry 0) is damaged, and a commit follows at "
		"offset %d",
		(int)LEAF, (int)LEAF_END);
	assert_fails(verify_journal_read(&out, sr_buf_view(&j.file), V_ORIGIN, &e), SR_CORRUPT, &e,
		piece);
	verify_journal_free(&out);
	sr_buf_free(&j.file);
	v_journal_begin(&j, V_ORIGIN, BASE, 1);
	v_journal_commit(&j, BASE + 1, root);
	assert_fails(verify_journal_read(&out, sr_buf_view(&j.file), V_ORIGIN, &e), SR_CORRUPT, &e,
		"journal: the commit record at offset 80 says size 257, entries make 256");
	verify_journal_free(&out);
	sr_buf_free(&j.file);
	v_journal_begin(&j, V_ORIGIN, 0, 1);
	for (size_t i = 0; i < VERIFY_JOURNAL_LEAVES + 1; i++)
		v_journal_put(&j, 'L', entry);
	assert_fails(verify_journal_read(&out, sr_buf_view(&j.file), V_ORIGIN, &e), SR_CORRUPT, &e,
		"is out of place");
	verify_journal_free(&out);
	sr_buf_free(&j.file);
}

/* As the vault takes it after a power cut (test_ledger_journal.c, test_sectors): any of the sectors
 * of the last group are on the disk. */
static void sectors(void **state) {
	enum {
		SECTOR = 512
	};
	const uint8_t root[SR_HASH] = {1};
	uint8_t bytes[3][1000];
	struct verify_journal out;
	struct sr_err e = {0};
	struct v_journal j;
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	for (size_t room = 0; room < SECTOR; room += room < 3 || room > 64 ? 37 : 3) {
		const size_t len[3] = {792 - room, 700, 650};

		v_journal_begin(&j, V_ORIGIN, 0, 1);
		v_journal_commit(&j, 0, root);
		size_t first = 0;
		for (size_t i = 0; i < 3; i++) {
			t_fill(bytes[i], len[i], 1000 + i);
			v_journal_put(&j, 'L', sr_bytes_of(bytes[i], len[i]));
			if (i != 1)
				v_journal_commit(&j, i + 1, root);
			if (i == 0)
				first = j.file.len;
		}
		assert_int_equal(first % SECTOR, (SECTOR - room) % SECTOR);
		const size_t n = (j.file.len + SECTOR - 1) / SECTOR - first / SECTOR;
		for (unsigned came = 0; came < 1U << n; came++) {
			sr_buf_clear(&b);
			sr_buf_put_buf(&b, &j.file);
			for (size_t at = first; at < b.len; at++)
				if ((came >> (at / SECTOR - first / SECTOR) & 1) == 0)
					b.p[at] = 0;
			assert_ok(verify_journal_read(&out, sr_buf_view(&b), V_ORIGIN, &e), &e);
			assert_true(out.leaves == 1 || out.leaves == 3);
			verify_journal_free(&out);
		}
		sr_buf_clear(&b);
		sr_buf_put_buf(&b, &j.file);
		b.p[first] = 1;
		assert_fails(verify_journal_read(&out, sr_buf_view(&b), V_ORIGIN, &e), SR_CORRUPT,
			&e, "(entry 1) is damaged");
		verify_journal_free(&out);
		sr_buf_free(&j.file);
	}
	sr_buf_free(&b);
}

/* The last group, which the published checkpoint covers, is not taken for one that was never
 * written. */
static void acknowledged(void **state) {
	uint8_t root[SR_HASH];
	struct sr_err e = {0};
	struct v_journal j;
	struct sr_buf one;
	size_t first = 0;

	(void)state;
	sr_buf_init(&one);
	v_journal_begin(&j, V_ORIGIN, BASE, 1);
	for (uint64_t i = BASE; i < SIZE; i++) {
		v_entry(&one, &v.log, i);
		v_journal_put(&j, 'L', sr_buf_view(&one));
		if (i + 1 != 290 && i + 1 != SIZE)
			continue;
		v_root(root, &v.log, i + 1);
		v_journal_commit(&j, i + 1, root);
		if (i + 1 == 290)
			first = j.file.len;
	}
	put("ledger/journal", sr_buf_view(&j.file));
	right();
	memset(j.file.p + first, 0, 512 - first % 512);
	put("ledger/journal", sr_buf_view(&j.file));
	assert_fails(check(&e), SR_AUTH, &e,
		"rolled back: the published checkpoint shows 300 entries, tiles and journal hold "
		"290");
	put_checkpoint(&v.key, 290);
	right();
	put_checkpoint(&v.key, SIZE);
	put_journal(V_ORIGIN);
	right();
	sr_buf_free(&j.file);
	sr_buf_free(&one);
}

/* --- packs ------------------------------------------------------------------------------------ */

static void inventory(void **state) {
	uint8_t two[2][SR_HASH];
	char away[T_PATH], there[T_PATH];
	struct sr_err e = {0};

	(void)state;
	right();
	put_inventory("one line of text, as somebody with an editor leaves it in any list\n",
		v.pack_name, 1);
	assert_fails(check(&e), SR_CORRUPT, &e,
		"packs/INVENTORY.names: line 1 is not + or - and 64 hex digits");
	put_inventory_of(v.pack_name);
	gone("packs/INVENTORY.names");
	assert_fails(check(&e), SR_CORRUPT, &e, "packs/INVENTORY.names: it is missing");
	put_inventory_of(v.pack_name);
	gone("packs/INVENTORY");
	assert_fails(
		check(&e), SR_CORRUPT, &e, "packs/INVENTORY: the signed list of packs is missing");
	gone("packs/INVENTORY.names");
	assert_fails(check(&e), SR_CORRUPT, &e,
		"packs: the signed list (INVENTORY) is missing; `strongroom scrub` writes it");
	/* The list is signed for another pack too, whose line somebody took out. */
	put_inventory_of(v.pack_name);
	spoilt("packs/INVENTORY", -2, SR_CORRUPT, "packs/INVENTORY: ");
	memcpy(two[0], v.pack_name, SR_HASH);
	memset(two[1], 0xff, SR_HASH);
	put_inventory("", two[0], 2);
	assert_fails(check(&e), SR_CORRUPT, &e,
		"packs/INVENTORY: it does not name the 0 packs of INVENTORY.names of this vault");
	put_inventory_of(two[1]);
	assert_fails(check(&e), SR_CORRUPT, &e, "packs/ff/ff");
	assert_non_null(strstr(e.text, ": it is missing"));
	put_inventory_of(v.pack_name);
	(void)snprintf(away, sizeof away, "%s/away", v.dir);
	(void)snprintf(there, sizeof there, "%s/packs", v.dir);
	assert_int_equal(rename(there, away), 0);
	assert_fails(check(&e), SR_CORRUPT, &e, "there is no folder packs");
	assert_int_equal(rename(away, there), 0);
	right();
}

/* The log changed its key with entry 280: the list is by the key of the checkpoint, and a list of
 * before is not put back for it. Killed between the two, the vault leaves the checkpoint the
 * older. */
static void inventory_of_now(void **state) {
	enum {
		FROM = 280
	};
	static const struct {
		uint64_t size; /* of the checkpoint */
		bool next;     /* who signed the list */
		bool both;     /* keys are given, and no note of the change */
		bool right;
	} rows[] = {
		{SIZE, true, false, true},
		{SIZE, false, false, false},
		{SIZE, true, true, true},
		{SIZE, false, true, false},
		{FROM, false, false, true},
		{FROM, true, false, true},
		{FROM, true, true, false},
	};
	const struct v_key next = v_key(V_ORIGIN, 2);
	struct verify_given g = v.given;
	char change[T_PATH];
	struct sr_err e = {0};
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	v_change(&b, &v.key, &next, FROM, NULL);
	put("change", sr_buf_view(&b));
	sr_buf_free(&b);
	(void)snprintf(change, sizeof change, "%s", t_path(v.dir, "change"));
	for (size_t i = 0; i < T_COUNT(rows); i++) {
		g = v.given;
		if (rows[i].both)
			g.keys[g.key_count++] = next.vkey;
		else
			g.change[g.change_count++] = change;
		put_checkpoint(rows[i].size > FROM ? &next : &v.key, rows[i].size);
		v.lists = rows[i].next ? &next : &v.key;
		put_inventory_of(v.pack_name);
		if (rows[i].right)
			assert_ok(verify_vault(&g, v.dir, &e), &e);
		else
			assert_fails(verify_vault(&g, v.dir, &e), SR_AUTH, &e,
				"packs/INVENTORY: it is signed by a key of the log, and not by the "
				"one that signed the checkpoint");
	}
	v.lists = &v.key;
	put_inventory_of(v.pack_name);
	put_checkpoint(&v.key, SIZE);
	right();
}

static void packs(void **state) {
	(void)state;
	right();
	cut(v.pack, 10, SR_CORRUPT, "it has 10 bytes, a pack has 88 to 134217728");
	cut(v.pack, 1000, SR_CORRUPT, "it is no pack, or was cut");
	spoilt(v.pack, 0, SR_CORRUPT, "it is no pack, or was cut");
	spoilt(v.pack, 50, SR_CORRUPT, "header and trailer do not have the hash that is its name");
	spoilt(v.pack, 70, SR_CORRUPT, "segment 1 of 2 (offset 0): hash differs");
	spoilt(v.pack, SR_SEGMENT + 7, SR_CORRUPT, "segment 2 of 2 (offset 1048576): hash differs");
	right();
}

/* --- objects ---------------------------------------------------------------------------------- */

/* The only object file is this one, under the name that its end makes. */
static void lied(uint64_t longer, size_t loose, const char *piece) {
	uint8_t name[SR_HASH];
	char path[96];
	struct sr_err e = {0};
	struct sr_buf b;

	sr_buf_init(&b);
	make_object(&b, name, longer, loose);
	hash_path(path, sizeof path, "objects", name);
	put(path, sr_buf_view(&b));
	assert_fails(check(&e), SR_CORRUPT, &e, piece);
	gone(path);
	sr_buf_free(&b);
}

static void objects(void **state) {
	uint8_t other[SR_HASH] = {0xfe};
	char path[96];
	struct sr_err e = {0};
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	right();
	cut(v.object, 10, SR_CORRUPT, "it has 10 bytes: it is no object file");
	cut(v.object, 200, SR_CORRUPT, "it is no object file, or was cut");
	spoilt(v.object, 0, SR_CORRUPT, "it is no object file, or was cut");
	spoilt(v.object, 9, SR_CORRUPT, "its closing hash differs");
	spoilt(v.object, -1, SR_CORRUPT, "its closing hash differs");
	spoilt(v.object, OBJECT_HEAD, SR_CORRUPT, "record 1 of 2 (offset 40): hash differs");
	spoilt(v.object, OBJECT_HEAD + 199, SR_CORRUPT, "record 2 of 2 (offset 140): hash differs");
	/* A whole one under another's name. */
	t_read_file(t_path(v.dir, v.object), &b);
	hash_path(path, sizeof path, "objects", other);
	put(path, sr_buf_view(&b));
	assert_fails(check(&e), SR_CORRUPT, &e, "its closing hash does not make its name");
	gone(path);
	/* Made by whoever has the program: the hashes are right, the lengths are not. */
	lied(1, 0, "record 2 of 2 does not fit");
	lied(UINT64_MAX - 200, 0, "record 2 of 2 does not fit");
	lied(0, 3, "3 bytes belong to no record");
	put(v.object, sr_buf_view(&b)); /* whose table the last one had, and so its name */
	right();
	sr_buf_free(&b);
}

/* The longest record that a vault writes, and one that it would not. */
static void longest(void **state) {
	struct sr_err e = {0};
	struct sr_buf b;

	(void)state;
	sr_buf_init(&b);
	for (size_t more = 0; more < 2; more++) {
		const size_t len = (size_t)SR_OBJECT_SEALED_MAX + more;
		uint8_t hash[SR_HASH], name[SR_HASH];
		char path[96];

		sr_buf_clear(&b);
		sr_buf_put_str(&b, "SROBJS1\n");
		sr_buf_put(&b, fingerprint, SR_HASH);
		sr_buf_put_zero(&b, len);
		SR_HASH_OF(hash, "strongroom/object-sealed/v1", NULL,
			sr_bytes_of(b.p + OBJECT_HEAD, len));
		const size_t table = b.len;
		sr_buf_put_le64(&b, len);
		sr_buf_put(&b, hash, SR_HASH);
		sr_buf_put_le32(&b, 1);
		SR_HASH_OF(hash, "strongroom/object-close/v1", NULL, sr_bytes_of(b.p, OBJECT_HEAD),
			sr_bytes_of(b.p + table, b.len - table));
		sr_buf_put(&b, hash, SR_HASH);
		SR_HASH_OF(name, "strongroom/object-name/v1", NULL, sr_bytes_of(hash, SR_HASH));
		hash_path(path, sizeof path, "objects", name);
		put(path, sr_buf_view(&b));
		if (more == 0)
			right();
		else
			assert_fails(check(&e), SR_CORRUPT, &e, "record 1 of 1 does not fit");
		gone(path);
	}
	sr_buf_free(&b);
}

static int stop(void *ctx, const char *what, uint64_t done, uint64_t total, const char *unit) {
	const char *at = ctx;

	(void)done;
	(void)total;
	(void)unit;
	return strcmp(what, at) == 0;
}

static void stopped(void **state) {
	static const char *const at[] = {"log", "packs", "objects"};

	(void)state;
	for (size_t i = 0; i < T_COUNT(at); i++) {
		const struct sr_progress p = {stop, (void *)(uintptr_t)at[i]};
		struct verify_given g = v.given;
		struct sr_err e = {0};

		g.progress = &p;
		assert_fails(verify_vault(&g, v.dir, &e), SR_LOCKED, &e, "stopped on request");
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(configuration),
		cmocka_unit_test(no_fingerprint),
		cmocka_unit_test(unfounded),
		cmocka_unit_test(ledger),
		cmocka_unit_test(renamed),
		cmocka_unit_test(journal),
		cmocka_unit_test(records),
		cmocka_unit_test(sectors),
		cmocka_unit_test(acknowledged),
		cmocka_unit_test(inventory),
		cmocka_unit_test(inventory_of_now),
		cmocka_unit_test(packs),
		cmocka_unit_test(objects),
		cmocka_unit_test(longest),
		cmocka_unit_test(stopped),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
