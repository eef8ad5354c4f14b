/* SPDX-License-Identifier: Apache-2.0 */
/* The option tables of guard, and settings out of their rows. */
#include "guard/options.h"

#include "guard/door.h"

#include <string.h>

enum { HOUR_S = 3600, DAY_S = 86400, MILLI = 1000 };

static const char *const two_modes[] = { "observe", "block", NULL };
const char *const guard_three_modes[] = { "off", "observe", "block", NULL };

static const struct conf_option mode_options[] = {
	{ CONF_BARE, CONF_CHOICE, CONF_AT(struct guard_mode_options, mode), .choices = two_modes,
	  .fallback = "observe",
	  .help = "whether the judge's conclusions act or are only recorded" },
};

const struct conf_block guard_mode_block = {
	.word = "mode",
	.help = "observe records what would be blocked, block does it",
	CONF_ROWS(struct guard_mode_options, mode_options),
};

static const struct conf_option term_options[] = {
	{ "at score", CONF_THOUSANDTHS, CONF_AT(struct guard_term_options, score_milli),
	  .min = MILLI, .max = 1000 * MILLI, .fallback = "10",
	  .help = "score of proven findings at which a source is blocked" },
	{ "suspect at score", CONF_THOUSANDTHS, CONF_AT(struct guard_term_options, suspect_milli),
	  .min = MILLI, .max = 1000 * MILLI, .fallback = "6",
	  .help = "score at which a source stands as suspect" },
	{ "for", CONF_SECONDS, CONF_AT(struct guard_term_options, term_s), .min = 10,
	  .max = 30 * DAY_S, .fallback = "1h", .help = "length of the first block" },
	{ "doubling to", CONF_SECONDS, CONF_AT(struct guard_term_options, max_term_s), .min = 10,
	  .max = 365 * DAY_S, .fallback = "7d",
	  .help = "longest block of one who is blocked again within a day" },
	{ "fade in", CONF_SECONDS, CONF_AT(struct guard_term_options, fade_s), .min = 60,
	  .max = DAY_S, .fallback = "10m",
	  .help = "time in which a finding's score fades to nothing" },
};

static void check_term(struct conf_check *c, const void *row)
{
	const struct guard_term_options *term = row;

	if (term->max_term_s < term->term_s)
		conf_object(c, "doubling to", "for", "the longest block is shorter than the first",
		            "write a longer time after `doubling to`");
	if (term->suspect_milli > term->score_milli)
		conf_object(c, "suspect at score", "at score",
		            "a source would be blocked before it is suspect",
		            "write a smaller number after `suspect at score`");
}

const struct conf_block guard_term_block = {
	.word = "block",
	.check = check_term,
	.help = "when a source is blocked, and for how long",
	CONF_ROWS(struct guard_term_options, term_options),
};

static const struct conf_option never_options[] = {
	{ CONF_BARE, CONF_NOTED_NETWORKS, CONF_LIST(struct guard_never_options, nets, count),
	  .help = "networks that nothing can block, each with a note" },
};

const struct conf_block guard_never_block = {
	.word = "never-block",
	.help = "who is never blocked; peers are on this list of themselves",
	CONF_ROWS(struct guard_never_options, never_options),
};

#define RATE(word_, type, member, most, default_rate, sentence)                                    \
	{                                                                                          \
		word_, CONF_RATE, CONF_AT(type, member),                                           \
			.min = 1, .max = (most), .fallback = default_rate, .help = sentence        \
	}

static const struct conf_option strangers_options[] = {
	RATE("registers-per-network", struct guard_strangers_options, network_registers, 100000,
	     "200 in 2s", "REGISTERs without proof that the PBX sees from one /24 or /64"),
	RATE("registers", struct guard_strangers_options, total_registers, 1000000, "1000 in 2s",
	     "REGISTERs without proof that the PBX sees from all strangers"),
	RATE("requests-per-flow", struct guard_strangers_options, flow, 100000, "30 in 2s",
	     "requests of one stranger's address and port"),
	RATE("requests-per-address", struct guard_strangers_options, address, 1000000, "600 in 2s",
	     "requests of all strangers behind one address"),
	RATE("requests-per-known-flow", struct guard_strangers_options, known_flow, 100000,
	     "300 in 2s", "requests of one flow with a registration or call"),
};

const struct conf_block guard_strangers_block = {
	.word = "strangers",
	.help = "how much of strangers is heard",
	CONF_ROWS(struct guard_strangers_options, strangers_options),
};

static const struct conf_option login_options[] = {
	{ "undecided", CONF_COUNT, CONF_AT(struct guard_login_options, undecided), .min = 1,
	  .max = MAX_UNDECIDED, .unit = "logins per address", .fallback = "16",
	  .help = "logins of one source that wait for the PBX at once" },
	RATE("refusals-per-account", struct guard_login_options, account_refusals,
	     MAX_PAIR_REFUSALS, "3 in 1m",
	     "wrong passwords of one account and source that reach the PBX"),
	RATE("refusals-per-address", struct guard_login_options, address_refusals,
	     MAX_SOURCE_REFUSALS, "30 in 1m", "wrong passwords of one source that reach the PBX"),
	{ "cookie", CONF_SECONDS, CONF_AT(struct guard_login_options, cookie_life_s), .min = 60,
	  .max = DAY_S, .fallback = "1h",
	  .help = "how long an answered challenge proves an address" },
};

const struct conf_block guard_logins_block = {
	.word = "logins",
	.help = "how many logins and refusals reach the PBX",
	CONF_ROWS(struct guard_login_options, login_options),
};

