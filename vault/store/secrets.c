/*
 * secrets - see the header. One table; values lie only in leaf pages of it, names also in its
 * index:
 *
 *   secret(id integer primary key, kind, name, n, value)    unique index on (kind, name, n)
 *   scratch(zeros)                                          always empty, see overwrite_scratch
 *
 * A value is at most SR_SECRET_MAX bytes, so that its row fits one leaf (3989 bytes) and has no
 * overflow page. The order of a commit: the copy is checked (adds only), the batch here, the batch
 * at the copy.
 */
#include "store/secrets.h"

#include <errno.h>
#include <sqlite3.h>

#include "base/escape.h"
#include "base/secret.h"
#include "store/db.h"
#include "store/pagecopy.h"

static const char db_name[] = "secrets.db";

struct sr_secrets {
	struct sr_db *db;
	struct sr_pagecopy *copy; /* NULL: none wanted */
	uint8_t *wrap;            /* of the root cells, in the arena; NULL: the file's key */
	bool group, older;
	uint64_t log; /* entries of the ledger, and its root; 0: not told yet */
	uint8_t log_root[SR_HASH];
	bool said_less; /* something was added before the ledger named it, and nothing since */
	bool adds, rows, erases; /* in this group: asked for, inserted, deleted */
	char recovered[400];
	char reason[256]; /* why the copy is not current */
	bool full;        /* it is because nothing more fits there */
};

static const char schema[] =
	"create table secret(id integer primary key, kind integer not null, name blob not null, n "
	"integer not null,"
	" value blob not null);"
	"create unique index secret_name on secret(kind, name, n);"
	"create table scratch(zeros blob);"
	"pragma user_version = 1";

static struct sr_pagefile *pf_of(struct sr_secrets *s) {
	return sr_db_pagefile(s->db);
}

/* ---- opening ---- */

struct opening {
	const struct sr_secrets_options *o;
	struct sr_secrets *s;
	struct sr_err here_err; /* why the file here will not do */
	bool here;              /* it opened and every page verifies */
	struct sr_secrets_state mine;
	uint64_t log; /* what it knows of the ledger */
	bool there;
	struct sr_err there_err; /* why the copy will not do */
	struct sr_pagecopy_state theirs;
};

static int open_db(
	struct sr_secrets *s, const struct sr_secrets_options *o, bool create, struct sr_err *e) {
	struct sr_db_options d = {
		.dir = o->dir,
		.name = db_name,
		.key = o->key,
		.wrap = o->wrap,
		.mode = SR_DB_ERASABLE,
		.create = create,
		.durable = true,
		.cache_kib = 1024,
	};
	int64_t version = 0;
	int rc = sr_db_open(&s->db, &d, e);

	if (rc == 0)
		rc = sr_db_verify(s->db, e);
	if (rc == 0)
		rc = sr_db_int(s->db, "pragma user_version", &version, e);
	if (rc == 0 && version == 0 && create) {
		rc = sr_db_begin(s->db, e);
		if (rc == 0)
			rc = sr_db_exec(s->db, schema, e);
		if (rc == 0)
			rc = sr_db_commit(s->db, e);
	} else if (rc == 0 && version != 1) {
		rc = version == 0
			     ? sr_fail(e, SR_NOTFOUND,
				       "%s was begun and never finished, or its very first state "
				       "was put back: if the vault was in use, restore it from a "
				       "backup; else make it anew in another folder",
				       db_name)
			     : sr_fail(e, SR_UNSUPPORTED,
				       "%s is of version %lld, want 1: a newer strongroom wrote "
				       "it, use that one",
				       db_name, (long long)version);
	}
	if (rc != 0) {
		sr_db_free(s->db);
		s->db = NULL;
	}
	return rc;
}

/* Not older than what the ledger says, and the same where it says so exactly. */
static int meets(const struct sr_secrets_options *o, uint64_t generation,
	const uint8_t root[SR_HASH], const char *what, struct sr_err *e) {
	if (o->expect == NULL || generation > o->expect->generation)
		return 0;
	if (generation < o->expect->generation)
		return sr_fail(e, SR_AUTH,
			"%s is at generation %llu, the ledger says %llu: an older file was put "
			"back, or the "
			"newest batch is lost",
			what, (unsigned long long)generation,
			(unsigned long long)o->expect->generation);
	if (memcmp(root, o->expect->root, SR_HASH) != 0)
		return sr_fail(e, SR_AUTH,
			"%s is at generation %llu as the ledger says, with another root", what,
			(unsigned long long)generation);
	return 0;
}

