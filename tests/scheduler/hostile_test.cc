// SPDX-License-Identifier: MIT
//
// A real scheduler among peers that mean no good, at every address it has: executors that are well
// go on being served, new ones get in, and what was refused is counted and in the log.
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <thread>

#include "certificates.h"
#include "fake_executor.h"
#include "hostile_peer.h"

extern "C" {
#include "clock.h"
}

namespace
{

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int64_t kServedMs = 10000;
constexpr int kScans = 200;
#else
constexpr int64_t kServedMs = 1000;
constexpr int kScans = 1000;
#endif
constexpr int kPatienceMs = 60000;

// An executor that beats for as long as it lives, and how long it was kept waiting.
class Beating
{
  public:
    explicit Beating(FakeExecutor *executor) : executor_(executor)
    {
        executor_->Hello();
        thread_ = std::thread([this] {
            while (!over_) {
                const int64_t begin_ms = clock_monotonic_ms();
                executor_->Beat({});
                waits_ms_.push_back(clock_monotonic_ms() - begin_ms);
                clock_sleep_ms(20);
            }
        });
    }
    ~Beating()
    {
        over_ = true;
        thread_.join();
        EXPECT_FALSE(waits_ms_.empty());
        EXPECT_LE(*std::max_element(waits_ms_.begin(), waits_ms_.end()), kServedMs)
            << "of " << waits_ms_.size() << " beats";
    }

