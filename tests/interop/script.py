# SPDX-License-Identifier: Apache-2.0
"""SIPp's scenarios, put together from what a phone does: call or answer, hold, transfer, mind what
comes, hang up. Calls of one scenario are told apart by what their Call-ID begins with ("1///")."""

HEAD = '<?xml version="1.0" encoding="UTF-8" ?>\n<scenario name="{name}">\n'
OURS = "Contact: <sip:[user]@[local_ip]:[local_port]>\nAllow: INVITE, ACK, CANCEL, BYE, OPTIONS, NOTIFY, REFER"
ANSWER = "[last_Via:]\n[last_Record-Route:]\n[last_From:]\n[last_To:]{tag}\n[last_Call-ID:]\n[last_CSeq:]\n" + OURS


def sdp(version, direction):
    return ("v=0\no=phone 4711 {} IN IP4 [local_ip]\ns=-\nc=IN IP4 [local_ip]\nt=0 0\n"
            "m=audio [media_port] RTP/AVP 0\na=rtpmap:0 PCMU/8000\na={}".format(version, direction))


class Script:
    """One scenario. `challenge` is how the PBX asks a caller for his password (401 or 407)."""

    def __init__(self, name, challenge):
        self.name, self.parts, self.challenge, self.labels = name, [HEAD.format(name=name)], challenge, 0
        self.versions, self.used, self.answered = 1, set(), set()

    def text(self):
        # A time limit that leads past the last message counts as a failure.
        self.log("done")
        unused = ",".join(sorted(self.used))
        return "".join(self.parts) + (f'<Reference variables="{unused}"/>\n' if unused else "") + "</scenario>\n"

    def add(self, text):
        self.parts.append(text + "\n")

    def label(self):
        self.labels += 1
        return str(self.labels)

    def send(self, text, body="", options='retrans="500"'):
        length = f"Content-Type: application/sdp\nContent-Length: [len]\n\n{body}" if body else "Content-Length: 0\n\n"
        self.add(f"<send {options}>\n<![CDATA[\n{text}\n{length}\n]]>\n</send>")

    def log(self, words):
        self.add(f'<nop><action><log message="{words}"/></action></nop>')

    def keep(self, number):
        """Both ends of a dialog, as it names them in its requests, from an answer that we got."""
        self.used |= {"_", f"us{number}", f"them{number}", f"there{number}", f"tag{number}", f"theirs{number}"}
        return (f'<action><ereg regexp=": *(.*)" search_in="hdr" header="From" start_line="true" assign_to="_,us{number}"/>'
                f'<ereg regexp=": *(.*)" search_in="hdr" header="To" start_line="true" assign_to="_,them{number}"/>'
                f'<ereg regexp="tag=([^;]*)" search_in="hdr" header="From" start_line="true" assign_to="_,tag{number}"/>'
                f'<ereg regexp="tag=([^;]*)" search_in="hdr" header="To" start_line="true" assign_to="_,theirs{number}"/>'
                f'<ereg regexp="(sip:[^>]*)" search_in="hdr" header="Contact:" assign_to="_,there{number}"/></action>')

    def invite(self, callee, number, sequence, authorized):
        self.send(f"INVITE sip:{callee}@[domain] SIP/2.0\nVia: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch];rport\n"
                  f"From: <sip:[user]@[domain]>;tag=[pid]call{number}\nTo: <sip:{callee}@[domain]>\n"
                  f"Call-ID: {number}///[call_id]\nCSeq: {sequence} INVITE\nMax-Forwards: 70\n{OURS}"
                  + ("\n[authentication]" if authorized else ""), sdp(1, "sendrecv"))

    def call(self, callee, number=1):
        """Calls, and has been answered."""
        self.invite(callee, number, 1, False)
        self.add('<recv response="100" optional="true"/>')
        self.add(f'<recv response="{self.challenge}" auth="true" timeout="10000"/>')
        self.send(f"ACK sip:{callee}@[domain] SIP/2.0\nVia: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch-3];rport\n"
                  f"From: <sip:[user]@[domain]>;tag=[pid]call{number}\nTo: <sip:{callee}@[domain]>[peer_tag_param]\n"
                  f"Call-ID: {number}///[call_id]\nCSeq: 1 ACK\nMax-Forwards: 70", options="")
        self.invite(callee, number, 2, True)
        for status in ("100", "180", "183"):
            self.add(f'<recv response="{status}" optional="true"/>')
        self.add(f'<recv response="200" timeout="20000">{self.keep(number)}</recv>')
        self.within("ACK", number, 2)
        self.log("talks")

    def answer(self):
        """Is called, and answers."""
        self.answered.add(1)
        self.add('<recv request="INVITE" rrs="true" timeout="60000"/>')
        tag = ";tag=[pid]answer"
        self.send("SIP/2.0 180 Ringing\n" + ANSWER.format(tag=tag), options="")
        self.send("SIP/2.0 200 OK\n" + ANSWER.format(tag=tag), sdp(1, "sendrecv"))
        # What it calls us and itself is the other way round in what we say.
        kept = self.keep(1).replace('assign_to="_,us1"', 'assign_to="_,X"').replace('assign_to="_,them1"', 'assign_to="_,us1"')
        kept = kept.replace('assign_to="_,X"', 'assign_to="_,them1"').split('<ereg regexp="(sip:')[0] + "</action>"
        self.used -= {"there1"}
        self.add(f'<recv request="ACK" timeout="10000">{kept}</recv>')
        self.log("talks")

    def within(self, method, number, sequence, headers="", body="", to=""):
        to, prefix = to or f"[$there{number}]", "" if number in self.answered else f"{number}///"
        self.send(f"{method} {to} SIP/2.0\nVia: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch];rport\n"
                  f"From: [$us{number}]\nTo: [$them{number}]\nCall-ID: {prefix}[call_id]\nCSeq: {sequence} {method}\n"
                  f"Max-Forwards: 70\n{OURS}" + headers, body, "" if method == "ACK" else 'retrans="500"')

    def change(self, number, sequence, direction, to=""):
        """Changes the call: sendonly holds it, sendrecv takes it up."""
        self.versions += 1
        self.within("INVITE", number, sequence, body=sdp(self.versions, direction), to=to)
        self.add('<recv response="100" optional="true"/>')
        self.add('<recv response="200" timeout="15000"/>')
        self.within("ACK", number, sequence, to=to)

    def refer(self, number, sequence, target, to=""):
        where = f"<{target}>"
        self.within("REFER", number, sequence, f"\nRefer-To: {where}\nReferred-By: <sip:[user]@[domain]>", to=to)
        self.add('<recv response="100" optional="true"/>')
        self.add('<recv response="202" timeout="15000"/>')

    def mind(self, quiet_ms, ends, goes_on=None):
        """Answers what comes, in whichever call: what was told of a transfer is logged, BYE goes on at
        `ends`; so many ms of nothing at `goes_on`, or just after this."""
        again, invited, told, parting = self.label(), self.label(), self.label(), self.label()
        after = goes_on or self.label()
        self.used |= {"told", "line"}
        self.add(f'<label id="{again}"/>')
        # SIPp looks at the time limit of the first of several alone.
        self.add(f'<recv request="INVITE" optional="true" timeout="{quiet_ms}" ontimeout="{after}" next="{invited}"/>')
        self.add(f'<recv request="NOTIFY" optional="true" next="{told}"><action>'
                 '<ereg regexp="SIP/2.0 ([0-9]+)" search_in="body" check_it="false" assign_to="line,told"/></action></recv>')
        self.add(f'<recv request="BYE" next="{parting}"/>')
        self.add(f'<label id="{invited}"/>')
        self.versions += 1
        self.send("SIP/2.0 200 OK\n" + ANSWER.format(tag=""), sdp(self.versions, "sendrecv"))
        self.add(f'<recv request="ACK" timeout="10000" next="{again}"/>')
        self.add(f'<label id="{told}"/>')
        self.add('<nop><action><log message="told: [$told]"/></action></nop>')
        self.send("SIP/2.0 200 OK\n" + ANSWER.format(tag=""), options=f'next="{again}"')
        self.add(f'<label id="{parting}"/>')
        self.send("SIP/2.0 200 OK\n" + ANSWER.format(tag=""), options=f'next="{ends}"')
        if not goes_on:
            self.add(f'<label id="{after}"/>')

    def hang_up(self, number, sequence, to=""):
        """Whoever has hung up meanwhile answers 481."""
        end = self.label()
        self.within("BYE", number, sequence, to=to)
        self.add(f'<recv response="481" optional="true" next="{end}"/>')
        self.add('<recv response="200" timeout="10000"/>')
        self.add(f'<label id="{end}"/>')


