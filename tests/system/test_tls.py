# SPDX-License-Identifier: Apache-2.0
"""SIP over TLS with OpenSSL at the other end: phones register and call, and who may not come is refused with
his own reason. Each refusal has a twin that is let in."""

import ssl

from certificates import Authority
from harness import check, test
from ringfence import INSIDE_ADDRESS, OUTSIDE_ADDRESS
from stage import Stage
from stream import is_request
from tls_stream import TlsPhone, TlsStream, client_context

CALLER, CALLEE = "200", "210"
PHONES = "127.0.0.30", "127.0.0.31"
NAME = "sip.office.example"


def tls_stage(cast, authority, *, pairs=None, more="", outside="", **changes):
    """Ringfence with a TLS listener that shows these certificates: {label: (chain, key)}."""
    pairs = pairs or {"main": authority.issue("main", [f"DNS:{NAME}"], use="serverAuth")}
    blocks = "".join(f"certificate {label} {{ chain {chain}  key file:{key} }}\n" for label, (chain, key) in pairs.items())
    return Stage(cast, (CALLER, CALLEE), more=blocks + more, **changes,
                 outside_more=f"\n    tls {OUTSIDE_ADDRESS}:5061  certificate {' '.join(pairs)}\n    {outside}")


def phone(stage, user, address, context, name=NAME):
    return TlsPhone(address, OUTSIDE_ADDRESS, user, stage.users[user], context=context, name=name)


def call_and_hang_up(caller, callee):
    call = caller.call(callee.user, callee.take_call)
    check("transport=tls" in call["target"], f"the Contact {call['target']} does not lead back by TLS")
    check(callee.stream.await_message(is_request("ACK")), "no ACK came over the callee's connection")
    caller.stream.send(caller.request("BYE", call["target"], call, cseq=3, to_tag=call["to_tag"]))
    came = callee.stream.await_message(is_request("BYE"))
    check(came, "no BYE came over the callee's connection")
    check("SIP/2.0/TLS" in came.header("Via"), f"the Via {came.header('Via')} does not say TLS")
    callee.answer(came, 200, "OK")
    done = caller.stream.await_message(lambda m: m.code >= 200)
    check(done and done.code == 200, f"BYE was answered {done and done.code}")


@test("phones over TLS 1.2 and 1.3 register and call each other, the PBX on UDP")
def tls_phones(cast):
    authority = Authority(cast.folder)
    stage = tls_stage(cast, authority).start()
    older = client_context(authority.certificate, newest=ssl.TLSVersion.TLSv1_2)
    newer = client_context(authority.certificate, oldest=ssl.TLSVersion.TLSv1_3)
    with phone(stage, CALLER, PHONES[0], older) as caller, phone(stage, CALLEE, PHONES[1], newer) as callee:
        check((caller.stream.socket.version(), callee.stream.socket.version()) == ("TLSv1.2", "TLSv1.3"),
              "other versions were agreed on")
        caller.must_register()
        callee.must_register()
        call_and_hang_up(caller, callee)
        call_and_hang_up(callee, caller)
