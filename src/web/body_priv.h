/* SPDX-License-Identifier: Apache-2.0 */
/* Holds arguments and body of a request to what its route's lists say. */
#ifndef WEB_BODY_PRIV_H
#define WEB_BODY_PRIV_H

#include "web/exchange_priv.h"

enum { MAX_BODY_DEPTH = 8 };

/* Fills x->body and x->reason. False: the exchange has been ended with a problem. */
bool web_body_take(struct web *w, struct web_exchange *x, const struct web_question *q);

#endif
