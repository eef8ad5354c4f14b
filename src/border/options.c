/* SPDX-License-Identifier: Apache-2.0 */
/* Option tables of peers, routes, subscribers and numbers. */
#include "border/options.h"

#include "border/headers.h"
#include "border/target.h"
#include "event/ask.h"

#include <string.h>

enum { DAY_S = 86400 };

static const char *const peer_kinds[] = { "pbx",           "carrier", "customer",
	                                  "speech-server", "board",   NULL };

bool border_peer_may(const struct border_peer *peer, enum peer_may right)
{
	unsigned may = peer->may;

	if (may == 0)
		may = peer->kind == PEER_SPEECH_SERVER || peer->kind == PEER_BOARD
		            ? MAY_RECEIVE
		            : MAY_PLACE | MAY_RECEIVE;
	return (may & right) != 0;
}

static const char *const number_forms[] = { "dialled", "plus", "bare", NULL };
/* PEER_TRANSPORT_ANY, then in the order of enum transport_kind. */
static const char *const transports[] = { "any", "udp", "tcp", "tls", NULL };

static const char *const rights[] = { "place-calls", "receive-calls", "transfer", NULL };

static const char *const media_carriers[] = { "udp", "tcp", "tls-tcp", NULL };
static const char *const channel_carriers[] = { "none", "tcp", "tls", NULL };
static const char *const srtp_words[] = { "preferred", "required", "forbidden", NULL };
static const char *const route_srtp_words[] = { "preferred", "required", "forbidden", "as-peer",
	                                        NULL };

