/* SPDX-License-Identifier: Apache-2.0 */
/* What a child is given in its set-up: descriptors named by kind and index,
 * and a few plain facts. The parent's and the children's common words. */
#ifndef PROC_THINGS_H
#define PROC_THINGS_H

#include "base/hash.h"
#include "event/ask.h"

enum thing {
	THING_SETTINGS, /* sealed memfd: conf blob of the blocks that the row needs */
	THING_COUNTERS, /* struct counters, index = role: its own; web also all others, read-only */
	THING_PULSE,    /* struct child_pulse, writable */
	THING_VERDICTS, /* struct verdict_table; writable for judge, else read-only */
	THING_RING_WRITER, /* index = enum ring_name; three descriptors in a row */
	THING_RING_READER,
	THING_SIP_SOCKET, /* index = listener number */
	THING_PORT_TABLE, /* struct port_table, read-only */
	THING_RTP_SOCKET, /* index = row of the port table; drop-all filter is on */
	THING_RTCP_SOCKET,
	THING_STREAM_SOCKET, /* signal: index = row of the port table, of those of PORT_STREAM */
	THING_INBOX,         /* transport/udp inbox, writable */
	THING_OUTBOX,        /* the same for its outbox */
	THING_CHECKPOINT,    /* border's checkpoint, writable */
	THING_COMMON,        /* signal, where it has several workers: signal_common.h */
	THING_MARKS,         /* media: struct flow_marks, MAX_PORT_PAIRS of them, writable */
	THING_API_SOCKET,    /* web: listening Unix socket */
	THING_KNOWN,        /* verdict_table of known flows, see kernel/mirror.h; judge writes it */
	THING_NETFILTER,    /* kernel: netlink to the packet filter; it owns the table */
	THING_IPSEC,        /* kernel: netlink to IPsec, for questions */
	THING_IPSEC_EVENTS, /* and to be told of changes */
	THING_TAP,          /* observe: packets of an interface; nothing can be sent by it */
	THING_RESOLVED,     /* sealed struct resolved_table as of the start */
	THING_MATERIAL,     /* signal: sealed bundle of certificates (keys/bundle.h) */
	THING_CONTROL_SOCKET, /* web: where servers command calls */
	THING_CONTROL,        /* web: sealed bundle of what is shown and asked for there, no key */
	THING_KEYS,           /* keys: sealed bundle of private keys and their chains */
	THING_COUNT
};

/* The rings. Numbers are part of event ids: they do not change. */
enum ring_name {
	RING_NAME_FACTS,           /* signal -> judge, struct fact */
	RING_NAME_ORDERS,          /* signal -> media, union media_order */
	RING_NAME_MEDIA_EVENTS,    /* media -> signal, struct media_event */
	RING_NAME_RECORDS_SIGNAL,  /* signal -> store, union record */
	RING_NAME_RECORDS_JUDGE,   /* judge -> store, union record */
	RING_NAME_TO_SIGN,         /* signal -> keys, struct keys_request */
	RING_NAME_SIGNED,          /* keys -> signal, struct keys_answer */
	RING_NAME_CONTROL_TO_SIGN, /* web -> keys, the same for the listener of servers */
	RING_NAME_CONTROL_SIGNED,  /* keys -> web */
	RING_NAME_ORDERS_2,        /* the same two of media's further workers */
	RING_NAME_MEDIA_EVENTS_2 = RING_NAME_ORDERS_2 + MAX_MEDIA_WORKERS - 1,
	/* Those of signal's further workers, a block each (enum ring_in_block). */
	RING_NAME_SIGNAL_2 = RING_NAME_MEDIA_EVENTS_2 + MAX_MEDIA_WORKERS - 1,
	/* signal -> signal, struct passed: a row for each that gives, in it one for each that
	 * takes. */
	RING_NAME_PASSED =
		RING_NAME_SIGNAL_2 + (MAX_SIGNAL_WORKERS - 1) * (4 + 2 * MAX_MEDIA_WORKERS),
	RING_NAME_COUNT = RING_NAME_PASSED + MAX_SIGNAL_WORKERS * MAX_SIGNAL_WORKERS
};

