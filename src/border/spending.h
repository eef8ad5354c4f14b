/* SPDX-License-Identifier: Apache-2.0 */
/* The sums that spend.h keeps: a plain value, which the checkpoint holds too. */
#ifndef BORDER_SPENDING_H
#define BORDER_SPENDING_H

#include <stdint.h>

struct spending {
	int64_t day;          /* since 1970 */
	uint64_t spent_milli; /* charged on it */
	/* First minutes of calls that are not answered yet; calls abroad that stand. */
	uint64_t reserved_milli;
	uint32_t abroad;
};

#endif
