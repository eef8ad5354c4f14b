/* SPDX-License-Identifier: Apache-2.0 */
/* libosip2 on the mix: a message is made with every header in a structure. */
#include <osipparser2/osip_parser.h>

#include "mix.h"

static int parse(const char *text, size_t len)
{
	osip_message_t *message;
	int is_refused;

	if (osip_message_init(&message) != 0)
		return 1;
	is_refused = osip_message_parse(message, text, len) != 0;
	osip_message_free(message);
	return is_refused;
}

int main(int count, char **arguments)
{
	static struct mix mix;

	mix_load(&mix, count > 1 ? arguments[1] : NULL);
	parser_init();
	mix_measure(&mix, "libosip2 full", parse);
	return 0;
}
