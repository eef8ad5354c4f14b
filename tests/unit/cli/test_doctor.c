/* SPDX-License-Identifier: Apache-2.0 */
/* What doctor concludes from what it is handed: each finding, and the case
 * beside it in which there must be none. */
#include "cli/doctor.h"
#include "runner/test.h"
#include <string.h>

/* Whether that finding was made, other than as being well. */
static bool has(const struct doctor *d, enum doctor_finding finding)
{
	for (int level = DOCTOR_NOTE; level < DOCTOR_LEVEL_COUNT; level++) {
		size_t i;
		json_t *item;

		json_array_foreach(d->found[level], i, item)
		{
			const char *id = json_string_value(json_object_get(item, "id"));

			if (id && strcmp(id, doctor_id(finding)) == 0)
				return true;
		}
	}
	return false;
}

TEST(doctor_words, "has for each finding an id of its own, a reason and a remedy")
{
	struct doctor d = { 0 };
	json_t *all, *item;
	size_t i, k;
	bool is_good = true;

	if (!doctor_new(&d)) {
		doctor_free(&d);
		return ERR_NO_MEMORY;
	}
	for (enum doctor_finding f = 0; f < DOCTOR_FINDING_COUNT; f++)
		doctor_find(&d, f, "subject", "found %d", 7);
	all = doctor_all(&d);
	is_good = json_array_size(all) == DOCTOR_FINDING_COUNT;
	json_array_foreach(all, i, item)
	{
		const char *why = json_string_value(json_object_get(item, "why")),
			   *remedy = json_string_value(json_object_get(item, "remedy"));

		is_good = is_good && why && why[0] && why[strlen(why) - 1] != '.' && remedy &&
		          remedy[0] && remedy[strlen(remedy) - 1] != '.';
		for (k = 0; k < i; k++)
			is_good = is_good &&
			          !json_equal(json_object_get(item, "id"),
			                      json_object_get(json_array_get(all, k), "id"));
	}
	json_decref(all);
	doctor_free(&d);
	CHECK(is_good);
	return ERR_NONE;
}

TEST(doctor_order, "writes the worst first, and what others named in a way that can be seen")
{
	struct doctor d;
	json_t *all;
	bool is_good;

	CHECK(doctor_new(&d));
	doctor_pass(&d, DOCTOR_MODE_FINDING, "", "well");
	doctor_find(&d, DOCTOR_MODE_FINDING, "", "note");
	doctor_find(&d, DOCTOR_LISTEN_PORT_FINDING, "x\033y", "taken by \033[2J\xff");
	all = doctor_all(&d);
	is_good = json_array_size(all) == 3 &&
	          strcmp(json_string_value(json_object_get(json_array_get(all, 0), "what")),
	                 "taken by \\x1b[2J\\xff") == 0 &&
	          strcmp(json_string_value(json_object_get(json_array_get(all, 2), "level")),
	                 "ok") == 0;
	json_decref(all);
	doctor_free(&d);
	CHECK(is_good);
	return ERR_NONE;
}

static const struct {
	const char *realm, *domain;
	enum doctor_realm want;
} realms[] = {
	{ "sip.example.com", "", REALM_FITS },
	{ "sip.example.com", "sip.example.com", REALM_FITS },
	{ "192.168.1.5", "", REALM_IS_ADDRESS },
	{ "10.0.0.20:5060", "sip.example.com", REALM_IS_ADDRESS },
	{ "[fd00::20]", "", REALM_IS_ADDRESS },
	{ "127.0.0.1", "", REALM_IS_ADDRESS },
	{ "198.51.100.7", "", REALM_FITS },
	{ "asterisk", "", REALM_IS_HOST },
	{ "ASTERISK", "asterisk", REALM_FITS },
	{ "pbx-3.lan", "", REALM_IS_HOST },
	{ "pbx.Office.LOCAL", "", REALM_IS_HOST },
	{ "local.example.com", "", REALM_FITS },
	{ "The Office of Example Ltd", "", REALM_FITS },
	{ "", "", REALM_FITS },
};

TEST(doctor_realm, "tells a realm that names the inside from one that does not")
{
	for (size_t i = 0; i < sizeof(realms) / sizeof(realms[0]); i++)
		CHECK_CASE(doctor_realm_of(view_of(realms[i].realm), view_of(realms[i].domain)) ==
		                   realms[i].want,
		           realms[i].realm);
	return ERR_NONE;
}

