/*
 * dkg - see dkg.h, which has the format, the proofs and their fields.
 *
 * Invariants: a deal's numbers (k, n) are compared with the ceremony before anything is read by
 * them; every point of a deal is checked before it is used; coefficients, shares, ephemeral secrets
 * and nonces lie on the stack and are wiped on every path. A failure that is not the dealer's
 * (memory, a wrong seed) never reads as a complaint: complaints are AUTH, and only those.
 */
#include "crypto/dkg.h"

#include <assert.h>

enum {
	HEAD = 12,      /* bytes of a dealing before its deals */
	DEAL_HEAD = 36, /* of a deal before its commitments, salt included */
	PROOF = 2 * SR_SCALAR
};
static const uint8_t magic[8] = {'s', 'r', '-', 'd', 'e', 'a', 'l', '1'};

static struct sr_bytes b32(const uint8_t *p) {
	return sr_bytes_of(p, 32);
}

/* --- the ceremony's public inputs ------------------------------------------------------------- */

static bool reshare(const struct sr_dkg *d) {
	return d->old_members != 0;
}

size_t sr_dkg_dealers(const struct sr_dkg *d, size_t at) {
	return reshare(d) ? d->level[at].dealers : d->members;
}

uint8_t sr_dkg_dealer(const struct sr_dkg *d, size_t at, size_t i) {
	return reshare(d) ? d->level[at].dealer[i] : (uint8_t)(i + 1);
}

/* The place of ${dealer} in the dealer set of level number ${at}; -1 if it is not in it. */
static int dealer_place(const struct sr_dkg *d, size_t at, uint8_t dealer) {
	for (size_t i = 0; i < sr_dkg_dealers(d, at); i++)
		if (sr_dkg_dealer(d, at, i) == dealer)
			return (int)i;
	return -1;
}

static const uint8_t *dealer_key(const struct sr_dkg *d, uint8_t dealer) {
	return reshare(d) ? d->old_key[dealer - 1] : d->key[dealer - 1];
}

static int dealers_max(const struct sr_dkg *d) {
	return reshare(d) ? d->old_members : d->members;
}

/* The number of level ${level}, or -1. */
static int level_at(const struct sr_dkg *d, uint8_t level) {
	for (int i = 0; i < d->levels; i++)
		if (d->level[i].level == level)
			return i;
	return -1;
}

static void ceremony_hash(uint8_t out[SR_HASH], const struct sr_dkg *d) {
	struct sr_hash h;

	sr_hash_init(&h, "strongroom/dkg-ceremony/v1", NULL);
	sr_hash_field(&h, b32(d->vault));
	sr_hash_field(&h, sr_bytes_of(d->board, SR_ID));
	sr_hash_field(&h, sr_bytes_of(d->run, SR_ID));
	sr_hash_u64(&h, d->epoch);
	sr_hash_u64(&h, d->members);
	for (size_t i = 0; i < d->members; i++)
		sr_hash_field(&h, b32(d->key[i]));
	sr_hash_u64(&h, d->old_members);
	for (size_t i = 0; i < d->old_members; i++)
		sr_hash_field(&h, b32(d->old_key[i]));
	sr_hash_u64(&h, d->levels);
	for (size_t i = 0; i < d->levels; i++) {
		const struct sr_dkg_level *l = &d->level[i];

		sr_hash_u64(&h, l->level);
		sr_hash_u64(&h, l->quorum);
		sr_hash_field(&h, b32(l->board));
		sr_hash_u64(&h, l->dealers);
		for (size_t j = 0; j < l->dealers; j++) {
			sr_hash_u64(&h, l->dealer[j]);
			sr_hash_field(&h, b32(l->given[j]));
		}
	}
	sr_hash_final(&h, out);
}

static int keys_check(
	const char *what, const uint8_t (*key)[SR_PK], size_t count, struct sr_err *e) {
	uint8_t x[SR_X_PK];
	int rc;

	for (size_t i = 0; i < count; i++) {
		if ((rc = sr_box_pk_of_sign(x, key[i], e)) != 0) {
			sr_wrap(e, "%s %zu", what, i + 1);
			return rc;
		}
		for (size_t j = 0; j < i; j++)
			if (memcmp(key[i], key[j], SR_PK) == 0)
				return sr_fail(e, SR_CORRUPT, "%ss %zu and %zu have the same key",
					what, j + 1, i + 1);
	}
	return 0;
}

/* sum of weight_i * point_i, the weights being Lagrange's at 0 for the ${count} indices, or 1. */
static int weighted_sum(uint8_t out[SR_POINT], const uint8_t *index, const uint8_t *const *point,
	size_t count, struct sr_err *e) {
	uint8_t sum[SR_POINT], term[SR_POINT], weight[SR_SCALAR];
	int rc;

	for (size_t i = 0; i < count; i++) {
		if (index == NULL) {
			memcpy(term, point[i], SR_POINT);
		} else {
			if ((rc = sr_lagrange_at_zero(weight, index, count, i, e)) != 0 ||
				(rc = sr_point_mul(term, weight, point[i], e)) != 0)
				return rc;
		}
		if (i == 0)
			memcpy(sum, term, SR_POINT);
		else if ((rc = sr_point_add(sum, sum, term, e)) != 0)
			return rc;
	}
	memcpy(out, sum, SR_POINT);
	return 0;
}

