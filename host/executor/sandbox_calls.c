/* SPDX-License-Identifier: MIT
 *
 * The seccomp filter of the executor: a list of what it may not call, because what libraries call
 * beyond that changes with their versions.
 *
 * Invariant: a call of another architecture's numbering ends the process, so that no entry of the
 * list can be had under another number.
 */
#include "sandbox.h"

#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/seccomp.h>

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#endif

/* The sanitizers' leak checker traces its own threads at exit and stops them by signals. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#else
#define IS_SANITIZED 0
#endif

enum { X32_BIT = 0x40000000, SOCKET_TYPE = 0xf /* without its flags */ };

static const int denied[] = {
    /* to be reached: dialling needs none of these */
    __NR_bind,
    __NR_listen,
    __NR_accept,
    __NR_accept4,
    /* other programs and processes */
    __NR_execve,
    __NR_execveat,
    __NR_process_vm_writev,
    __NR_pidfd_getfd,
    __NR_pidfd_send_signal,
    __NR_kcmp,
#if !IS_SANITIZED
    __NR_tkill,
    __NR_ptrace,
    __NR_process_vm_readv,
#endif
    /* the tree of files */
    __NR_mount,
    __NR_umount2,
    __NR_pivot_root,
    __NR_chroot,
    __NR_move_mount,
    __NR_open_tree,
    __NR_fsopen,
    __NR_fsconfig,
    __NR_fsmount,
    __NR_fspick,
    442 /* mount_setattr */,
    __NR_mknodat,
    __NR_open_by_handle_at,
    __NR_quotactl,
    __NR_swapon,
    __NR_swapoff,
    __NR_fanotify_init,
    __NR_acct,
    /* whose a file is and who may use it, which Landlock does not look at */
    __NR_fchmod,
    __NR_fchmodat,
    452 /* fchmodat2 */,
    __NR_fchown,
    __NR_fchownat,
    __NR_setxattr,
    __NR_lsetxattr,
    __NR_fsetxattr,
    463 /* setxattrat */,
    /* namespaces and rights */
    __NR_unshare,
    __NR_setns,
    __NR_capset,
    __NR_personality,
    __NR_keyctl,
    __NR_add_key,
    __NR_request_key,
    /* the kernel itself, and ways around this filter */
    __NR_bpf,
    __NR_perf_event_open,
    __NR_userfaultfd,
    __NR_io_uring_setup,
    __NR_io_uring_enter,
    __NR_io_uring_register,
    __NR_init_module,
    __NR_finit_module,
    __NR_delete_module,
    __NR_kexec_load,
    __NR_reboot,
    __NR_syslog,
    __NR_vhangup,
    /* the machine's name and time */
    __NR_sethostname,
    __NR_setdomainname,
    __NR_settimeofday,
    __NR_clock_settime,
    __NR_adjtimex,
    __NR_clock_adjtime,
#if defined(__NR_kexec_file_load)
    __NR_kexec_file_load,
#endif
#if defined(__x86_64__)
    __NR_chmod,
    __NR_chown,
    __NR_lchown,
    __NR_mknod,
    __NR_iopl,
    __NR_ioperm,
    __NR_modify_ldt,
    __NR_uselib,
#endif
};

/* What a call may not be asked for, by one of its arguments. */
static const struct {
    int call;
    unsigned argument;
    uint32_t mask; /* of the argument's bits */
    uint32_t value;
} denied_uses[] = {
    /* what is typed into the terminal that the executor was started from */
    {__NR_ioctl, 1, UINT32_MAX, TIOCSTI},
    {__NR_ioctl, 1, UINT32_MAX, TIOCLINUX},
    /* daemons of this machine, which would run programs for it; a datagram can go to any of them */
    {__NR_socket, 0, UINT32_MAX, AF_UNIX},
    {__NR_socketpair, 1, SOCKET_TYPE, SOCK_DGRAM},
};

#if !IS_SANITIZED
/* Calls that send a signal to the process in the first argument: only to itself. */
static const int signalling[] = {__NR_kill, __NR_tgkill, __NR_rt_sigqueueinfo,
                                 __NR_rt_tgsigqueueinfo};
