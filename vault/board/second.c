/*
 * second - see second.h for the order of the steps.
 */
#include "board/second.h"

#include <sys/stat.h>

#include "base/escape.h"
#include "board/door.h"
#include "board/follow.h"
#include "catalogue/query.h"

static const char NOTE[] = "second"; /* in run/ */
static const char NOTE_TYPE[] = "strongroom/second/v1";
static const char *const keys[] = {"made", "former"};

enum {
	PLACES_MAX = 8, /* changes in a row that were all killed; then one must be settled */
	NOTE_MAX = PLACES_MAX * (SR_PATH_MAX + 16) + 64
};

struct places {
	char *path[PLACES_MAX];
	bool former[PLACES_MAX];
	size_t count;
};

static void places_free(struct places *p) {
	for (size_t i = 0; i < p->count; i++)
		free(p->path[i]);
	memset(p, 0, sizeof *p);
}

static int places_add(struct places *p, struct sr_bytes path, bool former, struct sr_err *e) {
	for (size_t i = 0; i < p->count; i++)
		if (sr_bytes_eq(path, sr_bytes_str(p->path[i]))) {
			p->former[i] = p->former[i] || former;
			return 0;
		}
	if (path.len == 0 || path.len >= SR_PATH_MAX)
		return sr_fail(e, SR_CORRUPT, "run/%s: a path of %zu bytes", NOTE, path.len);
	if (p->count == PLACES_MAX)
		return sr_fail(e, SR_LIMIT,
			"%d places of a second copy are still to be destroyed: mount them, and "
			"open the vault",
			PLACES_MAX);
	p->path[p->count] = strndup((const char *)path.p, path.len);
	if (p->path[p->count] == NULL)
		return sr_fail(e, SR_NOMEM, "second copy: out of memory");
	p->former[p->count++] = former;
	return 0;
}

static int note_read(struct places *out, struct sr_vault *v, struct sr_err *e) {
	struct sr_text t = {0};
	struct sr_buf b;
	int rc;

	sr_buf_init(&b);
	rc = sr_file_read(v->run, NOTE, &b, NOTE_MAX, e);
	if (rc == SR_NOTFOUND) {
		sr_err_clear(e);
		sr_buf_free(&b);
		return 0;
	}
	if (rc == 0)
		rc = sr_text_parse(&t, sr_buf_view(&b), e);
	if (rc == SR_CORRUPT || (rc == 0 && !sr_bytes_eq(t.type, sr_bytes_str(NOTE_TYPE))))
		rc = sr_fail(e, SR_CORRUPT,
			"run/%s is no note of second copies: destroy by hand what is left of "
			"secrets.db at places where its copy lay before, then remove that file",
			NOTE);
	for (int former = 0; former < 2; former++)
		for (size_t i = 0; rc == 0 && i < sr_text_count(&t, keys[former]); i++)
			rc = places_add(out, sr_text_get_n(&t, keys[former], i), former == 1, e);
	sr_text_free(&t);
	sr_buf_free(&b);
	return rc;
}

/* No place left: no note. */
static int note_write(struct sr_vault *v, const struct places *p, struct sr_err *e) {
	struct sr_buf b;
	bool there = false;
	int rc;

	if (p->count == 0) {
		rc = sr_file_find(&there, v->run, NOTE, e);
		return rc == 0 && there ? sr_file_remove(v->run, NOTE, e) : rc;
	}
	sr_buf_init(&b);
	sr_text_begin(&b, NOTE_TYPE);
	for (int former = 0; former < 2; former++)
		for (size_t i = 0; i < p->count; i++)
			if (p->former[i] == (former == 1))
				sr_text_put(&b, keys[former], p->path[i]);
	rc = sr_buf_ok(&b, e);
	if (rc == 0)
		rc = sr_file_replace(v->run, NOTE, sr_buf_view(&b), e);
	sr_buf_free(&b);
	return rc;
}

/* Also under another name, with a slash behind it or through a link: what lies there is not to be
 * destroyed. */