/* Neither knows more of the ledger than there is. */
static int within_log(const struct opening *op, struct sr_err *e) {
	const struct sr_secrets_options *o = op->o;
	const bool copy = op->there && op->theirs.ledger_size > o->log;
	char shown[200] = "";

	if (o->expect == NULL || (!copy && (!op->here || op->log <= o->log)))
		return 0;
	if (copy)
		(void)sr_escape_to(shown, sizeof shown, sr_bytes_str(o->second));
	return sr_fail(e, SR_AUTH,
		"rolled back: %s%s was written when the log had %llu entries, and here it has "
		"%llu: an older state of this folder was put back%s. Nothing was changed. Put the "
		"newest state back%s",
		copy ? "the second copy in " : db_name, shown,
		(unsigned long long)(copy ? op->theirs.ledger_size : op->log),
		(unsigned long long)o->log,
		copy ? ", or a copy of this vault was opened somewhere and took it for its own"
		     : "",
		copy ? "; if this is the newest that there is, move away what lies in that folder "
		       "and make the copy anew (`strongroom second replace PATH`)"
		     : ", or restore a backup");
}

static int take_from_copy(struct opening *op, struct sr_err *e) {
	const struct sr_secrets_options *o = op->o;
	struct sr_secrets *s = op->s;
	int rc;

	sr_db_free(s->db);
	s->db = NULL;
	rc = sr_pagecopy_restore(s->copy, o->dir, o->key, e);
	if (rc == 0)
		rc = open_db(s, o, false, e);
	if (rc == 0)
		snprintf(s->recovered, sizeof s->recovered,
			"taken from the second copy in %.120s: %.240s", o->second,
			op->here_err.text);
	return rc;
}

/* Of each, why, and what is left to do: an older state that is whole is nearly all; without any,
 * the newest backup's secrets file has what it knows, and the log and the packs are as new as ever.
 */
static int none_will_do(const struct opening *op, int here, struct sr_err *e) {
	const bool whole = op->here || op->there;

	/* The system's word, with what it is about; or nothing was ever said of it. */
	if (here == SR_IO || op->o->expect == NULL) {
		if (e != NULL)
			*e = op->here_err;
		return here;
	}
	return sr_fail(e, SR_AUTH, "%.250s%s%.250s; %s", op->here_err.text,
		op->there_err.code == SR_OK ? "" : "; ",
		op->there_err.code == SR_OK ? "" : op->there_err.text,
		whole ? "put the newest state back, here or there; if there is none, "
			"`strongroom second accept` goes on without what was added since"
		      : "put it or its copy back; if both are lost, restore this folder itself "
			"with the secrets file of the newest backup (ADMIN, \"The second copy is "
			"lost\")");
}

/* Which of the two files is to be used; the reasons for what is refused are in ${e}. */
static int choose(struct opening *op, struct sr_err *e) {
	const struct sr_secrets_options *o = op->o;
	int here = op->here ? meets(o, op->mine.generation, op->mine.root, db_name, &op->here_err)
			    : (int)op->here_err.code;
	int there = SR_NOTFOUND;

	if (op->there)
		there = meets(
			o, op->theirs.sequence, op->theirs.hash, "the second copy", &op->there_err);
	if (here == 0 && op->there && op->theirs.sequence > op->mine.generation) {
		here = sr_fail(&op->here_err, SR_AUTH,
			"%s is at generation %llu, its second copy at %llu: an older file was put "
			"back, or the newest batch is lost",
			db_name, (unsigned long long)op->mine.generation,
			(unsigned long long)op->theirs.sequence);
	}
	if (here == 0)
		return 0;
	if (there == 0 || (o->accept_older && op->there &&
				  (!op->here || op->theirs.sequence > op->mine.generation))) {
		op->s->older = there != 0;
		return take_from_copy(op, e);
	}
	if (op->here && o->accept_older) {
		op->s->older = true;
		return 0;
	}
	return none_will_do(op, here, e);
}

/* What the copy lost is written anew from here with the next synchronisation; but if nobody is
 * told, nobody knows that its medium forgets. One out of reach, or of another secrets.db, is in
 * sr_secrets_pending. */
