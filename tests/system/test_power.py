# SPDX-License-Identifier: Apache-2.0
"""The power of a machine is cut while the store writes: what was committed is there afterwards, once."""

from harness import check, test
from power import cut_often

CUTS, CARELESS_CUTS = 3, 8


@test("a power cut loses and doubles no committed record")
def power_cut(cast):
    figures = cut_often(cast.folder, CUTS)
    print(f"     {figures}", flush=True)
    check(figures["committed"] > CUTS, f"hardly anything was written: {figures}")
    for name in ("lost", "doubled", "missing", "unreadable"):
        check(figures[name] == 0, f"{figures}")


@test("a store that does not wait for its disk loses committed records by power cuts, so the test can fail")
def power_cut_careless(cast):
    figures = cut_often(cast.folder, CARELESS_CUTS, "careless")
    print(f"     {figures}", flush=True)
    check(figures["lost"] + figures["unreadable"] > 0, f"nothing was lost: {figures}")
