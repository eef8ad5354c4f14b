/* SPDX-License-Identifier: Apache-2.0 */
/* Connects to a peer as the service would. Nothing ends at the first mistake: the handshake is
 * carried on through a certificate that will not do, so that all that is wrong is told at once. */
#include "base/buffer.h"
#include "cli/certificates.h"
#include "cli/output.h"
#include "cli/text.h"
#include "keys/ending.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STEP_WAIT_MS = 5000, WORDS_MAX = 1024, MAX_VERIFY_ERRORS = 8 };

struct probe {
	const struct cli *cli;
	const struct certificates_peer *peer;
	int64_t now_s;
	int fd;
	SSL_CTX *context;
	SSL *ssl;
	json_t *steps;
	bool has_failed;
	int errors[MAX_VERIFY_ERRORS]; /* of the chain; X509_V_ERR_... */
	size_t error_count;
};

/* ---- telling ---- */

/* Names in it may be a stranger's. */
static void say(struct probe *p, const char *result, const char *step, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
static void say(struct probe *p, const char *result, const char *step, const char *format, ...)
{
	char words[WORDS_MAX], shown[WORDS_MAX * 4];
	struct buffer b = buffer_on(shown, sizeof(shown) - 1);
	va_list list;

	va_start(list, format);
	(void)vsnprintf(words, sizeof(words), format, list);
	va_end(list);
	cli_text_write(&b, view_of(words));
	shown[b.len] = 0;
	p->has_failed = p->has_failed || strcmp(result, "fails") == 0;
	if (cli_is_for_reading(p->cli))
		(void)printf("%-6s %-12s %s\n", result, step, shown);
	else
		(void)json_array_append_new(p->steps, json_pack("{s:s, s:s, s:s}", "result", result,
		                                                "step", step, "words", shown));
}

static const char *tls_reason(void)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = ERR_reason_error_string(code);

	return reason ? reason : "the connection was closed";
}

/* ---- TCP ---- */

static bool wait_for(int fd, short events)
{
	struct pollfd one = { .fd = fd, .events = events };

	return poll(&one, 1, STEP_WAIT_MS) == 1;
}

static int try_address(const struct addrinfo *a)
{
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int failed = ECONNREFUSED;
	socklen_t size = sizeof(failed);

	if (fd < 0)
		return -1;
	if (connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
		if (errno == EINPROGRESS)
			failed = ETIMEDOUT;
		else
			failed = errno;
		if (failed == ETIMEDOUT && wait_for(fd, POLLOUT))
			(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &size);
	} else {
		failed = 0;
	}
	if (failed == 0)
		return fd;
	(void)close(fd);
	errno = failed;
	return -1;
}

static bool open_connection(struct probe *p)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;
	char port[8];
	int failed;

	(void)snprintf(port, sizeof(port), "%u", p->peer->port);
	failed = getaddrinfo(p->peer->host, port, &hints, &list);
	if (failed) {
		say(p, "fails", "address", "%s: %s; see peer { address }", p->peer->host,
		    gai_strerror(failed));
		return false;
	}
	for (const struct addrinfo *a = list; a && p->fd < 0; a = a->ai_next)
		p->fd = try_address(a);
	freeaddrinfo(list);
	if (p->fd < 0) {
		say(p, "fails", "connection",
		    "port %s of %s does not take a connection (%s): is it the TLS port, and does a "
		    "packet filter let us through?",
		    port, p->peer->host, strerror(errno));
		return false;
	}
	say(p, "ok", "connection", "port %s of %s takes connections", port, p->peer->host);
	return true;
}

/* ---- what we bring ---- */

static void look_at_own(struct probe *p)
{
	X509 *own = SSL_CTX_get0_certificate(p->context);
	int mark = keys_ending_mark(certificates_end(own), p->now_s);
	enum certificates_use use = certificates_use_of(own);

	if (mark == 0)
		say(p, "fails", "our own", "%s has ended: renew it", p->peer->chain);
	else if (use == CERTIFICATES_SERVER)
		say(p, "fails", "our own",
		    "%s is for servers only, and here we are the client: issue one --for peer",
		    p->peer->chain);
	else if (mark > 0)
		say(p, "note", "our own", "%s ends within %d days: renew it", p->peer->chain, mark);
	else
		say(p, "ok", "our own", "%s can be shown", p->peer->chain);
}

static void load_own(struct probe *p)
{
	if (!p->peer->chain[0]) {
		say(p, "note", "our own",
		    "no certificate of ours is named: a peer that wants one (mutual TLS) refuses");
		return;
	}
	if (SSL_CTX_use_certificate_chain_file(p->context, p->peer->chain) != 1)
		say(p, "fails", "our own", "%s cannot be read as a chain in PEM", p->peer->chain);
	else if (SSL_CTX_use_PrivateKey_file(p->context, p->peer->key, SSL_FILETYPE_PEM) != 1)
		say(p, "fails", "our own", "%s cannot be read, or is not the key of %s",
		    p->peer->key, p->peer->chain);
	else
		look_at_own(p);
}

