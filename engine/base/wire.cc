#include "engine/base/wire.h"

#include <cstring>

namespace rivulet {

void WireCursor::Fail(Status status) {
  if (status_.ok()) status_ = std::move(status);
  at_ = end_;
}

uint64_t WireCursor::ReadLongVarint() {
  uint64_t value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    if (at_ == end_) {
      Fail(DataLoss("offset ", offset(), ": the file ends inside a number"));
      return 0;
    }
    const uint8_t byte = *at_++;
    if (shift == 63 && byte > 1) break;
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  Fail(DataLoss("offset ", offset(), ": a number of more than 64 bits"));
  return 0;
}

bool WireCursor::Next() {
  if (at_ == end_ || !status_.ok()) return false;
  const uint64_t start = offset();
  const uint64_t tag = ReadVarint();
  if (!status_.ok()) return false;
  const uint64_t field = tag >> 3;
  const auto type = static_cast<uint8_t>(tag & 7);
  if (field == 0 || field > 0x1FFFFFFF) {
    Fail(DataLoss("offset ", start, ": field number ", field, " does not exist"));
    return false;
  }
  if (type > 5) {
    Fail(DataLoss("offset ", start, ": wire type ", type, " does not exist"));
    return false;
  }
  if (type == static_cast<uint8_t>(WireType::kEndGroup)) {
    Fail(DataLoss("offset ", start, ": a group ends that did not start"));
    return false;
  }
  field_ = static_cast<uint32_t>(field);
  type_ = static_cast<WireType>(type);
  return true;
}

bool WireCursor::Expect(WireType type) {
  if (!status_.ok()) return false;
  if (type_ == type) return true;
  Fail(DataLoss("offset ", offset(), ": field ", field_, ": want wire type ", static_cast<int>(type), ", got ",
                static_cast<int>(type_)));
  return false;
}

bool WireCursor::Take(size_t count, const uint8_t** start) {
  if (count > static_cast<size_t>(end_ - at_)) {
    Fail(DataLoss("offset ", offset(), ": field ", field_, " wants ", count, " bytes, ",
                  static_cast<uint64_t>(end_ - at_), " are left"));
    return false;
  }
  *start = at_;
  at_ += count;
  return true;
}

uint64_t WireCursor::Varint() { return Expect(WireType::kVarint) ? ReadVarint() : 0; }

uint32_t WireCursor::Fixed32() {
  const uint8_t* start;
  uint32_t value = 0;
  if (Expect(WireType::kFixed32) && Take(4, &start)) std::memcpy(&value, start, 4);
  return value;
}

uint64_t WireCursor::Fixed64() {
  const uint8_t* start;
  uint64_t value = 0;
  if (Expect(WireType::kFixed64) && Take(8, &start)) std::memcpy(&value, start, 8);
  return value;
}

std::span<const uint8_t> WireCursor::Bytes() {
  if (!Expect(WireType::kBytes)) return {};
  const uint64_t length = ReadVarint();
  const uint8_t* start;
  if (!status_.ok() || !Take(length, &start)) return {};
  return {start, static_cast<size_t>(length)};
}

std::string_view WireCursor::Text() {
  const std::span<const uint8_t> bytes = Bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void WireCursor::Skip() {
  const uint8_t* unused;
  switch (type_) {
    case WireType::kVarint: ReadVarint(); break;
    case WireType::kFixed64: Take(8, &unused); break;
    case WireType::kFixed32: Take(4, &unused); break;
    case WireType::kBytes: Bytes(); break;
    case WireType::kStartGroup: SkipGroup(field_); break;
    case WireType::kEndGroup: break;  // Next refuses it
  }
}

void WireCursor::SkipGroup(uint32_t field) {
  uint32_t open[kMaxGroupDepth];
  int depth = 0;
  open[depth++] = field;
  while (depth > 0) {
    if (at_ == end_) return Fail(DataLoss("offset ", offset(), ": the file ends inside a group"));
    const uint64_t tag = ReadVarint();
    if (!status_.ok()) return;
    field_ = static_cast<uint32_t>(tag >> 3);
    type_ = static_cast<WireType>(tag & 7);
    if ((tag >> 3) == 0 || (tag >> 3) > 0x1FFFFFFF || (tag & 7) > 5) {
      return Fail(DataLoss("offset ", offset(), ": a tag that does not exist"));
    }
    if (type_ == WireType::kStartGroup) {
      if (depth == kMaxGroupDepth) {
        return Fail(InvalidArgument("offset ", offset(), ": groups nested deeper than ", kMaxGroupDepth));
      }
      open[depth++] = field_;
    } else if (type_ == WireType::kEndGroup) {
      if (open[--depth] != field_) return Fail(DataLoss("offset ", offset(), ": a group ends that did not start"));
    } else {
      Skip();
      if (!status_.ok()) return;
    }
  }
}

}  // namespace rivulet
