#include "protocol/admission.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <unistd.h>

#include <array>

namespace holdfast {
namespace {

constexpr Visitor from_here{.is_unix_socket = false, .is_loopback = true};
constexpr Visitor from_afar{.is_unix_socket = false, .is_loopback = false};
constexpr Visitor from_a_file{.is_unix_socket = true, .is_loopback = false};

Settings with_password() {
  Settings settings;
  settings.requirepass = "secret";
  EXPECT_FALSE(load_users(settings));
  return settings;
}

TEST(Admission, WithoutAPasswordOnlyThisMachineGetsIn) {
  Settings settings;
  EXPECT_EQ(admit(settings, 0, from_here), Admission::welcome);
  EXPECT_EQ(admit(settings, 0, from_a_file), Admission::welcome);
  EXPECT_EQ(admit(settings, 0, from_afar), Admission::denied);
  settings.protected_mode = "no";
  EXPECT_EQ(admit(settings, 0, from_afar), Admission::welcome);
}

TEST(Admission, WithAPasswordEverybodyMayTry) {
  EXPECT_EQ(admit(with_password(), 0, from_afar), Admission::welcome);
}

TEST(Admission, AFewPlacesAreKeptForTheUnixSocket) {
  Settings settings;
  settings.maxclients = 10;
  EXPECT_EQ(admit(settings, 9, from_here), Admission::welcome);
  EXPECT_EQ(admit(settings, 10, from_here), Admission::no_place);
  EXPECT_EQ(admit(settings, 10, from_afar), Admission::no_place) << "as in Redis before protected mode";
  EXPECT_EQ(admit(settings, 13, from_a_file), Admission::welcome);
  EXPECT_EQ(admit(settings, 14, from_a_file), Admission::no_place);
}

TEST(Admission, TheLinesAreRediss) {
  EXPECT_EQ(refusal_line(Admission::welcome), "");
  EXPECT_EQ(refusal_line(Admission::no_place), "-ERR max number of clients reached\r\n");
  const std::string_view denied = refusal_line(Admission::denied);
  EXPECT_TRUE(denied.starts_with("-DENIED Holdfast is running in protected mode because protected mode is enabled"));
  EXPECT_EQ(denied.find('\n'), denied.size() - 1) << "one line";
}

TEST(Admission, KnowsWhichAddressesAreOpenDoors) {
  Settings settings;
  EXPECT_FALSE(protects_open_door(settings));
  settings.bind = "127.0.0.1 ::1";
  EXPECT_FALSE(protects_open_door(settings));
  settings.bind = "127.0.0.1 0.0.0.0";
  EXPECT_TRUE(protects_open_door(settings));
  settings.protected_mode = "no";
  EXPECT_FALSE(protects_open_door(settings));
  Settings safe = with_password();
  safe.bind = "0.0.0.0";
  EXPECT_FALSE(protects_open_door(safe));
}

std::string text_of_v6(const char* ip, uint16_t port) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  EXPECT_EQ(::inet_pton(AF_INET6, ip, &address.sin6_addr), 1);
  return address_text(reinterpret_cast<const sockaddr*>(&address));
}

TEST(AddressText, IsRediss) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(5000);
  v4.sin_addr.s_addr = htonl(0x0a010203);
  EXPECT_EQ(address_text(reinterpret_cast<const sockaddr*>(&v4)), "10.1.2.3:5000");
  EXPECT_EQ(text_of_v6("2001:db8::1", 6000), "[2001:db8::1]:6000");
  const sockaddr unix_socket{.sa_family = AF_UNIX, .sa_data = {}};
  EXPECT_EQ(address_text(&unix_socket), "unix");
}

TEST(TurnAway, SaysTheLineAndCloses) {
  std::array<int, 2> fds{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds.data()), 0);
  turn_away(fds[0], refusal_line(Admission::no_place));
  std::array<char, 100> said{};
  const ssize_t got = ::read(fds[1], said.data(), said.size());
  EXPECT_EQ(std::string_view(said.data(), static_cast<size_t>(got)), refusal_line(Admission::no_place));
  EXPECT_EQ(::read(fds[1], said.data(), said.size()), 0);
  ::close(fds[1]);
}

}  // namespace
}  // namespace holdfast
