/* SPDX-License-Identifier: Apache-2.0 */
/* What forged packets try to prove about the host whose address they bear. */
#include "scene.h"

#include "runner/test.h"

static bool is_unproven(const struct fact *f) { return f && f->proof == PROOF_NONE; }

/* The ACK as whoever sees no response would write it. */
static enum err acknowledge_blindly(struct scene *s, const char *asked_tag, const char *given_tag,
                                    const char *guess)
{
	TRY(scene_init(s));
	SAY(s, 1, PHONE, PBX, "INVITE", .call = "a", .user = "900", .to_tag = asked_tag);
	SAY(s, 1, PBX, PHONE, "403", .method = "INVITE", .call = "a", .user = "900",
	    .to_tag = given_tag);
	SAY(s, 1, PHONE, PBX, "ACK", .call = "a", .user = "900", .to_tag = guess);
	scene_advance(s, 40);
	return ERR_NONE;
}

/* Refused and acknowledged; whether that proved it. */
static bool is_proven_by(struct scene *s, unsigned at_s, const char *who, const char *call,
                         const char *tag)
{
	SAY(s, at_s, who, PBX, "INVITE", .call = call, .user = "900");
	SAY(s, at_s, PBX, who, "403", .method = "INVITE", .call = call, .user = "900",
	    .to_tag = tag);
	SAY(s, at_s, who, PBX, "ACK", .call = call, .user = "900", .to_tag = tag);
	return !is_unproven(scene_last(s, FACT_REQUEST));
}

TEST(proof_computed_tags, "tags that begin alike for two hosts can be computed, and prove nothing")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	CHECK(is_proven_by(&s, 1, OTHER, "a", "9e107d9d372bb6826bd81d3542a419d6.11aa"));
	CHECK(is_proven_by(&s, 2, OTHER, "b", "9e107d9d372bb6826bd81d3542a419d6.22bb"));
	CHECK(!is_proven_by(&s, 3, PHONE, "c", "9e107d9d372bb6826bd81d3542a419d6.33cc"));
	/* Such a server's others are no better, nor is the first one any more. */
	CHECK(!is_proven_by(&s, 4, PHONE, "d", "e4d909c290d0fb1ca068ffaddf22cbd0"));
	CHECK(!is_proven_by(&s, 5, OTHER, "e", "9e107d9d372bb6826bd81d3542a419d6.44dd"));
	return ERR_NONE;
}

TEST(proof_learnt_tags, "what a tag begins with is learnt by any request, not by calls alone")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	SAY(&s, 1, ATTACKER, PBX, "OPTIONS", .call = "a");
	SAY(&s, 1, PBX, ATTACKER, "200", .method = "OPTIONS", .call = "a",
	    .to_tag = "9e107d9d372bb6826bd81d3542a419d6.11aa");
	CHECK(!is_proven_by(&s, 2, PHONE, "b", "9e107d9d372bb6826bd81d3542a419d6.22bb"));
	return ERR_NONE;
}

TEST(proof_short_tags, "tags made anew prove whom they were sent to, short ones and long ones")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	CHECK(is_proven_by(&s, 1, OTHER, "a", "as5f3a1b2c"));
	CHECK(is_proven_by(&s, 2, PHONE, "b", "as1a2b3c4d"));
	CHECK(is_proven_by(&s, 3, OTHER, "c", "0c0c2d0e-3f3b-4a5a-9d7a-6a1b2c3d4e5f"));
	CHECK(is_proven_by(&s, 4, PHONE, "d", "7b1f0f52-9a53-4d0b-8f6e-0a1b2c3d4e5f"));
	return ERR_NONE;
}

TEST(proof_own_tag, "a tag that the request brought itself proves nothing when it comes back")
{
	OWNED_SCENE s;

	TRY(acknowledge_blindly(&s, "mine", "mine", "mine"));
	CHECK(s.fact_count > 0);
	for (unsigned i = 0; i < s.fact_count; i++)
		CHECK(is_unproven(&s.facts[i]));
	return ERR_NONE;
}

