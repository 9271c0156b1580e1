// A graph in protobuf's text format, as .pbtxt files have it.
#ifndef RIVULET_PREPARE_GRAPH_TEXT_H_
#define RIVULET_PREPARE_GRAPH_TEXT_H_

#include <string>

#include "prepare/graph_def.h"

namespace rivulet::prepare {

// Reads back as the same graph; fields that no reader knows are left out. DATA_LOSS for broken wire bytes.
Result<std::string> ToGraphText(const GraphDef& graph);

// One attribute's value, as the lines within `value { }`.
Result<std::string> ToAttrText(const Attr& attr);

// The file is the old one or the new one, never half.
Status WriteGraphText(const GraphDef& graph, const std::string& path);

// Bytes as a string literal of the text format, without quotes.
std::string EscapeText(std::string_view bytes);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_GRAPH_TEXT_H_