static void load_authority(struct probe *p)
{
	X509_STORE *store = SSL_CTX_get_cert_store(p->context);

	if (!p->peer->authority[0]) {
		(void)SSL_CTX_set_default_verify_paths(p->context);
		say(p, "note", "authority", "none is named: those of the system are believed");
	} else if (SSL_CTX_load_verify_file(p->context, p->peer->authority) != 1) {
		say(p, "fails", "authority", "%s cannot be read in PEM", p->peer->authority);
	}
	if (!p->peer->crl[0])
		return;
	if (X509_STORE_load_file(store, p->peer->crl) == 1)
		(void)X509_STORE_set_flags(store,
		                           X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
	else
		say(p, "fails", "revocations", "%s cannot be read in PEM", p->peer->crl);
}

/* ---- handshake ---- */

static int note_verify(int is_good, X509_STORE_CTX *v)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(v, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct probe *p = SSL_get_app_data(ssl);
	int error = X509_STORE_CTX_get_error(v);

	/* Authorities above need no list; one that is there has to hold. */
	if (error == X509_V_ERR_UNABLE_TO_GET_CRL && X509_STORE_CTX_get_error_depth(v) > 0)
		return 1;
	for (size_t i = 0; i < p->error_count && !is_good; i++)
		is_good = p->errors[i] == error;
	if (!is_good && p->error_count < MAX_VERIFY_ERRORS)
		p->errors[p->error_count++] = error;
	return 1;
}

/* Runs it to its end; false: it failed, or took too long. */
static bool finish(struct probe *p, int done)
{
	int error = done > 0 ? SSL_ERROR_NONE : SSL_get_error(p->ssl, done);

	if (error == SSL_ERROR_WANT_READ)
		return wait_for(p->fd, POLLIN);
	if (error == SSL_ERROR_WANT_WRITE)
		return wait_for(p->fd, POLLOUT);
	return false;
}

static bool shake_hands(struct probe *p)
{
	struct certificates_name as_address;
	struct view host = view_of(p->peer->host);
	int done;

	p->ssl = SSL_new(p->context);
	if (!p->ssl || !SSL_set_fd(p->ssl, p->fd))
		return false;
	SSL_set_app_data(p->ssl, p);
	/* RFC 6066 3: a name, never an address. */
	if (certificates_name_read(host, false, &as_address) == ERR_NONE &&
	    as_address.kind == CERTIFICATES_DNS)
		(void)SSL_set_tlsext_host_name(p->ssl, p->peer->host);
	ERR_clear_error();
	do
		done = SSL_connect(p->ssl);
	while (done != 1 && finish(p, done));
	if (done == 1) {
		say(p, "ok", "handshake", "%s, %s", SSL_get_version(p->ssl),
		    SSL_get_cipher_name(p->ssl));
		return true;
	}
	say(p, "fails", "handshake",
	    "%s: does that port speak TLS 1.2 or later, and does the peer believe our certificate?",
	    tls_reason());
	return false;
}

/* ---- what the peer brings ---- */

static const char *remedy_of(int error)
{
	switch (error) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return "the peer has to renew it; is our clock right?";
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return "is our clock right, and theirs?";
	case X509_V_ERR_CERT_REVOKED:
		return "its authority has revoked it: ask its people";
	case X509_V_ERR_INVALID_PURPOSE:
		return "it is not for servers: the peer has to have one issued that is";
	case X509_V_ERR_UNABLE_TO_GET_CRL:
		return "the list of revocations is another authority's";
	case X509_V_ERR_PERMITTED_VIOLATION:
	case X509_V_ERR_EXCLUDED_VIOLATION:
		return "its authority may not vouch for that name";
	default:
		return "another authority issued it, or the peer does not send its whole chain; "
		       "compare peer { authority }";
	}
}

static void judge_chain(struct probe *p)
{
	for (size_t i = 0; i < p->error_count; i++)
		say(p, "fails", "certificate", "%s: %s",
		    X509_verify_cert_error_string(p->errors[i]), remedy_of(p->errors[i]));
	if (p->error_count == 0)
		say(p, "ok", "certificate",
		    "the peer's certificate leads to an authority we believe");
}

