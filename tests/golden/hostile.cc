#include "tests/golden/hostile.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "engine/base/errors.h"
#include "engine/base/wire.h"
#include "engine/graph/graph.h"
#include "tests/golden/inputs.h"
#include "tests/golden/may_loop.h"
#include "tests/golden/rewrite.h"

namespace rivulet::golden {
namespace {

constexpr size_t kBudget = size_t{64} << 20;
constexpr double kDeadlineMs = 20'000;
constexpr double kLoopDeadlineMs = 200;
constexpr int64_t kLargestFeed = 4096;  // elements of a feed made here

class Dice {
 public:
  explicit Dice(uint64_t seed) : seed_(seed) {}
  uint64_t Word() { return golden::Word(seed_, next_++); }
  // In [0, count).
  size_t Below(size_t count) { return static_cast<size_t>(Word() % count); }
  bool Coin() { return Word() % 2 == 0; }

  int64_t Integer() {
    constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
    constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
    constexpr int64_t kIntegers[] = {0,
                                     -1,
                                     1,
                                     -2,
                                     2,
                                     3,
                                     4,
                                     5,
                                     7,
                                     255,
                                     -255,
                                     65536,
                                     2147483647,
                                     -2147483648LL,
                                     2147483648LL,
                                     4294967296LL,
                                     int64_t{1} << 40,
                                     int64_t{1} << 62,
                                     kMax,
                                     kMin,
                                     kMax - 1,
                                     kMin + 1};
    return kIntegers[Below(std::size(kIntegers))];
  }
  double Double() {
    constexpr double kDoubles[] = {0.0,    -0.0,         1,       -1,    0.5,      1e-40,     1e30, -1e30,
                                   3.5e38, 2147483648.0, -9.3e18, 1e300, INFINITY, -INFINITY, NAN};
    return kDoubles[Below(std::size(kDoubles))];
  }

