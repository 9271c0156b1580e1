#include "tests/golden/edges.h"

#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <set>

#include "engine/base/errors.h"
#include "engine/graph/graph.h"
#include "engine/ops/op.h"
#include "tests/golden/harness.h"
#include "tests/golden/may_loop.h"

namespace rivulet::golden {
namespace {

constexpr size_t kBudget = size_t{64} << 20;
constexpr double kDeadlineMs = 200;
constexpr double kWaitMs = 20;  // of operators that wait for another run, which never comes
// A machine busy with other things may be late once; work without end is late however long it may take.
constexpr double kPatience[] = {1, 10, 30};
// A stopped run must be over soon after; the machine may be busy with other tests.
constexpr double kMostMs = 8000;
constexpr int kCasesAnOperator = 2;

// A value for every element, or a shape of zeros.
struct Edge {
  const char* name;
  double value = 0;
  int64_t integer = 0;
  bool is_shape = false;
  Shape shape = {};
};

const std::vector<Edge>& AllEdges() {
  constexpr int64_t k2To31 = int64_t{1} << 31, k2To62 = int64_t{1} << 62;
  static const std::vector<Edge> kEdges = {
      {.name = "empty", .is_shape = true, .shape = {0}},
      {.name = "scalar", .is_shape = true, .shape = {}},
      {.name = "rank 8", .is_shape = true, .shape = {1, 1, 1, 1, 1, 1, 1, 1}},
      {.name = "-1", .value = -1, .integer = -1},
      {.name = "0", .value = 0, .integer = 0},
      {.name = "1", .value = 1, .integer = 1},
      {.name = "INT32_MAX", .value = 2147483647, .integer = k2To31 - 1},
      {.name = "INT64_MIN", .value = -0x1p63, .integer = std::numeric_limits<int64_t>::min()},
      {.name = "2^31", .value = 0x1p31, .integer = k2To31},
      {.name = "2^62", .value = 0x1p62, .integer = k2To62},
      {.name = "NaN", .value = NAN, .integer = std::numeric_limits<int32_t>::min()},
      {.name = "Inf", .value = INFINITY, .integer = std::numeric_limits<int64_t>::max()},
  };
  return kEdges;
}

void SetElement(Tensor& tensor, int64_t i, const Edge& edge) {
  char* at = tensor.data<char>() + static_cast<size_t>(i) * ElementBytes(tensor.dtype());
  const auto store = [at](auto value) { std::memcpy(at, &value, sizeof(value)); };
  const auto narrow = static_cast<float>(edge.value);
  switch (tensor.dtype()) {
    case DType::kFloat: store(narrow); break;
    case DType::kDouble: store(edge.value); break;
    case DType::kHalf: store(Half(narrow)); break;
    case DType::kBfloat16: store(BFloat16(narrow)); break;
    case DType::kComplex64: store(Complex64(narrow, narrow)); break;
    case DType::kComplex128: store(Complex128(edge.value, edge.value)); break;
    case DType::kBool: store(static_cast<uint8_t>(edge.integer & 1)); break;
    case DType::kString: tensor.data<std::string>()[i] = edge.name; break;
    default: std::memcpy(at, &edge.integer, ElementBytes(tensor.dtype()));
  }
}

// `old` with the edge in all its elements, or in the last one only; or a tensor of zeros of the edge's shape.
Result<Tensor> AtTheEdge(const Tensor& old, const Edge& edge, bool last_only) {
  const auto allocator = Allocator::Create(kBudget);
  if (!edge.is_shape) {
    RIVULET_ASSIGN_OR_RETURN(Tensor tensor, Clone(old, *allocator));
    const int64_t count = tensor.num_elements();
    for (int64_t i = last_only ? count - 1 : 0; i < count; ++i) SetElement(tensor, i, edge);
    return tensor;
  }
  RIVULET_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(old.dtype(), edge.shape, *allocator));
  if (old.dtype() != DType::kString && tensor.bytes() > 0) std::memset(tensor.raw(), 0, tensor.bytes());
  return tensor;
}

std::set<std::string> OperatorsOf(const GoldenCase& record) {
  std::set<std::string> ops;
  for (size_t at = 0; at < record.ops.size();) {
    const size_t end = std::min(record.ops.find(',', at), record.ops.size());
    ops.insert(record.ops.substr(at, end - at));
    at = end + 1;
  }
  return ops;
}

std::string EdgeText(const Graph& graph, const rivulet::Edge& edge) {
  return Cat(graph.node(edge.node).name, ":", edge.slot);
}

// The edges that the case's operators read and whose recorded value is known: feeds and constants.
std::map<std::string, Tensor> InputsOf(const GoldenCase& record, const Graph& graph, Session& session) {
  const std::set<std::string> ops = OperatorsOf(record);
  std::map<std::string, Tensor> inputs;
  for (const Node& node : graph.nodes()) {
    if (!ops.contains(node.op)) continue;
    for (const rivulet::Edge& edge : node.inputs) {
      const std::string name = EdgeText(graph, edge);
      if (inputs.contains(name)) continue;
      std::optional<Tensor> value;
      for (const auto& [fed, tensor] : record.feeds) {
        if (fed == name || fed == graph.node(edge.node).name) value = tensor;
      }
      if (!value && graph.node(edge.node).op == "Const") {
        auto constant = session.Run({}, {name});
        if (constant.ok()) value = (*constant)[0];
      }
      if (value && StoredBytes(value->dtype()) > 0 && value->dtype() != DType::kResource &&
          value->dtype() != DType::kVariant) {
        inputs.emplace(name, *value);
      }
    }
  }
  return inputs;
}

// The same inputs need not give the same results again.
bool HasState(const Graph& graph) {
  for (const Node& node : graph.nodes()) {
    if (node.def != nullptr && (node.def->flags & kStateful) != 0) return true;
  }
  return false;
}

Status Judge(const Status& status, double ms, bool may_loop, EdgeCounts* counts) {
  ++counts->runs;
  counts->results += status.ok() ? 1 : 0;
  if (ms > kMostMs) return Internal("took ", ms, " ms, past a deadline of ", kDeadlineMs);
  if (status.code() == Code::kInternal) return status;
  if (status.code() == Code::kDeadlineExceeded) {
    ++counts->deadlines;
    if (!may_loop) return status;
  }
  return Status();
}

}  // namespace

