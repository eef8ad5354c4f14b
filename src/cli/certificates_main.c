/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of `ringfence certificates`: options in, words out. */
#include "base/buffer.h"
#include "cli/args.h"
#include "cli/certificates_acme.h"
#include "cli/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { AUTHORITY_DAYS = 3650, ISSUED_DAYS = 365, MAX_DAYS = 36500, DUE_DAYS = 30 };

/* One command line. */
struct order {
	struct cli cli;
	struct cli_args args;
	const char *folder, *configuration;
	int64_t now_s;
	certificates_read_config *read_config;
};

static const struct cli_table listed = {
	9,
	{ { "NAME", "name", CLI_NAME },
	  { "USE", "use", CLI_TEXT },
	  { "STATE", "state", CLI_TEXT },
	  { "DAYS", "days", CLI_NUMBER },
	  { "ENDS", "ends", CLI_TIME, 1 },
	  { "NAMES", "names", CLI_TEXT, 2 },
	  { "KEY", "key", CLI_TEXT, 4 },
	  { "ACME", "acme", CLI_TEXT, 5 },
	  { "FILE", "file", CLI_TEXT, 3 } },
	"there is no certificate",
};

static enum cli_exit usage(const char *words)
{
	(void)fprintf(stderr, "usage: ringfence certificates %s\n", words);
	return CLI_USAGE;
}

static enum cli_exit take_days(struct order *o, uint32_t usual, uint32_t *ret)
{
	const char *text = NULL;
	uint64_t days = usual;

	if (!cli_args_value(&o->args, "--days", &text) ||
	    (text && (!view_decimal(view_of(text), MAX_DAYS, &days) || days == 0)))
		return cli_fail(CLI_USAGE, "--days takes a number from 1 to %d", (int)MAX_DAYS);
	*ret = (uint32_t)days;
	return CLI_DONE;
}

/* Every `option NAME`. */
static enum cli_exit take_names(struct order *o, const char *option, bool is_subtree,
                                struct certificates_name *list, size_t *count)
{
	int i = 0;

	while (i < o->args.count) {
		char **at = o->args.list + i;

		if (strcmp(*at, option) != 0) {
			i++;
			continue;
		}
		if (i + 1 >= o->args.count)
			return cli_fail(CLI_USAGE, "%s stands without its value", option);
		if (*count == MAX_CERTIFICATES_NAMES)
			return cli_fail(CLI_USAGE, "more than %d names",
			                (int)MAX_CERTIFICATES_NAMES);
		if (certificates_name_read(view_of(at[1]), is_subtree, &list[*count]) != ERR_NONE)
			return cli_fail(CLI_USAGE,
			                "'%s' is neither a domain nor %s; no wildcards (RFC 5922)",
			                at[1],
			                is_subtree ? "a network (192.0.2.0/24)"
			                           : "an address nor a URI (sip:example.com)");
		(*count)++;
		memmove(at, at + 2, (size_t)(o->args.count - i - 1) * sizeof(*at));
		o->args.count -= 2;
	}
	return CLI_DONE;
}

/* ---- init ---- */

static enum cli_exit run_init(struct order *o)
{
	struct certificates_authority_wish *wish = calloc(1, sizeof(*wish));
	struct certificates_folder f = { -1, NULL };
	enum cli_exit code = wish ? take_days(o, AUTHORITY_DAYS, &wish->days) : CLI_FAILED;

	if (code == CLI_DONE)
		code = take_names(o, "--only", true, wish->only, &wish->only_count);
	if (code == CLI_DONE && (o->args.count > 1 || cli_args_stray(&o->args)))
		code = usage("init [NAME] [--only DOMAIN|NETWORK]... [--days N] [--folder FOLDER]");
	if (code == CLI_DONE) {
		wish->name = o->args.count ? o->args.list[0] : "Ringfence";
		code = certificates_folder_open(o->folder, true, &f);
	}
	if (code == CLI_DONE)
		code = certificates_authority_make(&f, wish, o->now_s);
	if (code == CLI_DONE && !o->cli.is_quiet)
		(void)fprintf(stderr,
		              "%s/authority.pem is what peers need to know this installation by; "
		              "authority.key must never leave this machine but as a backup%s\n",
		              o->folder,
		              wish->only_count ? ""
		                               : ". It may vouch for any name: --only DOMAIN would "
		                                 "have confined it");
	certificates_folder_close(&f);
	free(wish);
	return code;
}

/* ---- issue, renew, revoke ---- */

static enum cli_exit open_authority(struct order *o, struct certificates_folder *f,
                                    struct certificates_authority *a)
{
	enum cli_exit code = certificates_folder_open(o->folder, false, f);

	return code == CLI_DONE ? certificates_authority_read(f, a) : code;
}

