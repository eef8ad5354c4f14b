/* SPDX-License-Identifier: Apache-2.0 */
/* Both ends of many calls, in one thread: a carrier that calls, and the PBX that is called. Each
 * message is a template with the call's own names in it, each batch one recvmmsg or sendmmsg, so
 * that a core of its own is enough for more calls than the border between them carries.
 *
 *     bench-rate --caller A --callee A --outside A --inside A [--core N] [--rate N] [--calls N]
 *                [--stand] [--silent] [--talk MS] [--mark TEXT]
 *
 * --stand leaves calls as they are once they are acknowledged; --silent offers no stream at all.
 * A call goes INVITE, 100, 180, 200, ACK, --talk, BYE, 200. What comes twice is counted, and what
 * does not come within T1 (500 ms): then it is asked for again, after twice as long each time (at
 * most T2, 4 s). SIGTERM begins no more. It ends when every call has ended or is lost (32 s without
 * an answer), with one line of numbers: begun, ended, failed, lost, late (ours sent again),
 * repeated (theirs), stray, the seconds from the first INVITE to the last answer, the most calls at
 * once, the microseconds from an INVITE to its 200: median, and 99 of 100; then the calls that were
 * answered, those whose ACK and those whose BYE reached the PBX. */
#include "rate_end.h"
#include "rate_waits.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CALLER, CALLEE, ENDS };
enum { TARGET_MAX = 160, TAG_MAX = 96 };
enum { MAX_CALLS = 4000000, MAX_LATENCY_US = 1000000, MAX_BEHIND = 256, MAX_SHOWN = 20 };
/* After so many, 32 s have gone by. */
enum { T1_US = 500000, T2_US = 4000000, TRIES = 11, PATIENCE_US = 40000000 };

/* What was seen of a call, each once. */
enum seen {
	SEEN_TRYING = 1,
	SEEN_RINGING = 2,
	SEEN_ANSWER = 4,
	SEEN_END = 8,
	SEEN_FAILURE = 16,
	SEEN_INVITE = 32,
	SEEN_ACK = 64,
	SEEN_BYE = 128
};

struct call {
	uint64_t begun_us;
	char *names; /* while it lives: where requests go, and the tag of who answered */
	uint8_t seen;
	bool is_lost;
};

struct lines {
	const char *first, *via, *from, *to, *call_id, *cseq, *contact;
};

static struct {
	struct rate_end ends[ENDS];
	struct call *calls;
	struct rate_waits waits[TRIES]; /* for what was sent that often and one time */
	struct rate_waits talks;
	uint32_t eldest; /* all before it are over */
	uint32_t rate, count, begun, ended, failed, lost, late, repeated, stray, most;
	uint32_t latencies[MAX_LATENCY_US / 10 + 1];
	uint64_t first_us, last_us;
	const char *outside, *mark;
	char target[TARGET_MAX];
	uint64_t talk_us;
	bool stands, is_silent;
} g = { .rate = 1000, .count = 1000, .mark = "1" };

static volatile sig_atomic_t is_told_to_end;

static void note_end(int number)
{
	(void)number;
	is_told_to_end = 1;
}

static uint64_t now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* ---- sending ---- */

static uint64_t pause_us(unsigned tries) { return tries < 3 ? (uint64_t)T1_US << tries : T2_US; }

/* What was written last and is not yet queued is sent again unless `ends_by` is seen by then. */
static void await(unsigned end, uint32_t call, unsigned ends_by, size_t len)
{
	struct rate_wait w = { .due_us = now_us() + T1_US,
		               .call = call,
		               .ends_by = (uint8_t)ends_by,
		               .again = malloc(len),
		               .len = (uint16_t)len,
		               .end = (uint8_t)end };

	if (!w.again)
		rate_fail("memory");
	memcpy(w.again, rate_end_message(&g.ends[end]), len);
	rate_waits_add(&g.waits[0], &w);
}

static bool is_over(const struct call *c)
{
	return c->is_lost || c->seen & (SEEN_END | SEEN_FAILURE) ||
	       (g.stands && c->seen & SEEN_ANSWER);
}

static void lose(struct call *c)
{
	if (is_over(c))
		return;
	c->is_lost = true;
	if (g.lost++ < MAX_SHOWN)
		(void)fprintf(stderr, "bench-rate: call %zu, begun after %.3f s, lost; seen %#x\n",
		              (size_t)(c - g.calls), (double)(c->begun_us - g.first_us) / 1e6,
		              c->seen);
}

