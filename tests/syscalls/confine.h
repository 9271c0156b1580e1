// The system calls that loading and running a model makes, enforced by the kernel: seccomp.
#ifndef RIVULET_TESTS_SYSCALLS_CONFINE_H_
#define RIVULET_TESTS_SYSCALLS_CONFINE_H_

#include <string>
#include <vector>

namespace rivulet {

// From now on any other system call of this process, or one of these used for more than is said, ends it with status
// kForbidden after a line on standard error that names the call. False when the kernel has no seccomp.
bool Confine();

inline constexpr int kForbidden = 99;

// The list as docs/promises.md has it, in its order.
std::vector<std::string> AllowedCalls();

}  // namespace rivulet

#endif  // RIVULET_TESTS_SYSCALLS_CONFINE_H_
