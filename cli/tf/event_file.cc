#include "cli/tf/event_file.h"

#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>

#include "engine/base/crc32c.h"
#include "engine/base/errors.h"
#include "engine/base/file.h"
#include "engine/base/new_file.h"
#include "prepare/wire_writer.h"

namespace rivulet::tf {
namespace {

// Of the message Event.
enum : uint32_t { kWallTime = 1, kFileVersion = 3, kGraphDef = 4 };

void AppendLittle(uint64_t value, int bytes, std::string* out) {
  for (int i = 0; i < bytes; ++i) out->push_back(static_cast<char>(value >> (8 * i)));
}

uint32_t Checksum(std::string_view bytes) {
  return MaskCrc32c(Crc32c({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}));
}

std::string Event(double wall_time, uint32_t field, std::string_view bytes) {
  std::string event;
  prepare::AppendTag(kWallTime, WireType::kFixed64, &event);
  uint64_t bits = 0;
  std::memcpy(&bits, &wall_time, sizeof(bits));
  AppendLittle(bits, 8, &event);
  prepare::AppendBytes(field, bytes, &event);
  return event;
}

}  // namespace

std::string RecordOf(std::string_view bytes) {
  std::string record;
  AppendLittle(bytes.size(), 8, &record);
  AppendLittle(Checksum(record), 4, &record);
  record.append(bytes);
  AppendLittle(Checksum(bytes), 4, &record);
  return record;
}

Result<std::string> WriteGraphEvents(const std::string& folder, std::string_view graph_def) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return InvalidArgument(Quoted(folder), ": cannot make the folder: ", error.message());
  const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  char host[256] = "host";
  gethostname(host, sizeof(host) - 1);
  const std::string path = Cat(folder, folder.ends_with('/') ? "" : "/", "events.out.tfevents.",
                               static_cast<int64_t>(now), ".", std::string_view(host));
  const std::string bytes =
      RecordOf(Event(now, kFileVersion, "brain.Event:2")) + RecordOf(Event(now, kGraphDef, graph_def));
  RIVULET_RETURN_IF_ERROR(SaveFile(path, {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}));
  // Of another second, so with another name; TensorBoard would read them.
  RemoveAbandoned(folder, [](std::string_view name) { return name.starts_with("events.out.tfevents."); });
  return path;
}

}  // namespace rivulet::tf
