#include "prepare/squeeze/trial.h"

#include <algorithm>
#include <cmath>

#include "engine/base/errors.h"
#include "prepare/squeeze/peaks.h"

namespace rivulet::prepare {
namespace {

Result<std::shared_ptr<Session>> SessionOf(std::string file, int threads) {
  const auto bytes = std::make_shared<std::string>(std::move(file));
  RIVULET_ASSIGN_OR_RETURN(
      auto model,
      Model::LoadBytes({reinterpret_cast<const uint8_t*>(bytes->data()), bytes->size()}, bytes, "the squeezed graph"));
  RIVULET_ASSIGN_OR_RETURN(auto session, Session::Create(std::move(model), {.num_threads = threads}));
  return std::shared_ptr<Session>(std::move(session));
}

// Rows that are probabilities count by their roots: there an error of a small one weighs as much as of a large one.
bool AreProbabilities(const float* row, int64_t width) {
  double sum = 0;
  for (int64_t i = 0; i < width; ++i) {
    if (!(row[i] >= 0 && row[i] <= 1)) return false;
    sum += static_cast<double>(row[i]);
  }
  return std::abs(sum - 1) < 1e-3;
}

// What is infinite, or no number, in one of them alone is infinitely far off.
double Between(double a, double b) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return 0;
  const double difference = std::abs(a - b);
  return std::isfinite(difference) ? difference : HUGE_VAL;
}

// The place of the largest; -1 where something is no number, which is larger than nothing.
int64_t BestOf(const float* row, int64_t width) {
  if (std::any_of(row, row + width, [](float value) { return std::isnan(value); })) return -1;
  return std::max_element(row, row + width) - row;
}

struct Sums {
  double error = 0;
  double values = 0;
  double squares = 0;
  double count = 0;
};

void CompareFloats(const Tensor& a, const Tensor& b, Agreement* agreement, Sums* sums, AnswerMargins* margins) {
  const int64_t width = a.rank() > 0 ? a.dim(a.rank() - 1) : 1;
  if (width == 0) return;
  for (int64_t row = 0; row < a.num_elements() / width; ++row) {
    const float* x = a.data<float>() + row * width;
    const float* y = b.data<float>() + row * width;
    const bool roots = width > 1 && AreProbabilities(x, width);
    for (int64_t i = 0; i < width; ++i) {
      const auto was = static_cast<double>(x[i]), is = static_cast<double>(y[i]);
      agreement->largest = std::max(agreement->largest, Between(was, is));
      const double u = roots ? std::sqrt(was) : was;
      const double v = roots && !std::isnan(is) ? std::sqrt(std::max(0.0, is)) : is;
      const double error = Between(u, v);
      sums->error += error * error;
      if (!std::isfinite(u)) continue;
      sums->values += u;
      sums->squares += u * u;
    }
    sums->count += static_cast<double>(width);
    if (width > 1 && a.rank() <= 2) {
      margins->AddMoved(x, y, width, roots);
      ++agreement->rows;
      agreement->agreeing += BestOf(x, width) == BestOf(y, width) ? 1 : 0;
    }
  }
}

void AddRows(const std::vector<Tensor>& outputs, AnswerMargins* margins) {
  for (const Tensor& output : outputs) {
    if (output.dtype() != DType::kFloat || output.rank() < 1 || output.rank() > 2) continue;
    const int64_t width = output.dim(output.rank() - 1);
    for (int64_t i = 0; width > 1 && i < output.num_elements(); i += width) {
      const float* row = output.data<float>() + i;
      margins->AddRow(row, width, AreProbabilities(row, width));
    }
  }
}

// Numbers of classes.
template <typename T>
void CompareNumbers(const Tensor& a, const Tensor& b, Agreement* agreement) {
  agreement->rows += static_cast<size_t>(a.num_elements());
  for (int64_t i = 0; i < a.num_elements(); ++i) agreement->agreeing += a.data<T>()[i] == b.data<T>()[i] ? 1 : 0;
}

// An output whose size depends on its values, such as a text that is read, has another size: nothing of it agrees.
void CountAsLost(const Tensor& was, Agreement* agreement, Sums* sums) {
  const size_t rows = static_cast<size_t>(std::max<int64_t>(was.num_elements(), 1));
  if (was.dtype() != DType::kFloat) {
    agreement->rows += rows;
    return;
  }
  for (int64_t i = 0; i < was.num_elements(); ++i) {
    const auto value = static_cast<double>(was.data<float>()[i]);
    agreement->largest = std::max(agreement->largest, std::abs(value));
    sums->error += value * value;
    sums->values += value;
    sums->squares += value * value;
  }
  sums->count += static_cast<double>(was.num_elements());
}

}  // namespace

