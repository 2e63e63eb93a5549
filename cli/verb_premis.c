/*
 * audit export --premis: what happened to items, as PREMIS 3.0 events (loc.gov/standards/premis),
 * out of entries that were proven here one by one.
 *
 *   statement            events (id.loc.gov/vocabulary/preservation/eventType)
 *   accession            acc accession, mes message digest calculation, enc encryption, qua
 *                        quarantine
 *   scan                 vir virus check (clean; infected or not whole: fail)
 *   stored               ine ingestion end
 *   describe             mem metadata modification
 *   release              unq unquarantine, enc
 *   reseal               enc
 *   redact               red redaction, acc
 *   embargo hold seal    poa policy assignment
 *   retention policy
 *   viewed               open: der decryption; read, read-part: ren rendering, dsp displaying
 *                        (export: none, for nobody sees anything, and what left is told below)
 *   export               exp exporting, dis dissemination
 *   destroy              del deletion
 *   scrub                fix fixity check (pass, fail)
 *   collect              ref refreshment
 *   backup               rep replication
 *   recover              rec recovery
 *   found, key-epoch     dsg digital signature generation: keys by which the log is believed
 *
 * Requests, votes and grants are no preservation events; `log` has them. An event is known by its
 * statement's id and its code; persons are agents by their pseudonyms. PREMIS wants objects first,
 * so events are kept until the end. All that comes from outside are words of the grammar of
 * statements (ids, tokens, decimals), recipients and names of scanners, which are escaped.
 */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "cli/verbs.h"

const struct cli_option cli_audit_export_options[] = {
	{"premis", CLI_FLAG, NULL, "as PREMIS 3.0 events in XML"},
	{"from", CLI_ONE, "N", "from this entry"},
	{"to", CLI_ONE, "N", "to before this entry"},
	{"out", CLI_ONE, "F", "write to the new file F"},
	{NULL, CLI_FLAG, NULL, NULL},
};

#define VOCABULARY "http://id.loc.gov/vocabulary/preservation/eventType"

enum code {
	ACC,
	MES,
	ENC,
	QUA,
	VIR,
	INE,
	MEM,
	UNQ,
	RED,
	POA,
	DER,
	REN,
	DSP,
	EXP,
	DIS,
	DEL,
	FIX,
	REF,
	REP,
	REC,
	DSG,
	NONE
};

static const struct {
	const char *code, *label;
} codes[] = {
	[ACC] = {"acc", "accession"},
	[MES] = {"mes", "message digest calculation"},
	[ENC] = {"enc", "encryption"},
	[QUA] = {"qua", "quarantine"},
	[VIR] = {"vir", "virus check"},
	[INE] = {"ine", "ingestion end"},
	[MEM] = {"mem", "metadata modification"},
	[UNQ] = {"unq", "unquarantine"},
	[RED] = {"red", "redaction"},
	[POA] = {"poa", "policy assignment"},
	[DER] = {"der", "decryption"},
	[REN] = {"ren", "rendering"},
	[DSP] = {"dsp", "displaying"},
	[EXP] = {"exp", "exporting"},
	[DIS] = {"dis", "dissemination"},
	[DEL] = {"del", "deletion"},
	[FIX] = {"fix", "fixity check"},
	[REF] = {"ref", "refreshment"},
	[REP] = {"rep", "replication"},
	[REC] = {"rec", "recovery"},
	[DSG] = {"dsg", "digital signature generation"},
};

/* Which events a type is; ends with NONE. */
static const struct mapping {
	enum sr_type_id type;
	enum code events[6];
} mappings[] = {
	{SR_T_FOUND, {DSG, NONE}},
	{SR_T_KEY_EPOCH, {DSG, NONE}},
	{SR_T_ACCESSION, {ACC, MES, ENC, QUA, NONE}},
	{SR_T_SCAN, {VIR, NONE}},
	{SR_T_STORED, {INE, NONE}},
	{SR_T_DESCRIBE, {MEM, NONE}},
	{SR_T_RELEASE, {UNQ, ENC, NONE}},
	{SR_T_RESEAL, {ENC, NONE}},
	{SR_T_REDACT, {RED, ACC, NONE}},
	{SR_T_EMBARGO, {POA, NONE}},
	{SR_T_HOLD, {POA, NONE}},
	{SR_T_SEAL, {POA, NONE}},
	{SR_T_RETENTION, {POA, NONE}},
	{SR_T_POLICY, {POA, NONE}},
	{SR_T_EXPORT, {EXP, DIS, NONE}},
	{SR_T_DESTROY, {DEL, NONE}},
	{SR_T_SCRUB, {FIX, NONE}},
	{SR_T_COLLECT, {REF, NONE}},
	{SR_T_BACKUP, {REP, NONE}},
	{SR_T_RECOVER, {REC, NONE}},
};
static const struct { /* of viewed, by its event */
	const char *event;
	enum code events[3];
} views[] = {{"open", {DER, NONE}}, {"read", {REN, DSP, NONE}}, {"read-part", {REN, DSP, NONE}}};