static enum cli_exit take_use(struct order *o, enum certificates_use *ret)
{
	const char *text = "peer";

	if (!cli_args_value(&o->args, "--for", &text))
		return cli_fail(CLI_USAGE, "--for stands without its value");
	for (int use = CERTIFICATES_PEER; use <= CERTIFICATES_CONTROL; use++)
		if (strcmp(certificates_use_name((enum certificates_use)use), text) == 0) {
			*ret = (enum certificates_use)use;
			return CLI_DONE;
		}
	return cli_fail(CLI_USAGE, "--for takes peer, server, client or control");
}

static enum cli_exit read_issue(struct order *o, struct certificates_wish *w)
{
	enum cli_exit code = take_use(o, &w->use);

	w->is_rsa = cli_args_flag(&o->args, "--rsa");
	if (code == CLI_DONE)
		code = take_days(o, ISSUED_DAYS, &w->days);
	if (code == CLI_DONE)
		code = take_names(o, "--san", false, w->names, &w->name_count);
	if (code != CLI_DONE)
		return code;
	if (o->args.count != 1 || cli_args_stray(&o->args))
		return usage("issue NAME [--for peer|server|client|control] [--san NAME]... "
		             "[--rsa] [--days N] [--folder FOLDER]");
	w->name = o->args.list[0];
	if (!certificates_label_is_good(view_of(w->name)) || strcmp(w->name, "authority") == 0)
		return cli_fail(CLI_USAGE,
		                "'%s' cannot be the name of a file; letters, digits and - _ . @ : "
		                "make one, at most %d",
		                w->name, (int)MAX_CERTIFICATES_LABEL);
	if (w->name_count == 0 &&
	    certificates_name_read(view_of(w->name), false, &w->names[0]) == ERR_NONE)
		w->name_count = 1;
	if (w->name_count == 0)
		return cli_fail(CLI_USAGE,
		                "'%s' is neither a domain nor an address; say by --san whom the "
		                "certificate names",
		                w->name);
	return CLI_DONE;
}

static void say_written(const struct order *o, const char *name)
{
	if (!o->cli.is_quiet)
		(void)fprintf(stderr, "%s/%s.pem and %s.key\n", o->folder, name, name);
}

static enum cli_exit run_issue(struct order *o)
{
	struct certificates_wish *wish = calloc(1, sizeof(*wish));
	struct certificates_folder f = { -1, NULL };
	struct certificates_authority a = { 0 };
	enum cli_exit code = wish ? read_issue(o, wish) : CLI_FAILED;

	if (code == CLI_DONE)
		code = open_authority(o, &f, &a);
	if (code == CLI_DONE)
		code = certificates_issue(&f, &a, wish, o->now_s);
	if (code == CLI_DONE)
		say_written(o, wish->name);
	certificates_authority_clear(&a);
	certificates_folder_close(&f);
	free(wish);
	return code;
}

/* NULL: there is no configuration, or none that is good. */
static const struct certificates_config *read_named(struct order *o)
{
	const struct certificates_config *config = NULL;

	return o->read_config(o->configuration, &config) == CLI_DONE ? config : NULL;
}

/* Those that end within 30 days, or have ended. */
static enum cli_exit renew_due(struct order *o, const struct certificates_folder *f,
                               const struct certificates_authority *a)
{
	json_t *rows = certificates_list(f, a, o->now_s), *row;
	enum cli_exit code = CLI_DONE, one;
	size_t i, count = 0;

	json_array_foreach(rows, i, row)
	{
		const char *name = json_string_value(json_object_get(row, "name"));
		const char *state = json_string_value(json_object_get(row, "state"));

		if (!name || !state || strncmp(state, "end", 3) != 0 ||
		    strcmp(name, "authority") == 0)
			continue;
		one = certificates_renew(f, a, name, o->now_s);
		if (one == CLI_DONE)
			say_written(o, name);
		code = one == CLI_DONE ? code : one;
		count++;
	}
	if (count == 0 && !o->cli.is_quiet)
		(void)fprintf(stderr, "nothing ends within %d days\n", (int)DUE_DAYS);
	json_decref(rows);
	return code;
}

static enum cli_exit run_renew(struct order *o)
{
	struct certificates_folder f = { -1, NULL };
	struct certificates_authority a = { 0 };
	enum cli_exit code;

	if (o->args.count > 1 || cli_args_stray(&o->args))
		return usage("renew [NAME] [-c FILE] [--folder FOLDER]");
	if (o->args.count && certificates_is_by_acme(read_named(o), o->args.list[0]))
		return certificates_ask_renewal(&o->cli, o->args.list[0]);
	if (o->args.count && !certificates_label_is_good(view_of(o->args.list[0])))
		return cli_fail(CLI_NOT_FOUND, "there is no certificate of that name");
	code = open_authority(o, &f, &a);
	if (code == CLI_DONE && o->args.count) {
		code = certificates_renew(&f, &a, o->args.list[0], o->now_s);
		if (code == CLI_DONE)
			say_written(o, o->args.list[0]);
	} else if (code == CLI_DONE) {
		code = renew_due(o, &f, &a);
	}
	certificates_authority_clear(&a);
	certificates_folder_close(&f);
	return code;
}

