// The parts of saved_model_cli.
#ifndef RIVULET_CLI_TF_SAVED_MODEL_SHOW_H_
#define RIVULET_CLI_TF_SAVED_MODEL_SHOW_H_

#include <set>
#include <string>
#include <vector>

#include "rivulet/status.h"

namespace rivulet::tf {

struct ShowFlags {
  std::string dir, tag_set, signature_def;
  bool all = false, list_ops = false, has_tags = false, has_signature = false;
};
Status ShowSavedModel(const ShowFlags& flags);

// Which of `denied` each graph has; of the graph with those tags alone when there are some.
Status ScanSavedModel(const std::string& dir, const std::vector<std::string>& tags,
                      const std::set<std::string>& denied);

struct RunSavedModelFlags {
  std::string dir, tag_set, signature_def, inputs, input_exprs, input_examples, outdir;
  bool overwrite = false;
};
Status RunSavedModel(const RunSavedModelFlags& flags);

}  // namespace rivulet::tf

#endif  // RIVULET_CLI_TF_SAVED_MODEL_SHOW_H_
