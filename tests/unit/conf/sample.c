/* SPDX-License-Identifier: Apache-2.0 */
/* The sample's tables and texts. */
#include "unit/conf/sample.h"

static const char *const modes[] = { "off", "observe", "block", NULL };
static const char *const kinds[] = { "pbx", "carrier", NULL };
static const char *const rights[] = { "place-calls", "receive-calls", "transfer", NULL };

struct sample_mode {
	uint8_t mode;
};

static const struct conf_option mode_options[] = {
	{ CONF_BARE, CONF_CHOICE, CONF_AT(struct sample_mode, mode), .choices = modes,
	  .fallback = "observe", .help = "what verdicts lead to" },
};

const struct conf_block sample_mode_block = {
	.word = "mode",
	.help = "what verdicts lead to",
	CONF_ROWS(struct sample_mode, mode_options),
};

static const struct conf_option side_options[] = {
	{ "udp", CONF_ENDPOINT, CONF_AT(struct sample_side, udp),
	  .flags = CONF_SHARES | CONF_PORT_ALONE, .help = "socket for UDP" },
	{ "tcp", CONF_ENDPOINT, CONF_AT(struct sample_side, tcp),
	  .flags = CONF_SHARES | CONF_PORT_ALONE, .help = "socket for TCP" },
	{ "tls", CONF_ENDPOINT, CONF_AT(struct sample_side, tls),
	  .flags = CONF_SHARES | CONF_PORT_ALONE, .help = "socket for TLS" },
	{ "certificate", CONF_NAME, CONF_AT(struct sample_side, certificate),
	  .refers_to = "certificate", .help = "shown to who connects" },
	{ "advertise", CONF_ADDRESS, CONF_AT(struct sample_side, advertise),
	  .help = "address that others see" },
	{ "lan", CONF_NETWORKS, CONF_LIST(struct sample_side, lan, lan_count),
	  .help = "networks that see the socket's own address" },
	{ "interface", CONF_TEXT, CONF_AT(struct sample_side, interface), .min = 1,
	  .help = "name of the interface" },
	{ "secure", CONF_SWITCH, CONF_AT(struct sample_side, is_secure), .help = "refuses UDP" },
};

static void check_side(struct conf_check *c, const void *row)
{
	const struct sample_side *side = row;

	if (side->is_secure && side->udp.port != 0)
		conf_object(c, "secure", "udp", "secure, but with a UDP socket",
		            "remove udp, or secure");
}

const struct conf_block sample_side_block = {
	.word = "listen",
	.max_rows = 3,
	.check = check_side,
	.help = "a side of the border",
	CONF_LABEL("name of the side", struct sample_side, name),
	CONF_ROWS(struct sample_side, side_options),
};

static const struct conf_option peer_options[] = {
	{ "kind", CONF_CHOICE, CONF_AT(struct sample_peer, kind), .choices = kinds,
	  .flags = CONF_REQUIRED, .help = "what it is" },
	{ "side", CONF_NAME, CONF_AT(struct sample_peer, side), .refers_to = "listen",
	  .help = "where it stands" },
	{ "backup", CONF_NAME, CONF_AT(struct sample_peer, backup), .refers_to = "peer",
	  .help = "who takes over" },
	{ "address", CONF_ENDPOINT, CONF_AT(struct sample_peer, address), .port = 5060,
	  .flags = CONF_REQUIRED, .help = "where requests go" },
	{ "credentials", CONF_SECRET, CONF_AT(struct sample_peer, password),
	  .help = "its password" },
	{ "known as", CONF_TEXTS, CONF_LIST(struct sample_peer, texts, text_count), .min = 1,
	  .help = "other names" },
	{ "contacts", CONF_ADDRESSES, CONF_LIST(struct sample_peer, contacts, contact_count),
	  .help = "other addresses" },
	{ "sockets", CONF_ENDPOINTS, CONF_LIST(struct sample_peer, endpoints, endpoint_count),
	  .help = "other sockets" },
	{ "at-most", CONF_COUNT, CONF_AT(struct sample_peer, calls), .min = 1, .max = 10000,
	  .unit = "calls at once", .fallback = "100", .help = "calls that stand at a time" },
	{ "at-most", CONF_COUNT, CONF_AT(struct sample_peer, new_calls), .min = 1, .max = 1000,
	  .unit = "new calls per second", .fallback = "10",
	  .help = "calls that begin in a second" },
	{ "may", CONF_FLAGS, CONF_AT(struct sample_peer, may), .choices = rights,
	  .fallback = "place-calls", .help = "what it is let do" },
	{ "requests", CONF_RATE, CONF_AT(struct sample_peer, rate), .min = 1, .max = 1000,
	  .fallback = "30 in 2s", .help = "its budget" },
	{ "media-ports", CONF_RANGES, CONF_LIST(struct sample_peer, ports, port_count), .min = 1024,
	  .max = 65535, .fallback = "2000-2999 5000", .help = "where its audio comes from" },
};

