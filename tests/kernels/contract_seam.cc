// SPDX-License-Identifier: MIT
//
// Cases about the seam itself: work that is used again, two of them at once, uploads between, and
// what a backend must refuse.
//
// Invariant: a refused call leaves nothing behind: the sums before and after it are the
// reference's.
#include <chrono>
#include <cstring>
#include <functional>
#include <string>
#include <thread>

#include "contract.h"
#include "contract_fields.h"
#include "contract_reference.h"
#include "contract_run.h"

namespace contract
{
namespace
{

// The small problem that the cases here ask for in some variety.
Problem small_problem(Random &random, size_t n_tiles, size_t n_forecasts)
{
    HostLayout layout = layout_whole(4, 41, 1);
    layout.planes = {plane_make(random, layout.n_points(), GAIA_FLOAT32)};
    region_add(&layout, 3, 33, 1, 2);
    region_add(&layout, 0, 41, 0, 4, 0);
    Problem problem;
    problem.layout = layout;
    for (size_t i = 0; i < n_tiles; i++) {
        const Recipe recipe = {GAIA_FLOAT32, i % 2 == 0 ? 0.0 : 0.05};
        problem.tiles.push_back(
            problem_make(random, layout, recipe, n_forecasts, i % 3 != 1, i % 2 == 1).tiles[0]);
    }
    return problem;
}

void require_sums(const Problem &problem, const double *sums, const std::string &what)
{
    const std::string difference = first_difference(problem.layout, sums, reference_sums(problem));
    require(difference.empty(), what + ": " + difference);
}

// Fewer and more tiles, with and without climatology: nothing of an earlier call is left.
void work_used_again(const Target &target)
{
    Random random(60);
    const Problem all = small_problem(random, 5, 4);
    Layout layout(target, all.layout);
    Work work(target, &layout, 5, 20);
    for (const size_t n : std::vector<size_t>{5, 1, 3, 5, 5, 2, 1}) {
        for (size_t first = 0; first + n <= 5; first += 2) {
            Problem some = all;
            some.tiles.assign(all.tiles.begin() + static_cast<std::ptrdiff_t>(first),
                              all.tiles.begin() + static_cast<std::ptrdiff_t>(first + n));
            const Tiles tiles(target, some);
            work.start(tiles.get());
            require_sums(some, work.wait(), std::to_string(n) + " tiles in a work used again");
        }
    }
}

// An upload is seen by the moments that start after it, and by no other.
void uploads_between(const Target &target)
{
    Random random(61);
    Problem problem = small_problem(random, 1, 3);
    Layout layout(target, problem.layout);
    Tiles tiles(target, problem);
    Work work(target, &layout, 1, 3);
    for (size_t i = 0; i < 6; i++) {
        work.start(tiles.get());
        require_sums(problem, work.wait(), "after upload " + std::to_string(i));
        problem.tiles[0].truth = field_make(random, problem.layout.n_points(), {});
        tiles.truth_upload(0, problem.tiles[0].truth);
    }
}

// A mapping that is given back unused changes nothing.
void mapping_unused(const Target &target)
{
    Random random(62);
    const std::vector<float> values(999, 281.5F);
    Problem problem = small_problem(random, 1, 1);
    problem.tiles[0].truth = field_of(GAIA_FLOAT32, problem.layout.n_points(), 281.5);
    Buffer buffer(target, values.size() * sizeof(float));
    buffer.upload(values.data(), values.size() * sizeof(float));
    Layout layout(target, problem.layout);
    Tiles tiles(target, problem);
    tiles.get()[0].truth.data = buffer.device();
    Work work(target, &layout, 1, 1);
    for (size_t i = 0; i < 3; i++) {
        work.start(tiles.get());
        require_sums(problem, work.wait(), "after a mapping given back");
        gaia_error err = {};
        require_ok("map", target.ops->map(target.opened, buffer.get(), &err), err);
        require_ok("upload", target.ops->upload(target.opened, buffer.get(), 0, &err), err);
        require(buffer.get()->host == nullptr, "upload of nothing: the mapping is still there");
    }
}

// What was uploaded last comes back, the first bytes of it too; more than there is does not.
void downloads(const Target &target)
{
    Random random(70);
    Buffer buffer(target, 5000);
    std::vector<unsigned char> bytes(5000);
    std::vector<unsigned char> room(5001);
    for (const size_t n : std::vector<size_t>{5000, 4999, 1}) {
        const void *host = nullptr;
        gaia_error err = {};
        for (size_t i = 0; i < n; i++) {
            bytes[i] = static_cast<unsigned char>(random.next());
        }
        buffer.upload(bytes.data(), n);
        require_ok(
            "download",
            target.ops->download(target.opened, buffer.get(), 5000, room.data(), &host, &err), err);
        require(host != nullptr && std::memcmp(host, bytes.data(), 5000) == 0,
                "what comes back is not what was uploaded");
        require(target.ops->download(target.opened, buffer.get(), 5001, room.data(), &host, &err) ==
                        GAIA_USAGE &&
                    err.detail[0] != '\0',
                "more than the buffer holds is not refused");
    }
}

void two_in_flight(const Target &target)
{
    Random random(63);
    const Problem one = small_problem(random, 2, 5);
    const Problem two = small_problem(random, 3, 1);
    Layout layout_one(target, one.layout);
    Layout layout_two(target, two.layout);
    const Tiles tiles_one(target, one);
    const Tiles tiles_two(target, two);
    Work work_one(target, &layout_one, 2, 10);
    Work work_two(target, &layout_two, 4, 30);
    backend_times before = {};
    backend_times after = {};
    target.ops->times(target.opened, &before);
    const auto begun = std::chrono::steady_clock::now();
    for (size_t i = 0; i < 4; i++) {
        work_one.start(tiles_one.get());
        work_two.start(tiles_two.get());
        require_sums(one, work_one.wait(), "the first of two in flight");
        require_sums(two, work_two.wait(), "the second of two in flight");
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    target.ops->times(target.opened, &after);
    require(after.kernel_s >= before.kernel_s &&
                after.kernel_s - before.kernel_s <= took.count() * 1.001,
            "the kernels of two in flight took longer than all of it");
}

void two_threads(const Target &target)
{
    std::string failures[2];
    const auto sum = [&](size_t which) {
        try {
            Random random(64 + which);
            for (size_t i = 0; i < target.pick<size_t>(2, 5, 40); i++) {
                const Problem problem = small_problem(random, 1 + which, 3 + i % 7);
                check(target, problem, "thread " + std::to_string(which));
            }
        } catch (const Failure &failure) {
            failures[which] = failure.what();
        }
    };
    std::thread other(sum, 1);
    sum(0);
    other.join();
    require(failures[0].empty() && failures[1].empty(), failures[0] + failures[1]);
}

// A way to spoil tiles.
struct Fault {
    const char *text; // what moments says of it
    std::function<void(std::vector<tile> *tiles, std::vector<gaia_field> *forecasts)> spoil;
};

const void *beside(const void *data, size_t bytes)
{
    return static_cast<const char *>(data) + bytes;
}

std::vector<Fault> faults()
{
    using Tile = std::vector<tile> *;
    using Fields = std::vector<gaia_field> *;
    return {
        {"tile 1: the truth is a null pointer",
         [](Tile t, Fields) { (*t)[1].truth.data = nullptr; }},
        {"tile 0: the truth is misaligned for its type",
         [](Tile t, Fields) { (*t)[0].truth.data = beside((*t)[0].truth.data, 2); }},
        {"tile 1: the climatology is misaligned for its type",
         [](Tile t, Fields) {
             (*t)[1].climatology = (*t)[1].truth;
             (*t)[1].climatology.dtype = GAIA_FLOAT64;
             (*t)[1].climatology.data = beside((*t)[1].truth.data, 4);
         }},
        {"tile 1: the reference is misaligned for its type",
         [](Tile t, Fields) {
             (*t)[1].reference = (*t)[1].truth;
             (*t)[1].reference.dtype = GAIA_INT16;
             (*t)[1].reference.data = beside((*t)[1].truth.data, 1);
         }},
        {"tile 0: the truth is of no known type",
         [](Tile t, Fields) { (*t)[0].truth.dtype = static_cast<gaia_dtype>(3); }},
        {"tile 1: forecast 1 is a null pointer", [](Tile, Fields f) { (*f)[1].data = nullptr; }},
        {"tile 1: forecast 0 is misaligned for its type",
         [](Tile, Fields f) { (*f)[0].data = beside((*f)[0].data, 3); }},
        {"tile 1: forecast 1 is of no known type",
         [](Tile, Fields f) { (*f)[1].dtype = static_cast<gaia_dtype>(3); }},
        {"tile 0 has no forecasts", [](Tile t, Fields) { (*t)[0].n_forecasts = 0; }},
        {"tile 1 has no forecasts", [](Tile t, Fields) { (*t)[1].forecasts = nullptr; }},
        {"0 tiles: 1 to 2 can be summed at once", [](Tile t, Fields) { t->clear(); }},
        {"3 tiles: 1 to 2 can be summed at once", [](Tile t, Fields) { t->push_back((*t)[0]); }},
        {"more than the 4 forecasts that can be summed at once",
         [](Tile t, Fields f) {
             f->push_back((*f)[0]);
             (*t)[1].forecasts = f->data();
             (*t)[1].n_forecasts = 3;
         }},
        {"more than the 4 forecasts that can be summed at once",
         [](Tile t, Fields) { (*t)[0].n_forecasts = SIZE_MAX; }},
    };
}

// What cannot be summed is refused in the words of tiles_check, and nothing is harmed by it.
void refusals(const Target &target)
{
    Random random(66);
    const Problem problem = small_problem(random, 2, 2);
    Layout layout(target, problem.layout);
    const Tiles tiles(target, problem);
    Work work(target, &layout, 2, 4);
    Work other(target, &layout, 2, 4);
    for (const Fault &fault : faults()) {
        work.start(tiles.get());
        const double *before = work.wait();
        other.start(tiles.get());
        std::vector<tile> spoilt = tiles.get();
        std::vector<gaia_field> forecasts(spoilt[1].forecasts, spoilt[1].forecasts + 2);
        spoilt[1].forecasts = forecasts.data();
        fault.spoil(&spoilt, &forecasts);
        gaia_error err = {};
        const gaia_status status = work.start(spoilt, &err);
        require(status == GAIA_USAGE && err.status == GAIA_USAGE,
                std::string(fault.text) + ": not refused as such");
        require_text("moments", err.detail, fault.text);
        require_sums(problem, before, "the sums from before what was refused");
        require_sums(problem, other.wait(), "the sums of other work");
        work.start(tiles.get());
        require_sums(problem, work.wait(), "the sums after what was refused");
    }
}

void wait_without_moments(const Target &target)
{
    Random random(67);
    const Problem problem = small_problem(random, 1, 1);
    Layout layout(target, problem.layout);
    const Tiles tiles(target, problem);
    Work work(target, &layout, 1, 1);
    for (size_t i = 0; i < 3; i++) {
        gaia_error err = {};
        const double *sums = nullptr;
        require(work.wait(&sums, &err) == GAIA_USAGE && err.status == GAIA_USAGE,
                "wait without moments is not refused");
        require(err.detail[0] != '\0' && sums == nullptr,
                "wait without moments: no sentence, or sums all the same");
        work.start(tiles.get());
        require(work.start(tiles.get(), &err) == GAIA_USAGE &&
                    std::string(err.detail) == "this work's last sums were not waited for",
                "a second start before the wait is not refused");
        require_sums(problem, work.wait(), "after a wait and a start that were refused");
    }
}

// Room that cannot be is refused before any of it is taken.
void work_that_cannot_be(const Target &target)
{
    Random random(69);
    const Problem problem = small_problem(random, 1, 1);
    Layout layout(target, problem.layout);
    const struct {
        size_t n_tiles_max;
        size_t n_forecasts_max;
    } rooms[] = {{0, 1}, {1, 0}, {1, SIZE_MAX}, {SIZE_MAX, SIZE_MAX}, {1, SIZE_MAX / 1000}};
    for (const auto &room : rooms) {
        backend_work *work = nullptr;
        gaia_error err = {};
        const gaia_status status =
            target.ops->work_open(target.opened, layout.host(), layout.device(), room.n_tiles_max,
                                  room.n_forecasts_max, &work, &err);
        require((status == GAIA_USAGE || (status == GAIA_OUT_OF_MEMORY && room.n_tiles_max > 0)) &&
                    err.status == status && err.detail[0] != '\0' && work == nullptr,
                "room for " + std::to_string(room.n_tiles_max) + " tiles and " +
                    std::to_string(room.n_forecasts_max) + " forecasts is not refused");
    }
    check(target, problem, "after work that could not be");
}

// Work that is closed while its sums are still to come, and a backend that is told its name.
void closing_early(const Target &target)
{
    Random random(68);
    const Problem problem = small_problem(random, 2, 3);
    Layout layout(target, problem.layout);
    const Tiles tiles(target, problem);
    for (size_t i = 0; i < 3; i++) {
        Work work(target, &layout, 2, 6);
        work.start(tiles.get());
    }
    target.ops->work_close(target.opened, nullptr);
    check(target, problem, "after work that was closed early");
    require(target.ops->name[0] != '\0' && target.ops->device(target.opened)[0] != '\0',
            "the backend or its device has no name");
    backend_times times = {};
    target.ops->times(target.opened, &times);
    require(times.upload_s >= 0.0 && times.kernel_s >= 0.0 && times.download_s >= 0.0,
            "a time is negative");
}

} // namespace

std::vector<Case> seam_cases()
{
    return {{"WorkUsedAgain", work_used_again},
            {"UploadsBetween", uploads_between},
            {"MappingUnused", mapping_unused},
            {"Downloads", downloads},
            {"TwoInFlight", two_in_flight},
            {"TwoThreads", two_threads},
            {"Refusals", refusals},
            {"WaitWithoutMoments", wait_without_moments},
            {"WorkThatCannotBe", work_that_cannot_be},
            {"ClosingEarly", closing_early}};
}

} // namespace contract
