// Flags as TensorFlow's tools took them: one dash or two, --flag=value or --flag value, --flag, --noflag and
// --flag=false for switches, words without a dash where the tool has a place for them. A flag that is not there is an
// error which names the nearest one; the originals often ignored it.
#ifndef RIVULET_CLI_TF_FLAGS_H_
#define RIVULET_CLI_TF_FLAGS_H_

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rivulet::tf {

// Exit codes differ with what read the flags of the original.
struct ExitCodes {
  int unknown_flag;
  int bad_value;
  int failure;  // of the work itself
};
inline constexpr ExitCodes kCpp = {255, 255, 255};        // tensorflow::Flags, and -1 from main
inline constexpr ExitCodes kArgparse = {2, 2, 1};         // argparse; an exception
inline constexpr ExitCodes kArgparseThenApp = {1, 2, 1};  // argparse for what it knows, absl for the rest
inline constexpr ExitCodes kApp = {1, 1, 1};              // absl alone

class Flags {
 public:
  Flags(std::string name, std::string summary, ExitCodes codes)
      : name_(std::move(name)), summary_(std::move(summary)), codes_(codes) {}

  // Each writes to *value when the flag is given; what it holds before is the default that the help shows.
  void Add(std::string_view flag, std::string* value, std::string_view help) { Put(flag, value, help); }
  void Add(std::string_view flag, int64_t* value, std::string_view help) { Put(flag, value, help); }
  void Add(std::string_view flag, double* value, std::string_view help) { Put(flag, value, help); }
  void Add(std::string_view flag, bool* value, std::string_view help) { Put(flag, value, help); }
  // May be given several times, and takes all words up to the next flag.
  void Add(std::string_view flag, std::vector<std::string>* values, std::string_view help) { Put(flag, values, help); }
  // A flag of the original that cannot be had here: giving it is an error with this sentence. `value_needed` is false
  // for switches.
  void Refuse(std::string_view flag, std::string_view why, bool value_needed = true);
  // A word without a dash, in the order of these calls.
  void AddWord(std::string_view word, std::string* value, std::string_view help, bool required = true);
  void AddWords(std::string_view word, std::vector<std::string>* values, std::string_view help);
  // A flag without which the call is bad.
  void Require(std::string_view flag) { required_.insert(std::string(flag)); }

  // Lines to paste, for the help alone.
  void SetExamples(std::string_view lines) { examples_ = lines; }

  // Nothing when the tool can go on; else the exit code, after help on stdout or usage and an error on stderr.
  std::optional<int> Parse(std::span<const std::string> arguments);
  bool Given(std::string_view flag) const { return given_.contains(flag); }

  std::string Usage() const;
  // Prints the usage and why the call is bad; the code that fits.
  int FailCall(std::string_view why, int code) const;
  int FailCall(std::string_view why) const { return FailCall(why, codes_.bad_value); }

 private:
  using Target = std::variant<std::string*, int64_t*, double*, bool*, std::vector<std::string>*, std::monostate>;
  struct Flag {
    std::string name;
    Target target;
    std::string help;
    std::string shown_default;
    bool value_needed = true;
  };

  void Put(std::string_view flag, Target target, std::string_view help);
  const Flag* Find(std::string_view name, bool* negated) const;
  std::optional<int> TakeFlag(std::span<const std::string> arguments, size_t* at);
  std::optional<int> TakeWord(const std::string& word);
  std::optional<int> Missing() const;
  int FailUnknown(std::string_view flag) const;
  // False when the text is no such value.
  static bool Store(const Target& target, const std::string& text);

  std::string name_;
  std::string summary_;
  std::string examples_;
  ExitCodes codes_;
  std::vector<Flag> flags_;
  std::vector<Flag> words_;
  std::vector<bool> word_required_;
  size_t next_word_ = 0;
  std::set<std::string, std::less<>> required_;
  std::set<std::string, std::less<>> given_;
};

// "a, b,c" as its parts without blanks around them; empty parts are left out.
std::vector<std::string> SplitList(std::string_view text, char separator = ',');

}  // namespace rivulet::tf

#endif  // RIVULET_CLI_TF_FLAGS_H_
