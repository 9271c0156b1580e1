#include "cli/tf/flags.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "engine/base/errors.h"

namespace rivulet::tf {
namespace {

std::optional<bool> BoolOf(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (lower == "true" || lower == "t" || lower == "1" || lower == "yes" || lower == "y") return true;
  if (lower == "false" || lower == "f" || lower == "0" || lower == "no" || lower == "n") return false;
  return std::nullopt;
}

bool IsFlag(const std::string& argument) {
  // A negative number is a value.
  return argument.size() > 1 && argument[0] == '-' && !(argument[1] >= '0' && argument[1] <= '9') && argument[1] != '.';
}

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

}  // namespace

std::vector<std::string> SplitList(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    std::string_view part = text.substr(0, text.find(separator));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    while (!part.empty() && (part.front() == ' ' || part.front() == '\t')) part.remove_prefix(1);
    while (!part.empty() && (part.back() == ' ' || part.back() == '\t')) part.remove_suffix(1);
    if (!part.empty()) parts.emplace_back(part);
  }
  return parts;
}

void Flags::Put(std::string_view flag, Target target, std::string_view help) {
  const std::string shown = std::visit(
      Overloaded{[](std::string* v) { return Cat("=\"", *v, "\"\tstring"); },
                 [](int64_t* v) { return Cat("=", *v, "\tint"); }, [](double* v) { return Cat("=", *v, "\tfloat"); },
                 [](bool* v) { return Cat("=", *v, "\tbool"); },
                 [](std::vector<std::string>*) { return std::string("=...\tstrings"); },
                 [](std::monostate) { return std::string("\t"); }},
      target);
  flags_.push_back({std::string(flag), target, std::string(help), shown, !std::holds_alternative<bool*>(target)});
}

void Flags::Refuse(std::string_view flag, std::string_view why, bool value_needed) {
  flags_.push_back({std::string(flag), std::monostate(), std::string(why), "\tnot supported", value_needed});
}

void Flags::AddWord(std::string_view word, std::string* value, std::string_view help, bool required) {
  words_.push_back({std::string(word), value, std::string(help), "", true});
  word_required_.push_back(required);
}

void Flags::AddWords(std::string_view word, std::vector<std::string>* values, std::string_view help) {
  words_.push_back({std::string(word), values, std::string(help), "", true});
  word_required_.push_back(false);
}

std::string Flags::Usage() const {
  std::string text = Cat("usage: ", name_);
  for (size_t i = 0; i < words_.size(); ++i) {
    text += word_required_[i] ? Cat(" ", words_[i].name) : Cat(" [", words_[i].name, "]");
  }
  if (!flags_.empty()) text += " [--flag=value ...]";
  text += Cat("\n", summary_, "\n");
  for (const Flag& word : words_) text += Cat("\t", word.name, "\t", word.help, "\n");
  if (!flags_.empty()) text += "Flags:\n";
  for (const Flag& flag : flags_) {
    const size_t tab = flag.shown_default.find('\t');
    std::string name = flag.name + flag.shown_default.substr(0, tab);
    name.resize(std::max<size_t>(name.size(), 33), ' ');
    text += Cat("\t--", name, flag.shown_default.substr(tab), "\t", flag.help,
                required_.contains(flag.name) ? " (required)" : "", "\n");
  }
  return text;
}

int Flags::FailCall(std::string_view why, int code) const {
  std::fprintf(stderr, "%s%s: %s\n", Usage().c_str(), name_.c_str(), std::string(why).c_str());
  return code;
}

int Flags::FailUnknown(std::string_view flag) const {
  std::vector<std::string_view> names;
  std::vector<std::string> dashed;
  for (const Flag& known : flags_) dashed.push_back("--" + known.name);
  for (const std::string& name : dashed) names.push_back(name);
  const std::string nearest = NearestNames(Cat("--", flag), names, 1);
  return FailCall(Cat("no flag is called '--", flag, "'", nearest.empty() ? "" : Cat("; nearest: ", nearest)),
                  codes_.unknown_flag);
}

const Flags::Flag* Flags::Find(std::string_view name, bool* negated) const {
  *negated = false;
  const auto find = [&](std::string_view wanted) -> const Flag* {
    const auto it = std::find_if(flags_.begin(), flags_.end(), [&](const Flag& f) { return f.name == wanted; });
    return it == flags_.end() ? nullptr : &*it;
  };
  if (const Flag* flag = find(name)) return flag;
  if (!name.starts_with("no")) return nullptr;
  name.remove_prefix(name.starts_with("no-") || name.starts_with("no_") ? 3 : 2);
  const Flag* flag = find(name);
  if (flag == nullptr || flag->value_needed) return nullptr;
  *negated = true;
  return flag;
}

