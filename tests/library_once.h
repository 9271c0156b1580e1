// Classes of templates that most tests use, compiled once (library_once.cc) and not in each of them. Precompiled with
// the other headers, so no file includes it.
#ifndef RIVULET_TESTS_LIBRARY_ONCE_H_
#define RIVULET_TESTS_LIBRARY_ONCE_H_

#include <cstdint>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "rivulet/status.h"
#include "rivulet/tensor.h"

extern template class std::basic_string<char>;
extern template class std::vector<float>;
extern template class std::vector<int>;
extern template class std::vector<int64_t>;
extern template class std::vector<uint8_t>;
extern template class std::vector<std::string>;
extern template class std::vector<std::string_view>;
extern template class std::vector<rivulet::Tensor>;
extern template class std::unique_ptr<std::string>;        // GoogleTest's messages
extern template class std::unique_ptr<std::stringstream>;  // and more of them
extern template class std::shared_ptr<void>;
extern template class rivulet::Result<rivulet::Tensor>;
extern template class rivulet::Result<std::vector<rivulet::Tensor>>;

#endif  // RIVULET_TESTS_LIBRARY_ONCE_H_
