// SPDX-License-Identifier: Apache-2.0
// A telephone in a page: SIP over WebSocket and WebRTC, as little of both as a call takes. It does what
// it is told (GET /next waits for a word), and tells what happens (POST /event).
"use strict";

const TICK_MS = 50;
let settings, socket, call = null;
let cseq = 0;
const asked = new Map(); // branch -> what its answers go to
const heard = {};        // hertz -> seconds

const token = (length = 10) => Array.from({ length }, () => "abcdefghijkmnpqrstuvwxyz23456789"[Math.floor(Math.random() * 32)]).join("");
const host = token(12) + ".invalid", name = token(8), tag = token(), instance = crypto.randomUUID();
const registration = token(20);

function tell(kind, more = {}) {
	return fetch("/event", { method: "POST", body: JSON.stringify({ kind, ...more }) });
}

// ---- messages ----

function parse(text) {
	const end = text.indexOf("\r\n\r\n");
	const [start, ...lines] = text.slice(0, end).split("\r\n");
	const headers = lines.map((line) => [line.slice(0, line.indexOf(":")).trim().toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]);
	const all = (wanted) => headers.filter(([key]) => key === wanted.toLowerCase()).map(([, value]) => value);
	const isReply = start.startsWith("SIP/2.0");
	return { start, all, value: (wanted) => all(wanted)[0] || "", body: text.slice(end + 4),
		code: isReply ? Number(start.split(" ")[1]) : 0, method: isReply ? "" : start.split(" ")[0] };
}

const uriIn = (value) => (value.match(/<([^>]+)>/) || ["", ""])[1];
const tagIn = (value) => (value.match(/;tag=([^;\s]+)/) || ["", ""])[1];

function send(lines, body) {
	if (body) lines.push("Content-Type: application/sdp");
	socket.send([...lines, `Content-Length: ${body ? new TextEncoder().encode(body).length : 0}`, "", body || ""].join("\r\n"));
}

function request(method, uri, parts, body) {
	const branch = "z9hG4bK" + token(12);
	send([`${method} ${uri} SIP/2.0`, `Via: SIP/2.0/WSS ${host};branch=${parts.branch || branch}`, "Max-Forwards: 69",
		`From: <${parts.from}>;tag=${parts.fromTag}`, `To: <${parts.to}>${parts.toTag ? `;tag=${parts.toTag}` : ""}`,
		`Call-ID: ${parts.callId}`, `CSeq: ${parts.cseq} ${method}`,
		parts.contact || `Contact: <sip:${name}@${host};transport=ws;ob>`, ...(parts.more || []),
		"User-Agent: Page 1.0", "Supported: outbound,path,gruu"], body);
	return branch;
}

// Sends and waits for the final answer; a challenge is taken up once.
function ask(method, uri, parts, body) {
	return new Promise((done) => {
		const branch = request(method, uri, parts, body);
		asked.set(branch, async (reply) => {
			if (reply.code < 200) return;
			asked.delete(branch);
			if (method === "INVITE" && reply.code >= 300)
				request("ACK", uri, { ...parts, branch, toTag: tagIn(reply.value("To")) });
			if ((reply.code === 401 || reply.code === 407) && !parts.isAgain) {
				const challenge = reply.value("WWW-Authenticate") || reply.value("Proxy-Authenticate");
				const header = reply.code === 401 ? "Authorization" : "Proxy-Authorization";
				const value = credentials(challenge, settings.user, settings.secret, method, uri);
				parts.cseq += 1;
				done(await ask(method, uri, { ...parts, isAgain: true, more: [...(parts.more || []), `${header}: ${value}`] }, body));
			} else {
				done(reply);
			}
		});
	});
}

function answer(message, code, reason, body, own = tag) {
	const to = message.value("To");
	send([`SIP/2.0 ${code} ${reason}`, ...message.all("Via").map((value) => `Via: ${value}`), `From: ${message.value("From")}`,
		`To: ${tagIn(to) || code === 100 ? to : `${to};tag=${own}`}`, `Call-ID: ${message.value("Call-ID")}`,
		`CSeq: ${message.value("CSeq")}`, `Contact: <sip:${name}@${host};transport=ws;ob>`], body);
}

// ---- registering ----

async function register() {
	const own = `sip:${settings.user}@${settings.domain}`;
	cseq += 1;
	const parts = { from: own, fromTag: tag, to: own, callId: registration, cseq,
		contact: `Contact: <sip:${name}@${host};transport=ws>;reg-id=1;+sip.instance="<urn:uuid:${instance}>";expires=600`,
		more: ["Expires: 600"] };
	const reply = await ask("REGISTER", `sip:${settings.domain}`, parts);
	cseq = parts.cseq;
	tell("registered", { code: reply.code });
}

// ---- audio and video ----

