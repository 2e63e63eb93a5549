/*
 * library - see library.h.
 */
#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

int sr_library_load(
	const char *library, const struct sr_library_name *names, size_t count, struct sr_err *e) {
	void *lib = dlopen(library, RTLD_NOW | RTLD_LOCAL);

	if (lib == NULL) {
		const char *why = dlerror();

		return sr_fail(e, SR_UNSUPPORTED, "%s cannot be loaded, is it installed? (%s)",
			library, why != NULL ? why : "no reason given");
	}
	for (size_t i = 0; i < count; i++) {
		void *found = dlsym(lib, names[i].name);

		if (found == NULL)
			return sr_fail(e, SR_UNSUPPORTED,
				"%s has no function %s: it is another version", library,
				names[i].name);
		memcpy(names[i].at, &found, sizeof found);
	}
	return 0;
}
