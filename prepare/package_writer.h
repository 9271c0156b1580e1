// The bytes of a memmapped package, region by region: engine/import/memmapped_package.h tells the layout.
#ifndef RIVULET_PREPARE_PACKAGE_WRITER_H_
#define RIVULET_PREPARE_PACKAGE_WRITER_H_

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/import/package_checksums.h"
#include "prepare/graph_def.h"

namespace rivulet::prepare {

class PackageWriter {
 public:
  // The region's name for a node: its name in the alphabet of region names, unlike those given before.
  std::string NameFor(std::string_view node);

  // A region that starts at a multiple of 64. Names are whole, with their prefix, and each is given once.
  void Add(std::string_view name, std::string_view content);

  // The file, with `graph` as its last region, where old readers, which know no lengths, find no padding behind it.
  // With checksums it is a pack's.
  std::string Finish(std::string_view graph, bool with_checksums);

 private:
  struct Element {
    std::string name;
    size_t offset = 0;
    PackageChecksum checksum;
  };
  void Append(std::string_view name, std::string_view content);
  std::string Directory() const;

  std::string bytes_;
  std::vector<Element> elements_;
  std::set<std::string> names_;
};

// Constants of the main graph become regions, and ImmutableConst nodes over them; of the types that TensorFlow's own
// writer takes, or of all whose elements are bytes. Gives the number of constants.
enum class RegionTypes { kTensorFlows, kAll };
struct RegionChoice {
  RegionTypes types = RegionTypes::kTensorFlows;
  int64_t min_bytes = 1;
  int64_t max_bytes = INT64_MAX;
};
Result<size_t> MoveConstantsToRegions(const RegionChoice& choice, GraphDef* graph, PackageWriter* writer);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_PACKAGE_WRITER_H_