bool Flags::Store(const Target& target, const std::string& text) {
  return std::visit(Overloaded{[&](std::string* v) {
                                 *v = text;
                                 return true;
                               },
                               [&](int64_t* v) {
                                 const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *v);
                                 return error == std::errc() && end == text.data() + text.size() && !text.empty();
                               },
                               [&](double* v) {
                                 char* end = nullptr;
                                 *v = std::strtod(text.c_str(), &end);
                                 return !text.empty() && end == text.c_str() + text.size() && std::isfinite(*v);
                               },
                               [&](bool* v) {
                                 const std::optional<bool> value = BoolOf(text);
                                 if (value) *v = *value;
                                 return value.has_value();
                               },
                               [&](std::vector<std::string>* v) {
                                 v->push_back(text);
                                 return true;
                               },
                               [](std::monostate) { return true; }},
                    target);
}

std::optional<int> Flags::TakeFlag(std::span<const std::string> arguments, size_t* at) {
  const std::string& argument = arguments[*at];
  std::string_view name = std::string_view(argument).substr(argument.starts_with("--") ? 2 : 1);
  const size_t equals = name.find('=');
  std::optional<std::string> value;
  if (equals != std::string_view::npos) value = std::string(name.substr(equals + 1));
  name = name.substr(0, equals);
  bool negated = false;
  const Flag* flag = Find(name, &negated);
  if (flag == nullptr) return FailUnknown(name);
  if (std::holds_alternative<std::monostate>(flag->target)) {
    return FailCall(Cat("--", name, ": ", flag->help), codes_.bad_value);
  }
  given_.insert(flag->name);
  if (std::holds_alternative<bool*>(flag->target)) {
    // `--flag true` was how argparse's nargs='?' took it.
    if (!value && !negated && *at + 1 < arguments.size() &&
        (arguments[*at + 1] == "true" || arguments[*at + 1] == "True" || arguments[*at + 1] == "false" ||
         arguments[*at + 1] == "False")) {
      value = arguments[++*at];
    }
    if (!value) value = "true";
    if (negated) value = BoolOf(*value) == true ? "false" : "true";
  } else if (std::holds_alternative<std::vector<std::string>*>(flag->target)) {
    if (value) Store(flag->target, *value);
    while (*at + 1 < arguments.size() && !IsFlag(arguments[*at + 1])) Store(flag->target, arguments[++*at]);
    return std::nullopt;
  } else if (!value) {
    if (*at + 1 >= arguments.size()) return FailCall(Cat("--", name, " wants a value"), codes_.bad_value);
    value = arguments[++*at];
  }
  if (Store(flag->target, *value)) return std::nullopt;
  const char* wanted = std::holds_alternative<bool*>(flag->target)      ? "true or false"
                       : std::holds_alternative<int64_t*>(flag->target) ? "an integer"
                                                                        : "a number";
  return FailCall(Cat("--", name, ": want ", wanted, ", got ", Quoted(*value)), codes_.bad_value);
}

std::optional<int> Flags::TakeWord(const std::string& word) {
  if (next_word_ >= words_.size()) {
    return FailCall(Cat("no place for ", Quoted(word), "; flags start with --"), codes_.unknown_flag);
  }
  Store(words_[next_word_].target, word);
  if (!std::holds_alternative<std::vector<std::string>*>(words_[next_word_].target)) ++next_word_;
  return std::nullopt;
}

std::optional<int> Flags::Missing() const {
  for (size_t i = next_word_; i < words_.size(); ++i) {
    if (word_required_[i]) return FailCall(Cat("want ", words_[i].name), codes_.bad_value);
  }
  for (const std::string& flag : required_) {
    if (!given_.contains(flag)) return FailCall(Cat("want --", flag), codes_.bad_value);
  }
  return std::nullopt;
}

std::optional<int> Flags::Parse(std::span<const std::string> arguments) {
  bool only_words = false;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (!only_words && argument == "--") {
      only_words = true;
    } else if (only_words || !IsFlag(argument)) {
      if (const auto code = TakeWord(argument)) return code;
    } else if (argument == "--help" || argument == "-help" || argument == "-h" || argument == "--helpfull" ||
               argument == "--helpshort") {
      std::printf("%s%s%s", Usage().c_str(), examples_.empty() ? "" : "Examples:\n", examples_.c_str());
      return 0;
    } else if (const auto code = TakeFlag(arguments, &i)) {
      return code;
    }
  }
  return Missing();
}

}  // namespace rivulet::tf