static bool is_current(const struct sr_vault *v, const char *path) {
	struct stat a, b;

	if (v->second == NULL)
		return false;
	return strcmp(v->second, path) == 0 ||
	       (stat(v->second, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev &&
		       a.st_ino == b.st_ino);
}

/* Destroy what lies in noted place ${i}: 0 when nothing of ours is left there. */
static int destroy(
	struct sr_vault *v, const struct places *p, size_t i, bool *there, struct sr_err *e) {
	int rc = sr_secrets_copy_destroy(v->secrets, p->path[i], there, e);

	if ((rc == 0 || rc == SR_EXISTS) && !*there && p->former[i])
		return sr_fail(e, SR_NOTFOUND, "it is not there: is its medium mounted?");
	if (rc == SR_EXISTS) { /* another vault's: nothing of ours was ever there */
		sr_err_clear(e);
		return 0;
	}
	return rc;
}

/* What was destroyed opens nothing; a file that cannot be removed is no failure. */
static void sweep(struct sr_vault *v, const struct places *p) {
	for (size_t i = 0; i < p->count; i++)
		if (!is_current(v, p->path[i]))
			(void)!sr_secrets_copy_sweep(v->secrets, p->path[i], NULL);
}

int sr_second_settle(struct sr_vault *v, struct sr_buf *told, struct sr_err *e) {
	struct places noted = {.count = 0}, left = {.count = 0};
	char shown[300];
	int rc = note_read(&noted, v, e);

	for (size_t i = 0; rc == 0 && i < noted.count; i++) {
		struct sr_err why = {0};
		bool there = false;

		if (is_current(v, noted.path[i]))
			continue;
		sr_escape_to(shown, sizeof shown, sr_bytes_str(noted.path[i]));
		if (destroy(v, &noted, i, &there, &why) != 0) {
			sr_buf_printf(told,
				"secrets.db: a former second copy in %s may open what is erased "
				"later: %s; mount it and open the vault again, or give it up with "
				"`strongroom second replace` or `drop`\n",
				shown, why.text);
			rc = places_add(&left, sr_bytes_str(noted.path[i]), noted.former[i], e);
		} else if (there) {
			sr_buf_printf(told,
				"secrets.db: a former second copy in %s, left by a broken-off "
				"change, is destroyed\n",
				shown);
		}
	}
	if (rc == 0 && left.count != noted.count)
		rc = note_write(v, &left, e);
	if (rc == 0)
		sweep(v, &noted);
	places_free(&noted);
	places_free(&left);
	return rc;
}

/* In the log, because erasures that a certificate called pending will never be confirmed there. */
static int log_lost(struct sr_vault *v, struct sr_err *e) {
	struct sr_outcome *o = calloc(1, sizeof *o);
	struct sr_buf text;
	int rc = o == NULL ? sr_fail(e, SR_NOMEM, "out of memory") : 0;

	sr_buf_init(&text);
	if (rc == 0 && v->founded) {
		sr_follow_begin(&text, v, SR_T_INCIDENT, sr_now(&v->clock));
		sr_text_put(&text, "what", "second-lost");
		rc = sr_buf_ok(&text, e);
		if (rc == 0)
			rc = sr_door_service(v, sr_buf_view(&text), o, e);
	}
	sr_buf_free(&text);
	free(o);
	return rc;
}

/* Steps 4 and 5. The place that is out of reach is given up, in words. */
static int let_go(struct sr_vault *v, const struct places *noted, bool lost,
	struct sr_second_report *out, struct sr_err *e) {
	const struct places none = {.count = 0};
	int rc;

	for (size_t i = 0; i < noted->count; i++) {
		struct sr_err why = {0};
		bool there = false;

		if (is_current(v, noted->path[i]))
			continue;
		if (destroy(v, noted, i, &there, &why) == 0) {
			if (there && out->former == SR_SECOND_NONE) {
				out->former = SR_SECOND_DESTROYED;
				snprintf(out->place, sizeof out->place, "%s", noted->path[i]);
			}
			continue;
		}
		lost = true;
		if (out->former == SR_SECOND_LOST)
			continue;
		out->former = SR_SECOND_LOST;
		snprintf(out->place, sizeof out->place, "%s", noted->path[i]);
		snprintf(out->reason, sizeof out->reason, "%.250s", why.text);
	}
	if (lost) {
		rc = log_lost(v, e);
		if (rc != 0)
			return rc;
	}
	rc = note_write(v, &none, e);
	if (rc == 0)
		sweep(v, noted);
	return rc;
}

static int switch_to(struct sr_vault *v, const char *path, struct sr_err *e) {
	char *copy = path != NULL ? strdup(path) : NULL;
	int rc = path != NULL && copy == NULL ? sr_fail(e, SR_NOMEM, "second copy: out of memory")
					      : 0;

	if (rc == 0)
		rc = sr_secrets_copy_move(v->secrets, path, v->keys->s->secrets_file, e);
	if (rc == 0)
		rc = sr_vault_conf_second(sr_dir_path(v->dir), path, e);
	if (rc != 0) {
		free(copy);
		return rc;
	}
	free(v->second);
	v->second = copy;
	return 0;
}

int sr_second_change(
	struct sr_vault *v, const char *path, struct sr_second_report *out, struct sr_err *e) {
	struct places noted = {.count = 0};
	struct sr_secrets_copy before;
	bool lost;
	int rc;

	memset(out, 0, sizeof *out);
	if (path != NULL && (path[0] != '/' || strlen(path) >= SR_PATH_MAX))
		return sr_fail(e, SR_USAGE,
			"the second copy's path must be absolute and under %d bytes", SR_PATH_MAX);
	if (path != NULL && (rc = sr_vault_apart(sr_dir_path(v->dir), path, e)) != 0)
		return rc;
	if (sr_secrets_retry(v->secrets, NULL) != 0)
		sr_err_clear(e); /* it is out of reach: that is what the change is for */
	sr_secrets_pending(v->secrets, &before);
	lost = before.wanted && !before.current;
	if (lost) {
		out->former = SR_SECOND_LOST;
		out->unconfirmed = before.erasures;
		snprintf(out->place, sizeof out->place, "%s", v->second);
		snprintf(out->reason, sizeof out->reason, "%s", before.reason);
	}
	rc = note_read(&noted, v, e);
	if (rc == 0 && path != NULL)
		rc = places_add(&noted, sr_bytes_str(path), false, e);
	if (rc == 0 && v->second != NULL)
		rc = places_add(&noted, sr_bytes_str(v->second), true, e);
	if (rc == 0)
		rc = note_write(v, &noted, e);
	if (rc == 0)
		rc = switch_to(v, path, e);
	if (rc == 0)
		rc = let_go(v, &noted, lost, out, e);
	places_free(&noted);
	return rc;
}
