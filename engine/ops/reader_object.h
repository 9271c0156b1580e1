// Readers of a session: the records of the files that a queue names, one after the other.
#ifndef RIVULET_ENGINE_OPS_READER_OBJECT_H_
#define RIVULET_ENGINE_OPS_READER_OBJECT_H_

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/object.h"
#include "engine/ops/queue_object.h"
#include "engine/ops/record_file.h"
#include "engine/ops/text_bytes.h"
#include "engine/ops/waiting_line.h"

namespace rivulet {

// Thread-safe; reads come one after the other.
class Reader : public Object {
 public:
  static constexpr std::string_view kKind = "reader";
  std::string_view kind() const override { return kKind; }

  explicit Reader(const ReaderForm& form) : form_(form) {}

  // Where records come from, and what they cost.
  struct Source {
    Queue& queue;
    ModelFiles* files;
    Allocator& allocator;
    const StopToken& stop;
    TextBytes* charged;
  };
  struct Text {
    std::string key;
    std::string value;
  };

  // One record, or up to `count` of one file: at least one, unless none is wanted. Where no file is begun the queue
  // names the next, for which it may have to wait; a closed one without any is OUT_OF_RANGE. A file that cannot be
  // opened is passed over by the next call, one that is damaged is not.
  Status Read(int64_t count, const Source& source, std::vector<Text>* records);

  int64_t records_produced() const;
  int64_t files_completed() const;
  // As before the first read.
  Status Reset(const StopToken& stop);
  // The counts and the last file, as TensorFlow's ReaderBaseState; only of readers that are at no place within a file.
  Result<std::string> State() const;
  Status Restore(std::string_view state, const StopToken& stop);

 private:
  struct Counts {
    int64_t files_begun = 0;
    int64_t files_completed = 0;
    int64_t records_produced = 0;
    std::string last_file;
  };
  class Turn;
  Status CheckHasState() const;
  Status BeginNextFile(const Source& source);
  // Adds a record, unless the file turns out to be at its end.
  Status ReadOne(const Source& source, std::vector<Text>* records);

  const ReaderForm form_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  WaitingLine line_;
  bool is_busy_ = false;
  Counts counts_;
  std::optional<RecordFile> file_;  // of who is busy
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_READER_OBJECT_H_
