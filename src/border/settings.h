/* SPDX-License-Identifier: Apache-2.0 */
/* What the border is told: plain values without pointers, so that they travel
 * in a sealed memfd and can be compared. proc/ fills them from the blocks of
 * the configuration; the option tables of `peer`, `subscribers` and `numbers`
 * are in border/options.h. */
#ifndef BORDER_SETTINGS_H
#define BORDER_SETTINGS_H

#include "event/flow.h"
#include "guard/number/number.h"
#include "guard/options.h"

enum { MAX_PEERS = 256, MAX_PEER_NETS = 16, MAX_LAN_NETS = 8, MAX_EMERGENCY_NUMBERS = 16 };
enum { MAX_ROUTES = 1024, ROUTE_NUMBER_SIZE = 40, MAX_RATES = 4096, MAX_SPEND_COUNTRIES = 64 };
enum { MAX_REGISTRARS = 64, MAX_CONTROL_SERVERS = 16 };
enum { BORDER_NAME_SIZE = 32, BORDER_DOMAIN_SIZE = 128 };
enum { MAX_PEER_CLASSES = 32, MAX_MEDIA_NETS = 4, MAX_PASS_HEADERS = 8, BORDER_HEADER_SIZE = 40 };

/* One `listen` block: a side. */
struct border_side {
	char name[BORDER_NAME_SIZE];
	struct addr advertise; /* what Via, Contact and SDP show; family 0: the listener's own */
	struct addr_net lan[MAX_LAN_NETS]; /* these see the listener's own address */
	uint8_t lan_count;
};

/* One listening socket. Row number = struct flow's listener. */
struct border_listener {
	struct addr local;
	uint8_t transport; /* enum transport_kind */
	uint8_t side;
};

enum numbers_as { NUMBERS_AS_DIALLED, NUMBERS_PLUS, NUMBERS_BARE };

enum peer_kind { PEER_PBX, PEER_CARRIER, PEER_CUSTOMER, PEER_SPEECH_SERVER, PEER_BOARD };

/* In the order of the options' words: what carries audio to a peer, and the channels of a speech
 * server (MRCPv2). */
enum media_over { MEDIA_OVER_UDP, MEDIA_OVER_TCP, MEDIA_OVER_TLS };
enum channels_over { CHANNELS_NONE, CHANNELS_TCP, CHANNELS_TLS };
/* Whether audio is protected; of a route MEDIA_AS_PEER too. In the order of the options' words. */
enum media_srtp { SRTP_PREFERRED, SRTP_REQUIRED, SRTP_FORBIDDEN, MEDIA_AS_PEER };

/* In the order of the option's words. */
enum peer_may { MAY_PLACE = 1, MAY_RECEIVE = 2, MAY_TRANSFER = 4 };

struct border_peer {
	char name[BORDER_NAME_SIZE];
	/* Replaces our name in R-URI, From and To; empty: the peer's address. */
	char domain[BORDER_DOMAIN_SIZE];
	/* The name that was written for its address, empty: none. Then `address` is what the name
	 * stands for now, family 0 before that is known; its port before that is the one that was
	 * written, or 0. */
	char host[BORDER_DOMAIN_SIZE];
	struct addr address; /* where requests go */
	/* Our listener that it sees; family 0: the first of its side and family. */
	struct addr appears_as;
	/* Our listener by which its calls reach another side, and what that side sends there is for
	 * it; family 0: none of its own. */
	struct addr appears_inside;
	struct addr_net media_from[MAX_MEDIA_NETS]; /* its audio besides its own hosts */
	struct addr_net from[MAX_PEER_NETS]; /* where it may come from; empty: the address's host */
	struct guard_rate budget;            /* of its requests */
	/* Calls with it at once, and those that begin in a second; 0: as many as there are. */
	uint32_t max_calls, max_new_calls;
	uint32_t check_s;  /* it is asked by OPTIONS so often; 0: never */
	uint32_t answer_s; /* how long its first answer may take where another can be asked */
	uint8_t from_count, media_count;
	uint8_t may; /* enum peer_may, or-ed; 0: border_peer_may */
	uint16_t side;
	uint16_t class_row;     /* whose settings it has where it has none; only while read */
	uint16_t headers;       /* row in headers + 1; 0: none */
	uint8_t kind;           /* enum peer_kind */
	uint8_t transport;      /* enum transport_kind: of `address` */
	uint8_t transport_word; /* as written: PEER_TRANSPORT_ANY, or enum transport_kind + 1 */
	uint8_t numbers_as;     /* enum numbers_as: how numbers are written to it */
	uint8_t signalling;     /* enum signalling */
	uint8_t is_sips;        /* its address was written sips: */
	uint8_t tells_source;   /* add X-Ringfence-Source towards it */
	uint8_t media_over;     /* enum media_over */
	uint8_t needs_ipsec;    /* its media passes only where the kernel's IPsec covers it */
	uint8_t channels;       /* enum channels_over */
	uint8_t stays_on_pbx;   /* a carrier with which the PBX registers by itself */
	uint8_t media_srtp;     /* enum media_srtp */
};

enum { PEER_TRANSPORT_ANY };

