// Hostile files, section E: operators whose shapes, indices or parameters make no sense. Each row is one node whose
// inputs are fed, run with passes and without; it must end in an error that names the node and says what was found.
// What every operator does with odd inputs is in golden_test: Edges and Hostile.
#ifndef RIVULET_TESTS_HOSTILE_OPERATOR_ROWS_H_
#define RIVULET_TESTS_HOSTILE_OPERATOR_ROWS_H_

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "engine/ops/op.h"
#include "tests/hostile/text_models.h"

namespace rivulet {

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

struct Row {
  const char* id;
  const char* op;
  std::vector<Tensor> inputs;
  std::string attrs;
  const char* says;
};

template <typename T>
inline Tensor Full(const Shape& shape, T value) {
  return Tensor::Of<T>(shape, std::vector<T>(static_cast<size_t>(shape.num_elements()), value));
}
inline Tensor F(const Shape& shape, double value = 1) { return Full<float>(shape, static_cast<float>(value)); }
inline Tensor OneF(double value) { return Tensor::Scalar<float>(static_cast<float>(value)); }
inline Tensor I(const std::vector<int32_t>& values) {
  return Tensor::Of<int32_t>({static_cast<int64_t>(values.size())}, values);
}
inline Tensor OneI(int32_t value) { return Tensor::Scalar<int32_t>(value); }
inline Tensor L(const std::vector<int64_t>& values) {
  return Tensor::Of<int64_t>({static_cast<int64_t>(values.size())}, values);
}
inline Tensor OneL(int64_t value) { return Tensor::Scalar<int64_t>(value); }

inline std::string Int(const char* key, int64_t value) { return AttrText(key, Cat("i: ", value)); }
inline std::string Float(const char* key, const char* value) { return AttrText(key, Cat("f: ", value)); }
inline std::string Bool(const char* key, bool value) { return AttrText(key, value ? "b: true" : "b: false"); }
inline std::string Word(const char* key, const char* value) { return AttrText(key, Cat("s: '", value, "'")); }
inline std::string Ints(const char* key, const std::vector<int64_t>& values) {
  std::string all;
  for (const int64_t value : values) all += Cat("i: ", value, " ");
  return AttrText(key, "list { " + all + "}");
}
inline const std::string kFloat = TypeText("T", "DT_FLOAT");
inline const std::string kInt32 = TypeText("T", "DT_INT32");

inline std::string Window(const std::vector<int64_t>& strides, const char* padding = "VALID",
                          const std::string& more = "") {
  return kFloat + Ints("strides", strides) + Word("padding", padding) + more;
}
inline std::string Pool(const std::vector<int64_t>& window, const std::vector<int64_t>& strides, const char* padding) {
  return Window(strides, padding, Ints("ksize", window));
}

inline std::string ProtoType(DType dtype) {
  switch (dtype) {
    case DType::kFloat: return "DT_FLOAT";
    case DType::kInt32: return "DT_INT32";
    case DType::kInt64: return "DT_INT64";
    case DType::kBool: return "DT_BOOL";
    case DType::kUint8: return "DT_UINT8";
    case DType::kQuint8: return "DT_QUINT8";
    case DType::kString: return "DT_STRING";
    default: ADD_FAILURE() << Name(dtype); return "";
  }
}

inline Status RunRow(const Row& row, bool passes) {
  std::string text, inputs;
  Running running;
  running.session.memory_budget_bytes = size_t{64} << 20;
  running.session.passes = passes;
  for (size_t i = 0; i < row.inputs.size(); ++i) {
    const std::string name = Cat("x", static_cast<int64_t>(i));
    text += FeedText(name, ProtoType(row.inputs[i].dtype()));
    inputs += Cat(i == 0 ? "" : " ", name);
    running.feeds.emplace_back(name, row.inputs[i]);
  }
  return StatusOf(text + NodeText("y", row.op, inputs, row.attrs), "y", running);
}

inline const Shape kImage = {1, 4, 4, 1};
inline const Shape kOne = {1, 1, 1, 1};

inline Tensor Rows(const Shape& shape, const std::vector<int32_t>& values) {
  return Tensor::Of<int32_t>(shape, values);
}

inline const std::string kShapeInt = TypeText("Tshape", "DT_INT32");
inline const std::string kTidx = TypeText("Tidx", "DT_INT32");
inline const std::string kSlice = kFloat + TypeText("Index", "DT_INT32");
inline const std::string kGather =
    TypeText("Tparams", "DT_FLOAT") + TypeText("Tindices", "DT_INT64") + TypeText("Taxis", "DT_INT32");
inline const std::string kGatherNd = TypeText("Tparams", "DT_FLOAT") + TypeText("Tindices", "DT_INT32");
inline const std::string kScatter = kFloat + TypeText("Tindices", "DT_INT32");
inline const std::string kNorm = kFloat + TypeText("U", "DT_FLOAT");
inline const std::string kNms = kFloat + TypeText("T_threshold", "DT_FLOAT");
inline const std::string kBlocks = kFloat + TypeText("Tblock_shape", "DT_INT32") + TypeText("Tcrops", "DT_INT32");

// Checks that the row fails as it says; a narrowed build has not every operator.
inline void ExpectRowFails(const Row& row) {
  if (FindOp(row.op) == nullptr) GTEST_SKIP() << row.op << " is not in this build";
  for (const bool passes : {true, false}) {
    const Status status = RunRow(row, passes);
    EXPECT_FALSE(status.ok()) << row.id << " " << row.op;
    const bool fits = status.code() == Code::kInvalidArgument || status.code() == Code::kOutOfRange ||
                      status.code() == Code::kResourceExhausted || status.code() == Code::kUnimplemented;
    EXPECT_TRUE(fits) << row.id << ": " << status.ToString();
    EXPECT_NE(status.message().find(Cat("node 'y' (", row.op, ")")), std::string::npos) << status.ToString();
    EXPECT_NE(status.message().find(row.says), std::string::npos)
        << row.id << ": want " << row.says << " in " << status.ToString();
  }
}

}  // namespace rivulet

#endif  // RIVULET_TESTS_HOSTILE_OPERATOR_ROWS_H_
