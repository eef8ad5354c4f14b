/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of two blocks as one plain value. */
#include "proc/acme.h"

bool acme_wish_of(const struct transport_certificate *c, const struct acme_options *list,
                  size_t count, struct acme_wish *ret)
{
	if (c->acme >= count || c->name_count == 0)
		return false;
	memset(ret, 0, sizeof(*ret));
	(void)VIEW_COPY(view_of(list[c->acme].name), ret->account);
	(void)VIEW_COPY(view_of(c->name), ret->certificate);
	for (unsigned i = 0; i < c->name_count && i < MAX_ACME_NAMES; i++)
		(void)VIEW_COPY(view_of(c->names[i]), ret->names[ret->name_count++]);
	return true;
}
