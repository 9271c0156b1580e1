// RegexReplace, StaticRegexReplace, RegexFullMatch, StaticRegexFullMatch: RE2's expressions over UTF-8. x, y: [..].
//   Replace    every match, or the first one, becomes `rewrite`, in which \0 is the match and \1 to \9 are its groups
//   FullMatch  whether the whole string matches
// Without RE2 in the build they are UNIMPLEMENTED.
#include <algorithm>
#include <string>

#include "engine/ops/plain_infer.h"
#include "engine/ops/text_bytes.h"
#include "engine/ops/with.h"

#if defined(RIVULET_HAS_RE2)
#include <re2/re2.h>
#endif

namespace rivulet {
namespace {

#if defined(RIVULET_HAS_RE2)

using Expression = std::shared_ptr<const re2::RE2>;

// What RE2 says of a pattern, which ends in the part that it dislikes, of any length and any bytes.
std::string WhatIsWrong(const re2::RE2& expression) {
  std::string text = expression.error();
  const std::string& part = expression.error_arg();
  if (part.empty() || !text.ends_with(part)) return text;
  return text.substr(0, text.size() - part.size()) + Quoted(part);
}

Result<Expression> Compile(const std::string& pattern) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  auto expression = std::make_shared<const re2::RE2>(pattern, options);
  if (!expression->ok()) {
    return InvalidArgument("no regular expression: ", Quoted(pattern), ": ", WhatIsWrong(*expression));
  }
  return Expression(std::move(expression));
}

struct State : OpState {
  Expression expression;  // null where the pattern is fed
  std::string rewrite;
  bool replace_global = true;
};

Status Infer(InferContext& c) {
  for (int i = 1; i < c.num_inputs(); ++i) RIVULET_RETURN_IF_ERROR(c.WantScalar(i));
  return InferLikeFirst(c);
}

Status InferStatic(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(Compile(c.attrs().Str("pattern")).status());
  return InferLikeFirst(c);
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c, bool is_static, bool replace) {
  auto state = std::make_unique<State>();
  if (replace) state->replace_global = c.attrs().Bool("replace_global");
  if (replace && is_static) state->rewrite = c.attrs().Str("rewrite");
  if (is_static) {
    RIVULET_ASSIGN_OR_RETURN(state->expression, Compile(c.attrs().Str("pattern")));
  } else if (c.constant(1) != nullptr && c.constant(1)->num_elements() == 1) {
    RIVULET_ASSIGN_OR_RETURN(state->expression, Compile(*c.constant(1)->data<std::string>()));
  }
  return std::unique_ptr<OpState>(std::move(state));
}

Result<Expression> ExpressionOf(RunContext& c) {
  const Expression& expression = c.state<State>().expression;
  return expression != nullptr ? Result<Expression>(expression) : Compile(*c.input(1).data<std::string>());
}

// The bytes that `text` has at most after its matches are replaced.
CheckedSize ReplacedSize(const re2::RE2& expression, std::string_view text, const std::string& rewrite, bool all) {
  const auto size = static_cast<int64_t>(text.size()), literal = static_cast<int64_t>(rewrite.size());
  const int64_t groups = std::count(rewrite.begin(), rewrite.end(), '\\');
  // Groups lie in their matches, and the matches lie apart.
  const CheckedSize referred = CheckedSize(size) * (groups + 1);
  if (!all) return referred + literal;
  const CheckedSize at_most = CheckedSize(size + 1) * literal + referred;
  constexpr int64_t kSmall = 1 << 16;
  if (at_most.valid() && at_most.value() <= kSmall) return at_most;
  int64_t matches = 0;
  const re2::StringPiece whole(text.data(), text.size());
  for (size_t at = 0; at <= text.size();) {
    re2::StringPiece match;
    if (!expression.Match(whole, at, text.size(), re2::RE2::UNANCHORED, &match, 1)) break;
    ++matches;
    at = static_cast<size_t>(match.data() - text.data()) + std::max<size_t>(match.size(), 1);
  }
  return CheckedSize(matches) * literal + referred;
}

Status RunReplace(RunContext& c, bool is_static) {
  const State& state = c.state<State>();
  RIVULET_ASSIGN_OR_RETURN(const Expression expression, ExpressionOf(c));
  const std::string& rewrite = is_static ? state.rewrite : *c.input(2).data<std::string>();
  const std::string* text = c.input(0).data<std::string>();
  std::string* out = c.output(0).data<std::string>();
  TextBytes bytes(c.allocator());
  for (int64_t i = 0; i < c.output(0).num_elements() && !c.stop().stopped(); ++i) {
    TextBytes largest(c.allocator());
    RIVULET_RETURN_IF_ERROR(largest.Charge(ReplacedSize(*expression, text[i], rewrite, state.replace_global)));
    out[i] = text[i];
    if (state.replace_global) {
      re2::RE2::GlobalReplace(&out[i], *expression, rewrite);
    } else {
      re2::RE2::Replace(&out[i], *expression, rewrite);
    }
    RIVULET_RETURN_IF_ERROR(bytes.Charge(static_cast<int64_t>(out[i].size())));
  }
  return Status();
}

Status RunFullMatch(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const Expression expression, ExpressionOf(c));
  const std::string* text = c.input(0).data<std::string>();
  bool* matches = c.output(0).data<bool>();
  for (int64_t i = 0; i < c.output(0).num_elements() && !c.stop().stopped(); ++i) {
    matches[i] = re2::RE2::FullMatch(text[i], *expression);
  }
  return Status();
}

#else

Status Infer(InferContext&) { return Unimplemented("this build has no regular expressions: RE2 was missing"); }
Status InferStatic(InferContext& c) { return Infer(c); }
Result<std::unique_ptr<OpState>> Prepare(PrepareContext&, bool, bool) { return std::unique_ptr<OpState>(); }
Status RunReplace(RunContext&, bool) { return Unimplemented("this build has no regular expressions: RE2 was missing"); }
Status RunFullMatch(RunContext& c) { return RunReplace(c, true); }

#endif

constexpr OpDef kDefs[] = {
    {.name = "RegexReplace",
     .inputs = "input:str, pattern:str, rewrite:str",
     .outputs = "output:str",
     .attrs = "replace_global:bool=true",
     .infer = Infer,
     .prepare = With<Prepare, false, true>,
     .run = With<RunReplace, false>},
    {.name = "StaticRegexReplace",
     .inputs = "input:str",
     .outputs = "output:str",
     .attrs = "pattern:string; rewrite:string; replace_global:bool=true",
     .infer = InferStatic,
     .prepare = With<Prepare, true, true>,
     .run = With<RunReplace, true>},
    {.name = "RegexFullMatch",
     .inputs = "input:str, pattern:str",
     .outputs = "output:bool",
     .attrs = "",
     .infer = Infer,
     .prepare = With<Prepare, false, false>,
     .run = RunFullMatch},
    {.name = "StaticRegexFullMatch",
     .inputs = "input:str",
     .outputs = "output:bool",
     .attrs = "pattern:string",
     .infer = InferStatic,
     .prepare = With<Prepare, true, false>,
     .run = RunFullMatch},
};

}  // namespace

RIVULET_OP_LIST(Regex, kDefs);

}  // namespace rivulet
