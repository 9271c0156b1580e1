// convert_graphdef_memmapped_format: large constants become parts of the file that are mapped, not read.
#include <cstdio>

#include "cli/tf/tools.h"
#include "engine/base/file.h"
#include "prepare/memmapped.h"
#include "prepare/model_graph.h"

namespace rivulet::tf {
namespace {

Status Convert(const std::string& in, const std::string& out, int64_t min_bytes) {
  RIVULET_ASSIGN_OR_RETURN(prepare::ModelGraph model, prepare::ReadModelGraph(in));
  RIVULET_ASSIGN_OR_RETURN(const prepare::MemmappedFile file, prepare::ToMemmapped(std::move(model.graph), min_bytes));
  RIVULET_RETURN_IF_ERROR(SaveFile(out, {reinterpret_cast<const uint8_t*>(file.bytes.data()), file.bytes.size()}));
  std::printf("Converted %zu nodes\n", file.converted);
  return Status();
}

int Run(const Call& call) {
  std::string in_graph, out_graph;
  int64_t min_bytes = 10000;
  Flags flags = call.MakeFlags();
  flags.Add("in_graph", &in_graph, "the input graph");
  flags.Add("out_graph", &out_graph, "where the package goes");
  flags.Add("min_conversion_tensor_size", &min_bytes, "constants with fewer bytes stay in the graph");
  if (const auto code = flags.Parse(call.arguments)) return *code;
  if (in_graph.empty()) return flags.FailCall("--in_graph can't be empty");
  if (out_graph.empty()) return flags.FailCall("--out_graph can't be empty");
  if (min_bytes <= 0) return flags.FailCall("--min_conversion_tensor_size must be > 0");
  const Status status = Convert(in_graph, out_graph, min_bytes);
  return status.ok() ? 0 : call.Fail(status);
}

}  // namespace

const Tool kConvertGraphdefMemmappedFormat = {"convert_graphdef_memmapped_format",
                                              "Writes a graph as a package whose weights are mapped.", kCpp, Run};

}  // namespace rivulet::tf
