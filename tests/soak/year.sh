#!/bin/bash
# A whole year of 40 people, 3 boards and 300 requests, in under two minutes, replayed and compared.
exec env YEAR_MONTHS=12 YEAR_LIMIT_S="${YEAR_LIMIT_S:-120}" "$B/t/test_core_year"