static enum cli_exit run_revoke(struct order *o)
{
	struct certificates_folder f = { -1, NULL };
	struct certificates_authority a = { 0 };
	X509 *certificate = NULL;
	enum cli_exit code;

	if (o->args.count != 1 || cli_args_stray(&o->args))
		return usage("revoke NAME [--folder FOLDER]");
	if (!certificates_label_is_good(view_of(o->args.list[0])))
		return cli_fail(CLI_NOT_FOUND, "there is no certificate of that name");
	code = open_authority(o, &f, &a);
	if (code == CLI_DONE)
		code = certificates_folder_read(&f, o->args.list[0], NULL, &certificate);
	if (code == CLI_DONE && X509_verify(certificate, X509_get0_pubkey(a.certificate)) != 1)
		code = cli_fail(CLI_NOT_ALLOWED, "%s was issued by another authority",
		                o->args.list[0]);
	if (code == CLI_DONE && X509_check_ca(certificate) > 0)
		code = cli_fail(CLI_NOT_ALLOWED, "an authority cannot revoke itself: tell the "
		                                 "peers to forget it, and make another");
	if (code == CLI_DONE)
		code = certificates_authority_revoke(&f, &a, certificate, o->now_s);
	if (code == CLI_DONE && !o->cli.is_quiet)
		(void)fprintf(stderr,
		              "%s/authority.crl names it now; peers with a copy of that "
		              "file need the new one\n",
		              o->folder);
	X509_free(certificate);
	certificates_authority_clear(&a);
	certificates_folder_close(&f);
	return code;
}

/* ---- list ---- */

static enum cli_exit add_named(struct order *o, json_t *rows)
{
	const struct certificates_config *config = NULL;
	enum cli_exit code = o->read_config(o->configuration, &config);

	/* The usual file need not be there. */
	if (code != CLI_DONE)
		return o->configuration ? code : CLI_DONE;
	for (size_t i = 0; i < config->named_count; i++)
		(void)json_array_append_new(rows, certificates_row_of_file(config->named[i].path,
		                                                           config->named[i].by,
		                                                           o->now_s));
	certificates_tell_acme(&o->cli, config, rows);
	return CLI_DONE;
}

static enum cli_exit run_list(struct order *o)
{
	struct certificates_folder f = { -1, NULL };
	struct certificates_authority a = { 0 };
	bool has_authority;
	enum cli_exit code;
	json_t *rows;

	if (o->args.count > 0)
		return usage("list [-c FILE] [--folder FOLDER]");
	/* An installation may have all its certificates from elsewhere. */
	code = access(o->folder, F_OK) != 0 && errno == ENOENT
	             ? CLI_NOT_FOUND
	             : certificates_folder_open(o->folder, false, &f);
	if (code != CLI_DONE && code != CLI_NOT_FOUND)
		return code;
	has_authority = code == CLI_DONE && certificates_folder_has(&f, "authority", ".key") &&
	                certificates_authority_read(&f, &a) == CLI_DONE;
	rows = code == CLI_DONE ? certificates_list(&f, has_authority ? &a : NULL, o->now_s)
	                        : json_array();
	code = add_named(o, rows);
	rows = certificates_sorted(rows);
	if (code == CLI_DONE)
		cli_write_list(&o->cli, stdout, &listed, rows);
	json_decref(rows);
	certificates_authority_clear(&a);
	certificates_folder_close(&f);
	return code;
}

/* ---- test ---- */

static bool take_path(struct order *o, const char *option, char ret[1024])
{
	const char *text = NULL;

	return cli_args_value(&o->args, option, &text) &&
	       (!text || view_copy(view_of(text), ret, 1024));
}

/* HOST:PORT, or a peer of the configuration. */
static enum cli_exit find_peer(struct order *o, const char *word, struct certificates_peer *ret)
{
	const struct certificates_config *config = NULL;
	const char *colon = strrchr(word, ':');
	uint64_t port;
	enum cli_exit code;

