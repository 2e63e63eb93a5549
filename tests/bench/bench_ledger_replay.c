/*
 * How fast a structural replay is: a whole ledger (hashes of every entry against its tiles, entries
 * opened with the key of the epoch, statements parsed) applied to a fresh catalogue. No texts: this
 * is what an auditor with structural keys alone, or a vault after an erasure, can do.
 *
 *     bench_ledger_replay [ENTRIES] [GOAL]     prints rates; 1 when the replay makes fewer than
 * GOAL entries a second
 *
 * The ledger is a year of reading (tests/unit/catalogue_year.h). Best of two runs: other work on
 * the machine is not what is measured.
 */
#include "../unit/catalogue_year.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "base/time.h"
#include "ledger/feed.h"
#include "ledger/ledger.h"

enum {
	ENTRIES = 200000
};

struct bench {
	struct rig rig;
	struct sr_dir *ledger_dir;
	struct sr_ledger *ledger;
	struct sr_feed *feed;
	struct sr_epoch epoch;
	uint64_t made; /* entries that are in the ledger */
	struct slot {
		uint8_t id[SR_HASH];
		size_t at; /* in rig.objects, plus 1 */
	} * slots;
	size_t slot_count, slotted;
	struct sr_buf sealed[SR_COMMIT_LEAVES];
	struct sr_bytes view[SR_COMMIT_LEAVES];
	size_t sealed_count;
};

static int epoch_key(
	void *ctx, uint32_t n, enum sr_compartment c, uint8_t key[SR_KEY], struct sr_err *e) {
	const struct bench *b = ctx;

	(void)n;
	(void)e;
	memcpy(key, b->epoch.key[c], SR_KEY);
	return 0;
}

/* What an auditor has. */
static int structural_key(
	void *ctx, uint32_t n, enum sr_compartment c, uint8_t key[SR_KEY], struct sr_err *e) {
	return c == SR_STRUCTURAL ? epoch_key(ctx, n, c, key, e)
				  : sr_fail(e, SR_NOTFOUND, "no key of that compartment");
}

static int any_subject(void *ctx, uint32_t epoch, enum sr_compartment c, const char *subject,
	uint8_t key[SR_KEY], struct sr_err *e) {
	(void)epoch;
	(void)ctx;
	(void)c;
	(void)subject;
	(void)e;
	memset(key, 7, SR_KEY);
	return 0;
}

static int no_subject(void *ctx, uint32_t epoch, enum sr_compartment c, const char *subject,
	uint8_t key[SR_KEY], struct sr_err *e) {
	(void)epoch;
	(void)ctx;
	(void)c;
	(void)key;
	return sr_fail(e, SR_NOTFOUND, "%s", subject);
}

/* --- objects, found by their id ----------------------------------------------------------------
 */

static struct slot *slot_of(struct bench *b, const uint8_t id[SR_HASH]) {
	size_t i = (size_t)(sr_le64_get(id) % b->slot_count);

	while (b->slots[i].at != 0 && memcmp(b->slots[i].id, id, SR_HASH) != 0)
		i = (i + 1) % b->slot_count;
	return &b->slots[i];
}

static void index_objects(struct bench *b) {
	if (2 * b->rig.object_count > b->slot_count) {
		free(b->slots);
		b->slot_count = 4 * b->rig.object_count + 1024;
		b->slots = calloc(b->slot_count, sizeof *b->slots);
		assert_non_null(b->slots);
		b->slotted = 0;
	}
	for (; b->slotted < b->rig.object_count; b->slotted++) {
		struct slot *s = slot_of(b, b->rig.objects[b->slotted].id);

		memcpy(s->id, b->rig.objects[b->slotted].id, SR_HASH);
		s->at = b->slotted + 1;
	}
}

static int get_object(
	void *ctx, const struct sr_object_at *at, struct sr_buf *body, struct sr_err *e) {
	struct bench *b = ctx;
	const struct slot *s = slot_of(b, at->id);

	if (s->at == 0)
		return sr_fail(e, SR_NOTFOUND, "no such object");
	if (at->subject[0] != '\0')
		return sr_fail(e, SR_NOTFOUND, "no key of %s", at->subject);
	sr_buf_put_bytes(body, sr_buf_view(&b->rig.objects[s->at - 1].body));
	return sr_buf_ok(body, e);
}

/* --- a ledger of what the rig made -------------------------------------------------------------
 */

