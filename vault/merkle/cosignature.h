/*
 * cosignature - C2SP tlog-cosignature v1 (Ed25519, type 0x04): a witness says "at this time this
 * was the largest consistent tree of this origin that I had seen".
 *
 *   signed bytes     "cosignature/v1\n" "time " decimal "\n" note text (with its final newline)
 *   signature field  offset 0: u64be POSIX seconds, below 2^63
 *                    offset 8: Ed25519 signature, 64 bytes
 *
 * The signed bytes do not name the cosigner: one Ed25519 key is one cosigner. Lines of type 0x06
 * (ML-DSA) cannot be checked here and stay in the note as lines of unknown keys. Source: digest
 * 1.6.
 */
#ifndef SR_MERKLE_COSIGNATURE_H
#define SR_MERKLE_COSIGNATURE_H

#include "merkle/note.h"

struct sr_cosigned {
	bool valid;    /* this key cosigned */
	uint64_t time; /* its latest cosignature; 0 while not valid */
};

/* Append the line of ${witness} (type 0x04) for the checkpoint ${text} at ${time}. MISUSE if key,
 * seed or time do not fit, CORRUPT if ${text} is not a checkpoint: a witness's key signs nothing
 * else. */
SR_MUST int sr_cosign_line(struct sr_buf *out, struct sr_bytes text,
	const struct sr_signer *witness, uint64_t time, struct sr_err *e);
/* Check every line of a known type-0x04 key; out[i] is about keys[i]. AUTH if one of them is
 * wrong, and 0 with nothing valid if none is there: how many are needed is the policy's business.
 * Lines' `key` fields are left alone. */
SR_MUST int sr_cosign_verify(struct sr_cosigned *out, const struct sr_note *n,
	const struct sr_vkey *keys, size_t count, struct sr_err *e);

#endif
