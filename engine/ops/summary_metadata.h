// A tf.SummaryMetadata message as TensorFlow writes it again once it has read it.
#ifndef RIVULET_ENGINE_OPS_SUMMARY_METADATA_H_
#define RIVULET_ENGINE_OPS_SUMMARY_METADATA_H_

#include <string>
#include <string_view>

namespace rivulet {

// Fields in the order of their numbers, each once and only where it is not its default, then what is not known. A
// message that ends within a field, or has text that is no UTF-8, counts as empty.
std::string RewrittenSummaryMetadata(std::string_view message);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_SUMMARY_METADATA_H_
