/* SPDX-License-Identifier: Apache-2.0 */
/* Each look at the whole message for one kind of trap. */
#include "guard/oddity.h"

#include "sip/msg.h"
#include "sip/reason.h"

enum guard_oddity guard_oddity_of(const struct sip_msg *msg)
{
	(void)msg;
	return ODDITY_NONE;
}

static const struct {
	const char *name, *text;
} oddities[ODDITY_END - ODDITY_BEFORE_FIRST] = {
#define ODDITY(id, name, text) [ODDITY_##id - ODDITY_BEFORE_FIRST] = { name, text },
#include "guard/oddity.def"
#undef ODDITY
};

static bool is_oddity(uint16_t reason)
{
	return reason > ODDITY_BEFORE_FIRST && reason < ODDITY_END;
}

const char *guard_anomaly_name(uint16_t reason)
{
	if (is_oddity(reason))
		return oddities[reason - ODDITY_BEFORE_FIRST].name;
	return reason < SIP_REASON_COUNT ? sip_reason_name((enum sip_reason)reason) : "?";
}

const char *guard_anomaly_text(uint16_t reason)
{
	if (is_oddity(reason))
		return oddities[reason - ODDITY_BEFORE_FIRST].text;
	return reason < SIP_REASON_COUNT ? sip_reason_text((enum sip_reason)reason) : "?";
}
