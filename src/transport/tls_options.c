/* SPDX-License-Identifier: Apache-2.0 */
/* The option tables of `certificate`, `authorities` and `signalling`. */
#include "transport/tls_options.h"

#include "conf/tree.h"

enum { SHA256_DIGITS = 64 };

static const struct conf_option certificate_options[] = {
	{ "chain", CONF_PATH, CONF_AT(struct transport_certificate, chain), .flags = CONF_REQUIRED,
	  .min = 1, .max = TLS_PATH_SIZE - 1,
	  .help = "file with our certificate and behind it those that signed it (PEM)" },
	{ "key", CONF_PATH, CONF_AT(struct transport_certificate, key), .flags = CONF_REQUIRED,
	  .min = 1, .max = TLS_PATH_SIZE - 1, .help = "file with its private key (PEM)" },
	{ "staple", CONF_PATH, CONF_AT(struct transport_certificate, staple), .min = 1,
	  .max = TLS_PATH_SIZE - 1,
	  .help = "file with its authority's OCSP response (DER), shown to who asks while it is "
	          "fresh; read again with the certificate" },
	{ "acme", CONF_NAME, CONF_AT(struct transport_certificate, acme), .refers_to = "acme",
	  .help = "who gives it and renews it; both files are then made where they are not there" },
	{ "name", CONF_TEXTS, CONF_LIST(struct transport_certificate, names, name_count), .min = 1,
	  .help = "names that it is asked for, as sip.example.com" },
};

static void check_certificate(struct conf_check *c, const void *row)
{
	const struct transport_certificate *own = row;

	if (own->acme != CONF_NO_ROW && own->name_count == 0)
		conf_object(c, "acme", NULL, "it is not said for which names it is asked",
		            "write `name sip.example.com`");
	if (own->acme == CONF_NO_ROW && own->name_count > 0)
		conf_object(c, "name", NULL, "names are asked for by ACME alone",
		            "write `acme NAME`, or leave the names out");
}

const struct conf_block transport_certificate_block = {
	.word = "certificate",
	CONF_LABEL("name of the certificate", struct transport_certificate, name),
	CONF_ROWS(struct transport_certificate, certificate_options),
	.max_rows = MAX_CERTIFICATES,
	.check = check_certificate,
	.help = "a certificate of ours with its key; `listen` names those that it shows",
};

static const struct conf_option authorities_options[] = {
	{ "file", CONF_PATH, CONF_AT(struct transport_authorities, file), .min = 1,
	  .max = TLS_PATH_SIZE - 1,
	  .help = "file with the certificates of authorities (PEM), as "
	          "/etc/ssl/certs/ca-certificates.crt" },
};

const struct conf_block transport_authorities_block = {
	.word = "authorities",
	CONF_ROWS(struct transport_authorities, authorities_options),
	.help = "whose signature counts where a peer names no authority of its own",
};

/* In the order of enum tls_staple_wish. */
static const char *const staples[] = { "off", "wanted", "required", NULL };

/* In the order of enum signalling. */
static const char *const modes[] = { "clear", "tls", "mutual-tls", NULL };

static const struct conf_option signalling_options[] = {
	{ CONF_BARE, CONF_CHOICE, CONF_AT(struct transport_signalling, mode), .choices = modes,
	  .fallback = "clear",
	  .help = "clear: as it comes, known by its address; tls: by TLS alone; mutual-tls: and "
	          "it shows a certificate" },
	{ "name", CONF_TEXT, CONF_AT(struct transport_signalling, name), .min = 1,
	  .help = "name in its certificate; without this the host of its address" },
	{ "authority", CONF_PATH, CONF_AT(struct transport_signalling, authority), .min = 1,
	  .max = TLS_PATH_SIZE - 1,
	  .help = "file with the certificates that may have signed it (PEM)" },
	{ "revoked", CONF_PATH, CONF_AT(struct transport_signalling, revoked), .min = 1,
	  .max = TLS_PATH_SIZE - 1,
	  .help = "file with that authority's revoked certificates (PEM), and with those of the "
	          "authorities above it, if they have a list; with a list that is too old nobody "
	          "gets in" },
	{ "staple", CONF_CHOICE, CONF_AT(struct transport_signalling, staple), .choices = staples,
	  .fallback = "wanted",
	  .help = "whether it is asked, when we call it, for its authority's word on its "
	          "certificate (OCSP staple); wanted: `revoked` is heeded; required: without a "
	          "good one no call" },
	{ "certificate", CONF_NAME, CONF_AT(struct transport_signalling, certificate),
	  .refers_to = "certificate",
	  .help = "certificate that we show to it; without this the first of its side" },
	{ "pin-key", CONF_TEXTS, CONF_LIST(struct transport_signalling, pin_keys, pin_key_count),
	  .min = SHA256_DIGITS,
	  .help = "SHA-256 of its public key in hex; then no other key is taken" },
	{ "pin-serial", CONF_TEXTS,
	  CONF_LIST(struct transport_signalling, pin_serials, pin_serial_count), .min = 1,
	  .help = "serial number of its certificate in hex; then no other certificate of that "
	          "authority is taken" },
};

static bool is_hex(const char *text)
{
	for (; *text; text++)
		if (!((*text >= '0' && *text <= '9') || (*text >= 'a' && *text <= 'f') ||
		      (*text >= 'A' && *text <= 'F')))
			return false;
	return true;
}

/* Words that would protect nothing are no protection that anybody should count on. */
static void check_clear(struct conf_check *c, const struct transport_signalling *s)
{
	static const char *const words[] = { "name",    "authority",  "revoked",    "staple",
		                             "pin-key", "pin-serial", "certificate" };

	for (size_t i = 0; s->mode == SIGNALLING_CLEAR && i < sizeof(words) / sizeof(*words); i++) {
		if (!conf_is_written(c, words[i]))
			continue;
		conf_object(c, CONF_BARE, words[i],
		            "no certificate is looked at where signalling is clear",
		            "write `signalling tls` or `mutual-tls`, or leave it out");
		return;
	}
}

static void check_signalling(struct conf_check *c, const void *row)
{
	const struct transport_signalling *s = row;

	for (unsigned i = 0; i < s->pin_key_count; i++)
		if (!is_hex(s->pin_keys[i]) || view_of(s->pin_keys[i]).len != SHA256_DIGITS)
			conf_object(c, "pin-key", NULL, "that is no SHA-256 of a key",
			            "write 64 digits of 0-9 and a-f");
	for (unsigned i = 0; i < s->pin_serial_count; i++)
		if (!is_hex(s->pin_serials[i]))
			conf_object(c, "pin-serial", NULL, "that is no serial number",
			            "write its digits, 0-9 and a-f, without colons");
	check_clear(c, s);
}

const struct conf_block transport_signalling_block = {
	.word = "signalling",
	.within = "peer",
	.parent_offset = offsetof(struct transport_signalling, peer),
	.max_rows = MAX_SIGNALLING,
	.check = check_signalling,
	CONF_ROWS(struct transport_signalling, signalling_options),
	.help = "how this peer's signalling is protected; what comes otherwise is a stranger's",
};

const struct conf_block transport_class_signalling_block = {
	.word = "signalling",
	.within = "class",
	.parent_offset = offsetof(struct transport_signalling, peer),
	.max_rows = MAX_SIGNALLING,
	.is_pattern = true,
	CONF_ROWS(struct transport_signalling, signalling_options),
	.help = "the same for each peer of a class; what a peer writes in its own goes before",
};
