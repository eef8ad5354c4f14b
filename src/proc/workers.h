/* SPDX-License-Identifier: Apache-2.0 */
/* The workers of media, as signal sees them: each order goes to the one that it names
 * (proc/orders.h), and each event bears the number of the one that told it. */
#ifndef PROC_WORKERS_H
#define PROC_WORKERS_H

#include "event/order.h"
#include "proc/child.h"

/* Before anything can be ordered. Ends the process where there is no memory. */
void workers_begin(struct child *c);
/* From now on `event` gets what they tell. */
void workers_listen(void (*event)(const struct media_event *event, struct now now));
/* Once a turn: what waits for room goes on as far as there is some; when to come again. */
void workers_flush(void);
uint64_t workers_wait_us(void);
/* All that they have told by now. */
void workers_drain(struct now now);

/* For struct border_ports, whose context is not used. */
void workers_order(void *context, const struct order *o);
void workers_keys(void *context, const struct order_keys *o);
void workers_shake(void *context, const struct order_shake *o);
void workers_bundle(void *context, const struct order_bundle *o);
void workers_connect(void *context, const struct order_connect *o);
void workers_digits(void *context, const struct order_digits *o);

#endif
