#!/bin/bash
# A request of 10,000 items is fetched for a vote: what another caller of the same core waits meanwhile, with all of it in
# one piece and in pages.
exec env MATERIAL_ITEMS="${ITEMS:-10000}" "$B/t/test_core_client_material"
