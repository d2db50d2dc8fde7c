// What it is: one of our programs as a process of its own, for system tests: its flags, its stdin, what it says, how it
// ends; or at a terminal of its own, where a test types.
// Threads: one. Time: each wait ends after ten seconds at most, with a failed test and not with a hanging one.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

struct ChildOptions {
  std::vector<std::string> flags;
  std::map<std::string, std::string> environment;   // beside ours without HOLDFAST_* and NOTIFY_SOCKET
  int64_t descriptors = 0;                          // RLIMIT_NOFILE, soft and hard, for good; 0: as it is
  std::optional<std::string> input = std::nullopt;  // all of stdin; none: our own
  bool terminal = false;  // stdin, stdout and stderr are a terminal of 100 columns; errors() stays empty
};

class ChildProcess {
 public:
  // `program`: its name; it lies in the folder of the test program itself.
  ChildProcess(const char* program, const ChildOptions& options);
  ~ChildProcess();  // kills it where it still runs
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  void pause() const;  // returns when it stands still; its sockets go on receiving
  void resume() const;
  void close_output();               // as if whoever reads it had died
  void type(std::string_view keys);  // REQUIRES: a terminal

  // Reads stdout until it says this. False where the process ends before it.
  bool read_output_until(std::string_view text);
  // The same, but only behind what the last read_on_until found.
  bool read_on_until(std::string_view text);

  // Waits for its end. The exit code, or -signal.
  int exit_code();
  const std::string& output() const { return output_; }  // so far
  const std::string& errors() const { return errors_; }  // complete after exit_code()

 private:
  bool read_more();  // from either pipe; false at the end of both

  pid_t pid_ = -1;
  int output_fd_ = -1;  // a terminal's other side, where there is one
  int errors_fd_ = -1;
  size_t read_on_from_ = 0;
  std::string output_;
  std::string errors_;
};

}  // namespace holdfast
