/* SPDX-License-Identifier: MIT
 *
 * Proofs and nonces: the texts are those of PROTOCOL.md, and none is good for anything else.
 */
#include <gtest/gtest.h>

#include <string>

extern "C" {
#include "proof.h"
}

namespace
{

/* printf 'TEXT' | openssl dgst -sha256 -hmac key */
TEST(Proof, IsHmacSha256OfTheTextsOfTheProtocol)
{
    char proof[WIRE_PROOF];
    proof_hello_1("key", "e1", "b1", proof);
    EXPECT_STREQ("4ecf3c3bea218418fbc697d60315e393c7b2491f7abb491171a56c8fe5524133", proof);
    proof_secret("key", "gpu1", proof);
    EXPECT_STREQ("4c2aeaf06ac5fc82f6a70a17e963e8e7c9b7460e016281bd2f50a29ef0d2a850", proof);
    proof_hello("key", "gpu1/3", "b1", "n1", proof);
    EXPECT_STREQ("b2c9154ea2e8b2c64844a0bc96f824d3487e50f5e41e38f072aa2fbff888998a", proof);
    proof_welcome("key", "gpu1/3", "b1", "n1", "s1", proof);
    EXPECT_STREQ("3688059dfdd1e4851a984c85605ef5000d0cc885675265031aada0dd0b5a5456", proof);
}

TEST(Proof, OneMachinesExecutorsShareItsSecretAndNoOtherHasIt)
{
    char one[WIRE_SECRET];
    char other[WIRE_SECRET];
    proof_secret("master", "gpu1", one);
    proof_secret("master", "gpu1/executor-7", other);
    EXPECT_STREQ(one, other);
    for (const char *stranger : {"gpu10", "gpu", "", "/gpu1", "gpu2/gpu1"}) {
        proof_secret("master", stranger, other);
        EXPECT_STRNE(one, other) << stranger;
    }
    proof_secret("master2", "gpu1", other);
    EXPECT_STRNE(one, other);
}

TEST(Proof, EqualComparesAll)
{
    EXPECT_TRUE(proof_equal("abc", "abc"));
    EXPECT_FALSE(proof_equal("abc", "abd"));
    EXPECT_FALSE(proof_equal("abc", "ab"));
    EXPECT_FALSE(proof_equal("", ""));
}

TEST(Nonce, IsGoodForItsExecutorItsConnectionAndItsTime)
{
    constexpr int64_t now_ms = 1000000;
    char nonce[WIRE_NONCE];
    nonce_make("key", "e1", "b1", 7, now_ms, nonce);
    EXPECT_EQ(size_t{WIRE_NONCE - 1}, std::string(nonce).size());
    EXPECT_TRUE(nonce_good("key", "e1", "b1", 7, now_ms, nonce));
    EXPECT_TRUE(nonce_good("key", "e1", "b1", 7, now_ms + NONCE_WINDOW_MS, nonce));
    EXPECT_FALSE(nonce_good("key", "e1", "b1", 7, now_ms + 2 * NONCE_WINDOW_MS, nonce));
    EXPECT_FALSE(nonce_good("key", "e1", "b1", 7, now_ms - NONCE_WINDOW_MS, nonce));
    EXPECT_FALSE(nonce_good("key", "e1", "b1", 8, now_ms, nonce));
    EXPECT_FALSE(nonce_good("key", "e1", "b2", 7, now_ms, nonce));
    EXPECT_FALSE(nonce_good("key", "e2", "b1", 7, now_ms, nonce));
    EXPECT_FALSE(nonce_good("key2", "e1", "b1", 7, now_ms, nonce));
    EXPECT_FALSE(nonce_good("key", "e1", "b1", 7, now_ms, ""));
    nonce[0] = 'f'; /* a window of the peer's own choice */
    EXPECT_FALSE(nonce_good("key", "e1", "b1", 7, now_ms, nonce));
}

} // namespace
