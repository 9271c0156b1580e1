#include "tests/golden/harness.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "engine/base/errors.h"
#include "engine/kernels/target.h"
#include "engine/ops/infer.h"
#include "engine/ops/signature.h"
#include "tests/golden/rewrite.h"

namespace rivulet::golden {
namespace {

constexpr double kDeadlineMs = 60'000;

// The case's graph and feeds, as one Source has them.
struct Variant {
  std::shared_ptr<const Model> model;
  Feeds feeds;
  std::vector<std::string> fetches;
  std::vector<Tensor> extra_results;  // what the fetches beyond the recorded ones must give
};

std::vector<std::string> SplitOps(const GoldenCase& record) {
  std::vector<std::string> ops;
  for (size_t begin = 0; begin < record.ops.size();) {
    const size_t end = std::min(record.ops.find(',', begin), record.ops.size());
    ops.push_back(record.ops.substr(begin, end - begin));
    begin = end + 1;
  }
  return ops;
}

bool Takes(std::string_view op, DType dtype) {
  const OpDef* def = FindOp(op);
  const AttrSpec* spec = def != nullptr ? SignatureOf(*def).FindAttr("T") : nullptr;
  return spec != nullptr &&
         (spec->types.empty() || std::find(spec->types.begin(), spec->types.end(), dtype) != spec->types.end());
}

bool BitEqual(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || !(a.shape() == b.shape())) return false;
  if (a.dtype() == DType::kString) {
    const auto left = a.values<std::string>();
    const auto right = b.values<std::string>();
    return std::equal(left.begin(), left.end(), right.begin(), right.end());
  }
  return a.bytes() == 0 || std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}

// A copy that starts `offset` bytes past an aligned address (-1: one element).
Result<Tensor> Misaligned(const Tensor& tensor, int offset) {
  if (tensor.dtype() == DType::kString) return tensor;
  const size_t shift = offset < 0 ? ElementBytes(tensor.dtype()) : static_cast<size_t>(offset);
  RIVULET_ASSIGN_OR_RETURN(std::shared_ptr<void> memory, Allocator::Create()->Allocate(tensor.bytes() + shift));
  char* start = static_cast<char*>(memory.get()) + shift;
  if (tensor.bytes() > 0) std::memcpy(start, tensor.raw(), tensor.bytes());
  return Tensor::View(tensor.dtype(), tensor.shape(), start, std::move(memory));
}

Result<std::shared_ptr<const Model>> LoadGraph(Bytes bytes) {
  auto owner = std::make_shared<Bytes>(std::move(bytes));
  return Model::LoadBytes(*owner, owner, "graph.pb");
}

// The values of the graph's constants, by edge.
Result<Feeds> ConstantsOf(const Model& model) {
  Feeds constants;
  for (const Node& node : model.graph().nodes()) {
    if (node.op != "Const" || !node.control_inputs.empty()) continue;
    const auto* literal = node.attrs.Get<std::shared_ptr<const TensorLiteral>>("value");
    if (literal == nullptr || *literal == nullptr || !(*literal)->error.ok()) continue;
    RIVULET_ASSIGN_OR_RETURN(Tensor value, Expand(**literal, *model.allocator()));
    constants.emplace_back(node.name, std::move(value));
  }
  return constants;
}

Result<Variant> MakeVariant(const GoldenCase& record, Source source) {
  Variant variant{nullptr, record.feeds, record.fetches, {}};
  RIVULET_ASSIGN_OR_RETURN(variant.model, LoadGraph(record.graph));
  if (source == Source::kAllConstant || source == Source::kIntermediates) {
    // Only what is fed through a placeholder changes its source.
    Feeds placeholders;
    variant.feeds.clear();
    for (const auto& feed : record.feeds) {
      const auto is_fed = [&](const Model::Input& input) { return input.name == NodeOfEdge(feed.first); };
      const std::vector<Model::Input> inputs = variant.model->Inputs();
      (std::any_of(inputs.begin(), inputs.end(), is_fed) ? placeholders : variant.feeds).push_back(feed);
    }
    const bool constant = source == Source::kAllConstant;
    RIVULET_ASSIGN_OR_RETURN(Bytes graph, constant ? FeedsAsConstants(record.graph, placeholders)
                                                   : FeedsAsIntermediates(record.graph, placeholders));
    RIVULET_ASSIGN_OR_RETURN(variant.model, LoadGraph(std::move(graph)));
    const Feeds renamed = constant ? Feeds() : RenamedFeeds(placeholders);
    variant.feeds.insert(variant.feeds.end(), renamed.begin(), renamed.end());
    // What the operator read must be whole still when it is fetched as well; asked for every other feed, so that the
    // rest may be overwritten.
    for (size_t i = 1; !constant && i < placeholders.size(); i += 2) {
      variant.fetches.push_back(placeholders[i].first);
      variant.extra_results.push_back(placeholders[i].second);
    }
  }
  if (source == Source::kAllFed) {
    RIVULET_ASSIGN_OR_RETURN(const Feeds constants, ConstantsOf(*variant.model));
    variant.feeds.insert(variant.feeds.end(), constants.begin(), constants.end());
  }
  return variant;
}

bool HasConstants(const GoldenCase& record) {
  constexpr std::string_view kOp = "Const";
  return std::search(record.graph.begin(), record.graph.end(), kOp.begin(), kOp.end()) != record.graph.end();
}

// The source itself, or kAsRecorded where it would change nothing or cannot be had.
Source Effective(const GoldenCase& record, Source source) {
  if (source == Source::kAllFed) {
    // Where a Const is what the case is about, feeding it would take it away.
    return HasConstants(record) && record.ops != "Const" ? source : Source::kAsRecorded;
  }
  if (record.feeds.empty()) return Source::kAsRecorded;
  if (source == Source::kIntermediates) {
    for (const auto& [edge, tensor] : record.feeds) {
      if (!Takes("Pack", tensor.dtype()) || !Takes("Squeeze", tensor.dtype())) return Source::kAsRecorded;
    }
  }
  return source;
}

Status CompareResults(const GoldenCase& record, const Variant& variant, const std::vector<Tensor>& got) {
  if (got.size() != variant.fetches.size()) {
    return InvalidArgument("want ", variant.fetches.size(), " results, got ", got.size());
  }
  const TensorTolerance tolerance = record.tolerance;
  for (size_t i = 0; i < got.size(); ++i) {
    const bool is_extra = i >= record.results.size();
    const Tensor& want = is_extra ? variant.extra_results[i - record.results.size()] : record.results[i];
    Status status;
    if (record.expectation == Expectation::kShapeOnly && !is_extra) {
      if (got[i].dtype() != want.dtype() || !(got[i].shape() == want.shape())) {
        status = InvalidArgument("want ", Name(want.dtype()), want.shape().ToString(), ", got ", Name(got[i].dtype()),
                                 got[i].shape().ToString());
      }
    } else {
      status = CompareTensors(got[i], want, is_extra ? ExactTolerance() : tolerance);
    }
    if (!status.ok()) return std::move(status).Framed(variant.fetches[i]);
  }
  return Status();
}

bool IsStateful(const GoldenCase& record) {
  for (const std::string& op : SplitOps(record)) {
    const OpDef* def = FindOp(op);
    if (def != nullptr && (def->flags & kStateful)) return true;
  }
  return record.expectation == Expectation::kShapeOnly;
}

// Runs twice, in one session.
Result<std::vector<Tensor>> RunOnce(const GoldenCase& record, const Variant& variant, const Combination& c,
                                    int threads) {
  SessionOptions options;
  options.num_threads = threads;
  options.passes = c.passes;
  if (!c.passes) options.precision = Precision::kPlain;
  RIVULET_ASSIGN_OR_RETURN(const std::unique_ptr<Session> session, Session::Create(variant.model, options));
  Feeds feeds = variant.feeds;
  if (c.misaligned != 0) {
    for (auto& [edge, tensor] : feeds) {
      RIVULET_ASSIGN_OR_RETURN(tensor, Misaligned(tensor, c.misaligned));
    }
  }
  RunOptions run;
  run.deadline_ms = kDeadlineMs;
  RIVULET_ASSIGN_OR_RETURN(std::vector<Tensor> first, session->Run(feeds, variant.fetches, record.targets, run));
  if (record.expectation == Expectation::kError) return first;
  RIVULET_RETURN_IF_ERROR(CompareResults(record, variant, first));
  for (size_t i = 0; i < feeds.size(); ++i) {
    if (!BitEqual(feeds[i].second, variant.feeds[i].second))
      return Internal("the run wrote into feed ", feeds[i].first);
  }
  if (!IsStateful(record)) {
    RIVULET_ASSIGN_OR_RETURN(const std::vector<Tensor> second,
                             session->Run(feeds, variant.fetches, record.targets, run));
    for (size_t i = 0; i < first.size(); ++i) {
      if (!BitEqual(first[i], second[i])) return Internal(variant.fetches[i], ": a second run gives other bits");
    }
  }
  return first;
}

Status CheckCombination(const GoldenCase& record, const Variant& variant, const Combination& c, std::string* said) {
  const auto single = RunOnce(record, variant, c, 1);
  if (record.expectation == Expectation::kError) {
    if (said != nullptr && said->empty()) *said = single.status().ToString();
    if (single.ok()) return InvalidArgument("want an error, got a result");
    if (single.status().code() == Code::kInternal) return single.status();
    return Status();
  }
  if (!single.ok()) return single.status();
  RIVULET_ASSIGN_OR_RETURN(const std::vector<Tensor> several, RunOnce(record, variant, c, c.threads));
  if (IsStateful(record)) return Status();
  for (size_t i = 0; i < several.size(); ++i) {
    if (!BitEqual((*single)[i], several[i])) {
      return Internal(variant.fetches[i], ": ", c.threads, " threads give other bits than one");
    }
  }
  return Status();
}

// What shape inference says of the whole graph before a run must fit the results; unless an edge in its midst is fed.
Status CheckFacts(const GoldenCase& record, const Variant& variant) {
  Graph graph = variant.model->graph();
  for (const auto& [edge, tensor] : record.feeds) {
    const int32_t node = graph.Find(NodeOfEdge(edge));
    if (node >= 0 && !graph.node(node).inputs.empty()) return Status();
  }
  Status status = InferGraph(graph, *Allocator::Create());
  if (!status.ok()) return std::move(status).Framed("inference");
  for (size_t i = 0; i < record.results.size(); ++i) {
    const std::string& edge = record.fetches[i];
    const int32_t node = graph.Find(NodeOfEdge(edge));
    const auto slot =
        edge.find(':') == std::string::npos ? 0 : static_cast<size_t>(std::stoi(edge.substr(edge.rfind(':') + 1)));
    if (node < 0 || slot >= graph.node(node).outputs.size()) return Internal("no fact for ", edge);
    const Fact& fact = graph.node(node).outputs[slot];
    const Tensor& want = record.results[i];
    bool fits = fact.dtype == want.dtype() || fact.dtype == DType::kInvalid;
    if (fact.shape.has_rank()) {
      fits = fits && fact.shape.rank() == want.rank();
      for (int axis = 0; fits && axis < want.rank(); ++axis) {
        fits = fact.shape[axis] == Shape::kUnknownDim || fact.shape[axis] == want.dim(axis);
      }
    }
    if (!fits) {
      return Internal(edge, ": inference says ", Name(fact.dtype), fact.shape.ToString(), ", the result is ",
                      Name(want.dtype()), want.shape().ToString());
    }
  }
  return Status();
}

}  // namespace