async function peer() {
	const connection = new RTCPeerConnection({ iceServers: [], bundlePolicy: settings.policy });
	const microphone = await navigator.mediaDevices.getUserMedia({ video: settings.video,
		audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
	microphone.getTracks().forEach((track) => connection.addTrack(track, microphone));
	connection.ontrack = ({ track, streams }) => track.kind === "audio" ? listen(streams[0]) : watch(track);
	connection.onconnectionstatechange = () => tell("connection", { state: connection.connectionState });
	connection.oniceconnectionstatechange = () => tell("ice", { state: connection.iceConnectionState });
	return connection;
}

function gathered(connection) {
	return new Promise((done) => {
		if (connection.iceGatheringState === "complete") done();
		connection.onicegatheringstatechange = () => connection.iceGatheringState === "complete" && done();
		setTimeout(done, 2000);
	});
}

// What nobody looks at is not decoded.
function watch(track) {
	document.getElementById("eye").srcObject = new MediaStream([track]);
}

// Which tone is the loudest, each tick.
function listen(stream) {
	const context = new AudioContext(), analyser = context.createAnalyser();
	const ear = document.getElementById("ear");
	ear.srcObject = stream;
	analyser.fftSize = 4096;
	analyser.smoothingTimeConstant = 0;
	context.createMediaStreamSource(stream).connect(analyser);
	context.resume();
	const loud = new Float32Array(analyser.frequencyBinCount);
	const timer = setInterval(() => {
		analyser.getFloatFrequencyData(loud);
		const top = loud.indexOf(Math.max(...loud));
		const hertz = Math.round(top * context.sampleRate / analyser.fftSize / 100) * 100;
		if (loud[top] > -50) heard[hertz] = (heard[hertz] || 0) + TICK_MS / 1000;
		if (!stream.active) clearInterval(timer);
	}, TICK_MS);
}

// ---- calls ----

function ended(why) {
	if (!call) return;
	call.connection.close();
	call = null;
	tell("ended", { why });
}

async function place(number) {
	const own = `sip:${settings.user}@${settings.domain}`, uri = `sip:${number}@${settings.domain}`;
	const connection = await peer();
	await connection.setLocalDescription(await connection.createOffer());
	await gathered(connection);
	call = { connection, from: own, fromTag: token(), to: uri, callId: token(20), cseq: 1, target: uri };
	tell("offer", { sdp: connection.localDescription.sdp });
	const reply = await ask("INVITE", uri, call, connection.localDescription.sdp);
	if (reply.code >= 300) {
		tell("refused", { code: reply.code, warning: reply.value("Warning") });
		return ended("refused");
	}
	call.toTag = tagIn(reply.value("To"));
	call.target = uriIn(reply.value("Contact"));
	request("ACK", call.target, { ...call, more: [] });
	tell("answer", { sdp: reply.body });
	try {
		await connection.setRemoteDescription({ type: "answer", sdp: reply.body });
		tell("talking");
	} catch (error) {
		tell("error", { words: String(error) });
		hangUp();
	}
}

async function take(invite) {
	const own = token();
	answer(invite, 180, "Ringing", "", own);
	const connection = await peer();
	call = { connection, from: uriIn(invite.value("To")), fromTag: own, to: uriIn(invite.value("From")),
		toTag: tagIn(invite.value("From")), callId: invite.value("Call-ID"), cseq: 1, target: uriIn(invite.value("Contact")) };
	tell("offered", { sdp: invite.body });
	try {
		await connection.setRemoteDescription({ type: "offer", sdp: invite.body });
		await connection.setLocalDescription(await connection.createAnswer());
		await gathered(connection);
	} catch (error) {
		tell("error", { words: String(error) });
		answer(invite, 488, "Not Acceptable Here", "", own);
		return ended("error");
	}
	answer(invite, 200, "OK", connection.localDescription.sdp, own);
	tell("talking");
}

async function hangUp() {
	if (!call) return;
	const { target, ...parts } = call;
	parts.cseq += 1;
	await ask("BYE", target, { ...parts, more: [] });
	ended("hung up");
}

// ---- both ends ----

function hear(text) {
	if (text.trim() === "") return;
	const message = parse(text);
	if (message.code > 0) {
		const branch = (message.value("Via").match(/branch=([^;\s]+)/) || [])[1];
		if (asked.has(branch)) asked.get(branch)(message);
	} else if (message.method === "INVITE" && !call) {
		take(message);
	} else if (message.method === "INVITE") {
		answer(message, 486, "Busy Here");
	} else if (message.method === "BYE" || message.method === "CANCEL") {
		answer(message, 200, "OK");
		ended(message.method);
	} else if (message.method !== "ACK") {
		answer(message, 200, "OK");
	}
}

const words = {
	call: (number) => place(number),
	hangup: () => hangUp(),
	register: () => register(),
	heard: () => tell("heard", { heard }),
	stats: async () => tell("stats", { stats: call ? [...(await call.connection.getStats()).values()] : [] }),
};

async function obey() {
	for (;;) {
		const word = await (await fetch("/next")).json();
		if (word) words[word[0]](...word.slice(1)).catch((error) => tell("error", { words: String(error) }));
	}
}

(async () => {
	settings = await (await fetch("/settings")).json();
	socket = new WebSocket(settings.url, "sip");
	socket.onmessage = async ({ data }) => hear(typeof data === "string" ? data : await data.text());
	socket.onclose = ({ code }) => tell("closed", { code });
	socket.onopen = () => { tell("open"); register(); };
	obey();
})().catch((error) => tell("error", { words: String(error) }));
