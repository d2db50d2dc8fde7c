#include "tests/system/server_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>

#include "engine/check.h"

extern char** environ;

namespace holdfast {
namespace {

constexpr int usual_patience_ms = 10'000;

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    CHECK(::pipe2(ends.data(), O_CLOEXEC) == 0);
    read_end = ends[0];
    write_end = ends[1];
  }
  int read_end;
  int write_end;
};

std::vector<std::string> environment_for(const ServerOptions& options) {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    if (!text.starts_with("HOLDFAST_") && !text.starts_with("NOTIFY_SOCKET=")) variables.emplace_back(text);
  }
  for (const auto& [name, value] : options.environment) variables.push_back(name + "=" + value);
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
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

ServerProcess::ServerProcess(const ServerOptions& options) {
  const char* const program = std::getenv("HOLDFAST_SERVER");
  CHECK(program != nullptr);  // run by hand? HOLDFAST_SERVER=build/bin/holdfast-server
  std::vector<std::string> arguments{program};
  arguments.insert(arguments.end(), options.flags.begin(), options.flags.end());
  std::vector<std::string> variables = environment_for(options);
  const std::vector<char*> argv = pointers(arguments);
  const std::vector<char*> envp = pointers(variables);
  const Pipe output;
  const Pipe errors;
  pid_ = ::fork();
  CHECK(pid_ >= 0);
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that is killed leaves no server behind
    ::dup2(output.write_end, STDOUT_FILENO);
    ::dup2(errors.write_end, STDERR_FILENO);
    if (options.descriptors > 0) lower_descriptors(options.descriptors);
    ::execve(program, argv.data(), envp.data());
    std::_Exit(127);
  }
  ::close(output.write_end);
  ::close(errors.write_end);
  output_fd_ = output.read_end;
  errors_fd_ = errors.read_end;
}

ServerProcess::~ServerProcess() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  close_fd(output_fd_);
  close_fd(errors_fd_);
}

bool ServerProcess::read_more() {
  if (output_fd_ < 0 && errors_fd_ < 0) return false;
  std::array<pollfd, 2> ends{{{output_fd_, POLLIN, 0}, {errors_fd_, POLLIN, 0}}};
  if (::poll(ends.data(), ends.size(), usual_patience_ms) <= 0) {
    ADD_FAILURE() << "the server neither says anything nor ends; so far: " << output_ << errors_;
    ::kill(pid_, SIGKILL);
    return false;
  }
  if (ends[0].revents != 0 && !append_from(output_fd_, output_)) close_fd(output_fd_);
  if (ends[1].revents != 0 && !append_from(errors_fd_, errors_)) close_fd(errors_fd_);
  return true;
}

bool ServerProcess::read_output_until(std::string_view text) {
  while (output_.find(text) == std::string::npos) {
    if (!read_more()) return false;
  }
  return true;
}

std::string ServerProcess::logged(std::string_view name) const {
  const std::string beginning = " " + std::string(name) + "=";
  const size_t at = output_.find(beginning);
  if (at == std::string::npos) return "";
  const size_t value = at + beginning.size();
  return output_.substr(value, output_.find_first_of(" \n", value) - value);
}

uint16_t ServerProcess::port() const {
  return static_cast<uint16_t>(std::atoi(logged("port").c_str()));
}

void ServerProcess::signal(int number) const {
  CHECK(pid_ > 0 && ::kill(pid_, number) == 0);
}

void ServerProcess::pause() const {
  signal(SIGSTOP);
  int status = 0;
  CHECK(::waitpid(pid_, &status, WUNTRACED) == pid_ && WIFSTOPPED(status));
}

void ServerProcess::resume() const {
  signal(SIGCONT);
}

void ServerProcess::close_output() {
  close_fd(output_fd_);
}

int ServerProcess::exit_code() {
  while (read_more()) {
  }
  int status = 0;
  CHECK(::waitpid(pid_, &status, 0) == pid_);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TestClient::TestClient(uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

TestClient::TestClient(const std::string& unix_path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  CHECK(unix_path.size() < sizeof address.sun_path);
  unix_path.copy(address.sun_path, unix_path.size());
  connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

TestClient::~TestClient() {
  close_fd(fd_);
}

void TestClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      ADD_FAILURE() << "cannot send";
      return;
    }
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

std::string TestClient::receive_some(int patience_ms) {
  std::array<char, 16384> buffer{};
  pollfd readable{fd_, POLLIN, 0};
  if (::poll(&readable, 1, patience_ms) <= 0) {
    ADD_FAILURE() << "no answer in " << patience_ms << " ms";
    return "";
  }
  const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
  return {buffer.data(), static_cast<size_t>(std::max<ssize_t>(got, 0))};
}

bool TestClient::has_bytes() const {
  pollfd readable{fd_, POLLIN, 0};
  return ::poll(&readable, 1, 0) > 0;
}

void TestClient::close_sending_side() {
  ::shutdown(fd_, SHUT_WR);
}

std::string TestClient::receive(size_t bytes) {
  std::string received;
  std::array<char, 4096> buffer{};
  while (received.size() < bytes) {
    pollfd readable{fd_, POLLIN, 0};
    if (::poll(&readable, 1, usual_patience_ms) <= 0) {
      ADD_FAILURE() << "no answer; so far: " << received;
      break;
    }
    const ssize_t got = ::recv(fd_, buffer.data(), std::min(buffer.size(), bytes - received.size()), 0);
    if (got <= 0) break;
    received.append(buffer.data(), static_cast<size_t>(got));
  }
  return received;
}

std::string TestClient::receive_all() {
  return receive(std::string().max_size());
}

std::string TestClient::ask(std::string_view request, std::string_view expected) {
  send(request);
  return receive(expected.size());
}

}  // namespace holdfast