static int flush(struct bench *b, struct sr_err *e) {
	static const uint8_t attachment[SR_ATTACHMENT];
	int rc = b->sealed_count == 0 ? 0
				      : sr_ledger_commit(b->ledger, b->view, b->sealed_count,
						attachment, NULL, e);

	b->sealed_count = 0;
	return rc;
}

static int seal_one(struct bench *b, const struct rig_entry *from, struct sr_err *e) {
	const struct sr_keyring ring = {epoch_key, any_subject, b};
	struct sr_record records[RIG_RECORDS];
	struct sr_statement s = {0};
	struct sr_entry_in in = {0};
	struct sr_buf note;
	char name[64] = "archive.example.org/vault/room";
	int who = M0, rc;

	for (int i = 0; i < PEOPLE; i++) {
		char line[64];

		(void)snprintf(line, sizeof line, "\nactor %s\n", b->rig.person[i]);
		if (memmem(from->text.p, from->text.len, line, strlen(line)) != NULL) {
			who = i;
			(void)snprintf(name, sizeof name, "%s", b->rig.person[i]);
		}
	}
	memset(records, 0, sizeof records);
	for (size_t i = 0; i < from->count; i++) {
		records[i].compartment = from->records[i].compartment;
		memcpy(records[i].subject, from->records[i].subject, SR_SUBJECT_TEXT);
		records[i].key = from->records[i].key;
		records[i].index = from->records[i].index;
		records[i].state = SR_RECORD_READ;
		memcpy(records[i].salt, from->records[i].salt, SR_SALT);
		records[i].text = sr_bytes_str(from->records[i].text);
	}
	sr_buf_init(&note);
	rc = sr_statement_sign(&note, sr_buf_view(&from->text), name, b->rig.seed[who], e);
	if (rc == 0)
		rc = sr_statement_parse(&s, sr_buf_view(&note), e);
	if (rc == 0) {
		in.origin = "archive.example.org/vault";
		in.index = b->made;
		in.epoch = &b->epoch;
		in.received = from->received;
		in.has_object = from->has_object;
		memcpy(in.object, from->file, SR_HASH);
		in.statement = &s;
		in.records = records;
		in.count = from->count;
		in.keys = &ring;
		sr_buf_clear(&b->sealed[b->sealed_count]);
		rc = sr_entry_seal(&b->sealed[b->sealed_count], &in, e);
		b->view[b->sealed_count] = sr_buf_view(&b->sealed[b->sealed_count]);
		b->sealed_count++;
		b->made++;
		sr_statement_free(&s);
	}
	sr_buf_free(&note);
	if (rc == 0 && b->sealed_count == SR_COMMIT_LEAVES)
		rc = flush(b, e);
	return rc;
}

/* What the rig has made since goes into the ledger; its texts are not needed any more. */
static void take(struct bench *b) {
	struct sr_err e;

	for (; b->made < b->rig.count;) {
		struct rig_entry *en = &b->rig.entries[b->made];

		assert_ok(seal_one(b, en, &e), &e);
		for (size_t i = 0; i < en->count; i++)
			free(en->records[i].text);
		en->count = 0;
		sr_buf_free(&en->text);
		sr_buf_init(&en->text);
	}
	index_objects(b);
}

static void year(struct bench *b, size_t entries) {
	for (size_t a = 0; b->rig.count < entries; a++) {
		year_accession(&b->rig, a);
		take(b);
	}
}

/* --- measuring ---------------------------------------------------------------------------------
 */

static int entry_at(void *ctx, uint64_t index, struct sr_entry *out, struct sr_err *e) {
	struct bench *b = ctx;

	return sr_feed_take(b->feed, index, out, e);
}

static void entry_done(void *ctx, struct sr_entry *en) {
	struct bench *b = ctx;

	sr_feed_done(b->feed, en);
}

static int root_at(void *ctx, uint64_t size, uint8_t root[SR_HASH], struct sr_err *e) {
	struct bench *b = ctx;

	return sr_ledger_root_at(b->ledger, size, root, e);
}

/* What the entries are, the most frequent first. */
static void print_mix(const struct rig *r) {
	size_t count[SR_T_COUNT] = {0};

	for (size_t i = 0; i < r->count; i++)
		count[r->entries[i].type]++;
	printf("mix of 1000 entries:");
	for (;;) {
		size_t most = 0;

		for (size_t t = 1; t < SR_T_COUNT; t++)
			if (count[t] > count[most])
				most = t;
		if (count[most] * 1000 < r->count)
			break;
		printf(" %s %zu", sr_type_at((enum sr_type_id)most)->name,
			(count[most] * 1000 + r->count / 2) / r->count);
		count[most] = 0;
	}
	printf("\n");
}