static const struct conf_option peer_options[] = {
	{ "class", CONF_NAME, CONF_AT(struct border_peer, class_row), .flags = CONF_INHERITS,
	  .refers_to = "class", .help = "class whose settings count where none is written here" },
	{ "kind", CONF_CHOICE, CONF_AT(struct border_peer, kind), .choices = peer_kinds,
	  .fallback = "pbx", .help = "what stands there" },
	{ "side", CONF_NAME, CONF_AT(struct border_peer, side), .flags = CONF_REQUIRED,
	  .refers_to = "listen", .help = "side on which the peer is, the name of a listen block" },
	{ "address", CONF_ENDPOINT, CONF_AT(struct border_peer, address),
	  CONF_OR_NAME(struct border_peer, host), CONF_OR_SIPS(struct border_peer, is_sips),
	  .flags = CONF_REQUIRED, .port = 5060,
	  .help = "where its requests go, as ADDRESS:PORT, sip:ADDRESS:PORT or a name that DNS "
	          "knows; sips: by TLS" },
	{ "transport", CONF_CHOICE, CONF_AT(struct border_peer, transport_word),
	  .choices = transports, .fallback = "any",
	  .help = "what carries requests to it; any: tls for sips:, else what DNS says of its "
	          "name, else udp" },
	{ "from", CONF_NETWORKS, CONF_LIST(struct border_peer, from, from_count),
	  .help = "networks it may come from; without this its address alone" },
	{ "media-from", CONF_NETWORKS, CONF_LIST(struct border_peer, media_from, media_count),
	  .help = "networks where its audio is, beside its own addresses; it may name no others" },
	{ "may", CONF_FLAGS, CONF_AT(struct border_peer, may), .choices = rights,
	  .help = "what it may do; transfer: have the PBX make calls for it; without this "
	          "place-calls receive-calls, of a speech-server or board receive-calls alone" },
	{ "media srtp", CONF_CHOICE, CONF_AT(struct border_peer, media_srtp), .choices = srtp_words,
	  .fallback = "preferred",
	  .help = "whether its audio is protected by SRTP; preferred: where its signalling is and "
	          "it can" },
	{ "domain", CONF_TEXT, CONF_AT(struct border_peer, domain),
	  .help = "domain that stands for us in what is sent to it; without this its address" },
	{ "appears-as", CONF_ENDPOINT, CONF_AT(struct border_peer, appears_as), .port = 5060,
	  .help = "listening address of ours from which it is served" },
	{ "appears-inside-as", CONF_ENDPOINT, CONF_AT(struct border_peer, appears_inside),
	  .port = 5060,
	  .help = "listening address of ours by which its calls reach another side; what is called "
	          "there goes to it" },
	{ "stay-on-pbx", CONF_SWITCH, CONF_AT(struct border_peer, stays_on_pbx),
	  .help = "the PBX logs in there by itself: its REGISTER and this peer's challenges pass" },
	{ "requests", CONF_RATE, CONF_AT(struct border_peer, budget), .min = 1, .max = 1000000,
	  .fallback = "20000 in 2s", .help = "requests it may send in a time" },
	{ "at-most", CONF_COUNT, CONF_AT(struct border_peer, max_calls), .min = 1, .max = 1000000,
	  .unit = "calls at once", .help = "calls with it that stand at a time, either way" },
	{ "at-most", CONF_COUNT, CONF_AT(struct border_peer, max_new_calls), .min = 1,
	  .max = 100000, .unit = "new calls per second",
	  .help = "calls with it that begin in a second, either way" },
	{ "check-every", CONF_SECONDS, CONF_AT(struct border_peer, check_s), .min = 5, .max = DAY_S,
	  .help = "how often it is asked by OPTIONS whether it answers" },
	{ "answer-within", CONF_SECONDS, CONF_AT(struct border_peer, answer_s), .min = 1, .max = 32,
	  .fallback = "5s",
	  .help = "time for its first answer to a call that another peer could take" },
	{ "numbers-as", CONF_CHOICE, CONF_AT(struct border_peer, numbers_as),
	  .choices = number_forms, .fallback = "dialled",
	  .help = "how numbers are written to it: dialled, plus +441512960000, bare 441512960000" },
	{ "media over", CONF_CHOICE, CONF_AT(struct border_peer, media_over),
	  .choices = media_carriers, .fallback = "udp",
	  .help = "what carries audio between it and us; tls-tcp: certificates are named in the "
	          "descriptions" },
	{ "media ipsec", CONF_SWITCH, CONF_AT(struct border_peer, needs_ipsec),
	  .help = "its media passes only while the kernel's IPsec covers it both ways; calls "
	          "without that are refused or ended" },
	{ "channels", CONF_CHOICE, CONF_AT(struct border_peer, channels),
	  .choices = channel_carriers, .fallback = "none",
	  .help = "what carries channels of a speech server (MRCPv2) between it and us; none: "
	          "refused" },
	{ "tell-source", CONF_SWITCH, CONF_AT(struct border_peer, tells_source),
	  .help = "add X-Ringfence-Source with the outside address to requests for it" },
};

const struct conf_block border_peer_block = {
	.word = "peer",
	CONF_LABEL("name of the peer", struct border_peer, name),
	.max_rows = MAX_PEERS,
	.help = "a PBX, carrier or other system that is known by its address",
	CONF_ROWS(struct border_peer, peer_options),
};

static void check_class(struct conf_check *c, const void *row)
{
	(void)row;
	if (conf_is_written(c, "address"))
		conf_object(c, "address", NULL, "two peers cannot have one address",
		            "write it in the peers");
	if (conf_is_written(c, "class"))
		conf_object(c, "class", NULL, "a class takes from no other",
		            "write its settings here");
}

const struct conf_block border_class_block = {
	.word = "class",
	CONF_LABEL("name of the class", struct border_peer, name),
	.max_rows = MAX_PEER_CLASSES,
	.is_pattern = true,
	.check = check_class,
	.help = "settings of a peer block that several peers have; what a peer writes itself goes "
		"before",
	CONF_ROWS(struct border_peer, peer_options),
};

static const struct conf_option headers_options[] = {
	{ "pass", CONF_TEXTS, CONF_LIST(struct border_headers, pass, count), .min = 1,
	  .help = "names of headers that pass too; doctor headers tells which were kept out" },
};

