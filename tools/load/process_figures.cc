#include "tools/load/process_figures.h"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

namespace holdfast::load {

std::optional<ProcessUse> read_process_stat(std::string_view text, int64_t ticks_a_second, int64_t page_bytes) {
  const size_t name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  std::istringstream fields{std::string(text.substr(name_end + 1))};
  // Fields as in proc(5): the state behind the name is the third; utime is 14, stime 15, rss 24.
  std::string state;
  std::string skipped;
  fields >> state;
  if (state == "Z" || state == "X") return std::nullopt;  // it has ended, and nobody has asked how
  for (int field = 4; field < 14; ++field) fields >> skipped;
  int64_t user_ticks = 0;
  int64_t system_ticks = 0;
  fields >> user_ticks >> system_ticks;
  for (int field = 16; field < 24; ++field) fields >> skipped;
  int64_t pages = 0;
  if (!(fields >> pages)) return std::nullopt;
  return ProcessUse{.cpu = (user_ticks + system_ticks) * (ns_a_second / ticks_a_second),
                    .resident_bytes = pages * page_bytes};
}

std::optional<ProcessUse> process_use(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string text;
  if (!std::getline(file, text)) return std::nullopt;
  return read_process_stat(text, ::sysconf(_SC_CLK_TCK), ::sysconf(_SC_PAGESIZE));
}

}  // namespace holdfast::load
