# SPDX-License-Identifier: Apache-2.0
"""The Debian package: made twice alike, installed over a copy of this machine's files, run as its unit says,
removed and purged. Nothing of it touches this machine: an overlay takes every change."""

import filecmp
import hashlib
import os
import re
import shlex
import shutil
import socket
import subprocess

from harness import ROOT, Skip, check, test
from process import Failure, until

SCRIPT = os.path.join(ROOT, "script", "package")
EPOCH = "1700000000"
UNIT = "usr/lib/systemd/system/ringfence.service"
# By which a package manager knows what it did, and the time of it.
BOOKS = ("var/lib/dpkg", "var/log", "var/cache", "var/lib/systemd/deb-systemd-helper", "run", "tmp", "dev",
         "etc/.pwd.lock")
USERS = ("etc/passwd", "etc/group", "etc/shadow", "etc/gshadow")

PLAYED = """\
mount -t tmpfs none {at} && mkdir {at}/upper {at}/work {at}/root &&
mount -t overlay overlay -o lowerdir=/,upperdir={at}/upper,workdir={at}/work {at}/root &&
mount --rbind /proc {at}/root/proc && mount --rbind /dev {at}/root/dev &&
mount -t tmpfs -o mode=755 none {at}/root/run && cp {package} {at}/root/run/ringfence.deb &&
echo played && exec sleep 600
"""


def make(cast, environment=None, umask=0o022):
    """Path of the package and its digest."""
    done = subprocess.run([SCRIPT, "--as-is", os.path.join(cast.folder, "package")], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH, **(environment or {})}, umask=umask,
                          check=False)
    words = done.stdout.decode().split("\n")
    check(done.returncode == 0, "\n".join(words[-10:]))
    path = os.path.join(ROOT, words[-2])
    with open(path, "rb") as file:
        return path, hashlib.sha256(file.read()).hexdigest()


def needs_tools():
    missing = [name for name in ("dpkg-deb", "dpkg-shlibdeps", "strip", "dpkg") if not shutil.which(name)]
    if missing:
        raise Skip(f"{', '.join(missing)} not installed")


def is_as_here(path, here):
    """A folder that this machine has too, or a file that was opened for writing and is as it was."""
    if os.path.isdir(here) or not os.path.isfile(here) or os.path.islink(path):
        return os.path.isdir(here) and os.path.isdir(path)
    return filecmp.cmp(path, here, shallow=False)