/* One that is due: done with, or sent again and in the next queue. */
static void tend(struct rate_waits *q, uint64_t now)
{
	const struct rate_wait *first;

	while ((first = rate_waits_first(q))) {
		struct rate_wait w = *first;
		struct call *c = &g.calls[w.call];
		bool is_met = c->is_lost || c->seen & (w.ends_by | SEEN_FAILURE);

		if (!is_met && w.due_us > now)
			return;
		rate_waits_drop(q);
		if (is_met || ++w.tries == TRIES) {
			if (!is_met)
				lose(c);
			free(w.again);
			continue;
		}
		g.late++;
		memcpy(rate_end_message(&g.ends[w.end]), w.again, w.len);
		rate_end_queue(&g.ends[w.end], w.len);
		w.due_us = now + pause_us(w.tries);
		rate_waits_add(&g.waits[w.tries], &w);
	}
}

/* Those that came to a stop after a 100, which ends what is sent again. */
static void give_up(uint64_t now)
{
	for (; g.eldest < g.begun; g.eldest++) {
		struct call *c = &g.calls[g.eldest];

		if (!is_over(c) && c->begun_us + PATIENCE_US + g.talk_us > now)
			return;
		lose(c);
	}
}

static bool is_waited_for(void)
{
	size_t count = g.talks.count;

	for (unsigned i = 0; i < TRIES; i++)
		count += g.waits[i].count;
	return count > 0;
}

/* ---- the carrier ---- */

#define SDP                                                                                        \
	"m=audio 6000 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"         \
	"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"

static size_t describe(char *at, const char *host)
{
	char text[512];
	int len = snprintf(text, sizeof(text),
	                   "v=0\r\no=trunk 811 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n%s",
	                   host, host, g.is_silent ? "" : SDP);

	return (size_t)snprintf(at, 640,
	                        "Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s",
	                        len, text);
}

static size_t ask(uint32_t call, const char *method, unsigned cseq)
{
	struct rate_end *e = &g.ends[CALLER];
	const struct call *c = &g.calls[call];
	const char *target = c->names ? c->names : g.target,
		   *tag = c->names ? target + TARGET_MAX : "";
	/* The ACK of a refusal is part of the INVITE's transaction (RFC 3261 17.1.1.3). */
	const char *branch = c->seen & SEEN_FAILURE ? "INVITE" : method;

	return (size_t)snprintf(rate_end_message(e), 1024,
	                        "%s %s SIP/2.0\r\n"
	                        "Via: SIP/2.0/UDP %s:5060;branch=z9hG4bK-%s-%u-%s\r\n"
	                        "Max-Forwards: 70\r\n"
	                        "From: \"c%u\" <sip:+441632960001@%s:5060>;tag=%sc%u\r\n"
	                        "To: <sip:441632960700@%s>%s\r\n"
	                        "Call-ID: %u-%s@%s\r\n"
	                        "CSeq: %u %s\r\n",
	                        method, target, e->host, g.mark, call, branch, call, e->host,
	                        g.mark, call, g.outside, tag, call, g.mark, e->host, cseq, method);
}

static void begin(uint32_t call)
{
	struct rate_end *e = &g.ends[CALLER];
	size_t len = ask(call, "INVITE", 1);

	len += (size_t)snprintf(rate_end_message(e) + len, MESSAGE_MAX - len,
	                        "Contact: <sip:+441632960001@%s:5060>\r\n"
	                        "User-Agent: Trunk 1.0\r\n"
	                        "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, UPDATE\r\n"
	                        "Supported: replaces\r\n",
	                        e->host);
	len += describe(rate_end_message(e) + len, e->host);
	g.calls[call].begun_us = now_us();
	await(CALLER, call, SEEN_TRYING, len);
	rate_end_queue(e, len);
}

static void ask_within(uint32_t call, const char *method, unsigned cseq)
{
	struct rate_end *e = &g.ends[CALLER];
	size_t len = ask(call, method, cseq);

	len += (size_t)snprintf(rate_end_message(e) + len, 64, "Content-Length: 0\r\n\r\n");
	if (cseq > 1)
		await(CALLER, call, SEEN_END, len);
	rate_end_queue(e, len);
}

/* The first is shown. */
static void note_stray(const char *text)
{
	if (g.stray++ == 0)
		(void)fprintf(stderr, "bench-rate: not looked for:\n%s\n", text);
}

