/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of a browser, of its neighbour and of strangers. */
#include "base/hash.h"
#include "media/ice.h"
#include "rtp/stun.h"
#include "runner/test.h"

static const uint64_t start_us = 1000 * (uint64_t)SECOND_US;
static const uint64_t consent_us = 30 * (uint64_t)SECOND_US;

static struct ice ice;
static struct ice_credentials ours;
static char answer_bytes[MAX_ICE_ANSWER];
static struct stun_message answer;
static size_t answer_len;

static struct addr at(const char *text)
{
	struct addr a = { 0 };

	(void)!addr_parse_port(view_of(text), &a);
	return a;
}

static enum err begin(void)
{
	static const uint8_t random[SDP_ICE_RANDOM_SIZE] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	sdp_ice_draw(random, ours.ufrag, ours.pwd);
	media_ice_begin(&ice, &ours);
	return hash_prepare();
}

static struct stun_message check_of(uint32_t priority, bool is_nominating)
{
	static char name[ICE_UFRAG_SIZE + 6];

	memcpy(name, ours.ufrag, ICE_UFRAG_SIZE);
	memcpy(name + ICE_UFRAG_SIZE, ":other", 6);
	return (struct stun_message){ .class = STUN_REQUEST,
		                      .method = STUN_BINDING,
		                      .transaction = "our question",
		                      .username = { name, sizeof(name) },
		                      .role = STUN_CONTROLLING,
		                      .priority = priority,
		                      .has_priority = true,
		                      .is_nominating = is_nominating };
}

static enum ice_verdict throw_bytes(struct view bytes, const char *from, uint64_t us)
{
	struct buffer b = BUFFER_ON(answer_bytes);
	struct addr source = at(from);
	enum ice_verdict verdict = media_ice_receive(&ice, bytes, &source, us, &b);

	answer = (struct stun_message){ 0 };
	answer_len = b.len;
	if (b.len > 0)
		(void)!stun_parse(buffer_view(&b), &answer);
	return verdict;
}

static enum ice_verdict throw_signed(const struct stun_message *m, struct view pwd,
                                     const char *from, uint64_t us)
{
	char bytes[MAX_STUN_DATAGRAM];
	struct buffer b = BUFFER_ON(bytes);

	(void)!stun_write(&b, m, pwd);
	return throw_bytes(buffer_view(&b), from, us);
}

static enum ice_verdict throw(const struct stun_message *m, const char *from, uint64_t us) {
	return throw_signed(m, view_bytes(ours.pwd, ICE_PWD_SIZE), from, us);
}

static bool is_at(const char *text)
{
	struct addr a = at(text);

	return addr_equal(&ice.place, &a);
}

static bool is_signed_answer(void)
{
	return stun_is_signed(view_bytes(answer_bytes, answer_len), &answer,
	                      view_bytes(ours.pwd, ICE_PWD_SIZE));
}

TEST(ice_nominated, "answers a check with where it came from and takes a nominated place")
{
	struct stun_message m;
	struct addr from = at("198.51.100.7:40000");

	TRY(begin());
	m = check_of(5, false);
	CHECK(throw(&m, "198.51.100.7:40000", start_us) == ICE_ANSWERED);
	CHECK(answer.class == STUN_SUCCESS && addr_equal(&answer.mapped, &from));
	CHECK(is_signed_answer() && memcmp(answer.transaction, "our question", 12) == 0);
	CHECK(ice.place.family == 0 && !media_ice_may_send(&ice, consent_us, start_us));
	m.is_nominating = true;
	CHECK(throw(&m, "198.51.100.7:40000", start_us) == ICE_NOMINATED);
	CHECK(is_at("198.51.100.7:40000") && media_ice_may_send(&ice, consent_us, start_us));
	CHECK(throw(&m, "198.51.100.7:40000", start_us) == ICE_ANSWERED);
	CHECK(throw(&m, "[2001:db8::7]:4000", start_us) == ICE_ANSWERED);
	return ERR_NONE;
}

