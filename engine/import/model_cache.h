// What is made of a model's squeezed constants, kept in a folder of the caller's (LoadOptions::cache_folder):
//
//   0123456789abcdef.weights   the constants, decoded
//   0123456789abcdef.packed    the same as kernels read them: what plans packed so far, named as in packs
//
// Both are cache files (cache_file.h) whose identity is the pack's checksums and the versions of all that makes them;
// the digits are its hash. Each is written whole or not at all, so processes need no agreement; where two write at
// once, one of two equal files stays. Nothing here is ever an error of loading or running: what cannot be kept is made
// anew, and the caller's note is told why.
#ifndef RIVULET_ENGINE_IMPORT_MODEL_CACHE_H_
#define RIVULET_ENGINE_IMPORT_MODEL_CACHE_H_

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>

#include "engine/import/cache_file.h"
#include "engine/import/memmapped_package.h"
#include "engine/import/squeezed_constants.h"
#include "engine/ops/packed_operands.h"
#include "rivulet/model.h"

namespace rivulet {

class ModelCache {
 public:
  // Decodes into the folder what is not there yet. Null where no folder is named, where nothing of the package is
  // squeezed, and where the cache cannot be used.
  static std::shared_ptr<ModelCache> Open(const MemmappedPackage& package, const LoadOptions& options);

  // Whether Open read the squeezed bytes.
  bool has_decoded() const { return has_decoded_; }
  // The constants, in the mapped file.
  DecodedConstants Constants() const;
  // Packed forms by their regions' names, as they were when the model was loaded.
  const std::map<std::string, CacheFile::Region, std::less<>>& forms() const { return packed_.regions(); }
  // Pages of the constants that are not needed now: all, or those of a part.
  void DropPages() const;
  void DropPages(std::span<const uint8_t> part) const;

  // While one lives, what its thread packs of these constants is written into the cache. One at a time; where another
  // thread has one, it does nothing.
  class Recording {
   public:
    // `cache` may be null.
    explicit Recording(ModelCache* cache);
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;
    // The plan is whole: what it packed is kept.
    void Keep();

   private:
    void See(const Tensor& constant, std::string_view form, std::span<const uint8_t> bytes);
    Status Write(std::string name, std::span<const uint8_t> bytes);
    Status Begin();
    void GiveUp(const Status& why);

    ModelCache* const cache_;
    std::unique_lock<std::mutex> lock_;
    std::unique_ptr<CacheFileWriter> writer_;
    std::unique_ptr<PackedOperands::Recording> recording_;
  };

 private:
  ModelCache(const MemmappedPackage& package, const LoadOptions& options);
  Status OpenWeights(const MemmappedPackage& package, const LoadOptions& options);
  Status MakeWeights(const MemmappedPackage& package, const LoadOptions& options);
  Result<CacheFile> OpenFile(const std::string& path) const;
  void Note(const Status& why) const;

  const std::string folder_, identity_;
  std::string weights_path_, packed_path_;
  const std::function<void(const std::string&)> note_;
  const FileAccess access_;
  const bool check_all_;
  bool has_decoded_ = false;
  CacheFile weights_, packed_;
  std::unordered_map<const void*, std::string> constant_at_;

  std::mutex recording_;                        // guards what follows
  bool has_failed_ = false;                     // told once, and not tried again
  std::set<std::string, std::less<>> written_;  // forms that are in the file beyond packed_
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_MODEL_CACHE_H_