static void check_headers(struct conf_check *c, const void *row)
{
	const struct border_headers *h = row;

	for (unsigned i = 0; i < h->count; i++) {
		if (!headers_may_pass(view_of(h->pass[i])))
			conf_object(c, "pass", NULL, "that is no name, or of a header that is ours",
			            "leave out Via, From, Contact and the like");
	}
}

const struct conf_block border_headers_block = {
	.word = "headers",
	.within = "peer",
	.parent_offset = offsetof(struct border_headers, peer),
	.max_rows = MAX_PEERS,
	.check = check_headers,
	.help = "headers that pass beyond the list for all; between peers the outer one's count",
	CONF_ROWS(struct border_headers, headers_options),
};

const struct conf_block border_class_headers_block = {
	.word = "headers",
	.within = "class",
	.parent_offset = offsetof(struct border_headers, peer),
	.max_rows = MAX_PEER_CLASSES,
	.is_pattern = true,
	.help = "the same for each peer of a class; what a peer writes in its own goes before",
	CONF_ROWS(struct border_headers, headers_options),
};

static const struct conf_option credentials_options[] = {
	{ "user", CONF_TEXT, CONF_AT(struct border_credentials, user), .flags = CONF_REQUIRED,
	  .min = 1, .help = "name by which this peer knows us" },
	{ "password", CONF_SECRET, CONF_AT(struct border_credentials, password),
	  .flags = CONF_REQUIRED, .help = "password that answers its challenges" },
	{ "realm", CONF_TEXT, CONF_AT(struct border_credentials, realm), .min = 1,
	  .help = "the one realm in which it is answered; without this the peer's domain" },
	{ "register-every", CONF_SECONDS, CONF_AT(struct border_credentials, register_s), .min = 60,
	  .max = DAY_S, .help = "register with it, for so long at a time" },
};

const struct conf_block border_credentials_block = {
	.word = "credentials",
	.within = "peer",
	.parent_offset = offsetof(struct border_credentials, peer),
	.max_rows = MAX_PEERS,
	.help = "what we log in with at this peer; bound to its address and realm",
	CONF_ROWS(struct border_credentials, credentials_options),
};

static const char *const calling_kinds[] = { "none",          "pbx",   "carrier", "customer",
	                                     "speech-server", "board", NULL };

static const struct conf_option route_options[] = {
	{ "number", CONF_TEXT, CONF_AT(struct border_route, number), .min = 1,
	  .help = "a number or a range as +441512960000-0999; without + as it is dialled" },
	{ "prefix", CONF_TEXT, CONF_AT(struct border_route, prefix), .min = 1,
	  .help = "what the number begins with; with + what was meant, else what was dialled" },
	{ "domain", CONF_TEXT, CONF_AT(struct border_route, domain), .min = 1,
	  .help = "domain that was called; without this any" },
	{ "from", CONF_NAME, CONF_AT(struct border_route, from), .refers_to = "peer",
	  .help = "the peer that calls" },
	{ "from-kind", CONF_CHOICE, CONF_AT(struct border_route, from_kind),
	  .choices = calling_kinds, .fallback = "none",
	  .help = "any peer of that kind calls; a route that names the peer goes before" },
	{ "to", CONF_NAME, CONF_AT(struct border_route, to), .flags = CONF_REQUIRED,
	  .refers_to = "peer", .help = "the peer that is called" },
	{ "media srtp", CONF_CHOICE, CONF_AT(struct border_route, media_srtp),
	  .choices = route_srtp_words, .fallback = "as-peer",
	  .help = "whether audio of who is called is protected; as-peer: as its block says" },
	{ "transit", CONF_SWITCH, CONF_AT(struct border_route, is_transit),
	  .help = "let calls of one carrier go to another, who will charge for them" },
	{ "priority", CONF_COUNT, CONF_AT(struct border_route, priority), .min = 1, .max = 255,
	  .fallback = "1", .help = "of routes that fit alike, the lowest is tried first" },
	{ "weight", CONF_COUNT, CONF_AT(struct border_route, weight), .min = 1, .max = 1000,
	  .fallback = "1", .help = "share of calls among those of one priority" },
};