const struct conf_block sample_peer_block = {
	.word = "peer",
	.max_rows = 20,
	.help = "a PBX or a carrier",
	CONF_LABEL("name of the peer", struct sample_peer, name),
	CONF_ROWS(struct sample_peer, peer_options),
};

static const struct conf_option header_options[] = {
	{ "pass", CONF_TEXT, CONF_AT(struct sample_header, name), .min = 1, .flags = CONF_REQUIRED,
	  .help = "name of a header that passes" },
};

const struct conf_block sample_header_block = {
	.word = "header",
	.within = "peer",
	.parent_offset = offsetof(struct sample_header, peer),
	.max_rows = 4,
	.help = "a header beyond the usual ones",
	CONF_ROWS(struct sample_header, header_options),
};

static const struct conf_option certificate_options[] = {
	{ "chain", CONF_PATH, CONF_AT(struct sample_certificate, chain), .flags = CONF_REQUIRED,
	  .help = "file with the certificates" },
};

const struct conf_block sample_certificate_block = {
	.word = "certificate",
	.max_rows = 2,
	.help = "a certificate with its key",
	CONF_LABEL("name of the certificate", struct sample_certificate, name),
	CONF_ROWS(struct sample_certificate, certificate_options),
};

static const struct conf_option limits_options[] = {
	{ CONF_BARE, CONF_CHOICE, CONF_AT(struct sample_limits, mode), .choices = modes,
	  .fallback = "block", .help = "whether the limits act" },
	{ "keep calls", CONF_SECONDS, CONF_AT(struct sample_limits, hold_s), .min = 60,
	  .max = 365 * 86400, .fallback = "90d", .help = "how long calls are kept" },
	{ "keep waiting", CONF_MILLISECONDS, CONF_AT(struct sample_limits, wait_ms), .min = 10,
	  .max = 10000, .fallback = "250ms", .help = "delay of refusals" },
	{ "at score", CONF_THOUSANDTHS, CONF_AT(struct sample_limits, score_milli), .min = 1000,
	  .max = 100000, .fallback = "10", .help = "score of a block" },
	{ "at-most", CONF_SIZE, CONF_AT(struct sample_limits, bytes), .min = 1000,
	  .max = UINT64_C(1) << 40, .fallback = "10 GB", .help = "size of the store" },
	{ "ports", CONF_RANGE, CONF_AT(struct sample_limits, ports), .min = 1024, .max = 65535,
	  .fallback = "20000-29999", .help = "ports for audio" },
	{ "home", CONF_NETWORK, CONF_AT(struct sample_limits, home), .fallback = "10.0.0.0/8",
	  .help = "own network" },
	{ "samples", CONF_YES_NO, CONF_AT(struct sample_limits, is_on), .fallback = "yes",
	  .help = "whether messages are kept" },
};

const struct conf_block sample_limits_block = {
	.word = "limits all",
	.help = "limits of everything",
	CONF_ROWS(struct sample_limits, limits_options),
};

static const struct conf_option never_options[] = {
	{ CONF_BARE, CONF_NOTED_NETWORKS, CONF_LIST(struct sample_never, rows, count),
	  .help = "who is never blocked" },
};

const struct conf_block sample_never_block = {
	.word = "never-block",
	.help = "who is never blocked",
	CONF_ROWS(struct sample_never, never_options),
};

static const struct conf_block *const blocks[] = {
	&sample_mode_block,        &sample_side_block,   &sample_peer_block,  &sample_header_block,
	&sample_certificate_block, &sample_limits_block, &sample_never_block,
};
const struct conf_schema sample_schema = { blocks, sizeof(blocks) / sizeof(*blocks) };

