/*
 * session - who is at the other end of one connection.
 *
 *   NEW --login.begin--> ASKED (one nonce) --login.finish, good signature--> KNOWN --logout, end
 *     of the connection--> NEW
 *   a nonce serves one attempt; another login.begin makes another
 *
 * Signed: "strongroom/login/v1\nvault <64 hex>\nnonce <64 hex>\nperson p-...\n": a login for one
 * vault and one connection is worth nothing elsewhere. Roles are asked of the catalogue at every
 * call, so an ended role ends what it allowed.
 */
#ifndef SR_CORE_SESSION_H
#define SR_CORE_SESSION_H

#include "board/vault.h"
#include "core/call.h"
#include "crypto/sign.h"

enum {
	SR_LOGIN_NONCE = 32
};

/* The text that a person signs to log in, appended. */
void sr_login_text(struct sr_buf *out, const uint8_t fingerprint[SR_HASH],
	const uint8_t nonce[SR_LOGIN_NONCE], const char *person);

struct sr_core;
struct sr_inflow; /* core/inflow.h: a deposit under way */
struct sr_offers; /* boxes of held items */
struct sr_scanning;

struct sr_session {
	bool asked;
	uint8_t nonce[SR_LOGIN_NONCE];
	char person[SR_PERSON_TEXT]; /* "": nobody yet */
	uint8_t pk[SR_PK];
	bool embedded; /* the caller is the process that holds the service keys */
	struct sr_inflow *deposit;
	bool gave_way;            /* its deposit was silent while others waited, and was ended */
	uint8_t gave_up[SR_ID];   /* that one's accession, for a resume */
	struct sr_offers *offers; /* of held.offer (ops_held.c); NULL: none */
	struct sr_scanning *scanning; /* of intake.scan (ops_scan.c); NULL: none */
	bool prepared; /* release.prepare was called here: forget what is left when the connection
			  ends */
};

#endif
