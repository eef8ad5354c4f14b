/* SPDX-License-Identifier: Apache-2.0 */
/* Methods by number. Methods are case-sensitive: "invite" is OTHER. */
#ifndef SIP_METHOD_H
#define SIP_METHOD_H

#include "base/view.h"

enum sip_method {
	SIP_METHOD_OTHER, /* a token that is none of ours; its text is in the message */
#define METHOD(name, first) SIP_METHOD_##name,
#include "sip/method.def"
#undef METHOD
	SIP_METHOD_COUNT
};

enum sip_method sip_method_of(struct view text);
/* "INVITE"; empty for OTHER. Static storage. */
struct view sip_method_name(enum sip_method m);

#endif
