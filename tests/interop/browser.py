# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium as a phone: a page of ours (page/) speaks SIP over WebSocket and WebRTC in it,
served from within its host, so that it may use the microphone; which is a file with a tone."""

import base64
import ctypes
import http.server
import json
import os
import queue
import shutil
import socket
import subprocess
import threading

from harness import Skip
from nodes import CLONE_NEWNET
from process import Failure, until
from tones import write_tone

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "page")
PORT = 8000
ORIGIN = f"http://127.0.0.1:{PORT}"
KINDS = {".html": "text/html", ".js": "text/javascript"}


def key_of(certificate):
    """How Chromium is told to trust a key (SHA-256 of it, base64)."""
    words = f"openssl x509 -in {certificate} -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary"
    return base64.b64encode(subprocess.run(["sh", "-c", words], check=True, stdout=subprocess.PIPE).stdout).decode()


def listening_in(pid):
    """A socket that listens in that process's network: a thread of its own enters it."""
    made = []

    def make():
        with open(f"/proc/{pid}/ns/net", "rb") as place:
            if ctypes.CDLL(None, use_errno=True).setns(place.fileno(), CLONE_NEWNET) != 0:
                return
        one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(("127.0.0.1", PORT))
        one.listen(16)
        made.append(one)

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    if not made:
        raise OSError("no socket in the browser's host")
    return made[0]


class Page(http.server.BaseHTTPRequestHandler):
    """Files of the page, what it is told, what it tells."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, body, kind="application/json", code=200):
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        browser = self.server.browser
        if self.path == "/settings":
            return self.reply(json.dumps(browser.settings).encode())
        if self.path == "/next":
            try:
                return self.reply(json.dumps(browser.words.get(timeout=5)).encode())
            except queue.Empty:
                return self.reply(b"null")
        name = os.path.basename(self.path) or "index.html"
        path = os.path.join(PAGE, name)
        if not os.path.isfile(path):
            return self.reply(b"", code=404)
        with open(path, "rb") as file:
            return self.reply(file.read(), KINDS[os.path.splitext(name)[1]])

    def do_POST(self):
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.browser.events.append(event)
        self.reply(b"{}")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, browser, made):
        super().__init__(("127.0.0.1", PORT), Page, bind_and_activate=False)
        self.socket.close()
        self.socket, self.browser = made, browser

    def end(self):
        """A socket that stays keeps its network, and the wire to it."""
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        """A page that is closed leaves its questions unanswered."""


class Browser:
    program = "Chromium"

    def __init__(self, cast, host, user, secret, tone, *, port, certificate, video=False, policy="max-bundle"):
        self.binary = shutil.which("chromium")
        if not self.binary:
            raise Skip("chromium is not installed")
        self.cast, self.host, self.user, self.secret, self.tone = cast, host, user, secret, tone
        self.port, self.certificate = port, certificate
        self.folder = os.path.join(cast.folder, f"browser-{user}")
        self.events, self.words = [], queue.Queue()
        self.settings, self.process = {"policy": policy, "video": {"width": 160, "height": 120} if video else False}, None

    def start(self, proxy, domain):
        os.makedirs(self.folder, exist_ok=True)
        tone = os.path.join(self.folder, "tone.wav")
        write_tone(tone, self.tone, 60)
        self.settings |= {"url": f"wss://{proxy}:{self.port}/", "user": self.user, "secret": self.secret, "domain": domain}
        server = Server(self, listening_in(self.host.holder.child.pid))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.cast.at_end(server.end)
        self.process = self.cast.start(f"browser-{self.user}", [
            *self.host.enter, self.binary, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            f"--user-data-dir={self.folder}/profile", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-audio-capture={tone}", "--autoplay-policy=no-user-gesture-required",
            f"--ignore-certificate-errors-spki-list={key_of(self.certificate)}", f"{ORIGIN}/"])
        return self

    def tell(self, *words):
        self.words.put(list(words))

    def told(self, kind):
        return [event for event in list(self.events) if event["kind"] == kind]

    def last(self, kind):
        events = self.told(kind)
        return events[-1] if events else {}

    def story(self):
        """What happened, in a line."""
        return ", ".join(event["kind"] + str(event.get("state") or event.get("code") or event.get("words") or "")
                         for event in list(self.events) if event["kind"] not in ("heard", "stats"))

    def waits_registered(self, seconds=40):
        until(lambda: self.last("registered") or self.last("closed"), seconds, pause=0.1)
        if self.last("registered").get("code") != 200:
            raise Failure(f"the page of {self.user} could not register: {self.story()}, see {self.process.log_path}")

    def talked(self):
        return len(self.told("talking"))

    def ended(self):
        return len(self.told("ended"))

    def call(self, number):
        self.tell("call", number)

    def hang_up(self):
        self.tell("hangup")

    def media(self):
        """What its calls say of themselves: {kind of row: [rows]}."""
        before, rows = len(self.told("stats")), {}
        self.tell("stats")
        until(lambda: len(self.told("stats")) > before, 5)
        for row in self.last("stats").get("stats", []):
            rows.setdefault(row["type"], []).append(row)
        return rows

    def pictures(self):
        """So many frames of video came and were decoded."""
        return sum(row.get("framesDecoded", 0) for row in self.media().get("inbound-rtp", []) if row["kind"] == "video")

    def heard(self, hertz):
        """Seconds of that tone that the page's ear was given."""
        before = len(self.told("heard"))
        self.tell("heard")
        until(lambda: len(self.told("heard")) > before, 5)
        return self.last("heard").get("heard", {}).get(str(hertz), 0.0)
