/* SPDX-License-Identifier: Apache-2.0 */
/* The table of routes, and texts of strangers as JSON. */
#ifndef WEB_ROUTE_PRIV_H
#define WEB_ROUTE_PRIV_H

#include "web/exchange_priv.h"
#include "web/json.h"

enum web_match { MATCH_FOUND, MATCH_NO_METHOD, MATCH_NONE };

/* Sets x->route and x->argument where it finds one. */
enum web_match web_route_find(struct view method, struct web_exchange *x);
/* "GET, POST": what the path of that target knows. */
void web_route_methods(const struct web_target *t, char *ret, size_t size);

/* Gives the slot back. */
void web_release(struct web *w, struct web_exchange *x);
/* A line for the audit trail. */
struct ask web_audit_ask(const struct web_exchange *x, const char *object, const char *result);

#endif
