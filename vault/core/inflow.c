/*
 * The hand-over: `turn` says whose move it is, one mutex and one condition guard it. The thread
 * lives as long as the inflow and sleeps between files.
 *
 *   caller                                  thread
 *   file: job = the file, turn = THREAD --> sr_deposit_file ... read: nothing here
 *                                       <-- turn = CALLER
 *   feed: piece = data, turn = THREAD   --> read copies; piece used up
 *                                       <-- turn = CALLER
 *   file_end: ended, turn = THREAD      --> read answers 0 (or the failure); done
 *                                       <-- turn = CALLER
 */
#include "core/inflow.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/limits.h"
#include "crypto/armor.h"
#include "intake/recipient.h"

enum {
	AGE_STEP = 64 << 10 /* bytes of an age file that are opened at a time */
};

enum turn {
	CALLER,
	THREAD
};

typedef int read_fn(void *ctx, void *p, size_t len, size_t *got, struct sr_err *e);

/* An age file on its way: its bytes come from ${from}, what is in them is in ${plain}. */
struct opening {
	bool next; /* the file that begins next is one */
	read_fn *from;
	struct sr_age_reader *reader;
	struct sr_age_armor *armor; /* NULL: binary */
	struct sr_buf plain;        /* secret */
	size_t at;                  /* of plain: given */
	bool begun, over;
	uint8_t sealed[AGE_STEP];
};

struct sr_inflow {
	struct sr_vault *vault;
	struct sr_deposit *deposit;
	struct sr_rows_out rows; /* over results */
	struct sr_buf results;
	struct sr_buf names; /* path, media type and note of the file at work */
	struct sr_ingest_file file;
	struct sr_reader records; /* of a file that came as a whole */
	bool in_file;             /* a file was begun and not ended */
	bool in_item;
	bool finished; /* its statement is due, and nothing else */
	bool failed;   /* sticky: the store, not a file */
	struct sr_err why;

	pthread_t thread;
	bool have_thread;
	pthread_mutex_t lock;
	pthread_cond_t moved;
	enum turn turn;
	bool job; /* a file is with the thread */
	bool quit;
	struct sr_bytes piece;
	bool ended;
	struct opening age;
	char broken[256]; /* "": whole */
	int rc;           /* of the job */
	struct sr_err job_err;
};

/* --- the thread's side --- */

static void give_back(struct sr_inflow *s) {
	s->turn = CALLER;
	pthread_cond_broadcast(&s->moved);
	while (s->turn == CALLER)
		pthread_cond_wait(&s->moved, &s->lock);
}

static int read_piece(void *ctx, void *p, size_t len, size_t *got, struct sr_err *e) {
	struct sr_inflow *s = ctx;
	int rc = 0;
	*got = 0;
	if (len == 0)
		return 0;
	pthread_mutex_lock(&s->lock);
	while (s->piece.len == 0 && !s->ended)
		give_back(s);
	if (s->piece.len > 0) {
		*got = s->piece.len < len ? s->piece.len : len;
		memcpy(p, s->piece.p, *got);
		s->piece.p += *got;
		s->piece.len -= *got;
	} else if (s->broken[0] != '\0') {
		rc = sr_fail(e, SR_IO, "%s", s->broken);
	}
	pthread_mutex_unlock(&s->lock);
	return rc;
}

/* --- age files --- */

static void age_end(struct opening *o) {
	if (o->reader == NULL) /* most files are none: nothing was begun */
		return;
	sr_age_armor_free(o->armor);
	sr_age_reader_free(o->reader);
	sr_buf_free(&o->plain);
	sr_wipe(o->sealed, sizeof o->sealed);
	o->armor = NULL;
	o->reader = NULL;
	o->at = 0;
	o->begun = o->over = false;
}

static int to_reader(void *ctx, const void *p, size_t len, struct sr_err *e) {
	return sr_age_reader_write(ctx, p, len, e);
}

static int age_begin(struct sr_inflow *s, struct sr_err *e) {
	uint8_t sk[SR_X_SK];
	int rc;

	sr_intake_age_key(sk, s->vault);
	rc = sr_age_reader_new(&s->age.reader, sk, sr_age_sink_buf(&s->age.plain), e);
	sr_wipe(sk, sizeof sk);
	return rc;
}

