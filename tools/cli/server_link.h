// What it is: a connection to a server for one who waits: bytes out, replies in.
// Threads: one. Time: each call waits as long as the server lets it, or until interrupted() or told_to_end().
// Fails: what cannot be done is told as a text for people, none where it went well; the link is closed then.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "protocol/buffer.h"
#include "protocol/tls.h"
#include "tools/cli/resp_reader.h"

namespace holdfast::cli {

using LinkError = std::optional<std::string>;

struct Address {
  std::string host = "127.0.0.1";
  uint16_t port = 7379;
  std::string socket;  // path of a Unix socket; where there is one, host and port do not count
  std::shared_ptr<const TlsContext> tls = nullptr;  // null: plain
};

std::string address_text(const Address& address);  // "127.0.0.1:7379"

// The words as a request: an array of bulk strings.
std::string request_of(std::span<const std::string_view> words);

class ServerLink {
 public:
  explicit ServerLink(Address address) : address_(std::move(address)) {}
  ~ServerLink() { close(); }
  ServerLink(const ServerLink&) = delete;
  ServerLink& operator=(const ServerLink&) = delete;

  LinkError connect();
  void close();
  // False also where the server has hung up meanwhile.
  bool is_open();

  LinkError send(std::string_view bytes);
  // The next reply, which reply() then tells until the next call; what the server pushes is passed over.
  LinkError receive();
  const RespReader& reply() const { return reader_; }

  int fd() const { return fd_; }  // non-blocking
  // As send(2) and recv(2), in TLS where that is spoken; they do not wait.
  ssize_t send_some(std::string_view bytes);
  ssize_t receive_some(char* at, size_t room);  // REQUIRES: room >= tls_record_bytes
  const Address& address() const { return address_; }

 private:
  LinkError connect_to_path();
  LinkError connect_to_host();
  LinkError finish_connecting();
  LinkError shake_hands();
  LinkError receive_more();
  LinkError closed_with(std::string text);

  Address address_;
  int fd_ = -1;
  std::unique_ptr<TlsStream> tls_;
  Buffer input_;
  size_t used_ = 0;  // of the input, by the last reply
  RespReader reader_;
};

}  // namespace holdfast::cli
