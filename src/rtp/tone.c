/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs of tones. */
#include "rtp/tone.h"

#include <string.h>

static const char key_at[TONE_GROUP][TONE_GROUP] = { { '1', '2', '3', 'A' },
	                                             { '4', '5', '6', 'B' },
	                                             { '7', '8', '9', 'C' },
	                                             { '*', '0', '#', 'D' } };

/* 2 cos(2 pi f / 8000), and the sine, of 697 770 852 941 and 1209 1336 1477 1633 Hz. */
static const float low_cos[TONE_GROUP] = { 1.70773781F, 1.64528104F, 1.56868698F, 1.47820457F };
static const float high_cos[TONE_GROUP] = { 1.16410402F, 0.99637021F, 0.79861839F, 0.56853271F };
static const float low_sin[TONE_GROUP] = { 0.52048813F, 0.56856185F, 0.62032676F, 0.67359321F };
static const float high_sin[TONE_GROUP] = { 0.81315156F, 0.86707070F, 0.91681632F, 0.95874535F };

/* ---- G.711 ---- */

int16_t rtp_tone_decode(enum tone_law law, uint8_t sample)
{
	unsigned v, exponent, mantissa;
	int linear;

	if (law == TONE_MULAW) {
		v = (uint8_t)~sample;
		exponent = v >> 4 & 7;
		mantissa = v & 15;
		linear = (int)(((mantissa << 3) + 132) << exponent) - 132;
		return (int16_t)(v & 0x80 ? -linear : linear);
	}
	v = sample ^ 0x55;
	exponent = v >> 4 & 7;
	mantissa = v & 15;
	linear = (int)(mantissa << 4) + 8;
	if (exponent > 0)
		linear = (linear + 256) << (exponent - 1);
	return (int16_t)(v & 0x80 ? linear : -linear);
}

static unsigned exponent_of(unsigned magnitude, unsigned first)
{
	unsigned exponent = 0;

	for (unsigned edge = first; exponent < 7 && magnitude >= edge; edge <<= 1)
		exponent++;
	return exponent;
}

uint8_t rtp_tone_encode(enum tone_law law, int16_t sample)
{
	bool is_negative = sample < 0;
	unsigned magnitude = (unsigned)(is_negative ? -(int)sample : sample);
	unsigned exponent, code;

	if (law == TONE_MULAW) {
		magnitude = (magnitude > 32635 ? 32635 : magnitude) + 132;
		exponent = exponent_of(magnitude, 256);
		code = exponent << 4 | (magnitude >> (exponent + 3) & 15);
		return (uint8_t) ~(code | (is_negative ? 0x80u : 0));
	}
	if (magnitude > 32767)
		magnitude = 32767;
	exponent = exponent_of(magnitude, 256);
	code = exponent << 4 | (magnitude >> (exponent ? exponent + 3 : 4) & 15);
	return (uint8_t)((code | (is_negative ? 0 : 0x80u)) ^ 0x55);
}

/* ---- detecting ---- */

/* Of a full-scale sine: blocks quieter than about -36 dB of it are silence. */
static const float least_energy = 60.0F * 60.0F * TONE_BLOCK;
/* Twist: the low group may be 8 dB above the high one, and 8 below. */
static const float most_twist = 6.3F;
static const float clear_of_others = 6.3F; /* 8 dB */
static const float of_energy = 0.78F;      /* of all that is in the block */

static void feed(float state[2], float twice_cos, float sample)
{
	float next = sample + twice_cos * state[0] - state[1];

	state[1] = state[0];
	state[0] = next;
}

static float power(const float state[2], float twice_cos)
{
	return state[0] * state[0] + state[1] * state[1] - twice_cos * state[0] * state[1];
}

struct loudest {
	unsigned place;
	float power, next; /* next: the loudest of the others */
};

static struct loudest loudest_of(const float states[TONE_GROUP][2], const float *cosines)
{
	struct loudest l = { .place = 0 };

	for (unsigned i = 0; i < TONE_GROUP; i++) {
		float p = power(states[i], cosines[i]);

		if (p > l.power) {
			l.next = l.power;
			l.power = p;
			l.place = i;
		} else if (p > l.next) {
			l.next = p;
		}
	}
	return l;
}

static char judge(const struct tone_detector *d)
{
	struct loudest low = loudest_of(d->low, low_cos), high = loudest_of(d->high, high_cos);
	/* A sine of amplitude A has energy A*A*N/2 and power (A*N/2) squared. */
	float pair = (low.power + high.power) * 2.0F / TONE_BLOCK;

	if (d->energy < least_energy || low.power > most_twist * high.power ||
	    high.power > most_twist * low.power)
		return 0;
	if (low.power < clear_of_others * low.next || high.power < clear_of_others * high.next)
		return 0;
	if (pair < of_energy * d->energy)
		return 0;
	return key_at[low.place][high.place];
}

static void begin_block(struct tone_detector *d)
{
	char before = d->before, told = d->told;

	memset(d, 0, sizeof(*d));
	d->before = before;
	d->told = told;
}

static void take_sample(struct tone_detector *d, float sample)
{
	for (unsigned i = 0; i < TONE_GROUP; i++) {
		feed(d->low[i], low_cos[i], sample);
		feed(d->high[i], high_cos[i], sample);
	}
	d->energy += sample * sample;
	d->count++;
}

/* The block is whole: the key that begins by it, or 0. */
static char end_block(struct tone_detector *d)
{
	char key = judge(d), ret = 0;

	if (key != d->told)
		d->told = 0;
	if (key && key == d->before && d->told == 0)
		ret = d->told = key;
	d->before = key;
	begin_block(d);
	return ret;
}

char rtp_tone_detect(struct tone_detector *d, enum tone_law law, struct view frame)
{
	char found = 0;

	for (size_t i = 0; i < frame.len; i++) {
		char key = 0;

		take_sample(d, rtp_tone_decode(law, (uint8_t)frame.at[i]));
		if (d->count == TONE_BLOCK)
			key = end_block(d);
		if (key)
			found = key;
	}
	return found;
}

/* ---- making ---- */

static const float amplitude = 6000.0F; /* each of the two: about -12 dBm0 */

static void tune(float state[2], float *ret_step, float twice_cos, float sine)
{
	*ret_step = twice_cos;
	state[0] = 0.0F;
	state[1] = -amplitude * sine; /* the sample before the first */
}

bool rtp_tone_begin(struct tone_generator *ret, char digit)
{
	char wanted = digit >= 'a' && digit <= 'd' ? (char)(digit - 'a' + 'A') : digit;

	for (unsigned l = 0; l < TONE_GROUP; l++) {
		for (unsigned h = 0; h < TONE_GROUP; h++) {
			if (key_at[l][h] != wanted)
				continue;
			tune(ret->low, &ret->low_step, low_cos[l], low_sin[l]);
			tune(ret->high, &ret->high_step, high_cos[h], high_sin[h]);
			return true;
		}
	}
	return false;
}

static float next_of(float state[2], float twice_cos)
{
	float now = state[0], next = twice_cos * state[0] - state[1];

	state[1] = state[0];
	state[0] = next;
	return now;
}

void rtp_tone_write(struct tone_generator *g, enum tone_law law, char *ret, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		float sum = next_of(g->low, g->low_step) + next_of(g->high, g->high_step);

		ret[i] = (char)rtp_tone_encode(law, (int16_t)sum);
	}
}
