/* SPDX-License-Identifier: Apache-2.0 */
/* Who reads which block: the only place where the blocks of all modules meet. */
#include "proc/schema.h"

#include "acme/options.h"
#include "border/options.h"
#include "dns/options.h"
#include "guard/options.h"
#include "kernel/options.h"
#include "media/options.h"
#include "store/options.h"
#include "transport/options.h"
#include "transport/tls_options.h"
#include "web/control_options.h"
#include "web/options.h"

enum {
	SIGNAL = 1 << ROLE_SIGNAL,
	MEDIA = 1 << ROLE_MEDIA,
	JUDGE = 1 << ROLE_JUDGE,
	STORE = 1 << ROLE_STORE,
	WEB = 1 << ROLE_WEB,
	KERNEL = 1 << ROLE_KERNEL,
	OUTREACH = 1 << ROLE_OUTREACH,
};

/* Block, and the rows that get it; in the order in which it is explained. */
#define BLOCKS(X)                                                                                  \
	X(guard_mode_block, JUDGE)                                                                 \
	X(transport_side_block, SIGNAL | JUDGE)                                                    \
	X(transport_connections_block, SIGNAL)                                                     \
	X(transport_certificate_block, SIGNAL | OUTREACH)                                          \
	X(acme_block, OUTREACH)                                                                    \
	X(transport_authorities_block, SIGNAL)                                                     \
	X(border_peer_block, SIGNAL | JUDGE | KERNEL | OUTREACH)                                   \
	X(border_class_block, 0)                                                                   \
	X(dns_names_block, OUTREACH)                                                               \
	X(border_headers_block, SIGNAL)                                                            \
	X(transport_signalling_block, SIGNAL)                                                      \
	X(border_class_headers_block, 0)                                                           \
	X(transport_class_signalling_block, 0)                                                     \
	X(border_credentials_block, SIGNAL)                                                        \
	X(border_route_block, SIGNAL)                                                              \
	X(border_spend_block, SIGNAL)                                                              \
	X(border_rate_block, SIGNAL)                                                               \
	X(border_subscribers_block, SIGNAL)                                                        \
	X(border_registrar_block, SIGNAL)                                                          \
	X(border_numbers_block, SIGNAL | JUDGE)                                                    \
	X(guard_never_block, JUDGE | KERNEL)                                                       \
	X(scanner_block, JUDGE)                                                                    \
	X(enumeration_block, JUDGE)                                                                \
	X(guessing_block, JUDGE)                                                                   \
	X(toll_fraud_block, JUDGE)                                                                 \
	X(anomaly_block, JUDGE)                                                                    \
	X(non_sip_block, JUDGE)                                                                    \
	X(guard_term_block, JUDGE)                                                                 \
	X(guard_strangers_block, SIGNAL)                                                           \
	X(guard_logins_block, SIGNAL)                                                              \
	X(kernel_block, KERNEL)                                                                    \
	X(border_signal_block, SIGNAL)                                                             \
	X(media_block, SIGNAL | MEDIA)                                                             \
	X(store_block, STORE)                                                                      \
	X(web_block, WEB)                                                                          \
	X(web_control_block, WEB | KERNEL)                                                         \
	X(web_server_block, WEB | SIGNAL | KERNEL)

static const struct conf_block *const blocks[] = {
#define X(block, roles) &block,
	BLOCKS(X)
#undef X
};

static const unsigned readers[] = {
#define X(block, roles) (roles),
	BLOCKS(X)
#undef X
};

enum { BLOCK_COUNT = sizeof(blocks) / sizeof(blocks[0]) };

const struct conf_schema proc_schema = { blocks, BLOCK_COUNT };

const struct conf_block *const *proc_blocks_of(enum role role, size_t *ret_count)
{
	static const struct conf_block *chosen[ROLE_COUNT][BLOCK_COUNT];
	size_t count = 0;

	for (size_t i = 0; i < BLOCK_COUNT; i++)
		if ((readers[i] & (1U << role_kind(role))) != 0)
			chosen[role][count++] = blocks[i];
	*ret_count = count;
	return chosen[role];
}

/* Option NULL: the block as a whole. */
static const struct {
	const struct conf_block *block;
	const char *option;
} cold[] = {
	{ &transport_side_block, NULL },
	{ &transport_connections_block, NULL },
	{ &border_subscribers_block, "registrations" },
	{ &border_signal_block, "workers" },
	{ &media_block, "ports" },
	{ &media_block, "calls" },
	{ &media_block, "with-media" },
	{ &media_block, "streams" },
	{ &media_block, "workers" },
	{ &store_block, "sqlite" },
	{ &web_block, NULL },
	{ &web_control_block, "listen" },
	{ &kernel_block, NULL },
	{ &acme_block, NULL },
	{ &border_peer_block, "media ipsec" },
};

bool proc_needs_start(const struct conf_change *change)
{
	for (size_t i = 0; i < sizeof(cold) / sizeof(cold[0]); i++) {
		if (cold[i].block != change->block)
			continue;
		/* A peer is added without a new start, whatever it has. */
		if (!change->option && cold[i].block == &border_peer_block)
			continue;
		/* A block of one row is added and removed by options that differ. */
		if (!cold[i].option || !change->option ||
		    view_equal(view_of(cold[i].option), view_of(change->option->word)))
			return true;
	}
	return false;
}
