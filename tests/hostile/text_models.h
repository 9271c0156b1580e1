// Models as text, for tests whose subject is what a graph says rather than its bytes.
#ifndef RIVULET_TESTS_HOSTILE_TEXT_MODELS_H_
#define RIVULET_TESTS_HOSTILE_TEXT_MODELS_H_

#include <time.h>

#include <string>
#include <vector>

#include "engine/base/errors.h"
#include "tests/hostile/loading.h"

namespace rivulet {

// One node: its inputs separated by blanks, its attributes as `key: value` pairs of the text format.
inline std::string NodeText(const std::string& name, const std::string& op, const std::string& inputs = "",
                            const std::string& attrs = "") {
  std::string out = "node { name: '" + name + "' op: '" + op + "' ";
  for (size_t at = 0; at < inputs.size();) {
    const size_t end = std::min(inputs.find(' ', at), inputs.size());
    out += "input: '" + inputs.substr(at, end - at) + "' ";
    at = end + 1;
  }
  return out + attrs + " } ";
}
inline std::string AttrText(const std::string& key, const std::string& value) {
  return "attr { key: '" + key + "' value { " + value + " } } ";
}
inline std::string TypeText(const std::string& key = "T", const std::string& type = "DT_FLOAT") {
  return AttrText(key, "type: " + type);
}
inline std::string ConstText(const std::string& name, const std::string& type, const std::string& shape_and_values) {
  return NodeText(
      name, "Const", "",
      TypeText("dtype", type) + AttrText("value", "tensor { dtype: " + type + " " + shape_and_values + " }"));
}
// A vector of int32, or a scalar.
inline std::string IntsText(const std::string& name, const std::vector<int64_t>& values) {
  std::string all;
  for (const int64_t value : values) all += Cat("int_val: ", value, " ");
  return ConstText(name, "DT_INT32",
                   Cat("tensor_shape { dim { size: ", static_cast<int64_t>(values.size()), " } } ", all));
}
inline std::string IntText(const std::string& name, int64_t value) {
  return ConstText(name, "DT_INT32", Cat("tensor_shape {} int_val: ", value));
}
inline std::string FloatText(const std::string& name, const std::string& value = "1") {
  return ConstText(name, "DT_FLOAT", "tensor_shape {} float_val: " + value);
}
inline std::string FeedText(const std::string& name = "x", const std::string& type = "DT_FLOAT") {
  return NodeText(name, "Placeholder", "", TypeText("dtype", type));
}
// A function of one float, by what its body and its result are.
inline std::string FunctionText(const std::string& name, const std::string& body, const std::string& result) {
  return "function { signature { name: '" + name +
         "' input_arg { name: 'x' type: DT_FLOAT } output_arg { name: 'y' type: DT_FLOAT } } " + body +
         " ret { key: 'y' value: '" + result + "' } } ";
}
inline std::string BodyNodeText(const std::string& name, const std::string& op, const std::string& inputs,
                                const std::string& attrs = "") {
  std::string node = NodeText(name, op, inputs, attrs);
  return "node_def" + node.substr(4);
}
inline std::string LibraryText(const std::string& functions) { return "library { " + functions + " } "; }
const std::string kVersionsText = "versions { producer: 1000 } ";

struct Running {
  Feeds feeds;
  RunOptions run;
  SessionOptions session;
};

// Loads the text and fetches `fetch`.
inline Result<std::vector<Tensor>> RunText(const std::string& text, const std::string& fetch,
                                           const Running& running = {}) {
  RIVULET_ASSIGN_OR_RETURN(const auto model, LoadText(text + kVersionsText));
  RIVULET_ASSIGN_OR_RETURN(const auto session, Session::Create(model, running.session));
  return session->Run(running.feeds, {fetch}, {}, running.run);
}
inline Status StatusOf(const std::string& text, const std::string& fetch, const Running& running = {}) {
  return RunText(text, fetch, running).status();
}

// Fails the test when this process used more of the processor. Other processes may keep it waiting for longer.
class Within {
 public:
  explicit Within(double seconds) : seconds_(seconds), start_(Used()) {}
  ~Within() { EXPECT_LT(Used() - start_, seconds_) << "seconds"; }

 private:
  static double Used() {
    timespec time = {};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  }
  const double seconds_;
  const double start_;
};

}  // namespace rivulet

#endif  // RIVULET_TESTS_HOSTILE_TEXT_MODELS_H_
