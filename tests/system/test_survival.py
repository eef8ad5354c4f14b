# SPDX-License-Identifier: Apache-2.0
"""Processes are killed while calls go on. Each test runs a second time with what it relies on switched
off: nobody starts a process again, what was saved is wiped. That run must show what the first one did not."""

import contextlib
import os
import random
import signal
import sqlite3
import threading
import time

import phones
from api import Api
from harness import check, test
from pbx import DOMAIN
from process import Cast, Failure, until
from sip_text import digest
from stage import Stage
from test_tcp import CALLEE, CALLER, PHONES, call_and_hang_up, phone, tcp_stage
from traffic import CALLEES, CALLERS, Load, Talk

ROLES = ("signal", "media", "judge", "store", "web")
TALKERS, LATER, DEVICE = ("200", "210"), ("220", "230"), "250"
BLOCKED_AT, GUESSER_AT = "127.0.0.66", "127.0.0.67"
CALLS, CALLS_A_SECOND, TALK_MS = 60, 6, 2500
TALK_S = 8
# A second without media, and what was learnt is learnt again.
LOST_BY_MEDIA = 60


def stat_of(process_id):
    """(state, parent) as the kernel has them; None where it is gone."""
    try:
        with open(f"/proc/{process_id}/stat", encoding="ascii") as file:
            words = file.read().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return words[0], int(words[1])


def fails(words, function, *arguments):
    """The second run, which must fail; words: what is switched off in it."""
    try:
        function(*arguments)
    except Failure as failure:
        print(f"     {words}: {str(failure).splitlines()[0]}", flush=True)
        return
    raise Failure(f"{words}, and yet it passes")


def is_gone(process_id):
    stat = stat_of(process_id)
    return stat is None or stat[0] == "Z"


def is_sandboxed(process_id):
    try:
        with open(f"/proc/{process_id}/status", encoding="ascii") as file:
            return "\nSeccomp:\t2" in file.read()
    except OSError:
        return False


def roles_of(ringfence):
    """{role: process id}, of several workers that of the first"""
    found = ringfence.children()
    return {role: found[name] for role in ROLES for name in found if name in (role, f"ringfence-{role}")}


def overwrite(process_id, name, byte, most=1 << 62):
    """Writes that byte all over the shared memory of that name, so much at most, through the descriptors of its holder; says
    how many there were."""
    folder, count = f"/proc/{process_id}/fd", 0
    for entry in os.listdir(folder):
        path = os.path.join(folder, entry)
        try:
            if not os.readlink(path).startswith(f"/memfd:{name}"):
                continue
            size = os.stat(path).st_size
            if size <= most:
                with open(path, "r+b", buffering=0) as file:
                    file.write(byte * size)
                count += 1
        except OSError:
            continue
    return count


def wipe(process_id, name):
    """All of it is zeroes."""
    check(overwrite(process_id, name, b"\0") > 0, f"the parent holds no memory called {name}")


