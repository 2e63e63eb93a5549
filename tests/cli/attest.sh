#!/bin/bash
# What an officer attests is shown to voters; who supervises does not vote, nor who is in conflict.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

founded 4 2
echo text >f
released f
requested "$ITEM"
ri=$(who ri) m1=$(who m1)
ok as of attest "$ri" --kind training --term trauma-awareness --ends 365d --note 'course of March'
ok as of attest m1.id.card --kind supervisor-of --of ri.id.card --json
near=$(json attestation)
refused 1 'attest-incomplete' as of attest "$ri" --kind supervisor-of
refused 2 'kind is missing' as of attest "$ri"
refused 1 'role-missing|no officer' as cu1 attest "$ri" --kind training --term x
ok as m2 person show "$ri" --json
same "$(json attestations.0.term)" trauma-awareness
same "$(json attestations.0.note)" 'course of March'
ok as m2 person show "$ri"
has "attested +$ri training trauma-awareness"
ok as m2 request show "$REQUEST"
has "attested +$ri training"
has "does not vote +$m1"
ok as m2 request show "$REQUEST" --json
same "$(json tally.eligible)" 3
same "$(json conflicts.0.voter)" "$m1"
refused 1 'rule supervisor' as m1 vote "$REQUEST" approve
# A depositor learns nothing of it.
refused 1 'no person' as de person show "$ri"
refused 1 'not found|no attestation' as de attest end "${near:0:8}"
ok as de person show m1.id.card
hasnt 'attested'
refused 1 'own|reason|role' as ri attest end "${near:0:8}" --reason 'we agree'
ok as of attest end "${near:0:8}" --reason 'another supervisor'
refused 1 'attestation-ended' as of attest end "${near:0:8}"
ok as m1 vote "$REQUEST" approve
ok as m1 person show m1.id.card
has '\(no longer\)'
ok as au log --type attest
has supervisor-of
