/* SPDX-License-Identifier: Apache-2.0 */
/* The block `kernel`. */
#include "kernel/options.h"

static const char *const off_or_on[] = { "off", "on", NULL };

static const struct conf_option options[] = {
	{ CONF_BARE, CONF_CHOICE, CONF_AT(struct kernel_options, is_on), .choices = off_or_on,
	  .fallback = "off",
	  .help = "whether blocks, and who may reach control, are given to nftables too; needs the "
	          "right CAP_NET_ADMIN" },
};

const struct conf_block kernel_block = {
	.word = "kernel",
	.help = "drops the packets of blocked addresses before they cost anything, and those to "
		"the control listener of addresses that no server has",
	CONF_ROWS(struct kernel_options, options),
};
