#!/bin/bash
# The policy engine is usable without the vault: in the installed form, with the library, and as source files taken into
# another program with three files of base.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

command -v cc >/dev/null || skip 'there is no C compiler named cc'
cat >app.c <<'END'
#include <stdio.h>

#ifdef INSTALLED
#include <cedar.h>
#else
#include <strongroom/cedar.h>
#endif

int main(void) {
	struct sr_cedar_policies *p = NULL;
	struct sr_cedar_entities *s = NULL;
	struct sr_cedar_request *r = NULL;
	struct sr_cedar_answer *a = NULL;
	struct sr_err e;
	if (sr_cedar_policies_new(&p, &e) != 0 ||
		sr_cedar_policies_parse(p, sr_bytes_str(
			"@why(\"members may look\") permit(principal in Team::\"t\", action == Action::\"look\", resource);\n"
			"forbid(principal, action, resource) when { context.hour < 8 };"), &e) != 0 ||
		sr_cedar_entities_load(&s, sr_bytes_str("[{\"uid\":{\"type\":\"User\",\"id\":\"rose\"},\"attrs\":{},"
			"\"parents\":[{\"type\":\"Team\",\"id\":\"t\"}]}]"), &e) != 0 ||
		sr_cedar_request_load(&r, sr_bytes_str("{\"principal\":{\"type\":\"User\",\"id\":\"rose\"},"
			"\"action\":{\"type\":\"Action\",\"id\":\"look\"},\"resource\":{\"type\":\"Item\",\"id\":\"i\"},"
			"\"context\":{\"hour\":9}}"), &e) != 0 ||
		sr_cedar_authorize(&a, p, s, r, &e) != 0) {
		fprintf(stderr, "%s\n", e.text);
		return 2;
	}
	printf("%s: %.*s\n", a->decision == SR_CEDAR_ALLOW ? "allow" : "deny",
		(int)a->reasons[0]->annotations[0].value.len, (const char *)a->reasons[0]->annotations[0].value.p);
	sr_cedar_answer_free(a);
	sr_cedar_request_free(r);
	sr_cedar_entities_free(s);
	sr_cedar_policies_free(p);
	return 0;
}
END

# As source: policy/, its header, and bytes, err, escape, banned of base.
mkdir -p alone/base alone/include/strongroom
cp -r "$SR_SOURCE/policy" alone/
cp "$SR_SOURCE"/include/strongroom/cedar.h alone/include/strongroom/
cp "$SR_SOURCE"/vault/base/{bytes,err,escape}.[ch] "$SR_SOURCE/vault/base/banned.h" alone/base/
ok cc -std=c11 -Wall -Wextra -Werror -D_GNU_SOURCE -Ialone -Ialone/include -include base/banned.h \
	-o app alone/policy/*.c alone/base/*.c app.c
ok ./app
[[ $OUT = 'allow: members may look' ]] || fail "the program with the sources says: $OUT"

# As installed: the headers that `make install` copies, in their places, and the library (of this build, so without
# sanitizers only).
sanitized && exit 0
counted && exit 0
mkdir -p prefix/include/strongroom/base
cp "$SR_SOURCE"/include/strongroom/*.h prefix/include/strongroom/
cp "$SR_SOURCE"/vault/base/{err,bytes}.h prefix/include/strongroom/base/
ok cc -std=c11 -Wall -Wextra -Werror -DINSTALLED -Iprefix/include/strongroom -o app2 app.c "$B/libstrongroom.a"
ok ./app2
[[ $OUT = 'allow: members may look' ]] || fail "the program with the library says: $OUT"