TEST(ice_shorter, "never answers with more bytes than were asked")
{
	struct stun_message m;
	char bytes[MAX_STUN_DATAGRAM];
	struct buffer b = BUFFER_ON(bytes);

	TRY(begin());
	m = check_of(5, true);
	CHECK(stun_write(&b, &m, view_bytes(ours.pwd, ICE_PWD_SIZE)) == ERR_NONE);
	CHECK(throw_bytes(buffer_view(&b), "[2001:db8::7]:4000", start_us) == ICE_NOMINATED);
	CHECK(answer_len > 0 && answer_len < b.len);
	return ERR_NONE;
}

TEST(ice_strangers, "says nothing to who is not signed, is for another, or is no check")
{
	struct stun_message m, other;
	char bytes[256];
	struct buffer b = BUFFER_ON(bytes);

	TRY(begin());
	m = check_of(5, true);
	CHECK(throw_signed(&m, VIEW("another password"), "203.0.113.9:9", start_us) == ICE_STRANGE);
	CHECK(throw_signed(&m, VIEW_EMPTY, "203.0.113.9:9", start_us) == ICE_STRANGE);
	other = m;
	other.username = VIEW("another1:ours");
	CHECK(throw(&other, "203.0.113.9:9", start_us) == ICE_STRANGE);
	other.username.len = ICE_UFRAG_SIZE;
	CHECK(throw(&other, "203.0.113.9:9", start_us) == ICE_STRANGE);
	other.username = VIEW_EMPTY;
	CHECK(throw(&other, "203.0.113.9:9", start_us) == ICE_STRANGE);
	other = m;
	other.class = STUN_INDICATION;
	CHECK(throw(&other, "203.0.113.9:9", start_us) == ICE_IDLE);
	other.class = STUN_SUCCESS;
	CHECK(throw(&other, "203.0.113.9:9", start_us) == ICE_IDLE);
	other = m;
	other.method = 3; /* allocate, of TURN */
	CHECK(throw(&other, "203.0.113.9:9", start_us) == ICE_MALFORMED);
	CHECK(throw_bytes(VIEW("\x00\x01"), "203.0.113.9:9", start_us) == ICE_MALFORMED);
	CHECK(stun_write(&b, &m, view_bytes(ours.pwd, ICE_PWD_SIZE)) == ERR_NONE);
	bytes[3] = (char)(bytes[3] - 8); /* without its fingerprint */
	CHECK(throw_bytes(view_bytes(bytes, b.len - 8), "203.0.113.9:9", start_us) ==
	      ICE_MALFORMED);
	CHECK(answer_len == 0 && ice.place.family == 0);
	return ERR_NONE;
}

/* A right check, signed under the password that begin() draws, with attribute 0x7001. */
#define WITH_UNKNOWN                                                                               \
	VIEW("\x00\x01\x00\x50\x21\x12\xa4\x42\x6f\x75\x72\x20\x71\x75\x65\x73\x74\x69\x6f\x6e"    \
	     "\x00\x06\x00\x0e\x41\x51\x49\x44\x42\x41\x55\x47\x3a\x6f\x74\x68\x65\x72\x00\x00"    \
	     "\x70\x01\x00\x00\x00\x24\x00\x04\x00\x00\x00\x05\x80\x2a\x00\x08\x00\x00\x00\x00"    \
	     "\x00\x00\x00\x00\x00\x25\x00\x00\x00\x08\x00\x14\x12\x02\x7d\xae\x69\x1b\xc7\x08"    \
	     "\xf9\xa8\xf4\x67\xfd\x88\xb1\xd3\x0c\x40\xb2\x56\x80\x28\x00\x04\x76\x32\x91\x7a")

