/* SPDX-License-Identifier: Apache-2.0 */
/* ringfence(1) in scdoc, with the commands and exit codes of the tables. */
#include "cli/command.h"
#include <stdio.h>

static const char HEAD[] =
	"ringfence(1)\n\n"
	"# NAME\n\n"
	"ringfence - firewall for phone calls\n\n"
	"# SYNOPSIS\n\n"
	"*ringfence* [OPTIONS] _COMMAND_\n\n"
	"# DESCRIPTION\n\n"
	"Ringfence stands between the internet and a PBX: it ends every call on the outside, judges it, "
	"and begins a new, clean one on the inside. *ringfence run* is the service itself; every other "
	"command asks it over a Unix socket, or works on files alone.\n\n"
	"On a terminal lists are tables with local times. Elsewhere they are the same text with times "
	"in UTC (RFC 3339), or what *-o* asks for.\n\n"
	"# OPTIONS\n\n"
	"*-o* table|json|jsonl|csv\n\tHow to write; csv is for lists alone. *config check* answers in JSON too, what else of "
	"*config* writes text takes no *-o*.\n\n"
	"*-q*\n\tSay nothing but what was asked for.\n\n"
	"*-c* _FILE_\n\tThe configuration, for commands that read it.\n\n"
	"*--socket* _PATH_\n\tThe service's socket; /run/ringfence/api.sock without it.\n\n"
	"*--store* _FILE_\n\tLists and what they name out of a database that no service holds, such as "
	"*analyse* writes with this option.\n\n"
	"*--no-color*\n\tNo bold, no colour.\n\n"
	"*--wide*\n\tAll columns of a table. Without it a table on a terminal is fitted to its "
	"width:\n\tthe least telling columns are left out, long texts are cut.\n\n"
	"*--reason* _TEXT_\n\tWhy, for the audit trail.\n\n"
	"# COMMANDS\n\n";

