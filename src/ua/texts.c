/* SPDX-License-Identifier: Apache-2.0 */
/* Stored messages in three size classes of fixed number. */
#include "ua/ua_priv.h"

#include <string.h>

static const uint32_t class_size[UA_CLASSES] = { UA_SMALL_SIZE, UA_MEDIUM_SIZE, UA_LARGE_SIZE };

enum err ua_text_keep(struct ua *ua, struct view bytes, struct ua_text **ret)
{
	struct ua_text *text;

	if (bytes.len > class_size[UA_CLASSES - 1])
		return ERR_LIMIT;
	for (uint32_t i = 0; i < UA_CLASSES; i++) {
		if (bytes.len > class_size[i])
			continue;
		text = pool_take_as_is(ua->texts[i]);
		if (!text)
			continue;
		text->len = (uint32_t)bytes.len;
		text->size_class = i;
		if (bytes.len > 0)
			memcpy(text->bytes, bytes.at, bytes.len);
		*ret = text;
		return ERR_NONE;
	}
	ua->counts.refused_full++;
	return ERR_FULL;
}

void ua_text_drop(struct ua *ua, struct ua_text **text)
{
	if (*text)
		pool_give(ua->texts[(*text)->size_class], *text);
	*text = NULL;
}