/* The reshare part of one level: the dealer set, and that its shares are shares of P. */
static int old_level_check(const struct sr_dkg *d, const struct sr_dkg_level *l, struct sr_err *e) {
	const uint8_t *point[SR_BOARD_MEMBERS_MAX];
	uint8_t sum[SR_POINT];
	int rc;

	if (l->dealers < 2 || l->dealers > d->old_members)
		return sr_fail(e, SR_CORRUPT, "%u dealers, want 2 to the %u old members",
			l->dealers, d->old_members);
	for (size_t i = 0; i < l->dealers; i++) {
		if (l->dealer[i] < 1 || l->dealer[i] > d->old_members)
			return sr_fail(e, SR_CORRUPT, "dealer index is %u, want 1 to %u",
				l->dealer[i], d->old_members);
		if (i > 0 && l->dealer[i] <= l->dealer[i - 1])
			return sr_fail(e, SR_CORRUPT, "dealer index %u comes after %u",
				l->dealer[i], l->dealer[i - 1]);
		if ((rc = sr_point_check(l->given[i], e)) != 0) {
			sr_wrap(e, "dealer %u: old public share", l->dealer[i]);
			return rc;
		}
		point[i] = l->given[i];
	}
	if ((rc = sr_point_check(l->board, e)) != 0 ||
		(rc = weighted_sum(sum, l->dealer, point, l->dealers, e)) != 0) {
		sr_wrap(e, "old board key");
		return rc;
	}
	if (memcmp(sum, l->board, SR_POINT) != 0)
		return sr_fail(e, SR_CORRUPT,
			"the public shares of the %u dealers do not give the old board key",
			l->dealers);
	return 0;
}

int sr_dkg_check(const struct sr_dkg *d, struct sr_err *e) {
	int rc;

	if (d->members < 2 || d->members > SR_BOARD_MEMBERS_MAX ||
		d->old_members > SR_BOARD_MEMBERS_MAX)
		return sr_fail(e, SR_CORRUPT, "ceremony: %u members (%u before), want 2 to %d",
			d->members, d->old_members, SR_BOARD_MEMBERS_MAX);
	if (d->levels < 1 || d->levels > SR_BOARD_LEVELS_MAX)
		return sr_fail(e, SR_CORRUPT, "ceremony: %u levels, want 1 to %d", d->levels,
			SR_BOARD_LEVELS_MAX);
	if ((rc = keys_check("member", d->key, d->members, e)) != 0 ||
		(rc = keys_check("old member", d->old_key, d->old_members, e)) != 0) {
		sr_wrap(e, "ceremony");
		return rc;
	}
	for (size_t i = 0; i < d->levels; i++) {
		const struct sr_dkg_level *l = &d->level[i];

		if (l->level < 1 || (i > 0 && l->level <= d->level[i - 1].level))
			return sr_fail(e, SR_CORRUPT,
				"ceremony: level %u at place %zu: levels ascend from 1", l->level,
				i + 1);
		if (l->quorum < 2 || l->quorum > d->members)
			return sr_fail(e, SR_CORRUPT,
				"ceremony: level %u: quorum is %u, want 2 to %u", l->level,
				l->quorum, d->members);
		if (!reshare(d) && l->dealers != 0)
			return sr_fail(e, SR_CORRUPT,
				"ceremony: level %u: a first run has no dealer set", l->level);
		if (reshare(d) && (rc = old_level_check(d, l, e)) != 0) {
			sr_wrap(e, "ceremony: level %u", l->level);
			return rc;
		}
	}
	return 0;
}

/* MISUSE unless ${seed} belongs to ${pk}. */
static int seed_check(const uint8_t seed[SR_SEED], const uint8_t pk[SR_PK], const char *what,
	unsigned index, struct sr_err *e) {
	uint8_t own[SR_PK];

	sr_sign_public(own, seed);
	sr_public(own, sizeof own);
	if (memcmp(own, pk, SR_PK) != 0)
		return sr_fail(e, SR_MISUSE, "the identity given is not %s %u's", what, index);
	return 0;
}

/* --- a deal's hashes -------------------------------------------------------------------------- */

/* The fields of proof and nonce. */
static void deal_fields(struct sr_hash *h, const uint8_t ceremony[SR_HASH], const struct sr_dkg *d,
	const struct sr_deal *deal) {
	sr_hash_field(h, b32(ceremony));
	sr_hash_field(h, b32(d->vault));
	sr_hash_field(h, sr_bytes_of(d->run, SR_ID));
	sr_hash_u64(h, deal->level);
	sr_hash_u64(h, deal->dealer);
	sr_hash_u64(h, deal->members);
	sr_hash_u64(h, deal->commitments);
	for (size_t i = 0; i < deal->commitments; i++)
		sr_hash_field(h, b32(deal->commitment[i]));
	sr_hash_field(h, b32(deal->salt));
	for (size_t i = 0; i < deal->members; i++)
		sr_hash_field(h, sr_bytes_of(deal->share[i], SR_DEAL_SHARE));
}

