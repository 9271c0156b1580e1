#include "cli/tf/numpy_call.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "engine/base/checked.h"
#include "engine/base/errors.h"
#include "rivulet/shape.h"

namespace rivulet::tf {
namespace {

constexpr int64_t kMostElements = int64_t{1} << 28;

bool IsType(const Argument& argument) {
  for (const char* part : {"float", "int", "bool", "double", "half", "None"}) {
    if (argument.word.find(part) != std::string_view::npos) return true;
  }
  return false;
}

// The arguments of a call by what the function calls them; dtype and order mean nothing here.
class Arguments {
 public:
  static Result<Arguments> Of(const std::vector<Argument>& given, std::vector<std::string_view> names) {
    Arguments made;
    made.names_ = std::move(names);
    made.values_.resize(made.names_.size());
    size_t place = 0;
    for (const Argument& argument : given) {
      if (argument.name == "dtype" || argument.name == "order" || (argument.name.empty() && IsType(argument))) continue;
      size_t at = place;
      if (!argument.name.empty()) {
        at =
            static_cast<size_t>(std::find(made.names_.begin(), made.names_.end(), argument.name) - made.names_.begin());
        if (at == made.names_.size()) return InvalidArgument("has no argument ", Quoted(argument.name));
      } else {
        ++place;
      }
      if (at >= made.values_.size()) return InvalidArgument("has at most ", made.values_.size(), " arguments");
      if (argument.is_word) return InvalidArgument("argument ", Quoted(made.names_[at]), ": want a number or several");
      made.values_[at] = argument;
    }
    return made;
  }

  bool Has(size_t at) const { return values_[at].has_value(); }
  Result<double> Number(size_t at, std::optional<double> otherwise) const {
    if (!Has(at)) {
      if (otherwise) return *otherwise;
      return InvalidArgument("wants argument ", Quoted(names_[at]));
    }
    if (values_[at]->is_list) return InvalidArgument("argument ", Quoted(names_[at]), ": want one number");
    return values_[at]->numbers[0];
  }
  // A tuple, or a number for one dim; nothing is a scalar.
  Result<std::vector<int64_t>> Dims(size_t at) const {
    if (!Has(at)) return std::vector<int64_t>();
    std::vector<int64_t> dims;
    for (const double value : values_[at]->numbers) {
      if (value != std::floor(value) || std::abs(value) > 1e15) {
        return InvalidArgument("argument ", Quoted(names_[at]), ": want whole numbers");
      }
      dims.push_back(static_cast<int64_t>(value));
    }
    return dims;
  }

 private:
  std::vector<std::string_view> names_;
  std::vector<std::optional<Argument>> values_;
};

Result<size_t> CountOf(const std::vector<int64_t>& dims) {
  if (dims.size() > static_cast<size_t>(Shape::kMaxRank)) return InvalidArgument("has too many dims");
  CheckedSize count = 1;
  for (const int64_t dim : dims) count *= dim;
  if (!count.valid() || count.value() > kMostElements) {
    return ResourceExhausted("wants no dims below 0 and at most ", kMostElements,
                             " elements; give larger arrays with --inputs");
  }
  return static_cast<size_t>(count.value());
}

// Uniform in [0, 1).
class Random {
 public:
  double Next() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<double>(state_ >> 11) * 0x1p-53;
  }
  double Normal() {  // Box and Muller
    const double radius = std::sqrt(-2 * std::log(1 - Next()));
    return radius * std::cos(6.283185307179586 * Next());
  }

