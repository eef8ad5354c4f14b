/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine tells, held against what it counts. */
#include "packets.h"

#include <stdlib.h>
#include <string.h>

#include "capture/sip_stream.h"

static uint64_t told, seen;

static void hear(void *context, const struct capture_message *m)
{
	if (m->len > MAX_CAPTURE_SIP || *capture_kind_name(m->kind) == '?' ||
	    m->flow.remote.family == 0 || context)
		abort();
	memset(m->bytes, 'x', m->len);
	told++;
}
static void see(void *context, const struct capture_datagram *d) { (void)context, (void)d, seen++; }

enum err packets_open(struct capture_engine **ret)
{
	static const struct capture_settings settings = { { { 1 } }, 4, 16 << 10 };

	told = seen = 0;
	return capture_engine_new(&settings, &(struct capture_ports){ NULL, hear, see }, ret);
}

void packets_take(struct capture_engine *e, struct view rest)
{
	const struct capture_counts *c = capture_engine_counts(e);

	for (struct view bytes; rest.len > 0; rest = view_after(rest, 1 + bytes.len)) {
		int64_t now_us = (int64_t)c->packets * 300000;

		bytes = view_first(view_after(rest, 1), (uint8_t)rest.at[0]);
		(void)!capture_engine_take(e,
		                           &(struct capture_packet){ now_us, LINKTYPE_RAW,
		                                                     (uint32_t)bytes.len, bytes });
	}
	if (c->sip + c->not_sip != told || c->media != seen)
		abort();
}