class Machine:
    """This machine's files, with an overlay that takes what is changed."""

    def __init__(self, cast, package):
        for name in ("unshare", "nsenter", "chroot", "setpriv", "systemd-sysusers"):
            if not shutil.which(name):
                raise Skip(f"{name} not installed")
        if os.geteuid() != 0:
            raise Skip("needs root")
        at = os.path.join(cast.folder, "machine")
        os.makedirs(at)
        self.cast = cast
        self.holder = cast.start("machine", ["unshare", "--mount", "--propagation", "private", "sh", "-c",
                                             PLAYED.format(at=at, package=package)])
        until(lambda: "played" in self.holder.log() or not self.holder.is_running(), 10)
        if "played" not in self.holder.log():
            raise Skip("no overlay here: " + self.holder.log().strip())
        inside = f"/proc/{self.holder.child.pid}/root{at}"
        self.upper, self.root = inside + "/upper", inside + "/root"
        self.enter = ["nsenter", f"--mount=/proc/{self.holder.child.pid}/ns/mnt", "chroot", at + "/root"]
        self.before = self.files()
        self.users_before = self.users()

    def run(self, *words):
        """(exit code, text)"""
        done = subprocess.run(self.enter + list(words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=120, check=False,
                              env={**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"})
        return done.returncode, done.stdout.decode("utf-8", "replace").rstrip()

    def must(self, *words):
        code, text = self.run(*words)
        check(code == 0, f"{' '.join(words)} ended with {code}: {text}")
        return text

    def files(self):
        """{path: mode and owner} of what differs from this machine; deleted files and folders of it are not told."""
        found = {}
        for folder, folders, files in os.walk(self.upper):
            for name in files + folders:
                path = os.path.join(folder, name)
                short = os.path.relpath(path, self.upper)
                state = os.lstat(path)
                is_gone = os.path.isfile(path) is False and state.st_rdev == 0 and (state.st_mode & 0o170000) == 0o020000
                if not is_gone and not short.startswith(BOOKS) and not is_as_here(path, "/" + short):
                    found[short] = (oct(state.st_mode & 0o7777), state.st_uid)
        return found

    def users(self):
        texts = []
        for name in USERS:
            with open(os.path.join(self.root, name), encoding="utf-8") as file:
                texts.append(sorted(file.read().split("\n")))
        return texts

    def uid(self):
        with open(self.root + "/etc/passwd", encoding="utf-8") as file:
            rows = [line.split(":") for line in file if line.startswith("ringfence:")]
        return int(rows[0][2]) if rows else None

    def added(self):
        """Since before; a user's files are told apart, and their backups are not ours."""
        return sorted(path for path in self.files()
                      if path not in self.before and path.rstrip("-") not in USERS)

    def unit(self, name):
        with open(os.path.join(self.root, UNIT), encoding="utf-8") as file:
            return [line.split("=", 1)[1].strip() for line in file if line.startswith(name + "=")]


class Manager:
    """A service manager's ear, and the service started as its unit says."""

    def __init__(self, machine):
        self.ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.ear.bind(f"\0ringfence-test-{os.getpid()}")
        self.ear.settimeout(15)
        with open(machine.root + "/etc/default/ringfence", encoding="utf-8") as file:
            chosen = [line.strip()[len("RINGFENCE="):] for line in file if line.startswith("RINGFENCE=")]
        check(len(chosen) == 1, f"/etc/default/ringfence chooses {chosen}")
        words = shlex.split(shlex.split(chosen[0])[0])
        kept = ",".join("+" + name[len("CAP_"):].lower() for name in machine.unit("CapabilityBoundingSet")[0].split())
        os.mkdir(machine.root + "/run/ringfence", 0o755)
        self.process = machine.cast.start("service", machine.enter + [
            "setpriv", "--bounding-set=-all," + kept, "--inh-caps=-all", "--no-new-privs", "env", "-i",
            f"NOTIFY_SOCKET=@ringfence-test-{os.getpid()}", "WATCHDOG_USEC=3000000",
            machine.unit("ExecStart")[0].split()[0]] + words)

    def hear(self, wanted):
        """Until the manager is told that."""
        try:
            while True:
                words = self.ear.recv(4096).decode()
                if wanted in words.split("\n"):
                    return words
        except socket.timeout:
            raise Failure(f"nobody said {wanted}\n{self.process.log()}") from None


def check_installed(machine):
    files, uid = machine.files(), machine.uid()
    check(uid, "there is no user ringfence")
    check(files.get("var/lib/ringfence") == ("0o750", uid), f"the data's folder is {files.get('var/lib/ringfence')}")
    for path, wanted in (("usr/bin/ringfence", "0o755"), ("usr/libexec/ringfence/parent", "0o755"),
                         ("etc/ringfence/ringfence.conf", "0o644"), ("etc/default/ringfence", "0o644"),
                         (UNIT, "0o644")):
        check(files.get(path) == (wanted, 0), f"{path} is {files.get(path)}")
    check("etc/systemd/system/multi-user.target.wants/ringfence.service" in files, "the service is not enabled")
    others = [path for path, (mode, _) in files.items() if int(mode, 8) & 0o6022 and not os.path.islink(f"{machine.upper}/{path}")]
    check(not others, f"others may write, or it changes who one is: {others}")
    # What the machine's own rules leave out (`path-exclude` of documents) is no damage.
    changed = [line for line in machine.run("dpkg", "--verify", "ringfence")[1].split("\n")
               if line and "/usr/share/" not in line and "/etc/" not in line]
    check(not changed, f"not all is as packed: {changed}")


def check_unit(machine):
    if not shutil.which("systemd-analyze"):
        return
    code, text = machine.run("systemd-analyze", "verify", "--man=no", "/" + UNIT)
    ours = [line for line in text.split("\n") if "ringfence" in line]
    check(code == 0 and not ours, f"systemd-analyze verify: {text}")


def check_service(machine):
    manager = Manager(machine)
    words = manager.hear("READY=1")
    check("STATUS=watching any" in words, f"it says {words}")
    manager.hear("WATCHDOG=1")
    state = machine.must("ringfence", "-o", "json", "status")
    check('"state": "ready"' in state, state)
    manager.hear("WATCHDOG=1")
    manager.process.child.terminate()
    manager.hear("STOPPING=1")
    check(manager.process.wait(5) == 0, "the service did not end with 0")
    owners = {path: state for path, state in machine.files().items() if path.startswith("var/lib/ringfence/")}
    check(owners and all(uid == machine.uid() and not int(mode, 8) & 0o7 for mode, uid in owners.values()),
          f"the data is {owners}")
    manager.ear.close()


@test("the package is the same bytes when it is made again, with other times and another umask")
def package_alike(cast):
    needs_tools()
    _, first = make(cast)
    os.utime(os.path.join(ROOT, "packaging/systemd/ringfence.service"))
    _, second = make(cast, {"TZ": "Pacific/Apia", "LC_ALL": "C.UTF-8"}, umask=0o077)
    check(first == second, "it is not")
    _, other = make(cast, {"SOURCE_DATE_EPOCH": "1700000001"})
    check(first != other, "the time of the source makes no difference, so the digest proves nothing")


@test("installed, the service runs and watches with the rights of its unit; purged, only the data stays")
def package_life(cast):
    needs_tools()
    machine = Machine(cast, make(cast)[0])
    machine.must("dpkg", "-i", "/run/ringfence.deb")
    check_installed(machine)
    check_unit(machine)
    check_service(machine)

    with open(machine.root + "/etc/default/ringfence", "a", encoding="utf-8") as file:
        file.write("# ours\n")
    machine.must("dpkg", "-i", "/run/ringfence.deb")
    check("# ours" in machine.must("cat", "/etc/default/ringfence"), "a second installation lost what was changed")
    check_installed(machine)

    said = machine.must("dpkg", "--remove", "ringfence")
    data = [path for path in machine.added() if path.startswith("var/lib/ringfence")]
    check(sorted(set(machine.added()) - set(data)) ==
          ["etc/default/ringfence", "etc/ringfence", "etc/ringfence/ringfence.conf"], f"left: {machine.added()}")
    for name in ("/etc/default/ringfence", "/etc/ringfence", "/var/lib/ringfence"):
        check(name in said, f"the removal does not name {name}: {said}")

    said = machine.must("dpkg", "--purge", "ringfence")
    check(machine.added() == data and len(data) > 1, f"left: {machine.added()}")
    check("/var/lib/ringfence" in said and "user ringfence" in said, f"the purge names no data: {said}")


def check_listed(package):
    """Manual pages, examples and howtos are in it, and these lead to none that is not."""
    listed = subprocess.run(["dpkg-deb", "-c", package], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True).stdout.decode()
    files = {line.split(maxsplit=5)[5].removeprefix("./") for line in listed.splitlines()}
    want = {f"usr/share/doc/ringfence/examples/{name}" for name in os.listdir(os.path.join(ROOT, "etc/examples"))}
    check(want, "there are no examples")
    pages = os.path.join(ROOT, "docs/howto")
    for name in os.listdir(pages):
        with open(os.path.join(pages, name), encoding="utf-8") as file:
            links = re.findall(r"\]\(([^)#:]+)\)", file.read())
        want |= {os.path.normpath(f"usr/share/doc/ringfence/howto/{link}") for link in [name, *links]}
    # Without scdoc none are made.
    if shutil.which("scdoc"):
        want |= {"usr/share/man/man1/ringfence.1", "usr/share/man/man5/ringfence.conf.5"}
    check(want <= files, f"not in the package: {sorted(want - files)}")


@test("a package that never ran has pages and examples, and leaves nothing when it is purged, not even its user")
def package_unused(cast):
    needs_tools()
    package = make(cast)[0]
    check_listed(package)
    machine = Machine(cast, package)
    machine.must("dpkg", "-i", "/run/ringfence.deb")
    check(machine.added(), "nothing was installed")
    machine.must("dpkg", "--purge", "ringfence")
    check(machine.added() == [], f"left: {machine.added()}")
    check(machine.users() == machine.users_before, "a user or a group stays")
