/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, contacts and Via. */
#include "runner/test.h"
#include "sip/contact.h"
#include "sip/msg.h"
#include "sip/via.h"

static struct sip_msg msg;

/* A message whose Contact lines are these. */
static enum err with_contacts(const char *lines)
{
	static char bytes[1 << 16];
	struct buffer b = BUFFER_ON(bytes);

	buffer_text(&b, "REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n"
	                "From: <sip:a@b>;tag=1\r\n"
	                "To: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\n");
	buffer_text(&b, lines);
	buffer_text(&b, "\r\n");
	return sip_msg_parse(bytes, b.len, &sip_limits_default, &msg);
}

TEST(name_addr_parts, "an address falls into display name, URI, parameters and tag")
{
	struct sip_name_addr a;

	TRY(sip_name_addr_parse(
		VIEW("\"A, \\\"b\\\" <c>\" <sip:anna@example.com;lr>;x=\"a;tag=2\" ; tag = 17"),
		&a));
	CHECK(view_equal(a.display, VIEW("A, \\\"b\\\" <c>")) && a.is_quoted && a.is_bracketed);
	CHECK(view_equal(a.uri.params, VIEW(";lr")) && view_equal(a.tag, VIEW("17")));
	TRY(sip_name_addr_parse(VIEW("sip:anna@example.com;lr;tag=3"), &a));
	CHECK(!a.is_bracketed && a.uri.params.len == 0 && view_equal(a.tag, VIEW("3")));
	TRY(sip_name_addr_parse(VIEW("<sip:anna@example.com;tag=4>"), &a));
	CHECK(a.tag.len == 0);
	return ERR_NONE;
}

TEST(name_addr_refusals, "what is no address is refused")
{
	static const char *const texts[] = {
		"",
		"<>",
		"<sip:a@b",
		"sip:a@b>",
		"\"x <sip:a@b>",
		"x, y <sip:a@b>",
		"<sip:a@b>>",
		"<<sip:a@b>>",
		"< sip:a@b>",
		"<sip:a@b> x",
		"<sip:a@b>;",
		"<sip:a@b>;tag",
		"<sip:a@b>;tag=1;TAG=2",
		"<sip:a@b>;tag=",
		"<sip:a@b>;tag=\"1\"",
		"<sip:a@b>,<sip:c@d>",
		"sip:a@b?x=y",
		"sip:a@b,",
		"\"x\"",
		"\"x\" sip:a@b",
		"x",
		"<sip:a@b>;x=\"y",
		"x<sip:a@b>y",
	};
	struct sip_name_addr a;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CHECK_CASE(sip_name_addr_parse(view_of(texts[i]), &a) != ERR_NONE, texts[i]);
	return ERR_NONE;
}

TEST(name_addr_put, "an address is put together so that nothing in it ends its part")
{
	char text[256];
	struct buffer b = BUFFER_ON(text);

	sip_name_addr_put(&b, VIEW("A \"b\" \\"), VIEW("sip:anna@example.com"), VIEW("t1"));
	CHECK(view_equal(buffer_view(&b),
	                 VIEW("\"A \\\"b\\\" \\\\\" <sip:anna@example.com>;tag=t1")));
	buffer_reset(&b);
	sip_name_addr_put(&b, VIEW_EMPTY, VIEW("sip:a@b>;x=<y"), VIEW_EMPTY);
	CHECK(b.err == ERR_SYNTAX);
	buffer_reset(&b);
	sip_name_addr_put(&b, VIEW("a\r\nX: y"), VIEW("sip:a@b"), VIEW_EMPTY);
	CHECK(b.err == ERR_SYNTAX);
	return ERR_NONE;
}

TEST(contact_list, "contacts are read over lines and commas, with expires and q")
{
	struct sip_contact contacts[MAX_SIP_CONTACTS];
	size_t count = 99;

	TRY(with_contacts(
		"Contact: \"a, b\" <sip:1@h;x=1,2>;expires=60;q=0.75, <sip:2@h>;q=1\r\n"
		"m: sip:3@h;expires=99999999999;q=0.\r\nContact: <sip:4@h>;expires=soon\r\n"));
	CHECK(sip_contacts_read(&msg, contacts, MAX_SIP_CONTACTS, &count) == ERR_SYNTAX &&
	      count == 99);
	TRY(with_contacts(
		"Contact: \"a, b\" <sip:1@h>;expires=60;q=0.75, <sip:2@h>;q=1\r\n"
		"m: sip:3@h;expires=99999999999;q=0.\r\nContact: <sip:4@h>;expires=soon\r\n"));
	TRY(sip_contacts_read(&msg, contacts, MAX_SIP_CONTACTS, &count));
	CHECK(count == 4);
	CHECK(contacts[0].has_expires && contacts[0].expires_s == 60 && contacts[0].q_milli == 750);
	CHECK(!contacts[1].has_expires && contacts[1].q_milli == 1000);
	CHECK(contacts[2].expires_s == UINT32_MAX && contacts[2].has_q && contacts[2].q_milli == 0);
	CHECK(contacts[3].expires_s == 3600);
	return ERR_NONE;
}