/* The next bytes of the age file, into plain; at its end, that it was all of it. */
static int age_step(struct sr_inflow *s, struct sr_err *e) {
	struct opening *o = &s->age;
	size_t got = 0;
	int rc = o->from(s, o->sealed, sizeof o->sealed, &got, e);

	if (rc == 0 && !o->begun && sr_age_armored(sr_bytes_of(o->sealed, got)))
		rc = sr_age_armor_new(&o->armor, (struct sr_age_sink){to_reader, o->reader}, e);
	o->begun = true;
	if (rc == 0 && got > 0)
		return o->armor != NULL ? sr_age_armor_write(o->armor, o->sealed, got, e)
					: sr_age_reader_write(o->reader, o->sealed, got, e);
	if (rc == 0 && o->armor != NULL)
		rc = sr_age_armor_finish(o->armor, e);
	if (rc == 0)
		rc = sr_age_reader_finish(o->reader, e);
	o->over = rc == 0;
	return rc;
}

static int read_age(void *ctx, void *p, size_t len, size_t *got, struct sr_err *e) {
	struct sr_inflow *s = ctx;
	struct opening *o = &s->age;
	int rc = 0;

	*got = 0;
	if (len == 0)
		return 0;
	if (o->reader == NULL)
		rc = age_begin(s, e);
	while (rc == 0 && o->at == o->plain.len && !o->over) {
		sr_buf_clear(&o->plain);
		o->at = 0;
		rc = age_step(s, e);
	}
	if (rc != 0)
		return rc;
	*got = o->plain.len - o->at < len ? o->plain.len - o->at : len;
	if (*got > 0)
		memcpy(p, o->plain.p + o->at, *got);
	o->at += *got;
	return 0;
}

/* Who reads the file at work, whose bytes come from ${from}. */
static void set_read(struct sr_inflow *s, read_fn *from) {
	s->age.from = from;
	s->file.read = s->age.next ? read_age : from;
	s->age.next = false;
}

static void *work(void *ctx) {
	struct sr_inflow *s = ctx;
	pthread_mutex_lock(&s->lock);
	for (;;) {
		while (s->turn == CALLER)
			pthread_cond_wait(&s->moved, &s->lock);
		if (s->quit)
			break;
		pthread_mutex_unlock(&s->lock);
		struct sr_err e = {0};
		const int rc = sr_deposit_file(s->deposit, &s->file, &e);
		pthread_mutex_lock(&s->lock);
		s->rc = rc;
		s->job_err = e;
		s->job = false;
		s->turn = CALLER;
		pthread_cond_broadcast(&s->moved);
	}
	s->turn = CALLER;
	pthread_cond_broadcast(&s->moved);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* --- the caller's side --- */

/* The thread's move; returns when it is ours again. */
static void hand_over(struct sr_inflow *s) {
	pthread_mutex_lock(&s->lock);
	s->turn = THREAD;
	pthread_cond_broadcast(&s->moved);
	while (s->turn == THREAD)
		pthread_cond_wait(&s->moved, &s->lock);
	pthread_mutex_unlock(&s->lock);
}

static int fail_store(struct sr_inflow *s, int rc, const struct sr_err *why, struct sr_err *e) {
	s->failed = true;
	s->why = *why;
	return sr_fail(e, (enum sr_code)rc, "%s", why->text);
}

static int check(const struct sr_inflow *s, bool in_item, bool in_file, struct sr_err *e) {
	if (s->failed)
		return sr_fail(e, s->why.code, "the deposit broke off: %s", s->why.text);
	if (s->in_item != in_item || s->in_file != in_file)
		return sr_fail(e, SR_CORRUPT, "deposit: out of order (%s; want %s)",
			s->in_file   ? "inside a file"
			: s->in_item ? "inside an item"
				     : "between items",
			in_file   ? "inside a file"
			: in_item ? "inside an item"
				  : "between items");
	return 0;
}

static int on_file(void *ctx, const struct sr_ingest_file_result *r, struct sr_err *e) {
	static const char *const words[] = {
		[SR_INGEST_STORED] = "stored",
		[SR_INGEST_CHANGED] = "changed",
		[SR_INGEST_UNREADABLE] = "unreadable",
		[SR_INGEST_RECORDED] = "recorded",
	};
	struct sr_inflow *s = ctx;
	sr_row(&s->rows, "file");
	sr_row_str(&s->rows, "status", words[r->status]);
	sr_row_bytes(&s->rows, "path", r->path);
	sr_row_dec(&s->rows, "size", r->size);
	if (r->status == SR_INGEST_STORED || r->status == SR_INGEST_CHANGED)
		sr_row_hex(&s->rows, "sha256", r->sha256, SR_HASH);
	sr_row_str(&s->rows, "reason", r->reason);
	return sr_buf_ok(&s->results, e);
}

int sr_inflow_new(struct sr_inflow **out, struct sr_vault *v, const struct sr_inflow_options *o,
	struct sr_err *e) {
	struct sr_inflow *s = calloc(1, sizeof *s);
	if (s == NULL)
		return sr_fail(e, SR_NOMEM, "deposit: out of memory");
	sr_buf_init_secret(&s->results);
	sr_buf_init_secret(&s->names);
	sr_buf_init_secret(&s->age.plain);
	s->vault = v;
	sr_rows_begin(&s->rows, &s->results);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->moved, NULL);
	const struct sr_deposit_options d = {.collection = o->collection,
		.depositor = o->depositor,
		.resume = o->resume,
		.redacted = o->redacted,
		.file = on_file,
		.ctx = s};
	int rc = sr_deposit_begin(&s->deposit, v, &d, e);
	if (rc == 0) {
		const int err = pthread_create(&s->thread, NULL, work, s);
		s->have_thread = err == 0;
		if (err != 0)
			rc = sr_fail(e, SR_NOMEM, "deposit: no thread (%s)", strerror(err));
	}
	if (rc != 0) {
		sr_inflow_free(s);
		return rc;
	}
	*out = s;
	return 0;
}

