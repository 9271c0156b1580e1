// A model made small: every large constant quantised and coded, at what the caller allows the results to change.
#ifndef RIVULET_PREPARE_SQUEEZE_SQUEEZE_H_
#define RIVULET_PREPARE_SQUEEZE_SQUEEZE_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "prepare/graph_def.h"
#include "prepare/squeeze/unseen_drop.h"
#include "rivulet/session.h"

namespace rivulet::prepare {

struct SqueezeOptions {
  // What the network is tried on; of each output the first is compared. Without samples every step is relative.
  std::vector<Feeds> samples;
  std::vector<std::string> outputs;
  // The first of these that is given decides: so many bytes at most; a share of samples, or a distance of outputs, that
  // may differ, of the half that the weights were not fitted to. Where there are samples enough to tell, the share is
  // one that other samples keep too, with the confidence of AnswerMargins.
  std::optional<int64_t> size;
  double max_drop = 0.01;
  // Outputs are heat maps, whose peaks' places are what agrees or not.
  bool peaks = false;
  // Instead of the search: every step is this multiple of its tensor's root mean square.
  std::optional<double> relative_step;
  int64_t min_elements = 128;
  // Half of the samples tell what the weights' inputs are like; of the others so many what each weight is worth.
  size_t studied = 48;
  // Multiplications that this may take, and that fitting may: some minutes of one core. Of a network for which they are
  // too few, less samples are looked at, and small constants several at once.
  double most_work = 1.5e12;
  int threads = 1;
  std::function<void(std::string_view what, size_t done, size_t all)> progress;
  // Gets the file of each price that the search tries.
  std::function<Status(const std::string& bytes)> tried;
  // How far the outputs may be besides (Agreement::distance), for samples whose answers alone tell little.
  std::optional<double> max_distance;
};

// How far results are from those of the unshrunk network.
struct Agreement {
  size_t rows = 0;      // of the outputs' last axis that were compared; or peaks of maps
  size_t agreeing = 0;  // whose largest value is at the same place
  bool of_peaks = false;
  double distance = 0;  // root mean square, of that of the outputs about their mean
  double largest = 0;   // absolute
  // What the answers of other samples would do, where scores of enough were compared.
  std::optional<UnseenDrop> unseen;

  double dropped() const { return rows == 0 ? 0 : 1 - static_cast<double>(agreeing) / static_cast<double>(rows); }
};

struct SqueezedTensor {
  std::string name;
  int64_t elements = 0;
  int64_t bytes = 0;
  float step = 0;
};

struct SqueezeTrial {
  double price = 0;
  int64_t bytes = 0;
  Agreement agreement;
};

struct SqueezedModel {
  std::string bytes;
  std::vector<SqueezedTensor> tensors;
  std::vector<SqueezeTrial> trials;  // in the order of their prices
  Agreement agreement;               // of the samples that decided: half of them, or where they are few all
};

// With fewer samples none are held back.
inline constexpr size_t kFewestToHoldOut = AnswerMargins::kFewestRows;

// INVALID_ARGUMENT where the network does not run on the samples; NOT_FOUND where nothing is large enough to squeeze.
Result<SqueezedModel> Squeeze(const GraphDef& graph, const SqueezeOptions& options);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_SQUEEZE_SQUEEZE_H_
