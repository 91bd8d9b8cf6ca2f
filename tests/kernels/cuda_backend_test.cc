// SPDX-License-Identifier: MIT
//
// The CUDA backend when things go wrong: memory that is not there, a device that is lost at any
// call, too much asked for. On the emulated device, which can be made to fail.
//
// Invariant: whatever fails, the backend says so in a sentence, gives no sums, and frees all it
// has when it is closed.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "backend.h"
#include "emulated_backend.h"

namespace
{

constexpr size_t kRows = 3;
constexpr size_t kColumns = 70;
constexpr size_t kPoints = kRows * kColumns;

std::vector<char> layout_bytes()
{
    const interval whole = {0, kColumns, 0, kRows, LAYOUT_NO_PLANE};
    const uint32_t part = 0;
    const region_spec region = {0, kRows, 1, &part};
    const std::vector<double> weights(kRows, 0.5);
    const double *const weightings[] = {weights.data()};
    layout_spec spec = {};
    spec.n_lat = kRows;
    spec.n_lon = kColumns;
    spec.n_intervals = spec.n_regions = spec.n_weights = 1;
    spec.intervals = &whole;
    spec.regions = &region;
    spec.weights = weightings;
    size_t bytes = 0;
    EXPECT_EQ(layout_measure(&spec, &bytes, nullptr), GAIA_OK);
    std::vector<char> memory(bytes);
    layout_make(&spec, memory.data());
    return memory;
}

// Everything from opening to the sums, so far as it goes.
class Session
{
  public:
    explicit Session(const backend_config &config = {}) : bytes_(layout_bytes())
    {
        status = ops->open(&config, &opened, &err);
    }
    Session(const Session &) = delete;
    Session &operator=(const Session &) = delete;
    ~Session()
    {
        if (opened != nullptr) {
            ops->work_close(opened, work);
            ops->free(opened, &field);
            ops->free(opened, &layout);
            ops->close(opened);
        }
    }

    void buffers_make()
    {
        buffer_make(&layout, bytes_.data(), bytes_.size());
        std::vector<float> values(2 * kPoints);
        for (size_t i = 0; i < kPoints; i++) {
            values[i] = 2.5F;           // the forecast
            values[kPoints + i] = 1.0F; // the truth
        }
        buffer_make(&field, values.data(), values.size() * sizeof(float));
    }
    const struct layout *host() const
    {
        return reinterpret_cast<const struct layout *>(bytes_.data());
    }
    void work_make()
    {
        if (status == GAIA_OK) {
            status = ops->work_open(opened, host(), &layout, 1, 2, &work, &err);
        }
    }
    void sum()
    {
        gaia_field forecast = {};
        forecast.data = field.device;
        tile one = {};
        one.truth.data = static_cast<const float *>(field.device) + kPoints;
        one.n_forecasts = 1;
        one.forecasts = &forecast;
        if (status == GAIA_OK) {
            status = ops->moments(opened, work, &one, 1, &err);
        }
        if (status == GAIA_OK) {
            status = ops->wait(opened, work, &sums, &err);
        }
    }
    void all()
    {
        buffers_make();
        work_make();
        sum();
    }

    const backend_ops *ops = emulated_backend();
    struct backend *opened = nullptr;
    backend_buffer layout = {};
    backend_buffer field = {};
    backend_work *work = nullptr;
    const double *sums = nullptr;
    gaia_status status = GAIA_OK;
    gaia_error err = {};

  private:
    void buffer_make(backend_buffer *buffer, const void *from, size_t bytes)
    {
        if (status == GAIA_OK) {
            status = ops->alloc(opened, bytes, buffer, &err);
        }
        if (status == GAIA_OK) {
            status = ops->map(opened, buffer, &err);
        }
        if (status == GAIA_OK) {
            std::memcpy(buffer->host, from, bytes);
            status = ops->upload(opened, buffer, bytes, &err);
        }
    }

