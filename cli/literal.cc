#include "cli/literal.h"

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "engine/base/errors.h"

namespace rivulet::cli {
namespace {

// The elements of nested lists, in order, and how they nest.
struct Elements {
  std::vector<std::string> texts;
  Shape shape;
};

bool ReadInt(const std::string& text, int64_t low, uint64_t high, int64_t* value) {
  char* end = nullptr;
  errno = 0;
  if (!text.empty() && text[0] != '-' && high > static_cast<uint64_t>(INT64_MAX)) {
    const uint64_t wide = std::strtoull(text.c_str(), &end, 0);
    *value = static_cast<int64_t>(wide);
  } else {
    *value = std::strtoll(text.c_str(), &end, 0);
    if (*value < low || (*value > 0 && static_cast<uint64_t>(*value) > high)) return false;
  }
  return errno == 0 && end != text.c_str() && *end == '\0';
}

bool ReadReal(const std::string& text, double* value) {
  char* end = nullptr;
  *value = std::strtod(text.c_str(), &end);
  return end != text.c_str() && *end == '\0';
}

// 1, 2j or 1-2j.
bool ReadComplex(const std::string& text, double* real, double* imag) {
  if (text.empty() || (text.back() != 'j' && text.back() != 'i')) return ReadReal(text, real);
  const std::string body = text.substr(0, text.size() - 1);
  // The sign of the imaginary part: the last one that is not an exponent's.
  size_t sign = std::string::npos;
  for (size_t i = 1; i < body.size(); ++i) {
    if ((body[i] == '+' || body[i] == '-') && body[i - 1] != 'e' && body[i - 1] != 'E') sign = i;
  }
  if (sign == std::string::npos) return ReadReal(body, imag);
  return ReadReal(body.substr(0, sign), real) && ReadReal(body.substr(sign), imag);
}

float ToFloat(double value) {
  return std::abs(value) > 3.4028235677973366e+38 ? (value > 0 ? HUGE_VALF : -HUGE_VALF) : static_cast<float>(value);
}

Status Wrong(const std::string& text, DType dtype) {
  return InvalidArgument("want a ", Name(dtype), ", got ", Quoted(text));
}

template <typename T>
Status PutInteger(const std::string& text, DType dtype, void* out) {
  int64_t value = 0;
  if (!ReadInt(text, static_cast<int64_t>(std::numeric_limits<T>::min()),
               static_cast<uint64_t>(std::numeric_limits<T>::max()), &value)) {
    return Wrong(text, dtype);
  }
  *static_cast<T*>(out) = static_cast<T>(value);
  return Status();
}

Status PutNumber(const std::string& text, DType dtype, void* out) {
  double real = 0;
  double imag = 0;
  const bool is_complex = dtype == DType::kComplex64 || dtype == DType::kComplex128;
  if (!(is_complex ? ReadComplex(text, &real, &imag) : ReadReal(text, &real))) return Wrong(text, dtype);
  switch (dtype) {
    case DType::kFloat: *static_cast<float*>(out) = ToFloat(real); return Status();
    case DType::kDouble: *static_cast<double*>(out) = real; return Status();
    case DType::kHalf: *static_cast<Half*>(out) = Half(ToFloat(real)); return Status();
    case DType::kBfloat16: *static_cast<BFloat16*>(out) = BFloat16(ToFloat(real)); return Status();
    case DType::kComplex64: *static_cast<Complex64*>(out) = {ToFloat(real), ToFloat(imag)}; return Status();
    case DType::kComplex128: *static_cast<Complex128*>(out) = {real, imag}; return Status();
    default: return Unimplemented("a literal of type ", Name(dtype));
  }
}

// One element of `dtype` from text, written at `out`.
Status PutElement(const std::string& text, DType dtype, void* out) {
  switch (dtype) {
    case DType::kString: *static_cast<std::string*>(out) = text; return Status();
    case DType::kBool: {
      const bool is_true = text == "true" || text == "True" || text == "1";
      if (!is_true && text != "false" && text != "False" && text != "0") return Wrong(text, dtype);
      *static_cast<bool*>(out) = is_true;
      return Status();
    }
    case DType::kInt8:
    case DType::kQint8: return PutInteger<int8_t>(text, dtype, out);
    case DType::kUint8:
    case DType::kQuint8: return PutInteger<uint8_t>(text, dtype, out);
    case DType::kInt16:
    case DType::kQint16: return PutInteger<int16_t>(text, dtype, out);
    case DType::kUint16:
    case DType::kQuint16: return PutInteger<uint16_t>(text, dtype, out);
    case DType::kInt32:
    case DType::kQint32: return PutInteger<int32_t>(text, dtype, out);
    case DType::kUint32: return PutInteger<uint32_t>(text, dtype, out);
    case DType::kInt64: return PutInteger<int64_t>(text, dtype, out);
    case DType::kUint64: return PutInteger<uint64_t>(text, dtype, out);
    default: return PutNumber(text, dtype, out);
  }
}

// Splits "[[1, 2], [3, 4]]" in one walk: `open` counts what the open lists have so far, the first list to close at a
// depth says how long all of that depth must be.
Status SplitList(const std::string& text, Elements* elements) {
  std::vector<int64_t> open;
  std::vector<int64_t> lengths;  // by depth; -1: none closed yet
  std::string piece;
  bool wants_comma = false;
  bool piece_ended = false;  // by a blank
  size_t depth_of_elements = 0;
  const auto malformed = [&] {
    return InvalidArgument("want a list like [1, 2] or [[1, 2], [3, 4]], got ", Quoted(text));
  };
  const auto finish_piece = [&]() -> Status {
    if (piece.empty()) return Status();
    if (wants_comma || open.empty()) return malformed();
    if (depth_of_elements != 0 && depth_of_elements != open.size()) return malformed();
    depth_of_elements = open.size();
    elements->texts.push_back(std::move(piece));
    piece.clear();
    piece_ended = false;
    ++open.back();
    wants_comma = true;
    return Status();
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '[') {
      if (wants_comma || !piece.empty() || (i > 0 && open.empty())) return malformed();
      if (open.size() == static_cast<size_t>(Shape::kMaxRank)) return InvalidArgument("a list nested too deep");
      open.push_back(0);
      if (lengths.size() < open.size()) lengths.push_back(-1);
    } else if (c == ',' || c == ']') {
      RIVULET_RETURN_IF_ERROR(finish_piece());
      if (open.empty() || (!wants_comma && (c == ',' || open.back() != 0))) return malformed();
      wants_comma = c == ']';
      if (c == ',') continue;
      int64_t& length = lengths[open.size() - 1];
      if (length >= 0 && length != open.back()) {
        return InvalidArgument("want lists of one length, got ", length, " and ", open.back(), " elements in ",
                               Quoted(text));
      }
      length = open.back();
      open.pop_back();
      if (!open.empty()) ++open.back();
    } else if (c == ' ') {
      piece_ended = !piece.empty();
    } else {
      if (piece_ended || open.empty()) return malformed();
      piece += c;
    }
  }
  if (!open.empty() || !piece.empty()) return malformed();
  if (depth_of_elements != 0 && depth_of_elements != lengths.size()) return malformed();
  for (const int64_t length : lengths) elements->shape.push_back(length);
  return elements->shape.num_elements() == static_cast<int64_t>(elements->texts.size()) ? Status() : malformed();
}

// True when the text is a list of quoted strings, or of such lists; lists of different lengths are an error.
Result<bool> SplitStrings(const std::string& text, Elements* elements) {
  using Json = nlohmann::json;
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_array()) return false;
  Shape shape;
  for (const Json* first = &json; first->is_array(); first = &first->front()) {
    if (shape.rank() == Shape::kMaxRank) return InvalidArgument("a list nested too deep");
    shape.push_back(static_cast<int64_t>(first->size()));
    if (first->empty()) break;
  }
  bool are_strings = true, are_even = true;
  const std::function<void(const Json&, int)> walk = [&](const Json& item, int depth) {
    if (!item.is_array()) {
      are_strings &= item.is_string();
      are_even &= depth == shape.rank();
      if (item.is_string()) elements->texts.push_back(item.get<std::string>());
      return;
    }
    are_even &= depth < shape.rank() && static_cast<int64_t>(item.size()) == shape[depth];
    if (!are_even) return;
    for (const Json& inner : item) walk(inner, depth + 1);
  };
  walk(json, 0);
  if (!are_strings) return false;
  if (!are_even) return InvalidArgument("want lists of one length, got ", Quoted(text));
  elements->shape = shape;
  return true;
}

}  // namespace

Result<Tensor> ParseLiteral(const std::string& text, DType dtype) {
  Elements elements;
  const bool is_list = !text.empty() && text.front() == '[';
  if (is_list && dtype != DType::kString) {
    RIVULET_RETURN_IF_ERROR(SplitList(text, &elements));
  } else {
    bool is_split = false;
    if (is_list) {
      RIVULET_ASSIGN_OR_RETURN(is_split, SplitStrings(text, &elements));
    }
    if (!is_split) elements = {.texts = {text}, .shape = Shape()};
  }
  auto allocator = Allocator::Create();
  RIVULET_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(dtype, elements.shape, *allocator));
  auto* out = static_cast<uint8_t*>(tensor.raw());
  for (const std::string& element : elements.texts) {
    RIVULET_RETURN_IF_ERROR(PutElement(element, dtype, out));
    out += StoredBytes(dtype);
  }
  return tensor;
}

}  // namespace rivulet::cli