struct writing {
	struct cli *c;
	struct sr_buf events;
	json_t *objects, *agents; /* sets: value -> type */
	json_t *checkouts;        /* checkout -> item */
	uint64_t count;
};

/* --- XML -------------------------------------------------------------------------------------- */

static void put(struct sr_buf *b, struct sr_bytes v) {
	for (size_t i = 0; i < v.len; i++) {
		const uint8_t c = v.p[i];

		if (c == '&')
			sr_buf_put_str(b, "&amp;");
		else if (c == '<')
			sr_buf_put_str(b, "&lt;");
		else if (c == '>')
			sr_buf_put_str(b, "&gt;");
		else if (c == '"')
			sr_buf_put_str(b, "&quot;");
		else if (c >= 0x20 && c < 0x7f) /* statements have nothing else */
			sr_buf_put_u8(b, c);
		else
			sr_buf_put_str(b, "?");
	}
}

static void element(struct sr_buf *b, const char *name, struct sr_bytes v) {
	sr_buf_printf(b, "<%s>", name);
	put(b, v);
	sr_buf_printf(b, "</%s>", name);
}

/* <xIdentifier><xIdentifierType/><xIdentifierValue/>${more}</xIdentifier> */
static void identifier(struct sr_buf *b, const char *of, const char *type, struct sr_bytes value,
	const char *role) {
	sr_buf_printf(b, "<%sIdentifier><%sIdentifierType>%s</%sIdentifierType>", of, of, type, of);
	sr_buf_printf(b, "<%sIdentifierValue>", of);
	put(b, value);
	sr_buf_printf(b, "</%sIdentifierValue>", of);
	if (role != NULL)
		sr_buf_printf(b, "<linkingAgentRole>%s</linkingAgentRole>", role);
	sr_buf_printf(b, "</%sIdentifier>", of);
}

/* --- one event -------------------------------------------------------------------------------- */

static int remember(json_t *set, struct sr_bytes value, const char *type) {
	char key[300];

	snprintf(key, sizeof key, "%.*s", (int)value.len, (const char *)value.p);
	return json_object_set_new(set, key, json_string(type)) == 0 ? 0 : SR_NOMEM;
}

/* The lines that say most, as they stand. */
static void put_detail(struct sr_buf *b, const struct sr_entry *en) {
	static const char *const keys[] = {"event", "form", "hazard", "level", "number", "items",
		"files", "bytes", "basis", "due", "ends", "recipient", "sha256", "packs", "objects",
		"envelopes", "removed", "added", "set", "scanner", "signatures", "result", "clean",
		"infected", "not-scanned"};
	const struct sr_statement *s = &en->statement;

	sr_buf_printf(b, "<eventDetailInformation><eventDetail>%s, entry %llu of the log",
		s->type->name, (unsigned long long)en->index);
	for (size_t i = s->fields_at; i < s->text.count; i++) {
		const struct sr_line *l = &s->text.lines[i];

		for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
			if (!sr_bytes_eq(l->key, sr_bytes_str(keys[k])))
				continue;
			sr_buf_printf(b, "; %s ", keys[k]);
			put(b, l->value);
		}
	}
	sr_buf_put_str(b, "</eventDetail></eventDetailInformation>");
}

static void put_outcome(struct sr_buf *b, enum code c, const struct sr_statement *s) {
	const char *outcome = "success", *note = NULL;

	if (c == VIR) {
		if (!sr_bytes_eq(sr_field(s, "result", 0), sr_bytes_str("clean")))
			outcome = "fail";
		else
			outcome = "pass";
		note = "of every file, by a scanner of the site; what it cannot open is not clean";
	} else if (c == FIX) {
		outcome = sr_bytes_eq(sr_field(s, "result", 0), sr_bytes_str("whole")) ? "pass"
										       : "fail";
	} else if (c == REP) {
		outcome = sr_bytes_eq(sr_field(s, "result", 0), sr_bytes_str("made")) ? "success"
										      : "begun";
	} else if (c == MES) {
		note = "SHA-256, computed by the depositor's program and signed by its root";
	}
	sr_buf_printf(b, "<eventOutcomeInformation><eventOutcome>%s</eventOutcome>", outcome);
	if (note != NULL)
		sr_buf_printf(b,
			"<eventOutcomeDetail><eventOutcomeDetailNote>%s</eventOutcomeDetailNote>"
			"</eventOutcomeDetail>",
			note);
	sr_buf_put_str(b, "</eventOutcomeInformation>");
}

