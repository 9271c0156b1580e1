// Event files: what TensorBoard reads. A file is a row of records, each an Event message with checksums.
#ifndef RIVULET_PREPARE_EVENT_FILE_H_
#define RIVULET_PREPARE_EVENT_FILE_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "rivulet/status.h"

namespace rivulet::prepare {

// A record: length, its checksum, the bytes, theirs.
std::string RecordOf(std::string_view bytes);

struct EventImage {
  int64_t height = 0;
  int64_t width = 0;
  int64_t channels = 3;
  std::string encoded;  // PNG or JPEG
};

// Events in the order in which they are added, all at one time. A slash in a tag makes a group; runs are folders.
class EventLog {
 public:
  explicit EventLog(double seconds);  // since 1970

  void AddGraph(std::string_view graph_def);
  void AddScalar(std::string_view tag, int64_t step, float value);
  // How values are spread. Those that are not finite have no place in it and do not count; without others nothing is
  // added.
  void AddHistogram(std::string_view tag, int64_t step, std::span<const float> values);
  void AddImage(std::string_view tag, int64_t step, const EventImage& image);

  // Whole records; what is added later can be appended to a file that has these.
  const std::string& bytes() const { return bytes_; }

 private:
  void AddValue(int64_t step, std::string_view tag, std::string_view value);
  void AddEvent(int64_t step, uint32_t field, std::string_view content);

  const double seconds_;
  std::string bytes_;
};

// A log that begins now.
EventLog LogFromNow();

// Whether SaveEvents could begin now.
Status CheckCanSaveEvents(const std::string& folder);

// Writes FOLDER/events.out.tfevents.SECONDS.HOST.PROCESS; folders that are missing are made. Gives the file's path.
Result<std::string> SaveEvents(const std::string& folder, const EventLog& log);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_EVENT_FILE_H_