TEST(contact_star, "a star stands alone")
{
	struct sip_contact contacts[2];
	size_t count;

	TRY(with_contacts("Contact: *\r\n"));
	TRY(sip_contacts_read(&msg, contacts, 2, &count));
	CHECK(count == 1 && contacts[0].is_star);
	TRY(with_contacts("Contact: *, <sip:1@h>\r\n"));
	CHECK(sip_contacts_read(&msg, contacts, 2, &count) == ERR_SYNTAX);
	TRY(with_contacts(""));
	TRY(sip_contacts_read(&msg, contacts, 2, &count));
	CHECK(count == 0);
	return ERR_NONE;
}

TEST(contact_full, "contacts fill the caller's table to its last place and not beyond")
{
	static char lines[4096];
	struct sip_contact contacts[MAX_SIP_CONTACTS];
	size_t count;

	for (unsigned extra = 0; extra < 2; extra++) {
		struct buffer b = BUFFER_ON(lines);

		buffer_text(&b, "m: <sip:0@h>");
		for (unsigned i = 1; i < MAX_SIP_CONTACTS + extra; i++)
			buffer_text(&b, ",<sip:1@h>");
		buffer_text(&b, "\r\n");
		buffer_char(&b, '\0');
		TRY(with_contacts(lines));
		CHECK(sip_contacts_read(&msg, contacts, MAX_SIP_CONTACTS, &count) ==
		      (extra ? ERR_LIMIT : ERR_NONE));
	}
	return ERR_NONE;
}

TEST(contact_q, "q has its own grammar")
{
	static const char *const bad[] = { "2",   "1.1",   "0.1234", "-1", ".5",
		                           "0,5", "1.001", "00",     "" };
	struct sip_contact c;
	char text[64];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct buffer b = BUFFER_ON(text);

		buffer_text(&b, "<sip:a@b>;q=");
		buffer_text(&b, bad[i]);
		CHECK_CASE(sip_contact_parse(buffer_view(&b), &c) != ERR_NONE, bad[i]);
	}
	return ERR_NONE;
}

TEST(via_parts, "a Via falls into its parts")
{
	struct sip_via via;

	TRY(sip_via_parse(VIEW("sip / 2.0 / tls  h.example : 5061 ;rport=4001;branch=z9hG4bKx;"
	                       "received=192.0.2.7;maddr=m;ttl=3;own"),
	                  &via));
	CHECK(via.transport == SIP_TRANSPORT_TLS && via.port == 5061 &&
	      view_equal(via.host.text, VIEW("h.example")));
	CHECK(view_equal(via.branch, VIEW("z9hG4bKx")) && sip_via_is_rfc3261(&via));
	CHECK(via.received.family == 4 && via.has_rport && via.rport == 4001 && via.ttl == 3);
	CHECK(view_equal(via.maddr.text, VIEW("m")));
	TRY(sip_via_parse(VIEW("SIP/2.0/UDP h;rport"), &via));
	CHECK(via.has_rport && via.rport == 0 && via.ttl == -1 && via.branch.len == 0 &&
	      !sip_via_is_rfc3261(&via));
	return ERR_NONE;
}

TEST(via_refusals, "what is no Via is refused")
{
	static const char *const texts[] = {
		"",
		"SIP",
		"SIP/2.0",
		"SIP/2.0/UDP",
		"SIP/2.0/UDP ",
		"SIP/2.0/UDPh",
		"SIP/1.0/UDP h",
		"HTTP/2.0/UDP h",
		"SIP/2.0/UDP :5060",
		"SIP/2.0/UDP h:",
		"SIP/2.0/UDP h:0",
		"SIP/2.0/UDP h:65536",
		"SIP/2.0/UDP h:123456",
		"SIP/2.0/UDP h;",
		"SIP/2.0/UDP h;;rport",
		"SIP/2.0/UDP h;branch",
		"SIP/2.0/UDP h;branch=",
		"SIP/2.0/UDP h h",
		"SIP/2.0/UDP h;branch=\"x\"",
		"SIP/2.0/UDP h;branch=a;branch=b",
		"SIP/2.0/UDP h;received=x",
		"SIP/2.0/UDP h;received",
		"SIP/2.0/UDP h;rport=0",
		"SIP/2.0/UDP h;rport=65536",
		"SIP/2.0/UDP h;rport=x",
		"SIP/2.0/UDP h;ttl=256",
		"SIP/2.0/UDP h;ttl",
		"SIP/2.0/UDP h;maddr=",
		"SIP/2.0/UDP 1.2.3",
		"SIP/2.0/UDP ::1",
		"SIP/2.0/UDP h,SIP/2.0/UDP g",
	};
	struct sip_via via;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CHECK_CASE(sip_via_parse(view_of(texts[i]), &via) != ERR_NONE, texts[i]);
	return ERR_NONE;
}