Status CompareWithRecord(const GoldenCase& record, const std::vector<Tensor>& got) {
  return CompareResults(record, {nullptr, {}, record.fetches, {}}, got);
}

std::string ToString(const Combination& c) {
  static constexpr std::string_view kSources[] = {"as recorded", "all constant", "all fed", "intermediates"};
  return Cat(c.target, c.passes ? "" : ", no passes, plain sums", ", ", kSources[static_cast<size_t>(c.source)],
             c.misaligned != 0 ? ", misaligned" : "", ", ", c.threads, " threads");
}

std::vector<Combination> Combinations(bool full) {
  const std::vector<std::string_view> targets = SupportedTargets();
  std::vector<Combination> rows;
  if (full) {
    for (const std::string_view target : targets) {
      for (int bits = 0; bits < 48; ++bits) {
        rows.push_back({target, bits % 2 == 0, static_cast<Source>(bits / 2 % 4), bits / 8 % 3 - 1, 2 + bits / 24});
      }
    }
    return rows;
  }
  // With one target the rows are made twice, so that every source meets both values of the other settings.
  const int num_targets = static_cast<int>(targets.size());
  for (int t = 0; t < std::max(num_targets, 2); ++t) {
    for (int s = 0; s < 4; ++s) {
      const bool misaligned = (t + s / 2) % 2 != 0;
      rows.push_back({targets[static_cast<size_t>(t % num_targets)], (t + s) % 2 == 0, static_cast<Source>(s),
                      misaligned ? (s % 2 == 0 ? 1 : -1) : 0, 2 + (t + s + s / 2) % 2});
    }
  }
  return rows;
}

