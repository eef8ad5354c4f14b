/* SPDX-License-Identifier: Apache-2.0 */
/* The table of fields with their samples. */
#include "field.h"

#include "sip/auth.h"
#include "sip/cause.h"
#include "sip/contact.h"
#include "sip/content_type.h"
#include "sip/cseq.h"
#include "sip/dialog_name.h"
#include "sip/event.h"
#include "sip/number.h"
#include "sip/via.h"
#include "sip/warning.h"

#define REWRITE(slug, type, parse, write)                                                          \
	static enum err rewrite_##slug(struct view text, struct buffer *b)                         \
	{                                                                                          \
		struct type it;                                                                    \
		enum err err = parse(text, &it);                                                   \
                                                                                                   \
		if (err == ERR_NONE)                                                               \
			write(b, &it);                                                             \
		return err;                                                                        \
	}

REWRITE(uri, sip_uri, sip_uri_parse, sip_uri_write)
REWRITE(host, sip_host, sip_host_parse, sip_host_write)
REWRITE(name_addr, sip_name_addr, sip_name_addr_parse, sip_name_addr_write)
REWRITE(contact, sip_contact, sip_contact_parse, sip_contact_write)
REWRITE(via, sip_via, sip_via_parse, sip_via_write)
REWRITE(cseq, sip_cseq, sip_cseq_parse, sip_cseq_write)
REWRITE(rack, sip_rack, sip_rack_parse, sip_rack_write)
REWRITE(retry_after, sip_retry_after, sip_retry_after_parse, sip_retry_after_write)
REWRITE(session_expires, sip_session_expires, sip_session_expires_parse, sip_session_expires_write)
REWRITE(content_type, sip_content_type, sip_content_type_parse, sip_content_type_write)
REWRITE(warning, sip_warning, sip_warning_parse, sip_warning_write)
REWRITE(cause, sip_cause, sip_cause_parse, sip_cause_write)
REWRITE(event, sip_event, sip_event_parse, sip_event_write)
REWRITE(subscription, sip_subscription, sip_subscription_parse, sip_subscription_write)
REWRITE(replaces, sip_dialog_name, sip_replaces_parse, sip_replaces_write)
REWRITE(target_dialog, sip_dialog_name, sip_target_dialog_parse, sip_target_dialog_write)

static enum err rewrite_auth(struct view text, struct buffer *b, enum sip_auth_kind kind)
{
	struct sip_digest digest;
	enum err err = sip_auth_parse(text, kind, &digest);

	if (err == ERR_NONE)
		sip_auth_write(b, &digest, kind);
	return err;
}

static enum err rewrite_challenge(struct view text, struct buffer *b)
{
	return rewrite_auth(text, b, SIP_AUTH_CHALLENGE);
}

static enum err rewrite_credentials(struct view text, struct buffer *b)
{
	return rewrite_auth(text, b, SIP_AUTH_CREDENTIALS);
}

static enum err rewrite_auth_info(struct view text, struct buffer *b)
{
	return rewrite_auth(text, b, SIP_AUTH_INFO);
}