GraphDef WithConstants(const GraphDef& graph, const Replaced& replaced) {
  GraphDef changed = graph;
  for (NodeDef& node : changed.nodes) {
    const auto value = replaced.find(node.name);
    if (value != replaced.end() && node.op == "Const") node.attrs["value"] = Attr::OfTensor(value->second);
  }
  return changed;
}

Result<Trial> Trial::Create(const GraphDef& graph, const std::vector<Feeds>& samples, std::vector<std::string> outputs,
                            int threads, AnswersAre answers) {
  Trial trial;
  trial.graph_ = &graph;
  trial.samples_ = &samples;
  trial.outputs_ = std::move(outputs);
  trial.threads_ = threads;
  trial.answers_ = answers;
  RIVULET_ASSIGN_OR_RETURN(trial.session_, SessionOf(Serialize(graph), threads));
  for (const Feeds& feeds : samples) {
    RIVULET_ASSIGN_OR_RETURN(std::vector<Tensor> outputs_of, trial.session_->Run(feeds, trial.outputs_));
    trial.all_.push_back(trial.reference_.size());
    trial.reference_.push_back(std::move(outputs_of));
  }
  if (answers == AnswersAre::kPeaks && !trial.reference_.empty() &&
      std::none_of(trial.reference_[0].begin(), trial.reference_[0].end(), AreMaps)) {
    return InvalidArgument("output '", trial.outputs_[0], "' has shape ", trial.reference_[0][0].shape().ToString(),
                           ", want heat maps: pictures, height, width, channels");
  }
  for (const std::vector<Tensor>& outputs_of : trial.reference_) {
    for (const Tensor& output : outputs_of) {
      if (AreMaps(output)) trial.least_peak_ = std::max(trial.least_peak_, kLeastPeak * LargestOf(output));
    }
  }
  return trial;
}

Result<Agreement> Trial::Compare(const Replaced& replaced) const { return Compare(replaced, all_); }

Result<Agreement> Trial::Compare(const Replaced& replaced, const std::vector<size_t>& some) const {
  return CompareBytes(Serialize(WithConstants(*graph_, replaced)), some);
}

Result<Agreement> Trial::CompareFile(const std::string& bytes) const { return CompareBytes(bytes, all_); }

std::vector<size_t> Trial::HalfFrom(size_t first, size_t most) const {
  std::vector<size_t> samples;
  const size_t count = num_samples();
  const size_t step = std::max<size_t>(2, count / std::max<size_t>(1, most) / 2 * 2);
  for (size_t s = std::min(first, count - 1); s < count && samples.size() < most; s += step) samples.push_back(s);
  return samples;
}

