#include "tools/journal/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string_view>

#include "tools/flags.h"
#include "tools/journal/exit_codes.h"

namespace holdfast::journal {
namespace {

constexpr std::string_view about = "Looks into the journal of a holdfast-server that was started with --dir DIR.";

constexpr std::string_view footer =
    "verify and dump change nothing and may run beside a server; what it is just writing can look like a torn tail.\n"
    "Exit codes: 0 done; 64 bad flag; 65 the journal is damaged, or cannot be cut there; 66 there is none;\n"
    "74 it cannot be read or written; 75 a server has the directory.";

Answer bad_usage(std::string_view text) {
  return holdfast::bad_usage("holdfast-journal", text);
}

}  // namespace

std::variant<Options, Answer> read_options(int argc, const char* const* argv) {
  CLI::App app{std::string(about), "holdfast-journal"};
  app.set_help_flag("--help", "print this and exit");
  app.set_version_flag("--version", "holdfast-journal " HOLDFAST_VERSION, "print the version and exit");
  app.footer(std::string(footer));
  app.require_subcommand(1);
  Options options;
  CLI::App* const verify = app.add_subcommand("verify", "read all of it, and say whether it is whole");
  CLI::App* const dump = app.add_subcommand("dump", "every fact as a line of JSON");
  CLI::App* const cut = app.add_subcommand("cut", "give up a fact and all behind it, damaged or not; kept aside");
  CLI::App* const forget = app.add_subcommand(
      "forget-snapshot", "go on from what is before the newest snapshot, which is damaged; kept aside, loses nothing");
  for (CLI::App* const task : {verify, dump, cut, forget}) {
    task->add_option("DIR", options.directory, "the directory of the journal")->required();
  }
  dump->add_option("--from", options.from, "number of the first fact to show");
  bool accepts_loss = false;
  cut->add_option("--at", options.at, "number of the first fact to give up")->required()->check(CLI::PositiveNumber);
  cut->add_flag("--i-accept-loss", accepts_loss, "what was acknowledged to clients is lost, and may be sold again");
  if (auto answer = read_flags(app, argc, argv)) return *std::move(answer);
  options.task = dump->parsed()     ? Task::dump
                 : cut->parsed()    ? Task::cut
                 : forget->parsed() ? Task::forget_snapshot
                                    : Task::verify;
  if (options.task == Task::cut && !accepts_loss) {
    return bad_usage(fmt::format("cut gives up fact {} and all behind it for good; say --i-accept-loss", options.at));
  }
  return options;
}

}  // namespace holdfast::journal
