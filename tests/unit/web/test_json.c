/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of strangers and times as JSON. */
#include "runner/test.h"
#include "web/json.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BAD "\xef\xbf\xbd"

static const struct {
	const char *name, *text, *want;
} texts[] = {
	{ "plain", "abc", "abc" },
	{ "empty", "", "" },
	{ "two bytes", "\xc3\xa4", "\xc3\xa4" },
	{ "four bytes", "\xf0\x9f\x93\x9e", "\xf0\x9f\x93\x9e" },
	{ "a lone lead", "\xc3", BAD },
	{ "a lone tail",
	  "\x80"
	  "a",
	  BAD "a" },
	{ "an overlong slash", "\xc0\xaf", BAD BAD },
	{ "an overlong three", "\xe0\x80\xaf", BAD BAD BAD },
	{ "a surrogate", "\xed\xa0\x80", BAD BAD BAD },
	{ "beyond Unicode", "\xf4\x90\x80\x80", BAD BAD BAD BAD },
	{ "no lead at all", "\xff\xfe", BAD BAD },
	{ "cut in the middle", "a\xe2\x82", "a" BAD BAD },
};

TEST(json_texts, "replaces what is not UTF-8 and keeps what is")
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_t *j = web_json_text(view_of(texts[i].text));
		bool is_same;

		if (!j)
			return ERR_NO_MEMORY;
		is_same = strcmp(json_string_value(j), texts[i].want) == 0;
		json_decref(j);
		CHECK_CASE(is_same, texts[i].name);
	}
	return ERR_NONE;
}

static void as_text(struct view text) { json_decref(web_json_text(text)); }

TEST(json_texts_cut, "reads nothing beyond a text that is cut off")
{
	test_truncations(VIEW("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\x9e\xf4\x90\xed"), as_text);
	return ERR_NONE;
}

static const struct {
	int64_t wall_us;
	const char *want;
} times[] = {
	{ 1, "1970-01-01T00:00:00.000Z" },
	{ 951782399999000, "2000-02-28T23:59:59.999Z" },
	{ 951782400000000, "2000-02-29T00:00:00.000Z" },
	{ 951868800000000, "2000-03-01T00:00:00.000Z" },
	{ 1700000000123456, "2023-11-14T22:13:20.123Z" },
	{ 1735689599000000, "2024-12-31T23:59:59.000Z" },
	{ 4107542400000000, "2100-03-01T00:00:00.000Z" },
	{ 253402300799000000, "9999-12-31T23:59:59.000Z" },
};

TEST(json_times, "writes times as RFC 3339 in UTC")
{
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		json_t *j = web_json_time(times[i].wall_us);
		bool is_same = j && strcmp(json_string_value(j), times[i].want) == 0;

		json_decref(j);
		CHECK_CASE(is_same, times[i].want);
	}
	CHECK(json_is_null(web_json_time(0)));
	return ERR_NONE;
}

static const struct {
	const char *text;
	uint32_t want;
} lengths[] = {
	{ "30s", 30 }, { "30m", 1800 }, { "1h", 3600 },   { "7d", 604800 }, { "2w", 1209600 },
	{ "", 0 },     { "30", 0 },     { "m", 0 },       { "0m", 0 },      { "-1m", 0 },
	{ "1y", 0 },   { "1h1m", 0 },   { "100000w", 0 },
};

TEST(json_lengths, "reads lengths of time with their unit only")
{
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		uint32_t seconds = 0;

		CHECK_CASE(web_length_read(lengths[i].text, &seconds) == (lengths[i].want != 0),
		           lengths[i].text);
		CHECK_CASE(seconds == lengths[i].want, lengths[i].text);
	}
	return ERR_NONE;
}

/* Fields filled to the brim, without their NUL: a broken process. */
TEST(json_brim, "reads no field beyond its end")
{
	static union record r;
	json_t *j;

	memset(&r, 0xff, sizeof(r));
	j = web_json_call(&r.call);
	json_decref(j);
	j = web_json_incident(&r.incident);
	json_decref(j);
	j = web_json_sample(&r.sample);
	json_decref(j);
	j = web_json_audit(&r.audit);
	json_decref(j);
	j = web_json_block(&r.block);
	json_decref(j);
	return ERR_NONE;
}

TEST(json_incident, "tells an incident's phases with their times, and its lists as lists")
{
	static struct record_incident r = { .incident = 7,
		                            .phases = PHASE_SCAN | PHASE_DIAL,
		                            .phase_wall_us = { 1, 0, 0, 0, 2 },
		                            .sources = 2,
		                            .source_list = "192.0.2.7 192.0.2.8",
		                            .part_of = 9 };
	json_t *j = web_json_incident(&r);
	char *text = j ? json_dumps(j, JSON_COMPACT) : NULL;
	bool is_told;

	json_decref(j);
	if (!text)
		return ERR_NO_MEMORY;
	is_told = strstr(text, "\"phases\":[\"scan\",\"dial\"]") &&
	          strstr(text, "\"began\":{\"scan\":\"1970-01-01T00:00:00.000Z\",\"dial\":") &&
	          strstr(text, "\"source_list\":[\"192.0.2.7\",\"192.0.2.8\"]") &&
	          strstr(text, "\"user_list\":[]") && strstr(text, "\"part_of\":\"9\"") &&
	          strstr(text, "\"sources\":2");
	free(text);
	CHECK(is_told);
	return ERR_NONE;
}
