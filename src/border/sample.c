/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept of a message. */
#include "border/sample.h"

#include "sip/mask.h"

#include <string.h>

static void record_sample(struct border *b, const struct inbound *in)
{
	union record record;
	struct buffer out;

	memset(&record, 0, sizeof(record));
	record.head.kind = RECORD_SAMPLE;
	record.head.size = sizeof(record.sample);
	record.head.priority = PRIORITY_SAMPLE;
	record.head.side = in->flow->side;
	record.sample.flow = *in->flow;
	out = BUFFER_ON(record.sample.text);
	sip_mask(in->msg->text, &out);
	record.sample.text_len = (uint16_t)out.len;
	b->ports.record(b->ports.context, &record);
}

/* Most of a flood is not kept, and not laid out in vain. */
void sample_take(struct border *b, const struct inbound *in)
{
	static const struct guard_rate rate = { SAMPLES_IN_WINDOW, SAMPLE_WINDOW_MS };

	if (guard_bucket_take(&b->sample_budget, &rate, b->now.us))
		record_sample(b, in);
}