  private:
    FakeExecutor *executor_;
    std::vector<int64_t> waits_ms_;
    std::atomic<bool> over_{false};
    std::thread thread_;
};

class Hostile : public testing::Test
{
  protected:
    static void SetUpTestSuite()
    {
        rlimit limit = {};
        getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    Hostile()
        : folder_(made_ / "certificates"), state_(made_ / "state"),
          scheduler_(
              (CertificatesMake(folder_, state_),
               std::vector<std::string>{"--listen", "127.0.0.1", "--listen-control-port", "0",
                                        "--listen-work-port", "0", "--ca", folder_ + "/ca.pem",
                                        "--certificate", folder_ + "/scheduler/certificate.pem",
                                        "--key", folder_ + "/scheduler/key.pem"})),
          gpu1_(PairRead(folder_ + "/gpu1"))
    {
    }
    std::vector<std::string> Addresses() const
    {
        return {scheduler_.control, scheduler_.work, scheduler_.remote_control,
                scheduler_.remote_work};
    }
    void DialFromAfar(FakeExecutor *executor) const
    {
        const transport_tls tls = gpu1_.Tls();
        executor->Dial(scheduler_.remote_control, scheduler_.remote_work, scheduler_.secret, &tls);
    }
    // How a call ends for a client with these certificates.
    gaia_status CallWith(const transport_tls &tls) const
    {
        transport_client *client = nullptr;
        unsigned char *reply = nullptr;
        size_t length = 0;
        gaia_error err = {};
        EXPECT_EQ(GAIA_OK, transport_dial(scheduler_.remote_control.c_str(), &tls, &client, &err))
            << err.detail;
        const gaia_status status =
            transport_call(client, reinterpret_cast<const unsigned char *>("x"), 1, kPatienceMs,
                           &reply, &length, &err);
        free(reply);
        transport_hang_up(client);
        return status;
    }
    uint64_t Refused(const char *reason) const
    {
        const Answer answer = scheduler_.Http("GET", "/v1/executors");
        const json_t *counts = json_object_get(answer.json.get(), "refused");
        return static_cast<uint64_t>(json_integer_value(json_object_get(counts, reason)));
    }
    // Waits until so many were refused for the reason and the log tells of it.
    void ExpectRefused(const char *reason, uint64_t n, const char *told) const
    {
        const int64_t deadline_ms = clock_monotonic_ms() + kPatienceMs;
        const auto good = [&] {
            return Refused(reason) >= n && scheduler_.Read("log").find(told) != std::string::npos;
        };
        while (!good() && clock_monotonic_ms() < deadline_ms) {
            clock_sleep_ms(50);
        }
        EXPECT_GE(Refused(reason), n) << reason;
        EXPECT_NE(std::string::npos, scheduler_.Read("log").find(told)) << told;
    }
    // Runs the attack while an executor here and one elsewhere work, then has two more come.
    void Withstand(const std::function<void()> &attack) const
    {
        FakeExecutor here(scheduler_, "here");
        FakeExecutor afar("gpu1/1");
        DialFromAfar(&afar);
        {
            const Beating a(&here);
            const Beating b(&afar);
            attack();
        }
        FakeExecutor next("gpu1/2");
        DialFromAfar(&next);
        next.Hello();
        FakeExecutor local(scheduler_, "next");
        local.Hello();
        EXPECT_EQ(200, scheduler_.Http("GET", "/readyz").status);
        ExpectEndsAreNoticed();
    }
    // An executor that is killed must be known by the end of its connection, also after an attack.
    void ExpectEndsAreNoticed() const
    {
        const uint64_t before = Refused("silent");
        {
            HostilePeer peer(scheduler_.control);
            EXPECT_TRUE(peer.Send(HostilePeer::Handshake()));
            clock_sleep_ms(100);
        }
        ExpectRefused("silent", before + 1, "ended without a word");
    }

    TemporaryDirectory made_;
    std::string folder_;
    std::string state_;
    Scheduler scheduler_;
    Pair gpu1_;
};

TEST_F(Hostile, PortScansAreOnlyCounted)
{
    Withstand([&] {
        for (int i = 0; i < kScans; i++) {
            for (const std::string &address : Addresses()) {
                HostilePeer peer(address);
                if (i % 3 == 1) {
                    peer.Send(HostilePeer::Handshake());
                }
                if (i % 2 == 1) {
                    peer.Reset();
                }
            }
        }
    });
    ExpectRefused("silent", 1, "ended without a word");
}

TEST_F(Hostile, GarbageAndOversizeFramesEndTheirConnection)
{
    const std::string garbage(512, '\x7e');
    Withstand([&] {
        for (int i = 0; i < kScans / 20; i++) {
            for (const std::string &address : Addresses()) {
                HostilePeer noise(address);
                noise.Send(garbage);
                HostilePeer huge(address);
                huge.Send(HostilePeer::Handshake() + HostilePeer::Frame(UINT64_MAX >> 1));
                HostilePeer cut(address); // a message that goes away while it comes
                cut.Send(HostilePeer::Handshake() + HostilePeer::Request("GAS1"));
                cut.Reset();
                EXPECT_TRUE(noise.Ended(kPatienceMs)) << address;
                EXPECT_TRUE(huge.Ended(kPatienceMs)) << address;
            }
        }
        HostilePeer large(scheduler_.control);
        large.Send(HostilePeer::Handshake() +
                   HostilePeer::Request(std::string(WIRE_CONTROL_BYTES_MAX + 1, 'x')));
        EXPECT_TRUE(large.Ended(kPatienceMs));
        HostilePeer nonsense(scheduler_.control);
        nonsense.Send(HostilePeer::Handshake() + HostilePeer::Request(garbage));
        ExpectRefused("message", 1, "does not follow the protocol");
    });
    ExpectRefused("oversize", 1, "larger than its address takes");
    ExpectRefused("silent", 1, "ended without a word");
    ExpectRefused("handshake", 1, "handshake or certificate failed");
}

TEST_F(Hostile, HalfOpenConnectionsAreEnded)
{
    std::vector<HostilePeer> peers;
    Withstand([&] {
        for (size_t i = 0; i < 50; i++) {
            for (const std::string &address : Addresses()) {
                peers.emplace_back(address);
                peers.back().Send(HostilePeer::Handshake().substr(0, i % 8));
            }
        }
        for (HostilePeer &peer : peers) {
            EXPECT_TRUE(peer.Ended(kPatienceMs));
        }
    });
    ExpectRefused("handshake", 1, "handshake or certificate failed");
}

TEST_F(Hostile, AThousandIdleConnectionsKeepNobodyOut)
{
    std::vector<HostilePeer> peers;
    Withstand([&] {
        for (int i = 0; i < 1000; i++) {
            peers.emplace_back(i % 2 == 0 ? scheduler_.control : scheduler_.work);
            ASSERT_TRUE(peers.back().connected) << i;
            peers.back().Send(HostilePeer::Handshake());
        }
        FakeExecutor during(scheduler_, "during");
        during.Hello();
        EXPECT_TRUE(during.Beat({}).empty());
    });
}

TEST_F(Hostile, CertificatesOfNobodyAreRefused)
{
    const std::string other = made_ / "other";
    CertificatesMake(other, state_);
    const Pair stranger = PairRead(other + "/gpu1");
    const Pair expired = PairExpired(folder_);
    const Pair server = PairRead(folder_ + "/scheduler");
    const Pair unsigned_by_us = {gpu1_.ca, stranger.certificate, stranger.key};
    Withstand([&] {
        EXPECT_EQ(GAIA_OK, CallWith(gpu1_.Tls()));
        EXPECT_EQ(GAIA_OK, CallWith(gpu1_.Tls("scheduler.example")));
        EXPECT_EQ(GAIA_UNREACHABLE, CallWith(unsigned_by_us.Tls()));
        EXPECT_EQ(GAIA_UNREACHABLE, CallWith(expired.Tls()));
        EXPECT_EQ(GAIA_UNREACHABLE, CallWith(server.Tls()));   // is not for a client
        EXPECT_EQ(GAIA_UNREACHABLE, CallWith(stranger.Tls())); // does not trust the scheduler
        EXPECT_EQ(GAIA_UNREACHABLE, CallWith(gpu1_.Tls("elsewhere.example")));
    });
    ExpectRefused("handshake", 1, "handshake or certificate failed");
}

TEST_F(Hostile, ConnectionsWithoutACertificateAreRefused)
{
    CURL *curl = curl_easy_init();
    std::string url = scheduler_.remote_control;
    url.replace(0, strlen("tls+tcp"), "https");
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_CAINFO, (folder_ + "/ca.pem").c_str());
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, long{kPatienceMs});
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    const CURLcode code = curl_easy_perform(curl);
    EXPECT_TRUE(code == CURLE_SSL_CONNECT_ERROR || code == CURLE_RECV_ERROR ||
                code == CURLE_SEND_ERROR)
        << curl_easy_strerror(code);
    curl_easy_cleanup(curl);
    ExpectRefused("handshake", 1, "handshake or certificate failed");
}