static void deal_challenge(uint8_t c[SR_SCALAR], const uint8_t ceremony[SR_HASH],
	const struct sr_dkg *d, const struct sr_deal *deal, const uint8_t commitment[SR_POINT]) {
	uint8_t base[SR_POINT];
	struct sr_hash h;

	sr_group_base(base);
	sr_hash_init64(&h, "strongroom/dkg-proof/v1", NULL);
	deal_fields(&h, ceremony, d, deal);
	sr_hash_field(&h, b32(base));
	sr_hash_field(&h, b32(commitment));
	sr_scalar_of_hash(c, &h);
}

static void share_context(uint8_t out[SR_HASH], const uint8_t ceremony[SR_HASH],
	const struct sr_dkg *d, const struct sr_deal *deal, uint8_t recipient) {
	struct sr_hash h;

	sr_hash_init(&h, "strongroom/dkg-share-context/v1", NULL);
	sr_hash_field(&h, b32(ceremony));
	sr_hash_field(&h, b32(d->vault));
	sr_hash_field(&h, sr_bytes_of(d->run, SR_ID));
	sr_hash_u64(&h, deal->level);
	sr_hash_u64(&h, deal->dealer);
	sr_hash_u64(&h, recipient);
	sr_hash_final(&h, out);
}

static void share_ephemeral(uint8_t out[SR_X_SK], const uint8_t ceremony[SR_HASH],
	const struct sr_deal *deal, uint8_t recipient, const uint8_t seed[SR_SEED]) {
	struct sr_hash h;

	sr_hash_init(&h, "strongroom/dkg-ephemeral/v1", seed);
	sr_hash_field(&h, b32(ceremony));
	sr_hash_u64(&h, deal->level);
	sr_hash_u64(&h, deal->dealer);
	sr_hash_u64(&h, recipient);
	for (size_t i = 0; i < deal->commitments; i++)
		sr_hash_field(&h, b32(deal->commitment[i]));
	sr_hash_field(&h, b32(deal->salt));
	sr_hash_final(&h, out);
}

/* --- dealing ---------------------------------------------------------------------------------- */

/* What one call of sr_deal_make has in hand. */
struct dealer {
	const struct sr_dkg *d;
	uint8_t index;
	const uint8_t *seed;
	uint8_t ceremony[SR_HASH];
};

/* A deal of ${k} commitments and ${n} shares, and views of one that lies at ${p}. */
static size_t deal_size(size_t k, size_t n) {
	return DEAL_HEAD + k * SR_POINT + n * SR_DEAL_SHARE + PROOF;
}

static void deal_views(struct sr_deal *out, const uint8_t *p) {
	const uint8_t *commitments = p + DEAL_HEAD;
	const uint8_t *shares = commitments + (size_t)out->commitments * SR_POINT;
	const uint8_t *proof = shares + (size_t)out->members * SR_DEAL_SHARE;

	out->salt = p + 4;
	out->commitment = (const uint8_t(*)[SR_POINT])commitments;
	out->share = (const uint8_t(*)[SR_DEAL_SHARE])shares;
	out->c = proof;
	out->z = proof + SR_SCALAR;
}

static void coefficient(uint8_t out[SR_SCALAR], const struct dealer *me, uint8_t level, size_t j) {
	uint8_t fresh[32];
	struct sr_hash h;

	sr_random(fresh, sizeof fresh);
	sr_hash_init64(&h, "strongroom/dkg-coefficient/v1", NULL);
	sr_hash_field(&h, sr_bytes_of(fresh, sizeof fresh));
	sr_hash_field(&h, sr_bytes_of(me->seed, SR_SEED));
	sr_hash_field(&h, b32(me->ceremony));
	sr_hash_u64(&h, level);
	sr_hash_u64(&h, me->index);
	sr_hash_u64(&h, j);
	sr_scalar_of_hash(out, &h);
	sr_wipe(fresh, sizeof fresh);
}

#ifdef SR_TESTING
static uint8_t spoilt;

void sr_deal_spoil(uint8_t what) {
	spoilt = what;
}
#endif

/* f(recipient), sealed, at ${p}. */
static int seal_share(uint8_t *p, const struct dealer *me, const struct sr_deal *deal,
	uint8_t recipient, const uint8_t (*coef)[SR_SCALAR], struct sr_err *e) {
	uint8_t share[SR_SCALAR], ephemeral[SR_X_SK], context[SR_HASH];
	struct sr_buf box;
	int rc;

	sr_buf_init(&box);
	sr_poly_eval(share, coef, deal->commitments, recipient);
#ifdef SR_TESTING
	if (recipient == spoilt)
		sr_poly_eval(share, coef, deal->commitments, (uint8_t)(recipient + 1));
#endif
	share_ephemeral(ephemeral, me->ceremony, deal, recipient, me->seed);
	share_context(context, me->ceremony, me->d, deal, recipient);
	rc = sr_box_seal_person_with(&box, ephemeral, me->d->key[recipient - 1],
		"strongroom/dkg-share/v1", b32(context), sr_bytes_of(share, sizeof share), e);
	if (rc != 0)
		goto out;
	assert(box.len == SR_DEAL_SHARE);
	memcpy(p, box.p, SR_DEAL_SHARE);
out:
	sr_buf_free(&box);
	sr_wipe(share, sizeof share);
	sr_wipe(ephemeral, sizeof ephemeral);
	return rc;
}