static size_t line_len(const char *at) { return at ? strcspn(at, "\r") : 0; }

static void finish(struct call *c, bool is_well, uint64_t now)
{
	if (!c->is_lost)
		(*(is_well ? &g.ended : &g.failed))++;
	g.last_us = now;
	free(c->names);
	c->names = NULL;
}

/* Where to, and the tag of who answered. */
static bool keep_names(struct call *c, const char *uri, const struct lines *l)
{
	const char *tag = l->to ? strstr(l->to, ";tag=") : NULL;
	size_t len = uri ? strcspn(uri, ">") : TARGET_MAX;

	if (!tag || len >= TARGET_MAX || line_len(tag) >= TAG_MAX ||
	    !(c->names = calloc(1, TARGET_MAX + TAG_MAX)))
		return false;
	memcpy(c->names, uri, len);
	memcpy(c->names + TARGET_MAX, tag, line_len(tag));
	return true;
}

static void answered(uint32_t call, const struct lines *l, uint64_t now)
{
	struct call *c = &g.calls[call];
	const char *uri = l->contact ? strchr(l->contact, '<') : NULL;
	uint64_t us = now - c->begun_us;

	g.latencies[(us < MAX_LATENCY_US ? us : MAX_LATENCY_US) / 10]++;
	if (!keep_names(c, uri ? uri + 1 : NULL, l)) {
		note_stray(l->first);
		return;
	}
	ask_within(call, "ACK", 1);
	if (g.stands)
		finish(c, true, now);
	else if (g.talk_us > 0)
		rate_waits_add(&g.talks,
		               &(struct rate_wait){ .due_us = now + g.talk_us, .call = call });
	else
		ask_within(call, "BYE", 2);
}

static void hang_up(uint64_t now)
{
	const struct rate_wait *w;

	while ((w = rate_waits_first(&g.talks)) && w->due_us <= now) {
		if (!is_over(&g.calls[w->call]))
			ask_within(w->call, "BYE", 2);
		rate_waits_drop(&g.talks);
	}
}

/* Whether it is the first of its kind. */
static bool is_new(struct call *c, enum seen what)
{
	bool is_first = !(c->seen & what);

	c->seen |= (uint8_t)what;
	g.repeated += !is_first;
	return is_first;
}

static void hear_answer(uint32_t call, const struct lines *l, uint64_t now)
{
	struct call *c = &g.calls[call];
	unsigned long status = strtoul(l->first + 8, NULL, 10);

	if (l->cseq && strncmp(l->cseq, "CSeq: 2 BYE", 11) == 0) {
		if (is_new(c, SEEN_END))
			finish(c, status == 200, now);
		return;
	}
	if (status < 200) {
		/* A 180 that overtook nothing stands for the 100 too. */
		if (is_new(c, status == 100 ? SEEN_TRYING : SEEN_RINGING))
			c->seen |= SEEN_TRYING;
	} else if (status < 300) {
		if (is_new(c, SEEN_ANSWER))
			answered(call, l, now);
		else if (c->names)
			ask_within(call, "ACK", 1); /* RFC 3261 13.2.2.4 */
		c->seen |= SEEN_TRYING;
	} else if (is_new(c, SEEN_FAILURE)) {
		if (keep_names(c, g.target, l))
			ask_within(call, "ACK", 1);
		if (g.failed < MAX_SHOWN)
			(void)fprintf(stderr, "bench-rate: refused: %.*s\n",
			              (int)line_len(l->first), l->first);
		finish(c, false, now);
	}
}

/* ---- the PBX ---- */

static size_t copy(char *at, const char *line, const char *more)
{
	size_t len = line_len(line), more_len = strlen(more);

	if (line)
		memcpy(at, line, len);
	memcpy(at + len, more, more_len);
	memcpy(at + len + more_len, "\r\n", 2);
	return len + more_len + 2;
}

static size_t reply(const char *status, const struct lines *l, const char *tag)
{
	char *first = rate_end_message(&g.ends[CALLEE]), *at = first;

	at += copy(at, NULL, status);
	at += copy(at, l->via, "");
	at += copy(at, l->from, "");
	at += copy(at, l->to, tag);
	at += copy(at, l->call_id, "");
	at += copy(at, l->cseq, "");
	return (size_t)(at - first);
}

