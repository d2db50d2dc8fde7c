#include "tests/system/child_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "engine/check.h"

namespace holdfast {
namespace {

constexpr int patience_ms = 10'000;

// What the test reads, and what the process writes to.
struct Ends {
  int output = -1;
  int errors = -1;
  int child_output = -1;
  int child_errors = -1;
};

Ends open_pipes() {
  std::array<int, 2> output{};
  std::array<int, 2> errors{};
  CHECK(::pipe2(output.data(), O_CLOEXEC) == 0);
  CHECK(::pipe2(errors.data(), O_CLOEXEC) == 0);
  return {output[0], errors[0], output[1], errors[1]};
}

Ends open_terminal() {
  const int ours = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  CHECK(ours >= 0 && ::grantpt(ours) == 0 && ::unlockpt(ours) == 0);
  const int theirs = ::open(::ptsname(ours), O_RDWR | O_NOCTTY | O_CLOEXEC);
  CHECK(theirs >= 0);
  const winsize size{30, 100, 0, 0};
  ::ioctl(theirs, TIOCSWINSZ, &size);
  return {ours, -1, theirs, theirs};
}

// At its beginning; nameless.
int file_with(const std::string& text) {
  const int fd = ::memfd_create("stdin", MFD_CLOEXEC);
  CHECK(fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  CHECK(::lseek(fd, 0, SEEK_SET) == 0);
  return fd;
}

std::vector<std::string> environment_for(const ChildOptions& options) {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    if (!text.starts_with("HOLDFAST_") && !text.starts_with("NOTIFY_SOCKET=")) variables.emplace_back(text);
  }
  for (const auto& [name, value] : options.environment)
    variables.push_back(std::string(name).append("=").append(value));
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

void lower_descriptors(int64_t descriptors) {
  const auto count = static_cast<rlim_t>(descriptors);
  const rlimit limit{count, count};
  CHECK(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
  ::prctl(PR_CAPBSET_DROP, CAP_SYS_RESOURCE);  // or root would raise it again; others may not do this, and need not
}

// Appends what is there; false at the end.
bool append_from(int fd, std::string& text) {
  std::array<char, 4096> buffer{};
  const ssize_t got = ::read(fd, buffer.data(), buffer.size());
  if (got > 0) text.append(buffer.data(), static_cast<size_t>(got));
  return got > 0;
}

void close_fd(int& fd) {
  if (fd >= 0) ::close(fd);
  fd = -1;
}

}  // namespace

ChildProcess::ChildProcess(const char* program, const ChildOptions& options) {
  const std::string path = std::filesystem::read_symlink("/proc/self/exe").replace_filename(program);
  CHECK(std::filesystem::exists(path));
  std::vector<std::string> arguments{path};
  arguments.insert(arguments.end(), options.flags.begin(), options.flags.end());
  std::vector<std::string> variables = environment_for(options);
  const std::vector<char*> argv = pointers(arguments);
  const std::vector<char*> envp = pointers(variables);
  const int input = options.input ? file_with(*options.input) : -1;
  const Ends ends = options.terminal ? open_terminal() : open_pipes();
  pid_ = ::fork();
  CHECK(pid_ >= 0);
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that is killed leaves no process behind
    if (options.terminal) {
      ::setsid();
      ::ioctl(ends.child_output, TIOCSCTTY, 0);
      ::dup2(ends.child_output, STDIN_FILENO);
    }
    if (input >= 0) ::dup2(input, STDIN_FILENO);
    ::dup2(ends.child_output, STDOUT_FILENO);
    ::dup2(ends.child_errors, STDERR_FILENO);
    if (options.descriptors > 0) lower_descriptors(options.descriptors);
    ::execve(path.c_str(), argv.data(), envp.data());
    std::_Exit(127);
  }
  if (input >= 0) ::close(input);
  ::close(ends.child_output);
  if (!options.terminal) ::close(ends.child_errors);
  output_fd_ = ends.output;
  errors_fd_ = ends.errors;
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  close_fd(output_fd_);
  close_fd(errors_fd_);
}

bool ChildProcess::read_more() {
  if (output_fd_ < 0 && errors_fd_ < 0) return false;
  std::array<pollfd, 2> ends{{{output_fd_, POLLIN, 0}, {errors_fd_, POLLIN, 0}}};
  if (::poll(ends.data(), ends.size(), patience_ms) <= 0) {
    ADD_FAILURE() << "the process neither says anything nor ends; so far: " << output_ << errors_;
    ::kill(pid_, SIGKILL);
    return false;
  }
  if (ends[0].revents != 0 && !append_from(output_fd_, output_)) close_fd(output_fd_);
  if (ends[1].revents != 0 && !append_from(errors_fd_, errors_)) close_fd(errors_fd_);
  return true;
}

bool ChildProcess::read_output_until(std::string_view text) {
  while (output_.find(text) == std::string::npos) {
    if (!read_more()) return false;
  }
  return true;
}

bool ChildProcess::read_on_until(std::string_view text) {
  size_t at = 0;
  while ((at = output_.find(text, read_on_from_)) == std::string::npos) {
    if (!read_more()) return false;
  }
  read_on_from_ = at + text.size();
  return true;
}

void ChildProcess::type(std::string_view keys) {
  CHECK(::write(output_fd_, keys.data(), keys.size()) == static_cast<ssize_t>(keys.size()));
}

void ChildProcess::signal(int number) const {
  CHECK(pid_ > 0 && ::kill(pid_, number) == 0);
}

void ChildProcess::pause() const {
  signal(SIGSTOP);
  int status = 0;
  CHECK(::waitpid(pid_, &status, WUNTRACED) == pid_ && WIFSTOPPED(status));
}

void ChildProcess::resume() const {
  signal(SIGCONT);
}

void ChildProcess::close_output() {
  close_fd(output_fd_);
}

int ChildProcess::exit_code() {
  while (read_more()) {
  }
  int status = 0;
  CHECK(::waitpid(pid_, &status, 0) == pid_);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace holdfast
