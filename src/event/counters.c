/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the counters, from the one list. */
#include "event/counters.h"

#include <stddef.h>

static const struct {
	const char *name, *text;
} rows[COUNTER_COUNT] = {
#define COUNTER(name, text) [COUNT_##name] = { #name, text },
#include "event/counters.def"
#undef COUNTER
};

const char *counter_name(enum counter which)
{
	return (size_t)which < COUNTER_COUNT ? rows[which].name : "?";
}

const char *counter_text(enum counter which)
{
	return (size_t)which < COUNTER_COUNT ? rows[which].text : "?";
}