const char sample_text[] =
	"# everything there is\n"
	"mode block\n"
	"certificate main { chain main.pem }\n"
	"\n"
	"listen outside {\n"
	"    interface \"eth0\"\n"
	"    udp tcp 5060   # both\n"
	"    tls 192.0.2.1:5061  certificate main\n"
	"    advertise 203.0.113.7\n"
	"    lan 192.168.1.0/24 10.0.0.0/8, 172.16.0.0/12\n"
	"}\n"
	"listen inside { tcp 10.0.0.2:5060  secure }\n"
	"peer carrier {\n"
	"    kind carrier  side outside  backup office\n"
	"    address sip:198.51.100.9\n"
	"    credentials file:carrier.secret\n"
	"    known as \"a b\" \"c\\\"d\"\n"
	"    contacts 192.0.2.8 2001:db8::8\n"
	"    sockets 192.0.2.8:1 [2001:db8::8]:2\n"
	"    at-most 200 calls at once, 20 new calls per second\n"
	"    may receive-calls transfer\n"
	"    requests 5 per minute\n"
	"    media-ports 3000-3999, 4000\n"
	"    header { pass X-One }\n"
	"    header pass X-Two\n"
	"}\n"
	"peer office { kind pbx address [2001:db8::20]:5070 }\n"
	"limits all { observe  keep calls 30d, waiting 1s  at score 2.5  at-most 4 KiB\n"
	"    ports 30000  home 192.0.2.0/24  samples off }\n"
	"never-block { 203.0.113.0/28 \"head office\"  198.51.100.7\n"
	"    2001:db8::/32 }\n";

static enum err read_file(void *context, const char *path, char *ret, size_t size, size_t *ret_len)
{
	for (const struct sample_file *file = context; file->path; file++) {
		struct view text = file->text;

		if (!view_equal(view_of(file->path), view_of(path)))
			continue;
		if (text.len > size)
			return ERR_LIMIT;
		if (text.len > 0)
			memcpy(ret, text.at, text.len);
		*ret_len = text.len;
		return ERR_NONE;
	}
	return ERR_NOT_FOUND;
}

static enum err read_secret(void *context, const char *reference, char *ret, size_t size)
{
	(void)context;
	if (view_equal(view_of(reference), VIEW("file:carrier.secret")))
		return view_copy(VIEW("tiger"), ret, size) ? ERR_NONE : ERR_LIMIT;
	if (view_equal(view_of(reference), VIEW("env:PASSWORD")))
		return view_copy(VIEW("lion"), ret, size) ? ERR_NONE : ERR_LIMIT;
	return ERR_NOT_FOUND;
}

enum err sample_load(const struct sample_file *files, struct conf_tree **ret,
                     struct conf_report *report)
{
	struct conf_ports ports = { (void *)(uintptr_t)files, read_file, read_secret };

	*report = (struct conf_report){ 0 };
	return conf_load(&sample_schema, files[0].path, &ports, ret, report);
}

enum err sample_load_dry(const struct sample_file *files, struct conf_tree **ret,
                         struct conf_report *report)
{
	struct conf_ports ports = { (void *)(uintptr_t)files, read_file, NULL };

	*report = (struct conf_report){ 0 };
	return conf_load(&sample_schema, files[0].path, &ports, ret, report);
}

enum err sample_load_view(struct view text, struct conf_tree **ret, struct conf_report *report)
{
	struct sample_file files[] = { { "a.conf", text }, { NULL, VIEW_EMPTY } };

	return sample_load(files, ret, report);
}

enum err sample_load_text(const char *text, struct conf_tree **ret, struct conf_report *report)
{
	return sample_load_view(view_of(text), ret, report);
}

size_t sample_blob(struct view text, char *ret, size_t size)
{
	static struct conf_report report;
	struct buffer b = buffer_on(ret, size);
	struct conf_tree *t = NULL;

	if (sample_load_view(text, &t, &report) != ERR_NONE)
		return 0;
	conf_blob_write(t, sample_schema.blocks, sample_schema.count, &b);
	conf_tree_free(&t);
	return b.len;
}
