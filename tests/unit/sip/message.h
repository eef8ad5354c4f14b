/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of which the tests of whole messages are put together. */
#ifndef UNIT_SIP_MESSAGE_H
#define UNIT_SIP_MESSAGE_H

#define VIA  "Via: SIP/2.0/UDP phone.example.net;branch=z9hG4bK776\r\n"
#define FROM "From: \"Anna\" <sip:anna@example.com>;tag=a1\r\n"
#define TO   "To: <sip:bert@example.com>\r\n"
#define ID   "Call-ID: 17@phone.example.net\r\n"
#define HOPS "Max-Forwards: 70\r\n"
#define CORE VIA FROM TO ID
#define LINE "OPTIONS sip:bert@example.com SIP/2.0\r\n"
#define SEQ  "CSeq: 7 OPTIONS\r\n"
#define GOOD LINE CORE SEQ HOPS

#endif