    std::vector<char> bytes_;
};

class CudaBackend : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        emulation_reset();
        before_ = emulation_live();
    }
    void TearDown() override
    {
        EXPECT_EQ(emulation_live(), before_) << "something was not freed";
        EXPECT_EQ(emulation_faults(), 0U);
        emulation_reset();
    }

  private:
    size_t before_ = 0;
};

// How many calls of this kind a session makes that goes well.
unsigned calls_of_session(emulation_call kind)
{
    emulation_reset();
    {
        Session session;
        session.all();
        EXPECT_EQ(session.status, GAIA_OK) << session.err.detail;
        EXPECT_DOUBLE_EQ(session.sums[ROW_ERROR_D], 1.5 * kPoints);
        EXPECT_DOUBLE_EQ(session.sums[ROW_COUNT + ROW_ERROR_N], 0.5 * kPoints);
    }
    const unsigned n = emulation_calls(kind);
    EXPECT_GT(n, 0U);
    return n;
}

TEST_F(CudaBackend, MemoryMayRunOutAnywhere)
{
    for (const emulation_call kind : {EMULATION_MALLOC, EMULATION_HOST_MALLOC, EMULATION_LAUNCH}) {
        const unsigned n = calls_of_session(kind);
        for (unsigned i = 1; i <= n; i++) {
            emulation_reset();
            emulation_fail(kind, i, EMULATION_NO_MEMORY);
            Session session;
            session.all();
            ASSERT_EQ(session.status, GAIA_OUT_OF_MEMORY) << "call " << i << " of kind " << kind;
            EXPECT_STRNE(session.err.detail, "");
            EXPECT_EQ(session.sums, nullptr);
            Session after;
            after.all();
            EXPECT_EQ(after.status, GAIA_OK) << after.err.detail;
        }
    }
}

TEST_F(CudaBackend, WorkAsksAgainAfterMemoryRanOut)
{
    Session session;
    session.buffers_make();
    emulation_fail(EMULATION_MALLOC, 3, EMULATION_NO_MEMORY);
    session.work_make();
    EXPECT_EQ(session.status, GAIA_OUT_OF_MEMORY);
    EXPECT_EQ(session.work, nullptr);
    session.status = GAIA_OK;
    session.work_make();
    emulation_fail(EMULATION_LAUNCH, 2, EMULATION_NO_MEMORY);
    session.sum();
    EXPECT_EQ(session.status, GAIA_OUT_OF_MEMORY);
    EXPECT_EQ(session.sums, nullptr);
    session.status = GAIA_OK;
    session.sum();
    ASSERT_EQ(session.status, GAIA_OK) << session.err.detail;
    EXPECT_DOUBLE_EQ(session.sums[ROW_ERROR_D], 1.5 * kPoints);
}

// The device is lost at each call in turn: no sums come, and it stays lost.
TEST_F(CudaBackend, DeviceMayBeLostAtAnyCall)
{
    const unsigned n = calls_of_session(EMULATION_ANY);
    unsigned n_failed = 0;
    for (unsigned i = 1; i <= n; i++) {
        emulation_reset();
        emulation_fail(EMULATION_ANY, i, EMULATION_LOST);
        Session session;
        session.all();
        if (session.status == GAIA_OK) { /* the call belonged to closing */
            continue;
        }
        n_failed++;
        ASSERT_EQ(session.status, GAIA_DEVICE) << "call " << i;
        EXPECT_STRNE(session.err.detail, "");
        EXPECT_EQ(session.sums, nullptr);
        if (session.opened != nullptr) {
            backend_buffer buffer = {};
            gaia_error err = {};
            EXPECT_EQ(session.ops->alloc(session.opened, 64, &buffer, &err), GAIA_DEVICE);
            EXPECT_STRNE(err.detail, "");
        }
    }
    EXPECT_GT(n_failed, 20U);
}

