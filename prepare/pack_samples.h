// A pack's samples: inputs that are known to give these answers, stored as regions.
#ifndef RIVULET_PREPARE_PACK_SAMPLES_H_
#define RIVULET_PREPARE_PACK_SAMPLES_H_

#include <functional>

#include "engine/import/memmapped_package.h"
#include "prepare/pack_metadata.h"
#include "prepare/package_writer.h"
#include "rivulet/session.h"

namespace rivulet::prepare {

using MakeUp = std::function<Result<Tensor>(DType, const Shape&)>;

// The name of value `index` of a sample's feeds or answers.
std::string SampleRegionName(size_t sample, std::string_view kind, size_t index);

// INVALID_ARGUMENT for a tensor of objects, and for one without elements, or of one empty string.
Status StoreValue(const Tensor& tensor, StoredValue* value, PackageWriter* writer);

// The same for what a run gave: of a large answer its digest is stored.
Status StoreAnswer(const Tensor& answer, StoredValue* value, PackageWriter* writer);

// DATA_LOSS where the region is missing or has another size. Plain values are views of the package; of an answer that
// has a digest it is that. `make_up` may be null where nothing is made up.
Result<Tensor> LoadValue(const MemmappedPackage& package, const StoredValue& value, const MakeUp& make_up);

// What running a sample found: for each answer, how far it was from what is written.
struct SampleResult {
  double max_difference = 0;  // over all answers, of the largest value there
  Status status;              // the first that was too far, or why it did not run
};
SampleResult RunSample(const MemmappedPackage& package, const PackSample& sample, double tolerance,
                       const MakeUp& make_up, Session& session);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_PACK_SAMPLES_H_