static void tell_of_copy(struct sr_secrets *s, const struct sr_err *why) {
	const size_t len = strlen(s->recovered);
	uint8_t id[SR_ID];
	const bool there = sr_pagecopy_id(s->copy, id);
	const bool bad = why->code == SR_CORRUPT || why->code == SR_AUTH ||
			 (why->code == SR_NOTFOUND && there); /* its root cell is gone */

	if (there && memcmp(id, sr_pagefile_unit(pf_of(s))->id, SR_ID) != 0)
		return;
	if (!bad && (why->code != SR_OK || !sr_pagecopy_damaged(s->copy)))
		return;
	snprintf(s->recovered + len, sizeof s->recovered - len,
		"%sthe second copy was damaged and is written anew: %.200s", len == 0 ? "" : "; ",
		bad ? why->text : "a part of it did not open, and is there twice");
}

static int open_existing(
	struct sr_secrets *s, const struct sr_secrets_options *o, struct sr_err *e) {
	struct opening op = {.o = o, .s = s};
	struct sr_err copy_err = {0};
	const char *text;
	int rc = open_db(s, o, false, &op.here_err);

	if (rc == SR_NOMEM || rc == SR_LIMIT || rc == SR_UNSUPPORTED || rc == SR_MISUSE) {
		if (e != NULL)
			*e = op.here_err;
		return rc;
	}
	op.here = rc == 0;
	if (op.here) {
		uint8_t root[SR_HASH];

		sr_db_state(s->db, &op.mine.generation, op.mine.root);
		sr_db_position(s->db, &op.log, root);
	}
	if (s->copy != NULL)
		op.there = sr_pagecopy_check(s->copy, o->key, &op.theirs, &copy_err) == 0;
	op.there_err = copy_err;
	if (op.here && op.there) {
		/* a copy of something else is never a reason to distrust the file here */
		uint8_t id[SR_ID];

		op.there = sr_pagecopy_id(s->copy, id) &&
			   memcmp(id, sr_pagefile_unit(pf_of(s))->id, SR_ID) == 0;
	}
	rc = within_log(&op, e);
	if (rc == 0)
		rc = choose(&op, e);
	if (rc != 0 || s->recovered[0] != '\0')
		return rc;
	text = sr_db_recovered(s->db);
	if (text != NULL)
		snprintf(s->recovered, sizeof s->recovered, "%.180s", text);
	if (s->copy != NULL)
		tell_of_copy(s, &copy_err);
	return 0;
}

static int make_new(struct sr_secrets *s, const struct sr_secrets_options *o, struct sr_err *e) {
	char redo[32];
	bool there = false;
	int rc;

	snprintf(redo, sizeof redo, "%s-redo", db_name);
	rc = sr_file_find(&there, o->dir, redo, e);
	if (rc != 0)
		return rc;
	if (there)
		return sr_fail(e, SR_EXISTS, "%s is there already", db_name);
	return open_db(s, o, true, e);
}

/* What the custodian does, who reads this at the machine. */
static const char remedy[] =
	"mount its medium (its place is the line `second` of strongroom.conf), or, if that is "
	"lost, `strongroom second replace PATH`";

static const char room[] =
	"make room there, or, if it will not have any, `strongroom second replace PATH`";

/* Opening looks at every page and takes what is whole, here or there (choose). */
static const char reread[] =
	"see to its disk, then stop the vault and open it again: that takes the newest state that "
	"is whole, here or at the copy";

static int sync_copy(struct sr_secrets *s, bool anew, struct sr_err *e) {
	struct sr_err local = {0};
	int rc;

	if (s->copy == NULL)
		return 0;
	rc = sr_pagecopy_sync(s->copy, pf_of(s), anew, &local);
	s->reason[0] = '\0';
	s->full = rc != 0 && (local.no == ENOSPC || local.no == EDQUOT);
	if (rc == 0)
		return 0;
	snprintf(s->reason, sizeof s->reason, "%.250s", local.text);
	if (rc == SR_EXISTS)
		return sr_fail(e, SR_EXISTS, "%s; name an empty folder", local.text);
	if (sr_pagecopy_source_bad(s->copy))
		return sr_fail(e, local.code == SR_IO ? SR_IO : SR_CORRUPT,
			"%s cannot be read back, so the second copy was left as it is: %s; %s",
			db_name, local.text, reread);
	return sr_fail(e, SR_LOCKED, "the second copy cannot be written: %s; %s", local.text,
		s->full ? room : remedy);
}