/* What is handed over, and the finding that must (or must not) come of it. */
struct answer {
	const char *name, *text;
	enum doctor_finding finding;
	bool is_found;
};

#define PEER(rest)                                                                                 \
	"{\"items\":[{\"name\":\"office\",\"address\":\"10.0.0.20:5060\"," rest                    \
	"},{\"name\":\"carrier\",\"address\":\"192.0.2.7:5060\"}]}"
#define LEARNT(all, refusal, realm)                                                                \
	PEER("\"answers\":true,\"challenge_learnt\":true,\"challenges_unknown_users\":" all        \
	     ",\"refusal_learnt\":" refusal ",\"refusal\":403,\"realm\":\"" realm "\"")

static const struct answer peers[] = {
	{ "away", PEER("\"answers\":false"), DOCTOR_PBX_ANSWERS_FINDING, true },
	{ "away says no more", PEER("\"answers\":false"), DOCTOR_CHALLENGE_FINDING, false },
	{ "answers", LEARNT("true", "true", "x.example"), DOCTOR_PBX_ANSWERS_FINDING, false },
	{ "nothing learnt", PEER("\"answers\":true,\"challenge_learnt\":false"),
	  DOCTOR_CHALLENGE_FINDING, true },
	{ "learnt", LEARNT("true", "true", "x.example"), DOCTOR_CHALLENGE_FINDING, false },
	{ "no probe", LEARNT("false", "true", "x.example"), DOCTOR_PROBE_USER_FINDING, true },
	{ "no need", LEARNT("true", "true", "x.example"), DOCTOR_PROBE_USER_FINDING, false },
	{ "refusal", LEARNT("true", "false", "x.example"), DOCTOR_REFUSAL_FINDING, true },
	{ "refused", LEARNT("true", "true", "x.example"), DOCTOR_REFUSAL_FINDING, false },
	{ "address", LEARNT("true", "true", "10.0.0.20"), DOCTOR_REALM_FINDING, true },
	{ "peer's", LEARNT("true", "true", "192.0.2.7"), DOCTOR_REALM_FINDING, true },
	{ "host", LEARNT("true", "true", "pbx"), DOCTOR_REALM_FINDING, true },
	{ "domain", LEARNT("true", "true", "sip.example"), DOCTOR_REALM_FINDING, false },
	{ "not asked", "{\"items\":[{\"name\":\"x\"}]}", DOCTOR_PBX_ANSWERS_FINDING, false },
};

#define FACTS(probe)                                                                               \
	"{\"subscribers\":{\"domain\":\"sip.example\",\"probe_user\":\"" probe "\"},"              \
	"\"peers\":[{\"name\":\"carrier\",\"address\":\"192.0.2.7\"}]}"

TEST(doctor_peers, "says of a PBX what is in the way, and nothing where all is well")
{
	for (size_t i = 0; i < sizeof(peers) / sizeof(peers[0]); i++) {
		json_t *answer = json_loads(peers[i].text, 0, NULL),
		       *facts = json_loads(FACTS(""), 0, NULL);
		struct doctor d;
		bool is_right;

		CHECK_CASE(answer && facts && doctor_new(&d), peers[i].name);
		doctor_judge_peers(&d, answer, facts);
		is_right = has(&d, peers[i].finding) == peers[i].is_found;
		doctor_free(&d);
		json_decref(answer);
		json_decref(facts);
		CHECK_CASE(is_right, peers[i].name);
	}
	return ERR_NONE;
}

TEST(doctor_probe,
     "is content with a probe user that the PBX challenges, not with one that it does not")
{
	json_t *facts = json_loads(FACTS("probe"), 0, NULL),
	       *learnt = json_loads(LEARNT("false", "true", "sip.example"), 0, NULL),
	       *unlearnt = json_loads(PEER("\"answers\":true,\"challenge_learnt\":false"), 0, NULL);
	struct doctor good, bad;
	bool is_right;

	CHECK(doctor_new(&good) && doctor_new(&bad));
	doctor_judge_peers(&good, learnt, facts);
	doctor_judge_peers(&bad, unlearnt, facts);
	is_right = !has(&good, DOCTOR_PROBE_USER_FINDING) && has(&bad, DOCTOR_PROBE_USER_FINDING);
	doctor_free(&good);
	doctor_free(&bad);
	json_decref(facts);
	json_decref(learnt);
	json_decref(unlearnt);
	CHECK(is_right);
	return ERR_NONE;
}

