/* SPDX-License-Identifier: Apache-2.0 */
/* The block `web`. */
#include "runner/test.h"
#include "web/options.h"
#include <string.h>

TEST(options_table, "has an option table without mistakes")
{
	const struct conf_block *blocks[] = { &web_block };
	const struct conf_schema schema = { blocks, 1 };
	const char *mistake = conf_schema_mistake(&schema);

	if (mistake && strstr(mistake, "out of memory"))
		return ERR_NO_MEMORY;
	CHECK_CASE(!mistake, mistake ? mistake : "");
	return ERR_NONE;
}