class Story:
    """Phones registered, one address blocked, one login half done, calls under way."""

    def __init__(self, cast):
        self.cast = cast
        self.stage = Stage(cast, (*TALKERS, *LATER, DEVICE, *CALLERS, *CALLEES), calls=1000)
        self.problems, self.figures = {}, {}

    def begin(self):
        stage = self.stage.start()
        self.ringfence, self.parent = stage.ringfence, stage.ringfence.process.child.pid
        self.api = Api(stage.ringfence.socket_path)
        self.load = Load(self.cast, stage)
        self.load.register()
        talkers = [stage.phone(user, f"127.0.0.{31 + at}") for at, user in enumerate(TALKERS)]
        self.later = [stage.phone(user, f"127.0.0.{33 + at}") for at, user in enumerate(LATER)]
        for phone in talkers + self.later:
            phone.register(stage.target, DOMAIN)
        code, text = stage.ringfence.ask("blocks", "add", BLOCKED_AT, "--for", "1h", "--reason", "test")
        check(code == 0 and self.is_silent_to_blocked(), f"{BLOCKED_AT} could not be blocked: {text}")
        self.device = stage.device("127.0.0.35", DEVICE)
        self.challenge = self.device.ask().challenge()
        self.load.start(CALLS, CALLS_A_SECOND, TALK_MS)
        self.talk = Talk(stage, *talkers, TALK_S)
        self.talk.start()
        check(until(self.talk.is_heard, 15), "no call came about")
        time.sleep(1)  # audio flows, some of the load's calls stand, some are in set-up

    def is_silent_to_blocked(self):
        device = self.stage.device(BLOCKED_AT, DEVICE)
        try:
            return device.ask(patience=0.5) is None
        finally:
            device.close()

    def kill(self, role, meanwhile):
        """Waits until a successor has entered its sandbox, the last thing that it does before it works."""
        before = roles_of(self.ringfence)
        check(len(before) == len(ROLES), f"only {sorted(before)} run")
        if meanwhile:
            os.kill(self.parent, signal.SIGSTOP)
        same = self.ringfence.workers(role)
        for number in same:
            os.kill(number, signal.SIGKILL)
        started = time.monotonic()
        if meanwhile:
            until(lambda: all(map(is_gone, same)), 5)
            meanwhile(self)
        is_back = until(lambda: self.is_back(role, before[role]), 1, pause=0.005)
        self.figures["back_ms"] = round((time.monotonic() - started) * 1000)
        self.note("back", not is_back and f"{role} was not back within a second")
        after = roles_of(self.ringfence)
        self.note("others", any(after.get(other) != before[other] for other in ROLES if other != role)
                  and f"{before} became {after}")

    def is_back(self, role, before):
        now = roles_of(self.ringfence).get(role, before)
        return now != before and is_sandboxed(now)

    def note(self, name, problem):
        if problem:
            self.problems[name] = problem

    def look(self, role, enough):
        """Everything that must be as if nothing had been killed. enough: what is looked for no further."""
        steps = [self.look_at_block, self.finish_login, self.place_call, self.finish_talk, self.finish_load,
                 self.look_at_list]
        if role == "judge":
            steps.insert(0, self.guess)
        for step in steps:
            if not enough or not set(enough) <= set(self.problems):
                step(role)

    def guess(self, _role):
        """Wrong passwords until nobody answers any more."""
        for guesses in range(16):
            device = self.stage.device(GUESSER_AT, DEVICE, f"winter{guesses}")
            try:
                if not device.register(patience=0.7):
                    self.figures["guesses"] = guesses
                    return
            finally:
                device.close()
        self.note("guesser", f"{GUESSER_AT} is answered after 16 guesses")

    def look_at_block(self, _role):
        self.note("blocks", not self.is_silent_to_blocked() and f"{BLOCKED_AT} is answered")

    def finish_login(self, _role):
        answer = self.device.ask(digest(self.challenge, DEVICE, self.stage.users[DEVICE], "REGISTER",
                                        f"sip:{DOMAIN}"), 4)
        self.device.close()
        self.note("cookies", (not answer or answer.code != 200)
                  and f"a login begun before ended with {answer.code if answer else 'silence'}")

    def place_call(self, _role):
        self.note("calls", self.new_call())

    def finish_talk(self, role):
        problem, audio = self.talk.finish()
        self.note("talk", problem)
        lost = max(self.talk.frames - report["received"] for report in audio)
        self.figures["frames_lost"] = lost
        self.note("audio", any(report["damaged"] or report["twice"] or report["sources"] != 1 for report in audio)
                  and f"audio was changed: {audio}")
        allowed = LOST_BY_MEDIA if role == "media" else self.talk.frames // 20
        is_heard_out = all(report["received"] + report["lost"] >= self.talk.frames - 10 for report in audio)
        self.note("hearing", (lost > allowed or not is_heard_out) and f"audio was lost: {audio}")

    def finish_load(self, _role):
        # What failed already needs no patience.
        self.count(self.load.finish(10 if self.problems else 60))

    def look_at_list(self, _role):
        self.note("asked", self.ringfence.ask("status")[0] and "no status can be had")
        is_listed = "asked" not in self.problems and self.stage.is_blocked(BLOCKED_AT)
        self.note("list", not is_listed and f"{BLOCKED_AT} is on no list")

    def new_call(self):
        try:
            audio = phones.call(*self.later, self.stage.target, DOMAIN)
        except Failure as failure:
            return str(failure)
        return not all(phones.is_good(report) for report in audio) and f"a new call lost audio: {audio}"

    def count(self, load):
        self.figures.update(load)
        self.note("load", (load["answered"] != load["ended"] or load["picked_up"] != load["hung_up"])
                  and f"answered calls did not end by their own BYE: {load}")
        # Those in set-up while nobody listened may fail.
        self.note("answered", load["answered"] < CALLS - 3 * CALLS_A_SECOND and f"too few were answered: {load}")


