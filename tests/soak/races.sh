#!/bin/bash
# Two people at the same moment, 1,000 times for each pair of acts: what is lawful is asserted in the program.
exec env RACES="${RACES:-1000}" "$B/t/test_core_races"
