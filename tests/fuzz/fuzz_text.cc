// Covers: engine/import/text_proto.cc engine/import/text_fields.cc engine/graph/text_parse.cc
// engine/graph/text_print.cc Text: GraphDefs in protobuf's text format, and the graph's own text form, which must print
// and parse back alike.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/graph/text_form.h"
#include "engine/import/graphdef.h"
#include "engine/import/text_proto.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace rivulet;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto wire = TextToWire(text, TextRoot::kGraphDef, Limits()); wire.ok()) {
    const auto graph = ImportGraphDef(*wire, nullptr, Limits());
    if (graph.ok()) {
      const std::string printed = PrintGraph(*graph);
      const auto again = ParseGraph(printed);
      // Types this build does not know and literals in error print, but do not parse back.
      if (again.ok() && PrintGraph(*again) != printed) std::abort();
    }
  }
  for (const TextRoot root :
       {TextRoot::kSavedModel, TextRoot::kMetaGraphDef, TextRoot::kCheckpointState, TextRootOf(text)}) {
    // The bytes are a message, whatever the text was.
    const auto wire = TextToWire(text, root, Limits::Strict());
    if (!wire.ok()) continue;
    WireCursor cursor(*wire, 0);
    while (cursor.Next()) cursor.Skip();
    if (!cursor.status().ok()) std::abort();
  }
  if (const auto graph = ParseGraph(text); graph.ok()) {
    const auto again = ParseGraph(PrintGraph(*graph));
    if (again.ok() && PrintGraph(*again) != PrintGraph(*graph)) std::abort();
  }
  return 0;
}
