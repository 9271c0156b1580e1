// Operators of TensorFlow that this engine does not run on purpose, and why.
#ifndef RIVULET_ENGINE_OPS_NOT_RUN_H_
#define RIVULET_ENGINE_OPS_NOT_RUN_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rivulet {

// Names without an address each: one text, in which a zero follows every name.
class NameList {
 public:
  class Iterator {
   public:
    explicit Iterator(const char* at) : at_(at) {}
    const char* operator*() const { return at_; }
    Iterator& operator++() {
      at_ += std::string_view(at_).size() + 1;
      return *this;
    }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    const char* at_;
  };

  template <size_t kBytes>
  explicit constexpr NameList(const char (&text)[kBytes]) : text_(text, kBytes - 1) {}
  Iterator begin() const { return Iterator(text_.data()); }
  Iterator end() const { return Iterator(text_.data() + text_.size()); }

 private:
  std::string_view text_;
};

// Each reason ends the sentence "it is not run: ...".
struct Refusal {
  std::string_view reason;
  NameList ops;
};

// Refused by name, for what they would do. More are refused by how their names begin: Xla, TPU, _Mkl.
std::span<const Refusal> Refusals();

// Input pipelines of training (tf.data, iterators), which stand in front of many exported networks: they load, and do
// not matter where a feed cuts them off.
bool IsDeadWeight(std::string_view op);

// Why an operator without kernel is not run and what to do; empty for one that is only unknown.
std::string WhyNotRun(std::string_view op);

// What is said of a node without kernel.
std::string NoKernel(std::string_view op);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_NOT_RUN_H_
