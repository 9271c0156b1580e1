#include "engine/ops/example_features.h"

#include <algorithm>
#include <cstring>

#include "engine/base/bit_cast.h"
#include "engine/base/wire.h"

namespace rivulet {
namespace {

std::span<const uint8_t> AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

Status Broken(const Status& why) { return InvalidArgument("this is no tf.Example: ", why.message()); }

// The first list of a Feature; later ones do not count.
Result<FeatureValues> OpenFeature(WireCursor feature) {
  FeatureValues values;
  while (feature.Next()) {
    const uint32_t field = feature.field();
    if (values.dtype != DType::kInvalid || field > 3) {
      feature.Skip();
      continue;
    }
    values.list = feature.Bytes();
    values.dtype = field == 1 ? DType::kString : field == 2 ? DType::kFloat : DType::kInt64;
  }
  if (!feature.status().ok()) return Broken(feature.status());
  return values;
}

Status ReadListEntry(WireCursor entry, const FeatureColumns& columns, std::span<FeatureSteps> found) {
  std::string_view key;
  WireCursor list({}, 0);
  while (entry.Next()) {
    switch (entry.field()) {
      case 1: key = entry.Text(); break;
      case 2: list = entry.Message(); break;
      default: entry.Skip();
    }
  }
  if (!entry.status().ok()) return Broken(entry.status());
  const auto column = columns.find(key);
  if (column == columns.end()) return Status();
  FeatureSteps& to = found[column->second];
  to.is_there = true;
  to.steps.clear();
  while (list.Next()) {
    if (list.field() != 1) {
      list.Skip();
      continue;
    }
    RIVULET_ASSIGN_OR_RETURN(const FeatureValues step, OpenFeature(list.Message()));
    to.steps.push_back(step);
  }
  return list.status().ok() ? Status() : Broken(list.status());
}

Status ReadEntry(WireCursor entry, const FeatureColumns& columns, std::span<FeatureValues> found) {
  std::string_view key;
  WireCursor feature({}, 0);
  while (entry.Next()) {
    switch (entry.field()) {
      case 1: key = entry.Text(); break;
      case 2: feature = entry.Message(); break;
      default: entry.Skip();
    }
  }
  if (!entry.status().ok()) return Broken(entry.status());
  const auto column = columns.find(key);
  if (column == columns.end()) return Status();
  RIVULET_ASSIGN_OR_RETURN(found[column->second], OpenFeature(feature));
  return Status();
}

// Where values go: places of their type one after the other, or nowhere to only count them.
struct Sink {
  void* out;
  int64_t count = 0;

  template <typename T>
  T* Next() {
    return out != nullptr ? static_cast<T*>(out) + count++ : (++count, nullptr);
  }
  void Text(std::string_view text) {
    if (auto* to = Next<std::string>()) to->assign(text);
  }
  void Real(uint32_t bits) {
    if (auto* to = Next<float>()) *to = BitCast<float>(bits);
  }
  void Integer(uint64_t value) {
    if (auto* to = Next<int64_t>()) *to = static_cast<int64_t>(value);
  }
};

Status ForEachValue(const FeatureValues& values, Sink* sink) {
  WireCursor list(values.list, 0);
  while (list.Next()) {
    if (list.field() != 1) {
      list.Skip();
    } else if (values.dtype == DType::kString) {
      sink->Text(list.Text());
    } else if (values.dtype == DType::kFloat) {
      if (list.type() != WireType::kBytes) {
        sink->Real(list.Fixed32());
        continue;
      }
      const std::span<const uint8_t> packed = list.Bytes();
      if (packed.size() % 4 != 0) return InvalidArgument("this is no tf.Example: packed floats are not whole");
      for (size_t i = 0; i < packed.size(); i += 4) {
        uint32_t bits;
        std::memcpy(&bits, packed.data() + i, 4);
        sink->Real(bits);
      }
    } else if (list.type() != WireType::kBytes) {
      sink->Integer(list.Varint());
    } else {
      uint64_t value = 0;
      int shift = 0;
      for (const uint8_t byte : list.Bytes()) {
        if (shift > 63) return InvalidArgument("this is no tf.Example: a number of more than 64 bits");
        value |= static_cast<uint64_t>(byte & 0x7F) << shift;
        shift += 7;
        if (byte >= 0x80) continue;
        sink->Integer(value);
        value = 0;
        shift = 0;
      }
      if (shift != 0) return InvalidArgument("this is no tf.Example: packed numbers end inside a number");
    }
  }
  return list.status().ok() ? Status() : Broken(list.status());
}

// The walk that CountValues has done without an error; values of another type stay away.
void CopyTo(const FeatureValues& values, DType wanted, void* out) {
  Sink sink{out};
  if (values.dtype == wanted) (void)ForEachValue(values, &sink);
}

}  // namespace

Status FindFeatures(std::string_view message, const FeatureColumns& columns, std::span<FeatureValues> found) {
  WireCursor example(AsBytes(message), 0);
  while (example.Next()) {
    if (example.field() != 1) {
      example.Skip();
      continue;
    }
    WireCursor features = example.Message();
    while (features.Next()) {
      if (features.field() != 1) {
        features.Skip();
        continue;
      }
      RIVULET_RETURN_IF_ERROR(ReadEntry(features.Message(), columns, found));
    }
    if (!features.status().ok()) return Broken(features.status());
  }
  return example.status().ok() ? Status() : Broken(example.status());
}

Status FindFeatureLists(std::string_view message, const FeatureColumns& columns, std::span<FeatureSteps> found) {
  WireCursor example(AsBytes(message), 0);
  while (example.Next()) {
    if (example.field() != 2) {
      example.Skip();
      continue;
    }
    WireCursor lists = example.Message();
    while (lists.Next()) {
      if (lists.field() != 1) {
        lists.Skip();
        continue;
      }
      RIVULET_RETURN_IF_ERROR(ReadListEntry(lists.Message(), columns, found));
    }
    if (!lists.status().ok()) return Broken(lists.status());
  }
  return example.status().ok() ? Status() : Broken(example.status());
}

Result<int64_t> CountValues(const FeatureValues& values) {
  Sink sink{nullptr};
  RIVULET_RETURN_IF_ERROR(ForEachValue(values, &sink));
  return sink.count;
}

void CopyValues(const FeatureValues& values, float* out) { CopyTo(values, DType::kFloat, out); }
void CopyValues(const FeatureValues& values, int64_t* out) { CopyTo(values, DType::kInt64, out); }
void CopyValues(const FeatureValues& values, std::string* out) { CopyTo(values, DType::kString, out); }

}  // namespace rivulet
