/* SPDX-License-Identifier: Apache-2.0 */
/* Sofia-SIP on the mix: a message is made with every header in a structure. */
#include <sofia-sip/su.h>

#include <sofia-sip/msg.h>
#include <sofia-sip/msg_mclass.h>
#include <sofia-sip/msg_parser.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_parser.h>

#include "mix.h"

static const msg_mclass_t *class;

static int parse(const char *text, size_t len)
{
	msg_t *made = msg_make(class, 0, text, (ssize_t)len);
	const sip_t *sip = made ? sip_object(made) : NULL;
	int is_refused = !sip || !sip->sip_cseq || !sip->sip_from || sip->sip_error ||
	                 !(sip->sip_request || sip->sip_status);

	if (made)
		msg_destroy(made);
	return is_refused;
}

int main(int count, char **arguments)
{
	static struct mix mix;

	mix_load(&mix, count > 1 ? arguments[1] : NULL);
	su_init();
	class = sip_default_mclass();
	mix_measure(&mix, "sofia-sip full", parse);
	return 0;
}