 private:
  uint64_t seed_;
  uint64_t next_ = 0;
};

// ---- Feeds ----

void SetElement(Tensor& tensor, int64_t i, Dice& dice) {
  char* at = tensor.data<char>() + static_cast<size_t>(i) * ElementBytes(tensor.dtype());
  const auto store = [at](auto value) { std::memcpy(at, &value, sizeof(value)); };
  switch (tensor.dtype()) {
    case DType::kFloat: store(static_cast<float>(std::clamp(dice.Double(), -3e38, 3e38))); break;
    case DType::kDouble: store(dice.Double()); break;
    case DType::kHalf: store(static_cast<uint16_t>(dice.Word())); break;
    case DType::kBfloat16: store(static_cast<uint16_t>(dice.Word())); break;
    case DType::kComplex64: store(Complex64(static_cast<float>(dice.Integer()), INFINITY)); break;
    case DType::kComplex128: store(Complex128(dice.Double(), dice.Double())); break;
    case DType::kBool: store(static_cast<uint8_t>(dice.Word() & 1)); break;
    case DType::kString:
      tensor.data<std::string>()[i] =
          dice.Coin() ? std::string() : std::string(1 + dice.Below(300), static_cast<char>(dice.Word()));
      break;
    default: {
      const int64_t value = dice.Integer();
      std::memcpy(at, &value, ElementBytes(tensor.dtype()));
    }
  }
}

// A tensor of that dtype and shape with the elements of `old` in turn, or zeros.
Result<Tensor> Refilled(const Tensor& old, DType dtype, const Shape& shape) {
  RIVULET_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(dtype, shape, *Allocator::Create(kBudget)));
  if (dtype != DType::kString && tensor.bytes() > 0) std::memset(tensor.raw(), 0, tensor.bytes());
  if (dtype != old.dtype() || old.num_elements() == 0) return tensor;
  for (int64_t i = 0; i < tensor.num_elements(); ++i) {
    const int64_t from = i % old.num_elements();
    if (dtype == DType::kString) {
      tensor.data<std::string>()[i] = old.data<std::string>()[from];
    } else {
      const size_t bytes = ElementBytes(dtype);
      std::memcpy(tensor.data<char>() + static_cast<size_t>(i) * bytes,
                  old.data<char>() + static_cast<size_t>(from) * bytes, bytes);
    }
  }
  return tensor;
}

Shape HostileShape(const Shape& shape, Dice& dice) {
  std::vector<int64_t> dims(shape.dims().begin(), shape.dims().end());
  const size_t at = dims.empty() ? 0 : dice.Below(dims.size());
  switch (dice.Below(6)) {
    case 0:
      if (!dims.empty()) dims.erase(dims.begin() + static_cast<int64_t>(at));
      break;
    case 1: dims.insert(dims.begin() + static_cast<int64_t>(at), 1); break;
    case 2:
      if (!dims.empty()) dims[at] = 0;
      break;
    case 3:
      if (!dims.empty()) dims[at] += 1;
      break;
    case 4: dims.assign(1 + dice.Below(9), 1); break;
    default: dims.clear();
  }
  const Shape hostile{std::span<const int64_t>(dims)};
  return hostile.num_elements() <= kLargestFeed ? hostile : Shape();
}

Status ChangeFeed(Feeds& feeds, Dice& dice, std::string* what) {
  auto& [edge, tensor] = feeds[dice.Below(feeds.size())];
  switch (dice.Below(4)) {
    case 0:
    case 1: {
      RIVULET_ASSIGN_OR_RETURN(tensor, Refilled(tensor, tensor.dtype(), tensor.shape()));
      const int64_t count = tensor.num_elements();
      if (count == 0) return Status();
      if (dice.Coin()) {
        for (int64_t i = 0; i < count; ++i) SetElement(tensor, i, dice);
      } else {
        SetElement(tensor, static_cast<int64_t>(dice.Below(static_cast<size_t>(count))), dice);
      }
      *what += Cat("; values of ", edge);
      return Status();
    }
    case 2: {
      RIVULET_ASSIGN_OR_RETURN(tensor, Refilled(tensor, tensor.dtype(), HostileShape(tensor.shape(), dice)));
      *what += Cat("; ", edge, " of shape ", tensor.shape().ToString());
      return Status();
    }
    default: {
      const auto dtype = static_cast<DType>(1 + dice.Below(23));
      if (StoredBytes(dtype) == 0) return Status();
      RIVULET_ASSIGN_OR_RETURN(tensor, Refilled(tensor, dtype, tensor.shape()));
      *what += Cat("; ", edge, " of ", Name(dtype));
      return Status();
    }
  }
}

// ---- Nodes ----

void AppendVarint(Bytes& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<uint8_t>(value | 0x80));
  out.push_back(static_cast<uint8_t>(value));
}

void AppendField(Bytes& out, uint32_t field, std::span<const uint8_t> bytes) {
  AppendVarint(out, (field << 3) | 2);
  AppendVarint(out, bytes.size());
  out.insert(out.end(), bytes.begin(), bytes.end());
}

std::span<const uint8_t> AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

void AppendFloat(Bytes& out, double value) {
  const float number = static_cast<float>(std::clamp(value, -3e38, 3e38));
  uint8_t bytes[4];
  std::memcpy(bytes, &number, 4);
  out.insert(out.end(), bytes, bytes + 4);
}

