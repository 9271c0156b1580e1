#include <cmath>
#include <limits>

#include "engine/base/errors.h"
#include "engine/ops/signature.h"
#include "tests/hostile/operators/changes.h"
#include "tests/hostile/wire_builder.h"

namespace rivulet::hostile {
namespace {

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
constexpr int64_t kIntegers[] = {0,
                                 -1,
                                 1,
                                 2,
                                 -2,
                                 3,
                                 7,
                                 31,
                                 32,
                                 33,
                                 63,
                                 64,
                                 65,
                                 97,
                                 255,
                                 65536,
                                 1 << 20,
                                 2147483647,
                                 -2147483648LL,
                                 2147483648LL,
                                 4294967297LL,
                                 int64_t{1} << 40,
                                 int64_t{1} << 62,
                                 kMost,
                                 kLeast,
                                 kMost - 1,
                                 kLeast + 1};
constexpr float kFloats[] = {0,      -0.0f,         1,     -1,       0.5f,      2,  1e-40f, 3e38f,
                             -3e38f, 2147483648.0f, 1e18f, INFINITY, -INFINITY, NAN};
constexpr std::string_view kWords[] = {"",
                                       "SAME",
                                       "VALID",
                                       "EXPLICIT",
                                       "NHWC",
                                       "NCHW",
                                       "NCHW_VECT_C",
                                       "REFLECT",
                                       "SYMMETRIC",
                                       "ij,jk->ik",
                                       "...a,...b->...ab",
                                       "zz,z->",
                                       "->",
                                       "%",
                                       "%s%n%d",
                                       "a b c",
                                       "\xff\xfe",
                                       "UTF-16-BE",
                                       "float",
                                       "truncate",
                                       "bilinear",
                                       "((((",
                                       "[[:^a:]]",
                                       "(?P<n>a)(?P<n>b)",
                                       "x{9999}",
                                       "none"};

std::string IntField(int64_t value) { return Wire().Int(3, static_cast<uint64_t>(value)).str(); }

// One value of every kind.
std::vector<std::string> OneOfEachKind() {
  return {"",
          IntsValue(std::vector<int64_t>{1, 2, 3, 4}),
          TextValue("text"),
          IntValue(1),
          FloatValue(1),
          BoolValue(true),
          TypeValue(1),
          ShapeValue(std::vector<int64_t>{2, 2}),
          *ConstOf("", Tensor::Scalar<float>(1)).FindAttr("value"),
          FuncValue("none"),
          ListOf({})};
}

std::vector<std::string> IntLists(const std::vector<std::string>& old) {
  std::vector<std::string> lists;
  for (const int64_t value : kIntegers) {
    for (const size_t place : {size_t{0}, old.size() / 2, old.size() - 1}) {
      std::vector<std::string> changed = old;
      if (place < changed.size()) changed[place] = IntField(value);
      lists.push_back(ListOf(changed));
    }
    lists.push_back(ListOf(std::vector<std::string>(old.size(), IntField(value))));
  }
  return lists;
}

std::vector<std::string> ListsOf(const std::vector<std::string>& old) {
  std::vector<std::string> lists;
  const std::string element = old.empty() ? IntField(1) : old[0];
  std::vector<std::string> shorter = old, longer = old;
  if (!shorter.empty()) shorter.pop_back();
  longer.push_back(element);
  lists.push_back(ListOf(shorter));
  lists.push_back(ListOf(longer));
  for (const size_t count : {0, 1, 9, 300, 100'000}) lists.push_back(ListValue(element, count));
  std::vector<std::string> reversed(old.rbegin(), old.rend());
  lists.push_back(ListOf(reversed));
  const uint32_t kind = KindOf(element);
  if (kind == 3 && !old.empty()) {
    for (std::string& list : IntLists(old)) lists.push_back(std::move(list));
  }
  if (kind == 2) {
    for (const std::string_view word : kWords) lists.push_back(ListValue(Wire().Bytes(2, word).str(), old.size()));
  }
  if (kind == 4 || (kind == 6 && old.size() < 20)) {
    for (const float value : kFloats)
      lists.push_back(ListValue(Wire().Float(4, value).str(), std::max<size_t>(old.size(), 1)));
  }
  if (kind == 6) {
    for (uint64_t type = 0; type < 26; ++type) {
      std::vector<std::string> changed = old;
      changed.back() = Wire().Int(6, type).str();
      lists.push_back(ListOf(changed));
    }
  }
  return lists;
}

std::vector<std::string> ShapesOf() {
  std::vector<std::string> shapes = {Wire().Bytes(7, Wire().Int(3, 1).str()).str()};  // of unknown rank
  for (const std::vector<int64_t>& dims : {std::vector<int64_t>{},
                                           {-1},
                                           {-2},
                                           {0},
                                           {1},
                                           {3},
                                           {2, 2},
                                           {1, 1, 1, 1, 1, 1, 1, 1, 1},
                                           {2147483648LL},
                                           {kMost},
                                           {kLeast},
                                           {int64_t{1} << 32, int64_t{1} << 32},
                                           {int64_t{1} << 62, 4, 0},
                                           {-1, -1},
                                           {0, kMost}}) {
    shapes.push_back(ShapeValue(dims));
  }
  shapes.push_back(ShapeValue(std::vector<int64_t>(254, 1)));
  shapes.push_back(ShapeValue(std::vector<int64_t>(300, 1)));
  return shapes;
}

std::vector<std::string> ValuesFor(const std::string& old, const AttrSpec* spec) {
  std::vector<std::string> values = OneOfEachKind();
  const auto add = [&](std::string value) { values.push_back(std::move(value)); };
  switch (KindOf(old)) {
    case 1:
      for (std::string& list : ListsOf(ElementsOf(old))) add(std::move(list));
      break;
    case 2:
      for (const std::string_view word : kWords) add(TextValue(word));
      add(TextValue(std::string(100'000, 'x')));
      add(TextValue(std::string_view("\0a\0", 3)));
      for (size_t i = 0; spec != nullptr && i < spec->strings.size(); ++i) add(TextValue(spec->strings[i]));
      break;
    case 3:
      for (const int64_t value : kIntegers) add(IntValue(value));
      break;
    case 4:
      for (const float value : kFloats) add(FloatValue(value));
      break;
    case 5:
      add(BoolValue(false));
      add(Wire().Int(5, 77).str());
      break;
    case 6:
      for (int64_t type = -1; type < 30; ++type) add(TypeValue(type));
      for (const int64_t type : {int64_t{101}, int64_t{120}, int64_t{9999}, kMost, kLeast}) add(TypeValue(type));
      break;
    case 7:
      for (std::string& shape : ShapesOf()) add(std::move(shape));
      break;
    case 8:
      for (const DType dtype : {DType::kFloat, DType::kInt32, DType::kString, DType::kResource, DType::kVariant}) {
        for (const std::vector<int64_t>& dims : {std::vector<int64_t>{}, {0}, {3}, {2147483648LL}, {kMost, 2}, {-1}}) {
          add(*SplatOf("", dtype, dims).FindAttr("value"));
        }
      }
      break;
    default: break;
  }
  return values;
}

// What the node says, or the signature's default; one by the kind where there is neither.
std::string PresentValue(const EditNode& node, const AttrSpec& spec) {
  const std::string* given = node.FindAttr(spec.name);
  if (given != nullptr) return *given;
  switch (spec.kind) {
    case AttrKind::kString: return TextValue("");
    case AttrKind::kInt: return IntValue(0);
    case AttrKind::kFloat: return FloatValue(0);
    case AttrKind::kBool: return BoolValue(false);
    case AttrKind::kType: return TypeValue(1);
    case AttrKind::kShape: return ShapeValue(std::vector<int64_t>{});
    case AttrKind::kTensor: return *ConstOf("", Tensor::Scalar<float>(1)).FindAttr("value");
    case AttrKind::kFunc: return FuncValue("none");
    case AttrKind::kList: break;
  }
  switch (spec.element) {
    case AttrKind::kString: return ListValue(Wire().Bytes(2, "a").str(), 2);
    case AttrKind::kFloat: return ListValue(Wire().Float(4, 1).str(), 2);
    case AttrKind::kType: return ListValue(Wire().Int(6, 1).str(), 2);
    case AttrKind::kShape: return ListValue(ShapeValue(std::vector<int64_t>{2}), 2);
    default: return IntsValue(std::vector<int64_t>(4, 1));
  }
}

}  // namespace

void AddAttrChanges(const Start& start, std::vector<Change>* changes) {
  EditGraph graph = start.graph;
  const EditNode& node = *graph.Find(start.node);
  for (const AttrSpec& spec : SignatureOf(*start.def).attrs) {
    const std::string name = spec.name;
    changes->push_back({Cat("no attr ", name), [=](Attempt&, EditNode& changed) { changed.DropAttr(name); }});
    size_t number = 0;
    for (const std::string& value : ValuesFor(PresentValue(node, spec), &spec)) {
      changes->push_back({Cat("attr ", name, ", value ", number++),
                          [=](Attempt&, EditNode& changed) { changed.SetAttr(name, value); }});
    }
  }
}

}  // namespace rivulet::hostile
