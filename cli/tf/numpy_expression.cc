#include "cli/tf/numpy_expression.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <vector>

#include "cli/tf/numpy_call.h"
#include "engine/base/errors.h"

namespace rivulet::tf {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  void SkipSpace() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) ++at_;
  }
  bool Take(char c) {
    SkipSpace();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  // Letters, digits, '_' and dots within: "np.random.rand".
  std::string_view Word() {
    SkipSpace();
    const size_t start = at_;
    while (at_ < text_.size() && IsOfWord(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }
  bool AtEnd() {
    SkipSpace();
    return at_ == text_.size();
  }

  Result<double> Number() {
    SkipSpace();
    double value = 0;
    const bool plus = Take('+');
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error != std::errc() || (plus && text_[at_] == '-')) return Bad("a number");
    at_ = static_cast<size_t>(end - text_.data());
    return value;
  }

  // "(2, 3)", "[2, 3]" or "2"; "shape=" may stand before it.
  Result<Argument> ReadArgument() {
    Argument argument;
    SkipSpace();
    const size_t start = at_;
    const std::string_view word = Word();
    if (!word.empty() && !IsDigit(word[0]) && Take('=')) {
      argument.name = word;
    } else {
      at_ = start;
    }
    SkipSpace();
    const char first = at_ < text_.size() ? text_[at_] : 0;
    if (first == '(' || first == '[') {
      ++at_;
      argument.is_list = true;
      const char close = first == '(' ? ')' : ']';
      while (!Take(close)) {
        RIVULET_ASSIGN_OR_RETURN(const double value, Number());
        argument.numbers.push_back(value);
        if (!Take(',') && !(SkipSpace(), at_ < text_.size() && text_[at_] == close)) return Bad("',' or an end");
      }
      return argument;
    }
    if (first == '\'' || first == '"') {
      const size_t end = text_.find(first, at_ + 1);
      if (end == std::string_view::npos) return Bad("a closed quote");
      argument.word = text_.substr(at_ + 1, end - at_ - 1);
      at_ = end + 1;
      argument.is_word = true;
      return argument;
    }
    if (IsOfWord(first) && !IsDigit(first) && first != '.') {
      argument.word = Word();
      argument.is_word = true;
      return argument;
    }
    RIVULET_ASSIGN_OR_RETURN(const double value, Number());
    argument.numbers = {value};
    return argument;
  }

  // What lies between brackets, the first of which is read.
  Result<std::vector<Argument>> ReadArguments() {
    std::vector<Argument> arguments;
    while (!Take(')')) {
      RIVULET_ASSIGN_OR_RETURN(Argument argument, ReadArgument());
      arguments.push_back(std::move(argument));
      if (Take(',')) continue;
      if (!Take(')')) return Bad("',' or ')'");
      break;
    }
    return arguments;
  }

  Status Bad(const char* wanted) const {
    return InvalidArgument("want ", wanted, " at '", std::string(text_.substr(std::min(at_, text_.size()), 20)), "'");
  }

 private:
  static bool IsDigit(char c) { return c >= '0' && c <= '9'; }
  static bool IsOfWord(char c) {
    return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.';
  }

  std::string_view text_;
  size_t at_ = 0;
};

template <typename T>
void Put(const Array& array, Tensor* tensor) {
  for (size_t i = 0; i < array.values.size(); ++i) {
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
      // Casts of what does not fit are undefined.
      const double most = std::ldexp(1.0, std::numeric_limits<T>::digits), least = std::is_signed_v<T> ? -most : 0.0;
      const double value = array.values[i];
      tensor->data<T>()[i] = value >= most   ? std::numeric_limits<T>::max()
                             : value > least ? static_cast<T>(value)
                                             : static_cast<T>(least);
    } else if constexpr (std::is_same_v<T, bool>) {
      tensor->data<T>()[i] = array.values[i] != 0;
    } else {
      tensor->data<T>()[i] = static_cast<T>(static_cast<float>(array.values[i]));
    }
  }
}

Result<Tensor> ToTensor(const Array& array, DType dtype) {
  RIVULET_ASSIGN_OR_RETURN(Tensor tensor,
                           Tensor::Allocate(dtype, Shape(std::span<const int64_t>(array.dims)), *Allocator::Create()));
  switch (dtype) {
    case DType::kFloat: Put<float>(array, &tensor); break;
    case DType::kDouble: std::copy(array.values.begin(), array.values.end(), tensor.data<double>()); break;
    case DType::kHalf: Put<Half>(array, &tensor); break;
    case DType::kBfloat16: Put<BFloat16>(array, &tensor); break;
    case DType::kInt8: Put<int8_t>(array, &tensor); break;
    case DType::kInt16: Put<int16_t>(array, &tensor); break;
    case DType::kInt32: Put<int32_t>(array, &tensor); break;
    case DType::kInt64: Put<int64_t>(array, &tensor); break;
    case DType::kUint8: Put<uint8_t>(array, &tensor); break;
    case DType::kUint16: Put<uint16_t>(array, &tensor); break;
    case DType::kUint32: Put<uint32_t>(array, &tensor); break;
    case DType::kUint64: Put<uint64_t>(array, &tensor); break;
    case DType::kBool: Put<bool>(array, &tensor); break;
    default: return Unimplemented("numbers for an input of type ", Name(dtype));
  }
  return tensor;
}

Result<Tensor> Read(Reader& reader, std::string_view name, DType dtype) {
  RIVULET_ASSIGN_OR_RETURN(const std::vector<Argument> arguments, reader.ReadArguments());
  Result<Array> array = CallNumpy(name, arguments);
  if (!array.ok()) return std::move(array).status().Framed(Cat("np.", std::string(name)));
  while (!reader.AtEnd()) {
    const std::string_view method = reader.Word();
    if ((method != ".reshape" && method != ".astype") || !reader.Take('(')) return reader.Bad(".reshape(…) or the end");
    RIVULET_ASSIGN_OR_RETURN(const std::vector<Argument> given, reader.ReadArguments());
    if (method == ".astype") Cast(given, &*array);
    if (method == ".reshape") RIVULET_RETURN_IF_ERROR(Reshape(given, &*array));
  }
  return ToTensor(*array, dtype);
}

}  // namespace

std::optional<Result<Tensor>> ReadNumpyExpression(std::string_view text, DType dtype) {
  Reader reader(text);
  std::string_view name = reader.Word();
  const size_t dot = name.find('.');
  if (dot == std::string_view::npos || (name.substr(0, dot) != "np" && name.substr(0, dot) != "numpy")) {
    return std::nullopt;
  }
  name.remove_prefix(dot + 1);
  if (!IsNumpyFunction(name) || !reader.Take('(')) return std::nullopt;
  return Read(reader, name, dtype);
}

}  // namespace rivulet::tf
