#include "cli/feeds.h"

#include <cerrno>
#include <cmath>
#include <cstdlib>

#include "cli/npy.h"
#include "engine/base/errors.h"
#include "engine/base/file.h"

namespace rivulet::cli {
namespace {

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

float ToFloat(double value) {
  return std::abs(value) > 3.4028235677973366e+38 ? (value > 0 ? HUGE_VALF : -HUGE_VALF) : static_cast<float>(value);
}

// One element of `dtype` from text, written at `out`.
Status PutElement(const std::string& text, DType dtype, void* out) {
  const auto wrong = [&] { return InvalidArgument("want a ", Name(dtype), ", got ", Quoted(text)); };
  const auto integer = [&](auto* typed) -> Status {
    using T = std::remove_pointer_t<decltype(typed)>;
    int64_t value = 0;
    if (!ReadInt(text, static_cast<int64_t>(std::numeric_limits<T>::min()),
                 static_cast<uint64_t>(std::numeric_limits<T>::max()), &value)) {
      return wrong();
    }
    *typed = static_cast<T>(value);
    return Status();
  };
  double real = 0;
  switch (dtype) {
    case DType::kString: *static_cast<std::string*>(out) = text; return Status();
    case DType::kBool:
      if (text != "true" && text != "false" && text != "1" && text != "0") return wrong();
      *static_cast<bool*>(out) = text == "true" || text == "1";
      return Status();
    case DType::kInt8:
    case DType::kQint8: return integer(static_cast<int8_t*>(out));
    case DType::kUint8:
    case DType::kQuint8: return integer(static_cast<uint8_t*>(out));
    case DType::kInt16:
    case DType::kQint16: return integer(static_cast<int16_t*>(out));
    case DType::kUint16:
    case DType::kQuint16: return integer(static_cast<uint16_t*>(out));
    case DType::kInt32:
    case DType::kQint32: return integer(static_cast<int32_t*>(out));
    case DType::kUint32: return integer(static_cast<uint32_t*>(out));
    case DType::kInt64: return integer(static_cast<int64_t*>(out));
    case DType::kUint64: return integer(static_cast<uint64_t*>(out));
    default: break;
  }
  if (!ReadReal(text, &real)) return wrong();
  switch (dtype) {
    case DType::kFloat: *static_cast<float*>(out) = ToFloat(real); return Status();
    case DType::kDouble: *static_cast<double*>(out) = real; return Status();
    case DType::kHalf: *static_cast<Half*>(out) = Half(ToFloat(real)); return Status();
    case DType::kBfloat16: *static_cast<BFloat16*>(out) = BFloat16(ToFloat(real)); return Status();
    case DType::kComplex64: *static_cast<Complex64*>(out) = ToFloat(real); return Status();
    case DType::kComplex128: *static_cast<Complex128*>(out) = real; return Status();
    default: return Unimplemented("a literal of type ", Name(dtype));
  }
}

Result<Tensor> ParseLiteral(const std::string& text, DType dtype) {
  auto allocator = Allocator::Create();
  std::vector<std::string> pieces = {text};
  Shape shape;
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']' && dtype != DType::kString) {
    pieces.clear();
    std::string piece;
    for (size_t i = 1; i < text.size(); ++i) {
      const char c = text[i];
      if (c == ',' || i + 1 == text.size()) {
        if (!piece.empty() || c == ',') pieces.push_back(piece);
        piece.clear();
      } else if (c != ' ') {
        piece += c;
      }
    }
    shape = Shape{static_cast<int64_t>(pieces.size())};
  }
  RIVULET_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(dtype, shape, *allocator));
  for (size_t i = 0; i < pieces.size(); ++i) {
    RIVULET_RETURN_IF_ERROR(PutElement(pieces[i], dtype, static_cast<uint8_t*>(tensor.raw()) + i * StoredBytes(dtype)));
  }
  return tensor;
}

Result<Tensor> ReadWhole(const std::string& path) {
  RIVULET_ASSIGN_OR_RETURN(const FileBytes file, OpenFile(path, FileAccess::kMap, int64_t{1} << 31));
  return Tensor::Scalar<std::string>(std::string(reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size()));
}

}  // namespace

std::string FeedName(const std::string& argument) {
  const size_t equals = argument.find('=');
  return equals == std::string::npos ? std::string() : argument.substr(0, equals);
}

Result<Feeds> ParseFeeds(const Model& model, const std::vector<std::string>& arguments) {
  Feeds feeds;
  for (const std::string& argument : arguments) {
    const std::string name = FeedName(argument);
    if (name.empty() || name.size() + 1 >= argument.size()) {
      return InvalidArgument("--input ", Quoted(argument), ": want NAME=FILE.npy, NAME=@FILE or NAME==VALUE");
    }
    RIVULET_ASSIGN_OR_RETURN(const Model::EdgeInfo info, model.Describe(name));
    const std::string value = argument.substr(name.size() + 1);
    Result<Tensor> tensor =
        value[0] == '='   ? ParseLiteral(value.substr(1), info.dtype == DType::kInvalid ? DType::kFloat : info.dtype)
        : value[0] == '@' ? ReadWhole(value.substr(1))
                          : ReadNpy(value);
    if (tensor.ok()) tensor = ConvertForFeed(*tensor, info.dtype);
    if (!tensor.ok()) {
      Status status = std::move(tensor).status().Framed(Cat("input ", Quoted(name)));
      // Only unknown names are NOT_FOUND here; a missing file is bad data.
      if (status.code() == Code::kNotFound) return Status(Code::kUnavailable, std::string(status.message()));
      return status;
    }
    feeds.emplace_back(name, std::move(*tensor));
  }
  return feeds;
}

}  // namespace rivulet::cli