// An AttrValue in place of one of the given kind (its first field's number); now and then one of another kind.
Bytes HostileAttr(uint32_t kind, Dice& dice) {
  static constexpr std::string_view kWords[] = {"",        "SAME",      "VALID",     "EXPLICIT", "NHWC", "NCHW",
                                                "REFLECT", "SYMMETRIC", "ij,jk->ik", "%",        "a b c"};
  if (dice.Below(8) == 0) kind = 1 + static_cast<uint32_t>(dice.Below(8));
  Bytes out;
  switch (kind) {
    case 1: {
      Bytes list, packed;
      for (size_t left = dice.Below(7); left > 0; --left) AppendVarint(packed, static_cast<uint64_t>(dice.Integer()));
      AppendField(list, 3, packed);
      AppendField(out, 1, list);
      break;
    }
    case 2: AppendField(out, 2, AsBytes(kWords[dice.Below(std::size(kWords))])); break;
    case 3:
      AppendVarint(out, 3 << 3);
      AppendVarint(out, static_cast<uint64_t>(dice.Integer()));
      break;
    case 4:
      AppendVarint(out, (4 << 3) | 5);
      AppendFloat(out, dice.Double());
      break;
    case 5:
      AppendVarint(out, 5 << 3);
      AppendVarint(out, dice.Word() & 1);
      break;
    case 6:
      AppendVarint(out, 6 << 3);
      AppendVarint(out, dice.Below(26));
      break;
    case 7: {
      Bytes shape;
      for (size_t left = dice.Below(5); left > 0; --left) {
        Bytes dim;
        AppendVarint(dim, 1 << 3);
        AppendVarint(dim, static_cast<uint64_t>(dice.Integer()));
        AppendField(shape, 2, dim);
      }
      AppendField(out, 7, shape);
      break;
    }
    default: break;  // an AttrValue without a value
  }
  return out;
}

// The fields of a message, one after the other, as they are in the bytes.
struct Field {
  uint32_t number = 0;
  std::span<const uint8_t> whole;    // with the tag
  std::span<const uint8_t> content;  // of a length-delimited field
};
std::vector<Field> FieldsOf(std::span<const uint8_t> message) {
  std::vector<Field> fields;
  WireCursor cursor(message, 0);
  uint64_t begin = 0;
  while (cursor.Next()) {
    Field field{cursor.field(), {}, {}};
    if (cursor.type() == WireType::kBytes) {
      field.content = cursor.Bytes();
    } else {
      cursor.Skip();
    }
    field.whole = message.subspan(begin, cursor.offset() - begin);
    begin = cursor.offset();
    fields.push_back(field);
  }
  return fields;
}

Bytes Joined(const std::vector<Field>& fields) {
  Bytes out;
  for (const Field& field : fields) out.insert(out.end(), field.whole.begin(), field.whole.end());
  return out;
}

std::string_view TextOfField(const std::vector<Field>& fields, uint32_t number) {
  for (const Field& field : fields) {
    if (field.number == number) return {reinterpret_cast<const char*>(field.content.data()), field.content.size()};
  }
  return {};
}

// The NodeDef with one attribute or input changed.
Bytes HostileNode(std::span<const uint8_t> node, Dice& dice, std::string* what) {
  std::vector<Field> fields = FieldsOf(node);
  std::vector<size_t> attrs, inputs;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].number == 5) attrs.push_back(i);
    if (fields[i].number == 3) inputs.push_back(i);
  }
  const std::string name(TextOfField(fields, 1));
  if (!inputs.empty() && dice.Below(8) == 0) {
    const size_t input = inputs[dice.Below(inputs.size())];
    if (dice.Coin()) {
      fields.erase(fields.begin() + static_cast<int64_t>(input));
      *what += Cat("; ", name, " loses an input");
    } else {
      fields.push_back(fields[input]);
      *what += Cat("; ", name, " has an input twice");
    }
    return Joined(fields);
  }
  if (attrs.empty()) return Joined(fields);
  const size_t chosen = attrs[dice.Below(attrs.size())];
  const std::vector<Field> entry = FieldsOf(fields[chosen].content);
  const std::string_view key = TextOfField(entry, 1);
  const std::string_view value = TextOfField(entry, 2);
  const std::vector<Field> kinds = FieldsOf(AsBytes(value));
  Bytes out;
  fields.erase(fields.begin() + static_cast<int64_t>(chosen));
  out = Joined(fields);
  if (dice.Below(16) == 0) {
    *what += Cat("; ", name, " loses attr ", key);
    return out;
  }
  Bytes hostile;
  AppendField(hostile, 1, AsBytes(key));
  AppendField(hostile, 2, HostileAttr(kinds.empty() ? 3 : kinds[0].number, dice));
  AppendField(out, 5, hostile);
  *what += Cat("; attr ", key, " of ", name);
  return out;
}

