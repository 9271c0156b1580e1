#include "prepare/event_file.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <vector>

#include "engine/base/crc32c.h"
#include "engine/base/errors.h"
#include "engine/base/file.h"
#include "engine/base/staged_file.h"
#include "engine/base/new_file.h"
#include "prepare/wire_writer.h"

namespace rivulet::prepare {
namespace {

// Fields of the messages Event, Summary.Value, Summary.Image and HistogramProto.
enum : uint32_t { kWallTime = 1, kStep = 2, kFileVersion = 3, kGraphDef = 4, kSummary = 5 };
enum : uint32_t { kTag = 1, kSimpleValue = 2, kImage = 4, kHistogram = 5 };
enum : uint32_t { kHeight = 1, kWidth = 2, kColorspace = 3, kEncoded = 4 };
enum : uint32_t { kMin = 1, kMax = 2, kNum = 3, kSum = 4, kSumSquares = 5, kBucketLimit = 6, kBucket = 7 };

constexpr size_t kMostBuckets = 30;  // as many as TensorBoard draws

void AppendLittle(uint64_t value, int bytes, std::string* out) {
  for (int i = 0; i < bytes; ++i) out->push_back(static_cast<char>(value >> (8 * i)));
}

void AppendDouble(double value, std::string* out) {
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(bits));
  AppendLittle(bits, 8, out);
}

void AppendDouble(uint32_t field, double value, std::string* out) {
  AppendTag(field, WireType::kFixed64, out);
  AppendDouble(value, out);
}

void AppendDoubles(uint32_t field, const std::vector<double>& values, std::string* out) {
  std::string packed;
  for (const double value : values) AppendDouble(value, &packed);
  AppendBytes(field, packed, out);
}

uint32_t Checksum(std::string_view bytes) {
  return MaskCrc32c(Crc32c({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}));
}

// Equally wide buckets; each counts what is below its limit and not below the one before, the last its limit too.
std::string HistogramOf(const std::vector<double>& values) {
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  const double low = *least, high = *most;
  const size_t count = high > low ? std::min(kMostBuckets, values.size()) : 1;
  std::vector<double> limits(count), counts(count, 0);
  for (size_t i = 0; i < count; ++i)
    limits[i] = i + 1 == count ? high : low + (high - low) * static_cast<double>(i + 1) / static_cast<double>(count);
  double sum = 0, squares = 0;
  for (const double value : values) {
    sum += value;
    squares += value * value;
    const auto above = std::upper_bound(limits.begin(), limits.end(), value);
    counts[std::min(static_cast<size_t>(above - limits.begin()), count - 1)] += 1;
  }
  std::string histogram;
  AppendDouble(kMin, low, &histogram);
  AppendDouble(kMax, high, &histogram);
  AppendDouble(kNum, static_cast<double>(values.size()), &histogram);
  AppendDouble(kSum, sum, &histogram);
  AppendDouble(kSumSquares, squares, &histogram);
  AppendDoubles(kBucketLimit, limits, &histogram);
  AppendDoubles(kBucket, counts, &histogram);
  return histogram;
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

EventLog::EventLog(double seconds) : seconds_(seconds) { AddEvent(0, kFileVersion, "brain.Event:2"); }

void EventLog::AddEvent(int64_t step, uint32_t field, std::string_view content) {
  std::string event;
  AppendDouble(kWallTime, seconds_, &event);
  if (step != 0) AppendInt(kStep, step, &event);
  AppendBytes(field, content, &event);
  bytes_ += RecordOf(event);
}

void EventLog::AddValue(int64_t step, std::string_view tag, std::string_view value) {
  std::string named, summary;
  AppendBytes(kTag, tag, &named);
  AppendBytes(1, named.append(value), &summary);
  AddEvent(step, kSummary, summary);
}

void EventLog::AddGraph(std::string_view graph_def) { AddEvent(0, kGraphDef, graph_def); }

void EventLog::AddScalar(std::string_view tag, int64_t step, float value) {
  std::string bytes;
  AppendFloat(kSimpleValue, value, &bytes);
  AddValue(step, tag, bytes);
}

void EventLog::AddHistogram(std::string_view tag, int64_t step, std::span<const float> values) {
  std::vector<double> finite;
  std::copy_if(values.begin(), values.end(), std::back_inserter(finite),
               [](float value) { return std::isfinite(value); });
  if (finite.empty()) return;
  std::string bytes;
  AppendBytes(kHistogram, HistogramOf(finite), &bytes);
  AddValue(step, tag, bytes);
}

void EventLog::AddImage(std::string_view tag, int64_t step, const EventImage& image) {
  std::string content, bytes;
  AppendInt(kHeight, image.height, &content);
  AppendInt(kWidth, image.width, &content);
  AppendInt(kColorspace, image.channels, &content);
  AppendBytes(kEncoded, image.encoded, &content);
  AppendBytes(kImage, content, &bytes);
  AddValue(step, tag, bytes);
}

EventLog LogFromNow() {
  return EventLog(std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count());
}

Status CheckCanSaveEvents(const std::string& folder) {
  std::error_code error;
  std::filesystem::path at = folder;
  if (!at.has_filename()) at = at.parent_path();  // "runs/"
  while (!at.empty() && !std::filesystem::exists(at, error) && at != at.parent_path()) at = at.parent_path();
  return CheckCanSave((at / "events").string()).Framed(Quoted(folder));
}

Result<std::string> SaveEvents(const std::string& folder, const EventLog& log) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return InvalidArgument(Quoted(folder), ": cannot make the folder: ", error.message());
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
  char host[256] = "host";
  gethostname(host, sizeof(host) - 1);
  const std::string path =
      Cat(folder, folder.ends_with('/') ? "" : "/", "events.out.tfevents.", static_cast<int64_t>(now.count()), ".",
          std::string_view(host), ".", static_cast<int64_t>(getpid()));
  const std::string& bytes = log.bytes();
  RIVULET_RETURN_IF_ERROR(SaveFile(path, {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}));
  // Of another second, so with another name; TensorBoard would read them.
  RemoveAbandoned(folder, [](std::string_view name) { return name.starts_with("events.out.tfevents."); });
  return path;
}

}  // namespace rivulet::prepare
