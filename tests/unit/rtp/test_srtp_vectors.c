/* SPDX-License-Identifier: Apache-2.0 */
/* The vectors of RFC 3711 B.2 and B.3, RFC 6188 7.1 and 7.2, RFC 7714 16 and 17,
 * and of HMAC-SHA1 (RFC 2202 3). */
#include "rtp/srtp_key.h"
#include "srtp_case.h"

#define GALLIA                                                                                     \
	"8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e6973206469766973612069"               \
	"6e207061727465732074726573"
#define REPORT                                                                                     \
	"81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefde"               \
	"adbeefdeadbeefdeadbeefdeadbeef"

static const struct {
	const char *name;
	unsigned suite;
	const char *key, *salt;
	size_t offset;
	const char *stream;
} streams[] = {
	{ "RFC 3711 B.2, first blocks", SUITE_CM_128_80, "2b7e151628aed2a6abf7158809cf4f3c",
	  "f0f1f2f3f4f5f6f7f8f9fafbfcfd", 0,
	  "e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab"
	  "41e95b3bb0a2e8dd477901e4fca894c0" },
	{ "RFC 3711 B.2, last blocks", SUITE_CM_128_80, "2b7e151628aed2a6abf7158809cf4f3c",
	  "f0f1f2f3f4f5f6f7f8f9fafbfcfd", 16 * 0xfeff,
	  "ec8cdf7398607cb0f2d21675ea9ea1e4362b7c3c6773516318a077d7fc5073ae"
	  "6a2cc3787889374fbeb4c81b17ba6c44" },
	{ "RFC 6188 7.1, first blocks", SUITE_CM_256_80,
	  "57f82fe3613fd170a85ec93c40b1f0922ec4cb0dc025b58272147cc438944a98",
	  "f0f1f2f3f4f5f6f7f8f9fafbfcfd", 0,
	  "92bdd28a93c3f52511c677d08b5515a49da71b2378a854f67050756ded165bac"
	  "63c4868b7096d88421b563b8c94c9a31" },
	{ "RFC 6188 7.1, last blocks", SUITE_CM_256_80,
	  "57f82fe3613fd170a85ec93c40b1f0922ec4cb0dc025b58272147cc438944a98",
	  "f0f1f2f3f4f5f6f7f8f9fafbfcfd", 16 * 0xfeff,
	  "cea518c90fd91ced9cbb18c078a547113dbc4814f4da5f00a08772b63c6a046d"
	  "6eb246913062a16891433e97dd01a57f" },
};

TEST(srtp_stream_vectors, "makes the key streams of RFC 3711 B.2 and RFC 6188 7.1")
{
	static char text[1044512];
	static struct srtp_engine engine;
	uint8_t want[64], iv[SRTP_IV_SIZE];

	rtp_engine_close(&engine); /* what a failed try left */
	TRY(rtp_engine_open(&engine));
	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		size_t len = srtp_case_hex(streams[i].stream, want, sizeof(want));
		struct srtp_session keys = { 0 };
		struct srtp_cipher cipher;

		srtp_case_hex(streams[i].key, keys.key, sizeof(keys.key));
		srtp_case_hex(streams[i].salt, keys.salt, sizeof(keys.salt));
		rtp_cipher_take(&cipher, streams[i].suite, &keys);
		rtp_cipher_iv(&cipher, 0, 0, iv);
		memset(text, 0, sizeof(text));
		rtp_cipher_stream(rtp_cipher_borrow(&engine, streams[i].suite, keys.key), iv, text,
		                  sizeof(text));
		CHECK_CASE(memcmp(text + streams[i].offset, want, len) == 0, streams[i].name);
	}
	rtp_engine_close(&engine);
	return ERR_NONE;
}

static const struct {
	const char *name;
	unsigned suite;
	const char *secret, *key, *salt, *auth;
} derivations[] = {
	{ "RFC 3711 B.3", SUITE_CM_128_80,
	  "e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6",
	  "c61e7a93744f39ee10734afe3ff7a087", "30cbbc08863d8c85d49db34a9ae1",
	  "cebe321f6ff7716b6fd4ab49af256a156d38baa4" },
	{ "RFC 6188 7.2", SUITE_CM_256_80,
	  "f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6"
	  "3b04803de51ee7c96423ab5b78d2",
	  "5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4",
	  "fa31791685ca444a9e07c6c64e93", "fd9c32d39ed5fbb5a9dc96b30818454d1313dc05" },
};

TEST(srtp_derivation_vectors, "derives the session keys of RFC 3711 B.3 and RFC 6188 7.2")
{
	static struct srtp_engine engine;

	rtp_engine_close(&engine); /* what a failed try left */
	TRY(rtp_engine_open(&engine));
	for (size_t i = 0; i < sizeof(derivations) / sizeof(derivations[0]); i++) {
		uint8_t secret[SUITE_MAX_SECRET];
		struct srtp_session want = { 0 }, keys;

		srtp_case_hex(derivations[i].secret, secret, sizeof(secret));
		srtp_case_hex(derivations[i].key, want.key, sizeof(want.key));
		srtp_case_hex(derivations[i].salt, want.salt, sizeof(want.salt));
		srtp_case_hex(derivations[i].auth, want.auth, sizeof(want.auth));
		rtp_key_derive(&engine, derivations[i].suite, secret, false, &keys);
		CHECK_CASE(memcmp(&keys, &want, sizeof(keys)) == 0, derivations[i].name);
		rtp_key_derive(&engine, derivations[i].suite, secret, true, &keys);
		CHECK_CASE(memcmp(&keys, &want, sizeof(keys)) != 0, derivations[i].name);
	}
	rtp_engine_close(&engine);
	return ERR_NONE;
}