/* clang-format off */
const struct field fields[] = {
	{ "uri",
	  rewrite_uri,
	  { "sip:anna@example.com", "sips:anna:secret@example.com:5061;transport=tcp;lr",
	    "sip:example.com", "sip:+4912345;phone-context=example.com@gw.example.com;user=phone",
	    "sip:[2001:db8::5]:5060", "sip:%61nna%40home@192.0.2.7?Subject=lunch&Priority=urgent",
	    "SIP:*97#@pbx.example.com", "tel:+49-30-12345;ext=7",
	    "tel:7042;phone-context=example.com", "urn:service:sos", "http://example.com/a?b=c" } },
	{ "host",
	  rewrite_host,
	  { "example.com", "example.com.", "192.0.2.1", "[2001:db8::1]", "x", "my_host.example" } },
	{ "name-addr",
	  rewrite_name_addr,
	  { "\"Anna \\\"A\\\" M\" <sip:anna@example.com>;tag=17", "Anna M <sip:anna@example.com>",
	    "<sip:example.com>", "sip:anna@example.com;tag=17",
	    "anna<tel:+4912345>;tag=1;x=\"a,b\"", "<urn:service:sos>",
	    "\"\" <sip:anna@example.com;lr>", "\"T\xc3\xbcr\" <sip:door@example.com>" } },
	{ "contact",
	  rewrite_contact,
	  { "*", "<sip:anna@192.0.2.4:5062;transport=udp>;expires=3600;q=0.7",
	    "sip:anna@192.0.2.4;q=1.000",
	    "<sip:anna@192.0.2.4>;+sip.instance=\"<urn:uuid:0001>\";reg-id=1;expires=nonsense" } },
	{ "via",
	  rewrite_via,
	  { "SIP/2.0/UDP 192.0.2.4:5062;branch=z9hG4bK77;rport",
	    "SIP / 2.0 / TCP phone.example.net : 5061 ; ttl = 7",
	    "SIP/2.0/UDP [2001:db8::9]:5060;received=2001:db8::8;branch=z9hG4bKa",
	    "SIP/2.0/UDP h;received=[2001:db8::8]",
	    "SIP/2.0/DCCP h;maddr=239.1.1.1;x;rport=5071;received=192.0.2.1" } },
	{ "cseq", rewrite_cseq, { "1 INVITE", "2147483647 BYE", "0 x-own", "0009 \t ACK" } },
	{ "rack", rewrite_rack, { "776656 1 INVITE", "4294967295 2147483647 PRACK" } },
	{ "retry-after",
	  rewrite_retry_after,
	  { "120", "18000;duration=3600", "5 (in a (long) meeting \\) still) ;duration=1",
	    "99999999999999999999" } },
	{ "session-expires",
	  rewrite_session_expires,
	  { "1800", "90;refresher=uac", "90 ; Refresher=UAS;x" } },
	{ "content-type",
	  rewrite_content_type,
	  { "application/sdp", "text / plain;charset=utf-8", "multipart/mixed;boundary=\"a b'c\"",
	    "multipart/mixed ; x=y; boundary=abc" } },
	{ "warning",
	  rewrite_warning,
	  { "399 border.example.com \"no \\\"such\\\" codec\"", "301 [2001:db8::1]:5060 \"\"" } },
	{ "cause",
	  rewrite_cause,
	  { "Q.850;cause=16;text=\"Terminated\"", "SIP ; cause=200", "preemption" } },
	{ "event", rewrite_event, { "presence", "presence.winfo;id=7", "refer;x=\"a b\"" } },
	{ "subscription",
	  rewrite_subscription,
	  { "active;expires=600", "pending", "terminated;reason=giveup;retry-after=15",
	    "terminated;reason=reason=noresource",
	    "other-state" } },
	{ "replaces",
	  rewrite_replaces,
	  { "a@b;to-tag=1;from-tag=2", "a;from-tag=2 ; to-tag=1;early-only" } },
	{ "target-dialog", rewrite_target_dialog, { "a@b;local-tag=1;remote-tag=2" } },
	{ "challenge",
	  rewrite_challenge,
	  { "Digest realm=\"example.com\", nonce=\"abc\\\"d\", qop=\"auth,auth-int\", "
	         "algorithm=SHA-256, stale=FALSE",
	    "digest  nonce = \"\" , realm=\"\",opaque=\"\"",
	    "Digest realm=\"r\",nonce=\"n\",x=y,algorithm=\"MD5\"" } },
	{ "credentials",
	  rewrite_credentials,
	  { "Digest username=\"anna\",realm=\"example.com\",nonce=\"n\",uri=\"sip:example."
	         "com\",response=\"0\","
	    "qop=auth,nc=00000001,cnonce=\"c\"",
	    "Digest username*=UTF-8''J%C3%A4s, realm=\"r\", nonce=\"n\", uri=\"u\", "
	    "response=\"0\", userhash=false, qop=\"auth\"" } },
	{ "auth-info",
	  rewrite_auth_info,
	  { "nextnonce=\"n\"", "qop=auth, rspauth=\"0\", cnonce=\"c\", nc=00000001" } },
};
/* clang-format on */

const size_t field_count = sizeof(fields) / sizeof(fields[0]);