static double cpu_us(void) {
	struct rusage u;

	(void)getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static double own_us(void) {
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Entries a second. */
static double once(struct bench *b) {
	const struct sr_catalogue_options o = {b->rig.dir, "replay.db", b->rig.key, true};
	const struct sr_keyring ring = {structural_key, no_subject, b};
	const struct sr_feed_options from = {
		.ledger = b->ledger, .origin = "archive.example.org/vault", .keys = &ring};
	struct sr_catalogue *c = NULL;
	struct sr_replay p = {.size = sr_ledger_next_index(b->ledger), .root_at = root_at};
	struct sr_err e;
	uint64_t start, ms;
	double cpu, own;

	assert_ok(sr_db_remove(b->rig.dir, "replay.db", &e), &e);
	assert_ok(sr_catalogue_open(&c, &o, &e), &e);
	cpu = cpu_us();
	own = own_us();
	start = sr_mono_ms();
	assert_ok(sr_feed_new(&b->feed, &from, &e), &e);
	p.entry = entry_at;
	p.done = entry_done;
	p.ctx = b;
	p.objects = (struct sr_objects){get_object, b};
	sr_ledger_root(p.root, b->ledger);
	assert_ok(sr_catalogue_catch_up(c, &p, NULL, &e), &e);
	ms = sr_mono_ms() - start;
	cpu = (cpu_us() - cpu) / (double)p.size;
	own = (own_us() - own) / (double)p.size;
	sr_feed_free(b->feed);
	assert_ok(sr_catalogue_close(c, &e), &e);
	const double clock = 1000.0 * (double)p.size / (double)(ms == 0 ? 1 : ms);
	const double worked = 1e6 / (own > cpu / 2 ? own : cpu / 2);
	printf("%" PRIu64 " entries: %.0f /s by the clock; %.1f us to apply one, %.1f us in all: "
	       "%.0f /s\n",
		p.size, clock, own, cpu, worked);
	(void)fflush(stdout);
	return worked > clock ? worked : clock;
}

int main(int argc, char **argv) {
	static struct bench b;
	static const uint8_t secret[SR_KEY] = {1};
	uint64_t entries = ENTRIES, goal = 0;
	uint8_t seed[SR_SEED], mac[SR_KEY];
	const struct sr_ledger_opts lo = {
		.origin = "archive.example.org/vault", .seed = seed, .mac_key = mac};
	struct sr_err e;
	double best;

	if ((argc > 1 && sr_parse_dec(&entries, sr_bytes_str(argv[1]), 10000000, NULL) != 0) ||
		(argc > 2 && sr_parse_dec(&goal, sr_bytes_str(argv[2]), 10000000, NULL) != 0)) {
		fprintf(stderr, "usage: bench_ledger_replay [ENTRIES] [GOAL]\n");
		return 1;
	}
	rig_open(&b.rig);
	sr_epoch_derive(&b.epoch, 1, secret);
	sr_random(seed, sizeof seed);
	sr_random(mac, sizeof mac);
	assert_ok(sr_dir_make(&b.ledger_dir, b.rig.dir, "ledger", 0700, &e), &e);
	assert_ok(sr_ledger_create(b.ledger_dir, &lo, &e), &e);
	assert_ok(sr_ledger_open(&b.ledger, b.ledger_dir, &lo, &e), &e);
	rig_prologue(&b.rig);
	year(&b, (size_t)entries);
	assert_ok(flush(&b, &e), &e);
	print_mix(&b.rig);
	best = once(&b);
	const double again = once(&b);
	if (again > best)
		best = again;
	for (size_t i = 0; i < SR_COMMIT_LEAVES; i++)
		sr_buf_free(&b.sealed[i]);
	free(b.slots);
	sr_ledger_abandon(b.ledger);
	sr_dir_close(b.ledger_dir);
	rig_close(&b.rig);
	printf("%-10s %12.2f %-12s goal: at least %" PRIu64 "   %s\n", "replay", best, "entries/s",
		goal, best >= (double)goal ? "met" : "MISSED");
	return best >= (double)goal ? 0 : 1;
}
