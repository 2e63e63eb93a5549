/*
 * accession_key - see accession_key.h.
 */
#include "intake/accession_key.h"

#include "board/keys.h"
#include "store/supersede.h"

enum {
	CELL = 4096,
	NAME = 64
};

static void cell_name(char out[NAME], const uint8_t accession[SR_ID]) {
	char hex[2 * SR_ID + 1];

	sr_hex(hex, accession, SR_ID);
	(void)snprintf(out, NAME, "accession-%s.cell", hex);
}

static void key_of(uint8_t key[SR_KEY], const struct sr_vault *v, const uint8_t accession[SR_ID],
	struct sr_bytes cell) {
	SR_HASH_OF(key, "strongroom/accession-key/v2", v->keys->s->intake_sk, cell,
		sr_bytes_of(accession, SR_ID));
}

int sr_accession_key(
	uint8_t key[SR_KEY], struct sr_vault *v, const uint8_t accession[SR_ID], struct sr_err *e) {
	char name[NAME];
	struct sr_buf cell;
	int rc;

	cell_name(name, accession);
	sr_buf_init_secret(&cell);
	rc = sr_file_read(v->run, name, &cell, CELL, e);
	if (rc == SR_NOTFOUND || rc == SR_LIMIT || (rc == 0 && cell.len != CELL)) {
		sr_err_clear(e);
		rc = sr_fail(
			e, SR_AUTH, "run/%s, without which its key is gone, is not whole", name);
	}
	if (rc == 0)
		key_of(key, v, accession, sr_buf_view(&cell));
	sr_buf_free(&cell);
	return rc;
}

int sr_accession_key_make(uint8_t key[SR_KEY], struct sr_vault *v, const uint8_t accession[SR_ID],
	bool now, struct sr_err *e) {
	uint8_t cell[CELL];
	char name[NAME];
	int rc = sr_accession_key(key, v, accession, e);

	if (rc != SR_AUTH)
		return rc;
	sr_err_clear(e);
	cell_name(name, accession);
	sr_random(cell, sizeof cell);
	rc = (now ? sr_file_replace : sr_file_replace_later)(
		v->run, name, sr_bytes_of(cell, sizeof cell), e);
	if (rc == 0)
		key_of(key, v, accession, sr_bytes_of(cell, sizeof cell));
	sr_wipe(cell, sizeof cell);
	return rc;
}

int sr_accession_key_end(struct sr_vault *v, const uint8_t accession[SR_ID], struct sr_err *e) {
	char name[NAME];
	bool there = false;
	int rc;

	cell_name(name, accession);
	rc = sr_file_find(&there, v->run, name, e);
	if (rc == 0 && there)
		rc = sr_file_overwrite(v->run, name, e);
	/* One that comes back after a cut of power is noise. */
	return rc == 0 && there ? sr_file_remove_later(v->run, name, e) : rc;
}
