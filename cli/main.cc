// The rivulet command.
#include <cstdio>

#include "cli/command.h"

int main(int argc, char** argv) {
  using namespace rivulet::cli;
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
  int code = kFine;
  AddInspect(app, &code);
  AddRun(app, &code);
  AddLabel(app, &code);
  AddCompare(app, &code);
  AddBench(app, &code);
  AddOps(app, &code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kFine : kBadCall;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "rivulet: %s\n", error.what());
    return kBadData;
  }
  return code;
}