static void check_route(struct conf_check *c, const void *row)
{
	const struct border_route *r = row;

	if (r->number[0] && r->prefix[0])
		conf_object(c, "number", "prefix", "a route has one of them",
		            "write two routes, or leave one out");
	if (r->number[0] && !target_is_pattern(view_of(r->number)))
		conf_object(c, "number", NULL, "that is no number and no range of numbers",
		            "write +441512960000 or +441512960000-0999");
	if (r->prefix[0] && !target_is_prefix(view_of(r->prefix)))
		conf_object(c, "prefix", NULL, "a prefix is digits, with or without +",
		            "write +353 or 00");
	if (r->from == CONF_NO_ROW && !r->from_kind)
		conf_object(c, "to", NULL, "nobody is named whose calls go there",
		            "write `from` and a peer, or `from-kind`");
	if (r->from != CONF_NO_ROW && r->from_kind)
		conf_object(c, "from", "from-kind", "a route has one of them",
		            "write two routes, or leave one out");
	if (r->from == r->to)
		conf_object(c, "from", "to", "calls would go back where they came from",
		            "name two peers");
}

const struct conf_block border_route_block = {
	.word = "route",
	.max_rows = MAX_ROUTES,
	.check = check_route,
	.help = "calls of one peer that another may be given; what no route names goes nowhere",
	CONF_ROWS(struct border_route, route_options),
};

/* As enum number_kind, from its second on. */
static const char *const number_kinds[] = { "premium",   "shared-cost", "satellite", "global",
	                                    "personal",  "voip",        "uan",       "pager",
	                                    "toll-free", NULL };

static const struct conf_option spend_options[] = {
	{ "at-most", CONF_COUNT, CONF_AT(struct border_spend, max_day), .min = 1, .max = 10000000,
	  .unit = "per day",
	  .help = "what calls to carriers may cost on a day (UTC), in whole units of money" },
	{ "at-most", CONF_COUNT, CONF_AT(struct border_spend, max_abroad), .min = 1, .max = 100000,
	  .unit = "international calls at once", .help = "calls abroad that stand at a time" },
	{ "price", CONF_THOUSANDTHS, CONF_AT(struct border_spend, price_milli), .min = 1,
	  .max = 1000000, .help = "price of a minute where no rate names the number: the worst" },
	{ "currency", CONF_TEXT, CONF_AT(struct border_spend, currency), .min = 1,
	  .help = "name of the money, for people: GBP" },
	{ "refuse", CONF_FLAGS, CONF_AT(struct border_spend, refused), .choices = number_kinds,
	  .help = "sorts of numbers that nobody may call" },
	{ "international only", CONF_TEXTS,
	  CONF_LIST(struct border_spend, countries, country_count), .min = 2,
	  .help = "calling codes of the countries that may be called: +353 +33" },
};

static void check_spend(struct conf_check *c, const void *row)
{
	const struct border_spend *s = row;

	if (s->max_day && !s->price_milli)
		conf_object(c, "at-most per day", NULL,
		            "a number without a rate would cost nothing",
		            "write `price` and what a minute costs at worst");
	for (unsigned i = 0; i < s->country_count; i++) {
		if (s->countries[i][0] != '+' || !target_is_prefix(view_of(s->countries[i])))
			conf_object(c, "international only", NULL, "that is no calling code",
			            "write + and digits: +353");
	}
}

const struct conf_block border_spend_block = {
	.word = "spend",
	.check = check_spend,
	.help = "what calls may cost; acts at once and in every mode, emergencies pass",
	CONF_ROWS(struct border_spend, spend_options),
};

