#include "cli/tf/numpy_text.h"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <vector>

#include "cli/tf/numpy_number.h"
#include "cli/tf/values_text.h"
#include "engine/base/errors.h"

namespace rivulet::tf {
namespace {

using Format = std::function<std::string(int64_t index)>;

template <typename Visit>
void ForEachShown(const Tensor& tensor, int axis, int64_t offset, int64_t edge, const Visit& visit) {
  if (axis == tensor.rank()) {
    visit(offset);
    return;
  }
  int64_t inner = 1;
  for (int i = axis + 1; i < tensor.rank(); ++i) inner *= tensor.dim(i);
  const int64_t dim = tensor.dim(axis);
  for (int64_t i = 0; i < dim; ++i) {
    if (edge >= 0 && dim > 2 * edge && i == edge) i = dim - edge;
    if (i >= dim) break;
    ForEachShown(tensor, axis + 1, offset + i * inner, edge, visit);
  }
}

bool IsComplex(DType type) { return type == DType::kComplex64 || type == DType::kComplex128; }
bool IsReal(DType type) {
  return type == DType::kFloat || type == DType::kDouble || type == DType::kHalf || type == DType::kBfloat16;
}

double Real(const Tensor& tensor, int64_t i) {
  switch (tensor.dtype()) {
    case DType::kFloat: return static_cast<double>(tensor.data<float>()[i]);
    case DType::kDouble: return tensor.data<double>()[i];
    case DType::kHalf: return static_cast<double>(static_cast<float>(tensor.data<Half>()[i]));
    case DType::kBfloat16: return static_cast<double>(static_cast<float>(tensor.data<BFloat16>()[i]));
    case DType::kComplex64: return static_cast<double>(tensor.data<Complex64>()[i].real());
    case DType::kComplex128: return tensor.data<Complex128>()[i].real();
    default: return 0;
  }
}

double Imaginary(const Tensor& tensor, int64_t i) {
  return tensor.dtype() == DType::kComplex64 ? static_cast<double>(tensor.data<Complex64>()[i].imag())
                                             : tensor.data<Complex128>()[i].imag();
}

std::string Complex(const NumpyNumbers& real, const NumpyNumbers& imaginary, const Tensor& tensor, int64_t i) {
  std::string text = imaginary(Imaginary(tensor, i));
  text.insert(text.find_last_not_of(' ') + 1, "j");
  return real(Real(tensor, i)) + text;
}

// As Python shows bytes: in the quotes that need fewer escapes.
std::string BytesText(const std::string& bytes) {
  const bool is_double = bytes.find('\'') != std::string::npos && bytes.find('"') == std::string::npos;
  const char quote = is_double ? '"' : '\'';
  std::string text = Cat("b", std::string(1, quote));
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    char escape[8] = {c, 0};
    if (c == quote || c == '\\') {
      std::snprintf(escape, sizeof(escape), "\\%c", c);
    } else if (c == '\n' || c == '\r' || c == '\t') {
      std::snprintf(escape, sizeof(escape), "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
    } else if (byte < 0x20 || byte >= 0x7f) {
      std::snprintf(escape, sizeof(escape), "\\x%02x", byte);
    }
    text += escape;
  }
  return text + quote;
}

// How each element is written, all in the same number of columns.
Format FormatOf(const Tensor& tensor, const NumpyOptions& options, int64_t edge) {
  const DType type = tensor.dtype();
  if (IsReal(type) || IsComplex(type)) {
    std::vector<double> reals, imaginaries;
    ForEachShown(tensor, 0, 0, edge, [&](int64_t i) {
      reals.push_back(Real(tensor, i));
      if (IsComplex(type)) imaginaries.push_back(Imaginary(tensor, i));
    });
    const NumpyNumbers real(reals, type, options.precision, options.suppress, false);
    if (!IsComplex(type)) return [real, &tensor](int64_t i) { return real(Real(tensor, i)); };
    const NumpyNumbers imaginary(imaginaries, type, options.precision, options.suppress, true);
    return [real, imaginary, &tensor](int64_t i) { return Complex(real, imaginary, tensor, i); };
  }
  if (type == DType::kString) return [&tensor](int64_t i) { return BytesText(tensor.data<std::string>()[i]); };
  size_t width = 0;
  ForEachShown(tensor, 0, 0, edge, [&](int64_t i) { width = std::max(width, ValueText(tensor, i).size()); });
  if (type == DType::kBool) width = 5;
  return [width, &tensor](int64_t i) {
    std::string text = ValueText(tensor, i);
    return std::string(width - std::min(width, text.size()), ' ') + text;
  };
}

class Writer {
 public:
  Writer(const Tensor& tensor, Format format, int64_t edge, int64_t width)
      : tensor_(tensor), format_(std::move(format)), edge_(edge), width_(width) {}

  // The array from `axis` on; lines after the first start with `indent` blanks.
  std::string Write(int axis, int64_t offset, size_t indent, int64_t width) const {
    if (axis == tensor_.rank()) return format_(offset);
    int64_t inner = 1;
    for (int i = axis + 1; i < tensor_.rank(); ++i) inner *= tensor_.dim(i);
    const int64_t dim = tensor_.dim(axis);
    const bool is_row = axis + 1 == tensor_.rank();
    std::string out, line(indent, ' ');
    for (int64_t i = 0; i < dim; ++i) {
      const bool is_summary = edge_ >= 0 && dim > 2 * edge_ && i == edge_;
      const std::string word = is_summary ? "..." : Write(axis + 1, offset + i * inner, indent + 1, width - 1);
      if (is_summary) i = dim - std::max<int64_t>(edge_, 1);  // one of the end is always shown
      const bool is_last = is_summary ? false : i + 1 == dim;
      if (is_row) {
        Extend(word, indent, width - 1, &out, &line);
        if (!is_last) line += ' ';
      } else {
        out += std::string(indent, ' ') + word;
        if (!is_last) out.append(static_cast<size_t>(tensor_.rank() - axis - 1), '\n');
      }
      if (is_summary) --i;
    }
    if (is_row) out += line;
    return Cat("[", out.substr(std::min(indent, out.size())), "]");
  }

  std::string Write() const { return Write(0, 0, 1, width_); }

 private:
  static void Extend(const std::string& word, size_t indent, int64_t most, std::string* out, std::string* line) {
    if (static_cast<int64_t>(line->size() + word.size()) > most && line->size() > indent) {
      line->resize(line->find_last_not_of(' ') + 1);
      *out += *line + "\n";
      line->assign(indent, ' ');
    }
    *line += word;
  }

  const Tensor& tensor_;
  Format format_;
  int64_t edge_;
  int64_t width_;
};

}  // namespace

std::string NumpyText(const Tensor& tensor, const NumpyOptions& options) {
  if (tensor.rank() == 0) {
    if (IsReal(tensor.dtype())) return NumpyScalar(Real(tensor, 0), tensor.dtype());
    if (IsComplex(tensor.dtype())) return NumpyScalar(Real(tensor, 0), Imaginary(tensor, 0), tensor.dtype());
    return tensor.dtype() == DType::kString ? BytesText(tensor.data<std::string>()[0]) : ValueText(tensor, 0);
  }
  if (tensor.num_elements() == 0) return "[]";
  const int64_t edge = tensor.num_elements() > options.threshold ? options.edgeitems : -1;
  return Writer(tensor, FormatOf(tensor, options, edge), edge, options.linewidth).Write();
}

}  // namespace rivulet::tf