/* c and z at ${p}: knowledge of a_0. */
static int prove(uint8_t *p, const struct dealer *me, const struct sr_deal *deal,
	const uint8_t a0[SR_SCALAR], struct sr_err *e) {
	uint8_t fresh[32], w[SR_SCALAR], z[SR_SCALAR], c[SR_SCALAR], commitment[SR_POINT];
	struct sr_hash h;
	int rc;

	sr_random(fresh, sizeof fresh);
	sr_hash_init64(&h, "strongroom/dkg-nonce/v1", NULL);
	sr_hash_field(&h, sr_bytes_of(fresh, sizeof fresh));
	sr_hash_field(&h, b32(a0));
	deal_fields(&h, me->ceremony, me->d, deal);
	sr_scalar_of_hash(w, &h);
	if ((rc = sr_point_mul_base(commitment, w, e)) != 0)
		goto out;
	deal_challenge(c, me->ceremony, me->d, deal, commitment);
	sr_scalar_mul(z, c, a0);
	sr_scalar_add(z, z, w);
	memcpy(p, c, SR_SCALAR);
	memcpy(p + SR_SCALAR, z, SR_SCALAR);
out:
	sr_wipe(fresh, sizeof fresh);
	sr_wipe(w, sizeof w);
	sr_wipe(z, sizeof z);
	return rc;
}

/* One deal at ${p}, deal_size bytes. ${given}: the constant term, or NULL for a random one. */
static int deal_one(
	uint8_t *p, const struct dealer *me, size_t at, const uint8_t *given, struct sr_err *e) {
	const struct sr_dkg_level *l = &me->d->level[at];
	struct sr_deal deal = {.dealer = me->index,
		.level = l->level,
		.commitments = l->quorum,
		.members = me->d->members};
	uint8_t coef[SR_BOARD_MEMBERS_MAX][SR_SCALAR];
	int rc = 0;

	deal_views(&deal, p);
	p[0] = l->level;
	p[1] = l->quorum;
	p[2] = p[3] = 0;
	sr_random(p + 4, 32);
	for (size_t j = 0; j < l->quorum; j++) {
		if (j == 0 && given != NULL)
			memcpy(coef[j], given, SR_SCALAR);
		else
			coefficient(coef[j], me, l->level, j);
		if ((rc = sr_point_mul_base(p + DEAL_HEAD + j * SR_POINT, coef[j], e)) != 0)
			goto out;
	}
	if (given != NULL) {
		int place = dealer_place(me->d, at, me->index);

		assert(place >= 0);
		if (!sr_ct_eq(deal.commitment[0], l->given[place], SR_POINT)) {
			rc = sr_fail(e, SR_MISUSE, "share given does not match the public share");
			goto out;
		}
	}
	for (uint8_t m = 1; m <= deal.members; m++) {
		uint8_t *share = p + (deal.share[m - 1] - p);

		if ((rc = seal_share(share, me, &deal, m, (const uint8_t(*)[SR_SCALAR])coef, e)) !=
			0)
			goto out;
	}
	rc = prove(p + (deal.c - p), me, &deal, coef[0], e);
#ifdef SR_TESTING
	if (spoilt == SR_DEAL_SPOIL_PROOF)
		memcpy(p + (deal.z - p), deal.c, SR_SCALAR);
#endif
out:
	sr_wipe(coef, sizeof coef);
	return rc;
}

int sr_deal_make(struct sr_buf *out, const struct sr_dkg *d, uint8_t dealer,
	const uint8_t seed[SR_SEED], const uint8_t (*given)[SR_SCALAR], struct sr_err *e) {
	struct dealer me = {.d = d, .index = dealer, .seed = seed};
	size_t size = HEAD, start = out->len;
	uint8_t *p, count = 0;
	int rc;

	if ((rc = sr_dkg_check(d, e)) != 0)
		return rc;
	if (dealer < 1 || dealer > dealers_max(d))
		return sr_fail(
			e, SR_MISUSE, "dealer index is %u, want 1 to %d", dealer, dealers_max(d));
	if ((given != NULL) != reshare(d))
		return sr_fail(e, SR_MISUSE, "dealer %u: old shares go with a reshare, and only so",
			dealer);
	if ((rc = seed_check(seed, dealer_key(d, dealer), "dealer", dealer, e)) != 0)
		return rc;
	for (size_t at = 0; at < d->levels; at++) {
		if (dealer_place(d, at, dealer) < 0)
			continue;
		size += deal_size(d->level[at].quorum, d->members);
		count++;
	}
	if (count == 0)
		return sr_fail(e, SR_MISUSE, "dealer %u is in no dealer set", dealer);
	if ((rc = sr_buf_reserve(out, size, e)) != 0)
		return rc;
	ceremony_hash(me.ceremony, d);
	p = out->p + start;
	memcpy(p, magic, sizeof magic);
	p[8] = dealer;
	p[9] = d->members;
	p[10] = count;
	p[11] = 0;
	p += HEAD;
	for (size_t at = 0; at < d->levels; at++) {
		if (dealer_place(d, at, dealer) < 0)
			continue;
		rc = deal_one(p, &me, at, given != NULL ? given[at] : NULL, e);
		if (rc != 0) {
			sr_wrap(e, "dealer %u: level %u", dealer, d->level[at].level);
			sr_wipe(out->p + start, size);
			return rc;
		}
		p += deal_size(d->level[at].quorum, d->members);
	}
	out->len = start + size;
	return 0;
}

