/* SPDX-License-Identifier: Apache-2.0 */
/* Generator of the mix and its clock. Header order, compact forms, optional
 * headers, lengths and numbers vary by a fixed seed. */
#include "mix.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 9, MAX_LINES = 24, MAX_LINE = 512, MAX_TEXT = 8192 };

static uint64_t state = UINT64_C(0x2545f4914f6cdd1d);

static unsigned below(unsigned end)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 32) % end;
}

/* A word of `least` to `most` letters and digits; four may be alive at once. */
static const char *word(unsigned least, unsigned most)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	static char words[4][64];
	static unsigned next;
	char *text = words[next++ % 4];
	unsigned len = least + below(most - least + 1);

	for (unsigned i = 0; i < len; i++)
		text[i] = letters[below(sizeof(letters) - 1)];
	text[len] = '\0';
	return text;
}

static const char *address(void)
{
	static char texts[4][24];
	static unsigned next;
	char *text = texts[next++ % 4];

	snprintf(text, sizeof(texts[0]), "192.%u.%u.%u", below(256), below(256), 1 + below(254));
	return text;
}

struct draft {
	char lines[MAX_LINES][MAX_LINE];
	unsigned count;
	bool is_compact;
};

__attribute__((format(printf, 2, 3))) static void add(struct draft *d, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(d->lines[d->count++], MAX_LINE, format, args);
	va_end(args);
}

static const char *name(const struct draft *d, const char *full, const char *compact)
{
	return d->is_compact ? compact : full;
}

/* A comma list of some of the words, the first always among them. */
static const char *some(const char *const *words, unsigned count)
{
	static char text[MAX_LINE];
	int len = snprintf(text, sizeof(text), "%s", words[0]);

	for (unsigned i = 1; i < count; i++)
		if (below(2))
			len += snprintf(text + len, sizeof(text) - (size_t)len, ", %s", words[i]);
	return text;
}

struct kind {
	const char *method, *status; /* status: NULL for a request */
	unsigned weight;
	bool has_sdp, has_to_tag;
};

static const struct kind kinds[] = {
	{ "INVITE", NULL, 24, true, false },
	{ "REGISTER", NULL, 24, false, false },
	{ "OPTIONS", NULL, 12, false, false },
	{ "BYE", NULL, 8, false, true },
	{ "ACK", NULL, 8, false, true },
	{ "INVITE", "200 OK", 8, true, true },
	{ "OPTIONS", "200 OK", 5, false, true },
	{ "INVITE", "180 Ringing", 6, false, true },
	{ "REGISTER", "401 Unauthorized", 5, false, true },
};

static const struct kind *draw_kind(void)
{
	unsigned at = below(100);
	const struct kind *k = kinds;

	while (at >= k->weight)
		at -= (k++)->weight;
	return k;
}

static void add_common(struct draft *d, const struct kind *k, const char *user, const char *domain)
{
	static const char *const methods[] = { "INVITE", "ACK",    "CANCEL", "BYE",  "OPTIONS",
		                               "REFER",  "NOTIFY", "UPDATE", "INFO", "PRACK" };
	static const char *const options[] = { "replaces", "timer", "100rel", "path", "gruu" };
	static const char *const agents[] = { "Deskphone 410/5.2.1", "softphone-7.1",
		                              "PBX (release 20.4)",  "Gateway/3.0 build 771",
		                              "Door Station 2",      "Conference-Bridge/1.18" };

	if (below(10) < 6)
		add(d, "%s: \"%s %s\" <sip:%s@%s>;tag=%s", name(d, "From", "f"), word(3, 7),
		    word(4, 9), user, domain, word(6, 14));
	else
		add(d, "%s: <sip:%s@%s>;tag=%s", name(d, "From", "f"), user, domain, word(6, 14));
	add(d, "%s: <sip:%s@%s>%s%s", name(d, "To", "t"), word(3, 10), domain,
	    k->has_to_tag ? ";tag=" : "", k->has_to_tag ? word(8, 8) : "");
	add(d, "%s: %s@%s", name(d, "Call-ID", "i"), word(16, 36), address());
	add(d, "CSeq: %u %s", 1 + below(99999), k->method);
	add(d, "%s: %s", k->status ? "Server" : "User-Agent", agents[below(6)]);
	if (!k->status)
		add(d, "Max-Forwards: %u", 60 + below(11));
	if (below(10) < 6)
		add(d, "Allow: %s", some(methods, 10));
	if (below(2))
		add(d, "%s: %s", name(d, "Supported", "k"), some(options, 5));
	if (below(5) == 0)
		add(d, "X-%s: %s", word(3, 8), word(5, 40));
	if (below(5) == 0)
		add(d, "P-Asserted-Identity: <sip:%s@%s>", user, domain);
}