TEST(ice_errors, "refuses by name what it cannot do, and takes no place by it")
{
	struct stun_message m;

	TRY(begin());
	m = check_of(5, true);
	m.role = STUN_CONTROLLED;
	CHECK(throw(&m, "198.51.100.7:40000", start_us) == ICE_ANSWERED);
	CHECK(answer.class == STUN_ERROR && answer.error_code == STUN_ROLE_CONFLICT);
	m.role = STUN_ROLE_NONE;
	CHECK(throw(&m, "198.51.100.7:40000", start_us) == ICE_ANSWERED);
	CHECK(answer.error_code == STUN_BAD_REQUEST && is_signed_answer());
	m.role = STUN_CONTROLLING;
	m.has_priority = false;
	CHECK(throw(&m, "198.51.100.7:40000", start_us) == ICE_ANSWERED);
	CHECK(answer.error_code == STUN_BAD_REQUEST);
	CHECK(throw_bytes(WITH_UNKNOWN, "198.51.100.7:40000", start_us) == ICE_ANSWERED);
	CHECK(answer.error_code == STUN_UNKNOWN_ATTRIBUTE && is_signed_answer());
	CHECK(answer.unknown_count == 1 && answer.unknown[0] == 0x7001);
	CHECK(ice.place.family == 0);
	return ERR_NONE;
}

TEST(ice_moves, "moves to a better candidate at once, to a worse one when the place is silent")
{
	struct stun_message best, worse, better;

	TRY(begin());
	best = check_of(100, true);
	worse = check_of(50, true);
	better = check_of(200, true);
	CHECK(throw(&best, "198.51.100.7:40000", start_us) == ICE_NOMINATED);
	CHECK(throw(&worse, "203.0.113.7:7", start_us + ICE_SETTLED_US - 1) == ICE_ANSWERED);
	CHECK(is_at("198.51.100.7:40000"));
	CHECK(throw(&better, "203.0.113.8:8", start_us + 1) == ICE_NOMINATED);
	CHECK(is_at("203.0.113.8:8"));
	media_ice_heard(&ice, &(struct addr){ 0 }, start_us + ICE_SETTLED_US);
	CHECK(throw(&worse, "203.0.113.7:7", start_us + 1 + ICE_SETTLED_US) == ICE_NOMINATED);
	CHECK(is_at("203.0.113.7:7"));
	return ERR_NONE;
}

TEST(ice_consent, "sends nothing any more where the place has been silent for as long as told")
{
	struct stun_message m;
	struct addr place = at("198.51.100.7:40000"), other = at("198.51.100.7:40001");
	uint64_t us = start_us;

	TRY(begin());
	m = check_of(5, true);
	CHECK(throw(&m, "198.51.100.7:40000", us) == ICE_NOMINATED);
	CHECK(media_ice_may_send(&ice, consent_us, us + consent_us - 1));
	CHECK(!media_ice_may_send(&ice, consent_us, us + consent_us));
	CHECK(media_ice_may_send(&ice, 0, us + 100 * consent_us));
	media_ice_heard(&ice, &other, us + 20);
	CHECK(!media_ice_may_send(&ice, consent_us, us + consent_us));
	media_ice_heard(&ice, &place, us + 20);
	CHECK(media_ice_may_send(&ice, consent_us, us + consent_us));
	m.is_nominating = false; /* any check of it is consent */
	CHECK(throw(&m, "198.51.100.7:40000", us + 2 * consent_us) == ICE_ANSWERED);
	CHECK(media_ice_may_send(&ice, consent_us, us + 3 * consent_us - 1));
	return ERR_NONE;
}

TEST(ice_flood, "answers so many checks a second and no more")
{
	struct stun_message m;

	TRY(begin());
	m = check_of(5, true);
	for (int i = 0; i < ICE_CHECKS_PER_S; i++)
		CHECK(throw(&m, "198.51.100.7:40000", start_us) != ICE_RATE);
	CHECK(throw(&m, "198.51.100.7:40000", start_us + SECOND_US - 1) == ICE_RATE);
	CHECK(answer_len == 0);
	CHECK(throw(&m, "198.51.100.7:40000", start_us + SECOND_US) == ICE_ANSWERED);
	return ERR_NONE;
}
