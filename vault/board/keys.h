/*
 * keys - where the keys of entries and objects come from: epochs from one secret of keys/service
 * (whoever is given the key of one epoch has no other), subjects from
 * secrets.db; and the objects that statements name, read through them.
 *
 *   subject            secrets.db                      opens
 *   p-<16 hex>         SR_SECRET_PERSON, the subject   personal records
 *   enquiry:<32 hex>   SR_SECRET_PERSON, the subject   what an enquiry says
 *   item:<32 hex>      SR_SECRET_DESCRIPTIVE           descriptive records and the item's file list
 *   collection:<...>   SR_SECRET_DESCRIPTIVE           the collection's name
 *   ceremony:<32 hex>  SR_SECRET_CEREMONY, the subject dealings of that run (board/dealings.h)
 *
 * Key of an object record = BLAKE2b(subject's key, or the epoch's structural key;
 * "strongroom/object-key/v1").
 */
#ifndef SR_BOARD_KEYS_H
#define SR_BOARD_KEYS_H

#include "board/vault.h"
#include "catalogue/catalogue.h"
#include "ledger/entry.h"

/* The vault's keys as a ring for ledger/entry.h. Valid as long as ${v}. */
struct sr_keyring sr_vault_keyring(struct sr_vault *v);
/* The keys of epoch ${number}; the caller wipes them. */
void sr_vault_epoch(struct sr_epoch *out, const struct sr_vault *v, uint32_t number);
/* The epoch that the next entry is sealed under, by the catalogue as it stands. */
SR_MUST int sr_vault_epoch_now(uint32_t *number, struct sr_vault *v, struct sr_err *e);
/* A subject's key; NOTFOUND when it was erased or never made. */
SR_MUST int sr_subject_key(
	uint8_t key[SR_KEY], struct sr_vault *v, const char *subject, struct sr_err *e);
/* The same, made when it is missing (durable with the next sr_secrets_commit). */
SR_MUST int sr_subject_key_make(
	uint8_t key[SR_KEY], struct sr_vault *v, const char *subject, struct sr_err *e);
/* Key of object records of ${subject} ("": structural, of ${epoch}). NOTFOUND. */
SR_MUST int sr_object_key(uint8_t key[SR_KEY], struct sr_vault *v, const char *subject,
	uint32_t epoch, struct sr_err *e);

/* Objects for replay; keeps the file read last open, because replay asks in order. ${state} is the
 * caller's. */
struct sr_object_source {
	struct sr_vault *vault;
	struct sr_object *open; /* store/object.h; the file read last */
	uint8_t file[SR_HASH];
};
struct sr_objects sr_object_source_init(struct sr_object_source *state, struct sr_vault *v);
void sr_object_source_free(struct sr_object_source *state);

/* One object by its id, appended to ${out} (a secret buffer): NOTFOUND when no statement names it,
 * or its key is gone. */
SR_MUST int sr_object_fetch(
	struct sr_vault *v, const uint8_t id[SR_HASH], struct sr_buf *out, struct sr_err *e);

/* Entry ${index}, opened with the vault's keys. Free with sr_entry_free. */
SR_MUST int sr_vault_entry(
	struct sr_entry *out, struct sr_vault *v, uint64_t index, struct sr_err *e);

#endif
