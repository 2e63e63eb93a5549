/*
 * lanes - the labelled hash (hash.h) of many texts, four at a time, side by side.
 *
 * BLAKE2b works one text through with two or three of the processor's units, one step waiting for
 * the one before. Four texts side by side, each in its lane of a vector, keep all units busy: the
 * same hashes, bit for bit, in a third of the time (AVX-512) or half of it (AVX2). It is the same
 * BLAKE2b (RFC 7693) and no tree mode: each text has the hash that sr_hash_of gives it.
 *
 * libsodium is the measure. What a processor has is tried against libsodium before it is first
 * used, and not used where they differ, nor on other processors: libsodium does it then. And
 * whoever holds a hash against one that is written somewhere asks libsodium (sr_hash_of) once more
 * before he calls the text changed: so an error here could cost a reader time and not a text. Who
 * writes a hash (store/ingest.h, store/pack.h) has the trial alone.
 *
 * Thread-safe. Texts may be secret: nothing depends on them but the result, and copies are wiped.
 */
#ifndef SR_CRYPTO_LANES_H
#define SR_CRYPTO_LANES_H

#include "crypto/hash.h"

enum {
	SR_LANES = 4,
	SR_LANES_TEXTS = 128, /* of one call, at most: as many as a job of a deposit has blocks */
	SR_LANES_LABEL = 64, /* bytes of a label, at most */
	SR_LANES_HEAD = 32   /* bytes of a short first field, at most */
};

struct sr_lane {
	struct sr_bytes head; /* a field before the text; .p NULL: there is none */
	struct sr_bytes text; /* the last field */
};

/* out[i] is what sr_hash_of(out[i], label, NULL, {head, text}) gives, for ${count} <=
 * SR_LANES_TEXTS texts of any lengths: the more, the better the lanes are filled. */
void sr_hash_lanes(
	uint8_t (*out)[SR_HASH], const char *label, const struct sr_lane *texts, size_t count);

#ifdef SR_TESTING
enum sr_lanes_kind {
	SR_LANES_NONE, /* libsodium, one by one */
	SR_LANES_AVX2,
	SR_LANES_AVX512
};
/* The best that this processor has, and where the tests want another. */
enum sr_lanes_kind sr_lanes_best(void);
void sr_lanes_use(enum sr_lanes_kind kind);
#endif

#endif