const uint8_t *sr_inflow_accession(const struct sr_inflow *s) {
	return sr_deposit_accession(s->deposit);
}

int sr_inflow_item_begin(struct sr_inflow *s, struct sr_bytes title, struct sr_err *e) {
	struct sr_err why = {0};
	int rc = check(s, false, false, e);
	if (rc == 0 && s->finished) /* what was made to be signed stays as it is */
		rc = sr_fail(e, SR_CORRUPT,
			"deposit: out of order (it is finished; want its statement, or "
			"deposit.abort)");
	if (rc != 0)
		return rc;
	rc = sr_deposit_item_begin(s->deposit, title, &why);
	if (rc == SR_LIMIT)
		return sr_fail(e, SR_LIMIT, "%s", why.text);
	if (rc != 0)
		return fail_store(s, rc, &why, e);
	s->in_item = true;
	return 0;
}

int sr_inflow_item_end(struct sr_inflow *s, struct sr_err *e) {
	struct sr_err why = {0};
	int rc = check(s, true, false, e);
	if (rc == 0 && s->age.next)
		rc = sr_fail(
			e, SR_CORRUPT, "deposit: no file after what says that it is an age file");
	if (rc != 0)
		return rc;
	rc = sr_deposit_item_end(s->deposit, &why);
	if (rc != 0)
		return fail_store(s, rc, &why, e);
	s->in_item = false;
	return 0;
}

/* After a move: did the job end badly? */
static int after_move(struct sr_inflow *s, struct sr_err *e) {
	return !s->job && s->rc != 0 ? fail_store(s, s->rc, &s->job_err, e) : 0;
}

int sr_inflow_age(struct sr_inflow *s, struct sr_err *e) {
	int rc = check(s, true, false, e);
	if (rc == 0 && s->age.next)
		rc = sr_fail(
			e, SR_CORRUPT, "deposit: no file after what says that it is an age file");
	s->age.next = rc == 0;
	return rc;
}

/* A copy of what ${f} says, for as long as the file is at work. */
static int keep_file(struct sr_inflow *s, const struct sr_ingest_file *f, struct sr_err *e) {
	age_end(&s->age);
	if (s->age.next && f->kind != SR_FILE_REGULAR)
		return sr_fail(e, SR_CORRUPT, "deposit: an age file that is no regular file");
	sr_buf_clear(&s->names);
	sr_buf_put_bytes(&s->names, f->path);
	sr_buf_put_bytes(&s->names, f->media_type);
	sr_buf_put_bytes(&s->names, f->note);
	int rc = sr_buf_ok(&s->names, e);
	if (rc != 0)
		return rc;
	s->file = *f;
	s->file.path = sr_bytes_of(s->names.p, f->path.len);
	s->file.media_type = sr_bytes_of(s->names.p + f->path.len, f->media_type.len);
	s->file.note = sr_bytes_of(s->names.p + f->path.len + f->media_type.len, f->note.len);
	s->file.read_ctx = s;
	s->piece = sr_bytes_of(NULL, 0);
	s->broken[0] = '\0';
	return 0;
}

static void keep_broken(struct sr_inflow *s, struct sr_bytes broken) {
	if (broken.p != NULL)
		sr_escape_to(s->broken, sizeof s->broken,
			broken.len > 0 ? broken : sr_bytes_str("the depositor could not read it"));
}

int sr_inflow_file(struct sr_inflow *s, const struct sr_ingest_file *f, struct sr_err *e) {
	int rc = check(s, true, false, e);
	if (rc == 0)
		rc = keep_file(s, f, e);
	if (rc != 0)
		return rc;
	set_read(s, read_piece);
	s->ended = false;
	s->rc = 0;
	s->job = true;
	s->in_file = true;
	hand_over(s);
	return after_move(s, e);
}