Result<Agreement> Trial::CompareBytes(const std::string& bytes, const std::vector<size_t>& some) const {
  RIVULET_ASSIGN_OR_RETURN(const auto session, SessionOf(bytes, threads_));
  Agreement agreement;
  Sums sums;
  AnswerMargins margins;
  for (const size_t i : some) {
    RIVULET_ASSIGN_OR_RETURN(const std::vector<Tensor> outputs, session->Run((*samples_)[i], outputs_));
    for (size_t o = 0; o < outputs.size(); ++o) {
      const Tensor& was = reference_[i][o];
      const Tensor& is = outputs[o];
      if (was.dtype() != is.dtype() || was.rank() != is.rank()) {
        return InvalidArgument("output '", outputs_[o], "' changed its type or rank");
      }
      if (was.shape() != is.shape()) {
        CountAsLost(was, &agreement, &sums);
        continue;
      }
      if (answers_ == AnswersAre::kPeaks && AreMaps(was)) {
        const ComparedPeaks peaks = ComparePeaks(was, is, least_peak_);
        agreement.of_peaks = true;
        agreement.rows += peaks.peaks;
        agreement.agreeing += peaks.agreeing;
      }
      if (was.dtype() == DType::kFloat) CompareFloats(was, is, &agreement, &sums, &margins);
      if (was.dtype() == DType::kInt64) CompareNumbers<int64_t>(was, is, &agreement);
      if (was.dtype() == DType::kInt32) CompareNumbers<int32_t>(was, is, &agreement);
    }
  }
  if (sums.count > 0) {
    const double mean = sums.values / sums.count;
    const double variance = std::max(1e-30, sums.squares / sums.count - mean * mean);
    agreement.distance = std::sqrt(sums.error / sums.count / variance);
  }
  // Nothing was fitted to how near the answers are, so all samples tell that.
  if (agreement.rows > 0) {
    for (const std::vector<Tensor>& outputs : reference_) AddRows(outputs, &margins);
    agreement.unseen = margins.Estimate();
  }
  return agreement;
}

std::vector<double> Trial::SampleWeights() const {
  // What is decided now may be less so on other samples.
  constexpr double kLeastShare = 0.1;
  std::vector<double> all(reference_.size());
  double sum = 0;
  for (size_t s = 0; s < all.size(); ++s) {
    for (const Tensor& output : reference_[s]) {
      if (output.dtype() != DType::kFloat || output.rank() < 1 || output.dim(output.rank() - 1) < 2) continue;
      const int64_t width = output.dim(output.rank() - 1);
      for (int64_t i = 0; i < output.num_elements(); i += width) {
        const float* row = output.data<float>() + i;
        if (!AreProbabilities(row, width)) return std::vector<double>(all.size(), 1.0);
        for (int64_t c = 0; c < width; ++c) all[s] += static_cast<double>(row[c]) * (1 - static_cast<double>(row[c]));
      }
    }
    sum += all[s];
  }
  const double mean = sum / static_cast<double>(all.size());
  for (double& one : all) one = mean > 1e-9 ? (one / mean + kLeastShare) / (1 + kLeastShare) : 1;
  return all;
}

OutputWeights Trial::ChannelWeights() const {
  // Classes that no sample is near to are still not free.
  constexpr double kLeastShare = 0.03;
  OutputWeights all;
  for (size_t o = 0; o < outputs_.size(); ++o) {
    const Tensor& first = reference_[0][o];
    if (first.dtype() != DType::kFloat || first.rank() < 2 || first.dim(first.rank() - 1) < 1) continue;
    const int64_t width = first.dim(first.rank() - 1);
    std::vector<double> weights(static_cast<size_t>(width));
    double sum = 0;
    for (const auto& outputs : reference_) {
      const Tensor& output = outputs[o];
      if (output.rank() < 1 || output.dim(output.rank() - 1) != width) continue;
      for (int64_t i = 0; i < output.num_elements(); i += width) {
        const float* row = output.data<float>() + i;
        if (width < 2 || !AreProbabilities(row, width)) continue;
        for (int64_t c = 0; c < width; ++c) {
          const auto p = static_cast<double>(row[c]);
          weights[static_cast<size_t>(c)] += p * (1 - p);
          sum += p * (1 - p);
        }
      }
    }
    for (double& weight : weights) weight = sum > 0 ? weight + kLeastShare * sum / static_cast<double>(width) : 1;
    all[std::string(ParseInput(outputs_[o]).node)] = std::move(weights);
  }
  return all;
}

}  // namespace rivulet::prepare
