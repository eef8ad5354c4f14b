/* SPDX-License-Identifier: Apache-2.0 */
/* The option tables: sound, and their fallbacks are the defaults in the code. */
#include "guard/options.h"
#include "runner/test.h"

#include <stdlib.h>
#include <string.h>

static const struct conf_block *const blocks[] = {
	&guard_mode_block,      &guard_term_block,   &guard_never_block, &guessing_block,
	&scanner_block,         &enumeration_block,  &anomaly_block,     &non_sip_block,
	&guard_strangers_block, &guard_logins_block, &toll_fraud_block,
};

TEST(options_sound, "guard's option tables have no mistake")
{
	struct conf_schema schema = { blocks, sizeof(blocks) / sizeof(blocks[0]) };
	const char *mistake = conf_schema_mistake(&schema);

	if (mistake && strstr(mistake, "out of memory"))
		return ERR_NO_MEMORY;
	CHECK_CASE(mistake == NULL, mistake ? mistake : "");
	return ERR_NONE;
}

/* A decimal fallback, "4" or "1h" or "30 in 2s", as the field would hold it. */
static bool means(const struct conf_block *block, const char *word, const char *text)
{
	for (uint32_t i = 0; i < block->option_count; i++) {
		if (strcmp(block->options[i].word, word) == 0)
			return strcmp(block->options[i].fallback, text) == 0;
	}
	return false;
}

TEST(options_defaults,
     "what the tables say is meant where nothing is written is what the code means")
{
	struct guard_door_settings door;
	struct guard_judge_settings *judge = calloc(1, sizeof(*judge));

	if (!judge)
		return ERR_NO_MEMORY;
	guard_door_defaults(&door);
	guard_judge_defaults(judge);
	CHECK(means(&guard_strangers_block, "registers-per-network", "200 in 2s") &&
	      door.neighbourhood_registers.count == 200 &&
	      door.neighbourhood_registers.window_ms == 2000);
	CHECK(means(&guard_strangers_block, "registers", "1000 in 2s") &&
	      door.total_registers.count == 1000);
	CHECK(means(&guard_strangers_block, "requests-per-flow", "30 in 2s") &&
	      door.stranger_flow.count == 30);
	CHECK(means(&guard_strangers_block, "requests-per-address", "600 in 2s") &&
	      door.stranger_address.count == 600);
	CHECK(means(&guard_strangers_block, "requests-per-known-flow", "300 in 2s") &&
	      door.known_flow.count == 300);
	CHECK(means(&guard_logins_block, "undecided", "16") && door.undecided_per_source == 16);
	CHECK(means(&guard_logins_block, "refusals-per-account", "3 in 1m") &&
	      door.pair_refusals.count == 3);
	CHECK(means(&guard_logins_block, "refusals-per-address", "30 in 1m") &&
	      door.source_refusals.count == 30);
	CHECK(means(&guard_logins_block, "cookie", "1h") && door.cookie_life_s == 3600);
	CHECK(means(&guard_term_block, "at score", "10") && judge->block_milli == 10000);
	CHECK(means(&guard_term_block, "suspect at score", "6") && judge->suspect_milli == 6000);
	CHECK(means(&guard_term_block, "for", "1h") && judge->term_s == 3600);
	CHECK(means(&guard_term_block, "doubling to", "7d") && judge->max_term_s == 7 * 86400);
	CHECK(means(&guard_term_block, "fade in", "10m") && judge->fade_s == 600);
	CHECK(means(&guessing_block, "free", "4") && judge->guessing.free_failures == 4);
	CHECK(means(&guessing_block, "in", "10m") && judge->guessing.window_s == 600);
	CHECK(means(&guessing_block, "at-most", "20") && judge->guessing.max_accounts == 20);
	CHECK(means(&guessing_block, "across", "8") && judge->guessing.distributed_sources == 8);
	CHECK(means(&toll_fraud_block, "after", "3") && judge->toll_fraud.strings == 3);
	CHECK(means(&toll_fraud_block, "in", "1d") && judge->toll_fraud.window_s == 86400);
	CHECK(means(&toll_fraud_block, "learning", "7d") &&
	      judge->toll_fraud.learning_s == 7 * 86400);
	CHECK(means(&toll_fraud_block, "dear", "premium satellite global") &&
	      judge->toll_fraud.dear ==
	              (1U << NUMBER_PREMIUM | 1U << NUMBER_SATELLITE | 1U << NUMBER_GLOBAL));
	CHECK(means(&toll_fraud_block, "burst", "10 in 10m") &&
	      judge->toll_fraud.burst.count == 10 && judge->toll_fraud.burst.window_ms == 600000);
	CHECK(means(&scanner_block, "targets", "5") && judge->scanner.targets == 5);
	CHECK(means(&scanner_block, "from", "4") && judge->scanner.sources == 4);
	CHECK(means(&enumeration_block, "users", "12") && judge->enumeration.users == 12);
	CHECK(means(&enumeration_block, "in", "10m") && judge->enumeration.window_s == 600);
	CHECK(means(&enumeration_block, "daily", "30") && judge->enumeration.daily == 30);
	CHECK(means(&guard_mode_block, CONF_BARE, "observe") && judge->mode == MODE_OBSERVE);
	free(judge);
	return ERR_NONE;
}

TEST(options_rows, "rows of the configuration become settings, missing ones their defaults")
{
	static struct guard_judge_settings judge;
	struct guard_mode_options mode = { 1 };
	struct scanner_options off = { MODE_OFF };
	struct guessing_options guessing = { MODE_OBSERVE, 2, 300, 10, 5 };
	struct guard_term_options term = { 20000, 9000, 60, 120, 300 };
	static struct guard_never_options never;
	struct guard_rows rows = { .mode = &mode,
		                   .guessing = &guessing,
		                   .scanner = &off,
		                   .term = &term,
		                   .never = &never };

	never.count = 1;
	never.nets[0].net.prefix = 120;
	guard_judge_settings_of(&rows, &judge);
	CHECK(judge.mode == MODE_BLOCK && judge.detector_modes[DETECTOR_GUESSING] == MODE_OBSERVE);
	CHECK(judge.detector_modes[DETECTOR_SCANNER] == MODE_OFF);
	CHECK(judge.detector_modes[DETECTOR_ANOMALY] == MODE_BLOCK);
	CHECK(judge.guessing.free_failures == 2 && judge.guessing.distributed_sources == 5);
	CHECK(judge.block_milli == 20000 && judge.suspect_milli == 9000 && judge.max_term_s == 120);
	CHECK(judge.never_count == 1 && judge.never[0].net.prefix == 120);
	return ERR_NONE;
}

TEST(options_kinds, "the sorts of numbers that can be dear stand in the order of their kinds")
{
	for (uint32_t i = 0; i < toll_fraud_block.option_count; i++) {
		const char *const *choices = toll_fraud_block.options[i].choices;

		if (strcmp(toll_fraud_block.options[i].word, "dear") != 0)
			continue;
		for (uint8_t kind = 1; kind < NUMBER_KIND_COUNT; kind++)
			CHECK(strcmp(choices[kind - 1], number_kind_name(kind)) == 0);
		CHECK(choices[NUMBER_KIND_COUNT - 1] == NULL);
		return ERR_NONE;
	}
	CHECK(false);
	return ERR_NONE;
}
