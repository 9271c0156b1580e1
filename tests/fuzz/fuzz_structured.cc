// Covers: engine/run/*.cc engine/passes/*.cc engine/ops/infer.cc
// Graphs that are always well formed, built from the input's bytes, against a plain reference: integers, so that
// results are exact, run with passes and without, on one thread and on two.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/base/errors.h"
#include "engine/graph/text_form.h"
#include "rivulet/session.h"

namespace rivulet {
namespace {

constexpr size_t kMostNodes = 40;
constexpr int64_t kMostElements = 4096;

// What the reference holds for an edge; dead on the side of a branch that is not taken.
struct Value {
  std::vector<int64_t> dims;
  std::vector<int32_t> elements;
  bool dead = false;

  int64_t count() const { return static_cast<int64_t>(elements.size()); }
};

int32_t Wrap(int64_t value) { return static_cast<int32_t>(static_cast<uint32_t>(static_cast<uint64_t>(value))); }

class Bytes {
 public:
  explicit Bytes(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  bool empty() const { return at_ >= bytes_.size(); }
  uint8_t Next() { return empty() ? 0 : bytes_[at_++]; }
  size_t Below(size_t count) { return count == 0 ? 0 : Next() % count; }

 private:
  std::span<const uint8_t> bytes_;
  size_t at_ = 0;
};

class Builder {
 public:
  explicit Builder(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  void Build() {
    const std::vector<int64_t> shapes[] = {{2, 3}, {3}, {}, {4, 1}, {2, 2, 3}};
    for (size_t i = 0; i < 3; ++i) {
      Value value;
      value.dims = shapes[bytes_.Below(std::size(shapes))];
      int64_t count = 1;
      for (const int64_t dim : value.dims) count *= dim;
      for (int64_t k = 0; k < count; ++k) value.elements.push_back(static_cast<int8_t>(bytes_.Next()));
      const std::string name = Cat("x", static_cast<int64_t>(i));
      feeds_.emplace_back(name, Tensor::Of<int32_t>(Shape(std::span<const int64_t>(value.dims)), value.elements));
      text_ += Cat(name, " = Placeholder() {dtype=int32}\n");
      Remember(name, std::move(value));
    }
    predicate_ = bytes_.Next() % 2 != 0;
    feeds_.emplace_back("p", Tensor::Scalar<bool>(predicate_));
    text_ += "p = Placeholder() {dtype=bool, shape=shape[]}\n";
    while (!bytes_.empty() && names_.size() < kMostNodes) AddNode();
  }

  const std::string& text() const { return text_; }
  const Feeds& feeds() const { return feeds_; }
  const std::vector<std::string>& names() const { return names_; }
  const Value& value(const std::string& name) const { return values_.at(name); }

 private:
  void Remember(const std::string& name, Value value) {
    values_[name] = std::move(value);
    names_.push_back(name);
  }
  std::string Pick() { return names_[bytes_.Below(names_.size())]; }
  std::string NewName() { return Cat("n", static_cast<int64_t>(++counter_)); }
  std::string Constant(const std::vector<int64_t>& values, bool scalar) {
    const std::string name = NewName() + "c";
    std::string list;
    for (const int64_t v : values) list += Cat(list.empty() ? "" : ", ", v);
    text_ += Cat(name, " = Const() {dtype=int32, value=int32[",
                 scalar ? std::string() : Cat(static_cast<int64_t>(values.size())), "]{", list, "}}\n");
    return name;
  }

  void AddNode() {
    switch (bytes_.Below(11)) {
      case 0:
      case 1: return AddBinary();
      case 2: return AddUnary();
      case 3: return AddReshape();
      case 4: return AddTranspose();
      case 5: return AddConcat();
      case 6: return AddSum();
      case 7: return AddPad();
      case 8: return AddBranch();
      case 9: return AddLoop();
      default: return AddSlice();
    }
  }

  // The dims of both with those of 1 stretched; false when they do not go together or would be large.
  static bool Broadcast(const std::vector<int64_t>& a, const std::vector<int64_t>& b, std::vector<int64_t>* out) {
    const size_t rank = std::max(a.size(), b.size());
    out->assign(rank, 1);
    int64_t count = 1;
    for (size_t i = 0; i < rank; ++i) {
      const int64_t x = i < rank - a.size() ? 1 : a[i - (rank - a.size())];
      const int64_t y = i < rank - b.size() ? 1 : b[i - (rank - b.size())];
      if (x != y && x != 1 && y != 1) return false;
      (*out)[i] = x == 1 ? y : x;
      count *= (*out)[i];
    }
    return count <= kMostElements;
  }
  // The element of `value` at position `index` of a shape that it was stretched to.
  static int32_t At(const Value& value, const std::vector<int64_t>& dims, int64_t index) {
    int64_t at = 0, step = 1;
    for (size_t i = dims.size(); i-- > 0;) {
      const int64_t place = index % dims[i];
      index /= dims[i];
      const size_t skipped = dims.size() - value.dims.size();
      if (i < skipped) continue;
      if (value.dims[i - skipped] != 1) at += place * step;
      step *= value.dims[i - skipped];
    }
    return value.elements[static_cast<size_t>(at)];
  }

  void AddBinary() {
    static constexpr const char* kOps[] = {"AddV2", "Sub", "Mul", "Maximum", "Minimum"};
    const std::string a = Pick(), b = Pick();
    const size_t kind = bytes_.Below(std::size(kOps));
    const Value &x = values_.at(a), &y = values_.at(b);
    Value out;
    out.dead = x.dead || y.dead;
    if (!Broadcast(x.dims, y.dims, &out.dims)) return;
    int64_t count = 1;
    for (const int64_t dim : out.dims) count *= dim;
    for (int64_t i = 0; i < count; ++i) {
      const int64_t p = At(x, out.dims, i), q = At(y, out.dims, i);
      out.elements.push_back(kind == 0   ? Wrap(p + q)
                             : kind == 1 ? Wrap(p - q)
                             : kind == 2 ? Wrap(p * q)
                             : kind == 3 ? Wrap(std::max(p, q))
                                         : Wrap(std::min(p, q)));
    }
    const std::string name = NewName();
    text_ += Cat(name, " = ", kOps[kind], "(", a, ", ", b, ") {T=int32}\n");
    Remember(name, std::move(out));
  }

  void AddUnary() {
    static constexpr const char* kOps[] = {"Neg", "Abs", "Identity", "Square"};
    const std::string a = Pick();
    const size_t kind = bytes_.Below(std::size(kOps));
    Value out = values_.at(a);
    for (int32_t& v : out.elements) {
      const int64_t x = v;
      v = kind == 0 ? Wrap(-x) : kind == 1 ? Wrap(x < 0 ? -x : x) : kind == 2 ? v : Wrap(x * x);
    }
    const std::string name = NewName();
    text_ += Cat(name, " = ", kOps[kind], "(", a, ") {T=int32}\n");
    Remember(name, std::move(out));
  }

  void AddReshape() {
    const std::string a = Pick();
    Value out = values_.at(a);
    const int64_t count = out.count();
    const int64_t divisors[] = {1, 2, 3, 4, 6};
    const int64_t first = divisors[bytes_.Below(std::size(divisors))];
    if (count == 0 || count % first != 0) return;
    out.dims = {first, count / first};
    const std::string shape = Constant({first, -1}, false), name = NewName();
    text_ += Cat(name, " = Reshape(", a, ", ", shape, ") {T=int32, Tshape=int32}\n");
    Remember(name, std::move(out));
  }

  void AddTranspose() {
    const std::string a = Pick();
    const Value& x = values_.at(a);
    if (x.dims.size() != 2) return;
    Value out = x;
    std::swap(out.dims[0], out.dims[1]);
    for (int64_t i = 0; i < out.dims[0]; ++i) {
      for (int64_t j = 0; j < out.dims[1]; ++j) {
        out.elements[static_cast<size_t>(i * out.dims[1] + j)] = x.elements[static_cast<size_t>(j * x.dims[1] + i)];
      }
    }
    const std::string perm = Constant({1, 0}, false), name = NewName();
    text_ += Cat(name, " = Transpose(", a, ", ", perm, ") {T=int32, Tperm=int32}\n");
    Remember(name, std::move(out));
  }

  void AddConcat() {
    const std::string a = Pick(), b = Pick();
    const Value &x = values_.at(a), &y = values_.at(b);
    if (x.dims.empty() || x.dims.size() != y.dims.size() || x.count() + y.count() > kMostElements) return;
    if (!std::equal(x.dims.begin() + 1, x.dims.end(), y.dims.begin() + 1)) return;
    Value out = x;
    out.dead = x.dead || y.dead;
    out.dims[0] += y.dims[0];
    out.elements.insert(out.elements.end(), y.elements.begin(), y.elements.end());
    const std::string axis = Constant({0}, true), name = NewName();
    text_ += Cat(name, " = ConcatV2(", a, ", ", b, ", ", axis, ") {T=int32, N=2, Tidx=int32}\n");
    Remember(name, std::move(out));
  }

  void AddSum() {
    const std::string a = Pick();
    const Value& x = values_.at(a);
    if (x.dims.empty()) return;
    Value out;
    out.dead = x.dead;
    out.dims.assign(x.dims.begin() + 1, x.dims.end());
    const int64_t inner = x.dims[0] == 0 ? 0 : x.count() / x.dims[0];
    for (int64_t i = 0; i < inner; ++i) {
      int64_t sum = 0;
      for (int64_t k = 0; k < x.dims[0]; ++k) sum += x.elements[static_cast<size_t>(k * inner + i)];
      out.elements.push_back(Wrap(sum));
    }
    const std::string axes = Constant({0}, false), name = NewName();
    text_ += Cat(name, " = Sum(", a, ", ", axes, ") {T=int32, Tidx=int32, keep_dims=false}\n");
    Remember(name, std::move(out));
  }

  void AddPad() {
    const std::string a = Pick();
    const Value& x = values_.at(a);
    if (x.dims.size() != 1) return;
    const int64_t before = static_cast<int64_t>(bytes_.Below(3)), after = static_cast<int64_t>(bytes_.Below(3));
    Value out;
    out.dead = x.dead;
    out.elements.assign(static_cast<size_t>(before), 0);
    out.elements.insert(out.elements.end(), x.elements.begin(), x.elements.end());
    out.elements.insert(out.elements.end(), static_cast<size_t>(after), 0);
    out.dims = {out.count()};
    const std::string pads = NewName() + "c", name = NewName();
    text_ += Cat(pads, " = Const() {dtype=int32, value=int32[1,2]{", before, ", ", after, "}}\n");
    text_ += Cat(name, " = Pad(", a, ", ", pads, ") {T=int32, Tpaddings=int32}\n");
    Remember(name, std::move(out));
  }

  // One side negated, the other doubled, and joined again; what reads one side alone may be dead.
  void AddBranch() {
    const std::string a = Pick();
    const Value& x = values_.at(a);
    const std::string choice = NewName(), off = NewName(), on = NewName(), name = NewName();
    text_ += Cat(choice, " = Switch(", a, ", p) {T=int32}\n");
    text_ += Cat(off, " = Neg(", choice, ") {T=int32}\n", on, " = AddV2(", choice, ":1, ", choice, ":1) {T=int32}\n");
    text_ += Cat(name, " = Merge(", off, ", ", on, ") {T=int32, N=2}\n");
    Value negated = x, doubled = x;
    for (int32_t& v : negated.elements) v = Wrap(-int64_t{v});
    for (int32_t& v : doubled.elements) v = Wrap(int64_t{v} * 2);
    negated.dead = x.dead || predicate_;
    doubled.dead = x.dead || !predicate_;
    Value joined = predicate_ ? doubled : negated;
    joined.dead = x.dead;
    Remember(off, std::move(negated));
    Remember(on, std::move(doubled));
    Remember(name, std::move(joined));
  }

  // u, v = v, u op v, so many times, as TensorFlow 1 writes a loop.
  void AddLoop() {
    static constexpr const char* kOps[] = {"AddV2", "Sub", "Mul"};
    const std::string a = Pick(), b = Pick();
    const Value &x = values_.at(a), &y = values_.at(b);
    if (x.dims != y.dims) return;
    const size_t kind = bytes_.Below(std::size(kOps));
    const int64_t trips = static_cast<int64_t>(bytes_.Below(5));
    Value u = x, v = y;
    for (int64_t i = 0; i < trips; ++i) {
      for (size_t k = 0; k < u.elements.size(); ++k) {
        const int64_t p = u.elements[k], q = v.elements[k];
        u.elements[k] = v.elements[k];
        v.elements[k] = kind == 0 ? Wrap(p + q) : kind == 1 ? Wrap(p - q) : Wrap(p * q);
      }
    }
    u.dead = v.dead = x.dead || y.dead;
    const std::string zero = Constant({0}, true), one = Constant({1}, true), limit = Constant({trips}, true),
                      loop = NewName();
    const auto enter = [&](const std::string& part, const std::string& from, bool constant) {
      text_ += Cat(loop, part, "e = Enter(", from, ") {T=int32, frame_name=\"", loop,
                   "\", is_constant=", constant ? "true" : "false", ", parallel_iterations=10}\n");
      if (constant) return;
      text_ += Cat(loop, part, "m = Merge(", loop, part, "e, ", loop, part, "n) {T=int32, N=2}\n");
      text_ += Cat(loop, part, "s = Switch(", loop, part, "m, ", loop, "go) {T=int32}\n");
      text_ += Cat(loop, part, "x = Exit(", loop, part, "s) {T=int32}\n");
    };
    enter("limit", limit, true);
    enter("one", one, true);
    for (const auto& [part, from] : {std::pair("i", zero), std::pair("u", a), std::pair("v", b)})
      enter(part, from, false);
    text_ += Cat(loop, "less = Less(", loop, "im, ", loop, "limite) {T=int32}\n");
    text_ += Cat(loop, "go = LoopCond(", loop, "less)\n");
    text_ += Cat(loop, "more = AddV2(", loop, "is:1, ", loop, "onee) {T=int32}\n");
    text_ += Cat(loop, "in = NextIteration(", loop, "more) {T=int32}\n");
    text_ += Cat(loop, "un = NextIteration(", loop, "vs:1) {T=int32}\n");
    text_ += Cat(loop, "next = ", kOps[kind], "(", loop, "us:1, ", loop, "vs:1) {T=int32}\n");
    text_ += Cat(loop, "vn = NextIteration(", loop, "next) {T=int32}\n");
    Remember(loop + "ux", std::move(u));
    Remember(loop + "vx", std::move(v));
  }

  // x[begin::step] of a vector.
  void AddSlice() {
    const std::string a = Pick();
    const Value& x = values_.at(a);
    if (x.dims.size() != 1 || x.count() == 0) return;
    const int64_t begin = static_cast<int64_t>(bytes_.Below(static_cast<size_t>(x.count())));
    const int64_t step = 1 + static_cast<int64_t>(bytes_.Below(3));
    Value out;
    out.dead = x.dead;
    for (int64_t i = begin; i < x.count(); i += step) out.elements.push_back(x.elements[static_cast<size_t>(i)]);
    out.dims = {out.count()};
    const std::string from = Constant({begin}, false), to = Constant({0}, false), by = Constant({step}, false),
                      name = NewName();
    text_ += Cat(
        name, " = StridedSlice(", a, ", ", from, ", ", to, ", ", by,
        ") {T=int32, Index=int32, begin_mask=0, end_mask=1, ellipsis_mask=0, new_axis_mask=0, shrink_axis_mask=0}\n");
    Remember(name, std::move(out));
  }

  Bytes bytes_;
  std::string text_;
  Feeds feeds_;
  bool predicate_ = false;
  int counter_ = 0;
  std::vector<std::string> names_;
  std::map<std::string, Value> values_;
};

[[noreturn]] void Fail(const Builder& builder, const std::string& name, const std::string& why) {
  std::fprintf(stderr, "%s: %s\n%s\n", name.c_str(), why.c_str(), builder.text().c_str());
  std::abort();
}

// A few fetched alone, each with a plan of its own: plans are what an input costs.
void Compare(const Builder& builder, Session& session) {
  const size_t count = builder.names().size();
  for (size_t i = count % 3; i < count; i += 1 + count / 4) {
    const std::string& name = builder.names()[i];
    const Value& want = builder.value(name);
    const auto got = session.Run(builder.feeds(), {name});
    if (want.dead) {
      if (got.ok()) Fail(builder, name, "has a value, on a branch that was not taken");
      continue;
    }
    if (!got.ok()) Fail(builder, name, got.status().ToString());
    const Tensor& tensor = (*got)[0];
    if (!(tensor.shape() == Shape(std::span<const int64_t>(want.dims))))
      Fail(builder, name, "shape " + tensor.shape().ToString());
    if (!std::equal(want.elements.begin(), want.elements.end(), tensor.data<int32_t>()))
      Fail(builder, name, "other elements");
  }
}

void Check(std::span<const uint8_t> bytes) {
  Builder builder(bytes);
  builder.Build();
  auto graph = ParseGraph(builder.text());
  if (!graph.ok()) Fail(builder, "the graph", graph.status().ToString());
  const auto model = Model::FromGraph(std::move(*graph), "structured");
  for (const bool passes : {true, false}) {
    SessionOptions options;
    options.passes = passes;
    options.num_threads = passes ? 2 : 1;
    options.max_plans = 64;
    auto session = Session::Create(model, options);
    if (!session.ok()) Fail(builder, "session", session.status().ToString());
    Compare(builder, **session);
    // All of it at once, where what one fetch keeps alive may lie in another's way.
    std::vector<std::string> alive;
    for (const std::string& name : builder.names()) {
      if (!builder.value(name).dead) alive.push_back(name);
    }
    const auto all = (*session)->Run(builder.feeds(), alive);
    if (!all.ok()) Fail(builder, "all", all.status().ToString());
    for (size_t i = 0; i < alive.size(); ++i) {
      const Value& want = builder.value(alive[i]);
      if (!std::equal(want.elements.begin(), want.elements.end(), (*all)[i].data<int32_t>()))
        Fail(builder, alive[i], "other elements, with all");
    }
  }
}

}  // namespace
}  // namespace rivulet

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rivulet::Check({data, size});
  return 0;
}