def survive(folder, role, meanwhile=None, enough=()):
    with Cast(folder) as cast:
        story = Story(cast)
        story.begin()
        try:
            story.kill(role, meanwhile)
            story.look(role, enough)
        finally:
            os.kill(story.parent, signal.SIGCONT)
    return story


def survive_twice(cast, role, lost, meanwhile=None, words="nobody starts it again"):
    """lost: what must be missed when nobody starts it again."""
    story = survive(cast.folder, role)
    print(f"     {role}: {story.figures}", flush=True)
    check(not story.problems, "; ".join(f"{name}: {text}" for name, text in story.problems.items()))
    miss(cast, role, lost, meanwhile or (lambda story: None), words)


def miss(cast, role, lost, meanwhile, words):
    story = survive(cast.folder + "-off", role, meanwhile, lost)
    missed = sorted(story.problems)
    check(set(lost) <= set(missed), f"{words}, and yet only {missed} is missed, not {sorted(lost)}")
    print(f"     {words}: {', '.join(missed)} missed", flush=True)


@test("signal killed under load: back in a second, answered calls end by their own BYE, no phone registers again")
def signal_killed_under_load(cast):
    survive_twice(cast, "signal", ("back", "calls", "talk", "load"))


def lose_checkpoint(story):
    wipe(story.parent, "checkpoint")
    os.kill(story.parent, signal.SIGCONT)


@test("without the checkpoint a signal process that comes back knows neither phones nor calls")
def checkpoint_wiped(cast):
    miss(cast, "signal", ("calls", "talk", "load"), lose_checkpoint, "the checkpoint is wiped")


@test("media killed under load: audio goes on within a second, no call ends")
def media_killed_under_load(cast):
    survive_twice(cast, "media", ("back", "calls", "hearing"))


@test("judge killed under load: calls go on, blocks hold and are listed, a guesser is blocked soon")
def judge_killed_under_load(cast):
    survive_twice(cast, "judge", ("back", "guesser"))


@test("store killed under load: calls go on, what is stored can be asked for again")
def store_killed_under_load(cast):
    survive_twice(cast, "store", ("back",))


@test("web killed under load: calls go on, the API answers again")
def web_killed_under_load(cast):
    survive_twice(cast, "web", ("back", "asked"))


# --- Records ---

RECORDED_CALLS, RECORDED_A_SECOND, KILLS = 120, 8, 50


class Killer(threading.Thread):
    """Kills the store again and again, each time at another instant of its life."""

    def __init__(self, ringfence):
        super().__init__(daemon=True)
        self.ringfence, self.chance = ringfence, random.Random(7)
        self.kills, self.is_over = 0, False

    def run(self):
        last = None
        while not self.is_over and self.kills < KILLS:
            store = roles_of(self.ringfence).get("store")
            if store in (None, last) or is_gone(store):
                time.sleep(0.005)
                continue
            time.sleep(self.chance.random() * 0.3)
            os.kill(store, signal.SIGKILL)
            last, self.kills = store, self.kills + 1