static const char TAIL[] =
	"# RUNNING\n\n"
	"*ringfence run* and *watch* stay in the foreground, until SIGTERM or SIGINT. *--log* says how they write on standard "
	"error: plain with times, journal for systemd (where it starts them that is the default), or json, an object a line. "
	"*--level* is the least that is written: error, warning, notice (the default), info or debug. Started as root their "
	"processes become the user ringfence, where there is one, or *--user* _NAME_. *--no-sandbox* takes the processes' "
	"confines away, to look for a fault with a debugger; a service never needs it.\n\n"
	"# FILTERS\n\n"
	"Lists take words _field=value_, all of which must hold. A value that ends in \\* matches what "
	"begins so; _since_ and _until_ take a date (2026-01-31), a time (2026-01-31T08:00:00Z) or a "
	"length before now (30m, 12h, 7d). A word that is not known is answered with those that are.\n\n"
	"\t*ringfence* incidents list source=198.51.100.\\* outcome=failed since=24h\n\n"
	"\t*ringfence* incidents list phase=dial outcome=succeeded since=7d\n\n"
	"\t*ringfence* incidents list number=0012025550100\n\n"
	"# ANALYSIS\n\n"
	"*ringfence analyse* takes *--inside* _NET_ (what is protected, may be repeated), *--key* _FILE_ "
	"(a server's RSA key), *--keylog* _FILE_ (TLS secrets), *--store* _FILE_ (a database for what is "
	"found) and *-c* _FILE_ (a configuration; one of detectors alone will do). A verdict is block, "
	"suspect or clean; an outcome is succeeded, failed or unknown, where the answer was not captured. "
	"A source that nothing proves is at most suspect, since anybody could have sent it.\n\n"
	"\t*ringfence* analyse --inside 192.0.2.0/24 -o json office.pcapng\n\n"
	"# WATCHING\n\n"
	"*ringfence watch* needs root, or CAP\\_NET\\_RAW; with *--block* CAP\\_NET\\_ADMIN "
	"too, and Linux 5.12 or later with nf\\_tables. *--inside* "
	"_NETWORK_ says what is protected and may be repeated. *--block* acts on the PBX itself or on a router in "
	"the way; at a mirror port it cannot. Other commands ask it as they ask *ringfence run*; what it does not "
	"carry itself (registrations, peers, live calls) it has no list of.\n\n"
	"\t*ringfence* watch eth0 --inside 192.0.2.0/24\n\n"
	"# CONTROL\n\n"
	"Servers command calls at the control listener (*config explain control*). An address that no *server* block "
	"lists is closed there before TLS. With *kernel on* it is not reached at all: nftables drops and counts its packets "
	"ahead of every other rule, the never-block list's too, whatever the mode; *nft list table inet ringfence* shows the "
	"list (control4 or control6) and the count. A list that *config apply* puts in force counts at both.\n\n"
	"# CERTIFICATES\n\n"
	"*ringfence certificates init* makes an authority of one's own: its certificate (authority.pem) is what peers "
	"are given, its key stays. With *--only* it can vouch for those domains and networks alone, whoever gets the key. "
	"*issue* takes a domain, an address, or with *--san* any of them and SIP URIs (RFC 5922); a domain is also named "
	"as sip:DOMAIN. *--for* peer is both client and server (trunks with mutual TLS), server a listener, client a phone, "
	"control a server that gives orders. *--rsa* is for handsets that know no elliptic curves. Keys are "
	"readable by their owner alone, serial numbers are random, and the list of revocations (authority.crl) is there from the "
	"first day.\n\n"
	"\t*ringfence* certificates init Office --only example.com\n\n"
	"\t*ringfence* certificates issue sbc.example.com --for peer\n\n"
	"*certificates test* connects to a peer of the configuration, or to HOST:PORT, as the service would, and goes on behind "
	"the first mistake: one visit tells all that is wrong with either side.\n\n"
	"# ENVIRONMENT\n\n"
	"*TMPDIR*\n\tWhere *analyse* keeps what does not fit into memory; /tmp without it.\n\n"
	"*RINGFENCE\\_SOCKET*\n\tThe service's socket where *--socket* is not given.\n\n"
	"*NO\\_COLOR*\n\tAs *--no-color*.\n\n"
	"*COLUMNS*\n\tHow wide the terminal is, where it does not say so rightly itself.\n\n"
	"# FILES\n\n"
	"/etc/ringfence/ringfence.conf, /etc/ringfence/certificates, /run/ringfence/api.sock, /var/lib/ringfence/ringfence.db\n\n"
	"/usr/share/doc/ringfence: configurations for kinds of places (examples), and a page for each task (howto).\n\n"
	"# SEE ALSO\n\n*ringfence.conf*(5)\n";

static const char *const codes[] = {
	[CLI_DONE] = "done",
	[CLI_FAILED] = "failed",
	[CLI_USAGE] = "not written as it must be",
	[CLI_CONFIG_INVALID] = "the configuration is invalid",
	[CLI_NOT_ALLOWED] = "not allowed",
	[CLI_NOT_FOUND] = "not found",
	[CLI_DAEMON_AWAY] = "the service is away",
};

/* Its own marks, escaped. */
static void put(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '_' || *text == '*' || *text == '\\')
			(void)fputc('\\', out);
		(void)fputc(*text, out);
	}
}

void cli_manual_write(FILE *out)
{
	(void)fputs(HEAD, out);
	for (size_t i = 0; i < cli_command_count; i++) {
		const struct cli_command *c = &cli_commands[i];

		(void)fprintf(out, "*%s%s%s*%s", c->noun, c->verb[0] ? " " : "", c->verb,
		              c->arguments[0] ? " " : "");
		put(out, c->arguments);
		(void)fputs("\n\t", out);
		put(out, c->help);
		(void)fputs(".\n\n", out);
	}
	(void)fputs("# EXIT STATUS\n\n", out);
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		(void)fprintf(out, "*%zu*\n\t%s\n\n", i, codes[i]);
	(void)fputs(TAIL, out);
}
