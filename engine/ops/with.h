// One body for operators that differ by a word.
//
//   Status Run(RunContext& c, bool average) { .. }
//   .run = With<Run, true>
//
// is a function of the context alone that calls Run(c, true), where a template over the word would be the whole body
// once more for each.
#ifndef RIVULET_ENGINE_OPS_WITH_H_
#define RIVULET_ENGINE_OPS_WITH_H_

namespace rivulet {

template <auto kBody, auto... kWords>
struct WithWords;

template <typename R, typename Context, typename... Words, R (*kBody)(Context&, Words...), auto... kWords>
struct WithWords<kBody, kWords...> {
  static R Call(Context& c) { return kBody(c, kWords...); }
};

template <auto kBody, auto... kWords>
inline constexpr auto* With = &WithWords<kBody, kWords...>::Call;

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_WITH_H_
