#include "tests/library_once.h"

template class std::basic_string<char>;
template class std::vector<float>;
template class std::vector<int>;
template class std::vector<int64_t>;
template class std::vector<std::string>;