static void hear_invite(uint32_t call, const struct lines *l)
{
	struct rate_end *e = &g.ends[CALLEE];
	char tag[64], contact[96];
	size_t len;

	(void)snprintf(tag, sizeof(tag), ";tag=%sd%u", g.mark, call);
	(void)snprintf(contact, sizeof(contact), "Contact: <sip:desk@%s:5060>", e->host);
	len = reply("SIP/2.0 100 Trying", l, "");
	len += copy(rate_end_message(e) + len, NULL, "Content-Length: 0\r\n");
	rate_end_queue(e, len);
	len = reply("SIP/2.0 180 Ringing", l, tag);
	len += copy(rate_end_message(e) + len, NULL, contact);
	len += copy(rate_end_message(e) + len, NULL, "Content-Length: 0\r\n");
	rate_end_queue(e, len);
	len = reply("SIP/2.0 200 OK", l, tag);
	len += copy(rate_end_message(e) + len, NULL, contact);
	len += copy(rate_end_message(e) + len, NULL, "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE");
	len += describe(rate_end_message(e) + len, e->host);
	await(CALLEE, call, SEEN_ACK | SEEN_BYE, len);
	rate_end_queue(e, len);
}

static void hear_request(uint32_t call, const struct lines *l)
{
	struct call *c = &g.calls[call];
	size_t len;

	if (strncmp(l->first, "INVITE ", 7) == 0) {
		if (is_new(c, SEEN_INVITE))
			hear_invite(call, l);
	} else if (strncmp(l->first, "ACK ", 4) == 0) {
		(void)is_new(c, SEEN_ACK);
	} else if (strncmp(l->first, "BYE ", 4) == 0) {
		(void)is_new(c, SEEN_BYE);
		len = reply("SIP/2.0 200 OK", l, "");
		len += copy(rate_end_message(&g.ends[CALLEE]) + len, NULL, "Content-Length: 0\r\n");
		rate_end_queue(&g.ends[CALLEE], len);
	} else {
		note_stray(l->first);
	}
}

/* ---- hearing ---- */

static void note_line(const char *at, struct lines *ret)
{
	const struct {
		const char *name, **place;
	} names[] = { { "Via: ", &ret->via },   { "From: ", &ret->from },
		      { "To: ", &ret->to },     { "Call-ID: ", &ret->call_id },
		      { "CSeq: ", &ret->cseq }, { "Contact: ", &ret->contact } };

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (at[0] == names[i].name[0] && !*names[i].place &&
		    strncmp(at, names[i].name, strlen(names[i].name)) == 0)
			*names[i].place = at;
}

/* The name that we gave: an INVITE has the caller's words, what follows our tag. */
static uint32_t number_of(const struct lines *l)
{
	const char *tag = l->to ? strstr(l->to, ";tag=") : NULL;
	size_t mark = strlen(g.mark);

	if (l->from && strncmp(l->from, "From: \"c", 8) == 0)
		return (uint32_t)strtoul(l->from + 8, NULL, 10);
	if (tag && strncmp(tag + 5, g.mark, mark) == 0 && tag[5 + mark] == 'd')
		return (uint32_t)strtoul(tag + 6 + mark, NULL, 10);
	return UINT32_MAX;
}

static void hear(unsigned end, char *text, size_t len, uint64_t now)
{
	struct lines l = { .first = text };
	uint32_t call;

	text[len] = 0;
	for (const char *at = text; at && at[0] && at[0] != '\r'; at = strchr(at, '\n')) {
		at += *at == '\n';
		note_line(at, &l);
	}
	call = number_of(&l);
	if (call >= g.begun)
		note_stray(text);
	else if (end == CALLER && strncmp(text, "SIP/2.0 ", 8) == 0)
		hear_answer(call, &l, now);
	else if (end == CALLEE)
		hear_request(call, &l);
	else
		note_stray(text);
}

static bool receive(unsigned end)
{
	struct rate_end *e = &g.ends[end];
	int n = recvmmsg(e->fd, e->in, BATCH, MSG_DONTWAIT, NULL);
	uint64_t now = now_us();

	for (int i = 0; i < n; i++)
		if (e->in[i].msg_len < MESSAGE_MAX)
			hear(end, e->in_bytes[i], e->in[i].msg_len, now);
	return n > 0;
}

/* ---- the run ---- */

static uint32_t live(void) { return g.begun - g.ended - g.failed - g.lost; }

