/*
 * fuzz_board_backup - the secrets file of a backup, the escrow file, and the founders' names before
 * the founding.
 *
 * Input: u8 mode: 0 a secrets file; 1 the plaintext of one, sealed here for a credential: only
 * kinds that a backup carries get in, all or nothing; 2 `names`: refused, or written back as they
 * were read; 3 an escrow file, its second slot behind the first's 128 bytes that count: a newest
 * key, and at most two that follow each other.
 */
#include "board/backup.h"
#include "board/ceremony.h"
#include "fuzz_crypto.h"
#include "fuzz_files.h"
#include "store/secrets.h"

static const char credential[] = "0123456789abcdef0123456789abcdef";

static void fingerprint(uint8_t f[SR_HASH]) {
	t_fill(f, SR_HASH, 3);
}

/* An empty secrets.db, or the one that the last input left empty. */
static struct sr_secrets *secrets(bool fresh) {
	static struct sr_secrets *s;
	static struct sr_dir *d;
	static uint8_t key[SR_KEY];
	struct sr_err e;
	if (s != NULL && !fresh)
		return s;
	sr_secrets_free(s);
	sr_dir_close(d);
	t_fill(key, sizeof key, 9);
	assert_ok(sr_dir_open(&d, fuzz_folder(), &e), &e);
	const struct sr_secrets_options o = {.dir = d, .key = key, .create = true};
	assert_ok(sr_secrets_open(&s, &o, &e), &e);
	return s;
}

static uint64_t count(struct sr_secrets *s, int from, int to) {
	uint64_t all = 0, n = 0;
	struct sr_err e;
	for (int k = from; k <= to; k++) {
		assert_ok(sr_secrets_count(s, (enum sr_secret_kind)k, &n, &e), &e);
		all += n;
	}
	return all;
}

static struct sr_escrow escrow(void) {
	struct sr_escrow x = {.fd = -1, .slots = {{.present = true, .generation = 3}}};
	t_fill(x.id, SR_ID, 4);
	t_fill(x.slots[0].key, SR_KEY, 5);
	return x;
}

static void load(struct sr_bytes file, bool ours) {
	const struct sr_unlock u = {.credential = sr_bytes_str(credential)};
	const struct sr_escrow x = escrow();
	const struct sr_backup_keys keys = {&u, &x};
	struct sr_secrets *s = secrets(false);
	uint8_t f[SR_HASH];
	struct sr_err e;
	fingerprint(f);
	int rc = sr_backup_secrets_load(s, file, f, &keys, &e);
	uint64_t all = count(s, SR_SECRET_SLOT, SR_SECRET_DB_KEY);
	MUST(rc == 0 || all == 0);
	MUST(all == count(s, SR_SECRET_SLOT, SR_SECRET_SLOT) +
			    count(s, SR_SECRET_PERSON, SR_SECRET_DESCRIPTIVE));
	MUST(ours || rc != 0 || all == 3); /* the file of the corpus */
	if (rc == 0)
		(void)secrets(true);
}

static void seal(struct sr_buf *file, struct sr_bytes plain) {
	const struct sr_unlock u = {.credential = sr_bytes_str(credential)};
	const struct sr_escrow x = escrow();
	uint8_t key[SR_KEY], f[SR_HASH];
	struct sr_buf text, wrapped, ad;
	struct sr_err e;
	t_fill(key, sizeof key, 8);
	fingerprint(f);
	sr_buf_init(&text);
	sr_buf_init(&wrapped);
	sr_buf_init(&ad);
	sr_buf_put(&ad, f, SR_HASH);
	sr_buf_put(&ad, x.id, SR_ID);
	sr_buf_put_le64(&ad, x.slots[0].generation);
	assert_ok(sr_passphrase_seal(&text, "strongroom/backup/v1", sr_bytes_of(NULL, 0), &u,
			  sr_bytes_of(key, SR_KEY), &e),
		&e);
	assert_ok(sr_aead_seal_buf(&wrapped, x.slots[0].key, "strongroom/backup-escrow/v1",
			  sr_buf_view(&ad), sr_buf_view(&text), &e),
		&e);
	sr_buf_put_str(file, "SRBACKUP");
	sr_buf_put(file, x.id, SR_ID);
	sr_buf_put_le64(file, x.slots[0].generation);
	sr_buf_put_lp(file, sr_buf_view(&wrapped));
	assert_ok(sr_aead_seal_buf(file, key, "strongroom/backup-secrets/v1",
			  sr_bytes_of(f, SR_HASH), plain, &e),
		&e);
	sr_buf_free(&text);
	sr_buf_free(&wrapped);
	sr_buf_free(&ad);
}

enum {
	SLOT_HEAD = 128
};