/* From the D records that are left in s->records. */
static int read_records(void *ctx, void *p, size_t len, size_t *got, struct sr_err *e) {
	struct sr_inflow *s = ctx;
	uint8_t tag = 0;
	*got = 0;
	while (len > 0 && s->piece.len == 0 && sr_reader_left(&s->records) > 0) {
		int rc = sr_get_u8(&s->records, &tag, e);
		if (rc == 0)
			rc = sr_get_lp(&s->records, &s->piece, SIZE_MAX, e);
		if (rc != 0)
			return rc;
	}
	if (s->piece.len > 0 && len > 0) {
		*got = s->piece.len < len ? s->piece.len : len;
		memcpy(p, s->piece.p, *got);
		s->piece.p += *got;
		s->piece.len -= *got;
	} else if (len > 0 && s->broken[0] != '\0') {
		return sr_fail(e, SR_IO, "%s", s->broken);
	}
	return 0;
}

int sr_inflow_whole(struct sr_inflow *s, const struct sr_ingest_file *f, struct sr_bytes records,
	struct sr_bytes broken, struct sr_err *e) {
	struct sr_err why = {0};
	int rc = check(s, true, false, e);
	if (rc == 0)
		rc = keep_file(s, f, e);
	if (rc != 0)
		return rc;
	keep_broken(s, broken);
	sr_reader_init(&s->records, records);
	set_read(s, read_records);
	rc = sr_deposit_file(s->deposit, &s->file, &why);
	s->piece = sr_bytes_of(NULL, 0);
	return rc == 0 ? 0 : fail_store(s, rc, &why, e);
}

int sr_inflow_feed(struct sr_inflow *s, struct sr_bytes data, struct sr_err *e) {
	int rc = check(s, true, true, e);
	if (rc != 0 || data.len == 0 ||
		!s->job) /* a file that is not read (a link, a device) takes no data */
		return rc;
	s->piece = data;
	hand_over(s);
	s->piece = sr_bytes_of(NULL, 0);
	return after_move(s, e);
}

void sr_inflow_changed(struct sr_inflow *s) {
	s->file.changed = s->in_file;
}

int sr_inflow_file_end(struct sr_inflow *s, struct sr_bytes broken, struct sr_err *e) {
	int rc = check(s, true, true, e);
	if (rc != 0)
		return rc;
	s->in_file = false;
	if (!s->job)
		return 0;
	keep_broken(s, broken);
	s->ended = true;
	while (s->job)
		hand_over(s);
	return after_move(s, e);
}

int sr_inflow_finish(struct sr_inflow *s, struct sr_deposit_sign *out, struct sr_err *e) {
	struct sr_err why = {0};
	int rc = check(s, false, false, e);
	if (rc != 0)
		return rc;
	rc = sr_deposit_finish(s->deposit, out, &why);
	if (rc == SR_USAGE ||
		rc == SR_MISUSE) /* nothing came yet, or it is finished: no failure of the store */
		return sr_fail(e, SR_USAGE, "%s", why.text);
	s->finished = rc == 0;
	return rc == 0 ? 0 : fail_store(s, rc, &why, e);
}

int sr_inflow_hooks(struct sr_inflow *s, struct sr_submission *sub, struct sr_err *e) {
	int rc = check(s, false, false, e);
	return rc != 0 ? rc : sr_deposit_submission(s->deposit, sub, e);
}

void sr_inflow_results(struct sr_inflow *s, struct sr_buf *body) {
	sr_buf_put_buf(body, &s->results);
	sr_buf_clear(&s->results);
	sr_rows_begin(&s->rows, &s->results);
}

static void stop_thread(struct sr_inflow *s) {
	if (!s->have_thread)
		return;
	if (s->job) { /* in the middle of a file: it ends as one that could not be read */
		sr_escape_to(s->broken, sizeof s->broken,
			sr_bytes_str("the connection ended within the file"));
		s->ended = true;
		while (s->job)
			hand_over(s);
	}
	s->quit = true;
	hand_over(s);
	pthread_join(s->thread, NULL);
	s->have_thread = false;
}

static void release(struct sr_inflow *s) {
	pthread_cond_destroy(&s->moved);
	pthread_mutex_destroy(&s->lock);
	sr_buf_free(&s->results);
	sr_buf_free(&s->names);
	age_end(&s->age);
	free(s);
}

void sr_inflow_free(struct sr_inflow *s) {
	if (s == NULL)
		return;
	stop_thread(s);
	sr_deposit_free(s->deposit);
	release(s);
}

int sr_inflow_abort(struct sr_inflow *s, struct sr_err *e) {
	stop_thread(s);
	int rc = sr_deposit_abort(s->deposit, e);
	release(s);
	return rc;
}
