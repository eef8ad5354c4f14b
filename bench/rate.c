/* SPDX-License-Identifier: Apache-2.0 */
/* Both ends of many calls, in one thread: a carrier that calls, and the PBX that is called. Each
 * message is a template with the call's own names in it, each batch one recvmmsg or sendmmsg, so
 * that a core of its own is enough for more calls than the border between them carries.
 *
 *     bench-rate --caller A --callee A --outside A --inside A [--core N] [--rate N] [--calls N]
 *                [--stand] [--silent] [--mark TEXT]
 *
 * --stand leaves calls as they are once they are acknowledged; --silent offers no stream at all.
 * A call goes INVITE, 100, 180, 200, ACK, BYE, 200. What comes twice, and what does not come
 * within T1 (500 ms, then it is sent again), is counted. It ends when every call has ended or is
 * lost (eight times T1), with one line of numbers: begun, ended, failed, lost, late (ours sent
 * again), repeated (theirs), stray, the seconds from the first INVITE to the last answer, the most
 * calls at once, and the microseconds from an INVITE to its 200: median, and 99 of 100. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CALLER, CALLEE, ENDS };
enum { BATCH = 64, MESSAGE_MAX = 2048, TARGET_MAX = 160, TAG_MAX = 96 };
enum { MAX_CALLS = 4000000, T1_US = 500000, TRIES = 8, MAX_LATENCY_US = 1000000 };
enum { SOCKET_BYTES = 16 << 20, MAX_BEHIND = 256 };

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

/* Somebody waits for an answer to what was sent; all wait equally long, so they form a queue. */
struct wait {
	uint64_t due_us;
	uint32_t call;
	uint8_t ends_by; /* enum seen */
	uint8_t tries;
	char *again; /* the message */
	uint16_t len;
	uint8_t end;
};

struct end {
	int fd;
	char host[64]; /* ours */
	struct sockaddr_in to;
	struct mmsghdr in[BATCH], out[BATCH];
	struct iovec in_pieces[BATCH], out_pieces[BATCH];
	char in_bytes[BATCH][MESSAGE_MAX], out_bytes[BATCH][MESSAGE_MAX];
	unsigned waiting; /* to be sent */
};

struct lines {
	const char *first, *via, *from, *to, *call_id, *cseq, *contact;
};

static struct {
	struct end ends[ENDS];
	struct call *calls;
	struct wait *waits;
	size_t waits_first, waits_count, waits_size;
	uint32_t rate, count, begun, ended, failed, lost, late, repeated, stray, most;
	uint32_t latencies[MAX_LATENCY_US / 10 + 1];
	uint64_t first_us, last_us;
	const char *outside, *mark;
	char target[TARGET_MAX];
	bool stands, is_silent;
} g = { .rate = 1000, .count = 1000, .mark = "1" };

static void fail(const char *what)
{
	(void)fprintf(stderr, "bench-rate: %s: %s\n", what, strerror(errno));
	exit(2);
}

static uint64_t now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* ---- sending ---- */

static void flush(struct end *e)
{
	unsigned sent = 0;

	while (sent < e->waiting) {
		int n = sendmmsg(e->fd, e->out + sent, e->waiting - sent, 0);

		if (n > 0)
			sent += (unsigned)n;
		else if (errno != EINTR && errno != EAGAIN && errno != ECONNREFUSED)
			fail("sendmmsg");
	}
	e->waiting = 0;
}

static char *message(struct end *e) { return e->out_bytes[e->waiting]; }

static void queue(struct end *e, size_t len)
{
	if (len >= MESSAGE_MAX)
		fail("a message is too long");
	e->out_pieces[e->waiting].iov_len = len;
	if (++e->waiting == BATCH)
		flush(e);
}

