/* SPDX-License-Identifier: Apache-2.0 */
/* The block `acme`. */
#include "acme/options.h"

#include "acme/url.h"

enum { HTTP_PORT = 80 };

/* In the order of enum acme_proof_kind. */
static const char *const proofs[] = { "http", "dns", NULL };

static const struct conf_option options[] = {
	{ "directory", CONF_TEXT, CONF_AT(struct acme_options, directory), .flags = CONF_REQUIRED,
	  .min = 1, .help = "URL of the authority's directory, https" },
	{ "key", CONF_PATH, CONF_AT(struct acme_options, key), .flags = CONF_REQUIRED, .min = 1,
	  .max = ACME_PATH_SIZE - 1,
	  .help = "file with the account's key (PEM); made where it is not there" },
	{ "agree", CONF_YES_NO, CONF_AT(struct acme_options, agrees), .fallback = "no",
	  .help = "whether you agree to the authority's terms of service" },
	{ "contact", CONF_TEXTS, CONF_LIST(struct acme_options, contacts, contact_count), .min = 3,
	  .help = "addresses to which the authority may write" },
	{ "challenge", CONF_CHOICE, CONF_AT(struct acme_options, proof), .choices = proofs,
	  .fallback = "http",
	  .help = "http: answered at port 80 while asked; dns: a record that `hook` writes" },
	{ "listen", CONF_ENDPOINT, CONF_AT(struct acme_options, listen), .port = HTTP_PORT,
	  .fallback = "0.0.0.0:80", .help = "where the authority's question is heard, by http" },
	{ "hook", CONF_PATH, CONF_AT(struct acme_options, hook), .min = 1,
	  .max = ACME_PATH_SIZE - 1,
	  .help = "program that is called as `HOOK add|remove NAME VALUE` for a TXT record" },
	{ "authority", CONF_PATH, CONF_AT(struct acme_options, authority), .min = 1,
	  .max = ACME_PATH_SIZE - 1, .fallback = "/etc/ssl/certs/ca-certificates.crt",
	  .help = "file with the authorities that may have signed the server's own certificate" },
};

static bool is_address(const char *text)
{
	struct view v = view_of(text);
	size_t at = view_find(v, '@', 0);

	for (size_t i = 0; i < v.len; i++)
		if (v.at[i] <= ' ' || v.at[i] >= 0x7f || v.at[i] == '"' || v.at[i] == '\\')
			return false;
	return at > 0 && at + 1 < v.len;
}

static void check(struct conf_check *c, const void *row)
{
	const struct acme_options *o = row;
	struct acme_url url;

	if (acme_url_read(view_of(o->directory), &url) != ERR_NONE)
		conf_object(c, "directory", NULL, "that is no URL of a directory",
		            "write https://HOST/PATH, as the authority says");
	if (!o->agrees)
		conf_object(c, conf_is_written(c, "agree") ? "agree" : "directory", NULL,
		            "no authority gives certificates to who does not agree to its terms",
		            "read them, and write `agree yes`");
	for (unsigned i = 0; i < o->contact_count; i++)
		if (!is_address(o->contacts[i]))
			conf_object(c, "contact", NULL, "that is no address of mail",
			            "write it as admin@example.com");
	if (o->proof == ACME_BY_DNS && !o->hook[0])
		conf_object(c, "challenge", NULL, "nobody is named who writes the record",
		            "write `hook PROGRAM`, or `challenge http`");
	if (o->proof == ACME_BY_HTTP && o->hook[0])
		conf_object(c, "hook", conf_is_written(c, "challenge") ? "challenge" : NULL,
		            "the hook is called for `challenge dns` alone",
		            "write `challenge dns`, or leave the hook out");
	if (o->proof == ACME_BY_DNS && conf_is_written(c, "listen"))
		conf_object(c, "listen", "challenge", "by DNS nothing is heard",
		            "leave `listen` out");
}

const struct conf_block acme_block = {
	.word = "acme",
	CONF_LABEL("name that certificates refer to", struct acme_options, name),
	CONF_ROWS(struct acme_options, options),
	.max_rows = MAX_ACME,
	.check = check,
	.help = "an authority that gives certificates by ACME, and renews them",
};
