// A pack: one file that holds a frozen graph, its weights as they lie in memory and as the kernels read them, and what
// an app must know of it. engine/import/memmapped_package.h tells the layout.
#ifndef RIVULET_PREPARE_PACK_H_
#define RIVULET_PREPARE_PACK_H_

#include <string>
#include <vector>

#include "engine/import/memmapped_package.h"
#include "prepare/graph_def.h"
#include "prepare/pack_metadata.h"
#include "prepare/pack_samples.h"

namespace rivulet::prepare {

struct SampleFeeds {
  std::string name;
  Feeds feeds;
  std::vector<bool> made_up;  // by feed; those are not stored
  bool is_optional = false;   // left out, with a note, where it does not run; so is one that is made up whole
  bool only_shapes = false;   // the values mean nothing: not run, but weights are packed for these shapes
};

struct PackOptions {
  // Smaller constants stay in the graph, from where they are copied.
  int64_t min_bytes = 1024;
  // Whether to store weights in the kernels' layout as well, which makes the file larger and loading a matter of
  // mapping it.
  bool packed = true;
  // All but the samples; `outputs` are what samples are asked for.
  PackMetadata metadata;
  std::vector<SampleFeeds> samples;
};

struct PackFile {
  std::string bytes;
  PackMetadata metadata;  // with samples
  size_t constants = 0;   // that became regions
  size_t packed = 0;      // packed forms of them
  // Why weights are not packed, or a made-up sample has no answer: sentences.
  std::vector<std::string> notes;
};

// A sample that was given and does not run is an error; one that is wholly made up is left out, with a note.
Result<PackFile> ToPack(GraphDef graph, const PackOptions& options);
// The same of a package whose weights stay as they lie in it, squeezed ones above all; nothing is packed for the
// kernels.
Result<PackFile> ToPack(const MemmappedPackage& package, const PackOptions& options);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_PACK_H_
