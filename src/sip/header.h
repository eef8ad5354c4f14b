/* SPDX-License-Identifier: Apache-2.0 */
/* Header names by number. */
#ifndef SIP_HEADER_H
#define SIP_HEADER_H

#include "base/view.h"

enum sip_header_id {
	SIP_HEADER_OTHER, /* a good name that is none of ours */
#define HEADER(id, name, compact, times) SIP_HEADER_##id,
#include "sip/header.def"
#undef HEADER
	SIP_HEADER_COUNT
};

enum sip_times { SIP_TIMES_ONE, SIP_TIMES_FIRST, SIP_TIMES_LIST, SIP_TIMES_ROWS };

/* Long or compact form, letters of either case; OTHER if none of ours. */
enum sip_header_id sip_header_of(struct view name);
/* The long form as we write it; empty for OTHER. Static storage. */
struct view sip_header_name(enum sip_header_id id);
/* OTHER has ROWS: nothing is known about its commas. */
enum sip_times sip_header_times(enum sip_header_id id);

#endif
