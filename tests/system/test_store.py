# SPDX-License-Identifier: Apache-2.0
"""The store killed at random instants: what was accepted stands in the database once."""

import os
import random
import re
import signal
import subprocess
import threading
import time

from api import Api
from harness import Skip, check, test
from ringfence import TREE, Ringfence, is_built

DRIVER = os.path.join(TREE, "tests", "system", "store-kill")
KILLS = 100


def kill_often(cast, seed, *mode):
    if not os.access(DRIVER, os.X_OK):
        raise Skip("store-kill is not built")
    result = subprocess.run([DRIVER, cast.folder, str(KILLS), str(seed), *mode], text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, timeout=300, check=False)
    found = re.search(r"accepted (\d+), kept (\d+), lost (\d+), doubled (\d+)", result.stdout)
    check(found, f"exit {result.returncode}: {result.stdout}")
    return [int(number) for number in found.groups()]


@test("the store's code killed 100 times loses and doubles no accepted record")
def store_code_killed(cast):
    accepted, kept, lost, doubled = kill_often(cast, 7)
    check(accepted > KILLS, f"only {accepted} records were accepted")
    check((lost, doubled) == (0, 0), f"{accepted} accepted, {kept} kept, {lost} lost, {doubled} doubled")


@test("a store that gives slots back before its commit loses records, so the test can fail")
def store_code_killed_wrongly(cast):
    _, _, lost, _ = kill_often(cast, 7, "release-first")
    check(lost > 0, "nothing was lost")


class Adder(threading.Thread):
    """Adds block after block and remembers those that Ringfence has confirmed."""

    def __init__(self, api, number):
        super().__init__(daemon=True)
        self.api, self.number, self.added, self.is_over = api, number, [], False

    def run(self):
        tried = 0
        while not self.is_over:
            net = f"100.{64 + self.number}.{tried // 250}.{tried % 250 + 1}"
            tried += 1
            try:
                status, _ = self.api.ask("POST", "/api/v1/blocks", {"net": net, "for": "1d"})
            except OSError:
                continue
            if status == 201:
                self.added.append(net)


def ready_store(api):
    try:
        rows = api.ask("GET", "/api/v1/status")[1]["processes"]
    except OSError:
        return None
    store = next(row for row in rows if row["name"] == "store")
    return store["pid"] if store["state"] == "ready" else None


@test("the process of the store killed 100 times under load keeps each confirmed block once")
def store_process_killed(cast):
    if not is_built():
        raise Skip("the program is not built yet")
    ringfence, chance = Ringfence(cast), random.Random(7)
    ringfence.start()
    api = Api(ringfence.socket_path)
    adders = [Adder(api, number) for number in range(3)]
    for adder in adders:
        adder.start()
    kills, until_when = 0, time.monotonic() + 200
    while kills < KILLS and time.monotonic() < until_when:
        pid = ready_store(api)
        time.sleep(chance.random() * 0.1)
        if not pid:
            continue
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
        kills += 1
        time.sleep(0.02)
    time.sleep(1)
    for adder in adders:
        adder.is_over = True
        adder.join()
    added = [net for adder in adders for net in adder.added]
    kept = [row["net"] for row in api.all("/api/v1/blocks")]
    check(kills == KILLS, f"only {kills} kills in 200 s")
    check(len(added) > KILLS, f"only {len(added)} blocks were added")
    check(not set(added) - set(kept), f"lost: {sorted(set(added) - set(kept))[:5]}")
    check(len(kept) == len(set(kept)), "a block is there twice")
    print(f"     {KILLS} kills, {len(added)} blocks confirmed, {len(kept)} kept")