#define RING(members)    "{\"rings\":[{\"name\":\"facts\"," members "}],\"queue\":\"\"}"
#define PROCESS(members) "{\"processes\":[{\"name\":\"signal\"," members "}]}"

static const struct answer statuses[] = {
	{ "ready", PROCESS("\"state\":\"ready\",\"starts\":1"), DOCTOR_PROCESSES_FINDING, false },
	{ "down", PROCESS("\"state\":\"down\",\"starts\":1"), DOCTOR_PROCESSES_FINDING, true },
	{ "once", PROCESS("\"state\":\"ready\",\"starts\":1"), DOCTOR_PROCESS_RESTARTS_FINDING,
	  false },
	{ "twice", PROCESS("\"state\":\"ready\",\"starts\":2,\"last_end\":\"signal 11\""),
	  DOCTOR_PROCESS_RESTARTS_FINDING, true },
	{ "kept", RING("\"dropped_kept\":1"), DOCTOR_RINGS_FINDING, true },
	{ "details", RING("\"dropped_details\":1"), DOCTOR_RINGS_FINDING, true },
	{ "samples", RING("\"dropped_samples\":9,\"dropped_kept\":0"), DOCTOR_RINGS_FINDING,
	  false },
	{ "queue", "{\"queue\":\"records of signal\"}", DOCTOR_RINGS_FINDING, true },
	{ "empty", "{}", DOCTOR_RINGS_FINDING, false },
};

static const struct answer stores[] = {
	{ "well", "{\"refused\":0,\"sheds\":\"none\"}", DOCTOR_STORE_FINDING, false },
	{ "refused", "{\"refused\":3,\"sheds\":\"none\"}", DOCTOR_STORE_FINDING, true },
	{ "full", "{\"refused\":0,\"shed\":9,\"sheds\":\"samples\"}", DOCTOR_STORE_FINDING, true },
};

static const struct answer modes[] = {
	{ "block", "{\"mode\":\"block\"}", DOCTOR_MODE_FINDING, false },
	{ "observe", "{\"mode\":\"observe\"}", DOCTOR_MODE_FINDING, true },
	{ "off", "{\"mode\":\"off\"}", DOCTOR_MODE_FINDING, true },
};

#define SIDE(address, advertise, has_pbx)                                                          \
	"{\"sides\":[{\"side\":\"outside\",\"udp\":[{\"address\":\"" address                       \
	"\",\"port\":5060}],\"advertise\":" advertise ",\"has_pbx\":" has_pbx "}]}"

static const struct answer addresses[] = {
	{ "public", SIDE("198.51.100.7", "null", "false"), DOCTOR_ADVERTISE_ABSENT_FINDING, false },
	{ "private", SIDE("10.0.0.2", "null", "false"), DOCTOR_ADVERTISE_ABSENT_FINDING, true },
	{ "inside", SIDE("10.0.0.2", "null", "true"), DOCTOR_ADVERTISE_ABSENT_FINDING, false },
	{ "loopback", SIDE("127.0.0.2", "null", "false"), DOCTOR_ADVERTISE_ABSENT_FINDING, false },
	{ "advertised", SIDE("10.0.0.2", "\"198.51.100.7\"", "false"),
	  DOCTOR_ADVERTISE_ABSENT_FINDING, false },
	{ "fits", SIDE("10.0.0.2", "\"198.51.100.7\"", "false"), DOCTOR_ADVERTISE_PRIVATE_FINDING,
	  false },
	{ "private advertised", SIDE("198.51.100.7", "\"192.168.1.2\"", "false"),
	  DOCTOR_ADVERTISE_PRIVATE_FINDING, true },
	{ "shared", SIDE("10.0.0.2", "\"100.64.1.2\"", "false"), DOCTOR_ADVERTISE_PRIVATE_FINDING,
	  true },
	{ "towards the PBX", SIDE("10.0.0.2", "\"192.168.1.2\"", "true"),
	  DOCTOR_ADVERTISE_PRIVATE_FINDING, false },
#define WEBSOCKET(address)                                                                         \
	"{\"sides\":[{\"side\":\"a\",\"udp\":[],\"ws\":[{\"address\":" address ",\"port\":80}]}]}"
	{ "WebSocket in clear", WEBSOCKET("\"198.51.100.7\""), DOCTOR_WEBSOCKET_CLEAR_FINDING,
	  true },
	{ "WebSocket in clear somewhere", WEBSOCKET("null"), DOCTOR_WEBSOCKET_CLEAR_FINDING, true },
	{ "WebSocket within the machine", WEBSOCKET("\"127.0.0.1\""),
	  DOCTOR_WEBSOCKET_CLEAR_FINDING, false },
	{ "TLS 1.0", "{\"sides\":[{\"side\":\"a\",\"udp\":[],\"has_old_tls\":true}]}",
	  DOCTOR_TLS_OLD_FINDING, true },
	{ "TLS 1.2", "{\"sides\":[{\"side\":\"a\",\"udp\":[],\"has_old_tls\":false}]}",
	  DOCTOR_TLS_OLD_FINDING, false },
	{ "none", "{\"sides\":[]}", DOCTOR_LISTEN_NONE_FINDING, true },
	{ "some", SIDE("10.0.0.2", "null", "true"), DOCTOR_LISTEN_NONE_FINDING, false },
};