bool StandsForItsOperators(const GoldenCase& record, std::map<std::string, int>* seen) {
  if (record.expectation == Expectation::kError) return false;
  bool stands = false;
  for (const std::string& op : OperatorsOf(record)) stands |= (*seen)[op] < kCasesAnOperator;
  if (!stands) return false;
  for (const std::string& op : OperatorsOf(record)) ++(*seen)[op];
  return true;
}

Status CheckEdges(const GoldenCase& record, EdgeCounts* counts) {
  LoadOptions load;
  load.allocator = Allocator::Create(kBudget);
  RIVULET_ASSIGN_OR_RETURN(const auto model, Model::LoadBytes(record.graph, nullptr, "edges.pb", load));
  SessionOptions options;
  options.num_threads = 2;
  options.memory_budget_bytes = kBudget;
  RIVULET_ASSIGN_OR_RETURN(auto session, Session::Create(model, options));
  const bool may_loop = MayLoop(model->graph());
  // What one run leaves, the next one may wait for in vain.
  const bool starts_anew = KeepsElements(model->graph());
  const std::map<std::string, Tensor> inputs = InputsOf(record, model->graph(), *session);
  for (const auto& [name, value] : inputs) {
    for (const Edge& edge : AllEdges()) {
      for (const bool last_only : {false, true}) {
        if (last_only && (edge.is_shape || value.num_elements() < 2)) continue;
        if (starts_anew) {
          RIVULET_ASSIGN_OR_RETURN(session, Session::Create(model, options));
        }
        Feeds feeds;
        for (const auto& feed : record.feeds) {
          if (feed.first != name && feed.first + ":0" != name) feeds.push_back(feed);
        }
        RIVULET_ASSIGN_OR_RETURN(Tensor hostile, AtTheEdge(value, edge, last_only));
        feeds.emplace_back(name, std::move(hostile));
        Status status;
        for (const double patience : kPatience) {
          RunOptions run;
          run.deadline_ms = patience * (starts_anew ? kWaitMs : kDeadlineMs);
          const auto start = std::chrono::steady_clock::now();
          const auto result = session->Run(feeds, record.fetches, record.targets, run);
          const double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
          status = Judge(result.status(), ms, may_loop, counts);
          if (status.code() != Code::kDeadlineExceeded) break;
        }
        if (session->allocator()->peak_bytes() > kBudget) status = Internal("more memory than the budget");
        if (!status.ok()) return std::move(status).Framed(Cat(name, last_only ? " ends in " : " is ", edge.name));
      }
    }
  }
  if (HasState(model->graph())) return Status();
  const auto after = session->Run(record.feeds, record.fetches, record.targets);
  if (!after.ok()) return Status(after.status()).Framed("as recorded, after the edges");
  return CompareWithRecord(record, *after).Framed("as recorded, after the edges");
}

}  // namespace rivulet::golden
