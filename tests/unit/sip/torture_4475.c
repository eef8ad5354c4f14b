/* SPDX-License-Identifier: Apache-2.0 */
/* One message a section of RFC 4475, written by us. */
#include "torture.h"

#define LINE(method, uri) method " " uri " SIP/2.0\r\n"
#define VIA               "Via: SIP/2.0/UDP gate.example.net;branch=z9hG4bKt1\r\n"
#define FROM              "From: Lina <sip:lina@example.org>;tag=l5\r\n"
#define TO                "To: Omar <sip:omar@example.net>\r\n"
#define ID                "Call-ID: tw.17@gate.example.net\r\n"
#define SEQ(method)       "CSeq: 41 " method "\r\n"
#define HOPS              "Max-Forwards: 70\r\n"
#define NONE              "Content-Length: 0\r\n\r\n"
#define CORE              VIA FROM TO ID
#define INVITE            LINE("INVITE", "sip:omar@example.net") CORE SEQ("INVITE") HOPS
#define REGISTER          LINE("REGISTER", "sip:example.net") CORE SEQ("REGISTER") HOPS
#define OPTIONS           LINE("OPTIONS", "sip:omar@example.net") CORE SEQ("OPTIONS") HOPS
#define TEXT(literal)                                                                              \
	{                                                                                          \
		literal, sizeof(literal) - 1                                                       \
	}