static void check_escrow(struct sr_bytes in) {
	static uint8_t file[SR_ESCROW_FILE];
	struct sr_escrow x;
	struct sr_err e;
	memset(file, 0, sizeof file);
	memcpy(file, in.p, in.len < SLOT_HEAD ? in.len : SLOT_HEAD);
	if (in.len > SLOT_HEAD)
		memcpy(file + SR_ESCROW_SLOT, in.p + SLOT_HEAD,
			in.len - SLOT_HEAD < SLOT_HEAD ? in.len - SLOT_HEAD : SLOT_HEAD);
	if (sr_escrow_decode(&x, file, &e) != 0)
		return;
	const struct sr_escrow_key *k = sr_escrow_newest(&x);
	MUST(k->present && sr_escrow_of(&x, k->generation) == k);
	MUST(!sr_escrow_unsettled(&x) || sr_escrow_of(&x, k->generation - 1) != NULL);
}

static void seed_slot(struct sr_buf *b, uint64_t generation) {
	uint8_t key[SR_KEY], hash[SR_HASH];
	struct sr_buf slot;
	t_fill(key, sizeof key, generation);
	sr_buf_init(&slot);
	sr_buf_put_str(&slot, "SRESCR1\n");
	sr_buf_put_zero(&slot, SR_HASH + SR_ID);
	sr_buf_put_le64(&slot, generation);
	sr_buf_put(&slot, key, SR_KEY);
	SR_HASH_OF(hash, "strongroom/escrow/v1", NULL, sr_buf_view(&slot));
	sr_buf_put(&slot, hash, SR_HASH);
	sr_buf_put_bytes(b, sr_buf_view(&slot));
	sr_buf_free(&slot);
}

static void check_names(struct sr_bytes in) {
	struct sr_buf again;
	struct sr_err e;
	sr_buf_init(&again);
	if (sr_ceremony_names_again(&again, in, &e) == 0)
		MUST(sr_bytes_eq(sr_buf_view(&again), in));
	sr_buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sr_bytes in = sr_bytes_of(data, size);
	struct sr_buf file;
	fuzz_start();
	uint8_t mode = fuzz_u8(&in) % 4;
	sr_buf_init(&file);
	if (mode == 0) {
		load(in, false);
	} else if (mode == 1) {
		seal(&file, in);
		load(sr_buf_view(&file), true);
	} else if (mode == 2) {
		check_names(in);
	} else {
		check_escrow(in);
	}
	sr_buf_free(&file);
	return 0;
}

static void put_row(struct sr_buf *b, uint8_t kind, const char *name, uint64_t n) {
	uint8_t value[SR_KEY];
	t_fill(value, sizeof value, kind);
	sr_buf_put_u8(b, kind);
	sr_buf_put_lp(b, sr_bytes_str(name));
	sr_buf_put_le64(b, n);
	sr_buf_put_lp(b, sr_bytes_of(value, sizeof value));
}

static void put_head(struct sr_buf *b, uint64_t rows) {
	uint8_t f[SR_HASH];
	fingerprint(f);
	sr_buf_put(b, f, SR_HASH);
	sr_buf_put_le64(b, 12);
	sr_buf_put_zero(b, SR_HASH);
	sr_buf_put_le64(b, rows);
}

void fuzz_seeds(void) {
	static const char item[] = "00112233445566778899aabbccddeeff";
	struct sr_buf plain, file;
	fuzz_start();
	sr_buf_init(&plain);
	sr_buf_init(&file);
	put_head(&plain, 3);
	put_row(&plain, SR_SECRET_SLOT, item, 1);
	put_row(&plain, SR_SECRET_PERSON, "p-0011223344556677", 0);
	put_row(&plain, SR_SECRET_DESCRIPTIVE, item, 0);
	seal(&file, sr_buf_view(&plain));
	fuzz_seed_with("file", "\0", 1, sr_buf_view(&file));
	fuzz_seed_with("plaintext", "\1", 1, sr_buf_view(&plain));
	sr_buf_clear(&plain);
	put_head(&plain, 2);
	put_row(&plain, SR_SECRET_SLOT, item, 1);
	put_row(&plain, SR_SECRET_ROOM_KEY, item, 1);
	fuzz_seed_with("room-key", "\1", 1, sr_buf_view(&plain));
	sr_buf_clear(&plain);
	put_head(&plain, UINT64_MAX);
	put_row(&plain, SR_SECRET_SLOT, item, 1);
	fuzz_seed_with("count", "\1", 1, sr_buf_view(&plain));
	sr_buf_clear(&plain);
	sr_buf_put_le32(&plain, 2);
	for (uint32_t i = 0; i < 2; i++) {
		sr_buf_put_lp(&plain, sr_bytes_str("member"));
		sr_buf_put_le32(&plain, i);
		sr_buf_put_zero(&plain, SR_SALT);
		sr_buf_put_lp(&plain, sr_bytes_str("A. Member"));
	}
	fuzz_seed_with("names", "\2", 1, sr_buf_view(&plain));
	for (uint64_t g = 1; g <= 3; g++) {
		sr_buf_clear(&plain);
		seed_slot(&plain, 1);
		seed_slot(&plain, g);
		fuzz_seed_with(g == 1   ? "escrow-same"
			       : g == 2 ? "escrow-two"
					: "escrow-gap",
			"\3", 1, sr_buf_view(&plain));
	}
	sr_buf_free(&plain);
	sr_buf_free(&file);
}
