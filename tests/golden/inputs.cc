#include "tests/golden/inputs.h"

#include <cmath>
#include <cstring>
#include <numeric>
#include <vector>

#include "engine/base/errors.h"

namespace rivulet::golden {
namespace {

constexpr std::string_view kAlphabet("abcxyzABC019 ._-/\xc3\xa9\x00", 20);

uint64_t GridInteger(const Recipe& recipe, uint64_t index) {
  const uint64_t span = static_cast<uint64_t>(recipe.hi) - static_cast<uint64_t>(recipe.lo) + 1;
  const uint64_t word = Word(recipe.seed, index);
  return (span != 0 ? word % span : word) + static_cast<uint64_t>(recipe.lo);
}

double GridDouble(const Recipe& recipe, uint64_t integer) {
  return std::ldexp(static_cast<double>(static_cast<int64_t>(integer)), recipe.shift);
}

// The kind of number that an element is made of; quantised types are their plain integers.
struct Format {
  int exponent_bits = 0;  // 0: an integer
  int mantissa_bits = 0;
  size_t bytes = 0;
};

Format FormatOf(DType dtype) {
  switch (dtype) {
    case DType::kHalf: return {5, 10, 2};
    case DType::kBfloat16: return {8, 7, 2};
    case DType::kFloat: return {8, 23, 4};
    case DType::kDouble: return {11, 52, 8};
    default: return {0, 0, ElementBytes(dtype)};
  }
}

std::vector<uint64_t> EdgeBits(DType dtype) {
  const Format format = FormatOf(dtype);
  if (dtype == DType::kBool) return {0, 1};
  if (format.exponent_bits == 0) {
    const uint64_t top = uint64_t{1} << (format.bytes * 8 - 1);
    const uint64_t all = top - 1 + top;
    return {0, 1, all, top, top - 1, top + 1, 2, all - 1, 3, 7, all - 6, 100, top / 2};
  }
  const int mantissa = format.mantissa_bits;
  const uint64_t bias = (uint64_t{1} << (format.exponent_bits - 1)) - 1;
  const uint64_t infinity = ((uint64_t{1} << format.exponent_bits) - 1) << mantissa;
  const uint64_t sign = uint64_t{1} << (format.exponent_bits + mantissa);
  // 2^exponent * (1 + quarters / 4).
  const auto power = [&](int exponent, uint64_t quarters = 0) {
    return (static_cast<uint64_t>(static_cast<int64_t>(bias) + exponent) << mantissa) | (quarters << (mantissa - 2));
  };
  const uint64_t subnormals = (uint64_t{1} << mantissa) - 1;
  std::vector<uint64_t> bits;
  for (const uint64_t magnitude :
       {uint64_t{0}, infinity, power(0), power(-1), power(0, 2), power(1, 1), power(1, 3), uint64_t{1}, subnormals,
        subnormals + 1, infinity - 1, power(0) + 1, power(0) - 1, power(2), power(3, 1)}) {
    bits.push_back(magnitude);
    bits.push_back(magnitude | sign);
  }
  bits.push_back(infinity | (uint64_t{1} << (mantissa - 1)));
  return bits;
}

void StoreBits(uint64_t bits, size_t bytes, char* out) {
  switch (bytes) {
    case 1: {
      const auto v = static_cast<uint8_t>(bits);
      std::memcpy(out, &v, 1);
      break;
    }
    case 2: {
      const auto v = static_cast<uint16_t>(bits);
      std::memcpy(out, &v, 2);
      break;
    }
    case 4: {
      const auto v = static_cast<uint32_t>(bits);
      std::memcpy(out, &v, 4);
      break;
    }
    default: std::memcpy(out, &bits, 8); break;
  }
}

void StoreInteger(const Recipe& recipe, uint64_t integer, char* out) {
  switch (recipe.dtype) {
    case DType::kFloat: {
      const auto v = static_cast<float>(GridDouble(recipe, integer));
      std::memcpy(out, &v, 4);
      break;
    }
    case DType::kDouble: {
      const double v = GridDouble(recipe, integer);
      std::memcpy(out, &v, 8);
      break;
    }
    case DType::kHalf: {
      const Half v(static_cast<float>(GridDouble(recipe, integer)));
      std::memcpy(out, &v, 2);
      break;
    }
    case DType::kBfloat16: {
      const BFloat16 v(static_cast<float>(GridDouble(recipe, integer)));
      std::memcpy(out, &v, 2);
      break;
    }
    case DType::kBool: *out = static_cast<char>(integer & 1); break;
    default: StoreBits(integer, ElementBytes(recipe.dtype), out); break;
  }
}

void FillStrings(const Recipe& recipe, std::span<std::string> out) {
  for (uint64_t i = 0; i < out.size(); ++i) {
    const uint64_t length = GridInteger(recipe, i);
    for (uint64_t k = 0; k < length; ++k) {
      out[i].push_back(kAlphabet[Word(recipe.seed + 1 + i, k) % kAlphabet.size()]);
    }
  }
}

// Parts: elements, or the real and imaginary parts of complex elements.
Status FillParts(const Recipe& recipe, uint64_t count, char* out) {
  const size_t bytes = ElementBytes(recipe.dtype);
  switch (recipe.kind) {
    case Kind::kGrid:
      for (uint64_t i = 0; i < count; ++i) StoreInteger(recipe, GridInteger(recipe, i), out + i * bytes);
      return Status();
    case Kind::kEdge: {
      const std::vector<uint64_t> table = EdgeBits(recipe.dtype);
      for (uint64_t i = 0; i < count; ++i) StoreBits(table[(i + recipe.seed) % table.size()], bytes, out + i * bytes);
      return Status();
    }
    case Kind::kPermutation: {
      std::vector<uint64_t> order(count);
      std::iota(order.begin(), order.end(), uint64_t{0});
      for (uint64_t i = count; i-- > 1;) std::swap(order[i], order[Word(recipe.seed, count - 1 - i) % (i + 1)]);
      for (uint64_t i = 0; i < count; ++i) {
        StoreInteger(recipe, order[i] + static_cast<uint64_t>(recipe.lo), out + i * bytes);
      }
      return Status();
    }
    default: return InvalidArgument("kind ", static_cast<int>(recipe.kind), " of ", Name(recipe.dtype));
  }
}

}  // namespace

uint64_t Word(uint64_t seed, uint64_t index) {
  uint64_t z = seed + (index + 1) * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

Result<Tensor> MakeTensor(const Recipe& recipe) {
  RIVULET_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(recipe.dtype, recipe.shape, *Allocator::Create()));
  const auto count = static_cast<uint64_t>(tensor.num_elements());
  if (recipe.dtype == DType::kString) {
    FillStrings(recipe, {tensor.data<std::string>(), static_cast<size_t>(count)});
    return tensor;
  }
  Recipe parts = recipe;
  const bool is_complex = recipe.dtype == DType::kComplex64 || recipe.dtype == DType::kComplex128;
  if (is_complex) parts.dtype = recipe.dtype == DType::kComplex64 ? DType::kFloat : DType::kDouble;
  RIVULET_RETURN_IF_ERROR(FillParts(parts, is_complex ? 2 * count : count, tensor.data<char>()));
  return tensor;
}

uint64_t Checksum(const Tensor& tensor) {
  uint64_t state = 0xCBF29CE484222325u;
  const auto add = [&state](const char* bytes, size_t count) {
    for (size_t i = 0; i < count; ++i) state = (state ^ static_cast<uint8_t>(bytes[i])) * 0x100000001B3u;
  };
  if (tensor.dtype() == DType::kString) {
    for (const std::string& text : tensor.values<std::string>()) add(text.c_str(), text.size() + 1);
  } else {
    add(static_cast<const char*>(tensor.raw()), tensor.bytes());
  }
  return state;
}

}  // namespace rivulet::golden