static int link_objects(struct writing *w, const struct sr_statement *s) {
	static const struct {
		const char *key, *type;
	} kinds[] = {{"item", "strongroom item"}, {"parent", "strongroom item"},
		{"accession", "strongroom accession"}, {"request", "strongroom request"},
		{"board", "strongroom board"}};
	bool any = false;
	int rc = 0;

	for (size_t k = 0; k < sizeof kinds / sizeof kinds[0] && rc == 0; k++) {
		if (sr_type_field(s->type, sr_bytes_str(kinds[k].key)) == NULL)
			continue;
		for (size_t i = 0; i < sr_field_count(s, kinds[k].key) && rc == 0; i++) {
			const struct sr_bytes v = sr_word(sr_field(s, kinds[k].key, i), 0);

			identifier(&w->events, "linkingObject", kinds[k].type, v, NULL);
			rc = remember(w->objects, v, kinds[k].type);
			any = true;
		}
	}
	if (s->type->id == SR_T_VIEWED) { /* its item is that of the checkout */
		char checkout[80];
		const struct sr_bytes v = sr_field(s, "checkout", 0);

		snprintf(checkout, sizeof checkout, "%.*s", (int)v.len, (const char *)v.p);
		const char *item = json_string_value(json_object_get(w->checkouts, checkout));
		/* One that began before --from: the checkout says which item. */
		const char *type = item != NULL ? "strongroom item" : "strongroom checkout";
		const struct sr_bytes of = sr_bytes_str(item != NULL ? item : checkout);
		identifier(&w->events, "linkingObject", type, of, NULL);
		rc = remember(w->objects, of, type);
		any = true;
	}
	if (!any) /* about the log as a whole */
		identifier(&w->events, "linkingObject", "strongroom vault",
			sr_bytes_str(sr_client_info(w->c->client)->origin), NULL);
	return rc;
}

static int put_event(struct writing *w, const struct sr_entry *en, enum code c) {
	const struct sr_statement *s = &en->statement;
	const bool members = s->type->id == SR_T_FOUND;
	const char *actor = members         ? "the founding members"
			    : s->by_service ? "room"
					    : s->head.actor;
	struct sr_buf *b = &w->events;
	char id[2 * SR_ID + 8], hex[2 * SR_ID + 1], time[SR_TIME_TEXT];
	int rc;

	sr_hex(hex, s->head.id, SR_ID);
	snprintf(id, sizeof id, "%s.%s", hex, codes[c].code);
	sr_time_format(time, en->received);
	sr_buf_put_str(b, "<event>");
	identifier(b, "event", "strongroom statement", sr_bytes_str(id), NULL);
	sr_buf_printf(b,
		"<eventType authority=\"eventType\" authorityURI=\"%s\" valueURI=\"%s/%s\">%s"
		"</eventType><eventDateTime>%s</eventDateTime>",
		VOCABULARY, VOCABULARY, codes[c].code, codes[c].label, time);
	put_detail(b, en);
	put_outcome(b, c, s);
	identifier(b, "linkingAgent", "strongroom person", sr_bytes_str(actor),
		s->by_service ? "executing program" : "implementer");
	rc = remember(w->agents, sr_bytes_str(actor),
		members         ? "organization"
		: s->by_service ? "software"
				: "person");
	if (rc == 0)
		rc = link_objects(w, s);
	sr_buf_put_str(b, "</event>\n");
	w->count++;
	return rc;
}

