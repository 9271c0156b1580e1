#include "engine/ops/summary_metadata.h"

#include <array>
#include <optional>

#include "engine/base/wire.h"
#include "engine/ops/unicode_codec.h"
#include "engine/ops/wire_writer.h"

namespace rivulet {
namespace {

// What the fields 1, 2, .. of a message are.
//   SummaryMetadata { plugin_data = 1, display_name = 2, summary_description = 3, data_class = 4 }
//   PluginData { plugin_name = 1, content = 2 }
enum class Kind { kText, kBytes, kPlugin, kEnum };
constexpr Kind kMetadata[] = {Kind::kPlugin, Kind::kText, Kind::kText, Kind::kEnum};
constexpr Kind kPluginData[] = {Kind::kText, Kind::kBytes};

std::optional<std::string> Rewritten(std::string_view message, std::span<const Kind> kinds) {
  std::array<std::optional<std::string>, 4> bytes;
  std::array<int32_t, 4> numbers = {};
  std::string unknown;
  WireCursor cursor({reinterpret_cast<const uint8_t*>(message.data()), message.size()}, 0);
  for (uint64_t start = 0; cursor.Next(); start = cursor.offset()) {
    const size_t i = cursor.field() - 1;
    const bool is_known = i < kinds.size();
    if (is_known && kinds[i] == Kind::kEnum && cursor.type() == WireType::kVarint) {
      numbers[i] = cursor.Int32();
    } else if (is_known && kinds[i] != Kind::kEnum && cursor.type() == WireType::kBytes) {
      const std::string_view text = cursor.Text();
      if (kinds[i] == Kind::kText && !IsUtf8(text)) return std::nullopt;
      // A message that comes twice is the two read one after the other; of all else the last counts.
      if (kinds[i] != Kind::kPlugin || !bytes[i]) bytes[i].emplace();
      bytes[i]->append(text);
    } else {
      cursor.Skip();
      unknown += message.substr(start, cursor.offset() - start);
    }
  }
  if (!cursor.status().ok()) return std::nullopt;
  std::string out;
  for (size_t i = 0; i < kinds.size(); ++i) {
    const auto field = static_cast<uint32_t>(i + 1);
    if (numbers[i] != 0) WireWriter(&out).Int(field, numbers[i]);
    if (!bytes[i]) continue;
    if (kinds[i] == Kind::kPlugin) {
      const std::optional<std::string> plugin = Rewritten(*bytes[i], kPluginData);
      if (!plugin) return std::nullopt;
      WireWriter(&out).Bytes(field, *plugin);
    } else if (!bytes[i]->empty()) {
      WireWriter(&out).Bytes(field, *bytes[i]);
    }
  }
  return out + unknown;
}

}  // namespace

std::string RewrittenSummaryMetadata(std::string_view message) {
  return Rewritten(message, kMetadata).value_or(std::string());
}

}  // namespace rivulet
