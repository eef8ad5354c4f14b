# SPDX-License-Identifier: Apache-2.0
"""Processes that a test or the demonstration starts, and ends by their own id.

Every wait has a deadline and polls a condition; nothing sleeps for a fixed time.
"""

import os
import signal
import subprocess
import time


class Failure(Exception):
    """Something that a person must read: one line, no traceback."""


class Process:
    """A program in a process group of its own, with its output in a file."""

    def __init__(self, name, arguments, folder, environment=None, descriptors=()):
        self.name = name
        self.log_path = os.path.join(folder, name + ".log")
        log = open(self.log_path, "wb")
        self.child = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            cwd=folder, env=environment, start_new_session=True, pass_fds=descriptors)
        log.close()

    def is_running(self):
        return self.child.poll() is None

    def wait(self, seconds):
        """The exit code, or None where it still runs after so many seconds."""
        try:
            return self.child.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return None

    def stop(self, seconds=5):
        """Asks the group to end, insists after a while. Harmless when it is gone."""
        for number, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, seconds)):
            try:
                os.killpg(self.child.pid, number)
            except ProcessLookupError:
                break
            self.wait(patience)
            if until(lambda: not group_exists(self.child.pid), patience):
                break
        return self.child.poll()

    def cpu_seconds(self):
        """Of the whole group since it was started, to the nanosecond."""
        total = 0
        for name in os.listdir("/proc"):
            try:
                if not name.isdigit() or os.getpgid(int(name)) != self.child.pid:
                    continue
                for task in os.listdir(f"/proc/{name}/task"):
                    with open(f"/proc/{name}/task/{task}/schedstat", encoding="ascii") as file:
                        total += int(file.read().split()[0])
            except OSError:
                continue
        return total / 1e9

    def log(self):
        with open(self.log_path, "rb") as file:
            return file.read().decode("utf-8", "replace")


def group_exists(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def until(condition, seconds, pause=0.02):
    """Polls until the condition holds; False where it does not in time."""
    deadline = time.monotonic() + seconds
    while True:
        if condition():
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(pause)


class Cast:
    """All processes of one story; ends them in reverse order on leaving."""

    def __init__(self, folder):
        self.folder = folder
        self.processes, self.ends = [], []
        os.makedirs(folder, exist_ok=True)

    def start(self, name, arguments, environment=None, descriptors=()):
        try:
            process = Process(name, arguments, self.folder, environment, descriptors)
        except FileNotFoundError:
            raise Failure(f"{arguments[0]} is not installed or not built") from None
        self.processes.append(process)
        return process

    def at_end(self, function):
        """Called when all have ended."""
        self.ends.append(function)

    def run(self, name, arguments, seconds, environment=None):
        """Starts, waits, ends. Returns the process; a Failure where time runs out."""
        process = self.start(name, arguments, environment)
        if process.wait(seconds) is None:
            process.stop()
            raise Failure(f"{name} did not end within {seconds} s, see {process.log_path}")
        self.processes.remove(process)
        return process

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.stop()
        self.processes.clear()
        for function in self.ends:
            function()