static int each(void *ctx, const struct sr_entry *en, struct sr_err *e) {
	struct writing *w = ctx;
	const struct sr_statement *s = &en->statement;
	const enum code *events = NULL;
	int rc = 0;

	if (cli_stopped != 0)
		return sr_fail(e, SR_LOCKED, "stopped on request");
	if (s->type->id == SR_T_CHECKOUT) {
		char checkout[80], item[80];
		const struct sr_bytes k = sr_field(s, "checkout", 0), i = sr_field(s, "item", 0);

		snprintf(checkout, sizeof checkout, "%.*s", (int)k.len, (const char *)k.p);
		snprintf(item, sizeof item, "%.*s", (int)i.len, (const char *)i.p);
		rc = json_object_set_new(w->checkouts, checkout, json_string(item)) == 0 ? 0
											 : SR_NOMEM;
	}
	for (size_t i = 0; i < sizeof mappings / sizeof mappings[0]; i++)
		if (mappings[i].type == s->type->id)
			events = mappings[i].events;
	for (size_t i = 0; s->type->id == SR_T_VIEWED && i < sizeof views / sizeof views[0]; i++)
		if (sr_bytes_eq(sr_field(s, "event", 0), sr_bytes_str(views[i].event)))
			events = views[i].events;
	for (; events != NULL && *events != NONE && rc == 0; events++)
		rc = put_event(w, en, *events);
	return rc == 0 ? 0 : sr_fail(e, (enum sr_code)rc, "export: out of memory");
}

/* --- the document ----------------------------------------------------------------------------- */

static void put_object(struct sr_buf *b, const char *type, const char *value) {
	sr_buf_put_str(b, "<object xsi:type=\"intellectualEntity\">");
	identifier(b, "object", type, sr_bytes_str(value), NULL);
	sr_buf_put_str(b, "</object>\n");
}

static void put_document(struct sr_buf *b, const struct writing *w) {
	const char *key;
	json_t *type;

	sr_buf_put_str(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<premis "
			  "xmlns=\"http://www.loc.gov/premis/v3\" "
			  "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
			  "xsi:schemaLocation=\"http://www.loc.gov/premis/v3 "
			  "http://www.loc.gov/standards/premis/premis.xsd\" version=\"3.0\">\n");
	put_object(b, "strongroom vault", sr_client_info(w->c->client)->origin);
	json_object_foreach(w->objects, key, type) {
		put_object(b, json_string_value(type), key);
	}
	sr_buf_put_buf(b, &w->events);
	json_object_foreach(w->agents, key, type) {
		sr_buf_put_str(b, "<agent>");
		identifier(b, "agent", "strongroom person", sr_bytes_str(key), NULL);
		element(b, "agentType", sr_bytes_str(json_string_value(type)));
		sr_buf_put_str(b, "</agent>\n");
	}
	sr_buf_put_str(b, "</premis>\n");
}

static int put_out(struct cli *c, const struct sr_buf *b, struct sr_err *e) {
	const char *path = cli_get(c, "out");

	if (path != NULL)
		return cli_write_file(path, sr_buf_view(b), false, e);
	if (fwrite(b->p, 1, b->len, stdout) != b->len || fflush(stdout) != 0)
		return sr_fail_errno(e, "standard output");
	return 0;
}

int verb_audit_export(struct cli *c, struct sr_err *e) {
	struct writing w = {.c = c};
	struct sr_log_ask a = {.each = each, .ctx = &w};
	struct sr_buf b;
	int rc = cli_dec(c, "from", &a.from, e);

	if (rc == 0)
		rc = cli_dec(c, "to", &a.to, e);
	if (rc == 0 && !cli_has(c, "premis"))
		rc = sr_fail(e, SR_USAGE, "--premis is missing: the one form there is");
	if (rc == 0)
		rc = cli_connect(c, CLI_PERSON, e);
	if (rc != 0)
		return rc;
	sr_buf_init_secret(&b);
	sr_buf_init_secret(&w.events);
	w.objects = json_object();
	w.agents = json_object();
	w.checkouts = json_object();
	if (w.objects == NULL || w.agents == NULL || w.checkouts == NULL)
		rc = sr_fail(e, SR_NOMEM, "export: out of memory");
	if (rc == 0)
		rc = sr_client_log(c->client, &a, e);
	if (rc == SR_DENIED)
		cli_hint(c, "auditors and officers read the whole log");
	cli_progress_end();
	if (rc == 0)
		rc = sr_buf_ok(&w.events, e);
	if (rc == 0) {
		put_document(&b, &w);
		rc = sr_buf_ok(&b, e);
	}
	if (rc == 0)
		rc = put_out(c, &b, e);
	if (rc == 0)
		cli_tell(c,
			"%llu events, of entries whose signature and place in the log were "
			"proven",
			(unsigned long long)w.count);
	json_decref(w.objects);
	json_decref(w.agents);
	json_decref(w.checkouts);
	sr_buf_free(&w.events);
	sr_buf_free(&b);
	return rc;
}
