/* SPDX-License-Identifier: Apache-2.0 */
/* What the running service says of itself, and what of it is in the way. */
#include "cli/doctor.h"
#include <stdlib.h>
#include <string.h>

static bool is_true(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

/* ---- processes and rings ---- */

static void judge_process(struct doctor *d, const json_t *process)
{
	const char *name = doctor_text(process, "name"), *state = doctor_text(process, "state");
	long long starts = doctor_number(process, "starts");

	if (strcmp(state, "ready") != 0)
		doctor_find(d, DOCTOR_PROCESSES_FINDING, name, "process %s is %s", name, state);
	else
		doctor_pass(d, DOCTOR_PROCESSES_FINDING, name, "process %s is ready", name);
	if (starts > 1)
		doctor_find(d, DOCTOR_PROCESS_RESTARTS_FINDING, name,
		            "process %s was started %lld times; it ended by: %s", name, starts,
		            doctor_text(process, "last_end"));
}

static void judge_ring(struct doctor *d, const json_t *ring)
{
	const char *name = doctor_text(ring, "name");
	long long details = doctor_number(ring, "dropped_details"),
		  kept = doctor_number(ring, "dropped_kept"),
		  broken = doctor_number(ring, "broken");

	/* Samples are the part that may be lost. */
	if (details || kept || broken)
		doctor_find(d, DOCTOR_RINGS_FINDING, name,
		            "ring %s has lost %lld details and %lld records, and had %lld broken "
		            "slots",
		            name, details, kept, broken);
}

void doctor_judge_status(struct doctor *d, const json_t *status)
{
	const char *queue = doctor_text(status, "queue");
	size_t i, before = doctor_count(d, DOCTOR_WARNING);
	json_t *row;

	json_array_foreach(json_object_get(status, "rings"), i, row) judge_ring(d, row);
	if (queue[0])
		doctor_find(d, DOCTOR_RINGS_FINDING, "", "a ring stands still: %s", queue);
	if (doctor_count(d, DOCTOR_WARNING) == before)
		doctor_pass(d, DOCTOR_RINGS_FINDING, "", "no ring has lost anything");
	json_array_foreach(json_object_get(status, "processes"), i, row) judge_process(d, row);
}

/* ---- the PBX ---- */

static bool is_name_inside(struct view name)
{
	static const char *const ends[] = { "local", "localdomain", "lan",  "internal", "intranet",
		                            "corp",  "home",        "arpa", "private",  "test" };
	size_t dot, after = 0;

	while ((dot = view_find(name, '.', after)) < name.len)
		after = dot + 1;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (view_equal_nocase(view_after(name, after), view_of(ends[i])))
			return true;
	return after == 0;
}

static bool is_host_name(struct view name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '.' || c == '-' || c == '_'))
			return false;
	}
	return name.len > 0;
}

enum doctor_realm doctor_realm_of(struct view realm, struct view domain)
{
	struct addr a;

	realm = view_trim(realm);
	if (!view_is_empty(domain) && view_equal_nocase(realm, domain))
		return REALM_FITS;
	if ((addr_parse(realm, &a) == ERR_NONE || addr_parse_port(realm, &a) == ERR_NONE))
		return addr_kind(&a) == ADDR_PUBLIC ? REALM_FITS : REALM_IS_ADDRESS;
	return is_host_name(realm) && is_name_inside(realm) ? REALM_IS_HOST : REALM_FITS;
}

/* Of a public address too: that of the PBX is none of a stranger's business. */
static bool is_address_of_peer(const char *realm, const json_t *facts)
{
	size_t i;
	json_t *peer;

	json_array_foreach(json_object_get(facts, "peers"), i, peer)
	{
		if (realm[0] && strcmp(realm, doctor_text(peer, "address")) == 0)
			return true;
	}
	return false;
}

static void judge_realm(struct doctor *d, const json_t *peer, const json_t *facts)
{
	const char *realm = doctor_text(peer, "realm"), *name = doctor_text(peer, "name");
	enum doctor_realm kind = doctor_realm_of(
		view_of(realm),
		view_of(doctor_text(json_object_get(facts, "subscribers"), "domain")));

	if (kind == REALM_IS_ADDRESS || is_address_of_peer(realm, facts))
		doctor_find(d, DOCTOR_REALM_FINDING, name,
		            "the realm \"%s\" of %s is an address of the inside", realm, name);
	else if (kind == REALM_IS_HOST)
		doctor_find(d, DOCTOR_REALM_FINDING, name,
		            "the realm \"%s\" of %s is the name of a host or a product", realm,
		            name);
	else
		doctor_pass(d, DOCTOR_REALM_FINDING, name, "the realm of %s is \"%s\"", name,
		            realm);
}

static void judge_challenge(struct doctor *d, const json_t *peer, const json_t *facts)
{
	const json_t *subscribers = json_object_get(facts, "subscribers");
	const char *name = doctor_text(peer, "name"),
		   *probe = doctor_text(subscribers, "probe_user");

	if (is_true(peer, "challenge_learnt"))
		doctor_pass(d, DOCTOR_CHALLENGE_FINDING, name, "the challenge of %s is known",
		            name);
	else
		doctor_find(d, DOCTOR_CHALLENGE_FINDING, name,
		            "the challenge of %s is not known yet", name);
	if (is_true(peer, "challenges_unknown_users"))
		doctor_pass(d, DOCTOR_PROBE_USER_FINDING, name,
		            "%s challenges unknown users like known ones", name);
	else if (subscribers && !probe[0])
		doctor_find(d, DOCTOR_PROBE_USER_FINDING, name,
		            "%s does not challenge unknown users, and no probe user is named",
		            name);
	else if (probe[0] && !is_true(peer, "challenge_learnt"))
		doctor_find(d, DOCTOR_PROBE_USER_FINDING, probe,
		            "%s does not challenge the probe user %s: there seems to be no such "
		            "extension",
		            name, probe);
	else if (probe[0])
		doctor_pass(d, DOCTOR_PROBE_USER_FINDING, probe,
		            "%s does not challenge unknown users, the probe user %s stands in",
		            name, probe);
	if (is_true(peer, "refusal_learnt"))
		doctor_pass(d, DOCTOR_REFUSAL_FINDING, name, "%s refuses a wrong password by %lld",
		            name, doctor_number(peer, "refusal"));
	else
		doctor_find(d, DOCTOR_REFUSAL_FINDING, name,
		            "how %s refuses a wrong password is not known yet", name);
}

