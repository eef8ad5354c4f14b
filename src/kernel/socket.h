/* SPDX-License-Identifier: Apache-2.0 */
/* Sends a batch to the kernel and reads what it says of it, which is there when the
 * sending returns. */
#ifndef KERNEL_SOCKET_H
#define KERNEL_SOCKET_H

#include "kernel/netlink.h"

/* `fd` is socket_netfilter_open's. On an error nothing of the batch has happened.
 * ERR_DENIED (the right CAP_NET_ADMIN is missing, or another holds the table), ERR_EXISTS (the
 * name is taken by a table without an owner), ERR_NOT_FOUND, ERR_UNSUPPORTED (a kernel without
 * nf_tables or older than 5.12), ERR_LIMIT, ERR_IO. */
enum err kernel_socket_send(int fd, const struct kernel_batch *b) MUST_USE;

#endif
