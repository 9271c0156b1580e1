// Fault injection into operator new, for the whole program: the Nth call from now fails, once or from then on.
#ifndef RIVULET_TESTS_HOSTILE_NEW_FAULTS_H_
#define RIVULET_TESTS_HOSTILE_NEW_FAULTS_H_

#include <cstdint>

namespace rivulet {

// Zero turns it off. Returns how many calls there were since the last time.
int64_t FailNthNew(int64_t nth, bool and_all_later);

}  // namespace rivulet

#endif  // RIVULET_TESTS_HOSTILE_NEW_FAULTS_H_