void ChangeNode(Bytes& graph, Dice& dice, std::string* what) {
  const std::vector<Field> fields = FieldsOf(graph);
  std::vector<size_t> nodes, preferred;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].number != 1) continue;
    nodes.push_back(i);
    const std::string_view op = TextOfField(FieldsOf(fields[i].content), 2);
    if (op != "Placeholder" && op != "Const") preferred.push_back(i);
  }
  if (nodes.empty()) return;
  const std::vector<size_t>& pool = preferred.empty() || dice.Below(8) == 0 ? nodes : preferred;
  const size_t chosen = pool[dice.Below(pool.size())];
  Bytes out;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i == chosen) {
      AppendField(out, 1, HostileNode(fields[i].content, dice, what));
    } else {
      out.insert(out.end(), fields[i].whole.begin(), fields[i].whole.end());
    }
  }
  graph = std::move(out);
}

void ChangeBytes(Bytes& graph, Dice& dice, std::string* what) {
  if (graph.empty()) return;
  const size_t at = dice.Below(graph.size());
  switch (dice.Below(4)) {
    case 0: graph[at] ^= static_cast<uint8_t>(1u << dice.Below(8)); break;
    case 1: graph[at] = static_cast<uint8_t>(dice.Word()); break;
    case 2: graph.resize(at); break;
    default: graph.insert(graph.begin() + static_cast<int64_t>(at), static_cast<uint8_t>(dice.Word()));
  }
  *what += Cat("; byte ", at);
}

}  // namespace

Result<GoldenCase> MakeHostile(const GoldenCase& record, uint64_t seed, std::string* what) {
  Dice dice(seed);
  GoldenCase hostile = record;
  what->clear();
  // Mostly one thing: of several, the first that is noticed hides the others.
  for (size_t left = dice.Below(4) == 0 ? 1 + dice.Below(3) : 1; left > 0; --left) {
    const size_t kind = dice.Below(16);
    if (kind < 8 && !hostile.feeds.empty()) {
      RIVULET_RETURN_IF_ERROR(ChangeFeed(hostile.feeds, dice, what));
    } else if (kind < 15) {
      ChangeNode(hostile.graph, dice, what);
    } else {
      ChangeBytes(hostile.graph, dice, what);
    }
  }
  if (!hostile.feeds.empty() && dice.Below(3) == 0) {
    // Bytes that were changed need not be a graph any more.
    auto constant = FeedsAsConstants(hostile.graph, hostile.feeds);
    if (constant.ok()) {
      hostile.graph = std::move(*constant);
      hostile.feeds.clear();
      *what += "; feeds are constants";
    }
  }
  return hostile;
}

Status RunHostile(const GoldenCase& hostile, bool passes, bool* gave_results) {
  *gave_results = false;
  LoadOptions load;
  load.limits = Limits::Strict();
  load.allocator = Allocator::Create(kBudget);
  bool may_loop = false;
  const auto judged = [&](const Status& status) {
    const bool is_ours = status.code() == Code::kInternal || (status.code() == Code::kDeadlineExceeded && !may_loop);
    return is_ours ? status : Status();
  };
  const auto model = Model::LoadBytes(hostile.graph, nullptr, "hostile.pb", load);
  if (!model.ok()) return judged(model.status());
  may_loop = MayLoop((*model)->graph());
  SessionOptions options;
  options.num_threads = 2;
  options.passes = passes;
  options.memory_budget_bytes = kBudget;
  const auto session = Session::Create(*model, options);
  if (!session.ok()) return judged(session.status());
  RunOptions run;
  run.deadline_ms = may_loop ? kLoopDeadlineMs : kDeadlineMs;
  const auto results = (*session)->Run(hostile.feeds, hostile.fetches, hostile.targets, run);
  for (const auto& allocator : {load.allocator, (*session)->allocator()}) {
    if (allocator->peak_bytes() > kBudget)
      return Internal("more memory than the budget: ", allocator->peak_bytes(), " bytes");
  }
  *gave_results = results.ok();
  return results.ok() ? Status() : judged(results.status());
}

}  // namespace rivulet::golden