Status CheckCase(const GoldenCase& record, const std::vector<Combination>& combinations, std::string* said) {
  for (const std::string& op : SplitOps(record)) {
    if (FindOp(op) == nullptr) return Unimplemented("no operator ", op);
  }
  std::map<Source, Result<Variant>> variants;
  std::vector<Combination> done;
  for (Combination c : combinations) {
    c.source = Effective(record, c.source);
    if (record.feeds.empty() && c.source == Source::kAsRecorded) c.misaligned = 0;
    const auto same = [&](const Combination& other) {
      return other.target == c.target && other.passes == c.passes && other.source == c.source &&
             other.misaligned == c.misaligned;
    };
    if (std::any_of(done.begin(), done.end(), same)) continue;
    done.push_back(c);

    auto variant = variants.find(c.source);
    const bool is_new = variant == variants.end();
    if (is_new) variant = variants.emplace(c.source, MakeVariant(record, c.source)).first;
    if (!variant->second.ok()) {
      if (record.expectation == Expectation::kError) {
        if (said != nullptr && said->empty()) *said = variant->second.status().ToString();
        continue;
      }
      return Status(variant->second.status()).Framed(ToString(c));
    }
    if (is_new && record.expectation != Expectation::kError && c.source != Source::kAllFed) {
      Status facts = CheckFacts(record, *variant->second);
      if (!facts.ok()) return std::move(facts).Framed(ToString(c));
    }
    RIVULET_RETURN_IF_ERROR(UseTarget(c.target));
    Status status = CheckCombination(record, *variant->second, c, said);
    RIVULET_RETURN_IF_ERROR(UseTarget("best"));
    if (!status.ok()) return std::move(status).Framed(ToString(c));
  }
  return Status();
}

}  // namespace rivulet::golden
