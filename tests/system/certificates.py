# SPDX-License-Identifier: Apache-2.0
"""A private authority for a test, and certificates of every kind that should, or should not, pass."""

import os
import subprocess

from harness import TREE
from process import Failure


ANOTHER_TIME = os.path.join(TREE, "tests", "system", "another_time.so")


def openssl(*words, cwd=None, more=None):
    done = subprocess.run(["openssl", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, cwd=cwd, check=False, env={**os.environ, **(more or {})})
    if done.returncode != 0:
        raise Failure(f"openssl {' '.join(words)}: {done.stdout.decode(errors='replace')}")
    return done.stdout.decode(errors="replace")


class Authority:
    """Makes keys and signs certificates below a folder; can take back what it signed."""

    def __init__(self, folder, name="authority"):
        self.folder = os.path.join(folder, name)
        os.makedirs(self.folder, exist_ok=True)
        self.certificate, self.key = self.path("ca.pem"), self.path("ca.key")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                "-subj", f"/CN=Test {name}", "-keyout", self.key, "-out", self.certificate)
        self.count = self.staples = 0
        for file, text in (("index.txt", ""), ("crlnumber", "01\n")):
            with open(self.path(file), "w", encoding="ascii") as out:
                out.write(text)
        with open(self.path("ca.conf"), "w", encoding="ascii") as out:
            out.write(f"[ca]\ndefault_ca=d\n[d]\ndatabase={self.path('index.txt')}\n"
                      f"crlnumber={self.path('crlnumber')}\ndefault_md=sha256\ndefault_crl_days=7\n")
        self.list = self.path("list-of-revoked.pem")
        self.write_list()

    def path(self, name):
        return os.path.join(self.folder, name)

    def write_list(self, *more):
        openssl("ca", "-config", self.path("ca.conf"), "-gencrl", "-cert", self.certificate,
                "-keyfile", self.key, "-out", self.list, *more)

    def revoke(self, pair):
        openssl("ca", "-config", self.path("ca.conf"), "-revoke", pair[0], "-cert", self.certificate,
                "-keyfile", self.key)
        self.write_list()

    def staple(self, pair, *, by=None, days=0):
        """A file with what an OCSP responder says of that certificate, for a day from so many days ago; by itself,
        or by the pair that signs for it."""
        self.staples += 1
        file = self.path(f"{self.staples}.ocsp")
        signer, key = by or (self.certificate, self.key)
        shift = {"LD_PRELOAD": ANOTHER_TIME, "ANOTHER_TIME_S": str(-86400 * days)} if days else {}
        openssl("ocsp", "-index", self.path("index.txt"), "-CA", self.certificate, "-issuer", self.certificate,
                "-cert", pair[0], "-rsigner", signer, "-rkey", key, "-ndays", "1", "-noverify", "-respout", file, more=shift)
        return file

    def issue(self, label, names, *, use="serverAuth,clientAuth", days=(-1, 30), kind="ec"):
        """(chain, key) for those names: "DNS:...", "URI:sip:...". `days`: from when to when, from now."""
        chain, key, ask = (self.path(f"{label}.{end}") for end in ("pem", "key", "csr"))
        extensions = self.path(f"{label}.ext")
        with open(extensions, "w", encoding="ascii") as out:
            out.write(f"subjectAltName={','.join(names)}\nbasicConstraints=CA:FALSE\n" +
                      (f"extendedKeyUsage={use}\n" if use else ""))
        new = (["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"] if kind == "ec" else ["-newkey", "rsa:2048"])
        openssl("req", *new, "-nodes", "-subj", f"/CN={label}", "-keyout", key, "-out", ask)
        self.count += 1
        # `openssl x509` knows no beginning: `ca` does.
        with open(self.path("serial"), "w", encoding="ascii") as out:
            out.write(f"{0x1000 + self.count:04x}\n")
        begin, end = (subprocess.run(["date", "-u", "-d", f"{day:+d} days", "+%Y%m%d%H%M%SZ"], check=True,
                                     stdout=subprocess.PIPE).stdout.decode().strip() for day in days)
        conf = self.path(f"{label}.conf")
        with open(conf, "w", encoding="ascii") as out:
            out.write(f"[ca]\ndefault_ca=d\n[d]\ndatabase={self.path('index.txt')}\nserial={self.path('serial')}\n"
                      f"new_certs_dir={self.folder}\ndefault_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n")
        openssl("ca", "-batch", "-notext", "-config", conf, "-cert", self.certificate, "-keyfile", self.key,
                "-startdate", begin, "-enddate", end, "-extfile", extensions, "-in", ask, "-out", chain)
        return chain, key
