/* SPDX-License-Identifier: Apache-2.0 */
/* The torture messages: our twins, and the originals where they are at hand. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rebuild.h"
#include "runner/test.h"
#include "sip/check.h"
#include "sip/name_addr.h"
#include "sip/tokens.h"
#include "sip/values.h"
#include "sip/via.h"
#include "torture.h"

static struct sip_msg msg;
static char bytes[1 << 16];

/* Which of the two refuses it, and why. */
static enum torture_verdict judge(struct view text)
{
	memcpy(bytes, text.at, text.len);
	if (sip_msg_parse(bytes, text.len, &sip_limits_default, &msg) != ERR_NONE)
		return TORTURE_INDEX;
	if (sip_check(&msg) != ERR_NONE)
		return TORTURE_CHECK;
	return TORTURE_ACCEPTED;
}

static enum err run_twins(const struct torture *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct torture *t = &rows[i];
		enum torture_verdict wanted =
			t->verdict == TORTURE_ABOVE ? TORTURE_ACCEPTED : t->verdict;
		enum torture_verdict got = judge(t->text);

		CHECK_CASE(got == wanted, t->idea);
		if (wanted != TORTURE_ACCEPTED)
			CHECK_CASE(msg.reason == t->reason, t->idea);
		else if (t->reason != SIP_REASON_NONE)
			CHECK_CASE(sip_reason_in(msg.anomalies, t->reason), t->idea);
		else
			CHECK_CASE(msg.reason == SIP_REASON_NONE, t->idea);
		if (wanted == TORTURE_ACCEPTED)
			CHECK_CASE(rebuild_is_same(&msg), t->idea);
	}
	return ERR_NONE;
}

TEST(torture_4475_twins, "each twin of RFC 4475 gets its verdict by its name")
{
	return run_twins(torture_4475, torture_4475_count);
}

TEST(torture_5118_twins, "each twin of RFC 5118 gets its verdict by its name")
{
	return run_twins(torture_5118, torture_5118_count);
}

static enum err checked;

static void judge_cut(struct view text)
{
	char *copy = test_exact_copy(text);

	if (sip_msg_parse(copy, text.len, &sip_limits_default, &msg) == ERR_NONE)
		checked = sip_check(&msg);
	free(copy);
}

TEST(torture_truncations, "each twin may end at any byte")
{
	for (size_t i = 0; i < torture_4475_count; i++)
		test_truncations(torture_4475[i].text, judge_cut);
	for (size_t i = 0; i < torture_5118_count; i++)
		test_truncations(torture_5118[i].text, judge_cut);
	return ERR_NONE;
}

static struct view twin(const char *section)
{
	size_t i = 0;

	while (strcmp(torture_4475[i].section, section) != 0)
		i++;
	return torture_4475[i].text;
}

TEST(torture_above, "what is left to those above is there for them to see")
{
	static const struct view none[1];
	char text[128];
	struct buffer b = BUFFER_ON(text);
	struct sip_via via;
	struct sip_uri uri;

	CHECK(judge(twin("3.2.1")) == TORTURE_ACCEPTED);
	TRY(sip_via_parse(sip_msg_value(&msg, SIP_HEADER_VIA), &via));
	CHECK(!sip_via_is_rfc3261(&via));
	CHECK(judge(twin("3.3.2")) == TORTURE_ACCEPTED);
	TRY(sip_uri_parse(msg.uri, &uri));
	CHECK(uri.scheme == SIP_SCHEME_OTHER);
	CHECK(judge(twin("3.3.5")) == TORTURE_ACCEPTED);
	CHECK(sip_tokens_unknown(&msg, SIP_HEADER_REQUIRE, none, 0, &b) == 2);
	CHECK(view_equal(buffer_view(&b), VIEW("no-such-thing, nor-this")));
	CHECK(judge(twin("3.3.7")) == TORTURE_ACCEPTED);
	CHECK(sip_msg_header(&msg, SIP_HEADER_AUTHORIZATION)->is_foreign);
	CHECK(judge(twin("3.1.2.12")) == TORTURE_ACCEPTED);
	CHECK(sip_msg_header(&msg, SIP_HEADER_DATE)->is_foreign);
	return ERR_NONE;
}