/* clang-format off */
const struct torture torture_4475[] = {
	{ "3.1.1.1", "folds and blanks wherever they may stand, odd case, compact and long "
	       "forms mixed",
	  TORTURE_ACCEPTED, SIP_REASON_FOLDED,
	  TEXT(LINE("INVITE", "sip:omar@example.net;x-own;y=1")
	       "tO :\r\n  sip:omar@example.net ;  tag =  9q\r\n"
	       "froM : \"L \\\\\\\"ina\" <sip:lina@example.org>\r\n ;\r\n"
	       " tag = l5\r\nMAX-forwards: 0070\r\nCall-ID: tw.17@gate.example.net\r\n"
	       "CSeq: 0041\r\n\tINVITE\r\n"
	       "Via  : SIP  /  2.0\r\n /UDP\r\n  192.0.2.9;branch=z9hG4bKt1\r\nSubject :\r\n"
	       "OwnHeader:   some value\r\n more of it\r\nStrangeValue: ;;,,;;,;\r\n"
	       "Content-Type: application/sdp\r\n"
	       "Route:\r\n <sip:p1.example.net;lr;odd=value;odd-flag>\r\n"
	       "v:  SIP  / 2.0 / TCP  h.example.org ;\r\n"
	       "  branch  =  z9hG4bKt0 , SIP / 2.0 / UDP 192.0.2.8 ; branch= z9hG4bKs\r\n"
	       "m:\"\\\"\\\"\" <sip:lina@192.0.2.9> ; own =\r\n value ; flag ; q = 0.25\r\n"
	       "l: 3\r\n\r\nv=0") },
	{ "3.1.1.2", "every byte that a token, user part, word and display name may have",
	  TORTURE_ACCEPTED, SIP_REASON_NONE,
	  TEXT("!own-Ask0_*+`.%is'~ sip:7.Odd~(user!)&=+$,?;*:&a=+$,b@example.net SIP/2.0\r\n" VIA
	       "From: t1~` t2'+_ t3*%!.- <sip:lina@example.org>;p''~+*_!."
	       "-%=\"\xd0\xbf\xd1\x80\";tag=_t~1'+`*%!-.\r\n"
	       "To: \"B \\\\ \\\" q\" <sip:7.Odd~@example.net>\r\n"
	       "Call-ID: w%K-!.*_+'@w`~)(><:\\/\"][?}{\r\n"
	       "CSeq: 41 !own-Ask0_*+`.%is'~\r\nMax-Forwards: 255\r\n"
	       "own-!.%*+_`'~: \xef\xbb\xbf\xe5\xa4\xa7\r\n" NONE) },
	{ "3.1.1.2", "control bytes behind a backslash in a display name: legal, refused all "
	       "the same",
	  TORTURE_INDEX, SIP_REASON_CONTROL_BYTE,
	  TEXT(LINE("INVITE", "sip:omar@example.net") VIA FROM "To: \"bell \\\x07\" "
	         "<sip:omar@example.net>\r\n" ID
	       SEQ("INVITE") HOPS NONE) },
	{ "3.1.1.3", "escapes in user parts and parameter names", TORTURE_ACCEPTED, SIP_REASON_NONE,
	  TEXT(LINE("INVITE", "sip:tel%3A42%40desk.example.net@example.net") VIA
	       "From: \"Lina\" <sip:with%20blank@example.org>;tag=l5\r\n" TO ID SEQ("INVITE") HOPS
	       "Contact: <sip:l%69na@192.0.2.9;%6C%72;o%64d=v%31%25>\r\n" NONE) },
	{ "3.1.1.4", "escaped NULs in user parts", TORTURE_ACCEPTED, SIP_REASON_NONE,
	  TEXT(LINE("REGISTER", "sip:example.net") VIA "From: sip:a%00b@example.net;tag=n\r\n"
	         "To: sip:a%00b@example.net\r\n" ID
	       SEQ("REGISTER") HOPS "Contact: <sip:%00@192.0.2.9>\r\n"
	              "Contact: <sip:%00%00@192.0.2.9>\r\n" NONE) },
	{ "3.1.1.5", "percent signs that escape nothing: a method, names and parameters of headers",
	  TORTURE_ACCEPTED, SIP_REASON_NONE,
	  TEXT(LINE("OPT%49ONS", "sip:omar@example.net") CORE SEQ("OPT%49ONS") HOPS
	       "Contact: \"%4c\" <sip:lina@192.0.2.9>\r\nC%6Fntact: <sip:lina@192.0.2.10>\r\n"
	       "Expires: 60\r\n" NONE) },
	{ "3.1.1.6", "no blank between display name and bracket", TORTURE_ACCEPTED, SIP_REASON_NONE,
	  TEXT(LINE("OPTIONS", "sip:omar@example.net") VIA "From: Lina<sip:lina@example.org>;"
	         "tag=l5\r\n" TO ID
	       SEQ("OPTIONS") HOPS NONE) },
	{ "3.1.1.7", "long values in many headers", TORTURE_ACCEPTED, SIP_REASON_NONE,
	  TEXT(INVITE
	       "Contact: "
	       "<sip:averyveryveryveryveryveryveryveryveryveryveryveryverylonguserpart.of.lina."
	       "thatgoesonforlongerthananyonewouldeverwanttodial@192.0.2.9;"
	       "longnameofaparameterlongerthanusual="
	       "longvalueofaparameterthatfollowsthelongnamebeforeit;"
	       "andoneflagthathasnovaluebutalongname>\r\n"
	       "ALongHeaderNameThatNobodyHasEverHeardOfAndThatStillIsATokenByTheGrammar: x\r\n"
	       "Via: SIP/2.0/TCP s1.example.org;"
	       "branch=z9hG4bKlonglonglonglonglonglonglonglonglonglonglonglonglong\r\n"
	       "Via: SIP/2.0/TCP s2.example.org\r\n"
	       "Via: SIP/2.0/TCP s3.example.org, SIP/2.0/TCP s4.example.org\r\n" NONE) },
	{ "3.1.1.8", "a datagram with another request behind the "
	       "first", TORTURE_ACCEPTED, SIP_REASON_TRAILING_BYTES,
	  TEXT(REGISTER "Contact: <sip:lina@192.0.2.9>\r\n" NONE INVITE NONE) },
	{ "3.1.1.9", "semicolons and an escaped at sign in the user "
	       "part", TORTURE_ACCEPTED, SIP_REASON_NONE,
	  TEXT(LINE("OPTIONS", "sip:omar;desk=x%40y.example@example."
	         "net") CORE SEQ("OPTIONS") HOPS NONE) },
	{ "3.1.1.10", "known and unknown transports", TORTURE_ACCEPTED, SIP_REASON_NONE,
	  TEXT(OPTIONS "Via: SIP/2.0/TCP a.example\r\nVia: SIP/2.0/SCTP b.example\r\n"
	         "Via: SIP/2.0/TLS c.example\r\n"
		       "Via: SIP/2.0/PIGEON d.example\r\n" NONE) },
	{ "3.1.1.11", "a multipart body with binary in it", TORTURE_ACCEPTED, SIP_REASON_NONE,
	  TEXT(INVITE "Content-Type: multipart/mixed;boundary=\"cut here\"\r\n"
	         "Content-Length: 54\r\n\r\n"
		      "--cut here\r\n\r\nplain\r\n--cut here\r\n\r\n\x00\x01\xff\r\n"
		      "--cut here--\r\n") },
	{ "3.1.1.12", "a reason phrase beyond ASCII", TORTURE_ACCEPTED, SIP_REASON_NONE,
	  TEXT("SIP/2.0 200 = 2**3 * 5**2 \xd0\xb4\xd0\xb0\r\n" CORE SEQ("INVITE") NONE) },
	{ "3.1.1.13", "an empty reason phrase", TORTURE_ACCEPTED, SIP_REASON_NONE,
	  TEXT("SIP/2.0 180 \r\n" CORE SEQ("INVITE") NONE) },
	{ "3.1.2.1", "separators with nothing between "
	       "them", TORTURE_CHECK, SIP_REASON_CONTACT_SYNTAX,
	  TEXT(INVITE "Contact: \"Lina\" <sip:lina@192.0.2.9>;;,;,,\r\n" NONE) },
	{ "3.1.2.1", "the same in a Via", TORTURE_CHECK, SIP_REASON_VIA_SYNTAX,
	  TEXT(LINE("INVITE", "sip:omar@example.net") FROM TO ID SEQ("INVITE") HOPS
	       "Via: SIP/2.0/UDP 192.0.2.9;;,;,,\r\n" NONE) },
	{ "3.1.2.2", "a Content-Length beyond the "
	       "datagram", TORTURE_INDEX, SIP_REASON_CONTENT_LENGTH_LONG,
	  TEXT(INVITE "Content-Length: 9000\r\n\r\nv=0") },
	{ "3.1.2.3", "a negative Content-Length", TORTURE_INDEX, SIP_REASON_CONTENT_LENGTH_SYNTAX,
	  TEXT(INVITE "Content-Length: -3\r\n\r\nv=0") },
	{ "3.1.2.4", "a CSeq beyond 32 bits in a request", TORTURE_INDEX, SIP_REASON_CSEQ_SYNTAX,
	  TEXT(LINE("REGISTER", "sip:example.net") CORE HOPS "CSeq: 73786976294838206465 "
	         "REGISTER\r\n" NONE) },
	{ "3.1.2.4", "Max-Forwards beyond 255", TORTURE_INDEX, SIP_REASON_MAX_FORWARDS_SYNTAX,
	  TEXT(LINE("REGISTER", "sip:example.net") CORE SEQ("REGISTER") "Max-Forwards: "
	         "301\r\n" NONE) },
	{ "3.1.2.4", "Expires beyond 32 bits counts as the largest (RFC 3261 20."
	       "19)", TORTURE_ACCEPTED, SIP_REASON_NONE,
	  TEXT(REGISTER "Expires: 10000000000000000\r\n"
	         "Contact: <sip:lina@192.0.2.9>;expires=80000000000000\r\n" NONE) },
	{ "3.1.2.5", "a CSeq beyond 32 bits in a response", TORTURE_INDEX, SIP_REASON_CSEQ_SYNTAX,
	  TEXT("SIP/2.0 503 Later\r\n" CORE "CSeq: 18446744073709551616 INVITE\r\n" NONE) },
	{ "3.1.2.5", "a Warning with too large a code", TORTURE_ACCEPTED, SIP_REASON_WARNING_SYNTAX,
	  TEXT("SIP/2.0 503 Later\r\n" CORE SEQ("INVITE") "Warning: 1812 gate \"late\"\r\n" NONE) },
	{ "3.1.2.6", "an open quote in a display name", TORTURE_CHECK, SIP_REASON_TO_SYNTAX,
	  TEXT(LINE("INVITE", "sip:omar@example.net") VIA FROM "To: \"Omar <sip:omar@example."
	         "net>\r\n" ID
	       SEQ("INVITE") HOPS NONE) },
	{ "3.1.2.7", "a Request-URI in brackets", TORTURE_INDEX, SIP_REASON_URI_IN_BRACKETS,
	  TEXT(LINE("INVITE", "<sip:omar@example.net>") CORE SEQ("INVITE") HOPS NONE) },
	{ "3.1.2.8", "a blank within the Request-URI", TORTURE_INDEX, SIP_REASON_START_LINE_BLANKS,
	  TEXT(LINE("INVITE", "sip:omar@example.net; lr") CORE SEQ("INVITE") HOPS NONE) },
	{ "3.1.2.9", "several blanks in the request "
	       "line", TORTURE_INDEX, SIP_REASON_START_LINE_BLANKS,
	  TEXT("INVITE  sip:omar@example.net  SIP/2.0\r\n" CORE SEQ("INVITE") HOPS NONE) },
	{ "3.1.2.10", "blanks at the end of the request "
	       "line", TORTURE_INDEX, SIP_REASON_START_LINE_BLANKS,
	  TEXT("OPTIONS sip:omar@example.net SIP/2.0  \r\n" CORE SEQ("OPTIONS") HOPS NONE) },
	{ "3.1.2.11", "headers within the Request-URI", TORTURE_CHECK, SIP_REASON_URI_SYNTAX,
	  TEXT(LINE("INVITE", "sip:omar@example.net?Route=%3Csip:bad."
	         "example%3E") CORE SEQ("INVITE") HOPS NONE) },
	{ "3.1.2.12", "a Date in another zone than GMT: the header is kept "
	       "out", TORTURE_ACCEPTED, SIP_REASON_DATE_SYNTAX,
	  TEXT(INVITE "Date: Sat, 21 Nov 2026 10:00:00 CET\r\n" NONE) },
	{ "3.1.2.13", "a Contact with headers in its URI and no "
	       "brackets", TORTURE_CHECK, SIP_REASON_CONTACT_SYNTAX,
	  TEXT(REGISTER "Contact: sip:lina@192.0.2.9?Subject=x\r\n" NONE) },
	{ "3.1.2.14", "blanks within the brackets", TORTURE_CHECK, SIP_REASON_TO_SYNTAX,
	  TEXT(LINE("OPTIONS", "sip:omar@example.net") VIA FROM "To: \"Omar\" < "
	         "sip:omar@example.net >\r\n" ID
	       SEQ("OPTIONS") HOPS NONE) },
	{ "3.1.2.15", "a comma in a display name without "
	       "quotes", TORTURE_CHECK, SIP_REASON_FROM_SYNTAX,
	  TEXT(LINE("OPTIONS", "sip:omar@example.net") VIA "From: M, Lina <sip:lina@example."
	         "org>;tag=l5\r\n" TO ID
	       SEQ("OPTIONS") HOPS NONE) },
	{ "3.1.2.16", "an unknown version", TORTURE_INDEX, SIP_REASON_VERSION,
	  TEXT("OPTIONS sip:omar@example.net SIP/8.1\r\n" CORE SEQ("OPTIONS") HOPS NONE) },
	{ "3.1.2.17", "a known method that is not the one of "
	       "CSeq", TORTURE_INDEX, SIP_REASON_CSEQ_METHOD,
	  TEXT(LINE("OPTIONS", "sip:omar@example.net") CORE SEQ("INVITE") HOPS NONE) },
	{ "3.1.2.18", "an unknown method that is not the one of "
	       "CSeq", TORTURE_INDEX, SIP_REASON_CSEQ_METHOD,
	  TEXT(LINE("OwnAsk", "sip:omar@example.net") CORE SEQ("INVITE") HOPS NONE) },
	{ "3.1.2.19", "a status beyond three digits", TORTURE_INDEX, SIP_REASON_STATUS,
	  TEXT("SIP/2.0 4294967301 better not\r\n" CORE SEQ("INVITE") NONE) },
	{ "3.2.1", "a branch that is the cookie alone: transactions go by RFC 2543's "
	       "rules", TORTURE_ABOVE, SIP_REASON_NONE,
	  TEXT(LINE("OPTIONS", "sip:omar@example.net") "Via: SIP/2.0/UDP 192.0.2.9;"
	         "branch=z9hG4bK\r\n" FROM TO ID
	       SEQ("OPTIONS") HOPS NONE) },
	{ "3.3.1", "needed headers are missing", TORTURE_INDEX, SIP_REASON_NO_FROM,
	  TEXT(LINE("INVITE", "sip:omar@example.net") SEQ("INVITE") VIA NONE) },
	{ "3.3.2", "a Request-URI of an unknown scheme", TORTURE_ABOVE, SIP_REASON_NONE,
	  TEXT(LINE("OPTIONS", "unheardof:opaque.words") CORE SEQ("OPTIONS") HOPS NONE) },
	{ "3.3.3", "a Request-URI of a known scheme that is none of a "
	       "phone's", TORTURE_ABOVE, SIP_REASON_NONE,
	  TEXT(LINE("OPTIONS", "mailto:omar@example.net") CORE SEQ("OPTIONS") HOPS NONE) },
	{ "3.3.4", "unknown schemes in From, To and Contact", TORTURE_ABOVE, SIP_REASON_NONE,
	  TEXT(LINE("REGISTER", "sip:example.net") VIA "From: <http://lina.example.org>;"
	         "tag=h\r\nTo: <isan:0000-1>\r\n" ID
	       SEQ("REGISTER") HOPS "Contact: <name:lina>\r\n" NONE) },
	{ "3.3.5", "required extensions that nobody knows", TORTURE_ABOVE, SIP_REASON_NONE,
	  TEXT(OPTIONS "Require: no-such-thing, nor-this\r\n"
	         "Proxy-Require: no-such-proxy\r\n" NONE) },
	{ "3.3.6", "a body of unknown type", TORTURE_ABOVE, SIP_REASON_NONE,
	  TEXT(INVITE "Content-Type: application/x-unheard\r\nContent-Length: 3\r\n\r\n<x>") },
	{ "3.3.7", "credentials of an unknown scheme: the header is kept "
	       "out", TORTURE_ACCEPTED, SIP_REASON_AUTH_SYNTAX,
	  TEXT(REGISTER "Authorization: OwnScheme who=lina, word=secret\r\n" NONE) },
	{ "3.3.8", "several values where one may stand", TORTURE_INDEX, SIP_REASON_DUPLICATE,
	  TEXT(INVITE "CSeq: 7 INVITE\r\nCall-ID: other\r\n"
	         "From: <sip:mallory@example.org>;tag=m\r\n" NONE) },
	{ "3.3.9", "two different Content-Length", TORTURE_INDEX, SIP_REASON_DUPLICATE,
	  TEXT(OPTIONS "Content-Length: 3\r\nContent-Length: 1\r\n\r\nv=0") },
	{ "3.3.10", "a response whose second Via names the broadcast "
	       "address", TORTURE_ABOVE, SIP_REASON_NONE,
	  TEXT("SIP/2.0 200 OK\r\n" VIA "Via: SIP/2.0/UDP 255.255.255.255;"
	         "branch=z9hG4bKb\r\n" FROM TO ID SEQ("INVITE") NONE) },
	{ "3.3.11", "no hop left", TORTURE_ABOVE, SIP_REASON_NONE,
	  TEXT(LINE("OPTIONS", "sip:omar@example.net") CORE SEQ("OPTIONS") "Max-Forwards: "
	         "0\r\n" NONE) },
	{ "3.3.12", "a Contact with an unknown parameter of the "
	       "header", TORTURE_ACCEPTED, SIP_REASON_NONE,
	  TEXT(REGISTER "Contact: sip:lina@192.0.2.9;own\r\n" NONE) },
	{ "3.3.13", "a Contact with an unknown parameter of the "
	       "URI", TORTURE_ACCEPTED, SIP_REASON_NONE,
	  TEXT(REGISTER "Contact: <sip:lina@192.0.2.9;own>\r\n" NONE) },
	{ "3.3.14", "a Contact in brackets with escaped headers", TORTURE_ACCEPTED, SIP_REASON_NONE,
	  TEXT(REGISTER "Contact: <sip:lina@192.0.2.9?Route=%3Csip:p.example%3E>\r\n" NONE) },
	{ "3.3.15", "an Accept without the type that the answer would "
	       "have", TORTURE_ABOVE, SIP_REASON_NONE,
	  TEXT(INVITE "Accept: text/unheard\r\n" NONE) },
	{ "3.4.1", "a request of RFC 2543: no branch, no Max-Forwards, no tag, no Content-Length",
	  TORTURE_ACCEPTED, SIP_REASON_NO_MAX_FORWARDS,
	  TEXT(LINE("INVITE", "sip:omar@example.net") "Via: SIP/2.0/UDP old.example.org\r\n"
	       "From: <sip:lina@example.org>\r\n" TO ID SEQ("INVITE") "Content-Type: "
	       "application/sdp\r\n\r\nv=0\r\n") },
};
/* clang-format on */

const size_t torture_4475_count = sizeof(torture_4475) / sizeof(torture_4475[0]);
