#include "prepare/transform.h"

#include <algorithm>
#include <charconv>
#include <cctype>
#include <limits>

#include "engine/base/errors.h"
#include "engine/base/text.h"
#include "prepare/names.h"
#include "prepare/transforms/transforms.h"

namespace rivulet::prepare {
namespace {

constexpr char kIgnoreErrors[] = "ignore_errors";

const Transform* FindTransform(std::string_view name) {
  for (const Transform* transform : AllTransforms()) {
    if (transform->name == name) return transform;
  }
  return nullptr;
}

bool Takes(const Transform& transform, std::string_view argument) {
  if (argument == kIgnoreErrors) return true;
  std::string_view list = transform.arguments;
  while (!list.empty()) {
    const std::string_view name = list.substr(0, list.find(' '));
    if (name == argument) return true;
    list.remove_prefix(std::min(name.size() + 1, list.size()));
  }
  return false;
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  Result<std::vector<TransformCall>> Read() {
    std::vector<TransformCall> calls;
    for (SkipBlanks(); at_ < text_.size(); SkipBlanks()) {
      const std::string_view name = Word();
      if (name.empty()) return Unexpected("a transform's name");
      TransformCall call;
      call.transform = FindTransform(name);
      if (call.transform == nullptr) return UnknownTransform(name);
      if (Peek() == '(') {
        ++at_;
        RIVULET_RETURN_IF_ERROR(ReadArguments(&call));
      }
      calls.push_back(std::move(call));
    }
    return calls;
  }

 private:
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  // A backslash before a line's end is a blank.
  void SkipBlanks() {
    while (at_ < text_.size() && (std::isspace(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '\\'))
      ++at_;
  }

  std::string_view Word() {
    const size_t start = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '_'))
      ++at_;
    return text_.substr(start, at_ - start);
  }

  Status Unexpected(std::string_view wanted) const {
    const std::string found = at_ < text_.size() ? Cat("'", text_.substr(at_, 10), "'") : "its end";
    return InvalidArgument("transforms, character ", at_ + 1, ": want ", wanted, ", got ", found);
  }

  static Status UnknownTransform(std::string_view name) {
    std::vector<std::string_view> names;
    for (const Transform* transform : AllTransforms()) names.push_back(transform->name);
    const std::string nearest = NearestNames(name, names);
    return NotFound("no transform is called '", name, "'", nearest.empty() ? "" : "; nearest: ", nearest);
  }

  Status ReadArguments(TransformCall* call) {
    for (;;) {
      SkipBlanks();
      if (Peek() == ')') {
        ++at_;
        return Status();
      }
      const std::string_view name = Word();
      if (name.empty()) return Unexpected("an argument's name or ')'");
      if (!Takes(*call->transform, name)) {
        return InvalidArgument("transform '", call->transform->name, "' has no argument '", name,
                               "'; it takes: ", call->transform->arguments,
                               *call->transform->arguments == '\0' ? "" : " ", kIgnoreErrors);
      }
      SkipBlanks();
      if (Peek() != '=') return Unexpected("'='");
      ++at_;
      SkipBlanks();
      std::string value;
      RIVULET_RETURN_IF_ERROR(ReadValue(&value));
      call->arguments.Add(name, value);
      SkipBlanks();
      if (Peek() == ',') ++at_;
    }
  }

  Status ReadValue(std::string* value) {
    if (Peek() != '"') {
      const auto plain = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == '/' || c == '_';
      };
      while (at_ < text_.size() && plain(text_[at_])) value->push_back(text_[at_++]);
      if (value->empty()) return Unexpected("a value");
      if (Peek() == '"') ++at_;
      return Status();
    }
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      value->push_back(text_[at_]);
    }
    if (at_ == text_.size()) return Unexpected("'\"'");
    ++at_;
    return Status();
  }

  std::string_view text_;
  size_t at_ = 0;
};

// Nodes may ask to be where another is ("loc:@other"). Where that one went with this transform, the wish goes too.
void DropLostPlaces(const GraphDef& before, GraphDef* after) {
  static constexpr std::string_view kPlace = "loc:@";
  NameViewSet lost;
  for (const NodeDef& node : before.nodes) lost.insert(node.name);
  for (const NodeDef& node : after->nodes) lost.erase(node.name);
  if (lost.empty()) return;
  for (NodeDef& node : after->nodes) {
    const Attr* attr = node.Find("_class");
    std::optional<std::vector<std::string>> places = attr != nullptr ? attr->AsStrings() : std::nullopt;
    if (!places) continue;
    const size_t dropped = std::erase_if(*places, [&](const std::string& place) {
      return place.starts_with(kPlace) && lost.contains(std::string_view(place).substr(kPlace.size()));
    });
    if (dropped == 0) continue;
    if (places->empty()) {
      node.attrs.erase("_class");
    } else {
      node.attrs["_class"] = Attr::OfStrings(*places);
    }
  }
}

}  // namespace

