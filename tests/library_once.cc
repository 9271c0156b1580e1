#include "tests/library_once.h"

template class std::basic_string<char>;
template class std::vector<float>;
template class std::vector<int>;
template class std::vector<int64_t>;
template class std::vector<uint8_t>;
template class std::vector<std::string>;
template class std::vector<std::string_view>;
template class std::vector<rivulet::Tensor>;
template class std::unique_ptr<std::string>;
template class std::unique_ptr<std::stringstream>;
template class std::shared_ptr<void>;
template class rivulet::Result<rivulet::Tensor>;
template class rivulet::Result<std::vector<rivulet::Tensor>>;
