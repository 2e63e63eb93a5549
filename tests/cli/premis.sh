#!/bin/bash
# What happened to an item, as PREMIS events: of the structure that the standard has, each thing that was done and nothing
# that was not.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

command -v xmllint >/dev/null || skip 'xmllint is not there (libxml2-utils)'
founded
printf '#!/bin/sh\nif grep -q marker-word; then echo Test.Marker; exit 1; fi\n' >scan.sh
chmod +x scan.sh
printf 'command %s/scan.sh\n' "$W" >scanners.txt
ok sr intake scanners scanners.txt
for text in 'all well' 'the marker-word'; do
	echo "$text" >scanned.txt
	deposit scanned.txt
	ok as cu1 intake scan "$ITEM"
done
echo 'a page' >page.txt
released page.txt
granted "$ITEM"
checked_out "$ITEM"
ok as ri cat "$CHECKOUT"
ok as of hold "$ITEM" --reason 'a court asks'
ok sr scrub
ok as au audit export --premis --out events.xml
has '[0-9]+ events, of entries whose signature and place in the log were proven'
xmllint --noout --relaxng "$HERE/premis.rng" events.xml 2>"$W/err" || fail 'not of the structure'
count() { xmllint --xpath "count(//*[local-name()='event'][*[local-name()='eventType']='$1'])" events.xml; }
same "$(count accession)" 3
same "$(count 'virus check')" 2
same "$(count 'ingestion end')" 3
same "$(count unquarantine)" 1
same "$(count encryption)" 4 'at each deposit and at the release'
same "$(count decryption)" 4 'checkout and cat opened it, and each scan its item'
same "$(count rendering)" 1
same "$(count displaying)" 1
same "$(count 'policy assignment')" 1 'the hold'
same "$(count 'fixity check')" 1
same "$(count exporting)" 0
same "$(count deletion)" 0
of() { xmllint --xpath "string(//*[local-name()='event'][*[local-name()='eventType']='$1']//*[local-name()='$2'])" events.xml; }
outcomes() { xmllint --xpath "//*[local-name()='event'][*[local-name()='eventType']='$1']//*[local-name()='eventOutcome']/text()" events.xml; }
same "$(outcomes 'virus check' | tr '\n' ' ')" 'pass fail '
same "$(of 'fixity check' eventOutcome)" pass
same "$(of rendering linkingObjectIdentifierValue)" "$ITEM"
same "$(of unquarantine linkingAgentIdentifierValue)" "$(who cu2)"
same "$(xmllint --xpath 'count(//@valueURI[contains(., "/eventType/unq")])' events.xml)" 1
! grep -q 'paper\|Name of\|a court' events.xml || fail 'words of people'
# Every event has an identifier of its own, and what it links to is there.
xmllint --xpath "//*[local-name()='eventIdentifierValue']/text()" events.xml | sort | uniq -d >twice
[[ ! -s twice ]] || fail 'identifiers twice'
for id in $(xmllint --xpath "//*[local-name()='linkingObjectIdentifierValue']/text()" events.xml | sort -u); do
	grep -q "<objectIdentifierValue>$id</objectIdentifierValue>" events.xml || fail "no object $id"
done
for id in $(xmllint --xpath "//*[local-name()='linkingAgentIdentifierValue']/text()" events.xml | grep '^p-' | sort -u); do
	grep -q "<agentIdentifierValue>$id</agentIdentifierValue>" events.xml || fail "no agent $id"
done
# From the middle of the log: what was read is known by its checkout.
ok as au log --type viewed --json
entry=$(jq '[.[] | select(any(.fields[]; . == ["event", "read"])) | .index] | max' out)
ok as au audit export --premis --from "$entry" --to $((entry + 1))
has "<linkingObjectIdentifierType>strongroom checkout</linkingObjectIdentifierType><linkingObjectIdentifierValue>$CHECKOUT<"
hasnt 'linkingObjectIdentifierType>strongroom vault'
xmllint --noout --relaxng "$HERE/premis.rng" out || fail 'of the middle: not of the structure'
ok as au audit export --premis --from 5 --to 6
xmllint --noout --relaxng "$HERE/premis.rng" out || fail 'without an event: not of the structure'
refused 2 'premis' as au audit export
refused 1 'auditors and officers' as ri audit export --premis
