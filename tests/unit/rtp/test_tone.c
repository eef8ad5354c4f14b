/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that are heard, and voices and music in which none is. All sounds are computed here. */
#include "rtp/tone.h"
#include "runner/test.h"
#include <stdlib.h>
#include <string.h>

enum { FRAME = 160, SECOND = 8000 };

static const char keys[] = "123A456B789C*0#D";
static const double lows[] = { 697, 770, 852, 941 }, highs[] = { 1209, 1336, 1477, 1633 };
static const double full_turn = 6.283185307179586;

/* cos of any angle, by its series: to 1e-9, which is beyond any ear. */
static double cosine(double turns)
{
	double x = turns - (double)(long)turns, term = 1, sum = 1;

	x = (x > 0.5 ? x - 1 : x < -0.5 ? x + 1 : x) * full_turn;
	for (unsigned i = 1; i < 14; i++) {
		term *= -x * x / (double)((2 * i - 1) * (2 * i));
		sum += term;
	}
	return sum;
}

struct voice {
	enum tone_law law;
	struct tone_detector d;
	char frame[FRAME];
	unsigned used, found;
	char last;
};

static void say(struct voice *v, double sample)
{
	double cut = sample > 32000 ? 32000 : sample < -32000 ? -32000 : sample;
	char key;

	v->frame[v->used++] = (char)rtp_tone_encode(v->law, (int16_t)cut);
	if (v->used < FRAME)
		return;
	v->used = 0;
	key = rtp_tone_detect(&v->d, v->law, view_bytes(v->frame, FRAME));
	v->found += key != 0;
	v->last = key ? key : v->last;
}

static void say_pair(struct voice *v, const double hz[2], const double amplitude[2],
                     unsigned samples)
{
	for (unsigned i = 0; i < samples; i++)
		say(v, amplitude[0] * cosine(hz[0] * i / SECOND) +
		               amplitude[1] * cosine(hz[1] * i / SECOND + 0.3));
}

static void say_nothing(struct voice *v, unsigned samples)
{
	for (unsigned i = 0; i < samples; i++)
		say(v, 0);
}

struct level {
	const char *name;
	double low, high, off; /* off: factor of both frequencies */
	unsigned samples;
};

static const struct level levels[] = {
	{ "as we make it", 6000, 6000, 1, 800 },
	{ "loud", 15000, 15000, 1, 800 },
	{ "quiet", 300, 300, 1, 800 },
	{ "the high one louder by 6 dB", 3000, 6000, 1, 800 },
	{ "the low one louder by 6 dB", 6000, 3000, 1, 800 },
	{ "1.5 % too high", 6000, 6000, 1.015, 800 },
	{ "1.5 % too low", 6000, 6000, 0.985, 800 },
	{ "50 ms short", 6000, 6000, 1, 400 },
};

TEST(tone_hears, "hears each key at each level, once, in both laws")
{
	for (unsigned k = 0; k < 16; k++) {
		for (unsigned l = 0; l < sizeof(levels) / sizeof(levels[0]); l++) {
			const double hz[] = { lows[k / 4] * levels[l].off,
				              highs[k % 4] * levels[l].off };
			const double amplitude[] = { levels[l].low, levels[l].high };
			struct voice v = { .law = k & 1 ? TONE_ALAW : TONE_MULAW };

			/* Begins anywhere in a block. */
			say_nothing(&v, 37 * k + l);
			say_pair(&v, hz, amplitude, levels[l].samples);
			say_nothing(&v, 400);
			CHECK_CASE(v.found == 1 && v.last == keys[k], levels[l].name);
			say_pair(&v, hz, amplitude, levels[l].samples);
			say_nothing(&v, 400);
			CHECK_CASE(v.found == 2, levels[l].name);
		}
	}
	return ERR_NONE;
}

TEST(tone_makes, "makes tones that it hears itself, and that each law keeps")
{
	for (unsigned k = 0; k < 16; k++) {
		for (enum tone_law law = TONE_MULAW; law <= TONE_ALAW; law++) {
			struct tone_detector d = { .count = 0 };
			struct tone_generator g;
			char frame[FRAME], heard = 0;

			CHECK(rtp_tone_begin(&g, keys[k]));
			for (unsigned i = 0; i < 5; i++) {
				char key;

				rtp_tone_write(&g, law, frame, FRAME);
				key = rtp_tone_detect(&d, law, view_bytes(frame, FRAME));
				heard = key ? key : heard;
			}
			CHECK(heard == keys[k]);
		}
	}
	CHECK(!rtp_tone_begin(&(struct tone_generator){ 0 }, 'E'));
	return ERR_NONE;
}

TEST(tone_laws, "decodes what it encodes to within a step")
{
	for (int x = -32000; x <= 32000; x += 7) {
		for (enum tone_law law = TONE_MULAW; law <= TONE_ALAW; law++) {
			int got = rtp_tone_decode(law, rtp_tone_encode(law, (int16_t)x));
			int wrong = abs(got - x);

			CHECK(wrong <= 16 + abs(x) / 16);
		}
	}
	return ERR_NONE;
}

