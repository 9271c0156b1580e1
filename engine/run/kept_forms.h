// What a plan packs of a model's constants goes into the model's cache (LoadOptions::cache_folder), if it has one.
#ifndef RIVULET_ENGINE_RUN_KEPT_FORMS_H_
#define RIVULET_ENGINE_RUN_KEPT_FORMS_H_

#include <memory>

#include "rivulet/model.h"

namespace rivulet {

// While one lives, what its thread packs is written down; Keep() is for when the plan is whole. In model.cc, which
// knows where a model came from.
class KeptForms {
 public:
  explicit KeptForms(const Model& model);
  ~KeptForms();
  KeptForms(const KeptForms&) = delete;
  KeptForms& operator=(const KeptForms&) = delete;
  void Keep();

 private:
  struct Rep;
  const std::unique_ptr<Rep> rep_;  // null without a cache
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_KEPT_FORMS_H_
