/* SPDX-License-Identifier: Apache-2.0 */
/* Covers guard_bytes_of, guard_screen and guard_oddity_of over whatever the parser took: known
 * flows and peers always pass, a REGISTER is never silenced. */
#include "guard/screen.h"
#include "guard/door.h"
#include "guard/oddity.h"
#include "sip/msg.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sip_msg msg;
	static char bytes[MAX_DATAGRAM];
	struct flow flow = { .local.family = 4 };
	struct guard_screening s;

	if (size > sizeof(bytes))
		return 0;
	memcpy(bytes, data, size);
	(void)guard_bytes_of(view_bytes(bytes, size));
	if (sip_msg_parse(bytes, size, &sip_limits_default, &msg) != ERR_NONE)
		return 0;
	assert(guard_anomaly_name((uint16_t)guard_oddity_of(&msg))[0] != '?');
	s = guard_screen(&msg, &flow, STANDING_STRANGER, true);
	assert(msg.method != SIP_METHOD_REGISTER || s.treatment != TREAT_SILENCE);
	assert(guard_screen(&msg, &flow, STANDING_KNOWN, true).treatment == TREAT_PASS);
	return 0;
}
