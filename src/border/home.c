/* SPDX-License-Identifier: Apache-2.0 */
/* Homes by number, domain and peer. */
#include "border/home.h"

#include "border/border_priv.h"

uint16_t home_count(const struct border *b)
{
	if (!b->settings.subscribers.is_on)
		return 0;
	return (uint16_t)(1 + b->settings.registrar_count);
}

uint16_t home_row(const struct border *b, uint16_t home)
{
	return home == 0 ? b->settings.subscribers.register_to
	                 : b->settings.registrars[home - 1].peer;
}

const struct border_peer *home_peer(const struct border *b, uint16_t home)
{
	return &b->settings.peers[home_row(b, home)];
}

struct view home_domain(const struct border *b, uint16_t home)
{
	return view_of(home == 0 ? b->settings.subscribers.domain
	                         : b->settings.registrars[home - 1].domain);
}

struct view home_probe_user(const struct border *b, uint16_t home)
{
	return view_of(home == 0 ? b->settings.subscribers.probe_user
	                         : b->settings.registrars[home - 1].probe_user);
}

static uint16_t home_named(const struct border *b, struct view domain)
{
	for (uint16_t home = 0; home < home_count(b); home++) {
		if (!view_is_empty(home_domain(b, home)) &&
		    view_equal_nocase(home_domain(b, home), domain))
			return home;
	}
	return HOME_NONE;
}

uint16_t home_of_host(const struct border *b, const struct sip_host *host)
{
	return host->addr.family != 0 ? HOME_NONE : home_named(b, host->text);
}

uint16_t home_of_peer(const struct border *b, const struct border_peer *peer)
{
	for (uint16_t home = 0; home < home_count(b); home++) {
		if (home_peer(b, home) == peer)
			return home;
	}
	return HOME_NONE;
}

bool home_is_on_side(const struct border *b, uint16_t side)
{
	for (uint16_t home = 0; home < home_count(b); home++) {
		if (home_peer(b, home)->side == side)
			return true;
	}
	return false;
}

void home_write_domain(struct buffer *out, const struct border *b, uint16_t home)
{
	const struct border_peer *peer = home_peer(b, home);

	if (home > 0 && !peer->domain[0])
		buffer_put(out, home_domain(b, home));
	else
		party_write_domain(out, peer);
}

struct view home_domain_on(const struct border *b, const struct flow *flow)
{
	const struct registration *r = registration_on_flow(&b->registrations, flow);
	struct view account = r ? view_of(r->facts.account) : VIEW_EMPTY;
	uint16_t home = home_named(b, view_after(account, view_find(account, '@', 0) + 1));

	return home_domain(b, home == HOME_NONE ? 0 : home);
}
