// inspect_checkpoint: the tensors of a checkpoint.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <regex>

#include "cli/inspect_checkpoint.h"
#include "cli/tf/numpy_text.h"
#include "cli/tf/tools.h"
#include "engine/base/errors.h"
#include "engine/import/checkpoint.h"
#include "engine/import/text_fields.h"

namespace rivulet::tf {
namespace {

struct InspectFlags {
  std::string file_name, tensor_name, count_exclude_pattern;
  bool all_tensors = false, all_tensor_names = false;
  std::vector<std::string> printoptions;
  NumpyOptions array;
};

// As Python lists it, or without blanks, as the engine's own listing has it.
std::string ListOf(const Shape& shape, const char* between) {
  std::string out;
  for (const int64_t dim : shape.dims()) out += (out.empty() ? "" : between) + Cat(dim);
  return Cat("[", out, "]");
}

// "threshold=100000", as numpy.set_printoptions takes them.
Status ReadPrintOptions(InspectFlags* flags) {
  const std::pair<std::string_view, int64_t*> numbers[] = {{"threshold", &flags->array.threshold},
                                                           {"edgeitems", &flags->array.edgeitems},
                                                           {"precision", &flags->array.precision},
                                                           {"linewidth", &flags->array.linewidth}};
  for (const std::string& option : flags->printoptions) {
    const size_t equals = option.find('=');
    if (equals == std::string::npos || equals == 0) return InvalidArgument(Quoted(option), " is not in the form k=v.");
    const std::string key = option.substr(0, equals), value = option.substr(equals + 1);
    const auto number =
        std::find_if(std::begin(numbers), std::end(numbers), [&](const auto& n) { return n.first == key; });
    if (number != std::end(numbers)) {
      const bool is_number =
          !value.empty() && value.size() < 19 && value.find_first_not_of("0123456789") == std::string::npos;
      if (!is_number) return InvalidArgument(Quoted(option), ": want a number");
      *number->second = std::stoll(value);
    } else if (key == "suppress") {
      const bool is_true = value == "true" || value == "True" || value == "1";
      if (!is_true && value != "false" && value != "False" && value != "0") {
        return InvalidArgument(Quoted(option), ": want true or false");
      }
      flags->array.suppress = is_true;
    } else {
      return InvalidArgument(Quoted(key),
                             " is not a valid printoption; want threshold, edgeitems, precision, "
                             "linewidth or suppress.");
    }
  }
  return Status();
}

void PrintHead(const CheckpointReader::Entry& entry) {
  std::printf("tensor: %s (%s) %s\n", entry.name.c_str(), std::string(Name(entry.dtype)).c_str(),
              ListOf(entry.shape, ", ").c_str());
}

Status PrintTensor(const CheckpointReader& reader, const CheckpointReader::Entry& entry, const InspectFlags& flags) {
  PrintHead(entry);
  RIVULET_ASSIGN_OR_RETURN(const Tensor tensor, reader.Read(entry.name, *Allocator::Create()));
  std::printf("%s\n", NumpyText(tensor, flags.array).c_str());
  return Status();
}

void PrintListing(const CheckpointReader& reader) {
  for (const CheckpointReader::Entry& entry : reader.entries()) {
    std::printf("%s (%s) %s\n", entry.name.c_str(),
                std::string(text_format::TypeWord(static_cast<int>(entry.dtype))).c_str(),
                ListOf(entry.shape, ",").c_str());
  }
  std::printf("\n");
}

// Names may be of any length; the library's matcher takes stack for each character.
constexpr size_t kLongestMatched = 512;

void PrintTotal(const CheckpointReader& reader, const std::string& pattern) {
  int64_t total = 0, excluded = 0, excluded_tensors = 0;
  const std::regex regex(pattern);
  for (const CheckpointReader::Entry& entry : reader.entries()) {
    const bool is_out = !pattern.empty() && std::regex_search(entry.name.substr(0, kLongestMatched), regex);
    int64_t& sum = is_out ? excluded : total;
    excluded_tensors += is_out ? 1 : 0;
    if (__builtin_add_overflow(sum, std::max<int64_t>(entry.shape.num_elements(), 0), &sum)) sum = INT64_MAX;
  }
  if (!pattern.empty()) {
    std::printf("# Excluding %lld tensors (%lld params) that match %s when counting.\n",
                static_cast<long long>(excluded_tensors), static_cast<long long>(excluded), pattern.c_str());
  }
  std::printf("# Total number of params: %lld\n", static_cast<long long>(total));
}

Status Inspect(const InspectFlags& flags) {
  Status status;
  const std::string prefix = cli::CheckpointOf(flags.file_name, true, &status);
  RIVULET_RETURN_IF_ERROR(status);
  if (prefix.empty()) return NotFound(Quoted(flags.file_name), ": no checkpoint has this prefix or is this file");
  const size_t slash = prefix.rfind('/');
  FolderOptions options;
  options.follow_links = true;
  RIVULET_ASSIGN_OR_RETURN(
      const auto folder,
      Folder::OpenFolder(slash == std::string::npos ? "." : prefix.substr(0, std::max<size_t>(slash, 1)), options));
  RIVULET_ASSIGN_OR_RETURN(const auto reader, CheckpointReader::Open(folder, prefix.substr(slash + 1), {}));
  if (flags.all_tensors || flags.all_tensor_names) {
    for (const CheckpointReader::Entry& entry : reader->entries()) {
      if (flags.all_tensors) {
        RIVULET_RETURN_IF_ERROR(PrintTensor(*reader, entry, flags));
      } else {
        PrintHead(entry);
      }
    }
  } else if (flags.tensor_name.empty()) {
    PrintListing(*reader);
  } else {
    const CheckpointReader::Entry* entry = reader->Find(flags.tensor_name);
    if (entry == nullptr) {
      const std::vector<std::string> names = reader->Names();
      const std::string nearest = NearestNames(flags.tensor_name, names);
      return NotFound("Tensor ", flags.tensor_name, " not found in checkpoint",
                      nearest.empty() ? "" : "; nearest: ", nearest);
    }
    RIVULET_RETURN_IF_ERROR(PrintTensor(*reader, *entry, flags));
  }
  PrintTotal(*reader, flags.count_exclude_pattern);
  return Status();
}

int Run(const Call& call) {
  InspectFlags tool;
  Flags flags = call.MakeFlags();
  flags.Add("file_name", &tool.file_name, "the checkpoint's prefix, its folder, or a file of it");
  flags.Add("tensor_name", &tool.tensor_name, "the tensor to print");
  flags.Add("count_exclude_pattern", &tool.count_exclude_pattern,
            "tensors that this regular expression finds do not count");
  flags.Add("all_tensors", &tool.all_tensors, "print names and values of all tensors");
  flags.Add("all_tensor_names", &tool.all_tensor_names, "print names of all tensors");
  flags.Add("printoptions", &tool.printoptions,
            "as numpy.set_printoptions has them: threshold=N, edgeitems=N, precision=N, linewidth=N, suppress=true");
  if (const auto code = flags.Parse(call.arguments)) return *code;
  if (tool.file_name.empty()) return flags.FailCall("want --file_name", 1);
  if (const Status status = ReadPrintOptions(&tool); !status.ok()) return flags.FailCall(status.message());
  try {
    std::regex pattern(tool.count_exclude_pattern);
  } catch (const std::regex_error& error) {
    return flags.FailCall(Cat("--count_exclude_pattern: ", error.what()));
  }
  const Status status = Inspect(tool);
  return status.ok() ? 0 : call.Fail(status);
}

}  // namespace

const Tool kInspectCheckpoint = {"inspect_checkpoint", "Lists and prints the tensors of a checkpoint.",
                                 kArgparseThenApp, Run};

}  // namespace rivulet::tf
