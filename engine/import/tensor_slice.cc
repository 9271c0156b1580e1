#include "engine/import/tensor_slice.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "engine/base/checked.h"
#include "engine/base/errors.h"

namespace rivulet {
namespace {

// The three codes of a slice's key, which sort as the numbers do.

// A number: how many bytes it takes, then those, largest first.
void PutNumber(uint64_t value, std::string* out) {
  char bytes[8];
  int count = 0;
  for (; value != 0; value >>= 8) bytes[count++] = static_cast<char>(value & 0xFF);
  out->push_back(static_cast<char>(count));
  while (count > 0) out->push_back(bytes[--count]);
}

// Text: 00 as 00 FF, FF as FF 00, the end as 00 01.
void PutText(std::string_view text, std::string* out) {
  for (const char c : text) {
    out->push_back(c);
    if (c == '\0') out->push_back('\xFF');
    if (c == '\xFF') out->push_back('\0');
  }
  out->append(std::string_view("\0\1", 2));
}

// A signed number in `length` bytes, two's complement and largest byte first, whose first `length` bits are turned:
// they then tell the length and, by what they were, the sign. `length` bytes hold 7 * length - 1 bits besides the sign.
void PutSigned(int64_t value, std::string* out) {
  const uint64_t magnitude = static_cast<uint64_t>(value < 0 ? ~value : value);
  int length = 1;
  while (length < 10 && (length * 7 - 1 < 64 && (magnitude >> (length * 7 - 1)) != 0)) ++length;
  uint8_t bytes[10];
  for (int i = 0; i < 10; ++i) {
    const int shift = 8 * (length - 1 - i);
    bytes[i] = shift >= 64 ? static_cast<uint8_t>(value < 0 ? 0xFF : 0)
                           : static_cast<uint8_t>(static_cast<uint64_t>(value) >> std::max(shift, 0));
  }
  const uint32_t header = 0xFFFF0000u >> length;  // its low 16 bits start with `length` ones
  bytes[0] ^= static_cast<uint8_t>(header >> 8);
  if (length > 1) bytes[1] ^= static_cast<uint8_t>(header);
  out->append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(length));
}

bool ReadNumber(std::string_view text, int64_t* value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
  return error == std::errc() && end == text.data() + text.size() && *value >= 0;
}

// The piece before `separator`, taken off the front; at the end the rest.
std::string_view TakePiece(std::string_view* text, char separator) {
  const size_t at = std::min(text->find(separator), text->size());
  const std::string_view piece = text->substr(0, at);
  text->remove_prefix(std::min(at + 1, text->size()));
  return piece;
}

}  // namespace

std::string TensorSlice::ToString() const {
  std::string out;
  for (const Extent& extent : extents) {
    if (!out.empty()) out += ':';
    out += extent.length == kFull ? std::string("-") : Cat(extent.start, ",", extent.length);
  }
  return out;
}

Result<TensorSlice> ReadTensorSlice(WireCursor message) {
  TensorSlice slice;
  while (message.Next()) {
    if (message.field() != 1) {
      message.Skip();
      continue;
    }
    TensorSlice::Extent extent;
    WireCursor fields = message.Message();
    while (fields.Next()) {
      if (fields.field() == 1) {
        extent.start = fields.Int();
      } else if (fields.field() == 2) {
        extent.length = fields.Int();
      } else {
        fields.Skip();
      }
    }
    RIVULET_RETURN_IF_ERROR(fields.status());
    // A whole axis is written without a length, and its start is then nothing.
    if (extent.length == TensorSlice::kFull) extent.start = 0;
    if (extent.start < 0 || extent.length < TensorSlice::kFull) {
      return DataLoss("a slice starts at ", extent.start, " and has length ", extent.length, ": want both >= 0");
    }
    if (slice.extents.size() == static_cast<size_t>(Shape::kMaxRank)) {
      return DataLoss("a slice has more than ", Shape::kMaxRank, " axes");
    }
    slice.extents.push_back(extent);
  }
  RIVULET_RETURN_IF_ERROR(message.status());
  return slice;
}

