/*
 * tlogproof - C2SP tlog-proof: one file that shows offline that an entry is in a log.
 *
 *   line 1     c2sp.org/tlog-proof@v1
 *   optional   extra <base64>           not authenticated by the format; we put the raw leaf there
 *   next       index <decimal>
 *   then       inclusion proof, one base64 hash per line, leaf's sibling first
 *   then       an empty line and the checkpoint note, verbatim
 *
 * Parsing checks form only. Verifying answers: this leaf hash is at this index of this log's
 * checkpoint, and the witnesses that the policy asks for saw that checkpoint. Source: digest 1.8.
 */
#ifndef SR_MERKLE_TLOGPROOF_H
#define SR_MERKLE_TLOGPROOF_H

#include "merkle/policy.h"
#include "merkle/proof.h"

struct sr_tlogproof {
	struct sr_bytes extra; /* len 0: no such line */
	uint64_t index;
	struct sr_proof proof;
	struct sr_bytes checkpoint; /* the note, verbatim */
	struct sr_buf
		own; /* after parsing: what `extra` points into; zero it to build one by hand */
};

/* Append the file. MISUSE or LIMIT if a part cannot be written. */
SR_MUST int sr_tlogproof_put(struct sr_buf *out, const struct sr_tlogproof *p, struct sr_err *e);
/* `checkpoint` points into ${in}. CORRUPT, LIMIT. On failure ${out} is empty. Free with
 * sr_tlogproof_free. */
SR_MUST int sr_tlogproof_parse(struct sr_tlogproof *out, struct sr_bytes in, struct sr_err *e);
void sr_tlogproof_free(struct sr_tlogproof *p);
/* 0, CORRUPT (checkpoint note), AUTH (log signature, origin, cosignature, inclusion) or DENIED
 * (quorum). ${policy} may be NULL (witnesses are not asked); its log lines are not consulted: the
 * log is ${log}. ${out}: the checkpoint; may be NULL. */
SR_MUST int sr_tlogproof_verify(struct sr_checkpoint *out, const struct sr_tlogproof *p,
	const uint8_t leaf[SR_HASH], const struct sr_log *log, const struct sr_policy *policy,
	struct sr_err *e);

#endif
