#include "cli/flags.h"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>

namespace rivulet::cli {

Flag Flag::required() const { return Flag(option_->required()); }
Flag Flag::type_name(const char* name) const { return Flag(option_->type_name(name)); }
Flag Flag::shows_default() const { return Flag(option_->capture_default_str()); }
Flag Flag::shows_default(const char* text) const { return Flag(option_->default_str(text)); }
Flag Flag::takes_all() const { return Flag(option_->take_all()); }
Flag Flag::splits_at(char delimiter) const { return Flag(option_->delimiter(delimiter)); }
Flag Flag::takes(int least, int most) const { return Flag(option_->expected(least, most)); }
Flag Flag::needs(const char* name) const { return Flag(option_->needs(name)); }
Flag Flag::excludes(Flag other) const { return Flag(option_->excludes(other.option_)); }

template <class T>
Flag Flag::in_range(T least, T most) const {
  return Flag(option_->check(CLI::Range(least, most)));
}
template Flag Flag::in_range(int, int) const;
template Flag Flag::in_range(int64_t, int64_t) const;
template Flag Flag::in_range(double, double) const;

Flag Flag::not_negative() const { return Flag(option_->check(CLI::NonNegativeNumber)); }
Flag Flag::one_of(const std::vector<std::string>& names) const { return Flag(option_->check(CLI::IsMember(names))); }
Flag Flag::existing_folder() const { return Flag(option_->check(CLI::ExistingDirectory)); }

size_t Flag::count() const { return option_->count(); }

Subcommand::Subcommand(CLI::App& app, const char* name, const char* help) : app_(app.add_subcommand(name, help)) {}

template <class T>
Flag Subcommand::option(const char* names, T& value, const std::string& help) {
  return Flag(app_->add_option(names, value, help));
}
template Flag Subcommand::option(const char*, std::string&, const std::string&);
template Flag Subcommand::option(const char*, int&, const std::string&);
template Flag Subcommand::option(const char*, int64_t&, const std::string&);
template Flag Subcommand::option(const char*, double&, const std::string&);
template Flag Subcommand::option(const char*, float&, const std::string&);
template Flag Subcommand::option(const char*, std::optional<float>&, const std::string&);
template Flag Subcommand::option(const char*, std::vector<std::string>&, const std::string&);
template Flag Subcommand::option(const char*, std::vector<int>&, const std::string&);

Flag Subcommand::flag(const char* names, bool& value, const char* help) {
  return Flag(app_->add_flag(names, value, help));
}
void Subcommand::footer(const char* text) { app_->footer(text); }
void Subcommand::remove(const char* name) { app_->remove_option(app_->get_option(name)); }
void Subcommand::callback(std::function<void()> call) { app_->callback(std::move(call)); }

}  // namespace rivulet::cli