TEST_F(Hostile, BetweenMachinesOnlyAProofOfTheNewVersionCounts)
{
    FakeExecutor executor("gpu1/1");
    DialFromAfar(&executor);
    const Json old = executor.Call(true, executor.HelloOfVersion1());
    EXPECT_EQ("REFUSED", Member(old.get(), "verb"));
    EXPECT_EQ("HELLO.protocol: this scheduler speaks versions 2 to 2 between machines, this "
              "executor 1 to 1",
              Member(old.get(), "detail"));
    json_t *forged = executor.HelloHeader();
    json_object_set_new(forged, "proof", json_string(std::string(64, '0').c_str()));
    EXPECT_EQ("denied", Member(executor.Call(true, forged).get(), "status"));
    FakeExecutor other("gpu1/1");
    DialFromAfar(&other);
    EXPECT_EQ("CHALLENGE", Member(other.Call(true, executor.HelloHeader()).get(), "verb"));
    ExpectRefused("version", 1, "of another version");
    ExpectRefused("proof", 1, "wrong proof");
    ExpectRefused("nonce", 1, "nonce was not made for it");
    const std::string log = scheduler_.Read("log");
    EXPECT_EQ(std::string::npos, log.find(scheduler_.secret));
    EXPECT_EQ(std::string::npos, log.find("PRIVATE"));
}

TEST(Listen, SpeaksInTheClearToThisMachineAlone)
{
    TemporaryDirectory made;
    const auto run = [&](const std::vector<std::string> &more) {
        std::vector<std::string> words = {std::string(GAIA_BINARIES) + "/gaia-scheduler", "--state",
                                          made / "state"};
        words.insert(words.end(), more.begin(), more.end());
        std::vector<char *> argv;
        for (std::string &word : words) {
            argv.push_back(word.data());
        }
        argv.push_back(nullptr);
        pid_t pid = -1;
        int status = -1;
        EXPECT_EQ(0, posix_spawn(&pid, argv[0], nullptr, nullptr, argv.data(), environ));
        waitpid(pid, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    };
    const std::string folder = made / "certificates";
    CertificatesMake(folder, made / "state");
    const std::string key = folder + "/scheduler/key.pem";
    const std::vector<std::string> with = {"--listen",      "0.0.0.0",
                                           "--ca",          folder + "/ca.pem",
                                           "--certificate", folder + "/scheduler/certificate.pem",
                                           "--key",         key};
    EXPECT_EQ(2, run({"--listen", "0.0.0.0"}));
    EXPECT_EQ(2, run({"--listen", "example.org"}));
    EXPECT_EQ(2, run({"--listen", "127.0.0.1", "--key", key}));
    EXPECT_EQ(2, run({"--key", key}));
    ASSERT_EQ(0, chmod(key.c_str(), 0644)); // root's may be 0640, nobody's 0644
    EXPECT_EQ(3, run(with));
    ASSERT_EQ(0, chmod(key.c_str(), 0600));
    std::filesystem::copy_file(folder + "/gpu1/key.pem", key,
                               std::filesystem::copy_options::overwrite_existing);
    EXPECT_EQ(3, run(with)); // not the certificate's
}

} // namespace
