#include "prepare/squeeze/byte_coder.h"

#include <cstring>
#include <vector>

#include "engine/import/squeezed_bytes.h"
#include "prepare/squeeze/level_coder.h"

namespace rivulet::prepare {
namespace {

using Part = LevelStatistics::Part;

// The elements, turned, as planes with the highest first.
std::vector<std::vector<uint8_t>> PlanesOf(const void* data, int64_t count, DType dtype) {
  const size_t width = ElementBytes(dtype);
  const int bits = static_cast<int>(8 * width), turn = width == 1 ? 0 : PlaneTurn(dtype);
  std::vector<std::vector<uint8_t>> planes(width, std::vector<uint8_t>(static_cast<size_t>(count)));
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    uint64_t value = 0;
    std::memcpy(&value, static_cast<const uint8_t*>(data) + i * width, width);
    if (turn > 0) value = value << turn | value >> (bits - turn);
    for (size_t plane = 0; plane < width; ++plane) {
      planes[plane][i] = static_cast<uint8_t>(value >> (bits - 8 * static_cast<int>(plane + 1)));
    }
  }
  return planes;
}

std::vector<Part> CodePlane(const std::vector<uint8_t>& plane) {
  ByteModels models;
  std::vector<Part> parts;
  parts.reserve(2 * plane.size());
  const auto put = [&](SymbolModel& model, int symbol) {
    parts.push_back({model.start[symbol], static_cast<uint16_t>(model.start[symbol + 1] - model.start[symbol])});
    model.Count(symbol);
  };
  size_t upper = 0;
  for (const uint8_t byte : plane) {
    put(models.upper[upper], byte >> 4);
    upper = byte >> 4;
    put(models.lower[upper], byte & 15);
  }
  return parts;
}

}  // namespace

std::string EncodeByteSlice(const void* data, int64_t count, DType dtype) {
  const std::vector<std::vector<uint8_t>> planes = PlanesOf(data, count, dtype);
  uint32_t mask = 0;
  std::string plain;
  std::vector<Part> coded;
  for (size_t p = 0; p < planes.size(); ++p) {
    const std::vector<Part> parts = CodePlane(planes[p]);
    // What saves less than a fiftieth is not worth the time to decode it.
    if (EncodeParts(parts).size() < planes[p].size() - planes[p].size() / 50) {
      mask |= 1u << p;
      coded.insert(coded.end(), parts.begin(), parts.end());
    } else {
      plain.append(reinterpret_cast<const char*>(planes[p].data()), planes[p].size());
    }
  }
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<char>(mask >> shift));
  bytes += plain;
  if (mask != 0) bytes += EncodeParts(coded);
  return bytes;
}

}  // namespace rivulet::prepare
