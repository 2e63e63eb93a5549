#!/bin/bash
# What programs say of files, extracted in the sandbox by itself after a deposit: shown beside the description, taken
# over by a curator, never over a curator's word; the same after a rebuild and a replay.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

[[ -x /usr/bin/pdfinfo && -x /usr/bin/exiftool && -x /usr/bin/ffprobe ]] ||
	skip 'no pdfinfo, exiftool or ffprobe here (make deps-room)'
sandboxed
founded
cat >paper.pdf <<'END'
%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj
5 0 obj<</Title(A paper)/Author(M. Weber)/CreationDate(D:20140506101112Z)>>endobj
trailer<</Root 1 0 R/Info 5 0 R/Size 6>>
%%EOF
END
printf '%%PDF-1.4\nnothing more' >broken.pdf
echo 'plain words' >words.txt
deposit paper.pdf broken.pdf words.txt
item=$ITEM
deposit words.txt
words=$ITEM
ok sr intake run
ok as cu1 intake show "$item" --json
same "$(jq -r '[.step[] | select(.step == "about") | .result] | join(" ")' out)" partly
ok as cu1 intake show "$words" --json
same "$(jq -r '[.step[] | select(.step == "about")] | length' out)" 0 'what no program knows makes no statement'
ok as cu1 show "$item"
has 'extracted .*title: A paper \(file [0-9], by pdfinfo'
has 'not-said: .*pdfinfo gives nothing of it'
ok as cu1 show "$item" --json
same "$(jq -r '[.extracted[] | select(.field == "pages") | .value] | join(" ")' out)" 1
same "$(jq -r '.pages // "none"' out)" none 'an extracted fact is no description'

# Taken over where nobody said anything; never over a curator's word.
ok as cu1 describe "$item" --title 'Another title' --quiet
refused 2 'title: a curator has said it already: --title says otherwise' as cu1 describe "$item" --from-extracted title
refused 1 'duration: no program said anything' as cu1 describe "$item" --from-extracted duration
refused 2 'there is no field "colour"' as cu1 describe "$item" --from-extracted colour
ok as cu1 describe "$item" --from-extracted all
ok as cu1 show "$item" --json
same "$(jq -c '[.title, .creator, .pages]' out)" '["Another title","M. Weber","1"]'
ok as cu2 release "$item" --reason 'looked at by hand'
ok as ri show "$item" --json
same "$(jq -c '[.creator, .extracted]' out)" '["M. Weber",[]]'
ok sr rebuild
has 'equal to the one before'
ok sr audit replay --json
same "$(json findings)" 0