/* In the order of enum sips_wish. */
static const char *const sips_words[] = { "preferred", "required", NULL };

static const struct conf_option signal_options[] = {
	{ "workers", CONF_COUNT, CONF_AT(struct border_signal, workers), .min = 1,
	  .max = MAX_SIGNAL_WORKERS, .fallback = "1",
	  .help = "processes that speak SIP, each with the phones of its share of addresses: as "
	          "many as there are processors for it" },
	{ "sips", CONF_CHOICE, CONF_AT(struct border_signal, sips), .choices = sips_words,
	  .fallback = "preferred",
	  .help = "whether what is asked for by sips: goes on by TLS alone; required: it is "
	          "refused (480) where the next one is reached in the clear, but emergency "
	          "calls" },
};

const struct conf_block border_signal_block = {
	.word = "signal",
	.help = "how signalling is shared out, and what sips: asks of it",
	CONF_ROWS(struct border_signal, signal_options),
};

static const struct conf_option rate_options[] = {
	{ "prefix", CONF_TEXT, CONF_AT(struct border_rate, prefix), .flags = CONF_REQUIRED,
	  .min = 2, .help = "what numbers begin with: +353" },
	{ "price", CONF_THOUSANDTHS, CONF_AT(struct border_rate, price_milli),
	  .flags = CONF_REQUIRED, .max = 1000000, .help = "price of a minute" },
};

static void check_rate(struct conf_check *c, const void *row)
{
	const struct border_rate *r = row;

	if (r->prefix[0] != '+' || !target_is_prefix(view_of(r->prefix)))
		conf_object(c, "prefix", NULL, "that is no calling code",
		            "write + and digits: +353");
}

const struct conf_block border_rate_block = {
	.word = "rate",
	.max_rows = MAX_RATES,
	.check = check_rate,
	.help = "what a minute costs; the longest prefix counts",
	CONF_ROWS(struct border_rate, rate_options),
};

static const struct conf_option subscribers_options[] = {
	{ "register-to", CONF_NAME, CONF_AT(struct border_subscribers, register_to),
	  .refers_to = "peer",
	  .help = "the peer that authenticates phones and places their calls" },
	{ "domain", CONF_TEXT, CONF_AT(struct border_subscribers, domain),
	  .help = "what phones call us; without this any host in their identities is us" },
	{ "probe-user", CONF_TEXT, CONF_AT(struct border_subscribers, probe_user),
	  .help = "extension made for probing the PBX's challenge; nobody's phone" },
	{ "registrations", CONF_COUNT, CONF_AT(struct border_subscribers, max_registrations),
	  .min = 1, .max = 1000000, .fallback = "10000", .help = "registrations held at once" },
	{ "udp-expires", CONF_SECONDS, CONF_AT(struct border_subscribers, udp_expires_s), .min = 20,
	  .max = DAY_S, .fallback = "60s",
	  .help = "longest registration that a phone on UDP is told" },
	{ "ask-pbx-every", CONF_SECONDS, CONF_AT(struct border_subscribers, ask_pbx_s),
	  .max = DAY_S, .fallback = "5m",
	  .help = "a phone's refreshes in between are answered here; 0s asks the PBX each time" },
	{ "pbx-expires", CONF_SECONDS, CONF_AT(struct border_subscribers, pbx_expires_s),
	  .max = DAY_S,
	  .help = "shortest registration that is asked of the PBX; without this the phone's" },
	{ "pbx-pace", CONF_RATE, CONF_AT(struct border_subscribers, pace), .min = 1, .max = 1000000,
	  .fallback = "400 in 1s",
	  .help = "REGISTERs that each PBX hears in a time; beyond it 503 and Retry-After" },
	{ "media srtp", CONF_CHOICE, CONF_AT(struct border_subscribers, media_srtp),
	  .choices = srtp_words, .fallback = "preferred",
	  .help = "whether audio of phones is protected by SRTP; required: those on TLS alone can "
	          "call" },
	{ "proof-always", CONF_SWITCH, CONF_AT(struct border_subscribers, proof_always),
	  .help = "let no REGISTER without proof reach the PBX; breaks half of the phones" },
};

