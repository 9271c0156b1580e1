// The flags of a subcommand. CLI11 reads them; its header costs a file several seconds, so that only flags.cc and
// main.cc include it.
#ifndef RIVULET_CLI_FLAGS_H_
#define RIVULET_CLI_FLAGS_H_

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace rivulet::cli {

// One flag or positional argument; a handle, which lives no longer than the application. Each setter returns it again.
class Flag {
 public:
  explicit Flag(CLI::Option* option) : option_(option) {}

  Flag required() const;
  Flag type_name(const char* name) const;  // what --help calls its value
  Flag shows_default() const;
  Flag shows_default(const char* text) const;
  Flag takes_all() const;  // each time it is given counts
  Flag splits_at(char delimiter) const;
  Flag takes(int least, int most) const;  // so many values
  Flag needs(const char* name) const;
  Flag excludes(Flag other) const;

  // What a value may be.
  template <class T>  // int, int64_t, double
  Flag in_range(T least, T most) const;
  Flag not_negative() const;
  Flag one_of(const std::vector<std::string>& names) const;
  Flag existing_folder() const;

  size_t count() const;  // how often it was given, once all is parsed

 private:
  CLI::Option* option_;
};

class Subcommand {
 public:
  Subcommand(CLI::App& app, const char* name, const char* help);

  // `names`: "-o,--out"; one without a dash is positional. `value` must live until all is parsed.
  template <class T>  // std::string, int, int64_t, double, float, an optional one; a vector of strings or int
  Flag option(const char* names, T& value, const std::string& help);
  Flag flag(const char* names, bool& value, const char* help);
  void footer(const char* text);
  void remove(const char* name);
  // What is called when the subcommand was given and all is parsed.
  void callback(std::function<void()> call);

 private:
  CLI::App* app_;
};

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_FLAGS_H_