TEST_F(CudaBackend, LostWhileSummingGivesNoSums)
{
    Session session;
    session.buffers_make();
    session.work_make();
    emulation_fail(EMULATION_WAIT, 1, EMULATION_LOST);
    session.sum();
    EXPECT_EQ(session.status, GAIA_DEVICE);
    EXPECT_EQ(session.sums, nullptr);
    session.status = GAIA_OK;
    session.sum();
    EXPECT_EQ(session.status, GAIA_DEVICE);
    EXPECT_NE(std::string(session.err.detail).find("failed before"), std::string::npos);
}

TEST_F(CudaBackend, KeepsWithinItsBudget)
{
    backend_config config = {};
    config.memory_bytes = 100000;
    Session session(config);
    EXPECT_EQ(session.ops->memory_bytes(session.opened), 100000U);
    backend_buffer first = {};
    backend_buffer second = {};
    gaia_error err = {};
    EXPECT_EQ(session.ops->alloc(session.opened, SIZE_MAX, &first, &err), GAIA_OUT_OF_MEMORY);
    EXPECT_EQ(session.ops->alloc(session.opened, 60000, &first, &err), GAIA_OK);
    EXPECT_EQ(session.ops->alloc(session.opened, 60000, &second, &err), GAIA_OUT_OF_MEMORY);
    EXPECT_NE(std::string(err.detail).find("60000 bytes"), std::string::npos) << err.detail;
    session.ops->free(session.opened, &first);
    EXPECT_EQ(session.ops->alloc(session.opened, 60000, &second, &err), GAIA_OK);
    session.ops->free(session.opened, &second);
    session.buffers_make();
    ASSERT_EQ(session.status, GAIA_OK) << session.err.detail;
    EXPECT_EQ(session.ops->work_open(session.opened, session.host(), &session.layout, 1, 1000,
                                     &session.work, &err),
              GAIA_OUT_OF_MEMORY);
    EXPECT_EQ(session.work, nullptr);
}

TEST_F(CudaBackend, RefusesWhatItsKernelsCannotCount)
{
    Session session;
    session.buffers_make();
    const struct layout *host = session.host();
    const size_t wrong[][2] = {
        {0, 1}, {1, 0}, {1, size_t{1} << 31}, {size_t{1} << 31, 1}, {SIZE_MAX, SIZE_MAX}};
    for (const auto &n : wrong) {
        gaia_error err = {};
        EXPECT_EQ(session.ops->work_open(session.opened, host, &session.layout, n[0], n[1],
                                         &session.work, &err),
                  GAIA_USAGE);
        EXPECT_STRNE(err.detail, "");
    }
    backend_buffer none = {};
    EXPECT_EQ(session.ops->work_open(session.opened, host, &none, 1, 1, &session.work, nullptr),
              GAIA_USAGE);
}

TEST_F(CudaBackend, SaysWhichDeviceIsNotThere)
{
    for (const int n : {0, -1}) { /* no device, no driver */
        emulation_devices(n);
        EXPECT_EQ(emulated_backend(), nullptr);
    }
    emulation_devices(2);
    backend_config config = {};
    config.i_device = 2;
    Session session(config);
    EXPECT_EQ(session.status, GAIA_DEVICE);
    EXPECT_NE(std::string(session.err.detail).find("device 2"), std::string::npos);
    EXPECT_EQ(session.opened, nullptr);
}

TEST_F(CudaBackend, MomentsTwiceIsRefused)
{
    Session session;
    session.all();
    gaia_field forecast = {};
    forecast.data = session.field.device;
    tile one = {};
    one.truth.data = session.field.device;
    one.n_forecasts = 1;
    one.forecasts = &forecast;
    EXPECT_EQ(session.ops->moments(session.opened, session.work, &one, 1, nullptr), GAIA_OK);
    EXPECT_EQ(session.ops->moments(session.opened, session.work, &one, 1, nullptr), GAIA_USAGE);
    EXPECT_EQ(session.ops->wait(session.opened, session.work, &session.sums, nullptr), GAIA_OK);
    EXPECT_DOUBLE_EQ(session.sums[ROW_ERROR_D2], 0.0);
}

