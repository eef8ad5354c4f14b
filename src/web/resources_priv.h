/* SPDX-License-Identifier: Apache-2.0 */
/* The handlers, one row of the table each; one file per resource. */
#ifndef WEB_RESOURCES_PRIV_H
#define WEB_RESOURCES_PRIV_H

#include "web/exchange_priv.h"

#define ROUTE(method, path, scope, handler, verb, args, body, help)                                \
	void web_##handler(struct web *w, struct web_exchange *x);
#include "web/routes.def"
#undef ROUTE

/* The number of a call or an incident in the path. False where it is none. */
bool web_number_argument(const struct web_exchange *x, uint64_t *ret);

#endif