/* Remembered for the copies that are made later: by both, or by none. */
static int keep_wrap(struct sr_secrets *s, const uint8_t wrap[SR_KEY], struct sr_err *e) {
	uint8_t *mine = s->wrap != NULL ? s->wrap : sr_secret_new(SR_KEY, e);
	int rc = mine == NULL ? SR_LIMIT : 0;

	if (rc == 0 && s->copy != NULL)
		rc = sr_pagecopy_wrap(s->copy, wrap, e);
	if (rc == 0) {
		memcpy(mine, wrap, SR_KEY);
		s->wrap = mine;
	} else if (s->wrap == NULL) {
		sr_secret_free(mine, SR_KEY);
	}
	return rc;
}

int sr_secrets_open(struct sr_secrets **out, const struct sr_secrets_options *o, struct sr_err *e) {
	struct sr_secrets *s = calloc(1, sizeof *s);
	int rc;

	*out = NULL;
	if (s == NULL)
		return sr_fail(e, SR_NOMEM, "%s: no memory", db_name);
	rc = sr_db_init(e);
	if (rc == 0 && o->second != NULL)
		rc = sr_pagecopy_new(&s->copy, o->second, db_name, e);
	if (rc == 0 && o->wrap != NULL)
		rc = keep_wrap(s, o->wrap, e);
	if (rc == 0)
		rc = o->create ? make_new(s, o, e) : open_existing(s, o, e);
	if (rc == 0 && o->create) /* asked for now; later an absent one is only reported */
		rc = sync_copy(s, true, e);
	else if (rc == 0)
		(void)!sync_copy(s, false, e);
	if (rc != 0) {
		sr_secrets_free(s);
		return rc;
	}
	sr_err_clear(e);
	*out = s;
	return 0;
}

void sr_secrets_free(struct sr_secrets *s) {
	if (s == NULL)
		return;
	sr_pagecopy_free(s->copy);
	sr_db_free(s->db);
	sr_secret_free(s->wrap, SR_KEY);
	free(s);
}

void sr_secrets_say(struct sr_secrets *s) {
	uint64_t said = 0;
	uint8_t root[SR_HASH];

	if (s->group)
		return;
	sr_db_position(s->db, &said, root);
	if (!s->said_less || said >= s->log || sr_db_begin(s->db, NULL) != 0)
		return;
	sr_db_set_position(s->db, s->log, s->log_root);
	if (sr_db_commit(s->db, NULL) == 0)
		(void)!sync_copy(s, false, NULL);
}

int sr_secrets_close(struct sr_secrets **s, struct sr_err *e) {
	struct sr_err local = {0};
	int rc = 0;

	if (*s == NULL)
		return 0;
	sr_secrets_rollback(*s);
	sr_secrets_say(*s);
	sr_pagecopy_free((*s)->copy);
	(*s)->copy = NULL;
	rc = sr_db_close(&(*s)->db, e == NULL ? &local : e);
	sr_secrets_free(*s);
	*s = NULL;
	return rc;
}

const char *sr_secrets_recovered(const struct sr_secrets *s) {
	return s->recovered[0] == '\0' ? NULL : s->recovered;
}

bool sr_secrets_is_older(const struct sr_secrets *s) {
	return s->older;
}

void sr_secrets_log(struct sr_secrets *s, uint64_t size, const uint8_t root[SR_HASH]) {
	s->log = size;
	memcpy(s->log_root, root, SR_HASH);
}

/* ---- groups ---- */

/* Give back SQLite's clean pages: our allocator wipes them. */
static void forget_pages(struct sr_secrets *s) {
	(void)sqlite3_db_release_memory(sr_db_handle(s->db));
}

/* SQLite builds each new row in one buffer of the connection, which it keeps; a row of zeros as
 * long as a row can be, taken back at once, overwrites the last one. Inside a transaction. */
static int overwrite_scratch(struct sr_secrets *s, struct sr_err *e) {
	static const uint8_t zeros[SR_SECRET_MAX + SR_SECRET_NAME_MAX];
	struct sr_stmt *st;
	int rc = sr_db_exec(s->db, "savepoint scratch", e);

	if (rc != 0)
		return rc;
	rc = sr_db_stmt(&st, s->db, "insert into scratch(zeros) values (?)", e);
	if (rc == 0) {
		sr_stmt_blob(st, 1, sr_bytes_of(zeros, sizeof zeros));
		rc = sr_stmt_run(st, e);
	}
	if (rc == 0)
		rc = sr_db_exec(s->db, "rollback to scratch; release scratch", e);
	return rc;
}