static enum err try_answers(const struct answer *rows, size_t count,
                            void (*judge)(struct doctor *d, const json_t *answer))
{
	for (size_t i = 0; i < count; i++) {
		json_t *answer = json_loads(rows[i].text, 0, NULL);
		struct doctor d;
		bool is_right;

		CHECK_CASE(answer && doctor_new(&d), rows[i].name);
		judge(&d, answer);
		is_right = has(&d, rows[i].finding) == rows[i].is_found;
		doctor_free(&d);
		json_decref(answer);
		CHECK_CASE(is_right, rows[i].name);
	}
	return ERR_NONE;
}

#define COUNT_OF(rows) (sizeof(rows) / sizeof((rows)[0]))

TEST(doctor_status, "finds what ended, what was started again, and what a ring has lost")
{
	return try_answers(statuses, COUNT_OF(statuses), doctor_judge_status);
}

TEST(doctor_store, "finds a store that refuses or leaves out")
{
	return try_answers(stores, COUNT_OF(stores), doctor_judge_store);
}

TEST(doctor_mode, "reminds of a mode in which nobody is blocked")
{
	return try_answers(modes, COUNT_OF(modes), doctor_judge_mode);
}

TEST(doctor_addresses, "finds an address that the internet cannot reach, where it matters")
{
	return try_answers(addresses, COUNT_OF(addresses), doctor_judge_addresses);
}

static const struct {
	const char *name, *facts, *local, *reserved;
	bool has_pairs, is_apart;
} media[] = {
	{ "apart", "{\"media\":{\"first\":20000,\"last\":29999,\"calls\":200}}", "32768\t60999\n",
	  "\n", true, true },
	{ "within", "{\"media\":{\"first\":30000,\"last\":39999,\"calls\":200}}", "32768\t60999\n",
	  "\n", true, false },
	{ "reserved", "{\"media\":{\"first\":30000,\"last\":39999,\"calls\":200}}",
	  "32768\t60999\n", "5060,32768-39999\n", true, true },
	{ "reserved in part", "{\"media\":{\"first\":30000,\"last\":39999,\"calls\":200}}",
	  "32768\t60999\n", "32768-39998\n", true, false },
	{ "just enough", "{\"media\":{\"first\":20000,\"last\":20019,\"calls\":10}}", "", "", true,
	  true },
	{ "an odd start", "{\"media\":{\"first\":20001,\"last\":20020,\"calls\":10}}", "", "",
	  false, true },
	{ "too few", "{\"media\":{\"first\":20000,\"last\":20018,\"calls\":10}}", "", "", false,
	  true },
};

TEST(doctor_media, "counts port pairs and finds those that the system gives away")
{
	for (size_t i = 0; i < COUNT_OF(media); i++) {
		json_t *facts = json_loads(media[i].facts, 0, NULL);
		struct doctor d;
		bool is_right;

		CHECK_CASE(facts && doctor_new(&d), media[i].name);
		doctor_judge_media(&d, facts, view_of(media[i].local), view_of(media[i].reserved));
		is_right = has(&d, DOCTOR_MEDIA_PORTS_FINDING) == !media[i].has_pairs &&
		           has(&d, DOCTOR_MEDIA_RANGE_FINDING) == !media[i].is_apart;
		doctor_free(&d);
		json_decref(facts);
		CHECK_CASE(is_right, media[i].name);
	}
	return ERR_NONE;
}