// Few areas serve many uploads; one thread may hold many mappings; an upload of too much is
// refused and leaves the mapping.
TEST_F(CudaBackend, StagingIsUsedAgain)
{
    Session session;
    backend_buffer buffers[6] = {};
    for (backend_buffer &buffer : buffers) {
        ASSERT_EQ(session.ops->alloc(session.opened, 1000, &buffer, nullptr), GAIA_OK);
        ASSERT_EQ(session.ops->map(session.opened, &buffer, nullptr), GAIA_OK);
        std::memset(buffer.host, 1, 1000);
    }
    EXPECT_EQ(session.ops->upload(session.opened, &buffers[0], 1001, nullptr), GAIA_USAGE);
    EXPECT_NE(buffers[0].host, nullptr);
    for (backend_buffer &buffer : buffers) {
        ASSERT_EQ(session.ops->upload(session.opened, &buffer, 1000, nullptr), GAIA_OK);
        EXPECT_EQ(buffer.host, nullptr);
        EXPECT_EQ(session.ops->upload(session.opened, &buffer, 1000, nullptr), GAIA_USAGE);
    }
    for (int i = 0; i < 50; i++) {
        ASSERT_EQ(session.ops->map(session.opened, &buffers[i % 6], nullptr), GAIA_OK);
        std::memset(buffers[i % 6].host, 2, 1000);
        ASSERT_EQ(session.ops->upload(session.opened, &buffers[i % 6], 1000, nullptr), GAIA_OK);
    }
    EXPECT_EQ(emulation_calls(EMULATION_HOST_MALLOC), 6U);
    for (backend_buffer &buffer : buffers) {
        session.ops->free(session.opened, &buffer);
    }
    backend_times times = {};
    session.ops->times(session.opened, &times);
    EXPECT_EQ(times.uploaded_bytes, 56000U);
}

// What is uploaded is what was written, though the areas are written again at once. The emulated
// device's memory can be read, once its copies are over.
TEST_F(CudaBackend, StagingIsNotWrittenWhileItIsCopied)
{
    Session session;
    backend_buffer buffers[7] = {};
    for (int i = 0; i < 7; i++) {
        ASSERT_EQ(session.ops->alloc(session.opened, 1000, &buffers[i], nullptr), GAIA_OK);
        ASSERT_EQ(session.ops->map(session.opened, &buffers[i], nullptr), GAIA_OK);
        std::memset(buffers[i].host, i + 1, 1000);
        ASSERT_EQ(session.ops->upload(session.opened, &buffers[i], 1000, nullptr), GAIA_OK);
    }
    EXPECT_LE(emulation_calls(EMULATION_HOST_MALLOC), 3U);
    session.ops->free(session.opened, &buffers[6]);
    for (int i = 0; i < 6; i++) {
        const std::vector<char> want(1000, static_cast<char>(i + 1));
        EXPECT_EQ(std::memcmp(buffers[i].device, want.data(), 1000), 0) << "buffer " << i;
    }
    for (backend_buffer &buffer : buffers) {
        session.ops->free(session.opened, &buffer);
    }
}

// Every call begins with an empty list of strips to sum with masks: it holds as many as there are.
TEST_F(CudaBackend, ListOfMaskedStripsBeginsAnew)
{
    Session session;
    session.all();
    ASSERT_EQ(session.status, GAIA_OK) << session.err.detail;
    std::vector<float> values(2 * kPoints, std::nanf(""));
    ASSERT_EQ(session.ops->map(session.opened, &session.field, nullptr), GAIA_OK);
    std::memcpy(session.field.host, values.data(), values.size() * sizeof(float));
    ASSERT_EQ(
        session.ops->upload(session.opened, &session.field, values.size() * sizeof(float), nullptr),
        GAIA_OK);
    for (int i = 0; i < 50; i++) {
        session.sum();
        ASSERT_EQ(session.status, GAIA_OK) << session.err.detail;
        EXPECT_DOUBLE_EQ(session.sums[ROW_FORECAST_MISSING], kPoints);
        EXPECT_DOUBLE_EQ(session.sums[ROW_ERROR_N], 0.0);
    }
}

} // namespace