	if (colon && view_decimal(view_of(colon + 1), 65535, &port) && port > 0) {
		struct view host = view_first(view_of(word), (size_t)(colon - word));

		if (host.len > 2 && host.at[0] == '[')
			host = view_first(view_after(host, 1), host.len - 2);
		ret->port = (uint16_t)port;
		(void)VIEW_COPY(view_of(word), ret->name);
		return VIEW_COPY(host, ret->host) ? CLI_DONE : CLI_USAGE;
	}
	code = o->read_config(o->configuration, &config);
	if (code == CLI_NOT_FOUND && !o->configuration)
		return cli_fail(
			CLI_NOT_FOUND,
			"there is no configuration to find a peer %s in: name one by -c, or "
			"HOST:PORT",
			word);
	if (code == CLI_DONE && !config->find_peer(word, ret))
		code = cli_fail(CLI_NOT_FOUND,
		                "there is no peer %s in the configuration; HOST:PORT is tried too",
		                word);
	if (code == CLI_DONE && ret->is_clear)
		code = cli_fail(
			CLI_FAILED,
			"%s is reached in the clear, there is no TLS to test: write `address "
			"sips:HOST:PORT`, or name HOST:PORT here",
			word);
	return code;
}

static enum cli_exit run_test(struct order *o)
{
	struct certificates_peer *peer = calloc(1, sizeof(*peer));
	struct certificates_peer said = { 0 };
	const char *identity = NULL;
	enum cli_exit code = CLI_USAGE;

	if (!peer)
		return CLI_FAILED;
	if (take_path(o, "--authority", said.authority) &&
	    take_path(o, "--revocations", said.crl) && take_path(o, "--chain", said.chain) &&
	    take_path(o, "--key", said.key) && cli_args_value(&o->args, "--name", &identity) &&
	    o->args.count == 1 && !cli_args_stray(&o->args))
		code = find_peer(o, o->args.list[0], peer);
	else
		(void)usage("test PEER|HOST:PORT [-c FILE] [--name NAME] [--authority FILE] "
		            "[--revocations FILE] [--chain FILE --key FILE]");
	if (said.authority[0])
		memcpy(peer->authority, said.authority, sizeof(said.authority));
	if (said.crl[0])
		memcpy(peer->crl, said.crl, sizeof(said.crl));
	if (said.chain[0])
		memcpy(peer->chain, said.chain, sizeof(said.chain));
	if (said.key[0])
		memcpy(peer->key, said.key, sizeof(said.key));
	if (identity && !VIEW_COPY(view_of(identity), peer->identity))
		code = CLI_USAGE;
	if (code == CLI_DONE && !said.chain[0] != !said.key[0])
		code = cli_fail(CLI_USAGE, "--chain and --key go together");
	if (code == CLI_DONE)
		code = certificates_probe(&o->cli, peer, o->now_s);
	free(peer);
	return code;
}

/* ---- fresh: asked by the service alone ---- */

static enum cli_exit run_fresh(struct order *o)
{
	const char *key = NULL, *chain = NULL;

	if (!cli_args_value(&o->args, "--key", &key) ||
	    !cli_args_value(&o->args, "--chain", &chain) || !key || cli_args_stray(&o->args))
		return CLI_USAGE;
	return certificates_fresh(key, chain, (size_t)o->args.count, o->args.list, o->now_s);
}

/* ---- the command line ---- */

static const struct {
	const char *verb;
	enum cli_exit (*run)(struct order *o);
} verbs[] = {
	{ "init", run_init },   { "issue", run_issue },   { "list", run_list },
	{ "renew", run_renew }, { "revoke", run_revoke }, { "test", run_test },
	{ "fresh", run_fresh },
};

static bool take_format(struct order *o)
{
	static const char *const names[] = { [FORMAT_TABLE] = "table",
		                             [FORMAT_JSON] = "json",
		                             [FORMAT_JSONL] = "jsonl",
		                             [FORMAT_CSV] = "csv" };
	const char *word = "table";

	if (!cli_args_value(&o->args, "-o", &word))
		return false;
	for (size_t i = FORMAT_TABLE; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(word, names[i]) == 0) {
			o->cli.format = (enum cli_format)i;
			return true;
		}
	}
	return false;
}

int certificates_main(int argc, char **argv, int64_t now_s, certificates_read_config *read_config)
{
	struct order o = { .args = { argc > 2 ? argc - 2 : 0, argv + (argc > 2 ? 2 : argc) },
		           .folder = CERTIFICATES_FOLDER,
		           .now_s = now_s,
		           .read_config = read_config };

	o.cli.is_quiet = cli_args_flag(&o.args, "-q");
	o.cli.is_colour = !cli_args_flag(&o.args, "--no-color");
	if (!take_format(&o) || !cli_args_value(&o.args, "--socket", &o.cli.socket) ||
	    !cli_args_value(&o.args, "-c", &o.configuration) ||
	    !cli_args_value(&o.args, "--folder", &o.folder))
		return (int)usage("init|issue|list|renew|revoke|test");
	for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(argv[1], verbs[i].verb) == 0)
			return (int)verbs[i].run(&o);
	return (int)usage("init|issue|list|renew|revoke|test");
}
