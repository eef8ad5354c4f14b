/* SPDX-License-Identifier: Apache-2.0 */
/* The short way reads what the careful one reads: around each usual line, whatever one byte
 * more, less or another makes of it. */
#include "base/buffer.h"
#include "runner/test.h"
#include "unit/sdp/same.h"
#include "unit/sdp/sdp_case.h"

enum { MAX_TEXT = 1024 };

static const char *const usual[] = {
	SDP_HEAD "m=audio 21990 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
		 "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n"
		 "a=sendrecv\r\n",
	SDP_HEAD "a=inactive\r\nm=video 4002 RTP/SAVP 127 96\r\nc=IN IP4 10.20.30.40\r\n"
		 "b=AS:64\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1; a=b\r\n"
		 "a=crypto:1 x inline:y\r\na=recvonly\r\n",
	SDP_HEAD "m=audio 0 RTP/AVPF 0 0\r\na=rtcp:4001\r\na=maxptime:40\r\na=sendonly\r\n"
		 "a=rtcp-mux\r\nm=image 4004 udptl t38\r\na=T38FaxVersion:0\r\n"
		 "a=rtpmap:0 PCMU/8000\r\na=ptime:999\r\n",
};

static const char others[] = " \t\r\n\0\x7f\xff:/0129.-aA=+";

/* `text` with `len` bytes at `from` replaced by what is written there. */
static struct view changed(char ret[MAX_TEXT], struct view text, size_t from, size_t len,
                           struct view by)
{
	struct view behind = view_after(text, from + len);

	memcpy(ret, text.at, from);
	memcpy(ret + from, by.at, by.len);
	if (behind.len > 0)
		memcpy(ret + from + by.len, behind.at, behind.len);
	return view_bytes(ret, from + by.len + behind.len);
}

TEST(usual_bytes, "reads alike by both ways with any byte changed, left out or put in")
{
	char text[MAX_TEXT];

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		struct view all = view_of(usual[i]);

		CHECK_CASE(sdp_reads_alike(all), usual[i]);
		for (size_t at = 0; at < all.len; at++) {
			CHECK(sdp_reads_alike(view_first(all, at)));
			CHECK(sdp_reads_alike(changed(text, all, at, 1, VIEW(""))));
			for (size_t j = 0; j < sizeof(others) - 1; j++) {
				struct view by = view_bytes(others + j, 1);

				CHECK(sdp_reads_alike(changed(text, all, at, 0, by)));
				CHECK(sdp_reads_alike(changed(text, all, at, 1, by)));
			}
		}
	}
	return ERR_NONE;
}

/* Each takes the place of "0" in a=ptime, in the number of a format, a port, a clock. */
static const char *const numbers[] = { "00",  "000",        "127",        "128",
	                               "255", "256",        "1000",       "1001",
	                               "007", "65535",      "65536",      "999999",
	                               "1e3", "1000000",    "1000001",    "000000020",
	                               "-1",  "4294967296", "4294967297", "18446744073709551616" };

TEST(usual_numbers, "reads alike by both ways with other numbers in each place")
{
	char text[MAX_TEXT];

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		struct view all = view_of(usual[i]);

		for (size_t at = 0, len; at < all.len; at += len + 1) {
			for (len = 0; at + len < all.len; len++)
				if (all.at[at + len] < '0' || all.at[at + len] > '9')
					break;
			for (size_t j = 0; len > 0 && j < sizeof(numbers) / sizeof(numbers[0]); j++)
				CHECK_CASE(sdp_reads_alike(changed(text, all, at, len,
				                                   view_of(numbers[j]))),
				           numbers[j]);
		}
	}
	return ERR_NONE;
}

static const char *const lines[] = {
	SDP_V,
	SDP_O,
	"o=me 1 1 IN IP4 192.0.2.9\r\n",
	SDP_S,
	SDP_C,
	"c=IN IP4 0.0.0.0\r\n",
	"c=IN IP4 224.0.2.1\r\n",
	"c=IN IP4 192.0.2.1/127\r\n",
	"c=IN IP6 2001:db8::1\r\n",
	SDP_T,
	"t=1 2\r\n",
	SDP_AUDIO,
	"m=video 1 RTP/SAVP 96\r\n",
	"a=rtpmap:96 H264/90000\r\n",
	"a=rtpmap:0 PCMU/8000\r\n",
	"a=rtpmap:0 PCMA/8000/1\r\n",
	"a=fmtp:0 x=1\r\n",
	"a=fmtp:96 x=1\r\n",
	"a=ptime:20\r\n",
	"a=ptime:2000\r\n",
	"a=sendonly\r\n",
	"a=recvonly\r\n",
	"a=sendrecv\r\n",
	"a=inactive\r\n",
	"a=rtcp:9 IN IP4 192.0.2.1\r\n",
	"a=fingerprint:x\r\n",
	"i=\xc3\xa9\r\n",
	"\r\n",
};

TEST(usual_lines, "reads alike by both ways with any two lines put in anywhere")
{
	enum { COUNT = sizeof(lines) / sizeof(lines[0]) };
	char one[MAX_TEXT], two[MAX_TEXT];

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		struct view all = view_of(usual[i]);

		for (size_t at = 0; at < all.len; at = view_find(all, '\n', at) + 1) {
			for (size_t j = 0; j < COUNT * COUNT; j++) {
				struct view by = view_of(lines[j % COUNT]);
				struct view more = changed(one, all, at, 0, by);

				by = view_of(lines[j / COUNT]);
				CHECK(sdp_reads_alike(changed(two, more, at, 0, by)));
			}
		}
	}
	return ERR_NONE;
}