def talk(challenge, is_called=False):
    """Until the other hangs up."""
    script = Script("talk", challenge)
    script.answer() if is_called else script.call("[callee]")
    script.mind(90000, "9", "8")
    script.add('<label id="8"/>')
    script.log("nobody hung up")
    script.add('<label id="9"/>')
    return script


def hold(challenge):
    """Holds the call after a while, takes it up again, and waits for the other to hang up."""
    script = Script("hold", challenge)
    script.call("[callee]")
    script.mind(5000, "90")
    script.change(1, 3, "sendonly")
    script.mind(12000, "90")
    script.change(1, 4, "sendrecv")
    script.mind(90000, "90")
    script.add('<label id="90"/>')
    return script


def transfer(challenge, is_called=False):
    """Sends the other to [third] after a while."""
    script = Script("transfer", challenge)
    to = "[next_url]" if is_called else ""
    script.answer() if is_called else script.call("[callee]")
    script.mind(5000, "90")
    script.refer(1, 11, "sip:[third]@[domain]", to)
    script.mind(8000, "80")
    script.hang_up(1, 12, to)
    # Who hung up may tell of the transfer still.
    script.add('<label id="80"/>')
    script.mind(6000, "90")
    script.add('<label id="90"/>')
    return script


def join(challenge, is_called=False):
    """Holds the other, asks [third], and joins both (Replaces)."""
    script = Script("join", challenge)
    to = "[next_url]" if is_called else ""
    script.answer() if is_called else script.call("[callee]", 1)
    script.mind(5000, "90")
    script.change(1, 3, "sendonly", to)
    script.call("[third]", 2)
    script.mind(5000, "90")
    script.refer(1, 11, "sip:[third]@[domain]?Replaces=2%2F%2F%2F[call_id]%3Bto-tag%3D[$theirs2]%3Bfrom-tag%3D[$tag2]", to)
    script.mind(8000, "80")
    script.hang_up(1, 12, to)
    script.hang_up(2, 12)
    script.add('<nop next="70"/>')
    script.add('<label id="80"/>')
    script.mind(8000, "70")
    script.hang_up(1, 13, to)
    script.add('<label id="70"/>')
    script.mind(6000, "90")
    script.add('<label id="90"/>')
    return script
