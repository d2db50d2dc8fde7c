// What it is: TLS 1.2 and 1.3 for connections on the TLS port, and for a client of ours at its end. A TlsContext is
// certificate, key and rules as the files had them when they were read; it never changes, and a new one takes its place
// when they are read again (SIGHUP, CONFIG SET). A TlsStream is one connection's state: OpenSSL works on the
// non-blocking socket itself, so that the reactor waits for a TLS connection as for any other, and a handshake that
// stalls holds up nobody. Threads: a context is shared by all; a stream belongs to its connection. SIGPIPE has to be
// ignored by the process. Errors: as Asio's: would_block, eof, and others that end the connection. Limits: no
// resumption, renegotiation or compression: each would be state that a client may make us keep, or a way in.
#pragma once

#include <asio/error_code.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

struct ssl_st;  // OpenSSL's SSL

namespace asio::ssl {
class context;
}

namespace holdfast {

struct TlsFiles {
  std::string certificate;   // its chain, PEM
  std::string key;           // PEM, not encrypted
  std::string ca;            // who signs the certificates of clients; may be empty where none are asked for
  std::string auth_clients;  // no, optional, yes
};

// What a client trusts and shows.
struct TlsTrust {
  std::string ca;           // who signs the server's certificate, PEM; empty: whom this machine trusts
  std::string certificate;  // its own, PEM; empty: none
  std::string key;
  std::string server;     // whom the certificate has to be for: a name, which is also asked for (SNI), or an address
  bool insecure = false;  // whoever it is
};

class TlsContext {
 public:
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // What is wrong with the files, or none; `context` is changed only where none is.
  static std::optional<std::string> load(const TlsFiles& files, std::shared_ptr<const TlsContext>& context);
  static std::optional<std::string> load(const TlsTrust& trust, std::shared_ptr<const TlsContext>& context);

 private:
  friend class TlsStream;
  explicit TlsContext(bool is_server);

  std::unique_ptr<asio::ssl::context> context_;
  const bool is_server_;
  std::string server_;  // of a client: whom it wants
};

// What one record holds at most: a receive() with this much room leaves nothing behind in the stream, so that what is
// left is in the socket, where the reactor sees it.
inline constexpr size_t tls_record_bytes = 16 * 1024;

class TlsStream {
 public:
  TlsStream(const TlsContext& context, int fd);  // REQUIRES: the socket does not block
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  // As a socket's receive and send; the handshake happens in them. REQUIRES: room >= tls_record_bytes.
  size_t receive(char* at, size_t room, asio::error_code& error);
  size_t send(const char* from, size_t bytes, asio::error_code& error);

  // Goes on with the handshake without a receive or send; would_block until it is done.
  void shake_hands(asio::error_code& error);
  bool is_ready() const;                             // the handshake is done
  bool wants_write() const { return wants_write_; }  // what the last would_block of receive() waits for
  bool is_drained() const { return is_drained_; }    // the last receive() left nothing in the socket
  bool has_ended() const;                            // the peer has said that nothing more comes
  void say_goodbye();
  std::string trouble() const;  // what was wrong at last, in OpenSSL's words; empty where it knows nothing

 private:
  asio::error_code error_of(int result);

  ssl_st* ssl_;
  bool wants_write_ = false;
  bool is_drained_ = false;
  unsigned long trouble_ = 0;
};

}  // namespace holdfast