TEST(proof_no_tag, "an ACK without a tag proves nothing where the refusal had none")
{
	OWNED_SCENE s;

	TRY(acknowledge_blindly(&s, NULL, NULL, NULL));
	CHECK(is_unproven(scene_last(&s, FACT_REQUEST)));
	return ERR_NONE;
}

TEST(proof_lent_tags, "the tags of one's own call prove nothing about another host")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	SAY(&s, 1, ATTACKER, PBX, "INVITE", .call = "a", .user = "900");
	SAY(&s, 2, PBX, ATTACKER, "200", .method = "INVITE", .call = "a", .user = "900",
	    .to_tag = "t");
	SAY(&s, 3, PHONE, PBX, "MESSAGE", .call = "a", .cseq = 2, .branch = "z9hG4bKm",
	    .user = "900", .to_tag = "t");
	SAY(&s, 3, PBX, PHONE, "481", .method = "MESSAGE", .call = "a", .cseq = 2,
	    .branch = "z9hG4bKm", .user = "900", .to_tag = "t");
	CHECK(is_unproven(scene_last(&s, FACT_OUT_OF_DIALOG)));
	SAY(&s, 4, ATTACKER, PBX, "MESSAGE", .call = "a", .cseq = 3, .branch = "z9hG4bKn",
	    .user = "900", .to_tag = "t");
	SAY(&s, 4, PBX, ATTACKER, "481", .method = "MESSAGE", .call = "a", .cseq = 3,
	    .branch = "z9hG4bKn", .user = "900", .to_tag = "t");
	CHECK(scene_last(&s, FACT_OUT_OF_DIALOG)->proof == PROOF_TAG);
	return ERR_NONE;
}

static void ask(struct scene *s, const char *who, const char *call, unsigned cseq, const char *more)
{
	SAY(s, cseq, who, PBX, "REGISTER", .call = call, .cseq = cseq, .more = more);
	SAY(s, cseq, PBX, who, "401", .method = "REGISTER", .call = call, .cseq = cseq,
	    .more = CHALLENGE);
}

TEST(proof_shared_nonce, "a nonce that others were given too proves nothing of who answers it")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	ask(&s, PHONE, "a", 1, NULL);
	ask(&s, PHONE, "a", 2, ANSWER_TO("201", "n1"));
	CHECK(scene_last(&s, FACT_LOGIN)->proof == PROOF_COOKIE);
	ask(&s, ATTACKER, "b", 1, NULL);
	ask(&s, PHONE, "a", 3, ANSWER_TO("201", "n1"));
	CHECK(is_unproven(scene_last(&s, FACT_LOGIN)));
	return ERR_NONE;
}

TEST(proof_relayed_nonce, "a nonce that a proxy hands on is still that of one who asked")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	SAY(&s, 1, PHONE, PROXY, "REGISTER", .call = "a", .branch = "z9hG4bK1");
	SAY(&s, 1, PROXY, PBX, "REGISTER", .call = "a", .branch = "z9hG4bK2");
	SAY(&s, 1, PBX, PROXY, "401", .method = "REGISTER", .call = "a", .branch = "z9hG4bK2",
	    .more = CHALLENGE);
	SAY(&s, 1, PROXY, PHONE, "401", .method = "REGISTER", .call = "a", .branch = "z9hG4bK1",
	    .more = CHALLENGE);
	SAY(&s, 2, PHONE, PROXY, "REGISTER", .call = "a", .cseq = 2, .branch = "z9hG4bK3",
	    .more = ANSWER_TO("201", "n1"));
	SAY(&s, 2, PROXY, PHONE, "403", .method = "REGISTER", .call = "a", .cseq = 2,
	    .branch = "z9hG4bK3");
	CHECK(scene_last(&s, FACT_LOGIN)->proof == PROOF_COOKIE);
	return ERR_NONE;
}
