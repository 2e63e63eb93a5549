/*
 * langtag - language tags of BCP 47 (RFC 5646), well-formed: en, ar, zh-hant, de-ch-1996,
 * x-archive.
 *
 * Whether a subtag is registered is not asked: the registry grows, and a log lives longer. Tags do
 * not depend on case; here they are in lower case, which is how they are compared.
 */
#ifndef SR_LEDGER_LANGTAG_H
#define SR_LEDGER_LANGTAG_H

#include "base/bytes.h"

enum {
	SR_LANGTAG_MAX = 100 /* bytes: RFC 5646 section 4.4.1 asks for 35, a token has 128 */
};

/* USAGE: ${tag}, of any case, is not well-formed; says why. */
SR_MUST int sr_langtag_check(struct sr_bytes tag, struct sr_err *e);

#endif
