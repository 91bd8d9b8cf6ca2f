// SPDX-License-Identifier: MIT
//
// Who is admitted as an executor: versions, nonces and proofs against a real scheduler.
#include "fake_executor.h"

namespace
{

class Hello : public testing::Test
{
  protected:
    Scheduler scheduler_;
};

TEST_F(Hello, RefusesExecutorsItCannotWorkWith)
{
    FakeExecutor executor(scheduler_, "e1");
    const struct {
        const char *key;
        json_t *value;
        const char *status;
    } cases[] = {{"proof", json_string(std::string(64, '0').c_str()), "denied"},
                 {"protocol", json_integer(0), "protocol"},
                 {"protocol_min", json_integer(WIRE_PROTOCOL + 1), "protocol"},
                 {"moments_version", json_integer(99), "protocol"},
                 {"executor", json_string("with space"), "protocol"},
                 {"executor", json_string(std::string(500, 'e').c_str()), "protocol"},
                 {"device", json_integer(1), "protocol"}};
    for (const auto &one : cases) {
        json_t *hello = executor.HelloHeader();
        json_object_set_new(hello, one.key, one.value);
        const Json reply = executor.Call(true, hello);
        EXPECT_EQ("REFUSED", Member(reply.get(), "verb")) << one.key;
        EXPECT_EQ(one.status, Member(reply.get(), "status")) << one.key;
    }
    executor.Hello();
}

// The sentence is for whoever has to upgrade one of the two.
TEST_F(Hello, NamesBothVersionsWhereTheyDoNotMeet)
{
    FakeExecutor executor(scheduler_, "e1");
    json_t *hello = executor.HelloWithoutProof(7);
    json_object_set_new(hello, "protocol_min", json_integer(5));
    const Json reply = executor.Call(true, hello);
    EXPECT_EQ("REFUSED", Member(reply.get(), "verb"));
    EXPECT_EQ("HELLO.protocol: this scheduler speaks versions 1 to 2, this executor 5 to 7",
              Member(reply.get(), "detail"));
    EXPECT_EQ("2", Member(reply.get(), "protocol"));
}

// A newer one that still understands this version is served with it.
TEST_F(Hello, AgreesOnTheVersionThatBothSpeak)
{
    FakeExecutor executor(scheduler_, "e1");
    json_t *newer = executor.HelloWithoutProof(WIRE_PROTOCOL + 1);
    json_object_set_new(newer, "protocol_min", json_integer(WIRE_PROTOCOL));
    const Json challenge = executor.Call(true, newer);
    EXPECT_EQ("CHALLENGE", Member(challenge.get(), "verb"));
    EXPECT_EQ(std::to_string(WIRE_PROTOCOL), Member(challenge.get(), "protocol"));
    const Json welcome = executor.Call(true, executor.HelloOfVersion1());
    EXPECT_EQ("WELCOME", Member(welcome.get(), "verb"));
    EXPECT_EQ("", Member(welcome.get(), "proof"));
}

// A proof that was heard is of no use on another connection, nor with another executor's name.
TEST_F(Hello, AsksAgainForAProofThatIsNotOfThisConnection)
{
    FakeExecutor executor(scheduler_, "e1");
    FakeExecutor thief(scheduler_, "e1");
    const Json heard(executor.HelloHeader());
    const Json replayed = thief.Call(true, json_deep_copy(heard.get()));
    EXPECT_EQ("CHALLENGE", Member(replayed.get(), "verb"));
    json_t *renamed = json_deep_copy(heard.get());
    json_object_set_new(renamed, "executor", json_string("e2"));
    EXPECT_EQ("CHALLENGE", Member(executor.Call(true, renamed).get(), "verb"));
    EXPECT_EQ("WELCOME", Member(executor.Call(true, json_deep_copy(heard.get())).get(), "verb"));
    const Answer answer = scheduler_.Http("GET", "/v1/executors");
    EXPECT_EQ("2", Member(json_object_get(answer.json.get(), "refused"), "nonce")) << answer.body;
}

TEST_F(Hello, ProvesItselfInItsWelcome)
{
    FakeExecutor executor(scheduler_, "gpu1/3");
    char secret[WIRE_SECRET];
    char proof[WIRE_PROOF];
    json_t *hello = executor.HelloHeader();
    const std::string nonce = Member(hello, "nonce");
    const Json welcome = executor.Call(true, hello);
    proof_secret(scheduler_.secret.c_str(), "gpu1", secret);
    proof_welcome(secret, "gpu1/3", executor.boot.c_str(), nonce.c_str(),
                  Member(welcome.get(), "session").c_str(), proof);
    EXPECT_EQ(proof, Member(welcome.get(), "proof"));
}

} // namespace
