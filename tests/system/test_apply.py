# SPDX-License-Identifier: Apache-2.0
"""A changed configuration put in force while calls go on. It runs a second time with a new start
instead, which the same calls must not survive."""

import time

import phones
from harness import check, test
from pbx import DOMAIN
from process import Cast, until
from stage import Stage
from test_survival import fails, roles_of
from traffic import CALLEES, CALLERS, Load, Talk

TALKERS, LATER = ("200", "210"), ("220", "230")
CALLS, CALLS_A_SECOND, TALK_MS, TALK_S = 40, 5, 2500, 7
NEVER = "198.51.100.77"
CHANGES = (
    ("detector guessing {\n    block", "detector guessing {\n    observe"),
    ("subscribers {", "peer branch {\n    kind pbx\n    side inside\n    address sip:127.0.0.21:5060\n"
     "    domain branch.example\n}\nnever-block " + NEVER + "\nsubscribers {"),
)
COLD = (
    ("udp 127.0.0.10:5060", "udp 127.0.0.10:5070", "listen"),
    ("ports 20000-29999", "ports 30000-39999", "media"),
    ("ringfence.db", "other.db", "store"),
)


def rewrite(ringfence, changes):
    with open(ringfence.config_path, encoding="utf-8") as file:
        text = file.read()
    for old, new in changes:
        check(old in text, f"{old!r} is not in the configuration")
        text = text.replace(old, new)
    with open(ringfence.config_path, "w", encoding="utf-8") as file:
        file.write(text)


def apply(ringfence):
    return ringfence.ask("config", "apply", "-c", ringfence.config_path)


def apply_changes(ringfence):
    before = roles_of(ringfence)
    code, text = apply(ringfence)
    check(code == 0, f"not applied: {text}")
    check("observe" in ringfence.ask("detectors", "list")[1], "the detector is as it was")
    check(NEVER in ringfence.ask("never-block", "list")[1], "the never-block list is as it was")
    check("branch" in ringfence.ask("config", "show")[1], "the peer is not shown")
    check(roles_of(ringfence) == before, f"{before} became {roles_of(ringfence)}")
    return text


def start_anew(ringfence):
    ringfence.stop()
    ringfence.start()
    return "started anew"


def change_in_calls(folder, change):
    with Cast(folder) as cast:
        stage = Stage(cast, (*TALKERS, *LATER, *CALLERS, *CALLEES), calls=1000).start()
        load = Load(cast, stage)
        load.register()
        talkers = [stage.phone(user, f"127.0.0.{31 + at}") for at, user in enumerate(TALKERS)]
        later = [stage.phone(user, f"127.0.0.{33 + at}") for at, user in enumerate(LATER)]
        for phone in talkers + later:
            phone.register(stage.target, DOMAIN)
        load.start(CALLS, CALLS_A_SECOND, TALK_MS)
        talk = Talk(stage, *talkers, TALK_S)
        talk.start()
        check(until(talk.is_heard, 15), "no call came about")
        time.sleep(1)  # audio flows, and the load is in all its states
        rewrite(stage.ringfence, CHANGES)
        words = change(stage.ringfence)
        problem, audio = talk.finish()
        check(not problem, f"the call did not end well: {problem}")
        check(all(report["received"] >= talk.frames * 98 // 100 for report in audio), f"audio was lost: {audio}")
        counts = load.finish()
        check(set(counts.values()) == {CALLS}, f"calls were dropped: {counts}")
        check(all(phones.is_good(report) for report in phones.call(*later, stage.target, DOMAIN)),
              "a new call is not heard")
        return words


@test("peers, never-block list and a detector change in calls: none is dropped, no audio is lost")
def changes_applied_in_calls(cast):
    words = change_in_calls(cast.folder, apply_changes)
    print("     " + words.replace("\n", "; "), flush=True)
    fails("with a new start instead", change_in_calls, cast.folder + "-off", start_anew)


@test("a change that needs a new start is refused in a line that names it, and nothing changes")
def cold_change_refused(cast):
    stage = Stage(cast, TALKERS).start()
    ringfence = stage.ringfence
    before, shown = roles_of(ringfence), ringfence.ask("config", "show")[1]
    for old, new, word in COLD:
        rewrite(ringfence, [(old, new)])
        code, text = apply(ringfence)
        lines = [line for line in text.splitlines() if word in line]
        check(code not in (0, 3) and len(lines) == 1 and "new start" in text, f"{new}: exit {code}: {text}")
        print(f"     exit {code}: {lines[0]}", flush=True)
        check(ringfence.ask("config", "show")[1] == shown, "what is shown as in force has changed")
        rewrite(ringfence, [(new, old)])
    # The twin: a change that needs none is taken by the same daemon.
    rewrite(ringfence, CHANGES)
    code, text = apply(ringfence)
    check(code == 0, f"a change that needs no new start: exit {code}: {text}")
    check(roles_of(ringfence) == before, f"{before} became {roles_of(ringfence)}")


@test("a mistake in a changed file is named by line and column, and nothing changes")
def mistake_refused(cast):
    ringfence = Stage(cast, TALKERS).start().ringfence
    shown = ringfence.ask("config", "show")[1]
    rewrite(ringfence, [("register-to office", "registr-to office")])
    code, text = apply(ringfence)
    check(code == 3 and "ringfence.conf:" in text and "register-to" in text, f"exit {code}: {text}")
    check(ringfence.ask("config", "show")[1] == shown, "what is shown as in force has changed")
