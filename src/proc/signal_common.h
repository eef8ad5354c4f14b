/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that the workers of signal have in common, where there are several: THING_COMMON. */
#ifndef PROC_SIGNAL_COMMON_H
#define PROC_SIGNAL_COMMON_H

#include "border/common.h"
#include "transport/tcp_share.h"

struct signal_common {
	struct border_common border;
	struct tcp_share_memory connections;
};

#endif
