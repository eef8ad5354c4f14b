// SPDX-License-Identifier: Apache-2.0
// MD5 (RFC 1321), which no browser has, and the answer to a challenge of SIP (RFC 2617).
"use strict";

function md5(text) {
	const bytes = Array.from(new TextEncoder().encode(text));
	const bits = bytes.length * 8;
	const turn = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
	const sine = Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32) | 0);
	const state = [0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476];

	bytes.push(0x80);
	while (bytes.length % 64 !== 56) bytes.push(0);
	for (let i = 0; i < 8; i++) bytes.push(i < 4 ? (bits >>> (8 * i)) & 255 : 0);
	for (let at = 0; at < bytes.length; at += 64) {
		const words = Array.from({ length: 16 }, (_, i) =>
			bytes[at + 4 * i] | (bytes[at + 4 * i + 1] << 8) | (bytes[at + 4 * i + 2] << 16) | (bytes[at + 4 * i + 3] << 24));
		let [a, b, c, d] = state;
		for (let i = 0; i < 64; i++) {
			const round = i >> 4;
			const mix = [(b & c) | (~b & d), (d & b) | (~d & c), b ^ c ^ d, c ^ (b | ~d)][round];
			const from = [i, (5 * i + 1) % 16, (3 * i + 5) % 16, (7 * i) % 16][round];
			const sum = (a + mix + sine[i] + words[from]) | 0;
			const by = turn[round * 4 + (i % 4)];
			[a, d, c, b] = [d, c, b, (b + ((sum << by) | (sum >>> (32 - by)))) | 0];
		}
		[a, b, c, d].forEach((value, i) => { state[i] = (state[i] + value) | 0; });
	}
	return state.map((value) => [0, 8, 16, 24].map((shift) =>
		((value >>> shift) & 255).toString(16).padStart(2, "0")).join("")).join("");
}

function parameters(value) {
	const found = {};
	for (const [, name, quoted, bare] of value.matchAll(/(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))/g))
		found[name.toLowerCase()] = quoted ?? bare;
	return found;
}

// The value of Authorization for a challenge of MD5, with qop or without.
function credentials(challenge, user, secret, method, uri) {
	const c = parameters(challenge);
	const first = md5(`${user}:${c.realm}:${secret}`), second = md5(`${method}:${uri}`);
	const cnonce = Math.random().toString(16).slice(2);
	const parts = [`username="${user}"`, `realm="${c.realm}"`, `nonce="${c.nonce}"`, `uri="${uri}"`, "algorithm=MD5"];

	if (c.qop)
		parts.push(`response="${md5(`${first}:${c.nonce}:00000001:${cnonce}:auth:${second}`)}"`, "qop=auth",
			"nc=00000001", `cnonce="${cnonce}"`);
	else
		parts.push(`response="${md5(`${first}:${c.nonce}:${second}`)}"`);
	if (c.opaque !== undefined) parts.push(`opaque="${c.opaque}"`);
	return "Digest " + parts.join(", ");
}