static void add_special(struct draft *d, const struct kind *k, const char *user, const char *domain)
{
	bool is_register = k->method[0] == 'R', is_ack = k->method[0] == 'A',
	     is_bye = k->method[0] == 'B';

	if (!is_ack && !(is_register && k->status))
		add(d, "%s: <sip:%s@%s:%u%s>%s", name(d, "Contact", "m"), user, address(),
		    1024 + below(60000), below(2) ? ";transport=udp" : "",
		    is_register ? ";expires=3600" : "");
	if (is_register && !k->status)
		add(d, "Expires: %u", 60 * (1 + below(60)));
	if (is_register && !k->status && below(10) < 7)
		add(d,
		    "Authorization: Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", uri=\"sip:%s\", "
		    "response=\"%s\", algorithm=MD5, cnonce=\"%s\", qop=auth, nc=00000001",
		    user, domain, word(36, 36), domain, word(32, 32), word(8, 8));
	if (is_register && k->status)
		add(d,
		    "WWW-Authenticate: Digest realm=\"%s\", nonce=\"%s\", algorithm=MD5, qop=\"auth\"",
		    domain, word(36, 36));
	if (is_ack || is_bye)
		add(d, "Route: <sip:%s;lr>", address());
}

static void shuffle(struct draft *d)
{
	for (unsigned i = d->count; i > 1; i--) {
		unsigned k = below(i);
		char spare[MAX_LINE];

		snprintf(spare, sizeof(spare), "%s", d->lines[i - 1]);
		snprintf(d->lines[i - 1], MAX_LINE, "%s", d->lines[k]);
		snprintf(d->lines[k], MAX_LINE, "%s", spare);
	}
}

static int write_sdp(char *text, size_t max)
{
	static const char *const codecs[] = { "0 PCMU/8000", "8 PCMA/8000", "9 G722/8000",
		                              "18 G729/8000", "3 GSM/8000" };
	unsigned chosen = 1 + below(31);
	int len = snprintf(text, max,
	                   "v=0\r\no=- %u %u IN IP4 %s\r\ns=call\r\nc=IN IP4 %s\r\nt=0 0\r\n"
	                   "m=audio %u RTP/AVP",
	                   below(1u << 30), below(1u << 30), address(), address(),
	                   10000 + 2 * below(20000));

	for (unsigned i = 0; i < 5; i++)
		if (chosen >> i & 1)
			len += snprintf(text + len, max - (size_t)len, " %d", atoi(codecs[i]));
	len += snprintf(text + len, max - (size_t)len, " 101\r\n");
	for (unsigned i = 0; i < 5; i++)
		if (chosen >> i & 1)
			len += snprintf(text + len, max - (size_t)len, "a=rtpmap:%s\r\n",
			                codecs[i]);
	len += snprintf(text + len, max - (size_t)len,
	                "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n"
	                "a=sendrecv\r\n");
	return len;
}

