// Classes of the library that most tests use, compiled once (library_once.cc) and not in each of them. Precompiled with
// the other headers, so no file includes it.
#ifndef RIVULET_TESTS_LIBRARY_ONCE_H_
#define RIVULET_TESTS_LIBRARY_ONCE_H_

#include <cstdint>
#include <string>
#include <vector>

extern template class std::basic_string<char>;
extern template class std::vector<float>;
extern template class std::vector<int>;
extern template class std::vector<int64_t>;
extern template class std::vector<std::string>;

#endif  // RIVULET_TESTS_LIBRARY_ONCE_H_