/* RFC 5922 7.2: a sip: URI without user, or else a DNS name; whole, and no wildcards. */
static bool is_named(X509 *certificate, struct view wanted)
{
	static char text[4 * WORDS_MAX];
	struct buffer b = BUFFER_ON(text);
	struct view rest;

	certificates_name_list(certificate, &b);
	for (rest = buffer_view(&b); rest.len > 0;) {
		size_t end = view_find(rest, ',', 0);
		struct view one = view_first(rest, end);

		if (view_starts_nocase(one, VIEW("sip:")))
			one = view_after(one, 4);
		if (view_equal_nocase(one, wanted))
			return true;
		rest = view_trim(view_after(rest, end + 1));
	}
	return false;
}

static void judge_name(struct probe *p, X509 *certificate)
{
	const char *wanted = p->peer->identity[0] ? p->peer->identity : p->peer->host;
	static char text[4 * WORDS_MAX];
	struct buffer b = buffer_on(text, sizeof(text) - 1);

	certificates_name_list(certificate, &b);
	text[b.len] = 0;
	if (is_named(certificate, view_of(wanted)))
		say(p, "ok", "name", "it names %s", wanted);
	else
		say(p, "fails", "name",
		    "it names %.600s, and we expect %s: write peer { signalling { name } } as the "
		    "certificate has it, or the peer needs another certificate",
		    text[0] ? text : "nobody", wanted);
}

static void judge_peer(struct probe *p)
{
	X509 *certificate = SSL_get0_peer_certificate(p->ssl);
	int mark;

	if (!certificate) {
		say(p, "fails", "certificate", "the peer shows none");
		return;
	}
	judge_chain(p);
	judge_name(p, certificate);
	mark = keys_ending_mark(certificates_end(certificate), p->now_s);
	if (mark > 0)
		say(p, "note", "its end", "the peer's certificate ends within %d days", mark);
}

/* With TLS 1.3 a server refuses our certificate after the handshake is over for us, so only an
 * answer proves that it does not. */
static void ask_options(struct probe *p)
{
	char text[WORDS_MAX], answer[WORDS_MAX];
	int len, done;

	len = snprintf(text, sizeof(text),
	               "OPTIONS sip:%.256s SIP/2.0\r\nVia: SIP/2.0/TLS probe.invalid;"
	               "branch=z9hG4bK%lld;rport\r\nMax-Forwards: 0\r\nFrom: <sip:probe.invalid>;"
	               "tag=%lld\r\nTo: <sip:%.256s>\r\nCall-ID: %lld@probe.invalid\r\n"
	               "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
	               p->peer->host, (long long)p->now_s, (long long)p->now_s, p->peer->host,
	               (long long)p->now_s);
	ERR_clear_error();
	do
		done = SSL_write(p->ssl, text, len);
	while (done <= 0 && finish(p, done));
	while (done > 0) {
		done = SSL_read(p->ssl, answer, sizeof(answer) - 1);
		if (done > 0 || !finish(p, done))
			break;
		done = 1;
	}
	if (done > 0) {
		answer[done] = 0;
		say(p, "ok", "answer", "the peer answers: %.*s", (int)strcspn(answer, "\r\n"),
		    answer);
	} else if (SSL_get_error(p->ssl, done) == SSL_ERROR_WANT_READ) {
		say(p, "note", "answer",
		    "the peer takes the connection, and does not answer OPTIONS within %d s",
		    STEP_WAIT_MS / 1000);
	} else {
		say(p, "fails", "answer",
		    "the peer ends the connection (%s): does it believe our authority, and does "
		    "it want a certificate of another name?",
		    tls_reason());
	}
}

/* ---- all of it ---- */

static void run(struct probe *p)
{
	p->context = SSL_CTX_new(TLS_client_method());
	if (!p->context || !SSL_CTX_set_min_proto_version(p->context, TLS1_2_VERSION)) {
		say(p, "fails", "handshake", "no memory");
		return;
	}
	SSL_CTX_set_verify(p->context, SSL_VERIFY_PEER, note_verify);
	load_own(p);
	load_authority(p);
	if (!open_connection(p) || !shake_hands(p))
		return;
	judge_peer(p);
	ask_options(p);
}

enum cli_exit certificates_probe(const struct cli *c, const struct certificates_peer *peer,
                                 int64_t now_s)
{
	struct probe p = { .cli = c, .peer = peer, .now_s = now_s, .fd = -1 };
	static const struct cli_table steps = { 3,
		                                { { "RESULT", "result", CLI_TEXT },
		                                  { "STEP", "step", CLI_TEXT },
		                                  { "WORDS", "words", CLI_TEXT } },
		                                "nothing was tried" };

	p.steps = json_array();
	run(&p);
	if (!cli_is_for_reading(c))
		cli_write_list(c, stdout, &steps, p.steps);
	json_decref(p.steps);
	SSL_free(p.ssl);
	SSL_CTX_free(p.context);
	if (p.fd >= 0)
		(void)close(p.fd);
	return p.has_failed ? CLI_FAILED : CLI_DONE;
}