int sr_secrets_begin(struct sr_secrets *s, struct sr_err *e) {
	int rc = 0;

	/* now, because the copy cannot be brought up to date while a transaction has pages in
	 * flight */
	if (s->copy != NULL && !s->group && !sr_pagecopy_current(s->copy, pf_of(s)))
		(void)!sync_copy(s, false, NULL);
	rc = sr_db_begin(s->db, e);
	if (rc == 0) {
		if (s->log > 0)
			sr_db_set_position(s->db, s->log, s->log_root);
		s->group = true;
		s->adds = false;
		s->rows = false;
		s->erases = false;
	}
	return rc;
}

void sr_secrets_rollback(struct sr_secrets *s) {
	if (s->group && s->rows)
		(void)!overwrite_scratch(s, NULL); /* a failure goes with the transaction */
	sr_db_rollback(s->db);
	s->group = false;
	forget_pages(s);
}

int sr_secrets_commit(struct sr_secrets *s, struct sr_err *e) {
	int rc;

	if (!s->group)
		return sr_fail(e, SR_MISUSE, "%s: a commit without a group", db_name);
	if (!s->adds && !s->erases) {
		sr_secrets_rollback(s);
		return 0;
	}
	if (s->adds && s->copy != NULL && !sr_pagecopy_current(s->copy, pf_of(s))) {
		sr_secrets_rollback(s);
		return sr_fail(e, SR_LOCKED,
			"the second copy cannot be written, nothing was added: %s; %s", s->reason,
			sr_pagecopy_source_bad(s->copy) ? reread
			: s->full                       ? room
							: remedy);
	}
	rc = s->rows ? overwrite_scratch(s, e) : 0;
	if (rc != 0) {
		sr_secrets_rollback(s);
		return rc;
	}
	rc = s->erases ? sr_db_commit_erasing(s->db, e) : sr_db_commit(s->db, e);
	s->group = false;
	forget_pages(s);
	if (rc != 0)
		return rc;
	s->said_less = s->rows;
	rc = sync_copy(s, false, e);
	if (rc != 0 && s->adds) {
		sr_wrap(e, "what was added is stored here and not there");
		return rc;
	}
	sr_err_clear(e);
	return 0; /* an erasure is done here; at the copy it is pending */
}

/* A single change outside of a group is its own. */
static int change_begin(struct sr_secrets *s, bool *own, struct sr_err *e) {
	*own = !s->group;
	return *own ? sr_secrets_begin(s, e) : 0;
}

static int change_end(struct sr_secrets *s, bool own, int rc, struct sr_err *e) {
	if (!own)
		return rc;
	if (rc != 0) {
		sr_secrets_rollback(s);
		return rc;
	}
	return sr_secrets_commit(s, e);
}

/* ---- values ---- */

static int check_name(
	enum sr_secret_kind kind, struct sr_bytes name, uint64_t n, struct sr_err *e) {
	if (kind < SR_SECRET_SLOT || kind > SR_SECRET_DB_KEY)
		return sr_fail(e, SR_MISUSE, "%s: no kind %d", db_name, (int)kind);
	if (name.len == 0 || name.len > SR_SECRET_NAME_MAX)
		return sr_fail(e, SR_MISUSE, "%s: a name of %zu bytes, want 1 to %d", db_name,
			name.len, SR_SECRET_NAME_MAX);
	if (n > INT64_MAX)
		return sr_fail(e, SR_MISUSE, "%s: number %llu is too large", db_name,
			(unsigned long long)n);
	return 0;
}

static void bind_name(
	struct sr_stmt *st, enum sr_secret_kind kind, struct sr_bytes name, uint64_t n) {
	sr_stmt_int(st, 1, (int64_t)kind);
	sr_stmt_blob(st, 2, name);
	sr_stmt_int(st, 3, (int64_t)n);
}

static int find(struct sr_secrets *s, enum sr_secret_kind kind, struct sr_bytes name, uint64_t n,
	struct sr_stmt **st, struct sr_err *e) {
	int rc = check_name(kind, name, n, e);

	if (rc == 0)
		rc = sr_db_stmt(st, s->db,
			"select id, value from secret where kind = ? and name = ? and n = ?", e);
	if (rc == 0) {
		bind_name(*st, kind, name, n);
		rc = sr_stmt_row(*st, e);
	}
	return rc;
}