static size_t make_message(char text[MAX_TEXT])
{
	const struct kind *k = draw_kind();
	struct draft d = { .is_compact = below(10) == 0 };
	char user[32], domain[64], sdp[2048];
	int len, sdp_len = k->has_sdp ? write_sdp(sdp, sizeof(sdp)) : 0;

	snprintf(user, sizeof(user), "%s", word(3, 10));
	snprintf(domain, sizeof(domain), "%s.example.com", word(4, 12));
	add_common(&d, k, user, domain);
	add_special(&d, k, user, domain);
	shuffle(&d);
	if (k->status)
		len = snprintf(text, MAX_TEXT, "SIP/2.0 %s\r\n", k->status);
	else if (k->method[0] == 'R')
		len = snprintf(text, MAX_TEXT, "REGISTER sip:%s SIP/2.0\r\n", domain);
	else
		len = snprintf(text, MAX_TEXT, "%s sip:+44%u@%s SIP/2.0\r\n", k->method,
		               100000000 + below(900000000), domain);
	for (unsigned vias = 1 + (below(10) < 4); vias > 0; vias--)
		len += snprintf(text + len, (size_t)(MAX_TEXT - len),
		                "%s: SIP/2.0/%s %s:%u;branch=z9hG4bK%s;rport\r\n",
		                name(&d, "Via", "v"), below(3) ? "UDP" : "TCP", address(),
		                1024 + below(60000), word(8, 20));
	for (unsigned i = 0; i < d.count; i++)
		len += snprintf(text + len, (size_t)(MAX_TEXT - len), "%s\r\n", d.lines[i]);
	if (k->has_sdp)
		len += snprintf(text + len, (size_t)(MAX_TEXT - len), "%s: application/sdp\r\n",
		                name(&d, "Content-Type", "c"));
	len += snprintf(text + len, (size_t)(MAX_TEXT - len), "%s: %d\r\n\r\n%.*s",
	                name(&d, "Content-Length", "l"), sdp_len, sdp_len, k->has_sdp ? sdp : "");
	return (size_t)len;
}

static void fail(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(EXIT_FAILURE);
}

static void keep(struct mix *m, const char *text, size_t len)
{
	char *copy = aligned_alloc(64, (len + 1 + 63) / 64 * 64);

	if (!copy)
		fail("out of memory");
	for (size_t i = 0; i < len; i++)
		copy[i] = text[i];
	copy[len] = '\0';
	m->texts[m->count] = copy;
	m->lens[m->count++] = len;
}

static void read_mix(struct mix *m, const char *path)
{
	static char text[UINT16_MAX];
	unsigned char head[2];
	FILE *file = fopen(path, "rb");

	if (!file)
		fail("the mix cannot be opened");
	while (m->count < MIX_MESSAGES && fread(head, 1, 2, file) == 2) {
		size_t len = (size_t)head[0] | (size_t)head[1] << 8;

		if (fread(text, 1, len, file) != len)
			fail("the mix ends within a message");
		keep(m, text, len);
	}
	(void)fclose(file);
}

void mix_load(struct mix *m, const char *path)
{
	char text[MAX_TEXT];

	m->count = 0;
	if (path)
		read_mix(m, path);
	else
		while (m->count < MIX_MESSAGES) {
			size_t len = make_message(text);

			keep(m, text, len);
		}
	if (m->count == 0)
		fail("the mix is empty");
}

void mix_save(const struct mix *m, const char *path)
{
	FILE *file = fopen(path, "wb");
	bool is_written = file != NULL;

	for (size_t i = 0; is_written && i < m->count; i++) {
		unsigned char head[2] = { (unsigned char)m->lens[i],
			                  (unsigned char)(m->lens[i] >> 8) };

		is_written = fwrite(head, 1, 2, file) == 2 &&
		             fwrite(m->texts[i], 1, m->lens[i], file) == m->lens[i];
	}
	if (!is_written || fclose(file) != 0)
		fail("the mix cannot be written");
}

static double cpu_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static double run(const struct mix *m, mix_parse parse, unsigned times)
{
	double start = cpu_s();

	for (unsigned i = 0; i < times; i++)
		for (size_t k = 0; k < m->count; k++)
			(void)parse(m->texts[k], m->lens[k]);
	return cpu_s() - start;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void mix_measure(const struct mix *m, const char *label, mix_parse parse)
{
	double rounds[ROUNDS];
	unsigned times = 1, rejected = 0;
	size_t bytes = 0;

	for (size_t i = 0; i < m->count; i++) {
		rejected += parse(m->texts[i], m->lens[i]) != 0;
		bytes += m->lens[i];
	}
	while (run(m, parse, times) < 0.1)
		times *= 2;
	for (unsigned i = 0; i < ROUNDS; i++)
		rounds[i] = run(m, parse, times) / times / (double)m->count * 1e9;
	qsort(rounds, ROUNDS, sizeof(rounds[0]), ascending);
	printf("%s: min %.1f med %.1f max %.1f ns/message, rejected %u of %zu, mean %zu bytes\n",
	       label, rounds[0], rounds[ROUNDS / 2], rounds[ROUNDS - 1], rejected, m->count,
	       bytes / m->count);
	fflush(stdout);
}
