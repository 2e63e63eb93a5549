/*
 * fuzz_verify_store - packs, objects and their list in a copy of a vault, as strongroom-verify
 * reads them: refused, or exactly what was made.
 *
 * Input: u8 mode, u8 which byte of the last kilobyte is spoilt, u8 by what (0: none), then
 *   0  INVENTORY.names, under a note that is signed for the packs that it leaves alive
 *   1  the inside of a pack: header, segment hashes, trailer and name are made for it
 *   2  the inside of an object file of one record: likewise
 *   3  a whole file as a pack, 4 as an object, under the name that its end makes
 */
#include "base/limits.h"
#include "base/text.h"
#include "fuzz_files.h"
#include "fuzz_merkle.h"
#include "merkle/tree.h"
#include "verify/verify.h"

enum {
	LINE = 1 + 2 * SR_HASH + 1,
	NAMES = 64 /* lines that are looked at */
};

static const uint8_t fingerprint[SR_HASH] = {1, 2, 3};

/* A note over ${count} names in byte order, signed by the log's key. */
static void plant_note(const char *packs, uint8_t (*names)[SR_HASH], size_t count) {
	struct sr_tree t;
	uint8_t hash[SR_HASH];
	struct fuzz_key k;
	struct sr_buf text, note;
	struct sr_err e;
	fuzz_log_key(&k);
	sr_tree_init(&t);
	for (size_t i = 0; i < count; i++) {
		sr_leaf_hash(hash, sr_bytes_of(names[i], SR_HASH));
		assert_ok(sr_tree_append(&t, hash, &e), &e);
	}
	sr_tree_root(hash, &t);
	sr_buf_init(&text);
	sr_buf_init(&note);
	sr_text_begin(&text, "strongroom/inventory/v1");
	sr_text_put_hex(&text, "vault", fingerprint, SR_HASH);
	sr_text_put_dec(&text, "count", count);
	sr_text_put_base64(&text, "root", hash, SR_HASH);
	assert_ok(sr_note_sign(&note, sr_buf_view(&text), &k.signer, 1, &e), &e);
	fuzz_plant(packs, "INVENTORY", sr_buf_view(&note));
	sr_buf_free(&text);
	sr_buf_free(&note);
}

static int verify(const char *folder, struct sr_err *e) {
	static struct verify_given g = {.quiet = true};
	struct verify_known known = {.origin = FUZZ_ORIGIN};
	struct sr_dir *d = NULL;
	struct fuzz_key k;
	fuzz_log_key(&k);
	known.keys[0] = k.vkey;
	known.log = (struct sr_log){.origin = known.origin, .keys = known.keys, .count = 1};
	assert_ok(sr_dir_open(&d, folder, e), e);
	const struct verify_stored as = {
		.known = &known, .now = {true}, .fingerprint = fingerprint, .entries = 1};
	const int rc = verify_store(&g, d, &as, e);
	sr_dir_close(d);
	MUST(rc == 0 || rc == SR_CORRUPT || rc == SR_AUTH);
	return rc;
}

static void make_folders(const char *folder, char *packs, char *objects, size_t size) {
	(void)snprintf(packs, size, "%s/packs", folder);
	(void)snprintf(objects, size, "%s/objects", folder);
	MUST(mkdir(packs, 0700) == 0 && mkdir(objects, 0700) == 0);
}

/* ${file} under ${name} in the folder for its first two digits. */
static void plant(const char *folder, const uint8_t name[SR_HASH], struct sr_bytes file) {
	char hex[2 * SR_HASH + 1], sub[700];
	sr_hex(hex, name, SR_HASH);
	(void)snprintf(sub, sizeof sub, "%s/%.2s", folder, hex);
	MUST(mkdir(sub, 0700) == 0);
	fuzz_plant(sub, hex, file);
}

static int by_name(const void *a, const void *b) {
	return memcmp(a, b, SR_HASH);
}

/* The set that lines make: the last of a name counts. False: a line is none. */
static bool live_names(uint8_t (*out)[SR_HASH], size_t *count, struct sr_bytes in) {
	*count = 0;
	for (size_t i = 0; i + LINE <= in.len; i += LINE) {
		uint8_t name[SR_HASH];
		size_t at = 0;
		if ((in.p[i] != '+' && in.p[i] != '-') || in.p[i + LINE - 1] != '\n' ||
			sr_unhex(name, SR_HASH, sr_bytes_of(in.p + i + 1, LINE - 2), NULL) != 0)
			return false;
		while (at < *count && memcmp(out[at], name, SR_HASH) != 0)
			at++;
		if (in.p[i] == '+' && at == *count)
			memcpy(out[(*count)++], name, SR_HASH);
		else if (in.p[i] == '-' && at < *count)
			memmove(out[at], out[--*count], SR_HASH); /* perhaps itself */
	}
	qsort(out, *count, SR_HASH, by_name);
	return true;
}

static void names(struct sr_bytes in) {
	char packs[600], objects[600];
	uint8_t live[NAMES][SR_HASH];
	size_t count = 0;
	struct sr_err e;
	const char *folder = fuzz_folder();
	if (in.len > (size_t)NAMES * LINE)
		in.len = (size_t)NAMES * LINE;
	make_folders(folder, packs, objects, sizeof packs);
	fuzz_plant(packs, "INVENTORY.names", in);
	while (in.len > 0 && in.p[in.len - 1] == 0)
		in.len--;
	const bool right = live_names(live, &count, in);
	plant_note(packs, live, right ? count : 0);
	const int rc = verify(folder, &e);
	MUST((rc == 0) == (right && count == 0)); /* no pack is there */
	MUST(rc == 0 || !right || strstr(e.text, "it is missing") != NULL);
}