/* How many addresses it has all the same. */
static const char *remainder_of(const json_t *peer)
{
	return json_array_size(json_object_get(peer, "targets")) > 0
	             ? "the last good answer goes on"
	             : "it cannot be reached";
}

static void judge_name(struct doctor *d, const json_t *peer)
{
	const char *name = doctor_text(peer, "name"), *host = doctor_text(peer, "host"),
		   *state = doctor_text(peer, "resolved");

	if (strcmp(state, "good") == 0)
		doctor_pass(d, DOCTOR_NAMES_FINDING, name, "%s of %s has %zu addresses", host, name,
		            json_array_size(json_object_get(peer, "targets")));
	else if (strcmp(state, "gone") == 0)
		doctor_find(d, DOCTOR_NAME_GONE_FINDING, name, "DNS knows no %s of %s: %s", host,
		            name, remainder_of(peer));
	else
		doctor_find(d, DOCTOR_NAMES_FINDING, name,
		            "no name server answers about %s of %s: %s", host, name,
		            remainder_of(peer));
}

void doctor_judge_peers(struct doctor *d, const json_t *peers, const json_t *facts)
{
	size_t i;
	json_t *peer;

	json_array_foreach(json_object_get(peers, "items"), i, peer)
	{
		const char *name = doctor_text(peer, "name");

		if (json_object_get(peer, "resolved"))
			judge_name(d, peer);
		/* Only the registrar is probed. */
		if (!json_object_get(peer, "answers"))
			continue;
		if (!is_true(peer, "answers")) {
			doctor_find(d, DOCTOR_PBX_ANSWERS_FINDING, name, "%s does not answer at %s",
			            name, doctor_text(peer, "address"));
			continue;
		}
		doctor_pass(d, DOCTOR_PBX_ANSWERS_FINDING, name, "%s answers at %s", name,
		            doctor_text(peer, "address"));
		judge_challenge(d, peer, facts);
		judge_realm(d, peer, facts);
	}
}

/* ---- store, mode, counters ---- */

void doctor_judge_store(struct doctor *d, const json_t *store)
{
	long long refused = doctor_number(store, "refused"), shed = doctor_number(store, "shed");
	const char *sheds = doctor_text(store, "sheds");

	if (refused)
		doctor_find(d, DOCTOR_STORE_FINDING, "", "%lld records were refused by the store",
		            refused);
	if (sheds[0] && strcmp(sheds, "none") != 0)
		doctor_find(d, DOCTOR_STORE_FINDING, "",
		            "the disk is nearly full: the store keeps no %s (%lld left out)", sheds,
		            shed);
	else if (!refused)
		doctor_pass(d, DOCTOR_STORE_FINDING, "", "the store has written %lld records",
		            doctor_number(store, "written"));
}

void doctor_judge_mode(struct doctor *d, const json_t *mode)
{
	const char *word = doctor_text(mode, "mode");

	if (strcmp(word, "block") == 0)
		doctor_pass(d, DOCTOR_MODE_FINDING, "", "the mode is block");
	else
		doctor_find(d, DOCTOR_MODE_FINDING, "", "the mode is %s", word);
}

/* The sum over all processes. */
static unsigned long long counted(const char *metrics, const char *name)
{
	char begin[80];
	unsigned long long sum = 0;
	int len = snprintf(begin, sizeof(begin), "\nringfence_%s_total{", name);
	const char *at = metrics;

	while (len > 0 && (at = strstr(at, begin))) {
		const char *end = strchr(at + 1, '\n'), *space = strstr(at, "} ");

		if (space && (!end || space < end))
			sum += strtoull(space + 2, NULL, 10);
		at += len;
	}
	return sum;
}

static const struct {
	const char *counters[2];
	enum doctor_finding finding;
	const char *found, *well;
} counts[] = {
	{ { "calls_unprotected", NULL },
	  DOCTOR_CALLS_UNPROTECTED_FINDING,
	  "calls were too large for the checkpoint",
	  "all calls would outlive a restart" },
	{ { "limit_calls", "limit_ports" },
	  DOCTOR_LIMITS_FINDING,
	  "times all calls or media ports were in use",
	  "no call was refused for want of room" },
	{ { "peer_malformed", NULL },
	  DOCTOR_PEER_GRAMMAR_FINDING,
	  "messages of peers broke the grammar",
	  "no message of a peer broke the grammar" },
};

void doctor_judge_counters(struct doctor *d, const char *metrics)
{
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		unsigned long long sum = 0;

		for (size_t k = 0; k < 2 && counts[i].counters[k]; k++)
			sum += counted(metrics, counts[i].counters[k]);
		if (sum)
			doctor_find(d, counts[i].finding, "", "%llu %s", sum, counts[i].found);
		else
			doctor_pass(d, counts[i].finding, "", "%s", counts[i].well);
	}
}
