/* SPDX-License-Identifier: Apache-2.0 */
/* What may be configured of the kernel's part: `kernel on`. */
#ifndef KERNEL_OPTIONS_H
#define KERNEL_OPTIONS_H

#include "conf/schema.h"

struct kernel_options {
	uint8_t is_on;
};
extern const struct conf_block kernel_block;

#endif