/* --- reading and checking -----------------------------------------------------------------------
 */

static int decode_one(
	struct sr_deal *out, struct sr_reader *r, const struct sr_dealing *in, struct sr_err *e) {
	struct sr_bytes head, all;
	struct sr_reader ahead = *r;
	int rc;

	if ((rc = sr_get_view(&ahead, &head, 4, e)) != 0)
		return rc;
	out->dealer = in->dealer;
	out->level = head.p[0];
	out->commitments = head.p[1];
	if (out->commitments < 1 || out->commitments > SR_BOARD_MEMBERS_MAX)
		return sr_fail(e, SR_CORRUPT, "level %u: have %u commitments, want 2 to %d",
			out->level, out->commitments, SR_BOARD_MEMBERS_MAX);
	if (head.p[2] != 0 || head.p[3] != 0)
		return sr_fail(e, SR_CORRUPT, "level %u: reserved bytes are not 0", out->level);
	rc = sr_get_view(r, &all, deal_size(out->commitments, out->members), e);
	if (rc != 0) {
		sr_wrap(e, "level %u", out->level);
		return rc;
	}
	deal_views(out, all.p);
	return 0;
}

int sr_deal_decode(struct sr_dealing *out, struct sr_bytes in, struct sr_err *e) {
	struct sr_dealing dealing = {0};
	struct sr_reader r;
	struct sr_bytes head;
	uint8_t members;
	int rc;

	sr_reader_init(&r, in);
	if ((rc = sr_get_view(&r, &head, HEAD, e)) != 0) {
		sr_wrap(e, "dealing");
		return rc;
	}
	if (memcmp(head.p, magic, sizeof magic) != 0)
		return sr_fail(e, SR_CORRUPT, "dealing: does not begin with sr-deal1");
	dealing.dealer = head.p[8];
	members = head.p[9];
	dealing.count = head.p[10];
	if (dealing.dealer < 1 || dealing.dealer > SR_BOARD_MEMBERS_MAX)
		return sr_fail(e, SR_CORRUPT, "dealing: dealer index is %u, want 1 to %d",
			dealing.dealer, SR_BOARD_MEMBERS_MAX);
	if (members < 2 || members > SR_BOARD_MEMBERS_MAX || dealing.count < 1 ||
		dealing.count > SR_BOARD_LEVELS_MAX || head.p[11] != 0)
		return sr_fail(e, SR_CORRUPT,
			"dealer %u: dealing says %u members (want 2 to %d), %u deals (want 1 to "
			"%d), reserved %u (want 0)",
			dealing.dealer, members, SR_BOARD_MEMBERS_MAX, dealing.count,
			SR_BOARD_LEVELS_MAX, head.p[11]);
	for (size_t i = 0; i < dealing.count; i++) {
		dealing.deal[i].members = members;
		if ((rc = decode_one(&dealing.deal[i], &r, &dealing, e)) != 0)
			goto bad;
	}
	if ((rc = sr_get_end(&r, e)) != 0)
		goto bad;
	*out = dealing;
	return 0;
bad:
	sr_wrap(e, "dealer %u", dealing.dealer);
	return rc;
}

/* One deal against level number ${at}. */
static int verify_one(const struct sr_dkg *d, const uint8_t ceremony[SR_HASH], size_t at,
	const struct sr_deal *deal, struct sr_err *e) {
	const struct sr_dkg_level *l = &d->level[at];
	uint8_t commitment[SR_POINT], c[SR_SCALAR];
	int rc;

	if (deal->commitments != l->quorum)
		return sr_fail(e, SR_CORRUPT, "have %u commitments, want exactly %u",
			deal->commitments, l->quorum);
	if (deal->members != d->members)
		return sr_fail(e, SR_CORRUPT, "have %u shares, want %u", deal->members, d->members);
	for (size_t j = 0; j < deal->commitments; j++) {
		if ((rc = sr_point_check(deal->commitment[j], e)) != 0) {
			sr_wrap(e, "commitment %zu of %u", j + 1, deal->commitments);
			return rc;
		}
	}
	if (reshare(d)) {
		int place = dealer_place(d, at, deal->dealer);

		assert(place >= 0);
		if (memcmp(deal->commitment[0], l->given[place], SR_POINT) != 0)
			return sr_fail(e, SR_AUTH, "constant term is not the dealer's old share");
	}
	if ((rc = sr_scalar_check(deal->c, e)) != 0 || (rc = sr_scalar_check(deal->z, e)) != 0 ||
		(rc = sr_point_recommit(
			 commitment, deal->z, NULL, deal->c, deal->commitment[0], e)) != 0) {
		sr_wrap(e, "proof of knowledge");
		return rc;
	}
	deal_challenge(c, ceremony, d, deal, commitment);
	if (!sr_ct_eq(c, deal->c, SR_SCALAR))
		return sr_fail(e, SR_AUTH, "proof of knowledge does not verify");
	return 0;
}