static int insert(struct sr_secrets *s, enum sr_secret_kind kind, struct sr_bytes name, uint64_t n,
	struct sr_bytes value, struct sr_err *e) {
	struct sr_stmt *st;
	int rc = sr_db_stmt(
		&st, s->db, "insert into secret(kind, name, n, value) values (?, ?, ?, ?)", e);

	if (rc == 0) {
		bind_name(st, kind, name, n);
		sr_stmt_blob(st, 4, value);
		rc = sr_stmt_run(st, e);
	}
	if (rc == 0) {
		s->adds = true;
		s->rows = true;
	}
	return rc;
}

/* Whether ${value} is what is stored: 0, EXISTS (another value), NOTFOUND. */
static int compare(struct sr_secrets *s, enum sr_secret_kind kind, struct sr_bytes name, uint64_t n,
	struct sr_bytes value, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	struct sr_bytes have;
	int rc = find(s, kind, name, n, &st, e);

	if (rc == 0) {
		have = sr_stmt_col_bytes(st, 1);
		if (have.len != value.len ||
			(value.len > 0 && !sr_ct_eq(have.p, value.p, value.len)))
			rc = sr_fail(e, SR_EXISTS,
				"%s: another secret of that name is there (kind %d, number %llu)",
				db_name, (int)kind, (unsigned long long)n);
	}
	sr_stmt_reset(st);
	return rc;
}

static int put(struct sr_secrets *s, enum sr_secret_kind kind, struct sr_bytes name, uint64_t n,
	struct sr_bytes value, struct sr_err *e) {
	int rc;

	if (value.len > SR_SECRET_MAX)
		return sr_fail(e, SR_LIMIT, "%s: a secret of %zu bytes, at most %d", db_name,
			value.len, SR_SECRET_MAX);
	rc = compare(s, kind, name, n, value, e);
	if (rc != SR_NOTFOUND) {
		/* there already; yet the copy may lack it, and whoever puts it again wants it there
		 */
		if (rc == 0)
			s->adds = true;
		return rc;
	}
	sr_err_clear(e);
	return insert(s, kind, name, n, value, e);
}

int sr_secrets_put(struct sr_secrets *s, enum sr_secret_kind kind, struct sr_bytes name, uint64_t n,
	struct sr_bytes value, struct sr_err *e) {
	bool own;
	int rc = change_begin(s, &own, e);

	return rc != 0 ? rc : change_end(s, own, put(s, kind, name, n, value, e), e);
}

static int erase(struct sr_secrets *s, enum sr_secret_kind kind, struct sr_bytes name, uint64_t n,
	size_t *erased, struct sr_err *e) {
	struct sr_stmt *st;
	int rc = check_name(kind, name, n == SR_SECRET_ALL ? 0 : n, e);

	if (rc == 0 && n == SR_SECRET_ALL)
		rc = sr_db_stmt(&st, s->db, "delete from secret where kind = ? and name = ?", e);
	else if (rc == 0)
		rc = sr_db_stmt(
			&st, s->db, "delete from secret where kind = ? and name = ? and n = ?", e);
	if (rc != 0)
		return rc;
	sr_stmt_int(st, 1, (int64_t)kind);
	sr_stmt_blob(st, 2, name);
	if (n != SR_SECRET_ALL)
		sr_stmt_int(st, 3, (int64_t)n);
	rc = sr_stmt_run(st, e);
	if (rc == 0) {
		*erased = (size_t)sr_db_changes(s->db);
		if (*erased > 0)
			s->erases = true;
	}
	return rc;
}

int sr_secrets_replace(struct sr_secrets *s, enum sr_secret_kind kind, struct sr_bytes name,
	uint64_t n, struct sr_bytes value, struct sr_err *e) {
	size_t erased;
	bool own;
	int rc = change_begin(s, &own, e);

	if (rc != 0)
		return rc;
	rc = put(s, kind, name, n, value, e);
	if (rc == SR_EXISTS) {
		sr_err_clear(e);
		rc = erase(s, kind, name, n, &erased, e);
		if (rc == 0)
			rc = insert(s, kind, name, n, value, e);
	}
	return change_end(s, own, rc, e);
}

int sr_secrets_get(struct sr_secrets *s, enum sr_secret_kind kind, struct sr_bytes name, uint64_t n,
	struct sr_buf *out, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = find(s, kind, name, n, &st, e);

	out->secret = true;
	if (rc == 0) {
		sr_buf_put_bytes(out, sr_stmt_col_bytes(st, 1));
		rc = sr_buf_ok(out, e);
	}
	sr_stmt_reset(st);
	if (!s->group)
		forget_pages(s);
	return rc;
}