TEST(srtp_hash_vector, "authenticates as RFC 2202 does")
{
	struct srtp_session keys = { 0 };
	struct srtp_cipher cipher;
	uint8_t tag[SRTP_AUTH_KEY], want[SRTP_AUTH_KEY];

	memset(keys.auth, 0x0b, sizeof(keys.auth));
	rtp_cipher_take(&cipher, SUITE_CM_128_80, &keys);
	rtp_cipher_tag(&cipher, VIEW("Hi "), VIEW("There"), tag);
	srtp_case_hex("b617318655057264e28bc0b6fb378c8ef146be00", want, sizeof(want));
	CHECK(memcmp(tag, want, sizeof(tag)) == 0);
	return ERR_NONE;
}

static const struct {
	const char *name;
	unsigned suite;
	bool is_rtcp;
	const char *clear, *sealed;
} packets[] = {
	{ "RFC 7714 16.1", SUITE_GCM_128, false, GALLIA,
	  "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b"
	  "36de3adf8833899d7f27beb16a9152cf765ee4390cce" },
	{ "RFC 7714 16.2", SUITE_GCM_256, false, GALLIA,
	  "8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f"
	  "1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a76c13" },
	{ "RFC 7714 17.1", SUITE_GCM_128, true, REPORT,
	  "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b46"
	  "86303ded0bb9275bc84aa45896cf4d2fc5abf87245d9eade800005d4" },
	{ "RFC 7714 17.2", SUITE_GCM_256, true, REPORT,
	  "81c8000d4d617273d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658"
	  "c61de0476f1b6fad1d1eb30c4446839f57ff6f6cb26ac3be800005d4" },
};

/* The RFC's examples give session keys. */
static enum err put_session(struct srtp *s, struct srtp_engine *engine, unsigned suite)
{
	struct srtp_session keys = { .salt = "Quid pro quo" };

	for (uint8_t i = 0; i < sizeof(keys.key); i++)
		keys.key[i] = i;
	rtp_cipher_take(&s->rtp, suite, &keys);
	rtp_cipher_take(&s->rtcp, suite, &keys);
	memcpy(s->rtcp_key, keys.key, sizeof(keys.key));
	return rtp_cipher_key(engine, suite, keys.key, &s->context);
}

TEST(srtp_gcm_vectors, "protects and unprotects the packets of RFC 7714")
{
	enum { INDEX = 0x5d4, SSRC = 0x4d617273 };

	for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		struct srtp_case_packet clear, sealed, p;
		static struct srtp_ends ends;

		TRY(srtp_ends_open(&ends, packets[i].suite, 0));
		TRY(put_session(&ends.sender, &ends.engine, packets[i].suite));
		TRY(put_session(&ends.receiver, &ends.engine, packets[i].suite));
		ends.sent[0] = (struct srtp_mark){ .ssrc = SSRC, .rtcp = INDEX };
		clear.len = srtp_case_hex(packets[i].clear, clear.bytes, sizeof(clear.bytes));
		sealed.len = srtp_case_hex(packets[i].sealed, sealed.bytes, sizeof(sealed.bytes));
		p = clear;
		TRY((packets[i].is_rtcp ? rtp_srtcp_protect : rtp_srtp_protect)(
			&ends.sender, p.bytes, sizeof(p.bytes), &p.len));
		CHECK_CASE(srtp_case_same(&p, &sealed), packets[i].name);
		TRY((packets[i].is_rtcp ? rtp_srtcp_unprotect
		                        : rtp_srtp_unprotect)(&ends.receiver, p.bytes, &p.len));
		CHECK_CASE(srtp_case_same(&p, &clear), packets[i].name);
		srtp_ends_close(&ends);
	}
	return ERR_NONE;
}

TEST(srtcp_clear_vector, "takes no SRTCP that is tagged but not encrypted (RFC 7714 17.3)")
{
	struct srtp_case_packet p = { .len = 0 };
	static struct srtp_ends ends;

	TRY(srtp_ends_open(&ends, SUITE_GCM_128, 0));
	TRY(put_session(&ends.receiver, &ends.engine, SUITE_GCM_128));
	p.len = srtp_case_hex(REPORT "841dd9683dd78ec92ae58790125f62b3000005d4", p.bytes,
	                      sizeof(p.bytes));
	CHECK(rtp_srtcp_unprotect(&ends.receiver, p.bytes, &p.len) == ERR_DENIED);
	srtp_ends_close(&ends);
	return ERR_NONE;
}