void guard_door_defaults(struct guard_door_settings *ret)
{
	*ret = (struct guard_door_settings){
		.neighbourhood_registers = { 200, 2000 },
		.total_registers = { 1000, 2000 },
		.stranger_flow = { 30, 2000 },
		.stranger_address = { 600, 2000 },
		.known_flow = { 300, 2000 },
		.blocked_challenges = { 1, 1000 },
		.pair_refusals = { 3, 60000 },
		.source_refusals = { 30, 60000 },
		.undecided_per_source = 16,
		.cookie_life_s = HOUR_S,
		.max_neighbourhoods = 16384,
		.max_stranger_flows = 65536,
		.max_stranger_addresses = 32768,
		.max_login_pairs = 16384,
		.max_login_sources = 8192,
		.max_blocked_sources = MAX_DOOR_SOURCES,
	};
}

#define MODE_OF(detector, row)                                                                     \
	if (row)                                                                                   \
	ret->detector_modes[detector] = (row)->mode

static void detector_settings_of(const struct guard_rows *rows, struct guard_judge_settings *ret)
{
	MODE_OF(DETECTOR_SCANNER, rows->scanner);
	MODE_OF(DETECTOR_ENUMERATION, rows->enumeration);
	MODE_OF(DETECTOR_GUESSING, rows->guessing);
	MODE_OF(DETECTOR_TOLL_FRAUD, rows->toll_fraud);
	MODE_OF(DETECTOR_ANOMALY, rows->anomaly);
	MODE_OF(DETECTOR_NON_SIP, rows->non_sip);
	scanner_settings_of(rows->scanner, &ret->scanner);
	enumeration_settings_of(rows->enumeration, &ret->enumeration);
	guessing_settings_of(rows->guessing, &ret->guessing);
	toll_fraud_settings_of(rows->toll_fraud, &ret->toll_fraud);
	if (rows->plan)
		ret->toll_fraud.plan = *rows->plan;
	anomaly_settings_of(rows->anomaly, &ret->anomaly);
	non_sip_settings_of(rows->non_sip, &ret->non_sip);
}

void guard_judge_defaults(struct guard_judge_settings *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->mode = MODE_OBSERVE;
	for (size_t i = 0; i < GUARD_DETECTOR_COUNT; i++)
		ret->detector_modes[i] = MODE_BLOCK;
	ret->suspect_milli = 6 * MILLI;
	ret->block_milli = 10 * MILLI;
	ret->fade_s = 600;
	ret->term_s = HOUR_S;
	ret->max_term_s = 7 * DAY_S;
	ret->max_sources = 16384;
	ret->max_blocks = 16384;
	ret->max_pairs = 32768;
	ret->max_accounts = 8192;
	detector_settings_of(&(struct guard_rows){ 0 }, ret);
}

void guard_door_settings_of(const struct guard_rows *rows, struct guard_door_settings *ret)
{
	guard_door_defaults(ret);
	if (rows->strangers) {
		ret->neighbourhood_registers = rows->strangers->network_registers;
		ret->total_registers = rows->strangers->total_registers;
		ret->stranger_flow = rows->strangers->flow;
		ret->stranger_address = rows->strangers->address;
		ret->known_flow = rows->strangers->known_flow;
	}
	if (rows->logins) {
		ret->undecided_per_source = rows->logins->undecided;
		ret->pair_refusals = rows->logins->account_refusals;
		ret->source_refusals = rows->logins->address_refusals;
		ret->cookie_life_s = rows->logins->cookie_life_s;
	}
}

void guard_judge_settings_of(const struct guard_rows *rows, struct guard_judge_settings *ret)
{
	guard_judge_defaults(ret);
	if (rows->mode)
		ret->mode = (uint8_t)(rows->mode->mode + MODE_OBSERVE);
	if (rows->term) {
		ret->block_milli = rows->term->score_milli;
		ret->suspect_milli = rows->term->suspect_milli;
		ret->term_s = rows->term->term_s;
		ret->max_term_s = rows->term->max_term_s;
		ret->fade_s = rows->term->fade_s;
	}
	detector_settings_of(rows, ret);
	for (uint32_t i = 0; rows->never && i < rows->never->count; i++)
		(void)guard_never_add(ret, &rows->never->nets[i].net, rows->never->nets[i].note);
}

bool guard_never_add(struct guard_judge_settings *settings, const struct addr_net *net,
                     const char *note)
{
	struct guard_never *row;

	if (settings->never_count >= MAX_NEVER_BLOCK)
		return false;
	row = &settings->never[settings->never_count++];
	row->net = *net;
	(void)VIEW_COPY(view_of(note), row->note);
	return true;
}

static const char *const detector_names[GUARD_DETECTOR_COUNT] = {
	[DETECTOR_SCANNER] = "scanner",   [DETECTOR_ENUMERATION] = "enumeration",
	[DETECTOR_GUESSING] = "guessing", [DETECTOR_TOLL_FRAUD] = "toll-fraud",
	[DETECTOR_ANOMALY] = "anomaly",   [DETECTOR_NON_SIP] = "non-sip",
};

const char *guard_detector_name(enum guard_detector detector)
{
	return (size_t)detector < GUARD_DETECTOR_COUNT ? detector_names[detector] : "?";
}

enum err guard_detector_find(struct view name, enum guard_detector *ret)
{
	for (int i = 0; i < GUARD_DETECTOR_COUNT; i++) {
		if (view_equal(name, view_of(detector_names[i]))) {
			*ret = (enum guard_detector)i;
			return ERR_NONE;
		}
	}
	return ERR_NOT_FOUND;
}