TEST(usual_controls, "takes every byte but control bytes wherever it stands in a subject")
{
	enum { LEN = 20 };
	static const char text[] = SDP_V SDP_O "s=xxxxxxxxxxxxxxxxxxxx\r\n" SDP_C SDP_T SDP_AUDIO;
	static struct sdp_session session;
	char bytes[sizeof(text)];
	size_t first = sizeof(SDP_V SDP_O "s=") - 1;

	/* A line feed at the very end would be an empty line more. */
	for (size_t at = first; at + 1 < first + LEN; at++) {
		for (unsigned c = 0; c <= UINT8_MAX; c++) {
			struct view all = view_bytes(bytes, sizeof(text) - 1);
			bool is_fine = (c >= 0x20 && c != 0x7f) || c == '\t';

			memcpy(bytes, text, sizeof(bytes));
			bytes[at] = (char)c;
			CHECK((sdp_parse(all, &session) == SDP_FINE) == is_fine);
			CHECK(sdp_reads_alike(all));
		}
	}
	return ERR_NONE;
}

/* An m= line of formats `first` to `end`, each with its name and parameters. */
static void put_formats(struct buffer *b, unsigned first, unsigned end)
{
	buffer_text(b, "m=audio 4000 RTP/AVP");
	for (unsigned i = first; i < end; i++) {
		buffer_char(b, ' ');
		buffer_decimal(b, i);
	}
	buffer_text(b, "\r\n");
	for (unsigned i = first; i < end; i++) {
		buffer_text(b, "a=rtpmap:");
		buffer_decimal(b, i);
		buffer_text(b, " x/8000\r\na=fmtp:");
		buffer_decimal(b, i);
		buffer_text(b, " y\r\n");
	}
}

TEST(usual_limits, "keeps to the ceilings by both ways")
{
	static char text[MAX_SDP_BYTES];
	static struct sdp_session session;
	struct buffer b = BUFFER_ON(text);

	buffer_text(&b, SDP_HEAD);
	put_formats(&b, 0, MAX_SDP_MEDIA_FORMATS);
	put_formats(&b, MAX_SDP_MEDIA_FORMATS, 2 * MAX_SDP_MEDIA_FORMATS);
	CHECK(sdp_parse(buffer_view(&b), &session) == SDP_FINE && session.sloppy == 0);
	CHECK(session.attribute_count == MAX_SDP_ATTRIBUTES);
	CHECK(sdp_reads_alike(buffer_view(&b)));
	buffer_text(&b, "a=sendrecv\r\n");
	CHECK(sdp_parse(buffer_view(&b), &session) == SDP_ATTRIBUTE_COUNT);
	b.len -= 12;
	buffer_text(&b, SDP_AUDIO SDP_S);
	CHECK(sdp_parse(buffer_view(&b), &session) == SDP_FORMAT_COUNT);
	b = BUFFER_ON(text);
	buffer_text(&b, SDP_HEAD);
	put_formats(&b, 0, MAX_SDP_MEDIA_FORMATS + 1);
	CHECK(sdp_parse(buffer_view(&b), &session) == SDP_FORMAT_COUNT);
	b = BUFFER_ON(text);
	buffer_text(&b, SDP_HEAD);
	for (unsigned i = 0; i < MAX_SDP_MEDIA; i++)
		buffer_text(&b, SDP_AUDIO);
	CHECK(sdp_parse(buffer_view(&b), &session) == SDP_FINE);
	buffer_text(&b, SDP_AUDIO SDP_S);
	CHECK(sdp_parse(buffer_view(&b), &session) == SDP_MEDIA_COUNT);
	return ERR_NONE;
}

TEST(usual_long, "reads lines alike by both ways up to their ceiling and beyond")
{
	static const struct {
		const char *before, *after;
	} around[] = {
		{ SDP_V "o=x", " 1 1 IN IP4 192.0.2.1\r\n" SDP_S SDP_C SDP_T SDP_AUDIO },
		{ SDP_V "o=x 1", " 1 IN IP4 192.0.2.1\r\n" SDP_S SDP_C SDP_T SDP_AUDIO },
		{ SDP_V SDP_O "s=", "\r\n" SDP_C SDP_T SDP_AUDIO },
		{ SDP_HEAD SDP_AUDIO "a=fmtp:0 ", "\r\na=ptime:20\r\n" },
		{ SDP_HEAD SDP_AUDIO "a=rtpmap:0 ", "/8000\r\na=ptime:20\r\n" },
	};
	static char text[4 * MAX_TEXT];

	for (size_t i = 0; i < sizeof(around) / sizeof(around[0]); i++) {
		for (size_t len = 0; len < MAX_SDP_LINE + 16; len++) {
			struct buffer b = BUFFER_ON(text);

			buffer_text(&b, around[i].before);
			for (size_t j = 0; j < len; j++)
				buffer_char(&b, '1');
			buffer_text(&b, around[i].after);
			CHECK_CASE(sdp_reads_alike(buffer_view(&b)), around[i].before);
		}
	}
	return ERR_NONE;
}
