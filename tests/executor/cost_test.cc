/* SPDX-License-Identifier: MIT
 *
 * What an executor tells beside its work: what it cost, what its device holds, whom it replaces.
 */
#include "executor_stage.h"

namespace
{

TEST_F(Executor, TellsWhatALeaseCostAndWhatTheDeviceHolds)
{
    options.replaces = "rss_soft";
    Scheduler scheduler(state);
    scheduler.lease("plan", "attempt-1");
    scheduler.lease("score", "attempt-2");
    scheduler.lease("score", "attempt-3");
    start();
    ASSERT_TRUE(scheduler.until([&] { return scheduler.results.size() == 3; }));
    ASSERT_TRUE(scheduler.until([&] {
        return scheduler.device_bytes == std::vector<json_int_t>{300, 400, 200};
    }));
    leave();
    EXPECT_EQ("rss_soft", scheduler.replaces);
    EXPECT_EQ("{\"fresh\":0,\"kept\":0,\"kernel_us\":0,\"read_bytes\":{},\"summed_bytes\":0,"
              "\"uploaded_bytes\":0}",
              scheduler.results[0].cost);
    for (size_t i : {1u, 2u}) { // of that lease alone
        EXPECT_EQ("{\"fresh\":1,\"kept\":2,\"kernel_us\":500000,\"read_bytes\":{\"zarr\":64},"
                  "\"summed_bytes\":192,\"uploaded_bytes\":1000}",
                  scheduler.results[i].cost);
    }
}

} // namespace