/* What was written last and is not yet queued is sent again unless `ends_by` is seen by then. */
static void await(unsigned end, uint32_t call, enum seen ends_by, size_t len)
{
	struct wait *w;

	if (g.waits_count == g.waits_size)
		fail("too many wait for an answer");
	w = &g.waits[(g.waits_first + g.waits_count++) % g.waits_size];
	*w = (struct wait){ .due_us = now_us() + T1_US,
		            .call = call,
		            .ends_by = (uint8_t)ends_by,
		            .len = (uint16_t)len,
		            .end = (uint8_t)end };
	w->again = malloc(len);
	if (!w->again)
		fail("memory");
	memcpy(w->again, message(&g.ends[end]), len);
}

static void lose(struct call *c)
{
	if (c->is_lost || c->seen & SEEN_END)
		return;
	c->is_lost = true;
	g.lost++;
}

/* One that is due: done with, or sent again and at the end of the queue. */
static void tend(uint64_t now)
{
	while (g.waits_count > 0) {
		struct wait w = g.waits[g.waits_first];
		struct call *c = &g.calls[w.call];
		bool is_met = c->is_lost || c->seen & (w.ends_by | SEEN_FAILURE);

		if (!is_met && w.due_us > now)
			return;
		g.waits_first = (g.waits_first + 1) % g.waits_size;
		g.waits_count--;
		if (is_met || ++w.tries == TRIES) {
			if (!is_met)
				lose(c);
			free(w.again);
			continue;
		}
		g.late++;
		memcpy(message(&g.ends[w.end]), w.again, w.len);
		queue(&g.ends[w.end], w.len);
		w.due_us = now + T1_US;
		g.waits[(g.waits_first + g.waits_count++) % g.waits_size] = w;
	}
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
	struct end *e = &g.ends[CALLER];
	const struct call *c = &g.calls[call];
	const char *target = c->names ? c->names : g.target,
		   *tag = c->names ? target + TARGET_MAX : "";
	/* The ACK of a refusal is part of the INVITE's transaction (RFC 3261 17.1.1.3). */
	const char *branch = c->seen & SEEN_FAILURE ? "INVITE" : method;

	return (size_t)snprintf(message(e), 1024,
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
	struct end *e = &g.ends[CALLER];
	size_t len = ask(call, "INVITE", 1);

	len += (size_t)snprintf(message(e) + len, MESSAGE_MAX - len,
	                        "Contact: <sip:+441632960001@%s:5060>\r\n"
	                        "User-Agent: Trunk 1.0\r\n"
	                        "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, UPDATE\r\n"
	                        "Supported: replaces\r\n",
	                        e->host);
	len += describe(message(e) + len, e->host);
	g.calls[call].begun_us = now_us();
	await(CALLER, call, SEEN_TRYING, len);
	queue(e, len);
}

static void ask_within(uint32_t call, const char *method, unsigned cseq)
{
	struct end *e = &g.ends[CALLER];
	size_t len = ask(call, method, cseq);

	len += (size_t)snprintf(message(e) + len, 64, "Content-Length: 0\r\n\r\n");
	if (cseq > 1)
		await(CALLER, call, SEEN_END, len);
	queue(e, len);
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
	if (!g.stands)
		ask_within(call, "BYE", 2);
	else
		finish(c, true, now);
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
		c->seen |= SEEN_TRYING;
	} else if (is_new(c, SEEN_FAILURE)) {
		if (keep_names(c, g.target, l))
			ask_within(call, "ACK", 1);
		if (!g.failed)
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
	char *first = message(&g.ends[CALLEE]), *at = first;

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
	struct end *e = &g.ends[CALLEE];
	char tag[64], contact[96];
	size_t len;

	(void)snprintf(tag, sizeof(tag), ";tag=%sd%u", g.mark, call);
	(void)snprintf(contact, sizeof(contact), "Contact: <sip:desk@%s:5060>", e->host);
	len = reply("SIP/2.0 100 Trying", l, "");
	len += copy(message(e) + len, NULL, "Content-Length: 0\r\n");
	queue(e, len);
	len = reply("SIP/2.0 180 Ringing", l, tag);
	len += copy(message(e) + len, NULL, contact);
	len += copy(message(e) + len, NULL, "Content-Length: 0\r\n");
	queue(e, len);
	len = reply("SIP/2.0 200 OK", l, tag);
	len += copy(message(e) + len, NULL, contact);
	len += copy(message(e) + len, NULL, "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE");
	len += describe(message(e) + len, e->host);
	await(CALLEE, call, SEEN_ACK, len);
	queue(e, len);
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
		len += copy(message(&g.ends[CALLEE]) + len, NULL, "Content-Length: 0\r\n");
		queue(&g.ends[CALLEE], len);
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
	struct end *e = &g.ends[end];
	int n = recvmmsg(e->fd, e->in, BATCH, MSG_DONTWAIT, NULL);
	uint64_t now = now_us();

	for (int i = 0; i < n; i++)
		if (e->in[i].msg_len < MESSAGE_MAX)
			hear(end, e->in_bytes[i], e->in[i].msg_len, now);
	return n > 0;
}

/* ---- the run ---- */

static void open_end(struct end *e, const char *host, const char *to)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(5060) };
	const int bytes = SOCKET_BYTES;

	(void)snprintf(e->host, sizeof(e->host), "%s", host);
	e->to = at;
	if (inet_pton(AF_INET, host, &at.sin_addr) != 1 ||
	    inet_pton(AF_INET, to, &e->to.sin_addr) != 1)
		fail("no address");
	e->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (e->fd < 0 || bind(e->fd, (struct sockaddr *)&at, sizeof(at)) != 0)
		fail(host);
	if (setsockopt(e->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) != 0 ||
	    setsockopt(e->fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) != 0)
		(void)fprintf(stderr, "bench-rate: small socket buffers\n");
	for (unsigned i = 0; i < BATCH; i++) {
		e->in_pieces[i] = (struct iovec){ e->in_bytes[i], MESSAGE_MAX - 1 };
		e->in[i].msg_hdr = (struct msghdr){ .msg_iov = &e->in_pieces[i], .msg_iovlen = 1 };
		e->out_pieces[i].iov_base = e->out_bytes[i];
		e->out[i].msg_hdr = (struct msghdr){ .msg_name = &e->to,
			                             .msg_namelen = sizeof(e->to),
			                             .msg_iov = &e->out_pieces[i],
			                             .msg_iovlen = 1 };
	}
}