def halves(folder):
    """{number of a call: how many halves of it stand in the database}; nobody may have it open."""
    with contextlib.closing(sqlite3.connect(os.path.join(folder, "ringfence.db"))) as database:
        return dict(database.execute("SELECT call, count(*) FROM calls GROUP BY call"))


def end(ringfence, is_parent_still):
    if is_parent_still:
        os.kill(ringfence.process.child.pid, signal.SIGKILL)
    ringfence.stop()


def record_calls(folder, is_parent_still=False):
    with Cast(folder) as cast:
        stage = Stage(cast, (*CALLERS, *CALLEES), calls=1000).start()
        load, killer = Load(cast, stage), Killer(stage.ringfence)
        load.register()
        load.start(RECORDED_CALLS, RECORDED_A_SECOND, 300)
        if is_parent_still:
            os.kill(stage.ringfence.process.child.pid, signal.SIGSTOP)
        killer.start()
        counts = load.finish()
        # A slow machine has ended its calls before it has killed often enough.
        if not is_parent_still:
            until(lambda: killer.kills >= KILLS // 2, 60)
        killer.is_over = True
        killer.join()
        end(stage.ringfence, is_parent_still)
        check(set(counts.values()) == {RECORDED_CALLS}, f"calls failed: {counts}")
        found = halves(folder)
        figures = f"{RECORDED_CALLS} calls, {killer.kills} kills: {len(found)} pairs, {sum(found.values())} halves"
        check(len(found) == RECORDED_CALLS and set(found.values()) == {2}, figures)
        check(killer.kills >= KILLS // 2, figures)
        return figures


@test("the store killed again and again while calls end: each call is recorded once, with both halves")
def calls_recorded_once(cast):
    print("     " + record_calls(cast.folder), flush=True)
    fails("nobody starts it again", record_calls, cast.folder + "-off", True)


LAST_CALLS = 24


def end_without_store(folder, is_parent_killed=False):
    """The store takes nothing any more while calls end, and is killed when it does not end by itself."""
    with Cast(folder) as cast:
        stage = Stage(cast, (*CALLERS, *CALLEES), calls=1000).start()
        load, parent = Load(cast, stage), stage.ringfence.process.child.pid
        load.register()
        load.start(LAST_CALLS, RECORDED_A_SECOND, 300)
        time.sleep(LAST_CALLS / RECORDED_A_SECOND / 2)
        os.kill(roles_of(stage.ringfence)["store"], signal.SIGSTOP)
        counts = load.finish()
        os.kill(parent, signal.SIGKILL if is_parent_killed else signal.SIGTERM)
        stage.ringfence.stop()
        check(set(counts.values()) == {LAST_CALLS}, f"calls failed: {counts}")
        found = halves(folder)
        check(len(found) == LAST_CALLS and set(found.values()) == {2},
              f"{LAST_CALLS} calls: {len(found)} pairs, {sum(found.values())} halves")


@test("the service told to end while its store is stuck: what the rings hold is recorded all the same")
def records_outlive_store(cast):
    end_without_store(cast.folder)
    fails("nobody starts it again", end_without_store, cast.folder + "-off", True)


def end_after_bye(folder, is_signal_stuck=False):
    """The service is told to end when a call has just ended, whose figures media does not tell."""
    with Cast(folder) as cast:
        stage = tcp_stage(cast).start()
        with phone(stage, CALLER, PHONES[0]) as caller, phone(stage, CALLEE, PHONES[1]) as callee:
            caller.must_register()
            callee.must_register()
            roles = roles_of(stage.ringfence)
            os.kill(roles["media"], signal.SIGSTOP)
            call_and_hang_up(caller, callee)
            for number in stage.ringfence.workers("signal") if is_signal_stuck else ():
                os.kill(number, signal.SIGSTOP)
            stage.ringfence.stop()
        found = halves(folder)
        check(len(found) == 1 and set(found.values()) == {2}, f"of the call there stands: {found}")


@test("told to end while a call that is over waits for its figures, the service records it without")
def records_outlive_figures(cast):
    end_after_bye(cast.folder)
    fails("signal stuck", end_after_bye, cast.folder + "-off", True)
