#include "cli/sample_files.h"

#include <algorithm>

#include "engine/base/errors.h"
#include "engine/base/file.h"
#include "tasks/media_files.h"

namespace rivulet::cli {

SampleFiles ReadSampleFiles(Classifier& classifier, const std::vector<std::string>& paths, int most) {
  const std::vector<std::string> files = ExpandFolders(paths);
  SampleFiles read{.found = files.size()};
  const size_t kept = std::min(files.size(), static_cast<size_t>(std::max(most, 1)));
  for (size_t i = 0; i < kept; ++i) {
    const std::string& path = files[i * files.size() / kept];
    const Result<FileBytes> file = OpenFile(path, FileAccess::kMap, int64_t{1} << 30);
    Result<Feeds> feeds = file.ok() ? classifier.FeedsFor(file->bytes) : Result<Feeds>(file.status());
    if (feeds.ok()) {
      read.feeds.push_back(*std::move(feeds));
    } else {
      read.left_out.push_back(Cat(Quoted(path), " is left out: ", feeds.status().message()));
    }
  }
  return read;
}

Result<Tensor> Turned(const Tensor& tensor, int64_t by) {
  RIVULET_ASSIGN_OR_RETURN(Tensor turned, Tensor::Allocate(tensor.dtype(), tensor.shape(), *Allocator::Create()));
  const int64_t count = tensor.num_elements();
  const auto turn = [&]<typename T>(T) {
    for (int64_t i = 0; i < count; ++i) turned.data<T>()[i] = tensor.data<T>()[(i + by) % count];
  };
  switch (tensor.dtype()) {
    case DType::kFloat: turn(float{}); break;
    case DType::kUint8: turn(uint8_t{}); break;
    case DType::kInt32: turn(int32_t{}); break;
    case DType::kInt64: turn(int64_t{}); break;
    default: return tensor;
  }
  return turned;
}

}  // namespace rivulet::cli