static void turn(void)
{
	uint64_t now = now_us();
	uint64_t due = (now - g.first_us) * g.rate / 1000000 + 1;
	bool is_busy = false;

	if (is_told_to_end)
		g.count = g.begun;
	for (unsigned i = 0; i < MAX_BEHIND && g.begun < g.count && g.begun < due; i++)
		begin(g.begun++);
	for (unsigned end = 0; end < ENDS; end++)
		is_busy |= receive(end);
	hang_up(now);
	for (unsigned i = 0; i < TRIES; i++)
		tend(&g.waits[i], now);
	give_up(now);
	for (unsigned end = 0; end < ENDS; end++)
		rate_end_flush(&g.ends[end]);
	if (live() > g.most)
		g.most = live();
	if (!is_busy) {
		struct pollfd fds[ENDS] = { { g.ends[0].fd, POLLIN, 0 },
			                    { g.ends[1].fd, POLLIN, 0 } };

		(void)ppoll(fds, ENDS, &(struct timespec){ 0, 200000 }, NULL);
	}
}

static uint32_t latency_us(unsigned permille)
{
	uint64_t all = 0, below = 0;

	for (unsigned i = 0; i <= MAX_LATENCY_US / 10; i++)
		all += g.latencies[i];
	for (unsigned i = 0; i <= MAX_LATENCY_US / 10; i++) {
		below += g.latencies[i];
		if (below * 1000 >= all * permille)
			return 10 * i;
	}
	return 0;
}

static void pin(unsigned long core)
{
	cpu_set_t cores;

	CPU_ZERO(&cores);
	CPU_SET(core, &cores);
	if (sched_setaffinity(0, sizeof(cores), &cores) != 0)
		rate_fail("core");
}

static void read_arguments(char **argv)
{
	const char *hosts[2 * ENDS] = { "127.0.0.2", "127.0.0.20", "127.0.0.10", "127.0.0.11" };
	static const char *const names[2 * ENDS] = { "--caller", "--callee", "--outside",
		                                     "--inside" };

	for (unsigned at = 1; argv[at]; at++) {
		const char *word = argv[at], *value = argv[at + 1] ? argv[at + 1] : "";

		if (strcmp(word, "--stand") == 0 || strcmp(word, "--silent") == 0) {
			*(word[3] == 't' ? &g.stands : &g.is_silent) = true;
			continue;
		}
		for (unsigned i = 0; i < 2 * ENDS; i++)
			if (strcmp(word, names[i]) == 0)
				hosts[i] = value;
		if (strcmp(word, "--core") == 0)
			pin(strtoul(value, NULL, 10));
		else if (strcmp(word, "--rate") == 0)
			g.rate = (uint32_t)strtoul(value, NULL, 10);
		else if (strcmp(word, "--calls") == 0)
			g.count = (uint32_t)strtoul(value, NULL, 10);
		else if (strcmp(word, "--talk") == 0)
			g.talk_us = 1000 * strtoul(value, NULL, 10);
		else if (strcmp(word, "--mark") == 0)
			g.mark = value;
		at += argv[at + 1] != NULL;
	}
	g.outside = hosts[2];
	(void)snprintf(g.target, sizeof(g.target), "sip:441632960700@%s", g.outside);
	for (unsigned i = 0; i < ENDS; i++)
		rate_end_open(&g.ends[i], hosts[i], hosts[2 + i]);
}

static uint32_t count_seen(enum seen what)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < g.begun; i++)
		count += (g.calls[i].seen & what) != 0;
	return count;
}

int main(int argc, char **argv)
{
	(void)argc;
	read_arguments(argv);
	if (g.rate == 0 || g.count == 0 || g.count > MAX_CALLS)
		rate_fail("rate or calls out of range");
	g.calls = calloc(g.count, sizeof(*g.calls));
	if (!g.calls || signal(SIGTERM, note_end) == SIG_ERR)
		rate_fail("memory");
	g.first_us = now_us();
	while (g.begun < g.count || live() > 0 || is_waited_for())
		turn();
	printf("%u %u %u %u %u %u %u %.3f %u %u %u %u %u %u\n", g.begun, g.ended, g.failed, g.lost,
	       g.late, g.repeated, g.stray, (double)(g.last_us - g.first_us) / 1e6, g.most,
	       latency_us(500), latency_us(990), count_seen(SEEN_ANSWER), count_seen(SEEN_ACK),
	       count_seen(SEEN_BYE));
	return 0;
}