int sr_secrets_find(bool *there, struct sr_secrets *s, enum sr_secret_kind kind,
	struct sr_bytes name, uint64_t n, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	int rc = find(s, kind, name, n, &st, e);

	sr_stmt_reset(st);
	if (!s->group)
		forget_pages(s);
	*there = rc == 0;
	if (rc != SR_NOTFOUND)
		return rc;
	sr_err_clear(e);
	return 0;
}

#ifdef SR_TESTING
bool sr_secrets_has(
	struct sr_secrets *s, enum sr_secret_kind kind, struct sr_bytes name, uint64_t n) {
	bool there = false;

	return sr_secrets_find(&there, s, kind, name, n, NULL) == 0 && there;
}
#endif

int sr_secrets_erase(struct sr_secrets *s, enum sr_secret_kind kind, struct sr_bytes name,
	uint64_t n, size_t *erased, struct sr_err *e) {
	size_t count = 0;
	bool own;
	int rc = change_begin(s, &own, e);

	if (rc == 0)
		rc = change_end(s, own, erase(s, kind, name, n, &count, e), e);
	if (erased != NULL)
		*erased = rc == 0 ? count : 0;
	return rc;
}

/* The names of a kind: le32 length, bytes, le64 n, one after the other. */
static int list_names(struct sr_secrets *s, enum sr_secret_kind kind, struct sr_bytes name,
	struct sr_buf *out, struct sr_err *e) {
	struct sr_stmt *st = NULL;
	bool row;
	int rc;

	if (name.p == NULL)
		rc = sr_db_stmt(&st, s->db,
			"select name, n from secret where kind = ? order by name, n", e);
	else
		rc = sr_db_stmt(&st, s->db,
			"select name, n from secret where kind = ? and name = ? order by n", e);
	if (rc != 0)
		return rc;
	sr_stmt_int(st, 1, (int64_t)kind);
	if (name.p != NULL)
		sr_stmt_blob(st, 2, name);
	while ((rc = sr_stmt_step(st, &row, e)) == 0 && row) {
		sr_buf_put_lp(out, sr_stmt_col_bytes(st, 0));
		sr_buf_put_le64(out, (uint64_t)sr_stmt_col_int(st, 1));
	}
	return rc != 0 ? rc : sr_buf_ok(out, e);
}

int sr_secrets_each(struct sr_secrets *s, enum sr_secret_kind kind, struct sr_bytes name,
	int (*each)(void *ctx, struct sr_bytes name, uint64_t n, struct sr_err *e), void *ctx,
	struct sr_err *e) {
	struct sr_reader r;
	struct sr_buf names;
	int rc;

	sr_buf_init(&names);
	rc = list_names(s, kind, name, &names, e);
	sr_reader_init(&r, sr_buf_view(&names));
	while (rc == 0 && sr_reader_left(&r) > 0) {
		struct sr_bytes one;
		uint64_t n;

		rc = sr_get_lp(&r, &one, SR_SECRET_NAME_MAX, e);
		if (rc == 0)
			rc = sr_get_le64(&r, &n, e);
		if (rc == 0)
			rc = each(ctx, one, n, e);
	}
	sr_buf_free(&names);
	if (!s->group)
		forget_pages(s);
	return rc;
}

int sr_secrets_count(
	struct sr_secrets *s, enum sr_secret_kind kind, uint64_t *out, struct sr_err *e) {
	struct sr_stmt *st;
	int rc = sr_db_stmt(&st, s->db, "select count(*) from secret where kind = ?", e);

	if (rc != 0)
		return rc;
	sr_stmt_int(st, 1, (int64_t)kind);
	rc = sr_stmt_row(st, e);
	if (rc == 0)
		*out = (uint64_t)sr_stmt_col_int(st, 0);
	sr_stmt_reset(st);
	return rc;
}

/* ---- states ---- */

void sr_secrets_state(struct sr_secrets *s, struct sr_secrets_state *out) {
	sr_db_state(s->db, &out->generation, out->root);
}

int sr_secrets_verify(struct sr_secrets *s, const uint8_t key[SR_KEY], struct sr_err *e) {
	struct sr_pagecopy_state theirs;
	int rc = s->group ? sr_fail(e, SR_MISUSE, "%s: verified inside a group", db_name)
			  : sr_db_verify(s->db, e);

	if (rc == 0 && s->copy != NULL)
		rc = sr_pagecopy_check(s->copy, key, &theirs, e);
	return rc;
}

