// The rivulet command.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <vector>

#include "cli/cache_folder.h"
#include "cli/command.h"
#include "engine/base/errors.h"
#include "engine/ops/waiting_line.h"

namespace rivulet::cli {
namespace {

std::string PathOf(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? "rivulet" : "rivulet " + chosen[0]->get_name();
}

// "; did you mean --json?" of the chosen command's flags, where one that it does not have was given.
std::string NearestFlag(const CLI::App& app) {
  for (const CLI::App* command : app.get_subcommands()) {
    for (const std::string& word : command->remaining()) {
      if (!word.starts_with("--")) continue;
      std::vector<std::string> names;
      for (const CLI::Option* option : command->get_options()) {
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
      }
      const std::string nearest = NearestNames(word.substr(0, word.find('=')), names, 1);
      return nearest.empty() ? "" : Cat("; nearest: ", nearest);
    }
  }
  return "";
}

// One line, as every error is.
std::string ParseFailure(const CLI::App* app, const CLI::Error& error) {
  const bool is_unknown = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError);
  std::string line =
      Cat("rivulet: ", error.what(), is_unknown ? NearestFlag(*app) : "", " (see ", PathOf(*app), " --help)");
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line + "\n";
}

// The parser would only say that a command is missing.
bool IsUnknownCommand(const CLI::App& app, const std::string& word) {
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  return word[0] != '-' && std::none_of(commands.begin(), commands.end(),
                                        [&](const CLI::App* command) { return command->get_name() == word; });
}

int FailUnknownCommand(const CLI::App& app, const std::string& word) {
  std::vector<std::string_view> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.emplace_back(command->get_name());
  const std::string nearest = NearestNames(word, names);
  return FailCall(Cat("no command is called ", Quoted(word), nearest.empty() ? "" : "; nearest: ", nearest));
}

// Each subcommand's --cache.
void AddCacheFlag(CLI::App& app) {
  for (CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    command->add_option("--cache", *CacheFlag(), kCacheHelp)->type_name("DIR");
  }
}

// What was printed may not have reached its file.
int Finish(int code) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  std::fprintf(stderr, "rivulet: cannot write the output\n");
  return kBadData;
}

}  // namespace
}  // namespace rivulet::cli

int main(int argc, char** argv) {
  using namespace rivulet::cli;
  rivulet::WaitingLine::RunsAreAlone();
  CLI::App app{"Puts trained TensorFlow models into apps: look at them, run them, time them."};
  app.name("rivulet");
  app.require_subcommand(1);
  app.set_version_flag("--version", RIVULET_VERSION);
  app.footer(
      "Start with:\n"
      "  rivulet inspect model.pb               what is in it, and the next command to paste\n"
      "  rivulet label model.pb photo.jpg       what it sees in a picture or hears in a WAV\n"
      "  rivulet COMMAND --help                 the flags of a command, with examples\n\n"
      "Exit status: 0 fine, 1 the model or the data is bad, 2 the call is bad.");
  app.failure_message(ParseFailure);
  int code = kFine;
  AddInspect(app, &code);
  AddRun(app, &code);
  AddLabel(app, &code);
  AddCompare(app, &code);
  AddBench(app, &code);
  AddOps(app, &code);
  AddFreeze(app, &code);
  AddOptimize(app, &code);
  AddTransform(app, &code);
  AddPack(app, &code);
  AddCheck(app, &code);
  AddEvaluate(app, &code);
  AddPrepare(app, &code);
  AddShrink(app, &code);
  AddView(app, &code);
  AddCacheFlag(app);
  if (argc > 1 && IsUnknownCommand(app, argv[1])) return FailUnknownCommand(app, argv[1]);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? Finish(kFine) : kBadCall;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "rivulet: %s\n", error.what());
    return kBadData;
  }
  return Finish(code);
}