enum ring_in_block {
	RING_OF_FACTS,
	RING_OF_RECORDS,
	RING_OF_TO_SIGN,
	RING_OF_SIGNED,
	RING_OF_ORDERS, /* one for each worker of media */
	RING_OF_MEDIA_EVENTS = RING_OF_ORDERS + MAX_MEDIA_WORKERS,
	RINGS_IN_BLOCK = RING_OF_MEDIA_EVENTS + MAX_MEDIA_WORKERS
};

/* What a ring is for and who is at its ends. */
struct ring_use {
	enum ring_name like;      /* that of the first workers; RING_NAME_PASSED */
	enum role writer, reader; /* of the watcher's: signal's in place of observe */
};
struct ring_use ring_use(enum ring_name name);

/* The first four of a worker of signal: RING_OF_FACTS ... */
enum ring_name ring_of(enum ring_in_block which, unsigned signal);
enum ring_name ring_orders(unsigned signal, unsigned media);
enum ring_name ring_media_events(unsigned signal, unsigned media);
/* From one worker of signal to another. */
enum ring_name ring_passed(unsigned from, unsigned to);

const char *ring_name_text(enum ring_name name); /* "facts" ...; static storage */

enum { MAX_AROUND = 64, MAX_INSIDE = 32, MAX_SERVERS = 4 };

/* Plain facts that come with the start. Keys are the parent's, so that what was
 * made with them outlives a worker. */
struct child_facts {
	uint32_t generation;   /* counts starts of the parent, rises over its restarts */
	uint32_t starts;       /* of this role under this parent: 1, 2 ... */
	uint8_t owner, owners; /* worker number, of signal or of media; workers of signal */
	uint16_t listener_count;
	uint16_t node; /* number of this machine in event ids: 0 */
	/* signal: cookies, tags and branches, Contact users, tables; judge, media and observe:
	 * the last alone; others none. */
	struct hash_key keys[4];
	struct hash_key random;        /* fresh at each start: for tables of the child itself */
	uint32_t uid, gid;             /* whom the sandbox is to become; UINT32_MAX stays */
	uint8_t log_format, log_level; /* enum log_format, enum log_level */
	uint8_t is_sandbox_off;        /* tests only: `parent --no-sandbox` */
	uint8_t is_draining;           /* signal: no new calls */
	uint8_t has_no_filter;         /* kernel: is there for IPsec alone */
	uint8_t unused[3];
	struct addr listeners[MAX_LISTENERS]; /* signal: where they are bound */
	uint8_t listener_sides[MAX_LISTENERS];
	uint8_t listener_transports[MAX_LISTENERS]; /* enum transport_kind */
	char directory[256];                        /* store: path of its directory */
	/* Judge and kernel: what is never blocked beside what the configuration names. */
	struct addr_net around[MAX_AROUND];
	uint8_t around_count;
	struct addr_net inside[MAX_INSIDE]; /* observe too: what is protected */
	uint8_t inside_count;
	uint8_t mode; /* enum mode that counts instead of the configured one; 0: that one */
	struct addr servers[MAX_SERVERS]; /* outreach: name servers of the system */
	uint8_t server_count;
	uint8_t has_no_door; /* no signal process runs: what the kernel lets pass meets nobody */
};

/* Beats that the parent watches: a child whose loop stands still for
 * CHILD_STUCK_S is killed and started again. */
struct child_pulse {
	_Atomic uint64_t beats;
	_Atomic uint32_t is_ready;
	_Atomic uint32_t calls; /* signal: that there are now */
};
enum { CHILD_STUCK_S = 15 };

/* Exit status of a child that cannot use the configuration, or a file that it names. */
enum { CHILD_REFUSES = 3 };

#endif