static uint32_t live(void) { return g.begun - g.ended - g.failed - g.lost; }

static void turn(void)
{
	uint64_t now = now_us();
	uint64_t due = (now - g.first_us) * g.rate / 1000000 + 1;
	bool is_busy = false;

	for (unsigned i = 0; i < MAX_BEHIND && g.begun < g.count && g.begun < due; i++)
		begin(g.begun++);
	for (unsigned end = 0; end < ENDS; end++)
		is_busy |= receive(end);
	tend(now);
	for (unsigned end = 0; end < ENDS; end++)
		flush(&g.ends[end]);
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
		fail("core");
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
		else if (strcmp(word, "--mark") == 0)
			g.mark = value;
		at += argv[at + 1] != NULL;
	}
	g.outside = hosts[2];
	(void)snprintf(g.target, sizeof(g.target), "sip:441632960700@%s", g.outside);
	for (unsigned i = 0; i < ENDS; i++)
		open_end(&g.ends[i], hosts[i], hosts[2 + i]);
}

int main(int argc, char **argv)
{
	(void)argc;
	read_arguments(argv);
	if (g.rate == 0 || g.count == 0 || g.count > MAX_CALLS)
		fail("rate or calls out of range");
	g.waits_size = 3 * (size_t)g.count + 3;
	g.calls = calloc(g.count, sizeof(*g.calls));
	g.waits = calloc(g.waits_size, sizeof(*g.waits));
	if (!g.calls || !g.waits)
		fail("memory");
	g.first_us = now_us();
	while (g.begun < g.count || live() > 0 || g.waits_count > 0)
		turn();
	printf("%u %u %u %u %u %u %u %.3f %u %u %u\n", g.begun, g.ended, g.failed, g.lost, g.late,
	       g.repeated, g.stray, (double)(g.last_us - g.first_us) / 1e6, g.most, latency_us(500),
	       latency_us(990));
	return 0;
}