/* As sr_deal_verify, for inputs that were checked. */
static int verify_all(const struct sr_dkg *d, const uint8_t ceremony[SR_HASH],
	const struct sr_dealing *dealing, struct sr_err *e) {
	size_t next = 0;
	int rc;

	if (dealing->dealer < 1 || dealing->dealer > dealers_max(d))
		return sr_fail(e, SR_CORRUPT, "dealer %u: not one of the %d who may deal",
			dealing->dealer, dealers_max(d));
	for (size_t at = 0; at < d->levels; at++) {
		const struct sr_deal *deal = &dealing->deal[next];

		if (dealer_place(d, at, dealing->dealer) < 0)
			continue;
		if (next >= dealing->count)
			return sr_fail(e, SR_CORRUPT, "dealer %u: no deal for level %u",
				dealing->dealer, d->level[at].level);
		if (deal->level != d->level[at].level)
			return sr_fail(e, SR_CORRUPT,
				"dealer %u: deal %zu is for level %u, want %u", dealing->dealer,
				next + 1, deal->level, d->level[at].level);
		if ((rc = verify_one(d, ceremony, at, deal, e)) != 0) {
			sr_wrap(e, "dealer %u: level %u", dealing->dealer, deal->level);
			return rc;
		}
		next++;
	}
	if (next != dealing->count)
		return sr_fail(e, SR_CORRUPT, "dealer %u: have %u deals, want %zu", dealing->dealer,
			dealing->count, next);
	return 0;
}

int sr_deal_verify(const struct sr_dkg *d, const struct sr_dealing *dealing, struct sr_err *e) {
	uint8_t ceremony[SR_HASH];
	int rc = sr_dkg_check(d, e);

	if (rc != 0)
		return rc;
	ceremony_hash(ceremony, d);
	return verify_all(d, ceremony, dealing, e);
}

/* --- shares and complaints ----------------------------------------------------------------------
 */

/* MISUSE unless ${deal} has the ceremony's numbers and ${recipient} is a member of it. */
static int deal_fits(
	const struct sr_dkg *d, const struct sr_deal *deal, uint8_t recipient, struct sr_err *e) {
	int at = level_at(d, deal->level);

	if (at < 0 || deal->members != d->members || deal->commitments != d->level[at].quorum ||
		dealer_place(d, (size_t)at, deal->dealer) < 0)
		return sr_fail(e, SR_MISUSE, "dealer %u: level %u: not a verified deal of this run",
			deal->dealer, deal->level);
	if (recipient < 1 || recipient > d->members)
		return sr_fail(
			e, SR_MISUSE, "member index is %u, want 1 to %u", recipient, d->members);
	return 0;
}

/* Feldman's equation: share*B = sum of recipient^j * C_j. AUTH when it does not hold. */
static int share_check(const uint8_t share[SR_SCALAR], const struct sr_deal *deal,
	uint8_t recipient, struct sr_err *e) {
	uint8_t have[SR_POINT], want[SR_POINT];

	if (sr_scalar_check(share, NULL) != 0)
		return sr_fail(e, SR_AUTH, "is zero or not reduced mod L");
	if (sr_point_mul_base(have, share, NULL) != 0 ||
		sr_poly_eval_points(want, deal->commitment, deal->commitments, recipient, NULL) !=
			0 ||
		!sr_ct_eq(have, want, SR_POINT))
		return sr_fail(e, SR_AUTH, "does not fit the dealer's commitments");
	return 0;
}

int sr_deal_open_share(uint8_t share[SR_SCALAR], const struct sr_dkg *d, const struct sr_deal *deal,
	uint8_t recipient, const uint8_t seed[SR_SEED], struct sr_err *e) {
	uint8_t ceremony[SR_HASH], context[SR_HASH];
	struct sr_buf plain;
	int rc;

	if ((rc = deal_fits(d, deal, recipient, e)) != 0 ||
		(rc = seed_check(seed, d->key[recipient - 1], "member", recipient, e)) != 0)
		return rc;
	sr_buf_init_secret(&plain);
	ceremony_hash(ceremony, d);
	share_context(context, ceremony, d, deal, recipient);
	rc = sr_box_open_person(&plain, seed, "strongroom/dkg-share/v1", b32(context),
		sr_bytes_of(deal->share[recipient - 1], SR_DEAL_SHARE), e);
	if (rc == 0) {
		assert(plain.len == SR_SCALAR);
		rc = share_check(plain.p, deal, recipient, e);
	}
	if (rc == 0)
		memcpy(share, plain.p, SR_SCALAR);
	else
		sr_wrap(e, "dealer %u: level %u: share for member %u", deal->dealer, deal->level,
			recipient);
	sr_buf_free(&plain);
	return rc;
}