TEST(torture_ports, "an IPv6 reference keeps its port outside of the brackets")
{
	struct sip_uri uri;

	TRY(sip_uri_parse(VIEW("sip:[2001:db8:5::10:5070]"), &uri));
	CHECK(uri.port == 0);
	TRY(sip_uri_parse(VIEW("sip:[2001:db8:5::10]:5070"), &uri));
	CHECK(uri.port == 5070 && uri.host.addr.family == 6);
	TRY(sip_uri_parse(VIEW("sip:[::ffff:192.0.2.9]"), &uri));
	CHECK(uri.host.addr.family == 4);
	return ERR_NONE;
}

/* Where an original's verdict differs from its class in EXPECTED.tsv; the
 * reasons stand in docs/torture.md. */
static const struct {
	const char *name;
	enum torture_verdict verdict;
} differences[] = {
	{ "intmeth", TORTURE_INDEX },     /* control bytes behind backslashes */
	{ "baddate", TORTURE_ACCEPTED },  /* the header is kept out */
	{ "insuf", TORTURE_INDEX },       /* needed headers */
	{ "multi01", TORTURE_INDEX },     /* duplicates */
	{ "mcl01", TORTURE_INDEX },       /* duplicates */
	{ "ipv6-in-sdp", TORTURE_INDEX }, /* Content-Length counts more than the body has */
};

static bool is_refusal_due(const char *name, const char *class)
{
	for (size_t i = 0; i < sizeof(differences) / sizeof(differences[0]); i++)
		if (strcmp(differences[i].name, name) == 0)
			return differences[i].verdict != TORTURE_ACCEPTED;
	return strncmp(class, "invalid", 7) == 0;
}

/* Some copies have bare line feeds, or end before the empty line that a mail
 * reader would not show: each line gets its CRLF, the headers their end, and
 * a body that does not fit its Content-Length any more is taken as it is. */
static struct view as_sent(const char *text, size_t len, bool is_lf)
{
	static char sent[1 << 16];
	struct buffer b = BUFFER_ON(sent);

	for (size_t i = 0; i < len; i++) {
		if (is_lf && text[i] == '\n' && (i == 0 || text[i - 1] != '\r'))
			buffer_char(&b, '\r');
		buffer_char(&b, text[i]);
	}
	if (!view_contains(buffer_view(&b), VIEW("\r\n\r\n")))
		buffer_text(&b, "\r\n");
	return buffer_view(&b);
}

static const char *field_data(void)
{
	const char *at = getenv("RINGFENCE_FIELD_DATA");

	return at ? at : "../shared/data";
}

static enum err run_original(const char *folder, const char *name, const char *suffix,
                             const char *class)
{
	char path[512], *text;
	bool is_lf = strcmp(folder, "rfc5118") == 0;
	enum torture_verdict verdict;
	size_t len;
	enum err err;

	snprintf(path, sizeof(path), "%s/%s/%s%s", field_data(), folder, name, suffix);
	err = test_read_file(path, &text, &len);
	if (err != ERR_NONE)
		return err;
	verdict = judge(as_sent(text, len, is_lf));
	free(text);
	CHECK_CASE((verdict != TORTURE_ACCEPTED) == is_refusal_due(name, class), name);
	if (verdict == TORTURE_ACCEPTED)
		CHECK_CASE(rebuild_is_same(&msg), name);
	return ERR_NONE;
}

static enum err run_originals(const char *folder, const char *suffix)
{
	char path[512], *table = NULL, *save = NULL;
	size_t len;
	enum err err;

	snprintf(path, sizeof(path), "%s/%s/EXPECTED.tsv", field_data(), folder);
	err = test_read_file(path, &table, &len);
	if (err == ERR_NOT_FOUND || err == ERR_IO)
		SKIP("field data is not at hand");
	if (err != ERR_NONE)
		return err;
	(void)strtok_r(table, "\n", &save);
	for (char *row = strtok_r(NULL, "\n", &save); row && err == ERR_NONE;
	     row = strtok_r(NULL, "\n", &save)) {
		char *class = strrchr(row, '\t');

		row[strcspn(row, "\t")] = '\0';
		err = run_original(folder, row, suffix, class ? class + 1 : "");
	}
	free(table);
	return err;
}

TEST(torture_4475_originals,
     "the originals of RFC 4475 get the verdict of their class but where we say otherwise")
{
	return run_originals("rfc4475", ".dat");
}

TEST(torture_5118_originals, "the originals of RFC 5118 get the verdict of their class")
{
	return run_originals("rfc5118", "");
}
