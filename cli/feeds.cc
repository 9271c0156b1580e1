#include "cli/feeds.h"

#include <algorithm>
#include <cstring>

#include "cli/command.h"
#include "cli/literal.h"
#include "cli/npy.h"
#include "cli/npz.h"
#include "engine/base/errors.h"
#include "engine/base/file.h"

namespace rivulet::cli {
namespace {

Result<Tensor> ReadWhole(const std::string& path) {
  RIVULET_ASSIGN_OR_RETURN(const FileBytes file, OpenFile(path, FileAccess::kMap, int64_t{1} << 31));
  return Tensor::Scalar<std::string>(std::string(reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size()));
}

bool AreEqual(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || !(a.shape() == b.shape())) return false;
  if (a.dtype() != DType::kString) return a.num_elements() == 0 || std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
  const auto texts = a.data<std::string>();
  return std::equal(texts, texts + a.num_elements(), b.data<std::string>());
}

// Without ":0", which says nothing.
std::string_view EdgeOf(std::string_view name) { return name.ends_with(":0") ? name.substr(0, name.size() - 2) : name; }

}  // namespace

bool IsSameTensor(std::string_view a, std::string_view b) { return EdgeOf(a) == EdgeOf(b); }

void AddDefaults(const NameChoice& names, Feeds* feeds) {
  if (names.signature() == nullptr) return;
  for (const SignatureTensor& input : names.signature()->inputs) {
    const auto is_same = [&](const auto& feed) { return IsSameTensor(feed.first, input.name); };
    if (!input.default_value.valid() || std::any_of(feeds->begin(), feeds->end(), is_same)) continue;
    feeds->emplace_back(input.name, input.default_value);
  }
}

std::string FeedName(const std::string& argument) {
  const size_t equals = argument.find('=');
  return equals == std::string::npos ? std::string() : argument.substr(0, equals);
}

Result<Feeds> ParseFeeds(const Model& model, const NameChoice& names, const std::vector<std::string>& arguments,
                         int* code) {
  Feeds feeds;
  *code = kBadCall;
  for (const std::string& argument : arguments) {
    const std::string name = FeedName(argument);
    if (name.empty() || name.size() + 1 >= argument.size()) {
      return InvalidArgument("--input ", Quoted(argument), ": want NAME=FILE.npy, NAME=@FILE or NAME==VALUE");
    }
    const std::string edge = names.Input(name);
    const Result<Model::EdgeInfo> found = model.Describe(edge);
    if (!found.ok()) return names.Unknown(found.status(), name, /*is_input=*/true);
    const Model::EdgeInfo& info = *found;
    const std::string value = argument.substr(name.size() + 1);
    const bool is_literal = value[0] == '=';
    Result<Tensor> tensor =
        is_literal        ? ParseLiteral(value.substr(1), info.dtype == DType::kInvalid ? DType::kFloat : info.dtype)
        : value[0] == '@' ? ReadWhole(value.substr(1))
                          : ReadArrayFile(value);
    if (tensor.ok()) tensor = ConvertForFeed(*tensor, info.dtype);
    if (!tensor.ok()) {
      *code = is_literal ? kBadCall : kBadData;
      return std::move(tensor).status().Framed(Cat("input ", Quoted(name)));
    }
    // Two keys of a signature may mean one tensor; whoever gives every key its value gives it twice.
    const auto is_same = [&](const auto& feed) { return IsSameTensor(feed.first, edge); };
    const auto before = std::find_if(feeds.begin(), feeds.end(), is_same);
    if (before == feeds.end()) {
      feeds.emplace_back(edge, std::move(*tensor));
    } else if (!AreEqual(before->second, *tensor)) {
      *code = kBadCall;
      return InvalidArgument("input ", Quoted(name), ": the tensor ", Quoted(edge),
                             " is given twice, with different values");
    }
  }
  return feeds;
}

}  // namespace rivulet::cli
