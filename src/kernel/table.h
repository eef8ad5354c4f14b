/* SPDX-License-Identifier: Apache-2.0 */
/* The table `inet ringfence`: its sets, and one chain that every packet meets
 * before connections are tracked. Pure: writes the messages that make it.
 *
 *     TCP to the control listener, and not from control: drop
 *     never            accept
 *     flow             drop
 *     known            accept
 *     neighbour, and not to a port where SIP is spoken: accept
 *     source           drop
 *     net              drop
 *
 * The table is owned by the socket that made it: nobody else can change it
 * while that socket lives, and the kernel removes it with the socket's last
 * holder, however that ends. */
#ifndef KERNEL_TABLE_H
#define KERNEL_TABLE_H

#include "kernel/element.h"

#define KERNEL_TABLE_NAME "ringfence"

enum { KERNEL_PRIORITY = -310 }; /* after fragments are joined (-400), before tracking (-200) */

/* Takes away whatever table of that name this socket has, and lays out an empty one. `control` is
 * where the control listener is; of family 0 there is no set and no rule of it. */
void kernel_table_write(struct kernel_batch *b, const struct addr *control);
/* The one set that stands for a control listener there. */
enum kernel_set kernel_table_control_set(const struct addr *control);
/* Takes away one that has no owner, as a name left by hand; fails where there is none. */
void kernel_table_write_removal(struct kernel_batch *b);

/* A message that adds elements to a set, or takes them out. */
size_t kernel_elements_begin(struct kernel_batch *b, enum kernel_set set, bool is_going);
void kernel_elements_end(struct kernel_batch *b, size_t nest);

#endif