/* ---- what is no key ---- */

static uint32_t draw(uint32_t *seed)
{
	*seed = *seed * UINT32_C(1664525) + UINT32_C(1013904223);
	return *seed >> 8;
}

/* Something that resounds at a frequency, for a throat. */
struct resonance {
	double a, b, y[2];
};

static void tune(struct resonance *r, double hz)
{
	const double width = 0.96;

	r->a = 2 * width * cosine(hz / SECOND);
	r->b = -width * width;
}

static double resound(struct resonance *r, double x)
{
	double y = x + r->a * r->y[0] + r->b * r->y[1];

	r->y[1] = r->y[0];
	r->y[0] = y;
	return y;
}

/* Pulses of a gliding pitch through three gliding formants, with consonants of noise between. */
static unsigned keys_in_speech(uint32_t seed, unsigned seconds, enum tone_law law)
{
	struct voice v = { .law = law };
	struct resonance formants[3] = { 0 };
	double phase = 0, pitch = 110;

	for (unsigned i = 0; i < seconds * SECOND; i++) {
		double x = 0, y = 0;

		if (i % 800 == 0) {
			pitch = 80 + draw(&seed) % 220;
			tune(&formants[0], 250 + draw(&seed) % 700);
			tune(&formants[1], 800 + draw(&seed) % 1500);
			tune(&formants[2], 2200 + draw(&seed) % 900);
		}
		phase += pitch / SECOND;
		if (phase >= 1) {
			phase -= 1;
			x = 2500;
		}
		if (i / 2400 % 4 == 3)
			x = (double)(draw(&seed) % 1200) - 600;
		for (unsigned f = 0; f < 3; f++)
			y += resound(&formants[f], x);
		say(&v, y);
	}
	return v.found;
}

TEST(tone_speech, "hears no key in ten minutes of what sounds like speech")
{
	for (uint32_t seed = 1; seed <= 10; seed++)
		CHECK(keys_in_speech(seed, 60, seed & 1 ? TONE_ALAW : TONE_MULAW) == 0);
	return ERR_NONE;
}

/* Chords of the tempered scale, each note with harmonics that fade. */
static unsigned keys_in_music(uint32_t seed, unsigned seconds)
{
	static const double scale[] = { 261.63, 293.66, 329.63, 349.23, 392.0,  440.0, 493.88,
		                        523.25, 587.33, 659.26, 698.46, 783.99, 880.0, 987.77 };
	struct voice v = { .law = TONE_MULAW };
	double notes[3] = { 0 };

	for (unsigned i = 0; i < seconds * SECOND; i++) {
		double y = 0, fade = 1.0 - (double)(i % 2000) / 2500;

		if (i % 2000 == 0)
			for (unsigned n = 0; n < 3; n++)
				notes[n] = scale[draw(&seed) % 14];
		for (unsigned n = 0; n < 3; n++)
			for (unsigned h = 1; h <= 4; h++)
				y += 3000 * fade / h * cosine(notes[n] * h * i / SECOND);
		say(&v, y);
	}
	return v.found;
}

TEST(tone_music, "hears no key in two minutes of chords")
{
	for (uint32_t seed = 1; seed <= 4; seed++)
		CHECK(keys_in_music(seed, 30) == 0);
	return ERR_NONE;
}

static const struct {
	const char *name;
	double hz[2], amplitude[2];
} others[] = {
	{ "dial tone", { 350, 440 }, { 6000, 6000 } },
	{ "ring back", { 440, 480 }, { 6000, 6000 } },
	{ "busy", { 480, 620 }, { 6000, 6000 } },
	{ "a low tone alone", { 770, 770 }, { 6000, 0 } },
	{ "a high tone alone", { 1336, 1336 }, { 6000, 0 } },
	{ "two low tones", { 697, 852 }, { 6000, 6000 } },
	{ "twist of 14 dB", { 697, 1209 }, { 10000, 2000 } },
	{ "5 % too high", { 731.9, 1269.5 }, { 6000, 6000 } },
	{ "answering tone", { 2100, 2100 }, { 9000, 0 } },
	{ "fax calling", { 1100, 1100 }, { 9000, 0 } },
};

TEST(tone_others, "hears no key in other tones, in noise, in silence, in a moment")
{
	struct voice v = { .law = TONE_ALAW };
	const double hz[] = { 697, 1209 }, amplitude[] = { 6000, 6000 };
	uint32_t seed = 7;

	for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		say_pair(&v, others[i].hz, others[i].amplitude, SECOND);
		CHECK_CASE(v.found == 0, others[i].name);
	}
	for (unsigned i = 0; i < 30 * SECOND; i++)
		say(&v, (double)(draw(&seed) % 12000) - 6000);
	say_nothing(&v, SECOND);
	CHECK(v.found == 0);
	say_pair(&v, hz, amplitude, 100); /* 12 ms are no key */
	say_nothing(&v, SECOND);
	CHECK(v.found == 0);
	return ERR_NONE;
}
