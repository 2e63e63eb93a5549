/*
 * rescan - what is open is looked at again when a scanner knows more, by a clamd that says what a
 * test tells it to: once for each of its names; what it names closes a released item until a
 * curator decides; a look that ends, or a clamd that does not answer, is no verdict.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/rescan.h"
#include "intake/scanners.h"
#include "things.h"
#include "world.h"

/* --- a clamd ---------------------------------------------------------------------------------- */

struct clamd {
	int listening;
	pthread_t thread;
	pthread_mutex_t lock;
	char version[100], word[20]; /* content that has the word is found */
	atomic_bool silent;
	char path[108];
};

static bool get(int fd, void *p, size_t len) {
	size_t have = 0;

	while (have < len) {
		const ssize_t n = read(fd, (uint8_t *)p + have, len - have);

		if (n <= 0)
			return false;
		have += (size_t)n;
	}
	return true;
}

static void put(int fd, const char *text) {
	(void)!send(fd, text, strlen(text) + 1, MSG_NOSIGNAL); /* who asked may be gone */
}

static void serve(struct clamd *c, int fd) {
	char ask[10] = "", content[4096];
	uint8_t len[4];
	size_t have = 0, n = 0;

	while (n < sizeof ask && get(fd, ask + n, 1) && ask[n] != '\0')
		n++;
	if (strcmp(ask, "zVERSION") == 0) {
		if (!atomic_load(&c->silent)) {
			pthread_mutex_lock(&c->lock);
			put(fd, c->version);
			pthread_mutex_unlock(&c->lock);
		}
		return;
	}
	while (get(fd, len, 4) && (n = (size_t)len[0] << 24 | (size_t)len[1] << 16 |
					  (size_t)len[2] << 8 | len[3]) > 0) {
		assert_true(n <= sizeof content - have);
		if (!get(fd, content + have, n))
			return;
		have += n;
	}
	pthread_mutex_lock(&c->lock);
	put(fd, memmem(content, have, c->word, strlen(c->word)) != NULL ? "stream: Test.Word FOUND"
									: "stream: OK");
	pthread_mutex_unlock(&c->lock);
}

static void *serving(void *ctx) {
	struct clamd *c = ctx;
	int fd;

	while ((fd = accept(c->listening, NULL, NULL)) >= 0) {
		serve(c, fd);
		close(fd);
	}
	return NULL;
}

static void clamd_says(struct clamd *c, const char *version, const char *word) {
	pthread_mutex_lock(&c->lock);
	snprintf(
		c->version, sizeof c->version, "ClamAV 1.0.3/%s/Sat Nov 28 10:00:00 2026", version);
	snprintf(c->word, sizeof c->word, "%s", word);
	pthread_mutex_unlock(&c->lock);
}

static void clamd_begin(struct clamd *c, const char *folder) {
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	memset(c, 0, sizeof *c);
	pthread_mutex_init(&c->lock, NULL);
	snprintf(c->path, sizeof c->path, "%.90s/clamd", folder);
	snprintf(at.sun_path, sizeof at.sun_path, "%s", c->path);
	c->listening = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(c->listening, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(c->listening, 8), 0);
	clamd_says(c, "1", "nothing has this");
	assert_int_equal(pthread_create(&c->thread, NULL, serving, c), 0);
}

static void clamd_end(struct clamd *c) {
	shutdown(c->listening, SHUT_RDWR);
	assert_int_equal(pthread_join(c->thread, NULL), 0);
	close(c->listening);
	pthread_mutex_destroy(&c->lock);
}

/* --- a reader's desk -------------------------------------------------------------------------- */

struct desk {
	struct world *w;
	struct clamd clamd;
	struct sr_rescan *s;
	uint8_t item[SR_ID], grant[SR_ID];
	struct world_checkout c;
};

static void look(struct desk *d) {
	d->c = (struct world_checkout){
		.by = &d->w->researcher[0], .grant = d->grant, .item = d->item};
	assert_ok(world_checkout(d->w, &d->c), &d->w->out.err);
	assert_ok(world_open(d->w, &d->c), &d->w->e);
}

