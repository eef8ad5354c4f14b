/* SPDX-License-Identifier: Apache-2.0 */
/* Dial strings of several countries, and what they mean. */
#include "guard/number/number.h"
#include "runner/test.h"

#include <stdio.h>
#include <string.h>

static const struct number_plan nowhere;
static const struct number_plan office = {
	.country = "GB",
	.area = "0151",
	.outside_line = "9",
	.extensions = { { 200, 299 }, { 1000000, 1000999 } },
	.extension_count = 2,
};
static const struct number_plan direct = { .country = "gb", .area = "151" };
static const struct number_plan states = { .country = "US", .area = "202", .outside_line = "9" };
static const struct number_plan germany = { .country = "DE", .area = "030", .outside_line = "0" };
static const struct number_plan italy = { .country = "IT" };
static const struct number_plan russia = { .country = "RU" };
static const struct number_plan australia = { .country = "AU" };

TEST(number_reads, "dial strings are read as they are meant where they are dialled")
{
	static const struct {
		const char *name;
		const struct number_plan *plan;
		const char *dialled, *digits;
		enum number_form form;
		const char *region;
		bool is_abroad;
	} cases[] = {
		{ "plus", &nowhere, "+442079460123", "442079460123", NUMBER_PLUS, "GB", true },
		{ "plus, escaped", &nowhere, "%2B442079460123", "442079460123", NUMBER_PLUS, "GB",
		  true },
		{ "plus at home", &office, "+441514960123", "441514960123", NUMBER_PLUS, "GB",
		  false },
		{ "plus behind the line", &office, "9+4930230123", "4930230123", NUMBER_PLUS, "DE",
		  true },
		{ "plus behind more", &office, "810+4930230123", "4930230123", NUMBER_HUNTED, "DE",
		  true },
		{ "as people write", &nowhere, "+44 (20) 7946-0123", "442079460123", NUMBER_PLUS,
		  "GB", true },
		{ "with parameters", &nowhere, "+442079460123;phone-context=x", "442079460123",
		  NUMBER_PLUS, "GB", true },
		{ "not given out", &nowhere, "001125240210123", "25240210123", NUMBER_ABROAD, "SO",
		  true },
		{ "not given out, plus", &nowhere, "+25240210123", "25240210123", NUMBER_PLUS, "SO",
		  true },
		{ "short, behind a line", &office, "90067712345", "67712345", NUMBER_ABROAD, "SB",
		  true },
		{ "short, nobody knows whose", &nowhere, "90067712345", "067712345", NUMBER_UNREAD,
		  "?", false },
		{ "an area like a prefix", &nowhere, "01139061234", "139061234", NUMBER_UNREAD, "?",
		  false },
		{ "national with a prefix in it", &nowhere, "030046712345", "046712345",
		  NUMBER_UNREAD, "?", false },
		{ "masked", &nowhere, "+4420794601XX", "442079460100", NUMBER_PLUS, "GB", true },
		{ "00", &nowhere, "00442079460123", "442079460123", NUMBER_ABROAD, "GB", true },
		{ "011", &nowhere, "011442079460123", "442079460123", NUMBER_ABROAD, "GB", true },
		{ "0011", &nowhere, "0011442079460123", "442079460123", NUMBER_ABROAD, "GB", true },
		{ "810", &nowhere, "810442079460123", "442079460123", NUMBER_ABROAD, "GB", true },
		{ "a line and 00", &nowhere, "900442079460123", "442079460123", NUMBER_ABROAD, "GB",
		  true },
		{ "0 and 011", &nowhere, "0011252907794600", "252907794600", NUMBER_ABROAD, "SO",
		  true },
		{ "two and 810", &nowhere, "99810442079460123", "442079460123", NUMBER_HUNTED, "GB",
		  true },
		{ "carrier code and 011", &nowhere, "1010999011442079460123", "442079460123",
		  NUMBER_HUNTED, "GB", true },
		{ "three and 00", &nowhere, "90000442079460123", "442079460123", NUMBER_HUNTED,
		  "GB", true },
		{ "national, nobody knows whose", &nowhere, "02079460123", "079460123",
		  NUMBER_UNREAD, "?", false },
		{ "behind digits and no prefix", &nowhere, "753442079460123", "079460123",
		  NUMBER_UNREAD, "?", false },
		{ "national", &office, "902079460123", "442079460123", NUMBER_NATIONAL, "GB",
		  false },
		{ "national without the line", &office, "02079460123", "442079460123",
		  NUMBER_NATIONAL, "GB", false },
		{ "local", &office, "94960123", "441514960123", NUMBER_LOCAL, "GB", false },
		{ "local, no line", &direct, "4960123", "441514960123", NUMBER_LOCAL, "GB", false },
		{ "abroad", &office, "9004930230123", "4930230123", NUMBER_ABROAD, "DE", true },
		{ "abroad to home", &office, "900442079460123", "442079460123", NUMBER_ABROAD, "GB",
		  false },
		{ "bare", &direct, "442079460123", "442079460123", NUMBER_BARE, "GB", false },
		{ "bare abroad", &direct, "491701234567", "491701234567", NUMBER_BARE, "DE", true },
		{ "prefix of others", &direct, "0114930230123", "4930230123", NUMBER_HUNTED, "DE",
		  true },
		{ "line of others", &office, "8004930230123", "4930230123", NUMBER_HUNTED, "DE",
		  true },
		{ "an island with our code", &direct, "01481960194", "441481960194",
		  NUMBER_NATIONAL, "GG", true },
		{ "ten digits", &states, "2025550123", "12025550123", NUMBER_NATIONAL, "US",
		  false },
		{ "a line and eleven", &states, "912025550123", "12025550123", NUMBER_NATIONAL,
		  "US", false },
		{ "a line like an area code", &states, "9175550123", "19175550123", NUMBER_NATIONAL,
		  "US", false },
		{ "seven digits", &states, "5550123", "12025550123", NUMBER_LOCAL, "US", false },
		{ "one code, another country", &states, "918765550123", "18765550123",
		  NUMBER_NATIONAL, "JM", true },
		{ "another country still", &states, "14165550123", "14165550123", NUMBER_NATIONAL,
		  "CA", true },
		{ "011 in the States", &states, "9011442079460123", "442079460123", NUMBER_ABROAD,
		  "GB", true },
		{ "0 for the line, not abroad", &germany, "00442079460123", "49442079460123",
		  NUMBER_NATIONAL, "DE", false },
		{ "0, 0 and abroad", &germany, "000442079460123", "442079460123", NUMBER_ABROAD,
		  "GB", true },
		{ "0 for the line, national", &germany, "003023125123", "493023125123",
		  NUMBER_NATIONAL, "DE", false },
		{ "no national prefix", &italy, "0612345678", "390612345678", NUMBER_NATIONAL, "IT",
		  false },
		{ "8 is the prefix", &russia, "84951234567", "74951234567", NUMBER_NATIONAL, "RU",
		  false },
		{ "8 and 10", &russia, "810442079460123", "442079460123", NUMBER_ABROAD, "GB",
		  true },
		{ "0011", &australia, "0011442079460123", "442079460123", NUMBER_ABROAD, "GB",
		  true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct number n = { 0 };
		enum err err = number_read(cases[i].plan, view_of(cases[i].dialled), &n);

		CHECK_CASE(err == ERR_NONE, cases[i].name);
		CHECK_CASE(strcmp(n.digits, cases[i].digits) == 0, cases[i].name);
		CHECK_CASE(n.len == strlen(n.digits) && n.form == cases[i].form, cases[i].name);
		CHECK_CASE(strcmp(number_region_name(n.region), cases[i].region) == 0,
		           cases[i].name);
		CHECK_CASE(n.is_abroad == cases[i].is_abroad, cases[i].name);
	}
	return ERR_NONE;
}

TEST(number_none, "extensions, services, names and whatever is too long are no numbers")
{
	static const struct {
		const char *name;
		const struct number_plan *plan;
		const char *dialled;
		enum err err;
	} cases[] = {
		{ "nothing", &office, "", ERR_SYNTAX },
		{ "plus alone", &office, "+", ERR_SYNTAX },
		{ "a name", &office, "alice", ERR_SYNTAX },
		{ "a name behind digits", &office, "2079460123a", ERR_SYNTAX },
		{ "x too early", &office, "20xx", ERR_SYNTAX },
		{ "an extension", &office, "201", ERR_NOT_FOUND },
		{ "a long extension", &office, "1000123", ERR_NOT_FOUND },
		{ "help", &office, "112", ERR_NOT_FOUND },
		{ "six digits", &nowhere, "123456", ERR_NOT_FOUND },
		{ "a feature", &office, "*21", ERR_NOT_FOUND },
		{ "too long", &nowhere, "00000000000000000000000000000000", ERR_LIMIT },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct number n = { .len = 99 };

		CHECK_CASE(number_read(cases[i].plan, view_of(cases[i].dialled), &n) ==
		                   cases[i].err,
		           cases[i].name);
		CHECK_CASE(n.len == 99, cases[i].name);
	}
	return ERR_NONE;
}

TEST(number_kinds, "what costs, and what belongs to no country, is told apart")
{
	static const struct {
		const char *digits, *region, *kind;
	} cases[] = {
		{ "449098790123", "GB", "premium" },     { "442079460123", "GB", "ordinary" },
		{ "447012345678", "GB", "personal" },    { "448081570123", "GB", "toll-free" },
		{ "493012345678", "DE", "ordinary" },    { "499001123456", "DE", "premium" },
		{ "491801234567", "DE", "shared-cost" }, { "19005550123", "US", "premium" },
		{ "881612345678", "881", "satellite" },  { "870773111632", "870", "satellite" },
		{ "979123456789", "979", "premium" },    { "80012345678", "800", "global" },
		{ "80812345678", "808", "global" },      { "18765550123", "JM", "ordinary" },
		{ "77012345678", "KZ", "ordinary" },     { "447624123456", "IM", "ordinary" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct number_place place = { 0 };

		CHECK_CASE(number_place_find(view_of(cases[i].digits), &place) == ERR_NONE,
		           cases[i].digits);
		CHECK_CASE(strcmp(number_region_name(place.region), cases[i].region) == 0,
		           cases[i].digits);
		CHECK_CASE(strcmp(number_kind_name(place.kind), cases[i].kind) == 0,
		           cases[i].digits);
	}
	return ERR_NONE;
}

TEST(number_not_there, "numbers that no plan has are not found, however they end")
{
	static const char *const cases[] = { "",
		                             "0",
		                             "4",
		                             "44",
		                             "441",
		                             "0441514",
		                             "99999999999",
		                             "21012345678",
		                             "44a151",
		                             "1123456789",
		                             "4420794601234" };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct number_place place = { .region = 7 };

		CHECK_CASE(number_place_find(view_of(cases[i]), &place) == ERR_NOT_FOUND, cases[i]);
		CHECK_CASE(place.region == 7, cases[i]);
	}
	return ERR_NONE;
}

TEST(number_truncated, "a dial string that is cut anywhere is read without harm")
{
	static const char *const cases[] = { "9+44 (20) 7946-0123", "1010999011442079460123",
		                             "%2B442079460123;x=y", "900442079460123" };
	const struct number_plan *plans[] = { &nowhere, &office, &states, &germany };

	for (size_t i = 0; i < 16; i++) {
		struct view whole = view_of(cases[i / 4]);

		for (size_t len = 0; len <= whole.len; len++) {
			struct number n;

			if (number_read(plans[i % 4], view_first(whole, len), &n) == ERR_NONE)
				CHECK(n.len == strlen(n.digits) && n.len <= MAX_E164_DIGITS);
		}
	}
	return ERR_NONE;
}

TEST(number_regions, "every region has a name that finds it, a code and a way abroad if it is one")
{
	for (uint16_t i = 1; i < REGION_COUNT; i++) {
		const char *name = number_region_name(i);
		uint16_t found = 0;

		CHECK_CASE(number_region_find(view_of(name), &found) == ERR_NONE && found == i,
		           name);
		CHECK_CASE(number_region_code(i) > 0 && number_region_code(i) < 1000, name);
	}
	CHECK(number_region_code(REGION_NONE) == 0 && number_region_code(REGION_COUNT) == 0);
	CHECK(number_region_access(REGION_GB, VIEW("0044")) == 2);
	CHECK(number_region_access(REGION_US, VIEW("0044")) == 0);
	CHECK(number_region_access(REGION_BR, VIEW("002149")) == 4);
	CHECK(number_region_access(REGION_AU, VIEW("00114")) == 4);
	return ERR_NONE;
}