 private:
  uint64_t state_ = 20161106;
};

template <typename Make>
Result<Array> Filled(std::vector<int64_t> dims, const Make& make) {
  RIVULET_ASSIGN_OR_RETURN(const size_t count, CountOf(dims));
  Array array{std::vector<double>(count), std::move(dims)};
  for (double& value : array.values) value = make();
  return array;
}

Result<Array> MakeRandom(std::string_view name, const std::vector<Argument>& given) {
  Random random;
  if (name == "rand" || name == "randn") {
    std::vector<int64_t> dims;
    for (const Argument& argument : given) {
      if (argument.is_list || argument.is_word || !argument.name.empty())
        return InvalidArgument("wants dims: rand(2, 3)");
      dims.push_back(static_cast<int64_t>(std::clamp(argument.numbers[0], -1.0, 1e15)));
    }
    return Filled(std::move(dims), [&] { return name == "rand" ? random.Next() : random.Normal(); });
  }
  const bool is_plain = name == "random" || name == "random_sample" || name == "sample" || name == "standard_normal";
  std::vector<std::string_view> names = {"low", "high", "size"};
  if (is_plain) names = {"size"};
  if (name == "normal") names = {"loc", "scale", "size"};
  RIVULET_ASSIGN_OR_RETURN(const Arguments arguments, Arguments::Of(given, names));
  RIVULET_ASSIGN_OR_RETURN(std::vector<int64_t> dims, arguments.Dims(names.size() - 1));
  if (is_plain) {
    return Filled(std::move(dims), [&] { return name == "standard_normal" ? random.Normal() : random.Next(); });
  }
  RIVULET_ASSIGN_OR_RETURN(double low, arguments.Number(0, 0));
  RIVULET_ASSIGN_OR_RETURN(double high, arguments.Number(1, name == "randint" ? std::optional<double>() : 1));
  if (name == "normal") return Filled(std::move(dims), [&] { return low + high * random.Normal(); });
  if (name == "uniform") return Filled(std::move(dims), [&] { return low + (high - low) * random.Next(); });
  if (name != "randint") return Unimplemented("is not known");
  if (high <= low) return InvalidArgument("wants low below high");
  return Filled(std::move(dims), [&] { return low + std::floor((std::floor(high) - low) * random.Next()); });
}

Result<Array> Sequence(std::string_view name, const std::vector<Argument>& given) {
  const bool is_range = name == "arange";
  RIVULET_ASSIGN_OR_RETURN(Arguments arguments, Arguments::Of(given, {"start", "stop", is_range ? "step" : "num"}));
  RIVULET_ASSIGN_OR_RETURN(double start, arguments.Number(0, std::nullopt));
  RIVULET_ASSIGN_OR_RETURN(double stop, arguments.Number(1, is_range ? std::optional<double>(start) : std::nullopt));
  if (is_range && !arguments.Has(1)) start = 0;
  RIVULET_ASSIGN_OR_RETURN(const double third, arguments.Number(2, is_range ? 1 : 50));
  if (is_range && third == 0) return InvalidArgument("wants a step other than 0");
  const double count = is_range ? std::ceil((stop - start) / third) : third;
  if (!(count <= static_cast<double>(kMostElements))) return ResourceExhausted("has too many elements");
  const double step = is_range ? third : count > 1 ? (stop - start) / (count - 1) : 0;
  double at = 0;
  return Filled({static_cast<int64_t>(std::max(count, 0.0))}, [&] { return start + step * at++; });
}

}  // namespace

bool IsNumpyFunction(std::string_view name) {
  for (const char* known : {"zeros", "ones", "empty", "full", "arange", "linspace", "eye", "identity"}) {
    if (name == known) return true;
  }
  return name.starts_with("random.");
}

Result<Array> CallNumpy(std::string_view name, const std::vector<Argument>& given) {
  if (name.starts_with("random.")) return MakeRandom(name.substr(7), given);
  if (name == "arange" || name == "linspace") return Sequence(name, given);
  if (name == "eye" || name == "identity") {
    RIVULET_ASSIGN_OR_RETURN(const Arguments arguments, Arguments::Of(given, {"N"}));
    RIVULET_ASSIGN_OR_RETURN(const double n, arguments.Number(0, std::nullopt));
    const auto side = static_cast<int64_t>(std::clamp(n, -1.0, 1e6));
    int64_t at = 0;
    return Filled({side, side}, [&] { return at++ % (side + 1) == 0 ? 1.0 : 0.0; });
  }
  const bool is_full = name == "full";
  RIVULET_ASSIGN_OR_RETURN(const Arguments arguments,
                           Arguments::Of(given, is_full ? std::vector<std::string_view>{"shape", "fill_value"}
                                                        : std::vector<std::string_view>{"shape"}));
  if (!arguments.Has(0)) return InvalidArgument("wants argument 'shape'");
  RIVULET_ASSIGN_OR_RETURN(std::vector<int64_t> dims, arguments.Dims(0));
  RIVULET_ASSIGN_OR_RETURN(const double fill,
                           is_full ? arguments.Number(1, std::nullopt) : Result<double>(name == "ones" ? 1.0 : 0.0));
  return Filled(std::move(dims), [&] { return fill; });
}

Status Reshape(const std::vector<Argument>& given, Array* array) {
  std::vector<int64_t> dims;
  for (const Argument& argument : given) {
    for (const double value : argument.numbers) dims.push_back(static_cast<int64_t>(std::clamp(value, -2.0, 1e15)));
  }
  const auto open = std::find(dims.begin(), dims.end(), -1);
  if (open != dims.end()) {
    *open = 1;
    RIVULET_ASSIGN_OR_RETURN(const size_t known, CountOf(dims));
    *open = known == 0 ? 0 : static_cast<int64_t>(array->values.size() / known);
  }
  const Result<size_t> count = CountOf(dims);
  if (!count.ok()) return count.status();
  if (*count != array->values.size()) {
    return InvalidArgument(array->values.size(), " elements cannot be reshaped to ", *count);
  }
  array->dims = std::move(dims);
  return Status();
}

void Cast(const std::vector<Argument>& given, Array* array) {
  const std::string_view word = given.empty() ? "" : given[0].word;
  const bool is_bool = word.find("bool") != std::string_view::npos;
  if (!is_bool && word.find("int") == std::string_view::npos) return;
  for (double& value : array->values) value = is_bool ? static_cast<double>(value != 0) : std::trunc(value);
}

}  // namespace rivulet::tf