std::vector<std::string> Arguments::All(std::string_view name) const {
  const auto it = values_.find(name);
  return it == values_.end() ? std::vector<std::string>() : it->second;
}

Result<std::string> Arguments::One(std::string_view name, std::string_view if_missing) const {
  const auto it = values_.find(name);
  if (it == values_.end()) return std::string(if_missing);
  if (it->second.size() > 1)
    return InvalidArgument("argument '", name, "': want it once, got it ", it->second.size(), " times");
  return it->second[0];
}

Result<std::string> Arguments::Required(std::string_view name) const {
  if (!Has(name)) return InvalidArgument("argument '", name, "' is missing");
  return One(name, "");
}

Result<int64_t> Arguments::Int(std::string_view name, int64_t if_missing) const {
  if (!Has(name)) return if_missing;
  RIVULET_ASSIGN_OR_RETURN(const std::string text, One(name, ""));
  int64_t value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || rest != text.data() + text.size()) {
    return InvalidArgument("argument '", name, "': want a whole number, got '", text, "'");
  }
  return value;
}

Result<bool> Arguments::Bool(std::string_view name, bool if_missing) const {
  if (!Has(name)) return if_missing;
  RIVULET_ASSIGN_OR_RETURN(std::string text, One(name, ""));
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return InvalidArgument("argument '", name, "': want true or false, got '", text, "'");
}

Result<std::vector<TransformCall>> ParseTransforms(std::string_view text) { return Scanner(text).Read(); }

bool TransformContext::MayRewrite(std::string_view node) const {
  if (budget == nullptr) return true;
  if (budget->left <= 0) return false;
  --budget->left;
  ++budget->taken;
  budget->last = node;
  return true;
}

namespace {

// The transform on a copy of the graph, at no more places than the budget has.
Status ApplyOne(const TransformCall& call, const TransformOptions& options, RewriteBudget* budget,
                const GraphDef& graph, GraphDef* changed) {
  *changed = graph;
  const ReportLine report = budget == nullptr ? options.report : nullptr;
  RIVULET_RETURN_IF_ERROR(
      call.transform->apply(*changed, {options.inputs, options.outputs, call.arguments, report, budget}));
  RIVULET_RETURN_IF_ERROR(CheckReferences(*changed));
  DropLostPlaces(graph, changed);
  return Status();
}

// "; the 3rd of 12 ..." for a transform that `verify` refused: the least number of places with which it is refused.
std::string FindFault(const TransformCall& call, const TransformOptions& options, const GraphDef& graph) {
  const auto is_fine = [&](int64_t places, RewriteBudget* budget) {
    *budget = {.left = places};
    GraphDef changed;
    const Status status = ApplyOne(call, options, budget, graph, &changed);
    return status.ok() && options.verify(call, graph, changed).ok();
  };
  RewriteBudget budget;
  is_fine(std::numeric_limits<int64_t>::max(), &budget);
  const int64_t all = budget.taken;
  int64_t fine = 0, wrong = all;  // this many places are fine, this many are not
  if (all == 0 || !is_fine(0, &budget)) return "; it cannot be bisected: what is wrong is in no single place";
  while (wrong - fine > 1) {
    const int64_t middle = fine + (wrong - fine) / 2;
    (is_fine(middle, &budget) ? fine : wrong) = middle;
  }
  is_fine(wrong, &budget);
  return Cat("; place ", wrong, " of ", all, " is at fault: '", budget.last, "'");
}

}  // namespace

Status ApplyTransforms(const std::vector<TransformCall>& calls, const TransformOptions& options, GraphDef& graph) {
  for (const TransformCall& call : calls) {
    if (options.report != nullptr) options.report(Cat("Applying ", call.transform->name));
    RIVULET_ASSIGN_OR_RETURN(const bool ignore, call.arguments.Bool(kIgnoreErrors, false));
    GraphDef changed;
    Status status = ApplyOne(call, options, nullptr, graph, &changed);
    if (status.ok() && options.verify != nullptr) {
      status = options.verify(call, graph, changed);
      if (!status.ok() && options.bisect) {
        status = Status(status.code(), Cat(status.message(), FindFault(call, options, graph)));
      }
    }
    if (status.ok()) {
      graph = std::move(changed);
      continue;
    }
    status = std::move(status).Framed(Cat("transform '", call.transform->name, "'"));
    if (!ignore) return status;
    if (options.report != nullptr) options.report(Cat("Ignoring: ", status.ToString()));
  }
  return Status();
}

}  // namespace rivulet::prepare