static void pack_name(uint8_t name[SR_HASH], const struct sr_buf *f, size_t end) {
	SR_HASH_OF(name, "strongroom/pack/v1", NULL, sr_bytes_of(f->p, 64),
		sr_bytes_of(f->p + end, f->len - end));
}

static void make_pack(struct sr_buf *f, struct sr_bytes inside) {
	uint8_t hash[SR_HASH], index[8];
	sr_buf_put_str(f, "SRPACK1\n");
	sr_buf_put_zero(f, 56);
	sr_buf_put_bytes(f, inside);
	const size_t end = f->len;
	for (size_t at = 0, i = 0; at < end; at += SR_SEGMENT, i++) {
		sr_le64_put(index, i);
		SR_HASH_OF(hash, "strongroom/segment/v1", NULL, sr_bytes_of(index, 8),
			sr_bytes_of(f->p + at, end - at < SR_SEGMENT ? end - at : SR_SEGMENT));
		sr_buf_put(f, hash, SR_HASH);
	}
	sr_buf_put_le64(f, 64);
	sr_buf_put_le64(f, end);
	sr_buf_put_str(f, "SRPKEND\n");
}

static void object_name(uint8_t name[SR_HASH], const struct sr_buf *f) {
	SR_HASH_OF(name, "strongroom/object-name/v1", NULL,
		sr_bytes_of(f->p + f->len - SR_HASH, SR_HASH));
}

static void make_object(struct sr_buf *f, struct sr_bytes inside) {
	uint8_t hash[SR_HASH];
	struct sr_buf table;
	sr_buf_init(&table);
	sr_buf_put_str(f, "SROBJS1\n");
	sr_buf_put_zero(f, SR_HASH);
	sr_buf_put_bytes(f, inside);
	sr_buf_put_le64(&table, inside.len);
	SR_HASH_OF(hash, "strongroom/object-sealed/v1", NULL, inside);
	sr_buf_put(&table, hash, SR_HASH);
	sr_buf_put_le32(&table, 1);
	SR_HASH_OF(hash, "strongroom/object-close/v1", NULL, sr_bytes_of(f->p, 40),
		sr_buf_view(&table));
	sr_buf_put_bytes(f, sr_buf_view(&table));
	sr_buf_put(f, hash, SR_HASH);
	sr_buf_free(&table);
}

/* Spoil one byte near the end; whether there was one. */
static bool spoil(struct sr_buf *f, uint8_t where, uint8_t by) {
	if (by == 0 || f->len == 0)
		return false;
	f->p[f->len - 1 - (size_t)where * 4 % f->len] ^= by;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	char packs[600], objects[600];
	uint8_t name[1][SR_HASH];
	struct sr_buf f;
	struct sr_err e;
	fuzz_start();
	const uint8_t mode = fuzz_u8(&in) % 5, where = fuzz_u8(&in), by = fuzz_u8(&in);
	if (mode == 0) {
		names(in);
		return 0;
	}
	const bool pack = mode == 1 || mode == 3;
	const char *folder = fuzz_folder();
	make_folders(folder, packs, objects, sizeof packs);
	sr_buf_init(&f);
	if (mode == 1)
		make_pack(&f, in);
	else if (mode == 2)
		make_object(&f, in);
	else
		sr_buf_put_bytes(&f, in);
	memset(name, 7, sizeof name);
	const size_t end = f.len >= 24 ? (size_t)sr_le64_get(f.p + f.len - 16) : 0;
	if (pack && f.len >= 64 + 24 && end <= f.len)
		pack_name(name[0], &f, end);
	else if (!pack && f.len >= SR_HASH)
		object_name(name[0], &f);
	const bool spoilt = spoil(&f, where, by);
	fuzz_plant(packs, "INVENTORY.names", sr_bytes_of(NULL, 0));
	if (pack) {
		char hex[LINE + 1] = "+";
		sr_hex(hex + 1, name[0], SR_HASH);
		hex[LINE - 1] = '\n';
		fuzz_plant(packs, "INVENTORY.names", sr_bytes_of(hex, LINE));
	}
	plant_note(packs, name, pack ? 1 : 0);
	plant(pack ? packs : objects, name[0], sr_buf_view(&f));
	const int rc = verify(folder, &e);
	if (mode <= 2)
		MUST((rc == 0) == !spoilt);
	sr_buf_free(&f);
	return 0;
}

void fuzz_seeds(void) {
	static const char none[] =
		"+0000000000000000000000000000000000000000000000000000000000000001\n"
		"-0000000000000000000000000000000000000000000000000000000000000001\n";
	struct sr_buf f;
	fuzz_start();
	sr_buf_init(&f);
	fuzz_seed_with("names", "\0\0\0", 3, sr_bytes_str(none));
	fuzz_seed_with("name", "\0\0\0", 3, sr_bytes_of(none, LINE));
	fuzz_seed_with("pack", "\1\0\0", 3, sr_bytes_str("records"));
	fuzz_seed_with("pack-spoilt", "\1\2\1", 3, sr_bytes_str("records"));
	fuzz_seed_with("object", "\2\0\0", 3, sr_bytes_str("a record"));
	fuzz_seed_with("object-spoilt", "\2\1\x80", 3, sr_bytes_str("a record"));
	make_pack(&f, sr_bytes_str("records"));
	fuzz_seed_with("pack-whole", "\3\0\0", 3, sr_buf_view(&f));
	sr_buf_clear(&f);
	make_object(&f, sr_bytes_str("a record"));
	fuzz_seed_with("object-whole", "\4\0\0", 3, sr_buf_view(&f));
	sr_buf_free(&f);
}
