/* SPDX-License-Identifier: Apache-2.0 */
/* What may be configured of media. */
#include "media/options.h"

#include "event/ask.h"
#include "event/order.h"

enum { MOST_WITH_MEDIA = MAX_PORT_PAIRS / 2 };

static const struct conf_option options[] = {
	{ "ports", CONF_RANGE, CONF_AT(struct media_options, ports), .min = 1024, .max = 65535,
	  .fallback = "20000-29999",
	  .help = "UDP ports from which each side's pairs are drawn, RTP even and RTCP odd" },
	{ "calls", CONF_COUNT, CONF_AT(struct media_options, max_calls), .min = 1,
	  .max = MAX_CALLS_AT_ONCE, .fallback = "2000",
	  .help = "calls at once, for each of which a port pair is held on each side" },
	{ "with-media", CONF_COUNT, CONF_AT(struct media_options, max_with_media),
	  .max = MOST_WITH_MEDIA, .fallback = "0",
	  .help = "how many of the calls may have a stream at once: so many port pairs are held on "
	          "each side in place of one for every call; 0: all of them" },
	{ "streams", CONF_COUNT, CONF_AT(struct media_options, max_streams), .max = MAX_STREAMS,
	  .fallback = "0",
	  .help = "TCP ports held on each side, out of the same range, for audio over TCP and for "
	          "channels of speech servers; none listens but for a call" },
	{ "workers", CONF_COUNT, CONF_AT(struct media_options, workers), .min = 1,
	  .max = MAX_MEDIA_WORKERS, .fallback = "1",
	  .help = "processes that relay media, each with its share of the ports: as many as there "
	          "are processors for it" },
	{ "timeout", CONF_SECONDS, CONF_AT(struct media_options, timeout_s), .min = 5, .max = 86400,
	  .fallback = "60s",
	  .help = "silence of both ends after which a call is ended; never while it is held" },
	{ "longest", CONF_SECONDS, CONF_AT(struct media_options, longest_s), .min = 0,
	  .max = 2592000, .fallback = "1d",
	  .help = "how long a call may last, whatever its ends say, but one to an emergency; "
	          "0s: as long as they like" },
	{ "ice-consent", CONF_SECONDS, CONF_AT(struct media_options, consent_s), .min = 0,
	  .max = 3600, .fallback = "30s",
	  .help = "silence of an end with ICE after which it is sent nothing until it is heard "
	          "again (RFC 7675); 0s: never" },
	{ "statistics", CONF_SECONDS, CONF_AT(struct media_options, statistics_s), .min = 1,
	  .max = 3600, .fallback = "10s",
	  .help = "time between two reports of a stream that is open" },
};

/* Each side needs a pair, two ports, for each call that may have a stream; sides have addresses
 * of their own. */
static void check(struct conf_check *c, const void *row)
{
	const struct media_options *o = row;
	uint32_t first = o->ports[0] + (o->ports[0] & 1), pairs = media_max_pairs(o);
	const char *wants = o->max_streams ? "streams" : o->max_with_media ? "with-media" : "calls";
	const char *few = o->max_streams ? "the range has fewer port pairs than calls and streams"
	                : o->max_with_media
	                        ? "the range has fewer port pairs than calls with a stream"
	                        : "the range has fewer port pairs than calls";

	if (o->max_with_media > o->max_calls)
		conf_object(c, "with-media", "calls", "more calls with a stream than calls",
		            "name as many, or leave with-media out");
	else if (pairs > MOST_WITH_MEDIA)
		conf_object(c, "calls", NULL, "more calls than there can be port pairs",
		            "say how many may have a stream at once: with-media 8192 or less");
	else if (o->ports[1] < first || (o->ports[1] - first + 1) / 2 < pairs + o->max_streams)
		conf_object(c, "ports", wants, few,
		            o->max_with_media
		                    ? "name a wider range or fewer of them"
		                    : "name a wider range or fewer calls, or say how many "
		                      "have a stream at once: with-media");
}

const struct conf_block media_block = {
	.word = "media",
	CONF_ROWS(struct media_options, options),
	.check = check,
	.help = "the ports for audio and video, and when silence ends a call",
};