void sr_secrets_pending(struct sr_secrets *s, struct sr_secrets_copy *out) {
	const struct sr_page_state *state = sr_pagefile_state(pf_of(s));
	uint64_t confirmed = state->copy_root;

	*out = (struct sr_secrets_copy){.wanted = s->copy != NULL};
	if (s->copy == NULL)
		return;
	if (sr_pagecopy_root(s->copy) > confirmed)
		confirmed = sr_pagecopy_root(s->copy);
	out->current = sr_pagecopy_current(s->copy, pf_of(s));
	if (confirmed > 0 && state->root_number > confirmed)
		out->erasures = state->root_number - confirmed;
	if (!out->current)
		snprintf(out->reason, sizeof out->reason, "%s",
			s->reason[0] != '\0' ? s->reason : "not brought up to date yet");
}

int sr_secrets_retry(struct sr_secrets *s, struct sr_err *e) {
	if (s->group)
		return sr_fail(e, SR_MISUSE, "%s: the copy was asked for inside a group", db_name);
	return sync_copy(s, false, e);
}

int sr_secrets_rewrap(struct sr_secrets *s, const uint8_t wrap[SR_KEY], struct sr_err *e) {
	int rc = s->group ? sr_fail(e, SR_MISUSE, "%s: rewrapped inside a group", db_name)
			  : sr_pagefile_rewrap(pf_of(s), wrap, e);

	if (rc == 0)
		rc = keep_wrap(s, wrap, e);
	if (rc == 0)
		(void)!sync_copy(s, true, NULL); /* its cell, made anew under the new wrap */
	return rc;
}

/* Made anew, read back, and what it holds is what is here. */
static int copy_made(
	struct sr_secrets *s, struct sr_pagecopy *c, const uint8_t key[SR_KEY], struct sr_err *e) {
	struct sr_pagecopy_state theirs;
	struct sr_secrets_state mine;
	int rc = sr_pagecopy_sync(c, pf_of(s), true, e);

	if (rc == 0)
		rc = sr_pagecopy_check(c, key, &theirs, e);
	if (rc != 0)
		return rc;
	sr_secrets_state(s, &mine);
	if (theirs.sequence != mine.generation || memcmp(theirs.hash, mine.root, SR_HASH) != 0)
		return sr_fail(e, SR_CORRUPT,
			"the new copy reads back as generation %llu, %s is at %llu: the medium "
			"does not keep what it is given, use another one",
			(unsigned long long)theirs.sequence, db_name,
			(unsigned long long)mine.generation);
	return sr_pagecopy_sync(c, pf_of(s), false, e);
}

int sr_secrets_copy_move(
	struct sr_secrets *s, const char *path, const uint8_t key[SR_KEY], struct sr_err *e) {
	struct sr_pagecopy *fresh = NULL;
	int rc = s->group ? sr_fail(e, SR_MISUSE, "%s: its copy is moved inside a group", db_name)
			  : 0;

	if (rc == 0 && path != NULL)
		rc = sr_pagecopy_new(&fresh, path, db_name, e);
	if (rc == 0 && fresh != NULL && s->wrap != NULL)
		rc = sr_pagecopy_wrap(fresh, s->wrap, e);
	if (rc == 0 && fresh != NULL)
		rc = copy_made(s, fresh, key, e);
	if (rc != 0) {
		sr_pagecopy_free(fresh);
		return rc;
	}
	sr_pagecopy_free(s->copy);
	s->copy = fresh;
	s->reason[0] = '\0';
	return 0;
}

int sr_secrets_copy_destroy(struct sr_secrets *s, const char *path, bool *there, struct sr_err *e) {
	struct sr_pagecopy *c = NULL;
	int rc = sr_pagecopy_new(&c, path, db_name, e);

	if (rc == 0)
		rc = sr_pagecopy_destroy(c, pf_of(s), there, e);
	sr_pagecopy_free(c);
	return rc;
}

int sr_secrets_copy_sweep(struct sr_secrets *s, const char *path, struct sr_err *e) {
	struct sr_pagecopy *c = NULL;
	int rc = sr_pagecopy_new(&c, path, db_name, e);

	if (rc == 0)
		rc = sr_pagecopy_sweep(c, pf_of(s), e);
	sr_pagecopy_free(c);
	return rc;
}

int sr_secrets_copy_find(bool *there, const char *path, struct sr_err *e) {
	return sr_pagecopy_find(there, path, db_name, e);
}

int sr_secrets_copy_undo(const char *path, struct sr_err *e) {
	return sr_pagecopy_undo(path, db_name, e);
}