/* What carries requests to it as far as the configuration says. */
static inline uint8_t border_peer_transport(const struct border_peer *peer)
{
	if (peer->transport_word != PEER_TRANSPORT_ANY)
		return (uint8_t)(peer->transport_word - 1);
	return peer->is_sips ? TRANSPORT_TLS : TRANSPORT_UDP;
}

/* Headers that pass between one peer and others beyond the list that all have. */
struct border_headers {
	uint16_t peer; /* row in peers */
	uint8_t count;
	char pass[MAX_PASS_HEADERS][BORDER_HEADER_SIZE];
};

/* Ours, towards one peer. */
struct border_credentials {
	uint16_t peer; /* row in peers */
	char user[64], password[128];
	char realm[BORDER_DOMAIN_SIZE]; /* empty: the peer's domain, if any */
	uint32_t register_s;            /* we register so often; 0: never */
};

struct border_subscribers {
	char domain[BORDER_DOMAIN_SIZE]; /* what phones call us; empty: any host */
	char probe_user[64];             /* extension made for the probe; empty: none */
	uint32_t max_registrations;
	uint32_t udp_expires_s; /* at most this towards phones on UDP: 60 */
	uint32_t ask_pbx_s;     /* refreshes in between are answered here; 0: none is */
	uint32_t pbx_expires_s; /* at least this is asked of the PBX; 0: what the phone asks */
	struct guard_rate pace; /* of REGISTERs towards each PBX; count 0: any */
	uint16_t register_to;   /* row in peers */
	uint8_t is_on;          /* a subscribers block stands in the configuration */
	uint8_t proof_always;   /* no REGISTER without a good cookie reaches the PBX */
	uint8_t media_srtp;     /* enum media_srtp, of all phones */
};

/* Phones of another domain, which register to a PBX of their own. */
struct border_registrar {
	uint16_t parent;                 /* row of `subscribers`: 0 */
	uint16_t peer;                   /* row in peers */
	char domain[BORDER_DOMAIN_SIZE]; /* what they call us */
	char probe_user[64];             /* as in border_subscribers, at this PBX */
};

/* Calls of one peer that may go to another. Of all that fit, those with the longest
 * number count, and a domain before none; they are one call's targets. */
struct border_route {
	/* "+441512960000-0999", a number or a range; prefix: what it begins with. With + they
	 * are held against what was meant, without it against what was dialled. */
	char number[ROUTE_NUMBER_SIZE], prefix[ROUTE_NUMBER_SIZE];
	char domain[BORDER_DOMAIN_SIZE]; /* of the Request-URI; empty: any */
	uint16_t from, to;               /* rows in peers; from may be none */
	uint8_t from_kind;               /* enum peer_kind + 1: any peer of it but `to`; 0: none */
	uint8_t is_transit;              /* from one carrier to another, which may cost */
	uint8_t priority;                /* the lowest is tried first */
	uint16_t weight;                 /* among those of one priority */
	uint8_t media_srtp;              /* of who is called: enum media_srtp */
};

/* A server that may command calls of its peer. */
struct border_control {
	char name[BORDER_NAME_SIZE];
	uint16_t peer; /* row in peers */
	uint8_t may;   /* 1 << enum command_verb, or-ed */
};

struct border_numbers {
	char emergency[MAX_EMERGENCY_NUMBERS][16]; /* exactly as dialled */
	uint8_t emergency_count;
	struct number_plan plan; /* how one dials here */
};

/* What calls may cost: orders, which act in every mode. */
struct border_spend {
	uint32_t max_day;     /* a day, in whole units of `currency`; 0: no limit */
	uint32_t max_abroad;  /* calls abroad at once; 0: no limit */
	uint32_t price_milli; /* a minute of what no rate names: the worst */
	uint16_t refused;     /* 1 << kind - 1: enum number_kind */
	char currency[8];
	char countries[MAX_SPEND_COUNTRIES][ROUTE_NUMBER_SIZE]; /* "+353"; none: all */
	uint16_t country_count;
};

struct border_rate {
	char prefix[ROUTE_NUMBER_SIZE]; /* "+353" */
	uint32_t price_milli;           /* a minute */
};

struct border_settings {
	struct border_side sides[MAX_SIDES];
	struct border_listener listeners[MAX_LISTENERS];
	struct border_peer peers[MAX_PEERS];
	struct border_subscribers subscribers;
	struct border_registrar registrars[MAX_REGISTRARS];
	struct border_numbers numbers;
	struct border_route routes[MAX_ROUTES];
	struct border_credentials credentials[MAX_PEERS];
	struct border_headers headers[MAX_PEERS];
	struct border_spend spend;
	struct border_rate rates[MAX_RATES];
	struct border_control controls[MAX_CONTROL_SERVERS];
	struct guard_door_settings door; /* bounds and budgets */
	uint32_t max_calls, max_transactions;
	uint32_t longest_call_s; /* 0: as long as its ends like */
	bool needs_sips;         /* what is asked for by sips: goes on by TLS, or not at all */
	uint16_t side_count, listener_count, peer_count, route_count, rate_count, credentials_count;
	uint16_t registrar_count, headers_count, control_count;
};

#endif
