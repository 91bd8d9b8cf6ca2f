// SPDX-License-Identifier: MIT
//
// Lanes as fibers: each runs until a collective and goes on when all whom the collective names have
// come to it.
//
// Invariant: between two collectives the lanes of a warp run one after another in an order that the
// seed decides.
#include "cuda_fibers.h"

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <memory>
#include <random>
#include <vector>

#include <ucontext.h>

#include "cuda_emulation.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace
{

constexpr uint32_t kLanes = 32;
constexpr size_t kStackBytes = size_t{512} << 10;

// A place where execution can go on: a lane, or the scheduler that they all come back to.
struct Fiber {
    ucontext_t context = {}; // where it begins
    jmp_buf place = {};      // where it goes on
    bool has_begun = false;
    const void *stack = nullptr;
    size_t stack_bytes = 0;
    void *fake_stack = nullptr; // the address sanitizer's own
    void *thread = nullptr;     // the thread sanitizer's own
};

enum class State { READY, WAITING, DONE };

struct Lane {
    Fiber fiber;
    State state = State::READY;
    emulated_place place = {};
    emulated_meeting meeting = {};
    uint64_t got = 0;
    std::unique_ptr<char[]> memory; // null: to be made
};

struct Warp {
    Lane lanes[kLanes];
    Fiber scheduler;
    uint32_t running = 0;
    const std::function<void()> *run = nullptr;
    unsigned n_faults = 0;
};

Warp &warp()
{
    static Warp one;
    return one;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

void fiber_switch(Fiber *from, Fiber *to)
{
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(&from->fake_stack, to->stack, to->stack_bytes);
#else
    __tsan_switch_to_fiber(to->thread, 0);
#endif
    (void)swapcontext(&from->context, &to->context);
#if defined(__SANITIZE_ADDRESS__)
    const bool is_scheduler = from == &warp().scheduler;
    __sanitizer_finish_switch_fiber(from->fake_stack, is_scheduler ? nullptr : &to->stack,
                                    is_scheduler ? nullptr : &to->stack_bytes);
#endif
}

#else

// swapcontext asks the system for the mask of signals each time, which takes longer than most of
// what lies between two collectives.
void fiber_switch(Fiber *from, Fiber *to)
{
    from->has_begun = true;
    if (_setjmp(from->place) == 0) {
        if (to->has_begun) {
            _longjmp(to->place, 1);
        }
        (void)setcontext(&to->context);
    }
}

#endif

// A lane's life: one warp after another.
void lane_main()
{
    Warp &w = warp();
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(nullptr, &w.scheduler.stack, &w.scheduler.stack_bytes);
#endif
    for (;;) {
        Lane &self = w.lanes[w.running];
        (*w.run)();
        self.state = State::DONE;
        fiber_switch(&self.fiber, &w.scheduler);
    }
}

// Makes the lane begin anew, whatever it was at.
void lane_make(Lane *lane)
{
    lane->memory.reset(new char[kStackBytes]);
    lane->fiber.stack = lane->memory.get();
    lane->fiber.stack_bytes = kStackBytes;
    lane->fiber.fake_stack = nullptr;
    lane->fiber.has_begun = false;
    (void)getcontext(&lane->fiber.context);
    lane->fiber.context.uc_stack.ss_sp = lane->memory.get();
    lane->fiber.context.uc_stack.ss_size = kStackBytes;
    lane->fiber.context.uc_link = nullptr;
    makecontext(&lane->fiber.context, lane_main, 0);
    lane->fiber.context.uc_stack.ss_size = 0; // or a sanitizer clears its notes at every switch
#if defined(__SANITIZE_THREAD__)
    lane->fiber.thread = __tsan_create_fiber(0);
#endif
}

bool are_one(const emulated_meeting &a, const emulated_meeting &b)
{
    return a.what == b.what && a.line == b.line && a.mask == b.mask;
}

// Whether all lanes that this one's collective names are at it too.
bool all_have_come(const Warp &w, const emulated_meeting &meeting)
{
    bool all = true;
    for (uint32_t j = 0; j < kLanes; j++) {
        const Lane &other = w.lanes[j];
        all = all && ((meeting.mask >> j & 1) == 0 ||
                      (other.state == State::WAITING && are_one(other.meeting, meeting)));
    }
    return all;
}

uint64_t value_got(const Warp &w, uint32_t i)
{
    const emulated_meeting &mine = w.lanes[i].meeting;
    uint64_t votes = 0;
    uint32_t from = 0;
    switch (mine.what) {
    case emulated_meeting::BALLOT:
        for (uint32_t j = 0; j < kLanes; j++) {
            votes |= (mine.mask >> j & 1) != 0 ? w.lanes[j].meeting.given << j : 0;
        }
        return votes;
    case emulated_meeting::SHUFFLE:
        from = static_cast<uint32_t>(mine.operand) % kLanes;
        break;
    case emulated_meeting::SHUFFLE_XOR:
        from = (i ^ static_cast<uint32_t>(mine.operand)) % kLanes;
        break;
    }
    return w.lanes[(mine.mask >> from & 1) != 0 ? from : i].meeting.given;
}

// Lets the lanes whose collective is complete go on. False: there is none.
bool meetings_hold(Warp *w)
{
    bool came[kLanes];
    bool any = false;
    bool all = false; // have come to where the lane before is
    for (uint32_t i = 0; i < kLanes; i++) {
        const emulated_meeting &mine = w->lanes[i].meeting;
        if (i == 0 || !are_one(mine, w->lanes[i - 1].meeting)) {
            all = all_have_come(*w, mine);
        }
        came[i] = w->lanes[i].state == State::WAITING && all && (mine.mask >> i & 1) != 0;
        w->lanes[i].got = came[i] ? value_got(*w, i) : 0;
    }
    for (uint32_t i = 0; i < kLanes; i++) {
        w->lanes[i].state = came[i] ? State::READY : w->lanes[i].state;
        any = any || came[i];
    }
    return any;
}

void fault_report(const Warp &w)
{
    uint32_t waiting = 0;
    for (uint32_t i = 0; i < kLanes; i++) {
        waiting |= w.lanes[i].state == State::WAITING ? 1U << i : 0;
    }
    uint32_t first = 0;
    while ((waiting >> first & 1) == 0) {
        first++;
    }
    const Lane &lane = w.lanes[first];
    (void)std::fprintf(
        stderr,
        "emulation: block %u thread %u waits in line %d for lanes %08x, which do not "
        "all come there; lanes %08x wait somewhere\n",
        lane.place.block.x, lane.place.thread.x, lane.meeting.line, lane.meeting.mask, waiting);
}

template <typename Random> void warp_run(Warp *w, Random *random)
{
    uint32_t order[kLanes];
    for (uint32_t i = 0; i < kLanes; i++) {
        order[i] = i;
        if (w->lanes[i].memory == nullptr) {
            lane_make(&w->lanes[i]);
        }
        w->lanes[i].state = State::READY;
    }
    do {
        std::shuffle(order, order + kLanes, *random);
        for (const uint32_t i : order) {
            if (w->lanes[i].state == State::READY) {
                w->running = i;
                fiber_switch(&w->scheduler, &w->lanes[i].fiber);
            }
        }
    } while (meetings_hold(w));
    const bool is_over = std::all_of(w->lanes, w->lanes + kLanes,
                                     [](const Lane &lane) { return lane.state == State::DONE; });
    if (!is_over) {
        fault_report(*w);
        w->n_faults++;
        for (Lane &lane : w->lanes) {
            lane.memory.reset();
        }
    }
}

} // namespace

const emulated_place &emulation_here()
{
    return warp().lanes[warp().running].place;
}

uint64_t emulation_meet(const emulated_meeting &meeting)
{
    Warp &w = warp();
    Lane &self = w.lanes[w.running];
    self.meeting = meeting;
    self.state = State::WAITING;
    fiber_switch(&self.fiber, &w.scheduler);
    return self.got;
}

void fibers_run(uint32_t n_blocks, uint32_t n_threads, uint64_t seed,
                const std::function<void()> &lane)
{
    Warp &w = warp();
    const uint32_t each = n_threads / kLanes;
    std::mt19937_64 random(seed);
    std::vector<uint32_t> order(static_cast<size_t>(n_blocks) * each);
    for (size_t i = 0; i < order.size(); i++) {
        order[i] = static_cast<uint32_t>(i);
    }
    std::shuffle(order.begin(), order.end(), random);
    w.run = &lane;
#if defined(__SANITIZE_THREAD__)
    w.scheduler.thread = __tsan_get_current_fiber();
#endif
    for (const uint32_t k : order) {
        for (uint32_t i = 0; i < kLanes; i++) {
            w.lanes[i].place = {{k % each * kLanes + i}, {k / each}, {n_blocks}};
        }
        warp_run(&w, &random);
    }
}

unsigned fibers_faults()
{
    return warp().n_faults;
}

void fibers_faults_forget()
{
    warp().n_faults = 0;
}