int sr_deal_reveal(uint8_t ephemeral[SR_X_SK], const struct sr_dkg *d, const struct sr_deal *deal,
	uint8_t recipient, const uint8_t seed[SR_SEED], struct sr_err *e) {
	uint8_t ceremony[SR_HASH], sk[SR_X_SK], pk[SR_X_PK];
	int rc;

	if ((rc = deal_fits(d, deal, recipient, e)) != 0 ||
		(rc = seed_check(seed, dealer_key(d, deal->dealer), "dealer", deal->dealer, e)) !=
			0)
		return rc;
	ceremony_hash(ceremony, d);
	share_ephemeral(sk, ceremony, deal, recipient, seed);
	sr_box_public(pk, sk);
	if (memcmp(pk, deal->share[recipient - 1], SR_X_PK) != 0)
		rc = sr_fail(e, SR_MISUSE,
			"dealer %u: level %u: share for member %u was not sealed by this identity",
			deal->dealer, deal->level, recipient);
	else
		memcpy(ephemeral, sk, SR_X_SK);
	sr_wipe(sk, sizeof sk);
	return rc;
}

int sr_deal_judge(enum sr_verdict *out, char why[128], const struct sr_dkg *d,
	const struct sr_deal *deal, uint8_t recipient, const uint8_t ephemeral[SR_X_SK],
	struct sr_err *e) {
	uint8_t ceremony[SR_HASH], context[SR_HASH];
	struct sr_err found = {0};
	struct sr_buf plain;
	int rc;

	if ((rc = deal_fits(d, deal, recipient, e)) != 0)
		return rc;
	sr_buf_init_secret(&plain);
	ceremony_hash(ceremony, d);
	share_context(context, ceremony, d, deal, recipient);
	rc = sr_box_open_sent(&plain, ephemeral, d->key[recipient - 1], "strongroom/dkg-share/v1",
		b32(context), sr_bytes_of(deal->share[recipient - 1], SR_DEAL_SHARE), &found);
	if (rc == 0)
		rc = share_check(plain.p, deal, recipient, &found);
	sr_buf_free(&plain);
	if (rc != 0 && rc != SR_AUTH) {
		if (e != NULL)
			*e = found;
		(void)sr_wrap(e, "judging a share");
		return rc;
	}
	*out = rc == 0 ? SR_VERDICT_COMPLAINER : SR_VERDICT_DEALER;
	snprintf(why, 128, "share of dealer %u for member %u: %.80s", deal->dealer, recipient,
		rc == 0 ? "opens and fits the commitments" : found.text);
	return 0;
}

/* --- sums ---------------------------------------------------------------------------------------
 */

/* The deals of level number ${at}, in the order of its dealer set. */
static int collect(const struct sr_deal *out[SR_BOARD_MEMBERS_MAX], const struct sr_dkg *d,
	size_t at, const struct sr_dealing *dealings, size_t count) {
	for (size_t i = 0; i < sr_dkg_dealers(d, at); i++) {
		out[i] = NULL;
		for (size_t j = 0; j < count; j++)
			for (size_t m = 0; m < dealings[j].count; m++)
				if (dealings[j].dealer == sr_dkg_dealer(d, at, i) &&
					dealings[j].deal[m].level == d->level[at].level)
					out[i] = &dealings[j].deal[m];
		if (out[i] == NULL)
			return (int)i;
	}
	return -1;
}

static int all_dealt(
	const struct sr_dkg *d, const struct sr_dealing *dealings, size_t count, struct sr_err *e) {
	const struct sr_deal *deals[SR_BOARD_MEMBERS_MAX];

	for (size_t i = 1; i < count; i++) {
		if (dealings[i].dealer == dealings[i - 1].dealer)
			return sr_fail(e, SR_CORRUPT, "dealer %u: dealt twice", dealings[i].dealer);
		if (dealings[i].dealer < dealings[i - 1].dealer)
			return sr_fail(e, SR_CORRUPT, "dealer %u: comes after dealer %u",
				dealings[i].dealer, dealings[i - 1].dealer);
	}
	for (size_t at = 0; at < d->levels; at++) {
		int missing = collect(deals, d, at, dealings, count);

		if (missing >= 0)
			return sr_fail(e, SR_CORRUPT, "dealer %u: has not dealt for level %u",
				sr_dkg_dealer(d, at, (size_t)missing), d->level[at].level);
	}
	return 0;
}

static int combine_level(struct sr_level_key *out, const struct sr_dkg *d, size_t at,
	const struct sr_deal *const *deals, struct sr_err *e) {
	const struct sr_dkg_level *l = &d->level[at];
	uint8_t sum[SR_BOARD_MEMBERS_MAX][SR_POINT];
	const uint8_t *point[SR_BOARD_MEMBERS_MAX];
	size_t dealers = sr_dkg_dealers(d, at);
	int rc;

	for (size_t j = 0; j < l->quorum; j++) {
		for (size_t i = 0; i < dealers; i++)
			point[i] = deals[i]->commitment[j];
		rc = weighted_sum(sum[j], reshare(d) ? l->dealer : NULL, point, dealers, e);
		if (rc != 0) {
			sr_wrap(e, "sum of commitments %zu of %u", j + 1, l->quorum);
			return rc;
		}
	}
	/* Each deal begins with what its dealer was given (verify_all), and that makes the key
	 * (sr_dkg_check). */
	if (reshare(d) && memcmp(sum[0], l->board, SR_POINT) != 0)
		return sr_fail(e, SR_MISUSE, "the board key would change");
	out->level = l->level;
	out->quorum = l->quorum;
	out->members = d->members;
	memcpy(out->board, sum[0], SR_POINT);
	for (uint8_t m = 1; m <= d->members; m++) {
		rc = sr_poly_eval_points(
			out->share[m - 1], (const uint8_t(*)[SR_POINT])sum, l->quorum, m, e);
		if (rc != 0) {
			sr_wrap(e, "public share of member %u", m);
			return rc;
		}
	}
	return 0;
}