Result<ShapeAndSlice> ParseShapeAndSlice(std::string_view text) {
  const auto broken = [&] {
    return InvalidArgument("slice ", Quoted(text), ": want sizes and a slice, such as '4 5 0,2:-'");
  };
  ShapeAndSlice spec;
  std::string_view rest = text;
  while (!rest.empty() && rest.find(' ') != std::string_view::npos) {
    int64_t size = 0;
    if (!ReadNumber(TakePiece(&rest, ' '), &size) || spec.full.rank() == Shape::kMaxRank) return broken();
    spec.full.push_back(size);
  }
  while (!rest.empty()) {
    std::string_view piece = TakePiece(&rest, ':');
    TensorSlice::Extent extent;
    if (piece != "-") {
      if (!ReadNumber(TakePiece(&piece, ','), &extent.start) || !ReadNumber(piece, &extent.length)) return broken();
    }
    if (static_cast<int>(spec.slice.extents.size()) == spec.full.rank()) return broken();
    spec.slice.extents.push_back(extent);
  }
  if (static_cast<int>(spec.slice.extents.size()) != spec.full.rank()) return broken();
  RIVULET_ASSIGN_OR_RETURN(spec.slice, Resolve(spec.slice, spec.full));
  return spec;
}

Result<TensorSlice> Resolve(const TensorSlice& slice, const Shape& full) {
  if (static_cast<int>(slice.extents.size()) != full.rank()) {
    return InvalidArgument("slice ", Quoted(slice.ToString()), " does not fit shape ", full);
  }
  TensorSlice resolved = slice;
  for (int axis = 0; axis < full.rank(); ++axis) {
    TensorSlice::Extent& extent = resolved.extents[static_cast<size_t>(axis)];
    if (extent.length == TensorSlice::kFull) extent = {0, full[axis]};
    const CheckedSize end = CheckedSize(extent.start) + extent.length;
    if (!end.valid() || end.value() > full[axis]) {
      return InvalidArgument("slice ", Quoted(slice.ToString()), " leaves shape ", full);
    }
  }
  return resolved;
}

Shape ShapeOf(const TensorSlice& resolved) {
  Shape shape;
  for (const TensorSlice::Extent& extent : resolved.extents) shape.push_back(extent.length);
  return shape;
}

bool IsWhole(const TensorSlice& resolved, const Shape& full) { return ShapeOf(resolved) == full; }

bool Intersect(const TensorSlice& a, const TensorSlice& b, TensorSlice* common) {
  common->extents.resize(a.extents.size());
  for (size_t axis = 0; axis < a.extents.size(); ++axis) {
    const TensorSlice::Extent &x = a.extents[axis], &y = b.extents[axis];
    const int64_t start = std::max(x.start, y.start);
    const int64_t end = std::min(x.start + x.length, y.start + y.length);
    if (end <= start) return false;
    common->extents[axis] = {start, end - start};
  }
  return true;
}

std::string SliceKey(std::string_view name, const TensorSlice& slice) {
  std::string key;
  PutNumber(0, &key);
  PutText(name, &key);
  PutNumber(slice.extents.size(), &key);
  for (const TensorSlice::Extent& extent : slice.extents) {
    PutSigned(extent.start, &key);
    PutSigned(extent.length, &key);
  }
  return key;
}

void CopyBox(const TensorSlice& common, const TensorSlice& from_box, const void* from, const TensorSlice& to_box,
             void* to, size_t element) {
  const size_t rank = common.extents.size();
  // Elements from one position to the next along each axis, in both.
  std::vector<int64_t> from_step(rank, 1), to_step(rank, 1), at(rank, 0);
  int64_t from_start = 0, to_start = 0, rows = 1;
  for (size_t i = rank; i-- > 0;) {
    if (i + 1 < rank) {
      from_step[i] = from_step[i + 1] * from_box.extents[i + 1].length;
      to_step[i] = to_step[i + 1] * to_box.extents[i + 1].length;
    }
    from_start += (common.extents[i].start - from_box.extents[i].start) * from_step[i];
    to_start += (common.extents[i].start - to_box.extents[i].start) * to_step[i];
    if (i + 1 < rank) rows *= common.extents[i].length;
  }
  const int64_t row = rank == 0 ? 1 : common.extents[rank - 1].length;
  for (int64_t r = 0; r < rows; ++r) {
    int64_t source = from_start, target = to_start;
    for (size_t i = 0; i + 1 < rank; ++i) {
      source += at[i] * from_step[i];
      target += at[i] * to_step[i];
    }
    if (element == 0) {
      std::copy_n(static_cast<const std::string*>(from) + source, row, static_cast<std::string*>(to) + target);
    } else {
      const auto bytes = static_cast<int64_t>(element);
      std::memcpy(static_cast<uint8_t*>(to) + target * bytes, static_cast<const uint8_t*>(from) + source * bytes,
                  static_cast<size_t>(row * bytes));
    }
    for (size_t i = rank < 2 ? 0 : rank - 1; i-- > 0;) {
      if (++at[i] < common.extents[i].length) break;
      at[i] = 0;
    }
  }
}

}  // namespace rivulet