static const char METRICS[] =
	"# TYPE ringfence_calls_unprotected counter\n"
	"# HELP ringfence_calls_unprotected calls too large for the checkpoint\n"
	"ringfence_calls_unprotected_total{process=\"signal\"} 0\n"
	"ringfence_calls_unprotected_total{process=\"judge\"} 0\n"
	"# TYPE ringfence_limit_calls counter\n"
	"ringfence_limit_calls_total{process=\"signal\"} 0\n"
	"ringfence_limit_calls_total{process=\"judge\"} 0\n"
	"# TYPE ringfence_limit_ports counter\n"
	"ringfence_limit_ports_total{process=\"signal\"} 2\n"
	"# TYPE ringfence_peer_malformed counter\n"
	"ringfence_peer_malformed_total{process=\"signal\"} 3\n# EOF\n";

TEST(doctor_counters, "adds a counter up over all processes, and knows one from another")
{
	struct doctor d;
	bool is_right;

	CHECK(doctor_new(&d));
	doctor_judge_counters(&d, METRICS);
	is_right = has(&d, DOCTOR_LIMITS_FINDING) && has(&d, DOCTOR_PEER_GRAMMAR_FINDING) &&
	           !has(&d, DOCTOR_CALLS_UNPROTECTED_FINDING);
	doctor_free(&d);
	CHECK(is_right);
	return ERR_NONE;
}

TEST(doctor_tracking, "finds a table of connections that is nearly full")
{
	struct doctor full, fair, none;
	bool is_right;

	CHECK(doctor_new(&full) && doctor_new(&fair) && doctor_new(&none));
	doctor_judge_tracking(&full, VIEW("76\n"), VIEW("100\n"));
	doctor_judge_tracking(&fair, VIEW("75\n"), VIEW("100\n"));
	doctor_judge_tracking(&none, VIEW_EMPTY, VIEW_EMPTY);
	is_right = has(&full, DOCTOR_CONNECTION_TRACKING_FINDING) &&
	           !has(&fair, DOCTOR_CONNECTION_TRACKING_FINDING) &&
	           !has(&none, DOCTOR_CONNECTION_TRACKING_FINDING);
	doctor_free(&full);
	doctor_free(&fair);
	doctor_free(&none);
	CHECK(is_right);
	return ERR_NONE;
}

static const struct {
	const char *state;
	enum doctor_finding want; /* DOCTOR_FINDING_COUNT: none */
} ends[] = {
	{ "good", DOCTOR_FINDING_COUNT },
	{ "revoked", DOCTOR_FINDING_COUNT },
	{ "ends-in-30", DOCTOR_CERTIFICATE_ENDING_FINDING },
	{ "ends-in-14", DOCTOR_CERTIFICATE_ENDING_FINDING },
	{ "ends-in-3", DOCTOR_CERTIFICATE_ENDING_FINDING },
	{ "ended", DOCTOR_CERTIFICATE_ENDED_FINDING },
	{ "not-yet", DOCTOR_CERTIFICATE_EARLY_FINDING },
	{ "absent", DOCTOR_CERTIFICATE_UNREAD_FINDING },
	{ "unreadable", DOCTOR_CERTIFICATE_UNREAD_FINDING },
};

TEST(doctor_certificates, "warns of certificates that end, and of none that does not")
{
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		json_t *rows = json_pack("[{s:s, s:s, s:s}]", "name", "main", "state",
		                         ends[i].state, "file", "/tmp/main.pem");
		struct doctor d = { 0 };
		bool is_good;

		if (!doctor_new(&d)) {
			doctor_free(&d);
			json_decref(rows);
			return ERR_NO_MEMORY;
		}
		doctor_judge_certificates(&d, rows);
		is_good = ends[i].want == DOCTOR_FINDING_COUNT
		                ? doctor_count(&d, DOCTOR_WARNING) +
		                                  doctor_count(&d, DOCTOR_FAULT) ==
		                          0
		                : has(&d, ends[i].want);
		doctor_free(&d);
		json_decref(rows);
		CHECK_CASE(is_good, ends[i].state);
	}
	return ERR_NONE;
}