int sr_dkg_combine(struct sr_level_key out[SR_BOARD_LEVELS_MAX], const struct sr_dkg *d,
	const struct sr_dealing *dealings, size_t count, struct sr_err *e) {
	struct sr_level_key key[SR_BOARD_LEVELS_MAX] = {0};
	const struct sr_deal *deals[SR_BOARD_MEMBERS_MAX];
	uint8_t ceremony[SR_HASH];
	int rc;

	if ((rc = sr_dkg_check(d, e)) != 0)
		return rc;
	ceremony_hash(ceremony, d);
	for (size_t i = 0; i < count; i++)
		if ((rc = verify_all(d, ceremony, &dealings[i], e)) != 0)
			return rc;
	if ((rc = all_dealt(d, dealings, count, e)) != 0)
		return rc;
	for (size_t at = 0; at < d->levels; at++) {
		int missing = collect(deals, d, at, dealings, count);

		assert(missing < 0);
		(void)missing;
		if ((rc = combine_level(&key[at], d, at, deals, e)) != 0) {
			sr_wrap(e, "level %u", d->level[at].level);
			return rc;
		}
	}
	memcpy(out, key, sizeof key);
	return 0;
}

/* x of one level: every share opened and checked, summed, compared with X. */
static int own_level(uint8_t x[SR_SCALAR], const struct sr_dkg *d, size_t at,
	const struct sr_dkg_own *own, struct sr_err *e) {
	const struct sr_deal *deals[SR_BOARD_MEMBERS_MAX];
	const struct sr_level_key *key = &own->keys[at];
	uint8_t share[SR_SCALAR], weight[SR_SCALAR], sum[SR_SCALAR] = {0}, have[SR_POINT];
	size_t dealers = sr_dkg_dealers(d, at);
	int rc = 0;

	if (key->level != d->level[at].level || key->members != d->members ||
		collect(deals, d, at, own->dealings, own->count) >= 0) {
		rc = sr_fail(e, SR_MISUSE, "level %u: not the keys and dealings of this run",
			d->level[at].level);
		goto out;
	}
	for (size_t i = 0; i < dealers; i++) {
		rc = sr_deal_open_share(share, d, deals[i], own->index, own->seed, e);
		if (rc != 0)
			goto out;
		if (reshare(d)) {
			rc = sr_lagrange_at_zero(weight, d->level[at].dealer, dealers, i, e);
			if (rc != 0)
				goto out;
			sr_scalar_mul(share, share, weight);
		}
		sr_scalar_add(sum, sum, share);
	}
	if ((rc = sr_point_mul_base(have, sum, e)) != 0)
		goto out;
	if (!sr_ct_eq(have, key->share[own->index - 1], SR_POINT)) {
		rc = sr_fail(e, SR_AUTH,
			"level %u: own share does not match the public share of member %u",
			d->level[at].level, own->index);
		goto out;
	}
	memcpy(x, sum, SR_SCALAR);
out:
	sr_wipe(share, sizeof share);
	sr_wipe(sum, sizeof sum);
	return rc;
}

int sr_dkg_own_shares(uint8_t out[SR_BOARD_LEVELS_MAX][SR_SCALAR], const struct sr_dkg *d,
	const struct sr_dkg_own *own, struct sr_err *e) {
	uint8_t x[SR_BOARD_LEVELS_MAX][SR_SCALAR] = {{0}};
	int rc = sr_dkg_check(d, e);

	for (size_t at = 0; rc == 0 && at < d->levels; at++)
		rc = own_level(x[at], d, at, own, e);
	if (rc == 0)
		memcpy(out, x, sizeof x);
	sr_wipe(x, sizeof x);
	return rc;
}

void sr_dkg_transcript(uint8_t out[SR_HASH], const struct sr_dkg *d,
	const struct sr_bytes *dealings, size_t count, const struct sr_level_key *keys) {
	uint8_t ceremony[SR_HASH];
	struct sr_hash h;

	ceremony_hash(ceremony, d);
	sr_hash_init(&h, "strongroom/dkg-transcript/v1", NULL);
	sr_hash_field(&h, b32(ceremony));
	sr_hash_u64(&h, count);
	for (size_t i = 0; i < count; i++)
		sr_hash_field(&h, dealings[i]);
	sr_hash_u64(&h, d->levels);
	for (size_t at = 0; at < d->levels; at++) {
		sr_hash_u64(&h, keys[at].level);
		sr_hash_u64(&h, keys[at].quorum);
		sr_hash_u64(&h, keys[at].members);
		sr_hash_field(&h, b32(keys[at].board));
		for (size_t i = 0; i < keys[at].members; i++)
			sr_hash_field(&h, b32(keys[at].share[i]));
	}
	sr_hash_final(&h, out);
}
