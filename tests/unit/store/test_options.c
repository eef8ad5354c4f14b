/* SPDX-License-Identifier: Apache-2.0 */
/* The block `store`. */
#include "runner/test.h"
#include "store/options.h"
#include <string.h>

TEST(options_table, "has an option table without mistakes")
{
	const struct conf_block *blocks[] = { &store_block };
	const struct conf_schema schema = { blocks, 1 };
	const char *mistake = conf_schema_mistake(&schema);

	if (mistake && strstr(mistake, "out of memory"))
		return ERR_NO_MEMORY;
	CHECK_CASE(!mistake, mistake ? mistake : "");
	return ERR_NONE;
}

TEST(options_keep, "turns each length into the age of its kind")
{
	const struct store_settings settings = { .keep_calls_s = 1,
		                                 .keep_incidents_s = 2,
		                                 .keep_samples_s = 3,
		                                 .keep_blocks_s = 4,
		                                 .keep_audit_s = 5,
		                                 .at_most_bytes = 6 };
	struct store_keep keep;

	store_keep_of(&settings, &keep);
	CHECK(keep.age_us[RECORD_CALL] == 1000000 && keep.age_us[RECORD_INCIDENT] == 2000000);
	CHECK(keep.age_us[RECORD_SAMPLE] == 3000000 && keep.age_us[RECORD_BLOCK] == 4000000);
	CHECK(keep.age_us[RECORD_AUDIT] == 5000000 && keep.at_most_bytes == 6);
	return ERR_NONE;
}