#endif

struct program {
    struct sock_filter *code;
    size_t n;
};

static void emit(struct program *program, uint16_t code, uint32_t k, uint8_t yes, uint8_t no)
{
    assert(program->n < SANDBOX_FILTER_MAX);
    program->code[program->n++] = (struct sock_filter){code, yes, no, k};
}

static void load(struct program *program, size_t offset)
{
    emit(program, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void answer(struct program *program, uint32_t value)
{
    emit(program, BPF_RET | BPF_K, value, 0, 0);
}

/* Skips the next n instructions unless what is loaded is k. */
static void unless_equal_skip(struct program *program, uint32_t k, uint8_t n)
{
    emit(program, BPF_JMP | BPF_JEQ | BPF_K, k, 0, n);
}

size_t sandbox_filter(pid_t pid, struct sock_filter filter[SANDBOX_FILTER_MAX])
{
    enum { FIRST_ARGUMENT = offsetof(struct seccomp_data, args) }; /* its low half: little endian */
    const uint32_t refused = SECCOMP_RET_ERRNO | EPERM;
    const uint32_t namespaces = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                                CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP;
    struct program program = {filter, 0};
    load(&program, offsetof(struct seccomp_data, arch));
    emit(&program, BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCH, 1, 0);
    answer(&program, SECCOMP_RET_KILL_PROCESS);
    load(&program, offsetof(struct seccomp_data, nr));
#if defined(__x86_64__)
    emit(&program, BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
    answer(&program, SECCOMP_RET_KILL_PROCESS);
#endif
    for (size_t i = 0; i < sizeof denied / sizeof *denied; i++) {
        unless_equal_skip(&program, (uint32_t)denied[i], 1);
        answer(&program, refused);
    }
    for (size_t i = 0; i < sizeof denied_uses / sizeof *denied_uses; i++) {
        const size_t argument = FIRST_ARGUMENT + denied_uses[i].argument * sizeof(uint64_t);
        unless_equal_skip(&program, (uint32_t)denied_uses[i].call, 5);
        load(&program, argument);
        emit(&program, BPF_ALU | BPF_AND | BPF_K, denied_uses[i].mask, 0, 0);
        unless_equal_skip(&program, denied_uses[i].value, 1);
        answer(&program, refused);
        load(&program, offsetof(struct seccomp_data, nr));
    }
    /* Its flags lie in memory, where a filter cannot look: the C library then takes clone. */
    unless_equal_skip(&program, __NR_clone3, 1);
    answer(&program, SECCOMP_RET_ERRNO | ENOSYS);
    unless_equal_skip(&program, __NR_clone, 4);
    load(&program, FIRST_ARGUMENT);
    emit(&program, BPF_JMP | BPF_JSET | BPF_K, namespaces, 0, 1);
    answer(&program, refused);
    answer(&program, SECCOMP_RET_ALLOW);
#if !IS_SANITIZED
    for (size_t i = 0; i < sizeof signalling / sizeof *signalling; i++) {
        unless_equal_skip(&program, (uint32_t)signalling[i], 4);
        load(&program, FIRST_ARGUMENT);
        emit(&program, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)pid, 1, 0);
        answer(&program, refused);
        answer(&program, SECCOMP_RET_ALLOW);
    }
#else
    (void)pid;
#endif
    answer(&program, SECCOMP_RET_ALLOW);
    return program.n;
}

void sandbox_calls(const struct log *log)
{
    struct sock_filter filter[SANDBOX_FILTER_MAX];
    const struct sock_fprog program = {.len = (unsigned short)sandbox_filter(getpid(), filter),
                                       .filter = filter};
    long failed = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (failed == 0) {
        failed =
            syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
    }
    if (failed != 0) {
        log_event(log, LOG_SECURITY, LOG_WARNING, "sandbox_weak",
                  "no seccomp: every system call may be made",
                  log_text("error", failed < 0 ? strerror(errno) : "a thread is bound already"));
    } else {
        log_event(log, LOG_SECURITY, LOG_INFO, "sandbox_seccomp",
                  "system calls that no batch needs are refused",
                  log_int("instructions", program.len));
    }
}