static void check_subscribers(struct conf_check *c, const void *row)
{
	const struct border_subscribers *s = row;

	if (s->domain[0] && s->register_to == CONF_NO_ROW)
		conf_object(c, "domain", NULL, "phones have nowhere to register",
		            "write `register-to` and the name of a peer");
}

const struct conf_block border_subscribers_block = {
	.word = "subscribers",
	.check = check_subscribers,
	.help = "the phones outside, and where they register",
	CONF_ROWS(struct border_subscribers, subscribers_options),
};

static const struct conf_option registrar_options[] = {
	{ "domain", CONF_TEXT, CONF_AT(struct border_registrar, domain), .flags = CONF_REQUIRED,
	  .min = 1, .help = "what these phones call us, the domain of their accounts" },
	{ "register-to", CONF_NAME, CONF_AT(struct border_registrar, peer), .flags = CONF_REQUIRED,
	  .refers_to = "peer",
	  .help = "the peer that authenticates these phones and places their calls" },
	{ "probe-user", CONF_TEXT, CONF_AT(struct border_registrar, probe_user),
	  .help = "extension made there for probing its challenge; nobody's phone" },
};

const struct conf_block border_registrar_block = {
	.word = "registrar",
	.within = "subscribers",
	.parent_offset = offsetof(struct border_registrar, parent),
	.max_rows = MAX_REGISTRARS,
	.help = "phones of another domain, which register to a PBX of their own",
	CONF_ROWS(struct border_registrar, registrar_options),
};

static const struct conf_option numbers_options[] = {
	{ "emergency", CONF_TEXTS, CONF_LIST(struct border_numbers, emergency, emergency_count),
	  .min = 2,
	  .help = "numbers, exactly as dialled, that nothing stops for known phones and peers" },
	{ "country", CONF_TEXT, CONF_AT(struct border_numbers, plan.country), .min = 2,
	  .help = "where one dials as in a country: its two letters, GB" },
	{ "area", CONF_TEXT, CONF_AT(struct border_numbers, plan.area), .min = 1,
	  .help = "area code of numbers that are dialled without one" },
	{ "outside-line", CONF_TEXT, CONF_AT(struct border_numbers, plan.outside_line), .min = 1,
	  .help = "digits that phones dial before a number outside" },
	{ "extensions", CONF_RANGES,
	  CONF_LIST(struct border_numbers, plan.extensions, plan.extension_count),
	  .max = UINT32_MAX, .help = "extensions, which are no numbers of the public network" },
};

static bool is_digits(const char *text) { return strspn(text, "0123456789") == strlen(text); }

static void check_numbers(struct conf_check *c, const void *row)
{
	const struct number_plan *plan = &((const struct border_numbers *)row)->plan;
	uint16_t region;

	if (plan->country[0] && (number_region_find(view_of(plan->country), &region) != ERR_NONE ||
	                         is_digits(plan->country)))
		conf_object(c, "country", NULL, "no such country is known",
		            "write its two letters, GB or DE");
	if (!is_digits(plan->area))
		conf_object(c, "area", NULL, "an area code is digits", "write digits alone");
	else if (plan->area[0] && !plan->country[0])
		conf_object(c, "area", NULL, "an area says nothing without its country",
		            "write `country` and its two letters");
	if (!is_digits(plan->outside_line))
		conf_object(c, "outside-line", NULL, "an outside line is digits",
		            "write digits alone");
}

const struct conf_block border_numbers_block = {
	.word = "numbers",
	.check = check_numbers,
	.help = "what is dialled here",
	CONF_ROWS(struct border_numbers, numbers_options),
};
