#include "engine/ops/reader_object.h"

#include "engine/base/wire.h"
#include "engine/ops/wire_writer.h"

namespace rivulet {
namespace {

using Found = RecordFile::Found;

Result<std::string> NextPath(const Reader::Source& source) {
  const std::vector<DType>& dtypes = source.queue.form().elements.dtypes;
  if (dtypes.size() != 1 || dtypes[0] != DType::kString) {
    return InvalidArgument("want a queue of strings, got one of ", source.queue.form().elements.ToString());
  }
  RIVULET_ASSIGN_OR_RETURN(const Tuple element, source.queue.Dequeue(source.stop));
  if (element[0].num_elements() != 1) {
    return InvalidArgument("want one file name from the queue, got ", element[0].shape());
  }
  return element[0].data<std::string>()[0];
}

}  // namespace

// What others of the session wait for while one reads, which may take as long as its queue is empty.
class Reader::Turn {
 public:
  static Result<std::unique_ptr<Turn>> Take(Reader& reader, const StopToken& stop) {
    std::unique_lock<std::mutex> lock(reader.mutex_);
    RIVULET_RETURN_IF_ERROR(reader.line_.TakeTurn(lock, reader.changed_, stop, [&]() -> Result<bool> {
      if (reader.is_busy_) return false;
      reader.is_busy_ = true;
      return true;
    }));
    return std::unique_ptr<Turn>(new Turn(reader));
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    std::lock_guard<std::mutex> lock(reader_.mutex_);
    reader_.is_busy_ = false;
    reader_.changed_.notify_all();
  }

 private:
  explicit Turn(Reader& reader) : reader_(reader) {}
  Reader& reader_;
};

Status Reader::BeginNextFile(const Source& source) {
  RIVULET_ASSIGN_OR_RETURN(std::string path, NextPath(source));
  {
    std::lock_guard<std::mutex> lock(mutex_);
    counts_.last_file = path;
  }
  RIVULET_ASSIGN_OR_RETURN(RecordFile file, RecordFile::Open(form_, path, source.files, source.allocator, source.stop));
  file_.emplace(std::move(file));
  std::lock_guard<std::mutex> lock(mutex_);
  ++counts_.files_begun;
  return Status();
}

Status Reader::ReadOne(const Source& source, std::vector<Text>* records) {
  Record record;
  RIVULET_ASSIGN_OR_RETURN(const Found found, file_->Next(&record));
  if (found != Found::kEnd) {
    constexpr size_t kBeside = sizeof(Text) + sizeof(std::string) * 2;
    RIVULET_RETURN_IF_ERROR(
        source.charged->Charge(static_cast<int64_t>(record.key.size() + record.value.size() + kBeside)));
    records->push_back({std::move(record.key), std::string(record.value)});
  }
  if (found != Found::kRecord) file_.reset();
  std::lock_guard<std::mutex> lock(mutex_);
  if (found != Found::kEnd) ++counts_.records_produced;
  if (found != Found::kRecord) counts_.files_completed = counts_.files_begun;
  return Status();
}

Status Reader::Read(int64_t count, const Source& source, std::vector<Text>* records) {
  RIVULET_ASSIGN_OR_RETURN(const std::unique_ptr<Turn> turn, Turn::Take(*this, source.stop));
  while (static_cast<int64_t>(records->size()) < count) {
    RIVULET_RETURN_IF_ERROR(source.stop.Why());
    if (!file_.has_value()) {
      if (!records->empty()) break;
      RIVULET_RETURN_IF_ERROR(BeginNextFile(source));
    }
    RIVULET_RETURN_IF_ERROR(ReadOne(source, records));
  }
  return Status();
}

int64_t Reader::records_produced() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return counts_.records_produced;
}

int64_t Reader::files_completed() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return counts_.files_completed;
}

Status Reader::Reset(const StopToken& stop) {
  RIVULET_ASSIGN_OR_RETURN(const std::unique_ptr<Turn> turn, Turn::Take(*this, stop));
  file_.reset();
  std::lock_guard<std::mutex> lock(mutex_);
  counts_ = Counts();
  return Status();
}

Status Reader::CheckHasState() const {
  if (form_.kind == ReaderForm::Kind::kWholeFile || form_.kind == ReaderForm::Kind::kIdentity) return Status();
  return Unimplemented("a reader of parts of files does not tell where it is, only WholeFileReader and IdentityReader");
}

Result<std::string> Reader::State() const {
  RIVULET_RETURN_IF_ERROR(CheckHasState());
  std::lock_guard<std::mutex> lock(mutex_);
  std::string state;
  WireWriter writer(&state);
  const int64_t counts[] = {counts_.files_begun, counts_.files_completed, counts_.records_produced};
  for (uint32_t i = 0; i < 3; ++i) {
    if (counts[i] != 0) writer.Int(i + 1, counts[i]);
  }
  if (!counts_.last_file.empty()) writer.Bytes(4, counts_.last_file);
  return state;
}

Status Reader::Restore(std::string_view state, const StopToken& stop) {
  RIVULET_RETURN_IF_ERROR(CheckHasState());
  Counts counts;
  WireCursor cursor({reinterpret_cast<const uint8_t*>(state.data()), state.size()}, 0);
  while (cursor.Next()) {
    switch (cursor.field()) {
      case 1: counts.files_begun = cursor.Int(); break;
      case 2: counts.files_completed = cursor.Int(); break;
      case 3: counts.records_produced = cursor.Int(); break;
      case 4: counts.last_file = std::string(cursor.Text()); break;
      default: cursor.Skip();
    }
  }
  if (!cursor.status().ok()) return InvalidArgument("state: this is no reader's: ", cursor.status().message());
  if (counts.files_begun < 0 || counts.files_completed < 0 || counts.records_produced < 0) {
    return InvalidArgument("state: want counts of 0 or more, got ", counts.files_begun, ", ", counts.files_completed,
                           " and ", counts.records_produced);
  }
  if (counts.files_begun > counts.files_completed) {
    return InvalidArgument("state: want no file that is begun and not completed, got ", counts.files_begun, " and ",
                           counts.files_completed);
  }
  RIVULET_ASSIGN_OR_RETURN(const std::unique_ptr<Turn> turn, Turn::Take(*this, stop));
  file_.reset();
  std::lock_guard<std::mutex> lock(mutex_);
  counts_ = std::move(counts);
  return Status();
}

}  // namespace rivulet