static struct desk *desk_new(void) {
	struct world_file files[] = {{.path = "a.txt", .content = sr_bytes_str("the first word")},
		{.path = "b.txt", .content = sr_bytes_str("the second word")}};
	struct world_deposit in = {.files = files, .count = 2, .together = true};
	struct desk *d = calloc(1, sizeof *d);
	struct world_request rq;
	char line[140];

	assert_non_null(d);
	d->w = world_new(NULL);
	assert_int_equal(world_deposit(d->w, &in), 0);
	memcpy(d->item, in.items[0], SR_ID);
	world_held_release(d->w, d->item);
	rq = (struct world_request){
		.by = &d->w->researcher[0], .items = (const uint8_t(*)[SR_ID])d->item, .count = 1};
	assert_ok(world_request(d->w, &rq), &d->w->out.err);
	world_grant(d->w, rq.id, d->grant);
	clamd_begin(&d->clamd, d->w->path);
	snprintf(line, sizeof line, "clamd %s\n", d->clamd.path);
	assert_ok(sr_scanners_write(d->w->v, sr_bytes_str(line), &d->w->e), &d->w->e);
	assert_ok(sr_rescan_new(&d->s, d->w->v, d->w->room, &d->w->e), &d->w->e);
	sr_rescan_pace(d->s, 0);
	return d;
}

static void desk_free(struct desk *d) {
	sr_rescan_free(d->s);
	clamd_end(&d->clamd);
	world_free(d->w);
	free(d);
}

/* All that is due; how many statements it made. */
static size_t scans(struct desk *d) {
	const size_t before = world_count(d->w, SR_T_SCAN);
	enum sr_turn turn = SR_TURN_AGAIN;

	for (size_t i = 0; turn != SR_TURN_DONE; i++) {
		assert_true(i < 10000);
		assert_ok(sr_rescan_turn(d->s, sr_mono_ms() + 50, &turn, &d->w->e), &d->w->e);
		if (turn == SR_TURN_WAITS)
			usleep(1000);
	}
	assert_ok(sr_room_sweep(d->w->room, NULL, &d->w->e), &d->w->e);
	return world_count(d->w, SR_T_SCAN) - before;
}

/* The flag that closes the item; false: it is open. */
static bool closed(struct desk *d, uint8_t flag[SR_ID]) {
	struct sr_flags l = {NULL, 0};
	bool is = false;

	assert_ok(sr_query_flags(&l, d->w->v->catalogue, d->item, true, &d->w->e), &d->w->e);
	for (size_t i = 0; i < l.count; i++) {
		is = true;
		assert_string_equal(l.rows[i].what, "embargo");
		assert_string_equal(l.rows[i].basis, "infected");
		assert_string_equal(l.rows[i].person, "");
		memcpy(flag, l.rows[i].id, SR_ID);
	}
	sr_flags_free(&l);
	return is;
}

