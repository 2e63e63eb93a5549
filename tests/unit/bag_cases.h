/*
 * bag_cases - folders of bags whose place says what must come of them, as the conformance suite of
 * the Library of Congress has them. Shared by a unit test and by bagit-suite.
 *
 * A folder in a folder named `valid`, `invalid`, `warning`, `darwin-only`, `linux-only` or
 * `windows-only` is a bag. valid and darwin-only (names that only that system composes otherwise):
 * accepted; warning: accepted with a warning; the others: refused, and where the name
 * of the bag says why (reasons below), that reason must be among the findings. The last two are
 * paths that lead out of the bag on one system; they are refused on every one. What is judged is
 * validity (RFC 8493, 3): a complete bag with lines in fetch.txt is valid, and says that no deposit
 * takes it.
 */
#ifndef SR_TESTS_BAG_CASES_H
#define SR_TESTS_BAG_CASES_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/escape.h"
#include "intake/bag.h"

enum {
	BAGS_PATH = 4200
};

struct bag_tally {
	size_t passed, failed;
	bool quiet; /* only failures are printed */
};

enum bag_class {
	BAGS_NONE,
	BAGS_VALID,
	BAGS_WARNING,
	BAGS_INVALID
};

static inline enum bag_class bags_class(const char *folder) {
	static const struct {
		const char *name;
		enum bag_class is;
	} names[] = {{"valid", BAGS_VALID}, {"darwin-only", BAGS_VALID}, {"warning", BAGS_WARNING},
		{"invalid", BAGS_INVALID}, {"linux-only", BAGS_INVALID},
		{"windows-only", BAGS_INVALID}};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(folder, names[i].name) == 0)
			return names[i].is;
	return BAGS_NONE;
}

/* The finding that a bag of this name must have, or SR_BAG_KINDS: any. */
static inline enum sr_bag_kind bags_reason(const char *name) {
	static const struct {
		const char *piece;
		enum sr_bag_kind is;
	} reasons[] = {{"out-of-scope", SR_BAG_SCOPE}, {"extra-file", SR_BAG_EXTRA},
		{"corrupt-", SR_BAG_DIGEST}, {"bom-in-bagit", SR_BAG_DECLARATION},
		{"missing-bagit.txt", SR_BAG_DECLARATION},
		{"baginfo-missing-encoding", SR_BAG_DECLARATION},
		{"invalid-version", SR_BAG_DECLARATION}, {"missing-baginfo", SR_BAG_MISSING},
		{"listed-twice", SR_BAG_TWICE}, {"notAllManifests", SR_BAG_MISSING},
		{"bagit-with-invalid-whitespace", SR_BAG_DECLARATION}};

	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (strstr(name, reasons[i].piece) != NULL)
			return reasons[i].is;
	return SR_BAG_KINDS;
}

static inline bool bags_has(const struct sr_bag *b, enum sr_bag_kind k) {
	size_t count = 0;
	const struct sr_bag_finding *f = sr_bag_findings(b, &count);

	for (size_t i = 0; i < count; i++)
		if (f[i].refuses && f[i].kind == k)
			return true;
	return k == SR_BAG_KINDS;
}

/* NULL if the bag is judged as its class and name say. */
static inline const char *bags_wrong(
	const struct sr_bag *b, enum bag_class class, const char *name, char *why, size_t size) {
	const enum sr_bag_kind k = bags_reason(name);

	switch (class) {
	case BAGS_VALID:
		return sr_bag_refusals(b) == 0 ? NULL : "a valid bag is refused";
	case BAGS_WARNING:
		return sr_bag_refusals(b) != 0   ? "a bag that only wants a warning is refused"
		       : sr_bag_warnings(b) == 0 ? "it is accepted without a warning"
						 : NULL;
	case BAGS_INVALID:
		if (sr_bag_refusals(b) == 0)
			return "an invalid bag is accepted";
		if (bags_has(b, k))
			return NULL;
		(void)snprintf(why, size, "it is refused, but not for its %s", sr_bag_kind_name(k));
		return why;
	case BAGS_NONE:
		break;
	}
	return "no class";
}

static inline void bags_show(const struct sr_bag *b) {
	size_t count = 0;
	const struct sr_bag_finding *f = sr_bag_findings(b, &count);

	for (size_t i = 0; i < count; i++)
		(void)printf("    %s (%s): %s\n", f[i].refuses ? "refused" : "warning",
			sr_bag_kind_name(f[i].kind), f[i].text);
}

static inline void bags_one(
	struct bag_tally *t, const char *path, const char *name, enum bag_class class) {
	struct sr_err e = {0};
	struct sr_bag *b = NULL;
	char why[128];

	if (sr_bag_read(&b, path, NULL, &e) != 0 || b == NULL) {
		t->failed++;
		(void)printf("%s: FAILED: %s\n", path, e.text);
		return;
	}
	const char *wrong = bags_wrong(b, class, name, why, sizeof why);
	if (wrong != NULL)
		t->failed++;
	else
		t->passed++;
	if (wrong != NULL || !t->quiet) {
		(void)printf("%s: %s%s\n", path, wrong != NULL ? "FAILED: " : "",
			wrong != NULL             ? wrong
			: class == BAGS_INVALID   ? "refused"
			: sr_bag_warnings(b) == 0 ? "accepted"
			: sr_bag_fetches(b) > 0   ? "valid; no deposit takes it (fetch.txt)"
						  : "accepted with warnings");
		bags_show(b);
	}
	sr_bag_free(b);
}

static inline bool bag_cases_in(struct bag_tally *t, const char *path, enum bag_class class) {
	struct dirent **names = NULL;
	bool ok = true;
	const int n = scandir(path, &names, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		char below[BAGS_PATH];
		const char *name = names[i]->d_name;
		struct stat st;
		const int len = snprintf(below, sizeof below, "%s/%s", path, name);

		if (name[0] == '.' || len < 0 || (size_t)len >= sizeof below ||
			lstat(below, &st) != 0 || !S_ISDIR(st.st_mode))
			; /* a Makefile beside the bags, a licence */
		else if (class != BAGS_NONE)
			bags_one(t, below, name, class);
		else
			ok = bag_cases_in(t, below, bags_class(name)) && ok;
		free(names[i]);
	}
	free(names);
	return ok && n >= 0;
}

/* Every bag in and below ${path}, by its own name and that of the folder it lies in; false: it
 * cannot be read. */
static inline bool bag_cases(struct bag_tally *t, const char *path) {
	char *real = realpath(path, NULL), *name = real != NULL ? strrchr(real, '/') : NULL;
	enum bag_class own, around = BAGS_NONE;
	bool ok = true;

	if (name == NULL)
		return false;
	*name++ = '\0';
	own = bags_class(name);
	if (strrchr(real, '/') != NULL)
		around = bags_class(strrchr(real, '/') + 1);
	if (own == BAGS_NONE && around != BAGS_NONE)
		bags_one(t, path, name, around); /* one bag */
	else
		ok = bag_cases_in(t, path, own);
	free(real);
	return ok;
}

#endif
