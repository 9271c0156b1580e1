#include "prepare/memmapped.h"

#include "prepare/package_writer.h"

namespace rivulet::prepare {

Result<MemmappedFile> ToMemmapped(GraphDef graph, int64_t min_bytes) {
  MemmappedFile file;
  PackageWriter writer;
  RIVULET_ASSIGN_OR_RETURN(file.converted, MoveConstantsToRegions({.min_bytes = min_bytes}, &graph, &writer));
  file.bytes = writer.Finish(Serialize(graph), /*with_checksums=*/false);
  return file;
}

}  // namespace rivulet::prepare