static void new_signatures(void **state) {
	struct desk *d = desk_new();
	uint8_t flag[SR_ID];
	struct sr_buf text;

	(void)state;
	sr_buf_init(&text);
	assert_int_equal(scans(d), 0); /* nobody has it open: nobody can */
	look(d);
	assert_int_equal(scans(d), 1);
	assert_int_equal(scans(d), 0); /* it has said all */
	clamd_says(&d->clamd, "2", "nothing has this");
	assert_int_equal(scans(d), 1);
	assert_ok(world_read(d->w, &d->c, 0, &text), &d->w->e);
	/* It knows a word of the second file. */
	clamd_says(&d->clamd, "3", "second");
	assert_int_equal(scans(d), 1);
	assert_true(closed(d, flag));
	assert_int_equal(sr_room_count(d->w->room), 0);
	assert_int_not_equal(world_read(d->w, &d->c, 0, &text), 0);
	assert_fails(world_checkout(d->w, &d->c), SR_DENIED, &d->w->out.err, "embargo");
	/* A curator decides; the next signatures name the same file, and are not asked about. */
	assert_ok(lift(d->w, &d->w->curator[0], d->item, flag), &d->w->out.err);
	look(d);
	clamd_says(&d->clamd, "4", "second");
	assert_int_equal(scans(d), 1);
	assert_false(closed(d, flag));
	assert_ok(world_read(d->w, &d->c, 1, &text), &d->w->e);
	/* Another file is another matter, and so are both. */
	clamd_says(&d->clamd, "5", "first");
	assert_int_equal(scans(d), 1);
	assert_true(closed(d, flag));
	assert_ok(lift(d->w, &d->w->officer, d->item, flag), &d->w->out.err);
	look(d);
	clamd_says(&d->clamd, "6", "word");
	assert_int_equal(scans(d), 1);
	assert_true(closed(d, flag));
	sr_buf_free(&text);
	desk_free(d);
}

/* A curator has it done again; and not each time that somebody asks for what is asked already. */
static void once_more(void **state) {
	struct desk *d = desk_new();

	(void)state;
	look(d);
	assert_int_equal(scans(d), 1);
	sr_rescan_again(d->s);
	assert_int_equal(scans(d), 1);
	assert_int_equal(scans(d), 0);
	/* A second reader's look needs none: the same content was looked at. */
	assert_ok(world_return(d->w, &d->c), &d->w->out.err);
	look(d);
	assert_int_equal(scans(d), 0);
	desk_free(d);
}

static void no_verdict(void **state) {
	struct desk *d = desk_new();
	enum sr_turn turn = SR_TURN_DONE;
	bool ended;

	(void)state;
	look(d);
	/* It ends while it is looked at; where all of it was looked at by then, nothing is due. */
	assert_ok(sr_rescan_turn(d->s, sr_mono_ms() + 1, &turn, &d->w->e), &d->w->e);
	ended = world_count(d->w, SR_T_SCAN) == 0;
	if (ended) {
		assert_ok(world_return(d->w, &d->c), &d->w->out.err);
		assert_int_equal(scans(d), 0);
		look(d);
	}
	assert_int_equal(scans(d), ended ? 1 : 0);
	/* A clamd that hangs up when it is asked who it is; then it is back, with what it knows. */
	atomic_store(&d->clamd.silent, true);
	clamd_says(&d->clamd, "2", "nothing has this");
	assert_int_equal(scans(d), 0);
	assert_string_not_equal(sr_rescan_trouble(d->s), "");
	atomic_store(&d->clamd.silent, false);
	assert_int_equal(scans(d), 1);
	assert_string_equal(sr_rescan_trouble(d->s), "");
	desk_free(d);
}

/* A pack that is damaged: the item is left out, on no record, until scanners are asked again. */
static void unreadable(void **state) {
	struct desk *d = desk_new();
	char command[300];
	enum sr_turn turn = SR_TURN_AGAIN;

	(void)state;
	look(d);
	snprintf(command, sizeof command,
		"find '%.200s' -path '*packs/*' -size +8k -exec truncate -s 100 {} +", d->w->path);
	assert_int_equal(system(command), 0);
	sr_rescan_pace(d->s, 3600000);
	for (int i = 0; i < 2000 && turn != SR_TURN_DONE; i++) {
		assert_ok(sr_rescan_turn(d->s, sr_mono_ms() + 50, &turn, &d->w->e), &d->w->e);
		if (turn == SR_TURN_WAITS)
			usleep(1000);
	}
	assert_int_equal(turn, SR_TURN_DONE);
	assert_int_equal(world_count(d->w, SR_T_SCAN), 0);
	assert_non_null(strstr(sr_rescan_trouble(d->s), "item "));
	desk_free(d);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_signatures),
		cmocka_unit_test(once_more),
		cmocka_unit_test(no_verdict),
		cmocka_unit_test(unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
