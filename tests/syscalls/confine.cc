#include "tests/syscalls/confine.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>

namespace rivulet {
namespace {

struct Call {
  const char* name;
  long number;
};

// Allowed whatever their arguments.
constexpr Call kPlain[] = {
    // Files that are already open, and folders.
    {"read", SYS_read},
    {"pread64", SYS_pread64},
    {"close", SYS_close},
    {"fstat", SYS_fstat},
    {"newfstatat", SYS_newfstatat},
    {"lseek", SYS_lseek},
    {"getdents64", SYS_getdents64},
    {"fcntl", SYS_fcntl},
    // Memory.
    {"munmap", SYS_munmap},
    {"mremap", SYS_mremap},
    {"brk", SYS_brk},
    {"madvise", SYS_madvise},
    // Threads of the pool.
    {"futex", SYS_futex},
    {"set_robust_list", SYS_set_robust_list},
    {"rseq", SYS_rseq},
    {"rt_sigprocmask", SYS_rt_sigprocmask},
    {"rt_sigaction", SYS_rt_sigaction},  // the thread library's own, with the first thread
    {"sched_getaffinity", SYS_sched_getaffinity},
    {"sched_yield", SYS_sched_yield},
    {"exit", SYS_exit},
    {"exit_group", SYS_exit_group},
    // Clocks and seeds.
    {"clock_gettime", SYS_clock_gettime},
    {"getrandom", SYS_getrandom},
};

// Allowed as far as an argument says: `mask` of it must be `value`.
struct Limited {
  const char* name;
  long number;
  int argument;
  uint32_t mask;
  uint32_t value;
};
constexpr Limited kLimited[] = {
    {"openat (for reading)", SYS_openat, 2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY},
    {"mmap (not to execute)", SYS_mmap, 2, PROT_EXEC, 0},
    {"mprotect (not to execute)", SYS_mprotect, 2, PROT_EXEC, 0},
    {"clone (threads, not processes)", SYS_clone, 0, CLONE_THREAD, CLONE_THREAD},
};

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "no seccomp filter for this processor"
#endif

sock_filter Load(size_t offset) { return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset)); }
sock_filter SkipUnless(uint32_t value, uint8_t count) { return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, count); }
sock_filter Return(uint32_t what) { return BPF_STMT(BPF_RET | BPF_K, what); }

// Says which call it was. Only calls that may be made in a signal handler, and write by the filter's leave.
void OnForbidden(int, siginfo_t* info, void*) {
  char line[64];
  const int length = std::snprintf(line, sizeof(line), "forbidden system call %d\n", info->si_syscall);
  if (length > 0) static_cast<void>(!write(STDERR_FILENO, line, static_cast<size_t>(length)));
  _exit(kForbidden);
}

}  // namespace

std::vector<std::string> AllowedCalls() {
  std::vector<std::string> names;
  for (const Call& call : kPlain) names.emplace_back(call.name);
  for (const Limited& call : kLimited) names.emplace_back(call.name);
  return names;
}

bool Confine() {
  std::vector<sock_filter> filter = {Load(offsetof(seccomp_data, arch)), SkipUnless(kArchitecture, 1),
                                     BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0), Return(SECCOMP_RET_KILL_PROCESS),
                                     Load(offsetof(seccomp_data, nr))};
  const auto allow = [&](long number) {
    filter.push_back(SkipUnless(static_cast<uint32_t>(number), 1));
    filter.push_back(Return(SECCOMP_RET_ALLOW));
  };
  for (const Call& call : kPlain) allow(call.number);
  // For the line that says what was forbidden, and for what the test prints.
  allow(SYS_write);
  allow(SYS_rt_sigreturn);
  for (const Limited& call : kLimited) {
    filter.push_back(SkipUnless(static_cast<uint32_t>(call.number), 5));
    filter.push_back(Load(offsetof(seccomp_data, args) + sizeof(uint64_t) * static_cast<size_t>(call.argument)));
    filter.push_back(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, call.mask));
    filter.push_back(SkipUnless(call.value, 1));
    filter.push_back(Return(SECCOMP_RET_ALLOW));
    filter.push_back(Return(SECCOMP_RET_TRAP));
  }
  // Its arguments lie in memory, where a filter cannot look; without it the C library uses clone.
  filter.push_back(SkipUnless(static_cast<uint32_t>(SYS_clone3), 1));
  filter.push_back(Return(SECCOMP_RET_ERRNO | ENOSYS));
  filter.push_back(Return(SECCOMP_RET_TRAP));

  struct sigaction action = {};
  action.sa_sigaction = OnForbidden;
  action.sa_flags = SA_SIGINFO;
  if (sigaction(SIGSYS, &action, nullptr) != 0) return false;
  const sock_fprog program = {static_cast<unsigned short>(filter.size()), filter.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

}  // namespace rivulet
