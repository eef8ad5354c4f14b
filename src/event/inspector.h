/* SPDX-License-Identifier: Apache-2.0 */
/* Who knows attacks, as whoever reads messages asks him: one answer each of a
 * message alone, as a number that goes into a fact. The judge's side has one
 * (guard/inspector.h); the watch is given it, and knows no more of the judge. */
#ifndef EVENT_INSPECTOR_H
#define EVENT_INSPECTOR_H

#include <stdint.h>

struct flow;
struct sip_msg;

/* All of them are there. None may keep the message. */
struct inspector {
	void *context;
	/* Number of the scanners' signature that a request matches, 0 none. */
	uint16_t (*signature)(void *context, const struct sip_msg *msg, const struct flow *flow);
	/* Number of the tool that its User-Agent names, 0 none. */
	uint16_t (*agent)(void *context, const struct sip_msg *msg);
	/* Number of an oddity beside the parser's in a message that it took, 0 none. */
	uint16_t (*oddity)(void *context, const struct sip_msg *msg);
	/* enum sip_grade of what the parser or sip_check refused it for. */
	uint16_t (*grade)(void *context, const struct sip_msg *msg);
};

#endif
