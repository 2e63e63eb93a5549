/*
 * beats - when the log was published and witnessed, kept so that silence can be seen afterwards:
 * ledger/beats, lines that are only ever added to.
 *
 *   <kind> <seconds since 1970> <size of the log> <32 hex digits>
 *
 *   up     core began to serve            beat   a checkpoint was published for the witnesses
 *   down   it ended, in order             met    their quorum cosigned that size
 *
 * The digits are BLAKE2b(journal key; "strongroom/beat/v1"; origin, digits of the line before, the
 * line up to them), cut to 16 bytes: without the service keys no line can be changed, added or
 * taken out, but for the last ones. It is the vault's own record: what others can check are
 * cosignatures, and a witness keeps its own. A line that is missing reads as silence, so a disk
 * that refuses one stops nothing; neither does a torn last line, which goes with the next that is
 * written.
 *
 * Lines are not synced one by one: a power cut may take the last ones with it, which reads as
 * silence. Who has the disk alone can cut the end off, but not fill a silence.
 *
 * When the service keys change (board/rotate.h) the lines get the digits of the next journal key:
 * nobody keeps the one before. From the first line on that was changed by then, all stay as they
 * are, so that it still shows.
 */
#ifndef SR_BOARD_BEATS_H
#define SR_BOARD_BEATS_H

#include "board/vault.h"

enum sr_beat {
	SR_BEAT_UP,
	SR_BEAT_BEAT,
	SR_BEAT_MET,
	SR_BEAT_DOWN
};
enum {
	SR_BEAT_GAP_S = 600 /* silence of more than 10 minutes is a sign (DESIGN 6) */
};

/* Add a line of now. What fails is left out, and shows. */
void sr_beats_note(struct sr_vault *v, enum sr_beat kind, uint64_t size);
/* While a change of the service keys is under way: all lines under the next ones. Done twice it is
 * as done once. */
SR_MUST int sr_beats_renew(struct sr_vault *v, struct sr_err *e);

struct sr_beat_row {
	enum sr_beat kind;
	int64_t time;
	uint64_t size;
};
/* What shows silence and waiting: rows that would change neither are left out. */
struct sr_beats {
	struct sr_beat_row *rows;
	size_t count;
	bool broken; /* the lines behind these were changed, or taken out */
};
SR_MUST int sr_beats_read(struct sr_beats *out, struct sr_vault *v, struct sr_err *e);
void sr_beats_free(struct sr_beats *l);

/* Silence while core ran, in order: from one sign of life to the next. ${until}: now; what still
 * lasts counts. */
struct sr_silence {
	int64_t from, to;
	uint64_t size;
	bool cut; /* core began anew without having ended: how long it ran is not known */
};
/* A time in which entries waited for the quorum: from the oldest that waited. */
struct sr_window {
	int64_t from, to;
	uint64_t entry, entries; /* the first that waited, and how many */
	bool open;               /* they still do */
};
/* Calls ${each} for every silence of more than SR_BEAT_GAP_S. Pure. */
SR_MUST int sr_beats_silences(const struct sr_beats *l, int64_t until,
	int (*each)(void *ctx, const struct sr_silence *s, struct sr_err *e), void *ctx,
	struct sr_err *e);
/* Of ${v}'s log, longer than ${least_s} seconds. */
SR_MUST int sr_beats_windows(const struct sr_beats *l, struct sr_vault *v, int64_t least_s,
	int (*each)(void *ctx, const struct sr_window *w, struct sr_err *e), void *ctx,
	struct sr_err *e);

#endif
